/* SPDX-License-Identifier: Apache-2.0
 *
 * Recognises UTF-8. It neither decodes nor normalises.
 */
#include "base/utf8_priv.h"

#include <stdbool.h>

static bool
is_tail(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/* The lead byte gives the length; E0, ED, F0 and F4 narrow the second byte. */
static size_t
lead_len(uint8_t c)
{
	if (c < 0x80)
		return 1;
	if (c >= 0xc2 && c <= 0xdf)
		return 2;
	if (c >= 0xe0 && c <= 0xef)
		return 3;
	if (c >= 0xf0 && c <= 0xf4)
		return 4;
	return 0;
}

static bool
is_second_allowed(uint8_t lead, uint8_t second)
{
	switch (lead) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second <= 0x9f;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second <= 0x8f;
	default:
		return true;
	}
}

size_t
utf8_len(const uint8_t *p, size_t len)
{
	size_t i, n;

	if (len == 0)
		return 0;
	n = lead_len(p[0]);
	if (n > len)
		return 0;
	for (i = 1; i < n; i++) {
		if (!is_tail(p[i]))
			return 0;
	}
	if (n > 1 && !is_second_allowed(p[0], p[1]))
		return 0;
	return n;
}

size_t
utf8_cut(const char *text, size_t len)
{
	size_t back;

	for (back = 1; back <= 4 && back <= len; back++) {
		uint8_t c = (uint8_t)text[len - back];

		if (is_tail(c))
			continue;
		return lead_len(c) > back ? len - back : len;
	}
	return len;
}
