/* SPDX-License-Identifier: Apache-2.0
 *
 * The durable log: what was synced is there after any end of the process,
 * damage is told from a torn end, a failed write ends everything, and the
 * files stay small.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "fake.h"
#include "pool/crc64_priv.h"
#include "pool/log_file_priv.h"
#include "test.h"

static void
expect_counts(const struct pool *p, size_t pending, size_t queued)
{
	struct pool_stats st;

	pool_stats(p, &st);
	EXPECT_U64(st.pending, pending);
	EXPECT_U64(st.queued, queued);
}

static size_t
count_files(void)
{
	DIR *d = opendir(fake_log_dir());
	size_t cnt = 0;

	if (d == NULL)
		return 0;
	while (readdir(d) != NULL)
		cnt++;
	(void)closedir(d);
	return cnt - 2;
}

static enum rc
try_open(struct pool **out, struct fake *f, struct err *e)
{
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct pool_view view = fake_view(f);

	*out = NULL;
	conf.log_dir = fake_log_dir();
	return pool_open(out, &conf, &view, 0, e);
}

TEST(test_crc64_check_value_matches)
{
	static const char text[] = "123456789";
	struct crc64 c;
	size_t cut;

	/* The check value that the catalogues of CRCs give for CRC-64/XZ. */
	crc64_init(&c);
	EXPECT(crc64_add(&c, 0, bytes_of_str(text)) == 0x995dc9bbdf1939fa);
	EXPECT(crc64_add(&c, 0, bytes_of(NULL, 0)) == 0);
	for (cut = 0; cut <= 9; cut++) {
		uint64_t sum = crc64_add(&c, 0, bytes_of(text, cut));

		sum = crc64_add(&c, sum, bytes_of(text + cut, 9 - cut));
		EXPECT(sum == 0x995dc9bbdf1939fa);
	}
}

TEST(test_log_synced_is_there_again)
{
	struct fake f;
	struct pool *p;
	struct fake_tx a = {.from = 1, .fee = 1, .data_len = 500};
	struct fake_tx b = {.from = 2, .nonce = 4};
	struct fake_tx lost = {.from = 3};
	struct hash h = fake_hash(&a);
	struct pool_tx *found;
	struct stat st;

	fake_reset(&f);
	p = fake_open(&f, fake_log_dir());
	/* Before the first transaction: a folder without it is a lost log. */
	EXPECT_U64(count_files(), 1);
	EXPECT_RC(fake_put(p, &a, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &b, NULL), RC_OK);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &lost, NULL), RC_OK);
	pool_close(p);
	EXPECT(stat(fake_seg_path(1), &st) == 0 && (st.st_mode & 0777) == 0600);
	EXPECT(stat(fake_log_dir(), &st) == 0 && (st.st_mode & 0777) == 0700);
	p = fake_open(&f, fake_log_dir());
	expect_counts(p, 1, 1);
	EXPECT(!fake_has(p, &lost));
	found = pool_find(p, &h);
	EXPECT(found != NULL);
	if (found != NULL) {
		struct addr from = fake_addr(1);

		/* The sender was not recovered again: it could not be. */
		EXPECT_BYTES(addr_bytes(&found->sender), addr_bytes(&from));
		EXPECT_U64(found->tx.data.len, 500);
		EXPECT_U64(found->added_ms, 0);
	}
	pool_tx_put(found);
	pool_close(p);
}

TEST(test_log_replay_judges_by_the_chain)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t = {.from = 1}, old = {.from = 2, .fee = 1};
	struct fake_tx new = {.from = 2, .fee = 2}, gone = {.from = 3};
	struct hash h = fake_hash(&gone);

	fake_reset(&f);
	p = fake_open(&f, fake_log_dir());
	for (t.nonce = 0; t.nonce < 4; t.nonce++)
		EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &old, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &gone, NULL), RC_OK);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &new, NULL), RC_OK);
	pool_drop(p, &h, "refused by the chain");
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	pool_close(p);
	f.nonce[1] = 2;
	p = fake_open(&f, fake_log_dir());
	expect_counts(p, 3, 0);
	EXPECT(fake_has(p, &new) && !fake_has(p, &old));
	EXPECT(!fake_has(p, &gone));
	/* What was dropped may come again. */
	EXPECT_RC(fake_put(p, &gone, NULL), RC_OK);
	pool_close(p);
}

