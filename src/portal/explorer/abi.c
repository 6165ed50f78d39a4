/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes words apart by the signatures of abi.def. Types are those that stand
 * there: address, bool, uintN, bytesN, string and bytes.
 */
#include "portal/explorer/abi_priv.h"

#include <stdio.h>

#include "base/check.h"
#include "base/hex.h"
#include "crypto/keccak.h"
#include "eth/addr.h"

enum { WORD = 32, SELECTOR = 4 };

struct row {
	enum xp_abi_kind kind;
	const char *name, *params;
};

static const struct row rows[] = {
#define ABI(kind, name, params) {XP_ABI_##kind, name, params},
#include "portal/explorer/abi.def"
#undef ABI
};

struct param {
	struct bytes type, name;
	bool is_indexed;
};

struct signature {
	struct param params[XP_ARG_MAX];
	size_t cnt, indexed_cnt;
};

/* cut_word takes text up to a blank off the front. */
static struct bytes
cut_word(struct bytes *text)
{
	const uint8_t *end = memchr(text->ptr, ' ', text->len);
	size_t len = end == NULL ? text->len : (size_t)(end - text->ptr);
	struct bytes word = bytes_of(text->ptr, len);

	len += end != NULL;
	*text = bytes_of(text->ptr + len, text->len - len);
	return word;
}

static struct param
read_param(struct bytes text)
{
	struct param p;

	p.type = cut_word(&text);
	p.name = cut_word(&text);
	p.is_indexed = bytes_eq(p.name, bytes_of_str("indexed"));
	if (p.is_indexed)
		p.name = cut_word(&text);
	return p;
}

static void
read_signature(struct signature *s, const char *params)
{
	const char *end;

	*s = (struct signature){.cnt = 0};
	for (; *params != '\0'; params = *end == ',' ? end + 2 : end) {
		end = params + strcspn(params, ",");
		CHECK(s->cnt < XP_ARG_MAX);
		s->params[s->cnt] =
		    read_param(bytes_of(params, (size_t)(end - params)));
		s->indexed_cnt += s->params[s->cnt++].is_indexed;
	}
}

/* hash_of hashes name(type,type), which selectors and topics begin with. */
static void
hash_of(uint8_t out[WORD], const char *name, const struct signature *s)
{
	uint8_t text[XP_SIGNATURE_MAX];
	struct buf b = buf_of(text, sizeof(text));
	bool fits = buf_put(&b, name, strlen(name)) && buf_put_u8(&b, '(');
	size_t i;

	for (i = 0; i < s->cnt; i++) {
		struct bytes type = s->params[i].type;

		fits = fits && (i == 0 || buf_put_u8(&b, ',')) &&
		       buf_put(&b, type.ptr, type.len);
	}
	CHECK(fits && buf_put_u8(&b, ')'));
	keccak256(out, bytes_of_buf(&b));
}

/* --- values --- */

static bool
is_type(struct bytes type, const char *name)
{
	return bytes_eq(type, bytes_of_str(name));
}

static bool
begins(struct bytes type, const char *name)
{
	size_t len = strlen(name);

	return type.len > len && !memcmp(type.ptr, name, len);
}

static bool
is_zero(struct bytes b)
{
	size_t i;

	for (i = 0; i < b.len; i++)
		if (b.ptr[i] != 0)
			return false;
	return true;
}

/* digits_of reads the N of uintN or bytesN. */
static uint64_t
digits_of(struct bytes type, size_t skip)
{
	uint64_t n = 0;

	CHECK(bytes_dec(
	    &n, bytes_of(type.ptr + skip, type.len - skip), UINT16_MAX));
	return n;
}

static struct bytes
hex_text(struct arena *a, struct bytes data)
{
	char *text = arena_alloc(a, 2 * data.len + 3);

	return text == NULL ? bytes_of(NULL, 0)
			    : bytes_of_str(hex_put0x(text, data));
}

static bool
read_uint(struct arena *a, struct bytes *out, struct bytes word, uint64_t bits)
{
	size_t zeros = WORD - (size_t)bits / 8;
	char text[U256_DEC_MAX];
	struct u256 v;

	if (!is_zero(bytes_of(word.ptr, zeros)))
		return false;
	u256_from_be(&v, word);
	*out = arena_copy(a, bytes_of(text, u256_dec(text, &v)));
	return true;
}

static bool
read_address(struct arena *a, struct bytes *out, struct bytes word)
{
	char text[ADDR_TEXT_MAX];
	struct addr addr;

	if (!is_zero(bytes_of(word.ptr, 12)))
		return false;
	memcpy(addr.b, word.ptr + 12, sizeof(addr.b));
	*out = arena_copy(a, bytes_of_str(addr_text(text, &addr)));
	return true;
}

static bool
read_bool(struct bytes *out, struct bytes word)
{
	uint8_t last = word.ptr[WORD - 1];

	*out = bytes_of_str(last == 1 ? "true" : "false");
	return last <= 1 && is_zero(bytes_of(word.ptr, WORD - 1));
}

