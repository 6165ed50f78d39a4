/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool over a moving chain: gaps, heads, reorganisations, bounds, age,
 * picking, and random histories against a model that does it the slow way.
 */
#include <stdio.h>

#include "base/arena.h"
#include "fake.h"
#include "test.h"

static const struct u256 zero;

static void
expect_counts(const struct pool *p, size_t pending, size_t queued)
{
	struct pool_stats st;

	pool_stats(p, &st);
	EXPECT_U64(st.pending, pending);
	EXPECT_U64(st.queued, queued);
}

TEST(test_pool_gap_filled_promotes)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t = {.nonce = 0};
	struct addr a = fake_addr(0);
	uint64_t i;

	fake_reset(&f);
	p = fake_open(&f, NULL);
	EXPECT_U64(pool_nonce(p, &a, 0), 0);
	for (i = 5; i > 1; i--) {
		t.nonce = i;
		EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	}
	expect_counts(p, 0, 4);
	EXPECT_U64(pool_nonce(p, &a, 0), 0);
	t.nonce = 0;
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	expect_counts(p, 1, 4);
	EXPECT_U64(pool_nonce(p, &a, 0), 1);
	t.nonce = 1;
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	expect_counts(p, 6, 0);
	EXPECT_U64(pool_nonce(p, &a, 0), 6);
	pool_close(p);
}

TEST(test_pool_nonce_of_unknown_account_not_older_than_head)
{
	struct fake f;
	struct pool *p;
	struct addr a = fake_addr(0);

	fake_reset(&f);
	f.nonce[0] = 8;
	p = fake_open(&f, NULL);
	/* The caller's view is of an older head. */
	EXPECT_U64(pool_nonce(p, &a, 5), 8);
	EXPECT_U64(pool_nonce(p, &a, 9), 9);
	f.is_broken = true;
	EXPECT_U64(pool_nonce(p, &a, 5), 5);
	pool_close(p);
}

struct told {
	struct hash hash[8];
	size_t cnt;
};

static void
note_told(void *ctx, struct pool_tx *t)
{
	struct told *told = ctx;

	if (told->cnt < 8)
		told->hash[told->cnt] = t->tx.hash;
	told->cnt++;
}

static void
expect_told(struct told *told, const struct fake_tx *const *want, size_t cnt)
{
	size_t i;

	EXPECT_U64(told->cnt, cnt);
	for (i = 0; i < cnt; i++) {
		struct hash h = fake_hash(want[i]);

		EXPECT(hash_eq(&told->hash[i], &h));
	}
	told->cnt = 0;
}

TEST(test_pool_ready_ones_are_told_once)
{
	struct fake_tx t0 = {.nonce = 0, .fee = 10},
		       t1 = {.nonce = 1, .fee = 9};
	struct fake_tx better = {.nonce = 0, .fee = 20};
	struct fake f;
	struct pool *p;
	struct told told = {.cnt = 0};

	fake_reset(&f);
	p = fake_open(&f, NULL);
	pool_listen(p, note_told, &told);
	EXPECT_RC(fake_put(p, &t1, NULL), RC_OK);
	expect_told(&told, NULL, 0); /* behind a gap */
	EXPECT_RC(fake_put(p, &t0, NULL), RC_OK);
	expect_told(&told, (const struct fake_tx *const[]){&t0, &t1}, 2);
	EXPECT_RC(fake_put(p, &t0, NULL), RC_TX_KNOWN);
	EXPECT_RC(fake_put(p, &better, NULL), RC_OK);
	/* The one behind was queued and is executable again: no news. */
	expect_told(&told, (const struct fake_tx *const[]){&better}, 1);
	f.balance[0] = 0;
	EXPECT_RC(fake_mine(p, &f, 0, 0, 1), RC_OK);
	f.balance[0] = FAKE_RICH;
	EXPECT_RC(fake_mine(p, &f, 0, 0, 2), RC_OK);
	expect_told(&told, NULL, 0);
	EXPECT_RC(fake_mine(p, &f, 0, 1, 3), RC_OK);
	/* An undone block's is new again. */
	f.nonce[0] = 0;
	EXPECT_RC(fake_mine(p, &f, 0, 0, 4), RC_OK);
	EXPECT_RC(pool_return(p, fake_make(&better), 4, NULL), RC_OK);
	expect_told(&told, (const struct fake_tx *const[]){&better}, 1);
	pool_close(p);
}

