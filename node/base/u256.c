/* SPDX-License-Identifier: Apache-2.0
 *
 * 256-bit arithmetic on 64-bit digits with 64x64->128 multiplication.
 * Division is Knuth's algorithm D (TAOCP 2, 4.3.1) with quotient digits
 * estimated three by two through a reciprocal, as in Moeller and Granlund,
 * "Improved Division by Invariant Integers", IEEE Trans. Computers 60 (2011):
 * one hardware division per call instead of one per digit.
 *
 * Nothing here is constant-time: these are chain values, never secrets.
 */
#include "base/u256.h"

#include <string.h>

#include "base/check.h"
#include "base/hex.h"

/* Digits of the widest dividend: the product of two 256-bit numbers. */
enum { WIDE = 8 };

static inline uint64_t
lo(u128 v)
{
	return (uint64_t)v;
}

static inline uint64_t
hi(u128 v)
{
	return (uint64_t)(v >> 64);
}

static inline u128
join(uint64_t high, uint64_t low)
{
	return (u128)high << 64 | low;
}

static bool
is_negative(const struct u256 *a)
{
	return a->w[3] >> 63;
}

static void
negate(struct u256 *out, const struct u256 *a)
{
	(void)u256_sub(out, &U256_ZERO, a);
}

int
u256_scmp(const struct u256 *a, const struct u256 *b)
{
	if (is_negative(a) != is_negative(b))
		return is_negative(a) ? -1 : 1;
	return u256_cmp(a, b);
}

/* mul_row adds a * b to the digits of out from its first on; the digit
 * behind them is new. */
static inline void
mul_row(uint64_t out[5], uint64_t a, const uint64_t b[4])
{
	u128 t = (u128)a * b[0] + out[0];

	out[0] = lo(t);
	t = (u128)a * b[1] + out[1] + hi(t);
	out[1] = lo(t);
	t = (u128)a * b[2] + out[2] + hi(t);
	out[2] = lo(t);
	t = (u128)a * b[3] + out[3] + hi(t);
	out[3] = lo(t);
	out[4] = hi(t);
}

/* mul_wide computes the whole product. */
static inline void
mul_wide(uint64_t out[WIDE], const struct u256 *a, const struct u256 *b)
{
	out[0] = out[1] = out[2] = out[3] = 0;
	mul_row(out, a->w[0], b->w);
	mul_row(out + 1, a->w[1], b->w);
	mul_row(out + 2, a->w[2], b->w);
	mul_row(out + 3, a->w[3], b->w);
}

bool
u256_mul(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	uint64_t p[WIDE];

	mul_wide(p, a, b);
	memcpy(out->w, p, sizeof(out->w));
	return (p[4] | p[5] | p[6] | p[7]) != 0;
}

bool
u256_mul_u64(struct u256 *out, const struct u256 *a, uint64_t b)
{
	uint64_t carry = 0;
	unsigned i;

	for (i = 0; i < 4; i++) {
		u128 t = (u128)a->w[i] * b + carry;

		out->w[i] = lo(t);
		carry = hi(t);
	}
	return carry != 0;
}

/*
 * struct divisor is a divisor of cnt digits with its highest bit set, and the
 * reciprocal of its top two digits (of its only digit when cnt is 1).
 */
struct divisor {
	uint64_t d[5]; /* one more for the digit that shifting leaves zero */
	unsigned cnt, shift;
	uint64_t inv;
};

/* div_2by1 divides *rem:low by d; *rem < d before and after. */
static inline uint64_t
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
static inline uint64_t
inverse_1(uint64_t d)
{
	uint64_t rem = ~d;

	return div_2by1(&rem, ~(uint64_t)0, d);
}

/* inverse_2 is floor((2^192 - 1) / d1:d0) - 2^64 for d1 >= 2^63: algorithm 6
 * of the paper. */
