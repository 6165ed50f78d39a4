#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""POST /v1/Eth/SendRawTransaction on real stacks: what is handed over, how a
request waits for its block, and what a wallet is told when the node, the
time or the client gives out. The node's period and the gateway's settings
are those that each group of cases needs.
"""
import base64
import json
import os
import re
import signal
import socket
import ssl
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from case import CASES, run, same  # noqa: E402
from clients import NODE, NPM, next_nonce, sign  # noqa: E402
from stack import Stack, command, wait_for  # noqa: E402
import subprocess  # noqa: E402

PATH = "/v1/Eth/SendRawTransaction"
LISTED = "0x52908400098527886E0F7030069857D2E4169EE7"
FREE = "0x8617E340B3D01FA5F11F306F4090FD50E238070D"
# A contract in the genesis file: STOP. Any value may be sent to it.
CODE = "0xde709f2102306220921060314715629080e2fb77"


def case_of(group):
    def add(fn):
        fn.group = group
        CASES.append(fn)
        return fn
    return add


def sign_many(account, nonce, count, **tx):
    """count transactions of one account, signed in one process."""
    script = ("const {ethers}=require('ethers');(async()=>{const w=new ethers.Wallet(process.env.KEY);"
              "const t=JSON.parse(process.env.TX);const out=[];"
              "for(let i=0;i<+process.env.N;i++)out.push(await w.signTransaction({...t,nonce:+process.env.FROM+i}));"
              "console.log(JSON.stringify(out))})()")
    tx = dict({"chainId": 31337, "gasLimit": 50000, "type": 0, "gasPrice": 0, "to": LISTED, "value": 1}, **tx)
    r = subprocess.run([NODE, "-e", script], text=True, capture_output=True, timeout=120, cwd=NPM,
                       env=dict(os.environ, TX=json.dumps(tx), KEY=account["privateKey"], N=str(count), FROM=str(nonce)))
    same(r.returncode, 0, r.stderr)
    return json.loads(r.stdout)


def send(s, items, **how):
    r = s.https("POST", PATH, {"raw_tx_hex_list": items}, **how)
    same(r.status, 200, r.body)
    same([i["id"] for i in r.json["data"]], list(range(1, len(items) + 1)))
    return r.json["data"]


def pooled(s, kind):
    doc = s.ipc('{"jsonrpc":"2.0","id":1,"method":"txpool_status"}')[0]
    return int(doc["result"][kind], 16)


def block_of(s, h):
    return int(s.rpc("eth_getTransactionReceipt", h)["blockNumber"], 16)


def metric(s, name):
    text = s.http("GET", "/metrics").body.decode()
    return sum(float(v) for v in re.findall(r"(?m)^sekisho_gateway_%s(?:\{[^}]*\})? (\S+)$" % name, text))


def gateway_conf(s, change):
    """Edits the gateway's configuration and has it read again."""
    path = s.home + "/conf/gateway.conf"
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(change(text))
    before = metric(s, "reloads_total")
    workers = len([p for p in s.processes("gateway") if "wrk" in command(p)])
    assert workers > 0
    os.kill(s.pid("gateway"), signal.SIGHUP)
    wait_for("configuration is read", 10, lambda: metric(s, "reloads_total") >= before + workers)


class Mined(Stack):
    """A stack with another period and a contract in its genesis file."""

    def __init__(self, period, **env):
        super().__init__(env=env)
        self.period = period

    def start(self, wait=True):
        def change(genesis):
            genesis["config"]["clique"]["period"] = self.period
            genesis["alloc"][CODE] = {"balance": "0x0", "code": "0x00"}
        if self.init(change):
            with open(self.home + "/conf/gateway.conf", "a") as f:
                f.write("\n[limits]\nper_address = 2000\n")  # all clients come from here
        super().start(wait)
        self.psql("insert into executable_contract (contract_address) values ('%s') on conflict do nothing" % LISTED)


