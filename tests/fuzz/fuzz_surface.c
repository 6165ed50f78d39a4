/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole requests to the gateway's surfaces, with the input in the place of
 * client, node, database and clock. Input: a byte of flags, head and body,
 * each behind its length (two bytes), then what each effect brings: a
 * byte that picks rc, then for a node one length (one byte) and answer per
 * call, for a query a byte of rows. The request is sent twice, as on one
 * connection. Whatever comes, the gateway answers, and where it says JSON it
 * is JSON.
 *
 * fuzz: cover=src/api/send_raw_tx.c,src/api/tx_count.c
 * fuzz: cover=src/http/rpc.c,src/http/b64.c,src/http/filter_basic.c
 * fuzz: cover=src/http/upgrade.c
 * fuzz: cover=src/http/explain.c,src/http/filter.c,src/http/filter_rate.c
 * fuzz: cover=src/http/req.c,src/http/route.c,src/http/filter_cors.c
 * lib=api
 */
#include <stdio.h>
#include <string.h>

#include <libpq-fe.h>

#include "api/api.h"
#include "base/check.h"
#include "http/creds.h"
#include "http/filter.h"
#include "http/frame.h"
#include "http/jsonscan.h"
#include "http/ops.h"
#include "http/req.h"
#include "http/rpc.h"
#include "http/throttle.h"
#include "http/upgrade.h"
#include "http/world.h"
#include "sqlrules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bits of the first input byte. */
enum {
	IS_LOCAL = 1,           /* comes in on the loopback listener */
	FITS = 2,               /* a password that has to be checked */
	IS_SHORT_OF_MEMORY = 4, /* for as much as the next byte says */
	IS_DRAINING = 8,
	IS_DENIED = 16, /* comes from an address that may not */
	IS_MESSAGE = 32 /* of a WebSocket */
};

enum { TURN_MAX = 2000, ROW_MAX = 3, BLOCK_MS = 200 };

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
    {GW_GET, "/v1/health", GW_WALLET, GW_OPEN, gw_health, 0},
    {GW_GET, "/v1/ready", GW_WALLET, GW_OPEN, gw_ready, 0},
    {GW_POST, "/", GW_RPC, GW_CLOSED, gw_rpc, 0},
    {GW_GET, "/", GW_RPC, GW_CLOSED, gw_upgrade, 0},
    {GW_POST, "/v1/explain", GW_RPC, GW_CLOSED, gw_explain_local, 0},
};

static const char conf_text[] =
    "[gateway]\nhome = /h\n"
    "[limits]\nwrong_user = 1\n"
    "[listener tls]\naddress = 127.0.0.1:1\ntls = no\n"
    "[listener loop]\naddress = 127.0.0.1:2\ntls = no\n"
    "[surface wallet]\nserves = wallet\nat = tls /\nhosts = a.example x.b\n"
    "filters = net rate cors basic user_rate sqli\nusers = u\nbody_max = 4096\n"
    "rate = 10/s\nrate_burst = 8\nuser_rate = 10/s\nuser_burst = 6\n"
    "deny = 10.0.0.0/8\ncors = https://x.example\n"
    "[surface open]\nserves = wallet\nat = loop /w\nhosts = *\n"
    "plain_transfers = yes\nfilters = net cors sqli\nsqli = detect\n"
    "body_max = 1024\nshadow = net cors size decode\n"
    "deny = 10.0.0.0/8\n"
    "[surface rpc]\nserves = rpc\nat = tls /rpc\nat = loop /\nhosts = "
    "a.example\n"
    "batch_max = 3\nfilters = rate sqli\nrate = 10/s\nrate_burst = 4\n"
    "[surface few]\nserves = rpc\nat = loop /few\nhosts = [::1] "
    "a.example\n"
    "methods = default x\n"
    "[surface dim]\nserves = wallet\nat = loop /dim\nhosts = *\n"
    "filters = basic user_rate\nusers = u\nshadow = basic\n"
    "user_rate = 10/s\nuser_burst = 6\n";

static const char users_text[] =
    "ann:scrypt$16384$8$5$000102030405060708090a0b0c0d0e0f$"
    "0000000000000000000000000000000000000000000000000000000000000000\n";

/* struct run is one input being played. */
struct run {
	struct bytes in; /* what the effects bring */
	unsigned flags;
	size_t room;
	struct gw_world world;
	struct gw_memo memo;
	PGresult *rows;
	bool is_wrong; /* a password was, these two say whose */
	uint64_t pair, address;
};

static void
say(void *ctx, const char *file, unsigned line, const char *text)
{
	(void)ctx;
	(void)file;
	check_failed(text, "fuzz_surface.conf", (int)line);
}

static const char *
no_env(const char *name)
{
	(void)name;
	return NULL;
}

