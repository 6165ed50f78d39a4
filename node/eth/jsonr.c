/* SPDX-License-Identifier: Apache-2.0
 *
 * The pull reader. It checks syntax and finds borders; what a text means is
 * for the caller. Line and column are computed on failure only.
 */
#include "eth/jsonr_priv.h"

#include "base/hex.h"

void
jsonr_init(struct jsonr *r, struct bytes doc)
{
	*r = (struct jsonr){.doc = doc};
}

/* fail_as reports what is wrong at r->at, counting lines and bytes from 1. */
static enum rc
fail_as(enum rc rc, const struct jsonr *r, const char *what, struct err *e)
{
	size_t i, line = 1, column = 1;

	for (i = 0; i < r->at && i < r->doc.len; i++) {
		column++;
		if (r->doc.ptr[i] == '\n') {
			line++;
			column = 1;
		}
	}
	return FAIL(e, rc, "line %zu, column %zu: %s", line, column, what);
}

static enum rc
fail(const struct jsonr *r, const char *what, struct err *e)
{
	(void)fail_as(RC_BAD_JSON, r, what, e);
	return RC_BAD_JSON;
}

/* now returns the byte at the cursor, or 0 at the end: a NUL in the document
 * is not JSON either, so that the two need not be told apart. */
static uint8_t
now(const struct jsonr *r)
{
	return r->at < r->doc.len ? r->doc.ptr[r->at] : 0;
}

static void
skip_space(struct jsonr *r)
{
	uint8_t c = now(r);

	while (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
		r->at++;
		c = now(r);
	}
}

static bool
take_byte(struct jsonr *r, char c)
{
	if (now(r) != (uint8_t)c)
		return false;
	r->at++;
	return true;
}

static size_t
skip_digits(struct jsonr *r)
{
	size_t start = r->at;

	while (now(r) >= '0' && now(r) <= '9')
		r->at++;
	return r->at - start;
}

static enum rc
skip_number(struct jsonr *r, struct err *e)
{
	take_byte(r, '-');
	if (!take_byte(r, '0') && skip_digits(r) == 0)
		return fail(r, "digit expected", e);
	if (take_byte(r, '.') && skip_digits(r) == 0)
		return fail(r, "digit expected behind the point", e);
	if (take_byte(r, 'e') || take_byte(r, 'E')) {
		if (!take_byte(r, '+'))
			take_byte(r, '-');
		if (skip_digits(r) == 0)
			return fail(r, "digit expected in the exponent", e);
	}
	if ((now(r) >= '0' && now(r) <= '9'))
		return fail(r, "number with leading zero", e);
	return RC_OK;
}

/* One UTF-8 sequence of more than one byte: shortest form, no surrogate, at
 * most U+10FFFF (RFC 3629). */
static bool
skip_wide(struct jsonr *r)
{
	const uint8_t *p = r->doc.ptr + r->at;
	size_t left = r->doc.len - r->at, n, i;

	n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || left < n)
		return false;
	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return false;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return false;
	r->at += n;
	return true;
}

/* The four digits of \uXXXX; -1 when they are not there. */
static int
take_unit(struct jsonr *r)
{
	int unit = 0, digit, i;

	for (i = 0; i < 4; i++) {
		digit = hex_digit(now(r));
		if (digit < 0)
			return -1;
		unit = unit << 4 | digit;
		r->at++;
	}
	return unit;
}

/* What follows a backslash. A high surrogate needs its low one. */
static bool
skip_escape(struct jsonr *r)
{
	int unit;

	if (now(r) != 0 && strchr("\"\\/bfnrt", now(r)) != NULL) {
		r->at++;
		return true;
	}
	if (!take_byte(r, 'u'))
		return false;
	unit = take_unit(r);
	if (unit < 0xd800 || unit > 0xdfff)
		return unit >= 0;
	if (unit > 0xdbff || !take_byte(r, '\\') || !take_byte(r, 'u'))
		return false;
	unit = take_unit(r);
	return unit >= 0xdc00 && unit <= 0xdfff;
}

static enum rc
take_string(struct bytes *out, struct jsonr *r, struct err *e)
{
	size_t start;

	if (!take_byte(r, '"'))
		return fail(r, "string expected", e);
	start = r->at;
	while (now(r) != '"') {
		if (r->at >= r->doc.len)
			return fail(r, "string without end", e);
		if (now(r) < 0x20)
			return fail(r, "control character in a string", e);
		if (now(r) >= 0x80) {
			if (!skip_wide(r))
				return fail(r, "text that is not UTF-8", e);
		} else if (take_byte(r, '\\')) {
			if (!skip_escape(r))
				return fail(r, "bad escape", e);
		} else {
			r->at++;
		}
	}
	*out = bytes_of(r->doc.ptr + start, r->at - start);
	r->at++;
	return RC_OK;
}

