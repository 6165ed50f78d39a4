/* SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic in Fp6 and Fp12 over bn254's Fp2, by Karatsuba's and Toom's
 * identities (Devegili, O hEigeartaigh, Scott, Dahab 2006), squaring in the
 * cyclotomic group after Granger and Scott (2010), and products with the
 * sparse values of lines.
 */
#include "crypto/fp254_ext_priv.h"

/* Recomputed by the unit test from their definition. */
const struct fp254x2 fp254_frob[3][5] = {
    {
	{{{0xaf9ba69633144907, 0xca6b1d7387afb78a, 0x11bded5ef08a2087,
	     0x02f34d751a1f3a7c}},
	    {{0xa222ae234c492d72, 0xd00f02a4565de15b, 0xdc2ff3a253dfc926,
		0x10a75716b3899551}}},
	{{{0xb5773b104563ab30, 0x347f91c8a9aa6454, 0x7a007127242e0991,
	     0x1956bcd8118214ec}},
	    {{0x6e849f1ea0aa4757, 0xaa1c7b6d89f89141, 0xb6e713cdfae0ca3a,
		0x26694fbb4e82ebc3}}},
	{{{0xe4bbdd0c2936b629, 0xbb30f162e133bacb, 0x31a9d1b6f9645366,
	     0x253570bea500f8dd}},
	    {{0xa1d77ce45ffe77c7, 0x07affd117826d1db, 0x6d16bd27bb7edc6b,
		0x2c87200285defecc}}},
	{{{0x7361d77f843abe92, 0xa5bb2bd3273411fb, 0x9c941f314b3e2399,
	     0x15df9cddbb9fd3ec}},
	    {{0x5dddfd154bd8c949, 0x62cb29a5a4445b60, 0x37bc870a0c7dd2b9,
		0x24830a9d3171f0fd}}},
	{{{0xc970692f41690fe7, 0xe240342127694b0b, 0x32bee66b83c459e8,
	     0x12aabced0ab08841}},
	    {{0x0d485d2340aebfa9, 0x05193418ab2fcc57, 0xd3b0a40b8a4910f5,
		0x2f21ebb535d2925a}}},
    },
    {
	{{{0xca8d800500fa1bf2, 0xf0c5d61468b39769, 0x0e201271ad0d4418,
	     0x04290f65bad856e6}},
	    {{0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
		0x0000000000000000}}},
	{{{0x3350c88e13e80b9c, 0x7dce557cdb5e56b9, 0x6001b4b8b615564a,
	     0x2682e617020217e0}},
	    {{0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
		0x0000000000000000}}},
	{{{0x68c3488912edefaa, 0x8d087f6872aabf4f, 0x51e1a24709081231,
	     0x2259d6b14729c0fa}},
	    {{0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
		0x0000000000000000}}},
	{{{0x71930c11d782e155, 0xa6bb947cffbe3323, 0xaa303344d4741444,
	     0x2c3b3f0d26594943}},
	    {{0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
		0x0000000000000000}}},
	{{{0x08cfc388c494f1ab, 0x19b315148d1373d4, 0x584e90fdcb6c0213,
	     0x09e1685bdf2f8849}},
	    {{0x0000000000000000, 0x0000000000000000, 0x0000000000000000,
		0x0000000000000000}}},
    },
    {
	{{{0x365316184e46d97d, 0x0af7129ed4c96d9f, 0x659da72fca1009b5,
	     0x08116d8983a20d23}},
	    {{0xb1df4af7c39c1939, 0x3d9f02878a73bf7f, 0x9b2220928caf0ae0,
		0x26684515eff054a6}}},
	{{{0xc9af22f716ad6bad, 0xb311782a4aa662b2, 0x19eeaf64e248c7f4,
	     0x20273e77e3439f82}},
	    {{0xacc02860f7ce93ac, 0x3933d5817ba76b4c, 0x69e6188b446c8467,
		0x0a46036d4417cc55}}},
	{{{0x5764af0aaf46471e, 0xdc50792e873e0fc1, 0x86a673ff881d04f6,
	     0x0b2eddb43c30a74c}},
	    {{0x9a490f32787e8580, 0x8fd16d7ff04af8b1, 0x4b39888ec6027bf2,
		0x03dd2e705b52a15d}}},
	{{{0x448a93a57b6762df, 0xbfd62df528fdeadf, 0xd858f5d00e9bd47a,
	     0x06b03d4d3476ec58}},
	    {{0x2b19daf4bcc936d1, 0xa1a54e7a56f4299f, 0xb533eee05adeaef1,
		0x170c812b84dda0b2}}},
	{{{0xe0bc4b2275cf559f, 0xc238b945c154e60f, 0x803982a5929a7d5e,
	     0x15ce052df7e4a37e}},
	    {{0x2d28efbdbf3799a7, 0x9b097e3c1ad60773, 0x982d4113af4a535b,
		0x24e18991e3056063}}},
    },
};

