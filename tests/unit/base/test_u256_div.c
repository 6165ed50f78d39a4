/* SPDX-License-Identifier: Apache-2.0
 *
 * Division, signed division and arithmetic modulo m beside a plain long
 * division, bit by bit, over every pair of lengths: operands of the digits
 * where estimates of quotient digits go wrong, multiples of the divisor and
 * their neighbours, outputs over operands, and divisors of zero.
 */
#include <string.h>

#include "base/u256.h"
#include "test.h"
#include "u256draw.h"

enum { ROUNDS = 20000, WIDE = 8, EXTREMES = 8, EDGES = 6 };

/* plain_div is long division in base 2 of a, WIDE digits, by b. */
static void
plain_div(uint64_t quot[WIDE], struct u256 *rem, const uint64_t a[WIDE],
    const struct u256 *b)
{
	struct u256 r = U256_ZERO;
	unsigned i;

	memset(quot, 0, WIDE * sizeof(quot[0]));
	*rem = r;
	if (u256_is_zero(b))
		return;
	for (i = 64 * WIDE; i-- > 0;) {
		bool carry = u256_add(&r, &r, &r);

		r.w[0] |= a[i / 64] >> i % 64 & 1;
		if (!carry && u256_cmp(&r, b) < 0)
			continue;
		(void)u256_sub(&r, &r, b);
		quot[i / 64] |= (uint64_t)1 << i % 64;
	}
	*rem = r;
}

static void
plain_divmod(struct u256 *quot, struct u256 *rem, const struct u256 *a,
    const struct u256 *b)
{
	uint64_t u[WIDE] = {a->w[0], a->w[1], a->w[2], a->w[3]}, q[WIDE];

	plain_div(q, rem, u, b);
	memcpy(quot->w, q, sizeof(quot->w));
}

static void
plain_mulmod(struct u256 *out, const struct u256 *a, const struct u256 *b,
    const struct u256 *m)
{
	uint64_t p[WIDE] = {0}, q[WIDE];
	unsigned i, k;

	for (i = 0; i < 4; i++)
		for (k = 0; k < 4; k++) {
			u128 t = (u128)a->w[i] * b->w[k] + p[i + k];
			unsigned at = i + k;

			p[at] = (uint64_t)t;
			for (t >>= 64; t != 0; t >>= 64) {
				t += p[++at];
				p[at] = (uint64_t)t;
			}
		}
	plain_div(q, out, p, m);
}

static void
plain_addmod(struct u256 *out, const struct u256 *a, const struct u256 *b,
    const struct u256 *m)
{
	struct u256 sum;
	uint64_t carry = u256_add(&sum, a, b), q[WIDE];
	uint64_t u[WIDE] = {sum.w[0], sum.w[1], sum.w[2], sum.w[3], carry};

	plain_div(q, out, u, m);
}

/* draw_near draws a multiple of b or a neighbour of one, wherever it fits
 * 256 bits. */
static struct u256
draw_near(const struct u256 *b)
{
	struct u256 q = draw_u256(), a, d = u256_from_u64(draw_u64() % 3);

	(void)u256_mul(&a, &q, b);
	(void)u256_add(&a, &a, &d);
	(void)u256_sub(&a, &a, &U256_ONE);
	return a;
}

/* expect_divmod tries a / b with each choice of outputs. */
static void
expect_divmod(const struct u256 *a, const struct u256 *b)
{
	struct u256 q, r, want_q, want_r, x = *a, y = *b;

	plain_divmod(&want_q, &want_r, a, b);
	u256_divmod(&q, &r, a, b);
	EXPECT(u256_eq(&q, &want_q) && u256_eq(&r, &want_r));
	u256_divmod(&x, &y, &x, &y);
	EXPECT(u256_eq(&x, &want_q) && u256_eq(&y, &want_r));
	x = *a;
	y = *b;
	u256_divmod(&y, &x, &x, &y);
	EXPECT(u256_eq(&y, &want_q) && u256_eq(&x, &want_r));
	x = *a;
	u256_divmod(NULL, &x, &x, b);
	EXPECT(u256_eq(&x, &want_r));
	x = *a;
	u256_divmod(&x, NULL, &x, b);
	EXPECT(u256_eq(&x, &want_q));
}

TEST(test_u256_divmod_matches_long_division)
{
	unsigned i;

	draw_seed = 3;
	for (i = 0; i < ROUNDS; i++) {
		struct u256 a = draw_u256(), b = draw_u256(), near;

		expect_divmod(&a, &b);
		near = draw_near(&b);
		expect_divmod(&near, &b);
		(void)u256_sub(&near, &b, &U256_ONE);
		expect_divmod(&a, &near); /* the divisor just below */
	}
}

/* absolute is |a|; the smallest number is its own. */
static struct u256
absolute(const struct u256 *a)
{
	struct u256 out = *a;

	if (a->w[3] >> 63)
		(void)u256_sub(&out, &U256_ZERO, a);
	return out;
}

static struct u256
with_sign(const struct u256 *a, bool is_minus)
{
	struct u256 out = *a;

	if (is_minus)
		(void)u256_sub(&out, &U256_ZERO, a);
	return out;
}

