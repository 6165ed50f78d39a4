/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages: who wants one, in which language, and that nothing gets into one
 * unescaped.
 */
#include "http/page.h"

#include <stdio.h>

#include "rig.h"
#include "test.h"

/* Fills in a head that has one field. */
static struct gw_head
head_with(struct gw_field *field, const char *name, const char *value)
{
	*field = (struct gw_field){bytes_of_str(name), bytes_of_str(value)};
	return (struct gw_head){.field_cnt = 1, .fields = field};
}

TEST(test_page_is_for_who_names_html)
{
	static const struct {
		const char *accept;
		bool wants;
	} row[] = {
	    {"text/html", true},
	    {"Text/HTML;q=0.1, */*", true},
	    {"application/json, text/html ; level=1", true},
	    {"text/html,application/xhtml+xml,application/xml;q=0.9,"
	     "image/avif,*/*;q=0.8",
		true},
	    {"text/html;q=0", false},
	    {"text/html;level=1;q=0.000", false},
	    {"*/*", false},
	    {"text/*", false},
	    {"text/htmlx", false},
	    {"application/json", false},
	    {"", false},
	};
	struct gw_field field;
	struct gw_head h;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].accept);
		h = head_with(&field, "Accept", row[i].accept);
		EXPECT(gw_wants_page(&h) == row[i].wants);
		test_count(1);
	}
	h = head_with(&field, "X", "text/html");
	EXPECT(!gw_wants_page(&h));
}

TEST(test_page_language_is_the_preferred_one)
{
	static const struct {
		const char *accept;
		enum gw_lang lang;
	} row[] = {
	    {"ja", GW_LANG_JA},
	    {"ja-JP,ja;q=0.9,en;q=0.8", GW_LANG_JA},
	    {"JA", GW_LANG_JA},
	    {"en-GB, ja;q=0.9", GW_LANG_EN},
	    {"en;q=0.5,ja;q=0.51", GW_LANG_JA},
	    {"en;q=0.5,ja;q=0.499", GW_LANG_EN},
	    {"fr, de;q=0.9, ja;q=0.2, en;q=0.1", GW_LANG_JA},
	    {"ja;q=0", GW_LANG_EN},
	    {"jam, en;q=0.1", GW_LANG_EN},
	    {"jam", GW_LANG_EN},
	    {"fr", GW_LANG_EN},
	    {"*", GW_LANG_EN},
	    {"j", GW_LANG_EN},
	    {"", GW_LANG_EN},
	    {";q=1,,;;", GW_LANG_EN},
	};
	struct gw_field field;
	struct gw_head h;
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].accept);
		h = head_with(&field, "Accept-Language", row[i].accept);
		EXPECT_U64(gw_lang_of(&h), row[i].lang);
		test_count(1);
	}
}

TEST(test_page_values_are_escaped_and_not_templates_themselves)
{
	static const struct gw_page_value values[] = {
	    {"a", "<script>alert(\"1\")</script>&'"}, {"b", "{a}"}, {"c", ""}};
	struct arena a;

	arena_init(&a, 4096);
	EXPECT_BYTES(gw_page_fill(&a, "<p x=\"{a}\">{b}{c}</p>", values, 3),
	    bytes_of_str("<p x=\"&lt;script&gt;alert(&quot;1&quot;)"
			 "&lt;/script&gt;&amp;&#39;\">{a}</p>"));
	EXPECT_BYTES(
	    gw_page_fill(&a, "plain", values, 3), bytes_of_str("plain"));
	arena_drop(&a);
}

TEST(test_page_without_memory_is_empty)
{
	static const struct gw_page_value value = {"a", "text"};
	struct arena a;

	arena_init(&a, 1);
	EXPECT_U64(gw_page_fill(&a, "long {a}", &value, 1).len, 0);
	arena_drop(&a);
}

/* A refusal of a surface that is no API. */
TEST(test_page_of_a_refusal_speaks_the_browser_s_language)
{
	static const struct {
		const char *more, *type, *has;
	} row[] = {
	    {"Accept: text/html\r\nAccept-Language: ja\r\n", GW_TYPE_HTML,
		"<html lang=\"ja\">"},
	    {"Accept: text/html\r\nAccept-Language: ja\r\n", GW_TYPE_HTML,
		"<p>ページが見つかりません</p>"},
	    {"Accept: text/html\r\n", GW_TYPE_HTML, "<p>not found</p>"},
	    {"Accept: text/html\r\nX-Request-Id: my-id\r\n", GW_TYPE_HTML,
		"<code>my-id</code>"},
	    {"Accept: */*\r\n", GW_TYPE_TEXT, "not found\n"},
	    {"", GW_TYPE_TEXT, "not found\n"},
	};
	char head[256];
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, rig_conf, NULL));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].more);
		(void)snprintf(head, sizeof(head),
		    "GET /ops/nowhere HTTP/1.1\r\nHost: x\r\n%s\r\n",
		    row[i].more);
		rig_send(&g, "loop", head, NULL, 0);
		EXPECT_U64(g.req.reply.status, 404);
		EXPECT_STR(g.req.reply.type, row[i].type);
		EXPECT(memmem(g.req.reply.body.ptr, g.req.reply.body.len,
			   row[i].has, strlen(row[i].has)) != NULL);
		rig_next(&g);
		test_count(1);
	}
	/* An API answers in its own form whatever is asked for. */
	rig_send(&g, "tls",
	    "GET / HTTP/1.1\r\nHost: a.example\r\nAccept: text/html\r\n\r\n",
	    NULL, 0);
	EXPECT_U64(g.req.reply.status, 401);
	EXPECT_STR(g.req.reply.type, GW_TYPE_JSON);
	rig_close(&g);
}
