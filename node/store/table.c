/* SPDX-License-Identifier: Apache-2.0
 *
 * Transactions and records. Values carry a checksum over table, key and
 * value, since LMDB's pages have none; what a table means is written in
 * tables.def, and which records go together is the callers' business. Values
 * are copied out before the next write by whoever needs them longer.
 */
#include <string.h>

#include "store/lmdb_priv.h"
#include "store/sum_priv.h"

/* Bytes of checksum behind each value. */
enum { SUM_LEN = 4 };

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
	return rc == 0 ? RC_OK : lmdb_fail(e, te, rc, "read");
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
	return rc == 0 ? RC_OK : lmdb_fail(e, te, rc, "begin");
}

/* LMDB frees the cursors of a write transaction with it. */
enum rc
table_commit(struct table_txn *t, struct err *e)
{
	int rc = mdb_txn_commit(t->txn);

	t->txn = NULL;
	return rc == 0 ? RC_OK : lmdb_fail(e, t->te, rc, "commit");
}

void
table_abort(struct table_txn *t)
{
	if (t->txn != NULL)
		mdb_txn_abort(t->txn);
	t->txn = NULL;
}

/* Records. ----------------------------------------------------------- */

/* ready makes the table's cursor fit for use; returns LMDB's number. */
static int
ready(struct table_txn *t, enum table tb)
{
	uint32_t bit = UINT32_C(1) << tb;
	int rc = 0;

	resident_touch(&t->te->resident, &t->seen, RESIDENT_TOUCH);
	if (t->cur[tb] == NULL)
		rc = mdb_cursor_open(t->txn, t->te->dbi[tb], &t->cur[tb]);
	else if ((t->fresh & bit) == 0 && !t->is_write)
		rc = mdb_cursor_renew(t->txn, t->cur[tb]);
	if (rc == 0)
		t->fresh |= bit;
	return rc;
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
	struct bytes key = lmdb_bytes(k), in = lmdb_bytes(v);

	if (in.len >= SUM_LEN) {
		*value = bytes_of(in.ptr, in.len - SUM_LEN);
		if (be32(in.ptr + value->len) == sum_of(tb, key, *value))
			return RC_OK;
	}
	return FAIL(e, RC_CORRUPT,
	    "%s: table %s: a record of %zu bytes is damaged", t->te->path,
	    lmdb_name(tb), in.len);
}

static enum rc
fail_order(struct err *e, const struct table_txn *t, enum table tb)
{
	return FAIL(e, RC_CORRUPT, "%s: table %s: keys are out of order",
	    t->te->path, lmdb_name(tb));
}

static enum rc
fail_read(struct err *e, const struct table_txn *t, enum table tb, int rc)
{
	return lmdb_fail(e, t->te, rc, lmdb_name(tb));
}

/* absent_below proves that the last record before a missing key is sound and
 * below it. */
static enum rc
absent_below(struct table_txn *t, enum table tb, struct bytes key,
    bool has_above, struct err *e)
{
	struct bytes value;
	MDB_stat st;
	MDB_cursor_op op = has_above ? MDB_PREV : MDB_LAST;
	MDB_val k, v;
	int rc = mdb_cursor_get(t->cur[tb], &k, &v, op);

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
	if (bytes_cmp(lmdb_bytes(&k), key) >= 0)
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
		    t->te->path, lmdb_name(tb));
	return RC_OK;
}

/* land fills at from where a cursor stands. */
static enum rc
land(struct table_at *at, struct table_txn *t, enum table tb, const MDB_val *k,
    const MDB_val *v, struct err *e)
{
	resident_touch(&t->te->resident, &t->seen, v->mv_size);
	at->key = lmdb_bytes(k);
	return unseal(&at->value, t, tb, k, v, e);
}

enum rc
table_seek(struct table_txn *t, struct table_at *at, enum table tb,
    struct bytes key, struct err *e)
{
	MDB_val k = lmdb_val(key), v;
	int rc = ready(t, tb), order;

	*at = (struct table_at){0};
	if (rc == 0)
		rc = mdb_cursor_get(t->cur[tb], &k, &v,
		    key.len == 0 ? MDB_FIRST : MDB_SET_RANGE);
	if (rc == MDB_NOTFOUND)
		return absent_below(t, tb, key, false, e);
	if (rc != 0)
		return fail_read(e, t, tb, rc);
	order = bytes_cmp(lmdb_bytes(&k), key);
	if (order < 0)
		return fail_order(e, t, tb);
	TRY(land(at, t, tb, &k, &v, e));
	if (order == 0 || key.len == 0)
		return RC_OK;
	return absent_below(t, tb, key, true, e);
}

enum rc
table_before(struct table_txn *t, struct table_at *at, enum table tb,
    struct bytes key, struct err *e)
{
	MDB_val k = lmdb_val(key), v;
	struct table_at above;
	int rc = ready(t, tb);

	*at = (struct table_at){0};
	if (rc == 0)
		rc = mdb_cursor_get(t->cur[tb], &k, &v, MDB_SET_RANGE);
	if (rc == 0) {
		TRY(land(&above, t, tb, &k, &v, e));
		if (bytes_cmp(above.key, key) < 0)
			return fail_order(e, t, tb);
		rc = mdb_cursor_get(t->cur[tb], &k, &v, MDB_PREV);
		if (rc == MDB_NOTFOUND)
			return RC_OK;
	} else if (rc == MDB_NOTFOUND) {
		rc = mdb_cursor_get(t->cur[tb], &k, &v, MDB_LAST);
		if (rc == MDB_NOTFOUND)
			return absent_below(t, tb, key, false, e);
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
	MDB_val k = lmdb_val(key), v = {.mv_size = value.len + SUM_LEN};
	int rc = ready(t, tb);
	uint8_t *p;

	if (rc == 0)
		rc = mdb_cursor_put(t->cur[tb], &k, &v, flags | MDB_RESERVE);
	if (rc != 0)
		return fail_read(e, t, tb, rc);
	p = v.mv_data;
	if (value.len > 0)
		memcpy(p, value.ptr, value.len);
	be32_put(p + value.len, sum_of(tb, key, value));
	return RC_OK;
}

enum rc
table_set(struct table_txn *t, enum table tb, struct bytes key,
    struct bytes value, struct err *e)
{
	return put(t, tb, key, value, 0, e);
}

enum rc
table_put(struct table_txn *t, enum table tb, struct bytes key,
    struct bytes value, struct err *e)
{
	struct bytes old;

	TRY(table_find(t, &old, tb, key, e));
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
	struct table_at at;
	int rc;

	TRY(table_seek(t, &at, tb, key, e));
	if (at.key.ptr == NULL || !bytes_eq(at.key, key))
		return RC_OK;
	rc = mdb_cursor_del(t->cur[tb], 0);
	return rc == 0 ? RC_OK : fail_read(e, t, tb, rc);
}

enum rc
table_clear(struct table_txn *t, enum table tb, struct err *e)
{
	int rc = mdb_drop(t->txn, t->te->dbi[tb], 0);

	return rc == 0 ? RC_OK : fail_read(e, t, tb, rc);
}
