#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that integrators bring, each over every transport that it speaks: a
table of what each of them was seen to do on one running stack (ok), or cannot
do there by its own making (none).

usage: clients_test.py [PATTERN]    SEKISHO_BIN names the folder of the programs
"""
import base64
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from case import TALLY, case, run, same
from clients import NODE, NPM, sign
from stack import ROOT, Stack, wait_for

HERE = os.path.join(ROOT, "tests/e2e")
CLIENTS, TRANSPORTS = ("ethers", "viem", "web3"), ("ipc", "https", "wss")
TABLE = {}


def url_of(s, transport):
    if transport == "ipc":
        return s.home + "/run/node.ipc"
    c = s.credentials["rpc"]
    return "%s://%s:%s@localhost:%d/rpc" % (transport, quote(c["user"]), quote(c["password"]), s.port)


def script(s, name, *args, cwd=ROOT, **env):
    """A script's output; one that fails is an error with what it said."""
    env = dict(os.environ, NPM=NPM, NODE_EXTRA_CA_CERTS=s.home + "/tls/cert.pem", **env)
    r = subprocess.run([NODE, name, *args], env=env, text=True, capture_output=True, timeout=180, cwd=cwd)
    if r.returncode != 0:
        raise AssertionError(r.stdout[-4000:] + r.stderr[-2000:])
    return r.stdout


def sample(s):
    if not hasattr(s, "sample"):
        s.sample = script(s, HERE + "/compile.mjs")
    return s.sample


def libraries(s, transport):
    """The three libraries at once, each with an account of its own."""
    first, text = 3 * TRANSPORTS.index(transport), sample(s)

    def one(i):
        return script(s, HERE + "/matrix.mjs", URL=url_of(s, transport), CLIENT=CLIENTS[i], SAMPLE=text,
                      KEY=s.credentials["accounts"][first + i]["privateKey"])
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(one, i) for i in range(len(CLIENTS))]
    for client, done in zip(CLIENTS, runs):
        assert done.exception() is None, "%s: %s" % (client, done.exception())
        for word, what in re.findall(r"^(ok|none) (\w+)$", done.result(), re.M):
            TABLE.setdefault(what, {})[client, transport] = word


@case
def libraries_over_the_socket(s):
    libraries(s, "ipc")


@case
def libraries_over_https(s):
    libraries(s, "https")


@case
def libraries_over_websockets(s):
    libraries(s, "wss")


@case
def hardhat_runs_a_project(s):
    """Its tests against our network; the folder is a copy, since results are written beside it."""
    folder = os.path.dirname(s.home) + "/hardhat"
    shutil.copytree(HERE + "/hardhat", folder)
    os.symlink(NPM + "/node_modules", folder + "/node_modules")
    c = s.credentials["rpc"]
    keys = [a["privateKey"] for a in s.credentials["accounts"][:2]]
    out = script(s, NPM + "/node_modules/hardhat/internal/cli/bootstrap.js", "test", cwd=folder, HOME=folder, CI="true",
                 HARDHAT_DISABLE_TELEMETRY_PROMPT="true", URL="https://localhost:%d/rpc" % s.port, KEYS=json.dumps(keys),
                 AUTH="Basic " + base64.b64encode(("%s:%s" % (c["user"], c["password"])).encode()).decode())
    assert re.search(r"^ *6 passing", out, re.M) and "failing" not in out, out
    TABLE.setdefault("a project's tests", {})["hardhat", "https"] = "ok"


class Cast:
    """cast with one account on one transport."""

    def __init__(self, s, transport):
        c = s.credentials["rpc"]
        user = "%s:%s@" % (quote(c["user"]), quote(c["password"]))
        self.url = {"ipc": s.home + "/run/node.ipc", "https": "https://%slocalhost:%d/rpc" % (user, s.port),
                    "ws": "ws://127.0.0.1:%d/" % s.rpc_port}[transport]
        self.account = s.credentials["accounts"][6]
        self.env = dict(os.environ, SSL_CERT_FILE=s.home + "/tls/cert.pem")

    def said(self, *args):
        """What it prints, and what it complains of; npm's wrapper hides its status."""
        r = subprocess.run([NPM + "/node_modules/.bin/cast", *args], text=True, capture_output=True, timeout=60,
                           env=self.env, stdin=subprocess.DEVNULL)
        return r.stdout.strip(), r.stderr

    def __call__(self, verb, *args):
        out, complaint = self.said(verb, "--rpc-url", self.url, *args)
        if "Error" in complaint or not out:
            raise AssertionError("cast %s: %s%s" % (verb, out[-500:], complaint[-1000:]))
        return out

    def json(self, verb, *args):
        return json.loads(self(verb, "--json", *args))

    def send(self, *args):
        return self.json("send", "--private-key", self.account["privateKey"], *args)

    def refused(self, verb, *args):
        out, complaint = self.said(verb, "--rpc-url", self.url, *args)
        same(out, "")
        return complaint


