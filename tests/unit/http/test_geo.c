/* SPDX-License-Identifier: Apache-2.0
 *
 * Countries and places: codes, tables, what comes before what.
 */
#include "http/geo.h"

#include "base/check.h"
#include "test.h"

static struct gw_country
country(const char *code)
{
	struct gw_country c = {0};

	EXPECT(gw_country_take(&c, bytes_of_str(code)));
	return c;
}

static struct gw_addr
addr(const char *text)
{
	struct gw_addr a = {0};

	EXPECT(gw_addr_read(&a, bytes_of_str(text)));
	return a;
}

TEST(test_country_codes_are_read_or_refused)
{
	static const struct {
		const char *text;
		bool is_code, is_known;
	} row[] = {
	    {"", false, false},
	    {"J", false, false},
	    {"JPN", false, false},
	    {"jp", false, false},
	    {"Jp", false, false},
	    {"??", false, false},
	    {"1A", false, false},
	    {"A:", false, false},
	    {"A/", false, false},
	    {"A[", false, false},
	    {"@A", false, false},
	    {"A1", true, false},
	    {"EU", true, false},
	    {"UK", true, false},
	    {"GB", true, true},
	    {"JP", true, true},
	    {"XK", true, true},
	    {"ZW", true, true},
	    {"AD", true, true},
	};
	struct gw_country c;
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].text);
		EXPECT(gw_country_take(&c, bytes_of_str(row[i].text)) ==
		       row[i].is_code);
		EXPECT(gw_country_read(&c, bytes_of_str(row[i].text)) ==
		       row[i].is_known);
	}
	test_row(NULL);
	test_count(i);
}

TEST(test_countries_have_exactly_what_was_added)
{
	static const char *const in[] = {"AD", "JP", "US", "ZW"};
	static const char *const out[] = {"AE", "JO", "UY", "A1", "Z9"};
	struct gw_countries set = {0};
	size_t i;

	EXPECT(gw_countries_is_empty(&set));
	for (i = 0; i < ARRAY_CNT(in); i++)
		gw_countries_add(&set, country(in[i]));
	gw_countries_add(&set, country("A1")); /* never allowed */
	EXPECT(!gw_countries_is_empty(&set));
	for (i = 0; i < ARRAY_CNT(in); i++)
		EXPECT(gw_countries_has(&set, country(in[i])));
	for (i = 0; i < ARRAY_CNT(out); i++)
		EXPECT(!gw_countries_has(&set, country(out[i])));
	EXPECT(!gw_countries_has(&set, (struct gw_country){0}));
}

TEST(test_geo_view_takes_whole_rows_from_the_first_address)
{
	static const struct gw_geo_row late[] = {{.from = {{[15] = 1}}}};
	static const struct gw_geo_row good[2];
	struct gw_geo g;

	EXPECT(!gw_geo_view(&g, bytes_of(good, 0)));
	EXPECT(!gw_geo_view(&g, bytes_of(good, sizeof(good) - 1)));
	EXPECT(!gw_geo_view(&g, bytes_of(late, sizeof(late))));
	EXPECT(gw_geo_view(&g, bytes_of(good, sizeof(good))));
	EXPECT_U64(g.cnt, 2);
}

TEST(test_geo_find_gives_the_row_that_an_address_falls_into)
{
	static const char *const from[] = {"::", "1.0.0.0", "1.0.1.0",
	    "127.0.1.0", "127.0.2.0", "::1:0:0:0", "2001::", "2002::"};
	struct gw_geo_row rows[ARRAY_CNT(from)];
	static const struct {
		const char *addr;
		size_t row;
	} row[] = {
	    {"::", 0},
	    {"::1", 0},
	    {"0.255.255.255", 0},
	    {"1.0.0.0", 1},
	    {"::ffff:1.0.0.255", 1},
	    {"1.0.1.0", 2},
	    {"127.0.0.255", 2},
	    {"127.0.1.9", 3},
	    {"255.255.255.255", 4},
	    {"::1:0:0:0", 5},
	    {"2001::", 6},
	    {"2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 6},
	    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 7},
	};
	struct gw_geo g = {.rows = rows};
	struct gw_addr a;
	size_t i;

	for (i = 0; i < ARRAY_CNT(from); i++)
		rows[i] = (struct gw_geo_row){.from = addr(from[i])};
	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].addr);
		a = addr(row[i].addr);
		/* Any number of rows: what is cut off is the last one's. */
		for (g.cnt = 1; g.cnt <= ARRAY_CNT(from); g.cnt++)
			EXPECT_U64((size_t)(gw_geo_find(&g, &a) - rows),
			    row[i].row < g.cnt ? row[i].row : g.cnt - 1);
	}
	test_row(NULL);
	test_count(i);
}

