/* SPDX-License-Identifier: Apache-2.0
 *
 * Filter geo: who comes in by which setting, and what is written down.
 */
#include "base/check.h"
#include "http/filter.h"
#include "http/world.h"
#include "rig.h"
#include "test.h"

static enum gw_step
answer(struct gw_req *r)
{
	return gw_reply_set(r, 200, GW_TYPE_TEXT, bytes_of(NULL, 0));
}

static gw_stage_fn *const stages[] = {answer, NULL};
static const struct gw_route routes[] = {
    {.kind = GW_OPS, .method = GW_GET, .path = "/x", .stages = stages},
};

#define CONF                                                                   \
	"[gateway]\nhome = /h\n"                                               \
	"[geo]\ndatabase = d\nmap = 127.0.1.0/24 JP\nmap = 127.0.2.0/24 US\n"  \
	"[listener a]\naddress = 127.0.0.1:1\ntls = no\n"                      \
	"[surface s]\nserves = ops\nat = a /\nhosts = *\nfilters = geo basic"  \
	"\nusers = u\ncountries = JP\n"

static const struct gw_geo_row rows[] = {
    {.country = {{0}}},
    {.from = {{[10] = 0xff, 0xff, 9}}, .country = {{'J', 'P'}}},
    {.from = {{[10] = 0xff, 0xff, 9, 1}}, .country = {{'U', 'S'}}},
    {.from = {{[10] = 0xff, 0xff, 9, 2}}, .country = {{'A', '1'}}},
    {.from = {{[10] = 0xff, 0xff, 9, 3}}},
    {.from = {{0x20, 0x01}}, .country = {{'J', 'P'}}},
    {.from = {{0x20, 0x02}}, .country = {{'U', 'S'}}},
    {.from = {{0x20, 0x03}}},
};
static const struct gw_geo geo = {rows, ARRAY_CNT(rows)};

/* rule sends a request from addr and returns who refused it, "" for nobody;
 * whoever passes is asked for a password. */
static const char *
rule(struct rig *g, const char *addr)
{
	const struct gw_ruling *ruling;
	const char *got = "";

	memset(&g->req, 0, sizeof(g->req));
	arena_init(&g->req.arena, GW_REQ_MEMORY_MAX);
	g->req.world = &g->world;
	g->req.conf = g->conf;
	g->req.surface = &g->conf->surfaces[0];
	EXPECT(gw_addr_read(&g->req.client, bytes_of_str(addr)));
	g->req.at = GW_FILTER_GEO;
	ruling = &g->req.rulings[GW_FILTER_GEO];
	if (gw_filter_call(&g->req) != GW_NEXT) {
		EXPECT_U64(g->req.reply.status, 403);
		EXPECT(ruling->cause == GW_R_COUNTRY);
		got = ruling->rule;
	}
	EXPECT(g->req.place.kind != GW_PLACE_UNSET);
	rig_next(g);
	return got;
}

static const struct {
	const char *addr, *strict, *without_data;
} row[] = {
    {"127.0.1.9", "", ""},
    {"::ffff:127.0.1.9", "", ""},
    {"127.0.2.9", "country", "country"},
    {"9.0.0.1", "", "no_data"},
    {"::ffff:9.0.0.1", "", "no_data"},
    {"9.1.0.1", "country", "no_data"},
    {"9.2.0.1", "country", "no_data"},
    {"9.3.0.1", "unknown", "no_data"},
    {"2001::1", "", "no_data"},
    {"2002::1", "country", "no_data"},
    {"2003::1", "unknown", "no_data"},
    {"127.0.0.1", "loopback", "loopback"},
    {"::ffff:127.0.0.1", "loopback", "loopback"},
    {"::1", "loopback", "loopback"},
    {"10.0.0.1", "private", "private"},
    {"::ffff:192.168.0.1", "private", "private"},
    {"fd00::1", "private", "private"},
};

TEST(test_filter_geo_lets_in_the_countries_that_are_named)
{
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, CONF, NULL));
	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].addr);
		g.world.geo = &geo;
		EXPECT_STR(rule(&g, row[i].addr), row[i].strict);
		g.world.geo = NULL;
		EXPECT_STR(rule(&g, row[i].addr), row[i].without_data);
	}
	test_row(NULL);
	test_count(i);
	rig_close(&g);
}

/* Each setting lets in its own kind and no other; none helps while there is
 * no database. */
TEST(test_filter_geo_admits_by_setting)
{
	static const char *const conf[] = {CONF "admit_loopback = yes\n",
	    CONF "admit_private = yes\n", CONF "admit_unknown = yes\n"};
	static const char *const kind[] = {"loopback", "private", "unknown"};
	struct rig g;
	size_t i, k;

	for (k = 0; k < ARRAY_CNT(conf); k++) {
		EXPECT(rig_open(&g, conf[k], NULL));
		for (i = 0; i < ARRAY_CNT(row); i++) {
			test_row(row[i].addr);
			g.world.geo = &geo;
			EXPECT_STR(rule(&g, row[i].addr),
			    strcmp(row[i].strict, kind[k]) ? row[i].strict
							   : "");
			g.world.geo = NULL;
			EXPECT_STR(rule(&g, row[i].addr),
			    strcmp(row[i].without_data, kind[k])
				? row[i].without_data
				: "");
		}
		test_count(i);
		rig_close(&g);
	}
	test_row(NULL);
}

TEST(test_filter_geo_comes_before_the_password)
{
	struct rig g;

	EXPECT((int)GW_FILTER_SIZE < (int)GW_FILTER_NET);
	EXPECT((int)GW_FILTER_NET < (int)GW_FILTER_GEO);
	EXPECT((int)GW_FILTER_GEO < (int)GW_FILTER_BASIC);
	EXPECT(rig_open(&g, CONF, NULL));
	rig_send(&g, "a", "GET /x HTTP/1.1\r\nHost: x\r\n\r\n", routes, 1);
	EXPECT(g.run == GW_RUN_REPLY);
	EXPECT_U64(g.req.reply.status, 403);
	EXPECT(g.req.rulings[GW_FILTER_BASIC].verdict == GW_VERDICT_NONE);
	rig_close(&g);
}
