/* SPDX-License-Identifier: Apache-2.0
 *
 * GET /head, /blocks/{height}, /blocks-range.
 */
#include "dialect/dialect.h"

#include <stdio.h>

#include "dialect/dialect_priv.h"

/* Blocks of one range; with transactions the node may give fewer, as many as
 * its answer holds. */
enum { RANGE_MAX = 100, NUMBER_MAX = 19 };

/* struct range is what /blocks-range was asked for. */
struct range {
	uint64_t start, cnt;
	bool has_txs;
};

static enum gw_step
ask_one(struct gw_req *r, const char *which)
{
	struct gw_batch b = gw_batch_begin(r, DL_BLOCK_CALLS);
	enum gw_step step = dl_admit(r, "eth_getBlockByNumber", 1);

	if (step != GW_NEXT)
		return step;
	dl_add_block(r, &b, which);
	return gw_batch_send(r, &b);
}

static enum gw_step
tell_one(struct gw_req *r)
{
	struct dl_block b;
	struct jsonw w;

	if (r->effect.rc != RC_OK)
		return dl_refuse_node(r);
	if (!dl_read_asked(r, &b, 0))
		return dl_refuse(r, GW_R_NO_DATA, "block not found");
	jsonw_init(&w, DL_ANSWER_MAX);
	jsonw_obj(&w);
	dl_put_block(&w, &b);
	jsonw_obj_end(&w);
	return gw_reply_json(r, 200, &w);
}

static enum gw_step
ask_head(struct gw_req *r)
{
	return ask_one(r, "latest");
}

static enum gw_step
ask_height(struct gw_req *r)
{
	char which[NUMBER_MAX];
	uint64_t height;

	if (r->params[0].len == 0 ||
	    !bytes_dec(&height, r->params[0], INT64_MAX))
		return dl_refuse(
		    r, GW_R_BAD_PARAM, "height: must be an integer from 0");
	(void)snprintf(
	    which, sizeof(which), "0x%llx", (unsigned long long)height);
	return ask_one(r, which);
}

/* number reads a query's number; false when it is none. Absent, *out stays. */
static bool
number(uint64_t *out, const struct gw_req *r, const char *name)
{
	struct bytes text;

	return !gw_req_query(r, &text, name) ||
	       (text.len > 0 && bytes_dec(out, text, INT64_MAX));
}

/* read_range returns what is wrong with the query, NULL for nothing. */
static const char *
read_range(struct range *out, const struct gw_req *r)
{
	uint64_t start = UINT64_MAX, end = UINT64_MAX, limit = RANGE_MAX;
	struct bytes text;

	if (gw_req_query(r, &text, "include_tx")) {
		out->has_txs = bytes_eq(text, bytes_of_str("true"));
		if (!out->has_txs && !bytes_eq(text, bytes_of_str("false")))
			return "include_tx: must be true or false";
	}
	if (!number(&start, r, "start") || start == UINT64_MAX)
		return "start: must be an integer from 0";
	if (!number(&end, r, "end") || end == UINT64_MAX)
		return "end: must be an integer from 0";
	if (end < start)
		return "end: must not be below start";
	if (!number(&limit, r, "limit") || limit == 0 || limit > RANGE_MAX)
		return "limit: must be an integer from 1 to 100";
	out->start = start;
	out->cnt = end - start < limit ? end - start + 1 : limit;
	return NULL;
}

/* A range is one call, of one view: what it tells is linked. */
static enum gw_step
ask_range(struct gw_req *r)
{
	struct gw_batch b = gw_batch_begin(r, 1);
	struct range range = {0};
	const char *fault = read_range(&range, r);
	bool *has_txs = arena_alloc(&r->arena, sizeof(*has_txs));
	enum gw_step step;

	if (fault != NULL)
		return dl_refuse(r, GW_R_BAD_PARAM, fault);
	if (has_txs == NULL)
		return dl_refuse(r, GW_R_INTERNAL, NULL);
	*has_txs = range.has_txs;
	r->state = has_txs;
	step = dl_admit(r, "eth_getBlockByNumber", range.cnt);
	if (step != GW_NEXT)
		return step;
	(void)gw_batch_add(r, &b, "sekisho_blocksFrom",
	    "[%llu,%llu,{\"signers\":true,\"transactions\":\"%s\"}]",
	    (unsigned long long)range.start, (unsigned long long)range.cnt,
	    range.has_txs ? "full" : "hashes");
	return gw_batch_send(r, &b);
}

/* put_txs writes an array of transaction objects; false when memory is
 * short. */
static bool
put_txs(struct gw_req *r, struct jsonw *w, struct bytes txs)
{
	struct gw_json_iter it;
	struct gw_json_doc doc;
	struct bytes one;

	jsonw_key(w, "transactions");
	jsonw_arr(w);
	(void)gw_json_open(&it, txs);
	while (gw_json_item(&it, &one)) {
		struct arena_mark mark = arena_save(&r->arena);

		if (!gw_json_read(&r->arena, &doc, one))
			return false;
		jsonw_obj(w);
		dl_put_tx(w, doc.root);
		jsonw_obj_end(w);
		arena_rewind(&r->arena, mark);
	}
	jsonw_arr_end(w);
	return true;
}

/* put_item writes one block of the node's feed. */
static bool
put_item(struct gw_req *r, struct jsonw *w, struct bytes item)
{
	struct bytes block = dl_member(item, "block");
	struct bytes txs = dl_member(block, "transactions");
	const bool *has_txs = r->state;
	struct dl_block b;

	if (!dl_read_block(&b, block))
		return false;
	b.proposer = dl_str(dl_member(item, "signer"));
	b.tx_cnt = gw_json_count(txs);
	jsonw_obj(w);
	dl_put_block(w, &b);
	if (*has_txs && !put_txs(r, w, txs))
		return false;
	jsonw_obj_end(w);
	return true;
}

static enum gw_step
tell_range(struct gw_req *r)
{
	const struct gw_node_call *c = r->effect.u.node.calls;
	struct gw_json_iter it;
	struct bytes item;
	struct jsonw w;

	if (r->effect.rc != RC_OK)
		return dl_refuse_node(r);
	if (c->is_error || !gw_json_open(&it, dl_member(c->answer, "blocks")))
		return dl_refuse_error(r, c);
	jsonw_init(&w, DL_ANSWER_MAX);
	jsonw_obj(&w);
	jsonw_key(&w, "blocks");
	jsonw_arr(&w);
	while (gw_json_item(&it, &item))
		if (!put_item(r, &w, item)) {
			jsonw_free(&w);
			return dl_refuse(r, GW_R_INTERNAL, NULL);
		}
	jsonw_arr_end(&w);
	jsonw_obj_end(&w);
	return gw_reply_json(r, 200, &w);
}

gw_stage_fn *const dl_head[] = {ask_head, tell_one, NULL};
gw_stage_fn *const dl_block[] = {ask_height, tell_one, NULL};
gw_stage_fn *const dl_blocks_range[] = {ask_range, tell_range, NULL};
