/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables over LMDB: foreign and damaged files refused with a reason,
 * checksums, proofs of absence, a full map, seeks at all edges.
 */
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "files.h"
#include "store/store.h"
#include "store/table_priv.h"
#include "test.h"

static struct path dir;
static struct table_env te;

static enum rc
open_env(struct err *e)
{
	dir = files_path("%s/db", test_tmpdir());
	return table_env_open(&te, dir.s, TABLE_MAP_MIN, e);
}

static struct bytes
key(unsigned i)
{
	static uint8_t b[2][4];
	static unsigned at;

	at = !at;
	be32_put(b[at], i);
	return bytes_of(b[at], 4);
}

/* The environment. --------------------------------------------------- */

/* foreign makes an LMDB file of somebody else's; stamp may be NULL. */
static void
foreign(const char *table, const char *name, const char *stamp)
{
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	char text[64];
	MDB_val k = {.mv_data = (void *)(uintptr_t)name}, v;

	dir = files_path("%s/db", test_tmpdir());
	CHECK(mkdir(dir.s, 0700) == 0);
	CHECK(mdb_env_create(&env) == 0);
	CHECK(mdb_env_set_maxdbs(env, 4) == 0);
	CHECK(mdb_env_open(env, dir.s, 0, 0600) == 0);
	CHECK(mdb_txn_begin(env, NULL, 0, &txn) == 0);
	CHECK(mdb_dbi_open(txn, table, MDB_CREATE, &dbi) == 0);
	(void)snprintf(text, sizeof(text), "%s", stamp);
	k.mv_size = strlen(name);
	v.mv_size = strlen(text);
	v.mv_data = text;
	CHECK(mdb_put(txn, dbi, &k, &v, 0) == 0);
	CHECK(mdb_txn_commit(txn) == 0);
	mdb_env_close(env);
}

TEST(test_env_of_another_version_says_found_and_wanted)
{
	struct err e = {0};

	foreign("stamp", "schema", "sekisho store 3\n");
	EXPECT_RC(open_env(&e), RC_WRONG_SCHEMA);
	EXPECT(strstr(e.text, "found \"sekisho store 3?\"") != NULL);
	EXPECT(strstr(e.text, "wants \"sekisho store 2\"") != NULL);
}

TEST(test_env_of_another_program_is_a_wrong_schema)
{
	struct err e = {0};

	foreign("meta", "base", "whatever");
	EXPECT_RC(open_env(&e), RC_WRONG_SCHEMA);
	EXPECT(strstr(e.text, "no stamp") != NULL);
}

TEST(test_env_without_one_of_its_tables_is_corrupt)
{
	struct err e = {0};

	foreign("stamp", "schema", "sekisho store 2");
	EXPECT_RC(open_env(&e), RC_CORRUPT);
	EXPECT(strstr(e.text, "table meta is missing") != NULL);
}

/* Its main table's page reads as zeros then, and nothing is found in it. */
TEST(test_env_file_cut_within_a_page_is_told_from_a_foreign_one)
{
	struct err e = {0};
	struct stat st;
	const char *file;

	foreign("meta", "base", "whatever");
	file = files_path("%s/data.mdb", dir.s).s;
	CHECK(stat(file, &st) == 0);
	CHECK(truncate(file, st.st_size - 4096 + 64) == 0);
	EXPECT_RC(open_env(&e), RC_CORRUPT);
	EXPECT(strstr(e.text, "is shorter than its tables") != NULL);
}

TEST(test_env_file_of_junk_is_corrupt)
{
	static uint8_t junk[3 * 4096];
	struct err e = {0};

	memset(junk, 0x5a, sizeof(junk));
	dir = files_path("%s/db", test_tmpdir());
	CHECK(mkdir(dir.s, 0700) == 0);
	files_write(
	    files_path("%s/data.mdb", dir.s).s, bytes_of(junk, sizeof(junk)));
	EXPECT_RC(open_env(&e), RC_CORRUPT);
	EXPECT(strstr(e.text, dir.s) != NULL);
}

/* A full disk or a crash while the file was made: it is too short for two
 * meta pages, or one of them has never been written. */
