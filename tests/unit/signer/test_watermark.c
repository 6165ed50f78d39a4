/* SPDX-License-Identifier: Apache-2.0
 *
 * Never two different messages for one height, round and kind: over restarts,
 * torn and damaged slots, copies, and disks that fail.
 */
#include "signer/watermark_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "faults.h"
#include "keys.h"

static const struct addr alice = {{1}}, bob = {{2}};

static struct hash
digest(uint8_t i)
{
	return (struct hash){{i}};
}

static enum rc
pass(struct watermark *w, uint64_t height, uint64_t round, uint8_t what)
{
	struct hash d = digest(what);

	return watermark_pass(
	    w, &alice, SIGNER_COMMIT, height, round, &d, NULL);
}

static const char *
mark_path(void)
{
	return keys_path(test_tmpdir(), "mark");
}

static void
reopen(struct watermark *w)
{
	watermark_close(w);
	EXPECT_RC(watermark_open(w, mark_path(), NULL), RC_OK);
}

TEST(test_watermark_rules)
{
	static const struct {
		const char *name;
		uint64_t height, round;
		uint8_t what;
		enum rc want;
	} rows[] = {
	    {"first", 10, 0, 1, RC_OK},
	    {"the same again", 10, 0, 1, RC_OK},
	    {"another at the same place", 10, 0, 2, RC_DENIED},
	    {"next round", 10, 1, 2, RC_OK},
	    {"round before, even the same", 10, 0, 1, RC_DENIED},
	    {"next height, round zero", 11, 0, 3, RC_OK},
	    {"height before, high round", 10, 99, 4, RC_DENIED},
	    {"height before, the same", 10, 1, 2, RC_DENIED},
	    {"gap", 1000, 7, 5, RC_OK},
	    {"inside the gap", 500, 0, 6, RC_DENIED},
	    {"largest", UINT64_MAX, UINT64_MAX, 7, RC_OK},
	    {"wrapped", 0, 0, 8, RC_DENIED},
	};
	struct watermark w;
	size_t i = 0, k;

	/* In one life, and with a restart before every row. */
	for (k = 0; k < 2; k++) {
		unlink(mark_path());
		EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_OK);
		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			test_row(rows[i].name);
			if (k == 1)
				reopen(&w);
			EXPECT_RC(pass(&w, rows[i].height, rows[i].round,
				      rows[i].what),
			    rows[i].want);
		}
		watermark_close(&w);
	}
	test_count(2 * i);
}

TEST(test_watermark_accounts_and_kinds_are_counted_apart)
{
	struct hash one = digest(1), two = digest(2);
	struct watermark w;

	EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_OK);
	EXPECT_RC(
	    watermark_pass(&w, &alice, SIGNER_SEAL, 5, 0, &one, NULL), RC_OK);
	EXPECT_RC(
	    watermark_pass(&w, &bob, SIGNER_SEAL, 5, 0, &two, NULL), RC_OK);
	EXPECT_RC(watermark_pass(&w, &alice, SIGNER_PREPARE, 5, 0, &two, NULL),
	    RC_OK);
	reopen(&w);
	EXPECT_RC(watermark_pass(&w, &alice, SIGNER_SEAL, 5, 0, &two, NULL),
	    RC_DENIED);
	EXPECT_RC(
	    watermark_pass(&w, &bob, SIGNER_SEAL, 5, 0, &one, NULL), RC_DENIED);
	EXPECT_RC(watermark_pass(&w, &alice, SIGNER_PREPARE, 5, 0, &one, NULL),
	    RC_DENIED);
	watermark_close(&w);
}

