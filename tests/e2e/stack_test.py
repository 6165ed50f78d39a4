#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Black-box cases over one running stack: clients, wallet routes, refusals,
parts that die, and a second start."""
import glob
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time

from case import Skip, case, run, same
from clients import NODE, NPM, cast, ethers, next_nonce, sign, subscribing
from stack import BIN, ROOT, Stack, command, free_port, wait_for

@case
def summary_names_urls_and_credentials(s):
    for part in ("postgres", "noded", "jobsd", "gateway"):
        assert re.search(r"^%s\s+ready after \d+ ms" % part, s.text(), re.M), s.text()
    assert "https://localhost:%d/" % s.port in s.text()
    assert "secrets/dev-credentials.json" in s.text()


@case
def credentials_are_private_and_per_surface(s):
    mode = stat.S_IMODE(os.stat(s.home + "/secrets/dev-credentials.json").st_mode)
    same(oct(mode), oct(0o600))
    assert {"user", "password"} <= set(s.credentials["wallet"])
    assert s.credentials["wallet"]["password"] != s.credentials["rpc"]["password"]
    assert len(s.credentials["accounts"]) >= 2


@case
def credentials_of_two_states_differ(s):
    other = Stack()
    os.chmod(os.path.dirname(other.home), 0o755)
    try:
        other.sekisho("init", "--dev")
        with open(other.home + "/secrets/dev-credentials.json") as f:
            theirs = json.load(f)
        for surface in ("wallet", "rpc"):
            assert theirs[surface]["password"] != s.credentials[surface]["password"]
            assert len(theirs[surface]["password"]) >= 20
        ours = {a["privateKey"] for a in s.credentials["accounts"]}
        assert not ours & {a["privateKey"] for a in theirs["accounts"]}
    finally:
        shutil.rmtree(os.path.dirname(other.home))


@case
def ethers_over_loopback(s):
    ethers(s, "http://127.0.0.1:%d/" % s.rpc_port)


@case
def ethers_over_https(s):
    c = s.credentials["rpc"]
    ethers(s, "https://localhost:%d/rpc" % s.port, "%s:%s" % (c["user"], c["password"]))


@case
def clients_subscribe_over_wss(s):
    for client in ("ethers", "viem", "web3"):
        subscribing(s, client)


@case
def cast_over_loopback(s):
    url = "http://127.0.0.1:%d/" % s.rpc_port
    same(cast(s, "chain-id", "--rpc-url", url), "31337")
    a = s.credentials["accounts"][1]
    out = cast(s, "send", "--rpc-url", url, "--private-key", a["privateKey"], "--legacy", "--gas-price", "0",
               "--value", "5", "--json", "0x" + "42" * 20)
    same(json.loads(out)["status"], "0x1")


@case
def cast_over_the_ipc_socket(s):
    ipc, a = s.home + "/run/node.ipc", s.credentials["accounts"][1]
    same(cast(s, "block-number", "--rpc-url", ipc).isdigit(), True)
    out = cast(s, "send", "--rpc-url", ipc, "--private-key", a["privateKey"], "--value", "5", "--json", "0x" + "43" * 20)
    same([json.loads(out)[k] for k in ("status", "type")], ["0x1", "0x2"])
    same(cast(s, "balance", "--rpc-url", ipc, "0x" + "43" * 20), "5")


@case
def web3_over_the_ipc_socket(s):
    script = ("const {Web3}=require('web3');"
              "const {IpcProvider}=require('web3-providers-ipc');"
              "(async()=>{const p=new IpcProvider(process.env.IPC);const w=new Web3(p);"
              "const from=w.eth.accounts.wallet.add(process.env.KEY)[0].address;"
              "const to='0x'+'44'.repeat(20);"
              "const r=await w.eth.sendTransaction({from,to,value:5});"
              "const low=await w.eth.sendTransaction({from,to,value:5,nonce:0}).catch(e=>e.message);"
              "const blocks=await Promise.all([...Array(100)].map(()=>w.eth.getBlock('latest')));"
              "console.log(JSON.stringify([await w.eth.getChainId(),r.status,r.type,await w.eth.getBalance(to),"
              "new Set(blocks.map(b=>b.hash.length)).size,low],(k,v)=>typeof v=='bigint'?Number(v):v));"
              "p.disconnect();process.exit(0)})().catch(e=>{console.error(e);process.exit(1)})")
    r = subprocess.run([NODE, "-e", script], text=True, capture_output=True, timeout=60, cwd=NPM,
                       env=dict(os.environ, IPC=s.home + "/run/node.ipc", KEY=s.credentials["accounts"][1]["privateKey"]))
    same(r.returncode, 0, r.stderr)
    got = json.loads(r.stdout)
    same(got[:5], [31337, 1, 2, 5, 1])
    assert "nonce too low: next nonce" in got[5], got


@case
def wallet_root_answers_its_name(s):
    r = s.https("GET", "/")
    same(r.status, 200)
    assert "server" in r.json, r.body


@case
def wallet_without_credentials_is_401(s):
    r = s.https("GET", "/", auth=None)
    same(r.status, 401)
    assert re.match(r'Basic realm=".*", charset="UTF-8"', r.headers["WWW-Authenticate"]), r.headers
    for auth in (("wallet", "wrong password"), ("nobody", "x" * 20), s.credentials["rpc"]):
        if isinstance(auth, dict):
            auth = (auth["user"], auth["password"])
        same(s.https("GET", "/", auth=auth).status, 401)


@case
def wallet_transaction_count(s):
    a = s.credentials["accounts"][1]["address"]
    r = s.https("GET", "/v1/Eth/TransactionCount/" + a)
    same(r.status, 200)
    same(r.json["meta"], {"code": 200, "message": "OK"})
    same(r.json["data"]["chainid"], "31337")
    same(r.json["data"]["gasprice"], 0)
    same(r.json["data"]["nonce"], int(s.rpc("eth_getTransactionCount", a, "latest"), 16))
    for bad in ("0x12", "zz" * 20, a[:-1] + ("0" if a[-1] != "0" else "1") + "00"):
        r = s.https("GET", "/v1/Eth/TransactionCount/" + bad)
        same((r.status, r.json["meta"]["code"]), (400, 88), bad)


@case
def wallet_wrong_method_is_404_code_10(s):
    r = s.https("POST", "/v1/Eth/TransactionCount/0x" + "11" * 20, {})
    same((r.status, r.json["meta"]["code"]), (404, 10))
    assert r.json["meta"]["description"].startswith("method: POST, url: "), r.body


@case
def wallet_unknown_paths_are_bare_404(s):
    """A resource that exists says which method it does not have, in its envelope; nothing else does (ibet 1.1)."""
    for method in ("POST", "PUT", "DELETE"):
        r = s.https(method, "/v1/RequiredVersion/?platform=ios")
        same((r.status, r.json), (404, {"meta": {"code": 10, "message": "Not Supported",
                                                 "description": "method: %s, url: /v1/RequiredVersion" % method}}))
    r = s.https("GET", "/v1/Eth/SendRawTransaction")
    same((r.status, r.json["meta"]["code"]), (404, 10))
    for method, path in (("GET", "/v1/Nowhere"), ("POST", "/v2/RequiredVersion"), ("GET", "/v1/requiredversion"),
                         ("DELETE", "/v1/RequiredVersion/x"), ("PUT", "/v1")):
        r = s.https(method, path)
        same((r.status, r.body, r.headers["Content-Type"]), (404, b"", "text/plain; charset=utf-8"), path)


@case
def wallet_block_sync_status(s):
    before = s.height()
    r = s.https("GET", "/v1/NodeInfo/BlockSyncStatus/")
    same((r.status, r.json["meta"], r.json["data"]["is_synced"]), (200, {"code": 200, "message": "OK"}, True))
    assert before <= r.json["data"]["latest_block_number"] <= s.height(), r.body


@case
def wallet_required_version(s):
    nothing = {"required_version": None, "force": False, "update_url": None}
    for platform in ("ios", "android"):
        r = s.https("GET", "/v1/RequiredVersion?platform=" + platform)
        same((r.status, r.json), (200, {"meta": {"code": 200, "message": "OK"}, "data": nothing}))
    for query, text in (("", "null value not allowed"), ("?platform=", "null value not allowed"),
                        ("?platform=IOS", "unallowed value IOS"), ("?platform=%22%5C", 'unallowed value "\\')):
        r = s.https("GET", "/v1/RequiredVersion" + query)
        same((r.status, r.json), (400, {"meta": {"code": 88, "message": "Invalid Parameter",
                                                 "description": {"platform": text}}}), query)


def allow_contract(s, address):
    s.psql("insert into executable_contract (contract_address) values ('%s') on conflict do nothing" % address)


@case
def wallet_sends_raw_transactions_in_order(s):
    a = s.credentials["accounts"][2]
    n = next_nonce(s, a)
    to = "0x52908400098527886E0F7030069857D2E4169EE7"
    allow_contract(s, to)
    items = [sign(s, a, to=to, value=i + 1, nonce=n + i) for i in range(3)]
    r = s.https("POST", "/v1/Eth/SendRawTransaction", {"raw_tx_hex_list": items})
    same(r.status, 200, r.body)
    same([(i["id"], i["status"]) for i in r.json["data"]], [(1, 1), (2, 1), (3, 1)], r.body)
    for item in r.json["data"]:
        same(s.rpc("eth_getTransactionReceipt", item["transaction_hash"])["status"], "0x1")


@case
def wallet_refuses_unlisted_and_creation(s):
    a = s.credentials["accounts"][2]
    n = next_nonce(s, a)
    items = [sign(s, a, to="0x" + "77" * 20, value=1, nonce=n),
             sign(s, a, data="0x6000", nonce=n, gasLimit=100000), "0x00", "zz"]
    r = s.https("POST", "/v1/Eth/SendRawTransaction", {"raw_tx_hex_list": items})
    same(r.status, 200, r.body)
    same([i["status"] for i in r.json["data"]], [0, 0, 0, 0], r.body)
    assert all(i["error_msg"] for i in r.json["data"]), r.body
    same(next_nonce(s, a), n)


@case
def wallet_bad_bodies_are_400_code_88(s):
    for body in ("", "{", "[]", '{"raw_tx_hex_list": 1}', '{"raw_tx_hex_list": [1]}', '{"x": []}',
                 '{"raw_tx_hex_list": [], "raw_tx_hex_list": []}', '{"raw_tx_hex_list": null}', "{}"):
        r = s.https("POST", "/v1/Eth/SendRawTransaction", body, {"Content-Type": "application/json"})
        same((r.status, r.json["meta"]["code"]), (400, 88), body)
    r = s.https("POST", "/v1/Eth/SendRawTransaction", '{"raw_tx_hex_list": []}', {"Content-Type": "text/plain"})
    same((r.status, r.json["meta"]["code"]), (400, 88))
    r = s.https("POST", "/v1/Eth/SendRawTransaction", {"raw_tx_hex_list": []})
    same((r.status, r.json["data"]), (200, []))


@case
def rpc_surface_lets_no_operator_method_through(s):
    for m in ("personal_newAccount", "admin_peers", "clique_propose", "debug_setHead", "debug_traceCall",
              "debug_traceTransaction", "debug_traceBlockByNumber", "debug_traceBlockByHash", "miner_start", "eth_sign",
              "eth_sendTransaction", "Eth_chainId", "eth_chainId "):
        for send in (lambda d: s.http("POST", "/", d), lambda d: s.https("POST", "/rpc", d, auth="rpc")):
            r = send({"jsonrpc": "2.0", "id": 7, "method": m, "params": []})
            same((r.json["error"]["code"], r.json["id"]), (-32601, 7), m)


# Counts calls in slot 0 and logs nothing but that it was there; with call data
# it reverts. Its init code copies it.
COUNTER = "3660135760016000540160005560006000a0005b60006000fd"
COUNTER_INIT = "0x60%02x80600b6000396000f3%s" % (len(COUNTER) // 2, COUNTER)


def ask_node(s, method, *params, name="run/node.ipc"):
    doc = s.ipc(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}), name=name)[0]
    return doc["result"] if "result" in doc else doc["error"]


@case
def traces_on_the_nodes_socket_tell_what_a_transaction_did(s):
    a = s.credentials["accounts"][2]
    n = next_nonce(s, a)
    to = s.rpc("eth_getTransactionReceipt", send_and_wait(s, sign(
        s, a, data=COUNTER_INIT, nonce=n, gasLimit=200000)))["contractAddress"]
    hashes = [s.rpc("eth_sendRawTransaction", sign(s, a, to=to, nonce=n + 1 + i, gasLimit=90000, data=data))
              for i, data in enumerate(("0x", "0x", "0x01"))]
    got = [wait_for("receipt", 20, lambda: s.rpc("eth_getTransactionReceipt", h)) for h in hashes]
    slot = "0x" + "00" * 32
    for i, (h, receipt) in enumerate(zip(hashes, got)):
        steps = ask_node(s, "debug_traceTransaction", h)
        call = ask_node(s, "debug_traceTransaction", h, {"tracer": "callTracer", "tracerConfig": {"withLog": True}})
        used = int(receipt["gasUsed"], 16)
        same((steps["gas"], int(call["gasUsed"], 16), steps["failed"]), (used, used, i == 2), h)
        same(([x["op"] for x in steps["structLogs"] if "storage" in x], len(call.get("logs", []))),
             (["SLOAD", "SSTORE"], 1) if i < 2 else ([], 0))
        same((call["from"], call["to"], call.get("error")),
             (a["address"].lower(), to, "execution reverted" if i == 2 else None))
        cost = sum(x["gasCost"] for x in steps["structLogs"])
        # A byte of call data costs 16, and the whole no less than 40 (EIP-7623).
        same(used, max(21016 + cost, 21040) if i == 2 else 21000 + cost, "steps cost what was paid")
    diff = ask_node(s, "debug_traceTransaction", hashes[1],
                    {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}})
    same(diff["pre"][to]["storage"], {slot: "0x" + "00" * 31 + "01"})
    same(diff["post"][to], {"storage": {slot: "0x" + "00" * 31 + "02"}})
    same(diff["post"][a["address"].lower()]["nonce"], n + 3)
    block = got[1]["blockHash"]
    all_of = ask_node(s, "debug_traceBlockByHash", block, {"disableStack": True})
    same([x["txHash"] for x in all_of], s.rpc("eth_getBlockByHash", block, False)["transactions"])
    same(all_of, ask_node(s, "debug_traceBlockByNumber", got[1]["blockNumber"], {"disableStack": True}))
    read = ask_node(s, "debug_traceCall", {"to": to}, "latest", {"tracer": "prestateTracer"})
    same(read[to]["storage"], {slot: "0x" + "00" * 31 + "02"})
    same(ask_node(s, "debug_traceCall", {"data": "0x5b600056"}, "latest", {"timeout": "0s"}),
         {"code": -32002, "message": "execution timeout"})
    same(ask_node(s, "debug_traceCall", {"data": "0x5b600056"}, "latest")["code"], -32003)


def send_and_wait(s, raw):
    h = s.rpc("eth_sendRawTransaction", raw)
    wait_for("receipt", 20, lambda: s.rpc("eth_getTransactionReceipt", h))
    return h


@case
def rpc_over_tls_needs_its_own_credentials(s):
    doc = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    same(s.https("POST", "/rpc", doc, auth=None).status, 401)
    same(s.https("POST", "/rpc", doc, auth="wallet").status, 401)
    same(s.https("POST", "/rpc", doc, auth="rpc").json["result"], "0x7a69")


@case
def rpc_speaks_json_rpc_2_to_the_letter(s):
    def post(text):
        return s.http("POST", "/", text, {"Content-Type": "application/json"})
    same(post("{").json["error"]["code"], -32700)
    same(post("[]").json["error"]["code"], -32600)
    same(post("1").json["error"]["code"], -32600)
    for ident in ("1", '"a"', "null", "12345678901234567890", "1.5"):
        r = post('{"jsonrpc":"2.0","id":%s,"method":"eth_chainId"}' % ident)
        assert b'"id":' + ident.encode() in r.body.replace(b" ", b""), r.body
    r = post('[{"jsonrpc":"2.0","id":1,"method":"eth_chainId"},{"jsonrpc":"2.0","id":2,"method":"net_version"},1]')
    same(sorted(str(x["id"]) for x in r.json), ["1", "2", "None"])
    big = json.dumps([{"jsonrpc": "2.0", "id": i, "method": "eth_chainId"} for i in range(101)])
    r = post(big)
    assert r.status != 200 or "error" in (r.json if isinstance(r.json, dict) else r.json[0]), r.body[:200]
    r = s.http("POST", "/", "{}", {"Content-Type": "text/plain"})
    same(r.status, 415)
    r = s.http("POST", "/", "{}", {"Content-Type": "application/json", "Host": "evil.example"})
    assert r.status in (400, 403, 421), r.status


@case
def health_ready_and_metrics(s):
    same(s.http("GET", "/v1/health").status, 200)
    same(s.http("GET", "/v1/ready").status, 200)
    r = s.http("GET", "/metrics")
    same(r.status, 200)
    assert b"# TYPE" in r.body and b"sekisho" in r.body


@case
def access_log_is_json_without_secrets(s):
    marker = "marker-%d" % time.time()
    s.https("GET", "/v1/%s?secret=1" % marker)

    def line():
        for root, _, files in os.walk(s.home + "/log"):
            for f in files:
                for text in open(os.path.join(root, f), errors="replace"):
                    if marker in text:
                        return text
    got = json.loads(wait_for("access-log line", 5, line))
    assert got.get("status") == 404, got
    passwords = [s.credentials[k]["password"] for k in ("wallet", "rpc")]
    for root, _, files in os.walk(s.home + "/log"):
        for f in files:
            text = open(os.path.join(root, f), errors="replace").read()
            assert not any(p in text for p in passwords), f


@case
def logs_hold_no_secret(s):
    secrets = [a["privateKey"][2:] for a in s.credentials["accounts"]]
    secrets += [s.credentials[k]["password"] for k in ("wallet", "rpc")]
    for name in ("sealer.pass", "nodekey"):
        with open(s.home + "/node/" + name) as f:
            secrets.append(f.read().strip())
    assert all(len(x) >= 20 for x in secrets)
    texts = [s.text()]
    for root, _, files in os.walk(s.home + "/log"):
        texts += [open(os.path.join(root, f), errors="replace").read() for f in files]
    assert len(texts) > 4, len(texts)
    for text in texts:
        assert not any(x in text for x in secrets)


def sockets_of(pid):
    """The network addresses of a process's sockets, as in /proc/net."""
    links = []
    for fd in glob.glob("/proc/%d/fd/*" % pid):
        try:
            links.append(os.readlink(fd))
        except OSError:
            pass
    rows = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        with open("/proc/%d/net/%s" % (pid, table)) as f:
            rows += [line.split() for line in f.readlines()[1:]]
    return [r[1] for r in rows if "socket:[%s]" % r[9] in links]


