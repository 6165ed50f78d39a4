/* SPDX-License-Identifier: Apache-2.0
 *
 * The fields of BLS12-381: each operation against what defines it, on numbers
 * at the borders of a limb and of the prime and on random ones, with the
 * processor's instructions for it and without.
 */
#include "crypto/bls_fp_priv.h"

#include "base/check.h"
#include "crypto/rng.h"
#include "test.h"

enum { VALUES = 40 };

/* p - 1, as bytes */
#define P_LESS_1                                                               \
	"1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eab" \
	"fffeb153ffffb9feffffffffaaaa"
#define P                                                                      \
	"1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eab" \
	"fffeb153ffffb9feffffffffaaab"
/* (p - 1) / 2 and the next */
#define HALF                                                                   \
	"0d0088f51cbff34d258dd3db21a5d66bb23ba5c279c2895fb39869507b587b120f55" \
	"ffff58a9ffffdcff7fffffffd555"
#define ABOVE_HALF                                                             \
	"0d0088f51cbff34d258dd3db21a5d66bb23ba5c279c2895fb39869507b587b120f55" \
	"ffff58a9ffffdcff7fffffffd556"

/* fill makes elements of which the first are special: what stands in the
 * limbs is then 0, 1, p - 1, or full limbs. */
static void
fill(struct bls_fp v[VALUES])
{
	static const struct bls_fp p = {BLS_P};
	struct rng_test rng = {.state = 381};
	uint8_t bytes[BLS_FP_BYTES];
	size_t i;

	memset(v, 0, VALUES * sizeof(*v));
	v[1].w[0] = 1;
	v[2] = p;
	v[2].w[0]--;
	v[3].w[0] = UINT64_MAX;
	v[4] = (struct bls_fp){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
	    UINT64_MAX, 0x1a0111ea397fe699}};
	v[5].w[5] = 0x1a0111ea397fe69a;
	v[6] = bls_fp_one;
	for (i = 7; i < VALUES; i++) {
		rng_test_fill(&rng, bytes, sizeof(bytes));
		bytes[0] %= 0x1a;
		CHECK(bls_fp_take(&v[i], bytes));
	}
}

static void
fill2(struct bls_fp2 v[VALUES])
{
	struct bls_fp parts[VALUES];
	size_t i;

	fill(parts);
	for (i = 0; i < VALUES; i++)
		v[i] = (struct bls_fp2){parts[i], parts[i * 7 % VALUES]};
}

TEST(test_bls_fp_take_not_below_the_prime_refused)
{
	static const struct {
		const char *in;
		bool is_element;
	} rows[] = {
	    {P, false},
	    {"1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f624"
	     "1eabfffeb153ffffb9feffffffffaaac",
		false},
	    {"1a0111ea397fe69b000000000000000000000000000000000000000000000000"
	     "00000000000000000000000000000000",
		false},
	    {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	     "ffffffffffffffffffffffffffffffff",
		false},
	    {P_LESS_1, true},
	    {HALF, true},
	};
	uint8_t back[BLS_FP_BYTES];
	struct bls_fp a;
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].in);
		EXPECT(bls_fp_take(&a, test_hex(rows[i].in).ptr) ==
		       rows[i].is_element);
		if (!rows[i].is_element)
			continue;
		bls_fp_put(back, &a);
		EXPECT_BYTES(bytes_of(back, 48), test_hex(rows[i].in));
	}
	test_row(NULL);
}

TEST(test_bls_fp_sign_around_the_middle)
{
	struct bls_fp a, zero = {0};
	struct bls_fp2 b;

	EXPECT(!bls_fp_is_high(&zero) && !bls_fp_is_odd(&zero));
	EXPECT(bls_fp_take(&a, test_hex(HALF).ptr));
	EXPECT(!bls_fp_is_high(&a) && bls_fp_is_odd(&a));
	b = (struct bls_fp2){a, zero};
	EXPECT(!bls_fp2_is_high(&b) && bls_fp2_is_odd(&b));
	EXPECT(bls_fp_take(&a, test_hex(ABOVE_HALF).ptr));
	EXPECT(bls_fp_is_high(&a) && !bls_fp_is_odd(&a));
	b = (struct bls_fp2){a, zero};
	EXPECT(bls_fp2_is_high(&b) && !bls_fp2_is_odd(&b));
	/* The other part decides. */
	b = (struct bls_fp2){a, bls_fp_one};
	EXPECT(!bls_fp2_is_high(&b) && !bls_fp2_is_odd(&b));
	b = (struct bls_fp2){zero, bls_fp_one};
	EXPECT(!bls_fp2_is_high(&b) && bls_fp2_is_odd(&b));
}

