/* SPDX-License-Identifier: Apache-2.0
 *
 * Time and fate. Events are taken in order of time, then of their making; the
 * script is the same for all seeds (calm, chaos, one sealer down, all up,
 * silence), what happens inside it is drawn.
 */
#include <stdlib.h>

#include "crypto/ec.h"
#include "crypto/keccak.h"
#include "sim.h"

/* The virtual clock starts here, so that timestamps look like timestamps. */
enum { START_S = 1700000000 };

uint64_t
world_below(struct world *w, uint64_t bound)
{
	return rng_test_below(&w->rng, bound);
}

bool
world_chance(struct world *w, unsigned percent)
{
	return percent > 0 && world_below(w, 100) < percent;
}

void
world_mix(struct world *w, uint64_t v)
{
	w->trace = (w->trace ^ v ^ w->now_ms) * 0x100000001b3;
}

/* The queue: a binary heap. ------------------------------------------ */

static bool
is_before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->seq < b->seq;
}

static void
swap(struct world *w, size_t a, size_t b)
{
	struct sim_event x = w->heap[a];

	w->heap[a] = w->heap[b];
	w->heap[b] = x;
}

void
world_push(struct world *w, const struct sim_event *ev)
{
	size_t at = w->event_cnt++;

	if (at == SIM_EVENT_MAX)
		abort();
	w->heap[at] = *ev;
	w->heap[at].seq = w->seq++;
	for (; at > 0 && is_before(&w->heap[at], &w->heap[(at - 1) / 2]);
	     at = (at - 1) / 2)
		swap(w, at, (at - 1) / 2);
}

static struct sim_event
pop(struct world *w)
{
	struct sim_event first = w->heap[0];
	size_t at = 0, low;

	w->heap[0] = w->heap[--w->event_cnt];
	for (;;) {
		low = 2 * at + 1;
		if (low + 1 < w->event_cnt &&
		    is_before(&w->heap[low + 1], &w->heap[low]))
			low++;
		if (low >= w->event_cnt ||
		    !is_before(&w->heap[low], &w->heap[at]))
			return first;
		swap(w, at, low);
		at = low;
	}
}

/* Faults. ------------------------------------------------------------ */

static void
mend(struct world *w)
{
	memset(w->is_cut, 0, sizeof(w->is_cut));
}

/* Two sides, or one direction of one link. */
static void
cut(struct world *w)
{
	unsigned side = (unsigned)world_below(w, 1U << w->plan.n), i, k;

	mend(w);
	if (world_chance(w, 20)) {
		i = (unsigned)world_below(w, w->plan.n);
		k = (unsigned)world_below(w, w->plan.n);
		w->is_cut[i][k] = true;
		return;
	}
	for (i = 0; i < w->plan.n; i++) {
		for (k = 0; k < w->plan.n; k++)
			w->is_cut[i][k] = (side >> i & 1) != (side >> k & 1);
	}
}

/* A clock that is off: usually seconds, sometimes a minute. */
static void
skew(struct world *w, struct sim_node *n)
{
	uint64_t most = world_chance(w, 20) ? 60000 : 5000;

	n->skew_ms = (int64_t)world_below(w, 2 * most) - (int64_t)most;
}

static void
fault(struct world *w)
{
	struct sim_node *n = &w->nodes[world_below(w, w->plan.n)];

	switch (world_below(w, 6)) {
	case 0:
		cut(w);
		break;
	case 1:
		mend(w);
		break;
	case 2:
		w->loss_percent = (unsigned)world_below(w, 41);
		break;
	case 3:
		w->delay_ms = world_below(w, 2000);
		break;
	case 4:
		skew(w, n);
		break;
	default:
		if (n->is_up)
			node_crash(n, 100 + world_below(w, 12000));
		break;
	}
	world_push(w,
	    &(struct sim_event){.at_ms = w->now_ms + 200 + world_below(w, 3000),
		.kind = SIM_FAULT});
}

