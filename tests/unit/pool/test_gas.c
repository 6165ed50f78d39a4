/* SPDX-License-Identifier: Apache-2.0
 *
 * Gas limits that move: a newcomer that could come to be too large is
 * refused, and an acknowledged one that did is never lost.
 */
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "fake.h"
#include "pool/pool_priv.h"
#include "test.h"

static void
expect_counts(const struct pool *p, size_t pending, size_t queued)
{
	struct pool_stats st;

	pool_stats(p, &st);
	EXPECT_U64(st.pending, pending);
	EXPECT_U64(st.queued, queued);
}

static void
set_gas(struct pool *p, uint64_t accept, uint64_t block)
{
	const struct pool_gas gas = {.accept = accept, .block = block};

	EXPECT_RC(pool_set_gas(p, &gas, 0, NULL), RC_OK);
}

/* head_with is a head with another gas limit, as the pool hears of it. */
static void
head_with(struct pool *p, struct fake *f, uint64_t accept, uint64_t block)
{
	set_gas(p, accept, block);
	fake_heads(p, f, 1);
}

static struct pool *
open_with(struct fake *f, const char *dir, uint64_t accept, uint64_t block)
{
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct pool_view view = fake_view(f);
	struct pool *p = NULL;

	conf.log_dir = dir;
	conf.age_max_s = 1000;
	conf.gas = (struct pool_gas){.accept = accept, .block = block};
	EXPECT_RC(pool_open(&p, &conf, &view, 0, NULL), RC_OK);
	return p;
}

/* count_lines counts lines of text that have all of hash, gas and limit. */
static size_t
count_lines(const char *text, const struct fake_tx *t, uint64_t limit)
{
	char hash[67], want[200];
	struct hash h = fake_hash(t);
	size_t cnt = 0;

	(void)snprintf(want, sizeof(want),
	    "waits for larger blocks hash=%s sender=0xfa00000000000000000000"
	    "00000000000000%04x nonce=%llu gas=%llu limit=%llu\n",
	    hex_put0x(hash, hash_bytes(&h)), t->from,
	    (unsigned long long)t->nonce, (unsigned long long)t->gas,
	    (unsigned long long)limit);
	while ((text = strstr(text, want)) != NULL) {
		cnt++;
		text += strlen(want);
	}
	return cnt;
}

TEST(test_gas_newcomer_is_judged_by_what_blocks_come_to)
{
	static const struct {
		const char *name;
		uint64_t accept, block, gas;
		enum rc want;
	} rows[] = {
	    {"at the limit", 100000, 100000, 100000, RC_OK},
	    {"above it", 100000, 100000, 100001, RC_TX_GAS_LIMIT},
	    {"fits now, not later", 50000, 100000, 50001, RC_TX_GAS_LIMIT},
	    {"fits now and later", 50000, 100000, 50000, RC_OK},
	};
	struct fake f;
	struct err e;
	size_t i;

	fake_reset(&f);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pool *p =
		    open_with(&f, NULL, rows[i].accept, rows[i].block);
		const struct fake_tx t = {.gas = rows[i].gas};

		test_row(rows[i].name);
		EXPECT_RC(fake_put(p, &t, &e), rows[i].want);
		if (rows[i].want != RC_OK)
			EXPECT_STR(e.text, "exceeds block gas limit");
		expect_counts(p, rows[i].want == RC_OK, 0);
		pool_close(p);
	}
	test_row(NULL);
	test_count(i);
}

/* The bounds follow the head, not the start. */
TEST(test_gas_bounds_follow_heads)
{
	const struct fake_tx t = {.gas = 60000};
	struct fake f;
	struct pool *p;

	fake_reset(&f);
	p = open_with(&f, NULL, 50000, 50000);
	EXPECT_RC(fake_put(p, &t, NULL), RC_TX_GAS_LIMIT);
	head_with(p, &f, 60000, 60050);
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	expect_counts(p, 1, 0);
	pool_close(p);
}

TEST(test_gas_block_too_small_queues_and_tells)
{
	const struct fake_tx a0 = {.from = 1, .gas = 40000},
			     a1 = {.from = 1, .nonce = 1, .gas = 90000},
			     a2 = {.from = 1, .nonce = 2, .gas = 21000},
			     a3 = {.from = 1, .nonce = 3, .gas = 95000},
			     b0 = {.from = 2, .gas = 21000};
	struct fake f;
	struct pool *p;
	const char *text;

	fake_reset(&f);
	p = open_with(&f, NULL, 100000, 100000);
	EXPECT_RC(fake_put(p, &a0, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &a1, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &a2, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &a3, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &b0, NULL), RC_OK);
	expect_counts(p, 5, 0);
	fake_log_begin();
	head_with(p, &f, 50000, 95000);
	head_with(p, &f, 50000, 89000);
	head_with(p, &f, 50000, 88000);
	text = fake_log_end();
	/* One line each, at the first limit that is too low. */
	EXPECT_U64(count_lines(text, &a1, 89000), 1);
	EXPECT_U64(count_lines(text, &a3, 89000), 1);
	EXPECT(strstr(text, "limit=95000") == NULL);
	EXPECT(strstr(text, "limit=88000") == NULL);
	EXPECT(strstr(text, "gas=21000") == NULL);
	/* All are there; nothing that waits keeps others from being mined. */
	expect_counts(p, 2, 3);
	EXPECT(fake_has(p, &a1) && fake_has(p, &a2) && fake_has(p, &a3));
	/* The limit comes back step by step. */
	head_with(p, &f, 50000, 90000);
	expect_counts(p, 4, 1);
	head_with(p, &f, 50000, 95000);
	expect_counts(p, 5, 0);
	pool_close(p);
}

