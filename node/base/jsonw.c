/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes JSON (RFC 8259). It sees to commas, escapes and bounds; that names
 * are not repeated and calls are nested rightly is the caller's promise,
 * checked in debug builds.
 */
#include "base/jsonw.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/hex.h"
#include "base/utf8_priv.h"

enum { GROW_MIN = 512 };

_Static_assert(JSONW_DEPTH_MAX % 64 == 0, "first has a bit for each depth");

void
jsonw_init(struct jsonw *w, size_t max_bytes)
{
	*w = (struct jsonw){.max = max_bytes, .first = {1}};
}

void
jsonw_free(struct jsonw *w)
{
	mem_free(w->ptr);
	*w = (struct jsonw){.max = w->max, .first = {1}};
}

void
jsonw_reset(struct jsonw *w)
{
	w->len = 0;
	w->first[0] = 1;
	w->depth = 0;
	w->has_failed = false;
	w->is_after_key = false;
}

bool
jsonw_done(const struct jsonw *w)
{
	return !w->has_failed && w->depth == 0 && w->len > 0;
}

struct bytes
jsonw_bytes(const struct jsonw *w)
{
	return bytes_of(w->ptr, w->len);
}

/* reserve makes room for n bytes more and returns where they go. */
static uint8_t *
reserve(struct jsonw *w, size_t n)
{
	size_t want = w->cap < GROW_MIN ? GROW_MIN : w->cap;
	uint8_t *p;

	if (w->has_failed || n > w->max - w->len) {
		w->has_failed = true;
		return NULL;
	}
	if (n <= w->cap - w->len)
		return w->ptr + w->len;
	while (want - w->len < n)
		want += want / 2;
	if (want > w->max)
		want = w->max;
	p = mem_resize(w->ptr, w->cap, want);
	if (p == NULL) {
		w->has_failed = true;
		return NULL;
	}
	w->ptr = p;
	w->cap = want;
	return p + w->len;
}

static void
put(struct jsonw *w, const void *ptr, size_t n)
{
	uint8_t *p = reserve(w, n);

	if (p == NULL || n == 0)
		return;
	memcpy(p, ptr, n);
	w->len += n;
}

static void
put_char(struct jsonw *w, char c)
{
	put(w, &c, 1);
}

/* begin_value writes the comma that a value or name needs before it. */
static void
begin_value(struct jsonw *w)
{
	uint64_t *first = &w->first[w->depth / 64];
	uint64_t bit = (uint64_t)1 << w->depth % 64;

	if (w->is_after_key)
		w->is_after_key = false;
	else if (*first & bit)
		*first &= ~bit;
	else
		put_char(w, ',');
}

static void
open_level(struct jsonw *w, char c)
{
	begin_value(w);
	put_char(w, c);
	if (w->depth + 1 >= JSONW_DEPTH_MAX) {
		w->has_failed = true;
		return;
	}
	w->depth++;
	w->first[w->depth / 64] |= (uint64_t)1 << w->depth % 64;
}

static void
close_level(struct jsonw *w, char c)
{
	DCHECK(w->has_failed || (w->depth > 0 && !w->is_after_key));
	if (w->has_failed)
		return;
	w->depth--;
	put_char(w, c);
}

void
jsonw_obj(struct jsonw *w)
{
	open_level(w, '{');
}

void
jsonw_obj_end(struct jsonw *w)
{
	close_level(w, '}');
}

void
jsonw_arr(struct jsonw *w)
{
	open_level(w, '[');
}

void
jsonw_arr_end(struct jsonw *w)
{
	close_level(w, ']');
}

void
jsonw_key(struct jsonw *w, const char *name)
{
	DCHECK(!w->is_after_key);
	begin_value(w);
	put_char(w, '"');
	put(w, name, strlen(name));
	put(w, "\":", 2);
	w->is_after_key = true;
}

static bool
is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* put_ascii writes one character below 0x80 that may need an escape. */
static void
put_ascii(struct jsonw *w, uint8_t c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	const char *at = c == 0 ? NULL : strchr(from, c);
	char text[8];

	if (at != NULL) {
		put_char(w, '\\');
		put_char(w, to[at - from]);
	} else if (c < 0x20 || c == 0x7f) {
		(void)snprintf(text, sizeof(text), "\\u%04x", c);
		put(w, text, 6);
	} else {
		put_char(w, (char)c);
	}
}

