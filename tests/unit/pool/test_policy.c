/* SPDX-License-Identifier: Apache-2.0
 *
 * Admission: what is refused, with which code and text; replacement; funds.
 */
#include "fake.h"
#include "test.h"

TEST(test_pool_insert_policy_refuses)
{
	static const struct {
		const char *name;
		struct fake_tx tx;
		enum rc rc;
		const char *text;
	} rows[] = {
	    {"plain", {.fee = 5}, RC_OK, NULL},
	    {"type 1", {.fee = 5, .type = TX_ACCESS_LIST}, RC_OK, NULL},
	    {"type 2", {.fee = 9, .tip = 5, .type = TX_DYNAMIC_FEE}, RC_OK,
		NULL},
	    {"blob", {.fee = 5, .type = TX_BLOB}, RC_TX_TYPE,
		"transaction type not supported: tx type 3 not supported by "
		"this pool"},
	    {"unprotected", {.fee = 5, .is_unprotected = true},
		RC_TX_UNPROTECTED,
		"only replay-protected (EIP-155) transactions allowed over "
		"RPC"},
	    {"other chain", {.fee = 5, .chain_id = 1}, RC_TX_CHAIN_ID,
		"invalid chain id for signer: have 1 want 31337"},
	    {"gas at the limit", {.fee = 5, .gas = 30000000}, RC_OK, NULL},
	    {"gas above it", {.fee = 5, .gas = 30000001}, RC_TX_GAS_LIMIT,
		"exceeds block gas limit"},
	    {"highest nonce", {.fee = 5, .nonce = UINT64_MAX - 1}, RC_OK, NULL},
	    {"nonce above it", {.fee = 5, .nonce = UINT64_MAX}, RC_TX_NONCE_MAX,
		"nonce has max value"},
	    {"tip above fee", {.fee = 5, .tip = 6, .type = TX_DYNAMIC_FEE},
		RC_TX_TIP_ABOVE_FEE,
		"max priority fee per gas higher than max fee per gas"},
	    {"below the floor", {.fee = 4}, RC_TX_UNDERPRICED,
		"transaction underpriced: gas tip cap 4, minimum needed 5"},
	    {"tip below the floor",
		{.fee = 9, .tip = 4, .type = TX_DYNAMIC_FEE}, RC_TX_UNDERPRICED,
		"transaction underpriced: gas tip cap 4, minimum needed 5"},
	};
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct pool_view view;
	struct fake f;
	struct pool *p;
	struct err e;
	size_t i;

	fake_reset(&f);
	view = fake_view(&f);
	conf.price_floor = u256_from_u64(5);
	conf.gas = (struct pool_gas){.accept = 30000000, .block = 40000000};
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		EXPECT_RC(pool_open(&p, &conf, &view, 0, &e), RC_OK);
		EXPECT_RC(fake_put(p, &rows[i].tx, &e), rows[i].rc);
		if (rows[i].text != NULL)
			EXPECT_STR(e.text, rows[i].text);
		EXPECT(fake_has(p, &rows[i].tx) == (rows[i].rc == RC_OK));
		pool_close(p);
	}
	test_row(NULL);
	test_count(i);
}

TEST(test_pool_insert_unprotected_allowed_by_setting)
{
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct fake_tx tx = {.is_unprotected = true};
	struct pool_view view;
	struct fake f;
	struct pool *p;

	fake_reset(&f);
	view = fake_view(&f);
	conf.allow_unprotected = true;
	EXPECT_RC(pool_open(&p, &conf, &view, 0, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &tx, NULL), RC_OK);
	pool_close(p);
}

