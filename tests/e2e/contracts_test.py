#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The platform's contracts: put on the chain once, however often and whenever
that is broken off, and compared with what is there."""
import json
import os
import re
import subprocess
import sys
import tempfile

from case import case, run, same
from stack import BIN, ROOT, Stack, wait_for

STRICT = ["TokenList", "PersonalInfo", "PaymentGateway", "SecurityExchange", "MembershipExchange", "CouponExchange"]
LEGACY = ["TokenList", "PersonalInfo", "WhiteList", "IbetStraightBondExchange", "IbetMembershipExchange",
          "IbetCouponExchange"]
ADDRESS = r"0x[0-9a-fA-F]{40}"


def fails(s, *args, says, status=1):
    """The command must fail and say so on standard error."""
    r = s.sekisho(*args, check=False)
    same(r.returncode, status, "%s: %s%s" % (" ".join(args), r.stdout, r.stderr))
    for text in (says,) if isinstance(says, str) else says:
        assert text in r.stderr, "%s: no %r in %r" % (" ".join(args), text, r.stderr)
    return r


def sent_by(s, account, block="latest"):
    return int(s.rpc("eth_getTransactionCount", account["address"], block), 16)


def addresses(s, profile="strict"):
    """name -> address, as `list` tells."""
    text = s.sekisho("contracts", "list", "--profile", profile).stdout
    rows = re.findall(r"^%s (\w+) +(%s)  block \d+$" % (profile, ADDRESS), text, re.M)
    same(len(rows), len(text.splitlines()), text)
    return dict(rows)


def runtime(profile, name):
    with open("%s/conf/contracts/%s/%s.json" % (ROOT, profile, name)) as f:
        return json.load(f)["deployedBytecode"]


def expect_deployed(s, profile, names):
    """What the chain, the database and `verify` say of a profile."""
    there = addresses(s, profile)
    same(list(there), names)
    for name, address in there.items():
        same(s.rpc("eth_getCode", address, "latest"), runtime(profile, name), name)
        same(s.psql("select count(*) from executable_contract where contract_address = '%s'" % address), "1", name)
    r = s.sekisho("contracts", "verify", "--profile", profile)
    same(len(re.findall(r"^good ", r.stdout, re.M)), len(names), r.stdout)
    return there


def forget(s):
    """As if nothing had ever been deployed here; the chain keeps it."""
    s.psql("delete from deployed_contract")


# The first start. -----------------------------------------------------------

@case
def a_first_start_deploys_the_strict_profile(s):
    if s.text().count("  deployed ") != len(STRICT):
        raise AssertionError(s.text())
    there = expect_deployed(s, "strict", STRICT)
    same(sent_by(s, s.credentials["deployer"]), len(STRICT))
    same(sent_by(s, s.credentials["accounts"][0]), 0, "an account for everybody's use")
    same(s.rpc("eth_call", {"to": there["PaymentGateway"], "data": "0x8da5cb5b"}, "latest")[-40:],
         s.credentials["deployer"]["address"][2:].lower(), "owner()")


@case
def another_run_and_another_start_deploy_nothing(s):
    there = addresses(s)
    r = s.sekisho("contracts", "deploy")
    same(re.findall(r"^deployed (\w+) +(%s)  block \d+$" % ADDRESS, r.stdout, re.M), list(there.items()), r.stdout)
    same(len(r.stdout.splitlines()), len(STRICT), r.stdout)
    s.stop()
    s.start()
    assert "deployed" not in s.text(), s.text()
    same(sent_by(s, s.credentials["deployer"], "pending"), len(STRICT))
    expect_deployed(s, "strict", STRICT)


@case
def both_profiles_stand_beside_each_other(s):
    account = s.credentials["accounts"][9]
    s.sekisho("contracts", "deploy", "--profile", "legacy", "--from", account["address"])
    expect_deployed(s, "legacy", LEGACY)
    expect_deployed(s, "strict", STRICT)
    same(sent_by(s, account), len(LEGACY))
    same(len(s.sekisho("contracts", "verify").stdout.splitlines()), len(STRICT) + len(LEGACY))


# What is not as it must be. -------------------------------------------------

def set_address(s, name, address):
    s.psql("update deployed_contract set address = '%s' where name = '%s' and profile = 'strict'" % (address, name))


@case
def other_code_at_an_address_is_told(s):
    """No code, and that of the other profile's contract of the same name."""
    there, legacy = addresses(s), addresses(s, "legacy")
    s.psql("delete from deployed_contract where profile = 'legacy'")
    for address in (s.credentials["accounts"][0]["address"], legacy["TokenList"]):
        set_address(s, "TokenList", address)
        r = fails(s, "contracts", "verify", "--profile", "strict", says="1 of 6 contracts are not as they must be")
        assert re.search(r"^BAD  strict TokenList +%s  other code, or none" % address, r.stdout, re.M), r.stdout
        fails(s, "contracts", "deploy", says=("TokenList: the chain has other code, or none, at " + address))
    set_address(s, "TokenList", there["TokenList"])
    expect_deployed(s, "strict", STRICT)


