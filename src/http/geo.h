/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an address is: in a country, or in none. What configuration maps
 * comes first, then the database, and only an address that neither knows is
 * loopback, private or unknown. While there is no database such an address
 * has no data, and is refused wherever countries count (reliability A12).
 *
 * A database is used as a table of rows in order, each valid up to the next.
 * It lies in memory that all workers share and cannot change; http/geofile.h
 * makes it from a file.
 */
#ifndef HTTP_GEO_H
#define HTTP_GEO_H

#include "http/country.h"
#include "http/net.h"

/* struct gw_geo_row says which country begins at an address. */
struct gw_geo_row {
	struct gw_addr from;
	struct gw_country country; /* none: nobody knows */
};

/* struct gw_geo is a table; it owns nothing. */
struct gw_geo {
	const struct gw_geo_row *rows; /* the first begins at :: */
	size_t cnt;
};

/* struct gw_geo_map is a network that configuration puts into a country. */
struct gw_geo_map {
	struct gw_net net;
	struct gw_country country;
};

enum gw_place_kind {
	GW_PLACE_UNSET, /* nobody has asked yet */
	GW_PLACE_COUNTRY,
	GW_PLACE_LOOPBACK,
	GW_PLACE_PRIVATE,
	GW_PLACE_UNKNOWN, /* the database has no country for it */
	GW_PLACE_NO_DATA, /* there is no database */
};

struct gw_place {
	enum gw_place_kind kind;
	struct gw_country country; /* of kind COUNTRY */
	bool is_mapped;            /* by configuration */
};

/* Longest text of a place, NUL included. */
enum { GW_PLACE_TEXT_MAX = 3 };

/* gw_geo_view takes the bytes of a table. Returns false when they are none;
 * order of rows is believed. */
bool gw_geo_view(struct gw_geo *out, struct bytes table);

/* gw_geo_find returns the row that an address falls into. */
const struct gw_geo_row *gw_geo_find(
    const struct gw_geo *g, const struct gw_addr *a);

/*
 * gw_place_of tells where an address is.
 *
 * g     NULL: there is no database
 * maps  the one with the longest prefix counts
 */
struct gw_place gw_place_of(const struct gw_geo *g,
    const struct gw_geo_map *maps, size_t map_cnt, const struct gw_addr *a);

/* gw_place_text returns a country's code, written to out, or "loopback",
 * "private", "unknown" (also for no data). */
const char *gw_place_text(
    char out[GW_PLACE_TEXT_MAX], const struct gw_place *p);

#endif
