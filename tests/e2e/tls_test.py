#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS at the gateway: certificate and key replaced under load, by halves and
by wrong ones; certificates of clients, good and bad, revoked while they are
connected, and what others see of that.

usage: tls_test.py [PATTERN]     SEKISHO_BIN names the folder of the programs
"""
import glob
import json
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
        self.root_file = self.dir + "/root.pem"
        shutil.copy(self.root.dir + "/cert.pem", self.root_file)
        self.clients = Authority(self.dir, "Test Clients", self.root)
        self.lost = Authority(self.dir, "Lost Clients", self.root)  # revoked itself
        self.root.revoke(self.lost)
        self.foreign = Authority(self.dir, "Foreign Root")
        of = self.clients.issue
        self.certs = {
            "good": of("Ann, Ltd. \u2603"), "rsa": of("rsa", kind="rsa"), "direct": self.root.issue("direct"),
            "expired": of("expired", begin=-9, end=-1), "early": of("early", begin=1, end=9), "revoked": of("revoked"),
            "server": of("localhost", "server"), "foreign": self.foreign.issue("Ann"), "lost": self.lost.issue("lost"),
            "namesake": Authority(self.dir + "/again", "Test Clients", self.foreign).issue("Ann")}
        self.clients.revoke(self.certs["revoked"])

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
    for n in range(12):
        g.new_pair()
        g.proc.send_signal((signal.SIGUSR1, signal.SIGHUP)[n % 2])
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


# -- certificates of clients

SURFACES = """
[surface need]
serves = ops
at = tls /need
hosts = *
filters = cert
[surface may]
serves = ops
at = tls /may
hosts = *
filters = cert
cert_optional = yes
[surface try]
serves = ops
at = tls /try
hosts = *
filters = cert
shadow = cert
"""

CLIENT_LINES = "client_ca = tls/clients.pem\nclient_crl = tls/clients.crl\n"

# state of the certificate: what its surfaces answer, by which rule
STATES = [
    ("good", 200, None), ("rsa", 200, None), ("direct", 200, None), (None, 403, "none"), ("expired", 403, "expired"),
    ("early", 403, "expired"), ("revoked", 403, "revoked"), ("lost", 403, "revoked"), ("foreign", 403, "untrusted"),
    ("namesake", 403, "untrusted"), ("server", 403, "unfit")]


class Clients(Tls):
    """A gateway that asks clients for certificates at its TLS port, for three
    of its surfaces."""

    def __init__(self, lines=CLIENT_LINES, more=SURFACES, **how):
        self.lines = lines
        super().__init__(more=more, **how)

    def write_conf(self, **changes):
        super().write_conf(**changes)
        with open(self.conf) as f:
            text = f.read()
        with open(self.conf, "w") as f:
            f.write(text.replace("key = tls/key.pem\n", "key = tls/key.pem\n" + self.lines))

    def start(self, wait=True):
        self.put("tls/clients.pem", pki.root.pem + pki.clients.pem + pki.lost.pem)
        self.put_crl(pki.clients.crl())
        super().start(wait)

    def put_crl(self, *own):
        """The lists of all authorities, those of Test Clients as given."""
        self.put("tls/clients.crl", "".join([pki.root.crl(), pki.lost.crl(), *own]))

    def ctx_of(self, cert=None, version=None):
        ctx = self.ctx()
        if version:
            ctx.minimum_version = ctx.maximum_version = version
        if cert:
            ctx.load_cert_chain(pki.certs[cert].chain_file, pki.certs[cert].key)
        return ctx

    def call(self, path, sock, req=None):
        return self.ask("GET", path + "/health", headers=["X-Request-Id: " + req] if req else [], sock=sock).status

    def one(self, path, cert=None, version=None, req=None):
        """The status of one call on a connection of its own."""
        s = self.dial(True, ctx=self.ctx_of(cert, version))
        status = self.call(path, s, req)
        s.close()
        return status

    def line(self, req):
        def find():
            for path in glob.glob(self.home + "/log/access.log*"):
                with open(path) as f:
                    for x in f:
                        if x.endswith("}\n") and json.loads(x).get("req") == req:
                            return json.loads(x)
        return wait_for("line of " + req, find)


client_cases = []


def client_case(fn):
    client_cases.append(fn)
    return fn


@client_case
def each_certificate_has_its_answer(g):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for cert, want, _ in STATES:
            s, what = g.dial(True, ctx=g.ctx_of(cert, version)), "%s, %s" % (cert, version.name)
            same(what, g.call("/need", s), want)
            same(what + ", optional", g.call("/may", s), 200 if cert is None else want)
            same(what + ", in shadow", g.call("/try", s), 200)
            same(what + ", a surface that does not ask", g.call("/v1", s), 200)
            same(what + ", again", g.call("/need", s), want)
            s.close()
    same("not a listener without TLS", g.get("/need/health").status, 404)


@client_case
def the_log_names_certificates(g):
    for n, (cert, want, rule) in enumerate(STATES):
        for path in ("/need", "/try"):
            req = "cert-%d-%d-%s" % (os.getpid(), n, path[1:])
            g.one(path, cert, req=req)
            line = g.line(req)
            told = [line["filter"]] if "filter" in line else line.get("shadow", [])
            same("%s at %s" % (cert, path), told, ["cert:" + rule] if rule else [])
            same("its print", line.get("cert_sha256"), pki.certs[cert].sha256() if cert else None)
            ok("its name, when it is good", ("cert" in line) == (rule is None), line)
    same("a name with all kinds of signs", g.line("cert-%d-0-need" % os.getpid())["cert"], "CN=Ann\\, Ltd. \u2603")
    req = "cert-%d-wallet" % os.getpid()
    g.one("/v1", "good", req=req)
    ok("nobody looks where nobody asks", not {"cert", "cert_sha256"} & set(g.line(req)))
    ok("counted by reason", g.metric('refusals_total{surface="need",filter="cert",reason="revoked"}') > 0 and
       g.metric('shadow_refusals_total{surface="try",filter="cert",reason="none"}') > 0)


@client_case
def explained_as_decided(g):
    def explain(**form):
        r = g.ask("POST", "/v1/explain", framing.urllib.parse.urlencode(form).encode())
        return r.status, r.json
    for word, outcome, status in ((None, "refused", 403), ("none", "refused", 403), ("good", "served", None),
                                  ("revoked", "refused", 403), ("no_crl", "refused", 503)):
        code, doc = explain(method="GET", url="https://localhost/need/health", surface="need", **({"cert": word} if word else {}))
        row = [x for x in doc["filters"] if x["filter"] == "cert"][0]
        same("explain %s" % word, (code, doc["outcome"], doc.get("status")), (200, outcome, status))
        same("its row", (row["verdict"], row.get("reason")), ("pass", None) if word == "good" else ("refuse", word or "none"))
    ok("no such word", "cert is no word" in explain(method="GET", url="/", cert="fine")[1]["error"])
    conf = ("--conf", g.conf, "--offline")
    out = framing.subprocess.run([framing.BIN + "/sekisho", "explain", "GET", "https://localhost/need/health", "--surface", "need",
                                  "--cert", "expired", *conf], capture_output=True, text=True,
                                 env=dict(os.environ, SEKISHO_HOME=g.home + "/none")).stdout
    ok("by the command", re.search(r"^cert +refuse +expired", out, re.M) and "cert_refused" in out, out)


@client_case
def revoked_while_connected(g):
    """On open connections, on new ones, and by no ticket."""
    cert = pki.certs["good"]
    kept = [g.dial(True, ctx=g.ctx_of("good", v)) for v in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3) for _ in range(4)]
    same("before", {g.call("/need", s) for s in kept}, {200})
    sessions = [(s.context, s.session) for s in kept]
    again = pki.clients.issue("stays")
    pki.clients.revoke(again)
    g.put_crl(pki.clients.crl())
    g.reload()
    same("another one was revoked", {g.call("/need", s) for s in kept}, {200})
    index = open(pki.clients.dir + "/index").read()
    pki.clients.revoke(cert)
    g.put_crl(pki.clients.crl())
    g.reload()
    same("revoked: open connections", {g.call("/need", s) for s in kept}, {403})
    same("where it is not needed they go on", {g.call("/v1", s) for s in kept}, {200})
    for ctx, session in sessions:
        s = ctx.wrap_socket(socket.create_connection(("127.0.0.1", g.tls)), server_hostname="localhost", session=session)
        same("not resumed", s.session_reused, False)
        same("revoked: a session from before", g.call("/need", s), 403)
        s.close()
    with open(pki.clients.dir + "/index", "w") as f:
        f.write(index)
    g.put_crl(pki.clients.crl())
    g.reload()
    same("and taken back", {g.call("/need", s) for s in kept}, {200})
    for s in kept:
        s.close()


@client_case
def others_resume_as_ever(g):
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        ctx = g.ctx_of(None, version)
        first = g.dial(True, ctx=ctx)
        same("without a certificate", g.call("/v1", first), 200)
        for _ in range(6):
            s = ctx.wrap_socket(socket.create_connection(("127.0.0.1", g.tls)), server_hostname="localhost", session=first.session)
            same("resumed, %s" % version.name, s.session_reused, True)
            same("served", (g.call("/v1", s), g.call("/need", s)), (200, 403))
            s.close()
        first.close()


@client_case
def a_list_that_is_over_lets_nobody_in(g):
    kept = g.dial(True, ctx=g.ctx_of("good"))
    for what, lists in (("over", [pki.clients.crl(-9, -1)]), ("to come", [pki.clients.crl(1, 9)]), ("missing", [])):
        g.put_crl(*lists)
        told = g.log().count("no list of CN=Test Clients that holds now")
        out = framing.subprocess.run([framing.BIN + "/gateway", "-c", g.conf, "-t"], capture_output=True, text=True)
        ok("%s: -t warns" % what, out.returncode == 0 and "warning: [tls] client_crl: no list of CN=Test Clients" in out.stderr, out)
        g.reload()
        wait_for("%s: the log says so" % what, lambda: g.log().count("no list of CN=Test Clients that holds now") > told)
        told = g.log().count("client certificates are refused: client_crl: no list of")
        same("%s: refused" % what, (g.one("/need", "good"), g.call("/need", kept), g.one("/may", "good")), (503, 503, 503))
        wait_for("and that is said", lambda: g.log().count("client certificates are refused: client_crl: no list of") > told)
        same("%s: others are not" % what, (g.one("/may"), g.one("/v1", "good"), g.one("/need", "direct")), (200, 200, 200))
        same("nor is it hidden what else is wrong", g.one("/need", "foreign"), 403)
    for seconds in (4, 30):
        end = time.time() + seconds
        g.put_crl(pki.clients.crl(end=seconds / 86400))
        g.reload()
        status = g.one("/need", "good")
        if time.time() < end - 1:  # it counts whole seconds
            break
    same("a list for some seconds", status, 200)
    wait_for("which are over", lambda: g.one("/need", "good") == 503)
    g.put_crl(pki.clients.crl(-9, -1), pki.clients.crl())
    g.reload()
    same("the newer of two lists", g.one("/need", "good"), 200)
    g.put_crl(pki.clients.crl())
    g.reload()
    kept.close()


@client_case
def bad_files_are_refused(g):
    good = pki.root.pem + pki.clients.pem + pki.lost.pem
    half = "\n".join(pki.clients.crl().splitlines()[:-3]) + "\n"
    rows = [
        ("clients.pem", "", "client_ca: holds no PEM certificate"), ("clients.pem", "rubbish", "client_ca: holds no PEM"),
        ("clients.pem", good[:-60], "client_ca: "), ("clients.pem", good + pki.certs["good"].pem, "is none of an authority"),
        ("clients.pem", pki.root.pem, "client_crl: list 2 is signed by none"), ("clients.crl", "", "client_crl: holds no PEM list"),
        ("clients.crl", half, "client_crl: "), ("clients.crl", pki.foreign.crl(), "client_crl: list 1 is signed by none"),
        ("clients.pem", None, "No such file"), ("clients.crl", None, "No such file")]
    for name, text, want in rows:
        path = g.home + "/tls/" + name
        keep = open(path).read()
        if text is None:
            os.unlink(path)
        else:
            g.put("tls/" + name, text)
        g.reload(is_good=False)
        ok("%s: said" % want, any("[tls] " in x and want in x for x in g.log().splitlines()[-6:]), g.log()[-600:])
        out = framing.subprocess.run([framing.BIN + "/sekisho", "check", g.conf], capture_output=True, text=True,
                                     env=dict(os.environ, SEKISHO_HOME=g.home + "/none"))
        ok("%s: sekisho check" % want, out.returncode != 0 and want in out.stdout + out.stderr, out)
        g.put("tls/" + name, keep)
    same("what was in force is", (g.one("/need", "good"), g.one("/need", "revoked"), g.one("/need")), (200, 403, 403))


def run_asked_later():
    """Switched on while clients hold sessions: these are not resumed, or
    nobody would be asked."""
    with Clients(lines="", more="") as g:
        g.put("tls/clients.pem", pki.root.pem + pki.clients.pem)
        held = []
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            s = g.dial(True, ctx=g.ctx_of("good", version))
            same("nobody asks", g.call("/v1", s), 200)
            held.append(s)
        g.lines = "client_ca = tls/clients.pem\n"
        g.write_conf(more=SURFACES)
        g.reload()
        same("open connections have not shown theirs", {g.call("/need", s) for s in held}, {403})
        for s in held:
            t = s.context.wrap_socket(socket.create_connection(("127.0.0.1", g.tls)), server_hostname="localhost", session=s.session)
            same("asked now", (t.session_reused, g.call("/need", t)), (False, 200))
            t.close()
        same("without a list nothing is revoked", g.one("/need", "revoked"), 200)
        same("but the rest holds", {g.one("/need", x) for x in ("expired", "foreign", "server", None)}, {403})
        g.new_pair("rsa")
        g.rotate()
        wait_for("with a new certificate of the server", lambda: g.is_shown(g.pair))
        same("all as before", (g.one("/need", "good"), g.one("/need")), (200, 403))
        g.lines = ""
        g.write_conf(more="")
        g.reload()
        same("switched off", (g.one("/need", "good"), g.one("/v1")), (401, 200))


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
        wanted = [c for c in client_cases if re.search(pattern, c.__name__)]
        if wanted:
            with Clients() as g:
                framing.run_cases(g, wanted, "")
        if re.search(pattern, "run_asked_later"):
            run_asked_later()
        if os.getuid() == 0 and re.search(pattern, "ordinary"):
            with Clients(as_user=framing.USER) as g:
                framing.run_cases(g, [half_a_pair_is_refused, bad_pairs_are_refused, each_certificate_has_its_answer], "")
    finally:
        pki.close()
    print("%.0f s" % (time.time() - t0))
    print("%d passed, %d failed" % (framing.passed, framing.failed))
    return framing.failed > 0


if __name__ == "__main__":
    sys.exit(main())
