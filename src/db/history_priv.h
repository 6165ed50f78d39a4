/* SPDX-License-Identifier: Apache-2.0
 *
 * Migrating by a table that is given: what tests go wrong with.
 */
#ifndef DB_HISTORY_PRIV_H
#define DB_HISTORY_PRIV_H

#include "db/migrate.h"
#include "db/migrations_priv.h"

/* struct history is such a table; rows in the order of their numbers. */
struct history {
	const struct migration *rows;
	size_t cnt;
};

/* migrate_run_history is migrate_run with another table. */
enum rc migrate_run_history(PGconn *pg, const struct history *known,
    bool dry_run, void (*say)(void *ctx, const char *line), void *ctx,
    struct err *e);

#endif
