/* SPDX-License-Identifier: Apache-2.0
 *
 * One transaction: what it asked for, what became of it, its logs, and the
 * calls inside it. The node is asked once for all of it but the time of the
 * block, which only the receipt leads to.
 */
#include "portal/explorer/explorer.h"

#include "base/check.h"
#include "http/filter.h"
#include "http/rpc_methods.h"
#include "portal/explorer/abi_priv.h"
#include "portal/explorer/ask_priv.h"
#include "portal/explorer/calls_priv.h"

enum { CALL_TX, CALL_RECEIPT, CALL_HEAD, CALL_TRACE, CALL_CNT };

enum {
	LOG_MAX = 100, /* shown of one transaction */
	/* Longest call data that is shown, in characters of hex. */
	INPUT_MAX = 16384,
	DATA_MAX = 4096, /* of a log's data */
};

static enum gw_step
ask(struct gw_req *r)
{
	struct gw_batch b = gw_batch_begin(r, CALL_CNT);
	struct bytes hash = r->params[0];
	int len = (int)hash.len;

	if (!xp_is_hash(hash))
		return xp_missing(r, hash);
	/* A trace runs the block again. */
	if (gw_rate_charge(r, gw_rpc_units(r->surface, GW_COST_DEAR)) ==
	    GW_DONE)
		return GW_DONE;
	(void)gw_batch_add(
	    r, &b, "eth_getTransactionByHash", "[\"%.*s\"]", len, hash.ptr);
	(void)gw_batch_add(
	    r, &b, "eth_getTransactionReceipt", "[\"%.*s\"]", len, hash.ptr);
	(void)gw_batch_add(r, &b, "eth_blockNumber", "[]");
	(void)gw_batch_add(r, &b, "debug_traceTransaction",
	    "[\"%.*s\",{\"tracer\":\"callTracer\"}]", len, hash.ptr);
	return gw_batch_send(r, &b);
}

static void
fill_tx(struct gw_req *r, struct xp_tx_view *v, const struct gw_json *tx)
{
	struct u256 value = gw_json_u256(tx, "value");
	struct u256 price = gw_json_u256(tx, "gasPrice");
	struct bytes input = gw_json_text(tx, "input"),
		     data = xp_data(r, input);

	v->status = XP_PENDING;
	v->hash = gw_json_text(tx, "hash");
	v->from = xp_addr(r, gw_json_text(tx, "from"));
	v->to = xp_addr(r, gw_json_text(tx, "to"));
	v->value = xp_coins(r, &value);
	v->gas_price = xp_gwei(r, &price);
	v->nonce = gw_json_u64(tx, "nonce");
	v->gas_limit = gw_json_u64(tx, "gas");
	v->type = gw_json_u64(tx, "type");
	v->input_len = data.len;
	v->input =
	    bytes_of(input.ptr, input.len < INPUT_MAX ? input.len : INPUT_MAX);
	if (v->to.len > 0)
		(void)xp_decode(&r->arena, &v->call, XP_ABI_FUNCTION, data);
}

static void
fill_receipt(struct gw_req *r, struct xp_tx_view *v,
    const struct gw_json *receipt, uint64_t head)
{
	struct u256 price = gw_json_u256(receipt, "effectiveGasPrice"), fee;
	struct xp_tx_row row = {.status = XP_PENDING};

	xp_tx_row(r, &row, receipt, receipt);
	v->status = row.status;
	v->created = row.created;
	v->block_no = row.block_no;
	v->index = gw_json_u64(receipt, "transactionIndex");
	v->confirmations = head >= v->block_no ? head - v->block_no + 1 : 0;
	v->gas_used = gw_json_u64(receipt, "gasUsed");
	v->percent = xp_percent(v->gas_used, v->gas_limit);
	(void)u256_mul_u64(&fee, &price, v->gas_used);
	v->fee = xp_coins(r, &fee);
	v->gas_price = xp_gwei(r, &price);
}

