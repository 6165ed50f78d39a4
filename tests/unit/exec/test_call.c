/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls without a transaction: what they refuse, what they cost.
 */
#include "exec/call.h"

#include "world.h"

enum { FROM = 1, TO = 2, CODE = 3 };

enum shape {
	PLAIN,
	CREATES,
	TO_CODE,
	TO_PRECOMPILE,
	TOO_MUCH_VALUE,
	TOO_MUCH_GAS,
	FEE_LOW,
	LOW_GAS,
	INIT_CODE,
	HUGE
};

static const struct {
	const char *name;
	enum shape shape;
	enum rc want;
	const char *text;
} refusals[] = {
    {"creation", CREATES, RC_EVM_NONE, "EVM not available: contract creation"},
    {"code", TO_CODE, RC_EVM_NONE,
	"EVM not available: call of code at "
	"0xaAbb000000000000000000000000000000000003"},
    {"precompile", TO_PRECOMPILE, RC_EVM_NONE,
	"EVM not available: call of a precompile at "
	"0x0000000000000000000000000000000000000001"},
    {"value above the balance", TOO_MUCH_VALUE, RC_TX_FUNDS,
	"insufficient funds for gas * price + value: address "
	"0xAAbB000000000000000000000000000000000001 have 1000000 want 1000001"},
    {"gas at the price given above the balance", TOO_MUCH_GAS, RC_TX_FUNDS,
	"insufficient funds for gas * price + value: address "
	"0xAAbB000000000000000000000000000000000001 have 1000000 want 1050000"},
    {"price below the base fee", FEE_LOW, RC_TX_FEE_LOW,
	"max fee per gas less than block base fee: address "
	"0xAAbB000000000000000000000000000000000001, maxFeePerGas: 2, "
	"baseFee: 3"},
    {"gas below intrinsic", LOW_GAS, RC_TX_INTRINSIC,
	"intrinsic gas too low: gas 20999, minimum needed 21000"},
    {"init code", INIT_CODE, RC_TX_INIT_CODE,
	"max initcode size exceeded: code size 49153, limit 49152"},
    {"cost above 2^256", HUGE, RC_TX_FUNDS,
	"insufficient funds for gas * price + value: the cost is above 2^256"},
};

static struct exec_call
call_of(enum shape shape)
{
	static uint8_t data[EXEC_INIT_CODE_MAX + 1];
	struct exec_call c = {
	    .from = world_addr(FROM), .to = world_addr(TO), .gas = 50000};

	switch (shape) {
	case PLAIN:
		break;
	case CREATES:
		c.is_create = true;
		c.gas = 60000;
		break;
	case TO_CODE:
		c.to = world_addr(CODE);
		break;
	case TO_PRECOMPILE:
		c.to = (struct addr){{0}};
		c.to.b[19] = 1;
		break;
	case TOO_MUCH_VALUE:
		c.value = u256_from_u64(1000001);
		break;
	case TOO_MUCH_GAS:
		c.has_gas_price = true;
		c.gas_price = u256_from_u64(21);
		break;
	case FEE_LOW:
		c.has_gas_price = true;
		c.gas_price = u256_from_u64(2);
		break;
	case LOW_GAS:
		c.gas = 20999;
		break;
	case INIT_CODE:
		c.is_create = true;
		c.data = bytes_of(data, sizeof(data));
		c.gas = 10000000;
		break;
	case HUGE:
		c.has_gas_price = true;
		memset(&c.gas_price, 0xff, sizeof(c.gas_price));
		break;
	}
	return c;
}

static void
open_world(struct world *w)
{
	world_open(w, FORK_SHANGHAI);
	w->env.block.base_fee = u256_from_u64(3);
	world_put(w, FROM, 1000000, 9);
	world_code(world_put(w, CODE, 0, 1), "00");
	world_start(w);
}

TEST(test_call_refused_says_why)
{
	struct exec_outcome out;
	struct world w;
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct exec_call c = call_of(refusals[i].shape);
		struct err e = {0};

		test_row(refusals[i].name);
		open_world(&w);
		EXPECT_RC(exec_call_run(&w.arena, &out, w.st, &w.env, &c, &e),
		    refusals[i].want);
		EXPECT_STR(e.text, refusals[i].text);
		world_close(&w);
	}
}

