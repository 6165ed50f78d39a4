/* SPDX-License-Identifier: Apache-2.0
 *
 * Targets, paths, queries, UTF-8.
 */
#include "http/uri.h"

#include "test.h"

static struct arena
fresh(void)
{
	struct arena a;

	arena_init(&a, 1 << 16);
	return a;
}

TEST(test_target_forms_are_told_apart)
{
	static const struct {
		const char *target;
		enum gw_target_kind kind;
		const char *authority, *path, *query;
	} row[] = {
	    {"/", GW_TARGET_PATH, "", "/", ""},
	    {"/a?b?c", GW_TARGET_PATH, "", "/a", "b?c"},
	    {"/a?", GW_TARGET_PATH, "", "/a", ""},
	    {"*", GW_TARGET_STAR, "", "", ""},
	    {"http://h/a?b", GW_TARGET_PATH, "h", "/a", "b"},
	    {"HTTPS://h:1", GW_TARGET_PATH, "h:1", "/", ""},
	    {"http://h?x", GW_TARGET_PATH, "h", "/", "x"},
	    {"http:///a", GW_TARGET_BAD, "", "", ""},
	    {"http://u@h/a", GW_TARGET_BAD, "u@h", "", ""},
	    {"ftp://h/a", GW_TARGET_BAD, "", "", ""},
	    {"h:80", GW_TARGET_BAD, "", "", ""},
	    {"a/b", GW_TARGET_BAD, "", "", ""},
	    {"/a#b", GW_TARGET_BAD, "", "", ""},
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct gw_target t =
		    gw_target_read(bytes_of_str(row[i].target));

		test_row(row[i].target);
		EXPECT_U64(t.kind, row[i].kind);
		if (row[i].kind == GW_TARGET_PATH) {
			EXPECT_BYTES(
			    t.authority, bytes_of_str(row[i].authority));
			EXPECT_BYTES(t.path, bytes_of_str(row[i].path));
			EXPECT_BYTES(t.query, bytes_of_str(row[i].query));
		}
		test_count(1);
	}
}

TEST(test_path_with_two_readings_is_refused)
{
	static const struct {
		const char *raw, *path; /* NULL: refused */
	} row[] = {
	    {"/", "/"},
	    {"/a/b", "/a/b"},
	    {"/a/", "/a"},
	    {"/%61%2D", "/a-"},
	    {"/a;b=c", "/a;b=c"},
	    {"/%E6%A0%AA", "/\xe6\xa0\xaa"},
	    {"/...", "/..."},
	    {"/a%25", "/a%"},
	    {"/.", NULL},
	    {"/..", NULL},
	    {"/a/../b", NULL},
	    {"/a/./b", NULL},
	    {"/%2e%2E/b", NULL},
	    {"//a", NULL},
	    {"/a//", NULL},
	    {"/a%2fb", NULL},
	    {"/a%5cb", NULL},
	    {"/a\\b", NULL},
	    {"/a%00", NULL},
	    {"/a%0a", NULL},
	    {"/a%7f", NULL},
	    {"/a%", NULL},
	    {"/a%4", NULL},
	    {"/a%zz", NULL},
	    {"/%ff", NULL},
	    {"/%c0%ae", NULL},
	    {"/%ed%a0%80", NULL},
	    {"/%f5%80%80%80", NULL},
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct arena a = fresh();
		struct bytes p;
		bool ok = gw_path_read(&a, &p, bytes_of_str(row[i].raw));

		test_row(row[i].raw);
		EXPECT_U64(ok, row[i].path != NULL);
		if (ok && row[i].path != NULL)
			EXPECT_BYTES(p, bytes_of_str(row[i].path));
		arena_drop(&a);
		test_count(1);
	}
}

TEST(test_path_without_memory_is_refused)
{
	struct arena a;
	struct bytes p;

	arena_init(&a, 2);
	EXPECT(!gw_path_read(&a, &p, bytes_of_str("/abc")));
	arena_drop(&a);
}

TEST(test_query_pairs_are_cut_and_decoded)
{
	struct bytes rest = bytes_of_str("a=1&&b&c=x=y&=z&d="), k, v, out;
	struct bytes plain = bytes_of_str("plain");
	uint8_t room[64];
	struct buf b = buf_of(room, sizeof(room));
	static const char *const want[][2] = {
	    {"a", "1"}, {"b", ""}, {"c", "x=y"}, {"", "z"}, {"d", ""}};
	size_t i = 0;

	while (gw_pair_next(&k, &v, &rest)) {
		EXPECT_BYTES(k, bytes_of_str(want[i][0]));
		EXPECT_BYTES(v, bytes_of_str(want[i][1]));
		i++;
	}
	EXPECT_U64(i, 5);
	EXPECT(gw_form_decode(&b, &out, bytes_of_str("a+b%2B%e3%81%82%0d")));
	EXPECT_BYTES(out, bytes_of_str("a b+\xe3\x81\x82\r"));
	EXPECT(out.ptr == room);
	EXPECT(!gw_form_decode(&b, &out, bytes_of_str("100%")));
	EXPECT(!gw_form_decode(&b, &out, bytes_of_str("%00")));
	EXPECT(!gw_form_decode(&b, &out, bytes_of_str("%ff")));
	EXPECT(!gw_form_decode(&b, &out, bytes_of_str("\xff")));
	EXPECT(!gw_form_decode(&b, &out, bytes_of("a\0b", 3)));
	EXPECT(gw_form_decode(&b, &out, bytes_of_str("")) && out.len == 0);
	EXPECT(gw_form_decode(&b, &out, plain) && out.ptr == plain.ptr);
}

TEST(test_utf8_borders_are_exact)
{
	static const struct {
		const char *hex;
		bool ok;
	} row[] = {
	    {"", true},
	    {"7f", true},
	    {"80", false},
	    {"c1bf", false},
	    {"c280", true},
	    {"dfbf", true},
	    {"df", false},
	    {"e09fbf", false},
	    {"e0a080", true},
	    {"ed9fbf", true},
	    {"eda080", false},
	    {"edbfbf", false},
	    {"ee8080", true},
	    {"efbfbf", true},
	    {"f08fbfbf", false},
	    {"f0908080", true},
	    {"f48fbfbf", true},
	    {"f4908080", false},
	    {"f5808080", false},
	    {"e381", false},
	    {"e38141", false},
	    {"41c3a941", true},
	};
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].hex);
		EXPECT_U64(gw_utf8_ok(test_hex(row[i].hex)), row[i].ok);
		test_count(1);
	}
}
