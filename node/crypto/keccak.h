/* SPDX-License-Identifier: Apache-2.0
 *
 * Keccak-256 with the original padding (0x01), as Ethereum uses it; not
 * FIPS 202 SHA-3. One-shot, streaming, and many messages at once.
 */
#ifndef CRYPTO_KECCAK_H
#define CRYPTO_KECCAK_H

#include "base/bytes.h"

enum { KECCAK_RATE = 136 };

/* struct keccak is a running hash; copy it to fork it (RLPx does). */
struct keccak {
	uint64_t st[25];
	uint8_t block[KECCAK_RATE];
	size_t len;
};

/* keccak256 hashes in into 32 bytes at out. */
void keccak256(uint8_t out[32], struct bytes in);

/* keccak_init opens a running hash; keccak_update adds in to it. */
void keccak_init(struct keccak *k);
void keccak_update(struct keccak *k, struct bytes in);

/* keccak_final writes the hash; k is spent afterwards. */
void keccak_final(uint8_t out[32], struct keccak *k);

/* keccak_f is the permutation Keccak-f[1600]. */
void keccak_f(uint64_t st[25]);

/*
 * keccak256_many hashes cnt messages, in lanes of eight (AVX-512) or four
 * (AVX2) where the processor has them. Sort by length for best use of lanes.
 *
 * out  cnt times 32 bytes, in order
 */
void keccak256_many(uint8_t (*out)[32], const struct bytes *in, size_t cnt);

#endif
