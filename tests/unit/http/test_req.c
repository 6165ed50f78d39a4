/* SPDX-License-Identifier: Apache-2.0
 *
 * Where requests go: surfaces, hosts, routes, filters, stages, answers.
 */
#include "http/req.h"

#include <stdio.h>

#include "base/jsonw.h"
#include "http/filter.h"
#include "http/ops.h"
#include "rig.h"
#include "test.h"

static enum gw_step
tell(struct gw_req *r)
{
	return gw_reply_set(r, 200, GW_TYPE_TEXT, r->params[0]);
}

/* Waits twice, then tells. */
static enum gw_step
again(struct gw_req *r)
{
	size_t *n = r->state;

	if (n == NULL)
		r->state = n = arena_alloc(&r->arena, sizeof(*n));
	if (++*n > 2)
		return GW_NEXT;
	(void)gw_wait_timer(r, 5);
	return GW_AGAIN;
}

static enum gw_step
nothing(struct gw_req *r)
{
	(void)r;
	return GW_NEXT;
}

static gw_stage_fn *const telling[] = {nothing, tell, NULL};
static gw_stage_fn *const waiting[] = {again, tell, NULL};
static gw_stage_fn *const silent[] = {nothing, NULL};

static const struct gw_route routes[] = {
    {GW_GET, "/", GW_WALLET, GW_CLOSED, telling, 0},
    {GW_GET, "/open", GW_WALLET, GW_OPEN, telling, 0},
    {GW_POST, "/open", GW_WALLET, GW_OPEN, telling, 100},
    {GW_GET, "/a/{x}/b", GW_OPS, GW_CLOSED, telling, 0},
    {GW_GET, "/a/fixed/b", GW_OPS, GW_CLOSED, silent, 0},
    {GW_POST, "/a/{x}/b", GW_OPS, GW_CLOSED, waiting, 0},
    {GW_GET, "/", GW_OPS, GW_CLOSED, telling, 0},
    {GW_POST, "/", GW_RPC, GW_CLOSED, telling, 0},
};

static void
send(struct rig *g, const char *listener, const char *head)
{
	rig_send(g, listener, head, routes, sizeof(routes) / sizeof(routes[0]));
}

#define TO(host) " HTTP/1.1\r\nHost: " host "\r\n\r\n"

TEST(test_req_surface_route_and_refusals)
{
	static const struct {
		const char *listener, *head;
		unsigned status;
		const char *param;
	} row[] = {
	    {"loop", "GET /ops" TO("any.example"), 200, NULL},
	    {"loop", "GET /ops/" TO("any.example"), 200, NULL},
	    {"loop", "GET /ops/a/v%20w/b" TO("x"), 200, "v w"},
	    {"loop", "HEAD /ops/a/v/b" TO("x"), 200, "v"},
	    {"loop", "GET /ops/a/b" TO("x"), 404, NULL},
	    {"loop", "GET /ops/a/v/b/c" TO("x"), 404, NULL},
	    {"loop", "PUT /ops/a/v/b" TO("x"), 405, NULL},
	    {"loop", "GET /opsx" TO("127.0.0.1"), 404, NULL},
	    {"loop", "GET /x" TO("evil"), 403, NULL},
	    {"loop", "GET /" TO("127.0.0.1"), 405, NULL},
	    {"tls", "GET /" TO("a.example"), 401, NULL},
	    {"tls", "GET /nowhere" TO("a.example"), 401, NULL},
	    {"tls", "GET /open" TO("A.EXAMPLE:443"), 200, NULL},
	    {"tls", "GET /open" TO("b.example"), 421, NULL},
	    {"tls", "GET /rpc/x" TO("[::1]"), 404, NULL},
	    {"tls", "GET http://a.example/open" TO("a.example"), 200, NULL},
	    {"tls", "GET http://b.example/open" TO("a.example"), 400, NULL},
	    {"tls", "GET /../open" TO("a.example"), 400, NULL},
	    {"tls", "TRACE /open" TO("a.example"), 405, NULL},
	    {"tls", "CONNECT a:1" TO("a.example"), 405, NULL},
	    {"tls", "BREW /open" TO("a.example"), 501, NULL},
	    {"tls", "OPTIONS *" TO("a.example"), 204, NULL},
	    {"tls", "GET *" TO("a.example"), 400, NULL},
	    {"loop", "GET /ops/a/fixed/b" TO("x"), 200, "fixed"},
	};
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, rig_conf, NULL));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].head);
		send(&g, row[i].listener, row[i].head);
		EXPECT_U64(g.run, GW_RUN_REPLY);
		EXPECT_U64(g.req.reply.status, row[i].status);
		if (row[i].param != NULL)
			EXPECT_BYTES(
			    g.req.reply.body, bytes_of_str(row[i].param));
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
}

