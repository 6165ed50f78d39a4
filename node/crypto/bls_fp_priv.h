/* SPDX-License-Identifier: Apache-2.0
 *
 * The field of BLS12-381, integers modulo a prime of 381 bits, and its
 * quadratic extension. Elements stand in Montgomery form (x as x * 2^384
 * mod p), always below p; outputs may be inputs everywhere.
 *
 * All of BLS12-381 here works on public data out of transactions: nothing
 * takes care to run in constant time, so no secret may come near it.
 */
#ifndef CRYPTO_BLS_FP_PRIV_H
#define CRYPTO_BLS_FP_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "crypto/mont_priv.h"

enum { BLS_LIMBS = 6, BLS_FP_BYTES = 48, BLS_FP2_BYTES = 96 };

struct bls_fp {
	uint64_t w[BLS_LIMBS]; /* w[0] least significant */
};

/* c0 + c1 u with u^2 = -1 */
struct bls_fp2 {
	struct bls_fp c0, c1;
};

/* The prime; EIP-2537, "Fp field modulus". */
#define BLS_P                                                                  \
	{                                                                      \
		0xb9feffffffffaaab, 0x1eabfffeb153ffff, 0x6730d2a0f6b0f624,    \
		    0x64774b84f38512bf, 0x4b1ba7b6434bacd7, 0x1a0111ea397fe69a \
	}
/* 2^384 mod p: 1 in Montgomery form */
#define BLS_ONE                                                                \
	{                                                                      \
		0x760900000002fffd, 0xebf4000bc40c0002, 0x5f48985753c758ba,    \
		    0x77ce585370525745, 0x5c071a97a256ec6d, 0x15f65ec3fa80e493 \
	}

static const struct mont bls_field = {
    .p = BLS_P,
    .one = BLS_ONE,
    .r2 = {0xf4df1f341c341746, 0x0a76e6a609d104f1, 0x8de5476c4c95b6d5,
	0x67eb88a9939d83c0, 0x9a793e85b519952d, 0x11988fe592cae3aa},
    .neg_inv = 0x89f3fffcfffcfffd,
    .limbs = BLS_LIMBS,
};

static const struct bls_fp bls_fp_one = {BLS_ONE};
static const struct bls_fp2 bls_fp2_one = {{BLS_ONE}, {{0}}};

/* --- Fp */

static inline bool
bls_fp_is_zero(const struct bls_fp *a)
{
	return mont_is_zero(a->w, &bls_field);
}

static inline bool
bls_fp_eq(const struct bls_fp *a, const struct bls_fp *b)
{
	return mont_eq(a->w, b->w, &bls_field);
}

static inline void
bls_fp_add(struct bls_fp *out, const struct bls_fp *a, const struct bls_fp *b)
{
	mont_add(out->w, a->w, b->w, &bls_field);
}

static inline void
bls_fp_dbl(struct bls_fp *out, const struct bls_fp *a)
{
	mont_add(out->w, a->w, a->w, &bls_field);
}

static inline void
bls_fp_sub(struct bls_fp *out, const struct bls_fp *a, const struct bls_fp *b)
{
	mont_sub(out->w, a->w, b->w, &bls_field);
}

static inline void
bls_fp_neg(struct bls_fp *out, const struct bls_fp *a)
{
	mont_neg(out->w, a->w, &bls_field);
}

/* bls_fp_halve is a / 2; what is odd becomes even with p. */
static inline void
bls_fp_halve(struct bls_fp *out, const struct bls_fp *a)
{
	uint64_t t[BLS_LIMBS];
	unsigned i;

	memcpy(t, a->w, sizeof(t));
	mont_limbs_add_if(t, 0 - (a->w[0] & 1), &bls_field);
	for (i = 0; i < BLS_LIMBS - 1; i++)
		out->w[i] = t[i] >> 1 | t[i + 1] << 63;
	out->w[i] = t[i] >> 1;
}

/* bls_fp_mul and bls_fp_sqr multiply; one plain factor, not in Montgomery
 * form, makes the product plain. */
void bls_fp_mul(
    struct bls_fp *out, const struct bls_fp *a, const struct bls_fp *b);
void bls_fp_sqr(struct bls_fp *out, const struct bls_fp *a);

/* bls_fp_from_plain and bls_fp_to_plain enter and leave Montgomery form. */
void bls_fp_from_plain(struct bls_fp *out, const struct bls_fp *plain);
void bls_fp_to_plain(struct bls_fp *plain, const struct bls_fp *a);

