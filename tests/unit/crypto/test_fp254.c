/* SPDX-License-Identifier: Apache-2.0
 *
 * bn254's fields: Fp beside base/u256.h, the laws that each floor of the tower
 * must keep, every constant recomputed from its definition.
 */
#include "base/u256.h"

#include "base/check.h"
#include "crypto/fp254_ext_priv.h"
#include "crypto/rng.h"
#include "test.h"

static const struct u256 prime = {{0x3c208c16d87cfd47, 0x97816a916871ca8d,
    0xb85045b68181585d, 0x30644e72e131a029}};

/* draw makes a number below p: 0, 1, p - 1, then random ones. */
static struct u256
draw(struct rng_test *rng, size_t round)
{
	struct u256 v = {{round, 0, 0, 0}};
	size_t i;

	if (round == 2)
		(void)u256_sub(&v, &prime, &U256_ONE);
	if (round < 3)
		return v;
	for (i = 0; i < 4; i++)
		v.w[i] = rng_test_next(rng);
	u256_divmod(NULL, &v, &v, &prime);
	return v;
}

static struct fp254
into(const struct u256 *v)
{
	struct fp254 out;
	uint8_t be[32];

	u256_to_be(be, v);
	CHECK(fp254_from_be(&out, be));
	return out;
}

static bool
is(const struct fp254 *got, const struct u256 *want)
{
	uint8_t a[32], b[32];

	fp254_to_be(a, got);
	u256_to_be(b, want);
	return !memcmp(a, b, 32);
}

TEST(test_fp254_constants_as_defined)
{
	struct u256 r, v;
	size_t i;

	EXPECT(!memcmp(fp254_field.p, &prime, sizeof(prime)));
	EXPECT(fp254_field.neg_inv * prime.w[0] == ~(uint64_t)0);
	(void)u256_sub(&v, &U256_ZERO, &prime); /* 2^256 - p */
	u256_divmod(NULL, &r, &v, &prime);
	EXPECT(!memcmp(fp254_field.one, &r, sizeof(r)));
	EXPECT(!memcmp(&fp254_one, &r, sizeof(r)));
	EXPECT(!memcmp(&fp254x2_one.re, &r, sizeof(r)));
	EXPECT(fp254_is_zero(&fp254x2_one.im));
	u256_mulmod(&v, &r, &r, &prime);
	EXPECT(!memcmp(fp254_field.r2, &v, sizeof(v)));
	for (i = 4; i < MONT_LIMBS_MAX; i++)
		EXPECT(fp254_field.p[i] == 0);
}

TEST(test_fp254_any_operands_as_u256_computes)
{
	struct rng_test rng = {.state = 254};
	struct u256 a, b, want, two = {{2, 0, 0, 0}};
	struct fp254 x, y, z;
	size_t i;

	for (i = 0; i < 3000; i++) {
		a = draw(&rng, i / 4);
		b = draw(&rng, i % 4);
		x = into(&a);
		y = into(&b);
		fp254_mul(&z, &x, &y);
		u256_mulmod(&want, &a, &b, &prime);
		EXPECT(is(&z, &want));
		fp254_sqr(&z, &x);
		u256_mulmod(&want, &a, &a, &prime);
		EXPECT(is(&z, &want));
		fp254_add(&z, &x, &y);
		u256_addmod(&want, &a, &b, &prime);
		EXPECT(is(&z, &want));
		fp254_sub(&z, &z, &y);
		EXPECT(is(&z, &a));
		fp254_neg(&z, &x);
		fp254_add(&z, &z, &x);
		EXPECT(fp254_is_zero(&z));
		fp254_dbl(&z, &x);
		u256_mulmod(&want, &a, &two, &prime);
		EXPECT(is(&z, &want));
		fp254_half(&z, &z);
		EXPECT(fp254_eq(&z, &x));
		fp254_half(&z, &x);
		fp254_dbl(&z, &z);
		EXPECT(fp254_eq(&z, &x));
		fp254_inv(&z, &x);
		fp254_mul(&z, &z, &x);
		EXPECT(u256_is_zero(&a) ? fp254_is_zero(&z)
					: fp254_eq(&z, &fp254_one));
	}
}

