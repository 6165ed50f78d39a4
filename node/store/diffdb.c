/* SPDX-License-Identifier: Apache-2.0
 *
 * Reverse diffs: what each block changed, as it was before. A flush writes
 * those of its blocks as one batch, keyed (batch, kind, key, block), so that
 * history is appended at the end of its table and never lands on random
 * pages. State after block N is, for each key, the first note of a block
 * above N, searched batch by batch from the one that holds N + 1; without a
 * note it is the current value. Wide histories (archives) pay for an index by
 * key to search them in one step.
 *
 * Trie nodes are noted as accounts and slots are, so a proof can be made for
 * each block whose state can be read.
 */
#include "base/check.h"
#include "store/dbs_priv.h"

/* Batches forgotten by one flush. One flush adds one, so eight catch up with
 * a window that was made smaller without a long pause. */
enum { PRUNE_BATCH_MAX = 8 };

/* A key of past: batch (8), kind (1), key, block (8). */
enum { PAST_HEAD = 9, PAST_TAIL = 8 };

static const struct bytes nothing = {(const uint8_t *)"", 0};

enum table
table_of_kind(enum kind kind)
{
	switch (kind) {
	case KIND_ACCOUNT:
		return TABLE_ACCOUNTS;
	case KIND_SLOT:
		return TABLE_SLOTS;
	case KIND_NODE:
		return TABLE_NODES;
	}
	CHECK(false);
	return TABLE_CNT;
}

/* key_past_at is a key of the index: kind, key, block. */
static struct key
key_past_at(struct bytes kind_and_key, uint64_t number)
{
	struct key k;

	k.len = 0;
	key_put(&k, kind_and_key.ptr, kind_and_key.len);
	key_put_u64(&k, number);
	return k;
}

/* The kind and key inside a key of past. */
static struct bytes
past_middle(struct bytes key)
{
	return bytes_of(key.ptr + 8, key.len - 8 - PAST_TAIL);
}

/* Writing. ----------------------------------------------------------- */

enum rc
past_begin(struct table_txn *t, struct base *base, uint64_t first, bool is_wide,
    struct err *e)
{
	struct key k = key_number(first);

	if (is_wide && base->index_from == BASE_NO_INDEX)
		base->index_from = first;
	if (!is_wide && base->index_from != BASE_NO_INDEX) {
		TRY(table_clear(t, TABLE_PAST_AT, e));
		base->index_from = BASE_NO_INDEX;
	}
	return table_add(t, TABLE_BATCHES, key_bytes(&k), nothing, e);
}

enum rc
past_add(struct table_txn *t, const struct base *base, uint64_t batch,
    enum kind kind, struct bytes key, uint64_t number, struct bytes before,
    struct err *e)
{
	struct key k = key_past(batch, kind, key);
	struct key index, value;

	key_put_u64(&k, number);
	TRY(table_add(t, TABLE_PAST, key_bytes(&k), before, e));
	if (base->index_from == BASE_NO_INDEX)
		return RC_OK;
	index = key_past_at(past_middle(key_bytes(&k)), number);
	value = key_number(batch);
	return table_put(
	    t, TABLE_PAST_AT, key_bytes(&index), key_bytes(&value), e);
}

/* Finding. ----------------------------------------------------------- */

/* find_in_batch looks for the first note of a block from `from` on. */
static enum rc
find_in_batch(struct table_txn *t, struct bytes *value, bool *found,
    uint64_t batch, enum kind kind, struct bytes key, uint64_t from,
    struct err *e)
{
	struct key k = key_past(batch, kind, key);
	struct bytes start = key_bytes(&k);
	struct table_at at;

	key_put_u64(&k, from);
	TRY(table_seek(t, &at, TABLE_PAST, key_bytes(&k), e));
	*found = at.key.ptr != NULL && at.key.len == k.len &&
		 bytes_start(at.key, start);
	if (*found)
		*value = at.value;
	return RC_OK;
}

/* find_in_index does the same over all batches from index_from on. */
static enum rc
find_in_index(struct table_txn *t, struct bytes *value, bool *found,
    enum kind kind, struct bytes key, uint64_t from, struct err *e)
{
	struct key past = key_past(0, kind, key), k;
	struct bytes middle = bytes_of(past.b + 8, past.len - 8u);
	struct table_at at;

	k = key_past_at(middle, from);
	TRY(table_seek(t, &at, TABLE_PAST_AT, key_bytes(&k), e));
	*found = at.key.ptr != NULL && at.key.len == k.len &&
		 bytes_start(at.key, middle);
	if (!*found)
		return RC_OK;
	if (at.value.len != 8)
		return FAIL(
		    e, RC_CORRUPT, "history index of %zu bytes", at.value.len);
	past = key_past(be64(at.value.ptr), kind, key);
	key_put_u64(&past, key_tail(at.key));
	return table_need(t, value, TABLE_PAST, key_bytes(&past), e);
}

/* batch_at finds the batch that holds block number; false when none does. */
static enum rc
batch_at(struct table_txn *t, uint64_t *batch, bool *is_there, uint64_t number,
    struct err *e)
{
	struct key k = key_number(number + 1);
	struct table_at at;

	TRY(table_before(t, &at, TABLE_BATCHES, key_bytes(&k), e));
	*is_there = at.key.ptr != NULL;
	if (*is_there)
		*batch = key_tail(at.key);
	return RC_OK;
}

