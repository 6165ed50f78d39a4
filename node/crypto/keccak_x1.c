/* SPDX-License-Identifier: Apache-2.0
 *
 * Keccak-256 of one message, its state in five AVX-512 registers of five
 * lanes. Reached only through keccak256 and keccak_f.
 *
 * Within a round the registers change what they hold, so that no lane ever
 * goes from one to another. Say lane (x, y) is in register ax + by modulo 5.
 * Theta adds up columns: it wants the position in the register to depend on x
 * alone, which can be unless b = 0. Chi works along rows: it wants a position
 * that depends on y alone, and neighbours of a row in registers that lie a
 * apart, which can be unless a = 0. Both are had by turning each register by
 * a multiple of its number. Pi, which takes (x, y) to (y, 2x + 3y), makes
 * (a + b, 3a) of (a, b), so that after six rounds, four times in a
 * permutation, the first form is there again:
 *
 *   (0, 1)  rows; chi has columns behind pi
 *   (1, 0)  columns, which theta adds up within each register
 *   (1, 3)
 *   (4, 3)
 *   (2, 2)
 *   (4, 1)  rows behind pi, which chi has within each register
 *
 * Positions 5 to 7 stay zero.
 */
#include "crypto/keccak_priv.h"

#if KECCAK_HAS_LANES

#include <immintrin.h>

#include "crypto/keccak.h"

#define FOR_AVX512 __attribute__((target("avx512f,avx512bw")))
#define INLINE     FOR_AVX512 static inline __attribute__((always_inline))

/* The truth tables of ternarylogic: 0x96 is a ^ b ^ c, 0xd2 a ^ (~b & c). */
#define XOR3(a, b, c) _mm512_ternarylogic_epi64(a, b, c, 0x96)
#define CHI(a, b, c)  _mm512_ternarylogic_epi64(a, b, c, 0xd2)

#define EACH(M) M(0) M(1) M(2) M(3) M(4)

enum { LANES = 5, ROW_LEN = 40, CYCLE = 6, ROUNDS = 24 };

/* How far rho rotates what is in each register in each round of six. */
static const _Alignas(64) uint64_t rho_by[CYCLE][LANES][8] = {
    {{0, 1, 62, 28, 27}, {36, 44, 6, 55, 20}, {3, 10, 43, 25, 39},
	{41, 45, 15, 21, 8}, {18, 2, 61, 56, 14}},
    {{0, 3, 18, 36, 41}, {1, 10, 2, 44, 45}, {62, 43, 61, 6, 15},
	{28, 25, 56, 55, 21}, {27, 39, 14, 20, 8}},
    {{0, 6, 39, 45, 56}, {3, 15, 14, 1, 55}, {18, 62, 20, 10, 21},
	{36, 43, 8, 2, 28}, {41, 61, 27, 44, 25}},
    {{0, 10, 61, 55, 8}, {3, 2, 6, 21, 27}, {18, 44, 15, 28, 39},
	{36, 45, 62, 25, 14}, {41, 1, 43, 56, 20}},
    {{0, 15, 20, 2, 25}, {41, 6, 14, 10, 28}, {36, 61, 39, 1, 21},
	{18, 43, 27, 45, 55}, {3, 62, 8, 44, 56}},
    {{0, 21, 44, 14, 43}, {36, 56, 10, 27, 15}, {3, 28, 45, 20, 61},
	{41, 55, 2, 39, 62}, {18, 25, 1, 8, 6}},
};

/* struct moves is what positions come from: turn[k] takes p from p + k,
 * pick[k] from 2p + k. */
struct moves {
	__m512i turn[LANES], pick[LANES];
};

#define MOVE_TURN(k)                                                           \
	m->turn[k] = _mm512_setr_epi64((k) % 5, (1 + (k)) % 5, (2 + (k)) % 5,  \
	    (3 + (k)) % 5, (4 + (k)) % 5, 5, 6, 7);
#define MOVE_PICK(k)                                                           \
	m->pick[k] = _mm512_setr_epi64((k) % 5, (2 + (k)) % 5, (4 + (k)) % 5,  \
	    (6 + (k)) % 5, (8 + (k)) % 5, 5, 6, 7);
