/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho user`: who may enter a surface that asks for HTTP Basic.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/cmd.h"
#include "ctl/secret.h"
#include "ctl/users.h"

struct user_args {
	const char *verb, *surface, *name, *file, *password_file;
};

static bool
parse_args(struct user_args *a, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--file") && i + 1 < argc)
			a->file = argv[++i];
		else if (!strcmp(argv[i], "--password-file") && i + 1 < argc)
			a->password_file = argv[++i];
		else if (a->verb == NULL)
			a->verb = argv[i];
		else if (a->surface == NULL)
			a->surface = argv[i];
		else if (a->name == NULL)
			a->name = argv[i];
		else
			return false;
	}
	return a->surface != NULL;
}

static void
print_name(const char *name)
{
	printf("%s\n", name);
}

static enum rc
put(const struct home *h, const char *path, const struct user_args *a,
    enum users_verb verb, struct err *e)
{
	struct secret pass;
	enum rc rc;

	TRY(secret_read(&pass, a->password_file, "password", true, e));
	rc =
	    users_put(h, path, verb, a->name, bytes_of(pass.text, pass.len), e);
	secret_wipe(&pass);
	if (rc == RC_OK)
		printf("%s: %s. The gateway reads it at its next reload "
		       "(SIGHUP) or start.\n",
		    path, a->name);
	return rc;
}

int
cmd_user(int argc, char **argv)
{
	struct user_args a = {.verb = NULL};
	char path[PATH_MAX];
	struct err e = {0};
	struct home h;
	enum rc rc;

	if (!parse_args(&a, argc, argv) || strchr(a.surface, '/') != NULL)
		return cmd_usage("user");
	rc = home_open(&h, false, &e);
	if (rc != RC_OK)
		return cmd_fail(&e, rc);
	home_path(&h, path, "secrets/%s.users", a.surface);
	if (a.file != NULL && realpath(a.file, path) == NULL)
		snprintf(path, sizeof(path), "%s", a.file);
	if (!strcmp(a.verb, "list") && a.name == NULL)
		rc = users_list(path, print_name, &e);
	else if (!strcmp(a.verb, "add") && a.name != NULL)
		rc = put(&h, path, &a, USERS_ADD, &e);
	else if (!strcmp(a.verb, "passwd") && a.name != NULL)
		rc = put(&h, path, &a, USERS_PASSWD, &e);
	else
		return cmd_usage("user");
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}
