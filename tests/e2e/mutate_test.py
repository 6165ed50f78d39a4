#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bent requests against the real gateway, which is to be an ASan build: no
crash, no report, every connection ends, and all that comes back is HTTP with
a status that the gateway knows (reliability G1, G2, H1 to H10).

Case n of a seed is one connection: a request of some surface, good or bad,
with a few accidents, sent over TCP or TLS in pieces, behind a good request or
in front of one. Both ends of its life are ours: it ends with the end of the
sending side, or with a reset. A failure names the case:

    make mutations SEED=7 FIRST=123 CASES=1

usage: mutate_test.py CASES [SEED [FIRST]]   SEKISHO_BIN names the programs
"""
import collections
import json
import multiprocessing
import os
import random
import re
import socket
import ssl
import sys
import time

# Freed memory is kept from use for a while: bounded, so that growth shows.
os.environ.setdefault("ASAN_OPTIONS", "detect_leaks=0:quarantine_size_mb=16:malloc_context_size=8")

import framing
from battery import ANSWERED, CHAIN, E, H, REFUSED, chunk, chunked, post
from framing import Gateway, LONG, Node, free_port, ok, same, wait_for

JOBS, BATCH, TLS_EACH, RECORDS_EACH = 6, 5000, 10, 50
GROWTH_KIB = 48 << 10  # of one worker, from the first batch on
STATUSES = {100, 101, 200, 204, 308, 400, 401, 403, 404, 405, 413, 414, 415, 417, 421, 426, 429, 431, 501, 503, 505}

MORE = """[listener plain]
address = 127.0.0.1:{plain}
tls = no
[surface lead]
serves = redirect
at = plain /
hosts = localhost
to = tls
[surface api]
serves = wallet
at = loop /api
hosts = localhost
filters = net cors sqli
deny = 127.0.7.0/24
cors = https://app.example
[surface few]
serves = rpc
at = loop /few
hosts = localhost
filters = rate cors sqli
rate = 6/m
rate_burst = 1
cors = https://app.example
"""


class Steady(Node):
    """Answers without a look at what the clients have bent."""

    def answer(self, call):
        result = {"eth_call": "0x" + "0" * 64, "eth_syncing": False,
                  "eth_getBlockByNumber": {"number": "0x5", "timestamp": hex(int(time.time()))}}
        return {"jsonrpc": "2.0", "id": call["id"], "result": result.get(call["method"], "0x7a69")}


# -- good requests of every surface, beside the battery's rows

def request(method, path, *headers, body=None):
    head = b"%s %s HTTP/1.1\r\nHost: localhost\r\n" % (method.encode(), path.encode())
    head += b"".join(h.encode() + b"\r\n" for h in headers)
    if body is not None:
        head += b"Content-Length: %d\r\n" % len(body)
    return head + b"\r\n" + (body or b"")


def rpc(*calls, path="/", headers=()):
    docs = [{"jsonrpc": "2.0", "id": i, "method": m, "params": p} for i, (m, p) in enumerate(calls)]
    return request("POST", path, "Content-Type: application/json", *headers,
                   body=json.dumps(docs[0] if len(docs) == 1 else docs).encode())


FORM = "Content-Type: application/x-www-form-urlencoded"
TYPE = "Content-Type: application/json"
ADDRESS = "0x" + "ab" * 20
RAW = b'{"raw_tx_hex_list": ["0xf86c098504a817c800825208940000000000000000000000000000000000000001880de0b6b3a7640000801ba0"]}'


def surfaces():
    call = {"to": ADDRESS, "data": "0xa9059cbb" + "00" * 64}
    out = [rpc(("eth_chainId", [])), rpc(("eth_call", [call, "latest"])),
           rpc(("eth_call", [call, "latest"]), ("eth_gasPrice", []), ("personal_sign", []), ("eth_call", ["\u00e9\"\\"]))]
    for at in ("/api", ""):
        out += [request("GET", at + "/v1/Eth/TransactionCount/" + ADDRESS),
                request("GET", at + "/v1/Eth/TransactionCount/" + ADDRESS + "?block_identifier=latest"),
                request("POST", at + "/v1/Eth/SendRawTransaction", TYPE, body=RAW),
                request("GET", at + "/v1/NodeInfo/BlockSyncStatus", "Accept: application/json"),
                request("GET", at + "/v1/RequiredVersion?platform=ios"),
                request("HEAD", at + "/v1/health", "Cookie: a=1; b=%20; c"),
                request("GET", at + "/v1/nothing/%E6%A0%AA?q=1' or 1=1--")]
    out += [request("OPTIONS", "/few", "Origin: https://app.example", "Access-Control-Request-Method: POST"),
            rpc(("eth_chainId", []), path="/few", headers=("Origin: https://app.example",)),
            request("GET", "/ops", "Accept: text/html", "Accept-Language: ja,en;q=0.5"),
            request("GET", "/ops/health"), request("GET", "/metrics"),
            request("POST", "/ops/explain", FORM, body=b"method=GET&url=%2Fv1%2Fx&user=ann&header=A%3A+b&surface=wallet"),
            request("POST", "/v1/explain", FORM, body=b"method=POST&url=https://localhost/rpc&data=%7B%7D&from=192.0.2.1"),
            request("GET", "/ops/nowhere", "Forwarded: for=192.0.2.1", "X-Forwarded-For: 192.0.2.7, 127.0.0.9"),
            chunked(chunk(CHAIN, b';a="b"'), last=b"0\r\nA: b\r\n\r\n") + post(), (H + E) * 4]
    return out


def corpus(auths):
    """Seeds for the plain ports, and those for TLS with right passwords."""
    rows = [d for _, d, _ in REFUSED + ANSWERED if len(d) < 4000]
    plain = rows + [d for _, d, status in ANSWERED if 200 in status] * 2 + surfaces() * 6
    wallet, of_rpc = (a.encode() + b"\r\n" for a in auths)
    tls = [d.replace(E + E, E + (of_rpc if b" /rpc" in d[:12] else wallet) + E, 1)
           for d in surfaces() + [rpc(("eth_chainId", []), path="/rpc"), post(head=b"POST /rpc HTTP/1.1\r\nHost: localhost\r\n")]]
    return plain, tls + plain[::4]


# -- accidents

WORDS = [b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b";", b",", b"%00", b"%2f", b"%", b"../", b"//", b"\x80\xff", b"\xe3\x81",
         b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding:\tchunked\r\n", b"Content-Length: 5\r\n", b"Content-Length: 0\r\n",
         b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"Connection: keep-alive, close, ,\r\n", b"Host: evil.example\r\n",
         b"Upgrade: h2c\r\n", b"Origin: https://app.example\r\n", b"X-Forwarded-For: 192.0.2.1\r\n", b"X-Request-Id: a\"b\r\n",
         b"Cookie: a=1;b=\r\n", b"Accept-Language: ja;q=0.\r\n", b"HTTP/1.0\r\n", b"0\r\n\r\n", b"ffffffffffffffff\r\n",
         b"http://localhost", b"*", b"HEAD ", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"[" * 70, b'{"a":' * 20, b"\\u0000", b"\\ud800",
         b"' or 1=1--", b"/*!", b"$$", b"%27%20union%20select", b"1e999", b"-0", b"null"]
NUMBERS = [b"0", b"1", b"-1", b"+7", b"00", b"7fffffff", b"80000000", b"4294967296", b"9223372036854775808",
           b"18446744073709551616", b"99999999999999999999", b"0x10", b"1e3", b" 5", b"5 ", b""]


def flip(rnd, d, _):
    for _ in range(rnd.choice((1, 1, 3))):
        d[rnd.randrange(len(d))] ^= 1 << rnd.randrange(8)


def cut(rnd, d, _):
    at = rnd.randrange(len(d))
    d[at:at + rnd.choice((1, 1, 2, 5, 40))] = b""


def crop(rnd, d, _):
    del d[rnd.randrange(len(d)):]


def insert(rnd, d, _):
    at = rnd.randrange(len(d) + 1)
    d[at:at] = rnd.choice(WORDS)


def scribble(rnd, d, _):
    at, n = rnd.randrange(len(d)), rnd.choice((1, 2, 5, 40))
    d[at:at + n] = rnd.randbytes(n)


def splice(rnd, d, seeds):
    at, other = rnd.randrange(len(d) + 1), rnd.choice(seeds)
    begin = rnd.randrange(len(other))
    d[at:at] = other[begin:begin + rnd.choice((4, 20, 100, 2000))]


def repeat(rnd, d, _):
    at, n = rnd.randrange(len(d)), rnd.choice((1, 5, 30))
    d[at:at] = d[at:at + n] * rnd.choice((1, 1, 2, 40))


def lie(rnd, d, _):
    """Another number where one stands: lengths, chunk sizes, ids."""
    found = list(re.finditer(rb"[0-9a-f]*[0-9][0-9a-f]*", d))
    if found:
        m = rnd.choice(found)
        d[m.start():m.end()] = rnd.choice(NUMBERS)


def lines(rnd, d, _):
    """A line twice, in other letters, elsewhere, folded, or very often."""
    rows = bytes(d).split(E)
    at, how = rnd.randrange(len(rows)), rnd.randrange(6)
    row = [rows[at], rows[at].swapcase(), rows.pop(at), b" " + rows[at % len(rows)] if rows else b" ",
           rows[at % len(rows)] + E + b" more" if rows else b"", E.join([rows[at % len(rows)]] * rnd.choice((3, 30, 110))) if rows else b""]
    rows.insert(rnd.randrange(len(rows) + 1), row[how])
    d[:] = E.join(rows)


def ends(rnd, d, _):
    """One line end, or all of them, are other bytes."""
    d[:] = bytes(d).replace(E, rnd.choice((b"\n", b"\r", b"\r\r\n", b"\n\r", b" \r\n", b"")), rnd.choice((1, 1, 2, -1)))


def swell(rnd, d, _):
    """Longer than anything may be."""
    at = rnd.randrange(len(d) + 1)
    d[at:at] = rnd.choice((b"a", b"%41", b"A: b\r\n", b"1\r\nx\r\n", b";a")) * rnd.choice((300, 3000, 9000))


ACCIDENTS = [flip] * 3 + [cut] * 2 + [insert] * 4 + [scribble] * 2 + [splice] * 2 + [lie] * 3 + [lines] * 3 + [
    crop, repeat, ends, ends]


INSIDE = [flip, cut, insert, insert, scribble, splice, repeat, lie, lie, crop]


def some(rnd, d, seeds, kinds):
    """d after a few accidents of these kinds."""
    d = bytearray(d)
    for _ in range(rnd.choice((1, 1, 2, 2, 3, 5))):
        if d:
            rnd.choice(kinds)(rnd, d, seeds)
    if d and rnd.random() < 0.01:
        swell(rnd, d, seeds)
    return bytes(d[:60000])


def bend_inside(rnd, seed, seeds):
    """Well framed around what is bent: the body with its new length, or the
    target, or a value."""
    head, _, body = seed.partition(E + E)
    if body and rnd.random() < 0.6:
        body = some(rnd, body, seeds, INSIDE)
        return re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), head) + E + E + body
    words = list(re.finditer(rb"(?m)^[A-Z]+ (\S+) |^[A-Za-z-]+: ([^\r]+)", head))
    m = rnd.choice(words) if words else None
    if not m:
        return seed
    at = m.span(1 if m[1] else 2)
    bent = re.sub(rb"[\0-\x20\x7f-\xff]" if m[1] else rb"[\r\n\0]", b"", some(rnd, head[at[0]:at[1]], seeds, INSIDE))
    return head[:at[0]] + bent + head[at[1]:] + E + E + body


def bend(rnd, seeds):
    seed = rnd.choice(seeds)
    return bend_inside(rnd, seed, seeds) if rnd.random() < 0.6 else some(rnd, seed, seeds, ACCIDENTS)


# -- what may come back

HEAD_OF_REPLY = re.compile(rb"HTTP/1\.1 ([1-5]\d\d) [A-Z][A-Za-z -]+\r\n((?:[A-Za-z-]+: [\t -~\x80-\xff]*\r\n)*)\r\n")
HAS_TYPE = re.compile(rb"^Content-Type: [a-z]+/[a-z]+; (version=0\.0\.4; )?charset=utf-8\r$", re.M)


class Odd(Exception):
    """An answer, or the lack of one, that must not be."""


def read_frames(data):
    """What follows a handshake must be WebSocket frames as a server sends
    them, and nothing behind a close."""
    op = None
    while data and op != 8:
        if len(data) < 2 or data[0] & 0x70 or data[1] & 0x80:
            raise Odd("no frame of ours: %r" % data[:40])
        op, n, at = data[0] & 15, data[1], 2
        if n > 125:
            at = 4 if n == 126 else 10
            n = int.from_bytes(data[2:at], "big")
        if op not in (1, 8, 9, 10) or len(data) < at + n:
            raise Odd("frame of kind %d with %d of %d bytes" % (op, len(data) - at, n))
        data = data[at + n:]
    if data:
        raise Odd("bytes behind a close frame: %r" % data[:40])


def read_replies(data, sent):
    """Statuses, and the bytes that each head had; all of data must be HTTP."""
    out, at = [], 0
    while at < len(data):
        m = HEAD_OF_REPLY.match(data, at)
        if not m:
            raise Odd("not HTTP: %r" % data[at:at + 200])
        status, at = int(m[1]), m.end()
        out.append((status, m[2]))
        lengths = re.findall(rb"^Content-Length: (\d+)\r$", m[2], re.M)
        if status == 101:
            if lengths or b"\r\nUpgrade: websocket\r\n" not in m[2]:
                raise Odd("101 to nothing: %r" % m[2])
            read_frames(data[at:])
            return out
        if status in (100, 204):
            want = 0
            if lengths:
                raise Odd("%d with a length" % status)
        elif len(lengths) != 1 or not HAS_TYPE.search(m[2]) or b"\r\nServer: sekisho\r\n" not in m[2]:
            raise Odd("%d without one length, a type and no version: %r" % (status, m[2]))
        else:
            want = int(lengths[0])
        if want > 0 and data[at:at + 9] in (b"", b"HTTP/1.1 ") and b"HEAD" in sent:
            want = 0
        if want > len(data) - at:
            raise Odd("%d of %d bytes of a body" % (len(data) - at, want))
        at += want
    return out


def judge(data, sent, marker):
    got = read_replies(data, sent)
    strange = {s for s, _ in got} - STATUSES
    if strange:
        raise Odd("statuses %s" % sorted(strange))
    if marker and (not got or got[0][0] != 200 or b"X-Request-Id: " + marker not in got[0][1]):
        raise Odd("the good request in front has %s" % got[:1])
    last = [i for i, (_, head) in enumerate(got) if b"Connection: close" in head]
    if last and last[0] != len(got) - 1:
        raise Odd("an answer behind the last one")
    return [s for s, _ in got]


# -- one case

class Driver:
    """What one process has for all of its cases."""

    def __init__(self, seed, ports, cafile, auths):
        self.seed, self.ports = seed, ports
        self.plain, self.tls = corpus(auths)
        self.ctx = ssl.create_default_context(cafile=cafile)
        self.ctx.maximum_version = ssl.TLSVersion.TLSv1_2  # whose sessions can be had before any answer
        self.session = None

    def dial(self, rnd, n, is_tls, port=0):
        source = "127.0.0.1" if is_tls else "127.0.%d.%d" % (rnd.choice((1, 2, 3, 7)), n % 24 + 1)
        port = port or (self.ports[0] if is_tls else self.ports[1 + (n % 16 == 0)])
        s = socket.socket()
        s.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
        s.settimeout(LONG)
        s.bind((source, 0))
        s.connect(("127.0.0.1", port))
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if is_tls:
            s = self.ctx.wrap_socket(s, server_hostname="localhost", session=self.session)
            self.session = s.session
        return s

    def script(self, n):
        """What case n sends: pieces, whether it is over TLS, how it ends."""
        rnd = random.Random(self.seed << 32 | n)
        is_tls = n % TLS_EACH == 0
        sent, marker = bend(rnd, self.tls if is_tls else self.plain), b""
        if n % 4 == 1 and n % 16:
            marker = b"case-%d" % n
            sent = H + b"X-Request-Id: " + marker + E + E + sent
        elif n % 4 == 2:
            sent += H + b"Connection: close\r\n\r\n"
        at = sorted(rnd.randrange(len(sent) + 1) for _ in range(rnd.choice((0, 0, 1, 2, 6))))
        pieces = [sent[i:j] for i, j in zip([0] + at, at + [len(sent)])]
        return rnd, pieces, marker, is_tls, rnd.random() < 0.06

    def records(self, n):
        """A handshake that is bent itself; it ends, and no more is known."""
        rnd, out = random.Random(self.seed << 32 | n), ssl.MemoryBIO()
        try:
            self.ctx.wrap_bio(ssl.MemoryBIO(), out, server_hostname="localhost").do_handshake()
        except ssl.SSLWantReadError:
            pass
        hello = out.read()  # with random bytes of its own
        s = self.dial(rnd, n, False, self.ports[0])
        try:
            s.sendall(some(rnd, hello, [hello], INSIDE))
            s.shutdown(socket.SHUT_WR)
            data = self.read(s, may_reset=True)
        except OSError:
            data = b""
        finally:
            s.close()
        if data and data[0] not in (21, 22):  # an alert, a handshake
            raise Odd("no TLS: %r" % data[:100])
        return ["records"]

    def case(self, n):
        if n % RECORDS_EACH == 1:
            return self.records(n)
        rnd, pieces, marker, is_tls, is_reset = self.script(n)
        s, data = self.dial(rnd, n, is_tls), b""
        try:
            try:
                for p in pieces:
                    s.sendall(p)
                if is_reset:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    return []
                socket.socket.shutdown(s, socket.SHUT_WR)  # under the record layer
            except OSError:  # it has refused before the end of it
                pass
            data = self.read(s)
        finally:
            s.close()
        return judge(data, b"".join(pieces), marker)

    @staticmethod
    def read(s, may_reset=False):
        data = b""
        try:
            while True:
                d = s.recv(65536)
                if not d:
                    return data
                data += d
        except socket.timeout:
            raise Odd("left open after %r" % data[:100]) from None
        except ssl.SSLError as e:  # of the two ends ours has no goodbye
            if e.reason != "TLSV1_ALERT_DECODE_ERROR":
                raise Odd("TLS: %s" % e) from None
            return data
        except ConnectionResetError:
            if may_reset:
                return data
            raise Odd("reset after %r" % data[-100:]) from None

    def run(self, numbers):
        seen, failures = collections.Counter(), []
        for n in numbers:
            try:
                seen.update(self.case(n) or ["nothing"])
                seen["well"] += 1
            except (Odd, OSError) as e:
                failures.append((n, "%s: %s" % (type(e).__name__, e), b"".join(self.script(n)[1])))
                if len(failures) > 5:
                    break
        return seen, failures


def work(args):
    """In a child: all cases of one share of a batch."""
    (seed, ports, cafile, auths), numbers = args
    key = (seed, ports)
    if work.driver is None or work.key != key:
        work.driver, work.key = Driver(seed, ports, cafile, auths), key
    return work.driver.run(numbers)


work.driver = work.key = None


# -- all of them

def rss_kib(pid):
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


def fd_cnt(pid):
    return len(os.listdir("/proc/%d/fd" % pid))


class Watch:
    """The gateway between two batches: alive, the same processes, no larger."""

    def __init__(self, g):
        self.g, self.starts, self.workers = g, g.metric("worker_starts_total"), g.workers()
        self.rss, self.fds = None, [fd_cnt(w) for w in self.workers]

    def look(self, what):
        """False when there is no sense in going on."""
        g, before = self.g, framing.failed
        same("%s: it answers" % what, {g.get("/v1/health", tls).status for tls in (True, False) * 4}, {200})
        same("%s: no worker died" % what, (g.metric("worker_starts_total"), g.workers()), (self.starts, self.workers))
        rss = [rss_kib(w) for w in self.workers]
        self.rss = self.rss or rss
        ok("%s: memory" % what, all(b - a < GROWTH_KIB for a, b in zip(self.rss, rss)), "KiB %s, %s" % (self.rss, rss))
        return framing.failed == before

    def end(self):
        g = self.g
        wait_for("no connection is left", lambda: g.metric("connections") == 1)
        wait_for("no request is left", lambda: g.metric("requests_open") == 1)
        ok("descriptors are given back", all(fd_cnt(w) <= n + 1 for w, n in zip(self.workers, self.fds)),
           "%s, %s" % (self.fds, [fd_cnt(w) for w in self.workers]))


def drive(g, pool, plain, seed, first, cnt):
    about = seed, (g.tls, g.loop, plain), g.home + "/tls/cert.pem", (g.auth("wallet"), g.auth("rpc"))
    watch, seen, begin = Watch(g), collections.Counter(), time.time()
    for at in range(first, first + cnt, BATCH):
        end = min(at + BATCH, first + cnt)
        for got, failures in pool.imap_unordered(work, [(about, range(at + j, end, JOBS)) for j in range(JOBS)]):
            seen.update(got)
            for n, why, sent in failures:
                ok("SEED=%d FIRST=%d CASES=1" % (seed, n), False, "%s\n  sent %r" % (why, sent[:1500]))
        is_well = watch.look("cases to %d" % end)
        if (end - first) % (10 * BATCH) == 0:
            print("%d cases, %.0f s" % (end - first, time.time() - begin), flush=True)
        if not is_well or framing.failed > 20:
            break
    watch.end()
    framing.passed += seen.pop("well", 0)
    print("%d cases of seed %d: %s" % (cnt, seed, ", ".join("%s %d" % x for x in sorted(seen.items(), key=str))))
    ok("most cases were answered", cnt < 100 or seen["nothing"] < cnt // 2, seen)
    ok("every kind of answer came", cnt < BATCH or {200, 204, 308, 400, 401, 403, 404, 405, 413, 415, 421, 429, 501, 505} <= set(seen), seen)


def main():
    sys.set_int_max_str_digits(0)  # the stand-in reads what the gateway lets through
    cnt = int(sys.argv[1])
    seed, first = (int(x or 0) for x in (sys.argv[2:] + ["", ""])[:2])
    seed = seed or int(time.time())
    print("seed %d" % seed, flush=True)
    t0, plain = time.time(), free_port()
    with multiprocessing.get_context("fork").Pool(JOBS) as pool, Gateway(
            more=MORE.format(plain=plain), wrong=(8, 60), node_kind=Steady, node_time="30s",
            limits="per_address = 4000\nremember = 24h\n") as g:
        drive(g, pool, plain, seed, first, cnt)
    print("%.0f s" % (time.time() - t0))
    print("%d passed, %d failed" % (framing.passed, framing.failed))
    return framing.failed > 0


if __name__ == "__main__":
    sys.exit(main())
