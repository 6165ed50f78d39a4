/* SPDX-License-Identifier: Apache-2.0
 *
 * RLP reader and writer over views and bounded buffers. It knows strings,
 * lists and integers; what they mean is for tx.c, header.c and the others. It
 * allocates nothing and never recurses.
 */
#include "eth/rlp.h"

#include "base/check.h"

/* First bytes, Yellow Paper appendix B: 0x80 + length for a short string,
 * 0xc0 + length for a short list, 55 more than that plus the number of length
 * bytes for the long forms. */
enum { STR_BASE = 0x80, LIST_BASE = 0xc0, SHORT_MAX = 55 };

/* Longest header: a first byte and eight length bytes. */
enum { HEAD_MAX = 9 };

struct head {
	size_t head_len, payload_len;
	bool is_list;
};

static enum rc
read_long_len(size_t *out, struct bytes in, size_t cnt, struct err *e)
{
	uint64_t len = 0;
	size_t i;

	if (in.len < 1 + cnt)
		return FAIL(e, RC_TRUNCATED, "RLP ends inside a length");
	if (in.ptr[1] == 0)
		return FAIL(e, RC_NONCANONICAL, "RLP length with leading zero");
	for (i = 0; i < cnt; i++)
		len = len << 8 | in.ptr[1 + i];
	if (len <= SHORT_MAX)
		return FAIL(e, RC_NONCANONICAL,
		    "RLP long form for a length of %llu",
		    (unsigned long long)len);
	*out = len;
	return RC_OK;
}

static enum rc
read_head(struct head *out, struct bytes in, struct err *e)
{
	size_t n;

	if (in.len == 0)
		return FAIL(e, RC_TRUNCATED, "RLP ends before an item");
	if (in.ptr[0] < STR_BASE) {
		*out = (struct head){.head_len = 0, .payload_len = 1};
		return RC_OK;
	}
	out->is_list = in.ptr[0] >= LIST_BASE;
	n = (size_t)in.ptr[0] - (out->is_list ? LIST_BASE : STR_BASE);
	out->head_len = 1;
	out->payload_len = n;
	if (n > SHORT_MAX) {
		out->head_len += n - SHORT_MAX;
		TRY(read_long_len(&out->payload_len, in, n - SHORT_MAX, e));
	}
	if (in.len - out->head_len < out->payload_len)
		return FAIL(e, RC_TRUNCATED,
		    "RLP item of %zu bytes, %zu are left", out->payload_len,
		    in.len - out->head_len);
	if (n == 1 && !out->is_list && in.ptr[1] < STR_BASE)
		return FAIL(e, RC_NONCANONICAL,
		    "RLP header before the single byte 0x%02x", in.ptr[1]);
	return RC_OK;
}

static void
skip(struct bytes *in, size_t n)
{
	in->ptr += n;
	in->len -= n;
}

enum rc
rlp_take(struct bytes *payload, bool *is_list, struct bytes *in, struct err *e)
{
	struct head h;

	TRY(read_head(&h, *in, e));
	*payload = bytes_of(in->ptr + h.head_len, h.payload_len);
	*is_list = h.is_list;
	skip(in, h.head_len + h.payload_len);
	return RC_OK;
}

static enum rc
take_kind(struct bytes *out, struct bytes *in, bool want_list, struct err *e)
{
	struct head h;

	TRY(read_head(&h, *in, e));
	if (h.is_list != want_list)
		return FAIL(e, RC_BAD_INPUT, "RLP %s where a %s belongs",
		    h.is_list ? "list" : "string",
		    want_list ? "list" : "string");
	*out = bytes_of(in->ptr + h.head_len, h.payload_len);
	skip(in, h.head_len + h.payload_len);
	return RC_OK;
}

enum rc
rlp_take_str(struct bytes *out, struct bytes *in, struct err *e)
{
	return take_kind(out, in, false, e);
}

enum rc
rlp_take_list(struct bytes *items, struct bytes *in, struct err *e)
{
	return take_kind(items, in, true, e);
}

static enum rc
take_integer(struct bytes *out, struct bytes *in, size_t max, struct err *e)
{
	struct bytes rest = *in, s;

	TRY(rlp_take_str(&s, &rest, e));
	if (s.len > 0 && s.ptr[0] == 0)
		return FAIL(e, RC_NONCANONICAL, "integer with leading zero");
	if (s.len > max)
		return FAIL(e, RC_BAD_INPUT,
		    "integer of %zu bytes, at most %zu", s.len, max);
	*out = s;
	*in = rest;
	return RC_OK;
}

enum rc
rlp_take_u64(uint64_t *out, struct bytes *in, struct err *e)
{
	struct bytes s;
	size_t i;

	TRY(take_integer(&s, in, sizeof(*out), e));
	*out = 0;
	for (i = 0; i < s.len; i++)
		*out = *out << 8 | s.ptr[i];
	return RC_OK;
}

