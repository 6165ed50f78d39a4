/* SPDX-License-Identifier: Apache-2.0
 *
 * The optimal ate pairing of BLS12-381: a Miller loop that all pairs share,
 * and the final exponentiation.
 *
 * A point (x, y) of the curve over Fp2 stands for (x / w^2, y / w^3) over
 * Fp12. A line through such points of slope m, taken at (xp, yp) of G1, is,
 * times w^3,
 *
 *   (m x - y) - m xp v + yp v w.
 *
 * Factors in Fp2 do not matter, the final exponentiation makes them 1: so m's
 * denominator and those of projective coordinates are multiplied in.
 */
#include "crypto/bls_pairing_priv.h"

#include "base/check.h"

/* The running multiple of a pair's point: (X/Z, Y/Z). */
struct running {
	struct bls_fp2 x, y, z;
};

/* l0 + l1 xp v + l2 yp v w */
struct line {
	struct bls_fp2 l0, l1, l2;
};

static void
mul_line(struct bls_fp12 *f, struct line *l, const struct bls_g1_affine *p)
{
	bls_fp2_mul_fp(&l->l1, &l->l1, &p->x);
	bls_fp2_mul_fp(&l->l2, &l->l2, &p->y);
	bls_fp12_mul_line(f, &l->l0, &l->l1, &l->l2);
}

/*
 * Costello, Lange and Naehrig, "Faster pairing computations on curves with
 * high-degree twists" (2010), section 5: with m = 3 x^2 / 2y and 3 b' Z^2 =
 * 12 (1 + u) Z^2 the tangent, times 2 Y Z, is Y^2 - 3 b' Z^2, -3 X^2, 2 Y Z.
 */
static void
tangent(struct line *l, struct running *t)
{
	struct bls_fp2 a, b, c, e, f;

	bls_fp2_mul(&a, &t->x, &t->y);
	bls_fp_halve(&a.c0, &a.c0);
	bls_fp_halve(&a.c1, &a.c1);
	bls_fp2_sqr(&b, &t->y);
	bls_fp2_sqr(&c, &t->z);
	bls_fp2_dbl(&e, &c);
	bls_fp2_add(&e, &e, &c);
	bls_fp2_dbl(&e, &e);
	bls_fp2_dbl(&e, &e);
	bls_fp2_mul_xi(&e, &e);
	bls_fp2_dbl(&f, &e);
	bls_fp2_add(&f, &f, &e);

	bls_fp2_add(&l->l2, &t->y, &t->z);
	bls_fp2_sqr(&l->l2, &l->l2);
	bls_fp2_sub(&l->l2, &l->l2, &b);
	bls_fp2_sub(&l->l2, &l->l2, &c);
	bls_fp2_sub(&l->l0, &b, &e);
	bls_fp2_sqr(&c, &t->x);
	bls_fp2_dbl(&l->l1, &c);
	bls_fp2_add(&l->l1, &l->l1, &c);
	bls_fp2_neg(&l->l1, &l->l1);

	bls_fp2_sub(&c, &b, &f);
	bls_fp2_mul(&t->x, &a, &c);
	bls_fp2_add(&c, &b, &f);
	bls_fp_halve(&c.c0, &c.c0);
	bls_fp_halve(&c.c1, &c.c1);
	bls_fp2_sqr(&c, &c);
	bls_fp2_sqr(&e, &e);
	bls_fp2_dbl(&f, &e);
	bls_fp2_add(&f, &f, &e);
	bls_fp2_sub(&t->y, &c, &f);
	bls_fp2_mul(&t->z, &b, &l->l2);
}

/* The line through t and q, and t + q: with m = n / d, n = Y - yq Z and
 * d = X - xq Z, times d it is n xq - d yq, -n, d. */
