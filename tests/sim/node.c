/* SPDX-License-Identifier: Apache-2.0
 *
 * One node: what noded, chain and signer do for an engine, as little of it as
 * consensus needs. Blocks are headers; "executing" one fills in its roots. A
 * crash loses the engine and everything under way, and leaves headers, head,
 * kept values, the staged block and the signer's watermark.
 */
#include <stdio.h>
#include <stdlib.h>

#include "crypto/ec.h"
#include "sim.h"

uint64_t
node_wall_ms(const struct sim_node *n)
{
	return (uint64_t)((int64_t)n->w->now_ms + n->skew_ms);
}

static struct header *
put_work(struct sim_work *work, const struct header *h)
{
	if (h->extra.len > sizeof(work->extra))
		abort();
	work->header = *h;
	memcpy(work->extra, h->extra.ptr, h->extra.len);
	work->header.extra.ptr = work->extra;
	work->is_set = true;
	return &work->header;
}

/* One line of the story, for those who play a single seed. */
static void
node_say(const struct sim_node *n, const char *what, size_t block)
{
	const struct sim_block *b = &n->w->blocks[block];

	if (n->w->is_told)
		printf("%8llu ms: node %u %s %llu of sealer %u (weight %llu)\n",
		    (unsigned long long)(n->w->now_ms - n->w->start_ms), n->id,
		    what, (unsigned long long)b->header.number, b->sealer,
		    (unsigned long long)b->td);
}

/* The engine's view of the chain. ------------------------------------ */

static size_t
find_block(const struct sim_node *n, const struct hash *hash)
{
	size_t i;

	for (i = n->w->block_cnt; i-- > 0;) {
		if (n->knows[i] && hash_eq(&n->w->blocks[i].hash, hash))
			return i;
	}
	return SIM_NONE;
}

static enum rc
link_header(
    void *ctx, struct header *out, const struct hash *hash, struct err *e)
{
	const struct sim_node *n = ctx;
	size_t at = find_block(n, hash);

	if (at == SIM_NONE)
		return FAIL(e, RC_NOT_FOUND, "header");
	*out = n->w->blocks[at].header;
	return RC_OK;
}

static struct sim_aux *
find_aux(struct sim_node *n, const char *name)
{
	size_t i;

	for (i = 0; i < n->aux_cnt; i++) {
		if (!strcmp(n->aux[i].name, name))
			return &n->aux[i];
	}
	return NULL;
}

static enum rc
link_load(void *ctx, struct bytes *out, const char *name, struct err *e)
{
	const struct sim_aux *x = find_aux(ctx, name);

	if (x == NULL)
		return FAIL(e, RC_NOT_FOUND, "%s", name);
	*out = x->value;
	return RC_OK;
}

static enum rc
link_keep(void *ctx, const char *name, struct bytes value, struct err *e)
{
	struct sim_node *n = ctx;
	struct sim_aux *x = find_aux(n, name);

	if (x == NULL && n->aux_cnt == SIM_AUX_MAX)
		return FAIL(e, RC_NO_SPACE, "%s", name);
	if (x == NULL) {
		x = &n->aux[n->aux_cnt++];
		snprintf(x->name, sizeof(x->name), "%s", name);
	}
	x->value = arena_copy(&n->w->arena, value);
	return RC_OK;
}

static enum rc
link_stage(void *ctx, struct err *e)
{
	struct sim_node *n = ctx;

	(void)e;
	put_work(&n->staged, &n->built.header);
	return RC_OK;
}

static enum rc
link_staged(void *ctx, struct header *out, struct err *e)
{
	struct sim_node *n = ctx;

	if (!n->staged.is_set ||
	    !hash_eq(&n->staged.header.parent, &n->w->blocks[n->head].hash))
		return FAIL(e, RC_NOT_FOUND, "staged block");
	*out = *put_work(&n->built, &n->staged.header);
	n->w->stats->resumed++;
	return RC_OK;
}

/* Effects. ----------------------------------------------------------- */

static void step(struct sim_node *n, struct engine_event *ev);

static bool
has_work(const struct sim_node *n)
{
	return !n->w->plan.skip_empty || n->w->now_ms / 8000 % 2 == 0;
}

static void
set_head(struct sim_node *n, size_t block)
{
	struct engine_event ev = {.kind = EV_HEAD,
	    .header = &n->w->blocks[block].header,
	    .hash = n->w->blocks[block].hash,
	    .has_work = has_work(n)};
	size_t old = n->head;

	n->head = block;
	check_head(n->w, n, old);
	step(n, &ev);
}

static void
set_timer(struct sim_node *n, uint64_t at_ms)
{
	int64_t at = (int64_t)at_ms - n->skew_ms, now = (int64_t)n->w->now_ms;

	n->timer_at_ms = at_ms;
	n->has_timer = true;
	n->timer_cnt++;
	world_push(
	    n->w, &(struct sim_event){.at_ms = (uint64_t)(at < now ? now : at),
		      .kind = SIM_TIMER,
		      .node = n->id,
		      .life = n->life,
		      .attempt = n->timer_cnt});
}