TEST(test_env_file_without_two_meta_pages_is_made_anew)
{
	static uint8_t page[5 * 4096];
	static const struct {
		size_t len, set; /* a byte that is not zero, 0: none */
	} rows[] = {{0, 0}, {1, 0}, {4096, 0}, {8191, 0}, {8192, 0},
	    {5 * 4096, 0}, {5 * 4096, 3 * 4096}, {5 * 4096, 16},
	    {5 * 4096, 4096 + 16}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		dir = files_path("%s/db", test_tmpdir());
		(void)mkdir(dir.s, 0700);
		memset(page, 0, sizeof(page));
		page[rows[i].set] = rows[i].set > 0;
		files_write(files_path("%s/data.mdb", dir.s).s,
		    bytes_of(page, rows[i].len));
		EXPECT_RC(open_env(NULL), RC_OK);
		table_env_close(&te);
		files_remove_tree(dir.s);
	}
}

/* The log of a store whose tables are gone belongs to another store. */
TEST(test_env_lost_beside_a_log_is_corrupt)
{
	struct store_conf c = store_conf_default(test_tmpdir());
	struct store *s;
	struct err e = {0};
	uint8_t one = 1;

	c.map_bytes = TABLE_MAP_MIN;
	EXPECT_RC(store_open(&s, &c, NULL), RC_OK);
	EXPECT_RC(store_aux_put(s, "a", bytes_of(&one, 1), NULL), RC_OK);
	store_close(s);
	files_write(files_path("%s/log/00000001.seg", c.dir).s,
	    bytes_of("skseg\xf0\x9f\n\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\1"
		     "12345678"
		     "abcdefgh",
		40));
	EXPECT_RC(store_open(&s, &c, &e), RC_CORRUPT);
	EXPECT(strstr(e.text, "another store") != NULL);
}

TEST(test_env_path_that_cannot_be_is_an_io_error)
{
	static char null[] = "/dev/null/db";
	struct err e = {0};

	EXPECT_RC(table_env_open(&te, null, TABLE_MAP_MIN, &e), RC_IO);
	EXPECT(strstr(e.text, null) != NULL);
}

TEST(test_env_move_to_a_map_beyond_the_machine_changes_nothing)
{
	size_t map, after, used;

	EXPECT_RC(open_env(NULL), RC_OK);
	table_env_room(&te, &map, &used);
	EXPECT_RC(table_env_move(&te, SIZE_MAX / 2, NULL), RC_NO_MEMORY);
	table_env_room(&te, &after, &used);
	EXPECT_U64(after, map);
	EXPECT_RC(table_env_move(&te, 2 * map, NULL), RC_OK);
	table_env_room(&te, &after, &used);
	EXPECT_U64(after, 2 * map);
	table_env_close(&te);
}

/* Records. ----------------------------------------------------------- */

static void
put_even(struct table_txn *t, unsigned cnt)
{
	for (unsigned i = 0; i < cnt; i++)
		EXPECT_RC(table_put(t, TABLE_AUX, key(2 * i + 2), key(i), NULL),
		    RC_OK);
}

TEST(test_table_find_and_seek_at_every_key)
{
	enum { CNT = 500 };
	struct table_txn t;
	struct table_at at;
	struct bytes v;

	EXPECT_RC(open_env(NULL), RC_OK);
	EXPECT_RC(table_write_begin(&t, &te, NULL), RC_OK);
	put_even(&t, CNT);
	for (unsigned i = 0; i <= 2 * CNT + 3; i++) {
		bool is_there = i % 2 == 0 && i >= 2 && i <= 2 * CNT;
		unsigned up = i < 2 ? 2 : i + i % 2;
		unsigned down = i <= 2 ? 0 : (i - 1) / 2 * 2;

		EXPECT_RC(table_find(&t, &v, TABLE_AUX, key(i), NULL), RC_OK);
		EXPECT((v.ptr != NULL) == is_there);
		EXPECT_RC(table_need(&t, &v, TABLE_AUX, key(i), NULL),
		    is_there ? RC_OK : RC_CORRUPT);
		EXPECT_RC(table_seek(&t, &at, TABLE_AUX, key(i), NULL), RC_OK);
		EXPECT((at.key.ptr != NULL) == (up <= 2 * CNT));
		if (at.key.ptr != NULL)
			EXPECT_U64(be32(at.key.ptr), up);
		if (down > 2 * CNT)
			down = 2 * CNT;
		EXPECT_RC(
		    table_before(&t, &at, TABLE_AUX, key(i), NULL), RC_OK);
		EXPECT((at.key.ptr != NULL) == (down > 0));
		if (at.key.ptr != NULL)
			EXPECT_U64(be32(at.key.ptr), down);
	}
	table_abort(&t);
	table_env_close(&te);
}

