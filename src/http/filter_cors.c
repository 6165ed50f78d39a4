/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers browsers that ask whether a page of another origin may call. Only
 * origins listed for the surface, compared whole, get CORS headers; all
 * others get none and their browser refuses them (reliability H20, N5).
 *
 * Stands in front of the filters that judge who comes, and the page may read
 * every answer, refusals too (gw_reply_head): a browser whose question is
 * refused tells the page nothing, neither that it came too often nor that it
 * comes from the wrong country. The question asks for nothing of ours.
 */
#include "http/filter.h"
#include "http/req.h"

static bool
is_listed(const struct gw_surface *s, struct bytes origin)
{
	size_t i;

	for (i = 0; i < s->origins.cnt; i++)
		if (bytes_eq(s->origins.words[i], origin))
			return true;
	return false;
}

struct bytes
gw_cors_origin(const struct gw_req *r)
{
	struct bytes origin;

	if (gw_has_filter(r->surface, GW_FILTER_CORS) &&
	    gw_head_field(&origin, &r->head, "origin") &&
	    is_listed(r->surface, origin))
		return origin;
	return bytes_of(NULL, 0);
}

static void
add(struct gw_req *r, const char *name, const char *value)
{
	gw_reply_field(r, name, bytes_of_str(value));
}

enum gw_step
gw_filter_cors(struct gw_req *r)
{
	struct bytes text;

	if (r->head.method != GW_OPTIONS ||
	    !gw_head_field(&text, &r->head, "origin") ||
	    !gw_head_field(&text, &r->head, "access-control-request-method"))
		return GW_NEXT;
	if (r->origin.len == 0)
		return gw_refuse(r, GW_R_FORBIDDEN, NULL);
	add(r, "Access-Control-Allow-Methods", "GET, POST");
	add(r, "Access-Control-Allow-Headers", "Authorization, Content-Type");
	add(r, "Access-Control-Max-Age", "600");
	return gw_reply_set(r, 204, NULL, bytes_of(NULL, 0));
}