TEST(test_pool_head_drops_mined_and_promotes_funded)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t = {.fee = 1};
	struct addr a = fake_addr(0);
	struct pool_stats st;

	fake_reset(&f);
	f.balance[0] = 63000;
	p = fake_open(&f, NULL);
	for (t.nonce = 0; t.nonce < 3; t.nonce++)
		EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	expect_counts(p, 3, 0);
	/* One is mined, and the account loses most of its funds. */
	f.balance[0] = 21000;
	EXPECT_RC(fake_mine(p, &f, 0, 1, 0), RC_OK);
	expect_counts(p, 1, 1);
	EXPECT_U64(pool_nonce(p, &a, 1), 3);
	/* Funds come back by a block of others. */
	f.balance[0] = 42000;
	EXPECT_RC(fake_mine(p, &f, 1, 1, 0), RC_OK);
	expect_counts(p, 2, 0);
	EXPECT_RC(fake_mine(p, &f, 0, 3, 0), RC_OK);
	pool_stats(p, &st);
	EXPECT_U64(st.pending + st.queued + st.accounts + st.bytes, 0);
	pool_close(p);
}

TEST(test_pool_reorg_returns_transactions)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t0 = {.nonce = 0}, t1 = {.nonce = 1}, t2 = {.nonce = 2};

	fake_reset(&f);
	p = fake_open(&f, NULL);
	EXPECT_RC(fake_put(p, &t0, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &t1, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &t2, NULL), RC_OK);
	EXPECT_RC(fake_mine(p, &f, 0, 2, 0), RC_OK);
	expect_counts(p, 1, 0);
	/* The block is undone: the rest waits until its transactions are
	 * back. */
	EXPECT_RC(fake_mine(p, &f, 0, 0, 0), RC_OK);
	expect_counts(p, 0, 1);
	EXPECT_RC(pool_return(p, fake_make(&t1), 0, NULL), RC_OK);
	EXPECT_RC(pool_return(p, fake_make(&t0), 0, NULL), RC_OK);
	expect_counts(p, 3, 0);
	/* Known and mined ones are taken over as well, and forgotten. */
	EXPECT_RC(pool_return(p, fake_make(&t0), 0, NULL), RC_OK);
	EXPECT_RC(fake_mine(p, &f, 0, 1, 0), RC_OK);
	EXPECT_RC(pool_return(p, fake_make(&t0), 0, NULL), RC_OK);
	expect_counts(p, 2, 0);
	pool_close(p);
}

TEST(test_pool_return_ignores_bounds)
{
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct fake f;
	struct pool *p;
	struct pool_view view;
	struct fake_tx a = {.from = 1}, b = {.from = 2}, c = {.from = 3};

	fake_reset(&f);
	view = fake_view(&f);
	conf.tx_max = 1;
	EXPECT_RC(pool_open(&p, &conf, &view, 0, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &a, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &b, NULL), RC_TX_POOL_FULL);
	EXPECT_RC(pool_return(p, fake_make(&b), 0, NULL), RC_OK);
	expect_counts(p, 2, 0);
	EXPECT_RC(fake_put(p, &c, NULL), RC_TX_POOL_FULL);
	pool_close(p);
}

