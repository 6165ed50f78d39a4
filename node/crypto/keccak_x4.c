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
permute(__m256i st[25]) /* NOLINT(readability-function-size) */
{
	KECCAK_PERMUTE(st);
}

/* add_four adds four rows, one of each message, to four lanes. */
FOR_AVX2 static inline void
add_four(__m256i *st, const __m256i r[4])
{
	__m256i low01 = _mm256_unpacklo_epi64(r[0], r[1]);
	__m256i high01 = _mm256_unpackhi_epi64(r[0], r[1]);
	__m256i low23 = _mm256_unpacklo_epi64(r[2], r[3]);
	__m256i high23 = _mm256_unpackhi_epi64(r[2], r[3]);

	st[0] = XOR(st[0], _mm256_permute2x128_si256(low01, low23, 0x20));
	st[1] = XOR(st[1], _mm256_permute2x128_si256(high01, high23, 0x20));
	st[2] = XOR(st[2], _mm256_permute2x128_si256(low01, low23, 0x31));
	st[3] = XOR(st[3], _mm256_permute2x128_si256(high01, high23, 0x31));
}

/* add_last adds to the seventeenth lane. */
FOR_AVX2 static inline void
add_last(__m256i *st, const uint64_t w[4])
{
	st[16] =
	    XOR(st[16], _mm256_loadu_si256((const __m256i *)(const void *)w));
}

/* absorb takes the whole block at byte `at` of each message. */
FOR_AVX2 static void
absorb(__m256i st[25], const struct bytes in[4], size_t at)
{
	uint64_t last[4];
	__m256i r[4];
	size_t i, from;

	for (from = 0; from < 128; from += 32) {
		for (i = 0; i < 4; i++)
			r[i] = _mm256_loadu_si256(
			    (const __m256i *)(const void *)(in[i].ptr + at +
							    from));
		add_four(st + from / 8, r);
	}
	for (i = 0; i < 4; i++)
		memcpy(&last[i], in[i].ptr + at + 128, 8);
	add_last(st, last);
	permute(st);
}

/*
 * last_row is four lanes from lane `from` of a message's last block: lanes
 * below whole are read, lane whole is the tail, the others are zero.
 */
FOR_AVX2 static inline __m256i
last_row(const uint8_t *block, long long whole, long long from, uint64_t tail)
{
	const __m256i no = _mm256_set_epi64x(3, 2, 1, 0);
	__m256i n = _mm256_set1_epi64x(whole - from);
	__m256i r = _mm256_setzero_si256();

	if (whole > from)
		r = _mm256_maskload_epi64(
		    (const long long *)(const void *)(block + 8 * from),
		    _mm256_cmpgt_epi64(n, no));
	return _mm256_or_si256(
	    r, _mm256_and_si256(_mm256_cmpeq_epi64(n, no), SPREAD(tail)));
}

/* absorb_last takes what is left from byte `at` on, and the padding. */
FOR_AVX2 static void
absorb_last(__m256i st[25], const struct bytes in[4], size_t at)
{
	uint64_t last[4], tail[4];
	long long whole[4], from;
	__m256i r[4];
	size_t i;

	for (i = 0; i < 4; i++) {
		whole[i] = (long long)((in[i].len - at) / 8);
		tail[i] = keccak_tail_word(in[i]);
		last[i] = KECCAK_PAD_END ^ (whole[i] == 16 ? tail[i] : 0);
	}
	for (from = 0; from < 16; from += 4) {
		for (i = 0; i < 4; i++)
			r[i] =
			    last_row(in[i].ptr + at, whole[i], from, tail[i]);
		add_four(st + from, r);
	}
	add_last(st, last);
	permute(st);
}

FOR_AVX2 void
keccak256_x4(uint8_t *const out[4], const struct bytes in[4])
{
	uint64_t words[4][4];
	__m256i st[25];
	size_t at, i;

	memset(st, 0, sizeof(st));
	for (at = 0; in[0].len - at >= KECCAK_RATE; at += KECCAK_RATE)
		absorb(st, in, at);
	absorb_last(st, in, at);
	for (i = 0; i < 4; i++)
		_mm256_storeu_si256((__m256i *)(void *)words[i], st[i]);
	for (i = 0; i < 16; i++)
		memcpy(out[i % 4] + i / 4 * 8, &words[i / 4][i % 4], 8);
}

#endif
