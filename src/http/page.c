/* SPDX-License-Identifier: Apache-2.0
 *
 * Fills templates and reads what a browser says of itself. Knows nothing of
 * requests and answers.
 */
#include "http/page.h"

#include <string.h>

#include "base/check.h"

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
	static const char *const tags[GW_LANG_CNT] = {
	    [GW_LANG_EN] = "en", [GW_LANG_JA] = "ja"};
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

/* --- templates --- */

/* What a byte becomes between tags and in quoted attributes. */
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

/* struct out counts first and writes in a second round. */
struct out {
	uint8_t *ptr; /* NULL: only count */
	size_t len;
};

static void
put(struct out *o, const void *text, size_t len)
{
	if (o->ptr != NULL)
		memcpy(o->ptr + o->len, text, len);
	o->len += len;
}

static void
put_escaped(struct out *o, const char *text)
{
	const char *escape;

	for (; *text != '\0'; text++) {
		escape = escape_of((uint8_t)*text);
		if (escape != NULL)
			put(o, escape, strlen(escape));
		else
			put(o, text, 1);
	}
}

static const char *
value_of(const char *name, size_t len, const struct gw_page_value *values,
    size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		if (strlen(values[i].name) == len &&
		    !memcmp(values[i].name, name, len))
			return values[i].text;
	check_failed("a value of the template", __FILE__, __LINE__);
}

static void
fill(struct out *o, const char *text, const struct gw_page_value *values,
    size_t cnt)
{
	const char *open, *end;

	while ((open = strchr(text, '{')) != NULL) {
		put(o, text, (size_t)(open - text));
		end = strchr(open, '}');
		CHECK(end != NULL);
		put_escaped(o,
		    value_of(open + 1, (size_t)(end - open) - 1, values, cnt));
		text = end + 1;
	}
	put(o, text, strlen(text));
}

struct bytes
gw_page_fill(struct arena *a, const char *text,
    const struct gw_page_value *values, size_t cnt)
{
	struct out o = {NULL, 0};

	fill(&o, text, values, cnt);
	o.ptr = arena_alloc(a, o.len);
	if (o.ptr == NULL)
		return bytes_of(NULL, 0);
	o.len = 0;
	fill(&o, text, values, cnt);
	return bytes_of(o.ptr, o.len);
}

const char *
gw_error_page(enum gw_lang lang)
{
	static const char *const pages[GW_LANG_CNT] = {
	    [GW_LANG_EN] = "<!doctype html>\n<html lang=\"en\">\n"
			   "<meta charset=\"utf-8\">\n"
			   "<title>{status} {title}</title>\n"
			   "<h1>{status} {title}</h1>\n<p>{text}</p>\n"
			   "<p>Request id: <code>{id}</code></p>\n</html>\n",
	    [GW_LANG_JA] = "<!doctype html>\n<html lang=\"ja\">\n"
			   "<meta charset=\"utf-8\">\n"
			   "<title>{status} {title}</title>\n"
			   "<h1>{status} {title}</h1>\n<p>{text}</p>\n"
			   "<p>リクエスト ID: <code>{id}</code></p>\n</html>\n",
	};

	return pages[lang];
}
