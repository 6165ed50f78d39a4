/* SPDX-License-Identifier: Apache-2.0
 *
 * The prison holds: each way out ends the process. A control process shows
 * that what must work does.
 */
#include "signer/sandbox_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys.h"

enum { NOT_LOCKED = 3, DID_NOT_WORK = 4 };

/* Runs act in a process that is locked down as the child is; returns its wait
 * status. */
static int
run_locked(int (*act)(void))
{
	pid_t parent = getpid(), pid;
	int pair[2], dir, mark, status = -1;

	EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	keys_put(test_tmpdir(), "mark", bytes_of_str("mark"), 0600);
	keys_put(test_tmpdir(), "key", bytes_of_str("key"), 0600);
	dir = open(test_tmpdir(), O_RDONLY | O_DIRECTORY);
	mark = open(keys_path(test_tmpdir(), "mark"), O_RDWR);
	pid = fork();
	if (pid == 0) {
		struct err e;

		if (sandbox_prepare(parent, &e) != RC_OK ||
		    sandbox_descriptors(pair[1], dir, mark, &e) != RC_OK ||
		    sandbox_enter(&e) != RC_OK)
			_exit(NOT_LOCKED);
		_exit(act());
	}
	close(pair[0]);
	close(pair[1]);
	close(dir);
	close(mark);
	EXPECT(pid > 0 && waitpid(pid, &status, 0) == pid);
	return status;
}

/* What the child needs. ---------------------------------------------- */

static int
act_needed(void)
{
	char text[8], names[512];
	struct stat st;
	int fd = openat(SANDBOX_DIR, "key", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int list = openat(SANDBOX_DIR, ".", O_RDONLY | O_DIRECTORY);
	void *big = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (fd < 0 || fstat(fd, &st) != 0 || read(fd, text, 8) != 3 ||
	    getdents64(list, names, sizeof(names)) <= 0 || big == MAP_FAILED ||
	    close(list) != 0)
		return DID_NOT_WORK;
	munmap(big, 1 << 20);
	if (pwrite(SANDBOX_MARK, "x", 1, 0) != 1 ||
	    syscall(SYS_fdatasync, SANDBOX_MARK) != 0)
		return DID_NOT_WORK;
	return 0;
}

TEST(test_sandbox_allows_what_the_child_needs)
{
	int status = run_locked(act_needed);

	EXPECT(WIFEXITED(status));
	EXPECT_U64(WEXITSTATUS(status), 0);
}

/* Ways out. ---------------------------------------------------------- */

static int
act_open_anywhere(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static int
act_write_a_key(void)
{
	return openat(SANDBOX_DIR, "key", O_WRONLY);
}

static int
act_create_a_file(void)
{
	return openat(SANDBOX_DIR, "new", O_RDONLY | O_CREAT, 0600);
}

static int
act_open_below_another_folder(void)
{
	return openat(SANDBOX_MARK, "key", O_RDONLY);
}

static int
act_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int
act_fork(void)
{
	return fork();
}

static int
act_exec(void)
{
	return execl("/bin/true", "true", (char *)NULL);
}

static int
act_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED;
}

static int
act_make_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static int
act_trace(void)
{
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int
act_read_memory(void)
{
	char byte;
	struct iovec here = {&byte, 1};

	return (int)process_vm_readv(getppid(), &here, 1, &here, 1, 0);
}

static int
act_kill(void)
{
	return kill(1, SIGTERM);
}

static int
act_signal_another_thread(void)
{
	return (int)syscall(SYS_tgkill, 1, 1, SIGTERM);
}

static int
act_write_elsewhere(void)
{
	return (int)write(SANDBOX_SOCK, "x", 1);
}

static int
act_pwrite_elsewhere(void)
{
	return (int)pwrite(SANDBOX_DIR, "x", 1, 0);
}

static int
act_remove(void)
{
	return unlinkat(SANDBOX_DIR, "key", 0);
}

static int
act_ioctl(void)
{
	return (int)syscall(SYS_ioctl, SANDBOX_SOCK, 0x5412, "x");
}

static int
act_ring(void)
{
	return (int)syscall(SYS_io_uring_setup, 1, NULL);
}

static int
act_dumpable(void)
{
	return (int)syscall(SYS_prctl, 4, 1, 0, 0, 0);
}

#ifdef __x86_64__
/* The 32-bit numbering: 5 is open there. */
static int
act_other_numbers(void)
{
	long rc;

	__asm__ volatile("int $0x80" : "=a"(rc) : "a"(5) : "memory");
	return (int)rc;
}

static int
act_x32(void)
{
	return (int)syscall(0x40000000 | 1, 2, "x", 1);
}
#endif

TEST(test_sandbox_every_way_out_ends_the_process)
{
	static const struct {
		const char *name;
		int (*act)(void);
	} rows[] = {
	    {"open anywhere", act_open_anywhere},
	    {"write a key", act_write_a_key},
	    {"create a file", act_create_a_file},
	    {"open below another folder", act_open_below_another_folder},
	    {"socket", act_socket},
	    {"fork", act_fork},
	    {"exec", act_exec},
	    {"executable memory", act_code},
	    {"memory made executable", act_make_code},
	    {"ptrace", act_trace},
	    {"read another process", act_read_memory},
	    {"kill", act_kill},
	    {"signal another thread", act_signal_another_thread},
	    {"write elsewhere", act_write_elsewhere},
	    {"pwrite elsewhere", act_pwrite_elsewhere},
	    {"remove a key", act_remove},
	    {"ioctl", act_ioctl},
	    {"io_uring", act_ring},
	    {"become dumpable", act_dumpable},
#ifdef __x86_64__
	    {"32-bit system calls", act_other_numbers},
	    {"x32 system calls", act_x32},
#endif
	};
	size_t i;
	int status;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		status = run_locked(rows[i].act);
		EXPECT(WIFSIGNALED(status));
		EXPECT_U64(WIFSIGNALED(status) ? WTERMSIG(status) : 0, SIGSYS);
	}
	test_count(i);
}

/* With Landlock even the allowed call reads nothing outside the folder. */
static int
act_read_outside(void)
{
	int fd = openat(SANDBOX_DIR, "/etc/passwd", O_RDONLY | O_CLOEXEC);

	return fd < 0 && errno == EACCES ? 0 : DID_NOT_WORK;
}

static int
act_read_above(void)
{
	int fd = openat(SANDBOX_DIR, "../../etc/passwd", O_RDONLY);

	return fd < 0 && errno == EACCES ? 0 : DID_NOT_WORK;
}

TEST(test_sandbox_paths_end_at_the_key_folder)
{
	int status;

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, 1) < 1) {
		test_skip("this kernel has no Landlock");
		return;
	}
	status = run_locked(act_read_outside);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	status = run_locked(act_read_above);
	EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Descriptors in any order and place end where they belong. */
