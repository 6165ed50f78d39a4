#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Power cuts under load, again and again: nothing acknowledged may be lost.

usage: powercut_test.py [CUTS [SEED]]

noded alone runs on cutio.so, which writes down what it does to its files.
Each cycle sends signed transfers over node.ipc, kills the node, chooses a
moment of that life, late or early, and lays out one of the folders that a
disk whose power was cut at that moment may hold (powercut.py). The next life
begins on it: every transaction acknowledged and every block seen before the
moment must be there, and no height may be signed twice. One cycle in three is
cut while the node is starting, and so are FIRST starts of all on an empty
folder. One in four is no cut but a kill: the next life begins on what memory
holds, synced or not, and a later cut may take it. At the end, and every AUDIT cycles, all acknowledged transactions must
be mined and `sekisho audit` must find nothing; then another chain begins.

The last case takes the syncs of the pool's log away: it passes when the loss
is seen. With KEEP=1 the folder of the last cut stays, as it was laid out.
"""
import json
import os
import random
import re
import subprocess
import sys
import threading
import time

from alone import Line, Node, state_for
from case import CASES, case, run
from clients import NODE, NPM
from crash_test import presign
from powercut import Disk, Trace, lay_out
from stack import wait_for

CASES.clear()  # those of stack_test, whose helpers crash_test uses
CUTS = int(sys.argv[1]) if len(sys.argv) > 1 else 40
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 30)
sys.argv[1:] = []
ACCOUNTS, COUNT, AUDIT, FIRST = 4, 4000, 100, 10
PACE_S, EARLY_S, HANG_S = 0.004, 0.25, 30
TRACE_BYTES = 256 << 20
MARK_HEAD, MARK_RECORD, MARK_SLOT = 20, 69, 32768
KIND_SEAL = 0


class Lost(AssertionError):
    """What was promised is not there."""


class Promises:
    """What the node has said in one life: (moment, thing) lists."""

    def __init__(self, trace):
        self.trace, self.lock = trace, threading.Lock()
        self.acked, self.seen, self.signed = [], [], []

    def ack(self, h):
        with self.lock:
            self.acked.append((self.trace.position(), h))

    def see(self, block):
        with self.lock:
            self.seen.append((self.trace.position(), (int(block["number"], 16), block["hash"])))


def signatures(mark):
    """{(signer, height): digest} of the seals in a watermark file's content."""
    out = {}
    for at in range(0, len(mark), MARK_SLOT):
        slot = mark[at:at + MARK_SLOT]
        if slot[:8] != b"SKMARK01":
            continue
        for i in range(int.from_bytes(slot[16:20], "big")):
            r = slot[MARK_HEAD + i * MARK_RECORD:][:MARK_RECORD]
            if r[20] == KIND_SEAL:
                out[(r[:20], int.from_bytes(r[21:29], "big"))] = r[37:69]
    return out


def read(path):
    with open(path, "rb") as f:
        return f.read()


