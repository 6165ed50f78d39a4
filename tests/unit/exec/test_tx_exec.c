/* SPDX-License-Identifier: Apache-2.0
 *
 * One transaction against accounts: refusals first, each leaving everything
 * as it was, then who pays what to whom under which fork.
 */
#include <stdio.h>

#include "world.h"

enum { FROM = 1, TO = 2, NOBODY = 3 };

/* Refusals. ---------------------------------------------------------- */

enum fault {
	NO_ACCOUNT,
	NONCE_LOW,
	NONCE_HIGH,
	POOR,
	POOR_BY_ONE,
	OVERFLOWING,
	BELOW_BASE_FEE,
	BLOCK_FULL,
	SENDER_HAS_CODE,
	LOW_GAS
};

static const struct {
	const char *name;
	enum fork f;
	enum fault fault;
	enum rc want;
	const char *text;
} refusals[] = {
    {"no such sender", FORK_LONDON, NO_ACCOUNT, RC_TX_FUNDS,
	"insufficient funds for gas * price + value: balance 0, tx cost 21100, "
	"overshot 21100"},
    {"nonce low", FORK_LONDON, NONCE_LOW, RC_TX_NONCE_LOW,
	"nonce too low: next nonce 5, tx nonce 4"},
    {"nonce high", FORK_LONDON, NONCE_HIGH, RC_TX_NONCE_HIGH,
	"nonce too high: next nonce 5, tx nonce 6"},
    {"funds", FORK_FRONTIER, POOR, RC_TX_FUNDS,
	"insufficient funds for gas * price + value: balance 100, tx cost "
	"21100, overshot 21000"},
    {"funds, by one", FORK_LONDON, POOR_BY_ONE, RC_TX_FUNDS,
	"insufficient funds for gas * price + value: balance 21099, tx cost "
	"21100, overshot 1"},
    {"funds, above 2^256", FORK_LONDON, OVERFLOWING, RC_TX_FUNDS,
	"insufficient funds for gas * price + value: tx cost is above 2^256"},
    {"fee, EIP-1559", FORK_LONDON, BELOW_BASE_FEE, RC_TX_FEE_LOW,
	"max fee per gas less than block base fee: address "
	"0xAAbB000000000000000000000000000000000001, maxFeePerGas: 1, "
	"baseFee: 2"},
    {"block full", FORK_LONDON, BLOCK_FULL, RC_TX_GAS_LIMIT,
	"exceeds block gas limit: gas 21000, the block has 20999 left"},
    {"sender has code, EIP-3607", FORK_LONDON, SENDER_HAS_CODE,
	RC_TX_SENDER_CODE,
	"sender not an eoa: address "
	"0xAAbB000000000000000000000000000000000001"},
    {"stateless rules hold here too", FORK_LONDON, LOW_GAS, RC_TX_INTRINSIC,
	"intrinsic gas too low: gas 20999, minimum needed 21000"},
};

static void
prepare(struct world *w, struct tx *tx, enum fault fault)
{
	struct world_account *from;

	from = world_put(w, FROM, 21100, 5);
	world_put(w, TO, 1, 0);
	*tx = world_tx(TO, 5, 100);
	switch (fault) {
	case NO_ACCOUNT:
		from->addr = world_addr(NOBODY);
		tx->nonce = 0;
		break;
	case NONCE_LOW:
		tx->nonce = 4;
		break;
	case NONCE_HIGH:
		tx->nonce = 6;
		break;
	case POOR:
		from->acc.balance = u256_from_u64(100);
		break;
	case POOR_BY_ONE:
		from->acc.balance = u256_from_u64(21099);
		break;
	case OVERFLOWING:
		memset(&tx->value, 0xff, sizeof(tx->value));
		break;
	case BELOW_BASE_FEE:
		w->env.block.base_fee = u256_from_u64(2);
		break;
	case BLOCK_FULL:
		w->gas_left = 20999;
		break;
	case SENDER_HAS_CODE:
		world_code(from, "6000");
		break;
	case LOW_GAS:
		tx->gas = 20999;
		break;
	}
}

TEST(test_tx_exec_refused_leaves_no_trace)
{
	struct state_diff diff;
	struct receipt r;
	struct err e;
	struct world w;
	struct tx tx;
	size_t i;

	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		uint64_t left;

		test_row(refusals[i].name);
		world_open(&w, refusals[i].f);
		prepare(&w, &tx, refusals[i].fault);
		world_start(&w);
		left = w.gas_left;
		EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), refusals[i].want);
		EXPECT_STR(e.text, refusals[i].text);
		EXPECT_U64(w.gas_left, left);
		EXPECT_U64(w.gas_used, 0);
		EXPECT_RC(state_diff_take(w.st, &diff, NULL), RC_OK);
		EXPECT_U64(diff.account_cnt, 0);
		world_close(&w);
	}
}