TEST(test_sandbox_descriptors_are_moved_and_the_rest_closed)
{
	struct stat sock, dir, mark;
	int status = -1, fd[3], i;
	pid_t pid = fork();

	if (pid == 0) {
		/* Crossing places: sock at 5, dir at 3, mark at 4. */
		fd[0] = open("/dev/null", O_RDWR);
		fd[1] = open("/", O_RDONLY | O_DIRECTORY);
		fd[2] = open("/dev/zero", O_RDWR);
		for (i = 0; i < 3; i++)
			fd[i] = fcntl(fd[i], F_DUPFD, 50);
		if (dup2(fd[0], 5) < 0 || dup2(fd[1], 3) < 0 ||
		    dup2(fd[2], 4) < 0 ||
		    sandbox_descriptors(5, 3, 4, NULL) != RC_OK)
			_exit(1);
		if (fstat(SANDBOX_SOCK, &sock) != 0 ||
		    fstat(SANDBOX_DIR, &dir) != 0 ||
		    fstat(SANDBOX_MARK, &mark) != 0)
			_exit(2);
		if (!S_ISDIR(dir.st_mode) || sock.st_rdev == mark.st_rdev)
			_exit(3);
		for (i = SANDBOX_MARK + 1; i < 256; i++) {
			if (fcntl(i, F_GETFD) >= 0)
				_exit(4);
		}
		_exit(0);
	}
	EXPECT(waitpid(pid, &status, 0) == pid);
	EXPECT(WIFEXITED(status));
	EXPECT_U64(WEXITSTATUS(status), 0);
}
