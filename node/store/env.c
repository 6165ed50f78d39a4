/* SPDX-License-Identifier: Apache-2.0
 *
 * The LMDB environment: opening and creating it, its schema stamp, the size
 * of its map.
 *
 * Caveats of LMDB that are met here: the lock file gets its blocks before it
 * is mapped, since a full disk would otherwise be a SIGBUS; stale readers are
 * cleared at open; the map is only moved without transactions, which the
 * callers see to.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "store/lmdb_priv.h"

/* The stamp of this layout; changes with any change of tables.def, key.c or
 * value.c. It has a table of its own and no checksum, so that every version
 * can read every other one's. */
static const char schema[] = "sekisho store 2";
static const char schema_table[] = "stamp";
static const char schema_key[] = "schema";

/* The lock file's size; holds TABLE_READER_MAX readers of 64 bytes. */
enum { LOCK_BYTES = 40960 };

/* Longest path of a file in the environment. */
enum { PATH_LEN_MAX = 4096 };

static const char *const names[] = {
#define TABLE(id, name) [TABLE_##id] = (name),
#include "store/tables.def"
#undef TABLE
};
_Static_assert(ARRAY_CNT(names) == TABLE_CNT, "a name for each table");

const char *
lmdb_name(enum table tb)
{
	return names[tb];
}

enum rc
lmdb_code(int mdb_rc)
{
	switch (mdb_rc) {
	case MDB_MAP_FULL:
		return RC_NO_SPACE;
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_INVALID:
	case MDB_KEYEXIST:
	case MDB_BAD_TXN:
	case MDB_INCOMPATIBLE:
		return RC_CORRUPT;
	case MDB_VERSION_MISMATCH:
		return RC_WRONG_SCHEMA;
	case ENOMEM:
	case MDB_READERS_FULL:
		return RC_NO_MEMORY;
	default:
		return RC_IO;
	}
}

enum rc
lmdb_fail(
    struct err *e, const struct table_env *te, int mdb_rc, const char *what)
{
	return FAIL(e, lmdb_code(mdb_rc), "%s: %s: %s", te->path, what,
	    mdb_strerror(mdb_rc));
}

static enum rc
fail_errno(struct err *e, const char *path, int number, const char *what)
{
	return FAIL(e, number == ENOMEM ? RC_NO_MEMORY : RC_IO, "%s: %s: %s",
	    path, what, mdb_strerror(number));
}

static bool
path_in(char out[PATH_LEN_MAX], const struct table_env *te, const char *file)
{
	int n = snprintf(out, PATH_LEN_MAX, "%s/%s", te->path, file);

	return n > 0 && n < PATH_LEN_MAX;
}

/* lock_file_fill gives the lock file its blocks while failure is an answer. */
static enum rc
lock_file_fill(const struct table_env *te, struct err *e)
{
	char path[PATH_LEN_MAX];
	int fd, rc;

	if (!path_in(path, te, "lock.mdb"))
		return FAIL(e, RC_IO, "%s: path too long", te->path);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(e, path, errno, "open");
	rc = posix_fallocate(fd, 0, LOCK_BYTES);
	(void)close(fd);
	return rc == 0 ? RC_OK : fail_errno(e, path, rc, "reserve");
}

static size_t
data_file_bytes(const struct table_env *te)
{
	char path[PATH_LEN_MAX];
	struct stat st;

	if (!path_in(path, te, "data.mdb") || stat(path, &st) != 0)
		return 0;
	return (size_t)st.st_size;
}

/* is_blank tells whether no byte of a page is set; a page that can not be
 * read is for LMDB to complain of. */
static bool
is_blank(int fd, size_t page, size_t no)
{
	uint8_t piece[512];
	size_t at, i;

	for (at = 0; at < page; at += sizeof(piece)) {
		if (pread(fd, piece, sizeof(piece), (off_t)(no * page + at)) !=
		    (ssize_t)sizeof(piece))
			return false;
		for (i = 0; i < sizeof(piece); i++)
			if (piece[i] != 0)
				return false;
	}
	return true;
}

/* is_stillborn tells of a data file without LMDB's two meta pages. They are
 * written first and durable with the first transaction: the file is too short
 * for them, or has got its length and not them. */
static bool
is_stillborn(const char *path, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is;

	if (fd < 0)
		return false;
	is = size < 2 * page || is_blank(fd, page, 0) || is_blank(fd, page, 1);
	(void)close(fd);
	return is;
}

/* drop_stillborn removes a data file that a crash or a full disk has kept
 * from being made. One that ever held a block and lost its bytes is noticed
 * by the log, which names another store then. */
