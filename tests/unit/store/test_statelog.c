/* SPDX-License-Identifier: Apache-2.0
 *
 * The state log alone: what comes back after a clean stop, a torn write, a
 * flipped byte, a lost file; and that nothing else ever does.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "store/statelog_priv.h"
#include "test.h"

enum { ID = 0x5eed };

static struct statelog l;

static struct bytes
payload(uint64_t seq)
{
	static uint8_t p[300];
	size_t len = 20 + (size_t)(seq * 37) % 250;

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)(seq * 11 + i);
	return bytes_of(p, len);
}

static enum rc
open_log(const char *dir, uint64_t applied, struct err *e)
{
	return statelog_open(&l, dir, ID, applied, e);
}

static void
append(uint64_t cnt)
{
	for (uint64_t i = 0; i < cnt; i++)
		EXPECT_RC(
		    statelog_append(&l, payload(l.last_seq + 1), NULL), RC_OK);
}

/* expect_pending: exactly the records first..last wait. */
static void
expect_pending(uint64_t first, uint64_t last)
{
	struct bytes got;
	struct arena a;
	uint64_t seq;

	arena_init(&a, 1 << 20);
	for (uint64_t want = first; want <= last; want++) {
		EXPECT_RC(statelog_pending(&l, &a, &got, &seq, NULL), RC_OK);
		if (got.ptr == NULL) {
			test_fail(__FILE__, __LINE__, "no record %llu",
			    (unsigned long long)want);
			break;
		}
		EXPECT_U64(seq, want);
		EXPECT_BYTES(got, payload(want));
		statelog_pass(&l);
	}
	EXPECT_RC(statelog_pending(&l, &a, &got, &seq, NULL), RC_OK);
	EXPECT(got.ptr == NULL);
	arena_drop(&a);
}

static struct path log_dir;

static struct path
seg(const char *dir, unsigned number)
{
	return files_path("%s/%08u.seg", dir, number);
}

static const char *
here(void)
{
	log_dir = files_path("%s/log", test_tmpdir());
	return log_dir.s;
}

TEST(test_statelog_new_is_empty)
{
	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	EXPECT_U64(l.last_seq, 0);
	expect_pending(1, 0);
	statelog_close(&l);
}

TEST(test_statelog_records_come_back)
{
	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(9);
	statelog_close(&l);
	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	expect_pending(1, 9);
	append(3);
	statelog_close(&l);
	EXPECT_RC(open_log(here(), 5, NULL), RC_OK);
	EXPECT_U64(l.last_seq, 12);
	expect_pending(6, 12);
	statelog_close(&l);
}

TEST(test_statelog_applied_beyond_the_log_goes_on_from_there)
{
	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(2);
	statelog_close(&l);
	EXPECT_RC(open_log(here(), 7, NULL), RC_OK);
	EXPECT_U64(l.last_seq, 7);
	append(2);
	statelog_close(&l);
	EXPECT_RC(open_log(here(), 7, NULL), RC_OK);
	expect_pending(8, 9);
	statelog_close(&l);
}

/* A crash in the middle of a write: the mark does not know the record. */
TEST(test_statelog_torn_write_at_every_byte_is_cut)
{
	struct path old = files_path("%s/old", test_tmpdir());
	struct path bent = files_path("%s/bent", test_tmpdir());
	uint64_t before, after;
	struct bytes whole;

	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(4);
	statelog_close(&l);
	files_copy_tree(here(), old.s);
	before = files_size(seg(here(), 1).s);
	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(1);
	statelog_close(&l);
	after = files_size(seg(here(), 1).s);
	whole = test_read(seg(here(), 1).s);
	for (uint64_t len = before; len <= after; len++) {
		files_copy_tree(old.s, bent.s);
		files_write(seg(bent.s, 1).s, bytes_of(whole.ptr, len));
		EXPECT_RC(open_log(bent.s, 0, NULL), RC_OK);
		EXPECT_U64(l.last_seq, len == after ? 5 : 4);
		expect_pending(1, len == after ? 5 : 4);
		append(1);
		statelog_close(&l);
		EXPECT_RC(open_log(bent.s, 4, NULL), RC_OK);
		expect_pending(5, len == after ? 6 : 5);
		statelog_close(&l);
		files_remove_tree(bent.s);
	}
}

