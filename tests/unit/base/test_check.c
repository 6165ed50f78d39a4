/* SPDX-License-Identifier: Apache-2.0
 *
 * A broken promise ends the process and says where.
 */
#include "base/check.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

/* run_child runs fn with standard error in text and returns its status. */
static int
run_child(char *text, size_t cap, void (*fn)(void))
{
	int pipes[2], status = 0;
	size_t len = 0;
	ssize_t n;
	pid_t pid;

	EXPECT(pipe(pipes) == 0);
	pid = fork();
	if (pid == 0) {
		(void)signal(SIGABRT, SIG_DFL);
		(void)dup2(pipes[1], STDERR_FILENO);
		fn();
		_exit(0);
	}
	(void)close(pipes[1]);
	while ((n = read(pipes[0], text + len, cap - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	(void)close(pipes[0]);
	EXPECT(waitpid(pid, &status, 0) == pid);
	return status;
}

static void
break_promise(void)
{
	volatile int one = 1;

	CHECK(one == 2);
}

static void
keep_promise(void)
{
	volatile int one = 1;

	CHECK(one == 1);
}

TEST(test_check_false_aborts_and_names_the_place)
{
	char text[512];
	int status = run_child(text, sizeof(text), break_promise);

	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	EXPECT(strncmp(text, "CHECK failed: one == 2 at ", 26) == 0);
	EXPECT(strstr(text, "test_check.c:") != NULL);
	EXPECT(text[strlen(text) - 1] == '\n');
}

TEST(test_check_true_goes_on)
{
	char text[512];
	int status = run_child(text, sizeof(text), keep_promise);

	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	EXPECT_STR(text, "");
}
