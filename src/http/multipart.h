/* SPDX-License-Identifier: Apache-2.0
 *
 * A body of type multipart/form-data taken apart: fields and files, each with
 * its name decoded once. Nothing is copied but names with escapes in them,
 * so the body must outlive the parts.
 *
 * What two readers could take apart in two ways is refused: see the faults
 * of gw_parts_next.
 */
#ifndef HTTP_MULTIPART_H
#define HTTP_MULTIPART_H

#include "base/arena.h"
#include "base/bytes.h"

enum {
	/* Fields and files of one body. */
	GW_PART_MAX = 256,
	/* Header lines of a part, of which a form needs two, and their
	 * bytes. */
	GW_PART_LINE_MAX = 8,
	GW_PART_HEAD_MAX = 2048,
	/* Longest boundary, RFC 2046 5.1.1. */
	GW_BOUNDARY_MAX = 70,
};

struct gw_part {
	bool is_file;
	struct bytes name;      /* UTF-8 without control characters */
	struct bytes file_name; /* same; what a client says, never a path */
	struct bytes type;      /* as sent; empty: text/plain */
	struct bytes content;   /* any bytes */
};

/* struct gw_parts walks over the parts of a body. */
struct gw_parts {
	struct bytes rest;
	size_t cnt;        /* parts returned */
	const char *fault; /* why the walk has ended; NULL: no fault */
	bool is_memory;    /* there was no memory; fault is not set */
	size_t dash_len;
	uint8_t dash[2 + GW_BOUNDARY_MAX]; /* -- and the boundary */
};

/*
 * gw_parts_open begins a walk.
 *
 * type     the Content-Type of the request, multipart/form-data
 * Returns  false with p->fault: no boundary, two of them, not of 1 to 70
 *          characters that it may have, another parameter that is malformed
 * Spec     RFC 2046 5.1.1, RFC 7578 4.1
 */
bool gw_parts_open(struct gw_parts *p, struct bytes type, struct bytes body);

/*
 * gw_parts_next returns the next part. Not to be called behind the end.
 *
 * Returns   false at the end, and at a fault: a boundary in a content, text
 *           before the first or behind the last, blanks behind a boundary,
 *           no last boundary; header lines that are folded, malformed or
 *           above a bound; no Content-Disposition, no name, either twice,
 *           filename*, parameters that forms do not have; a transfer
 *           encoding, a charset that is not UTF-8, parts in a part, a field
 *           that is not text/plain
 * Lifetime  names the arena's or the body's, the rest the body's
 * Spec      RFC 7578 4, RFC 2046 5.1, RFC 2045 5.1; %22 in a name is a
 *           quotation mark as the HTML standard 4.10.21.8 says
 */
bool gw_parts_next(struct gw_parts *p, struct arena *a, struct gw_part *out);

#endif
