#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The gateway alone, from outside: framing, TLS, slow clients, passwords,
JSON-RPC front, reload, logs. Starts the real program on free ports with a
temporary home; only the node behind it is a stand-in that speaks JSON-RPC on
a Unix socket. As root it runs once with users and chroot and once more, in
short, as an ordinary user.

Nothing here asks how long an answer took, because that is the machine's load
as much as the gateway's doing: cases look at order, at counts, at the
gateway's own metrics and at which deadline struck. LONG is where a case gives
up on something that should have happened at once.

usage: framing.py [PATTERN]      SEKISHO_BIN names the folder of the program
"""
import base64
import ctypes
import glob
import hashlib
import json
import os
import pwd
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.parse
import warnings

from battery import ANSWERED, CHAIN, E, H, JSON, REFUSED, SEQUENCES, chunk, chunked, post
from stack import free_port

os.environ.setdefault("ASAN_OPTIONS", "detect_leaks=0")  # it needs ptrace, which workers have not
warnings.simplefilter("ignore", DeprecationWarning)  # old TLS is asked for on purpose
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("SEKISHO_BIN", os.path.join(ROOT, "build/release/bin"))
USER = "nobody"
LONG = 60  # seconds
passed, failed = 0, 0
cases = []


def case(fn):
    cases.append(fn)
    return fn


def ok(what, good, detail=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("FAIL %s: %s" % (what, detail), flush=True)


def same(what, got, want):
    ok(what, got == want, "got %r, want %r" % (got, want))


def wait_for(what, fn, seconds=LONG):
    """Waits until fn is true; says so when it never is. A connection that was
    cut, as those of a worker that has just been killed, is no answer yet."""
    end = time.time() + seconds
    while True:
        try:
            got = fn()
        except (OSError, EOFError) as e:
            got = None if time.time() <= end else repr(e)
        else:
            if got:
                return got
        if time.time() > end:
            ok(what, False, "%r after %d s" % (got, seconds))
            return got
        time.sleep(0.02)


def scrypt_line(name, password, n=16384, r=8, p=5):
    salt = os.urandom(16)
    key = hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=1 << 28, dklen=32)
    return "%s:scrypt$%d$%d$%d$%s$%s\n" % (name, n, r, p, salt.hex(), key.hex())


class Node(threading.Thread):
    """Stands in for the node: answers each document of the stream by itself."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.seen, self.conns, self.is_open = path, [], [], True
        self.mute, self.gate, self.held = False, None, []  # held: all that came to a gate
        self.cancelled = []
        self.busy = False  # the gate is for the gateway's own calls, too, but for a ping
        if os.path.exists(path):
            os.unlink(path)
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(path)
        os.chmod(path, 0o666)
        self.sock.listen(16)
        self.start()

    def run(self):
        while self.is_open:
            try:
                c, _ = self.sock.accept()
            except OSError:
                return
            self.conns.append(c)
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def answer(self, call):
        method, params = call["method"], call.get("params")
        if method == "eth_call":
            return {"jsonrpc": "2.0", "id": call["id"], "result": params}
        if method == "eth_getLogs":
            return {"jsonrpc": "2.0", "id": call["id"], "result": "x" * params[0]}
        if method == "eth_getBalance":
            return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32000, "message": "no such \"thing\""}}
        return {"jsonrpc": "2.0", "id": call["id"], "result": "0x7a69"}

    def serve(self, c):
        buf = b""
        try:
            while True:
                d = c.recv(65536)
                if not d:
                    return
                buf += d
                buf = self.take(c, buf)
        except OSError:
            pass

    def take(self, c, buf):
        """Answers every whole document; what is left of buf. A client's
        params come as they are, line ends between their tokens too."""
        end = -1
        while (end := buf.find(b"\n", end + 1)) >= 0:
            try:
                doc = json.loads(buf[:end])
            except ValueError:
                continue
            buf, end = buf[end + 1:], -1
            if isinstance(doc, dict) and doc.get("method") == "sekisho_cancel":
                self.cancelled.append(doc["params"][0])
                continue
            self.seen.append(doc)
            if self.mute:
                continue
            if self.gate and not is_ping(doc) and (self.busy or not is_probe(doc)):
                self.held.append(doc)
                threading.Thread(target=self.reply_later, args=(c, doc), daemon=True).start()
            else:
                self.reply(c, doc)
        return buf

    def reply(self, c, doc):
        out = [self.answer(x) for x in doc] if isinstance(doc, list) else self.answer(doc)
        if isinstance(out, list):
            out.reverse()  # JSON-RPC 6: in any order
        c.sendall(json.dumps(out).encode() + b"\n")

    def reply_later(self, c, doc):
        """A client's call that waits at the gate keeps nothing else waiting:
        not the calls behind it, nor the gateway's own."""
        self.gate.wait(LONG)
        try:
            self.reply(c, doc)
        except OSError:
            pass

    def close(self):
        self.is_open = False
        if self.gate:
            self.gate.set()
        self.sock.close()
        for c in self.conns:
            try:
                c.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            c.close()
        if os.path.exists(self.path):
            os.unlink(self.path)


CONF = """
[gateway]
home = {home}
user = {user}
workers = {workers}
access_log = log/access.log
access_log_size = 1M
[tls]
cert = tls/cert.pem
key = tls/key.pem
[limits]
wrong_user = {wrong[0]}
wrong_address = {wrong[1]}
{limits}
[node]
time = {node_time}
[listener tls]
address = 127.0.0.1:{tls}
[listener bare]
address = 127.0.0.1:{bare}
[listener loop]
address = 127.0.0.1:{loop}
tls = no
[surface wallet]
serves = wallet
at = tls /
hosts = localhost 127.0.0.1
filters = basic
realm = wallet realm
users = secrets/wallet.users
[surface rpc]
serves = rpc
at = tls /rpc
hosts = localhost 127.0.0.1
filters = basic
users = secrets/rpc.users
[surface local]
serves = rpc
at = loop /
at = bare /
hosts = localhost 127.0.0.1
filters = cors
cors = https://app.example
[surface ops]
serves = ops
at = loop /ops
hosts = *
filters = net
allow = 127.0.0.0/8
{more}
"""

SHORT = """handshake = 1s
head = 1s
idle = 1s
body_stall = 700ms
body = 2100ms
send_stall = 1s
send = 3s
drain = 2s
"""


class Gateway:
    def __init__(self, limits="", workers=2, more="", as_user=None, key="ec", wait=True, wrong=(0, 0),
                 node_kind=Node, node_time="1500ms"):
        self.dir = tempfile.mkdtemp(prefix="sekisho-gw.", dir="/tmp")
        os.chmod(self.dir, 0o755)
        self.home = self.dir + "/home"
        self.as_user = as_user
        self.tls, self.loop, self.bare = free_port(), free_port(), free_port()
        self.args = dict(home=self.home, user=USER, workers=workers, limits=limits,
                         tls=self.tls, loop=self.loop, bare=self.bare, more=more, node_time=node_time, wrong=wrong)
        for d in ("", "/run", "/run/gw", "/tls", "/log", "/secrets"):
            os.mkdir(self.home + d)
        self.new_pair(key)
        self.users = {"wallet": ("ann", "correct horse battery"), "rpc": ("röb", "pässwörd with : and ü")}
        for s, (u, p) in self.users.items():
            self.put("secrets/%s.users" % s, "# users\n" + scrypt_line(u, p) + scrypt_line("other", "another password"), 0o600)
        self.conf = self.dir + "/gateway.conf"
        self.write_conf()
        if as_user:
            subprocess.check_call(["chown", "-R", as_user, self.dir])
        self.node = node_kind(self.home + "/run/gw/rpc.sock")
        self.proc = None
        self.start(wait)

    def put(self, name, text, mode=0o644):
        path = self.home + "/" + name
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, mode)

    def new_pair(self, kind="ec"):
        how = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if kind == "ec" else ["-newkey", "rsa:2048"]
        subprocess.check_call(["openssl", "req", "-x509"] + how + [
            "-nodes", "-days", "3", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
            "-keyout", self.home + "/tls/key.new", "-out", self.home + "/tls/cert.new"], stderr=subprocess.DEVNULL)
        os.chmod(self.home + "/tls/key.new", 0o600)
        if os.getuid() == 0:
            shutil.chown(self.home + "/tls/key.new", self.as_user or USER)
        os.rename(self.home + "/tls/key.new", self.home + "/tls/key.pem")
        os.rename(self.home + "/tls/cert.new", self.home + "/tls/cert.pem")

    def write_conf(self, **changes):
        self.args.update(changes)
        with open(self.conf, "w") as f:
            f.write(CONF.format(**self.args))

    def start(self, wait=True):
        cmd = [BIN + "/gateway", "-c", self.conf]
        if self.as_user and os.getuid() == 0:
            cmd = ["setpriv", "--reuid", self.as_user, "--regid", str(pwd.getpwnam(self.as_user).pw_gid),
                   "--clear-groups"] + cmd
        self.out = open(self.dir + "/out", "ab")
        self.proc = subprocess.Popen(cmd, stdout=self.out, stderr=self.out)
        end = time.time() + LONG
        while wait and time.time() < end:
            try:
                if self.get("/v1/ready").status == 200 and self.get("/v1/health", tls=True).status == 200:
                    return
            except OSError:
                pass
            if self.proc.poll() is not None:
                break
            time.sleep(0.05)
        if wait:
            raise RuntimeError("gateway did not start:\n" + self.log())

    def log(self):
        return open(self.dir + "/out", errors="replace").read()

    def stop(self):
        self.node.close()
        if self.proc and self.proc.poll() is None:
            self.proc.terminate()
            try:
                self.proc.wait(LONG)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                ok("gateway stops", False, "did not stop within %d s" % LONG)
        self.out.close()
        bad = [x for x in self.log().splitlines() if re.search("sandbox|gone|CHECK|Sanitizer|runtime error", x)]
        if getattr(self, "expects_kill", False):  # killed by a test, not by a fault
            bad = [x for x in bad if not re.search(r"\(hdlr: none\) gone", x)]
        ok("no crash in the log", not bad, bad[:3])
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            print(self.log()[-3000:])
        self.stop()

    def children(self):
        out = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(self.proc.pid)], capture_output=True, text=True).stdout
        return [(int(x.split()[0]), x.strip()) for x in out.splitlines()]

    def workers(self):
        return [p for p, a in self.children() if "wrk" in a]

    def metric(self, name):
        """A number of /metrics; all its rows together unless one is named."""
        text = self.get("/metrics", timeout=LONG).body.decode()
        got = re.findall(r"^sekisho_gateway_%s%s (\d+)$" % (re.escape(name), "" if "{" in name else r"(?:\{.*\})?"), text, re.M)
        return sum(int(x) for x in got)

    def reload(self, is_good=True):
        """SIGHUP, until all workers have it or the parent has said no."""
        before = self.metric("reloads_total"), self.log().count("reload refused")
        self.proc.send_signal(signal.SIGHUP)
        if is_good:
            wait_for("reload in all workers", lambda: self.metric("reloads_total") >= before[0] + len(self.workers()))
        else:
            wait_for("reload is refused", lambda: self.log().count("reload refused") > before[1])
            same("no worker has taken it", self.metric("reloads_total"), before[0])

    # -- connections

    def dial(self, tls=False, timeout=LONG, ctx=None, name="localhost", source="127.0.0.1"):
        """A connection: plain, over TLS, or with tls="bare" over TLS to what
        the plain port has."""
        port = self.bare if tls == "bare" else self.tls if tls else self.loop
        s = socket.create_connection(("127.0.0.1", port), timeout=timeout, source_address=(source, 0))
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            s = (ctx or self.ctx()).wrap_socket(s, server_hostname=name)
        return s

    def ctx(self):
        return ssl.create_default_context(cafile=self.home + "/tls/cert.pem")

    def raw(self, data, tls=False, timeout=LONG, pieces=None, half_close=False):
        """Sends bytes, reads to the end or the time-out; a Talk."""
        s = self.dial(tls, timeout)
        t = Talk()
        try:
            if pieces:
                for i in range(0, len(data), pieces):
                    s.sendall(data[i:i + pieces])
                    if pieces < 8:
                        time.sleep(0.0002)
            else:
                s.sendall(data)
            if half_close:
                s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        t.read(s)
        s.close()
        return t

    def get(self, path, tls=False, headers=(), timeout=LONG):
        return self.ask("GET", path, None, tls, headers, timeout)

    def ask(self, method, path, body=None, tls=False, headers=(), timeout=LONG, sock=None):
        s = sock or self.dial(tls, timeout)
        text = "%s %s HTTP/1.1\r\nHost: localhost\r\n" % (method, path)
        for h in headers:
            text += h + "\r\n"
        if body is not None:
            text += "Content-Length: %d\r\n" % len(body)
        s.sendall(text.encode() + b"\r\n" + (body or b""))
        r = Reply.read(Reader(s), method == "HEAD")
        if sock is None:
            s.close()
        return r

    def rpc(self, doc, tls=False, headers=(), raw=False, timeout=LONG, sock=None, path=None):
        body = doc if raw else json.dumps(doc).encode()
        hs = list(headers)
        if not any(h.lower().startswith("content-type") for h in hs):
            hs.append("Content-Type: application/json")
        return self.ask("POST", path or ("/rpc" if tls else "/"), body, tls, hs, timeout, sock)

    def auth(self, surface, password=None):
        u, p = self.users[surface]
        return basic(u, p if password is None else password)


def basic(user, password):
    if isinstance(password, str):
        password = password.encode()
    return "Authorization: Basic " + base64.b64encode(user.encode() + b":" + password).decode()


class Reader:
    def __init__(self, s):
        self.s, self.buf = s, b""

    def more(self):
        d = self.s.recv(65536)
        if not d:
            raise EOFError
        self.buf += d


class Reply:
    @staticmethod
    def read(rd, is_head=False):
        while b"\r\n\r\n" not in rd.buf:
            rd.more()
        r = Reply()
        head, rd.buf = rd.buf.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        r.status = int(lines[0].split()[1])
        r.line = lines[0]
        r.headers = [tuple(x.split(": ", 1)) for x in lines[1:]]
        n = int(r.header("content-length") or 0)
        if is_head or r.status in (204, 304) or r.status < 200:
            n = 0
        while len(rd.buf) < n:
            rd.more()
        r.body, rd.buf = rd.buf[:n], rd.buf[n:]
        return r

    def header(self, name):
        got = [v for k, v in self.headers if k.lower() == name.lower()]
        return got[0] if got else None

    @property
    def json(self):
        return json.loads(self.body)


class Talk:
    """What came back on a raw connection."""

    def __init__(self):
        self.replies, self.is_closed, self.took = [], False, 0.0

    def read(self, s):
        rd, begin = Reader(s), time.time()
        try:
            while True:
                self.replies.append(Reply.read(rd))
        except EOFError:
            self.is_closed = True
        except socket.timeout:
            pass
        except OSError:
            self.is_closed = True
        self.took = time.time() - begin
        self.rest = rd.buf

    @property
    def statuses(self):
        return [r.status for r in self.replies]


