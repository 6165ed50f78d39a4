/* SPDX-License-Identifier: Apache-2.0
 *
 * Judges a WebSocket handshake and answers it with 101. What comes after is
 * the gateway's.
 */
#include "http/upgrade.h"

#include "base/check.h"
#include "http/world.h"
#include "http/ws.h"

/* has_item looks for a word in a field that is a list. */
static bool
has_item(const struct gw_req *r, const char *field, const char *word)
{
	struct bytes list, item;

	if (!gw_head_field(&list, &r->head, field))
		return false;
	while (gw_list_next(&item, &list))
		if (gw_eq_nocase(item, word))
			return true;
	return false;
}

/* asks tells whether another protocol is wanted, and one we speak. */
static bool
asks(const struct gw_req *r)
{
	return r->surface->websocket && r->head.method == GW_GET &&
	       r->head.minor > 0 && has_item(r, "upgrade", "websocket") &&
	       has_item(r, "connection", "upgrade");
}

/* may_come: a browser sends the password that it remembers with a page's
 * handshake and asks nobody, so that the page must be one of those that may
 * call (RFC 6455 10.2). */
static bool
may_come(const struct gw_req *r)
{
	struct bytes origin;

	return r->origin.len > 0 || !gw_head_field(&origin, &r->head, "origin");
}

/* can_keep checks that the messages' head can be kept. */
static bool
can_keep(const struct gw_req *r)
{
	uint8_t room[GW_UPGRADE_HEAD_MAX];
	struct buf out = buf_of(room, sizeof(room));

	return gw_upgrade_head(&out, r);
}

static enum gw_step
refuse_plain(struct gw_req *r)
{
	r->allowed = 1u << GW_POST;
	return gw_refuse(r, GW_R_METHOD, NULL);
}

static enum gw_step
refuse_version(struct gw_req *r)
{
	gw_reply_field(r, "Upgrade", bytes_of_str("websocket"));
	gw_reply_field(r, "Sec-WebSocket-Version", bytes_of_str("13"));
	return gw_refuse(r, GW_R_UPGRADE, NULL);
}

static enum gw_step
accept(struct gw_req *r, struct bytes key)
{
	char text[GW_WS_ACCEPT_LEN + 1];
	struct bytes kept;

	if (!gw_ws_accept(text, key))
		return gw_refuse(
		    r, GW_R_BAD_REQUEST, "Sec-WebSocket-Key is no 16 bytes");
	kept = arena_copy(&r->arena, bytes_of(text, GW_WS_ACCEPT_LEN));
	if (kept.ptr == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	gw_reply_field(r, "Sec-WebSocket-Accept", kept);
	r->reply.upgrades = true;
	return gw_reply_set(r, 101, NULL, bytes_of(NULL, 0));
}

static enum gw_step
shake(struct gw_req *r)
{
	struct bytes version, key = {NULL, 0};

	if (!asks(r))
		return refuse_plain(r);
	if (!gw_head_field(&version, &r->head, "sec-websocket-version") ||
	    !bytes_eq(version, bytes_of_str("13")))
		return refuse_version(r);
	if (!may_come(r))
		return gw_refuse_by(r, GW_R_FORBIDDEN, "origin");
	if (r->head.body != GW_BODY_NONE)
		return gw_refuse(r, GW_R_BAD_REQUEST, "body in a handshake");
	if (r->world->is_draining)
		return gw_refuse(r, GW_R_UNAVAILABLE, NULL);
	if (!can_keep(r))
		return gw_refuse(r, GW_R_LARGE_HEAD, NULL);
	(void)gw_head_field(&key, &r->head, "sec-websocket-key");
	return accept(r, key);
}

gw_stage_fn *const gw_upgrade[] = {shake, NULL};

/* --- the head of messages --- */

/* is_passing tells of fields that are the handshake's, or one request's. */
static bool
is_passing(struct bytes name)
{
	static const char *const names[] = {"connection", "upgrade",
	    "sec-websocket-key", "sec-websocket-version",
	    "sec-websocket-protocol", "sec-websocket-extensions",
	    "x-request-id", "content-type", "content-length", "expect",
	    "keep-alive", "pragma", "cache-control", "accept",
	    "accept-encoding", "accept-language", "user-agent"};
	size_t i;

	for (i = 0; i < ARRAY_CNT(names); i++)
		if (gw_eq_nocase(name, names[i]))
			return true;
	return false;
}

static bool
put(struct buf *out, struct bytes b)
{
	return buf_put(out, b.ptr, b.len);
}

static bool
put_str(struct buf *out, const char *s)
{
	return put(out, bytes_of_str(s));
}

bool
gw_upgrade_head(struct buf *out, const struct gw_req *r)
{
	const struct gw_field *f = r->head.fields;
	size_t i;

	if (!put_str(out, "POST ") || !put(out, r->head.target) ||
	    !put_str(out, " HTTP/1.1\r\n"))
		return false;
	for (i = 0; i < r->head.field_cnt; i++)
		if (!is_passing(f[i].name) &&
		    !(put(out, f[i].name) && put_str(out, ": ") &&
			put(out, f[i].value) && put_str(out, "\r\n")))
			return false;
	return put_str(out, "Content-Type: application/json\r\n\r\n");
}