static bool
fill_log(struct gw_req *r, struct xp_log *out, const struct gw_json *log)
{
	const struct gw_json *list = gw_json_get(log, "topics"), *t;
	struct bytes *words =
	    arena_array(&r->arena, EVENT_TOPIC_MAX, sizeof(*words));
	struct bytes *texts =
	    arena_array(&r->arena, EVENT_TOPIC_MAX, sizeof(*texts));
	struct bytes data = gw_json_text(log, "data");

	if (words == NULL || texts == NULL)
		return false;
	for (t = list == NULL ? NULL : gw_json_in(list);
	     t != NULL && out->topic_cnt < EVENT_TOPIC_MAX;
	     t = gw_json_behind(list, t)) {
		texts[out->topic_cnt] = gw_json_text(t, NULL);
		words[out->topic_cnt++] = xp_data(r, gw_json_text(t, NULL));
	}
	out->index = gw_json_u64(log, "logIndex");
	out->address = xp_addr(r, gw_json_text(log, "address"));
	out->topics = texts;
	out->data =
	    bytes_of(data.ptr, data.len < DATA_MAX ? data.len : DATA_MAX);
	(void)xp_decode_log(
	    &r->arena, &out->decoded, words, out->topic_cnt, xp_data(r, data));
	return true;
}

static bool
fill_logs(struct gw_req *r, struct xp_tx_view *v, const struct gw_json *receipt)
{
	const struct gw_json *list = gw_json_get(receipt, "logs"), *log;
	struct xp_log *logs = arena_array(&r->arena, LOG_MAX, sizeof(*logs));

	if (logs == NULL)
		return false;
	if (list == NULL)
		return true;
	v->log_all = list->cnt;
	v->has_more_logs = list->cnt > LOG_MAX;
	v->logs = logs;
	for (log = gw_json_in(list); log != NULL && v->log_cnt < LOG_MAX;
	     log = gw_json_behind(list, log))
		if (!fill_log(r, &logs[v->log_cnt++], log))
			return false;
	return true;
}

/* fill_trace takes the calls, and why the outermost one failed. */
static bool
fill_trace(struct gw_req *r, struct xp_tx_view *v, const struct gw_json *trace)
{
	struct bytes output;

	if (trace == NULL)
		return true;
	v->error = gw_json_text(trace, "error");
	output = xp_data(r, gw_json_text(trace, "output"));
	v->reason = xp_reason(&r->arena, gw_req_lang(r), output);
	if (v->reason.len == 0)
		v->reason = gw_json_text(trace, "revertReason");
	(void)xp_decode(&r->arena, &v->failure, XP_ABI_ERROR, output);
	return xp_calls(r, v, trace);
}

static enum gw_step
ask_time(struct gw_req *r)
{
	struct xp_tx_view *v = arena_alloc(&r->arena, sizeof(*v));
	const struct gw_json *tx, *receipt;
	struct gw_batch b = gw_batch_begin(r, 1);
	uint64_t head;

	if (r->effect.rc != RC_OK)
		return gw_refuse_node(r);
	tx = gw_batch_answer(r, CALL_TX);
	if (tx == NULL)
		return xp_missing(r, r->params[0]);
	if (v == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	fill_tx(r, v, tx);
	r->state = v;
	receipt = gw_batch_answer(r, CALL_RECEIPT);
	if (receipt == NULL)
		return GW_NEXT;
	head = gw_json_u64(gw_batch_answer(r, CALL_HEAD), NULL);
	fill_receipt(r, v, receipt, head);
	if (!fill_logs(r, v, receipt) ||
	    !fill_trace(r, v, gw_batch_answer(r, CALL_TRACE)))
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	(void)gw_batch_add(
	    r, &b, "eth_getHeaderByNumber", "[\"0x%lx\"]", v->block_no);
	return gw_batch_send(r, &b);
}

static enum gw_step
show(struct gw_req *r)
{
	struct xp_tx_view *v = r->state;

	if (r->effect.rc != RC_OK)
		return gw_refuse_node(r);
	if (v->status != XP_PENDING)
		v->time =
		    xp_time(r, gw_json_u64(gw_batch_answer(r, 0), "timestamp"));
	v->top = xp_top_of(r);
	return xp_page_reply(r, 200, xp_page_tx(&r->arena, gw_req_lang(r), v));
}

gw_stage_fn *const xp_tx[] = {ask, ask_time, show, NULL};
