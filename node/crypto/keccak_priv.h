/* SPDX-License-Identifier: Apache-2.0
 *
 * What keccak.c knows of its multi-lane helpers.
 */
#ifndef CRYPTO_KECCAK_PRIV_H
#define CRYPTO_KECCAK_PRIV_H

#include "base/bytes.h"

#if defined(__x86_64__)
#define KECCAK_HAS_LANES 1
#else
#define KECCAK_HAS_LANES 0
#endif

/*
 * keccak256_x4 and keccak256_x8 hash four or eight messages that all have
 * the same number of blocks. The processor must have AVX2 or AVX-512F.
 *
 * out  where each 32-byte hash goes; may repeat
 */
void keccak256_x4(uint8_t *const out[4], const struct bytes in[4]);
void keccak256_x8(uint8_t *const out[8], const struct bytes in[8]);

/* keccak_last_block fills block with the end of in, of which the whole
 * blocks are done, and the padding: 0x01, zeros, 0x80. */
void keccak_last_block(uint8_t block[136], struct bytes in);

#endif
