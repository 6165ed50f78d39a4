/* SPDX-License-Identifier: Apache-2.0
 *
 * Fp6 and Fp12 of BLS12-381. Products are Karatsuba's at each step of the
 * tower; nothing here knows of curves.
 */
#include "crypto/bls_pairing_priv.h"

/* --- Fp6 */

static void
fp6_add(struct bls_fp6 *out, const struct bls_fp6 *a, const struct bls_fp6 *b)
{
	bls_fp2_add(&out->c0, &a->c0, &b->c0);
	bls_fp2_add(&out->c1, &a->c1, &b->c1);
	bls_fp2_add(&out->c2, &a->c2, &b->c2);
}

static void
fp6_sub(struct bls_fp6 *out, const struct bls_fp6 *a, const struct bls_fp6 *b)
{
	bls_fp2_sub(&out->c0, &a->c0, &b->c0);
	bls_fp2_sub(&out->c1, &a->c1, &b->c1);
	bls_fp2_sub(&out->c2, &a->c2, &b->c2);
}

static void
fp6_neg(struct bls_fp6 *out, const struct bls_fp6 *a)
{
	bls_fp2_neg(&out->c0, &a->c0);
	bls_fp2_neg(&out->c1, &a->c1);
	bls_fp2_neg(&out->c2, &a->c2);
}

static void
fp6_mul_v(struct bls_fp6 *out, const struct bls_fp6 *a)
{
	struct bls_fp2 t;

	bls_fp2_mul_xi(&t, &a->c2);
	out->c2 = a->c1;
	out->c1 = a->c0;
	out->c0 = t;
}

/* out = (a + b)(c + d) - m - n */
static void
cross(struct bls_fp2 *out, const struct bls_fp2 *a, const struct bls_fp2 *b,
    const struct bls_fp2 *c, const struct bls_fp2 *d, const struct bls_fp2 *m,
    const struct bls_fp2 *n)
{
	struct bls_fp2 s, t;

	bls_fp2_add(&s, a, b);
	bls_fp2_add(&t, c, d);
	bls_fp2_mul(&s, &s, &t);
	bls_fp2_sub(&s, &s, m);
	bls_fp2_sub(out, &s, n);
}

static void
fp6_mul(struct bls_fp6 *out, const struct bls_fp6 *a, const struct bls_fp6 *b)
{
	struct bls_fp2 m0, m1, m2, s, t;

	bls_fp2_mul(&m0, &a->c0, &b->c0);
	bls_fp2_mul(&m1, &a->c1, &b->c1);
	bls_fp2_mul(&m2, &a->c2, &b->c2);
	cross(&s, &a->c1, &a->c2, &b->c1, &b->c2, &m1, &m2);
	cross(&t, &a->c0, &a->c1, &b->c0, &b->c1, &m0, &m1);
	cross(&out->c2, &a->c0, &a->c2, &b->c0, &b->c2, &m0, &m2);
	bls_fp2_add(&out->c2, &out->c2, &m1);
	bls_fp2_mul_xi(&s, &s);
	bls_fp2_add(&out->c0, &s, &m0);
	bls_fp2_mul_xi(&m2, &m2);
	bls_fp2_add(&out->c1, &t, &m2);
}

/* out = a (b0 + b1 v) */
static void
fp6_mul_01(struct bls_fp6 *out, const struct bls_fp6 *a,
    const struct bls_fp2 *b0, const struct bls_fp2 *b1)
{
	struct bls_fp2 m0, m1, s, t;

	bls_fp2_mul(&m0, &a->c0, b0);
	bls_fp2_mul(&m1, &a->c1, b1);
	bls_fp2_add(&s, &a->c1, &a->c2);
	bls_fp2_mul(&s, &s, b1);
	bls_fp2_sub(&s, &s, &m1);
	bls_fp2_mul_xi(&s, &s);
	bls_fp2_add(&t, &a->c0, &a->c2);
	cross(&out->c1, &a->c0, &a->c1, b0, b1, &m0, &m1);
	bls_fp2_mul(&t, &t, b0);
	bls_fp2_sub(&t, &t, &m0);
	bls_fp2_add(&out->c2, &t, &m1);
	bls_fp2_add(&out->c0, &s, &m0);
}

/* out = a b v */
static void
fp6_mul_1(struct bls_fp6 *out, const struct bls_fp6 *a, const struct bls_fp2 *b)
{
	bls_fp2_mul(&out->c0, &a->c0, b);
	bls_fp2_mul(&out->c1, &a->c1, b);
	bls_fp2_mul(&out->c2, &a->c2, b);
	fp6_mul_v(out, out);
}

