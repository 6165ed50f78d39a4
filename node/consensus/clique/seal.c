/* SPDX-License-Identifier: Apache-2.0
 *
 * Sealing as a machine of events in and effects out (engine.h shows the
 * life of a block). In turn a block is due at parent + period, out of turn a
 * random while later (EIP-225), without period or with empty blocks left out
 * only when there is something to seal.
 *
 * A block is built so early that it is ready when due: how early is learnt
 * from the builds before. It is signed when due and not sooner, since a
 * signature uses the height up for ever.
 *
 * The head decides: whenever it changes, whatever was under way is dropped
 * and planned anew. Answers that come late find another phase and are
 * ignored.
 */
#include "consensus/clique/clique_priv.h"

/* Kind of a Clique seal at the signer (signer.h, enum signer_kind): the
 * libraries do not know each other, noded asserts that the values agree. */
enum { SIGN_KIND_SEAL = 0 };

static enum rc
start_build(struct clique *c, struct engine_effects *out, uint64_t now_ms,
    struct err *e)
{
	struct engine_effect *ef;
	enum rc rc = clique_template(c, now_ms, e);
	uint64_t until = clique_max(c->due_ms, now_ms + clique_build_ms_max(c));

	if (rc == RC_IO || rc == RC_CORRUPT)
		return rc;
	if (rc != RC_OK) {
		clique_retry(c, out, rc, now_ms);
		return RC_OK;
	}
	c->phase = CLIQUE_BUILD;
	c->build_start_ms = now_ms;
	clique_arm(c, out, until + CLIQUE_WATCH_MS);
	ef = clique_effect(out, EF_BUILD);
	ef->at_ms = until;
	ef->parent = c->head_hash;
	ef->header = c->work;
	return RC_OK;
}

/* Learns how long a build takes: at once when it takes longer, slowly when
 * it takes less. */
static void
learn_lead(struct clique *c, uint64_t took_ms)
{
	uint64_t want = took_ms + took_ms / 4;

	if (want >= c->lead_ms)
		c->lead_ms = want;
	else
		c->lead_ms -= (c->lead_ms - want + 7) / 8;
	c->lead_ms = clique_min(c->lead_ms, clique_period_ms(c) / 4 * 3);
}

/* A built block must be what was asked for on the present head. */
static bool
is_wanted(const struct clique *c, const struct header *h)
{
	return hash_eq(&h->parent, &c->head_hash) &&
	       h->number == c->work->number && h->time == c->work->time &&
	       u256_eq(&h->difficulty, &c->work->difficulty) &&
	       bytes_eq(h->extra, c->work->extra);
}

/* Nothing in the pool could be mined, and no vote waits (a checkpoint carries
 * none, but stands before the block that will). */
static bool
is_pointless(const struct clique *c, const struct header *h, uint64_t now_ms)
{
	return hash_eq(&h->tx_root, &HASH_EMPTY_TRIE) && !c->has_due_vote &&
	       clique_leaves_out_empty(c) &&
	       c->due_ms < clique_heartbeat_ms(c) &&
	       now_ms < clique_heartbeat_ms(c);
}

/* Signing. ----------------------------------------------------------- */

static enum rc
sign(struct clique *c, struct arena *a, struct engine_effects *out,
    uint64_t now_ms, struct err *e)
{
	struct engine_effect *ef;

	if (c->chain.stage != NULL)
		TRY(c->chain.stage(c->chain.ctx, e));
	c->phase = CLIQUE_SIGN;
	c->signed_before = c->signed_max;
	c->signed_max = clique_max(c->signed_max, c->work->number);
	clique_arm(c, out, now_ms + CLIQUE_WATCH_MS);
	ef = clique_effect(out, EF_SIGN);
	ef->sign_kind = SIGN_KIND_SEAL;
	ef->height = c->work->number;
	TRY(clique_seal_bytes(a, &ef->message, c->work, e));
	ef->digest = hash_keccak(ef->message);
	return RC_OK;
}

