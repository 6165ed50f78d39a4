/* SPDX-License-Identifier: Apache-2.0
 *
 * What env.c and table.c share in calling LMDB; no other file calls it.
 */
#ifndef STORE_LMDB_PRIV_H
#define STORE_LMDB_PRIV_H

#include "store/table_priv.h"

/* lmdb_val is the view that LMDB wants: it never writes through it. */
static inline MDB_val
lmdb_val(struct bytes b)
{
	MDB_val v = {.mv_size = b.len};

	memcpy(&v.mv_data, &b.ptr, sizeof(v.mv_data));
	return v;
}

static inline struct bytes
lmdb_bytes(const MDB_val *v)
{
	return bytes_of(v->mv_data, v->mv_size);
}

/* lmdb_name is the name of a table on disk. */
const char *lmdb_name(enum table tb);

/* lmdb_code maps LMDB's and the system's numbers to ours, lmdb_fail reports
 * one of them. */
enum rc lmdb_code(int mdb_rc);
enum rc lmdb_fail(
    struct err *e, const struct table_env *te, int mdb_rc, const char *what);

#endif
