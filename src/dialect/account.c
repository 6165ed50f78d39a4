/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /tx/{hash}, /getBalance/{address}.
 */
#include "dialect/dialect.h"

#include "dialect/dialect_priv.h"
#include "eth/addr.h"

enum { CALL_TX, CALL_RECEIPT, TX_CALLS };
enum { CALL_BALANCE, CALL_NONCE, BALANCE_CALLS };

static void
put_text_or_null(struct jsonw *w, const char *key, struct bytes text)
{
	jsonw_key(w, key);
	if (text.len > 0)
		jsonw_strn(w, text);
	else
		jsonw_null(w);
}

static void
put_dec(struct jsonw *w, const char *key, const struct gw_json *o,
    const char *member)
{
	struct u256 v = gw_json_u256(o, member);

	jsonw_key(w, key);
	jsonw_dec(w, &v);
}

void
dl_put_tx(struct jsonw *w, const struct gw_json *tx)
{
	jsonw_key(w, "tx_hash");
	jsonw_strn(w, gw_json_text(tx, "hash"));
	jsonw_key(w, "block_height");
	jsonw_u64(w, gw_json_u64(tx, "blockNumber"));
	put_text_or_null(w, "block_hash", gw_json_text(tx, "blockHash"));
	jsonw_key(w, "sender");
	jsonw_strn(w, gw_json_text(tx, "from"));
	put_text_or_null(w, "recipient", gw_json_text(tx, "to"));
	put_dec(w, "nonce", tx, "nonce");
	put_dec(w, "value", tx, "value");
	jsonw_key(w, "payload");
	jsonw_strn(w, gw_json_text(tx, "input"));
}

static enum gw_step
ask_tx(struct gw_req *r)
{
	struct gw_batch b = gw_batch_begin(r, TX_CALLS);
	struct bytes hash = r->params[0];
	enum gw_step step;

	if (!dl_is_hash(hash))
		return dl_refuse(r, GW_R_BAD_PARAM,
		    "hash: must be 0x and 64 hexadecimal digits");
	step = dl_admit(r, "eth_getTransactionByHash", TX_CALLS);
	if (step != GW_NEXT)
		return step;
	(void)gw_batch_add(r, &b, "eth_getTransactionByHash", "[\"%.*s\"]",
	    (int)hash.len, (const char *)hash.ptr);
	(void)gw_batch_add(r, &b, "eth_getTransactionReceipt", "[\"%.*s\"]",
	    (int)hash.len, (const char *)hash.ptr);
	return gw_batch_send(r, &b);
}

/* What waits in the pool is not there yet: the dialect tells of confirmed
 * ones. Before Byzantium a receipt had no status (EIP-658). */
static enum gw_step
tell_tx(struct gw_req *r)
{
	const struct gw_json *tx, *receipt;
	struct jsonw w;

	if (r->effect.rc != RC_OK)
		return dl_refuse_node(r);
	tx = gw_batch_answer(r, CALL_TX);
	receipt = gw_batch_answer(r, CALL_RECEIPT);
	if (tx == NULL || receipt == NULL)
		return dl_refuse(r, GW_R_NO_DATA, "transaction not found");
	jsonw_init(&w, DL_ANSWER_MAX);
	jsonw_obj(&w);
	dl_put_tx(&w, tx);
	put_dec(&w, "gas_used", receipt, "gasUsed");
	jsonw_key(&w, "status");
	if (gw_json_get(receipt, "status") == NULL)
		jsonw_null(&w);
	else
		jsonw_str(&w,
		    gw_json_u64(receipt, "status") == 1 ? "success" : "failed");
	jsonw_obj_end(&w);
	return gw_reply_json(r, 200, &w);
}

static enum gw_step
ask_balance(struct gw_req *r)
{
	struct gw_batch b = gw_batch_begin(r, BALANCE_CALLS);
	char text[ADDR_TEXT_MAX];
	struct addr addr;
	enum gw_step step;

	if (addr_read(&addr, r->params[0], true, NULL) != RC_OK)
		return dl_refuse(r, GW_R_BAD_PARAM,
		    "address: must be 0x and 40 hexadecimal digits, in one "
		    "case or with the checksum of EIP-55");
	step = dl_admit(r, "eth_getBalance", BALANCE_CALLS);
	if (step != GW_NEXT)
		return step;
	addr_text(text, &addr);
	(void)gw_batch_add(
	    r, &b, "eth_getBalance", "[\"%s\",\"latest\"]", text);
	(void)gw_batch_add(
	    r, &b, "eth_getTransactionCount", "[\"%s\",\"latest\"]", text);
	r->state = arena_str(&r->arena, "%s", text);
	return r->state == NULL ? dl_refuse(r, GW_R_INTERNAL, NULL)
				: gw_batch_send(r, &b);
}

static enum gw_step
tell_balance(struct gw_req *r)
{
	struct jsonw w;

	if (r->effect.rc != RC_OK)
		return dl_refuse_node(r);
	if (gw_batch_answer(r, CALL_BALANCE) == NULL)
		return dl_refuse_error(r, r->effect.u.node.calls);
	jsonw_init(&w, DL_ANSWER_MAX);
	jsonw_obj(&w);
	jsonw_key(&w, "address");
	jsonw_str(&w, r->state);
	put_dec(&w, "balance", gw_batch_answer(r, CALL_BALANCE), NULL);
	put_dec(&w, "nonce", gw_batch_answer(r, CALL_NONCE), NULL);
	jsonw_obj_end(&w);
	return gw_reply_json(r, 200, &w);
}

gw_stage_fn *const dl_tx[] = {ask_tx, tell_tx, NULL};
gw_stage_fn *const dl_balance[] = {ask_balance, tell_balance, NULL};
