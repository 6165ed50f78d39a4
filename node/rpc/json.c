/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON reader behind every call. It is not jansson because ids must go
 * back byte for byte whatever they are, because a batch of transactions is
 * the hot path, and because what is refused here is refused by one page of
 * code that the fuzzer reaches whole.
 *
 * Nesting is a loop with a stack of open containers, not recursion.
 */
#include "rpc/json_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Above so many members repeats are found by sorting, not by pairs. */
enum { PAIRS_MAX = 16 };

struct reader {
	struct arena *a;
	struct bytes text;
	size_t at;
	size_t values;
	struct rpc_json *open[RPC_JSON_DEPTH_MAX];
	struct rpc_json *last[RPC_JSON_DEPTH_MAX]; /* newest child of each */
	unsigned depth;
};

static enum rc
bad(const struct reader *r, const char *what, struct err *e)
{
	return FAIL(e, RC_BAD_JSON, "parse error: %s at byte %zu", what, r->at);
}

/* peek returns the next byte, or -1 at the end. */
static int
peek(const struct reader *r)
{
	return r->at < r->text.len ? r->text.ptr[r->at] : -1;
}

static void
skip_blanks(struct reader *r)
{
	while (r->at < r->text.len) {
		uint8_t c = r->text.ptr[r->at];

		if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
			return;
		r->at++;
	}
}

/* utf8_step returns the length of the character at p, of which len bytes are
 * there; 0 when they are no UTF-8 (RFC 3629: shortest form, no surrogates,
 * at most U+10FFFF). */
static size_t
utf8_step(const uint8_t *p, size_t len)
{
	size_t need, i;
	uint32_t c, least;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	need = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (len < need)
		return 0;
	c = p[0] & (0x7fu >> need);
	for (i = 1; i < need; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	least = need == 2 ? 0x80 : need == 3 ? 0x800 : 0x10000;
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return need;
}

static int
digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* take_hex4 reads the four digits of an escape. */
static bool
take_hex4(struct reader *r, uint32_t *out)
{
	unsigned i;

	*out = 0;
	if (r->text.len - r->at < 4)
		return false;
	for (i = 0; i < 4; i++) {
		int v = digit_of(r->text.ptr[r->at + i]);

		if (v < 0)
			return false;
		*out = *out << 4 | (uint32_t)v;
	}
	r->at += 4;
	return true;
}

/* take_unicode reads what follows \u: one unit, or a pair of surrogates. */
static enum rc
take_unicode(struct reader *r, struct buf *b, struct err *e)
{
	uint32_t c, low;

	if (!take_hex4(r, &c))
		return bad(r, "bad \\u escape", e);
	if (c >= 0xdc00 && c < 0xe000)
		return bad(r, "lone surrogate", e);
	if (c >= 0xd800 && c < 0xdc00) {
		if (r->text.len - r->at < 2 || r->text.ptr[r->at] != '\\' ||
		    r->text.ptr[r->at + 1] != 'u')
			return bad(r, "lone surrogate", e);
		r->at += 2;
		if (!take_hex4(r, &low) || low < 0xdc00 || low > 0xdfff)
			return bad(r, "lone surrogate", e);
		c = 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00));
	}
	/* An escape of n bytes never becomes more than n. */
	(void)buf_put_utf8(b, c);
	return RC_OK;
}

/* take_escape reads what follows a backslash. */
static enum rc
take_escape(struct reader *r, struct buf *b, struct err *e)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	int c = peek(r);
	const char *hit = c <= 0 ? NULL : strchr(from, c);

	if (c == 'u') {
		r->at++;
		return take_unicode(r, b, e);
	}
	if (hit == NULL)
		return bad(r, "bad escape", e);
	r->at++;
	(void)buf_put_u8(b, (uint8_t)to[hit - from]);
	return RC_OK;
}

/* take_plain steps over characters that stand for themselves. */
static enum rc
take_plain(struct reader *r, struct err *e)
{
	while (r->at < r->text.len) {
		const uint8_t *p = r->text.ptr + r->at;
		size_t n;

		if (*p == '"' || *p == '\\')
			return RC_OK;
		if (*p < 0x20)
			return bad(r, "control character in a string", e);
		n = utf8_step(p, r->text.len - r->at);
		if (n == 0)
			return bad(r, "not UTF-8", e);
		r->at += n;
	}
	return bad(r, "string without end", e);
}

/* end_of_string returns where the string that goes on at r->at ends at the
 * latest: decoding makes it shorter. */
