/* SPDX-License-Identifier: Apache-2.0
 *
 * What an unmodified Otterscan asks beside eth methods, but for the search by
 * address (ots_search.c): blocks without what it does not show, whether an
 * account has code, what a transaction did inside.
 *
 * Spec  Otterscan, "JSON-RPC API extensions"; where that is silent Erigon,
 *       whose API level this is
 */
#include "chain/chain.h"
#include "eth/blobfee.h"
#include "eth/ethjson.h"
#include "exec/exec.h"
#include "rpc/trace_priv.h"

/* API_LEVEL is what Otterscan asks for at least; PAGE_MAX bounds the pages of
 * a block, as Erigon's type of that argument does. */
enum { API_LEVEL = 8, PAGE_MAX = 255, SELECTOR_LEN = 4 };

enum rc
rpc_do_ots_level(struct rpc_call *c, struct err *e)
{
	(void)e;
	jsonw_u64(c->w, API_LEVEL);
	return RC_OK;
}

enum rc
rpc_do_ots_has_code(struct rpc_call *c, struct err *e)
{
	const struct store_view *v;
	struct account acc, empty = account_empty();
	struct addr addr;
	struct rpc_at at;
	uint64_t number;
	bool found;

	TRY(rpc_arg_addr(&addr, c, 0, e));
	TRY(rpc_arg_height(&at, c, 1, e));
	TRY(rpc_need_state_at(c, &number, &at, e));
	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(store_account(v, number, &acc, &found, &addr, e));
	jsonw_bool(c->w, found && !hash_eq(&acc.code_hash, &empty.code_hash));
	return RC_OK;
}

/* Blocks. -------------------------------------------------------------- */

/* by_height finds the block of argument 0; null is written when there is
 * none. */
static enum rc
by_height(struct rpc_call *c, struct rpc_block *out, bool *found, struct err *e)
{
	struct rpc_at at;

	TRY(rpc_arg_height(&at, c, 0, e));
	TRY(rpc_find_block(c, out, found, &at, e));
	if (!*found)
		jsonw_null(c->w);
	return RC_OK;
}

enum rc
rpc_do_erigon_header(struct rpc_call *c, struct err *e)
{
	struct rpc_block b;
	bool found;

	TRY(by_height(c, &b, &found, e));
	return found ? rpc_block_write(c, &b, RPC_BLOCK_HEADER, e) : RC_OK;
}

/* open_receipts is rpc_receipts_get for a block that must have them. */
static enum rc
open_receipts(struct rpc_call *c, struct bytes *items,
    const struct rpc_block *b, size_t tx_cnt, struct err *e)
{
	bool found = false;

	*items = bytes_of(NULL, 0);
	if (tx_cnt == 0)
		return RC_OK;
	TRY(rpc_receipts_get(c, items, &found, &b->hash, e));
	if (!found)
		return FAIL(e, RC_NOT_FOUND,
		    "receipts of a block off the chain are not kept");
	return RC_OK;
}

/* sum_fees adds up what the senders of a block paid for gas. */
static enum rc
sum_fees(struct u256 *out, struct bytes receipts, struct err *e)
{
	struct receipt r;
	struct u256 fee;

	*out = U256_ZERO;
	while (receipts.len > 0) {
		TRY(receipts_next(NULL, &r, &receipts, e));
		u256_mul_u64(&fee, &r.effective_price, r.gas_used);
		u256_add(out, out, &fee);
	}
	return RC_OK;
}

/* write_issuance writes what a block minted: nothing under proof of
 * authority. */
static void
write_issuance(struct rpc_call *c, const struct block *b)
{
	const struct genesis *g = c->node->genesis;
	struct u256 author = U256_ZERO, ommers = U256_ZERO, sum;

	if (chain_pays(g) && b->header.number > 0)
		exec_minted(&author, &ommers, &g->forks, b);
	u256_add(&sum, &author, &ommers);
	jsonw_obj(c->w);
	jsonw_key(c->w, "blockReward");
	jsonw_q256(c->w, &author);
	jsonw_key(c->w, "uncleReward");
	jsonw_q256(c->w, &ommers);
	jsonw_key(c->w, "issuance");
	jsonw_q256(c->w, &sum);
	jsonw_obj_end(c->w);
}

static enum rc
write_details(struct rpc_call *c, const struct rpc_block *b, struct err *e)
{
	struct u256 fees;
	struct bytes receipts;
	struct rpc_body body;
	struct block block;

	TRY(rpc_body_get(c, &body, b, e));
	TRY(open_receipts(c, &receipts, b, body.tx_cnt, e));
	TRY(sum_fees(&fees, receipts, e));
	if (b->is_pending)
		block = (struct block){.header = body.header};
	else
		TRY(rpc_body_tail(c, &block, &body, e));
	jsonw_obj(c->w);
	jsonw_key(c->w, "block");
	ethjson_block_brief(c->w, &block, b->is_pending ? NULL : &b->hash,
	    rpc_body_td(c->node, &body), body.tx_cnt, NULL);
	jsonw_key(c->w, "issuance");
	write_issuance(c, &block);
	jsonw_key(c->w, "totalFees");
	jsonw_q256(c->w, &fees);
	jsonw_obj_end(c->w);
	return RC_OK;
}