/* The sectors of a torn write arrive in any order. */
TEST(test_statelog_torn_write_with_holes_is_cut)
{
	struct path old = files_path("%s/old", test_tmpdir());
	struct path bent = files_path("%s/bent", test_tmpdir());
	static uint8_t p[4096];
	uint64_t before, after;
	struct bytes whole;

	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(2);
	statelog_close(&l);
	files_copy_tree(here(), old.s);
	before = files_size(seg(here(), 1).s);
	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(1);
	statelog_close(&l);
	after = files_size(seg(here(), 1).s);
	whole = test_read(seg(here(), 1).s);
	for (uint64_t hole = before; hole < after; hole++) {
		memcpy(p, whole.ptr, after);
		memset(p + hole, 0, after - hole > 16 ? 16 : after - hole);
		if (!memcmp(p, whole.ptr, after))
			continue;
		files_copy_tree(old.s, bent.s);
		files_write(seg(bent.s, 1).s, bytes_of(p, after));
		EXPECT_RC(open_log(bent.s, 0, NULL), RC_OK);
		expect_pending(1, 2);
		statelog_close(&l);
		files_remove_tree(bent.s);
	}
}

TEST(test_statelog_every_flipped_byte_of_acknowledged_is_corrupt)
{
	struct path bent = files_path("%s/bent", test_tmpdir());
	uint64_t size;
	struct err e = {0};

	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(4);
	statelog_close(&l);
	size = files_size(seg(here(), 1).s);
	for (uint64_t at = 0; at < size; at++) {
		enum rc rc;

		files_copy_tree(here(), bent.s);
		files_flip(seg(bent.s, 1).s, at, (uint8_t)(1u << at % 8));
		rc = open_log(bent.s, 0, &e);
		/* bytes 8 to 11 are the version */
		EXPECT_RC(
		    rc, at >= 8 && at < 12 ? RC_WRONG_SCHEMA : RC_CORRUPT);
		if (rc == RC_OK)
			statelog_close(&l);
		files_remove_tree(bent.s);
		test_count(1);
	}
}

TEST(test_statelog_flipped_byte_without_mark_still_finds_what_follows)
{
	struct path bent = files_path("%s/bent", test_tmpdir());
	uint64_t size, last;

	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(3);
	last = l.size;
	append(1);
	statelog_close(&l);
	size = files_size(seg(here(), 1).s);
	for (uint64_t at = SEG_HEAD_LEN; at < size; at++) {
		files_copy_tree(here(), bent.s);
		(void)unlink(files_path("%s/mark", bent.s).s);
		files_flip(seg(bent.s, 1).s, at, 0x10);
		/* only the last record can pass for a torn one */
		if (at < last) {
			EXPECT_RC(open_log(bent.s, 0, NULL), RC_CORRUPT);
		} else {
			EXPECT_RC(open_log(bent.s, 0, NULL), RC_OK);
			expect_pending(1, 3);
			statelog_close(&l);
		}
		files_remove_tree(bent.s);
	}
}

TEST(test_statelog_missing_acknowledged_tail_is_corrupt)
{
	struct err e = {0};

	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(4);
	statelog_close(&l);
	files_cut(seg(here(), 1).s, files_size(seg(here(), 1).s) - 1);
	EXPECT_RC(open_log(here(), 0, &e), RC_CORRUPT);
	EXPECT(strstr(e.text, "acknowledged") != NULL);
	EXPECT_RC(open_log(here(), 4, &e), RC_OK); /* the tables have it */
	EXPECT_U64(l.last_seq, 4);
	append(1);
	statelog_close(&l);
	EXPECT_RC(open_log(here(), 4, NULL), RC_OK);
	expect_pending(5, 5);
	statelog_close(&l);
}

TEST(test_statelog_missing_segment_is_corrupt)
{
	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(4);
	statelog_close(&l);
	EXPECT(unlink(seg(here(), 1).s) == 0);
	EXPECT_RC(open_log(here(), 3, NULL), RC_CORRUPT);
	EXPECT_RC(open_log(here(), 4, NULL), RC_OK);
	statelog_close(&l);
}

TEST(test_statelog_damage_in_what_the_tables_hold_is_forgotten)
{
	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(4);
	statelog_close(&l);
	files_flip(seg(here(), 1).s, SEG_HEAD_LEN + 3, 1);
	EXPECT_RC(open_log(here(), 3, NULL), RC_CORRUPT);
	EXPECT_RC(open_log(here(), 4, NULL), RC_OK);
	EXPECT_U64(l.last_seq, 4);
	append(1);
	statelog_close(&l);
	EXPECT_RC(open_log(here(), 4, NULL), RC_OK);
	expect_pending(5, 5);
	statelog_close(&l);
}

TEST(test_statelog_of_another_store_is_corrupt)
{
	struct err e = {0};

	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(1);
	statelog_close(&l);
	EXPECT_RC(statelog_open(&l, here(), ID + 1, 0, &e), RC_CORRUPT);
	EXPECT(strstr(e.text, "another store") != NULL);
}

TEST(test_statelog_of_another_version_says_which)
{
	struct err e = {0};

	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(1);
	statelog_close(&l);
	files_flip(seg(here(), 1).s, 11, LOG_SCHEMA ^ 9);
	EXPECT_RC(open_log(here(), 0, &e), RC_WRONG_SCHEMA);
	EXPECT(strstr(e.text, "found version 9") != NULL);
	EXPECT(strstr(e.text, "wants 2") != NULL);
}

