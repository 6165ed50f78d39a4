/* SPDX-License-Identifier: Apache-2.0
 *
 * The compression function F of BLAKE2b (RFC 7693, section 3.2) with its state
 * and rounds from outside, as EIP-152 exposes it.
 */
#ifndef CRYPTO_BLAKE2F_H
#define CRYPTO_BLAKE2F_H

#include "base/bytes.h"

enum { BLAKE2F_IN = 213, BLAKE2F_OUT = 64 };

/*
 * blake2f runs F once.
 *
 * out      the new state h, 64 bytes
 * in       rounds (4 bytes, big-endian), h (64), message (128), offset counter
 *          (16), final flag (1); words are little-endian. Up to 2^32-1 rounds,
 *          some 8 ns each: the caller has their gas
 * Returns  false, with out untouched, when the flag is neither 0 nor 1
 * Spec     EIP-152
 */
bool blake2f(uint8_t out[BLAKE2F_OUT], const uint8_t in[BLAKE2F_IN]);

#endif
