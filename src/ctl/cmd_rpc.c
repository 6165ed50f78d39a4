/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho rpc`: one call to the node's operator socket.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int
cmd_rpc(int argc, char **argv)
{
	const char *path = NULL, *method = NULL;
	char def[PATH_MAX];
	json_t *params = json_array();
	struct err e = {0};
	struct home h;
	enum rc rc = RC_OK;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--ipc") && i + 1 < argc)
			path = argv[++i];
		else if (method == NULL)
			method = argv[i];
		else
			json_array_append_new(params, param_of(argv[i]));
	}
	if (method == NULL || method[0] == '-') {
		json_decref(params);
		return cmd_usage("rpc");
	}
	if (path == NULL) {
		rc = home_open(&h, false, &e);
		path = home_path(&h, def, "run/node.ipc");
	}
	if (rc == RC_OK)
		rc = call(path, method, params, &e);
	else
		json_decref(params);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}
