/* SPDX-License-Identifier: Apache-2.0
 *
 * What the log holds when it is opened: which segments there are, which
 * records are sound, and whether the bytes behind the last one are a torn
 * write, to be cut, or damage. The rule is in statelog_priv.h.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "store/logfile_priv.h"

static const uint8_t seg_magic[8] = LOGFILE_SEG_MAGIC;
static const uint8_t rec_magic[8] = LOGFILE_REC_MAGIC;

/* How much is read at once in search of a sound record. */
enum { SEARCH_BYTES = 1 << 16 };

/* Finding the segments. ---------------------------------------------- */

static bool
seg_number(uint32_t *out, const char *name)
{
	char want[LOGFILE_NAME_MAX];

	*out = (uint32_t)strtoul(name, NULL, 10);
	logfile_name(want, *out);
	return !strcmp(name, want);
}

static int
by_number(const void *a, const void *b)
{
	const struct log_segment *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static enum rc
collect_names(struct statelog *l, DIR *d, struct err *e)
{
	struct dirent *ent;
	uint32_t number;

	for (errno = 0; (ent = readdir(d)) != NULL; errno = 0) {
		if (!seg_number(&number, ent->d_name))
			continue;
		if (l->seg_cnt == SEG_CNT_MAX)
			return FAIL(e, RC_CORRUPT, "%s: more than %d segments",
			    l->dir, SEG_CNT_MAX);
		l->segs[l->seg_cnt++].number = number;
	}
	return errno == 0 ? RC_OK : logfile_fail(e, l, ".", "list");
}

static enum rc
list_segments(struct statelog *l, struct err *e)
{
	DIR *d = opendir(l->dir);
	enum rc rc;

	if (d == NULL)
		return logfile_fail(e, l, ".", "list");
	rc = collect_names(l, d, e);
	(void)closedir(d);
	qsort(l->segs, l->seg_cnt, sizeof(l->segs[0]), by_number);
	return rc;
}

/* read_seg_head fills first_seq. is_torn: never finished being created. */
static enum rc
read_seg_head(
    struct statelog *l, struct log_segment *s, bool *is_torn, struct err *e)
{
	uint8_t p[SEG_HEAD_LEN];
	int fd = logfile_open(l, s->number, 0);
	ssize_t n;

	if (fd < 0)
		return logfile_fail_seg(e, l, s->number, "open");
	n = logfile_read(fd, p, sizeof(p), 0);
	(void)close(fd);
	if (n < 0)
		return logfile_fail_seg(e, l, s->number, "read");
	*is_torn = n < SEG_HEAD_LEN || memcmp(p, seg_magic, 8) != 0;
	if (*is_torn)
		return RC_OK;
	if (be32(p + 8) != LOG_SCHEMA)
		return FAIL(e, RC_WRONG_SCHEMA,
		    "%s/%08u.seg: found version %u, this program wants %d",
		    l->dir, s->number, be32(p + 8), LOG_SCHEMA);
	if (be64(p + 24) != l->store_id)
		return FAIL(e, RC_CORRUPT,
		    "%s/%08u.seg belongs to another store", l->dir, s->number);
	*is_torn =
	    be64(p + 32) != logfile_seal(l, p, 32) || be32(p + 12) != s->number;
	s->first_seq = be64(p + 16);
	return RC_OK;
}

/* read_heads reads all segment heads; a torn last one is left out. */
static enum rc
read_heads(struct statelog *l, struct err *e)
{
	for (size_t i = 0; i < l->seg_cnt; i++) {
		bool is_torn = false;

		TRY(read_seg_head(l, &l->segs[i], &is_torn, e));
		if (!is_torn)
			continue;
		if (i + 1 < l->seg_cnt)
			return FAIL(e, RC_CORRUPT, "%s/%08u.seg: damaged head",
			    l->dir, l->segs[i].number);
		l->unfinished = l->segs[i].number;
		l->seg_cnt--;
	}
	return RC_OK;
}

enum rc
logscan_find(struct statelog *l, struct err *e)
{
	TRY(list_segments(l, e));
	return read_heads(l, e);
}

/* Scanning a segment. ------------------------------------------------ */

struct scan {
	struct statelog *l;
	int fd;
	uint32_t number;
	uint64_t applied_seq, size, offset, seq; /* where the next head is */
	bool is_last;
	struct arena scratch;
};

static enum rc
fail_scan(struct err *e, const struct scan *s, const char *what)
{
	return FAIL(e, RC_CORRUPT, "%s/%08u.seg: at %llu: record %llu: %s",
	    s->l->dir, s->number, (unsigned long long)s->offset,
	    (unsigned long long)s->seq, what);
}

static enum rc
add_pending(struct scan *s, const struct rec_head *h, struct err *e)
{
	struct statelog *l = s->l;

	if (l->pending_cnt == l->pending_cap) {
		size_t cap = l->pending_cap == 0 ? 64 : 2 * l->pending_cap;
		size_t size = sizeof(*l->pending);
		void *p =
		    mem_resize(l->pending, l->pending_cap * size, cap * size);

		if (p == NULL)
			return FAIL(
			    e, RC_NO_MEMORY, "%zu records of the log", cap);
		l->pending = p;
		l->pending_cap = cap;
	}
	l->pending[l->pending_cnt++] = (struct log_pending){
	    .seq = h->seq,
	    .offset = s->offset + REC_HEAD_LEN,
	    .len = h->len,
	    .segment = s->number,
	    .sum = h->sum,
	};
	return RC_OK;
}

/* take_record steps over one record; is_sound is false when there is none
 * that can be trusted. Records that the tables hold are not read. */
static enum rc
take_record(struct scan *s, bool *is_sound, struct err *e)
{
	uint8_t p[REC_HEAD_LEN];
	struct rec_head h;
	struct bytes payload;
	ssize_t n = logfile_read(s->fd, p, sizeof(p), s->offset);

	*is_sound = false;
	if (n < 0)
		return logfile_fail_seg(e, s->l, s->number, "read");
	if (n < REC_HEAD_LEN || !logfile_rec_head(&h, s->l, p) ||
	    h.seq != s->seq || h.len > s->size - s->offset - REC_HEAD_LEN)
		return RC_OK;
	if (h.seq > s->applied_seq) {
		TRY(add_pending(s, &h, e));
		TRY(logfile_payload(s->l, s->fd, &s->scratch, &payload,
		    &s->l->pending[s->l->pending_cnt - 1], e));
		arena_drop(&s->scratch);
		if (payload.ptr == NULL) {
			s->l->pending_cnt--;
			return RC_OK;
		}
	}
	*is_sound = true;
	s->offset += REC_HEAD_LEN + h.len;
	s->seq++;
	return RC_OK;
}

/* has_sound looks in p for the head of a record that the tables lack. */
static bool
has_sound(const struct scan *s, struct bytes in)
{
	struct rec_head h;

	while (in.len >= REC_HEAD_LEN) {
		const uint8_t *p = memmem(in.ptr, in.len, rec_magic, 8);

		if (p == NULL)
			return false;
		in.len -= (size_t)(p - in.ptr);
		in.ptr = p;
		if (in.len >= REC_HEAD_LEN && logfile_rec_head(&h, s->l, p) &&
		    h.seq > s->applied_seq)
			return true;
		in.ptr++;
		in.len--;
	}
	return false;
}

/* find_sound searches the file behind the head at s->offset. */
static enum rc
find_sound(struct scan *s, bool *found, struct err *e)
{
	uint8_t *p = arena_alloc(&s->scratch, SEARCH_BYTES);
	uint64_t at = s->offset + 1;
	ssize_t n;

	*found = false;
	if (p == NULL)
		return FAIL(e, RC_NO_MEMORY, "reading the log");
	do {
		n = logfile_read(s->fd, p, SEARCH_BYTES, at);
		if (n < 0)
			return logfile_fail_seg(e, s->l, s->number, "read");
		*found = has_sound(s, bytes_of(p, (size_t)n));
		at += SEARCH_BYTES - REC_HEAD_LEN;
	} while (!*found && n == SEARCH_BYTES);
	arena_drop(&s->scratch);
	return RC_OK;
}

/* end_here decides what the bytes at s->offset are: a torn end, which is
 * cut, or damage. */
static enum rc
end_here(struct scan *s, struct err *e)
{
	struct statelog *l = s->l;
	uint64_t have = s->seq - 1;
	bool found = false;

	if (!s->is_last)
		return fail_scan(e, s, "damaged, and segments follow");
	if (have < s->applied_seq)
		have = s->applied_seq;
	if (l->mark_seq > have)
		return fail_scan(e, s, "damaged, but it was acknowledged");
	TRY(find_sound(s, &found, e));
	if (found)
		return fail_scan(e, s, "damaged, and sound records follow");
	log_warn("store", "cutting torn end of log path=%s/%08u.seg at=%llu",
	    l->dir, s->number, (unsigned long long)s->offset);
	if (ftruncate(s->fd, (off_t)s->offset) != 0 || fdatasync(s->fd) != 0)
		return logfile_fail_seg(e, l, s->number, "cut");
	s->size = s->offset;
	return RC_OK;
}

static uint64_t
size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static enum rc
scan_records(struct scan *s, struct err *e)
{
	while (s->offset < s->size) {
		bool is_sound = false;

		TRY(take_record(s, &is_sound, e));
		if (!is_sound)
			return end_here(s, e);
	}
	return RC_OK;
}

/* scan_segment keeps the last segment's descriptor. */
static enum rc
scan_segment(struct statelog *l, size_t i, uint64_t applied_seq, struct err *e)
{
	struct scan s = {
	    .l = l,
	    .number = l->segs[i].number,
	    .applied_seq = applied_seq,
	    .offset = SEG_HEAD_LEN,
	    .seq = l->segs[i].first_seq,
	    .is_last = i + 1 == l->seg_cnt,
	};
	enum rc rc;

	s.fd = logfile_open(l, s.number, 0);
	if (s.fd < 0)
		return logfile_fail_seg(e, l, s.number, "open");
	arena_init(&s.scratch, REC_PAYLOAD_MAX + SEARCH_BYTES);
	s.size = size_of(s.fd);
	rc = scan_records(&s, e);
	arena_drop(&s.scratch);
	l->last_seq = s.seq - 1;
	if (s.is_last && rc == RC_OK) {
		l->fd = s.fd;
		l->size = s.size;
	} else {
		(void)close(s.fd);
	}
	return rc;
}

enum rc
logscan_read(struct statelog *l, uint64_t applied_seq, struct err *e)
{
	l->last_seq = applied_seq;
	if (l->seg_cnt == 0)
		return RC_OK;
	if (l->segs[0].first_seq > applied_seq + 1)
		return FAIL(e, RC_CORRUPT,
		    "%s: the tables end at record %llu, the log begins at %llu",
		    l->dir, (unsigned long long)applied_seq,
		    (unsigned long long)l->segs[0].first_seq);
	statelog_drop(l, applied_seq);
	for (size_t i = 0; i < l->seg_cnt; i++) {
		if (i > 0 && l->segs[i].first_seq != l->last_seq + 1)
			return FAIL(e, RC_CORRUPT,
			    "%s/%08u.seg begins at record %llu, not %llu",
			    l->dir, l->segs[i].number,
			    (unsigned long long)l->segs[i].first_seq,
			    (unsigned long long)l->last_seq + 1);
		TRY(scan_segment(l, i, applied_seq, e));
	}
	return RC_OK;
}