TEST(test_call_failed_read_is_the_error)
{
	struct exec_call c = call_of(TOO_MUCH_VALUE);
	struct exec_outcome out;
	struct world w;

	open_world(&w);
	w.fails = true;
	EXPECT_RC(exec_call_run(&w.arena, &out, w.st, &w.env, &c, NULL), RC_IO);
	world_close(&w);
}

/* Price zero needs no base fee, no nonce and no funds for gas. */
TEST(test_call_plain_succeeds_with_empty_output)
{
	struct exec_call c = call_of(PLAIN);
	struct exec_outcome out;
	struct world w;

	open_world(&w);
	c.from = world_addr(0x44); /* nobody */
	EXPECT_RC(exec_call_run(&w.arena, &out, w.st, &w.env, &c, NULL), RC_OK);
	EXPECT(out.is_success);
	EXPECT_U64(out.gas_used, 21000);
	EXPECT_U64(out.output.len, 0);
	world_close(&w);
}

/* Estimates. ----------------------------------------------------------- */

static const struct {
	const char *name;
	enum fork f;
	size_t data_len; /* of bytes that are not zero */
	uint64_t price, value, gas_max;
	enum rc want;
	uint64_t gas;
	const char *text;
} estimates[] = {
    {"transfer", FORK_LONDON, 0, 0, 5, 30000000, RC_OK, 21000, ""},
    {"with data", FORK_LONDON, 10, 0, 5, 30000000, RC_OK, 21160, ""},
    {"with data, floor", FORK_PRAGUE, 10, 0, 5, 30000000, RC_OK, 21400, ""},
    {"exactly the bound", FORK_LONDON, 0, 0, 5, 21000, RC_OK, 21000, ""},
    {"above the bound", FORK_LONDON, 0, 0, 5, 20999, RC_TX_GAS_LIMIT, 0,
	"gas required exceeds allowance (20999)"},
    {"exactly what the balance pays", FORK_LONDON, 0, 40, 160000, 30000000,
	RC_OK, 21000, ""},
    {"more than the balance pays", FORK_LONDON, 0, 40, 160001, 30000000,
	RC_TX_FUNDS, 0,
	"insufficient funds for gas * price + value: address "
	"0xAAbB000000000000000000000000000000000001 have 1000000 want 1000001"},
};

TEST(test_call_estimate_is_the_least_gas)
{
	uint8_t ones[16];
	struct world w;
	size_t i;

	memset(ones, 1, sizeof(ones));
	for (i = 0; i < sizeof(estimates) / sizeof(estimates[0]); i++) {
		struct exec_call c = call_of(PLAIN);
		struct exec_outcome out;
		uint64_t gas = 0;
		struct err e = {0};

		test_row(estimates[i].name);
		world_open(&w, estimates[i].f);
		world_put(&w, FROM, 1000000, 0);
		c.data = bytes_of(ones, estimates[i].data_len);
		c.value = u256_from_u64(estimates[i].value);
		c.has_gas_price = estimates[i].price > 0;
		c.gas_price = u256_from_u64(estimates[i].price);
		EXPECT_RC(exec_estimate(&w.arena, &gas, &w.src, &w.env, &c,
			      estimates[i].gas_max, &e),
		    estimates[i].want);
		EXPECT_U64(gas, estimates[i].gas);
		EXPECT_STR(e.text, estimates[i].text);
		if (gas > 0) {
			world_start(&w);
			c.gas = gas - 1;
			EXPECT(exec_call_run(&w.arena, &out, w.st, &w.env, &c,
				   NULL) != RC_OK);
		}
		world_close(&w);
	}
}

TEST(test_call_estimate_of_code_needs_the_machine)
{
	struct exec_call c = call_of(TO_CODE);
	struct world w;
	uint64_t gas;

	open_world(&w);
	EXPECT_RC(
	    exec_estimate(&w.arena, &gas, &w.src, &w.env, &c, 30000000, NULL),
	    RC_EVM_NONE);
	c = call_of(CREATES);
	EXPECT_RC(
	    exec_estimate(&w.arena, &gas, &w.src, &w.env, &c, 30000000, NULL),
	    RC_EVM_NONE);
	world_close(&w);
}
