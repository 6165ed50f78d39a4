#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""testssl.sh against the TLS port: no finding of MEDIUM or above (reliability
H13). The certificate is of an authority that testssl.sh is told to trust, so
that nothing has to be left out but what no private authority can have.

usage: findings_test.py      SEKISHO_BIN names the folder of the programs
"""
import json
import shutil
import subprocess
import sys

import framing
import tls_test
from framing import ok, same
from tls_test import Pki, Tls

FINE = ("OK", "INFO", "LOW", "DEBUG")

# What it says of the openssl program that it was given; and, on a busy machine,
# that it could not look at tickets, which framing/tls_versions does.
OF_THE_TOOL = {"engine_problem", "sessionresumption_ticket"}


def findings(g, kind):
    """What testssl.sh has to say, by id."""
    out = "%s/findings-%s.json" % (g.dir, kind)
    subprocess.run(["testssl", "--quiet", "--warnings", "off", "--color", "0", "--ip", "127.0.0.1", "--add-ca",
                    tls_test.pki.root_file, "--jsonfile", out, "https://localhost:%d/v1/health" % g.tls],
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=900)
    with open(out) as f:
        return json.load(f)


def judge(rows, kind):
    bad = ["%s %s: %s" % (x["severity"], x["id"], x["finding"]) for x in rows
           if x["severity"] not in FINE and x["id"] not in OF_THE_TOOL]
    for x in bad:
        ok("%s: %s" % (kind, x), False)
    seen = {x["id"]: x["severity"] for x in rows}
    # that it has looked at all: each of these is of another part of it
    for part in ("SSLv2", "SSLv3", "TLS1_2", "TLS1_3", "PFS", "cert_chain_of_trust", "HSTS_time", "heartbleed",
                 "secure_renego", "LUCKY13", "RC4"):
        same("%s: %s" % (kind, part), seen.get(part), "OK")
    said = {x["id"]: x["finding"] for x in rows}
    for part in ("TLS1", "TLS1_1"):
        same("%s: %s" % (kind, part), said.get(part), "not offered")
    print("%s: %d findings, %d of MEDIUM or above" % (kind, len(rows), len(bad)), flush=True)


def main():
    if shutil.which("testssl") is None:
        print("skipped: there is no testssl.sh (apt-get install testssl.sh)")
        print("0 passed, 0 failed")
        return 0
    tls_test.pki = Pki()
    try:
        for kind in ("ec", "rsa"):
            with Tls(key=kind) as g:
                judge(findings(g, kind), kind)
    finally:
        tls_test.pki.close()
    print("%d passed, %d failed" % (framing.passed, framing.failed))
    return framing.failed > 0


if __name__ == "__main__":
    sys.exit(main())