static enum rc
drop_stillborn(const struct table_env *te, struct err *e)
{
	char path[PATH_LEN_MAX];

	if (!path_in(path, te, "data.mdb"))
		return FAIL(e, RC_IO, "%s: path too long", te->path);
	if (!is_stillborn(path, data_file_bytes(te)))
		return RC_OK;
	if (unlink(path) != 0 && errno != ENOENT)
		return fail_errno(e, path, errno, "remove");
	return RC_OK;
}

static size_t
round_up(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return n > SIZE_MAX - page ? n & ~(page - 1)
				   : (n + page - 1) & ~(page - 1);
}

static int
env_try(struct table_env *te, size_t map_bytes)
{
	int rc = mdb_env_create(&te->env);

	if (rc != 0)
		return rc;
	rc = mdb_env_set_maxreaders(te->env, TABLE_READER_MAX);
	if (rc == 0)
		rc = mdb_env_set_maxdbs(te->env, TABLE_CNT + 1);
	if (rc == 0)
		rc = mdb_env_set_mapsize(te->env, map_bytes);
	if (rc == 0)
		rc = mdb_env_open(
		    te->env, te->path, MDB_NOTLS | MDB_NORDAHEAD, 0600);
	if (rc != 0) {
		mdb_env_close(te->env);
		te->env = NULL;
	}
	return rc;
}

/* env_open takes the largest map up to the wanted one that can be had. */
static enum rc
env_open(struct table_env *te, size_t map_bytes, struct err *e)
{
	size_t file = data_file_bytes(te);
	size_t least = file + file / 4;
	size_t want = map_bytes;
	int rc;

	if (least < TABLE_MAP_MIN)
		least = TABLE_MAP_MIN;
	if (want < 2 * file)
		want = 2 * file;
	if (want < least)
		want = least;
	for (;;) {
		rc = env_try(te, round_up(want));
		if (rc != ENOMEM || want / 2 < least)
			break;
		want /= 2;
	}
	return rc == 0 ? RC_OK : lmdb_fail(e, te, rc, "open");
}

/* stamp_text makes found bytes fit to be shown. */
static void
stamp_text(char *out, size_t cap, const MDB_val *v)
{
	const uint8_t *p = v->mv_data;
	size_t i;

	for (i = 0; i < v->mv_size && i + 1 < cap; i++)
		out[i] = (char)(p[i] >= 0x20 && p[i] < 0x7f ? p[i] : '?');
	out[i] = '\0';
}

static enum rc
check_stamp(struct table_env *te, MDB_txn *txn, struct err *e)
{
	MDB_val k = lmdb_val(bytes_of_str(schema_key)), v;
	char found[64] = "no stamp at all";
	MDB_dbi dbi;
	int rc;

	rc = mdb_dbi_open(txn, schema_table, 0, &dbi);
	if (rc == 0)
		rc = mdb_get(txn, dbi, &k, &v);
	if (rc != 0 && rc != MDB_NOTFOUND && rc != MDB_INCOMPATIBLE)
		return lmdb_fail(e, te, rc, "read schema");
	if (rc == 0)
		stamp_text(found, sizeof(found), &v);
	if (strcmp(found, schema) != 0)
		return FAIL(e, RC_WRONG_SCHEMA,
		    "%s: found \"%s\", this program wants \"%s\": export the "
		    "chain with the program that wrote it, import it here",
		    te->path, found, schema);
	return RC_OK;
}

static enum rc
open_tables(struct table_env *te, MDB_txn *txn, unsigned flags, struct err *e)
{
	for (int i = 0; i < TABLE_CNT; i++) {
		int rc = mdb_dbi_open(
		    txn, lmdb_name((enum table)i), flags, &te->dbi[i]);

		if (rc == MDB_NOTFOUND)
			return FAIL(e, RC_CORRUPT, "%s: table %s is missing",
			    te->path, lmdb_name((enum table)i));
		if (rc != 0)
			return lmdb_fail(e, te, rc, lmdb_name((enum table)i));
	}
	return RC_OK;
}

static enum rc
create_tables(struct table_env *te, MDB_txn *txn, struct err *e)
{
	MDB_val k = lmdb_val(bytes_of_str(schema_key));
	MDB_val v = lmdb_val(bytes_of_str(schema));
	MDB_dbi dbi;
	int rc;

	TRY(open_tables(te, txn, MDB_CREATE, e));
	rc = mdb_dbi_open(txn, schema_table, MDB_CREATE, &dbi);
	if (rc == 0)
		rc = mdb_put(txn, dbi, &k, &v, 0);
	return rc == 0 ? RC_OK : lmdb_fail(e, te, rc, "write schema");
}