INLINE void
moves_init(struct moves *m){EACH(MOVE_TURN) EACH(MOVE_PICK)}

INLINE __m512i turn(__m512i v, unsigned k, const struct moves *m)
{
	if (k % LANES == 0)
		return v;
	return _mm512_permutexvar_epi64(m->turn[k % LANES], v);
}

/*
 * leave takes what theta adds, a and b, to register i, rotates by rho and
 * turns by pi, further on by `by`. Registers go through all of this one after
 * the other, the last the one that is never turned: so the processor, which
 * prefers the older of instructions, has the first at chi soon.
 */
INLINE __m512i
leave(__m512i v, __m512i a, __m512i b, unsigned no, unsigned i, unsigned by,
    const struct moves *m)
{
	v = XOR3(v, a, b);
	v = _mm512_rolv_epi64(v, _mm512_load_si512(rho_by[no][i]));
	return turn(v, 20 - i * by, m);
}

#define EACH_TURNED_FIRST(M) M(1) M(2) M(3) M(4) M(0)

/* theta has column x at position x * step; what is in register i goes i * by
 * positions further on. */
INLINE void
theta(__m512i r[LANES], unsigned no, unsigned step, unsigned by,
    const struct moves *m)
{
	__m512i c = XOR3(XOR3(r[0], r[1], r[2]), r[3], r[4]);
	__m512i d = turn(_mm512_rol_epi64(c, 1), step, m);

	c = turn(c, LANES - step, m);
#define LEAVE(i) r[i] = leave(r[i], c, d, no, i, by, m);
	EACH_TURNED_FIRST(LEAVE)
}

/* sum has the sum of the five lanes of v at each of their positions. */
INLINE __m512i
sum(__m512i v, const struct moves *m)
{
	__m512i two = _mm512_xor_si512(v, turn(v, 1, m));

	return XOR3(two, turn(two, 2, m), turn(v, 4, m));
}

/* theta_within is theta with column x in register x. */
INLINE void
theta_within(__m512i r[LANES], unsigned no, unsigned by, const struct moves *m)
{
	__m512i c[LANES];

#define SUM(i) c[i] = sum(r[i], m);
#define LEAVE_COLUMN(i)                                                        \
	r[i] = leave(r[i], c[((i) + 4) % 5],                                   \
	    _mm512_rol_epi64(c[((i) + 1) % 5], 1), no, i, by, m);
	EACH(SUM)
	EACH_TURNED_FIRST(LEAVE_COLUMN)
}

INLINE __m512i
iota(__m512i v, unsigned no)
{
	return _mm512_xor_si512(
	    v, _mm512_zextsi128_si512(_mm_loadl_epi64(
		   (const __m128i *)(const void *)&keccak_iota[no])));
}

/* chi has neighbours of a row in registers that lie step apart; then what is
 * in register i goes i * by positions further on. */
INLINE void
chi(__m512i r[LANES], unsigned no, unsigned step, unsigned by,
    const struct moves *m)
{
	__m512i b[LANES];

#define MIX(i)                                                                 \
	b[i] = CHI(r[i], r[((i) + step) % 5], r[((i) + 2 * step) % 5]);        \
	b[i] = turn(b[i], 20 - (i)*by, m);
#define TAKE(i) r[i] = b[i];
	EACH(MIX)
	EACH(TAKE)
	r[0] = iota(r[0], no);
}

/* chi_within is chi with row y in register 2y, column x at position 2x + y. */
INLINE void
chi_within(__m512i r[LANES], unsigned no, const struct moves *m)
{
	__m512i b[LANES];

#define PICK(y, k) _mm512_permutexvar_epi64(m->pick[(k) % 5], r[(y)*2 % 5])
#define MIX_WITHIN(y)                                                          \
	b[y] = CHI(PICK(y, y), PICK(y, (y) + 2), PICK(y, (y) + 4));
	EACH(MIX_WITHIN)
	EACH(TAKE)
	r[0] = iota(r[0], no);
}

