#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line as an operator meets it: before there is a state, with
faulty files, beside a running stack, and on damaged copies of a stopped one."""
import json
import os
import pty
import pwd
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import termios
import threading
import time

from case import Skip, case, run, same
from clients import next_nonce, sign
from stack import BIN, Stack, free_port, wait_for

GOOD_PASSWORD = "gw4tk9x2pmz7"
COMMANDS = ("up", "status", "init", "migrate", "account", "rpc", "check", "genesis", "audit", "export",
            "import", "contracts", "user", "explain", "credentials", "evm", "version")
PARTS = ("postgres", "noded", "jobsd", "gateway")


def fails(s, *args, says, status=1, stdin=None):
    """The command must fail and say so on standard error."""
    r = s.sekisho(*args, check=False, stdin=stdin)
    same(r.returncode, status, "%s: %s%s" % (" ".join(args), r.stdout, r.stderr))
    for text in (says,) if isinstance(says, str) else says:
        assert text in r.stderr, "%s: no %r in %r" % (" ".join(args), text, r.stderr)
    return r


# Before there is a state. -------------------------------------------------

@case
def without_arguments_there_is_help_and_status_2(s):
    r = s.sekisho(check=False)
    same((r.returncode, r.stdout), (2, ""))
    for name in COMMANDS:
        assert re.search(r"^  %s +\S" % name, r.stderr, re.M), name
    fails(s, "stauts", says='no command "stauts"; see sekisho --help', status=2)


@case
def wrong_usage_is_explained_before_the_usage(s):
    for args, why in ((("account", "bogus"), '"bogus" is none of: new, list, import'),
                      (("account",), "an argument is missing"), (("account", "import"), "import: an argument is missing"),
                      (("account", "new", "x"), 'new: "x" is one too many'), (("account", "new", "--x"), '"--x" is not one of its options'),
                      (("geo", "nix"), '"nix" is none of: build, lookup'), (("geo", "lookup"), "lookup: an argument is missing"),
                      (("node", "drop", "a"), '"drop" is none of: list, use'), (("node", "use", "a", "--json"), "--json goes with list"),
                      (("explain", "GET"), "METHOD and URL are needed"), (("explain", "--id", "x", "GET"), "--id stands without"),
                      (("explain", "GET", "/", "-H"), "-H needs a NAME:VALUE")):
        r = fails(s, *args, says=why, status=2)
        first, usage = r.stderr.splitlines()
        assert first.startswith("sekisho %s: " % args[0]) and usage.startswith("usage: sekisho " + args[0]), r.stderr


@case
def every_command_has_help(s):
    for name in COMMANDS:
        for args in ((name, "--help"), (name, "-h"), ("help", name)):
            r = s.sekisho(*args)
            assert r.stdout.startswith("usage: sekisho " + name), r.stdout
            assert len(r.stdout.splitlines()) >= 3 and r.stderr == "", r


@case
def without_a_state_every_command_says_what_makes_one(s):
    for args in (("status",), ("migrate",), ("rpc", "eth_chainId"), ("explain", "GET", "/"), ("check",), ("audit",), ("credentials", "wallet"),
                 ("account", "list"), ("user", "list", "wallet"), ("export", os.path.dirname(s.home) + "/x"),
                 ("import", "/dev/null")):
        fails(s, *args, says=("no state in " + s.home, "SEKISHO_HOME", "`sekisho up`"))
    same(os.listdir(os.path.dirname(s.home)), [], "left behind")


@case
def a_home_that_cannot_be_is_explained(s):
    def up(**env):
        r = subprocess.run([BIN + "/sekisho", "up"], env=dict(s.env, **env), text=True, capture_output=True, timeout=30)
        same(r.returncode, 1, r.stdout)
        return r.stderr
    assert "the folder above the state directory must be there" in up(SEKISHO_HOME=s.home + "/a/b")
    assert "only letters, digits" in up(SEKISHO_HOME="/tmp/a b")
    top = os.path.dirname(s.home)
    os.symlink(top, top + "/link")
    os.symlink("/nonexistent/x", top + "/nowhere")
    open(top + "/file", "w").close()
    for name, says in (("link", "is a symbolic link"), ("nowhere", "is a symbolic link"), ("file", "is not a folder")):
        assert says in up(SEKISHO_HOME=top + "/" + name), name
        os.unlink(top + "/" + name)
    if os.getuid() == 0:
        os.mkdir(top + "/closed", 0o700)
        assert top + "/closed has mode 700, closed to the users" in up(SEKISHO_HOME=top + "/closed/home")
        os.rmdir(top + "/closed")
    assert "SEKISHO_PORT=http is not a port" in up(SEKISHO_PORT="http")
    assert "are both 7777" in up(SEKISHO_PORT="7777", SEKISHO_RPC_PORT="7777")
    assert not os.path.exists(s.home)


@case
def a_port_in_use_makes_nothing(s):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", s.rpc_port))
        taken.listen()
        fails(s, "up", says="port %d is in use: set SEKISHO_RPC_PORT to another" % s.rpc_port)
    same(os.listdir(os.path.dirname(s.home)), [], "left behind")


@case
def a_start_that_cannot_write_leaves_nothing(s):
    """Files end at 64 KiB: the database cluster cannot be made."""
    r = subprocess.run(["sh", "-c", "ulimit -f 128; exec %s/sekisho init --dev" % BIN], env=s.env, text=True,
                       capture_output=True, timeout=60)
    same(r.returncode, 1, r.stdout)
    assert "initdb failed" in r.stderr, r.stderr
    same(os.listdir(os.path.dirname(s.home)), [], "left behind")


def fills_up_while_it_runs(small, disk):
    """The node stops rather than lose anything, and is back with the room."""
    small.start()
    with open(disk + "/fill", "wb", buffering=0) as f:
        try:
            for size in (1 << 20, 4096):
                while f.write(bytes(size)) == size:
                    pass
        except OSError:
            pass
    os.kill(small.pid("noded"), signal.SIGKILL)
    at = small.wait_line(r"^noded .*; the disk is full; starting it again", 30)
    os.unlink(disk + "/fill")
    small.wait_line(r"^noded +ready again", 30, start=at)
    a = small.credentials["accounts"][0]

    def send():
        try:
            return small.rpc("eth_sendRawTransaction", sign(small, a, to="0x" + "99" * 20, nonce=next_nonce(small, a)))
        except AssertionError as e:
            assert "503" in str(e), e  # the gateway has not found it again yet
            return None
    tx = wait_for("an acknowledgement", 20, send)
    wait_for("receipt", 20, lambda: small.rpc("eth_getTransactionReceipt", tx))
    same(small.stop(), 0)
    assert ": 0 findings" in small.sekisho("audit").stdout


@case
def a_full_disk_makes_nothing_and_room_helps(s):
    if os.getuid() != 0:
        raise Skip("only root can mount a small disk")
    disk = tempfile.mkdtemp(prefix="sekisho-small.", dir="/tmp")
    mount = ["mount", "-t", "tmpfs", "-o", "size=200m,mode=0755", "tmpfs", disk]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        os.rmdir(disk)
        raise Skip("no small disk may be mounted here")
    small = Stack(home=disk + "/home")
    try:
        fails(small, "init", "--dev", says=("MiB free on this disk, a new state needs", "make room"))
        same(os.listdir(disk), [], "left behind")
        subprocess.run(["mount", "-o", "remount,size=600m", disk], check=True)
        small.sekisho("init", "--dev")
        assert small.sekisho("check").stdout.endswith("good\n")
        fills_up_while_it_runs(small, disk)
    finally:
        small.stop()
        subprocess.run(["umount", disk], check=True)
        os.rmdir(disk)


@case
def ctrl_c_while_a_state_is_made_leaves_nothing(s):
    """A terminal sends it to the whole group, `kill` to one process."""
    for args, line, send, sig in ((("up",), "keys: ", os.killpg, signal.SIGINT),
                                  (("up",), "database cluster", os.killpg, signal.SIGINT),
                                  (("up",), "database cluster", os.kill, signal.SIGTERM),
                                  (("init", "--dev"), "database cluster", os.killpg, signal.SIGINT)):
        p = subprocess.Popen([BIN + "/sekisho", *args], env=s.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, start_new_session=True)
        while line not in (said := p.stdout.readline()):
            assert said != "", p.stderr.read()
        send(p.pid, sig)
        out, err = p.communicate(timeout=60)
        same(p.returncode, 1, out + err)
        same(err, "sekisho: stopped by signal %d (%s)\n" % (sig, signal.strsignal(sig)))
        assert "postgres" not in out, out
        same(os.listdir(os.path.dirname(s.home)), [], "left behind")


@case
def a_start_that_was_killed_is_in_nobodys_way(s):
    """Not even while the cluster that it had begun is still written to."""
    for pause in (0.02, 0.3):
        p = subprocess.Popen([BIN + "/sekisho", "init", "--dev"], env=s.env, stdout=subprocess.PIPE, text=True)
        while "database cluster" not in (line := p.stdout.readline()):
            assert line != "", "it left"
        time.sleep(pause)
        p.kill()
        p.wait()
        s.sekisho("init", "--dev")
        same(os.listdir(os.path.dirname(s.home)), ["home"])
        shutil.rmtree(s.home)


@case
def version_names_program_state_and_schema(s):
    out = s.sekisho("version").stdout
    for pattern in (r"^sekisho +\d+\.\d+\.\d+$", r"^state +sekisho-state \d+$", r"^schema +\d+$", r"^libpq +\d+$"):
        assert re.search(pattern, out, re.M), out
    same(s.sekisho("--version").stdout, out)


# Files. -------------------------------------------------------------------

@case
def init_makes_one_state_and_not_two(s):
    both = [subprocess.Popen([BIN + "/sekisho", "init", "--dev"], env=s.env, text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE) for _ in range(2)]
    said = [p.communicate(timeout=60)[1] for p in both]
    same(sorted(p.returncode for p in both), [0, 1], said)
    assert re.search(r"another start|holds a state already", "".join(said)), said
    same(os.listdir(os.path.dirname(s.home)), ["home"])
    assert "good" in s.sekisho("check").stdout
    with open(s.home + "/secrets/dev-credentials.json") as f:
        c = json.load(f)
    for surface in ("wallet", "rpc", "metrics"):
        same(s.sekisho("credentials", surface).stdout, "%s:%s\n" % (c[surface]["user"], c[surface]["password"]))
    fails(s, "credentials", "accounts", says='no surface "accounts"')
    fails(s, "credentials", "nosuch", says='no surface "nosuch"')
    fails(s, "init", "--dev", says="holds a state already")
    fails(s, "init", says=("sekisho init: say --dev", "usage: sekisho init --dev"), status=2)
    fails(s, "migrate", says=("it does not run; `sekisho up` starts it", s.home))


FAULTY = (
    ("node.conf", r"\Z", "nonsense = 1\n", r"node\.conf:\d+: unknown setting nonsense"),
    ("node.conf", r"\Z", "history\n", r"node\.conf:\d+: expected key = value"),
    ("node.conf", r"heartbeat = 10s", "heartbeat = ten", r'node\.conf:\d+: heartbeat: "ten" is not a duration'),
    ("node.conf", r"data_dir = .*\n", "", r"data_dir: not set"),
    ("jobs.conf", r"node = .*\n", "node =\n", r"jobs\.conf:2: node: is empty"),
    ("jobs.conf", r"\Z", "poll = 5 minutes\n", r'jobs\.conf:\d+: poll: "5 minutes" is not a duration'),
    ("gateway.conf", r"\Z", "sokket = 5\n", r'gateway\.conf:\d+: \[surface\] has no setting "sokket"'),
    ("gateway.conf", r"filters = (.*)basic", r"filters = \1basci", r'gateway\.conf:\d+: filters: "basci" is none of'),
    ("gateway.conf", r"\Z", "[surface x\n", r"gateway\.conf:\d+: a section line must end in \]"),
    ("gateway.conf", r"secrets/rpc\.users", "secrets/none.users", r"gateway\.conf:\d+: .*none\.users: No such file"),
    ("genesis.json", r'"gasLimit":"[^"]*"', '"gasLimit":"3e7"', r'gasLimit: "3e7" is not a number'),
    ("genesis.json", r'"gasLimit":"[^"]*"', '"gasLimit":"0x1388"', r"no transaction fits into a block"),
    ("genesis.json", r'"extraData":"[^"]*"', '"extraData":"0x00"', r"Clique needs 32 bytes of vanity"),
    ("genesis.json", r'"alloc":\{', '"alloc":{{', r"line 1, column \d+"),
    ("genesis.json", r'"period":1', '"period":"1s"', r'config\.clique\.period: "1s" is not a number'),
    ("genesis.json", r"\}\s*\Z", "", r"genesis\.json: .*line 1, column \d+"),
)


@case
def check_explains_faulty_files(s):
    base = os.path.dirname(s.home) + "/faulty"
    for i, (name, find, put, says) in enumerate(FAULTY):
        path = "%s/%d" % (base, i)
        os.makedirs(path)
        with open("%s/conf/%s" % (s.home, name)) as f:
            text, cnt = re.subn(find, put, f.read(), count=1)
        same(cnt, 1, "%s: %s" % (name, find))
        with open(path + "/" + name, "w") as f:
            f.write(text)
        r = s.sekisho("check", path + "/" + name, check=False)
        same(r.returncode, 1, r.stdout)
        assert re.search(r"^error: .*" + says, r.stdout, re.M), "%s: %s" % (says, r.stdout)
        assert r.stdout.endswith("not good\n"), r.stdout
        if name == "genesis.json":
            same(s.sekisho("genesis", path + "/" + name, check=False).returncode, 1)
    r = s.sekisho("check", s.home + "/conf/node.conf", base + "/0/node.conf", base + "/none.json", check=False)
    same(r.returncode, 1)
    same(len(re.findall(r"^error: ", r.stdout, re.M)), 2, r.stdout)
    assert "cannot be read: No such file" in r.stdout, r.stdout


@case
def check_warns_of_what_is_good_but_open(s):
    path = os.path.dirname(s.home) + "/trial/gateway.conf"
    os.makedirs(os.path.dirname(path))
    with open(s.home + "/conf/gateway.conf") as f:
        text, cnt = re.subn(r"(\[surface rpc\]\n)", r"\1shadow = basic\n", f.read(), count=1)
    same(cnt, 1)
    with open(path, "w") as f:
        f.write(text)
    r = s.sekisho("check", path)
    assert re.search(r"^warning: .*gateway\.conf:\d+: surface rpc is open: basic is in shadow", r.stdout, re.M), r.stdout
    assert r.stdout.endswith("good\n") and "error" not in r.stdout, r.stdout
    assert "is open" not in s.sekisho("check", s.home + "/conf/gateway.conf").stdout


@case
def without_standard_files_none_of_its_own_takes_their_place(s):
    path = os.path.dirname(s.home) + "/node.conf"
    with open(path, "w") as f:
        f.write("nonsense = 1\n")

    def sh(command):
        return subprocess.run(["sh", "-c", command], env=dict(s.env, PATH=BIN + ":" + os.environ["PATH"]), text=True,
                              capture_output=True, timeout=60)
    r = sh("exec sekisho check %s <&- 2>&-" % path)
    assert "error: noded: %s:1: unknown setting nonsense\n" % path in r.stdout, r.stdout
    r = sh("exec sekisho version >&-")
    same((r.returncode, r.stderr), (1, "sekisho: standard output: Bad file descriptor\n"))
    other = os.path.dirname(s.home) + "/other"
    r = sh("SEKISHO_HOME=%s sekisho init --dev <&- >&- 2>&-; SEKISHO_HOME=%s exec sekisho check" % (other, other))
    assert r.stdout.endswith("\ngood\n"), r.stdout + r.stderr
    shutil.rmtree(other)
    os.unlink(path)


@case
def genesis_prints_one_json_line_then_findings(s):
    r = s.sekisho("genesis", s.home + "/conf/genesis.json")
    doc = json.loads(r.stdout.splitlines()[0])
    same(sorted(doc), ["blockHash", "headerRlpLength", "stateRoot"])
    assert re.fullmatch(r"0x[0-9a-f]{64}", doc["blockHash"]) and re.fullmatch(r"0x[0-9a-f]{64}", doc["stateRoot"])
    for line in r.stdout.splitlines()[1:]:
        assert re.match(r"(note|warning): ", line), line
    assert "One signer: when it stops, the chain stops" in r.stdout
    fails(s, "genesis", s.home + "/none.json", says="No such file")


# Keys and users. ----------------------------------------------------------

STATE_TEST = """{"transfer" : {
 "env": {"currentCoinbase": "0x2a", "currentNumber": "0x01", "currentTimestamp": "0x01", "currentGasLimit": "0x0f4240",
  "currentDifficulty": "0x20"},
 "pre": {"0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b": {"balance": "0x0f4240", "nonce": "0x", "code": "", "storage": {}}},
 "transaction": {"data": [""], "gasLimit": ["0x5208"], "value": ["0x01"], "nonce": "0x", "to": "0x1000",
  "gasPrice": "0x0a", "sender": "0xa94f5374fce5edbc8e2a8697c15331677e6ebf0b"},
 "post": {"Berlin": [{"indexes": {"data": 0, "gas": 0, "value": 0}, "hash": "%s",
  "logs": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"}]}}}"""


@case
def evm_runs_a_program(s):
    r = s.sekisho("evm", "run", "--code", "345f5260205ff3", "--value", "7", "--trace")
    same(r.stdout.splitlines(), ["Result:   success", "Gas used: 15", "Output:   0x" + "0" * 63 + "7"])
    lines = [json.loads(line) for line in r.stderr.splitlines()]
    same([line["opName"] for line in lines[:-1]], ["CALLVALUE", "PUSH0", "MSTORE", "PUSH1", "PUSH0", "RETURN"])
    r = s.sekisho("evm", "run", "--code", "0x5f5ffd", "--gas", "0x100", check=False)
    same((r.returncode, r.stdout.splitlines()[0]), (1, "Result:   execution reverted"))
    r = s.sekisho("evm", "run", "--code", "5f", "--fork", "Paris", check=False)
    same((r.returncode, r.stdout.splitlines()[0]), (1, "Result:   invalid opcode"))
    fails(s, "evm", "run", "--code", "0x5", says="--code: not hex with an even number of digits")
    fails(s, "evm", "run", "--fork", "Atlantis", says='no rules are named "Atlantis"')
    fails(s, "evm", "run", "--gas", "much", says='--gas: "much" is no number')
    fails(s, "evm", "walk", says='"walk" is none of: statetest, blocktest, vmtest, txtest, run', status=2)


@case
def evm_judges_test_files(s):
    top = os.path.dirname(s.home) + "/tests"
    os.makedirs(top)
    good, bad = top + "/good.json", top + "/bad.json"
    with open(bad, "w") as f:
        f.write(STATE_TEST % ("0x" + "11" * 32))
    r = s.sekisho("evm", "statetest", bad, "--json", check=False)
    line, tally = r.stdout.splitlines()
    case_ = json.loads(line)
    same((r.returncode, tally), (1, "0 passed, 1 failed"))
    same((case_["name"], case_["pass"], case_["fork"], case_["error"]),
         ("transfer", False, "Berlin", "another state root"))
    with open(good, "w") as f:
        f.write(STATE_TEST % case_["stateRoot"])
    r = s.sekisho("evm", "statetest", good, "--trace")
    same(r.stdout, "1 passed, 0 failed\n")
    same(json.loads(r.stderr.splitlines()[-1]), {"stateRoot": case_["stateRoot"]})
    r = s.sekisho("evm", "statetest", good, bad, top + "/none.json", check=False)
    same((r.returncode, r.stdout.splitlines()[-1]), (1, "1 passed, 2 failed"))
    assert "none.json: No such file or directory" in r.stderr, r.stderr
    same(s.sekisho("evm", "statetest", good, bad, "--fork", "London").stdout, "0 passed, 0 failed\n")
    with open(bad, "w") as f:
        f.write('{"transfer": {\n "post": }}')
    fails(s, "evm", "statetest", bad, says="bad.json: line 2, column 10")
    with open(bad, "w") as f:
        f.write(STATE_TEST.replace("0x5208", "0x52g8") % case_["stateRoot"])
    fails(s, "evm", "statetest", bad, says='transfer: post: Berlin: 0: transaction: "52g8" is no hex')
    shutil.rmtree(top)


@case
def account_new_list_import(s):
    d = os.path.dirname(s.home) + "/keys"
    os.makedirs(d)
    at = ("--keystore", d, "--password-file", "-")
    address, path = s.sekisho("account", "new", *at, stdin="a pass phrase\n").stdout.split()
    same(oct(os.stat(path).st_mode & 0o777), "0o600")
    same(s.sekisho("account", "list", "--keystore", d).stdout, "%s %s\n" % (address, path))
    key = "%064x" % 0x1234567
    imported = s.sekisho("account", "import", "/dev/stdin", "--keystore", d, "--password-file",
                         secret_file(s, "pass"), stdin=key + "\n").stdout.split()[0]
    same(len(s.sekisho("account", "list", "--keystore", d).stdout.splitlines()), 2)
    # Again, as hex and as a key file: refused before a pass phrase is asked for.
    fails(s, "account", "import", "/dev/stdin", "--keystore", d, says=imported + " is there already", stdin=key)
    fails(s, "account", "import", path, *at, says=address + " is there already", stdin="a pass phrase\n")
    same(len(os.listdir(d)), 2)
    # A key file goes to another store with its pass phrase.
    other = os.path.dirname(s.home) + "/other"
    os.makedirs(other)
    fails(s, "account", "import", path, "--keystore", other, "--password-file", "-", stdin="another\n",
          says="could not decrypt key with given password")
    same(os.listdir(other), [])
    out = s.sekisho("account", "import", path, "--keystore", other, "--password-file", "-", stdin="a pass phrase\n")
    same(out.stdout.split()[0], address)


def secret_file(s, name, text="a pass phrase\n", mode=0o600):
    path = os.path.dirname(s.home) + "/" + name
    with open(path, "w") as f:
        f.write(text)
    os.chmod(path, mode)
    return path


@case
def account_refuses_bad_input(s):
    d = os.path.dirname(s.home) + "/keys"
    before = sorted(os.listdir(d))
    for text, says in (("{", "bad.json"), ('{"version": 3}', "bad.json"), ("[]", "holds no private key"),
                       ("", "holds no private key"), ("12" * 31, "holds no private key"), ("0x" + "zz" * 32, "holds no"),
                       ("00" * 32, ""), ("ff" * 32, ""), ("x" * 70000, "too long")):
        path = secret_file(s, "bad.json", text)
        fails(s, "account", "import", path, "--keystore", d, "--password-file", "-", stdin="pass\n", says=says)
    for text, says in (("", "no pass phrase"), ("\n", "is empty"), ("x" * 2000 + "\n", "above 1022 bytes")):
        fails(s, "account", "new", "--keystore", d, "--password-file", "-", stdin=text, says=says)
    fails(s, "account", "new", "--keystore", d, "--password-file", secret_file(s, "open", mode=0o644),
          says=("others can read it", "chmod 600"))
    fails(s, "account", "new", "--keystore", d + "/none", "--password-file", "-", stdin="pass\n", says="No such file")
    fails(s, "account", "import", d + "/none", "--keystore", d, says="No such file")
    fails(s, "account", "new", "--keystroe", d, says='"--keystroe" is not one of its options', status=2)
    same(sorted(os.listdir(d)), before)


@case
def user_add_passwd_list(s):
    def user(*args, stdin=GOOD_PASSWORD + "\n"):
        return s.sekisho("user", *args, "--password-file", "-", stdin=stdin)
    same(s.sekisho("user", "list", "wallet").stdout, "wallet\n")
    assert "SIGHUP" in user("add", "wallet", "ann").stdout
    same(s.sekisho("user", "list", "wallet").stdout, "wallet\nann\n")
    before = open(s.home + "/secrets/wallet.users").read()
    assert GOOD_PASSWORD not in before and "ann:scrypt$" in before
    user("passwd", "wallet", "ann", stdin=GOOD_PASSWORD + "Z\n")
    after = open(s.home + "/secrets/wallet.users").read()
    assert before != after and before.splitlines()[0] == after.splitlines()[0]
    same(oct(os.stat(s.home + "/secrets/wallet.users").st_mode & 0o777), "0o600")
    path = os.path.dirname(s.home) + "/new.users"
    user("add", "portal", "bob", "--file", path)
    same(s.sekisho("user", "list", "portal", "--file", path).stdout, "bob\n")


@case
def user_refuses_bad_names_and_passwords(s):
    before = open(s.home + "/secrets/wallet.users").read()
    good = GOOD_PASSWORD + "\n"
    for args, says, stdin in (
            (("add", "wallet", "ann"), "is there already; use passwd", good),
            (("passwd", "wallet", "nobody"), 'no user "nobody"', good),
            (("add", "wallet", "a:b"), "a user name has", good),
            (("add", "wallet", " a"), "a user name has", good),
            (("add", "wallet", "x" * 65), "a user name has", good),
            (("add", "wallet", ""), "a user name has", good),
            (("add", "nosuch", "ann"), 'no surface "nosuch"', good),
            (("add", "wallet", "new"), "12 to 128 bytes", "short\n"),
            (("add", "wallet", "new"), "12 to 128 bytes", "x1y2" * 33 + "\n"),
            (("add", "wallet", "new"), "the pass phrase is empty", "\n"),
            (("add", "wallet", "new"), "easy to guess", "password1234\n"),
            (("add", "wallet", "new"), "easy to guess", "P@ssw0rd2024!\n"),
            (("add", "wallet", "newcomer"), "easy to guess", "Newcomer2024\n"),
            (("passwd", "wallet", "ann"), "easy to guess", "qwertyuiop123\n")):
        fails(s, "user", *args, "--password-file", "-", says=says, stdin=stdin)
    for args, why in ((("drop", "wallet", "ann"), '"drop" is none of: add, passwd, list'),
                      (("add", "wallet"), "add: an argument is missing"), (("list", "wallet", "ann"), '"ann" is one too many'),
                      (("add", "../x", "ann"), '"../x" is no name of a surface')):
        fails(s, "user", *args, says=("sekisho user: ", why, "usage: sekisho user"), status=2)
    same(open(s.home + "/secrets/wallet.users").read(), before)


def read_tty(tty, seen):
    """What a child says; one that has ended is an error with its last words."""
    try:
        return os.read(tty, 1024)
    except OSError:
        raise AssertionError("ended with %r" % seen) from None


@case
def a_prompt_that_is_interrupted_leaves_an_echoing_terminal(s):
    for sig in (signal.SIGINT, signal.SIGTERM):
        pid, tty = pty.fork()
        if pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored by what a shell put in the background
            os.execve(BIN + "/sekisho", ["sekisho", "user", "add", "wallet", "tom"], s.env)
        seen = b""
        while b"password: " not in seen:
            seen += read_tty(tty, seen)
        wait_for("silent terminal", 5, lambda: not termios.tcgetattr(tty)[3] & termios.ECHO)
        if sig == signal.SIGINT:
            os.write(tty, b"\x03")
        else:
            os.kill(pid, sig)
        same(os.waitpid(pid, 0)[1], int(sig), "ended by")
        assert termios.tcgetattr(tty)[3] & termios.ECHO, "the terminal does not echo"
        os.close(tty)


@case
def a_prompt_asks_twice_without_echo(s):
    for second, status in ((GOOD_PASSWORD, 0), (GOOD_PASSWORD + "x", 1)):
        pid, tty = pty.fork()
        if pid == 0:
            os.execve(BIN + "/sekisho", ["sekisho", "user", "add", "wallet", "tty%d" % status], s.env)
        seen = b""
        for prompt, answer in ((b"password: ", GOOD_PASSWORD), (b"once more: ", second)):
            while prompt not in seen:
                seen += read_tty(tty, seen)
            wait_for("silent terminal", 5, lambda: not termios.tcgetattr(tty)[3] & termios.ECHO)
            os.write(tty, answer.encode() + b"\n")
        try:
            while True:
                more = os.read(tty, 1024)
                if not more:
                    break
                seen += more
        except OSError:
            pass  # the other end is closed
        same(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), status, seen)
        assert GOOD_PASSWORD.encode() not in seen, seen
        assert (b"differ" in seen) == (status == 1), seen
        os.close(tty)


# Beside a running stack. --------------------------------------------------

@case
def up_applies_the_schema_once(s):
    s.start()
    assert re.search(r"^  applying 0001_base$", s.text(), re.M), s.text()
    latest = re.search(r"^schema +(\d+)$", s.sekisho("version").stdout, re.M).group(1)
    same(s.sekisho("migrate").stdout, "schema %s\n" % latest)
    same(s.sekisho("migrate", "--dry-run").stdout, "schema %s is what this program knows\n" % latest)
    s.psql("insert into schema_migration (number, name, checksum) values (9999, '9999_future', 'x')")
    fails(s, "migrate", says=("the database has schema 9999", "run the newer program"))
    fails(s, "migrate", "--dry-run", says="run the newer program")
    s.psql("delete from schema_migration where number = 9999")
    kept = s.psql("select checksum from schema_migration where number = 1")
    s.psql("update schema_migration set checksum = 'x' where number = 1")
    fails(s, "migrate", says="0001_base was changed after it was applied")
    s.psql("update schema_migration set checksum = '%s' where number = 1" % kept)
    s.psql("create database fresh")
    conninfo = "host=%s/run/gw/pg user=sekisho_admin dbname=fresh" % s.home
    assert "applying 0001_base\n" in s.sekisho("migrate", "--database", conninfo).stdout
    assert "applying" not in s.sekisho("migrate", "--database", conninfo).stdout
    s.psql("drop database fresh")
    fails(s, "migrate", "--database", "host=/nonexistent", says="database: ")
    fails(s, "migrate", "--databse", "x", says="is not one of its options", status=2)


@case
def status_shows_every_field(s):
    wait_for("index at head", 10, lambda: (lambda d: d["indexed"] == d["head"])(
        json.loads(s.sekisho("status", "--json").stdout)))
    out = s.sekisho("status").stdout
    for pattern in (r"^state +%s$" % s.home, r"^postgres +running, pid \d+$", r"^noded +running, pid \d+$",
                    r"^jobsd +running, pid \d+$", r"^gateway +running, pid \d+$",
                    r"^head +block \d+, \d+ s old$", r"^pool +\d+ pending, \d+ queued$", r"^peers +\d+$",
                    r"^node +Sekisho/\S+", r"^database +PostgreSQL \d+\.\d+.*, schema \d+ of \d+, indexed to block \d+$"):
        assert re.search(pattern, out, re.M | re.I), "%s: %s" % (pattern, out)
    doc = json.loads(s.sekisho("status", "--json").stdout)
    same(sorted(doc), sorted(["state", "node", "database", "pids", "head", "headTime", "pending", "queued", "peers",
                              "client", "schema", "indexed"]))
    for part, pid in doc["pids"].items():
        same(pid, s.pid(part), part)
    assert abs(time.time() - doc["headTime"]) < 30, doc


@case
def rpc_calls_and_explains(s):
    same(s.sekisho("rpc", "eth_chainId").stdout, "0x7a69\n")
    block = json.loads(s.sekisho("rpc", "eth_getBlockByNumber", "0x0", "false").stdout)
    same(block["number"], "0x0")
    same(s.sekisho("rpc", "eth_getTransactionByHash", "0x" + "11" * 32).stdout, "null\n")
    same(s.sekisho("rpc", "--ipc=" + s.home + "/run/node.ipc", "net_version").stdout, "31337\n")
    fails(s, "rpc", "eth_nonsense", says="does not exist")
    fails(s, "rpc", "eth_getBalance", "nonsense", says="sekisho: ")
    fails(s, "rpc", "--ipc", s.home + "/none.ipc", "net_version", says=(s.home + "/none.ipc", "No such file"))
    fails(s, "rpc", "--icp", "x", "net_version", says="is not one of its options", status=2)
    r = subprocess.run([BIN + "/sekisho", "rpc", "web3_sha3", b"\xff\xfe"], env=s.env, capture_output=True, timeout=30)
    same((r.returncode, r.stdout), (1, b""))
    assert b"parameter 1 is not UTF-8" in r.stderr, r.stderr


def children(pid):
    out = []
    for name in os.listdir("/proc"):
        try:
            with open("/proc/%s/stat" % name) as f:
                ppid = int(f.read().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        if ppid == pid:
            out.append(int(name))
            out.extend(children(int(name)))
    return out


def users_of(pid):
    """The names behind real, effective, saved and file system ids."""
    with open("/proc/%d/status" % pid) as f:
        ids = re.search(r"^Uid:\s+(.*)$", f.read(), re.M).group(1).split()
    return {pwd.getpwuid(int(i)).pw_name for i in ids}


@case
def each_part_has_a_user_of_its_own(s):
    if os.getuid() != 0:
        raise Skip("an ordinary user has but one")
    for part, user in (("postgres", "sekisho-pg"), ("noded", "sekisho-node"), ("jobsd", "sekisho-jobs")):
        for pid in [s.pid(part)] + children(s.pid(part)):
            same(users_of(pid), {user}, "%s %d" % (part, pid))
    same(len(children(s.pid("noded"))), 1, "signers")
    got = [users_of(pid) for pid in children(s.pid("gateway"))]
    assert all(len(u) == 1 for u in got), got
    same({u for g in got for u in g}, {"sekisho-gw", "sekisho-keys"})
    same(got.count({"sekisho-keys"}), 1, "key processes")


@case
def a_new_user_comes_in_after_a_reload(s):
    auth = ("ann", GOOD_PASSWORD + "Z")
    os.kill(s.pid("gateway"), signal.SIGHUP)
    wait_for("ann comes in", 10, lambda: s.https("GET", "/", auth=auth).status == 200)
    same(s.https("GET", "/", auth=("ann", GOOD_PASSWORD)).status, 401)


@case
def a_stopped_database_is_503_in_time_and_comes_back(s):
    a = s.credentials["accounts"][2]
    to = "0x52908400098527886E0F7030069857D2E4169EE7"
    s.psql("insert into executable_contract (contract_address) values ('%s')" % to)
    doc = {"raw_tx_hex_list": [sign(s, a, to=to, value=1, nonce=next_nonce(s, a))]}
    pids = [s.pid("postgres")] + children(s.pid("postgres"))
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        t0 = time.monotonic()
        r = s.https("POST", "/v1/Eth/SendRawTransaction", doc)
        took = time.monotonic() - t0
        same(r.status, 503, r.body)
        assert took < 6, "%.1f s" % took
        assert int(r.headers["Retry-After"]) >= 0
        same(s.https("GET", "/v1/Eth/TransactionCount/" + a["address"]).status, 200)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    r = wait_for("the database back", 10, lambda: (lambda x: x if x.status == 200 else None)(
        s.https("POST", "/v1/Eth/SendRawTransaction", doc)))
    same(r.json["data"][0]["status"], 1, r.body)


class TlsDoor:
    """PostgreSQL's TLS on a port, in front of the cluster's socket. Whoever
    does not ask for TLS is sent away."""

    def __init__(self, s, cert, key):
        self.socket = s.home + "/run/gw/pg/.s.PGSQL.5432"
        self.ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.ctx.load_cert_chain(cert, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.sessions = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                conn = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn):
        inner = socket.socket(socket.AF_UNIX)
        try:
            if conn.recv(8, socket.MSG_WAITALL) != b"\0\0\0\x08\x04\xd2\x16\x2f":
                return
            conn.sendall(b"S")
            conn = self.ctx.wrap_socket(conn, server_side=True)
            first = conn.recv(65536)
            if not first:  # it did not like the certificate
                return
            self.sessions += 1
            inner.connect(self.socket)
            inner.sendall(first)
            back = threading.Thread(target=self._copy, args=(inner, conn), daemon=True)
            back.start()
            self._copy(conn, inner)
        except OSError:
            pass
        finally:
            inner.close()
            conn.close()

    @staticmethod
    def _copy(a, b):
        try:
            while True:
                data = a.recv(65536)
                if not data:
                    break
                b.sendall(data)
        except (OSError, ValueError):
            pass
        for end in (a, b):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def make_authority(folder):
    """An authority and a server of the name db.test signed by it."""
    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, capture_output=True)
    os.makedirs(folder)
    with open(folder + "/san", "w") as f:
        f.write("subjectAltName=DNS:db.test\n")
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority", "-days", "2")
    openssl("req", *new, "-keyout", "db.key", "-out", "db.csr", "-subj", "/CN=db.test")
    openssl("x509", "-req", "-in", "db.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-out", "db.pem", "-extfile", "san")


def follow_across_a_network(s, door, remote, top):
    """jobsd, below its filter, by name and address and with both authorities."""
    conf, log = s.home + "/conf/jobs.conf", s.home + "/log/jobsd.log"
    with open(conf) as f:
        old = f.read()

    def restart(text):
        with open(conf, "w") as f:
            f.write(text)
        os.kill(pid := s.pid("jobsd"), signal.SIGTERM)
        wait_for("another jobsd", 20, lambda: s.pid("jobsd") != pid)
        return s.pid("jobsd")

    def is_at_head():
        status = json.loads(s.sekisho("status", "--json").stdout)
        return status["indexed"] == status["head"]
    trust = remote + "sslrootcert=%s/pki/ca.pem " % top
    try:
        for text, says in ((trust + "host=db.test", None),
                           (remote.replace("hostaddr=127.0.0.1", "host=localhost") + "sslmode=require", None),
                           (trust + "host=other.test", "does not match host name"),
                           (remote + "host=db.test sslrootcert=%s/pki2/ca.pem" % top, "certificate verify failed")):
            before, begin = door.sessions, os.path.getsize(log)
            pid = restart(re.sub(r'database = ".*"', 'database = "%s"' % text, old))
            if says:
                wait_for(says, 20, lambda: says in open(log).read()[begin:])
                same(s.pid("jobsd"), pid, "it goes on trying")
            else:
                wait_for("a session for " + text, 20, lambda: door.sessions > before)
                wait_for("the head by " + text, 20, is_at_head)
                same(s.pid("jobsd"), pid, "it goes on")
    finally:
        restart(old)
    wait_for("the head from its socket", 20, is_at_head)


@case
def a_database_across_a_network_shows_its_certificate(s):
    top = os.path.dirname(s.home)
    make_authority(top + "/pki")
    make_authority(top + "/pki2")
    door = TlsDoor(s, top + "/pki/db.pem", top + "/pki/db.key")
    conf = s.home + "/conf/gateway.conf"
    with open(conf) as f:
        old = f.read()
    # The socket takes the admin for who runs these cases.
    admin = "address = 127.0.0.1\nport = %d\nuser = sekisho_admin\n" % door.port
    for name, pki in (("db-ca.pem", "pki"), ("other-ca.pem", "pki2")):
        shutil.copy("%s/%s/ca.pem" % (top, pki), s.home + "/run/gw/" + name)
        os.chmod(s.home + "/run/gw/" + name, 0o644)
    a = s.credentials["accounts"][2]
    remote = "hostaddr=127.0.0.1 port=%d user=sekisho_admin dbname=sekisho " % door.port
    ca = "sslrootcert=%s/pki/ca.pem " % top
    assert s.sekisho("migrate", "--database", remote + "host=db.test " + ca).stdout.startswith("schema ")
    fails(s, "migrate", "--database", remote + "host=other.test " + ca, says="does not match host name")
    fails(s, "migrate", "--database", remote + "host=db.test sslrootcert=/none.pem", says="/none.pem")
    assert s.sekisho("migrate", "--database", remote + "sslmode=require").stdout.startswith("schema ")

    def restart(text):
        with open(conf, "w") as f:
            f.write(old.replace("socket = pg\nuser = gw\n", text) if text else old)
        s.sekisho("check", conf)
        with open(s.home + "/log/gateway.log") as f:
            begin = len(f.read())
        pid = s.pid("gateway")
        os.kill(pid, signal.SIGTERM)
        # It is not ready as long as it has no database.
        wait_for("another gateway", 20, lambda: not os.path.exists("/proc/%d" % pid) and
                 s.http("GET", "/v1/health").status == 200)
        return begin

    def send():
        to = "0x52908400098527886E0F7030069857D2E4169EE7"
        return s.https("POST", "/v1/Eth/SendRawTransaction",
                       {"raw_tx_hex_list": [sign(s, a, to=to, value=1, nonce=next_nonce(s, a))]})
    try:
        for text, works, says in (
                ("host = db.test\nsslrootcert = db-ca.pem\n", True, None),
                ("host = other.test\nsslrootcert = db-ca.pem\n", False, "does not match host name"),
                ("host = db.test\nsslrootcert = other-ca.pem\n", False, "certificate verify failed"),
                ("sslmode = require\n", True, None)):
            before = door.sessions
            begin = restart(admin + text)
            if works:
                r = wait_for("the database", 10, lambda: (lambda x: x if x.status == 200 else None)(send()))
                same(r.json["data"][0]["status"], 1, r.body)
                assert door.sessions > before, text
            else:
                before = door.sessions
                same(send().status, 503, text)
                same(door.sessions, before, text)
                with open(s.home + "/log/gateway.log") as f:
                    log = f.read()[begin:]
                assert says in log, "%s: no %r in %s" % (text, says, log)
        follow_across_a_network(s, door, remote, top)
    finally:
        door.listener.close()
        restart(None)
    wait_for("its own database", 10, lambda: send().status == 200)


@case
def a_second_stack_runs_beside_it_and_votes_a_signer_in(s):
    """In a shell that has another database in its environment."""
    with Stack(env={"PGPORT": "5999", "PGHOSTADDR": "127.0.0.1", "PGSERVICE": "none", "PGOPTIONS": "-c none=1"}) as two:
        assert re.search(r"^database +PostgreSQL", two.sekisho("status").stdout, re.M)
        assert two.home != s.home and two.port != s.port
        a, b = (x.rpc("eth_getBlockByNumber", "0x0", False)["hash"] for x in (s, two))
        assert a != b, "two stacks, one chain"
        same(two.https("GET", "/", auth=(s.credentials["wallet"]["user"], s.credentials["wallet"]["password"])).status,
             401)
        one = json.loads(two.sekisho("rpc", "clique_getSigners").stdout)
        same(len(one), 1)
        new = "0x" + "5e" * 20
        two.sekisho("rpc", "clique_propose", new, "true")
        account = two.credentials["accounts"][0]
        two.rpc("eth_sendRawTransaction", sign(two, account, to="0x" + "99" * 20, nonce=next_nonce(two, account)))
        got = wait_for("two signers", 15, lambda: (lambda x: x if len(x) == 2 else None)(
            json.loads(two.sekisho("rpc", "clique_getSigners").stdout)))
        same({x.lower() for x in got}, {one[0].lower(), new})
        refused = two.http("POST", "/", {"jsonrpc": "2.0", "id": 1, "method": "clique_propose", "params": [new, False]})
        same(refused.json["error"]["code"], -32601)
    same(s.https("GET", "/").status, 200)


@case
def an_ordinary_user_starts_it_twice(s):
    if os.getuid() != 0:
        raise Skip("all cases here run as one")
    top = tempfile.mkdtemp(prefix="sekisho-user.", dir="/tmp")
    user = pwd.getpwnam("nobody")
    env = dict(s.env, SEKISHO_HOME=top + "/state/home", SEKISHO_PORT=str(free_port()),
               SEKISHO_RPC_PORT=str(free_port()))
    try:
        os.chmod(top, 0o755)
        shutil.copytree(BIN, top + "/bin")
        os.makedirs(top + "/state")
        os.chown(top + "/state", user.pw_uid, user.pw_gid)

        def as_user(*args, **more):
            return subprocess.run([top + "/bin/sekisho", *args], env=dict(env, **more), user=user.pw_uid,
                                  group=user.pw_gid, extra_groups=[], cwd="/", text=True, capture_output=True, timeout=60)
        low = as_user("up", SEKISHO_PORT="443")
        assert low.returncode == 1 and "port 443: Permission denied" in low.stderr, low
        foreign = as_user("up", SEKISHO_HOME=s.home)
        assert foreign.returncode == 1 and "belongs to root, and you are nobody" in foreign.stderr, foreign
        hashes = []
        for _ in range(2):
            with open(top + "/log", "w+") as log:
                proc = subprocess.Popen([top + "/bin/sekisho", "up"], env=env, user=user.pw_uid, group=user.pw_gid,
                                        extra_groups=[], cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log)
                try:
                    wait_for("the summary", 60, lambda: "\nstop " in open(top + "/log").read() or proc.poll())
                    assert proc.poll() is None, open(top + "/log").read()
                    same(users_of(proc.pid), {"nobody"})
                    for pid in children(proc.pid):
                        same(users_of(pid), {"nobody"})
                    hashes.append(as_user("rpc", "eth_getBlockByNumber", "0x0", "false").stdout)
                finally:
                    proc.send_signal(signal.SIGTERM)
                    same(proc.wait(60), 0)
        assert hashes[0] != "" and hashes[0] == hashes[1], hashes
        root = s.sekisho("status", check=False)
        same(root.returncode, 0, root.stderr)
        r = subprocess.run([BIN + "/sekisho", "status"], env=env, text=True, capture_output=True, timeout=30)
        assert r.returncode == 1 and "belongs to nobody, and you are root" in r.stderr, r
    finally:
        shutil.rmtree(top, ignore_errors=True)


# Damage. ------------------------------------------------------------------

class Copies:
    """Copies of a stopped node's folder, each damaged in one way. They lie
    beside the original: as root, the audit becomes the node's user."""

    def __init__(self, s):
        self.s, self.data, self.copy = s, s.home + "/node/data", s.home + "/node/copy"

    def take(self, name):
        """Keeps the folder as it is now."""
        subprocess.run(["cp", "-a", self.data, self.s.home + "/node/" + name], check=True)

    def audit(self, damage=lambda d: None, of="data", genesis=None):
        shutil.rmtree(self.copy, ignore_errors=True)
        subprocess.run(["cp", "-a", self.s.home + "/node/" + of, self.copy], check=True)
        damage(self.copy)
        own = self.s.home + "/conf/"
        with open(own + "node.conf") as f:
            text = f.read().replace(self.data + "\n", self.copy + "\n")
        if genesis:
            text = text.replace(own + "genesis.json", genesis)
        with open(own + "copy.conf", "w") as f:
            f.write(text)
        return self.s.sekisho("audit", "--conf", own + "copy.conf", check=False)

    def must_find(self, what, damage, *names, **more):
        r = self.audit(damage, **more)
        same(r.returncode, 1, what + ": " + r.stdout + r.stderr)
        for name in names:
            assert name in r.stdout + r.stderr, "%s: no %r in %s%s" % (what, name, r.stdout, r.stderr)


def flip(path, at):
    """One bit, at a byte or, of a float, at that share of the file."""
    def damage(d):
        with open(d + path, "r+b") as f:
            size = f.seek(0, os.SEEK_END)
            where = int(at * size) if isinstance(at, float) else at
            f.seek(where)
            byte = f.read(1)[0]
            f.seek(where)
            f.write(bytes([byte ^ 4]))
    return damage


def flip_in(path, needle):
    """One bit in the middle of each occurrence of some bytes."""
    def damage(d):
        with open(d + path, "r+b") as f:
            text = f.read()
            at, cnt = text.find(needle), 0
            while at >= 0:
                where = at + len(needle) // 2
                f.seek(where)
                f.write(bytes([text[where] ^ 4]))
                at, cnt = text.find(needle, at + 1), cnt + 1
            assert cnt > 0, "nothing to damage in " + path
    return damage


def cut(path, share, unit=1):
    """Leaves that share of the file, in whole units."""
    return lambda d: os.truncate(d + path, int(os.path.getsize(d + path) * share) // unit * unit)


@case
def stop_is_in_reverse_order_and_waits(s):
    """Last: the cases behind need a stopped stack, and one that was killed."""
    a = s.credentials["accounts"][4]
    n = next_nonce(s, a)
    raws = [sign(s, a, to="0x" + "99" * 20, value=9, nonce=n + i) for i in (0, 1, 2, 4, 5, 6)]
    # While up stands still it starts nothing again: the node's folder as a
    # crash leaves it, its last blocks in the log and not yet in the tables,
    # for the node is never idle before.
    s.proc.send_signal(signal.SIGSTOP)
    s.blocks = []
    for raw in raws[:3]:
        s.sent = s.rpc("eth_sendRawTransaction", raw)
        mined = wait_for("receipt", 20, lambda: s.rpc("eth_getTransactionReceipt", s.sent))
        s.blocks.append(s.rpc("eth_getBlockByNumber", mined["blockNumber"], False))
    try:
        for pid in children(s.pid("noded")) + [s.pid("noded")]:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)
        Copies(s).take("killed")
    finally:
        s.proc.send_signal(signal.SIGCONT)
    s.wait_line(r"noded\s+ready again", 30)
    for raw in raws[3:]:  # behind a gap: they wait in the pool's log
        s.rpc("eth_sendRawTransaction", raw)
    pids = [s.pid(p) for p in PARTS]
    pids += [c for p in pids for c in children(p)]
    at = len(s.lines)
    same(s.stop(signal.SIGTERM), 0)
    assert not [p for p in pids if os.path.exists("/proc/%d" % p)], "outlived it"
    order = [line.split()[0] for line in s.lines[at:] if re.search(r"^\w+\s+stopped$", line)]
    same(order, ["gateway", "jobsd", "noded", "postgres"])
    same([f for f in os.listdir(s.home + "/run") if f.endswith(".pid") and f != "kore.pid"], [])


@case
def audit_of_what_is_whole_finds_nothing(s):
    c = Copies(s)
    for of in ("data", "killed"):
        r = c.audit(of=of)
        same(r.returncode, 0, r.stdout + r.stderr)
        assert re.search(r"^audited blocks 0 to \d+ of .*: 0 findings$", r.stdout, re.M), r.stdout
    same(c.audit(lambda d: os.unlink(d + "/genesis.cache")).returncode, 0, "the cache is no data")


def raw_of(text):
    return bytes.fromhex(text[2:])


@case
def audit_finds_damage_of_the_block_log(s):
    """Of the part that the tables do not have yet; the rest is not read."""
    c, seg = Copies(s), "/log/00000001.seg"
    r = c.audit(of="killed")
    said = r.stdout + r.stderr
    head, in_log = (int(re.search(p, said).group(1)) for p in (r"blocks 0 to (\d+)", r"replayed blocks=(\d+)"))
    blocks = [b for b in s.blocks if int(b["number"], 16) > head - in_log]
    assert blocks, said
    for b in blocks:
        c.must_find("block " + b["number"], flip_in(seg, raw_of(b["stateRoot"])), seg, "it was acknowledged",
                    of="killed")
    c.must_find("cut", cut(seg, 0.99), seg, "it was acknowledged", of="killed")
    c.must_find("head", flip(seg, 5), "was acknowledged, the log ends at", of="killed")
    c.must_find("gone", lambda d: os.unlink(d + seg), "was acknowledged, the log ends at", of="killed")


@case
def audit_finds_damage_of_the_tables(s):
    c, mdb = Copies(s), "/db/data.mdb"
    block = s.blocks[-1]
    for what, needle in (("transaction", s.sent), ("block", block["stateRoot"]), ("canonical hash", block["hash"])):
        c.must_find(what, flip_in(mdb, raw_of(needle)), "/db: table ")
    c.must_find("cut", cut(mdb, 0.5, unit=4096), "data.mdb) is shorter than its tables")
    c.must_find("empty", cut(mdb, 0.0), "belongs to another store")


@case
def audit_finds_damage_of_the_pool_log(s):
    c = Copies(s)
    names = sorted(os.listdir(s.home + "/node/data/pool"))
    name = "/pool/" + names[-1]
    c.must_find("flip", flip(name, 80), "finding: pool: pool log: segment", "is damaged at byte")
    c.must_find("head", flip(name, 3), "finding: pool: pool log: segment", "not a segment")
    c.must_find("cut", cut(name, 0.0), "finding: pool: pool log: segment", "no head")
    c.must_find("gone", lambda d: [os.unlink(d + "/pool/" + n) for n in names], "finding: pool: its log is gone")
    c.must_find("folder gone", lambda d: shutil.rmtree(d + "/pool"), "finding: pool: its log is gone")


def node_alone(s, folder):
    """noded as its own user on another folder, without a key: what it said
    and how it ended."""
    data, conf = s.home + "/node/" + folder, s.home + "/conf/alone.conf"
    with open(s.home + "/conf/node.conf") as f:
        text = "".join(line for line in f if re.match(r"genesis|gas_limit", line))
    with open(conf, "w") as f:
        f.write("data_dir = %s\nipc_path = %s/node/alone.ipc\n%s" % (data, s.home, text))
    who = {}
    if os.getuid() == 0:
        user = pwd.getpwnam("sekisho-node")
        who = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        if not os.path.exists(data):
            os.mkdir(data, 0o700)
            os.chown(data, user.pw_uid, user.pw_gid)
    os.makedirs(data, exist_ok=True)
    p = subprocess.Popen([BIN + "/noded", "-c", conf], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True, cwd="/", **who)
    said = ""
    while (line := p.stdout.readline()) != "" and "serving" not in line:
        said += line
    p.send_signal(signal.SIGTERM)
    said += line + p.communicate(timeout=30)[0]
    return p.returncode, said


@case
def audit_of_a_first_start_that_was_killed_finds_nothing(s):
    """Nothing was acknowledged before the pool's log has its first file."""
    c = Copies(s)
    code, said = node_alone(s, "first")
    same(code, 0, said)
    pool = os.listdir(s.home + "/node/first/pool")
    assert len(pool) == 1, pool

    def stop_at_folder(d):
        os.unlink(d + "/pool/" + pool[0])
    for damage in (lambda d: None, stop_at_folder, lambda d: shutil.rmtree(d + "/pool")):
        r = c.audit(damage, of="first")
        same(r.returncode, 0, r.stdout + r.stderr)
        assert re.search(r"^audited blocks 0 to 0 of .*: 0 findings$", r.stdout, re.M), r.stdout


@case
def a_node_on_a_cut_data_file_says_what_is_wrong(s):
    c = Copies(s)
    # The two pages that tell where all others are stay.
    c.must_find("cut to its head", cut("/db/data.mdb", 8192 / os.path.getsize(c.data + "/db/data.mdb")),
                "data.mdb) is shorter than its tables")
    code, said = node_alone(s, "copy")
    assert code != 0 and "data.mdb) is shorter than its tables" in said.splitlines()[-1], "%d: %s" % (code, said)


@case
def audit_finds_another_genesis(s):
    c = Copies(s)
    with open(s.home + "/conf/genesis.json") as f:
        text = f.read()
    for name, new, says in (("other", re.sub(r'("balance":"0x84595161401484a00000)0"', r'\g<1>1"', text, count=1),
                             "the stored chain begins with genesis 0x"),
                            ("cut", text[:-20], "line 1, column")):
        assert new != text
        path = "%s/conf/%s.json" % (s.home, name)
        with open(path, "w") as f:
            f.write(new)
        c.must_find(name, lambda d: None, says, genesis=path)
    c.must_find("none", lambda d: None, "No such file", genesis=s.home + "/conf/nothing.json")


@case
def export_harms_no_file_when_it_fails(s):
    path = os.path.dirname(s.home) + "/chain.rlp"
    head = int(s.blocks[-1]["number"], 16)
    s.sekisho("export", path, "1", str(head))
    whole = open(path, "rb").read()
    assert len(whole) > 500
    for args in ((path, "0", "999999"), (path, "5", "4"), (path, "x"), (path, "--conf", s.home + "/none")):
        r = s.sekisho("export", *args, check=False)
        same(r.returncode, 1, r.stdout + r.stderr)
        same(open(path, "rb").read(), whole, args)
    fails(s, "export", os.path.dirname(path), says="is a folder")
    fails(s, "export", path, "--frist", says="is not one of its options", status=2)
    link = path + ".link"
    os.symlink(path, link)
    s.sekisho("export", link, "1", "1")
    assert os.path.islink(link) and whole.startswith(open(path, "rb").read()), "a link is written through"
    same([n for n in os.listdir(os.path.dirname(path)) if n.endswith(".part")], [])
    out = subprocess.run([BIN + "/sekisho", "export", "/dev/stdout", "1", str(head)], env=s.env, capture_output=True,
                         timeout=60)
    same(out.stdout, whole)
    if os.getuid() == 0:
        same(os.stat(path).st_uid, 0)


@case
def a_stopped_stack_is_told_so(s):
    r = s.sekisho("status", check=False)
    same(r.returncode, 1)
    for part in PARTS:
        assert re.search(r"^%s +not running$" % part, r.stdout, re.M), r.stdout
    fails(s, "rpc", "eth_chainId", says=(s.home + "/run/node.ipc", "no node runs here; `sekisho up` starts it"))
    fails(s, "migrate", says=("it does not run; `sekisho up` starts it", s.home))


@case
def a_reader_of_its_lines_that_leaves_does_not_end_it(s):
    """`sekisho up | tee log`: Ctrl-C ends tee, too."""
    p = subprocess.Popen([BIN + "/sekisho", "up", "--no-contracts"], env=s.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True)
    while not (line := p.stdout.readline()).startswith("stop "):
        assert line != "", "it left"
    pids = [s.pid(part) for part in PARTS]
    p.stdout.close()
    p.send_signal(signal.SIGINT)
    same(p.wait(60), 1, "not all was written")
    same([pid for pid in pids if os.path.exists("/proc/%d" % pid)], [], "outlived it")


@case
def a_part_that_cannot_start_ends_the_start(s):
    """Also on a state that has run before; what was started is stopped."""
    top = os.path.dirname(s.home) + "/broken"
    for part in ("noded", "jobsd", "gateway"):
        shutil.copytree(BIN, top)
        os.unlink(top + "/" + part)
        with open(top + "/" + part, "w") as f:
            f.write('#!/bin/sh\ncase "$*" in *" -t") exit 0;; esac\necho "%s: its disk is broken" >&2\nexit 3\n' % part)
        os.chmod(top + "/" + part, 0o755)
        r = subprocess.run([top + "/sekisho", "up"], env=s.env, text=True, capture_output=True, timeout=60)
        same(r.returncode, 1)
        assert "sekisho: %s left with status 3" % part in r.stderr, r.stderr
        started, stopped = (re.findall(r"^(\w+) +" + what, r.stdout, re.M) for what in ("ready after", "stopped$"))
        same(started, list(PARTS[:PARTS.index(part)]), r.stdout)
        same(stopped, started[::-1], r.stdout)
        same(r.stderr.count("its disk is broken"), 1, r.stderr)
        shutil.rmtree(top)


@case
def bad_configuration_is_named_before_anything_starts(s):
    for name, more, says in (("node.conf", "nonsense = 1\n", r"node\.conf:\d+: unknown setting nonsense"),
                             ("jobs.conf", None, r"error: cannot be read: No such file"),
                             ("gateway.conf", "sokket = 5\n", r'gateway\.conf:\d+: \[surface\] has no setting "sokket"'),
                             ("genesis.json", "}", r"error: .*genesis\.json")):
        path = s.home + "/conf/" + name
        shutil.copy2(path, path + ".good")
        try:
            if more is None:
                os.unlink(path)
            else:
                with open(path, "a") as f:
                    f.write(more)
            r = fails(s, "up", says="sekisho: nothing was started: conf/ is not good")
        finally:
            os.rename(path + ".good", path)
        assert re.search(says, r.stderr), r.stderr
        assert "ready after" not in r.stdout, r.stdout


@case
def a_cluster_of_another_version_is_refused(s):
    """Last: the state is another's."""
    with open(s.home + "/pg/PG_VERSION", "w") as f:
        f.write("99\n")
    fails(s, "up", says=("the database cluster is of PostgreSQL 99", "apt-get install postgresql-99"))


def main():
    s = Stack()
    os.chmod(os.path.dirname(s.home), 0o755)
    try:
        code = run(s)
        if code:
            print(s.text()[-4000:])
        return code
    finally:
        s.stop()
        shutil.rmtree(os.path.dirname(s.home), ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
