/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers browsers that ask whether a page of another origin may call. Only
 * origins listed for the surface, compared whole, get a CORS header; all
 * others get none and their browser refuses them (reliability H20, N5).
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

static void
add(struct gw_req *r, const char *name, const char *value)
{
	gw_reply_field(r, name, bytes_of_str(value));
}

enum gw_step
gw_filter_cors(struct gw_req *r)
{
	struct bytes origin, method;
	bool listed;

	if (!gw_head_field(&origin, &r->head, "origin"))
		return GW_NEXT;
	listed = is_listed(r->surface, origin);
	add(r, "Vary", "Origin");
	if (listed)
		gw_reply_field(r, "Access-Control-Allow-Origin", origin);
	if (r->head.method != GW_OPTIONS ||
	    !gw_head_field(&method, &r->head, "access-control-request-method"))
		return GW_NEXT;
	if (!listed)
		return gw_refuse(r, GW_R_FORBIDDEN, NULL);
	add(r, "Access-Control-Allow-Methods", "GET, POST");
	add(r, "Access-Control-Allow-Headers", "Authorization, Content-Type");
	add(r, "Access-Control-Max-Age", "600");
	return gw_reply_set(r, 204, NULL, bytes_of(NULL, 0));
}
