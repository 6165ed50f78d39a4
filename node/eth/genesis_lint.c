/* SPDX-License-Identifier: Apache-2.0
 *
 * What a genesis document says that cannot work, was probably not meant, or
 * surprises later. Each check looks at one subject and says what it sees in
 * numbers; none changes anything, and none is a rule of the protocol.
 */
#include "eth/genesis.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "eth/addr.h"

/* Gas of a plain transfer, and the least gas limit of a block. */
enum { TRANSFER_GAS = 21000, GAS_LIMIT_MIN = 5000 };

/* Fewer plain transfers a second than this are worth a warning. */
enum { TPS_LOW = 100 };

/* Zeros at the end of a hex balance that look typed and not computed. */
enum { ROUND_ZEROS_MIN = 12 };

/* Clique extra data: vanity, signers, seal (EIP-225). */
enum { VANITY = 32, SEAL = 65, EXTRA_FIXED = VANITY + SEAL };

/* Largest chain id that MetaMask takes: it computes v in a double. */
#define CHAIN_ID_WALLET_MAX UINT64_C(4503599627370476)

/* Findings kept and unknown keys shown: a document with more has one problem
 * above all. */
enum { FINDING_MAX = 64, TEXT_MAX = 480, UNKNOWN_SHOWN = 8 };

struct findings {
	struct {
		enum genesis_level level;
		char text[TEXT_MAX];
	} v[FINDING_MAX];
	size_t cnt;
};

static void say(struct findings *f, enum genesis_level level, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

static void
say(struct findings *f, enum genesis_level level, const char *fmt, ...)
{
	va_list ap;

	if (f->cnt == FINDING_MAX)
		return;
	f->v[f->cnt].level = level;
	va_start(ap, fmt);
	vsnprintf(f->v[f->cnt].text, TEXT_MAX, fmt, ap);
	va_end(ap);
	f->cnt++;
}

/* Digits in groups of three; 2^256 has 78 digits and 25 commas. */
enum { GROUPED_MAX = 78 + 25 + 1 };

struct grouped {
	char text[GROUPED_MAX];
};

static struct grouped
grouped_wide(const struct u256 *v)
{
	char dec[U256_DEC_MAX];
	size_t i, n = 0, len = u256_dec(dec, v);
	struct grouped g;

	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			g.text[n++] = ',';
		g.text[n++] = dec[i];
	}
	g.text[n] = '\0';
	return g;
}

static struct grouped
grouped(uint64_t v)
{
	struct u256 wide = u256_from_u64(v);

	return grouped_wide(&wide);
}

/* NUM is only good within the full expression that it stands in. */
#define NUM(v) (grouped(v).text)

/* ---- what is missing or ignored ---- */

static void
check_missing(struct findings *f, const struct genesis *g)
{
	if (g->remarks & GENESIS_NO_CONFIG)
		say(f, GENESIS_ERROR,
		    "There is no config object: no fork after Frontier and "
		    "no consensus engine would ever be active.");
	if (g->remarks & GENESIS_NO_GAS_LIMIT)
		say(f, GENESIS_WARN,
		    "gasLimit is missing; %s is taken. go-ethereum refuses "
		    "such a document.",
		    NUM(g->header.gas_limit));
	if (g->remarks & GENESIS_NO_DIFFICULTY)
		say(f, GENESIS_WARN,
		    "difficulty is missing; %s is taken. go-ethereum refuses "
		    "such a document.",
		    NUM(GENESIS_DIFFICULTY));
	if (g->remarks & GENESIS_NO_ALLOC)
		say(f, GENESIS_WARN,
		    "alloc is missing; go-ethereum refuses such a document.");
}

static void
check_ignored(struct findings *f, const struct genesis *g)
{
	size_t i, shown = g->unknown_cnt;

	if (shown > UNKNOWN_SHOWN)
		shown = UNKNOWN_SHOWN;
	for (i = 0; i < shown; i++)
		say(f, GENESIS_WARN,
		    "%s is not a key that this node knows; it has no effect. "
		    "Check its spelling.",
		    g->unknown_keys[i]);
	if (g->unknown_cnt > shown)
		say(f, GENESIS_WARN, "%s%zu more keys are unknown and ignored.",
		    g->unknown_cnt == GENESIS_UNKNOWN_MAX ? "At least " : "",
		    g->unknown_cnt - shown);
	if (g->remarks & GENESIS_HAS_EIP150_HASH)
		say(f, GENESIS_NOTE,
		    "config.eip150Hash has no effect: clients have ignored it "
		    "since it was needed once on a public network.");
}

/* ---- chain id, forks ---- */

