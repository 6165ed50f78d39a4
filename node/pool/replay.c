/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the pool's log at the start: the folder's segments in order, each
 * whole (it is small, and one pass over memory is the fastest), and cuts a
 * torn end. segment.c knows what is in them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "pool/log_file_priv.h"

/* Segments in one folder: 100 GiB of log. */
enum { SEGMENT_CNT_MAX = 100000 };

struct list {
	uint64_t *v;
	size_t cnt, cap;
};

static enum rc
io_failed(const char *what, const char *name, struct err *e)
{
	return FAIL(e, RC_IO, "pool log: %s %s: %s", what, name,
	    strerrordesc_np(errno));
}

/* read_name reads the number out of pool-<16 digits><end>. */
static bool
read_name(uint64_t *no, const char *name, const char *end)
{
	char *stop;

	if (strncmp(name, "pool-", 5) != 0 ||
	    strlen(name) != 21 + strlen(end) || strcmp(name + 21, end) != 0)
		return false;
	errno = 0;
	*no = strtoull(name + 5, &stop, 16);
	return errno == 0 && stop == name + 21;
}

static enum rc
list_add(struct list *l, uint64_t no, struct err *e)
{
	size_t cap = l->cap == 0 ? 64 : l->cap * 2;
	uint64_t *v;

	if (l->cnt == SEGMENT_CNT_MAX)
		return FAIL(e, RC_NO_SPACE, "pool log: more than %d segments",
		    (int)SEGMENT_CNT_MAX);
	if (l->cnt == l->cap) {
		v = mem_resize(l->v, l->cap * sizeof(*v), cap * sizeof(*v));
		if (v == NULL)
			return FAIL(e, RC_NO_MEMORY, "a list of segments");
		l->v = v;
		l->cap = cap;
	}
	l->v[l->cnt++] = no;
	return RC_OK;
}

/* list_dir lists the segments; what a crash left half-made is removed. */
static enum rc
list_dir(struct pool_log *l, struct list *out, DIR *d, struct err *e)
{
	const struct dirent *f;
	uint64_t no;

	for (;;) {
		errno = 0;
		f = readdir(d);
		if (f == NULL && errno != 0)
			return io_failed("list", "the folder", e);
		if (f == NULL)
			return RC_OK;
		if (read_name(&no, f->d_name, ".log"))
			TRY(list_add(out, no, e));
		else if (!l->is_read_only &&
			 read_name(&no, f->d_name, ".tmp") &&
			 unlinkat(l->dir_fd, f->d_name, 0) != 0)
			return io_failed("remove", f->d_name, e);
	}
}

