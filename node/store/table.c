/* SPDX-License-Identifier: Apache-2.0
 *
 * The only file that calls LMDB. Values carry a checksum over table, key and
 * value, since LMDB's pages have none; what a table means is written in
 * tables.def, and which records go together is the callers' business.
 *
 * Caveats of LMDB that are met here: the map is only moved without
 * transactions (the callers see to that); the lock file gets its blocks before
 * it is mapped, since a full disk would otherwise be a SIGBUS; stale readers
 * are cleared at open; values are copied out before the next write by whoever
 * needs them longer.
 */
#include "store/table_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "store/sum_priv.h"

/* The stamp of this layout; changes with any change of tables.def, key.c or
 * value.c. It has a table of its own and no checksum, so that every version
 * can read every other one's. */
static const char schema[] = "sekisho store 1";
static const char schema_table[] = "stamp";
static const char schema_key[] = "schema";

/* Bytes of checksum behind each value. */
enum { SUM_LEN = 4 };

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

/* val_of is the view that LMDB wants: it never writes through it. */
static MDB_val
val_of(struct bytes b)
{
	MDB_val v = {.mv_size = b.len};

	memcpy(&v.mv_data, &b.ptr, sizeof(v.mv_data));
	return v;
}

static struct bytes
bytes_of_val(const MDB_val *v)
{
	return bytes_of(v->mv_data, v->mv_size);
}

static enum rc
code_of(int mdb_rc)
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

static enum rc
fail(struct err *e, const struct table_env *te, int mdb_rc, const char *what)
{
	return FAIL(e, code_of(mdb_rc), "%s: %s: %s", te->path, what,
	    mdb_strerror(mdb_rc));
}

static enum rc
fail_errno(struct err *e, const char *path, int number, const char *what)
{
	return FAIL(e, number == ENOMEM ? RC_NO_MEMORY : RC_IO, "%s: %s: %s",
	    path, what, mdb_strerror(number));
}

/* Environment. ------------------------------------------------------- */

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

/* drop_stillborn removes a data file too short for LMDB's two meta pages: a
 * crash or a full disk while it was made. One that ever held a block and lost
 * its bytes is noticed by the log, which names another store then. */
static enum rc
drop_stillborn(const struct table_env *te, struct err *e)
{
	size_t size = data_file_bytes(te);
	char path[PATH_LEN_MAX];

	if (size >= 2 * (size_t)sysconf(_SC_PAGESIZE))
		return RC_OK;
	if (!path_in(path, te, "data.mdb"))
		return FAIL(e, RC_IO, "%s: path too long", te->path);
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
	return rc == 0 ? RC_OK : fail(e, te, rc, "open");
}

/* stamp_text makes found bytes fit to be shown. */
static void
stamp_text(char *out, size_t cap, const MDB_val *v)
{
	const uint8_t *p = v->mv_data;
	size_t i;

	for (i = 0; i < v->mv_size && i + 1 < cap; i++)
		out[i] = p[i] >= 0x20 && p[i] < 0x7f ? (char)p[i] : '?';
	out[i] = '\0';
}

static enum rc
check_stamp(struct table_env *te, MDB_txn *txn, struct err *e)
{
	MDB_val k = val_of(bytes_of_str(schema_key)), v;
	char found[64] = "no stamp at all";
	MDB_dbi dbi;
	int rc;

	rc = mdb_dbi_open(txn, schema_table, 0, &dbi);
	if (rc == 0)
		rc = mdb_get(txn, dbi, &k, &v);
	if (rc != 0 && rc != MDB_NOTFOUND && rc != MDB_INCOMPATIBLE)
		return fail(e, te, rc, "read schema");
	if (rc == 0)
		stamp_text(found, sizeof(found), &v);
	if (strcmp(found, schema) != 0)
		return FAIL(e, RC_WRONG_SCHEMA,
		    "%s: found \"%s\", this program wants \"%s\"", te->path,
		    found, schema);
	return RC_OK;
}

