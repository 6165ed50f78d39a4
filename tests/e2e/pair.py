# SPDX-License-Identifier: Apache-2.0
"""A stack with two nodes behind its gateway. Both seal blocks only for
transactions, each for its own, so that a case decides how far each of them is.
"""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from case import same
from clients import sign
from stack import BIN, Stack, wait_for

TO = "0x52908400098527886E0F7030069857D2E4169EE7"
HANG_S = 30  # what should happen at once, or after a second, has not


class Pair(Stack):
    """A stack whose gateway has a second node, b, which we run."""

    def start(self, wait=True):
        os.makedirs(os.path.dirname(self.home), exist_ok=True)
        os.chmod(os.path.dirname(self.home), 0o755)
        self.sekisho("init", "--dev")
        self.edit("node.conf", "heartbeat = 10s", "heartbeat = 0s\nsettle = 24h")
        self.edit("gateway.conf", "[node]\nsocket = rpc.sock\n",
                  "[node]\ntime = 2s\nstale = 0s\nback = 2s\nforked = yes\n[node a]\nsocket = rpc.sock\n[node b]\nsocket = b.sock\n")
        self.edit("gateway.conf", "serves = wallet\n", "serves = wallet\nprofile = extended\n")
        self.other = None
        self.start_b()
        super().start(wait)
        self.psql("insert into executable_contract (contract_address) values ('%s')" % TO)

    def stop(self, *args, **how):
        try:
            self.stop_b()
        finally:
            code = super().stop(*args, **how)
        return code

    def edit(self, name, old, new):
        path = self.home + "/conf/" + name
        with open(path) as f:
            text = f.read()
        assert old in text, (name, old)
        with open(path, "w") as f:
            f.write(text.replace(old, new))

    def start_b(self):
        """b has the chain's genesis and sealer, and a life of its own."""
        dir = os.path.dirname(self.home) + "/b"
        with open(self.home + "/conf/node.conf") as f:
            text = f.read()
        for old, new in (("data_dir = %s/node/data" % self.home, "data_dir = " + dir),
                         ("/run/node.ipc", "/run/b.ipc"), ("/run/gw/rpc.sock", "/run/gw/b.sock")):
            assert old in text, old
            text = text.replace(old, new)
        os.makedirs(dir, exist_ok=True)
        with open(dir + ".conf", "w") as f:
            f.write(text)
        with open(dir + ".log", "a") as log:
            self.other = subprocess.Popen([BIN + "/noded", "-c", dir + ".conf"], stdout=log, stderr=log)
        wait_for("b answers", HANG_S, lambda: self.ask_b("eth_blockNumber"))

    def reconf(self, old, new):
        """Changes a live setting of the gateway."""
        self.edit("gateway.conf", old, new)
        name = "sekisho_gateway_reloads_total"

        def reloads():
            text = self.http("GET", "/metrics").body.decode()
            return int(re.search(r"^%s (\d+)$" % name, text, re.M).group(1))
        before = reloads()
        os.kill(self.pid("gateway"), signal.SIGHUP)
        wait_for("the reload", HANG_S, lambda: reloads() > before)

    def gateway_log(self):
        with open(self.home + "/log/gateway.log") as f:
            return f.read()

    def copy_a(self):
        """b becomes a copy of a, whose writing pauses meanwhile."""
        self.stop_b()
        dir = os.path.dirname(self.home) + "/b"
        shutil.rmtree(dir)
        pids = stopped(self)
        try:
            shutil.copytree(self.home + "/node/data", dir, ignore=shutil.ignore_patterns("LOCK", "lock.mdb"))
        finally:
            go_on(pids)
        self.start_b()

    def stop_b(self, sig=signal.SIGTERM):
        if self.other is not None:
            other, self.other = self.other, None
            other.send_signal(sig)
            try:
                other.wait(30)
            except subprocess.TimeoutExpired:
                other.kill()
                raise

    def ask(self, node, method, *params):
        doc = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        return self.ipc(json.dumps(doc), name={"a": "run/node.ipc", "b": "run/b.ipc"}[node])[0]["result"]

    def ask_b(self, method, *params):
        return self.ask("b", method, *params)

    def head(self, node):
        return int(self.ask(node, "eth_blockNumber"), 16)

    def raise_to(self, node, height):
        """Blocks on one node until its head is there."""
        a = self.credentials["accounts"][1]
        while self.head(node) < height:
            at = self.head(node)
            n = int(self.ask(node, "eth_getTransactionCount", a["address"], "latest"), 16)
            self.ask(node, "eth_sendRawTransaction", sign(self, a, to=TO, nonce=n, value=1))
            wait_for("a block on " + node, HANG_S, lambda: self.head(node) > at)

    def nodes(self):
        doc = json.loads(self.sekisho("node", "list", "--json").stdout)
        doc["states"] = {n["name"]: n["state"] for n in doc["nodes"]}
        return doc

    def wait_nodes(self, used, states):
        def look():
            doc = self.nodes()
            return (doc["used"], doc["states"]) == (used, states)
        try:
            wait_for("nodes", HANG_S, look)
        except AssertionError:
            raise AssertionError("want %s %s, have %s" % (used, states, self.nodes()))

    def seen(self):
        """The head that clients see, or the status of a refusal."""
        r = self.http("POST", "/", {"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber"})
        return int(r.json["result"], 16) if r.status == 200 and "result" in r.json else r.status

    def dial(self, _tls, timeout):
        return socket.create_connection(("127.0.0.1", self.rpc_port), timeout)

    def level(self, more_b=0):
        """Both equally far, b some blocks more; a is used."""
        top = max(self.head("a"), self.head("b"))
        self.raise_to("a", top)
        self.raise_to("b", top + more_b)
        self.use("a")
        self.wait_nodes("a", {"a": "up", "b": "up"})

    def use(self, node):
        same(self.sekisho("node", "use", node).stdout, "node %s is used, and the first from now on\n" % node)


def stopped(s):
    """Stops the first node for a while; its processes are the signer, too."""
    pids = s.processes("noded")
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    return pids


def go_on(pids):
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
