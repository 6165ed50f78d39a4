/* SPDX-License-Identifier: Apache-2.0
 *
 * Eight Keccak-256 states side by side in AVX-512 registers: word i of
 * register n is lane n of state i. Reached only through keccak256_many.
 */
#include "crypto/keccak_priv.h"

#if KECCAK_HAS_LANES

#include <immintrin.h>
#include <string.h>

#include "crypto/keccak.h"

#define FOR_AVX512 __attribute__((target("avx512f")))

/* The truth tables of ternarylogic: 0x96 is a ^ b ^ c, 0xd2 a ^ (~b & c). */
#define LANE          __m512i
#define XOR(a, b)     _mm512_xor_si512(a, b)
#define XOR3(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0x96)
#define CHI(a, b, c)  _mm512_ternarylogic_epi64(a, b, c, 0xd2)
#define ROL(a, n)     _mm512_rol_epi64(a, n)
#define SPREAD(v)     _mm512_set1_epi64((long long)(v))
#include "crypto/keccak_perm_priv.h"

FOR_AVX512 static void
permute(__m512i st[25])
{
	KECCAK_PERMUTE(st);
}

FOR_AVX512 static inline __m512i
load(const uint8_t *p)
{
	return _mm512_loadu_si512((const void *)p);
}

/* absorb_eight adds 64 bytes of each message to eight lanes (a transpose:
 * words, then pairs of words, then halves change places). */
FOR_AVX512 static inline void
absorb_eight(__m512i *st, const uint8_t *const p[8], size_t at)
{
	__m512i w[8], d[8];
	unsigned i;

	for (i = 0; i < 8; i += 2) {
		__m512i r0 = load(p[i] + at), r1 = load(p[i + 1] + at);

		w[i] = _mm512_unpacklo_epi64(r0, r1);
		w[i + 1] = _mm512_unpackhi_epi64(r0, r1);
	}
	for (i = 0; i < 8; i++) {
		unsigned a = (i & 4) + (i & 1), b = a + 2;

		d[i] = i & 2 ? _mm512_shuffle_i64x2(w[a], w[b], 0xdd)
			     : _mm512_shuffle_i64x2(w[a], w[b], 0x88);
	}
	for (i = 0; i < 4; i++) {
		unsigned a = i;

		st[i] = XOR(st[i], _mm512_shuffle_i64x2(d[a], d[a + 4], 0x88));
		st[i + 4] =
		    XOR(st[i + 4], _mm512_shuffle_i64x2(d[a], d[a + 4], 0xdd));
	}
}

FOR_AVX512 static void
absorb(__m512i st[25], const uint8_t *const p[8])
{
	uint64_t last[8];
	unsigned i;

	absorb_eight(st, p, 0);
	absorb_eight(st + 8, p, 64);
	for (i = 0; i < 8; i++)
		memcpy(&last[i], p[i] + 128, sizeof(last[i]));
	st[16] = XOR(st[16], _mm512_loadu_si512(last));
	permute(st);
}

FOR_AVX512 void
keccak256_x8(uint8_t *const out[8], const struct bytes in[8])
{
	uint8_t block[8][KECCAK_RATE];
	const uint8_t *p[8];
	uint64_t words[4][8];
	__m512i st[25];
	size_t at, i;

	memset(st, 0, sizeof(st));
	for (at = 0; in[0].len - at >= KECCAK_RATE; at += KECCAK_RATE) {
		for (i = 0; i < 8; i++)
			p[i] = in[i].ptr + at;
		absorb(st, p);
	}
	for (i = 0; i < 8; i++) {
		keccak_last_block(block[i], in[i]);
		p[i] = block[i];
	}
	absorb(st, p);
	for (i = 0; i < 4; i++)
		_mm512_storeu_si512(words[i], st[i]);
	for (i = 0; i < 32; i++)
		memcpy(out[i % 8] + i / 8 * 8, &words[i / 8][i % 8], 8);
}

#endif
