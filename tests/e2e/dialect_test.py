#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The plain HTTP dialect of the node, below the rpc surface: GET /rpc/head and
its kin, as clients without JSON-RPC use them; a second node's blocks brought
to the first.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from case import case, run, same  # noqa: E402
from clients import sign  # noqa: E402
from pair import HANG_S, TO, Pair  # noqa: E402
from stack import wait_for  # noqa: E402

BLOCK = {"height", "hash", "parent_hash", "proposer", "timestamp", "tx_count", "state_root"}
WEI = 12345678901234567890  # more than a double holds
HASH = "0x" + "ab" * 32
OPERATOR = ("operator", "a-long-password-of-one")


def get(s, path, auth="rpc"):
    r = s.https("GET", "/rpc" + path, auth=auth)
    return r.status, getattr(r, "json", None)


def post(s, path, doc, auth="rpc"):
    r = s.https("POST", "/rpc" + path, doc, auth=auth)
    return r.status, getattr(r, "json", None)


def block_of(s, node, number):
    return s.ask(node, "debug_getRawBlock", hex(number))


def bring(s, number, path="/blocks/import", auth=OPERATOR, **more):
    return post(s, path, dict({"block": block_of(s, "b", number)}, **more), auth)


def brought(s, number, **more):
    status, v = bring(s, number, **more)
    same(status, 200, v)
    same(set(v), {"accepted", "height", "hash", "reason", "reorged", "reorg_depth"})
    return v


def add_operator(s):
    path = s.home + "/operator.password"
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
        f.write(OPERATOR[1] + "\n")
    s.sekisho("user", "add", "rpc", OPERATOR[0], "--password-file", path)
    s.reconf("at = tls /rpc\n", "at = tls /rpc\nmethods_for = operator default sekisho_importBlock\n")


@case
def questions_without_sense_have_an_answer(s):
    rows = [
        ("/blocks/x", 400, "height: "), ("/blocks/-1", 400, "height: "), ("/blocks/0x1", 400, "height: "),
        ("/blocks/99999999999999999999", 400, "height: "), ("/blocks/99999", 404, "block not found"),
        ("/tx/0x12", 400, "hash: "), ("/tx/" + HASH[2:], 400, "hash: "), ("/tx/" + HASH, 404, "transaction not found"),
        ("/getBalance/0x12", 400, "address: "), ("/getBalance/" + TO.replace("E", "e", 1), 400, "address: "),
        ("/blocks-range", 400, "start: "), ("/blocks-range?start=1", 400, "end: "), ("/blocks-range?start=a&end=2", 400, "start: "),
        ("/blocks-range?start=3&end=2", 400, "end: "), ("/blocks-range?start=0&end=2&limit=0", 400, "limit: "),
        ("/blocks-range?start=0&end=2&limit=101", 400, "limit: "), ("/blocks-range?start=0&end=2&include_tx=1", 400, "include_tx: "),
    ]
    for path, status, text in rows:
        got = get(s, path)
        same(got[0], status, path)
        assert got[1]["detail"].startswith(text), (path, got)
    same(get(s, "/head", auth=None)[0], 401)
    same(get(s, "/nothing")[0], 404)


@case
def head_blocks_and_ranges(s):
    s.raise_to("a", 3)
    want = s.ask("a", "eth_getBlockByNumber", "0x3", False)
    status, v = get(s, "/head")
    same(status, 200)
    same(set(v), BLOCK)
    same((v["hash"], v["parent_hash"], v["state_root"], v["tx_count"]),
         (want["hash"], want["parentHash"], want["stateRoot"], len(want["transactions"])))
    same(v["proposer"], s.ask("a", "clique_getSigner", "0x3"))
    assert v["timestamp"].endswith("+00:00") and v["timestamp"][10] == "T", v
    same(get(s, "/blocks/3"), (200, v))
    same(get(s, "/blocks/0")[1]["parent_hash"], "0x" + "00" * 32)
    blocks = get(s, "/blocks-range?start=1&end=99")[1]["blocks"]
    same([b["height"] for b in blocks], [1, 2, 3])
    same(blocks[2], v)
    same([b["height"] for b in get(s, "/blocks-range?start=1&end=3&limit=2")[1]["blocks"]], [1, 2])
    same(get(s, "/blocks-range?start=50&end=99")[1], {"blocks": []})
    full = get(s, "/blocks-range?start=3&end=3&include_tx=true")[1]["blocks"][0]
    same([t["tx_hash"] for t in full["transactions"]], want["transactions"])


