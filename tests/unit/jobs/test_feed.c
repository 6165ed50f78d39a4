/* SPDX-License-Identifier: Apache-2.0
 *
 * The follower against a real database and a node that bends its chain.
 */
#include <stdio.h>
#include <string.h>

#include "chain.h"
#include "test.h"

/* Steps until nothing is left, at most that many. */
static enum rc
follow(struct chain *c, struct err *e)
{
	size_t cnt = 1;
	enum rc rc = RC_OK;

	for (int i = 0; rc == RC_OK && cnt > 0 && i < CHAIN_MAX; i++)
		rc = feed_step(&c->feed, &cnt, e);
	return rc;
}

static long
stored(struct chain *c)
{
	return chain_sql(c, "select count(*) from block");
}

TEST(test_feed_stores_all_blocks_in_batches)
{
	struct chain c;
	size_t cnt;

	if (!chain_open(&c, 25))
		return;
	EXPECT_RC(feed_step(&c.feed, &cnt, NULL), RC_OK);
	EXPECT_U64(cnt, 10);
	EXPECT_RC(feed_step(&c.feed, &cnt, NULL), RC_OK);
	EXPECT_RC(feed_step(&c.feed, &cnt, NULL), RC_OK);
	EXPECT_U64(cnt, 5);
	EXPECT_RC(feed_step(&c.feed, &cnt, NULL), RC_OK);
	EXPECT_U64(cnt, 0);
	EXPECT(stored(&c) == 25 && chain_is_whole(&c));
	EXPECT(chain_sql(&c, "select gas_used from block where number = 3") ==
	       21000);
	EXPECT(chain_sql(&c, "select tx_cnt from block where number = 3") == 1);
	chain_close(&c);
}

TEST(test_feed_empty_node_is_waited_for)
{
	struct chain c;
	size_t cnt = 1;

	if (!chain_open(&c, 0))
		return;
	EXPECT_RC(feed_step(&c.feed, &cnt, NULL), RC_OK);
	EXPECT_U64(cnt, 0);
	EXPECT(chain_sql(&c, "select count(*) from cursor") == 0);
	chain_set(&c, 0, 0, 2);
	EXPECT_RC(follow(&c, NULL), RC_OK);
	EXPECT(stored(&c) == 2 && chain_is_whole(&c));
	chain_close(&c);
}

TEST(test_feed_goes_on_at_the_cursor_after_a_start)
{
	struct chain c;

	if (!chain_open(&c, 7))
		return;
	EXPECT_RC(follow(&c, NULL), RC_OK);
	chain_set(&c, 64, 0, 12);
	chain_dial(&c); /* as a new process would */
	c.asked = 0;
	EXPECT_RC(follow(&c, NULL), RC_OK);
	/* blocks 7 to 11, the head that is not there twice, the last again */
	EXPECT_U64(c.asked, 5 + 2 + 1);
	EXPECT(stored(&c) == 12 && chain_is_whole(&c));
	chain_close(&c);
}

TEST(test_feed_reorg_by_row)
{
	static const struct {
		const char *name;
		uint64_t first;
		size_t before, after;
	} row[] = {
	    {"head replaced by one of the same height", 14, 15, 15},
	    {"longer branch", 12, 15, 20},
	    {"shorter branch", 12, 15, 13},
	    {"shorter, nothing new", 64, 15, 9},
	    {"all but genesis", 1, 15, 15},
	    {"much longer than a batch", 5, 40, 60},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct chain c;

		test_row(row[i].name);
		if (!chain_open(&c, row[i].before))
			return;
		EXPECT_RC(follow(&c, NULL), RC_OK);
		chain_set(&c, row[i].first, 7, row[i].after);
		/* The step that goes back stores nothing. */
		EXPECT_RC(follow(&c, NULL), RC_OK);
		EXPECT_RC(follow(&c, NULL), RC_OK);
		EXPECT_RC(follow(&c, NULL), RC_OK);
		EXPECT(stored(&c) == (long)row[i].after);
		EXPECT(chain_is_whole(&c));
		chain_close(&c);
		test_row(NULL);
	}
}

/* The node changes its mind between two answers, at every place. */
TEST(test_feed_reorg_between_two_answers_leaves_no_gap)
{
	for (size_t at = 1; at <= 16; at++) {
		struct chain c;

		if (!chain_open(&c, 12))
			return;
		c.swap_at = at;
		c.swap_from = 3;
		c.swap_fork = 9;
		for (int i = 0; i < 4; i++)
			EXPECT_RC(follow(&c, NULL), RC_OK);
		EXPECT(stored(&c) == 12 && chain_is_whole(&c));
		chain_close(&c);
	}
}

/* ... and away, at every place: what was not committed is done again. */
TEST(test_feed_node_lost_at_any_call_loses_nothing)
{
	for (size_t at = 1; at <= 14; at++) {
		struct err e = {0};
		struct chain c;
		size_t cnt = 1;
		enum rc rc;

		if (!chain_open(&c, 12))
			return;
		c.hang_up_at = at;
		rc = follow(&c, &e);
		if (rc == RC_OK)
			rc = feed_step(&c.feed, &cnt, &e);
		EXPECT_RC(rc, RC_UNAVAILABLE);
		EXPECT(stored(&c) % 10 == 0 || at > 12);
		EXPECT(PQtransactionStatus(c.feed.pg) == PQTRANS_IDLE);
		chain_dial(&c);
		EXPECT_RC(follow(&c, NULL), RC_OK);
		EXPECT(stored(&c) == 12 && chain_is_whole(&c));
		chain_close(&c);
	}
}

