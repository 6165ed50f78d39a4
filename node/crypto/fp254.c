/* SPDX-License-Identifier: Apache-2.0
 *
 * Products and quotients of bn254's fields. Each product is compiled for mulx
 * and without, and the processor is asked per call: one load and a branch that
 * is always predicted.
 */
#include "crypto/fp254_priv.h"

#include "crypto/mont_inv_priv.h"

/* --- Fp */

void
fp254_mul_plain(struct fp254 *out, const struct fp254 *a, const struct fp254 *b)
{
	mont_mul(out->w, a->w, b->w, &fp254_field, false);
}

void
fp254_mul(struct fp254 *out, const struct fp254 *a, const struct fp254 *b)
{
	if (mont_has_mulx())
		mont_mul(out->w, a->w, b->w, &fp254_field, true);
	else
		fp254_mul_plain(out, a, b);
}

void
fp254_sqr(struct fp254 *out, const struct fp254 *a)
{
	fp254_mul(out, a, a);
}

void
fp254_inv(struct fp254 *out, const struct fp254 *a)
{
	mont_inv_gcd(out->w, a->w, &fp254_field);
}

void
fp254_half(struct fp254 *out, const struct fp254 *a)
{
	uint64_t t[4];
	unsigned i;

	memcpy(t, a->w, sizeof(t));
	mont_limbs_add_if(t, 0 - (t[0] & 1), &fp254_field);
	for (i = 0; i < 3; i++)
		out->w[i] = t[i] >> 1 | t[i + 1] << 63;
	out->w[3] = t[3] >> 1;
}

bool
fp254_from_be(struct fp254 *out, const uint8_t in[32])
{
	struct fp254 r2;

	if (!mont_from_be(out->w, in, &fp254_field))
		return false;
	memcpy(r2.w, fp254_field.r2, sizeof(r2.w));
	fp254_mul(out, out, &r2);
	return true;
}

void
fp254_to_be(uint8_t out[32], const struct fp254 *a)
{
	const struct fp254 plain_one = {{1, 0, 0, 0}};
	struct fp254 plain;

	fp254_mul(&plain, a, &plain_one);
	mont_to_be(out, plain.w, &fp254_field);
}

/* --- Fp2 */

/* Karatsuba's three products, of which the differences are reduced: two
 * reductions for four products. Sums stay below 2p, products below 4 p^2,
 * which is below p R. */
MONT_INLINE void
mul2(struct fp254x2 *out, const struct fp254x2 *a, const struct fp254x2 *b,
    bool mulx)
{
	const struct mont *f = &fp254_field;
	uint64_t sa[4], sb[4], re[8], im[8], cross[8];

	mont_add_lazy(sa, a->re.w, a->im.w, f);
	mont_add_lazy(sb, b->re.w, b->im.w, f);
	mont_mul_wide(re, a->re.w, b->re.w, f, mulx);
	mont_mul_wide(im, a->im.w, b->im.w, f, mulx);
	mont_mul_wide(cross, sa, sb, f, mulx);
	(void)mont_limbs_sub(cross, re, 8);
	(void)mont_limbs_sub(cross, im, 8);
	mont_sub_wide(re, im, f);
	mont_reduce(out->re.w, re, f, mulx);
	mont_reduce(out->im.w, cross, f, mulx);
}

/* (re + im)(re - im), 2 re im. */
MONT_INLINE void
sqr2(struct fp254x2 *out, const struct fp254x2 *a, bool mulx)
{
	const struct mont *f = &fp254_field;
	uint64_t sum[4], diff[4], twice[4];

	mont_add_lazy(sum, a->re.w, a->im.w, f);
	mont_sub(diff, a->re.w, a->im.w, f);
	mont_add_lazy(twice, a->re.w, a->re.w, f);
	mont_mul(out->im.w, a->im.w, twice, f, mulx);
	mont_mul(out->re.w, diff, sum, f, mulx);
}

/* 2^256 - p */
static const uint64_t minus_p[4] = {0xc3df73e9278302b9, 0x687e956e978e3572,
    0x47afba497e7ea7a2, 0xcf9bb18d1ece5fd6};

/*
 * out = 9 a + b, b being below p. The sum is below 10 p; how many p are in it
 * is told by its bits from 246 on, of which p has 193.6: 338 / 2^16 is just
 * below the reciprocal, so that at most one p too few is taken off.
 */
MONT_INLINE void
nine_times(uint64_t out[4], const uint64_t a[4], const uint64_t b[4], bool mulx)
{
	uint64_t t[4] = {b[0], b[1], b[2], b[3]}, top, cnt;

	top = mont_row(t, a, 9, 4, mulx);
	cnt = (top << 10 | t[3] >> 54) * 338 >> 16;
	(void)mont_row(t, minus_p, cnt, 4, mulx);
	mont_once(out, t, &fp254_field);
}

/* (9 + i)(re + im i) = (9 re - im) + (9 im + re) i */
MONT_INLINE void
mul_xi2(struct fp254x2 *out, const struct fp254x2 *a, bool mulx)
{
	struct fp254 re = a->re, minus;

	fp254_neg(&minus, &a->im);
	nine_times(out->re.w, a->re.w, minus.w, mulx);
	nine_times(out->im.w, a->im.w, re.w, mulx);
}

void
fp254x2_mul_plain(
    struct fp254x2 *out, const struct fp254x2 *a, const struct fp254x2 *b)
{
	mul2(out, a, b, false);
}

void
fp254x2_mul(
    struct fp254x2 *out, const struct fp254x2 *a, const struct fp254x2 *b)
{
	if (mont_has_mulx())
		mul2(out, a, b, true);
	else
		fp254x2_mul_plain(out, a, b);
}

void
fp254x2_sqr_plain(struct fp254x2 *out, const struct fp254x2 *a)
{
	sqr2(out, a, false);
}

void
fp254x2_sqr(struct fp254x2 *out, const struct fp254x2 *a)
{
	if (mont_has_mulx())
		sqr2(out, a, true);
	else
		fp254x2_sqr_plain(out, a);
}

void
fp254x2_mul_xi_plain(struct fp254x2 *out, const struct fp254x2 *a)
{
	mul_xi2(out, a, false);
}

void
fp254x2_mul_xi(struct fp254x2 *out, const struct fp254x2 *a)
{
	if (mont_has_mulx())
		mul_xi2(out, a, true);
	else
		fp254x2_mul_xi_plain(out, a);
}

void
fp254x2_scale(
    struct fp254x2 *out, const struct fp254x2 *a, const struct fp254 *k)
{
	struct fp254 by = *k; /* may be a part of out */

	fp254_mul(&out->re, &a->re, &by);
	fp254_mul(&out->im, &a->im, &by);
}

void
fp254x2_half(struct fp254x2 *out, const struct fp254x2 *a)
{
	fp254_half(&out->re, &a->re);
	fp254_half(&out->im, &a->im);
}

void
fp254x2_inv(struct fp254x2 *out, const struct fp254x2 *a)
{
	struct fp254 norm, t;

	fp254_sqr(&norm, &a->re);
	fp254_sqr(&t, &a->im);
	fp254_add(&norm, &norm, &t);
	fp254_inv(&norm, &norm);
	fp254_mul(&out->re, &a->re, &norm);
	fp254_mul(&t, &a->im, &norm);
	fp254_neg(&out->im, &t);
}
