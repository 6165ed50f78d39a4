/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool's durable log: writing and compaction. replay.c and segment.c
 * read it.
 *
 *   dir/pool-<16 hex digits>.log      segments, numbers without gap
 *   segment  = head frame*            head: magic, number, sequence number of
 *                                     the first frame, salt, sum
 *   frame    = mark len 0 seq sum record*      behind the last one: zeros
 *   record   = kind len body          ADD: sender, time, transaction
 *                                     DEL: hash
 *
 * One frame is one synced group. The next is not written before the last one
 * is synced, so a crash can tear only the last frame of the last segment:
 * that one was never acknowledged and is cut. A bad frame that a good one
 * follows, or one in an older segment, is damage.
 *
 * A file grows by zeros, many groups at a time: a group that is written over
 * them changes neither length nor extents, so that its sync is one write to
 * the disk and not a transaction of the file system's journal.
 *
 * The mark of a frame is the salt of its segment, drawn by the kernel: no
 * stranger can write bytes into a transaction that look like a frame. Sums
 * start at the salt, so that stale bytes of another file do not pass.
 *
 * After a failed write or sync nobody knows what the disk has: the log then
 * refuses everything, and the process must stop.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "pool/log_file_priv.h"

/* broken records the failure that ends the log. */
static enum rc
broken(struct pool_log *l, const char *what, struct err *e)
{
	int why = errno;

	l->has_failed = true;
	log_error("pool", "log failed step=\"%s\" errno=\"%s\"", what,
	    strerrorname_np(why));
	return FAIL(e, RC_IO, "pool log: %s: %s", what, strerrordesc_np(why));
}

static enum rc
check_alive(const struct pool_log *l, struct err *e)
{
	if (l->has_failed)
		return FAIL(e, RC_IO, "pool log: failed before");
	return RC_OK;
}

void
pool_log_name(char out[POOL_LOG_NAME_MAX], uint64_t no, bool is_temporary)
{
	(void)snprintf(out, POOL_LOG_NAME_MAX, "pool-%016" PRIx64 ".%s", no,
	    is_temporary ? "tmp" : "log");
}

struct pool_log_seg *
pool_log_seg_add(struct pool_log *l, uint64_t no)
{
	struct pool_log_seg *seg = mem_new(sizeof(*seg));

	if (seg == NULL)
		return NULL;
	seg->no = no;
	if (l->newest == NULL)
		l->oldest = seg;
	else
		l->newest->next = seg;
	l->newest = seg;
	l->seg_cnt++;
	return seg;
}

uint64_t
pool_log_frame_sum(const struct pool_log *l, uint64_t salt,
    const uint8_t head[POOL_LOG_FRAME_HEAD], struct bytes payload)
{
	uint64_t sum =
	    crc64_add(&l->crc, salt, bytes_of(head, POOL_LOG_FRAME_HEAD - 8));

	return crc64_add(&l->crc, sum, payload);
}

bool
pool_log_write(int fd, const uint8_t *p, size_t len, uint64_t at)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, p, len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return false;
		p += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

/* make_room fills the file with zeros until len bytes more fit. */
static bool
make_room(const struct pool_log *l, struct pool_log_seg *seg, uint64_t len)
{
	static const uint8_t zeros[POOL_LOG_STEP];

	while (seg->room < seg->bytes + len) {
		if (!pool_log_write(l->fd, zeros, sizeof(zeros), seg->room))
			return false;
		seg->room += sizeof(zeros);
	}
	return true;
}

/* put_head writes a segment's head. */
static void
put_head(const struct pool_log *l, const struct pool_log_seg *seg,
    uint8_t out[POOL_LOG_SEG_HEAD])
{
	memcpy(out, POOL_LOG_MAGIC, POOL_LOG_MAGIC_LEN);
	be64_put(out + 8, seg->no);
	be64_put(out + 16, seg->first_seq);
	be64_put(out + 24, seg->salt);
	be64_put(out + 32,
	    crc64_add(&l->crc, 0, bytes_of(out, POOL_LOG_SEG_HEAD - 8)));
}

/* make_segment makes the newest segment's file: under another name first, so
 * that a segment always has a whole head. */
