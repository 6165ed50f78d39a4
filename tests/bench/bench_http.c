/* SPDX-License-Identifier: Apache-2.0
 *
 * What the filter chain costs a request that it lets through, what counting it
 * and its rate limit cost, what decoding and screening a wallet's requests
 * costs, and what the SQL screen costs for the values of ordinary requests and
 * for texts that it has to read. CPU time of this thread;
 * one TSV line per case: name, items, microseconds, microseconds per item (an
 * item is one request, or one value).
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/check.h"
#include "http/filter.h"
#include "http/geo.h"
#include "http/rate.h"
#include "http/sqlscreen.h"
#include "http/tally.h"
#include "http/world.h"
#include "sqlrules.h"

enum { VALUE_MAX = 12, LONG_LEN = 4096 };

static double
cpu_us(void)
{
	struct timespec t;

	CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) == 0);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static char hex_text[LONG_LEN + 1], json_text[LONG_LEN + 1],
    dash_text[LONG_LEN + 1];

static const struct {
	const char *name;
	size_t cnt; /* times */
	bool is_clean;
	const char
	    *values[VALUE_MAX]; /* of one request, NULL behind the last */
} cases[] = {
    {"sql_wallet_token_list", 200000, true,
	{"0x9e5E5b1b2a4c5D6e7F8091a2B3c4D5e6F7081920", "10", "0", "created",
	    "desc", "en-US", "true"}},
    {"sql_wallet_personal_info", 200000, true,
	{"0x9e5E5b1b2a4c5D6e7F8091a2B3c4D5e6F7081920",
	    "\xe6\xa0\xaa\xe5\xbc\x8f\xe4\xbc\x9a\xe7\xa4\xbe"
	    "\xe9\x96\xa2\xe6\x89\x80\xe8\xa8\xbc\xe5\x88\xb8",
	    "taro.yamada@example.co.jp", "1234567", "2026-11-21T09:00:00+09:00",
	    "JP90C0003W29", "7f3b8f0e-5f5c-4b6e-9d8a-2f6d1c0a4b3e",
	    "https://example.co.jp/bond/12?lang=ja"}},
    {"sql_wallet_signed_tx_250", 200000, true, {hex_text + LONG_LEN - 500}},
    {"sql_name_with_blank", 200000, true,
	{"\xe5\xb1\xb1\xe7\x94\xb0 \xe5\xa4\xaa\xe9\x83\x8e"}},
    {"sql_sentence_en", 50000, true,
	{"Please select the bonds from the list below, and don't forget "
	 "to update your address; it was O'Reilly Street 5 or 6."}},
    {"sql_sentence_ja", 50000, true,
	{"\xe6\xa0\xaa\xe5\xbc\x8f 10\xe6\xa0\xaa or 20\xe6\xa0\xaa"
	 "\xe3\x82\x92\xe9\x81\xb8\xe6\x8a\x9e\xe3\x81\x97\xe3\x80\x81 "
	 "\"update\" \xe3\x82\x92\xe6\x8a\xbc\xe3\x81\x97\xe3\x81\xa6"
	 "\xe3\x81\x8f\xe3\x81\xa0\xe3\x81\x95\xe3\x81\x84\xe3\x80\x82"}},
    {"sql_attack", 50000, false,
	{"1' UNION ALL SELECT NULL,version(),NULL FROM pg_shadow-- "}},
    {"sql_hex_4k", 20000, true, {hex_text}},
    {"sql_json_4k", 1000, true, {json_text}},
    {"sql_dashes_4k", 1000, true, {dash_text}},
};

static void
fill(void)
{
	static const char row[] =
	    "{\"name\": \"bond 12\", \"amount\": 1000000, \"rate\": 1.25}, ";
	size_t i;

	for (i = 0; i < LONG_LEN; i++) {
		hex_text[i] = "0123456789abcdef"[i * 7 % 16];
		json_text[i] = row[i % (sizeof(row) - 1)];
		dash_text[i] = "a--"[i % 3];
	}
}