TEST(test_pool_insert_replacement_needs_ten_percent)
{
	static const struct {
		const char *name;
		uint64_t fee, tip, new_fee, new_tip;
		bool is_taken;
	} rows[] = {
	    {"zero by zero", 0, 0, 0, 0, false},
	    {"zero by one", 0, 0, 1, 1, true},
	    {"equal", 100, 100, 100, 100, false},
	    {"just below", 100, 100, 109, 109, false},
	    {"at ten percent", 100, 100, 110, 110, true},
	    {"rounding down as go-ethereum", 19, 19, 20, 20, true},
	    {"fee only", 100, 10, 200, 10, false},
	    {"tip only", 100, 10, 100, 50, false},
	    {"tip a little", 100, 10, 200, 10, false},
	    {"both", 100, 10, 110, 11, true},
	    {"lower", 100, 100, 50, 50, false},
	    {"fee lower", 100, 10, 99, 99, false},
	};
	struct fake f;
	struct pool *p;
	struct err e;
	size_t i;

	fake_reset(&f);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fake_tx old = {.type = TX_DYNAMIC_FEE,
		    .fee = rows[i].fee,
		    .tip = rows[i].tip};
		struct fake_tx new = {.type = TX_DYNAMIC_FEE,
		    .fee = rows[i].new_fee,
		    .tip = rows[i].new_tip,
		    .tag = 1};
		struct fake_tx next = {.nonce = 1};
		struct pool_stats st;

		test_row(rows[i].name);
		p = fake_open(&f, NULL);
		EXPECT_RC(fake_put(p, &old, &e), RC_OK);
		EXPECT_RC(fake_put(p, &next, &e), RC_OK);
		EXPECT_RC(fake_put(p, &new, &e),
		    rows[i].is_taken ? RC_OK : RC_TX_REPLACE);
		if (!rows[i].is_taken)
			EXPECT_STR(
			    e.text, "replacement transaction underpriced");
		EXPECT(fake_has(p, &new) == rows[i].is_taken);
		EXPECT(fake_has(p, &old) != rows[i].is_taken);
		pool_stats(p, &st);
		EXPECT_U64(st.pending, 2);
		EXPECT_U64(st.queued, 0);
		pool_close(p);
	}
	test_row(NULL);
	test_count(i);
}

TEST(test_pool_insert_replacement_near_overflow_refused)
{
	/* 110 percent of the old price does not fit 256 bits. */
	struct fake f;
	struct pool *p;
	struct pool_tx *a, *b;
	struct fake_tx t = {.type = TX_DYNAMIC_FEE}, u = t;
	struct err e;

	fake_reset(&f);
	p = fake_open(&f, NULL);
	u.tag = 1;
	a = fake_make(&t);
	b = fake_make(&u);
	a->tx.gas = b->tx.gas = 0; /* nothing to pay, whatever the price */
	memset(&b->tx.max_fee, 0xff, sizeof(b->tx.max_fee));
	b->tx.max_tip = b->tx.max_fee;
	a->tx.max_fee = a->tx.max_tip = b->tx.max_fee;
	a->tx.max_fee.w[0] = a->tx.max_tip.w[0] = 0;
	EXPECT_RC(pool_insert(p, a, 0, &e), RC_OK);
	EXPECT_RC(pool_insert(p, b, 0, &e), RC_TX_REPLACE);
	pool_tx_put(b);
	pool_close(p);
}

TEST(test_pool_insert_nonce_below_account_refused)
{
	struct fake_tx t = {.nonce = 4};
	struct fake f;
	struct pool *p;
	struct err e;

	fake_reset(&f);
	f.nonce[0] = 5;
	p = fake_open(&f, NULL);
	EXPECT_RC(fake_put(p, &t, &e), RC_TX_NONCE_LOW);
	EXPECT_STR(e.text, "nonce too low: next nonce 5, tx nonce 4");
	t.nonce = 5;
	EXPECT_RC(fake_put(p, &t, &e), RC_OK);
	EXPECT_RC(fake_put(p, &t, &e), RC_TX_KNOWN);
	EXPECT_STR(e.text, "already known");
	pool_close(p);
}

