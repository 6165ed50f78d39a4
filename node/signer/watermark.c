/* SPDX-License-Identifier: Apache-2.0
 *
 * The watermark file. A slot is
 *   magic (8), sequence (8), count (4), records (69 each), Keccak-256 of all
 *   that (32)
 * and the valid slot with the higher sequence is the truth. A new file comes
 * into being under another name and is renamed when it is whole, so that a
 * file that is there always has a slot that can be read; one that has none is
 * damaged, and signing on it would be guessing.
 */
#include "signer/watermark_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "crypto/keccak.h"

static const uint8_t magic[8] = {'S', 'K', 'M', 'A', 'R', 'K', '0', '1'};

enum {
	HEAD_LEN = sizeof(magic) + 8 + 4,
	RECORD_LEN = 20 + 1 + 8 + 8 + 32,
	SUM_LEN = 32,
	LOCK_TRIES = 40,
	LOCK_PAUSE_NS = 50 * 1000 * 1000
};

_Static_assert(
    HEAD_LEN + WATERMARK_MAX * RECORD_LEN + SUM_LEN <= WATERMARK_SLOT,
    "all records fit into a slot");

/* Slots. ------------------------------------------------------------- */

static void
put_record(struct buf *b, const struct watermark_record *r)
{
	uint8_t n[16];

	be64_put(n, r->height);
	be64_put(n + 8, r->round);
	buf_put(b, r->addr.b, sizeof(r->addr.b));
	buf_put_u8(b, r->kind);
	buf_put(b, n, sizeof(n));
	buf_put(b, r->digest.b, sizeof(r->digest.b));
}

static void
put_slot(struct buf *b, const struct watermark *w)
{
	uint8_t n[12], sum[SUM_LEN];
	size_t i;

	be64_put(n, w->seq);
	be32_put(n + 8, (uint32_t)w->cnt);
	buf_put(b, magic, sizeof(magic));
	buf_put(b, n, sizeof(n));
	for (i = 0; i < w->cnt; i++)
		put_record(b, &w->records[i]);
	keccak256(sum, bytes_of_buf(b));
	buf_put(b, sum, sizeof(sum));
}

static void
take_record(struct watermark_record *r, const uint8_t *p)
{
	memcpy(r->addr.b, p, sizeof(r->addr.b));
	r->kind = p[20];
	r->height = be64(p + 21);
	r->round = be64(p + 29);
	memcpy(r->digest.b, p + 37, sizeof(r->digest.b));
}

/* Returns false for a torn, damaged or foreign slot. */
static bool
take_slot(struct watermark *w, struct bytes in)
{
	uint8_t sum[SUM_LEN];
	size_t cnt, len, i;

	if (in.len < HEAD_LEN + SUM_LEN ||
	    memcmp(in.ptr, magic, sizeof(magic)) != 0)
		return false;
	cnt = be32(in.ptr + 16);
	if (cnt > WATERMARK_MAX)
		return false;
	len = HEAD_LEN + cnt * RECORD_LEN;
	if (in.len < len + SUM_LEN)
		return false;
	keccak256(sum, bytes_of(in.ptr, len));
	if (memcmp(sum, in.ptr + len, SUM_LEN) != 0)
		return false;
	w->seq = be64(in.ptr + 8);
	w->cnt = cnt;
	for (i = 0; i < cnt; i++)
		take_record(&w->records[i], in.ptr + HEAD_LEN + i * RECORD_LEN);
	return true;
}

/* The file. ---------------------------------------------------------- */

