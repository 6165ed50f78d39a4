/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON documents as rows of values: what strings decode to, how values lie,
 * bounds, and why a document is not read.
 */
#include "http/json.h"

#include <stdio.h>

#include "base/check.h"

#include "test.h"

static struct arena
fresh(void)
{
	struct arena a;

	arena_init(&a, 1 << 26);
	return a;
}

TEST(test_json_bad_documents_are_not_read)
{
	static const struct {
		const char *text, *fault, *key;
	} row[] = {
	    {"", "not well-formed JSON", ""},
	    {" ", "not well-formed JSON", ""},
	    {"{", "not well-formed JSON", ""},
	    {"{}x", "not well-formed JSON", ""},
	    {"{} {}", "not well-formed JSON", ""},
	    {"[1,]", "not well-formed JSON", ""},
	    {"{\"a\":\"\xff\"}", "not well-formed JSON", ""},
	    {"\"\\ud800\"", "not well-formed JSON", ""},
	    {"\"\\udc00\"", "not well-formed JSON", ""},
	    {"\"\\ud800\\u0041\"", "not well-formed JSON", ""},
	    {"\"\\x\"", "not well-formed JSON", ""},
	    {"\"\\u000\"", "not well-formed JSON", ""},
	};
	struct gw_json_doc doc;
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		struct arena a = fresh();

		test_row(row[i].text);
		EXPECT(!gw_json_read(&a, &doc, bytes_of_str(row[i].text)));
		EXPECT(doc.root == NULL && !doc.is_memory);
		EXPECT_STR(doc.fault, row[i].fault);
		EXPECT_BYTES(doc.fault_key, bytes_of_str(row[i].key));
		arena_drop(&a);
		test_count(1);
	}
	test_row(NULL);
}

TEST(test_json_strings_are_decoded_once)
{
	static const struct {
		const char *text, *want;
	} row[] = {
	    {"\"\"", ""},
	    {"\"plain\"", "plain"},
	    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
	    {"\"\\u0041\\u007f\\u0080\\u07ff\"", "A\x7f\xc2\x80\xdf\xbf"},
	    {"\"\\u0800\\uFFFF\"", "\xe0\xa0\x80\xef\xbf\xbf"},
	    {"\"\\ud800\\udc00\\uDBFF\\uDFFFx\"",
		"\xf0\x90\x80\x80\xf4\x8f\xbf\xbfx"},
	    /* once, not twice */
	    {"\"\\\\u0041\"", "\\u0041"},
	    {"\"%27\"", "%27"},
	    {"\"a\\u3042b\"", "a\xe3\x81\x82"
			      "b"},
	    {"\"\xe6\xa0\xaa\"", "\xe6\xa0\xaa"},
	};
	struct gw_json_doc doc;
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		struct arena a = fresh();

		test_row(row[i].text);
		EXPECT(gw_json_read(&a, &doc, bytes_of_str(row[i].text)));
		EXPECT_U64(doc.root->kind, GW_JSON_STRING);
		EXPECT_BYTES(doc.root->text, bytes_of_str(row[i].want));
		arena_drop(&a);
		test_count(1);
	}
	test_row(NULL);
}

/* describe writes a row of values: kind, count, size, key, text. */
static const char *
describe(struct arena *a, const struct gw_json_doc *doc)
{
	static const char kinds[] = "wns[{";
	const char *text = "";
	size_t i;

	for (i = 0; i < doc->cnt; i++) {
		const struct gw_json *v = &doc->root[i];

		text = arena_str(a, "%s%c%s%.*s%s%.*s %u/%u;", text,
		    kinds[v->kind], v->is_member ? "!" : "", (int)v->key.len,
		    (const char *)v->key.ptr, v->text.len > 0 ? "=" : "",
		    (int)v->text.len, (const char *)v->text.ptr, v->cnt,
		    v->size);
	}
	return text;
}

TEST(test_json_row_is_in_the_order_of_the_text)
{
	static const struct {
		const char *text, *want;
	} row[] = {
	    {" 1 ", "n=1 0/1;"},
	    {"null", "w=null 0/1;"},
	    {"[]", "[ 0/1;"},
	    {"{ }", "{ 0/1;"},
	    {"[[],[ ],{}]", "[ 3/4;[ 0/1;[ 0/1;{ 0/1;"},
	    {"{\"a\":true,\"b\":[1,[\"x\"],{\"c\":-2.5e3}],\"d\":\"\"}",
		"{ 3/9;w!a=true 0/1;[!b 3/6;nb=1 0/1;[b 1/2;sb=x 0/1;"
		"{b 1/2;n!c=-2.5e3 0/1;s!d 0/1;"},
	    {"[{\"a\":[]},{\"a\":0}]", "[ 2/5;{ 1/2;[!a 0/1;{ 1/2;n!a=0 0/1;"},
	};
	struct gw_json_doc doc;
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		struct arena a = fresh();

		test_row(row[i].text);
		EXPECT(gw_json_read(&a, &doc, bytes_of_str(row[i].text)));
		EXPECT_STR(describe(&a, &doc), row[i].want);
		arena_drop(&a);
		test_count(1);
	}
	test_row(NULL);
}