static void
chord(struct line *l, struct running *t, const struct bls_g2_affine *q)
{
	struct bls_fp2 n, d, dd, ddd, g, h;

	bls_fp2_mul(&n, &q->y, &t->z);
	bls_fp2_sub(&n, &t->y, &n);
	bls_fp2_mul(&d, &q->x, &t->z);
	bls_fp2_sub(&d, &t->x, &d);
	bls_fp2_mul(&l->l0, &n, &q->x);
	bls_fp2_mul(&h, &d, &q->y);
	bls_fp2_sub(&l->l0, &l->l0, &h);
	bls_fp2_neg(&l->l1, &n);
	l->l2 = d;

	bls_fp2_sqr(&dd, &d);
	bls_fp2_mul(&ddd, &dd, &d);
	bls_fp2_mul(&g, &t->x, &dd);
	bls_fp2_sqr(&h, &n);
	bls_fp2_mul(&h, &h, &t->z);
	bls_fp2_add(&h, &h, &ddd);
	bls_fp2_sub(&h, &h, &g);
	bls_fp2_sub(&h, &h, &g);
	bls_fp2_mul(&t->x, &d, &h);
	bls_fp2_sub(&g, &g, &h);
	bls_fp2_mul(&g, &g, &n);
	bls_fp2_mul(&h, &ddd, &t->y);
	bls_fp2_sub(&t->y, &g, &h);
	bls_fp2_mul(&t->z, &t->z, &ddd);
}

void
bls_miller_loop(struct bls_fp12 *f, const struct bls_pair *pairs, size_t cnt)
{
	struct running t[BLS_PAIRS_MAX];
	struct bls_fp12 r = bls_fp12_one;
	struct line l;
	unsigned bit;
	size_t i;

	CHECK(cnt <= BLS_PAIRS_MAX);
	for (i = 0; i < cnt; i++)
		t[i] =
		    (struct running){pairs[i].q.x, pairs[i].q.y, bls_fp2_one};
	for (bit = 63; bit-- > 0;) {
		if (bit != 62)
			bls_fp12_sqr(&r, &r);
		for (i = 0; i < cnt; i++) {
			tangent(&l, &t[i]);
			mul_line(&r, &l, &pairs[i].p);
		}
		for (i = 0; i < cnt && (BLS_X >> bit & 1); i++) {
			chord(&l, &t[i], &pairs[i].q);
			mul_line(&r, &l, &pairs[i].p);
		}
	}
	bls_fp12_conj(&r, &r); /* x is negative */
	bls_fp12_mul(f, f, &r);
}

/* pow_x is out = a^x in the cyclotomic subgroup. */
static void
pow_x(struct bls_fp12 *out, const struct bls_fp12 *a)
{
	struct bls_fp12 r = *a;
	unsigned bit;

	for (bit = 63; bit-- > 0;) {
		bls_fp12_cyclo_sqr(&r, &r);
		if (BLS_X >> bit & 1)
			bls_fp12_mul(&r, &r, a);
	}
	bls_fp12_conj(out, &r);
}

/* pow_x_minus_1 is out = a^(x - 1), likewise. */
static void
pow_x_minus_1(struct bls_fp12 *out, const struct bls_fp12 *a)
{
	struct bls_fp12 inverse;

	bls_fp12_conj(&inverse, a);
	pow_x(out, a);
	bls_fp12_mul(out, out, &inverse);
}

/* a^((p^6 - 1)(p^2 + 1)) */
static void
easy_part(struct bls_fp12 *out, const struct bls_fp12 *a)
{
	struct bls_fp12 t;

	bls_fp12_inv(&t, a);
	bls_fp12_conj(out, a);
	bls_fp12_mul(out, out, &t);
	bls_fp12_frobenius(&t, out);
	bls_fp12_frobenius(&t, &t);
	bls_fp12_mul(out, out, &t);
}

/*
 * Hayashida, Hayasaka and Teruya, "Efficient final exponentiation via
 * cyclotomic structure for pairings over families of elliptic curves" (2020):
 * 3 (p^4 - p^2 + 1) / r = (x - 1)^2 (x + p)(x^2 + p^2 - 1) + 3.
 */
void
bls_final_exp(struct bls_fp12 *out, const struct bls_fp12 *a)
{
	struct bls_fp12 e, s, t;

	easy_part(&e, a);
	pow_x_minus_1(&s, &e);
	pow_x_minus_1(&s, &s);
	bls_fp12_frobenius(&t, &s);
	pow_x(&s, &s);
	bls_fp12_mul(&s, &s, &t);
	pow_x(&t, &s);
	pow_x(&t, &t);
	bls_fp12_conj(out, &s);
	bls_fp12_mul(&t, &t, out);
	bls_fp12_frobenius(&s, &s);
	bls_fp12_frobenius(&s, &s);
	bls_fp12_mul(&t, &t, &s);
	bls_fp12_cyclo_sqr(&s, &e);
	bls_fp12_mul(&s, &s, &e);
	bls_fp12_mul(out, &t, &s);
}
