/* SPDX-License-Identifier: Apache-2.0
 *
 * The chain itself: rulings, and what shadow makes of a refusal.
 */
#include "http/filter.h"

#include <stdio.h>

#include "base/check.h"

#include "rig.h"
#include "test.h"

static enum gw_step
tell(struct gw_req *r)
{
	return r->state == NULL && r->effect.kind == GW_EFFECT_NONE
		   ? gw_reply_set(r, 200, GW_TYPE_TEXT, r->body)
		   : gw_refuse(r, GW_R_INTERNAL, NULL);
}

static gw_stage_fn *const telling[] = {tell, NULL};

static enum gw_step
take(struct gw_req *r)
{
	return gw_reply_set(r, 200, GW_TYPE_TEXT, bytes_of_str("ok"));
}

static gw_stage_fn *const taking[] = {take, NULL};

static const struct gw_route routes[] = {
    {GW_GET, "/", GW_OPS, GW_CLOSED, telling, 0},
    {GW_GET, "/", GW_WALLET, GW_CLOSED, telling, 0},
    {GW_GET, "/open", GW_WALLET, GW_OPEN, telling, 0},
    {GW_POST, "/body", GW_OPS, GW_CLOSED, taking, 0},
};

#define LISTENER "[listener a]\naddress = 127.0.0.1:1\ntls = no\n"
#define DENYING                                                                \
	"[gateway]\nhome = /h\n" LISTENER                                      \
	"[surface s]\nserves = ops\nat = a /\nhosts = *\n"                     \
	"filters = net cors\ndeny = 127.0.0.0/8\ncors = https://x.example\n"

