# SPDX-License-Identifier: Apache-2.0
"""The explorer: a whole stack, and Chromium that walks it (explorer.mjs).

Where SHOTS names a folder the pages are left there as pictures.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys

from case import case, run, same
from clients import NODE, NPM
from stack import ROOT, Stack, wait_for

SEEN = {}  # what `prepare` has made


def script(s, name, seconds=180):
    c = s.credentials["rpc"]
    env = dict(os.environ, NPM=NPM, DRIVER=NPM + "-chromium", RPC="http://127.0.0.1:%d/" % s.rpc_port,
               URL="https://localhost:%d/explorer" % s.port, USER=c["user"], PASSWORD=c["password"],
               KEY=s.credentials["accounts"][0]["privateKey"], CHROMIUM=shutil.which("chromium") or "chromium")
    r = subprocess.run([NODE, os.path.join(ROOT, "tests/e2e/explorer.mjs"), name], env=env, text=True,
                       input=json.dumps(SEEN), capture_output=True, timeout=seconds)
    if r.returncode != 0:
        raise AssertionError(r.stdout[-1000:] + r.stderr[-3000:])
    return r.stdout


def walk(name):
    """A case of explorer.mjs as one of ours."""
    def fn(s):
        script(s, name)
    fn.__name__ = "walk_" + name
    case(fn)


def get(s, path, **headers):
    return s.http("GET", "/explorer" + path, headers={"Accept": "text/html", **headers})


@case
def every_page_answers(s):
    for path, status, text in (
            ("", 200, "Recent blocks"), ("/", 200, "Recent blocks"), ("/block/0", 200, "Block 0"),
            ("/block/" + SEEN["blockHash"], 200, SEEN["blockHash"]), ("/block/-1", 404, "Nothing found"),
            ("/block/99999999999999999999", 404, "Nothing found"), ("/block/0x00", 404, "Nothing found"),
            ("/tx/" + SEEN["sent"][0], 200, "Success"), ("/tx/0x" + "0" * 64, 404, "Nothing found"),
            ("/tx/x", 404, "Nothing found"), ("/address/" + SEEN["other"], 200, SEEN["other"]),
            ("/address/0x12", 404, "Nothing found"), ("/signers", 200, "Who seals the blocks"),
            ("/search", 404, "Nothing was entered"), ("/nowhere", 404, "Back to the first page")):
        r = get(s, path)
        same(r.status, status, path)
        if text.encode() not in r.body:
            raise AssertionError("%s: no %r in %r" % (path, text, r.body[:2000]))
        same(r.headers["Content-Type"], "text/html; charset=utf-8", path)


@case
def pages_may_load_what_is_theirs_alone(s):
    csp = get(s, "/").headers["Content-Security-Policy"]
    policy = dict(p.strip().split(" ", 1) for p in csp.split(";"))
    same(policy.pop("default-src"), "'none'")
    for name in ("base-uri", "object-src", "frame-ancestors"):
        same(policy.pop(name), "'none'", name)
    same(set(policy.values()), {"'self'"}, csp)


@case
def a_block_is_paged_by_index(s):
    """Rows of the page that begins at an index are those from it on."""
    block = s.rpc("eth_getBlockByNumber", hex(SEEN["block"]), False)
    hashes = block["transactions"]
    r = get(s, "/block/%d?from=%d" % (SEEN["block"], len(hashes) - 1))
    same(re.findall(rb"/tx/(0x[0-9a-f]{64})", r.body), [hashes[-1].encode()])
    r = get(s, "/block/%d?from=99999" % SEEN["block"])
    same(re.findall(rb"/tx/(0x[0-9a-f]{64})", r.body), [h.encode() for h in hashes[:25]])


@case
def filters_stand_before_pages_not_before_assets(s):
    r = s.https("GET", "/explorer/", auth=None)
    same(r.status, 401)
    same(s.https("GET", "/explorer/", auth="rpc").status, 200)
    same(s.https("GET", "/explorer/", auth="wallet").status, 401)
    name = re.search(rb"assets/[a-z]+\.[0-9a-f]+\.css", get(s, "/").body)[0].decode()
    r = s.https("GET", "/explorer/" + name, auth=None)
    same(r.status, 200)
    same(r.headers["Cache-Control"], "public, max-age=31536000, immutable")
    same(get(s, "/" + name, **{"If-None-Match": r.headers["ETag"]}).status, 304)


@case
def an_event_comes_with_a_new_head(s):
    """Who has seen nothing hears at once; the number goes with it."""
    r = s.http("GET", "/explorer/live?seen=0")
    same(r.status, 200)
    same(r.headers["Content-Type"], "text/event-stream; charset=utf-8")
    no = int(re.search(rb"^id: (\d+)$", r.body, re.M)[1])
    if no < SEEN["block"] or b"event: head\n" not in r.body or not r.body.endswith(b"\n\n"):
        raise AssertionError(r.body)


@case
def without_a_node_pages_say_so(s):
    pid = s.pid("noded")
    os.kill(pid, signal.SIGSTOP)
    try:
        def refused():
            r = get(s, "/", **{"Accept-Language": "ja"})
            return r if r.status == 503 else None
        r = wait_for("a page that says that the node is gone", 60, refused)
        if "ノード".encode() not in r.body or b'<html lang="ja">' not in r.body:
            raise AssertionError(r.body)
        if not r.headers["Retry-After"]:
            raise AssertionError("no Retry-After")
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_for("the page again", 60, lambda: get(s, "/").status == 200)


for NAME in ("live", "plain", "failed", "hostile", "decoded", "search", "paging", "languages", "keyboard",
             "structure", "contrast", "phone"):
    walk(NAME)


def main():
    with Stack() as s:
        SEEN.update(json.loads(script(s, "prepare")))
        if os.environ.get("SHOTS"):
            script(s, "shots")
        return run(s)


sys.exit(main())
