/* SPDX-License-Identifier: Apache-2.0
 *
 * State of the past against the world: windows, archives, changes from one to
 * the other, and branches that undo blocks in layers and in tables.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/check.h"
#include "files.h"
#include "model.h"
#include "store/dbs_priv.h"
#include "test.h"

static struct model m;

static struct store *
open_with(uint64_t history)
{
	struct store_conf c = store_conf_default(test_tmpdir());
	struct store *s = NULL;

	c.map_bytes = (size_t)16 << 20;
	c.history = history;
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	return s;
}

static struct model_block *
add(struct store *s, struct model_block *b, int cnt)
{
	for (int i = 0; i < cnt; i++) {
		uint64_t parent = b == NULL ? 0 : b->number;

		b = model_grow(&m, b);
		EXPECT_RC(model_append(s, b, parent, NULL), RC_OK);
	}
	return b;
}

static void
flush(struct store *s)
{
	EXPECT_RC(store_flush(s, NULL), RC_OK);
}

/* Flushes after 1 to 7 blocks make batches of all lengths. */
static struct model_block *
add_in_batches(struct store *s, struct model_block *b, int cnt)
{
	while (cnt > 0) {
		int n = 1 + (int)model_random(&m, 7);

		b = add(s, b, n < cnt ? n : cnt);
		cnt -= n;
		flush(s);
	}
	return b;
}

TEST(test_history_archive_keeps_every_state)
{
	struct store *s = open_with(0);
	struct model_block *b;

	model_init(&m, 41);
	b = add_in_batches(s, NULL, 100);
	b = add(s, b, 5);
	model_check(&m, s, b, 0);
	EXPECT(s->base.index_from == 0);
	store_close(s);
	model_free(&m);
}

TEST(test_history_window_is_exact)
{
	static const uint64_t windows[] = {1, 2, 9, 30, 300};

	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		struct path dir = files_path("%s/%zu", test_tmpdir(), i);
		struct store_conf c = store_conf_default(dir.s);
		struct model_block *b = NULL;
		uint64_t w = windows[i];
		struct store *s;

		CHECK(mkdir(dir.s, 0700) == 0);
		c.map_bytes = (size_t)16 << 20;
		c.history = w;
		EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
		model_init(&m, 42 + i);
		for (int k = 0; k < 25; k++) {
			b = add(s, b, 1 + (int)model_random(&m, 4));
			model_check(
			    &m, s, b, b->number > w ? b->number - w : 0);
			if (model_random(&m, 2) == 0)
				flush(s);
			model_check(
			    &m, s, b, b->number > w ? b->number - w : 0);
		}
		store_close(s);
		model_free(&m);
		test_count(1);
	}
}

/* count_past counts what is left of history on disk. */
static size_t
count_past(struct store *s, enum table tb)
{
	struct table_txn t = {0};
	struct table_at at;
	size_t cnt = 0;

	EXPECT_RC(table_read_begin(&t, &s->te, NULL), RC_OK);
	EXPECT_RC(table_seek(&t, &at, tb, bytes_of(NULL, 0), NULL), RC_OK);
	for (; at.key.ptr != NULL; cnt++)
		EXPECT_RC(seek_behind(&t, &at, tb, at.key, NULL), RC_OK);
	table_read_close(&t);
	return cnt;
}

TEST(test_history_old_batches_leave_the_disk)
{
	struct store *s = open_with(10);
	struct model_block *b = NULL;
	size_t most = 0;

	model_init(&m, 50);
	for (int k = 0; k < 60; k++) {
		size_t batches;

		b = add(s, b, 2);
		flush(s);
		batches = count_past(s, TABLE_BATCHES);
		most = batches > most ? batches : most;
	}
	/* ten blocks are five batches, and one that straddles the edge */
	EXPECT(most <= 7);
	EXPECT(s->base.oldest + 10 + 2 >= b->number);
	EXPECT(count_past(s, TABLE_PAST_AT) == 0);
	store_close(s);
	model_free(&m);
}

TEST(test_history_narrower_window_is_pruned_step_by_step)
{
	struct store *s = open_with(0);
	struct model_block *b;

	model_init(&m, 51);
	b = add_in_batches(s, NULL, 120);
	EXPECT(count_past(s, TABLE_PAST_AT) > 0);
	store_close(s);
	s = open_with(6);
	model_check(&m, s, b, b->number - 6);
	for (int k = 0; k < 12; k++) {
		b = add(s, b, 1);
		flush(s);
		model_check(&m, s, b, b->number - 6);
	}
	EXPECT_U64(count_past(s, TABLE_PAST_AT), 0);
	EXPECT(count_past(s, TABLE_BATCHES) <= 9);
	store_close(s);
	model_free(&m);
}

TEST(test_history_window_widened_to_archive_keeps_from_there)
{
	struct store *s = open_with(8);
	struct model_block *b;
	uint64_t oldest;

	model_init(&m, 52);
	b = add_in_batches(s, NULL, 50);
	oldest = s->base.oldest;
	EXPECT(oldest > 0 && oldest <= b->number - 8);
	store_close(s);
	s = open_with(0);
	model_check(&m, s, b, oldest);
	for (int k = 0; k < 10; k++) {
		b = add(s, b, 1 + (int)model_random(&m, 3));
		flush(s);
		/* part of it is searched batch by batch, part by index */
		model_check(&m, s, b, oldest);
	}
	b = add(s, b, 2);
	model_check(&m, s, b, oldest);
	store_close(s);
	model_free(&m);
}

