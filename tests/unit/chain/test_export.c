/* SPDX-License-Identifier: Apache-2.0
 *
 * The chain as a file and back.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "yard.h"

static int
open_file(const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", test_tmpdir(), name);
	return open(path, flags | O_CLOEXEC, 0600);
}

static void
write_file(const char *name, struct bytes what)
{
	int fd = open_file(name, O_WRONLY | O_CREAT | O_TRUNC);

	EXPECT(write(fd, what.ptr, what.len) == (ssize_t)what.len);
	close(fd);
}

static enum rc
load(struct yard *y, const char *name, struct chain_load *out)
{
	int fd = open_file(name, O_RDONLY);
	enum rc rc;

	y->e = (struct err){0};
	rc = chain_load_fd(y->chain, out, fd, 1000000, &y->e);
	close(fd);
	return rc;
}

static void export(
    struct yard *y, const char *name, uint64_t first, uint64_t last)
{
	int fd = open_file(name, O_WRONLY | O_CREAT | O_TRUNC);

	EXPECT_RC(chain_export(y->store, fd, first, last, NULL), RC_OK);
	close(fd);
}

static void
some_blocks(struct yard *y, size_t cnt)
{
	size_t i, k;

	for (i = 0; i < cnt; i++) {
		for (k = 0; k < i % 9; k++)
			yard_tx(y, k % YARD_KEYS, yard_target((uint8_t)k), 1);
		yard_block(y, 1);
	}
}

TEST(test_export_range_outside_the_chain_is_refused)
{
	struct yard y;
	int fd;

	yard_open(&y, "a", FORK_LONDON);
	some_blocks(&y, 3);
	fd = open_file("x", O_WRONLY | O_CREAT);
	EXPECT_RC(chain_export(y.store, fd, 2, 1, NULL), RC_BAD_INPUT);
	EXPECT_RC(chain_export(y.store, fd, 0, 4, NULL), RC_BAD_INPUT);
	close(fd);
	EXPECT_RC(chain_export(y.store, fd, 0, 3, NULL), RC_IO);
	yard_close(&y);
}

TEST(test_export_and_load_give_the_same_chain)
{
	struct chain_load l;
	struct yard a, b;

	yard_open(&a, "a", FORK_LONDON);
	yard_open(&b, "b", FORK_LONDON);
	some_blocks(&a, 25);
	export(&a, "all", 0, 25);
	b.conf.layer_max = 3;
	yard_stop(&b);
	EXPECT_RC(yard_start(&b), RC_OK);
	EXPECT_RC(load(&b, "all", &l), RC_OK);
	EXPECT_U64(l.read, 26);
	EXPECT_U64(l.known, 1); /* genesis */
	EXPECT_U64(l.imported, 25);
	EXPECT(hash_eq(&chain_head(a.chain)->hash, &chain_head(b.chain)->hash));
	EXPECT_RC(load(&b, "all", &l), RC_OK);
	EXPECT_U64(l.known, 26);
	EXPECT_U64(l.imported, 0);
	yard_close(&a);
	yard_close(&b);
}

TEST(test_load_of_a_branch_counts_side_blocks)
{
	struct chain_load l;
	struct yard a, b;

	yard_open(&a, "a", FORK_LONDON);
	yard_open(&b, "b", FORK_LONDON);
	some_blocks(&a, 2);
	yard_tx(&b, 6, yard_target(1), 1);
	yard_block(&b, 1);
	yard_block(&b, 1);
	yard_block(&b, 1);
	export(&b, "branch", 1, 3);
	EXPECT_RC(load(&a, "branch", &l), RC_OK);
	EXPECT_U64(l.side, 2);
	EXPECT_U64(l.imported, 3);
	EXPECT(hash_eq(&chain_head(a.chain)->hash, &chain_head(b.chain)->hash));
	yard_close(&a);
	yard_close(&b);
}

TEST(test_load_of_broken_files_stops_at_the_break)
{
	struct chain_load l;
	struct bytes one, two;
	struct yard a, b;
	uint8_t *file;

	yard_open(&a, "a", FORK_LONDON);
	yard_open(&b, "b", FORK_LONDON);
	some_blocks(&a, 4);
	one = yard_raw(&a, 1);
	two = yard_raw(&a, 4);
	file = arena_alloc(&a.arena, one.len + two.len);
	memcpy(file, one.ptr, one.len);
	memcpy(file + one.len, two.ptr, two.len);

	write_file("gap", bytes_of(file, one.len + two.len));
	EXPECT_RC(load(&b, "gap", &l), RC_BLK_PARENT);
	EXPECT_U64(l.read, 1);
	EXPECT_U64(l.imported, 1);

	write_file("cut", bytes_of(file, one.len + two.len - 1));
	EXPECT_RC(load(&b, "cut", &l), RC_TRUNCATED);
	EXPECT_U64(l.known, 1);
	write_file("head", bytes_of(file, 2));
	EXPECT_RC(load(&b, "head", &l), RC_TRUNCATED);

	write_file("string", bytes_of("\x83"
				      "abc",
				 4));
	EXPECT_RC(load(&b, "string", &l), RC_BAD_INPUT);
	write_file("huge", bytes_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9));
	EXPECT_RC(load(&b, "huge", &l), RC_BAD_INPUT);
	write_file(
	    "large", bytes_of("\xfb\x7f\xff\xff\xff\x00\x00\x00\x00", 9));
	EXPECT_RC(load(&b, "large", &l), RC_BAD_INPUT);
	write_file("tiny", bytes_of("\xc0", 1));
	EXPECT(load(&b, "tiny", &l) != RC_OK);
	write_file("empty", bytes_of("", 0));
	EXPECT_RC(load(&b, "empty", &l), RC_OK);
	EXPECT_U64(l.read, 0);
	EXPECT_U64(yard_head(&b), 1);
	yard_close(&a);
	yard_close(&b);
}

TEST(test_load_from_a_closed_file_is_an_io_error)
{
	struct chain_load l;
	struct yard y;

	yard_open(&y, "a", FORK_LONDON);
	EXPECT_RC(chain_load_fd(y.chain, &l, -1, 0, &y.e), RC_IO);
	yard_close(&y);
}