def below(pid):
    """The process and all that came from it."""
    out = [pid]
    for p in out:
        for path in glob.glob("/proc/%d/task/*/children" % p):
            with open(path) as f:
                out += [int(x) for x in f.read().split()]
    return out


def status_of(pid):
    with open("/proc/%d/status" % pid) as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


@case
def node_is_reached_by_its_two_sockets_only(s):
    """Reliability N6."""
    for pid in below(s.pid("noded")):
        same(sockets_of(pid), [], "noded hears the network")
    assert any(sockets_of(pid) for pid in below(s.pid("gateway")))  # the helper sees what is there
    same(oct(stat.S_IMODE(os.stat(s.home + "/run/node.ipc").st_mode)), "0o600")
    same(oct(stat.S_IMODE(os.stat(s.home + "/run/gw/rpc.sock").st_mode)), "0o660")
    # Not found: inside, outside.
    for m, want in (("eth_chainId", [False, False]), ("clique_getSigners", [False, False]),
                    ("clique_propose", [False, True]), ("admin_peers", [False, True]), ("personal_sign", [False, True]), ("personal_importRawKey", [True, True])):
        doc = json.dumps({"jsonrpc": "2.0", "id": 1, "method": m, "params": []}) + "\n"
        answers = [s.ipc(doc, name=name)[0] for name in ("run/node.ipc", "run/gw/rpc.sock")]
        same([x.get("error", {}).get("code") == -32601 for x in answers], want, m)


