/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON reader: what RFC 8259 and our bounds refuse, and what the tree of
 * an accepted document says.
 */
#include <stdio.h>
#include <stdlib.h>

#include "rpc/json_priv.h"
#include "test.h"

static enum rc
read_bytes(struct arena *a, const struct rpc_json **out, struct bytes text)
{
	static struct err e;

	/* The bound of a document, so that nothing hides behind memory. */
	arena_init(a, 64 << 20);
	return rpc_json_read(a, out, text, &e);
}

static enum rc
read_text(const char *text)
{
	const struct rpc_json *v;
	struct arena a;
	enum rc rc = read_bytes(&a, &v, bytes_of_str(text));

	arena_drop(&a);
	return rc;
}

TEST(test_json_bad_text_refused)
{
	static const char *const rows[] = {
	    "",
	    " ",
	    "\n",
	    "{",
	    "}",
	    "[",
	    "]",
	    "{]",
	    "[}",
	    "[1",
	    "[1,",
	    "[1,]",
	    "[,1]",
	    "[1 2]",
	    "[1,,2]",
	    "{\"a\"}",
	    "{\"a\":}",
	    "{\"a\":1",
	    "{\"a\":1,}",
	    "{,}",
	    "{a:1}",
	    "{1:1}",
	    "{'a':1}",
	    "{\"a\" 1}",
	    "{\"a\":1 \"b\":2}",
	    "{\"a\":1}}",
	    "[]]",
	    "[] []",
	    "1 2",
	    "nul",
	    "nulll",
	    "True",
	    "NULL",
	    "truefalse",
	    "tru",
	    "+1",
	    "01",
	    "-",
	    "-01",
	    "1.",
	    ".5",
	    "1e",
	    "1e+",
	    "1E-",
	    "1.e1",
	    "0x10",
	    "1a",
	    "--1",
	    "Infinity",
	    "NaN",
	    "-Infinity",
	    "\"",
	    "\"a",
	    "\"\\\"",
	    "\"\\x\"",
	    "\"\\",
	    "\"\\u\"",
	    "\"\\u12\"",
	    "\"\\u12g4\"",
	    "\"\\ud800\"",
	    "\"\\ud800x\"",
	    "\"\\ud800\\n\"",
	    "\"\\ud800\\u0041\"",
	    "\"\\udc00\"",
	    "\"\\ud800\\ud800\"",
	    "\"a\nb\"",
	    "\"a\tb\"",
	    "\"\x01\"",
	    "\"\x1f\"",
	    "'a'",
	    "\"\xff\"",
	    "\"\xc0\x80\"",
	    "\"\xc1\xbf\"",
	    "\"\xe0\x80\x80\"",
	    "\"\xed\xa0\x80\"",
	    "\"\xf0\x80\x80\x80\"",
	    "\"\xf4\x90\x80\x80\"",
	    "\"\xf5\x80\x80\x80\"",
	    "\"\xe2\x82\"",
	    "\"\xe2(\xa1\"",
	    "\"\x80\"",
	    "\xef\xbb\xbf[]",
	    "[\xc2\xa0]",
	    "[\x0c]",
	    "[\x0b]",
	    "{\"a\":1,\"a\":2}",
	    "{\"a\":1,\"\\u0061\":2}",
	    "{\"\":1,\"\":2}",
	    "[{\"b\":{\"c\":0,\"c\":0}}]",
	    "/*c*/[]",
	    "[]//",
	    "#",
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i]);
		EXPECT_RC(read_text(rows[i]), RC_BAD_JSON);
	}
	test_row(NULL);
	test_count(i);
}

TEST(test_json_good_text_accepted)
{
	static const char *const rows[] = {
	    "[]",
	    "{}",
	    " [ ] ",
	    "\t{\r\n}\n",
	    "null",
	    "true",
	    "false",
	    "0",
	    "-0",
	    "-0.0e-0",
	    "12345678901234567890123456789012345678901234567890",
	    "1.5e+300",
	    "1E400",
	    "\"\"",
	    "\"\\u0000\"",
	    "\"\\uD834\\uDD1E\"",
	    "\"\xf0\x9d\x84\x9e\"",
	    "\"\xef\xbf\xbf\"",
	    "\"\xf4\x8f\xbf\xbf\"",
	    "\"\x7f\"",
	    "\"\\/\\b\\f\\n\\r\\t\\\"\\\\\"",
	    "[1,[2,{\"a\":[]}],\"b\"]",
	    "{\"a\":1,\"A\":2,\"\":3,\"a \":4}",
	    "{\"a\":{\"a\":{\"a\":1}}}",
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i]);
		EXPECT_RC(read_text(rows[i]), RC_OK);
	}
	test_row(NULL);
	test_count(i);
}