/* permute is Keccak-f[1600] on rows. */
INLINE void
permute(__m512i r[LANES], const struct moves *m)
{
	unsigned no;

	for (no = 0; no < ROUNDS; no += CYCLE) {
		theta(r, 0, 1, 4, m);
		chi(r, no, 1, 0, m);
		theta_within(r, 1, 2, m);
		chi(r, no + 1, 1, 3, m);
		theta(r, 2, 3, 3, m);
		chi(r, no + 2, 4, 4, m);
		theta(r, 3, 1, 2, m);
		chi(r, no + 3, 2, 4, m);
		theta(r, 4, 3, 3, m);
		chi(r, no + 4, 4, 3, m);
		theta(r, 5, 2, 0, m);
		chi_within(r, no + 5, m);
	}
}

FOR_AVX512 void
keccak_permute_x1(uint64_t st[25])
{
	const __mmask8 row = 0x1f;
	struct moves m;
	__m512i r[LANES];

	moves_init(&m);
#define LOAD(i)  r[i] = _mm512_maskz_loadu_epi64(row, st + (size_t)LANES * (i));
#define STORE(i) _mm512_mask_storeu_epi64(st + (size_t)LANES * (i), row, r[i]);
	EACH(LOAD)
	permute(r, &m);
	EACH(STORE)
}

/* below has the n lowest of 64 bits set. */
INLINE uint64_t
below(size_t n)
{
	return n < 64 ? ((uint64_t)1 << n) - 1 : ~(uint64_t)0;
}

/* text_row is the row at byte `at` of the last block, which has len bytes and
 * 0x01 behind them. */
INLINE __m512i
text_row(const uint8_t *text, size_t len, size_t at)
{
	size_t rest = len > at ? len - at : 0;
	bool has_end = len >= at && len < at + ROW_LEN;
	size_t cnt = rest < ROW_LEN ? rest : ROW_LEN;
	__m512i v =
	    _mm512_maskz_loadu_epi8(below(cnt), rest > 0 ? text + at : text);

	return _mm512_mask_mov_epi8(
	    v, (uint64_t)has_end << cnt, _mm512_set1_epi8(1));
}

/* add_last adds what is left of a message and the padding. */
INLINE void
add_last(__m512i r[LANES], struct bytes in)
{
#define ADD_TEXT(i)                                                            \
	r[i] = _mm512_xor_si512(                                               \
	    r[i], text_row(in.ptr, in.len, (size_t)ROW_LEN * (i)));
	ADD_TEXT(0)
	ADD_TEXT(1)
	ADD_TEXT(2)
	ADD_TEXT(3)
	r[3] = _mm512_xor_si512(r[3],
	    _mm512_setr_epi64(0, (long long)KECCAK_PAD_END, 0, 0, 0, 0, 0, 0));
}

/* add_block adds a whole block. */
INLINE void
add_block(__m512i r[LANES], const uint8_t block[KECCAK_RATE])
{
#define ADD_ROW(i, lanes)                                                      \
	r[i] = _mm512_xor_si512(r[i],                                          \
	    _mm512_maskz_loadu_epi64(lanes, block + (size_t)ROW_LEN * (i)));
	ADD_ROW(0, 0x1f)
	ADD_ROW(1, 0x1f)
	ADD_ROW(2, 0x1f)
	ADD_ROW(3, 0x03)
}

FOR_AVX512 void
keccak256_x1(uint8_t out[32], struct bytes in)
{
	struct moves m;
	__m512i r[LANES];
	bool is_last;

	moves_init(&m);
#define CLEAR(i) r[i] = _mm512_setzero_si512();
	EACH(CLEAR)
	do {
		is_last = in.len < KECCAK_RATE;
		if (is_last) {
			add_last(r, in);
		} else {
			add_block(r, in.ptr);
			in.ptr += KECCAK_RATE;
			in.len -= KECCAK_RATE;
		}
		permute(r, &m);
	} while (!is_last);
	_mm256_storeu_si256(
	    (__m256i *)(void *)out, _mm512_castsi512_si256(r[0]));
}

#endif