TEST(test_table_empty_has_nothing)
{
	struct table_txn t = {0};
	struct table_at at;
	struct bytes v;

	EXPECT_RC(open_env(NULL), RC_OK);
	EXPECT_RC(table_read_begin(&t, &te, NULL), RC_OK);
	EXPECT_RC(table_find(&t, &v, TABLE_AUX, key(1), NULL), RC_OK);
	EXPECT(v.ptr == NULL);
	EXPECT_RC(table_before(&t, &at, TABLE_AUX, key(1), NULL), RC_OK);
	EXPECT(at.key.ptr == NULL);
	EXPECT_RC(
	    table_seek(&t, &at, TABLE_AUX, bytes_of(NULL, 0), NULL), RC_OK);
	EXPECT(at.key.ptr == NULL);
	table_read_close(&t);
	table_env_close(&te);
}

TEST(test_table_values_of_all_sizes_come_back)
{
	static const size_t lens[] = {0, 1, 2, 100, 2030, 4096, 70000};
	static uint8_t p[70000];
	struct table_txn t;
	struct bytes v;

	EXPECT_RC(open_env(NULL), RC_OK);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		memset(p, (int)i + 1, sizeof(p));
		EXPECT_RC(table_write_begin(&t, &te, NULL), RC_OK);
		/* over one of another size */
		EXPECT_RC(table_put(&t, TABLE_AUX, key(7), bytes_of(p, lens[i]),
			      NULL),
		    RC_OK);
		EXPECT_RC(table_commit(&t, NULL), RC_OK);
		t = (struct table_txn){0};
		EXPECT_RC(table_read_begin(&t, &te, NULL), RC_OK);
		EXPECT_RC(table_find(&t, &v, TABLE_AUX, key(7), NULL), RC_OK);
		EXPECT_BYTES(v, bytes_of(p, lens[i]));
		table_read_close(&t);
	}
	table_env_close(&te);
}

TEST(test_table_add_below_the_last_key_is_corrupt)
{
	struct table_txn t;

	EXPECT_RC(open_env(NULL), RC_OK);
	EXPECT_RC(table_write_begin(&t, &te, NULL), RC_OK);
	EXPECT_RC(table_add(&t, TABLE_PAST, key(5), key(1), NULL), RC_OK);
	EXPECT_RC(table_add(&t, TABLE_PAST, key(6), key(1), NULL), RC_OK);
	EXPECT_RC(table_add(&t, TABLE_PAST, key(6), key(1), NULL), RC_CORRUPT);
	table_abort(&t);
	table_env_close(&te);
}

TEST(test_table_delete_and_clear)
{
	struct table_txn t;
	struct bytes v;

	EXPECT_RC(open_env(NULL), RC_OK);
	EXPECT_RC(table_write_begin(&t, &te, NULL), RC_OK);
	put_even(&t, 10);
	EXPECT_RC(table_del(&t, TABLE_AUX, key(4), NULL), RC_OK);
	EXPECT_RC(table_del(&t, TABLE_AUX, key(5), NULL), RC_OK);
	EXPECT_RC(table_find(&t, &v, TABLE_AUX, key(4), NULL), RC_OK);
	EXPECT(v.ptr == NULL);
	EXPECT_RC(table_find(&t, &v, TABLE_AUX, key(6), NULL), RC_OK);
	EXPECT(v.ptr != NULL);
	EXPECT_RC(table_clear(&t, TABLE_AUX, NULL), RC_OK);
	EXPECT_RC(table_find(&t, &v, TABLE_AUX, key(6), NULL), RC_OK);
	EXPECT(v.ptr == NULL);
	table_abort(&t);
	table_env_close(&te);
}

