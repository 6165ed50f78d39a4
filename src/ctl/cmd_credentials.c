/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho credentials`: the development stack's user and password of one
 * surface, in the form that `curl -u` takes. Reads a file that only its
 * owner can read; a real deployment has no such file.
 */
#include <limits.h>
#include <stdio.h>

#include <jansson.h>

#include "ctl/args.h"
#include "ctl/cmd.h"
#include "ctl/home.h"

static enum rc
show(const char *surface, struct err *e)
{
	char path[PATH_MAX];
	json_error_t why;
	struct home h;
	const json_t *row;
	json_t *doc;
	enum rc rc = RC_OK;

	TRY(home_open(&h, false, e));
	TRY(home_need(&h, e));
	doc =
	    json_load_file(home_path(&h, path, "secrets/dev-credentials.json"),
		JSON_REJECT_DUPLICATES, &why);
	if (doc == NULL)
		return FAIL(e, RC_IO, "%s: %s", path, why.text);
	row = json_object_get(doc, surface);
	if (json_object_get(row, "user") != NULL)
		printf("%s:%s\n",
		    json_string_value(json_object_get(row, "user")),
		    json_string_value(json_object_get(row, "password")));
	else
		rc = FAIL(
		    e, RC_NOT_FOUND, "%s: no surface \"%s\"", path, surface);
	json_decref(doc);
	return rc;
}

int
cmd_credentials(int argc, char **argv)
{
	struct err e = {0};
	struct args args;
	enum rc rc;

	if (!args_read(&args, argc, argv, NULL, 0, 1, 1))
		return CMD_USAGE;
	rc = show(args.at[0], &e);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}
