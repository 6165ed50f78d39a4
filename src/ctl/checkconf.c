/* SPDX-License-Identifier: Apache-2.0
 *
 * Has each file checked by whoever reads it: node, jobs and gateway by their
 * programs with -t, a genesis by the library. Knows no rule itself.
 */
#include "ctl/checkconf.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "ctl/proc.h"
#include "ctl/textfile.h"

/* What a program says of a file, at most. */
enum { CHECK_SAID_MAX = 16384 };

void
checkconf_say(void *ctx, enum genesis_level lv, const char *text)
{
	static const char *const word[] = {"note", "warning", "error"};

	fprintf((FILE *)ctx, "%s: %s\n", word[lv], text);
}

enum rc
checkconf_genesis(
    struct arena *a, struct genesis *g, const char *path, struct err *e)
{
	struct err why = {0};
	struct bytes text;
	enum rc rc;

	TRY(textfile_read(a, &text, path, GENESIS_MAX, e));
	rc = genesis_read(a, g, text, &why);
	if (rc != RC_OK)
		return FAIL(e, rc, "%s: %s", path, err_message(&why, rc));
	return RC_OK;
}

static bool
check_genesis(FILE *out, const char *path)
{
	struct err e = {0};
	struct genesis g;
	struct arena a;
	unsigned errors = 1;
	enum rc rc;

	arena_init(&a, CHECKCONF_GENESIS_MAX);
	rc = checkconf_genesis(&a, &g, path, &e);
	if (rc == RC_OK)
		errors = genesis_lint(&g, checkconf_say, out);
	else
		fprintf(out, "error: %s\n", err_message(&e, rc));
	arena_drop(&a);
	return errors == 0;
}

static void
print_errors(FILE *out, char *said)
{
	char *rest = NULL, *line;

	for (line = strtok_r(said, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		fprintf(out, "error: %s\n", line);
}

/* A good file may be one to be warned of. */
static void
print_warnings(FILE *out, char *said)
{
	static const char mark[] = ": warning: ";
	char *rest = NULL, *line, *at;

	for (line = strtok_r(said, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		at = strstr(line, mark);
		if (at != NULL)
			fprintf(out, "warning: %.*s: %s\n", (int)(at - line),
			    line, at + sizeof(mark) - 1);
	}
}

/* The program that reads a file checks it: one set of rules. */
static bool
check_by(const struct home *h, FILE *out, const char *program, const char *path)
{
	char bin[PATH_MAX + 16], said[CHECK_SAID_MAX];
	const char *argv[] = {bin, "-c", path, "-t", NULL};
	struct err e = {0};

	snprintf(bin, sizeof(bin), "%s/%s", h->bin, program);
	if (proc_read(argv, said, sizeof(said), &e) == RC_OK) {
		print_warnings(out, said);
		return true;
	}
	if (said[0] == '\0')
		fprintf(out, "error: %s\n", e.text);
	else
		print_errors(out, said);
	return false;
}

static bool
ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

bool
checkconf_file(const struct home *h, FILE *out, const char *path)
{
	static const struct {
		const char *end, *program;
	} by[] = {
	    {"node.conf", "noded"},
	    {"jobs.conf", "jobsd"},
	    {"gateway.conf", "gateway"},
	};
	size_t i;

	fprintf(out, "%s\n", path);
	fflush(out);
	if (access(path, R_OK) != 0) {
		fprintf(out, "error: cannot be read: %s\n", strerror(errno));
		return false;
	}
	if (ends_in(path, ".json"))
		return check_genesis(out, path);
	for (i = 0; i < ARRAY_CNT(by); i++)
		if (ends_in(path, by[i].end))
			return check_by(h, out, by[i].program, path);
	fprintf(out,
	    "error: not a name that is known here (NAME.json, node.conf, "
	    "jobs.conf, gateway.conf)\n");
	return false;
}

bool
checkconf_own(const struct home *h, FILE *out)
{
	static const char *const own[] = {
	    "genesis.json", "node.conf", "jobs.conf", "gateway.conf"};
	char path[PATH_MAX];
	bool is_good = true;
	size_t i;

	for (i = 0; i < ARRAY_CNT(own); i++)
		is_good = checkconf_file(
			      h, out, home_path(h, path, "conf/%s", own[i])) &&
			  is_good;
	return is_good;
}
