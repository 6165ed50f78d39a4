#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load, again and again: nothing acknowledged may be lost.

usage: crash_test.py [CYCLES [SEED]]

Each cycle sends signed transfers over the loopback port, kills one process at
a random moment (TARGETS, in turn) and goes on sending: a client whose answer
does not come asks again. When all is back every acknowledged transaction must
be known, the head must not have gone back, and the sum of all balances must
be what genesis gave. A cycle that got fewer than ACKED_MIN acknowledgements
before the kill, or after it, proves nothing and fails. Some processes are
killed once more while they start. After the death of `sekisho up` the next
one must start, and nothing that the dead one had started may be left.

Every AUDIT cycles all acknowledged ones must be mined, every balance must be
what a model replayed from the blocks says (a third of the transfers pay no
fee, the others one that the sealer gets), jobsd's rows must be the chain's
blocks, and the stack is stopped and its chain recomputed from genesis.
"""
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

from clients import NODE, NPM
from stack import ROOT, Stack, children, command, wait_for

RECIPIENTS = 64
AUDIT = 20
ACKED_MIN = 10
DELAY_MAX_S = 1.0
# An account's transfers in a cycle, how many of them are kept for after the kill, and the pause between two: none is
# idle at the kill or after it.
PER_CYCLE, RESERVE, PACE_S = 120, 40, 0.015
INDEX_S, BACK_S = 20, 60
GAS = 21000
RECOVERY_S = 0.06  # a second kill comes this early in the new life
TARGETS = ["noded", "gateway worker", "noded, and once more", "gateway keymgr", "postgres", "noded signer", "gateway",
           "sekisho up", "jobsd", "noded", "sekisho up, and once more", "noded, and once more"]


class Load:
    """One account's transfers, sent one after the other until told to stop."""

    def __init__(self, stack, account, raws):
        self.s, self.account, self.raws = stack, account, raws
        self.next = self.end = 0
        self.acked = []
        self.fault = None

    def resume(self):
        self.next = int(self.s.rpc("eth_getTransactionCount", self.account["address"], "pending"), 16)
        self.end = self.next + PER_CYCLE - RESERVE

    def run(self, stop):
        """Body of a thread; what goes wrong is kept in fault, for join to raise."""
        try:
            self.send(stop)
        except Exception as e:  # a thread's own would only be printed
            self.fault = e

    def join(self, thread):
        thread.join()
        if self.fault is not None:
            raise AssertionError("load of %s: %r" % (self.account["address"], self.fault)) from self.fault

    def send(self, stop):
        while not stop.wait(PACE_S):
            if self.next < self.end and self.send_one(self.raws[self.next]):
                self.next += 1

    def send_one(self, raw):
        """False when there was no answer: the same bytes are sent again."""
        doc = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [raw]}
        try:
            r = self.s.http("POST", "/", doc, timeout=5)
        except (OSError, http.client.HTTPException):  # the killed part; half an answer is no answer
            return False
        if r.status == 503:
            return False
        if r.status != 200:
            raise AssertionError("status %d: %s" % (r.status, r.body[:400]))
        if "result" in r.json:
            self.acked.append(r.json["result"])
        elif "already known" not in r.json["error"]["message"] and "nonce too low" not in r.json["error"]["message"]:
            raise AssertionError(r.body)
        return True


def presign(stack, accounts, count, first=0):
    env = dict(os.environ, NPM=NPM, KEYS=json.dumps([a["privateKey"] for a in accounts]), COUNT=str(count), FIRST=str(first),
               RECIPIENTS=str(RECIPIENTS))
    r = subprocess.run([NODE, ROOT + "/tests/e2e/sign.mjs"], env=env, text=True, capture_output=True, timeout=600)
    if r.returncode != 0:
        raise AssertionError(r.stderr)
    return [json.loads(line) for line in r.stdout.splitlines()]


# Processes. -----------------------------------------------------------------