TEST(test_watermark_full_table_denies_new_accounts_only)
{
	struct watermark w;
	struct hash d = digest(1);
	struct addr a = {{0}};
	unsigned i;

	EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_OK);
	for (i = 0; i < WATERMARK_MAX; i++) {
		a.b[0] = (uint8_t)i;
		a.b[1] = (uint8_t)(i >> 8);
		EXPECT_RC(
		    watermark_pass(&w, &a, SIGNER_SEAL, 1, 0, &d, NULL), RC_OK);
	}
	reopen(&w);
	EXPECT_U64(w.cnt, WATERMARK_MAX);
	EXPECT_RC(watermark_pass(&w, &a, SIGNER_SEAL, 2, 0, &d, NULL), RC_OK);
	a.b[2] = 1;
	EXPECT_RC(
	    watermark_pass(&w, &a, SIGNER_SEAL, 1, 0, &d, NULL), RC_NO_SPACE);
	watermark_close(&w);
}

/* Synced before the signature leaves; a repeated one needs no sync. */
TEST(test_watermark_syncs_each_advance_once)
{
	struct watermark w;
	unsigned before;

	EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_OK);
	before = fault_sync_cnt();
	EXPECT_RC(pass(&w, 1, 0, 1), RC_OK);
	EXPECT_U64(fault_sync_cnt(), before + 1);
	EXPECT_RC(pass(&w, 1, 0, 1), RC_OK);
	EXPECT_RC(pass(&w, 1, 0, 2), RC_DENIED);
	EXPECT_U64(fault_sync_cnt(), before + 1);
	watermark_close(&w);
}

TEST(test_watermark_failed_sync_ends_signing)
{
	struct watermark w;

	EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_OK);
	fault_set(FAULT_fdatasync, EIO, 1, 1);
	EXPECT_RC(pass(&w, 1, 0, 1), RC_IO);
	EXPECT_U64(fault_clear(), 1);
	/* A second sync that succeeds proves nothing about the first. */
	EXPECT_RC(pass(&w, 1, 0, 1), RC_IO);
	EXPECT_RC(pass(&w, 2, 0, 1), RC_IO);
	watermark_close(&w);
}

TEST(test_watermark_failed_write_ends_signing)
{
	const struct rlimit tight = {.rlim_cur = 0, .rlim_max = RLIM_INFINITY};
	struct rlimit old;
	struct watermark w;

	EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_OK);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	if (setrlimit(RLIMIT_FSIZE, &tight) != 0) {
		test_skip("file size limit cannot be set");
		return;
	}
	EXPECT_RC(pass(&w, 1, 0, 1), RC_IO);
	setrlimit(RLIMIT_FSIZE, &old);
	EXPECT_RC(pass(&w, 2, 0, 1), RC_IO);
	watermark_close(&w);
}

/* Damage. ------------------------------------------------------------ */

static void
poke(off_t at, const void *bytes, size_t len)
{
	int fd = open(mark_path(), O_WRONLY);

	EXPECT(pwrite(fd, bytes, len, at) == (ssize_t)len);
	close(fd);
}

/* Three signatures: heights 1 and 2 end in the older slot, 3 in the newer. */
static off_t
three_signatures(void)
{
	struct watermark w;
	off_t newest;
	uint8_t i;

	unlink(mark_path());
	EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_OK);
	for (i = 1; i <= 3; i++)
		EXPECT_RC(pass(&w, i, 0, i), RC_OK);
	newest = (off_t)(w.seq % 2) * WATERMARK_SLOT;
	watermark_close(&w);
	return newest;
}

/* A slot that was cut anywhere, or has any bit wrong, is not believed: the
 * mark is that of the slot before. */
TEST(test_watermark_any_damage_falls_back_to_the_other_slot)
{
	const size_t used = 8 + 8 + 4 + 69 + 32;
	struct watermark w;
	uint8_t good, bad;
	off_t newest;
	size_t at;
	int fd;

	newest = three_signatures();
	for (at = 0; at < used; at++) {
		fd = open(mark_path(), O_RDONLY);
		EXPECT(pread(fd, &good, 1, newest + (off_t)at) == 1);
		close(fd);
		bad = good ^ (uint8_t)(1U << at % 8);
		poke(newest + (off_t)at, &bad, 1);
		EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_OK);
		EXPECT_U64(w.records[0].height, 2);
		EXPECT(w.records[0].digest.b[0] == 2);
		watermark_close(&w);
		poke(newest + (off_t)at, &good, 1);
	}
	EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_OK);
	EXPECT_U64(w.records[0].height, 3);
	watermark_close(&w);
	test_count(used);
}