TEST(test_log_replay_ignores_stricter_settings)
{
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct fake f;
	struct pool *p;
	struct pool_view view;
	struct fake_tx t = {0}, more = {.from = 9, .fee = 1000};

	fake_reset(&f);
	view = fake_view(&f);
	p = fake_open(&f, fake_log_dir());
	for (t.from = 0; t.from < 5; t.from++)
		EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	pool_close(p);
	conf.log_dir = fake_log_dir();
	conf.tx_max = 2;
	conf.price_floor = u256_from_u64(7);
	EXPECT_RC(pool_open(&p, &conf, &view, 0, NULL), RC_OK);
	expect_counts(p, 5, 0);
	EXPECT_RC(fake_put(p, &more, NULL), RC_TX_POOL_FULL);
	pool_close(p);
}

TEST(test_log_queue_age_survives_restart)
{
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct fake f;
	struct pool *p;
	struct pool_view view;
	struct fake_tx t = {.from = 1, .nonce = 3};

	fake_reset(&f);
	view = fake_view(&f);
	conf.log_dir = fake_log_dir();
	conf.age_max_s = 100;
	EXPECT_RC(pool_open(&p, &conf, &view, 0, NULL), RC_OK);
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK); /* at 0 */
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	pool_close(p);
	EXPECT_RC(pool_open(&p, &conf, &view, 50000, NULL), RC_OK);
	EXPECT_RC(fake_mine(p, &f, 2, 1, 111000), RC_OK);
	expect_counts(p, 0, 0);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	pool_close(p);
	EXPECT_RC(pool_open(&p, &conf, &view, 112000, NULL), RC_OK);
	expect_counts(p, 0, 0);
	pool_close(p);
}

TEST(test_log_broken_chain_at_replay_reported)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t = {.from = 1};

	fake_reset(&f);
	p = fake_open(&f, fake_log_dir());
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	pool_close(p);
	f.is_broken = true;
	EXPECT_RC(try_open(&p, &f, NULL), RC_IO);
	EXPECT(p == NULL);
}

/* Torn ends and damage. ------------------------------------------------- */

/* groups_of is a segment's file without the zeros that wait for more. */
static struct bytes
groups_of(unsigned no)
{
	struct bytes file = test_read(fake_seg_path(no));

	EXPECT_U64(file.len % POOL_LOG_STEP, 0);
	while (file.len > 0 && file.ptr[file.len - 1] == 0)
		file.len--;
	return file;
}

/* three_groups writes one segment of three groups with one transaction each
 * and tells where the groups begin. */
static struct bytes
three_groups(struct fake *f, size_t at[4])
{
	struct pool *p;
	struct pool_stats st;
	struct fake_tx t = {.from = 1};

	fake_reset(f);
	p = fake_open(f, fake_log_dir());
	at[0] = POOL_LOG_SEG_HEAD;
	for (t.nonce = 0; t.nonce < 3; t.nonce++) {
		EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
		EXPECT_RC(pool_sync(p, NULL), RC_OK);
		pool_stats(p, &st);
		at[t.nonce + 1] = (size_t)st.log_bytes;
	}
	pool_close(p);
	return groups_of(1);
}

static void
expect_torn_end_cut(size_t zeros)
{
	struct fake f;
	size_t at[4], cut;
	struct bytes file = three_groups(&f, at);
	struct fake_tx more = {.from = 2};
	uint8_t *torn = calloc(1, file.len + zeros);
	struct pool *p;

	EXPECT_U64(file.len, at[3]);
	for (cut = at[2]; torn != NULL && cut < at[3]; cut++) {
		memcpy(torn, file.ptr, cut);
		fake_write_file(fake_seg_path(1), bytes_of(torn, cut + zeros));
		EXPECT_RC(try_open(&p, &f, NULL), RC_OK);
		if (p == NULL)
			break;
		expect_counts(p, 2, 0);
		/* What comes next is kept behind the cut. */
		EXPECT_RC(fake_put(p, &more, NULL), RC_OK);
		EXPECT_RC(pool_sync(p, NULL), RC_OK);
		pool_close(p);
		EXPECT_RC(try_open(&p, &f, NULL), RC_OK);
		if (p == NULL)
			return;
		expect_counts(p, 3, 0);
		pool_close(p);
		EXPECT(unlink(fake_seg_path(2)) == 0);
		EXPECT_U64(test_read(fake_seg_path(1)).len,
		    cut == at[2] ? cut + zeros : at[2]);
	}
	free(torn);
	test_count(at[3] - at[2]);
}

