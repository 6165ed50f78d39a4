/* SPDX-License-Identifier: Apache-2.0
 *
 * G2 of BLS12-381: what it has beside the group law, its endomorphism.
 */
#include "crypto/bls_curve_priv.h"

/* 4 (1 + u) */
static const struct bls_fp2 curve_b = {
    {{0xaa270000000cfff3, 0x53cc0032fc34000a, 0x478fe97a6b0a807f,
	0xb1d37ebee6ba24d7, 0x8ec9733bbf78ab2f, 0x09d645513d83de7e}},
    {{0xaa270000000cfff3, 0x53cc0032fc34000a, 0x478fe97a6b0a807f,
	0xb1d37ebee6ba24d7, 0x8ec9733bbf78ab2f, 0x09d645513d83de7e}}};

/* EIP-2537, "H2 point"; as all constants here in Montgomery form */
const struct bls_g2_affine bls_g2_generator = {
    {{{0xf5f28fa202940a10, 0xb3f5fb2687b4961a, 0xa1a893b53e2ae580,
	 0x9894999d1a3caee9, 0x6f67b7631863366b, 0x058191924350bcd7}},
	{{0xa5a9c0759e23f606, 0xaaa0c59dbccd60c3, 0x3bb17e18e2867806,
	    0x1b1ab6cc8541b367, 0xc2b6ed0ef2158547, 0x11922a097360edf3}}},
    {{{0x4c730af860494c4a, 0x597cfa1f5e369c5a, 0xe7e6856caa0a635a,
	 0xbbefb5e96e0d495f, 0x07d3a975f0ef25a2, 0x0083fd8e7e80dae5}},
	{{0xadc0fc92df64b05d, 0x18aa270a2b1461dc, 0x86adac6a3be4eba0,
	    0x79495c4ec93da33a, 0xe7175850a43ccaed, 0x0b2bc2a163de1bf2}}},
};

/* 1 / (1 + u)^((p-1)/3) and 1 / (1 + u)^((p-1)/2): a point goes to the curve
 * over Fp12, through the Frobenius map there, and back. */
static const struct bls_fp2 endo_x = {
    {{0}}, {{0x890dc9e4867545c3, 0x2af322533285a5d5, 0x50880866309b7e2c,
	       0xa20d1b8c7e881024, 0x14e4f04fe2db9068, 0x14e56d3f1564853a}}};
static const struct bls_fp2 endo_y = {
    {{0x3e2f585da55c9ad1, 0x4294213d86c18183, 0x382844c88b623732,
	0x92ad2afd19103e18, 0x1d794e4fac7cf0b9, 0x0bd592fc7d825ec8}},
    {{0x7bcfa7a25aa30fda, 0xdc17dec12a927e7c, 0x2f088dd86b4ebef1,
	0xd1ca2087da74d4a7, 0x2da2596696cebc1d, 0x0e2b7eedbbfd87d2}}};

#define G(name) bls_g2##name
#define F(name) bls_fp2##name
#define CURVE_B curve_b
#include "crypto/bls_curve_impl_priv.h"

void
bls_g2_endo(struct bls_g2_affine *out, const struct bls_g2_affine *a)
{
	bls_fp2_conj(&out->x, &a->x);
	bls_fp2_conj(&out->y, &a->y);
	bls_fp2_mul(&out->x, &out->x, &endo_x);
	bls_fp2_mul(&out->y, &out->y, &endo_y);
}

/* k as digits of base |x|, and |x| P = -e(P) with e for the endomorphism. */
void
bls_g2_split(struct bls_g2_affine *points, struct bls_part *parts,
    const struct bls_g2_affine *a, const struct u256 *k)
{
	static const struct u256 base = {{BLS_X, 0, 0, 0}};
	struct u256 q, low;
	unsigned i;

	u256_divmod(NULL, &q, k, &BLS_R);
	for (i = 0; i < BLS_G2_PARTS; i++) {
		u256_divmod(&q, &low, &q, &base);
		parts[i] = (struct bls_part){{low.w[0], 0}};
		if (i == 0) {
			points[0] = *a;
			continue;
		}
		bls_g2_endo(&points[i], &points[i - 1]);
		bls_fp2_neg(&points[i].y, &points[i].y);
	}
}

/* The endomorphism in Jacobian coordinates. */
static void
endo(struct bls_g2 *out, const struct bls_g2 *a)
{
	bls_fp2_conj(&out->x, &a->x);
	bls_fp2_conj(&out->y, &a->y);
	bls_fp2_conj(&out->z, &a->z);
	bls_fp2_mul(&out->x, &out->x, &endo_x);
	bls_fp2_mul(&out->y, &out->y, &endo_y);
}

/* Scott's test, as in bls_g1.c: the endomorphism multiplies by x. */
bool
bls_g2_is_in_group(const struct bls_g2_affine *a)
{
	struct bls_g2 want, got;

	bls_g2_from_affine(&want, a);
	bls_g2_mul_x(&got, &want);
	bls_g2_neg(&got, &got);
	endo(&want, &want);
	return bls_g2_eq(&got, &want);
}

/*
 * Budroni and Pintore, "Efficient hash maps to G2 on BLS curves" (2017), with
 * e for the endomorphism: (x^2 - x - 1) P + (x - 1) e(P) + e(e(2 P)). The same
 * as times h_eff of RFC 9380, section 8.8.2 (its appendix G.3).
 */
void
bls_g2_clear_cofactor(struct bls_g2 *out, const struct bls_g2 *a)
{
	struct bls_g2 minus, t, s, r;

	bls_g2_neg(&minus, a);
	bls_g2_mul_x(&t, a); /* -x P */
	bls_g2_mul_x(&r, &t);
	bls_g2_add(&r, &r, &t);
	bls_g2_add(&r, &r, &minus);
	bls_g2_add(&t, &t, a);
	endo(&t, &t);
	bls_g2_neg(&t, &t);
	bls_g2_add(&r, &r, &t);
	bls_g2_dbl(&s, a);
	endo(&s, &s);
	endo(&s, &s);
	bls_g2_add(out, &r, &s);
}
