/* SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic modulo a prime of four or six 64-bit limbs, in Montgomery form:
 * a number x stands as x * R mod p with R = 2^(64 * limbs). What bn254 and
 * bls12-381 share; a field's own file instantiates it with its constants.
 *
 * Everything is inline and takes the field as a pointer to a static const
 * object, so that its limb count and modulus fold into the code. Limbs are
 * least significant first; outputs may alias inputs. The data is public (it
 * comes out of transactions): nothing here takes care to run in constant time.
 *
 * The rows of a product are written in assembly, because no compiler of today
 * makes one carry chain of them: mulx leaves the flags alone, so a row is four
 * multiplications and two chains. That takes a third off the time of what gcc
 * makes of 128-bit integers. mulx needs BMI2, which the caller asks for at run
 * time (mont_has_mulx) and passes down as a constant; without it, and on other
 * machines, the rows are plain C.
 */
#ifndef CRYPTO_MONT_PRIV_H
#define CRYPTO_MONT_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/u256.h"

#if defined(__x86_64__)
#define MONT_ASM 1
#else
#define MONT_ASM 0
#endif

#define MONT_INLINE static inline __attribute__((always_inline))
#define MONT_UNROLL _Pragma("GCC unroll 12")

enum { MONT_LIMBS_MAX = 6 };

/*
 * struct mont is a field. Its prime leaves the top bit of the last limb free,
 * so that a sum of two numbers and the steps of a reduction need no limb more.
 */
struct mont {
	uint64_t p[MONT_LIMBS_MAX];   /* the prime */
	uint64_t one[MONT_LIMBS_MAX]; /* R mod p: 1 in Montgomery form */
	uint64_t r2[MONT_LIMBS_MAX];  /* R^2 mod p: takes a number into it */
	uint64_t neg_inv;             /* -1/p modulo 2^64 */
	unsigned limbs;               /* 4 or 6 */
};

/* mont_has_mulx asks the processor for BMI2. */
MONT_INLINE bool
mont_has_mulx(void)
{
#if MONT_ASM
	return __builtin_cpu_supports("bmi2");
#else
	return false;
#endif
}

/* --- rows */

#if MONT_ASM
/* The memory that a row reads, for the compiler. */
struct mont_limbs4 {
	uint64_t w[4];
};
struct mont_limbs3 {
	uint64_t w[3];
};

/* NOLINTBEGIN(readability-non-const-parameter): assembly writes there */

/* t[0..3] += a[0..3] * b; returns the limb that goes out. */
MONT_INLINE uint64_t
mont_row4_mulx(uint64_t *t, const uint64_t *a, uint64_t b)
{
	uint64_t h0, h1, h2, h3, lo;

	__asm__("mulx (%[a]), %[lo], %[h0]\n\t"
		"add %[lo], %[t0]\n\t"
		"mulx 8(%[a]), %[lo], %[h1]\n\t"
		"adc %[lo], %[t1]\n\t"
		"mulx 16(%[a]), %[lo], %[h2]\n\t"
		"adc %[lo], %[t2]\n\t"
		"mulx 24(%[a]), %[lo], %[h3]\n\t"
		"adc %[lo], %[t3]\n\t"
		"adc $0, %[h3]\n\t"
		"add %[h0], %[t1]\n\t"
		"adc %[h1], %[t2]\n\t"
		"adc %[h2], %[t3]\n\t"
		"adc $0, %[h3]"
		: [t0] "+&r"(t[0]), [t1] "+&r"(t[1]), [t2] "+&r"(t[2]),
		[t3] "+&r"(t[3]), [h0] "=&r"(h0), [h1] "=&r"(h1),
		[h2] "=&r"(h2), [h3] "=&r"(h3), [lo] "=&r"(lo)
		: [a] "r"(a), "d"(b), "m"(*(const struct mont_limbs4 *)a)
		: "cc");
	return h3;
}

