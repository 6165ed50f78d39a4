/* SPDX-License-Identifier: Apache-2.0
 *
 * A request by its id, in the access log and its rotated files.
 */
#ifndef CTL_FINDREQ_H
#define CTL_FINDREQ_H

#include <stdio.h>

#include "http/conf.h"

/*
 * findreq_print prints each line of a request and what it means.
 *
 * cnt     lines found; a client may have used an id more than once
 * Errors  RC_BAD_INPUT  id is none
 *         RC_CONF       there is no access log
 *         RC_IO         a log file cannot be read
 */
enum rc findreq_print(FILE *out, size_t *cnt, const struct gw_conf *c,
    const char *id, struct err *e);

#endif