class Asker(threading.Thread):
    """One request whose answer is looked at later."""

    def __init__(self, s, items, **how):
        super().__init__(daemon=True)
        self.s, self.items, self.how, self.out, self.took = s, items, how, None, None
        self.start()

    def run(self):
        t0 = time.monotonic()
        try:
            self.out = send(self.s, self.items, **self.how)
        except Exception as e:  # looked at by the case
            self.out = e
        self.took = time.monotonic() - t0

    def answer(self, seconds=60):
        self.join(seconds)
        assert isinstance(self.out, list), self.out
        return self.out


# -- period 1 s: what the first version of wallets is used to

@case_of("second")
def items_are_mined_one_block_after_the_other(s):
    a = s.credentials["accounts"][1]
    items = sign_many(a, next_nonce(s, a), 3)
    out = send(s, items)
    same([i["status"] for i in out], [1, 1, 1], out)
    blocks = [block_of(s, i["transaction_hash"]) for i in out]
    assert blocks[0] < blocks[1] < blocks[2], blocks


@case_of("second")
def a_refused_item_does_not_stop_the_next(s):
    a = s.credentials["accounts"][1]
    n = next_nonce(s, a)
    items = ["0x00", sign(s, a, to=FREE, nonce=n), sign(s, a, to=LISTED, nonce=n), sign(s, a, to=LISTED, nonce=n, value=5),
             sign(s, a, to=LISTED, nonce=n + 1)]
    out = send(s, items)
    same([(i["status"], i["error_code"]) for i in out], [(0, 88), (0, 40), (1, None), (0, -32000), (1, None)], out)
    assert "nonce too low" in out[3]["error_msg"], out


@case_of("second")
def resending_runs_nothing_twice(s):
    a = s.credentials["accounts"][1]
    n = next_nonce(s, a)
    raw = sign(s, a, to=LISTED, nonce=n + 1, value=3)  # waits in the pool for its predecessor
    h = s.rpc("eth_sendRawTransaction", raw)
    out = send(s, [raw])
    same([(i["status"], i["error_code"], i["transaction_hash"]) for i in out], [(0, -32000, h)], out)
    assert "already known" in out[0]["error_msg"], out
    same([i["status"] for i in send(s, [sign(s, a, to=LISTED, nonce=n)])], [1])
    wait_for("both are mined", 10, lambda: s.rpc("eth_getTransactionReceipt", h))
    balance = s.rpc("eth_getBalance", LISTED, "latest")
    out = send(s, [raw, raw])
    same([(i["status"], i["transaction_hash"]) for i in out], [(0, h), (0, h)], out)
    assert all("nonce too low" in i["error_msg"] for i in out), out
    same((next_nonce(s, a), s.rpc("eth_getBalance", LISTED, "latest")), (n + 2, balance))


@case_of("second")
def plain_transfers_reach_no_contract(s):
    """With the setting on, value goes to any address but one with code."""
    a = s.credentials["accounts"][1]
    n = next_nonce(s, a)
    raw = [sign(s, a, to=FREE, nonce=n, value=1), sign(s, a, to=CODE, nonce=n, value=1, gasLimit=50000),
           sign(s, a, to=FREE, nonce=n, data="0x01", gasLimit=50000)]
    same([i["error_code"] for i in send(s, raw)], [40, 40, 40])
    gateway_conf(s, lambda t: t.replace("serves = wallet\n", "serves = wallet\nplain_transfers = yes\n"))
    out = send(s, [raw[1], raw[2], raw[0]])
    same([(i["status"], i["error_code"]) for i in out], [(0, 40), (0, 40), (1, None)], out)
    same(out[0]["error_msg"], "the target is a contract and not an executable one")
    same(s.rpc("eth_getBalance", CODE, "latest"), "0x0")
    # listed, it may be called, also without data
    s.psql("insert into executable_contract (contract_address) values ('0xde709f2102306220921060314715629080e2fb77')")
    same([i["error_code"] for i in send(s, [sign(s, a, to=CODE, nonce=n, value=1)])], [-32000])
    gateway_conf(s, lambda t: t.replace("plain_transfers = yes\n", ""))


