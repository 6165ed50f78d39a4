/* SPDX-License-Identifier: Apache-2.0
 *
 * Methods that hand out consensus bytes: blocks, headers, receipts and
 * transactions as they are hashed.
 */
#include "eth/rlp.h"
#include "rpc/rpc_priv.h"

/* need_body finds the block of argument 0, which must have bytes: a pending
 * one has none yet. */
static enum rc
need_body(struct rpc_call *c, struct rpc_block *b, struct rpc_body *out,
    struct err *e)
{
	struct rpc_at at;
	bool found;

	TRY(rpc_arg_at(&at, c, 0, e));
	TRY(rpc_find_block(c, b, &found, &at, e));
	if (!found || b->is_pending)
		return FAIL(e, RC_NOT_FOUND, "block not found");
	return rpc_body_get(c, out, b, e);
}

enum rc
rpc_do_raw_block(struct rpc_call *c, struct err *e)
{
	struct rpc_body body;
	struct rpc_block b;

	TRY(need_body(c, &b, &body, e));
	jsonw_data(c->w, body.raw);
	return RC_OK;
}

enum rc
rpc_do_raw_header(struct rpc_call *c, struct err *e)
{
	struct bytes items, header;
	struct rpc_body body;
	struct rpc_block b;

	TRY(need_body(c, &b, &body, e));
	TRY(rlp_take_list(&items, &body.raw, e));
	TRY(rlp_take_raw(&header, &items, e));
	jsonw_data(c->w, header);
	return RC_OK;
}

/* write_receipts writes each receipt as the receipts trie holds it. */
static enum rc
write_receipts(struct rpc_call *c, struct bytes items, struct err *e)
{
	struct receipt r;
	struct bytes raw;

	jsonw_arr(c->w);
	while (items.len > 0 && !c->w->has_failed) {
		struct arena_mark mark = arena_save(c->a);

		TRY(receipts_next(c->a, &r, &items, e));
		TRY(receipt_encode(c->a, &raw, &r, e));
		jsonw_data(c->w, raw);
		arena_rewind(c->a, mark);
	}
	jsonw_arr_end(c->w);
	return RC_OK;
}

enum rc
rpc_do_raw_receipts(struct rpc_call *c, struct err *e)
{
	struct rpc_body body;
	struct bytes items;
	struct rpc_block b;
	bool found;

	TRY(need_body(c, &b, &body, e));
	TRY(rpc_receipts_get(c, &items, &found, &b.hash, e));
	if (!found && body.tx_cnt > 0)
		return FAIL(e, RC_NOT_FOUND,
		    "receipts of a block off the chain are not kept");
	return write_receipts(c, items, e);
}

enum rc
rpc_do_raw_tx(struct rpc_call *c, struct err *e)
{
	return rpc_do_get_raw_tx(c, e);
}
