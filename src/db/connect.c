/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks at a connection text only as far as needed to tell a socket of this
 * machine from a network; everything else is libpq's.
 */
#include "db/connect.h"

#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT_S "5"

/* libpq knows about fifty settings. */
enum { OPTIONS_MAX = 128 };

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

/* What the text says, and our defaults where neither it nor the environment
 * says anything. A server that takes a connection and then says nothing would
 * hold the caller for ever. */
static PGconn *
connect_by(const PQconninfoOption *all)
{
	const char *keys[OPTIONS_MAX + 3], *vals[OPTIONS_MAX + 3];
	size_t n = 0, i;

	for (i = 0; all[i].keyword != NULL && n < OPTIONS_MAX; i++) {
		if (all[i].val == NULL)
			continue;
		keys[n] = all[i].keyword;
		vals[n++] = all[i].val;
	}
	if (value_of(all, "connect_timeout", "PGCONNECT_TIMEOUT")[0] == '\0') {
		keys[n] = "connect_timeout";
		vals[n++] = CONNECT_TIMEOUT_S;
	}
	if (is_network(all) &&
	    value_of(all, "sslmode", "PGSSLMODE")[0] == '\0') {
		keys[n] = "sslmode";
		vals[n++] = "verify-full";
	}
	keys[n] = NULL;
	return PQconnectdbParams(keys, vals, 0);
}

enum rc
db_connect(PGconn **out, const char *conninfo, struct err *e)
{
	PQconninfoOption *all = PQconninfoParse(conninfo, NULL);

	/* libpq says what is wrong with a text that it cannot read. */
	*out = all == NULL ? PQconnectdb(conninfo) : connect_by(all);
	PQconninfoFree(all);
	if (PQstatus(*out) == CONNECTION_OK)
		return RC_OK;
	err_fail(e, RC_UNAVAILABLE, "database: %s", PQerrorMessage(*out));
	PQfinish(*out);
	*out = NULL;
	return RC_UNAVAILABLE;
}
