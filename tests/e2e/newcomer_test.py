#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A newcomer's way: fresh clone, `make run`, the README's commands verbatim.

The build shares nothing with this checkout but the npm packages, which are
not fetched again; the ports are free ones through the variables that the
README names.
"""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from stack import ROOT, free_port

BUILD_S = 600
SECOND_S = 30
NPM = ROOT + "/build/npm"


def lend_npm(clone):
    """The checkout's installed packages; without them `make deps-test` fetches."""
    os.makedirs(clone + "/build/npm")
    if os.path.exists(NPM + "/installed.json"):
        shutil.copy(NPM + "/installed.json", clone + "/build/npm")
        os.symlink(NPM + "/node_modules", clone + "/build/npm/node_modules")


def script_of(readme):
    """The README's blocks in their order; one to save becomes a file there."""
    parts = []
    for name, text in re.findall(r"<!-- (\S+) -->\n```(?:sh|js)\n(.*?)```", readme, re.S):
        kind, _, path = name.partition(":")
        parts.append(text if kind == "commands" else "cat >%s <<'END'\n%sEND\n" % (path, text))
    blocks = len(re.findall(r"^```(?:sh|js)$", readme, re.M))
    assert len(parts) == blocks - 1, "README shows a block that nothing runs"
    return "".join(parts)


def found(pattern, text):
    """The first match of the pattern, whose absence fails the test."""
    match = re.search(pattern, text, re.S | re.M)
    assert match, "no %s in:\n%s" % (pattern, text)
    return match.group(0)


def check_help(clone, env):
    """One line for each target: all that have one, all that the texts name."""
    out = subprocess.run(["make", "help"], cwd=clone, env=env, text=True, capture_output=True, check=True,
                         timeout=60).stdout
    listed = re.findall(r"^(\S+) +\S", out, re.M)
    files = [clone + "/Makefile"] + glob.glob(clone + "/tests/**/*.mk", recursive=True)
    told = [name for path in files for name in re.findall(r"^([^\s:]+):.*## ", open(path).read(), re.M)]
    for name in ("README.md", "CONTRIBUTING.md"):
        told += re.findall(r"\bmake\s+([a-z0-9-]+)", "".join(
            re.findall(r"`[^`]*`|^```sh$.*?^```$", open(clone + "/" + name).read(), re.M | re.S)))
    assert len(told) > 40 and len(listed) == len(set(listed)), out
    assert not set(told) - set(listed), "make help does not list %s" % sorted(set(told) - set(listed))


FAKE = {
    "id": "echo 1000",
    "dpkg-query": "case $* in *\" kore\"*|*\" liblmdb-dev\"*) exit 1 ;; *) echo install ok installed ;; esac",
}


