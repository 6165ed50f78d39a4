/* SPDX-License-Identifier: Apache-2.0
 *
 * The child's prison, made of what the kernel has: process flags, limits,
 * Landlock (5.13) for paths, and a seccomp filter written from sandbox.def.
 */
#include "signer/sandbox_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"

#if defined(__x86_64__)
#define SANDBOX_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define SANDBOX_ARCH AUDIT_ARCH_AARCH64
#else
#error "the signer's filter is written for x86-64 and arm64"
#endif

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

/* Rows, the start and the end: 64 calls of at most 6 instructions fit. */
enum { FILTER_MAX = 256 };

struct filter {
	struct sock_filter v[FILTER_MAX];
	unsigned short cnt;
};

static void
put(struct filter *f, unsigned code, uint32_t k, uint8_t yes, uint8_t no)
{
	CHECK(f->cnt < FILTER_MAX);
	f->v[f->cnt++] = (struct sock_filter){
	    .code = (unsigned short)code, .jt = yes, .jf = no, .k = k};
}

static void
put_load(struct filter *f, size_t offset)
{
	put(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void
put_return(struct filter *f, uint32_t what)
{
	put(f, BPF_RET | BPF_K, what, 0, 0);
}

/* Where the low half of argument n is; both machines are little-endian. All
 * arguments that are looked at are ints, of which the kernel uses this half. */
static size_t
arg_at(unsigned n)
{
	return offsetof(struct seccomp_data, args) + n * sizeof(uint64_t);
}

/* A row that does not match skips to the next, which begins by loading the
 * number again. */
static void
put_number(struct filter *f, int number, uint8_t skip)
{
	put_load(f, offsetof(struct seccomp_data, nr));
	put(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, skip);
}

static void
put_call(struct filter *f, int number)
{
	put_number(f, number, 1);
	put_return(f, SECCOMP_RET_ALLOW);
}

static void
put_call_is(struct filter *f, int number, unsigned arg, uint32_t value)
{
	put_number(f, number, 4);
	put_load(f, arg_at(arg));
	put(f, BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
	put_return(f, SECCOMP_RET_ALLOW);
	put_return(f, SECCOMP_RET_KILL_PROCESS);
}

static void
put_call_not(struct filter *f, int number, unsigned arg, uint32_t bits)
{
	put_number(f, number, 4);
	put_load(f, arg_at(arg));
	put(f, BPF_JMP | BPF_JSET | BPF_K, bits, 1, 0);
	put_return(f, SECCOMP_RET_ALLOW);
	put_return(f, SECCOMP_RET_KILL_PROCESS);
}

static void
put_call_read(struct filter *f, int number, uint32_t dir)
{
	put_number(f, number, 6);
	put_load(f, arg_at(0));
	put(f, BPF_JMP | BPF_JEQ | BPF_K, dir, 0, 3);
	put_load(f, arg_at(2));
	put(f, BPF_JMP | BPF_JSET | BPF_K, (uint32_t)OPEN_FORBIDDEN, 1, 0);
	put_return(f, SECCOMP_RET_ALLOW);
	put_return(f, SECCOMP_RET_KILL_PROCESS);
}

/* Calls of another architecture have other numbers, so they come first. The
 * x32 numbers of x86-64 are above all that are allowed. */
static void
put_rows(struct filter *f, uint32_t pid)
{
	put_load(f, offsetof(struct seccomp_data, arch));
	put(f, BPF_JMP | BPF_JEQ | BPF_K, SANDBOX_ARCH, 1, 0);
	put_return(f, SECCOMP_RET_KILL_PROCESS);
#define SANDBOX_PID             pid
#define CALL(name)              put_call(f, __NR_##name);
#define CALL_IS(name, n, value) put_call_is(f, __NR_##name, n, value);
#define CALL_NOT(name, n, bits) put_call_not(f, __NR_##name, n, bits);
#define CALL_READ(name, dir)    put_call_read(f, __NR_##name, dir);
#include "signer/sandbox.def"
#undef SANDBOX_PID
#undef CALL
#undef CALL_IS
#undef CALL_NOT
#undef CALL_READ
	put_return(f, SECCOMP_RET_KILL_PROCESS);
}

enum rc
sandbox_enter(struct err *e)
{
	struct filter f = {.cnt = 0};
	struct sock_fprog program = {.filter = f.v};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return FAIL(e, RC_IO, "no new privileges: errno %d", errno);
	restrict_paths();
	put_rows(&f, (uint32_t)getpid());
	program.len = f.cnt;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0)
		return FAIL(e, RC_IO, "seccomp: errno %d", errno);
	return RC_OK;
}
