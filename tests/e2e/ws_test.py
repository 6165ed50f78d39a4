#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""WebSockets at the gateway: handshakes, frames good and bad, messages under
the filters of their surface, silence, subscriptions, and the end.

usage: ws_test.py [PATTERN]      SEKISHO_BIN names the folder of the program
"""
import json
import os
import re
import resource
import sys
import threading
import time

import framing
from battery import CHAIN
from framing import Gateway, LONG, Reader, Reply, basic, is_probe, ok, same, scrypt_line, wait_for
from wsclient import ACCEPT, BINARY, CLOSE, PING, PONG, TEXT, Ws, closing, frame, handshake

ANSWER = b'{"jsonrpc":"2.0","id":1,"result":"0x7a69"}'
IDLE, SUBSCRIBERS = 1000, 5000


def run_handshake():
    """RFC 6455 4.2; requirement H10."""
    rows = [("plain", False, [], 101), ("over TLS, no password", True, [], 401),
            ("over TLS", True, "rpc", 101), ("another surface's password", True, "wallet", 401),
            ("a page that may", False, ["Origin: https://app.example"], 101),
            ("a page that may not", False, ["Origin: https://evil.example"], 403),
            ("of no page", False, ["Origin: null"], 403)]
    with Gateway() as g:
        for name, tls, headers, status in rows:
            headers = [g.auth(headers)] if isinstance(headers, str) else headers
            with Ws(g, tls, headers=headers) as w:
                same(name, w.reply.status, status)
                if status != 101:
                    continue
                same(name + ": says so", [w.reply.header(x) for x in ("connection", "upgrade", "sec-websocket-accept",
                     "content-length", "sec-websocket-extensions")], ["Upgrade", "websocket", ACCEPT, None, None])
                same(name + ": speaks", w.ask(json.loads(CHAIN)), json.loads(ANSWER))
        for name, data, status in (("version 8", handshake(version="8"), 426), ("no version", handshake(version=""), 426),
                                   ("no key", handshake(key=""), 400), ("a key of 10 bytes", handshake(key="dGhlIHNhbXBsZQ=="), 400),
                                   ("two keys", handshake(headers=["Sec-WebSocket-Key: x"]), 400),
                                   ("not asked for", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
                                   ("where there is none", handshake("/metrics"), 200)):
            with g.dial() as s:
                s.sendall(data)
                same(name, Reply.read(Reader(s)).status, status)
        wait_for("none is left", lambda: g.metric("websockets") == 0)
        # the first message right behind the handshake
        with g.dial() as s:
            s.sendall(handshake() + frame(CHAIN))
            rd = Reader(s)
            Reply.read(rd)
            while len(rd.buf) < 2 + len(ANSWER):
                rd.more()
            same("at once", rd.buf, bytes([0x81, len(ANSWER)]) + ANSWER)
        g.write_conf(more="[surface none]\nserves = rpc\nat = loop /none\nhosts = localhost\nwebsocket = no\n")
        g.reload()
        with Ws(g, path="/none") as w:
            same("switched off", w.reply.status, 405)


Z = b"\0\0\0\0"
# name, bytes, what comes: frames, then the code of the close frame
FRAMES = [
    ("a call", frame(CHAIN) + closing(), [(TEXT, ANSWER)], 1000),
    ("as binary", frame(CHAIN, BINARY) + closing(), [(TEXT, ANSWER)], 1000),
    ("in fragments", frame(CHAIN[:9], fin=False) + frame(b"", 0, False) + frame(CHAIN[9:], 0) + closing(), [(TEXT, ANSWER)], 1000),
    ("a ping between them", frame(CHAIN[:9], fin=False) + frame(b"x", PING) + frame(CHAIN[9:], 0) + closing(),
     [(PONG, b"x"), (TEXT, ANSWER)], 1000),
    ("calls in a row", frame(CHAIN) * 3 + closing(), [(TEXT, ANSWER)] * 3, 1000),
    ("a notification has no answer", frame(b'{"jsonrpc":"2.0","method":"eth_chainId"}') + frame(CHAIN) + closing(), [(TEXT, ANSWER)], 1000),
    ("ping of 125 bytes", frame(b"p" * 125, PING) + closing(), [(PONG, b"p" * 125)], 1000),
    ("pong of nobody's ping", frame(b"?", PONG) + frame(CHAIN) + closing(), [(TEXT, ANSWER)], 1000),
    ("close without a code", frame(b"", CLOSE), [], 1005),
    ("close with a reason", closing(4321, b"bye"), [], 4321),
    ("nothing behind a close", closing() + frame(CHAIN), [], 1000),
    ("empty", frame() + closing(), "parse error", 1000),
    ("no JSON", frame(b"{") + closing(), "parse error", 1000),
    ("unmasked", b"\x81\x02{}", [], 1002),
    ("reserved bits", frame(CHAIN, bits=0x40), [], 1002),
    ("op 3", frame(CHAIN, 3), [], 1002),
    ("op 15", frame(b"", 15), [], 1002),
    ("a ping of 126 bytes", frame(b"p" * 126, PING), [], 1002),
    ("a ping in pieces", frame(b"p", PING, False), [], 1002),
    ("a close in pieces", frame(b"\x03\xe8", CLOSE, False), [], 1002),
    ("a message in a message", frame(b"{", fin=False) + frame(b"{}"), [], 1002),
    ("the end of no message", frame(b"{}", 0), [], 1002),
    ("half a code", frame(b"\x03", CLOSE), [], 1002),
    ("code 1005", closing(1005), [], 1002),
    ("code 0", closing(0), [], 1002),
    ("a reason that is no text", closing(1000, b"\xff"), [], 1007),
    ("no text", frame(b"\xc0\x80"), [], 1007),
    ("cut within a character", frame(b"{\xc3"), [], 1007),
    ("a length in too many bytes", b"\x81\xfe\x00\x02" + Z + b"{}", [], 1002),
    ("a length of 2^63", b"\x81\xff\x80" + bytes(7) + Z, [], 1002),
    ("a length of 2^62", b"\x81\xff\x40" + bytes(7) + Z, [], 1009),
    ("above body_max", b"\x81\xff" + (2 ** 20 + 1).to_bytes(8, "big") + Z, [], 1009),
    ("above it together", frame(b" " * 1000000, fin=False, mask=Z) + b"\x80\xff" + (50000 * 2).to_bytes(8, "big") + Z, [], 1009),
    ("HTTP", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", [], 1002),
]


def check_frames(g, name, tls, data, want, code, step):
    with Ws(g, tls) as w:
        for i in range(0, len(data), step):
            try:
                w.s.sendall(data[i:i + step])
            except OSError:
                break
        got, end = w.rest()
    if isinstance(want, str):
        ok(name, len(got) == 1 and want in json.loads(got[0][1])["error"]["message"], got)
    else:
        same(name, got, want)
    same(name + ": end", end, code)


def run_frames():
    """Every row whole and in small pieces, with and without TLS."""
    with Gateway() as g:
        for name, data, want, code in FRAMES:
            steps = (len(data), 1, 7) if len(data) < 1000 else (len(data), 65537)
            for tls in (False, "bare"):
                for step in steps:
                    check_frames(g, name, tls, data, want, code, step)
        wait_for("none is left", lambda: g.metric("websockets") == 0)
        wait_for("no request of theirs", lambda: g.metric("requests_open") == 1)


def run_messages():
    """A message is a request: under the rules of its surface, every time."""
    with Gateway() as g:
        w = Ws(g)
        for m in ("debug_setHead", "eth_sendTransaction", "eth_sign", "eth_signTypedData_v4", "personal_newAccount",
                  "personal_unlockAccount", "personal_sign"):
            same(m, w.ask({"jsonrpc": "2.0", "id": 7, "method": m, "params": []})["error"]["code"], -32601)
        same("a batch", [x["id"] for x in w.ask([{"jsonrpc": "2.0", "id": i, "method": "eth_chainId"} for i in range(50)])],
             list(range(50)))
        for size in (100, 125, 126, 65535, 65536, 5000000):
            r = w.ask({"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [size]})
            same("an answer of %d" % size, len(r["result"]), size)
        r = w.ask({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": ["y" * 900000]})
        same("a question of 900,000", len(r["result"][0]), 900000)
        g.write_conf(more="[surface slow]\nserves = rpc\nat = loop /slow\nhosts = localhost\nfilters = rate\nrate = 1/m\nrate_burst = 3\n")
        g.reload()
        with Ws(g, path="/slow") as v:
            got = [v.ask(json.loads(CHAIN)).get("error", {}).get("code") for _ in range(4)]
            same("the handshake is a unit, each message is one", got, [None, None, -32005, -32005])
        ok("others go on", "result" in w.ask(json.loads(CHAIN)))
        w.s.close()
        # the password is changed under an open connection
        w = Ws(g, True, headers=[g.auth("rpc")])
        ok("with a password", "result" in w.ask(json.loads(CHAIN)))
        g.put("secrets/rpc.users", "# users\n" + scrypt_line("other", "another password"), 0o600)
        g.reload()
        w.s.sendall(frame(CHAIN) * 2)
        got, code = w.rest()
        same("who may no longer is told once, and that it is over",
             ([json.loads(x[1])["error"]["code"] for x in got], code), ([-32001], 1008))
        wait_for("the log knows them", lambda: {x["status"] for x in framing.log_lines(g) if x.get("websocket")} >= {101, 200, 401, 429})
        ok("but no password", "another" not in str(framing.log_lines(g)))
        ok("they are counted", g.metric("websocket_messages_total") > 10 and g.metric("websockets_total") >= 3)


def run_silence():
    """Pings, stalls, clients that read nothing."""
    limits = "body_stall = 700ms\nbody = 2100ms\nsend_stall = 1s\nwebsocket_ping = 2s\nidle = 200ms\n"
    with Gateway(limits=limits, node_time="10m") as g:
        w, dead, half = Ws(g), Ws(g), Ws(g)
        half.s.sendall(frame(CHAIN)[:-1])
        for _ in range(2):
            same("a ping", w.recv(), (PING, b""))
            w.s.sendall(frame(b"", PONG))
        ok("who answers them lives longer than idle", "result" in w.ask(json.loads(CHAIN)))
        same("who does not is cut", dead.rest(), ([(PING, b"")], None))
        same("half a message is not waited for", half.rest(), ([], 1008))
        drip = Ws(g)
        try:  # a byte now and then is no progress for ever
            for b in frame(b"x" * 100):
                drip.s.sendall(bytes([b]))
                time.sleep(0.1)
        except OSError:
            pass
        ok("a dripping one neither", drip.rest()[1] in (1008, None))
        got = [g.metric('deadlines_total{of="%s"}' % x) for x in ("body", "idle")]
        ok("deadlines are counted", got[0] == 2 and got[1] >= 1, got)
        full = Ws(g)
        big = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [9000000]}).encode()
        full.s.sendall(frame(big) * 4)
        wait_for("who reads nothing is cut", lambda: g.metric('deadlines_total{of="send"}') >= 1)
        flood = Ws(g)
        try:
            for _ in range(400):
                flood.s.sendall(frame(b"p" * 125, PING) * 500)
        except OSError:
            pass
        ok("so is who reads no pongs", True)
        wait_for("and its memory is given back", lambda: g.metric("websockets") <= 1)


def run_end():
    """An end of the gateway is told, and messages under way are answered."""
    with Gateway(limits="drain = 10m\n") as g:
        g.node.gate = threading.Event()
        idle, busy = [Ws(g, t) for t in (False, "bare")], [Ws(g, t) for t in (False, "bare")]
        before = len(g.node.seen)
        for w in busy:
            w.s.sendall(frame(CHAIN))
        wait_for("messages under way", lambda: len([d for d in g.node.seen[before:] if not is_probe(d)]) == 2)
        g.proc.terminate()
        for w in idle:
            same("idle: going away", w.rest(), ([], 1001))
        ok("it waits", g.proc.poll() is None)
        g.node.gate.set()
        for w in busy:
            same("answered, then away", w.rest(), ([(TEXT, ANSWER)], 1001))
        same("leaves", g.proc.wait(LONG), 0)


class Feeder(framing.Node):
    """A node with subscriptions: it gives an id to each connection's
    eth_subscribe, and tells what it is told to tell."""

    def __init__(self, path):
        self.feeds, self.asked, self.ended, self.next_id, self.refuses = {}, [], [], 0, False
        self.refused = []  # when
        super().__init__(path)

    def reply(self, c, doc):
        if not isinstance(doc, dict) or doc["method"] not in ("eth_subscribe", "eth_unsubscribe"):
            return super().reply(c, doc)
        out = {"jsonrpc": "2.0", "id": doc["id"]}
        if doc["method"] == "eth_unsubscribe":
            self.ended.append(doc["params"][0])
            out["result"] = self.feeds.pop(doc["params"][0], None) is not None
        elif self.refuses or doc["params"][0] not in ("newHeads", "logs"):
            out["error"] = {"code": -32602, "message": "no such feed"}
            self.refused.append(time.monotonic())
        else:
            self.next_id += 1
            out["result"] = "0x%032x" % self.next_id
            self.asked.append(doc["params"])
            self.feeds[out["result"]] = (c, doc["params"])
        c.sendall(json.dumps(out).encode() + b"\n")

    def tell(self, result, words=None, ident=None):
        """Notifies every feed, or those of these words."""
        for i, (c, params) in list(self.feeds.items()):
            if words is None or params == words:
                c.sendall(json.dumps({"jsonrpc": "2.0", "method": "eth_subscription",
                                      "params": {"subscription": ident or i, "result": result}}).encode() + b"\n")


def subscribe(w, *words):
    r = w.ask({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": list(words)})
    return r.get("result", r.get("error", {}).get("message"))


def told(ident, result):
    return {"jsonrpc": "2.0", "method": "eth_subscription", "params": {"subscription": ident, "result": result}}


HEADS, LOGS = ["newHeads"], ["logs", {"address": "0x" + "11" * 20}]


def run_subscriptions():
    """One feed at the node for all who ask in the same words."""
    with Gateway(node_kind=Feeder, workers=1, limits="subscriptions = 5\n") as g:
        a, b, c = Ws(g), Ws(g, "bare"), Ws(g)
        ids = [subscribe(w, *HEADS) for w in (a, b)]
        ok("ids of their own", len(set(ids)) == 2 and all(re.fullmatch("0x[0-9a-f]{32}", x) for x in ids), ids)
        logs = subscribe(b, *LOGS)
        same("asked once", sorted(g.node.asked), sorted([HEADS, LOGS]))
        g.node.tell({"number": "0x1"}, HEADS)
        for w, i in ((a, ids[0]), (b, ids[1])):
            same("both hear", w.recv_json(), told(i, {"number": "0x1"}))
        g.node.tell(["x" * 70000], LOGS)
        same("one hears of its own", b.recv_json(), told(logs, ["x" * 70000]))
        same("what the node refuses", subscribe(c, "nothing"), "no such feed")
        same("and others are still served", subscribe(c, *HEADS)[:2], "0x")
        same("what a POST is told", g.rpc({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": HEADS}).json["error"],
             {"code": -32601, "message": "notifications not supported"})
        more = [subscribe(a, *HEADS) for _ in range(5)]
        same("as many as it may", [x[:2] for x in more], ["0x"] * 4 + ["to"])
        g.node.tell(7)
        got = [a.recv_json()["params"]["subscription"] for _ in range(5)]
        same("each of them hears", sorted(got), sorted([ids[0]] + more[:4]))
        same("b too", [b.recv_json()["params"]["result"] for _ in range(2)], [7, 7])

        def end(w, i):
            r = w.ask({"jsonrpc": "2.0", "id": 2, "method": "eth_unsubscribe", "params": [i]})
            return r.get("result", r.get("error", {}).get("message"))
        same("ended", (end(b, logs), end(b, logs), end(b, ids[0])), (True,) + ("subscription not found",) * 2)
        wait_for("at the node too", lambda: len(g.node.ended) == 1)
        same("the other feed is not", len(g.node.feeds), 1)
        for w in (a, b, c):
            w.s.close()
        wait_for("with the last client it is", lambda: not g.node.feeds and g.metric("subscriptions") == 0)
        # a batch: ids are told before what they stand for
        with Ws(g) as w:
            w.s.sendall(frame(json.dumps([{"jsonrpc": "2.0", "id": i, "method": m, "params": p} for i, (m, p) in enumerate(
                [("eth_chainId", []), ("eth_subscribe", HEADS), ("eth_subscribe", LOGS), ("eth_unsubscribe", ["0x1"])])]).encode()))
            r = w.recv_json()
            same("batch", [x["id"] for x in r] + [r[0]["result"], r[1]["result"][:2], r[3]["error"]["code"]],
                 [0, 1, 2, 3, "0x7a69", "0x", -32000])
            g.node.gate = threading.Event()
            w.s.sendall(frame(CHAIN))
            wait_for("under way", lambda: any(d.get("method") == "eth_chainId" for d in g.node.seen[-5:] if isinstance(d, dict)))
            g.node.tell(8, HEADS)
            same("heard while an answer is awaited", w.recv_json(), told(r[1]["result"], 8))
            g.node.gate.set()
            same("and then the answer", w.recv_json(), json.loads(ANSWER))
            g.node.gate = None


def run_lost_node():
    """Feeds come back with the node; clients keep their ids."""
    with Gateway(node_kind=Feeder, workers=1) as g:
        w = Ws(g)
        i = subscribe(w, *HEADS)
        g.node.close()
        wait_for("gone", lambda: g.get("/v1/ready").status == 503)
        same("no new ones meanwhile", subscribe(w, *LOGS), "not available now")
        g.node = Feeder(g.home + "/run/gw/rpc.sock")
        wait_for("asked for again", lambda: g.node.asked == [HEADS])
        g.node.tell(9)
        same("by the same id", w.recv_json(), told(i, 9))
        # a feed that the gateway does not know is ended
        g.node.tell(1, HEADS, "0x" + "ab" * 16)
        wait_for("ended", lambda: "0x" + "ab" * 16 in g.node.ended)
        g.node.tell(10)
        same("nothing of it came", w.recv_json(), told(i, 10))


def run_refused_feed():
    """A node that comes back and refuses what it had is asked less and less
    often; others are asked for at once, and the node's next end forgets it."""
    with Gateway(node_kind=Feeder, workers=1) as g:
        w = Ws(g)
        i = subscribe(w, *HEADS)
        g.node.close()
        wait_for("gone", lambda: g.get("/v1/ready").status == 503)
        g.node = Feeder(g.home + "/run/gw/rpc.sock")
        g.node.refuses = True
        wait_for("asked for four times", lambda: len(g.node.refused) >= 4)
        pauses = [b - a for a, b in zip(g.node.refused, g.node.refused[1:])]
        ok("after longer pauses", all(p >= least for p, least in zip(pauses, (0.3, 0.7, 1.5))), pauses)
        g.node.refuses = False
        same("another feed does not wait", subscribe(w, *LOGS)[:2], "0x")
        g.node.close()
        wait_for("gone again", lambda: g.get("/v1/ready").status == 503)
        g.node = Feeder(g.home + "/run/gw/rpc.sock")
        wait_for("both are back", lambda: sorted(g.node.asked) == sorted([HEADS, LOGS]))
        g.node.tell(9, HEADS)
        same("by the same id", w.recv_json(), told(i, 9))