@case
def parts_are_apart_and_confined(s):
    """Reliability N10: users of their own, no way to more rights, filters."""
    users = {}
    for part in ("postgres", "noded", "jobsd", "gateway"):
        for pid in below(s.pid(part)):
            st = status_of(pid)
            what = "%s %d (%s)" % (part, pid, st["Name"])
            same(st["NoNewPrivs"], "1", what)
            if part in ("noded", "jobsd") or (part == "gateway" and pid != s.pid(part)):
                same(st["Seccomp"], "2", what)
            if os.getuid() == 0 and (part != "gateway" or pid != s.pid(part)):
                same(st["CapEff"].strip("0"), "", what)
                assert st["Uid"].split()[0] != "0", what
                users.setdefault(st["Uid"].split()[0], set()).add(part)
    for uid, parts in users.items():
        same(len(parts), 1, "user %s has %s" % (uid, parts))


@case
def jobsd_is_ready_when_it_says_so(s):
    """Not while a database that stands still takes its connections; each of
    them ends in time, with a line in its log."""
    with open(s.home + "/log/jobsd.log") as f:
        before = f.read().count("timeout expired")
    at, postmaster = len(s.lines), s.pid("postgres")
    os.kill(postmaster, signal.SIGSTOP)
    try:
        os.kill(s.pid("jobsd"), signal.SIGKILL)
        s.wait_line(r"^jobsd +was ended by signal 9", 30, at)

        def tries():
            with open(s.home + "/log/jobsd.log") as f:
                return f.read().count("timeout expired") - before
        wait_for("a try is given up", 60, lambda: tries() > 0)
        assert not re.search(r"^jobsd +ready again", "\n".join(s.lines[at:]), re.M), s.lines[at:]
    finally:
        os.kill(postmaster, signal.SIGCONT)
    s.wait_line(r"^jobsd +ready again", 60, at)
    index = wait_for("jobsd follows", 30, lambda: s.psql("select number from cursor where name = 'block'"))
    wait_for("and goes on", 60, lambda: int(s.psql("select number from cursor where name = 'block'")) > int(index))