static int
by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static enum rc
list_segments(struct pool_log *l, struct list *out, struct err *e)
{
	int fd = openat(l->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	enum rc rc;
	size_t i;

	if (d == NULL) {
		rc = io_failed("open", "the folder", e);
		if (fd >= 0)
			(void)close(fd);
		return rc;
	}
	rc = list_dir(l, out, d, e);
	(void)closedir(d);
	TRY(rc);
	if (out->cnt > 1)
		qsort(out->v, out->cnt, sizeof(*out->v), by_number);
	for (i = 1; i < out->cnt; i++) {
		if (out->v[i] != out->v[i - 1] + 1)
			return FAIL(e, RC_CORRUPT,
			    "pool log: segment %" PRIx64 " is missing",
			    out->v[i - 1] + 1);
	}
	return RC_OK;
}

/* cut_end removes a torn end, durably: the next group goes to a new segment,
 * behind which this one must be whole. */
static enum rc
cut_end(const struct pool_log_seg *seg, int fd, size_t len, struct err *e)
{
	log_warn("pool",
	    "torn end of the log cut segment=%" PRIx64 " at=%" PRIu64
	    " bytes=%" PRIu64,
	    seg->no, seg->bytes, len - seg->bytes);
	if (ftruncate(fd, (off_t)seg->bytes) != 0 || fsync(fd) != 0)
		return io_failed("cut", "a torn end", e);
	return RC_OK;
}

/*
 * harden makes the last segment durable: who wrote its last group may have
 * been killed before it could sync, or its sync has failed and the pages are
 * clean in memory and absent from the disk. What the pool knows counts as
 * acknowledged, so the same bytes are written over them and synced.
 */
static enum rc
harden(const struct pool_log *l, int fd, struct bytes file, const char *name,
    struct err *e)
{
	if (l->is_read_only)
		return RC_OK;
	if (!pool_log_write(fd, file.ptr, l->newest->bytes, 0) ||
	    fsync(fd) != 0 || fsync(l->dir_fd) != 0)
		return io_failed("sync", name, e);
	return RC_OK;
}

/* end_torn cuts a torn end, or only says how long it is. */
static enum rc
end_torn(struct pool_log *l, int fd, size_t len, struct err *e)
{
	if (!l->is_read_only)
		return cut_end(l->newest, fd, len, e);
	l->torn_bytes = len - l->newest->bytes;
	return RC_OK;
}

/* read_file reads a whole segment into memory that the caller frees. */
static enum rc
read_file(struct bytes *out, int fd, const char *name, struct err *e)
{
	struct stat st;
	uint8_t *p;
	size_t len, got = 0;

	if (fstat(fd, &st) != 0)
		return io_failed("look at", name, e);
	if (!S_ISREG(st.st_mode) || st.st_size > POOL_LOG_FILE_MAX)
		return FAIL(
		    e, RC_CORRUPT, "pool log: %s is not a segment", name);
	len = (size_t)st.st_size;
	p = mem_new(len + 1);
	if (p == NULL)
		return FAIL(e, RC_NO_MEMORY, "a segment of the pool log");
	while (got < len) {
		ssize_t n = pread(fd, p + got, len - got, (off_t)got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			mem_free(p);
			return io_failed("read", name, e);
		}
		got += (size_t)n;
	}
	*out = bytes_of(p, len);
	return RC_OK;
}

/* read_segment reads the newest segment in the list. */
static enum rc
read_segment(struct pool_log *l, const struct pool_log_reader *to, bool is_last,
    struct err *e)
{
	char name[POOL_LOG_NAME_MAX];
	struct bytes file;
	enum rc rc;
	int fd;

	pool_log_name(name, l->newest->no, false);
	fd = openat(l->dir_fd, name,
	    (l->is_read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return io_failed("open", name, e);
	rc = read_file(&file, fd, name, e);
	if (rc == RC_OK) {
		rc = pool_log_parse(l, to, file, is_last, e);
		if (rc == RC_OK && l->newest->room < file.len)
			rc = end_torn(l, fd, file.len, e);
		if (rc == RC_OK && is_last)
			rc = harden(l, fd, file, name, e);
		mem_free((void *)(uintptr_t)file.ptr);
	}
	(void)close(fd);
	return rc;
}

static enum rc
read_all(struct pool_log *l, const struct pool_log_reader *to,
    const struct list *segments, struct err *e)
{
	struct pool_log_seg *seg;
	size_t i;

	for (i = 0; i < segments->cnt; i++) {
		seg = pool_log_seg_add(l, segments->v[i]);
		if (seg == NULL)
			return FAIL(e, RC_NO_MEMORY, "a segment");
		seg->is_made = true;
		seg->is_full = true; /* never written to again */
		TRY(read_segment(l, to, i + 1 == segments->cnt, e));
	}
	return RC_OK;
}

enum rc
pool_log_read(
    struct pool_log *l, const struct pool_log_reader *to, struct err *e)
{
	struct list segments = {0};
	enum rc rc = list_segments(l, &segments, e);

	if (rc == RC_OK)
		rc = read_all(l, to, &segments, e);
	mem_free(segments.v);
	return rc;
}