static enum rc
sign_when_due(struct clique *c, struct arena *a, struct engine_effects *out,
    uint64_t now_ms, struct err *e)
{
	if (now_ms >= c->due_ms)
		return sign(c, a, out, now_ms, e);
	c->phase = CLIQUE_HOLD;
	clique_arm(c, out, c->due_ms);
	return RC_OK;
}

static enum rc
take_work(struct clique *c, const struct header *h, struct err *e)
{
	struct header *copy = header_copy(&c->work_arena, h);

	if (copy == NULL)
		return FAIL(e, RC_NO_MEMORY, "built header");
	c->work = copy;
	return RC_OK;
}

static enum rc
on_built(struct clique *c, struct arena *a, struct engine_effects *out,
    const struct header *h, uint64_t now_ms, struct err *e)
{
	if (c->phase != CLIQUE_BUILD || !is_wanted(c, h))
		return RC_OK;
	learn_lead(c, now_ms - clique_min(c->build_start_ms, now_ms));
	if (is_pointless(c, h, now_ms)) {
		clique_pause(c, out, now_ms);
		return RC_OK;
	}
	TRY(take_work(c, h, e));
	return sign_when_due(c, a, out, now_ms, e);
}

/* Puts the seal into a copy of the built header. */
static enum rc
sealed_header(struct arena *a, struct header **out, const struct header *work,
    const uint8_t sig[65], struct err *e)
{
	struct header *h = arena_alloc(a, sizeof(*h));
	uint8_t *extra = arena_alloc(a, work->extra.len);

	if (h == NULL || extra == NULL)
		return FAIL(e, RC_NO_MEMORY, "sealed header");
	*h = *work;
	memcpy(extra, work->extra.ptr, work->extra.len);
	memcpy(extra + work->extra.len - CLIQUE_SEAL, sig, CLIQUE_SEAL);
	h->extra = bytes_of(extra, work->extra.len);
	*out = h;
	return RC_OK;
}

static enum rc
on_signed(struct clique *c, struct arena *a, struct engine_effects *out,
    const uint8_t sig[65], uint64_t now_ms, struct err *e)
{
	struct header *h;
	struct hash hash;
	struct addr who;

	if (c->phase != CLIQUE_SIGN)
		return RC_OK;
	TRY(sealed_header(a, &h, c->work, sig, e));
	hash = header_hash(h);
	/* A wrong key behind the right name would cost us every block. */
	if (clique_sealer_of(c, &who, h, &hash, NULL) != RC_OK ||
	    !addr_eq(&who, &c->conf.self)) {
		c->refused_cnt++;
		clique_retry(c, out, RC_BAD_SIGNATURE, now_ms);
		return RC_OK;
	}
	clique_tips_add(c, h, &hash);
	c->phase = CLIQUE_IMPORT;
	c->sealed_cnt++;
	clique_arm(c, out, now_ms + CLIQUE_WATCH_MS);
	clique_effect(out, EF_SEALED)->header = h;
	return RC_OK;
}

/* Failures. ---------------------------------------------------------- */

static enum rc
on_refused(struct clique *c, struct engine_effects *out, enum rc rc,
    uint64_t now_ms, struct err *e)
{
	switch (c->phase) {
	case CLIQUE_SIGN:
		c->refused_cnt++;
		/* The watermark has seen this height: others must seal it. */
		if (rc == RC_DENIED)
			return clique_plan(c, out, now_ms, false, e);
		c->signed_max = c->signed_before;
		break;
	case CLIQUE_IMPORT:
	case CLIQUE_BUILD:
		c->refused_cnt++;
		break;
	case CLIQUE_ADOPT:
		return clique_plan(c, out, now_ms, true, e);
	case CLIQUE_OFF:
	case CLIQUE_IDLE:
	case CLIQUE_BLOCKED:
	case CLIQUE_WAIT:
	case CLIQUE_HOLD:
	case CLIQUE_RETRY:
		return RC_OK;
	}
	clique_retry(c, out, rc, now_ms);
	return RC_OK;
}

