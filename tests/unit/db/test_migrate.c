/* SPDX-License-Identifier: Apache-2.0
 *
 * Migrations against a real server: our own history, and short ones made up
 * to go wrong.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "db/history_priv.h"
#include "pg.h"
#include "test.h"

/* What every history begins with: the table of its own rows. */
#define BASE                                                                   \
	"create table schema_migration (number integer primary key, name "     \
	"text not null, checksum text not null);"

static const struct migration good[] = {
    {1, "0001_base", BASE "create table t1 ();"},
    {2, "0002_more", "alter table t1 add a integer;"},
    {3, "0003_rows", "insert into t1 values (1); insert into t1 values (2);"},
};

struct said {
	char text[512];
};

static void
say(void *ctx, const char *line)
{
	struct said *s = ctx;
	size_t len = strlen(s->text);

	(void)snprintf(s->text + len, sizeof(s->text) - len, "%s;", line);
}

/* NULL: the test is skipped. */
static PGconn *
connect_new(void)
{
	const char *text = test_pg();
	PGconn *pg;

	if (text == NULL)
		return NULL;
	pg = PQconnectdb(text);
	CHECK(PQstatus(pg) == CONNECTION_OK);
	return pg;
}

static int
number_of(PGconn *pg, const char *sql)
{
	PGresult *r = PQexec(pg, sql);
	int n =
	    PQntuples(r) == 1 ? (int)strtol(PQgetvalue(r, 0, 0), NULL, 10) : -1;

	PQclear(r);
	return n;
}

static void
must(PGconn *pg, const char *sql)
{
	PGresult *r = PQexec(pg, sql);
	ExecStatusType st = PQresultStatus(r);

	EXPECT(st == PGRES_COMMAND_OK || st == PGRES_TUPLES_OK);
	PQclear(r);
}

static enum rc
run(PGconn *pg, const struct migration *rows, size_t cnt, struct said *s,
    struct err *e)
{
	struct history h = {rows, cnt};

	*s = (struct said){""};
	return migrate_run_history(pg, &h, false, say, s, e);
}

/* The lock is given back whatever happened. */
static void
expect_unlocked(PGconn *pg)
{
	EXPECT(number_of(pg, "select count(*) from pg_locks where locktype = "
			     "'advisory'") == 0);
}

TEST(test_migrate_empty_database_gets_all_in_order)
{
	PGconn *pg = connect_new();
	struct said s;
	int now = -1;

	if (pg == NULL)
		return;
	EXPECT_RC(migrate_current(&now, pg, NULL), RC_OK);
	EXPECT(now == 0);
	EXPECT_RC(run(pg, good, 3, &s, NULL), RC_OK);
	EXPECT_STR(s.text, "applying 0001_base;applying 0002_more;applying "
			   "0003_rows;");
	EXPECT_RC(migrate_current(&now, pg, NULL), RC_OK);
	EXPECT(now == 3);
	EXPECT(number_of(pg, "select sum(a) from t1") == 3);
	expect_unlocked(pg);
	PQfinish(pg);
}

TEST(test_migrate_second_run_does_nothing)
{
	PGconn *pg = connect_new();
	struct said s;

	if (pg == NULL)
		return;
	EXPECT_RC(run(pg, good, 3, &s, NULL), RC_OK);
	EXPECT_RC(run(pg, good, 3, &s, NULL), RC_OK);
	EXPECT_STR(s.text, "");
	EXPECT(number_of(pg, "select count(*) from t1") == 2);
	PQfinish(pg);
}

TEST(test_migrate_later_run_applies_only_what_is_new)
{
	PGconn *pg = connect_new();
	struct said s;

	if (pg == NULL)
		return;
	EXPECT_RC(run(pg, good, 1, &s, NULL), RC_OK);
	EXPECT_RC(run(pg, good, 3, &s, NULL), RC_OK);
	EXPECT_STR(s.text, "applying 0002_more;applying 0003_rows;");
	PQfinish(pg);
}

TEST(test_migrate_dry_run_changes_nothing)
{
	struct history h = {good, 3};
	PGconn *pg = connect_new();
	struct said s = {""};
	int now = -1;

	if (pg == NULL)
		return;
	EXPECT_RC(migrate_run_history(pg, &h, true, say, &s, NULL), RC_OK);
	EXPECT_STR(s.text, "would apply 0001_base;would apply "
			   "0002_more;would apply 0003_rows;");
	EXPECT_RC(migrate_current(&now, pg, NULL), RC_OK);
	EXPECT(now == 0);
	expect_unlocked(pg);
	PQfinish(pg);
}

TEST(test_migrate_changed_file_is_refused)
{
	struct migration changed[3];
	PGconn *pg = connect_new();
	struct err e = {0};
	struct said s;

	if (pg == NULL)
		return;
	memcpy(changed, good, sizeof(changed));
	changed[0].sql = BASE "create table t1 (); ";
	EXPECT_RC(run(pg, good, 2, &s, NULL), RC_OK);
	EXPECT_RC(run(pg, changed, 3, &s, &e), RC_WRONG_SCHEMA);
	EXPECT_STR(
	    e.text, "migration 0001_base was changed after it was applied");
	EXPECT_STR(s.text, ""); /* the new one is not applied either */
	EXPECT(number_of(pg, "select count(*) from schema_migration") == 2);
	expect_unlocked(pg);
	PQfinish(pg);
}

TEST(test_migrate_newer_database_is_refused)
{
	PGconn *pg = connect_new();
	struct err e = {0};
	struct said s;

	if (pg == NULL)
		return;
	EXPECT_RC(run(pg, good, 3, &s, NULL), RC_OK);
	EXPECT_RC(run(pg, good, 2, &s, &e), RC_WRONG_SCHEMA);
	EXPECT_STR(e.text, "the database has schema 3, this program knows 2: "
			   "run the newer program");
	expect_unlocked(pg);
	PQfinish(pg);
}

