/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes that a killed supervisor left: those of this state are ended and
 * waited for, and no other.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "ctl/leftover.h"
#include "test.h"

/* run starts a shell that waits under another program's command line; ready
 * once it has said so. */
static pid_t
run(const char *script, const char *program, const char *arg)
{
	int in[2], out[2];
	char said = 0;
	pid_t pid;

	EXPECT(pipe(in) == 0 && pipe(out) == 0);
	pid = fork();
	if (pid == 0) {
		/* What a shell puts in the background ignores it. */
		(void)signal(SIGINT, SIG_DFL);
		dup2(in[0], 0);
		dup2(out[1], 1);
		execl("/bin/sh", program, "-c", script, arg, (char *)NULL);
		_exit(127);
	}
	EXPECT(read(out[0], &said, 1) == 1);
	close(in[0]);
	close(out[0]);
	close(out[1]);
	return pid;
}

/* ended_by tells the signal that ended a child, 0 when it still runs. */
static int
ended_by(pid_t pid)
{
	int status = 0;

	if (waitpid(pid, &status, WNOHANG) != pid)
		return 0;
	return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

TEST(test_leftover_ends_the_parts_of_this_state_only)
{
	static const char wait[] = "echo; read x";
	struct home h = test_home();
	static const struct {
		const char *program, *file;
		bool is_here;
		int want;
	} rows[] = {
	    {"/usr/bin/noded", "conf/node.conf", true, SIGTERM},
	    {"jobsd", "conf/jobs.conf", true, SIGTERM},
	    {"gateway", "conf/gateway.conf", true, SIGTERM},
	    {"postgres", "pg", true, SIGINT},
	    {"noded", "conf/node.conf", false, 0},
	    {"noded", "conf/node.conf.old", true, 0},
	    {"vi", "conf/node.conf", true, 0},
	};
	enum { ROW_CNT = sizeof(rows) / sizeof(rows[0]) };
	pid_t pid[ROW_CNT];
	char path[PATH_MAX], other[PATH_MAX + 8];
	struct err e = {0};
	size_t i;

	for (i = 0; i < ROW_CNT; i++) {
		home_path(&h, path, "%s", rows[i].file);
		(void)snprintf(other, sizeof(other), "/other%s", path);
		pid[i] =
		    run(wait, rows[i].program, rows[i].is_here ? path : other);
	}
	/* What has ended stays in /proc, without arguments, until it is
	 * waited for. */
	capture_begin(1);
	EXPECT_RC(leftover_end(&h, &e), RC_OK);
	EXPECT(strstr(capture_end(), "ending 4 processes") != NULL);
	for (i = 0; i < ROW_CNT; i++) {
		test_row(rows[i].program);
		EXPECT_U64((uint64_t)ended_by(pid[i]), (uint64_t)rows[i].want);
		if (rows[i].want == 0) {
			kill(pid[i], SIGKILL);
			waitpid(pid[i], NULL, 0);
		}
	}
	test_count(i);
	capture_begin(1);
	EXPECT_RC(leftover_end(&h, &e), RC_OK);
	EXPECT(capture_end()[0] == '\0');
}
