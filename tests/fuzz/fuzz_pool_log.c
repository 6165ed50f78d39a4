/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool's log files as the start reads them. The first input byte picks
 * what the others are: the whole of a segment, or groups around which head
 * and sums are right, so that the records are reached, with or without a torn
 * end between and behind them. Whatever opens must open again to the same
 * counts.
 *
 * fuzz: cover=node/pool/segment.c lib=pool
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "pool/log_file_priv.h"

enum { SALT = 77, CHAIN_ID = 31337 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum rc
read_account(void *ctx, uint64_t *nonce, struct u256 *balance,
    const struct addr *addr, struct err *e)
{
	(void)ctx;
	(void)e;
	*nonce = addr->b[19] % 4;
	*balance = u256_from_u64((uint64_t)addr->b[18] << 40);
	return RC_OK;
}

/* Bits of the first input byte. */
enum { IS_WRAPPED = 1, HAS_JUNK = 2, HAS_SECOND = 4, HAS_BAD_SEQ = 8 };

static struct pool_log sums; /* its tables take a while to fill */

static void
put_head(struct buf *b)
{
	uint8_t head[POOL_LOG_SEG_HEAD] = {0};

	memcpy(head, POOL_LOG_MAGIC, POOL_LOG_MAGIC_LEN);
	be64_put(head + 8, 1);
	be64_put(head + 24, SALT);
	be64_put(head + 32,
	    crc64_add(&sums.crc, 0, bytes_of(head, POOL_LOG_SEG_HEAD - 8)));
	CHECK(buf_put(b, head, sizeof(head)));
}

static void
put_frame(struct buf *b, uint64_t seq, struct bytes payload)
{
	uint8_t head[POOL_LOG_FRAME_HEAD] = {0};

	be64_put(head, SALT);
	be32_put(head + 8, (uint32_t)payload.len);
	be64_put(head + 16, seq);
	be64_put(head + 24, pool_log_frame_sum(&sums, SALT, head, payload));
	CHECK(buf_put(b, head, sizeof(head)));
	CHECK(buf_put(b, payload.ptr, payload.len));
}

/* wrap builds a segment: one group of the first part of in, as long as its
 * first byte says, then the rest as it is, and perhaps another group. */
static void
wrap(struct buf *b, unsigned flags, struct bytes in)
{
	struct bytes first = in;

	if (sums.crc.table[0][1] == 0)
		crc64_init(&sums.crc);
	put_head(b);
	if (flags & HAS_JUNK && in.len > 0) {
		size_t len = in.ptr[0] < in.len ? in.ptr[0] : in.len - 1;

		first = bytes_of(in.ptr + 1, len);
		in = bytes_of(in.ptr + 1 + len, in.len - 1 - len);
	}
	put_frame(b, 0, first);
	if (flags & HAS_JUNK)
		CHECK(buf_put(b, in.ptr, in.len));
	if (flags & HAS_SECOND)
		put_frame(b, flags & HAS_BAD_SEQ ? 5 : 1, bytes_of(NULL, 0));
}

static void
write_segment(const char *path, const uint8_t *p, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0 && write(fd, p, len) == (ssize_t)len);
	(void)close(fd);
}

static char dir[64];

static void
remove_dir(void)
{
	(void)rmdir(dir);
}

/* make_dir makes the folder of this process, in memory where that exists. */
static void
make_dir(void)
{
	if (dir[0] != '\0')
		return;
	(void)snprintf(dir, sizeof(dir), "%s/sekisho-fuzz.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	CHECK(mkdtemp(dir) != NULL);
	CHECK(atexit(remove_dir) == 0);
	log_open("fuzz_pool_log", LOG_LV_ERROR);
}

/* open_counts opens the folder; false when it is refused. */
static bool
open_counts(struct pool_stats *st)
{
	struct pool_conf conf = pool_conf_open(CHAIN_ID);
	struct pool_view view = {.account = read_account};
	struct pool *p;
	struct err e;

	conf.log_dir = dir;
	if (pool_open(&p, &conf, &view, 0, &e) != RC_OK)
		return false;
	pool_stats(p, st);
	pool_close(p);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t file[1 << 17];
	struct buf b = buf_of(file, sizeof(file));
	struct pool_stats once, again;
	char path[96];

	make_dir();
	if (size == 0 || size > sizeof(file) / 2)
		return 0;
	if (data[0] & IS_WRAPPED)
		wrap(&b, data[0], bytes_of(data + 1, size - 1));
	else
		CHECK(buf_put(&b, data + 1, size - 1));
	(void)snprintf(path, sizeof(path), "%s/pool-0000000000000001.log", dir);
	write_segment(path, b.ptr, b.len);
	if (open_counts(&once)) {
		CHECK(open_counts(&again));
		CHECK(once.pending == again.pending &&
		      once.queued == again.queued && once.bytes == again.bytes);
	}
	(void)unlink(path);
	return 0;
}
