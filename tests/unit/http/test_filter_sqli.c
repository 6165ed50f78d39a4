/* SPDX-License-Identifier: Apache-2.0
 *
 * Filter sqli: where it looks, what surface and route tell it, what it keeps
 * for the log and what the client is told. What is an injection and what is
 * not is test_sqlscreen.c's matter.
 */
#include <stdio.h>

#include "base/check.h"
#include "http/filter.h"
#include "rig.h"
#include "test.h"

static unsigned served;

static enum gw_step
serve(struct gw_req *r)
{
	served++;
	return gw_reply_set(r, 200, GW_TYPE_TEXT, bytes_of_str("ok"));
}

static gw_stage_fn *const stages[] = {serve, NULL};

static const struct gw_route routes[] = {
    {GW_GET, "/x/{name}", GW_WALLET, GW_CLOSED, stages, 0},
    {GW_POST, "/x", GW_WALLET, GW_CLOSED, stages, 0},
    {GW_POST, "/told", GW_WALLET, GW_CLOSED, stages, 0},
    {GW_POST, "/off", GW_WALLET, GW_CLOSED, stages, 0},
    {GW_POST, "/high", GW_WALLET, GW_CLOSED, stages, 0},
    {GW_POST, "/doc", GW_WALLET, GW_CLOSED, stages, 0},
    {GW_POST, "/", GW_RPC, GW_CLOSED, stages, 0},
};

#define BASE                                                                   \
	"[gateway]\nhome = /h\n[listener l]\naddress = 127.0.0.1:1\n"          \
	"tls = no\n"

static const char conf[] =
    BASE "[surface w]\nserves = wallet\nat = l /\nhosts = a\n"
	 "filters = sqli\nsqli_route = /told detect\nsqli_route = /off off\n"
	 "sqli_route = /high 1000\n"
	 "sqli_route = /doc 7 block doc:base64 sig:signed\n"
	 "[surface r]\nserves = rpc\nat = l /rpc\nhosts = a\nfilters = sqli\n"
	 "[surface d]\nserves = wallet\nat = l /d\nhosts = a\n"
	 "filters = sqli\nsqli = detect\nsqli_route = /x block\n"
	 "[surface s]\nserves = wallet\nat = l /s\nhosts = a\n"
	 "filters = sqli\nshadow = sqli\n"
	 "[surface n]\nserves = wallet\nat = l /n\nhosts = a\n";

#define TO   " HTTP/1.1\r\nHost: a\r\n"
#define END  "\r\n\r\n"
#define JSON "Content-Type: application/json\r\nContent-Length: 9" END
#define FORM                                                                   \
	"Content-Type: application/x-www-form-urlencoded\r\n"                  \
	"Content-Length: 9" END
#define PARTS                                                                  \
	"Content-Type: multipart/form-data; boundary=b\r\n"                    \
	"Content-Length: 9" END
#define PART(name, text)                                                       \
	"--b\r\nContent-Disposition: form-data; name=\"" name                  \
	"\"\r\n\r\n" text "\r\n--b--"
#define ATTACK "1' UNION SELECT a FROM b--"

static void
send(struct rig *g, const char *head, const char *body)
{
	rig_send(g, "l", head, routes, ARRAY_CNT(routes));
	if (body != NULL)
		rig_body(g, body);
}

/* What becomes of a request: status, where the screen saw what it tells, the
 * name of the field; NULL: it saw nothing. */
