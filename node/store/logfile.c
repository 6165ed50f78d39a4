/* SPDX-License-Identifier: Apache-2.0
 *
 * Segment files and records as bytes: names, reading and writing whole, heads
 * and checksums. Which bytes are to be believed is logscan.c's question.
 */
#include "store/logfile_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "store/sum_priv.h"

static const uint8_t seg_magic[8] = LOGFILE_SEG_MAGIC;
static const uint8_t rec_magic[8] = LOGFILE_REC_MAGIC;

void
logfile_name(char out[LOGFILE_NAME_MAX], uint32_t number)
{
	(void)snprintf(out, LOGFILE_NAME_MAX, "%08u.seg", number % 100000000);
}

enum rc
logfile_fail(
    struct err *e, const struct statelog *l, const char *name, const char *what)
{
	char why[128];
	int number = errno;

	return FAIL(e, RC_IO, "%s/%s: %s: %s", l->dir, name, what,
	    strerror_r(number, why, sizeof(why)));
}

enum rc
logfile_fail_seg(
    struct err *e, const struct statelog *l, uint32_t number, const char *what)
{
	char name[LOGFILE_NAME_MAX];

	logfile_name(name, number);
	return logfile_fail(e, l, name, what);
}

ssize_t
logfile_read(int fd, uint8_t *p, size_t n, uint64_t offset)
{
	size_t done = 0;

	while (done < n) {
		ssize_t r =
		    pread(fd, p + done, n - done, (off_t)(offset + done));

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -1;
		if (r == 0)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

bool
logfile_write(int fd, struct bytes in, uint64_t offset)
{
	while (in.len > 0) {
		ssize_t r = pwrite(fd, in.ptr, in.len, (off_t)offset);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return false;
		in.ptr += r;
		in.len -= (size_t)r;
		offset += (uint64_t)r;
	}
	return true;
}

int
logfile_open(const struct statelog *l, uint32_t number, int flags)
{
	char name[LOGFILE_NAME_MAX];

	logfile_name(name, number);
	return openat(l->dir_fd, name, flags | O_RDWR | O_CLOEXEC, 0600);
}

void
logfile_remove(const struct statelog *l, uint32_t number)
{
	char name[LOGFILE_NAME_MAX];

	logfile_name(name, number);
	if (unlinkat(l->dir_fd, name, 0) != 0 && errno != ENOENT)
		log_warn("store", "cannot remove log segment path=%s/%s",
		    l->dir, name);
}

/* Codecs. ------------------------------------------------------------ */

uint64_t
logfile_seal(const struct statelog *l, const uint8_t *p, size_t len)
{
	return sum64(l->store_id, bytes_of(p, len));
}

uint64_t
logfile_payload_sum(
    const struct statelog *l, uint64_t seq, struct bytes payload)
{
	return sum64(l->store_id ^ seq, payload);
}

void
logfile_put_seg_head(uint8_t p[SEG_HEAD_LEN], const struct statelog *l,
    const struct log_segment *s)
{
	memcpy(p, seg_magic, 8);
	be32_put(p + 8, LOG_SCHEMA);
	be32_put(p + 12, s->number);
	be64_put(p + 16, s->first_seq);
	be64_put(p + 24, l->store_id);
	be64_put(p + 32, logfile_seal(l, p, 32));
}

void
logfile_put_rec_head(
    uint8_t p[REC_HEAD_LEN], const struct statelog *l, const struct rec_head *h)
{
	memcpy(p, rec_magic, 8);
	be64_put(p + 8, h->seq);
	be64_put(p + 16, h->len);
	be64_put(p + 24, h->sum);
	be64_put(p + 32, logfile_seal(l, p, 32));
}

bool
logfile_rec_head(
    struct rec_head *out, const struct statelog *l, const uint8_t *p)
{
	if (memcmp(p, rec_magic, 8) != 0 ||
	    be64(p + 32) != logfile_seal(l, p, 32))
		return false;
	*out = (struct rec_head){be64(p + 8), be64(p + 16), be64(p + 24)};
	return out->len <= REC_PAYLOAD_MAX;
}

enum rc
logfile_payload(const struct statelog *l, int fd, struct arena *a,
    struct bytes *out, const struct log_pending *r, struct err *e)
{
	uint8_t *p = arena_alloc(a, r->len);
	ssize_t n;

	*out = bytes_of(NULL, 0);
	if (p == NULL)
		return FAIL(e, RC_NO_MEMORY, "a record of %llu bytes",
		    (unsigned long long)r->len);
	n = logfile_read(fd, p, r->len, r->offset);
	if (n < 0)
		return logfile_fail_seg(e, l, r->segment, "read");
	if ((uint64_t)n == r->len &&
	    logfile_payload_sum(l, r->seq, bytes_of(p, r->len)) == r->sum)
		*out = bytes_of(p, r->len);
	return RC_OK;
}