TEST(test_json_zero_byte_is_no_end)
{
	const struct rpc_json *v;
	struct arena a;

	EXPECT_RC(read_bytes(&a, &v, bytes_of("[]\0", 3)), RC_BAD_JSON);
	arena_drop(&a);
	EXPECT_RC(read_bytes(&a, &v, bytes_of("[1\0]", 4)), RC_BAD_JSON);
	arena_drop(&a);
	EXPECT_RC(read_bytes(&a, &v, bytes_of("\"a\0b\"", 5)), RC_BAD_JSON);
	arena_drop(&a);
}

TEST(test_json_error_names_the_place)
{
	const struct rpc_json *v;
	struct arena a;
	struct err e;

	arena_init(&a, 1 << 16);
	EXPECT_RC(rpc_json_read(&a, &v, bytes_of_str("{\"a\":tru}"), &e),
	    RC_BAD_JSON);
	EXPECT_STR(e.text, "parse error: unexpected character at byte 5");
	arena_drop(&a);
}

TEST(test_json_every_cut_of_a_document_refused)
{
	static const char text[] =
	    " {\"a\":[1,-2.5e3,\"x\\u00e9\\n\",null],\"b\":{\"c\":true}}";
	const struct rpc_json *v;
	struct arena a;
	size_t len;

	for (len = 0; len < sizeof(text) - 1; len++) {
		EXPECT_RC(read_bytes(&a, &v, bytes_of(text, len)), RC_BAD_JSON);
		arena_drop(&a);
	}
	EXPECT_RC(read_text(text), RC_OK);
	test_count(len);
}

TEST(test_json_tree_says_what_was_written)
{
	static const char text[] =
	    " {\"id\": 1.50e2 , \"s\":\"a\\u00e9\\uD834\\uDD1E\\n\\u0000b\","
	    "\"l\":[true,false,null,[]],\"o\":{\"k\\u0065y\":\"v\"}} ";
	const struct rpc_json *v, *m;
	struct arena a;

	EXPECT_RC(read_bytes(&a, &v, bytes_of_str(text)), RC_OK);
	EXPECT(v->kind == RPC_JSON_OBJECT && v->cnt == 4);
	EXPECT_BYTES(v->raw, bytes_of(text + 1, sizeof(text) - 3));
	m = rpc_json_get(v, "id");
	EXPECT(m != NULL && m->kind == RPC_JSON_NUMBER);
	EXPECT_BYTES(m->raw, bytes_of_str("1.50e2"));
	m = rpc_json_get(v, "s");
	EXPECT(m != NULL && m->kind == RPC_JSON_STRING);
	EXPECT_BYTES(m->str, bytes_of("a\xc3\xa9\xf0\x9d\x84\x9e\n\0b", 10));
	EXPECT(m->raw.ptr[0] == '"' && m->raw.ptr[m->raw.len - 1] == '"');
	m = rpc_json_get(v, "l");
	EXPECT(m != NULL && m->kind == RPC_JSON_ARRAY && m->cnt == 4);
	EXPECT_BYTES(m->raw, bytes_of_str("[true,false,null,[]]"));
	m = m->first;
	EXPECT(m->kind == RPC_JSON_BOOL && m->is_true);
	m = m->next;
	EXPECT(m->kind == RPC_JSON_BOOL && !m->is_true);
	m = m->next;
	EXPECT(m->kind == RPC_JSON_NULL);
	m = m->next;
	EXPECT(m->kind == RPC_JSON_ARRAY && m->cnt == 0 && m->next == NULL);
	m = rpc_json_get(rpc_json_get(v, "o"), "key");
	EXPECT(m != NULL);
	EXPECT(rpc_json_get(v, "nothing") == NULL);
	arena_drop(&a);
}