@case
def status_shows_all_parts(s):
    out = s.sekisho("status").stdout
    for part in ("postgres", "noded", "jobsd", "gateway"):
        assert re.search(r"^%s +running, pid \d+" % part, out, re.M), out
    doc = json.loads(s.sekisho("status", "--json").stdout)
    assert doc["head"] >= 1 and doc["schema"] >= 1, doc


@case
def jobs_store_the_headers(s):
    head = s.height()
    wait_for("index at head", 10, lambda: json.loads(s.sekisho("status", "--json").stdout)["indexed"] >= head)
    rows = s.psql("select number, encode(hash, 'hex') from block order by number desc limit 3")
    for line in rows.splitlines():
        number, h = line.split("|")
        same("0x" + h, s.rpc("eth_getBlockByNumber", hex(int(number)), False)["hash"])


@case
def account_commands_work(s):
    d = os.path.dirname(s.home) + "/keys"
    os.makedirs(d)
    out = s.sekisho("account", "new", "--keystore", d, "--password-file", "-", stdin="a pass phrase\n").stdout
    address = out.split()[0]
    assert address in s.sekisho("account", "list", "--keystore", d).stdout
    r = s.sekisho("account", "import", "/dev/stdin", "--keystore", d, check=False, stdin="not a key\n")
    same(r.returncode, 1)
    r = s.sekisho("account", "new", "--keystore", d, "--password-file", "/etc/passwd", check=False)
    same(r.returncode, 1)
    assert "others can read it" in r.stderr


