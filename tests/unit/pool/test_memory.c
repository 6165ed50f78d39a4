/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory that runs out at every allocation in turn: an insertion is whole or
 * has not been, and what was acknowledged is still there.
 */
#include <stdio.h>
#include <string.h>

#include "fake.h"
#include "test.h"

static const char *
log_dir(void)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/pool", test_tmpdir());
	return path;
}

static void
expect_counts(const struct pool *p, size_t pending, size_t queued)
{
	struct pool_stats st;

	pool_stats(p, &st);
	EXPECT_U64(st.pending, pending);
	EXPECT_U64(st.queued, queued);
}

TEST(test_pool_tx_decode_without_memory_reports)
{
	static const struct hash keys[3];
	struct tx_access entry = {.keys = keys, .key_cnt = 3};
	struct tx tx = {.type = TX_ACCESS_LIST,
	    .has_chain_id = true,
	    .chain_id = 1,
	    .access = &entry,
	    .access_cnt = 1};
	static const uint8_t key[32] = {[31] = 1};
	struct pool_tx *t;
	struct arena a;
	size_t n;

	arena_init(&a, 1 << 16);
	EXPECT_RC(tx_sign(&a, &tx, key, NULL), RC_OK);
	for (n = 1;; n++) {
		enum rc rc;

		test_alloc_fail(n);
		rc = pool_tx_new(&t, tx.raw, NULL);
		if (!test_alloc_did_fail())
			break;
		EXPECT_RC(rc, RC_NO_MEMORY);
	}
	EXPECT(n > 2);
	pool_tx_put(t);
	arena_drop(&a);
}

/* steps fill a pool so that each way into it is taken: first, next, fifth of
 * an account, replacement, gap. */
static const struct fake_tx steps[] = {
    {.from = 1, .nonce = 0},
    {.from = 1, .nonce = 1},
    {.from = 1, .nonce = 2},
    {.from = 1, .nonce = 3},
    {.from = 1, .nonce = 4},
    {.from = 1, .nonce = 4, .fee = 1},
    {.from = 2, .nonce = 9},
};
enum { STEP_CNT = sizeof(steps) / sizeof(steps[0]) };

/* insert_with_failures inserts one, failing at each allocation in turn until
 * one time none fails. Returns how often it failed. */
static size_t
insert_with_failures(struct pool *p, const struct fake_tx *t)
{
	struct pool_tx *made = fake_make(t);
	struct pool_stats before, after;
	size_t n;
	enum rc rc;

	pool_stats(p, &before);
	for (n = 1;; n++) {
		test_alloc_fail(n);
		rc = pool_insert(p, made, 0, NULL);
		if (!test_alloc_did_fail())
			break;
		EXPECT_RC(rc, RC_NO_MEMORY);
		EXPECT(!fake_has(p, t));
		pool_stats(p, &after);
		EXPECT_U64(after.pending, before.pending);
		EXPECT_U64(after.queued, before.queued);
		EXPECT_U64(after.bytes, before.bytes);
		EXPECT_U64(after.accounts, before.accounts);
	}
	EXPECT_RC(rc, RC_OK);
	EXPECT(fake_has(p, t));
	return n - 1;
}

TEST(test_pool_insert_without_memory_is_whole_or_not)
{
	size_t i, failures = 0;
	struct fake f;
	struct pool *p;

	fake_reset(&f);
	p = fake_open(&f, log_dir());
	for (i = 0; i < STEP_CNT; i++)
		failures += insert_with_failures(p, &steps[i]);
	EXPECT(failures > STEP_CNT);
	expect_counts(p, 5, 1);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	pool_close(p);
	/* What failed half-way does not come back either. */
	p = fake_open(&f, log_dir());
	expect_counts(p, 5, 1);
	EXPECT(!fake_has(p, &steps[4]) && fake_has(p, &steps[5]));
	pool_close(p);
}

TEST(test_pool_many_accounts_without_memory_keep_order)
{
	struct fake_tx t = {0};
	struct fake f;
	struct pool *p;

	/* Past the first growth of the heap and of both maps. */
	fake_reset(&f);
	p = fake_open(&f, NULL);
	for (t.from = 0; t.from < 70; t.from++)
		(void)insert_with_failures(p, &t);
	expect_counts(p, 70, 0);
	pool_close(p);
}

TEST(test_pool_open_without_memory_reports)
{
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct pool_view view;
	struct fake f;
	struct pool *p;
	size_t i, n;
	enum rc rc;

	fake_reset(&f);
	view = fake_view(&f);
	p = fake_open(&f, log_dir());
	for (i = 0; i < STEP_CNT; i++)
		EXPECT_RC(fake_put(p, &steps[i], NULL), RC_OK);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	pool_close(p);
	conf.log_dir = log_dir();
	for (n = 1;; n++) {
		p = NULL;
		test_alloc_fail(n);
		rc = pool_open(&p, &conf, &view, 0, NULL);
		if (!test_alloc_did_fail())
			break;
		EXPECT_RC(rc, RC_NO_MEMORY);
		EXPECT(p == NULL);
	}
	EXPECT_RC(rc, RC_OK);
	EXPECT(n > STEP_CNT);
	expect_counts(p, 5, 1);
	pool_close(p);
}

TEST(test_pool_head_and_pick_without_memory_report)
{
	struct u256 zero = U256_ZERO;
	struct fake_tx t = {.from = 1, .fee = 1};
	struct pool_view view;
	struct pool_tx **v;
	struct arena a;
	struct fake f;
	struct pool *p;
	size_t cnt, n;
	enum rc rc;

	fake_reset(&f);
	view = fake_view(&f);
	p = fake_open(&f, NULL);
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	for (n = 1;; n++) {
		test_alloc_fail(n);
		rc = pool_head(p, &view, NULL, 0, n * 100000, NULL);
		if (!test_alloc_did_fail())
			break;
		EXPECT_RC(rc, RC_NO_MEMORY);
	}
	EXPECT_RC(rc, RC_OK);
	arena_init(&a, 1 << 20);
	for (n = 1;; n++) {
		test_alloc_fail(n);
		rc = pool_pick(p, &a, &v, &cnt, 30000000, &zero, NULL);
		if (!test_alloc_did_fail())
			break;
		EXPECT_RC(rc, RC_NO_MEMORY);
	}
	EXPECT_RC(rc, RC_OK);
	EXPECT_U64(cnt, 1);
	pool_tx_put(v[0]);
	arena_drop(&a);
	pool_close(p);
}