TEST(test_migrate_row_that_is_missing_is_refused)
{
	PGconn *pg = connect_new();
	struct err e = {0};
	struct said s;

	if (pg == NULL)
		return;
	EXPECT_RC(run(pg, good, 3, &s, NULL), RC_OK);
	must(pg, "delete from schema_migration where number = 2");
	EXPECT_RC(run(pg, good, 3, &s, &e), RC_WRONG_SCHEMA);
	EXPECT_STR(e.text, "migration 0002_more is missing in a newer schema");
	PQfinish(pg);
}

TEST(test_migrate_failing_file_leaves_nothing_of_it)
{
	/* The last word of it fails, after a table and rows. */
	static const struct migration bad[] = {
	    {1, "0001_base", BASE "create table t1 ();"},
	    {2, "0002_bad",
		"create table t2 (a integer); insert into t2 values (1); "
		"select 1 / 0;"},
	    {3, "0003_more", "create table t3 ();"},
	};
	PGconn *pg = connect_new();
	struct err e = {0};
	struct said s;

	if (pg == NULL)
		return;
	EXPECT_RC(run(pg, bad, 3, &s, &e), RC_IO);
	EXPECT(strstr(e.text, "migration 0002_bad: database: ") == e.text);
	EXPECT(strstr(e.text, "division by zero") != NULL);
	EXPECT(number_of(pg, "select max(number) from schema_migration") == 1);
	EXPECT(number_of(pg, "select count(*) from pg_tables where tablename "
			     "in ('t2', 't3')") == 0);
	EXPECT(PQtransactionStatus(pg) == PQTRANS_IDLE);
	expect_unlocked(pg);
	/* Mended, it goes on from there. */
	EXPECT_RC(run(pg, good, 3, &s, NULL), RC_OK);
	PQfinish(pg);
}

TEST(test_migrate_file_that_cannot_be_recorded_is_undone)
{
	static const struct migration bad[] = {
	    {1, "0001_base", BASE "create table t1 ();"},
	    {2, "0002_bad",
		"create table t2 (); alter table schema_migration add x "
		"integer not null default 1; alter table schema_migration "
		"alter x drop default;"},
	};
	PGconn *pg = connect_new();
	struct said s;

	if (pg == NULL)
		return;
	EXPECT_RC(run(pg, bad, 2, &s, NULL), RC_IO);
	EXPECT(number_of(pg, "select count(*) from pg_tables where tablename "
			     "= 't2'") == 0);
	PQfinish(pg);
}

TEST(test_migrate_lost_connection_is_told)
{
	PGconn *pg = connect_new();
	struct err e = {0};
	struct said s;
	int now;

	if (pg == NULL)
		return;
	must(pg, "set application_name = 'x'");
	PQclear(PQexec(pg, "select pg_terminate_backend(pg_backend_pid())"));
	EXPECT_RC(run(pg, good, 3, &s, &e), RC_IO);
	EXPECT_RC(migrate_current(&now, pg, NULL), RC_IO);
	PQfinish(pg);
}

static void *
run_in_thread(void *arg)
{
	struct said s;

	return run(arg, good, 3, &s, NULL) == RC_OK ? arg : NULL;
}

TEST(test_migrate_two_runs_at_once_apply_once)
{
	PGconn *a = connect_new();
	struct said s;
	pthread_t thread;
	void *ok = NULL;
	char text[256];
	PGconn *b;

	if (a == NULL)
		return;
	(void)snprintf(text, sizeof(text), "host=%s user=%s dbname=%s",
	    PQhost(a), PQuser(a), PQdb(a));
	b = PQconnectdb(text);
	must(a, "select pg_advisory_lock(7354746)");
	EXPECT(pthread_create(&thread, NULL, run_in_thread, b) == 0);
	EXPECT_RC(run(a, good, 3, &s, NULL), RC_OK);
	/* Locks of a session are counted: one is still held. */
	must(a, "select pg_advisory_unlock(7354746)");
	EXPECT(pthread_join(thread, &ok) == 0);
	EXPECT(ok == b);
	EXPECT(number_of(a, "select count(*) from t1") == 2);
	PQfinish(b);
	PQfinish(a);
}

TEST(test_migrate_own_history_gives_the_schema)
{
	PGconn *pg = connect_new();
	struct err e = {0};
	int now = -1;

	if (pg == NULL)
		return;
	must(pg, "do $$ begin create role gw; create role jobs; exception "
		 "when duplicate_object then null; end $$");
	EXPECT_RC(migrate_run(pg, false, NULL, NULL, &e), RC_OK);
	EXPECT_RC(migrate_run(pg, false, NULL, NULL, &e), RC_OK);
	EXPECT_RC(migrate_current(&now, pg, NULL), RC_OK);
	EXPECT(now == migrate_latest() && now > 0);
	/* Who may do what: the gateway writes nothing; jobs neither the
	 * contracts that clients may call nor the platform's own. */
	EXPECT(number_of(pg, "select count(*) from "
			     "information_schema.role_table_grants where "
			     "grantee = 'gw' and privilege_type <> "
			     "'SELECT'") == 0);
	EXPECT(number_of(pg, "select count(*) from "
			     "information_schema.role_table_grants where "
			     "grantee = 'jobs' and privilege_type <> 'SELECT' "
			     "and table_name in ('executable_contract', "
			     "'deployed_contract', 'schema_migration')") == 0);
	PQfinish(pg);
}