TEST(test_fp254_from_be_at_the_prime_refused)
{
	struct u256 v = prime;
	struct fp254 out;
	uint8_t be[32];

	u256_to_be(be, &v);
	EXPECT(!fp254_from_be(&out, be));
	(void)u256_add(&v, &v, &U256_ONE);
	u256_to_be(be, &v);
	EXPECT(!fp254_from_be(&out, be));
	memset(be, 0xff, sizeof(be));
	EXPECT(!fp254_from_be(&out, be));
}

/* --- Fp2 */

static struct fp254x2
draw2(struct rng_test *rng, size_t round)
{
	struct u256 re = draw(rng, round % 5), im = draw(rng, round / 5);

	return (struct fp254x2){into(&re), into(&im)};
}

/* pow2 is out = a^e, e in limbs, by squaring and multiplying. */
static void
pow2(struct fp254x2 *out, const struct fp254x2 *a, const struct u256 *e)
{
	struct fp254x2 r = fp254x2_one;
	unsigned i;

	for (i = 256; i-- > 0;) {
		fp254x2_sqr(&r, &r);
		if (e->w[i / 64] >> i % 64 & 1)
			fp254x2_mul(&r, &r, a);
	}
	*out = r;
}

TEST(test_fp254x2_any_operands_by_definition)
{
	struct rng_test rng = {.state = 2};
	struct fp254x2 a, b, c;
	struct fp254 t, u;
	size_t i;

	for (i = 0; i < 625; i++) {
		a = draw2(&rng, i / 25);
		b = draw2(&rng, i % 25);
		fp254x2_mul(&c, &a, &b);
		fp254_mul(&t, &a.re, &b.re);
		fp254_mul(&u, &a.im, &b.im);
		fp254_sub(&t, &t, &u);
		EXPECT(fp254_eq(&c.re, &t));
		fp254_mul(&t, &a.re, &b.im);
		fp254_mul(&u, &a.im, &b.re);
		fp254_add(&t, &t, &u);
		EXPECT(fp254_eq(&c.im, &t));
		fp254x2_mul(&c, &a, &a);
		fp254x2_sqr(&b, &a);
		EXPECT(fp254x2_eq(&b, &c));
		fp254x2_inv(&b, &a);
		fp254x2_mul(&b, &b, &a);
		EXPECT(fp254x2_is_zero(&a) ? fp254x2_is_zero(&b)
					   : fp254x2_eq(&b, &fp254x2_one));
		fp254x2_scale(&b, &a, &a.im);
		fp254_mul(&t, &a.re, &a.im);
		EXPECT(fp254_eq(&b.re, &t));
		fp254_sqr(&t, &a.im);
		EXPECT(fp254_eq(&b.im, &t));
		fp254x2_half(&b, &a);
		fp254x2_dbl(&b, &b);
		EXPECT(fp254x2_eq(&b, &a));
		b = a;
		fp254x2_mul(&b, &b, &b); /* outputs may be inputs */
		EXPECT(fp254x2_eq(&b, &c));
	}
}

/* Both ways to multiply are there on any machine. */
TEST(test_fp254_without_mulx_the_same)
{
	struct rng_test rng = {.state = 4};
	struct fp254x2 a, b, c, d;
	size_t i;

	for (i = 0; i < 2500; i++) {
		a = draw2(&rng, i % 25);
		b = draw2(&rng, i / 25);
		fp254_mul(&c.re, &a.re, &b.re);
		fp254_mul_plain(&d.re, &a.re, &b.re);
		EXPECT(fp254_eq(&c.re, &d.re));
		fp254x2_mul(&c, &a, &b);
		fp254x2_mul_plain(&d, &a, &b);
		EXPECT(fp254x2_eq(&c, &d));
		fp254x2_sqr(&c, &a);
		fp254x2_sqr_plain(&d, &a);
		EXPECT(fp254x2_eq(&c, &d));
		fp254x2_mul_xi(&c, &a);
		fp254x2_mul_xi_plain(&d, &a);
		EXPECT(fp254x2_eq(&c, &d));
	}
}