static void
check_chain_id(struct findings *f, const struct genesis *g)
{
	uint64_t id = g->forks.chain_id;

	if (g->remarks & GENESIS_NO_CONFIG)
		return;
	if (id == 0)
		say(f, GENESIS_ERROR,
		    "config.chainId is %s: wallets cannot sign for chain 0, "
		    "and transactions would have no protection against "
		    "replay.",
		    g->remarks & GENESIS_NO_CHAIN_ID ? "missing" : "0");
	if (id > CHAIN_ID_WALLET_MAX)
		say(f, GENESIS_WARN,
		    "config.chainId is %s; browser wallets accept at most "
		    "%s, because they compute with it in floating point.",
		    NUM(id), NUM(CHAIN_ID_WALLET_MAX));
	if (g->forks.at[FORK_EIP155] == FORK_NEVER)
		say(f, GENESIS_WARN,
		    "config.eip155Block is missing: signatures that carry the "
		    "chain id are never accepted, so that transactions of "
		    "other chains can be replayed here.");
}

static bool
is_optional(enum fork f)
{
	return f == FORK_DAO || f == FORK_MUIR_GLACIER ||
	       f == FORK_ARROW_GLACIER || f == FORK_GRAY_GLACIER ||
	       f == FORK_PARIS || f == FORK_BPO1 || f == FORK_BPO2;
}

static void
say_order(struct findings *f, const struct fork_plan *p, enum fork before,
    enum fork after)
{
	if (p->at[before] == FORK_NEVER)
		say(f, GENESIS_ERROR,
		    "config.%s is given but config.%s before it is not: forks "
		    "build on each other, and go-ethereum refuses the gap.",
		    fork_key(after), fork_key(before));
	else
		say(f, GENESIS_ERROR,
		    "config.%s (%s) comes before config.%s (%s): forks build "
		    "on each other, and go-ethereum refuses this order.",
		    fork_key(after), NUM(p->at[after]), fork_key(before),
		    NUM(p->at[before]));
}

/* The rows from Homestead on must not fall, block forks and time forks each
 * among themselves; a time fork needs every block fork to be planned. */
static void
check_order(struct findings *f, const struct genesis *g)
{
	const struct fork_plan *p = &g->forks;
	enum fork before = FORK_FRONTIER;
	unsigned i;

	for (i = FORK_FRONTIER + 1; i < FORK_CNT; i++) {
		enum fork now = (enum fork)i;
		bool is_same = fork_is_time(before) == fork_is_time(now);

		if (is_optional(now))
			continue;
		if (p->at[now] != FORK_NEVER &&
		    (p->at[before] == FORK_NEVER ||
			(is_same && p->at[before] > p->at[now])))
			say_order(f, p, before, now);
		before = now;
	}
}

static void
check_evm(struct findings *f, const struct genesis *g)
{
	const struct fork_plan *p = &g->forks;
	enum fork first = fork_at(p, 0, g->header.time);
	enum fork evm = fork_evm_at(p, 0, g->header.time);

	if (p->evm_fork != FORK_FRONTIER && p->evm_fork <= first)
		say(f, GENESIS_NOTE,
		    "config.sekisho.evmFork (%s) has no effect: the chain "
		    "starts with the rules of %s anyway.",
		    fork_name(p->evm_fork), fork_name(first));
	if (p->evm_fork > first)
		say(f, GENESIS_NOTE,
		    "config.sekisho.evmFork runs contracts under %s from the "
		    "first block: other clients do not know this extension "
		    "and cannot follow the chain.",
		    fork_name(p->evm_fork));
	if (evm < FORK_SHANGHAI)
		say(f, GENESIS_NOTE,
		    "Contracts run under %s. Solidity since 0.8.20 emits PUSH0 "
		    "by default, which needs SHANGHAI: compile with a lower "
		    "evmVersion, or set config.sekisho.evmFork.",
		    fork_name(evm));
}

/* ---- fees ---- */

static void
check_fixed_fee(struct findings *f, const struct genesis *g)
{
	const struct fork_plan *p = &g->forks;

	if (!p->has_fixed_base_fee)
		return;
	say(f, GENESIS_NOTE,
	    "config.sekisho.fixedBaseFee keeps the base fee at %s wei: other "
	    "clients do not know this extension and refuse the second London "
	    "block.",
	    grouped_wide(&p->fixed_base_fee).text);
	if (p->at[FORK_LONDON] == FORK_NEVER)
		say(f, GENESIS_WARN,
		    "config.sekisho.fixedBaseFee has no effect: "
		    "config.londonBlock is missing, and blocks before London "
		    "have no base fee.");
	if (g->remarks & GENESIS_HAS_BASE_FEE &&
	    !u256_eq(&g->header.base_fee, &p->fixed_base_fee))
		say(f, GENESIS_ERROR,
		    "baseFeePerGas is %s wei but config.sekisho.fixedBaseFee "
		    "is %s: the first block would contradict every later one.",
		    grouped_wide(&g->header.base_fee).text,
		    grouped_wide(&p->fixed_base_fee).text);
}

