/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of one log segment: head, groups, records. log.c has the layout.
 * It decides what is a torn end, which the caller cuts, and what is damage,
 * which is refused with segment and offset. No file is touched here.
 */
#include <inttypes.h>
#include <string.h>

#include "pool/log_file_priv.h"

/* struct reading is one segment in memory. */
struct reading {
	struct pool_log *l;
	struct pool_log_seg *seg;
	const struct pool_log_reader *to;
	struct bytes file;
};

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

static bool
is_zero(struct bytes b)
{
	/* Each byte equals the one before it, and the first is zero. */
	return b.len == 0 ||
	       (b.ptr[0] == 0 && memcmp(b.ptr, b.ptr + 1, b.len - 1) == 0);
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

enum rc
pool_log_parse(struct pool_log *l, const struct pool_log_reader *to,
    struct bytes file, bool is_last, struct err *e)
{
	struct reading r = {.l = l, .seg = l->newest, .to = to, .file = file};
	size_t at = POOL_LOG_SEG_HEAD, next = at;
	struct bytes payload;
	uint64_t seq;

	TRY(read_head(&r, e));
	for (; at < file.len; at = next) {
		if (!read_frame(&r, &payload, &seq, &next))
			break;
		if (seq != l->seq)
			return damaged(&r, at, "a group is missing", e);
		l->seq++;
		TRY(replay_frame(&r, payload, e));
	}
	r.seg->bytes = r.seg->room = at;
	if (is_zero(bytes_of(file.ptr + at, file.len - at)))
		r.seg->room = file.len;
	else if (!is_last || has_frame_after(&r, at))
		return damaged(&r, at, "sum of a group", e);
	return RC_OK;
}