static size_t
end_of_string(const struct reader *r)
{
	size_t i = r->at;

	while (i < r->text.len && r->text.ptr[i] != '"')
		i += r->text.ptr[i] == '\\' ? 2 : 1;
	return i < r->text.len ? i : r->text.len;
}

/* take_escaped reads on from the first backslash of a string that began at
 * from; the characters go to the arena. */
static enum rc
take_escaped(struct reader *r, struct bytes *out, size_t from, struct err *e)
{
	struct buf b = buf_of(NULL, end_of_string(r) - from);
	size_t run;

	b.ptr = arena_alloc(r->a, b.cap);
	if (b.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "a string");
	(void)buf_put(&b, r->text.ptr + from, r->at - from);
	while (peek(r) == '\\') {
		r->at++;
		TRY(take_escape(r, &b, e));
		run = r->at;
		TRY(take_plain(r, e));
		(void)buf_put(&b, r->text.ptr + run, r->at - run);
	}
	*out = bytes_of_buf(&b);
	return RC_OK;
}

/* take_string reads a string behind its opening quote. */
static enum rc
take_string(struct reader *r, struct bytes *out, struct err *e)
{
	size_t from = ++r->at;

	TRY(take_plain(r, e));
	if (peek(r) == '\\')
		TRY(take_escaped(r, out, from, e));
	else
		*out = bytes_of(r->text.ptr + from, r->at - from);
	r->at++;
	return RC_OK;
}

static bool
skip_digits(struct reader *r)
{
	size_t from = r->at;

	while (peek(r) >= '0' && peek(r) <= '9')
		r->at++;
	return r->at > from;
}

static enum rc
take_number(struct reader *r, struct err *e)
{
	if (peek(r) == '-')
		r->at++;
	if (peek(r) == '0')
		r->at++;
	else if (!skip_digits(r))
		return bad(r, "bad number", e);
	if (peek(r) == '.') {
		r->at++;
		if (!skip_digits(r))
			return bad(r, "bad number", e);
	}
	if (peek(r) == 'e' || peek(r) == 'E') {
		r->at++;
		if (peek(r) == '+' || peek(r) == '-')
			r->at++;
		if (!skip_digits(r))
			return bad(r, "bad number", e);
	}
	return RC_OK;
}

static enum rc
take_word(struct reader *r, const char *word, struct err *e)
{
	size_t len = strlen(word);

	if (r->text.len - r->at < len ||
	    memcmp(r->text.ptr + r->at, word, len) != 0)
		return bad(r, "unexpected character", e);
	r->at += len;
	return RC_OK;
}

/* push opens a container. */
static enum rc
push(struct reader *r, struct rpc_json *v, struct err *e)
{
	if (r->depth == RPC_JSON_DEPTH_MAX)
		return bad(r, "nested too deeply", e);
	r->open[r->depth] = v;
	r->last[r->depth] = NULL;
	r->depth++;
	r->at++;
	return RC_OK;
}

/* take_body reads a scalar, or opens a container. */
static enum rc
take_body(struct reader *r, struct rpc_json *v, struct err *e)
{
	int c = peek(r);

	if (c == '"') {
		v->kind = RPC_JSON_STRING;
		return take_string(r, &v->str, e);
	}
	if (c == '{' || c == '[') {
		v->kind = c == '{' ? RPC_JSON_OBJECT : RPC_JSON_ARRAY;
		return push(r, v, e);
	}
	if (c == '-' || (c >= '0' && c <= '9')) {
		v->kind = RPC_JSON_NUMBER;
		return take_number(r, e);
	}
	if (c == 'n')
		return take_word(r, "null", e);
	v->kind = RPC_JSON_BOOL;
	v->is_true = c == 't';
	if (c == 't' || c == 'f')
		return take_word(r, c == 't' ? "true" : "false", e);
	return bad(r, c < 0 ? "unexpected end" : "unexpected character", e);
}

/* take_value reads one value, as a child of the innermost container. */
static enum rc
take_value(
    struct reader *r, struct bytes key, struct rpc_json **out, struct err *e)
{
	struct rpc_json *v, *up = r->depth == 0 ? NULL : r->open[r->depth - 1];
	size_t from = r->at;

