#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Subscriptions on a node's socket: a node alone, ethers over its IPC socket,
connections that do not read, thousands that only wait.

usage: subs_test.py [PATTERN]    SEKISHO_BIN names the folder of the programs
"""
import json
import os
import re
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from case import case, run, same  # noqa: E402
from clients import NODE, NPM, sign  # noqa: E402
from stack import BIN, ROOT, Stack, wait_for  # noqa: E402

# Creation code that logs a word with the topic 7 and leaves no code behind.
LOGGER = "0x6007" "6020" "6000" "a1" "00"  # PUSH 7, PUSH 32, PUSH 0, LOG1, STOP


class Lone(Stack):
    """noded alone on a development chain that seals for transactions only."""

    def start(self, wait=True):
        os.makedirs(os.path.dirname(self.home), exist_ok=True)
        os.chmod(os.path.dirname(self.home), 0o755)
        self.sekisho("init", "--dev")
        path = self.home + "/conf/node.conf"
        with open(path) as f:
            text = f.read()
        assert "heartbeat = 10s" in text, text
        with open(path, "w") as f:
            f.write(text.replace("heartbeat = 10s", "heartbeat = 0s\nsettle = 24h\nsubs_unread = 8M\nsubs_ipc = 5000"))
        with open(self.home + "/secrets/dev-credentials.json") as f:
            self.credentials = json.load(f)
        self.log_path = os.path.dirname(self.home) + "/noded.log"
        self.node = subprocess.Popen([BIN + "/noded", "-c", path], stdout=open(self.log_path, "a"), stderr=subprocess.STDOUT)
        wait_for("the node answers", 20, lambda: self.ask("eth_blockNumber"))

    def stop(self, *args, **how):
        self.node.terminate()
        same(self.node.wait(60), 0, "noded's end")

    def ask(self, method, *params):
        doc = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        return self.ipc(json.dumps(doc))[0]["result"]

    def head(self):
        return int(self.ask("eth_blockNumber"), 16)

    def log(self):
        with open(self.log_path) as f:
            return f.read()

    def send(self, **tx):
        """One transaction, and the block it comes into."""
        a, at = self.credentials["accounts"][1], self.head()
        tx.setdefault("nonce", int(self.ask("eth_getTransactionCount", a["address"], "pending"), 16))
        h = self.ask("eth_sendRawTransaction", sign(self, a, **tx))
        wait_for("a block", 20, lambda: self.head() > at)
        return h


class Listener:
    """A connection that subscribes, and reads when told to."""

    def __init__(self, s):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(s.home + "/run/node.ipc")
        self.buf, self.notes = b"", []

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.sock.close()

    def line(self):
        while b"\n" not in self.buf:
            more = self.sock.recv(1 << 16)
            if not more:
                return None
            self.buf += more
        text, self.buf = self.buf.split(b"\n", 1)
        return json.loads(text)

    def ask(self, *docs):
        """Answers in order; notifications that come between are kept."""
        self.sock.sendall("".join(json.dumps(dict({"jsonrpc": "2.0", "id": i}, **d)) for i, d in enumerate(docs)).encode())
        out = {}
        while len(out) < len(docs):
            doc = self.line()
            if "method" in doc:
                self.notes.append(doc["params"])
            else:
                out[doc["id"]] = doc
        return [out[i] for i in range(len(docs))]

    def subscribe(self, *params, times=1):
        """Ids; a thousand calls at a time, so that neither side waits for the other."""
        ids = []
        while times > 0:
            n = min(times, 100)
            ids += [a["result"] for a in self.ask(*[{"method": "eth_subscribe", "params": list(params)}] * n)]
            times -= n
        return ids

    def note(self):
        return self.notes.pop(0) if self.notes else self.line()["params"]


def used(s):
    """Milliseconds of CPU and KiB of memory of the node."""
    with open("/proc/%d/stat" % s.node.pid) as f:
        v = f.read().rsplit(")", 1)[1].split()
    with open("/proc/%d/status" % s.node.pid) as f:
        kib = int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))
    return (int(v[11]) + int(v[12])) * 1000 // os.sysconf("SC_CLK_TCK"), kib


@case
def ethers_hears_over_ipc(s):
    """Heads, logs by filter, pending hashes, and silence after unsubscribing, by ethers' IpcSocketProvider."""
    env = dict(os.environ, IPC=s.home + "/run/node.ipc", KEY=s.credentials["accounts"][0]["privateKey"], NPM=NPM)
    r = subprocess.run([NODE, os.path.join(ROOT, "tests/e2e/subs.mjs")], env=env, text=True, capture_output=True, timeout=120)
    same(r.returncode, 0, r.stdout[-2000:] + r.stderr[-2000:])


