/* SPDX-License-Identifier: Apache-2.0
 *
 * The curve bn254 (alt_bn128) as the precompiled contracts have it: sums,
 * multiples, and the pairing check. Numbers are 32 big-endian bytes; a point
 * of G1 is x and y, one of G2 is x and y of Fp2 with the imaginary part first;
 * zeros are the point at infinity. All data is public: the time depends on it.
 */
#ifndef CRYPTO_BN254_H
#define CRYPTO_BN254_H

#include "base/bytes.h"

enum { BN254_G1 = 64, BN254_G2 = 128, BN254_PAIR = BN254_G1 + BN254_G2 };

/*
 * bn254_add adds two points of G1.
 *
 * out      x and y of the sum
 * in       two points
 * Returns  false, with out untouched, when a coordinate is not below the
 *          prime or a point is not on the curve
 * Spec     EIP-196
 */
bool bn254_add(uint8_t out[BN254_G1], const uint8_t in[2 * BN254_G1]);

/*
 * bn254_mul multiplies a point of G1 by any 256-bit number.
 *
 * in       the point, then the number
 * Returns  as bn254_add
 * Spec     EIP-196
 */
bool bn254_mul(uint8_t out[BN254_G1], const uint8_t in[BN254_G1 + 32]);

/*
 * bn254_pairing tells whether the product of the pairings of k pairs is 1.
 *
 * is_one   true for no pairs
 * pairs    k times a point of G1 and one of G2, 192 bytes
 * Returns  false, with is_one untouched, when the length is no multiple of
 *          192, a coordinate is not below the prime, a point is not on its
 *          curve, or one of G2 is not in the subgroup of prime order
 * Spec     EIP-197
 */
bool bn254_pairing(bool *is_one, struct bytes pairs);

#endif
