/* SPDX-License-Identifier: Apache-2.0
 *
 * Splits and decodes request targets. Does not resolve anything: a path that
 * would need resolving is refused.
 */
#include "http/uri.h"

#include "base/check.h"
#include "base/hex.h"
#include "http/head.h"

/* cut_at splits b at the first c; the tail begins behind it. */
static struct bytes
cut_at(struct bytes *tail, struct bytes b, uint8_t c)
{
	const uint8_t *at = b.len == 0 ? NULL : memchr(b.ptr, c, b.len);

	*tail = bytes_of(NULL, 0);
	if (at == NULL)
		return b;
	*tail = bytes_of(at + 1, b.len - (size_t)(at - b.ptr) - 1);
	return bytes_of(b.ptr, (size_t)(at - b.ptr));
}

static bool
starts_with_scheme(struct bytes *rest, struct bytes b, const char *scheme)
{
	size_t len = strlen(scheme);

	if (b.len < len || !gw_eq_nocase(bytes_of(b.ptr, len), scheme))
		return false;
	*rest = bytes_of(b.ptr + len, b.len - len);
	return true;
}

/* Cuts http://authority off; without a path behind it, the path is /. */
static bool
cut_authority(struct gw_target *t, struct bytes *b)
{
	struct bytes rest, name, port;
	size_t i;

	if (!starts_with_scheme(&rest, *b, "http://") &&
	    !starts_with_scheme(&rest, *b, "https://"))
		return false;
	for (i = 0; i < rest.len; i++)
		if (rest.ptr[i] == '/' || rest.ptr[i] == '?')
			break;
	t->authority = bytes_of(rest.ptr, i);
	*b = bytes_of(rest.ptr + i, rest.len - i);
	return gw_host_split(&name, &port, t->authority);
}

struct gw_target
gw_target_read(struct bytes target)
{
	struct gw_target t = {.kind = GW_TARGET_BAD};

	if (bytes_eq(target, bytes_of_str("*")))
		t.kind = GW_TARGET_STAR;
	if (target.len == 0 || memchr(target.ptr, '#', target.len) != NULL)
		return t;
	if (target.ptr[0] != '/' && !cut_authority(&t, &target))
		return t;
	t.path = cut_at(&t.query, target, '?');
	if (t.path.len == 0)
		t.path = bytes_of_str("/");
	if (t.path.ptr[0] == '/')
		t.kind = GW_TARGET_PATH;
	return t;
}

/* Length of the UTF-8 sequence at the front of b, 0 when it is not one. */
static size_t
utf8_len(struct bytes b)
{
	uint8_t c = b.ptr[0];
	size_t len = c < 0x80   ? 1
		     : c < 0xc2 ? 0
		     : c < 0xe0 ? 2
		     : c < 0xf0 ? 3
		     : c < 0xf5 ? 4
				: 0;
	size_t i;

	if (len > b.len)
		return 0;
	for (i = 1; i < len; i++)
		if ((b.ptr[i] & 0xc0) != 0x80)
			return 0;
	/* overlong forms, surrogates, above U+10FFFF */
	if ((c == 0xe0 && b.ptr[1] < 0xa0) || (c == 0xed && b.ptr[1] > 0x9f) ||
	    (c == 0xf0 && b.ptr[1] < 0x90) || (c == 0xf4 && b.ptr[1] > 0x8f))
		return 0;
	return len;
}

bool
gw_utf8_ok(struct bytes b)
{
	size_t n;

	while (b.len > 0) {
		n = utf8_len(b);
		if (n == 0)
			return false;
		b.ptr += n;
		b.len -= n;
	}
	return true;
}

/* Decodes one escape at the front of *in; -1 when it is none. */
static int
take_escape(struct bytes *in)
{
	int high, low;

	if (in->len < 3)
		return -1;
	high = hex_digit(in->ptr[1]);
	low = hex_digit(in->ptr[2]);
	if (high < 0 || low < 0)
		return -1;
	in->ptr += 3;
	in->len -= 3;
	return high << 4 | low;
}

/* Next decoded byte of a path; -1 for one that no path may hold. */
static int
path_byte(struct bytes *in)
{
	bool is_escaped = in->ptr[0] == '%';
	int c = in->ptr[0];

	if (is_escaped) {
		c = take_escape(in);
	} else {
		in->ptr++;
		in->len--;
	}
	if (c < 0x20 || c == 0x7f || c == '\\' || (is_escaped && c == '/'))
		return -1;
	return c;
}

/* No segment may be empty, "." or "..", except an empty last one. */
static bool
segments_ok(struct bytes p)
{
	struct bytes seg;

	p = bytes_of(p.ptr + 1, p.len - 1);
	while (p.len > 0) {
		seg = cut_at(&p, p, '/');
		if (seg.len == 0 || bytes_eq(seg, bytes_of_str(".")) ||
		    bytes_eq(seg, bytes_of_str("..")))
			return false;
	}
	return true;
}

bool
gw_path_read(struct arena *a, struct bytes *out, struct bytes raw)
{
	uint8_t *p = arena_alloc(a, raw.len);
	size_t len = 0;
	int c;

	if (p == NULL)
		return false;
	while (raw.len > 0) {
		c = path_byte(&raw);
		if (c < 0)
			return false;
		p[len++] = (uint8_t)c;
	}
	*out = bytes_of(p, len);
	if (!segments_ok(*out) || !gw_utf8_ok(*out))
		return false;
	if (len > 1 && p[len - 1] == '/')
		out->len--;
	return true;
}

bool
gw_pair_next(struct bytes *name, struct bytes *value, struct bytes *rest)
{
	struct bytes pair;

	while (rest->len > 0) {
		pair = cut_at(rest, *rest, '&');
		if (pair.len == 0)
			continue;
		*name = cut_at(value, pair, '=');
		return true;
	}
	return false;
}

/* is_plain tells whether there is nothing to decode. */
static bool
is_plain(struct bytes raw)
{
	size_t i;

	for (i = 0; i < raw.len; i++)
		if (raw.ptr[i] == '+' || raw.ptr[i] == '%' ||
		    raw.ptr[i] == '\0')
			return false;
	return true;
}

/* form_byte decodes the next byte; a % that begins no escape stands for
 * itself, and leaves *is_good unset as a NUL does. */
static uint8_t
form_byte(struct bytes *in, bool *is_good)
{
	bool is_escape = in->ptr[0] == '%';
	int c = is_escape ? take_escape(in) : -1;

	if (c < 0) {
		c = in->ptr[0] == '+' ? ' ' : in->ptr[0];
		in->ptr++;
		in->len--;
		*is_good = *is_good && !is_escape;
	}
	*is_good = *is_good && c != '\0';
	return (uint8_t)c;
}

bool
gw_form_decode(struct buf *room, struct bytes *out, struct bytes raw)
{
	const uint8_t *begin = room->ptr + room->len;
	bool is_good = true;

	*out = raw;
	if (is_plain(raw))
		return gw_utf8_ok(raw);
	CHECK(room->cap - room->len >= raw.len);
	while (raw.len > 0)
		(void)buf_put_u8(room, form_byte(&raw, &is_good));
	*out = bytes_of(begin, (size_t)(room->ptr + room->len - begin));
	return is_good && gw_utf8_ok(*out);
}
