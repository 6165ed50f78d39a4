/* SPDX-License-Identifier: Apache-2.0
 *
 * The group law of a curve y^2 = x^3 + b over any field, written once. The
 * including file defines
 *
 *   G(name)   prefix##name: the types and functions of the group
 *   F(name)   prefix##name: those of its field
 *   CURVE_B   b, a static const struct F()
 *
 * struct G(_affine) is x and y, both 0 at infinity (no curve with b other than
 * 0 has that point); struct G() is Jacobian, (x/z^2, y/z^3), z = 0 at
 * infinity. Formulas are those of the Explicit-Formulas Database for a = 0:
 * dbl-2009-l, add-2007-bl and madd-2007-bl without their factors of two. They
 * are whole: infinity, equal and opposite points are right. Outputs may alias
 * inputs. Not in constant time.
 */

bool
G(_affine_is_inf)(const struct G(_affine) * a)
{
	return F(_is_zero)(&a->x) && F(_is_zero)(&a->y);
}

bool
G(_is_on_curve)(const struct G(_affine) * a)
{
	struct F() s, t;

	if (G(_affine_is_inf)(a))
		return true;
	F(_sqr)(&t, &a->x);
	F(_mul)(&t, &t, &a->x);
	F(_add)(&t, &t, &CURVE_B);
	F(_sqr)(&s, &a->y);
	return F(_eq)(&s, &t);
}

bool
G(_is_inf)(const struct G() * a)
{
	return F(_is_zero)(&a->z);
}

void
G(_from_affine)(struct G() * out, const struct G(_affine) * a)
{
	static const struct F() zero = {0};

	out->x = a->x;
	out->y = a->y;
	out->z = G(_affine_is_inf)(a) ? zero : F(_one);
}

void
G(_to_affine)(struct G(_affine) * out, const struct G() * a)
{
	struct F() z, zz; /* 1/z, which is 0 at infinity, and its powers */

	F(_inv)(&z, &a->z);
	F(_sqr)(&zz, &z);
	F(_mul)(&out->x, &a->x, &zz);
	F(_mul)(&zz, &zz, &z);
	F(_mul)(&out->y, &a->y, &zz);
}

void
G(_neg)(struct G() * out, const struct G() * a)
{
	out->x = a->x;
	F(_neg)(&out->y, &a->y);
	out->z = a->z;
}

void
G(_dbl)(struct G() * out, const struct G() * p)
{
	struct F() a, b, c, d, e;

	F(_sqr)(&a, &p->x);
	F(_sqr)(&b, &p->y);
	F(_sqr)(&c, &b);
	F(_mul)(&d, &p->x, &b);
	F(_dbl)(&d, &d);
	F(_dbl)(&d, &d);
	F(_dbl)(&e, &a);
	F(_add)(&e, &e, &a);
	F(_mul)(&out->z, &p->y, &p->z);
	F(_dbl)(&out->z, &out->z);
	F(_sqr)(&a, &e);
	F(_sub)(&a, &a, &d);
	F(_sub)(&out->x, &a, &d);
	F(_sub)(&d, &d, &out->x);
	F(_mul)(&d, &e, &d);
	F(_dbl)(&c, &c);
	F(_dbl)(&c, &c);
	F(_dbl)(&c, &c);
	F(_sub)(&out->y, &d, &c);
}

/*
 * add_end is what both additions share: over the common denominator, p has
 * the coordinates u and s, and h and r are the differences to the other
 * point's. out->z is set already.
 */
static void
add_end(struct G() * out, const struct F() * u, const struct F() * s,
    const struct F() * h, const struct F() * r)
{
	struct F() hh, v;

	F(_sqr)(&hh, h);
	F(_mul)(&v, u, &hh);
	F(_mul)(&hh, &hh, h);
	F(_sqr)(&out->x, r);
	F(_sub)(&out->x, &out->x, &hh);
	F(_sub)(&out->x, &out->x, &v);
	F(_sub)(&out->x, &out->x, &v);
	F(_sub)(&v, &v, &out->x);
	F(_mul)(&v, &v, r);
	F(_mul)(&hh, &hh, s);
	F(_sub)(&out->y, &v, &hh);
}

void
G(_add)(struct G() * out, const struct G() * p, const struct G() * q)
{
	struct F() pz, qz, u, s, h, r;

	if (G(_is_inf)(p) || G(_is_inf)(q)) {
		*out = G(_is_inf)(p) ? *q : *p;
		return;
	}
	F(_sqr)(&pz, &p->z);
	F(_sqr)(&qz, &q->z);
	F(_mul)(&u, &p->x, &qz);
	F(_mul)(&h, &q->x, &pz);
	F(_mul)(&qz, &qz, &q->z);
	F(_mul)(&s, &p->y, &qz);
	F(_mul)(&pz, &pz, &p->z);
	F(_mul)(&r, &q->y, &pz);
	F(_sub)(&h, &h, &u);
	F(_sub)(&r, &r, &s);
	if (F(_is_zero)(&h) && F(_is_zero)(&r)) {
		G(_dbl)(out, p);
		return;
	}
	F(_mul)(&out->z, &p->z, &q->z);
	F(_mul)(&out->z, &out->z, &h);
	add_end(out, &u, &s, &h, &r);
}

void
G(_add_affine)(
    struct G() * out, const struct G() * p, const struct G(_affine) * q)
{
	struct F() zz, u = p->x, s = p->y, h, r;

	if (G(_affine_is_inf)(q)) {
		*out = *p;
		return;
	}
	if (G(_is_inf)(p)) {
		G(_from_affine)(out, q);
		return;
	}
	F(_sqr)(&zz, &p->z);
	F(_mul)(&h, &q->x, &zz);
	F(_mul)(&zz, &zz, &p->z);
	F(_mul)(&r, &q->y, &zz);
	F(_sub)(&h, &h, &u);
	F(_sub)(&r, &r, &s);
	if (F(_is_zero)(&h) && F(_is_zero)(&r)) {
		G(_dbl)(out, p);
		return;
	}
	F(_mul)(&out->z, &p->z, &h);
	add_end(out, &u, &s, &h, &r);
}