static void
tell_longer(struct clique *c, struct engine_effects *out)
{
	struct hash tips[CLIQUE_TELL_MAX];
	size_t i, cnt = clique_tips_longer(c, tips, CLIQUE_TELL_MAX);

	for (i = 0; i < cnt; i++)
		clique_effect(out, EF_SEND)->parent = tips[i];
}

/* Nobody has sealed for long although it was time: go on from elsewhere if
 * there is another branch that we can extend. */
static enum rc
on_stall(struct clique *c, struct engine_effects *out, uint64_t now_ms,
    struct err *e)
{
	const struct clique_tip *tip;
	const struct clique_snap *snap;
	struct hash hash;

	TRY(clique_track(c, &snap, &c->head_hash, c->head, e));
	c->stall_ms = now_ms + clique_patience_ms(c, snap->signer_cnt);
	tell_longer(c, out);
	tip = clique_tips_pick(c);
	if (tip == NULL) {
		clique_arm(c, out, c->stall_ms);
		return RC_OK;
	}
	hash = tip->hash;
	/* A second look at the same tip would change nothing: it comes back
	 * when somebody builds on it. */
	clique_tips_forget(c, &hash);
	c->phase = CLIQUE_ADOPT;
	clique_arm(c, out, now_ms + CLIQUE_WATCH_MS);
	clique_effect(out, EF_ADOPT)->parent = hash;
	return RC_OK;
}

/* Events. ------------------------------------------------------------ */

static enum rc
set_head(struct clique *c, const struct engine_event *ev, struct err *e)
{
	bool is_next =
	    c->head == NULL || hash_eq(&ev->header->parent, &c->head_hash);

	clique_drop_work(c);
	c->head = NULL;
	arena_drop(&c->head_arena);
	c->head = header_copy(&c->head_arena, ev->header);
	if (c->head == NULL)
		return FAIL(e, RC_NO_MEMORY, "head");
	c->head_hash = ev->hash;
	c->has_work = ev->has_work;
	c->retry_cnt = 0;
	clique_tips_add(c, c->head, &c->head_hash);
	if (!is_next)
		c->tips_are_dirty = c->conf.is_sealer;
	return RC_OK;
}

/* A block that was staged before a crash, perhaps signed: it must be this
 * one or none at this height. */
static bool
is_resumable(struct clique *c, const struct header *h)
{
	const struct clique_snap *snap;
	uint64_t want;
	size_t at;

	if (!hash_eq(&h->parent, &c->head_hash) ||
	    h->number != c->head->number + 1 ||
	    h->extra.len < CLIQUE_VANITY + CLIQUE_SEAL ||
	    clique_track(c, &snap, &c->head_hash, c->head, NULL) != RC_OK)
		return false;
	at = clique_snap_index(snap, &c->conf.self);
	want = clique_in_turn(h->number, at, snap->signer_cnt)
		   ? CLIQUE_DIFF_IN_TURN
		   : CLIQUE_DIFF_NO_TURN;
	return at < snap->signer_cnt && h->difficulty.w[0] == want &&
	       !clique_snap_is_recent(snap, &c->conf.self, h->number, NULL);
}

static enum rc
on_start(struct clique *c, struct arena *a, struct engine_effects *out,
    const struct engine_event *ev, uint64_t now_ms, struct err *e)
{
	enum rc rc = RC_NOT_FOUND;
	struct header h;

	clique_tips_load(c);
	TRY(set_head(c, ev, e));
	if (c->conf.is_sealer && c->chain.staged != NULL)
		rc = c->chain.staged(c->chain.ctx, &h, e);
	if (rc == RC_IO || rc == RC_CORRUPT)
		return rc;
	if (rc != RC_OK || !is_resumable(c, &h))
		return clique_plan(c, out, now_ms, true, e);
	TRY(take_work(c, &h, e));
	c->expected_ms = now_ms;
	/* It was due when it was staged. */
	return sign(c, a, out, now_ms, e);
}

/* The clock is behind the time of the plan: what was due in a moment would now
 * be due when the clock has caught up. */