static enum rc
make_segment(struct pool_log *l, struct err *e)
{
	char tmp[POOL_LOG_NAME_MAX], name[POOL_LOG_NAME_MAX];
	struct pool_log_seg *seg = l->newest;
	uint8_t head[POOL_LOG_SEG_HEAD];

	pool_log_name(tmp, seg->no, true);
	pool_log_name(name, seg->no, false);
	seg->first_seq = l->seq;
	CHECK(getrandom(&seg->salt, sizeof(seg->salt), 0) == sizeof(seg->salt));
	put_head(l, seg, head);
	if (l->fd >= 0)
		(void)close(l->fd);
	l->fd = openat(l->dir_fd, tmp,
	    O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->fd < 0)
		return broken(l, "create a segment", e);
	seg->room = 0;
	if (!make_room(l, seg, sizeof(head)) ||
	    !pool_log_write(l->fd, head, sizeof(head), 0))
		return broken(l, "write a segment's head", e);
	if (fsync(l->fd) != 0)
		return broken(l, "sync a segment's head", e);
	if (renameat(l->dir_fd, tmp, l->dir_fd, name) != 0)
		return broken(l, "name a segment", e);
	if (fsync(l->dir_fd) != 0)
		return broken(l, "sync the folder", e);
	seg->bytes = sizeof(head);
	seg->is_made = true;
	return RC_OK;
}

enum rc
pool_log_sync(struct pool_log *l, struct err *e)
{
	struct bytes payload;
	uint8_t *head = l->buf.ptr;
	struct pool_log_seg *seg;

	TRY(check_alive(l, e));
	if (l->buf.len == POOL_LOG_FRAME_HEAD)
		return RC_OK;
	seg = l->newest;
	if (!seg->is_made)
		TRY(make_segment(l, e));
	payload = bytes_of(
	    head + POOL_LOG_FRAME_HEAD, l->buf.len - POOL_LOG_FRAME_HEAD);
	be64_put(head, seg->salt);
	be32_put(head + 8, (uint32_t)payload.len);
	be32_put(head + 12, 0);
	be64_put(head + 16, l->seq);
	be64_put(head + 24, pool_log_frame_sum(l, seg->salt, head, payload));
	if (!make_room(l, seg, l->buf.len) ||
	    !pool_log_write(l->fd, head, l->buf.len, seg->bytes))
		return broken(l, "write a group", e);
	if (fdatasync(l->fd) != 0)
		return broken(l, "sync a group", e);
	metric_add(METRIC_POOL_SYNCS, 1);
	seg->bytes += l->buf.len;
	l->new_bytes += l->buf.len;
	seg->is_full = seg->bytes >= POOL_SEGMENT_MAX;
	l->seq++;
	l->buf.len = POOL_LOG_FRAME_HEAD;
	return RC_OK;
}

/* reserve makes room for one record of len bytes in the buffer. Records of
 * one frame are in one segment. */
static enum rc
reserve(struct pool_log *l, size_t len, struct err *e)
{
	TRY(check_alive(l, e));
	if (l->buf.cap - l->buf.len < POOL_LOG_REC_HEAD + len)
		TRY(pool_log_sync(l, e));
	CHECK(l->buf.cap - l->buf.len >= POOL_LOG_REC_HEAD + len);
	if (l->newest != NULL && !l->newest->is_full)
		return RC_OK;
	if (pool_log_seg_add(l, l->newest == NULL ? 1 : l->newest->no + 1) ==
	    NULL)
		return FAIL(e, RC_NO_MEMORY, "a segment of the pool log");
	return RC_OK;
}

static void
put(struct pool_log *l, const void *ptr, size_t len)
{
	CHECK(buf_put(&l->buf, ptr, len));
}

static void
put_record_head(struct pool_log *l, enum pool_log_kind kind, size_t len)
{
	uint8_t head[POOL_LOG_REC_HEAD];

	head[0] = (uint8_t)kind;
	be32_put(head + 1, (uint32_t)len);
	put(l, head, sizeof(head));
}

void
pool_log_adopt(struct pool_log *l, struct pool_log_ref *ref,
    const struct pool_tx *t, uint32_t bytes)
{
	struct pool_log_seg *seg = l->newest;

	CHECK(ref->seg == NULL && seg != NULL);
	*ref = (struct pool_log_ref){
	    .seg = seg, .next = seg->live, .tx = t, .bytes = bytes};
	if (seg->live != NULL)
		seg->live->prev = ref;
	seg->live = ref;
	seg->live_bytes += bytes;
}

