/* SPDX-License-Identifier: Apache-2.0
 *
 * Small writes that go to the tables at once, each in a transaction of its
 * own: named values and side blocks. They do not pass through the log.
 */
#include "base/check.h"
#include "store/body_priv.h"
#include "store/dbs_priv.h"

/* struct small is one such write. */
struct small {
	enum rc (*put)(
	    const struct small *w, struct table_txn *t, struct err *e);
	struct bytes name, value;      /* aux */
	const struct hash *hash;       /* side block */
	const struct u256 *difficulty; /* total */
	uint64_t number;
};

static enum rc
attempt(struct store *s, const struct small *w, struct err *e)
{
	struct table_txn t;
	enum rc rc;

	TRY(table_write_begin(&t, &s->te, e));
	rc = w->put(w, &t, e);
	if (rc == RC_OK)
		return table_commit(&t, e);
	table_abort(&t);
	return rc;
}

/*
 * write_small writes w. The caller may hold views that point into the map,
 * so a full map is only moved when nobody is looking; else the next flush
 * does it.
 */
static enum rc
write_small(struct store *s, const struct small *w, struct err *e)
{
	struct err local;
	enum rc rc;

	if (e == NULL)
		e = &local;
	if (s->has_failed)
		return store_fail(s, RC_IO, e);
	rc = attempt(s, w, e);
	if (rc == RC_NO_SPACE && view_move_map(s, false, NULL) == RC_OK)
		rc = attempt(s, w, e);
	if (rc == RC_NO_SPACE) {
		s->wants_room = true;
		return FAIL(e, RC_UNAVAILABLE, "the map is full until a flush");
	}
	if (rc == RC_IO || rc == RC_CORRUPT)
		return store_fail(s, rc, e);
	return rc;
}

static enum rc
put_aux(const struct small *w, struct table_txn *t, struct err *e)
{
	if (w->value.len == 0)
		return table_del(t, TABLE_AUX, w->name, e);
	return table_put(t, TABLE_AUX, w->name, w->value, e);
}

enum rc
store_aux_put(
    struct store *s, const char *name, struct bytes value, struct err *e)
{
	struct small w = {
	    .put = put_aux, .name = bytes_of_str(name), .value = value};

	CHECK(w.name.len > 0 && w.name.len <= STORE_AUX_NAME_MAX);
	return write_small(s, &w, e);
}

enum rc
store_aux_get(const struct store_view *v, struct bytes *out, const char *name,
    struct err *e)
{
	struct bytes key = bytes_of_str(name);

	CHECK(key.len > 0 && key.len <= STORE_AUX_NAME_MAX);
	TRY(table_find(v->txn, out, TABLE_AUX, key, e));
	if (out->ptr == NULL)
		return FAIL(e, RC_NOT_FOUND, "no value named %s", name);
	return RC_OK;
}

static enum rc
put_side(const struct small *w, struct table_txn *t, struct err *e)
{
	return blockdb_put(t, w->hash, w->number, w->difficulty, w->value, e);
}

enum rc
store_side_put(struct store *s, const struct hash *hash,
    const struct u256 *total_difficulty, struct bytes raw, struct err *e)
{
	struct small w = {.put = put_side,
	    .hash = hash,
	    .difficulty = total_difficulty,
	    .value = raw};
	struct header h;

	TRY(body_header(&h, raw, e));
	w.number = h.number;
	return write_small(s, &w, e);
}
