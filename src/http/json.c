/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds the row of values of one document, in one walk over its text. What
 * a value means is for its reader.
 */
#include "http/json.h"

#include "base/hex.h"

enum { ROOM_FIRST = 16 };

/* struct build is a row being built. */
struct build {
	struct arena *arena;
	struct gw_json_doc *doc;
	struct gw_json *row;
	size_t cnt, cap;
	size_t open[GW_JSON_DEPTH_MAX]; /* places of open brackets in row */
	unsigned open_cnt;
};

static bool
fail(struct build *b, const char *fault, struct bytes key)
{
	b->doc->fault = fault;
	b->doc->fault_key = key;
	return false;
}

static bool
fail_memory(struct build *b)
{
	b->doc->is_memory = true;
	return fail(b, "no memory", bytes_of(NULL, 0));
}

/* unit reads the four digits of \uXXXX at p. */
static uint32_t
unit(const uint8_t *p)
{
	return (uint32_t)(hex_digit(p[0]) << 12 | hex_digit(p[1]) << 8 |
			  hex_digit(p[2]) << 4 | hex_digit(p[3]));
}

/* put_escape decodes the escape at p, which the scanner has found good, and
 * returns what is behind it. */
static const uint8_t *
put_escape(struct buf *out, const uint8_t *p)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	uint32_t c;

	if (p[1] != 'u') {
		(void)buf_put_u8(out, (uint8_t)to[strchr(from, p[1]) - from]);
		return p + 2;
	}
	c = unit(p + 2);
	p += 6;
	if (c >= 0xd800 && c < 0xdc00) {
		c = 0x10000 + ((c - 0xd800) << 10 | (unit(p + 2) - 0xdc00));
		p += 6;
	}
	(void)buf_put_utf8(out, c);
	return p;
}

/* decode resolves the escapes between two quotes. No escape becomes longer,
 * so that the text's length is room enough. */
static bool
decode(struct build *b, struct bytes *out, struct bytes raw)
{
	const uint8_t *p = raw.ptr, *end = p + raw.len, *next;
	struct buf text;

	*out = raw;
	next = raw.len == 0 ? NULL : memchr(p, '\\', raw.len);
	if (next == NULL)
		return true;
	text = buf_of(arena_alloc(b->arena, raw.len), raw.len);
	if (text.ptr == NULL)
		return fail_memory(b);
	for (; next != NULL; next = memchr(p, '\\', (size_t)(end - p))) {
		(void)buf_put(&text, p, (size_t)(next - p));
		p = put_escape(&text, next);
	}
	(void)buf_put(&text, p, (size_t)(end - p));
	*out = bytes_of_buf(&text);
	return true;
}

/* doubt tells the first thing that others may read otherwise. */
static void
doubt(struct build *b, const char *text, struct bytes key)
{
	if (b->doc->doubt != NULL)
		return;
	b->doc->doubt = text;
	b->doc->doubt_key = key;
}

/* has_nul: only an escape can have made it. */
static bool
has_nul(struct bytes text, struct bytes raw)
{
	return text.ptr != raw.ptr && memchr(text.ptr, '\0', text.len) != NULL;
}

/* close_to ends the brackets that are closed around the value now found. */
static void
close_to(struct build *b, unsigned depth)
{
	while (b->open_cnt > depth) {
		struct gw_json *v = &b->row[b->open[--b->open_cnt]];

		v->size = (uint32_t)(b->cnt - (size_t)(v - b->row));
	}
}

/* grow makes room for one more value. */
static bool
grow(struct build *b)
{
	size_t cap = b->cap == 0 ? ROOM_FIRST : b->cap * 2;
	struct gw_json *row;

	if (b->cnt < b->cap)
		return true;
	if (b->cnt == GW_JSON_VALUE_MAX)
		return fail(b, "too many values", bytes_of(NULL, 0));
	row = arena_array(b->arena, cap, sizeof(*row));
	if (row == NULL)
		return fail_memory(b);
	if (b->cnt > 0)
		memcpy(row, b->row, b->cnt * sizeof(*row));
	b->row = row;
	b->cap = cap;
	return true;
}