static enum rc
batch_after(struct table_txn *t, uint64_t *batch, bool *is_there, struct err *e)
{
	struct key k = key_number(*batch + 1);
	struct table_at at;

	TRY(table_seek(t, &at, TABLE_BATCHES, key_bytes(&k), e));
	*is_there = at.key.ptr != NULL;
	if (*is_there)
		*batch = key_tail(at.key);
	return RC_OK;
}

enum rc
past_find(struct table_txn *t, const struct base *base, struct bytes *value,
    bool *found, enum kind kind, struct bytes key, uint64_t number,
    struct err *e)
{
	bool is_there = false;
	uint64_t batch = 0;

	*found = false;
	TRY(batch_at(t, &batch, &is_there, number + 1, e));
	while (is_there && !*found) {
		uint64_t from = number + 1 > batch ? number + 1 : batch;

		if (batch >= base->index_from)
			return find_in_index(
			    t, value, found, kind, key, from, e);
		TRY(find_in_batch(t, value, found, batch, kind, key, from, e));
		TRY(batch_after(t, &batch, &is_there, e));
	}
	return RC_OK;
}

/* Undoing. ----------------------------------------------------------- */

struct undo {
	struct table_txn *t;
	struct arena *a;
	uint64_t number;     /* the block to go back to */
	struct key restored; /* batch, kind, key that was just put back */
};

static enum rc
forget(struct table_txn *t, struct bytes past_key, struct err *e)
{
	struct key k = key_past_at(past_middle(past_key), key_tail(past_key));

	TRY(table_del(t, TABLE_PAST, past_key, e));
	return table_del(t, TABLE_PAST_AT, key_bytes(&k), e);
}

/* put_back gives a key its older value in the current table. */
static enum rc
put_back(struct undo *u, const struct key *k, struct bytes value, struct err *e)
{
	enum table tb = table_of_kind((enum kind)k->b[8]);
	struct bytes key =
	    bytes_of(k->b + PAST_HEAD, (size_t)k->len - PAST_HEAD - PAST_TAIL);
	struct arena_mark mark = arena_save(u->a);
	struct bytes copy = arena_copy(u->a, value);
	enum rc rc;

	if (copy.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "undoing a block");
	if (copy.len == 0)
		rc = table_del(u->t, tb, key, e);
	else
		rc = table_put(u->t, tb, key, copy, e);
	arena_rewind(u->a, mark);
	return rc;
}

/* undo_note handles one note and leaves in k where to look next. */
static enum rc
undo_note(
    struct undo *u, struct key *k, const struct table_at *at, struct err *e)
{
	k->len = 0;
	key_put(k, at->key.ptr, at->key.len);
	if (key_tail(key_bytes(k)) <= u->number) {
		be64_put(k->b + k->len - PAST_TAIL, u->number + 1);
		return RC_OK;
	}
	if (k->len - PAST_TAIL != u->restored.len ||
	    memcmp(k->b, u->restored.b, u->restored.len) != 0) {
		TRY(put_back(u, k, at->value, e));
		u->restored = *k;
		u->restored.len = (uint8_t)(k->len - PAST_TAIL);
	}
	return forget(u->t, key_bytes(k), e);
}

static enum rc
undo_batch(struct undo *u, uint64_t batch, struct err *e)
{
	struct key start = key_number(batch), k = start;
	struct table_at at;

	u->restored.len = 0;
	for (;;) {
		TRY(table_seek(u->t, &at, TABLE_PAST, key_bytes(&k), e));
		if (at.key.ptr == NULL ||
		    !bytes_start(at.key, key_bytes(&start)))
			return RC_OK;
		TRY(undo_note(u, &k, &at, e));
	}
}

/* The newest batch goes first, so older notes have the last word. */
enum rc
past_undo(struct table_txn *t, struct arena *a, uint64_t number, struct err *e)
{
	struct undo u = {.t = t, .a = a, .number = number};
	uint64_t batch = 0;
	bool is_there = false;

	for (;;) {
		struct key k;

		TRY(batch_at(t, &batch, &is_there, UINT64_MAX - 1, e));
		if (!is_there)
			return RC_OK;
		TRY(undo_batch(&u, batch, e));
		if (batch <= number)
			return RC_OK;
		k = key_number(batch);
		TRY(table_del(t, TABLE_BATCHES, key_bytes(&k), e));
	}
}

/* Pruning. ----------------------------------------------------------- */

static enum rc
drop_batch(struct table_txn *t, uint64_t batch, struct err *e)
{
	struct key start = key_number(batch), k;
	struct table_at at;

	for (;;) {
		TRY(table_seek(t, &at, TABLE_PAST, key_bytes(&start), e));
		if (at.key.ptr == NULL ||
		    !bytes_start(at.key, key_bytes(&start)))
			break;
		k.len = 0;
		key_put(&k, at.key.ptr, at.key.len);
		TRY(forget(t, key_bytes(&k), e));
	}
	return table_del(t, TABLE_BATCHES, key_bytes(&start), e);
}

enum rc
past_prune(struct table_txn *t, struct base *base, uint64_t head,
    uint64_t history, struct err *e)
{
	for (int i = 0; i < PRUNE_BATCH_MAX; i++) {
		uint64_t batch = 0, next;
		bool is_there = false;

		next = 0;
		TRY(batch_at(t, &batch, &is_there, base->oldest + 1, e));
		if (!is_there)
			return RC_OK;
		next = batch;
		TRY(batch_after(t, &next, &is_there, e));
		if (!is_there || head < history || next - 1 > head - history)
			return RC_OK;
		TRY(drop_batch(t, batch, e));
		base->oldest = next - 1;
	}
	return RC_OK;
}
