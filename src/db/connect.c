/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks at a connection text only as far as needed to tell a socket of this
 * machine from a network; everything else is libpq's.
 */
#include "db/connect.h"

#include <stdlib.h>
#include <string.h>

static const char *
value_of(const PQconninfoOption *all, const char *keyword, const char *env)
{
	const char *value = NULL;

	for (; all->keyword != NULL; all++)
		if (!strcmp(all->keyword, keyword))
			value = all->val;
	if (value == NULL || value[0] == '\0')
		value = getenv(env);
	return value == NULL ? "" : value;
}

/* A list is one of a network when its first is: both kinds in one list would
 * be somebody's mistake. */
static bool
is_network(const PQconninfoOption *all)
{
	const char *host = value_of(all, "host", "PGHOST");

	if (value_of(all, "hostaddr", "PGHOSTADDR")[0] != '\0' ||
	    value_of(all, "service", "PGSERVICE")[0] != '\0')
		return true;
	/* A folder, or an abstract socket. */
	return host[0] != '\0' && host[0] != '/' && host[0] != '@';
}

bool
db_is_network(const char *conninfo)
{
	PQconninfoOption *all = PQconninfoParse(conninfo, NULL);
	bool is = all != NULL && is_network(all);

	PQconninfoFree(all);
	return is;
}

bool
db_wants_proof(const char *conninfo)
{
	PQconninfoOption *all = PQconninfoParse(conninfo, NULL);
	bool wants;

	/* libpq will say what is wrong with it. */
	if (all == NULL)
		return false;
	wants =
	    is_network(all) && value_of(all, "sslmode", "PGSSLMODE")[0] == '\0';
	PQconninfoFree(all);
	return wants;
}

enum rc
db_connect(PGconn **out, const char *conninfo, struct err *e)
{
	/* What comes later counts. */
	const char *keys[] = {
	    "dbname", db_wants_proof(conninfo) ? "sslmode" : NULL, NULL};
	const char *vals[] = {conninfo, "verify-full", NULL};

	/* A text without an equals sign would be taken for a name. */
	if (keys[1] == NULL)
		*out = PQconnectdb(conninfo);
	else
		*out = PQconnectdbParams(keys, vals, 1);
	if (PQstatus(*out) == CONNECTION_OK)
		return RC_OK;
	err_fail(e, RC_UNAVAILABLE, "database: %s", PQerrorMessage(*out));
	PQfinish(*out);
	*out = NULL;
	return RC_UNAVAILABLE;
}
