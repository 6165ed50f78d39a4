# SPDX-License-Identifier: Apache-2.0
"""The index of the token contracts: a whole stack, a market on it that does
everything (index.mjs), and what the contracts themselves say of it.

The cases stand on each other's chain: each adds to it and leaves jobsd at its
head.
"""
import json
import os
import random
import signal
import subprocess
import sys
import time

from case import case, run, same
from clients import NODE, NPM, next_nonce, sign
from stack import ROOT, Stack, wait_for

SEED = int(os.environ.get("SEED") or 20261122)
ENTITIES = {
    "position": "token, account", "locked_position": "token, account, lock_address",
    "exchange_position": "token, account, exchange", "token_supply": "token", "token": "token",
    "token_attribute": "token, name", "exchange_order": "exchange, order_id",
    "agreement": "exchange, order_id, agreement_id", "transfer_request": "token, request_id",
    "personal_info": "contract, account, issuer", "payment_account": "contract, account, agent",
    "payment_agent": "contract, agent"}
STREAMS = ["transfer", "consumption", "event"]
WORLD = {}
# What a contract says of what nobody has set: the index has no row.
UNSET = {'""', "false", "0", '"0x0000000000000000000000000000000000000000"'}
# Getters whose value never changes and is told by nobody.
CONSTANT = {"decimals"}


def script(s, *args, seconds=300):
    env = dict(os.environ, NPM=NPM, RPC="http://127.0.0.1:%d/" % s.rpc_port,
               CONTRACTS=os.path.join(ROOT, "conf/contracts/strict"))
    r = subprocess.run([NODE, os.path.join(ROOT, "tests/e2e/index.mjs"), *map(str, args)], env=env, text=True,
                       input=json.dumps(WORLD), capture_output=True, timeout=seconds)
    if r.returncode != 0:
        raise AssertionError(r.stdout[-1000:] + r.stderr[-3000:])
    return json.loads(r.stdout)


def rows(s, sql):
    """The rows of a query as lists."""
    return json.loads(s.psql("select coalesce(json_agg(to_json(r)), '[]') from (%s) r" % sql))


def cursor(s):
    return int(s.psql("select coalesce((select number from cursor where name = 'index'), -1)"))


def indexed(s, block=None):
    """Waits until the index has a block, that of now without one."""
    block = s.height() if block is None else block
    wait_for("block %d in the index" % block, 60, lambda: cursor(s) >= block)
    return block


def platform(s):
    """In the place of those that the stack has deployed itself."""
    values = ", ".join("('strict', '%s', '%s', '%s', %d, sha256('%s'), '', 0, now())" % (
        name, address, address, i, name) for i, (name, address) in enumerate(WORLD["platform"].items()))
    s.psql("begin; delete from deployed_contract; insert into deployed_contract (profile, name, address, deployer, nonce, "
           "tx_hash, raw_tx, block_number, deployed_at) values %s; commit" % values)


# What the database says ---------------------------------------------------

def as_of(table, block):
    keys = ENTITIES[table]
    return "(select distinct on (%s) * from %s_history where block_number <= %d order by %s, block_number desc) x" % (
        keys, table, block, keys)


def text(column):
    return "'0x' || encode(%s, 'hex')" % column


