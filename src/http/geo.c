/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks addresses up. Reads no file: the table is somebody else's memory.
 */
#include "http/geo.h"

#include <stdio.h>

_Static_assert(sizeof(struct gw_geo_row) == 18, "rows are shared as bytes");

bool
gw_geo_view(struct gw_geo *out, struct bytes table)
{
	static const struct gw_addr zero;

	if (table.len == 0 || table.len % sizeof(*out->rows) != 0)
		return false;
	*out = (struct gw_geo){.rows = (const void *)table.ptr,
	    .cnt = table.len / sizeof(*out->rows)};
	return memcmp(&out->rows[0].from, &zero, sizeof(zero)) == 0;
}

const struct gw_geo_row *
gw_geo_find(const struct gw_geo *g, const struct gw_addr *a)
{
	size_t low = 0, cnt = g->cnt;

	/* rows[low] begins at or before a, rows[low + cnt] behind it. */
	while (cnt > 1) {
		size_t half = cnt / 2;

		if (memcmp(&g->rows[low + half].from, a, sizeof(*a)) <= 0) {
			low += half;
			cnt -= half;
		} else {
			cnt = half;
		}
	}
	return &g->rows[low];
}

static const struct gw_geo_map *
find_map(const struct gw_geo_map *maps, size_t map_cnt, const struct gw_addr *a)
{
	const struct gw_geo_map *best = NULL;
	size_t i;

	for (i = 0; i < map_cnt; i++)
		if (gw_net_has(&maps[i].net, a) &&
		    (best == NULL || maps[i].net.bits > best->net.bits))
			best = &maps[i];
	return best;
}

struct gw_place
gw_place_of(const struct gw_geo *g, const struct gw_geo_map *maps,
    size_t map_cnt, const struct gw_addr *a)
{
	const struct gw_geo_map *map = find_map(maps, map_cnt, a);
	struct gw_place p = {.kind = GW_PLACE_COUNTRY};

	if (map != NULL) {
		p.country = map->country;
		p.is_mapped = true;
		return p;
	}
	if (g != NULL)
		p.country = gw_geo_find(g, a)->country;
	if (!gw_country_is_set(p.country))
		p.kind = gw_addr_is_loopback(a)  ? GW_PLACE_LOOPBACK
			 : gw_addr_is_private(a) ? GW_PLACE_PRIVATE
			 : g == NULL             ? GW_PLACE_NO_DATA
						 : GW_PLACE_UNKNOWN;
	return p;
}

const char *
gw_place_text(char out[GW_PLACE_TEXT_MAX], const struct gw_place *p)
{
	static const char *const words[] = {
	    [GW_PLACE_UNSET] = "unknown",
	    [GW_PLACE_COUNTRY] = "",
	    [GW_PLACE_LOOPBACK] = "loopback",
	    [GW_PLACE_PRIVATE] = "private",
	    [GW_PLACE_UNKNOWN] = "unknown",
	    [GW_PLACE_NO_DATA] = "unknown",
	};
	const char *word = words[p->kind];

	if (p->kind != GW_PLACE_COUNTRY)
		return word;
	memcpy(out, p->country.code, 2);
	out[2] = '\0';
	return out;
}
