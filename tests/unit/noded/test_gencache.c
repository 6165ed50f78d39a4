/* SPDX-License-Identifier: Apache-2.0
 *
 * The cache of the genesis: used when it fits, never when anything is odd.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "noded/gencache.h"
#include "test.h"

static const char doc[] =
    "{\"config\":{\"chainId\":31337,\"homesteadBlock\":0,\"clique\":{"
    "\"period\":1,\"epoch\":30000}},\"difficulty\":\"0x1\",\"gasLimit\":"
    "\"0x1c9c380\",\"extraData\":\"0x"
    "0000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000aa"
    "0000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000000000000000000000000"
    "00\",\"alloc\":{\"0x00000000000000000000000000000000000000aa\":{"
    "\"balance\":\"0x1\"}}}";

struct place {
	char genesis[128], cache[128];
	struct hash root;
};

static void
put(const char *path, const void *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	EXPECT(write(fd, text, len) == (ssize_t)len);
	close(fd);
}

static void
open_place(struct place *p)
{
	log_open("test", LOG_LV_ERROR);
	(void)snprintf(
	    p->genesis, sizeof(p->genesis), "%s/g.json", test_tmpdir());
	(void)snprintf(
	    p->cache, sizeof(p->cache), "%s/genesis.cache", test_tmpdir());
	(void)unlink(p->cache);
	put(p->genesis, doc, strlen(doc));
	memset(&p->root, 0x5a, sizeof(p->root));
}

static enum rc
load(struct place *p, struct arena *a, struct genesis *g, bool *is_cached,
    struct err *e)
{
	arena_init(a, 64 << 20);
	return gencache_load(a, g, is_cached, test_tmpdir(), p->genesis, e);
}

static void
save(struct place *p)
{
	struct arena a;

	arena_init(&a, 64 << 20);
	gencache_save(&a, test_tmpdir(), p->genesis, &p->root);
	arena_drop(&a);
}

/* Loads and tells whether it came from the cache; what is in it must be the
 * same chain either way. */
static bool
comes_from_cache(struct place *p)
{
	bool is_cached = false;
	struct genesis g;
	struct arena a;

	EXPECT_RC(load(p, &a, &g, &is_cached, NULL), RC_OK);
	EXPECT_U64(g.forks.chain_id, 31337);
	EXPECT_U64(g.clique_period_s, 1);
	EXPECT_U64(g.header.gas_limit, 30000000);
	EXPECT(g.header.extra.len == 32 + 20 + 65);
	EXPECT_U64(g.account_cnt, is_cached ? 0 : 1);
	EXPECT(!is_cached || hash_eq(&g.header.state_root, &p->root));
	arena_drop(&a);
	return is_cached;
}

TEST(test_gencache_without_a_cache_reads_the_file)
{
	struct place p;

	open_place(&p);
	EXPECT(!comes_from_cache(&p));
	EXPECT(access(p.cache, F_OK) == -1);
}

TEST(test_gencache_saved_is_used)
{
	struct place p;

	open_place(&p);
	save(&p);
	EXPECT(comes_from_cache(&p));
}