/* Shift and add: out = a b of plain a and b. */
static void
multiply_slowly(
    struct bls_fp *out, const struct bls_fp *a, const struct bls_fp *b)
{
	struct bls_fp plain, r = {0};
	unsigned i;

	bls_fp_to_plain(&plain, b);
	for (i = 384; i-- > 0;) {
		bls_fp_add(&r, &r, &r);
		if (plain.w[i / 64] >> (i % 64) & 1)
			bls_fp_add(&r, &r, a);
	}
	*out = r;
}

TEST(test_bls_fp_sums_are_modulo_the_prime)
{
	struct bls_fp v[VALUES], s, t;
	size_t i, k;

	fill(v);
	for (i = 0; i < VALUES; i++)
		for (k = 0; k < VALUES; k++) {
			bls_fp_add(&s, &v[i], &v[k]);
			bls_fp_sub(&t, &s, &v[k]);
			EXPECT(bls_fp_eq(&t, &v[i]));
			bls_fp_neg(&t, &v[k]);
			bls_fp_sub(&t, &v[i], &t);
			EXPECT(bls_fp_eq(&t, &s));
			bls_fp_halve(&t, &s);
			bls_fp_dbl(&t, &t);
			EXPECT(bls_fp_eq(&t, &s));
		}
}

TEST(test_bls_fp_products_are_repeated_sums)
{
	struct bls_fp v[VALUES], s, t;
	size_t i, k;

	fill(v);
	for (i = 0; i < VALUES; i++)
		for (k = 0; k < VALUES; k++) {
			multiply_slowly(&t, &v[i], &v[k]);
			bls_fp_mul(&s, &v[i], &v[k]);
			EXPECT(bls_fp_eq(&s, &t));
			bls_fp_mul_plain(&s, &v[i], &v[k]);
			EXPECT(bls_fp_eq(&s, &t));
			s = v[i]; /* an output may be an input */
			bls_fp_mul(&s, &s, &v[k]);
			EXPECT(bls_fp_eq(&s, &t));
			s = v[k];
			bls_fp_mul(&s, &v[i], &s);
			EXPECT(bls_fp_eq(&s, &t));
		}
	for (i = 0; i < VALUES; i++) {
		bls_fp_mul(&s, &v[i], &v[i]);
		bls_fp_sqr(&t, &v[i]);
		EXPECT(bls_fp_eq(&s, &t));
	}
}

TEST(test_bls_fp_inverse_and_root)
{
	struct bls_fp v[VALUES], s, t, minus;
	size_t i, roots = 0;

	fill(v);
	bls_fp_inv(&s, &v[0]);
	EXPECT(bls_fp_is_zero(&v[0]) && bls_fp_is_zero(&s));
	for (i = 1; i < VALUES; i++) {
		bls_fp_inv(&s, &v[i]);
		bls_fp_mul(&t, &s, &v[i]);
		EXPECT(bls_fp_eq(&t, &bls_fp_one));
		/* One of a and -a is a square. */
		bls_fp_neg(&minus, &v[i]);
		t = v[i];
		if (bls_fp_sqrt(&s, &v[i])) {
			EXPECT(!bls_fp_sqrt(&minus, &minus));
			roots++;
		} else {
			EXPECT(bls_fp_sqrt(&s, &minus));
			t = minus;
		}
		bls_fp_sqr(&s, &s);
		EXPECT(bls_fp_eq(&s, &t));
	}
	EXPECT(roots > 5 && roots < VALUES - 5);
}