TEST(test_req_body_is_asked_for_after_the_head_filters_only)
{
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	send(&g, "tls",
	    "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\n");
	EXPECT_U64(g.run, GW_RUN_REPLY);
	EXPECT_U64(g.req.reply.status, 401);
	rig_next(&g);
	send(&g, "tls",
	    "POST /open HTTP/1.1\r\nHost: a.example\r\nContent-Length: "
	    "100\r\n\r\n");
	EXPECT_U64(g.run, GW_RUN_BODY);
	EXPECT_U64(gw_route_body_max(&g.req), 100);
	rig_body(&g, "x");
	EXPECT_U64(g.req.reply.status, 200);
	rig_next(&g);
	send(&g, "tls",
	    "POST /open HTTP/1.1\r\nHost: a.example\r\nContent-Length: "
	    "101\r\n\r\n");
	EXPECT_U64(g.req.reply.status, 413);
	EXPECT(g.req.reply.must_close);
	rig_close(&g);
}

TEST(test_req_stage_waits_as_often_as_it_asks)
{
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	send(&g, "loop", "POST /ops/a/v/b" TO("x"));
	EXPECT_U64(g.run, GW_RUN_WAIT);
	EXPECT_U64(g.req.effect.kind, GW_EFFECT_TIMER);
	rig_go(&g);
	EXPECT_U64(g.run, GW_RUN_WAIT);
	rig_go(&g);
	EXPECT_U64(g.run, GW_RUN_REPLY);
	EXPECT_BYTES(g.req.reply.body, bytes_of_str("v"));
	rig_close(&g);
}

TEST(test_req_stages_without_an_answer_are_our_own_fault)
{
	static const struct gw_route one[] = {
	    {GW_GET, "/", GW_OPS, GW_CLOSED, silent, 0}};
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	rig_send(&g, "loop", "GET /ops" TO("x"), one, 1);
	EXPECT_U64(g.req.reply.status, 500);
	rig_close(&g);
}

TEST(test_req_password_is_asked_checked_and_remembered)
{
	static const char users[] =
	    "ann:scrypt$16384$8$5$000102030405060708090a0b0c0d0e0f$"
	    "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f"
	    "\n";
	/* ann:secret; nil:secret */
	static const char right[] = "GET / HTTP/1.1\r\nHost: a.example\r\n"
				    "Authorization: Basic YW5uOnNlY3JldA==\r\n"
				    "\r\n";
	static const char unknown[] =
	    "GET / HTTP/1.1\r\nHost: a.example\r\n"
	    "Authorization: Basic bmlsOnNlY3JldA==\r\n\r\n";
	struct gw_memo memo = {0};
	struct rig g;
	unsigned i;

	EXPECT(rig_open(&g, rig_conf, users));
	/* refused once, then accepted */
	for (i = 0; i < 2; i++) {
		send(&g, "tls", right);
		EXPECT_U64(g.run, GW_RUN_WAIT);
		EXPECT_U64(g.req.effect.kind, GW_EFFECT_PASSWORD);
		EXPECT_BYTES(
		    g.req.effect.u.password.password, bytes_of_str("secret"));
		g.req.effect.u.password.fits = i == 1;
		g.req.memo = &memo;
		rig_go(&g);
		EXPECT_U64(g.req.reply.status, i == 1 ? 200 : 401);
		if (i == 0) {
			EXPECT_STR(
			    g.req.reply.fields[0].name, "WWW-Authenticate");
			EXPECT_BYTES(g.req.reply.fields[0].value,
			    bytes_of_str("Basic realm=\"r 1\", "
					 "charset=\"UTF-8\""));
		}
		rig_next(&g);
	}
	/* remembered, and forgotten after its time */
	send(&g, "tls", right);
	EXPECT_U64(g.req.reply.status, 200);
	EXPECT_BYTES(g.req.user, bytes_of_str("ann"));
	rig_next(&g);
	g.world.mono_ms += g.conf->remember_ms;
	send(&g, "tls", right);
	EXPECT_U64(g.run, GW_RUN_WAIT);
	/* a queue that is full is no wrong password */
	g.req.effect.rc = RC_UNAVAILABLE;
	rig_go(&g);
	EXPECT_U64(g.req.reply.status, 503);
	rig_next(&g);
	/* somebody unknown costs the same */
	send(&g, "tls", unknown);
	EXPECT_U64(g.run, GW_RUN_WAIT);
	EXPECT_U64(g.req.effect.u.password.record->n, 16384);
	g.req.effect.u.password.fits = false;
	rig_go(&g);
	EXPECT_U64(g.req.reply.status, 401);
	rig_close(&g);
}

