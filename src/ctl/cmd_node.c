/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho node`: the nodes that the gateway may ask, as it sees them, and
 * the operator's word on which is the first. Both go through files in the
 * gateway's run_dir (src/gateway/nodes.h); nothing is asked of a node here.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "base/check.h"
#include "ctl/args.h"
#include "ctl/cmd.h"
#include "ctl/home.h"

enum {
	FILE_MAX = 64 * 1024,
	/* The gateway writes its file each second; this is gone. */
	OLD_S = 5,
	/* What an order takes, with room for a busy machine. */
	WAIT_MS = 5000,
	LOOK_MS = 50,
};

/* The file tells whom to send signals: only root's or our own counts. */
static enum rc
check_owner(FILE *f, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_uid == 0 || st.st_uid == geteuid()))
		return RC_OK;
	return FAIL(e, RC_IO, "%s: belongs to somebody else", path);
}

static enum rc
read_nodes(json_t **out, const struct home *h, struct err *e)
{
	char path[PATH_MAX], text[FILE_MAX];
	FILE *f = fopen(home_path(h, path, "run/nodes.json"), "re");
	size_t len = 0;
	enum rc rc;

	*out = NULL;
	if (f == NULL)
		return FAIL(e, RC_NOT_FOUND, "%s: %s; does the gateway run?",
		    path, strerror(errno));
	rc = check_owner(f, path, e);
	if (rc == RC_OK)
		len = fread(text, 1, sizeof(text), f);
	fclose(f);
	TRY(rc);
	*out = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	return *out != NULL ? RC_OK : FAIL(e, RC_IO, "%s: not readable", path);
}

static int64_t
number(const json_t *doc, const char *key)
{
	return json_integer_value(json_object_get(doc, key));
}

static const char *
text_of(const json_t *doc, const char *key)
{
	const char *text = json_string_value(json_object_get(doc, key));

	return text != NULL ? text : "";
}

/* read_living also wants the gateway to be alive. */
static enum rc
read_living(json_t **out, const struct home *h, struct err *e)
{
	int64_t age;

	TRY(read_nodes(out, h, e));
	age = (int64_t)time(NULL) - number(*out, "at");
	if (age <= OLD_S)
		return RC_OK;
	json_decref(*out);
	*out = NULL;
	return FAIL(e, RC_NOT_FOUND,
	    "the gateway does not run: its last word is %" PRId64 " s old",
	    age);
}

/* --- list --- */

static void
print_nodes(const json_t *doc)
{
	const json_t *node;
	size_t i;

	printf("  %-16s %-7s %10s %9s  %s\n", "NAME", "STATE", "HEAD", "AGE",
	    "SOCKET");
	json_array_foreach(json_object_get(doc, "nodes"), i, node)
	{
		const char *name = text_of(node, "name");
		bool is_used = !strcmp(name, text_of(doc, "used"));
		bool is_first = !strcmp(name, text_of(doc, "first"));

		printf("%c %-16s %-7s %10" PRId64 " %7" PRId64 " s  %s%s\n",
		    is_used ? '*' : ' ', name, text_of(node, "state"),
		    number(node, "head"), number(node, "age"),
		    text_of(node, "socket"), is_first ? "  (first)" : "");
	}
}

static enum rc
list(const struct home *h, bool as_json, struct err *e)
{
	json_t *doc;
	char *text;

	TRY(read_living(&doc, h, e));
	if (!as_json) {
		print_nodes(doc);
	} else {
		text = json_dumps(doc, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
		printf("%s\n", text != NULL ? text : "");
		free(text);
	}
	json_decref(doc);
	return RC_OK;
}

/* --- use --- */

/* Refuses what the gateway would not do, so that no word is left behind. */
static enum rc
check_name(const json_t *doc, const char *name, struct err *e)
{
	const json_t *node;
	size_t i;

	json_array_foreach(json_object_get(doc, "nodes"), i, node)
	{
		if (strcmp(name, text_of(node, "name")) != 0)
			continue;
		if (!strcmp(text_of(node, "state"), "gone"))
			return FAIL(
			    e, RC_UNAVAILABLE, "node %s does not answer", name);
		return RC_OK;
	}
	return FAIL(e, RC_NOT_FOUND,
	    "no node \"%s\" in the gateway's configuration", name);
}

static enum rc
order(const struct home *h, const json_t *doc, const char *name, struct err *e)
{
	pid_t pid = (pid_t)number(doc, "pid");
	char line[128];
	int len = snprintf(line, sizeof(line), "%.100s\n", name);

	TRY(home_write(
	    h, "run/node.use", HOME_SELF, 0644, line, (size_t)len, e));
	if (pid > 1 && kill(pid, SIGHUP) == 0)
		return RC_OK;
	return FAIL(
	    e, RC_IO, "the gateway, process %d: %s", (int)pid, strerror(errno));
}

static enum rc
wait_for(const struct home *h, const char *name, struct err *e)
{
	struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	bool is_done = false;
	json_t *doc;
	int i;

	for (i = 0; i < WAIT_MS / LOOK_MS && !is_done; i++) {
		(void)nanosleep(&pause, NULL);
		if (read_nodes(&doc, h, e) != RC_OK)
			continue;
		is_done = !strcmp(name, text_of(doc, "used")) &&
			  !strcmp(name, text_of(doc, "first"));
		json_decref(doc);
	}
	return is_done ? RC_OK
		       : FAIL(e, RC_TIMEOUT,
			     "the gateway does not use %s; see its log", name);
}

static enum rc
use(const struct home *h, const char *name, struct err *e)
{
	json_t *doc;
	enum rc rc;

	TRY(read_living(&doc, h, e));
	rc = check_name(doc, name, e);
	if (rc == RC_OK)
		rc = order(h, doc, name, e);
	json_decref(doc);
	TRY(rc);
	TRY(wait_for(h, name, e));
	printf("node %s is used, and the first from now on\n", name);
	return RC_OK;
}

int
cmd_node(int argc, char **argv)
{
	enum { LIST, USE, VERB_CNT };
	static const struct arg_verb verbs[VERB_CNT] = {
	    [LIST] = {"list", 0, 0}, [USE] = {"use", 1, 1}};
	bool as_json = false;
	struct arg_option option[] = {{"--json", NULL, &as_json}};
	struct err e = {0};
	struct args args;
	struct home h;
	size_t verb;
	enum rc rc;

	if (!args_read(&args, argc, argv, option, ARRAY_CNT(option), 1, 2))
		return CMD_USAGE;
	verb = args_verb(&args, "node", verbs, VERB_CNT);
	if (verb == VERB_CNT)
		return CMD_USAGE;
	if (verb == USE && as_json)
		return cmd_misuse("node", "--json goes with list");
	rc = home_open(&h, false, &e);
	if (rc == RC_OK)
		rc = home_need(&h, &e);
	if (rc == RC_OK)
		rc = verb == LIST ? list(&h, as_json, &e)
				  : use(&h, args.at[1], &e);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}
