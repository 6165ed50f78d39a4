/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands about the stack as a whole: up, init, migrate, version.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/check.h"
#include "base/version.h"
#include "ctl/args.h"
#include "ctl/cmd.h"
#include "ctl/init.h"
#include "ctl/pg.h"
#include "ctl/stop.h"
#include "ctl/up.h"
#include "db/connect.h"
#include "db/migrate.h"

static void
step_line(const char *line)
{
	printf("  %s\n", line);
	fflush(stdout);
}

int
cmd_up(int argc, char **argv)
{
	bool is_bare = false;
	struct arg_option option[] = {{"--no-contracts", NULL, &is_bare}};
	struct err e = {0};
	struct args args;
	struct home h;
	enum rc rc;

	if (!args_read(&args, argc, argv, option, ARRAY_CNT(option), 0, 0))
		return CMD_USAGE;
	rc = home_open(&h, true, &e);
	if (rc == RC_OK)
		rc = up_run(&h, !is_bare, &e);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}

static enum rc
init(struct err *e)
{
	struct home h;
	bool has_state;

	TRY(home_open(&h, true, e));
	TRY(home_exists(&h, &has_state, e));
	if (has_state)
		return FAIL(e, RC_BAD_INPUT, "%s holds a state already", h.dir);
	printf("new state in %s\n", h.dir);
	return init_dev(&h, step_line, e);
}

int
cmd_init(int argc, char **argv)
{
	bool is_dev = false;
	struct arg_option option[] = {{"--dev", NULL, &is_dev}};
	struct err e = {0};
	struct args args;
	enum rc rc;

	if (!args_read(&args, argc, argv, option, ARRAY_CNT(option), 0, 0))
		return CMD_USAGE;
	/* The only kind so far, named because another one will come. */
	if (!is_dev)
		return cmd_misuse("init",
		    "say --dev: a development state is the only kind that it "
		    "makes");
	stop_catch();
	rc = init(&e);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}

static void
migration_line(void *ctx, const char *line)
{
	(void)ctx;
	printf("%s\n", line);
}

static enum rc
connect_to(PGconn **pg, const char *database, struct err *e)
{
	struct home h;

	if (database == NULL) {
		TRY(home_open(&h, false, e));
		TRY(home_need(&h, e));
		return pg_own(&h, pg, ", --database names another", e);
	}
	return db_connect(pg, database, e);
}

int
cmd_migrate(int argc, char **argv)
{
	const char *database = NULL;
	bool dry_run = false;
	struct arg_option option[] = {
	    {"--database", &database, NULL},
	    {"--dry-run", NULL, &dry_run},
	};
	struct err e = {0};
	struct args args;
	PGconn *pg;
	enum rc rc;

	if (!args_read(&args, argc, argv, option, ARRAY_CNT(option), 0, 0))
		return CMD_USAGE;
	rc = connect_to(&pg, database, &e);
	if (rc != RC_OK)
		return cmd_fail(&e, rc);
	rc = migrate_run(pg, dry_run, migration_line, NULL, &e);
	PQfinish(pg);
	if (rc != RC_OK)
		return cmd_fail(&e, rc);
	printf("schema %d%s\n", migrate_latest(),
	    dry_run ? " is what this program knows" : "");
	return CMD_OK;
}

int
cmd_version(int argc, char **argv)
{
	struct args args;

	if (!args_read(&args, argc, argv, NULL, 0, 0, 0))
		return CMD_USAGE;
	printf("sekisho %s\nstate   %s\nschema  %d\nlibpq   %d\n",
	    SEKISHO_VERSION, HOME_STAMP, migrate_latest(), PQlibVersion());
	return CMD_OK;
}