def run_slow_subscriber():
    """Who does not read is dropped with a code, and nobody waits for him."""
    with Gateway(node_kind=Feeder, workers=1, limits="notifications = 64K\nsend_stall = 30s\n") as g:
        slow, quick = Ws(g), Ws(g)
        slow_id, quick_id = subscribe(slow, *HEADS), subscribe(quick, *HEADS)
        n = 0
        while g.metric("websockets_slow_total") == 0 and n < 3000:
            g.node.tell("y" * 4000)
            n += 1
            same("the other one hears", quick.recv_json(), told(quick_id, "y" * 4000))
        same("too slow", g.metric("websockets_slow_total"), 1)
        wait_for("its share is gone", lambda: g.metric("subscriptions") == 1 or slow.s.fileno() >= 0)
        got, code = slow.rest()
        ok("it can read what was sent, and then the code", code == 1013 and 0 < len(got) < n and
           all(json.loads(x[1]) == told(slow_id, "y" * 4000) for x in got), (code, len(got), n))
        wait_for("gone", lambda: g.metric("subscriptions") == 1)


def run_many_subscribers():
    """5,000 that wait for heads cost little, and all hear one."""
    with Gateway(node_kind=Feeder, workers=2, limits="connections = 6000\nper_address = 12000\nwebsocket_ping = 10m\n") as g:
        before, all_of = rss(g), []
        for i in range(SUBSCRIBERS):
            w = Ws(g)
            all_of.append((w, subscribe(w, *HEADS)))
        same("subscriptions", g.metric("subscriptions"), SUBSCRIBERS)
        ok("a feed for each worker", len(g.node.asked) <= 2, len(g.node.asked))
        time.sleep(3)
        print("%d subscribers: %.1f KiB each" % (SUBSCRIBERS, (rss(g) - before) / SUBSCRIBERS))
        t0 = time.time()
        g.node.tell({"number": "0x5"}, HEADS)
        heard = sum(w.recv_json() == told(i, {"number": "0x5"}) for w, i in all_of)
        print("all had heard of it after %.0f ms" % ((time.time() - t0) * 1000))
        same("all hear", heard, SUBSCRIBERS)
        for w, _ in all_of:
            w.s.close()
        wait_for("all gone", lambda: g.metric("subscriptions") == 0 and not g.node.feeds)