/* Sends once and says what became of it: 0 when a check is asked for, which
 * then finds the password wrong or right. */
static unsigned
try_password(struct rig *g, const char *head, bool fits)
{
	unsigned status;

	send(g, "tls", head);
	status = g->run == GW_RUN_WAIT ? 0 : g->req.reply.status;
	if (status == 0) {
		const struct gw_password_effect *p = &g->req.effect.u.password;
		struct gw_throttle_rule pair = gw_rule_of_pair(g->conf);
		struct gw_throttle_rule all = gw_rule_of_address(g->conf);
		uint64_t now = g->world.mono_ms;

		/* As who checks passwords does. */
		gw_throttle_charge(g->world.throttle, p->pair, &pair, now);
		gw_throttle_charge(g->world.throttle, p->address, &all, now);
		if (fits) {
			gw_throttle_forgive(g->world.throttle, p->pair, now);
			gw_throttle_refund(
			    g->world.throttle, p->address, &all, now);
		}
		g->req.effect.u.password.fits = fits;
		rig_go(g);
	}
	rig_next(g);
	return status;
}

#define AS(base64)                                                             \
	"GET / HTTP/1.1\r\nHost: a.example\r\nAuthorization: Basic " base64    \
	"\r\n\r\n"

static const char one_user[] =
    "ann:scrypt$16384$8$5$000102030405060708090a0b0c0d0e0f$"
    "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f\n";

/* Reliability A7: the ninth wrong one in a row is not looked at. */
TEST(test_req_wrong_passwords_are_slowed_and_429)
{
	static const char ann[] = AS("YW5uOnNlY3JldA==");
	static const char nil[] = AS("bmlsOnNlY3JldA==");
	struct rig g;
	unsigned i;

	EXPECT(rig_open(&g, rig_conf, one_user));
	for (i = 0; i < 8; i++)
		EXPECT_U64(try_password(&g, ann, false), 0);
	send(&g, "tls", ann);
	EXPECT_U64(g.req.reply.status, 429);
	EXPECT_U64(g.req.reply.field_cnt, 1);
	EXPECT_STR(g.req.reply.fields[0].name, "Retry-After");
	EXPECT_BYTES(g.req.reply.fields[0].value, bytes_of_str("2"));
	rig_next(&g);
	/* another user of that address goes on, known to us or not */
	for (i = 0; i < 8; i++)
		EXPECT_U64(try_password(&g, nil, false), 0);
	EXPECT_U64(try_password(&g, nil, false), 429);
	/* when the wait is over one is looked at; right, it ends all waits */
	g.world.mono_ms += 1100;
	EXPECT_U64(try_password(&g, ann, true), 0);
	g.world.mono_ms += g.conf->remember_ms;
	for (i = 0; i < 8; i++)
		EXPECT_U64(try_password(&g, ann, false), 0);
	EXPECT_U64(try_password(&g, ann, false), 429);
	rig_close(&g);
}

/* An address that guesses at many names waits, but not who has come from
 * there before. A password that is remembered needs no try at all. */
