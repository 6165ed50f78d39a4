#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The gateway in front of two real nodes: who is used when the first one is
killed, stands still or lags, and what an operator's word changes.
"""
import json
import os
import re
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from case import case, run, same  # noqa: E402
from clients import sign  # noqa: E402
from pair import HANG_S, TO, Pair, go_on, stopped  # noqa: E402
from stack import wait_for  # noqa: E402
from wsclient import TEXT, Ws  # noqa: E402


@case
def both_are_listed(s):
    s.raise_to("a", 3)
    s.wait_nodes("a", {"a": "up", "b": "behind"})
    lines = s.sekisho("node", "list").stdout.splitlines()
    same(len(lines), 3)
    same([x.split()[:3] for x in lines[1:]], [["*", "a", "up"], ["b", "behind", "0"]])
    same(lines[1].endswith("rpc.sock  (first)"), True, lines)
    wait_for("the head is known", HANG_S, lambda: s.nodes()["nodes"][0]["head"] == s.head("a"))
    for line in ('node_used{node="a"} 1', 'node_used{node="b"} 0', 'node_up{node="b"} 1', 'node_head_block{node="a"} %d' % s.head("a")):
        wait_for(line, HANG_S, lambda: "sekisho_gateway_%s\n" % line in s.http("GET", "/metrics").body.decode())


@case
def a_silent_first_is_not_replaced_by_one_behind(s):
    s.raise_to("a", 4)
    s.raise_to("b", 1)
    s.wait_nodes("a", {"a": "up", "b": "behind"})
    # what no client has been shown holds nobody to a
    wait_for("clients see it", HANG_S, lambda: s.seen() == 4)
    pids = stopped(s)
    try:
        s.wait_nodes("a", {"a": "gone", "b": "behind"})
        r = s.https("GET", "/v1/NodeInfo/BlockSyncStatus")
        same((r.status, r.json["data"]["is_synced"]), (200, False))
        s.raise_to("b", 3)
        time.sleep(1)
        same(s.nodes()["used"], "a")
        # with what clients have seen it is fit
        s.raise_to("b", 4)
        s.wait_nodes("b", {"a": "gone", "b": "up"})
        same(s.seen(), 4)
        s.raise_to("b", 6)
        wait_for("clients see it", HANG_S, lambda: s.seen() == 6)
    finally:
        go_on(pids)
    # a is back, but lacks what b has shown
    s.wait_nodes("b", {"a": "behind", "b": "up"})
    time.sleep(3)
    same((s.nodes()["used"], s.seen()), ("b", 6))
    s.raise_to("a", 6)
    s.wait_nodes("a", {"a": "up", "b": "up"})


@case
def a_killed_first_is_replaced_at_once(s):
    s.level(2)
    top, at = s.head("b"), len(s.lines)
    os.kill(s.pid("noded"), signal.SIGKILL)
    t0 = time.monotonic()
    wait_for("b takes over", HANG_S, lambda: s.seen() == top, 0.02)
    took = time.monotonic() - t0
    print("   b answers after %.0f ms" % (took * 1e3))
    assert took < 2, took
    s.wait_line(r"noded\s+ready again", 30, at)
    s.wait_nodes("b", {"a": "behind", "b": "up"})
    s.use("a")
    same(s.seen(), s.head("a"))


@case
def an_operator_chooses(s):
    s.level(1)
    s.use("b")
    same(s.seen(), s.head("b"))
    s.wait_nodes("b", {"a": "behind", "b": "up"})
    # also to one that is behind, and then that is what counts
    s.use("a")
    same(s.seen(), s.head("a"))
    time.sleep(3)
    same(s.nodes()["used"], "a")
    r = s.sekisho("node", "use", "nix", check=False)
    same((r.returncode, 'no node "nix"' in r.stderr), (1, True), r.stderr)
    s.stop_b()
    s.wait_nodes("a", {"a": "up", "b": "gone"})
    r = s.sekisho("node", "use", "b", check=False)
    same((r.returncode, "does not answer" in r.stderr), (1, True), r.stderr)
    same(s.nodes()["first"], "a")
    s.start_b()
    s.wait_nodes("a", {"a": "up", "b": "up"})


@case
def no_call_fails_while_an_operator_changes(s):
    end, bad, count = threading.Event(), [], [0]

    def client():
        while not end.is_set():
            x = s.seen()
            count[0] += 1
            if x < s.low or x > 400:
                bad.append(x)
    s.low = min(s.head("a"), s.head("b"))
    threads = [threading.Thread(target=client, daemon=True) for _ in range(4)]
    for t in threads:
        t.start()
    for node in ("b", "a") * 3:
        at = count[0]
        s.use(node)
        wait_for("calls go on", HANG_S, lambda: bad or count[0] > at + 10)
    end.set()
    for t in threads:
        t.join(30)
    same(bad, [])


@case
def no_word_of_an_operator_is_lost(s):
    """Signals that come while one is being heeded."""
    at = len(s.gateway_log())
    for n in range(20):
        s.use("ab"[n % 2])
    s.edit("gateway.conf", "back = 2s", "back = 3s")
    for n in range(200):
        os.kill(s.pid("gateway"), signal.SIGHUP)
        if n == 100:
            s.edit("gateway.conf", "back = 3s", "back = nonsense")
    wait_for("the last one is heard", HANG_S, lambda: "back: " in s.gateway_log()[at:])
    s.edit("gateway.conf", "back = nonsense", "back = 2s")
    s.use("a")


class Watcher(threading.Thread):
    """A client that notes each head it is shown, by one of several ways."""

    def __init__(self, s, end):
        super().__init__(daemon=True)
        self.s, self.end, self.heads, self.fault = s, end, [], None

    def run(self):
        try:
            self.watch()
        except Exception as e:
            self.fault = repr(e)

    def note(self, head):
        self.heads.append(int(head, 16))

    def went_back(self):
        return [(a, b) for a, b in zip(self.heads, self.heads[1:]) if b < a]


ASK_HEADS = [{"jsonrpc": "2.0", "id": 1, "method": "eth_blockNumber", "params": []},
             {"jsonrpc": "2.0", "id": 2, "method": "eth_getBlockByNumber", "params": ["latest", False]}]


class Poller(Watcher):
    """By a POST on a connection of its own each time; refusals show none."""

    def watch(self):
        while not self.end.is_set():
            for doc in ASK_HEADS:
                r = self.s.http("POST", "/", doc)
                if r.status == 200 and "result" in r.json:
                    got = r.json["result"]
                    self.note(got["number"] if isinstance(got, dict) else got)


class Listener(Watcher):
    """By questions and by newHeads on one WebSocket."""

    def watch(self):
        with Ws(self.s, timeout=HANG_S) as w:
            w.ask({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]})
            while not self.end.is_set():
                for doc in ASK_HEADS:
                    self.ask(w, doc)

    def ask(self, w, doc):
        got = w.ask(doc)
        while "id" not in got:
            self.note(got["params"]["result"]["number"])
            op, data = w.recv()
            same(op, TEXT)
            got = json.loads(data)
        if "result" in got:
            got = got["result"]
            self.note(got["number"] if isinstance(got, dict) else got)


@case
def no_client_sees_the_chain_go_backwards(s):
    """Nodes lag, stand still, are killed and come back; who asks again and
    again, anew or on one connection, is shown heads that never fall."""
    s.level()
    end = threading.Event()
    watchers = [Poller(s, end), Poller(s, end), Listener(s, end), Listener(s, end)]
    for w in watchers:
        w.start()

    def all_see(head):
        wait_for("all see %d" % head, HANG_S, lambda: any(w.fault for w in watchers) or all(w.heads and w.heads[-1] == head for w in watchers))
    try:
        top = s.head("a") + 2
        s.raise_to("a", top)  # b lags
        all_see(top)
        pids = stopped(s)
        try:
            s.wait_nodes("a", {"a": "gone", "b": "behind"})
            s.raise_to("b", top + 1)
            s.wait_nodes("b", {"a": "gone", "b": "up"})
            all_see(top + 1)
        finally:
            go_on(pids)
        s.wait_nodes("b", {"a": "behind", "b": "up"})
        s.raise_to("b", top + 2)
        all_see(top + 2)
        s.raise_to("a", top + 3)  # further than the one in use
        s.stop_b(signal.SIGKILL)
        wait_for("a takes over", HANG_S, lambda: s.nodes()["used"] == "a")
        all_see(top + 3)
        s.start_b()
        s.raise_to("a", top + 4)
        all_see(top + 4)
    finally:
        end.set()
        for w in watchers:
            w.join(HANG_S)
    same([w.fault for w in watchers], [None] * len(watchers))
    same([w.went_back() for w in watchers], [[]] * len(watchers))
    same([w.heads[-1] for w in watchers], [top + 4] * len(watchers))
    print("   %s heads shown" % [len(w.heads) for w in watchers])
    s.raise_to("b", top + 4)


@case
def a_choice_outlives_the_gateway(s):
    s.use("b")
    at = len(s.lines)
    os.kill(s.pid("gateway"), signal.SIGTERM)
    s.wait_line(r"gateway\s+ready again", 30, at)
    wait_for("the new one", HANG_S, lambda: s.nodes()["used"] == "b" and "gone" not in s.nodes()["states"].values())
    same(s.seen(), s.head("b"))
    s.use("a")


@case
def what_was_sent_to_one_is_not_sent_to_the_other(s):
    """The wallet API has handed a transaction to a, which is stopped before
    it seals it: b takes over and never hears of it."""
    s.level(2)
    a = s.credentials["accounts"][3]
    raw = sign(s, a, to=TO, nonce=5, value=1)  # waits for its predecessors
    out = []
    t = threading.Thread(target=lambda: out.append(s.https("POST", "/v1/Eth/SendRawTransaction", {"raw_tx_hex_list": [raw]})))
    t.start()
    wait_for("a has it", HANG_S, lambda: int(s.ask("a", "txpool_status")["queued"], 16) == 1)
    at = len(s.lines)
    os.kill(s.pid("noded"), signal.SIGKILL)
    wait_for("b takes over", HANG_S, lambda: s.nodes()["used"] == "b")
    t.join(60)
    # accepted, or not known whether: never said to be done
    meta = out[0].json["meta"]["code"]
    assert meta == 999 or out[0].json["data"][0]["status"] in (0, 2), out[0].body
    same(s.ask_b("txpool_status"), {"pending": "0x0", "queued": "0x0"})
    s.wait_line(r"noded\s+ready again", 30, at)
    s.wait_nodes("b", {"a": "behind", "b": "up"})
    s.use("a")
    # who sends it again does no harm
    r = s.http("POST", "/", {"jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [raw]})
    assert "already known" in r.json["error"]["message"], r.body


@case
def without_any_node_503_and_back_by_itself(s):
    s.use("b")
    pids = stopped(s)
    try:
        wait_for("a is missed", HANG_S, lambda: s.nodes()["states"]["a"] == "gone")
        s.stop_b(signal.SIGKILL)
        s.wait_nodes("b", {"a": "gone", "b": "gone"})
        r = s.https("GET", "/v1/Eth/TransactionCount/" + TO)
        same((r.status, r.json["meta"]["code"], r.headers["Retry-After"]), (503, 999, "1"))
        same(s.http("GET", "/v1/ready").status, 503)
        s.start_b()
        t0 = time.monotonic()
        wait_for("it is back", HANG_S, lambda: s.https("GET", "/v1/Eth/TransactionCount/" + TO).status == 200, 0.02)
        took = time.monotonic() - t0
        print("   answers %.0f ms after b does" % (took * 1e3))
        assert took < 2, took
    finally:
        go_on(pids)
    s.wait_nodes("b", {"a": "behind" if s.head("a") < s.head("b") else "up", "b": "up"})


@case
def reads_do_not_wait_for_a_node_that_is_gone(s):
    """The node has a minute for a call; it is judged gone after a second.
    What may have changed something waits."""
    s.level()
    s.stop_b()  # nobody takes over
    s.reconf("[node]\ntime = 2s\n", "[node]\ntime = 1m\nsilent = 1s\n")
    a = s.credentials["accounts"][4]
    raw = sign(s, a, to=TO, nonce=int(s.ask("a", "eth_getTransactionCount", a["address"], "latest"), 16), value=1)
    call = {"jsonrpc": "2.0", "id": 1, "method": "eth_getBalance", "params": [TO, "latest"]}
    send = {"jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [raw]}
    reads, sent = [], []

    def read():
        t0 = time.monotonic()
        r = s.https("GET", "/v1/Eth/TransactionCount/" + TO)
        reads.append((r.status, r.json["meta"]["code"], r.headers.get("Retry-After")))
        took.append(time.monotonic() - t0)
    took = []
    pids = stopped(s)
    try:
        writer = threading.Thread(target=lambda: sent.append(s.http("POST", "/", send)))
        writer.start()
        readers = [threading.Thread(target=read) for _ in range(8)]
        for t in readers:
            t.start()
        for t in readers:
            t.join(30)
        same(set(reads), {(503, 999, "1")})
        print("   reads under way ended after %.1f s" % max(took))
        assert max(took) < 10, took
        s.wait_nodes("a", {"a": "gone", "b": "gone"})
        del took[:]
        for _ in range(20):
            read()
            r = s.http("POST", "/", call)
            same((r.status, r.json["error"]["code"]), (503, -32002))
        same(set(reads), {(503, 999, "1")})
        print("   later ones after %.0f ms, the slowest %.0f ms" % (sorted(took)[len(took) // 2] * 1e3, max(took) * 1e3))
        assert sorted(took)[len(took) // 2] < 1, took
        same(sent, [], "the transaction waits for its answer")
    finally:
        go_on(pids)
    writer.join(30)
    assert sent[0].status == 200 and sent[0].json["result"].startswith("0x"), sent[0].body
    wait_for("it answers again", HANG_S, lambda: s.https("GET", "/v1/Eth/TransactionCount/" + TO).status == 200)
    s.start_b()
    s.reconf("[node]\ntime = 1m\nsilent = 1s\n", "[node]\ntime = 2s\n")


@case
def a_silent_first_with_another_chain_is_not_replaced(s):
    """Equally far or further, but other blocks: not by itself."""
    s.reconf("forked = yes\n", "forked = no\n")
    s.use("a")
    s.raise_to("b", s.head("a") + 2)
    at = s.head("a")
    assert s.ask("a", "eth_getBlockByNumber", hex(at), False)["hash"] != s.ask_b("eth_getBlockByNumber", hex(at), False)["hash"]
    s.wait_nodes("a", {"a": "up", "b": "forked"})
    pids = stopped(s)
    try:
        s.wait_nodes("a", {"a": "gone", "b": "forked"})
        time.sleep(2)
        same(s.nodes()["used"], "a")
        same(s.seen(), 503)
        # an operator may
        s.use("b")
        same(s.seen(), s.head("b"))
    finally:
        go_on(pids)
    s.raise_to("a", s.head("b"))
    s.wait_nodes("b", {"a": "forked", "b": "up"})
    # a copy of what clients see is taken
    s.use("a")
    s.copy_a()
    s.wait_nodes("a", {"a": "up", "b": "up"})
    top = s.head("a")
    same(top, s.head("b"))
    at = len(s.gateway_log())
    os.kill(s.pid("noded"), signal.SIGKILL)
    # and a again, too soon perhaps for who asks now and then
    wait_for("b takes over", HANG_S, lambda: re.search(r" node used=b why=", s.gateway_log()[at:]))
    wait_for("clients see as much", HANG_S, lambda: s.seen() == top)
    s.wait_nodes("a", {"a": "up", "b": "up"})
    s.reconf("forked = no\n", "forked = yes\n")


if __name__ == "__main__":
    with Pair() as pair:
        code = run(pair)
        if code:
            sys.stdout.write(pair.text()[-4000:] + "\n")
    sys.exit(code)