/* --- Fp6 */

static void
add6(struct fp254x6 *out, const struct fp254x6 *a, const struct fp254x6 *b)
{
	fp254x2_add(&out->c0, &a->c0, &b->c0);
	fp254x2_add(&out->c1, &a->c1, &b->c1);
	fp254x2_add(&out->c2, &a->c2, &b->c2);
}

static void
sub6(struct fp254x6 *out, const struct fp254x6 *a, const struct fp254x6 *b)
{
	fp254x2_sub(&out->c0, &a->c0, &b->c0);
	fp254x2_sub(&out->c1, &a->c1, &b->c1);
	fp254x2_sub(&out->c2, &a->c2, &b->c2);
}

static void
neg6(struct fp254x6 *out, const struct fp254x6 *a)
{
	fp254x2_neg(&out->c0, &a->c0);
	fp254x2_neg(&out->c1, &a->c1);
	fp254x2_neg(&out->c2, &a->c2);
}

/* out = a v */
static void
mul6_v(struct fp254x6 *out, const struct fp254x6 *a)
{
	struct fp254x2 top = a->c2;

	out->c2 = a->c1;
	out->c1 = a->c0;
	fp254x2_mul_xi(&out->c0, &top);
}

/* cross is out = (a + b)(c + d) - ac - bd = ad + bc. */
static void
cross(struct fp254x2 *out, const struct fp254x2 *a, const struct fp254x2 *b,
    const struct fp254x2 *c, const struct fp254x2 *d, const struct fp254x2 *ac,
    const struct fp254x2 *bd)
{
	struct fp254x2 s, t;

	fp254x2_add(&s, a, b);
	fp254x2_add(&t, c, d);
	fp254x2_mul(&t, &s, &t);
	fp254x2_sub(&t, &t, ac);
	fp254x2_sub(out, &t, bd);
}

static void
mul6(struct fp254x6 *out, const struct fp254x6 *a, const struct fp254x6 *b)
{
	struct fp254x2 v0, v1, v2, t0, t1, t2;

	fp254x2_mul(&v0, &a->c0, &b->c0);
	fp254x2_mul(&v1, &a->c1, &b->c1);
	fp254x2_mul(&v2, &a->c2, &b->c2);
	cross(&t0, &a->c1, &a->c2, &b->c1, &b->c2, &v1, &v2);
	cross(&t1, &a->c0, &a->c1, &b->c0, &b->c1, &v0, &v1);
	cross(&t2, &a->c0, &a->c2, &b->c0, &b->c2, &v0, &v2);
	fp254x2_mul_xi(&t0, &t0);
	fp254x2_add(&out->c0, &v0, &t0);
	fp254x2_mul_xi(&v2, &v2);
	fp254x2_add(&out->c1, &t1, &v2);
	fp254x2_add(&out->c2, &t2, &v1);
}

/* out = a (b0 + b1 v) */
static void
mul6_01(struct fp254x6 *out, const struct fp254x6 *a, const struct fp254x2 *b0,
    const struct fp254x2 *b1)
{
	struct fp254x2 v0, v1, t0, t1, t2;

	fp254x2_mul(&v0, &a->c0, b0);
	fp254x2_mul(&v1, &a->c1, b1);
	fp254x2_mul(&t0, &a->c2, b1);
	cross(&t1, &a->c0, &a->c1, b0, b1, &v0, &v1);
	fp254x2_mul(&t2, &a->c2, b0);
	fp254x2_mul_xi(&t0, &t0);
	fp254x2_add(&out->c0, &v0, &t0);
	out->c1 = t1;
	fp254x2_add(&out->c2, &t2, &v1);
}

