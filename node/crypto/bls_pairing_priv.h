/* SPDX-License-Identifier: Apache-2.0
 *
 * The field Fp12 that pairings live in, and the optimal ate pairing.
 *
 *   Fp6  = Fp2[v] / (v^3 - (1 + u))     Fp12 = Fp6[w] / (w^2 - v)
 */
#ifndef CRYPTO_BLS_PAIRING_PRIV_H
#define CRYPTO_BLS_PAIRING_PRIV_H

#include "crypto/bls_curve_priv.h"

struct bls_fp6 {
	struct bls_fp2 c0, c1, c2; /* c0 + c1 v + c2 v^2 */
};

struct bls_fp12 {
	struct bls_fp6 c0, c1; /* c0 + c1 w */
};

static const struct bls_fp12 bls_fp12_one = {
    {{{BLS_ONE}, {{0}}}, {{{0}}, {{0}}}, {{{0}}, {{0}}}},
    {{{{0}}, {{0}}}, {{{0}}, {{0}}}, {{{0}}, {{0}}}},
};

/* Outputs may be inputs. */
bool bls_fp12_eq(const struct bls_fp12 *a, const struct bls_fp12 *b);
void bls_fp12_mul(
    struct bls_fp12 *out, const struct bls_fp12 *a, const struct bls_fp12 *b);
void bls_fp12_sqr(struct bls_fp12 *out, const struct bls_fp12 *a);

/* bls_fp12_inv inverts; 0 gives 0. */
void bls_fp12_inv(struct bls_fp12 *out, const struct bls_fp12 *a);

/* bls_fp12_conj is a^(p^6): c0 - c1 w. Where a^(p^6 + 1) is 1, as after the
 * easy part of the final exponentiation, it is the inverse. */
void bls_fp12_conj(struct bls_fp12 *out, const struct bls_fp12 *a);

/* bls_fp12_frobenius is a^p. */
void bls_fp12_frobenius(struct bls_fp12 *out, const struct bls_fp12 *a);

/* bls_fp12_cyclo_sqr squares what the easy part leaves: a^(p^4 - p^2 + 1) is
 * 1. Anything else gives nonsense. */
void bls_fp12_cyclo_sqr(struct bls_fp12 *out, const struct bls_fp12 *a);

/* bls_fp12_mul_line multiplies a by l0 + l1 v + l2 v w. */
void bls_fp12_mul_line(struct bls_fp12 *a, const struct bls_fp2 *l0,
    const struct bls_fp2 *l1, const struct bls_fp2 *l2);

/* Both points lie in their subgroups and are not at infinity. */
struct bls_pair {
	struct bls_g1_affine p;
	struct bls_g2_affine q;
};

/* What one Miller loop takes: a bound of stack. */
enum { BLS_PAIRS_MAX = 16 };

/* bls_miller_loop multiplies f by the Miller functions of cnt pairs, at most
 * BLS_PAIRS_MAX. */
void bls_miller_loop(
    struct bls_fp12 *f, const struct bls_pair *pairs, size_t cnt);

/*
 * bls_final_exp raises a to 3 (p^12 - 1) / r. That thrice the exponent of
 * the definition is quicker; 3 does not divide r, so that what is 1 is
 * the same.
 */
void bls_final_exp(struct bls_fp12 *out, const struct bls_fp12 *a);

#endif