static void
run(const struct gw_sql_rules *rules, size_t at)
{
	struct bytes values[VALUE_MAX];
	size_t cnt = 0, i, k, high = 0;
	struct gw_sql_verdict v;
	double begin, us;

	for (; cases[at].values[cnt] != NULL; cnt++)
		values[cnt] = bytes_of_str(cases[at].values[cnt]);
	begin = cpu_us();
	for (i = 0; i < cases[at].cnt; i++)
		for (k = 0; k < cnt; k++) {
			gw_sql_screen(&v, rules, GW_IN_JSON, values[k]);
			high += v.score >= GW_SQL_BLOCK_AT;
		}
	us = cpu_us() - begin;
	CHECK((high == 0) == cases[at].is_clean);
	printf("%s\t%zu\t%.0f\t%.3f\n", cases[at].name, cases[at].cnt, us,
	    us / (double)cases[at].cnt);
}

/* What counting a request adds to it; three filters have let it through. */
static void
run_tally(void)
{
	enum { TURNS = 5000000 };
	static const struct gw_route routes[4];
	static const struct gw_world world = {.routes = routes};
	static const struct gw_surface surface = {.tally_at = 1};
	struct gw_req r = {
	    .world = &world, .surface = &surface, .reply = {.status = 200}};
	struct gw_tally *t = mem_new(sizeof(*t));
	double begin, us;
	size_t i;

	CHECK(t != NULL);
	for (i = 0; i < 3; i++)
		r.rulings[i].verdict = GW_VERDICT_PASS;
	begin = cpu_us();
	for (i = 0; i < TURNS; i++) {
		r.route = &routes[i % 4];
		gw_tally_add(t, &r, 300 + i % 2000, false);
	}
	us = cpu_us() - begin;
	CHECK(t->surfaces[1].routes[1].us > 0);
	printf("tally_add\t%d\t%.0f\t%.4f\n", TURNS, us, us / TURNS);
	mem_free(t);
}

/* A filter chain that lets through: net, size and cors, by what the three of
 * them cost a request, rulings included. */
static void
run_chain(void)
{
	enum { TURNS = 2000000 };
	static const struct gw_world world;
	static const struct gw_route route = {.method = GW_GET};
	static const struct gw_surface surface = {.body_max = 1024,
	    .filter_bits = 1u << GW_FILTER_NET | 1u << GW_FILTER_SIZE |
			   1u << GW_FILTER_CORS};
	struct gw_req r = {
	    .world = &world, .surface = &surface, .route = &route};
	double begin = cpu_us(), us;
	size_t i, passed = 0;

	for (i = 0; i < TURNS; i++) {
		memset(r.rulings, 0, sizeof(r.rulings));
		for (r.at = 0; gw_filter_next(&r); r.at++)
			passed += gw_filter_call(&r) == GW_NEXT;
	}
	us = cpu_us() - begin;
	CHECK(passed == (size_t)TURNS * 3);
	printf("chain_net_size_cors\t%d\t%.0f\t%.4f\n", TURNS, us, us / TURNS);
}

/* run_rate: an address is named, found and charged; cnt take turns. */
static void
run_rate(const char *name, uint32_t cnt)
{
	static const struct gw_rate_rule rule = {20000, 200};
	static struct gw_rates t;
	uint32_t i, n = 10000000, at;
	struct gw_addr a = {{0x20, 1}};
	double begin, us;
	size_t let = 0;

	gw_rate_init(&t);
	begin = cpu_us();
	for (i = 0; i < n; i++) {
		at = i % cnt;
		memcpy(a.b + 4, &at, sizeof(at));
		let += gw_rate_take(&t,
		    gw_rate_key_addr(&t, bytes_of_str("wallet"), &a), &rule, 1,
		    i / 10)
			   .is_ok;
	}
	us = cpu_us() - begin;
	CHECK(let > 0);
	printf("%s\t%u\t%.0f\t%.3f\n", name, n, us, us / n);
}

/* Where an address is, in a table as long as Debian's data make it; every
 * request asks for another address. */
static void
run_place(void)
{
	enum { TURNS = 2000000, ROWS = 690000, STEP = 6000 };
	struct gw_geo_row *rows = mem_array(ROWS, sizeof(*rows));
	const struct gw_geo geo = {rows, ROWS};
	uint8_t be[4];
	double begin, us;
	size_t i, found = 0;
	uint64_t at = 1;

	CHECK(rows != NULL);
	for (i = 1; i < ROWS; i++) {
		be32_put(be, (uint32_t)(i * STEP));
		rows[i] = (struct gw_geo_row){gw_addr_of_v4(be), {{'J', 'P'}}};
	}
	begin = cpu_us();
	for (i = 0; i < TURNS; i++) {
		struct gw_addr a;

		at = at * 6364136223846793005u + 1442695040888963407u;
		be32_put(be, (uint32_t)(at >> 32));
		a = gw_addr_of_v4(be);
		found +=
		    gw_place_of(&geo, NULL, 0, &a).kind == GW_PLACE_COUNTRY;
	}
	us = cpu_us() - begin;
	CHECK(found > TURNS / 2);
	printf("place_of_address\t%d\t%.0f\t%.4f\n", TURNS, us, us / TURNS);
	mem_free(rows);
}