@case
def what_is_told_is_what_is_asked_for(s):
    """Each notification against the call that reads the same, the moment it comes."""
    with Listener(s) as c:
        kinds = {c.subscribe(*p)[0]: p[0] + ("!" if p[1:] == (True,) else "") for p in (
            ("newHeads",), ("logs", {"topics": ["0x" + "%064x" % 7]}), ("logs", {"topics": ["0x" + "%064x" % 8]}),
            ("newPendingTransactions",), ("newPendingTransactions", True), ("syncing",))}
        h = s.send(data=LOGGER, gasLimit=100000)
        notes = [c.note() for _ in range(4)]
        said = {kinds[n["subscription"]]: n["result"] for n in notes}
        same([kinds[n["subscription"]] for n in notes], ["newPendingTransactions", "newPendingTransactions!", "newHeads", "logs"])
        same(said["newPendingTransactions"], h)
        full = said["newPendingTransactions!"]
        same((full["hash"], full["blockHash"], full["input"]), (h, None, LOGGER))
        block = s.ask("eth_getBlockByHash", said["newHeads"]["hash"], False)
        for k, v in said["newHeads"].items():
            same(v, block[k], k)
        same("transactions" in said["newHeads"], False)
        same(said["logs"], s.ask("eth_getTransactionReceipt", h)["logs"][0])
        same(said["logs"]["removed"], False)


@case
def bounds_are_told(s):
    with Listener(s) as c:
        ids = c.subscribe("newHeads", times=5000)
        same(len(set(ids)), 5000)
        a = c.ask({"method": "eth_subscribe", "params": ["newHeads"]}, {"method": "eth_unsubscribe", "params": [ids[7]]},
                  {"method": "eth_subscribe", "params": ["logs", {}]})
        same(a[0]["error"]["code"], -32005)
        same(a[1]["result"], True)
        same("result" in a[2], True, a[2])


@case
def who_does_not_read_is_dropped_alone(s):
    with Listener(s) as lazy, Listener(s) as c:
        lazy.subscribe("newHeads", times=4000)
        mine = c.subscribe("newHeads")[0]
        before, at = s.log().count("it does not read"), s.head()
        for i in range(4):  # 6 MB each, and 8 MB may wait
            s.send(to=s.credentials["accounts"][0]["address"])
            n = c.note()
            same((n["subscription"], int(n["result"]["number"], 16)), (mine, at + 1 + i))
        same(s.log().count("it does not read"), before + 1)
        heard = 0
        try:
            while lazy.line():
                heard += 1
        except ConnectionError:
            pass
        same(heard < 4 * 4000, True, heard)


@case
def five_thousand_idle_cost_little(s):
    """Fifty connections of a hundred; what they cost in memory, asleep, and for a block that no filter wants."""
    cpu, kib = used(s)
    nobody = {"address": "0x" + "00" * 19 + "77", "topics": [["0x" + "%064x" % i for i in range(4)]]}
    listeners = [Listener(s) for _ in range(50)]
    try:
        for c in listeners:
            c.subscribe("logs", nobody, times=100)
        _, with_subs = used(s)
        asleep, _ = used(s)
        time.sleep(2)
        awake, _ = used(s)
        t0 = used(s)[0]
        for _ in range(3):
            s.send(data=LOGGER, gasLimit=100000)
        blocks = used(s)[0] - t0
        with Listener(s) as c:
            c.subscribe("newHeads")
            s.send(data=LOGGER, gasLimit=100000)
            c.note()
        for c in listeners:
            same(c.notes, [])
            c.sock.settimeout(0.001)
            try:
                same(c.sock.recv(1), "nothing")
            except (TimeoutError, BlockingIOError):
                pass
        print("5000 idle subscriptions: %d KiB more, %d ms of CPU in 2 s asleep, %d ms for 3 blocks and what was asked"
              % (with_subs - kib, awake - asleep, blocks), flush=True)
        same(with_subs - kib < 16 * 1024, True, "KiB %d" % (with_subs - kib))
        same(awake - asleep < 500, True, "ms of CPU asleep %d" % (awake - asleep))
    finally:
        for c in listeners:
            c.sock.close()
    with Listener(s) as c:  # all is given back
        same(len(c.subscribe("newHeads", times=5000)), 5000)


def main():
    with Lone() as s:
        return run(s)


if __name__ == "__main__":
    sys.exit(main())