static uint64_t
inverse_2(uint64_t d1, uint64_t d0)
{
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
		if (join(p, lo(t)) >= join(d1, d0))
			v--;
	}
	return v;
}

/* step_1 divides *rem:u by d (algorithm 4); *rem < d before and after. */
static inline uint64_t
step_1(uint64_t *rem, uint64_t u, uint64_t d, uint64_t inv)
{
	u128 q = (u128)inv * *rem + join(*rem, u);
	uint64_t quot = hi(q) + 1;
	uint64_t r = u - quot * d;

	if (r > lo(q)) {
		quot--;
		r += d;
	}
	if (r >= d) {
		quot++;
		r -= d;
	}
	*rem = r;
	return quot;
}

/* step_2 divides *rem:u by the two digits d (algorithm 5); *rem < d before
 * and after. */
static inline uint64_t
step_2(u128 *rem, uint64_t u, u128 d, uint64_t inv)
{
	u128 q = (u128)inv * hi(*rem) + *rem;
	uint64_t quot = hi(q) + 1;
	uint64_t r1 = lo(*rem) - hi(q) * hi(d);
	u128 r = join(r1, u) - (u128)lo(d) * hi(q) - d;

	if (hi(r) >= lo(q)) {
		quot--;
		r += d;
	}
	if (r >= d) {
		quot++;
		r -= d;
	}
	*rem = r;
	return quot;
}

/* digits counts w without leading zeros. */
static unsigned
digits(const uint64_t *w, unsigned cnt)
{
	while (cnt > 0 && w[cnt - 1] == 0)
		cnt--;
	return cnt;
}

/* shift_up writes cnt digits shifted left by n < 64 bits to cnt + 1 digits. */
static void
shift_up(uint64_t *out, const uint64_t *in, unsigned cnt, unsigned n)
{
	uint64_t carry = 0;
	unsigned i;

	for (i = 0; i < cnt; i++) {
		out[i] = in[i] << n | carry;
		carry = in[i] >> 1 >> (63 - n);
	}
	out[cnt] = carry;
}

/* divisor_init normalises b, which is not zero. */
static void
divisor_init(struct divisor *v, const struct u256 *b)
{
	unsigned n = digits(b->w, 4);

	v->cnt = n;
	v->shift = (unsigned)__builtin_clzll(b->w[n - 1]);
	shift_up(v->d, b->w, n, v->shift);
	v->inv =
	    n == 1 ? inverse_1(v->d[0]) : inverse_2(v->d[n - 1], v->d[n - 2]);
}

/* sub_mul subtracts d * q from u and returns the borrow beyond cnt digits. */
static inline uint64_t
sub_mul(uint64_t *u, const uint64_t *d, unsigned cnt, uint64_t q)
{
	uint64_t borrow = 0;
	unsigned i;

	for (i = 0; i < cnt; i++) {
		u128 t = (u128)d[i] * q + borrow;

		borrow = hi(t) + (u[i] < lo(t));
		u[i] -= lo(t);
	}
	return borrow;
}

static void
add_back(uint64_t *u, const uint64_t *d, unsigned cnt)
{
	uint64_t carry = 0;
	unsigned i;

	for (i = 0; i < cnt; i++) {
		u128 t = (u128)u[i] + d[i] + carry;

		u[i] = lo(t);
		carry = hi(t);
	}
}

/*
 * digit_long finds one quotient digit for a divisor of n digits, three or
 * four, and takes its multiple off u, the n + 1 digits it applies to.
 */
static inline __attribute__((always_inline)) uint64_t
digit_long(uint64_t *u, const struct divisor *v, unsigned n)
{
	u128 top = join(v->d[n - 1], v->d[n - 2]);
	u128 rem = join(u[n], u[n - 1]);
	uint64_t q, borrow;

	if (rem == top) { /* the digit overflows to exactly 2^64 - 1 */
		q = ~(uint64_t)0;
		u[n] -= sub_mul(u, v->d, n, q);
		return q;
	}
	q = step_2(&rem, u[n - 2], top, v->inv);
	borrow = sub_mul(u, v->d, n - 2, q);
	u[n - 2] = lo(rem - borrow);
	u[n - 1] = hi(rem - borrow);
	u[n] = 0;
	if (rem < borrow) { /* about once in 2^64 random divisions */
		q--;
		add_back(u, v->d, n);
	}
	return q;
}

