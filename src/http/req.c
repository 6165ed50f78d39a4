/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the surface and the route of a request and offers views of it. The
 * one place where host and path are judged.
 */
#include "http/req.h"

#include "http/filter.h"
#include "http/route.h"
#include "http/uri.h"
#include "http/world.h"

/* set_host takes the name asked for; an absolute target must agree with the
 * Host field (RFC 9112 3.2.2 would overrule it, which hides attacks). */
static bool
set_host(struct gw_req *r, const struct gw_target *t)
{
	r->host = r->head.host_name;
	return t->authority.len == 0 || bytes_eq(t->authority, r->head.host);
}

static bool
host_fits(const struct gw_surface *s, struct bytes host)
{
	size_t i;

	for (i = 0; i < s->hosts.cnt && !s->any_host; i++)
		if (gw_same_nocase(s->hosts.words[i], host))
			return true;
	return s->any_host;
}

/* prefix_fits: /rpc is the prefix of /rpc and /rpc/x, not of /rpcx. */
static bool
prefix_fits(struct bytes prefix, struct bytes path)
{
	return path.len >= prefix.len &&
	       bytes_eq(prefix, bytes_of(path.ptr, prefix.len)) &&
	       (path.len == prefix.len || path.ptr[prefix.len] == '/');
}

const struct gw_mount *
gw_req_mount(
    const struct gw_req *r, const struct gw_listener *listener, bool *host_ok)
{
	const struct gw_mount *best = NULL;
	bool best_ok = false;
	size_t i;

	for (i = 0; i < r->conf->mount_cnt; i++) {
		const struct gw_mount *m = &r->conf->mounts[i];
		bool ok;

		if (strcmp(m->listener->name, listener->name) != 0 ||
		    !prefix_fits(m->prefix, r->path))
			continue;
		ok = host_fits(m->surface, r->host);
		if (best_ok && !ok)
			continue;
		if (best == NULL || ok != best_ok ||
		    m->prefix.len > best->prefix.len) {
			best = m;
			best_ok = ok;
		}
	}
	*host_ok = best_ok;
	return best;
}

/* Reliability H9, RFC 9110 9.1. */
static bool
method_is_known(struct gw_req *r)
{
	static const char *const refused[] = {"TRACE", "CONNECT"};
	size_t i;

	if (r->head.method != GW_METHOD_OTHER)
		return true;
	for (i = 0; i < 2; i++) {
		if (!bytes_eq(r->head.method_text, bytes_of_str(refused[i])))
			continue;
		(void)gw_refuse(r, GW_R_METHOD, NULL);
		return false;
	}
	(void)gw_refuse(r, GW_R_NOT_IMPLEMENTED, NULL);
	return false;
}

/* OPTIONS * asks about the server, not about anything on it. */
static void
answer_star(struct gw_req *r)
{
	if (r->head.method != GW_OPTIONS) {
		(void)gw_refuse(r, GW_R_BAD_REQUEST, NULL);
		return;
	}
	gw_reply_field(r, "Allow", bytes_of_str("GET, HEAD, POST, OPTIONS"));
	(void)gw_reply_set(r, 204, NULL, bytes_of(NULL, 0));
}

bool
gw_req_route(struct gw_req *r, const struct gw_listener *listener)
{
	struct gw_target t = gw_target_read(r->head.target);
	const struct gw_mount *m;
	bool host_ok;

	if (!method_is_known(r))
		return false;
	if (t.kind == GW_TARGET_STAR) {
		answer_star(r);
		return false;
	}
	if (t.kind == GW_TARGET_BAD || !set_host(r, &t) ||
	    !gw_path_read(&r->arena, &r->path, t.path)) {
		(void)gw_refuse(r, GW_R_BAD_REQUEST, NULL);
		return false;
	}
	r->query = t.query;
	m = gw_req_mount(r, listener, &host_ok);
	if (m == NULL) {
		(void)gw_refuse(r, GW_R_NOT_FOUND, NULL);
		return false;
	}
	r->surface = m->surface;
	r->rest =
	    bytes_of(r->path.ptr + m->prefix.len, r->path.len - m->prefix.len);
	r->origin = gw_cors_origin(r);
	if (!host_ok) {
		(void)gw_refuse(r,
		    m->surface->kind == GW_RPC ? GW_R_BAD_HOST
					       : GW_R_MISDIRECTED,
		    NULL);
		return false;
	}
	(void)gw_route_find(r);
	return true;
}

struct gw_path
gw_req_base(const struct gw_req *r)
{
	size_t len = r->surface == NULL ? 0 : r->path.len - r->rest.len;

	return (struct gw_path){bytes_of(r->path.ptr, len)};
}

bool
gw_req_id_ok(struct bytes id)
{
	size_t i;

	for (i = 0; i < id.len; i++) {
		uint8_t c = id.ptr[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= 'a' && c <= 'z') && c != '.' && c != '_' && c != '-')
			return false;
	}
	return id.len > 0 && id.len <= GW_REQ_ID_MAX;
}

void
gw_req_set_id(struct gw_req *r, const char *fallback)
{
	struct bytes id;

	if (!gw_head_field(&id, &r->head, "x-request-id") || !gw_req_id_ok(id))
		id = bytes_of_str(fallback);
	memcpy(r->id, id.ptr, id.len);
	r->id[id.len] = '\0';
}

struct gw_place
gw_req_place(const struct gw_req *r)
{
	if (r->place.kind != GW_PLACE_UNSET)
		return r->place;
	return gw_place_of(
	    r->world->geo, r->conf->geo_maps, r->conf->geo_map_cnt, &r->client);
}

bool
gw_req_is_type(const struct gw_req *r, const char *type)
{
	struct bytes value;
	size_t i;

	if (!gw_head_field(&value, &r->head, "content-type"))
		return false;
	for (i = 0; i < value.len; i++)
		if (value.ptr[i] == ';' || value.ptr[i] == ' ' ||
		    value.ptr[i] == '\t')
			break;
	return gw_eq_nocase(bytes_of(value.ptr, i), type);
}

bool
gw_req_is_json(const struct gw_req *r)
{
	return gw_req_is_type(r, "application/json");
}

bool
gw_req_query(const struct gw_req *r, struct bytes *value, const char *name)
{
	const struct gw_value *v = gw_value_find(&r->values, GW_IN_QUERY, name);

	if (v != NULL)
		*value = v->value;
	return v != NULL;
}

/* say_json puts together what is wrong; the text begins with a word of ours,
 * whatever the key is. */
static const char *
say_json(struct gw_req *r, struct bytes key, const char *fault)
{
	const char *text;

	if (key.len == 0)
		return fault;
	key = gw_name_shown(key);
	text = arena_str(&r->arena, "field \"%.*s\": %s", (int)key.len,
	    (const char *)key.ptr, fault);
	return text == NULL ? fault : text;
}

const struct gw_json *
gw_req_json(struct gw_req *r, const char **why)
{
	const struct gw_json_doc *doc = &r->values.json;

	*why = NULL;
	if (doc->fault != NULL)
		*why = say_json(r, doc->fault_key, doc->fault);
	else if (doc->doubt != NULL)
		*why = say_json(r, doc->doubt_key, doc->doubt);
	return *why == NULL ? doc->root : NULL;
}