/* nested writes depth times open, then depth times close. */
static struct bytes
nested(const char *open, const char *close, size_t depth)
{
	static char text[4096];
	size_t i, len = 0;

	for (i = 0; i < depth; i++)
		len += (size_t)sprintf(text + len, "%s", open);
	for (i = 0; i < depth; i++)
		len += (size_t)sprintf(text + len, "%s", close);
	return bytes_of(text, len);
}

TEST(test_json_depth_bounded)
{
	const struct rpc_json *v;
	struct arena a;

	EXPECT_RC(read_bytes(&a, &v, nested("[", "]", 64)), RC_OK);
	arena_drop(&a);
	EXPECT_RC(read_bytes(&a, &v, nested("[", "]", 65)), RC_BAD_JSON);
	arena_drop(&a);
	EXPECT_RC(read_bytes(&a, &v, nested("[", "", 2000)), RC_BAD_JSON);
	arena_drop(&a);
	EXPECT_RC(
	    read_bytes(&a, &v, nested("{\"a\":[", "]}", 33)), RC_BAD_JSON);
	arena_drop(&a);
}

/* many writes an array or object of cnt members. */
static struct bytes
many(char *text, size_t cap, bool is_object, size_t cnt, size_t repeat_at)
{
	size_t i, len = 0;

	len += (size_t)snprintf(text, cap, is_object ? "{" : "[");
	for (i = 0; i < cnt; i++) {
		len +=
		    (size_t)snprintf(text + len, cap - len, i == 0 ? "" : ",");
		if (is_object)
			len += (size_t)snprintf(text + len, cap - len,
			    "\"%zu\":", i == repeat_at ? 3 : i);
		len += (size_t)snprintf(text + len, cap - len, "1");
	}
	len += (size_t)snprintf(text + len, cap - len, is_object ? "}" : "]");
	return bytes_of(text, len);
}

TEST(test_json_members_and_values_bounded)
{
	static char text[400000];
	const struct rpc_json *v;
	struct arena a;
	size_t i;

	/* Repeats are found whichever way they are looked for. */
	for (i = 4; i < 40; i++) {
		EXPECT_RC(
		    read_bytes(&a, &v, many(text, sizeof(text), true, 40, i)),
		    RC_BAD_JSON);
		arena_drop(&a);
	}
	EXPECT_RC(
	    read_bytes(&a, &v,
		many(text, sizeof(text), true, RPC_JSON_MEMBER_MAX, SIZE_MAX)),
	    RC_OK);
	arena_drop(&a);
	EXPECT_RC(read_bytes(&a, &v,
		      many(text, sizeof(text), true, RPC_JSON_MEMBER_MAX + 1,
			  SIZE_MAX)),
	    RC_TOO_LARGE);
	arena_drop(&a);
	EXPECT_RC(
	    read_bytes(&a, &v,
		many(text, sizeof(text), false, RPC_JSON_VALUE_MAX - 1, 0)),
	    RC_OK);
	arena_drop(&a);
	EXPECT_RC(read_bytes(&a, &v,
		      many(text, sizeof(text), false, RPC_JSON_VALUE_MAX, 0)),
	    RC_TOO_LARGE);
	arena_drop(&a);
}

TEST(test_json_many_escaped_strings_fit)
{
	/* Each decoded string takes its own length, not the document's. */
	static char text[300000];
	const struct rpc_json *v;
	struct arena a;
	size_t i, len = 1;

	text[0] = '[';
	for (i = 0; i < 20000; i++)
		len += (size_t)sprintf(text + len, "\"\\n%zu\",", i);
	text[len - 1] = ']';
	arena_init(&a, 16 << 20);
	EXPECT_RC(rpc_json_read(&a, &v, bytes_of(text, len), NULL), RC_OK);
	EXPECT_U64(v->cnt, 20000);
	arena_drop(&a);
}

TEST(test_json_short_memory_reported)
{
	const struct rpc_json *v;
	struct arena a;

	arena_init(&a, 16);
	EXPECT_RC(
	    rpc_json_read(&a, &v, bytes_of_str("[]"), NULL), RC_NO_MEMORY);
	arena_drop(&a);
	arena_init(&a, 200);
	EXPECT_RC(rpc_json_read(&a, &v,
		      bytes_of_str("\"\\n23456789012345678901234567890123456789"
				   "012345678901234567890123456789012345678901"
				   "234567890123456789012345678901234567890\""),
		      NULL),
	    RC_NO_MEMORY);
	arena_drop(&a);
}
