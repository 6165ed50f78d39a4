/* SPDX-License-Identifier: Apache-2.0
 *
 * Products in the field of BLS12-381 and its quadratic extension: where all
 * time of a pairing goes. Nothing else is here.
 *
 * A component of a product in Fp2 is a sum of two products, and such a sum
 * is reduced once: word by word of the factors, both rows and the multiple
 * of p that clears the lowest word are added to the same seven words, which
 * never leave the registers (Longa, "Efficient Algorithms for Large Prime
 * Characteristic Fields and Their Application to Bilinear Pairings", 2022).
 * The sum stays below 2 p^2 / 2^384 + p < 2p, so that one subtraction ends it.
 *
 * With mulx, adcx and adox (BMI2, ADX) a row has two carry chains side by
 * side. The processor is asked once, because it answers slowly.
 */
#include "crypto/bls_fp_priv.h"

/* The shared helpers' part: sums of products one after the other. */
void
bls_fp_mul_plain(
    struct bls_fp *out, const struct bls_fp *a, const struct bls_fp *b)
{
	mont_mul(out->w, a->w, b->w, &bls_field, false);
}

void
bls_fp2_mul_plain(
    struct bls_fp2 *out, const struct bls_fp2 *a, const struct bls_fp2 *b)
{
	struct bls_fp t0, t1, s, t;

	bls_fp_add(&s, &a->c0, &a->c1);
	bls_fp_add(&t, &b->c0, &b->c1);
	bls_fp_mul_plain(&t0, &a->c0, &b->c0);
	bls_fp_mul_plain(&t1, &a->c1, &b->c1);
	bls_fp_mul_plain(&s, &s, &t);
	bls_fp_sub(&out->c0, &t0, &t1);
	bls_fp_sub(&s, &s, &t0);
	bls_fp_sub(&out->c1, &s, &t1);
}

#if defined(__x86_64__)
#include <cpuid.h>

static bool has_adx; /* written once, before main */

__attribute__((constructor)) static void
ask_processor(void)
{
	unsigned a, b, c, d;

	has_adx = __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 &&
		  (b & bit_ADX) != 0 && (b & bit_BMI2) != 0;
}

/* An instruction has a line. */
/* clang-format off */

/* rdx times a word goes into two neighbouring words. */
#define STEP(word, to, next)						\
	"mulxq " word ", %[lo], %[hi]\n\t"				\
	"adcxq %[lo], %[" to "]\n\t"					\
	"adoxq %[hi], %[" next "]\n\t"

/* t += rdx times six words; xor clears both carries. */
#define ROW(w0, w1, w2, w3, w4, w5)					\
	"xorl %k[lo], %k[lo]\n\t"					\
	STEP(w0, "t0", "t1")						\
	STEP(w1, "t1", "t2")						\
	STEP(w2, "t2", "t3")						\
	STEP(w3, "t3", "t4")						\
	STEP(w4, "t4", "t5")						\
	STEP(w5, "t5", "t6")						\
	"movl $0, %k[lo]\n\t"						\
	"adcxq %[lo], %[t6]\n\t"

/* t += a word times the element that a register points at. */
#define TIMES(word, at)							\
	"movq %[" word "], %%rdx\n\t"					\
	ROW("(%[" at "])", "8(%[" at "])", "16(%[" at "])",		\
	    "24(%[" at "])", "32(%[" at "])", "40(%[" at "])")

/* The multiple of p that makes t0 zero is added. */
#define CLEAR								\
	"movq %[t0], %%rdx\n\t"						\
	"imulq %[k], %%rdx\n\t"						\
	ROW("%[p0]", "%[p1]", "%[p2]", "%[p3]", "%[p4]", "%[p5]")

#define WORDS								\
	[t0] "+&r"(t[0]), [t1] "+&r"(t[1]), [t2] "+&r"(t[2]),		\
	[t3] "+&r"(t[3]), [t4] "+&r"(t[4]), [t5] "+&r"(t[5]),		\
	[t6] "+&r"(t[6]), [lo] "=&r"(lo), [hi] "=&r"(hi)
#define FIELD								\
	[p0] "m"(bls_field.p[0]), [p1] "m"(bls_field.p[1]),		\
	[p2] "m"(bls_field.p[2]), [p3] "m"(bls_field.p[3]),		\
	[p4] "m"(bls_field.p[4]), [p5] "m"(bls_field.p[5]),		\
	[k] "m"(bls_field.neg_inv)

