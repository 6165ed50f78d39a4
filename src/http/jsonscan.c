/* SPDX-License-Identifier: Apache-2.0
 *
 * The scanner. A bit for each open bracket instead of a call for each level.
 */
#include "http/jsonscan.h"

#include "base/hex.h"
#include "http/uri.h"

/* struct scan is what is left to look at. */
struct scan {
	const uint8_t *p, *end;
};

static inline void
skip_blanks(struct scan *s)
{
	while (s->p < s->end && gw_json_is_blank(*s->p))
		s->p++;
}

/* take skips one byte when it is c. */
static inline bool
take(struct scan *s, uint8_t c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static bool
take_word(struct scan *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->p) < len || memcmp(s->p, word, len) != 0)
		return false;
	s->p += len;
	return true;
}

/* take_unit reads the four digits of \uXXXX, -1 when they are not. */
static int
take_unit(struct scan *s)
{
	int v = 0, d, i;

	if (s->end - s->p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		d = hex_digit(*s->p++);
		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

/* take_escape reads what follows a backslash. */
static bool
take_escape(struct scan *s)
{
	int unit, low;

	if (s->p == s->end)
		return false;
	if (*s->p != 'u')
		return strchr("\"\\/bfnrt", *s->p++) != NULL &&
		       s->p[-1] != '\0';
	s->p++;
	unit = take_unit(s);
	if (unit < 0 || (unit >= 0xdc00 && unit <= 0xdfff))
		return false;
	if (unit < 0xd800 || unit > 0xdbff)
		return true;
	if (!take_word(s, "\\u"))
		return false;
	low = take_unit(s);
	return low >= 0xdc00 && low <= 0xdfff;
}

/* take_string reads a string behind its opening quote. */
static bool
take_string(struct scan *s)
{
	const uint8_t *begin = s->p;
	bool is_ascii = true;

	while (s->p < s->end) {
		uint8_t c = *s->p++;

		if (c == '"')
			return is_ascii || gw_utf8_ok(bytes_of(begin,
					       (size_t)(s->p - begin) - 1));
		if (c < 0x20 || (c == '\\' && !take_escape(s)))
			return false;
		is_ascii = is_ascii && c < 0x80;
	}
	return false;
}

static bool
take_digits(struct scan *s)
{
	const uint8_t *begin = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p > begin;
}

static bool
take_number(struct scan *s)
{
	(void)take(s, '-');
	if (!take(s, '0') && !take_digits(s))
		return false;
	if (take(s, '.') && !take_digits(s))
		return false;
	if (take(s, 'e') || take(s, 'E')) {
		if (!take(s, '+'))
			(void)take(s, '-');
		return take_digits(s);
	}
	return true;
}

/* take_scalar reads a value that is no array and no object. */
static bool
take_scalar(struct scan *s, struct gw_json_found *out)
{
	const uint8_t *begin = s->p;
	bool good;

	switch (*s->p) {
	case '"':
		s->p++;
		out->kind = GW_JSON_STRING;
		good = take_string(s);
		out->text = bytes_of(begin + 1, (size_t)(s->p - begin) - 2);
		return good;
	case 't':
	case 'f':
	case 'n':
		out->kind = GW_JSON_WORD;
		good = take_word(s, "true") || take_word(s, "false") ||
		       take_word(s, "null");
		break;
	default:
		out->kind = GW_JSON_NUMBER;
		good = take_number(s);
	}
	out->text = bytes_of(begin, (size_t)(s->p - begin));
	return good;
}

/* take_key reads "key" : of a member. */
static bool
take_key(struct scan *s, struct gw_json_walk *w)
{
	const uint8_t *begin;

	skip_blanks(s);
	begin = s->p + 1;
	if (!take(s, '"') || !take_string(s))
		return false;
	w->key = bytes_of(begin, (size_t)(s->p - begin) - 1);
	skip_blanks(s);
	return take(s, ':');
}

static bool
in_object(const struct gw_json_walk *w)
{
	return w->depth > 0 && (w->objects & 1) != 0;
}

/* open_bracket reads an opening bracket and, of an object, the first key. */
static bool
open_bracket(struct scan *s, struct gw_json_walk *w, struct gw_json_found *out)
{
	bool is_object = *s->p == '{';

	if (w->depth == GW_JSON_DEPTH_MAX)
		return false;
	out->kind = is_object ? GW_JSON_OBJECT : GW_JSON_ARRAY;
	out->text = bytes_of(s->p, (size_t)(s->end - s->p));
	s->p++;
	skip_blanks(s);
	w->has_value = take(s, is_object ? '}' : ']');
	if (w->has_value)
		return true;
	w->objects = w->objects << 1 | is_object;
	w->depth++;
	return !is_object || take_key(s, w);
}

/* end_values reads brackets and commas behind a value. */
static enum gw_json_step
end_values(struct scan *s, struct gw_json_walk *w)
{
	while (w->depth > 0) {
		skip_blanks(s);
		if (take(s, ','))
			return in_object(w) && !take_key(s, w) ? GW_JSON_BAD
							       : GW_JSON_FOUND;
		if (!take(s, in_object(w) ? '}' : ']'))
			return GW_JSON_BAD;
		w->objects >>= 1;
		w->depth--;
	}
	return GW_JSON_END;
}

static enum gw_json_step
find_value(struct scan *s, struct gw_json_walk *w, struct gw_json_found *out)
{
	enum gw_json_step step =
	    w->has_value ? end_values(s, w) : GW_JSON_FOUND;

	if (step != GW_JSON_FOUND)
		return step;
	skip_blanks(s);
	if (s->p == s->end)
		return GW_JSON_BAD;
	out->depth = w->depth;
	out->has_key = in_object(w);
	out->key = w->key;
	if (*s->p == '{' || *s->p == '[')
		return open_bracket(s, w, out) ? GW_JSON_FOUND : GW_JSON_BAD;
	w->has_value = true;
	return take_scalar(s, out) ? GW_JSON_FOUND : GW_JSON_BAD;
}

enum gw_json_step
gw_json_walk(struct gw_json_walk *w, struct gw_json_found *out)
{
	struct scan s = {w->rest.ptr, w->rest.ptr + w->rest.len};
	enum gw_json_step step = find_value(&s, w, out);

	w->rest = bytes_of(s.p, (size_t)(s.end - s.p));
	return step;
}

bool
gw_json_value(struct bytes *value, struct bytes *in)
{
	struct gw_json_walk w = {.rest = *in};
	struct gw_json_found found;
	enum gw_json_step step;
	struct scan s = {in->ptr, in->ptr + in->len};

	skip_blanks(&s);
	do
		step = gw_json_walk(&w, &found);
	while (step == GW_JSON_FOUND);
	if (step == GW_JSON_BAD)
		return false;
	*value = bytes_of(s.p, (size_t)(w.rest.ptr - s.p));
	s.p = w.rest.ptr;
	skip_blanks(&s);
	*in = bytes_of(s.p, (size_t)(s.end - s.p));
	return true;
}

/* skip_value passes over a value that is known to be well-formed. */
static void
skip_value(struct scan *s)
{
	struct gw_json_found scalar;
	struct gw_json_end e = {0};
	size_t at = 0;

	if (*s->p == '{' || *s->p == '[') {
		(void)gw_json_end_find(
		    &e, &at, bytes_of(s->p, (size_t)(s->end - s->p)));
		s->p += at;
	} else {
		(void)take_scalar(s, &scalar);
	}
}

bool
gw_json_open(struct gw_json_iter *it, struct bytes value)
{
	if (value.len < 2 || (value.ptr[0] != '{' && value.ptr[0] != '['))
		return false;
	/* without the brackets */
	it->rest = bytes_of(value.ptr + 1, value.len - 2);
	return true;
}

/* next cuts the value at the front and the comma behind it. */
static bool
next(struct gw_json_iter *it, struct bytes *value)
{
	struct scan s = {it->rest.ptr, it->rest.ptr + it->rest.len};

	skip_blanks(&s);
	it->rest = bytes_of(s.p, (size_t)(s.end - s.p));
	if (it->rest.len == 0)
		return false;
	value->ptr = s.p;
	skip_value(&s);
	value->len = (size_t)(s.p - value->ptr);
	skip_blanks(&s);
	(void)take(&s, ',');
	it->rest = bytes_of(s.p, (size_t)(s.end - s.p));
	return value->len > 0; /* of what is no JSON the walk must end too */
}

bool
gw_json_item(struct gw_json_iter *it, struct bytes *value)
{
	return next(it, value);
}

bool
gw_json_member(struct gw_json_iter *it, struct bytes *key, struct bytes *value)
{
	struct scan s = {it->rest.ptr, it->rest.ptr + it->rest.len};

	skip_blanks(&s);
	it->rest = bytes_of(s.p, (size_t)(s.end - s.p));
	if (!take(&s, '"'))
		return false;
	key->ptr = s.p;
	if (!take_string(&s))
		return false;
	key->len = (size_t)(s.p - key->ptr) - 1;
	skip_blanks(&s);
	(void)take(&s, ':');
	it->rest = bytes_of(s.p, (size_t)(s.end - s.p));
	return next(it, value);
}

bool
gw_json_find(struct bytes *value, struct bytes object, const char *name)
{
	struct gw_json_iter it;
	struct bytes key;

	if (object.len == 0 || object.ptr[0] != '{' ||
	    !gw_json_open(&it, object))
		return false;
	while (gw_json_member(&it, &key, value))
		if (bytes_eq(key, bytes_of_str(name)))
			return true;
	return false;
}

size_t
gw_json_count(struct bytes array)
{
	struct gw_json_iter it;
	struct bytes item;
	size_t cnt = 0;

	if (array.len == 0 || array.ptr[0] != '[' || !gw_json_open(&it, array))
		return 0;
	while (gw_json_item(&it, &item))
		cnt++;
	return cnt;
}

/* string_end looks for the closing quote; long strings are what answers are
 * made of, so they are searched and not walked. */
static const uint8_t *
string_end(struct gw_json_end *e, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *quote, *slash;

	while (p < end) {
		if (e->is_escaped) {
			e->is_escaped = false;
			p++;
			continue;
		}
		quote = memchr(p, '"', (size_t)(end - p));
		slash = memchr(
		    p, '\\', (size_t)((quote != NULL ? quote : end) - p));
		if (slash != NULL) {
			e->is_escaped = true;
			p = slash + 1;
		} else if (quote != NULL) {
			e->in_string = false;
			return quote + 1;
		} else {
			return end;
		}
	}
	return p;
}

bool
gw_json_end_find(struct gw_json_end *e, size_t *at, struct bytes in)
{
	const uint8_t *p = in.ptr + *at, *end = in.ptr + in.len;

	while (p < end) {
		if (e->in_string) {
			p = string_end(e, p, end);
			continue;
		}
		switch (*p++) {
		case '"':
			e->in_string = true;
			break;
		case '{':
		case '[':
			e->depth++;
			e->has_begun = true;
			break;
		case '}':
		case ']':
			if (e->depth > 0)
				e->depth--;
			if (e->depth > 0 || !e->has_begun)
				break;
			*at = (size_t)(p - in.ptr);
			return true;
		default:
			break;
		}
	}
	*at = in.len;
	return false;
}
