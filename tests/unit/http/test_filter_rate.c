/* SPDX-License-Identifier: Apache-2.0
 *
 * Filters rate and user_rate on whole requests: who is counted, by how much,
 * and what a 429 says.
 */
#include <stdio.h>

#include "base/check.h"
#include "http/filter.h"
#include "http/rpc.h"
#include "rig.h"
#include "test.h"

static enum gw_step
tell(struct gw_req *r)
{
	return gw_reply_set(r, 200, GW_TYPE_TEXT, r->body);
}

static gw_stage_fn *const telling[] = {tell, NULL};

static const struct gw_route routes[] = {
    {GW_GET, "/", GW_WALLET, GW_CLOSED, telling, 0},
    {GW_GET, "/open", GW_WALLET, GW_OPEN, telling, 0},
    {GW_POST, "/", GW_RPC, GW_CLOSED, gw_rpc, 0},
};

/* Everybody comes through a proxy, so that a field says who it is. */
#define HEAD                                                                   \
	"[gateway]\nhome = /h\n[listener a]\naddress = 127.0.0.1:1\n"          \
	"tls = no\nproxies = 127.0.0.1\n"
#define WALLET "[surface w]\nserves = wallet\nat = a /\nhosts = x\n"

static const char by_address[] = HEAD WALLET
    "filters = rate\nrate = 2/s\nrate_burst = 3\n"
    "rate_free = 10.0.0.0/8\n"
    "[surface r]\nserves = rpc\nat = a /rpc\nhosts = x\nfilters = rate\n"
    "rate = 60/m\nrate_burst = 10\nrate_dear = 4\n";
static const char told[] = HEAD WALLET
    "filters = rate\nrate = 2/s\nrate_burst = 3\nrate_fields = yes\n"
    "rate_free = 10.0.0.0/8\n"
    "[surface r]\nserves = rpc\nat = a /rpc\nhosts = x\n"
    "filters = rate basic user_rate\nusers = u\nrate = 60/m\n"
    "rate_burst = 10\nuser_rate = 120/m\nuser_burst = 8\n"
    "rate_fields = yes\n";
static const char by_user[] =
    HEAD WALLET "filters = basic user_rate\nusers = u\nuser_rate = 120/m\n"
		"user_burst = 2\n";
static const char users[] =
    "ann:scrypt$16384$8$5$000102030405060708090a0b0c0d0e0f$"
    "0000000000000000000000000000000000000000000000000000000000000000\n"
    "bob:scrypt$16384$8$5$100102030405060708090a0b0c0d0e0f$"
    "0000000000000000000000000000000000000000000000000000000000000000\n";

#define ANN "Authorization: Basic YW5uOnNlY3JldA==\r\n"
#define BOB "Authorization: Basic Ym9iOnNlY3JldA==\r\n"

/* send asks for path from an address; every password is right. */
static unsigned
send(struct rig *g, const char *from, const char *method, const char *path,
    const char *more)
{
	char head[512];

	(void)snprintf(head, sizeof(head),
	    "%s %s HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: %s\r\n%s\r\n",
	    method, path, from, more);
	rig_next(g);
	rig_send(g, "a", arena_str(&g->conf->arena, "%s", head), routes,
	    ARRAY_CNT(routes));
	if (g->run == GW_RUN_WAIT && g->req.effect.kind == GW_EFFECT_PASSWORD) {
		g->req.effect.rc = RC_OK;
		g->req.effect.u.password.fits = true;
		rig_go(g);
	}
	return g->run == GW_RUN_REPLY ? g->req.reply.status : 0;
}

static unsigned
get(struct rig *g, const char *from)
{
	return send(g, from, "GET", "/", "");
}

/* call sends a body to the rpc surface; 0: it waits for the node. */
static unsigned
call(struct rig *g, const char *from, const char *body)
{
	char more[96];

	(void)snprintf(more, sizeof(more),
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n",
	    strlen(body));
	(void)send(g, from, "POST", "/rpc", more);
	if (g->run == GW_RUN_BODY)
		rig_body(g, body);
	return g->run == GW_RUN_REPLY ? g->req.reply.status : 0;
}

/* field returns the only field of a name, "" when there is none or more. */
static const char *
field(struct rig *g, const char *name)
{
	const struct gw_reply *p = &g->req.reply;
	const char *value = NULL;
	size_t i;

	for (i = 0; i < p->field_cnt; i++) {
		if (strcmp(p->fields[i].name, name) != 0)
			continue;
		if (value != NULL)
			return "";
		value = arena_str(&g->conf->arena, "%.*s",
		    (int)p->fields[i].value.len,
		    (const char *)p->fields[i].value.ptr);
	}
	return value == NULL ? "" : value;
}

