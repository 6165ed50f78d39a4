/* SPDX-License-Identifier: Apache-2.0
 *
 * Logs from the node, as ledger.h wants them.
 */
#ifndef JOBS_INDEX_LOGS_H
#define JOBS_INDEX_LOGS_H

#include "ledger/ledger.h"
#include "upstream/noderpc.h"

/* struct logs is what one or several calls gave, in the order of the chain. */
struct logs {
	struct ledger_log *v;
	size_t cnt, cap;
};

/*
 * logs_of_range adds the logs of blocks first to last that may count.
 *
 * from      a JSON array of addresses whose logs are wanted; NULL: all. The
 *           reference is taken over
 * about     the token that must be the second topic; NULL: any
 * is_more   the node has more of them than it gives at once: ask for less;
 *           nothing was added
 * Errors    those of noderpc_call; RC_CORRUPT  the answer makes no sense;
 *           RC_NO_MEMORY
 * Lifetime  in the arena
 */
enum rc logs_of_range(struct arena *a, struct logs *out, bool *is_more,
    struct noderpc *node, uint64_t first, uint64_t last, json_t *from,
    const struct addr *about, struct err *e);

/*
 * logs_of_block adds those of one block, as many as it has.
 *
 * has     false when the node has no such block any more
 * Errors  as logs_of_range
 */
enum rc logs_of_block(struct arena *a, struct logs *out, bool *has,
    struct noderpc *node, const struct hash *block, struct err *e);

#endif