TEST(test_history_wide_window_has_an_index_and_prunes_it)
{
	struct store *s = open_with(STORE_SCAN_MAX + 1);
	struct model_block *b;

	model_init(&m, 53);
	b = add_in_batches(s, NULL, 40);
	EXPECT(count_past(s, TABLE_PAST_AT) == count_past(s, TABLE_PAST));
	model_check(&m, s, b, 0);
	s->conf.history = 10; /* as if the limit were lower */
	b = add_in_batches(s, b, 10);
	EXPECT(count_past(s, TABLE_PAST_AT) == 0);
	store_close(s);
	model_free(&m);
}

/* Branches. ---------------------------------------------------------- */

/* branch makes a branch of len blocks that leaves the head back blocks
 * down. */
static struct model_block *
branch(struct model_block *b, uint64_t back, uint64_t len)
{
	for (; back > 0; back--)
		b = b->parent;
	for (; len > 0; len--)
		b = model_grow(&m, b);
	return b;
}

TEST(test_rewind_any_depth_with_any_flush_matches)
{
	/* back blocks down, of which flushed are in the tables */
	for (uint64_t back = 1; back <= 7; back++)
		for (int flushed = 0; flushed <= 12; flushed += 3) {
			struct path dir = files_path("%s/%llu-%d",
			    test_tmpdir(), (unsigned long long)back, flushed);
			struct store_conf c = store_conf_default(dir.s);
			struct model_block *b, *x;
			struct store *s;

			CHECK(mkdir(dir.s, 0700) == 0);
			c.map_bytes = (size_t)16 << 20;
			EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
			model_init(&m, 60 + back);
			b = add(s, NULL, flushed);
			flush(s);
			b = add(s, b, 12 - flushed);
			x = branch(b, back, back + 1);
			EXPECT_RC(
			    model_append(s, x, b->number - back, NULL), RC_OK);
			model_check(&m, s, x, 0);
			flush(s);
			model_check(&m, s, x, 0);
			/* back to where we were, and on */
			b = branch(b, 0, 2);
			EXPECT_RC(
			    model_append(s, b, x->number - back - 1, NULL),
			    RC_OK);
			model_check(&m, s, b, 0);
			store_close(s);
			EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
			(void)model_recover(&m, s);
			model_check(&m, s, b, 0);
			store_close(s);
			files_remove_tree(dir.s);
			model_free(&m);
			test_count(1);
		}
}

TEST(test_rewind_beyond_history_changes_nothing)
{
	struct store *s = open_with(5);
	struct model_block *b, *x;
	struct err e = {0};

	model_init(&m, 70);
	b = add_in_batches(s, NULL, 20);
	x = branch(b, 6, 7);
	EXPECT_RC(model_append(s, x, b->number - 6, &e), RC_NOT_FOUND);
	EXPECT(strstr(e.text, "14") != NULL);
	model_check(&m, s, b, b->number - 5);
	x = branch(b, 5, 6);
	EXPECT_RC(model_append(s, x, b->number - 5, NULL), RC_OK);
	store_close(s);
	s = open_with(5);
	EXPECT_U64(model_recover(&m, s), 0);
	EXPECT(s->base.number == x->number);
	store_close(s);
	model_free(&m);
}

TEST(test_rewind_many_times_matches)
{
	struct store *s = open_with(20);
	struct model_block *b = NULL;

	model_init(&m, 71);
	b = add(s, NULL, 8);
	for (int k = 0; k < 60; k++) {
		uint64_t back = model_random(&m, 6), at = b->number - back;

		b = branch(b, back, back + model_random(&m, 3));
		if (b->number == at)
			b = model_grow(&m, b);
		EXPECT_RC(model_append(s, b, at, NULL), RC_OK);
		if (model_random(&m, 3) == 0)
			flush(s);
		if (k % 5 == 0) {
			struct store_view *v;

			EXPECT_RC(store_view_open(&v, s, NULL), RC_OK);
			model_check_view(&m, v, b, store_view_oldest(v));
			store_view_close(v);
		}
	}
	store_close(s);
	model_free(&m);
}

/* The record of a branch is in the log, the process dies before the tables
 * were rolled back. */
TEST(test_rewind_recovered_before_the_tables_followed)
{
	struct path dir = files_path("%s/a", test_tmpdir());
	struct path old_db = files_path("%s/db", test_tmpdir());
	struct store_conf c = store_conf_default(dir.s);
	struct model_block *b, *x;
	struct store *s;

	CHECK(mkdir(dir.s, 0700) == 0);
	c.map_bytes = (size_t)16 << 20;
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	model_init(&m, 72);
	b = add(s, NULL, 10);
	flush(s);
	store_close(s);
	files_copy_tree(files_path("%s/db", dir.s).s, old_db.s);
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	x = branch(b, 4, 5);
	EXPECT_RC(model_append(s, x, b->number - 4, NULL), RC_OK);
	model_check(&m, s, x, 0);
	store_close(s);
	files_remove_tree(files_path("%s/db", dir.s).s);
	CHECK(rename(old_db.s, files_path("%s/db", dir.s).s) == 0);
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	model_check(&m, s, b, 0);
	EXPECT_U64(model_recover(&m, s), 1);
	model_check(&m, s, x, 0);
	store_close(s);
	model_free(&m);
}
