/* SPDX-License-Identifier: Apache-2.0
 *
 * What a request says, decoded: each place that text can stand in, the order
 * in which filters see it, and what is refused by whom (reliability I3, I7).
 */
#include "http/values.h"

#include <stdio.h>

#include "base/check.h"

#include "rig.h"
#include "test.h"

static enum gw_step
ok(struct gw_req *r)
{
	return gw_reply_set(r, 200, GW_TYPE_TEXT, bytes_of_str("ok"));
}

static gw_stage_fn *const stages[] = {ok, NULL};

static const struct gw_route routes[] = {
    {GW_GET, "/", GW_WALLET, GW_CLOSED, stages, 0},
    {GW_GET, "/a/{x}/b/{long_name}", GW_WALLET, GW_CLOSED, stages, 0},
    {GW_POST, "/", GW_WALLET, GW_CLOSED, stages, 0},
    {GW_POST, "/", GW_RPC, GW_CLOSED, stages, 0},
};

static const char conf[] = "[gateway]\nhome = /h\n"
			   "[listener l]\naddress = 127.0.0.1:1\ntls = no\n"
			   "[surface w]\nserves = wallet\nat = l /\n"
			   "hosts = a\nbody_max = 1M\n"
			   "[surface r]\nserves = rpc\nat = l /rpc\n"
			   "hosts = a\n";

static void
send(struct rig *g, const char *head)
{
	rig_send(g, "l", head, routes, ARRAY_CNT(routes));
}

#define TO  " HTTP/1.1\r\nHost: a\r\n"
#define END "\r\n\r\n"

/* seen writes everything that filters see: where, name, value. */
static const char *
seen(struct gw_req *r)
{
	struct gw_value_iter it = {.values = &r->values};
	struct gw_value v;
	const char *text = "";

	while (gw_value_next(&it, &v))
		text = arena_str(&r->arena, "%s%s %.*s=%.*s;", text,
		    gw_where_word(v.where), (int)v.name.len,
		    (const char *)v.name.ptr, (int)v.value.len,
		    (const char *)v.value.ptr);
	return text;
}

TEST(test_values_are_decoded_once_wherever_they_stand)
{
	static const struct {
		const char *head, *body, *want;
	} row[] = {
	    {"GET /" TO "\r\n", NULL, ""},
	    {"GET /?" TO "\r\n", NULL, ""},
	    {"GET /a/%27v%2527/b/w" TO "\r\n", NULL,
		"path x='v%27;path long_name=w;"},
	    {"GET /?a=1+2&&b%20=%2527&c&=d" TO "\r\n", NULL,
		"query =a;query a=1 2;query =b ;query b =%27;query =c;"
		"query c=;query =d;"},
	    {"GET /" TO "Cookie: a=b; c=\"d e\";;  f = g=h ; alone;=x" END,
		NULL,
		"cookie =a;cookie a=b;cookie =c;cookie c=d e;cookie =f;"
		"cookie f=g=h;cookie =alone;cookie =x;"},
	    {"GET /" TO "COOKIE: a=%27+\r\ncookie: \"" END, NULL,
		"cookie =a;cookie a=%27+;cookie =\";"},
	    {"POST /" TO "Content-Type: application/x-www-form-urlencoded; x\r"
	     "\nContent-Length: 9" END,
		"a=%E6%A0%AA&b+c",
		"form =a;form a=\xe6\xa0\xaa;form =b c;"
		"form b c=;"},
	    {"POST /?q=1" TO "Content-Type: application/json\r\n"
	     "Content-Length: 9" END,
		"{\"k\\u0031\":[\"a\\nb\",7,[\"c\"]],\"d\":{\"e\":null,"
		"\"f\":\"g\"}}",
		"query =q;query q=1;json =k1;json k1=a\nb;json k1=c;"
		"json =d;json =e;json =f;json f=g;"},
	    {"POST /" TO "Content-Type: application/json\r\n"
	     "Content-Length: 9" END,
		"\"alone\"", "json =alone;"},
	    {"POST /" TO "Content-Type: text/plain\r\nContent-Length: 9" END,
		"a=%27", ""},
	};
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, conf, NULL));
	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].head);
		send(&g, row[i].head);
		if (row[i].body != NULL)
			rig_body(&g, row[i].body);
		EXPECT_U64(g.req.reply.status, 200);
		EXPECT_STR(seen(&g.req), row[i].want);
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
	test_row(NULL);
}

