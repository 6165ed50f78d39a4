/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages: who wants one, in which language, and that nothing gets into one
 * unescaped.
 */
#include "http/page.h"

#include <stdio.h>

#include "http/asset.h"
#include "rig.h"
#include "test.h"

/* Fills in a head that has one field. */
static struct gw_head
head_with(struct gw_field *field, const char *name, const char *value)
{
	*field = (struct gw_field){bytes_of_str(name), bytes_of_str(value)};
	return (struct gw_head){.field_cnt = 1, .fields = field};
}

static const struct gw_route any_route[] = {
    {GW_GET, "/assets/{name}", GW_OPS, GW_CLOSED, gw_asset_get, 0},
};

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

/* written runs a writer over text as a page does, and returns what came. */
static struct bytes
written(struct arena *a, void (*put)(struct gw_page *, struct bytes),
    struct bytes text)
{
	struct gw_page p = {.lang = GW_LANG_EN};

	put(&p, text);
	if (!gw_page_begin(&p, a))
		return bytes_of(NULL, 0);
	put(&p, text);
	return gw_page_end(&p);
}

#define BAD "\xef\xbf\xbd"

static const struct {
	const char *text, *html, *url;
} escapes[] = {
    {"", "", ""},
    {"plain 0xAf-_.~", "plain 0xAf-_.~", "plain%200xAf-_.~"},
    {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;",
	"%3Cscript%3Ealert%281%29%3C%2Fscript%3E"},
    {"\" onload=\"x", "&quot; onload=&quot;x", "%22%20onload%3D%22x"},
    {"' x='", "&#39; x=&#39;", "%27%20x%3D%27"},
    {"&amp;", "&amp;amp;", "%26amp%3B"},
    {"javascript:alert(1)", "javascript:alert(1)", "javascript%3Aalert%281%29"},
    {"../../x?a=b#c", "../../x?a=b#c", "..%2F..%2Fx%3Fa%3Db%23c"},
    {"//evil.example/", "//evil.example/", "%2F%2Fevil.example%2F"},
    {"a\tb\nc", "a\tb\nc", "a%09b%0Ac"},
    {"a\rb\x01\x1b\x7f", "a" BAD "b" BAD BAD BAD, "a%0Db%01%1B%7F"},
    {"関所", "関所", "%E9%96%A2%E6%89%80"},
    {"\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91", "%F0%9F%94%91"},
    /* C1 control, line separator, overrides of direction, BOM */
    {"\xc2\x85", BAD, "%C2%85"},
    {"\xe2\x80\xa8", BAD, "%E2%80%A8"},
    {"\xe2\x80\xae"
     "txt",
	BAD "txt", "%E2%80%AEtxt"},
    {"\xe2\x81\xa6", BAD, "%E2%81%A6"},
    {"\xe2\x80\x8f", BAD, "%E2%80%8F"},
    {"\xef\xbb\xbf", BAD, "%EF%BB%BF"},
    {"\xef\xbf\xbf", BAD, "%EF%BF%BF"},
    /* no UTF-8: overlong, surrogate, torn, alone */
    {"\xc0\xbcx", BAD BAD "x", "%C0%BCx"},
    {"\xed\xa0\x80", BAD BAD BAD, "%ED%A0%80"},
    {"\xe3\x81", BAD BAD, "%E3%81"},
    {"\xff<", BAD "&lt;", "%FF%3C"},
    {"\xf4\x90\x80\x80", BAD BAD BAD BAD, "%F4%90%80%80"},
};

TEST(test_page_value_is_escaped_for_where_it_stands)
{
	struct arena a;
	size_t i;

	arena_init(&a, 1 << 20);
	for (i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		struct bytes text = bytes_of_str(escapes[i].text);

		test_row(escapes[i].html);
		EXPECT_BYTES(written(&a, gw_page_bytes, text),
		    bytes_of_str(escapes[i].html));
		EXPECT_BYTES(written(&a, gw_page_url_bytes, text),
		    bytes_of_str(escapes[i].url));
		test_count(2);
	}
	EXPECT_BYTES(written(&a, gw_page_bytes, bytes_of("a\0b", 3)),
	    bytes_of_str("a" BAD "b"));
	arena_drop(&a);
}