def rss(g):
    total = 0
    for p in g.workers():
        with open("/proc/%d/smaps_rollup" % p) as f:
            total += int(re.search(r"Pss: +(\d+) kB", f.read())[1])
    return total


def run_idle():
    """A thousand that ask for nothing."""
    with Gateway(limits="per_address = 4000\nwebsocket_ping = 10m\n") as g:
        before, all_of = rss(g), []
        for i in range(IDLE):
            all_of.append(Ws(g, "bare" if i % 2 else False))
        same("open", g.metric("websockets"), IDLE)
        time.sleep(3)  # buffers are given back
        print("%d idle WebSockets, half with TLS: %.1f KiB each" % (IDLE, (rss(g) - before) / IDLE))
        for w in all_of[::100]:
            ok("all are served", "result" in w.ask(json.loads(CHAIN)))
        for w in all_of:
            w.s.close()
        wait_for("all are gone", lambda: g.metric("websockets") == 0)


RUNS = [run_handshake, run_frames, run_messages, run_silence, run_end, run_idle,
        run_subscriptions, run_lost_node, run_refused_feed, run_slow_subscriber, run_many_subscribers]


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (16384, 16384))
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    t0 = time.time()
    for fn in RUNS:
        if not pattern or re.search(pattern, fn.__name__):
            fn()
    print("%.0f s" % (time.time() - t0))
    print("%d passed, %d failed" % (framing.passed, framing.failed))
    return framing.failed > 0


if __name__ == "__main__":
    sys.exit(main())
