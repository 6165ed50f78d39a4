/* SPDX-License-Identifier: Apache-2.0
 *
 * Tallies: what is counted where, bounds, and the text that is exposed.
 */
#include "http/tally.h"

#include <stdio.h>

#include "rig.h"
#include "test.h"

static gw_stage_fn *const none[] = {NULL};

static const struct gw_route routes[] = {
    {GW_GET, "/", GW_OPS, GW_CLOSED, none, 0},
    {GW_POST, "/x/{y}", GW_WALLET, GW_CLOSED, none, 0},
};

enum { ROUTE_CNT = sizeof(routes) / sizeof(routes[0]) };

#define HEAD                                                                   \
	"[gateway]\nhome = /h\n[listener a]\naddress = 127.0.0.1:1\ntls = "    \
	"no\n"
#define SURFACE(name, kind, at)                                                \
	"[surface " name "]\nserves = " kind "\nat = a " at "\nhosts = *\n"

/* Two workers and what they share. */
struct bench {
	struct rig rig;
	struct gw_tally_names names;
	struct gw_tally *workers[2];
	struct arena arena;
	char *text;
};

static void
set_up(struct bench *b, const char *conf)
{
	size_t i;

	memset(b, 0, sizeof(*b));
	EXPECT(rig_open(&b->rig, conf, NULL));
	b->rig.world.routes = routes;
	b->rig.world.route_cnt = ROUTE_CNT;
	gw_tally_enroll(&b->names, b->rig.conf);
	gw_tally_assign(b->rig.conf, &b->names);
	for (i = 0; i < 2; i++)
		b->workers[i] = mem_new(sizeof(*b->workers[i]));
	arena_init(&b->arena, 1 << 26);
}

static void
tear_down(struct bench *b)
{
	size_t i;

	for (i = 0; i < 2; i++)
		mem_free(b->workers[i]);
	arena_drop(&b->arena);
	rig_close(&b->rig);
}

/* reconfigure reads another configuration, as a reload does. */
static void
reconfigure(struct bench *b, const char *conf)
{
	rig_close(&b->rig);
	EXPECT(rig_open(&b->rig, conf, NULL));
	b->rig.world.routes = routes;
	gw_tally_enroll(&b->names, b->rig.conf);
	gw_tally_assign(b->rig.conf, &b->names);
}

static void
expose(struct bench *b)
{
	const struct gw_tally *all[] = {b->workers[0], b->workers[1]};
	struct bytes out;

	EXPECT(gw_tally_expose(
	    &b->arena, &out, &b->names, all, 2, routes, ROUTE_CNT));
	b->text =
	    arena_str(&b->arena, "\n%.*s", (int)out.len, (const char *)out.ptr);
	EXPECT(b->text != NULL);
}

static void
expect_line(const struct bench *b, const char *line, bool is_there)
{
	char whole[512];

	(void)snprintf(whole, sizeof(whole), "\nsekisho_gateway_%s\n", line);
	if ((strstr(b->text, whole) != NULL) != is_there)
		test_fail(__FILE__, __LINE__, "%s%s in %s",
		    is_there ? "no " : "", line, b->text);
}

/* A request of a surface that has come to an end. */
static struct gw_req
request(struct bench *b, size_t surface, const struct gw_route *route,
    unsigned status)
{
	return (struct gw_req){.world = &b->rig.world,
	    .surface = &b->rig.conf->surfaces[surface],
	    .route = route,
	    .reply = {.status = status}};
}

#define OPS    "surface=\"o\",method=\"GET\",route=\"/\""
#define WALLET "surface=\"w\",method=\"POST\",route=\"/x/{y}\""