TEST(test_values_with_two_readings_are_refused_and_named)
{
	static const struct {
		const char *head, *body, *rule, *said;
	} row[] = {
	    {"GET /?a=%zz" TO "\r\n", NULL, "query",
		"query a: bad escape, NUL, or not UTF-8"},
	    {"GET /?a=%" TO "\r\n", NULL, "query", "query a: bad"},
	    {"GET /?a=%00" TO "\r\n", NULL, "query", "query a: bad"},
	    {"GET /?b=1&a%ff=x" TO "\r\n", NULL, "query", "query: bad"},
	    {"GET /?a=%c0%af" TO "\r\n", NULL, "query", "query a: bad"},
	    {"GET /?a=%ed%a0%80" TO "\r\n", NULL, "query", "query a: bad"},
	    {"GET /?01234567890123456789012345678901234567890123456789012345678"
	     "901234=%" TO "\r\n",
		NULL, "query", "query ...: bad"},
	    {"GET /" TO "Cookie: a=b; n=\xff" END, NULL, "cookie",
		"cookie n: not UTF-8"},
	    {"GET /" TO "Cookie: \xff=1" END, NULL, "cookie",
		"cookie: not UTF-8"},
	    {"POST /" TO "Content-Type: application/x-www-form-urlencoded\r\n"
	     "Content-Length: 9" END,
		"x=1&{y=%u0027", "form", "form {y: bad escape"},
	};
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, conf, NULL));
	for (i = 0; i < ARRAY_CNT(row); i++) {
		const struct gw_reply *p = &g.req.reply;

		test_row(row[i].head);
		send(&g, row[i].head);
		if (row[i].body != NULL)
			rig_body(&g, row[i].body);
		EXPECT_U64(p->status, 400);
		EXPECT_STR(p->rule, row[i].rule);
		EXPECT(memmem(p->body.ptr, p->body.len, row[i].said,
			   strlen(row[i].said)) != NULL);
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
	test_row(NULL);
}

TEST(test_values_are_counted)
{
	static char head[16384], body[GW_VALUE_MAX * 2 + 2];
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, conf, NULL));
	(void)snprintf(head, sizeof(head),
	    "POST /?a" TO "Cookie: b=1\r\n"
	    "Content-Type: application/x-www-form-urlencoded\r\n"
	    "Content-Length: 9" END);
	for (i = 0; i < GW_VALUE_MAX; i++)
		memcpy(body + i * 2, "x&", 2);
	body[(GW_VALUE_MAX - 2) * 2 - 1] = '\0';
	send(&g, head);
	rig_body(&g, body);
	EXPECT_U64(g.req.reply.status, 200);
	EXPECT_U64(g.req.values.cnt, GW_VALUE_MAX);
	rig_next(&g);
	body[(GW_VALUE_MAX - 2) * 2 - 1] = '&';
	body[(GW_VALUE_MAX - 2) * 2 + 1] = '\0';
	send(&g, head);
	rig_body(&g, body);
	EXPECT_U64(g.req.reply.status, 400);
	EXPECT_STR(g.req.reply.rule, "form");
	rig_next(&g);
	for (i = 0; i <= GW_VALUE_MAX; i++)
		memcpy(head + 4 + i * 2, "&x", 2);
	memcpy(head, "GET /?", 6);
	(void)snprintf(head + 4 + i * 2, 64, "&x" TO "\r\n");
	send(&g, head);
	EXPECT_STR(g.req.reply.rule, "query");
	rig_next(&g);
	(void)snprintf(head, sizeof(head), "GET /" TO "Cookie: ");
	for (i = strlen(head); i < 3 * GW_VALUE_MAX; i += 2)
		memcpy(head + i, "x;", 3);
	memcpy(head + i, END, sizeof(END));
	send(&g, head);
	EXPECT_STR(g.req.reply.rule, "cookie");
	rig_close(&g);
}

TEST(test_values_bad_json_is_left_to_the_route)
{
	static const struct {
		const char *body, *why;
	} row[] = {
	    {"{", "not well-formed JSON"},
	    {"{\"a\":1,\"b\":{\"c\":1,\"c\":2}}", "field \"c\": stands twice"},
	    {"{\"{a\":\"\\u0000\"}", "field \"{a\": NUL in a string"},
	    {"{\"a\":1}", NULL},
	};
	const char *why;
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, conf, NULL));
	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].body);
		send(&g, "POST /" TO "Content-Type: application/json\r\n"
			 "Content-Length: 9" END);
		rig_body(&g, row[i].body);
		EXPECT_U64(g.req.reply.status, 200);
		EXPECT((gw_req_json(&g.req, &why) == NULL) ==
		       (row[i].why != NULL));
		EXPECT(row[i].why == NULL || why != NULL);
		if (row[i].why != NULL && why != NULL)
			EXPECT_STR(why, row[i].why);
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
	test_row(NULL);
}
