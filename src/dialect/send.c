/* SPDX-License-Identifier: Apache-2.0
 *
 * POST /sendTx: {"raw": "0x..."}, a signed transaction. What else the client
 * says of it must be what was signed: sender, nonce, type.
 */
#include "dialect/dialect.h"

#include "base/hex.h"
#include "dialect/dialect_priv.h"
#include "eth/addr.h"
#include "eth/tx.h"

/* differs returns what a member says that was not signed, NULL for nothing. */
static const char *
differs(const struct gw_json *doc, const struct tx *tx)
{
	const struct gw_json *sender = gw_json_get(doc, "sender");
	const struct gw_json *nonce = gw_json_get(doc, "nonce");
	const struct gw_json *type = gw_json_get(doc, "type");
	struct addr said, real;
	uint64_t no;

	if (type != NULL &&
	    (type->kind != GW_JSON_STRING ||
		!bytes_eq(type->text, bytes_of_str("TRANSFER"))))
		return "type: only TRANSFER is served here";
	if (nonce != NULL &&
	    (nonce->kind != GW_JSON_NUMBER ||
		!bytes_dec(&no, nonce->text, UINT64_MAX) || no != tx->nonce))
		return "nonce: is not the transaction's";
	if (sender == NULL)
		return NULL;
	if (sender->kind != GW_JSON_STRING ||
	    addr_read(&said, sender->text, true, NULL) != RC_OK)
		return "sender: is no address";
	if (tx_sender(&real, tx, NULL) != RC_OK || !addr_eq(&said, &real))
		return "sender: did not sign the transaction";
	return NULL;
}

/* read_tx returns what is wrong with the document, NULL for nothing. */
static const char *
read_tx(struct gw_req *r, struct tx *tx, const struct gw_json *doc)
{
	const struct gw_json *raw = gw_json_get(doc, "raw");
	struct err e = {0};
	struct bytes data;
	enum rc rc;

	if (raw == NULL)
		return "raw: missing field";
	if (raw->kind != GW_JSON_STRING)
		return "raw: must be a string";
	rc = hex_read(&r->arena, &data, raw->text, &e);
	if (rc == RC_OK)
		rc = tx_decode(&r->arena, tx, data, &e);
	if (rc != RC_OK)
		return dl_fault(r, "raw", bytes_of_str(err_message(&e, rc)));
	return differs(doc, tx);
}

static enum gw_step
send_raw(struct gw_req *r, const struct tx *tx)
{
	size_t len = 2 * tx->raw.len + 3;
	struct gw_node_call *call = arena_alloc(&r->arena, sizeof(*call));
	char *hash = arena_alloc(&r->arena, 2 * sizeof(tx->hash) + 3);
	char *hex = arena_alloc(&r->arena, len);
	const char *params;

	if (call == NULL || hash == NULL || hex == NULL)
		return dl_refuse(r, GW_R_INTERNAL, NULL);
	params = arena_str(&r->arena, "[\"%s\"]", hex_put0x(hex, tx->raw));
	if (params == NULL)
		return dl_refuse(r, GW_R_INTERNAL, NULL);
	r->state = (void *)(uintptr_t)hex_put0x(hash, hash_bytes(&tx->hash));
	*call = (struct gw_node_call){
	    .method = bytes_of_str("eth_sendRawTransaction"),
	    .params = bytes_of_str(params)};
	return gw_wait_node(r, call, 1);
}

static enum gw_step
take(struct gw_req *r)
{
	struct tx *tx = arena_alloc(&r->arena, sizeof(*tx));
	const struct gw_json *doc;
	const char *fault = NULL;
	enum gw_step step = dl_admit(r, "eth_sendRawTransaction", 1);

	if (step != GW_NEXT)
		return step;
	doc = gw_req_json(r, &fault);
	if (doc == NULL || doc->kind != GW_JSON_OBJECT)
		return dl_refuse(r, GW_R_BAD_PARAM,
		    fault == NULL ? "body: a JSON object is needed" : fault);
	if (tx == NULL)
		return dl_refuse(r, GW_R_INTERNAL, NULL);
	fault = read_tx(r, tx, doc);
	if (fault != NULL)
		return dl_refuse(r, GW_R_BAD_PARAM, fault);
	return send_raw(r, tx);
}

/* The same transaction again has the same answer. */
static enum gw_step
tell(struct gw_req *r)
{
	const struct gw_node_call *c = r->effect.u.node.calls;
	struct jsonw w;

	if (r->effect.rc != RC_OK)
		return dl_refuse_node(r);
	if (c->is_error &&
	    !bytes_eq(dl_message(r, c), bytes_of_str(err_text(RC_TX_KNOWN))))
		return dl_refuse_error(r, c);
	jsonw_init(&w, DL_ANSWER_MAX);
	jsonw_obj(&w);
	jsonw_key(&w, "tx_hash");
	jsonw_str(&w, r->state);
	jsonw_obj_end(&w);
	return gw_reply_json(r, 200, &w);
}

gw_stage_fn *const dl_send_tx[] = {take, tell, NULL};
