/* SPDX-License-Identifier: Apache-2.0
 *
 * Follows the node's chain by cursor: rows and cursor move in one database
 * transaction, so that a crash leaves no gap and no duplicate.
 */
#ifndef JOBS_INDEX_FEED_H
#define JOBS_INDEX_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "jobs/index/index.h"

struct feed {
	PGconn *pg;
	struct noderpc *node;
	uint64_t batch; /* most blocks in one transaction */
	uint64_t next;  /* number of the first block not yet stored */
	char hash[67];  /* of block next - 1; empty before genesis */
	bool is_loaded; /* next and hash were read from the cursor */
	struct index index;
};

/*
 * feed_step stores the next blocks, at most f->batch, and with them, in the
 * same transaction, what the index makes of stored blocks.
 *
 * cnt     blocks stored; 0 when the head is reached. f->index.is_behind says
 *         whether the index has reached them
 * Errors  RC_UNAVAILABLE (node or database: connect again and call
 *         feed_reset), RC_CORRUPT (the node's answer makes no sense), RC_IO
 */
enum rc feed_step(struct feed *f, size_t *cnt, struct err *e);

/* feed_reset forgets what is known of the cursor; the next step reads it. */
void feed_reset(struct feed *f);

/* feed_close gives back what the feed keeps; connections are the caller's. */
void feed_close(struct feed *f);

#endif
