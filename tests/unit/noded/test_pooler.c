/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool loop, on one thread: its mail is in the queue before it starts,
 * and what it says to core is read afterwards.
 */
#include "noded/pooler.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "noded/job.h"
#include "pooled.h"

/* A pool over a real chain's genesis. */
struct site {
	struct yard y;
	struct clock_fake hands;
	struct clock clock;
	struct rpc_node node;
	struct routes routes;
	struct pooler pooler;
};

static void
open_site(struct site *s)
{
	*s = (struct site){.node = {.batch_max = {10, 10}}};
	yard_open(&s->y, "pooler", FORK_LONDON);
	s->clock = clock_of_fake(&s->hands);
	s->node.store = s->y.store;
	s->node.genesis = &s->y.g;
	s->node.clock = &s->clock;
	s->pooler = (struct pooler){.clock = &s->clock,
	    .store = s->y.store,
	    .in = queue_new(256),
	    .core = queue_new(256),
	    .base_fee = u256_from_u64(1000000000),
	    .gas = {.accept = 30000000, .block = 30000000}};
	s->routes = (struct routes){.node = &s->node,
	    .pool = s->pooler.in,
	    .core = s->pooler.core,
	    .io = queue_new(256)};
	pooled_open(&s->pooler);
}

static void
close_site(struct site *s)
{
	struct mail *m;

	while ((m = queue_pop(s->routes.io)) != NULL)
		job_free((struct job *)m);
	while ((m = queue_pop(s->pooler.core)) != NULL)
		mail_free(m);
	pool_close(s->pooler.pool);
	queue_free(s->pooler.in);
	queue_free(s->pooler.core);
	queue_free(s->routes.io);
	yard_close(&s->y);
}

/* turn runs what is in the queue, in one turn of the loop. */
static void
turn(struct site *s)
{
	mail_send(s->pooler.in, mail_new(MAIL_STOP));
	s->pooler.is_stopping = false;
	EXPECT_RC(pooler_run(&s->pooler, NULL), RC_OK);
	if (s->pooler.view != NULL)
		abort(); /* it lives for a turn */
}

/* send puts a transfer from a key into the queue, as a reader would. */
static void
send(struct site *s, size_t from)
{
	const struct tx *tx = yard_tx(&s->y, from, yard_target(1), 1);
	static char text[2048];
	size_t len = (size_t)snprintf(text, sizeof(text),
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
	    "\"eth_sendRawTransaction\",\"params\":[\"0x");
	struct job *j;

	s->y.tx_cnt = 0;
	hex_put(text + len, tx->raw);
	len += 2 * tx->raw.len;
	len += (size_t)snprintf(text + len, sizeof(text) - len, "\"]}");
	j = job_new(&s->routes, RPC_LOCAL, 0, 0, bytes_of(text, len));
	if (j == NULL)
		abort();
	job_begin(j, NULL);
	EXPECT(job_next(j) == s->routes.pool);
	job_send_on(j);
}

static void
pick(struct site *s, uint64_t gas_max)
{
	struct mail *m = mail_new(MAIL_PICK);

	m->gas_max = gas_max;
	m->base_fee = s->pooler.base_fee;
	m->ticket = 77;
	mail_send(s->pooler.in, m);
}

static void
head(struct site *s, uint64_t accept, uint64_t block)
{
	struct mail *m = mail_new(MAIL_HEAD);

	m->base_fee = s->pooler.base_fee;
	m->gas = (struct pool_gas){.accept = accept, .block = block};
	mail_send(s->pooler.in, m);
}

/* said is what core has heard since last asked: w for work, a number for
 * that many picked. */
static const char *
said(struct site *s)
{
	static char text[64];
	struct mail *m;
	size_t len = 0;

	text[0] = '\0';
	while ((m = queue_pop(s->pooler.core)) != NULL) {
		if (m->kind == MAIL_WORK)
			len += (size_t)snprintf(
			    text + len, sizeof(text) - len, "w");
		else if (m->kind == MAIL_PICKED && m->ticket == 77)
			len += (size_t)snprintf(
			    text + len, sizeof(text) - len, "%zu", m->tx_cnt);
		else
			abort();
		mail_free(m);
	}
	return text;
}

static const char *
answer(struct site *s)
{
	struct job *j = (struct job *)queue_pop(s->routes.io);
	static char text[512];

	if (j == NULL)
		return "none";
	job_finish(j);
	(void)snprintf(text, sizeof(text), "%.*s", (int)j->answer.len,
	    (const char *)j->answer.ptr);
	job_free(j);
	return text;
}

TEST(test_pooler_work_is_told_once)
{
	struct site s;

	open_site(&s);
	turn(&s);
	EXPECT_STR(said(&s), "");
	send(&s, 1);
	turn(&s);
	EXPECT_STR(said(&s), "w");
	EXPECT(strstr(answer(&s), "\"result\":\"0x") != NULL);
	send(&s, 2);
	turn(&s);
	pick(&s, 30000000);
	turn(&s);
	/* A block may come of it; if not, the engine tries again itself. */
	EXPECT_STR(said(&s), "2");
	turn(&s);
	EXPECT_STR(said(&s), "");
	/* A head forgets what was told. */
	head(&s, 30000000, 30000000);
	turn(&s);
	EXPECT_STR(said(&s), "w");
	close_site(&s);
}

