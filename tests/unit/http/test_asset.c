/* SPDX-License-Identifier: Apache-2.0
 *
 * Assets: served by the name that has their hash, for ever; and the head of
 * pages that use them.
 */
#include "http/asset.h"

#include <stdio.h>

#include "http/asset_priv.h"
#include "rig.h"
#include "test.h"

static const struct gw_route routes[] = {
    {GW_GET, "/assets/{name}", GW_OPS, GW_CLOSED, gw_asset_get, 0},
};

static void
ask(struct rig *g, const char *name, const char *more)
{
	static char head[512]; /* the request points into it */

	(void)snprintf(head, sizeof(head),
	    "GET /ops/assets/%s HTTP/1.1\r\nHost: x\r\n%s\r\n", name, more);
	rig_send(g, "loop", head, routes, 1);
}

static bool
has_field(const struct rig *g, const char *name, const char *value)
{
	const struct gw_reply *p = &g->req.reply;
	size_t i;

	for (i = 0; i < p->field_cnt; i++)
		if (!strcmp(p->fields[i].name, name) &&
		    bytes_eq(p->fields[i].value, bytes_of_str(value)))
			return true;
	return false;
}

TEST(test_asset_of_another_name_is_not_there)
{
	static const char *const name[] = {
	    "page.css", "page.0.css", "%2e%2e", "", "x/y", "page.css%00"};
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, rig_conf, NULL));
	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		test_row(name[i]);
		ask(&g, name[i], "");
		EXPECT(g.req.reply.status == 404 || g.req.reply.status == 400);
		EXPECT(!g.req.reply.may_cache);
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
}

TEST(test_asset_is_kept_for_ever)
{
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, rig_conf, NULL));
	EXPECT(gw_asset_cnt >= 2);
	for (i = 0; i < gw_asset_cnt; i++) {
		const struct gw_asset *a = &gw_assets[i];

		test_row(a->name);
		ask(&g, a->name, "");
		EXPECT_U64(g.req.reply.status, 200);
		EXPECT_STR(g.req.reply.type, a->type);
		EXPECT_BYTES(g.req.reply.body, a->body);
		EXPECT(g.req.reply.may_cache);
		EXPECT(has_field(&g, "ETag", a->etag));
		EXPECT(has_field(&g, "Cache-Control",
		    "public, max-age=31536000, immutable"));
		/* The name has the hash that the tag is. */
		EXPECT(memmem(a->name, strlen(a->name), a->etag + 1, 16));
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
}

TEST(test_asset_that_a_browser_has_is_not_sent_again)
{
	static const struct {
		const char *field; /* %s: the tag */
		unsigned status;
	} row[] = {
	    {"If-None-Match: %s\r\n", 304},
	    {"If-None-Match: \"x\", W/%s\r\n", 304},
	    {"If-None-Match: *\r\n", 304},
	    {"If-None-Match: \"x\"\r\n", 200},
	    {"If-None-Match: \r\n", 200},
	};
	char more[128];
	struct rig g;
	size_t i;

	EXPECT(rig_open(&g, rig_conf, NULL));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *hole = strstr(row[i].field, "%s");
		int before = (int)(hole != NULL ? hole - row[i].field
						: (long)strlen(row[i].field));

		test_row(row[i].field);
		(void)snprintf(more, sizeof(more), "%.*s%s%s", before,
		    row[i].field, hole != NULL ? gw_assets[0].etag : "",
		    hole != NULL ? hole + 2 : "");
		ask(&g, gw_assets[0].name, more);
		EXPECT_U64(g.req.reply.status, row[i].status);
		EXPECT((g.req.reply.body.len == 0) == (row[i].status == 304));
		rig_next(&g);
		test_count(1);
	}
	rig_close(&g);
}

/* What the answer's policy lets a page load. */
static bool
head_has(const struct gw_reply *p, const char *what)
{
	static const struct gw_reply_how how = {
	    .date = "Thu, 01 Jan 1970 00:00:00 GMT", .minor = 1};
	uint8_t text[GW_REPLY_HEAD_MAX];
	struct buf out = buf_of(text, sizeof(text));

	EXPECT(gw_reply_head(&out, p, &how));
	return memmem(text, out.len, what, strlen(what)) != NULL;
}

TEST(test_asset_only_pages_of_ours_may_load_them)
{
	static const char none[] =
	    "Content-Security-Policy: default-src 'none'; base-uri 'none'; "
	    "object-src 'none'; frame-ancestors 'none'; form-action 'none'\r\n";
	static const char own[] =
	    "Content-Security-Policy: default-src 'none'; base-uri 'none'; "
	    "object-src 'none'; frame-ancestors 'none'; form-action 'self'; "
	    "script-src 'self'; style-src 'self'; img-src 'self'; "
	    "connect-src 'self'\r\n";
	struct rig g;

	EXPECT(rig_open(&g, rig_conf, NULL));
	ask(&g, "x", "");
	EXPECT(head_has(&g.req.reply, none));
	EXPECT(!head_has(&g.req.reply, "'self'"));
	rig_next(&g);
	ask(&g, "x", "");
	(void)gw_reply_page(&g.req, 200, bytes_of_str("<p>page"));
	EXPECT(head_has(&g.req.reply, own));
	EXPECT(head_has(
	    &g.req.reply, "Cross-Origin-Opener-Policy: same-origin\r\n"));
	rig_next(&g);
	ask(&g, "x", "");
	(void)gw_reply_page(&g.req, 200, bytes_of(NULL, 0));
	EXPECT_U64(g.req.reply.status, 500);
	rig_close(&g);
}