TEST(test_log_torn_end_cut_at_every_byte)
{
	log_open("unit_pool", LOG_LV_ERROR);
	expect_torn_end_cut(0);
}

/* As a group written over zeros is torn. */
TEST(test_log_torn_end_before_zeros_cut_at_every_byte)
{
	log_open("unit_pool", LOG_LV_ERROR);
	expect_torn_end_cut(4096);
}

TEST(test_log_torn_end_with_other_bytes_cut)
{
	struct fake f;
	size_t at[4], i, k;
	struct bytes file = three_groups(&f, at);
	uint8_t *torn = (uint8_t *)(uintptr_t)groups_of(1).ptr;
	struct pool *p;

	/* The file has its length but the last group never reached the disk,
	 * wholly or in places. */
	for (i = at[2]; i < at[3]; i++) {
		memcpy(torn, file.ptr, file.len);
		for (k = i; k < at[3] && k < i + 512; k++)
			torn[k] ^= 0x55;
		fake_write_file(fake_seg_path(1), bytes_of(torn, file.len));
		EXPECT_RC(try_open(&p, &f, NULL), RC_OK);
		if (p != NULL)
			expect_counts(p, 2, 0);
		pool_close(p);
	}
	memcpy(torn, file.ptr, file.len);
	memset(torn + at[2], 0, at[3] - at[2]);
	fake_write_file(fake_seg_path(1), bytes_of(torn, file.len));
	EXPECT_RC(try_open(&p, &f, NULL), RC_OK);
	if (p != NULL)
		expect_counts(p, 2, 0);
	pool_close(p);
	EXPECT_U64(test_read(fake_seg_path(1)).len, at[3]);
}

TEST(test_log_damage_before_end_refused_at_every_byte)
{
	struct fake f;
	size_t at[4], i;
	struct bytes file = three_groups(&f, at);
	uint8_t *bad = (uint8_t *)(uintptr_t)test_read(fake_seg_path(1)).ptr;
	struct pool *p;
	struct err e;

	for (i = 0; i < at[2]; i++) {
		enum rc rc;

		bad[i] ^= (uint8_t)(1 << i % 8);
		fake_write_file(fake_seg_path(1), bytes_of(bad, file.len));
		rc = try_open(&p, &f, &e);
		EXPECT(rc == RC_CORRUPT ||
		       (rc == RC_WRONG_SCHEMA && (i == 6 || i == 7)));
		if (rc == RC_OK)
			pool_close(p);
		bad[i] = file.ptr[i];
	}
	fake_write_file(fake_seg_path(1), file);
	EXPECT_RC(try_open(&p, &f, &e), RC_OK);
	pool_close(p);
	test_count(at[2]);
}

TEST(test_log_short_files_refused)
{
	struct fake f;
	size_t at[4], i;
	struct bytes file = three_groups(&f, at);
	struct pool *p;

	for (i = 0; i < POOL_LOG_SEG_HEAD; i++) {
		fake_write_file(fake_seg_path(1), bytes_of(file.ptr, i));
		EXPECT_RC(try_open(&p, &f, NULL), RC_CORRUPT);
	}
}