CHANGED = "Changed(address indexed,uint256 indexed,string)"
MAIL = {"to": "0x" + "52" * 20, "number": 77, "text": "hello"}


def typed_mail(address):
    def fields(text):
        return [dict(zip(("type", "name"), f.split(" "))) for f in text.split(", ")]
    return {"types": {"EIP712Domain": fields("string name, string version, uint256 chainId, address verifyingContract"),
                      "Mail": fields("address to, uint256 number, string text")},
            "primaryType": "Mail", "message": MAIL,
            "domain": {"name": "Sample", "version": "1", "chainId": 31337, "verifyingContract": address}}


def cast_deploys_and_reads(cast, code):
    made = cast.send("--create", code, "constructor(uint256)", "5")
    at = made["contractAddress"]
    same(cast("call", at, "number()(uint256)"), "5")
    gas = int(cast("estimate", "--from", cast.account["address"], at, "set(uint256,string)", "6", "first"))
    r = cast.send(at, "set(uint256,string)", "6", "first")
    same((r["status"], len(r["logs"])), ("0x1", 1))
    same(int(r["gasUsed"], 16) <= gas < 100000, True, gas)
    same(cast.json("receipt", r["transactionHash"])["blockHash"], r["blockHash"])
    same(cast("tx", r["transactionHash"], "value"), "0")
    same(cast.json("block", str(int(r["blockNumber"], 16)))["hash"], r["blockHash"])
    same(int(cast("storage", at, "0"), 16), 6)
    same(int(cast("codesize", at)) > 1000, True)
    return at, r


def cast_finds_events(cast, at, r):
    logs = cast.json("logs", "--from-block", "0", "--address", at, CHANGED, cast.account["address"])
    same([x["transactionHash"] for x in logs], [r["transactionHash"]])
    same(cast.json("logs", "--from-block", "0", "--address", at, CHANGED, "0x" + "11" * 20), [])


def cast_hears_why(cast, at):
    for call, words in ((("failText()",), "execution reverted: no such thing"), (("failCustom(uint256)", "3"), "0x5469765a"),
                        (("failPanic(uint256)", "0"), "division or modulo by zero")):
        complaint = cast.refused("call", at, *call)
        assert words in complaint, complaint


def cast_looks_closer(cast, at, r):
    proof = cast.json("proof", at, "0x0")
    same((int(proof["storageProof"][0]["value"], 16), len(proof["accountProof"]) > 1), (6, True))
    access = cast("access-list", "--from", cast.account["address"], at, "set(uint256,string)", "7", "x")
    assert "0x" + "00" * 32 in access, access
    receipts = json.loads(cast("rpc", "eth_getBlockReceipts", r["blockNumber"]))
    assert r["transactionHash"] in [x["transactionHash"] for x in receipts]
    assert "Transaction successfully executed" in cast("run", r["transactionHash"])  # from what the block had before it


def cast_signs(cast, at):
    text = json.dumps(typed_mail(at))
    key, address = cast.account["privateKey"], cast.account["address"]
    signature, _ = cast.said("wallet", "sign", "--private-key", key, "--data", text)
    assert "Validation succeeded" in "".join(cast.said("wallet", "verify", "--address", address, "--data", text, signature))
    v, r, s = int(signature[130:], 16), signature[:66], "0x" + signature[66:130]
    mail = "(%s,%d,%s)" % (MAIL["to"], MAIL["number"], MAIL["text"])
    who = cast("call", at, "signerOf((address,uint256,string),uint8,bytes32,bytes32)(address)", mail, str(v), r, s)
    same(who.lower(), address.lower())