	if (r->values++ == RPC_JSON_VALUE_MAX)
		return FAIL(e, RC_TOO_LARGE, "more than %d values",
		    (int)RPC_JSON_VALUE_MAX);
	v = arena_alloc(r->a, sizeof(*v));
	if (v == NULL)
		return FAIL(e, RC_NO_MEMORY, "a value");
	v->key = key;
	if (up != NULL && r->last[r->depth - 1] == NULL)
		up->first = v;
	else if (up != NULL)
		r->last[r->depth - 1]->next = v;
	if (up != NULL) {
		r->last[r->depth - 1] = v;
		up->cnt++;
	}
	TRY(take_body(r, v, e));
	/* A container gets its end when it is closed. */
	v->raw = bytes_of(r->text.ptr + from, r->at - from);
	*out = v;
	return RC_OK;
}

static int
by_key(const void *a, const void *b)
{
	const struct bytes *x = a, *y = b;

	return bytes_cmp(*x, *y);
}

/* has_repeat_sorted is has_repeat for many members. */
static enum rc
has_repeat_sorted(
    struct reader *r, const struct rpc_json *obj, bool *out, struct err *e)
{
	const struct rpc_json *m = obj->first;
	struct bytes *keys;
	size_t i;

	if (obj->cnt > RPC_JSON_MEMBER_MAX)
		return FAIL(e, RC_TOO_LARGE, "more than %d members",
		    (int)RPC_JSON_MEMBER_MAX);
	keys = arena_array(r->a, obj->cnt, sizeof(*keys));
	if (keys == NULL)
		return FAIL(e, RC_NO_MEMORY, "names of an object");
	for (i = 0; m != NULL; m = m->next)
		keys[i++] = m->key;
	qsort(keys, obj->cnt, sizeof(*keys), by_key);
	for (i = 1; i < obj->cnt && !*out; i++)
		*out = bytes_eq(keys[i - 1], keys[i]);
	return RC_OK;
}

static enum rc
check_names(struct reader *r, const struct rpc_json *obj, struct err *e)
{
	const struct rpc_json *m, *k;
	bool has_repeat = false;

	if (obj->cnt > PAIRS_MAX)
		TRY(has_repeat_sorted(r, obj, &has_repeat, e));
	for (m = obj->first; obj->cnt <= PAIRS_MAX && m != NULL; m = m->next) {
		for (k = obj->first; k != m; k = k->next)
			has_repeat |= bytes_eq(m->key, k->key);
	}
	return has_repeat ? bad(r, "name twice in an object", e) : RC_OK;
}

/* pop closes the innermost container, whose last bracket is next. */
static enum rc
pop(struct reader *r, struct err *e)
{
	struct rpc_json *v = r->open[r->depth - 1];

	r->at++;
	r->depth--;
	v->raw.len = (size_t)(r->text.ptr + r->at - v->raw.ptr);
	return v->kind == RPC_JSON_OBJECT ? check_names(r, v, e) : RC_OK;
}

static enum rc
take_key(struct reader *r, struct bytes *out, struct err *e)
{
	if (peek(r) != '"')
		return bad(r, "a name must begin here", e);
	TRY(take_string(r, out, e));
	skip_blanks(r);
	if (peek(r) != ':')
		return bad(r, "a colon must stand here", e);
	r->at++;
	skip_blanks(r);
	return RC_OK;
}

/* step reads the next item of the innermost container, or closes it. */
static enum rc
step(struct reader *r, struct err *e)
{
	const struct rpc_json *up = r->open[r->depth - 1];
	bool is_object = up->kind == RPC_JSON_OBJECT;
	struct bytes key = {NULL, 0};
	struct rpc_json *v;

	skip_blanks(r);
	if (peek(r) == (is_object ? '}' : ']'))
		return pop(r, e);
	if (up->cnt > 0) {
		if (peek(r) != ',')
			return bad(r, "a comma or an end must stand here", e);
		r->at++;
		skip_blanks(r);
	}
	if (is_object)
		TRY(take_key(r, &key, e));
	return take_value(r, key, &v, e);
}

enum rc
rpc_json_read(struct arena *a, const struct rpc_json **out, struct bytes text,
    struct err *e)
{
	struct reader r = {.a = a, .text = text};
	struct rpc_json *root;

	skip_blanks(&r);
	TRY(take_value(&r, bytes_of(NULL, 0), &root, e));
	while (r.depth > 0)
		TRY(step(&r, e));
	skip_blanks(&r);
	if (r.at != text.len)
		return bad(&r, "more text behind the document", e);
	*out = root;
	return RC_OK;
}

const struct rpc_json *
rpc_json_get(const struct rpc_json *obj, const char *key)
{
	struct bytes want = bytes_of_str(key);
	const struct rpc_json *m;

	for (m = obj->first; m != NULL; m = m->next) {
		if (bytes_eq(m->key, want))
			return m;
	}
	return NULL;
}