TEST(test_pool_drop_leaves_gap)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t0 = {.nonce = 0}, t1 = {.nonce = 1}, t2 = {.nonce = 2};
	struct hash h = fake_hash(&t1);

	fake_reset(&f);
	p = fake_open(&f, NULL);
	EXPECT_RC(fake_put(p, &t0, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &t1, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &t2, NULL), RC_OK);
	pool_drop(p, &h, "EVM not available");
	expect_counts(p, 1, 1);
	pool_drop(p, &h, "unknown now");
	expect_counts(p, 1, 1);
	h = fake_hash(&t0);
	pool_drop(p, &h, "first");
	h = fake_hash(&t2);
	pool_drop(p, &h, "last");
	expect_counts(p, 0, 0);
	pool_close(p);
}

TEST(test_pool_queued_ages_executable_does_not)
{
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct fake f;
	struct pool *p;
	struct pool_view view;
	struct fake_tx ready = {.from = 1}, gap = {.from = 1, .nonce = 5};
	struct fake_tx alone = {.from = 2, .nonce = 1};

	fake_reset(&f);
	view = fake_view(&f);
	conf.age_max_s = 1000;
	EXPECT_RC(pool_open(&p, &conf, &view, 0, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &ready, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &gap, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &alone, NULL), RC_OK);
	EXPECT_RC(fake_mine(p, &f, 3, 1, 1000 * 1000), RC_OK);
	expect_counts(p, 1, 2);
	EXPECT_RC(fake_mine(p, &f, 3, 2, 1061 * 1000), RC_OK);
	expect_counts(p, 1, 0);
	EXPECT(fake_has(p, &ready));
	pool_close(p);
}

TEST(test_pool_demoted_ages_from_its_demotion)
{
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct fake f;
	struct pool *p;
	struct pool_view view;
	struct fake_tx t = {.from = 1, .fee = 1};

	fake_reset(&f);
	view = fake_view(&f);
	conf.age_max_s = 1000;
	EXPECT_RC(pool_open(&p, &conf, &view, 0, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	f.balance[1] = 0;
	EXPECT_RC(fake_mine(p, &f, 1, 0, 2000 * 1000), RC_OK);
	expect_counts(p, 0, 1);
	EXPECT_RC(fake_mine(p, &f, 1, 0, 2990 * 1000), RC_OK);
	expect_counts(p, 0, 1);
	/* A clock that went back drops nothing. */
	EXPECT_RC(fake_mine(p, &f, 1, 0, 1000), RC_OK);
	expect_counts(p, 0, 1);
	EXPECT_RC(fake_mine(p, &f, 1, 0, 3100 * 1000), RC_OK);
	expect_counts(p, 0, 0);
	pool_close(p);
}

/* Bounds. ------------------------------------------------------------- */

static struct pool *
open_small(struct fake *f, size_t tx_max, size_t account_max,
    size_t per_account_max, size_t bytes_max)
{
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct pool_view view = fake_view(f);
	struct pool *p = NULL;

	conf.tx_max = tx_max;
	conf.account_max = account_max;
	conf.per_account_max = per_account_max;
	conf.bytes_max = bytes_max;
	EXPECT_RC(pool_open(&p, &conf, &view, 0, NULL), RC_OK);
	return p;
}

TEST(test_pool_full_without_prices_refuses_and_keeps)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t = {0}, late = {.from = 99};
	struct err e;

	fake_reset(&f);
	p = open_small(&f, 10, 100, 100, 1 << 20);
	for (t.from = 0; t.from < 10; t.from++)
		EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &late, &e), RC_TX_POOL_FULL);
	EXPECT_STR(e.text, "txpool is full");
	for (t.from = 0; t.from < 10; t.from++)
		EXPECT(fake_has(p, &t));
	pool_close(p);
}

TEST(test_pool_full_queued_gives_way_to_executable)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t = {0}, gap = {.from = 50, .nonce = 3, .fee = 1000};
	struct fake_tx more = {.from = 51};

	fake_reset(&f);
	p = open_small(&f, 10, 100, 100, 1 << 20);
	for (t.from = 0; t.from < 9; t.from++)
		EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &gap, NULL), RC_OK);
	expect_counts(p, 9, 1);
	EXPECT_RC(fake_put(p, &more, NULL), RC_OK);
	expect_counts(p, 10, 0);
	EXPECT(!fake_has(p, &gap));
	/* A queued newcomer displaces nothing executable, at any price. */
	EXPECT_RC(fake_put(p, &gap, NULL), RC_TX_POOL_FULL);
	pool_close(p);
}

