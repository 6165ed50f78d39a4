/* SPDX-License-Identifier: Apache-2.0
 *
 * Stages of the rpc surface: read, forward, answer. Knows the form of
 * JSON-RPC and the list of methods, nothing of what methods do. Errors
 * inside a well-formed HTTP request are answered with status 200, as
 * clients of go-ethereum expect; only a node that is gone gives 503.
 */
#include "http/rpc.h"

#include <stdio.h>

#include "base/check.h"
#include "http/filter.h"
#include "http/jsonscan.h"
#include "http/nodes.h"
#include "http/req.h"

/* Longer ones are not repeated in an error message. */
enum { METHOD_LEN_MAX = 128 };

/* struct work is what the stages hand on. */
struct work {
	bool is_batch;
	size_t cnt, sent;
	size_t room;          /* of node */
	size_t fed, fed_done; /* calls about subscriptions, its last ones */
	uint64_t units;       /* as filter rate counts */
	enum gw_cost cost;    /* of the dearest call sent */
	bool has_change;      /* one that does not only read is sent */
	struct gw_rpc_call *calls;
	struct gw_node_call *node;
};

static void
fail(struct gw_rpc_call *c, int code, const char *message)
{
	if (c->code != 0)
		return;
	c->code = code;
	c->message = message;
}

/* --- read --- */

static bool
is_string(struct bytes v)
{
	return v.len > 0 && v.ptr[0] == '"';
}

/* once stores a member and fails the call when it stands twice: two readers
 * could take two different ones. */
static void
once(struct gw_rpc_call *c, struct bytes *field, struct bytes value)
{
	if (field->len > 0)
		fail(c, -32600, "member stands twice");
	*field = value;
}

static void
check_id(struct gw_rpc_call *c)
{
	uint8_t first = c->id.len > 0 ? c->id.ptr[0] : 'n';

	if (c->id.len > GW_RPC_ID_MAX || first == '{' || first == '[' ||
	    first == 't' || first == 'f') {
		fail(c, -32600, "id is neither string, number nor null");
		c->id = bytes_of_str("null");
	}
}

static void
check_params(struct gw_rpc_call *c)
{
	if (c->params.len == 0 || c->params.ptr[0] == '[' ||
	    c->params.ptr[0] == '{')
		return;
	if (bytes_eq(c->params, bytes_of_str("null")))
		c->params = bytes_of(NULL, 0);
	else
		fail(c, -32602, "params is neither array nor object");
}

void
gw_rpc_read_call(struct gw_rpc_call *out, struct bytes value)
{
	struct bytes key, v, version = {NULL, 0};
	struct gw_json_iter it;

	*out = (struct gw_rpc_call){0};
	if (value.len == 0 || value.ptr[0] != '{' ||
	    !gw_json_open(&it, value)) {
		fail(out, -32600, "invalid request");
		out->id = bytes_of_str("null");
		return;
	}
	while (gw_json_member(&it, &key, &v)) {
		/* \u006dethod is method to some readers. */
		if (memchr(key.ptr, '\\', key.len) != NULL)
			fail(out, -32600, "escaped member name");
		else if (bytes_eq(key, bytes_of_str("id")))
			once(out, &out->id, v);
		else if (bytes_eq(key, bytes_of_str("method")))
			once(out, &out->method, v);
		else if (bytes_eq(key, bytes_of_str("params")))
			once(out, &out->params, v);
		else if (bytes_eq(key, bytes_of_str("jsonrpc")))
			once(out, &version, v);
	}
	check_id(out);
	if (!bytes_eq(version, bytes_of_str("\"2.0\"")) ||
	    !is_string(out->method)) {
		fail(out, -32600, "invalid request");
		out->method = bytes_of(NULL, 0);
	} else {
		out->method =
		    bytes_of(out->method.ptr + 1, out->method.len - 2);
	}
	check_params(out);
	/* An invalid request is answered even without an id, JSON-RPC 5.1. */
	if (out->code == -32600 && out->id.len == 0)
		out->id = bytes_of_str("null");
}

/* is_feed tells of calls that end here: the gateway has the subscription. */
static bool
is_feed(const struct gw_rpc_call *c)
{
	return bytes_eq(c->method, bytes_of_str("eth_subscribe")) ||
	       bytes_eq(c->method, bytes_of_str("eth_unsubscribe"));
}