static void
start_build(struct sim_node *n, const struct header *tmpl)
{
	struct header *h = put_work(&n->built, tmpl);

	h->state_root = h->receipts_root = h->tx_root = HASH_EMPTY_TRIE;
	if (has_work(n)) {
		rng_test_fill(&n->w->rng, h->tx_root.b, sizeof(h->tx_root.b));
		h->gas_used = 21000;
	}
	n->attempt++;
	world_push(n->w,
	    &(struct sim_event){.at_ms = n->w->now_ms + world_below(n->w, 80),
		.kind = SIM_BUILT,
		.node = n->id,
		.life = n->life,
		.attempt = n->attempt});
}

/* The signer child: its watermark is on disk before the signature leaves. */
static enum rc
ask_signer(struct sim_node *n, uint8_t sig[65], uint64_t height,
    const struct hash *digest)
{
	struct ec_sig s;

	if (height < n->signed_height ||
	    (height == n->signed_height &&
		!hash_eq(digest, &n->signed_digest))) {
		n->w->stats->denied++;
		node_say(n, "is denied the block after", n->head);
		return RC_DENIED;
	}
	check_signature(n->w, n, height, digest);
	n->signed_height = height;
	n->signed_digest = *digest;
	if (ec_sign(&s, n->key, digest->b, NULL) != RC_OK)
		abort();
	memcpy(sig, s.r, 32);
	memcpy(sig + 32, s.s, 32);
	sig[64] = s.y_parity;
	return RC_OK;
}

static void
sign(struct sim_node *n, const struct engine_effect *ef)
{
	struct engine_event ev = {.kind = EV_SIGNED};

	ev.rc = ask_signer(n, ev.sig, ef->height, &ef->digest);
	if (ev.rc != RC_OK)
		ev.kind = EV_REFUSED;
	/* The worst moment: signed, and the block is not stored. */
	else if (n->w->is_chaos && world_chance(n->w, 3))
		node_crash(n, 100 + world_below(n->w, 8000));
	if (n->is_up)
		step(n, &ev);
}

/* A block of ours: stored, head, told. */
static void
commit(struct sim_node *n, const struct header *h)
{
	struct world *w = n->w;
	struct sim_block *b = &w->blocks[w->block_cnt];
	size_t at = w->block_cnt;

	if (w->block_cnt + 1 == SIM_BLOCK_MAX)
		abort();
	b->header = *header_copy(&w->arena, h);
	b->hash = header_hash(h);
	b->parent = find_block(n, &h->parent);
	b->td = w->blocks[b->parent].td + h->difficulty.w[0];
	b->sealer = n->id;
	w->block_cnt++;
	w->stats->blocks++;
	n->knows[at] = true;
	check_sealed(w, at);
	node_say(n, "seals", at);
	set_head(n, at);
	net_broadcast(n, at);
}

static void
adopt(struct sim_node *n, const struct hash *hash)
{
	struct engine_event refused = {.kind = EV_REFUSED, .rc = RC_NOT_FOUND};
	size_t at = find_block(n, hash);

	if (at == SIM_NONE) {
		step(n, &refused);
		return;
	}
	n->w->stats->adopted++;
	node_say(n, "adopts", at);
	set_head(n, at);
}

static void
tell(struct sim_node *n, const struct hash *hash)
{
	size_t at = find_block(n, hash);

	if (at == SIM_NONE)
		abort();
	n->w->stats->told++;
	node_say(n, "tells of", at);
	net_broadcast(n, at);
}

static void
apply(struct sim_node *n, const struct engine_effect *ef)
{
	switch (ef->kind) {
	case EF_TIMER:
		set_timer(n, ef->at_ms);
		break;
	case EF_BUILD:
		start_build(n, ef->header);
		break;
	case EF_SIGN:
		sign(n, ef);
		break;
	case EF_SEALED:
		commit(n, ef->header);
		break;
	case EF_ADOPT:
		adopt(n, &ef->parent);
		break;
	case EF_SEND:
		tell(n, &ef->parent);
		break;
	}
}

/* Effects may cause further steps: at most head -> plan, never deeper than
 * the few calls above. */
static void
step(struct sim_node *n, struct engine_event *ev)
{
	struct engine_effects out;
	struct arena a;
	struct err e;
	unsigned life = n->life;
	enum rc rc;
	size_t i;

	arena_init(&a, 1 << 20);
	rc = engine_step(n->g, &a, &out, ev, node_wall_ms(n), &e);
	if (rc != RC_OK) {
		fprintf(stderr, "engine_step: %s\n", err_message(&e, rc));
		abort();
	}
	for (i = 0; i < out.cnt && n->is_up && n->life == life; i++)
		apply(n, &out.v[i]);
	arena_drop(&a);
}

/* Events. ------------------------------------------------------------ */

