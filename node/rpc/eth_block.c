/* SPDX-License-Identifier: Apache-2.0
 *
 * Methods that answer with blocks and what is in them. Of a block that is
 * not there the answer is null, not an error.
 */
#include "eth/blobfee.h"
#include "eth/ethjson.h"
#include "eth/rlp.h"
#include "rpc/rpc_priv.h"

/* struct shown is a block on its way to an answer. hash is NULL for a pending
 * one, td (in the body) where the chain has none. */
struct shown {
	const struct rpc_block *block;
	struct rpc_body body;
	const struct hash *hash;
	const struct u256 *td;
};

/* show gets the block's parts. */
static enum rc
show(struct rpc_call *c, struct shown *out, const struct rpc_block *b,
    struct err *e)
{
	out->block = b;
	out->hash = b->is_pending ? NULL : &b->hash;
	out->td = rpc_body_td(c->node, &out->body);
	return rpc_body_get(c, &out->body, b, e);
}

/* write_pending writes a block that has no bytes yet. */
static void
write_pending(struct rpc_call *c, const struct shown *s)
{
	struct block block = {.header = s->body.header};

	ethjson_block(c->w, &block, NULL, NULL, s->td);
}

enum rc
rpc_body_full(struct rpc_call *c, struct block *out, struct addr **senders,
    const struct rpc_block *b, const struct rpc_body *body, struct err *e)
{
	const struct store_view *v;
	struct bytes raw = body->raw;
	size_t i;

	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(block_take_frontier(c->a, out, &raw, e));
	out->raw = body->raw;
	*senders = arena_array(c->a, out->tx_cnt + 1, sizeof(**senders));
	if (*senders == NULL)
		return FAIL(e, RC_NO_MEMORY, "senders of a block");
	for (i = 0; i < out->tx_cnt; i++)
		TRY(rpc_sender_of(&(*senders)[i], v, b, &out->txs[i], i, e));
	return RC_OK;
}

/* write_full writes the block with whole transactions. */
static enum rc
write_full(struct rpc_call *c, const struct shown *s, struct err *e)
{
	struct block block;
	struct addr *senders;

	TRY(rpc_body_full(c, &block, &senders, s->block, &s->body, e));
	ethjson_block(c->w, &block, s->hash, senders, s->td);
	return RC_OK;
}

enum rc
rpc_body_tail(struct rpc_call *c, struct block *out,
    const struct rpc_body *body, struct err *e)
{
	static const uint8_t no_txs[] = {0xc0};
	struct bytes raw = body->raw, items, header, txs;
	size_t cap = 16 + body->raw.len - body->txs.len;
	struct buf b = buf_of(arena_alloc(c->a, cap), cap);
	struct bytes whole;

	if (b.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "a block without transactions");
	TRY(rlp_take_list(&items, &raw, e));
	TRY(rlp_take_raw(&header, &items, e));
	TRY(rlp_take_raw(&txs, &items, e));
	(void)rlp_put_list_head(&b, header.len + sizeof(no_txs) + items.len);
	(void)buf_put(&b, header.ptr, header.len);
	(void)buf_put(&b, no_txs, sizeof(no_txs));
	(void)buf_put(&b, items.ptr, items.len);
	whole = bytes_of_buf(&b);
	TRY(block_decode(c->a, out, whole, e));
	out->raw = body->raw;
	return RC_OK;
}

/* write_hashes writes the block with the hashes of its transactions, which
 * are not decoded. */
static enum rc
write_hashes(struct rpc_call *c, const struct shown *s, struct err *e)
{
	const struct rpc_body *body = &s->body;
	const struct hash *txs;
	struct block block;

	TRY(rpc_body_tail(c, &block, body, e));
	TRY(rpc_body_hashes(c, &txs, s->block, body, e));
	ethjson_block_hashes(c->w, &block, s->hash, txs, body->tx_cnt, s->td);
	return RC_OK;
}

enum rc
rpc_block_write(struct rpc_call *c, const struct rpc_block *b,
    enum rpc_block_form form, struct err *e)
{
	struct shown s;