@case_of("second")
def extended_profile_has_its_statuses(s):
    gateway_conf(s, lambda t: t.replace("serves = wallet\n", "serves = wallet\nprofile = extended\n"))
    a = s.credentials["accounts"][2]
    n = next_nonce(s, a)
    items = sign_many(a, n, 3)
    out = send(s, items)
    same([i["status"] for i in out], [1, 1, 1], out)
    same(len({block_of(s, i["transaction_hash"]) for i in out}), 1)
    gap = sign(s, a, to=LISTED, nonce=n + 9)
    t0 = time.monotonic()
    out = send(s, [items[0], gap, gap])
    assert 4 < time.monotonic() - t0 < 8, time.monotonic() - t0
    same([(i["status"], i["error_code"]) for i in out], [(3, -32000), (0, 5), (4, -32000)], out)
    gateway_conf(s, lambda t: t.replace("profile = extended\n", ""))


# -- period 3 s: waiting

@case_of("long")
def five_hundred_wait_at_once_for_few_calls(s):
    """Each has its own receipt; the node is asked for blocks by none of them."""
    accounts, per = s.credentials["accounts"][:5], 100
    raws = [r for a in accounts for r in sign_many(a, next_nonce(s, a), per)]
    before, t0 = metric(s, "node_calls_total"), time.monotonic()
    first = s.height()
    clients = [Asker(s, [r]) for r in raws]
    seen = []
    while any(c.is_alive() for c in clients):
        t1 = time.monotonic()
        s.height()
        seen.append(time.monotonic() - t1)
        time.sleep(0.1)
    out = [c.answer()[0] for c in clients]
    same({i["status"] for i in out}, {1}, out[:3])
    blocks, calls = s.height() - first, metric(s, "node_calls_total") - before
    print("   %d callers, %d blocks, %.0f calls, %.1f s, slowest other request %.0f ms"
          % (len(out), blocks, calls, time.monotonic() - t0, max(seen) * 1e3))
    # one hand-over, and one question for the receipt with each block seen
    assert calls <= len(out) * (2 + blocks) + 60, calls
    assert max(seen) < 2, seen


