/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho user`: who may enter a surface that asks for HTTP Basic.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "ctl/args.h"
#include "ctl/cmd.h"
#include "ctl/secret.h"
#include "ctl/users.h"

enum verb { ADD, PASSWD, LIST, VERB_CNT };

static const struct arg_verb verbs[VERB_CNT] = {
    [ADD] = {"add", 2, 2},
    [PASSWD] = {"passwd", 2, 2},
    [LIST] = {"list", 1, 1},
};

struct user_args {
	size_t verb;
	const char *surface, *name, *file, *password_file;
	char path[PATH_MAX];
};

static bool
parse_args(struct user_args *a, int argc, char **argv)
{
	struct arg_option option[] = {
	    {"--file", &a->file, NULL},
	    {"--password-file", &a->password_file, NULL},
	};
	struct args args;

	if (!args_read(&args, argc, argv, option, ARRAY_CNT(option), 1, 3))
		return false;
	a->verb = args_verb(&args, "user", verbs, VERB_CNT);
	if (a->verb == VERB_CNT)
		return false;
	a->surface = args.at[1];
	a->name = args.at[2];
	if (strchr(a->surface, '/') == NULL)
		return true;
	(void)cmd_misuse("user", "\"%s\" is no name of a surface", a->surface);
	return false;
}

/*
 * With --file any file, which may be new. Without it the surface's own in
 * the state directory: one that is not there is a slip of the pen.
 */
static enum rc
find_file(struct user_args *a, const struct home *h, struct err *e)
{
	char cwd[PATH_MAX];

	if (a->file == NULL) {
		TRY(home_need(h, e));
		home_path(h, a->path, "secrets/%.64s.users", a->surface);
		if (access(a->path, F_OK) == 0)
			return RC_OK;
		return FAIL(e, RC_NOT_FOUND,
		    "no surface \"%s\": %s: %s; --file FILE makes a new one",
		    a->surface, a->path, strerror(errno));
	}
	if (realpath(a->file, a->path) != NULL)
		return RC_OK;
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		return FAIL(e, RC_IO, "getcwd: %s", strerror(errno));
	snprintf(a->path, sizeof(a->path), "%.2000s%s%.2000s",
	    a->file[0] == '/' ? "" : cwd, a->file[0] == '/' ? "" : "/",
	    a->file);
	return RC_OK;
}

static void
print_name(const char *name)
{
	printf("%s\n", name);
}

static enum rc
put(const struct home *h, const struct user_args *a, enum users_verb verb,
    struct err *e)
{
	struct secret pass;
	enum rc rc;

	TRY(users_check(a->path, verb, a->name, e));
	TRY(secret_read(&pass, a->password_file, "password", true, e));
	rc = users_put(
	    h, a->path, verb, a->name, bytes_of(pass.text, pass.len), e);
	secret_wipe(&pass);
	if (rc == RC_OK)
		printf("%s: %s. The gateway reads it at its next reload "
		       "(SIGHUP) or start.\n",
		    a->path, a->name);
	return rc;
}

static enum rc
run(struct user_args *a, struct err *e)
{
	struct home h;

	TRY(home_open(&h, false, e));
	TRY(find_file(a, &h, e));
	if (a->verb == LIST)
		return users_list(a->path, print_name, e);
	return put(&h, a, a->verb == ADD ? USERS_ADD : USERS_PASSWD, e);
}

int
cmd_user(int argc, char **argv)
{
	struct user_args a = {.file = NULL};
	struct err e = {0};
	enum rc rc;

	if (!parse_args(&a, argc, argv))
		return CMD_USAGE;
	rc = run(&a, &e);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}