class Cutter:
    """The lives of one node, and all that is promised over them."""

    def __init__(self, stack, shim, node, raws, rng):
        self.s, self.shim, self.node, self.raws, self.rng = stack, shim, node, raws, rng
        st = os.stat(node.data)
        self.owner = (st.st_uid, st.st_gid)
        self.where = os.path.dirname(stack.home) + "/trace"
        self.acked, self.blocks, self.signed = [], {}, {}
        self.cycles = self.cuts = self.early = self.torn = self.kills = 0
        self.disk, self.now = None, 0  # after a kill without a cut: what memory holds, and since when

    # A life ------------------------------------------------------------

    def begin(self, lie=None):
        base = 0
        if self.disk is None:
            self.disk = Disk(self.node.data)
        else:
            base = self.now
        self.trace = Trace(self.where, TRACE_BYTES, base)
        env = {"LD_PRELOAD": self.shim, "CUTIO_PATH": self.node.data + "/", "CUTIO_TRACE": self.where}
        if lie:
            env["CUTIO_LIE"] = lie
        self.said = Promises(self.trace)
        self.node.start(env)

    def send(self, account, raws, stop):
        line = Line(self.node)
        at = int(line.call("eth_getTransactionCount", account["address"], "pending")["result"], 16)
        while not stop.wait(PACE_S):
            answer = line.call("eth_sendRawTransaction", raws[at])
            if "result" not in answer:
                raise AssertionError(answer)
            self.said.ack(answer["result"])
            at += 1

    def watch(self, stop):
        line = Line(self.node)
        while not stop.wait(PACE_S):
            self.said.see(line.call("eth_getBlockByNumber", "latest", False)["result"])

    def guarded(self, faults, fn, *args):
        try:
            fn(*args)
        except (OSError, ValueError):  # the node was killed
            pass
        except Exception as e:
            faults.append(e)

    def load(self, seconds):
        """Load for a while, until something is acknowledged, and through the
        kill."""
        stop, faults = threading.Event(), []
        todo = [(self.send, a, r, stop) for a, r in zip(self.node.accounts, self.raws)] + [(self.watch, stop)]
        threads = [threading.Thread(target=self.guarded, args=(faults, *x)) for x in todo]
        for t in threads:
            t.start()
        time.sleep(seconds)
        wait_for("something acknowledged", HANG_S,
                 lambda: self.said.acked or faults or self.node.proc.poll() is not None, pause=0.005)
        ended = self.node.proc.poll()
        self.node.kill()
        stop.set()
        for t in threads:
            t.join()
        if faults or ended is not None:
            raise AssertionError("%s: %s" % (faults or "ended", self.node.words()[-3000:]))

    # The cut -----------------------------------------------------------

    def moment(self, records):
        """The end, or any moment: what is done to a file rarely comes as often as what is done all the time."""
        if self.rng.random() < 0.4 or not records:
            return self.trace.position()
        groups = {}
        for r in records:
            groups.setdefault(r[1:3], []).append(r[0])
        return self.rng.choice(groups[self.rng.choice(sorted(groups))])

    def cut(self):
        """Replays the life up to a moment and lays out what may be left."""
        records = list(self.trace.records())
        until = self.moment(records)
        self.replay(records, until)
        self.trace.close()
        state = self.disk.cut(self.rng)
        self.disk = None
        lay_out(self.node.data, state, *self.owner)
        if os.environ.get("KEEP"):
            kept = os.path.dirname(self.s.home) + "/cut"
            os.makedirs(kept, exist_ok=True)
            lay_out(kept, state, *self.owner)
        self.cuts += 1

    def go_on(self):
        """No cut: the next life finds what was written, synced or not."""
        self.now = self.trace.position() + 1
        self.replay(self.trace.records(), self.now)
        self.trace.close()
        self.disk.adopt(self.now)
        self.kills += 1

    def replay(self, records, until):
        """Records and promises up to a moment."""
        for r in records:
            if r[0] > until:
                break
            f = self.disk.take(r)
            if f is not None and f is self.disk.find("watermark"):
                self.note_signed(f)
        for when, h in self.said.acked:
            if when <= until:
                self.acked.append(h)
        for when, (number, h) in self.said.seen:
            if when <= until and self.blocks.setdefault(number, h) != h:
                raise Lost("block %d was %s, is %s" % (number, self.blocks[number], h))

    def note_signed(self, mark):
        for key, digest in signatures(mark.whole()).items():
            if self.signed.setdefault(key, digest) != digest:
                raise Lost("height %d was signed twice" % key[1])

    def check(self):
        """On a node that has just started on what a cut left."""
        found = self.node.batch("eth_getTransactionByHash", [[h] for h in self.acked])
        lost = [h for h, x in zip(self.acked, found) if x is None]
        if lost:
            raise Lost("%d of %d acknowledged lost, first %s" % (len(lost), len(self.acked), lost[0]))
        # What is mined needs no further look: its block is below one that is seen.
        self.acked = [h for h, x in zip(self.acked, found) if x["blockNumber"] is None or self.rng.random() < 0.1]
        if self.blocks:
            top = max(self.blocks)
            block = self.node.call("eth_getBlockByNumber", hex(top), False)["result"]
            if block is None or block["hash"] != self.blocks[top]:
                raise Lost("block %d was seen as %s, is %s" % (top, self.blocks[top], block))
            self.blocks = {top: self.blocks[top]}

    def ready(self):
        if not self.node.ready():
            raise AssertionError("does not start again: " + self.node.words()[-3000:])
        self.torn += "torn end" in self.node.words()

    def stop_early(self, seconds):
        time.sleep(self.rng.uniform(0, seconds))
        if self.node.proc.poll() is not None:
            raise AssertionError("does not start again: " + self.node.words()[-3000:])
        self.node.kill()

    def cycle(self, lie=None):
        self.begin(lie)
        self.cycles += 1
        if self.cycles % 3 == 0:
            self.stop_early(EARLY_S)
            self.early += 1
        else:
            self.ready()
            self.check()
            self.load(self.rng.uniform(0.02, 0.5))
        if self.rng.random() < 1 / 4:
            self.go_on()
        else:
            self.cut()

    def audit(self):
        """All mined, and the chain recomputed from genesis."""
        self.disk = None
        self.node.start()
        self.ready()
        self.check()
        wait_for("all mined", 30, lambda: not self.acked or None not in self.node.batch(
            "eth_getTransactionReceipt", [[h] for h in self.acked]))
        self.acked = []
        if self.node.end() != 0:
            raise AssertionError("status %d: %s" % (self.node.proc.returncode, self.node.words()[-3000:]))
        out = self.s.sekisho("audit").stdout
        if not re.search(r"\b0 findings", out):
            raise Lost(out)
        return out.strip().splitlines()[-1]

    def forget(self):
        """Another chain begins."""
        self.disk = None
        lay_out(self.node.data, {}, *self.owner)
        self.acked, self.blocks, self.signed = [], {}, {}

    def close(self):
        if self.node.proc is not None and self.node.proc.poll() is None:
            self.node.kill()


