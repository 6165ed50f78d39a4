/* SPDX-License-Identifier: Apache-2.0
 *
 * The index against a real database and a node that bends its chain: what is
 * left after each way is what a follower of the last chain alone has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/hex.h"
#include "chain.h"
#include "test.h"

/* Addresses of one byte. */
enum { LIST = 0xa1, TOKEN = 0xa2, ISSUER = 0xa3, ALICE = 0xa4, BOB = 0xa5 };

enum { FORK = 7, FORK_FROM = 11, REGISTERED = 9, REGISTERED_FORK = 13 };

/* What the node does with questions for logs. */
struct market {
	size_t max; /* logs that it gives at once */
	const char *wrong_key;
	const char *wrong_value;
	size_t asked;
};

static void
put_word(char *out, unsigned v)
{
	(void)sprintf(out, "%064x", v);
}

static json_t *
topic(unsigned v)
{
	char text[67] = "0x";

	put_word(text + 2, v);
	return json_string(text);
}

static json_t *
event_json(enum event_id event)
{
	char text[67];

	return json_string(hex_put0x(text, hash_bytes(event_topic(event))));
}

static json_t *
log_json(struct chain *c, uint64_t block, unsigned index, unsigned address,
    json_t *topics, const char *data)
{
	const struct market *m = c->ctx;
	char hash[67], at[43], number[20], place[20];
	json_t *log;

	chain_hash(hash, c, block);
	(void)sprintf(at, "0x%040x", address);
	(void)sprintf(number, "0x%llx", (unsigned long long)block);
	(void)sprintf(place, "0x%x", index);
	log = json_pack("{s:s,s:o,s:s,s:s,s:s,s:s,s:s,s:s}", "address", at,
	    "topics", topics, "data", data, "blockNumber", number,
	    "transactionHash", hash, "transactionIndex", "0x0", "blockHash",
	    hash, "logIndex", place);
	if (m->wrong_key != NULL)
		json_object_set_new(log, m->wrong_key,
		    json_loads(m->wrong_value, JSON_DECODE_ANY, NULL));
	return log;
}

static json_t *
transfer_json(struct chain *c, uint64_t block, unsigned index, unsigned from,
    unsigned to, unsigned amount)
{
	char data[67] = "0x";

	put_word(data + 2, amount);
	return log_json(c, block, index, TOKEN,
	    json_pack(
		"[o,o,o]", event_json(EVENT_TRANSFER), topic(from), topic(to)),
	    data);
}

static json_t *
register_json(struct chain *c, uint64_t block)
{
	char data[400];

	(void)sprintf(data, "0x%064x%064x%064x%s%036x", 0x40, ISSUER, 14,
	    "496265744d656d62657273686970", 0);
	return log_json(c, block, 9, LIST,
	    json_pack("[o,o]", event_json(EVENT_REGISTER_TOKEN), topic(TOKEN)),
	    data);
}

/* Later on the other branch, when it leaves before. */
static bool
registers(const struct chain *c, uint64_t block)
{
	if (c->fork[REGISTERED] != FORK)
		return block == REGISTERED;
	return block == REGISTERED_FORK;
}

/* In block 3 the token is made. Later blocks have a transfer each, of as many
 * as the block's number, to Alice, or to Bob on the other branch. */
static void
add_logs(struct chain *c, json_t *out, uint64_t block)
{
	bool is_fork = c->fork[block] == FORK;

	if (block == 3)
		json_array_append_new(
		    out, transfer_json(c, block, 0, 0, ISSUER, 1000));
	if (block > 3)
		json_array_append_new(
		    out, transfer_json(c, block, 0, ISSUER,
			     is_fork ? BOB : ALICE, (unsigned)block));
	if (registers(c, block))
		json_array_append_new(out, register_json(c, block));
}

static uint64_t
number_of(const json_t *filter, const char *key)
{
	return strtoull(
	    json_string_value(json_object_get(filter, key)), NULL, 16);
}

static json_t *
logs_json(struct chain *c, const json_t *filter)
{
	const char *hash =
	    json_string_value(json_object_get(filter, "blockHash"));
	const struct market *m = c->ctx;
	json_t *out = json_array();
	char own[67];
	uint64_t i;

	for (i = 0; i < c->cnt; i++) {
		chain_hash(own, c, i);
		if (hash != NULL ? !strcmp(hash, own)
				 : i >= number_of(filter, "fromBlock") &&
				       i <= number_of(filter, "toBlock"))
			add_logs(c, out, i);
	}
	if (json_array_size(out) <= m->max)
		return out;
	json_decref(out);
	return NULL;
}