TEST(test_tally_classes_and_times_are_summed_over_workers)
{
	static const struct {
		unsigned status;
		uint64_t us;
		size_t worker;
	} row[] = {{200, 500, 0}, {204, 501, 1}, {304, 30000001, 1},
	    {404, 29000000, 0}, {503, 0, 0}};
	struct bench b;
	struct gw_req r;
	size_t i;

	set_up(&b, HEAD SURFACE("o", "ops", "/") SURFACE("w", "wallet", "/w"));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		r = request(&b, 0, &routes[0], row[i].status);
		gw_tally_add(b.workers[row[i].worker], &r, row[i].us, false);
	}
	expose(&b);
	expect_line(&b, "route_requests_total{" OPS ",status=\"2xx\"} 2", true);
	expect_line(&b, "route_requests_total{" OPS ",status=\"3xx\"} 1", true);
	expect_line(&b, "route_requests_total{" OPS ",status=\"4xx\"} 1", true);
	expect_line(&b, "route_requests_total{" OPS ",status=\"5xx\"} 1", true);
	expect_line(&b, "route_seconds_bucket{" OPS ",le=\"0.0005\"} 2", true);
	expect_line(&b, "route_seconds_bucket{" OPS ",le=\"0.001\"} 3", true);
	expect_line(&b, "route_seconds_bucket{" OPS ",le=\"10\"} 3", true);
	expect_line(&b, "route_seconds_bucket{" OPS ",le=\"30\"} 4", true);
	expect_line(&b, "route_seconds_bucket{" OPS ",le=\"+Inf\"} 5", true);
	expect_line(&b, "route_seconds_count{" OPS "} 5", true);
	expect_line(&b, "route_seconds_sum{" OPS "} 59.001002", true);
	/* Series stand from the beginning, for routes of the kind only. */
	expect_line(
	    &b, "route_requests_total{" WALLET ",status=\"2xx\"} 0", true);
	EXPECT(strstr(b.text, "surface=\"w\",method=\"GET\"") == NULL);
	tear_down(&b);
}

TEST(test_tally_without_surface_or_route_has_a_place)
{
	struct bench b;
	struct gw_req r;

	set_up(&b, HEAD SURFACE("o", "ops", "/"));
	r = request(&b, 0, NULL, 404);
	r.reply.cause = GW_R_NOT_FOUND;
	gw_tally_add(b.workers[0], &r, 1, false);
	r.surface = NULL;
	gw_tally_add(b.workers[0], &r, 1, false);
	/* Without an answer there is nothing to count. */
	r.reply = (struct gw_reply){0};
	gw_tally_add(b.workers[0], &r, 1, false);
	expose(&b);
	expect_line(&b,
	    "route_requests_total{surface=\"o\",method=\"-\",route=\"-\","
	    "status=\"4xx\"} 1",
	    true);
	expect_line(&b,
	    "route_requests_total{surface=\"-\",method=\"-\",route=\"-\","
	    "status=\"4xx\"} 1",
	    true);
	expect_line(&b,
	    "refusals_total{surface=\"o\",filter=\"-\",reason=\"not_found\"} 1",
	    true);
	tear_down(&b);
}

TEST(test_tally_refusals_are_told_apart_by_filter_and_reason)
{
	struct bench b;
	struct gw_req r;

	set_up(&b, HEAD SURFACE("o", "ops", "/"));
	r = request(&b, 0, &routes[0], 403);
	r.reply.cause = GW_R_FORBIDDEN;
	r.rulings[GW_FILTER_NET] =
	    (struct gw_ruling){.verdict = GW_VERDICT_SHADOW,
		.cause = GW_R_FORBIDDEN,
		.rule = "denied"};
	r.rulings[GW_FILTER_CORS] = (struct gw_ruling){
	    .verdict = GW_VERDICT_REFUSE, .cause = GW_R_FORBIDDEN};
	gw_tally_add(b.workers[0], &r, 1, false);
	gw_tally_add(b.workers[1], &r, 1, true);
	expose(&b);
	expect_line(&b,
	    "shadow_refusals_total{surface=\"o\",filter=\"net\","
	    "reason=\"denied\"} 2",
	    true);
	expect_line(&b,
	    "refusals_total{surface=\"o\",filter=\"cors\","
	    "reason=\"forbidden\"} 2",
	    true);
	EXPECT(strstr(b.text, "filter=\"-\"") == NULL);
	/* The one that its client gave up is in no series. */
	expect_line(&b, "route_requests_total{" OPS ",status=\"4xx\"} 1", true);
	tear_down(&b);
}

