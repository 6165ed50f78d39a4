/* SPDX-License-Identifier: Apache-2.0
 *
 * The way out of a stall. Sealers can lock each other out: a tie goes to the
 * branch whose next sealer has signed that height on the losing branch and
 * may not sign it again, while the sealer who could go on is gone
 * (go-ethereum issue 18402 and relatives). So an engine remembers the
 * verified blocks near the head, losing branches included, and a sealer that
 * waits in vain may go on from another tip, one that it can extend. The block
 * it seals there makes that branch heavier, and everybody follows by the
 * ordinary rule. And it tells its peers of longer branches: the one who could
 * go on may never have heard of them.
 *
 * Hashes are kept over a restart whenever a fork was seen.
 */
#include "consensus/clique/clique_priv.h"

static const char tips_name[] = "clique.tips";

static bool
knows(const struct clique *c, const struct hash *hash)
{
	size_t i;

	for (i = 0; i < c->tip_cnt; i++) {
		if (hash_eq(&c->tips[i].hash, hash))
			return true;
	}
	return false;
}

/* A place for a block of that number: the lowest goes first. */
static struct clique_tip *
place(struct clique *c, uint64_t number)
{
	struct clique_tip *low = &c->tips[0];
	size_t i;

	if (c->tip_cnt < CLIQUE_TIP_MAX)
		return &c->tips[c->tip_cnt++];
	for (i = 1; i < c->tip_cnt; i++) {
		if (c->tips[i].number < low->number)
			low = &c->tips[i];
	}
	return low->number <= number ? low : NULL;
}

void
clique_tips_add(
    struct clique *c, const struct header *h, const struct hash *hash)
{
	struct clique_tip *t;

	if (!c->conf.is_sealer || knows(c, hash))
		return;
	t = place(c, h->number);
	if (t == NULL)
		return;
	*t = (struct clique_tip){
	    .hash = *hash,
	    .parent = h->parent,
	    .number = h->number,
	    .difficulty = h->difficulty.w[0],
	};
	if (c->head != NULL && !hash_eq(&h->parent, &c->head_hash))
		c->tips_are_dirty = true;
}

void
clique_tips_forget(struct clique *c, const struct hash *hash)
{
	size_t i;

	for (i = 0; i < c->tip_cnt; i++) {
		if (!hash_eq(&c->tips[i].hash, hash))
			continue;
		c->tips[i] = c->tips[--c->tip_cnt];
		return;
	}
}

void
clique_tips_load(struct clique *c)
{
	uint8_t copy[CLIQUE_TIP_MAX * sizeof(struct hash)];
	struct bytes value, one;
	struct header h;
	struct hash hash;

	if (!c->conf.is_sealer || c->chain.load == NULL ||
	    c->chain.load(c->chain.ctx, &value, tips_name, NULL) != RC_OK ||
	    value.len > sizeof(copy))
		return;
	/* Reading headers may reuse the space behind value. */
	memcpy(copy, value.ptr, value.len);
	value.ptr = copy;
	while (bytes_take(&one, &value, sizeof(hash.b))) {
		memcpy(hash.b, one.ptr, sizeof(hash.b));
		if (c->chain.header(c->chain.ctx, &h, &hash, NULL) == RC_OK)
			clique_tips_add(c, &h, &hash);
	}
	c->tips_are_dirty = false;
}

enum rc
clique_tips_keep(struct clique *c, struct err *e)
{
	uint8_t value[CLIQUE_TIP_MAX * sizeof(struct hash)];
	struct buf b = buf_of(value, sizeof(value));
	size_t i;

	if (!c->tips_are_dirty || c->chain.keep == NULL)
		return RC_OK;
	c->tips_are_dirty = false;
	for (i = 0; i < c->tip_cnt; i++)
		buf_put(&b, c->tips[i].hash.b, sizeof(c->tips[i].hash.b));
	return c->chain.keep(c->chain.ctx, tips_name, bytes_of_buf(&b), e);
}

/* Choosing. ---------------------------------------------------------- */

/* One end of a walk down to the common ancestor. */
struct end {
	struct hash hash, parent;
	uint64_t number, weight, steps;
};

