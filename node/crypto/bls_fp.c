/* SPDX-License-Identifier: Apache-2.0
 *
 * The field of BLS12-381 and its quadratic extension, except for products
 * (bls_mul.c): bytes, inverses, square roots, signs.
 */
#include "crypto/bls_fp_priv.h"

#include "base/bytes.h"
#include "crypto/mont_inv_priv.h"

static const struct bls_fp plain_one = {{1}};

void
bls_fp_from_plain(struct bls_fp *out, const struct bls_fp *plain)
{
	struct bls_fp r2;

	memcpy(r2.w, bls_field.r2, sizeof(r2.w));
	bls_fp_mul(out, plain, &r2);
}

void
bls_fp_to_plain(struct bls_fp *plain, const struct bls_fp *a)
{
	bls_fp_mul(plain, a, &plain_one);
}

bool
bls_fp_take(struct bls_fp *out, const uint8_t in[BLS_FP_BYTES])
{
	if (!mont_from_be(out->w, in, &bls_field))
		return false;
	bls_fp_from_plain(out, out);
	return true;
}

void
bls_fp_put(uint8_t out[BLS_FP_BYTES], const struct bls_fp *a)
{
	struct bls_fp plain;

	bls_fp_to_plain(&plain, a);
	mont_to_be(out, plain.w, &bls_field);
}

void
bls_fp_inv(struct bls_fp *out, const struct bls_fp *a)
{
	mont_inv_gcd(out->w, a->w, &bls_field);
}

/*
 * root is out = a^((p + 1) / 4), a square root of a or of -a because p is 3
 * modulo 4. Four bits of the exponent at a time.
 */
static void
root(struct bls_fp *out, const struct bls_fp *a)
{
	static const uint64_t exponent[BLS_LIMBS] = {0xee7fbfffffffeaab,
	    0x07aaffffac54ffff, 0xd9cc34a83dac3d89, 0xd91dd2e13ce144af,
	    0x92c6e9ed90d2eb35, 0x0680447a8e5ff9a6};
	struct bls_fp power[16], r;
	unsigned i, k;

	power[0] = bls_fp_one;
	for (i = 1; i < 16; i++)
		bls_fp_mul(&power[i], &power[i - 1], a);
	r = bls_fp_one;
	for (i = 16 * BLS_LIMBS; i-- > 0;) {
		for (k = 0; k < 4; k++)
			bls_fp_sqr(&r, &r);
		bls_fp_mul(
		    &r, &r, &power[exponent[i / 16] >> 4 * (i % 16) & 15]);
	}
	*out = r;
}

bool
bls_fp_sqrt(struct bls_fp *out, const struct bls_fp *a)
{
	struct bls_fp r, square;

	root(&r, a);
	bls_fp_sqr(&square, &r);
	if (!bls_fp_eq(&square, a))
		return false;
	*out = r;
	return true;
}

bool
bls_fp_is_odd(const struct bls_fp *a)
{
	struct bls_fp plain;

	bls_fp_to_plain(&plain, a);
	return plain.w[0] & 1;
}

/* Above (p - 1) / 2 is what reduces when it is doubled: 2a - p is odd. */
bool
bls_fp_is_high(const struct bls_fp *a)
{
	struct bls_fp twice;

	bls_fp_dbl(&twice, a);
	return bls_fp_is_odd(&twice);
}

void
bls_fp2_from_plain(struct bls_fp2 *out, const struct bls_fp2 *plain)
{
	bls_fp_from_plain(&out->c0, &plain->c0);
	bls_fp_from_plain(&out->c1, &plain->c1);
}

/* 1 / a = conj(a) / (c0^2 + c1^2) */
void
bls_fp2_inv(struct bls_fp2 *out, const struct bls_fp2 *a)
{
	struct bls_fp2 conj;
	struct bls_fp norm, t;

	bls_fp_sqr(&norm, &a->c0);
	bls_fp_sqr(&t, &a->c1);
	bls_fp_add(&norm, &norm, &t);
	bls_fp_inv(&norm, &norm);
	bls_fp2_conj(&conj, a);
	bls_fp2_mul_fp(out, &conj, &norm);
}

/* root_of_real is out^2 = a for a in Fp: every such a has a root in Fp2. */
static void
root_of_real(struct bls_fp2 *out, const struct bls_fp *a)
{
	struct bls_fp r, minus;

	*out = (struct bls_fp2){0};
	if (bls_fp_sqrt(&r, a)) {
		out->c0 = r;
		return;
	}
	bls_fp_neg(&minus, a);
	(void)bls_fp_sqrt(&out->c1, &minus);
}

/*
 * The complex method: with n^2 = c0^2 + c1^2 (a has a root when that has) and
 * d = (c0 + n) / 2, the root is x + c1 / (2x) u, where x^2 is d or d - n. Of
 * these two one is a square, and s = d^((p + 1) / 4) tells both: for
 * s^2 = -d, d - n = c1^2 / (4 s^2).
 */
bool
bls_fp2_sqrt(struct bls_fp2 *out, const struct bls_fp2 *a)
{
	struct bls_fp n, t, d, s, other;

	if (bls_fp_is_zero(&a->c1)) {
		root_of_real(out, &a->c0);
		return true;
	}
	bls_fp_sqr(&n, &a->c0);
	bls_fp_sqr(&t, &a->c1);
	bls_fp_add(&n, &n, &t);
	if (!bls_fp_sqrt(&n, &n))
		return false;
	bls_fp_add(&d, &a->c0, &n);
	bls_fp_halve(&d, &d);
	root(&s, &d);
	bls_fp_dbl(&other, &s);
	bls_fp_inv(&other, &other);
	bls_fp_mul(&other, &other, &a->c1);
	bls_fp_sqr(&t, &s);
	if (bls_fp_eq(&t, &d))
		*out = (struct bls_fp2){s, other};
	else
		*out = (struct bls_fp2){other, s};
	return true;
}

bool
bls_fp2_is_odd(const struct bls_fp2 *a)
{
	return bls_fp_is_zero(&a->c0) ? bls_fp_is_odd(&a->c1)
				      : bls_fp_is_odd(&a->c0);
}

bool
bls_fp2_is_high(const struct bls_fp2 *a)
{
	return bls_fp_is_zero(&a->c1) ? bls_fp_is_high(&a->c0)
				      : bls_fp_is_high(&a->c1);
}