enum rc
rpc_do_ots_block(struct rpc_call *c, struct err *e)
{
	struct rpc_block b;
	bool found;

	TRY(by_height(c, &b, &found, e));
	return found ? write_details(c, &b, e) : RC_OK;
}

enum rc
rpc_do_ots_block_by_hash(struct rpc_call *c, struct err *e)
{
	struct rpc_at at = {.kind = RPC_AT_HASH};
	struct rpc_block b;
	bool found;

	TRY(rpc_arg_hash(&at.hash, c, 0, e));
	TRY(rpc_find_block(c, &b, &found, &at, e));
	if (found)
		return write_details(c, &b, e);
	jsonw_null(c->w);
	return RC_OK;
}

/* A block's transactions, page by page. --------------------------------- */

/* read_page reads arguments 1 and 2: page 0 has the last transactions. */
static enum rc
read_page(uint64_t *page, uint64_t *size, struct rpc_call *c, struct err *e)
{
	TRY(rpc_arg_count(page, c, 1, e));
	TRY(rpc_arg_count(size, c, 2, e));
	if (*page > UINT32_MAX)
		return FAIL(
		    e, RC_BAD_INPUT, "invalid argument 1: no such page");
	if (*size > PAGE_MAX)
		return FAIL(e, RC_BAD_INPUT,
		    "invalid argument 2: max allowed page size: %d",
		    (int)PAGE_MAX);
	return RC_OK;
}

static struct ethjson_page
page_of(size_t tx_cnt, uint64_t page, uint64_t size)
{
	uint64_t behind = page * size;
	size_t end = behind < tx_cnt ? tx_cnt - (size_t)behind : 0;

	return (struct ethjson_page){
	    .first = end > size ? end - (size_t)size : 0, .end = end};
}

/* write_receipts writes those of a page, without logs. */
static enum rc
write_receipts(struct rpc_call *c, const struct block *b,
    const struct rpc_block *at_block, const struct ethjson_page *page,
    struct bytes receipts, struct err *e)
{
	struct ethjson_at at = {
	    .header = &b->header, .block_hash = at_block->hash};
	struct u256 blob_price;
	struct receipt r;

	blobfee_of(&blob_price, &c->node->genesis->forks, &b->header);
	jsonw_arr(c->w);
	for (; at.index < page->end; at.index++) {
		TRY(receipts_next(NULL, &r, &receipts, e));
		if (at.index < page->first)
			continue;
		jsonw_obj(c->w);
		ethjson_receipt_members(c->w, &r, &b->txs[at.index],
		    &page->senders[at.index], &at, 0, &blob_price, false);
		jsonw_obj_end(c->w);
	}
	jsonw_arr_end(c->w);
	return RC_OK;
}

/* crop leaves the selector of what transactions carry. */
static void
crop(struct block *b, const struct ethjson_page *page)
{
	size_t i;

	for (i = page->first; i < page->end; i++) {
		struct bytes *data = &b->txs[i].data;

		if (data->len > SELECTOR_LEN)
			data->len = SELECTOR_LEN;
	}
}

static enum rc
write_page(struct rpc_call *c, const struct rpc_block *b, uint64_t page,
    uint64_t size, struct err *e)
{
	struct ethjson_page piece;
	struct bytes receipts;
	struct rpc_body body;
	struct addr *senders;
	struct block block;

	TRY(rpc_body_get(c, &body, b, e));
	TRY(open_receipts(c, &receipts, b, body.tx_cnt, e));
	TRY(rpc_body_full(c, &block, &senders, b, &body, e));
	piece = page_of(block.tx_cnt, page, size);
	piece.senders = senders;
	crop(&block, &piece);
	jsonw_obj(c->w);
	jsonw_key(c->w, "fullblock");
	ethjson_block_brief(c->w, &block, &b->hash, rpc_body_td(c->node, &body),
	    block.tx_cnt, &piece);
	jsonw_key(c->w, "receipts");
	TRY(write_receipts(c, &block, b, &piece, receipts, e));
	jsonw_obj_end(c->w);
	return RC_OK;
}

enum rc
rpc_do_ots_block_txs(struct rpc_call *c, struct err *e)
{
	struct rpc_block b;
	uint64_t page, size;
	bool found;

	TRY(read_page(&page, &size, c, e));
	TRY(by_height(c, &b, &found, e));
	if (!found)
		return RC_OK;
	if (b.is_pending)
		return FAIL(e, RC_NOT_FOUND,
		    "which transactions the pending block has is not known");
	return write_page(c, &b, page, size, e);
}

/* Inside transactions. --------------------------------------------------- */

enum rc
rpc_do_ots_trace(struct rpc_call *c, struct err *e)
{
	return rpc_trace_as(c, TRACER_FLAT, e);
}

enum rc
rpc_do_ots_operations(struct rpc_call *c, struct err *e)
{
	return rpc_trace_as(c, TRACER_TRANSFERS, e);
}

enum rc
rpc_do_ots_tx_error(struct rpc_call *c, struct err *e)
{
	return rpc_trace_as(c, TRACER_REASON, e);
}
