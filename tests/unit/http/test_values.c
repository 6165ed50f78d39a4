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
#define FORM                                                                   \
	"Content-Type: application/x-www-form-urlencoded\r\n"                  \
	"Content-Length: 9" END
#define JSON "Content-Type: application/json\r\nContent-Length: 9" END
#define PARTS                                                                  \
	"Content-Type: multipart/form-data; boundary=b\r\n"                    \
	"Content-Length: 9" END
/* A field of a multipart body, what is between two of them, its end. */
#define FIELD(name)                                                            \
	"--b\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define NEXT "\r\n"
#define LAST "\r\n--b--\r\n"

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
	    {"POST /?q=1" TO PARTS, FIELD("a%27+\\\"") "%27+\r\n" LAST,
		"query =q;query q=1;form =a%27+\";form a%27+\"=%27+\r\n;"},
	    {"POST /" TO PARTS,
		FIELD("a\"; filename=\"b.csv") "1,2\r\n" NEXT FIELD(
		    "a\"; filename=\"c") "\x01" NEXT FIELD("") "x" LAST,
		"file_name =a;file_name a=b.csv;file a=1,2\r\n;"
		"file_name =a;file_name a=c;form =x;"},
	    {"POST /" TO PARTS, "--b--", ""},
	    {"POST /" TO PARTS, "", ""},
	    {"POST /" TO "Content-Type: multipart/mixed; boundary=b\r\n"
	     "Content-Length: 9" END,
		FIELD("a") "1" LAST, ""},
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
	    {"POST /" TO PARTS, FIELD("x") "\xff" LAST, "form",
		"form x: NUL, or not UTF-8"},
	    {"POST /" TO PARTS, "--b\r\n", "form", "form: header of a part"},
	    {"POST /" TO "Content-Type: multipart/form-data\r\n"
	     "Content-Length: 9" END,
		"x", "form", "form: no boundary"},
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

static const char shadow_conf[] =
    "[gateway]\nhome = /h\n"
    "[listener l]\naddress = 127.0.0.1:1\ntls = no\n"
    "[surface w]\nserves = wallet\nat = l /\n"
    "hosts = a\nbody_max = 1M\nfilters = sqli\nsqli = detect\n"
    "shadow = decode\n";

static const char *
torn(struct gw_req *r)
{
	const char *text = "";
	unsigned i;

	for (i = 0; i < GW_WHERE_CNT; i++)
		if (r->values.torn_bits >> i & 1)
			text = arena_str(&r->arena, "%s%s;", text,
			    gw_where_word((enum gw_where)i));
	return text;
}

/* What can not be decoded is let through, and walked over as it is; a route
 * finds nothing in its place, and everything in the others. */
