/* SPDX-License-Identifier: Apache-2.0
 *
 * Points of bn254's twist: reading them, and telling those of the subgroup of
 * order r from the others.
 */
#include "crypto/bn254_priv.h"
#include "crypto/fp254_ext_priv.h"

/* 3 / (9 + i) */
static const struct fp254x2 twist_b = {
    {{0x3bf938e377b802a8, 0x020b1b273633535d, 0x26b7edf049755260,
	0x2514c6324384a86d}},
    {{0x38e7ecccd1dcff67, 0x65f0b37d93ce0d3e, 0xd749d0dd22ac00aa,
	0x0141b9ce4a688d4d}},
};

#define G(name) bn254_g2##name
#define F(name) fp254x2##name
#define CURVE_B twist_b
#include "crypto/jac_impl_priv.h"

const int bn254_u_digits[BN254_U_DIGITS] = {1, 0, 0, 0, -1, 0, 0, 0, 0, -3, 0,
    0, 1, 0, 0, 0, 1, 0, 0, -3, 0, 0, 0, -3, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, -3,
    0, 0, 0, 3, 0, 0, 1, 0, 0, 1, 0, 0, 3, 0, 0, 0, -3, 0, 0, 0, 0, -3, 0, 0, 1,
    0, 0, 1};

/* out = u q */
static void
mul_u(struct bn254_g2 *out, const struct bn254_g2_affine *q)
{
	struct bn254_g2 odd[2], minus, r;
	unsigned i;

	bn254_g2_from_affine(&odd[0], q);
	bn254_g2_dbl(&r, &odd[0]);
	bn254_g2_add_affine(&odd[1], &r, q);
	r = odd[0];
	for (i = BN254_U_DIGITS - 1; i-- > 0;) {
		int d = bn254_u_digits[i];

		bn254_g2_dbl(&r, &r);
		if (d > 0) {
			bn254_g2_add(&r, &r, &odd[d / 2]);
		} else if (d < 0) {
			bn254_g2_neg(&minus, &odd[-d / 2]);
			bn254_g2_add(&r, &r, &minus);
		}
	}
	*out = r;
}

/* psi is the Frobenius map of the curve, taken k times, as seen on the twist:
 * on G2 it multiplies by p. */
static void
psi(struct bn254_g2 *out, const struct bn254_g2 *a, unsigned k)
{
	*out = *a;
	if (k % 2 == 1) {
		fp254x2_conj(&out->x, &a->x);
		fp254x2_conj(&out->y, &a->y);
		fp254x2_conj(&out->z, &a->z);
	}
	fp254x2_mul(&out->x, &out->x, &fp254_frob[k - 1][1]);
	fp254x2_mul(&out->y, &out->y, &fp254_frob[k - 1][2]);
}

/*
 * (u + 1) q + psi(u q) + psi^2(u q) = psi^3(2u q) holds for q of order r, and
 * for no other point of the twist: the norm of that polynomial in psi, whose
 * own equation is psi^2 - t psi + p = 0, has with the order r (2p - r) of the
 * twist no factor in common but r (El Housni, Guillevic, Piellard:
 * "Co-factor clearing and subgroup membership testing", 2022).
 */
bool
bn254_g2_is_in_group(const struct bn254_g2_affine *q)
{
	struct bn254_g2 a, t, sum;

	if (bn254_g2_affine_is_inf(q))
		return true;
	mul_u(&a, q);
	bn254_g2_add_affine(&sum, &a, q);
	psi(&t, &a, 1);
	bn254_g2_add(&sum, &sum, &t);
	psi(&t, &a, 2);
	bn254_g2_add(&sum, &sum, &t);
	bn254_g2_dbl(&a, &a);
	psi(&t, &a, 3);
	bn254_g2_neg(&t, &t);
	bn254_g2_add(&sum, &sum, &t);
	return bn254_g2_is_inf(&sum);
}

bool
bn254_twist_read(struct bn254_g2_affine *out, const uint8_t in[128])
{
	return fp254_from_be(&out->x.im, in) &&
	       fp254_from_be(&out->x.re, in + 32) &&
	       fp254_from_be(&out->y.im, in + 64) &&
	       fp254_from_be(&out->y.re, in + 96) && bn254_g2_is_on_curve(out);
}
