/* SPDX-License-Identifier: Apache-2.0
 *
 * LMDB as the store uses it: one environment, the tables of tables.def, a
 * cursor per table and transaction, and a checksum on every value. A record
 * that is found has its checksum; a record that is not found is proven to be
 * absent by its two neighbours, so that a damaged page cannot pass for an
 * account that never was.
 *
 * RC_NO_SPACE from here means that the map is full, RC_IO that the machine
 * failed (full disk included), RC_CORRUPT that stored bytes are damaged.
 */
#ifndef STORE_TABLE_PRIV_H
#define STORE_TABLE_PRIV_H

#include <lmdb.h>
#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"
#include "store/resident_priv.h"

enum table {
#define TABLE(id, name) TABLE_##id,
#include "store/tables.def"
#undef TABLE
	TABLE_CNT
};

/* Readers of the LMDB lock file; a little above STORE_VIEW_MAX. */
enum { TABLE_READER_MAX = 510 };

/* Smallest map that is ever used: all tables, empty, take a tenth of it. */
#define TABLE_MAP_MIN ((size_t)1 << 20)

struct table_env {
	MDB_env *env;
	MDB_dbi dbi[TABLE_CNT];
	char *path;
	bool is_new; /* nothing was in it when it was opened */
	struct resident resident;
};

/*
 * table_env_open opens or creates the environment in folder path.
 *
 * path       lives as long as the environment
 * map_bytes  wanted size of the map; a larger file gets a larger one, a
 *            machine that refuses gets a smaller one
 * Errors     RC_WRONG_SCHEMA, RC_CORRUPT, RC_IO, RC_NO_MEMORY
 */
enum rc table_env_open(
    struct table_env *out, char *path, size_t map_bytes, struct err *e);
void table_env_close(struct table_env *te);

/* table_env_bound gives pages of the map back when the process has more than
 * this many bytes of files in its address space; 0 ends that. */
void table_env_bound(struct table_env *te, size_t most_bytes);

/* table_env_room tells the bytes of the map and how many were ever used. */
void table_env_room(const struct table_env *te, size_t *map, size_t *used);

/*
 * table_env_move gives the map bytes of room. No transaction may be open.
 *
 * Errors  RC_NO_MEMORY  refused by the machine, nothing changed
 *         RC_IO         the environment is lost
 */
enum rc table_env_move(struct table_env *te, size_t bytes, struct err *e);

/* struct table_txn is a transaction; zero it before the first use. */
struct table_txn {
	const struct table_env *te;
	MDB_txn *txn;
	MDB_cursor *cur[TABLE_CNT];
	uint32_t fresh; /* bit per table: cur belongs to this txn */
	size_t seen;    /* bytes touched since the last look (resident) */
	bool is_write;
};
_Static_assert(TABLE_CNT <= 32, "bits of fresh");

/* A read transaction keeps its place in the reader table between end and the
 * next begin; table_read_close gives that back. */
enum rc table_read_begin(
    struct table_txn *t, const struct table_env *te, struct err *e);
void table_read_end(struct table_txn *t);
void table_read_close(struct table_txn *t);

/* One write transaction at a time. Commit is synced; after its failure, as
 * after abort, nothing was written. */
enum rc table_write_begin(
    struct table_txn *t, const struct table_env *te, struct err *e);
enum rc table_commit(struct table_txn *t, struct err *e);
void table_abort(struct table_txn *t);

/*
 * table_find reads the value at key; ptr is NULL when there is none, and that
 * is proven.
 *
 * Lifetime  value: the transaction, or its next write
 */
enum rc table_find(struct table_txn *t, struct bytes *value, enum table tb,
    struct bytes key, struct err *e);

/* table_need is table_find where absence is damage: RC_CORRUPT. */
enum rc table_need(struct table_txn *t, struct bytes *value, enum table tb,
    struct bytes key, struct err *e);

/* struct table_at is a record under a cursor; key.ptr is NULL past the end. */
struct table_at {
	struct bytes key, value;
};

/* table_seek finds the first record at or after key (empty: of all),
 * table_before the last one below key; both with proof that nothing lies
 * between. */
enum rc table_seek(struct table_txn *t, struct table_at *at, enum table tb,
    struct bytes key, struct err *e);
enum rc table_before(struct table_txn *t, struct table_at *at, enum table tb,
    struct bytes key, struct err *e);

/*
 * table_put sets the value at key. It looks at the place first, as table_find
 * does: a record put beside a damaged one would hide the damage from later
 * proofs. table_set is for a caller who has just looked; table_add for a key
 * above all others of its table (RC_CORRUPT when it is not). table_del
 * removes key if it is there. table_clear empties a table.
 */
enum rc table_set(struct table_txn *t, enum table tb, struct bytes key,
    struct bytes value, struct err *e);
enum rc table_put(struct table_txn *t, enum table tb, struct bytes key,
    struct bytes value, struct err *e);
enum rc table_add(struct table_txn *t, enum table tb, struct bytes key,
    struct bytes value, struct err *e);
enum rc table_del(
    struct table_txn *t, enum table tb, struct bytes key, struct err *e);
enum rc table_clear(struct table_txn *t, enum table tb, struct err *e);

#endif
