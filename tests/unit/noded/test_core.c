/* SPDX-License-Identifier: Apache-2.0
 *
 * The core loop, on one thread: its mail is in the queue before it starts,
 * an engine of ours says what it wants, and what core says to the pool is
 * read afterwards.
 */
#include "noded/core.h"

#include <stdio.h>
#include <stdlib.h>

#include "pooled.h"

enum { TARGET = 5000000, WALL_MS = 2000000000 };

/* An engine that does as told at the first EV_WORK. */
struct script {
	struct engine base; /* first */
	struct engine_effect wish;
	struct header tmpl;
	struct header built; /* of EV_BUILT */
	size_t built_cnt, head_cnt;
	uint64_t next_gas, lasting_gas;
};

static enum rc
script_step(struct engine *g, struct arena *a, struct engine_effects *out,
    const struct engine_event *ev, uint64_t now_ms, struct err *e)
{
	struct script *s = (struct script *)(void *)g;

	(void)a;
	(void)now_ms;
	(void)e;
	if (ev->kind == EV_WORK) {
		out->v[out->cnt++] = s->wish;
	} else if (ev->kind == EV_BUILT) {
		s->built = *ev->header;
		s->built_cnt++;
		out->v[out->cnt++] = (struct engine_effect){
		    .kind = EF_SEALED, .header = &s->built};
	} else if (ev->kind == EV_HEAD) {
		s->head_cnt++;
	}
	return RC_OK;
}

static void
script_gas(struct engine *g, struct engine_gas *out, const struct header *head)
{
	const struct script *s = (const struct script *)(const void *)g;

	(void)head;
	out->next = s->next_gas;
	out->lasting = s->lasting_gas;
}

static enum rc
script_signers(struct engine *g, struct arena *a, struct addr **out,
    size_t *cnt, const struct hash *at, struct err *e)
{
	(void)at;
	(void)e;
	(void)g;
	*out = arena_array(a, 1, sizeof(**out));
	*cnt = 1;
	return RC_OK;
}

static const struct engine_ops script_ops = {
    .step = script_step, .gas = script_gas, .signers = script_signers};

/* Core over a real chain, its queues, and a pool beside it. */
struct site {
	struct yard y;
	struct conf conf;
	struct clock_fake hands;
	struct clock clock;
	struct script script;
	struct core core;
	struct pooler pooler;
};

static void
open_site(struct site *s)
{
	*s = (struct site){.conf = {.build_time = 400}};
	yard_open(&s->y, "core", FORK_LONDON);
	s->hands.wall_ms = WALL_MS;
	s->clock = clock_of_fake(&s->hands);
	s->script = (struct script){.base = {.ops = &script_ops},
	    .next_gas = 30000000,
	    .lasting_gas = TARGET};
	s->core = (struct core){.conf = &s->conf,
	    .clock = &s->clock,
	    .genesis = &s->y.g,
	    .store = s->y.store,
	    .chain = s->y.chain,
	    .engine = &s->script.base,
	    .in = queue_new(64),
	    .pool = queue_new(64)};
	s->pooler.clock = &s->clock;
	s->pooler.store = s->y.store;
	s->pooler.in = s->core.pool;
	s->pooler.core = s->core.in;
	s->pooler.gas = pool_conf_open(1337).gas;
	pooled_open(&s->pooler);
}

static void
close_site(struct site *s)
{
	struct mail *m;

	while ((m = queue_pop(s->core.pool)) != NULL)
		mail_free(m);
	pool_close(s->pooler.pool);
	queue_free(s->core.in);
	queue_free(s->core.pool);
	yard_close(&s->y);
}

static void
run_core(struct site *s)
{
	mail_send(s->core.in, mail_new(MAIL_STOP));
	EXPECT_RC(core_run(&s->core, NULL), RC_OK);
}

/* take is the next message to the pool; another ends the program. */
static struct mail *
take(struct site *s, enum mail_kind kind)
{
	struct mail *m = queue_pop(s->core.pool);

	if (m == NULL || m->kind != kind) {
		fprintf(stderr, "message %d instead of %d\n",
		    m == NULL ? -1 : (int)m->kind, (int)kind);
		abort();
	}
	return m;
}

/* Building. ----------------------------------------------------------- */

/* picked makes the pool's answer to the first MAIL_PICK, of what the yard
 * lists. */
