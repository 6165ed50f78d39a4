/* SPDX-License-Identifier: Apache-2.0
 *
 * XXH64 as its specification words it: four lanes over stripes of 32 bytes,
 * merged, then the rest by 8, 4 and 1, then a final mix. It keeps no state
 * between calls. `xxhsum -H1` prints the same numbers for seed 0.
 */
#include "store/sum_priv.h"

static const uint64_t P1 = 0x9e3779b185ebca87;
static const uint64_t P2 = 0xc2b2ae3d27d4eb4f;
static const uint64_t P3 = 0x165667b19e3779f9;
static const uint64_t P4 = 0x85ebca77c2b2ae63;
static const uint64_t P5 = 0x27d4eb2f165667c5;

static inline uint64_t
rotl(uint64_t v, unsigned n)
{
	return v << n | v >> (64 - n);
}

static inline uint32_t
le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[1] << 8 | p[0];
}

static inline uint64_t
le64(const uint8_t *p)
{
	return (uint64_t)le32(p + 4) << 32 | le32(p);
}

static inline uint64_t
lane(uint64_t acc, uint64_t word)
{
	return rotl(acc + word * P2, 31) * P1;
}

static inline uint64_t
merge(uint64_t acc, uint64_t v)
{
	return (acc ^ lane(0, v)) * P1 + P4;
}

/* stripes eats all whole stripes of in and returns the merged lanes. */
static uint64_t
stripes(uint64_t seed, struct bytes *in)
{
	uint64_t v[4] = {seed + P1 + P2, seed + P2, seed, seed - P1};
	uint64_t acc;

	for (; in->len >= 32; in->ptr += 32, in->len -= 32) {
		v[0] = lane(v[0], le64(in->ptr));
		v[1] = lane(v[1], le64(in->ptr + 8));
		v[2] = lane(v[2], le64(in->ptr + 16));
		v[3] = lane(v[3], le64(in->ptr + 24));
	}
	acc = rotl(v[0], 1) + rotl(v[1], 7) + rotl(v[2], 12) + rotl(v[3], 18);
	for (int i = 0; i < 4; i++)
		acc = merge(acc, v[i]);
	return acc;
}

uint64_t
sum64(uint64_t seed, struct bytes in)
{
	uint64_t len = in.len;
	uint64_t acc = len >= 32 ? stripes(seed, &in) : seed + P5;

	acc += len;
	for (; in.len >= 8; in.ptr += 8, in.len -= 8)
		acc = rotl(acc ^ lane(0, le64(in.ptr)), 27) * P1 + P4;
	for (; in.len >= 4; in.ptr += 4, in.len -= 4)
		acc = rotl(acc ^ le32(in.ptr) * P1, 23) * P2 + P3;
	for (; in.len > 0; in.ptr++, in.len--)
		acc = rotl(acc ^ *in.ptr * P5, 11) * P1;
	acc = (acc ^ acc >> 33) * P2;
	acc = (acc ^ acc >> 29) * P3;
	return acc ^ acc >> 32;
}
