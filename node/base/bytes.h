/* SPDX-License-Identifier: Apache-2.0
 *
 * Views of bytes that somebody else owns, bounded writers that never grow,
 * and big-endian integers. The only byte types that cross a library border.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* struct bytes is a view; it owns nothing. ptr may be NULL when len is 0. */
struct bytes {
	const uint8_t *ptr;
	size_t len;
};

/* struct buf is a bounded writer: len <= cap always holds. */
struct buf {
	uint8_t *ptr;
	size_t len, cap;
};

/* bytes_of makes a view of len bytes at ptr. */
static inline struct bytes
bytes_of(const void *ptr, size_t len)
{
	return (struct bytes){.ptr = ptr, .len = len};
}

/* bytes_of_str makes a view of a C string without its NUL. */
static inline struct bytes
bytes_of_str(const char *s)
{
	return bytes_of(s, strlen(s));
}

/* bytes_of_buf makes a view of what was written to b. */
static inline struct bytes
bytes_of_buf(const struct buf *b)
{
	return bytes_of(b->ptr, b->len);
}

/* bytes_eq compares contents; not for secrets. */
static inline bool
bytes_eq(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || !memcmp(a.ptr, b.ptr, a.len));
}

/* bytes_cmp orders by content, a proper prefix first. */
int bytes_cmp(struct bytes a, struct bytes b);

/*
 * bytes_take cuts n bytes from the front of in.
 *
 * Returns false, with in and out untouched, when in is shorter than n.
 */
static inline bool
bytes_take(struct bytes *out, struct bytes *in, size_t n)
{
	if (in->len < n)
		return false;
	*out = bytes_of(in->ptr, n);
	in->ptr += n;
	in->len -= n;
	return true;
}

/*
 * bytes_dec reads a decimal number: digits from first to last, zeros before
 * it allowed.
 *
 * Returns false, with out untouched, when text is anything else or the number
 * is above max.
 */
bool bytes_dec(uint64_t *out, struct bytes text, uint64_t max);

/* buf_of makes an empty writer over cap bytes at ptr. */
static inline struct buf
buf_of(void *ptr, size_t cap)
{
	return (struct buf){.ptr = ptr, .len = 0, .cap = cap};
}

/*
 * buf_put appends n bytes.
 *
 * Returns false, with b untouched, when they do not fit.
 */
static inline bool
buf_put(struct buf *b, const void *ptr, size_t n)
{
	if (b->cap - b->len < n)
		return false;
	if (n > 0)
		memcpy(b->ptr + b->len, ptr, n);
	b->len += n;
	return true;
}

/* buf_put_u8 appends one byte; false when full. */
static inline bool
buf_put_u8(struct buf *b, uint8_t v)
{
	return buf_put(b, &v, 1);
}

/* buf_put_dec appends v in decimal, with zeros in front up to least digits (at
 * most 20); false when they do not fit. */
bool buf_put_dec(struct buf *b, uint64_t v, unsigned least);

/* buf_put_utf8 appends a code point up to 0x10ffff; false when full. */
bool buf_put_utf8(struct buf *b, uint32_t c);

/* be16, be32 and be64 read a big-endian integer at p. */
static inline uint16_t
be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t
be64(const uint8_t *p)
{
	return (uint64_t)be32(p) << 32 | be32(p + 4);
}

/* be16_put, be32_put and be64_put write v at p, most significant first. */
static inline void
be16_put(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
be32_put(uint8_t *p, uint32_t v)
{
	be16_put(p, (uint16_t)(v >> 16));
	be16_put(p + 2, (uint16_t)v);
}

/* One store: a loop of eight that compilers do not see through delays every
 * load of the whole behind it. */
static inline void
be64_put(uint8_t *p, uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	memcpy(p, &v, sizeof(v));
}

#endif
