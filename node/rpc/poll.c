/* SPDX-License-Identifier: Apache-2.0
 *
 * Filters that are polled: eth_newFilter, eth_newBlockFilter,
 * eth_newPendingTransactionFilter, eth_getFilterChanges, eth_getFilterLogs,
 * eth_uninstallFilter.
 *
 * A filter remembers the newest block that it told of. What is new is read
 * from the chain when it is polled, from the last block that is still on the
 * chain: after a reorganisation the blocks and logs of the new branch are
 * told, those that were undone are not told again as removed.
 */
#include "base/hex.h"
#include "rpc/filters_priv.h"
#include "rpc/logs_priv.h"

/* Blocks that a reorganisation can have undone since a poll; chain undoes no
 * more at once. */
enum { BACK_MAX = 1024 };

static uint64_t
now_ms(const struct rpc_call *c)
{
	return c->node->clock->mono_ms(c->node->clock->ctx);
}

/* seen_now is all that there is. */
static enum rc
seen_now(struct rpc_call *c, struct rpc_filter_seen *out, struct err *e)
{
	const struct store_view *v;
	struct store_head head;

	if (c->node->filters == NULL)
		return FAIL(e, RC_UNAVAILABLE, "this node keeps no filters");
	TRY(rpc_doc_view(c->doc, &v, e));
	store_view_head(v, &head);
	*out = (struct rpc_filter_seen){.number = head.number,
	    .txs = rpc_filters_txs(c->node->filters),
	    .hash = head.hash};
	return RC_OK;
}

static enum rc
add(struct rpc_call *c, enum rpc_filter_kind kind, struct bytes text,
    struct err *e)
{
	struct rpc_filter_seen seen;
	struct rpc_filter_id id;

	TRY(seen_now(c, &seen, e));
	TRY(rpc_filters_add(
	    c->node->filters, &id, kind, text, &seen, now_ms(c), e));
	jsonw_data(c->w, bytes_of(id.b, sizeof(id.b)));
	return RC_OK;
}

enum rc
rpc_do_new_filter(struct rpc_call *c, struct err *e)
{
	struct rpc_log_filter f;

	TRY(rpc_arg_log_filter(&f, c, 0, e));
	if (f.has_hash)
		return FAIL(e, RC_BAD_INPUT,
		    "a filter is of a range of blocks, not of one block");
	return add(c, RPC_FILTER_LOGS, c->arg[0]->raw, e);
}

enum rc
rpc_do_new_block_filter(struct rpc_call *c, struct err *e)
{
	return add(c, RPC_FILTER_BLOCKS, bytes_of(NULL, 0), e);
}

enum rc
rpc_do_new_tx_filter(struct rpc_call *c, struct err *e)
{
	return add(c, RPC_FILTER_TXS, bytes_of(NULL, 0), e);
}

/* Polling. --------------------------------------------------------------- */

/* struct poll is a filter that is asked for. */
struct poll {
	struct rpc_filter_id id;
	enum rpc_filter_kind kind;
	struct bytes text;
	struct rpc_filter_seen seen, now;
	bool is_behind; /* our view is older than what was told */
};

/* open_poll finds the filter of argument 0. What is no name of ours is the
 * name of no filter. */
static enum rc
open_poll(struct rpc_call *c, struct poll *p, struct err *e)
{
	struct bytes text;

	TRY(seen_now(c, &p->now, e));
	TRY(rpc_arg_text(&text, c, 0, e));
	if (hex_read_fixed(p->id.b, sizeof(p->id.b), text, false, NULL) !=
	    RC_OK)
		return FAIL(e, RC_NOT_FOUND, "filter not found");
	return rpc_filters_look(c->a, c->node->filters, &p->id, &p->kind,
	    &p->text, &p->seen, now_ms(c), e);
}

/* first_new finds the number behind the last block that was told and is
 * still on the chain. A view that is older than what was told has nothing
 * new. */
static enum rc
first_new(struct rpc_call *c, struct poll *p, uint64_t *out, struct err *e)
{
	struct hash hash = p->seen.hash;
	const struct store_view *v;
	struct header h;
	size_t i;

	*out = p->now.number + 1;
	TRY(rpc_doc_view(c->doc, &v, e));
	for (i = 0; i < BACK_MAX; i++) {
		enum rc rc = store_header(v, &h, &hash, e);

		p->is_behind = rc == RC_NOT_FOUND;
		if (p->is_behind)
			return RC_OK;
		TRY(rc);
		if (store_is_canonical(v, &hash))
			break;
		hash = h.parent;
	}
	*out = h.number + 1;
	return RC_OK;
}