/* t[0..2] += a[0..2] * b + carry; returns the limb that goes out. */
MONT_INLINE uint64_t
mont_row3_mulx(uint64_t *t, const uint64_t *a, uint64_t b, uint64_t carry)
{
	uint64_t h0, h1, h2, lo;

	__asm__("mulx (%[a]), %[lo], %[h0]\n\t"
		"add %[lo], %[t0]\n\t"
		"mulx 8(%[a]), %[lo], %[h1]\n\t"
		"adc %[lo], %[t1]\n\t"
		"mulx 16(%[a]), %[lo], %[h2]\n\t"
		"adc %[lo], %[t2]\n\t"
		"adc $0, %[h2]\n\t"
		"add %[c], %[t0]\n\t"
		"adc %[h0], %[t1]\n\t"
		"adc %[h1], %[t2]\n\t"
		"adc $0, %[h2]"
		: [t0] "+&r"(t[0]), [t1] "+&r"(t[1]), [t2] "+&r"(t[2]),
		[h0] "=&r"(h0), [h1] "=&r"(h1), [h2] "=&r"(h2), [lo] "=&r"(lo)
		: [a] "r"(a), "d"(b), [c] "r"(carry),
		"m"(*(const struct mont_limbs3 *)a)
		: "cc");
	return h2;
}
/* NOLINTEND(readability-non-const-parameter) */
#endif

/* mont_row adds a * b to t, n limbs each. Returns the limb that goes out. */
MONT_INLINE uint64_t
mont_row(uint64_t *t, const uint64_t *a, uint64_t b, unsigned n, bool mulx)
{
	uint64_t carry = 0;
	unsigned i;

#if MONT_ASM
	if (mulx && n == 4)
		return mont_row4_mulx(t, a, b);
	if (mulx && n == 6)
		return mont_row3_mulx(
		    t + 3, a + 3, b, mont_row3_mulx(t, a, b, 0));
#endif
	(void)mulx;
	MONT_UNROLL
	for (i = 0; i < n; i++) {
		u128 v = (u128)a[i] * b + t[i] + carry;

		t[i] = (uint64_t)v;
		carry = (uint64_t)(v >> 64);
	}
	return carry;
}

/* --- carry chains. A carry between blocks is 0 or all ones. */

#if MONT_ASM
#define MONT_CHAIN4(op, t, b, c)                                               \
	__asm__("add %[k], %[k]\n\t" op " %[b0], %[t0]\n\t" op                 \
		" %[b1], %[t1]\n\t" op " %[b2], %[t2]\n\t" op                  \
		" %[b3], %[t3]\n\tsbb %[k], %[k]"                              \
		: [t0] "+&r"((t)[0]), [t1] "+&r"((t)[1]), [t2] "+&r"((t)[2]),  \
		[t3] "+&r"((t)[3]), [k] "+&r"(c)                               \
		: [b0] "rm"((b)[0]), [b1] "rm"((b)[1]), [b2] "rm"((b)[2]),     \
		[b3] "rm"((b)[3])                                              \
		: "cc")
#define MONT_CHAIN6(op, t, b, c)                                               \
	__asm__("add %[k], %[k]\n\t" op " %[b0], %[t0]\n\t" op                 \
		" %[b1], %[t1]\n\t" op " %[b2], %[t2]\n\t" op                  \
		" %[b3], %[t3]\n\t" op " %[b4], %[t4]\n\t" op                  \
		" %[b5], %[t5]\n\tsbb %[k], %[k]"                              \
		: [t0] "+&r"((t)[0]), [t1] "+&r"((t)[1]), [t2] "+&r"((t)[2]),  \
		[t3] "+&r"((t)[3]), [t4] "+&r"((t)[4]), [t5] "+&r"((t)[5]),    \
		[k] "+&r"(c)                                                   \
		: [b0] "rm"((b)[0]), [b1] "rm"((b)[1]), [b2] "rm"((b)[2]),     \
		[b3] "rm"((b)[3]), [b4] "rm"((b)[4]), [b5] "rm"((b)[5])        \
		: "cc")
#define MONT_CHAINS(op, sign, t, b, n, c)                                      \
	do {                                                                   \
		unsigned at_;                                                  \
		if ((n) % 4 == 0)                                              \
			MONT_UNROLL                                            \
		for (at_ = 0; at_ < (n); at_ += 4)                             \
			MONT_CHAIN4(op, (t) + at_, (b) + at_, c);              \
		else MONT_UNROLL for (at_ = 0; at_ < (n); at_ += 6)            \
		    MONT_CHAIN6(op, (t) + at_, (b) + at_, c);                  \
	} while (0)
