/* SPDX-License-Identifier: Apache-2.0
 *
 * Filter basic by its rules, and what is left of it in shadow: it counts as
 * ever, refuses nobody, and makes nobody a user who has not shown a password.
 * That it lets in and keeps out is in test_req.c.
 */
#include "http/filter.h"

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
};

/* Two surfaces with the same users: the one of a test and another. */
#define CONF                                                                   \
	"[gateway]\nhome = /h\n"                                               \
	"[listener l]\naddress = 127.0.0.1:1\ntls = no\n"                      \
	"[surface other]\nserves = wallet\nat = l /other\nhosts = a\n"         \
	"filters = basic\nusers = u\n"                                         \
	"[surface s]\nserves = wallet\nat = l /\nhosts = a\n"                  \
	"filters = basic user_rate\nusers = u\nuser_rate = 10/s\n"             \
	"user_burst = 2\nrate_fields = yes\n"
#define SHADOW CONF "shadow = basic\n"

static const char users[] =
    "ann:scrypt$16384$8$5$000102030405060708090a0b0c0d0e0f$"
    "000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f\n";

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n"
#define AS(what)  "Authorization: " what "\r\n\r\n"
#define ANN       AS("Basic YW5uOnNlY3JldA==")

static void
send(struct rig *g, const char *head)
{
	rig_send(g, "l", head, routes, ARRAY_CNT(routes));
}

/* check ends the effect as who checks passwords does. */
static void
check(struct rig *g, bool fits)
{
	const struct gw_password_effect *p = &g->req.effect.u.password;
	struct gw_throttle_rule pair = gw_rule_of_pair(g->conf);
	struct gw_throttle_rule all = gw_rule_of_address(g->conf);
	uint64_t now = g->world.mono_ms;

	CHECK(g->run == GW_RUN_WAIT);
	gw_throttle_charge(g->world.throttle, p->pair, &pair, now);
	gw_throttle_charge(g->world.throttle, p->address, &all, now);
	if (fits) {
		gw_throttle_forgive(g->world.throttle, p->pair, now);
		gw_throttle_refund(g->world.throttle, p->address, &all, now);
	}
	g->req.effect.u.password.fits = fits;
	rig_go(g);
}

static void
expect_ruling(struct rig *g, enum gw_verdict verdict, enum gw_refusal cause,
    const char *rule)
{
	const struct gw_ruling *got = &g->req.rulings[GW_FILTER_BASIC];

	EXPECT_U64(got->verdict, verdict);
	EXPECT_U64(got->cause, cause);
	EXPECT((got->rule == NULL) == (rule == NULL));
	if (got->rule != NULL && rule != NULL)
		EXPECT_STR(got->rule, rule);
}

/* Served as nobody, with no trace in the answer. */
static void
expect_stranger(struct rig *g, enum gw_refusal cause, const char *rule)
{
	EXPECT_U64(g->run, GW_RUN_REPLY);
	EXPECT_U64(g->req.reply.status, 200);
	EXPECT_U64(g->req.reply.field_cnt, 0);
	EXPECT_U64(g->req.user.len, 0);
	expect_ruling(g, GW_VERDICT_SHADOW, cause, rule);
}

static const struct {
	const char *head, *rule; /* NULL: the password is looked at */
} header_row[] = {
    {GET("/") "\r\n", "missing"}, {GET("/") AS(""), "unreadable"},
    {GET("/") AS("Bearer YW5uOnNlY3JldA=="), "unreadable"},
    {GET("/") AS("Basic"), "unreadable"},
    {GET("/") AS("Basic !"), "unreadable"},
    {GET("/") AS("Basic YW5u"), "unreadable"}, /* no colon */
    {GET("/") ANN, NULL},
    {GET("/") AS("Basic bmlsOnNlY3JldA=="), NULL}, /* an unknown user */
};

TEST(test_filter_basic_refusals_are_named_and_look_the_same)
{
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, CONF, users));
	for (i = 0; i < ARRAY_CNT(header_row); i++) {
		test_row(header_row[i].head);
		send(&g, header_row[i].head);
		if (header_row[i].rule == NULL)
			check(&g, false);
		EXPECT_U64(g.req.reply.status, 401);
		EXPECT_U64(g.req.reply.field_cnt, 1);
		EXPECT_BYTES(g.req.reply.body,
		    bytes_of_str("{\"meta\":{\"code\":401,\"message\":"
				 "\"Unauthorized\"}}"));
		expect_ruling(&g, GW_VERDICT_REFUSE, GW_R_UNAUTHORIZED,
		    header_row[i].rule != NULL ? header_row[i].rule : "wrong");
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
	test_row(NULL);
}

