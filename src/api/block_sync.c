/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /v1/NodeInfo/BlockSyncStatus: whether what wallets read here is the
 * chain as it is now. A node that does not answer is not in step, which is
 * an answer and no failure of this question.
 */
#include "api/api.h"
#include "api/envelope_priv.h"
#include "http/nodes.h"
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

/* is_close reads the answer to eth_syncing: false, or how far it is. */
static bool
is_close(const struct gw_node_call *c)
{
	uint64_t at, top;

	if (c->is_error)
		return false;
	if (bytes_eq(c->answer, bytes_of_str("false")))
		return true;
	return gw_node_member(&at, c->answer, "currentBlock") &&
	       gw_node_member(&top, c->answer, "highestBlock") &&
	       (top <= at || top - at <= BEHIND_MAX);
}

static enum gw_step
report(struct gw_req *r)
{
	const struct gw_node_call *calls = r->effect.u.node.calls;
	struct u256 number = {0};
	struct jsonw w;
	bool is_synced = r->effect.rc == RC_OK && !r->world->is_node_stale &&
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