TEST(test_gas_accounts_are_searched_only_when_one_is_too_large)
{
	const struct fake_tx big = {.from = 1, .gas = 90000},
			     small = {.from = 2, .gas = 30000};
	struct fake f;
	struct pool *p;

	fake_reset(&f);
	p = open_with(&f, NULL, 100000, 100000);
	EXPECT_RC(fake_put(p, &small, NULL), RC_OK);
	EXPECT_U64(p->ready_gas, 30000);
	EXPECT_RC(fake_put(p, &big, NULL), RC_OK);
	EXPECT_U64(p->ready_gas, 90000);
	EXPECT_RC(fake_mine(p, &f, 1, 1, 0), RC_OK);
	/* A search would have found that the large one is gone. */
	set_gas(p, 50000, 90000);
	EXPECT_U64(p->ready_gas, 90000);
	set_gas(p, 50000, 89999);
	EXPECT_U64(p->ready_gas, 30000);
	expect_counts(p, 1, 0);
	set_gas(p, 20000, 29999);
	EXPECT_U64(p->ready_gas, 0);
	expect_counts(p, 0, 1);
	pool_close(p);
}

TEST(test_gas_too_large_for_long_is_dropped_with_the_numbers)
{
	const struct fake_tx t = {.from = 1, .gas = 90000};
	const struct pool_gas less = {.accept = 50000, .block = 50000};
	struct fake f;
	struct pool *p;
	const char *text;

	fake_reset(&f);
	p = open_with(&f, NULL, 100000, 100000);
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	EXPECT_RC(pool_set_gas(p, &less, 5000 * 1000, NULL), RC_OK);
	/* It waits since then, not since it came. */
	EXPECT_RC(fake_mine(p, &f, 2, 1, 5900 * 1000), RC_OK);
	expect_counts(p, 0, 1);
	fake_log_begin();
	EXPECT_RC(fake_mine(p, &f, 2, 2, 6101 * 1000), RC_OK);
	text = fake_log_end();
	expect_counts(p, 0, 0);
	EXPECT(strstr(text, "nonce=0 why=\"gas 90000 is above the block gas "
			    "limit 50000 for too long\"") != NULL);
	pool_close(p);
}

/* A start with a lower target: what was acknowledged is mined while blocks
 * still hold it, and waits when they do not; it is there in any case. */
TEST(test_gas_restart_with_lower_limit_keeps_acknowledged)
{
	const struct fake_tx big = {.from = 1, .gas = 90000},
			     more = {.from = 1, .nonce = 1, .gas = 90000};
	struct fake f;
	struct pool *p;
	const char *text;

	fake_reset(&f);
	p = open_with(&f, fake_log_dir(), 100000, 100000);
	EXPECT_RC(fake_put(p, &big, NULL), RC_OK);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	pool_close(p);
	/* The target is lower, the head's limit not yet. */
	p = open_with(&f, fake_log_dir(), 50000, 99000);
	expect_counts(p, 1, 0);
	EXPECT_RC(fake_put(p, &more, NULL), RC_TX_GAS_LIMIT);
	pool_close(p);
	/* The head's limit is lower too. */
	fake_log_begin();
	p = open_with(&f, fake_log_dir(), 50000, 50000);
	text = fake_log_end();
	EXPECT_U64(count_lines(text, &big, 50000), 1);
	expect_counts(p, 0, 1);
	EXPECT(fake_has(p, &big));
	pool_close(p);
	p = open_with(&f, fake_log_dir(), 100000, 100000);
	expect_counts(p, 1, 0);
	pool_close(p);
}

/* However long the node was down, larger blocks are waited for since it is
 * up again. */
TEST(test_gas_restart_does_not_count_time_down)
{
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	const struct fake_tx big = {.from = 1, .gas = 90000};
	struct fake f;
	struct pool *p;
	struct pool_view view;

	fake_reset(&f);
	view = fake_view(&f);
	p = open_with(&f, fake_log_dir(), 100000, 100000);
	EXPECT_RC(fake_put(p, &big, NULL), RC_OK);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	pool_close(p);
	conf.log_dir = fake_log_dir();
	conf.age_max_s = 1000;
	conf.gas = (struct pool_gas){.accept = 50000, .block = 50000};
	EXPECT_RC(pool_open(&p, &conf, &view, 5000 * 1000, NULL), RC_OK);
	EXPECT_RC(fake_mine(p, &f, 2, 1, 5100 * 1000), RC_OK);
	expect_counts(p, 0, 1);
	EXPECT_RC(fake_mine(p, &f, 2, 2, 6101 * 1000), RC_OK);
	expect_counts(p, 0, 0);
	pool_close(p);
}