	TRY(show(c, &s, b, e));
	if (b->is_pending && form != RPC_BLOCK_HEADER) {
		write_pending(c, &s);
		return RC_OK;
	}
	switch (form) {
	case RPC_BLOCK_HEADER:
		ethjson_header(c->w, &s.body.header, s.hash, s.td);
		return RC_OK;
	case RPC_BLOCK_HASHES:
		return write_hashes(c, &s, e);
	case RPC_BLOCK_FULL:
		return write_full(c, &s, e);
	}
	return FAIL(e, RC_INTERNAL, "form of a block");
}

/* write_receipt writes the receipt of the transaction at the front of both
 * rests. */
static enum rc
write_receipt(struct rpc_call *c, const struct rpc_block *b,
    struct ethjson_at *at, struct bytes *txs, struct bytes *receipts,
    uint64_t *log_index, struct err *e)
{
	const struct store_view *v;
	struct u256 blob_price;
	struct addr sender;
	struct receipt r;
	struct tx tx;

	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(tx_take_frontier(c->a, &tx, txs, e));
	TRY(receipts_next(c->a, &r, receipts, e));
	TRY(rpc_sender_of(&sender, v, b, &tx, at->index, e));
	blobfee_of(&blob_price, &c->node->genesis->forks, at->header);
	ethjson_receipt(c->w, &r, &tx, &sender, at, *log_index, &blob_price);
	*log_index += r.log_cnt;
	at->index++;
	return RC_OK;
}

enum rc
rpc_block_receipts(struct rpc_call *c, const struct rpc_block *b, struct err *e)
{
	struct ethjson_at at = {.block_hash = b->hash};
	uint64_t log_index = 0;
	struct rpc_body body;
	struct bytes receipts;
	bool found;

	TRY(rpc_body_get(c, &body, b, e));
	TRY(rpc_receipts_get(c, &receipts, &found, &b->hash, e));
	if (!found && body.tx_cnt > 0) {
		jsonw_null(c->w);
		return RC_OK;
	}
	at.header = &body.header;
	jsonw_arr(c->w);
	while (body.txs.len > 0 && !c->w->has_failed) {
		struct arena_mark mark = arena_save(c->a);

		TRY(write_receipt(
		    c, b, &at, &body.txs, &receipts, &log_index, e));
		arena_rewind(c->a, mark);
	}
	jsonw_arr_end(c->w);
	return RC_OK;
}

/* by_number and by_hash read argument 0; *found is false, and null written,
 * when there is no such block. */
static enum rc
by_number(struct rpc_call *c, struct rpc_block *out, bool *found, struct err *e)
{
	struct rpc_at at;

	TRY(rpc_arg_tag(&at, c, 0, e));
	TRY(rpc_find_block(c, out, found, &at, e));
	if (!*found)
		jsonw_null(c->w);
	return RC_OK;
}

static enum rc
by_hash(struct rpc_call *c, struct rpc_block *out, bool *found, struct err *e)
{
	struct rpc_at at = {.kind = RPC_AT_HASH};

	TRY(rpc_arg_hash(&at.hash, c, 0, e));
	TRY(rpc_find_block(c, out, found, &at, e));
	if (!*found)
		jsonw_null(c->w);
	return RC_OK;
}

/* form_of reads argument 1, whether whole transactions are wanted. */
static enum rc
form_of(enum rpc_block_form *out, const struct rpc_call *c, struct err *e)
{
	bool is_full = false;

	if (rpc_arg_has(c, 1))
		TRY(rpc_arg_bool(&is_full, c, 1, e));
	*out = is_full ? RPC_BLOCK_FULL : RPC_BLOCK_HASHES;
	return RC_OK;
}

enum rc
rpc_do_get_block_by_number(struct rpc_call *c, struct err *e)
{
	enum rpc_block_form form;
	struct rpc_block b;
	bool found;

	TRY(form_of(&form, c, e));
	TRY(by_number(c, &b, &found, e));
	return found ? rpc_block_write(c, &b, form, e) : RC_OK;
}

enum rc
rpc_do_get_block_by_hash(struct rpc_call *c, struct err *e)
{
	enum rpc_block_form form;
	struct rpc_block b;
	bool found;

	TRY(form_of(&form, c, e));
	TRY(by_hash(c, &b, &found, e));
	return found ? rpc_block_write(c, &b, form, e) : RC_OK;
}

