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
