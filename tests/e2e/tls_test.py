#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS at the gateway: certificate and key replaced under load, by halves and
by wrong ones; what an ordinary client sees of it.

usage: tls_test.py [PATTERN]     SEKISHO_BIN names the folder of the programs
"""
import os
import re
import shutil
import signal
import socket
import ssl
import sys
import tempfile
import threading
import time

import framing
from framing import LONG, E, Gateway, H, Reader, Reply, ok, same, wait_for
from pki import Authority

cases = []
pki = None


def case(fn):
    cases.append(fn)
    return fn


class Pki:
    """The authorities that all gateways of this file share."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="sekisho-pki.", dir="/tmp")
        self.root = Authority(self.dir, "Test Root")
        self.mid = Authority(self.dir, "Test Servers", self.root)
        self.root_file = self.dir + "/Test Root/cert.pem"

    def close(self):
        shutil.rmtree(self.dir, ignore_errors=True)


class Tls(Gateway):
    """A gateway whose certificate an authority has signed."""

    def new_pair(self, kind="ec"):
        self.use(pki.mid.issue("localhost", "server", kind))

    def put_key(self, text, mode=0o600):
        self.put("tls/key.new", text, mode)
        if os.getuid() == 0:
            shutil.chown(self.home + "/tls/key.new", self.as_user or framing.USER)
        os.rename(self.home + "/tls/key.new", self.home + "/tls/key.pem")

    def use(self, cert):
        """Puts a pair into place, one file after the other, as everybody does."""
        self.put("tls/cert.pem", cert.chain)
        self.put_key(open(cert.key).read())
        self.pair = cert

    def ctx(self):
        return ssl.create_default_context(cafile=pki.root_file)

    def rotate(self, sig=signal.SIGUSR1, line="certificate reloaded"):
        n = self.log().count(line)
        self.proc.send_signal(sig)
        wait_for("log says: " + line, lambda: self.log().count(line) > n)

    def shown(self):
        """The certificates of so many connections that all workers had one."""
        got = set()
        for _ in range(16):
            s = self.dial(True)
            got.add(ssl.DER_cert_to_PEM_cert(s.getpeercert(True)))
            s.close()
        return got

    def is_shown(self, cert):
        want = "".join(cert.pem.splitlines())
        return {"".join(x.splitlines()) for x in self.shown()} == {want}


class Load(threading.Thread):
    """Asks without a pause in one way, until told to stop; the first fault
    ends it."""

    def __init__(self, g, how, version):
        super().__init__(daemon=True)
        self.g, self.how, self.is_on, self.fault, self.cnt, self.reused = g, how, True, None, 0, 0
        self.ctx = g.ctx()
        self.ctx.minimum_version = self.ctx.maximum_version = version
        self.sock = self.session = None
        self.start()

    def dial(self):
        s = socket.create_connection(("127.0.0.1", self.g.tls), timeout=LONG)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.ctx.wrap_socket(s, server_hostname="localhost", session=self.session)

    def ask(self):
        s = self.sock or self.dial()
        s.sendall(H + E)
        r = Reply.read(Reader(s))
        if r.status != 200:
            raise AssertionError("status %d" % r.status)
        self.cnt += 1
        self.reused += bool(s.session_reused)
        if self.how == "kept":
            self.sock = s
            return
        if self.how == "resumed" and self.session is None:
            self.session = s.session
        s.close()

    def run(self):
        try:
            while self.is_on:
                self.ask()
        except Exception as e:
            self.fault = e


def load_of(g):
    return [Load(g, how, v) for how in ("new", "kept", "resumed")
            for v in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)]


def end_load(loads):
    for x in loads:
        x.is_on = False
    for x in loads:
        x.join(LONG)
        ok("%s connections: no fault" % x.how, x.fault is None, repr(x.fault))
        if x.how == "resumed":
            same("all resumed but the first", x.reused, x.cnt - 1)
    print("tls: %d requests under rotation" % sum(x.cnt for x in loads))


