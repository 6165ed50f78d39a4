/* SPDX-License-Identifier: Apache-2.0
 *
 * jobsd's configuration: where the node and the database are.
 */
#ifndef JOBS_CONF_H
#define JOBS_CONF_H

#include "base/arena.h"
#include "base/err.h"

struct jobs_conf {
	const char *node;     /* Unix socket of the node */
	const char *database; /* libpq connection text */
	uint64_t poll_ms;     /* how often the node is asked for its head */
	uint64_t batch;       /* most blocks in one transaction */
};

/*
 * jobs_conf_read reads FILE.
 *
 * Errors    RC_CONF  "FILE:LINE: setting: what is wrong", or the setting that
 *                    is missing; RC_IO
 * Lifetime  texts live in the arena
 */
enum rc jobs_conf_read(
    struct arena *a, struct jobs_conf *out, const char *path, struct err *e);

/* jobs_conf_help prints every setting with its default. */
void jobs_conf_help(void);

#endif