/* xi = 9 + i */
static struct fp254x2
xi(void)
{
	struct u256 nine = {{9, 0, 0, 0}};

	return (struct fp254x2){into(&nine), fp254_one};
}

TEST(test_fp254x2_mul_xi_and_conj_by_definition)
{
	struct rng_test rng = {.state = 3};
	struct fp254x2 a, b, c, x = xi();
	size_t i;

	for (i = 0; i < 3000; i++) {
		a = draw2(&rng, i % 30);
		fp254x2_mul(&b, &a, &x);
		fp254x2_mul_xi(&c, &a);
		EXPECT(fp254x2_eq(&b, &c));
		if (i >= 30)
			continue;
		pow2(&b, &a, &prime);
		fp254x2_conj(&c, &a);
		EXPECT(fp254x2_eq(&b, &c));
	}
}

/* frob[0][j-1] is xi^(j (p-1) / 6), and x^(p+1) = x conj(x). */
TEST(test_fp254_frobenius_constants_recomputed)
{
	struct fp254x2 x = xi(), by_six, want[3], t;
	struct u256 e, rest, six = {{6, 0, 0, 0}};
	unsigned j;

	(void)u256_sub(&e, &prime, &U256_ONE);
	u256_divmod(&e, &rest, &e, &six);
	EXPECT(u256_is_zero(&rest));
	pow2(&by_six, &x, &e);
	want[0] = fp254x2_one;
	for (j = 1; j < 6; j++) {
		fp254x2_mul(&want[0], &want[0], &by_six);
		fp254x2_conj(&t, &want[0]);
		fp254x2_mul(&want[1], &want[0], &t);
		fp254x2_mul(&want[2], &want[1], &want[0]);
		EXPECT(fp254x2_eq(&fp254_frob[0][j - 1], &want[0]));
		EXPECT(fp254x2_eq(&fp254_frob[1][j - 1], &want[1]));
		EXPECT(fp254x2_eq(&fp254_frob[2][j - 1], &want[2]));
		EXPECT(fp254_is_zero(&want[1].im));
	}
}

/* --- Fp12 */

static struct fp254x12
draw12(struct rng_test *rng)
{
	struct fp254x12 out;
	struct fp254x2 *c = &out.c0.c0;
	size_t i;

	for (i = 0; i < 6; i++)
		c[i] = draw2(rng, 25 + i);
	return out;
}