/*
 * A step adds to the seven words at t, clears the lowest and is followed by
 * one at t + 1, whose seventh word is 0: what is left after six is the result
 * times 2^384, below 2p.
 */
enum { WORDS_MAX = 2 * BLS_LIMBS };

/* NOLINTBEGIN(readability-non-const-parameter): assembly writes there */

/* t += a b, and a multiple of p. */
MONT_INLINE void
step(uint64_t *t, const struct bls_fp *a, const uint64_t *b)
{
	uint64_t lo, hi;

	__asm__(TIMES("b", "a")
		CLEAR
		: WORDS
		: [a] "r"(a), [b] "m"(*b), "m"(*a), FIELD
		: "cc", "rdx");
}

/* t += a b + c d, and a multiple of p. */
MONT_INLINE void
step2(uint64_t *t, const struct bls_fp *a, const uint64_t *b,
    const struct bls_fp *c, const uint64_t *d)
{
	uint64_t lo, hi;

	__asm__(TIMES("b", "a")
		TIMES("d", "c")
		CLEAR
		: WORDS
		: [a] "r"(a), [b] "m"(*b), [c] "r"(c), [d] "m"(*d),
		  "m"(*a), "m"(*c), FIELD
		: "cc", "rdx");
}
/* NOLINTEND(readability-non-const-parameter) */
/* clang-format on */

MONT_INLINE void
mul_adx(struct bls_fp *out, const struct bls_fp *a, const struct bls_fp *b)
{
	uint64_t t[WORDS_MAX] = {0};
	unsigned i;

	MONT_UNROLL
	for (i = 0; i < BLS_LIMBS; i++)
		step(t + i, a, &b->w[i]);
	mont_once(out->w, t + BLS_LIMBS, &bls_field);
}

/* out = a b + c d */
MONT_INLINE void
mul2_adx(struct bls_fp *out, const struct bls_fp *a, const struct bls_fp *b,
    const struct bls_fp *c, const struct bls_fp *d)
{
	uint64_t t[WORDS_MAX] = {0};
	unsigned i;

	MONT_UNROLL
	for (i = 0; i < BLS_LIMBS; i++)
		step2(t + i, a, &b->w[i], c, &d->w[i]);
	mont_once(out->w, t + BLS_LIMBS, &bls_field);
}

static void
fp2_mul_adx(
    struct bls_fp2 *out, const struct bls_fp2 *a, const struct bls_fp2 *b)
{
	struct bls_fp c0, minus;

	bls_fp_neg(&minus, &a->c1);
	mul2_adx(&c0, &a->c0, &b->c0, &minus, &b->c1);
	mul2_adx(&out->c1, &a->c0, &b->c1, &a->c1, &b->c0);
	out->c0 = c0;
}

/* (c0 + c1)(c0 - c1) + 2 c0 c1 u. Sums are factors below 2p here, and the
 * products still below 2p. */
static void
fp2_sqr_adx(struct bls_fp2 *out, const struct bls_fp2 *a)
{
	struct bls_fp sum, diff, twice;

	mont_add_lazy(sum.w, a->c0.w, a->c1.w, &bls_field);
	mont_add_lazy(twice.w, a->c0.w, a->c0.w, &bls_field);
	bls_fp_sub(&diff, &a->c0, &a->c1);
	mul_adx(&out->c1, &twice, &a->c1);
	mul_adx(&out->c0, &sum, &diff);
}
#endif

void
bls_fp_mul(struct bls_fp *out, const struct bls_fp *a, const struct bls_fp *b)
{
#if defined(__x86_64__)
	if (has_adx) {
		mul_adx(out, a, b);
		return;
	}
#endif
	bls_fp_mul_plain(out, a, b);
}

void
bls_fp_sqr(struct bls_fp *out, const struct bls_fp *a)
{
	bls_fp_mul(out, a, a);
}

void
bls_fp2_mul(
    struct bls_fp2 *out, const struct bls_fp2 *a, const struct bls_fp2 *b)
{
#if defined(__x86_64__)
	if (has_adx) {
		fp2_mul_adx(out, a, b);
		return;
	}
#endif
	bls_fp2_mul_plain(out, a, b);
}

void
bls_fp2_sqr(struct bls_fp2 *out, const struct bls_fp2 *a)
{
#if defined(__x86_64__)
	if (has_adx) {
		fp2_sqr_adx(out, a);
		return;
	}
#endif
	bls_fp2_mul_plain(out, a, a);
}
