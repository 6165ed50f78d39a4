/* SPDX-License-Identifier: Apache-2.0
 *
 * Hex text in both directions. It knows digits and lengths, not what the
 * bytes mean.
 */
#include "base/hex.h"

#include "base/check.h"

static const char digit_of[] = "0123456789abcdef";

int
hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void
hex_put(char *out, struct bytes in)
{
	size_t i;

	for (i = 0; i < in.len; i++) {
		out[2 * i] = digit_of[in.ptr[i] >> 4];
		out[2 * i + 1] = digit_of[in.ptr[i] & 15];
	}
}

char *
hex_put0x(char *out, struct bytes in)
{
	out[0] = '0';
	out[1] = 'x';
	hex_put(out + 2, in);
	out[2 + 2 * in.len] = '\0';
	return out;
}

size_t
hex_u64(char out[HEX_U64_MAX], uint64_t v)
{
	unsigned i, cnt = 1;

	while (cnt < 16 && v >> (4 * cnt) != 0)
		cnt++;
	out[0] = '0';
	out[1] = 'x';
	for (i = 0; i < cnt; i++)
		out[2 + i] = digit_of[v >> (4 * (cnt - 1 - i)) & 15];
	out[2 + cnt] = '\0';
	return 2 + (size_t)cnt;
}

static bool
has_prefix(struct bytes text)
{
	return text.len >= 2 && text.ptr[0] == '0' && text.ptr[1] == 'x';
}

/* read_digits decodes an even number of digits. */
static enum rc
read_digits(uint8_t *out, struct bytes digits, struct err *e)
{
	size_t i;

	for (i = 0; i < digits.len; i += 2) {
		int high = hex_digit(digits.ptr[i]);
		int low = hex_digit(digits.ptr[i + 1]);

		if (high < 0 || low < 0)
			return FAIL(e, RC_BAD_INPUT,
			    "hex data has byte 0x%02x among its digits",
			    digits.ptr[high < 0 ? i : i + 1]);
		out[i / 2] = (uint8_t)(high << 4 | low);
	}
	return RC_OK;
}

enum rc
hex_read(struct arena *a, struct bytes *out, struct bytes text, struct err *e)
{
	struct bytes digits;
	uint8_t *p;

	if (!has_prefix(text))
		return FAIL(e, RC_BAD_INPUT, "hex data without 0x prefix");
	digits = bytes_of(text.ptr + 2, text.len - 2);
	if (digits.len % 2 != 0)
		return FAIL(
		    e, RC_BAD_INPUT, "hex data of odd length %zu", digits.len);
	p = arena_alloc(a, digits.len / 2);
	if (p == NULL)
		return FAIL(
		    e, RC_NO_MEMORY, "no room for %zu bytes", digits.len / 2);
	TRY(read_digits(p, digits, e));
	*out = bytes_of(p, digits.len / 2);
	return RC_OK;
}

enum rc
hex_read_fixed(
    uint8_t *out, size_t len, struct bytes text, bool lax, struct err *e)
{
	struct bytes digits = text;

	if (has_prefix(text))
		digits = bytes_of(text.ptr + 2, text.len - 2);
	else if (!lax)
		return FAIL(e, RC_BAD_INPUT, "hex data without 0x prefix");
	if (digits.len % 2 != 0 || digits.len / 2 != len)
		return FAIL(e, RC_BAD_INPUT,
		    "hex data has %zu digits, want %zu", digits.len, 2 * len);
	return read_digits(out, digits, e);
}

enum rc
hex_quantity(struct u256 *out, struct bytes text, struct err *e)
{
	if (text.len > 3 && has_prefix(text) && text.ptr[2] == '0')
		return FAIL(e, RC_BAD_INPUT,
		    "hex number with leading zero "
		    "digits");
	return u256_from_hex(out, text, e);
}

enum rc
hex_quantity_u64(uint64_t *out, struct bytes text, struct err *e)
{
	struct u256 v;

	TRY(hex_quantity(&v, text, e));
	if (!u256_is_u64(&v))
		return FAIL(e, RC_BAD_INPUT, "hex number > 64 bits");
	*out = v.w[0];
	return RC_OK;
}
