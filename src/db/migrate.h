/* SPDX-License-Identifier: Apache-2.0
 *
 * The schema's history: numbered SQL files (migrations/NNNN_what.sql),
 * compiled in, each applied once in a transaction of its own and remembered
 * with its checksum.
 */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include <stdbool.h>

#include <libpq-fe.h>

#include "base/err.h"

/*
 * migrate_run brings a database up to date; with dry_run it only says what
 * it would do. Two runs at once wait for each other (advisory lock).
 *
 * say     gets one line per step; may be NULL
 * Errors  RC_WRONG_SCHEMA  the database is newer than this program, or an
 *                          applied file has changed since
 *         RC_IO            PostgreSQL's own message
 */
enum rc migrate_run(PGconn *pg, bool dry_run,
    void (*say)(void *ctx, const char *line), void *ctx, struct err *e);

/* migrate_latest returns the number of the newest migration compiled in. */
int migrate_latest(void);

/* migrate_current reads the database's number; 0 for an empty database. */
enum rc migrate_current(int *out, PGconn *pg, struct err *e);

#endif
