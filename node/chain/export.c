/* SPDX-License-Identifier: Apache-2.0
 *
 * The chain as a file: block RLP one behind the other, the form that
 * go-ethereum and others export and load.
 */
#include <errno.h>
#include <unistd.h>

#include "base/check.h"
#include "chain/chain_priv.h"
#include "eth/rlp.h"

static enum rc
write_all(int fd, struct bytes in, struct err *e)
{
	while (in.len > 0) {
		ssize_t n = write(fd, in.ptr, in.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAIL(e, RC_IO, "write: %s", strerror(errno));
		in.ptr += n;
		in.len -= (size_t)n;
	}
	return RC_OK;
}

static enum rc
export_on(const struct store_view *v, int fd, uint64_t first, uint64_t last,
    struct err *e)
{
	struct store_head head;
	struct bytes raw;
	struct hash hash;
	uint64_t i;

	store_view_head(v, &head);
	if (first > last || last > head.number)
		return FAIL(e, RC_BAD_INPUT,
		    "blocks %llu to %llu, the head is %llu",
		    (unsigned long long)first, (unsigned long long)last,
		    (unsigned long long)head.number);
	for (i = first; i <= last; i++) {
		TRY(store_hash_of(v, &hash, i, e));
		TRY(store_raw(v, &raw, &hash, e));
		TRY(write_all(fd, raw, e));
	}
	return RC_OK;
}

enum rc
chain_export(
    struct store *s, int fd, uint64_t first, uint64_t last, struct err *e)
{
	struct store_view *v;
	enum rc rc;

	TRY(store_view_open(&v, s, e));
	rc = export_on(v, fd, first, last, e);
	store_view_close(v);
	return rc;
}

/* Loading. ---------------------------------------------------------- */

/* A window over the file, large enough for the item at its front. */
struct window {
	int fd;
	bool is_end;
	uint8_t *ptr;
	size_t at, len, cap; /* unread bytes are at..at+len */
};

/* First size of the window; it doubles up to the largest block. */
enum { WINDOW_FIRST = 1 << 20, HEAD_MAX = 9 };

static enum rc
make_room(struct window *w, size_t want, struct err *e)
{
	size_t cap = w->cap == 0 ? WINDOW_FIRST : w->cap;
	uint8_t *more;

	if (w->len > 0)
		memmove(w->ptr, w->ptr + w->at, w->len);
	w->at = 0;
	while (cap < want)
		cap *= 2;
	if (cap == w->cap)
		return RC_OK;
	more = mem_resize(w->ptr, w->cap, cap);
	if (more == NULL)
		return FAIL(e, RC_NO_MEMORY, "no memory for a block");
	w->ptr = more;
	w->cap = cap;
	return RC_OK;
}

/* fill reads until want bytes are there or the file ends. */
static enum rc
fill(struct window *w, size_t want, struct err *e)
{
	ssize_t n;

	if (w->cap - w->at < want)
		TRY(make_room(w, want, e));
	while (w->len < want && !w->is_end) {
		size_t end = w->at + w->len;

		n = read(w->fd, w->ptr + end, w->cap - end);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return FAIL(e, RC_IO, "read: %s", strerror(errno));
		w->is_end = n == 0;
		w->len += (size_t)n;
	}
	return RC_OK;
}

/* item_size reads how long the list at the front is, header included; 0 when
 * it is no list or larger than any block. */
static size_t
item_size(const struct window *w)
{
	const uint8_t *p = w->ptr + w->at;
	size_t head, len = 0, i;

	if (p[0] < 0xc0)
		return 0;
	if (p[0] <= 0xf7)
		return 1 + (size_t)(p[0] - 0xc0);
	head = (size_t)(p[0] - 0xf7);
	if (w->len < 1 + head)
		return 1 + head;
	for (i = 0; i < head; i++) {
		if (len > BLOCK_RAW_MAX)
			return 0;
		len = len << 8 | p[1 + i];
	}
	return len > BLOCK_RAW_MAX ? 0 : 1 + head + len;
}

/* next_block shows the block at the front; empty at the end of the file. */
static enum rc
next_block(struct window *w, struct bytes *out, struct err *e)
{
	size_t size;

	*out = bytes_of(NULL, 0);
	TRY(fill(w, HEAD_MAX, e));
	if (w->len == 0)
		return RC_OK;
	size = item_size(w);
	if (size == 0)
		return FAIL(e, RC_BAD_INPUT, "not a block of at most %d bytes",
		    BLOCK_RAW_MAX);
	TRY(fill(w, size, e));
	if (w->len < size)
		return FAIL(e, RC_TRUNCATED, "the file ends inside a block");
	*out = bytes_of(w->ptr + w->at, size);
	w->at += size;
	w->len -= size;
	return RC_OK;
}

static enum rc
load_one(struct chain *c, struct chain_load *out, struct bytes raw,
    uint64_t now_s, struct err *e)
{
	struct chain_change change;
	enum rc rc = chain_import(c, &change, raw, now_s, e);

	if (rc == RC_BLK_KNOWN) {
		out->known++;
		return RC_OK;
	}
	TRY(rc);
	out->imported += change.added_cnt;
	out->side += change.added_cnt == 0;
	return chain_flush(c, false, e);
}

enum rc
chain_load_fd(struct chain *c, struct chain_load *out, int fd, uint64_t now_s,
    struct err *e)
{
	struct window w = {.fd = fd};
	struct bytes raw;
	enum rc rc;

	*out = (struct chain_load){0};
	for (;;) {
		rc = next_block(&w, &raw, e);
		if (rc != RC_OK || raw.len == 0)
			break;
		rc = load_one(c, out, raw, now_s, e);
		if (rc != RC_OK)
			break;
		out->read++;
	}
	mem_free(w.ptr);
	return rc;
}
