#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An exported chain of ours in another client: @ethereumjs/client checks
every seal, base fee and state root before it takes a block."""
import http.client
import json
import os
import signal
import subprocess
import sys
import time

from case import case, run, same
from clients import NPM, ethers, next_nonce, sign
from stack import Stack, free_port, wait_for


def ask(port, method, *params):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    c.request("POST", "/", json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}),
              {"Content-Type": "application/json"})
    return json.loads(c.getresponse().read())["result"]


class Client:
    def __init__(self, s, chain):
        self.port = free_port()
        self.log = open(os.path.dirname(s.home) + "/client.log", "w+")
        self.proc = subprocess.Popen(
            [NPM + "/node_modules/.bin/node", NPM + "/node_modules/.bin/ethereumjs",
             "--gethGenesis=%s/conf/genesis.json" % s.home, "--dataDir=%s/client" % os.path.dirname(s.home),
             "--loadBlocksFromRlp=" + chain, "--isSingleNode", "--rpc", "--rpcPort=%d" % self.port,
             "--port=%d" % free_port(), "--logLevel=info", "--bootnodes="],
            stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def text(self):
        return open(self.log.name).read()[-2500:]

    def stop(self):
        self.proc.send_signal(signal.SIGKILL)
        self.proc.wait()


@case
def another_client_imports_our_chain(s):
    ethers(s, "http://127.0.0.1:%d/" % s.rpc_port)
    a = s.credentials["accounts"][4]
    n = next_nonce(s, a)
    for i in range(30):
        s.rpc("eth_sendRawTransaction", sign(s, a, to="0x" + "31" * 20, value=i, nonce=n + i, gasPrice=i % 4))
    wait_for("empty pool", 20, lambda: json.loads(
        s.sekisho("rpc", "txpool_status").stdout)["pending"] == "0x0")
    time.sleep(1)
    head = s.rpc("eth_getBlockByNumber", "latest", False)
    s.stop()
    s.head = head
    chain = os.path.dirname(s.home) + "/chain.rlp"
    # The client loads the blocks after its own genesis.
    s.sekisho("export", chain, "1", str(int(head["number"], 16)))
    client = Client(s, chain)
    try:
        def reached():
            if client.proc.poll() is not None:
                raise AssertionError("client left: " + client.text())
            return int(ask(client.port, "eth_blockNumber"), 16) == int(head["number"], 16)
        try:
            wait_for("client at head %s" % head["number"], 120, reached)
        except AssertionError as e:
            raise AssertionError("%s\n%s" % (e, client.text()))
        got = ask(client.port, "eth_getBlockByNumber", head["number"], False)
        same(got["hash"], head["hash"])
        same(got["stateRoot"], head["stateRoot"])
    finally:
        client.stop()


@case
def what_was_exported_is_imported_into_an_empty_node(s):
    chain, home = os.path.dirname(s.home) + "/chain.rlp", os.path.dirname(s.home) + "/second"
    head = int(s.head["number"], 16)
    os.makedirs(home + "/data")
    owner = os.stat(s.home + "/node/data")
    os.chown(home + "/data", owner.st_uid, owner.st_gid)
    with open(home + "/node.conf", "w") as f:
        f.write("data_dir = %s/data\ngenesis = %s/conf/genesis.json\n" % (home, s.home))
    first = s.sekisho("import", chain, "--conf", home + "/node.conf").stdout
    same(first, "imported %d blocks, 0 aside, 0 known; head %d\n" % (head, head))
    again = s.sekisho("import", chain, "--conf", home + "/node.conf").stdout
    same(again, "imported 0 blocks, 0 aside, %d known; head %d\n" % (head, head))
    with open(chain, "rb") as f:
        whole = f.read()
    with open(home + "/cut.rlp", "wb") as f:
        f.write(whole[:-1])
    cut = s.sekisho("import", home + "/cut.rlp", "--conf", home + "/node.conf", check=False)
    same(cut.returncode, 1)
    assert "block %d of the file" % (head - 1) in cut.stderr and "inside a block" in cut.stderr, cut.stderr


if __name__ == "__main__":
    with Stack() as stack:
        code = run(stack)
    sys.exit(code)
