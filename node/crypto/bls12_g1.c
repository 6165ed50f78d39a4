/* SPDX-License-Identifier: Apache-2.0
 *
 * EIP-2537 for G1: addition, sums of multiples, the map from Fp.
 */
#include "crypto/bls12_priv.h"
#include "crypto/bls_map_priv.h"

#define G(name)   bls_g1##name
#define F(name)   bls_fp##name
#define G12(name) bls12_g1##name
#define F12(name) bls12_fp##name
#define POINT_LEN BLS12_G1_LEN
#define TERM_LEN  BLS12_G1_TERM_LEN
#define PARTS     BLS_G1_PARTS
#define PART_BITS BLS_G1_PART_BITS
#include "crypto/bls12_impl_priv.h"

bool
bls12_map_fp(uint8_t out[BLS12_G1_LEN], const uint8_t in[BLS12_FP_LEN])
{
	struct bls_fp u;
	struct bls_g1 image;

	if (!bls12_fp_take(&u, in))
		return false;
	bls_g1_map(&image, &u);
	bls12_g1_put(out, &image);
	return true;
}