static void
check_base_fee(struct findings *f, const struct genesis *g)
{
	bool has_london = g->forks.at[FORK_LONDON] != FORK_NEVER;

	check_fixed_fee(f, g);
	if (g->remarks & GENESIS_NULL_BASE_FEE)
		say(f, GENESIS_NOTE,
		    "baseFeePerGas is null, which means absent: %s",
		    has_london ? "a London block without a given fee starts at "
				 "1,000,000,000 wei, or at the fixed one."
			       : "right for a chain without London.");
	if (g->remarks & GENESIS_HAS_BASE_FEE &&
	    g->header.field_cnt == HEADER_FIELDS_LONDON &&
	    !fork_is_active(&g->forks, FORK_LONDON, 0, 0))
		say(f, GENESIS_WARN,
		    "baseFeePerGas is given although block 0 is before London: "
		    "the block hash covers it as go-ethereum's does, other "
		    "clients may compute another hash.");
	if (has_london && !g->forks.has_fixed_base_fee)
		say(f, GENESIS_NOTE,
		    "London is active from block %s: every transaction must "
		    "pay the base fee, which never falls below 7 wei, so that "
		    "a gas price of zero is refused. "
		    "config.sekisho.fixedBaseFee can keep it at 0.",
		    NUM(g->forks.at[FORK_LONDON]));
}

/* ---- capacity ---- */

static void
check_capacity(struct findings *f, const struct genesis *g)
{
	uint64_t limit = g->header.gas_limit, period = g->clique_period_s;
	uint64_t per_block = limit / TRANSFER_GAS, tps;

	if (limit < GAS_LIMIT_MIN || limit > INT64_MAX) {
		say(f, GENESIS_ERROR,
		    "gasLimit is %s; a block's gas limit must be between "
		    "5,000 and 9,223,372,036,854,775,807.",
		    NUM(limit));
		return;
	}
	if (per_block == 0)
		say(f, GENESIS_ERROR,
		    "gasLimit is %s, but one plain transfer takes 21,000 gas: "
		    "no transaction fits into a block.",
		    NUM(limit));
	if (g->engine != GENESIS_CLIQUE || period == 0 || per_block == 0)
		return;
	tps = per_block / period;
	say(f, tps < TPS_LOW ? GENESIS_WARN : GENESIS_NOTE,
	    "A gas limit of %s every %s s is at most %s plain transfers a "
	    "second (%s a block at 21,000 gas each); contract calls take "
	    "several times as much.",
	    NUM(limit), NUM(period), NUM(tps), NUM(per_block));
}

/* ---- Clique ---- */

static const struct addr *
signer(const struct genesis *g, size_t i, struct addr *room)
{
	memcpy(room->b, g->header.extra.ptr + VANITY + 20 * i, 20);
	return room;
}

static void
check_signers_differ(struct findings *f, const struct genesis *g, size_t cnt)
{
	char text[ADDR_TEXT_MAX];
	struct addr a, b;
	size_t i;

	for (i = 1; i < cnt; i++) {
		int order = memcmp(
		    signer(g, i - 1, &a)->b, signer(g, i, &b)->b, sizeof(a.b));

		if (order == 0) {
			say(f, GENESIS_ERROR,
			    "extraData lists the signer %s twice: it counts "
			    "once, so that there are fewer signers than the "
			    "list suggests.",
			    addr_text(text, &a));
			return;
		}
		if (order > 0) {
			say(f, GENESIS_WARN,
			    "The signers in extraData do not ascend: clients "
			    "take turns in ascending order, and some refuse "
			    "such a list. %s stands behind a larger address.",
			    addr_text(text, &b));
			return;
		}
	}
}

static void
check_fault_tolerance(struct findings *f, size_t cnt)
{
	size_t majority = cnt / 2 + 1, spare = cnt - majority;

	if (cnt == 1)
		say(f, GENESIS_WARN,
		    "One signer: when it stops, the chain stops. Three can "
		    "lose one.");
	else if (spare == 0)
		say(f, GENESIS_WARN,
		    "Two signers cannot survive the loss of one: a signer may "
		    "seal only one block in two, so that both are needed "
		    "(majority 2 of 2). Three signers can lose one.");
	else
		say(f, GENESIS_NOTE,
		    "%zu signers: %zu are needed to go on, so that %zu can "
		    "fail.%s",
		    cnt, majority, spare,
		    cnt % 2 == 0 ? " One signer fewer would tolerate as many "
				   "failures."
				 : "");
}