/* Every byte that HTML or a URL reads in a way of its own. */
TEST(test_page_no_byte_gets_through_as_markup)
{
	struct arena a;
	unsigned c;

	arena_init(&a, 1 << 20);
	for (c = 0; c < 256; c++) {
		uint8_t byte = (uint8_t)c;
		struct bytes html, url, one = bytes_of(&byte, 1);

		html = written(&a, gw_page_bytes, one);
		url = written(&a, gw_page_url_bytes, one);
		EXPECT(html.len > 0 && url.len > 0);
		EXPECT(memchr("<>\"'&", byte, 5) == NULL || html.len > 1);
		EXPECT(c < 0x80 || html.len == 3);
		EXPECT((byte >= 'a' && byte <= 'z') ||
		       (byte >= 'A' && byte <= 'Z') ||
		       (byte >= '0' && byte <= '9') ||
		       memchr("-._~", byte, 4) != NULL || url.len == 3);
	}
	arena_drop(&a);
}

TEST(test_page_number_has_commas_but_not_in_a_url)
{
	static const struct {
		uint64_t v;
		const char *html, *url;
	} row[] = {
	    {0, "0", "0"},
	    {999, "999", "999"},
	    {1000, "1,000", "1000"},
	    {31337, "31,337", "31337"},
	    {UINT64_MAX, "18,446,744,073,709,551,615", "18446744073709551615"},
	};
	uint8_t text[64];
	size_t i;

	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct gw_page p = {.ptr = text, .cap = sizeof(text)};

		gw_page_u64(&p, row[i].v);
		EXPECT_BYTES(bytes_of(text, p.len), bytes_of_str(row[i].html));
		p.len = 0;
		gw_page_url_u64(&p, row[i].v);
		EXPECT_BYTES(bytes_of(text, p.len), bytes_of_str(row[i].url));
		test_count(1);
	}
}

TEST(test_page_without_memory_is_empty)
{
	struct arena a;

	arena_init(&a, 1);
	EXPECT_U64(
	    written(&a, gw_page_bytes, bytes_of_str("long text")).len, 0);
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

/* The query says it for one page, the cookie from then on. */
TEST(test_page_language_is_what_was_chosen)
{
	static const struct {
		const char *query, *more;
		enum gw_lang lang;
	} row[] = {
	    {"", "", GW_LANG_EN},
	    {"", "Accept-Language: ja\r\n", GW_LANG_JA},
	    {"", "Cookie: lang=ja\r\n", GW_LANG_JA},
	    {"", "Cookie: lang=en\r\nAccept-Language: ja\r\n", GW_LANG_EN},
	    {"?lang=ja", "", GW_LANG_JA},
	    {"?lang=en", "Cookie: lang=ja\r\n", GW_LANG_EN},
	    {"?lang=fr", "Cookie: lang=ja\r\n", GW_LANG_JA},
	    {"?lang=", "Cookie: lang=JA\r\n", GW_LANG_EN},
	    {"?lang=%6aa", "", GW_LANG_JA},
	};
	char head[256];
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, rig_conf, NULL));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].more);
		(void)snprintf(head, sizeof(head),
		    "GET /ops/assets/x%s HTTP/1.1\r\nHost: x\r\n%s\r\n",
		    row[i].query, row[i].more);
		rig_send(&g, "loop", head, any_route, 1);
		EXPECT_U64(gw_req_lang(&g.req), row[i].lang);
		EXPECT_STR(gw_lang_tag(row[i].lang),
		    row[i].lang == GW_LANG_JA ? "ja" : "en");
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
}

static const char explorer_conf[] =
    "[gateway]\nhome = /tmp\n[listener loop]\naddress = 127.0.0.1:1\n"
    "tls = no\n[surface s]\nserves = explorer\nat = loop /explorer\n"
    "hosts = x\n";

/* A surface of pages refuses in their style, and leads back to them. */
TEST(test_page_of_a_refusal_has_the_style_of_its_surface)
{
	static const struct {
		const char *more, *type, *has;
		bool is_styled;
	} row[] = {
	    {"Accept: text/html\r\n", GW_TYPE_HTML,
		"<a href=\"/explorer/\">Back to the first page</a>", true},
	    {"Accept: text/html\r\nAccept-Language: ja\r\n", GW_TYPE_HTML,
		"最初のページへ戻る", true},
	    {"Accept: text/event-stream\r\n", GW_TYPE_TEXT, "not found\n",
		false},
	};
	char head[256];
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, explorer_conf, NULL));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		test_row(row[i].more);
		(void)snprintf(head, sizeof(head),
		    "GET /explorer/nowhere HTTP/1.1\r\nHost: x\r\n%s\r\n",
		    row[i].more);
		rig_send(&g, "loop", head, NULL, 0);
		EXPECT_U64(g.req.reply.status, 404);
		EXPECT_STR(g.req.reply.type, row[i].type);
		EXPECT(memmem(g.req.reply.body.ptr, g.req.reply.body.len,
			   row[i].has, strlen(row[i].has)) != NULL);
		EXPECT(g.req.reply.has_assets == row[i].is_styled);
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
}