TEST(test_req_address_of_guesses_waits_known_users_do_not)
{
	static const char ann[] = AS("YW5uOnNlY3JldA==");
	static const char nil[] = AS("bmlsOnNlY3JldA==");
	struct gw_throttle_rule all;
	struct rig g;
	uint64_t address;
	unsigned i;

	EXPECT(rig_open(&g, rig_conf, one_user));
	all = gw_rule_of_address(g.conf);
	send(&g, "tls", ann);
	EXPECT_U64(g.req.effect.u.password.rank, GW_RANK_CLEAN);
	address = g.req.effect.u.password.address;
	rig_next(&g);
	EXPECT_U64(try_password(&g, ann, true), 0);
	for (i = 0; i < 60; i++)
		gw_throttle_charge(
		    g.world.throttle, address, &all, g.world.mono_ms);
	EXPECT_U64(try_password(&g, nil, false), 429);
	send(&g, "tls", ann);
	EXPECT_U64(g.req.reply.status, 200);
	rig_next(&g);
	g.world.mono_ms += g.conf->remember_ms;
	for (i = 0; i < 60; i++)
		gw_throttle_charge(
		    g.world.throttle, address, &all, g.world.mono_ms);
	EXPECT_U64(try_password(&g, nil, false), 429);
	send(&g, "tls", ann);
	EXPECT_U64(g.run, GW_RUN_WAIT);
	EXPECT_U64(g.req.effect.u.password.rank, GW_RANK_KNOWN);
	rig_next(&g);
	/* The longest wait of an address is a minute: nobody is kept out. */
	g.world.mono_ms += 60128;
	send(&g, "tls", nil);
	EXPECT_U64(g.run, GW_RUN_WAIT);
	EXPECT_U64(g.req.effect.u.password.rank, GW_RANK_FAILED);
	rig_close(&g);
}

TEST(test_req_networks_and_origins_are_judged)
{
	static const struct {
		const char *client;
		unsigned status;
	} row[] = {{"10.1.2.3", 403}, {"::ffff:10.1.2.3", 403},
	    {"2001:db8:1::1", 403}, {"11.1.2.3", 200}, {"::1", 200}};
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, rig_conf, NULL));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].client);
		send(&g, "loop", "GET /ops" TO("x"));
		EXPECT(
		    gw_addr_read(&g.req.client, bytes_of_str(row[i].client)));
		g.req.reply = (struct gw_reply){0};
		g.req.phase = GW_PHASE_HEAD;
		g.req.at = 0;
		rig_go(&g);
		EXPECT_U64(g.req.reply.status, row[i].status);
		rig_next(&g);
		test_count(1);
	}
	send(&g, "loop",
	    "OPTIONS /ops HTTP/1.1\r\nHost: x\r\nOrigin: https://x.example\r\n"
	    "Access-Control-Request-Method: POST\r\n\r\n");
	EXPECT_U64(g.req.reply.status, 204);
	EXPECT_STR(g.req.reply.fields[0].name, "Access-Control-Allow-Methods");
	rig_next(&g);
	send(&g, "loop",
	    "OPTIONS /ops HTTP/1.1\r\nHost: x\r\nOrigin: https://x.exampl\r\n"
	    "Access-Control-Request-Method: POST\r\n\r\n");
	EXPECT_U64(g.req.reply.status, 403);
	rig_close(&g);
}

/* Whatever becomes of the request, and only for what is listed there. */
TEST(test_req_origin_is_known_before_anything_is_refused)
{
	static const struct {
		const char *target, *host, *origin, *got;
	} row[] = {
	    {"/ops", "x", "https://x.example", "https://x.example"},
	    {"/ops/nowhere", "x", "https://x.example", "https://x.example"},
	    {"/ops", "x", "https://x.example.evil", ""},
	    {"/ops", "x", "https://x.exampl", ""},
	    {"/ops", "x", "https://X.example", ""},
	    {"/ops", "x", "null", ""},
	    {"/ops", "x", "*", ""},
	    {"/ops", "x", "", ""},
	    {"/", "localhost", "https://x.example", ""},
	};
	char head[256];
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, rig_conf, NULL));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].origin);
		(void)snprintf(head, sizeof(head),
		    "GET %s HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\n\r\n",
		    row[i].target, row[i].host, row[i].origin);
		send(&g, "loop", head);
		EXPECT(bytes_eq(g.req.origin, bytes_of_str(row[i].got)));
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
}