TEST(test_feed_another_chain_is_refused_and_nothing_deleted)
{
	struct err e = {0};
	struct chain c;

	if (!chain_open(&c, 12))
		return;
	EXPECT_RC(follow(&c, NULL), RC_OK);
	chain_set(&c, 0, 5, 12);
	EXPECT_RC(follow(&c, &e), RC_CORRUPT);
	EXPECT_STR(e.text, "the node's chain shares no block with the 12 "
			   "stored here: another chain?");
	EXPECT(stored(&c) == 12);
	chain_close(&c);
}

TEST(test_feed_gap_in_the_table_is_not_taken_for_an_ancestor)
{
	struct chain c;

	if (!chain_open(&c, 12))
		return;
	EXPECT_RC(follow(&c, NULL), RC_OK);
	PQclear(PQexec(c.feed.pg, "delete from block where number = 8"));
	chain_set(&c, 9, 5, 12);
	/* Back to block 7, the newest that both have. */
	for (int i = 0; i < 3; i++)
		EXPECT_RC(follow(&c, NULL), RC_OK);
	EXPECT(stored(&c) == 12 && chain_is_whole(&c));
	chain_close(&c);
}

TEST(test_feed_block_that_is_none_is_refused)
{
	static const struct {
		const char *name, *key, *value;
	} row[] = {
	    {"another number", "number", "\"0x5\""},
	    {"number not hex", "number", "\"4\""},
	    {"number missing", "number", "null"},
	    {"number above 2^63", "number", "\"0x8000000000000000\""},
	    {"hash short", "hash", "\"0x00\""},
	    {"hash not hex", "hash",
		"\"0xzz00000000000000000000000000000000000000000000000"
		"000000000000000\""},
	    {"hash without 0x", "hash",
		"\"000000000000000000000000000000000000000000000000000"
		"000000000000000\""},
	    {"hash is a number", "hash", "7"},
	    {"parent missing", "parentHash", "null"},
	    {"time is text", "timestamp", "\"now\""},
	    {"author long", "miner",
		"\"0x00000000000000000000000000000000000"
		"0000000aa\""},
	    {"gas limit above 2^64", "gasLimit", "\"0x10000000000000000\""},
	    {"gas used missing", "gasUsed", "null"},
	    {"state root missing", "stateRoot", "null"},
	    {"transactions a list", "transactions", "[]"},
	    {"transactions a text", "transactions", "\"\""},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct err e = {0};
		struct chain c;
		size_t cnt = 1;

		test_row(row[i].name);
		if (!chain_open(&c, 12))
			return;
		c.wrong_block = 4;
		c.wrong_key = row[i].key;
		c.wrong_value = row[i].value;
		EXPECT_RC(feed_step(&c.feed, &cnt, &e), RC_CORRUPT);
		EXPECT_U64(cnt, 0);
		EXPECT(strstr(e.text, "node: block ") == e.text);
		EXPECT(stored(&c) == 0);
		EXPECT(chain_sql(&c, "select count(*) from cursor") == 0);
		chain_close(&c);
		test_row(NULL);
	}
}

/* Undone between the two questions about it. */
TEST(test_feed_block_that_is_gone_when_counted_is_asked_for_again)
{
	struct err e = {0};
	struct chain c;
	size_t cnt = 1;

	if (!chain_open(&c, 4))
		return;
	c.lost = 1;
	EXPECT_RC(feed_step(&c.feed, &cnt, &e), RC_OK);
	EXPECT_U64(cnt, 0);
	EXPECT(stored(&c) == 0);
	EXPECT_RC(feed_step(&c.feed, &cnt, &e), RC_OK);
	EXPECT_U64(cnt, 4);
	EXPECT(chain_is_whole(&c));
	chain_close(&c);
}

TEST(test_feed_hash_that_is_stored_already_is_refused_by_the_database)
{
	struct err e = {0};
	struct chain c;
	size_t cnt = 1;

	if (!chain_open(&c, 4))
		return;
	PQclear(PQexec(c.feed.pg,
	    "insert into block select 100, decode(repeat('00', 31) || '02', "
	    "'hex'), decode(repeat('00', 32), 'hex'), 0, decode(repeat('00', "
	    "20), 'hex'), 0, 0, 0, decode(repeat('00', 32), 'hex')"));
	EXPECT_RC(feed_step(&c.feed, &cnt, &e), RC_IO);
	EXPECT(strstr(e.text, "duplicate key") != NULL);
	EXPECT_U64(cnt, 0);
	EXPECT(stored(&c) == 1);
	chain_close(&c);
}

TEST(test_feed_database_lost_is_unavailable)
{
	struct err e = {0};
	struct chain c;
	size_t cnt = 1;

	if (!chain_open(&c, 4))
		return;
	PQclear(
	    PQexec(c.feed.pg, "select pg_terminate_backend(pg_backend_pid())"));
	EXPECT_RC(feed_step(&c.feed, &cnt, &e), RC_UNAVAILABLE);
	PQreset(c.feed.pg);
	feed_reset(&c.feed);
	EXPECT_RC(follow(&c, NULL), RC_OK);
	EXPECT(stored(&c) == 4 && chain_is_whole(&c));
	chain_close(&c);
}

TEST(test_feed_no_tables_is_told)
{
	struct err e = {0};
	struct chain c;
	size_t cnt;

	if (!chain_open(&c, 4))
		return;
	PQclear(PQexec(c.feed.pg, "drop table cursor"));
	EXPECT_RC(feed_step(&c.feed, &cnt, &e), RC_IO);
	EXPECT(strstr(e.text, "cursor") != NULL);
	chain_close(&c);
}
