/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks of our own: a template and candidates become an executed block,
 * which waits for its seal and is then committed. Time runs against it, so
 * it stops starting transactions when told to, and hashes once at the end.
 *
 * A block that is about to be signed is first staged: kept durably beside
 * the chain. After a crash chain_staged executes it again, and the engine
 * finishes the height with the very bytes that it had signed.
 */
#include "base/check.h"
#include "chain/chain_priv.h"
#include "eth/bloom.h"
#include "eth/rlp.h"
#include "trie/listroot.h"

/* The one staged block; the next replaces it. */
#define STAGED_NAME "chain/staged"

/* A block under construction. */
struct builder {
	struct chain_run run;
	struct chain_link link;
	struct chain_base base;
	struct header header;
	struct store_block *out;
	/* What was taken in so far, all in run.scratch or out's arena. */
	const struct tx **txs;
	struct addr *senders;
	size_t cnt, raw_bytes;
	uint64_t gas_left;
	struct map left_out; /* senders whose later nonces cannot follow */
};

void
chain_drop_built(struct chain *c)
{
	if (c->built.block != NULL)
		store_block_free(c->built.block);
	c->built = (struct chain_built){0};
}

static enum rc
no_memory(struct err *e)
{
	return FAIL(e, RC_NO_MEMORY, "no memory for a block");
}

/* start opens a builder on the head; cnt is the most it will take in. */
static enum rc
start(struct builder *b, struct chain *c, const struct header *tmpl, size_t cnt,
    struct err *e)
{
	struct addr author;

	if (!hash_eq(&tmpl->parent, &c->head.hash) ||
	    tmpl->number != c->head.number + 1)
		return FAIL(e, RC_NOT_FOUND,
		    "a template for block %llu, the head is %llu",
		    (unsigned long long)tmpl->number,
		    (unsigned long long)c->head.number);
	TRY(chain_author(c, &author, tmpl, e));
	b->link =
	    (struct chain_link){.view = c->view, .number = c->head.number};
	b->base = chain_base_of(&b->link, &c->head.header->state_root);
	b->header = *tmpl;
	b->gas_left = tmpl->gas_limit;
	map_init(&b->left_out, sizeof(struct addr), cnt + 1);
	TRY(chain_run_open(c, &b->run, &b->base, tmpl, &author, e));
	b->out = store_block_new(c->block_bytes_max);
	if (b->out == NULL)
		return no_memory(e);
	b->txs = arena_array(&b->run.scratch, cnt, sizeof(const struct tx *));
	b->run.receipts =
	    arena_array(&b->run.scratch, cnt, sizeof(*b->run.receipts));
	b->senders = arena_array(&b->run.scratch, cnt, sizeof(*b->senders));
	if (cnt > 0 &&
	    (b->txs == NULL || b->run.receipts == NULL || b->senders == NULL))
		return no_memory(e);
	return exec_begin_block(b->run.st, &b->run.env, tmpl, e);
}

static void
stop(struct builder *b)
{
	if (b->out != NULL)
		store_block_free(b->out);
	map_free(&b->left_out);
	chain_run_close(&b->run);
}

static enum rc
take(struct builder *b, const struct tx *tx, const struct addr *sender,
    struct err *e)
{
	struct receipt *r = &b->run.receipts[b->cnt];

	TRY(exec_tx(&b->run.scratch, r, b->run.st, &b->run.env, tx, sender,
	    &b->gas_left, &b->run.gas_used, e));
	bloom_or(&b->run.bloom, &r->bloom);
	b->senders[b->cnt] = *sender;
	b->txs[b->cnt++] = tx;
	b->raw_bytes += tx->raw.len;
	return RC_OK;
}

/* fits tells whether a candidate has room in what is left of the block. One
 * that no block could ever hold is let through, to be refused with a text. */
static bool
fits(const struct builder *b, const struct tx *tx)
{
	if (b->raw_bytes + tx->raw.len > CHAIN_BUILD_RAW_MAX)
		return false;
	return tx->gas <= b->gas_left || tx->gas > b->header.gas_limit;
}

static enum rc
offer(struct builder *b, const struct chain_candidate *cand,
    chain_refuse_fn *refuse, void *ctx, struct err *e)
{
	static char mark;
	struct err why = {0};
	enum rc rc;

	if (map_get(&b->left_out, cand->sender.b) != NULL)
		return RC_OK;
	if (fits(b, cand->tx)) {
		rc = take(b, cand->tx, &cand->sender, &why);
		if (rc == RC_OK)
			return RC_OK;
		if (chain_is_fatal(rc))
			return FAIL(e, rc, "%s", err_message(&why, rc));
		if (refuse != NULL)
			refuse(ctx, cand->tx, rc, err_message(&why, rc));
	}
	if (!map_put(&b->left_out, cand->sender.b, &mark))
		return no_memory(e);
	return RC_OK;
}