/* read_fixed reads bytesN, zeros behind it. */
static bool
read_fixed(struct arena *a, struct bytes *out, struct bytes word, uint64_t len)
{
	*out = hex_text(a, bytes_of(word.ptr, (size_t)len));
	return is_zero(bytes_of(word.ptr + len, WORD - (size_t)len));
}

static bool
word_u64(uint64_t *out, struct bytes data, uint64_t at)
{
	struct u256 v;

	if (at > data.len || data.len - at < WORD)
		return false;
	u256_from_be(&v, bytes_of(data.ptr + at, WORD));
	*out = v.w[0];
	return u256_is_u64(&v);
}

/* read_long reads string or bytes where the word says that it is. */
static bool
read_long(struct arena *a, struct bytes *out, struct bytes data,
    struct bytes word, bool is_text)
{
	struct bytes value;
	uint64_t at, len;

	if (!word_u64(&at, word, 0) || !word_u64(&len, data, at) ||
	    len > data.len - at - WORD)
		return false;
	value = bytes_of(
	    data.ptr + at + WORD, len < XP_VALUE_MAX ? len : XP_VALUE_MAX);
	*out = is_text ? arena_copy(a, value) : hex_text(a, value);
	return true;
}

static bool
read_value(struct arena *a, struct xp_arg *out, const struct param *p,
    struct bytes word, struct bytes data)
{
	*out = (struct xp_arg){.name = p->name,
	    .type = p->type,
	    .is_address = is_type(p->type, "address")};
	if (out->is_address)
		return read_address(a, &out->value, word);
	if (is_type(p->type, "bool"))
		return read_bool(&out->value, word);
	if (begins(p->type, "uint"))
		return read_uint(a, &out->value, word, digits_of(p->type, 4));
	if (begins(p->type, "bytes"))
		return read_fixed(a, &out->value, word, digits_of(p->type, 5));
	return read_long(
	    a, &out->value, data, word, is_type(p->type, "string"));
}

/* --- signatures --- */

static struct bytes
text_of(struct arena *a, const struct row *row)
{
	const char *text = arena_str(a, "%s(%s)", row->name, row->params);

	return text == NULL ? bytes_of(NULL, 0) : bytes_of_str(text);
}

/* read_args reads all parameters: indexed ones from topics, others from the
 * words at the front of data. */
static bool
read_args(struct arena *a, struct xp_decoded *out, const struct row *row,
    const struct signature *s, const struct bytes *topics, struct bytes data)
{
	struct xp_arg *args = arena_array(a, XP_ARG_MAX, sizeof(*args));
	struct bytes word;
	size_t i;

	if (args == NULL || data.len < WORD * (s->cnt - s->indexed_cnt))
		return false;
	word = bytes_of(data.ptr, WORD);
	for (i = 0; i < s->cnt; i++) {
		const struct param *p = &s->params[i];

		CHECK(!p->is_indexed || topics != NULL);
		if (!read_value(
			a, &args[i], p, p->is_indexed ? *topics++ : word, data))
			return false;
		if (!p->is_indexed)
			word.ptr += WORD;
	}
	*out = (struct xp_decoded){
	    .text = text_of(a, row), .args = args, .arg_cnt = s->cnt};
	return true;
}

bool
xp_decode(struct arena *a, struct xp_decoded *out, enum xp_abi_kind kind,
    struct bytes data)
{
	uint8_t hash[WORD];
	struct signature s;
	struct bytes rest;
	size_t i;

	*out = (struct xp_decoded){.arg_cnt = 0};
	if (data.len < SELECTOR)
		return false;
	rest = bytes_of(data.ptr + SELECTOR, data.len - SELECTOR);
	for (i = 0; i < ARRAY_CNT(rows); i++) {
		if (rows[i].kind != kind)
			continue;
		read_signature(&s, rows[i].params);
		hash_of(hash, rows[i].name, &s);
		if (!memcmp(hash, data.ptr, SELECTOR) &&
		    read_args(a, out, &rows[i], &s, NULL, rest))
			return true;
	}
	return false;
}

bool
xp_decode_log(struct arena *a, struct xp_decoded *out,
    const struct bytes *topics, size_t topic_cnt, struct bytes data)
{
	uint8_t hash[WORD];
	struct signature s;
	size_t i;

	*out = (struct xp_decoded){.arg_cnt = 0};
	if (topic_cnt == 0)
		return false;
	for (i = 0; i < topic_cnt; i++)
		if (topics[i].len != WORD)
			return false;
	for (i = 0; i < ARRAY_CNT(rows); i++) {
		if (rows[i].kind != XP_ABI_EVENT)
			continue;
		read_signature(&s, rows[i].params);
		hash_of(hash, rows[i].name, &s);
		if (s.indexed_cnt + 1 == topic_cnt &&
		    !memcmp(hash, topics[0].ptr, WORD) &&
		    read_args(a, out, &rows[i], &s, topics + 1, data))
			return true;
	}
	return false;
}
