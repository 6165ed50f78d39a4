/* SPDX-License-Identifier: Apache-2.0
 *
 * Field elements and points in the encoding of EIP-2537.
 */
#ifndef CRYPTO_BLS12_PRIV_H
#define CRYPTO_BLS12_PRIV_H

#include "crypto/bls12.h"
#include "crypto/bls_curve_priv.h"

/* bls12_fp_take and bls12_fp2_take read a coordinate; false when it is not
 * padded with zeros or not below the modulus. */
bool bls12_fp_take(struct bls_fp *out, const uint8_t in[BLS12_FP_LEN]);
bool bls12_fp2_take(struct bls_fp2 *out, const uint8_t in[BLS12_FP2_LEN]);

void bls12_fp_put(uint8_t out[BLS12_FP_LEN], const struct bls_fp *a);
void bls12_fp2_put(uint8_t out[BLS12_FP2_LEN], const struct bls_fp2 *a);

/* bls12_g1_take and bls12_g2_take read a point of the curve, whether in the
 * subgroup or not; false when it is none. */
bool bls12_g1_take(struct bls_g1_affine *out, const uint8_t in[BLS12_G1_LEN]);
bool bls12_g2_take(struct bls_g2_affine *out, const uint8_t in[BLS12_G2_LEN]);

void bls12_g1_put(uint8_t out[BLS12_G1_LEN], const struct bls_g1 *a);
void bls12_g2_put(uint8_t out[BLS12_G2_LEN], const struct bls_g2 *a);

#endif
