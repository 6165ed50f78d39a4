/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_getLogs: every filter over a chain of which half is in the tables and
 * half in memory, compared with what was mined; bounds and refusals.
 */
#include <stdio.h>
#include <string.h>

#include "rig.h"

enum { BLOCKS = 24, TXS = 3, KEYS = 3, VALUES = 3 };

#define TOPIC_11                                                               \
	"0x0000000000000000000000000000000000000000000000000000000000000011"

/* struct mined is one log that is on the chain, as it was asked for. */
struct mined {
	unsigned block, contract, from, value; /* contract: 0 A, 1 B */
};

struct history {
	struct mined v[BLOCKS * TXS];
	size_t cnt;
	uint64_t nonces[RIG_KEYS];
};

static const char *const contracts[] = {RIG_LOG_A, RIG_LOG_B};

/* call sends one call of a logging contract. */
static void
call(struct rig *r, struct history *h, const struct mined *m)
{
	struct rig_tx t = {.from = m->from,
	    .nonce = h->nonces[m->from]++,
	    .value = m->value,
	    .gas = 100000,
	    .to = contracts[m->contract]};

	EXPECT(strlen(rig_send(r, &t)) == 66);
	h->v[h->cnt++] = *m;
}

/* grow mines blocks of calls; every fourth has none. */
static void
grow(struct rig *r, struct history *h, unsigned first, unsigned last)
{
	unsigned i, k;

	for (i = first; i <= last; i++) {
		for (k = 1; k <= TXS && i % 4 != 0; k++) {
			struct mined m = {.block = i,
			    .contract = (i * k) % 5 == 0,
			    .from = k,
			    .value = (i + k) % VALUES};

			call(r, h, &m);
		}
		EXPECT_U64(rig_mine(r), i);
	}
}

static void
open_history(struct rig *r, struct history *h)
{
	*h = (struct history){.cnt = 0};
	rig_open(r);
	grow(r, h, 1, BLOCKS / 2);
	rig_flush(r, true);
	grow(r, h, BLOCKS / 2 + 1, BLOCKS);
}

/* struct wish is a filter; -1 is any. */
struct wish {
	int contract, from, value;
	unsigned first, last;
};

static bool
is_wished(const struct wish *w, const struct mined *m)
{
	return m->block >= w->first && m->block <= w->last &&
	       (w->contract < 0 || m->contract == (unsigned)w->contract) &&
	       (w->from < 0 || m->from == (unsigned)w->from) &&
	       (w->value < 0 || m->value == (unsigned)w->value);
}

/* params writes a wish as a filter. The value's place has two topics, of
 * which one is nowhere. */
static const char *
params(struct rig *r, const struct wish *w)
{
	const char *addr = "", *from = "null", *value = "null";

	if (w->contract >= 0)
		addr =
		    rig_fmt(r, "\"address\":[\"%s\"],", contracts[w->contract]);
	if (w->from >= 0)
		from = rig_fmt(r, "\"0x000000000000000000000000%s\"",
		    rig_addr_text((unsigned)w->from) + 2);
	if (w->value >= 0)
		value = rig_fmt(
		    r, "[\"0x%064x\",\"0x%064x\"]", (unsigned)w->value, 99u);
	return rig_fmt(r,
	    "[{%s\"fromBlock\":\"0x%x\",\"toBlock\":\"0x%x\",\"topics\":[[\"" //
	    TOPIC_11 "\"],%s,%s]}]",
	    addr, w->first, w->last, from, value);
}

static unsigned
number_of(const json_t *log, const char *member)
{
	const char *s = json_string_value(json_object_get(log, member));

	return s == NULL ? ~0u : (unsigned)strtoul(s, NULL, 16);
}

/* check compares the answer with all that was mined, in its order. */
static void
check(struct rig *r, const struct history *h, const struct wish *w)
{
	const char *text = params(r, w);
	json_t *got = rig_json(rig_result(r, "eth_getLogs", text));
	size_t i, n = 0;

	test_row(text);
	for (i = 0; i < h->cnt; i++) {
		const json_t *log = json_array_get(got, n);

		if (!is_wished(w, &h->v[i]))
			continue;
		n++;
		EXPECT_U64(number_of(log, "blockNumber"), h->v[i].block);
		EXPECT_STR(json_string_value(json_object_get(log, "address")),
		    contracts[h->v[i].contract]);
	}
	EXPECT_U64(json_array_size(got), n);
	test_row(NULL);
	json_decref(got);
}

