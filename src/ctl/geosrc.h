/* SPDX-License-Identifier: Apache-2.0
 *
 * Country data as text, in the form of Debian's tor-geoipdb: a line for each
 * range, IPv4 as numbers, IPv6 as addresses, in ascending order.
 *
 *     # Generated: Thu, 25 Jun 2026 04:33:59 GMT
 *     16781312,16785407,JP
 *     2001:200::,2001:200:ffff:ffff:ffff:ffff:ffff:ffff,JP
 *     15726992,15726999,??       nobody knows
 */
#ifndef CTL_GEOSRC_H
#define CTL_GEOSRC_H

#include "base/err.h"
#include "http/geo.h"

enum {
	/* Longest line: two addresses and a code are 95 bytes; comments. */
	GEOSRC_LINE_MAX = 256,
	/* Ranges, 136 MB of memory; today's files have 660,000. */
	GEOSRC_RANGE_MAX = 4 * 1024 * 1024,
};

/* struct geo_range: IPv4 stands at ::/96, as in the databases to be made. */
struct geo_range {
	struct gw_addr first, last;
	struct gw_country country;
};

/* struct geo_source is what was read; neighbours of one country are one
 * range. Its owner calls geosrc_free. */
struct geo_source {
	struct geo_range *ranges;
	size_t cnt, cap;
	size_t line_cnt;       /* ranges as they stood in the files */
	uint64_t made_unix;    /* newest "# Generated:", 0: none */
	struct gw_addr behind; /* last address of the last line */
};

/*
 * geosrc_read adds the lines of one file: IPv4 first, then IPv6.
 *
 * s       zeros before the first file
 * Errors  RC_BAD_INPUT  "FILE:LINE: why"; RC_NO_SPACE, RC_NO_MEMORY
 */
enum rc geosrc_read(
    struct geo_source *s, const char *file, struct bytes text, struct err *e);

/* geosrc_free gives the ranges back. */
void geosrc_free(struct geo_source *s);

#endif