static json_t *
receipts_json(struct chain *c, const char *hash)
{
	json_t *logs = json_array();
	char own[67];
	uint64_t i;

	for (i = 0; i < c->cnt; i++) {
		chain_hash(own, c, i);
		if (!strcmp(hash, own))
			add_logs(c, logs, i);
	}
	return json_pack("[{s:o}]", "logs", logs);
}

static json_t *
others(struct chain *c, const char *method, const json_t *params)
{
	struct market *m = c->ctx;
	const json_t *first = json_array_get(params, 0);
	char text[20];

	m->asked++;
	if (!strcmp(method, "eth_getLogs"))
		return logs_json(c, first);
	if (!strcmp(method, "eth_getBlockReceipts"))
		return receipts_json(c, json_string_value(first));
	CHECK(!strcmp(method, "eth_blockNumber"));
	(void)sprintf(text, "0x%zx", c->cnt - 1);
	return json_string(text);
}

static bool
open_market(struct chain *c, struct market *m, size_t cnt)
{
	if (!chain_open(c, cnt))
		return false;
	c->others = others;
	c->ctx = m;
	PQclear(PQexec(c->feed.pg,
	    "insert into deployed_contract (profile, name, address, deployer, "
	    "nonce, tx_hash, raw_tx, block_number, deployed_at) values "
	    "('strict', 'TokenList', '0x' || repeat('0', 38) || 'a1', "
	    "'0x' || repeat('0', 40), 0, sha256(''), '', 0, now())"));
	return true;
}

static enum rc
follow(struct chain *c, struct err *e)
{
	size_t cnt = 1;
	enum rc rc = RC_OK;

	for (int i = 0; rc == RC_OK && i < CHAIN_MAX &&
			(cnt > 0 || c->feed.index.is_behind || i < 4);
	     i++)
		rc = feed_step(&c->feed, &cnt, e);
	return rc;
}

/* Everything in the index, in one number. */
static long
sum(struct chain *c)
{
	return chain_sql(c,
	    "select ('x' || substr(md5(string_agg(t, ';' order by t)), 1, 7))"
	    "::bit(28)::int from (select 'p' || x::text t from position x "
	    "union all select 'ph' || x::text from position_history x "
	    "union all select 't' || x::text from token x "
	    "union all select 'th' || x::text from token_history x "
	    "union all select 'a' || x::text from token_attribute x "
	    "union all select 'ah' || x::text from token_attribute_history x "
	    "union all select 's' || x::text from token_supply_history x "
	    "union all select 'x' || x::text from transfer x "
	    "union all select 'e' || x::text from event x) d");
}

/* What a follower who has never seen another chain has. */
static long
sum_of_fresh(uint64_t first, uint64_t fork, size_t cnt)
{
	struct market m = {.max = 1000};
	struct chain c;
	long out;

	if (!open_market(&c, &m, cnt))
		return -1;
	chain_set(&c, first, fork, cnt);
	EXPECT_RC(follow(&c, NULL), RC_OK);
	out = sum(&c);
	chain_close(&c);
	return out;
}

TEST(test_index_token_has_what_it_did_before_it_was_registered)
{
	struct market m = {.max = 1000};
	struct chain c;

	if (!open_market(&c, &m, 20))
		return;
	EXPECT_RC(follow(&c, NULL), RC_OK);
	EXPECT(chain_sql(&c, "select count(*) from transfer") == 17);
	EXPECT(chain_sql(&c, "select balance from position where account = "
			     "decode(repeat('00', 19) || 'a4', 'hex')") ==
	       (4 + 19) * 16 / 2);
	EXPECT(
	    chain_sql(&c,
		"select balance from position_history where account = "
		"decode(repeat('00', 19) || 'a4', 'hex') and "
		"block_number <= 6 order by block_number desc limit 1") == 15);
	EXPECT(
	    chain_sql(&c, "select registered_block from token") == REGISTERED);
	EXPECT(chain_sql(&c, "select total from token_supply") == 1000);
	EXPECT(chain_sql(&c, "select number from cursor where name = "
			     "'index'") == 19);
	chain_close(&c);
}