#else
#define MONT_CHAINS(op, sign, t, b, n, c)                                      \
	do {                                                                   \
		unsigned at_;                                                  \
		for (at_ = 0; at_ < (n); at_++) {                              \
			u128 v_ = (u128)(t)[at_] sign(b)[at_] sign((c)&1);     \
			(t)[at_] = (uint64_t)v_;                               \
			(c) = 0 - ((uint64_t)(v_ >> 64) & 1);                  \
		}                                                              \
	} while (0)
#endif

/* NOLINTBEGIN(readability-non-const-parameter): assembly writes there */

/* mont_limbs_add is t += b over n limbs (a multiple of 4 or 6). Returns the
 * carry, as 0 or all ones. */
MONT_INLINE uint64_t
mont_limbs_add(uint64_t *t, const uint64_t *b, unsigned n)
{
	uint64_t carry = 0;

	MONT_CHAINS("adc", +, t, b, n, carry);
	return carry;
}

/* mont_limbs_sub is t -= b over n limbs. Returns the borrow likewise. */
MONT_INLINE uint64_t
mont_limbs_sub(uint64_t *t, const uint64_t *b, unsigned n)
{
	uint64_t borrow = 0;

	MONT_CHAINS("sbb", -, t, b, n, borrow);
	return borrow;
}

/* NOLINTEND(readability-non-const-parameter) */

/* mont_limbs_add_if adds the prime to t where mask is all ones, not 0. */
MONT_INLINE void
mont_limbs_add_if(uint64_t *t, uint64_t mask, const struct mont *f)
{
	uint64_t k[MONT_LIMBS_MAX];
	unsigned i;

	MONT_UNROLL
	for (i = 0; i < f->limbs; i++)
		k[i] = f->p[i] & mask;
	(void)mont_limbs_add(t, k, f->limbs);
}

#if MONT_ASM
/* Four limbs: s = t - p or, where that borrows, t. The prime stays in memory,
 * and the carry in the flags, which compilers do not manage by themselves. */
MONT_INLINE void
mont_once4(uint64_t *s, const uint64_t *t, const uint64_t *p)
{
	uint64_t s0 = t[0], s1 = t[1], s2 = t[2], s3 = t[3];

	__asm__("sub %[p0], %[s0]\n\t"
		"sbb %[p1], %[s1]\n\t"
		"sbb %[p2], %[s2]\n\t"
		"sbb %[p3], %[s3]\n\t"
		"cmovc %[t0], %[s0]\n\t"
		"cmovc %[t1], %[s1]\n\t"
		"cmovc %[t2], %[s2]\n\t"
		"cmovc %[t3], %[s3]"
		: [s0] "+&r"(s0), [s1] "+&r"(s1), [s2] "+&r"(s2), [s3] "+&r"(s3)
		: [t0] "rm"(t[0]), [t1] "rm"(t[1]), [t2] "rm"(t[2]),
		[t3] "rm"(t[3]), [p0] "m"(p[0]), [p1] "m"(p[1]), [p2] "m"(p[2]),
		[p3] "m"(p[3])
		: "cc");
	s[0] = s0;
	s[1] = s1;
	s[2] = s2;
	s[3] = s3;
}

/* NOLINTBEGIN(readability-non-const-parameter): assembly writes there */

/* Four limbs: t += b, where no carry can go out. */
MONT_INLINE void
mont_add4(uint64_t *t, const uint64_t *b)
{
	uint64_t t0 = t[0], t1 = t[1], t2 = t[2], t3 = t[3];

	__asm__(
	    "add %[b0], %[t0]\n\t"
	    "adc %[b1], %[t1]\n\t"
	    "adc %[b2], %[t2]\n\t"
	    "adc %[b3], %[t3]"
	    : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3)
	    : [b0] "rm"(b[0]), [b1] "rm"(b[1]), [b2] "rm"(b[2]), [b3] "rm"(b[3])
	    : "cc");
	t[0] = t0;
	t[1] = t1;
	t[2] = t2;
	t[3] = t3;
}

