/* SPDX-License-Identifier: Apache-2.0
 *
 * One address: what it has, its code, and its transactions, the newest first.
 * The key of a page is a block number: the node's index by address finds what
 * is before or after it, at the same cost anywhere.
 */
#include "portal/explorer/explorer.h"

#include "base/hex.h"
#include "crypto/keccak.h"
#include "eth/addr.h"
#include "http/filter.h"
#include "http/rpc_methods.h"
#include "portal/explorer/ask_priv.h"

enum { CALL_BALANCE, CALL_NONCE, CALL_CODE, CALL_HISTORY, CALL_CNT };

static enum gw_step
ask(struct gw_req *r)
{
	struct gw_batch b = gw_batch_begin(r, CALL_CNT);
	char text[ADDR_TEXT_MAX];
	const char *method = "ots_searchTransactionsBefore";
	struct addr addr;
	uint64_t key = 0;

	if (addr_read(&addr, r->params[0], true, NULL) != RC_OK)
		return xp_missing(r, r->params[0]);
	if (gw_rate_charge(r, gw_rpc_units(r->surface, GW_COST_DEAR)) ==
	    GW_DONE)
		return GW_DONE;
	(void)addr_text(text, &addr);
	if (xp_key(&key, r, "after"))
		method = "ots_searchTransactionsAfter";
	else
		(void)xp_key(&key, r, "before");
	(void)gw_batch_add(
	    r, &b, "eth_getBalance", "[\"%s\",\"latest\"]", text);
	(void)gw_batch_add(
	    r, &b, "eth_getTransactionCount", "[\"%s\",\"latest\"]", text);
	(void)gw_batch_add(r, &b, "eth_getCode", "[\"%s\",\"latest\"]", text);
	(void)gw_batch_add(
	    r, &b, method, "[\"%s\",%lu,%d]", text, key, (int)XP_ROW_MAX);
	return gw_batch_send(r, &b);
}

static bool
is_true(const struct gw_json *o, const char *key)
{
	const struct gw_json *v = gw_json_get(o, key);

	return v != NULL && bytes_eq(v->text, bytes_of_str("true"));
}

/* fill_history reads the page of the index. Whole blocks come, so there may
 * be more rows than were asked for. */
static bool
fill_history(
    struct gw_req *r, struct xp_address_view *v, const struct gw_json *page)
{
	const struct gw_json *txs = gw_json_get(page, "txs"), *tx, *receipt;
	const struct gw_json *receipts = gw_json_get(page, "receipts");
	struct xp_tx_row *rows;

	if (txs == NULL || receipts == NULL)
		return true;
	rows = arena_array(&r->arena, (size_t)txs->cnt + 1, sizeof(*rows));
	if (rows == NULL)
		return false;
	receipt = gw_json_in(receipts);
	for (tx = gw_json_in(txs); tx != NULL; tx = gw_json_behind(txs, tx)) {
		struct xp_tx_row *row = &rows[v->tx_cnt++];

		xp_tx_row(r, row, tx, receipt);
		row->is_out = bytes_eq(row->from, v->address);
		if (receipt != NULL)
			receipt = gw_json_behind(receipts, receipt);
	}
	v->txs = rows;
	v->has_history = true;
	if (v->tx_cnt == 0)
		return true;
	v->has_newer = !is_true(page, "firstPage");
	v->has_older = !is_true(page, "lastPage");
	v->newer = rows[0].block_no;
	v->older = rows[v->tx_cnt - 1].block_no;
	return true;
}

static void
fill_account(struct gw_req *r, struct xp_address_view *v)
{
	struct bytes code =
	    xp_data(r, gw_json_text(gw_batch_answer(r, CALL_CODE), NULL));
	struct u256 balance =
	    gw_json_u256(gw_batch_answer(r, CALL_BALANCE), NULL);
	uint8_t hash[32];
	char text[67];

	v->balance = xp_coins(r, &balance);
	v->nonce = gw_json_u64(gw_batch_answer(r, CALL_NONCE), NULL);
	v->code_len = code.len;
	v->is_contract = code.len > 0;
	keccak256(hash, code);
	v->code_hash = arena_copy(&r->arena,
	    bytes_of_str(hex_put0x(text, bytes_of(hash, sizeof(hash)))));
}

static enum gw_step
show(struct gw_req *r)
{
	struct xp_address_view v = {.top = xp_top_of(r)};
	const struct gw_json *page;
	struct addr addr;

	if (r->effect.rc != RC_OK)
		return gw_refuse_node(r);
	if (addr_read(&addr, r->params[0], true, NULL) != RC_OK)
		return xp_missing(r, r->params[0]);
	v.address = xp_addr_of(r, &addr);
	fill_account(r, &v);
	page = gw_batch_answer(r, CALL_HISTORY);
	if (page != NULL && !fill_history(r, &v, page))
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	return xp_page_reply(
	    r, 200, xp_page_address(&r->arena, gw_req_lang(r), &v));
}

gw_stage_fn *const xp_address[] = {ask, show, NULL};
