/* SPDX-License-Identifier: Apache-2.0
 *
 * 256-bit arithmetic on 64-bit digits with 64x64->128 multiplication, and the
 * text of numbers. Division is in u256_div.c.
 *
 * Nothing here is constant-time: these are chain values, never secrets.
 */
#include <string.h>

#include "base/check.h"
#include "base/hex.h"
#include "base/u256_priv.h"

static bool
is_negative(const struct u256 *a)
{
	return a->w[3] >> 63;
}

int
u256_scmp(const struct u256 *a, const struct u256 *b)
{
	if (is_negative(a) != is_negative(b))
		return is_negative(a) ? -1 : 1;
	return u256_cmp(a, b);
}

bool
u256_mul(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	uint64_t p[U256_WIDE];

	u256_mul_wide(p, a, b);
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

/* digits counts those of w without leading zeros. */
static unsigned
digits(const uint64_t w[4])
{
	unsigned cnt = 4;

	while (cnt > 0 && w[cnt - 1] == 0)
		cnt--;
	return cnt;
}

unsigned
u256_bits(const struct u256 *a)
{
	unsigned n = digits(a->w);

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
