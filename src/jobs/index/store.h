/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables of the index in PostgreSQL: rows of a book read and written, all
 * of a table by one statement; and the way back.
 */
#ifndef JOBS_INDEX_STORE_H
#define JOBS_INDEX_STORE_H

#include <libpq-fe.h>

#include "ledger/ledger.h"

/*
 * store_load fills the rows that a book has touched with what is stored.
 *
 * Errors  RC_UNAVAILABLE, RC_IO, RC_CORRUPT (a value is none of ours),
 *         RC_NO_MEMORY
 */
enum rc store_load(PGconn *pg, struct ledger_book *b, struct err *e);

/* store_save writes what became of them. Errors as store_load. */
enum rc store_save(PGconn *pg, struct ledger_book *b, struct err *e);

/*
 * store_roll_back makes the tables what they were after block last. Tokens
 * registered later lose all their rows: with their registration, what came
 * before it is found again.
 */
enum rc store_roll_back(PGconn *pg, uint64_t last, struct err *e);

/* store_clear empties the tables. */
enum rc store_clear(PGconn *pg, struct err *e);

#endif