/* Requests of a wallet as filters decode and sqli meet them. */
static const struct {
	const char *decode, *both; /* names of the two figures */
	const char *path, *param, *query, *type;
	bool has_tx; /* the body is one of 250 bytes, in hex */
} requests[] = {
    {"decode_get_count", "decode_sqli_get_count", "/v1/Count/{eth_address}",
	"0x9e5E5b1b2a4c5D6e7F8091a2B3c4D5e6F7081920", "", "-", false},
    {"decode_get_list", "decode_sqli_get_list", "/v1/Token", "",
	"cursor=0&limit=10&sort=created&order=desc&lang=en-US", "-", false},
    {"decode_post_tx", "decode_sqli_post_tx", "/v1/Send", "", "",
	"application/json", true},
};

enum { REQUEST_TURNS = 300000 };

/* time_request returns microseconds for one turn of filter decode, with
 * filter sqli behind it or without. */
static double
time_request(struct gw_req *r, bool has_sqli)
{
	struct arena_mark begin = arena_save(&r->arena);
	double us = cpu_us();
	size_t i;

	for (i = 0; i < REQUEST_TURNS; i++) {
		CHECK(gw_filter_decode(r) == GW_NEXT);
		if (has_sqli)
			CHECK(gw_filter_sqli(r) == GW_NEXT);
		arena_rewind(&r->arena, begin);
	}
	return cpu_us() - us;
}

static void
run_request(size_t at)
{
	static const struct gw_sql_field exempt[] = {
	    {{(const uint8_t *)"raw_tx_hex_list", 15}, GW_SQL_HEX}};
	const struct gw_route route = {.path = requests[at].path};
	const struct gw_surface surface = {
	    .sqli = {GW_SQL_BLOCK, GW_SQL_BLOCK_AT, exempt, 1}};
	const struct gw_world world = {.sql_rules = test_sql_rules()};
	const struct gw_field fields[] = {
	    {bytes_of_str("Host"), bytes_of_str("localhost")},
	    {bytes_of_str("Content-Type"), bytes_of_str(requests[at].type)},
	    {bytes_of_str("Authorization"), bytes_of_str("Basic x")},
	    {bytes_of_str("User-Agent"), bytes_of_str("wallet")}};
	struct gw_req r = {
	    .world = &world, .surface = &surface, .route = &route};
	double us;

	arena_init(&r.arena, 1 << 20);
	r.head.fields = fields;
	r.head.field_cnt = ARRAY_CNT(fields);
	r.params[0] = bytes_of_str(requests[at].param);
	r.query = bytes_of_str(requests[at].query);
	if (requests[at].has_tx)
		r.body = bytes_of_str(arena_str(&r.arena,
		    "{\"raw_tx_hex_list\":[\"0x%.500s\"]}", hex_text));
	/* the request's own text, that there is a chunk to rewind to */
	(void)arena_alloc(&r.arena, 512);
	us = time_request(&r, false);
	printf("%s\t%d\t%.0f\t%.3f\n", requests[at].decode, REQUEST_TURNS, us,
	    us / REQUEST_TURNS);
	us = time_request(&r, true);
	printf("%s\t%d\t%.0f\t%.3f\n", requests[at].both, REQUEST_TURNS, us,
	    us / REQUEST_TURNS);
	arena_drop(&r.arena);
}

int
main(void)
{
	size_t i;

	fill();
	run_chain();
	run_place();
	run_tally();
	run_rate("rate_take", 1);
	run_rate("rate_take_of_100k", 100000);
	for (i = 0; i < ARRAY_CNT(requests); i++)
		run_request(i);
	for (i = 0; i < ARRAY_CNT(cases); i++)
		run(test_sql_rules(), i);
	return 0;
}