/* look_twice compares a member's key with those before it. */
static void
look_twice(struct build *b, const struct gw_json *object, struct bytes key)
{
	const struct gw_json *v = object + 1;
	uint32_t i;

	for (i = 0; i < object->cnt && b->doc->doubt == NULL; i++) {
		if (bytes_eq(v->key, key))
			doubt(b, "stands twice", key);
		v += v->size;
	}
}

/* set_key gives v its place in the bracket around it. */
static bool
set_key(struct build *b, struct gw_json *v, const struct gw_json_found *f)
{
	struct gw_json *around =
	    b->open_cnt == 0 ? NULL : &b->row[b->open[b->open_cnt - 1]];

	if (around == NULL)
		return true;
	v->is_member = f->has_key;
	v->key = around->key;
	if (!f->has_key) {
		around->cnt++;
		return true;
	}
	if (!decode(b, &v->key, f->key))
		return false;
	if (has_nul(v->key, f->key))
		doubt(b, "NUL in a key", bytes_of(NULL, 0));
	if (around->cnt == GW_JSON_MEMBER_MAX)
		return fail(b, "too many members", around->key);
	look_twice(b, around, v->key);
	around->cnt++;
	return true;
}

static bool
add(struct build *b, const struct gw_json_found *f)
{
	struct gw_json *v;

	close_to(b, f->depth);
	if (!grow(b))
		return false;
	v = &b->row[b->cnt];
	*v = (struct gw_json){.kind = f->kind, .size = 1};
	if (!set_key(b, v, f))
		return false;
	b->cnt++;
	if (f->kind == GW_JSON_ARRAY || f->kind == GW_JSON_OBJECT) {
		b->open[b->open_cnt++] = (size_t)(v - b->row);
		return true;
	}
	v->text = f->text;
	if (f->kind != GW_JSON_STRING)
		return true;
	if (!decode(b, &v->text, f->text))
		return false;
	if (has_nul(v->text, f->text))
		doubt(b, "NUL in a string", v->key);
	return true;
}

/* trim cuts blanks at both ends. */
static struct bytes
trim(struct bytes t)
{
	while (t.len > 0 && gw_json_is_blank(t.ptr[t.len - 1]))
		t.len--;
	while (t.len > 0 && gw_json_is_blank(t.ptr[0]))
		t = bytes_of(t.ptr + 1, t.len - 1);
	return t;
}

bool
gw_json_read(struct arena *a, struct gw_json_doc *out, struct bytes text)
{
	struct build b = {.arena = a, .doc = out};
	struct gw_json_found found;
	struct gw_json_walk w;
	enum gw_json_step step;

	*out = (struct gw_json_doc){.text = trim(text)};
	w = (struct gw_json_walk){.rest = out->text};
	while ((step = gw_json_walk(&w, &found)) == GW_JSON_FOUND)
		if (!add(&b, &found))
			return false;
	if (step == GW_JSON_BAD || w.rest.len > 0)
		return fail(&b, "not well-formed JSON", bytes_of(NULL, 0));
	close_to(&b, 0);
	out->root = b.row;
	out->cnt = b.cnt;
	return true;
}

const struct gw_json *
gw_json_in(const struct gw_json *v)
{
	return v->cnt == 0 ? NULL : v + 1;
}

const struct gw_json *
gw_json_behind(const struct gw_json *parent, const struct gw_json *v)
{
	v += v->size;
	return v < parent + parent->size ? v : NULL;
}

const struct gw_json *
gw_json_get(const struct gw_json *v, const char *key)
{
	const struct gw_json *m =
	    v->kind == GW_JSON_OBJECT ? gw_json_in(v) : NULL;

	while (m != NULL && !bytes_eq(m->key, bytes_of_str(key)))
		m = gw_json_behind(v, m);
	return m;
}