def born(pid):
    """When a process began, so that its number taken anew is another; None when it is gone."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            fields = f.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else fields[19]


def child_of(s, part, is_it):
    found = [p for p in children(s.pid(part))[1:] if is_it(command(p))]
    if not found:
        raise AssertionError("%s has no such child" % part)
    return random.choice(found)


def victim(s, what):
    if what == "gateway worker":
        return child_of(s, "gateway", lambda name: "wrk" in name)
    if what == "gateway keymgr":
        return child_of(s, "gateway", lambda name: "keymgr" in name)
    if what == "noded signer":
        return child_of(s, "noded", lambda name: name.startswith("signer"))
    return s.pid(what.partition(",")[0])


def kill(pid):
    os.kill(pid, signal.SIGKILL)


def kill_again(s, part, old, rng):
    """As soon as the part is there again, and a moment into its start."""
    def anew():
        pid = s.pid(part)
        return pid if pid != old else None
    pid = wait_for("another " + part, BACK_S, anew, pause=0.002)
    time.sleep(rng.uniform(0, RECOVERY_S))
    at = len(s.lines)
    kill(pid)
    return at


def kill_up(s, is_twice, rng):
    """The supervisor dies; the next one must find its way, and leave nothing of the old one."""
    old = [(p, born(p)) for p in children(s.proc.pid)]
    kill(s.proc.pid)
    s.proc.wait()
    if is_twice:
        s.start(wait=False)
        time.sleep(rng.uniform(0, 1.5))
        old += [(p, born(p)) for p in children(s.proc.pid)]
        kill(s.proc.pid)
        s.proc.wait()
    s.start()
    left = [command(p) for p, when in old if when is not None and born(p) == when]
    if left:
        raise AssertionError("left of a dead `sekisho up`: %s" % left)


def strike(s, what, rng):
    """Kills and waits until all is there again; returns how long that took."""
    t0 = time.monotonic()
    part = what.split(" ")[0].rstrip(",")
    if part == "sekisho":
        kill_up(s, "once more" in what, rng)
        return time.monotonic() - t0
    at, pid = len(s.lines), victim(s, what)
    kill(pid)
    if "once more" in what:
        at = kill_again(s, part, pid, rng)
    if what == "gateway worker":
        wait_for("another worker", BACK_S, lambda: victim(s, what) != pid)
    else:
        s.wait_line(r"^%s\s+ready again" % part, BACK_S, at)
    return time.monotonic() - t0


# What the chain says. -------------------------------------------------------


def ask(s, doc):
    """A worker that has not met the new node yet says 503 for a moment."""
    r = s.http("POST", "/", doc)
    if r.status != 200:
        raise AssertionError("status %d: %s" % (r.status, r.body[:400]))
    return r


def batch(s, method, params):
    out = []
    for at in range(0, len(params), 100):
        doc = [{"jsonrpc": "2.0", "id": i, "method": method, "params": p} for i, p in enumerate(params[at:at + 100])]
        r = wait_for("%s of %d" % (method, len(doc)), BACK_S, lambda d=doc: ask(s, d))
        out += [x["result"] for x in sorted(r.json, key=lambda x: x["id"])]
    return out


def balances(s, addresses, block):
    """At one block: the load does not stop for us."""
    return [int(b, 16) for b in batch(s, "eth_getBalance", [[a, block] for a in addresses])]


class Model:
    """Balances replayed from the blocks."""

    def __init__(self, s, addresses, sealer):
        self.s, self.addresses, self.sealer = s, [a.lower() for a in addresses], sealer.lower()
        self.at, self.fees = 0, 0
        self.balance = dict(zip(self.addresses, balances(s, addresses, "0x0")))
        self.supply = sum(self.balance.values())

    def sum_is_supply(self):
        got = sum(balances(self.s, self.addresses, self.s.rpc("eth_blockNumber")))
        if got != self.supply:
            raise AssertionError("sum of balances is %d, genesis gave %d" % (got, self.supply))

    def take(self, block):
        if int(block["gasUsed"], 16) != GAS * len(block["transactions"]):
            raise AssertionError("gas of block %s" % block["number"])
        for tx in block["transactions"]:
            value, fee = int(tx["value"], 16), GAS * int(tx["gasPrice"], 16)
            self.balance[tx["from"].lower()] -= value + fee
            self.balance[tx["to"].lower()] += value
            self.balance[self.sealer] += fee
            self.fees += fee
        self.at = int(block["number"], 16)

    def follow(self):
        """Every balance, to the last wei."""
        head = self.s.height()
        for block in batch(self.s, "eth_getBlockByNumber", [[hex(n), True] for n in range(self.at + 1, head + 1)]):
            self.take(block)
        for address, got in zip(self.addresses, balances(self.s, self.addresses, hex(self.at))):
            if got != self.balance[address]:
                raise AssertionError("balance of %s: %d, by the blocks %d" % (address, got, self.balance[address]))
        if self.fees == 0:
            raise AssertionError("no fee was paid")


def unknown(s, hashes):
    return [h for h, x in zip(hashes, batch(s, "eth_getTransactionByHash", [[h] for h in hashes])) if x is None]


def index_reaches_head(s):
    """Waits for jobsd's cursor to stand on the chain's head; returns the height it stood on."""
    def reached():
        head = s.rpc("eth_getBlockByNumber", "latest", False)
        cursor = s.psql("select number, encode(hash, 'hex') from cursor where name = 'block'")
        return [int(head["number"], 16)] if cursor == "%d|%s" % (int(head["number"], 16), head["hash"][2:]) else None
    return wait_for("jobsd's cursor at the head", INDEX_S, reached)[0]


def index_is_the_chain(s):
    """Every block from genesis to the head once in table block, by the node's own hashes."""
    head = index_reaches_head(s)
    text = s.psql("select number, encode(hash, 'hex') from block where number <= %d order by number" % head)
    stored = [(int(n), "0x" + h) for n, h in (line.split("|") for line in text.splitlines())]
    blocks = batch(s, "eth_getBlockByNumber", [[hex(n), False] for n in range(head + 1)])
    chain = [(n, block["hash"]) for n, block in enumerate(blocks)]
    if stored != chain:
        wrong = sorted(set(stored) ^ set(chain))
        raise AssertionError("jobsd has %d rows for %d blocks: %s" % (len(stored), len(chain), wrong[:5]))
    return head