TEST(test_place_is_by_map_then_database_then_kind_of_address)
{
	struct gw_geo_row rows[] = {
	    {.from = addr("::")},
	    {.from = addr("9.0.0.0"), .country = country("US")},
	    {.from = addr("9.0.1.0")},
	    {.from = addr("10.9.0.0"), .country = country("DE")},
	    {.from = addr("10.10.0.0")},
	    {.from = addr("2001:db8::"), .country = country("FR")},
	    {.from = addr("2001:db9::")},
	};
	const struct gw_geo g = {rows, ARRAY_CNT(rows)};
	struct gw_geo_map maps[3] = {{.country = country("JP")},
	    {.country = country("IT")}, {.country = country("AT")}};
	static const struct {
		const char *addr, *with, *without; /* with no database */
		enum gw_place_kind kind;           /* without */
	} row[] = {
	    {"9.0.0.1", "US", "unknown", GW_PLACE_NO_DATA},
	    {"::ffff:9.0.0.1", "US", "unknown", GW_PLACE_NO_DATA},
	    {"9.0.1.1", "unknown", "unknown", GW_PLACE_NO_DATA},
	    {"10.9.0.1", "DE", "private", GW_PLACE_PRIVATE},
	    {"10.8.0.1", "private", "private", GW_PLACE_PRIVATE},
	    {"172.16.0.0", "private", "private", GW_PLACE_PRIVATE},
	    {"172.31.255.255", "private", "private", GW_PLACE_PRIVATE},
	    {"172.32.0.0", "unknown", "unknown", GW_PLACE_NO_DATA},
	    {"172.15.255.255", "unknown", "unknown", GW_PLACE_NO_DATA},
	    {"192.168.0.1", "private", "private", GW_PLACE_PRIVATE},
	    {"192.169.0.1", "unknown", "unknown", GW_PLACE_NO_DATA},
	    {"169.254.0.1", "private", "private", GW_PLACE_PRIVATE},
	    {"100.64.0.1", "private", "private", GW_PLACE_PRIVATE},
	    {"100.128.0.1", "unknown", "unknown", GW_PLACE_NO_DATA},
	    {"::ffff:10.1.1.1", "private", "private", GW_PLACE_PRIVATE},
	    {"fd00::1", "private", "private", GW_PLACE_PRIVATE},
	    {"fe80::1", "private", "private", GW_PLACE_PRIVATE},
	    {"fec0::1", "unknown", "unknown", GW_PLACE_NO_DATA},
	    {"127.0.0.1", "loopback", "loopback", GW_PLACE_LOOPBACK},
	    {"::ffff:127.0.0.1", "loopback", "loopback", GW_PLACE_LOOPBACK},
	    {"::1", "loopback", "loopback", GW_PLACE_LOOPBACK},
	    {"127.0.1.7", "JP", "JP", GW_PLACE_COUNTRY},
	    {"127.0.1.8", "AT", "AT", GW_PLACE_COUNTRY},
	    {"2001:db8::1", "FR", "unknown", GW_PLACE_NO_DATA},
	    {"2001:db8:1::1", "IT", "IT", GW_PLACE_COUNTRY},
	    {"2001:db9::1", "unknown", "unknown", GW_PLACE_NO_DATA},
	};
	char text[GW_PLACE_TEXT_MAX];
	struct gw_place p;
	struct gw_addr a;
	size_t i;

	EXPECT(gw_net_read(&maps[0].net, bytes_of_str("127.0.1.0/24")));
	EXPECT(gw_net_read(&maps[1].net, bytes_of_str("2001:db8:1::/48")));
	EXPECT(gw_net_read(&maps[2].net, bytes_of_str("127.0.1.8")));
	for (i = 0; i < ARRAY_CNT(row); i++) {
		test_row(row[i].addr);
		a = addr(row[i].addr);
		p = gw_place_of(&g, maps, ARRAY_CNT(maps), &a);
		EXPECT_STR(gw_place_text(text, &p), row[i].with);
		p = gw_place_of(NULL, maps, ARRAY_CNT(maps), &a);
		EXPECT_STR(gw_place_text(text, &p), row[i].without);
		EXPECT(p.kind == row[i].kind);
		EXPECT(p.is_mapped == (p.kind == GW_PLACE_COUNTRY));
	}
	test_row(NULL);
	test_count(i);
}