TEST(test_pool_full_better_price_displaces_cheapest_last)
{
	struct fake f;
	struct pool *p;
	struct fake_tx a0 = {.from = 1, .fee = 100};
	struct fake_tx a1 = {.from = 1, .nonce = 1, .fee = 10};
	struct fake_tx b0 = {.from = 2, .fee = 5};
	struct fake_tx b1 = {.from = 2, .nonce = 1, .fee = 50};
	struct fake_tx low = {.from = 3, .fee = 10};
	struct fake_tx high = {.from = 3, .fee = 11};

	fake_reset(&f);
	p = open_small(&f, 4, 100, 100, 1 << 20);
	EXPECT_RC(fake_put(p, &a0, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &a1, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &b0, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &b1, NULL), RC_OK);
	/* b0 is cheapest but has a follower: a1 is the cheapest last one. */
	EXPECT_RC(fake_put(p, &low, NULL), RC_TX_POOL_FULL);
	EXPECT_RC(fake_put(p, &high, NULL), RC_OK);
	EXPECT(!fake_has(p, &a1));
	EXPECT(fake_has(p, &b0));
	expect_counts(p, 4, 0);
	pool_close(p);
}

TEST(test_pool_full_own_last_is_not_displaced)
{
	struct fake f;
	struct pool *p;
	struct fake_tx a0 = {.from = 1, .fee = 1};
	struct fake_tx a1 = {.from = 1, .nonce = 1, .fee = 100};
	struct fake_tx b0 = {.from = 2, .fee = 2};

	fake_reset(&f);
	p = open_small(&f, 1, 100, 100, 1 << 20);
	EXPECT_RC(fake_put(p, &a0, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &a1, NULL), RC_TX_POOL_FULL);
	EXPECT(fake_has(p, &a0));
	pool_close(p);
	p = open_small(&f, 2, 100, 100, 1 << 20);
	EXPECT_RC(fake_put(p, &a0, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &b0, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &a1, NULL), RC_OK);
	EXPECT(fake_has(p, &a0) && !fake_has(p, &b0));
	pool_close(p);
}

TEST(test_pool_full_greediest_sender_gives_way_first)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t = {.from = 1, .fee = 1}, b = {.from = 2, .fee = 1};
	struct fake_tx c = {.from = 3, .fee = 2};

	fake_reset(&f);
	p = open_small(&f, 4, 100, 100, 1 << 20);
	EXPECT_RC(fake_put(p, &b, NULL), RC_OK);
	for (t.nonce = 0; t.nonce < 3; t.nonce++)
		EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &c, NULL), RC_OK);
	t.nonce = 2;
	EXPECT(!fake_has(p, &t) && fake_has(p, &b));
	pool_close(p);
}

TEST(test_pool_account_bounds_hold)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t = {0};
	struct err e;

	fake_reset(&f);
	p = open_small(&f, 100, 2, 3, 1 << 20);
	for (t.nonce = 0; t.nonce < 3; t.nonce++)
		EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &t, &e), RC_TX_POOL_FULL);
	EXPECT_STR(e.text, "txpool is full: 3 transactions of this sender");
	/* A replacement takes no new place. */
	t = (struct fake_tx){.nonce = 2, .fee = 1};
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	t = (struct fake_tx){.from = 1};
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	t = (struct fake_tx){.from = 2};
	EXPECT_RC(fake_put(p, &t, NULL), RC_TX_POOL_FULL);
	/* The one that gives way must free its account. */
	t.fee = 50;
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	t = (struct fake_tx){.from = 1};
	EXPECT(!fake_has(p, &t));
	pool_close(p);
}