@case
def a_transaction_is_sent_and_found(s):
    a = s.credentials["accounts"][2]
    raw = sign(s, a, to=TO, nonce=0, value=hex(WEI))
    rows = [
        ({}, "raw: missing field"), ({"raw": 1}, "raw: must be a string"), ({"raw": "0xzz"}, "raw: "), ({"raw": "0x01"}, "raw: "),
        ({"raw": raw, "nonce": 1}, "nonce: is not the transaction's"), ({"raw": raw, "nonce": "0"}, "nonce: "),
        ({"raw": raw, "sender": TO}, "sender: did not sign"), ({"raw": raw, "sender": "x"}, "sender: is no address"),
        ({"raw": raw, "type": "RECEIPT_CLAIM"}, "type: "), ([raw], "body: "),
    ]
    for doc, text in rows:
        status, v = post(s, "/sendTx", doc)
        same(status, 400, doc)
        assert v["detail"].startswith(text), (doc, v)
    same(get(s, "/getBalance/" + a["address"])[1]["nonce"], 0)
    whole = {"type": "TRANSFER", "sender": a["address"], "nonce": 0, "fee": 0, "payload": {}, "raw": raw}
    status, v = post(s, "/sendTx", whole)
    same(status, 200, v)
    hash = v["tx_hash"]
    wait_for("the block", HANG_S, lambda: get(s, "/tx/" + hash)[0] == 200)
    v = get(s, "/tx/" + hash)[1]
    same((v["sender"].lower(), v["recipient"].lower(), v["nonce"], v["value"], v["status"], v["gas_used"], v["payload"]),
         (a["address"].lower(), TO.lower(), 0, WEI, "success", 21000, "0x"))
    same(v["block_hash"], get(s, "/blocks/%d" % v["block_height"])[1]["hash"])
    v = get(s, "/getBalance/" + TO.lower())[1]
    same(v, {"address": TO, "balance": int(s.ask("a", "eth_getBalance", TO, "latest"), 16), "nonce": 0})
    same(get(s, "/getBalance/0x" + "12" * 20)[1]["balance"], 0)
    # it is in a block now: the same bytes are refused with the node's words
    status, v = post(s, "/sendTx", whole)
    same(status, 400)
    assert "nonce too low" in v["detail"] or "already known" in v["detail"], v


@case
def what_waits_is_not_there_yet_and_sent_again_is_the_same(s):
    a = s.credentials["accounts"][2]
    raw = sign(s, a, to=TO, nonce=7, value=1)  # behind a gap
    first = post(s, "/sendTx", {"raw": raw})
    same(first[0], 200, first)
    same(post(s, "/sendTx", {"raw": raw}), first)
    same(get(s, "/tx/" + first[1]["tx_hash"])[0], 404)


@case
def blocks_are_brought_by_operators_alone(s):
    s.raise_to("b", 1)
    for auth, status in ((None, 401), ("rpc", 403)):
        same(bring(s, 1, auth=auth)[0], status)
        same(bring(s, 1, "/importBlock", auth=auth)[0], status)
    r = s.http("POST", "/importBlock", {"block": "0x"})
    same(r.status, 403)


