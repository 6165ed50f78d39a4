/* SPDX-License-Identifier: Apache-2.0
 *
 * Creates and starts the private cluster with the server's own programs.
 */
#include "ctl/pg.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/pgbin.h"
#include "ctl/proc.h"

#define PG_ADMIN "sekisho_admin"
#define PG_DB    "sekisho"

enum { PG_CONF_MAX = 4096 };

/* The major version that a cluster's files are of; 0 when it cannot be
 * told, and then any server may say what is wrong. */
static unsigned
major_of_cluster(const struct home *h)
{
	char path[PATH_MAX], text[16] = "";
	FILE *f = fopen(home_path(h, path, "pg/PG_VERSION"), "re");
	unsigned long major = 0;

	if (f == NULL)
		return 0;
	if (fgets(text, sizeof(text), f) != NULL)
		major = strtoul(text, NULL, 10);
	fclose(f);
	return major > 0 && major < 1000 ? (unsigned)major : 0;
}

/* Variables of libpq speak of some other database: this cluster is where it
 * is, for us and for the parts that will inherit what we have. */
static void
forget_environment(void)
{
	char **at = environ, name[64];

	while (*at != NULL) {
		size_t len = strcspn(*at, "=");

		if (strncmp(*at, "PG", 2) != 0 || len >= sizeof(name)) {
			at++;
			continue;
		}
		memcpy(name, *at, len);
		name[len] = '\0';
		(void)unsetenv(name); /* moves what is behind it up */
	}
}

enum rc
pg_find(const struct home *h, char out[PATH_MAX], struct err *e)
{
	return pgbin_find(
	    out, PGBIN_LIB, getenv("PATH"), major_of_cluster(h), e);
}

static enum rc
write_conf(const struct home *h, const char *socket_dir, struct err *e)
{
	static const char hba[] = "local all all peer map=sekisho\n";
	char text[PG_CONF_MAX];
	int n = snprintf(text, sizeof(text),
	    "# Written by sekisho when this cluster was made.\n"
	    "listen_addresses = ''\n"
	    "unix_socket_directories = '%s'\n"
	    "unix_socket_permissions = 0777\n"
	    "max_connections = 60\n"
	    "shared_buffers = 64MB\n"
	    "password_encryption = 'scram-sha-256'\n"
	    "log_line_prefix = '%%m '\n"
	    "log_timezone = 'UTC'\n"
	    "timezone = 'UTC'\n",
	    socket_dir);

	TRY(home_write(
	    h, "pg/postgresql.conf", HOME_PG, 0600, text, (size_t)n, e));
	TRY(home_write(
	    h, "pg/pg_hba.conf", HOME_PG, 0600, hba, sizeof(hba) - 1, e));
	n = snprintf(text, sizeof(text),
	    "sekisho %s " PG_ADMIN "\nsekisho %s " PG_ADMIN "\n"
	    "sekisho %s gw\nsekisho %s jobs\n",
	    h->user[HOME_SELF].name, h->user[HOME_PG].name,
	    h->user[HOME_GW].name, h->user[HOME_JOBS].name);
	return home_write(
	    h, "pg/pg_ident.conf", HOME_PG, 0600, text, (size_t)n, e);
}

enum rc
pg_create(const struct home *h, struct err *e)
{
	char bin[PATH_MAX], initdb[PATH_MAX + 8], data[PATH_MAX];
	const char *argv[] = {initdb, "-D", data, "-U", PG_ADMIN, "-E", "UTF8",
	    "--locale=C.UTF-8", "--data-checksums", "--auth-local=peer",
	    "--auth-host=reject", NULL};

	forget_environment();
	TRY(pg_find(h, bin, e));
	snprintf(initdb, sizeof(initdb), "%s/initdb", bin);
	home_path(h, data, "pg");
	TRY(home_mkdir(h, "pg", HOME_PG, 0700, e));
	return proc_run_as(h, HOME_PG, argv, e);
}

enum rc
pg_start(const struct home *h, pid_t *pid, struct err *e)
{
	char bin[PATH_MAX], postgres[PATH_MAX + 10], data[PATH_MAX];
	char log[PATH_MAX], sock[PATH_MAX];
	const char *argv[] = {postgres, "-D", data, NULL};

	forget_environment();
	TRY(pg_find(h, bin, e));
	snprintf(postgres, sizeof(postgres), "%s/postgres", bin);
	/* The state directory may have moved: the socket's place follows. */
	TRY(write_conf(h, home_path(h, sock, "run/gw/pg"), e));
	home_path(h, data, "pg");
	return proc_start(h, HOME_PG, home_path(h, log, "log/postgres.log"),
	    argv, pid, NULL, e);
}

enum rc
pg_connect(
    const struct home *h, PGconn **out, const char *dbname, struct err *e)
{
	char sock[PATH_MAX];
	const char *keys[] = {"host", "user", "dbname", "connect_timeout",
	    "application_name", NULL};
	const char *vals[] = {home_path(h, sock, "run/gw/pg"), PG_ADMIN,
	    dbname == NULL ? PG_DB : dbname, "5", "sekisho", NULL};

	forget_environment();
	*out = PQconnectdbParams(keys, vals, 0);
	if (PQstatus(*out) == CONNECTION_OK)
		return RC_OK;
	err_fail(e, RC_UNAVAILABLE, "database: %s", PQerrorMessage(*out));
	PQfinish(*out);
	*out = NULL;
	return RC_UNAVAILABLE;
}

enum rc
pg_own(const struct home *h, PGconn **out, const char *hint, struct err *e)
{
	char path[PATH_MAX];

	if (access(home_path(h, path, "run/gw/pg/.s.PGSQL.5432"), F_OK) == 0)
		return pg_connect(h, out, NULL, e);
	return FAIL(e, RC_UNAVAILABLE,
	    "database of %s: it does not run; `sekisho up` starts it%s", h->dir,
	    hint);
}

static enum rc
ensure(PGconn *pg, const char *probe, const char *make, struct err *e)
{
	PGresult *r = PQexec(pg, probe);
	bool has = PQresultStatus(r) == PGRES_TUPLES_OK && PQntuples(r) == 1;
	ExecStatusType st;

	PQclear(r);
	if (has)
		return RC_OK;
	r = PQexec(pg, make);
	st = PQresultStatus(r);
	PQclear(r);
	if (st == PGRES_COMMAND_OK)
		return RC_OK;
	return FAIL(e, RC_IO, "database: %s", PQerrorMessage(pg));
}

enum rc
pg_prepare(const struct home *h, struct err *e)
{
	PGconn *pg;
	enum rc rc;

	TRY(pg_connect(h, &pg, "postgres", e));
	rc = ensure(pg, "select 1 from pg_roles where rolname = 'gw'",
	    "create role gw login", e);
	if (rc == RC_OK)
		rc = ensure(pg, "select 1 from pg_roles where rolname = 'jobs'",
		    "create role jobs login", e);
	if (rc == RC_OK)
		rc = ensure(pg,
		    "select 1 from pg_database where datname = '" PG_DB "'",
		    "create database " PG_DB, e);
	PQfinish(pg);
	return rc;
}