/* bls_fp_inv inverts; 0 gives 0 (inv0 of RFC 9380, section 4). */
void bls_fp_inv(struct bls_fp *out, const struct bls_fp *a);

/* bls_fp_sqrt takes a square root; false, with out untouched, when a has
 * none. */
bool bls_fp_sqrt(struct bls_fp *out, const struct bls_fp *a);

/* bls_fp_is_odd is sgn0 of RFC 9380, section 4.1: the lowest bit of the
 * number. */
bool bls_fp_is_odd(const struct bls_fp *a);

/* bls_fp_is_high tells whether the number is above (p - 1) / 2. */
bool bls_fp_is_high(const struct bls_fp *a);

/* bls_fp_take reads 48 bytes, big-endian; false when they are not below p. */
bool bls_fp_take(struct bls_fp *out, const uint8_t in[BLS_FP_BYTES]);
void bls_fp_put(uint8_t out[BLS_FP_BYTES], const struct bls_fp *a);

/* --- Fp2: the same operations */

static inline bool
bls_fp2_is_zero(const struct bls_fp2 *a)
{
	return bls_fp_is_zero(&a->c0) && bls_fp_is_zero(&a->c1);
}

static inline bool
bls_fp2_eq(const struct bls_fp2 *a, const struct bls_fp2 *b)
{
	return bls_fp_eq(&a->c0, &b->c0) && bls_fp_eq(&a->c1, &b->c1);
}

static inline void
bls_fp2_add(
    struct bls_fp2 *out, const struct bls_fp2 *a, const struct bls_fp2 *b)
{
	bls_fp_add(&out->c0, &a->c0, &b->c0);
	bls_fp_add(&out->c1, &a->c1, &b->c1);
}

static inline void
bls_fp2_dbl(struct bls_fp2 *out, const struct bls_fp2 *a)
{
	bls_fp2_add(out, a, a);
}

static inline void
bls_fp2_sub(
    struct bls_fp2 *out, const struct bls_fp2 *a, const struct bls_fp2 *b)
{
	bls_fp_sub(&out->c0, &a->c0, &b->c0);
	bls_fp_sub(&out->c1, &a->c1, &b->c1);
}

static inline void
bls_fp2_neg(struct bls_fp2 *out, const struct bls_fp2 *a)
{
	bls_fp_neg(&out->c0, &a->c0);
	bls_fp_neg(&out->c1, &a->c1);
}

/* bls_fp2_conj is the Frobenius map of Fp2: c0 - c1 u. */
static inline void
bls_fp2_conj(struct bls_fp2 *out, const struct bls_fp2 *a)
{
	out->c0 = a->c0;
	bls_fp_neg(&out->c1, &a->c1);
}

/* bls_fp2_mul_xi multiplies by 1 + u, of which Fp6 adjoins the cube root. */
static inline void
bls_fp2_mul_xi(struct bls_fp2 *out, const struct bls_fp2 *a)
{
	struct bls_fp t;

	bls_fp_add(&t, &a->c0, &a->c1);
	bls_fp_sub(&out->c0, &a->c0, &a->c1);
	out->c1 = t;
}

static inline void
bls_fp2_mul_fp(
    struct bls_fp2 *out, const struct bls_fp2 *a, const struct bls_fp *b)
{
	bls_fp_mul(&out->c0, &a->c0, b);
	bls_fp_mul(&out->c1, &a->c1, b);
}

void bls_fp2_mul(
    struct bls_fp2 *out, const struct bls_fp2 *a, const struct bls_fp2 *b);
void bls_fp2_sqr(struct bls_fp2 *out, const struct bls_fp2 *a);
void bls_fp2_from_plain(struct bls_fp2 *out, const struct bls_fp2 *plain);
void bls_fp2_inv(struct bls_fp2 *out, const struct bls_fp2 *a);
bool bls_fp2_sqrt(struct bls_fp2 *out, const struct bls_fp2 *a);

/* bls_fp2_is_odd and bls_fp2_is_high: of c1 where it decides. RFC 9380
 * counts from c0 upward, the order of compressed points from c1 downward. */
bool bls_fp2_is_odd(const struct bls_fp2 *a);
bool bls_fp2_is_high(const struct bls_fp2 *a);

/* --- without the instructions of newer processors, for tests */

void bls_fp_mul_plain(
    struct bls_fp *out, const struct bls_fp *a, const struct bls_fp *b);
void bls_fp2_mul_plain(
    struct bls_fp2 *out, const struct bls_fp2 *a, const struct bls_fp2 *b);

#endif
