/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks the tree of calls without recursion, up to its bounds.
 */
#include "portal/explorer/calls_priv.h"

#include "portal/explorer/abi_priv.h"
#include "portal/explorer/ask_priv.h"

/* 0x and eight digits: what a function is called by. */
enum { SELECTOR_TEXT = 10 };

/* struct walk is the way from the outermost call to the one at hand. */
struct walk {
	const struct gw_json
	    *list[XP_CALL_DEPTH_MAX]; /* whose items they are */
	const struct gw_json *at[XP_CALL_DEPTH_MAX];
	size_t depth;
};

static struct bytes
name_of(struct gw_req *r, struct bytes input)
{
	struct xp_decoded d;

	if (!xp_decode(&r->arena, &d, XP_ABI_FUNCTION, xp_data(r, input)))
		return bytes_of(NULL, 0);
	return d.text;
}

/* A code is shown in words; what the contract says itself is shown so. */
static struct bytes
reason_of(struct gw_req *r, const struct gw_json *c)
{
	struct bytes said = gw_json_text(c, "revertReason"), words;

	if (said.len == 0)
		return said;
	words = xp_reason(
	    &r->arena, gw_req_lang(r), xp_data(r, gw_json_text(c, "output")));
	return words.len > 0 ? words : said;
}

static void
fill(struct gw_req *r, struct xp_call *out, const struct gw_json *c,
    size_t depth)
{
	struct u256 value = gw_json_u256(c, "value");
	struct bytes input = gw_json_text(c, "input"),
		     type = gw_json_text(c, "type");
	bool is_create = type.len >= 6 && !memcmp(type.ptr, "CREATE", 6);

	*out = (struct xp_call){.depth = depth,
	    .is_d0 = depth == 0,
	    .is_d1 = depth == 1,
	    .is_d2 = depth == 2,
	    .is_d3 = depth == 3,
	    .is_d4 = depth == 4,
	    .gas_used = gw_json_u64(c, "gasUsed"),
	    .type = type,
	    .from = xp_addr(r, gw_json_text(c, "from")),
	    .to = xp_addr(r, gw_json_text(c, "to")),
	    .error = gw_json_text(c, "error"),
	    .reason = reason_of(r, c)};
	if (!u256_is_zero(&value))
		out->value = xp_coins(r, &value);
	if (is_create || input.len < SELECTOR_TEXT)
		return;
	out->selector = bytes_of(input.ptr, SELECTOR_TEXT);
	out->name = name_of(r, input);
}

/* next moves on to what the call at hand calls first, or to what comes behind
 * it; NULL at the end. What is deeper than the bound is passed over. */
static const struct gw_json *
next(struct walk *w, bool *has_more)
{
	const struct gw_json *c = w->at[w->depth];
	const struct gw_json *list = gw_json_get(c, "calls"), *inner;

	inner = list == NULL ? NULL : gw_json_in(list);
	if (inner != NULL && w->depth + 1 == XP_CALL_DEPTH_MAX)
		*has_more = true;
	if (inner != NULL && w->depth + 1 < XP_CALL_DEPTH_MAX) {
		w->depth++;
		w->list[w->depth] = list;
		w->at[w->depth] = inner;
		return inner;
	}
	for (; w->depth > 0; w->depth--) {
		c = gw_json_behind(w->list[w->depth], w->at[w->depth]);
		w->at[w->depth] = c;
		if (c != NULL)
			return c;
	}
	return NULL;
}

bool
xp_calls(struct gw_req *r, struct xp_tx_view *v, const struct gw_json *trace)
{
	struct xp_call *rows =
	    arena_array(&r->arena, XP_CALL_MAX, sizeof(*rows));
	struct walk w = {.at = {trace}};
	const struct gw_json *c;

	if (rows == NULL)
		return false;
	for (c = trace; c != NULL && v->call_cnt < XP_CALL_MAX;
	     c = next(&w, &v->has_more_calls))
		fill(r, &rows[v->call_cnt++], c, w.depth);
	v->has_more_calls |= c != NULL;
	v->calls = rows;
	v->has_calls = v->call_cnt > 1;
	return true;
}