void
pool_log_forget(struct pool_log_ref *ref)
{
	struct pool_log_seg *seg = ref->seg;

	if (seg == NULL)
		return;
	if (ref->next != NULL)
		ref->next->prev = ref->prev;
	if (ref->prev != NULL)
		ref->prev->next = ref->next;
	else
		seg->live = ref->next;
	seg->live_bytes -= ref->bytes;
	ref->seg = NULL;
}

void
pool_log_move(struct pool_log_ref *to, struct pool_log_ref *from)
{
	*to = *from;
	to->tx = NULL;
	if (to->next != NULL)
		to->next->prev = to;
	if (to->prev != NULL)
		to->prev->next = to;
	else
		to->seg->live = to;
	from->seg = NULL;
}

enum rc
pool_log_add(struct pool_log *l, struct pool_log_ref *ref,
    const struct pool_tx *t, struct err *e)
{
	size_t len = POOL_LOG_ADD_HEAD + t->tx.raw.len;
	uint8_t added[8];

	TRY(reserve(l, len, e));
	put_record_head(l, POOL_LOG_ADD, len);
	put(l, t->sender.b, sizeof(t->sender.b));
	be64_put(added, t->added_ms);
	put(l, added, sizeof(added));
	put(l, t->tx.raw.ptr, t->tx.raw.len);
	pool_log_adopt(l, ref, t, (uint32_t)(POOL_LOG_REC_HEAD + len));
	return RC_OK;
}

enum rc
pool_log_del(struct pool_log *l, const struct hash *hash, struct err *e)
{
	TRY(reserve(l, sizeof(hash->b), e));
	put_record_head(l, POOL_LOG_DEL, sizeof(hash->b));
	put(l, hash->b, sizeof(hash->b));
	return RC_OK;
}

uint64_t
pool_log_bytes(const struct pool_log *l)
{
	const struct pool_log_seg *seg;
	uint64_t sum = 0;

	for (seg = l->oldest; seg != NULL; seg = seg->next)
		sum += seg->bytes;
	return sum;
}

static uint64_t
live_bytes(const struct pool_log *l)
{
	const struct pool_log_seg *seg;
	uint64_t sum = 0;

	for (seg = l->oldest; seg != NULL; seg = seg->next)
		sum += seg->live_bytes;
	return sum;
}

/*
 * unlink_oldest removes the oldest segment. The folder is synced each time:
 * were a newer one to vanish before an older one, the next start would see a
 * gap.
 */
static enum rc
unlink_oldest(struct pool_log *l, struct err *e)
{
	struct pool_log_seg *seg = l->oldest;
	char name[POOL_LOG_NAME_MAX];

	CHECK(seg->live == NULL && seg->next != NULL);
	pool_log_name(name, seg->no, false);
	if (unlinkat(l->dir_fd, name, 0) != 0)
		return broken(l, "remove a segment", e);
	if (fsync(l->dir_fd) != 0)
		return broken(l, "sync the folder", e);
	l->oldest = seg->next;
	l->seg_cnt--;
	mem_free(seg);
	return RC_OK;
}

/* can_copy tells whether nothing in the oldest segment has to stay there. */
static bool
can_copy(const struct pool_log *l)
{
	const struct pool_log_ref *ref;

	for (ref = l->oldest->live; ref != NULL; ref = ref->next) {
		if (ref->tx == NULL)
			return false;
	}
	return true;
}

/* copy_oldest writes what lives in the oldest segment to the newest. */
static enum rc
copy_oldest(struct pool_log *l, struct err *e)
{
	struct pool_log_ref *ref;

	while ((ref = l->oldest->live) != NULL) {
		pool_log_forget(ref);
		TRY(pool_log_add(l, ref, ref->tx, e));
	}
	return RC_OK;
}

static bool
is_mostly_dead(const struct pool_log *l)
{
	uint64_t bytes = pool_log_bytes(l);

	return bytes > POOL_DEAD_SHARE * live_bytes(l) +
			   2 * (uint64_t)POOL_SEGMENT_MAX ||
	       l->seg_cnt > POOL_SEGMENT_CNT + 2 * bytes / POOL_SEGMENT_MAX;
}

/* remove_dead removes the oldest segments while nothing in them lives. What
 * made it dead may still be in the buffer, hence the sync. */
static enum rc
remove_dead(struct pool_log *l, struct err *e)
{
	while (l->oldest != l->newest && l->oldest->live == NULL) {
		TRY(pool_log_sync(l, e));
		TRY(unlink_oldest(l, e));
	}
	return RC_OK;
}

