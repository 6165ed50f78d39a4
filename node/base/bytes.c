/* SPDX-License-Identifier: Apache-2.0
 *
 * What of bytes.h is too long for a header. No codec lives here.
 */
#include "base/bytes.h"

enum { DEC_LEN_MAX = 20 }; /* digits of UINT64_MAX */

int
bytes_cmp(struct bytes a, struct bytes b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n > 0 ? memcmp(a.ptr, b.ptr, n) : 0;

	if (c != 0)
		return c < 0 ? -1 : 1;
	if (a.len == b.len)
		return 0;
	return a.len < b.len ? -1 : 1;
}

bool
bytes_dec(uint64_t *out, struct bytes text, uint64_t max)
{
	uint64_t n = 0, digit;
	size_t i;

	for (i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		digit = (uint64_t)(text.ptr[i] - '0');
		if (digit > max || n > (max - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	if (text.len == 0)
		return false;
	*out = n;
	return true;
}

bool
buf_put_dec(struct buf *b, uint64_t v, unsigned least)
{
	uint64_t bound;
	size_t len = 1, at;

	for (bound = 10; len < DEC_LEN_MAX && v >= bound; bound *= 10)
		len++;
	if (len < least)
		len = least < DEC_LEN_MAX ? least : DEC_LEN_MAX;
	if (b->cap - b->len < len)
		return false;
	for (at = b->len + len; at > b->len; v /= 10)
		b->ptr[--at] = (uint8_t)('0' + v % 10);
	b->len += len;
	return true;
}

bool
buf_put_utf8(struct buf *b, uint32_t c)
{
	uint8_t out[4];
	size_t n = 0;

	if (c < 0x80) {
		out[n++] = (uint8_t)c;
	} else if (c < 0x800) {
		out[n++] = (uint8_t)(0xc0 | c >> 6);
		out[n++] = (uint8_t)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		out[n++] = (uint8_t)(0xe0 | c >> 12);
		out[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[n++] = (uint8_t)(0x80 | (c & 0x3f));
	} else {
		out[n++] = (uint8_t)(0xf0 | c >> 18);
		out[n++] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
		out[n++] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[n++] = (uint8_t)(0x80 | (c & 0x3f));
	}
	return buf_put(b, out, n);
}
