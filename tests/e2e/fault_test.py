#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A disk that fails under the real node: nothing acknowledged may be lost.

One state, noded alone on it, tests/support/faultio.c in front of its system
calls. Signed transfers go over node.ipc until a write or sync fails; then the
node must end by itself, acknowledge nothing more, and, started again on a
disk that works, know or have mined all that it had acknowledged.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

from alone import Node, new_state, state_for
from case import CASES, Skip, case, run, same
from crash_test import presign
from stack import BIN, Stack, wait_for

CASES.clear()  # those of stack_test, whose helpers crash_test uses
EXIT_S = 2.0
LOAD_S = 6.0
LARGE, LARGE_MIB = 100000, 60  # accounts; what is read of each takes 1.5 KiB


class Faulty(Node):
    """noded alone, with faultio.so in front of its system calls."""

    def __init__(self, stack, shim):
        super().__init__(stack)
        self.note = "/tmp/sekisho-fault.%d.note" % os.getpid()
        self.shim = shim
        self.account = self.accounts[0]
        self.raws = presign(stack, [self.account], 4000)[0]
        self.acked = []

    def start(self, fault=None):
        if os.path.exists(self.note):
            os.unlink(self.note)
        super().start(fault and dict(fault, LD_PRELOAD=self.shim, FAULTIO_PATH=self.data + "/", FAULTIO_FORKED="0",
                                     FAULTIO_NOTE=self.note))

    def struck(self):
        return os.path.exists(self.note)

    def load(self, seconds, until=lambda: False):
        """Sends one transfer after the other. Every acknowledgement whose
        transaction was sent after the fault is returned: there must be none."""
        late, stop = [], time.monotonic() + seconds
        at = int(self.call("eth_getTransactionCount", self.account["address"], "pending")["result"], 16)
        while time.monotonic() < stop and not until():
            had_struck = self.struck()
            try:
                answer = self.call("eth_sendRawTransaction", self.raws[at])
            except (OSError, ValueError, IndexError):
                return late
            if "error" in answer:
                self.refusal = answer["error"]["message"]
                time.sleep(0.02)
                continue
            self.acked.append(answer["result"])
            if had_struck:
                late.append(answer["result"])
            at += 1
        return late

    def must_have_all(self):
        """After a start on a disk that works: all known, then all mined."""
        self.start()
        if not self.ready():
            raise AssertionError("does not start again: " + self.words())
        lost = [h for h in self.acked if self.call("eth_getTransactionByHash", h).get("result") is None]
        same(lost, [], "acknowledged and lost")
        wait_for("all mined", 20, lambda: not self.acked or self.call(
            "eth_getTransactionReceipt", self.acked[-1]).get("result"))
        unmined = [h for h in self.acked if self.call("eth_getTransactionReceipt", h).get("result") is None]
        same(unmined, [], "acknowledged and not mined")
        same(self.end(), 0, "end on SIGTERM")
        audit = self.s.sekisho("audit").stdout
        assert re.search(r"\b0 findings", audit), audit


def strike(node, calls, nth, error="EIO"):
    """One node with one fault; returns how many it acknowledged before."""
    before = len(node.acked)
    node.start({"FAULTIO_CALLS": calls, "FAULTIO_NTH": str(nth), "FAULTIO_ERRNO": error})
    what = "%s %d %s" % (calls, nth, error)
    try:
        late = []
        if node.ready():
            late = node.load(LOAD_S)
        if not node.struck():
            raise AssertionError("%s: the fault did not come in %.0f s of load" % (what, LOAD_S))
        node.proc.wait(max(0.1, os.stat(node.note).st_mtime + EXIT_S - time.time()))
    except subprocess.TimeoutExpired as e:
        raise AssertionError("%s: still running %.1f s after the fault\n%s" % (what, EXIT_S, node.words())) from e
    finally:
        if node.proc.poll() is None:
            node.proc.kill()
            node.proc.wait()
    same(late, [], what + ": acknowledged after the fault")
    assert node.proc.returncode not in (0, -signal.SIGSYS, -signal.SIGSEGV), node.proc.returncode
    assert re.search(r"error|stops the node", node.words(), re.I), "no message: " + node.words()
    got = len(node.acked) - before
    print("   %s: %d acknowledged before, status %d" % (what, got, node.proc.returncode), flush=True)
    node.must_have_all()
    return got


@case
def failed_syncs_end_the_node_and_lose_nothing(node):
    assert sum(strike(node, "sync", n) for n in (3, 9, 40)) > 0


