/* SPDX-License-Identifier: Apache-2.0
 *
 * The chain over its store: opening, the head, appending, flushing, and what
 * the engine sees of it. Tour: import.c and build.c end in chain_extend,
 * the only place where the head moves. What holds there: the view is closed
 * while the store writes, and nothing can fail between the synced record and
 * the new view except the view itself.
 */
#include "chain/chain.h"

#include "base/check.h"
#include "base/hex.h"
#include "base/log.h"
#include "chain/chain_priv.h"

enum {
	HASH_TEXT_MAX = 2 * 32 + 3,
	/* One header with the largest extra data, and the arena's own. */
	CHAIN_HEAD_BYTES_MAX = 1 << 20
};

bool
chain_pays(const struct genesis *g)
{
	return g->engine == GENESIS_NO_ENGINE;
}

enum rc
chain_author(const struct chain *c, struct addr *out, const struct header *h,
    struct err *e)
{
	CHECK(c->engine != NULL);
	return engine_author(c->engine, out, h, e);
}

/* Views. ------------------------------------------------------------ */

void
chain_hide(struct chain *c)
{
	if (c->aux != NULL)
		store_view_close(c->aux);
	if (c->view != NULL)
		store_view_close(c->view);
	c->view = c->aux = NULL;
}

/* note_head copies the head's header out of the view when it has changed, so
 * that a flush or a side block moves nobody's pointers. */
static enum rc
note_head(struct chain *c, struct err *e)
{
	struct store_head now;

	store_view_head(c->view, &now);
	if (c->head.header != NULL && hash_eq(&now.hash, &c->head.hash))
		return RC_OK;
	arena_drop(&c->head_arena);
	c->head = now;
	c->head.header = header_copy(&c->head_arena, now.header);
	if (c->head.header == NULL)
		return FAIL(e, RC_NO_MEMORY, "no memory for a header");
	return RC_OK;
}

enum rc
chain_show(struct chain *c, struct err *e)
{
	TRY(store_view_open(&c->view, c->store, e));
	c->is_aux_new = false;
	return note_head(c, e);
}

const struct store_head *
chain_head(const struct chain *c)
{
	return &c->head;
}

const struct store_view *
chain_view(const struct chain *c)
{
	return c->view;
}

/* Opening. ---------------------------------------------------------- */

static enum rc
other_genesis(
    const struct hash *stored, const struct hash *given, struct err *e)
{
	char have[HASH_TEXT_MAX], want[HASH_TEXT_MAX];

	hex_put0x(have, hash_bytes(stored));
	hex_put0x(want, hash_bytes(given));
	return FAIL(e, RC_CONF,
	    "the stored chain begins with genesis %s, the genesis file gives "
	    "%s",
	    have, want);
}

static enum rc
write_genesis(struct chain *c, struct err *e)
{
	const struct hash *given = &c->genesis->header.state_root;
	struct store_block *b;
	struct hash hash;
	enum rc rc = RC_OK;

	TRY(chain_genesis_block(&b, c->genesis, e));
	if (!hash_is_zero(given) && !hash_eq(given, &b->header.state_root)) {
		hash = header_hash(&c->genesis->header);
		rc = other_genesis(&b->hash, &hash, e);
	}
	if (rc == RC_OK)
		rc = store_append(c->store, &b, 1, 0, e);
	if (rc != RC_OK)
		store_block_free(b);
	return rc;
}

/* genesis_hash takes the root from the document when it has one: the hash
 * that is compared afterwards covers it. */
static enum rc
genesis_hash(struct hash *out, const struct genesis *g, struct err *e)
{
	struct header h;
	struct arena a;
	enum rc rc;

	if (!hash_is_zero(&g->header.state_root)) {
		*out = header_hash(&g->header);
		return RC_OK;
	}
	arena_init(&a, CHAIN_GENESIS_BYTES_MAX);
	rc = chain_genesis_header(&a, &h, out, g, e);
	arena_drop(&a);
	return rc;
}

static enum rc
check_genesis(const struct chain *c, struct err *e)
{
	struct hash stored, given;

	TRY(store_hash_of(c->view, &stored, 0, e));
	TRY(genesis_hash(&given, c->genesis, e));
	if (hash_eq(&stored, &given))
		return RC_OK;
	return other_genesis(&stored, &given, e);
}

static enum rc
open_store(struct chain *c, struct err *e)
{
	if (store_is_empty(c->store)) {
		TRY(write_genesis(c, e));
		return chain_show(c, e);
	}
	TRY(chain_replay(c, e));
	TRY(chain_show(c, e));
	return check_genesis(c, e);
}

enum rc
chain_open(
    struct chain **out, struct store *s, const struct genesis *g, struct err *e)
{
	struct chain *c = mem_new(sizeof(*c));
	enum rc rc;

	if (c == NULL)
		return FAIL(e, RC_NO_MEMORY, "no memory for the chain");
	c->vm = evm_new();
	c->store = s;
	c->genesis = g;
	c->block_bytes_max = CHAIN_BLOCK_BYTES_MAX;
	c->sample_one_in = CHAIN_SAMPLE_ONE_IN;
	arena_init(&c->change, CHAIN_CHANGE_BYTES_MAX);
	arena_init(&c->head_arena, CHAIN_HEAD_BYTES_MAX);
	rc = c->vm != NULL ? open_store(c, e)
			   : FAIL(e, RC_NO_MEMORY, "no memory for a machine");
	if (rc == RC_OK)
		*out = c;
	else
		chain_close(c);
	return rc;
}