/* Making a world. ---------------------------------------------------- */

static int
by_addr(const void *a, const void *b)
{
	const struct sim_node *x = a, *y = b;

	return memcmp(x->addr.b, y->addr.b, sizeof(x->addr.b));
}

static void
make_nodes(struct world *w)
{
	uint8_t pub[64];
	unsigned i;

	for (i = 0; i < w->plan.n; i++) {
		struct sim_node *n = &w->nodes[i];

		keccak256(n->key, bytes_of(&i, sizeof(i)));
		if (ec_public(pub, n->key, NULL) != RC_OK)
			abort();
		ec_addr(n->addr.b, pub);
	}
	qsort(w->nodes, w->plan.n, sizeof(w->nodes[0]), by_addr);
	for (i = 0; i < w->plan.n; i++) {
		w->nodes[i].w = w;
		w->nodes[i].id = i;
		w->nodes[i].knows[0] = true;
	}
}

static void
make_genesis(struct world *w)
{
	size_t len = CLIQUE_VANITY + CLIQUE_SEAL + 20 * w->plan.n;
	uint8_t *extra = arena_alloc(&w->arena, len);
	struct sim_block *b = &w->blocks[0];
	unsigned i;

	for (i = 0; i < w->plan.n; i++)
		memcpy(extra + CLIQUE_VANITY + 20 * (size_t)i,
		    w->nodes[i].addr.b, 20);
	b->header = (struct header){.ommers_hash = HASH_EMPTY_LIST,
	    .state_root = HASH_EMPTY_TRIE,
	    .tx_root = HASH_EMPTY_TRIE,
	    .receipts_root = HASH_EMPTY_TRIE,
	    .difficulty = U256_ONE,
	    .gas_limit = 8000000,
	    .time = START_S,
	    .extra = {extra, len},
	    .field_cnt = HEADER_FIELDS_LONDON,
	    .base_fee = u256_from_u64(1000000000)};
	b->hash = header_hash(&b->header);
	b->td = 1;
	b->sealer = SIM_NODE_MAX;
	w->block_cnt = 1;
}

static void
draw_plan(struct world *w, uint64_t seed)
{
	static const uint64_t epochs[] = {30000, 30000, 7, 20};
	uint64_t kind;

	w->rng.state = seed;
	kind = world_below(w, 100);
	w->plan.seed = seed;
	w->plan.n = kind < 4 ? 1 : kind < 52 ? 3 : 5;
	w->plan.period_s = 1 + world_below(w, 2);
	w->plan.epoch = epochs[world_below(w, 4)];
	w->plan.skip_empty = world_chance(w, 10);
	w->plan.settle_s = world_chance(w, 50) ? 2 : 0;
}

static void
make(struct world *w, uint64_t seed, struct sim_stats *stats)
{
	unsigned f;

	memset(w, 0, sizeof(*w));
	w->stats = stats;
	arena_init(&w->arena, 64 << 20);
	draw_plan(w, seed);
	w->forks = fork_plan_none();
	for (f = FORK_FRONTIER; f <= FORK_LONDON; f++)
		w->forks.at[f] = 0;
	w->now_ms = w->start_ms = (uint64_t)START_S * 1000;
	w->progress_at_ms = w->now_ms;
	w->delay_ms = 50;
	make_nodes(w);
	make_genesis(w);
}

/* The script. -------------------------------------------------------- */

static void
handle(struct world *w, const struct sim_event *ev)
{
	struct sim_event next = *ev;

	if (ev->kind == SIM_FAULT) {
		if (w->is_chaos)
			fault(w);
		return;
	}
	node_event(&w->nodes[ev->node], ev);
	if (ev->kind != SIM_ANNOUNCE && ev->kind != SIM_WORK)
		return;
	next.at_ms = w->now_ms + SIM_ANNOUNCE_MS;
	world_push(w, &next);
}

