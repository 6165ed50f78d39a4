/* SPDX-License-Identifier: Apache-2.0
 *
 * Health, readiness and metrics. Says nothing that an outsider could use:
 * names of parts, no addresses, no versions.
 */
#include "http/ops.h"

#include "base/jsonw.h"
#include "http/explain.h"
#include "http/req.h"
#include "http/world.h"

enum { BODY_MAX = 1024 };

static enum gw_step
health(struct gw_req *r)
{
	return gw_reply_set(
	    r, 200, GW_TYPE_JSON, bytes_of_str("{\"status\":\"ok\"}"));
}

static void
put_part(struct jsonw *w, const char *name, bool is_up)
{
	jsonw_key(w, name);
	jsonw_str(w, is_up ? "up" : "down");
}

static enum gw_step
ready(struct gw_req *r)
{
	const struct gw_world *world = r->world;
	bool db_ok = world->has_db || !world->wants_db;
	bool is_ready = world->has_node && db_ok && !world->is_draining;
	struct jsonw w;

	jsonw_init(&w, BODY_MAX);
	jsonw_obj(&w);
	jsonw_key(&w, "status");
	jsonw_str(&w, is_ready ? "ready" : "not ready");
	put_part(&w, "node", world->has_node);
	if (world->wants_db)
		put_part(&w, "database", world->has_db);
	jsonw_obj_end(&w);
	if (!is_ready)
		gw_reply_field(r, "Retry-After", bytes_of_str("1"));
	return gw_reply_json(r, is_ready ? 200 : 503, &w);
}

static enum gw_step
metrics(struct gw_req *r)
{
	struct bytes text;

	if (!r->world->metrics(&r->arena, &text))
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	return gw_reply_set(
	    r, 200, "text/plain; version=0.0.4; charset=utf-8", text);
}

static enum gw_step
only_local(struct gw_req *r)
{
	return r->peer.is_tls || !gw_addr_is_loopback(&r->client)
		   ? gw_refuse(r, GW_R_NOT_FOUND, NULL)
		   : GW_NEXT;
}

static enum gw_step
explain(struct gw_req *r)
{
	struct bytes out;
	bool is_good = gw_explain(&r->arena, &out, r->world, r->conf, r->body);

	if (out.ptr == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	return gw_reply_set(r, is_good ? 200 : 400, GW_TYPE_JSON, out);
}

gw_stage_fn *const gw_health[] = {health, NULL};
gw_stage_fn *const gw_ready[] = {ready, NULL};
gw_stage_fn *const gw_metrics[] = {metrics, NULL};
gw_stage_fn *const gw_metrics_local[] = {only_local, metrics, NULL};
gw_stage_fn *const gw_explain_form[] = {explain, NULL};
gw_stage_fn *const gw_explain_local[] = {only_local, explain, NULL};