static bool
is_set_back(const struct clique *c, uint64_t now_ms)
{
	switch (c->phase) {
	case CLIQUE_BLOCKED:
	case CLIQUE_WAIT:
	case CLIQUE_HOLD:
	case CLIQUE_RETRY:
		return now_ms < c->planned_ms;
	case CLIQUE_OFF:
	case CLIQUE_IDLE:
	case CLIQUE_BUILD:
	case CLIQUE_SIGN:
	case CLIQUE_IMPORT:
	case CLIQUE_ADOPT:
		break;
	}
	return false;
}

static enum rc
on_work(struct clique *c, struct engine_effects *out, uint64_t now_ms,
    struct err *e)
{
	c->has_work = true;
	if (c->head == NULL || (c->has_planned_work && !is_set_back(c, now_ms)))
		return RC_OK;
	switch (c->phase) {
	case CLIQUE_IDLE:
	case CLIQUE_WAIT:
	case CLIQUE_BLOCKED:
	case CLIQUE_RETRY:
		return clique_plan(c, out, now_ms, true, e);
	case CLIQUE_OFF:
	case CLIQUE_BUILD:
	case CLIQUE_HOLD:
	case CLIQUE_SIGN:
	case CLIQUE_IMPORT:
	case CLIQUE_ADOPT:
		break;
	}
	return RC_OK;
}

static enum rc
on_timer(struct clique *c, struct arena *a, struct engine_effects *out,
    uint64_t now_ms, struct err *e)
{
	if (c->phase == CLIQUE_OFF || c->phase == CLIQUE_IDLE)
		return RC_OK;
	if (is_set_back(c, now_ms))
		return clique_plan(c, out, now_ms, true, e);
	if (now_ms < c->timer_ms) {
		clique_arm(c, out, c->timer_ms);
		return RC_OK;
	}
	switch (c->phase) {
	case CLIQUE_BLOCKED:
		return on_stall(c, out, now_ms, e);
	case CLIQUE_WAIT:
		return start_build(c, out, now_ms, e);
	case CLIQUE_HOLD:
		return sign(c, a, out, now_ms, e);
	case CLIQUE_RETRY:
		return clique_plan(c, out, now_ms, false, e);
	case CLIQUE_SIGN:
		/* Unanswered: the signature may exist. */
		c->signed_before = c->signed_max;
		return on_refused(c, out, RC_TIMEOUT, now_ms, e);
	case CLIQUE_BUILD:
	case CLIQUE_IMPORT:
	case CLIQUE_ADOPT:
		return on_refused(c, out, RC_TIMEOUT, now_ms, e);
	case CLIQUE_OFF:
	case CLIQUE_IDLE:
		break;
	}
	return RC_OK;
}

static enum rc
dispatch(struct clique *c, struct arena *a, struct engine_effects *out,
    const struct engine_event *ev, uint64_t now_ms, struct err *e)
{
	switch (ev->kind) {
	case EV_START:
		return on_start(c, a, out, ev, now_ms, e);
	case EV_HEAD:
		TRY(set_head(c, ev, e));
		return clique_plan(c, out, now_ms, true, e);
	case EV_WORK:
		return on_work(c, out, now_ms, e);
	case EV_TIMER:
		return on_timer(c, a, out, now_ms, e);
	case EV_BUILT:
		return on_built(c, a, out, ev->header, now_ms, e);
	case EV_SIGNED:
		return on_signed(c, a, out, ev->sig, now_ms, e);
	case EV_REFUSED:
		return on_refused(c, out, ev->rc, now_ms, e);
	case EV_MESSAGE:
		break;
	}
	return RC_OK;
}

enum rc
clique_step(struct engine *g, struct arena *a, struct engine_effects *out,
    const struct engine_event *ev, uint64_t now_ms, struct err *e)
{
	struct clique *c = clique_of(g);

	TRY(dispatch(c, a, out, ev, now_ms, e));
	return clique_tips_keep(c, e);
}