TEST(test_req_id_is_taken_when_it_is_harmless)
{
	static const struct {
		const char *id, *got;
	} row[] = {{"abc-1_2.Z", "abc-1_2.Z"}, {"", "own-id"},
	    {"a b", "own-id"}, {"a\"b", "own-id"}, {"\xc3\xa4", "own-id"}};
	char head[256];
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, rig_conf, NULL));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		snprintf(head, sizeof(head),
		    "GET /ops HTTP/1.1\r\nHost: x\r\nX-Request-Id: %s\r\n\r\n",
		    row[i].id);
		send(&g, "loop", head);
		EXPECT_STR(g.req.id, row[i].got);
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
}

TEST(test_req_query_and_type_are_found)
{
	struct bytes v;
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	send(&g, "loop",
	    "GET /ops?a=1&b%20c=%C3%A4+x&a=2 HTTP/1.1\r\nHost: x\r\n"
	    "Content-Type: Application/Json;charset=x\r\n\r\n");
	EXPECT(gw_req_is_json(&g.req));
	EXPECT(gw_req_query(&g.req, &v, "b c"));
	EXPECT_BYTES(v, bytes_of_str("\xc3\xa4 x"));
	EXPECT(gw_req_query(&g.req, &v, "a"));
	EXPECT_BYTES(v, bytes_of_str("1"));
	EXPECT(!gw_req_query(&g.req, &v, "none"));
	rig_close(&g);
}

static void
head_of(char out[GW_REPLY_HEAD_MAX], const struct gw_reply *p,
    const struct gw_reply_how *how)
{
	struct buf b = buf_of(out, GW_REPLY_HEAD_MAX - 1);

	EXPECT(gw_reply_head(&b, p, how));
	out[b.len] = '\0';
}

TEST(test_reply_head_has_what_every_answer_carries)
{
	struct gw_reply p = {.status = 200,
	    .type = GW_TYPE_JSON,
	    .body = bytes_of_str("12"),
	    .field_cnt = 1,
	    .fields = {{"X-Own", bytes_of_str("y")}}};
	struct gw_reply_how how = {.date = "D",
	    .id = "I",
	    .is_tls = true,
	    .keep_alive = true,
	    .minor = 1};
	char text[GW_REPLY_HEAD_MAX];
	struct buf small = buf_of(text, 40);

	head_of(text, &p, &how);
	EXPECT(!strncmp(text, "HTTP/1.1 200 OK\r\nDate: D\r\n", 26));
	EXPECT(strstr(text, "\r\nContent-Length: 2\r\n") != NULL);
	EXPECT(strstr(text, "\r\nStrict-Transport-Security: ") != NULL);
	EXPECT(strstr(text, "\r\nCache-Control: no-store\r\n") != NULL);
	EXPECT(strstr(text, "\r\nX-Request-Id: I\r\n") != NULL);
	EXPECT(strstr(text, "\r\nX-Own: y\r\n\r\n") != NULL);
	EXPECT(strstr(text, "Connection") == NULL);
	EXPECT(!gw_reply_head(&small, &p, &how));
	p.status = 204;
	p.may_cache = true;
	how.is_tls = false;
	how.minor = 0;
	head_of(text, &p, &how);
	EXPECT(strstr(text, "Content-Length") == NULL);
	EXPECT(strstr(text, "Strict") == NULL);
	EXPECT(strstr(text, "no-store") == NULL);
	EXPECT(strstr(text, "\r\nConnection: keep-alive\r\n") != NULL);
	how.keep_alive = false;
	head_of(text, &p, &how);
	EXPECT(strstr(text, "\r\nConnection: close\r\n") != NULL);
	EXPECT(strstr(text, "Opener-Policy") == NULL);
	p.type = GW_TYPE_HTML;
	head_of(text, &p, &how);
	EXPECT(strstr(text,
		   "\r\nCross-Origin-Opener-Policy: same-origin\r\n") != NULL);
}

TEST(test_reply_head_lets_listed_pages_read)
{
	struct gw_reply p = {.status = 429, .type = GW_TYPE_TEXT};
	struct gw_reply_how how = {.date = "D"};
	char text[GW_REPLY_HEAD_MAX];

	head_of(text, &p, &how);
	EXPECT(strstr(text, "Vary") == NULL);
	EXPECT(strstr(text, "Access-Control") == NULL);
	how.has_cors = true;
	head_of(text, &p, &how);
	EXPECT(strstr(text, "\r\nVary: Origin\r\n") != NULL);
	EXPECT(strstr(text, "Access-Control") == NULL);
	how.origin = bytes_of_str("https://x.example");
	head_of(text, &p, &how);
	EXPECT(strstr(text, "\r\nAccess-Control-Allow-Origin: "
			    "https://x.example\r\n") != NULL);
	EXPECT(strstr(text, "\r\nAccess-Control-Expose-Headers: "
			    "Retry-After, ") != NULL);
}

