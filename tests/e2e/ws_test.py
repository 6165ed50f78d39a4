#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""WebSockets at the gateway: handshakes, frames good and bad, messages under
the filters of their surface, silence, and the end.

usage: ws_test.py [PATTERN]      SEKISHO_BIN names the folder of the program
"""
import json
import os
import re
import sys
import threading
import time

import framing
from battery import CHAIN
from framing import Gateway, LONG, Reader, Reply, basic, is_probe, ok, same, scrypt_line, wait_for
from wsclient import ACCEPT, BINARY, CLOSE, PING, PONG, TEXT, Ws, closing, frame, handshake

ANSWER = b'{"jsonrpc":"2.0","id":1,"result":"0x7a69"}'
IDLE = 1000


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
        same("no memory is counted for them", g.metric("requests_open"), 1)


def run_messages():
    """A message is a request: under the rules of its surface, every time."""
    with Gateway() as g:
        w = Ws(g)
        same("a method that is not let out", w.ask({"jsonrpc": "2.0", "id": 7, "method": "debug_setHead"})["error"]["code"], -32601)
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
        wait_for("log", lambda: '"status":401' in open(g.home + "/log/access.log").read())
        lines = [json.loads(x) for x in open(g.home + "/log/access.log")]
        mine = [x for x in lines if x.get("websocket")]
        ok("the log knows them", {x["status"] for x in mine} >= {101, 200, 401, 429} and "another" not in str(lines), len(mine))
        ok("they are counted", g.metric("websocket_messages_total") > 10 and g.metric("websockets_total") >= 3)


def run_silence():
    """Pings, stalls, clients that read nothing."""
    limits = "body_stall = 700ms\nbody = 2100ms\nsend_stall = 1s\nwebsocket_ping = 500ms\nidle = 200ms\n"
    with Gateway(limits=limits, node_time="10m") as g:
        w, dead, half = Ws(g), Ws(g), Ws(g)
        half.s.sendall(frame(CHAIN)[:-1])
        for _ in range(4):
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


RUNS = [run_handshake, run_frames, run_messages, run_silence, run_end, run_idle]


def main():
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