def ways(data, least):
    """How bytes are sent: plain or over TLS; whole, byte by byte, one byte in
    each record."""
    small = 1 if len(data) < least else 700
    return [(tls, pieces) for tls in (False, "bare") for pieces in (None, small)]


@case
def framing_refuses(g):
    """Reliability H1 to H8, H10, and the table of the HTTP engine."""
    for name, data, want in REFUSED:
        for tls, pieces in ways(data, 1500):
            t = g.raw(data + H + E, tls=tls, pieces=pieces)
            what = "%s (tls %s, pieces %s)" % (name, tls, pieces)
            ok(what, len(t.replies) == 1 and t.statuses[0] in want and t.is_closed,
               "%s closed=%s, want one of %s" % (t.statuses, t.is_closed, want))
            if t.replies:
                same(what + ": announces the close", t.replies[0].header("connection"), "close")


@case
def framing_answers(g):
    for name, data, want in ANSWERED:
        for tls, pieces in ways(data, 1500):
            s, what = g.dial(tls), "%s (tls %s, pieces %s)" % (name, tls, pieces)
            for i in range(0, len(data), pieces or len(data)):
                s.sendall(data[i:i + (pieces or len(data))])
            rd = Reader(s)
            try:
                r = Reply.read(rd)
                if r.status == 100 and "Expect" in name:  # byte by byte it has to ask
                    r = Reply.read(rd)
                ok(what, r.status in want, "%d %r" % (r.status, r.body[:100]))
                # the connection is in step: another request is answered
                s.sendall(H + E)
                same(what + ": the next request", Reply.read(rd).status, 200)
            except (OSError, EOFError) as e:
                ok(what, False, repr(e))
            s.close()


@case
def framing_in_a_row(g):
    """Reliability H5: answers in order, each request where its own ends."""
    for name, data, want in SEQUENCES:
        for tls, pieces in ways(data, 600):
            t = g.raw(data, tls=tls, pieces=pieces)
            got = t.statuses
            ok("%s (tls %s, pieces %s)" % (name, tls, pieces), got == want and t.is_closed,
               "%d answers, %s ..., closed %s" % (len(got), got[-4:], t.is_closed))


def tear(s, tls, how):
    """Ends the sending side in the middle of something."""
    if how == "reset":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.close()
    elif how == "goodbye" and tls:
        try:
            s.unwrap()
        except OSError:  # it has no goodbye for what is torn off
            pass
    else:
        socket.socket.shutdown(s, socket.SHUT_WR)  # under the record layer


@case
def requests_torn_off(g):
    """Half of a request and the end of the sending side, a reset, or TLS's
    goodbye: the connection is given back, and nothing was run."""
    before = len(g.node.seen)
    halves = [b"", b"P", H, H + b"A: b\r", post()[:-1], post()[:-len(CHAIN)], chunked(chunk(CHAIN))[:-2], chunked(chunk(CHAIN), last=b""),
              chunked(b"5\r\nab", last=b""), chunked(chunk(CHAIN), last=b"0\r\nA: b\r\n"), post(b"Expect: 100-continue\r\n")[:-len(CHAIN)]]
    for data in halves:
        for tls in (False, "bare"):
            for how in ("end", "reset", "goodbye"):
                s, t = g.dial(tls), Talk()
                s.sendall(data)
                tear(s, tls, how)
                if how == "end":
                    t.read(s)
                    ok("%r tls %s: ends" % (data[-20:], tls), t.is_closed and set(t.statuses) <= {100}, (t.statuses, t.is_closed))
                s.close()
    wait_for("all are given back", lambda: g.metric("connections") == 1)
    same("no half was run", [d for d in g.node.seen[before:] if not is_probe(d)], [])
    # whole ones are answered to whom has only stopped sending
    for tls in (False, "bare"):
        s = g.dial(tls)
        s.sendall(H + E + post() + H + E)
        socket.socket.shutdown(s, socket.SHUT_WR)
        rd = Reader(s)
        same("three and the end, tls %s" % tls, [Reply.read(rd).status for _ in range(3)], [200, 200, 200])
        s.close()


@case
def pipelining(g):
    t = g.raw(H + E + H + E + H + b"Connection: close\r\n\r\n")
    same("three GETs", (t.statuses, t.is_closed), ([200, 200, 200], True))
    t = g.raw(post() + H + b"Connection: close\r\n\r\n")
    same("POST then GET", t.statuses, [200, 200])
    same("POST then GET: bodies", t.replies[0].json["result"], "0x7a69")
    t = g.raw(chunked(chunk(CHAIN)) + post() + H + b"Connection: close\r\n\r\n", pieces=7)
    same("chunked, counted, GET", t.statuses, [200, 200, 200])
    t = g.raw(b"".join(post(body=json.dumps({"jsonrpc": "2.0", "id": i, "method": "eth_call", "params": [i]}).encode())
                       for i in range(200)) + H + b"Connection: close\r\n\r\n")
    same("200 calls in order", [r.json["id"] for r in t.replies[:-1]], list(range(200)))
    t = g.raw(H + E, half_close=True)
    same("half-closed client is answered", t.statuses, [200])
    t = g.raw(post(), half_close=True)
    same("half-closed client of the node is answered", (t.statuses, t.is_closed), ([200], True))
    t = g.raw(H + b"Connection: close\r\n\r\n" + H + E)
    same("nothing after close", (t.statuses, t.is_closed), ([200], True))


