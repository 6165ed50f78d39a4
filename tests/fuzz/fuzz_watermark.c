/* SPDX-License-Identifier: Apache-2.0
 *
 * The watermark file as a signer finds it. Input: a byte of flags, then for
 * each of two slots a length (two bytes) and that many bytes. A slot is those
 * bytes as they are, or they are sequence, count and records around which
 * magic and sum are right. What opens refuses what it says was signed and
 * all below, and what it counts is there when it opens again.
 *
 * fuzz: cover=node/signer/watermark.c lib=signer
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "crypto/keccak.h"
#include "signer/watermark_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bits of the first input byte. */
enum {
	IS_MADE_0 = 1, /* the first slot has magic and sum */
	IS_MADE_1 = 2,
	IS_GONE = 4,  /* there is no file yet */
	IS_FOLDER = 8 /* and something else in its place */
};

enum { SUM_LEN = 32, PATH_TEXT = 96 };

static char dir[64], path[PATH_TEXT], temp[PATH_TEXT];

static void
remove_all(void)
{
	(void)unlink(path);
	(void)rmdir(path);
	(void)unlink(temp);
}

static void
remove_dir(void)
{
	remove_all();
	(void)rmdir(dir);
}

static void
make_dir(void)
{
	if (dir[0] != '\0')
		return;
	(void)snprintf(dir, sizeof(dir), "%s/sekisho-fuzz.XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	CHECK(mkdtemp(dir) != NULL && atexit(remove_dir) == 0);
	(void)snprintf(path, sizeof(path), "%s/mark", dir);
	(void)snprintf(temp, sizeof(temp), "%s/mark.new", dir);
}

/* put_slot writes one slot. */
static void
put_slot(int fd, unsigned slot, struct bytes in, bool is_made)
{
	static const uint8_t magic[8] = {
	    'S', 'K', 'M', 'A', 'R', 'K', '0', '1'};
	uint8_t space[WATERMARK_SLOT];
	struct buf b = buf_of(space, sizeof(space));
	size_t fits = sizeof(space) - sizeof(magic) - SUM_LEN;

	in.len = in.len < fits ? in.len : fits;
	if (is_made)
		CHECK(buf_put(&b, magic, sizeof(magic)));
	CHECK(buf_put(&b, in.ptr, in.len));
	if (is_made) {
		keccak256(space + b.len, bytes_of_buf(&b));
		b.len += SUM_LEN;
	}
	CHECK(pwrite(fd, space, b.len, (off_t)slot * WATERMARK_SLOT) ==
	      (ssize_t)b.len);
}

static void
write_file(unsigned flags, struct bytes in)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct bytes len, slot;
	unsigned i;

	CHECK(fd != -1);
	for (i = 0; i < 2; i++) {
		if (!bytes_take(&len, &in, 2) ||
		    !bytes_take(&slot, &in, be16(len.ptr)))
			break;
		put_slot(fd, i, slot, (flags >> i & 1) != 0);
	}
	(void)close(fd);
}

/* stands_first: no file of ours has an account and kind twice; of one that
 * has, the first record counts. */
static bool
stands_first(const struct watermark *w, size_t at)
{
	const struct watermark_record *r = w->records;
	size_t i = 0;

	while (r[i].kind != r[at].kind || !addr_eq(&r[i].addr, &r[at].addr))
		i++;
	return i == at;
}

/* try_records: neither another message where one was signed, nor below. */
static void
try_records(struct watermark *w)
{
	struct hash other;
	size_t i, cnt = w->cnt;
	enum rc rc;

	for (i = 0; i < cnt; i++) {
		struct watermark_record r = w->records[i];

		if (!stands_first(w, i))
			continue;
		other = r.digest;
		other.b[0] ^= 1;
		rc = watermark_pass(w, &r.addr, (enum signer_kind)r.kind,
		    r.height, r.round, &other, NULL);
		CHECK(rc == RC_DENIED);
		if (r.height > 0)
			CHECK(watermark_pass(w, &r.addr,
				  (enum signer_kind)r.kind, r.height - 1,
				  r.round, &other, NULL) == RC_DENIED);
	}
}

static void
try_file(void)
{
	static struct watermark w, again;
	struct hash digest = {{7}};
	struct addr addr = {{0xee}};
	enum rc rc = watermark_open(&w, path, NULL);

	if (rc != RC_OK) {
		CHECK(rc == RC_CORRUPT || rc == RC_IO);
		CHECK(watermark_open(&again, path, NULL) == rc);
		return;
	}
	CHECK(w.cnt <= WATERMARK_MAX);
	try_records(&w);
	if (w.seq == UINT64_MAX) { /* no file of ours gets there */
		watermark_close(&w);
		return;
	}
	rc = watermark_pass(
	    &w, &addr, SIGNER_SEAL, UINT64_MAX, 0, &digest, NULL);
	CHECK(rc == RC_OK || rc == RC_DENIED || rc == RC_NO_SPACE);
	watermark_close(&w);
	CHECK(watermark_open(&again, path, NULL) == RC_OK);
	CHECK(again.cnt == w.cnt);
	digest.b[0] = 8;
	if (rc == RC_OK)
		CHECK(watermark_pass(&again, &addr, SIGNER_SEAL, UINT64_MAX, 0,
			  &digest, NULL) == RC_DENIED);
	watermark_close(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	make_dir();
	if (data[0] & IS_FOLDER)
		CHECK(symlink("/", path) == 0);
	else if ((data[0] & IS_GONE) == 0)
		write_file(data[0], bytes_of(data + 1, size - 1));
	try_file();
	remove_all();
	return 0;
}
