/* SPDX-License-Identifier: Apache-2.0
 *
 * A chain in a temporary folder and what its steps cost, for benchmarks of
 * blocks: London headers under Clique's rules without a seal, no base fee,
 * the newest opcodes. Wall time, since disk is part of it.
 */
#ifndef SUPPORT_BENCHCHAIN_H
#define SUPPORT_BENCHCHAIN_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/check.h"
#include "chain/chain_priv.h"
#include "crypto/rng.h"
#include "eth/basefee.h"

enum { BENCH_ROUND_MAX = 256, BENCH_CHAIN_ID = 1337 };

/* One measured thing over all rounds. */
struct series {
	const char *name;
	double us[BENCH_ROUND_MAX];
	size_t cnt;
};

static inline double
clock_us(clockid_t id)
{
	struct timespec ts;

	CHECK(clock_gettime(id, &ts) == 0);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static inline double
now_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

/* note adds what passed since *since, which becomes now. */
static inline void
note(struct series *s, double *since)
{
	double now = now_us();

	CHECK(s->cnt < BENCH_ROUND_MAX);
	s->us[s->cnt++] = now - *since;
	*since = now;
}

static inline int
compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* report prints a TSV line: name, items, median in microseconds, the same
 * for one item, least and most. */
static inline void
report(struct series *s, size_t items)
{
	if (s->cnt == 0)
		return;
	qsort(s->us, s->cnt, sizeof(s->us[0]), compare_double);
	printf("%s\t%zu\t%.0f\t%.3f\t# %.0f to %.0f\n", s->name, items,
	    s->us[s->cnt / 2], s->us[s->cnt / 2] / (double)items, s->us[0],
	    s->us[s->cnt - 1]);
	(void)fflush(stdout);
}

static inline void
must(enum rc rc, const struct err *e)
{
	if (rc != RC_OK)
		fprintf(stderr, "%s\n", err_message(e, rc));
	CHECK(rc == RC_OK);
}

static inline int
by_addr(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr));
}

/* struct bench_chain is a chain with its genesis and folder. */
struct bench_chain {
	struct arena arena; /* genesis, and what the benchmark keeps */
	struct genesis g;
	const char *dir;
	struct store_conf conf;
	struct store *store;
	struct chain *chain;
};

/* bench_rules sets everything of genesis but the accounts. */
static inline void
bench_rules(struct genesis *g, uint64_t gas_limit)
{
	struct header *h = &g->header;
	size_t i;

	g->engine = GENESIS_CLIQUE; /* no rewards */
	g->forks = fork_plan_none();
	g->forks.chain_id = BENCH_CHAIN_ID;
	for (i = 0; i <= FORK_LONDON; i++)
		g->forks.at[i] = i == FORK_DAO ? FORK_NEVER : 0;
	g->forks.evm_fork = FORK_OSAKA;
	g->forks.has_fixed_base_fee = true;
	h->ommers_hash = HASH_EMPTY_LIST;
	h->tx_root = h->receipts_root = HASH_EMPTY_TRIE;
	h->difficulty = U256_ONE;
	h->gas_limit = gas_limit;
	h->field_cnt = HEADER_FIELDS_LONDON;
}

static inline void
bench_open(struct bench_chain *c)
{
	struct err e = {0};

	c->conf = store_conf_default(c->dir);
	must(store_open(&c->store, &c->conf, &e), &e);
	must(chain_open(&c->chain, c->store, &c->g, &e), &e);
	chain_set_engine(c->chain, engine_none());
}

static inline void
bench_close(struct bench_chain *c)
{
	chain_close(c->chain);
	store_close(c->store);
}

/* bench_template is what the next block begins with. */
static inline struct header
bench_template(const struct bench_chain *c)
{
	const struct store_head *head = chain_head(c->chain);
	struct header h = {.parent = head->hash,
	    .number = head->number + 1,
	    .time = head->header->time + 1,
	    .gas_limit = head->header->gas_limit,
	    .difficulty = U256_ONE,
	    .field_cnt = HEADER_FIELDS_LONDON};

	h.coinbase.b[0] = 0xee;
	basefee_next(&h.base_fee, &c->g.forks, head->header);
	return h;
}

/* struct bench_parts is the parts of building, each block on a state that is
 * thrown away. */
enum bench_part {
	PART_EXECUTE,
	PART_CHANGES,
	PART_STATE_ROOT,
	PART_TX_ROOT,
	PART_RECEIPTS_ROOT,
	PART_PACK,
	PARTS
};

struct bench_parts {
	struct series of[PARTS];
};

static inline void
bench_parts_open(struct bench_parts *p)
{
	static const char *const names[PARTS] = {
	    [PART_EXECUTE] = "  execute",
	    [PART_CHANGES] = "  changes",
	    [PART_STATE_ROOT] = "  state root",
	    [PART_TX_ROOT] = "  transactions root",
	    [PART_RECEIPTS_ROOT] = "  receipts root",
	    [PART_PACK] = "  receipts packed",
	};
	size_t i;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < PARTS; i++)
		p->of[i].name = names[i];
}

static inline void
bench_parts_report(struct bench_parts *p, size_t items)
{
	size_t i;

	for (i = 0; i < PARTS; i++)
		report(&p->of[i], items);
}