/* write_body puts what follows the header in a block's RLP into b->out. */
static enum rc
write_body(struct builder *b, struct bytes *body, struct err *e)
{
	bool has_list = b->header.field_cnt >= HEADER_FIELDS_SHANGHAI;
	size_t i, len = 0, size;
	struct buf out;

	for (i = 0; i < b->cnt; i++)
		len += b->txs[i]->type == TX_LEGACY
			   ? b->txs[i]->raw.len
			   : rlp_size_str(b->txs[i]->raw);
	size = rlp_size_list(len) + (has_list ? 2 : 1);
	out = buf_of(arena_alloc(&b->out->arena, size), size);
	if (out.ptr == NULL)
		return no_memory(e);
	CHECK(rlp_put_list_head(&out, len));
	for (i = 0; i < b->cnt; i++) {
		struct bytes raw = b->txs[i]->raw;

		CHECK(b->txs[i]->type == TX_LEGACY
			  ? buf_put(&out, raw.ptr, raw.len)
			  : rlp_put_str(&out, raw));
	}
	CHECK(rlp_put_list_head(&out, 0)); /* ommers */
	if (has_list)
		CHECK(rlp_put_list_head(&out, 0)); /* withdrawals */
	*body = bytes_of_buf(&out);
	return RC_OK;
}

static enum rc
tx_root(struct builder *b, struct err *e)
{
	struct bytes *items =
	    arena_array(&b->run.scratch, b->cnt, sizeof(*items));
	size_t i;

	if (items == NULL && b->cnt > 0)
		return no_memory(e);
	for (i = 0; i < b->cnt; i++)
		items[i] = b->txs[i]->raw;
	return trie_list_root(
	    &b->run.scratch, &b->header.tx_root, items, b->cnt, e);
}

/* keep_lists copies hashes and senders to where they stay. */
static enum rc
keep_lists(struct builder *b, struct err *e)
{
	struct store_block *out = b->out;
	struct hash *hashes = arena_array(&out->arena, b->cnt, sizeof(*hashes));
	struct addr *senders =
	    arena_array(&out->arena, b->cnt, sizeof(*senders));
	size_t i;

	if (b->cnt > 0 && (hashes == NULL || senders == NULL))
		return no_memory(e);
	for (i = 0; i < b->cnt; i++) {
		hashes[i] = b->txs[i]->hash;
		senders[i] = b->senders[i];
	}
	out->tx_hashes = hashes;
	out->senders = senders;
	out->tx_cnt = b->cnt;
	return RC_OK;
}

/* complete computes the header and hands the block over to the chain. */
static enum rc
complete(struct builder *b, struct chain *c, struct err *e)
{
	struct block rest = {.header = b->header};
	struct exec_result done = {
	    .receipts = b->run.receipts, .receipt_cnt = b->cnt};
	struct bytes body;

	TRY(exec_finish_block(&b->run.scratch, &done, b->run.st, &b->run.env,
	    &rest, chain_pays(c->genesis), e));
	b->run.requests_hash = done.requests_hash;
	b->header.ommers_hash = HASH_EMPTY_LIST;
	if (b->header.field_cnt >= HEADER_FIELDS_SHANGHAI)
		b->header.withdrawals_root = HASH_EMPTY_TRIE;
	b->run.tx_cnt = b->cnt;
	TRY(tx_root(b, e));
	TRY(chain_run_finish(&b->run, &b->header, b->out, e));
	TRY(keep_lists(b, e));
	TRY(write_body(b, &body, e));
	b->header.extra = arena_copy(&b->out->arena, b->header.extra);
	if (b->header.extra.ptr == NULL && b->header.extra.len > 0)
		return no_memory(e);
	b->out->header = b->header;
	c->built = (struct chain_built){.block = b->out, .body = body};
	b->out = NULL;
	return RC_OK;
}

enum rc
chain_build(struct chain *c, struct header *header, const struct header *tmpl,
    const struct chain_candidate *txs, size_t cnt, bool (*deadline)(void *ctx),
    chain_refuse_fn *refuse, void *ctx, struct err *e)
{
	struct builder b = {0};
	enum rc rc;
	size_t i;

	chain_drop_built(c);
	rc = start(&b, c, tmpl, cnt, e);
	for (i = 0; rc == RC_OK && i < cnt; i++) {
		if (b.gas_left < EXEC_GAS_TX ||
		    (deadline != NULL && deadline(ctx)))
			break;
		rc = offer(&b, &txs[i], refuse, ctx, e);
	}
	if (rc == RC_OK)
		rc = complete(&b, c, e);
	stop(&b);
	if (rc == RC_OK)
		*header = c->built.block->header;
	return rc;
}

/* Sealing. ---------------------------------------------------------- */

