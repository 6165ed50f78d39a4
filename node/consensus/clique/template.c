/* SPDX-License-Identifier: Apache-2.0
 *
 * The header of the next block, all but what execution gives: turn, time,
 * vote, checkpoint list, gas limit, base fee. Whether and when a block is
 * built is plan.c and seal.c.
 */
#include "consensus/clique/clique_priv.h"
#include "consensus/rules_priv.h"
#include "eth/basefee.h"

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

/* London goes by number; the time is of no account. */
static uint64_t
next_limit(const struct clique *c, const struct header *head)
{
	return rules_gas_limit_next(head,
	    is_london_after(c, head->number + 1, head->time),
	    is_london_after(c, head->number, head->time), c->conf.gas_limit);
}

static void
put_gas(const struct clique *c, struct header *h)
{
	bool is_london = is_london_after(c, h->number, h->time);

	h->field_cnt =
	    is_london ? HEADER_FIELDS_LONDON : HEADER_FIELDS_FRONTIER;
	h->gas_limit = next_limit(c, c->head);
	if (is_london)
		basefee_next(&h->base_fee, c->conf.forks, c->head);
}

void
clique_gas(struct engine *g, struct engine_gas *out, const struct header *head)
{
	const struct clique *c = clique_of(g);

	out->next = out->lasting = head->gas_limit;
	if (!c->conf.is_sealer)
		return;
	out->next = next_limit(c, head);
	out->lasting =
	    clique_min(head->gas_limit, rules_gas_limit_aim(c->conf.gas_limit));
}

enum rc
clique_template(struct clique *c, uint64_t now_ms, struct err *e)
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
	h->time = clique_max(c->head->time + c->conf.period_s, now_ms / 1000);
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
