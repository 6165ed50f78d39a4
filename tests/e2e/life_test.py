#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The gateway's processes and its clients: an end that waits for what is
here, killed workers, reloads and new certificates, all of it under load; a
thousand clients that only hold their connections.

usage: life_test.py [PATTERN]      SEKISHO_BIN names the folder of the program
"""
import glob
import json
import multiprocessing
import os
import re
import resource
import signal
import socket
import ssl
import sys
import threading
import time

import framing
from battery import CHAIN, E, H, post
from framing import Gateway, LONG, Reader, Reply, Talk, ok, same, wait_for

BACK_S = 1.0  # reliability 4: a killed worker is back in less
HOARDERS, ONE_ADDRESS = 1000, 300
P99_S, MORE_MIB = 1.0, 64  # reliability 6


class Load:
    """Clients that ask in a row, each on a thread; every answer is to be a
    200, whole, and with our id."""

    def __init__(self):
        self.stop, self.threads, self.lock = threading.Event(), [], threading.Lock()
        self.answers, self.faults, self.slowest = 0, [], 0.0

    def run(self, fn):
        self.threads.append(threading.Thread(target=self.loop, args=(fn,), daemon=True))
        self.threads[-1].start()

    def loop(self, fn):
        n = 0
        while not self.stop.is_set():
            n, begin, fault = n + 1, time.time(), None
            try:
                fn("load-%d-%d" % (threading.get_ident(), n))
            except Exception as e:  # whatever it is, it counts
                fault = "%s, number %d: %r" % (fn.__qualname__, n, e)
            with self.lock:
                self.answers += 1
                self.slowest = max(self.slowest, time.time() - begin)
                if fault:
                    self.faults.append(fault)
            if fault:
                return

    def end(self):
        self.stop.set()
        for t in self.threads:
            t.join(LONG)
        return self.faults


def ask(s, rd, ident, data=H):
    """One request on an open connection."""
    s.sendall(data + b"X-Request-Id: " + ident.encode() + E + E)
    r = Reply.read(rd)
    if r.status != 200 or r.header("x-request-id") != ident:
        raise AssertionError("%s, %s instead of %s" % (r.line, r.header("x-request-id"), ident))
    return r


def keeper(g, tls):
    """For Load.run: asks on one connection."""
    s = g.dial(tls)
    rd = Reader(s)
    return lambda ident: ask(s, rd, ident)


def newcomer(g, ctx):
    """For Load.run: a TLS connection for each request."""
    def once(ident):
        with g.dial(True, ctx=ctx) as s:
            ask(s, Reader(s), ident)
    return once


def owners(g):
    """{port of a client: process that has its connection}."""
    by_inode = {}
    for w in g.workers():
        for fd in glob.glob("/proc/%d/fd/*" % w):
            try:
                m = re.match(r"socket:\[(\d+)\]", os.readlink(fd))
            except OSError:
                continue
            if m:
                by_inode[m[1]] = w
    with open("/proc/net/tcp") as f:
        rows = [x.split() for x in f.read().splitlines()[1:]]
    return {int(x[2].split(":")[1], 16): by_inode[x[9]] for x in rows if x[9] in by_inode}


def has_read(g, socks):
    """Whether the gateway has taken all these connections and every byte that
    they were sent so far, or has closed them."""
    ports = {s.getsockname()[1] for s in socks}
    with open("/proc/net/tcp") as f:
        rows = [x.split() for x in f.read().splitlines()[1:]]
    # peer, state (1: open), queues, inode (0: not accepted)
    return not [x for x in rows if int(x[2].split(":")[1], 16) in ports and x[3] == "01" and
                (x[9] == "0" or not x[4].endswith(":00000000"))]


# -- killed workers

def back_after(g, old):
    """Seconds until a process that is none of old has answered, and the
    slowest of the newcomers meanwhile."""
    begin, slowest = time.time(), 0.0
    while time.time() - begin < LONG:
        at = time.time()
        try:
            with g.dial() as s:
                s.sendall(H + E)
                Reply.read(Reader(s))
                slowest = max(slowest, time.time() - at)
                if owners(g).get(s.getsockname()[1], next(iter(old))) not in old:
                    return time.time() - begin, slowest
        except (OSError, EOFError):  # taken by the process that was killed
            pass
    return LONG, slowest


def kill_one(g, victim):
    load, conns, mine, rest = Load(), [], [], []
    while len(conns) < 48 or len(conns) < 200 and not (mine and len(rest) > 5):
        s = g.dial(len(conns) % 3 == 0)
        rd = Reader(s)
        ask(s, rd, "before-%d" % len(conns))
        conns.append((s, rd))
        (mine if owners(g)[s.getsockname()[1]] == victim else rest).append(conns[-1])
    ok("connections are spread", mine and rest, "%d of the victim, %d others" % (len(mine), len(rest)))
    for s, rd in rest[:6]:
        load.run(lambda ident, s=s, rd=rd: ask(s, rd, ident))
    old = set(g.workers())
    os.kill(victim, signal.SIGKILL)
    took, slowest = back_after(g, old)
    wait_for("others are served all the time", lambda: load.answers > 20 or load.faults)
    same("no other connection is harmed", load.end(), [])
    for i, (s, rd) in enumerate(rest):
        ask(s, rd, "after-%d" % i)
    for s, rd in mine:
        try:
            same("what the victim had is closed", s.recv(10), b"")
        except OSError:
            ok("what the victim had is closed", True)
    for s, _ in conns:
        s.close()
    return took, slowest


def run_killed_workers():
    """Reliability 4: back with its listener, nobody else is harmed."""
    with Gateway(workers=3) as g:
        g.expects_kill = True
        time.sleep(BACK_S)  # one that dies at its start is started again later
        took = [kill_one(g, w) for w in g.workers()]
        print("killed workers were back after %s s" % ", ".join("%.2f" % t for t, _ in took))
        # the one in the middle: what waits for a second does so each time, a busy machine does not
        back, slowest = (sorted(x)[1] for x in zip(*took))
        ok("back in under a second", back < BACK_S, took)
        ok("newcomers meanwhile", slowest < BACK_S, took)
        wait_for("no connection is counted for ever", lambda: g.metric("connections") == 1)


# -- an end that waits

def half(data, n):
    return data[:n], data[n:]


def is_refused(g):
    """Each worker stops to listen for itself."""
    try:
        g.dial().close()
    except ConnectionRefusedError:
        return True
    return False


def run_drain_finishes():
    """What was here when SIGTERM came is answered: under way, pipelined
    behind it, half received. Idle and silent ones are closed."""
    with Gateway(workers=2, limits="drain = 10m\n") as g:
        g.node.gate = threading.Event()
        parts = []
        for tls in (False, "bare"):
            row = g.dial(tls)
            row.sendall(post() + H + E + post() + H + E)
            idle = g.dial(tls)
            ask(idle, Reader(idle), "idle")
            silent = g.dial(tls)
            halves = []
            for data, at in ((post(), 20), (post(), len(post()) - 10), (H + E, 30)):
                s = g.dial(tls)
                first, rest = half(data, at)
                s.sendall(first)
                halves.append((s, rest))
            parts.append((row, idle, silent, halves))
        wait_for("requests under way", lambda: len(g.node.held) == 2)
        wait_for("all is read", lambda: has_read(g, [s for row, idle, silent, halves in parts
                                                     for s in [row, idle, silent] + [h for h, _ in halves]]))
        begin = time.time()
        g.proc.terminate()
        for _, idle, silent, _ in parts:
            same("idle: closed", idle.recv(10), b"")
            same("silent: closed", silent.recv(10), b"")
        wait_for("newcomers are refused", lambda: is_refused(g))
        ok("it waits", g.proc.poll() is None)
        for _, _, _, halves in parts:
            for s, rest in halves:
                s.sendall(rest)
        g.node.gate.set()
        for row, _, _, halves in parts:
            t = Talk()
            t.read(row)
            same("all in a row", (t.statuses, t.is_closed), ([200] * 4, True))
            same("the last one says so", [r.header("connection") for r in t.replies], [None] * 3 + ["close"])
            for s, _ in halves:
                t = Talk()
                t.read(s)
                same("a half that came whole", (t.statuses, t.is_closed), ([200], True))
        same("leaves by itself", g.proc.wait(LONG), 0)
        ok("long before its time", time.time() - begin < LONG, time.time() - begin)


def run_drain_ends():
    """Nobody can hold it longer than it says."""
    with Gateway(workers=2, limits="drain = 3s\n", node_time="10m") as g:
        g.node.gate = threading.Event()
        held = []
        for data in (post(), post()[:-5], H + b"A: b", b"P", b"\x16\x03\x01", post() + H):
            s = g.dial()
            s.sendall(data)
            held.append(s)
        wait_for("requests under way", lambda: len(g.node.held) == 2)
        wait_for("all is read", lambda: has_read(g, held))
        begin = time.time()
        g.proc.terminate()
        same("leaves", g.proc.wait(LONG), 0)
        took = time.time() - begin
        ok("at its time, not the node's", 2.5 < took < LONG, "%.1f s" % took)
        for s in held:
            t = Talk()
            t.read(s)
            ok("and nobody is left", t.is_closed and set(t.statuses) <= {400, 503}, t.statuses)


def last_words(g, tls, out, stop, calls):
    """Asks until the gateway is gone, with calls for the node, too; how it
    went at the end."""
    s = g.dial(tls)
    rd, n, open_at_end = Reader(s), 0, None
    try:
        while not stop.is_set():
            n, open_at_end = n + 1, "sent"
            s.sendall(post() if calls and n % 2 else H + E)
            open_at_end = "unanswered"
            r = Reply.read(rd)
            open_at_end = "answered" if r.header("connection") != "close" else "told"
            if r.status != 200:
                open_at_end = "status %d" % r.status
            if open_at_end != "answered":
                break
    except (OSError, EOFError):
        if rd.buf:
            open_at_end = "half an answer"
    out.append(open_at_end)


def run_drain_under_load():
    """Clients that ask all the time get whole answers and then a close. Half
    of them wait for the node when the end comes: these are told of it."""
    with Gateway(workers=2, limits="drain = 10m\n", node_time="10m") as g:
        out, stop = [], threading.Event()
        ts = [threading.Thread(target=last_words, args=(g, "bare" if i % 4 < 2 else False, out, stop, i % 2)) for i in range(16)]
        for t in ts:
            t.start()
        wait_for("they are busy", lambda: len(g.node.seen) > 100)
        g.node.gate = threading.Event()
        wait_for("half of them wait for the node", lambda: len(g.node.held) == 8)
        g.proc.terminate()
        wait_for("the end has come", lambda: is_refused(g))
        g.node.gate.set()
        same("leaves", g.proc.wait(LONG), 0)
        for t in ts:
            t.join(LONG)
        stop.set()
        same("all have ended", len(out), 16)
        ok("without half an answer or a refusal", set(out) <= {"told", "unanswered", "sent", "answered"}, out)
        ok("who waited was told", out.count("told") >= 8, out)


# -- reloads

def run_reload_under_load():
    """Configuration, users, log and certificate change; nobody notices."""
    with Gateway(workers=2) as g:
        load, ctx = Load(), bare_ctx()
        for _ in range(3):
            load.run(keeper(g, False))
            load.run(keeper(g, "bare"))
            load.run(newcomer(g, ctx))
        for n in range(4):
            g.write_conf(more="[surface more]\nserves = ops\nat = loop /more%d\nhosts = *\n" % n)
            g.reload()
            same("reload %d" % n, g.get("/more%d/health" % n).status, 200)
            done = g.log().count("certificate reloaded")
            g.new_pair("rsa" if n % 2 else "ec")
            g.proc.send_signal(signal.SIGUSR1)
            wait_for("certificate %d" % n, lambda: g.log().count("certificate reloaded") > done)
            before = load.answers
            wait_for("requests go on", lambda: load.answers > before + 100 or load.faults)
        same("no request has failed", load.end(), [])


# -- hoarders

HELLO = bytes.fromhex("16030100f8010000f40303") + bytes(range(240))
LONG_ANSWER = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [150000]}).encode()
BODY = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
# what is sent at once, and then byte by byte; port; with a handshake
KINDS = [
    (b"", b"", "loop", False), (b"", b"", "tls", False), (HELLO[:100], b"", "tls", False), (HELLO[:9], HELLO, "tls", False),
    (b"", b"", "bare", True), (H, b"A: " + b"b" * 9000, "loop", False), (H, b"A: " + b"b" * 9000, "bare", True),
    (BODY, b"x" * 9000, "loop", False), (post(body=LONG_ANSWER), b"", "loop", False), (H + E, b"", "loop", False)]


class Hoarder:
    """One client that comes again whenever it is cut off."""

    def __init__(self, i, ports, ctx):
        self.first, self.rest, self.port, self.shakes = KINDS[i % len(KINDS)] if i < HOARDERS else KINDS[0]
        self.source = "127.9.%d.1" % (i % 8) if i < HOARDERS else "127.9.99.1"
        self.port, self.ctx, self.s = ports[self.port], ctx, None

    def open(self):
        self.s, self.at = socket.socket(), 0
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.s.settimeout(LONG)
        self.s.bind((self.source, 0))
        self.s.connect(("127.0.0.1", self.port))
        if self.shakes:
            self.s = self.ctx.wrap_socket(self.s, server_hostname="localhost")
        self.s.sendall(self.first)
        self.s.setblocking(False)

    def tick(self):
        try:
            if self.s is None:
                self.open()
            self.s.send(self.rest[self.at:self.at + 1])
            self.at += 1
            if self.first[:4] != b"POST" and self.s.recv(100) == b"":  # those read nothing
                raise ConnectionError
        except (BlockingIOError, ssl.SSLWantReadError):
            pass
        except OSError:
            self.s.close()
            self.s = None


def bare_ctx():
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.check_hostname, ctx.verify_mode = False, ssl.CERT_NONE
    return ctx


def hoard(ports):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ctx = bare_ctx()
    all_of_them = [Hoarder(i, ports, ctx) for i in range(HOARDERS + ONE_ADDRESS)]
    while True:
        for h in all_of_them:
            h.tick()
        time.sleep(0.3)


def ordinary(g, seconds, out):
    """Seconds of each request of a client like any other, for so long and
    until there are enough to judge."""
    took, ctx, end = [], bare_ctx(), time.time() + seconds
    kept = g.dial("bare", ctx=ctx)
    rd = Reader(kept)
    while time.time() < end or len(took) < 300:
        for how in ("kept", "call", "new"):
            begin = time.time()
            if how == "kept":
                ask(kept, rd, "kept")
            elif how == "call":
                same("a call", g.rpc(json.loads(CHAIN)).status, 200)
            else:
                with g.dial(True, ctx=ctx) as s:
                    ask(s, Reader(s), "new")
            took.append(time.time() - begin)
        time.sleep(0.01)
    out.put((took, framing.failed))


def memory_mib(g):
    """Of all workers; 0 below a sanitizer, which keeps what is freed."""
    total = 0
    for w in g.workers():
        with open("/proc/%d/status" % w) as f:
            text = f.read()
        if int(re.search(r"VmSize:\s+(\d+)", text).group(1)) > 1 << 30:
            return 0
        total += int(re.search(r"VmRSS:\s+(\d+)", text).group(1))
    return total / 1024


def descriptors(g):
    return sum(len(os.listdir("/proc/%d/fd" % w)) for w in g.workers())


def beside_hoarders(g, fork, seconds):
    """What an ordinary client had, and the fewest that were held meanwhile,
    until deadlines struck."""
    out, held, struck = fork.Queue(), [], g.metric("deadlines_total")
    client = fork.Process(target=ordinary, args=(g, seconds, out), daemon=True)
    client.start()
    while out.empty() and client.is_alive():
        cnt = g.metric("connections")
        if not held or g.metric("deadlines_total") == struck:
            held.append(cnt)
        time.sleep(0.3)
    took, faults = out.get(timeout=LONG)
    client.join()
    same("the ordinary one is served", faults, framing.failed)
    return sorted(took), min(held)


def run_hoarders():
    """Reliability 6, H11: a thousand connections that are only held, of eight
    addresses, and more of a ninth than one may have."""
    fork = multiprocessing.get_context("fork")
    with Gateway(workers=2) as g:
        g.get("/v1/health", True)
        mib, fds = memory_mib(g), descriptors(g)
        crowd = fork.Process(target=hoard, args=({"tls": g.tls, "loop": g.loop, "bare": g.bare},), daemon=True)
        crowd.start()
        wait_for("they are there", lambda: g.metric("connections") >= HOARDERS)
        for seconds, least in ((5, HOARDERS), (9, 0)):  # before deadlines strike, and while they do
            took, fewest = beside_hoarders(g, fork, seconds)
            p99 = took[len(took) * 99 // 100]
            print("beside %d hoarders: %d requests, p50 %.1f ms, p99 %.1f ms, most %.1f ms" % (
                fewest, len(took), took[len(took) // 2] * 1e3, p99 * 1e3, took[-1] * 1e3))
            ok("p99", p99 < P99_S, "%.2f s of %d" % (p99, len(took)))
            ok("they were there", fewest >= least, fewest)
        ok("deadlines struck", g.metric("deadlines_total") > 300, g.metric("deadlines_total"))
        ok("one address has its share only", g.metric('connections_refused_total{why="address"}') >= ONE_ADDRESS - 256)
        ok("memory", memory_mib(g) - mib < MORE_MIB, "%.0f, %.0f MiB" % (mib, memory_mib(g)))
        crowd.kill()
        crowd.join()
        wait_for("all are given back", lambda: g.metric("connections") == 1)
        wait_for("descriptors too", lambda: descriptors(g) <= fds + 2)
        wait_for("and memory", lambda: memory_mib(g) - mib < MORE_MIB / 4, 10)
        with g.dial(source="127.9.99.1") as s:
            ask(s, Reader(s), "again")


def run_signals_in_a_row():
    """Kore keeps one signal, and one at a time: none may be lost."""
    with Gateway(workers=2) as g:
        for n in range(25):
            for part in ("first", "second"):
                g.write_conf(more="[surface more]\nserves = ops\nat = loop /%s%d\nhosts = *\n" % (part, n))
                g.proc.send_signal(signal.SIGHUP)
                time.sleep(0.0013 * n)
            wait_for("the second of two reloads", lambda: g.get("/second%d/health" % n).status == 200, 10)
    for n in range(8):
        with Gateway(workers=2) as g:
            for _ in range(3):
                g.proc.send_signal(signal.SIGHUP)
                time.sleep(0.002 * n)
            g.proc.terminate()
            same("an end behind reloads", g.proc.wait(LONG), 0)


RUNS = [run_killed_workers, run_drain_finishes, run_drain_ends, run_drain_under_load, run_reload_under_load,
        run_signals_in_a_row, run_hoarders]


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    t0 = time.time()
    for fn in RUNS:
        if not pattern or re.search(pattern, fn.__name__):
            fn()
    print("%.0f s" % (time.time() - t0))
    print("%d passed, %d failed" % (framing.passed, framing.failed))
    return framing.failed > 0


if __name__ == "__main__":
    sys.exit(main())
