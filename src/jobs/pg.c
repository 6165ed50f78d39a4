/* SPDX-License-Identifier: Apache-2.0
 *
 * Thin words over libpq. A lost connection and a refused statement are told
 * apart, for the first is worth another try and the second is not.
 */
#include "jobs/pg.h"

#include "db/connect.h"

enum rc
pg_open(PGconn **out, const char *conninfo, struct err *e)
{
	return db_connect(out, conninfo, e);
}

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
