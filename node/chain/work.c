/* SPDX-License-Identifier: Apache-2.0
 *
 * A block on its way into the chain: from bytes to a store_block that lacks
 * only what execution gives. Decoded transactions are several times larger
 * than their bytes and go when the block is done; hashes, senders and bytes
 * stay with the block.
 */
#include "base/check.h"
#include "chain/chain_priv.h"
#include "eth/rlp.h"

static enum rc
no_memory(struct err *e)
{
	return FAIL(e, RC_NO_MEMORY, "no memory for a block");
}

enum rc
chain_peek(
    struct header *out, struct hash *hash, struct bytes raw, struct err *e)
{
	struct bytes items;

	if (raw.len > BLOCK_RAW_MAX)
		return FAIL(e, RC_TOO_LARGE, "block of %zu bytes, most are %d",
		    raw.len, BLOCK_RAW_MAX);
	TRY(rlp_take_list(&items, &raw, e));
	TRY(header_take(out, &items, e));
	*hash = header_hash(out);
	return RC_OK;
}

/* decode_body decodes the copy. A high s passes here: execution refuses it
 * by fork. Nobody made us run out of memory but the block itself. */
static enum rc
decode_body(struct chain_work *w, struct err *e)
{
	struct bytes in = w->out->raw;
	enum rc rc = block_take_frontier(&w->scratch, &w->block, &in, e);

	if (rc == RC_NO_MEMORY)
		return FAIL(e, RC_TOO_LARGE,
		    "a block of %zu bytes takes more memory than there is",
		    w->out->raw.len);
	TRY(rc);
	if (in.len > 0)
		return FAIL(
		    e, RC_TRAILING, "%zu bytes follow the block", in.len);
	return RC_OK;
}

static enum rc
decode(struct chain_work *w, struct bytes raw, struct err *e)
{
	struct store_block *out = w->out;
	struct hash *hashes;
	size_t i;

	out->raw = arena_copy(&out->arena, raw);
	if (out->raw.ptr == NULL && raw.len > 0)
		return no_memory(e);
	TRY(decode_body(w, e));
	out->header = w->block.header;
	out->hash = header_hash(&out->header);
	out->tx_cnt = w->block.tx_cnt;
	hashes = arena_array(&out->arena, out->tx_cnt, sizeof(*hashes));
	if (hashes == NULL && out->tx_cnt > 0)
		return no_memory(e);
	for (i = 0; i < out->tx_cnt; i++)
		hashes[i] = w->block.txs[i].hash;
	out->tx_hashes = hashes;
	return RC_OK;
}

enum rc
chain_work_open(const struct chain *c, struct chain_work *w, struct bytes raw,
    struct err *e)
{
	enum rc rc;

	*w = (struct chain_work){.out = store_block_new(c->block_bytes_max)};
	if (w->out == NULL)
		return no_memory(e);
	arena_init(&w->scratch, c->block_bytes_max);
	rc = decode(w, raw, e);
	if (rc != RC_OK)
		chain_work_close(w);
	return rc;
}

void
chain_work_close(struct chain_work *w)
{
	if (w->out != NULL)
		store_block_free(w->out);
	w->out = NULL;
	arena_drop(&w->scratch);
}

static enum rc
recover_here(struct addr *out, const struct tx *txs, size_t cnt, struct err *e)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		TRY(tx_sender(&out[i], &txs[i], e));
	return RC_OK;
}

enum rc
chain_recover_work(const struct chain *c, struct chain_work *w, struct err *e)
{
	const struct block *b = &w->block;
	struct addr *senders =
	    arena_array(&w->out->arena, b->tx_cnt, sizeof(*senders));

	if (senders == NULL && b->tx_cnt > 0)
		return no_memory(e);
	w->senders = senders;
	w->out->senders = senders;
	if (c->recover != NULL)
		return c->recover(
		    c->recover_ctx, senders, b->txs, b->tx_cnt, e);
	return recover_here(senders, b->txs, b->tx_cnt, e);
}

enum rc
chain_execute(const struct chain *c, struct chain_work *w,
    const struct chain_base *base, struct err *e)
{
	struct header got = w->block.header;
	struct chain_run r;
	struct addr author;
	enum rc rc;

	TRY(chain_author(c, &author, &w->block.header, e));
	rc = chain_run_open(c, &r, base, &w->block.header, &author, e);
	if (rc == RC_OK)
		rc = chain_run_block(
		    &r, &w->block, w->senders, chain_pays(c->genesis), e);
	if (rc == RC_OK)
		rc = chain_run_finish(&r, &got, w->out, e);
	if (rc == RC_OK)
		rc = chain_compare(&got, &w->block.header, e);
	chain_run_close(&r);
	return rc;
}