TEST(test_table_full_map_is_no_space_and_nothing_is_kept)
{
	static uint8_t big[5000];
	struct table_txn t = {0};
	struct bytes v;
	enum rc rc = RC_OK;

	EXPECT_RC(open_env(NULL), RC_OK);
	EXPECT_RC(table_write_begin(&t, &te, NULL), RC_OK);
	for (unsigned i = 0; i < 1000 && rc == RC_OK; i++)
		rc = table_put(&t, TABLE_AUX, key(i + 1),
		    bytes_of(big, sizeof(big)), NULL);
	EXPECT_RC(rc, RC_NO_SPACE);
	table_abort(&t);
	t = (struct table_txn){0};
	EXPECT_RC(table_read_begin(&t, &te, NULL), RC_OK);
	EXPECT_RC(table_find(&t, &v, TABLE_AUX, key(1), NULL), RC_OK);
	EXPECT(v.ptr == NULL);
	table_read_close(&t);
	table_env_close(&te);
}

/* put_raw goes behind the checksum's back. */
static void
put_raw(struct bytes k, struct bytes v)
{
	MDB_val key_val = {.mv_size = k.len}, val = {.mv_size = v.len};
	MDB_txn *txn;

	memcpy(&key_val.mv_data, &k.ptr, sizeof(k.ptr));
	memcpy(&val.mv_data, &v.ptr, sizeof(v.ptr));
	CHECK(mdb_txn_begin(te.env, NULL, 0, &txn) == 0);
	CHECK(mdb_put(txn, te.dbi[TABLE_AUX], &key_val, &val, 0) == 0);
	CHECK(mdb_txn_commit(txn) == 0);
}

TEST(test_table_value_without_its_checksum_is_corrupt)
{
	struct table_txn t = {0};
	struct err e = {0};
	struct bytes v;

	EXPECT_RC(open_env(NULL), RC_OK);
	put_raw(key(5), bytes_of("abcdefgh", 8));
	EXPECT_RC(table_read_begin(&t, &te, NULL), RC_OK);
	EXPECT_RC(table_find(&t, &v, TABLE_AUX, key(5), &e), RC_CORRUPT);
	EXPECT(strstr(e.text, "table aux") != NULL);
	/* its neighbours' absence cannot be proven either */
	EXPECT_RC(table_find(&t, &v, TABLE_AUX, key(4), NULL), RC_CORRUPT);
	EXPECT_RC(table_find(&t, &v, TABLE_AUX, key(6), NULL), RC_CORRUPT);
	table_read_end(&t);
	put_raw(key(5), bytes_of("abc", 3)); /* shorter than a checksum */
	EXPECT_RC(table_read_begin(&t, &te, NULL), RC_OK);
	EXPECT_RC(table_find(&t, &v, TABLE_AUX, key(5), NULL), RC_CORRUPT);
	table_read_close(&t);
	table_env_close(&te);
}

TEST(test_table_value_moved_to_another_key_is_corrupt)
{
	struct table_txn t;
	uint8_t copy[64];
	struct bytes v;
	size_t len;

	EXPECT_RC(open_env(NULL), RC_OK);
	EXPECT_RC(table_write_begin(&t, &te, NULL), RC_OK);
	EXPECT_RC(table_put(&t, TABLE_AUX, key(5), key(77), NULL), RC_OK);
	EXPECT_RC(table_find(&t, &v, TABLE_AUX, key(5), NULL), RC_OK);
	len = v.len + 4; /* with its checksum */
	memcpy(copy, v.ptr, len);
	EXPECT_RC(table_commit(&t, NULL), RC_OK);
	put_raw(key(6), bytes_of(copy, len));
	t = (struct table_txn){0};
	EXPECT_RC(table_read_begin(&t, &te, NULL), RC_OK);
	EXPECT_RC(table_find(&t, &v, TABLE_AUX, key(5), NULL), RC_OK);
	EXPECT_RC(table_find(&t, &v, TABLE_AUX, key(6), NULL), RC_CORRUPT);
	table_read_close(&t);
	table_env_close(&te);
}