/* The engine plans nothing after an empty list: what comes next is told. */
TEST(test_pooler_work_after_empty_pick_is_told)
{
	struct site s;

	open_site(&s);
	s.pooler.has_told_work = true; /* it is gone since */
	pick(&s, 30000000);
	turn(&s);
	EXPECT_STR(said(&s), "0");
	send(&s, 1);
	turn(&s);
	EXPECT_STR(said(&s), "w");
	close_site(&s);
}

/* Also in the turn of the pick itself. */
TEST(test_pooler_work_beside_empty_pick_is_told)
{
	struct site s;

	open_site(&s);
	s.pooler.has_told_work = true;
	pick(&s, 30000000);
	send(&s, 1);
	turn(&s);
	EXPECT_STR(said(&s), "0w");
	close_site(&s);
}

TEST(test_pooler_drops_leave_and_the_rest_is_told)
{
	struct mail *m = mail_new(MAIL_DROP);
	struct pool_stats st;
	struct hash hash;
	struct site s;
	size_t i;

	open_site(&s);
	for (i = 1; i <= 3; i++) {
		const struct tx *tx;

		send(&s, i);
		tx = s.y.txs[0].tx;
		hash = tx->hash;
		if (i < 3)
			EXPECT(mail_add_drop(m, &hash, "test"));
	}
	turn(&s);
	EXPECT_STR(said(&s), "w");
	mail_send(s.pooler.in, m);
	turn(&s);
	pool_stats(s.pooler.pool, &st);
	EXPECT_U64(st.pending, 1);
	EXPECT_STR(said(&s), "w");
	/* The last one goes as well: there is nothing to tell. */
	m = mail_new(MAIL_DROP);
	EXPECT(mail_add_drop(m, &hash, "test"));
	mail_send(s.pooler.in, m);
	turn(&s);
	pool_stats(s.pooler.pool, &st);
	EXPECT_U64(st.pending, 0);
	EXPECT_STR(said(&s), "");
	close_site(&s);
}

/* Nothing of a list could be mined: telling it again would be for nothing, but
 * who comes now must not wait for the engine's pause to end. */
TEST(test_pooler_newcomer_beside_stuck_ones_is_told)
{
	struct site s;

	open_site(&s);
	send(&s, 1);
	turn(&s);
	EXPECT_STR(said(&s), "w");
	mail_send(s.pooler.in, mail_new(MAIL_DROP));
	turn(&s);
	turn(&s);
	EXPECT_STR(said(&s), "");
	send(&s, 2);
	turn(&s);
	EXPECT_STR(said(&s), "w");
	send(&s, 3);
	turn(&s);
	EXPECT_STR(said(&s), "");
	close_site(&s);
}

TEST(test_pooler_head_brings_gas_bounds)
{
	struct pool_stats st;
	struct site s;

	open_site(&s);
	send(&s, 1);
	turn(&s);
	EXPECT(strstr(answer(&s), "\"result\":\"0x") != NULL);
	/* Blocks become too small for any transfer. */
	head(&s, 20000, 20999);
	send(&s, 2);
	turn(&s);
	EXPECT(strstr(answer(&s), "exceeds block gas limit") != NULL);
	pool_stats(s.pooler.pool, &st);
	EXPECT_U64(st.pending, 0);
	EXPECT_U64(st.queued, 1);
	EXPECT_STR(said(&s), "w");
	head(&s, 20000, 21000);
	turn(&s);
	EXPECT_STR(said(&s), "w");
	pick(&s, 21000);
	turn(&s);
	EXPECT_STR(said(&s), "1");
	close_site(&s);
}

/* What an undone block had is durable after the turn, although no answer
 * waited for it; a reference taken over is not given back twice. */
TEST(test_pooler_returned_are_synced)
{
	struct mail *m = mail_new(MAIL_RETURN);
	const struct tx *tx;
	struct pool_stats st;
	struct pool_tx *t = NULL;
	struct site s;

	open_site(&s);
	tx = yard_tx(&s.y, 1, yard_target(1), 1);
	EXPECT_RC(pool_tx_new(&t, tx->raw, NULL), RC_OK);
	m->txs = arena_array(&m->arena, 2, sizeof(struct pool_tx *));
	m->txs[0] = pool_tx_get(t);
	m->txs[1] = NULL;
	m->tx_cnt = 2;
	mail_send(s.pooler.in, m);
	turn(&s);
	EXPECT_U64(t->refs, 2);
	EXPECT_STR(said(&s), "w");
	pool_close(s.pooler.pool);
	EXPECT_U64(t->refs, 1);
	pooled_open(&s.pooler);
	pool_stats(s.pooler.pool, &st);
	EXPECT_U64(st.pending, 1);
	pool_tx_put(t);
	close_site(&s);
}

TEST(test_pooler_mail_for_core_stops_the_node)
{
	struct site s;

	open_site(&s);
	mail_send(s.pooler.in, mail_new(MAIL_PICKED));
	EXPECT_RC(pooler_run(&s.pooler, NULL), RC_INTERNAL);
	store_view_close(s.pooler.view);
	close_site(&s);
}
