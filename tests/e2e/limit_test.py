#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who a client is, and how much of the gateway is his: trusted proxies. The
real program over a stand-in of the node, as in framing.py.

usage: limit_test.py [PATTERN]      SEKISHO_BIN names the folder of the program
"""
import json
import re
import socket
import sys
import time

import framing
from framing import Gateway, LONG, Reader, Reply, free_port, ok, same, wait_for

PROXIED = """
[listener plain]
address = 127.0.0.1:{plain}
tls = no
proxies = 127.0.0.9 127.0.8.0/24 2001:db8:a::/48
[listener pairs]
address = [::1]:{pairs}
tls = no
proxies = {six}
forwarded = forwarded
[surface judged]
serves = ops
at = plain /
at = pairs /
hosts = *
filters = net
allow = 192.0.2.0/24 2001:db8:c::/48
"""


def from_address(address, source, *headers):
    """GET / at an address, from another; the status."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as s:
        s.settimeout(LONG)
        s.bind((source, 0))
        s.connect(address)
        s.sendall(("GET / HTTP/1.1\r\nHost: x\r\n%s\r\n" % "".join(h + "\r\n" for h in headers)).encode())
        return Reply.read(Reader(s)).status


def run_proxies():
    """Reliability A11: X-Forwarded-For and Forwarded count from proxies only."""
    plain, pairs = ("127.0.0.1", free_port()), ("::1", free_port())

    def more(six):
        return PROXIED.format(plain=plain[1], pairs=pairs[1], six=six)
    good, bad = "192.0.2.7", "198.51.100.7"
    rows = [
        # at, from, fields, status
        (plain, "127.0.0.1", [], 403),
        (plain, "127.0.0.1", ["X-Forwarded-For: " + good], 403),
        (plain, "127.0.0.1", ["Forwarded: for=" + good], 403),
        (plain, "127.0.0.1", ["X-Real-IP: " + good, "Forwarded: for=" + good, "X-Forwarded-For: " + good], 403),
        (plain, "127.0.0.1", ["X-Forwarded-For: %s, 127.0.0.9" % good], 403),
        (plain, "127.0.0.9", [], 403),
        (plain, "127.0.0.9", ["X-Forwarded-For: " + good], 200),
        (plain, "127.0.0.9", ["X-Forwarded-For: " + bad], 403),
        (plain, "127.0.0.9", ["X-Forwarded-For: %s, %s" % (good, bad)], 403),
        (plain, "127.0.0.9", ["X-Forwarded-For: %s, %s" % (bad, good)], 200),
        (plain, "127.0.0.9", ["X-Forwarded-For: " + bad, "X-Forwarded-For: %s:80, 127.0.8.3" % good], 200),
        (plain, "127.0.8.3", ["X-Forwarded-For: 2001:db8:c::1, 2001:db8:a::9"], 200),
        (plain, "127.0.8.3", ["X-Forwarded-For: [2001:db8:c::1]:443"], 200),
        (plain, "127.0.8.3", ["X-Forwarded-For: [2001:db8:d::1]:443"], 403),
        (plain, "127.0.0.9", ["X-Forwarded-For: %s, unknown" % good], 403),
        (plain, "127.0.0.9", ["X-Forwarded-For: %s, " % good], 403),
        (plain, "127.0.0.9", ["X-Forwarded-For: " + ", ".join([good] * 50)], 200),
        (plain, "127.0.0.9", ["X-Forwarded-For: " + ", ".join([good] + ["127.0.0.9"] * 50)], 403),
        (plain, "127.0.0.9", ["Forwarded: for=" + good], 403),
        (plain, "127.0.0.9", ["Forwarded: for=" + bad, "X-Forwarded-For: " + good], 200),
        (pairs, "::1", ["Forwarded: for=" + good], 200),
        (pairs, "::1", ["Forwarded: for=\"[2001:db8:c::1]:80\";proto=https"], 200),
        (pairs, "::1", ["Forwarded: for=\"[2001:db8:c::1]\", for=" + bad], 403),
        (pairs, "::1", ["Forwarded: for=\"open, for=" + good], 200),
        (pairs, "::1", ["Forwarded: for=%s, for=_hidden" % good], 403),
        (pairs, "::1", ["X-Forwarded-For: " + good], 403),
    ]
    with Gateway(more=more("::1"), limits="per_address = 20\n") as g:
        for at, source, fields, want in rows:
            same("from %s: %s" % (source, fields), from_address(at, source, *fields), want)

        def lines():
            with open(g.home + "/log/access.log") as f:
                return [json.loads(x) for x in f]

        def logged(addr, **more):
            return any(x["addr"] == addr and all(x.get(k) == v for k, v in more.items()) for x in lines())
        wait_for("the log names client and proxy", lambda: logged("2001:db8:c::1", proxy="127.0.8.3"))
        wait_for("a stranger is himself", lambda: logged("127.0.0.1", surface="judged", status=403))
        ok("and has no proxy", all("proxy" not in x for x in lines() if x["addr"].startswith("127.0.0.1")))
        # connections of a proxy are those of many clients
        socks = []
        for _ in range(60):
            s = socket.create_connection(plain, timeout=LONG, source_address=("127.0.0.9", 0))
            s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n")
            socks.append(s)
        same("a proxy may have many connections", {Reply.read(Reader(s)).status for s in socks}, {200})
        for s in socks:
            s.close()
        # a reload changes whom to believe, at once and for open connections
        s = socket.create_connection(pairs, timeout=LONG)
        rd = Reader(s)

        def again():
            s.sendall(("GET / HTTP/1.1\r\nHost: x\r\nForwarded: for=%s\r\n\r\n" % good).encode())
            return Reply.read(rd).status
        same("before the reload", again(), 200)
        g.write_conf(more=more("2001:db8::1"))
        g.reload()
        same("after it", again(), 403)
        s.close()


RUNS = [run_proxies]


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