static enum rc
write_all(int fd, struct bytes in, off_t at, struct err *e)
{
	while (in.len > 0) {
		ssize_t n = pwrite(fd, in.ptr, in.len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return FAIL(
			    e, RC_IO, "watermark: write: errno %d", errno);
		in.ptr += n;
		in.len -= (size_t)n;
		at += n;
	}
	return RC_OK;
}

/* Writes the slot of w->seq and syncs. */
static enum rc
write_slot(struct watermark *w, struct err *e)
{
	uint8_t space[WATERMARK_SLOT];
	struct buf b = buf_of(space, sizeof(space));
	off_t at = (off_t)(w->seq % 2) * WATERMARK_SLOT;

	put_slot(&b, w);
	TRY(write_all(w->fd, bytes_of_buf(&b), at, e));
	if (fdatasync(w->fd) != 0)
		return FAIL(e, RC_IO, "watermark: sync: errno %d", errno);
	return RC_OK;
}

static enum rc
read_slot(struct watermark *w, bool *is_valid, unsigned slot, struct err *e)
{
	uint8_t space[WATERMARK_SLOT];
	off_t at = (off_t)slot * WATERMARK_SLOT;
	size_t got = 0;

	while (got < sizeof(space)) {
		ssize_t n = pread(
		    w->fd, space + got, sizeof(space) - got, at + (off_t)got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAIL(
			    e, RC_IO, "watermark: read: errno %d", errno);
		if (n == 0)
			break;
		got += (size_t)n;
	}
	*is_valid = take_slot(w, bytes_of(space, got));
	return RC_OK;
}

static enum rc
read_file(struct watermark *w, struct err *e)
{
	struct watermark other = {.fd = w->fd};
	bool is_valid[2];

	TRY(read_slot(w, &is_valid[0], 0, e));
	TRY(read_slot(&other, &is_valid[1], 1, e));
	if (!is_valid[0] && !is_valid[1])
		return FAIL(e, RC_CORRUPT,
		    "watermark: neither slot can be read; restore it from the "
		    "newest copy, never remove it");
	if (!is_valid[0] || (is_valid[1] && other.seq > w->seq))
		*w = other;
	return RC_OK;
}

/* The signer of a process that was killed a moment ago may be just about to
 * go: it is waited for. */
static enum rc
lock(int fd, struct err *e)
{
	const struct timespec pause = {.tv_nsec = LOCK_PAUSE_NS};
	int tries;

	for (tries = 0; tries < LOCK_TRIES; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return RC_OK;
		if (errno != EWOULDBLOCK)
			return FAIL(
			    e, RC_IO, "watermark: lock: errno %d", errno);
		nanosleep(&pause, NULL);
	}
	return FAIL(e, RC_UNAVAILABLE, "watermark: another signer has it open");
}

static enum rc
sync_folder(const char *path, struct err *e)
{
	char copy[PATH_MAX];
	int fd, failed;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return FAIL(e, RC_IO, "watermark: folder: errno %d", errno);
	failed = fsync(fd);
	close(fd);
	if (failed != 0)
		return FAIL(
		    e, RC_IO, "watermark: folder sync: errno %d", errno);
	return RC_OK;
}

/* Both slots empty, sequences 0 and 1, under the final name at the end. */
static enum rc
fill_new(struct watermark *w, const char *temp, const char *path, struct err *e)
{
	TRY(lock(w->fd, e));
	if (ftruncate(w->fd, 0) != 0)
		return FAIL(e, RC_IO, "watermark: truncate: errno %d", errno);
	for (w->seq = 0; w->seq < 2; w->seq++)
		TRY(write_slot(w, e));
	w->seq = 1;
	if (fsync(w->fd) != 0)
		return FAIL(e, RC_IO, "watermark: sync: errno %d", errno);
	if (renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_NOREPLACE) != 0)
		return FAIL(e, RC_IO, "watermark: rename: errno %d", errno);
	return sync_folder(path, e);
}

static enum rc
create(struct watermark *w, const char *path, struct err *e)
{
	char temp[PATH_MAX];
	enum rc rc;

	if (snprintf(temp, sizeof(temp), "%s.new", path) >= PATH_MAX)
		return FAIL(e, RC_CONF, "watermark: path is too long");
	w->fd = open(
	    temp, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
	if (w->fd < 0)
		return FAIL(
		    e, RC_IO, "watermark: create %s: errno %d", temp, errno);
	rc = fill_new(w, temp, path, e);
	if (rc != RC_OK)
		watermark_close(w);
	return rc;
}

/*
 * What was read may be in memory alone: the signer before us was killed
 * between write and sync, or its sync failed. A record that is answered from
 * such a slot could be signed again otherwise after a power cut. So the same
 * bytes are written over it and synced before anything is signed.
 */
static enum rc
harden(struct watermark *w, const char *path, struct err *e)
{
	TRY(write_slot(w, e));
	return sync_folder(path, e);
}

enum rc
watermark_open(struct watermark *out, const char *path, struct err *e)
{
	enum rc rc;

	*out = (struct watermark){.fd = -1};
	out->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (out->fd < 0 && errno == ENOENT)
		return create(out, path, e);
	if (out->fd < 0)
		return FAIL(
		    e, RC_IO, "watermark: open %s: errno %d", path, errno);
	rc = lock(out->fd, e);
	if (rc == RC_OK)
		rc = read_file(out, e);
	if (rc == RC_OK)
		rc = harden(out, path, e);
	if (rc != RC_OK)
		watermark_close(out);
	return rc;
}

void
watermark_close(struct watermark *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

/* Counting. ---------------------------------------------------------- */

static struct watermark_record *
find(struct watermark *w, const struct addr *addr, enum signer_kind kind)
{
	size_t i;

	for (i = 0; i < w->cnt; i++) {
		if (w->records[i].kind == kind &&
		    addr_eq(&w->records[i].addr, addr))
			return &w->records[i];
	}
	return NULL;
}

static enum rc
deny(const struct watermark_record *r, uint64_t height, uint64_t round,
    struct err *e)
{
	return FAIL(e, RC_DENIED,
	    "height %llu round %llu, but height %llu round %llu is signed",
	    (unsigned long long)height, (unsigned long long)round,
	    (unsigned long long)r->height, (unsigned long long)r->round);
}

enum rc
watermark_pass(struct watermark *w, const struct addr *addr,
    enum signer_kind kind, uint64_t height, uint64_t round,
    const struct hash *digest, struct err *e)
{
	struct watermark_record *r = find(w, addr, kind);
	enum rc rc;

	if (w->is_broken)
		return FAIL(e, RC_IO, "watermark: an earlier write failed");
	if (r != NULL && r->height == height && r->round == round)
		return hash_eq(&r->digest, digest) ? RC_OK
						   : deny(r, height, round, e);
	if (r != NULL &&
	    (height < r->height || (height == r->height && round < r->round)))
		return deny(r, height, round, e);
	if (r == NULL && w->cnt == WATERMARK_MAX)
		return FAIL(
		    e, RC_NO_SPACE, "watermark: %d records", WATERMARK_MAX);
	if (r == NULL)
		r = &w->records[w->cnt++];
	*r = (struct watermark_record){.addr = *addr,
	    .kind = (uint8_t)kind,
	    .height = height,
	    .round = round,
	    .digest = *digest};
	w->seq++;
	rc = write_slot(w, e);
	/* What is on disk is not known any more: a retry could lie. */
	w->is_broken = rc != RC_OK;
	return rc;
}