def facts(s, block, is_history=True):
    """The state as of a block, or of now, as index.mjs tells it."""
    def of(table):
        return as_of(table, block) if is_history else table + " x"
    out = {}
    known = {r["t"] for r in rows(s, "select %s t from %s" % (text("token"), of("token")))}

    def put(key, value):
        if str(value) not in UNSET:
            out[key] = str(value)
    for r in rows(s, "select %s t, %s a, balance::text, pending::text, used::text from %s" % (
            text("token"), text("account"), of("position"))):
        for name in ("balance", "pending", "used"):
            put("%s %s %s" % (name, r["t"], r["a"]), r[name])
    for r in rows(s, "select %s t, %s a, sum(amount)::text v from %s group by 1, 2" % (
            text("token"), text("account"), of("locked_position"))):
        put("locked %s %s" % (r["t"], r["a"]), r["v"])
    for r in rows(s, "select %s t, %s a, balance::text, commitment::text from %s" % (
            text("token"), text("account"), of("exchange_position"))):
        put("free %s %s" % (r["t"], r["a"]), r["balance"])
        put("promised %s %s" % (r["t"], r["a"]), r["commitment"])
    for r in rows(s, "select %s t, total::text v from %s" % (text("token"), of("token_supply"))):
        put("supply %s" % r["t"], r["v"])
    for r in rows(s, "select %s t, name, value::text v from %s" % (text("token"), of("token_attribute"))):
        put("attribute %s %s" % (r["t"], r["name"]), r["v"])
    for r in rows(s, "select %s t, template, %s o from %s" % (text("token"), text("owner"), of("token"))):
        put("token %s" % r["t"], "%s %s" % (r["template"], r["o"]))
    for r in rows(s, "select %s t, request_id::text i, %s || ' ' || %s || ' ' || amount || ' ' || (status = 0) v from %s" % (
            text("token"), text("sender"), text("recipient"), of("transfer_request"))):
        put("request %s %s" % (r["t"], r["i"]), r["v"])
    for r in rows(s, "select %s e, order_id::text i, concat_ws(' ', %s, %s, remaining, price, is_buy::text, %s, "
                     "is_canceled::text) v from %s" % (text("exchange"), text("account"), text("token"), text("agent"),
                                                       of("exchange_order"))):
        put("order %s %s" % (r["e"], r["i"]), r["v"])
    for r in rows(s, "select %s e, order_id::text || ' ' || agreement_id i, concat_ws(' ', %s, %s, amount, price, status) v "
                     "from %s" % (text("exchange"), text("buyer"), text("seller"), of("agreement"))):
        put("agreement %s %s" % (r["e"], r["i"]), r["v"])
    for r in rows(s, "select %s a, status from %s" % (text("account"), of("payment_account"))):
        put("bank %s" % r["a"], r["status"])
    for r in rows(s, "select %s a, registered_block > 0 v from %s" % (text("account"), of("personal_info"))):
        put("info %s" % r["a"], str(r["v"]).lower())
    for r in rows(s, "select %s a, is_agent v from %s" % (text("agent"), of("payment_agent"))):
        put("agent %s" % r["a"], str(r["v"]).lower())
    return out, known


def is_about(fact, known):
    """Contracts tell of tokens that are not registered, too: the index does
    not, and has no orders for them."""
    tokens = {t["address"].lower() for t in WORLD["tokens"]}
    named = tokens & set(fact.split())
    return not named or named <= known


def compare(got, want, what):
    wrong = ["%s: index %s, contract %s" % (k, got.get(k), want.get(k))
             for k in sorted(set(got) | set(want)) if got.get(k) != want.get(k)]
    if wrong:
        raise AssertionError("%s: %d differ: %s" % (what, len(wrong), "; ".join(wrong[:8])))


def contracts_say(s, blocks):
    """{block: facts}; what nobody has set is left out."""
    said = script(s, "state", *blocks)
    out = {}
    for block, all_facts in said.items():
        out[int(block)] = {k: v for k, v in all_facts.items()
                           if v not in UNSET and k.split()[-1] not in CONSTANT}
    return out


def normal(v):
    """JSON of two writers, side by side."""
    try:
        v = json.loads(v)
        return v.lower() if isinstance(v, str) and v.startswith("0x") else v
    except ValueError:
        return v


def check(s, blocks):
    """The rows of each block are what its contracts say; which kinds of facts
    there were."""
    kinds = set()
    for block, want in contracts_say(s, blocks).items():
        got, _ = facts(s, block)
        _, known = facts(s, 0, False)
        want = {k: normal(v.replace("\\u0000", "\ufffd")) for k, v in want.items() if is_about(k + " " + v, known)}
        registered_later = {k for k in want if k.startswith("attribute") and k.endswith(" owner") and k not in got}
        compare({k: normal(v) for k, v in got.items()},
                {k: v for k, v in want.items() if k not in registered_later}, "block %d" % block)
        kinds |= {k.split()[0] for k in want}
    return kinds


def dump(s):
    """Every row of the index, as text."""
    out = {}
    for table in [*ENTITIES, *(t + "_history" for t in ENTITIES), *STREAMS]:
        out[table] = s.psql("select x::text from %s x order by 1" % table)
    return out


def same_dump(got, want, what):
    for table in want:
        if got[table] != want[table]:
            a, b = set(got[table].split("\n")), set(want[table].split("\n"))
            raise AssertionError("%s: %s: only here %s, only there %s" % (
                what, table, sorted(a - b)[:3], sorted(b - a)[:3]))


def rebuild(s):
    """All rows made again; the market must stand still."""
    head = s.height()
    s.psql("delete from cursor where name = 'index'")
    indexed(s, head)


def play(s, steps):
    WORLD["played"] = WORLD.get("played", 0) + 1
    r = script(s, "play", "%d/%d" % (SEED, WORLD["played"]), steps)
    if r["done"] < r["sent"] // 5:
        raise AssertionError("nearly all was refused: %r" % r)
    return r


# Cases ----------------------------------------------------------------------

