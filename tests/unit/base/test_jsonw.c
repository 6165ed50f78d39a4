/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON writer: bounds, escapes, and documents compared as text.
 */
#include "base/jsonw.h"

#include <string.h>

#include "base/check.h"
#include "test.h"

static void
want(struct jsonw *w, const char *text)
{
	EXPECT(jsonw_done(w));
	EXPECT_BYTES(jsonw_bytes(w), bytes_of_str(text));
	jsonw_reset(w);
}

TEST(test_jsonw_bound_reached_is_sticky)
{
	struct jsonw w;
	size_t max;

	for (max = 0; max < 12; max++) { /* ["abcdefgh"] has 12 */
		jsonw_init(&w, max);
		jsonw_arr(&w);
		jsonw_str(&w, "abcdefgh");
		jsonw_arr_end(&w);
		EXPECT(!jsonw_done(&w));
		EXPECT(w.len <= max);
		jsonw_null(&w);
		EXPECT(!jsonw_done(&w) && w.len <= max);
		jsonw_reset(&w);
		EXPECT(!jsonw_done(&w));
		jsonw_free(&w);
	}
	jsonw_init(&w, 12);
	jsonw_arr(&w);
	jsonw_str(&w, "abcdefgh");
	jsonw_arr_end(&w);
	want(&w, "[\"abcdefgh\"]");
	jsonw_free(&w);
}

TEST(test_jsonw_too_deep_fails)
{
	struct jsonw w;
	unsigned i;

	jsonw_init(&w, (size_t)4 * JSONW_DEPTH_MAX);
	for (i = 0; i < JSONW_DEPTH_MAX - 1; i++)
		jsonw_arr(&w);
	EXPECT(!w.has_failed);
	for (i = 0; i < JSONW_DEPTH_MAX - 1; i++)
		jsonw_arr_end(&w);
	EXPECT(jsonw_done(&w));
	jsonw_reset(&w);
	for (i = 0; i < 3 * JSONW_DEPTH_MAX; i++)
		jsonw_arr(&w);
	for (i = 0; i < 3 * JSONW_DEPTH_MAX; i++)
		jsonw_arr_end(&w);
	EXPECT(!jsonw_done(&w));
	jsonw_free(&w);
}

TEST(test_jsonw_deep_levels_have_their_commas)
{
	struct jsonw w;
	struct bytes text;
	unsigned i;

	jsonw_init(&w, (size_t)8 * JSONW_DEPTH_MAX);
	for (i = 0; i < JSONW_DEPTH_MAX - 1; i++) {
		jsonw_arr(&w);
		jsonw_u64(&w, 1);
	}
	for (i = 0; i < JSONW_DEPTH_MAX - 1; i++) {
		jsonw_u64(&w, 2);
		jsonw_arr_end(&w);
	}
	EXPECT(jsonw_done(&w));
	text = jsonw_bytes(&w);
	EXPECT_U64(text.len, 6 * (JSONW_DEPTH_MAX - 1) - 1);
	for (i = 0; i < JSONW_DEPTH_MAX - 2; i++)
		EXPECT(memcmp(text.ptr + 3 * (size_t)i, "[1,", 3) == 0);
	for (i = 0; i < JSONW_DEPTH_MAX - 1; i++)
		EXPECT(memcmp(text.ptr + text.len - 3 * (size_t)(i + 1), ",2]",
			   3) == 0);
	jsonw_free(&w);
}

TEST(test_jsonw_open_document_is_not_done)
{
	struct jsonw w;

	jsonw_init(&w, 1000);
	EXPECT(!jsonw_done(&w)); /* nothing is no document */
	jsonw_obj(&w);
	EXPECT(!jsonw_done(&w));
	jsonw_obj_end(&w);
	EXPECT(jsonw_done(&w));
	jsonw_free(&w);
}

TEST(test_jsonw_nested_document_has_its_commas)
{
	struct jsonw w;

	jsonw_init(&w, 1000);
	jsonw_obj(&w);
	jsonw_key(&w, "a");
	jsonw_arr(&w);
	jsonw_arr_end(&w);
	jsonw_key(&w, "b");
	jsonw_arr(&w);
	jsonw_u64(&w, 1);
	jsonw_obj(&w);
	jsonw_key(&w, "c");
	jsonw_null(&w);
	jsonw_obj_end(&w);
	jsonw_arr(&w);
	jsonw_bool(&w, true);
	jsonw_bool(&w, false);
	jsonw_arr_end(&w);
	jsonw_raw(&w, bytes_of_str("{\"raw\":1}"));
	jsonw_arr_end(&w);
	jsonw_key(&w, "d");
	jsonw_str(&w, "");
	jsonw_obj_end(&w);
	want(&w, "{\"a\":[],\"b\":[1,{\"c\":null},[true,false],{\"raw\":1}],"
		 "\"d\":\"\"}");
	jsonw_free(&w);
}