@case
def heads_and_versions(g):
    r = g.ask("HEAD", "/v1/health")
    same("HEAD", (r.status, r.body, r.header("content-length")), (200, b"", "15"))
    for what, status, more in (("an error", b"404", b""), ("a refusal", b"400", b"Transfer-Encoding: chunked\r\n"),
                               ("a body", b"400", b"Content-Length: 3\r\n")):
        s, data = g.dial(), b""
        s.sendall(b"HEAD /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + more + b"\r\n")
        while d := s.recv(4096):
            data += d
        ok("HEAD of %s: nothing behind the head" % what, data.startswith(b"HTTP/1.1 " + status) and
           data.endswith(b"\r\n\r\n") and data.count(b"\r\n\r\n") == 1, data)
    t = g.raw(b"GET /v1/health HTTP/1.0\r\nHost: localhost\r\n\r\n")
    same("1.0 closes", (t.statuses, t.is_closed), ([200], True))
    s = g.dial()
    for i in range(3):
        s.sendall(b"GET /v1/health HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n")
        r = Reply.read(Reader(s))
        same("1.0 keep-alive", (r.status, r.header("connection")), (200, "keep-alive"))
    s.close()


@case
def expect_continue(g):
    s = g.dial()
    head = post(b"Expect: 100-continue\r\n", body=CHAIN)[:-len(CHAIN)]
    s.sendall(head)
    rd = Reader(s)
    same("interim answer", Reply.read(rd).status, 100)
    s.sendall(CHAIN)
    same("final answer", Reply.read(rd).status, 200)
    s.close()
    t = g.raw(post(b"Expect: 100-continue\r\nContent-Length: 5000000\r\n", length=False, body=b""))
    same("too long is refused at once", (t.statuses, t.is_closed), ([413], True))
    s = g.dial(tls=True)
    s.sendall(b"POST /rpc HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 47\r\n\r\n")
    same("not asked for a body that is not wanted", Reply.read(Reader(s)).status, 401)
    s.close()


@case
def bodies_within_limits(g):
    big = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": ["x" * 1000000]}).encode()
    for name, data in (("counted", post(body=big)),
                       ("chunked", chunked(*[chunk(big[i:i + 9973]) for i in range(0, len(big), 9973)]))):
        for tls in (False, True):
            if tls:
                data = data.replace(b"POST / ", b"POST /rpc ").replace(
                    b"\r\n\r\n", b"\r\n" + g.auth("rpc").encode() + b"\r\n\r\n", 1)
            t = g.raw(data + b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", tls=tls)
            same("1 MB %s tls=%s" % (name, tls), t.statuses, [200, 200])
            ok("1 MB comes back", t.replies and len(t.replies[0].body) > 1000000)
    def refused():
        return exposition(g.get("/metrics").body.decode()).get(
            ("sekisho_gateway_refusals_total", 'surface="local",filter="size",reason="too_large"'), 0)

    over, before = b"x" * 1048577, refused()
    t = g.raw(chunked(*[chunk(over[i:i + 65536]) for i in range(0, len(over), 65536)]))
    same("chunked over the limit", (t.statuses, t.is_closed), ([413], True))
    t = g.raw(post(body=over))
    same("counted over the limit, sent whole", (t.statuses, t.is_closed), ([413], True))
    wait_for("both count as refusals of the filter", lambda: refused() == before + 2)


@case
def refused_bodies_are_read(g):
    """RFC 9112 9.6: whoever sends everything before looking at the answer, as
    http.client does, must find it. Not without end, though."""
    def send(tls, size):
        s = g.dial(tls)
        try:
            s.sendall(b"POST /rpc HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n" % (
                JSON + g.auth("rpc").encode() + b"\r\n", size))
            for _ in range(size >> 16):
                s.sendall(b"x" * 65536)
            return Reply.read(Reader(s)).status
        except OSError:
            return "cut"
        finally:
            s.close()
    for tls in (False, True):
        for size in (2 << 20, 20 << 20):
            same("%d bytes, tls=%s" % (size, tls), send(tls, size), 413)
        same("a body without an end, tls=%s" % tls, send(tls, 1 << 30), "cut")


@case
def headers_of_answers(g):
    r = g.get("/v1/health", tls=True)
    for name, want in (("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"),
                       ("strict-transport-security", "max-age=31536000"), ("cache-control", "no-store"),
                       ("server", "sekisho"), ("content-type", "application/json; charset=utf-8")):
        same("tls " + name, r.header(name), want)
    csp = dict(x.strip().split(" ", 1) for x in r.header("content-security-policy").split(";"))
    same("csp", csp, dict.fromkeys(("default-src", "base-uri", "object-src", "form-action", "frame-ancestors"), "'none'"))
    same("no HSTS on a plain listener", g.get("/v1/health").header("strict-transport-security"), None)
    ok("Date", re.match(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$", r.header("date")))
    same("own request id", g.get("/v1/health", headers=["X-Request-Id: abc-1_2.3"]).header("x-request-id"), "abc-1_2.3")
    for bad in ("a b", "a" * 65, "<x>", ""):
        ok("bad request id %r" % bad[:9], re.match("[0-9a-f]{16}$",
           g.get("/v1/health", headers=["X-Request-Id: " + bad]).header("x-request-id")))
    for path, kind in (("/nowhere", "application/json; charset=utf-8"), ("/ops/nowhere", "text/plain; charset=utf-8")):
        same("error type " + path, g.get(path).header("content-type"), kind)
    r = g.ask("PUT", "/")
    same("405 names methods", (r.status, r.header("allow")), (405, "GET, HEAD, POST"))
    same("wallet error", g.get("/v1/Eth/SendRawTransaction", True, [g.auth("wallet")]).json,
         {"meta": {"code": 10, "message": "Not Supported", "description": "method: GET, url: /v1/Eth/SendRawTransaction"}})
    r = g.get("/nowhere", True, [g.auth("wallet")])
    same("wallet path of nobody", (r.status, r.header("content-type"), r.header("content-length")),
         (404, "text/plain; charset=utf-8", "0"))


@case
def error_pages(g):
    def page(lang, path="/ops/nowhere"):
        r = g.get(path, headers=["Accept: text/html,*/*;q=0.8", "Accept-Language: " + lang, "X-Request-Id: page-1"])
        return r.status, r.header("content-type"), re.findall('lang="(..)"', r.body.decode()), "page-1" in r.body.decode()

    same("Japanese", page("ja-JP,ja;q=0.9,en;q=0.5"), (404, "text/html; charset=utf-8", ["ja"], True))
    same("English", page("en,ja;q=0.5"), (404, "text/html; charset=utf-8", ["en"], True))
    r = g.get("/ops/nowhere", headers=["Accept: text/html"])
    same("shares its window with nobody", r.header("cross-origin-opener-policy"), "same-origin")
    same("JSON-RPC stays JSON", g.get("/nowhere", headers=["Accept: text/html"]).header("content-type"),
         "application/json; charset=utf-8")
    same("a program gets a line", g.get("/ops/nowhere", headers=["Accept: */*"]).body, b"not found\n")


@case
def hosts_and_surfaces(g):
    def status(host, path="/v1/health", tls=False):
        return g.raw(b"GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" % (path.encode(), host), tls=tls).statuses
    same("rpc foreign host", status(b"evil.example"), [403])
    same("rpc rebinding name", status(b"localhost.evil.example"), [403])
    same("wallet foreign host", status(b"evil.example", tls=True), [421])
    same("any host", status(b"evil.example", "/ops/health"), [200])
    same("prefix is a segment", status(b"localhost", "/opsx"), [404])
    same("metrics on loopback", status(b"localhost", "/metrics"), [200])
    r = g.get("/rpc/metrics", True, [g.auth("rpc")])
    same("no metrics over TLS", r.status, 404)
    r = g.get("/metrics")
    ok("metrics text", b"# TYPE sekisho_gateway_requests_total counter" in r.body and
       r.header("content-type").startswith("text/plain; version=0.0.4"))


@case
def cors(g):
    mine = "https://app.example"

    def pre(origin, path="/"):
        return g.ask("OPTIONS", path, headers=["Origin: " + origin, "Access-Control-Request-Method: POST"])

    def allowed(r):
        return r.header("access-control-allow-origin")
    r = pre(mine)
    same("listed origin", (r.status, allowed(r)), (204, mine))
    for o in ("null", "https://app.example.evil", "https://app.exampl", "http://app.example", "https://APP.example", "*"):
        r = pre(o)
        same("origin %s" % o, (r.status, allowed(r)), (403, None))
        r = g.rpc(json.loads(CHAIN), headers=["Origin: " + o])
        same("call from %s" % o, (r.status, allowed(r), r.header("vary")), (200, None, "Origin"))
    r = g.rpc(json.loads(CHAIN), headers=["Origin: " + mine])
    same("call from the listed one", allowed(r), mine)
    same("where cors is not on", allowed(g.get("/ops/health", headers=["Origin: " + mine])), None)
    # refusals too, whoever gives them: else a page learns nothing of them
    g.write_conf(more="[surface once]\nserves = rpc\nat = loop /few\nhosts = localhost\nfilters = rate cors\nrate = 1/m\n"
                      "rate_burst = 1\ncors = https://app.example\nbody_max = 2048\n"
                      "[surface far]\nserves = wallet\nat = loop /far\nhosts = localhost\nfilters = net cors\n"
                      "deny = 127.0.0.0/8\ncors = https://app.example\n")
    g.reload()
    from_mine = ["Origin: " + mine, "Content-Type: application/json"]
    same("asking costs nothing", {pre(mine, "/few").status for _ in range(5)}, {204})
    r = [g.rpc(json.loads(CHAIN), headers=from_mine, path="/few") for _ in range(2)][1]
    same("too often", (r.status, allowed(r)), (429, mine))
    ok("and it may read for how long", "Retry-After" in r.header("access-control-expose-headers") and r.header("retry-after"), r.headers)
    r = g.rpc(json.loads(CHAIN), headers=["Origin: https://evil.example"], path="/few")
    same("too often, of a foreign page", (r.status, allowed(r)), (429, None))
    for what, r, status in (("not from there", g.get("/far/v1/health", headers=from_mine), 403),
                            ("no such path", g.get("/nowhere", headers=from_mine), 404),
                            ("another method", g.ask("PUT", "/", headers=from_mine), 405),
                            ("another type", g.rpc({}, headers=["Origin: " + mine, "Content-Type: text/plain"]), 415),
                            ("another host", g.raw(b"GET / HTTP/1.1\r\nHost: evil\r\nOrigin: https://app.example\r\n"
                                                   b"Connection: close\r\n\r\n").replies[0], 403),
                            ("too long a body", g.rpc(b"x" * 3000, False, from_mine, True, path="/few"), 413),
                            ("too long a chunk", g.raw(chunked(b"fffffff\r\n", extra=b"Origin: https://app.example\r\n")).replies[0], 413),
                            ("a bad chunk", g.raw(chunked(b"x\r\n", extra=b"Origin: https://app.example\r\n")).replies[0], 400)):
        same(what, (r.status, allowed(r)), (status, mine))
    g.write_conf(more="")
    g.reload()


# -- JSON-RPC

def rpc_error(r):
    return r.json["error"]["code"], r.json["id"]


@case
def rpc_letter(g):
    for ident in ('1', '"a"', 'null', '1.5', '-7', '1e3', '12345678901234567890123', '"\\u00e9\\n"', '""'):
        r = g.rpc(('{"id":%s,"jsonrpc":"2.0","method":"eth_chainId","params":[]}' % ident).encode(), raw=True)
        ok("id " + ident, r.status == 200 and b'"id":' + ident.encode() + b',' in r.body and r.json["result"] == "0x7a69", r.body)
    for name, body, want in [
        ("empty", b"", -32700), ("half", b"{", -32700), ("words", b"hello", -32700), ("two values", b"{} {}", -32700),
        ("trailing comma", b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId",}', -32700),
        ("single quotes", b"{'a':1}", -32700), ("bad UTF-8", b'{"jsonrpc":"2.0","id":1,"method":"\xff"}', -32700),
        ("lone surrogate", b'{"jsonrpc":"2.0","id":"\\ud800","method":"eth_chainId"}', -32700),
        ("control byte", b'{"jsonrpc":"2.0","id":"\n","method":"eth_chainId"}', -32700),
        ("too deep", b'{"jsonrpc":"2.0","id":1,"method":"eth_call","params":' + b"[" * 64 + b"]" * 64 + b"}", -32700),
        ("BOM", b"\xef\xbb\xbf" + CHAIN, -32700), ("NaN", b'{"jsonrpc":"2.0","id":NaN,"method":"eth_chainId"}', -32700),
        ("number", b"1", -32600), ("string", b'"x"', -32600), ("empty batch", b"[]", -32600), ("object", b"{}", -32600),
        ("id object", b'{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}', -32600),
        ("id true", b'{"jsonrpc":"2.0","id":true,"method":"eth_chainId"}', -32600),
        ("version missing", b'{"id":1,"method":"eth_chainId"}', -32600),
        ("version number", b'{"jsonrpc":2.0,"id":1,"method":"eth_chainId"}', -32600),
        ("method number", b'{"jsonrpc":"2.0","id":1,"method":1}', -32600),
        ("method twice", b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","method":"personal_sign"}', -32600),
        ("id twice", b'{"jsonrpc":"2.0","id":1,"id":2,"method":"eth_chainId"}', -32600),
        ("escaped member", b'{"jsonrpc":"2.0","id":1,"m\\u0065thod":"eth_chainId"}', -32600),
        ("params string", b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":"x"}', -32602),
        ("batch too large", b"[" + b",".join([CHAIN] * 101) + b"]", -32600),
    ]:
        before = len(g.node.seen)
        r = g.rpc(body, raw=True)
        ok("json-rpc " + name, r.status == 200 and r.json.get("error", {}).get("code") == want, r.body[:200])
        calls = [d for d in g.node.seen[before:] if d != PROBE and not is_probe(d)]
        same("json-rpc %s: nothing reaches the node" % name, calls, [])


PROBE = None


def is_ping(doc):
    """Whether the gateway asks if a node is alive that owes it a block."""
    return isinstance(doc, dict) and doc["method"] == "net_version"


def is_probe(doc):
    """Whether the gateway asks for itself."""
    return is_ping(doc) or isinstance(doc, dict) and (
        doc["method"] == "eth_blockNumber" or (doc["method"] == "eth_getBlockByNumber" and doc["params"] == ["latest", False]))


# What signs with the node's keys: on the node's own socket alone.
WITH_KEYS = ("eth_sign", "eth_signTransaction", "eth_sendTransaction", "eth_signTypedData_v4", "personal_listAccounts",
             "personal_newAccount", "personal_unlockAccount", "personal_lockAccount", "personal_sign",
             "personal_sendTransaction", "personal_ecRecover", "personal_importRawKey")


@case
def rpc_keys_stay_at_the_node(g):
    """One by one and in a batch, nothing of it reaches the node."""
    before = len(g.node.seen)
    docs = [{"jsonrpc": "2.0", "id": i, "method": m, "params": []} for i, m in enumerate(WITH_KEYS)]
    for doc in docs:
        same(doc["method"], rpc_error(g.rpc(doc)), (-32601, doc["id"]))
    r = g.rpc(docs[:6])
    same("batch", [a["error"]["code"] for a in r.json], [-32601] * 6)
    r = g.rpc(docs[6:])
    same("batch", [a["error"]["code"] for a in r.json], [-32601] * 6)
    same("the node saw none", [d for d in g.node.seen[before:] if not is_probe(d)], [])


@case
def rpc_methods(g):
    for m in ("admin_peers", "debug_setHead", "debug_traceCall", "debug_traceTransaction",
              "debug_traceBlockByNumber", "debug_traceBlockByHash", "miner_start", "clique_propose",
              "Eth_chainId", "eth_chainId ", " eth_chainId", "eth_chainId\\u0000", "eth_ch\\u0061inId",
              "eth_subscribe", "rpc_modules", "txpool_content", "eth_chainid", ""):
        before = len(g.node.seen)
        r = g.rpc(('{"jsonrpc":"2.0","id":7,"method":"%s","params":[]}' % m).encode(), raw=True)
        same("method %r" % m, (r.status,) + rpc_error(r), (200, -32601, 7))
        same("method %r does not reach the node" % m, [d for d in g.node.seen[before:] if not is_probe(d)], [])
    r = g.rpc({"jsonrpc": "2.0", "id": 7, "method": "x" * 500})
    same("long method", rpc_error(r), (-32600, 7))
    for t in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", ""):
        r = g.rpc(json.loads(CHAIN), headers=["Content-Type: " + t])
        same("type %r" % t, r.status, 415)
        ok("type %r: JSON error" % t, "error" in r.json)
    for t in ("application/json", "Application/JSON; charset=utf-8", "application/json;x=y"):
        same("type %r" % t, g.rpc(json.loads(CHAIN), headers=["Content-Type: " + t]).status, 200)
    r = g.rpc({"jsonrpc": "2.0", "id": 3, "method": "eth_getBalance", "params": []})
    same("error passes", r.json, {"jsonrpc": "2.0", "id": 3, "error": {"code": -32000, "message": 'no such "thing"'}})
    weird = {"a": ["\"[{", "}]\\", "\u00e9", {"b": "\\\""}], "c": 1.5e10}
    same("params pass unchanged", g.rpc({"jsonrpc": "2.0", "id": 3, "method": "eth_call", "params": weird}).json["result"], weird)
    doc = [d for d in g.node.seen if not is_probe(d)][-1]
    same("the node sees a clean call", sorted(doc), ["id", "jsonrpc", "method", "params"])
    ok("the node sees our id", doc["id"] != 3)
    r = g.rpc({"jsonrpc": "2.0", "method": "eth_chainId"})
    same("notification", (r.status, r.body), (204, b""))
    same("GET", g.get("/").status, 405)


@case
def rpc_batches(g):
    def call(i, m="eth_call", p=None):
        return {"jsonrpc": "2.0", "id": i, "method": m, "params": [i] if p is None else p}
    r = g.rpc([call(i) for i in range(100)])
    same("100 in order", [(x["id"], x["result"]) for x in r.json], [(i, [i]) for i in range(100)])
    r = g.rpc([call(1), call(2, "personal_sign"), 1, {"jsonrpc": "2.0", "method": "eth_chainId"}, call("x"), []])
    same("mixed", [(x["id"], x.get("error", {}).get("code")) for x in r.json],
         [(1, None), (2, -32601), (None, -32600), ("x", None), (None, -32600)])
    r = g.rpc([call(1, "personal_sign"), call(2, "admin_peers")])
    same("none allowed", [x["error"]["code"] for x in r.json], [-32601, -32601])
    same("only notifications", g.rpc([{"jsonrpc": "2.0", "method": "eth_chainId"}] * 3).status, 204)
    r = g.rpc([call(1)])
    same("batch of one", r.json, [{"jsonrpc": "2.0", "id": 1, "result": [1]}])
    r = g.rpc([call(i, "eth_getLogs", [900000]) for i in range(14)])
    codes = [x.get("error", {}).get("code") for x in r.json]
    ok("answer of a batch is bounded", len(r.body) <= 10 * 1024 * 1024 and codes[0] is None and codes[-1] == -32003, codes)
    r = g.rpc(call(1, "eth_getLogs", [5000000]))
    same("long answer", len(r.json["result"]), 5000000)
    r = g.rpc(call(1, "eth_getLogs", [5000000]), tls=True, headers=[g.auth("rpc")])
    same("long answer over TLS", len(r.json["result"]), 5000000)


@case
def node_gone_and_back(g):
    def is_ready():
        return all(g.get("/v1/ready").status == 200 for _ in range(8))
    g.node.gate = threading.Event()
    r = g.rpc(json.loads(CHAIN))
    same("slow node", (r.status, r.json["error"]["code"], r.json["id"]), (503, -32002, 1))
    g.node.gate.set()
    wait_for("slow node recovers", lambda: g.rpc(json.loads(CHAIN)).status == 200)
    g.node.close()
    wait_for("not ready", lambda: g.get("/v1/ready").status == 503)
    for _ in range(5):
        r = g.rpc(json.loads(CHAIN))
        same("node gone", (r.status, r.json["error"]["code"], r.json["id"], r.header("retry-after")), (503, -32002, 1, "1"))
    r = g.rpc([json.loads(CHAIN)])
    same("node gone, batch", (r.status, r.json[0]["error"]["code"]), (503, -32002))
    same("still healthy", g.get("/v1/health").status, 200)
    g.node = Node(g.home + "/run/gw/rpc.sock")
    wait_for("back", is_ready)
    same("and answers", {g.rpc(json.loads(CHAIN)).status for _ in range(10)}, {200})
    # the node dies with calls in flight: they end by that, not by their time
    g.write_conf(node_time="10m", limits="work = 10m\n")
    g.reload()
    g.node.mute = True
    before, out = len(g.node.seen), []
    ts = [threading.Thread(target=lambda: out.append(g.rpc(json.loads(CHAIN)))) for _ in range(8)]
    for t in ts:
        t.start()
    wait_for("calls in flight", lambda: len([d for d in g.node.seen[before:] if not is_probe(d)]) == 8)
    g.node.close()
    for t in ts:
        t.join()
    same("calls in flight fail at once", {(r.status, r.json["error"]["message"]) for r in out}, {(503, "not available now")})
    g.node = Node(g.home + "/run/gw/rpc.sock")
    wait_for("back again", is_ready)
    # a client that leaves does not disturb the next answers
    g.node.gate = threading.Event()
    before = len(g.node.seen)
    for _ in range(10):
        s = g.dial()
        s.sendall(post())
        s.close()
    wait_for("calls of those who left", lambda: len(g.node.seen) > before)
    g.node.gate.set()
    wait_for("all of them end", lambda: g.metric("requests_open") == 1)
    r = [g.rpc({"jsonrpc": "2.0", "id": i, "method": "eth_call", "params": [i]}).json for i in range(20)]
    same("answers belong to their calls", [(x["id"], x["result"]) for x in r], [(i, [i]) for i in range(20)])
    g.write_conf(node_time="1500ms", limits="")
    g.reload()


@case
def node_that_is_busy_is_not_gone(g):
    """All that takes a reader waits, the gateway's own probes too, longer than they may; what was asked for goes on."""
    g.write_conf(node_time="10m", limits="work = 10m\n")
    g.reload()
    out, failed = [], g.metric("node_calls_failed_total")
    g.node.busy, g.node.gate = True, threading.Event()
    before = len(g.node.seen)
    ts = [threading.Thread(target=lambda: out.append(g.rpc(json.loads(CHAIN)))) for _ in range(8)]

    def calls():
        return len([d for d in g.node.seen[before:] if not is_probe(d)])
    for t in ts[:-1]:
        t.start()
    wait_for("calls in flight", lambda: calls() == 7)
    wait_for("every worker's probes had no answer", lambda: g.metric("node_calls_failed_total") >= failed + 8)
    ts[-1].start()
    wait_for("another one is sent", lambda: calls() == 8)
    same("none has ended", out, [])
    g.node.busy = False
    g.node.gate.set()
    for t in ts:
        t.join()
    same("all are answered", [r.status for r in out], [200] * 8)
    g.write_conf(node_time="1500ms", limits="")
    g.reload()


# -- passwords

@case
def passwords(g):
    user, password = g.users["wallet"]
    for m in ("GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
        for path in ("/", "/v1/Eth/TransactionCount/0x0", "/nowhere", "/rpc", "/rpc/", "/RPC", "/v1/health/x"):
            r = g.ask(m, path, tls=True)
            ok("%s %s without password" % (m, path), r.status == 401 and
               re.match(r'Basic realm="[^"]+", charset="UTF-8"$', r.header("www-authenticate") or ""),
               "%d %s" % (r.status, r.headers))
    same("realm", g.get("/", True).header("www-authenticate"), 'Basic realm="wallet realm", charset="UTF-8"')
    r = g.get("/nowhere", True, [g.auth("wallet")])
    same("right password", r.status, 404)
    before = g.metric("password_checks_total")
    for _ in range(50):
        g.get("/nowhere", True, [g.auth("wallet")])
    hashed = g.metric("password_checks_total") - before
    ok("remembered by each worker", hashed < len(g.workers()), "%d of 50 were hashed" % hashed)
    same("UTF-8 name and colon in the password", g.rpc(json.loads(CHAIN), True, [g.auth("rpc")]).status, 200)
    same("of another surface", g.rpc(json.loads(CHAIN), True, [g.auth("wallet")]).status, 401)
    wrong = [password + "\0", password + " ", " " + password, password + "\n", password.upper(), password[:-1],
             password + "x", "", "x" * 200]
    first = None
    for p in wrong:
        r = g.get("/nowhere", True, [g.auth("wallet", p)])
        same("password %r" % p[-12:], r.status, 401)
        shape = [(k, v) for k, v in r.headers if k not in ("X-Request-Id", "Date")], r.body
        first = first or shape
        ok("same answer for %r" % p[-12:], shape == first)
    shape = g.get("/nowhere", True, [basic("nobody here", password)])
    same("unknown user: same answer", ([(k, v) for k, v in shape.headers if k not in ("X-Request-Id", "Date")], shape.body), first)
    good = base64.b64encode(("%s:%s" % (user, password)).encode()).decode()
    for h in ("Basic", "Basic ", "Basic !!!", "Basic " + good[:-1], "Basic " + good + "=", "Bearer " + good, good,
              "Basic " + base64.b64encode(user.encode()).decode(), "Basic" + good, "Basic\t" + good):
        same("header %r" % h[:20], g.get("/nowhere", True, ["Authorization: " + h]).status, 401)
    same("scheme in any case", g.get("/nowhere", True, ["authorization: bAsIc " + good]).status, 404)
    same("cookie is no password", g.get("/nowhere", True, ["Cookie: Authorization=Basic " + good]).status, 401)
    s = g.dial(tls=True)
    body = b"x" * 1000
    r = g.ask("POST", "/rpc", body, headers=["Content-Type: application/json"], sock=s)
    same("401 reads the body away", r.status, 401)
    r = g.rpc(json.loads(CHAIN), headers=[g.auth("rpc")], sock=s, path="/rpc")
    same("and the connection goes on", r.status, 200)
    s.close()
    same("open route", g.get("/v1/health", True).status, 200)


@case
def passwords_do_not_block(g):
    """Reliability A4, A6. Guessing from one address, with as many tries under
    way as the queue takes and more: requests that need no check are answered
    while checks wait, nobody is kept out, and what is too much gets a 503."""
    def refused(why):
        return g.metric('password_checks_refused_total{why="%s"}' % why)
    known = g.dial(True)
    same("one who has logged in", g.ask("GET", "/nowhere", headers=[g.auth("wallet")], sock=known).status, 404)
    shed, stop, got = refused("address"), threading.Event(), []

    def guess(i):
        n = 0
        while not stop.is_set():
            n += 1
            try:
                got.append(g.get("/", True, [g.auth("wallet", "wrong %d %d" % (i, n))]).status)
            except (OSError, EOFError):
                pass
    ts = [threading.Thread(target=guess, args=(i,)) for i in range(40)]
    for t in ts:
        t.start()
    try:
        wait_for("the share of an address is used up", lambda: refused("address") > shed)
        while_guessing(g, known, got)
    finally:
        stop.set()
        for t in ts:
            t.join()
    same("the queue was never full", refused("full"), 0)
    ok("guesses are refused or shed", set(got) == {401, 503}, set(got))
    wait_for("nothing waits any more", lambda: g.metric("password_checks_waiting") == 0)


def while_guessing(g, known, got):
    def hashed():
        return g.metric("password_checks_total") - begin
    # between two checks that end, a loop that hashes itself answers once
    s, answers, begin, seen = g.dial(), 0, 0, set()
    rd, begin = Reader(s), hashed()
    while hashed() < 8:
        for _ in range(20):
            s.sendall(H + E)
            seen.add(("open route", Reply.read(rd).status))
        answers += 20
        seen.add(("checks wait", g.metric("password_checks_waiting") > 0))
        seen.add(("known", g.ask("GET", "/nowhere", headers=[g.auth("wallet")], sock=known).status))
    n = hashed()
    same("meanwhile others are answered", seen, {("open route", 200), ("checks wait", True), ("known", 404)})
    ok("answers while passwords were hashed", answers >= 4 * n, "%d answers, %d hashed" % (answers, n))
    # the right password from elsewhere, at the first try
    before = len(got)
    newcomer = g.dial(True, source="127.0.0.2")
    same("another address gets its check", g.ask("GET", "/nowhere", headers=[basic("other", "another password")], sock=newcomer).status, 404)
    ok("guessing went on meanwhile", g.metric("password_checks_waiting") > 0 and len(got) > before)


def hash_cpu_ms(g):
    """Processor time of all threads but the event loops."""
    total = 0
    for w in g.workers():
        for task in os.listdir("/proc/%d/task" % w):
            if int(task) != w:
                total += int(open("/proc/%d/task/%s/schedstat" % (w, task)).read().split()[0])
    return total / 1e6


@case
def unknown_users_cost_as_much(g):
    """Reliability A3, in processor time: wall time is the machine's load."""
    cost = {"known": 0.0, "unknown": 0.0}
    for i in range(6):
        for kind, user in (("known", g.users["wallet"][0]), ("unknown", "nobody here")):
            before = hash_cpu_ms(g)
            same("wrong password", g.get("/", True, [basic(user, "wrong password %d" % i)]).status, 401)
            cost[kind] += hash_cpu_ms(g) - before
    ok("unknown users cost as much", abs(cost["known"] - cost["unknown"]) < 0.3 * max(cost.values()), cost)


# -- TLS

@case
def tls_versions(g):
    for version, good in ((ssl.TLSVersion.TLSv1, False), (ssl.TLSVersion.TLSv1_1, False),
                          (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
        ctx = g.ctx()
        ctx.set_ciphers("ALL:@SECLEVEL=0")
        ctx.minimum_version = ctx.maximum_version = version
        try:
            s = g.dial(True, ctx=ctx)
            s.sendall(H + E)
            same(version.name, Reply.read(Reader(s)).status, 200 if good else None)
            s.close()
        except (ssl.SSLError, ConnectionError) as e:
            ok(version.name, not good, e)
    for ciphers in ("AES128-GCM-SHA256", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA256",
                    "ECDHE-ECDSA-CAMELLIA128-SHA256", "NULL", "aNULL"):
        ctx = g.ctx()
        ctx.maximum_version = ssl.TLSVersion.TLSv1_2
        ctx.set_ciphers(ciphers + ":@SECLEVEL=0")
        try:
            g.dial(True, ctx=ctx).close()
            ok("cipher " + ciphers, False, "accepted")
        except (ssl.SSLError, ConnectionError):
            ok("cipher " + ciphers, True)
    ctx = g.ctx()
    ctx.set_alpn_protocols(["h2", "http/1.1"])
    same("ALPN", g.dial(True, ctx=ctx).selected_alpn_protocol(), "http/1.1")
    ctx = g.ctx()
    ctx.set_alpn_protocols(["h2"])
    try:
        g.dial(True, ctx=ctx)
        ok("ALPN h2 only", False, "accepted")
    except (ssl.SSLError, ConnectionError):
        ok("ALPN h2 only", True)
    # tickets are good in every worker
    ctx = g.ctx()
    ctx.maximum_version = ssl.TLSVersion.TLSv1_2
    first = g.dial(True, ctx=ctx)
    reused = 0
    for _ in range(20):
        s = ctx.wrap_socket(socket.create_connection(("127.0.0.1", g.tls)), server_hostname="localhost", session=first.session)
        reused += s.session_reused
        s.close()
    same("20 resumptions over all workers", reused, 20)
    s = socket.create_connection(("127.0.0.1", g.tls), timeout=LONG)
    s.sendall(H + E)
    try:
        data = s.recv(4096)
    except ConnectionError:
        data = b""
    ok("plain HTTP on the TLS port", b"HTTP/1.1 200" not in data, data)


def libssl():
    lib = ctypes.CDLL("libssl.so.3")
    for name in ("TLS_client_method", "SSL_CTX_new", "SSL_new"):
        getattr(lib, name).restype = ctypes.c_void_p
    return lib


class RawTls:
    """TLS by the library itself: what ssl does not let one send."""

    def __init__(self, g, version=None):
        self.lib = libssl()
        self.ctx = ctypes.c_void_p(self.lib.SSL_CTX_new(ctypes.c_void_p(self.lib.TLS_client_method())))
        if version:
            for most in (123, 124):  # SSL_CTRL_SET_MIN_PROTO_VERSION, ..._MAX_...
                self.lib.SSL_CTX_ctrl(self.ctx, most, version, None)
        self.ssl = ctypes.c_void_p(self.lib.SSL_new(self.ctx))
        self.sock = socket.create_connection(("127.0.0.1", g.tls))  # blocking
        self.lib.SSL_set_fd(self.ssl, self.sock.fileno())
        same("TLS by hand", self.lib.SSL_connect(self.ssl), 1)

    def key_updates(self, most):
        """Sends nothing but key updates; how many before it was cut off."""
        for n in range(most):
            self.lib.SSL_key_update(self.ssl, 0)
            if self.lib.SSL_do_handshake(self.ssl) != 1:
                return n
        return most

    def renegotiates(self):
        """True when the server took part, asked on the open connection."""
        if self.lib.SSL_renegotiate(self.ssl) != 1 or self.lib.SSL_do_handshake(self.ssl) != 1:
            return False
        return self.ask(H + E).startswith(b"HTTP/1.1 200") and self.lib.SSL_renegotiate_pending(self.ssl) == 0

    def ask(self, data):
        room = ctypes.create_string_buffer(65536)
        self.lib.SSL_write(self.ssl, data, len(data))
        n = self.lib.SSL_read(self.ssl, room, len(room))
        return room.raw[:max(n, 0)]

    def close(self):
        self.lib.SSL_free(self.ssl)
        self.lib.SSL_CTX_free(self.ctx)
        self.sock.close()


@case
def tls_offers_nothing_more(g):
    """Reliability H13: no renegotiation, no compression, no early data."""
    c = RawTls(g, version=0x0303)
    ok("no renegotiation", not c.renegotiates())
    c.close()
    same("served after it", g.get("/v1/health", True).status, 200)
    c = RawTls(g, version=0x0304)
    ok("TLS 1.3 answers", c.ask(H + E).startswith(b"HTTP/1.1 200"))  # and has sent its tickets
    c.lib.SSL_get1_session.restype = ctypes.c_void_p
    session = ctypes.c_void_p(c.lib.SSL_get1_session(c.ssl))
    same("a ticket came", c.lib.SSL_SESSION_has_ticket(session), 1)
    same("it allows no early data", c.lib.SSL_SESSION_get_max_early_data(session), 0)
    same("no compression", c.lib.SSL_SESSION_get_compress_id(session), 0)
    c.lib.SSL_SESSION_free(session)
    c.close()


@case
def tls_records_without_data(g):
    """OpenSSL reads key updates in one call for as long as they come: two
    such clients held an event loop until they stopped."""
    c = RawTls(g)
    same("a few are fine", c.key_updates(10), 10)
    ok("and the connection goes on", c.ask(H + E).startswith(b"HTTP/1.1 200"))
    c.close()
    before = g.metric("tls_floods_total")
    for _ in range(4):
        c = RawTls(g)
        n = c.key_updates(1000000)
        ok("a flood is cut off", n < 1000000, n)
        c.close()
    same("and counted", g.metric("tls_floods_total") - before, 4)
    same("others are served", g.get("/v1/health", True).status, 200)


@case
def certificate_rotation(g):
    def now():
        return ssl.get_server_certificate(("127.0.0.1", g.tls))

    def rotate(line):
        n = g.log().count(line)
        g.proc.send_signal(signal.SIGUSR1)
        wait_for("log says: " + line, lambda: g.log().count(line) > n)
    before = now()
    keep = g.dial(True)
    g.new_pair("rsa")
    rotate("certificate reloaded")
    wait_for("new certificate in every worker", lambda: before not in [now() for _ in range(8)])
    for v in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        ctx = g.ctx()
        ctx.minimum_version = ctx.maximum_version = v
        s = g.dial(True, ctx=ctx)
        s.sendall(H + E)
        same("RSA " + v.name, Reply.read(Reader(s)).status, 200)
    keep.sendall(H + E)
    same("old connections go on", Reply.read(Reader(keep)).status, 200)
    want = now()
    for name, how in (("no certificate", lambda: g.put("tls/cert.pem", "rubbish\n")),
                      ("key of another", lambda: (g.new_pair("ec"), shutil.copy(g.home + "/tls/cert.pem", g.dir + "/c"),
                                                  g.new_pair("ec"), shutil.copy(g.dir + "/c", g.home + "/tls/cert.pem")))):
        how()
        rotate("certificate refused")
        same("%s: refused" % name, {now() for _ in range(8)}, {want})
    # SIGHUP is for other things too: the one in force is left alone
    g.new_pair("ec")
    same("it stays until somebody asks", {now() for _ in range(8)}, {want})
    rotate("certificate reloaded")
    for changed in (False, True, False):
        if changed:
            g.new_pair("ec")
        n = g.log().count("certificate reloaded")
        for _ in range(3):  # the parent is done with one before it begins the next
            g.reload()
        if changed:
            wait_for("a new one is taken at SIGHUP", lambda: g.log().count("certificate reloaded") > n)
        same("once, or not at all", g.log().count("certificate reloaded"), n + changed)
    wait_for("and back", lambda: want not in [now() for _ in range(8)])
    same("with the new key", g.get("/v1/health", True).status, 200)


# -- reload, logs, processes

@case
def reload(g):
    surface = "[surface more]\nserves = ops\nat = loop /more\nhosts = *\n"
    same("its path is not there before", g.get("/more/health").status, 404)
    g.write_conf(more=surface)
    g.reload()
    same("a new surface", {g.get("/more/health").status for _ in range(10)}, {200})
    g.write_conf(more=surface + "[surface broken]\nserves = nothing\n")
    g.reload(is_good=False)
    same("a broken one is refused", {g.get("/more/health").status for _ in range(10)}, {200})
    ok("and explained", re.search(r"gateway\.conf:\d+: serves: .nothing. is none of: wallet rpc ops", g.log()), g.log()[-500:])
    os.unlink(g.conf)
    g.reload(is_good=False)
    same("a missing one is refused", {g.get("/more/health").status for _ in range(10)}, {200})
    port = free_port()
    g.write_conf(more="[listener third]\naddress = 127.0.0.1:%d\ntls = no\n" % port)
    g.reload(is_good=False)
    same("a new listener waits for a restart", {g.get("/more/health").status for _ in range(10)}, {200})
    ok("and says so", "a restart is needed for setting=listener" in g.log())
    # passwords are read again, remembered ones forgotten
    same("old password", g.get("/nowhere", True, [g.auth("wallet")]).status, 404)
    keep = g.dial(True)
    same("old password, open connection", g.ask("GET", "/nowhere", headers=[g.auth("wallet")], sock=keep).status, 404)
    g.put("secrets/wallet.users", scrypt_line("ann", "a new password"), 0o600)
    g.write_conf(more="")
    g.reload()
    same("old password is out", g.get("/nowhere", True, [g.auth("wallet")]).status, 401)
    same("also where it was shown before", g.ask("GET", "/nowhere", headers=[g.auth("wallet")], sock=keep).status, 401)
    same("new password is in", g.get("/nowhere", True, [g.auth("wallet", "a new password")]).status, 404)
    same("the surface is gone again", g.get("/more/health").status, 404)
    # as the cases behind this one know it
    g.put("secrets/wallet.users", scrypt_line("ann", g.users["wallet"][1]) + scrypt_line("other", "another password"), 0o600)
    g.reload()


def log_lines(g):
    """All that is in the access log; half of a line is not yet."""
    while True:
        try:
            return [json.loads(line) for f in sorted(glob.glob(g.home + "/log/access.log*"))
                    for line in open(f, "rb") if line.endswith(b"\n")]
        except FileNotFoundError:
            pass  # its name was taken by rotation after it was listed


@case
def shadow(g):
    def surface(name):
        return "[surface dark]\nserves = ops\nat = loop /dark\nhosts = *\nfilters = net\n%sdeny = 127.0.0.0/8\n" % name

    def lines(marker):
        return wait_for("the line of " + marker, lambda: [x for x in log_lines(g) if x["req"] == marker])

    g.write_conf(more=surface(""))
    g.reload()
    same("refused", g.get("/dark/health", headers=["X-Request-Id: lit-1"]).status, 403)
    same("and named", [(x["status"], x["cause"], x["filter"]) for x in lines("lit-1")], [(403, "forbidden", "net:denied")])
    g.write_conf(more=surface("shadow = net\n"))
    g.reload()
    same("let through", g.get("/dark/health", headers=["X-Request-Id: dark-1"]).status, 200)
    same("and named all the same", [(x["status"], x.get("cause"), x.get("filter"), x["shadow"]) for x in lines("dark-1")],
         [(200, None, None, ["net:denied"])])
    # a body above the limit of its surface, but not above the program's own
    body = "[surface wide]\nserves = rpc\nat = loop /wide\nhosts = localhost\nbody_max = 1K\n%s"
    call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": ["x" * 4000]}).encode()
    pieces = [chunk(call[i:i + 997]) for i in range(0, len(call), 997)]
    for shadow, status in (("", 413), ("shadow = size\n", 200)):
        g.write_conf(more=body % shadow)
        g.reload()
        for how, data in (("counted", post(body=call)), ("chunked", chunked(*pieces))):
            marker = "size-%d-%s" % (status, how)
            t = g.raw(data.replace(b"POST / ", b"POST /wide ").replace(
                b"\r\n\r\n", b"\r\nX-Request-Id: %s\r\nConnection: close\r\n\r\n" % marker.encode(), 1))
            same(marker, t.statuses, [status])
            same("is told", [(x.get("filter"), x.get("shadow")) for x in lines(marker)],
                 [(None, ["size:too_large"]) if shadow else ("size:too_large", None)])
    t = g.raw(b"POST /wide HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8388609\r\n%s"
              b"X-Request-Id: size-hard\r\nExpect: 100-continue\r\n\r\n" % JSON)
    same("the program's own bound stands, and nothing is read", (t.statuses, t.is_closed), ([413], True))
    same("which is told too", [(x.get("filter"), x["cause"], x["shadow"]) for x in lines("size-hard")],
         [(None, "too_large", ["size:too_large"])])
    g.write_conf(more="")
    g.reload()


@case
def shadow_of_passwords(g):
    """A trial of filter basic: everybody is served, wrong tries count, and
    nobody is made to wait for them, here or at another surface."""
    surface = "[surface dim]\nserves = rpc\nat = tls /dim\nhosts = localhost\nfilters = basic\nusers = secrets/wallet.users\nshadow = basic\n"
    chain = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}).encode()

    def call(marker, *headers, path="/dim"):
        r = g.ask("POST", path, chain, True, ["Content-Type: application/json", "X-Request-Id: " + marker, *headers])
        line = wait_for("the line of " + marker, lambda: [x for x in log_lines(g) if x["req"] == marker])[0]
        return r, (r.status, line.get("user"), line.get("shadow"), line.get("filter"))

    g.write_conf(more=surface, wrong=(3, 5), limits="wrong_pause = 60s\nremember = 0s")
    g.reload()
    ok("the log warns of it", "warning: surface dim is open: basic is in shadow" in g.log(), g.log()[-500:])
    checks = g.metric("password_checks_total")
    r, got = call("dim-none")
    same("no password", got, (200, None, ["basic:missing"], None))
    ok("and none is asked for", r.header("www-authenticate") is None)
    same("something else", call("dim-else", "Authorization: Bearer x")[1], (200, None, ["basic:unreadable"], None))
    same("the right one", call("dim-right", g.auth("wallet"))[1], (200, "ann", None, None))
    same("that of another surface", call("dim-other", g.auth("rpc"))[1], (200, None, ["basic:wrong"], None))
    # tries are forgotten in time: a slow machine has one more now and then
    wrong = names = 0
    r, got = call("dim-wrong", basic("ann", "wrong"))
    while got == (200, None, ["basic:wrong"], None) and wrong < 20:
        wrong += 1
        r, got = call("dim-wrong-%d" % wrong, basic("ann", "wrong %d" % wrong))
    ok("three wrong ones are looked at", 3 <= wrong < 20, wrong)
    same("all were checked", g.metric("password_checks_total") - checks, 2 + wrong)
    same("then they are not looked at", got, (200, None, ["basic:too_many"], None))
    ok("which nobody is told", r.header("retry-after") is None)
    same("nor is the right one", call("dim-guess", g.auth("wallet"))[1], (200, None, ["basic:too_many"], None))
    while call("dim-name-%d" % names, basic("name %d" % names, "wrong"))[1][2] == ["basic:wrong"] and names < 20:
        names += 1
    same("nor whoever comes from there", call("dim-address", basic("other", "another password"))[1],
         (200, None, ["basic:too_many"], None))
    same("no check was made", g.metric("password_checks_total") - checks, 2 + wrong + names)
    same("another surface has not heard of it", call("dim-lit", g.auth("rpc"), path="/rpc")[1], (200, g.users["rpc"][0], None, None))
    told = g.ask("POST", "/v1/explain", urllib.parse.urlencode(
        {"method": "POST", "url": "/dim", "surface": "dim", "data": "{}"}).encode()).json
    same("explained", ([(x["verdict"], x["reason"]) for x in told["filters"] if x["filter"] == "basic"], told["outcome"]),
         ([("shadow", "missing")], "served"))
    told = g.ask("POST", "/v1/explain", urllib.parse.urlencode(
        {"method": "POST", "url": "/dim", "surface": "dim", "data": "{}", "from": "127.0.0.9",
         "header": basic("ann", "x")}).encode()).json
    same("nothing depends on a password", ([x["verdict"] for x in told["filters"] if x["filter"] == "basic"], told["outcome"]),
         (["asks"], "served"))
    said = exposition(g.get("/metrics").body.decode())
    same("all counted by rule", {rule: said.get(("sekisho_gateway_shadow_refusals_total", 'surface="dim",filter="basic",reason="%s"' % rule))
                                 for rule in ("missing", "unreadable", "wrong")}, {"missing": 1, "unreadable": 1, "wrong": 1 + wrong + names})
    g.write_conf(more=surface.replace("serves = rpc", "serves = ops").replace("/dim", "/dim").replace("at = tls", "at = out") +
                 "[listener out]\naddress = 0.0.0.0:%d\n" % free_port())
    g.reload(is_good=False)
    ok("it keeps nobody from what operators need", "surface dim: what serves ops on listener out needs" in g.log(), g.log()[-800:])
    g.write_conf(more="", wrong=(0, 0), limits="")
    g.reload()


@case
def decoding(g):
    """What has no one reading is refused, whatever route it is for; in shadow
    the route answers, from what is left, and the SQL screen looks on."""
    surface = "[surface dec]\nserves = wallet\nat = loop /dec\nhosts = *\nfilters = sqli\n"
    form, parts = b"application/x-www-form-urlencoded", b"multipart/form-data; boundary=b"

    def send(target, marker, extra=b"", type=None, body=b""):
        head = b"Content-Type: %s\r\nContent-Length: %d\r\n" % (type, len(body)) if type else b""
        t = g.raw(b"%s /dec%s HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: %s\r\nConnection: close\r\n%s%s\r\n%s" % (
            b"POST" if type else b"GET", target, marker.encode(), extra, head, body))
        line = wait_for("the line of " + marker, lambda: [x for x in log_lines(g) if x["req"] == marker])[0]
        same(marker + " has one answer", len(t.replies), 1)
        return t.replies[0], line.get("filter"), line.get("shadow")

    # where, target, header, media type, body; status and text of the route
    rows = [
        ("query", b"/v1/RequiredVersion?platform=%zz", b"", None, b"", 400, b"null value not allowed"),
        ("query", b"/v1/RequiredVersion?platform=ios&x=%00", b"", None, b"", 400, b"null value not allowed"),
        ("query", b"/?a=%ff", b"", None, b"", 200, b""),
        ("query", b"/?" + b"&".join([b"a"] * 1025), b"", None, b"", 200, b""),
        ("cookie", b"/v1/RequiredVersion?platform=ios", b"Cookie: a=1; b=\xff\r\n", None, b"", 200, b"required_version"),
        ("form", b"/v1/Eth/SendRawTransaction", b"", form, b"a=1&b=%u0027", 400, b"Invalid Parameter"),
        ("form", b"/v1/Eth/SendRawTransaction", b"", parts, b"--b\r\nno header", 400, b"Invalid Parameter"),
        ("form", b"/v1/Eth/SendRawTransaction", b"", b"multipart/form-data", b"x", 400, b"Invalid Parameter"),
    ]
    for mode, shadow in (("on", ""), ("dark", "shadow = decode\n")):
        g.write_conf(more=surface + shadow)
        g.reload()
        for n, (where, target, extra, type, body, status, text) in enumerate(rows):
            r, filter, dark = send(target, "decode-%s-%d" % (mode, n), extra, type, body)
            if shadow:
                same("the route answers %d itself" % n, (r.status, text in r.body, filter, dark),
                     (status, True, None, ["decode:" + where]))
            else:
                same("refused %d" % n, (r.status, r.json["meta"]["code"], filter, dark), (400, 88, "decode:" + where, None))
        attack = send(b"/?a=%zz&b=1%27%20union%20select%20secret%20from%20t--", "decode-%s-sql" % mode)
        same("the screen looks at what is there", (attack[0].status, *attack[1:]),
             (403, "sqli:query", ["decode:query"]) if shadow else (400, "decode:query", None))
        attack = send(b"/", "decode-%s-part" % mode, b"", parts, b"1' union select secret from t--")
        same("no route has it: the path is judged first", attack[0].status, 404)
        attack = send(b"/v1/Eth/SendRawTransaction", "decode-%s-body" % mode, b"", parts, b"1' union select secret from t--")
        same("and at a body that can not be taken apart", (attack[0].status, *attack[1:]),
             (403, "sqli:file", ["decode:form"]) if shadow else (400, "decode:form", None))
    said = exposition(g.get("/metrics").body.decode())
    same("all counted by rule", [said.get(("sekisho_gateway_%srefusals_total" % kind, 'surface="dec",filter="decode",reason="%s"' % where))
                                 for kind in ("", "shadow_") for where in ("query", "cookie", "form")], [5, 1, 4] * 2)
    told = g.ask("POST", "/v1/explain", urllib.parse.urlencode(
        {"method": "GET", "url": "/dec/?a=%zz", "surface": "dec"}).encode()).json
    same("and explained", ([x for x in told["filters"] if x["filter"] == "decode"][0]["verdict"], told["outcome"]), ("shadow", "served"))
    g.write_conf(more="")
    g.reload()


def exposition(text):
    """Reads exposition format 0.0.4 strictly: {(name, labels): value}."""
    label = r'[a-z_]+="(?:[^"\\\n]|\\["\\n])*"'
    row = re.compile(r'([a-z_]+)(?:\{(%s(?:,%s)*)\})? (\d+(?:\.\d+)?)' % (label, label))
    kinds, out, last, bad = {}, {}, None, [] if text.endswith("\n") else ["no end"]
    for line in text[:-1].split("\n"):
        if line.startswith("#"):
            _, what, last, rest = line.split(" ", 3)
            if what == "TYPE":
                if last in kinds or rest not in ("counter", "gauge", "histogram"):
                    bad.append(line)
                kinds[last] = rest
            continue
        m = row.fullmatch(line)
        family = m and (m[1] if m[1] in kinds else re.sub("_(bucket|sum|count)$", "", m[1]))
        if not m or family != last or (m[1], m[2] or "") in out:
            bad.append(line)
            continue
        out[m[1], m[2] or ""] = float(m[3])
    for (name, labels), v in out.items():
        bounds = [x for (n, l), x in out.items() if n == name[:-5] + "bucket" and l.startswith(labels + ",le=")]
        if name.endswith("_count") and (bounds != sorted(bounds) or bounds[-1:] != [v]):
            bad.append((labels, bounds, v))
    same("the text is well-formed", bad[:5], [])
    return out


@case
def metrics(g):
    def now():
        return exposition(g.get("/metrics").body.decode())

    ready = 'surface="local",method="GET",route="/v1/ready"'
    denied = ("sekisho_gateway_refusals_total", 'surface="far",filter="net",reason="denied"')
    gone = ("sekisho_gateway_refusals_total", 'surface="wallet",filter="basic",reason="missing"')
    dark = ("sekisho_gateway_shadow_refusals_total", 'surface="dark",filter="net",reason="not_allowed"')
    g.write_conf(more="[surface far]\nserves = ops\nat = loop /far\nhosts = *\nfilters = net\ndeny = 127.0.0.0/8\n"
                      "[surface dark]\nserves = ops\nat = loop /dark\nhosts = *\nfilters = net\nallow = 10.0.0.0/8\n"
                      "shadow = net\n")
    g.reload()
    before = now()
    for _ in range(20):
        g.get("/v1/ready")
        g.get("/far/health")
        g.get("/dark/health")
    g.get("/", True)
    after = wait_for("all are counted", lambda: (lambda m: m if m.get(dark, 0) == 20 else None)(now()))
    same("requests of a route", after["sekisho_gateway_route_requests_total", ready + ',status="2xx"'] -
         before["sekisho_gateway_route_requests_total", ready + ',status="2xx"'], 20)
    same("and their times", after["sekisho_gateway_route_seconds_count", ready] -
         before["sekisho_gateway_route_seconds_count", ready], 20)
    ok("which are some", after["sekisho_gateway_route_seconds_sum", ready] > 0)
    same("refusals", after[denied], 20)
    same("are 4xx of a route", after["sekisho_gateway_route_requests_total",
                                     'surface="far",method="GET",route="/health",status="4xx"'], 20)
    same("passwords", after[gone] - before.get(gone, 0), 1)
    g.write_conf(more="")
    g.reload()
    same("counters outlive a reload", now()[dark], 20)
    if shutil.which("promtool"):
        r = subprocess.run(["promtool", "check", "metrics"], input=g.get("/metrics").body, capture_output=True)
        same("promtool has nothing to say", (r.returncode, r.stdout + r.stderr), (0, b""))


@case
def explain(g):
    def ask(path="/v1/explain", tls=False, headers=(), **form):
        return g.ask("POST", path, urllib.parse.urlencode(form, doseq=True).encode(), tls, headers)

    def told(**form):
        r = ask(**form)
        same("explained", r.status, 200)
        return r.json["surface"], r.json["outcome"], {x["filter"]: (x["verdict"], x.get("reason")) for x in r.json["filters"]}

    checked = g.metric("password_checks_total")
    same("no password", told(method="GET", url="https://localhost/nowhere")[1:][1]["basic"], ("refuse", "missing"))
    same("a user", told(method="GET", url="/", user="ann", surface="wallet")[1], "served")
    same("a strange user", ask(method="GET", url="/", user="nobody", surface="wallet").json, {"error": "the surface has no such user"})
    same("by scheme", told(method="POST", url="http://localhost/", data="{}")[:2], ("local", "served"))
    same("another address", told(method="GET", url="/ops/health", surface="ops", **{"from": "192.0.2.1"})[1:][1]["net"],
         ("refuse", "not_allowed"))
    for user in ("ann", "nobody"):
        for n in range(30):
            told(method="GET", url="/", surface="wallet", header=basic(user, "wrong %d" % n))
    same("a password is not checked by asking", told(method="GET", url="/", surface="wallet",
                                                     header=g.auth("wallet"))[2]["basic"], ("asks", "not_checked"))
    same("nor counted as a try", g.get("/nowhere", True, [g.auth("wallet")]).status, 404)
    same("nor is one that is remembered told from others",
         {told(method="GET", url="/", surface="wallet", header=g.auth("wallet"))[1:][0] for _ in range(8)}, {"depends"})
    same("one check in all", g.metric("password_checks_total") - checked, 1)
    g.write_conf(more="[surface few]\nserves = ops\nat = loop /few\nhosts = *\nfilters = rate\nrate = 4/h\nrate_burst = 2\n")
    g.reload()
    few = lambda: told(method="GET", url="/few/health", surface="few")[2]["rate"][0]
    same("asking costs nothing", [few() for _ in range(20)], ["pass"] * 20)
    same("so there is all of it", [g.get("/few/health").status for _ in range(3)], [200, 200, 429])
    same("and asking knows", few(), "refuse")
    g.write_conf(more="")
    g.reload()
    same("the ops surface has it", ask("/ops/explain", method="GET", url="/").status, 200)
    same("a wrong question", ask(method="GET").status, 400)
    g.write_conf(more="[surface inner]\nserves = ops\nat = tls /inner\nhosts = *\nfilters = basic\nusers = secrets/rpc.users\n")
    g.reload()
    for method, path, body in (("POST", "/inner/explain", b"method=GET&url=/"), ("GET", "/inner", None)):
        same("%s %s needs a password" % (method, path), g.ask(method, path, body, True).status, 401)
        same("of its own surface", g.ask(method, path, body, True, [g.auth("wallet")]).status, 401)
    r = ask("/inner/explain", True, [g.auth("rpc")], method="GET", url="/", surface="wallet")
    same("which answers as the command does", (r.status, json.loads(sekisho(g, "GET", "/", "--surface", "wallet", "--json").stdout)["outcome"]),
         (200, r.json["outcome"]))
    g.write_conf(more="")
    g.reload()
    same("not from outside", ask("/rpc/v1/explain", True, [g.auth("rpc")], method="GET", url="/").status, 404)
    costs = [x.get("ns") for x in ask(method="GET", url="/", surface="wallet", user="ann").json["filters"]]
    ok("costs are told", any(x for x in costs), costs)


def sekisho(g, *args, status=0):
    r = subprocess.run([BIN + "/sekisho", "explain", *args, "--conf", g.conf], capture_output=True, text=True)
    same("sekisho explain " + " ".join(args), r.returncode, status)
    return r


@case
def explain_command(g):
    def verdicts(r):
        return {x["filter"]: x["verdict"] for x in json.loads(r.stdout)["filters"]}

    r = sekisho(g, "GET", "/nowhere", "--surface", "wallet", "--json")
    same("the running one answers", (verdicts(r)["basic"], r.stderr), ("refuse", ""))
    g.write_conf(wrong=(3, 60), limits="wrong_pause = 60s")
    g.reload()
    wait_for("it has to wait", lambda: g.get("/", True, [basic("other", "wrong")]).status == 429)
    guess = ("GET", "https://localhost/", "-H", basic("other", "wrong"), "--json")
    live, alone = sekisho(g, *guess), sekisho(g, *guess, "--offline")
    same("with what clients did", ([x["reason"] for x in json.loads(live.stdout)["filters"] if x["filter"] == "basic"], live.stderr),
         (["too_many"], ""))
    same("which files do not know", verdicts(alone)["basic"], "asks")
    g.write_conf(wrong=(0, 0), limits="")
    g.reload()
    text = sekisho(g, "POST", "http://localhost/", "--data", "{}", "-H", "Content-Type: application/json").stdout
    ok("a person can read it", re.search(r"^surface   local$", text, re.M) and re.search(r"^cors +pass +\d+ ns$", text, re.M) and
       text.endswith("\nserved\n"), text)
    text = sekisho(g, "GET", "/", "--surface", "wallet", "-H", g.auth("wallet")).stdout
    ok("what it does not do is said", re.search(r"^basic +asks +not_checked ", text, re.M) and
       "\ndepends on the password: it would be hashed" in text, text)
    ok("a wrong question", "no such user" in sekisho(g, "GET", "/", "--user", "nobody", "--surface", "wallet", status=1).stderr)
    sekisho(g, "GET", status=2)
    sekisho(g, "GET", "/", "-H", status=2)
    sekisho(g, "GET", "/", "--id", "x", status=2)
    # by its id, also when the log was rotated
    refused = g.get("/", True)
    id = refused.header("x-request-id")
    wait_for("it is in the log", lambda: [x for x in log_lines(g) if x["req"] == id])
    for where in ("in the file", "in a rotated one"):
        if where == "in a rotated one":
            os.rename(g.home + "/log/access.log", g.home + "/log/access.log.1")
            g.reload()
        text = sekisho(g, "--id", id).stdout
        same("found " + where, json.loads(text.split("\n")[0])["req"], id)
        ok("and explained", "GET on surface wallet from 127.0.0.1 (loopback): status 401" in text and
           "refused by filter basic:missing: unauthorized (user name and password needed)" in text, text)
    os.unlink(g.home + "/log/access.log.1")
    ok("an id that nobody had", "no request \"nobody.had\"" in sekisho(g, "--id", "nobody.had", status=1).stderr)
    ok("what is no id", "is no request id" in sekisho(g, "--id", "a\"b", status=1).stderr)


@case
def explain_without_gateway(g):
    dead = g.conf + ".dead"
    text = open(g.conf).read()
    for port in (g.loop, g.tls):
        text = text.replace("127.0.0.1:%d" % port, "127.0.0.1:%d" % free_port())
    open(dead, "w").write(text)
    r = subprocess.run([BIN + "/sekisho", "explain", "GET", "https://localhost/", "--conf", dead], capture_output=True, text=True)
    ok("the program answers", r.returncode == 0 and re.search(r"^basic +refuse +missing +\d+ ns$", r.stdout, re.M), r)
    ok("and says that it was the program", "no gateway answers at listener loop" in r.stderr, r.stderr)
    open(dead, "a").write("[surface broken]\n")
    r = subprocess.run([BIN + "/sekisho", "explain", "GET", "/", "--conf", dead], capture_output=True, text=True)
    ok("a broken file is told of", r.returncode == 1 and ".dead:" in r.stderr, r)


@case
def access_log(g):
    marker = "marker%d" % time.time()
    g.get("/%s?secret=1" % marker, headers=["X-Request-Id: the-id-1", "Cookie: planted-secret"])
    g.get("/" + marker + "%22", headers=["User-Agent: \"evil\\"])
    g.get("/nowhere", True, [g.auth("wallet")])
    g.get("/v1/ready")
    g.raw(b"GET /\xff HTTP/1.1\r\n\r\n")
    for target in ("/a/../b?secret", "/%zz?secret", "http://secret:secret@localhost/", "/a#secret"):
        same("refused", g.get(target, headers=["X-Request-Id: " + marker]).status, 400)
    wait_for("all are logged", lambda: len([x for x in log_lines(g) if x["req"] == marker]) == 4)
    wait_for("lines are written", lambda: len([x for x in log_lines(g) if marker in x["path"]]) == 2 and
             any(x.get("cause") == "bad_request" for x in log_lines(g)))
    lines = log_lines(g)
    mine = sorted((x for x in lines if marker in x["path"]), key=lambda x: len(x["path"]))
    same("lines", [(x["path"], x["status"], x["method"], x["req"]) for x in mine[:1]], [("/" + marker, 404, "GET", "the-id-1")])
    same("quote is escaped", mine[1]["path"], "/" + marker + '"')
    ok("user is named", any(x.get("user") == "ann" and x["status"] == 404 for x in lines))
    ok("cause is named", any(x.get("cause") == "bad_request" for x in lines))
    text = "".join(open(f, errors="replace").read() for f in glob.glob(g.home + "/log/access.log*"))
    ok("no query, header or password", "secret" not in text and g.users["wallet"][1] not in text)
    g.get("/v1/ready", headers=["X-Request-Id: routed-" + marker])
    wait_for("the route is named", lambda: [x.get("route") for x in log_lines(g) if x["req"] == "routed-" + marker] == ["/v1/ready"])
    for k in ("time", "req", "addr", "surface", "method", "path", "status", "in", "out", "us"):
        ok("field " + k, k in mine[0])
    # rotation by size
    s = g.dial()
    rd = Reader(s)
    n, path = 0, b"GET /" + b"a" * 250 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    while n < 6000:
        s.sendall(path * 100)
        for _ in range(100):
            Reply.read(rd)
        n += 100
    wait_for("rotated", lambda: os.path.exists(g.home + "/log/access.log.1"))
    s.sendall(path)
    Reply.read(rd)
    wait_for("nothing lost", lambda: len([x for x in log_lines(g) if x["path"].startswith("/aaaaaaa")]) == 6001)
    same("nor given up", g.metric("access_log_lost_total"), 0)
    # SIGHUP opens a new file for an outside rotation
    os.rename(g.home + "/log/access.log", g.home + "/log/access.log.moved")
    g.reload()

    def is_in_new_file():
        g.get("/after-the-move")
        return os.path.exists(g.home + "/log/access.log") and "/after-the-move" in open(g.home + "/log/access.log").read()
    wait_for("reopened", is_in_new_file)


VECTORS = os.path.join(ROOT, "tests/vectors/sqlscreen")


def vector_lines(name):
    """Values of tests/vectors/sqlscreen as bytes; escapes as attack_core.txt says."""
    def plain(m):
        c = m.group(1)
        return bytes([int(c[1:], 16)]) if c[:1] == b"x" else {b"n": b"\n", b"t": b"\t", b"f": b"\f", b"0": b"\0"}.get(c, c)
    lines = open("%s/%s.txt" % (VECTORS, name), "rb").read().split(b"\n")
    return [re.sub(rb"\\(x[0-9a-fA-F]{2}|.)", plain, x) for x in lines if x and not x.startswith(b"#")]


def pct(value):
    return urllib.parse.quote(value, safe="").encode()


def sql_request(where, value, at=b"/sql"):
    """A request that has value in one place; None when it can not stand there."""
    def get(target, more=b""):
        return b"GET " + at + target + b" HTTP/1.1\r\nHost: localhost\r\n" + more + b"\r\n"

    def post(kind, body):
        return (b"POST " + at + b"/v1/Eth/SendRawTransaction HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + kind +
                b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    if where == "path":
        return None if re.search(rb"[\x00-\x1f\x7f/\\]", value) or value in (b"", b".", b"..") else get(
            b"/v1/Eth/TransactionCount/" + pct(value))
    if where == "query":
        return get(b"/?q=" + pct(value))
    if where == "cookie":
        bare = value if re.fullmatch(rb"[ !#-:<-~\x80-\xff]*", value) else pct(value)
        return get(b"/", b"Cookie: s=1; q=" + bare + b"\r\n")
    if where == "form":
        return post(b"application/x-www-form-urlencoded", b"a=1&q=" + pct(value))
    if where in ("part", "file"):
        more = b'; filename="x.csv"' if where == "file" else b""
        return post(b"multipart/form-data; boundary=zq", b'--zq\r\nContent-Disposition: form-data; name="q"' + more +
                    b"\r\n\r\n" + value + b"\r\n--zq--\r\n")
    text = b"".join(b"\\u%04x" % c if c < 0x20 or c in b'"\\' else bytes([c]) for c in value)
    return post(b"application/json", b'{"raw_tx_hex_list": ["' + text + b'"]}')


def sql_send(g, requests):
    """Sends them on one connection, many at a time; the replies."""
    replies, s = [], g.dial()
    rd = Reader(s)
    for i in range(0, len(requests), 50):
        s.sendall(b"".join(requests[i:i + 50]))
        replies += [Reply.read(rd) for _ in requests[i:i + 50]]
    s.close()
    return replies


def is_screened(where, reply):
    """Refused by the screen, or not even text. A form or path that gets
    through is a 400 of the route, without a description."""
    return reply.status == 403 or (reply.status == 400 and b'"description":"' in reply.body and
                                   (b'"%s q: ' % (b"form" if where == "part" else where.encode()) in reply.body or b"well-formed" in reply.body))


SQL_SURFACES = """[surface sql]
serves = wallet
at = loop /sql
hosts = *
filters = sqli
sqli_route = /v1/NodeInfo/BlockSyncStatus off
[surface sqltell]
serves = wallet
at = loop /tell
hosts = *
filters = sqli
sqli = detect
sqli_route = / block
[surface sqloff]
serves = wallet
at = loop /off
hosts = *
filters = sqli
sqli = off
[surface sqlrpc]
serves = rpc
at = loop /sqlrpc
hosts = localhost 127.0.0.1
filters = sqli
"""


@case
def sql_screen_refuses_attacks_wherever_they_stand(g):
    g.write_conf(more=SQL_SURFACES)
    g.reload()
    for where in ("query", "cookie", "form", "part", "file", "json", "path"):
        for name, least, most in (("attack_core", 97, 100), ("product", 0, 0.5)):
            sent = [r for r in (sql_request(where, v) for v in vector_lines(name)) if r]
            hits = sum(is_screened(where, r) for r in sql_send(g, sent))
            ok("%s in %s" % (name, where), len(sent) > 150 and least <= 100.0 * hits / len(sent) <= most,
               "%d of %d" % (hits, len(sent)))
    g.write_conf(more="")
    g.reload()


@case
def sql_screen_does_as_surface_and_route_say(g):
    g.write_conf(more=SQL_SURFACES)
    g.reload()
    attack = b"zq' UNION SELECT secret FROM zqtable--"

    def status(at, where="query", value=attack):
        return sql_send(g, [sql_request(where, value, at)])[0].status
    same("block", status(b"/sql"), 403)
    same("detect", [status(b"/tell", w) for w in ("json", "form", "path")], [200, 400, 400])
    same("detect, but its root blocks", status(b"/tell"), 403)
    same("off", status(b"/off"), 200)
    same("not on", g.get("/ops/health?q=" + pct(attack).decode()).status, 200)
    off = b"GET /sql/v1/NodeInfo/BlockSyncStatus?q=" + pct(attack) + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    ok("off for one route", sql_send(g, [off])[0].status != 403)
    same("hex is what it says", status(b"/sql", "json", b"0xf86c"), 200)
    same("hex with more in it", status(b"/sql", "json", b"0xf86c' or 1=1--"), 403)

    def rpc(text):
        return sql_send(g, [b"POST /sqlrpc HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                            b"Content-Length: %d\r\n\r\n" % len(text) + text])[0]
    call = b'{"jsonrpc":"2.0","id":7,"method":"eth_call","params":[{"to":"0x12","data":"%s"},"latest"]}'
    same("a call", (rpc(call % b"0xa9059cbb").status, rpc(call % b"0xa9059cbb").json["id"]), (200, 7))
    refused = rpc(call % b"1' or 1=1--")
    same("an attack in a call", (refused.status, refused.json["error"]["code"]), (403, -32003))
    same("look of the wallet API", sql_send(g, [sql_request("json", attack)])[0].json,
         {"meta": {"code": 403, "message": "Forbidden"}})

    def told(surface):
        return [x for x in log_lines(g) if x.get("surface") == surface and "sqli_in" in x]
    wait_for("the log says what was seen", lambda: len(told("sqltell")) == 4 and told("sqlrpc"))
    seen = told("sqlrpc")[0]
    same("field, filter, cause", (seen["sqli_in"], seen["sqli_field"], seen["filter"], seen["cause"]),
         ("json", "data", "sqli:json", "sqli"))
    ok("score, rules, fingerprint", seen["sqli_score"] >= 10 and seen["sqli_rules"] and seen["sqli_fingerprint"], seen)
    same("what was let through", sorted((x["sqli_in"], x["sqli_field"]) for x in told("sqltell") if "filter" not in x),
         [("form", "q"), ("json", "raw_tx_hex_list"), ("path", "eth_address")])
    ok("rules of a union", all("UNION_SELECT" in x["sqli_rules"] for x in told("sqltell")))
    text = "".join(open(f, errors="replace").read() for f in glob.glob(g.home + "/log/access.log*"))
    ok("no value in the log", "zqtable" not in text)
    ok("counted by what became of it", g.metric('sqli_requests_total{what="refused"}') >= 4 and
       g.metric('sqli_requests_total{what="told"}') >= 3)
    ok("counted by rule", g.metric('sqli_rules_total{rule="UNION_SELECT"}') >= 3 and
       g.metric('sqli_rules_total{rule="libinjection"}') >= 3)
    g.write_conf(more="[surface sql]\nserves = wallet\nat = loop /sql\nhosts = *\nfilters = sqli\nsqli_route = /nowhere off\n")
    g.reload(is_good=False)
    ok("a route that is none is named", "surface sql has no route /nowhere" in g.log())
    g.write_conf(more="")
    g.reload()


@case
def sandbox(g):
    if os.getuid() != 0:
        return
    for pid, args in g.children():
        st = open("/proc/%d/status" % pid).read()
        ok("%s: seccomp" % args, re.search(r"Seccomp:\s+2", st))
        ok("%s: no new privileges" % args, re.search(r"NoNewPrivs:\s+1", st))
        if not g.as_user:
            same("%s: user" % args, re.search(r"Uid:\s+(\d+)", st).group(1), str(pwd.getpwnam(USER).pw_uid))
            ok("%s: chroot" % args, os.readlink("/proc/%d/root" % pid) == g.home + "/run/gw")
        ok("%s: no capability" % args, re.search(r"CapEff:\s+0+\n", st) and (g.as_user or re.search(r"CapPrm:\s+0+\n", st)))
        inodes = {os.readlink(f)[8:-1] for f in glob.glob("/proc/%d/fd/*" % pid) if os.readlink(f).startswith("socket:[")}
        heard = [x.split() for x in open("/proc/net/tcp").read().splitlines()[1:]]
        ports = sorted(int(x[1].split(":")[1], 16) for x in heard if x[3] == "0A" and x[9] in inodes)
        same("%s: listens on" % args, ports, [] if "keymgr" in args else sorted([g.tls, g.loop, g.bare]))
    # no worker holds the key
    key = open(g.home + "/tls/key.pem").read()
    der = base64.b64decode("".join(key.splitlines()[1:-1]))
    secret = subprocess.run(["openssl", "ec", "-in", g.home + "/tls/key.pem", "-text", "-noout"], capture_output=True, text=True).stdout
    secret = bytes.fromhex(re.sub(r"[^0-9a-f]", "", re.search(r"priv:(.*?)pub:", secret, re.S).group(1)))
    for w in g.workers():
        # before its memory is read: that brings in what it has only reserved
        rss, size = (int(re.search(k + r":\s+(\d+)", open("/proc/%d/status" % w).read()).group(1)) for k in ("VmRSS", "VmSize"))
        if size < 1 << 30:  # a sanitizer maps terabytes
            ok("worker below 40 MiB", rss < 40 * 1024, "%d KiB" % rss)
        hit = False
        maps = open("/proc/%d/maps" % w).read().splitlines()
        with open("/proc/%d/mem" % w, "rb", 0) as mem:
            for line in maps:
                m = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
                if not m:
                    continue
                lo, hi = (int(x, 16) for x in m.groups())
                try:
                    mem.seek(lo)
                    data = mem.read(min(hi - lo, 64 << 20))
                except (OSError, ValueError, OverflowError):
                    continue
                hit = hit or secret[-32:] in data or der in data or secret[-32:][::-1] in data
        ok("worker %d has no private key" % w, not hit)


def serves(g):
    """Ten answers in a row over TLS and from the node."""
    try:
        return all(g.get("/v1/health", True).status == 200 and g.rpc(json.loads(CHAIN)).status == 200 for _ in range(10))
    except (OSError, EOFError, ssl.SSLError):
        return False


@case
def worker_dies(g):
    g.expects_kill = True
    starts = g.metric("worker_starts_total")
    for n in range(1, 4):
        for w in g.workers():
            os.kill(w, signal.SIGKILL)
        wait_for("workers are started again", lambda: serves(g) and g.metric("worker_starts_total") == starts + 2 * n)
    same("two workers", len(g.workers()), 2)
    # the connections of the dead are not counted against an address for ever
    wait_for("open connections", lambda: g.metric("connections") == 1)


def is_gone(pid):
    try:
        return open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True


def can_bind(port):
    """Without SO_REUSEPORT: any listener that is left shows."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


@case
def parent_is_killed(g):
    """Workers that outlive their parent would hold the ports, and serve what
    nobody can stop, for as long as a request is under way."""
    g.node.gate = threading.Event()
    before, s = len(g.node.seen), g.dial()
    s.sendall(post())
    wait_for("a request under way", lambda: [d for d in g.node.seen[before:] if not is_probe(d)])
    all_of_it = [p for p, _ in g.children()]
    same("two workers and the key manager", len(all_of_it), 3)
    ok("ports are held", not can_bind(g.tls) and not can_bind(g.loop))
    g.proc.kill()
    g.proc.wait()
    wait_for("all of it goes", lambda: all(is_gone(p) for p in all_of_it), 2)
    wait_for("ports are free", lambda: can_bind(g.tls) and can_bind(g.loop), 2)
    g.node.gate.set()
    g.node.gate = None
    g.start()
    ok("and it starts again", serves(g))


@case
def drain(g):
    g.write_conf(limits="drain = 10m\n")
    g.reload()
    g.node.gate = threading.Event()
    out, before, s = [], len(g.node.seen), g.dial()
    idle = [g.dial() for _ in range(16)]  # some in each worker
    t = threading.Thread(target=lambda: out.append(g.rpc(json.loads(CHAIN), sock=s)))
    t.start()
    wait_for("a request under way", lambda: [d for d in g.node.seen[before:] if not is_probe(d)])
    g.proc.terminate()
    same("idle connections are closed", {c.recv(10) for c in idle}, {b""})
    ok("it waits for the request", g.proc.poll() is None)
    g.node.gate.set()
    t.join()
    same("a request under way is answered", (out[0].status, out[0].header("connection")), (200, "close"))
    try:
        same("leaves when done, not when its time is over", g.proc.wait(LONG), 0)
    except subprocess.TimeoutExpired as e:
        ok("leaves when done", False, e)
    try:
        g.dial()
        ok("not listening", False)
    except OSError:
        ok("not listening", True)
    g.node.gate = None
    g.write_conf(limits="")
    g.start()


# -- slow clients; their gateway has short deadlines

slow_cases = []


def slow(fn):
    slow_cases.append(fn)
    return fn


class Shared:
    """A TLS connection for one thread that sends and one that receives:
    OpenSSL wants them one after the other."""

    def __init__(self, s):
        self.s, self.lock = s, threading.Lock()

    def sendall(self, data):
        with self.lock:
            self.s.sendall(data)

    def recv(self, n):
        end = time.time() + LONG
        while time.time() < end:
            with self.lock:
                is_here = self.s.pending() > 0
            if not is_here and not select.select([self.s], [], [], 0.05)[0]:
                continue
            with self.lock:
                self.s.settimeout(0.05)  # what came may have been no data
                try:
                    return self.s.recv(n)
                except TimeoutError:
                    pass
                finally:
                    self.s.settimeout(LONG)
        raise TimeoutError

    def close(self):
        self.s.close()


def closes(what, s, send, least, want):
    """send(sock) in a thread; the server must end it, not before least."""
    begin, stop = time.time(), []
    s = Shared(s) if isinstance(s, ssl.SSLSocket) else s

    def run():
        try:
            send(s, lambda: bool(stop))
        except OSError:
            pass
    t = threading.Thread(target=run)
    t.start()
    data, how = b"", "closed"
    try:
        while True:
            d = s.recv(65536)
            if not d:
                break
            data += d
    except socket.timeout:
        how = "still open"
    except OSError:
        pass
    took = time.time() - begin
    stop.append(1)
    t.join()
    s.close()
    status = int(data.split()[1]) if data.startswith(b"HTTP/") else None
    ok(what, how == "closed" and least <= took and status == want, "%s, %.2f s, %s" % (how, took, data[:60]))


def drip(data, pause, at_once=b""):
    def send(s, stopped):
        s.sendall(at_once)
        for i in range(len(data)):
            if stopped():
                return
            s.sendall(data[i:i + 1])
            time.sleep(pause)
    return send


def once(data):
    return lambda s, stopped: s.sendall(data)


@slow
def slow_clients(g):
    """Reliability H11, H12. What the client sends would take minutes; which
    deadline ended it is what the gateway counted."""
    BODY = b"POST / HTTP/1.1\r\nHost: localhost\r\n" + JSON + b"Content-Length: 100000\r\n\r\n"
    CHUNKS = b"POST / HTTP/1.1\r\nHost: localhost\r\n" + JSON + b"Transfer-Encoding: chunked\r\n\r\n"
    hello = bytes.fromhex("16030100f8010000f40303") + os.urandom(240)
    rows = [
        # name, what is sent, not closed before, over TLS, deadline, status
        ("silent connection", once(b""), 0.9, False, "idle", None),
        ("half a head", once(H), 0.9, False, "head", 408),
        ("head dripped", drip(H + b"A: " + b"b" * 5000, 0.05), 0.9, False, "head", 408),
        ("idle after an answer", once(H + E), 0.9, False, "idle", 200),
        ("no body", once(BODY), 0.6, False, "body", 408),
        ("body dripped", drip(b"x" * 10000, 0.05, BODY), 0.6, False, "body", 408),
        ("body in small pieces", lambda s, stopped: [s.sendall(BODY)] + [
            (time.sleep(0.2), s.sendall(b"x" * 20)) for _ in range(1000) if not stopped()], 0.6, False, "body", 408),
        ("chunks dripped", drip(b"1\r\nx\r\n" * 1000, 0.03, CHUNKS), 0.6, False, "body", 408),
        ("TLS: silent", once(b""), 0.9, True, "handshake", None),
        ("TLS: hello dripped", drip(hello, 0.5), 0.9, True, "handshake", None),
        ("TLS: half a hello", once(hello[:100]), 0.9, True, "handshake", None),
        ("TLS: silent after the handshake", once(b""), 0.9, "done", "idle", None),
        ("TLS: head dripped", drip(H + b"A: " + b"b" * 5000, 0.05), 0.9, "done", "head", 408),
    ]
    kinds = sorted({r[4] for r in rows})
    before = {k: g.metric('deadlines_total{of="%s"}' % k) for k in kinds}
    ctx, ts = g.ctx(), []
    for name, send, least, tls, _, want in rows:
        if tls == "done":
            s = g.dial(True, ctx=ctx)
        else:
            s = socket.create_connection(("127.0.0.1", g.tls if tls else g.loop), timeout=LONG)
        ts.append(threading.Thread(target=closes, args=(name, s, send, least, want)))
        ts[-1].start()
    for t in ts:
        t.join()
    same("deadlines that struck", {k: g.metric('deadlines_total{of="%s"}' % k) - before[k] for k in kinds},
         {k: len([r for r in rows if r[4] == k]) for k in kinds})


def small_window(g, tls=False, size=4096):
    """A connection whose client's kernel takes little at once."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
    s.settimeout(LONG)
    s.connect(("127.0.0.1", g.tls if tls else g.loop))
    return g.ctx().wrap_socket(s, server_hostname="localhost") if tls else s


def sends_cut(g):
    return g.metric('deadlines_total{of="send"}')


def read_slowly(g, s, pace, meanwhile=lambda: None):
    """Reads pace bytes a second until the gateway has cut an answer off, and
    then the rest of what had arrived; returns bytes read, None when the
    gateway never did."""
    before, n, end = sends_cut(g), 0, time.time() + LONG
    while sends_cut(g) == before:
        if time.time() > end:
            return None
        try:
            meanwhile()
            if pace > 0:
                n += len(s.recv(pace // 10))
        except OSError:
            pass
        time.sleep(0.1)
    try:
        while True:
            d = s.recv(65536)
            if not d:
                return n
            n += len(d)
    except OSError:
        return n


@slow
def slow_readers(g):
    size = 4000000
    doc = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [size]}).encode()
    for tls in (False, True):
        for pace in (200, 0):
            s = small_window(g, tls)
            s.sendall(b"POST %s HTTP/1.1\r\nHost: localhost\r\n%s%s\r\nContent-Length: %d\r\n\r\n%s" % (
                b"/rpc" if tls else b"/", JSON, g.auth("rpc").encode(), len(doc), doc))
            n = read_slowly(g, s, pace)
            ok("reads %d bytes a second, tls=%s" % (pace, tls), n is not None and n < size, n)
            s.close()


def run_pipelined_reader():
    """Each of many short answers waits for a moment only, less than the third
    of the time to send after which a rate is judged; together they are one client
    that reads too slowly and would hold its connection for ever."""
    with Gateway(limits=SHORT + "min_rate = 512K\n", workers=1) as g:
        s = small_window(g, size=65536)
        s.setblocking(False)

        def ask_more():
            try:
                for _ in range(1000):
                    s.send((H + E) * 20)
            except BlockingIOError:
                pass
        n = read_slowly(g, s, 150000, ask_more)
        ok("short answers, read slowly", n is not None, "never cut off")
        s.close()
        # fast enough, and with pauses: stays
        s = g.dial()
        before = sends_cut(g)
        for _ in range(3):
            r = g.rpc({"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [4000000]}, sock=s)
            same("a long answer", len(r.json["result"]), 4000000)
            time.sleep(0.5)
        same("read at once: not cut off", sends_cut(g), before)
        s.close()


def is_closed(s):
    if not select.select([s], [], [], 0)[0]:
        return False
    try:
        return s.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True


def who_gives_way():
    """When all connections are taken: first who has never asked for anything,
    then who was served and is idle, then whose request has not come whole.
    Never who waits for an answer. The order of their age is the other way."""
    with Gateway(limits="connections = 30\nper_address = 1000\nhead = 10m\nidle = 10m\n", workers=1,
                 node_time="10m") as g:
        g.node.gate = threading.Event()
        before = len(g.node.seen)

        def calls():
            return len([d for d in g.node.seen[before:] if not is_probe(d)])

        def ask_node(cnt):
            n, out = calls(), [g.dial() for _ in range(cnt)]
            for s in out:
                s.sendall(post())
            wait_for("the node is asked", lambda: calls() == n + cnt)
            return out

        def served(more):
            s = g.dial()
            s.sendall(H + E)
            same("served", Reply.read(Reader(s)).status, 200)
            s.sendall(more)
            return s
        busy = ask_node(6)
        halves, idle = [served(H) for _ in range(6)], [served(b"") for _ in range(6)]
        silent = [g.dial() for _ in range(6)]
        time.sleep(1.5)  # who has just come is not silent yet
        busy += ask_node(6)
        for name, group in (("silent", silent), ("idle", idle), ("half a request", halves)):
            same("%s: nobody had to go yet" % name, [is_closed(s) for s in group], [False] * 6)
            busy += ask_node(6)
            wait_for("%s: all had to go" % name, lambda: all(is_closed(s) for s in group))
        same("who waits for an answer stays", [s for s in busy if is_closed(s)], [])
        g.node.gate.set()
        same("and gets it", {Reply.read(Reader(s)).status for s in busy}, {200})


def run_alone():
    """Cases with a gateway of their own."""
    with Gateway(limits="per_address = 20\nconnections = 100\n", workers=2) as g:
        wait_for("nobody else is there", lambda: g.metric("connections") == 1)
        socks = [g.dial() for _ in range(40)]
        alive = 0
        for s in socks:
            try:
                s.sendall(H + E)
                alive += Reply.read(Reader(s)).status == 200
            except (OSError, EOFError):
                pass
            s.close()
        ok("connections of one address", 18 <= alive <= 22, alive)
        wait_for("refusals are counted", lambda: g.metric('connections_refused_total{why="address"}') >= 18)
        wait_for("and they are given back", lambda: g.metric("connections") == 1)
        same("to the same address", {g.get("/v1/health").status for _ in range(40)}, {200})
    with Gateway(limits="connections = 30\nper_address = 1000\n", workers=1) as g:
        socks = []
        for _ in range(60):
            s = g.dial()
            s.sendall(H + E)
            Reply.read(Reader(s))
            socks.append(s)
        ok("idle connections give way to new ones", len(socks) == 60)
        socks[-1].sendall(H + E)
        same("the newest one lives", Reply.read(Reader(socks[-1])).status, 200)
    who_gives_way()
    with Gateway(workers=1, limits="body_memory = 64K\n") as g:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": ["x" * 300000]}).encode()
        t = g.raw(post(body=body))
        same("memory for bodies is bounded", t.statuses, [503])
        same("and the rest is served", g.rpc(json.loads(CHAIN)).status, 200)


def run_wrong_passwords():
    """Reliability A6 to A8."""
    def status(g, source, user="ann", password="wrong"):
        s = g.dial(True, source=source)
        try:
            return g.ask("GET", "/nowhere", headers=[basic(user, password)], sock=s)
        finally:
            s.close()
    right = {"ann": "correct horse battery", "other": "another password"}

    def enters(what, g, source, user):
        same(what, status(g, source, user, right[user]).status, 404)

    with Gateway(wrong=(8, 60), limits="wrong_pause = 3s\n") as g:
        def looked_at(user):
            """How many wrong ones are, before the first that is not."""
            n = 0
            while n < 20 and status(g, "127.0.0.5", user).status == 401:
                n += 1
            return n
        # tries are forgotten in time: a slow machine has one more now and then
        n = looked_at("ann")
        ok("eight wrong ones are looked at", 8 <= n < 12, n)
        r = status(g, "127.0.0.5")
        ok("and it is said for how long", 0 < int(r.header("retry-after")) <= 4, r.headers)
        same("as JSON", r.json["meta"]["code"], 429)
        same("right or wrong", status(g, "127.0.0.5", password=right["ann"]).status, 429)
        n = looked_at("nobody")
        ok("nobody can tell who exists", 8 <= n < 12, n)
        enters("another user of that address is let in", g, "127.0.0.5", "other")
        enters("and that user from elsewhere", g, "127.0.0.6", "ann")
        time.sleep(3.2)
        same("after the wait one more is looked at", [status(g, "127.0.0.5").status for _ in range(2)], [401, 429])
        for w in g.workers():
            os.kill(w, signal.SIGKILL)
        g.expects_kill = True
        wait_for("new workers", lambda: g.get("/v1/health").status == 200)
        same("which know of it", status(g, "127.0.0.5").status, 429)
        time.sleep(6.2)
        enters("the right one after the wait", g, "127.0.0.5", "ann")
        same("ends it", status(g, "127.0.0.5").status, 401)
        ok("counted", g.metric("password_checks_slowed_total") >= 6)
    # many names from one address
    with Gateway(wrong=(8, 20)) as g:
        enters("one who has come from there before", g, "127.0.0.7", "other")
        got = []
        while got.count(429) < 3 and len(got) < 40:
            got.append(status(g, "127.0.0.7", "name %d" % len(got)).status)
        same("twenty of an address are looked at", got[:20], [401] * 20)
        ok("and few more", got.count(401) <= 23, got[20:])
        g.reload()  # what was remembered of passwords by connections is gone
        enters("who was there before is let in", g, "127.0.0.7", "other")
        r = status(g, "127.0.0.7", "ann", right["ann"])
        if r.status == 429:  # a slow machine may have sat it out
            time.sleep(int(r.header("retry-after")))
            r = status(g, "127.0.0.7", "ann", right["ann"])
        same("who was not after the wait", r.status, 404)
    # six addresses that nothing slows down against a queue of sixteen
    with Gateway(workers=1) as g:
        stop = threading.Event()

        def guess(i):
            n = 0
            while not stop.is_set():
                n += 1
                try:
                    status(g, "127.0.1.%d" % (i % 6 + 1), "name %d" % n, "wrong %d" % i)
                except (OSError, EOFError):
                    pass
        ts = [threading.Thread(target=guess, args=(i,)) for i in range(48)]
        for t in ts:
            t.start()
        try:
            wait_for("the queue is full", lambda: g.metric("password_checks_refused_total") > 0 and
                     g.metric("password_checks_waiting") == 16)
            before = g.metric("password_checks_total")
            for i in range(10):
                enters("right password %d from an address of its own" % i, g, "127.0.2.%d" % (i + 1), "ann" if i % 2 else "other")
            ok("guessing went on", g.metric("password_checks_total") > before + 10)
        finally:
            stop.set()
            for t in ts:
                t.join()


REDIRECT = """[listener plain]
address = 0.0.0.0:%d
tls = no
[surface way]
serves = redirect
at = plain /
hosts = localhost
to = tls
"""


def run_redirect():
    """Reliability H14: without TLS on an outside address nothing but the way
    to it."""
    port = free_port()
    with Gateway(more=REDIRECT % port) as g:
        def ask(method, path, host="localhost", body=None, headers=()):
            s = socket.create_connection(("127.0.0.1", port), LONG)
            s.sendall(("%s %s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n%s" % (
                method, path, host, "".join(h + "\r\n" for h in headers),
                "" if body is None else "Content-Length: %d\r\n" % len(body), body or "")).encode())
            r = Reply.read(Reader(s), method == "HEAD")
            s.close()
            return r
        there = "https://localhost:%d" % g.tls
        for method in ("GET", "HEAD"):
            r = ask(method, "/some/page?a=1&b=%20")
            same(method + " is led", (r.status, r.header("location")), (308, there + "/some/page?a=1&b=%20"))
            same("no HSTS without TLS", r.header("strict-transport-security"), None)
            same("never kept", r.header("cache-control"), "no-store")
        r = g.get("/", tls=True)
        same("HSTS where it leads", (r.status, r.header("strict-transport-security")), (401, "max-age=31536000"))
        form = ["Content-Type: application/x-www-form-urlencoded"]
        for what, r in (("a form", ask("POST", "/login", body="user=ann&password=x", headers=form)),
                        ("JSON-RPC", ask("POST", "/rpc", body="{}", headers=["Content-Type: application/json"])),
                        ("a password", ask("GET", "/", headers=[g.auth("wallet")])),
                        ("the wallet API", ask("GET", "/v1/RequiredVersion?platform=ios")),
                        ("a page of JSON-RPC", ask("GET", "/rpc"))):
            same(what + " is refused", (r.status, r.header("location")), (403, None))
        r = ask("POST", "/login", body="x", headers=form + ["Accept: text/html", "Accept-Language: ja"])
        same("people read why", (r.status, r.header("content-type"), "HTTPS" in r.body.decode()), (403, "text/html; charset=utf-8", True))
        same("other names are led nowhere", ask("GET", "/", host="evil.example").status, 421)


BAD_CONF = [
    ("unknown section", "[nothing]\n", r":\d+: section .nothing. is none of"),
    ("unknown setting", "[limits]\nhaed = 1s\n", r'has no setting "haed"'),
    ("bad number", "[limits]\nconnections = many\n", r":2: connections: "),
    ("out of range", "[limits]\nconnections = 1\n", r":2: connections: 1 is outside 8 to"),
    ("twice", "[limits]\nhead = 1s\nhead = 2s\n", r":3: head stands twice, first on line 2"),
    ("section twice", "[limits]\n[limits]\n", r":2: \[limits\] stands twice"),
    ("no home", "[gateway]\nworkers = 1\n", r'\[gateway\] needs a line "home'),
    ("variable", "[gateway]\nhome = ${NOT_SET_ANYWHERE}\n", r":2: home: NOT_SET_ANYWHERE is not in the environment"),
    ("plain outside", "[gateway]\nhome = h\n[listener a]\naddress = 0.0.0.0:80\ntls = no\n[surface s]\nserves = ops\nat = a /\nhosts = *\n",
     r":3: listener a: without TLS only 127"),
    ("no cert", "[gateway]\nhome = h\n[listener a]\naddress = 0.0.0.0:80\n[surface s]\nserves = ops\nat = a /\nhosts = *\n",
     r"needs cert and key"),
    ("unknown listener", "[gateway]\nhome = h\n[listener a]\naddress = 127.0.0.1:80\ntls = no\n[surface s]\nserves = ops\nat = b /\nhosts = *\n",
     r":8: there is no \[listener b\]"),
    ("rpc any host", "[gateway]\nhome = h\n[listener a]\naddress = 127.0.0.1:80\ntls = no\n[surface s]\nserves = rpc\nat = a /\nhosts = *\n",
     r"hosts must be named"),
    ("basic without users", "[gateway]\nhome = h\n[listener a]\naddress = 127.0.0.1:80\ntls = no\n[surface s]\nserves = ops\nat = a /\nhosts = *\nfilters = basic\n",
     r"filter basic needs users"),
    ("same place", "[gateway]\nhome = h\n[listener a]\naddress = 127.0.0.1:80\ntls = no\n[surface s]\nserves = ops\nat = a /\nat = a /\nhosts = *\n",
     r":9: same place as on line 8"),
    ("broken users", None, r"wallet\.users:2: expected NAME:scrypt"),
    ("wide mode", None, r"has mode 0644: chmod 600"),
    ("port in use", None, r"Address already in use"),
    ("wrong key", None, r"is not the key of"),
]


def run_conf():
    d = tempfile.mkdtemp(prefix="sekisho-gwc.", dir="/tmp")
    try:
        for name, text, want in BAD_CONF:
            if text is None:
                continue
            with open(d + "/c.conf", "w") as f:
                f.write(text)
            r = subprocess.run([BIN + "/gateway", "-c", d + "/c.conf", "-t"], capture_output=True, text=True, timeout=LONG)
            ok("configuration: " + name, r.returncode == 3 and re.search(want, r.stderr), "%d %s" % (r.returncode, r.stderr))
        r = subprocess.run([BIN + "/gateway", "-c", d + "/missing.conf", "-t"], capture_output=True, text=True)
        ok("no file", r.returncode == 3 and "No such file" in r.stderr, r.stderr)
        r = subprocess.run([BIN + "/gateway"], capture_output=True, text=True)
        ok("no argument", r.returncode == 2 and "usage" in r.stderr, r.stderr)
    finally:
        shutil.rmtree(d)
    with Gateway() as g:
        def check(name, how=()):
            want = [w for n, t, w in BAD_CONF if n == name][0]
            r = subprocess.run([BIN + "/gateway", "-c", g.conf] + list(how), capture_output=True, text=True, timeout=LONG)
            ok("configuration: " + name, r.returncode == 3 and re.search(want, r.stderr), "%d %s" % (r.returncode, r.stderr))
        r = subprocess.run([BIN + "/gateway", "-c", g.conf, "-t"], capture_output=True, text=True)
        same("good configuration", (r.returncode, r.stdout), (0, g.conf + ": ok\n"))
        check("port in use")
        users = open(g.home + "/secrets/wallet.users").read()
        g.put("secrets/wallet.users", "# x\nann:md5$1$2\n".replace("ann:", "ann"), 0o600)
        check("broken users", ["-t"])
        g.put("secrets/wallet.users", users, 0o644)
        check("wide mode", ["-t"])
        g.put("secrets/wallet.users", users, 0o600)
        cert = open(g.home + "/tls/cert.pem").read()
        g.new_pair()
        g.put("tls/cert.pem", cert)
        check("wrong key", ["-t"])


def run_cases(g, what, pattern):
    for fn in what:
        if pattern and not re.search(pattern, fn.__name__):
            continue
        try:
            fn(g)
        except Exception:
            ok(fn.__name__, False, traceback.format_exc() + g.log()[-1500:])


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    t0 = time.time()

    def wanted(*names):
        return not pattern or any(re.search(pattern, n) for n in names)
    if wanted(*[f.__name__ for f in cases]):
        with Gateway() as g:
            run_cases(g, cases, pattern)
    if wanted(*[f.__name__ for f in slow_cases]):
        with Gateway(limits=SHORT + "per_address = 4000\n") as g:
            run_cases(g, slow_cases, pattern)
    if wanted("run_conf"):
        run_conf()
    for fn in (run_redirect, run_alone, run_wrong_passwords, run_pipelined_reader):
        if wanted(fn.__name__):
            fn()
    if os.getuid() == 0 and wanted("ordinary"):
        with Gateway(as_user=USER) as g:
            run_cases(g, [pipelining, rpc_batches, passwords, tls_versions, certificate_rotation, reload, access_log,
                          sandbox, worker_dies, parent_is_killed], "")
    print("%.0f s" % (time.time() - t0))
    print("%d passed, %d failed" % (passed, failed))
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
