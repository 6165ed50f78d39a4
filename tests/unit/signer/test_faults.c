/* SPDX-License-Identifier: Apache-2.0
 *
 * A kernel that refuses, and memory that runs out: the signer says so, starts
 * not at all rather than half locked down, and signs nothing that is not
 * counted.
 */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys.h"
#include "signer/child_priv.h"
#include "signer/keydir_priv.h"
#include "signer/sandbox_priv.h"

static struct signer_conf
conf_of(void)
{
	return (struct signer_conf){.keystore_dir = test_tmpdir(),
	    .watermark_path = keys_path(test_tmpdir(), ".mark"),
	    .may_seal = true};
}

/* Starting with the nth call of f failing. */
static enum rc
spawn_with(enum fault f, unsigned nth)
{
	struct signer_conf conf = conf_of();
	struct signer *s = NULL;
	struct err e = {.rc = RC_OK};
	enum rc rc;

	unlink(conf.watermark_path);
	fault_set(f, EPERM, nth, 1);
	rc = signer_spawn(&s, &conf, &e);
	fault_clear();
	if (rc == RC_OK)
		signer_stop(s);
	else
		EXPECT(e.text[0] != '\0');
	return rc;
}

/* Each call that locks down or makes the watermark, each time it is made: the
 * signer does not start. */
TEST(test_faults_signer_starts_whole_or_not_at_all)
{
	static const struct {
		enum fault fault;
		unsigned calls;
	} rows[] = {
	    {FAULT_prctl, 6}, /* death signal, dumpable, name, privileges for
			       * Landlock and for seccomp, seccomp */
	    {FAULT_mprotect, 1},
	    {FAULT_madvise, 2},
	    {FAULT_dup2, 2},
	    {FAULT_dup3, 3},
	    {FAULT_close_range, 1},
	    {FAULT_ftruncate, 1},
	    {FAULT_flock, 1},
	    {FAULT_pwrite, 2},
	    {FAULT_fdatasync, 2},
	    {FAULT_fsync, 2},
	    {FAULT_renameat2, 1},
	};
	unsigned nth;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(fault_name(rows[i].fault));
		for (nth = 1; nth <= rows[i].calls; nth++)
			EXPECT_RC(spawn_with(rows[i].fault, nth), RC_IO);
		/* One call more is none of the start. */
		EXPECT_RC(spawn_with(rows[i].fault, nth), RC_OK);
	}
	test_count(i);
}

/* An existing file that cannot be read is not taken for a new one. */
TEST(test_faults_unreadable_watermark_stops_the_start)
{
	struct watermark w;
	const char *path = keys_path(test_tmpdir(), "mark");
	unsigned nth;

	EXPECT_RC(watermark_open(&w, path, NULL), RC_OK);
	watermark_close(&w);
	for (nth = 1; nth <= 2; nth++) {
		fault_set(FAULT_pread, EIO, nth, 1);
		EXPECT_RC(watermark_open(&w, path, NULL), RC_IO);
		EXPECT_U64(fault_clear(), 1);
	}
	fault_set(FAULT_flock, EIO, 1, 1);
	EXPECT_RC(watermark_open(&w, path, NULL), RC_IO);
	fault_clear();
	EXPECT_RC(watermark_open(&w, path, NULL), RC_OK);
	watermark_close(&w);
}

/* What an existing file says may not be durable yet: nothing is answered from
 * it before it is. */
TEST(test_faults_watermark_that_cannot_be_synced_stops_the_start)
{
	static const enum fault rows[] = {
	    FAULT_pwrite, FAULT_fdatasync, FAULT_fsync};
	const char *path = keys_path(test_tmpdir(), "mark");
	struct watermark w;
	size_t i;

	EXPECT_RC(watermark_open(&w, path, NULL), RC_OK);
	watermark_close(&w);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(fault_name(rows[i]));
		fault_set(rows[i], EIO, 1, 1);
		EXPECT_RC(watermark_open(&w, path, NULL), RC_IO);
		EXPECT_U64(fault_clear(), 1);
	}
	test_count(i);
}

/* A signal in the middle of a call is no failure. */
TEST(test_faults_interrupted_calls_are_repeated)
{
	const char *path = keys_path(test_tmpdir(), "mark");
	struct addr alice = {{1}};
	struct hash d = {{1}};
	struct watermark w;

	fault_set(FAULT_pwrite, EINTR, 1, 3);
	EXPECT_RC(watermark_open(&w, path, NULL), RC_OK);
	EXPECT_U64(fault_clear(), 3);
	fault_set(FAULT_pwrite, EINTR, 1, 3);
	EXPECT_RC(
	    watermark_pass(&w, &alice, SIGNER_SEAL, 1, 0, &d, NULL), RC_OK);
	EXPECT_U64(fault_clear(), 3);
	watermark_close(&w);
	fault_set(FAULT_pread, EINTR, 1, 3);
	EXPECT_RC(watermark_open(&w, path, NULL), RC_OK);
	EXPECT_U64(fault_clear(), 3);
	EXPECT_U64(w.records[0].height, 1);
	watermark_close(&w);
}

