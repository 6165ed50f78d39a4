/* SPDX-License-Identifier: Apache-2.0
 *
 * The state log as a start reads it, and the groups of blocks inside. The
 * first input byte picks what the others are: a group; the whole of a
 * segment; or records around which heads and sums are right, with damage and
 * a torn end behind them. What opens must open again to the same records,
 * and records that were sound before the damage are those that come back.
 *
 * fuzz: cover=node/store/record.c,node/store/body.c,node/store/logscan.c
 * lib=store
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "store/body_priv.h"
#include "store/logfile_priv.h"
#include "store/record_priv.h"

enum { STORE_ID = 0x5eed, FILE_MAX = 1 << 17 };

/* Bits of the first input byte; none: a group. */
enum {
	IS_LOG = 1,
	IS_WRAPPED = 2,  /* records with right sums */
	HAS_FLIP = 4,    /* one bit of the file turned */
	HAS_MARK = 8,    /* the mark names the last record */
	IS_APPLIED = 16, /* the tables hold the first record */
	HAS_SECOND = 32  /* a second segment, of what is left */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char dir[64];
static struct statelog forge; /* for its store id */

static void
remove_dir(void)
{
	(void)rmdir(dir);
}

static void
make_dir(void)
{
	if (dir[0] != '\0')
		return;
	(void)snprintf(dir, sizeof(dir), "%s/sekisho-fuzz.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	CHECK(mkdtemp(dir) != NULL);
	CHECK(atexit(remove_dir) == 0);
	forge.store_id = STORE_ID;
	log_open("fuzz_statelog", LOG_LV_ERROR);
}

/* A group. ----------------------------------------------------------- */

/* again encodes what was decoded and decodes that: the same group. */
static void
again(struct store_block **blocks, size_t cnt, uint64_t rewind_to)
{
	struct store_block **twice;
	size_t twice_cnt;
	uint64_t twice_to;
	struct bytes out;
	struct arena a;

	arena_init(&a, (size_t)1 << 28);
	CHECK(record_encode(&a, &out, blocks, cnt, rewind_to, NULL) == RC_OK);
	CHECK(record_decode(&twice, &twice_cnt, &twice_to, out, NULL) == RC_OK);
	CHECK(twice_cnt == cnt && twice_to == rewind_to);
	for (size_t i = 0; i < cnt; i++) {
		CHECK(hash_eq(&twice[i]->hash, &blocks[i]->hash));
		CHECK(twice[i]->diff.slot_cnt == blocks[i]->diff.slot_cnt);
	}
	record_free(twice, twice_cnt);
	arena_drop(&a);
}

/* is_ordered: slots name accounts in order, as a block's diff does; encoding
 * relies on it, decoding does not. */
static bool
is_ordered(const struct state_diff *d)
{
	size_t at = 0;

	for (size_t i = 0; i < d->slot_cnt; i++) {
		while (at < d->account_cnt &&
		       !addr_eq(&d->accounts[at].addr, &d->slots[i].addr))
			at++;
		if (at == d->account_cnt)
			return false;
	}
	return true;
}

/* walk_body reads recipients as the address index does. */
static void
walk_body(const struct store_block *b)
{
	struct bytes items, tx;

	CHECK(body_txs(&items, b->raw, NULL) == RC_OK);
	for (size_t i = 0; i < b->tx_cnt; i++) {
		bool has_to = false;
		struct addr to;

		CHECK(body_next(&tx, &items, NULL) == RC_OK);
		(void)body_to(&to, &has_to, tx, NULL);
	}
}

static void
try_group(struct bytes in)
{
	struct store_block **blocks;
	bool is_good = true;
	uint64_t rewind_to;
	size_t cnt;
	enum rc rc = record_decode(&blocks, &cnt, &rewind_to, in, NULL);

	if (rc != RC_OK) {
		CHECK(rc == RC_CORRUPT || rc == RC_NO_MEMORY);
		return;
	}
	for (size_t i = 0; i < cnt; i++) {
		walk_body(blocks[i]);
		is_good = is_good && is_ordered(&blocks[i]->diff);
	}
	if (is_good)
		again(blocks, cnt, rewind_to);
	record_free(blocks, cnt);
}

/* A log. ------------------------------------------------------------- */

static uint8_t file[FILE_MAX];

static void
put_seg_head(struct buf *b, uint32_t number, uint64_t first_seq)
{
	struct log_segment s = {number, first_seq};
	uint8_t p[SEG_HEAD_LEN];

	logfile_put_seg_head(p, &forge, &s);
	CHECK(buf_put(b, p, sizeof(p)));
}

/* put_records makes a record of each stretch that a length byte begins;
 * length 255 ends them. Returns the number of the last. */
static uint64_t
put_records(struct buf *b, uint64_t seq, struct bytes *in)
{
	struct bytes len, payload;

	while (in->len > 0 && in->ptr[0] != 255) {
		uint8_t p[REC_HEAD_LEN];
		struct rec_head h = {.seq = seq};

		CHECK(bytes_take(&len, in, 1));
		h.len = len.ptr[0] < in->len ? len.ptr[0] : in->len;
		CHECK(bytes_take(&payload, in, h.len));
		h.sum = logfile_payload_sum(&forge, seq, payload);
		logfile_put_rec_head(p, &forge, &h);
		if (b->cap - b->len < sizeof(p) + payload.len)
			break;
		CHECK(buf_put(b, p, sizeof(p)));
		CHECK(buf_put(b, payload.ptr, payload.len));
		seq++;
	}
	if (in->len > 0)
		CHECK(bytes_take(&len, in, 1));
	return seq - 1;
}

static void
write_file(const char *name, const void *p, size_t len)
{
	char path[96];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, p, len) == (ssize_t)len);
	(void)close(fd);
}

