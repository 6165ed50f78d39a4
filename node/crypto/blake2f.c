/* SPDX-License-Identifier: Apache-2.0
 *
 * BLAKE2b's F in plain C, ten rounds unrolled so that the message schedule is
 * constants. Four-lane vectors were not worth it: a round is one chain of
 * dependent steps, which takes a vector unit as long as the four independent
 * chains take the scalar one.
 */
#include "crypto/blake2f.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "words are loaded as they stand in memory");

/* RFC 7693, section 2.6. */
static const uint64_t iv[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b,
    0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1,
    0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};

/* RFC 7693, section 2.1: where the input's parts are. */
enum { AT_H = 4, AT_M = 68, AT_T = 196, AT_FLAG = 212 };

static inline uint64_t
ror(uint64_t v, unsigned n)
{
	return v >> n | v << (64 - n);
}

/* Section 3.1: the mixing function G. */
static inline __attribute__((always_inline)) void
mix(uint64_t *a, uint64_t *b, uint64_t *c, uint64_t *d, uint64_t x, uint64_t y)
{
	*a += *b + x;
	*d = ror(*d ^ *a, 32);
	*c += *d;
	*b = ror(*b ^ *c, 24);
	*a += *b + y;
	*d = ror(*d ^ *a, 16);
	*c += *d;
	*b = ror(*b ^ *c, 63);
}

/* A round takes the message words in this order: columns, then diagonals. */
#define ROUND(s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, sa, sb, sc, sd, se, sf)  \
	do {                                                                   \
		mix(&v0, &v4, &v8, &vc, m[(s0)], m[(s1)]);                     \
		mix(&v1, &v5, &v9, &vd, m[(s2)], m[(s3)]);                     \
		mix(&v2, &v6, &va, &ve, m[(s4)], m[(s5)]);                     \
		mix(&v3, &v7, &vb, &vf, m[(s6)], m[(s7)]);                     \
		mix(&v0, &v5, &va, &vf, m[(s8)], m[(s9)]);                     \
		mix(&v1, &v6, &vb, &vc, m[(sa)], m[(sb)]);                     \
		mix(&v2, &v7, &v8, &vd, m[(sc)], m[(sd)]);                     \
		mix(&v3, &v4, &v9, &ve, m[(se)], m[(sf)]);                     \
		if (--rounds == 0)                                             \
			goto done;                                             \
	} while (0)

/* compress runs rounds > 0 rounds over v; section 2.7 has the schedule. */
static void
compress(uint64_t v[16], const uint64_t m[16], uint32_t rounds)
{
	uint64_t v0 = v[0], v1 = v[1], v2 = v[2], v3 = v[3], v4 = v[4],
		 v5 = v[5], v6 = v[6], v7 = v[7], v8 = v[8], v9 = v[9],
		 va = v[10], vb = v[11], vc = v[12], vd = v[13], ve = v[14],
		 vf = v[15];

	for (;;) {
		ROUND(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
		ROUND(14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3);
		ROUND(11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4);
		ROUND(7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8);
		ROUND(9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13);
		ROUND(2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9);
		ROUND(12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11);
		ROUND(13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10);
		ROUND(6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5);
		ROUND(10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0);
	}
done:
	v[0] = v0 ^ v8;
	v[1] = v1 ^ v9;
	v[2] = v2 ^ va;
	v[3] = v3 ^ vb;
	v[4] = v4 ^ vc;
	v[5] = v5 ^ vd;
	v[6] = v6 ^ ve;
	v[7] = v7 ^ vf;
}

bool
blake2f(uint8_t out[BLAKE2F_OUT], const uint8_t in[BLAKE2F_IN])
{
	uint64_t h[8], m[16], t[2], v[16];
	uint32_t rounds = be32(in);
	size_t i;

	if (in[AT_FLAG] > 1)
		return false;
	memcpy(h, in + AT_H, sizeof(h));
	memcpy(m, in + AT_M, sizeof(m));
	memcpy(t, in + AT_T, sizeof(t));
	memcpy(v, h, sizeof(h));
	memcpy(v + 8, iv, sizeof(iv));
	v[12] ^= t[0];
	v[13] ^= t[1];
	v[14] ^= in[AT_FLAG] == 1 ? ~(uint64_t)0 : 0;
	if (rounds > 0) {
		compress(v, m, rounds);
	} else {
		for (i = 0; i < 8; i++)
			v[i] ^= v[8 + i];
	}
	for (i = 0; i < 8; i++)
		h[i] ^= v[i];
	memcpy(out, h, sizeof(h));
	return true;
}
