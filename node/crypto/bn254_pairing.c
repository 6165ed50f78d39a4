/* SPDX-License-Identifier: Apache-2.0
 *
 * The optimal ate pairing over bn254 (Vercauteren 2010; Aranha, Karabina,
 * Longa, Gebotys, Lopez 2011): Miller's loop over 6u + 2 on the twist in
 * homogeneous coordinates, the squarings shared by a batch of pairs and lines
 * multiplied two at a time, then one final exponentiation for all pairs.
 */
#include "crypto/bn254.h"
#include "crypto/bn254_priv.h"
#include "crypto/fp254_ext_priv.h"

/* 9 / (9 + i), thrice b of the twist. */
static const struct fp254x2 twist_b3 = {
    {{0x3baa927cb62e0d6a, 0xd71e7c52d1b664fd, 0x03873e63d95d4664,
	0x0e75b5b1082ab8f4}},
    {{0xaab7c6667596fe35, 0x31d21a78bb6a27ba, 0x85dd7297680401ff,
	0x03c52d6adf39a7e9}}};

/* Miller's loop goes over the signed digits of 6u + 2, which is
 * 2^64 + LOOP_PLUS - LOOP_MINUS. */
#define LOOP_PLUS  UINT64_C(0xa002004200804028)
#define LOOP_MINUS UINT64_C(0x02889008420a0480)

/* Pairs whose Miller loops share their squarings: beyond some ten the
 * squarings are a small part, and the stack is bounded. */
enum { BATCH_MAX = 16 };

/* --- Miller's loop */

/* A point of the twist, (x / z, y / z). */
struct homogeneous {
	struct fp254x2 x, y, z;
};

struct pair {
	struct fp254 x, minus_y; /* of the point of G1 */
	struct bn254_g2_affine q;
	struct homogeneous t;
};

/* double_step is t = 2t and the tangent at t, as seen from the pair's point
 * of G1: (-2yz) P.y + 3x^2 P.x w + (3b z^2 - y^2) w^3. */
static void
double_step(struct fp254_line *l, struct pair *p)
{
	struct homogeneous *t = &p->t;
	struct fp254x2 a, b, c, e, f, h;

	fp254x2_mul(&a, &t->x, &t->y);
	fp254x2_half(&a, &a);
	fp254x2_sqr(&b, &t->y);
	fp254x2_sqr(&c, &t->z);
	fp254x2_add(&h, &t->y, &t->z);
	fp254x2_sqr(&h, &h);
	fp254x2_sub(&h, &h, &b);
	fp254x2_sub(&h, &h, &c); /* 2yz */
	fp254x2_mul(&e, &c, &twist_b3);
	fp254x2_sub(&l->c, &e, &b);
	fp254x2_sqr(&c, &t->x);
	fp254x2_dbl(&f, &c);
	fp254x2_add(&c, &c, &f);
	fp254x2_scale(&l->b, &c, &p->x);
	fp254x2_scale(&l->a, &h, &p->minus_y);

	fp254x2_dbl(&f, &e);
	fp254x2_add(&f, &f, &e); /* 9b z^2 */
	fp254x2_sub(&c, &b, &f);
	fp254x2_mul(&t->x, &a, &c); /* xy (y^2 - 9b z^2) / 2 */
	fp254x2_mul(&t->z, &b, &h); /* 2 y^3 z */
	fp254x2_add(&c, &b, &f);
	fp254x2_half(&c, &c);
	fp254x2_sqr(&c, &c);
	fp254x2_sqr(&e, &e);
	fp254x2_dbl(&f, &e);
	fp254x2_add(&f, &f, &e);
	fp254x2_sub(&t->y, &c, &f); /* ((y^2 + 9b z^2) / 2)^2 - 27 b^2 z^4 */
}

/* add_step is t += q and the line through both, with d and n denominator and
 * numerator of its slope: -d P.y + n P.x w + (d q.y - n q.x) w^3. */
static void
add_step(struct fp254_line *l, struct pair *p, const struct bn254_g2_affine *q)
{
	struct homogeneous *t = &p->t;
	struct fp254x2 d, n, e, f, g, h;

	fp254x2_mul(&n, &q->y, &t->z);
	fp254x2_sub(&n, &t->y, &n);
	fp254x2_mul(&d, &q->x, &t->z);
	fp254x2_sub(&d, &t->x, &d);
	fp254x2_scale(&l->a, &d, &p->minus_y);
	fp254x2_scale(&l->b, &n, &p->x);
	fp254x2_mul(&e, &d, &q->y);
	fp254x2_mul(&f, &n, &q->x);
	fp254x2_sub(&l->c, &e, &f);

	fp254x2_sqr(&g, &d);
	fp254x2_mul(&e, &g, &d);    /* d^3 */
	fp254x2_mul(&g, &g, &t->x); /* x d^2 */
	fp254x2_sqr(&f, &n);
	fp254x2_mul(&f, &f, &t->z); /* z n^2 */
	fp254x2_add(&h, &e, &f);
	fp254x2_sub(&h, &h, &g);
	fp254x2_sub(&h, &h, &g);
	fp254x2_mul(&t->x, &d, &h);
	fp254x2_sub(&g, &g, &h);
	fp254x2_mul(&g, &g, &n);
	fp254x2_mul(&t->y, &t->y, &e);
	fp254x2_sub(&t->y, &g, &t->y);
	fp254x2_mul(&t->z, &t->z, &e);
}