@case
def usage_errors_are_status_2(s):
    for args in ((), ("nonsense",), ("rpc",), ("account",), ("up", "now"), ("genesis",)):
        same(s.sekisho(*args, check=False).returncode, 2, args)
    for args in (("--help",), ("rpc", "--help"), ("version",)):
        same(s.sekisho(*args).returncode, 0, args)


@case
def daemons_explain_themselves(s):
    for name in ("gateway", "noded", "jobsd"):
        def ask(*args):
            return subprocess.run([BIN + "/" + name, *args], text=True, capture_output=True, timeout=10)
        for option in ("--help", "-h"):
            r = ask(option)
            same((r.returncode, r.stderr), (0, ""), option)
            assert r.stdout.startswith(name + " ") and "usage: %s -c FILE" % name in r.stdout, r.stdout
        for option in ("--version", "-V"):
            r = ask(option)
            same((r.returncode, r.stderr), (0, ""), option)
            assert re.fullmatch(name + r" \d+\.\d+\.\d+\n", r.stdout), r.stdout
        for args, what in ((("--bogus",), "unknown option --bogus"), (("-x",), "unknown option -x"), (("-c",), "-c needs a file"),
                           ((), "-c FILE is missing"), (("-t",), "-c FILE is missing"), (("file",), "unexpected argument file")):
            r = ask(*args)
            same((r.returncode, r.stdout), (2, ""), args)
            assert r.stderr.startswith("%s: %s\n" % (name, what)), r.stderr


@case
def both_ports_are_for_this_machine_only(s):
    r = subprocess.run(["ss", "-ltnH"], text=True, capture_output=True, timeout=10)
    at = {line.split()[3] for line in r.stdout.splitlines()}
    for port in (s.port, s.rpc_port):
        same({a for a in at if a.endswith(":%d" % port)}, {"127.0.0.1:%d" % port})


@case
def first_start_makes_the_countries(s):
    """Of Debian's ranges; this machine comes in all the same."""
    assert os.path.getsize(s.home + "/geo/country.mmdb") > 1 << 20
    out = s.sekisho("geo", "lookup", "127.0.0.1").stdout
    assert re.search(r"^country +loopback$", out, re.M), out
    out = s.sekisho("explain", "GET", "https://localhost/", "--from", "203.0.113.1").stdout
    assert re.search(r"^geo +refuse +unknown ", out, re.M), out


@case
def configuration_check_is_good(s):
    out = s.sekisho("check").stdout
    assert out.rstrip().endswith("good"), out