/* forge writes segment 1 with right sums around one group's payload. */
static void
forge(struct bytes payload, uint64_t seq)
{
	static uint8_t file[4096];
	struct pool_log l;
	uint8_t *frame = file + POOL_LOG_SEG_HEAD;

	crc64_init(&l.crc);
	memset(file, 0, sizeof(file));
	memcpy(file, POOL_LOG_MAGIC, POOL_LOG_MAGIC_LEN);
	be64_put(file + 8, 1);
	be64_put(file + 24, 77);
	be64_put(file + 32,
	    crc64_add(&l.crc, 0, bytes_of(file, POOL_LOG_SEG_HEAD - 8)));
	be64_put(frame, 77);
	be32_put(frame + 8, (uint32_t)payload.len);
	be64_put(frame + 16, seq);
	memcpy(frame + POOL_LOG_FRAME_HEAD, payload.ptr, payload.len);
	be64_put(frame + 24, pool_log_frame_sum(&l, 77, frame, payload));
	fake_write_file(fake_seg_path(1),
	    bytes_of(
		file, POOL_LOG_SEG_HEAD + POOL_LOG_FRAME_HEAD + payload.len));
}

TEST(test_log_broken_records_refused)
{
	static const struct {
		const char *name, *payload;
		uint64_t seq;
		enum rc rc;
		const char *text;
	} rows[] = {
	    {"nothing", "", 0, RC_OK, NULL},
	    {"half a record head", "010000", 0, RC_CORRUPT,
		"pool log: segment 1 is damaged at byte 72: record is cut"},
	    {"record longer than the group", "0100000001", 0, RC_CORRUPT,
		"pool log: segment 1 is damaged at byte 77: record is cut"},
	    {"unknown kind", "0300000000", 0, RC_CORRUPT,
		"pool log: segment 1 is damaged at byte 72: kind of record"},
	    {"kind 0", "0000000000", 0, RC_CORRUPT,
		"pool log: segment 1 is damaged at byte 72: kind of record"},
	    {"add without sender", "0100000001ff", 0, RC_CORRUPT,
		"pool log: segment 1 is damaged at byte 77: no transaction"},
	    {"add of no transaction",
		"010000001d"
		"00000000000000000000000000000000000000000000000000000000"
		"7f",
		0, RC_CORRUPT, NULL},
	    {"drop without hash", "0200000001ff", 0, RC_CORRUPT,
		"pool log: segment 1 is damaged at byte 77: no hash"},
	    {"drop of an unknown hash",
		"0200000020"
		"00000000000000000000000000000000000000000000000000000000"
		"00000000",
		0, RC_OK, NULL},
	    {"group number too high", "", 1, RC_CORRUPT,
		"pool log: segment 1 is damaged at byte 40: a group is "
		"missing"},
	};
	struct fake f;
	struct pool *p;
	struct err e;
	size_t i;

	fake_reset(&f);
	pool_close(fake_open(&f, fake_log_dir()));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		forge(test_hex(rows[i].payload), rows[i].seq);
		EXPECT_RC(try_open(&p, &f, &e), rows[i].rc);
		if (rows[i].text != NULL)
			EXPECT_STR(e.text, rows[i].text);
		pool_close(p);
	}
	test_row(NULL);
	test_count(i);
}

/* fill_segments writes segments of about 1 MiB; returns transactions. */
static uint64_t
fill_segments(struct pool *p, unsigned from, unsigned segments)
{
	struct fake_tx t = {.from = from, .data_len = 100000};

	for (; t.nonce < segments * 11; t.nonce++) {
		EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
		EXPECT_RC(pool_sync(p, NULL), RC_OK);
	}
	return t.nonce;
}

/* Without a block for long, what was replaced goes all the same. */
TEST(test_log_tidied_without_heads_stays_small)
{
	struct fake_tx t = {.from = 1, .fee = 100, .data_len = 100000};
	struct fake_tx other = {.from = 2, .data_len = 100000};
	uint64_t most = 0;
	struct pool_stats st;
	struct fake f;
	struct pool *p;
	size_t i;

	fake_reset(&f);
	p = fake_open(&f, fake_log_dir());
	EXPECT_RC(fake_put(p, &other, NULL), RC_OK);
	for (i = 0; i < 150; i++) {
		EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
		EXPECT_RC(pool_sync(p, NULL), RC_OK);
		EXPECT_RC(pool_tidy(p, NULL), RC_OK);
		t.fee += t.fee / 10 + 1;
		pool_stats(p, &st);
		if (st.log_bytes > most)
			most = st.log_bytes;
	}
	/* 15 MB were written; two live, and the bound has 2 MiB of its own
	 * and what is written between two looks. */
	EXPECT(most > 2 * POOL_SEGMENT_MAX && most < 5 * POOL_SEGMENT_MAX);
	pool_close(p);
	p = fake_open(&f, fake_log_dir());
	expect_counts(p, 2, 0);
	EXPECT(fake_has(p, &other));
	pool_close(p);
}

