/* SPDX-License-Identifier: Apache-2.0
 *
 * Country databases of MaxMind's format, read with libmaxminddb into the
 * table of http/geo.h. Any file will do that names a country as GeoLite2
 * does (country.iso_code) or by country_code. The whole tree is walked with
 * bounds, so that a broken file is found out here and not by a request; who
 * runs for long calls this in a process of its own all the same, because a
 * file that is cut while it is read is a fault of memory.
 */
#ifndef HTTP_GEOFILE_H
#define HTTP_GEOFILE_H

#include "base/err.h"
#include "http/geo.h"

enum {
	/* Rows of a table, 72 MB; today's databases have below a million. */
	GW_GEO_ROW_MAX = 4 * 1024 * 1024,
	/* Nodes looked at: branches may be shared (IPv4 below 2002::/16), so
	 * a small file can hold a tree of any size. */
	GW_GEO_VISIT_MAX = 32 * 1024 * 1024,
};

/* struct gw_geo_table is a table that was read; its rows are the caller's. */
struct gw_geo_table {
	struct gw_geo_row *rows;
	size_t cnt, cap;
	uint64_t made_unix; /* build time in the file; 0 when it says 1 */
};

/*
 * gw_geofile_read reads a whole database.
 *
 * out     gw_geofile_free, after RC_OK
 * Errors  RC_IO       there is no such file
 *         RC_CORRUPT  it is no database, is damaged, or names no country
 *         RC_NO_SPACE more rows or nodes than there may be; RC_NO_MEMORY
 * Spec    MaxMind DB File Format 2.0
 */
enum rc gw_geofile_read(
    struct gw_geo_table *out, const char *path, struct err *e);

/* gw_geofile_free gives the rows back. */
void gw_geofile_free(struct gw_geo_table *t);

#endif
