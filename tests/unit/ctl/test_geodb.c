/* SPDX-License-Identifier: Apache-2.0
 *
 * Databases that we write, read back by libmaxminddb and by our own walk:
 * every edge of every range, and its neighbours.
 */
#include "ctl/geodb.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

#include <maxminddb.h>

#include "base/arena.h"
#include "base/check.h"
#include "capture.h"
#include "ctl/geobuild.h"
#include "http/geofile.h"
#include "test.h"

/* Both readers of one file. */
struct readers {
	MMDB_s mm;
	struct gw_geo_table table;
	struct gw_geo geo;
};

static bool
open_both(struct readers *r, const char *path)
{
	struct err e = {0};
	enum rc rc = gw_geofile_read(&r->table, path, &e);

	if (rc != RC_OK) {
		test_fail(__FILE__, __LINE__, "%s", err_message(&e, rc));
		return false;
	}
	r->geo = (struct gw_geo){r->table.rows, r->table.cnt};
	EXPECT(MMDB_open(path, MMDB_MODE_MMAP, &r->mm) == MMDB_SUCCESS);
	return true;
}

static void
close_both(struct readers *r)
{
	MMDB_close(&r->mm);
	gw_geofile_free(&r->table);
}

/* ask_mm looks an address up as a socket gives it. */
static struct gw_country
ask_mm(const struct readers *r, const struct gw_addr *a, bool as_v4)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct gw_country c = {0};
	MMDB_lookup_result_s found;
	MMDB_entry_data_s d;
	int status;

	memcpy(&v4.sin_addr, a->b + 12, 4);
	memcpy(&v6.sin6_addr, a->b, 16);
	found = MMDB_lookup_sockaddr(&r->mm,
	    as_v4 ? (const struct sockaddr *)&v4 : (const struct sockaddr *)&v6,
	    &status);
	EXPECT(status == MMDB_SUCCESS);
	if (!found.found_entry)
		return c;
	status = MMDB_get_value(&found.entry, &d, "country", "iso_code", NULL);
	EXPECT(status == MMDB_SUCCESS && d.has_data && d.data_size == 2);
	(void)gw_country_take(&c, bytes_of(d.utf8_string, d.data_size));
	return c;
}

/* expect_at asks everybody about an address in the tree's coordinates. */
static void
expect_at(
    const struct readers *r, const struct gw_addr *at, struct gw_country want)
{
	static const uint8_t zero[12];
	bool is_v4 = !memcmp(at->b, zero, sizeof(zero));
	struct gw_addr a = is_v4 ? gw_addr_of_v4(at->b + 12) : *at;
	char text[GW_ADDR_TEXT_MAX];
	bool ok = gw_country_same(gw_geo_find(&r->geo, &a)->country, want) &&
		  gw_country_same(ask_mm(r, &a, false), want) &&
		  (!is_v4 || gw_country_same(ask_mm(r, &a, true), want));

	if (!ok)
		test_fail(__FILE__, __LINE__, "%s is not %.2s",
		    gw_addr_text(text, &a), (const char *)want.code);
}

/* neighbour returns the address before (-1) or after (1). */
static struct gw_addr
neighbour(struct gw_addr a, int by)
{
	size_t i = sizeof(a.b);
	uint8_t stop = by > 0 ? 0 : 0xff;

	while (i > 0 && (a.b[i - 1] = (uint8_t)(a.b[i - 1] + by)) == stop)
		i--;
	return a;
}

static bool
is_inside(const struct geo_range *r, const struct gw_addr *a)
{
	return memcmp(&r->first, a, sizeof(*a)) <= 0 &&
	       memcmp(a, &r->last, sizeof(*a)) <= 0;
}

/* want_at is the answer by the ranges, near the one at i. */
static struct gw_country
want_at(const struct geo_source *s, size_t i, const struct gw_addr *a)
{
	size_t k;

	for (k = i > 0 ? i - 1 : 0; k < s->cnt && k <= i + 1; k++)
		if (is_inside(&s->ranges[k], a))
			return s->ranges[k].country;
	return (struct gw_country){0};
}

