/* SPDX-License-Identifier: Apache-2.0
 *
 * The least gas of a call that runs code: what the search answers, and what
 * bounds it: the gas that may be spent, and the money for it.
 */
#include "exec/call.h"

#include "world.h"

enum { FROM = 1, CODE = 3 };

/* What the code that reverts gives back. */
static const uint8_t said[] = {0xab};

static const struct {
	const char *name, *code;
	uint64_t balance, price, value, gas_max;
	enum rc want;
	uint64_t gas;
	const char *text;
	size_t output_len;
} rows[] = {
    {"the least gas that reaches", "6001600055", 1000000, 0, 0, 1000000, RC_OK,
	43106, "", 0},
    {"the same, paid for", "6001600055", 1000000, 3, 0, 1000000, RC_OK, 43106,
	"", 0},
    {"no more may be spent", "6001600055", 1000000, 0, 0, 43106, RC_OK, 43106,
	"", 0},
    {"too little may be spent", "6001600055", 1000000, 0, 0, 43105,
	RC_TX_GAS_LIMIT, 0, "gas required exceeds allowance (43105)", 0},
    {"not even what a transaction costs", "6001600055", 1000000, 0, 0, 20999,
	RC_TX_GAS_LIMIT, 0, "gas required exceeds allowance (20999)", 0},
    {"as much as the money buys", "6001600055", 129318, 3, 0, 1000000, RC_OK,
	43106, "", 0},
    {"the money buys too little", "6001600055", 129317, 3, 0, 1000000,
	RC_TX_GAS_LIMIT, 0, "gas required exceeds allowance (43105)", 0},
    {"what is sent buys no gas", "6001600055", 1000000, 3, 900000, 1000000,
	RC_TX_GAS_LIMIT, 0, "gas required exceeds allowance (33333)", 0},
    {"no money for what is sent", "6001600055", 1000, 0, 1001, 1000000,
	RC_TX_FUNDS, 0,
	"insufficient funds for gas * price + value: address "
	"0xAAbB000000000000000000000000000000000001 have 1000 want 1001",
	0},
    {"a revert, with what it says", "60ab60005360016000fd", 1000000, 0, 0,
	1000000, RC_REVERT, 0, "execution reverted", 1},
    {"a halt", "fe", 1000000, 0, 0, 1000000, RC_EVM_INVALID, 0,
	"invalid opcode", 0},
    {"no gas is enough", "5b600056", 1000000, 0, 0, 100000, RC_TX_GAS_LIMIT, 0,
	"gas required exceeds allowance (100000)", 0},
};

static struct exec_call
call_of(uint64_t price, uint64_t value)
{
	return (struct exec_call){.from = world_addr(FROM),
	    .to = world_addr(CODE),
	    .value = u256_from_u64(value),
	    .has_gas_price = price > 0,
	    .gas_price = u256_from_u64(price)};
}

static void
open_world(struct world *w, uint64_t balance, const char *code)
{
	world_open(w, FORK_SHANGHAI);
	w->env.block.base_fee = u256_from_u64(3);
	world_put(w, FROM, balance, 9);
	world_code(world_put(w, CODE, 0, 1), code);
}

TEST(test_estimate_of_code_by_row)
{
	struct world w;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exec_call c = call_of(rows[i].price, rows[i].value);
		struct bytes output;
		struct err e = {0};
		uint64_t gas = 0;
		enum rc rc;

		test_row(rows[i].name);
		open_world(&w, rows[i].balance, rows[i].code);
		rc = exec_estimate(&w.arena, &gas, &output, &w.src, &w.env, &c,
		    rows[i].gas_max, &e);
		EXPECT_RC(rc, rows[i].want);
		EXPECT_STR(e.text, rows[i].text);
		EXPECT_BYTES(output, bytes_of(said, rows[i].output_len));
		if (rc == RC_OK)
			EXPECT_U64(gas, rows[i].gas);
		world_close(&w);
	}
	test_row(NULL);
	test_count(i);
}

/* What the state is made to be before each try. */
static void
enrich(void *ctx, struct state *st)
{
	const struct u256 *balance = ctx;
	struct addr from = world_addr(FROM);

	state_set_balance(st, &from, balance);
}

TEST(test_estimate_sees_what_the_state_is_made_to_be)
{
	struct u256 balance = u256_from_u64(129318);
	struct exec_call c = call_of(3, 0);
	struct bytes output;
	struct world w;
	uint64_t gas = 0;

	open_world(&w, 0, "6001600055");
	EXPECT_RC(exec_estimate(&w.arena, &gas, &output, &w.src, &w.env, &c,
		      1000000, NULL),
	    RC_TX_FUNDS);
	w.env.prepare = enrich;
	w.env.ctx = &balance;
	EXPECT_RC(exec_estimate(&w.arena, &gas, &output, &w.src, &w.env, &c,
		      1000000, NULL),
	    RC_OK);
	EXPECT_U64(gas, 43106);
	balance = (struct u256){{0, 0, 0, 1}}; /* buys more than 64 bits hold */
	EXPECT_RC(exec_estimate(&w.arena, &gas, &output, &w.src, &w.env, &c,
		      1000000, NULL),
	    RC_OK);
	EXPECT_U64(gas, 43106);
	world_close(&w);
}

TEST(test_estimate_over_a_state_that_cannot_be_read)
{
	struct exec_call c = call_of(3, 0);
	struct bytes output;
	struct world w;
	uint64_t gas = 0;

	open_world(&w, 1000000, "6001600055");
	w.fails = true;
	EXPECT_RC(exec_estimate(&w.arena, &gas, &output, &w.src, &w.env, &c,
		      1000000, NULL),
	    RC_IO);
	world_close(&w);
}