TEST(test_log_segments_missing_or_foreign_refused)
{
	struct fake f;
	struct pool *p;
	struct bytes second, third;
	struct err e;

	fake_reset(&f);
	p = fake_open(&f, fake_log_dir());
	(void)fill_segments(p, 1, 3);
	pool_close(p);
	EXPECT_U64(count_files(), 3);
	second = groups_of(2);
	third = groups_of(3);
	EXPECT(unlink(fake_seg_path(2)) == 0);
	EXPECT_RC(try_open(&p, &f, &e), RC_CORRUPT);
	EXPECT_STR(e.text, "pool log: segment 2 is missing");
	/* Another one under its name. */
	fake_write_file(fake_seg_path(2), third);
	EXPECT_RC(try_open(&p, &f, &e), RC_CORRUPT);
	/* Its last group cut off: no torn end, since a segment follows. */
	fake_write_file(fake_seg_path(2), bytes_of(second.ptr, second.len - 1));
	EXPECT_RC(try_open(&p, &f, &e), RC_CORRUPT);
	/* All of its groups gone, without a trace in itself. */
	fake_write_file(
	    fake_seg_path(2), bytes_of(second.ptr, POOL_LOG_SEG_HEAD));
	EXPECT_RC(try_open(&p, &f, &e), RC_CORRUPT);
	EXPECT_STR(e.text,
	    "pool log: segment 3 is damaged at byte 16: groups are missing "
	    "before it");
	fake_write_file(fake_seg_path(2), second);
	EXPECT_RC(try_open(&p, &f, &e), RC_OK);
	expect_counts(p, 33, 0);
	pool_close(p);
}

/* The length of a file changes once in a thousand groups. */
TEST(test_log_grows_by_zeros)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t = {.from = 1};
	struct stat st;

	fake_reset(&f);
	p = fake_open(&f, fake_log_dir());
	for (t.nonce = 0; t.nonce < 1500; t.nonce++) {
		EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
		EXPECT_RC(pool_sync(p, NULL), RC_OK);
		EXPECT(stat(fake_seg_path(1), &st) == 0);
		EXPECT(st.st_size == POOL_LOG_STEP ||
		       (t.nonce > 1000 && st.st_size == 2 * POOL_LOG_STEP));
	}
	EXPECT(st.st_size == 2 * POOL_LOG_STEP);
	pool_close(p);
	p = fake_open(&f, fake_log_dir());
	expect_counts(p, 1500, 0);
	pool_close(p);
}

TEST(test_log_other_names_ignored_temporary_removed)
{
	struct fake f;
	struct pool *p;
	char path[256];

	fake_reset(&f);
	pool_close(fake_open(&f, fake_log_dir()));
	(void)snprintf(path, sizeof(path), "%s/README", fake_log_dir());
	fake_write_file(path, bytes_of_str("not ours"));
	(void)snprintf(
	    path, sizeof(path), "%s/pool-000000000000000g.log", fake_log_dir());
	fake_write_file(path, bytes_of_str("not ours"));
	(void)snprintf(
	    path, sizeof(path), "%s/pool-0000000000000001.tmp", fake_log_dir());
	fake_write_file(path, bytes_of_str("half a head"));
	EXPECT_U64(count_files(), 4);
	EXPECT_RC(try_open(&p, &f, NULL), RC_OK);
	EXPECT_U64(count_files(), 3);
	pool_close(p);
}

TEST(test_log_unusable_folder_reported)
{
	struct pool_conf conf = pool_conf_open(FAKE_CHAIN_ID);
	struct fake f;
	struct pool *p = NULL;
	struct pool_view view;
	char path[256];

	fake_reset(&f);
	view = fake_view(&f);
	(void)snprintf(path, sizeof(path), "%s/a/b", test_tmpdir());
	conf.log_dir = path;
	EXPECT_RC(pool_open(&p, &conf, &view, 0, NULL), RC_IO);
	(void)snprintf(path, sizeof(path), "%s/file", test_tmpdir());
	fake_write_file(path, bytes_of_str("a file"));
	EXPECT_RC(pool_open(&p, &conf, &view, 0, NULL), RC_IO);
	EXPECT(p == NULL);
}

