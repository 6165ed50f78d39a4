/* SPDX-License-Identifier: Apache-2.0
 *
 * EIP-2537 for G2: addition, sums of multiples, the map from Fp2.
 */
#include "crypto/bls12_priv.h"
#include "crypto/bls_map_priv.h"

#define G(name)   bls_g2##name
#define F(name)   bls_fp2##name
#define G12(name) bls12_g2##name
#define F12(name) bls12_fp2##name
#define POINT_LEN BLS12_G2_LEN
#define TERM_LEN  BLS12_G2_TERM_LEN
#define PARTS     BLS_G2_PARTS
#define PART_BITS BLS_G2_PART_BITS
#include "crypto/bls12_impl_priv.h"

bool
bls12_map_fp2(uint8_t out[BLS12_G2_LEN], const uint8_t in[BLS12_FP2_LEN])
{
	struct bls_fp2 u;
	struct bls_g2 image;

	if (!bls12_fp2_take(&u, in))
		return false;
	bls_g2_map(&image, &u);
	bls12_g2_put(out, &image);
	return true;
}
