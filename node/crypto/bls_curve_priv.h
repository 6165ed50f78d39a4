/* SPDX-License-Identifier: Apache-2.0
 *
 * The groups of BLS12-381: y^2 = x^3 + 4 over Fp, and y^2 = x^3 + 4 (1 + u)
 * over Fp2. G1 and G2 are their subgroups of prime order r; these functions
 * take any points of the curves, except where they say so. Both groups have
 * the same functions, written once in jac_impl_priv.h, which bn254 shares, and
 * bls_curve_impl_priv.h.
 */
#ifndef CRYPTO_BLS_CURVE_PRIV_H
#define CRYPTO_BLS_CURVE_PRIV_H

#include "base/arena.h"
#include "crypto/bls_fp_priv.h"

/* |x| of the family's parameter x, which is negative: r = x^4 - x^2 + 1. */
#define BLS_X UINT64_C(0xd201000000010000)

/* A part of a scalar: both groups have an endomorphism by which a scalar is
 * split into parts of 128 or of 64 bits. */
struct bls_part {
	uint64_t w[2]; /* w[0] least significant */
};

enum {
	BLS_FEW = 8, /* points of a sum on the stack */
	BLS_G1_PARTS = 2,
	BLS_G1_PART_BITS = 128,
	BLS_G2_PARTS = 4,
	BLS_G2_PART_BITS = 64,
};

/* An affine point of zeros is the point at infinity: it is on neither curve,
 * and EIP-2537 writes it so. */
struct bls_g1_affine {
	struct bls_fp x, y;
};
struct bls_g2_affine {
	struct bls_fp2 x, y;
};

/* Jacobian coordinates: (X/Z^2, Y/Z^3); Z = 0 at infinity. */
struct bls_g1 {
	struct bls_fp x, y, z;
};
struct bls_g2 {
	struct bls_fp2 x, y, z;
};

/* r, the order of G1 and G2; EIP-2537, "Main subgroup order" */
#define BLS_R                                                                  \
	((struct u256){{0xffffffff00000001, 0x53bda402fffe5bfe,                \
	    0x3339d80809a1d805, 0x73eda753299d7d48}})

extern const struct bls_g1_affine bls_g1_generator;
extern const struct bls_g2_affine bls_g2_generator;

/*
 * For a group g:
 *
 * g_is_inf, g_affine_is_inf  at infinity
 * g_is_on_curve  coordinates satisfy the equation, or both are 0
 * g_lift         the point with this x and any of the two y; false when there
 *                is none
 * g_eq           the same point
 * g_neg, g_dbl, g_add, g_add_affine
 *                the group law, whole: infinity, equal and opposite points
 *                are right. Outputs may be inputs.
 * g_from_affine, g_to_affine, g_to_affine_many
 *                cnt points share one inversion; scratch is cnt elements
 * g_mul_x        |x| times a point
 * g_is_in_group  is in the subgroup of order r
 * g_endo         multiplies a point of the subgroup by -x^2 (G1) or x (G2)
 * g_split        writes k times a point of the subgroup as a sum of points
 *                times parts, BLS_Gn_PARTS of them; k is any number
 * g_clear_cofactor
 *                takes any point of the curve into the subgroup, as RFC 9380,
 *                section 8.8, defines it
 * g_sum          the sum of points times parts of at most `bits` bits; the
 *                points are anywhere on the curve. Takes a few kB per point
 *                of the arena, and gives them back; ends the process where
 *                the arena has none.
 * g_sum_few      the same of at most BLS_FEW points, on the stack
 */
#define BLS_CURVE_FUNCTIONS(g, field)                                          \
	bool g##_is_inf(const struct g *a);                                    \
	bool g##_affine_is_inf(const struct g##_affine *a);                    \
	bool g##_is_on_curve(const struct g##_affine *a);                      \
	bool g##_lift(struct g##_affine *out, const struct field *x);          \
	bool g##_eq(const struct g *a, const struct g *b);                     \
	void g##_neg(struct g *out, const struct g *a);                        \
	void g##_dbl(struct g *out, const struct g *a);                        \
	void g##_add(struct g *out, const struct g *a, const struct g *b);     \
	void g##_add_affine(                                                   \
	    struct g *out, const struct g *a, const struct g##_affine *b);     \
	void g##_from_affine(struct g *out, const struct g##_affine *a);       \
	void g##_to_affine(struct g##_affine *out, const struct g *a);         \
	void g##_to_affine_many(struct g##_affine *out, const struct g *a,     \
	    struct field *scratch, size_t cnt);                                \
	void g##_mul_x(struct g *out, const struct g *a);                      \
	bool g##_is_in_group(const struct g##_affine *a);                      \
	void g##_endo(struct g##_affine *out, const struct g##_affine *a);     \
	void g##_split(struct g##_affine *points, struct bls_part *parts,      \
	    const struct g##_affine *a, const struct u256 *k);                 \
	void g##_clear_cofactor(struct g *out, const struct g *a);             \
	void g##_sum(struct arena *mem, struct g *out,                         \
	    const struct g##_affine *points, const struct bls_part *parts,     \
	    size_t cnt, unsigned bits);                                        \
	void g##_sum_few(struct g *out, const struct g##_affine *points,       \
	    const struct bls_part *parts, size_t cnt, unsigned bits)

BLS_CURVE_FUNCTIONS(bls_g1, bls_fp);
BLS_CURVE_FUNCTIONS(bls_g2, bls_fp2);

#endif