/* Failed writes. --------------------------------------------------------- */

/* limit_files makes writes beyond size fail with EFBIG. */
static void
limit_files(rlim_t size)
{
	struct rlimit lim;

	(void)signal(SIGXFSZ, SIG_IGN);
	EXPECT(getrlimit(RLIMIT_FSIZE, &lim) == 0);
	lim.rlim_cur = size == 0 ? lim.rlim_max : size;
	EXPECT(setrlimit(RLIMIT_FSIZE, &lim) == 0);
}

TEST(test_log_failed_write_is_sticky)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t = {.from = 1, .data_len = 5000}, other = {.from = 2};
	struct pool_tx *made;
	struct err e;

	fake_reset(&f);
	log_open("unit_pool", LOG_LV_ERROR);
	p = fake_open(&f, fake_log_dir());
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	limit_files(8000);
	t.nonce = 1;
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	EXPECT_RC(pool_sync(p, &e), RC_IO);
	limit_files(0);
	/* The disk is fine again; the log stays closed. */
	EXPECT_RC(pool_sync(p, &e), RC_IO);
	EXPECT_RC(fake_put(p, &other, &e), RC_IO);
	made = fake_make(&other);
	EXPECT_RC(pool_return(p, made, 0, &e), RC_IO);
	EXPECT_RC(fake_mine(p, &f, 3, 1, 0), RC_IO);
	pool_close(p);
	p = fake_open(&f, fake_log_dir());
	expect_counts(p, 1, 0);
	pool_close(p);
}

TEST(test_log_failed_new_segment_is_sticky)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t = {.from = 2};
	struct err e;

	fake_reset(&f);
	p = fake_open(&f, fake_log_dir());
	(void)fill_segments(p, 1, 1);
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	limit_files(8);
	EXPECT_RC(pool_sync(p, &e), RC_IO);
	limit_files(0);
	EXPECT_RC(pool_sync(p, &e), RC_IO);
	pool_close(p);
	p = fake_open(&f, fake_log_dir());
	expect_counts(p, 11, 0);
	EXPECT(!fake_has(p, &t));
	EXPECT_U64(count_files(), 1);
	pool_close(p);
}

TEST(test_log_failed_first_segment_refuses_to_open)
{
	struct fake f;
	struct pool *p;
	struct err e;

	fake_reset(&f);
	limit_files(8);
	EXPECT_RC(try_open(&p, &f, &e), RC_IO);
	limit_files(0);
	/* Half a file is no obstacle. */
	EXPECT_RC(try_open(&p, &f, &e), RC_OK);
	EXPECT_U64(count_files(), 1);
	expect_counts(p, 0, 0);
	pool_close(p);
}

/* Size. ------------------------------------------------------------------ */

TEST(test_log_full_buffer_synced_by_itself)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t = {.from = 1, .data_len = 100000};

	fake_reset(&f);
	p = fake_open(&f, fake_log_dir());
	for (t.nonce = 0; t.nonce < 25; t.nonce++)
		EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	pool_close(p); /* without a sync: two groups of ten are there */
	p = fake_open(&f, fake_log_dir());
	expect_counts(p, 20, 0);
	pool_close(p);
}

