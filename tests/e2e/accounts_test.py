#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Accounts that a node keeps: a node alone, ethers and web3 over its IPC
socket, wrong passwords, times that end, a signer that is killed, a restart.

usage: accounts_test.py [PATTERN]    SEKISHO_BIN names the folder of the programs
"""
import glob
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from case import case, run, same  # noqa: E402
from clients import NODE, NPM, sign  # noqa: E402
from stack import BIN, ROOT, Stack, wait_for  # noqa: E402

PASSWORD = "planted-marker-of-a-password"
LOCKED = "authentication needed: password or unlock"
LOCAL = ("eth_sign", "eth_signTransaction", "eth_sendTransaction", "eth_signTypedData_v4", "personal_listAccounts",
         "personal_newAccount", "personal_unlockAccount", "personal_lockAccount", "personal_sign",
         "personal_sendTransaction", "personal_ecRecover")


class Lone(Stack):
    """noded alone on a development chain that seals for transactions only."""

    def start(self, wait=True):
        os.makedirs(os.path.dirname(self.home), exist_ok=True)
        os.chmod(os.path.dirname(self.home), 0o755)
        self.sekisho("init", "--dev")
        self.conf = self.home + "/conf/node.conf"
        self.keys = self.home + "/node/accounts"
        os.mkdir(self.keys, 0o700)
        with open(self.conf) as f:
            text = f.read()
        assert "heartbeat = 10s" in text, text
        with open(self.conf, "w") as f:
            f.write(text.replace("heartbeat = 10s", "heartbeat = 0s\nsettle = 24h\naccounts = " + self.keys))
        self.sealer = next(t.split("=")[1].strip() for t in text.splitlines() if t.startswith("sealer"))
        with open(self.home + "/secrets/dev-credentials.json") as f:
            self.credentials = json.load(f)
        self.log_path = os.path.dirname(self.home) + "/noded.log"
        self.begin()

    def begin(self):
        self.node = subprocess.Popen([BIN + "/noded", "-c", self.conf], stdout=open(self.log_path, "a"), stderr=subprocess.STDOUT)
        wait_for("the node answers", 20, lambda: self.ask("eth_blockNumber"))

    def stop(self, *args, **how):
        self.node.terminate()
        same(self.node.wait(60), 0, "noded's end")

    def call(self, method, *params, name="run/node.ipc"):
        doc = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        return self.ipc(json.dumps(doc), name=name)[0]

    def ask(self, method, *params):
        answer = self.call(method, *params)
        assert "result" in answer, (method, answer)
        return answer["result"]

    def fails(self, method, *params, name="run/node.ipc"):
        answer = self.call(method, *params, name=name)
        assert "error" in answer, (method, answer)
        return answer["error"]["message"]

    def connect(self):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(60)
        sock.connect(self.home + "/run/node.ipc")
        return sock

    def signers(self):
        """The node's children: the sealer's signer first, then that of accounts."""
        with open("/proc/%d/task/%d/children" % (self.node.pid, self.node.pid)) as f:
            return [int(pid) for pid in f.read().split()]

    def log(self):
        with open(self.log_path) as f:
            return f.read()

    def account(self, password=PASSWORD):
        return self.ask("personal_newAccount", password)

    def fund(self, address):
        a = self.credentials["accounts"][1]
        nonce = int(self.ask("eth_getTransactionCount", a["address"], "pending"), 16)
        h = self.ask("eth_sendRawTransaction", sign(self, a, to=address, value=hex(10**18), nonce=nonce))
        self.mined(h)

    def mined(self, h):
        return wait_for("a receipt", 20, lambda: self.ask("eth_getTransactionReceipt", h))


def client(s, name):
    env = dict(os.environ, IPC=s.home + "/run/node.ipc", FROM=s.credentials["accounts"][0]["privateKey"], NPM=NPM, CLIENT=name)
    r = subprocess.run([NODE, os.path.join(ROOT, "tests/e2e/accounts.mjs")], env=env, text=True, capture_output=True, timeout=300)
    same(r.returncode, 0, r.stdout[-2000:] + r.stderr[-4000:])
    return r.stdout.strip()


@case
def ethers_uses_an_account(s):
    client(s, "ethers")


@case
def web3_uses_an_account(s):
    client(s, "web3")


@case
def a_key_file_is_encrypted_and_its_owners_alone(s):
    address = s.account()
    path, = glob.glob(s.keys + "/UTC--*--" + address[2:])
    same(stat.S_IMODE(os.stat(path).st_mode), 0o600)
    with open(path) as f:
        doc = json.load(f)
    same((doc["version"], doc["address"], doc["crypto"]["kdf"]), (3, address[2:], "scrypt"))
    same(doc["crypto"]["kdfparams"]["n"] >= 1 << 17, True)
    same([name for name in os.listdir(s.keys) if name.startswith(".")], [])


@case
def a_wrong_password_is_refused_and_delays_the_next(s):
    address = s.account()
    same(s.fails("personal_unlockAccount", address, "wrong"), "could not decrypt key with given password")
    assert s.fails("personal_unlockAccount", address, PASSWORD).startswith("after wrong passwords"), "no delay"
    wait_for("the delay's end", 20, lambda: s.call("personal_unlockAccount", address, PASSWORD).get("result"))
    same(s.fails("personal_unlockAccount", "0x" + "11" * 20, PASSWORD), "no key for given address or file")


@case
def an_unlock_ends(s):
    address = s.account()
    same(s.ask("personal_unlockAccount", address, PASSWORD, 1), True)
    wait_for("its end", 20, lambda: s.call("eth_sign", address, "0x00").get("error", {}).get("message") == LOCKED)
    same(s.fails("personal_unlockAccount", address, PASSWORD, 1 << 40), "unlock duration too large")


@case
def the_sealers_key_is_out_of_reach(s):
    """Even when its key file is copied among the accounts."""
    for path in glob.glob(s.home + "/node/keystore/*"):
        with open(path) as f, open(s.keys + "/copied", "w") as to:
            to.write(f.read())
        os.chmod(s.keys + "/copied", 0o600)
    with open(next(t.split("=")[1].strip() for t in open(s.conf) if t.startswith("password_file"))) as f:
        password = f.read().strip()
    same(s.sealer.lower() in s.ask("eth_accounts"), False)
    same(s.fails("personal_unlockAccount", s.sealer, password), "this signer does not use that account")
    same(s.fails("personal_sign", "0x00", s.sealer, password), "this signer does not use that account")
    same(s.fails("eth_sign", s.sealer, "0x00"), "unknown account")


@case
def sends_at_once_get_nonces_of_their_own(s):
    """A batch, and more from several connections meanwhile: no nonce twice, none left out."""
    address = s.account()
    s.fund(address)
    same(s.ask("personal_unlockAccount", address, PASSWORD, 0), True)
    tx = {"from": address, "to": "0x" + "22" * 20, "value": "0x1"}
    batch = json.dumps([{"jsonrpc": "2.0", "id": i, "method": "eth_sendTransaction", "params": [tx]} for i in range(20)])
    with ThreadPoolExecutor(3) as many:
        answers = [a for docs in many.map(lambda _: s.ipc(batch, timeout=60)[0], range(3)) for a in docs]
    hashes = [a["result"] for a in answers]
    for h in hashes:
        same(s.mined(h)["status"], "0x1")
    nonces = sorted(int(s.ask("eth_getTransactionByHash", h)["nonce"], 16) for h in hashes)
    same(nonces, list(range(60)))
    # The first is refused: those behind it must not wait for its nonce.
    dear = dict(tx, value=hex(10**30), gas="0x5208")
    batch = json.dumps([{"jsonrpc": "2.0", "id": i, "method": "eth_sendTransaction", "params": [t]} for i, t in enumerate((dear, tx))])
    first, second = s.ipc(batch)[0]
    assert "insufficient funds" in first["error"]["message"], first
    assert "was refused" in second["error"]["message"], second
    s.mined(s.ask("eth_sendTransaction", tx))


@case
def the_gateways_socket_has_none_of_it(s):
    """rpc.sock: alone, in a batch, on a connection that subscribes."""
    docs = [{"jsonrpc": "2.0", "id": i, "method": m, "params": []} for i, m in enumerate(LOCAL)]
    for m in LOCAL:
        same(s.fails(m, name="run/gw/rpc.sock"), "the method %s does not exist/is not available" % m)
    subscribe = json.dumps({"jsonrpc": "2.0", "id": 0, "method": "eth_subscribe", "params": ["newHeads"]})
    answers = s.ipc(subscribe, json.dumps(docs), name="run/gw/rpc.sock")
    same("result" in answers[0], True)
    same({a["error"]["code"] for a in answers[1]}, {-32601})
    same(s.call("eth_accounts", name="run/gw/rpc.sock")["result"], [])
    same("personal" in s.call("rpc_modules", name="run/gw/rpc.sock")["result"], False)


@case
def passwords_in_a_batch_are_bounded(s):
    docs = [{"jsonrpc": "2.0", "id": i, "method": "personal_unlockAccount", "params": ["0x" + "11" * 20, "x"]} for i in range(5)]
    said = [a["error"]["message"] for a in s.ipc(json.dumps(docs))[0]]
    same(said[:4], ["no key for given address or file"] * 4)
    assert said[4].startswith("limit exceeded"), said


@case
def nothing_waits_for_a_key_file(s):
    """While the keeper opens key files, readers answer and blocks are sealed."""
    address = s.account()
    docs = [{"jsonrpc": "2.0", "id": i, "method": "personal_unlockAccount", "params": [address, PASSWORD]} for i in range(4)]
    with s.connect() as sock:
        sock.sendall((json.dumps(docs) + "\n").encode())
        a = s.credentials["accounts"][1]
        nonce = int(s.ask("eth_getTransactionCount", a["address"], "pending"), 16)
        h = s.ask("eth_sendRawTransaction", sign(s, a, to=address, value=1, nonce=nonce))
        s.mined(h)
        buf = b""
        while not buf.endswith(b"\n"):
            buf += sock.recv(65536)
    same([d.get("result") for d in json.loads(buf)], [True] * 4)


@case
def restart_locks_and_keeps(s):
    address = s.account()
    s.ask("personal_unlockAccount", address, PASSWORD, 0)
    s.ask("eth_sign", address, "0x00")
    s.stop()
    s.begin()
    same(address in s.ask("personal_listAccounts"), True)
    same(s.fails("eth_sign", address, "0x00"), LOCKED)
    same(s.ask("personal_unlockAccount", address, PASSWORD, 0), True)
    s.ask("eth_sign", address, "0x00")


@case
def killed_signer_leaves_all_locked_and_the_node_sealing(s):
    address = s.account()
    s.ask("personal_unlockAccount", address, PASSWORD, 0)
    same(len(s.signers()), 2)
    os.kill(s.signers()[1], signal.SIGKILL)
    gone = "the signer of accounts was ended by signal 9 (Killed): all accounts are locked until this node is started again"
    wait_for("the log says so", 20, lambda: gone in s.log())
    for doc in (("eth_sign", address, "0x00"), ("personal_unlockAccount", address, PASSWORD), ("personal_newAccount", "x"),
                ("personal_listAccounts",)):
        same(s.fails(*doc), gone)
    s.fund(address)
    s.stop()
    s.begin()
    same(s.fails("eth_sign", address, "0x00"), LOCKED)
    same(s.ask("personal_unlockAccount", address, PASSWORD), True)


@case
def no_password_is_kept(s):
    """Neither in the log, nor in any file, nor in the node's memory once it was used."""
    address = s.account()
    same(s.ask("personal_unlockAccount", address, PASSWORD), True)
    s.fails("personal_unlockAccount", address, PASSWORD + "-wrong")
    same(PASSWORD in s.log(), False)
    found = subprocess.run(["grep", "-rlF", PASSWORD, s.home], text=True, capture_output=True, timeout=60).stdout
    same(found, "")
    same(in_memory(s.node.pid, PASSWORD.encode()), [])


@case
def without_the_setting_there_are_none(s):
    with open(s.conf) as f:
        text = f.read()
    s.stop()
    with open(s.conf, "w") as f:
        f.write("".join(line for line in text.splitlines(True) if not line.startswith("accounts")))
    s.begin()
    try:
        same(s.ask("eth_accounts"), [])
        same(s.fails("personal_newAccount", "x"), 'this node keeps no accounts: "accounts" is not set in its configuration')
        same(len(s.signers()), 1)
    finally:
        s.stop()
        with open(s.conf, "w") as f:
            f.write(text)
        s.begin()


def in_memory(pid, marker):
    """Where a process holds the marker; writable memory only."""
    hits = []
    with open("/proc/%d/maps" % pid) as maps, open("/proc/%d/mem" % pid, "rb", 0) as mem:
        for line in maps:
            span, mode = line.split()[:2]
            low, high = (int(x, 16) for x in span.split("-"))
            if not mode.startswith("rw") or high - low > 1 << 28:
                continue
            mem.seek(low)
            try:
                if marker in mem.read(high - low):
                    hits.append(line.strip())
            except OSError:
                pass
    return hits


def main():
    with Lone() as s:
        return run(s)


if __name__ == "__main__":
    sys.exit(main())
