/* SPDX-License-Identifier: Apache-2.0
 *
 * Ommers of proof of work: blocks that lost, named by one that won. At most
 * two, none named twice or before, each a child of an ancestor near enough
 * and no ancestor itself. Their bodies are nobody's concern.
 */
#include "base/check.h"
#include "chain/chain_priv.h"

/* Yellow Paper 11.1: how many, and how many generations back their parent
 * may be. */
enum { OMMER_MAX = 2, GENERATION_MAX = 7 };

/* The blocks before one, nearest first, with the ommers that they name. */
struct family {
	struct header header[GENERATION_MAX]; /* extra is not valid */
	struct hash hash[GENERATION_MAX];
	size_t cnt;
	struct hash named[GENERATION_MAX * OMMER_MAX + OMMER_MAX];
	size_t named_cnt;
};

static enum rc
refuse(const struct header *h, const char *why, struct err *e)
{
	return FAIL(e, RC_BLK_UNCLES, "block %llu: %s",
	    (unsigned long long)h->number, why);
}

/* name_ommers notes the ommers of an ancestor. */
static enum rc
name_ommers(struct chain *c, struct family *f, size_t i, struct err *e)
{
	struct arena a;
	struct block b;
	struct bytes raw;
	enum rc rc;
	size_t j;

	if (hash_eq(&f->header[i].ommers_hash, &HASH_EMPTY_LIST))
		return RC_OK;
	TRY(store_raw(c->view, &raw, &f->hash[i], e));
	arena_init(&a, c->block_bytes_max);
	rc = block_take_frontier(&a, &b, &raw, e);
	for (j = 0; rc == RC_OK && j < b.ommer_cnt && j < OMMER_MAX; j++)
		f->named[f->named_cnt++] = header_hash(&b.ommers[j]);
	arena_drop(&a);
	return rc;
}

static enum rc
gather(struct chain *c, struct family *f, const struct header *h, struct err *e)
{
	struct hash at = h->parent;

	while (f->cnt < GENERATION_MAX) {
		struct header *out = &f->header[f->cnt];

		TRY(store_header(c->view, out, &at, e));
		f->hash[f->cnt] = at;
		TRY(name_ommers(c, f, f->cnt, e));
		f->cnt++;
		if (out->number == 0)
			break;
		at = out->parent;
	}
	return RC_OK;
}

static bool
is_among(const struct hash *list, size_t cnt, const struct hash *hash)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		if (hash_eq(&list[i], hash))
			return true;
	return false;
}

static enum rc
check_one(struct chain *c, struct family *f, const struct header *h,
    const struct header *ommer, struct err *e)
{
	struct hash hash = header_hash(ommer);
	struct header parent;

	if (is_among(f->named, f->named_cnt, &hash))
		return refuse(h, "an ommer that was named before", e);
	if (is_among(f->hash, f->cnt, &hash))
		return refuse(h, "an ancestor as ommer", e);
	if (!is_among(f->hash, f->cnt, &ommer->parent) ||
	    hash_eq(&ommer->parent, &h->parent))
		return refuse(h, "an ommer that is no kin", e);
	f->named[f->named_cnt++] = hash;
	TRY(store_header(c->view, &parent, &ommer->parent, e));
	TRY(engine_verify(c->engine, ommer, &parent, h->time, e));
	return chain_check_header(&c->genesis->forks, ommer, &parent, e);
}

enum rc
chain_check_ommers(struct chain *c, const struct chain_work *w, struct err *e)
{
	const struct block *b = &w->block;
	struct family f = {.cnt = 0};
	size_t i;

	if (b->ommer_cnt == 0)
		return RC_OK;
	if (!chain_pays(c->genesis) || b->ommer_cnt > OMMER_MAX)
		return refuse(&b->header, "too many ommers", e);
	TRY(gather(c, &f, &b->header, e));
	for (i = 0; i < b->ommer_cnt; i++)
		TRY(check_one(c, &f, &b->header, &b->ommers[i], e));
	return RC_OK;
}
