/* SPDX-License-Identifier: Apache-2.0
 *
 * Thin words over libpq. A lost connection and a refused statement are told
 * apart, for the first is worth another try and the second is not.
 */
#include "jobs/pg.h"

#include "db/connect.h"

enum rc
pg_exec(PGconn *pg, PGresult **out, const char *sql, int cnt,
    const char *const *params, struct err *e)
{
	PGresult *r = PQexecParams(pg, sql, cnt, NULL, params, NULL, NULL, 0);
	ExecStatusType st = PQresultStatus(r);

	if (st == PGRES_COMMAND_OK || st == PGRES_TUPLES_OK) {
		if (out != NULL)
			*out = r;
		else
			PQclear(r);
		return RC_OK;
	}
	PQclear(r);
	return FAIL(e, PQstatus(pg) == CONNECTION_OK ? RC_IO : RC_UNAVAILABLE,
	    "database: %s", PQerrorMessage(pg));
}

/* Under this name others find us among the database's clients. */
static enum rc
take_name(PGconn *pg, struct err *e)
{
	const char *name = PQparameterStatus(pg, "application_name");

	if (name != NULL && name[0] != '\0')
		return RC_OK;
	return pg_exec(
	    pg, NULL, "set application_name = '" PG_NAME "'", 0, NULL, e);
}

enum rc
pg_open(PGconn **out, const char *conninfo, struct err *e)
{
	enum rc rc;

	TRY(db_connect(out, conninfo, e));
	rc = take_name(*out, e);
	if (rc == RC_OK)
		return RC_OK;
	PQfinish(*out);
	*out = NULL;
	return rc;
}