TEST(test_filter_rate_refusal_says_when_to_come_again)
{
	struct rig g;
	unsigned i;

	EXPECT(rig_open(&g, by_address, NULL));
	for (i = 0; i < 3; i++)
		EXPECT_U64(get(&g, "192.0.2.1"), 200);
	EXPECT_STR(field(&g, "RateLimit"), "");
	EXPECT_U64(get(&g, "192.0.2.1"), 429);
	EXPECT_STR(field(&g, "Retry-After"), "1");
	EXPECT_STR(field(&g, "RateLimit-Policy"), "\"address\";q=3;w=2");
	EXPECT_STR(field(&g, "RateLimit"), "\"address\";r=0;t=1");
	EXPECT_U64(g.req.rulings[GW_FILTER_RATE].verdict, GW_VERDICT_REFUSE);
	EXPECT_STR(g.req.rulings[GW_FILTER_RATE].rule, "requests");
	/* In the look of the wallet API. */
	EXPECT_BYTES(g.req.reply.body,
	    bytes_of_str("{\"meta\":{\"code\":429,"
			 "\"message\":\"Too Many Requests\"}}"));
	g.world.mono_ms += 499;
	EXPECT_U64(get(&g, "192.0.2.1"), 429);
	g.world.mono_ms += 1;
	EXPECT_U64(get(&g, "192.0.2.1"), 200);
	rig_close(&g);
}

TEST(test_filter_rate_counts_each_client_by_itself)
{
	static const struct {
		const char *from;
		unsigned status;
	} row[] = {
	    {"192.0.2.1", 429},
	    {"::ffff:192.0.2.1", 429},
	    {"192.0.2.2", 200},
	    {"2001:db8:1:1::5", 200},
	    {"2001:db8:1:1::6", 200},
	    {"2001:db8:1:1:ffff::7", 200},
	    {"2001:db8:1:1::8", 429},
	    {"2001:db8:1:2::5", 200},
	};
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, by_address, NULL));
	for (i = 0; i < 3; i++)
		EXPECT_U64(get(&g, "192.0.2.1"), 200);
	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].from);
		EXPECT_U64(get(&g, row[i].from), row[i].status);
		test_count(1);
	}
	test_row(NULL);
	/* Another surface is another count, and some have none. */
	EXPECT_U64(send(&g, "192.0.2.1", "GET", "/rpc", ""), 405);
	for (i = 0; i < 50; i++)
		EXPECT_U64(get(&g, "10.9.8.7"), 200);
	rig_close(&g);
}

TEST(test_filter_rate_counts_whatever_is_asked)
{
	static const struct {
		const char *method, *path;
		unsigned status;
	} row[] = {{"GET", "/open", 200}, {"GET", "/nowhere", 404},
	    {"DELETE", "/", 404}};
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, by_address, NULL));
	for (i = 0; i < ARRAY_CNT(row); i++)
		EXPECT_U64(
		    send(&g, "192.0.2.1", row[i].method, row[i].path, ""),
		    row[i].status);
	EXPECT_U64(get(&g, "192.0.2.1"), 429);
	EXPECT_U64(send(&g, "192.0.2.1", "GET", "/nowhere", ""), 429);
	rig_close(&g);
}

#define ID(method) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\"}"

TEST(test_filter_rate_counts_calls_of_a_batch)
{
	struct rig g;

	EXPECT(rig_open(&g, by_address, NULL));
	EXPECT_U64(call(&g, "192.0.2.1",
		       "[" ID("eth_chainId") "," ID("eth_chainId") "," ID(
			   "admin_peers") "]"),
	    0);
	EXPECT_U64(call(&g, "192.0.2.1", ID("eth_sendRawTransaction")), 0);
	/* Three are left; a call dear or not is refused or taken whole. */
	EXPECT_U64(call(&g, "192.0.2.1", ID("eth_sendRawTransaction")), 429);
	EXPECT_BYTES(g.req.reply.body,
	    bytes_of_str("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{"
			 "\"code\":-32005,\"message\":"
			 "\"too many requests: this one counts for 4 "
			 "units\"}}"));
	EXPECT_STR(field(&g, "Retry-After"), "1");
	EXPECT_STR(field(&g, "RateLimit-Policy"), "\"address\";q=10;w=10");
	EXPECT_STR(field(&g, "RateLimit"), "\"address\";r=2;t=1");
	EXPECT_U64(g.req.rulings[GW_FILTER_RATE].verdict, GW_VERDICT_REFUSE);
	EXPECT_STR(g.req.rulings[GW_FILTER_RATE].rule, "calls");
	EXPECT_U64(call(&g, "192.0.2.1",
		       "[" ID("eth_chainId") "," ID("eth_chainId") "]"),
	    0);
	EXPECT_U64(call(&g, "192.0.2.1", ID("eth_chainId")), 429);
	rig_close(&g);
}