@case
def failed_writes_end_the_node_and_lose_nothing(node):
    assert sum(strike(node, "write", n, e) for n, e in ((4, "EIO"), (11, "ENOSPC"), (50, "EIO"))) > 0


def large_genesis(s):
    """Gives the genesis many accounts; returns their addresses."""
    many = ["0x%040x" % (0x1000000 + i * 7919) for i in range(LARGE)]
    path = s.home + "/conf/genesis.json"
    with open(path) as f:
        genesis = json.load(f)
    genesis["alloc"].update({a: {"balance": hex(1 + i)} for i, a in enumerate(many)})
    with open(path, "w") as f:
        json.dump(genesis, f)
    return many


def own_mib(node):
    """Resident memory of the node that is not of files."""
    with open("/proc/%d/status" % node.proc.pid) as f:
        return int(re.search(r"RssAnon:\s+(\d+)", f.read()).group(1)) / 1024


@case
def a_large_genesis_is_durable_and_not_in_memory(_):
    with new_state() as s:
        many = large_genesis(s)
        some = range(0, LARGE, 997)
        node = Node(s)

        def started():
            node.start()
            assert node.ready(), node.words()
            same(node.batch("eth_getBalance", [[many[i], "latest"] for i in some]), [hex(1 + i) for i in some],
                 "balances")
            return node.call("eth_getBlockByNumber", "0x0", False)["result"]
        try:
            first = started()
            own = own_mib(node)
            node.kill()
            same(started(), first, "the first block")
        finally:
            node.kill()
        assert own < LARGE_MIB, "%.0f MiB stay of %d accounts" % (own, LARGE)


def mount(path, size):
    os.makedirs(path)
    if os.getuid() != 0:
        raise Skip("only root can mount a small disk")
    r = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%s,mode=0755" % size, "tmpfs", path], capture_output=True,
                       text=True)
    if r.returncode != 0:
        raise Skip("no small disk: " + r.stderr.strip())


@case
def up_on_a_full_disk_says_so_and_makes_nothing(node):
    disk = os.path.dirname(node.s.home) + "/full"
    mount(disk, "16m")
    try:
        s = Stack(home=disk + "/home")
        r = subprocess.run([BIN + "/sekisho", "up"], env=s.env, capture_output=True, text=True, timeout=30)
        assert r.returncode != 0, r.stdout
        assert re.search(r"\d+ MiB free on this disk, a new state needs \d+ MiB", r.stdout + r.stderr), r
        same(os.listdir(disk), [], "left behind")
    finally:
        subprocess.run(["umount", disk], check=True)


@case
def full_disk_loses_nothing(node):
    disk = os.path.dirname(node.s.home) + "/small"
    mount(disk, "48m")
    old = node.data + ".old"
    try:
        st = os.stat(node.data)
        # The chain moves to the small disk: same path for the node.
        shutil.copytree(node.data, old)
        subprocess.run(["mount", "--bind", disk, node.data], check=True)
        subprocess.run(["cp", "-a", "--sparse=always", old + "/.", node.data], check=True)
        subprocess.run(["chown", "-R", "%d:%d" % (st.st_uid, st.st_gid), node.data], check=True)
        os.chmod(node.data, 0o700)
        node.start()
        assert node.ready(), node.words()
        node.load(0.5)
        ballast = node.data + "/ballast"
        with open(ballast, "wb", buffering=0) as f:
            try:
                while f.write(b"\0" * 4096):
                    pass
            except OSError:
                pass
        node.refusal = None
        before = len(node.acked)
        late = time.monotonic() + 4
        node.load(4)
        if time.monotonic() < late:  # it hung up
            node.proc.wait(EXIT_S)
        ended = node.proc.poll()
        print("   full: %d acknowledged, %s" % (
            len(node.acked) - before, "ended with %d" % ended if ended is not None else node.refusal), flush=True)
        assert ended is not None or node.refusal, "a full disk was not noticed"
        assert ended is None or (ended > 0 and "No space" in node.words()), (ended, node.words())
        os.unlink(ballast)
        node.end()
        node.must_have_all()
    finally:
        if node.proc.poll() is None:
            node.proc.kill()
            node.proc.wait()
        for path in (node.data, disk):
            subprocess.run(["umount", path], capture_output=True, check=False)


def main():
    with state_for("SEKISHO_FAULTIO") as (s, shim):
        node = Faulty(s, shim)
        try:
            return run(node)
        finally:
            if node.struck():
                os.unlink(node.note)


if __name__ == "__main__":
    sys.exit(main())
