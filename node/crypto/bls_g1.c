/* SPDX-License-Identifier: Apache-2.0
 *
 * G1 of BLS12-381: what it has beside the group law, its endomorphism.
 */
#include "crypto/bls_curve_priv.h"

/* 4 */
static const struct bls_fp curve_b = {
    {0xaa270000000cfff3, 0x53cc0032fc34000a, 0x478fe97a6b0a807f,
	0xb1d37ebee6ba24d7, 0x8ec9733bbf78ab2f, 0x09d645513d83de7e}};

/* EIP-2537, "H1 point"; as all constants here in Montgomery form */
const struct bls_g1_affine bls_g1_generator = {
    {{0x5cb38790fd530c16, 0x7817fc679976fff5, 0x154f95c7143ba1c1,
	0xf0ae6acdf3d0e747, 0xedce6ecc21dbf440, 0x120177419e0bfb75}},
    {{0xbaac93d50ce72271, 0x8c22631a7918fd8e, 0xdd595f13570725ce,
	0x51ac582950405194, 0x0e1c8c3fad0059c0, 0x0bbc3efc5008a26a}},
};

/* The cube root of 1 by which x is multiplied in -x^2 P. */
static const struct bls_fp beta = {
    {0x30f1361b798a64e8, 0xf3b8ddab7ece5a2a, 0x16a8ca3ac61577f7,
	0xc26a2ff874fd029b, 0x3636b76660701c6e, 0x051ba4ab241b6160}};

#define G(name) bls_g1##name
#define F(name) bls_fp##name
#define CURVE_B curve_b
#include "crypto/bls_curve_impl_priv.h"

void
bls_g1_endo(struct bls_g1_affine *out, const struct bls_g1_affine *a)
{
	bls_fp_mul(&out->x, &a->x, &beta);
	out->y = a->y;
}

/* k = q x^2 + rest, and x^2 P = -e(P) with e for the endomorphism. */
void
bls_g1_split(struct bls_g1_affine *points, struct bls_part *parts,
    const struct bls_g1_affine *a, const struct u256 *k)
{
	static const struct u256 xx = {{(uint64_t)((u128)BLS_X * BLS_X),
	    (uint64_t)((u128)BLS_X * BLS_X >> 64), 0, 0}};
	struct u256 rest, q;

	u256_divmod(NULL, &rest, k, &BLS_R);
	u256_divmod(&q, &rest, &rest, &xx);
	points[0] = *a;
	bls_g1_endo(&points[1], a);
	bls_fp_neg(&points[1].y, &points[1].y);
	parts[0] = (struct bls_part){{rest.w[0], rest.w[1]}};
	parts[1] = (struct bls_part){{q.w[0], q.w[1]}};
}

/* Scott, "A note on group membership tests for G1, G2 and GT on BLS
 * pairing-friendly curves" (2021): the endomorphism does what it does in the
 * subgroup nowhere else. */
bool
bls_g1_is_in_group(const struct bls_g1_affine *a)
{
	struct bls_g1_affine endo;
	struct bls_g1 want, got;

	bls_g1_from_affine(&got, a);
	bls_g1_mul_x(&got, &got);
	bls_g1_mul_x(&got, &got);
	bls_g1_neg(&got, &got);
	bls_g1_endo(&endo, a);
	bls_g1_from_affine(&want, &endo);
	return bls_g1_eq(&got, &want);
}

/* times 1 - x: h_eff of RFC 9380, section 8.8.1 */
void
bls_g1_clear_cofactor(struct bls_g1 *out, const struct bls_g1 *a)
{
	struct bls_g1 t;

	bls_g1_mul_x(&t, a);
	bls_g1_add(out, &t, a);
}