@case
def a_block_without_form_is_refused(s):
    s.raise_to("b", 1)
    raw = block_of(s, "b", 1)
    rows = [
        ({}, "block: missing field"), ({"block": 7}, "block: must be a string"), ({"block": "0x"}, "block: "),
        ({"block": "0xc0"}, "block: "), ({"block": raw + "00"}, "block: "), ({"block": raw[:-2]}, "block: "), ([], "body: "),
        ({"block": raw, "hash": HASH}, "hash: is not the block's"), ({"block": raw, "hash": HASH[2:]}, "hash: must begin with 0x"),
        ({"block": raw, "hash": HASH[:-1]}, "hash: must have 64 digits"), ({"block": raw, "hash": HASH[:-1] + "g"}, "hash: must be hex"),
        ({"block": raw, "hash": 1}, "hash: must be a string"), ({"block": raw, "height": 2}, "height: is not the block's"),
    ]
    for doc, text in rows:
        status, v = post(s, "/importBlock", doc, OPERATOR)
        same((status, v["accepted"], v["height"]), (400, False, None), doc)
        assert v["reason"].startswith(text), (doc, v)


@case
def a_second_node_s_blocks_are_brought(s):
    """a has a branch of its own; b's becomes longer and takes its place. What
    of a's transactions b does not have is sealed by a once more."""
    s.raise_to("a", 3)
    at = s.head("a")
    s.raise_to("b", at + 4)
    assert block_of(s, "a", 1) != block_of(s, "b", 1)
    v = brought(s, at + 2)
    same((v["accepted"], v["reason"]), (False, "gap: the head is at %d, the block at %d" % (at, at + 2)))
    v = brought(s, at + 1)
    assert not v["accepted"] and v["reason"].startswith("fork: the parent"), v
    for n in range(1, at):
        v = brought(s, n, height=n, hash=s.ask("b", "eth_getBlockByNumber", hex(n), False)["hash"])
        assert not v["accepted"] and v["reason"].startswith("fork: kept aside"), v
    v = brought(s, 1)
    assert v["reason"].startswith("block already exists"), v
    # under a bent header the seal is somebody else's
    raw = block_of(s, "b", at)
    place = raw.index(s.ask("b", "eth_getBlockByNumber", hex(at), False)["extraData"][2:])
    bent = raw[:place] + ("1" if raw[place] == "0" else "0") + raw[place + 1:]
    v = post(s, "/blocks/import", {"block": bent}, OPERATOR)[1]
    assert not v["accepted"] and v["reason"].startswith("untrusted proposer"), v
    undone = 0
    for n in range(at, at + 5):
        v = brought(s, n, path="/importBlock")
        same((v["height"], v["reorged"]), (n, v["reorg_depth"] > 0))
        undone += v["reorg_depth"]
    assert undone >= at, undone
    # the block above may be a's own again: as long as b's, and perhaps better
    same([b["hash"] for b in get(s, "/blocks-range?start=1&end=%d" % (at + 3))[1]["blocks"]],
         [s.ask("b", "eth_getBlockByNumber", hex(n), False)["hash"] for n in range(1, at + 4)])
    s.raise_to("a", s.head("a") + 1)
    same(get(s, "/blocks/%d" % (at + 3))[1]["hash"], s.ask("b", "eth_getBlockByNumber", hex(at + 3), False)["hash"])


@case
def the_state_of_the_chain(s):
    status, v = get(s, "/syncStatus")
    same(status, 200)
    same(v["chain_id"], 31337)
    same((v["head_height"], v["total_blocks"], v["syncing"], v["validate_signatures"]), (s.head("a"), s.head("a") + 1, False, True))
    same(v["head"], get(s, "/head")[1])
    same(v["head_hash"], v["head"]["hash"])
    same(v["trusted_proposers"], s.ask("a", "clique_getSigners"))
    safe = int(s.ask("a", "eth_getBlockByNumber", "safe", False)["number"], 16)
    same(v["max_reorg_depth"], s.head("a") - safe)


if __name__ == "__main__":
    with Pair() as pair:
        add_operator(pair)
        code = run(pair)
        if code:
            sys.stdout.write(pair.text()[-4000:] + "\n")
    sys.exit(code)
