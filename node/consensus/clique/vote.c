/* SPDX-License-Identifier: Apache-2.0
 *
 * The votes that the operator wants cast in blocks that we seal. They live in
 * memory, as in go-ethereum: an operator who restarts a node repeats them.
 * What a vote does to the signer set is snapshot.c.
 */
#include "base/hex.h"
#include "consensus/clique/clique_priv.h"

static struct engine_proposal *
find(struct clique *c, const struct addr *target)
{
	size_t i;

	for (i = 0; i < c->proposal_cnt; i++) {
		if (addr_eq(&c->proposals[i].target, target))
			return &c->proposals[i];
	}
	return NULL;
}

/* The last signer cannot vote itself out: nobody could ever seal again. */
static bool
would_empty(
    const struct clique_snap *snap, const struct addr *target, bool is_add)
{
	return !is_add && snap->signer_cnt == 1 &&
	       addr_eq(&snap->signers[0], target);
}

/*
 * Casting is worth it when the vote would count and does not stand already,
 * or when it stands and its target has a majority that only a touch carries
 * out (another removal lowered the bar).
 */
static bool
makes_sense(const struct clique *c, const struct clique_snap *snap,
    const struct engine_proposal *p)
{
	bool is_member = clique_snap_index(snap, &p->target) < snap->signer_cnt;

	if (p->is_add == is_member || would_empty(snap, &p->target, p->is_add))
		return false;
	return clique_snap_vote(snap, &c->conf.self, &p->target) == NULL ||
	       clique_snap_votes(snap, &p->target) > snap->signer_cnt / 2;
}

bool
clique_vote_is_due(const struct clique *c, const struct clique_snap *snap)
{
	size_t i;

	for (i = 0; i < c->proposal_cnt; i++) {
		if (makes_sense(c, snap, &c->proposals[i]))
			return true;
	}
	return false;
}

const struct engine_proposal *
clique_vote_pick(struct clique *c, const struct clique_snap *snap)
{
	const struct engine_proposal *good[ENGINE_PROPOSAL_MAX];
	size_t i, cnt = 0;

	for (i = 0; i < c->proposal_cnt; i++) {
		if (makes_sense(c, snap, &c->proposals[i]))
			good[cnt++] = &c->proposals[i];
	}
	return cnt == 0 ? NULL : good[rng_test_below(&c->rng, cnt)];
}

enum rc
clique_propose(
    struct engine *g, const struct addr *target, bool is_add, struct err *e)
{
	struct clique *c = clique_of(g);
	struct engine_proposal *p = find(c, target);
	const struct clique_snap *snap;

	if (!c->conf.is_sealer)
		return FAIL(
		    e, RC_DENIED, "this node seals no blocks to vote in");
	if (is_add && addr_is_zero(target))
		return FAIL(
		    e, RC_DENIED, "nobody can sign as the zero address");
	if (c->head != NULL) {
		TRY(clique_track(c, &snap, &c->head_hash, c->head, e));
		if (would_empty(snap, target, is_add))
			return FAIL(e, RC_DENIED,
			    "the last signer cannot be voted out");
	}
	if (p == NULL && c->proposal_cnt == ENGINE_PROPOSAL_MAX)
		return FAIL(e, RC_NO_SPACE, "%d proposals, discard one first",
		    ENGINE_PROPOSAL_MAX);
	if (p == NULL)
		p = &c->proposals[c->proposal_cnt++];
	*p = (struct engine_proposal){.target = *target, .is_add = is_add};
	return RC_OK;
}

enum rc
clique_discard(struct engine *g, const struct addr *target, struct err *e)
{
	struct clique *c = clique_of(g);
	struct engine_proposal *p = find(c, target);
	char text[2 * sizeof(target->b) + 3];

	if (p == NULL)
		return FAIL(e, RC_NOT_FOUND, "no proposal on %s",
		    hex_put0x(text, addr_bytes(target)));
	*p = c->proposals[--c->proposal_cnt];
	return RC_OK;
}

size_t
clique_proposals(const struct engine *g, const struct engine_proposal **out)
{
	const struct clique *c = (const struct clique *)(const void *)g;

	*out = c->proposals;
	return c->proposal_cnt;
}