/* A class costs what the surface says, each call of a batch its own. */
TEST(test_filter_rate_counts_calls_by_their_class)
{
	static const struct {
		const char *body;
		unsigned units;
	} row[] = {
	    {ID("eth_getBalance"), 1},
	    {ID("eth_call"), 2},
	    {ID("eth_estimateGas"), 3},
	    {ID("eth_getLogs"), 5},
	    {ID("eth_simulateV1"), 5},
	    {"[" ID("eth_getLogs") "," ID("eth_call") "," ID("x") "]", 8},
	    {ID("debug_traceCall"), 7},
	    {"[" ID("debug_traceCall") "," ID("txpool_content") "]", 12},
	    /* what is refused costs what asking costs */
	    {ID("admin_peers"), 1},
	    {ID("personal_sign"), 1},
	    {"{", 1},
	};
	static const char conf[] =
	    HEAD "[surface r]\nserves = rpc\nat = a /rpc\nhosts = x\n"
		 "filters = basic user_rate\nusers = u\nuser_rate = 1/s\n"
		 "user_burst = 3600\nrate_dear = 3\nrate_scan = 5\n"
		 "rate_trace = 7\nmethods_for = ann default debug_* "
		 "txpool_content\nrate_fields = yes\n";
	char more[128], left[64];
	unsigned long long have = 3600;
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, conf, users));
	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].body);
		(void)snprintf(more, sizeof(more),
		    ANN "Content-Type: application/json\r\n"
			"Content-Length: %zu\r\n",
		    strlen(row[i].body));
		(void)send(&g, "192.0.2.1", "POST", "/rpc", more);
		EXPECT(g.run == GW_RUN_BODY);
		rig_body(&g, row[i].body);
		have -= row[i].units;
		(void)snprintf(left, sizeof(left), "\"user\";r=%llu;t=%llu",
		    have, 3600 - have);
		EXPECT_STR(field(&g, "RateLimit"), left);
		test_count(1);
	}
	rig_close(&g);
}

/* members joins all fields of a name, as a client reads a list. */
static const char *
members(struct rig *g, const char *name)
{
	const struct gw_reply *p = &g->req.reply;
	const char *all = "";
	size_t i;

	for (i = 0; i < p->field_cnt; i++)
		if (strcmp(p->fields[i].name, name) == 0)
			all = arena_str(&g->conf->arena, "%s%s%.*s", all,
			    all[0] != '\0' ? ", " : "",
			    (int)p->fields[i].value.len,
			    (const char *)p->fields[i].value.ptr);
	return all;
}

TEST(test_filter_rate_fields_on_every_answer_where_wanted)
{
	static const char batch[] = "[" ID("eth_chainId") "," ID(
	    "eth_chainId") "," ID("eth_chainId") "]";
	char more[128];
	struct rig g;

	(void)snprintf(more, sizeof(more),
	    ANN "Content-Type: application/json\r\nContent-Length: %zu\r\n",
	    strlen(batch));
	EXPECT(rig_open(&g, told, users));
	EXPECT_U64(get(&g, "192.0.2.1"), 200);
	EXPECT_STR(members(&g, "RateLimit-Policy"), "\"address\";q=3;w=2");
	EXPECT_STR(members(&g, "RateLimit"), "\"address\";r=2;t=1");
	EXPECT_STR(members(&g, "Retry-After"), "");
	EXPECT_U64(get(&g, "192.0.2.1"), 200);
	EXPECT_U64(get(&g, "192.0.2.1"), 200);
	EXPECT_STR(members(&g, "RateLimit"), "\"address\";r=0;t=2");
	EXPECT_U64(get(&g, "192.0.2.1"), 429);
	EXPECT_STR(members(&g, "RateLimit"), "\"address\";r=0;t=1");
	EXPECT_STR(members(&g, "Retry-After"), "1");
	/* Nothing of whom nobody counts. */
	EXPECT_U64(get(&g, "10.0.0.1"), 200);
	EXPECT_STR(members(&g, "RateLimit"), "");
	/* Both rules, after what calls have cost. */
	(void)send(&g, "192.0.2.2", "POST", "/rpc", more);
	EXPECT(g.run == GW_RUN_BODY);
	rig_body(&g, batch);
	EXPECT(g.run == GW_RUN_WAIT);
	EXPECT_STR(members(&g, "RateLimit-Policy"),
	    "\"address\";q=10;w=10, \"user\";q=8;w=4");
	EXPECT_STR(
	    members(&g, "RateLimit"), "\"address\";r=7;t=3, \"user\";r=5;t=2");
	/* A refusal for calls replaces what was said of its rule before. */
	(void)send(&g, "192.0.2.2", "POST", "/rpc", more);
	rig_body(&g, batch);
	(void)send(&g, "192.0.2.2", "POST", "/rpc", more);
	rig_body(&g, batch);
	EXPECT_U64(g.req.reply.status, 429);
	EXPECT_STR(
	    members(&g, "RateLimit"), "\"address\";r=1;t=9, \"user\";r=1;t=1");
	EXPECT_STR(members(&g, "Retry-After"), "1");
	rig_close(&g);
}

