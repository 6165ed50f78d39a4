/* SPDX-License-Identifier: Apache-2.0
 *
 * The first page: the head and the last blocks; and the event that brings
 * them up to date. An event is an answer of its own that waits for a newer
 * head: the browser's EventSource asks again by itself, with the number that
 * it has seen. So nothing is kept for a reader who has gone, and a slow one
 * gets the head of now and not a queue.
 */
#include "portal/explorer/explorer.h"

#include "base/check.h"
#include "http/world.h"
#include "portal/explorer/ask_priv.h"

enum {
	/* Until a reader hears that there is nothing new. */
	QUIET_MS = 20000,
	/* Until a browser asks again behind an answer. */
	AGAIN_MS = 100,
	GONE_MS = 2000,
	/* Calls about one block. */
	PER_BLOCK = 3,
};

/* Calls of the first batch. */
enum { CALL_HEAD, CALL_CHAIN, CALL_POOL, CALL_PEERS, CALL_CNT };

static enum gw_step
ask_head(struct gw_req *r)
{
	struct gw_batch b = gw_batch_begin(r, CALL_CNT);

	(void)gw_batch_add(r, &b, "eth_blockNumber", "[]");
	(void)gw_batch_add(r, &b, "eth_chainId", "[]");
	(void)gw_batch_add(r, &b, "txpool_status", "[]");
	(void)gw_batch_add(r, &b, "net_peerCount", "[]");
	return gw_batch_send(r, &b);
}

/* failed ends either stage without the node: an event says so and lets the
 * browser ask on, which an error would not. */
