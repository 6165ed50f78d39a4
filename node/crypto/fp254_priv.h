/* SPDX-License-Identifier: Apache-2.0
 *
 * The fields under the curve bn254 (alt_bn128): Fp of its 254-bit prime, and
 * Fp2 = Fp[i] / (i^2 + 1). Numbers are in Montgomery form and below the prime.
 * Outputs may alias inputs. All data is public: no constant time.
 */
#ifndef CRYPTO_FP254_PRIV_H
#define CRYPTO_FP254_PRIV_H

#include "crypto/mont_priv.h"

/* EIP-196: the prime, and what Montgomery's form needs of it. */
static const struct mont fp254_field = {
    .p = {0x3c208c16d87cfd47, 0x97816a916871ca8d, 0xb85045b68181585d,
	0x30644e72e131a029},
    .one = {0xd35d438dc58f0d9d, 0x0a78eb28f5c70b3d, 0x666ea36f7879462c,
	0x0e0a77c19a07df2f},
    .r2 = {0xf32cfc5b538afa89, 0xb5e71911d44501fb, 0x47ab1eff0a417ff6,
	0x06d89f71cab8351f},
    .neg_inv = 0x87d20782e4866389,
    .limbs = 4,
};

struct fp254 {
	uint64_t w[4];
};

/* re + im i */
struct fp254x2 {
	struct fp254 re, im;
};

static const struct fp254 fp254_one = {{0xd35d438dc58f0d9d, 0x0a78eb28f5c70b3d,
    0x666ea36f7879462c, 0x0e0a77c19a07df2f}};
static const struct fp254x2 fp254x2_one = {
    {{0xd35d438dc58f0d9d, 0x0a78eb28f5c70b3d, 0x666ea36f7879462c,
	0x0e0a77c19a07df2f}},
    {{0, 0, 0, 0}}};

/* --- Fp */

/* fp254_add is out = a + b; _sub, _neg, _dbl likewise. */
static inline void
fp254_add(struct fp254 *out, const struct fp254 *a, const struct fp254 *b)
{
	mont_add(out->w, a->w, b->w, &fp254_field);
}

static inline void
fp254_sub(struct fp254 *out, const struct fp254 *a, const struct fp254 *b)
{
	mont_sub(out->w, a->w, b->w, &fp254_field);
}

static inline void
fp254_neg(struct fp254 *out, const struct fp254 *a)
{
	mont_neg(out->w, a->w, &fp254_field);
}

static inline void
fp254_dbl(struct fp254 *out, const struct fp254 *a)
{
	mont_add(out->w, a->w, a->w, &fp254_field);
}

static inline bool
fp254_is_zero(const struct fp254 *a)
{
	return mont_is_zero(a->w, &fp254_field);
}

static inline bool
fp254_eq(const struct fp254 *a, const struct fp254 *b)
{
	return mont_eq(a->w, b->w, &fp254_field);
}

/* fp254_mul is out = a b, fp254_sqr out = a^2. */
void fp254_mul(struct fp254 *out, const struct fp254 *a, const struct fp254 *b);
void fp254_sqr(struct fp254 *out, const struct fp254 *a);

/* fp254_inv is out = 1 / a, and 0 for 0. */
void fp254_inv(struct fp254 *out, const struct fp254 *a);

/* fp254_half is out = a / 2. */
void fp254_half(struct fp254 *out, const struct fp254 *a);

/* fp254_from_be reads 32 big-endian bytes; false when not below the prime. */
bool fp254_from_be(struct fp254 *out, const uint8_t in[32]);

/* fp254_to_be writes 32 big-endian bytes. */
void fp254_to_be(uint8_t out[32], const struct fp254 *a);

/* --- Fp2 */

/* fp254x2_add is out = a + b; _sub, _neg, _dbl likewise. */
static inline void
fp254x2_add(
    struct fp254x2 *out, const struct fp254x2 *a, const struct fp254x2 *b)
{
	fp254_add(&out->re, &a->re, &b->re);
	fp254_add(&out->im, &a->im, &b->im);
}

static inline void
fp254x2_sub(
    struct fp254x2 *out, const struct fp254x2 *a, const struct fp254x2 *b)
{
	fp254_sub(&out->re, &a->re, &b->re);
	fp254_sub(&out->im, &a->im, &b->im);
}

static inline void
fp254x2_neg(struct fp254x2 *out, const struct fp254x2 *a)
{
	fp254_neg(&out->re, &a->re);
	fp254_neg(&out->im, &a->im);
}

static inline void
fp254x2_dbl(struct fp254x2 *out, const struct fp254x2 *a)
{
	fp254_dbl(&out->re, &a->re);
	fp254_dbl(&out->im, &a->im);
}

/* fp254x2_conj is out = a^p = re - im i. */
static inline void
fp254x2_conj(struct fp254x2 *out, const struct fp254x2 *a)
{
	out->re = a->re;
	fp254_neg(&out->im, &a->im);
}

static inline bool
fp254x2_is_zero(const struct fp254x2 *a)
{
	return fp254_is_zero(&a->re) && fp254_is_zero(&a->im);
}

static inline bool
fp254x2_eq(const struct fp254x2 *a, const struct fp254x2 *b)
{
	return fp254_eq(&a->re, &b->re) && fp254_eq(&a->im, &b->im);
}

/* fp254x2_mul is out = a b, fp254x2_sqr out = a^2. */
void fp254x2_mul(
    struct fp254x2 *out, const struct fp254x2 *a, const struct fp254x2 *b);
void fp254x2_sqr(struct fp254x2 *out, const struct fp254x2 *a);

/* fp254x2_scale is out = a k for k of Fp. */
void fp254x2_scale(
    struct fp254x2 *out, const struct fp254x2 *a, const struct fp254 *k);

/* fp254x2_mul_xi is out = (9 + i) a, the number that Fp6 and the twist are
 * made of. */
void fp254x2_mul_xi(struct fp254x2 *out, const struct fp254x2 *a);

/* fp254x2_half is out = a / 2. */
void fp254x2_half(struct fp254x2 *out, const struct fp254x2 *a);

/* fp254x2_inv is out = 1 / a, and 0 for 0. */
void fp254x2_inv(struct fp254x2 *out, const struct fp254x2 *a);

/* --- the same without mulx, for processors that have not got it and for
 * tests on those that have */

void fp254_mul_plain(
    struct fp254 *out, const struct fp254 *a, const struct fp254 *b);
void fp254x2_mul_plain(
    struct fp254x2 *out, const struct fp254x2 *a, const struct fp254x2 *b);
void fp254x2_sqr_plain(struct fp254x2 *out, const struct fp254x2 *a);
void fp254x2_mul_xi_plain(struct fp254x2 *out, const struct fp254x2 *a);

#endif
