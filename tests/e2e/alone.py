# SPDX-License-Identifier: Apache-2.0
"""noded alone on the home of a stack that is not up, with something between
it and its disk."""
import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess

from stack import BIN, Stack, wait_for

START_S = 20


class Node:
    """noded as the user that owns the data; its socket is node.ipc."""

    def __init__(self, stack):
        self.s, self.data = stack, stack.home + "/node/data"
        self.log = os.path.dirname(stack.home) + "/noded.log"
        with open(stack.home + "/secrets/dev-credentials.json") as f:
            self.accounts = json.load(f)["accounts"]
        self.proc = None

    def start(self, env=None):
        who = {}
        if os.getuid() == 0:
            # Its group, and those that may make sockets in run and run/gw.
            pw = pwd.getpwnam("sekisho-node")
            groups = [os.stat(self.s.home + "/run").st_gid, os.stat(self.s.home + "/run/gw").st_gid]
            who = {"user": pw.pw_uid, "group": pw.pw_gid, "extra_groups": groups}
        with open(self.log, "w") as log:
            self.proc = subprocess.Popen([BIN + "/noded", "-c", self.s.home + "/conf/node.conf"],
                                         env=dict(os.environ, **(env or {})), stdin=subprocess.DEVNULL, stdout=log,
                                         stderr=log, start_new_session=True, **who)

    def words(self):
        with open(self.log) as f:
            return f.read()

    def call(self, method, *params):
        doc = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}) + "\n"
        return self.s.ipc(doc, timeout=10)[0]

    def batch(self, method, params):
        """The results of one method for many parameters, in their order."""
        out = []
        for at in range(0, len(params), 500):
            docs = [{"jsonrpc": "2.0", "id": i, "method": method, "params": p}
                    for i, p in enumerate(params[at:at + 500])]
            answers = self.s.ipc(json.dumps(docs) + "\n", timeout=30)[0]
            out += [a["result"] for a in sorted(answers, key=lambda a: a["id"])]
        return out

    def ready(self):
        """True once it answers; false when it ended before that."""
        def answers():
            if self.proc.poll() is not None:
                return "ended"
            return "result" in self.call("eth_blockNumber") and "ready"
        return wait_for("noded", START_S, answers, pause=0.01) == "ready"

    def end(self):
        if self.proc is not None and self.proc.poll() is None:
            self.proc.send_signal(signal.SIGTERM)
            self.proc.wait(20)
        return self.proc.returncode

    def kill(self):
        """The node and its signer, at once."""
        os.killpg(self.proc.pid, signal.SIGKILL)
        self.proc.wait()


class Line:
    """One connection to node.ipc that stays open."""

    def __init__(self, node, timeout=10):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(timeout)
        self.sock.connect(node.s.home + "/run/node.ipc")
        self.file = self.sock.makefile("rb")

    def call(self, method, *params):
        self.sock.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
        line = self.file.readline()
        if not line.endswith(b"\n"):
            raise ConnectionError("half an answer")
        return json.loads(line)

    def close(self):
        self.file.close()
        self.sock.close()


@contextlib.contextmanager
def new_state():
    """A stack's new state for tests of noded alone, never started. KEEP leaves
    the folder."""
    s = Stack()
    folder = os.path.dirname(s.home)
    os.makedirs(folder, exist_ok=True)
    os.chmod(folder, 0o755)
    try:
        s.sekisho("init", "--dev")
        yield s
    finally:
        if not os.environ.get("KEEP"):
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def state_for(variable):
    """A new state, and the copy of a shim beside it, where the node's user may
    read it. variable names the built shim."""
    built = os.environ.get(variable, "")
    if not os.path.exists(built):
        raise SystemExit("%s must name the built shim" % variable)
    with new_state() as s:
        shim = shutil.copy(built, os.path.dirname(s.home))
        os.chmod(shim, 0o755)
        yield s, shim
