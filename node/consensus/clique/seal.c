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
#include "base/check.h"
#include "consensus/clique/clique_priv.h"
#include "consensus/rules_priv.h"
#include "eth/basefee.h"

/* Kind of a Clique seal at the signer (signer.h, enum signer_kind): the
 * libraries do not know each other, noded asserts that the values agree. */
enum { SIGN_KIND_SEAL = 0 };

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

static uint64_t
max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static uint64_t
min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Milliseconds of the clock, seconds after the head's timestamp. */
static uint64_t
after_head_ms(const struct clique *c, uint64_t seconds)
{
	uint64_t limit = NEVER_MS / 1000;

	if (c->head->time > limit || seconds > limit - c->head->time)
		return NEVER_MS;
	return (c->head->time + seconds) * 1000;
}

/* The longest that a block may be built: the rest of the period is for the
 * others, who execute it again. */
static uint64_t
build_ms_max(const struct clique *c)
{
	return max_u64(clique_period_ms(c) / 4 * 3, CLIQUE_BUILD_MS_MIN);
}

static struct engine_effect *
effect(struct engine_effects *out, enum engine_effect_kind kind)
{
	struct engine_effect *ef = &out->v[out->cnt];

	CHECK(out->cnt < ENGINE_EFFECT_MAX);
	out->cnt++;
	*ef = (struct engine_effect){.kind = kind};
	return ef;
}

static void
arm(struct clique *c, struct engine_effects *out, uint64_t at_ms)
{
	c->timer_ms = at_ms;
	effect(out, EF_TIMER)->at_ms = at_ms;
}

static void
drop_work(struct clique *c)
{
	c->work = NULL;
	arena_drop(&c->work_arena);
}

/* Planning. ---------------------------------------------------------- */

static bool
leaves_out_empty(const struct clique *c)
{
	return c->conf.period_s == 0 || c->conf.skip_empty;
}

/* When a block without transactions is due all the same. */
static uint64_t
heartbeat_ms(const struct clique *c)
{
	if (!leaves_out_empty(c))
		return after_head_ms(c, c->conf.period_s);
	if (!c->conf.skip_empty || c->conf.heartbeat_s == 0)
		return NEVER_MS;
	return after_head_ms(c, max_u64(c->conf.heartbeat_s, c->conf.period_s));
}

/* How long nothing may happen before we look for another branch: several
 * times what a missing sealer costs. */
static uint64_t
patience_ms(struct clique *c, size_t n)
{
	uint64_t base =
	    3 * (max_u64(min_u64(clique_period_ms(c), 60000), 1000) +
		    clique_wiggle_ms(n));

	return base + rng_test_below(&c->rng, base / 2);
}

/* A failed attempt is tried again, each time after a longer pause. */
static void
retry(struct clique *c, struct engine_effects *out, enum rc rc, uint64_t now_ms)
{
	uint64_t pause = CLIQUE_RETRY_MS_MIN;

	pause <<= min_u64(c->retry_cnt, 10);
	c->retry_cnt++;
	c->retry_rc = rc;
	c->phase = CLIQUE_RETRY;
	drop_work(c);
	arm(c, out, now_ms + min_u64(pause, CLIQUE_RETRY_MS_MAX));
}

/* The pool had nothing that could be mined. New work starts the next attempt
 * at once; the heartbeat must not be missed. */
static void
pause_without_work(
    struct clique *c, struct engine_effects *out, uint64_t now_ms)
{
	retry(c, out, RC_OK, now_ms);
	c->has_planned_work = false;
	if (heartbeat_ms(c) < c->timer_ms)
		arm(c, out, max_u64(heartbeat_ms(c), now_ms));
}

/* Decides what to wait for on this head. is_fresh: the head or the work is
 * new, patience starts again. */
static enum rc
plan_on(struct clique *c, struct engine_effects *out,
    const struct clique_snap *snap, uint64_t now_ms, bool is_fresh)
{
	size_t at = clique_snap_index(snap, &c->conf.self);
	uint64_t number = c->head->number + 1, base;
	bool wants = c->has_work || clique_vote_is_due(c, snap);

	c->phase = CLIQUE_IDLE;
	c->has_planned_work = wants;
	base = wants ? after_head_ms(c, c->conf.period_s) : heartbeat_ms(c);
	if (at == snap->signer_cnt || base == NEVER_MS)
		return RC_OK;
	if (is_fresh) {
		c->expected_ms = max_u64(base, now_ms);
		c->stall_ms = c->expected_ms + patience_ms(c, snap->signer_cnt);
	}
	if (number <= c->signed_max ||
	    clique_snap_is_recent(snap, &c->conf.self, number, NULL)) {
		c->phase = CLIQUE_BLOCKED;
		arm(c, out, c->stall_ms);
		return RC_OK;
	}
	c->due_ms = max_u64(base, now_ms);
	if (!clique_in_turn(number, at, snap->signer_cnt))
		c->due_ms +=
		    rng_test_below(&c->rng, clique_wiggle_ms(snap->signer_cnt));
	c->phase = CLIQUE_WAIT;
	arm(c, out, max_u64(now_ms, c->due_ms - c->lead_ms));
	return RC_OK;
}

