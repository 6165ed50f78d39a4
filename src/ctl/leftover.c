/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds parts by /proc: a program of ours whose arguments name a file of this
 * state. Files with process numbers are not asked: a supervisor that is killed
 * right after a fork has written none.
 */
#include "ctl/leftover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	LEFT_POLL_MS = 50,
	LEFT_GRACE_MS = 12000,
	LEFT_KILL_MS = 5000,
	LINE_MAX_BYTES = 2 * PATH_MAX
};

/* Each part's workers and children carry its command line. */
static const struct {
	const char *program, *file;
	int stop_signal;
} parts[] = {
    {"noded", "conf/node.conf", SIGTERM}, {"jobsd", "conf/jobs.conf", SIGTERM},
    {"gateway", "conf/gateway.conf", SIGTERM},
    {"postgres", "pg", SIGINT}, /* does not wait for its clients */
};

static bool
read_line(char out[LINE_MAX_BYTES], size_t *len, long pid)
{
	char path[64];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%ld/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd == -1 ? -1 : read(fd, out, LINE_MAX_BYTES - 1);
	if (fd != -1)
		close(fd);
	if (n <= 0)
		return false;
	out[n] = '\0';
	*len = (size_t)n;
	return true;
}

static bool
is_program(const char *arg, const char *program)
{
	const char *slash = strrchr(arg, '/');

	return !strcmp(slash == NULL ? arg : slash + 1, program);
}

static bool
has_arg(const char *line, size_t len, const char *want)
{
	const char *p = line + strlen(line) + 1;

	for (; p < line + len; p += strlen(p) + 1)
		if (!strcmp(p, want))
			return true;
	return false;
}

/* stop_signal_of returns how to stop the process; 0: it is none of ours. */
static int
stop_signal_of(const struct home *h, long pid)
{
	char line[LINE_MAX_BYTES], path[PATH_MAX];
	size_t len, i;

	if (!read_line(line, &len, pid))
		return 0;
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (is_program(line, parts[i].program) &&
		    has_arg(line, len, home_path(h, path, "%s", parts[i].file)))
			return parts[i].stop_signal;
	return 0;
}

/* signal_all counts the parts that run. sig: SIGKILL, 0 for none, or -1 for
 * each one's own. */
static enum rc
signal_all(const struct home *h, int sig, size_t *cnt, struct err *e)
{
	DIR *d = opendir("/proc");
	const struct dirent *ent;

	*cnt = 0;
	if (d == NULL)
		return FAIL(e, RC_IO, "/proc: %s", strerror(errno));
	while ((ent = readdir(d)) != NULL) {
		long pid = strtol(ent->d_name, NULL, 10);
		int own = pid > 0 ? stop_signal_of(h, pid) : 0;

		if (own == 0)
			continue;
		++*cnt;
		if (sig != 0)
			(void)kill((pid_t)pid, sig == -1 ? own : sig);
	}
	(void)closedir(d);
	return RC_OK;
}

static enum rc
wait_gone(const struct home *h, int ms, size_t *cnt, struct err *e)
{
	const struct timespec t = {.tv_nsec = LEFT_POLL_MS * 1000000L};
	int waited;

	for (waited = 0; waited < ms; waited += LEFT_POLL_MS) {
		TRY(signal_all(h, 0, cnt, e));
		if (*cnt == 0)
			return RC_OK;
		(void)nanosleep(&t, NULL);
	}
	return RC_OK;
}

enum rc
leftover_end(const struct home *h, struct err *e)
{
	size_t cnt;

	TRY(signal_all(h, -1, &cnt, e));
	if (cnt == 0)
		return RC_OK;
	printf("ending %zu processes of a `sekisho up` that was killed\n", cnt);
	fflush(stdout);
	TRY(wait_gone(h, LEFT_GRACE_MS, &cnt, e));
	if (cnt == 0)
		return RC_OK;
	TRY(signal_all(h, SIGKILL, &cnt, e));
	TRY(wait_gone(h, LEFT_KILL_MS, &cnt, e));
	if (cnt == 0)
		return RC_OK;
	return FAIL(e, RC_UNAVAILABLE,
	    "%zu processes of an earlier `sekisho up` do not end", cnt);
}