static struct mail *
picked(struct site *s)
{
	struct mail *m = mail_new(MAIL_PICKED);
	size_t i;

	m->ticket = 1;
	m->txs = arena_array(&m->arena, YARD_TX_MAX, sizeof(struct pool_tx *));
	for (i = 0; i < s->y.tx_cnt; i++) {
		EXPECT_RC(
		    pool_tx_new(&m->txs[i], s->y.txs[i].tx->raw, NULL), RC_OK);
		m->tx_cnt++;
	}
	s->y.tx_cnt = 0;
	return m;
}

/* build_until lets the engine ask for a block by at_ms. */
static void
build_until(struct site *s, uint64_t at_ms)
{
	s->script.tmpl = yard_template(&s->y, 1);
	s->script.wish = (struct engine_effect){.kind = EF_BUILD,
	    .header = &s->script.tmpl,
	    .parent = s->script.tmpl.parent,
	    .at_ms = at_ms};
	mail_send(s->core.in, mail_new(MAIL_WORK));
	mail_send(s->core.in, picked(s));
	run_core(s);
}

/* Time is over when the engine says or after build_time, whichever is first;
 * but one transaction is tried in any case. */
TEST(test_core_build_ends_when_the_engine_wants)
{
	static const struct {
		const char *name;
		uint64_t build_time, at_ms, until_ms;
		size_t txs;
	} rows[] = {
	    {"time enough", 400, WALL_MS + 5000, WALL_MS + 400, 3},
	    {"the engine's time is shorter", 400, WALL_MS + 100, WALL_MS + 100,
		3},
	    {"it is over already", 400, WALL_MS - 1, WALL_MS - 1, 1},
	    {"no time of ours", 0, WALL_MS + 5000, WALL_MS, 1},
	};
	size_t i, k;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct site s;

		test_row(rows[i].name);
		open_site(&s);
		s.conf.build_time = rows[i].build_time;
		for (k = 0; k < 3; k++)
			yard_tx(&s.y, k, yard_target(1), 1);
		build_until(&s, rows[i].at_ms);
		EXPECT_U64(s.script.built_cnt, 1);
		EXPECT_U64(s.core.build_until_ms, rows[i].until_ms);
		EXPECT_U64(s.script.built.gas_used, rows[i].txs * 21000);
		EXPECT_U64(yard_head(&s.y), 1);
		close_site(&s);
	}
	test_row(NULL);
	test_count(i);
}

TEST(test_core_head_tells_gas_bounds)
{
	struct site s;
	struct mail *m;

	open_site(&s);
	yard_tx(&s.y, 0, yard_target(1), 1);
	build_until(&s, WALL_MS + 1000);
	m = take(&s, MAIL_PICK);
	EXPECT_U64(m->gas_max, 30000000);
	mail_free(m);
	m = take(&s, MAIL_HEAD);
	EXPECT_U64(m->gas.accept, TARGET);
	EXPECT_U64(m->gas.block, 30000000);
	EXPECT_U64(s.core.gas_accept, TARGET);
	EXPECT(m->touched_cnt > 0);
	mail_free(m);
	EXPECT(queue_pop(s.core.pool) == NULL);
	close_site(&s);
}

/* All that can never be executed is one message; what may pass later, and a
 * block without refusals, is none. */
TEST(test_core_refused_candidates_are_one_message)
{
	const struct mail_drop *d;
	struct site s;
	struct mail *m;
	size_t cnt = 0;

	open_site(&s);
	yard_tx(&s.y, 0, yard_target(1), 1);
	/* Mined before, as far as the chain knows: nonces too low. */
	yard_block(&s.y, 1);
	s.y.nonce[0] = 0;
	yard_tx(&s.y, 0, yard_target(1), 7);
	/* Without funds, and behind a gap: these may come back. */
	yard_tx(&s.y, 1, yard_target(1), YARD_FUNDS);
	s.y.nonce[2] = 5;
	yard_tx(&s.y, 2, yard_target(1), 1);
	/* One is mined, and so is the call of a precompile. */
	yard_tx(&s.y, 3, yard_target(1), 1);
	yard_tx(&s.y, 4, (struct addr){.b = {[19] = 2}}, 1);
	build_until(&s, WALL_MS + 1000);
	mail_free(take(&s, MAIL_PICK));
	m = take(&s, MAIL_DROP);
	for (d = m->drops; d != NULL; d = d->next) {
		cnt++;
		EXPECT(d->why[0] != '\0');
	}
	EXPECT_U64(cnt, 1);
	mail_free(m);
	mail_free(take(&s, MAIL_HEAD));
	EXPECT(queue_pop(s.core.pool) == NULL);
	EXPECT(s.core.drops == NULL);
	close_site(&s);
}