/* write_raw makes the block's RLP from a header and the built body. */
static enum rc
write_raw(struct arena *a, struct bytes *raw, const struct header *h,
    struct bytes body, struct err *e)
{
	size_t len = header_size(h) + body.len, size = rlp_size_list(len);
	struct buf out = buf_of(arena_alloc(a, size), size);

	if (out.ptr == NULL)
		return no_memory(e);
	CHECK(rlp_put_list_head(&out, len) && header_put(&out, h) &&
	      buf_put(&out, body.ptr, body.len));
	*raw = bytes_of_buf(&out);
	return RC_OK;
}

/* A seal is extra data; everything else stays as it was executed. */
static enum rc
check_sealed(const struct chain *c, const struct header *sealed, struct err *e)
{
	const struct header *built = &c->built.block->header;
	struct header bare = *sealed;
	struct hash a, b;

	bare.extra = built->extra;
	a = header_hash(&bare);
	b = header_hash(built);
	if (!hash_eq(&a, &b))
		return FAIL(e, RC_NOT_FOUND,
		    "the sealed header of block %llu is not the one built",
		    (unsigned long long)sealed->number);
	return engine_verify(
	    c->engine, sealed, c->head.header, sealed->time, e);
}

static enum rc
seal(struct chain *c, const struct header *sealed, struct err *e)
{
	struct store_block *b = c->built.block;

	b->header = *sealed;
	b->header.extra = arena_copy(&b->arena, sealed->extra);
	if (b->header.extra.ptr == NULL && sealed->extra.len > 0)
		return no_memory(e);
	b->hash = header_hash(&b->header);
	if (u256_add(&b->total_difficulty, &c->head.total_difficulty,
		&b->header.difficulty))
		return FAIL(e, RC_BLK_DIFFICULTY, "total difficulty overflows");
	return write_raw(&b->arena, &b->raw, &b->header, c->built.body, e);
}

enum rc
chain_commit(struct chain *c, struct chain_change *out,
    const struct header *sealed, struct err *e)
{
	struct store_block *b;
	enum rc rc;

	*out = (struct chain_change){0};
	if (c->built.block == NULL)
		return FAIL(e, RC_NOT_FOUND, "no block is built");
	TRY(check_sealed(c, sealed, e));
	b = c->built.block;
	TRY(seal(c, sealed, e));
	c->built = (struct chain_built){0};
	rc = chain_extend(c, out, &b, 1, c->head.number, e);
	if (b != NULL)
		store_block_free(b);
	return rc;
}

/* Staging. ---------------------------------------------------------- */

enum rc
chain_stage(struct chain *c, struct err *e)
{
	struct store_block *b = c->built.block;
	struct arena_mark mark;
	struct bytes raw;
	enum rc rc;

	if (b == NULL)
		return FAIL(e, RC_NOT_FOUND, "no block is built");
	mark = arena_save(&b->arena);
	rc = write_raw(&b->arena, &raw, &b->header, c->built.body, e);
	if (rc == RC_OK)
		rc = store_aux_put(c->store, STAGED_NAME, raw, e);
	arena_rewind(&b->arena, mark);
	c->is_aux_new = true;
	return rc;
}

/* rebuild executes a staged block as it was built. */
static enum rc
rebuild(struct chain *c, struct chain_work *w, struct err *e)
{
	struct header got;
	struct builder b = {0};
	enum rc rc;
	size_t i;

	rc = start(&b, c, &w->block.header, w->block.tx_cnt, e);
	for (i = 0; rc == RC_OK && i < w->block.tx_cnt; i++)
		rc = take(&b, &w->block.txs[i], &w->senders[i], e);
	if (rc == RC_OK)
		rc = complete(&b, c, e);
	stop(&b);
	TRY(rc);
	got = c->built.block->header;
	rc = chain_compare(&got, &w->block.header, e);
	if (rc == RC_OK && !hash_eq(&got.tx_root, &w->block.header.tx_root))
		rc = FAIL(e, RC_BLK_TX_ROOT, "the staged body is another one");
	if (rc != RC_OK)
		chain_drop_built(c);
	return rc;
}

enum rc
chain_staged(struct chain *c, struct header *out, struct err *e)
{
	struct store_view *view;
	struct chain_work w;
	struct bytes raw;
	enum rc rc;

	chain_drop_built(c);
	TRY(store_view_open(&view, c->store, e));
	rc = store_aux_get(view, &raw, STAGED_NAME, e);
	if (rc == RC_OK)
		rc = chain_work_open(c, &w, raw, e);
	store_view_close(view);
	TRY(rc);
	rc = chain_recover_work(c, &w, e);
	if (rc == RC_OK)
		rc = rebuild(c, &w, e);
	chain_work_close(&w);
	if (rc == RC_OK)
		*out = c->built.block->header;
	return rc;
}