@case
def rotation_under_load(g):
    """Issue of both kinds, by both signals: every worker has the new one at
    once, and nothing of what goes on meanwhile fails."""
    loads = load_of(g)
    for n in range(12):
        g.new_pair(("rsa", "ec")[n // 2 % 2])
        g.rotate((signal.SIGUSR1, signal.SIGHUP)[n % 2])
        wait_for("all workers show the new one", lambda: g.is_shown(g.pair))
        before = [x.cnt for x in loads]
        wait_for("everybody goes on", lambda: all(x.fault or x.cnt > b for x, b in zip(loads, before)))
    # faster than workers can stop for it
    for _ in range(10):
        g.new_pair()
        g.proc.send_signal(signal.SIGUSR1)
        time.sleep(0.003)
    wait_for("the last one is shown", lambda: g.is_shown(g.pair))
    end_load(loads)


@case
def half_a_pair_is_refused(g):
    """Between the first file and the second, at each signal and whenever a
    worker starts: the old pair stays, whole."""
    g.expects_kill = True
    loads = load_of(g)
    for first in ("cert", "key"):
        old, new = g.pair, pki.mid.issue("localhost", "server", "ec")
        if first == "cert":
            g.put("tls/cert.pem", new.chain)
        else:
            g.put_key(open(new.key).read())
        for sig in (signal.SIGUSR1, signal.SIGHUP):
            g.rotate(sig, "certificate refused, running on as before: [tls] ")
        ok("it says why", "key.pem is not the key of " in g.log().splitlines()[-1] + g.log(), g.log()[-300:])
        ok("the old one is shown", g.is_shown(old))
        g.use(new)
        g.rotate()
        wait_for("the whole one is taken", lambda: g.is_shown(new))
    end_load(loads)
    # a worker that starts has nothing but what is in force
    old = g.pair
    for cert in (pki.mid.issue("localhost", "server").chain, "rubbish\n", None):
        if cert is None:
            os.unlink(g.home + "/tls/cert.pem")
        else:
            g.put("tls/cert.pem", cert)
        starts = g.metric("worker_starts_total")
        for pid in g.workers():
            os.kill(pid, signal.SIGKILL)
        wait_for("workers are back", lambda: g.metric("worker_starts_total") >= starts + 2)
        ok("with the pair in force", g.is_shown(old))
        same("and its key", {g.get("/v1/health", True).status for _ in range(8)}, {200})
    g.use(old)


@case
def workers_that_die_leave_no_handshake_behind(g):
    """Messages for a worker that had died came to its successor once more
    after each death: now and then a signature to the wrong handshake."""
    g.expects_kill = True
    for _ in range(6):
        starts = g.metric("worker_starts_total")
        for pid in g.workers():
            os.kill(pid, signal.SIGKILL)
        wait_for("workers are back", lambda: g.metric("worker_starts_total") >= starts + 2)
        for _ in range(3):
            same("one certificate", len(g.shown()), 1)


def bad_pairs(g):
    """name, how it comes about, what is said."""
    good = g.pair
    key = open(good.key).read()
    of = pki.mid.issue
    expired, early = of("localhost", "server", "ec", -9, -1), of("localhost", "server", "ec", 1, 9)
    locked = g.dir + "/locked.pem"
    framing.subprocess.check_call(["openssl", "pkey", "-in", good.key, "-aes128", "-passout", "pass:x", "-out", locked])
    damaged = good.chain.splitlines()
    damaged[-5] = "AAAA" + damaged[-5][4:]
    return [
        ("key of another", lambda: g.use(of("localhost", "server")) or g.put_key(key), "is not the key of"),
        ("expired", lambda: g.use(expired), "has expired"),
        ("not yet valid", lambda: g.use(early), "is not valid yet"),
        ("no certificate", lambda: g.put("tls/cert.pem", "rubbish\n"), "holds no PEM certificate"),
        ("no key", lambda: g.put_key("rubbish\n"), "holds no unencrypted PEM key"),
        ("empty key", lambda: g.put_key(""), "holds no unencrypted PEM key"),
        ("a locked key", lambda: g.put_key(open(locked).read()), "holds no unencrypted PEM key"),
        ("a key for all to read", lambda: g.put_key(key, 0o644), "has mode 0644"),
        ("a pipe", lambda: os.unlink(g.home + "/tls/key.pem") or os.mkfifo(g.home + "/tls/key.pem", 0o600), "is not a file"),
        ("a folder", lambda: os.unlink(g.home + "/tls/key.pem") or os.mkdir(g.home + "/tls/key.pem", 0o700), "is not a file"),
        ("a damaged chain", lambda: g.put("tls/cert.pem", "\n".join(damaged) + "\n"), "is nothing for TLS"),
        ("a curve not offered", lambda: g.use(of("localhost", "server", "p521")), "must be on P-256 or P-384"),
        ("a short key", lambda: g.use(of("localhost", "server", "rsa1024")), "RSA key of 1024 bits"),
        ("nothing", lambda: os.unlink(g.home + "/tls/key.pem"), "No such file"),
    ]


@case
def bad_pairs_are_refused(g):
    good = g.pair
    loads = load_of(g)
    for name, make, want in bad_pairs(g):
        g.use(good)
        make()
        if g.as_user and os.getuid() == 0 and os.path.exists(g.home + "/tls/key.pem"):
            shutil.chown(g.home + "/tls/key.pem", g.as_user)
        g.rotate(line="certificate refused, running on as before: [tls] ")
        said = [x for x in g.log().splitlines() if "certificate refused" in x][-1]
        ok("%s: it is said" % name, want in said, said)
        out = framing.subprocess.run([framing.BIN + "/gateway", "-c", g.conf, "-t"], capture_output=True, text=True)
        ok("%s: -t says so too" % name, out.returncode == 3 and want in out.stderr, out)
        if name == "a folder":
            os.rmdir(g.home + "/tls/key.pem")
    ok("the good one is shown still", g.is_shown(good))
    g.use(good)
    g.rotate()
    end_load(loads)


def main():
    global pki
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    t0 = time.time()
    pki = Pki()
    try:
        wanted = [c for c in cases if re.search(pattern, c.__name__)]
        if wanted:
            with Tls() as g:
                framing.run_cases(g, wanted, "")
        if os.getuid() == 0 and re.search(pattern, "ordinary"):
            with Tls(as_user=framing.USER) as g:
                framing.run_cases(g, [half_a_pair_is_refused, bad_pairs_are_refused], "")
    finally:
        pki.close()
    print("%.0f s" % (time.time() - t0))
    print("%d passed, %d failed" % (framing.passed, framing.failed))
    return framing.failed > 0


if __name__ == "__main__":
    sys.exit(main())
