/* SPDX-License-Identifier: Apache-2.0
 *
 * CRC-64/XZ, eight bytes a step: table[k][b] is what byte b does to the sum
 * when k more bytes follow it.
 */
#include "pool/crc64_priv.h"

void
crc64_init(struct crc64 *c)
{
	static const uint64_t poly = 0xc96c5795d7870f42; /* reflected */
	unsigned i, k;

	for (i = 0; i < 256; i++) {
		uint64_t v = i;

		for (k = 0; k < 8; k++)
			v = v >> 1 ^ (v & 1 ? poly : 0);
		c->table[0][i] = v;
	}
	for (i = 0; i < 256; i++) {
		for (k = 1; k < 8; k++) {
			uint64_t v = c->table[k - 1][i];

			c->table[k][i] = v >> 8 ^ c->table[0][v & 0xff];
		}
	}
}

static uint64_t
le64(const uint8_t *p)
{
	return __builtin_bswap64(be64(p));
}

uint64_t
crc64_add(const struct crc64 *c, uint64_t sum, struct bytes in)
{
	const uint8_t *p = in.ptr;
	size_t left = in.len;

	sum = ~sum;
	for (; left >= 8; p += 8, left -= 8) {
		uint64_t v = sum ^ le64(p);
		unsigned k;

		sum = 0;
		for (k = 0; k < 8; k++)
			sum ^= c->table[7 - k][v >> (8 * k) & 0xff];
	}
	for (; left > 0; p++, left--)
		sum = sum >> 8 ^ c->table[0][(sum ^ *p) & 0xff];
	return ~sum;
}