/* Mapped addresses have another name; they are asked as IPv4. */
static bool
is_mapped(const struct gw_addr *a)
{
	return gw_addr_is_v4(a);
}

/* Before the first address and behind the last one there is none. */
static bool
is_around(const struct geo_range *r, const struct gw_addr *a, size_t k)
{
	return (k == 2 && memcmp(a, &r->first, sizeof(*a)) > 0) ||
	       (k == 3 && memcmp(a, &r->last, sizeof(*a)) < 0);
}

static void
expect_edges(const struct readers *r, const struct geo_source *s, size_t step)
{
	size_t i, k;

	for (i = 0; i < s->cnt; i += step) {
		const struct geo_range *range = &s->ranges[i];
		const struct gw_addr at[] = {range->first, range->last,
		    neighbour(range->first, -1), neighbour(range->last, 1)};

		for (k = 0; k < ARRAY_CNT(at); k++)
			if (!is_mapped(&at[k]) && !is_around(range, &at[k], k))
				expect_at(r, &at[k], want_at(s, i, &at[k]));
	}
	test_count(i / step);
}

static const char *
save(struct bytes db)
{
	static char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/x.mmdb", test_tmpdir());
	f = fopen(path, "we");
	EXPECT(f != NULL && fwrite(db.ptr, 1, db.len, f) == db.len);
	EXPECT(fclose(f) == 0);
	return path;
}

/* round_trip writes a source and compares everything. */
static void
round_trip(const struct geo_source *s, size_t step)
{
	struct readers r;
	struct bytes db;
	struct err e = {0};

	EXPECT_RC(geodb_make(&db, s, &e), RC_OK);
	if (open_both(&r, save(db))) {
		EXPECT_U64(r.table.made_unix, s->made_unix);
		expect_edges(&r, s, step);
		close_both(&r);
	}
	mem_free((void *)(uintptr_t)db.ptr);
}

TEST(test_geodb_ranges_of_every_shape_come_back)
{
	static const char *const rows[] = {
	    "0,4294967295,JP\n",
	    "0,0,JP\n4294967295,4294967295,US\n",
	    "1,4294967294,JP\n",
	    "2001::,2001::,JP\n",
	    "::1:0:0,::fffe:ffff:ffff,JP\n",
	    "::1:0:0:0,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,JP\n",
	    "::1:0:0:1,ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe,A1\n",
	    "0,4294967295,JP\n::1:0:0,::fffe:ffff:ffff,JP\n"
	    "::1:0:0:0,ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff,JP\n",
	    "7,7,AA\n8,8,AB\n9,10,A0\n11,16,A9\n17,40,ZZ\n41,100,Z0\n"
	    "101,101,Z9\n2001:db8::5,2001:db8::5,JP\n2001:db8::6,2001:db8:"
	    ":7,"
	    "US\n",
	};
	struct err e;
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		struct geo_source s = {0};

		test_row(rows[i]);
		EXPECT_RC(
		    geosrc_read(&s, "f", bytes_of_str(rows[i]), &e), RC_OK);
		round_trip(&s, 1);
		geosrc_free(&s);
	}
	test_row(NULL);
}