@case
def the_shim_sees_every_write(cutter):
    cutter.begin()
    cutter.ready()
    stop = threading.Event()
    threads = [threading.Thread(target=cutter.send, args=(a, r, stop))
               for a, r in zip(cutter.node.accounts, cutter.raws)]
    for t in threads:
        t.start()
    mark = cutter.node.data + "/watermark"
    wait_for("acknowledgements, and seals", HANG_S, lambda: len(cutter.said.acked) > 400 and signatures(read(mark)))
    stop.set()
    for t in threads:
        t.join()
    assert cutter.node.end() == 0, cutter.node.words()
    disk = cutter.disk
    for r in cutter.trace.records():
        disk.take(r)
    wrong = disk.differences()
    cutter.trace.close()
    cutter.forget()
    assert not wrong, wrong
    assert signatures(disk.find("watermark").whole()), "no seal in the watermark"


@case
def power_cuts_lose_nothing(cutter):
    print("   seed %d" % SEED, flush=True)
    total, t0, first = 0, time.monotonic(), cutter.cuts
    for i in range(1, CUTS + 1):
        while cutter.cuts - first < i:
            cutter.cycle()
            total += len(cutter.said.acked)
        if i % AUDIT == 0 or i == CUTS:
            print("   %d cuts: %s" % (i, cutter.audit()), flush=True)
            cutter.forget()
    print("   %.0f s, %d while starting, %d kills without a cut, %d torn ends found, %d acknowledged" % (
        time.monotonic() - t0, cutter.early, cutter.kills, cutter.torn, total), flush=True)
    assert cutter.cuts - first == CUTS and total > CUTS / 2 and cutter.early > CUTS / 6, (cutter.cuts, total)


@case
def a_first_start_can_be_cut_anywhere(cutter):
    for _ in range(FIRST):
        cutter.forget()
        cutter.begin()
        cutter.stop_early(EARLY_S)
        if cutter.rng.random() < 1 / 4:
            cutter.go_on()
        else:
            cutter.cut()
        cutter.cycle()


@case
def a_disk_that_lies_is_noticed(cutter):
    """The test's own test: a pool log that is not synced must lose what was acknowledged."""
    for i in range(100):
        try:
            cutter.cycle(lie="/pool/")
        except Lost as e:
            print("   noticed after %d cuts: %s" % (i, e), flush=True)
            return
        except AssertionError as e:  # no pool to start with, which is noticing as well, but not what is wanted here
            assert "pool log: segment" in str(e), e
            cutter.forget()
    raise AssertionError("a lying disk was not noticed in 100 cuts")


LIGHT = """
const fs = require("fs"), { ethers } = require("ethers");
const pass = fs.readFileSync(process.env.PASS, "utf8").trim();
ethers.Wallet.fromEncryptedJson(fs.readFileSync(process.env.FILE, "utf8"), pass)
	.then((w) => ethers.encryptKeystoreJson(w, pass, { scrypt: { N: 2, r: 8, p: 1 } }))
	.then((text) => fs.writeFileSync(process.env.FILE, text));
"""


def hurry(home):
    """A node that seals as soon as there is work, and at once after its
    start: the sealer's key file gets the smallest scrypt cost there is."""
    path = home + "/conf/genesis.json"
    with open(path) as f:
        genesis = json.load(f)
    genesis["config"]["clique"]["period"] = 0
    with open(path, "w") as f:
        json.dump(genesis, f)
    keys = home + "/node/keystore/"
    r = subprocess.run([NODE, "-e", LIGHT], text=True, capture_output=True, timeout=60, cwd=NPM,
                       env=dict(os.environ, PASS=home + "/node/sealer.pass", FILE=keys + os.listdir(keys)[0]))
    if r.returncode != 0:
        raise AssertionError(r.stderr)


def main():
    with state_for("SEKISHO_CUTIO") as (s, shim):
        hurry(s.home)
        node = Node(s)
        raws = presign(s, node.accounts[:ACCOUNTS], COUNT)
        cutter = Cutter(s, shim, node, raws, random.Random(SEED))
        try:
            return run(cutter)
        finally:
            cutter.close()


if __name__ == "__main__":
    sys.exit(main())
