/* SPDX-License-Identifier: Apache-2.0
 *
 * One block, by number or hash, and its transactions, page by page. The key
 * of a page is the index that it begins with, which no new block moves.
 */
#include "portal/explorer/explorer.h"

#include "base/check.h"
#include "portal/explorer/ask_priv.h"

/* Calls of the first batch, and places in the second. */
enum { CALL_BLOCK, CALL_HEAD, CALL_CNT };
enum { CALL_SIGNER, CALL_TXS, PER_TX = 2 };

static enum gw_step
ask_block(struct gw_req *r)
{
	struct gw_batch b = gw_batch_begin(r, CALL_CNT);
	struct bytes name = r->params[0];
	uint64_t no;

	if (xp_is_hash(name))
		(void)gw_batch_add(r, &b, "eth_getBlockByHash",
		    "[\"%.*s\",false]", (int)name.len, (const char *)name.ptr);
	else if (name.len > 0 && bytes_dec(&no, name, UINT64_MAX))
		(void)gw_batch_add(
		    r, &b, "eth_getBlockByNumber", "[\"0x%lx\",false]", no);
	else
		return xp_missing(r, name);
	(void)gw_batch_add(r, &b, "eth_blockNumber", "[]");
	return gw_batch_send(r, &b);
}

static void
fill_header(struct gw_req *r, struct xp_block_view *v, const struct gw_json *b)
{
	struct u256 base_fee = gw_json_u256(b, "baseFeePerGas");

	v->no = gw_json_u64(b, "number");
	v->size = gw_json_u64(b, "size");
	v->gas_used = gw_json_u64(b, "gasUsed");
	v->gas_limit = gw_json_u64(b, "gasLimit");
	v->percent = xp_percent(v->gas_used, v->gas_limit);
	v->hash = gw_json_text(b, "hash");
	v->parent = gw_json_text(b, "parentHash");
	v->time = xp_time(r, gw_json_u64(b, "timestamp"));
	v->difficulty = xp_dec(r, gw_json_get(b, "difficulty"));
	v->base_fee = gw_json_get(b, "baseFeePerGas") == NULL
			  ? bytes_of(NULL, 0)
			  : xp_gwei(r, &base_fee);
	v->state_root = gw_json_text(b, "stateRoot");
	v->tx_root = gw_json_text(b, "transactionsRoot");
	v->receipt_root = gw_json_text(b, "receiptsRoot");
	v->extra = gw_json_text(b, "extraData");
	v->is_in_turn = xp_is_in_turn(b);
	v->has_before = v->no > 0;
	v->before = v->no - v->has_before;
	v->has_next = v->no < v->head;
	v->next = v->no + 1;
}

/* choose_rows decides which transactions the page has. */
static void
choose_rows(struct gw_req *r, struct xp_block_view *v)
{
	uint64_t from = 0;

	(void)xp_key(&from, r, "from");
	if (from >= v->tx_cnt)
		from = 0;
	v->tx_row_cnt = v->tx_cnt - from < XP_ROW_MAX
			    ? (size_t)(v->tx_cnt - from)
			    : XP_ROW_MAX;
	v->first = from + 1;
	v->last = from + v->tx_row_cnt;
	v->has_earlier = from > 0;
	v->earlier = from < XP_ROW_MAX ? 0 : from - XP_ROW_MAX;
	v->has_later = v->last < v->tx_cnt;
	v->later = v->last;
}

static enum gw_step
ask_rows(struct gw_req *r)
{
	struct xp_block_view *v = arena_alloc(&r->arena, sizeof(*v));
	struct gw_batch b = gw_batch_begin(r, 1 + (size_t)PER_TX * XP_ROW_MAX);
	const struct gw_json *block, *txs, *tx;
	uint64_t i;

	if (r->effect.rc != RC_OK)
		return gw_refuse_node(r);
	block = gw_batch_answer(r, CALL_BLOCK);
	if (block == NULL)
		return xp_missing(r, r->params[0]);
	if (v == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	txs = gw_json_get(block, "transactions");
	v->tx_cnt = txs == NULL ? 0 : txs->cnt;
	v->head = gw_json_u64(gw_batch_answer(r, CALL_HEAD), NULL);
	fill_header(r, v, block);
	choose_rows(r, v);
	(void)gw_batch_add(r, &b, "clique_getSigner", "[\"%.*s\"]",
	    (int)v->hash.len, (const char *)v->hash.ptr);
	tx = txs == NULL ? NULL : gw_json_in(txs);
	for (i = 0; tx != NULL && i < v->last; i++) {
		if (i + 1 >= v->first && xp_is_hash(tx->text)) {
			(void)gw_batch_add(r, &b, "eth_getTransactionByHash",
			    "[\"%.*s\"]", (int)tx->text.len,
			    (const char *)tx->text.ptr);
			(void)gw_batch_add(r, &b, "eth_getTransactionReceipt",
			    "[\"%.*s\"]", (int)tx->text.len,
			    (const char *)tx->text.ptr);
		}
		tx = gw_json_behind(txs, tx);
	}
	r->state = v;
	return gw_batch_send(r, &b);
}

static enum gw_step
show(struct gw_req *r)
{
	struct xp_block_view *v = r->state;
	struct xp_tx_row *rows;
	size_t i;

	if (r->effect.rc != RC_OK)
		return gw_refuse_node(r);
	rows = arena_array(&r->arena, v->tx_row_cnt + 1, sizeof(*rows));
	if (rows == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	v->signer =
	    xp_addr(r, gw_json_text(gw_batch_answer(r, CALL_SIGNER), NULL));
	for (i = 0; i < v->tx_row_cnt &&
		    CALL_TXS + PER_TX * i + 1 < r->effect.u.node.cnt;
	     i++)
		xp_tx_row(r, &rows[i],
		    gw_batch_answer(r, CALL_TXS + PER_TX * i),
		    gw_batch_answer(r, CALL_TXS + PER_TX * i + 1));
	v->tx_row_cnt = i;
	v->txs = rows;
	v->top = xp_top_of(r);
	return xp_page_reply(
	    r, 200, xp_page_block(&r->arena, gw_req_lang(r), v));
}

gw_stage_fn *const xp_block[] = {ask_block, ask_rows, show, NULL};
