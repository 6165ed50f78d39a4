#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Transfers end to end, in ratios: our stack and a peer in turn.

usage: e2e_bench.py [ROUNDS]

The load generator and its inputs are the public bench folder's (SEKISHO_BENCH,
else ../shared/bench). Each round runs the peer and us on fresh chains, one
second blocks, block gas limit 3e9, over the loopback port (ours through the
gateway, all of our processes counted): ether, then ERC-20 transfers of a token
that a transaction of the set-up deploys, these over HTTPS with a password as
well. Before that, what blocks of token transfers cost the node alone
(bench_token) and how much memory full blocks take (bench_memory). The last
lines are the ratios of the medians; a goal that is missed makes the exit
status 1.
"""
import base64
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../e2e"))
from stack import ROOT, Stack, children, free_port  # noqa: E402

BENCH = os.environ.get("SEKISHO_BENCH", ROOT + "/../shared/bench")
TOOLS = ROOT + "/build/bench-tools"
PEER = ROOT + "/build/npm-bench/node_modules/.bin/anvil"
PARTS = os.environ.get("SEKISHO_BIN", ROOT + "/build/release/bin") + "/../bench/"
CONNS, SENDERS, EACH = 4, 1000, int(os.environ.get("EACH", "100"))


def tools():
    os.makedirs(TOOLS, exist_ok=True)
    for name, libs in (("txgen", ["-lsecp256k1"]), ("rpcload", ["-lssl", "-lcrypto"]),
                       ("yardstick", ["-lsecp256k1", "-llmdb", "-lcrypto"])):
        if not os.path.exists("%s/%s" % (TOOLS, name)):
            subprocess.run(["gcc", "-O2", "-o", "%s/%s" % (TOOLS, name), "%s/tools/%s.c" % (BENCH, name), *libs],
                           check=True)


def inputs(top, kind):
    """A folder of transactions, and the accounts that a genesis must have."""
    out = "%s/%s" % (top, kind)
    subprocess.run([TOOLS + "/txgen", "--kind", kind, "--senders", str(SENDERS), "--per-sender", str(EACH),
                    "--out", out, "--token-init", BENCH + "/token/token.init.hex"],
                   check=True, stdout=subprocess.DEVNULL)
    with open(out + "/alloc.json") as f:
        alloc = json.load(f)
    return out, alloc


def bench_home(top, alloc, period=1):
    """A fresh state whose genesis funds the senders and allows large blocks."""
    home = "%s/home" % tempfile.mkdtemp(prefix="stack.", dir=top)
    os.chmod(os.path.dirname(home), 0o755)
    s = Stack(home=home)
    s.sekisho("init", "--dev")
    with open(home + "/conf/genesis.json") as f:
        genesis = json.load(f)
    genesis["gasLimit"] = hex(3 * 10 ** 9)
    genesis["config"]["clique"]["period"] = period
    genesis["alloc"].update(alloc)
    with open(home + "/conf/genesis.json", "w") as f:
        json.dump(genesis, f)
    with open(home + "/conf/node.conf", "a") as f:
        f.write("gas_limit = 3000000000\n")
    return s


def our_pids(s):
    """Everything that runs for us, the database as well."""
    with open(s.home + "/pg/postmaster.pid") as f:
        database = children(int(f.readline()))
    return [p for part in ("noded", "gateway", "jobsd") for p in s.processes(part)] + database


def memory(pid):
    """Resident bytes that are not mapped files, in MiB."""
    with open("/proc/%d/status" % pid) as f:
        rows = dict(line.split(":", 1) for line in f if ":" in line)
    return int(rows["RssAnon"].split()[0]) / 1024


def load(url, path, pids, conns, batch, extra=()):
    out = tempfile.NamedTemporaryFile(mode="r", suffix=".jsonl")
    r = subprocess.run([TOOLS + "/rpcload", "--url", url, "--conns", str(conns), "--batch", str(batch), "--pid",
                        ",".join(map(str, pids)), "--json", out.name, "--accounts", path + "/accounts.txt", *extra,
                        "tx", path + "/load.txt"], text=True, capture_output=True, timeout=300)
    if r.returncode != 0:
        raise AssertionError("rpcload: %s%s" % (r.stdout[-1500:], r.stderr[-500:]))
    row = json.loads(out.read().splitlines()[-1])
    row["us"] = row["server_cpu_s"] / row["mined"] * 1e6
    return row


def set_up(url, path):
    """Funds the senders; of the token's load also deploys it and gives them some."""
    subprocess.run([TOOLS + "/rpcload", "--url", url, "--conns", "1", "--batch", "100", "tx", path + "/setup.txt"],
                   check=True, stdout=subprocess.DEVNULL, timeout=100)