TEST(test_filter_basic_in_shadow_lets_in_but_gives_no_user)
{
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, SHADOW, users));
	for (i = 0; i < ARRAY_CNT(header_row); i++) {
		test_row(header_row[i].head);
		send(&g, header_row[i].head);
		if (header_row[i].rule == NULL)
			check(&g, false);
		expect_stranger(&g, GW_R_UNAUTHORIZED,
		    header_row[i].rule != NULL ? header_row[i].rule : "wrong");
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
	test_row(NULL);
}

TEST(test_filter_basic_in_shadow_knows_who_shows_the_password)
{
	struct gw_memo memo = {0};
	struct rig g;

	EXPECT(rig_open(&g, SHADOW, users));
	send(&g, GET("/") ANN);
	g.req.memo = &memo;
	check(&g, true);
	EXPECT_U64(g.req.reply.status, 200);
	EXPECT_BYTES(g.req.user, bytes_of_str("ann"));
	expect_ruling(&g, GW_VERDICT_PASS, GW_R_NONE, NULL);
	/* and is counted as one */
	EXPECT(g.req.reply.field_cnt > 0);
	EXPECT_STR(memo.user_len == 3 ? "one" : "none", "one");
	rig_next(&g);
	/* what was wrong leaves nothing to be remembered */
	memo = (struct gw_memo){0};
	send(&g, GET("/") AS("Basic YW5uOndyb25n"));
	g.req.memo = &memo;
	check(&g, false);
	expect_stranger(&g, GW_R_UNAUTHORIZED, "wrong");
	EXPECT_U64(memo.user_len, 0);
	rig_close(&g);
}

/* Reliability A7: what is counted, so that nobody can guess at the surface
 * without end, is not made to wait; the right password is not looked at. */
TEST(test_filter_basic_in_shadow_counts_but_nobody_waits)
{
	struct rig g;
	unsigned i;

	EXPECT(rig_open(&g, SHADOW, users));
	for (i = 0; i < 8; i++) {
		send(&g, GET("/") ANN);
		check(&g, false);
		rig_next(&g);
	}
	send(&g, GET("/") ANN);
	expect_stranger(&g, GW_R_TOO_MANY, NULL);
	rig_next(&g);
	g.world.mono_ms += 1100;
	send(&g, GET("/") ANN);
	check(&g, true);
	EXPECT_BYTES(g.req.user, bytes_of_str("ann"));
	rig_close(&g);
}

/* A trial costs the others nothing: no wait, no place in the queue. */
TEST(test_filter_basic_in_shadow_is_no_matter_for_other_surfaces)
{
	struct gw_throttle_rule all;
	uint64_t address, other;
	struct rig g;
	unsigned i;

	EXPECT(rig_open(&g, SHADOW, users));
	all = gw_rule_of_address(g.conf);
	send(&g, GET("/other") ANN);
	EXPECT_U64(g.req.effect.u.password.rank, GW_RANK_CLEAN);
	other = g.req.effect.u.password.address;
	rig_next(&g);
	send(&g, GET("/") ANN);
	EXPECT_U64(g.req.effect.u.password.rank, GW_RANK_SHADOW);
	address = g.req.effect.u.password.address;
	EXPECT(address != other);
	rig_next(&g);
	for (i = 0; i < 60; i++)
		gw_throttle_charge(
		    g.world.throttle, address, &all, g.world.mono_ms);
	send(&g, GET("/") ANN);
	expect_stranger(&g, GW_R_TOO_MANY, NULL);
	rig_next(&g);
	send(&g, GET("/other") ANN);
	EXPECT_U64(g.run, GW_RUN_WAIT);
	rig_close(&g);
}

TEST(test_filter_basic_in_shadow_passes_a_full_queue)
{
	struct rig g;

	EXPECT(rig_open(&g, SHADOW, users));
	send(&g, GET("/") ANN);
	EXPECT_U64(g.run, GW_RUN_WAIT);
	g.req.effect.rc = RC_UNAVAILABLE;
	rig_go(&g);
	expect_stranger(&g, GW_R_BUSY, NULL);
	rig_close(&g);
}
