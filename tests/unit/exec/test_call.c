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
	EXPECT_RC(out.rc, RC_OK);
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
		struct bytes output;
		uint64_t gas = 0;
		struct err e = {0};

		test_row(estimates[i].name);
		world_open(&w, estimates[i].f);
		world_put(&w, FROM, 1000000, 0);
		c.data = bytes_of(ones, estimates[i].data_len);
		c.value = u256_from_u64(estimates[i].value);
		c.has_gas_price = estimates[i].price > 0;
		c.gas_price = u256_from_u64(estimates[i].price);
		EXPECT_RC(exec_estimate(&w.arena, &gas, &output, &w.src, &w.env,
			      &c, estimates[i].gas_max, &e),
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

/* Code. ---------------------------------------------------------------- */

/* What a program is called with and gives; the caller's nonce is 9. */
static const struct {
	const char *name, *code, *input;
	bool is_create;
	uint64_t gas, price, value;
	enum rc rc;
	uint64_t used;
	const char *output;
} programs[] = {
    {"returns what it got", "365f5f37365ff3", "2a2b", false, 30000, 0, 0, RC_OK,
	21000 + 32 + 19, "2a2b"},
    {"revert keeps its reason", "60ab5f5260205ffd", "", false, 30000, 0, 0,
	RC_REVERT, 21000 + 16,
	"00000000000000000000000000000000000000000000000000000000000000ab"},
    {"a halt takes all gas", "fe", "", false, 30000, 0, 0, RC_EVM_INVALID,
	30000, ""},
    {"the price is shown", "3a5f5260205ff3", "", false, 30000, 3, 0, RC_OK,
	21000 + 15,
	"0000000000000000000000000000000000000000000000000000000000000003"},
    {"the value has moved", "475f5260205ff3", "", false, 30000, 0, 5, RC_OK,
	21000 + 18,
	"0000000000000000000000000000000000000000000000000000000000000005"},
    {"gas is paid before", "33315f5260205ff3", "", false, 30000, 3, 0, RC_OK,
	21000 + 115,
	"00000000000000000000000000000000000000000000000000000000000e9060"},
    {"creation gives the code", "", "60015f5360015ff3", true, 90000, 0, 0,
	RC_OK, 53000 + 8 * 16 + 2 + 16 + 200, "01"},
};

static struct exec_call
program_of(size_t i)
{
	struct exec_call c = call_of(PLAIN);

	c.to = world_addr(CODE);
	c.is_create = programs[i].is_create;
	c.gas = programs[i].gas;
	c.data = test_hex(programs[i].input);
	c.value = u256_from_u64(programs[i].value);
	c.has_gas_price = programs[i].price > 0;
	c.gas_price = c.tip = u256_from_u64(programs[i].price);
	return c;
}

static void
open_program(struct world *w, const char *code)
{
	world_open(w, FORK_SHANGHAI);
	world_put(w, FROM, 1044464, 9);
	world_code(world_put(w, CODE, 0, 1), code);
	world_start(w);
}

TEST(test_call_of_code_gives_output_gas_and_halt)
{
	struct exec_outcome out;
	struct world w;
	size_t i;

	for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		struct exec_call c = program_of(i);

		test_row(programs[i].name);
		open_program(&w, programs[i].code);
		EXPECT_RC(exec_call_run(&w.arena, &out, w.st, &w.env, &c, NULL),
		    RC_OK);
		EXPECT_RC(out.rc, programs[i].rc);
		EXPECT_U64(out.gas_used, programs[i].used);
		EXPECT_BYTES(out.output, test_hex(programs[i].output));
		world_close(&w);
	}
}

/* It reverts with less than 60,000 gas, so that what it uses is far below
 * what it needs. */
static const char greedy[] = "5a61ea6010600b575f5ffd5b00";

static const struct {
	const char *name, *code;
	uint64_t gas_max;
	enum rc want;
	const char *text, *output;
} searches[] = {
    {"more than it uses", greedy, 200000, RC_OK, "", ""},
    {"not within the bound", greedy, 70000, RC_REVERT, "execution reverted",
	""},
    {"never", "60ab5f5260205ffd", 200000, RC_REVERT, "execution reverted",
	"00000000000000000000000000000000000000000000000000000000000000ab"},
    {"out of gas", "5b5f56", 50000, RC_TX_GAS_LIMIT,
	"gas required exceeds allowance (50000)", ""},
    {"a halt is named", "fe", 50000, RC_EVM_INVALID, "invalid opcode", ""},
};

TEST(test_call_estimate_of_code_is_exact)
{
	struct exec_outcome out;
	struct world w;
	size_t i;

	for (i = 0; i < sizeof(searches) / sizeof(searches[0]); i++) {
		struct exec_call c = call_of(TO_CODE);
		struct err e = {0};
		struct bytes output;
		uint64_t gas = 0;

		test_row(searches[i].name);
		open_program(&w, searches[i].code);
		EXPECT_RC(exec_estimate(&w.arena, &gas, &output, &w.src, &w.env,
			      &c, searches[i].gas_max, &e),
		    searches[i].want);
		EXPECT_STR(e.text, searches[i].text);
		EXPECT_BYTES(output, test_hex(searches[i].output));
		for (c.gas = gas - 1; gas > 0 && c.gas <= gas; c.gas++) {
			struct state *st = state_new(&w.arena, &w.src);

			EXPECT_RC(
			    exec_call_run(&w.arena, &out, st, &w.env, &c, NULL),
			    RC_OK);
			EXPECT((out.rc == RC_OK) == (c.gas == gas));
		}
		world_close(&w);
	}
}