/* A small generator of its own, so that a failure can be had again. */
static uint32_t
draw(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

static void
draw_lines(struct buf *out, uint64_t *seed)
{
	uint64_t at = draw(seed) % 50, end;
	uint64_t scale = 1ull << draw(seed) % 24;
	char line[64];

	while (out->cap - out->len > sizeof(line)) {
		int len;

		end = at + draw(seed) % scale;
		if (end > UINT32_MAX)
			break;
		len = snprintf(line, sizeof(line), "%llu,%llu,%c%c\n",
		    (unsigned long long)at, (unsigned long long)end,
		    'A' + (int)(draw(seed) % 3), 'A' + (int)(draw(seed) % 2));
		(void)buf_put(out, line, (size_t)len);
		at = end + 1 + draw(seed) % 3 * (draw(seed) % scale);
	}
}

TEST(test_geodb_drawn_ranges_come_back)
{
	static uint8_t room[16384];
	uint64_t seed = 1;
	struct err e;
	size_t i;

	for (i = 0; i < 50; i++) {
		struct geo_source s = {0};
		struct buf text = buf_of(room, sizeof(room));

		draw_lines(&text, &seed);
		EXPECT_RC(geosrc_read(&s, "f", bytes_of_buf(&text), &e), RC_OK);
		if (s.cnt > 0)
			round_trip(&s, 1);
		geosrc_free(&s);
	}
}

TEST(test_geodb_same_ranges_give_the_same_bytes)
{
	struct geo_source s = {0};
	struct bytes a, b;
	struct err e;

	EXPECT_RC(geodb_make(&a, &s, &e), RC_BAD_INPUT);
	EXPECT_RC(geosrc_read(
		      &s, "f", bytes_of_str("5,90,JP\n2001::,2002::,US\n"), &e),
	    RC_OK);
	EXPECT_RC(geodb_make(&a, &s, &e), RC_OK);
	EXPECT_RC(geodb_make(&b, &s, &e), RC_OK);
	EXPECT_BYTES(a, b);
	mem_free((void *)(uintptr_t)a.ptr);
	mem_free((void *)(uintptr_t)b.ptr);
	geosrc_free(&s);
}

TEST(test_geodb_without_memory_says_so)
{
	struct geo_source s = {0};
	struct bytes db;
	struct err e;
	size_t n;
	enum rc rc;

	EXPECT_RC(geosrc_read(&s, "f", bytes_of_str("5,90,JP\n"), &e), RC_OK);
	for (n = 1;; n++) {
		test_alloc_fail(n);
		rc = geodb_make(&db, &s, &e);
		if (!test_alloc_did_fail())
			break;
		EXPECT_RC(rc, RC_NO_MEMORY);
	}
	EXPECT_RC(rc, RC_OK);
	EXPECT_U64(n, 4);
	mem_free((void *)(uintptr_t)db.ptr);
	geosrc_free(&s);
}

/* --- from files to a file --- */

TEST(test_geobuild_replaces_a_file_only_by_a_good_one)
{
	struct home h = test_home();
	char v4[300], out[300];
	struct geobuild b = {.v4 = v4, .out = out};
	struct bytes first, second;
	struct err e = {0};

	(void)snprintf(v4, sizeof(v4), "%s/v4", test_tmpdir());
	(void)snprintf(out, sizeof(out), "%s/db", test_tmpdir());
	EXPECT_RC(geobuild_run(&b, &h, &e), RC_IO);
	test_write(v4, "1,2,JP\n", 0600);
	EXPECT_RC(geobuild_run(&b, &h, &e), RC_OK);
	EXPECT_U64(b.range_cnt, 1);
	first = test_read(out);
	EXPECT_U64(first.len, b.size_bytes);
	test_write(v4, "1,2,JP\n1,2,US\n", 0600);
	EXPECT_RC(geobuild_run(&b, &h, &e), RC_BAD_INPUT);
	EXPECT(strstr(e.text, "/v4:2: the range overlaps") != NULL);
	second = test_read(out);
	EXPECT_BYTES(second, first);
}

TEST(test_geobuild_debians_files_come_back)
{
	char out[300];
	struct home h = test_home();
	struct geobuild b = {.v4 = GEOBUILD_V4, .v6 = GEOBUILD_V6, .out = out};
	struct geo_source s = {0};
	struct readers r;
	struct bytes v4 = test_read(GEOBUILD_V4), v6 = test_read(GEOBUILD_V6);
	struct err e = {0};

	if (v4.ptr == NULL || v6.ptr == NULL) {
		test_skip("tor-geoipdb is not installed");
		return;
	}
	(void)snprintf(out, sizeof(out), "%s/db", test_tmpdir());
	EXPECT_RC(geobuild_run(&b, &h, &e), RC_OK);
	EXPECT_RC(geosrc_read(&s, "v4", v4, &e), RC_OK);
	EXPECT_RC(geosrc_read(&s, "v6", v6, &e), RC_OK);
	EXPECT(s.cnt > 100000 && b.made_unix > 0);
	if (open_both(&r, out)) {
		expect_edges(&r, &s, test_whole() ? 1 : 7);
		close_both(&r);
	}
	geosrc_free(&s);
}