TEST(test_json_members_are_found_and_walked)
{
	struct arena a = fresh();
	struct gw_json_doc doc;
	const struct gw_json *list, *v;

	EXPECT(gw_json_read(&a, &doc,
	    bytes_of_str(" {\"x\":{\"list\":1},\"l\\u0069st\":[5,[6],7]} ")));
	EXPECT_BYTES(doc.text,
	    bytes_of_str("{\"x\":{\"list\":1},\"l\\u0069st\":[5,[6],7]}"));
	EXPECT(doc.doubt == NULL);
	list = gw_json_get(doc.root, "list");
	EXPECT(list != NULL && list->kind == GW_JSON_ARRAY);
	v = gw_json_in(list);
	EXPECT_BYTES(v->text, bytes_of_str("5"));
	v = gw_json_behind(list, gw_json_behind(list, v));
	EXPECT_BYTES(v->text, bytes_of_str("7"));
	EXPECT(gw_json_behind(list, v) == NULL);
	EXPECT(gw_json_get(doc.root, "none") == NULL);
	EXPECT(gw_json_get(list, "list") == NULL);
	EXPECT(gw_json_in(v) == NULL);
	arena_drop(&a);
}

TEST(test_json_doubts_are_told)
{
	static const struct {
		const char *text, *doubt, *key; /* NULL: none */
	} row[] = {
	    {"{\"a\":1,\"b\":2}", NULL, ""},
	    {"{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}", NULL, ""},
	    {"[{\"a\":1},{\"a\":1}]", NULL, ""},
	    {"{\"a\":1,\"a\":1}", "stands twice", "a"},
	    {"{\"a\":[[]],\"b\":{\"c\":1},\"\\u0061\":1}", "stands twice", "a"},
	    {"[{\"x\":{\"\":1,\"y\":2,\"\":3}}]", "stands twice", ""},
	    {"{\"a\":{\"b\":\"x\\u0000y\"}}", "NUL in a string", "b"},
	    {"{\"list\":[\"\\u0000\"]}", "NUL in a string", "list"},
	    {"{\"a\\u0000b\":1}", "NUL in a key", ""},
	    {"{\"a\":1,\"a\":\"\\u0000\"}", "stands twice", "a"},
	};
	struct gw_json_doc doc;
	size_t i;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		struct arena a = fresh();

		test_row(row[i].text);
		EXPECT(gw_json_read(&a, &doc, bytes_of_str(row[i].text)));
		EXPECT((doc.doubt == NULL) == (row[i].doubt == NULL));
		if (row[i].doubt != NULL && doc.doubt != NULL)
			EXPECT_STR(doc.doubt, row[i].doubt);
		EXPECT_BYTES(doc.doubt_key, bytes_of_str(row[i].key));
		arena_drop(&a);
		test_count(1);
	}
	test_row(NULL);
}

TEST(test_json_bounds_are_exact)
{
	static char text[GW_JSON_VALUE_MAX * 2 + 8];
	struct gw_json_doc doc;
	struct arena a = fresh();
	size_t len, i;

	for (i = 0; i < GW_JSON_VALUE_MAX; i++)
		memcpy(text + i * 2, "1,", 2);
	text[0] = '[';
	text[1] = '1';
	/* [1 and then a comma and a digit for each value but the first two */
	for (i = 2; i < GW_JSON_VALUE_MAX; i++)
		memcpy(text + i * 2 - 2, ",1", 2);
	len = GW_JSON_VALUE_MAX * 2 - 2;
	text[len] = ']';
	EXPECT(gw_json_read(&a, &doc, bytes_of(text, len + 1)));
	EXPECT_U64(doc.cnt, GW_JSON_VALUE_MAX);
	memcpy(text + len, ",1]", 3);
	EXPECT(!gw_json_read(&a, &doc, bytes_of(text, len + 3)));
	EXPECT_STR(doc.fault, "too many values");
	len = 1;
	text[0] = '{';
	for (i = 0; i <= GW_JSON_MEMBER_MAX; i++) {
		len += (size_t)sprintf(
		    text + len, "%s\"%zu\":0", i == 0 ? "" : ",", i);
		text[len] = '}';
		EXPECT(gw_json_read(&a, &doc, bytes_of(text, len + 1)) ==
		       (i < GW_JSON_MEMBER_MAX));
	}
	EXPECT_STR(doc.fault, "too many members");
	arena_drop(&a);
}

TEST(test_json_without_memory_says_so)
{
	static const char *const row[] = {"[1]", "\"\\n\"", "{\"\\n\":1}"};
	struct gw_json_doc doc;
	size_t i, max;

	for (i = 0; i < ARRAY_CNT(row); i++) {
		bool is_read = false;

		for (max = 0; !is_read; max++) {
			struct arena a;

			arena_init(&a, max);
			is_read = gw_json_read(&a, &doc, bytes_of_str(row[i]));
			EXPECT(doc.is_memory == !is_read);
			arena_drop(&a);
		}
		EXPECT(max > 1);
	}
}
