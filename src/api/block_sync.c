/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /v1/NodeInfo/BlockSyncStatus: whether what wallets read here is the
 * chain as it is now. A node that does not answer is not in step, which is
 * an answer and no failure of this question.
 */
#include "api/api.h"
#include "api/envelope_priv.h"
#include "http/jsonscan.h"
#include "http/world.h"

enum {
	CALL_NUMBER,
	CALL_SYNCING,
	CALL_CNT,
	/* Blocks behind the others of which wallets take no notice. */
	BEHIND_MAX = 2,
};

static enum gw_step
ask_node(struct gw_req *r)
{
	struct gw_node_call *calls =
	    arena_array(&r->arena, CALL_CNT, sizeof(*calls));

	if (calls == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	calls[CALL_NUMBER].method = bytes_of_str("eth_blockNumber");
	calls[CALL_SYNCING].method = bytes_of_str("eth_syncing");
	return gw_wait_node(r, calls, CALL_CNT);
}

static bool
member(struct u256 *out, struct bytes object, const char *name)
{
	struct gw_json_iter it;
	struct bytes key, value;

	if (object.len == 0 || object.ptr[0] != '{' ||
	    !gw_json_open(&it, object))
		return false;
	while (gw_json_member(&it, &key, &value))
		if (bytes_eq(key, bytes_of_str(name)))
			return api_quantity(out, value);
	return false;
}

/* is_close reads the answer to eth_syncing: false, or how far it is. */
static bool
is_close(const struct gw_node_call *c)
{
	struct u256 at, top;

	if (c->is_error)
		return false;
	if (bytes_eq(c->answer, bytes_of_str("false")))
		return true;
	if (!member(&at, c->answer, "currentBlock") ||
	    !member(&top, c->answer, "highestBlock"))
		return false;
	if (u256_cmp(&top, &at) <= 0)
		return true;
	(void)u256_sub(&top, &top, &at);
	return u256_is_u64(&top) && top.w[0] <= BEHIND_MAX;
}

static enum gw_step
report(struct gw_req *r)
{
	const struct gw_node_call *calls = r->effect.u.node.calls;
	struct u256 number = {0};
	struct jsonw w;
	bool is_synced = r->effect.rc == RC_OK &&
			 api_result(&number, &calls[CALL_NUMBER]) &&
			 is_close(&calls[CALL_SYNCING]);

	api_open(&w);
	jsonw_obj(&w);
	jsonw_key(&w, "is_synced");
	jsonw_bool(&w, is_synced);
	jsonw_key(&w, "latest_block_number");
	if (is_synced)
		jsonw_dec(&w, &number);
	else
		jsonw_null(&w);
	jsonw_obj_end(&w);
	return api_close(r, &w);
}

gw_stage_fn *const api_block_sync[] = {ask_node, report, NULL};
