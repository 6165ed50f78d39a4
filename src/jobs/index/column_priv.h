/* SPDX-License-Identifier: Apache-2.0
 *
 * Cells as PostgreSQL writes them: columns of rows as text of arrays, and
 * single values back.
 */
#ifndef JOBS_INDEX_COLUMN_PRIV_H
#define JOBS_INDEX_COLUMN_PRIV_H

#include "ledger/book.h"

/* Not a column of table.def: the block of a row. */
enum { COLUMN_BLOCK = LEDGER_COLUMN_MAX };

/*
 * column_text writes one column of a list as an array, "{...}".
 *
 * at          which column, keys first, or COLUMN_BLOCK
 * is_changed  only rows that the book changed
 * Returns     NULL when the arena is full
 * Lifetime    in the arena
 */
const char *column_text(struct arena *a, const struct ledger_rows *rows,
    enum ledger_table table, size_t at, bool is_changed);

/*
 * column_read reads a value of a row.
 *
 * Errors    RC_CORRUPT, RC_NO_MEMORY
 * Lifetime  of the row's text in the arena
 */
enum rc column_read(struct arena *a, struct ledger_row *row, size_t at,
    const char *text, struct err *e);

#endif