/* A page as LMDB writes it: a head of 16 bytes, of which the last four are
 * where its free space begins and ends, then the places of its records. */
enum { PAGE = 4096, PAGE_HEAD = 16, PLACES = 8 };

/* places finds in a data file the leaf that holds exactly the records that
 * put_even made; returns where its list of places is. */
static uint64_t
places(struct bytes file)
{
	for (uint64_t at = 2 * PAGE; at + PAGE <= file.len; at += PAGE) {
		uint16_t place[PLACES], lower;
		unsigned i;

		memcpy(&lower, file.ptr + at + 12, sizeof(lower));
		memcpy(place, file.ptr + at + PAGE_HEAD, sizeof(place));
		if (lower != PAGE_HEAD + sizeof(place))
			continue;
		for (i = 0; i < PLACES && place[i] + 12u <= PAGE; i++)
			if (be32(file.ptr + at + place[i] + 8) != 2 * i + 2)
				break;
		if (i == PLACES)
			return at + PAGE_HEAD;
	}
	CHECK(false);
	return 0;
}

/* look asks for every key; whatever is found must be what belongs there.
 * Returns how often the table was called damaged. */
static size_t
look(struct table_txn *t)
{
	size_t noticed = 0;

	for (unsigned i = 0; i <= 2 * PLACES + 2; i++) {
		struct table_at at = {0};
		struct bytes v = {NULL, 0};
		enum rc rc = table_find(t, &v, TABLE_AUX, key(i), NULL);

		EXPECT(rc == RC_OK || rc == RC_CORRUPT);
		noticed += rc != RC_OK;
		if (rc == RC_OK && v.ptr != NULL)
			EXPECT(i % 2 == 0 && be32(v.ptr) == (i - 2) / 2);
		rc = table_seek(t, &at, TABLE_AUX, key(i), NULL);
		noticed += rc != RC_OK;
		if (rc == RC_OK && at.key.ptr != NULL)
			EXPECT(be32(at.key.ptr) >= i);
		rc = table_before(t, &at, TABLE_AUX, key(i), NULL);
		noticed += rc != RC_OK;
		if (rc == RC_OK && at.key.ptr != NULL)
			EXPECT(be32(at.key.ptr) < i);
	}
	return noticed;
}

/* Sound records in the wrong order: none passes for another, and an order
 * that a search meets is damage. That a search goes astray and misses one
 * cannot be seen here: audits see it. */
TEST(test_table_records_out_of_order_never_pass_for_others)
{
	struct path data = files_path("%s/db/data.mdb", test_tmpdir());
	static uint8_t bent[1 << 18];
	struct bytes whole;
	uint64_t list;
	struct table_txn t;
	size_t noticed = 0;

	EXPECT_RC(open_env(NULL), RC_OK);
	EXPECT_RC(table_write_begin(&t, &te, NULL), RC_OK);
	put_even(&t, PLACES);
	EXPECT_RC(table_commit(&t, NULL), RC_OK);
	table_env_close(&te);
	whole = test_read(data.s);
	CHECK(whole.len <= sizeof(bent));
	list = places(whole);
	for (size_t i = 0; i < PLACES; i++)
		for (size_t j = 0; j < i; j++) {
			memcpy(bent, whole.ptr, whole.len);
			memcpy(
			    bent + list + 2 * i, whole.ptr + list + 2 * j, 2);
			memcpy(
			    bent + list + 2 * j, whole.ptr + list + 2 * i, 2);
			files_write(data.s, bytes_of(bent, whole.len));
			EXPECT_RC(open_env(NULL), RC_OK);
			t = (struct table_txn){0};
			EXPECT_RC(table_read_begin(&t, &te, NULL), RC_OK);
			noticed += look(&t);
			table_read_close(&t);
			table_env_close(&te);
		}
	EXPECT(noticed > 5);
}
