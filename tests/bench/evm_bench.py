#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The virtual machine and Keccak beside peers, in ratios of one run.

usage: evm_bench.py

Our machine is libsekisho_evm.so, with its memo of 64-byte hashes and without.
PEER_EVM names another EVMC 12 machine, of which every case is timed in turn
with ours by one process (bench_evmc). Without it the peer is revm inside anvil:
eth_call of the same programs, the least of 27 calls less that of a call to
nobody. anvil's time is then divided by how much slower than evmone's baseline
interpreter it is on the program (spec/performance.md 1.4 of the public bench
folder): such ratios are marked "converted". Gas, status and output of every
case are checked against expected.txt first. A goal that is missed makes the
exit status 1.
"""
import http.client
import json
import math
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
from stack import ROOT, free_port  # noqa: E402

SHARED = os.environ.get("SEKISHO_VECTORS", ROOT + "/../shared")
BENCH = os.environ.get("SEKISHO_BENCH", SHARED + "/bench")
BUILT = os.environ.get("SEKISHO_BIN", ROOT + "/build/release/bin") + "/.."
OURS = BUILT + "/lib/libsekisho_evm.so"
ANVIL = ROOT + "/build/npm-bench/node_modules/.bin/anvil"
CALLS, CALLER, CONTRACT = 27, "0x10" + "00" * 19, "0x20" + "00" * 19
# Where the token keeps CALLER's balance: Keccak-256 of CALLER and 0, each a word.
TOKEN_PLACE = "0x7fb5b859bc32a86610429e8fee7ef15e8d521071b68b56d3b024714ecaf3fddd"

# revm inside anvil / evmone's baseline interpreter.
CONVERSION = {
    "main/snailtracer/benchmark": 1.52, "main/structarray_alloc/nfts_rank": 2.97,
    "main/blake2b_shifts/8415nulls": 1.89, "main/weierstrudel/15": 1.10, "main/blake2b_huff/8415nulls": 1.74,
    "main/sha1_divs/5311": 1.39, "main/sha1_shifts/5311": 2.04, "micro/loop_with_many_jumpdests/empty": 2.27,
    "token/loop-transfer": 1.64, "token/loop-mint": 2.14, "token/loop-approve": 1.43, "token/loop-hash": 2.11,
}
CHAINS = ("synth/ADD", "synth/AND", "synth/LT", "synth/SWAP1")
TOKENS = ("token/single-transfer", "token/loop-transfer", "token/loop-mint", "token/loop-approve")


def goal(name, value, most=None, least=None):
    ok = (most is None or value <= most) and (least is None or value >= least)
    bound = "at most %g" % most if most is not None else "at least %g" % least
    print("%-58s %7.3f   %s%s" % (name, value, bound, "" if ok else "   MISSED"), flush=True)
    return ok


def machines(*specs):
    """Microseconds of a run by case, one list for all machines."""
    out = subprocess.run([BUILT + "/bench/bench_evmc", *specs], text=True, stdout=subprocess.PIPE, check=True,
                         env=dict(os.environ, SEKISHO_VECTORS=SHARED)).stdout
    return {name: [float(us) for us in rest] for name, *rest in (line.split("\t") for line in out.splitlines())}


class Anvil:
    """revm with every program at one address, one after the other."""

    def __enter__(self):
        self.port = free_port()
        self.process = subprocess.Popen([ANVIL, "--hardfork", "istanbul", "--port", str(self.port), "--silent",
                                         "--gas-limit", "1000000000000000"],
                                        stdout=subprocess.DEVNULL)
        for _ in range(200):
            try:
                self.ask("eth_chainId")
                return self
            except OSError:
                time.sleep(0.05)
        raise SystemExit("anvil does not answer")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def ask(self, method, *params):
        if not hasattr(self, "http"):
            http_ = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            http_.connect()
            self.http = http_
        self.http.request("POST", "/", json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}),
                          {"Content-Type": "application/json"})
        answer = json.loads(self.http.getresponse().read())
        if "error" in answer:
            raise SystemExit("anvil: %s: %s" % (method, answer["error"]))
        return answer["result"]

    def least(self, to, data):
        call, least = {"from": CALLER, "to": to, "data": data, "gas": hex(10 ** 12)}, math.inf
        for _ in range(CALLS):
            start = time.perf_counter()
            self.ask("eth_call", call, "latest")
            least = min(least, time.perf_counter() - start)
        return least * 1e6

    def run(self, code, data, slot):
        self.ask("anvil_setCode", CONTRACT, "0x" + code)
        self.ask("anvil_setStorageAt", CONTRACT, slot, "0x" + "00" * 20 + "01" + "00" * 11)
        return self.least(CONTRACT, data) - self.least("0x30" + "00" * 19, data)


def read(folder, name):
    with open("%s/%s/%s" % (BENCH, folder, name)) as f:
        return f.read().strip().removeprefix("0x")


def cases():
    for folder in ("evm", "token"):
        for line in read(folder, "cases.txt").splitlines():
            name, code, data = (line.split() + [""])[:3]
            if name in CONVERSION:
                text = read(folder, data[1:]) if data[0] == "@" else "" if data == "-" else data
                yield name, read(folder, code), "0x" + text


def against_revm(ours):
    """Ratios to evmone's baseline, converted from anvil's."""
    ratios = {}
    print("\n%-40s %11s %11s %11s %9s %10s" % ("case, us", "ours", "no memo", "revm", "/ revm", "converted"))
    with Anvil() as peer:
        for name, code, data in cases():
            us = peer.run(code, data, TOKEN_PLACE)
            ratios[name] = ours[name][0] / us * CONVERSION[name]
            print("%-40s %11.2f %11.2f %11.2f %9.3f %10.3f" % (name, *ours[name], us, ours[name][0] / us,
                                                               ratios[name]), flush=True)
    return ratios


def against(ours):
    ratios = {}
    print("\n%-40s %11s %11s %11s %9s %9s" % ("case, us", "ours", "no memo", "peer", "ratio", "no memo"))
    for name, (with_memo, without, peer) in ours.items():
        ratios[name] = with_memo / peer
        print("%-40s %11.3f %11.3f %11.3f %9.3f %9.3f" % (name, with_memo, without, peer, with_memo / peer,
                                                          without / peer))
    return ratios


def keccak():
    """OpenSSL's time / ours, by ways and length."""
    out = subprocess.run([BUILT + "/bench/bench_crypto", "keccak"], text=True, stdout=subprocess.PIPE, check=True).stdout
    ns = {name: float(value) for name, value in (line.split("\t") for line in out.splitlines())}
    print("\nns per hash; ratio: OpenSSL's SHA3-256 through EVP / ours")
    ratio = {}
    for name, value in ns.items():
        if name.startswith("keccak256"):
            length, lanes = name.removeprefix("keccak256 ").split(", lanes ")
            ratio[lanes, length] = ns["openssl sha3-256 " + length] / value
            print("%5s bytes, %s lanes %9.1f   OpenSSL %9.1f   ratio %.2f"
                  % (length, lanes, value, ns["openssl sha3-256 " + length], ratio[lanes, length]))
    return ratio


def mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def main():
    peer = os.environ.get("PEER_EVM")
    specs = [OURS, OURS + ",memo=off"] + ([peer] if peer else [])
    ours = machines(*specs)
    print("gas, status and output as expected: %d cases" % len(ours))
    ratios = against(ours) if peer else against_revm(ours)
    marked = "" if peer else " (converted)"
    worst = max(ratios, key=ratios.get)
    programs = [v for k, v in ratios.items() if not k.startswith("synth/")]
    tokens = [v for k, v in ratios.items() if k in TOKENS]
    hashes = keccak()
    print()
    ok = [goal("worst case / evmone's baseline, %s%s" % (worst, marked), ratios[worst], most=1.2),
          goal("geometric mean of programs%s" % marked, mean(programs), most=0.9),
          goal("worst of token transfers%s" % marked, max(tokens), most=0.8)]
    ok += [goal("dependent chain of %s" % name[6:], ratios[name], most=0.5) for name in CHAINS if name in ratios]
    ok += [goal("Keccak of %s bytes, one lane, OpenSSL's / ours" % length, value, least=1.35)
           for (lanes, length), value in hashes.items() if lanes == "1"]
    return 0 if all(ok) else 1


if __name__ == "__main__":
    sys.exit(main())
