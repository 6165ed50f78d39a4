/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections by libpq's own text, with one default changed: a server across
 * a network must show a certificate that somebody we name has signed.
 */
#ifndef DB_CONNECT_H
#define DB_CONNECT_H

#include <stdbool.h>

#include <libpq-fe.h>

#include "base/err.h"

/*
 * db_connect waits until it is connected; five seconds, unless the text or
 * PGCONNECT_TIMEOUT says how many.
 *
 * conninfo  libpq's connection text or URI. Without sslmode in it or in
 *           PGSSLMODE, it is verify-full for a TCP host, not libpq's prefer,
 *           which takes whoever answers. Also for a service file, whose own
 *           sslmode does not count; a socket does without in any case
 * Errors    RC_UNAVAILABLE with libpq's message; *out is NULL then
 */
enum rc db_connect(PGconn **out, const char *conninfo, struct err *e);

/* db_is_network tells whether a text names a server by address, or leaves that
 * to a service file, where one may stand. */
bool db_is_network(const char *conninfo);

/* db_wants_proof tells whether db_connect would set verify-full. */
bool db_wants_proof(const char *conninfo);

#endif