static const char get[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
static const char preflight[] =
    "OPTIONS / HTTP/1.1\r\nHost: x\r\nOrigin: https://evil.example\r\n"
    "Access-Control-Request-Method: POST\r\n\r\n";

static void
send(struct rig *g, const char *head)
{
	rig_send(g, "a", head, routes, sizeof(routes) / sizeof(routes[0]));
}

static void
expect_ruling(const struct rig *g, enum gw_filter f, enum gw_verdict verdict,
    enum gw_refusal cause, const char *rule)
{
	const struct gw_ruling *got = &g->req.rulings[f];

	EXPECT_U64(got->verdict, verdict);
	EXPECT_U64(got->cause, cause);
	if (rule == NULL)
		EXPECT(got->rule == NULL);
	else
		EXPECT_STR(got->rule, rule);
}

TEST(test_filter_refusal_ends_the_chain_and_is_written_down)
{
	struct rig g;

	EXPECT(rig_open(&g, DENYING, NULL));
	send(&g, get);
	EXPECT_U64(g.req.reply.status, 403);
	EXPECT_U64(g.req.reply.cause, GW_R_FORBIDDEN);
	expect_ruling(
	    &g, GW_FILTER_NET, GW_VERDICT_REFUSE, GW_R_FORBIDDEN, "denied");
	expect_ruling(&g, GW_FILTER_RATE, GW_VERDICT_NONE, GW_R_NONE, NULL);
	expect_ruling(&g, GW_FILTER_CORS, GW_VERDICT_PASS, GW_R_NONE, NULL);
	rig_close(&g);
}

TEST(test_filter_in_shadow_lets_through_and_is_written_down)
{
	struct rig g;

	EXPECT(rig_open(&g, DENYING "shadow = net\n", NULL));
	send(&g, get);
	EXPECT_U64(g.run, GW_RUN_REPLY);
	EXPECT_U64(g.req.reply.status, 200);
	EXPECT_U64(g.req.reply.cause, GW_R_NONE);
	EXPECT(g.req.reply.rule == NULL);
	expect_ruling(
	    &g, GW_FILTER_NET, GW_VERDICT_SHADOW, GW_R_FORBIDDEN, "denied");
	expect_ruling(&g, GW_FILTER_SIZE, GW_VERDICT_PASS, GW_R_NONE, NULL);
	expect_ruling(&g, GW_FILTER_CORS, GW_VERDICT_PASS, GW_R_NONE, NULL);
	expect_ruling(&g, GW_FILTER_BASIC, GW_VERDICT_NONE, GW_R_NONE, NULL);
	rig_close(&g);
}

TEST(test_filter_in_shadow_takes_its_headers_back)
{
	struct rig g;

	EXPECT(rig_open(&g, DENYING "shadow = net\n", NULL));
	send(&g, preflight);
	EXPECT_U64(g.req.reply.status, 403);
	EXPECT_U64(g.req.reply.field_cnt, 0);
	expect_ruling(
	    &g, GW_FILTER_CORS, GW_VERDICT_REFUSE, GW_R_FORBIDDEN, NULL);
	rig_close(&g);
	EXPECT(rig_open(&g, DENYING "shadow = cors net\n", NULL));
	send(&g, preflight);
	/* Nothing serves OPTIONS; the one header is its Allow. */
	EXPECT_U64(g.req.reply.status, 405);
	EXPECT_U64(g.req.reply.field_cnt, 1);
	EXPECT_STR(g.req.reply.fields[0].name, "Allow");
	expect_ruling(
	    &g, GW_FILTER_CORS, GW_VERDICT_SHADOW, GW_R_FORBIDDEN, NULL);
	rig_close(&g);
}

TEST(test_filter_answer_of_its_own_is_no_refusal)
{
	struct rig g;

	EXPECT(rig_open(&g, DENYING "shadow = cors net\n", NULL));
	send(&g,
	    "OPTIONS / HTTP/1.1\r\nHost: x\r\nOrigin: https://x.example\r\n"
	    "Access-Control-Request-Method: POST\r\n\r\n");
	EXPECT_U64(g.req.reply.status, 204);
	expect_ruling(&g, GW_FILTER_CORS, GW_VERDICT_ANSWER, GW_R_NONE, NULL);
	rig_close(&g);
}

#define SIZED                                                                  \
	"[gateway]\nhome = /h\n" LISTENER                                      \
	"[surface s]\nserves = ops\nat = a /\nhosts = *\nbody_max = 1024\n"    \
	"filters = rate\nrate = 10/s\nrate_fields = yes\n"
#define POST      "POST /body HTTP/1.1\r\nHost: x\r\n"
#define LENGTH(n) "Content-Length: " n "\r\n\r\n"
#define CHUNKED   "Transfer-Encoding: chunked\r\n\r\n"

TEST(test_filter_size_in_shadow_leaves_the_programs_own_bound)
{
	static const struct {
		const char *shadow, *head;
		size_t body;
		unsigned status;
		enum gw_verdict verdict;
	} row[] = {
	    {"", POST LENGTH("1024"), 1024, 200, GW_VERDICT_PASS},
	    {"", POST LENGTH("1025"), 1025, 413, GW_VERDICT_REFUSE},
	    {"", POST CHUNKED, 1024, 200, GW_VERDICT_PASS},
	    {"", POST CHUNKED, 1025, 413, GW_VERDICT_REFUSE},
	    {"shadow = size\n", POST LENGTH("1024"), 1024, 200,
		GW_VERDICT_PASS},
	    {"shadow = size\n", POST LENGTH("1025"), 1025, 200,
		GW_VERDICT_SHADOW},
	    {"shadow = size\n", POST LENGTH("8388608"), GW_BODY_SHADOW_MAX, 200,
		GW_VERDICT_SHADOW},
	    {"shadow = size\n", POST LENGTH("8388609"), 0, 413,
		GW_VERDICT_SHADOW},
	    {"shadow = size\n", POST LENGTH("9223372036854775807"), 0, 413,
		GW_VERDICT_SHADOW},
	    {"shadow = size\n", POST CHUNKED, 1024, 200, GW_VERDICT_PASS},
	    {"shadow = size\n", POST CHUNKED, 1025, 200, GW_VERDICT_SHADOW},
	};
	static const uint8_t zeros[GW_BODY_SHADOW_MAX];
	char conf[1024];
	struct rig g;
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].head);
		(void)snprintf(conf, sizeof(conf), SIZED "%s", row[i].shadow);
		EXPECT(rig_open(&g, conf, NULL));
		send(&g, row[i].head);
		if (g.run == GW_RUN_BODY) {
			g.req.body = bytes_of(zeros, row[i].body);
			rig_go(&g);
		}
		EXPECT_U64(g.req.reply.status, row[i].status);
		EXPECT(g.req.reply.must_close == (row[i].status == 413));
		expect_ruling(&g, GW_FILTER_SIZE, row[i].verdict,
		    row[i].verdict == GW_VERDICT_PASS ? GW_R_NONE
						      : GW_R_TOO_LARGE,
		    NULL);
		/* What other filters have said stays. */
		EXPECT(row[i].status != 200 || g.req.reply.field_cnt == 2);
		rig_close(&g);
		test_count(1);
	}
	test_row(NULL);
}