/* A disk that fails must not look like a sender without money. */
TEST(test_tx_exec_failed_read_is_the_error)
{
	struct receipt r;
	struct world w;
	struct err e;
	struct tx tx = world_tx(TO, 0, 0);

	world_open(&w, FORK_LONDON);
	w.fails = true;
	world_start(&w);
	EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_IO);
	EXPECT_STR(e.text, "the disk is gone");
	world_close(&w);
}

TEST(test_tx_exec_before_byzantium_without_root_hook_is_refused)
{
	struct receipt r;
	struct world w;
	struct err e;
	struct tx tx = world_tx(TO, 0, 0);

	world_open(&w, FORK_SPURIOUS);
	w.env.mid_root = NULL;
	world_put(&w, FROM, 100000, 0);
	world_start(&w);
	EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_UNSUPPORTED);
	EXPECT_U64(world_balance(&w, FROM), 100000);
	world_close(&w);
}

/* A delegation designator is code, but its owner may send (EIP-7702). */
TEST(test_tx_exec_delegating_sender_may_send_from_prague)
{
	static const char code[] =
	    "ef01000000000000000000000000000000000000000001";
	struct tx tx = world_tx(TO, 0, 7);
	struct world_account *from;
	struct receipt r;
	struct world w;
	struct err e;

	world_open(&w, FORK_CANCUN);
	from = world_put(&w, FROM, 100000, 0);
	world_code(from, code);
	world_start(&w);
	EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_TX_SENDER_CODE);
	world_close(&w);

	world_open(&w, FORK_PRAGUE);
	from = world_put(&w, FROM, 100000, 0);
	world_code(from, code);
	world_start(&w);
	EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_OK);
	EXPECT_U64(world_balance(&w, TO), 7);
	world_close(&w);
}

/* Payments. ---------------------------------------------------------- */

static const struct {
	const char *name;
	enum fork f;
	enum tx_type type;
	uint64_t base_fee, max_fee, max_tip, gas;
	uint64_t paid_per_gas, tip_per_gas;
} fees[] = {
    {"legacy", FORK_HOMESTEAD, TX_LEGACY, 0, 3, 3, 21000, 3, 3},
    {"gas left comes back", FORK_HOMESTEAD, TX_LEGACY, 0, 3, 3, 90000, 3, 3},
    {"price zero", FORK_HOMESTEAD, TX_LEGACY, 0, 0, 0, 21000, 0, 0},
    {"2930", FORK_BERLIN, TX_ACCESS_LIST, 0, 3, 3, 21000, 3, 3},
    {"legacy under a base fee: all above it is tip", FORK_LONDON, TX_LEGACY, 2,
	5, 5, 21000, 5, 3},
    {"1559: the tip as offered", FORK_LONDON, TX_DYNAMIC_FEE, 2, 9, 1, 50000, 3,
	1},
    {"1559: the tip is what the fee leaves", FORK_LONDON, TX_DYNAMIC_FEE, 8, 9,
	4, 21000, 9, 1},
    {"1559: all burnt", FORK_LONDON, TX_DYNAMIC_FEE, 9, 9, 4, 21000, 9, 0},
    {"fee zero under base fee zero", FORK_LONDON, TX_DYNAMIC_FEE, 0, 0, 0,
	21000, 0, 0},
};

TEST(test_tx_exec_fee_goes_to_author_and_fire)
{
	enum { HAD = 1000000, VALUE = 100 };
	struct receipt r;
	struct world w;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(fees) / sizeof(fees[0]); i++) {
		struct tx tx = world_tx(TO, 0, VALUE);
		uint64_t cost = 21000 * fees[i].paid_per_gas;

		test_row(fees[i].name);
		world_open(&w, fees[i].f);
		w.env.block.base_fee = u256_from_u64(fees[i].base_fee);
		world_put(&w, FROM, HAD, 0);
		world_start(&w);
		tx.type = fees[i].type;
		tx.has_chain_id = tx.type != TX_LEGACY;
		tx.chain_id = 1;
		tx.gas = fees[i].gas;
		tx.max_fee = u256_from_u64(fees[i].max_fee);
		tx.max_tip = u256_from_u64(fees[i].max_tip);
		EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_OK);
		EXPECT_U64(world_balance(&w, FROM), HAD - VALUE - cost);
		EXPECT_U64(world_balance(&w, TO), VALUE);
		EXPECT_U64(
		    world_author_balance(&w), 21000 * fees[i].tip_per_gas);
		EXPECT_U64(r.gas_used, 21000);
		EXPECT_U64(r.effective_price.w[0], fees[i].paid_per_gas);
		EXPECT(r.type == fees[i].type);
		EXPECT_U64(w.gas_left, 30000000 - 21000);
		world_close(&w);
	}
}

