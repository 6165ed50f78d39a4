/* SPDX-License-Identifier: Apache-2.0
 *
 * A document's way through the threads: which one next, and that its answer
 * is made once.
 */
#include <stdio.h>
#include <string.h>

#include "../chain/yard.h"
#include "base/hex.h"
#include "evm/evm.h"
#include "noded/core.h"
#include "noded/job.h"
#include "noded/pooler.h"

#define CALL(name, params)                                                     \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" name                     \
	"\",\"params\":[" params "]}"
#define ADDR  "\"0x7000000000000000000000000000000000000001\""
#define HASH  "\"0x" ZEROS ZEROS ZEROS ZEROS "\""
#define ZEROS "0000000000000000"

/* A node that stands still. */
struct site {
	struct yard y;
	struct rpc_node node;
	struct routes routes;
	struct pooler pooler;
	struct core core;
};

static void
open_site(struct site *s)
{
	struct pool_conf conf = pool_conf_open(1337);
	struct pool_view view;

	*s = (struct site){.node = {.batch_max = {10, 10}}};
	yard_open_clique(&s->y, "job", 0);
	s->node.store = s->y.store;
	s->node.genesis = &s->y.g;
	s->node.clock = clock_real();
	s->routes = (struct routes){.node = &s->node,
	    .pool = queue_new(64),
	    .core = queue_new(64),
	    .io = queue_new(64)};
	s->core.engine = s->y.engine;
	s->core.chain = s->y.chain;
	s->pooler.clock = clock_real();
	s->pooler.store = s->y.store;
	EXPECT_RC(store_view_open(&s->pooler.view, s->y.store, NULL), RC_OK);
	view = pooler_view(&s->pooler);
	EXPECT_RC(pool_open(&s->pooler.pool, &conf, &view, 0, NULL), RC_OK);
}

static void
close_site(struct site *s)
{
	pool_close(s->pooler.pool);
	store_view_close(s->pooler.view);
	queue_free(s->routes.pool);
	queue_free(s->routes.core);
	queue_free(s->routes.io);
	yard_close(&s->y);
}

static struct job *
ask(struct site *s, const char *text)
{
	struct job *j =
	    job_new(&s->routes, RPC_LOCAL, 7, 9, bytes_of(text, strlen(text)));

	EXPECT(j != NULL && j->session == 7 && j->generation == 9);
	return j;
}

static bool
has_answer(const struct job *j, const char *want)
{
	return j->is_finished &&
	       memmem(j->answer.ptr, j->answer.len, want, strlen(want)) != NULL;
}

/* send_text is eth_sendRawTransaction of a fresh transfer from key 1. */
static const char *
send_text(struct site *s, uint64_t value)
{
	const struct tx *tx = yard_tx(&s->y, 1, yard_target(1), value);
	static char text[2048];
	size_t len = (size_t)snprintf(text, sizeof(text),
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"eth_sendRawTransaction\",\"params\":[\"0x");

	hex_put(text + len, tx->raw);
	len += 2 * tx->raw.len;
	(void)snprintf(text + len, sizeof(text) - len, "\"]}");
	return text;
}

