/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /syncStatus: where this chain is, who may seal, how far it may go back.
 */
#include "dialect/dialect.h"

#include "dialect/dialect_priv.h"

enum {
	CALL_HEAD,
	CALL_CHAIN = DL_BLOCK_CALLS,
	CALL_SYNCING,
	CALL_SIGNERS,
	CALL_SAFE,
	CALL_CNT
};

static enum gw_step
ask(struct gw_req *r)
{
	struct gw_batch b = gw_batch_begin(r, CALL_CNT);
	enum gw_step step = dl_admit(r, "eth_getBlockByNumber", 1);

	if (step != GW_NEXT)
		return step;
	dl_add_block(r, &b, "latest");
	(void)gw_batch_add(r, &b, "eth_chainId", "[]");
	(void)gw_batch_add(r, &b, "eth_syncing", "[]");
	(void)gw_batch_add(r, &b, "clique_getSigners", "[]");
	(void)gw_batch_add(r, &b, "eth_getHeaderByNumber", "[\"safe\"]");
	return gw_batch_send(r, &b);
}

static void
put_signers(struct gw_req *r, struct jsonw *w)
{
	const struct gw_json *all = gw_batch_answer(r, CALL_SIGNERS);
	const struct gw_json *v = all == NULL ? NULL : gw_json_in(all);

	jsonw_key(w, "trusted_proposers");
	jsonw_arr(w);
	for (; v != NULL; v = gw_json_behind(all, v))
		jsonw_strn(w, v->text);
	jsonw_arr_end(w);
}

/* put_depth tells how many blocks a better branch may undo; null where no
 * block is safe yet, or ever. */
static void
put_depth(struct gw_req *r, struct jsonw *w, uint64_t height)
{
	const struct gw_json *safe = gw_batch_answer(r, CALL_SAFE);

	jsonw_key(w, "max_reorg_depth");
	if (safe == NULL)
		jsonw_null(w);
	else
		jsonw_u64(w, height - gw_json_u64(safe, "number"));
}

/* eth_syncing says false, or how far it is. */
static bool
is_syncing(const struct gw_node_call *c)
{
	return !c->is_error && c->answer.len > 0 && c->answer.ptr[0] == '{';
}

static enum gw_step
tell(struct gw_req *r)
{
	struct dl_block head;
	struct jsonw w;

	if (r->effect.rc != RC_OK)
		return dl_refuse_node(r);
	if (!dl_read_asked(r, &head, CALL_HEAD))
		return dl_refuse_error(r, r->effect.u.node.calls);
	jsonw_init(&w, DL_ANSWER_MAX);
	jsonw_obj(&w);
	jsonw_key(&w, "chain_id");
	jsonw_u64(&w, gw_json_u64(gw_batch_answer(r, CALL_CHAIN), NULL));
	jsonw_key(&w, "syncing");
	jsonw_bool(&w, is_syncing(&r->effect.u.node.calls[CALL_SYNCING]));
	jsonw_key(&w, "head");
	jsonw_obj(&w);
	dl_put_block(&w, &head);
	jsonw_obj_end(&w);
	jsonw_key(&w, "head_height");
	jsonw_u64(&w, head.height);
	jsonw_key(&w, "head_hash");
	jsonw_strn(&w, head.hash);
	jsonw_key(&w, "total_blocks");
	jsonw_u64(&w, head.height + 1);
	put_signers(r, &w);
	jsonw_key(&w, "validate_signatures");
	jsonw_bool(&w, true);
	put_depth(r, &w, head.height);
	jsonw_obj_end(&w);
	return gw_reply_json(r, 200, &w);
}

gw_stage_fn *const dl_sync_status[] = {ask, tell, NULL};
