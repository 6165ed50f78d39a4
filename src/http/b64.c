/* SPDX-License-Identifier: Apache-2.0
 *
 * Decodes base64. Does not encode: nothing here sends any.
 */
#include "http/b64.h"

/* Value of one character, -1 for all others. */
static int
value_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool
gw_b64_read(struct arena *a, struct bytes *out, struct bytes text)
{
	uint32_t bits = 0;
	size_t len = text.len, i, at = 0, padding;
	uint8_t *p;
	int v;

	if (len % 4 != 0)
		return false;
	while (len > 0 && text.len - len < 2 && text.ptr[len - 1] == '=')
		len--;
	padding = text.len - len;
	p = arena_alloc(a, text.len / 4 * 3);
	if (p == NULL)
		return false;
	for (i = 0; i < len; i++) {
		v = value_of(text.ptr[i]);
		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		if (i % 4 > 0)
			p[at++] = (uint8_t)(bits >> (6 - i % 4 * 2));
	}
	/* What the last character holds beyond the last byte must be 0. */
	if (padding > 0 && (bits & ((1u << (padding * 2)) - 1)) != 0)
		return false;
	*out = bytes_of(p, at);
	return true;
}