TEST(test_bls_fp2_products_by_their_definition)
{
	struct bls_fp2 v[VALUES], s, t;
	struct bls_fp a, b;
	size_t i, k;

	fill2(v);
	for (i = 0; i < VALUES; i++)
		for (k = 0; k < VALUES; k++) {
			bls_fp_mul(&a, &v[i].c0, &v[k].c0);
			bls_fp_mul(&b, &v[i].c1, &v[k].c1);
			bls_fp_sub(&t.c0, &a, &b);
			bls_fp_mul(&a, &v[i].c0, &v[k].c1);
			bls_fp_mul(&b, &v[i].c1, &v[k].c0);
			bls_fp_add(&t.c1, &a, &b);
			bls_fp2_mul(&s, &v[i], &v[k]);
			EXPECT(bls_fp2_eq(&s, &t));
			bls_fp2_mul_plain(&s, &v[i], &v[k]);
			EXPECT(bls_fp2_eq(&s, &t));
			s = v[k];
			bls_fp2_mul(&s, &v[i], &s);
			EXPECT(bls_fp2_eq(&s, &t));
			s = v[i];
			bls_fp2_mul(&s, &s, &v[k]);
			EXPECT(bls_fp2_eq(&s, &t));
			s = v[i];
			bls_fp2_mul_plain(&s, &s, &v[k]);
			EXPECT(bls_fp2_eq(&s, &t));
		}
}

TEST(test_bls_fp2_square_conjugate_and_root)
{
	static const struct bls_fp2 xi = {{BLS_ONE}, {BLS_ONE}};
	struct bls_fp2 v[VALUES], s, t;
	size_t i, roots = 0;

	fill2(v);
	for (i = 0; i < VALUES; i++) {
		bls_fp2_mul(&t, &v[i], &v[i]);
		bls_fp2_sqr(&s, &v[i]);
		EXPECT(bls_fp2_eq(&s, &t));
		EXPECT(bls_fp2_sqrt(&s, &t)); /* v or -v */
		bls_fp2_neg(&t, &s);
		EXPECT(bls_fp2_eq(&s, &v[i]) || bls_fp2_eq(&t, &v[i]));
		if (bls_fp2_sqrt(&s, &v[i])) {
			bls_fp2_sqr(&s, &s);
			EXPECT(bls_fp2_eq(&s, &v[i]));
			roots++;
		}
		bls_fp2_mul_xi(&s, &v[i]);
		bls_fp2_mul(&t, &v[i], &xi);
		EXPECT(bls_fp2_eq(&s, &t));
		bls_fp2_conj(&s, &v[i]);
		bls_fp2_add(&s, &s, &v[i]);
		bls_fp_dbl(&t.c0, &v[i].c0);
		EXPECT(bls_fp_eq(&s.c0, &t.c0) && bls_fp_is_zero(&s.c1));
	}
	EXPECT(roots > 5 && roots < VALUES - 5);
}

/* Elements of one part, real and imaginary, squares and not: all of them
 * are squares of Fp2. */
TEST(test_bls_fp2_root_of_real_and_imaginary)
{
	struct bls_fp v[VALUES];
	struct bls_fp2 a, s;
	size_t i;

	fill(v);
	for (i = 0; i < VALUES; i++) {
		a = (struct bls_fp2){.c0 = v[i]};
		EXPECT(bls_fp2_sqrt(&s, &a));
		bls_fp2_sqr(&s, &s);
		EXPECT(bls_fp2_eq(&s, &a));
		a = (struct bls_fp2){.c1 = v[i]};
		EXPECT(bls_fp2_sqrt(&s, &a));
		bls_fp2_sqr(&s, &s);
		EXPECT(bls_fp2_eq(&s, &a));
	}
}

TEST(test_bls_fp2_inverse)
{
	struct bls_fp2 v[VALUES], s, t;
	size_t i;

	fill2(v);
	bls_fp2_inv(&s, &v[0]);
	EXPECT(bls_fp2_is_zero(&v[0]) && bls_fp2_is_zero(&s));
	for (i = 1; i < VALUES; i++) {
		bls_fp2_inv(&s, &v[i]);
		bls_fp2_mul(&t, &s, &v[i]);
		EXPECT(bls_fp2_eq(&t, &bls_fp2_one));
	}
}
