/* SPDX-License-Identifier: Apache-2.0
 *
 * The working set of some blocks: the rows that their events touch, what
 * became of them block by block, and what happened. It is used twice for the
 * same events: the first time only to find out which rows they touch, then,
 * with those rows read from the database, to change them. So the keys of the
 * rows that an event touches must follow from the event alone.
 *
 * Failures are sticky: check book_has_failed once, at the end.
 */
#ifndef LEDGER_BOOK_H
#define LEDGER_BOOK_H

#include "base/arena.h"
#include "base/map.h"
#include "base/u256.h"
#include "eth/types.h"
#include "ledger/table.h"

struct ledger_row {
	struct ledger_row *next;
	enum ledger_table table;
	uint64_t block;  /* that changed it last; of a stream: its own */
	bool is_known;   /* stored, or made by an event */
	bool is_changed; /* here */
	struct bytes text;
	const char *word;
	struct u256 v[]; /* keys, then values; addresses and hashes, too, as
			  * big-endian numbers */
};

/* struct ledger_rows is a list, oldest first. */
struct ledger_rows {
	struct ledger_row *head, *tail;
	size_t cnt;
};

struct ledger_book {
	struct arena *a;
	struct map rows[LEDGER_ENTITY_CNT];
	struct ledger_rows touched[LEDGER_ENTITY_CNT]; /* all in rows */
	/* For name_history: what changed rows were after each block; for a
	 * stream: what is new. */
	struct ledger_rows past[LEDGER_TABLE_CNT];
	uint64_t block;  /* that events are of now */
	bool is_looking; /* the first time */
	bool has_failed;
	/* A row that counts for nothing. */
	struct u256 spare[LEDGER_COLUMN_MAX + 4];
};

_Static_assert(sizeof(struct ledger_row) <= 4 * sizeof(struct u256),
    "the spare row is too small");

/*
 * book_open opens an empty book that looks which rows are touched.
 *
 * a  everything of the book lives there, but what book_close gives back
 */
void book_open(struct ledger_book *b, struct arena *a);
void book_close(struct ledger_book *b);

/*
 * book_row finds a row by its keys, making it, all zeros and not known, when
 * it was not touched before.
 *
 * Returns  never NULL: where memory fails, a row that counts for nothing
 */
struct ledger_row *book_row(
    struct ledger_book *b, enum ledger_table table, const struct u256 *keys);

/* book_begin ends the looking: now rows may be filled, and the same events
 * come again. */
void book_begin(struct ledger_book *b);

/* book_change says that a row is about to become another in this block; does
 * nothing while looking. */
void book_change(struct ledger_book *b, struct ledger_row *row);

/* book_emit adds a row to a stream, to be filled by the caller; NULL while
 * looking and when memory fails. */
struct ledger_row *book_emit(struct ledger_book *b, enum ledger_table table);

/* book_end, behind the last event: what changed rows are now is their past in
 * the last block, too. */
void book_end(struct ledger_book *b);

/* book_fail notes that memory was short. */
void book_fail(struct ledger_book *b);

/* book_of_addr and book_of_hash make a cell. */
struct u256 book_of_addr(const struct addr *a);
struct u256 book_of_hash(const struct hash *h);

#endif