TEST(test_values_of_a_torn_place_are_only_walked_over)
{
	static const struct {
		const char *head, *body, *rule, *torn, *want;
		bool has_query, has_cookie, has_form, has_file;
	} row[] = {
	    {"GET /?q=1&b=%zz'" TO "Cookie: c=1" END, NULL, "query", "query;",
		"query =q;query q=1;query =b;query b=%zz';cookie =c;"
		"cookie c=1;",
		false, true, false, false},
	    {"GET /?q=%27%&q%=%41" TO "\r\n", NULL, "query", "query;",
		"query =q;query q='%;query =q%;query q%=A;", false, false,
		false, false},
	    {"GET /?q=1" TO "Cookie: c=1; d=\xff" END, NULL, "cookie",
		"cookie;",
		"query =q;query q=1;cookie =c;cookie c=1;cookie =d;"
		"cookie d=\xff;",
		true, false, false, false},
	    {"POST /?q=1" TO FORM, "f=1&g=%u0027", "form",
		"form;file;file_name;",
		"query =q;query q=1;form =f;form f=1;form =g;form g=%u0027;",
		true, false, false, false},
	    {"POST /" TO PARTS, FIELD("f") "\xff" LAST, "form",
		"form;file;file_name;", "form =f;form f=\xff;", false, false,
		false, false},
	    /* what stands behind is read all the same */
	    {"POST /" TO PARTS,
		FIELD("f") "\xff" NEXT FIELD("x\"; filename=\"y") "'" LAST,
		"form", "form;file;file_name;",
		"form =f;form f=\xff;file_name =x;file_name x=y;file x=';",
		false, false, false, false},
	    /* what has no end is one file */
	    {"POST /" TO PARTS, FIELD("f") "1", "form", "form;file;file_name;",
		"file =" FIELD("f") "1;", false, false, false, false},
	    {"POST /" TO "Content-Type: multipart/form-data\r\n"
	     "Content-Length: 9" END,
		"' or 1=1", "form", "form;file;file_name;", "file =' or 1=1;",
		false, false, false, false},
	    {"POST /?q=%" TO "Cookie: c=1\r\n"
	     "Content-Type: application/json\r\nContent-Length: 9" END,
		"{\"k\":\"v\"}", "query", "query;",
		"query =q;query q=%;cookie =c;cookie c=1;json =k;json k=v;",
		false, true, false, false},
	};
	const char *why;
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, shadow_conf, NULL));
	for (i = 0; i < ARRAY_CNT(row); i++) {
		const struct gw_values *v = &g.req.values;
		const struct gw_ruling *ruling =
		    &g.req.rulings[GW_FILTER_DECODE];

		test_row(row[i].head);
		send(&g, row[i].head);
		if (row[i].body != NULL)
			rig_body(&g, row[i].body);
		EXPECT_U64(g.req.reply.status, 200);
		EXPECT_U64(ruling->verdict, GW_VERDICT_SHADOW);
		EXPECT_U64(ruling->cause, GW_R_BAD_PARAM);
		EXPECT_STR(ruling->rule, row[i].rule);
		EXPECT_STR(torn(&g.req), row[i].torn);
		EXPECT_STR(seen(&g.req), row[i].want);
		EXPECT((gw_value_find(v, GW_IN_QUERY, "q") != NULL) ==
		       row[i].has_query);
		EXPECT((gw_value_find(v, GW_IN_COOKIE, "c") != NULL) ==
		       row[i].has_cookie);
		EXPECT((gw_value_find(v, GW_IN_FORM, "f") != NULL) ==
		       row[i].has_form);
		EXPECT((gw_value_find(v, GW_IN_FILE, "x") != NULL) ==
		       row[i].has_file);
		EXPECT((gw_req_json(&g.req, &why) != NULL) ==
		       (strstr(row[i].want, "json") != NULL));
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
	test_row(NULL);
}

/* Too many to be taken apart: a place is one value, and screened as one. */
TEST(test_values_too_many_are_whole_places)
{
	static char body[GW_VALUE_MAX * 2 + 64];
	struct rig g;
	size_t i;

	for (i = 0; i < GW_VALUE_MAX; i++)
		memcpy(body + i * 2, "x&", 2);
	memcpy(body + i * 2, "y=1%27 or 1=1--", 16);
	EXPECT(rig_open(&g, shadow_conf, NULL));
	send(&g, "POST /?q=1&r=2" TO "Cookie: c=1\r\nCookie: d=1\r\n" FORM);
	rig_body(&g, body);
	EXPECT_U64(g.req.reply.status, 200);
	EXPECT_STR(torn(&g.req), "query;form;file;file_name;cookie;");
	EXPECT_U64(g.req.values.cnt, 4);
	EXPECT(bytes_eq(g.req.values.list[0].value, bytes_of_str("q=1&r=2")));
	EXPECT(bytes_eq(g.req.values.list[2].value, bytes_of_str("d=1")));
	EXPECT(g.req.sqli != NULL && g.req.sqli->where == GW_IN_FORM);
	rig_close(&g);
}

/* A malformed body is one file however long it is, up to a bound. */
TEST(test_values_of_a_long_torn_body_are_bounded)
{
	static char body[GW_FILE_TEXT_MAX + 2];
	struct rig g;

	memset(body, 'x', GW_FILE_TEXT_MAX + 1);
	EXPECT(rig_open(&g, shadow_conf, NULL));
	send(&g, "POST /" TO PARTS);
	rig_body(&g, body);
	EXPECT_U64(g.req.values.cnt, 1);
	EXPECT_U64(g.req.values.list[0].value.len, GW_FILE_TEXT_MAX);
	rig_close(&g);
}