void
chain_close(struct chain *c)
{
	if (c == NULL)
		return;
	chain_drop_built(c);
	chain_hide(c);
	arena_drop(&c->change);
	arena_drop(&c->head_arena);
	evm_free(c->vm);
	mem_free(c);
}

/* What the engine sees. --------------------------------------------- */

static enum rc
link_header(
    void *ctx, struct header *out, const struct hash *hash, struct err *e)
{
	const struct chain *c = ctx;

	return store_header(c->view, out, hash, e);
}

/* A kept value is not in views opened before it: load opens a newer one. */
static enum rc
link_load(void *ctx, struct bytes *out, const char *name, struct err *e)
{
	struct chain *c = ctx;

	if (c->is_aux_new) {
		if (c->aux != NULL)
			store_view_close(c->aux);
		c->aux = NULL;
		TRY(store_view_open(&c->aux, c->store, e));
		c->is_aux_new = false;
	}
	return store_aux_get(c->aux != NULL ? c->aux : c->view, out, name, e);
}

static enum rc
link_keep(void *ctx, const char *name, struct bytes value, struct err *e)
{
	struct chain *c = ctx;

	c->is_aux_new = true;
	return store_aux_put(c->store, name, value, e);
}

static enum rc
link_stage(void *ctx, struct err *e)
{
	return chain_stage(ctx, e);
}

static enum rc
link_staged(void *ctx, struct header *out, struct err *e)
{
	return chain_staged(ctx, out, e);
}

struct engine_chain
chain_engine_link(struct chain *c)
{
	return (struct engine_chain){
	    .header = link_header,
	    .load = link_load,
	    .keep = link_keep,
	    .stage = link_stage,
	    .staged = link_staged,
	    .ctx = c,
	};
}

void
chain_set_engine(struct chain *c, struct engine *g)
{
	c->engine = g;
}

void
chain_set_recover(struct chain *c, chain_recover_fn *fn, void *ctx)
{
	c->recover = fn;
	c->recover_ctx = ctx;
}

void
chain_set_block_bytes(struct chain *c, size_t max)
{
	c->block_bytes_max = max;
}

void
chain_set_sample(struct chain *c, uint64_t one_in)
{
	c->sample_one_in = one_in;
}

/* The head moves. --------------------------------------------------- */

static enum rc
append(struct chain *c, struct store_block **blocks, size_t cnt,
    uint64_t rewind_to, struct err *e)
{
	enum rc rc = store_append(c->store, blocks, cnt, rewind_to, e);

	if (rc != RC_NO_SPACE)
		return rc;
	TRY(store_flush(c->store, e));
	return store_append(c->store, blocks, cnt, rewind_to, e);
}

/* Debug builds stop at the first block that breaks a promise. */
static void
check_in_debug(struct chain *c)
{
#ifdef SEKISHO_DEBUG
	struct err e = {0};
	enum rc rc = chain_check_head(c, &e);

	if (rc != RC_OK)
		log_error("chain", "invariant: %s", err_message(&e, rc));
	CHECK(rc != RC_CORRUPT);
#else
	(void)c;
#endif
}

enum rc
chain_extend(struct chain *c, struct chain_change *out,
    struct store_block **blocks, size_t cnt, uint64_t rewind_to, struct err *e)
{
	enum rc rc;
	size_t i;

	arena_drop(&c->change);
	*out = (struct chain_change){.rewind_to = rewind_to};
	rc = chain_change_make(c, out, blocks, cnt, e);
	if (rc == RC_OK) {
		chain_hide(c);
		rc = append(c, blocks, cnt, rewind_to, e);
	}
	if (rc != RC_OK) {
		*out = (struct chain_change){0};
		return c->view != NULL || chain_show(c, NULL) == RC_OK ? rc
								       : RC_IO;
	}
	for (i = 0; i < cnt; i++)
		blocks[i] = NULL;
	chain_drop_built(c);
	if (chain_show(c, e) != RC_OK)
		return RC_IO;
	check_in_debug(c);
	TRY(chain_sample(c, out->added[cnt - 1], e));
	chain_tell(c, out);
	return RC_OK;
}

enum rc
chain_flush(struct chain *c, bool force, struct err *e)
{
	struct err why = {0};
	enum rc rc;

	if (!force && !store_flush_due(c->store))
		return RC_OK;
	chain_hide(c);
	rc = store_flush(c->store, &why);
	TRY(chain_show(c, e));
	if (rc == RC_OK)
		return RC_OK;
	/* Neither loses anything: it stays due. */
	if (rc == RC_UNAVAILABLE || rc == RC_NO_MEMORY) {
		log_warn("chain", "flush put off: %s", err_message(&why, rc));
		return RC_OK;
	}
	return FAIL(e, rc, "%s", err_message(&why, rc));
}

/* Refused side blocks. ---------------------------------------------- */

bool
chain_is_bad(const struct chain *c, const struct hash *hash)
{
	size_t i;

	for (i = 0; i < CHAIN_BAD_MAX && i < c->bad_cnt; i++)
		if (hash_eq(&c->bad[i], hash))
			return true;
	return false;
}

void
chain_mark_bad(struct chain *c, const struct hash *hash)
{
	if (!chain_is_bad(c, hash))
		c->bad[c->bad_cnt++ % CHAIN_BAD_MAX] = *hash;
}