/* Where each goes behind the reader, the pool and core: r(eady), p, c. */
TEST(test_job_goes_where_it_is_needed)
{
	static const struct {
		const char *text, *way;
	} rows[] = {
	    {CALL("eth_chainId", ""), "r"},
	    {CALL("eth_getBalance", ADDR ",\"latest\""), "r"},
	    {"nonsense", "r"},
	    {"[]", "r"},
	    {CALL("txpool_status", ""), "pr"},
	    {CALL("eth_getTransactionByHash", HASH), "pr"},
	    {CALL("clique_proposals", ""), "cr"},
	    {"[" CALL("eth_chainId", "") "," CALL("clique_proposals", "") "]",
		"cr"},
	    {"[" CALL("clique_proposals", "") "," CALL("txpool_status", "") "]",
		"pcr"},
	};
	struct site s;
	size_t i;

	open_site(&s);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct job *j = ask(&s, rows[i].text);
		char way[8] = "";
		bool has_vote = false;
		size_t k = 0;
		enum rc rc;

		test_row(rows[i].text);
		job_begin(j, NULL);
		while (job_next(j) != s.routes.io && k < 4) {
			bool is_pool = job_next(j) == s.routes.pool;

			/* Its answer is not made before its turn. */
			EXPECT(!j->is_finished);
			way[k++] = is_pool ? 'p' : 'c';
			if (is_pool)
				EXPECT(
				    !job_run_pool(j, &s.pooler, 0, &rc, NULL));
			else
				EXPECT_RC(job_run_core(
					      j, &s.core, 0, &has_vote, NULL),
				    RC_OK);
			EXPECT(!has_vote);
			/* It went on by itself. */
			EXPECT(queue_pop(job_next(j)) == &j->mail);
		}
		way[k++] = 'r';
		EXPECT_STR(way, rows[i].way);
		EXPECT(j->is_finished == (k == 1));
		job_finish(j);
		EXPECT(j->is_finished && j->answer.len > 0);
		job_free(j);
	}
	test_row(NULL);
	test_count(i);
	close_site(&s);
}

/* Which reader begins it: the first, or a heavy one, after a try or without. */
TEST(test_job_that_takes_long_goes_to_a_heavy_reader)
{
#define CODE(hex) CALL("eth_call", "{\"data\":\"0x" hex "\"}")
#define ENDLESS   CODE("5b600056")
	static const struct {
		const char *text;
		bool is_heavy;
		const char *answer; /* whoever gives it */
	} rows[] = {
	    {CALL("eth_chainId", ""), false, "0x539"},
	    {CODE("00"), false, "\"0x\""},
	    {ENDLESS, true, "out of gas"},
	    {CALL("eth_call", "{\"data\":\"0x5b600056\",\"gas\":\"0x60000\"}"),
		false, "out of gas"},
	    {CALL("eth_estimateGas", "{\"data\":\"0x5b600056\"}"), true,
		"gas required exceeds"},
	    {CALL("eth_getLogs", "{}"), true, "[]"},
	    {"[" CALL("eth_chainId", "") "," CALL("net_version", "") "]", false,
		"0x539"},
	    {"[" CALL("eth_chainId", "") "," CODE("00") "]", true, "0x539"},
	    {"[" CALL("eth_getLogs", "{}") ",1]", true, "[]"},
	    {"nonsense", false, "-32700"},
	};
	struct evm *vm = evm_new();
	struct site s;
	size_t i;

	open_site(&s);
	s.routes.heavy[0] = queue_new(4);
	s.routes.heavy[1] = queue_new(4);
	s.routes.heavy_cnt = 2;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct job *j = ask(&s, rows[i].text);
		struct queue *heavy = s.routes.heavy[i % 2];

		test_row(rows[i].text);
		j->no = i;
		job_begin_light(j, vm);
		EXPECT((job_next(j) == heavy) == rows[i].is_heavy);
		EXPECT(j->is_finished == !rows[i].is_heavy);
		if (rows[i].is_heavy)
			job_begin(j, vm);
		EXPECT(job_next(j) == s.routes.io);
		EXPECT(has_answer(j, rows[i].answer));
		job_free(j);
	}
	/* Without heavy readers everybody does everything. */
	s.routes.heavy_cnt = 0;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct job *j = ask(&s, rows[i].text);

		job_begin_light(j, vm);
		EXPECT(job_next(j) == s.routes.io);
		EXPECT(has_answer(j, rows[i].answer));
		job_free(j);
	}
	test_row(NULL);
	test_count(2 * i);
	queue_free(s.routes.heavy[0]);
	queue_free(s.routes.heavy[1]);
	close_site(&s);
	evm_free(vm);
}

