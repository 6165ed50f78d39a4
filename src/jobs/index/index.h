/* SPDX-License-Identifier: Apache-2.0
 *
 * The index follows the stored blocks: what the events of the platform's
 * contracts say goes into the tables of migrations/0003_index.sql by the rules
 * of ledger/ledger.h. A token is followed from its registration on, and what
 * it did before is fetched then.
 *
 * It has a cursor of its own. Another set of contracts than the one that the
 * rows are of, or a cursor that somebody deleted, and all is made anew.
 */
#ifndef JOBS_INDEX_INDEX_H
#define JOBS_INDEX_INDEX_H

#include <libpq-fe.h>

#include "ledger/ledger.h"
#include "upstream/noderpc.h"

struct index {
	struct arena sources_a; /* of sources */
	struct ledger_sources sources;
	struct arena batch_a; /* of one step */
	bool is_loaded;       /* sources are what the database says */
	bool is_behind;       /* there are stored blocks not yet looked at */
	uint64_t next;        /* block to look at */
	uint64_t span;        /* blocks that are asked for at once */
	/* For the rates. */
	uint64_t window_ms, window_blocks, window_events;
};

/*
 * index_step looks at the next blocks, inside the caller's transaction.
 *
 * end     the first block that is not stored
 * misfit  the node's chain is not the stored one any more: roll back
 * Errors  those of noderpc_call and pg_exec; RC_CORRUPT, RC_NO_MEMORY. After
 *         one, or when the transaction is not committed: index_reset
 */
enum rc index_step(struct index *ix, bool *misfit, PGconn *pg,
    struct noderpc *node, uint64_t end, struct err *e);

/* index_roll_back undoes what blocks behind last did, inside the caller's
 * transaction. Errors as index_step. */
enum rc index_roll_back(
    struct index *ix, PGconn *pg, uint64_t last, struct err *e);

/* index_reset forgets what is known of the database. */
void index_reset(struct index *ix);

/* index_close gives everything back. */
void index_close(struct index *ix);

#endif