/* A record above a quarter of a segment, so that a few make several. */
static void
append_big(void)
{
	static uint8_t p[20 << 20];

	p[0] = (uint8_t)l.last_seq;
	EXPECT_RC(statelog_append(&l, bytes_of(p, sizeof(p)), NULL), RC_OK);
}

TEST(test_statelog_segments_rotate_and_are_dropped)
{
	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	for (int i = 0; i < 8; i++)
		append_big();
	EXPECT_U64(l.seg_cnt, 3); /* 3 + 3 + 2 */
	statelog_drop(&l, 5);
	EXPECT_U64(l.seg_cnt, 2);
	EXPECT_U64(files_size(seg(here(), 1).s), 0);
	EXPECT(files_size(seg(here(), 2).s) > 0);
	statelog_close(&l);
	EXPECT_RC(open_log(here(), 2, NULL), RC_CORRUPT);
	EXPECT_RC(open_log(here(), 4, NULL), RC_OK);
	EXPECT_U64(l.pending_cnt, 4);
	statelog_drop(&l, 8);
	EXPECT_U64(l.seg_cnt, 1); /* the last one is written on */
	append(1);
	EXPECT_U64(l.last_seq, 9);
	statelog_close(&l);
}

TEST(test_statelog_dropped_segment_that_came_back_is_ignored)
{
	struct path kept = files_path("%s/kept", test_tmpdir());
	struct bytes first;

	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	for (int i = 0; i < 7; i++)
		append_big();
	EXPECT(rename(seg(here(), 1).s, kept.s) == 0);
	statelog_close(&l);
	first = test_read(kept.s);
	EXPECT_RC(open_log(here(), 6, NULL), RC_OK);
	EXPECT_U64(l.seg_cnt, 1);
	statelog_close(&l);
	files_write(seg(here(), 1).s, first); /* 2 is gone, 1 is back */
	EXPECT_RC(open_log(here(), 6, NULL), RC_OK);
	EXPECT_U64(l.pending_cnt, 1);
	statelog_close(&l);
}

TEST(test_statelog_damage_before_the_last_segment_is_corrupt)
{
	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	for (int i = 0; i < 4; i++)
		append_big();
	statelog_close(&l);
	(void)unlink(files_path("%s/mark", here()).s);
	files_cut(seg(here(), 1).s, files_size(seg(here(), 1).s) - 1);
	EXPECT_RC(open_log(here(), 0, NULL), RC_CORRUPT);
}

/* A new segment whose head did not reach the disk. */
TEST(test_statelog_unfinished_segment_is_removed)
{
	static const uint8_t zeros[SEG_HEAD_LEN];
	static const size_t lens[] = {0, 1, 8, 39, 40};

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
		if (l.last_seq == 0)
			append(3);
		statelog_close(&l);
		files_write(seg(here(), 2).s, bytes_of(zeros, lens[i]));
		EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
		expect_pending(1, 3);
		statelog_close(&l);
		EXPECT_U64(files_size(seg(here(), 2).s), 0);
	}
}

TEST(test_statelog_unreadable_mark_counts_as_none)
{
	static const uint8_t junk[MARK_LEN] = {1, 2, 3};

	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(3);
	statelog_close(&l);
	files_write(files_path("%s/mark", here()).s, bytes_of(junk, MARK_LEN));
	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	expect_pending(1, 3);
	EXPECT_U64(l.mark_seq, 3); /* and it is made anew */
	statelog_close(&l);
	EXPECT_U64(files_size(files_path("%s/mark", here()).s), MARK_LEN);
}

TEST(test_statelog_other_files_are_left_alone)
{
	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(1);
	statelog_close(&l);
	files_write(files_path("%s/1.seg", here()).s, bytes_of("x", 1));
	files_write(files_path("%s/00000002.seg~", here()).s, bytes_of("x", 1));
	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	expect_pending(1, 1);
	statelog_close(&l);
}

TEST(test_statelog_folder_that_cannot_be_is_an_io_error)
{
	struct err e = {0};

	EXPECT_RC(open_log("/dev/null/log", 0, &e), RC_IO);
	EXPECT(strstr(e.text, "/dev/null/log") != NULL);
}

TEST(test_statelog_of_too_many_segments_is_corrupt)
{
	struct err e = {0};

	EXPECT_RC(open_log(here(), 0, NULL), RC_OK);
	append(1);
	statelog_close(&l);
	for (unsigned i = 2; i <= SEG_CNT_MAX + 1; i++)
		files_write(seg(here(), i).s, bytes_of("x", 1));
	EXPECT_RC(open_log(here(), 0, &e), RC_CORRUPT);
	EXPECT(strstr(e.text, "segments") != NULL);
}