/* Four limbs: t -= b, and += p where that borrows. */
MONT_INLINE void
mont_sub4(uint64_t *t, const uint64_t *b, const uint64_t *p)
{
	uint64_t t0 = t[0], t1 = t[1], t2 = t[2], t3 = t[3];
	uint64_t k0, k1, k2, k3;

	__asm__(
	    "sub %[b0], %[t0]\n\t"
	    "sbb %[b1], %[t1]\n\t"
	    "sbb %[b2], %[t2]\n\t"
	    "sbb %[b3], %[t3]\n\t"
	    "sbb %[k0], %[k0]\n\t"
	    "mov %[k0], %[k1]\n\t"
	    "mov %[k0], %[k2]\n\t"
	    "mov %[k0], %[k3]\n\t"
	    "and %[p0], %[k0]\n\t"
	    "and %[p1], %[k1]\n\t"
	    "and %[p2], %[k2]\n\t"
	    "and %[p3], %[k3]\n\t"
	    "add %[k0], %[t0]\n\t"
	    "adc %[k1], %[t1]\n\t"
	    "adc %[k2], %[t2]\n\t"
	    "adc %[k3], %[t3]"
	    : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3),
	    [k0] "=&r"(k0), [k1] "=&r"(k1), [k2] "=&r"(k2), [k3] "=&r"(k3)
	    : [b0] "m"(b[0]), [b1] "m"(b[1]), [b2] "m"(b[2]), [b3] "m"(b[3]),
	    [p0] "m"(p[0]), [p1] "m"(p[1]), [p2] "m"(p[2]), [p3] "m"(p[3])
	    : "cc");
	t[0] = t0;
	t[1] = t1;
	t[2] = t2;
	t[3] = t3;
}
/* NOLINTEND(readability-non-const-parameter) */
#endif

/* mont_once takes the prime off t, which is below twice of it, if it can. */
MONT_INLINE void
mont_once(uint64_t *out, const uint64_t *t, const struct mont *f)
{
	uint64_t s[MONT_LIMBS_MAX] = {0}, borrow;
	unsigned i;

#if MONT_ASM
	if (f->limbs == 4) {
		mont_once4(out, t, f->p);
		return;
	}
#endif
	MONT_UNROLL
	for (i = 0; i < f->limbs; i++)
		s[i] = t[i];
	borrow = mont_limbs_sub(s, f->p, f->limbs);
	MONT_UNROLL
	for (i = 0; i < f->limbs; i++)
		out[i] = borrow != 0 ? t[i] : s[i];
}

/* mont_sum is t += b below 2^(64 limbs). */
MONT_INLINE void
mont_sum(uint64_t *t, const uint64_t *b, const struct mont *f)
{
#if MONT_ASM
	if (f->limbs == 4) {
		mont_add4(t, b);
		return;
	}
#endif
	(void)mont_limbs_add(t, b, f->limbs);
}

/* mont_difference is t -= b modulo p. */
MONT_INLINE void
mont_difference(uint64_t *t, const uint64_t *b, const struct mont *f)
{
#if MONT_ASM
	if (f->limbs == 4) {
		mont_sub4(t, b, f->p);
		return;
	}
#endif
	mont_limbs_add_if(t, mont_limbs_sub(t, b, f->limbs), f);
}

/* --- the field: operands and results are below p */

/* mont_add is out = a + b. */
MONT_INLINE void
mont_add(
    uint64_t *out, const uint64_t *a, const uint64_t *b, const struct mont *f)
{
	uint64_t t[MONT_LIMBS_MAX];
	unsigned i;

	MONT_UNROLL
	for (i = 0; i < f->limbs; i++)
		t[i] = a[i];
	mont_sum(t, b, f);
	mont_once(out, t, f);
}

/* mont_add_lazy is out = a + b without reduction: below 2p. */
MONT_INLINE void
mont_add_lazy(
    uint64_t *out, const uint64_t *a, const uint64_t *b, const struct mont *f)
{
	uint64_t t[MONT_LIMBS_MAX];
	unsigned i;

	MONT_UNROLL
	for (i = 0; i < f->limbs; i++)
		t[i] = a[i];
	mont_sum(t, b, f);
	MONT_UNROLL
	for (i = 0; i < f->limbs; i++)
		out[i] = t[i];
}

/* mont_sub is out = a - b. */
MONT_INLINE void
mont_sub(
    uint64_t *out, const uint64_t *a, const uint64_t *b, const struct mont *f)
{
	uint64_t t[MONT_LIMBS_MAX];
	unsigned i;

	MONT_UNROLL
	for (i = 0; i < f->limbs; i++)
		t[i] = a[i];
	mont_difference(t, b, f);
	MONT_UNROLL
	for (i = 0; i < f->limbs; i++)
		out[i] = t[i];
}