/* The adjoint of a over Fp2, of which out is 1 / a times the norm. */
static void
inv6(struct fp254x6 *out, const struct fp254x6 *a)
{
	struct fp254x2 r0, r1, r2, t, norm;

	fp254x2_sqr(&r0, &a->c0); /* c0^2 - xi c1 c2 */
	fp254x2_mul(&t, &a->c1, &a->c2);
	fp254x2_mul_xi(&t, &t);
	fp254x2_sub(&r0, &r0, &t);
	fp254x2_sqr(&r1, &a->c2); /* xi c2^2 - c0 c1 */
	fp254x2_mul_xi(&r1, &r1);
	fp254x2_mul(&t, &a->c0, &a->c1);
	fp254x2_sub(&r1, &r1, &t);
	fp254x2_sqr(&r2, &a->c1); /* c1^2 - c0 c2 */
	fp254x2_mul(&t, &a->c0, &a->c2);
	fp254x2_sub(&r2, &r2, &t);

	fp254x2_mul(&norm, &a->c1, &r2); /* c0 r0 + xi (c2 r1 + c1 r2) */
	fp254x2_mul(&t, &a->c2, &r1);
	fp254x2_add(&norm, &norm, &t);
	fp254x2_mul_xi(&norm, &norm);
	fp254x2_mul(&t, &a->c0, &r0);
	fp254x2_add(&norm, &norm, &t);
	fp254x2_inv(&norm, &norm);
	fp254x2_mul(&out->c0, &r0, &norm);
	fp254x2_mul(&out->c1, &r1, &norm);
	fp254x2_mul(&out->c2, &r2, &norm);
}

/* --- Fp12 */

void
fp254x12_one(struct fp254x12 *out)
{
	memset(out, 0, sizeof(*out));
	out->c0.c0 = fp254x2_one;
}

bool
fp254x12_is_one(const struct fp254x12 *a)
{
	struct fp254x12 one;

	fp254x12_one(&one);
	return memcmp(a, &one, sizeof(one)) == 0; /* numbers alone, below p */
}

void
fp254x12_mul(
    struct fp254x12 *out, const struct fp254x12 *a, const struct fp254x12 *b)
{
	struct fp254x6 v0, v1, s, t;

	mul6(&v0, &a->c0, &b->c0);
	mul6(&v1, &a->c1, &b->c1);
	add6(&s, &a->c0, &a->c1);
	add6(&t, &b->c0, &b->c1);
	mul6(&t, &s, &t);
	sub6(&t, &t, &v0);
	sub6(&out->c1, &t, &v1);
	mul6_v(&v1, &v1);
	add6(&out->c0, &v0, &v1);
}

/* (c0 + c1)(c0 + v c1) - c0 c1 - v c0 c1, and 2 c0 c1. */
void
fp254x12_sqr(struct fp254x12 *out, const struct fp254x12 *a)
{
	struct fp254x6 v, s, t;

	mul6(&v, &a->c0, &a->c1);
	add6(&s, &a->c0, &a->c1);
	mul6_v(&t, &a->c1);
	add6(&t, &t, &a->c0);
	mul6(&t, &s, &t);
	sub6(&t, &t, &v);
	add6(&out->c1, &v, &v);
	mul6_v(&v, &v);
	sub6(&out->c0, &t, &v);
}

/* 1 / (c0 + c1 w) = (c0 - c1 w) / (c0^2 - v c1^2) */
void
fp254x12_inv(struct fp254x12 *out, const struct fp254x12 *a)
{
	struct fp254x6 s, t;

	mul6(&s, &a->c0, &a->c0);
	mul6(&t, &a->c1, &a->c1);
	mul6_v(&t, &t);
	sub6(&s, &s, &t);
	inv6(&s, &s);
	mul6(&out->c0, &a->c0, &s);
	mul6(&t, &a->c1, &s);
	neg6(&out->c1, &t);
}

void
fp254x12_conj(struct fp254x12 *out, const struct fp254x12 *a)
{
	out->c0 = a->c0;
	neg6(&out->c1, &a->c1);
}

static void
frob_coefficient(
    struct fp254x2 *out, const struct fp254x2 *a, unsigned k, unsigned j)
{
	struct fp254x2 t = *a;

	if (k % 2 == 1)
		fp254x2_conj(&t, &t);
	if (j == 0)
		*out = t;
	else if (k == 2) /* the factor is in Fp */
		fp254x2_scale(out, &t, &fp254_frob[1][j - 1].re);
	else
		fp254x2_mul(out, &t, &fp254_frob[k - 1][j - 1]);
}

void
fp254x12_frob(struct fp254x12 *out, const struct fp254x12 *a, unsigned k)
{
	frob_coefficient(&out->c0.c0, &a->c0.c0, k, 0);
	frob_coefficient(&out->c1.c0, &a->c1.c0, k, 1);
	frob_coefficient(&out->c0.c1, &a->c0.c1, k, 2);
	frob_coefficient(&out->c1.c1, &a->c1.c1, k, 3);
	frob_coefficient(&out->c0.c2, &a->c0.c2, k, 4);
	frob_coefficient(&out->c1.c2, &a->c1.c2, k, 5);
}

