/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho rpc`: one call to the node's operator socket.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "ctl/args.h"
#include "ctl/cmd.h"
#include "ctl/home.h"
#include "upstream/noderpc.h"

enum { RPC_TIMEOUT_MS = 30000 };

/* A parameter is JSON when it reads as JSON, else a string: 0xab and latest
 * need no quotes inside quotes. */
static json_t *
param_of(const char *text)
{
	json_t *v =
	    json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

	return v != NULL ? v : json_string(text);
}

static void
print_result(const json_t *r)
{
	char *text;

	if (json_is_string(r)) {
		printf("%s\n", json_string_value(r));
		return;
	}
	text = json_dumps(r, JSON_INDENT(2) | JSON_ENCODE_ANY);
	printf("%s\n", text);
	free(text);
}

static enum rc
call(const char *path, const char *method, json_t *params, struct err *e)
{
	struct noderpc *n;
	json_t *r;
	enum rc rc = noderpc_open(&n, path, e);

	if (rc != RC_OK) {
		json_decref(params);
		return rc;
	}
	rc = noderpc_call(n, &r, method, params, RPC_TIMEOUT_MS, e);
	if (rc == RC_OK)
		print_result(r);
	json_decref(r);
	noderpc_close(n);
	return rc;
}

/* Parameters are the operator's own bytes; JSON is UTF-8. */
static enum rc
read_params(json_t *out, const struct args *args, struct err *e)
{
	size_t i;

	for (i = 1; i < args->cnt; i++)
		if (json_array_append_new(out, param_of(args->at[i])) != 0)
			return FAIL(e, RC_BAD_INPUT,
			    "parameter %zu is not UTF-8 text", i);
	return RC_OK;
}

static enum rc
run(const struct args *args, const char *path, struct err *e)
{
	json_t *params = json_array();
	char def[PATH_MAX];
	struct home h;
	enum rc rc = RC_OK;

	if (path == NULL) {
		rc = home_open(&h, false, e);
		if (rc == RC_OK)
			rc = home_need(&h, e);
		if (rc == RC_OK)
			path = home_path(&h, def, "run/node.ipc");
	}
	if (rc == RC_OK)
		rc = read_params(params, args, e);
	if (rc != RC_OK) {
		json_decref(params);
		return rc;
	}
	rc = call(path, args->at[0], params, e);
	if (path == def && access(def, F_OK) != 0)
		return FAIL(e, RC_UNAVAILABLE,
		    "%s: no node runs here; `sekisho up` starts it, --ipc "
		    "names another's socket",
		    def);
	return rc;
}

int
cmd_rpc(int argc, char **argv)
{
	const char *path = NULL;
	struct arg_option option[] = {{"--ipc", &path, NULL}};
	struct err e = {0};
	struct args args;
	enum rc rc;

	if (!args_read(
		&args, argc, argv, option, ARRAY_CNT(option), 1, ARGS_MAX))
		return CMD_USAGE;
	rc = run(&args, path, &e);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}
