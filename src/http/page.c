/* SPDX-License-Identifier: Apache-2.0
 *
 * What compiled templates call, and what a browser says of itself. Which page
 * answers what, and how, is not known here.
 */
#include "http/page.h"

#include <string.h>

#include "base/check.h"
#include "http/req.h"
#include "http/uri.h"

/* --- what the client wants --- */

enum { Q_ONE = 1000 };

/* digit_at returns the digit at i, 0 behind the end and for anything else. */
static unsigned
digit_at(struct bytes text, size_t i)
{
	uint8_t c = i < text.len ? text.ptr[i] : '0';

	return c >= '0' && c <= '9' ? (unsigned)(c - '0') : 0;
}

/* weight_of reads "q=0.123" in thousandths, RFC 9110 12.4.2. */
static unsigned
weight_of(struct bytes param)
{
	param = gw_trim(param);
	if (param.len < 3 || (param.ptr[0] | 0x20) != 'q' ||
	    param.ptr[1] != '=')
		return Q_ONE;
	if (param.ptr[2] != '0')
		return Q_ONE;
	return digit_at(param, 4) * 100 + digit_at(param, 5) * 10 +
	       digit_at(param, 6);
}

/* cut_weight takes the parameters off an item and returns its weight. */
static unsigned
cut_weight(struct bytes *item)
{
	const uint8_t *semi = memchr(item->ptr, ';', item->len), *more;
	unsigned q = Q_ONE;
	struct bytes rest;

	if (semi == NULL)
		return q;
	rest = bytes_of(semi, (size_t)(item->ptr + item->len - semi));
	item->len = (size_t)(semi - item->ptr);
	while (item->len > 0 && item->ptr[item->len - 1] == ' ')
		item->len--;
	while (q == Q_ONE && rest.len > 0) {
		rest = bytes_of(rest.ptr + 1, rest.len - 1);
		q = weight_of(rest);
		more = memchr(rest.ptr, ';', rest.len);
		rest = more == NULL ? bytes_of(NULL, 0)
				    : bytes_of(more,
					  rest.len - (size_t)(more - rest.ptr));
	}
	return q;
}

bool
gw_wants_page(const struct gw_head *h)
{
	struct bytes list, item;

	if (!gw_head_field(&list, h, "accept"))
		return false;
	while (gw_list_next(&item, &list)) {
		unsigned q = cut_weight(&item);

		if (gw_eq_nocase(item, "text/html"))
			return q > 0;
	}
	return false;
}

static const char *const tags[GW_LANG_CNT] = {
    [GW_LANG_EN] = "en", [GW_LANG_JA] = "ja"};

/* is_lang: ja fits ja and ja-JP, not jam. */
static bool
is_lang(struct bytes tag, const char *lang)
{
	return tag.len >= 2 && gw_eq_nocase(bytes_of(tag.ptr, 2), lang) &&
	       (tag.len == 2 || tag.ptr[2] == '-');
}

enum gw_lang
gw_lang_of(const struct gw_head *h)
{
	enum gw_lang best = GW_LANG_EN;
	unsigned best_q = 0;
	struct bytes list, item;
	size_t i;

	if (!gw_head_field(&list, h, "accept-language"))
		return best;
	while (gw_list_next(&item, &list)) {
		unsigned q = cut_weight(&item);

		for (i = 0; i < GW_LANG_CNT; i++) {
			if (q <= best_q || !is_lang(item, tags[i]))
				continue;
			best = (enum gw_lang)i;
			best_q = q;
		}
	}
	return best;
}

static bool
lang_of_value(enum gw_lang *out, const struct gw_value *v)
{
	unsigned i;

	for (i = 0; v != NULL && i < GW_LANG_CNT; i++) {
		if (!bytes_eq(v->value, bytes_of_str(tags[i])))
			continue;
		*out = (enum gw_lang)i;
		return true;
	}
	return false;
}

enum gw_lang
gw_req_lang(const struct gw_req *r)
{
	enum gw_lang lang;

	if (lang_of_value(
		&lang, gw_value_find(&r->values, GW_IN_QUERY, "lang")) ||
	    lang_of_value(
		&lang, gw_value_find(&r->values, GW_IN_COOKIE, "lang")))
		return lang;
	return gw_lang_of(&r->head);
}

const char *
gw_lang_tag(enum gw_lang lang)
{
	return tags[lang];
}

/* --- templates --- */

