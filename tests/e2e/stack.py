# SPDX-License-Identifier: Apache-2.0
"""A whole stack for a test: `sekisho up` in a temporary home on free ports.

Used by every black-box case. Nothing here knows how the stack works inside;
it starts the program, reads its files and talks to its sockets.
"""
import base64
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("SEKISHO_BIN", os.path.join(ROOT, "build/release/bin"))
START_S = 90


PORTS = set()  # given out, whoever may not have taken them yet


def free_port():
    """Not one of those that the kernel gives to connections: these would take
    it before the program does that it is for. None is given out twice."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as f:
        end = int(f.read().split()[0])
    while True:
        port = random.SystemRandom().randrange(max(1024, end - 20000), end)
        if port not in PORTS and is_free(port):
            PORTS.add(port)
            return port


def is_free(port):
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


class Stack:
    """One running stack; use as a context manager."""

    def __init__(self, home=None, env=None, keep=False, contracts=False):
        self.up = ["up"] if contracts else ["up", "--no-contracts"]
        self.keep = keep or home is not None
        self.home = home or tempfile.mkdtemp(prefix="sekisho-e2e.", dir="/tmp") + "/home"
        self.port, self.rpc_port = free_port(), free_port()
        self.env = dict(os.environ, SEKISHO_HOME=self.home, SEKISHO_PORT=str(self.port),
                        SEKISHO_RPC_PORT=str(self.rpc_port), **(env or {}))
        self.proc = None
        self.lines = []

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exc):
        self.stop()
        if not self.keep:
            shutil.rmtree(os.path.dirname(self.home), ignore_errors=True)

    def init(self, change):
        """Makes the home, with what change does to the genesis document; False
        when there is a home already, which is left as it is."""
        path = self.home + "/conf/genesis.json"
        if os.path.exists(path):
            return False
        os.makedirs(os.path.dirname(self.home), exist_ok=True)
        os.chmod(os.path.dirname(self.home), 0o755)
        self.sekisho("init", "--dev")
        with open(path) as f:
            genesis = json.load(f)
        change(genesis)
        with open(path, "w") as f:
            json.dump(genesis, f)
        return True

    def start(self, wait=True):
        os.makedirs(os.path.dirname(self.home), exist_ok=True)
        os.chmod(os.path.dirname(self.home), 0o755)
        self.lines = []
        self.proc = subprocess.Popen([BIN + "/sekisho", *self.up], env=self.env, stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.reader = threading.Thread(target=self._read, args=(self.proc,), daemon=True)
        self.reader.start()
        if wait:
            self.wait_line(r"^stop ", START_S)
            with open(self.home + "/secrets/dev-credentials.json") as f:
                self.credentials = json.load(f)

    def _read(self, proc):
        for line in proc.stdout:
            self.lines.append(line.rstrip("\n"))

    def text(self):
        return "\n".join(self.lines)

    def wait_line(self, pattern, seconds, start=0):
        """Waits for a line of `sekisho up` that matches; returns its number."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            is_over = not self.reader.is_alive()  # then all its lines are here
            for i, line in enumerate(self.lines[start:], start):
                if re.search(pattern, line):
                    return i
            if is_over and self.proc.poll() is not None:
                raise AssertionError("sekisho up left with %d:\n%s" % (self.proc.returncode, self.text()))
            time.sleep(0.02)
        raise AssertionError("no line %r in %d s:\n%s" % (pattern, seconds, self.text()))

    def stop(self, sig=signal.SIGTERM, seconds=60):
        if self.proc is None or self.proc.poll() is not None:
            return self.proc.returncode if self.proc else None
        self.proc.send_signal(sig)
        try:
            code = self.proc.wait(seconds)
            self.reader.join(seconds)  # its last lines are text too
            return code
        except subprocess.TimeoutExpired:
            self.proc.kill()
            raise AssertionError("sekisho up did not stop in %d s:\n%s" % (seconds, self.text()))

    def pid(self, part):
        with open("%s/run/%s.pid" % (self.home, part)) as f:
            return int(f.read())

    def processes(self, part):
        """Process ids of a part and all its children."""
        return children(self.pid(part))

    def sekisho(self, *args, check=True, stdin=None):
        r = subprocess.run([BIN + "/sekisho", *args], env=self.env, text=True, input=stdin,
                           capture_output=True, timeout=120)
        if check and r.returncode != 0:
            raise AssertionError("sekisho %s: %d\n%s%s" % (" ".join(args), r.returncode, r.stdout, r.stderr))
        return r

    def psql(self, sql):
        """As the cluster's administrator, for what has no page yet."""
        r = subprocess.run(["psql", "-h", self.home + "/run/gw/pg", "-U", "sekisho_admin", "-d", "sekisho", "-Atc", sql],
                           text=True, capture_output=True, timeout=60)
        if r.returncode != 0:
            raise AssertionError(r.stderr)
        return r.stdout.strip()

    # HTTP ---------------------------------------------------------------

    def https(self, method, path, body=None, headers=None, auth="wallet", raw=False, timeout=60):
        """One request on the TLS port; auth names a surface, or is (user, password), or None."""
        ctx = ssl.create_default_context(cafile=self.home + "/tls/cert.pem")
        conn = http.client.HTTPSConnection("localhost", self.port, context=ctx, timeout=timeout)
        return self._request(conn, method, path, body, headers, auth, raw)

    def http(self, method, path, body=None, headers=None, raw=False, timeout=60):
        conn = http.client.HTTPConnection("127.0.0.1", self.rpc_port, timeout=timeout)
        return self._request(conn, method, path, body, headers, None, raw)

    def _request(self, conn, method, path, body, headers, auth, raw):
        headers = dict(headers or {})
        if isinstance(auth, str):
            c = self.credentials[auth]
            auth = (c["user"], c["password"])
        if auth:
            token = base64.b64encode(("%s:%s" % auth).encode()).decode()
            headers["Authorization"] = "Basic " + token
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        conn.request(method, path, body, headers)
        r = conn.getresponse()
        data = r.read()
        conn.close()
        r.body = data
        if not raw and data and "json" in (r.headers.get("Content-Type") or ""):
            r.json = json.loads(data)
        return r

    def rpc(self, method, *params):
        """One JSON-RPC call on the loopback port; raises on an error answer."""
        r = self.http("POST", "/", {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        if r.status != 200 or "error" in r.json:
            raise AssertionError("%s: %d %s" % (method, r.status, r.body[:400]))
        return r.json["result"]

    def height(self):
        return int(self.rpc("eth_blockNumber"), 16)

    def ipc(self, *docs, name="run/node.ipc", timeout=30):
        """Sends raw text to the node's socket and returns the documents that
        come back; ConnectionError when it hangs up before."""
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(timeout)
        s.connect(self.home + "/" + name)
        out = []
        for doc in docs:
            s.sendall(doc.encode() if isinstance(doc, str) else doc)
            buf = b""
            while not buf.endswith(b"\n"):
                more = s.recv(65536)
                if not more:
                    raise ConnectionError("half an answer: %r" % buf[-200:])
                buf += more
            out.append(json.loads(buf))
        s.close()
        return out


def children(pid):
    """The process and all that it started, in order."""
    out = [pid]
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/children" % (pid, task)) as f:
            for child in f.read().split():
                out += children(int(child))
    return out


def command(pid):
    """What a process calls itself."""
    with open("/proc/%d/cmdline" % pid, "rb") as f:
        title = f.read().replace(b"\0", b" ").decode(errors="replace")
    with open("/proc/%d/comm" % pid) as f:
        return f.read().strip() + " " + title


def wait_for(what, seconds, fn, pause=0.05):
    """Polls fn until it returns something true; AssertionError names what."""
    until = time.monotonic() + seconds
    last = None
    while time.monotonic() < until:
        try:
            last = fn()
            if last:
                return last
        except (OSError, AssertionError, http.client.HTTPException) as e:
            last = e
        time.sleep(pause)
    raise AssertionError("%s: not in %d s, last: %r" % (what, seconds, last))