static void
expect_signed(const struct u256 *a, const struct u256 *b)
{
	struct u256 x = absolute(a), y = absolute(b), q, r, got;
	bool a_minus = a->w[3] >> 63, b_minus = b->w[3] >> 63;

	plain_divmod(&q, &r, &x, &y);
	q = with_sign(&q, a_minus != b_minus);
	r = with_sign(&r, a_minus);
	u256_sdiv(&got, a, b);
	EXPECT(u256_eq(&got, &q));
	u256_smod(&got, a, b);
	EXPECT(u256_eq(&got, &r));
	got = *a;
	u256_sdiv(&got, &got, b);
	EXPECT(u256_eq(&got, &q));
	got = *b;
	u256_smod(&got, a, &got);
	EXPECT(u256_eq(&got, &r));
}

TEST(test_u256_signed_division_matches_long_division)
{
	static const struct u256 edges[EDGES] = {
	    {{0, 0, 0, 0}},
	    {{1, 0, 0, 0}},
	    {{~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0}},
	    {{0, 0, 0, (uint64_t)1 << 63}},
	    {{1, 0, 0, (uint64_t)1 << 63}},
	    {{~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0, ~(uint64_t)0 >> 1}},
	};
	unsigned i, k;

	for (i = 0; i < EDGES; i++)
		for (k = 0; k < EDGES; k++)
			expect_signed(&edges[i], &edges[k]);
	draw_seed = 5;
	for (i = 0; i < ROUNDS; i++) {
		struct u256 a = draw_u256(), b = draw_u256();
		struct u256 x = with_sign(&a, draw_u64() % 2);
		struct u256 y = with_sign(&b, draw_u64() % 2);

		expect_signed(&x, &y);
		x = draw_near(&y);
		expect_signed(&x, &y);
		expect_signed(&edges[i % EDGES], &y);
	}
}

static void
expect_modulo(const struct u256 *a, const struct u256 *b, const struct u256 *m)
{
	struct u256 want, got;

	plain_mulmod(&want, a, b, m);
	u256_mulmod(&got, a, b, m);
	EXPECT(u256_eq(&got, &want));
	got = *m;
	u256_mulmod(&got, a, b, &got);
	EXPECT(u256_eq(&got, &want));
	plain_addmod(&want, a, b, m);
	u256_addmod(&got, a, b, m);
	EXPECT(u256_eq(&got, &want));
	got = *m;
	u256_addmod(&got, a, b, &got);
	EXPECT(u256_eq(&got, &want));
	got = *a;
	u256_addmod(&got, &got, b, m);
	EXPECT(u256_eq(&got, &want));
}

TEST(test_u256_modulo_matches_long_division)
{
	unsigned i;

	draw_seed = 6;
	for (i = 0; i < ROUNDS; i++) {
		struct u256 a = draw_u256(), b = draw_u256(), m = draw_u256();
		struct u256 x, y;

		expect_modulo(&a, &b, &m);
		(void)u256_sub(&x, &m, &U256_ONE);
		expect_modulo(&x, &x, &m); /* the largest below m */
		plain_mulmod(&x, &a, &U256_ONE, &m);
		plain_mulmod(&y, &b, &U256_ONE, &m);
		expect_modulo(&x, &y, &m);
		expect_modulo(&a, &b, &a);
	}
}

/* draw_extreme draws cnt digits of the extremes alone: leading digits of two
 * then agree, and an estimate is all ones or one too high. */
static struct u256
draw_extreme(unsigned cnt)
{
	static const uint64_t extremes[EXTREMES] = {0, 1, (uint64_t)1 << 63,
	    ((uint64_t)1 << 63) + 1, ((uint64_t)1 << 63) - 1, ~(uint64_t)0,
	    ~(uint64_t)1, 3};
	struct u256 v = U256_ZERO;
	unsigned i;

	for (i = 0; i < cnt; i++)
		v.w[i] = extremes[draw_u64() % EXTREMES];
	return v;
}

TEST(test_u256_division_of_extremes_matches_long_division)
{
	unsigned i;

	draw_seed = 4;
	for (i = 0; i < 2 * ROUNDS; i++) {
		struct u256 a = draw_extreme(4), b = draw_extreme(4);
		struct u256 m = draw_extreme(1 + i % 4);

		expect_divmod(&a, &m);
		expect_modulo(&a, &b, &m);
	}
}

TEST(test_u256_addmod_mulmod_known_values)
{
	const uint64_t ones = ~(uint64_t)0;
	struct u256 max = {{ones, ones, ones, ones}}, two = u256_from_u64(2);
	struct u256 seven = u256_from_u64(7), zero = U256_ZERO, out;

	u256_addmod(&out, &max, &two, &two);
	EXPECT(u256_eq(&out, &U256_ONE));
	u256_addmod(&out, &max, &max, &seven); /* 2^256 is 2 modulo 7 */
	EXPECT(u256_eq(&out, &two));
	u256_mulmod(&out, &max, &max, &seven);
	EXPECT(u256_eq(&out, &U256_ONE));
	u256_mulmod(&out, &max, &max, &zero);
	EXPECT(u256_is_zero(&out));
	u256_addmod(&out, &U256_ONE, &U256_ONE, &zero);
	EXPECT(u256_is_zero(&out));
	u256_mulmod(&out, &max, &max, &max);
	EXPECT(u256_is_zero(&out));
}
