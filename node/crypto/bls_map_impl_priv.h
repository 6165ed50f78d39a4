/* SPDX-License-Identifier: Apache-2.0
 *
 * From a field element to a point, written once for both curves: the
 * simplified SWU map for curves with A B != 0 (RFC 9380, section 6.6.3), onto
 * an isogenous curve y^2 = x^3 + A x + B, and the isogeny. The including file
 * defines G() and F() as for bls_curve_impl_priv.h, and
 *
 *   swu_a, swu_b, swu_z         of that curve, as struct F()
 *   x_num, x_den, y_num, y_den  the isogeny's rational functions: arrays of
 *                               coefficients, the lowest first
 *
 * Constants are plain numbers, not in Montgomery form, as the RFC prints
 * them: a product of a plain number and one in Montgomery form is plain, so
 * that Horner's rule runs on plain numbers and only its result is converted.
 */

/* evaluate is the polynomial with the cnt coefficients k, the lowest first. */
static void
evaluate(
    struct F() * out, const struct F() * k, size_t cnt, const struct F() * x)
{
	struct F() r = k[cnt - 1];
	size_t i;

	for (i = cnt - 1; i-- > 0;) {
		F(_mul)(&r, &r, x);
		F(_add)(&r, &r, &k[i]);
	}
	F(_from_plain)(out, &r);
}

/* y^2 of the isogenous curve at x. */
static void
right_side(struct F() * out, const struct F() * x, const struct F() * a,
    const struct F() * b)
{
	struct F() t;

	F(_sqr)(&t, x);
	F(_add)(&t, &t, a);
	F(_mul)(&t, &t, x);
	F(_add)(out, &t, b);
}

/*
 * RFC 9380, section 6.6.2, in affine coordinates: with d = Z^2 u^4 + Z u^2,
 * x1 = -B (d + 1) / (A d), or B / (Z A) for d = 0, and x2 = Z u^2 x1.
 */
static void
swu(struct G(_affine) * out, const struct F() * u)
{
	struct F() a, b, z, zu, d, t, x, y;

	F(_from_plain)(&a, &swu_a);
	F(_from_plain)(&b, &swu_b);
	F(_from_plain)(&z, &swu_z);
	F(_sqr)(&zu, u);
	F(_mul)(&zu, &zu, &z);
	F(_sqr)(&d, &zu);
	F(_add)(&d, &d, &zu);
	if (F(_is_zero)(&d)) {
		F(_mul)(&t, &z, &a);
		x = b;
	} else {
		F(_mul)(&t, &d, &a);
		F(_neg)(&t, &t);
		F(_add)(&d, &d, &F(_one));
		F(_mul)(&x, &d, &b);
	}
	F(_inv)(&t, &t);
	F(_mul)(&x, &x, &t);
	right_side(&t, &x, &a, &b);
	if (!F(_sqrt)(&y, &t)) {
		F(_mul)(&x, &x, &zu);
		right_side(&t, &x, &a, &b);
		CHECK(F(_sqrt)(&y, &t)); /* one of the two is a square */
	}
	if (F(_is_odd)(&y) != F(_is_odd)(u))
		F(_neg)(&y, &y);
	out->x = x;
	out->y = y;
}

/* (xn/xd, y yn/yd) over the common denominator Z = xd yd; where that is 0
 * the image is at infinity. */
static void
isogeny(struct G() * out, const struct G(_affine) * a)
{
	struct F() xn, xd, yn, yd, t;

	evaluate(&xn, x_num, ARRAY_CNT(x_num), &a->x);
	evaluate(&xd, x_den, ARRAY_CNT(x_den), &a->x);
	evaluate(&yn, y_num, ARRAY_CNT(y_num), &a->x);
	evaluate(&yd, y_den, ARRAY_CNT(y_den), &a->x);
	F(_mul)(&out->z, &xd, &yd);
	F(_mul)(&t, &out->z, &yd); /* xd yd^2 */
	F(_mul)(&out->x, &xn, &t);
	F(_sqr)(&xd, &xd);
	F(_mul)(&t, &t, &xd); /* xd^3 yd^2 */
	F(_mul)(&t, &t, &yn);
	F(_mul)(&out->y, &t, &a->y);
}

void
G(_map)(struct G() * out, const struct F() * u)
{
	struct G(_affine) a;
	struct G() image;

	swu(&a, u);
	isogeny(&image, &a);
	G(_clear_cofactor)(out, &image);
}