static bool
step_back(struct clique *c, struct end *x)
{
	struct header h;

	if (x->number == 0 ||
	    c->chain.header(c->chain.ctx, &h, &x->hash, NULL) != RC_OK)
		return false;
	x->hash = h.parent;
	x->number--;
	x->weight += h.difficulty.w[0];
	x->steps++;
	return true;
}

/*
 * Compares the branch of tip with that of the head from where they part.
 *
 * gain     how much heavier the tip's branch is (may be negative)
 * Returns  false when tip is below the head on its own branch, or when
 *          they part at a depth that should be final
 */
static bool
compare(struct clique *c, int64_t *gain, const struct clique_tip *tip,
    uint64_t depth_max)
{
	struct end x = {.hash = tip->hash, .number = tip->number};
	struct end y = {.hash = c->head_hash, .number = c->head->number};

	while (!hash_eq(&x.hash, &y.hash)) {
		bool is_tip = x.number > y.number;

		/* What is undone is the head's branch; the tip's may be longer,
		 * but not without bound. */
		if (is_tip ? x.steps >= CLIQUE_TIP_MAX : y.steps >= depth_max)
			return false;
		if (!step_back(c, is_tip ? &x : &y))
			return false;
	}
	*gain = (int64_t)x.weight - (int64_t)y.weight;
	return x.steps > 0;
}

static bool
is_leaf(const struct clique *c, const struct clique_tip *tip)
{
	size_t i;

	for (i = 0; i < c->tip_cnt; i++) {
		if (hash_eq(&c->tips[i].parent, &tip->hash))
			return false;
	}
	return true;
}

/*
 * Whether we may sign the block after tip. Only a branch that is longer than
 * the head's comes into question: a sealer is locked out by a block that it
 * signed above the head, and where there is none the chain just waits for
 * sealers that are down. *depth_max is how deep a branch may part there.
 */
static bool
can_extend(struct clique *c, const struct clique_tip *tip, uint64_t *depth_max)
{
	const struct clique_snap *snap;

	if (clique_track(c, &snap, &tip->hash, NULL, NULL) != RC_OK)
		return false;
	*depth_max = clique_finality(snap->signer_cnt);
	return tip->number > c->head->number &&
	       tip->number + 1 > c->signed_max &&
	       clique_snap_index(snap, &c->conf.self) < snap->signer_cnt &&
	       !clique_snap_is_recent(
		   snap, &c->conf.self, tip->number + 1, NULL);
}

const struct clique_tip *
clique_tips_pick(struct clique *c)
{
	const struct clique_tip *best = NULL;
	bool best_extends = false, extends;
	int64_t best_gain = 0, gain;
	uint64_t depth_max = 0;
	size_t i;

	for (i = 0; i < c->tip_cnt; i++) {
		const struct clique_tip *t = &c->tips[i];

		if (hash_eq(&t->hash, &c->head_hash) || !is_leaf(c, t))
			continue;
		extends = can_extend(c, t, &depth_max);
		if (!compare(c, &gain, t, depth_max))
			continue;
		/* A tip that we cannot extend either is worth it only when it
		 * is heavier: we left it before, in vain. */
		if (!extends && gain <= 0)
			continue;
		if (best != NULL &&
		    (best_extends > extends ||
			(best_extends == extends && best_gain >= gain)))
			continue;
		best = t;
		best_extends = extends;
		best_gain = gain;
	}
	return best;
}

size_t
clique_tips_longer(struct clique *c, struct hash *out, size_t max)
{
	uint64_t depth_max = clique_finality(CLIQUE_SIGNER_MAX);
	const struct clique_snap *snap;
	size_t i, cnt = 0;
	int64_t gain;

	if (clique_track(c, &snap, &c->head_hash, c->head, NULL) == RC_OK)
		depth_max = clique_finality(snap->signer_cnt);
	for (i = 0; i < c->tip_cnt && cnt < max; i++) {
		if (c->tips[i].number > c->head->number &&
		    is_leaf(c, &c->tips[i]) &&
		    compare(c, &gain, &c->tips[i], depth_max))
			out[cnt++] = c->tips[i].hash;
	}
	return cnt;
}