def check_packages(clone, env, top):
    """What a user without root rights is told while two packages are missing,
    and what is run for one who may: nothing here installs anything."""
    line = "apt-get install -y --no-install-recommends kore liblmdb-dev"
    for sudo, status, says, ran in (
            ("exit 1", 2, "are missing and you are not root. Run as root:\n  apt-get update && %s\n" % line, ""),
            ('[ "$*" = "-n true" ] || echo "$*" >>%s/ran' % top, 0, "installing: kore liblmdb-dev\n",
             "-n apt-get -q update\n-n env DEBIAN_FRONTEND=noninteractive %s\n" % line),
            ('[ "$*" = "-n true" ] && exit 0; echo E: no such host; exit 100', 2,
             "installing: kore liblmdb-dev\nE: no such host\napt-get failed; see the lines above\n", "")):
        fake = tempfile.mkdtemp(dir=top)
        for name, text in {**FAKE, "sudo": sudo}.items():
            with open(fake + "/" + name, "w", opener=lambda path, flags: os.open(path, flags, 0o755)) as f:
                f.write("#!/bin/sh\n%s\n" % text)
        open(top + "/ran", "w").close()
        r = subprocess.run(["make", "deps-run"], cwd=clone, env=dict(env, PATH=fake + ":" + env["PATH"]), text=True,
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        assert r.returncode == status and says in r.stdout, r.stdout
        assert open(top + "/ran").read() == ran, open(top + "/ran").read()
    for row in open(clone + "/conf/packages.txt"):
        assert row[0] in "#\n" or re.match(r"\S+ +(run|test|bench|torture) +(command=\S+ +)?[^ =]+ \S+", row), "no reason: " + row


class Run:
    """`make run` in the clone, with a closed umask, for users of their own
    have to get at what it makes; stopped at the end, which is waited for."""

    def __init__(self, clone, env, log):
        self.clone, self.env, self.log, self.proc = clone, env, log, None

    def text(self):
        with open(self.log) as f:
            return f.read()

    def __enter__(self):
        with open(self.log, "w") as log:
            self.proc = subprocess.Popen(["make", "run"], cwd=self.clone, env=self.env, stdin=subprocess.DEVNULL,
                                         stdout=log, stderr=subprocess.STDOUT, start_new_session=True, umask=0o077)
        until = time.monotonic() + BUILD_S
        while "\nstop " not in self.text():
            if self.proc.poll() is not None or time.monotonic() > until:
                self.__exit__()
                raise AssertionError("make run did not start:\n" + self.text()[-3000:])
            time.sleep(0.2)
        return self

    def __exit__(self, *exc):
        if self.proc.poll() is None:
            os.killpg(self.proc.pid, signal.SIGTERM)
        self.proc.wait(60)
        until = time.monotonic() + 60  # make leaves before what it started
        while not re.search(r"^postgres +(stopped|did)", self.text(), re.M) and time.monotonic() < until:
            time.sleep(0.1)


def check_second_run(clone, env, log):
    """Nothing is installed, built or made; the chain is the same."""
    genesis = subprocess.run([clone + "/build/release/bin/sekisho", "genesis", env["SEKISHO_HOME"] + "/conf/genesis.json"],
                             text=True, capture_output=True, check=True, timeout=60).stdout.splitlines()[0]
    start = time.monotonic()
    with Run(clone, env, log) as run:
        took = time.monotonic() - start
        block = subprocess.run([clone + "/build/release/bin/sekisho", "rpc", "eth_getBlockByNumber", "0x0", "false"],
                               env=env, text=True, capture_output=True, check=True, timeout=60).stdout
    assert run.text().startswith("postgres "), run.text()
    assert json.loads(block)["hash"] == json.loads(genesis)["blockHash"], block
    assert took < SECOND_S, "%.1f s" % took


def main():
    top = tempfile.mkdtemp(prefix="sekisho-newcomer.", dir="/tmp")
    os.chmod(top, 0o755)
    clone = top + "/sekisho"
    env = {k: v for k, v in os.environ.items() if not k.startswith(("SEKISHO_", "MAKE", "MFLAGS"))}
    env.update(SEKISHO_HOME=top + "/home", SEKISHO_PORT=str(free_port()), SEKISHO_RPC_PORT=str(free_port()))
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    readme = open(clone + "/README.md").read()
    assert "\nmake run\nmake test\n" in readme, "README does not show the two commands"
    commands = script_of(readme)
    check_help(clone, env)
    check_packages(clone, env, top)
    lend_npm(clone)
    with Run(clone, env, top + "/log") as run:
        r = subprocess.run(["sh", "-eu"], input=commands, cwd=clone, env=env, text=True, capture_output=True,
                           timeout=300)
        assert r.returncode == 0, r.stdout + r.stderr
        first = json.loads(r.stdout.splitlines()[0].split("}")[0] + "}")
        assert first["result"].startswith("0x"), r.stdout
        assert '"server"' in r.stdout and re.search(r"^gateway +running", r.stdout, re.M), r.stdout
        receipt = json.loads(found(r"^\{\n.*?^\}", r.stdout))
        assert receipt["status"] == "0x1" and receipt["gasUsed"] == "0x5208", r.stdout
        found(r"^TransactionReceipt \{.*^  status: 1,", r.stdout)
        assert len(re.findall(r"^good strict ", r.stdout, re.M)) == 6, r.stdout
    found(r"^postgres +stopped", run.text())
    check_second_run(clone, env, top + "/log2")
    shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    try:
        main()
        print("ok a_newcomer_starts_it_by_the_readme\n1 passed, 0 failed")
    except (AssertionError, subprocess.SubprocessError) as e:
        print("FAIL a_newcomer_starts_it_by_the_readme: %s\n0 passed, 1 failed" % e)
        sys.exit(1)
