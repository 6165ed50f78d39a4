/* SPDX-License-Identifier: Apache-2.0
 *
 * cutio.so: writes down all that a program does to the files below a folder,
 * in order, so that a test can say what a disk may hold after its power was
 * cut at any moment. It changes nothing and breaks nothing.
 *
 *   LD_PRELOAD=.../cutio.so CUTIO_PATH=/srv/node/ CUTIO_TRACE=/tmp/t noded ...
 *
 * CUTIO_PATH   prefix of the paths that count; ends with a slash
 * CUTIO_TRACE  file of fixed size, made by the test, whose size bounds the
 *              trace. It is mapped shared: what is in it survives SIGKILL,
 *              and a child in a sandbox needs no system call to write it
 * CUTIO_LIE    fdatasync of files whose path contains this is not written
 *              down, as if it had not been called: shows that the test would
 *              notice
 *
 * The trace begins with struct top; then follow records, each a multiple of
 * eight bytes: struct record, path or data, padding. tests/e2e/powercut.py
 * reads them and knows what they mean.
 *
 * A call is written down after it was made: a record stands before the caller
 * can act on what it did. A sync has a record before, which tells the writes
 * that it covers, and one after, from which on they are durable. What was
 * made but not yet written down when the process dies was never synced, and
 * may as well be lost.
 *
 * Files made by fopen are written down whole when they are closed. Not seen:
 * writes through a map (the record MAP names the file), sync and syncfs.
 * sync_file_range promises nothing, and gets no record.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PATH_LEN = 256, FD_MAX = 4096 };

enum kind {
	CREATE = 1, /* id, path: a new name of a new file */
	WRITE,      /* id, at, data; is_durable for a descriptor of O_DSYNC */
	RESIZE,     /* id, at: its length */
	BEGIN,      /* id, a sync begins; at: number of the sync */
	DONE,       /* id, it has succeeded */
	RENAME,     /* old path, NUL, new path */
	UNLINK,     /* path */
	MKDIR,      /* id, path */
	MAP,        /* id, mapped shared and writable */
};

struct top {
	atomic_uint_least64_t end; /* where the next record goes */
	atomic_uint_least32_t lock, is_full;
	atomic_uint_least64_t syncs;
};

struct record {
	uint32_t kind, len; /* of path or data */
	uint64_t id, at, is_durable;
};

/* struct file is what we know of a descriptor; id is its inode. */
struct file {
	bool is_ours, is_dir, is_dsync;
	uint64_t id;
	char path[PATH_LEN];
};

static struct {
	const char *path, *lie;
	struct top *top;
	uint64_t size;
} conf;

static struct file files[FD_MAX];

/* The functions that ours stand before. */
#define EACH(X)                                                                \
	X(int, openat, (int, const char *, int, ...))                          \
	X(int, close, (int))                                                   \
	X(int, dup2, (int, int))                                               \
	X(int, dup3, (int, int, int))                                          \
	X(int, fcntl, (int, int, ...))                                         \
	X(FILE *, fopen, (const char *, const char *))                         \
	X(int, fclose, (FILE *))                                               \
	X(ssize_t, write, (int, const void *, size_t))                         \
	X(ssize_t, writev, (int, const struct iovec *, int))                   \
	X(ssize_t, pread, (int, void *, size_t, off_t))                        \
	X(ssize_t, pwrite, (int, const void *, size_t, off_t))                 \
	X(ssize_t, pwritev, (int, const struct iovec *, int, off_t))           \
	X(int, ftruncate, (int, off_t))                                        \
	X(int, posix_fallocate, (int, off_t, off_t))                           \
	X(int, fsync, (int))                                                   \
	X(int, fdatasync, (int))                                               \
	X(int, renameat2,                                                      \
	    (int, const char *, int, const char *, unsigned int))              \
	X(int, unlinkat, (int, const char *, int))                             \
	X(int, mkdirat, (int, const char *, mode_t))                           \
	X(void *, mmap, (void *, size_t, int, int, int, off_t))

#define DECLARE(type, name, args) static type(*real_##name) args;
EACH(DECLARE)
#undef DECLARE