/* EIP-7623: paid even when nothing runs. */
TEST(test_tx_exec_floor_gas_is_charged)
{
	uint8_t ones[100];
	struct tx tx = world_tx(TO, 0, 0);
	struct receipt r;
	struct world w;
	struct err e;

	world_open(&w, FORK_PRAGUE);
	world_put(&w, FROM, 1000000, 0);
	world_start(&w);
	memset(ones, 1, sizeof(ones));
	tx.data = bytes_of(ones, sizeof(ones));
	tx.gas = 100000;
	EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_OK);
	EXPECT_U64(r.gas_used, 25000); /* intrinsic alone is 22600 */
	EXPECT_U64(world_balance(&w, FROM), 1000000 - 25000);
	world_close(&w);
}

TEST(test_tx_exec_to_oneself_costs_the_fee_only)
{
	struct tx tx = world_tx(FROM, 0, 500);
	struct receipt r;
	struct world w;
	struct err e;

	world_open(&w, FORK_LONDON);
	world_put(&w, FROM, 21500, 0);
	world_start(&w);
	EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_OK);
	EXPECT_U64(world_balance(&w, FROM), 500);
	EXPECT_U64(world_author_balance(&w), 21000);
	world_close(&w);
}

TEST(test_tx_exec_by_the_author_pays_itself)
{
	struct tx tx = world_tx(TO, 0, 500);
	struct receipt r;
	struct world w;
	struct err e;

	world_open(&w, FORK_LONDON);
	world_put(&w, 0xee, 21500, 0);
	world_start(&w);
	EXPECT_RC(world_run(&w, &r, &tx, 0xee, &e), RC_OK);
	EXPECT_U64(world_author_balance(&w), 21000);
	world_close(&w);
}

/* Receipts. ----------------------------------------------------------- */

TEST(test_tx_exec_receipts_add_up_and_carry_status)
{
	struct tx tx = world_tx(TO, 0, 1);
	struct receipt r;
	struct world w;
	struct err e;
	uint64_t i;

	world_open(&w, FORK_BYZANTIUM);
	world_put(&w, FROM, 1000000, 0);
	world_start(&w);
	for (i = 0; i < 3; i++) {
		struct addr from = world_addr(FROM);

		tx.nonce = i;
		EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_OK);
		EXPECT(r.is_success && !r.has_root && !r.has_contract);
		EXPECT_U64(r.cumulative_gas, 21000 * (i + 1));
		EXPECT_U64(r.log_cnt, 0);
		EXPECT_U64(state_nonce(w.st, &from), i + 1);
	}
	EXPECT_U64(w.mid_roots, 0);
	EXPECT_U64(world_balance(&w, TO), 3);
	world_close(&w);
}

TEST(test_tx_exec_before_byzantium_receipt_carries_root)
{
	struct tx tx = world_tx(TO, 0, 1);
	struct receipt r;
	struct world w;
	struct err e;

	world_open(&w, FORK_SPURIOUS);
	w.mid_root.b[0] = 0x77;
	world_put(&w, FROM, 1000000, 0);
	world_start(&w);
	EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_OK);
	EXPECT(r.has_root);
	EXPECT(hash_eq(&r.root, &w.mid_root));
	EXPECT_U64(w.mid_roots, 1);
	world_close(&w);
}

/* EIP-161. -------------------------------------------------------------- */

static const struct {
	const char *name;
	enum fork f;
	bool is_there; /* the target is in the state, empty */
	uint64_t value;
	bool want;
} touches[] = {
    {"nothing to nobody, before", FORK_TANGERINE, false, 0, true},
    {"nothing to nobody, EIP-161", FORK_SPURIOUS, false, 0, false},
    {"nothing to an empty account, before", FORK_TANGERINE, true, 0, true},
    {"nothing to an empty account, EIP-161", FORK_SPURIOUS, true, 0, false},
    {"something to nobody", FORK_SPURIOUS, false, 1, true},
};

