/* SPDX-License-Identifier: Apache-2.0
 *
 * Decides between 308 and refusal, and writes where to go. The name in it is
 * the one asked for, which is one of the surface's: nobody is led elsewhere.
 */
#include "http/redirect.h"

#include "http/req.h"
#include "http/route.h"
#include "http/uri.h"

enum { HTTPS_PORT = 443 };

/* is_api tells whether the path belongs to an API over there: any path of
 * JSON-RPC and of operators; of the wallet API what it has routes for, but
 * not its root, where people begin. */
static bool
is_api(const struct gw_req *r)
{
	struct gw_req there = *r;
	const struct gw_mount *m;
	bool host_ok;

	m = gw_req_mount(r, r->surface->to, &host_ok);
	if (m == NULL)
		return false;
	if (m->surface->kind != GW_WALLET)
		return true;
	there.surface = m->surface;
	there.rest =
	    bytes_of(r->path.ptr + m->prefix.len, r->path.len - m->prefix.len);
	return there.rest.len > 1 &&
	       (gw_route_find(&there) || there.allowed != 0);
}

static bool
may_follow(const struct gw_req *r)
{
	struct bytes value;

	return (r->head.method == GW_GET || r->head.method == GW_HEAD) &&
	       r->head.body == GW_BODY_NONE &&
	       !gw_head_field(&value, &r->head, "authorization") && !is_api(r);
}

/* put_place writes the URL; path and query as they were sent, which the
 * framing has found free of blanks and controls. */
static const char *
place(struct gw_req *r)
{
	struct gw_target t = gw_target_read(r->head.target);
	uint64_t port = r->surface->to_port != 0 ? r->surface->to_port
						 : r->surface->to->addr.port;
	bool is_v6 = memchr(r->host.ptr, ':', r->host.len) != NULL;
	const char *at = port == HTTPS_PORT ? ""
					    : arena_str(&r->arena, ":%llu",
						  (unsigned long long)port);

	if (at == NULL)
		return NULL;
	return arena_str(&r->arena, "https://%s%.*s%s%s%.*s%s%.*s",
	    is_v6 ? "[" : "", (int)r->host.len, (const char *)r->host.ptr,
	    is_v6 ? "]" : "", at, (int)t.path.len, (const char *)t.path.ptr,
	    t.query.len > 0 ? "?" : "", (int)t.query.len,
	    (const char *)t.query.ptr);
}

enum gw_step
gw_redirect(struct gw_req *r)
{
	const char *url, *text;

	if (!may_follow(r))
		return gw_refuse(r, GW_R_NO_TLS, NULL);
	url = place(r);
	text = url == NULL ? NULL : arena_str(&r->arena, "%s\n", url);
	if (text == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	gw_reply_field(r, "Location", bytes_of_str(url));
	return gw_reply_set(r, 308, GW_TYPE_TEXT, bytes_of_str(text));
}