enum rc
rlp_take_u256(struct u256 *out, struct bytes *in, struct err *e)
{
	struct bytes s;

	TRY(take_integer(&s, in, sizeof(*out), e));
	u256_from_be(out, s);
	return RC_OK;
}

enum rc
rlp_take_fixed(uint8_t *out, size_t len, struct bytes *in, struct err *e)
{
	struct bytes rest = *in, s;

	TRY(rlp_take_str(&s, &rest, e));
	if (s.len != len)
		return FAIL(
		    e, RC_BAD_INPUT, "%zu bytes where %zu belong", s.len, len);
	memcpy(out, s.ptr, len);
	*in = rest;
	return RC_OK;
}

enum rc
rlp_count(size_t *out, struct bytes items, struct err *e)
{
	struct head h;
	size_t cnt = 0;

	while (items.len > 0) {
		TRY(read_head(&h, items, e));
		skip(&items, h.head_len + h.payload_len);
		cnt++;
	}
	*out = cnt;
	return RC_OK;
}

enum rc
rlp_take_raw(struct bytes *item, struct bytes *in, struct err *e)
{
	struct head h;

	TRY(read_head(&h, *in, e));
	*item = bytes_of(in->ptr, h.head_len + h.payload_len);
	skip(in, item->len);
	return RC_OK;
}

enum rc
rlp_check(struct bytes in, struct err *e)
{
	size_t outer[RLP_DEPTH_MAX]; /* bytes behind the list at each depth */
	unsigned depth = 0;
	size_t behind;
	struct head h;

	do {
		TRY(read_head(&h, in, e));
		skip(&in, h.head_len);
		if (h.is_list) {
			if (depth == RLP_DEPTH_MAX)
				return FAIL(e, RC_TOO_LARGE,
				    "more than %d nested RLP lists",
				    RLP_DEPTH_MAX);
			behind = in.len - h.payload_len;
			outer[depth++] = behind;
			in.len = h.payload_len;
		} else {
			skip(&in, h.payload_len);
		}
		while (in.len == 0 && depth > 0)
			in.len = outer[--depth];
	} while (depth > 0);
	if (in.len > 0)
		return FAIL(
		    e, RC_TRAILING, "%zu bytes behind the RLP item", in.len);
	return RC_OK;
}

static size_t
byte_cnt(uint64_t v)
{
	return v == 0 ? 0 : 8 - (size_t)__builtin_clzll(v) / 8;
}

static size_t
head_size(size_t len)
{
	return len <= SHORT_MAX ? 1 : 1 + byte_cnt(len);
}

size_t
rlp_size_str(struct bytes s)
{
	if (s.len == 1 && s.ptr[0] < STR_BASE)
		return 1;
	return head_size(s.len) + s.len;
}

size_t
rlp_size_u64(uint64_t v)
{
	return v < STR_BASE ? 1 : 1 + byte_cnt(v);
}

size_t
rlp_size_u256(const struct u256 *v)
{
	if (u256_is_u64(v))
		return rlp_size_u64(v->w[0]);
	return 1 + ((size_t)u256_bits(v) + 7) / 8;
}

size_t
rlp_size_list(size_t payload_len)
{
	return head_size(payload_len) + payload_len;
}

static bool
put_head(struct buf *b, unsigned base, size_t len)
{
	uint8_t head[HEAD_MAX];
	size_t n = 0;

	if (len > SHORT_MAX) {
		n = byte_cnt(len);
		head[0] = (uint8_t)(base + SHORT_MAX + n);
		be64_put(head + 1, (uint64_t)len << (64 - 8 * n));
	} else {
		head[0] = (uint8_t)(base + len);
	}
	return buf_put(b, head, 1 + n);
}

bool
rlp_put_str_head(struct buf *b, size_t len)
{
	DCHECK(len != 1);
	return put_head(b, STR_BASE, len);
}

bool
rlp_put_list_head(struct buf *b, size_t payload_len)
{
	return put_head(b, LIST_BASE, payload_len);
}

bool
rlp_put_str(struct buf *b, struct bytes s)
{
	if (b->cap - b->len < rlp_size_str(s))
		return false;
	if (s.len != 1 || s.ptr[0] >= STR_BASE)
		put_head(b, STR_BASE, s.len);
	return buf_put(b, s.ptr, s.len);
}

bool
rlp_put_u64(struct buf *b, uint64_t v)
{
	uint8_t be[8];
	size_t n = byte_cnt(v);

	be64_put(be, v);
	return rlp_put_str(b, bytes_of(be + 8 - n, n));
}

bool
rlp_put_u256(struct buf *b, const struct u256 *v)
{
	uint8_t be[32];
	size_t n;

	if (u256_is_u64(v))
		return rlp_put_u64(b, v->w[0]);
	n = ((size_t)u256_bits(v) + 7) / 8;
	u256_to_be(be, v);
	return rlp_put_str(b, bytes_of(be + 32 - n, n));
}
