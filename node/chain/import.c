/* SPDX-License-Identifier: Apache-2.0
 *
 * Foreign blocks: known or new, well formed, sealed by one who may, and then
 * either the next of the chain, the tip of a better one, or kept aside. A
 * block is executed only when it is about to be canonical.
 */
#include "base/check.h"
#include "base/hex.h"
#include "base/log.h"
#include "chain/chain_priv.h"

static enum rc
check_new(const struct chain *c, const struct header *h,
    const struct hash *hash, struct err *e)
{
	struct header known;
	enum rc rc = store_header(c->view, &known, hash, NULL);

	if (rc == RC_OK)
		return FAIL(e, RC_BLK_KNOWN, "block %llu is known",
		    (unsigned long long)known.number);
	if (rc != RC_NOT_FOUND)
		return FAIL(e, rc, "block lookup: %s", err_text(rc));
	if (chain_is_bad(c, hash) || chain_is_bad(c, &h->parent))
		return FAIL(e, RC_BLK_PARENT,
		    "block %llu is, or descends from, one refused before",
		    (unsigned long long)h->number);
	return RC_OK;
}

static enum rc
find_parent(const struct chain *c, struct header *out, const struct header *h,
    struct err *e)
{
	char text[2 * 32 + 3];
	enum rc rc = store_header(c->view, out, &h->parent, NULL);

	if (rc == RC_OK)
		return RC_OK;
	if (rc != RC_NOT_FOUND)
		return FAIL(e, rc, "parent lookup: %s", err_text(rc));
	return FAIL(e, RC_BLK_PARENT, "block %llu: %s %s",
	    (unsigned long long)h->number, err_text(RC_BLK_PARENT),
	    hex_put0x(text, hash_bytes(&h->parent)));
}

/* check_header looks at nothing but the header: a stranger without a seal
 * costs no more than that. */
static enum rc
check_header(struct chain *c, struct bytes raw, uint64_t now_s, struct err *e)
{
	struct header h, parent;
	struct hash hash;

	TRY(chain_peek(&h, &hash, raw, e));
	TRY(check_new(c, &h, &hash, e));
	TRY(find_parent(c, &parent, &h, e));
	TRY(engine_verify(c->engine, &h, &parent, now_s, e));
	return chain_check_header(&c->genesis->forks, &h, &parent, e);
}

/* EIP-3675: a block has difficulty while the chain up to its parent weighs
 * less than the total of the genesis document, and none from then on. */
static enum rc
check_merge(const struct genesis *g, const struct header *h,
    const struct u256 *parent_td, struct err *e)
{
	bool is_paris = !u256_lt(parent_td, &g->ttd);

	if (!g->forks.has_ttd || is_paris == u256_is_zero(&h->difficulty))
		return RC_OK;
	return FAIL(e, RC_BLK_DIFFICULTY, "block %llu: %s",
	    (unsigned long long)h->number,
	    is_paris ? "difficulty behind the terminal block"
		     : "no difficulty before the terminal block");
}

static enum rc
check_body(struct chain *c, struct chain_work *w, struct err *e)
{
	const struct header *h = &w->block.header;
	struct u256 td;

	TRY(chain_check_size(&c->genesis->forks, h, w->out->raw.len, e));
	TRY(chain_check_body(&w->scratch, &w->block, e));
	TRY(chain_check_ommers(c, w, e));
	TRY(store_total_difficulty(c->view, &td, &h->parent, e));
	TRY(check_merge(c->genesis, h, &td, e));
	if (u256_add(&w->out->total_difficulty, &td, &h->difficulty))
		return FAIL(e, RC_BLK_DIFFICULTY, "total difficulty overflows");
	return RC_OK;
}

static enum rc
put_aside(struct chain *c, const struct store_block *b, struct err *e)
{
	enum rc rc =
	    store_side_put(c->store, &b->hash, &b->total_difficulty, b->raw, e);

	if (rc == RC_UNAVAILABLE) {
		TRY(chain_flush(c, true, e));
		rc = store_side_put(
		    c->store, &b->hash, &b->total_difficulty, b->raw, e);
	}
	TRY(rc);
	/* The next block may name this one as its parent. */
	chain_hide(c);
	return chain_show(c, e);
}

/* extend makes the block, a child of the head, the head. */
static enum rc
extend(struct chain *c, struct chain_change *out, struct chain_work *w,
    struct err *e)
{
	struct chain_link link = {.view = c->view, .number = c->head.number};
	struct chain_base base =
	    chain_base_of(&link, &c->head.header->state_root);

	TRY(chain_recover_work(c, w, e));
	TRY(chain_execute(c, w, &base, e));
	return chain_extend(c, out, &w->out, 1, c->head.number, e);
}

static enum rc
make_head(struct chain *c, struct chain_change *out, struct chain_work *w,
    struct err *e)
{
	struct hash hash = w->out->hash;
	enum rc rc;

	if (hash_eq(&w->block.header.parent, &c->head.hash))
		rc = extend(c, out, w, e);
	else
		rc = chain_switch(c, out, w, e);
	if (chain_is_for_good(rc))
		chain_mark_bad(c, &hash);
	return rc;
}

static enum rc
import_body(struct chain *c, struct chain_change *out, struct chain_work *w,
    struct err *e)
{
	TRY(check_body(c, w, e));
	/* Whoever may seal could fill the disk with branches from long ago. */
	if (w->block.header.number + CHAIN_REORG_MAX <= c->head.number)
		return FAIL(e, RC_TOO_LARGE,
		    "block %llu is more than %d blocks below the head",
		    (unsigned long long)w->block.header.number,
		    CHAIN_REORG_MAX);
	if (engine_prefer(c->engine, &w->block.header,
		&w->out->total_difficulty, c->head.header,
		&c->head.total_difficulty) > 0)
		return make_head(c, out, w, e);
	return put_aside(c, w->out, e);
}

enum rc
chain_import(struct chain *c, struct chain_change *out, struct bytes raw,
    uint64_t now_s, struct err *e)
{
	struct chain_work w;
	enum rc rc;

	CHECK(c->engine != NULL);
	*out = (struct chain_change){0};
	TRY(check_header(c, raw, now_s, e));
	TRY(chain_work_open(c, &w, raw, e));
	rc = import_body(c, out, &w, e);
	chain_work_close(&w);
	return rc;
}

enum rc
chain_adopt(struct chain *c, struct chain_change *out, const struct hash *hash,
    struct err *e)
{
	struct chain_work w;
	struct bytes raw;
	enum rc rc;

	CHECK(c->engine != NULL);
	*out = (struct chain_change){0};
	TRY(store_raw(c->view, &raw, hash, e));
	if (store_is_canonical(c->view, hash))
		return FAIL(e, RC_NOT_FOUND, "the block is on the chain");
	if (chain_is_bad(c, hash))
		return FAIL(e, RC_NOT_FOUND, "the block was refused before");
	TRY(chain_work_open(c, &w, raw, e));
	rc = store_total_difficulty(c->view, &w.out->total_difficulty, hash, e);
	if (rc == RC_OK)
		rc = make_head(c, out, &w, e);
	chain_work_close(&w);
	return rc;
}