TEST(test_faults_path_too_long_for_the_watermark)
{
	static char path[8192];
	struct watermark w;

	memset(path, 'x', sizeof(path) - 1);
	path[0] = '/';
	EXPECT(watermark_open(&w, path, NULL) != RC_OK);
}

/* Memory that cannot be locked is no place for a key. */
TEST(test_faults_unlockable_memory_is_refused)
{
	struct vault *v;
	struct err e;

	fault_set(FAULT_mlock, ENOMEM, 1, 1);
	if (vault_open(&v, &e) == RC_OK) {
		fault_clear();
		test_skip("sanitizers leave mlock out");
		return;
	}
	EXPECT_U64(fault_clear(), 1);
	EXPECT_RC(e.rc, RC_IO);
	EXPECT(strstr(e.text, "ulimit -l") != NULL);
}

TEST(test_faults_key_folder_that_cannot_be_read)
{
	struct test_key k;
	uint8_t key[32];
	struct addr *list;
	struct arena a;
	size_t cnt;
	int dir;

	keys_make(&k, 1);
	keys_write(test_tmpdir(), "key.json", &k, "x");
	arena_init(&a, 1 << 20);
	dir = open(test_tmpdir(), O_RDONLY | O_DIRECTORY);
	fault_set(FAULT_getdents64, EIO, 1, 1);
	EXPECT_RC(keydir_list(&a, &list, &cnt, dir, NULL), RC_IO);
	EXPECT_U64(fault_clear(), 1);
	fault_set(FAULT_getdents64, EIO, 1, 1);
	EXPECT_RC(
	    keydir_open(key, dir, &k.addr, bytes_of_str("x"), NULL), RC_IO);
	fault_clear();
	EXPECT_RC(keydir_list(&a, &list, &cnt, -1, NULL), RC_IO);
	EXPECT_RC(keydir_list(&a, &list, &cnt, dir, NULL), RC_OK);
	EXPECT_U64(cnt, 1);
	close(dir);
	arena_drop(&a);
}

/* Memory. ------------------------------------------------------------ */

TEST(test_faults_memory_runs_out_while_keys_are_read)
{
	struct test_key k;
	uint8_t key[32];
	struct addr *list;
	struct arena a;
	size_t cnt, n;
	enum rc rc;
	int dir;

	keys_make(&k, 1);
	keys_write(test_tmpdir(), "key.json", &k, "x");
	dir = open(test_tmpdir(), O_RDONLY | O_DIRECTORY);
	for (n = 1;; n++) {
		arena_init(&a, 1 << 20);
		test_alloc_fail(n);
		rc = keydir_list(&a, &list, &cnt, dir, NULL);
		if (!test_alloc_did_fail())
			break;
		EXPECT_RC(rc, RC_NO_MEMORY);
		arena_drop(&a);
	}
	EXPECT_RC(rc, RC_OK);
	arena_drop(&a);
	for (n = 1;; n++) {
		test_alloc_fail(n);
		rc = keydir_open(key, dir, &k.addr, bytes_of_str("x"), NULL);
		if (!test_alloc_did_fail())
			break;
		EXPECT(rc != RC_OK);
	}
	EXPECT_RC(rc, RC_OK);
	EXPECT(!memcmp(key, k.key, 32));
	close(dir);
}

TEST(test_faults_memory_runs_out_at_the_start)
{
	struct signer_conf conf = conf_of();
	struct signer *s = NULL;
	struct addr *list;
	struct arena a;
	enum rc rc;
	size_t cnt, n;

	for (n = 1; n < 100; n++) {
		test_alloc_fail(n);
		rc = signer_spawn(&s, &conf, NULL);
		test_alloc_fail(0);
		if (rc == RC_OK)
			break;
	}
	EXPECT(n > 3 && n < 100);
	arena_init(&a, 0);
	EXPECT_RC(signer_list(s, &a, &list, &cnt, NULL), RC_NO_MEMORY);
	arena_drop(&a);
	arena_init(&a, 1 << 16);
	EXPECT_RC(signer_list(s, &a, &list, &cnt, NULL), RC_OK);
	EXPECT_U64(cnt, 0);
	arena_drop(&a);
	signer_stop(s);
}
