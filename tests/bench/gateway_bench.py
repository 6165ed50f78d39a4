#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The gateway beside nginx, in ratios: one worker each, the same duties.

usage: gateway_bench.py [ROUNDS]

Both stand on the loopback interface behind TLS with the same certificate,
one worker pinned to CPU 0, the load generator (wrk) on CPU 1, 32 keep-alive
connections (for p99 64 that pause, at about 35,000 requests a second for
both), an answer of small JSON. Duties: address list, country, rate
limit, HTTP Basic, access log; ours screens for SQL injection besides. nginx
compares a plain password, the cheapest it has, and serves a small file, since
its `return` skips the access phases. They take turns within a round, second by
second for p99, so that what else the machine does meets both; the last lines
are the ratios of the medians (of p99 over all seconds), and a goal that is
missed makes the exit status 1.
"""
import base64
import os
import re
import shutil
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
from framing import BIN, Gateway  # noqa: E402
from stack import children, command, free_port  # noqa: E402

SECONDS, CONNS, PAUSING, IDLE = 5, 32, 64, 1000
BODY = '{"meta":{"code":200,"message":"OK"},"data":{}}\n'
USER, PASSWORD = "ann", "correct horse battery"
AUTH = "Authorization: Basic " + base64.b64encode(("%s:%s" % (USER, PASSWORD)).encode()).decode()
FILTERS = """
[geo]
database = geo.mmdb
map = 127.0.0.0/8 JP
[surface all]
serves = wallet
at = tls /all
hosts = localhost 127.0.0.1
filters = net geo rate basic user_rate sqli
allow = 127.0.0.0/8
countries = JP
rate = 1000000/s
rate_burst = 100000
user_rate = 1000000/s
realm = wallet
users = secrets/wallet.users
"""
NGINX = """
load_module /usr/lib/nginx/modules/ngx_http_geoip2_module.so;
user root;
worker_processes 1;
daemon off;
pid {top}/nginx.pid;
error_log {top}/nginx.err;
events {{ worker_connections 4096; }}
http {{
  access_log {top}/nginx.log combined buffer=64k flush=1s;
  limit_req_zone $binary_remote_addr zone=all:10m rate=1000000r/s;
  geoip2 {geo} {{ $country country iso_code; }}
  map $country $is_out {{ default 0; XX 1; }}
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  default_type application/json;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {home}/tls/cert.pem;
    ssl_certificate_key {home}/tls/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:10m;
    location / {{
      allow 127.0.0.0/8;
      deny all;
      if ($is_out) {{ return 403; }}
      limit_req zone=all burst=100000 nodelay;
      auth_basic "wallet";
      auth_basic_user_file {top}/nginx.users;
      root {top}/www;
      index index.json;
    }}
  }}
}}
"""


def cpu_s(pids):
    """Processor seconds that these have had."""
    ticks = 0
    for pid in pids:
        with open("/proc/%d/stat" % pid) as f:
            row = f.read().rsplit(")", 1)[1].split()
        ticks += int(row[11]) + int(row[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def anon_kib(pids):
    kib = 0
    for pid in pids:
        with open("/proc/%d/status" % pid) as f:
            kib += int(re.search(r"RssAnon:\s+(\d+)", f.read()).group(1))
    return kib


def milliseconds(text):
    number, unit = re.match(r"([\d.]+)(\w+)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


class Side:
    """One of the two: where it listens and which processes work for it."""

    def __init__(self, name, url, port, pids):
        self.name, self.url, self.port, self.pids = name, url, port, pids
        for pid in pids:
            subprocess.run(["taskset", "-acp", "0", str(pid)], check=True, stdout=subprocess.DEVNULL)

    def warm_up(self):
        """The first answer of ours waits for a password's hash."""
        subprocess.run(["wrk", "-t1", "-c%d" % CONNS, "-d1s", "-H", AUTH, self.url], check=True, stdout=subprocess.DEVNULL)

    def wrk(self, *more):
        out = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", "--latency", "-H", AUTH, *more, self.url],
                             capture_output=True, text=True, check=True).stdout
        assert "Non-2xx" not in out and "Socket errors" not in out, out
        return out

    def keep_alive(self):
        """As many requests as come through, and what one costs."""
        before = cpu_s(self.pids)
        out = self.wrk("-c%d" % CONNS, "-d%ds" % SECONDS)
        used = cpu_s(self.pids) - before
        return {"rps": float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)),
                "us": used / int(re.search(r"(\d+) requests in", out).group(1)) * 1e6}

    def p99(self, top):
        """Of a second, in ms, at one rate for both sides: clients pause between
        requests. Without that a fast server's p99 is the load generator's queue."""
        with open(top + "/pause.lua", "w") as f:
            f.write("function delay() return math.random(0, 3) end\n")
        out = self.wrk("-c%d" % PAUSING, "-d1s", "-s", top + "/pause.lua")
        return milliseconds(re.search(r"\n\s+99%\s+(\S+)", out).group(1))

    def handshakes(self):
        """Full TLS 1.3 ones, for a second of its processors."""
        before = cpu_s(self.pids)
        out = subprocess.run(["taskset", "-c", "1", "openssl", "s_time", "-connect", "127.0.0.1:%d" % self.port,
                              "-new", "-time", str(SECONDS)], capture_output=True, text=True).stdout
        used = cpu_s(self.pids) - before
        return int(re.search(r"(\d+) connections in \d+ real seconds", out).group(1)) / used

    def idle_kib(self):
        """Memory of a connection that has had one answer and waits."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        path = re.sub(r"^https://[^/]+", "", self.url)
        text = "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n\r\n" % (path, AUTH)
        before, conns = anon_kib(self.pids), []
        for _ in range(IDLE):
            c = context.wrap_socket(socket.create_connection(("127.0.0.1", self.port)), server_hostname="localhost")
            c.sendall(text.encode())
            assert b" 200 " in c.recv(65536)
            conns.append(c)
        time.sleep(1)
        kib = (anon_kib(self.pids) - before) / IDLE
        for c in conns:
            c.close()
        return kib


def start_nginx(top, home, geo):
    port = free_port()
    os.makedirs(top + "/www", exist_ok=True)
    for name, text in (("www/index.json", BODY), ("nginx.users", "%s:{PLAIN}%s\n" % (USER, PASSWORD)),
                       ("nginx.conf", NGINX.format(top=top, home=home, geo=geo, port=port))):
        with open(top + "/" + name, "w") as f:
            f.write(text)
    subprocess.run(["nginx", "-t", "-q", "-c", top + "/nginx.conf"], check=True)
    p = subprocess.Popen(["nginx", "-c", top + "/nginx.conf"], stderr=subprocess.DEVNULL)
    time.sleep(1)
    return p, Side("nginx", "https://127.0.0.1:%d/index.json" % port, port, [p.pid] + children(p.pid))


def servants(parent):
    """Parent, workers and key manager; not the child that reads a database and ends."""
    return [parent] + [p for p in children(parent) if re.search("wrk|keymgr", command(p))]


def start_ours(geo):
    g = Gateway(workers=1, wait=False, more=FILTERS, limits="per_address = 100000\n")
    with open(geo, "rb") as f, open(g.home + "/geo.mmdb", "wb") as out:
        out.write(f.read())
    os.chmod(g.home + "/geo.mmdb", 0o644)
    end = time.time() + 30
    while time.time() < end:
        try:
            if g.get("/v1/ready").status == 200:
                return g, Side("ours", "https://127.0.0.1:%d/all/" % g.tls, g.tls, servants(g.proc.pid))
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(g.log())


def median(rows, key):
    return statistics.median(r[key] for r in rows)


def goal(name, value, least=None, most=None):
    ok = value <= most if most is not None else value >= least
    bound = "at most %g" % most if most is not None else "at least %g" % least
    print("%-48s %8.3f   %s%s" % (name, value, bound, "" if ok else "   MISSED"), flush=True)
    return ok


def main(rounds):
    top = tempfile.mkdtemp(prefix="sekisho-bench.", dir="/tmp")
    os.chmod(top, 0o755)
    geo = top + "/country.mmdb"
    subprocess.run([BIN + "/sekisho", "geo", "build", "--out", geo], check=True, stdout=subprocess.DEVNULL)
    g, ours = start_ours(geo)
    server, nginx = start_nginx(top, g.home, geo)
    rows, slow, hands = ({"ours": [], "nginx": []} for _ in range(3))
    try:
        for i in range(rounds):
            turn = (nginx, ours) if i % 2 == 0 else (ours, nginx)
            for side in turn:
                side.warm_up()
                row = side.keep_alive()
                rows[side.name].append(row)
                print("round %d %-5s %8.0f requests/s  %6.2f us CPU"
                      % (i + 1, side.name, row["rps"], row["us"]), flush=True)
            for _ in range(SECONDS):
                for side in turn:
                    slow[side.name].append(side.p99(top))
            for side in turn:
                print("round %d %-5s p99 %s ms"
                      % (i + 1, side.name, " ".join("%.2f" % ms for ms in slow[side.name][-SECONDS:])), flush=True)
            for side in turn:
                hands[side.name].append(side.handshakes())
                print("round %d %-5s %8.0f handshakes a CPU second" % (i + 1, side.name, hands[side.name][-1]), flush=True)
        idle = {side.name: side.idle_kib() for side in (ours, nginx)}
        print("idle TLS connection: ours %.1f KiB, nginx %.1f KiB" % (idle["ours"], idle["nginx"]))
    finally:
        server.terminate()
        server.wait()
        g.stop()
        shutil.rmtree(top, ignore_errors=True)
    o, n = rows["ours"], rows["nginx"]
    ok = [goal("requests/s / nginx's", median(o, "rps") / median(n, "rps"), least=1.5),
          goal("CPU per request / nginx's", median(o, "us") / median(n, "us"), most=0.65),
          goal("p99 / nginx's", statistics.median(slow["ours"]) / statistics.median(slow["nginx"]), most=1),
          goal("full handshakes per CPU second / nginx's",
               statistics.median(hands["ours"]) / statistics.median(hands["nginx"]), least=1),
          goal("idle TLS connection, KiB", idle["ours"], most=20)]
    return 0 if all(ok) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
