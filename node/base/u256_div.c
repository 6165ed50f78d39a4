/* SPDX-License-Identifier: Apache-2.0
 *
 * Division of 256-bit numbers, and of sums and products of two of them, in
 * digits of 64 bits: Knuth's algorithm D (TAOCP 2, 4.3.1) with quotient
 * digits estimated three by two through a reciprocal, as in Moeller and
 * Granlund, "Improved Division by Invariant Integers", IEEE Trans. Computers
 * 60 (2011): one hardware division per call instead of one per digit.
 *
 * The virtual machine waits for these. Each length of divisor has code of its
 * own, whose digits stay in registers, and results are written digit by digit,
 * as they are read: a load of two digits behind two stores of one waits for
 * both to leave the processor.
 *
 * Nothing here is constant-time: these are chain values, never secrets.
 */
#include <string.h>

#include "base/u256_priv.h"

#define INLINE   static inline __attribute__((always_inline))
#define RARE(is) __builtin_expect(is, 0)

/*
 * struct divisor is a divisor of two to four digits, shifted left until its
 * highest bit is set: its top two digits, those below them, and the
 * reciprocal of the top two.
 */
struct divisor {
	u128 top, low;
	uint64_t inv;
	unsigned shift;
};

/* div_2by1 divides *rem:low by d; *rem < d before and after. */
INLINE uint64_t
div_2by1(uint64_t *rem, uint64_t low, uint64_t d)
{
#if defined(__x86_64__)
	uint64_t quot, rest;

	__asm__("divq %4"
		: "=a"(quot), "=d"(rest)
		: "0"(low), "1"(*rem), "r"(d)
		: "cc");
	*rem = rest;
	return quot;
#else
	u128 all = join(*rem, low);

	*rem = lo(all % d);
	return lo(all / d);
#endif
}

/* inverse_1 is floor((2^128 - 1) / d) - 2^64 for d >= 2^63. */
INLINE uint64_t
inverse_1(uint64_t d)
{
	uint64_t rem = ~d;

	return div_2by1(&rem, ~(uint64_t)0, d);
}

/* inverse_2 is floor((2^192 - 1) / d) - 2^64 for d >= 2^127: algorithm 6 of
 * the paper. */
INLINE uint64_t
inverse_2(u128 d)
{
	uint64_t d1 = hi(d), d0 = lo(d);
	uint64_t v = inverse_1(d1);
	uint64_t p = d1 * v + d0;
	u128 t;

	if (p < d0) {
		v--;
		if (p >= d1) {
			v--;
			p -= d1;
		}
		p -= d1;
	}
	t = (u128)v * d0;
	p += hi(t);
	if (p < hi(t)) {
		v--;
		if (join(p, lo(t)) >= d)
			v--;
	}
	return v;
}

/* step_2 divides *rem:u by the top digits of v (algorithm 5), a whole divisor
 * of two; *rem is less than them before and after. */
INLINE uint64_t
step_2(u128 *rem, uint64_t u, const struct divisor *v)
{
	u128 q = (u128)v->inv * hi(*rem) + *rem;
	uint64_t r1 = lo(*rem) - hi(q) * hi(v->top);
	u128 r = join(r1, u) - (u128)lo(v->top) * hi(q) - v->top;
	uint64_t is_over = -(uint64_t)(hi(r) >= lo(q));
	uint64_t quot = hi(q) + 1 + is_over;

	r += join(hi(v->top) & is_over, lo(v->top) & is_over);
	if (RARE(r >= v->top)) {
		quot++;
		r -= v->top;
	}
	*rem = r;
	return quot;
}

/*
 * estimate finds the digit of *rem:next:... by v, at most one too high, and
 * leaves in *rem what is left of *rem:next behind its multiple of the top of
 * v. Returns whether the digit, all ones, cannot be too high: then *rem is
 * right only modulo 2^128.
 */
INLINE bool
estimate(uint64_t *quot, u128 *rem, uint64_t next, const struct divisor *v)
{
	if (RARE(*rem == v->top)) {
		*quot = ~(uint64_t)0;
		*rem += next;
		return true;
	}
	*quot = step_2(rem, next, v);
	return false;
}

/* step_3 divides *rem:*low:u by three digits; *rem:*low is less than them
 * before and after. */
