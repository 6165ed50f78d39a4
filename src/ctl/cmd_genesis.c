/* SPDX-License-Identifier: Apache-2.0
 *
 * Commands about genesis and configuration files: genesis, check.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/hex.h"
#include "base/jsonw.h"
#include "chain/chain.h"
#include "ctl/args.h"
#include "ctl/cmd.h"
#include "ctl/home.h"
#include "ctl/proc.h"
#include "ctl/textfile.h"

/* A genesis of a million accounts takes about a gigabyte while it is read. */
#define GENESIS_ARENA_MAX ((size_t)8 << 30)

/* What a program says of a file, at most. */
enum { CHECK_SAID_MAX = 16384 };

static void
say_finding(void *ctx, enum genesis_level lv, const char *text)
{
	static const char *const word[] = {"note", "warning", "error"};

	fprintf((FILE *)ctx, "%s: %s\n", word[lv], text);
}

static void
print_identity(const struct header *h, const struct hash *hash)
{
	struct jsonw w;

	jsonw_init(&w, 4096);
	jsonw_obj(&w);
	jsonw_key(&w, "stateRoot");
	jsonw_data(&w, hash_bytes(&h->state_root));
	jsonw_key(&w, "blockHash");
	jsonw_data(&w, hash_bytes(hash));
	jsonw_key(&w, "headerRlpLength");
	jsonw_u64(&w, header_size(h));
	jsonw_obj_end(&w);
	printf("%.*s\n", (int)w.len, (const char *)w.ptr);
	jsonw_free(&w);
}

static enum rc
load(struct arena *a, struct genesis *g, const char *path, struct err *e)
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

static enum rc
show_genesis(struct arena *a, const char *path, unsigned *errors, struct err *e)
{
	struct genesis g;
	struct header h;
	struct hash hash;

	TRY(load(a, &g, path, e));
	TRY(chain_genesis_header(a, &h, &hash, &g, e));
	print_identity(&h, &hash);
	*errors = genesis_lint(&g, say_finding, stdout);
	return RC_OK;
}

int
cmd_genesis(int argc, char **argv)
{
	struct err e = {0};
	struct arena a;
	unsigned errors = 0;
	struct args args;
	enum rc rc;

	if (!args_read(&args, argc, argv, NULL, 0, 1, 1))
		return CMD_USAGE;
	arena_init(&a, GENESIS_ARENA_MAX);
	rc = show_genesis(&a, args.at[0], &errors, &e);
	arena_drop(&a);
	if (rc != RC_OK)
		return cmd_fail(&e, rc);
	return errors == 0 ? CMD_OK : CMD_FAILED;
}

/* check. -------------------------------------------------------------- */

static bool
check_genesis(const char *path)
{
	struct err e = {0};
	struct genesis g;
	struct arena a;
	unsigned errors = 1;
	enum rc rc;

	arena_init(&a, GENESIS_ARENA_MAX);
	rc = load(&a, &g, path, &e);
	if (rc == RC_OK)
		errors = genesis_lint(&g, say_finding, stdout);
	else
		printf("error: %s\n", err_message(&e, rc));
	arena_drop(&a);
	return errors == 0;
}

static void
print_errors(char *said)
{
	char *rest = NULL, *line;

	for (line = strtok_r(said, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		printf("error: %s\n", line);
}

/* The program that reads a file checks it: one set of rules. */
static bool
check_by(const struct home *h, const char *program, const char *path)
{
	char bin[PATH_MAX + 16], said[CHECK_SAID_MAX];
	const char *argv[] = {bin, "-c", path, "-t", NULL};
	struct err e = {0};

	snprintf(bin, sizeof(bin), "%s/%s", h->bin, program);
	if (proc_read(argv, said, sizeof(said), &e) == RC_OK)
		return true;
	if (said[0] == '\0')
		printf("error: %s\n", e.text);
	else
		print_errors(said);
	return false;
}

static bool
ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

static bool
check_file(const struct home *h, const char *path)
{
	static const struct {
		const char *end, *program;
	} by[] = {
	    {"node.conf", "noded"},
	    {"jobs.conf", "jobsd"},
	    {"gateway.conf", "gateway"},
	};
	size_t i;

	printf("%s\n", path);
	fflush(stdout);
	if (access(path, R_OK) != 0) {
		printf("error: cannot be read: %s\n", strerror(errno));
		return false;
	}
	if (ends_in(path, ".json"))
		return check_genesis(path);
	for (i = 0; i < ARRAY_CNT(by); i++)
		if (ends_in(path, by[i].end))
			return check_by(h, by[i].program, path);
	printf("error: not a name that is known here (NAME.json, node.conf, "
	       "jobs.conf, gateway.conf)\n");
	return false;
}

static bool
check_own(const struct home *h)
{
	static const char *const own[] = {
	    "genesis.json", "node.conf", "jobs.conf", "gateway.conf"};
	char path[PATH_MAX];
	bool is_good = true;
	size_t i;

	for (i = 0; i < ARRAY_CNT(own); i++)
		is_good =
		    check_file(h, home_path(h, path, "conf/%s", own[i])) &&
		    is_good;
	return is_good;
}

int
cmd_check(int argc, char **argv)
{
	struct err e = {0};
	struct args args;
	struct home h;
	bool is_good = true;
	enum rc rc;
	size_t i;

	if (!args_read(&args, argc, argv, NULL, 0, 0, ARGS_MAX))
		return CMD_USAGE;
	rc = home_open(&h, false, &e);
	if (rc == RC_OK && args.cnt == 0)
		rc = home_need(&h, &e);
	/* Files that are named need no state, only our programs. */
	if (rc != RC_OK && (args.cnt == 0 || h.bin[0] == '\0'))
		return cmd_fail(&e, rc);
	if (args.cnt == 0)
		is_good = check_own(&h);
	for (i = 0; i < args.cnt; i++)
		is_good = check_file(&h, args.at[i]) && is_good;
	printf("%s\n", is_good ? "good" : "not good");
	return is_good ? CMD_OK : CMD_FAILED;
}