bool
node_take(struct sim_node *n, size_t block)
{
	const struct sim_block *b = &n->w->blocks[block];
	const struct sim_block *head = &n->w->blocks[n->head];
	struct u256 td = u256_from_u64(b->td), td_head;
	struct err e;
	enum rc rc;

	if (n->knows[block])
		return true;
	if (!n->knows[b->parent])
		return false;
	rc = engine_verify(n->g, &b->header, &n->w->blocks[b->parent].header,
	    node_wall_ms(n) / 1000, &e);
	if (rc != RC_OK) {
		check_refused(n->w, n, block, rc, &e);
		return true;
	}
	n->knows[block] = true;
	net_broadcast(n, block);
	td_head = u256_from_u64(head->td);
	if (engine_prefer(n->g, &b->header, &td, &head->header, &td_head) <=
	    0) {
		node_say(n, "keeps aside", block);
		return true;
	}
	node_say(n, "follows", block);
	set_head(n, block);
	return true;
}

static void
on_timer(struct sim_node *n, const struct sim_event *ev)
{
	struct engine_event due = {.kind = EV_TIMER};

	/* An older timer is void. This one may come before its time on the
	 * wall clock, which was set meanwhile. */
	if (ev->attempt == n->timer_cnt && n->has_timer) {
		n->has_timer = false;
		step(n, &due);
	}
}

/* Once a second: the clock may have been set forward. */
static void
look_at_clock(struct sim_node *n)
{
	struct engine_event due = {.kind = EV_TIMER};

	if (!n->has_timer || n->w->is_frozen ||
	    n->timer_at_ms > node_wall_ms(n))
		return;
	n->has_timer = false;
	step(n, &due);
}

static void
on_answer(struct sim_node *n, const struct sim_event *ev)
{
	struct engine_event answer = {
	    .kind = EV_BUILT, .header = &n->built.header};

	if (ev->attempt == n->attempt)
		step(n, &answer);
}

void
node_event(struct sim_node *n, const struct sim_event *ev)
{
	struct engine_event work = {.kind = EV_WORK};

	if (ev->kind == SIM_RESTART) {
		if (!n->is_up && ev->life == n->life)
			node_start(n);
		return;
	}
	if (!n->is_up)
		return;
	switch (ev->kind) {
	case SIM_TIMER:
		if (ev->life == n->life && !n->w->is_frozen)
			on_timer(n, ev);
		break;
	case SIM_BUILT:
		if (ev->life == n->life)
			on_answer(n, ev);
		break;
	case SIM_MESSAGE:
		net_deliver(n, ev);
		break;
	case SIM_ANNOUNCE:
		net_announce(n);
		look_at_clock(n);
		break;
	case SIM_WORK:
		if (has_work(n))
			step(n, &work);
		break;
	case SIM_RESTART:
	case SIM_FAULT:
		break;
	}
}

void
node_start(struct sim_node *n)
{
	const struct engine_chain link = {.header = link_header,
	    .load = link_load,
	    .keep = link_keep,
	    .stage = link_stage,
	    .staged = link_staged,
	    .ctx = n};
	const struct clique_conf conf = {.period_s = n->w->plan.period_s,
	    .epoch = n->w->plan.epoch,
	    .forks = &n->w->forks,
	    .is_sealer = true,
	    .self = n->addr,
	    .skip_empty = n->w->plan.skip_empty,
	    .heartbeat_s = SIM_HEARTBEAT_S,
	    .settle_s = n->w->plan.settle_s,
	    .gas_limit = 8000000,
	    .seed = rng_test_next(&n->w->rng),
	    .future_slack_s = n->w->plan.period_s + 5};
	struct engine_event ev = {.kind = EV_START,
	    .header = &n->w->blocks[n->head].header,
	    .hash = n->w->blocks[n->head].hash,
	    .has_work = has_work(n)};

	engine_free(n->g);
	if (clique_new(&n->g, &conf, &link, NULL) != RC_OK)
		abort();
	n->is_up = true;
	n->life++;
	n->has_timer = false;
	step(n, &ev);
}

void
node_describe(struct sim_node *n)
{
	const struct sim_block *b = &n->w->blocks[n->head];
	struct engine_status s;

	printf(
	    "  node %u %s, head %llu of sealer %u, weight %llu, time %+lld s, "
	    "signed %llu",
	    n->id, n->is_up ? "up" : "down",
	    (unsigned long long)b->header.number, b->sealer,
	    (unsigned long long)b->td,
	    (long long)(b->header.time - n->w->now_ms / 1000),
	    (unsigned long long)n->signed_height);
	if (n->is_up) {
		engine_status(n->g, &s, node_wall_ms(n));
		printf(": %s", s.why);
	}
	printf("\n");
}

void
node_stop(struct sim_node *n)
{
	engine_free(n->g);
	n->g = NULL;
	n->is_up = false;
}

void
node_crash(struct sim_node *n, uint64_t back_in_ms)
{
	/* The engine may be on the stack above us: it is freed at the next
	 * start or at the end. */
	n->is_up = false;
	node_say(n, "crashes at", n->head);
	n->w->stats->restarts++;
	world_push(n->w, &(struct sim_event){.at_ms = n->w->now_ms + back_in_ms,
			     .kind = SIM_RESTART,
			     .node = n->id,
			     .life = n->life});
}
