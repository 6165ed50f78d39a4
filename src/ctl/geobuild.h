/* SPDX-License-Identifier: Apache-2.0
 *
 * Country database from text files: read, convert, and put in place only
 * when it is whole and reads back.
 */
#ifndef CTL_GEOBUILD_H
#define CTL_GEOBUILD_H

#include "ctl/home.h"

/* What Debian's tor-geoipdb installs. */
#define GEOBUILD_V4 "/usr/share/tor/geoip"
#define GEOBUILD_V6 "/usr/share/tor/geoip6"

/* Where a state directory has its database. */
#define GEOBUILD_OUT "geo/country.mmdb"

enum {
	/* Longest file read; today's are 9 and 16 MB. */
	GEOBUILD_TEXT_MAX = 128 * 1024 * 1024,
};

/* struct geobuild says what to convert; NULL: not this family. */
struct geobuild {
	const char *v4, *v6;
	const char *out;
	/* filled in */
	size_t range_cnt;   /* in the files */
	size_t size_bytes;  /* of the database */
	uint64_t made_unix; /* by the files' own words, 0: they say nothing */
};

/*
 * geobuild_own makes the database of a state directory when its gateway.conf
 * names it and Debian's files are newer, or it is not there. What is wrong is
 * no failure: the gateway runs without, and lets fewer in.
 *
 * say  told what was done or could not be; nothing when nothing was to do
 */
void geobuild_own(const struct home *h, void (*say)(const char *line));

/*
 * geobuild_run converts; whoever reads out meanwhile sees the old file or
 * the new one.
 *
 * h       as whom files are written
 * Errors  RC_IO, RC_TOO_LARGE, RC_BAD_INPUT "FILE:LINE: why"; out is as it
 *         was
 */
enum rc geobuild_run(struct geobuild *b, const struct home *h, struct err *e);

#endif
