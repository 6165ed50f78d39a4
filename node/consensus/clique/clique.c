/* SPDX-License-Identifier: Apache-2.0
 *
 * The Clique engine as a whole: making and freeing one, its table, who sealed
 * a block, and fork choice by EIP-3436. The rules themselves are in the files
 * beside this one (clique_priv.h lists them).
 */
#include "consensus/clique/clique_priv.h"

/* Largest header with its extra data, twice: template and built block. */
enum { WORK_BYTES_MAX = 1 << 20 };

/* A template of ours carries 65 zero bytes where the seal will be. */
static bool
is_template(const struct clique *c, const struct header *h)
{
	static const uint8_t none[CLIQUE_SEAL];

	return c->conf.is_sealer &&
	       h->extra.len >= CLIQUE_VANITY + CLIQUE_SEAL &&
	       !memcmp(h->extra.ptr + h->extra.len - CLIQUE_SEAL, none,
		   sizeof(none));
}

static enum rc
author(
    struct engine *g, struct addr *out, const struct header *h, struct err *e)
{
	struct clique *c = clique_of(g);
	struct hash hash;

	if (h->number == 0) {
		*out = h->coinbase;
		return RC_OK;
	}
	if (is_template(c, h)) {
		*out = c->conf.self;
		return RC_OK;
	}
	hash = header_hash(h);
	return clique_sealer_of(c, out, h, &hash, e);
}

/* EIP-3436 rule 3: how long ago the block's signer was in turn. */
static bool
turn_age(struct clique *c, uint64_t *out, const struct header *h,
    const struct hash *hash)
{
	const struct clique_snap *snap;
	struct addr who;
	size_t at;

	if (clique_sealer_of(c, &who, h, hash, NULL) != RC_OK ||
	    clique_track(c, &snap, &h->parent, NULL, NULL) != RC_OK)
		return false;
	at = clique_snap_index(snap, &who);
	if (at == snap->signer_cnt)
		return false;
	/* number - at, modulo the count, without going below zero */
	*out = (h->number % snap->signer_cnt + snap->signer_cnt - at) %
	       snap->signer_cnt;
	return true;
}

int
clique_prefer(struct engine *g, const struct header *a, const struct u256 *td_a,
    const struct header *b, const struct u256 *td_b)
{
	struct clique *c = clique_of(g);
	struct hash hash_a, hash_b;
	uint64_t age_a, age_b;
	int order = u256_cmp(td_a, td_b);

	if (order != 0)
		return order;
	if (a->number != b->number)
		return a->number < b->number ? 1 : -1;
	hash_a = header_hash(a);
	hash_b = header_hash(b);
	if (turn_age(c, &age_a, a, &hash_a) &&
	    turn_age(c, &age_b, b, &hash_b) && age_a != age_b)
		return age_a > age_b ? 1 : -1;
	order = memcmp(hash_b.b, hash_a.b, sizeof(hash_a.b));
	return (order > 0) - (order < 0);
}

static enum rc
signers(struct engine *g, struct arena *a, struct addr **out, size_t *cnt,
    const struct hash *at, struct err *e)
{
	const struct clique_snap *snap;

	TRY(clique_track(clique_of(g), &snap, at, NULL, e));
	*out = arena_array(a, snap->signer_cnt + 1, sizeof(**out));
	if (*out == NULL)
		return FAIL(e, RC_NO_MEMORY, "%zu signers", snap->signer_cnt);
	if (snap->signer_cnt > 0)
		memcpy(*out, snap->signers, snap->signer_cnt * sizeof(**out));
	*cnt = snap->signer_cnt;
	return RC_OK;
}

static void
clique_free(struct engine *g)
{
	struct clique *c = clique_of(g);

	clique_track_free(c);
	arena_drop(&c->head_arena);
	arena_drop(&c->work_arena);
	mem_free(c->sealers);
	mem_free(c);
}

static const struct engine_ops clique_ops = {
    .name = "clique",
    .verify = clique_verify,
    .author = author,
    .prefer = clique_prefer,
    .step = clique_step,
    .gas = clique_gas,
    .signers = signers,
    .propose = clique_propose,
    .discard = clique_discard,
    .proposals = clique_proposals,
    .status = clique_status,
    .describe = clique_describe,
    .free = clique_free,
};

enum rc
clique_new(struct engine **out, const struct clique_conf *conf,
    const struct engine_chain *chain, struct err *e)
{
	struct clique *c;

	if (conf->epoch == 0)
		return FAIL(e, RC_CONF, "Clique epoch of zero blocks");
	c = mem_new(sizeof(*c));
	if (c == NULL)
		return FAIL(e, RC_NO_MEMORY, "Clique engine");
	c->sealers = mem_array(CLIQUE_SEALER_CACHE_MAX, sizeof(*c->sealers));
	if (c->sealers == NULL) {
		mem_free(c);
		return FAIL(e, RC_NO_MEMORY, "Clique engine");
	}
	c->engine.ops = &clique_ops;
	c->conf = *conf;
	c->chain = *chain;
	c->rng.state = conf->seed;
	arena_init(&c->head_arena, WORK_BYTES_MAX);
	arena_init(&c->work_arena, WORK_BYTES_MAX);
	*out = &c->engine;
	return RC_OK;
}