INLINE uint64_t
step_3(u128 *rem, uint64_t *low, uint64_t u, const struct divisor *v)
{
	uint64_t q, borrow;
	bool is_exact = estimate(&q, rem, *low, v), is_over;
	u128 t = (u128)q * lo(v->low);

	*low = u - lo(t);
	borrow = hi(t) + (u < lo(t));
	is_over = *rem < borrow;
	*rem -= borrow;
	if (RARE(is_over) && !is_exact) { /* once in 2^64 random divisions */
		q--;
		t = v->low + *low;
		*low = lo(t);
		*rem += v->top + hi(t);
	}
	return q;
}

/* step_4 is step_3 for four digits. */
INLINE uint64_t
step_4(u128 *rem, u128 *low, uint64_t u, const struct divisor *v)
{
	uint64_t q, borrow;
	bool is_exact = estimate(&q, rem, hi(*low), v), is_over;
	u128 t0 = (u128)q * lo(v->low), t1 = (u128)q * hi(v->low) + hi(t0);
	u128 from = join(lo(*low), u), less = join(lo(t1), lo(t0));

	*low = from - less;
	borrow = hi(t1) + (from < less);
	is_over = *rem < borrow;
	*rem -= borrow;
	if (RARE(is_over) && !is_exact) {
		q--;
		*low += v->low;
		*rem += v->top + (*low < v->low);
	}
	return q;
}

/* up is the upper digit of high:low shifted left by n < 64 bits, down the
 * lower one shifted right. */
INLINE uint64_t
up(uint64_t high, uint64_t low, unsigned n)
{
	return high << n | low >> 1 >> (63 - n);
}

INLINE uint64_t
down(uint64_t high, uint64_t low, unsigned n)
{
	return low >> n | high << 1 << (63 - n);
}

/* scale shifts a left by n < 64 bits; returns the digit above. */
INLINE uint64_t
scale(struct u256 *out, const struct u256 *a, unsigned n)
{
	uint64_t w0 = a->w[0], w1 = a->w[1], w2 = a->w[2], w3 = a->w[3];

	*out = (struct u256){{w0, w1, w2, w3}};
	if (n == 0)
		return 0;
	*out = (struct u256){
	    {w0 << n, up(w1, w0, n), up(w2, w1, n), up(w3, w2, n)}};
	return w3 >> (64 - n);
}

/* put writes the remainder high:low, shifted back, unless nobody wants it. */
INLINE void
put(struct u256 *rem, u128 high, u128 low, unsigned n)
{
	uint64_t w0 = lo(low), w1 = hi(low), w2 = lo(high), w3 = hi(high);

	if (rem == NULL)
		return;
	*rem = (struct u256){{w0, w1, w2, w3}};
	if (n != 0)
		*rem = (struct u256){{down(w1, w0, n), down(w2, w1, n),
		    down(w3, w2, n), w3 >> n}};
}

INLINE void
put_quot(struct u256 *quot, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
	if (quot != NULL)
		*quot = (struct u256){{w0, w1, w2, w3}};
}

/* divisor_of makes b, of n digits, two to four, ready to divide by. */
INLINE struct divisor
divisor_of(const struct u256 *b, unsigned n)
{
	struct divisor v;
	struct u256 d;

	v.shift = (unsigned)__builtin_clzll(b->w[n - 1]);
	(void)scale(&d, b, v.shift);
	v.top = join(d.w[n - 1], d.w[n - 2]);
	v.low = n == 4 ? join(d.w[1], d.w[0]) : n == 3 ? d.w[0] : 0;
	v.inv = inverse_2(v.top);
	return v;
}

/* digit_1 divides *rem:u by b; *rem < b before and after. */
INLINE uint64_t
digit_1(uint64_t *rem, uint64_t u, uint64_t b)
{
	if (*rem == 0 && u < b) {
		*rem = u;
		return 0;
	}
	return div_2by1(rem, u, b);
}

/* div_by_1 takes one hardware division per digit of the quotient. */
static void
div_by_1(struct u256 *quot, struct u256 *rem, const struct u256 *a, uint64_t b)
{
	uint64_t r = 0, w3 = digit_1(&r, a->w[3], b);
	uint64_t w2 = digit_1(&r, a->w[2], b), w1 = digit_1(&r, a->w[1], b);
	uint64_t w0 = digit_1(&r, a->w[0], b);

	put_quot(quot, w0, w1, w2, w3);
	put(rem, 0, r, 0);
}

