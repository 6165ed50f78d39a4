/* SPDX-License-Identifier: Apache-2.0
 *
 * jobsd's plain database connection: one statement at a time, every value a
 * parameter.
 */
#ifndef JOBS_PG_H
#define JOBS_PG_H

#include <libpq-fe.h>

#include "base/err.h"

/* The name of a connection, unless its text has one. */
#define PG_NAME "jobsd"

/* pg_open connects. RC_UNAVAILABLE with PostgreSQL's message */
enum rc pg_open(PGconn **out, const char *conninfo, struct err *e);

/*
 * pg_exec runs one statement with text parameters (NULL is SQL null).
 *
 * out     the result, the caller clears it; may be NULL when not wanted
 * Errors  RC_UNAVAILABLE  the connection is lost; RC_IO  refused
 */
enum rc pg_exec(PGconn *pg, PGresult **out, const char *sql, int cnt,
    const char *const *params, struct err *e);

#endif