/* A body whose length shows only while it comes. */
TEST(test_filter_that_refuses_late_is_heeded_as_ever)
{
	struct rig g;

	EXPECT(rig_open(&g, SIZED, NULL));
	send(&g, POST CHUNKED);
	EXPECT(gw_filter_late(&g.req, GW_FILTER_SIZE, GW_R_TOO_LARGE, NULL));
	expect_ruling(
	    &g, GW_FILTER_SIZE, GW_VERDICT_REFUSE, GW_R_TOO_LARGE, NULL);
	rig_close(&g);
	EXPECT(rig_open(&g, SIZED "shadow = size\n", NULL));
	send(&g, POST CHUNKED);
	EXPECT(!gw_filter_late(&g.req, GW_FILTER_SIZE, GW_R_TOO_LARGE, NULL));
	expect_ruling(
	    &g, GW_FILTER_SIZE, GW_VERDICT_SHADOW, GW_R_TOO_LARGE, NULL);
	rig_close(&g);
}

/* The others refuse as ever while one is in shadow. */
TEST(test_filter_in_shadow_leaves_the_others_alone)
{
	struct rig g;

	EXPECT(rig_open(&g,
	    "[gateway]\nhome = /h\n" LISTENER
	    "[surface s]\nserves = wallet\nat = a /\nhosts = *\n"
	    "filters = net basic\nshadow = net\ndeny = 127.0.0.0/8\n"
	    "users = u\n",
	    NULL));
	send(&g, get);
	EXPECT_U64(g.req.reply.status, 401);
	EXPECT_U64(g.req.reply.field_cnt, 1);
	expect_ruling(
	    &g, GW_FILTER_NET, GW_VERDICT_SHADOW, GW_R_FORBIDDEN, "denied");
	expect_ruling(&g, GW_FILTER_BASIC, GW_VERDICT_REFUSE, GW_R_UNAUTHORIZED,
	    "missing");
	rig_next(&g);
	send(&g, "GET /open HTTP/1.1\r\nHost: x\r\n\r\n");
	EXPECT_U64(g.req.reply.status, 200);
	expect_ruling(&g, GW_FILTER_BASIC, GW_VERDICT_NONE, GW_R_NONE, NULL);
	rig_close(&g);
}

static uint64_t
tick(void)
{
	static uint64_t ns;

	return ns += 7;
}

TEST(test_filter_cost_is_measured_when_a_clock_is_given_only)
{
	struct rig g;

	EXPECT(rig_open(&g, DENYING "shadow = net\n", NULL));
	send(&g, get);
	EXPECT_U64(g.req.rulings[GW_FILTER_NET].ns, 0);
	memset(g.req.rulings, 0, sizeof(g.req.rulings));
	g.req.reply = (struct gw_reply){0};
	g.req.phase = GW_PHASE_HEAD;
	g.req.at = 0;
	g.req.clock_ns = tick;
	rig_go(&g);
	EXPECT_U64(g.req.rulings[GW_FILTER_NET].ns, 7);
	EXPECT_U64(g.req.rulings[GW_FILTER_CORS].ns, 7);
	EXPECT_U64(g.req.rulings[GW_FILTER_BASIC].ns, 0);
	rig_close(&g);
}

TEST(test_filter_refusal_words_are_lower_case_and_whole)
{
	char word[GW_REFUSAL_WORD_MAX];
	unsigned i;

	EXPECT_STR(
	    gw_refusal_word(word, GW_R_NOT_IMPLEMENTED), "not_implemented");
	for (i = 0; i < GW_REFUSAL_CNT; i++)
		EXPECT(strlen(gw_refusal_word(word, (enum gw_refusal)i)) + 1 <
		       GW_REFUSAL_WORD_MAX);
	EXPECT_STR(gw_filter_word(GW_FILTER_CORS), "cors");
}