static enum rc
write_blocks(struct rpc_call *c, uint64_t first, uint64_t last, struct err *e)
{
	const struct store_view *v;
	struct hash hash;
	uint64_t i;

	TRY(rpc_doc_view(c->doc, &v, e));
	jsonw_arr(c->w);
	for (i = first; i <= last && !c->w->has_failed; i++) {
		TRY(store_hash_of(v, &hash, i, e));
		jsonw_data(c->w, hash_bytes(&hash));
	}
	jsonw_arr_end(c->w);
	return RC_OK;
}

static void
write_txs(struct rpc_call *c, const struct poll *p)
{
	struct hash hash;
	uint64_t i = p->seen.txs;

	if (p->now.txs > i + RPC_FILTER_TX_MAX)
		i = p->now.txs - RPC_FILTER_TX_MAX;
	jsonw_arr(c->w);
	for (; i < p->now.txs; i++)
		if (rpc_filters_tx_at(c->node->filters, &hash, i))
			jsonw_data(c->w, hash_bytes(&hash));
	jsonw_arr_end(c->w);
}

static enum rc
read_filter(struct rpc_call *c, struct rpc_log_filter *out,
    const struct poll *p, struct err *e)
{
	const struct rpc_json *v;

	TRY(rpc_json_read(c->a, &v, p->text, e));
	return rpc_log_filter_read(c->a, out, v, e);
}

/* clip narrows new blocks down to those of the filter's range: numbers
 * count, tags move with the head. */
static void
clip(const struct rpc_log_filter *f, uint64_t *first, uint64_t *last)
{
	if (f->has_from && f->from.kind == RPC_AT_NUMBER &&
	    f->from.number > *first)
		*first = f->from.number;
	if (f->has_to && f->to.kind == RPC_AT_NUMBER && f->to.number < *last)
		*last = f->to.number;
}

static enum rc
write_logs(
    struct rpc_call *c, const struct poll *p, uint64_t first, struct err *e)
{
	uint64_t last = p->now.number;
	struct rpc_log_filter f;

	TRY(read_filter(c, &f, p, e));
	clip(&f, &first, &last);
	if (first > last) {
		jsonw_arr(c->w);
		jsonw_arr_end(c->w);
		return RC_OK;
	}
	f.from = (struct rpc_at){.kind = RPC_AT_NUMBER, .number = first};
	f.to = (struct rpc_at){.kind = RPC_AT_NUMBER, .number = last};
	return rpc_logs_write(c, &f, e);
}

static enum rc
write_changes(struct rpc_call *c, struct poll *p, struct err *e)
{
	uint64_t first;

	if (p->kind == RPC_FILTER_TXS) {
		p->is_behind = p->now.txs < p->seen.txs;
		write_txs(c, p);
		return RC_OK;
	}
	TRY(first_new(c, p, &first, e));
	return p->kind == RPC_FILTER_BLOCKS
		   ? write_blocks(c, first, p->now.number, e)
		   : write_logs(c, p, first, e);
}

/* What could not be told stays new. */
enum rc
rpc_do_filter_changes(struct rpc_call *c, struct err *e)
{
	struct poll p = {.is_behind = false};

	TRY(open_poll(c, &p, e));
	TRY(write_changes(c, &p, e));
	if (!c->w->has_failed && !p.is_behind)
		rpc_filters_note(c->node->filters, &p.id, &p.now);
	return RC_OK;
}

enum rc
rpc_do_filter_logs(struct rpc_call *c, struct err *e)
{
	struct rpc_log_filter f;
	struct poll p = {.is_behind = false};

	TRY(open_poll(c, &p, e));
	if (p.kind != RPC_FILTER_LOGS)
		return FAIL(e, RC_NOT_FOUND, "filter not found");
	TRY(read_filter(c, &f, &p, e));
	return rpc_logs_write(c, &f, e);
}

enum rc
rpc_do_uninstall_filter(struct rpc_call *c, struct err *e)
{
	struct rpc_filter_id id;
	struct bytes text;

	if (c->node->filters == NULL)
		return FAIL(e, RC_UNAVAILABLE, "this node keeps no filters");
	TRY(rpc_arg_text(&text, c, 0, e));
	jsonw_bool(c->w,
	    hex_read_fixed(id.b, sizeof(id.b), text, false, NULL) == RC_OK &&
		rpc_filters_drop(c->node->filters, &id));
	return RC_OK;
}