enum rc
rpc_do_get_header_by_number(struct rpc_call *c, struct err *e)
{
	struct rpc_block b;
	bool found;

	TRY(by_number(c, &b, &found, e));
	return found ? rpc_block_write(c, &b, RPC_BLOCK_HEADER, e) : RC_OK;
}

enum rc
rpc_do_get_header_by_hash(struct rpc_call *c, struct err *e)
{
	struct rpc_block b;
	bool found;

	TRY(by_hash(c, &b, &found, e));
	return found ? rpc_block_write(c, &b, RPC_BLOCK_HEADER, e) : RC_OK;
}

enum rc
rpc_do_get_block_receipts(struct rpc_call *c, struct err *e)
{
	struct rpc_block b;
	struct rpc_at at;
	bool found;

	TRY(rpc_arg_at(&at, c, 0, e));
	TRY(rpc_find_block(c, &b, &found, &at, e));
	if (found)
		return rpc_block_receipts(c, &b, e);
	jsonw_null(c->w);
	return RC_OK;
}

static enum rc
write_tx_cnt(struct rpc_call *c, const struct rpc_block *b, struct err *e)
{
	struct rpc_body body;

	TRY(rpc_body_get(c, &body, b, e));
	jsonw_q64(c->w, body.tx_cnt);
	return RC_OK;
}

enum rc
rpc_do_count_txs_by_number(struct rpc_call *c, struct err *e)
{
	struct rpc_block b;
	bool found;

	TRY(by_number(c, &b, &found, e));
	return found ? write_tx_cnt(c, &b, e) : RC_OK;
}

enum rc
rpc_do_count_txs_by_hash(struct rpc_call *c, struct err *e)
{
	struct rpc_block b;
	bool found;

	TRY(by_hash(c, &b, &found, e));
	return found ? write_tx_cnt(c, &b, e) : RC_OK;
}

static enum rc
write_uncle_cnt(struct rpc_call *c, const struct rpc_block *b, struct err *e)
{
	struct rpc_body body;

	TRY(rpc_body_get(c, &body, b, e));
	jsonw_q64(c->w, body.ommer_cnt);
	return RC_OK;
}

enum rc
rpc_do_count_uncles_by_number(struct rpc_call *c, struct err *e)
{
	struct rpc_block b;
	bool found;

	TRY(by_number(c, &b, &found, e));
	return found ? write_uncle_cnt(c, &b, e) : RC_OK;
}

enum rc
rpc_do_count_uncles_by_hash(struct rpc_call *c, struct err *e)
{
	struct rpc_block b;
	bool found;

	TRY(by_hash(c, &b, &found, e));
	return found ? write_uncle_cnt(c, &b, e) : RC_OK;
}

/* write_uncle writes the ommer of argument 1 as a block without a body. */
static enum rc
write_uncle(struct rpc_call *c, const struct rpc_block *b, struct err *e)
{
	struct block uncle = {.tx_cnt = 0};
	struct rpc_body body;
	struct hash hash;
	uint64_t i, index;

	TRY(rpc_arg_u64(&index, c, 1, e));
	TRY(rpc_body_get(c, &body, b, e));
	if (index >= body.ommer_cnt) {
		jsonw_null(c->w);
		return RC_OK;
	}
	for (i = 0; i <= index; i++)
		TRY(header_take(&uncle.header, &body.ommers, e));
	hash = header_hash(&uncle.header);
	ethjson_block(c->w, &uncle, &hash, NULL, NULL);
	return RC_OK;
}

enum rc
rpc_do_uncle_by_number(struct rpc_call *c, struct err *e)
{
	struct rpc_block b;
	bool found;

	TRY(by_number(c, &b, &found, e));
	return found ? write_uncle(c, &b, e) : RC_OK;
}

enum rc
rpc_do_uncle_by_hash(struct rpc_call *c, struct err *e)
{
	struct rpc_block b;
	bool found;

	TRY(by_hash(c, &b, &found, e));
	return found ? write_uncle(c, &b, e) : RC_OK;
}