TEST(test_logs_of_every_filter_are_those_that_were_mined)
{
	static const unsigned range[][2] = {{0, BLOCKS}, {1, 1}, {5, 9},
	    {BLOCKS / 2, BLOCKS / 2 + 1}, {BLOCKS / 2 + 1, BLOCKS},
	    {3, BLOCKS / 2}, {BLOCKS, BLOCKS}, {4, 4}};
	struct history h;
	struct rig r;
	struct wish w;
	size_t i;

	open_history(&r, &h);
	for (i = 0; i < sizeof(range) / sizeof(range[0]); i++) {
		w.first = range[i][0];
		w.last = range[i][1];
		for (w.contract = -1; w.contract < 2; w.contract++)
			for (w.from = -1; w.from <= KEYS; w.from++)
				for (w.value = -1; w.value <= VALUES; w.value++)
					check(&r, &h, &w);
	}
	rig_close(&r);
}

/* Nothing is in the tables yet, not even the genesis block. */
TEST(test_logs_of_a_chain_in_memory)
{
	struct history h = {.cnt = 0};
	struct wish w = {.contract = 0, .from = -1, .value = -1};
	struct rig r;

	rig_open(&r);
	grow(&r, &h, 1, 6);
	for (w.first = 0; w.first <= 6; w.first++)
		for (w.last = w.first; w.last <= 6; w.last++)
			check(&r, &h, &w);
	rig_close(&r);
}

/* A log's place in its block: the third transaction's log is the third. */
TEST(test_logs_say_where_they_are)
{
	struct history h = {.cnt = 0};
	const json_t *log;
	struct rig r;
	json_t *v;

	rig_open(&r);
	grow(&r, &h, 1, 1);
	v = rig_json(rig_result(&r, "eth_getLogs",
	    rig_fmt(&r, "[{\"blockHash\":\"%s\"}]", rig_hash(&r, 1))));
	EXPECT_U64(json_array_size(v), TXS);
	log = json_array_get(v, 2);
	EXPECT_U64(number_of(log, "logIndex"), 2);
	EXPECT_U64(number_of(log, "transactionIndex"), 2);
	EXPECT_STR(json_string_value(json_object_get(log, "blockHash")),
	    rig_hash(&r, 1));
	EXPECT_STR(json_string_value(json_object_get(log, "transactionHash")),
	    rig_member(&r, "eth_getTransactionByBlockNumberAndIndex",
		"[\"0x1\",\"0x2\"]", "hash"));
	json_decref(v);
	rig_close(&r);
}

/* Several logs of a transaction. ---------------------------------------- */

enum { SENT_MAX = 16, TOPIC_HIGH = 0x80 };

/* struct sent is a transaction of key 1 that logs each of its bytes. */
struct sent {
	unsigned block, index;
	const char *hash, *data;
};

struct sent_list {
	struct sent v[SENT_MAX];
	size_t cnt;
};

/* mine_bytes mines a block with a transaction for each row; NULL ends it. */
static void
mine_bytes(struct rig *r, struct sent_list *l, const char *const *data)
{
	unsigned i, block;

	for (i = 0; data[i] != NULL; i++) {
		struct rig_tx t = {.from = 1,
		    .nonce = l->cnt,
		    .gas = 100000,
		    .to = RIG_LOG_BYTES,
		    .data = data[i]};

		l->v[l->cnt++] = (struct sent){
		    .index = i, .hash = rig_send(r, &t), .data = data[i]};
	}
	block = (unsigned)rig_mine(r);
	while (i-- > 0)
		l->v[l->cnt - 1 - i].block = block;
}

/* struct topics_wish is a filter's topics, and which bytes are logs that it
 * takes: any where first is zero, and only those with two topics. */
struct topics_wish {
	const char *topics;
	unsigned first[2];
	bool needs_two;
};

static bool
is_taken(const struct topics_wish *w, unsigned byte)
{
	return (!w->needs_two || byte >= TOPIC_HIGH) &&
	       (w->first[0] == 0 || byte == w->first[0] || byte == w->first[1]);
}

static unsigned
byte_at(const char *data, size_t i)
{
	const char two[] = {data[2 + 2 * i], data[3 + 2 * i], '\0'};

	return (unsigned)strtoul(two, NULL, 16);
}

/* expect_log compares one log with what its byte makes it. */
static void
expect_log(
    const json_t *log, const struct sent *t, unsigned log_index, unsigned byte)
{
	const json_t *topics = json_object_get(log, "topics");
	const char *first = json_string_value(json_array_get(topics, 0));

	EXPECT_U64(number_of(log, "blockNumber"), t->block);
	EXPECT_U64(number_of(log, "transactionIndex"), t->index);
	EXPECT_U64(number_of(log, "logIndex"), log_index);
	EXPECT_STR(json_string_value(json_object_get(log, "transactionHash")),
	    t->hash);
	EXPECT_U64(json_array_size(topics), byte < TOPIC_HIGH ? 1 : 2);
	EXPECT_U64(first == NULL ? 0 : strtoul(first + 2, NULL, 16), byte);
}

