/* SPDX-License-Identifier: Apache-2.0
 *
 * When to seal. In turn a block is due at parent + period, out of turn a
 * random while later (EIP-225); without period, or with empty blocks left
 * out, only when there is something to seal. The plan follows from the head,
 * the signer set after it and the clock; carrying it out is seal.c.
 */
#include "base/check.h"
#include "consensus/clique/clique_priv.h"

/* A time that never comes; not UINT64_MAX, so that sums do not wrap. */
#define NEVER_MS (UINT64_MAX / 4)

uint64_t
clique_period_ms(const struct clique *c)
{
	return c->conf.period_s > NEVER_MS / 1000 ? NEVER_MS
						  : c->conf.period_s * 1000;
}

uint64_t
clique_wiggle_ms(size_t n)
{
	return (uint64_t)CLIQUE_WIGGLE_MS * clique_limit(n);
}

/* Milliseconds of the clock, seconds after the head's timestamp. */
uint64_t
clique_after_head_ms(const struct clique *c, uint64_t seconds)
{
	uint64_t limit = NEVER_MS / 1000;

	if (c->head->time > limit || seconds > limit - c->head->time)
		return NEVER_MS;
	return (c->head->time + seconds) * 1000;
}

/* The longest that a block may be built: the rest of the period is for the
 * others, who execute it again. */
uint64_t
clique_build_ms_max(const struct clique *c)
{
	return clique_max(clique_period_ms(c) / 4 * 3, CLIQUE_BUILD_MS_MIN);
}

struct engine_effect *
clique_effect(struct engine_effects *out, enum engine_effect_kind kind)
{
	struct engine_effect *ef = &out->v[out->cnt];

	CHECK(out->cnt < ENGINE_EFFECT_MAX);
	out->cnt++;
	*ef = (struct engine_effect){.kind = kind};
	return ef;
}

void
clique_arm(struct clique *c, struct engine_effects *out, uint64_t at_ms)
{
	c->timer_ms = at_ms;
	clique_effect(out, EF_TIMER)->at_ms = at_ms;
}

void
clique_drop_work(struct clique *c)
{
	c->work = NULL;
	arena_drop(&c->work_arena);
}

bool
clique_leaves_out_empty(const struct clique *c)
{
	return c->conf.period_s == 0 || c->conf.skip_empty;
}

/* How long after the head a block without transactions is due all the same,
 * seconds; 0: never. Clients look for a receipt when the head changes: one
 * that began to watch just after its transaction was mined would wait for
 * the next heartbeat if the block with it were not followed by one more. */
static uint64_t
quiet_s(const struct clique *c)
{
	bool is_full = !hash_eq(&c->head->tx_root, &HASH_EMPTY_TRIE);

	if (!c->conf.skip_empty)
		return 0;
	if (!is_full || c->conf.settle_s == 0)
		return c->conf.heartbeat_s;
	if (c->conf.heartbeat_s == 0)
		return c->conf.settle_s;
	return clique_min(c->conf.settle_s, c->conf.heartbeat_s);
}

/* When a block without transactions is due all the same. */
uint64_t
clique_heartbeat_ms(const struct clique *c)
{
	uint64_t quiet = quiet_s(c);

	if (!clique_leaves_out_empty(c))
		return clique_after_head_ms(c, c->conf.period_s);
	if (quiet == 0)
		return NEVER_MS;
	return clique_after_head_ms(c, clique_max(quiet, c->conf.period_s));
}

/* How long nothing may happen before we look for another branch: at least
 * twice what a missing sealer costs. */
uint64_t
clique_patience_ms(struct clique *c, size_t n)
{
	uint64_t base =
	    2 * (clique_max(clique_min(clique_period_ms(c), 60000), 1000) +
		    clique_wiggle_ms(n));

	return base + rng_test_below(&c->rng, base / 2);
}

/* A failed attempt is tried again, each time after a longer pause. */
void
clique_retry(
    struct clique *c, struct engine_effects *out, enum rc rc, uint64_t now_ms)
{
	uint64_t pause = CLIQUE_RETRY_MS_MIN;

	pause <<= clique_min(c->retry_cnt, 10);
	c->retry_cnt++;
	c->retry_rc = rc;
	c->phase = CLIQUE_RETRY;
	clique_drop_work(c);
	clique_arm(c, out, now_ms + clique_min(pause, CLIQUE_RETRY_MS_MAX));
}

/* The pool had nothing that could be mined. New work starts the next attempt
 * at once; the heartbeat must not be missed. */
void
clique_pause(struct clique *c, struct engine_effects *out, uint64_t now_ms)
{
	clique_retry(c, out, RC_OK, now_ms);
	c->has_planned_work = false;
	if (clique_heartbeat_ms(c) < c->timer_ms)
		clique_arm(c, out, clique_max(clique_heartbeat_ms(c), now_ms));
}

/* Decides what to wait for on this head. is_fresh: the head or the work is
 * new, patience starts again. */
static enum rc
plan_on(struct clique *c, struct engine_effects *out,
    const struct clique_snap *snap, uint64_t now_ms, bool is_fresh)
{
	size_t at = clique_snap_index(snap, &c->conf.self);
	uint64_t number = c->head->number + 1, base;
	bool wants;

	c->phase = CLIQUE_IDLE;
	c->planned_ms = now_ms;
	c->has_due_vote = clique_vote_is_due(c, snap);
	c->has_planned_work = wants = c->has_work || c->has_due_vote;
	base = wants ? clique_after_head_ms(c, c->conf.period_s)
		     : clique_heartbeat_ms(c);
	if (at == snap->signer_cnt || base == NEVER_MS)
		return RC_OK;
	if (is_fresh) {
		c->expected_ms = clique_max(base, now_ms);
		c->stall_ms =
		    c->expected_ms + clique_patience_ms(c, snap->signer_cnt);
	}
	if (number <= c->signed_max ||
	    clique_snap_is_recent(snap, &c->conf.self, number, NULL)) {
		c->phase = CLIQUE_BLOCKED;
		clique_arm(c, out, c->stall_ms);
		return RC_OK;
	}
	c->due_ms = clique_max(base, now_ms);
	if (!clique_in_turn(number, at, snap->signer_cnt))
		c->due_ms +=
		    rng_test_below(&c->rng, clique_wiggle_ms(snap->signer_cnt));
	c->phase = CLIQUE_WAIT;
	clique_arm(c, out, clique_max(now_ms, c->due_ms - c->lead_ms));
	return RC_OK;
}

enum rc
clique_plan(struct clique *c, struct engine_effects *out, uint64_t now_ms,
    bool is_fresh, struct err *e)
{
	const struct clique_snap *snap;
	enum rc rc;

	clique_drop_work(c);
	c->phase = CLIQUE_OFF;
	if (!c->conf.is_sealer)
		return RC_OK;
	rc = clique_track(c, &snap, &c->head_hash, c->head, e);
	if (rc == RC_IO || rc == RC_CORRUPT)
		return rc;
	if (rc == RC_OK)
		return plan_on(c, out, snap, now_ms, is_fresh);
	clique_retry(c, out, rc, now_ms);
	return RC_OK;
}