TEST(test_pool_bytes_bound_holds)
{
	struct fake f;
	struct pool *p;
	struct fake_tx a = {.from = 1, .fee = 1, .data_len = 1000};
	struct fake_tx b = {.from = 2, .fee = 100, .data_len = 3000};
	struct fake_tx c = {.from = 3, .fee = 100, .data_len = 900};
	struct fake_tx a2 = {.from = 1, .fee = 9, .data_len = 9000};
	struct pool_tx *made = fake_make(&a);
	size_t one = made->memory_bytes;
	struct pool_stats st;

	pool_tx_put(made);
	fake_reset(&f);
	p = open_small(&f, 100, 100, 100, one + 1000);
	EXPECT_RC(fake_put(p, &a, NULL), RC_OK);
	/* Displacing a does not make room for b, but for c. */
	EXPECT_RC(fake_put(p, &b, NULL), RC_TX_POOL_FULL);
	EXPECT(fake_has(p, &a));
	EXPECT_RC(fake_put(p, &a2, NULL), RC_TX_POOL_FULL);
	EXPECT_RC(fake_put(p, &c, NULL), RC_OK);
	EXPECT(!fake_has(p, &a));
	pool_stats(p, &st);
	EXPECT(st.bytes <= one + 1000);
	pool_close(p);
}

TEST(test_pool_queue_share_bounds_queued)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t = {.nonce = 1};
	struct fake_tx paid = {.from = 90, .nonce = 1, .fee = 1};

	fake_reset(&f);
	p = open_small(&f, 20, 100, 100, 1 << 20);
	for (t.from = 0; t.from < 5; t.from++)
		EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &t, NULL), RC_TX_POOL_FULL);
	EXPECT_RC(fake_put(p, &paid, NULL), RC_OK);
	expect_counts(p, 0, 5);
	t = (struct fake_tx){.from = 91};
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	pool_close(p);
}

/* Picking. ------------------------------------------------------------ */

/* picks lists what is picked as "from/nonce " pairs. */
static const char *
picks(struct pool *p, uint64_t gas_max, uint64_t base_fee)
{
	static char text[512];
	struct u256 fee = u256_from_u64(base_fee);
	struct pool_tx **v;
	struct arena a;
	size_t i, cnt, len = 0;

	arena_init(&a, 1 << 20);
	text[0] = '\0';
	EXPECT_RC(pool_pick(p, &a, &v, &cnt, gas_max, &fee, NULL), RC_OK);
	for (i = 0; i < cnt; i++) {
		len +=
		    (size_t)snprintf(text + len, sizeof(text) - len, "%s%u/%u",
			i == 0 ? "" : " ", (unsigned)be32(v[i]->sender.b + 16),
			(unsigned)v[i]->tx.nonce);
		pool_tx_put(v[i]);
	}
	EXPECT(pool_has_work(p, gas_max, &fee) == (cnt > 0));
	arena_drop(&a);
	return text;
}