/* The signature behind a torn slot never left, so its height is free; what
 * was signed before it is not. */
TEST(test_watermark_after_a_torn_write_goes_on)
{
	off_t newest = three_signatures();
	struct watermark w;

	poke(newest + 40, "torn", 4);
	EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_OK);
	EXPECT_RC(pass(&w, 2, 0, 9), RC_DENIED);
	EXPECT_RC(pass(&w, 3, 0, 9), RC_OK);
	reopen(&w);
	EXPECT_RC(pass(&w, 3, 0, 3), RC_DENIED);
	EXPECT_RC(pass(&w, 4, 0, 4), RC_OK);
	reopen(&w);
	EXPECT_U64(w.records[0].height, 4);
	watermark_close(&w);
}

TEST(test_watermark_without_a_good_slot_nothing_is_signed)
{
	struct watermark w;

	three_signatures();
	poke(40, "torn", 4);
	poke(WATERMARK_SLOT + 40, "torn", 4);
	EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_CORRUPT);
	EXPECT(truncate(mark_path(), 0) == 0);
	EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_CORRUPT);
}

TEST(test_watermark_record_count_beyond_the_slot_is_damage)
{
	const uint8_t many[4] = {0xff, 0xff, 0xff, 0xff};
	off_t newest = three_signatures();
	struct watermark w;

	poke(newest + 16, many, sizeof(many));
	EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_OK);
	EXPECT_U64(w.records[0].height, 2);
	watermark_close(&w);
}

TEST(test_watermark_copy_denies_what_the_original_signed)
{
	const char *copy = keys_path(test_tmpdir(), "copy");
	struct watermark w;
	struct bytes all;

	three_signatures();
	all = test_read(mark_path());
	EXPECT(all.len > 0);
	keys_put(test_tmpdir(), "copy", all, 0600);
	EXPECT_RC(watermark_open(&w, copy, NULL), RC_OK);
	EXPECT_RC(pass(&w, 3, 0, 4), RC_DENIED);
	EXPECT_RC(pass(&w, 3, 0, 3), RC_OK);
	watermark_close(&w);
}

TEST(test_watermark_second_signer_is_refused)
{
	struct watermark w, other;

	EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_OK);
	EXPECT_RC(watermark_open(&other, mark_path(), NULL), RC_UNAVAILABLE);
	watermark_close(&w);
	EXPECT_RC(watermark_open(&other, mark_path(), NULL), RC_OK);
	watermark_close(&other);
}

TEST(test_watermark_link_or_missing_folder_is_refused)
{
	struct watermark w;

	EXPECT(symlink("/dev/null", mark_path()) == 0);
	EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_IO);
	EXPECT_RC(
	    watermark_open(&w, keys_path(test_tmpdir(), "nowhere/mark"), NULL),
	    RC_IO);
}

/* A start that was killed before its file was whole. */
TEST(test_watermark_half_made_file_is_made_anew)
{
	struct watermark w;
	struct stat st;

	keys_put(test_tmpdir(), "mark.new", bytes_of_str("half"), 0600);
	EXPECT_RC(watermark_open(&w, mark_path(), NULL), RC_OK);
	EXPECT_RC(pass(&w, 1, 0, 1), RC_OK);
	EXPECT(stat(mark_path(), &st) == 0 && (st.st_mode & 0777) == 0600);
	EXPECT(access(keys_path(test_tmpdir(), "mark.new"), F_OK) != 0);
	watermark_close(&w);
}