TEST(test_job_transaction_waits_for_the_sync)
{
	enum rc rc = RC_INTERNAL;
	struct site s;
	struct job *j;

	open_site(&s);
	j = ask(&s, send_text(&s, 1));
	EXPECT(job_is_short(j));
	job_begin(j, NULL);
	EXPECT(job_next(j) == s.routes.pool);
	EXPECT(job_run_pool(j, &s.pooler, 0, &rc, NULL));
	EXPECT_RC(rc, RC_OK);
	/* Kept: nobody hears of it before the caller has synced. */
	EXPECT(queue_len(s.routes.io) == 0 && !j->is_finished);
	job_send_on(j);
	EXPECT(queue_pop(s.routes.io) == &j->mail);
	job_finish(j);
	EXPECT(has_answer(j, "\"result\":\"0x"));
	job_free(j);
	close_site(&s);
}

TEST(test_job_refused_transaction_goes_no_further)
{
	_Atomic(uint64_t) gas_max = 20000;
	enum rc rc = RC_INTERNAL;
	struct site s;
	struct job *j;

	open_site(&s);
	/* By a reader. */
	s.node.gas_max = &gas_max;
	j = ask(&s, send_text(&s, 1));
	job_begin(j, NULL);
	EXPECT(job_next(j) == s.routes.io);
	EXPECT(has_answer(j, "exceeds block gas limit"));
	job_free(j);
	/* By the pool, which knows accounts. */
	s.node.gas_max = NULL;
	j = ask(&s, send_text(&s, YARD_FUNDS));
	job_begin(j, NULL);
	EXPECT(job_next(j) == s.routes.pool);
	(void)job_run_pool(j, &s.pooler, 0, &rc, NULL);
	EXPECT_RC(rc, RC_OK);
	EXPECT(job_next(j) == s.routes.io);
	job_finish(j);
	EXPECT(has_answer(j, "insufficient funds"));
	job_free(j);
	close_site(&s);
}

TEST(test_job_vote_is_told)
{
	bool has_vote = false;
	struct site s;
	struct job *j;

	open_site(&s);
	j = ask(&s, CALL("clique_propose", ADDR ",true"));
	job_begin(j, NULL);
	EXPECT(job_next(j) == s.routes.core);
	EXPECT_RC(job_run_core(j, &s.core, 0, &has_vote, NULL), RC_OK);
	EXPECT(has_vote);
	EXPECT(queue_pop(s.routes.io) == &j->mail);
	job_finish(j);
	EXPECT(has_answer(j, "\"result\":null"));
	job_free(j);
	close_site(&s);
}

/* A notification is owed no answer, and finishing twice makes no second. */
TEST(test_job_answer_is_made_once)
{
	struct site s;
	struct bytes first;
	struct job *j;

	open_site(&s);
	j = ask(&s, CALL("eth_chainId", ""));
	job_begin(j, NULL);
	first = j->answer;
	EXPECT(has_answer(j, "0x539"));
	job_finish(j);
	EXPECT(j->answer.ptr == first.ptr && j->answer.len == first.len);
	job_free(j);
	j = ask(&s, "{\"jsonrpc\":\"2.0\",\"method\":\"eth_chainId\"}");
	job_begin(j, NULL);
	EXPECT(j->is_finished);
	EXPECT_U64(j->answer.len, 0);
	job_free(j);
	close_site(&s);
}

TEST(test_job_short_ones_are_few)
{
	static const struct {
		const char *text;
		bool want;
	} rows[] = {
	    {CALL("eth_chainId", ""), true},
	    {CALL("eth_blockNumber", ""), true},
	    {"nonsense", true},
	    {"[" CALL("eth_chainId", "") "]", false},
	    {CALL("eth_feeHistory", "\"0x1\",\"latest\",[]"), false},
	};
	struct site s;
	size_t i;

	open_site(&s);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct job *j = ask(&s, rows[i].text);

		test_row(rows[i].text);
		EXPECT(job_is_short(j) == rows[i].want);
		job_begin(j, NULL);
		EXPECT(j->is_finished && j->answer.len > 0);
		job_free(j);
	}
	test_row(NULL);
	test_count(i);
	close_site(&s);
}
