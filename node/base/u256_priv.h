/* SPDX-License-Identifier: Apache-2.0
 *
 * What u256.c and u256_div.c have in common: digits of 64 bits, and products
 * of twice as many.
 */
#ifndef BASE_U256_PRIV_H
#define BASE_U256_PRIV_H

#include "base/u256.h"

/* Digits of the widest dividend: the product of two 256-bit numbers. */
enum { U256_WIDE = 8 };

/* lo and hi are the halves of v, join puts two together. */
static inline uint64_t
lo(u128 v)
{
	return (uint64_t)v;
}

static inline uint64_t
hi(u128 v)
{
	return (uint64_t)(v >> 64);
}

static inline u128
join(uint64_t high, uint64_t low)
{
	return (u128)high << 64 | low;
}

/* u256_mul_row adds a * b to the digits of out from its first on; the digit
 * behind them is new. */
static inline void
u256_mul_row(uint64_t out[5], uint64_t a, const uint64_t b[4])
{
	u128 t = (u128)a * b[0] + out[0];

	out[0] = lo(t);
	t = (u128)a * b[1] + out[1] + hi(t);
	out[1] = lo(t);
	t = (u128)a * b[2] + out[2] + hi(t);
	out[2] = lo(t);
	t = (u128)a * b[3] + out[3] + hi(t);
	out[3] = lo(t);
	out[4] = hi(t);
}

/* u256_mul_wide computes the whole product. */
static inline void
u256_mul_wide(
    uint64_t out[U256_WIDE], const struct u256 *a, const struct u256 *b)
{
	out[0] = out[1] = out[2] = out[3] = 0;
	u256_mul_row(out, a->w[0], b->w);
	u256_mul_row(out + 1, a->w[1], b->w);
	u256_mul_row(out + 2, a->w[2], b->w);
	u256_mul_row(out + 3, a->w[3], b->w);
}

#endif