/* add reads one call and puts it on the list for the node if it may. */
static void
add(struct gw_req *r, struct work *w, struct bytes value)
{
	struct gw_rpc_call *c = &w->calls[w->cnt++];
	enum gw_cost cost;

	gw_rpc_read_call(c, value);
	cost = c->method.len > 0 ? gw_rpc_cost(c->method) : GW_COST_PLAIN;
	if (c->method.len > METHOD_LEN_MAX)
		fail(c, -32600, "method name too long");
	if (c->code == 0 && !gw_rpc_may(r->surface, r->user, c->method))
		fail(c, -32601, NULL);
	if (c->code == 0 && is_feed(c) && !r->is_message)
		fail(c, -32601, "notifications not supported");
	/* What is not done costs no more than to say so. */
	w->units += c->code != 0 ? 1 : gw_rpc_units(r->surface, cost);
	if (c->code != 0)
		return;
	if (cost > w->cost)
		w->cost = cost;
	w->has_change |= !gw_node_is_read(c->method);
	c->at = is_feed(c) ? w->room - ++w->fed : w->sent++;
	w->node[c->at] =
	    (struct gw_node_call){.method = c->method, .params = c->params};
}

static enum gw_step
reply_error(struct gw_req *r, int code, const char *message)
{
	const char *text = arena_str(&r->arena,
	    "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":"
	    "{\"code\":%d,\"message\":\"%s\"}}",
	    code, message);

	if (text == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	return gw_reply_set(r, 200, GW_TYPE_JSON, bytes_of_str(text));
}

static enum gw_step
read_calls(struct gw_req *r, struct bytes doc)
{
	struct work *w = arena_alloc(&r->arena, sizeof(*w));
	bool is_batch = doc.ptr[0] == '[';
	size_t cnt = is_batch ? gw_json_count(doc) : 1;
	struct gw_json_iter it;
	struct bytes item;

	if (cnt == 0)
		return reply_error(r, -32600, "empty batch");
	if (cnt > r->surface->batch_max || cnt > GW_NODE_CALL_MAX)
		return reply_error(r, -32600, "batch too large");
	if (w == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	w->is_batch = is_batch;
	w->room = cnt;
	w->calls = arena_array(&r->arena, cnt, sizeof(*w->calls));
	w->node = arena_array(&r->arena, cnt, sizeof(*w->node));
	if (w->calls == NULL || w->node == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	r->state = w;
	if (!is_batch) {
		add(r, w, doc);
		return gw_rate_charge(r, w->units);
	}
	(void)gw_json_open(&it, doc);
	while (gw_json_item(&it, &item))
		add(r, w, item);
	return gw_rate_charge(r, w->units);
}

static enum gw_step
rpc_read(struct gw_req *r)
{
	if (!gw_req_is_json(r))
		return gw_refuse(r, GW_R_MEDIA_TYPE, NULL);
	if (r->values.json.root == NULL)
		return reply_error(r, -32700, "parse error");
	return read_calls(r, r->values.json.text);
}

/* --- subscriptions --- */

/* note_feed fails the calls whose subscription was neither begun nor
 * refused by the node. */
static void
note_feed(struct work *w, const struct gw_node_call *call, enum rc rc)
{
	const char *text =
	    rc == RC_NO_SPACE ? "too many subscriptions" : err_text(rc);
	size_t i;

	for (i = 0; i < w->cnt && rc != RC_OK; i++)
		if (w->calls[i].code == 0 && &w->node[w->calls[i].at] == call)
			fail(&w->calls[i], err_rpc_code(rc), text);
}

/* rpc_feed is called for each of them, and once more. */
static enum gw_step
rpc_feed(struct gw_req *r)
{
	struct work *w = r->state;

	if (w->fed_done > 0)
		note_feed(w, r->effect.u.feed, r->effect.rc);
	if (w->fed_done == w->fed)
		return GW_NEXT;
	(void)gw_wait_feed(r, &w->node[w->room - ++w->fed_done]);
	return GW_AGAIN;
}

/* --- forward --- */

static enum gw_step
rpc_forward(struct gw_req *r)
{
	struct work *w = r->state;

	if (w->sent == 0)
		return GW_NEXT;
	(void)gw_wait_node(r, w->node, w->sent);
	r->effect.u.node.timeout_ms = gw_rpc_time_ms(r->surface, w->cost);
	r->effect.u.node.must_stay = w->cost != GW_COST_PLAIN && !w->has_change;
	return GW_WAIT;
}

/* --- answer --- */

/* struct out is the answer being written; bounded by its capacity. */
struct out {
	struct buf b;
	bool is_full;
};

static void
put(struct out *o, struct bytes v)
{
	o->is_full = o->is_full || !buf_put(&o->b, v.ptr, v.len);
}

static void
put_str(struct out *o, const char *s)
{
	put(o, bytes_of_str(s));
}

static void
put_error(
    struct out *o, const struct gw_rpc_call *c, int code, const char *message)
{
	char head[64];

	(void)snprintf(
	    head, sizeof(head), ",\"error\":{\"code\":%d,\"message\":\"", code);
	put_str(o, head);
	if (message == NULL) {
		/* The method is part of well-formed JSON: as it came. */
		put_str(o, "the method ");
		put(o, c->method);
		message = " does not exist/is not available";
	}
	put_str(o, message);
	put_str(o, "\"}");
}

static void
put_answer(struct out *o, const struct gw_rpc_call *c,
    const struct gw_node_call *n, enum rc rc)
{
	put_str(o, "{\"jsonrpc\":\"2.0\",\"id\":");
	put(o, c->id);
	if (c->code != 0) {
		put_error(o, c, c->code, c->message);
	} else if (rc != RC_OK) {
		put_error(o, c, err_rpc_code(rc), err_text(rc));
	} else if (n->answer.len == 0) {
		put_error(o, c, -32603, "node gave no answer");
	} else {
		put_str(o, n->is_error ? ",\"error\":" : ",\"result\":");
		put(o, n->answer);
	}
	put_str(o, "}");
}

/* rc_of: what was asked about subscriptions has an answer of its own. */
static enum rc
rc_of(const struct work *w, const struct gw_rpc_call *c, enum rc rc)
{
	return c->at >= w->room - w->fed ? RC_OK : rc;
}

/* size_of bounds what put_answer writes for one call. */
static size_t
size_of(const struct gw_rpc_call *c, const struct gw_node_call *n)
{
	return 192 + c->id.len + (c->code != 0 ? c->method.len : n->answer.len);
}

/* plan decides for each call whether its answer still fits; returns the
 * size of all. */
static size_t
plan(struct work *w)
{
	size_t total = 2, i, size;

	for (i = 0; i < w->cnt; i++) {
		struct gw_rpc_call *c = &w->calls[i];

		if (c->id.len == 0)
			continue;
		size = size_of(c, &w->node[c->at]);
		if (w->is_batch && total + size > GW_RPC_REPLY_MAX) {
			fail(c, -32003, "response too large");
			size = size_of(c, NULL);
		}
		total += size + 1;
	}
	return total;
}

/* refuse_all is for a node that is gone when no call has an id. */
static enum gw_step
refuse_all(struct gw_req *r)
{
	(void)gw_refuse(r, GW_R_UNAVAILABLE, NULL);
	r->reply.cause = GW_R_NODE_GONE;
	return GW_DONE;
}

static enum gw_step
rpc_answer(struct gw_req *r)
{
	struct work *w = r->state;
	enum rc rc = w->sent > 0 ? r->effect.rc : RC_OK;
	size_t cap = plan(w), i;
	struct out o = {.b = buf_of(arena_alloc(&r->arena, cap), cap)};
	bool is_first = true;

	if (o.b.ptr == NULL)
		return gw_refuse(r, GW_R_BUSY, NULL);
	if (w->is_batch)
		put_str(&o, "[");
	for (i = 0; i < w->cnt; i++) {
		const struct gw_rpc_call *c = &w->calls[i];

		if (c->id.len == 0)
			continue;
		if (!is_first)
			put_str(&o, ",");
		is_first = false;
		put_answer(&o, c, &w->node[c->at], rc_of(w, c, rc));
	}
	if (w->is_batch)
		put_str(&o, "]");
	CHECK(!o.is_full);
	/* Nothing but notifications: there is nothing to say, other than that
	 * the node did not get them. */
	if (is_first && (rc == RC_OK || rc == RC_TIMEOUT))
		return gw_reply_set(r, 204, NULL, bytes_of(NULL, 0));
	if (is_first)
		return refuse_all(r);
	if (rc != RC_OK) {
		r->reply.cause =
		    rc == RC_TIMEOUT ? GW_R_NODE_SLOW : GW_R_NODE_GONE;
		gw_reply_field(r, "Retry-After", bytes_of_str("1"));
	}
	return gw_reply_set(
	    r, rc == RC_OK ? 200 : 503, GW_TYPE_JSON, bytes_of_buf(&o.b));
}

gw_stage_fn *const gw_rpc[] = {
    rpc_read, rpc_feed, rpc_forward, rpc_answer, NULL};
