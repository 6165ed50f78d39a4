/* SPDX-License-Identifier: Apache-2.0
 *
 * SipHash-1-3: a fast keyed hash of short texts. Who does not have the key
 * cannot choose texts whose hashes meet; it is no message authentication.
 * In a header because it is inlined where keys are short.
 *
 * J.-P. Aumasson, D. J. Bernstein, "SipHash: a fast short-input PRF", 2012;
 * 1-3 is the variant that hash tables use.
 */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* siphash_rotl turns v to the left by n bits, 0 < n < 64. */
static inline uint64_t
siphash_rotl(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

/* siphash_round is SipRound on the state. */
static inline void
siphash_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = siphash_rotl(v[1], 13) ^ v[0];
	v[0] = siphash_rotl(v[0], 32);
	v[2] += v[3];
	v[3] = siphash_rotl(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = siphash_rotl(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = siphash_rotl(v[1], 17) ^ v[2];
	v[2] = siphash_rotl(v[2], 32);
}

/* siphash13 returns the hash of len bytes under a key of 128 bits. Words are
 * read in the order of the machine, which is little-endian where we run. */
static inline uint64_t
siphash13(const uint64_t key[2], const void *text, size_t len)
{
	uint64_t v[4] = {
	    key[0] ^ 0x736f6d6570736575,
	    key[1] ^ 0x646f72616e646f6d,
	    key[0] ^ 0x6c7967656e657261,
	    key[1] ^ 0x7465646279746573,
	};
	const uint8_t *p = text;
	size_t left = len;
	uint64_t word;

	for (; left >= 8; p += 8, left -= 8) {
		memcpy(&word, p, 8);
		v[3] ^= word;
		siphash_round(v);
		v[0] ^= word;
	}
	word = (uint64_t)len << 56;
	memcpy(&word, p, left);
	v[3] ^= word;
	siphash_round(v);
	v[0] ^= word;
	v[2] ^= 0xff;
	siphash_round(v);
	siphash_round(v);
	siphash_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

#endif