static enum gw_step
failed(struct gw_req *r)
{
	const char *text;

	if (r->route->stages != xp_live)
		return gw_refuse_node(r);
	text = arena_str(
	    &r->arena, "retry: %d\nevent: gone\ndata: gone\n\n", (int)GONE_MS);
	if (text == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	return gw_reply_set(r, 200, GW_TYPE_EVENTS, bytes_of_str(text));
}

static enum gw_step
ask_blocks(struct gw_req *r)
{
	struct xp_home_view *v = arena_alloc(&r->arena, sizeof(*v));
	struct gw_batch b = gw_batch_begin(r, (size_t)PER_BLOCK * XP_HOME_MAX);
	const struct gw_json *pool;
	uint64_t i;

	if (r->effect.rc != RC_OK || gw_batch_answer(r, CALL_HEAD) == NULL)
		return failed(r);
	if (v == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	pool = gw_batch_answer(r, CALL_POOL);
	v->head = gw_json_u64(gw_batch_answer(r, CALL_HEAD), NULL);
	v->chain_id = xp_dec(r, gw_batch_answer(r, CALL_CHAIN));
	v->pending = gw_json_u64(pool, "pending") + gw_json_u64(pool, "queued");
	v->peers = gw_json_u64(gw_batch_answer(r, CALL_PEERS), NULL);
	v->block_cnt =
	    v->head < XP_HOME_MAX ? (size_t)v->head + 1 : XP_HOME_MAX;
	for (i = v->head + 1 - v->block_cnt; i <= v->head; i++) {
		(void)gw_batch_add(
		    r, &b, "eth_getHeaderByNumber", "[\"0x%lx\"]", i);
		(void)gw_batch_add(r, &b,
		    "eth_getBlockTransactionCountByNumber", "[\"0x%lx\"]", i);
		(void)gw_batch_add(r, &b, "clique_getSigner", "[\"0x%lx\"]", i);
	}
	r->state = v;
	return gw_batch_send(r, &b);
}

static void
fill_row(struct gw_req *r, struct xp_block_row *row, size_t call)
{
	const struct gw_json *h = gw_batch_answer(r, call);

	row->no = gw_json_u64(h, "number");
	row->tx_cnt = gw_json_u64(gw_batch_answer(r, call + 1), NULL);
	row->gas_used = gw_json_u64(h, "gasUsed");
	row->percent = xp_percent(row->gas_used, gw_json_u64(h, "gasLimit"));
	row->time = xp_time(r, gw_json_u64(h, "timestamp"));
	row->signer =
	    xp_addr(r, gw_json_text(gw_batch_answer(r, call + 2), NULL));
	row->is_in_turn = xp_is_in_turn(h);
}

/* The newest stands first. */
static bool
fill_rows(struct gw_req *r, struct xp_home_view *v)
{
	struct xp_block_row *rows =
	    arena_array(&r->arena, v->block_cnt, sizeof(*rows));
	size_t i;

	for (i = 0; rows != NULL && i < v->block_cnt; i++)
		fill_row(r, &rows[v->block_cnt - 1 - i], PER_BLOCK * i);
	v->blocks = rows;
	return rows != NULL;
}

static enum gw_step
show(struct gw_req *r)
{
	struct xp_home_view *v = r->state;

	if (r->effect.rc != RC_OK)
		return gw_refuse_node(r);
	v->top = xp_top_of(r);
	v->top.is_home = true;
	if (!fill_rows(r, v))
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	return xp_page_reply(
	    r, 200, xp_page_home(&r->arena, gw_req_lang(r), v));
}

gw_stage_fn *const xp_home[] = {ask_head, ask_blocks, show, NULL};

/* --- as an event --- */

/* seen_of reads what the browser has: what it was told last, or what the page
 * had when it was loaded. */
static uint64_t
seen_of(const struct gw_req *r)
{
	uint64_t no = UINT64_MAX; /* nothing: it hears at once */
	struct bytes id;

	if (gw_head_field(&id, &r->head, "last-event-id") &&
	    bytes_dec(&no, id, UINT64_MAX))
		return no;
	(void)xp_key(&no, r, "seen");
	return no;
}

static enum gw_step
wait_head(struct gw_req *r)
{
	return gw_wait_block(r, seen_of(r), QUIET_MS);
}

static enum gw_step
ask_head_again(struct gw_req *r)
{
	const char *text;

	if (r->effect.rc == RC_OK)
		return ask_head(r);
	if (!r->world->has_node)
		return failed(r);
	text = arena_str(&r->arena, "retry: %d\n\n", (int)AGAIN_MS);
	if (text == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	return gw_reply_set(r, 200, GW_TYPE_EVENTS, bytes_of_str(text));
}

/* write_event puts "data: " before each line, as an event stream has it. */
static bool
write_event(struct buf *out, const struct xp_home_view *v, struct bytes rows)
{
	const uint8_t *end;
	bool is_ok = buf_put(out, "retry: 100\nid: ", 15) &&
		     buf_put_dec(out, v->head, 0) &&
		     buf_put(out, "\nevent: head\n", 13);

	_Static_assert(AGAIN_MS == 100, "the text above says so");
	for (; is_ok && rows.len > 0; rows.ptr = end) {
		end = memchr(rows.ptr, '\n', rows.len);
		end = end == NULL ? rows.ptr + rows.len : end + 1;
		is_ok = buf_put(out, "data: ", 6) &&
			buf_put(out, rows.ptr, (size_t)(end - rows.ptr));
		rows.len -= (size_t)(end - rows.ptr);
	}
	return is_ok && buf_put(out, "\n\n", 2);
}

static enum gw_step
tell(struct gw_req *r)
{
	struct xp_home_view *v = r->state;
	struct bytes rows;
	struct buf out;

	if (r->effect.rc != RC_OK)
		return failed(r);
	v->top = xp_top_of(r);
	if (!fill_rows(r, v))
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	rows = xp_rows(&r->arena, gw_req_lang(r), v);
	/* A line is never shorter than its line feed. */
	out.cap = 7 * rows.len + 128;
	out = buf_of(arena_alloc(&r->arena, out.cap), out.cap);
	if (rows.ptr == NULL || out.ptr == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	CHECK(write_event(&out, v, rows));
	return gw_reply_set(r, 200, GW_TYPE_EVENTS, bytes_of_buf(&out));
}

gw_stage_fn *const xp_live[] = {
    wait_head, ask_head_again, ask_blocks, tell, NULL};