TEST(test_log_dead_segments_removed)
{
	struct fake f;
	struct pool *p;
	struct fake_tx pinned = {.from = 9, .nonce = 5}, small = {.from = 8};
	struct pool_stats st;
	uint64_t cnt;

	fake_reset(&f);
	p = fake_open(&f, fake_log_dir());
	cnt = fill_segments(p, 1, 4);
	EXPECT_RC(fake_mine(p, &f, 1, cnt, 0), RC_OK);
	fake_heads(p, &f, POOL_LINGER_HEADS - 1);
	EXPECT_U64(count_files(), 4);
	fake_heads(p, &f, 1);
	EXPECT_U64(count_files(), 1);
	pool_close(p);
	/* One that waits keeps its segment, until most of the log is dead. */
	p = fake_open(&f, fake_log_dir());
	EXPECT_RC(fake_put(p, &pinned, NULL), RC_OK);
	cnt = fill_segments(p, 2, 1);
	EXPECT_RC(fake_put(p, &small, NULL), RC_OK);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	EXPECT_RC(fake_mine(p, &f, 2, cnt, 0), RC_OK);
	fake_heads(p, &f, POOL_LINGER_HEADS);
	EXPECT_U64(count_files(), 2);
	EXPECT_RC(fake_mine(p, &f, 8, 1, 0), RC_OK);
	cnt = fill_segments(p, 3, 2);
	EXPECT_RC(fake_mine(p, &f, 3, cnt, 0), RC_OK);
	fake_heads(p, &f, POOL_LINGER_HEADS + 1);
	pool_stats(p, &st);
	EXPECT(st.log_bytes < 3 * POOL_SEGMENT_MAX);
	EXPECT(fake_has(p, &pinned));
	pool_close(p);
	p = fake_open(&f, fake_log_dir());
	expect_counts(p, 0, 1);
	EXPECT(fake_has(p, &pinned));
	pool_close(p);
}

TEST(test_log_mined_survives_crash_in_reorganisation)
{
	struct fake_tx t = {.from = 1}, gone = {.from = 1};
	struct hash h;
	struct fake f;
	struct pool *p;
	uint64_t cnt;
	unsigned i;

	/* Mined, several heads and restarts ago; then the block is undone,
	 * and the process dies before anybody offered it again. */
	fake_reset(&f);
	p = fake_open(&f, fake_log_dir());
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	cnt = fill_segments(p, 2, 3);
	EXPECT_RC(fake_mine(p, &f, 1, 1, 0), RC_OK);
	EXPECT_RC(fake_mine(p, &f, 2, cnt, 0), RC_OK);
	pool_close(p);
	for (i = 0; i < 3; i++) {
		p = fake_open(&f, fake_log_dir());
		expect_counts(p, 0, 0);
		fake_heads(p, &f, 10);
		pool_close(p);
	}
	f.nonce[1] = 0;
	p = fake_open(&f, fake_log_dir());
	expect_counts(p, 1, 0);
	EXPECT(fake_has(p, &t));
	/* What was dropped on purpose stays away, even if it was undone. */
	gone.nonce = 1;
	EXPECT_RC(fake_put(p, &gone, NULL), RC_OK);
	h = fake_hash(&gone);
	pool_drop(p, &h, "refused by the chain");
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	pool_close(p);
	p = fake_open(&f, fake_log_dir());
	expect_counts(p, 1, 0);
	pool_close(p);
}

TEST(test_log_returned_is_in_the_log_again)
{
	struct fake_tx t = {.from = 1};
	struct fake f;
	struct pool *p;

	fake_reset(&f);
	p = fake_open(&f, fake_log_dir());
	EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	EXPECT_RC(fake_mine(p, &f, 1, 1, 0), RC_OK);
	EXPECT_RC(fake_mine(p, &f, 1, 0, 0), RC_OK);
	EXPECT_RC(pool_return(p, fake_make(&t), 0, NULL), RC_OK);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	fake_heads(p, &f, POOL_LINGER_HEADS + 1);
	expect_counts(p, 1, 0);
	pool_close(p);
	p = fake_open(&f, fake_log_dir());
	expect_counts(p, 1, 0);
	pool_close(p);
}

TEST(test_log_many_restarts_leave_few_files)
{
	struct fake f;
	struct pool *p;
	struct fake_tx t = {.from = 1, .nonce = 100};
	unsigned i;

	fake_reset(&f);
	for (i = 0; i < 60; i++) {
		p = fake_open(&f, fake_log_dir());
		expect_counts(p, 0, i);
		t.nonce++;
		EXPECT_RC(fake_put(p, &t, NULL), RC_OK);
		EXPECT_RC(fake_mine(p, &f, 2, i + 1, 0), RC_OK);
		EXPECT_RC(pool_sync(p, NULL), RC_OK);
		pool_close(p);
	}
	EXPECT(count_files() <= POOL_SEGMENT_CNT + 2);
	p = fake_open(&f, fake_log_dir());
	expect_counts(p, 0, 60);
	pool_close(p);
}

