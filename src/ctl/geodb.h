/* SPDX-License-Identifier: Apache-2.0
 *
 * Writes country databases in MaxMind's format, which libmaxminddb and all
 * that use it can read. An entry is {"country": {"iso_code": "JP"}}. The
 * same ranges give the same bytes.
 */
#ifndef CTL_GEODB_H
#define CTL_GEODB_H

#include "ctl/geosrc.h"

/* Nodes of the search tree, so that a record fits into 24 bits; 660,000
 * ranges make 1.3 million. */
enum { GEODB_NODE_MAX = 16000000 };

/*
 * geodb_make makes the contents of a database.
 *
 * out     mem_new memory of the caller: mem_free
 * Errors  RC_BAD_INPUT  there is no range
 *         RC_NO_SPACE, RC_NO_MEMORY
 * Spec    MaxMind DB File Format 2.0
 */
enum rc geodb_make(
    struct bytes *out, const struct geo_source *s, struct err *e);

#endif
