/* SPDX-License-Identifier: Apache-2.0
 *
 * The rig of rig.h.
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "http/forwarded.h"
#include "sqlrules.h"
#include "test.h"

const char rig_conf[] =
    "[gateway]\nhome = /h\n"
    "[listener tls]\naddress = 127.0.0.1:1\ntls = no\n"
    "[listener loop]\naddress = 127.0.0.1:2\ntls = no\n"
    "[surface wallet]\nserves = wallet\nat = tls /\nhosts = a.example\n"
    "filters = basic\nusers = u\nrealm = r 1\nbody_max = 1024\n"
    "[surface rpc]\nserves = rpc\nat = tls /rpc\nat = loop /\n"
    "hosts = A.example 127.0.0.1 [::1]\nbatch_max = 3\n"
    "[surface ops]\nserves = ops\nat = loop /ops\nhosts = *\n"
    "filters = net cors\ndeny = 10.0.0.0/8 2001:db8::/32\n"
    "cors = https://x.example\n";

static void
say(void *ctx, const char *file, unsigned line, const char *text)
{
	struct rig *g = ctx;
	size_t len = strlen(g->said);

	(void)file;
	snprintf(g->said + len, sizeof(g->said) - len, "%u: %s\n", line, text);
}

static const char *
env(const char *name)
{
	return strcmp(name, "RIG") == 0 ? "value" : NULL;
}

bool
rig_open(struct rig *g, const char *conf, const char *users)
{
	struct gw_conf_say to_rig = {say, g};
	struct err e;
	size_t i;

	memset(g, 0, sizeof(*g));
	if (gw_conf_read(&g->conf, "c", bytes_of_str(conf), env, &to_rig, &e) !=
	    RC_OK)
		return false;
	for (i = 0; i < g->conf->surface_cnt && users != NULL; i++)
		CHECK(
		    gw_conf_set_users(g->conf, g->conf->surfaces[i].users_file,
			bytes_of_str(users), &to_rig, &e) == RC_OK);
	g->world.creds = gw_creds_new();
	g->world.throttle = mem_new(sizeof(*g->world.throttle));
	gw_throttle_init(g->world.throttle);
	g->world.rates = mem_new(sizeof(*g->world.rates));
	gw_rate_init(g->world.rates);
	g->world.sql_rules = test_sql_rules();
	g->world.mono_ms = 1000;
	return true;
}

enum rc
rig_check_routes(struct rig *g, const struct gw_route *routes, size_t cnt)
{
	struct gw_conf_say to_rig = {say, g};
	struct err e;

	return gw_conf_check_routes(g->conf, routes, cnt, &to_rig, &e);
}

void
rig_warn(struct rig *g)
{
	struct gw_conf_say to_rig = {say, g};

	gw_conf_warn(g->conf, &to_rig);
}

static const struct gw_listener *
find(const struct rig *g, const char *name)
{
	size_t i;

	for (i = 0; i < g->conf->listener_cnt; i++)
		if (!strcmp(g->conf->listeners[i].name, name))
			return &g->conf->listeners[i];
	abort();
}

void
rig_send(struct rig *g, const char *listener, const char *head,
    const struct gw_route *routes, size_t route_cnt)
{
	struct gw_req *r = &g->req;

	g->world.routes = routes;
	g->world.route_cnt = route_cnt;
	memset(r, 0, sizeof(*r));
	arena_init(&r->arena, GW_REQ_MEMORY_MAX);
	r->world = &g->world;
	r->conf = g->conf;
	(void)gw_addr_read(&r->peer.addr, bytes_of_str("127.0.0.1"));
	r->client = r->peer.addr;
	g->status = gw_head_read(&r->head, g->store, bytes_of_str(head));
	if (g->status != 0)
		return;
	r->client =
	    gw_forwarded_client(g->conf, listener, &r->peer.addr, &r->head);
	gw_req_set_id(r, "own-id");
	if (!gw_req_route(r, find(g, listener)))
		g->run = GW_RUN_REPLY;
	else
		g->run = gw_run(r);
}

void
rig_go(struct rig *g)
{
	g->run = gw_run(&g->req);
}

void
rig_body(struct rig *g, const char *body)
{
	CHECK(g->run == GW_RUN_BODY);
	g->req.body = bytes_of_str(body);
	rig_go(g);
}

void
rig_next(struct rig *g)
{
	arena_drop(&g->req.arena);
}

void
rig_close(struct rig *g)
{
	rig_next(g);
	gw_creds_free(g->world.creds);
	mem_free(g->world.throttle);
	mem_free(g->world.rates);
	gw_conf_drop(g->conf);
}