def fresh(loads, since):
    return sum(len(load.acked) - n for load, n in zip(loads, since))


def wait_acked(loads, threads, what):
    """Until ACKED_MIN more are acknowledged, with load still going on."""
    since = [len(load.acked) for load in loads]
    wait_for("%d acknowledged %s" % (ACKED_MIN, what), 30,
             lambda: fresh(loads, since) >= ACKED_MIN or any(load.fault for load in loads))
    if not any(t.is_alive() for t in threads) or any(load.fault for load in loads):
        raise AssertionError("no load left %s: %s" % (what, [load.fault for load in loads]))


def cycle(s, loads, what, rng):
    stop = threading.Event()
    for load in loads:
        load.resume()
    since = [len(load.acked) for load in loads]
    threads = [threading.Thread(target=load.run, args=(stop,)) for load in loads]
    for t in threads:
        t.start()
    try:
        time.sleep(rng.uniform(0.05, DELAY_MAX_S))
        wait_acked(loads, threads, "before the kill of " + what)
        before = s.rpc("eth_getBlockByNumber", "latest", False)
        took = strike(s, what, rng)
        for load in loads:
            load.end += RESERVE
        wait_acked(loads, threads, "after the kill of " + what)
    finally:
        stop.set()
        for t in threads:
            t.join()
    for load, t in zip(loads, threads):
        load.join(t)
    new = [h for load, n in zip(loads, since) for h in load.acked[n:]]
    missing = wait_for("look-up", 10, lambda: [unknown(s, new)])[0]
    if missing:
        raise AssertionError("lost after the kill of %s: %s" % (what, missing))
    again = s.rpc("eth_getBlockByNumber", before["number"], False)
    if again is None or again["hash"] != before["hash"]:
        raise AssertionError("block %s changed after the kill of %s" % (before["number"], what))
    return len(new), took


def audit(s, loads, model):
    """All that takes longer; ends with the stack stopped."""
    wait_for("all mined", 60, lambda: all(
        s.rpc("eth_getTransactionReceipt", load.acked[-1]) for load in loads if load.acked))
    everything = [h for load in loads for h in load.acked]
    receipts = batch(s, "eth_getTransactionReceipt", [[h] for h in everything])
    missing = [h for h, r in zip(everything, receipts) if r is None]
    if missing:
        raise AssertionError("acknowledged, never mined: %s" % missing[:5])
    model.follow()
    indexed = index_is_the_chain(s)
    mine = [(p, born(p)) for p in children(s.proc.pid)]
    s.stop()
    left = [command(p) for p, when in mine if when is not None and born(p) == when]
    if left:
        raise AssertionError("left behind: %s" % left)
    return indexed + 1, s.sekisho("audit").stdout.strip().splitlines()[-1]


def main(cycles, seed):
    rng = random.Random(seed)
    random.seed(seed)
    print("crash: %d cycles, seed %d" % (cycles, seed), flush=True)
    with Stack(keep=bool(os.environ.get("KEEP"))) as s:
        accounts = s.credentials["accounts"][:8]
        loads = [Load(s, a, []) for a in accounts]
        sealer = json.loads(s.sekisho("rpc", "clique_getSigners").stdout)[0]
        model = Model(s, [a["address"] for a in s.credentials["accounts"]] + [sealer] +
                      ["0x%040x" % (0xabc000 + i) for i in range(RECIPIENTS)], sealer)
        acked, slowest = 0, {}
        for i in range(cycles):
            if i % AUDIT == 0:  # no cycle uses more than PER_CYCLE
                more = presign(s, accounts, min(AUDIT, cycles - i) * PER_CYCLE, i * PER_CYCLE)
                for load, raws in zip(loads, more):
                    load.raws += raws
            what = TARGETS[i % len(TARGETS)]
            n, took = cycle(s, loads, what, rng)
            acked += n
            slowest[what] = max(slowest.get(what, 0), took)
            model.sum_is_supply()
            if (i + 1) % AUDIT == 0 or i + 1 == cycles:
                indexed, found = audit(s, loads, model)
                print("cycle %d: %d acknowledged so far, fees of %d wei, %d blocks indexed; %s"
                      % (i + 1, acked, model.fees, indexed, found), flush=True)
                if i + 1 < cycles:
                    s.start()
        print("slowest return: " + ", ".join("%s %.2f s" % x for x in slowest.items()), flush=True)
    return 0


if __name__ == "__main__":
    CYCLES = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 30)
    try:
        main(CYCLES, SEED)
        print("%d passed, 0 failed" % CYCLES)
    except AssertionError as e:
        print("FAIL crash: %s" % e)
        print("0 passed, 1 failed")
        sys.exit(1)