static enum rc
plan(struct clique *c, struct engine_effects *out, uint64_t now_ms,
    bool is_fresh, struct err *e)
{
	const struct clique_snap *snap;
	enum rc rc;

	drop_work(c);
	c->phase = CLIQUE_OFF;
	if (!c->conf.is_sealer)
		return RC_OK;
	rc = clique_track(c, &snap, &c->head_hash, c->head, e);
	if (rc == RC_IO || rc == RC_CORRUPT)
		return rc;
	if (rc == RC_OK)
		return plan_on(c, out, snap, now_ms, is_fresh);
	retry(c, out, rc, now_ms);
	return RC_OK;
}

/* Building. ---------------------------------------------------------- */

static bool
is_london_after(const struct clique *c, uint64_t number, uint64_t time)
{
	return fork_is_active(c->conf.forks, FORK_LONDON, number, time);
}

/* Extra data of the next block: at checkpoints the signers, never a seal. */
static enum rc
put_extra(struct clique *c, struct header *h, const struct clique_snap *snap,
    struct err *e)
{
	bool is_checkpoint = h->number % c->conf.epoch == 0;
	size_t list =
	    is_checkpoint ? snap->signer_cnt * sizeof(struct addr) : 0;
	size_t len = CLIQUE_VANITY + list + CLIQUE_SEAL;
	uint8_t *extra = arena_alloc(&c->work_arena, len);

	if (extra == NULL)
		return FAIL(e, RC_NO_MEMORY, "extra data");
	memcpy(extra, c->conf.vanity, CLIQUE_VANITY);
	if (list > 0)
		memcpy(extra + CLIQUE_VANITY, snap->signers, list);
	h->extra = bytes_of(extra, len);
	return RC_OK;
}

static void
put_vote(struct clique *c, struct header *h, const struct clique_snap *snap)
{
	const struct engine_proposal *p = NULL;

	if (h->number % c->conf.epoch != 0)
		p = clique_vote_pick(c, snap);
	if (p == NULL)
		return;
	h->coinbase = p->target;
	memset(h->nonce, p->is_add ? 0xff : 0, sizeof(h->nonce));
}

static void
put_gas(const struct clique *c, struct header *h)
{
	bool is_london = is_london_after(c, h->number, h->time);
	bool is_parent_london =
	    is_london_after(c, c->head->number, c->head->time);

	h->field_cnt =
	    is_london ? HEADER_FIELDS_LONDON : HEADER_FIELDS_FRONTIER;
	h->gas_limit = rules_gas_limit_next(
	    c->head, is_london, is_parent_london, c->conf.gas_limit);
	if (is_london)
		basefee_next(&h->base_fee, c->conf.forks, c->head);
}

static enum rc
make_template(struct clique *c, uint64_t now_ms, struct err *e)
{
	struct header *h = arena_alloc(&c->work_arena, sizeof(*h));
	const struct clique_snap *snap;
	size_t at;

	if (h == NULL)
		return FAIL(e, RC_NO_MEMORY, "block template");
	TRY(clique_track(c, &snap, &c->head_hash, c->head, e));
	at = clique_snap_index(snap, &c->conf.self);
	h->parent = c->head_hash;
	h->number = c->head->number + 1;
	h->ommers_hash = HASH_EMPTY_LIST;
	h->time = max_u64(c->head->time + c->conf.period_s, now_ms / 1000);
	h->difficulty =
	    u256_from_u64(clique_in_turn(h->number, at, snap->signer_cnt)
			      ? CLIQUE_DIFF_IN_TURN
			      : CLIQUE_DIFF_NO_TURN);
	put_gas(c, h);
	put_vote(c, h, snap);
	TRY(put_extra(c, h, snap, e));
	c->work = h;
	return RC_OK;
}

static enum rc
start_build(struct clique *c, struct engine_effects *out, uint64_t now_ms,
    struct err *e)
{
	struct engine_effect *ef;
	enum rc rc = make_template(c, now_ms, e);
	uint64_t until = max_u64(c->due_ms, now_ms + build_ms_max(c));