static void
div_by_2(struct u256 *quot, struct u256 *rem, const struct u256 *a,
    const struct u256 *b)
{
	struct divisor v = divisor_of(b, 2);
	struct u256 u;
	uint64_t top = scale(&u, a, v.shift), q1 = 0, q2 = 0, q0;
	u128 r = join(u.w[2], u.w[1]);

	if (top != 0 || u.w[3] != 0) {
		r = join(top, u.w[3]);
		q2 = step_2(&r, u.w[2], &v);
		q1 = step_2(&r, u.w[1], &v);
	} else if (u.w[2] != 0) {
		r = join(0, u.w[2]);
		q1 = step_2(&r, u.w[1], &v);
	}
	q0 = step_2(&r, u.w[0], &v);
	put_quot(quot, q0, q1, q2, 0);
	put(rem, 0, r, v.shift);
}

static void
div_by_3(struct u256 *quot, struct u256 *rem, const struct u256 *a,
    const struct u256 *b)
{
	struct divisor v = divisor_of(b, 3);
	struct u256 u;
	uint64_t top = scale(&u, a, v.shift), q1 = 0, q0, low = u.w[1];
	u128 r = join(u.w[3], u.w[2]);

	if (a->w[3] != 0) {
		r = join(top, u.w[3]);
		low = u.w[2];
		q1 = step_3(&r, &low, u.w[1], &v);
	}
	q0 = step_3(&r, &low, u.w[0], &v);
	put_quot(quot, q0, q1, 0, 0);
	put(rem, r >> 64, join(lo(r), low), v.shift);
}

static void
div_by_4(struct u256 *quot, struct u256 *rem, const struct u256 *a,
    const struct u256 *b)
{
	struct divisor v = divisor_of(b, 4);
	struct u256 u;
	uint64_t top = scale(&u, a, v.shift), q;
	u128 r = join(top, u.w[3]), low = join(u.w[2], u.w[1]);

	q = step_4(&r, &low, u.w[0], &v);
	put_quot(quot, q, 0, 0, 0);
	put(rem, r, low, v.shift);
}

void
u256_divmod(struct u256 *quot, struct u256 *rem, const struct u256 *a,
    const struct u256 *b)
{
	if (u256_lt(a, b) || u256_is_zero(b)) {
		u128 low = join(a->w[1], a->w[0]),
		     high = join(a->w[3], a->w[2]);
		bool is_zero = u256_is_zero(b);

		put_quot(quot, 0, 0, 0, 0);
		put(rem, is_zero ? 0 : high, is_zero ? 0 : low, 0);
	} else if (b->w[3] != 0) {
		div_by_4(quot, rem, a, b);
	} else if (b->w[2] != 0) {
		div_by_3(quot, rem, a, b);
	} else if (b->w[1] != 0) {
		div_by_2(quot, rem, a, b);
	} else {
		div_by_1(quot, rem, a, b->w[0]);
	}
}

/* negate_if negates a for a mask of all ones, not for 0. */
INLINE void
negate_if(struct u256 *out, const struct u256 *a, uint64_t mask)
{
	struct u256 x = {
	    {a->w[0] ^ mask, a->w[1] ^ mask, a->w[2] ^ mask, a->w[3] ^ mask}};
	struct u256 ones = {{mask, mask, mask, mask}};

	(void)u256_sub(out, &x, &ones);
}

/* sign is all ones for a negative number. */
INLINE uint64_t
sign(const struct u256 *a)
{
	return -(a->w[3] >> 63);
}

void
u256_sdiv(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	uint64_t minus = sign(a) ^ sign(b);
	struct u256 x, y;

	negate_if(&x, a, sign(a));
	negate_if(&y, b, sign(b));
	u256_divmod(&x, NULL, &x, &y);
	negate_if(out, &x, minus);
}

void
u256_smod(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	uint64_t minus = sign(a);
	struct u256 x, y;

	negate_if(&x, a, minus);
	negate_if(&y, b, sign(b));
	u256_divmod(NULL, &x, &x, &y);
	negate_if(out, &x, minus);
}

/*
 * struct wide is a sum or product of cnt digits, shifted left by less than
 * 64 bits so that it has one more.
 */
struct wide {
	uint64_t u[U256_WIDE + 1];
	unsigned cnt;
};

INLINE void
scale_wide(struct wide *a, unsigned n)
{
	unsigned i;

	a->u[a->cnt] = 0;
	for (i = a->cnt; i > 0; i--)
		a->u[i] = up(a->u[i], a->u[i - 1], n);
	a->u[0] <<= n;
}

/* The remainder of a by one, two, three and four digits; a is spent. */
static void
rem_by_1(struct u256 *rem, struct wide *a, uint64_t m)
{
	uint64_t r = 0;
	unsigned i = a->cnt;

	while (i-- > 0)
		(void)digit_1(&r, a->u[i], m);
	put(rem, 0, r, 0);
}

