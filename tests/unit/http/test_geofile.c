/* SPDX-License-Identifier: Apache-2.0
 *
 * Databases made by hand, byte by byte: the shapes that are in use, and what
 * must not get through. What `sekisho geo build` writes is read back in
 * unit/ctl.
 */
#include "http/geofile.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/check.h"
#include "test.h"

/* struct db is a file in the making, with records of 24 bits. */
struct db {
	uint8_t room[8192];
	struct buf out;
	unsigned node_cnt;
};

static void
put(struct db *d, const char *text)
{
	EXPECT(buf_put(&d->out, text, strlen(text)));
}

static void
put_node(struct db *d, uint32_t left, uint32_t right)
{
	uint8_t be[8];

	be32_put(be, left);
	be32_put(be + 4, right);
	EXPECT(buf_put(&d->out, be + 1, 3) && buf_put(&d->out, be + 5, 3));
	d->node_cnt++;
}

static void
end_tree(struct db *d)
{
	static const uint8_t zeros[16];

	EXPECT(buf_put(&d->out, zeros, sizeof(zeros)));
}

/* Types of values are the upper three bits: E map, 4 text, A and C numbers
 * of two and four bytes. */
static void
put_meta(struct db *d, char ip_version)
{
	char counts[] = {
	    '\xc4', 0, 0, (char)(d->node_cnt >> 8), (char)d->node_cnt};
	char version[] = {'\xa1', ip_version};

	put(d, "\xab\xcd\xefMaxMind.com\xe9");
	put(d, "\x5b"
	       "binary_format_major_version\xa1\x02");
	put(d, "\x5b"
	       "binary_format_minor_version\xa0");
	put(d, "\x4b"
	       "build_epoch\x01");
	EXPECT(buf_put(&d->out, "\x02\x07", 2));
	put(d, "\x4d"
	       "database_type\x41x\x4b"
	       "description\xe0");
	put(d, "\x4aip_version");
	EXPECT(buf_put(&d->out, version, sizeof(version)));
	put(d, "\x49languages");
	EXPECT(buf_put(&d->out, "\0\x04", 2));
	put(d, "\x4anode_count");
	EXPECT(buf_put(&d->out, counts, sizeof(counts)));
	put(d, "\x4brecord_size\xa1\x18");
}

static enum rc
read_back(struct db *d, struct gw_geo_table *t, struct err *e)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/db", test_tmpdir());
	f = fopen(path, "we");
	EXPECT(f != NULL && fwrite(d->room, 1, d->out.len, f) == d->out.len);
	EXPECT(fclose(f) == 0);
	*e = (struct err){0};
	return gw_geofile_read(t, path, e);
}

static void
open_db(struct db *d)
{
	d->out = buf_of(d->room, sizeof(d->room));
	d->node_cnt = 0;
}

/* chain puts cnt nodes one below the other to the left, EMPTY to the right.
 * The last one's left side is `last`. */
static void
chain(struct db *d, unsigned cnt, uint32_t empty, uint32_t last)
{
	unsigned i;

	for (i = 0; i < cnt; i++)
		put_node(d, i + 1 < cnt ? d->node_cnt + 1 : last, empty);
}

#define ISO_JP                                                                 \
	"\xe1\x47"                                                             \
	"country\xe1\x48iso_code\x42JP"

static void
expect_rows(const struct gw_geo_table *t, const char *const *want, size_t cnt)
{
	char text[GW_ADDR_TEXT_MAX], got[64];
	size_t i;

	EXPECT_U64(t->cnt, cnt);
	for (i = 0; i < t->cnt && i < cnt; i++) {
		const struct gw_geo_row *r = &t->rows[i];

		(void)snprintf(got, sizeof(got), "%s %.2s",
		    gw_addr_text(text, &r->from),
		    gw_country_is_set(r->country)
			? (const char *)r->country.code
			: "-");
		EXPECT_STR(got, want[i]);
	}
}