	if (rc == RC_IO || rc == RC_CORRUPT)
		return rc;
	if (rc != RC_OK) {
		retry(c, out, rc, now_ms);
		return RC_OK;
	}
	c->phase = CLIQUE_BUILD;
	c->build_start_ms = now_ms;
	arm(c, out, until + CLIQUE_WATCH_MS);
	ef = effect(out, EF_BUILD);
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
	c->lead_ms = min_u64(c->lead_ms, clique_period_ms(c) / 4 * 3);
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

/* Nothing in the pool could be mined, and the block carries no vote. */
static bool
is_pointless(const struct clique *c, const struct header *h, uint64_t now_ms)
{
	return hash_eq(&h->tx_root, &HASH_EMPTY_TRIE) &&
	       addr_is_zero(&h->coinbase) && leaves_out_empty(c) &&
	       c->due_ms < heartbeat_ms(c) && now_ms < heartbeat_ms(c);
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
	c->signed_max = max_u64(c->signed_max, c->work->number);
	arm(c, out, now_ms + CLIQUE_WATCH_MS);
	ef = effect(out, EF_SIGN);
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
	arm(c, out, c->due_ms);
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
	learn_lead(c, now_ms - min_u64(c->build_start_ms, now_ms));
	if (is_pointless(c, h, now_ms)) {
		pause_without_work(c, out, now_ms);
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
		retry(c, out, RC_BAD_SIGNATURE, now_ms);
		return RC_OK;
	}
	clique_tips_add(c, h, &hash);
	c->phase = CLIQUE_IMPORT;
	c->sealed_cnt++;
	arm(c, out, now_ms + CLIQUE_WATCH_MS);
	effect(out, EF_SEALED)->header = h;
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
			return plan(c, out, now_ms, false, e);
		c->signed_max = c->signed_before;
		break;
	case CLIQUE_IMPORT:
	case CLIQUE_BUILD:
		c->refused_cnt++;
		break;
	case CLIQUE_ADOPT:
		return plan(c, out, now_ms, true, e);
	case CLIQUE_OFF:
	case CLIQUE_IDLE:
	case CLIQUE_BLOCKED:
	case CLIQUE_WAIT:
	case CLIQUE_HOLD:
	case CLIQUE_RETRY:
		return RC_OK;
	}
	retry(c, out, rc, now_ms);
	return RC_OK;
}

/* Nobody has sealed for long although it was time: go on from elsewhere if
 * there is another branch that we can extend. */
static enum rc
on_stall(struct clique *c, struct engine_effects *out, uint64_t now_ms,
    struct err *e)
{
	const struct clique_tip *tip = clique_tips_pick(c);
	const struct clique_snap *snap;
	struct hash hash;

	TRY(clique_track(c, &snap, &c->head_hash, c->head, e));
	c->stall_ms = now_ms + patience_ms(c, snap->signer_cnt);
	if (tip == NULL) {
		arm(c, out, c->stall_ms);
		return RC_OK;
	}
	hash = tip->hash;
	/* A second look at the same tip would change nothing: it comes back
	 * when somebody builds on it. */
	clique_tips_forget(c, &hash);
	c->phase = CLIQUE_ADOPT;
	arm(c, out, now_ms + CLIQUE_WATCH_MS);
	effect(out, EF_ADOPT)->parent = hash;
	return RC_OK;
}

/* Events. ------------------------------------------------------------ */

static enum rc
set_head(struct clique *c, const struct engine_event *ev, struct err *e)
{
	bool is_next =
	    c->head == NULL || hash_eq(&ev->header->parent, &c->head_hash);

	drop_work(c);
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
		return plan(c, out, now_ms, true, e);
	TRY(take_work(c, &h, e));
	c->expected_ms = now_ms;
	c->due_ms = max_u64(now_ms, after_head_ms(c, c->conf.period_s));
	return sign_when_due(c, a, out, now_ms, e);
}

static enum rc
on_work(struct clique *c, struct engine_effects *out, uint64_t now_ms,
    struct err *e)
{
	c->has_work = true;
	if (c->head == NULL || c->has_planned_work)
		return RC_OK;
	switch (c->phase) {
	case CLIQUE_IDLE:
	case CLIQUE_WAIT:
	case CLIQUE_BLOCKED:
	case CLIQUE_RETRY:
		return plan(c, out, now_ms, true, e);
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
	if (now_ms < c->timer_ms) {
		arm(c, out, c->timer_ms);
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
		return plan(c, out, now_ms, false, e);
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
		return plan(c, out, now_ms, true, e);
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
