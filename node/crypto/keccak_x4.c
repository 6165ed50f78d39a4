/* SPDX-License-Identifier: Apache-2.0
 *
 * Four Keccak-256 states side by side in AVX2 registers: word i of register
 * n is lane n of state i. Reached only through keccak256_many.
 */
#include "crypto/keccak_priv.h"

#if KECCAK_HAS_LANES

#include <immintrin.h>
#include <string.h>

#include "crypto/keccak.h"

#define FOR_AVX2 __attribute__((target("avx2")))

#define LANE          __m256i
#define XOR(a, b)     _mm256_xor_si256(a, b)
#define XOR3(a, b, c) XOR(XOR(a, b), c)
#define CHI(a, b, c)  XOR(a, _mm256_andnot_si256(b, c))
#define ROL(a, n)                                                              \
	_mm256_or_si256(_mm256_slli_epi64(a, n), _mm256_srli_epi64(a, 64 - (n)))
#define SPREAD(v) _mm256_set1_epi64x((long long)(v))
#include "crypto/keccak_perm_priv.h"

FOR_AVX2 static void
permute(__m256i st[25])
{
	KECCAK_PERMUTE(st);
}

FOR_AVX2 static inline __m256i
load(const uint8_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

/* absorb_four adds 32 bytes of each message to four lanes (a transpose). */
FOR_AVX2 static inline void
absorb_four(__m256i *st, const uint8_t *const p[4], size_t at)
{
	__m256i r0 = load(p[0] + at), r1 = load(p[1] + at);
	__m256i r2 = load(p[2] + at), r3 = load(p[3] + at);
	__m256i low01 = _mm256_unpacklo_epi64(r0, r1);
	__m256i high01 = _mm256_unpackhi_epi64(r0, r1);
	__m256i low23 = _mm256_unpacklo_epi64(r2, r3);
	__m256i high23 = _mm256_unpackhi_epi64(r2, r3);

	st[0] = XOR(st[0], _mm256_permute2x128_si256(low01, low23, 0x20));
	st[1] = XOR(st[1], _mm256_permute2x128_si256(high01, high23, 0x20));
	st[2] = XOR(st[2], _mm256_permute2x128_si256(low01, low23, 0x31));
	st[3] = XOR(st[3], _mm256_permute2x128_si256(high01, high23, 0x31));
}

FOR_AVX2 static void
absorb(__m256i st[25], const uint8_t *const p[4])
{
	long long last[4];
	unsigned i;

	for (i = 0; i < 16; i += 4)
		absorb_four(st + i, p, 8 * (size_t)i);
	for (i = 0; i < 4; i++)
		memcpy(&last[i], p[i] + 128, sizeof(last[i]));
	st[16] =
	    XOR(st[16], _mm256_set_epi64x(last[3], last[2], last[1], last[0]));
	permute(st);
}

FOR_AVX2 void
keccak256_x4(uint8_t *const out[4], const struct bytes in[4])
{
	uint8_t block[4][KECCAK_RATE];
	const uint8_t *p[4];
	uint64_t words[4][4];
	__m256i st[25];
	size_t at, i;

	memset(st, 0, sizeof(st));
	for (at = 0; in[0].len - at >= KECCAK_RATE; at += KECCAK_RATE) {
		for (i = 0; i < 4; i++)
			p[i] = in[i].ptr + at;
		absorb(st, p);
	}
	for (i = 0; i < 4; i++) {
		keccak_last_block(block[i], in[i]);
		p[i] = block[i];
	}
	absorb(st, p);
	for (i = 0; i < 4; i++)
		_mm256_storeu_si256((__m256i *)(void *)words[i], st[i]);
	for (i = 0; i < 16; i++)
		memcpy(out[i % 4] + i / 4 * 8, &words[i / 4][i % 4], 8);
}

#endif