TEST(test_jsonw_numbers_of_every_width)
{
	struct u256 max = {{~0UL, ~0UL, ~0UL, ~0UL}}, zero = U256_ZERO;
	struct jsonw w;

	jsonw_init(&w, 1000);
	jsonw_arr(&w);
	jsonw_u64(&w, 0);
	jsonw_u64(&w, UINT64_MAX);
	jsonw_i64(&w, INT64_MIN);
	jsonw_i64(&w, 7);
	jsonw_q64(&w, 0);
	jsonw_q64(&w, 0x41);
	jsonw_q256(&w, &zero);
	jsonw_data(&w, bytes_of("\x00\xff", 2));
	jsonw_data(&w, bytes_of(NULL, 0));
	jsonw_arr_end(&w);
	want(&w, "[0,18446744073709551615,-9223372036854775808,7,\"0x0\","
		 "\"0x41\",\"0x0\",\"0x00ff\",\"0x\"]");
	jsonw_dec(&w, &max);
	want(&w, "1157920892373161954235709850086879078532699846656405640394575"
		 "84007913129639935");
	jsonw_q256(&w, &max);
	want(&w, "\"0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
		 "fffffff\"");
	jsonw_free(&w);
}

TEST(test_jsonw_text_is_escaped)
{
	static const struct {
		const char *name;
		struct bytes in;
		const char *want;
	} rows[] = {
	    {"quote and backslash", {(const uint8_t *)"a\"b\\c", 5},
		"\"a\\\"b\\\\c\""},
	    {"named controls", {(const uint8_t *)"\b\f\n\r\t", 5},
		"\"\\b\\f\\n\\r\\t\""},
	    {"other controls", {(const uint8_t *)"\x00\x1f\x7f", 3},
		"\"\\u0000\\u001f\\u007f\""},
	    {"UTF-8 stays",
		{(const uint8_t *)"\xe5\xae\x9f\xf0\x9f\x98\x80", 7},
		"\"\xe5\xae\x9f\xf0\x9f\x98\x80\""},
	    {"not UTF-8",
		{(const uint8_t *)"a\xff"
				  "b\xc3",
		    4},
		"\"a\xef\xbf\xbd"
		"b\xef\xbf\xbd\""},
	    {"surrogate", {(const uint8_t *)"\xed\xa0\x80", 3},
		"\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"slash stays", {(const uint8_t *)"</x>", 4}, "\"</x>\""},
	};
	struct jsonw w;
	size_t i;

	jsonw_init(&w, 1000);
	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].name);
		jsonw_strn(&w, rows[i].in);
		want(&w, rows[i].want);
	}
	test_row(NULL);
	jsonw_free(&w);
}

TEST(test_jsonw_fmt_long_and_short_text)
{
	char pad[401];
	struct jsonw w;

	memset(pad, 'x', sizeof(pad) - 1);
	pad[sizeof(pad) - 1] = '\0';
	jsonw_init(&w, 5000);
	jsonw_fmt(&w, "%d\"%s", 5, "y");
	want(&w, "\"5\\\"y\"");
	jsonw_fmt(&w, "%s!", pad);
	EXPECT_U64(w.len, 403);
	EXPECT(w.ptr[401] == '!');
	jsonw_free(&w);
}

TEST(test_jsonw_grows_over_many_values)
{
	struct jsonw w;
	size_t i;

	jsonw_init(&w, 1 << 20);
	jsonw_arr(&w);
	for (i = 0; i < 100000; i++)
		jsonw_u64(&w, 7);
	jsonw_arr_end(&w);
	EXPECT(jsonw_done(&w));
	EXPECT_U64(w.len, 200001);
	EXPECT(w.cap <= 1 << 20);
	jsonw_free(&w);
}

TEST(test_jsonw_without_memory_is_sticky)
{
	struct jsonw w;
	char pad[401];
	size_t n;

	memset(pad, 'x', sizeof(pad) - 1);
	pad[sizeof(pad) - 1] = '\0';
	for (n = 1;; n++) {
		jsonw_init(&w, 1 << 20);
		test_alloc_fail(n);
		jsonw_arr(&w);
		jsonw_fmt(&w, "%s", pad);
		jsonw_data(&w, bytes_of(pad, 400));
		jsonw_arr_end(&w);
		if (!test_alloc_did_fail())
			break;
		EXPECT(!jsonw_done(&w));
		jsonw_free(&w);
	}
	EXPECT(n > 3);
	EXPECT(jsonw_done(&w));
	jsonw_free(&w);
}

TEST(test_jsonw_data_beyond_the_bound_fails)
{
	struct jsonw w;

	jsonw_init(&w, 10);
	jsonw_data(&w, bytes_of("abcd", 4)); /* 12 characters */
	EXPECT(!jsonw_done(&w));
	jsonw_reset(&w);
	jsonw_data(&w, bytes_of("", SIZE_MAX / 2 + 2));
	EXPECT(!jsonw_done(&w));
	jsonw_reset(&w);
	jsonw_data(&w, bytes_of("abc", 3));
	EXPECT(jsonw_done(&w));
	jsonw_free(&w);
}
