#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""JSON-RPC reads beside a peer, in ratios, and what clients do to each other.

usage: rpc_bench.py [ROUNDS] [rates|others|logs]

The load generator and its inputs are the public bench folder's (SEKISHO_BENCH,
else ../shared/bench): 1,000 holders of a token, 20,000 transfers of it.

rates   The peer and we in turn, run by run, on equal chains: requests a second
        of 1, 4 and 16 connections, one request in flight on each. Plain HTTP on loopback
        for both, ours through the gateway, from the same generator, whose
        share of a core is told; and documents on the node's own socket
        (bench_ipc), compared with the peer's HTTP.
logs    eth_getLogs over ten million blocks with few hits (bench_longchain,
        bench_logs): some 2.3 GB in /tmp, removed again.
others  What an asking client's slowest percent waits for over HTTPS, alone, then
        while another user sends the dearest calls that it may, each kind for
        itself, and while 200 clients poll. Our stack alone.

The last lines are the ratios of the medians; a goal that is missed makes the
exit status 1.
"""
import base64
import contextlib
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import e2e_bench
from e2e_bench import PARTS, PEER, TOOLS, authorization, bench_home, goal, inputs, load, set_up, tools
from clients import next_nonce, sign
from stack import ROOT, children, free_port, wait_for

EACH, SECONDS, CONNS = 20, 3, (1, 4, 16)
POLLERS, DEAR_CONNS = 200, 4
WAYS = ("gateway", "socket")
METHODS = ("eth_getBalance", "eth_call", "eth_getLogs", "eth_getBlockByNumber")
# Method, least, aim, both through the gateway and on the node's socket.
GOALS = (("eth_getBalance", 1.5, 2), ("eth_call", 1.5, 2), ("eth_getLogs", 100, 200))
LONG_CHAIN, LONG_MS = 10000000, 5
# Init code that jumps back until the gas of the call is used up.
SPIN = "0x5b600056"


def write_reads(path, token):
    """Files of requests beside those of the generator's: blocks, and each kind of dear call."""
    spin = {"data": SPIN, "gas": hex(50000000)}
    rows = {
        "eth_getBlockByNumber": [("eth_getBlockByNumber", hex(1 + i % 4), False) for i in range(64)],
        "spin": [("eth_call", spin, "latest")],
        "estimate": [("eth_estimateGas", {"data": SPIN})],
        "simulate": [("eth_simulateV1", {"blockStateCalls": [{"calls": [spin]}]}, "latest")],
        "logs": [("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest", "address": token})],
    }
    for name, calls in rows.items():
        write(path, name, calls)


def write(path, name, calls):
    with open("%s/reads-%s.txt" % (path, name), "w") as f:
        for method, *params in calls:
            f.write("%s %s\n" % (method, json.dumps(params)))


def generator(url, path, name, conns, seconds=SECONDS, batch=1, extra=(), out="/dev/null"):
    return [TOOLS + "/rpcload", "--url", url, "--conns", str(conns), "--batch", str(batch), "--max-seconds",
            str(seconds), "--max-count", "5000000", "--json", out, *extra, "read", "%s/reads-%s.txt" % (path, name)]


def reads(*args, must=True, **how):
    """What one run of the generator saw: requests a second and latencies; must: no request may be refused."""
    with tempfile.NamedTemporaryFile(mode="r", suffix=".jsonl") as out:
        r = subprocess.run(generator(*args, out=out.name, **how), text=True, capture_output=True, timeout=120)
        if must and r.returncode != 0:
            raise AssertionError("rpcload: %s%s" % (r.stdout[-1500:], r.stderr[-500:]))
        return json.loads(out.read().splitlines()[-1].replace("-nan", "0"))  # nothing was answered


# What a dear client sends: requests, calls in a batch. Ten logs or simulations are the most of one batch.
DEAR = {"spinning calls": ("spin", 1), "batches of 100 of them": ("spin", 100), "estimates": ("estimate", 1),
        "10,000 logs": ("logs", 1), "simulations": ("simulate", 10), "traces": ("trace", 10)}


def with_tracing(s):
    """The dear client may trace."""
    path = s.home + "/conf/gateway.conf"
    with open(path) as f:
        text = f.read()
    at = "[surface rpc]\nserves = rpc\n"
    assert at in text, text
    with open(path, "w") as f:
        f.write(text.replace(at, at + "methods_for = bob default debug_traceTransaction\n"))


