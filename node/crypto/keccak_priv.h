/* SPDX-License-Identifier: Apache-2.0
 *
 * What keccak.c knows of its multi-lane helpers.
 */
#ifndef CRYPTO_KECCAK_PRIV_H
#define CRYPTO_KECCAK_PRIV_H

#include <stdbool.h>
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

/*
 * keccak_permute_plain is keccak_f for any processor; keccak_permute_bmi for
 * one with BMI2, keccak_permute_x1 for one that keccak_has_x1 is true of.
 */
void keccak_permute_plain(uint64_t st[25]);
void keccak_permute_bmi(uint64_t st[25]);
void keccak_permute_x1(uint64_t st[25]);

/* keccak256_x1 is keccak256 for a processor that keccak_has_x1 is true of. */
void keccak256_x1(uint8_t out[32], struct bytes in);

/* keccak256_scalar is keccak256 without wide registers. */
void keccak256_scalar(uint8_t out[32], struct bytes in);

/* keccak_has_x1 tells whether the processor has AVX-512F and AVX-512BW. */
static inline bool
keccak_has_x1(void)
{
#if KECCAK_HAS_LANES
	return __builtin_cpu_supports("avx512bw");
#else
	return false;
#endif
}

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

/* What iota adds to the first lane in each round. */
static const uint64_t keccak_iota[24] = {
    0x0000000000000001,
    0x0000000000008082,
    0x800000000000808a,
    0x8000000080008000,
    0x000000000000808b,
    0x0000000080000001,
    0x8000000080008081,
    0x8000000000008009,
    0x000000000000008a,
    0x0000000000000088,
    0x0000000080008009,
    0x000000008000000a,
    0x000000008000808b,
    0x800000000000008b,
    0x8000000000008089,
    0x8000000000008003,
    0x8000000000008002,
    0x8000000000000080,
    0x000000000000800a,
    0x800000008000000a,
    0x8000000080008081,
    0x8000000000008080,
    0x0000000080000001,
    0x8000000080008008,
};

/* The other end of the padding, in the last lane of the rate. */
#define KECCAK_PAD_END ((uint64_t)0x80 << 56)

#endif