/* put_jp ends the tree of IP version `version`, whose only entry is Japan. */
static void
put_jp(struct db *d, char version)
{
	end_tree(d);
	put(d, ISO_JP);
	put_meta(d, version);
}

/* expect_read reads the file and returns when it was made. */
static uint64_t
expect_read(struct db *d, const char *const *want, size_t cnt)
{
	struct gw_geo_table t;
	uint64_t made_unix;
	struct err e;

	EXPECT_RC(read_back(d, &t, &e), RC_OK);
	expect_rows(&t, want, cnt);
	made_unix = t.made_unix;
	gw_geofile_free(&t);
	return made_unix;
}

TEST(test_geofile_tree_of_ipv4_is_read)
{
	static const char *const want[] = {
	    ":: -", "128.0.0.0 JP", "::1:0:0:0 -"};
	struct db d;

	open_db(&d);
	put_node(&d, 1, 1 + 16);
	put_jp(&d, 4);
	EXPECT_U64(expect_read(&d, want, ARRAY_CNT(want)), 7);
}

/* As npm's packages have them. */
TEST(test_geofile_country_code_at_the_top_is_read)
{
	static const char *const want[] = {
	    ":: -", "0.0.0.0 US", "128.0.0.0 JP", "::1:0:0:0 -"};
	struct db d;

	open_db(&d);
	put_node(&d, 1 + 16 + 17, 1 + 16);
	end_tree(&d);
	put(&d, "\xe1\x4c"
		"country_code\x42JP");
	put(&d, "\xe1\x4c"
		"country_code\x42US");
	put_meta(&d, 4);
	(void)expect_read(&d, want, ARRAY_CNT(want));
}

/* An entry may lack a country, or have something else in its place. */
TEST(test_geofile_entries_without_a_code_are_no_country)
{
	static const char *const want[] = {
	    ":: -", "192.0.0.0 JP", "::1:0:0:0 -"};
	enum { AT = 3 + 16, BAD_CODE = 22, TEXT = 1, NO_COUNTRY = 11 };
	struct db d;

	open_db(&d);
	put_node(&d, 1, 2);
	put_node(&d, AT, AT + BAD_CODE);
	put_node(&d, AT + BAD_CODE + TEXT, AT + BAD_CODE + TEXT + NO_COUNTRY);
	end_tree(&d);
	put(&d, "\xe1\x47"
		"country\xe1\x48iso_code\x42??");
	put(&d, "\x40");
	put(&d, "\xe1\x46nation\x42JP");
	put(&d, ISO_JP);
	put_meta(&d, 4);
	(void)expect_read(&d, want, ARRAY_CNT(want));
}

/* All of IPv6 in one entry: IPv4 is in it too, under its own name. */
TEST(test_geofile_short_branches_cover_ipv4)
{
	static const char *const want[] = {":: -", "::1:0:0 JP", "8000:: -"};
	struct db d;

	open_db(&d);
	put_node(&d, 1 + 16, 1);
	put_jp(&d, 6);
	(void)expect_read(&d, want, ARRAY_CNT(want));
}

/* What stands at ::ffff:0:0/96 is not looked at: IPv4 is at ::/96. */
TEST(test_geofile_ipv4_is_what_stands_at_96_zeros)
{
	static const char *const want[] = {":: -", "0.0.0.0 JP", "::1:0:0:0 -"};
	struct db d;

	open_db(&d);
	chain(&d, 96, 96, 96 + 16);
	put_jp(&d, 6);
	(void)expect_read(&d, want, ARRAY_CNT(want));
}

static void
expect_refused(struct db *d, const char *why)
{
	struct gw_geo_table t;
	struct err e;

	EXPECT_RC(read_back(d, &t, &e), RC_CORRUPT);
	EXPECT_STR(e.text, why);
	EXPECT(t.rows == NULL);
}