def run_peer(path, conns, batch):
    port = free_port()
    p = subprocess.Popen([PEER, "--port", str(port), "--block-time", "1", "--gas-limit", "3000000000", "--silent"],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        url = "http://127.0.0.1:%d/" % port
        time.sleep(1)
        pids = children(p.pid)
        set_up(url, path)
        row = load(url, path, pids, conns, batch)
        row["mib"] = max(memory(x) for x in pids)
        return row
    finally:
        p.send_signal(signal.SIGTERM)
        p.wait()


def run_ours(top, path, alloc, conns, batch, kind="eth", secure=False):
    """secure: over HTTPS with a password, else over the loopback port."""
    with bench_home(top, alloc) as s:
        time.sleep(1)
        rest = memory(s.pid("noded"))
        plain = "http://127.0.0.1:%d/" % s.rpc_port
        if kind == "erc20":
            set_up(plain, path)
        before = stages(s)
        if secure:
            row = load("https://localhost:%d/rpc" % s.port, path, our_pids(s), conns, batch, authorization(s))
        else:
            row = load(plain, path, our_pids(s), conns, batch)
        row["mib"], row["rest"] = memory(s.pid("noded")), rest
        row["worker"] = max(memory(p) for p in s.processes("gateway")[1:])
        row["stages"] = {k: v - before.get(k, 0) for k, v in stages(s).items()}
        return row


def authorization(s):
    c = s.credentials["rpc"]
    word = base64.b64encode(("%s:%s" % (c["user"], c["password"])).encode()).decode()
    return ("--header", "Authorization: Basic " + word)


def stages(s):
    """CPU seconds of each of our processes and of the node's threads."""
    out = {}
    tick = os.sysconf("SC_CLK_TCK")
    node = s.pid("noded")
    for pid in our_pids(s):
        for task in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/stat" % (pid, task)) as f:
                text = f.read()
            name = text[text.index("(") + 1:text.rindex(")")]
            fields = text[text.rindex(")") + 2:].split()
            key = ("noded." if pid == node else "") + name
            out[key] = out.get(key, 0) + (int(fields[11]) + int(fields[12])) / tick
    return out


def open_loop(top, path, alloc):
    """1,000 transactions a second over HTTPS with 5 s blocks: answer times."""
    with bench_home(top, alloc, period=5) as s:
        return load("https://localhost:%d/rpc" % s.port, path, our_pids(s), 8, 1,
                    ("--rate", "1000", "--max-count", "20000", *authorization(s)))


def start_time(top):
    """Start to first answer on a state of a million accounts."""
    alloc = {"0x%040x" % (0x1000000 + i * 7919): {"balance": "0x1"} for i in range(1000000)}
    s = bench_home(top, alloc)
    genesis = s.home + "/conf/node.conf"
    bin_dir = os.environ.get("SEKISHO_BIN", ROOT + "/build/release/bin")

    def once():
        t0 = time.monotonic()
        p = subprocess.Popen([bin_dir + "/noded", "-c", genesis], stderr=subprocess.DEVNULL)

        def first():
            return s.ipc('{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"}')[0]["result"]
        while True:
            try:
                first()
                break
            except OSError:
                if time.monotonic() - t0 > 300:
                    raise
                time.sleep(0.001)
        took = time.monotonic() - t0
        time.sleep(2)
        p.send_signal(signal.SIGTERM)
        p.wait(60)
        return took * 1000
    first = once()
    return first, statistics.median(once() for _ in range(5))


def recoveries():
    """Senders that one core recovers in a second, on this machine now."""
    out = subprocess.run([TOOLS + "/yardstick", "sender", "1"], text=True, capture_output=True, check=True).stdout
    print(out.strip(), flush=True)
    return float(out.split("median")[1].split()[0])


def med(rows, key):
    return statistics.median(r[key] for r in rows)


def goal(name, value, most=None, least=None, aim=None):
    ok = (most is None or value <= most) and (least is None or value >= least)
    bound = "at most %g" % most if most is not None else "at least %g" % least
    print("%-52s %8.3f   %s (aim %s)%s" % (name, value, bound, aim, "" if ok else "   MISSED"), flush=True)
    return ok


def show(number, kind, who, batch, row):
    print("round %d %-5s %-5s conns %d batch %-3d tps %7.0f  us/tx %6.1f  p50 %7.2f ms  p99 %7.2f ms  mib %.0f"
          % (number, kind, who, CONNS, batch, row["tps"], row["us"], row["ack_p50_ms"], row["ack_p99_ms"],
             row["mib"]), flush=True)
    total = SENDERS * EACH
    if "stages" in row:
        print("   us/tx by thread: " + ", ".join(
            "%s %.1f" % (k, v / total * 1e6) for k, v in
            sorted(row["stages"].items(), key=lambda x: -x[1]) if v / total * 1e6 >= 0.1), flush=True)


def one_round(number, top, loads, rows):
    """Everybody in turn, for each load and way of sending; rows gets what came of it."""
    for kind, (path, alloc) in loads.items():
        for batch in (1, 100):
            for who in ("peer", "ours", "https") if kind == "erc20" else ("peer", "ours"):
                row = (run_peer(path, CONNS, batch) if who == "peer" else
                       run_ours(top, path, alloc, CONNS, batch, kind, who == "https"))
                rows.setdefault((kind, who, batch), []).append(row)
                show(number, kind, who, batch, row)


def lines_of(program):
    """What a benchmark in C prints below its heading."""
    out = subprocess.run([PARTS + program], text=True, stdout=subprocess.PIPE, check=True).stdout
    return out.splitlines()[1:]


def block_memory():
    """The most memory that importing full blocks of any shape takes, in MiB."""
    most = 0
    for line in lines_of("bench_memory"):
        name, gas, resident, own = line.split("\t")
        print("blocks of %-20s gas %s: %4d MiB of its own, %4d MiB resident" %
              (name, gas, int(own) / 1024, int(resident) / 1024), flush=True)
        most = max(most, int(resident) / 1024)
    return most


def token_blocks():
    """What blocks of token transfers cost the node alone: by name and size, the least of the rounds in ms."""
    least = {}
    for line in lines_of("bench_token"):
        name, items, *_, spread = line.split("\t")
        least[name.strip(), int(items)] = float(spread.split()[1]) / 1000
    return least


def show_blocks(least, bound):
    """The share of each stage; bound: senders that one core recovers in a second."""
    stages_of = ("senders recovered", "execute", "changes", "state root", "transactions root", "receipts root",
                 "receipts packed", "stage", "commit", "tables")
    for size in (1000, 5000, 10000):
        total = sum(least[s, size] for s in stages_of)
        print("ERC-20 block of %5d: built and durable %6.1f ms (CPU %.1f), imported %6.1f ms; %.2f of recovering "
              "its senders; shares: %s" % (size, least["build, stage and commit", size], least["the same, CPU", size],
                              least["import, senders known", size],
                              least["build, stage and commit", size] / (size / bound * 1000),
                              ", ".join("%s %.0f %%" % (s, 100 * least[s, size] / total) for s in stages_of)),
              flush=True)


def main(rounds):
    tools()
    top = tempfile.mkdtemp(prefix="sekisho-bench.", dir="/tmp")
    os.chmod(top, 0o755)
    loads = {kind: inputs(top, kind) for kind in ("eth", "erc20")}
    rows, bounds = {}, [recoveries()]
    blocks = token_blocks()
    show_blocks(blocks, bounds[0])
    full = block_memory()
    for i in range(rounds):
        one_round(i + 1, top, loads, rows)
        bounds.append(recoveries())
    https = open_loop(top, *loads["eth"])
    first, again = start_time(top)
    ours, peer = rows[("eth", "ours", 1)], rows[("eth", "peer", 1)]
    ours_b, peer_b = rows[("eth", "ours", 100)], rows[("eth", "peer", 100)]
    bound = statistics.median(bounds)

    def token(who, batch):
        return med(rows[("erc20", who, batch)], "us") / med(rows[("erc20", "peer", batch)], "us")
    ok = [goal("CPU per transaction / peer's, one by one", med(ours, "us") / med(peer, "us"), most=0.7, aim=0.4),
          goal("CPU per transaction / peer's, batches of 100",
               med(ours_b, "us") / med(peer_b, "us"), most=0.7, aim=0.4),
          goal("CPU per ERC-20 transfer / peer's, one by one", token("ours", 1), most=0.7, aim=0.4),
          goal("CPU per ERC-20 transfer / peer's, batches of 100", token("ours", 100), most=0.7, aim=0.4),
          goal("the same over HTTPS / peer's without TLS", token("https", 100), most=0.7, aim=0.4),
          goal("block of 5,000 ERC-20 transfers until durable, ms", blocks["build, stage and commit", 5000],
               most=250, aim=100),
          goal("importing blocks of 30 M gas at 1 M accounts, MiB", full, most=300, aim=250),
          goal("TPS / peer's, batches of 100", med(ours_b, "tps") / med(peer_b, "tps"), least=1.2, aim=2.5),
          goal("TPS / what the cores' sender recovery allows",
               med(ours_b, "tps") / (os.cpu_count() * bound), least=0.25, aim=0.5),
          goal("CPU per transaction / one recovery, one by one", med(ours, "us") * bound / 1e6, most=4, aim=2),
          goal("HTTPS answer p99 at 1,000 TPS, 5 s blocks, ms", https["ack_p99_ms"], most=5, aim=2),
          goal("noded at rest, MiB", med(ours, "rest"), most=30, aim="-"),
          goal("noded after 100,000 / peer's memory", med(ours, "mib") / med(peer, "mib"), most=0.25, aim=0.1),
          goal("gateway worker, MiB", med(ours, "worker"), most=40, aim="-"),
          goal("start to first answer at 1 M accounts, ms", again, most=100, aim=25)]
    print("one by one over HTTPS / peer's without TLS: %.3f" % token("https", 1))
    print("first start with the million parsed and stored: %.0f ms" % first)
    shutil.rmtree(top, ignore_errors=True)
    return 0 if all(ok) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 3))