/*
 * divide divides u (cnt digits, normalised, so cnt + 1) by v. The quotient
 * goes to quot, zeroed digits of the caller; the remainder, still normalised,
 * stays in the low digits of u.
 */
static void
divide(uint64_t *quot, uint64_t *u, unsigned cnt, const struct divisor *v)
{
	unsigned i;

	if (v->cnt == 1) {
		uint64_t rem = u[cnt];

		for (i = cnt; i-- > 0;)
			quot[i] = step_1(&rem, u[i], v->d[0], v->inv);
		u[0] = rem;
	} else if (v->cnt == 2) {
		u128 d = join(v->d[1], v->d[0]);
		u128 rem = join(u[cnt], u[cnt - 1]);

		for (i = cnt - 1; i-- > 0;)
			quot[i] = step_2(&rem, u[i], d, v->inv);
		u[0] = lo(rem);
		u[1] = hi(rem);
	} else if (v->cnt == 3) {
		for (i = cnt - 2; i-- > 0;)
			quot[i] = digit_long(u + i, v, 3);
	} else {
		for (i = cnt - 3; i-- > 0;)
			quot[i] = digit_long(u + i, v, 4);
	}
}

/* take_rem undoes the normalisation of a remainder in u. */
static void
take_rem(struct u256 *rem, const uint64_t *u, const struct divisor *v)
{
	struct u256 r = U256_ZERO;
	uint64_t above = 0;
	unsigned i;

	for (i = v->cnt; i-- > 0; above = u[i])
		r.w[i] = u[i] >> v->shift | above << 1 << (63 - v->shift);
	*rem = r;
}

/*
 * divmod_wide divides cnt digits by b (not zero); cnt at least as many as
 * those of b. quot has cnt digits, zeroed by the caller.
 */
static void
divmod_wide(uint64_t *quot, struct u256 *rem, const uint64_t *a, unsigned cnt,
    const struct u256 *b)
{
	uint64_t u[WIDE + 1] = {0};
	struct divisor v = {0};

	divisor_init(&v, b);
	shift_up(u, a, cnt, v.shift);
	divide(quot, u, cnt, &v);
	take_rem(rem, u, &v);
}

/* div_short divides by one digit, one hardware division per digit that the
 * quotient can have. */
static inline void
div_short(struct u256 *quot, uint64_t *rem, const struct u256 *a, uint64_t b)
{
	unsigned i = digits(a->w, 4);

	*rem = 0;
	if (i > 0 && a->w[i - 1] < b)
		*rem = a->w[--i];
	while (i-- > 0)
		quot->w[i] = div_2by1(rem, a->w[i], b);
}

void
u256_divmod(struct u256 *quot, struct u256 *rem, const struct u256 *a,
    const struct u256 *b)
{
	struct u256 q = U256_ZERO, r = U256_ZERO;

	if (u256_is_zero(b)) {
		/* both stay zero */
	} else if (u256_lt(a, b)) {
		r = *a;
	} else if (u256_is_u64(b)) {
		div_short(&q, &r.w[0], a, b->w[0]);
	} else {
		divmod_wide(q.w, &r, a->w, digits(a->w, 4), b);
	}
	if (quot != NULL)
		*quot = q;
	if (rem != NULL)
		*rem = r;
}

void
u256_sdiv(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	bool is_minus = is_negative(a) != is_negative(b);
	struct u256 x = *a, y = *b;

	if (is_negative(&x))
		negate(&x, &x);
	if (is_negative(&y))
		negate(&y, &y);
	u256_divmod(out, NULL, &x, &y);
	if (is_minus)
		negate(out, out);
}

