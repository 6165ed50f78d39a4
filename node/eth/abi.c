/* SPDX-License-Identifier: Apache-2.0
 *
 * ABI encoding and decoding as two walks over (type, value) with a stack of
 * open sequences, so that nesting is bounded and nothing recurses. Types come
 * from abi_type.c.
 *
 * A sequence (tuple, array, list) is a head, one slot per item, and a tail.
 * Tails follow in the order in which a depth-first walk meets them: the
 * encoder appends each where the bytes so far end.
 */
#include "eth/abi.h"

#include "base/check.h"
#include "eth/where_priv.h"

enum { WORD = 32 };

/* An open sequence: which item is next and where its slot is. */
struct level {
	const struct abi_type *type;
	struct abi_value *made; /* decoder: the values being filled */
	const struct abi_value *items;
	size_t cnt, i;
	size_t base; /* what offsets count from */
	size_t slot;
};

/* The top tuple is a level of its own. */
struct walk {
	struct level v[ABI_DEPTH_MAX + 1];
	unsigned depth;
};

static const struct abi_type *
item_type(const struct level *l)
{
	return l->type->kind == ABI_TUPLE ? &l->type->items[l->i]
					  : l->type->items;
}

static size_t
padded(size_t len)
{
	return (len + WORD - 1) / WORD * WORD;
}

/* Bytes of a sequence's head. */
static size_t
heads(const struct abi_type *t, size_t cnt)
{
	size_t i, sum = 0;

	if (t->kind != ABI_TUPLE)
		return cnt * t->items->head_size;
	for (i = 0; i < t->cnt; i++)
		sum += t->items[i].head_size;
	return sum;
}

static void
push(struct walk *w, const struct level *l)
{
	CHECK(w->depth < ARRAY_CNT(w->v));
	w->v[w->depth++] = *l;
}

/* next_open drops finished levels; NULL when none is left. */
static struct level *
next_open(struct walk *w)
{
	while (w->depth > 0 && w->v[w->depth - 1].i == w->v[w->depth - 1].cnt)
		w->depth--;
	return w->depth == 0 ? NULL : &w->v[w->depth - 1];
}

static bool
is_sequence(enum abi_kind kind)
{
	return kind == ABI_ARRAY || kind == ABI_LIST || kind == ABI_TUPLE;
}

/* The argument, counted from 1, in which level l's item failed: the top level
 * has moved on already when a level above it is open. */
static enum rc
name_argument(
    const struct walk *w, const struct level *l, enum rc rc, struct err *e)
{
	size_t no = l == &w->v[0] ? l->i + 1 : w->v[0].i;
	const char *name = w->v[0].type->items[no - 1].name;

	if (name != NULL)
		return where_fail(e, rc, "argument %zu (%s)", no, name);
	return where_fail(e, rc, "argument %zu", no);
}

/* ---- ranges, the same both ways ---- */

static enum rc
check_uint(const struct u256 *v, unsigned bits, struct err *e)
{
	if (u256_bits(v) > bits)
		return FAIL(e, RC_BAD_INPUT, "more than %u bits", bits);
	return RC_OK;
}

/* In two's complement all bits above the sign bit are its copies. */
static enum rc
check_int(const struct u256 *v, unsigned bits, struct err *e)
{
	struct u256 top;

	u256_sar(&top, v, bits - 1);
	u256_add(&top, &top, &(struct u256){{(v->w[3] >> 63) & 1, 0, 0, 0}});
	if (!u256_is_zero(&top))
		return FAIL(
		    e, RC_BAD_INPUT, "does not fit %u signed bits", bits);
	return RC_OK;
}

/* ---- encoding ---- */

struct encoder {
	struct walk w;
	uint8_t *out; /* NULL: only sizes and ranges */
	size_t end, values;
};

static void
put(struct encoder *n, size_t at, const void *ptr, size_t len)
{
	if (n->out != NULL && len > 0)
		memcpy(n->out + at, ptr, len);
}

static void
put_number(struct encoder *n, size_t at, const struct u256 *v)
{
	uint8_t word[WORD];

	u256_to_be(word, v);
	put(n, at, word, WORD);
}

static void
put_size(struct encoder *n, size_t at, size_t v)
{
	struct u256 wide = u256_from_u64(v);

	put_number(n, at, &wide);
}

/* grow appends len zero bytes; the room was zeroed when it was made. */
static enum rc
grow(struct encoder *n, size_t len, struct err *e)
{
	if (len > ABI_DATA_MAX - n->end)
		return FAIL(e, RC_TOO_LARGE, "encoding of more than %d bytes",
		    ABI_DATA_MAX);
	n->end += len;
	return RC_OK;
}