enum rc
pool_log_compact(struct pool_log *l, struct err *e)
{
	TRY(check_alive(l, e));
	l->new_bytes = 0;
	TRY(remove_dead(l, e));
	if (l->oldest == l->newest || !is_mostly_dead(l) || !can_copy(l))
		return RC_OK;
	TRY(copy_oldest(l, e));
	return remove_dead(l, e);
}

enum rc
pool_log_tidy(struct pool_log *l, struct err *e)
{
	TRY(check_alive(l, e));
	return l->new_bytes < POOL_SEGMENT_MAX ? RC_OK : pool_log_compact(l, e);
}

/* sync_parent makes the folder's name durable. */
static bool
sync_parent(const char *dir)
{
	char path[PATH_MAX];
	size_t len = strlen(dir);
	int fd, rc;

	if (len >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return false;
	}
	memcpy(path, dir, len + 1);
	while (len > 1 && path[len - 1] == '/')
		len--;
	while (len > 0 && path[len - 1] != '/')
		len--;
	memcpy(path + len, ".", 2);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	rc = fsync(fd);
	(void)close(fd);
	return rc == 0;
}

static enum rc
open_dir(struct pool_log *l, const char *dir, struct err *e)
{
	bool may_write = !l->is_read_only;

	if (may_write && mkdir(dir, 0700) != 0 && errno != EEXIST)
		return FAIL(e, RC_IO, "pool log: make %s: %s", dir,
		    strerrordesc_np(errno));
	/* Also for a folder that is there: who made it may have been killed
	 * before this. */
	if (may_write && !sync_parent(dir))
		return FAIL(e, RC_IO, "pool log: sync the folder of %s: %s",
		    dir, strerrordesc_np(errno));
	l->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (l->dir_fd < 0)
		return FAIL(e,
		    l->is_read_only && errno == ENOENT ? RC_NOT_FOUND : RC_IO,
		    "pool log: open %s: %s", dir, strerrordesc_np(errno));
	return RC_OK;
}

/* begin makes the first segment of a new log: a folder without one is that of
 * a log that was lost. */
static enum rc
begin(struct pool_log *l, struct err *e)
{
	if (l->newest != NULL)
		return RC_OK;
	if (pool_log_seg_add(l, 1) == NULL)
		return FAIL(e, RC_NO_MEMORY, "a segment of the pool log");
	return make_segment(l, e);
}

/* set_up fills a new log; the caller closes it when this fails. */
static enum rc
set_up(struct pool_log *l, const char *dir, const struct pool_log_reader *to,
    struct err *e)
{
	size_t cap = POOL_LOG_FRAME_HEAD + POOL_FRAME_MAX;
	void *ptr = mem_new(cap);

	if (ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "the pool log's buffer");
	l->buf = buf_of(ptr, cap);
	l->buf.len = POOL_LOG_FRAME_HEAD;
	crc64_init(&l->crc);
	TRY(open_dir(l, dir, e));
	TRY(pool_log_read(l, to, e));
	return l->is_read_only ? RC_OK : begin(l, e);
}

static enum rc
open_as(struct pool_log **out, const char *dir, bool is_read_only,
    const struct pool_log_reader *to, struct err *e)
{
	struct pool_log *l = mem_new(sizeof(*l));
	enum rc rc;

	if (l == NULL)
		return FAIL(e, RC_NO_MEMORY, "the pool log");
	l->dir_fd = l->fd = -1;
	l->is_read_only = is_read_only;
	rc = set_up(l, dir, to, e);
	/* Also on failure: what was replayed still points into it. */
	*out = l;
	return rc;
}

enum rc
pool_log_open(struct pool_log **out, const char *dir,
    const struct pool_log_reader *to, struct err *e)
{
	return open_as(out, dir, false, to, e);
}

enum rc
pool_log_inspect(struct pool_log **out, uint64_t *torn_bytes, const char *dir,
    const struct pool_log_reader *to, struct err *e)
{
	enum rc rc = open_as(out, dir, true, to, e);

	*torn_bytes = *out == NULL ? 0 : (*out)->torn_bytes;
	return rc;
}

void
pool_log_close(struct pool_log *l)
{
	struct pool_log_seg *seg;

	if (l == NULL)
		return;
	while ((seg = l->oldest) != NULL) {
		l->oldest = seg->next;
		mem_free(seg);
	}
	if (l->fd >= 0)
		(void)close(l->fd);
	if (l->dir_fd >= 0)
		(void)close(l->dir_fd);
	mem_free(l->buf.ptr);
	mem_free(l);
}
