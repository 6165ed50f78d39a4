/* SPDX-License-Identifier: Apache-2.0
 *
 * The bound on mapped pages: which mapping is found, that pages go when there
 * are too many and not before, that what they hold stays, that the tables'
 * map is followed when it moves.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "files.h"
#include "store/resident_priv.h"
#include "store/table_priv.h"
#include "test.h"

#define FILE_BYTES  ((size_t)48 << 20)
#define BOUND_BYTES ((size_t)8 << 20)
/* Our own code that is touched for the first time meanwhile. */
#define CODE_BYTES ((size_t)2 << 20)

struct mapped {
	int fd;
	uint8_t *at;
};

static size_t
page_bytes(void)
{
	return (size_t)getpagesize();
}

/* opened makes a file of which each page begins with its number. */
static struct mapped
opened(void)
{
	struct path p = files_path("%s/mapped", test_tmpdir());
	struct mapped m = {.fd = open(p.s, O_RDWR | O_CREAT | O_TRUNC, 0600)};
	uint8_t page[4096] = {0};

	CHECK(m.fd >= 0 && ftruncate(m.fd, (off_t)FILE_BYTES) == 0);
	for (size_t i = 0; i < FILE_BYTES / page_bytes(); i++) {
		be32_put(page, (uint32_t)i);
		CHECK(pwrite(m.fd, page, 4, (off_t)(i * page_bytes())) == 4);
	}
	m.at = mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED, m.fd, 0);
	CHECK(m.at != MAP_FAILED);
	return m;
}

static void
closed(struct mapped *m)
{
	CHECK(munmap(m->at, FILE_BYTES) == 0);
	(void)close(m->fd);
}

/* bytes_of_files is what this process has of files in its address space. */
static size_t
bytes_of_files(void)
{
	FILE *in = fopen("/proc/self/statm", "re");
	char text[128], *at = text;

	CHECK(in != NULL && fgets(text, sizeof(text), in) != NULL);
	(void)fclose(in);
	(void)strtoull(at, &at, 10);
	(void)strtoull(at, &at, 10);
	return (size_t)strtoull(at, NULL, 10) * page_bytes();
}

/* most_while reads the whole file and returns the most that was there. */
static size_t
most_while(const struct resident *r, const struct mapped *m)
{
	size_t most = 0, seen = 0, cnt = FILE_BYTES / page_bytes(), now;

	for (size_t i = 0; i < cnt; i++) {
		size_t at = i * 7 % cnt;

		resident_touch(r, &seen, RESIDENT_TOUCH);
		EXPECT_U64(be32(m->at + at * page_bytes()), at);
		now = i % 64 == 63 ? bytes_of_files() : 0;
		if (now > most)
			most = now;
	}
	return most;
}

TEST(test_resident_find_another_length_or_file_finds_nothing)
{
	struct mapped m = opened();
	struct path p = files_path("%s/other", test_tmpdir());
	int fd = open(p.s, O_RDWR | O_CREAT, 0600);
	struct resident r;

	resident_open(&r, BOUND_BYTES);
	files_hush(true);
	resident_find(&r, m.fd, FILE_BYTES / 2);
	EXPECT(r.map == NULL);
	resident_find(&r, fd, FILE_BYTES);
	EXPECT(r.map == NULL);
	resident_find(&r, -1, FILE_BYTES);
	EXPECT(r.map == NULL);
	files_hush(false);
	resident_close(&r);
	(void)close(fd);
	closed(&m);
}

TEST(test_resident_find_a_mapped_file_knows_where)
{
	struct mapped m = opened();
	struct resident r;

	resident_open(&r, BOUND_BYTES);
	resident_find(&r, m.fd, FILE_BYTES);
	EXPECT(r.map == m.at);
	resident_close(&r);
	closed(&m);
}

TEST(test_resident_look_above_the_bound_gives_pages_back)
{
	struct mapped m = opened();
	size_t most = bytes_of_files() + BOUND_BYTES;
	struct resident r;

	resident_open(&r, most);
	resident_find(&r, m.fd, FILE_BYTES);
	EXPECT(most_while(&r, &m) < most + RESIDENT_LOOK_BYTES + CODE_BYTES);
	resident_close(&r);
	closed(&m);
}

TEST(test_resident_look_below_the_bound_keeps_all)
{
	struct mapped m = opened();
	size_t before = bytes_of_files();
	struct resident r;

	resident_open(&r, before + 2 * FILE_BYTES);
	resident_find(&r, m.fd, FILE_BYTES);
	EXPECT(most_while(&r, &m) >= before + FILE_BYTES);
	resident_close(&r);
	closed(&m);
}

/* value_at reads a record and tells where in memory it lies. */
static const uint8_t *
value_at(struct table_env *te)
{
	struct table_txn t = {0};
	struct bytes value;

	EXPECT_RC(table_read_begin(&t, te, NULL), RC_OK);
	EXPECT_RC(
	    table_need(&t, &value, TABLE_META, bytes_of_str("k"), NULL), RC_OK);
	table_read_close(&t);
	return value.ptr;
}

static bool
is_in_map(const struct table_env *te, const uint8_t *at)
{
	const uint8_t *map = te->resident.map;

	return map != NULL && at > map && at < map + te->resident.map_bytes;
}

TEST(test_table_env_bound_follows_the_map_that_moves)
{
	struct path dir = files_path("%s/db", test_tmpdir());
	struct table_env te;
	struct table_txn t;

	EXPECT_RC(table_env_open(&te, dir.s, TABLE_MAP_MIN, NULL), RC_OK);
	EXPECT_RC(table_write_begin(&t, &te, NULL), RC_OK);
	EXPECT_RC(table_put(&t, TABLE_META, bytes_of_str("k"),
		      bytes_of_str("v"), NULL),
	    RC_OK);
	EXPECT_RC(table_commit(&t, NULL), RC_OK);
	EXPECT(te.resident.map == NULL);
	table_env_bound(&te, BOUND_BYTES);
	EXPECT(is_in_map(&te, value_at(&te)));
	EXPECT_RC(table_env_move(&te, (size_t)1 << 30, NULL), RC_OK);
	EXPECT(is_in_map(&te, value_at(&te)));
	EXPECT_U64(te.resident.map_bytes, (size_t)1 << 30);
	table_env_bound(&te, 0);
	EXPECT(te.resident.map == NULL);
	table_env_close(&te);
}