void
u256_smod(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	bool is_minus = is_negative(a);
	struct u256 x = *a, y = *b;

	if (is_negative(&x))
		negate(&x, &x);
	if (is_negative(&y))
		negate(&y, &y);
	u256_divmod(NULL, out, &x, &y);
	if (is_minus)
		negate(out, out);
}

/* add_below is (a + b) mod m for a and b below 2m, m of four digits. */
static void
add_below(struct u256 *out, const struct u256 *a, const struct u256 *b,
    const struct u256 *m)
{
	struct u256 x, y, sum, less;
	bool carry, borrow;

	x = u256_sub(&less, a, m) ? *a : less;
	y = u256_sub(&less, b, m) ? *b : less;
	carry = u256_add(&sum, &x, &y);
	borrow = u256_sub(&less, &sum, m);
	*out = carry || !borrow ? less : sum;
}

void
u256_addmod(struct u256 *out, const struct u256 *a, const struct u256 *b,
    const struct u256 *m)
{
	uint64_t sum[5], quot[5] = {0};
	struct u256 low;

	if (u256_is_zero(m)) {
		*out = U256_ZERO;
		return;
	}
	/* A leading digit no greater than that of m means less than 2m. */
	if (m->w[3] != 0 && a->w[3] <= m->w[3] && b->w[3] <= m->w[3]) {
		add_below(out, a, b, m);
		return;
	}
	sum[4] = u256_add(&low, a, b);
	if (sum[4] == 0) {
		u256_divmod(NULL, out, &low, m);
		return;
	}
	memcpy(sum, low.w, sizeof(low.w));
	divmod_wide(quot, out, sum, 5, m);
}

void
u256_mulmod(struct u256 *out, const struct u256 *a, const struct u256 *b,
    const struct u256 *m)
{
	uint64_t p[WIDE], quot[WIDE] = {0};
	struct u256 low;
	unsigned cnt;

	if (u256_is_zero(m)) {
		*out = U256_ZERO;
		return;
	}
	mul_wide(p, a, b);
	cnt = digits(p, WIDE);
	if (cnt <= 4) {
		memcpy(low.w, p, sizeof(low.w));
		u256_divmod(NULL, out, &low, m);
		return;
	}
	divmod_wide(quot, out, p, cnt, m);
}

void
u256_exp(struct u256 *out, const struct u256 *a, const struct u256 *e)
{
	struct u256 base = *a, power = U256_ONE;
	unsigned i, bits = u256_bits(e);
	uint64_t w = 0;

	for (i = 0; i < bits; i++, w >>= 1) {
		if (i % 64 == 0)
			w = e->w[i / 64];
		if (w & 1)
			u256_mul_low(&power, &power, &base);
		if (i + 1 < bits)
			u256_mul_low(&base, &base, &base);
	}
	*out = power;
}

void
u256_shl(struct u256 *out, const struct u256 *a, unsigned n)
{
	if (n >= 256)
		*out = U256_ZERO;
	else
		u256_shl_below(out, a, n);
}

static void
shift_right(struct u256 *out, const struct u256 *a, unsigned n, uint64_t fill)
{
	if (n >= 256)
		*out = (struct u256){{fill, fill, fill, fill}};
	else
		u256_shr_below(out, a, n, fill);
}

void
u256_shr(struct u256 *out, const struct u256 *a, unsigned n)
{
	shift_right(out, a, n, 0);
}

void
u256_sar(struct u256 *out, const struct u256 *a, unsigned n)
{
	shift_right(out, a, n, is_negative(a) ? ~(uint64_t)0 : 0);
}

void
u256_signextend(struct u256 *out, uint64_t byte, const struct u256 *a)
{
	unsigned up;

	if (byte >= 31) {
		*out = *a;
		return;
	}
	up = 248 - 8 * (unsigned)byte;
	u256_shl(out, a, up);
	u256_sar(out, out, up);
}