/* What filters cost: each look at the clock a nanosecond. */
static uint64_t
clock_ns(void)
{
	static uint64_t ns;

	return ++ns;
}

static struct gw_conf *
conf(void)
{
	static const struct gw_conf_say to_me = {say, NULL};
	static struct gw_conf *c;

	if (c != NULL)
		return c;
	CHECK(gw_conf_read(&c, "c", bytes_of_str(conf_text), no_env, &to_me,
		  NULL) == RC_OK);
	CHECK(gw_conf_set_users(c, c->surfaces[0].users_file,
		  bytes_of_str(users_text), &to_me, NULL) == RC_OK);
	return c;
}

static uint8_t
take(struct run *x)
{
	struct bytes b;

	return bytes_take(&b, &x->in, 1) ? b.ptr[0] : 0;
}

/* As the gateway gives it: well-formed JSON, or nothing. */
static void
answer_call(struct run *x, struct gw_node_call *c)
{
	size_t len = take(x);
	struct bytes text, rest, doc;

	if (!bytes_take(&text, &x->in, len < x->in.len ? len : x->in.len))
		text = bytes_of(NULL, 0);
	rest = text;
	if (!gw_json_value(&doc, &rest) || rest.len > 0)
		text = bytes_of(NULL, 0);
	c->answer = text;
	c->is_error = text.len > 0 && text.ptr[0] == '{' && (len & 1) != 0;
}

static void
answer_query(struct run *x, struct gw_query_effect *q)
{
	static const char *const listed[] = {
	    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
	    "0x3535353535353535353535353535353535353535", ""};
	PGresAttDesc column = {.name = (char *)(uintptr_t) "contract_address"};
	int i, cnt = take(x) % (ROW_MAX + 1);
	char copy[64];

	PQclear(x->rows);
	x->rows = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	CHECK(PQsetResultAttrs(x->rows, 1, &column) == 1);
	for (i = 0; i < cnt; i++) {
		(void)snprintf(copy, sizeof(copy), "%s", listed[i]);
		CHECK(PQsetvalue(x->rows, i, 0, copy, (int)strlen(copy)) == 1);
	}
	q->result = (struct pg_result *)x->rows;
}

/* answer_password: who was wrong once is not asked again, but has to wait. */
static void
answer_password(struct run *x, struct gw_password_effect *p, enum rc rc)
{
	struct gw_throttle_rule pair = gw_rule_of_pair(conf());
	struct gw_throttle_rule address = gw_rule_of_address(conf());
	struct gw_throttle *t = x->world.throttle;

	CHECK(!x->is_wrong);
	p->fits = (x->flags & FITS) != 0;
	if (rc != RC_OK || p->fits)
		return;
	x->is_wrong = true;
	x->pair = p->pair;
	x->address = p->address;
	gw_throttle_charge(t, x->pair, &pair, x->world.mono_ms);
	gw_throttle_charge(t, x->address, &address, x->world.mono_ms);
}

/* forget leaves no wrong try to the next input. */
static void
forget(struct run *x)
{
	struct gw_throttle_rule pair = gw_rule_of_pair(conf());
	struct gw_throttle_rule address = gw_rule_of_address(conf());
	struct gw_throttle *t = x->world.throttle;

	if (!x->is_wrong)
		return;
	gw_throttle_refund(t, x->pair, &pair, x->world.mono_ms);
	gw_throttle_refund(t, x->address, &address, x->world.mono_ms);
	CHECK(gw_throttle_wait(t, x->pair, &pair, x->world.mono_ms) == 0);
}

static void
perform(struct run *x, struct gw_effect *e)
{
	static const enum rc ends[] = {RC_OK, RC_OK, RC_OK, RC_OK, RC_OK,
	    RC_TIMEOUT, RC_UNAVAILABLE, RC_TOO_LARGE, RC_INTERNAL};
	size_t i;

	e->rc = ends[take(x) % ARRAY_CNT(ends)];
	switch (e->kind) {
	case GW_EFFECT_NODE:
		CHECK(e->u.node.cnt > 0 && e->u.node.cnt <= GW_NODE_CALL_MAX);
		for (i = 0; i < e->u.node.cnt && e->rc == RC_OK; i++)
			answer_call(x, &e->u.node.calls[i]);
		return;
	case GW_EFFECT_QUERY:
		if (e->rc == RC_OK)
			answer_query(x, &e->u.query);
		return;
	case GW_EFFECT_TIMER:
		CHECK(e->u.timer_ms > 0);
		x->world.mono_ms += e->u.timer_ms;
		e->rc = RC_OK;
		return;
	case GW_EFFECT_BLOCK:
		e->rc = e->rc == RC_OK ? RC_OK : RC_TIMEOUT;
		e->u.block.seen += e->rc == RC_OK;
		x->world.mono_ms +=
		    e->rc == RC_OK ? BLOCK_MS : e->u.block.timeout_ms;
		return;
	case GW_EFFECT_PASSWORD:
		answer_password(x, &e->u.password, e->rc);
		return;
	case GW_EFFECT_FEED:
		if (e->rc == RC_OK)
			answer_call(x, e->u.feed);
		return;
	case GW_EFFECT_NONE:
	case GW_EFFECT_KIND_CNT:
		break;
	}
	CHECK(false);
}

