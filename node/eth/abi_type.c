/* SPDX-License-Identifier: Apache-2.0
 *
 * ABI types from text. Only the canonical text is taken, the one that
 * selectors are hashed from, so that hash and types cannot disagree.
 */
#include "base/check.h"
#include "eth/abi.h"
#include "eth/where_priv.h"

enum { WORD = 32 };

/* What is being read: finished members of open tuples lie in pend, each
 * tuple's from where open says. */
struct reader {
	struct arena *a;
	struct bytes text;
	size_t at;
	struct abi_type pend[ABI_MEMBER_MAX];
	size_t cnt;
	size_t open[ABI_DEPTH_MAX];
	unsigned depth;
};

static enum rc
bad(const struct reader *r, enum rc rc, const char *what, struct err *e)
{
	return FAIL(e, rc, "ABI type, byte %zu: %s", r->at, what);
}

/* now returns the byte at the cursor, 0 at the end. */
static uint8_t
now(const struct reader *r)
{
	return r->at < r->text.len ? r->text.ptr[r->at] : 0;
}

static bool
take_byte(struct reader *r, char c)
{
	if (now(r) != (uint8_t)c)
		return false;
	r->at++;
	return true;
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static struct bytes
take_letters(struct reader *r)
{
	size_t start = r->at;

	while (now(r) >= 'a' && now(r) <= 'z')
		r->at++;
	return bytes_of(r->text.ptr + start, r->at - start);
}

/* take_count reads a number of at most four digits without leading zero; 0
 * when there is none. */
static unsigned
take_count(struct reader *r)
{
	unsigned v = 0, i;

	for (i = 0; i < 4 && is_digit(now(r)); i++) {
		if (v == 0 && now(r) == '0')
			return 0;
		v = v * 10 + (now(r) - (unsigned)'0');
		r->at++;
	}
	return v;
}

static struct abi_type
plain(enum abi_kind kind, unsigned size)
{
	return (struct abi_type){.kind = kind,
	    .size = size,
	    .is_dynamic = kind == ABI_BYTES || kind == ABI_STRING,
	    .head_size = WORD};
}

static bool
is_bits(unsigned n)
{
	return n >= 8 && n <= 256 && n % 8 == 0;
}

static enum rc
take_plain(struct abi_type *out, struct reader *r, struct err *e)
{
	static const struct {
		const char *name;
		enum abi_kind kind;
		unsigned size;
	} rows[] = {
	    {"address", ABI_ADDRESS, 0},
	    {"bool", ABI_BOOL, 0},
	    {"string", ABI_STRING, 0},
	    {"bytes", ABI_BYTES, 0},
	    {"function", ABI_FIXED_BYTES, 24},
	    {"uint", ABI_UINT, 0},
	    {"int", ABI_INT, 0},
	};
	struct bytes name = take_letters(r);
	bool has_size = is_digit(now(r));
	unsigned size = take_count(r);
	size_t i;

	if (bytes_eq(name, bytes_of_str("fixed")) ||
	    bytes_eq(name, bytes_of_str("ufixed")))
		return bad(r, RC_UNSUPPORTED, "fixed point numbers", e);
	for (i = 0; i < ARRAY_CNT(rows); i++)
		if (bytes_eq(name, bytes_of_str(rows[i].name)))
			break;
	if (i == ARRAY_CNT(rows))
		return bad(r, RC_BAD_INPUT, "no such type", e);
	*out = plain(rows[i].kind, rows[i].size);
	if (out->kind == ABI_UINT || out->kind == ABI_INT) {
		out->size = size;
		if (!is_bits(size))
			return bad(r, RC_BAD_INPUT,
			    "a number needs its bits: 8, 16 ... 256", e);
	} else if (has_size) {
		*out = plain(ABI_FIXED_BYTES, size);
		if (rows[i].kind != ABI_BYTES || size < 1 || size > WORD)
			return bad(r, RC_BAD_INPUT, "no such type", e);
	}
	return RC_OK;
}

/* wrap makes t the element type of an array or list. */
static enum rc
wrap(struct abi_type *t, struct reader *r, enum abi_kind kind, size_t cnt,
    struct err *e)
{
	struct abi_type *element = arena_alloc(r->a, sizeof(*element));

	if (element == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for an ABI type");
	if (t->depth + 1 > ABI_DEPTH_MAX)
		return bad(r, RC_TOO_LARGE, "nested too deep", e);
	*element = *t;
	*t = (struct abi_type){.kind = kind,
	    .is_dynamic = kind == ABI_LIST || element->is_dynamic,
	    .depth = element->depth + 1,
	    .items = element,
	    .cnt = cnt};
	t->head_size = t->is_dynamic ? WORD : cnt * element->head_size;
	if (t->head_size > ABI_DATA_MAX)
		return bad(r, RC_TOO_LARGE, "array too large", e);
	return RC_OK;
}

static enum rc
take_suffixes(struct abi_type *t, struct reader *r, struct err *e)
{
	unsigned cnt;

	while (take_byte(r, '[')) {
		if (take_byte(r, ']')) {
			TRY(wrap(t, r, ABI_LIST, 0, e));
			continue;
		}
		cnt = take_count(r);
		if (cnt == 0 || !take_byte(r, ']'))
			return bad(r, RC_BAD_INPUT, "bad array length", e);
		if (cnt > ABI_LENGTH_MAX)
			return bad(r, RC_TOO_LARGE, "array too long", e);
		TRY(wrap(t, r, ABI_ARRAY, cnt, e));
	}
	return RC_OK;
}

/* close_tuple puts the members of the innermost open tuple into the arena and
 * leaves the tuple in their place. */
static enum rc
close_tuple(struct reader *r, struct err *e)
{
	size_t start = r->open[--r->depth], cnt = r->cnt - start, i;
	struct abi_type *items = arena_array(r->a, cnt, sizeof(*items));
	struct abi_type t = {.kind = ABI_TUPLE, .items = items, .cnt = cnt};

	if (items == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for an ABI type");
	for (i = 0; i < cnt; i++) {
		items[i] = r->pend[start + i];
		t.is_dynamic |= items[i].is_dynamic;
		t.head_size += items[i].head_size;
		if (items[i].depth > t.depth)
			t.depth = items[i].depth;
	}
	t.depth++;
	if (t.depth > ABI_DEPTH_MAX || t.head_size > ABI_DATA_MAX)
		return bad(r, RC_TOO_LARGE, "tuple too large", e);
	if (t.is_dynamic)
		t.head_size = WORD;
	r->pend[start] = t;
	r->cnt = start + 1;
	return RC_OK;
}

/* take_start opens tuples up to the next plain type and reads that. A tuple
 * without members may only be the whole of a signature's arguments. */
static enum rc
take_start(struct reader *r, bool may_be_empty, struct err *e)
{
	while (take_byte(r, '(')) {
		if (r->depth == ABI_DEPTH_MAX)
			return bad(r, RC_TOO_LARGE, "nested too deep", e);
		r->open[r->depth++] = r->cnt;
		if (may_be_empty && r->depth == 1 && take_byte(r, ')'))
			return close_tuple(r, e);
	}
	if (r->cnt == ABI_MEMBER_MAX)
		return bad(r, RC_TOO_LARGE, "too many members", e);
	TRY(take_plain(&r->pend[r->cnt], r, e));
	r->cnt++;
	return RC_OK;
}

/* read_type reads one whole type up to the end of the text. */
static enum rc
read_type(struct reader *r, bool may_be_empty, struct err *e)
{
	TRY(take_start(r, may_be_empty, e));
	for (;;) {
		TRY(take_suffixes(&r->pend[r->cnt - 1], r, e));
		if (r->depth == 0)
			break;
		if (take_byte(r, ')')) {
			TRY(close_tuple(r, e));
		} else {
			if (!take_byte(r, ','))
				return bad(
				    r, RC_BAD_INPUT, ", or ) expected", e);
			TRY(take_start(r, false, e));
		}
	}
	if (r->at < r->text.len)
		return bad(r, RC_BAD_INPUT, "the type has ended before", e);
	return RC_OK;
}

enum rc
abi_read_type(
    struct arena *a, struct abi_type *out, struct bytes text, struct err *e)
{
	struct reader r = {.a = a, .text = text};

	TRY(read_type(&r, false, e));
	*out = r.pend[0];
	return RC_OK;
}

static bool
is_name_byte(uint8_t c, bool is_first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       c == '$' || (!is_first && is_digit(c));
}

enum rc
abi_read_sig(
    struct arena *a, struct abi_sig *out, struct bytes text, struct err *e)
{
	struct reader r = {.a = a, .text = text};

	while (is_name_byte(now(&r), r.at == 0))
		r.at++;
	out->name = bytes_of(text.ptr, r.at);
	if (r.at == 0 || now(&r) != '(')
		return bad(&r, RC_BAD_INPUT, "name and ( expected", e);
	TRY(read_type(&r, true, e));
	if (r.pend[0].kind != ABI_TUPLE)
		return bad(&r, RC_BAD_INPUT, "arguments expected", e);
	out->args = r.pend[0];
	out->hash = hash_keccak(text);
	memcpy(out->selector, out->hash.b, sizeof(out->selector));
	return RC_OK;
}