static enum rc
open_tables(struct table_env *te, MDB_txn *txn, unsigned flags, struct err *e)
{
	for (int i = 0; i < TABLE_CNT; i++) {
		int rc = mdb_dbi_open(txn, names[i], flags, &te->dbi[i]);

		if (rc == MDB_NOTFOUND)
			return FAIL(e, RC_CORRUPT, "%s: table %s is missing",
			    te->path, names[i]);
		if (rc != 0)
			return fail(e, te, rc, names[i]);
	}
	return RC_OK;
}

static enum rc
create_tables(struct table_env *te, MDB_txn *txn, struct err *e)
{
	MDB_val k = val_of(bytes_of_str(schema_key));
	MDB_val v = val_of(bytes_of_str(schema));
	MDB_dbi dbi;
	int rc;

	TRY(open_tables(te, txn, MDB_CREATE, e));
	rc = mdb_dbi_open(txn, schema_table, MDB_CREATE, &dbi);
	if (rc == 0)
		rc = mdb_put(txn, dbi, &k, &v, 0);
	return rc == 0 ? RC_OK : fail(e, te, rc, "write schema");
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
		return fail(e, te, ret, "begin");
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
	return ret == 0 ? RC_OK : fail(e, te, ret, "commit");
}

static enum rc
is_untouched(struct table_env *te, bool *out, struct err *e)
{
	MDB_stat st;
	int rc = mdb_env_stat(te->env, &st);

	if (rc != 0)
		return fail(e, te, rc, "stat");
	*out = st.ms_entries == 0;
	return RC_OK;
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
	if (rc != RC_OK)
		table_env_close(out);
	return rc;
}

void
table_env_close(struct table_env *te)
{
	if (te->env != NULL)
		mdb_env_close(te->env);
	te->env = NULL;
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
	rc = mdb_env_set_mapsize(te->env, bytes);
	if (rc != 0)
		return FAIL(e, RC_IO, "%s: moving the map: %s", te->path,
		    mdb_strerror(rc));
	return RC_OK;
}

/* Transactions. ------------------------------------------------------ */

enum rc
table_read_begin(struct table_txn *t, const struct table_env *te, struct err *e)
{
	int rc;

	t->te = te;
	t->fresh = 0;
	if (t->txn == NULL)
		rc = mdb_txn_begin(te->env, NULL, MDB_RDONLY, &t->txn);
	else
		rc = mdb_txn_renew(t->txn);
	return rc == 0 ? RC_OK : fail(e, te, rc, "read");
}

void
table_read_end(struct table_txn *t)
{
	mdb_txn_reset(t->txn);
}

void
table_read_close(struct table_txn *t)
{
	for (int i = 0; i < TABLE_CNT; i++)
		if (t->cur[i] != NULL)
			mdb_cursor_close(t->cur[i]);
	if (t->txn != NULL)
		mdb_txn_abort(t->txn);
	*t = (struct table_txn){0};
}

enum rc
table_write_begin(
    struct table_txn *t, const struct table_env *te, struct err *e)
{
	int rc;

	*t = (struct table_txn){.te = te, .is_write = true};
	rc = mdb_txn_begin(te->env, NULL, 0, &t->txn);
	return rc == 0 ? RC_OK : fail(e, te, rc, "begin");
}

/* LMDB frees the cursors of a write transaction with it. */
enum rc
table_commit(struct table_txn *t, struct err *e)
{
	int rc = mdb_txn_commit(t->txn);

	t->txn = NULL;
	return rc == 0 ? RC_OK : fail(e, t->te, rc, "commit");
}

void
table_abort(struct table_txn *t)
{
	if (t->txn != NULL)
		mdb_txn_abort(t->txn);
	t->txn = NULL;
}

/* Records. ----------------------------------------------------------- */