static enum rc
encode_plain(struct encoder *n, size_t at, const struct abi_type *t,
    const struct abi_value *v, struct err *e)
{
	if (t->kind == ABI_ADDRESS) {
		put(n, at + 12, v->addr.b, sizeof(v->addr.b));
		return RC_OK;
	}
	if (t->kind == ABI_FIXED_BYTES) {
		if (v->data.len != t->size)
			return FAIL(e, RC_BAD_INPUT,
			    "%zu bytes where %u belong", v->data.len, t->size);
		put(n, at, v->data.ptr, v->data.len);
		return RC_OK;
	}
	if (t->kind == ABI_INT)
		TRY(check_int(&v->num, t->size, e));
	else
		TRY(check_uint(&v->num, t->kind == ABI_BOOL ? 1 : t->size, e));
	put_number(n, at, &v->num);
	return RC_OK;
}

static enum rc
encode_bytes(struct encoder *n, const struct abi_value *v, struct err *e)
{
	size_t at = n->end;

	if (v->data.len > ABI_DATA_MAX)
		return FAIL(e, RC_TOO_LARGE, "%zu bytes", v->data.len);
	TRY(grow(n, WORD + padded(v->data.len), e));
	put_size(n, at, v->data.len);
	put(n, at + WORD, v->data.ptr, v->data.len);
	return RC_OK;
}

/* open_sequence opens v at `at`, or in the tail when t is dynamic. */
static enum rc
open_sequence(struct encoder *n, size_t at, const struct abi_type *t,
    const struct abi_value *v, struct err *e)
{
	struct level l = {.type = t, .items = v->items, .cnt = v->cnt};

	if (t->kind != ABI_LIST && v->cnt != t->cnt)
		return FAIL(e, RC_BAD_INPUT, "%zu items where %zu belong",
		    v->cnt, t->cnt);
	if (v->cnt > ABI_VALUE_MAX - n->values)
		return FAIL(
		    e, RC_TOO_LARGE, "more than %d values", ABI_VALUE_MAX);
	n->values += v->cnt;
	l.base = l.slot = at;
	if (t->is_dynamic) {
		if (t->kind == ABI_LIST) {
			put_size(n, n->end, v->cnt);
			TRY(grow(n, WORD, e));
		}
		l.base = l.slot = n->end;
		TRY(grow(n, heads(t, v->cnt), e));
	}
	push(&n->w, &l);
	return RC_OK;
}

static enum rc
encode_item(struct encoder *n, struct level *l, struct err *e)
{
	const struct abi_type *t = item_type(l);
	const struct abi_value *v = &l->items[l->i];
	size_t at = l->slot;

	if (t->is_dynamic)
		put_size(n, at, n->end - l->base);
	if (is_sequence(t->kind))
		TRY(open_sequence(n, at, t, v, e));
	else if (t->is_dynamic)
		TRY(encode_bytes(n, v, e));
	else
		TRY(encode_plain(n, at, t, v, e));
	return RC_OK;
}

/* The first pass writes nothing, the second into room of the right size. */
static enum rc
encode_pass(struct encoder *n, size_t skip, const struct abi_type *args,
    const struct abi_value *values, size_t cnt, struct err *e)
{
	struct level top = {.type = args,
	    .items = values,
	    .cnt = cnt,
	    .base = skip,
	    .slot = skip};
	struct level *l;
	enum rc rc;

	n->end = skip;
	n->values = cnt;
	TRY(grow(n, heads(args, cnt), e));
	push(&n->w, &top);
	while ((l = next_open(&n->w)) != NULL) {
		size_t head_size = item_type(l)->head_size;

		rc = encode_item(n, l, e);
		if (rc != RC_OK)
			return name_argument(&n->w, l, rc, e);
		l->slot += head_size;
		l->i++;
	}
	return RC_OK;
}

static enum rc
encode(struct arena *a, struct bytes *out, struct bytes prefix,
    const struct abi_type *args, const struct abi_value *values, size_t cnt,
    struct err *e)
{
	struct encoder n = {.out = NULL};

