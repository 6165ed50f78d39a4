/* SPDX-License-Identifier: Apache-2.0
 *
 * A child, a pipe that tells what is wrong, and its end.
 */
#include "gateway/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* child works, tells by the pipe what is wrong, and ends. */
_Noreturn static void
child(aside_fn *work, void *ctx, unsigned seconds, int pipe_fd)
{
	struct err e = {0};
	const char *text;
	ssize_t n = 0;
	enum rc rc;

	(void)signal(SIGALRM, SIG_DFL);
	(void)alarm(seconds);
	rc = work(ctx, &e);
	if (rc != RC_OK) {
		text = err_message(&e, rc);
		n = write(pipe_fd, text, strlen(text));
	}
	_exit(n < 0);
}

enum rc
aside_run(aside_fn *work, void *ctx, unsigned seconds, struct err *e)
{
	char text[ERR_TEXT_MAX];
	int fds[2], status = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return FAIL(e, RC_CONF, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		child(work, ctx, seconds, fds[1]);
	(void)close(fds[1]);
	do
		n = read(fds[0], text, sizeof(text) - 1);
	while (n < 0 && errno == EINTR);
	(void)close(fds[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (pid < 0 || n < 0)
		return FAIL(e, RC_CONF, "no process to look at it");
	if (WIFSIGNALED(status))
		return FAIL(e, RC_CONF, "reading it ended with signal %d (%s)",
		    WTERMSIG(status), sigdescr_np(WTERMSIG(status)));
	if (status != 0)
		return FAIL(e, RC_CONF, "reading it ended with status %d",
		    WEXITSTATUS(status));
	text[n] = '\0';
	return n == 0 ? RC_OK : FAIL(e, RC_CONF, "%s", text);
}
