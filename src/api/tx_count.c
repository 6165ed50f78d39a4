/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /v1/Eth/TransactionCount/{eth_address}: what a wallet needs to build
 * its next transaction.
 */
#include "api/api.h"
#include "api/envelope_priv.h"
#include "eth/addr.h"

enum { CALL_NONCE, CALL_PRICE, CALL_CHAIN, CALL_CNT };

static enum gw_step
ask_node(struct gw_req *r)
{
	struct gw_node_call *calls =
	    arena_array(&r->arena, CALL_CNT, sizeof(*calls));
	char text[ADDR_TEXT_MAX];
	struct addr addr;
	char *params;

	if (addr_read(&addr, r->params[0], true, NULL) != RC_OK)
		return gw_refuse(r, GW_R_BAD_PARAM, NULL);
	params =
	    arena_str(&r->arena, "[\"%s\",\"latest\"]", addr_text(text, &addr));
	if (calls == NULL || params == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	calls[CALL_NONCE].method = bytes_of_str("eth_getTransactionCount");
	calls[CALL_NONCE].params = bytes_of_str(params);
	calls[CALL_PRICE].method = bytes_of_str("eth_gasPrice");
	calls[CALL_CHAIN].method = bytes_of_str("eth_chainId");
	return gw_wait_node(r, calls, CALL_CNT);
}

static enum gw_step
report(struct gw_req *r)
{
	const struct gw_node_call *calls = r->effect.u.node.calls;
	struct u256 nonce, price, chain;
	char text[U256_DEC_MAX];
	struct jsonw w;

	if (r->effect.rc != RC_OK)
		return gw_refuse_node(r);
	if (!api_result(&nonce, &calls[CALL_NONCE]) ||
	    !api_result(&price, &calls[CALL_PRICE]) ||
	    !api_result(&chain, &calls[CALL_CHAIN]))
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	api_open(&w);
	jsonw_obj(&w);
	jsonw_key(&w, "nonce");
	jsonw_dec(&w, &nonce);
	jsonw_key(&w, "gasprice");
	jsonw_dec(&w, &price);
	jsonw_key(&w, "chainid");
	u256_dec(text, &chain);
	jsonw_str(&w, text);
	jsonw_obj_end(&w);
	return api_close(r, &w);
}

gw_stage_fn *const api_tx_count[] = {ask_node, report, NULL};