static bool
eq12(const struct fp254x12 *a, const struct fp254x12 *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* The coefficients as a polynomial in w. */
static struct fp254x2 *
at(struct fp254x12 *a, unsigned k)
{
	struct fp254x2 *const c[] = {
	    &a->c0.c0, &a->c1.c0, &a->c0.c1, &a->c1.c1, &a->c0.c2, &a->c1.c2};

	return c[k];
}

/* mul_plain multiplies polynomials in w modulo w^6 - xi. */
static void
mul_plain(struct fp254x12 *out, struct fp254x12 *a, struct fp254x12 *b)
{
	struct fp254x12 r = {0};
	struct fp254x2 t;
	unsigned i, k;

	for (i = 0; i < 6; i++) {
		for (k = 0; k < 6; k++) {
			fp254x2_mul(&t, at(a, i), at(b, k));
			if (i + k >= 6)
				fp254x2_mul_xi(&t, &t);
			fp254x2_add(
			    at(&r, (i + k) % 6), at(&r, (i + k) % 6), &t);
		}
	}
	*out = r;
}

TEST(test_fp254x12_products_as_polynomials)
{
	struct rng_test rng = {.state = 12};
	struct fp254x12 a, b, c, want, one;
	size_t i;

	fp254x12_one(&one);
	EXPECT(fp254x12_is_one(&one));
	for (i = 0; i < 100; i++) {
		a = draw12(&rng);
		b = draw12(&rng);
		EXPECT(!fp254x12_is_one(&a));
		mul_plain(&want, &a, &b);
		fp254x12_mul(&c, &a, &b);
		EXPECT(eq12(&c, &want));
		mul_plain(&want, &a, &a);
		fp254x12_sqr(&c, &a);
		EXPECT(eq12(&c, &want));
		fp254x12_inv(&c, &a);
		fp254x12_mul(&c, &c, &a);
		EXPECT(fp254x12_is_one(&c));
		c = a;
		fp254x12_mul(&c, &c, &c); /* outputs may be inputs */
		EXPECT(eq12(&c, &want));
		c = a;
		fp254x12_sqr(&c, &c);
		EXPECT(eq12(&c, &want));
	}
}

static struct fp254x12
of_line(const struct fp254_line *l)
{
	struct fp254x12 out = {0};

	out.c0.c0 = l->a;
	out.c1.c0 = l->b;
	out.c1.c1 = l->c;
	return out;
}

TEST(test_fp254x12_mul_lines_as_whole_products)
{
	struct rng_test rng = {.state = 13};
	struct fp254x12 a, b, want, lw, mw;
	struct fp254_line l, m;
	size_t i;

	for (i = 0; i < 50; i++) {
		a = b = draw12(&rng);
		l = (struct fp254_line){
		    draw2(&rng, i), draw2(&rng, 30), draw2(&rng, 26)};
		m = (struct fp254_line){
		    draw2(&rng, 27), draw2(&rng, 28), draw2(&rng, i)};
		lw = of_line(&l);
		mw = of_line(&m);
		fp254x12_mul(&want, &a, &lw);
		fp254x12_mul_line(&a, &l);
		EXPECT(eq12(&a, &want));
		fp254x12_mul(&want, &want, &mw);
		fp254x12_mul_lines(&b, &l, &m);
		EXPECT(eq12(&b, &want));
	}
}

static void
pow12(struct fp254x12 *out, const struct fp254x12 *a, const struct u256 *e)
{
	struct fp254x12 r;
	unsigned i;

	fp254x12_one(&r);
	for (i = 256; i-- > 0;) {
		fp254x12_sqr(&r, &r);
		if (e->w[i / 64] >> i % 64 & 1)
			fp254x12_mul(&r, &r, a);
	}
	*out = r;
}

TEST(test_fp254x12_frob_as_powers_of_p)
{
	struct rng_test rng = {.state = 14};
	struct fp254x12 a = draw12(&rng), b = a, c;
	unsigned k;

	for (k = 1; k < 4; k++) {
		pow12(&b, &b, &prime);
		fp254x12_frob(&c, &a, k);
		EXPECT(eq12(&b, &c));
	}
	fp254x12_frob(&c, &c, 3);
	fp254x12_conj(&b, &a);
	EXPECT(eq12(&b, &c));
}

TEST(test_fp254x12_sqr_cyc_as_sqr)
{
	struct rng_test rng = {.state = 15};
	struct fp254x12 a, b, c;
	size_t i;

	for (i = 0; i < 30; i++) {
		a = draw12(&rng);
		fp254x12_conj(&b, &a); /* into the group */
		fp254x12_inv(&c, &a);
		fp254x12_mul(&a, &b, &c);
		fp254x12_frob(&b, &a, 2);
		fp254x12_mul(&a, &a, &b);
		fp254x12_sqr(&b, &a);
		fp254x12_sqr_cyc(&c, &a);
		EXPECT(eq12(&b, &c));
		fp254x12_conj(&c, &a);
		fp254x12_mul(&c, &c, &a);
		EXPECT(fp254x12_is_one(&c));
	}
}
