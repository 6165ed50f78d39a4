/* SPDX-License-Identifier: Apache-2.0
 *
 * What keccak.c knows of its multi-lane helpers.
 */
#ifndef CRYPTO_KECCAK_PRIV_H
#define CRYPTO_KECCAK_PRIV_H

#include <string.h>

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

/* keccak256_lanes is how many states the processor permutes at once: 8, 4 or
 * 1. */
unsigned keccak256_lanes(void);

/* keccak256_in_lanes is keccak256_many with lanes of 1, 4 or 8 states. */
void keccak256_in_lanes(
    uint8_t (*out)[32], const struct bytes *in, size_t cnt, unsigned lanes);

/* keccak_permute_plain is keccak_f for a processor without BMI2. */
void keccak_permute_plain(uint64_t st[25]);

/*
 * keccak_tail_word returns the lane that holds the last len % 8 bytes of in
 * and the 0x01 of the padding behind them.
 */
static inline uint64_t
keccak_tail_word(struct bytes in)
{
	size_t i, rest = in.len % 8;
	uint64_t w = 0;

	if (rest > 0 && in.len >= 8) { /* one load that begins earlier */
		memcpy(&w, in.ptr + in.len - 8, 8);
		w >>= 8 * (8 - rest);
	} else {
		for (i = 0; i < rest; i++)
			w |= (uint64_t)in.ptr[i] << 8 * i;
	}
	return w | (uint64_t)1 << 8 * rest;
}

/* The other end of the padding, in the last lane of the rate. */
#define KECCAK_PAD_END ((uint64_t)0x80 << 56)

#endif