/* Nothing could be mined, and nothing must go: the pool hears so. */
TEST(test_core_empty_block_of_a_list_is_told)
{
	struct site s;
	struct mail *m;

	open_site(&s);
	yard_tx(&s.y, 1, yard_target(1), YARD_FUNDS);
	build_until(&s, WALL_MS + 1000);
	EXPECT_U64(s.script.built.gas_used, 0);
	mail_free(take(&s, MAIL_PICK));
	m = take(&s, MAIL_DROP);
	EXPECT(m->drops == NULL);
	mail_free(m);
	mail_free(take(&s, MAIL_HEAD));
	/* Of an empty list it is no news. */
	close_site(&s);
	open_site(&s);
	build_until(&s, WALL_MS + 1000);
	mail_free(take(&s, MAIL_PICK));
	mail_free(take(&s, MAIL_HEAD));
	close_site(&s);
}

/* Changes of branch. --------------------------------------------------- */

/* fork_site gives the site two blocks, of which the second branch, known to
 * it, undoes both: key 0 sends in all, keys 1 and 2 in one branch each. */
static struct hash
fork_site(struct site *s)
{
	struct yard other;
	struct hash tip;

	yard_open(&other, "other", FORK_LONDON);
	yard_tx(&other, 0, yard_target(9), 9);
	yard_tx(&other, 2, yard_target(2), 1);
	yard_tx(&s->y, 0, yard_target(1), 1);
	yard_tx(&s->y, 1, yard_target(1), 2);
	yard_block(&s->y, 10);
	yard_tx(&s->y, 0, yard_target(1), 3);
	yard_tx(&s->y, 1, yard_target(1), 4);
	yard_block(&s->y, 10);
	EXPECT_RC(yard_give(&s->y, yard_block(&other, 5)), RC_OK);
	EXPECT_U64(s->y.change.added_cnt, 0);
	tip = yard_hash(&other, 1);
	yard_close(&other);
	return tip;
}

static void
adopt(struct site *s)
{
	s->script.wish =
	    (struct engine_effect){.kind = EF_ADOPT, .parent = fork_site(s)};
	mail_send(s->core.in, mail_new(MAIL_WORK));
	run_core(s);
	EXPECT_U64(yard_head(&s->y), 1);
	EXPECT_U64(s->script.head_cnt, 1);
}

TEST(test_core_undone_blocks_return_oldest_first)
{
	struct site s;
	struct mail *m;
	size_t i, k;

	open_site(&s);
	adopt(&s);
	mail_free(take(&s, MAIL_HEAD));
	for (i = 0; i < 2; i++) {
		m = take(&s, MAIL_RETURN);
		EXPECT_U64(m->tx_cnt, 2);
		for (k = 0; k < m->tx_cnt; k++) {
			struct addr from = yard_addr(k);

			EXPECT_U64(m->txs[k]->tx.nonce, i);
			EXPECT_U64(m->txs[k]->tx.value.w[0], 1 + 2 * i + k);
			EXPECT(addr_eq(&m->txs[k]->sender, &from));
		}
		mail_free(m);
	}
	EXPECT(queue_pop(s.core.pool) == NULL);
	close_site(&s);
}

/* The whole way: what the new branch does not have is in the pool again, and
 * durable without anybody's asking. */
TEST(test_core_undone_transactions_are_in_the_pool)
{
	struct pool_stats st;
	struct addr a = yard_addr(1), b = yard_addr(0);
	struct site s;

	open_site(&s);
	adopt(&s);
	mail_send(s.core.pool, mail_new(MAIL_STOP));
	EXPECT_RC(pooler_run(&s.pooler, NULL), RC_OK);
	/* Core was told once that there is work. */
	mail_free(queue_pop(s.core.in));
	EXPECT(queue_pop(s.core.in) == NULL);
	pool_close(s.pooler.pool);
	/* As a crash right now would leave it. */
	pooled_open(&s.pooler);
	pool_stats(s.pooler.pool, &st);
	/* Key 0: nonce 0 is used by the new branch, nonce 1 is not. */
	EXPECT_U64(st.pending, 3);
	EXPECT_U64(st.queued, 0);
	EXPECT_U64(pool_nonce(s.pooler.pool, &a, 0), 2);
	EXPECT_U64(pool_nonce(s.pooler.pool, &b, 1), 2);
	close_site(&s);
}
