/* SPDX-License-Identifier: Apache-2.0
 *
 * BLS12-381 as the precompiled contracts of EIP-2537 take and give it.
 *
 * A coordinate has 64 bytes: 16 zeros, then a number below the field's
 * modulus, big-endian; in the quadratic extension c0 stands before c1. A
 * point is x, then y; zeros are the point at infinity. A scalar has 32 bytes
 * and may be any number. All of this is public: nothing here takes care to
 * run in constant time, so it is not for secrets.
 *
 * Returns of all functions: false, with the output undefined, when the input
 * is not valid: not zeros where they must be, a coordinate that is too large,
 * a point that is not on the curve, or, in sums and pairings, not in the
 * subgroup. The number of items may be zero here, which the contracts refuse.
 */
#ifndef CRYPTO_BLS12_H
#define CRYPTO_BLS12_H

#include "base/arena.h"
#include "base/bytes.h"

enum {
	BLS12_G1_LEN = 128,
	BLS12_G2_LEN = 256,
	BLS12_FP_LEN = 64,
	BLS12_FP2_LEN = 128,
	BLS12_G1_TERM_LEN = 160, /* a point and a scalar */
	BLS12_G2_TERM_LEN = 288,
	BLS12_PAIR_LEN = 384, /* a point of G1 and one of G2 */

	/* What a sum of any length takes of its arena: it goes by chunks. */
	BLS12_MSM_ARENA_BYTES = 4 << 20,
};

/* bls12_g1_add and bls12_g2_add add two points of the curves, whether in the
 * subgroups or not. */
bool bls12_g1_add(uint8_t out[BLS12_G1_LEN], const uint8_t in[256]);
bool bls12_g2_add(uint8_t out[BLS12_G2_LEN], const uint8_t in[512]);

/*
 * bls12_g1_msm and bls12_g2_msm add up points times scalars.
 *
 * mem  gives BLS12_MSM_ARENA_BYTES and gets them back; without them the
 *      process ends, because no result of a contract may depend on memory
 * in   a multiple of BLS12_G1_TERM_LEN or BLS12_G2_TERM_LEN bytes; false
 *      otherwise
 */
bool bls12_g1_msm(
    struct arena *mem, uint8_t out[BLS12_G1_LEN], struct bytes in);
bool bls12_g2_msm(
    struct arena *mem, uint8_t out[BLS12_G2_LEN], struct bytes in);

/*
 * bls12_pairing tells whether the product of the pairings of all pairs is 1.
 *
 * in  a multiple of BLS12_PAIR_LEN bytes; false otherwise
 */
bool bls12_pairing(bool *is_one, struct bytes in);

/* bls12_map_fp and bls12_map_fp2 map a field element into G1 or G2.
 * Spec  EIP-2537; RFC 9380, sections 6.6.3 and 8.8 */
bool bls12_map_fp(uint8_t out[BLS12_G1_LEN], const uint8_t in[BLS12_FP_LEN]);
bool bls12_map_fp2(uint8_t out[BLS12_G2_LEN], const uint8_t in[BLS12_FP2_LEN]);

#endif