TEST(test_tx_exec_touched_empty_account_goes_from_spurious)
{
	struct addr to = world_addr(TO), author = world_author();
	struct receipt r;
	struct world w;
	struct err e;
	size_t i;

	for (i = 0; i < sizeof(touches) / sizeof(touches[0]); i++) {
		struct tx tx = world_tx(TO, 0, touches[i].value);

		test_row(touches[i].name);
		tx.max_fee = tx.max_tip = U256_ZERO;
		world_open(&w, touches[i].f);
		world_put(&w, FROM, 1000000, 0);
		if (touches[i].is_there)
			world_put(&w, TO, 0, 0);
		world_start(&w);
		EXPECT_RC(world_run(&w, &r, &tx, FROM, &e), RC_OK);
		EXPECT(state_exists(w.st, &to) == touches[i].want);
		/* An author without a fee is touched like anybody. */
		EXPECT(state_exists(w.st, &author) ==
		       (touches[i].f < FORK_SPURIOUS));
		world_close(&w);
	}
}

/* Random transfers against an array of numbers. -------------------------- */

enum { PEOPLE = 12, TRANSFERS = 4000 };

struct model {
	uint64_t balance[PEOPLE], nonce[PEOPLE];
	uint64_t author, burnt;
};

static uint64_t
next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* apply_to_model does what a transfer does; false when it is refused. */
static bool
apply_to_model(struct model *m, size_t from, size_t to, uint64_t value,
    uint64_t max_fee, uint64_t max_tip, uint64_t base_fee)
{
	uint64_t tip, paid;

	if (max_fee < base_fee || max_fee < max_tip ||
	    m->balance[from] < value + 21000 * max_fee)
		return false;
	tip = max_fee - base_fee < max_tip ? max_fee - base_fee : max_tip;
	paid = base_fee + tip;
	m->balance[from] -= value + 21000 * paid;
	m->balance[to] += value;
	m->nonce[from]++;
	m->author += 21000 * tip;
	m->burnt += 21000 * base_fee;
	return true;
}

static uint64_t
sum_of(const struct model *m)
{
	uint64_t sum = m->author + m->burnt;
	size_t i;

	for (i = 0; i < PEOPLE; i++)
		sum += m->balance[i];
	return sum;
}

TEST(test_tx_exec_random_transfers_match_a_model)
{
	uint64_t seed = 0x5ec1540, i, accepted = 0;
	struct model m = {{0}, {0}, 0, 0};
	struct world w;

	world_open(&w, FORK_LONDON);
	w.gas_left = UINT64_MAX;
	w.env.block.base_fee = u256_from_u64(3);
	for (i = 0; i < PEOPLE; i++) {
		m.balance[i] = i * 10000000;
		world_put(&w, (uint8_t)(i + 1), m.balance[i], 0);
	}
	world_start(&w);
	for (i = 0; i < TRANSFERS; i++) {
		size_t from = next_random(&seed) % PEOPLE;
		size_t to = next_random(&seed) % PEOPLE;
		uint64_t value = next_random(&seed) % 3000000;
		uint64_t fee = next_random(&seed) % 12;
		uint64_t tip = next_random(&seed) % 12;
		struct tx tx =
		    world_tx((uint8_t)(to + 1), m.nonce[from], value);
		struct receipt r;
		struct err e;
		bool want;

		tx.type = TX_DYNAMIC_FEE;
		tx.has_chain_id = true;
		tx.chain_id = 1;
		tx.max_fee = u256_from_u64(fee);
		tx.max_tip = u256_from_u64(tip);
		want = apply_to_model(&m, from, to, value, fee, tip, 3);
		accepted += want;
		EXPECT((world_run(&w, &r, &tx, (uint8_t)(from + 1), &e) ==
			   RC_OK) == want);
	}
	for (i = 0; i < PEOPLE; i++) {
		struct addr a = world_addr((uint8_t)(i + 1));

		EXPECT_U64(world_balance(&w, (uint8_t)(i + 1)), m.balance[i]);
		EXPECT_U64(state_nonce(w.st, &a), m.nonce[i]);
	}
	EXPECT_U64(world_author_balance(&w), m.author);
	EXPECT_U64(sum_of(&m), PEOPLE * (PEOPLE - 1) / 2 * 10000000);
	EXPECT_U64(w.gas_used, 21000 * accepted);
	EXPECT(accepted > 300 && accepted < TRANSFERS);
	world_close(&w);
}