/* bind_tables opens the handles in one transaction, which keeps them. */
static enum rc
bind_tables(struct table_env *te, bool is_new, struct err *e)
{
	MDB_txn *txn;
	enum rc rc;
	int ret;

	ret = mdb_txn_begin(te->env, NULL, is_new ? 0 : MDB_RDONLY, &txn);
	if (ret != 0)
		return lmdb_fail(e, te, ret, "begin");
	if (is_new) {
		rc = create_tables(te, txn, e);
	} else {
		rc = check_stamp(te, txn, e);
		if (rc == RC_OK)
			rc = open_tables(te, txn, 0, e);
	}
	if (rc != RC_OK) {
		mdb_txn_abort(txn);
		return rc;
	}
	ret = mdb_txn_commit(txn);
	return ret == 0 ? RC_OK : lmdb_fail(e, te, ret, "commit");
}

static enum rc
is_untouched(struct table_env *te, bool *out, struct err *e)
{
	MDB_stat st;
	int rc = mdb_env_stat(te->env, &st);

	if (rc != 0)
		return lmdb_fail(e, te, rc, "stat");
	*out = st.ms_entries == 0;
	return RC_OK;
}

/*
 * is_cut tells of a data file that ends before the last page its tables have
 * taken. Asked only when something is wrong already: the last pages of a whole
 * file may be free ones that were never written.
 */
static bool
is_cut(const struct table_env *te)
{
	MDB_envinfo info;
	MDB_stat st;

	return mdb_env_info(te->env, &info) == 0 &&
	       mdb_env_stat(te->env, &st) == 0 &&
	       data_file_bytes(te) < (info.me_last_pgno + 1) * st.ms_psize;
}

enum rc
table_env_open(
    struct table_env *out, char *path, size_t map_bytes, struct err *e)
{
	bool is_new = false;
	enum rc rc;
	int dead;

	*out = (struct table_env){.path = path};
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return fail_errno(e, path, errno, "create");
	TRY(lock_file_fill(out, e));
	TRY(drop_stillborn(out, e));
	TRY(env_open(out, map_bytes, e));
	(void)mdb_reader_check(out->env, &dead);
	rc = is_untouched(out, &is_new, e);
	if (rc == RC_OK)
		rc = bind_tables(out, is_new, e);
	if (rc != RC_OK && is_cut(out))
		rc = FAIL(e, RC_CORRUPT,
		    "%s: its file (data.mdb) is shorter than its tables", path);
	if (rc != RC_OK)
		table_env_close(out);
	return rc;
}

void
table_env_close(struct table_env *te)
{
	resident_close(&te->resident);
	if (te->env != NULL)
		mdb_env_close(te->env);
	te->env = NULL;
}

/* find_map is for LMDB that does not tell where its map is. */
static void
find_map(struct table_env *te)
{
	MDB_envinfo info;
	int fd;

	if (te->resident.most_bytes == 0)
		return;
	CHECK(mdb_env_info(te->env, &info) == 0);
	CHECK(mdb_env_get_fd(te->env, &fd) == 0);
	resident_find(&te->resident, fd, info.me_mapsize);
}

void
table_env_bound(struct table_env *te, size_t most_bytes)
{
	resident_close(&te->resident);
	resident_open(&te->resident, most_bytes);
	find_map(te);
}

void
table_env_room(const struct table_env *te, size_t *map, size_t *used)
{
	MDB_envinfo info;
	MDB_stat st;

	CHECK(mdb_env_info(te->env, &info) == 0);
	CHECK(mdb_env_stat(te->env, &st) == 0);
	*map = info.me_mapsize;
	*used = (info.me_last_pgno + 1) * st.ms_psize;
}

enum rc
table_env_move(struct table_env *te, size_t bytes, struct err *e)
{
	void *probe;
	int rc;

	/* LMDB gives the old map up before it asks for the new one; so ask
	 * first, while there is a way back. */
	bytes = round_up(bytes);
	probe = mmap(NULL, bytes, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (probe == MAP_FAILED)
		return FAIL(e, RC_NO_MEMORY,
		    "%s: no room for a map of %zu bytes", te->path, bytes);
	(void)munmap(probe, bytes);
	te->resident.map = NULL;
	rc = mdb_env_set_mapsize(te->env, bytes);
	if (rc != 0)
		return FAIL(e, RC_IO, "%s: moving the map: %s", te->path,
		    mdb_strerror(rc));
	find_map(te);
	return RC_OK;
}
