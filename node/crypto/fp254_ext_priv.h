/* SPDX-License-Identifier: Apache-2.0
 *
 * The tower over bn254's Fp2: Fp6 = Fp2[v] / (v^3 - xi), xi = 9 + i, and
 * Fp12 = Fp6[w] / (w^2 - v). As polynomials in w, with w^6 = xi, the six
 * coefficients of an Fp12 are c0.c0, c1.c0, c0.c1, c1.c1, c0.c2, c1.c2.
 * Outputs may alias inputs.
 */
#ifndef CRYPTO_FP254_EXT_PRIV_H
#define CRYPTO_FP254_EXT_PRIV_H

#include "crypto/fp254_priv.h"

struct fp254x6 {
	struct fp254x2 c0, c1, c2;
};

struct fp254x12 {
	struct fp254x6 c0, c1;
};

/* A line through points of the twist, at a point of the curve:
 * a + b w + c w^3. */
struct fp254_line {
	struct fp254x2 a, b, c;
};

/* xi^(j (p^k - 1) / 6) at [k - 1][j - 1], for k and j from 1: what the
 * Frobenius map gives w^j when taken k times. */
extern const struct fp254x2 fp254_frob[3][5];

/* fp254x12_one is out = 1. */
void fp254x12_one(struct fp254x12 *out);

/* fp254x12_is_one tells whether a is 1. */
bool fp254x12_is_one(const struct fp254x12 *a);

/* fp254x12_mul is out = a b, fp254x12_sqr out = a^2. */
void fp254x12_mul(
    struct fp254x12 *out, const struct fp254x12 *a, const struct fp254x12 *b);
void fp254x12_sqr(struct fp254x12 *out, const struct fp254x12 *a);

/* fp254x12_inv is out = 1 / a. */
void fp254x12_inv(struct fp254x12 *out, const struct fp254x12 *a);

/* fp254x12_conj is out = a^(p^6), which is 1 / a in the cyclotomic group. */
void fp254x12_conj(struct fp254x12 *out, const struct fp254x12 *a);

/* fp254x12_frob is out = a^(p^k), k from 1 to 3. */
void fp254x12_frob(struct fp254x12 *out, const struct fp254x12 *a, unsigned k);

/* fp254x12_sqr_cyc is out = a^2 of an a whose order divides p^4 - p^2 + 1. */
void fp254x12_sqr_cyc(struct fp254x12 *out, const struct fp254x12 *a);

/* fp254x12_mul_line is f *= l; fp254x12_mul_lines is f *= l m, cheaper than
 * one after the other. */
void fp254x12_mul_line(struct fp254x12 *f, const struct fp254_line *l);
void fp254x12_mul_lines(
    struct fp254x12 *f, const struct fp254_line *l, const struct fp254_line *m);

#endif