unsigned
u256_bits(const struct u256 *a)
{
	unsigned n = digits(a->w, 4);

	return n == 0 ? 0 : n * 64 - (unsigned)__builtin_clzll(a->w[n - 1]);
}

void
u256_from_be(struct u256 *out, struct bytes in)
{
	uint8_t full[32] = {0};
	unsigned i;

	CHECK(in.len <= sizeof(full));
	if (in.len > 0)
		memcpy(full + sizeof(full) - in.len, in.ptr, in.len);
	for (i = 0; i < 4; i++)
		out->w[i] = be64(full + 24 - 8 * (size_t)i);
}

void
u256_to_be(uint8_t out[32], const struct u256 *a)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		be64_put(out + 24 - 8 * (size_t)i, a->w[i]);
}

size_t
u256_dec(char out[U256_DEC_MAX], const struct u256 *a)
{
	const struct u256 chunk = u256_from_u64(10000000000000000000U);
	char text[U256_DEC_MAX], *end = text + sizeof(text), *p = end;
	struct u256 rest = *a, part;
	size_t len;

	do {
		char *from = p;

		u256_divmod(&rest, &part, &rest, &chunk);
		do {
			*--p = (char)('0' + part.w[0] % 10);
			part.w[0] /= 10;
		} while (part.w[0] > 0);
		while (!u256_is_zero(&rest) && from - p < 19)
			*--p = '0';
	} while (!u256_is_zero(&rest));
	len = (size_t)(end - p);
	memcpy(out, p, len);
	out[len] = '\0';
	return len;
}

size_t
u256_hex(char out[U256_HEX_MAX], const struct u256 *a)
{
	unsigned bits = u256_bits(a);
	unsigned i, cnt = bits == 0 ? 1 : (bits + 3) / 4;

	out[0] = '0';
	out[1] = 'x';
	for (i = 0; i < cnt; i++) {
		unsigned at = 4 * (cnt - 1 - i);

		out[2 + i] = "0123456789abcdef"[a->w[at / 64] >> at % 64 & 15];
	}
	out[2 + cnt] = '\0';
	return 2 + (size_t)cnt;
}

enum rc
u256_from_dec(struct u256 *out, struct bytes text, struct err *e)
{
	struct u256 v = U256_ZERO, add;
	size_t i;

	if (text.len == 0)
		return FAIL(e, RC_BAD_INPUT, "empty decimal number");
	for (i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (c < '0' || c > '9')
			return FAIL(e, RC_BAD_INPUT,
			    "byte 0x%02x in a decimal number", c);
		add = u256_from_u64((uint64_t)(c - '0'));
		if (u256_mul_u64(&v, &v, 10) || u256_add(&v, &v, &add))
			return FAIL(e, RC_BAD_INPUT,
			    "decimal number of %zu digits is above 2^256-1",
			    text.len);
	}
	*out = v;
	return RC_OK;
}

enum rc
u256_from_hex(struct u256 *out, struct bytes text, struct err *e)
{
	struct u256 v = U256_ZERO;
	size_t i;

	if (text.len < 2 || text.ptr[0] != '0' || text.ptr[1] != 'x')
		return FAIL(e, RC_BAD_INPUT, "hex number without 0x prefix");
	if (text.len == 2)
		return FAIL(e, RC_BAD_INPUT, "hex number without digits");
	for (i = 2; i < text.len; i++) {
		int d = hex_digit(text.ptr[i]);

		if (d < 0)
			return FAIL(e, RC_BAD_INPUT,
			    "byte 0x%02x in a hex number", text.ptr[i]);
		if (v.w[3] >> 60 != 0)
			return FAIL(
			    e, RC_BAD_INPUT, "hex number is above 2^256-1");
		u256_shl(&v, &v, 4);
		v.w[0] |= (uint64_t)d;
	}
	*out = v;
	return RC_OK;
}