/* put_text writes s escaped, runs of plain characters at once. */
static void
put_text(struct jsonw *w, struct bytes s)
{
	static const uint8_t unknown[] = {0xef, 0xbf, 0xbd}; /* U+FFFD */
	size_t i = 0;

	while (i < s.len && !w->has_failed) {
		size_t run = i, n;

		while (run < s.len && is_plain(s.ptr[run]))
			run++;
		put(w, s.ptr + i, run - i);
		i = run;
		if (i == s.len)
			break;
		n = utf8_len(s.ptr + i, s.len - i);
		if (n == 0)
			put(w, unknown, sizeof(unknown));
		else if (n == 1)
			put_ascii(w, s.ptr[i]);
		else
			put(w, s.ptr + i, n);
		i += n == 0 ? 1 : n;
	}
}

void
jsonw_strn(struct jsonw *w, struct bytes s)
{
	begin_value(w);
	put_char(w, '"');
	put_text(w, s);
	put_char(w, '"');
}

void
jsonw_str(struct jsonw *w, const char *s)
{
	jsonw_strn(w, bytes_of_str(s));
}

/* put_word writes a value whose text is ready. */
static void
put_word(struct jsonw *w, const char *text, size_t len)
{
	begin_value(w);
	put(w, text, len);
}

/* put_quoted is put_word in quotes, for text that needs no escapes. */
static void
put_quoted(struct jsonw *w, const char *text, size_t len)
{
	begin_value(w);
	put_char(w, '"');
	put(w, text, len);
	put_char(w, '"');
}

void
jsonw_bool(struct jsonw *w, bool v)
{
	put_word(w, v ? "true" : "false", v ? 4 : 5);
}

void
jsonw_null(struct jsonw *w)
{
	put_word(w, "null", 4);
}

void
jsonw_u64(struct jsonw *w, uint64_t v)
{
	struct u256 wide = u256_from_u64(v);

	jsonw_dec(w, &wide);
}

void
jsonw_i64(struct jsonw *w, int64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%lld", (long long)v);

	put_word(w, text, (size_t)n);
}

void
jsonw_dec(struct jsonw *w, const struct u256 *v)
{
	char text[U256_DEC_MAX];
	size_t n = u256_dec(text, v);

	put_word(w, text, n);
}

void
jsonw_data(struct jsonw *w, struct bytes v)
{
	uint8_t *p;
	size_t n;

	begin_value(w);
	if (__builtin_mul_overflow(v.len, 2, &n) || n > w->max) {
		w->has_failed = true;
		return;
	}
	p = reserve(w, n + 4);
	if (p == NULL)
		return;
	p[0] = '"';
	p[1] = '0';
	p[2] = 'x';
	hex_put((char *)p + 3, v);
	p[n + 3] = '"';
	w->len += n + 4;
}

void
jsonw_q64(struct jsonw *w, uint64_t v)
{
	char text[HEX_U64_MAX];
	size_t n = hex_u64(text, v);

	put_quoted(w, text, n);
}

void
jsonw_q256(struct jsonw *w, const struct u256 *v)
{
	char text[U256_HEX_MAX];
	size_t n = u256_hex(text, v);

	put_quoted(w, text, n);
}

void
jsonw_raw(struct jsonw *w, struct bytes json)
{
	begin_value(w);
	put(w, json.ptr, json.len);
}

void
jsonw_fmt(struct jsonw *w, const char *fmt, ...)
{
	char small[256], *text = small;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0) {
		w->has_failed = true;
		return;
	}
	if ((size_t)n >= sizeof(small)) {
		text = mem_new((size_t)n + 1);
		if (text == NULL) {
			w->has_failed = true;
			return;
		}
		va_start(ap, fmt);
		(void)vsnprintf(text, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	jsonw_strn(w, bytes_of(text, (size_t)n));
	if (text != small)
		mem_free(text);
}
