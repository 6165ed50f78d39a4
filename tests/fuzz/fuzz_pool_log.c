/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool's log files as the start reads them. The first input byte picks
 * what the others are: the whole of a segment, or the payload of one group
 * around which head and sums are right, so that the records are reached.
 * Whatever opens must open again to the same counts.
 *
 * fuzz: cover=node/pool/replay.c lib=pool
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

/* wrap builds a segment of one group in out, which has room for it. */
static size_t
wrap(uint8_t *out, struct bytes payload)
{
	static struct pool_log l; /* its tables take a while to fill */
	uint8_t *frame = out + POOL_LOG_SEG_HEAD;

	if (l.crc.table[0][1] == 0)
		crc64_init(&l.crc);
	memset(out, 0, POOL_LOG_SEG_HEAD + POOL_LOG_FRAME_HEAD);
	memcpy(out, POOL_LOG_MAGIC, POOL_LOG_MAGIC_LEN);
	be64_put(out + 8, 1);
	be64_put(out + 24, SALT);
	be64_put(out + 32,
	    crc64_add(&l.crc, 0, bytes_of(out, POOL_LOG_SEG_HEAD - 8)));
	be64_put(frame, SALT);
	be32_put(frame + 8, (uint32_t)payload.len);
	memcpy(frame + POOL_LOG_FRAME_HEAD, payload.ptr, payload.len);
	be64_put(frame + 24, pool_log_frame_sum(&l, SALT, frame, payload));
	return POOL_LOG_SEG_HEAD + POOL_LOG_FRAME_HEAD + payload.len;
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
	struct pool_conf conf = pool_conf_default(CHAIN_ID);
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
	struct pool_stats once, again;
	char path[96];
	size_t len;

	make_dir();
	if (size == 0 || size > sizeof(file) / 2)
		return 0;
	if (data[0] & 1) {
		len = wrap(file, bytes_of(data + 1, size - 1));
	} else {
		memcpy(file, data + 1, size - 1);
		len = size - 1;
	}
	(void)snprintf(path, sizeof(path), "%s/pool-0000000000000001.log", dir);
	write_segment(path, file, len);
	if (open_counts(&once)) {
		CHECK(open_counts(&again));
		CHECK(once.pending == again.pending &&
		      once.queued == again.queued && once.bytes == again.bytes);
	}
	(void)unlink(path);
	return 0;
}
