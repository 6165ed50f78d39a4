/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON scanner: grammar rows, depth, iteration, ends in a stream.
 */
#include "http/jsonscan.h"

#include "test.h"

TEST(test_jsonscan_grammar_is_strict)
{
	static const char *const good[] = {
	    "0",
	    "-0",
	    "1.5e-10",
	    "1E+2",
	    "-12.0",
	    "true",
	    "false",
	    "null",
	    "\"\"",
	    "\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
	    "\"\xe6\xa0\xaa\"",
	    "\"\\ud83d\\ude00\"",
	    "\"\\u0000\"",
	    "[]",
	    "[ ]",
	    "{}",
	    "{ }",
	    "[1,[2,[3]],{}]",
	    "{\"a\":1}",
	    "{\"a\":{\"b\":[]},\"\":null}",
	    " \t\r\n[ 1 , 2 ] \n",
	    "{\"a\":1,\"a\":2}",
	    "\"\x7f\"",
	};
	static const char *const bad[] = {
	    "",
	    " ",
	    "01",
	    "-",
	    "+1",
	    "1.",
	    ".5",
	    "1e",
	    "1e+",
	    "0x1",
	    "1 2",
	    "tru",
	    "True",
	    "nul",
	    "NaN",
	    "Infinity",
	    "'a'",
	    "\"",
	    "\"a",
	    "\"\\\"",
	    "\"\\x\"",
	    "\"\\u12\"",
	    "\"\\u12g4\"",
	    "\"\n\"",
	    "\"\t\"",
	    "\"\x01\"",
	    "\"\xff\"",
	    "\"\xc0\xaf\"",
	    "\"\xed\xa0\x80\"",
	    "\"\\ud800\"",
	    "\"\\ud800x\"",
	    "\"\\udc00\"",
	    "\"\\ud800\\u0041\"",
	    "[",
	    "]",
	    "[1",
	    "[1,",
	    "[1,]",
	    "[,1]",
	    "[1 2]",
	    "[1}",
	    "{",
	    "}",
	    "{\"a\"",
	    "{\"a\":",
	    "{\"a\":}",
	    "{\"a\":1",
	    "{\"a\":1,",
	    "{\"a\":1,}",
	    "{,}",
	    "{1:2}",
	    "{a:1}",
	    "{\"a\" 1}",
	    "{\"a\":1]",
	    "{\"a\",\"b\"}",
	    "\xef\xbb\xbf{}",
	    "[1]x",
	    "\"\\",
	    "\"\\u\"",
	};
	struct bytes in, v;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		test_row(good[i]);
		in = bytes_of_str(good[i]);
		EXPECT(gw_json_value(&v, &in) && in.len == 0);
		test_count(1);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		test_row(bad[i]);
		in = bytes_of_str(bad[i]);
		EXPECT(!gw_json_value(&v, &in) || in.len > 0);
		test_count(1);
	}
	in = bytes_of("\"\0\"", 3);
	EXPECT(!gw_json_value(&v, &in));
	in = bytes_of("\"\\\0\"", 4);
	EXPECT(!gw_json_value(&v, &in));
}

TEST(test_jsonscan_depth_bound_is_exact)
{
	char text[2 * GW_JSON_DEPTH_MAX + 8];
	unsigned depth;

	for (depth = GW_JSON_DEPTH_MAX; depth <= GW_JSON_DEPTH_MAX + 1;
	     depth++) {
		struct bytes in, v;

		memset(text, '[', depth);
		memset(text + depth, ']', depth);
		in = bytes_of(text, (size_t)depth * 2);
		EXPECT_U64(gw_json_value(&v, &in), depth <= GW_JSON_DEPTH_MAX);
	}
}

TEST(test_jsonscan_members_and_items_are_spans)
{
	struct bytes in = bytes_of_str(
	    " { \"a\\\"\" : [1, {\"x\":\"]}\"}] ,\"b\":null , \"c\":-1.5e3 } ");
	static const char *const want[][2] = {
	    {"a\\\"", "[1, {\"x\":\"]}\"}]"}, {"b", "null"}, {"c", "-1.5e3"}};
	struct bytes doc, k, v;
	struct gw_json_iter it;
	size_t i;

	EXPECT(gw_json_value(&doc, &in));
	EXPECT(gw_json_open(&it, doc));
	for (i = 0; i < 3 && gw_json_member(&it, &k, &v); i++) {
		EXPECT_BYTES(k, bytes_of_str(want[i][0]));
		EXPECT_BYTES(v, bytes_of_str(want[i][1]));
	}
	EXPECT_U64(i, 3);
	EXPECT(!gw_json_member(&it, &k, &v));
	in = bytes_of_str("[ \"a,]\" ,[],\n{} , 1]");
	EXPECT(gw_json_value(&doc, &in) && gw_json_open(&it, doc));
	for (i = 0; gw_json_item(&it, &v); i++)
		EXPECT(v.len > 0 && v.ptr[0] != ' ');
	EXPECT_U64(i, 4);
	EXPECT(!gw_json_open(&it, bytes_of_str("12")));
	EXPECT(!gw_json_open(&it, bytes_of_str("1")));
}

TEST(test_jsonscan_end_is_found_however_the_stream_is_cut)
{
	static const char text[] =
	    "{\"a\":\"}\\\"]\\\\\",\"b\":[[],{\"c\":\"\\u007d\"}]} [1]";
	size_t step, at, shown;

	for (step = 1; step < sizeof(text); step++) {
		struct gw_json_end e = {0};
		bool found = false;

		at = shown = 0;
		while (!found && shown < sizeof(text) - 1) {
			shown += step;
			if (shown > sizeof(text) - 1)
				shown = sizeof(text) - 1;
			found =
			    gw_json_end_find(&e, &at, bytes_of(text, shown));
		}
		EXPECT(found);
		EXPECT_U64(at, sizeof(text) - 1 - 4);
	}
	test_count(sizeof(text) - 2);
}