static const struct {
	const char *head, *body;
	unsigned status;
	const char *where, *field;
} row[] = {
    /* wherever the client can write */
    {"GET /x/1%27%20or%201=1--" TO "\r\n", NULL, 403, "path", "name"},
    {"GET /x/a?q=1%27+or+1%3D1--" TO "\r\n", NULL, 403, "query", "q"},
    {"GET /x/a?q=1%2527+or+1%3D1--" TO "\r\n", NULL, 403, "query", "q"},
    {"GET /x/a?1%27+or+1%3D1--=x" TO "\r\n", NULL, 403, "query", "(name)"},
    {"GET /x/a" TO "Cookie: s=1; c=1' or 1=1--" END, NULL, 403, "cookie", "c"},
    {"GET /x/a" TO "Cookie: s=1\r\nCookie: c=\"1' or 1=1--\"" END, NULL, 403,
	"cookie", "c"},
    {"POST /x" TO FORM, "a=1&b=1%27+or+1%3D1--", 403, "form", "b"},
    {"POST /x" TO JSON, "{\"a\":[{\"b\":[\"" ATTACK "\"]}]}", 403, "json", "b"},
    {"POST /x" TO JSON, "{\"a\":\"1\\u0027 or 1=1--\"}", 403, "json", "a"},
    {"POST /x" TO JSON, "{\"" ATTACK "\":1}", 403, "json", "(name)"},
    {"POST /x" TO JSON, "\"" ATTACK "\"", 403, "json", ""},
    {"POST /x" TO PARTS, PART("a", "1' or 1=1--"), 403, "form", "a"},
    {"POST /x" TO PARTS, PART("a", "1%27 or 1=1--"), 403, "form", "a"},
    {"POST /x" TO PARTS, PART("1' or 1=1--", "1"), 403, "form", "(name)"},
    {"POST /x" TO PARTS, PART("a\"; filename=\"x'; drop table b--", "1"), 403,
	"file_name", "a"},
    {"POST /x" TO PARTS, PART("1' or 1=1--\"; filename=\"x", "1"), 403,
	"file_name", "(name)"},
    {"POST /x" TO PARTS,
	PART("a\"; filename=\"x.csv", "name,shares\r\n" ATTACK ",1"), 403,
	"file", "a"},
    {"POST /x" TO PARTS,
	PART("a\"; filename=\"x.json", "{\"b\":\"1\\u0027 or 1=1--\"}"), 403,
	"file", "a"},
    {"POST /x" TO JSON,
	"{\"01234567890123456789012345678901234567890123456789012345678901234"
	"\":\"" ATTACK "\"}",
	403, "json", "..."},
    /* not where it can not be read */
    {"POST /x" TO "Content-Type: text/plain\r\nContent-Length: 9" END, ATTACK,
	200, NULL, NULL},
    {"GET /x/a" TO "X-Other: " ATTACK END, NULL, 200, NULL, NULL},
    {"POST /x" TO PARTS, PART("a\"; filename=\"x.pdf", "\x01" ATTACK), 200,
	NULL, NULL},
    /* what the product sends */
    {"POST /x" TO PARTS,
	PART("holders\"; filename=\"\xe6\xa0\xaa\xe4\xb8\xbb.csv",
	    "name,address,shares\r\n\"O'Brien, Pat\",0x58b2A2055bB55bcBb37D,10"
	    "\r\n"),
	200, NULL, NULL},
    {"GET /x/0x58b2A2055bB55bcBb37D2f2A4276b0Bd066548bb?limit=10" TO
     "Cookie: __Host-s=YUFr" END,
	NULL, 200, NULL, NULL},
    {"POST /x" TO JSON, "{\"raw_tx_hex_list\":[\"0xf86ca564\",\"f86c\"]}", 200,
	NULL, NULL},
    {"POST /rpc" TO JSON,
	"[{\"jsonrpc\":\"2.0\",\"id\":\"a-1\",\"method\":\"eth_call\","
	"\"params\":[{\"to\":\"0x12\",\"data\":\"0x00\"},\"latest\"]}]",
	200, NULL, NULL},
    {"POST /rpc" TO JSON, "{", 200, NULL, NULL},
    /* a field is exempt by what it holds, not by its name */
    {"POST /x" TO JSON, "{\"raw_tx_hex_list\":[\"0xf8\",\"" ATTACK "\"]}", 403,
	"json", "raw_tx_hex_list"},
    {"POST /rpc" TO JSON, "{\"params\":[{\"data\":\"0x " ATTACK "\"}]}", 403,
	"json", "data"},
    {"POST /doc" TO JSON, "{\"doc\":\"YUFr\",\"sig\":\"eyJh.eyJi.c2ln\"}", 200,
	NULL, NULL},
    {"POST /doc" TO JSON, "{\"doc\":\"YUFr " ATTACK "\"}", 403, "json", "doc"},
    {"POST /doc" TO PARTS, PART("doc\"; filename=\"x.p7", "YUFr"), 200, NULL,
	NULL},
    {"POST /doc" TO PARTS, PART("doc\"; filename=\"x.p7", "YUFr " ATTACK), 403,
	"file", "doc"},
    {"POST /doc" TO JSON, "{\"raw_tx_hex_list\":[\"" ATTACK "\"]}", 403, "json",
	"raw_tx_hex_list"},
    /* route by route */
    {"POST /told" TO JSON, "{\"a\":\"" ATTACK "\"}", 200, "json", "a"},
    {"POST /told?b="
     "1%27+or+1%3D1--" TO JSON,
	"{\"a\":\"" ATTACK "\"}", 200, "query", "b"},
    {"POST /off" TO JSON, "{\"a\":\"" ATTACK "\"}", 200, NULL, NULL},
    {"POST /high" TO JSON, "{\"a\":\"" ATTACK "\"}", 200, NULL, NULL},
    /* surface by surface */
    {"POST /d/told" TO JSON, "{\"a\":\"" ATTACK "\"}", 200, "json", "a"},
    {"POST /d/x" TO JSON, "{\"a\":\"" ATTACK "\"}", 403, "json", "a"},
    {"POST /s/x" TO JSON, "{\"a\":\"" ATTACK "\"}", 200, "json", "a"},
    {"POST /n/x" TO JSON, "{\"a\":\"" ATTACK "\"}", 200, NULL, NULL},
};

