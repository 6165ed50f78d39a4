/* SPDX-License-Identifier: Apache-2.0
 *
 * Filters in processes of their own: what passes, what fails, what ends them.
 */
#include "base/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "test.h"

static const struct seccomp_test is_five[] = {SECCOMP_ARG_IS(0, 5)};
static const struct seccomp_test is_six[] = {SECCOMP_ARG_IS(0, 6)};
static const struct seccomp_test lacks_exec[] = {
    SECCOMP_ARG_HAS_NONE_OF(2, PROT_EXEC)};
static const struct seccomp_test three[] = {SECCOMP_ARG_IS(0, 1),
    SECCOMP_ARG_IS(1, 2), SECCOMP_ARG_HAS_NONE_OF(2, 0xf0)};

/* The filter of all cases, and the ways of the C library to the end. */
static void
put_rows(struct seccomp *f)
{
	seccomp_begin(f);
	seccomp_allow(f, __NR_getppid);
	seccomp_allow_if(f, __NR_dup, is_five, ARRAY_CNT(is_five), 0);
	seccomp_allow_if(
	    f, __NR_mprotect, lacks_exec, ARRAY_CNT(lacks_exec), EACCES);
	seccomp_allow_if(f, __NR_fcntl, three, ARRAY_CNT(three), EPERM);
	seccomp_allow_if(
	    f, __NR_dup3, is_five, ARRAY_CNT(is_five), SECCOMP_NEXT);
	seccomp_allow_if(f, __NR_dup3, is_six, ARRAY_CNT(is_six), EPERM);
	seccomp_refuse(f, __NR_umask, ENOSYS);
	seccomp_allow(f, __NR_exit_group);
}

static long
get_parent(void)
{
	return syscall(__NR_getppid) > 0 ? 0 : -1;
}

static long
dup_five(void)
{
	return syscall(__NR_dup, 5) == -1 && errno == EBADF ? 0 : -1;
}

static long
dup_six(void)
{
	return syscall(__NR_dup, 6);
}

static long
protect(int how)
{
	return syscall(__NR_mprotect, 0, 0, how) == 0 ? 0 : errno;
}

static long
protect_read(void)
{
	return protect(PROT_READ);
}

static long
protect_exec(void)
{
	return protect(PROT_READ | PROT_EXEC);
}

static long
control(long a, long b, long c)
{
	return syscall(__NR_fcntl, a, b, c) == -1 ? errno : 0;
}

static long
three_hold(void)
{
	return control(1, F_SETFD, 0x0f) == EPERM ? -1 : 0;
}

static long
first_fails(void)
{
	return control(2, F_SETFD, 0x0f);
}

static long
second_fails(void)
{
	return control(1, F_GETFD, 0x0f);
}

static long
third_fails(void)
{
	return control(1, F_SETFD, 0x10);
}

static long
dup_three(int fd)
{
	return syscall(__NR_dup3, fd, 7, 0) == -1 ? errno : 0;
}

static long
first_row_of_two(void)
{
	return dup_three(5);
}

static long
second_row_of_two(void)
{
	return dup_three(6);
}

static long
neither_row_of_two(void)
{
	return dup_three(8);
}

static long
mask(void)
{
	return syscall(__NR_umask, 022) == -1 ? errno : 0;
}

static long
not_in_the_list(void)
{
	return syscall(__NR_uname, NULL);
}

/* The status of a process that does act below the filter: the exit code, or
 * 1000 and the signal. */
static int
end_of(long (*act)(void))
{
	const struct rlimit none = {.rlim_cur = 0};
	struct seccomp f;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &none);
		put_rows(&f);
		if (seccomp_enter(&f, NULL) != RC_OK)
			_exit(99);
		(void)syscall(__NR_exit_group, (int)act());
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return WIFSIGNALED(status) ? 1000 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}

TEST(test_seccomp_row_decides_what_becomes_of_a_call)
{
	static const struct {
		const char *name;
		long (*act)(void);
		int want;
	} v[] = {
	    {"plain row", get_parent, 0},
	    {"argument as asked", dup_five, 0},
	    {"another argument", dup_six, 1000 + SIGSYS},
	    {"no forbidden bit", protect_read, 0},
	    {"forbidden bit", protect_exec, EACCES},
	    {"all of three", three_hold, 0},
	    {"first of three", first_fails, EPERM},
	    {"second of three", second_fails, EPERM},
	    {"third of three", third_fails, EPERM},
	    {"first row of two", first_row_of_two, EBADF},
	    {"second row of two", second_row_of_two, EBADF},
	    {"neither row of two", neither_row_of_two, EPERM},
	    {"refused", mask, ENOSYS},
	    {"no row", not_in_the_list, 1000 + SIGSYS},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(v); i++) {
		test_row(v[i].name);
		EXPECT_U64((uint64_t)end_of(v[i].act), (uint64_t)v[i].want);
	}
}

/* The same number means another call there. */
TEST(test_seccomp_other_architecture_ends_the_process)
{
#if defined(__x86_64__)
	const struct rlimit none = {.rlim_cur = 0};
	struct seccomp f;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		long nr = 64; /* getppid of i386 */

		(void)setrlimit(RLIMIT_CORE, &none);
		put_rows(&f);
		seccomp_allow(&f, 64);
		if (seccomp_enter(&f, NULL) != RC_OK)
			_exit(99);
		__asm__ volatile("int $0x80" : "+a"(nr) : : "memory");
		(void)syscall(__NR_exit_group, nr > 0 ? 1 : 2);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	/* 2: a kernel without 32-bit calls. */
	EXPECT((WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) ||
	       (WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV) ||
	       (WIFEXITED(status) && WEXITSTATUS(status) == 2));
#else
	test_skip("x86-64 only");
#endif
}
