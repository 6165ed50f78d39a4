/* SPDX-License-Identifier: Apache-2.0
 *
 * The rig of rig.h.
 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/check.h"
#include "sqlrules.h"
#include "test.h"

static const struct gw_route routes[] = {
    {GW_GET, "/", GW_WALLET, GW_CLOSED, api_root, 0},
    {GW_GET, "/v1/Eth/TransactionCount/{eth_address}", GW_WALLET, GW_CLOSED,
	api_tx_count, 0},
    {GW_POST, "/v1/Eth/SendRawTransaction", GW_WALLET, GW_CLOSED,
	api_send_raw_tx, 0},
    {GW_GET, "/v1/NodeInfo/BlockSyncStatus", GW_WALLET, GW_CLOSED,
	api_block_sync, 0},
    {GW_GET, "/v1/RequiredVersion", GW_WALLET, GW_CLOSED, api_required_version,
	0},
};

static void
say(void *ctx, const char *file, unsigned line, const char *text)
{
	(void)ctx;
	test_fail(file, (int)line, "%s", text);
}

static const char *
no_env(const char *name)
{
	(void)name;
	return NULL;
}

void
rig_open(struct rig *g, bool plain)
{
	struct gw_conf_say to_test = {say, g};
	char text[512];

	memset(g, 0, sizeof(*g));
	(void)snprintf(text, sizeof(text),
	    "[gateway]\nhome = /h\n"
	    "[listener loop]\naddress = 127.0.0.1:1\ntls = no\n"
	    "[surface wallet]\nserves = wallet\nat = loop /\nhosts = *\n"
	    "plain_transfers = %s\n",
	    plain ? "yes" : "no");
	CHECK(gw_conf_read(&g->conf, "c", bytes_of_str(text), no_env, &to_test,
		  NULL) == RC_OK);
	g->world.routes = routes;
	g->world.route_cnt = ARRAY_CNT(routes);
	g->world.sql_rules = test_sql_rules();
	g->world.mono_ms = 1000;
}

void
rig_profile(struct rig *g, enum gw_profile profile)
{
	g->conf->surfaces[0].profile = profile;
}

static void
drop_query(struct rig *g)
{
	if (g->req.effect.kind == GW_EFFECT_QUERY)
		PQclear((PGresult *)g->req.effect.u.query.result);
}

static void
drop(struct rig *g)
{
	drop_query(g);
	json_decref(g->doc);
	g->doc = NULL;
	arena_drop(&g->req.arena);
}

void
rig_close(struct rig *g)
{
	drop(g);
	gw_conf_drop(g->conf);
}

static void
send_head(struct rig *g)
{
	struct gw_req *r = &g->req;

	drop(g);
	memset(r, 0, sizeof(*r));
	arena_init(&r->arena,
	    g->memory_max > 0 ? g->memory_max : (size_t)GW_REQ_MEMORY_MAX);
	r->world = &g->world;
	r->conf = g->conf;
	CHECK(gw_head_read(&r->head, g->store, bytes_of_str(g->head)) == 0);
	gw_req_set_id(r, "id");
	g->run =
	    gw_req_route(r, &g->conf->listeners[0]) ? gw_run(r) : GW_RUN_REPLY;
}

void
rig_get(struct rig *g, const char *path)
{
	(void)snprintf(g->head, sizeof(g->head),
	    "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", path);
	send_head(g);
}

void
rig_post(struct rig *g, const char *path, const char *type, const char *body)
{
	(void)snprintf(g->head, sizeof(g->head),
	    "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    path, type, strlen(body));
	send_head(g);
	if (g->run != GW_RUN_BODY)
		return;
	g->req.body = bytes_of_str(body);
	g->run = gw_run(&g->req);
}

bool
rig_is_node(const struct rig *g, size_t cnt, const char *method)
{
	const struct gw_node_effect *n = &g->req.effect.u.node;

	if (g->run != GW_RUN_WAIT || g->req.effect.kind != GW_EFFECT_NODE ||
	    n->cnt != cnt)
		return false;
	for (size_t i = 0; i < cnt; i++)
		if (!bytes_eq(n->calls[i].method, bytes_of_str(method)))
			return false;
	return true;
}

void
rig_says(struct rig *g, size_t call, bool is_error, const char *json)
{
	struct gw_node_call *c = &g->req.effect.u.node.calls[call];

	c->is_error = is_error;
	c->answer = bytes_of_str(json);
}

void
rig_go(struct rig *g, enum rc rc)
{
	CHECK(g->run == GW_RUN_WAIT);
	g->req.effect.rc = rc;
	g->run = gw_run(&g->req);
}

void
rig_lists(struct rig *g, const char *const *texts, size_t cnt)
{
	PGresAttDesc column = {.name = (char *)(uintptr_t) "contract_address"};
	PGresult *r = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	char copy[128];

	CHECK(g->req.effect.kind == GW_EFFECT_QUERY);
	CHECK(PQsetResultAttrs(r, 1, &column) == 1);
	for (size_t i = 0; i < cnt; i++) {
		(void)snprintf(copy, sizeof(copy), "%s", texts[i]);
		CHECK(PQsetvalue(r, (int)i, 0, copy, (int)strlen(copy)) == 1);
	}
	g->req.effect.u.query.result = (struct pg_result *)r;
	g->req.effect.rc = RC_OK;
	/* As the gateway does: it is freed when the next effect begins. */
	g->run = gw_run(&g->req);
	if (g->req.effect.kind != GW_EFFECT_QUERY)
		PQclear(r);
}

const json_t *
rig_answer(struct rig *g, unsigned *status)
{
	CHECK(g->run == GW_RUN_REPLY);
	*status = g->req.reply.status;
	json_decref(g->doc);
	g->doc = json_loadb((const char *)g->req.reply.body.ptr,
	    g->req.reply.body.len, JSON_REJECT_DUPLICATES, NULL);
	EXPECT(g->doc != NULL);
	return g->doc;
}

static const char *
text_of(struct rig *g, const json_t *v)
{
	char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	const char *copy =
	    text == NULL ? "-" : arena_str(&g->req.arena, "%s", text);

	free(text);
	return copy;
}

const char *
rig_data(struct rig *g)
{
	unsigned status;
	const json_t *doc = rig_answer(g, &status);

	EXPECT_U64(status, 200);
	EXPECT_STR(text_of(g, json_object_get(doc, "meta")),
	    "{\"code\":200,\"message\":\"OK\"}");
	return text_of(g, json_object_get(doc, "data"));
}

const char *
rig_item(struct rig *g, size_t item, const char *key)
{
	unsigned status;
	const json_t *doc = rig_answer(g, &status);

	EXPECT_U64(status, 200);
	return text_of(
	    g, json_object_get(
		   json_array_get(json_object_get(doc, "data"), item), key));
}