static void
check_extra(struct findings *f, const struct genesis *g)
{
	size_t len = g->header.extra.len;

	if (len < EXTRA_FIXED || (len - EXTRA_FIXED) % 20 != 0) {
		say(f, GENESIS_ERROR,
		    "extraData has %zu bytes; Clique needs 32 bytes of vanity, "
		    "20 for each signer and 65 zero bytes (97 + 20 n).",
		    len);
		return;
	}
	if (len == EXTRA_FIXED) {
		say(f, GENESIS_ERROR,
		    "extraData lists no signer: nobody may seal block 1.");
		return;
	}
	check_signers_differ(f, g, (len - EXTRA_FIXED) / 20);
	check_fault_tolerance(f, (len - EXTRA_FIXED) / 20);
}

static void
check_clique_forks(struct findings *f, const struct genesis *g)
{
	const struct fork_plan *p = &g->forks;
	unsigned i;

	for (i = FORK_SHANGHAI; i < FORK_CNT; i++)
		if (p->at[i] != FORK_NEVER) {
			say(f, GENESIS_ERROR,
			    "config.%s (%s) under Clique: this node and "
			    "go-ethereum refuse Clique headers of Shanghai and "
			    "later, so that the chain halts there. For newer "
			    "opcodes alone use "
			    "config.sekisho.evmFork.",
			    fork_key((enum fork)i), NUM(p->at[i]));
			return;
		}
	if (p->at[FORK_PARIS] != FORK_NEVER || g->remarks & GENESIS_HAS_TTD)
		say(f, GENESIS_WARN,
		    "config.%s under Clique asks other clients to hand over to "
		    "proof of stake, after which they stop sealing; this node "
		    "never does. Leave it out.",
		    g->remarks & GENESIS_HAS_TTD ? "terminalTotalDifficulty"
						 : "mergeNetsplitBlock");
}

static void
check_clique(struct findings *f, const struct genesis *g)
{
	if (g->engine != GENESIS_CLIQUE)
		return;
	check_extra(f, g);
	check_clique_forks(f, g);
	if (g->clique_period_s == 0)
		say(f, GENESIS_WARN,
		    "config.clique.period is 0: blocks are sealed only when "
		    "there are transactions, as fast as they come. This is "
		    "meant for one development node, not for a network.");
	if (g->remarks & GENESIS_ZERO_EPOCH)
		say(f, GENESIS_ERROR,
		    "config.clique.epoch is 0: go-ethereum reads that as "
		    "%s, other clients divide by it. Write the number that "
		    "you mean.",
		    NUM(GENESIS_CLIQUE_EPOCH));
}

static void
check_engine(struct findings *f, const struct genesis *g)
{
	if (g->engine == GENESIS_NO_ENGINE && !(g->remarks & GENESIS_NO_CONFIG))
		say(f, GENESIS_WARN,
		    "config names no consensus engine that this node seals "
		    "with (clique): it can only import such a chain.");
}

/* ---- allocation ---- */

struct supply {
	struct u256 sum;
	bool is_cut;
	size_t funded_cnt, tiny_cnt;
	const struct genesis_account *tiny;
};

/* is_typed tells whether balance is a few decimal digits followed by many
 * zeros in hex, as when a decimal number was written behind 0x; meant is then
 * the decimal reading. */
static bool
is_typed(
    struct u256 *meant, char lead[8], size_t *zeros, const struct u256 *balance)
{
	struct u256 ten = u256_from_u64(10), base = u256_from_u64(1), rest;
	char hex[U256_HEX_MAX];
	size_t len = u256_hex(hex, balance), end = len, i;

	while (end > 2 && hex[end - 1] == '0')
		end--;
	*zeros = len - end;
	if (end == 2 || end - 2 > 4 || *zeros < ROUND_ZEROS_MIN)
		return false;
	*meant = U256_ZERO;
	for (i = 2; i < end; i++) {
		if (hex[i] > '9')
			return false;
		u256_mul_u64(meant, meant, 10);
		rest = u256_from_u64((uint64_t)(hex[i] - '0'));
		u256_add(meant, meant, &rest);
	}
	for (i = 0; i < *zeros; i++)
		u256_mul(&base, &base, &ten);
	memcpy(lead, hex + 2, end - 2);
	lead[end - 2] = '\0';
	return !u256_mul(meant, meant, &base);
}