/* The value of the loop so far, and a line that waits for a second one. */
struct product {
	struct fp254x12 f;
	struct fp254_line waiting;
	bool is_waiting;
};

static void
take_line(struct product *m, const struct fp254_line *l)
{
	if (m->is_waiting)
		fp254x12_mul_lines(&m->f, &m->waiting, l);
	else
		m->waiting = *l;
	m->is_waiting = !m->is_waiting;
}

/* settle multiplies by the line that waits. */
static void
settle(struct product *m)
{
	if (m->is_waiting)
		fp254x12_mul_line(&m->f, &m->waiting);
	m->is_waiting = false;
}

/* The last two steps add the images of q under the Frobenius map of the curve
 * and, negated, under its square. */
static void
add_images(struct product *m, struct pair *p)
{
	struct bn254_g2_affine q;
	struct fp254_line l;

	fp254x2_conj(&q.x, &p->q.x);
	fp254x2_mul(&q.x, &q.x, &fp254_frob[0][1]);
	fp254x2_conj(&q.y, &p->q.y);
	fp254x2_mul(&q.y, &q.y, &fp254_frob[0][2]);
	add_step(&l, p, &q);
	take_line(m, &l);
	fp254x2_scale(&q.x, &p->q.x, &fp254_frob[1][1].re);
	add_step(&l, p, &(struct bn254_g2_affine){q.x, p->q.y});
	take_line(m, &l);
}

/*
 * is_in_group tells whether a pair's q has order r, of which the loop has
 * computed the most: t is (6u + 2) q + psi(q) - psi^2(q) in the end, and that
 * and psi^3(q) add up to nothing for q in G2, and for no other point of the
 * twist (its order and the norm of 6u + 2 + X - X^2 + X^3 share r alone). A
 * step for which its formula is not made leaves z = 0 for good: with q of
 * order r there is none.
 */
static bool
is_in_group(const struct pair *p)
{
	struct fp254x2 x, y;

	fp254x2_conj(&x, &p->q.x);
	fp254x2_mul(&x, &x, &fp254_frob[2][1]);
	fp254x2_mul(&x, &x, &p->t.z);
	fp254x2_conj(&y, &p->q.y);
	fp254x2_mul(&y, &y, &fp254_frob[2][2]);
	fp254x2_mul(&y, &y, &p->t.z);
	fp254x2_neg(&y, &y);
	return !fp254x2_is_zero(&p->t.z) && fp254x2_eq(&x, &p->t.x) &&
	       fp254x2_eq(&y, &p->t.y);
}

/* steps takes the loop's lines for digit i of one pair. */
static void
steps(struct product *m, struct pair *p, unsigned i)
{
	struct bn254_g2_affine minus;
	struct fp254_line l;

	double_step(&l, p);
	take_line(m, &l);
	if (LOOP_PLUS >> i & 1) {
		add_step(&l, p, &p->q);
		take_line(m, &l);
	} else if (LOOP_MINUS >> i & 1) {
		minus.x = p->q.x;
		fp254x2_neg(&minus.y, &p->q.y);
		add_step(&l, p, &minus);
		take_line(m, &l);
	}
}

/* miller_loop is the product of the pairs' loops; false when a point of the
 * twist is not in G2. */
static bool
miller_loop(struct fp254x12 *out, struct pair *pairs, size_t cnt)
{
	struct product m = {.is_waiting = false};
	unsigned i;
	size_t k;

	fp254x12_one(&m.f);
	for (i = 64; i-- > 0;) {
		if (i < 63)
			fp254x12_sqr(&m.f, &m.f);
		for (k = 0; k < cnt; k++)
			steps(&m, &pairs[k], i);
		settle(&m);
	}
	for (k = 0; k < cnt; k++) {
		add_images(&m, &pairs[k]);
		if (!is_in_group(&pairs[k]))
			return false;
	}
	settle(&m);
	*out = m.f;
	return true;
}

/* --- the final exponentiation */