@case
def rows_are_what_the_contracts_say_at_every_block(s):
    """Two tokens are registered before anything happens, two after."""
    first = s.height()
    script(s, "register", "IbetStraightBond", "IbetMembership")
    play(s, 150)
    script(s, "register", "IbetShare", "IbetCoupon")
    play(s, 150)
    script(s, "sure")
    last = indexed(s)
    pick = random.Random(SEED)
    blocks = sorted(pick.sample(range(first, last), min(6, last - first))) + [last]
    kinds = check(s, blocks)
    missing = {"balance", "pending", "used", "locked", "free", "promised", "request", "agreement", "order", "attribute",
               "supply", "token", "bank", "info", "agent"} - kinds
    same(missing, set(), "facts that were in none of the blocks %r" % blocks)


@case
def what_is_now_is_the_last_of_history(s):
    head = indexed(s)
    for table in ENTITIES:
        wrong = s.psql("select count(*) from ((select * from %s except select * from %s) union all "
                       "(select * from %s except select * from %s)) d" % (
                           table, as_of(table, head), as_of(table, head), table))
        same(wrong, "0", table)
    for row in rows(s, "select t.token::text k, total::text, (select sum(balance + pending + locked + used)::text from "
                       "position p where p.token = t.token) held from token_supply t"):
        same(row["held"], row["total"], "holders of " + row["k"])


@case
def making_it_anew_gives_the_same_rows(s):
    indexed(s)
    before = dump(s)
    rebuild(s)
    same_dump(dump(s), before, "made anew")


@case
def killed_at_any_point_it_leaves_no_gap_and_no_duplicate(s):
    pick = random.Random(SEED)
    for cycle in range(5):
        if cycle % 2 == 0:
            s.psql("delete from cursor where name = 'index'")
        else:
            play(s, 30)
        time.sleep(pick.random() * 0.6)  # where it is killed: anywhere
        old = s.pid("jobsd")
        os.kill(old, signal.SIGKILL)
        wait_for("jobsd again", 60, lambda: s.pid("jobsd") != old)
    indexed(s)
    got = dump(s)
    rebuild(s)
    same_dump(got, dump(s), "killed")


# The database after a block that the node does not have: hashes are others
# from there on, positions and attributes have moved, a token is registered.
BRANCH = """begin;
lock table cursor in access exclusive mode;
select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'jobsd';
update block set hash = sha256(hash) where number > %(last)d;
update cursor c set hash = b.hash from block b where b.number = c.number;
delete from position_history where block_number > %(last)d;
update position set balance = balance + 1, block_number = %(last)d + 1;
insert into position_history select * from position;
delete from token_attribute_history where block_number > %(last)d and name = 'memo';
update token_attribute set value = '"other"', block_number = %(last)d + 1 where name = 'memo';
insert into token_attribute_history select * from token_attribute where name = 'memo';
update transfer set amount = amount + 1 where block_number > %(last)d;
insert into token select substr(sha256(token), 1, 20), %(last)d + 1, list, owner, %(last)d + 1, 0, template from token;
insert into token_history select * from token where registered_block = %(last)d + 1;
insert into position select t.token, t.owner, %(last)d, 1, 0, 0, 0 from token t where registered_block = %(last)d + 1;
insert into position_history select p.* from position p join token t using (token)
    where registered_block = %(last)d + 1 and p.block_number = %(last)d;
commit"""


def one_more_block(s):
    """With nothing in it for the index."""
    a = s.credentials["accounts"][0]
    s.rpc("eth_sendRawTransaction", sign(s, a, to=a["address"], nonce=next_nonce(s, a), value=1))


def is_on_branch_of_node(s, last):
    head = s.psql("select encode(hash, 'hex') from block where number = %d" % (last + 1))
    return "0x" + head == s.rpc("eth_getBlockByNumber", hex(last + 1), False)["hash"]


@case
def another_branch_is_rolled_back(s):
    for depth in (1, 7, s.height() - 1):
        head = indexed(s)
        want = dump(s)
        s.psql(BRANCH % {"last": head - depth})
        one_more_block(s)
        wait_for("the node's branch", 60, lambda: is_on_branch_of_node(s, head - depth))
        indexed(s, head + 1)
        same_dump(dump(s), want, "branch of %d blocks" % depth)


class Prompt(Stack):
    """A stack whose chain has a block as soon as there is a transaction: the
    market makes hundreds, one behind the other."""

    def start(self, wait=True):
        def change(genesis):
            genesis["config"]["clique"]["period"] = 0
        self.init(change)
        super().start(wait)


def main():
    with Prompt() as s:
        WORLD.update(script(s, "deploy"))
        platform(s)
        return run(s)


if __name__ == "__main__":
    sys.exit(main())
