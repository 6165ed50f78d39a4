/* SPDX-License-Identifier: Apache-2.0
 *
 * The two groups of bn254: G1 on y^2 = x^3 + 3 over Fp, and G2, the subgroup
 * of order r of the twist y^2 = x^3 + 3 / (9 + i) over Fp2. The functions that
 * both have are written once, in jac_impl_priv.h, which says what they do.
 */
#ifndef CRYPTO_BN254_PRIV_H
#define CRYPTO_BN254_PRIV_H

#include "base/u256.h"
#include "crypto/fp254_priv.h"

/*
 * The family's parameter u: p = 36u^4 + 36u^3 + 24u^2 + 6u + 1 and
 * r = 36u^4 + 36u^3 + 18u^2 + 6u + 1. Its digits are 0, 1, 3 and their
 * negatives, each followed by two zeros at least, from the least.
 */
#define BN254_U UINT64_C(4965661367192848881)
enum { BN254_U_DIGITS = 63 };
extern const int bn254_u_digits[BN254_U_DIGITS];

/* r, the order of G1 and G2; EIP-196 */
#define BN254_R                                                                \
	((struct u256){{0x43e1f593f0000001, 0x2833e84879b97091,                \
	    0xb85045b68181585d, 0x30644e72e131a029}})

#define BN254_GROUP(g, f)                                                      \
	struct g##_affine {                                                    \
		struct f x, y;                                                 \
	};                                                                     \
	struct g {                                                             \
		struct f x, y, z;                                              \
	};                                                                     \
	bool g##_affine_is_inf(const struct g##_affine *a);                    \
	bool g##_is_on_curve(const struct g##_affine *a);                      \
	bool g##_is_inf(const struct g *a);                                    \
	void g##_from_affine(struct g *out, const struct g##_affine *a);       \
	void g##_to_affine(struct g##_affine *out, const struct g *a);         \
	void g##_neg(struct g *out, const struct g *a);                        \
	void g##_dbl(struct g *out, const struct g *p);                        \
	void g##_add(struct g *out, const struct g *p, const struct g *q);     \
	void g##_add_affine(                                                   \
	    struct g *out, const struct g *p, const struct g##_affine *q)
BN254_GROUP(bn254_g1, fp254);
BN254_GROUP(bn254_g2, fp254x2);

/* bn254_g1_read reads 64 bytes; false for what is no point of the curve.
 * bn254_g1_write writes them. */
bool bn254_g1_read(struct bn254_g1_affine *out, const uint8_t in[64]);
void bn254_g1_write(uint8_t out[64], const struct bn254_g1_affine *a);

/* bn254_g1_mul is out = k p, for any k. */
void bn254_g1_mul(struct bn254_g1 *out, const struct bn254_g1_affine *p,
    const struct u256 *k);

/* bn254_g1_split writes k as k[0] + k[1] lambda modulo r, each a number of at
 * most 128 bits to be negated where is_neg says so; lambda is what
 * (x, y) -> (beta x, y) multiplies by. */
struct bn254_parts {
	struct u256 k[2];
	bool is_neg[2];
};
void bn254_g1_split(struct bn254_parts *out, const struct u256 *k);

/* bn254_twist_read reads 128 bytes; false for what is no point of the twist. */
bool bn254_twist_read(struct bn254_g2_affine *out, const uint8_t in[128]);

/* bn254_g2_is_in_group tells whether a point of the twist has order r (or is
 * at infinity). */
bool bn254_g2_is_in_group(const struct bn254_g2_affine *q);

#endif