static void
expect_note(const struct gw_req *r, const char *where, const char *field)
{
	const struct gw_sql_note *n = r->sqli;

	EXPECT((n != NULL) == (where != NULL));
	if (n == NULL || where == NULL)
		return;
	EXPECT_STR(gw_where_word(n->where), where);
	EXPECT_BYTES(n->name, bytes_of_str(field));
	EXPECT(n->verdict.score >= 7 && n->fired != 0);
	EXPECT((n->fired & n->verdict.fired) == n->verdict.fired);
}

TEST(test_filter_sqli_looks_where_a_client_can_write)
{
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, conf, NULL));
	EXPECT_STR(g.said, "");
	for (i = 0; i < ARRAY_CNT(row); i++) {
		const struct gw_ruling *ruling = &g.req.rulings[GW_FILTER_SQLI];

		test_row(row[i].head);
		served = 0;
		send(&g, row[i].head, row[i].body);
		EXPECT_U64(g.req.reply.status, row[i].status);
		EXPECT_U64(served, row[i].status == 200);
		expect_note(&g.req, row[i].where, row[i].field);
		if (row[i].status == 403) {
			EXPECT_U64(ruling->cause, GW_R_SQLI);
			EXPECT_STR(ruling->rule, row[i].where);
		}
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
	test_row(NULL);
}

TEST(test_filter_sqli_refusal_has_the_look_of_the_surface)
{
	struct rig g;

	EXPECT(rig_open(&g, conf, NULL));
	send(&g, "POST /x" TO JSON, "{\"a\":\"" ATTACK "\"}");
	EXPECT_BYTES(g.req.reply.body,
	    bytes_of_str(
		"{\"meta\":{\"code\":403,\"message\":\"Forbidden\"}}"));
	rig_next(&g);
	send(&g, "POST /rpc" TO JSON, "{\"a\":\"" ATTACK "\"}");
	EXPECT_BYTES(g.req.reply.body,
	    bytes_of_str("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":"
			 "-32003,\"message\":\"looks like an SQL "
			 "injection\"}}"));
	rig_close(&g);
}

TEST(test_filter_sqli_in_shadow_is_taken_back_and_kept)
{
	struct rig g;

	EXPECT(rig_open(&g, conf, NULL));
	send(&g, "POST /s/x" TO JSON, "{\"a\":\"" ATTACK "\"}");
	EXPECT_U64(g.req.reply.status, 200);
	EXPECT_U64(g.req.rulings[GW_FILTER_SQLI].verdict, GW_VERDICT_SHADOW);
	EXPECT(g.req.sqli != NULL);
	rig_close(&g);
}

TEST(test_filter_sqli_judges_without_memory_for_its_note)
{
	struct gw_value value = {.where = GW_IN_QUERY,
	    .name = bytes_of_str("a"),
	    .value = bytes_of_str(ATTACK)};
	struct rig g;

	EXPECT(rig_open(&g, conf, NULL));
	send(&g, "POST /x" TO JSON, "{}");
	g.req.reply = (struct gw_reply){0};
	g.req.values = (struct gw_values){.list = &value, .cnt = 1};
	g.req.arena.max_bytes = g.req.arena.used_bytes;
	EXPECT(gw_filter_sqli(&g.req) == GW_DONE);
	EXPECT_U64(g.req.reply.status, 403);
	EXPECT(g.req.sqli == NULL);
	rig_close(&g);
}

TEST(test_filter_sqli_routes_of_the_configuration_must_exist)
{
	static const char more[] =
	    BASE "[surface w]\nserves = wallet\nat = l /\nhosts = a\n"
		 "filters = sqli\nsqli_route = /x off\n"
		 "sqli_route = /nowhere off\nsqli_route = / off\n";
	struct gw_conf_say none = {NULL, NULL};
	struct err e = {0};
	struct rig g;

	EXPECT(rig_open(&g, conf, NULL));
	EXPECT(gw_conf_check_routes(
		   g.conf, routes, ARRAY_CNT(routes), &none, &e) == RC_OK);
	rig_close(&g);
	EXPECT(rig_open(&g, more, NULL));
	EXPECT(rig_check_routes(&g, routes, ARRAY_CNT(routes)) == RC_CONF);
	EXPECT_STR(g.said, "12: sqli_route: surface w has no route /nowhere\n"
			   "13: sqli_route: surface w has no route /\n");
	rig_close(&g);
}