TEST(test_pool_insert_funds_cover_all_pending)
{
	/* Each costs 21,000 at price one, and its value. */
	struct fake_tx a = {.fee = 1, .value = 1000};
	struct fake_tx b = {.nonce = 1, .fee = 1, .value = 2000};
	struct fake_tx b2 = {.nonce = 1, .fee = 2, .value = 2000};
	struct fake_tx b3 = {.nonce = 1, .fee = 2, .value = 1000};
	struct fake_tx far = {.nonce = 9, .fee = 1};
	struct fake f;
	struct pool *p;
	struct err e;

	fake_reset(&f);
	f.balance[0] = 21999;
	p = fake_open(&f, NULL);
	EXPECT_RC(fake_put(p, &a, &e), RC_TX_FUNDS);
	EXPECT_STR(e.text,
	    "insufficient funds for gas * price + value: balance 21999, tx "
	    "cost 22000, overshot 1");
	f.balance[0] = 65000;
	EXPECT_RC(fake_put(p, &a, &e), RC_OK);
	EXPECT_RC(fake_put(p, &b, &e), RC_OK);
	EXPECT_RC(fake_put(p, &b2, &e), RC_TX_FUNDS);
	EXPECT_STR(e.text,
	    "insufficient funds for gas * price + value: balance 65000, "
	    "queued cost 45000, tx bumped 21000, overshot 1000");
	EXPECT_RC(fake_put(p, &b3, &e), RC_OK);
	EXPECT_RC(fake_put(p, &far, &e), RC_TX_FUNDS);
	EXPECT_STR(e.text,
	    "insufficient funds for gas * price + value: balance 65000, "
	    "queued cost 65000, tx cost 21000, overshot 21000");
	pool_close(p);
}

TEST(test_pool_insert_cheaper_replacement_frees_funds)
{
	/* The price doubles but the value shrinks: a negative bump. */
	struct fake_tx a = {.fee = 1, .value = 50000};
	struct fake_tx b = {.fee = 2, .value = 0};
	struct fake_tx c = {.nonce = 1, .fee = 1, .value = 8000};
	struct fake f;
	struct pool *p;
	struct err e;

	fake_reset(&f);
	f.balance[0] = 71000;
	p = fake_open(&f, NULL);
	EXPECT_RC(fake_put(p, &a, &e), RC_OK);
	EXPECT_RC(fake_put(p, &c, &e), RC_TX_FUNDS);
	EXPECT_RC(fake_put(p, &b, &e), RC_OK);
	EXPECT_RC(fake_put(p, &c, &e), RC_OK);
	pool_close(p);
}

TEST(test_pool_insert_cost_above_256_bits_refused)
{
	struct fake_tx t = {.fee = 1};
	struct pool_tx *made = fake_make(&t);
	struct fake f;
	struct pool *p;
	struct err e;

	fake_reset(&f);
	p = fake_open(&f, NULL);
	memset(&made->tx.max_fee, 0xff, sizeof(made->tx.max_fee));
	EXPECT_RC(pool_insert(p, made, 0, &e), RC_TX_FUNDS);
	made->tx.max_fee = U256_ZERO;
	made->tx.max_tip = U256_ZERO;
	memset(&made->tx.value, 0xff, sizeof(made->tx.value));
	EXPECT_RC(pool_insert(p, made, 0, &e), RC_TX_FUNDS);
	pool_tx_put(made);
	pool_close(p);
}

TEST(test_pool_insert_newly_funded_account_read_again)
{
	struct fake_tx a = {.fee = 1}, b = {.nonce = 1, .fee = 1};
	struct fake f;
	struct pool *p;
	struct err e;

	fake_reset(&f);
	f.balance[0] = 21000;
	p = fake_open(&f, NULL);
	EXPECT_RC(fake_put(p, &a, &e), RC_OK);
	EXPECT_RC(fake_put(p, &b, &e), RC_TX_FUNDS);
	/* Somebody else's block pays account 0, which is not a sender. */
	f.balance[0] = 42000;
	EXPECT_RC(fake_mine(p, &f, 1, 1, 0), RC_OK);
	EXPECT_RC(fake_put(p, &b, &e), RC_OK);
	pool_close(p);
}

TEST(test_pool_insert_broken_chain_not_accepted)
{
	struct fake_tx a = {.fee = 1};
	struct fake f;
	struct pool *p;
	struct err e;

	fake_reset(&f);
	p = fake_open(&f, NULL);
	f.is_broken = true;
	EXPECT_RC(fake_put(p, &a, &e), RC_IO);
	EXPECT(!fake_has(p, &a));
	f.is_broken = false;
	EXPECT_RC(fake_put(p, &a, &e), RC_OK);
	pool_close(p);
}