/* pow_u is out = a^u in the cyclotomic group. */
static void
pow_u(struct fp254x12 *out, const struct fp254x12 *a)
{
	struct fp254x12 odd[2], inverse, r = *a;
	unsigned i;

	odd[0] = *a;
	fp254x12_sqr_cyc(&odd[1], a);
	fp254x12_mul(&odd[1], &odd[1], a);
	for (i = BN254_U_DIGITS - 1; i-- > 0;) {
		int d = bn254_u_digits[i];

		fp254x12_sqr_cyc(&r, &r);
		if (d > 0) {
			fp254x12_mul(&r, &r, &odd[d / 2]);
		} else if (d < 0) {
			fp254x12_conj(&inverse, &odd[-d / 2]);
			fp254x12_mul(&r, &r, &inverse);
		}
	}
	*out = r;
}

/* easy_part is f^((p^6 - 1)(p^2 + 1)), which is in the cyclotomic group. */
static void
easy_part(struct fp254x12 *f)
{
	struct fp254x12 t;

	fp254x12_inv(&t, f);
	fp254x12_conj(f, f);
	fp254x12_mul(f, f, &t);
	fp254x12_frob(&t, f, 2);
	fp254x12_mul(f, f, &t);
}

/*
 * hard_part raises f to a multiple of (p^4 - p^2 + 1) / r by a number that has
 * no factor in common with r (Fuentes-Castaneda, Knapp, Rodriguez-Henriquez
 * 2011): with a = 12u^3 + 6u^2 + 6u and b = a - 2u the exponent is
 * (a + 6u^2 + 1) + b p + a p^2 + (b - 1) p^3.
 */
static void
hard_part(struct fp254x12 *f)
{
	struct fp254x12 u2, u6, a, b, t, r;

	pow_u(&t, f);
	fp254x12_sqr_cyc(&u2, &t); /* 2u */
	fp254x12_sqr_cyc(&t, &u2);
	fp254x12_mul(&u6, &t, &u2); /* 6u */
	pow_u(&r, &u6);             /* 6u^2 */
	fp254x12_sqr_cyc(&t, &r);
	pow_u(&a, &t); /* 12u^3 */
	fp254x12_mul(&a, &a, &r);
	fp254x12_mul(&a, &a, &u6);
	fp254x12_conj(&t, &u2);
	fp254x12_mul(&b, &a, &t);

	fp254x12_mul(&r, &r, &a);
	fp254x12_mul(&r, &r, f);
	fp254x12_frob(&t, &b, 1);
	fp254x12_mul(&r, &r, &t);
	fp254x12_frob(&t, &a, 2);
	fp254x12_mul(&r, &r, &t);
	fp254x12_conj(&t, f);
	fp254x12_mul(&t, &b, &t);
	fp254x12_frob(&t, &t, 3);
	fp254x12_mul(f, &r, &t);
}

/* --- the contract */

/*
 * read_pair reads a pair. One that cannot change the product is left out, with
 * its point of the twist looked at here; others are by the loop.
 */
static bool
read_pair(struct pair *out, bool *is_needed, const uint8_t in[BN254_PAIR])
{
	struct bn254_g1_affine p;

	if (!bn254_g1_read(&p, in) || !bn254_twist_read(&out->q, in + BN254_G1))
		return false;
	*is_needed = !bn254_g2_affine_is_inf(&out->q);
	if (bn254_g1_affine_is_inf(&p)) {
		*is_needed = false;
		return bn254_g2_is_in_group(&out->q);
	}
	out->x = p.x;
	fp254_neg(&out->minus_y, &p.y);
	out->t = (struct homogeneous){out->q.x, out->q.y, fp254x2_one};
	return true;
}

/* miller_batch multiplies f by the loops of the next pairs. */
static bool
miller_batch(struct fp254x12 *f, struct bytes *in)
{
	struct pair pairs[BATCH_MAX];
	struct fp254x12 part;
	struct bytes one;
	size_t cnt = 0;
	bool is_needed;

	while (cnt < BATCH_MAX && bytes_take(&one, in, BN254_PAIR)) {
		if (!read_pair(&pairs[cnt], &is_needed, one.ptr))
			return false;
		cnt += is_needed;
	}
	if (cnt == 0)
		return true;
	if (!miller_loop(&part, pairs, cnt))
		return false;
	fp254x12_mul(f, f, &part);
	return true;
}

bool
bn254_pairing(bool *is_one, struct bytes pairs)
{
	struct fp254x12 f;

	if (pairs.len % BN254_PAIR != 0)
		return false;
	fp254x12_one(&f);
	while (pairs.len > 0)
		if (!miller_batch(&f, &pairs))
			return false;
	easy_part(&f);
	hard_part(&f);
	*is_one = fp254x12_is_one(&f);
	return true;
}
