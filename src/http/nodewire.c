/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls to the node as text, its answers taken apart. The node is trusted to
 * write JSON, so that answers of many megabytes are looked at once and
 * copied; what a broken one writes may be taken for an answer, and harms
 * nobody's memory.
 */
#include "http/nodewire.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "http/req.h"

_Static_assert(GW_NODE_CALL_MAX < 1 << GW_WIRE_ITEM_BITS,
    "a place in a batch must fit its bits");
_Static_assert(GW_WIRE_TICKET_BITS + GW_WIRE_ITEM_BITS <= 53,
    "an id must be exact as a double");

/* Around the method and parameters of a call: names, number, request. */
enum { CALL_BYTES = 84 + GW_REQ_ID_MAX };

/* --- calls --- */

size_t
gw_wire_size(const struct gw_node_effect *n)
{
	size_t total = 8, i;

	for (i = 0; i < n->cnt; i++)
		total += CALL_BYTES + n->calls[i].method.len +
			 n->calls[i].params.len;
	return total;
}

static uint8_t *
put(uint8_t *at, const void *p, size_t len)
{
	memcpy(at, p, len);
	return at + len;
}

#define PUT(at, literal) put(at, literal, sizeof(literal) - 1)

static uint8_t *
put_id(uint8_t *at, uint64_t id, const char *req_id)
{
	char digits[24];
	size_t from = sizeof(digits);

	do {
		digits[--from] = (char)('0' + id % 10);
		id /= 10;
	} while (id > 0);
	at = PUT(at, "\"");
	at = put(at, digits + from, sizeof(digits) - from);
	at = PUT(at, ":");
	at = put(at, req_id, strlen(req_id));
	return PUT(at, "\"");
}

static uint8_t *
put_call(uint8_t *at, const struct gw_node_call *call, uint64_t id,
    const char *req_id)
{
	at = PUT(at, "{\"jsonrpc\":\"2.0\",\"id\":");
	at = put_id(at, id, req_id);
	at = PUT(at, ",\"method\":\"");
	at = put(at, call->method.ptr, call->method.len);
	at = PUT(at, "\",\"params\":");
	if (call->params.len == 0)
		at = PUT(at, "[]");
	else
		at = put(at, call->params.ptr, call->params.len);
	return PUT(at, "}");
}

size_t
gw_wire_put(uint8_t *out, const struct gw_node_effect *n, uint64_t ticket,
    const char *req_id)
{
	uint8_t *at = out;
	size_t i;

	if (n->cnt > 1)
		at = PUT(at, "[");
	for (i = 0; i < n->cnt; i++) {
		if (i > 0)
			at = PUT(at, ",");
		at = put_call(
		    at, &n->calls[i], ticket << GW_WIRE_ITEM_BITS | i, req_id);
	}
	if (n->cnt > 1)
		at = PUT(at, "]");
	at = PUT(at, "\n");
	return (size_t)(at - out);
}

size_t
gw_wire_put_cancel(uint8_t *out, uint64_t no)
{
	int len = snprintf((char *)out, GW_WIRE_CANCEL_MAX,
	    "{\"jsonrpc\":\"2.0\",\"method\":\"sekisho_cancel\","
	    "\"params\":[%llu]}\n",
	    (unsigned long long)no);

	return (size_t)len;
}

/* --- answers --- */

bool
gw_wire_cut(struct gw_wire_cut *c, struct bytes *doc, struct bytes *in)
{
	while (c->at == 0 && in->len > 0 && in->ptr[0] <= ' ')
		*in = bytes_of(in->ptr + 1, in->len - 1);
	if (in->len == 0 || !gw_json_end_find(&c->scan, &c->at, *in))
		return false;
	*doc = bytes_of(in->ptr, c->at);
	*in = bytes_of(in->ptr + c->at, in->len - c->at);
	*c = (struct gw_wire_cut){0};
	return true;
}

/* read_id reads the number in "number:request", as put_id wrote it. */
static bool
read_id(struct gw_wire_answer *a, struct bytes text)
{
	const uint8_t *colon;
	uint64_t id;

	if (text.len < 3 || text.ptr[0] != '"')
		return false;
	text = bytes_of(text.ptr + 1, text.len - 2);
	colon = memchr(text.ptr, ':', text.len);
	if (colon == NULL)
		return false;
	text.len = (size_t)(colon - text.ptr);
	if (!bytes_dec(&id, text, UINT64_MAX))
		return false;
	a->ticket = id >> GW_WIRE_ITEM_BITS;
	a->item = id & ((1u << GW_WIRE_ITEM_BITS) - 1);
	return true;
}

static bool
read_answer(struct gw_wire_answer *a, struct bytes object)
{
	struct gw_json_iter it;
	struct bytes key, value;
	bool has_id = false;

	*a = (struct gw_wire_answer){0};
	if (object.len == 0 || object.ptr[0] != '{' ||
	    !gw_json_open(&it, object))
		return false;
	while (gw_json_member(&it, &key, &value)) {
		if (bytes_eq(key, bytes_of_str("id"))) {
			has_id = read_id(a, value);
		} else if (bytes_eq(key, bytes_of_str("result"))) {
			a->value = value;
		} else if (bytes_eq(key, bytes_of_str("error")) &&
			   !bytes_eq(value, bytes_of_str("null"))) {
			a->value = value;
			a->is_error = true;
		}
	}
	return has_id;
}

void
gw_wire_open(struct gw_wire_answers *all, struct bytes doc)
{
	*all = (struct gw_wire_answers){0};
	if (doc.len > 0 && doc.ptr[0] == '[')
		(void)gw_json_open(&all->it, doc);
	else
		all->single = doc;
}

bool
gw_wire_next(struct gw_wire_answers *all, struct gw_wire_answer *out)
{
	struct bytes item = all->single;

	if (item.len > 0) {
		all->single.len = 0;
		return read_answer(out, item);
	}
	while (gw_json_item(&all->it, &item))
		if (read_answer(out, item))
			return true;
	return false;
}

bool
gw_wire_store(struct arena *a, struct gw_node_effect *n,
    const struct gw_wire_answer *answer)
{
	struct gw_node_call *call;

	if (answer->item >= n->cnt || answer->value.ptr == NULL)
		return true;
	call = &n->calls[answer->item];
	call->is_error = answer->is_error;
	call->answer = arena_copy(a, answer->value);
	return call->answer.ptr != NULL;
}

bool
gw_wire_notice(struct gw_wire_notice *out, struct bytes doc)
{
	struct bytes method, params;

	return gw_json_find(&method, doc, "method") &&
	       bytes_eq(method, bytes_of_str("\"eth_subscription\"")) &&
	       gw_json_find(&params, doc, "params") &&
	       gw_json_find(&out->id, params, "subscription") &&
	       out->id.ptr[0] == '"' &&
	       gw_json_find(&out->result, params, "result");
}

bool
gw_wire_number(uint64_t *out, const struct gw_wire_answer *answer)
{
	struct bytes text = answer->value;

	if (answer->is_error || text.len < 3 || text.ptr[0] != '"')
		return false;
	text = bytes_of(text.ptr + 1, text.len - 2);
	return hex_quantity_u64(out, text, NULL) == RC_OK;
}