TEST(test_geofile_damaged_trees_are_refused)
{
	struct db d;

	test_row("a node that is its own child");
	open_db(&d);
	put_node(&d, 0, 1 + 16);
	put_jp(&d, 4);
	expect_refused(&d, "the search tree is too deep");

	test_row("a record into the separator");
	open_db(&d);
	put_node(&d, 1, 1 + 15);
	put_jp(&d, 4);
	expect_refused(&d, "the search tree is damaged");

	test_row("a record behind the data");
	open_db(&d);
	put_node(&d, 1, 0xffffff);
	put_jp(&d, 4);
	expect_refused(&d, "the search tree is damaged");

	test_row("a pointer to nowhere");
	open_db(&d);
	put_node(&d, 1, 1 + 16);
	end_tree(&d);
	put(&d, "\x3f\xff\xff\xff\xff");
	put_meta(&d, 4);
	expect_refused(&d,
	    "The MaxMind DB file's data section contains bad data (unknown "
	    "data type or corrupt data)");

	test_row("no country anywhere");
	open_db(&d);
	put_node(&d, 1, 1);
	end_tree(&d);
	put_meta(&d, 4);
	expect_refused(&d, "names no country");
	test_row(NULL);
}

/* Each level leads to the next one by both of its sides: 2^31 leaves. */
TEST(test_geofile_tree_that_is_too_much_to_walk_is_refused)
{
	struct gw_geo_table t;
	struct err e;
	struct db d;
	unsigned i;

	open_db(&d);
	for (i = 1; i <= 31; i++)
		put_node(&d, i, i);
	put_node(&d, 32 + 16, 32);
	put_jp(&d, 4);
	EXPECT_RC(read_back(&d, &t, &e), RC_NO_SPACE);
	EXPECT_STR(e.text, "more than 4194304 address ranges");
}

TEST(test_geofile_files_that_are_none_are_refused)
{
	struct gw_geo_table t;
	struct err e;
	struct db d;
	char path[256];

	EXPECT_RC(gw_geofile_read(&t, "/nowhere/db", &e), RC_IO);
	EXPECT_RC(gw_geofile_read(&t, test_tmpdir(), &e), RC_IO);
	EXPECT_STR(e.text, "not a file");
	(void)snprintf(path, sizeof(path), "%s/pipe", test_tmpdir());
	EXPECT(mkfifo(path, 0600) == 0);
	EXPECT_RC(gw_geofile_read(&t, path, &e), RC_IO);
	open_db(&d);
	EXPECT_RC(read_back(&d, &t, &e), RC_CORRUPT);
	put(&d, "1,2,JP\n");
	EXPECT_RC(read_back(&d, &t, &e), RC_CORRUPT);
}

/* A file cut anywhere, or with one bit turned, never gets further than a
 * refusal or a table in order. */
TEST(test_geofile_every_cut_and_flip_is_survived)
{
	struct gw_geo_table t;
	struct db d, bent;
	struct err e;
	size_t i, k;

	open_db(&d);
	chain(&d, 100, 100, 100 + 16);
	put_jp(&d, 6);
	for (i = 0; i < d.out.len * 8; i++) {
		memcpy(bent.room, d.room, d.out.len);
		bent.room[i / 8] ^= (uint8_t)(1u << i % 8);
		bent.out = buf_of(bent.room, sizeof(bent.room));
		bent.out.len = i % 8 == 0 ? i / 8 : d.out.len;
		if (read_back(&bent, &t, &e) != RC_OK)
			continue;
		for (k = 1; k < t.cnt; k++)
			EXPECT(memcmp(&t.rows[k - 1].from, &t.rows[k].from,
				   sizeof(t.rows[k].from)) < 0);
		gw_geofile_free(&t);
	}
	test_count(i);
}

TEST(test_geofile_without_memory_says_so)
{
	struct gw_geo_table t;
	struct err e;
	struct db d;

	open_db(&d);
	put_node(&d, 1, 1 + 16);
	put_jp(&d, 4);
	EXPECT_RC(read_back(&d, &t, &e), RC_OK);
	gw_geofile_free(&t);
	test_alloc_fail(1);
	EXPECT_RC(read_back(&d, &t, &e), RC_NO_MEMORY);
	EXPECT(test_alloc_did_fail());
}
