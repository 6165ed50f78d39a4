/* SPDX-License-Identifier: Apache-2.0
 *
 * EIP-2537: coordinates, and the pairing check. What each group has is in
 * bls12_g1.c and bls12_g2.c.
 */
#include "crypto/bls12.h"

#include "crypto/bls12_priv.h"
#include "crypto/bls_pairing_priv.h"

enum { PAD = BLS12_FP_LEN - BLS_FP_BYTES };

bool
bls12_fp_take(struct bls_fp *out, const uint8_t in[BLS12_FP_LEN])
{
	static const uint8_t zeros[PAD];

	return memcmp(in, zeros, PAD) == 0 && bls_fp_take(out, in + PAD);
}

bool
bls12_fp2_take(struct bls_fp2 *out, const uint8_t in[BLS12_FP2_LEN])
{
	return bls12_fp_take(&out->c0, in) &&
	       bls12_fp_take(&out->c1, in + BLS12_FP_LEN);
}

void
bls12_fp_put(uint8_t out[BLS12_FP_LEN], const struct bls_fp *a)
{
	memset(out, 0, PAD);
	bls_fp_put(out + PAD, a);
}

void
bls12_fp2_put(uint8_t out[BLS12_FP2_LEN], const struct bls_fp2 *a)
{
	bls12_fp_put(out, &a->c0);
	bls12_fp_put(out + BLS12_FP_LEN, &a->c1);
}

static bool
take_pair(struct bls_pair *out, const uint8_t in[BLS12_PAIR_LEN])
{
	return bls12_g1_take(&out->p, in) &&
	       bls12_g2_take(&out->q, in + BLS12_G1_LEN) &&
	       bls_g1_is_in_group(&out->p) && bls_g2_is_in_group(&out->q);
}

bool
bls12_pairing(bool *is_one, struct bytes in)
{
	struct bls_pair pairs[BLS_PAIRS_MAX];
	struct bls_fp12 f = bls_fp12_one;
	struct bytes item;
	size_t cnt = 0;

	if (in.len % BLS12_PAIR_LEN != 0)
		return false;
	while (bytes_take(&item, &in, BLS12_PAIR_LEN)) {
		if (!take_pair(&pairs[cnt], item.ptr))
			return false;
		/* A pairing with infinity is 1. */
		if (!bls_g1_affine_is_inf(&pairs[cnt].p) &&
		    !bls_g2_affine_is_inf(&pairs[cnt].q))
			cnt++;
		if (cnt == BLS_PAIRS_MAX) {
			bls_miller_loop(&f, pairs, cnt);
			cnt = 0;
		}
	}
	bls_miller_loop(&f, pairs, cnt);
	bls_final_exp(&f, &f);
	*is_one = bls_fp12_eq(&f, &bls_fp12_one);
	return true;
}