/* 1 / a = t / (a t), a t being in Fp2. */
static void
fp6_inv(struct bls_fp6 *out, const struct bls_fp6 *a)
{
	struct bls_fp6 t;
	struct bls_fp2 n, m;

	bls_fp2_sqr(&t.c0, &a->c0);
	bls_fp2_mul(&n, &a->c1, &a->c2);
	bls_fp2_mul_xi(&n, &n);
	bls_fp2_sub(&t.c0, &t.c0, &n);
	bls_fp2_sqr(&t.c1, &a->c2);
	bls_fp2_mul_xi(&t.c1, &t.c1);
	bls_fp2_mul(&n, &a->c0, &a->c1);
	bls_fp2_sub(&t.c1, &t.c1, &n);
	bls_fp2_sqr(&t.c2, &a->c1);
	bls_fp2_mul(&n, &a->c0, &a->c2);
	bls_fp2_sub(&t.c2, &t.c2, &n);

	bls_fp2_mul(&n, &a->c2, &t.c1);
	bls_fp2_mul(&m, &a->c1, &t.c2);
	bls_fp2_add(&n, &n, &m);
	bls_fp2_mul_xi(&n, &n);
	bls_fp2_mul(&m, &a->c0, &t.c0);
	bls_fp2_add(&n, &n, &m);
	bls_fp2_inv(&n, &n);
	bls_fp2_mul(&out->c0, &t.c0, &n);
	bls_fp2_mul(&out->c1, &t.c1, &n);
	bls_fp2_mul(&out->c2, &t.c2, &n);
}

/* --- Fp12 */

bool
bls_fp12_eq(const struct bls_fp12 *a, const struct bls_fp12 *b)
{
	return memcmp(a, b, sizeof(*a)) == 0; /* elements are reduced */
}

void
bls_fp12_mul(
    struct bls_fp12 *out, const struct bls_fp12 *a, const struct bls_fp12 *b)
{
	struct bls_fp6 m0, m1, s, t;

	fp6_mul(&m0, &a->c0, &b->c0);
	fp6_mul(&m1, &a->c1, &b->c1);
	fp6_add(&s, &a->c0, &a->c1);
	fp6_add(&t, &b->c0, &b->c1);
	fp6_mul(&s, &s, &t);
	fp6_sub(&s, &s, &m0);
	fp6_sub(&out->c1, &s, &m1);
	fp6_mul_v(&m1, &m1);
	fp6_add(&out->c0, &m0, &m1);
}

/* c0^2 + c1^2 v = (c0 + c1)(c0 + c1 v) - c0 c1 - c0 c1 v */
void
bls_fp12_sqr(struct bls_fp12 *out, const struct bls_fp12 *a)
{
	struct bls_fp6 m, s, t;

	fp6_add(&s, &a->c0, &a->c1);
	fp6_mul_v(&t, &a->c1);
	fp6_add(&t, &t, &a->c0);
	fp6_mul(&m, &a->c0, &a->c1);
	fp6_mul(&s, &s, &t);
	fp6_sub(&s, &s, &m);
	fp6_add(&out->c1, &m, &m);
	fp6_mul_v(&m, &m);
	fp6_sub(&out->c0, &s, &m);
}

void
bls_fp12_inv(struct bls_fp12 *out, const struct bls_fp12 *a)
{
	struct bls_fp6 n, t;

	fp6_mul(&n, &a->c0, &a->c0);
	fp6_mul(&t, &a->c1, &a->c1);
	fp6_mul_v(&t, &t);
	fp6_sub(&n, &n, &t);
	fp6_inv(&n, &n);
	fp6_mul(&out->c0, &a->c0, &n);
	fp6_mul(&t, &a->c1, &n);
	fp6_neg(&out->c1, &t);
}

void
bls_fp12_conj(struct bls_fp12 *out, const struct bls_fp12 *a)
{
	out->c0 = a->c0;
	fp6_neg(&out->c1, &a->c1);
}

/* As a sum over w^i, i from 0 to 5, a is c0.c0, c1.c0, c0.c1, c1.c1, c0.c2,
 * c1.c2; and w^p = (1 + u)^((p-1)/6) w. */