/* Returns false when a rule broke. */
static bool
run_for(struct world *w, uint64_t ms)
{
	uint64_t end = w->now_ms + ms;
	struct sim_event ev;

	while (w->rule == NULL && w->event_cnt > 0 && w->heap[0].at_ms <= end) {
		ev = pop(w);
		w->now_ms = ev.at_ms;
		handle(w, &ev);
	}
	if (w->rule == NULL) {
		w->now_ms = end;
		check_progress(w);
	}
	return w->rule == NULL;
}

/* Faults end: the network is whole and clocks are right again. */
static void
heal(struct world *w)
{
	unsigned i;

	w->is_chaos = false;
	w->loss_percent = (unsigned)world_below(w, 4);
	w->delay_ms = 50;
	mend(w);
	for (i = 0; i < w->plan.n; i++)
		w->nodes[i].skew_ms = (int64_t)world_below(w, 200);
}

static void
bring_up(struct world *w, unsigned except)
{
	unsigned i;

	for (i = 0; i < w->plan.n; i++) {
		if (i != except && !w->nodes[i].is_up)
			node_start(&w->nodes[i]);
	}
}

/* A sealer whose clock was ahead has sealed blocks of the future, and cannot
 * go on before their time has come: that is waited for, and is no stall. */
static uint64_t
until_present_ms(const struct world *w)
{
	uint64_t latest_ms = w->now_ms, at_ms;
	unsigned i;

	for (i = 0; i < w->plan.n; i++) {
		at_ms = w->blocks[w->nodes[i].head].header.time * 1000;
		if (at_ms > latest_ms)
			latest_ms = at_ms;
	}
	return latest_ms - w->now_ms;
}

static bool
chaos(struct world *w)
{
	w->is_chaos = true;
	world_push(
	    w, &(struct sim_event){.at_ms = w->now_ms, .kind = SIM_FAULT});
	return run_for(w, SIM_CHAOS_MS);
}

static bool
one_down(struct world *w)
{
	unsigned gone = w->plan.n;

	heal(w);
	if (w->plan.n >= 3) {
		gone = (unsigned)world_below(w, w->plan.n);
		w->nodes[gone].is_up = false;
	}
	bring_up(w, gone);
	/* What was under way when the clocks were set right comes out first. */
	if (!run_for(w, SIM_BREATH_MS) || !run_for(w, until_present_ms(w)))
		return false;
	w->healed_at_ms = w->now_ms;
	if (!run_for(w, SIM_SETTLE_MS))
		return false;
	w->has_settled = true;
	return run_for(w, SIM_ONE_DOWN_MS);
}

static bool
all_up(struct world *w)
{
	bring_up(w, w->plan.n);
	return run_for(w, SIM_ALL_UP_MS);
}

static void
play(struct world *w)
{
	if (!run_for(w, SIM_CALM_MS) || !chaos(w) || !one_down(w) || !all_up(w))
		return;
	w->is_frozen = true;
	if (run_for(w, SIM_DRAIN_MS))
		check_end(w);
}

bool
world_run(struct world *w, uint64_t seed, struct sim_stats *stats, bool is_told)
{
	unsigned i;

	make(w, seed, stats);
	w->is_told = is_told;
	for (i = 0; i < w->plan.n; i++) {
		struct sim_event tick = {
		    .at_ms = w->now_ms + 100 * i, .node = i};

		tick.kind = SIM_ANNOUNCE;
		world_push(w, &tick);
		tick.kind = SIM_WORK;
		world_push(w, &tick);
		node_start(&w->nodes[i]);
	}
	play(w);
	for (i = 0; i < w->plan.n; i++) {
		if (w->rule != NULL)
			node_describe(&w->nodes[i]);
		node_stop(&w->nodes[i]);
	}
	arena_drop(&w->arena);
	return w->rule == NULL;
}
