/* SPDX-License-Identifier: Apache-2.0
 *
 * The ordered block feed: sekisho_blocksFrom(number, max, options) gives the
 * canonical blocks from a cursor on, so that a follower needs one call for
 * many blocks and cannot miss one.
 *
 *   options  {"receipts": true, "transactions": "hashes" | "full",
 *             "signers": true}
 *   result   {"head": "0x..", "headHash": "0x..",
 *             "blocks": [{"block": {...}, "receipts": [...],
 *                         "signer": "0x.."}, ...]}
 *
 * A block is the object of eth_getBlockByNumber; its receipts, and who sealed
 * it, are there when asked for. All are of one view: parent hashes link them,
 * and the first one's parent tells the follower whether its own last block was
 * undone. There are at most FEED_BLOCKS_MAX, and no further one begins when
 * FEED_BYTES_MAX are written; the follower asks again from where it got to.
 * A cursor above the head gets an empty list.
 */
#include "rpc/rpc_priv.h"

enum { FEED_BLOCKS_MAX = 256, FEED_BYTES_MAX = 4 * 1024 * 1024 };

struct feed {
	uint64_t next, left;
	enum rpc_block_form form;
	bool want_receipts, want_signers;
};

static enum rc
read_form(struct feed *f, const struct rpc_json *v, struct err *e)
{
	f->form = RPC_BLOCK_HASHES;
	if (v == NULL)
		return RC_OK;
	if (v->kind == RPC_JSON_STRING &&
	    bytes_eq(v->str, bytes_of_str("full")))
		f->form = RPC_BLOCK_FULL;
	else if (v->kind != RPC_JSON_STRING ||
		 !bytes_eq(v->str, bytes_of_str("hashes")))
		return FAIL(e, RC_BAD_INPUT,
		    "invalid argument 2: transactions is \"hashes\" or "
		    "\"full\"");
	return RC_OK;
}

static enum rc
read_switch(
    bool *out, const struct rpc_json *o, const char *name, struct err *e)
{
	const struct rpc_json *v = rpc_json_get(o, name);

	if (v != NULL && v->kind != RPC_JSON_BOOL)
		return FAIL(e, RC_BAD_INPUT,
		    "invalid argument 2: %s is not a boolean", name);
	*out = v != NULL && v->is_true;
	return RC_OK;
}

static enum rc
read_options(struct feed *f, const struct rpc_call *c, struct err *e)
{
	f->form = RPC_BLOCK_HASHES;
	if (!rpc_arg_has(c, 2))
		return RC_OK;
	if (c->arg[2]->kind != RPC_JSON_OBJECT)
		return FAIL(
		    e, RC_BAD_INPUT, "invalid argument 2: not an object");
	TRY(read_switch(&f->want_receipts, c->arg[2], "receipts", e));
	TRY(read_switch(&f->want_signers, c->arg[2], "signers", e));
	return read_form(f, rpc_json_get(c->arg[2], "transactions"), e);
}

static enum rc
write_signer(struct rpc_call *c, const struct rpc_block *b, struct err *e)
{
	const struct store_view *v;
	struct header h;
	struct addr who;

	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(store_header(v, &h, &b->hash, e));
	who = rpc_author_of(c->node, &h, &b->hash);
	jsonw_key(c->w, "signer");
	jsonw_data(c->w, addr_bytes(&who));
	return RC_OK;
}

/* write_block writes one block and what else was asked for. */
static enum rc
write_block(struct rpc_call *c, const struct feed *f, const struct rpc_block *b,
    struct err *e)
{
	jsonw_obj(c->w);
	jsonw_key(c->w, "block");
	TRY(rpc_block_write(c, b, f->form, e));
	if (f->want_receipts) {
		jsonw_key(c->w, "receipts");
		TRY(rpc_block_receipts(c, b, e));
	}
	if (f->want_signers)
		TRY(write_signer(c, b, e));
	jsonw_obj_end(c->w);
	return RC_OK;
}

static enum rc
write_blocks(struct rpc_call *c, struct feed *f, uint64_t head, struct err *e)
{
	struct rpc_at at = {.kind = RPC_AT_NUMBER};
	struct rpc_block b;

	for (; f->left > 0 && f->next <= head; f->left--, f->next++) {
		struct arena_mark mark = arena_save(c->a);

		at.number = f->next;
		TRY(rpc_need_block(c, &b, &at, e));
		TRY(write_block(c, f, &b, e));
		arena_rewind(c->a, mark);
		if (c->w->len >= FEED_BYTES_MAX || c->w->has_failed)
			break;
	}
	return RC_OK;
}

enum rc
rpc_do_blocks_from(struct rpc_call *c, struct err *e)
{
	const struct store_view *v;
	struct store_head head;
	struct feed f = {.left = 0};

	TRY(rpc_arg_count(&f.next, c, 0, e));
	TRY(rpc_arg_count(&f.left, c, 1, e));
	TRY(read_options(&f, c, e));
	if (f.left > FEED_BLOCKS_MAX)
		f.left = FEED_BLOCKS_MAX;
	TRY(rpc_doc_view(c->doc, &v, e));
	store_view_head(v, &head);
	jsonw_obj(c->w);
	jsonw_key(c->w, "head");
	jsonw_q64(c->w, head.number);
	jsonw_key(c->w, "headHash");
	jsonw_data(c->w, hash_bytes(&head.hash));
	jsonw_key(c->w, "blocks");
	jsonw_arr(c->w);
	TRY(write_blocks(c, &f, head.number, e));
	jsonw_arr_end(c->w);
	jsonw_obj_end(c->w);
	return RC_OK;
}
