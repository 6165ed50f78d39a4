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
permute(__m512i st[25]) /* NOLINT(readability-function-size) */
{
	KECCAK_PERMUTE(st);
}

/* add_eight adds eight rows, one of each message, to eight lanes: words,
 * then pairs of words, then halves change places. */
FOR_AVX512 static inline void
add_eight(__m512i *st, const __m512i r[8])
{
	__m512i w[8], d[8];
	unsigned i;

	for (i = 0; i < 8; i += 2) {
		w[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]);
		w[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);
	}
	for (i = 0; i < 2; i++) {
		d[i] = _mm512_shuffle_i64x2(w[i], w[i + 2], 0x88);
		d[i + 2] = _mm512_shuffle_i64x2(w[i], w[i + 2], 0xdd);
		d[i + 4] = _mm512_shuffle_i64x2(w[i + 4], w[i + 6], 0x88);
		d[i + 6] = _mm512_shuffle_i64x2(w[i + 4], w[i + 6], 0xdd);
	}
	for (i = 0; i < 4; i++) {
		st[i] = XOR(st[i], _mm512_shuffle_i64x2(d[i], d[i + 4], 0x88));
		st[i + 4] =
		    XOR(st[i + 4], _mm512_shuffle_i64x2(d[i], d[i + 4], 0xdd));
	}
}

/* absorb takes the whole block at byte `at` of each message. */
FOR_AVX512 static void
absorb(__m512i st[25], const struct bytes in[8], size_t at)
{
	uint64_t last[8];
	__m512i r[8];
	size_t i, from;

	for (from = 0; from < 128; from += 64) {
		for (i = 0; i < 8; i++)
			r[i] = _mm512_loadu_si512(in[i].ptr + at + from);
		add_eight(st + from / 8, r);
	}
	for (i = 0; i < 8; i++)
		memcpy(&last[i], in[i].ptr + at + 128, 8);
	st[16] = XOR(st[16], _mm512_loadu_si512(last));
	permute(st);
}

/*
 * last_row is eight lanes from lane `from` of a message's last block: lanes
 * below whole are read, lane whole is the tail, the others are zero.
 */
FOR_AVX512 static inline __m512i
last_row(const uint8_t *block, unsigned whole, unsigned from, uint64_t tail)
{
	uint32_t here = (uint32_t)1 << whole;
	__m512i r = _mm512_setzero_si512();

	if (whole > from)
		r = _mm512_maskz_loadu_epi64(
		    (__mmask8)((here - 1) >> from), block + 8 * (size_t)from);
	return _mm512_mask_set1_epi64(
	    r, (__mmask8)(here >> from), (long long)tail);
}

/* absorb_last takes what is left from byte `at` on, and the padding. */
FOR_AVX512 static void
absorb_last(__m512i st[25], const struct bytes in[8], size_t at)
{
	uint64_t last[8], tail[8];
	unsigned whole[8], from;
	__m512i r[8];
	size_t i;

	for (i = 0; i < 8; i++) {
		whole[i] = (unsigned)((in[i].len - at) / 8);
		tail[i] = keccak_tail_word(in[i]);
		last[i] = KECCAK_PAD_END ^ (whole[i] == 16 ? tail[i] : 0);
	}
	for (from = 0; from < 16; from += 8) {
		for (i = 0; i < 8; i++)
			r[i] =
			    last_row(in[i].ptr + at, whole[i], from, tail[i]);
		add_eight(st + from, r);
	}
	st[16] = XOR(st[16], _mm512_loadu_si512(last));
	permute(st);
}

FOR_AVX512 void
keccak256_x8(uint8_t *const out[8], const struct bytes in[8])
{
	uint64_t words[4][8];
	__m512i st[25];
	size_t at, i;

	memset(st, 0, sizeof(st));
	for (at = 0; in[0].len - at >= KECCAK_RATE; at += KECCAK_RATE)
		absorb(st, in, at);
	absorb_last(st, in, at);
	for (i = 0; i < 4; i++)
		_mm512_storeu_si512(words[i], st[i]);
	for (i = 0; i < 32; i++)
		memcpy(out[i % 8] + i / 8 * 8, &words[i / 8][i % 8], 8);
}

#endif