TEST(test_gencache_changed_file_is_read_again)
{
	struct timespec past[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	char copy[160];
	struct place p;

	open_place(&p);
	save(&p);
	/* another time */
	EXPECT(utimensat(AT_FDCWD, p.genesis, past, 0) == 0);
	EXPECT(!comes_from_cache(&p));
	/* another size */
	save(&p);
	put(p.genesis, doc, strlen(doc));
	EXPECT(utimensat(AT_FDCWD, p.genesis, past, 0) == 0);
	EXPECT(comes_from_cache(&p));
	put(p.genesis, "\n", 1);
	EXPECT(truncate(p.genesis, 0) == 0);
	put(p.genesis, doc, strlen(doc));
	EXPECT(!comes_from_cache(&p));
	/* another file of the same size and time */
	EXPECT(utimensat(AT_FDCWD, p.genesis, past, 0) == 0);
	save(&p);
	(void)snprintf(copy, sizeof(copy), "%s.new", p.genesis);
	put(copy, doc, strlen(doc));
	EXPECT(utimensat(AT_FDCWD, copy, past, 0) == 0);
	EXPECT(rename(copy, p.genesis) == 0);
	EXPECT(!comes_from_cache(&p));
}

/* A crash may leave any beginning of it. */
TEST(test_gencache_cut_anywhere_is_not_used)
{
	struct bytes whole;
	struct place p;

	open_place(&p);
	save(&p);
	whole = test_read(p.cache);
	for (size_t len = 0; len < whole.len; len++) {
		put(p.cache, whole.ptr, len);
		EXPECT(!comes_from_cache(&p));
	}
	put(p.cache, whole.ptr, whole.len);
	EXPECT(comes_from_cache(&p));
}

/* Nor is one that a disk has changed: rules of the chain are in it. */
TEST(test_gencache_changed_byte_is_not_used)
{
	uint8_t copy[4096];
	struct bytes whole;
	struct place p;

	open_place(&p);
	save(&p);
	whole = test_read(p.cache);
	EXPECT(whole.len > 200 && whole.len <= sizeof(copy));
	for (size_t i = 0; i < whole.len; i++) {
		memcpy(copy, whole.ptr, whole.len);
		copy[i] ^= 1;
		put(p.cache, copy, whole.len);
		EXPECT(!comes_from_cache(&p));
	}
}

TEST(test_gencache_file_is_private_and_whole_under_its_name)
{
	mode_t old = umask(0);
	char tmp[160];
	struct stat st;
	struct place p;

	open_place(&p);
	(void)snprintf(tmp, sizeof(tmp), "%s.tmp", p.cache);
	put(tmp, "left behind by a crash, and longer than what comes", 50);
	EXPECT(chmod(tmp, 0666) == 0);
	save(&p);
	EXPECT(stat(p.cache, &st) == 0);
	EXPECT_U64(st.st_mode & 07777, 0600);
	EXPECT(access(tmp, F_OK) == -1);
	EXPECT(comes_from_cache(&p));
	umask(old);
}

/* The old one stays as it was until the new one is complete. */
TEST(test_gencache_failed_write_leaves_the_old_one)
{
	struct bytes before, after;
	char tmp[160];
	struct place p;

	open_place(&p);
	save(&p);
	before = test_read(p.cache);
	(void)snprintf(tmp, sizeof(tmp), "%s.tmp", p.cache);
	EXPECT(mkdir(tmp, 0700) == 0);
	memset(&p.root, 0x77, sizeof(p.root));
	save(&p);
	after = test_read(p.cache);
	EXPECT_BYTES(after, before);
	EXPECT(rmdir(tmp) == 0);
}

TEST(test_gencache_odd_cache_is_not_used)
{
	static char large[1024 * 1024 + 1];
	struct place p;

	open_place(&p);
	memset(large, ' ', sizeof(large));
	put(p.cache, large, sizeof(large));
	EXPECT(!comes_from_cache(&p));
	EXPECT(unlink(p.cache) == 0 && mkdir(p.cache, 0700) == 0);
	EXPECT(!comes_from_cache(&p));
	/* Nor can it be written: that costs speed and nothing else. */
	save(&p);
	EXPECT(!comes_from_cache(&p));
	EXPECT(rmdir(p.cache) == 0);
}

TEST(test_gencache_bad_genesis_is_told_with_its_name)
{
	struct err e = {0};
	struct genesis g;
	struct place p;
	struct arena a;
	bool is_cached;

	open_place(&p);
	put(p.genesis, "{", 1);
	EXPECT_RC(load(&p, &a, &g, &is_cached, &e), RC_BAD_JSON);
	EXPECT(strncmp(e.text, p.genesis, strlen(p.genesis)) == 0);
	arena_drop(&a);
	save(&p); /* nothing to keep */
	EXPECT(access(p.cache, F_OK) == -1);
	EXPECT(unlink(p.genesis) == 0);
	EXPECT_RC(load(&p, &a, &g, &is_cached, &e), RC_IO);
	EXPECT(strstr(e.text, "No such file") != NULL);
	arena_drop(&a);
	save(&p);
	EXPECT(access(p.cache, F_OK) == -1);
}

TEST(test_gencache_folder_for_genesis_is_told)
{
	struct err e = {0};
	struct genesis g;
	struct place p;
	struct arena a;
	bool is_cached;

	open_place(&p);
	(void)snprintf(p.genesis, sizeof(p.genesis), "%s", test_tmpdir());
	EXPECT_RC(load(&p, &a, &g, &is_cached, &e), RC_IO);
	EXPECT(strncmp(e.text, p.genesis, strlen(p.genesis)) == 0);
	arena_drop(&a);
}

TEST(test_gencache_no_memory_reads_or_tells)
{
	struct place p;

	open_place(&p);
	save(&p);
	for (size_t max = 0; max < 8192; max += 512) {
		struct genesis g;
		struct arena a;
		bool is_cached;
		enum rc rc;

		arena_init(&a, max);
		rc = gencache_load(
		    &a, &g, &is_cached, test_tmpdir(), p.genesis, NULL);
		EXPECT(rc == RC_OK || rc == RC_NO_MEMORY || rc == RC_NO_SPACE);
		arena_drop(&a);
	}
}