TEST(test_pool_pick_orders_by_tip_then_arrival)
{
	static const struct fake_tx in[] = {
	    {.from = 1, .nonce = 0, .fee = 5},
	    {.from = 1, .nonce = 1, .fee = 90},
	    {.from = 2, .nonce = 0, .fee = 7},
	    {.from = 3, .nonce = 0, .fee = 7},
	    {.from = 2, .nonce = 1, .fee = 1},
	    {.from = 4, .nonce = 1, .fee = 99},
	};
	struct fake f;
	struct pool *p;
	size_t i;

	fake_reset(&f);
	p = fake_open(&f, NULL);
	EXPECT_STR(picks(p, 30000000, 0), "");
	for (i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		EXPECT_RC(fake_put(p, &in[i], NULL), RC_OK);
	EXPECT_STR(picks(p, 30000000, 0), "2/0 3/0 1/0 1/1 2/1");
	EXPECT_STR(picks(p, 63000, 0), "2/0 3/0 1/0");
	EXPECT_STR(picks(p, 62999, 0), "2/0 3/0");
	EXPECT_STR(picks(p, 20999, 0), "");
	/* 1/0 does not pay the base fee, so 1/1 has to wait as well. */
	EXPECT_STR(picks(p, 30000000, 6), "2/0 3/0");
	EXPECT_STR(picks(p, 30000000, 100), "");
	pool_close(p);
}

TEST(test_pool_pick_large_one_ends_its_senders_turn)
{
	static const struct fake_tx in[] = {
	    {.from = 1, .nonce = 0, .gas = 100000},
	    {.from = 1, .nonce = 1},
	    {.from = 2, .nonce = 0},
	    {.from = 2, .nonce = 1},
	};
	struct fake f;
	struct pool *p;
	size_t i;

	fake_reset(&f);
	p = fake_open(&f, NULL);
	for (i = 0; i < sizeof(in) / sizeof(in[0]); i++)
		EXPECT_RC(fake_put(p, &in[i], NULL), RC_OK);
	EXPECT_STR(picks(p, 99999, 0), "2/0 2/1");
	EXPECT_STR(picks(p, 121000, 0), "1/0 1/1");
	pool_close(p);
}

TEST(test_pool_pick_uses_tip_under_base_fee)
{
	static const struct fake_tx in[] = {
	    {.from = 1, .type = TX_DYNAMIC_FEE, .fee = 100, .tip = 2},
	    {.from = 2, .type = TX_DYNAMIC_FEE, .fee = 12, .tip = 12},
	};
	struct fake f;
	struct pool *p;

	fake_reset(&f);
	p = fake_open(&f, NULL);
	EXPECT_RC(fake_put(p, &in[0], NULL), RC_OK);
	EXPECT_RC(fake_put(p, &in[1], NULL), RC_OK);
	EXPECT_STR(picks(p, 30000000, 0), "2/0 1/0");
	EXPECT_STR(picks(p, 30000000, 11), "1/0 2/0");
	EXPECT_STR(picks(p, 30000000, 13), "1/0");
	pool_close(p);
}

TEST(test_pool_pick_without_memory_reports)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t = {0};
	struct pool_tx **v;
	struct arena a;
	size_t cnt;

	fake_reset(&f);
	p = fake_open(&f, NULL);
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	arena_init(&a, 8);
	EXPECT_RC(
	    pool_pick(p, &a, &v, &cnt, 30000000, &zero, NULL), RC_NO_MEMORY);
	arena_drop(&a);
	pool_close(p);
}

TEST(test_pool_pick_five_thousand_of_hundred_thousand)
{
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct fake f;
	struct pool *p;
	struct pool_view view;
	struct fake_tx t = {0};
	struct pool_tx **v = NULL;
	struct arena a;
	uint64_t next[1000] = {0};
	size_t i, cnt = 0;

	fake_reset(&f);
	view = fake_view(&f);
	EXPECT_RC(pool_open(&p, &conf, &view, 0, NULL), RC_OK);
	for (t.nonce = 0; t.nonce < 100; t.nonce++) {
		for (t.from = 0; t.from < 1000; t.from++)
			EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	}
	expect_counts(p, 100000, 0);
	EXPECT_U64(f.reads, 1000);
	arena_init(&a, 1 << 24);
	EXPECT_RC(
	    pool_pick(p, &a, &v, &cnt, UINT64_C(5000) * 21000, &zero, NULL),
	    RC_OK);
	EXPECT_U64(cnt, 5000);
	for (i = 0; i < cnt; i++) {
		unsigned from = be32(v[i]->sender.b + 16);

		EXPECT_U64(v[i]->tx.nonce, next[from]);
		next[from]++;
		/* Oldest first: everybody's first, then everybody's second. */
		EXPECT_U64(from, i % 1000);
		pool_tx_put(v[i]);
	}
	arena_drop(&a);
	pool_close(p);
}

/* Random histories against a model. ------------------------------------ */

enum { MODEL_ACCOUNTS = 6, MODEL_NONCES = 12 };