@case
def genesis_command_prints_the_known_hash(s):
    base = os.environ.get("SEKISHO_VECTORS", ROOT + "/../shared")
    path = base + "/genesis/clique-2789.json"
    if not os.path.exists(path):
        raise Skip("no %s; SEKISHO_VECTORS names the folder above" % path)
    r = s.sekisho("genesis", path, check=False)
    doc = json.loads(r.stdout.splitlines()[0])
    same(doc["blockHash"], "0x1442ec5581532dba7258e810dd2574773f6e1c336e2db1f324a43fbf42d8fd38")
    same(doc["stateRoot"], "0xb1511a6605fc5379c7783a716d7f412b1a7dd278eacd91d8289c926b0ad4fbc5")
    assert "two sealers" in r.stdout or "2 sealers" in r.stdout or "loss" in r.stdout, r.stdout


@case
def ports_in_use_and_second_owner_are_refused(s):
    r = subprocess.run([BIN + "/sekisho", "up"], env=s.env, text=True, capture_output=True, timeout=60)
    same(r.returncode, 1)
    assert "in use" in r.stderr, r.stderr
    env = dict(s.env, SEKISHO_PORT=str(free_port()), SEKISHO_RPC_PORT=str(free_port()))
    r = subprocess.run([BIN + "/sekisho", "up"], env=env, text=True, capture_output=True, timeout=60)
    same(r.returncode, 1)
    assert "another" in r.stderr, r.stderr
    s.height()


@case
def foreign_state_directory_is_refused(s):
    d = os.path.dirname(s.home) + "/foreign"
    os.makedirs(d)
    open(d + "/something", "w").close()
    env = dict(s.env, SEKISHO_HOME=d, SEKISHO_PORT=str(free_port()), SEKISHO_RPC_PORT=str(free_port()))
    r = subprocess.run([BIN + "/sekisho", "up"], env=env, text=True, capture_output=True, timeout=60)
    same(r.returncode, 1)
    assert "not a state directory" in r.stderr, r.stderr
    same(os.listdir(d), ["something"])
    with open(d + "/version", "w") as f:
        f.write("sekisho-state 99\n")
    r = subprocess.run([BIN + "/sekisho", "up"], env=env, text=True, capture_output=True, timeout=60)
    assert "sekisho-state 99" in r.stderr, r.stderr


