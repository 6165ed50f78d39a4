#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Nothing is injected while the SQL screen is off (reliability I4, G4): the
attacks of tests/vectors/sqlscreen wherever a route of routes.def can be
written to, on a real stack with its PostgreSQL. What counts is what the
database saw: its log has every statement. With SQLMAP=1, and where it is
installed, sqlmap tries its own (level 3, risk 2) on every parameter.
"""
import base64
import http.client
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from case import Skip, case, run, same  # noqa: E402
from clients import NODE, NPM  # noqa: E402
from stack import ROOT, Stack, wait_for  # noqa: E402

VECTORS = os.path.join(ROOT, "tests/vectors/sqlscreen")
TO = "0x8617E340B3D01FA5F11F306F4090FD50E238070D"
SLOW_S = 2.0  # the shortest wait in an attack is longer, but for generate_series
SQLMAP_S = 240  # a route
# What PostgreSQL says about a statement; none of it stands in an attack.
SAYS = re.compile(rb'syntax error at|unterminated quoted|invalid input syntax|SQLSTATE|libpq|PGRES_|duplicate key value|'
                  rb'(?:relation|column) .?"[^"]*" does not exist|operator does not exist:')


def attacks():
    """The lines of both sets, escapes resolved as attack_core.txt says."""
    def plain(m):
        c = m.group(1)
        return bytes([int(c[1:], 16)]) if c[:1] == b"x" else {b"n": b"\n", b"t": b"\t", b"f": b"\f", b"0": b"\0"}.get(c, c)
    out = []
    for name in ("attack_core", "attack_more"):
        with open("%s/%s.txt" % (VECTORS, name), "rb") as f:
            lines = [x for x in f.read().split(b"\n") if x and not x.startswith(b"#")]
        out += [re.sub(rb"\\(x[0-9a-fA-F]{2}|.)", plain, x) for x in lines]
    assert len(out) > 1200
    return out


def pct(value):
    return urllib.parse.quote(value, safe="")


def quoted(value):
    """As the inside of a JSON string; bytes above ASCII as they are."""
    return b"".join(b"\\u%04x" % c if c < 0x20 or c in b'"\\' else bytes([c]) for c in value)


def part(value):
    return (b'--zq\r\nContent-Disposition: form-data; name="raw_tx_hex_list"\r\n\r\n' + value +
            b'\r\n--zq\r\nContent-Disposition: form-data; name="f"; filename="x.csv"\r\n\r\n' + value + b"\r\n--zq--\r\n")


JSON, FORM = "application/json", "application/x-www-form-urlencoded"
PARTS = "multipart/form-data; boundary=zq"
SEND = "/v1/Eth/SendRawTransaction"
CALL = b'{"jsonrpc":"2.0","id":1,"method":"%s","params":[%s]}'


def get(path):
    return lambda v: ("GET", path + "?q=" + pct(v) + "&" + pct(v) + "=1", None, None)


def post(path, kind, body):
    return lambda v: ("POST", path, kind, body(v))


# What serves a route -> its method and path -> how a value is put into it.
PLACES = {
    "WALLET": {
        "GET /": [get("/")],
        "GET /v1/Eth/TransactionCount/{eth_address}": [
            lambda v: ("GET", "/v1/Eth/TransactionCount/" + pct(v), None, None),
            get("/v1/Eth/TransactionCount/" + TO)],
        "POST " + SEND: [
            post(SEND, JSON, lambda v: b'{"raw_tx_hex_list":["%s"]}' % quoted(v)),
            post(SEND, JSON, lambda v: b'{"raw_tx_hex_list":["0x%s"],"%s":"%s"}' % (v.hex().encode(), quoted(v), quoted(v))),
            post(SEND, JSON, lambda v: b'{"raw_tx_hex_list":"%s"}' % quoted(v)),
            post(SEND, FORM, lambda v: b"raw_tx_hex_list=" + pct(v).encode()),
            post(SEND, PARTS, part)],
        "GET /v1/NodeInfo/BlockSyncStatus": [get("/v1/NodeInfo/BlockSyncStatus")],
        "GET /v1/RequiredVersion": [
            lambda v: ("GET", "/v1/RequiredVersion?platform=%s&app=%s" % (pct(v), pct(v)), None, None)],
        "GET /v1/health": [get("/v1/health")],
        "GET /v1/ready": [get("/v1/ready")],
    },
    "RPC": {
        "POST /": [
            post("/rpc/", JSON, lambda v: CALL % (b"eth_getBalance", b'"%s","latest"' % quoted(v))),
            post("/rpc/", JSON, lambda v: CALL % (b"eth_call", b'{"to":"%s","data":"0x%s"},"latest"' % (
                TO.encode(), v.hex().encode()))),
            post("/rpc/", JSON, lambda v: CALL % (quoted(v), b"")),
            post("/rpc/", JSON, lambda v: CALL % (b"eth_sendRawTransaction", b'"%s"' % quoted(v)))],
        "GET /v1/health": [get("/rpc/v1/health")],
        "GET /v1/ready": [get("/rpc/v1/ready")],
        "GET /": [get("/rpc/")],
        "GET /metrics": [get("/rpc/metrics")],
        "GET /head": [get("/rpc/head")],
        "GET /blocks/{height}": [lambda v: ("GET", "/rpc/blocks/" + pct(v), None, None)],
        "GET /blocks-range": [
            lambda v: ("GET", "/rpc/blocks-range?start=%s&end=%s" % (pct(v), pct(v)), None, None),
            lambda v: ("GET", "/rpc/blocks-range?start=0&end=1&include_tx=" + pct(v), None, None)],
        "GET /tx/{hash}": [lambda v: ("GET", "/rpc/tx/" + pct(v), None, None)],
        "GET /getBalance/{address}": [lambda v: ("GET", "/rpc/getBalance/" + pct(v), None, None)],
        "GET /syncStatus": [get("/rpc/syncStatus")],
        "POST /sendTx": [
            post("/rpc/sendTx", JSON, lambda v: b'{"raw":"%s","sender":"%s"}' % (quoted(v), quoted(v)))],
        "POST /blocks/import": [
            post("/rpc/blocks/import", JSON, lambda v: b'{"block":"%s","hash":"%s"}' % (quoted(v), quoted(v)))],
        "POST /importBlock": [post("/rpc/importBlock", JSON, lambda v: b'{"block":"0x%s"}' % v.hex().encode())],
        "POST /v1/explain": [
            post("/rpc/v1/explain", FORM, lambda v: b"method=GET&user=%s&url=https://localhost/v1/x" % pct(v).encode())],
    },
    "OPS": {
        "GET /": [get("/metrics/")],
        "POST /explain": [
            post("/metrics/explain", FORM, lambda v: b"method=GET&url=https://localhost/v1/%s" % pct(v).encode())],
        "GET /health": [get("/metrics/health")],
        "GET /ready": [get("/metrics/ready")],
    },
    "EXPLORER": {
        "GET /": [lambda v: ("GET", "/explorer/?lang=" + pct(v), None, None)],
        "GET /live": [lambda v: ("GET", "/explorer/live?seen=" + pct(v), None, None)],
        "GET /block/{number_or_hash}": [
            lambda v: ("GET", "/explorer/block/" + pct(v), None, None),
            lambda v: ("GET", "/explorer/block/0?from=" + pct(v), None, None)],
        "GET /tx/{hash}": [lambda v: ("GET", "/explorer/tx/" + pct(v), None, None)],
        "GET /address/{address}": [
            lambda v: ("GET", "/explorer/address/" + pct(v), None, None),
            lambda v: ("GET", "/explorer/address/%s?before=%s&after=%s" % (TO, pct(v), pct(v)), None, None)],
        "GET /signers": [get("/explorer/signers")],
        "GET /search": [get("/explorer/search")],
        "GET /assets/{name}": [lambda v: ("GET", "/explorer/assets/" + pct(v), None, None)],
    },
}
USER = {"WALLET": "wallet", "RPC": "rpc", "OPS": "metrics", "EXPLORER": "rpc"}


class Bare(Stack):
    """A stack without screen and rates, whose database tells all it is asked."""

    def start(self, wait=True):
        if not os.path.exists(self.home + "/conf/gateway.conf"):
            os.makedirs(os.path.dirname(self.home), exist_ok=True)
            os.chmod(os.path.dirname(self.home), 0o755)
            self.sekisho("init", "--dev")
            path = self.home + "/conf/gateway.conf"
            with open(path) as f:
                text = f.read()
            text = re.sub(r"(?m)^filters = .*sqli.*$", "filters = geo basic sqli\nsqli = off", text)
            text = re.sub(r"(?m)^filters = .*user_rate$", "filters = geo basic", text)
            text = re.sub(r"(?m)^(rate|user)_?\w* = .*/s\n|^\w+_burst = .*\n|^rate_free = .*\n", "", text)
            same(text.count("sqli = off"), 3)
            text = text.replace("at = tls /rpc\n", "at = tls /rpc\nmethods_for = rpc default sekisho_importBlock\n")
            with open(path, "w") as f:
                f.write(text + "\n[limits]\nper_address = 2000\n")
        super().start(wait)
        self.psql("alter system set log_line_prefix = 'user=%u '")
        self.psql("alter system set log_statement = 'all'")
        self.psql("select pg_reload_conf()")
        wait_for("statements are logged", 10, lambda: self.psql("show log_statement") == "all")
        self.tried = False

    def database_log(self):
        with open(self.home + "/log/postgres.log", errors="surrogateescape") as f:
            return f.read()


class Line:
    """A kept-alive connection for one user, opened anew when it was closed."""

    def __init__(self, s, user):
        c = s.credentials[user]
        self.auth = "Basic " + base64.b64encode(("%(user)s:%(password)s" % c).encode()).decode()
        self.ctx = ssl.create_default_context(cafile=s.home + "/tls/cert.pem")
        self.port, self.conn = s.port, None

    def ask(self, method, path, kind, body, more=None):
        headers = dict({"Authorization": self.auth}, **(more or {}))
        if kind is not None:
            headers["Content-Type"] = kind
        for again in (True, False):
            if self.conn is None:
                self.conn = http.client.HTTPSConnection("localhost", self.port, context=self.ctx, timeout=60)
            t0 = time.monotonic()
            try:
                self.conn.request(method, path, body, headers)
                r = self.conn.getresponse()
                data = r.read()
                break
            except (http.client.HTTPException, OSError):
                self.conn = None  # it was closed after an answer
                if not again:
                    raise
        if r.headers.get("Connection") == "close":
            self.conn = None
        return r.status, data, time.monotonic() - t0


def expect_harmless(line, request, value):
    status, body, took = line.ask(*request)
    what = "%s %s: %d %r" % (request[0], request[1][:80], status, body[:200])
    assert status < 500, what
    assert not SAYS.search(body), what
    if took > SLOW_S:  # the machine may have been slow; an attack is so again
        took = line.ask(*request)[2]
        assert took <= SLOW_S, "%s: %.1f s for %r" % (what, took, value)
    return status


def routes():
    """kind -> "METHOD path" of every row of routes.def."""
    out = {}
    with open(os.path.join(ROOT, "src/gateway/routes.def")) as f:
        for method, path, kind in re.findall(r'(?m)^ROUTE\((\w+),\s+"([^"]*)",\s+(\w+),', f.read()):
            out.setdefault(kind, set()).add("%s %s" % (method, path))
    return out


@case
def every_route_is_tried(s):
    same({kind: set(places) for kind, places in PLACES.items()}, routes())


@case
def attacks_have_no_answer_of_the_database(s):
    for kind, places in PLACES.items():
        line = Line(s, USER[kind])
        for name, forms in places.items():
            seen = {}
            for form in forms:
                for value in attacks():
                    status = expect_harmless(line, form(value), value)
                    seen[status] = seen.get(status, 0) + 1
            print("   %s %s: %s" % (kind, name, seen))
            assert 403 not in seen and 429 not in seen, (name, seen)
    s.tried = True


@case
def attacks_in_headers_have_no_answer_of_the_database(s):
    line, seen = Line(s, "wallet"), {}
    for value in attacks():
        text = re.sub(rb"[\x00-\x08\x0a-\x1f\x7f]", b" ", value).decode("latin-1")
        more = {"Cookie": "s=" + text, "User-Agent": text, "Referer": text, "X-Request-Id": text, "X-Forwarded-For": text,
                "Accept-Language": text}
        status = expect_harmless(line, ("GET", "/", None, None, more), value)
        seen[status] = seen.get(status, 0) + 1
    print("   %s" % seen)
    assert seen[200] > 1200, seen


def sign_with_data(datas):
    """Transactions of accounts that nobody has heard of, with these bytes."""
    script = ("const {ethers}=require('ethers');(async()=>{const d=JSON.parse(require('fs').readFileSync(0));const out=[];"
              "for(const x of d)out.push(await ethers.Wallet.createRandom().signTransaction({chainId:31337,gasLimit:300000,"
              "type:0,gasPrice:0,nonce:0,value:1,to:process.env.TO,data:x}));console.log(JSON.stringify(out))})()")
    r = subprocess.run([NODE, "-e", script], input=json.dumps(["0x" + d.hex() for d in datas]), text=True, cwd=NPM,
                       capture_output=True, timeout=300, env=dict(os.environ, TO=TO))
    same(r.returncode, 0, r.stderr)
    return json.loads(r.stdout)


@case
def attacks_in_transactions_reach_no_statement(s):
    """Signed, so that they come as far as the query for their targets."""
    line, before = Line(s, "wallet"), s.database_log().count("execute find_targets")
    items = sign_with_data(attacks()[::10])
    for at in range(0, len(items), 20):
        body = json.dumps({"raw_tx_hex_list": items[at:at + 20]}).encode()
        status, data, _ = line.ask("POST", SEND, JSON, body)
        same(status, 200, data)
        assert not SAYS.search(data), data[:300]
        same([i["status"] for i in json.loads(data)["data"]], [0] * len(items[at:at + 20]), data[:300])
    wait_for("the query is in the log", 10,
             lambda: s.database_log().count("execute find_targets") - before >= len(items) // 20)


@case
def the_database_was_asked_our_statements_alone(s):
    """Of everything above: nothing refused, and of the gateway's user only
    statements that stand in the source, with addresses as parameters."""
    if not s.tried:
        raise Skip("the attacks were not sent")
    log = s.database_log()
    begun = log.index("log_statement")
    bad = [x for x in log[begun:].split("\n") if re.search(r"\b(ERROR|FATAL|PANIC):", x)]
    same(bad, [])
    ours = re.findall(r"(?m)^user=gw (\w+):  (.*)$", log[begun:])
    statement = ("execute find_targets: select contract_address from executable_contract "
                 "where contract_address = any($1::text[])")
    asked = {text for word, text in ours if word == "LOG" and re.match(r"(execute|statement|parse|bind|fastpath)", text)}
    same(asked - {statement}, set())
    parameters = [text for word, text in ours if word == "DETAIL"]
    assert len(parameters) > 5
    for text in parameters:
        assert re.fullmatch(r"parameters: \$1 = '\{(0x[0-9A-Fa-f]{40},?)+\}'", text), text


# -- sqlmap

SQLMAP = {
    "TransactionCount": ("wallet", "/v1/Eth/TransactionCount/%s*?q=1" % TO, None),
    "SendRawTransaction": ("wallet", SEND, '{"raw_tx_hex_list":["0x00*"],"memo":"a*"}'),
    "RequiredVersion": ("wallet", "/v1/RequiredVersion?platform=ios*&app=a*", None),
    "BlockSyncStatus": ("wallet", "/v1/NodeInfo/BlockSyncStatus?q=1*", None),
    "cookie, User-Agent, Referer": ("wallet", "/v1/health?q=1", None),
    "eth_getBalance": ("rpc", "/rpc/", '{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["%s*","latest*"]}' % TO),
    "explain": ("metrics", "/metrics/explain", "method=GET&user=a&url=https://localhost/v1/x"),
}


def sqlmap(s, name):
    user, path, data = SQLMAP[name]
    out = os.path.dirname(s.home) + "/sqlmap"
    args = ["sqlmap", "--batch", "--level", "3", "--risk", "2", "--flush-session", "--disable-coloring",
            "--threads", "4", "--timeout", "10", "--retries", "0", "--output-dir", out,
            "-H", "Authorization: " + Line(s, user).auth, "-u", "https://localhost:%d%s" % (s.port, path),
            "--ignore-code", "400,404,415"]
    if "*" not in path + (data or ""):
        args += ["--cookie", "s=1"]
    if data is not None:
        args += ["--data", data] + (["-H", "Content-Type: application/json"] if data[0] == "{" else [])
    try:
        r = subprocess.run(args, text=True, capture_output=True, timeout=SQLMAP_S, stdin=subprocess.DEVNULL)
        text, is_whole = r.stdout + r.stderr, True
    except subprocess.TimeoutExpired as e:
        text, is_whole = (e.stdout or b"").decode(errors="replace"), False
    return text, is_whole


@case
def sqlmap_finds_nothing(s):
    if os.environ.get("SQLMAP") != "1":
        raise Skip("minutes for each route: make injection-torture")
    if shutil.which("sqlmap") is None:
        raise Skip("sqlmap is not installed")
    for name in SQLMAP:
        t0 = time.monotonic()
        text, is_whole = sqlmap(s, name)
        tested = len(re.findall(r"testing '", text))
        found = re.findall(r".*(?:is vulnerable|appears to be '[^']*' injectable|identified the following).*", text)
        print("   %s: %d kinds of test, %s, %.0f s" % (name, tested, "whole" if is_whole else "cut", time.monotonic() - t0))
        same(found, [], name)
        assert tested >= 10, text[-2000:]
        assert not is_whole or "do not appear to be injectable" in text, text[-2000:]


def main():
    with Bare() as s:
        code = run(s)
        if code:
            sys.stdout.write(s.text()[-3000:] + "\n" + s.database_log()[-3000:] + "\n")
        return code


if __name__ == "__main__":
    sys.exit(main())
