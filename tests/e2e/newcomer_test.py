#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A newcomer's way: fresh clone, `make run`, the README's commands verbatim.

The build shares nothing with this checkout; the ports are free ones through
the variables that the README names.
"""
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


def main():
    top = tempfile.mkdtemp(prefix="sekisho-newcomer.", dir="/tmp")
    os.chmod(top, 0o755)
    clone = top + "/sekisho"
    env = {k: v for k, v in os.environ.items() if not k.startswith(("SEKISHO_", "MAKE", "MFLAGS"))}
    env.update(SEKISHO_HOME=top + "/home", SEKISHO_PORT=str(free_port()), SEKISHO_RPC_PORT=str(free_port()))
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    readme = open(clone + "/README.md").read()
    assert "\nmake run\nmake test\n" in readme, "README does not show the two commands"
    commands = re.search(r"<!-- commands:newcomer -->\n```sh\n(.*?)```", readme, re.S).group(1)
    log = open(top + "/log", "w+")
    proc = subprocess.Popen(["make", "run"], cwd=clone, env=env, stdin=subprocess.DEVNULL, stdout=log,
                            stderr=subprocess.STDOUT, start_new_session=True)
    try:
        until = time.monotonic() + BUILD_S
        while "\nstop " not in open(top + "/log").read():
            if proc.poll() is not None or time.monotonic() > until:
                raise AssertionError("make run did not start:\n" + open(top + "/log").read()[-3000:])
            time.sleep(0.2)
        r = subprocess.run(["sh", "-eu"], input=commands, cwd=clone, env=env, text=True, capture_output=True,
                           timeout=60)
        assert r.returncode == 0, r.stdout + r.stderr
        first = json.loads(r.stdout.splitlines()[0].split("}")[0] + "}")
        assert first["result"].startswith("0x"), r.stdout
        assert '"server"' in r.stdout and re.search(r"^gateway +running", r.stdout, re.M), r.stdout
    finally:
        os.killpg(proc.pid, signal.SIGTERM)
        proc.wait(60)
        until = time.monotonic() + 60  # make leaves before what it started
        while not re.search(r"^postgres +(stopped|did)", open(top + "/log").read(), re.M):
            if time.monotonic() > until:
                break
            time.sleep(0.1)
        text = open(top + "/log").read()
    assert re.search(r"^postgres +stopped", text, re.M), text[-2000:]
    shutil.rmtree(top, ignore_errors=True)


if __name__ == "__main__":
    try:
        main()
        print("ok a_newcomer_starts_it_by_the_readme\n1 passed, 0 failed")
    except (AssertionError, subprocess.SubprocessError) as e:
        print("FAIL a_newcomer_starts_it_by_the_readme: %s\n0 passed, 1 failed" % e)
        sys.exit(1)