TEST(test_refusals_look_as_their_surface_does)
{
	struct jsonw w;
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	send(&g, "tls", "GET /open" TO("a.example"));
	(void)gw_refuse(&g.req, GW_R_BAD_PARAM, "why \"so\"");
	EXPECT_BYTES(g.req.reply.body,
	    bytes_of_str("{\"meta\":{\"code\":88,\"message\":\"Invalid "
			 "Parameter\",\"description\":\"why \\\"so\\\"\"}}"));
	(void)gw_refuse(&g.req, GW_R_BAD_PARAM, "{\"f\":\"x\"}");
	EXPECT_BYTES(g.req.reply.body,
	    bytes_of_str("{\"meta\":{\"code\":88,\"message\":\"Invalid "
			 "Parameter\",\"description\":{\"f\":\"x\"}}}"));
	jsonw_init(&w, 4);
	jsonw_str(&w, "too long for it");
	(void)gw_reply_json(&g.req, 200, &w);
	EXPECT_U64(g.req.reply.status, 500);
	rig_next(&g);
	send(&g, "loop", "GET /ops" TO("x"));
	(void)gw_refuse(&g.req, GW_R_NOT_FOUND, NULL);
	EXPECT_BYTES(g.req.reply.body, bytes_of_str("not found\n"));
	EXPECT_U64(g.req.reply.cause, GW_R_NOT_FOUND);
	EXPECT_U64(gw_refusal_of_status(431), GW_R_LARGE_HEAD);
	EXPECT_U64(gw_refusal_of_status(499), GW_R_BAD_REQUEST);
	EXPECT_U64(gw_refusal_of_rc(RC_TIMEOUT), GW_R_UNAVAILABLE);
	EXPECT_U64(gw_refusal_of_rc(RC_BAD_JSON), GW_R_BAD_JSON);
	EXPECT_U64(gw_refusal_of_rc(RC_CORRUPT), GW_R_INTERNAL);
	rig_close(&g);
}

static bool
no_metrics(struct arena *a, struct bytes *out)
{
	(void)a;
	(void)out;
	return false;
}

TEST(test_ops_tell_what_is_missing)
{
	static const struct gw_route ops[] = {
	    {GW_GET, "/", GW_OPS, GW_OPEN, gw_health, 0},
	    {GW_GET, "/r", GW_OPS, GW_OPEN, gw_ready, 0},
	    {GW_GET, "/m", GW_OPS, GW_OPEN, gw_metrics, 0},
	    {GW_GET, "/l", GW_OPS, GW_OPEN, gw_metrics_local, 0}};
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	g.world.metrics = no_metrics;
	rig_send(&g, "loop", "GET /ops" TO("x"), ops, 4);
	EXPECT_U64(g.req.reply.status, 200);
	rig_next(&g);
	rig_send(&g, "loop", "GET /ops/r" TO("x"), ops, 4);
	EXPECT_U64(g.req.reply.status, 503);
	rig_next(&g);
	g.world.has_node = true;
	rig_send(&g, "loop", "GET /ops/r" TO("x"), ops, 4);
	EXPECT_BYTES(g.req.reply.body,
	    bytes_of_str("{\"status\":\"ready\",\"node\":\"up\"}"));
	rig_next(&g);
	g.world.wants_db = true;
	rig_send(&g, "loop", "GET /ops/r" TO("x"), ops, 4);
	EXPECT_U64(g.req.reply.status, 503);
	rig_next(&g);
	g.world.has_db = true;
	g.world.is_draining = true;
	rig_send(&g, "loop", "GET /ops/r" TO("x"), ops, 4);
	EXPECT_U64(g.req.reply.status, 503);
	rig_next(&g);
	rig_send(&g, "loop", "GET /ops/m" TO("x"), ops, 4);
	EXPECT_U64(g.req.reply.status, 500);
	rig_close(&g);
}
