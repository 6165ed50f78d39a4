/* SPDX-License-Identifier: Apache-2.0
 *
 * Countries by their codes of two letters (ISO 3166-1 alpha-2), and sets of
 * them. Databases also use codes that are no country's, such as EU or A1:
 * these can be looked up and logged, but not allowed.
 */
#ifndef HTTP_COUNTRY_H
#define HTTP_COUNTRY_H

#include "base/bytes.h"

/* struct gw_country is a code; two zero bytes: none. */
struct gw_country {
	uint8_t code[2];
};

/* struct gw_countries is a set of country.def's; zeros: empty. */
struct gw_countries {
	uint64_t bits[(26 * 26 + 63) / 64];
};

/* gw_country_is_set tells a code from none. */
static inline bool
gw_country_is_set(struct gw_country c)
{
	return c.code[0] != 0;
}

/* gw_country_same compares two codes. */
static inline bool
gw_country_same(struct gw_country a, struct gw_country b)
{
	return a.code[0] == b.code[0] && a.code[1] == b.code[1];
}

/* gw_country_take takes a code of databases: a capital letter, then one or a
 * digit. Returns false, with out untouched, when text is none. */
bool gw_country_take(struct gw_country *out, struct bytes text);

/* gw_country_read is the same for codes that stand in country.def. */
bool gw_country_read(struct gw_country *out, struct bytes text);

/* gw_countries_add puts a country of gw_country_read into the set. */
void gw_countries_add(struct gw_countries *set, struct gw_country c);

/* gw_countries_has tells whether c is in the set; never for none. */
bool gw_countries_has(const struct gw_countries *set, struct gw_country c);

/* gw_countries_is_empty tells whether there is none in it. */
bool gw_countries_is_empty(const struct gw_countries *set);

#endif