@case
def a_contract_that_wallets_may_not_call_is_told(s):
    address = addresses(s)["CouponExchange"]
    s.psql("delete from executable_contract where contract_address = '%s'" % address)
    r = fails(s, "contracts", "verify", says="1 of ")
    assert re.search(r"^BAD  strict CouponExchange .*executable_contract", r.stdout, re.M), r.stdout
    s.psql("insert into executable_contract (contract_address) values ('%s')" % address)
    expect_deployed(s, "strict", STRICT)


@case
def a_number_that_was_used_otherwise_is_planned_anew(s):
    """Of PersonalInfo the database has a transaction that is in no block, but
    its number is used: it and the exchange that names it are made anew."""
    before = addresses(s)
    s.psql("update deployed_contract set block_number = null, deployed_at = null, tx_hash = '\\x%s' "
           "where name = 'PersonalInfo' and profile = 'strict'" % ("ab" * 32))
    r = fails(s, "contracts", "verify", "--profile", "strict", says="1 of 6")
    assert re.search(r"^BAD  strict PersonalInfo .*not deployed", r.stdout, re.M), r.stdout
    r = s.sekisho("contracts", "deploy")
    same(re.findall(r"^lost +(\w+)", r.stdout, re.M), ["PersonalInfo", "SecurityExchange"], r.stdout)
    after = expect_deployed(s, "strict", STRICT)
    same([n for n in STRICT if after[n] != before[n]], ["PersonalInfo", "SecurityExchange"])
    same(sent_by(s, s.credentials["deployer"]), len(STRICT) + 2)
    # The first one has the same code, but the exchange knows the second.
    set_address(s, "PersonalInfo", before["PersonalInfo"])
    r = fails(s, "contracts", "verify", "--profile", "strict", says="1 of 6")
    assert re.search(r"^BAD  strict SecurityExchange .*personalInfoAddress\(\) tells another", r.stdout, re.M), r.stdout
    set_address(s, "PersonalInfo", after["PersonalInfo"])


# Broken off. ----------------------------------------------------------------

