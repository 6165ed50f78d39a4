/* SPDX-License-Identifier: Apache-2.0
 *
 * Batches of calls, and quantities and texts in the node's answers.
 */
#include "http/batch.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/check.h"
#include "base/hex.h"

/* Longest parameters of a call: two hashes and options. */
enum { PARAMS_MAX = 256 };

struct gw_batch
gw_batch_begin(struct gw_req *r, size_t max)
{
	struct gw_batch b = {.max = max};

	b.calls = arena_array(&r->arena, max, sizeof(*b.calls));
	b.has_failed = b.calls == NULL;
	return b;
}

size_t
gw_batch_add(struct gw_req *r, struct gw_batch *b, const char *method,
    const char *params, ...)
{
	char text[PARAMS_MAX];
	struct bytes copy;
	va_list ap;
	int n;

	CHECK(b->cnt < b->max);
	va_start(ap, params);
	n = vsnprintf(text, sizeof(text), params, ap);
	va_end(ap);
	CHECK(n > 0 && (size_t)n < sizeof(text));
	copy = arena_copy(&r->arena, bytes_of(text, (size_t)n));
	b->has_failed |= copy.ptr == NULL;
	if (!b->has_failed)
		b->calls[b->cnt] = (struct gw_node_call){
		    .method = bytes_of_str(method), .params = copy};
	return b->cnt++;
}

enum gw_step
gw_batch_send(struct gw_req *r, const struct gw_batch *b)
{
	if (b->has_failed)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	return gw_wait_node(r, b->calls, b->cnt);
}

const struct gw_json *
gw_batch_answer(struct gw_req *r, size_t i)
{
	const struct gw_node_call *c = &r->effect.u.node.calls[i];
	struct gw_json_doc doc;

	if (c->is_error || c->answer.len == 0 ||
	    !gw_json_read(&r->arena, &doc, c->answer) ||
	    doc.root->kind == GW_JSON_WORD)
		return NULL;
	return doc.root;
}

enum gw_step
gw_refuse_node(struct gw_req *r)
{
	enum rc rc = r->effect.rc;

	if (rc == RC_UNAVAILABLE)
		return gw_refuse(r, GW_R_NODE_GONE, NULL);
	if (rc == RC_TIMEOUT)
		return gw_refuse(r, GW_R_NODE_SLOW, NULL);
	return gw_refuse(r, gw_refusal_of_rc(rc), NULL);
}

static const struct gw_json *
member(const struct gw_json *o, const char *key)
{
	const struct gw_json *v =
	    o == NULL || key == NULL ? o : gw_json_get(o, key);

	return v != NULL && v->kind == GW_JSON_STRING ? v : NULL;
}

struct u256
gw_json_u256(const struct gw_json *o, const char *key)
{
	const struct gw_json *v = member(o, key);
	struct u256 out = U256_ZERO;

	if (v != NULL && hex_quantity(&out, v->text, NULL) != RC_OK)
		out = U256_ZERO;
	return out;
}

uint64_t
gw_json_u64(const struct gw_json *o, const char *key)
{
	struct u256 v = gw_json_u256(o, key);

	return u256_is_u64(&v) ? v.w[0] : 0;
}

struct bytes
gw_json_text(const struct gw_json *o, const char *key)
{
	const struct gw_json *v = member(o, key);

	return v == NULL ? bytes_of(NULL, 0) : v->text;
}
