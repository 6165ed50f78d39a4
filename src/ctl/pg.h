/* SPDX-License-Identifier: Apache-2.0
 *
 * The private PostgreSQL cluster: Unix socket only, operating-system users
 * mapped to roles (peer), so that no database password exists.
 */
#ifndef CTL_PG_H
#define CTL_PG_H

#include <libpq-fe.h>

#include "ctl/home.h"

/*
 * pg_find finds the folder of the server's programs: of the version that
 * made the cluster, or of the newest one while there is none.
 *
 * Errors  RC_NOT_FOUND with the package to install
 */
enum rc pg_find(const struct home *h, char out[PATH_MAX], struct err *e);

/* pg_create makes the cluster in dir/pg; nothing is started. */
enum rc pg_create(const struct home *h, struct err *e);

/* pg_start starts it; ready is reached when pg_connect succeeds. */
enum rc pg_start(const struct home *h, pid_t *pid, struct err *e);

/* pg_connect connects as the cluster's administrator to a database.
 * RC_UNAVAILABLE */
enum rc pg_connect(
    const struct home *h, PGconn **out, const char *dbname, struct err *e);

/*
 * pg_own connects to the state's database for a command, and tells what starts
 * it.
 *
 * hint    text behind that, ", --database names another" or ""
 * Errors  RC_UNAVAILABLE
 */
enum rc pg_own(
    const struct home *h, PGconn **out, const char *hint, struct err *e);

/* pg_prepare makes roles and the database where they are missing. */
enum rc pg_prepare(const struct home *h, struct err *e);

#endif
