/* SPDX-License-Identifier: Apache-2.0
 *
 * The child's prison, made of what the kernel has: process flags, limits,
 * Landlock (5.13) for paths, and a seccomp filter written from sandbox.def.
 */
#include "signer/sandbox_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "base/seccomp.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_SANITIZED
#endif
#endif

/* Open flags that write, create or take odd ways. */
#define OPEN_WRITES                                                            \
	(O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | O_PATH | O_TMPFILE)
/* O_TMPFILE includes O_DIRECTORY, with which the folder is listed. */
#define OPEN_FORBIDDEN (OPEN_WRITES & ~O_DIRECTORY)

/* Before the door closes. -------------------------------------------- */

enum rc
sandbox_prepare(pid_t parent, struct err *e)
{
	static const int ignored[] = {
	    SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2};
	const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
	sigset_t all;
	size_t i;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return FAIL(e, RC_IO, "death signal: errno %d", errno);
	if (getppid() != parent)
		return FAIL(e, RC_IO, "the parent is gone");
	/* The end of the socket ends us, not a key press at the terminal or a
	 * service manager that signals the whole group. */
	for (i = 0; i < ARRAY_CNT(ignored); i++)
		signal(ignored[i], SIG_IGN);
	sigemptyset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_NAME, "signer") != 0)
		return FAIL(e, RC_IO, "process flags: errno %d", errno);
	return RC_OK;
}

/* Puts fd at place; the old ones are out of the way by then. */
static bool
place(int fd, int at, int flags)
{
	return dup3(fd, at, flags) == at;
}

enum rc
sandbox_descriptors(int sock, int dir, int mark, struct err *e)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int high[3];
	size_t i;

	/* First out of the way of the places that will be taken. */
	high[0] = fcntl(sock, F_DUPFD_CLOEXEC, SANDBOX_MARK + 1);
	high[1] = fcntl(dir, F_DUPFD_CLOEXEC, SANDBOX_MARK + 1);
	high[2] =
	    fcntl(mark < 0 ? sock : mark, F_DUPFD_CLOEXEC, SANDBOX_MARK + 1);
	for (i = 0; i < ARRAY_CNT(high); i++) {
		if (high[i] < 0 || null < 0)
			return FAIL(e, RC_IO, "descriptors: errno %d", errno);
	}
	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    !place(high[0], SANDBOX_SOCK, O_CLOEXEC) ||
	    !place(high[1], SANDBOX_DIR, O_CLOEXEC) ||
	    !place(high[2], SANDBOX_MARK, O_CLOEXEC))
		return FAIL(e, RC_IO, "descriptors: errno %d", errno);
	if (close_range(SANDBOX_MARK + 1, ~0U, 0) != 0)
		return FAIL(e, RC_IO, "close_range: errno %d", errno);
	return RC_OK;
}

/* Landlock. ---------------------------------------------------------- */

/* Reading below the key folder, and nothing else of the file system. A kernel
 * without Landlock is no error: the filter still forbids writing. */
static void
restrict_paths(void)
{
	const struct landlock_ruleset_attr all = {
	    .handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
	const struct landlock_path_beneath_attr keys = {
	    .allowed_access =
		LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	    .parent_fd = SANDBOX_DIR};
	int fd =
	    (int)syscall(__NR_landlock_create_ruleset, &all, sizeof(all), 0);

	if (fd < 0)
		return;
	if (syscall(__NR_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH,
		&keys, 0) == 0)
		syscall(__NR_landlock_restrict_self, fd, 0);
	close(fd);
}

/* The filter. -------------------------------------------------------- */

static void
put_rows(struct seccomp *f, uint32_t pid)
{
	seccomp_begin(f);
#define SANDBOX_PID pid
#define IS(n, value)                                                           \
	{                                                                      \
		(n), SECCOMP_IS, (uint32_t)(value)                             \
	}
#define HAS_NONE_OF(n, set)                                                    \
	{                                                                      \
		(n), SECCOMP_HAS_NONE_OF, (uint32_t)(set)                      \
	}
#define CALL(name) seccomp_allow(f, __NR_##name);
#define CALL_IF(name, ...)                                                     \
	{                                                                      \
		const struct seccomp_test tests[] = {__VA_ARGS__};             \
		seccomp_allow_if(f, __NR_##name, tests, ARRAY_CNT(tests), 0);  \
	}
#include "signer/sandbox.def"
#undef SANDBOX_PID
#undef IS
#undef HAS_NONE_OF
#undef CALL
#undef CALL_IF
}

enum rc
sandbox_enter(struct err *e)
{
	struct seccomp f;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return FAIL(e, RC_IO, "no new privileges: errno %d", errno);
	restrict_paths();
	put_rows(&f, (uint32_t)getpid());
	return seccomp_enter(&f, e);
}