TEST(test_tally_reasons_are_bounded)
{
	static char words[GW_TALLY_REASON_MAX + 9][32];
	struct bench b;
	struct gw_req r;
	size_t i, lines = 0;
	const char *at;

	set_up(&b, HEAD SURFACE("o", "ops", "/"));
	r = request(&b, 0, &routes[0], 403);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		(void)snprintf(words[i], sizeof(words[i]),
		    "%zu_a_word_that_is_too_long", i);
		r.rulings[GW_FILTER_NET] = (struct gw_ruling){
		    .verdict = GW_VERDICT_REFUSE, .rule = words[i]};
		gw_tally_add(b.workers[0], &r, 1, false);
		gw_tally_add(b.workers[0], &r, 1, false);
	}
	expose(&b);
	for (at = b.text; (at = strstr(at, "refusals_total{")) != NULL; at++)
		lines++;
	EXPECT_U64(lines, GW_TALLY_REASON_MAX);
	expect_line(&b,
	    "refusals_total{surface=\"o\",filter=\"net\","
	    "reason=\"0_a_word_that_is_too_lo\"} 2",
	    true);
	expect_line(&b,
	    "refusals_total{surface=\"o\",filter=\"net\",reason=\"other\"} 20",
	    true);
	tear_down(&b);
}

TEST(test_tally_places_outlive_reloads)
{
	struct bench b;
	struct gw_req r;

	set_up(&b, HEAD SURFACE("o", "ops", "/"));
	r = request(&b, 0, &routes[0], 200);
	gw_tally_add(b.workers[0], &r, 1, false);
	/* Others come in front of it: its counters stay its own. */
	reconfigure(
	    &b, HEAD SURFACE("n", "ops", "/n") SURFACE("o", "ops", "/"));
	r = request(&b, 1, &routes[0], 200);
	gw_tally_add(b.workers[0], &r, 1, false);
	expose(&b);
	expect_line(&b, "route_requests_total{" OPS ",status=\"2xx\"} 2", true);
	/* Another thing under its name begins anew. */
	reconfigure(&b, HEAD SURFACE("o", "wallet", "/"));
	expose(&b);
	EXPECT(strstr(b.text, "{" OPS) == NULL);
	expect_line(&b,
	    "route_requests_total{surface=\"o\",method=\"POST\","
	    "route=\"/x/{y}\",status=\"2xx\"} 0",
	    true);
	tear_down(&b);
}

TEST(test_tally_more_surfaces_than_places_share_one)
{
	char conf[256];
	struct bench b;
	struct gw_req r;
	size_t i;

	set_up(&b, HEAD SURFACE("o", "ops", "/"));
	for (i = 0; i < GW_TALLY_SURFACE_MAX; i++) {
		(void)snprintf(conf, sizeof(conf),
		    HEAD "[surface s%zu]\nserves = ops\nat = a /\nhosts = *\n",
		    i);
		reconfigure(&b, conf);
	}
	EXPECT_U64(b.rig.conf->surfaces[0].tally_at, 0);
	r = request(&b, 0, &routes[0], 200);
	gw_tally_add(b.workers[0], &r, 1, false);
	expose(&b);
	expect_line(&b,
	    "route_requests_total{surface=\"-\",method=\"-\",route=\"-\","
	    "status=\"2xx\"} 1",
	    true);
	tear_down(&b);
}

TEST(test_tally_labels_are_escaped)
{
	struct bench b;

	set_up(&b, HEAD SURFACE("a\"b\\c\xff", "ops", "/"));
	expose(&b);
	expect_line(&b,
	    "route_requests_total{surface=\"a\\\"b\\\\c?\",method=\"-\","
	    "route=\"-\",status=\"2xx\"} 0",
	    true);
	/* One that is called like the place of none stands alone. */
	reconfigure(&b, HEAD SURFACE("-", "ops", "/"));
	expose(&b);
	EXPECT(strstr(strstr(b.text, "surface=\"-\",method=\"-\",route=\"-\","
				     "status=\"2xx\"") +
			  1,
		   "surface=\"-\",method=\"-\",route=\"-\",status=\"2xx\"") ==
	       NULL);
	tear_down(&b);
}

TEST(test_tally_without_memory_is_not_exposed)
{
	struct bench b;
	struct bytes out;
	const struct gw_tally *all[1];
	struct arena small;

	set_up(&b, HEAD SURFACE("o", "ops", "/"));
	all[0] = b.workers[0];
	arena_init(&small, 4096);
	EXPECT(!gw_tally_expose(
	    &small, &out, &b.names, all, 1, routes, ROUTE_CNT));
	arena_drop(&small);
	tear_down(&b);
}