void
gw_page_html(struct gw_page *p, const char *html, size_t len)
{
	if (p->ptr != NULL) {
		CHECK(len <= p->cap - p->len);
		memcpy(p->ptr + p->len, html, len);
	}
	p->len += len;
}

bool
gw_page_begin(struct gw_page *p, struct arena *a)
{
	p->cap = p->len;
	p->len = 0;
	if (p->cap <= GW_PAGE_MAX)
		p->ptr = arena_alloc(a, p->cap);
	return p->ptr != NULL;
}

struct bytes
gw_page_end(const struct gw_page *p)
{
	CHECK(p->len == p->cap);
	return bytes_of(p->ptr, p->len);
}

/* What a character becomes between tags and in quoted attributes. */
static const char *
escape_of(uint8_t c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* utf8_read decodes the character that text begins with. Returns its length,
 * 0 when it is none. */
static size_t
utf8_read(uint32_t *c, struct bytes text)
{
	uint8_t first = text.ptr[0];
	size_t i, n = first < 0xc0   ? 1
		      : first < 0xe0 ? 2
		      : first < 0xf0 ? 3
				     : 4;

	if (n > text.len || !gw_utf8_ok(bytes_of(text.ptr, n)))
		return 0;
	*c = n == 1 ? first : first & (0x7fu >> n);
	for (i = 1; i < n; i++)
		*c = *c << 6 | (text.ptr[i] & 0x3f);
	return n;
}

/* is_plain: people see it where it stands, and HTML has no rule for it. Not
 * so C0 and C1 controls but for tab and line feed, U+2028 to U+202E, U+2066
 * to U+2069 and U+FEFF, and noncharacters. */
static bool
is_plain(uint32_t c)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return c == '\t' || c == '\n';
	if ((c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
		return false;
	return c != 0x200e && c != 0x200f && c != 0xfeff &&
	       (c & 0xfffe) != 0xfffe;
}

void
gw_page_bytes(struct gw_page *p, struct bytes text)
{
	const char *escape;
	uint32_t c;
	size_t n;

	for (; text.len > 0; text.ptr += n, text.len -= n) {
		n = utf8_read(&c, text);
		escape = n == 1 ? escape_of(text.ptr[0]) : NULL;
		if (n == 0 || !is_plain(c))
			gw_page_html(p, "\xef\xbf\xbd", 3);
		else if (escape != NULL)
			gw_page_html(p, escape, strlen(escape));
		else
			gw_page_html(p, (const char *)text.ptr, n);
		n += n == 0;
	}
}

void
gw_page_str(struct gw_page *p, const char *text)
{
	gw_page_bytes(p, bytes_of_str(text));
}

void
gw_page_path(struct gw_page *p, struct gw_path path)
{
	gw_page_bytes(p, path.text);
}

enum { DEC_MAX = 20 + 6 }; /* digits of 2^64 and commas */

void
gw_page_u64(struct gw_page *p, uint64_t v)
{
	char text[DEC_MAX];
	size_t at = sizeof(text), digits = 0;

	do {
		if (digits > 0 && digits % 3 == 0)
			text[--at] = ',';
		text[--at] = (char)('0' + v % 10);
		v /= 10;
		digits++;
	} while (v > 0);
	gw_page_html(p, text + at, sizeof(text) - at);
}

static bool
is_unreserved(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void
gw_page_url_bytes(struct gw_page *p, struct bytes text)
{
	static const char digit[] = "0123456789ABCDEF";
	size_t i;

	for (i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];
		const char escape[] = {'%', digit[c >> 4], digit[c & 15]};

		if (is_unreserved(c))
			gw_page_html(p, (const char *)text.ptr + i, 1);
		else
			gw_page_html(p, escape, sizeof(escape));
	}
}

void
gw_page_url_str(struct gw_page *p, const char *text)
{
	gw_page_url_bytes(p, bytes_of_str(text));
}

void
gw_page_url_u64(struct gw_page *p, uint64_t v)
{
	char text[DEC_MAX];
	struct buf out = buf_of(text, sizeof(text));

	CHECK(buf_put_dec(&out, v, 0));
	gw_page_url_bytes(p, bytes_of_buf(&out));
}

bool
gw_page_has_bytes(struct bytes text)
{
	return text.len > 0;
}

bool
gw_page_has_str(const char *text)
{
	return text != NULL && text[0] != '\0';
}

bool
gw_page_has_u64(uint64_t v)
{
	return v != 0;
}
