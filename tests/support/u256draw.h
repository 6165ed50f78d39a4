/* SPDX-License-Identifier: Apache-2.0
 *
 * Seeded random numbers whose digits are often all zeros or all ones, where
 * carries and estimates go wrong. Set draw_seed first.
 */
#ifndef SUPPORT_U256DRAW_H
#define SUPPORT_U256DRAW_H

#include "base/u256.h"

static uint64_t draw_seed;

/* draw_u64 draws any number of 64 bits. */
static inline uint64_t
draw_u64(void)
{
	uint64_t z = (draw_seed += 0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* draw_digit draws 0, 1, all ones, a lone high bit, small or anything. */
static inline uint64_t
draw_digit(void)
{
	uint64_t v = draw_u64();

	switch (draw_u64() % 8) {
	case 0:
		return 0;
	case 1:
		return 1;
	case 2:
		return ~(uint64_t)0;
	case 3:
		return (uint64_t)1 << 63;
	case 4:
		return v & 0xff;
	case 5:
		return ~(v & 0xff);
	default:
		return v;
	}
}

/* draw_u256 draws a number of 0 to 4 such digits. */
static inline struct u256
draw_u256(void)
{
	struct u256 v = U256_ZERO;
	unsigned i, keep = (unsigned)(draw_u64() % 5);

	for (i = 0; i < keep; i++)
		v.w[i] = draw_digit();
	return v;
}

#endif