static enum rc
cursor_of(MDB_cursor **out, struct table_txn *t, enum table tb, struct err *e)
{
	uint32_t bit = UINT32_C(1) << tb;
	int rc = 0;

	if (t->cur[tb] == NULL)
		rc = mdb_cursor_open(t->txn, t->te->dbi[tb], &t->cur[tb]);
	else if ((t->fresh & bit) == 0 && !t->is_write)
		rc = mdb_cursor_renew(t->txn, t->cur[tb]);
	if (rc != 0)
		return fail(e, t->te, rc, names[tb]);
	t->fresh |= bit;
	*out = t->cur[tb];
	return RC_OK;
}

static uint32_t
sum_of(enum table tb, struct bytes key, struct bytes value)
{
	return (uint32_t)sum64(sum64((uint64_t)tb, key), value);
}

/* unseal cuts the checksum off a stored value and compares it. */
static enum rc
unseal(struct bytes *value, const struct table_txn *t, enum table tb,
    const MDB_val *k, const MDB_val *v, struct err *e)
{
	struct bytes key = bytes_of_val(k), in = bytes_of_val(v);

	if (in.len >= SUM_LEN) {
		*value = bytes_of(in.ptr, in.len - SUM_LEN);
		if (be32(in.ptr + value->len) == sum_of(tb, key, *value))
			return RC_OK;
	}
	return FAIL(e, RC_CORRUPT,
	    "%s: table %s: a record of %zu bytes is damaged", t->te->path,
	    names[tb], in.len);
}

static enum rc
fail_order(struct err *e, const struct table_txn *t, enum table tb)
{
	return FAIL(e, RC_CORRUPT, "%s: table %s: keys are out of order",
	    t->te->path, names[tb]);
}

static enum rc
fail_read(struct err *e, const struct table_txn *t, enum table tb, int rc)
{
	return fail(e, t->te, rc, names[tb]);
}

/* absent_below proves that the last record before a missing key is sound and
 * below it. */
static enum rc
absent_below(struct table_txn *t, MDB_cursor *cur, enum table tb,
    struct bytes key, bool has_above, struct err *e)
{
	struct bytes value;
	MDB_stat st;
	MDB_val k, v;
	int rc;

	rc = mdb_cursor_get(cur, &k, &v, has_above ? MDB_PREV : MDB_LAST);
	if (rc == MDB_NOTFOUND) {
		if (has_above)
			return RC_OK;
		rc = mdb_stat(t->txn, t->te->dbi[tb], &st);
		if (rc == 0 && st.ms_entries == 0)
			return RC_OK;
		return rc == 0 ? fail_order(e, t, tb) : fail_read(e, t, tb, rc);
	}
	if (rc != 0)
		return fail_read(e, t, tb, rc);
	if (bytes_cmp(bytes_of_val(&k), key) >= 0)
		return fail_order(e, t, tb);
	return unseal(&value, t, tb, &k, &v, e);
}

enum rc
table_find(struct table_txn *t, struct bytes *value, enum table tb,
    struct bytes key, struct err *e)
{
	struct table_at at;

	TRY(table_seek(t, &at, tb, key, e));
	*value = bytes_of(NULL, 0);
	if (at.key.ptr != NULL && bytes_eq(at.key, key))
		*value = at.value;
	return RC_OK;
}

enum rc
table_need(struct table_txn *t, struct bytes *value, enum table tb,
    struct bytes key, struct err *e)
{
	TRY(table_find(t, value, tb, key, e));
	if (value->ptr == NULL)
		return FAIL(e, RC_CORRUPT, "%s: table %s lacks a record",
		    t->te->path, names[tb]);
	return RC_OK;
}

/* land fills at from where a cursor stands. */
static enum rc
land(struct table_at *at, struct table_txn *t, enum table tb, const MDB_val *k,
    const MDB_val *v, struct err *e)
{
	at->key = bytes_of_val(k);
	return unseal(&at->value, t, tb, k, v, e);
}

enum rc
table_seek(struct table_txn *t, struct table_at *at, enum table tb,
    struct bytes key, struct err *e)
{
	MDB_val k = val_of(key), v;
	MDB_cursor *cur;
	int rc, order;