/* check_bytes compares the answer with each byte that was logged. */
static void
check_bytes(struct rig *r, const struct sent_list *l, unsigned first_block,
    const struct topics_wish *w)
{
	const char *text = rig_fmt(r,
	    "[{\"address\":\"" RIG_LOG_BYTES
	    "\",\"fromBlock\":\"0x%x\",\"topics\":[%s]}]",
	    first_block, w->topics);
	json_t *got = rig_json(rig_result(r, "eth_getLogs", text));
	unsigned log_index = 0;
	size_t i, k, n = 0;

	test_row(text);
	for (i = 0; i < l->cnt; i++) {
		const struct sent *t = &l->v[i];

		log_index = t->index == 0 ? 0 : log_index;
		for (k = 0; k < strlen(t->data) / 2 - 1; k++, log_index++) {
			unsigned byte = byte_at(t->data, k);

			if (t->block >= first_block && is_taken(w, byte))
				expect_log(json_array_get(got, n++), t,
				    log_index, byte);
		}
	}
	EXPECT_U64(json_array_size(got), n);
	test_row(NULL);
	json_decref(got);
}

#define TOPIC(byte)                                                            \
	"\"0x0000000000000000000000000000000000000000000000000000000000000"    \
	"0" #byte "\""
#define KEY_1 "\"0x000000000000000000000000%s\""

/* Receipts with no log, one and several; several of a transaction wanted, not
 * only its first; transactions behind one another; blocks in the tables and in
 * memory. */
TEST(test_logs_of_one_transaction_are_found_each)
{
	static const char *const block[][5] = {
	    {"0x0102", "0x", "0x01", "0x0381010181", NULL},
	    {"0x02", "0x0202", NULL}, {"0x81018201", "0x82", "0x0102", NULL},
	    {"0x010101", "0x", "0x028182", NULL}};
	struct sent_list l = {.cnt = 0};
	unsigned i, first;
	struct rig r;

	rig_open(&r);
	for (i = 0; i < sizeof(block) / sizeof(block[0]); i++) {
		mine_bytes(&r, &l, block[i]);
		rig_flush(&r, i == 2);
	}
	for (first = 0; first <= i; first++) {
		const char *caller = rig_fmt(&r, KEY_1, rig_addr_text(1) + 2);
		const struct topics_wish wish[] = {
		    {.topics = ""},
		    {.topics = TOPIC(01), .first = {1}},
		    {.topics = TOPIC(81), .first = {0x81}},
		    {.topics = TOPIC(09), .first = {9}},
		    {.topics = "[" TOPIC(82) "," TOPIC(02) "]",
			.first = {0x82, 2}},
		    {.topics = TOPIC(81) ",null",
			.first = {0x81},
			.needs_two = true},
		    {.topics = "[" TOPIC(01) "," TOPIC(82) "],null",
			.first = {1, 0x82},
			.needs_two = true},
		    {.topics = rig_fmt(&r, "null,%s", caller),
			.needs_two = true},
		    {.topics = rig_fmt(&r, TOPIC(81) ",%s", caller),
			.first = {0x81},
			.needs_two = true},
		};
		size_t k;

		for (k = 0; k < sizeof(wish) / sizeof(wish[0]); k++)
			check_bytes(&r, &l, first, &wish[k]);
	}
	rig_close(&r);
}

/* Every list of a union is read, however many there are, and each place once:
 * 1,000 addresses of which three log, and two topics of one place. */
TEST(test_logs_of_a_union_of_many_lists)
{
	struct history h;
	char *text, *end;
	unsigned i;
	struct rig r;
	json_t *v;

	open_history(&r, &h);
	text = end = arena_alloc(&r.arena, 64 * 1024);
	end += sprintf(end, "[{\"fromBlock\":\"0x0\",\"address\":[\"" RIG_LOG_B
			    "\",\"" RIG_LOG_A "\",\"" RIG_LOG_BYTES "\"");
	for (i = 3; i < 1000; i++)
		end += sprintf(end, ",\"0x%040x\"", i * 7919);
	(void)sprintf(end, "]}]");
	v = rig_json(rig_result(&r, "eth_getLogs", text));
	EXPECT_U64(json_array_size(v), h.cnt);
	for (i = 0; i < h.cnt; i++)
		EXPECT_STR(json_string_value(json_object_get(
			       json_array_get(v, i), "address")),
		    contracts[h.v[i].contract]);
	json_decref(v);
	rig_close(&r);
}