/* mont_is_zero tells whether a is 0. */
MONT_INLINE bool
mont_is_zero(const uint64_t *a, const struct mont *f)
{
	uint64_t any = 0;
	unsigned i;

	MONT_UNROLL
	for (i = 0; i < f->limbs; i++)
		any |= a[i];
	return any == 0;
}

/* mont_eq tells whether a and b are the same number. */
MONT_INLINE bool
mont_eq(const uint64_t *a, const uint64_t *b, const struct mont *f)
{
	uint64_t any = 0;
	unsigned i;

	MONT_UNROLL
	for (i = 0; i < f->limbs; i++)
		any |= a[i] ^ b[i];
	return any == 0;
}

/* mont_neg is out = -a. */
MONT_INLINE void
mont_neg(uint64_t *out, const uint64_t *a, const struct mont *f)
{
	const uint64_t zero[MONT_LIMBS_MAX] = {0};

	mont_sub(out, zero, a, f);
}

/*
 * mont_mul is out = a * b / R. The product is reduced row by row, so that it
 * never leaves the registers. b may be a lazy sum.
 */
MONT_INLINE void
mont_mul(uint64_t *out, const uint64_t *a, const uint64_t *b,
    const struct mont *f, bool mulx)
{
	uint64_t t[MONT_LIMBS_MAX] = {0}, top, carry;
	unsigned i, k;

	MONT_UNROLL
	for (i = 0; i < f->limbs; i++) {
		top = mont_row(t, a, b[i], f->limbs, mulx);
		carry = mont_row(t, f->p, t[0] * f->neg_inv, f->limbs, mulx);
		MONT_UNROLL
		for (k = 1; k < f->limbs; k++)
			t[k - 1] = t[k];
		t[f->limbs - 1] = top + carry; /* p's free bit: no overflow */
	}
	mont_once(out, t, f);
}

/* --- wide products, for sums of products that are reduced once */

/* mont_mul_wide is t = a * b, twice as many limbs. a and b may be lazy sums.
 * t is no operand. */
MONT_INLINE void
mont_mul_wide(uint64_t *t, const uint64_t *a, const uint64_t *b,
    const struct mont *f, bool mulx)
{
	unsigned i;

	MONT_UNROLL
	for (i = 0; i < f->limbs; i++)
		t[i] = 0;
	MONT_UNROLL
	for (i = 0; i < f->limbs; i++)
		t[f->limbs + i] = mont_row(t + i, a, b[i], f->limbs, mulx);
}

/* mont_sub_wide is t -= b modulo p * R: for differences of wide numbers below
 * that. */
MONT_INLINE void
mont_sub_wide(uint64_t *t, const uint64_t *b, const struct mont *f)
{
	uint64_t borrow = mont_limbs_sub(t, b, 2 * f->limbs);

	mont_limbs_add_if(t + f->limbs, borrow, f);
}

/* mont_reduce is out = t / R, of a wide t below p * R, which is spent. */
MONT_INLINE void
mont_reduce(uint64_t *out, uint64_t *t, const struct mont *f, bool mulx)
{
	uint64_t carry[MONT_LIMBS_MAX];
	unsigned i;

	MONT_UNROLL
	for (i = 0; i < f->limbs; i++)
		carry[i] =
		    mont_row(t + i, f->p, t[i] * f->neg_inv, f->limbs, mulx);
	(void)mont_limbs_add(t + f->limbs, carry, f->limbs);
	mont_once(out, t + f->limbs, f);
}

/* --- borders */

/* mont_from_be reads 8 * limbs big-endian bytes as a plain number (not in
 * Montgomery form). Returns false when it is not below p. */
MONT_INLINE bool
mont_from_be(uint64_t *out, const uint8_t *in, const struct mont *f)
{
	uint64_t t[MONT_LIMBS_MAX];
	unsigned i;

	for (i = 0; i < f->limbs; i++)
		t[i] = out[i] = be64(in + (size_t)8 * (f->limbs - 1 - i));
	return mont_limbs_sub(t, f->p, f->limbs) != 0;
}

/* mont_to_be writes a plain number as 8 * limbs big-endian bytes. */
MONT_INLINE void
mont_to_be(uint8_t *out, const uint64_t *a, const struct mont *f)
{
	unsigned i;

	for (i = 0; i < f->limbs; i++)
		be64_put(out + (size_t)8 * (f->limbs - 1 - i), a[i]);
}

#endif