@case
def node_stopped_and_back(s):
    pid = s.pid("noded")
    at = len(s.lines)
    os.kill(pid, signal.SIGSTOP)
    try:
        t0 = time.monotonic()
        r = s.http("POST", "/", {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber"})
        same(r.status, 503)
        assert time.monotonic() - t0 < 15
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for("answer after SIGCONT", 15, lambda: s.height() >= 0)
    os.kill(pid, signal.SIGKILL)
    r = wait_for("503 while the node is gone", 5, lambda: (lambda x: x if x.status == 503 else None)(
        s.https("GET", "/v1/Eth/TransactionCount/0x" + "11" * 20)))
    same((r.json["meta"]["code"], r.headers["Retry-After"]), (999, "1"))
    r = s.https("GET", "/v1/NodeInfo/BlockSyncStatus")
    same((r.status, r.json["data"]), (200, {"is_synced": False, "latest_block_number": None}))
    s.wait_line(r"noded\s+ready again", 30, at)
    wait_for("answer after restart", 10, lambda: s.height() >= 0)


STATUS = '{"jsonrpc": "2.0", "id": 1, "method": "txpool_status"}'


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        return [int(x) for x in f.read().split()]


def log_of(s, part):
    with open("%s/log/%s.log" % (s.home, part), errors="replace") as f:
        return f.read()


@case
def signer_that_dies_is_noticed_and_replaced(s):
    """Its end is logged, the node leaves in order and comes back, and every
    hash that was given out is mined."""
    a = s.credentials["accounts"][5]
    node = s.pid("noded")
    nonce = next_nonce(s, a)
    stop, given, refused = threading.Event(), [], []

    def load():
        n = nonce
        while not stop.is_set():
            try:
                given.append(s.rpc("eth_sendRawTransaction", sign(s, a, to="0x" + "88" * 20, value=1, nonce=n)))
                n += 1
            except (AssertionError, OSError) as e:
                if "already known" in str(e):
                    n += 1  # it was taken, its answer was lost
                refused.append(str(e))
                time.sleep(0.05)

    t = threading.Thread(target=load)
    t.start()
    try:
        wait_for("load", 20, lambda: len(given) > 3)
        signer = [p for p in children(node) if command(p).startswith("signer")]
        same(len(signer), 1, "signers of the node")
        at, t0 = len(s.lines), time.monotonic()
        os.kill(signer[0], signal.SIGKILL)
        line = s.lines[s.wait_line(r"noded\s+left with status 70", 5, at)]
        assert time.monotonic() - t0 < 5, "noticed after %.1f s" % (time.monotonic() - t0)
        assert "starting it again" in line, line
        s.wait_line(r"noded\s+ready again", 30, at)
        sent = len(given)
        wait_for("load after the restart", 20, lambda: len(given) > sent + 3)
    finally:
        stop.set()
        t.join(60)
    text = log_of(s, "noded")
    assert re.search(r"signer .*ended by signal 9 \(Killed\)", text), text[-2000:]
    for h in given:
        wait_for("receipt of " + h, 30, lambda h=h: s.rpc("eth_getTransactionReceipt", h))


@case
def idle_node_notices_its_signer_too(s):
    """Nothing is sealed at that moment: only the child's end can tell."""
    wait_for("quiet", 20, lambda: s.ipc(STATUS)[0]["result"]["pending"] == "0x0")
    node, at = s.pid("noded"), len(s.lines)
    for p in children(node):
        os.kill(p, signal.SIGTERM)  # the terminal does not end it
    time.sleep(0.3)
    same(s.pid("noded"), node)
    for p in children(node):
        os.kill(p, signal.SIGSEGV)
    s.wait_line(r"noded\s+left with status 70", 8, at)
    s.wait_line(r"noded\s+ready again", 30, at)
    assert "ended by signal 11" in log_of(s, "noded"), log_of(s, "noded")[-2000:]
    wait_for("answer after restart", 10, lambda: s.height() >= 0)


@case
def gateway_processes_that_die_are_replaced(s):
    """A worker is forked anew; without its key manager the gateway leaves and
    is started again. Either way somebody says so."""
    gateway = s.pid("gateway")
    named = {p: command(p) for p in children(gateway)}
    workers = [p for p in named if "wrk" in named[p] or "worker" in named[p]]
    manager = [p for p in named if "keymgr" in named[p]]
    assert len(workers) >= 1 and len(manager) == 1, named
    at = len(log_of(s, "gateway"))
    for p in workers:
        os.kill(p, signal.SIGKILL)
    wait_for("new workers", 10, lambda: len(children(gateway)) == len(named) and not set(workers) & set(children(gateway)))
    wait_for("answer of a new worker", 10, lambda: s.https("GET", "/").status == 200)
    same(s.pid("gateway"), gateway, "the parent after its workers died")
    text = log_of(s, "gateway")[at:]
    for p in workers:
        assert re.search(r"worker \d+ \(pid: %d\).* gone" % p, text), text
    same(len(re.findall(r"restarting worker \d+", text)), len(workers), text)
    manager = [p for p in children(gateway) if "keymgr" in command(p)]
    at = len(s.lines)
    os.kill(manager[0], signal.SIGKILL)
    s.wait_line(r"gateway\s+ready again", 40, at)
    assert s.pid("gateway") != gateway
    wait_for("answer over HTTPS", 20, lambda: s.https("GET", "/").status == 200)


@case
def frozen_parts_go_on_as_they_are(s):
    """A machine that sleeps, a container that is paused: no process dies of it."""
    before = {part: s.processes(part) for part in ("noded", "jobsd", "gateway")}
    every = [p for pids in before.values() for p in pids]
    for pid in every:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(0.5)
    for pid in every:
        os.kill(pid, signal.SIGCONT)
    wait_for("an answer after the thaw", 20, lambda: s.https("GET", "/v1/ready").status == 200)
    time.sleep(1)
    same({part: s.processes(part) for part in before}, before)


@case
def signal_for_the_state_page_ends_nobody(s):
    """SIGUSR1: noded, jobsd and `sekisho up` print their state; the gateway
    reads its certificate again."""
    pids = {p: s.pid(p) for p in ("noded", "jobsd", "gateway")}
    at = {p: len(log_of(s, p)) for p in pids}
    lines = len(s.lines)
    for pid in list(pids.values()) + [s.proc.pid]:
        os.kill(pid, signal.SIGUSR1)
    for part, text in (("noded", r"state page[\s\S]*sekisho_chain_head \d+"),
                       ("jobsd", r"state page node=1 database=1 next=\d+"),
                       ("gateway", "certificate reloaded")):
        wait_for(part + " says " + text, 10, lambda p=part, t=text: re.search(t, log_of(s, p)[at[p]:]))
    for part in ("postgres", "noded", "jobsd", "gateway"):
        s.wait_line(r"%s\s+pid=\d+ ready=1 seconds=\d+" % part, 5, lines)
    same({p: s.pid(p) for p in pids}, pids, "nobody was restarted")
    same(s.https("GET", "/").status, 200)


@case
def logs_rotate_and_stay_bounded(s):
    """A stack with small logs: each part's log is rotated while it runs, at
    most four old ones are kept, and the part goes on writing."""
    with Stack(env={"SEKISHO_LOG_BYTES": "4096"}) as small:
        log = small.home + "/log/noded.log"
        pid = small.pid("noded")

        def rotations():
            return sum("log/noded.log rotated" in line for line in small.lines)

        def fill():
            os.kill(pid, signal.SIGUSR1)  # a page of text
            return rotations() >= 6

        wait_for("six rotations", 60, fill)
        old = [log + ".%d" % i for i in range(1, 6)]
        same([os.path.exists(f) for f in old], [True] * 4 + [False], "old logs")
        for f in old[:4]:
            with open(f, errors="replace") as text:
                text = text.read()
            assert 4096 < len(text) < 4 * 4096, (f, len(text))
            assert text.endswith("\n") and "\0" not in text, f
        same(stat.S_IMODE(os.stat(old[0]).st_mode), stat.S_IMODE(os.stat(log).st_mode), "mode")
        size = os.path.getsize(log)
        assert size < 4 * 4096, size
        os.kill(pid, signal.SIGUSR1)
        wait_for("the part writes on", 10, lambda: "state page" in log_of(small, "noded") or rotations() > 6)
        same(small.pid("noded"), pid)


@case
def one_grep_finds_a_request_in_both_logs(s):
    """The id of a request, the client's own here, is in the gateway's access
    log and in the node's, and the answer's id is the client's all the same."""
    with Stack() as talkative:
        conf = talkative.home + "/conf/node.conf"
        with open(conf, "a") as f:
            f.write("log_level = debug\n")
        at = len(talkative.lines)
        os.kill(talkative.pid("noded"), signal.SIGTERM)
        talkative.wait_line(r"noded\s+ready again", 30, at)
        wait_for("answer", 10, lambda: talkative.height() >= 0)
        a = talkative.credentials["accounts"][0]
        raw = sign(talkative, a, to="0x" + "77" * 20, value=1, nonce=next_nonce(talkative, a))
        # The second is refused for one reason or the other: a block may be sealed in between.
        for req, params, want in (("walk-1.good", [raw], r"accepted req=\S*walk-1\.good\S* tx="),
                                  ("walk-2.again", [raw], r"call refused req=\S*walk-2\.again\S* "
                                                          r"error=.*(already known|nonce too low)")):
            r = talkative.http("POST", "/", {"jsonrpc": "2.0", "id": "mine", "method": "eth_sendRawTransaction",
                                             "params": params}, headers={"X-Request-Id": req})
            same(r.json["id"], "mine")
            wait_for("node's line of " + req, 10, lambda w=want: re.search(w, log_of(talkative, "noded")))
            with open(talkative.home + "/log/gw/access.log") as f:
                wait_for("access line of " + req, 10, lambda f=f, q=req: f.seek(0) == 0 and q in f.read())


@case
def nobody_leaves_a_core_or_can_be_looked_into(s):
    """Of all processes that see a secret: no core, and root's /proc files,
    which the kernel gives to whoever is not dumpable."""
    seen = [("sekisho", s.proc.pid)]
    for part in ("noded", "jobsd", "gateway"):
        pid = s.pid(part)
        seen += [(part, pid)] + [(part + "'s child", p) for p in children(pid)]
    for name, pid in seen + [("postgres", s.pid("postgres"))]:
        with open("/proc/%d/limits" % pid) as f:
            core = [line for line in f if line.startswith("Max core file size")][0]
        same(core.split()[4:6], ["0", "0"], name)
    for name, pid in seen:
        same(os.stat("/proc/%d/mem" % pid).st_uid, 0, name)
        if os.geteuid() != 0:
            try:
                open("/proc/%d/environ" % pid).read()
                raise AssertionError("%s can be looked into" % name)
            except PermissionError:
                pass


@case
def every_part_comes_back_after_kill(s):
    for part in ("gateway", "jobsd", "postgres"):
        at = len(s.lines)
        os.kill(s.pid(part), signal.SIGKILL)
        s.wait_line(r"%s\s+ready again" % part, 40, at)
    wait_for("answer over HTTPS", 20, lambda: s.https("GET", "/").status == 200)
    head = s.height()
    wait_for("index at head", 20, lambda: json.loads(s.sekisho("status", "--json").stdout)["indexed"] >= head)


@case
def second_start_resumes_the_chain(s):
    a = s.credentials["accounts"][3]
    h = s.rpc("eth_sendRawTransaction", sign(s, a, to="0x" + "99" * 20, value=9, nonce=next_nonce(s, a)))
    wait_for("receipt", 20, lambda: s.rpc("eth_getTransactionReceipt", h))
    before = s.rpc("eth_getBlockByNumber", "latest", False)
    same(s.stop(signal.SIGINT), 0)
    assert re.search(r"gateway\s+stopped[\s\S]*postgres\s+stopped", s.text()), s.text()
    out = s.sekisho("audit").stdout
    assert "0 findings" in out, out
    t0 = time.monotonic()
    s.start()
    assert time.monotonic() - t0 < 15
    same(s.rpc("eth_getBlockByNumber", before["number"], False)["hash"], before["hash"])
    same(s.rpc("eth_getTransactionReceipt", h)["status"], "0x1")


@case
def lower_gas_limit_refuses_up_front_and_mines_what_it_took(s):
    """Blocks move towards a lower limit: what fits now and not later is refused, nothing else waits for ever."""
    a = s.credentials["accounts"][5]
    same(s.stop(), 0)
    with open(s.home + "/conf/node.conf", "a") as f:
        f.write("gas_limit = 1000000\n")
    s.start()

    def send(gas):
        raw = sign(s, a, to="0x" + "77" * 20, value=1, nonce=next_nonce(s, a), gasLimit=gas)
        r = s.http("POST", "/", {"jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [raw]})
        return r.json.get("result") or r.json["error"]

    def limit():
        return int(s.rpc("eth_getBlockByNumber", "latest", False)["gasLimit"], 16)

    before = limit()
    assert before > 2000000, before
    refusal = {"code": -32000, "message": "exceeds block gas limit"}
    same(send(1000001), refusal)
    same(send(before), refusal)
    for _ in range(3):
        h = send(1000000)
        assert isinstance(h, str), h
        got = wait_for("receipt", 20, lambda: s.rpc("eth_getTransactionReceipt", h))
        same(got["status"], "0x1")
    # The limit that is compared moves, the refusal stays.
    assert limit() < before - 2 * (before // 1024), (before, limit())
    same(send(before), refusal)
    same(json.loads(s.sekisho("rpc", "txpool_status").stdout), {"pending": "0x0", "queued": "0x0"})


if __name__ == "__main__":
    with Stack() as stack:
        code = run(stack)
        if code:
            sys.stdout.write(stack.text()[-4000:] + "\n")
    sys.exit(code)