/* A thousand blocks with a log of one contract in each, twelve of them with
 * one of another: found by contract, by topics, and by both, where the lists
 * of the first topic and of the frequent caller have a thousand places. */
TEST(test_logs_few_of_many_blocks)
{
	enum { LONG = 1000, EVERY = 79 };
	static const struct wish wishes[] = {{1, -1, -1, 0, LONG},
	    {-1, 2, -1, 0, LONG}, {1, 2, 1, 0, LONG}, {-1, 2, 1, 80, 869},
	    {1, 1, -1, 0, LONG}, {0, 2, -1, 0, LONG}};
	struct mined often = {.contract = 0, .from = 1};
	struct mined rare = {.contract = 1, .from = 2, .value = 1};
	struct history h = {.cnt = 0};
	struct rig r;
	unsigned i;

	rig_open(&r);
	for (i = 1; i <= LONG; i++) {
		rare.block = i;
		call(&r, &h, &often);
		h.cnt--; /* no wish takes it */
		if (i % EVERY == 0)
			call(&r, &h, &rare);
		EXPECT_U64(rig_mine(&r), i);
		rig_flush(&r, false);
	}
	rig_flush(&r, true);
	EXPECT_U64(h.cnt, LONG / EVERY);
	for (i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		check(&r, &h, &wishes[i]);
	rig_close(&r);
}

TEST(test_logs_bad_filters_by_row)
{
	static const struct {
		const char *params, *want;
	} row[] = {
	    {"[]", "-32602 missing value for required argument 0"},
	    {"[1]", "-32602 invalid argument 0: a log filter is an object"},
	    {"[{\"fromBlock\":\"0x2\",\"toBlock\":\"0x1\"}]",
		"-32602 invalid block range params"},
	    {"[{\"fromBlock\":\"0x1\",\"toBlock\":\"0x3\"}]",
		"-32602 block range extends beyond current head block"},
	    {"[{\"fromBlock\":\"0x3\"}]",
		"-32602 block range extends beyond current head block"},
	    {"[{\"blockHash\":\"" TOPIC_11 "\"}]", "-32000 unknown block"},
	    {"[{\"blockHash\":\"" TOPIC_11 "\",\"toBlock\":\"0x1\"}]",
		"-32602 invalid argument 0: cannot specify both BlockHash and "
		"FromBlock/ToBlock, choose one or the other"},
	    {"[{}]", "[]"},
	    {"[{\"fromBlock\":\"earliest\",\"toBlock\":\"pending\"}]", "[]"},
	};
	struct rig r;
	size_t i;

	rig_open(&r);
	(void)rig_mine(&r);
	(void)rig_mine(&r);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].params);
		EXPECT_CALL(&r, "eth_getLogs", row[i].params, row[i].want);
	}
	test_row(NULL);
	rig_close(&r);
}

/* 51 calls of 200 logs are 200 more than one answer has. */
TEST(test_logs_of_one_answer_are_bounded)
{
	struct rig_tx t = {.from = 1, .gas = 200000, .to = RIG_LOG_MANY};
	struct rig r;

	rig_open(&r);
	for (; t.nonce < 51; t.nonce++)
		EXPECT(strlen(rig_send(&r, &t)) == 66);
	EXPECT_U64(rig_mine(&r), 1);
	EXPECT_CALL(&r, "eth_getLogs",
	    "[{\"fromBlock\":\"0x1\",\"address\":\"" RIG_LOG_MANY "\"}]",
	    "-32005 query returned more than 10000 results");
	rig_close(&r);
}

/* Without address and topics a range has at most 1,000 blocks; with one it
 * may have any number. */
TEST(test_logs_of_everything_have_a_bounded_range)
{
	unsigned i;
	struct rig r;

	rig_open(&r);
	for (i = 0; i < 1001; i++) {
		(void)rig_mine(&r);
		rig_flush(&r, false);
	}
	EXPECT_CALL(&r, "eth_getLogs",
	    "[{\"fromBlock\":\"0x0\",\"toBlock\":\"0x3e8\"}]",
	    "-32005 exceed maximum block range: 1000");
	EXPECT_CALL(&r, "eth_getLogs",
	    "[{\"fromBlock\":\"0x1\",\"toBlock\":\"0x3e8\"}]", "[]");
	EXPECT_CALL(&r, "eth_getLogs",
	    "[{\"fromBlock\":\"0x0\",\"toBlock\":\"0x3e9\",\"topics\":[\"" //
	    TOPIC_11 "\"]}]",
	    "[]");
	rig_close(&r);
}