static inline void
bench_execute(
    struct chain_run *r, const struct chain_candidate *cand, size_t cnt)
{
	uint64_t gas_left = r->env.block.gas_limit;
	struct err e = {0};
	size_t i;

	r->receipts = arena_array(&r->scratch, cnt, sizeof(*r->receipts));
	CHECK(r->receipts != NULL);
	r->tx_cnt = cnt;
	for (i = 0; i < cnt; i++)
		must(exec_tx(&r->scratch, &r->receipts[i], r->st, &r->env,
			 cand[i].tx, &cand[i].sender, &gas_left, &r->gas_used,
			 &e),
		    &e);
}

/* bench_hash measures what follows execution. */
static inline void
bench_hash(struct bench_parts *p, struct chain_run *r, struct store_block *out,
    const struct tx *txs, double at)
{
	struct arena a;
	struct state_diff diff;
	struct hash hash;
	struct err e = {0};

	arena_init(&a, (size_t)1 << 30);
	must(state_diff_take(r->st, &diff, &e), &e);
	note(&p->of[PART_CHANGES], &at);
	must(state_root(&out->arena, &hash, &out->nodes, &diff, &r->base->root,
		 &r->base->tries, &e),
	    &e);
	note(&p->of[PART_STATE_ROOT], &at);
	must(chain_tx_root(&a, &hash, txs, r->tx_cnt, &e), &e);
	note(&p->of[PART_TX_ROOT], &at);
	must(chain_receipts_root(&a, &hash, r->receipts, r->tx_cnt, &e), &e);
	note(&p->of[PART_RECEIPTS_ROOT], &at);
	must(receipts_pack(
		 &out->arena, &out->receipts, r->receipts, r->tx_cnt, &e),
	    &e);
	note(&p->of[PART_PACK], &at);
	arena_drop(&a);
}

/* bench_part_block runs the parts for one block of candidates; txs are the
 * same transactions in a row. */
static inline void
bench_part_block(struct bench_chain *c, struct bench_parts *p,
    const struct chain_candidate *cand, const struct tx *txs, size_t cnt)
{
	struct store_block *out = store_block_new(CHAIN_BLOCK_BYTES_MAX);
	struct chain_link link = {.view = chain_view(c->chain),
	    .number = chain_head(c->chain)->number};
	struct chain_base base =
	    chain_base_of(&link, &chain_head(c->chain)->header->state_root);
	struct header h = bench_template(c);
	struct chain_run r;
	double at;

	must(chain_run_open(c->chain, &r, &base, &h, &h.coinbase, NULL), NULL);
	at = now_us();
	bench_execute(&r, cand, cnt);
	note(&p->of[PART_EXECUTE], &at);
	bench_hash(p, &r, out, txs, at);
	chain_run_close(&r);
	store_block_free(out);
}

/* struct bench_steps is the steps of a block of our own as the node takes
 * them: built, staged (durable before it is signed), committed (durable). */
enum bench_step {
	STEP_BUILD,
	STEP_STAGE,
	STEP_COMMIT,
	STEP_ALL,
	STEP_CPU, /* of all, where other processes do not show */
	STEPS
};

struct bench_steps {
	struct series of[STEPS];
};

static inline void
bench_steps_open(struct bench_steps *p)
{
	static const char *const names[STEPS] = {
	    [STEP_BUILD] = "build",
	    [STEP_STAGE] = "stage",
	    [STEP_COMMIT] = "commit",
	    [STEP_ALL] = "build, stage and commit",
	    [STEP_CPU] = "the same, CPU",
	};
	size_t i;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < STEPS; i++)
		p->of[i].name = names[i];
}

static inline void
bench_steps_report(struct bench_steps *p, size_t items)
{
	size_t i;

	for (i = 0; i < STEPS; i++)
		report(&p->of[i], items);
}

/* bench_step_block makes a block of all candidates the head; it lives until
 * the next. */
static inline const struct store_block *
bench_step_block(struct bench_chain *c, struct bench_steps *p,
    const struct chain_candidate *cand, size_t cnt)
{
	struct engine_chain link = chain_engine_link(c->chain);
	struct header h, tmpl = bench_template(c);
	struct chain_change change;
	struct err e = {0};
	double at, start, cpu = clock_us(CLOCK_THREAD_CPUTIME_ID);
	struct series *all_cpu = &p->of[STEP_CPU];

	chain_set_sample(c->chain, 0);
	start = at = now_us();
	must(chain_build(c->chain, &h, &tmpl, cand, cnt, NULL, NULL, NULL, &e),
	    &e);
	note(&p->of[STEP_BUILD], &at);
	must(link.stage(link.ctx, &e), &e);
	note(&p->of[STEP_STAGE], &at);
	must(chain_commit(c->chain, &change, &h, &e), &e);
	note(&p->of[STEP_COMMIT], &at);
	note(&p->of[STEP_ALL], &start);
	all_cpu->us[all_cpu->cnt++] = clock_us(CLOCK_THREAD_CPUTIME_ID) - cpu;
	CHECK(change.added[0]->tx_cnt == cnt);
	return change.added[0];
}

#endif
