#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 under load, again and again: nothing acknowledged may be lost.

usage: crash_test.py [CYCLES [SEED]]

Each cycle sends signed transfers over the loopback port and kills one part at
a random moment: mostly noded, in turn a gateway worker, the gateway's parent,
jobsd, postgres. After the restart every acknowledged transaction must be
known, the head must not have gone back, and the sum of all balances must be
what genesis gave. A cycle that got fewer than ACKED_MIN acknowledgements
proves nothing and fails. Every AUDIT cycles all acknowledged ones must be
mined, jobsd's rows must be the chain's blocks, and the stack is stopped and
its chain recomputed from genesis.
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
from stack import ROOT, Stack, wait_for

RECIPIENTS = 64
AUDIT = 20
ACKED_MIN = 10
DELAY_MAX_S = 1.2
# An account's transfers in a cycle and the pause between two: more than DELAY_MAX_S can use, so that none is idle at
# the kill.
PER_CYCLE, PACE_S = 120, 0.012
INDEX_S = 20
TARGETS = ["noded", "noded", "noded", "gateway worker", "noded", "gateway", "noded", "jobsd", "noded", "postgres"]


class Load:
    """One account's transfers, sent one after the other until told to stop."""

    def __init__(self, stack, account, raws):
        self.s, self.account, self.raws = stack, account, raws
        self.next, self.end = 0, PER_CYCLE
        self.acked = []
        self.fault = None

    def resume(self):
        self.next = int(self.s.rpc("eth_getTransactionCount", self.account["address"], "pending"), 16)
        self.end = self.next + PER_CYCLE

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
        while not stop.wait(PACE_S) and self.next < self.end:
            doc = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [self.raws[self.next]]}
            try:
                r = self.s.http("POST", "/", doc, timeout=5)
            except (OSError, http.client.HTTPException):  # the killed part; half an answer is no answer
                return
            if r.status == 503:
                return
            if r.status != 200:
                raise AssertionError("status %d: %s" % (r.status, r.body[:400]))
            if "result" in r.json:
                self.acked.append(r.json["result"])
            elif "already known" not in r.json["error"]["message"] and "nonce too low" not in r.json["error"]["message"]:
                raise AssertionError(r.body)
            self.next += 1


def presign(stack, accounts, count):
    env = dict(os.environ, NPM=NPM, KEYS=json.dumps([a["privateKey"] for a in accounts]), COUNT=str(count),
               RECIPIENTS=str(RECIPIENTS))
    r = subprocess.run([NODE, ROOT + "/tests/e2e/sign.mjs"], env=env, text=True, capture_output=True, timeout=600)
    if r.returncode != 0:
        raise AssertionError(r.stderr)
    return [json.loads(line) for line in r.stdout.splitlines()]


def victim(s, what):
    if what != "gateway worker":
        return s.pid(what)
    with open("/proc/%d/task/%d/children" % (s.pid("gateway"), s.pid("gateway"))) as f:
        children = f.read().split()
    return int(random.choice(children))


def total(s, addresses):
    docs = [{"jsonrpc": "2.0", "id": i, "method": "eth_getBalance", "params": [a, "latest"]}
            for i, a in enumerate(addresses)]
    out = 0
    for at in range(0, len(docs), 100):
        r = s.http("POST", "/", docs[at:at + 100])
        if r.status != 200:
            raise AssertionError(r.status)
        out += sum(int(x["result"], 16) for x in r.json)
    return out


def known(s, hashes):
    missing = []
    for at in range(0, len(hashes), 100):
        part = hashes[at:at + 100]
        r = s.http("POST", "/", [{"jsonrpc": "2.0", "id": i, "method": "eth_getTransactionByHash", "params": [h]}
                                 for i, h in enumerate(part)])
        if r.status != 200:
            raise AssertionError(r.status)
        missing += [part[x["id"]] for x in r.json if x.get("result") is None]
    return missing


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
    chain = []
    for at in range(0, head + 1, 100):
        docs = [{"jsonrpc": "2.0", "id": n, "method": "eth_getBlockByNumber", "params": [hex(n), False]}
                for n in range(at, min(at + 100, head + 1))]
        r = s.http("POST", "/", docs)
        if r.status != 200:
            raise AssertionError(r.status)
        chain += sorted((x["id"], x["result"]["hash"]) for x in r.json)
    if stored != chain:
        wrong = sorted(set(stored) ^ set(chain))
        raise AssertionError("jobsd has %d rows for %d blocks: %s" % (len(stored), len(chain), wrong[:5]))
    return head