TEST(test_index_reorg_by_row)
{
	static const struct {
		const char *name;
		uint64_t first;
		size_t before, after;
	} row[] = {
	    {"registered before", FORK_FROM, 20, 20},
	    {"registered on both, later", 8, 20, 20},
	    {"the registration is undone", 5, 20, 16},
	    {"not registered any more", 5, 20, 13},
	    {"all but genesis", 1, 20, 24},
	    {"longer than what is near the head", 5, 60, 64},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct market m = {.max = 1000};
		struct chain c;

		test_row(row[i].name);
		if (!open_market(&c, &m, row[i].before))
			return;
		EXPECT_RC(follow(&c, NULL), RC_OK);
		chain_set(&c, row[i].first, FORK, row[i].after);
		for (int k = 0; k < 3; k++)
			EXPECT_RC(follow(&c, NULL), RC_OK);
		EXPECT(chain_is_whole(&c));
		EXPECT(
		    sum(&c) == sum_of_fresh(row[i].first, FORK, row[i].after));
		chain_close(&c);
		test_row(NULL);
	}
}

/* Between a header and the logs of its block, at every place. */
TEST(test_index_reorg_between_two_answers)
{
	long want = sum_of_fresh(FORK_FROM, FORK, 20);

	for (size_t at = 12; at <= 24; at++) {
		struct market m = {.max = 1000};
		struct chain c;

		if (!open_market(&c, &m, 20))
			return;
		c.swap_at = at;
		c.swap_from = FORK_FROM;
		c.swap_fork = FORK;
		for (int k = 0; k < 4; k++)
			EXPECT_RC(follow(&c, NULL), RC_OK);
		EXPECT(chain_is_whole(&c) && sum(&c) == want);
		chain_close(&c);
	}
}

TEST(test_index_node_that_gives_few_logs_is_asked_for_less)
{
	long want = sum_of_fresh(0, 0, CHAIN_MAX);

	/* 0: not even one, all come from receipts */
	for (size_t max = 0; max <= 5; max++) {
		struct market m = {.max = max};
		struct chain c;

		if (!open_market(&c, &m, CHAIN_MAX))
			return;
		c.feed.batch = CHAIN_MAX;
		EXPECT_RC(follow(&c, NULL), RC_OK);
		EXPECT(sum(&c) == want);
		chain_close(&c);
	}
}

TEST(test_index_made_anew_is_the_same)
{
	static const char *const why[] = {
	    "delete from cursor where name = 'index'",
	    "delete from index_source",
	    "update index_source set profile = 'legacy'",
	};

	for (size_t i = 0; i < sizeof(why) / sizeof(why[0]); i++) {
		struct market m = {.max = 1000};
		struct chain c;
		long want;

		if (!open_market(&c, &m, 20))
			return;
		EXPECT_RC(follow(&c, NULL), RC_OK);
		want = sum(&c);
		PQclear(PQexec(c.feed.pg, why[i]));
		EXPECT_RC(follow(&c, NULL), RC_OK);
		EXPECT(sum(&c) == want);
		chain_close(&c);
	}
}

TEST(test_index_without_contracts_asks_for_no_logs)
{
	struct market m = {.max = 1000};
	struct chain c;

	if (!open_market(&c, &m, 20))
		return;
	PQclear(PQexec(c.feed.pg, "delete from deployed_contract"));
	EXPECT_RC(follow(&c, NULL), RC_OK);
	EXPECT_U64(m.asked, 0);
	EXPECT(chain_sql(&c, "select count(*) from cursor") == 1);
	chain_close(&c);
}

TEST(test_index_log_that_is_none_is_refused)
{
	static const struct {
		const char *key, *value;
	} row[] = {
	    {"address", "\"0x00\""},
	    {"address", "null"},
	    {"topics", "{}"},
	    {"topics", "[\"0x00\"]"},
	    {"topics", "[7]"},
	    {"topics", "[\"\",\"\",\"\",\"\",\"\"]"},
	    {"data", "\"0x0\""},
	    {"data", "null"},
	    {"blockNumber", "\"9\""},
	    {"logIndex", "\"0x8000000000000000\""},
	    {"transactionIndex", "null"},
	    {"transactionHash", "\"0x\""},
	    {"blockHash", "true"},
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct market m = {.max = 1000,
		    .wrong_key = row[i].key,
		    .wrong_value = row[i].value};
		struct err e = {0};
		struct chain c;

		test_row(row[i].key);
		if (!open_market(&c, &m, 8))
			return;
		EXPECT_RC(follow(&c, &e), RC_CORRUPT);
		EXPECT(strstr(e.text, "node: log without proper ") == e.text);
		EXPECT(chain_sql(&c, "select count(*) from transfer") == 0);
		EXPECT(chain_sql(&c, "select count(*) from cursor") == 0);
		chain_close(&c);
		test_row(NULL);
	}
}
