/* SPDX-License-Identifier: Apache-2.0
 *
 * ECDSA over NIST P-256 (secp256r1): verifying alone, by the rules of the
 * precompiled contract.
 */
#ifndef CRYPTO_P256_H
#define CRYPTO_P256_H

#include "base/bytes.h"

enum { P256_IN = 160 };

/*
 * p256_verify tells whether a signature of a digest is a public key's.
 *
 * in       digest, r, s, x and y of the key: 32 big-endian bytes each
 * Returns  false as well for r or s outside 1..n-1, a coordinate that is not
 *          below p, and a point off the curve. High s is accepted.
 * Thread   any; ends the process when the machine has no memory, for another
 *          answer than other nodes' would be worse
 * Spec     EIP-7951
 */
bool p256_verify(const uint8_t in[P256_IN]);

#endif
