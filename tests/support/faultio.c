/* SPDX-License-Identifier: Apache-2.0
 *
 * faultio.so: makes input and output fail on demand. Preloaded into any
 * program, it counts calls on files under a path and lets the n-th fail, be
 * short, or kill the process, so that a test reaches every such moment.
 *
 *   LD_PRELOAD=.../faultio.so FAULTIO_PATH=/srv/node FAULTIO_CALLS=sync \
 *   FAULTIO_NTH=7 noded ...
 *
 * FAULTIO_PATH   only descriptors of files whose path begins with this
 *                (as /proc/self/fd shows it); unset: all regular files
 * FAULTIO_CALLS  comma list of: write (write, pwrite, writev, pwritev,
 *                fallocate), sync (fsync, fdatasync), read (read,
 *                pread, readv, preadv); default write,sync
 * FAULTIO_NTH    which call fails, from 1; unset or 0: none, only counting
 * FAULTIO_ERRNO  EIO (default), ENOSPC, EDQUOT, EINTR, or a number
 * FAULTIO_ONCE   1: only the n-th call fails; default: all from it on
 * FAULTIO_SHORT  bytes that the n-th call still writes: what follows of it
 *                is lost (the call answers the short count, the next fails)
 * FAULTIO_KILL   1: instead of failing, the process dies by SIGKILL (after
 *                the short write, if there is one)
 * FAULTIO_FORKED 0: only the process that was started, not what it forks: a
 *                child in a sandbox may not be allowed what the shim calls
 * FAULTIO_NOTE   file that gets one line when the fault strikes:
 *                "<number> <call> <path>", so that a test can tell what was
 *                acknowledged after it
 * FAULTIO_COUNT  file that gets the number of counted calls at exit, one line
 *                per process that made any: the range for a sweep of
 *                FAULTIO_NTH
 *
 * Files in /proc, devices, pipes and sockets are never touched. Pages read
 * or written through a memory map are out of its reach.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PATH_LEN = 4096, TEXT_LEN = PATH_LEN + 64 };

enum group { GROUP_WRITE = 1, GROUP_SYNC = 2, GROUP_READ = 4 };

static struct {
	atomic_bool is_ready;
	const char *path, *note, *count;
	unsigned groups;
	long nth, short_bytes;
	int error;
	bool is_once, has_short, is_kill;
	atomic_long calls;
} conf;

static const struct {
	const char *name;
	int number;
} errors[] = {
    {"EIO", EIO}, {"ENOSPC", ENOSPC}, {"EDQUOT", EDQUOT}, {"EINTR", EINTR}};

static int
error_of(const char *text)
{
	if (text == NULL)
		return EIO;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (!strcmp(text, errors[i].name))
			return errors[i].number;
	return (int)strtol(text, NULL, 10);
}

static long
number_of(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? 0 : strtol(text, NULL, 10);
}

static unsigned
groups_of(const char *text)
{
	if (text == NULL)
		text = "write,sync";
	return (strstr(text, "write") != NULL ? GROUP_WRITE : 0u) |
	       (strstr(text, "sync") != NULL ? GROUP_SYNC : 0u) |
	       (strstr(text, "read") != NULL ? GROUP_READ : 0u);
}

static void
leave_alone(void)
{
	atomic_store(&conf.is_ready, false);
}

__attribute__((constructor)) static void
set_up(void)
{
	const char *forked = getenv("FAULTIO_FORKED");

	if (forked != NULL && !strcmp(forked, "0"))
		(void)pthread_atfork(NULL, NULL, leave_alone);
	conf.path = getenv("FAULTIO_PATH");
	conf.note = getenv("FAULTIO_NOTE");
	conf.count = getenv("FAULTIO_COUNT");
	conf.groups = groups_of(getenv("FAULTIO_CALLS"));
	conf.nth = number_of("FAULTIO_NTH");
	conf.error = error_of(getenv("FAULTIO_ERRNO"));
	conf.is_once = number_of("FAULTIO_ONCE") != 0;
	conf.has_short = getenv("FAULTIO_SHORT") != NULL;
	conf.short_bytes = number_of("FAULTIO_SHORT");
	conf.is_kill = number_of("FAULTIO_KILL") != 0;
	atomic_store(&conf.is_ready, true);
}

/* say appends to a file by plain system calls: no wrapper is in the way. */
static void
say(const char *path, const char *text)
{
	long fd = syscall(SYS_openat, AT_FDCWD, path,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	(void)syscall(SYS_write, fd, text, strlen(text));
	(void)syscall(SYS_close, fd);
}

__attribute__((destructor)) static void
tear_down(void)
{
	char text[32];

	if (conf.count == NULL || atomic_load(&conf.calls) == 0)
		return;
	(void)snprintf(text, sizeof(text), "%ld\n", atomic_load(&conf.calls));
	say(conf.count, text);
}

/* is_ours tells whether fd is a file that we were asked to break. */
static bool
is_ours(int fd, char path[PATH_LEN])
{
	char link[48];
	long n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = syscall(SYS_readlink, link, path, PATH_LEN - 1);
	if (n <= 0)
		return false;
	path[n] = '\0';
	if (path[0] != '/' || !strncmp(path, "/proc/", 6) ||
	    (!strncmp(path, "/dev/", 5) && strncmp(path, "/dev/shm/", 9) != 0))
		return false;
	return conf.path == NULL ||
	       !strncmp(path, conf.path, strlen(conf.path));
}

enum verdict { PASS, FAIL, SHORT };

static void
strike(long number, const char *call, const char *path)
{
	char text[TEXT_LEN];

	if (conf.note == NULL)
		return;
	(void)snprintf(text, sizeof(text), "%ld %s %s\n", number, call, path);
	say(conf.note, text);
}

static void
die(void)
{
	(void)syscall(SYS_kill, getpid(), SIGKILL);
	for (;;)
		(void)pause();
}

/* judge counts a call and decides what becomes of it. */
static enum verdict
judge(enum group group, int fd, const char *call)
{
	char path[PATH_LEN];
	long number;

	if (!atomic_load(&conf.is_ready) || (conf.groups & group) == 0 ||
	    !is_ours(fd, path))
		return PASS;
	number = atomic_fetch_add(&conf.calls, 1) + 1;
	if (conf.nth == 0 || number < conf.nth ||
	    (conf.is_once && number > conf.nth))
		return PASS;
	if (number == conf.nth) {
		strike(number, call, path);
		if (conf.has_short && group == GROUP_WRITE)
			return SHORT;
		if (conf.is_kill)
			die();
	}
	return FAIL;
}

static ssize_t
refuse(void)
{
	errno = conf.error;
	return -1;
}

static ssize_t
after_short(ssize_t n)
{
	if (conf.is_kill)
		die();
	return n > 0 ? n : refuse();
}

static size_t
shorter(size_t n)
{
	return n < (size_t)conf.short_bytes ? n : (size_t)conf.short_bytes;
}

/* real finds the function that a wrapper stands before. */
#define REAL(name, type)                                                       \
	static type *real;                                                     \
	if (real == NULL)                                                      \
	*(void **)(&real) = dlsym(RTLD_NEXT, #name)

/* Writing. ----------------------------------------------------------- */

typedef ssize_t write_fn(int, const void *, size_t);
typedef ssize_t pwrite_fn(int, const void *, size_t, off_t);
typedef ssize_t writev_fn(int, const struct iovec *, int);
typedef ssize_t pwritev_fn(int, const struct iovec *, int, off_t);
typedef int fallocate_fn(int, off_t, off_t);

ssize_t
write(int fd, const void *p, size_t n)
{
	REAL(write, write_fn);
	switch (judge(GROUP_WRITE, fd, "write")) {
	case PASS:
		return real(fd, p, n);
	case SHORT:
		return after_short(real(fd, p, shorter(n)));
	case FAIL:
		break;
	}
	return refuse();
}

static ssize_t
do_pwrite(pwrite_fn *real, int fd, const void *p, size_t n, off_t at)
{
	switch (judge(GROUP_WRITE, fd, "pwrite")) {
	case PASS:
		return real(fd, p, n, at);
	case SHORT:
		return after_short(real(fd, p, shorter(n), at));
	case FAIL:
		break;
	}
	return refuse();
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	REAL(pwrite, pwrite_fn);
	return do_pwrite(real, fd, p, n, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off_t at)
{
	REAL(pwrite64, pwrite_fn);
	return do_pwrite(real, fd, p, n, at);
}

/* first_bytes writes the first bytes of a vector, at an offset or not. */
static ssize_t
first_bytes(int fd, const struct iovec *v, int cnt, const off_t *at)
{
	size_t left = (size_t)conf.short_bytes;
	ssize_t done = 0;

	for (int i = 0; i < cnt && left > 0; i++) {
		size_t n = v[i].iov_len < left ? v[i].iov_len : left;
		long r = at == NULL ? syscall(SYS_write, fd, v[i].iov_base, n)
				    : syscall(SYS_pwrite64, fd, v[i].iov_base,
					  n, *at + done);

		if (r < 0)
			break;
		done += r;
		left -= (size_t)r;
	}
	return done;
}

ssize_t
writev(int fd, const struct iovec *v, int cnt)
{
	REAL(writev, writev_fn);
	switch (judge(GROUP_WRITE, fd, "writev")) {
	case PASS:
		return real(fd, v, cnt);
	case SHORT:
		return after_short(first_bytes(fd, v, cnt, NULL));
	case FAIL:
		break;
	}
	return refuse();
}

static ssize_t
do_pwritev(pwritev_fn *real, int fd, const struct iovec *v, int cnt, off_t at)
{
	switch (judge(GROUP_WRITE, fd, "pwritev")) {
	case PASS:
		return real(fd, v, cnt, at);
	case SHORT:
		return after_short(first_bytes(fd, v, cnt, &at));
	case FAIL:
		break;
	}
	return refuse();
}

ssize_t
pwritev(int fd, const struct iovec *v, int cnt, off_t at)
{
	REAL(pwritev, pwritev_fn);
	return do_pwritev(real, fd, v, cnt, at);
}

ssize_t
pwritev64(int fd, const struct iovec *v, int cnt, off_t at)
{
	REAL(pwritev64, pwritev_fn);
	return do_pwritev(real, fd, v, cnt, at);
}

int
posix_fallocate(int fd, off_t at, off_t len)
{
	REAL(posix_fallocate, fallocate_fn);
	switch (judge(GROUP_WRITE, fd, "posix_fallocate")) {
	case PASS:
		return real(fd, at, len);
	case SHORT:
		(void)after_short(0);
		break;
	case FAIL:
		break;
	}
	return conf.error;
}

/* Syncing. ----------------------------------------------------------- */

typedef int sync_fn(int);

int
fsync(int fd)
{
	REAL(fsync, sync_fn);
	if (judge(GROUP_SYNC, fd, "fsync") == PASS)
		return real(fd);
	return (int)refuse();
}

int
fdatasync(int fd)
{
	REAL(fdatasync, sync_fn);
	if (judge(GROUP_SYNC, fd, "fdatasync") == PASS)
		return real(fd);
	return (int)refuse();
}

/* Reading. ----------------------------------------------------------- */

typedef ssize_t read_fn(int, void *, size_t);
typedef ssize_t pread_fn(int, void *, size_t, off_t);
typedef ssize_t preadv_fn(int, const struct iovec *, int, off_t);

ssize_t
read(int fd, void *p, size_t n)
{
	REAL(read, read_fn);
	return judge(GROUP_READ, fd, "read") == PASS ? real(fd, p, n)
						     : refuse();
}

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
	REAL(pread, pread_fn);
	return judge(GROUP_READ, fd, "pread") == PASS ? real(fd, p, n, at)
						      : refuse();
}

ssize_t
pread64(int fd, void *p, size_t n, off_t at)
{
	REAL(pread64, pread_fn);
	return judge(GROUP_READ, fd, "pread") == PASS ? real(fd, p, n, at)
						      : refuse();
}

ssize_t
readv(int fd, const struct iovec *v, int cnt)
{
	REAL(readv, writev_fn);
	return judge(GROUP_READ, fd, "readv") == PASS ? real(fd, v, cnt)
						      : refuse();
}

ssize_t
preadv(int fd, const struct iovec *v, int cnt, off_t at)
{
	REAL(preadv, preadv_fn);
	return judge(GROUP_READ, fd, "preadv") == PASS ? real(fd, v, cnt, at)
						       : refuse();
}
