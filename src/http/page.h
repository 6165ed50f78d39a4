/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages for people: whether a client wants one, in which language, and
 * templates. What is put into a template is always escaped for where it
 * stands; there is no way around it (reliability I5).
 */
#ifndef HTTP_PAGE_H
#define HTTP_PAGE_H

#include "base/arena.h"
#include "http/head.h"

struct gw_req;

enum gw_lang { GW_LANG_EN, GW_LANG_JA, GW_LANG_CNT };

/* gw_wants_page tells whether the client names text/html in Accept, as
 * browsers do and programs do not; a mere asterisk is not enough. */
bool gw_wants_page(const struct gw_head *h);

/* gw_lang_of returns the language that Accept-Language prefers; English when
 * it knows neither or says nothing. Spec: RFC 9110 12.5.4 */
enum gw_lang gw_lang_of(const struct gw_head *h);

/*
 * gw_req_lang returns the language of a request's answer: the query's lang,
 * else the cookie's, else what gw_lang_of says. What is no language of ours
 * counts as absent, and so does everything but the head while filters run
 * that stand before decode.
 */
enum gw_lang gw_req_lang(const struct gw_req *r);

/* gw_lang_tag returns "en" or "ja". */
const char *gw_lang_tag(enum gw_lang lang);

/*
 * What follows is what templates are compiled to (tests/tools/gen-pages,
 * templates/): functions that take an arena, a language and a view, and
 * return the page as UTF-8; empty without memory. Each runs twice over the
 * view, first to count, then to write.
 */

/* Longest page. What a page lists is bounded long before. */
enum { GW_PAGE_MAX = 4 * 1024 * 1024 };

/* struct gw_page is a page being written, or counted while ptr is NULL. */
struct gw_page {
	uint8_t *ptr;
	size_t len, cap;
	enum gw_lang lang;
};

/* struct gw_path is a URL path that we have made, fit to begin a link. */
struct gw_path {
	struct bytes text;
};

/* gw_page_begin takes memory for what was counted, gw_page_end returns what
 * was written to it. */
bool gw_page_begin(struct gw_page *p, struct arena *a);
struct bytes gw_page_end(const struct gw_page *p);

/* gw_page_html writes HTML of ours as it is. */
void gw_page_html(struct gw_page *p, const char *html, size_t len);

/*
 * Values between tags and in attributes: what HTML would read otherwise is
 * escaped, control characters and those that turn the direction of writing
 * are replaced by U+FFFD, bytes that are not UTF-8 too. Numbers have commas.
 */
void gw_page_bytes(struct gw_page *p, struct bytes text);
void gw_page_str(struct gw_page *p, const char *text);
void gw_page_u64(struct gw_page *p, uint64_t v);
void gw_page_path(struct gw_page *p, struct gw_path path);

/* Values in a URL behind its beginning: all but RFC 3986's unreserved
 * characters is percent-encoded. */
void gw_page_url_bytes(struct gw_page *p, struct bytes text);
void gw_page_url_str(struct gw_page *p, const char *text);
void gw_page_url_u64(struct gw_page *p, uint64_t v);

/* What an `if` holds for: text that is not empty, a number that is not 0. */
bool gw_page_has_bytes(struct bytes text);
bool gw_page_has_str(const char *text);
bool gw_page_has_u64(uint64_t v);

#define GW_PAGE_PUT(p, v)                                                      \
	_Generic((v), struct bytes                                             \
		 : gw_page_bytes, const char *                                 \
		 : gw_page_str, uint64_t                                       \
		 : gw_page_u64, struct gw_path                                 \
		 : gw_page_path)(p, v)
#define GW_PAGE_URL(p, v)                                                      \
	_Generic((v), struct bytes                                             \
		 : gw_page_url_bytes, const char *                             \
		 : gw_page_url_str, uint64_t                                   \
		 : gw_page_url_u64)(p, v)
#define GW_PAGE_HAS(v)                                                         \
	_Generic((v), struct bytes                                             \
		 : gw_page_has_bytes, const char *                             \
		 : gw_page_has_str, uint64_t                                   \
		 : gw_page_has_u64, bool                                       \
		 : gw_page_has_u64)(v)

#endif