/* Crashes. --------------------------------------------------------------- */

enum { CRASH_SENDERS = 8, CRASH_NONCES = 64 };

struct crash {
	struct fake chain;
	struct fake_tx tx[CRASH_SENDERS][CRASH_NONCES];
	bool is_in[CRASH_SENDERS][CRASH_NONCES];    /* accepted */
	bool is_acked[CRASH_SENDERS][CRASH_NONCES]; /* and synced */
	uint64_t seed;
};

static unsigned
newest_segment(void)
{
	unsigned no, newest = 0;

	for (no = 1; no < 4000; no++) {
		if (access(fake_seg_path(no), F_OK) == 0)
			newest = no;
	}
	return newest;
}

static size_t
file_size(unsigned no)
{
	struct stat st;

	return stat(fake_seg_path(no), &st) == 0 ? (size_t)st.st_size : 0;
}

static void
offer(struct pool *p, struct crash *c)
{
	struct fake_tx t = {
	    .from = (unsigned)(fake_rand(&c->seed) % CRASH_SENDERS),
	    .nonce = fake_rand(&c->seed) % CRASH_NONCES,
	    .data_len = fake_rand(&c->seed) % 2000,
	};

	if (fake_put(p, &t, NULL) != RC_OK)
		return;
	c->tx[t.from][t.nonce] = t;
	c->is_in[t.from][t.nonce] = true;
}

static void
acknowledge(struct crash *c)
{
	memcpy(c->is_acked, c->is_in, sizeof(c->is_acked));
}

/* work inserts, mines, and acknowledges what it has synced. */
static void
work(struct pool *p, struct crash *c)
{
	unsigned step;

	for (step = 0; step < 30; step++) {
		offer(p, c);
		if (fake_rand(&c->seed) % 8 == 0) {
			unsigned i =
			    (unsigned)(fake_rand(&c->seed) % CRASH_SENDERS);
			uint64_t next = c->chain.nonce[i] + 1;

			/* Only what is in the pool can be mined. */
			if (next <= CRASH_NONCES && c->is_in[i][next - 1])
				EXPECT_RC(
				    fake_mine(p, &c->chain, i, next, 0), RC_OK);
		}
		if (fake_rand(&c->seed) % 4 == 0) {
			EXPECT_RC(pool_sync(p, NULL), RC_OK);
			acknowledge(c);
		}
	}
}

/* crash ends the process while its last group is on the way to the disk. */
static void
crash(struct pool *p, struct crash *c)
{
	unsigned step, no = newest_segment();
	size_t synced = file_size(no), len;

	for (step = 0; step < 5; step++)
		offer(p, c);
	EXPECT_RC(pool_sync(p, NULL), RC_OK);
	pool_close(p);
	if (newest_segment() != no) {
		no = newest_segment();
		synced = POOL_LOG_SEG_HEAD;
	}
	len = file_size(no);
	EXPECT(len >= synced);
	EXPECT(truncate(fake_seg_path(no),
		   (off_t)(synced +
			   fake_rand(&c->seed) % (len - synced + 1))) == 0);
}

/* check finds everything acknowledged and learns what else survived. */
static void
check(struct pool *p, struct crash *c)
{
	unsigned i, n;

	for (i = 0; i < CRASH_SENDERS; i++) {
		for (n = 0; n < CRASH_NONCES; n++) {
			if (n < c->chain.nonce[i] || !c->is_in[i][n])
				continue;
			c->is_in[i][n] = fake_has(p, &c->tx[i][n]);
			EXPECT(c->is_in[i][n] || !c->is_acked[i][n]);
		}
	}
	acknowledge(c);
}

TEST(test_log_random_crashes_lose_nothing_acknowledged)
{
	static struct crash c;
	struct pool *p;
	unsigned run;

	c = (struct crash){.seed = 1};
	fake_reset(&c.chain);
	for (run = 0; run < 100; run++) {
		EXPECT_RC(try_open(&p, &c.chain, NULL), RC_OK);
		if (p == NULL)
			return;
		check(p, &c);
		work(p, &c);
		crash(p, &c);
	}
	test_count(run);
}