def second_user(s):
    """The header of another user of the rpc surface."""
    word = "another client's pass phrase"
    s.sekisho("user", "add", "rpc", "bob", "--password-file", "-", stdin=word + "\n")
    return ("--header", "Authorization: Basic " + base64.b64encode(("bob:" + word).encode()).decode())


def heavy_transaction(s):
    """One that spins for a while and fails, to be traced."""
    a = s.credentials["accounts"][1]
    h = s.rpc("eth_sendRawTransaction", sign(s, a, data=SPIN, gasLimit=2000000, nonce=next_nonce(s, a)))
    wait_for("its receipt", 30, lambda: s.rpc("eth_getTransactionReceipt", h))
    return h


def poll_file(s, path, token):
    """What clients poll: the head, recent logs, and filters of their own."""
    logs = {"fromBlock": "latest", "toBlock": "latest", "address": token}
    calls = []
    for _ in range(POLLERS // 4):
        calls += [("eth_blockNumber",), ("eth_getLogs", logs),
                  ("eth_getFilterChanges", s.rpc("eth_newFilter", {"address": token}))]
    write(path, "poll", calls)


def asking(url, path, who):
    """The slowest percent of a client that asks one thing after the other, in ms; without an end when more than
    that percent is refused."""
    rows = [reads(url, path, name, 1, extra=who, must=False) for name in ("eth_getBalance", "eth_call")]
    return max(math.inf if r["errors"] >= 0.01 * r["answered"] else r["ack_p99_ms"] for r in rows)


def beside(url, path, who, name, conns, batch, dear):
    """asking, while another client sends the requests of a file over conns connections."""
    p = subprocess.Popen(generator(url, path, name, conns, 100, batch, dear),
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        return asking(url, path, who)
    finally:
        p.terminate()
        p.wait()


def others(rounds, top, path, alloc, token):
    """What one client's calls do to another's p99."""
    s = bench_home(top, alloc)
    with_tracing(s)
    bob = second_user(s)
    with s:
        loopback, url = "http://127.0.0.1:%d/" % s.rpc_port, "https://localhost:%d/rpc" % s.port
        set_up(loopback, path)
        load(loopback, path, [s.pid("noded")], 4, 100)
        write(path, "trace", [("debug_traceTransaction", heavy_transaction(s))])
        poll_file(s, path, token)
        ann, waits, polls = authorization(s), {}, []
        for i in range(rounds):
            waits.setdefault("alone", []).append(asking(url, path, ann))
            for what, (name, batch) in DEAR.items():
                waits.setdefault(what, []).append(beside(url, path, ann, name, DEAR_CONNS, batch, bob))
                print("round %d  p99 beside %-22s %9.3f ms, alone %.3f ms" %
                      (i + 1, what, waits[what][-1], waits["alone"][-1]), flush=True)
            row = reads(url, path, "poll", POLLERS, extra=("--rate", str(POLLERS * 3), *bob))
            print("round %d  %d clients polling three times a second: %.0f /s, p99 %.3f ms" %
                  (i + 1, POLLERS, row["rps"], row["ack_p99_ms"]), flush=True)
            polls.append(row["rps"] / POLLERS / 3)
    alone = statistics.median(waits.pop("alone"))
    return [goal("p99 beside %s / alone" % what, statistics.median(v) / alone, most=3, aim=1.5) for what, v in waits.items()] + [
        goal("share of %d clients' polls answered in time" % POLLERS, statistics.median(polls), least=0.98, aim=1)]


def rates(number, ways, rows):
    """Requests a second of each method, by connections; ways: who -> ask(method, connections), one run of a
    generator. They take turns run by run, so that what else the machine does meets all of them."""
    for method in METHODS:
        got = {who: [] for who in ways}
        for conns in CONNS:
            for who, ask in ways.items():
                got[who].append(ask(method, conns))
        for who, runs in got.items():
            rows.setdefault((who, method), []).append([r["rps"] for r in runs])
            print("round %d  %-7s %-20s %s" % (number, who, method, "".join(
                "  %2d: %8.0f /s p99 %7.3f ms, generator %2.0f %%" %
                (conns, r["rps"], r["ack_p99_ms"], 100 * r["own_cpu_s"] / SECONDS)
                for conns, r in zip(CONNS, runs))), flush=True)


def socket_reads(socket, path, name, conns):
    """reads, of documents on a socket of the node."""
    r = subprocess.run([PARTS + "bench_ipc", socket, str(conns), str(SECONDS), "%s/reads-%s.txt" % (path, name)],
                       text=True, capture_output=True, timeout=120)
    if r.returncode != 0:
        raise AssertionError("bench_ipc: %s%s" % (r.stdout, r.stderr))
    return json.loads(r.stdout)


@contextlib.contextmanager
def running_peer(path):
    """The peer with the chain of the load; its URL."""
    port = free_port()
    p = subprocess.Popen([PEER, "--port", str(port), "--block-time", "1", "--gas-limit", "3000000000", "--silent"],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = "http://127.0.0.1:%d/" % port
        time.sleep(1)
        set_up(url, path)
        load(url, path, children(p.pid), 4, 100)
        yield url
    finally:
        p.terminate()
        p.wait()


def one_round(number, top, path, alloc, rows):
    with running_peer(path) as peer, bench_home(top, alloc) as s:
        ours = "http://127.0.0.1:%d/" % s.rpc_port
        set_up(ours, path)
        load(ours, path, [s.pid("noded")], 4, 100)
        rates(number, {"peer": lambda *what: reads(peer, path, *what),
                       "gateway": lambda *what: reads(ours, path, *what),
                       "socket": lambda *what: socket_reads(s.home + "/run/node.ipc", path, *what)}, rows)


def beside_peer(rounds, top, path, alloc):
    """Requests a second of us and the peer in turn, and the goals of 16 connections."""
    rows = {}
    for i in range(rounds):
        one_round(i + 1, top, path, alloc, rows)
    ratio = {(way, m): ratios(rows, way, m) for way in WAYS for m in METHODS}
    for (way, method), of in ratio.items():
        print("%-7s %-20s / peer's: %s" % (way, method, "".join("  %2d: %7.2f" % x for x in zip(CONNS, of))))
    return [goal("%s, %s, %d connections / peer's" % (m, way, CONNS[-1]), ratio[way, m][-1], least=least, aim=aim)
            for way in WAYS for m, least, aim in GOALS]


def ratios(rows, way, method):
    """Our medians over the peer's, by connections."""
    ours, peer = ([statistics.median(x) for x in zip(*rows[who, method])] for who in (way, "peer"))
    return [a / b for a, b in zip(ours, peer)]


def long_chain(top):
    """The slowest question over a long chain, in ms; the first time, too."""
    folder = tempfile.mkdtemp(prefix="long.", dir=top)
    try:
        subprocess.run([PARTS + "bench_longchain", folder, str(LONG_CHAIN)], check=True, timeout=600)
        out = subprocess.run([PARTS + "bench_logs", folder], text=True, stdout=subprocess.PIPE, check=True, timeout=300)
    finally:
        shutil.rmtree(folder)
    rows = [line.split("\t") for line in out.stdout.splitlines()]
    for name, logs, first, again in rows:
        print("%d blocks, %-34s %3s logs  first %8s ms, median %8s ms" % (LONG_CHAIN, name, logs, first, again),
              flush=True)
    slowest = max(float(row[2]) for row in rows)
    return [goal("eth_getLogs over %d blocks, slowest, ms" % LONG_CHAIN, slowest, most=LONG_MS, aim=1)]


def main(rounds, what):
    tools()
    top = tempfile.mkdtemp(prefix="sekisho-bench.", dir="/tmp")
    os.chmod(top, 0o755)
    e2e_bench.EACH = EACH
    path, alloc = inputs(top, "erc20")
    os.rename(path + "/reads-call.txt", path + "/reads-eth_call.txt")
    for name in ("getBalance", "getLogs"):
        os.rename("%s/reads-%s.txt" % (path, name), "%s/reads-eth_%s.txt" % (path, name))
    with open(path + "/reads-eth_call.txt") as f:
        token = json.loads(f.readline().split(" ", 1)[1])[0]["to"]
    write_reads(path, token)
    ok = []
    if what in ("", "rates"):
        ok += beside_peer(rounds, top, path, alloc)
    if what in ("", "logs"):
        ok += long_chain(top)
    if what in ("", "others"):
        ok += others(rounds, top, path, alloc, token)
    shutil.rmtree(top, ignore_errors=True)
    return 0 if all(ok) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3, sys.argv[2] if len(sys.argv) > 2 else ""))
