/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tables hold: which record of the log they were brought up to,
 * which block that made the head, and how far back state can be read. One
 * record of the meta table, written in the same transaction as all else.
 */
#ifndef STORE_BASE_PRIV_H
#define STORE_BASE_PRIV_H

#include "eth/types.h"
#include "store/table_priv.h"

/* BASE_NO_INDEX: past_at holds nothing. */
#define BASE_NO_INDEX UINT64_MAX

struct base {
	uint64_t store_id; /* drawn at creation; the log carries it too */
	uint64_t seq;      /* last record of the log that the tables hold */
	bool has_head;     /* all below is zero without */
	uint64_t number;   /* of the head */
	struct hash hash;
	struct u256 total_difficulty;
	uint64_t oldest;     /* first block whose state is readable */
	uint64_t index_from; /* past_at names all changes from this block on */
};

/* base_load reads the record; is_there tells whether there is one. */
enum rc base_load(
    struct base *out, bool *is_there, struct table_txn *t, struct err *e);

enum rc base_save(struct table_txn *t, const struct base *b, struct err *e);

#endif