	TRY(cursor_of(&cur, t, tb, e));
	*at = (struct table_at){0};
	rc = mdb_cursor_get(
	    cur, &k, &v, key.len == 0 ? MDB_FIRST : MDB_SET_RANGE);
	if (rc == MDB_NOTFOUND)
		return absent_below(t, cur, tb, key, false, e);
	if (rc != 0)
		return fail_read(e, t, tb, rc);
	order = bytes_cmp(bytes_of_val(&k), key);
	if (order < 0)
		return fail_order(e, t, tb);
	TRY(land(at, t, tb, &k, &v, e));
	if (order == 0 || key.len == 0)
		return RC_OK;
	return absent_below(t, cur, tb, key, true, e);
}

enum rc
table_before(struct table_txn *t, struct table_at *at, enum table tb,
    struct bytes key, struct err *e)
{
	MDB_val k = val_of(key), v;
	struct table_at above;
	MDB_cursor *cur;
	int rc;

	TRY(cursor_of(&cur, t, tb, e));
	*at = (struct table_at){0};
	rc = mdb_cursor_get(cur, &k, &v, MDB_SET_RANGE);
	if (rc == 0) {
		TRY(land(&above, t, tb, &k, &v, e));
		if (bytes_cmp(above.key, key) < 0)
			return fail_order(e, t, tb);
		rc = mdb_cursor_get(cur, &k, &v, MDB_PREV);
		if (rc == MDB_NOTFOUND)
			return RC_OK;
	} else if (rc == MDB_NOTFOUND) {
		rc = mdb_cursor_get(cur, &k, &v, MDB_LAST);
		if (rc == MDB_NOTFOUND)
			return absent_below(t, cur, tb, key, false, e);
	}
	if (rc != 0)
		return fail_read(e, t, tb, rc);
	TRY(land(at, t, tb, &k, &v, e));
	return bytes_cmp(at->key, key) < 0 ? RC_OK : fail_order(e, t, tb);
}

static enum rc
put(struct table_txn *t, enum table tb, struct bytes key, struct bytes value,
    unsigned flags, struct err *e)
{
	MDB_val k = val_of(key), v = {.mv_size = value.len + SUM_LEN};
	MDB_cursor *cur;
	uint8_t *p;
	int rc;

	TRY(cursor_of(&cur, t, tb, e));
	rc = mdb_cursor_put(cur, &k, &v, flags | MDB_RESERVE);
	if (rc != 0)
		return fail_read(e, t, tb, rc);
	p = v.mv_data;
	if (value.len > 0)
		memcpy(p, value.ptr, value.len);
	be32_put(p + value.len, sum_of(tb, key, value));
	return RC_OK;
}

enum rc
table_put(struct table_txn *t, enum table tb, struct bytes key,
    struct bytes value, struct err *e)
{
	return put(t, tb, key, value, 0, e);
}

enum rc
table_add(struct table_txn *t, enum table tb, struct bytes key,
    struct bytes value, struct err *e)
{
	return put(t, tb, key, value, MDB_APPEND, e);
}

enum rc
table_del(struct table_txn *t, enum table tb, struct bytes key, struct err *e)
{
	MDB_val k = val_of(key), v;
	MDB_cursor *cur;
	int rc;

	TRY(cursor_of(&cur, t, tb, e));
	rc = mdb_cursor_get(cur, &k, &v, MDB_SET);
	if (rc == MDB_NOTFOUND)
		return RC_OK;
	if (rc == 0)
		rc = mdb_cursor_del(cur, 0);
	return rc == 0 ? RC_OK : fail_read(e, t, tb, rc);
}

enum rc
table_clear(struct table_txn *t, enum table tb, struct err *e)
{
	int rc = mdb_drop(t->txn, t->te->dbi[tb], 0);

	return rc == 0 ? RC_OK : fail_read(e, t, tb, rc);
}