	CHECK(args->kind == ABI_TUPLE);
	if (cnt != args->cnt)
		return FAIL(e, RC_BAD_INPUT, "%zu arguments where %zu belong",
		    cnt, args->cnt);
	TRY(encode_pass(&n, prefix.len, args, values, cnt, e));
	n.out = arena_alloc(a, n.end);
	if (n.out == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for %zu bytes", n.end);
	put(&n, 0, prefix.ptr, prefix.len);
	TRY(encode_pass(&n, prefix.len, args, values, cnt, e));
	*out = bytes_of(n.out, n.end);
	return RC_OK;
}

enum rc
abi_encode(struct arena *a, struct bytes *out, const struct abi_type *args,
    const struct abi_value *values, size_t cnt, struct err *e)
{
	return encode(a, out, bytes_of(NULL, 0), args, values, cnt, e);
}

enum rc
abi_encode_call(struct arena *a, struct bytes *out, const struct abi_sig *sig,
    const struct abi_value *values, size_t cnt, struct err *e)
{
	return encode(a, out, bytes_of(sig->selector, sizeof(sig->selector)),
	    &sig->args, values, cnt, e);
}

/* ---- decoding ---- */

struct decoder {
	struct arena *a;
	struct walk w;
	struct bytes in;
	size_t values;
};

/* take_word views the word at `at`. */
static enum rc
take_word(struct bytes *out, const struct decoder *d, size_t at, struct err *e)
{
	if (at > d->in.len || d->in.len - at < WORD)
		return FAIL(
		    e, RC_TRUNCATED, "data ends at byte %zu", d->in.len);
	*out = bytes_of(d->in.ptr + at, WORD);
	return RC_OK;
}

/* take_size reads an offset, length or count; more than the data has bytes
 * cannot be right. */
static enum rc
take_size(size_t *out, const struct decoder *d, size_t at, struct err *e)
{
	struct bytes word;
	struct u256 v;

	TRY(take_word(&word, d, at, e));
	u256_from_be(&v, word);
	if (!u256_is_u64(&v) || v.w[0] > d->in.len)
		return FAIL(e, RC_TRUNCATED,
		    "offset or length beyond the data (%zu bytes)", d->in.len);
	*out = v.w[0];
	return RC_OK;
}

static bool
is_zero(const uint8_t *ptr, size_t len)
{
	uint8_t any = 0;
	size_t i;

	for (i = 0; i < len; i++)
		any |= ptr[i];
	return any == 0;
}

static enum rc
decode_plain(struct abi_value *v, const struct abi_type *t,
    const struct decoder *d, size_t at, struct err *e)
{
	struct bytes word;

	TRY(take_word(&word, d, at, e));
	if (t->kind == ABI_FIXED_BYTES) {
		v->data = bytes_of(word.ptr, t->size);
		if (!is_zero(word.ptr + t->size, WORD - t->size))
			return FAIL(
			    e, RC_BAD_INPUT, "bytes behind bytes%u", t->size);
		return RC_OK;
	}
	if (t->kind == ABI_ADDRESS) {
		memcpy(v->addr.b, word.ptr + 12, sizeof(v->addr.b));
		if (!is_zero(word.ptr, 12))
			return FAIL(
			    e, RC_BAD_INPUT, "address of more than 20 bytes");
		return RC_OK;
	}
	u256_from_be(&v->num, word);
	if (t->kind == ABI_INT)
		return check_int(&v->num, t->size, e);
	return check_uint(&v->num, t->kind == ABI_BOOL ? 1 : t->size, e);
}

static enum rc
decode_bytes(
    struct abi_value *v, const struct decoder *d, size_t at, struct err *e)
{
	size_t len;

	TRY(take_size(&len, d, at, e));
	if (d->in.len - at - WORD < len)
		return FAIL(e, RC_TRUNCATED, "%zu bytes, %zu are left", len,
		    d->in.len - at - WORD);
	v->data = bytes_of(d->in.ptr + at + WORD, len);
	return RC_OK;
}

/* open_values makes room for cnt values of a sequence whose head is at `at`;
 * it must lie within the data. */
static enum rc
open_values(struct decoder *d, const struct abi_type *t,
    const struct abi_value **items, size_t cnt, size_t at, struct err *e)
{
	struct level l = {.type = t, .cnt = cnt, .base = at, .slot = at};

	if (cnt > ABI_VALUE_MAX - d->values)
		return FAIL(
		    e, RC_TOO_LARGE, "more than %d values", ABI_VALUE_MAX);
	d->values += cnt;
	if (at > d->in.len || d->in.len - at < heads(t, cnt))
		return FAIL(e, RC_TRUNCATED, "%zu items, %zu bytes are left",
		    cnt, at > d->in.len ? 0 : d->in.len - at);
	l.made = arena_array(d->a, cnt, sizeof(*l.made));
	if (l.made == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for %zu values", cnt);
	*items = l.made;
	push(&d->w, &l);
	return RC_OK;
}

static enum rc
decode_item(struct decoder *d, const struct level *l, struct err *e)
{
	const struct abi_type *t = item_type(l);
	struct abi_value *v = &l->made[l->i];
	size_t at = l->slot, off;

	if (t->is_dynamic) {
		TRY(take_size(&off, d, at, e));
		at = l->base + off;
	}
	if (!is_sequence(t->kind))
		return t->is_dynamic ? decode_bytes(v, d, at, e)
				     : decode_plain(v, t, d, at, e);
	v->cnt = t->cnt;
	if (t->kind == ABI_LIST) {
		TRY(take_size(&v->cnt, d, at, e));
		at += WORD;
	}
	return open_values(d, t, &v->items, v->cnt, at, e);
}

enum rc
abi_decode(struct arena *a, const struct abi_value **out,
    const struct abi_type *args, struct bytes in, struct err *e)
{
	struct decoder d = {.a = a, .in = in};
	struct level *l;
	enum rc rc;

	CHECK(args->kind == ABI_TUPLE);
	TRY(open_values(&d, args, out, args->cnt, 0, e));
	while ((l = next_open(&d.w)) != NULL) {
		size_t head_size = item_type(l)->head_size;

		rc = decode_item(&d, l, e);
		if (rc != RC_OK)
			return name_argument(&d.w, l, rc, e);
		l->slot += head_size;
		l->i++;
	}
	return RC_OK;
}