/* (a + b s)^2 in Fp4 = Fp2[s] / (s^2 - xi): a^2 + xi b^2, 2 a b. */
static void
sqr4(struct fp254x2 *out_a, struct fp254x2 *out_b, const struct fp254x2 *a,
    const struct fp254x2 *b)
{
	struct fp254x2 aa, bb, s;

	fp254x2_add(&s, a, b);
	fp254x2_sqr(&aa, a);
	fp254x2_sqr(&bb, b);
	fp254x2_sqr(&s, &s);
	fp254x2_sub(&s, &s, &aa);
	fp254x2_sub(out_b, &s, &bb);
	fp254x2_mul_xi(&bb, &bb);
	fp254x2_add(out_a, &aa, &bb);
}

/* out = 3 t - 2 a and out = 3 t + 2 a. */
static void
thrice_less(
    struct fp254x2 *out, const struct fp254x2 *t, const struct fp254x2 *a)
{
	struct fp254x2 d;

	fp254x2_sub(&d, t, a);
	fp254x2_dbl(&d, &d);
	fp254x2_add(out, &d, t);
}

static void
thrice_more(
    struct fp254x2 *out, const struct fp254x2 *t, const struct fp254x2 *a)
{
	struct fp254x2 d;

	fp254x2_add(&d, t, a);
	fp254x2_dbl(&d, &d);
	fp254x2_add(out, &d, t);
}

/* Granger and Scott, section 3.2: three squarings in Fp4, of the pairs of
 * coefficients at (1, w^3), (w, w^4), (w^2, w^5). */
void
fp254x12_sqr_cyc(struct fp254x12 *out, const struct fp254x12 *a)
{
	struct fp254x2 a0, b0, a1, b1, a2, b2;

	sqr4(&a0, &b0, &a->c0.c0, &a->c1.c1);
	sqr4(&a1, &b1, &a->c1.c0, &a->c0.c2);
	sqr4(&a2, &b2, &a->c0.c1, &a->c1.c2);
	fp254x2_mul_xi(&b2, &b2);
	thrice_less(&out->c0.c0, &a0, &a->c0.c0);
	thrice_more(&out->c1.c1, &b0, &a->c1.c1);
	thrice_less(&out->c0.c1, &a1, &a->c0.c1);
	thrice_more(&out->c1.c2, &b1, &a->c1.c2);
	thrice_less(&out->c0.c2, &a2, &a->c0.c2);
	thrice_more(&out->c1.c0, &b2, &a->c1.c0);
}

/* The line is a + (b + c v) w. */
void
fp254x12_mul_line(struct fp254x12 *f, const struct fp254_line *l)
{
	struct fp254x6 v0, v1, t;
	struct fp254x2 ab;

	fp254x2_mul(&v0.c0, &f->c0.c0, &l->a);
	fp254x2_mul(&v0.c1, &f->c0.c1, &l->a);
	fp254x2_mul(&v0.c2, &f->c0.c2, &l->a);
	mul6_01(&v1, &f->c1, &l->b, &l->c);
	add6(&t, &f->c0, &f->c1);
	fp254x2_add(&ab, &l->a, &l->b);
	mul6_01(&t, &t, &ab, &l->c);
	sub6(&t, &t, &v0);
	sub6(&f->c1, &t, &v1);
	mul6_v(&v1, &v1);
	add6(&f->c0, &v0, &v1);
}

/* l m = (la ma + xi lc mc) + (lb mb) v + (lb mc + lc mb) v^2
 *     + ((la mb + lb ma) + (la mc + lc ma) v) w */
void
fp254x12_mul_lines(
    struct fp254x12 *f, const struct fp254_line *l, const struct fp254_line *m)
{
	struct fp254x6 p0, v0, v1, s, t;
	struct fp254x2 aa, bb, cc, ab, ac;

	fp254x2_mul(&aa, &l->a, &m->a);
	fp254x2_mul(&bb, &l->b, &m->b);
	fp254x2_mul(&cc, &l->c, &m->c);
	cross(&ab, &l->a, &l->b, &m->a, &m->b, &aa, &bb);
	cross(&ac, &l->a, &l->c, &m->a, &m->c, &aa, &cc);
	cross(&p0.c2, &l->b, &l->c, &m->b, &m->c, &bb, &cc);
	fp254x2_mul_xi(&cc, &cc);
	fp254x2_add(&p0.c0, &aa, &cc);
	p0.c1 = bb;

	mul6(&v0, &f->c0, &p0);
	mul6_01(&v1, &f->c1, &ab, &ac);
	add6(&s, &f->c0, &f->c1);
	fp254x2_add(&t.c0, &p0.c0, &ab);
	fp254x2_add(&t.c1, &p0.c1, &ac);
	t.c2 = p0.c2;
	mul6(&t, &s, &t);
	sub6(&t, &t, &v0);
	sub6(&f->c1, &t, &v1);
	mul6_v(&v1, &v1);
	add6(&f->c0, &v0, &v1);
}