static void
check_reply(const struct gw_req *r)
{
	static uint8_t room[GW_REPLY_HEAD_MAX];
	struct gw_reply_how how = {.date = "Thu, 01 Jan 1970 00:00:00 GMT",
	    .id = r->id,
	    .has_cors = true,
	    .origin = r->origin};
	struct buf b = buf_of(room, sizeof(room));
	const struct gw_reply *p = &r->reply;
	struct bytes doc, rest;
	size_t i, k;

	CHECK((p->status >= 200 && p->status < 600) ||
	      (p->status == 101 && p->upgrades));
	CHECK(r->origin.len == 0 ||
	      bytes_eq(r->origin, bytes_of_str("https://x.example")));
	for (i = 0; i < p->field_cnt; i++)
		for (k = 0; k < p->fields[i].value.len; k++)
			CHECK(p->fields[i].value.ptr[k] >= 0x20 &&
			      p->fields[i].value.ptr[k] != 0x7f);
	CHECK(gw_reply_head(&b, p, &how));
	if (p->type == NULL || strcmp(p->type, GW_TYPE_JSON) != 0)
		return;
	rest = p->body;
	CHECK(gw_json_value(&doc, &rest) && rest.len == 0);
}

static void
run_stages(struct run *x, struct gw_req *r, struct bytes body)
{
	const struct gw_listener *l =
	    &r->conf->listeners[x->flags & IS_LOCAL ? 1 : 0];
	enum gw_run run = gw_req_route(r, l) ? gw_run(r) : GW_RUN_REPLY;
	unsigned turn;

	for (turn = 0; run != GW_RUN_REPLY; turn++) {
		CHECK(turn < TURN_MAX);
		if (run == GW_RUN_WAIT)
			perform(x, &r->effect);
		else
			r->body = body;
		run = gw_run(r);
	}
	check_reply(r);
}

static void
request(struct run *x, struct bytes head, struct bytes body)
{
	static struct gw_field store[GW_FIELD_CNT_MAX];
	struct gw_req r = {.world = &x->world, .conf = conf()};
	struct gw_frame f;
	struct bytes v;

	gw_frame_init(&f);
	if (gw_frame_head(&f, &head, head) != GW_WHOLE)
		return;
	arena_init(&r.arena, x->room);
	r.memo = &x->memo;
	CHECK(gw_addr_read(&r.peer.addr,
	    bytes_of_str(x->flags & IS_DENIED ? "10.0.0.7" : "127.0.0.1")));
	r.client = r.peer.addr;
	r.is_message = (x->flags & IS_MESSAGE) != 0;
	if (gw_head_read(&r.head, store, head) == 0) {
		gw_req_set_id(&r, "own-id");
		(void)gw_req_query(&r, &v, "q");
		run_stages(x, &r, body);
		(void)gw_req_query(&r, &v, "q");
	}
	arena_drop(&r.arena);
	PQclear(x->rows);
	x->rows = NULL;
}

/* take_part takes what a length of two bytes says. */
static bool
take_part(struct bytes *out, struct bytes *in)
{
	struct bytes len;

	return bytes_take(&len, in, 2) && bytes_take(out, in, be16(len.ptr));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct gw_throttle throttle; /* between inputs empty */
	static struct gw_rates rates;
	/* Whatever the input before this one used has come back. */
	static uint64_t start_ms;
	struct run x = {.in = bytes_of(data, size), .room = GW_REQ_MEMORY_MAX};
	struct bytes head, body;

	x.flags = take(&x);
	if (x.flags & IS_SHORT_OF_MEMORY)
		x.room = 32 * (size_t)take(&x);
	if (!take_part(&head, &x.in) || !take_part(&body, &x.in))
		return 0;
	x.world = (struct gw_world){.routes = routes,
	    .route_cnt = ARRAY_CNT(routes),
	    .creds = gw_creds_new(),
	    .throttle = &throttle,
	    .rates = &rates,
	    .mono_ms = start_ms += 60000,
	    .sql_rules = test_sql_rules(),
	    .has_node = true,
	    .clock_ns = clock_ns,
	    .is_draining = (x.flags & IS_DRAINING) != 0};
	CHECK(x.world.creds != NULL);
	request(&x, head, body);
	request(&x, head, body);
	forget(&x);
	gw_creds_free(x.world.creds);
	return 0;
}