def deploy_and_kill(s, account, lines):
    """Starts a deployment and kills it when it has printed so many lines."""
    p = subprocess.Popen([BIN + "/sekisho", "contracts", "deploy", "--from", account["address"]], env=s.env,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for _ in range(lines):
        if not p.stdout.readline():
            raise AssertionError("ended before line %d: %r" % (lines, p.wait(60)))
    p.kill()
    p.wait(60)
    p.stdout.close()
    # What it had asked the database for last may still be done there.
    wait_for("its session's end", 60, lambda: s.psql(
        "select count(*) from pg_stat_activity where application_name = 'sekisho'") == "0")


@case
def killed_at_any_line_the_next_run_goes_on(s):
    """A line for the plan, one for each that is sent, one for each seen."""
    for account, lines in zip(s.credentials["accounts"][1:], (0, 1, 2, 4, 7, 8, 10, 12)):
        forget(s)
        deploy_and_kill(s, account, lines)
        if s.psql("select count(*) from deployed_contract where block_number is null") != "0":
            fails(s, "contracts", "deploy", "--from", s.credentials["accounts"][0]["address"],
                  says="is on its way from " + account["address"])
        s.sekisho("contracts", "deploy", "--from", account["address"])
        expect_deployed(s, "strict", STRICT)
        same(sent_by(s, account, "pending"), len(STRICT), "killed after line %d" % lines)


@case
def a_node_that_dies_meanwhile_is_waited_for_by_another_run(s):
    forget(s)
    before = sent_by(s, s.credentials["deployer"])
    deploy_and_kill(s, s.credentials["deployer"], 1)
    pid = s.pid("noded")
    os.kill(pid, 9)
    wait_for("another node", 60, lambda: s.pid("noded") != pid and s.height() >= 0)
    s.sekisho("contracts", "deploy")
    expect_deployed(s, "strict", STRICT)
    same(sent_by(s, s.credentials["deployer"], "pending"), before + len(STRICT))


@case
def two_at_once_deploy_once(s):
    forget(s)
    account = s.credentials["deployer"]
    before = sent_by(s, account)
    both = [subprocess.Popen([BIN + "/sekisho", "contracts", "deploy"], env=s.env, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    said = [p.communicate(timeout=120)[0] for p in both]
    same([p.returncode for p in both], [0, 0], said)
    same(sent_by(s, account, "pending"), before + len(STRICT), said)
    expect_deployed(s, "strict", STRICT)


# Keys and faults. -----------------------------------------------------------

@case
def a_key_file_signs_with_its_pass_phrase(s):
    forget(s)
    with tempfile.TemporaryDirectory() as d:
        for name, text in (("pass", "a long pass phrase\n"), ("wrong", "another pass phrase\n")):
            with open(os.open(d + "/" + name, os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
                f.write(text)
        r = s.sekisho("account", "new", "--keystore", d, "--password-file", d + "/pass")
        address = r.stdout.split()[0]
        args = ("contracts", "deploy", "--from", address, "--keystore", d, "--password-file")
        fails(s, *args, d + "/wrong", says="could not decrypt key with given password")
        same(s.psql("select count(*) from deployed_contract"), "0")
        s.sekisho(*args, d + "/pass")
    expect_deployed(s, "strict", STRICT)
    same(sent_by(s, {"address": address}), len(STRICT))
    # What is stored needs no key to be looked at again.
    s.sekisho("contracts", "deploy")


@case
def wrong_usage_is_explained(s):
    for args, why in ((("contracts",), "an argument is missing"), (("contracts", "drop"), "is none of: deploy, verify, list"),
                      (("contracts", "deploy", "--profile", "standard"), '--profile is strict or legacy, not "standard"'),
                      (("contracts", "list", "--from", "0x0"), "go with deploy")):
        fails(s, *args, says=why, status=2)
    forget(s)
    same(s.sekisho("contracts", "list").stdout, "")
    fails(s, "contracts", "verify", says=("no contracts here", "sekisho contracts deploy"))
    fails(s, "contracts", "deploy", "--from", "0x12", says="--from 0x12: ")
    fails(s, "contracts", "deploy", "--from", "0x" + "12" * 20, says=("no key of 0x1212", "sekisho account import"))
    same(s.psql("select count(*) from deployed_contract"), "0")


@case
def without_a_node_it_is_said_what_starts_one(s):
    s.stop()
    for verb in ("deploy", "verify"):
        fails(s, "contracts", verb, says="no node runs here; `sekisho up` starts it")
    fails(s, "contracts", "list", says="`sekisho up` starts it")


class Another(Stack):
    """A stack on a chain whose genesis was changed before its first start."""

    def __init__(self, change, **kw):
        super().__init__(**kw)
        self.change = change

    def __enter__(self):
        os.chmod(os.path.dirname(self.home), 0o755)
        self.sekisho("init", "--dev")
        path = self.home + "/conf/genesis.json"
        with open(path) as f:
            genesis = json.load(f)
        self.change(genesis)
        with open(path, "w") as f:
            json.dump(genesis, f)
        return super().__enter__()


def end_with_byzantium(genesis):
    for name in ("constantinople", "petersburg", "istanbul", "muirGlacier", "berlin", "london"):
        del genesis["config"][name + "Block"]
    del genesis["config"]["sekisho"], genesis["baseFeePerGas"]


@case
def a_chain_with_old_rules_takes_the_legacy_profile_alone(_):
    with Another(end_with_byzantium) as s:
        says = ("the strict profile needs the rules of london or later", "--profile legacy runs from Byzantium on")
        fails(s, "contracts", "deploy", says=says)
        same(s.psql("select count(*) from deployed_contract"), "0")
        s.sekisho("contracts", "deploy", "--profile", "legacy")
        expect_deployed(s, "legacy", LEGACY)


def ask_for_a_fee(genesis):
    genesis["config"]["sekisho"]["fixedBaseFee"] = genesis["baseFeePerGas"] = "0x3b9aca00"


@case
def who_has_no_coins_is_told_so_and_another_may(_):
    """The stack comes up without contracts, and says why."""
    with Another(ask_for_a_fee, contracts=True) as s:
        assert re.search(r"^contracts not deployed: .*%s.* insufficient funds"
                         % s.credentials["deployer"]["address"], s.text(), re.M), s.text()
        fails(s, "contracts", "deploy", says="insufficient funds")
        same(s.psql("select count(*) from deployed_contract"), "0")
        s.sekisho("contracts", "deploy", "--from", s.credentials["accounts"][0]["address"])
        expect_deployed(s, "strict", STRICT)


if __name__ == "__main__":
    with Stack(contracts=True) as stack:
        sys.exit(run(stack))