struct model {
	struct fake chain;
	uint64_t gas_max, base_fee; /* of the next block */
	bool has[MODEL_ACCOUNTS][MODEL_NONCES];
	struct fake_tx tx[MODEL_ACCOUNTS][MODEL_NONCES];
};

static uint64_t
cost_of(const struct fake_tx *t)
{
	return t->gas * t->fee + t->value;
}

/* ready_of counts what the model takes for executable and sums its cost. */
static size_t
ready_of(const struct model *m, unsigned i, uint64_t *cost)
{
	uint64_t n = m->chain.nonce[i];
	size_t cnt = 0;

	*cost = 0;
	for (; n < MODEL_NONCES && m->has[i][n]; n++, cnt++) {
		if (*cost + cost_of(&m->tx[i][n]) > m->chain.balance[i] ||
		    m->tx[i][n].gas > m->gas_max)
			break;
		*cost += cost_of(&m->tx[i][n]);
	}
	return cnt;
}

static bool
is_bump(uint64_t new, uint64_t old)
{
	return new > old &&new >= old * 110 / 100;
}

/* expected tells what the model answers to an insertion. */
static enum rc
expected(const struct model *m, const struct fake_tx *t)
{
	const struct fake_tx *old = &m->tx[t->from][t->nonce];
	bool has_old = m->has[t->from][t->nonce];
	uint64_t cost, balance = m->chain.balance[t->from];
	size_t ready = ready_of(m, t->from, &cost);

	if (has_old && old->fee == t->fee && old->value == t->value &&
	    old->gas == t->gas)
		return RC_TX_KNOWN;
	if (t->gas > m->gas_max)
		return RC_TX_GAS_LIMIT;
	if (t->nonce < m->chain.nonce[t->from])
		return RC_TX_NONCE_LOW;
	if (has_old && t->nonce < m->chain.nonce[t->from] + ready)
		cost -= cost_of(old);
	if (cost_of(t) > balance || cost + cost_of(t) > balance)
		return RC_TX_FUNDS;
	if (has_old && !is_bump(t->fee, old->fee))
		return RC_TX_REPLACE;
	return RC_OK;
}

static void
compare(struct pool *p, const struct model *m)
{
	struct u256 fee = u256_from_u64(m->base_fee);
	size_t pending = 0, total = 0, ready;
	bool has_work = false;
	unsigned i, n;
	uint64_t cost;

	for (i = 0; i < MODEL_ACCOUNTS; i++) {
		struct addr a = fake_addr(i);
		uint64_t next = m->chain.nonce[i];

		ready = ready_of(m, i, &cost);
		pending += ready;
		if (ready > 0 && m->tx[i][next].fee >= m->base_fee)
			has_work = true;
		for (n = 0; n < MODEL_NONCES; n++) {
			total += m->has[i][n];
			if (m->has[i][n])
				EXPECT(fake_has(p, &m->tx[i][n]));
		}
		while (next < MODEL_NONCES && m->has[i][next])
			next++;
		EXPECT_U64(pool_nonce(p, &a, m->chain.nonce[i]), next);
	}
	expect_counts(p, pending, total - pending);
	EXPECT(pool_has_work(p, m->gas_max, &fee) == has_work);
}

/* step_limit moves the next block's gas limit or base fee. */
static void
step_limit(struct pool *p, struct model *m, uint64_t *seed)
{
	struct pool_gas gas;

	m->base_fee = fake_rand(seed) % 4;
	m->gas_max = 10000 + fake_rand(seed) % 120000;
	gas = (struct pool_gas){.accept = m->gas_max, .block = m->gas_max};
	EXPECT_RC(pool_set_gas(p, &gas, 0, NULL), RC_OK);
	fake_heads(p, &m->chain, 1);
}

