/* SPDX-License-Identifier: Apache-2.0
 *
 * A child under the fault shim: this program again, told by its environment
 * to play and by its argument to run nothing else.
 */
#include "fault.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "test.h"

enum { ACK_FD = 3, PATH_TEXT = 4200 };

#define DIR_VAR "FAULT_CHILD_DIR"

/* The child. --------------------------------------------------------- */

static fault_play *to_play;

static void
child_of_fault_tests(void)
{
	exit((int)to_play(getenv(DIR_VAR))); /* the shim counts until then */
}

void
fault_be_child(fault_play *play)
{
	static struct test_case c = {
	    "child_of_fault_tests", child_of_fault_tests, NULL};

	to_play = play;
	if (getenv(DIR_VAR) != NULL)
		test_register(&c);
}

void
fault_ack(void)
{
	CHECK(write(ACK_FD, "+", 1) == 1);
}

/* The parent. -------------------------------------------------------- */

/* The shim lies beside this program. */
static bool
find_shim(char path[PATH_TEXT])
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_TEXT - 16);
	char *slash;

	if (n <= 0)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	memcpy(slash + 1, "faultio.so", sizeof("faultio.so"));
	return access(path, R_OK) == 0;
}

bool
fault_can_run(void)
{
	char path[PATH_TEXT];

	if (find_shim(path))
		return true;
	test_skip("faultio.so is not built beside this program");
	return false;
}

static const char *
path_of(char out[PATH_TEXT], const char *name)
{
	(void)snprintf(out, PATH_TEXT, "%s/fault-%s", test_tmpdir(), name);
	return out;
}

static void
set_number(const char *name, int n)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", n);
	(void)setenv(name, text, 1);
}

/* become turns a forked child into the program under the shim. */
static void
become(const struct fault *f, const char *dir)
{
	char *argv[] = {(char *)(uintptr_t) "fault",
	    (char *)(uintptr_t) "child_of_fault_tests", NULL};
	char path[PATH_TEXT];

	CHECK(find_shim(path));
	(void)setenv("LD_PRELOAD", path, 1);
	(void)setenv(DIR_VAR, dir, 1);
	(void)setenv("FAULTIO_PATH", dir, 1);
	(void)setenv("FAULTIO_CALLS", f->calls, 1);
	(void)setenv("FAULTIO_ERRNO", f->error == NULL ? "EIO" : f->error, 1);
	(void)setenv("FAULTIO_NOTE", path_of(path, "note"), 1);
	(void)setenv("FAULTIO_COUNT", path_of(path, "count"), 1);
	set_number("FAULTIO_NTH", f->nth);
	if (f->short_bytes >= 0)
		set_number("FAULTIO_SHORT", f->short_bytes);
	if (f->is_once)
		(void)setenv("FAULTIO_ONCE", "1", 1);
	if (f->is_kill)
		(void)setenv("FAULTIO_KILL", "1", 1);
	(void)execv("/proc/self/exe", argv);
	_exit(99);
}

int
fault_run(const struct fault *f, const char *dir, unsigned *acked)
{
	char path[PATH_TEXT], one;
	int fd[2], status;
	pid_t pid;

	(void)unlink(path_of(path, "note"));
	(void)unlink(path_of(path, "count"));
	*acked = 0;
	CHECK(pipe(fd) == 0);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		CHECK(dup2(fd[1], ACK_FD) == ACK_FD);
		become(f, dir);
	}
	(void)close(fd[1]);
	while (read(fd[0], &one, 1) == 1)
		++*acked;
	(void)close(fd[0]);
	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

bool
fault_has_struck(void)
{
	char path[PATH_TEXT];

	return access(path_of(path, "note"), F_OK) == 0;
}

int
fault_call_cnt(void)
{
	char path[PATH_TEXT], text[32] = "";
	FILE *f = fopen(path_of(path, "count"), "r");

	if (f == NULL)
		return 0;
	if (fgets(text, sizeof(text), f) == NULL)
		text[0] = '\0';
	(void)fclose(f);
	return (int)strtol(text, NULL, 10);
}

void
fault_expect_end(const struct fault *f, int status)
{
	if (f->is_kill)
		EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	else if (!WIFEXITED(status) ||
		 (WEXITSTATUS(status) != FAULT_FAILED &&
		     WEXITSTATUS(status) != FAULT_NO_OPEN))
		test_fail(__FILE__, __LINE__,
		    "call %d failed, but the child ended with %x", f->nth,
		    (unsigned)status);
}