TEST(test_gas_of_undone_block_too_large_waits)
{
	const struct fake_tx big = {.from = 1, .gas = 90000},
			     small = {.from = 2, .gas = 21000};
	struct fake f;
	struct pool *p;
	const char *text;

	fake_reset(&f);
	p = open_with(&f, NULL, 50000, 50000);
	fake_log_begin();
	EXPECT_RC(pool_return(p, fake_make(&big), 0, NULL), RC_OK);
	EXPECT_RC(pool_return(p, fake_make(&small), 0, NULL), RC_OK);
	text = fake_log_end();
	EXPECT_U64(count_lines(text, &big, 50000), 1);
	EXPECT_U64(count_lines(text, &small, 50000), 0);
	expect_counts(p, 1, 1);
	head_with(p, &f, 50000, 90000);
	expect_counts(p, 2, 0);
	pool_close(p);
}

/* The sender need not wait. */
TEST(test_gas_too_large_is_replaced_by_its_sender)
{
	const struct fake_tx big = {.from = 1, .gas = 90000, .fee = 10},
			     next = {.from = 1, .nonce = 1},
			     less = {.from = 1, .gas = 40000, .fee = 11};
	struct fake f;
	struct pool *p;

	fake_reset(&f);
	p = open_with(&f, NULL, 100000, 100000);
	EXPECT_RC(fake_put(p, &big, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &next, NULL), RC_OK);
	head_with(p, &f, 50000, 50000);
	expect_counts(p, 0, 2);
	EXPECT_RC(fake_put(p, &less, NULL), RC_OK);
	expect_counts(p, 2, 0);
	EXPECT(!fake_has(p, &big));
	pool_close(p);
}

/* What is there to mine, asked at every turn. -------------------------- */

static bool
has_work(struct pool *p, uint64_t gas_max, uint64_t base_fee)
{
	const struct u256 fee = u256_from_u64(base_fee);

	return pool_has_work(p, gas_max, &fee);
}

TEST(test_work_none_is_remembered_until_there_is_some)
{
	const struct fake_tx gap = {.from = 1, .nonce = 1, .fee = 5},
			     poor = {.from = 2, .fee = 2},
			     first = {.from = 1, .fee = 5};
	struct fake f;
	struct pool *p;

	fake_reset(&f);
	p = open_with(&f, NULL, 100000, 100000);
	EXPECT(!has_work(p, 100000, 3) && p->idle.is_known);
	/* Neither of these could be mined: nothing is looked at again. */
	EXPECT_RC(fake_put(p, &gap, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &poor, NULL), RC_OK);
	fake_heads(p, &f, 2);
	EXPECT(p->idle.is_known);
	EXPECT(!has_work(p, 100000, 3));
	EXPECT_RC(fake_put(p, &first, NULL), RC_OK);
	EXPECT(!p->idle.is_known);
	EXPECT(has_work(p, 100000, 3));
	pool_close(p);
}

TEST(test_work_none_is_forgotten_for_another_question)
{
	const struct fake_tx t = {.from = 1, .fee = 2, .gas = 50000};
	struct fake f;
	struct pool *p;

	fake_reset(&f);
	p = open_with(&f, NULL, 100000, 100000);
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	EXPECT(!has_work(p, 100000, 3));
	EXPECT(has_work(p, 100000, 2));
	EXPECT(!has_work(p, 49999, 2));
	EXPECT(has_work(p, 50000, 2));
	EXPECT(!has_work(p, 100000, 3));
	pool_close(p);
}

TEST(test_work_comes_by_heads_and_drops)
{
	const struct fake_tx t0 = {.from = 1, .fee = 1},
			     t1 = {.from = 1, .nonce = 1, .fee = 9},
			     big = {.from = 2, .fee = 9, .gas = 90000};
	struct hash h = fake_hash(&t1);
	struct fake f;
	struct pool *p;

	fake_reset(&f);
	p = open_with(&f, NULL, 100000, 100000);
	EXPECT_RC(fake_put(p, &t0, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &t1, NULL), RC_OK);
	EXPECT(!has_work(p, 100000, 5));
	/* What stood before the one that pays is mined. */
	EXPECT_RC(fake_mine(p, &f, 1, 1, 0), RC_OK);
	EXPECT(has_work(p, 100000, 5));
	pool_drop(p, &h, "test");
	EXPECT(!has_work(p, 100000, 5));
	/* A block that is large enough again. */
	EXPECT_RC(fake_put(p, &big, NULL), RC_OK);
	head_with(p, &f, 50000, 50000);
	EXPECT(!has_work(p, 50000, 5));
	head_with(p, &f, 100000, 100000);
	EXPECT(has_work(p, 100000, 5));
	pool_close(p);
}