@case_of("long")
def who_hangs_up_leaves_nothing_behind(s):
    a = s.credentials["accounts"][5]
    raws = sign_many(a, next_nonce(s, a), 20)
    c = s.credentials["wallet"]
    auth = base64.b64encode(("%s:%s" % (c["user"], c["password"])).encode()).decode()
    ctx = ssl.create_default_context(cafile=s.home + "/tls/cert.pem")
    open_before, aborted = metric(s, "requests_open"), metric(s, "requests_aborted_total")
    for raw in raws:
        t = ctx.wrap_socket(socket.create_connection(("127.0.0.1", s.port)), server_hostname="localhost")
        body = json.dumps({"raw_tx_hex_list": [raw]})
        t.sendall(("POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic %s\r\nContent-Type: application/json\r\n"
                   "Content-Length: %d\r\n\r\n%s" % (PATH, auth, len(body), body)).encode())
        wait_for("an open request", 5, lambda: metric(s, "requests_open") > open_before, 0.01)
        # a reset, as when a telephone goes
        t.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        t.close()
    wait_for("all of them are let go", 5, lambda: metric(s, "requests_open") <= open_before)
    assert metric(s, "requests_aborted_total") - aborted >= 10
    # one that was cut off before it reached the node left a gap of nonces
    for raw in raws:
        r = s.http("POST", "/", {"jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [raw]})
        assert "result" in r.json or re.search("already known|nonce too low", r.json["error"]["message"]), r.body
    last = "0x" + subprocess.run([NODE, "-e", "console.log(require('ethers').keccak256(process.env.RAW).slice(2))"], text=True,
                                 capture_output=True, cwd=NPM, env=dict(os.environ, RAW=raws[-1])).stdout.strip()
    wait_for("what was accepted is mined", 20, lambda: s.rpc("eth_getTransactionReceipt", last))


def ask_and_be_accepted(s, items):
    """Posts items. The first has been accepted, the gateway has been told so,
    and the block with it is most of a period away."""
    other = s.credentials["accounts"][4]
    before, behind = sign_many(other, next_nonce(s, other), 2)
    h = s.rpc("eth_sendRawTransaction", before)
    wait_for("a block", 10, lambda: s.rpc("eth_getTransactionReceipt", h), 0.01)
    asker = Asker(s, items)
    wait_for("accepted", 5, lambda: pooled(s, "pending") == 1, 0.01)
    s.rpc("eth_sendRawTransaction", behind)  # answered behind the item: in the order of syncs
    return asker


@case_of("long")
def node_stopped_in_the_middle_comes_back(s):
    """The node dies with an accepted item; restarted it mines it, and both
    items of the list come to their end in one request."""
    a = s.credentials["accounts"][6]
    asker = ask_and_be_accepted(s, sign_many(a, next_nonce(s, a), 2))
    at = len(s.lines)
    os.kill(s.pid("noded"), signal.SIGKILL)
    s.wait_line(r"noded\s+ready again", 30, at)
    out = asker.answer()
    same([i["status"] for i in out], [1, 1], out)
    assert asker.took < 30, asker.took


@case_of("long")
def node_that_does_not_answer_is_told_of_honestly(s):
    a = s.credentials["accounts"][7]
    asker = ask_and_be_accepted(s, sign_many(a, next_nonce(s, a), 2))
    pid = s.pid("noded")
    os.kill(pid, signal.SIGSTOP)
    try:
        out = asker.answer()
    finally:
        os.kill(pid, signal.SIGCONT)
    assert 29 < asker.took < 33, asker.took
    same([(i["status"], i["error_code"]) for i in out], [(0, 2), (0, 4)], out)
    assert "accepted by the node, which is silent now" in out[0]["error_msg"], out
    assert out[1]["error_msg"].startswith("not sent"), out
    wait_for("it is mined all the same", 20, lambda: s.rpc("eth_getTransactionReceipt", out[0]["transaction_hash"]))
    same(s.rpc("eth_getTransactionByHash", out[1]["transaction_hash"]), None)


@case_of("long")
def a_gap_is_told_of_when_the_time_is_over(s):
    a = s.credentials["accounts"][8]
    n = next_nonce(s, a)
    asker = Asker(s, [sign(s, a, to=LISTED, nonce=n + 1), sign(s, a, to=LISTED, nonce=n)])
    out = asker.answer()
    assert 29 < asker.took < 32, asker.took
    same([(i["status"], i["error_code"]) for i in out], [(0, 5), (0, 4)], out)
    assert out[0]["error_msg"].startswith("queued: accepted"), out
    same(s.rpc("eth_getTransactionByHash", out[0]["transaction_hash"])["blockNumber"], None)


@case_of("long")
def a_gateway_told_to_stop_answers_first(s):
    a = s.credentials["accounts"][9]
    queued = pooled(s, "queued")  # by the cases before
    asker = Asker(s, [sign(s, a, to=LISTED, nonce=next_nonce(s, a) + 5)])
    wait_for("accepted", 5, lambda: pooled(s, "queued") > queued)
    at = len(s.lines)
    os.kill(s.pid("gateway"), signal.SIGTERM)
    out = asker.answer()
    same([(i["status"], i["error_code"]) for i in out], [(0, 2)], out)
    assert asker.took < 12, asker.took
    s.wait_line(r"gateway\s+ready again", 30, at)


# -- period 0: blocks as soon as there is something to put in

@case_of("instant")
def an_instant_block_is_an_instant_answer(s):
    a = s.credentials["accounts"][1]
    items = sign_many(a, next_nonce(s, a), 10)
    t0 = time.monotonic()
    out = send(s, items)
    took = time.monotonic() - t0
    same([i["status"] for i in out], [1] * 10, out)
    print("   10 items, each after the other's receipt: %.0f ms" % (took * 1e3))
    assert took < 5, took


def main():
    cases, failed = list(CASES), 0
    for group, period in (("second", 1), ("instant", 0), ("long", 3)):
        CASES[:] = [c for c in cases if c.group == group and (len(sys.argv) < 2 or sys.argv[1] in c.__name__)]
        if not CASES:
            continue
        with Mined(period) as s:
            code = run(s)
            failed += code
            if code:
                sys.stdout.write(s.text()[-3000:] + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