static void
drop_file(const char *name)
{
	char path[96];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	(void)unlink(path);
}

static void
write_mark(uint64_t seq)
{
	static const uint8_t magic[8] = {
	    's', 'k', 'm', 'a', 'r', 'k', 0x9f, 0x0a};
	uint8_t p[MARK_LEN] = {0};

	memcpy(p, magic, sizeof(magic));
	be64_put(p + 8, seq);
	be64_put(p + 24, logfile_seal(&forge, p, 24));
	write_file("mark", p, sizeof(p));
}

/* turn flips the bit that two bytes of the input name. */
static void
turn(struct buf *b, struct bytes *in)
{
	struct bytes at;

	if (bytes_take(&at, in, 2) && b->len > 0)
		b->ptr[be16(at.ptr) % b->len] ^= 1u << at.ptr[1] % 8;
}

static uint64_t
make_log(unsigned flags, struct bytes in)
{
	struct buf b = buf_of(file, sizeof(file));
	uint64_t last = 0;

	if (flags & IS_WRAPPED) {
		put_seg_head(&b, 1, 1);
		last = put_records(&b, 1, &in);
	}
	if (flags & HAS_SECOND) {
		write_file("00000001.seg", b.ptr, b.len);
		b.len = 0;
		put_seg_head(&b, 2, last + 1);
		last = put_records(&b, last + 1, &in);
	}
	if (flags & HAS_FLIP)
		turn(&b, &in);
	if (in.len > b.cap - b.len)
		in.len = b.cap - b.len;
	CHECK(buf_put(&b, in.ptr, in.len)); /* a torn end */
	write_file(
	    flags & HAS_SECOND ? "00000002.seg" : "00000001.seg", b.ptr, b.len);
	if (flags & HAS_MARK)
		write_mark(last);
	return last;
}

/* read_log opens the log and reads every pending record. */
static bool
read_log(uint64_t applied, uint64_t *last)
{
	static struct statelog l;
	struct bytes payload;
	struct arena a;
	uint64_t seq, want = applied + 1;
	enum rc rc = statelog_open(&l, dir, STORE_ID, applied, NULL);

	if (rc != RC_OK) {
		CHECK(rc == RC_CORRUPT || rc == RC_WRONG_SCHEMA);
		return false;
	}
	arena_init(&a, (size_t)1 << 24);
	for (;; want++) {
		CHECK(statelog_pending(&l, &a, &payload, &seq, NULL) == RC_OK);
		if (payload.ptr == NULL)
			break;
		CHECK(seq == want);
		try_group(payload);
		statelog_pass(&l);
	}
	arena_drop(&a);
	*last = l.last_seq;
	CHECK(*last + 1 == want);
	statelog_close(&l);
	return true;
}

static void
try_log(unsigned flags, struct bytes in)
{
	uint64_t made = make_log(flags, in), once, twice;
	uint64_t applied = flags & IS_APPLIED ? 1 : 0;

	if (read_log(applied, &once)) {
		CHECK(read_log(applied, &twice) && once == twice);
		/* what was acknowledged is there */
		if (flags & HAS_MARK)
			CHECK(once >= made || applied >= made);
	}
	drop_file("00000001.seg");
	drop_file("00000002.seg");
	drop_file("mark");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	make_dir();
	if (size == 0 || size > FILE_MAX / 4)
		return 0;
	if (data[0] & IS_LOG)
		try_log(data[0], bytes_of(data + 1, size - 1));
	else
		try_group(bytes_of(data + 1, size - 1));
	return 0;
}
