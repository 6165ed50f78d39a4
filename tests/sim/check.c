/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules of a Clique network, from reliability goals rather than from the
 * engine: who sealed what is known here first-hand, and no signature or
 * snapshot is consulted.
 */
#include <stdarg.h>
#include <stdio.h>

#include "sim.h"

static void broken(struct world *w, const char *rule, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
broken(struct world *w, const char *rule, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (w->rule != NULL)
		return;
	w->rule = rule;
	n = snprintf(w->why, sizeof(w->why),
	    "at %llu ms: ", (unsigned long long)(w->now_ms - w->start_ms));
	va_start(ap, fmt);
	vsnprintf(w->why + n, sizeof(w->why) - (size_t)n, fmt, ap);
	va_end(ap);
}

static unsigned
limit_of(const struct world *w)
{
	return w->plan.n / 2 + 1;
}

static uint64_t
number_of(const struct world *w, size_t block)
{
	return w->blocks[block].header.number;
}

/* The ancestor of block at number; block itself when it is not higher. */
static size_t
ancestor(const struct world *w, size_t block, uint64_t number)
{
	while (number_of(w, block) > number)
		block = w->blocks[block].parent;
	return block;
}

/* Among limit consecutive blocks a sealer seals one (EIP-225). */
void
check_sealed(struct world *w, size_t block)
{
	const struct sim_block *b = &w->blocks[block];
	size_t at = b->parent;
	unsigned i;

	for (i = 1; i < limit_of(w) && number_of(w, at) > 0; i++) {
		if (w->blocks[at].sealer == b->sealer)
			broken(w, "one of floor(n/2)+1",
			    "sealer %u sealed blocks %llu and %llu of a branch",
			    b->sealer, (unsigned long long)number_of(w, at),
			    (unsigned long long)b->header.number);
		at = w->blocks[at].parent;
	}
}

/* All sealers are honest, so every block is right; only a clock may say that
 * it is early. */
void
check_refused(struct world *w, const struct sim_node *n, size_t block,
    enum rc rc, const struct err *e)
{
	if (rc != RC_BLK_FUTURE)
		broken(w, "honest blocks are accepted",
		    "node %u refused block %llu of sealer %u: %s", n->id,
		    (unsigned long long)number_of(w, block),
		    w->blocks[block].sealer, err_message(e, rc));
}

/* Blocks below head - 2 * (floor(n/2)+1) are the same everywhere, for ever. */
static void
check_final(struct world *w, const struct sim_node *n)
{
	uint64_t depth = 2 * (uint64_t)limit_of(w);
	uint64_t head = number_of(w, n->head);
	size_t low, high;

	if (head <= depth)
		return;
	high = ancestor(w, n->head, head - depth);
	low = w->final;
	if (number_of(w, low) > number_of(w, high)) {
		low = high;
		high = w->final;
	}
	if (ancestor(w, high, number_of(w, low)) != low)
		broken(w, "finality",
		    "node %u has another block %llu than was final", n->id,
		    (unsigned long long)number_of(w, low));
	w->final = high;
}

static void
count_reorg(struct world *w, size_t old, size_t head)
{
	uint64_t from = number_of(w, old);
	size_t x = old, y = head;

	while (x != y) {
		if (number_of(w, x) > number_of(w, y))
			x = w->blocks[x].parent;
		else
			y = w->blocks[y].parent;
	}
	if (x == old)
		return;
	w->stats->reorgs++;
	if (from - number_of(w, x) > w->stats->deepest_reorg)
		w->stats->deepest_reorg = from - number_of(w, x);
}

void
check_head(struct world *w, const struct sim_node *n, size_t old)
{
	world_mix(w, n->id + 1);
	world_mix(w, be64(w->blocks[n->head].hash.b));
	count_reorg(w, old, n->head);
	check_final(w, n);
	if (number_of(w, n->head) <= w->progress_number)
		return;
	check_progress(w);
	w->progress_number = number_of(w, n->head);
	w->progress_at_ms = w->now_ms;
}

/* One height, one message: what the signer let pass before. */
void
check_signature(struct world *w, const struct sim_node *n, uint64_t height,
    const struct hash *digest)
{
	if (height < n->signed_height ||
	    (height == n->signed_height && !hash_eq(digest, &n->signed_digest)))
		broken(w, "one message per height",
		    "sealer %u signed height %llu after %llu", n->id,
		    (unsigned long long)height,
		    (unsigned long long)n->signed_height);
}

/*
 * Liveness with at most one sealer down: after healing the chain moves within
 * SIM_SETTLE_MS; when that time is over no pause is longer than three periods
 * and the wiggle, and the heartbeat where empty blocks are left out. Called
 * whenever the highest head rises, and at the ends of phases.
 */
void
check_progress(struct world *w)
{
	uint64_t bound = 3 * w->plan.period_s * 1000 +
			 (uint64_t)CLIQUE_WIGGLE_MS * limit_of(w) +
			 (w->plan.skip_empty ? SIM_HEARTBEAT_S * 1000 : 0);
	bool is_first = w->progress_at_ms < w->healed_at_ms;
	uint64_t since = is_first ? w->healed_at_ms : w->progress_at_ms;
	uint64_t gap = w->now_ms - since;

	if (w->healed_at_ms == 0 || w->is_frozen)
		return;
	if (is_first && gap > w->stats->longest_heal_ms)
		w->stats->longest_heal_ms = gap;
	if (is_first && gap >= SIM_SETTLE_MS)
		broken(w, "progress after healing", "no block in %llu ms",
		    (unsigned long long)gap);
	if (!w->has_settled)
		return;
	if (!w->plan.skip_empty && gap > w->stats->longest_gap_ms)
		w->stats->longest_gap_ms = gap;
	if (gap > bound)
		broken(w, "liveness with one down",
		    "no block for %llu ms, bound %llu", (unsigned long long)gap,
		    (unsigned long long)bound);
}

/* When messages have arrived and nobody seals, all nodes have one head. */
void
check_end(struct world *w)
{
	unsigned i;

	for (i = 1; i < w->plan.n; i++) {
		if (w->nodes[i].head != w->nodes[0].head)
			broken(w, "convergence after healing",
			    "node 0 ends at block %llu, node %u at %llu",
			    (unsigned long long)number_of(w, w->nodes[0].head),
			    i,
			    (unsigned long long)number_of(w, w->nodes[i].head));
	}
}