static enum rc
take_literal(struct jsonr *r, const char *name, struct err *e)
{
	struct bytes want = bytes_of_str(name);

	if (r->doc.len - r->at < want.len ||
	    memcmp(r->doc.ptr + r->at, want.ptr, want.len) != 0)
		return fail(r, "value expected", e);
	r->at += want.len;
	return RC_OK;
}

enum rc
jsonr_peek(enum jsonr_kind *out, struct jsonr *r, struct err *e)
{
	uint8_t c;

	skip_space(r);
	c = now(r);
	if (c == '"')
		*out = JSONR_STRING;
	else if (c == '{')
		*out = JSONR_OBJECT;
	else if (c == '[')
		*out = JSONR_ARRAY;
	else if (c == 'n')
		*out = JSONR_NULL;
	else if (c == 't' || c == 'f')
		*out = JSONR_BOOL;
	else if (c == '-' || (c >= '0' && c <= '9'))
		*out = JSONR_NUMBER;
	else
		return fail(r, "value expected", e);
	return RC_OK;
}

enum rc
jsonr_take(struct bytes *out, struct jsonr *r, struct err *e)
{
	enum jsonr_kind kind;
	size_t start;

	TRY(jsonr_peek(&kind, r, e));
	start = r->at;
	r->is_first = false;
	switch (kind) {
	case JSONR_STRING:
		return take_string(out, r, e);
	case JSONR_NUMBER:
		TRY(skip_number(r, e));
		break;
	case JSONR_NULL:
		TRY(take_literal(r, "null", e));
		break;
	case JSONR_BOOL:
		TRY(take_literal(r, now(r) == 't' ? "true" : "false", e));
		break;
	case JSONR_ARRAY:
	case JSONR_OBJECT:
		return fail_as(RC_BAD_INPUT, r, "plain value expected", e);
	}
	*out = bytes_of(r->doc.ptr + start, r->at - start);
	return RC_OK;
}

enum rc
jsonr_open(struct jsonr *r, struct err *e)
{
	enum jsonr_kind kind;

	TRY(jsonr_peek(&kind, r, e));
	if (kind != JSONR_OBJECT)
		return fail_as(RC_BAD_INPUT, r, "object expected", e);
	r->at++;
	r->is_first = true;
	return RC_OK;
}

/* next_item passes the comma before an item, or the closing byte. */
static enum rc
next_item(bool *has_more, struct jsonr *r, char close, struct err *e)
{
	bool is_first = r->is_first;

	skip_space(r);
	r->is_first = false;
	*has_more = !take_byte(r, close);
	if (*has_more && !is_first && !take_byte(r, ','))
		return fail(
		    r, close == '}' ? ", or } expected" : ", or ] expected", e);
	return RC_OK;
}

enum rc
jsonr_member(struct bytes *name, bool *has_more, struct jsonr *r, struct err *e)
{
	TRY(next_item(has_more, r, '}', e));
	if (!*has_more)
		return RC_OK;
	skip_space(r);
	TRY(take_string(name, r, e));
	skip_space(r);
	if (!take_byte(r, ':'))
		return fail(r, ": expected", e);
	return RC_OK;
}

/* What jsonr_skip is inside of: a bit per level, set for objects. */
struct nest {
	uint64_t objects;
	unsigned depth;
};

_Static_assert(JSONR_DEPTH_MAX <= 64, "one bit per level");

static enum rc
skip_start(struct nest *n, struct jsonr *r, struct err *e)
{
	struct bytes text;
	enum jsonr_kind kind;

	TRY(jsonr_peek(&kind, r, e));
	if (kind != JSONR_OBJECT && kind != JSONR_ARRAY)
		return jsonr_take(&text, r, e);
	if (n->depth == JSONR_DEPTH_MAX)
		return fail_as(RC_TOO_LARGE, r, "nested too deep", e);
	n->objects = n->objects << 1 | (kind == JSONR_OBJECT);
	n->depth++;
	r->at++;
	r->is_first = true;
	return RC_OK;
}

/* skip_next stands before the next item of the innermost level, or closes
 * it. */
static enum rc
skip_next(bool *has_item, struct nest *n, struct jsonr *r, struct err *e)
{
	struct bytes name;

	if (n->objects & 1)
		TRY(jsonr_member(&name, has_item, r, e));
	else
		TRY(next_item(has_item, r, ']', e));
	if (!*has_item) {
		n->objects >>= 1;
		n->depth--;
	}
	return RC_OK;
}

enum rc
jsonr_skip(struct jsonr *r, struct err *e)
{
	struct nest n = {0};
	bool has_item;

	do {
		TRY(skip_start(&n, r, e));
		has_item = false;
		while (n.depth > 0 && !has_item)
			TRY(skip_next(&has_item, &n, r, e));
	} while (has_item);
	return RC_OK;
}

enum rc
jsonr_end(struct jsonr *r, struct err *e)
{
	skip_space(r);
	if (r->at < r->doc.len)
		return fail(r, "the document has ended before", e);
	return RC_OK;
}