def cycle(s, loads, what, rng):
    stop = threading.Event()
    before = s.rpc("eth_getBlockByNumber", "latest", False)
    fresh = [len(load.acked) for load in loads]
    threads = [threading.Thread(target=load.run, args=(stop,)) for load in loads]
    for t in threads:
        t.start()
    time.sleep(rng.uniform(0.05, DELAY_MAX_S))
    wait_for("%d acknowledged before the kill of %s" % (ACKED_MIN, what), 10,
             lambda: sum(len(load.acked) - n for load, n in zip(loads, fresh)) >= ACKED_MIN)
    if not any(t.is_alive() for t in threads):
        raise AssertionError("no load left at the kill of %s: %s" % (what, [load.fault for load in loads]))
    at = len(s.lines)
    os.kill(victim(s, what), signal.SIGKILL)
    t0 = time.monotonic()
    if what == "gateway worker":
        time.sleep(0.3)
    else:
        s.wait_line(r"%s\s+ready again" % what, 60, at)
    took = time.monotonic() - t0
    stop.set()
    for load, t in zip(loads, threads):
        load.join(t)
    wait_for("answers after the kill of " + what, 30, lambda: s.height() >= 0)
    new = [h for load, n in zip(loads, fresh) for h in load.acked[n:]]
    missing = wait_for("look-up", 10, lambda: [known(s, new)])[0]
    if missing:
        raise AssertionError("lost after kill of %s: %s" % (what, missing))
    again = s.rpc("eth_getBlockByNumber", before["number"], False)
    if again is None or again["hash"] != before["hash"]:
        raise AssertionError("block %s changed after kill of %s" % (before["number"], what))
    for load in loads:
        wait_for("nonce", 10, lambda load=load: [load.resume()])
    return len(new), took


def main(cycles, seed):
    rng = random.Random(seed)
    random.seed(seed)
    print("crash: %d cycles, seed %d" % (cycles, seed), flush=True)
    with Stack(keep=bool(os.environ.get("KEEP"))) as s:
        accounts = s.credentials["accounts"][:8]
        raws = presign(s, accounts, cycles * PER_CYCLE)
        loads = [Load(s, a, r) for a, r in zip(accounts, raws)]
        sealer = json.loads(s.sekisho("rpc", "clique_getSigners").stdout)
        addresses = ([a["address"] for a in s.credentials["accounts"]] + sealer +
                     ["0x%040x" % (0xabc000 + i) for i in range(RECIPIENTS)])
        supply = total(s, addresses)
        acked, slowest = 0, 0.0
        for i in range(cycles):
            what = TARGETS[i % len(TARGETS)]
            n, took = cycle(s, loads, what, rng)
            acked += n
            slowest = max(slowest, took)
            if total(s, addresses) != supply:
                raise AssertionError("sum of balances changed in cycle %d (%s)" % (i, what))
            if (i + 1) % AUDIT == 0 or i + 1 == cycles:
                everything = [h for load in loads for h in load.acked]
                wait_for("all mined", 60, lambda: all(
                    s.rpc("eth_getTransactionReceipt", load.acked[-1]) for load in loads if load.acked))
                missing = [h for h in everything if s.rpc("eth_getTransactionReceipt", h) is None]
                if missing:
                    raise AssertionError("acknowledged, never mined: %s" % missing[:5])
                indexed = index_is_the_chain(s)
                s.stop()
                out = s.sekisho("audit").stdout
                print("cycle %d: %d acknowledged so far, slowest restart %.2f s, %d blocks indexed; %s"
                      % (i + 1, acked, slowest, indexed + 1, out.strip().splitlines()[-1]), flush=True)
                if i + 1 < cycles:
                    s.start()
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