static struct grouped
coins(const struct u256 *wei)
{
	struct u256 unit = u256_from_u64(UINT64_C(1000000000000000000)), quot;

	u256_divmod(&quot, NULL, wei, &unit);
	return grouped_wide(&quot);
}

static void
check_typed(struct findings *f, const struct genesis_account *acc)
{
	char lead[8], addr[ADDR_TEXT_MAX], hex[U256_HEX_MAX];
	struct u256 meant;
	size_t zeros;

	if (!is_typed(&meant, lead, &zeros, &acc->balance))
		return;
	u256_hex(hex, &meant);
	say(f, GENESIS_WARN,
	    "alloc of %s looks like a unit mistake: 0x%s with %zu hex zeros "
	    "is %s coins of 10^18 wei. If %s with %zu decimal zeros was meant "
	    "(%s coins), write %s.",
	    addr_text(addr, &acc->addr), lead, zeros, coins(&acc->balance).text,
	    lead, zeros, coins(&meant).text, hex);
}

/* The first 65,536 addresses hold one wei each in many documents, which is a
 * habit and not a mistake. */
static bool
is_low(const struct addr *a)
{
	static const uint8_t zeros[18];

	return !memcmp(a->b, zeros, sizeof(zeros));
}

static void
add_account(struct supply *s, const struct genesis_account *acc)
{
	struct u256 pays = u256_from_u64(UINT64_C(1000000000) * TRANSFER_GAS);

	s->is_cut |= u256_add(&s->sum, &s->sum, &acc->balance);
	if (u256_is_zero(&acc->balance) || is_low(&acc->addr))
		return;
	s->funded_cnt++;
	if (!u256_lt(&acc->balance, &pays))
		return;
	if (s->tiny_cnt++ == 0)
		s->tiny = acc;
}

static void
check_tiny(struct findings *f, const struct supply *s)
{
	char addr[ADDR_TEXT_MAX];

	if (s->tiny_cnt == 0)
		return;
	say(f, GENESIS_WARN,
	    "%s account%s a balance too small to pay for one transfer at "
	    "1 gwei (%s: %s wei). Balances are in wei; one coin is 10^18.",
	    NUM(s->tiny_cnt), s->tiny_cnt == 1 ? " has" : "s have",
	    addr_text(addr, &s->tiny->addr),
	    grouped_wide(&s->tiny->balance).text);
}

static void
check_alloc(struct findings *f, const struct genesis *g)
{
	struct supply s = {.sum = U256_ZERO};
	size_t i, before, typed = 0;

	for (i = 0; i < g->account_cnt; i++) {
		add_account(&s, &g->accounts[i]);
		before = f->cnt;
		if (typed < UNKNOWN_SHOWN)
			check_typed(f, &g->accounts[i]);
		typed += f->cnt - before;
	}
	check_tiny(f, &s);
	if (s.is_cut)
		say(f, GENESIS_ERROR,
		    "The balances add up to more than 2^256 wei: the machine "
		    "computes in 256 bits, and the supply would wrap around.");
	if (s.funded_cnt == 0)
		say(f, GENESIS_WARN,
		    "No account holds coins (addresses below 0x10000 not "
		    "counted): only transactions with a gas price of zero can "
		    "ever be sent.");
}

/* ---- all of it ---- */

static unsigned
tell(const struct findings *f,
    void (*sink)(void *ctx, enum genesis_level lv, const char *text), void *ctx)
{
	static const enum genesis_level order[] = {
	    GENESIS_ERROR, GENESIS_WARN, GENESIS_NOTE};
	unsigned errors = 0;
	size_t i, k;

	for (k = 0; k < ARRAY_CNT(order); k++)
		for (i = 0; i < f->cnt; i++)
			if (f->v[i].level == order[k])
				sink(ctx, order[k], f->v[i].text);
	for (i = 0; i < f->cnt; i++)
		errors += f->v[i].level == GENESIS_ERROR;
	return errors;
}

unsigned
genesis_lint(const struct genesis *g,
    void (*say_to)(void *ctx, enum genesis_level lv, const char *text),
    void *ctx)
{
	static void (*const checks[])(
	    struct findings * f, const struct genesis *g) = {
	    check_missing,
	    check_chain_id,
	    check_order,
	    check_engine,
	    check_clique,
	    check_capacity,
	    check_base_fee,
	    check_alloc,
	    check_evm,
	    check_ignored,
	};
	struct findings f = {.cnt = 0};
	size_t i;

	for (i = 0; i < ARRAY_CNT(checks); i++)
		checks[i](&f, g);
	return tell(&f, say_to, ctx);
}