/* Shadow is for rules: without memory there is nothing to go on with. */
TEST(test_values_without_memory_are_refused_in_shadow_too)
{
	struct rig g;

	EXPECT(rig_open(&g, shadow_conf, NULL));
	send(&g, "POST /" TO FORM);
	while (arena_alloc(&g.req.arena, 64) != NULL)
		;
	rig_body(&g, "a=%");
	EXPECT_U64(g.req.reply.status, 500);
	EXPECT_U64(g.req.rulings[GW_FILTER_DECODE].verdict, GW_VERDICT_REFUSE);
	rig_close(&g);
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

/* --- handlers and filters see the same: reliability I3 */

/* A value a, sent in each layer as it is. NULL: the layer refuses it, or (in
 * JSON) its reader does. */
enum layer {
	IN_PATH,
	IN_QUERY,
	IN_COOKIE,
	IN_FORM,
	IN_PART,
	IN_FILE_NAME,
	IN_JSON,
	LAYERS
};

static const struct {
	const char *sent;
	const char *read[LAYERS];
} layer_row[] = {
    /* percent, once and twice */
    {"a%27b", {"a'b", "a'b", "a%27b", "a'b", "a%27b", "a%27b", "a%27b"}},
    {"a%2527b", {"a%27b", "a%27b", "a%2527b", "a%27b", "a%2527b", "a%2527b",
		    "a%2527b"}},
    {"a%25%32%37b", {"a%27b", "a%27b", "a%25%32%37b", "a%27b", "a%25%32%37b",
			"a%25%32%37b", "a%25%32%37b"}},
    {"a%u0027b",
	{NULL, NULL, "a%u0027b", NULL, "a%u0027b", "a%u0027b", "a%u0027b"}},
    {"a%zzb", {NULL, NULL, "a%zzb", NULL, "a%zzb", "a%zzb", "a%zzb"}},
    {"a+b", {"a+b", "a b", "a+b", "a b", "a+b", "a+b", "a+b"}},
    {"a%2Bb", {"a+b", "a+b", "a%2Bb", "a+b", "a%2Bb", "a%2Bb", "a%2Bb"}},
    {"a%00b", {NULL, NULL, "a%00b", NULL, "a%00b", "a%00b", "a%00b"}},
    /* escapes of JSON and of quoted strings */
    {"a\\u0027b", {NULL, "a\\u0027b", "a\\u0027b", "a\\u0027b", "a\\u0027b",
		      NULL, "a'b"}},
    {"a\\\\u0027b", {NULL, "a\\\\u0027b", "a\\\\u0027b", "a\\\\u0027b",
			"a\\\\u0027b", "a\\u0027b", "a\\u0027b"}},
    {"a\\u002527b", {NULL, "a\\u002527b", "a\\u002527b", "a\\u002527b",
			"a\\u002527b", NULL, "a%27b"}},
    {"a\\u0000b",
	{NULL, "a\\u0000b", "a\\u0000b", "a\\u0000b", "a\\u0000b", NULL, NULL}},
    {"a%22b", {"a\"b", "a\"b", "a%22b", "a\"b", "a%22b", "a\"b", "a%22b"}},
    /* overlong UTF-8: a quote in two and in three bytes */
    {"a\xc0\xa7"
     "b",
	{NULL, NULL, NULL, NULL, NULL, NULL, NULL}},
    {"a%c0%a7b",
	{NULL, NULL, "a%c0%a7b", NULL, "a%c0%a7b", "a%c0%a7b", "a%c0%a7b"}},
    {"a%e0%80%a7b", {NULL, NULL, "a%e0%80%a7b", NULL, "a%e0%80%a7b",
			"a%e0%80%a7b", "a%e0%80%a7b"}},
    /* full-width quote: a letter to PostgreSQL, and not folded here */
    {"a%ef%bc%87b", {"a\xef\xbc\x87"
		     "b",
			"a\xef\xbc\x87"
			"b",
			"a%ef%bc%87b",
			"a\xef\xbc\x87"
			"b",
			"a%ef%bc%87b", "a%ef%bc%87b", "a%ef%bc%87b"}},
    {"a\\uff07b",
	{NULL, "a\\uff07b", "a\\uff07b", "a\\uff07b", "a\\uff07b", NULL,
	    "a\xef\xbc\x87"
	    "b"}},
};

static void
send_layer(struct rig *g, enum layer layer, const char *sent)
{
	/* head, then body, cut where the text stands; body NULL: none */
	static const struct {
		const char *before, *behind, *body, *body_behind;
	} in[LAYERS] = {
	    [IN_PATH] = {"GET /a/", "/b/w" TO "\r\n", NULL, NULL},
	    [IN_QUERY] = {"GET /?a=", TO "\r\n", NULL, NULL},
	    [IN_COOKIE] = {"GET /" TO "Cookie: a=", END, NULL, NULL},
	    [IN_FORM] = {"POST /" TO FORM, NULL, "a=", ""},
	    [IN_PART] = {"POST /" TO PARTS, NULL, FIELD("a"), LAST},
	    [IN_FILE_NAME] = {"POST /" TO PARTS, NULL,
		"--b\r\nContent-Disposition: form-data; name=a; filename=\"",
		"\"\r\n\r\n" LAST},
	    [IN_JSON] = {"POST /" TO JSON, NULL, "{\"a\":\"", "\"}"},
	};
	static char head[512], body[512];
	bool is_body = in[layer].body != NULL;

	(void)snprintf(head, sizeof(head), "%s%s%s", in[layer].before,
	    is_body ? "" : sent, is_body ? "" : in[layer].behind);
	send(g, head);
	if (!is_body)
		return;
	(void)snprintf(body, sizeof(body), "%s%s%s", in[layer].body, sent,
	    in[layer].body_behind);
	rig_body(g, body);
}

/* read_as_handler reads a as a stage would; false when it can not. */
static bool
read_as_handler(struct gw_req *r, enum layer layer, struct bytes *out)
{
	static const enum gw_where where[LAYERS] = {[IN_COOKIE] = GW_IN_COOKIE,
	    [IN_FORM] = GW_IN_FORM,
	    [IN_PART] = GW_IN_FORM,
	    [IN_FILE_NAME] = GW_IN_FILE_NAME};
	const struct gw_value *v;
	const struct gw_json *json;
	const char *why;

	if (r->reply.status != 200)
		return false;
	if (layer == IN_PATH) {
		*out = r->params[0];
		return true;
	}
	if (layer == IN_QUERY)
		return gw_req_query(r, out, "a");
	if (layer == IN_JSON) {
		json = gw_req_json(r, &why);
		json = json == NULL ? NULL : gw_json_get(json, "a");
		*out = json == NULL ? *out : json->text;
		return json != NULL;
	}
	v = gw_value_find(&r->values, where[layer], "a");
	*out = v == NULL ? *out : v->value;
	return v != NULL;
}

/* is_screened tells whether the very bytes are among what filters see. */
static bool
is_screened(const struct gw_req *r, struct bytes value)
{
	struct gw_value_iter it = {.values = &r->values};
	struct gw_value v;

	while (gw_value_next(&it, &v))
		if (!v.is_name && v.value.ptr == value.ptr &&
		    v.value.len == value.len)
			return true;
	return false;
}

static void
expect_layer(
    struct rig *g, enum layer layer, const char *sent, const char *want)
{
	struct bytes value = {NULL, 0};

	send_layer(g, layer, sent);
	if (want == NULL) {
		EXPECT(!read_as_handler(&g->req, layer, &value));
	} else {
		EXPECT(read_as_handler(&g->req, layer, &value));
		EXPECT_BYTES(value, bytes_of_str(want));
		EXPECT(is_screened(&g->req, value));
	}
	rig_next(g);
}

TEST(test_values_filters_see_the_bytes_that_handlers_read)
{
	char name[64];
	struct rig g;
	size_t i;
	unsigned layer;

	EXPECT(rig_open(&g, conf, NULL));
	for (i = 0; i < ARRAY_CNT(layer_row); i++)
		for (layer = 0; layer < LAYERS; layer++) {
			(void)snprintf(name, sizeof(name), "%s in layer %u",
			    layer_row[i].sent, layer);
			test_row(name);
			expect_layer(&g, (enum layer)layer, layer_row[i].sent,
			    layer_row[i].read[layer]);
			test_count(1);
		}
	rig_close(&g);
	test_row(NULL);
}

TEST(test_values_files_are_text_or_not)
{
	static char body[GW_FILE_TEXT_MAX + 256];
	static const char head[] = "POST /" TO PARTS;
	static const struct {
		const char *content;
		bool is_opaque;
	} row[] = {{"a\tb\r\n\xe6\xa0\xaa", false}, {"", false},
	    {"a\x01", true}, {"a\xff", true}, {"a\x1b[0m", true}};
	struct bytes file = bytes_of_str(FIELD("a\"; filename=\"x"));
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, conf, NULL));
	for (i = 0; i < ARRAY_CNT(row); i++) {
		(void)snprintf(body, sizeof(body), "%.*s%s" LAST, (int)file.len,
		    (const char *)file.ptr, row[i].content);
		send(&g, head);
		rig_body(&g, body);
		EXPECT_U64(g.req.values.cnt, 2);
		EXPECT_BYTES(
		    g.req.values.list[1].value, bytes_of_str(row[i].content));
		EXPECT(g.req.values.list[1].is_opaque == row[i].is_opaque);
		rig_next(&g);
	}
	for (i = 0; i < 2; i++) {
		memset(body, 'x', sizeof(body));
		memcpy(body, file.ptr, file.len);
		memcpy(
		    body + file.len + GW_FILE_TEXT_MAX + i, LAST, sizeof(LAST));
		send(&g, head);
		rig_body(&g, body);
		EXPECT(g.req.values.list[1].is_opaque == (i == 1));
		rig_next(&g);
	}
	rig_close(&g);
}