static void
rem_by_2(struct u256 *rem, struct wide *a, const struct u256 *m)
{
	struct divisor v = divisor_of(m, 2);
	unsigned i = a->cnt;
	u128 r;

	scale_wide(a, v.shift);
	r = a->u[i];
	while (i-- > 0)
		(void)step_2(&r, a->u[i], &v);
	put(rem, 0, r, v.shift);
}

static void
rem_by_3(struct u256 *rem, struct wide *a, const struct u256 *m)
{
	struct divisor v = divisor_of(m, 3);
	unsigned i = a->cnt - 2;
	uint64_t low;
	u128 r;

	scale_wide(a, v.shift);
	r = join(a->u[i + 2], a->u[i + 1]);
	low = a->u[i];
	while (i-- > 0)
		(void)step_3(&r, &low, a->u[i], &v);
	put(rem, r >> 64, join(lo(r), low), v.shift);
}

static void
rem_by_4(struct u256 *rem, struct wide *a, const struct u256 *m)
{
	struct divisor v = divisor_of(m, 4);
	unsigned i = a->cnt - 3;
	u128 r, low;

	scale_wide(a, v.shift);
	/* The product of two that are below m has no first digit. */
	if (a->u[i + 3] == 0 && join(a->u[i + 2], a->u[i + 1]) < v.top)
		i--;
	r = join(a->u[i + 3], a->u[i + 2]);
	low = join(a->u[i + 1], a->u[i]);
	while (i-- > 0)
		(void)step_4(&r, &low, a->u[i], &v);
	put(rem, r, low, v.shift);
}

static void
rem_wide(struct u256 *rem, struct wide *a, const struct u256 *m)
{
	if (m->w[3] != 0)
		rem_by_4(rem, a, m);
	else if (m->w[2] != 0)
		rem_by_3(rem, a, m);
	else if (m->w[1] != 0)
		rem_by_2(rem, a, m);
	else
		rem_by_1(rem, a, m->w[0]);
}

/* add_below is (a + b) mod m for a and b below 2m, m of four digits. */
INLINE void
add_below(struct u256 *out, const struct u256 *a, const struct u256 *b,
    const struct u256 *m)
{
	struct u256 x, y, less;
	bool carry, is_over;

	(void)scale(&x, a, 0);
	(void)scale(&y, b, 0);
	if (RARE(!u256_lt(&x, m)))
		(void)u256_sub(&x, &x, m);
	if (RARE(!u256_lt(&y, m)))
		(void)u256_sub(&y, &y, m);
	carry = u256_add(&x, &x, &y);
	is_over = u256_sub(&less, &x, m) == carry;
	out->w[0] = is_over ? less.w[0] : x.w[0];
	out->w[1] = is_over ? less.w[1] : x.w[1];
	out->w[2] = is_over ? less.w[2] : x.w[2];
	out->w[3] = is_over ? less.w[3] : x.w[3];
}

/* add_any is that for all operands. It stays out of line, so that its number
 * of five digits costs the short way nothing. */
static __attribute__((noinline)) void
add_any(struct u256 *out, const struct u256 *a, const struct u256 *b,
    const struct u256 *m)
{
	struct u256 sum;
	struct wide w;

	w.u[4] = u256_add(&sum, a, b);
	if (w.u[4] == 0 || u256_is_zero(m)) {
		u256_divmod(NULL, out, &sum, m);
		return;
	}
	memcpy(w.u, sum.w, sizeof(sum.w));
	w.cnt = 5;
	rem_wide(out, &w, m);
}

void
u256_addmod(struct u256 *out, const struct u256 *a, const struct u256 *b,
    const struct u256 *m)
{
	/* A leading digit no greater than that of m means less than 2m. */
	if (m->w[3] != 0 && a->w[3] <= m->w[3] && b->w[3] <= m->w[3])
		add_below(out, a, b, m);
	else
		add_any(out, a, b, m);
}

void
u256_mulmod(struct u256 *out, const struct u256 *a, const struct u256 *b,
    const struct u256 *m)
{
	struct u256 low;
	struct wide w;

	u256_mul_wide(w.u, a, b);
	w.cnt = U256_WIDE;
	while (w.cnt > 4 && w.u[w.cnt - 1] == 0)
		w.cnt--;
	if (w.cnt > 4 && !u256_is_zero(m)) {
		rem_wide(out, &w, m);
		return;
	}
	memcpy(low.w, w.u, sizeof(low.w));
	u256_divmod(NULL, out, &low, m);
}