void
bls_fp12_frobenius(struct bls_fp12 *out, const struct bls_fp12 *a)
{
	/* (1 + u)^(i (p-1)/6) for i from 1 to 5, in Montgomery form */
	static const struct bls_fp2 factor[5] = {
	    {{{0x07089552b319d465, 0xc6695f92b50a8313, 0x97e83cccd117228f,
		 0xa35baecab2dc29ee, 0x1ce393ea5daace4d, 0x08f2220fb0fb66eb}},
		{{0xb2f66aad4ce5d646, 0x5842a06bfc497cec, 0xcf4895d42599d394,
		    0xc11b9cba40a8e8d0, 0x2e3813cbe5a0de89,
		    0x110eefda88847faf}}},
	    {{{0}}, {{0xcd03c9e48671f071, 0x5dab22461fcda5d2,
			0x587042afd3851b95, 0x8eb60ebe01bacb9e,
			0x03f97d6e83d050d2, 0x18f0206554638741}}},
	    {{{0x7bcfa7a25aa30fda, 0xdc17dec12a927e7c, 0x2f088dd86b4ebef1,
		 0xd1ca2087da74d4a7, 0x2da2596696cebc1d, 0x0e2b7eedbbfd87d2}},
		{{0x7bcfa7a25aa30fda, 0xdc17dec12a927e7c, 0x2f088dd86b4ebef1,
		    0xd1ca2087da74d4a7, 0x2da2596696cebc1d,
		    0x0e2b7eedbbfd87d2}}},
	    {{{0x890dc9e4867545c3, 0x2af322533285a5d5, 0x50880866309b7e2c,
		 0xa20d1b8c7e881024, 0x14e4f04fe2db9068, 0x14e56d3f1564853a}},
		{{0}}},
	    {{{0x82d83cf50dbce43f, 0xa2813e53df9d018f, 0xc6f0caa53c65e181,
		 0x7525cf528d50fe95, 0x4a85ed50f4798a6b, 0x171da0fd6cf8eebd}},
		{{0x3726c30af242c66c, 0x7c2ac1aad1b6fe70, 0xa04007fbba4b14a2,
		    0xef517c3266341429, 0x0095ba654ed2226b,
		    0x02e370eccc86f7dd}}},
	};
	struct bls_fp2 t;

	bls_fp2_conj(&out->c0.c0, &a->c0.c0);
	bls_fp2_conj(&t, &a->c1.c0);
	bls_fp2_mul(&out->c1.c0, &t, &factor[0]);
	bls_fp2_conj(&t, &a->c0.c1);
	bls_fp2_mul(&out->c0.c1, &t, &factor[1]);
	bls_fp2_conj(&t, &a->c1.c1);
	bls_fp2_mul(&out->c1.c1, &t, &factor[2]);
	bls_fp2_conj(&t, &a->c0.c2);
	bls_fp2_mul(&out->c0.c2, &t, &factor[3]);
	bls_fp2_conj(&t, &a->c1.c2);
	bls_fp2_mul(&out->c1.c2, &t, &factor[4]);
}

/* s + t i = (a + b i)^2 with i^2 = 1 + u: a square in Fp4 */
static void
fp4_sqr(struct bls_fp2 *s, struct bls_fp2 *t, const struct bls_fp2 *a,
    const struct bls_fp2 *b)
{
	struct bls_fp2 aa, bb, sum;

	bls_fp2_sqr(&aa, a);
	bls_fp2_sqr(&bb, b);
	bls_fp2_add(&sum, a, b);
	bls_fp2_sqr(&sum, &sum);
	bls_fp2_sub(&sum, &sum, &aa);
	bls_fp2_sub(t, &sum, &bb);
	bls_fp2_mul_xi(&bb, &bb);
	bls_fp2_add(s, &aa, &bb);
}

/* out = 3 s - 2 a, or 3 s + 2 a */
static void
thrice_minus(
    struct bls_fp2 *out, const struct bls_fp2 *s, const struct bls_fp2 *a)
{
	struct bls_fp2 t;

	bls_fp2_sub(&t, s, a);
	bls_fp2_dbl(&t, &t);
	bls_fp2_add(out, &t, s);
}

static void
thrice_plus(
    struct bls_fp2 *out, const struct bls_fp2 *s, const struct bls_fp2 *a)
{
	struct bls_fp2 t;

	bls_fp2_add(&t, s, a);
	bls_fp2_dbl(&t, &t);
	bls_fp2_add(out, &t, s);
}

/* Granger and Scott, "Faster squaring in the cyclotomic subgroup of sixth
 * degree extensions" (2010): three squares in Fp4. */
void
bls_fp12_cyclo_sqr(struct bls_fp12 *out, const struct bls_fp12 *a)
{
	struct bls_fp2 s0, t0, s1, t1, s2, t2;

	fp4_sqr(&s0, &t0, &a->c0.c0, &a->c1.c1);
	fp4_sqr(&s1, &t1, &a->c1.c0, &a->c0.c2);
	fp4_sqr(&s2, &t2, &a->c0.c1, &a->c1.c2);
	bls_fp2_mul_xi(&t2, &t2);
	thrice_minus(&out->c0.c0, &s0, &a->c0.c0);
	thrice_minus(&out->c0.c1, &s1, &a->c0.c1);
	thrice_minus(&out->c0.c2, &s2, &a->c0.c2);
	thrice_plus(&out->c1.c0, &t2, &a->c1.c0);
	thrice_plus(&out->c1.c1, &t0, &a->c1.c1);
	thrice_plus(&out->c1.c2, &t1, &a->c1.c2);
}

void
bls_fp12_mul_line(struct bls_fp12 *a, const struct bls_fp2 *l0,
    const struct bls_fp2 *l1, const struct bls_fp2 *l2)
{
	struct bls_fp6 m0, m1, s;
	struct bls_fp2 l12;

	fp6_mul_01(&m0, &a->c0, l0, l1);
	fp6_mul_1(&m1, &a->c1, l2);
	fp6_add(&s, &a->c0, &a->c1);
	bls_fp2_add(&l12, l1, l2);
	fp6_mul_01(&s, &s, l0, &l12);
	fp6_sub(&s, &s, &m0);
	fp6_sub(&a->c1, &s, &m1);
	fp6_mul_v(&m1, &m1);
	fp6_add(&a->c0, &m0, &m1);
}
