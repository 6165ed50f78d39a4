/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the pool's log at the start; log.c has the layout. A segment is read
 * whole: it is small, and one pass over memory is the fastest. It decides
 * what is a torn end (cut, and the cut synced) and what is damage (refused,
 * with file and offset).
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

/* struct reading is one segment in memory. */
struct reading {
	struct pool_log *l;
	struct pool_log_seg *seg;
	const struct pool_log_reader *to;
	struct bytes file;
	bool is_last;
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
		else if (read_name(&no, f->d_name, ".tmp") &&
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

static enum rc
damaged(const struct reading *r, size_t at, const char *what, struct err *e)
{
	return FAIL(e, RC_CORRUPT,
	    "pool log: segment %" PRIx64 " is damaged at byte %zu: %s",
	    r->seg->no, at, what);
}

static enum rc
read_head(struct reading *r, struct err *e)
{
	const uint8_t *p = r->file.ptr;
	struct pool_log *l = r->l;

	if (r->file.len < POOL_LOG_SEG_HEAD)
		return damaged(r, 0, "no head", e);
	if (memcmp(p, POOL_LOG_MAGIC, POOL_LOG_VERSION_AT) != 0)
		return damaged(r, 0, "not a segment", e);
	if (memcmp(p, POOL_LOG_MAGIC, POOL_LOG_MAGIC_LEN) != 0)
		return FAIL(e, RC_WRONG_SCHEMA,
		    "pool log: version %.2s, this program reads 01",
		    (const char *)p + POOL_LOG_VERSION_AT);
	if (be64(p + 32) !=
	    crc64_add(&l->crc, 0, bytes_of(p, POOL_LOG_SEG_HEAD - 8)))
		return damaged(r, 0, "sum of the head", e);
	if (be64(p + 8) != r->seg->no)
		return damaged(r, 8, "number of another segment", e);
	r->seg->first_seq = be64(p + 16);
	r->seg->salt = be64(p + 24);
	if (l->oldest == r->seg)
		l->seq = r->seg->first_seq;
	if (r->seg->first_seq != l->seq)
		return damaged(r, 16, "groups are missing before it", e);
	return RC_OK;
}

/* read_frame cuts the frame at *at when a whole one is there. */
static bool
read_frame(
    const struct reading *r, struct bytes *payload, uint64_t *seq, size_t *at)
{
	const uint8_t *head = r->file.ptr + *at;
	size_t left = r->file.len - *at, len;

	if (left < POOL_LOG_FRAME_HEAD || be64(head) != r->seg->salt ||
	    be32(head + 12) != 0)
		return false;
	len = be32(head + 8);
	if (len > left - POOL_LOG_FRAME_HEAD || len > POOL_FRAME_MAX)
		return false;
	*payload = bytes_of(head + POOL_LOG_FRAME_HEAD, len);
	*seq = be64(head + 16);
	if (be64(head + 24) !=
	    pool_log_frame_sum(r->l, r->seg->salt, head, *payload))
		return false;
	*at += POOL_LOG_FRAME_HEAD + len;
	return true;
}

/* has_frame_after tells whether a whole frame begins behind at. */
static bool
has_frame_after(const struct reading *r, size_t at)
{
	struct bytes payload;
	uint8_t mark[8];
	uint64_t seq;

	be64_put(mark, r->seg->salt);
	for (;;) {
		const uint8_t *from = r->file.ptr + at + 1, *hit;

		if (r->file.len - at < 1 + sizeof(mark))
			return false;
		hit = memmem(from, r->file.len - at - 1, mark, sizeof(mark));
		if (hit == NULL)
			return false;
		at = (size_t)(hit - r->file.ptr);
		if (read_frame(r, &payload, &seq, &(size_t){at}))
			return true;
	}
}

static size_t
offset_of(const struct reading *r, struct bytes part)
{
	return (size_t)(part.ptr - r->file.ptr);
}

static enum rc
replay_add(const struct reading *r, struct bytes body, struct err *e)
{
	struct err why = {.rc = RC_OK};
	struct pool_tx *t;
	struct bytes head;
	enum rc rc;

	if (!bytes_take(&head, &body, POOL_LOG_ADD_HEAD))
		return damaged(r, offset_of(r, body), "no transaction", e);
	rc = pool_tx_decode(&t, body, &why);
	if (rc == RC_NO_MEMORY)
		return FAIL(e, rc, "%s", err_message(&why, rc));
	if (rc != RC_OK)
		return damaged(r, offset_of(r, body), err_message(&why, rc), e);
	memcpy(t->sender.b, head.ptr, sizeof(t->sender.b));
	t->added_ms = be64(head.ptr + sizeof(t->sender.b));
	return r->to->add(r->to->ctx, r->l, t,
	    (uint32_t)(POOL_LOG_REC_HEAD + POOL_LOG_ADD_HEAD + body.len), e);
}

static enum rc
replay_del(const struct reading *r, struct bytes body, struct err *e)
{
	struct hash hash;

	if (body.len != sizeof(hash.b))
		return damaged(r, offset_of(r, body), "no hash", e);
	memcpy(hash.b, body.ptr, sizeof(hash.b));
	r->to->del(r->to->ctx, &hash);
	return RC_OK;
}

/* replay_frame hands the records of one frame over. Its sum was right, so
 * what is wrong in it was written wrong. */
static enum rc
replay_frame(const struct reading *r, struct bytes in, struct err *e)
{
	struct bytes head, body;

	while (in.len > 0) {
		if (!bytes_take(&head, &in, POOL_LOG_REC_HEAD) ||
		    !bytes_take(&body, &in, be32(head.ptr + 1)))
			return damaged(r, offset_of(r, in), "record is cut", e);
		switch (head.ptr[0]) {
		case POOL_LOG_ADD:
			TRY(replay_add(r, body, e));
			break;
		case POOL_LOG_DEL:
			TRY(replay_del(r, body, e));
			break;
		default:
			return damaged(
			    r, offset_of(r, head), "kind of record", e);
		}
	}
	return RC_OK;
}

/* cut_end removes a torn end, durably: the next group goes to a new segment,
 * behind which this one must be whole. */
static enum rc
cut_end(const struct reading *r, int fd, size_t at, struct err *e)
{
	log_warn("pool",
	    "torn end of the log cut segment=%" PRIx64 " at=%zu bytes=%zu",
	    r->seg->no, at, r->file.len - at);
	if (ftruncate(fd, (off_t)at) != 0 || fsync(fd) != 0)
		return io_failed("cut", "a torn end", e);
	return RC_OK;
}

static enum rc
replay_segment(struct reading *r, int fd, struct err *e)
{
	size_t at = POOL_LOG_SEG_HEAD, next = at;
	struct bytes payload;
	uint64_t seq;

	TRY(read_head(r, e));
	for (; at < r->file.len; at = next) {
		if (!read_frame(r, &payload, &seq, &next))
			break;
		if (seq != r->l->seq)
			return damaged(r, at, "a group is missing", e);
		r->l->seq++;
		TRY(replay_frame(r, payload, e));
	}
	r->seg->bytes = at;
	if (at == r->file.len)
		return RC_OK;
	if (!r->is_last || has_frame_after(r, at))
		return damaged(r, at, "sum of a group", e);
	return cut_end(r, fd, at, e);
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

static enum rc
read_segment(struct reading *r, struct err *e)
{
	char name[POOL_LOG_NAME_MAX];
	enum rc rc;
	int fd;

	pool_log_name(name, r->seg->no, false);
	fd = openat(r->l->dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return io_failed("open", name, e);
	rc = read_file(&r->file, fd, name, e);
	if (rc == RC_OK) {
		rc = replay_segment(r, fd, e);
		mem_free((void *)(uintptr_t)r->file.ptr);
	}
	(void)close(fd);
	return rc;
}

static enum rc
read_all(struct pool_log *l, const struct pool_log_reader *to,
    const struct list *segments, struct err *e)
{
	size_t i;

	for (i = 0; i < segments->cnt; i++) {
		struct reading r = {
		    .l = l,
		    .seg = pool_log_seg_add(l, segments->v[i]),
		    .to = to,
		    .is_last = i + 1 == segments->cnt,
		};

		if (r.seg == NULL)
			return FAIL(e, RC_NO_MEMORY, "a segment");
		r.seg->is_made = true;
		r.seg->is_full = true; /* never written to again */
		TRY(read_segment(&r, e));
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