TEST(test_filter_rate_of_a_trial_takes_nothing)
{
	struct rig g;
	unsigned i;

	EXPECT(rig_open(&g, by_address, NULL));
	EXPECT_U64(get(&g, "192.0.2.1"), 200);
	EXPECT_U64(get(&g, "192.0.2.1"), 200);
	for (i = 0; i < 5; i++) {
		g.req.is_trial = true;
		g.req.at = GW_FILTER_RATE;
		g.req.reply = (struct gw_reply){0};
		EXPECT(gw_filter_call(&g.req) == GW_NEXT);
	}
	EXPECT_U64(get(&g, "192.0.2.1"), 200);
	g.req.is_trial = true;
	g.req.at = GW_FILTER_RATE;
	g.req.reply = (struct gw_reply){0};
	EXPECT(gw_filter_call(&g.req) == GW_DONE);
	EXPECT_U64(g.req.reply.status, 429);
	EXPECT_U64(get(&g, "192.0.2.1"), 429);
	rig_close(&g);
}

TEST(test_filter_user_rate_counts_a_user_wherever_from)
{
	struct rig g;

	EXPECT(rig_open(&g, by_user, users));
	EXPECT_U64(send(&g, "192.0.2.1", "GET", "/", ANN), 200);
	EXPECT_U64(send(&g, "192.0.2.2", "GET", "/", ANN), 200);
	EXPECT_U64(send(&g, "192.0.2.3", "GET", "/", ANN), 429);
	EXPECT_STR(field(&g, "RateLimit-Policy"), "\"user\";q=2;w=1");
	EXPECT_STR(field(&g, "RateLimit"), "\"user\";r=0;t=1");
	EXPECT_STR(g.req.rulings[GW_FILTER_USER_RATE].rule, "requests");
	EXPECT_U64(send(&g, "192.0.2.3", "GET", "/", BOB), 200);
	/* Nobody is counted who has not shown who he is. */
	EXPECT_U64(send(&g, "192.0.2.1", "GET", "/open", ANN), 200);
	EXPECT_U64(send(&g, "192.0.2.1", "GET", "/", ""), 401);
	g.world.mono_ms += 500;
	EXPECT_U64(send(&g, "192.0.2.3", "GET", "/", ANN), 200);
	rig_close(&g);
}

TEST(test_filter_rate_in_shadow_refuses_nothing)
{
	char conf[1024];
	struct rig g;
	unsigned i;

	(void)snprintf(conf, sizeof(conf), "%sshadow = rate\n", by_address);
	EXPECT(rig_open(&g, conf, NULL));
	for (i = 0; i < 5; i++)
		EXPECT_U64(call(&g, "192.0.2.1", ID("eth_getLogs")), 0);
	EXPECT_U64(g.req.rulings[GW_FILTER_RATE].verdict, GW_VERDICT_SHADOW);
	EXPECT_STR(g.req.rulings[GW_FILTER_RATE].rule, "calls");
	for (i = 0; i < 5; i++)
		EXPECT_U64(call(&g, "192.0.2.1", ID("eth_chainId")), 0);
	EXPECT_U64(g.req.rulings[GW_FILTER_RATE].verdict, GW_VERDICT_SHADOW);
	EXPECT_STR(g.req.rulings[GW_FILTER_RATE].rule, "requests");
	EXPECT_U64(g.req.reply.field_cnt, 0);
	rig_close(&g);
}