def cast_over(s, transport):
    cast = Cast(s, transport)
    at, r = cast_deploys_and_reads(cast, json.loads(sample(s))["bytecode"])
    cast_finds_events(cast, at, r)
    cast_hears_why(cast, at)
    cast_looks_closer(cast, at, r)
    cast_signs(cast, at)
    if transport == "ipc":
        trace = json.loads(cast("rpc", "debug_traceTransaction", r["transactionHash"]))
        same((trace["failed"], trace["structLogs"][0]["pc"]), (False, 0))
    else:
        assert "not available" in cast.refused("rpc", "debug_traceTransaction", r["transactionHash"])
    for what in ("deploy", "call", "estimate", "send", "events_by_filter", "typed_data", "receipts", "reasons_to_revert"):
        TABLE.setdefault(what, {})["cast", transport] = "ok"


@case
def cast_over_the_socket(s):
    cast_over(s, "ipc")


@case
def cast_over_https(s):
    cast_over(s, "https")


@case
def cast_over_websockets(s):
    """Without TLS: it trusts no certificate there but those of known authorities."""
    cast_over(s, "ws")


@case
def metamask_is_answered(s):
    """The calls that its documentation names, in the order of a transfer."""
    a, to = s.credentials["accounts"][7], "0x" + "63" * 20

    def ask(method, *params):
        doc = {"jsonrpc": "2.0", "id": 4711, "method": method, "params": list(params)}
        r = s.https("POST", "/rpc", doc, {"Origin": "chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn"}, auth="rpc")
        same((r.status, r.json["id"], r.json.get("error")), (200, 4711, None), method)
        return r.json["result"]
    same((ask("eth_chainId"), ask("net_version")), ("0x7a69", "31337"))
    block = ask("eth_getBlockByNumber", "latest", False)
    assert int(ask("eth_blockNumber"), 16) >= int(block["number"], 16)
    same(ask("eth_getBlockByHash", block["hash"], False)["number"], block["number"])
    assert int(ask("eth_getBalance", a["address"], "latest"), 16) > 0
    same(ask("eth_getCode", to, "latest"), "0x")
    same(ask("eth_call", {"from": a["address"], "to": to, "data": "0x"}, "latest"), "0x")
    same(ask("eth_estimateGas", {"from": a["address"], "to": to, "value": "0x1"}), "0x5208")
    fees = ask("eth_feeHistory", "0x5", "latest", [10, 20, 30])
    same(int(fees["baseFeePerGas"][-1], 16), int(ask("eth_gasPrice"), 16))
    nonce = int(ask("eth_getTransactionCount", a["address"], "pending"), 16)
    h = ask("eth_sendRawTransaction", sign(s, a, to=to, value=1, nonce=nonce, type=2, gasPrice=None, maxFeePerGas=0,
                                           maxPriorityFeePerGas=0))
    receipt = wait_for("its receipt", 30, lambda: ask("eth_getTransactionReceipt", h))
    same((receipt["status"], receipt["type"]), ("0x1", "0x2"))
    same(ask("eth_getTransactionByHash", h)["blockHash"], receipt["blockHash"])
    same(ask("eth_getBalance", to, "latest"), "0x1")


class Answering(Stack):
    """A stack whose loopback port takes WebSockets as well."""

    def start(self, wait=True):
        os.makedirs(os.path.dirname(self.home), exist_ok=True)
        os.chmod(os.path.dirname(self.home), 0o755)
        self.sekisho("init", "--dev")
        path, at = self.home + "/conf/gateway.conf", "[surface local]\nserves = rpc\n"
        with open(path) as f:
            text = f.read()
        same(text.count(at), 1, path)
        with open(path, "w") as f:
            f.write(text.replace(at, at + "websocket = yes\n"))
        super().start(wait)


def show_table():
    columns = sorted({c for row in TABLE.values() for c in row})
    print("%-24s %s" % ("", " ".join("%-12s" % "/".join(c) for c in columns)))
    for what, row in TABLE.items():
        print("%-24s %s" % (what, " ".join("%-12s" % row.get(c, "-") for c in columns)))


def main():
    with Answering() as s:
        failed = run(s)
    show_table()
    print("%d passed, %d failed" % tuple(TALLY))
    return failed


if __name__ == "__main__":
    sys.exit(main())