/* resolve may come before set_up: other constructors write as well. */
static void
resolve(void)
{
	if (real_mmap != NULL)
		return;
#define FIND(type, name, args)                                                 \
	*(void **)(&real_##name) = dlsym(RTLD_NEXT, #name);
	EACH(FIND)
#undef FIND
}

__attribute__((constructor)) static void
set_up(void)
{
	const char *trace = getenv("CUTIO_TRACE");
	struct stat st;
	void *p;
	int fd;

	resolve();
	conf.path = getenv("CUTIO_PATH");
	conf.lie = getenv("CUTIO_LIE");
	if (trace == NULL || conf.path == NULL)
		return;
	fd = real_openat(AT_FDCWD, trace, O_RDWR | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0)
		abort();
	conf.size = (uint64_t)st.st_size;
	p = real_mmap(
	    NULL, conf.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		abort();
	(void)real_close(fd);
	conf.top = p;
}

/* Records. ----------------------------------------------------------- */

static void
copy(uint8_t *to, const struct iovec *v, int cnt, size_t len)
{
	for (int i = 0; i < cnt && len > 0; i++) {
		size_t n = v[i].iov_len < len ? v[i].iov_len : len;

		if (n > 0)
			memcpy(to, v[i].iov_base, n);
		to += n;
		len -= n;
	}
}

/* put appends a record with the first r.len bytes of v. The lock is held for
 * a copy; who dies holding it takes all of us along. */
static void
put(struct record r, const struct iovec *v, int cnt)
{
	struct top *t = conf.top;
	uint64_t need = (sizeof(r) + r.len + 7) & ~(uint64_t)7, at;
	uint8_t *to = (uint8_t *)t;

	while (atomic_exchange(&t->lock, 1) != 0)
		;
	at = atomic_load(&t->end);
	if (at + need > conf.size) {
		atomic_store(&t->is_full, 1);
	} else {
		memcpy(to + at, &r, sizeof(r));
		copy(to + at + sizeof(r), v, cnt, r.len);
		atomic_store(&t->end, at + need);
	}
	atomic_store(&t->lock, 0);
}

static void
put_text(enum kind kind, uint64_t id, const char *text, size_t len)
{
	struct iovec v = {.iov_len = len};

	memcpy(&v.iov_base, &text, sizeof(text));
	put((struct record){.kind = kind, .len = (uint32_t)len, .id = id}, &v,
	    1);
}

static void
put_number(enum kind kind, uint64_t id, uint64_t at)
{
	put((struct record){.kind = kind, .id = id, .at = at}, NULL, 0);
}

/* Descriptors and paths. --------------------------------------------- */

static struct file *
ours(int fd)
{
	if (conf.top == NULL || fd < 0 || fd >= FD_MAX || !files[fd].is_ours)
		return NULL;
	return &files[fd];
}

/* path_of makes a path that counts whole; false: it does not count. */
static bool
path_of(char out[PATH_LEN], int dir, const char *name)
{
	const struct file *d = ours(dir);
	int n;

	if (conf.top == NULL || name == NULL)
		return false;
	if (name[0] == '/' || d == NULL)
		n = snprintf(out, PATH_LEN, "%s", name);
	else if (!strcmp(name, "."))
		n = snprintf(out, PATH_LEN, "%s", d->path);
	else
		n = snprintf(out, PATH_LEN, "%s/%s", d->path, name);
	if (n < 0 || n >= PATH_LEN)
		return false;
	return !strncmp(out, conf.path, strlen(conf.path)) ||
	       (strlen(out) + 1 == strlen(conf.path) &&
		   !strncmp(out, conf.path, strlen(out)));
}

static void
note_open(int fd, const char *path, int flags, bool was_there)
{
	struct file *f = &files[fd];
	struct stat st;

	if (fd >= FD_MAX || fstat(fd, &st) != 0)
		abort();
	f->is_dir = S_ISDIR(st.st_mode);
	f->is_dsync = (flags & O_DSYNC) != 0;
	f->id = st.st_ino;
	memcpy(f->path, path, strlen(path) + 1);
	f->is_ours = f->is_dir || S_ISREG(st.st_mode);
	if (!f->is_ours || f->is_dir)
		return;
	if (!was_there)
		put_text(CREATE, f->id, path, strlen(path));
	else if ((flags & O_TRUNC) != 0)
		put_number(RESIZE, f->id, 0);
}

static int
do_open(int dir, const char *name, int flags, mode_t mode)
{
	char path[PATH_LEN];
	struct stat st;
	bool was_there;
	int fd;

	resolve();
	if (!path_of(path, dir, name)) {
		fd = real_openat(dir, name, flags, mode);
		if (fd >= 0 && fd < FD_MAX)
			files[fd].is_ours = false;
		return fd;
	}
	was_there = fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
	fd = real_openat(dir, name, flags, mode);
	if (fd >= 0)
		note_open(fd, path, flags, was_there);
	return fd;
}

static mode_t
mode_of(int flags, va_list *args)
{
	return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(*args, mode_t) : 0;
}

#define OPEN(name)                                                             \
	int name(const char *path, int flags, ...)                             \
	{                                                                      \
		va_list args;                                                  \
		mode_t mode;                                                   \
                                                                               \
		va_start(args, flags);                                         \
		mode = mode_of(flags, &args);                                  \
		va_end(args);                                                  \
		return do_open(AT_FDCWD, path, flags, mode);                   \
	}
#define OPENAT(name)                                                           \
	int name(int dir, const char *path, int flags, ...)                    \
	{                                                                      \
		va_list args;                                                  \
		mode_t mode;                                                   \
                                                                               \
		va_start(args, flags);                                         \
		mode = mode_of(flags, &args);                                  \
		va_end(args);                                                  \
		return do_open(dir, path, flags, mode);                        \
	}
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

/* What fortified callers call, when no mode is needed. */
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dir, const char *path, int flags);
int __openat64_2(int dir, const char *path, int flags);

int
__open_2(const char *path, int flags)
{
	return do_open(AT_FDCWD, path, flags, 0);
}

int
__open64_2(const char *path, int flags)
{
	return do_open(AT_FDCWD, path, flags, 0);
}

int
__openat_2(int dir, const char *path, int flags)
{
	return do_open(dir, path, flags, 0);
}

int
__openat64_2(int dir, const char *path, int flags)
{
	return do_open(dir, path, flags, 0);
}

int
close(int fd)
{
	resolve();
	if (fd >= 0 && fd < FD_MAX)
		files[fd].is_ours = false;
	return real_close(fd);
}

int
dup2(int from, int to)
{
	resolve();
	if (from >= 0 && from < FD_MAX && to >= 0 && to < FD_MAX && from != to)
		files[to] = files[from];
	return real_dup2(from, to);
}

int
dup3(int from, int to, int flags)
{
	resolve();
	if (from >= 0 && from < FD_MAX && to >= 0 && to < FD_MAX)
		files[to] = files[from];
	return real_dup3(from, to, flags);
}

static int
do_fcntl(int fd, int what, long arg)
{
	int r;

	resolve();
	r = real_fcntl(fd, what, arg);
	if ((what == F_DUPFD || what == F_DUPFD_CLOEXEC) && r >= 0 &&
	    r < FD_MAX && fd < FD_MAX)
		files[r] = files[fd];
	return r;
}

/* Every use of the third argument fits into a long. */
#define FCNTL(name)                                                            \
	int name(int fd, int what, ...)                                        \
	{                                                                      \
		va_list args;                                                  \
		long arg;                                                      \
                                                                               \
		va_start(args, what);                                          \
		arg = va_arg(args, long);                                      \
		va_end(args);                                                  \
		return do_fcntl(fd, what, arg);                                \
	}
FCNTL(fcntl)
FCNTL(fcntl64)

/* Writing. ----------------------------------------------------------- */

/* wrote writes down the n bytes that a call put at an offset. */
static ssize_t
wrote(int fd, const struct iovec *v, int cnt, off_t at, ssize_t n)
{
	const struct file *f = ours(fd);
	int saved = errno;

	if (f == NULL || f->is_dir || n <= 0)
		return n;
	put((struct record){.kind = WRITE,
		.len = (uint32_t)n,
		.id = f->id,
		.at = (uint64_t)at,
		.is_durable = f->is_dsync},
	    v, cnt);
	errno = saved;
	return n;
}

static struct iovec
vector(const void *p, size_t n)
{
	struct iovec v = {.iov_len = n};

	memcpy(&v.iov_base, &p, sizeof(p));
	return v;
}

ssize_t
write(int fd, const void *p, size_t n)
{
	struct iovec v = vector(p, n);
	ssize_t r;

	resolve();
	r = real_write(fd, p, n);
	if (ours(fd) == NULL || r <= 0)
		return r;
	return wrote(fd, &v, 1, lseek(fd, 0, SEEK_CUR) - r, r);
}

ssize_t
writev(int fd, const struct iovec *v, int cnt)
{
	ssize_t r;

	resolve();
	r = real_writev(fd, v, cnt);
	if (ours(fd) == NULL || r <= 0)
		return r;
	return wrote(fd, v, cnt, lseek(fd, 0, SEEK_CUR) - r, r);
}

static ssize_t
do_pwrite(int fd, const void *p, size_t n, off_t at)
{
	struct iovec v = vector(p, n);

	resolve();
	return wrote(fd, &v, 1, at, real_pwrite(fd, p, n, at));
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return do_pwrite(fd, p, n, at);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off_t at)
{
	return do_pwrite(fd, p, n, at);
}

ssize_t
pwritev(int fd, const struct iovec *v, int cnt, off_t at)
{
	resolve();
	return wrote(fd, v, cnt, at, real_pwritev(fd, v, cnt, at));
}

ssize_t
pwritev64(int fd, const struct iovec *v, int cnt, off_t at)
{
	resolve();
	return wrote(fd, v, cnt, at, real_pwritev(fd, v, cnt, at));
}

static int
resized(int fd, int r)
{
	const struct file *f = ours(fd);
	struct stat st;

	if (r == 0 && f != NULL && fstat(fd, &st) == 0)
		put_number(RESIZE, f->id, (uint64_t)st.st_size);
	return r;
}

int
ftruncate(int fd, off_t len)
{
	resolve();
	return resized(fd, real_ftruncate(fd, len));
}

int
ftruncate64(int fd, off_t len)
{
	resolve();
	return resized(fd, real_ftruncate(fd, len));
}

int
posix_fallocate(int fd, off_t at, off_t len)
{
	resolve();
	return resized(fd, real_posix_fallocate(fd, at, len));
}

static void *
do_mmap(void *p, size_t n, int prot, int flags, int fd, off_t at)
{
	const struct file *f;

	resolve();
	f = ours(fd);
	if (f != NULL && (flags & MAP_SHARED) != 0 && (prot & PROT_WRITE) != 0)
		put_number(MAP, f->id, 0);
	return real_mmap(p, n, prot, flags, fd, at);
}

void *
mmap(void *p, size_t n, int prot, int flags, int fd, off_t at)
{
	return do_mmap(p, n, prot, flags, fd, at);
}

void *
mmap64(void *p, size_t n, int prot, int flags, int fd, off_t at)
{
	return do_mmap(p, n, prot, flags, fd, at);
}

/* stdio writes by calls that nobody can stand before. */
static struct {
	FILE *f;
	char path[PATH_LEN];
} written;

FILE *
fopen(const char *name, const char *mode)
{
	char path[PATH_LEN];
	FILE *f;

	resolve();
	f = real_fopen(name, mode);
	if (f != NULL && mode[0] == 'w' && path_of(path, AT_FDCWD, name)) {
		if (written.f != NULL)
			abort();
		written.f = f;
		memcpy(written.path, path, sizeof(path));
		note_open(fileno(f), path, O_TRUNC, false);
		files[fileno(f)].is_ours = false;
	}
	return f;
}

static void
note_whole(const char *path)
{
	static uint8_t p[1 << 16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t at = 0;
	ssize_t n;

	while ((n = real_pread(fd, p, sizeof(p), at)) > 0) {
		struct iovec v = vector(p, (size_t)n);

		(void)wrote(fd, &v, 1, at, n);
		at += n;
	}
	(void)close(fd);
}

int
fclose(FILE *f)
{
	bool is_ours = f == written.f;
	int r;

	resolve();
	r = real_fclose(f);
	if (is_ours) {
		written.f = NULL;
		note_whole(written.path);
	}
	return r;
}

/* Syncing. ----------------------------------------------------------- */

static int
do_sync(int fd, int (*real)(int), bool is_lie)
{
	const struct file *f = ours(fd);
	uint64_t no;
	int r;

	if (f == NULL || is_lie)
		return real(fd);
	no = atomic_fetch_add(&conf.top->syncs, 1);
	put_number(BEGIN, f->id, no);
	r = real(fd);
	if (r == 0)
		put_number(DONE, f->id, no);
	return r;
}

int
fsync(int fd)
{
	resolve();
	return do_sync(fd, real_fsync, false);
}

int
fdatasync(int fd)
{
	const struct file *f = ours(fd);

	resolve();
	return do_sync(fd, real_fdatasync,
	    f != NULL && conf.lie != NULL && strstr(f->path, conf.lie) != NULL);
}

/* Names. ------------------------------------------------------------- */

static int
do_rename(
    int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	char text[2 * PATH_LEN], dest[PATH_LEN];
	size_t n, m;
	int r;

	resolve();
	r = real_renameat2(from_dir, from, to_dir, to, flags);
	if (r != 0 || !path_of(text, from_dir, from) ||
	    !path_of(dest, to_dir, to))
		return r;
	n = strlen(text) + 1;
	m = strlen(dest);
	memcpy(text + n, dest, m);
	put_text(RENAME, 0, text, n + m);
	return r;
}

int
rename(const char *from, const char *to)
{
	return do_rename(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return do_rename(from_dir, from, to_dir, to, 0);
}

int
renameat2(int from_dir, const char *from, int to_dir, const char *to,
    unsigned int flags)
{
	return do_rename(from_dir, from, to_dir, to, flags);
}

int
unlinkat(int dir, const char *name, int flags)
{
	char path[PATH_LEN];
	int r;

	resolve();
	r = real_unlinkat(dir, name, flags);
	if (r == 0 && path_of(path, dir, name))
		put_text(UNLINK, 0, path, strlen(path));
	return r;
}

int
unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

int
mkdirat(int dir, const char *name, mode_t mode)
{
	char path[PATH_LEN];
	struct stat st;
	int r;

	resolve();
	r = real_mkdirat(dir, name, mode);
	if (r == 0 && path_of(path, dir, name) &&
	    fstatat(dir, name, &st, 0) == 0)
		put_text(MKDIR, st.st_ino, path, strlen(path));
	return r;
}

int
mkdir(const char *name, mode_t mode)
{
	return mkdirat(AT_FDCWD, name, mode);
}
