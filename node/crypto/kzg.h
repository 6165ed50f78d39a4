/* SPDX-License-Identifier: Apache-2.0
 *
 * KZG commitments as the precompiled contract of EIP-4844 checks them.
 */
#ifndef CRYPTO_KZG_H
#define CRYPTO_KZG_H

#include "base/bytes.h"

enum {
	KZG_POINT_LEN = 48, /* a compressed point of G1 */
	KZG_INPUT_LEN = 192,
};

/* The first byte of a versioned hash: VERSIONED_HASH_VERSION_KZG. */
enum { KZG_VERSION = 0x01 };

/* kzg_versioned_hash computes the versioned hash of a commitment. */
void kzg_versioned_hash(
    uint8_t out[32], const uint8_t commitment[KZG_POINT_LEN]);

/*
 * kzg_verify_point tells whether the polynomial that was committed to takes
 * the value y at z, against the setup of the mainnet's ceremony.
 *
 * in  versioned hash (32 bytes), z, y (32 each, below the order of the
 *     groups), commitment, proof (48 each)
 *
 * Returns false also when a part is not valid or the hash is not the
 *         commitment's.
 * Spec    EIP-4844, "Point evaluation precompile"
 */
bool kzg_verify_point(const uint8_t in[KZG_INPUT_LEN]);

#endif