/* step_mine moves one account's chain state, mostly as blocks would. */
static void
step_mine(struct pool *p, struct model *m, uint64_t *seed)
{
	unsigned i = (unsigned)(fake_rand(seed) % MODEL_ACCOUNTS), n;
	uint64_t cost, to = m->chain.nonce[i];
	size_t ready = ready_of(m, i, &cost);

	if (fake_rand(seed) % 8 == 0)
		to = fake_rand(seed) % MODEL_NONCES;
	else if (ready > 0)
		to += fake_rand(seed) % (ready + 1);
	m->chain.balance[i] = fake_rand(seed) % 300000;
	EXPECT_RC(fake_mine(p, &m->chain, i, to, 0), RC_OK);
	for (n = 0; n < to; n++)
		m->has[i][n] = false;
}

static void
step_insert(struct pool *p, struct model *m, uint64_t *seed)
{
	struct fake_tx t = {
	    .from = (unsigned)(fake_rand(seed) % MODEL_ACCOUNTS),
	    .nonce = fake_rand(seed) % MODEL_NONCES,
	    .fee = fake_rand(seed) % 4,
	    .gas = 21000 + fake_rand(seed) % 4 * 30000,
	    .value = fake_rand(seed) % 3 * 1000,
	};
	enum rc want = expected(m, &t);

	EXPECT_RC(fake_put(p, &t, NULL), want);
	if (want != RC_OK)
		return;
	m->has[t.from][t.nonce] = true;
	m->tx[t.from][t.nonce] = t;
}

static void
step_drop(struct pool *p, struct model *m, uint64_t *seed)
{
	unsigned i = (unsigned)(fake_rand(seed) % MODEL_ACCOUNTS);
	unsigned n = (unsigned)(fake_rand(seed) % MODEL_NONCES);
	struct hash h;

	if (!m->has[i][n])
		return;
	h = fake_hash(&m->tx[i][n]);
	pool_drop(p, &h, "random");
	m->has[i][n] = false;
}

/* compare_pick checks that a pick is a permutation of all executable ones
 * that keeps nonce order and never passes over a better tip. */
static void
compare_pick(struct pool *p, const struct model *m)
{
	uint64_t next[MODEL_ACCOUNTS], left[MODEL_ACCOUNTS], cost;
	struct pool_tx **v;
	struct arena a;
	size_t i, k, cnt, total = 0;

	for (i = 0; i < MODEL_ACCOUNTS; i++) {
		next[i] = m->chain.nonce[i];
		left[i] = ready_of(m, (unsigned)i, &cost);
		total += left[i];
	}
	arena_init(&a, 1 << 16);
	EXPECT_RC(pool_pick(p, &a, &v, &cnt, 100000000, &zero, NULL), RC_OK);
	EXPECT_U64(cnt, total);
	for (i = 0; i < cnt; i++) {
		unsigned from = be32(v[i]->sender.b + 16);

		for (k = 0; k < MODEL_ACCOUNTS; k++)
			EXPECT(left[k] == 0 ||
			       m->tx[k][next[k]].fee <= v[i]->tx.max_fee.w[0]);
		EXPECT_U64(v[i]->tx.nonce, next[from]);
		next[from]++;
		left[from]--;
		pool_tx_put(v[i]);
	}
	arena_drop(&a);
}

TEST(test_pool_random_history_matches_model)
{
	static struct model m;
	uint64_t seed;
	unsigned run, step;

	for (run = 0; run < 40; run++) {
		struct pool *p;

		m = (struct model){.has = {{false}}};
		fake_reset(&m.chain);
		for (step = 0; step < MODEL_ACCOUNTS; step++)
			m.chain.balance[step] = 100000;
		m.gas_max = UINT64_MAX;
		p = fake_open(&m.chain, NULL);
		seed = run;
		for (step = 0; step < 250; step++) {
			switch (fake_rand(&seed) % 16) {
			case 0:
			case 2:
				step_mine(p, &m, &seed);
				break;
			case 1:
				step_drop(p, &m, &seed);
				break;
			case 3:
				step_limit(p, &m, &seed);
				break;
			default:
				step_insert(p, &m, &seed);
				break;
			}
			compare(p, &m);
			if (step % 10 == 0)
				compare_pick(p, &m);
		}
		pool_close(p);
	}
	test_count(run);
}
