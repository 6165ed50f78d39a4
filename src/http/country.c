/* SPDX-License-Identifier: Apache-2.0
 *
 * Codes of countries and sets of them. Names of countries are nobody's
 * business here.
 */
#include "http/country.h"

#include "base/check.h"

static const char known[][3] = {
#define COUNTRY(code) #code,
#include "http/country.def"
#undef COUNTRY
};

static bool
is_capital(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

bool
gw_country_take(struct gw_country *out, struct bytes text)
{
	if (text.len != 2 || !is_capital(text.ptr[0]) ||
	    (!is_capital(text.ptr[1]) &&
		(text.ptr[1] < '0' || text.ptr[1] > '9')))
		return false;
	memcpy(out->code, text.ptr, 2);
	return true;
}

bool
gw_country_read(struct gw_country *out, struct bytes text)
{
	size_t i;

	for (i = 0; i < ARRAY_CNT(known); i++)
		if (bytes_eq(text, bytes_of(known[i], 2)))
			return gw_country_take(out, text);
	return false;
}

/* place_of returns the bit of a code of two letters; false for others. */
static bool
place_of(unsigned *out, struct gw_country c)
{
	if (!is_capital(c.code[0]) || !is_capital(c.code[1]))
		return false;
	*out = (unsigned)(c.code[0] - 'A') * 26 + (unsigned)(c.code[1] - 'A');
	return true;
}

void
gw_countries_add(struct gw_countries *set, struct gw_country c)
{
	unsigned i;

	if (place_of(&i, c))
		set->bits[i / 64] |= 1ull << i % 64;
}

bool
gw_countries_has(const struct gw_countries *set, struct gw_country c)
{
	unsigned i;

	return place_of(&i, c) && (set->bits[i / 64] >> i % 64 & 1) != 0;
}

bool
gw_countries_is_empty(const struct gw_countries *set)
{
	size_t i;

	for (i = 0; i < ARRAY_CNT(set->bits); i++)
		if (set->bits[i] != 0)
			return false;
	return true;
}
