/* SPDX-License-Identifier: Apache-2.0
 *
 * Applies migrations over a plain libpq connection. The texts come from
 * build/gen/migrations.c, made from migrations/ by the build.
 */
#include "db/migrate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "db/history_priv.h"
#include "eth/types.h"

/* Any number, the same in every version: "sekisho" on a phone's keys. */
#define LOCK_KEY "7354746"

static enum rc
exec_sql(PGconn *pg, const char *sql, struct err *e)
{
	PGresult *r = PQexec(pg, sql);
	ExecStatusType st = PQresultStatus(r);

	PQclear(r);
	if (st == PGRES_COMMAND_OK || st == PGRES_TUPLES_OK)
		return RC_OK;
	return FAIL(e, RC_IO, "database: %s", PQerrorMessage(pg));
}

static void
checksum_of(char out[67], const struct migration *m)
{
	struct hash h = hash_keccak(bytes_of_str(m->sql));

	hex_put0x(out, hash_bytes(&h));
}

static int
latest_of(const struct history *known)
{
	return known->cnt == 0 ? 0 : known->rows[known->cnt - 1].number;
}

int
migrate_latest(void)
{
	struct history own = {migrations, migration_cnt};

	return latest_of(&own);
}

enum rc
migrate_current(int *out, PGconn *pg, struct err *e)
{
	PGresult *r = PQexec(pg,
	    "select case when to_regclass('schema_migration') is null then 0 "
	    "else (xpath('//max/text()', query_to_xml('select max(number) from "
	    "schema_migration', false, true, '')))[1]::text::int end");
	enum rc rc = RC_OK;

	if (PQresultStatus(r) == PGRES_TUPLES_OK)
		*out = (int)strtol(PQgetvalue(r, 0, 0), NULL, 10);
	else
		rc = FAIL(e, RC_IO, "database: %s", PQerrorMessage(pg));
	PQclear(r);
	return rc;
}

static enum rc
check_applied(PGconn *pg, const struct migration *m, struct err *e)
{
	char want[67], number[16];
	const char *args[1] = {number};
	PGresult *r;
	enum rc rc = RC_OK;

	snprintf(number, sizeof(number), "%d", m->number);
	checksum_of(want, m);
	r = PQexecParams(pg,
	    "select checksum from schema_migration where number = $1", 1, NULL,
	    args, NULL, NULL, 0);
	if (PQresultStatus(r) != PGRES_TUPLES_OK)
		rc = FAIL(e, RC_IO, "database: %s", PQerrorMessage(pg));
	else if (PQntuples(r) != 1)
		rc = FAIL(e, RC_WRONG_SCHEMA,
		    "migration %s is missing in a newer schema", m->name);
	else if (strcmp(PQgetvalue(r, 0, 0), want) != 0)
		rc = FAIL(e, RC_WRONG_SCHEMA,
		    "migration %s was changed after it was applied", m->name);
	PQclear(r);
	return rc;
}

static enum rc
record(PGconn *pg, const struct migration *m, struct err *e)
{
	char sum[67], number[16];
	const char *args[3] = {number, m->name, sum};
	PGresult *r;
	ExecStatusType st;

	snprintf(number, sizeof(number), "%d", m->number);
	checksum_of(sum, m);
	r = PQexecParams(pg,
	    "insert into schema_migration (number, name, checksum) "
	    "values ($1, $2, $3)",
	    3, NULL, args, NULL, NULL, 0);
	st = PQresultStatus(r);
	PQclear(r);
	if (st == PGRES_COMMAND_OK)
		return RC_OK;
	return FAIL(e, RC_IO, "database: %s", PQerrorMessage(pg));
}

static enum rc
apply(PGconn *pg, const struct migration *m, struct err *e)
{
	struct err why = {0};
	enum rc rc;

	TRY(exec_sql(pg, "begin", e));
	rc = exec_sql(pg, m->sql, &why);
	if (rc == RC_OK)
		rc = record(pg, m, &why);
	if (rc == RC_OK)
		return exec_sql(pg, "commit", e);
	(void)exec_sql(pg, "rollback", NULL);
	return FAIL(e, rc, "migration %s: %s", m->name, err_message(&why, rc));
}

static enum rc
run_locked(PGconn *pg, const struct history *known, bool dry_run,
    void (*say)(void *ctx, const char *line), void *ctx, struct err *e)
{
	int current = 0, latest = latest_of(known);
	char line[128];
	size_t i;

	TRY(migrate_current(&current, pg, e));
	if (current > latest)
		return FAIL(e, RC_WRONG_SCHEMA,
		    "the database has schema %d, this program knows %d: "
		    "run the newer program",
		    current, latest);
	for (i = 0; i < known->cnt; i++) {
		const struct migration *m = &known->rows[i];

		if (m->number <= current) {
			TRY(check_applied(pg, m, e));
			continue;
		}
		snprintf(line, sizeof(line), "%s %s",
		    dry_run ? "would apply" : "applying", m->name);
		if (say != NULL)
			say(ctx, line);
		if (!dry_run)
			TRY(apply(pg, m, e));
	}
	return RC_OK;
}

enum rc
migrate_run_history(PGconn *pg, const struct history *known, bool dry_run,
    void (*say)(void *ctx, const char *line), void *ctx, struct err *e)
{
	enum rc rc;

	TRY(exec_sql(pg, "set client_min_messages = warning", e));
	TRY(exec_sql(pg, "select pg_advisory_lock(" LOCK_KEY ")", e));
	rc = run_locked(pg, known, dry_run, say, ctx, e);
	(void)exec_sql(pg, "select pg_advisory_unlock(" LOCK_KEY ")", NULL);
	return rc;
}

enum rc
migrate_run(PGconn *pg, bool dry_run, void (*say)(void *ctx, const char *line),
    void *ctx, struct err *e)
{
	struct history own = {migrations, migration_cnt};

	return migrate_run_history(pg, &own, dry_run, say, ctx, e);
}
