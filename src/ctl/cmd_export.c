/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho export`: blocks of a stopped node into a file that other clients
 * import. The file appears whole or not at all; what stood under its name
 * stays until then. The blocks are read by a child of ours, which as root
 * becomes the node's user, while the file is the caller's.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/ini.h"
#include "ctl/args.h"
#include "ctl/cmd.h"
#include "ctl/data.h"

struct export
{
	const char *conf;
	uint64_t first, last;
	bool has_last;
	int fd;
	bool is_direct; /* a pipe or a device: nothing to put in place */
	char path[PATH_MAX], tmp[PATH_MAX + 8];
};

/* In the child: returns its exit status. */
static int
write_blocks(const struct export *x)
{
	struct err e = {0};
	struct data d;
	enum rc rc = data_open(&d, x->conf, &e);

	if (rc == RC_OK)
		rc = chain_export(d.store, x->fd, x->first,
		    x->has_last ? x->last : chain_head(d.chain)->number, &e);
	data_close(&d);
	return rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
}

/* Waits for the child; who stops us stops it, and the file is removed. */
static int
wait_child(pid_t pid, const sigset_t *set)
{
	int status, sig;

	while (waitpid(pid, &status, WNOHANG) == 0)
		if (sigwait(set, &sig) == 0 && sig != SIGCHLD)
			(void)kill(pid, SIGTERM);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(
	    stderr, "sekisho export: stopped by signal %d\n", WTERMSIG(status));
	return CMD_FAILED;
}

static int
run_child(const struct export *x)
{
	sigset_t set, old;
	pid_t pid;
	int status;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &old);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		_exit(write_blocks(x));
	}
	if (pid == -1)
		fprintf(stderr, "sekisho: fork: %s\n", strerror(errno));
	status = pid == -1 ? CMD_FAILED : wait_child(pid, &set);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return status;
}

static enum rc
open_target(struct export *x, const char *file, struct err *e)
{
	struct stat st;
	bool is_there = stat(file, &st) == 0;

	if (is_there && S_ISDIR(st.st_mode))
		return FAIL(e, RC_BAD_INPUT, "%s is a folder", file);
	x->is_direct = is_there && !S_ISREG(st.st_mode);
	if (strlen(file) >= sizeof(x->path))
		return FAIL(
		    e, RC_BAD_INPUT, "%.40s...: path is too long", file);
	/* A link keeps pointing where it points. */
	if (!is_there || realpath(file, x->path) == NULL)
		snprintf(x->path, sizeof(x->path), "%s", file);
	snprintf(x->tmp, sizeof(x->tmp), "%s.part", x->path);
	if (x->is_direct)
		x->fd = open(x->path, O_WRONLY | O_CLOEXEC);
	else
		x->fd = open(x->tmp,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (x->fd != -1)
		return RC_OK;
	return FAIL(e, RC_IO, "%s: %s%s", x->is_direct ? x->path : x->tmp,
	    strerror(errno),
	    errno == EEXIST ? ": another export writes it, or one was cut "
			      "off; remove it"
			    : "");
}

static enum rc
put_in_place(const struct export *x, struct err *e)
{
	if (x->is_direct)
		return RC_OK;
	if (fsync(x->fd) == 0 && rename(x->tmp, x->path) == 0)
		return RC_OK;
	return FAIL(e, RC_IO, "%s: %s", x->path, strerror(errno));
}

static int
export_to(struct export *x, const char *file)
{
	struct err e = {0};
	enum rc rc = open_target(x, file, &e);
	int status;

	if (rc != RC_OK)
		return cmd_fail(&e, rc);
	status = run_child(x);
	if (status == CMD_OK) {
		rc = put_in_place(x, &e);
		status = rc == RC_OK ? CMD_OK : cmd_fail(&e, rc);
	}
	close(x->fd);
	if (status != CMD_OK && !x->is_direct)
		(void)unlink(x->tmp);
	return status;
}

static enum rc
read_number(uint64_t *out, const char *text, struct err *e)
{
	if (ini_u64(out, bytes_of_str(text), 0, INT64_MAX, NULL) == RC_OK)
		return RC_OK;
	return FAIL(e, RC_BAD_INPUT, "\"%s\" is not a block number", text);
}

static enum rc
read_range(struct export *x, const struct args *args, struct err *e)
{
	if (args->cnt > 1)
		TRY(read_number(&x->first, args->at[1], e));
	if (args->cnt > 2)
		TRY(read_number(&x->last, args->at[2], e));
	x->has_last = args->cnt == 3;
	if (x->has_last && x->first > x->last)
		return FAIL(e, RC_BAD_INPUT,
		    "the first block, %s, is behind the last, %s", args->at[1],
		    args->at[2]);
	return RC_OK;
}

int
cmd_export(int argc, char **argv)
{
	struct export x = {.fd = -1};
	struct arg_option option[] = {{"--conf", &x.conf, NULL}};
	struct err e = {0};
	struct args args;
	enum rc rc;

	if (!args_read(&args, argc, argv, option, ARRAY_CNT(option), 1, 3))
		return CMD_USAGE;
	rc = read_range(&x, &args, &e);
	return rc == RC_OK ? export_to(&x, args.at[0]) : cmd_fail(&e, rc);
}
