/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks all accounts, or all slots of one account, at a view's head: the
 * tables in key order, with what the layers changed woven in.
 */
#include "store/dbs_priv.h"
#include "store/value_priv.h"

enum rc
seek_behind(struct table_txn *t, struct table_at *at, enum table tb,
    struct bytes key, struct err *e)
{
	struct key k;

	k.len = 0;
	key_put(&k, key.ptr, key.len);
	key_put(&k, "", 1);
	return table_seek(t, at, tb, key_bytes(&k), e);
}

/* struct weave walks keys that begin with start, in a table and in a sorted
 * list at once; the list has the last word, an empty value is no record. */
struct weave {
	const struct store_view *v;
	enum table tb;
	struct bytes start;
	struct changes list;
	size_t next; /* of list */
	struct table_at at;
	bool has_begun;
};

static enum rc
step_table(struct weave *w, const struct key *last, struct err *e)
{
	if (w->has_begun)
		TRY(seek_behind(w->v->txn, &w->at, w->tb, key_bytes(last), e));
	else
		TRY(table_seek(w->v->txn, &w->at, w->tb, w->start, e));
	w->has_begun = true;
	if (w->at.key.ptr != NULL && !bytes_start(w->at.key, w->start))
		w->at = (struct table_at){0};
	return RC_OK;
}

/* newest steps over all changes of one key and returns the last. */
static const struct change *
newest(struct weave *w)
{
	const struct change *c = &w->list.v[w->next++];

	while (
	    w->next < w->list.cnt && bytes_eq(w->list.v[w->next].key, c->key))
		c = &w->list.v[w->next++];
	return c;
}

/* weave_next gives the next record; key is where the walk stands, and
 * *value has no ptr at the end. The callback may use the view, so the table
 * is sought again from key each time. */
static enum rc
weave_next(struct weave *w, struct key *key, struct bytes *value, struct err *e)
{
	for (;;) {
		const struct change *c = NULL;
		int order = 1;

		TRY(step_table(w, key, e));
		if (w->next < w->list.cnt)
			c = &w->list.v[w->next];
		if (c == NULL && w->at.key.ptr == NULL) {
			*value = bytes_of(NULL, 0);
			return RC_OK;
		}
		if (c != NULL && w->at.key.ptr != NULL)
			order = bytes_cmp(c->key, w->at.key);
		else if (c != NULL)
			order = -1;
		*value = w->at.value;
		if (order <= 0) {
			c = newest(w);
			*value = c->value;
		}
		key->len = 0;
		key_put(key, order <= 0 ? c->key.ptr : w->at.key.ptr,
		    order <= 0 ? c->key.len : w->at.key.len);
		if (value->len > 0)
			return RC_OK;
	}
}

/* Accounts. ---------------------------------------------------------- */

static enum rc
add_value(struct changes *list, struct bytes key, const uint8_t *p, size_t len,
    struct err *e)
{
	struct change one = {
	    .key = key, .value = arena_copy(list->a, bytes_of(p, len))};

	if (one.value.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "walking the state");
	return changes_add(list, &one, e);
}

static enum rc
list_accounts(struct weave *w, struct err *e)
{
	for (size_t i = 0; i < view_layer_cnt(w->v); i++) {
		const struct state_diff *d = &view_layer(w->v, i)->block->diff;

		for (size_t j = 0; j < d->account_cnt; j++) {
			const struct state_account_change *c = &d->accounts[j];
			uint8_t p[VALUE_ACCOUNT_MAX];
			size_t len = 0;

			if (c->has_after)
				len = value_put_account(p, &c->after);
			TRY(add_value(
			    &w->list, addr_bytes(&c->addr), p, len, e));
		}
	}
	return changes_sort(&w->list, e);
}

static enum rc
say_accounts(struct weave *w,
    bool (*say)(void *ctx, const struct addr *addr, const struct account *acc),
    void *ctx, struct err *e)
{
	struct key key = {.len = 0};
	struct account acc;
	struct addr addr;
	struct bytes value;

	TRY(list_accounts(w, e));
	for (;;) {
		TRY(weave_next(w, &key, &value, e));
		if (value.ptr == NULL)
			return RC_OK;
		if (key.len != sizeof(addr.b))
			return FAIL(
			    e, RC_CORRUPT, "address of %d bytes", key.len);
		memcpy(addr.b, key.b, sizeof(addr.b));
		TRY(value_account(&acc, value, e));
		if (!say(ctx, &addr, &acc))
			return RC_OK;
	}
}

enum rc
store_each_account(const struct store_view *v,
    bool (*say)(void *ctx, const struct addr *addr, const struct account *acc),
    void *ctx, struct err *e)
{
	struct arena_mark mark = arena_save(v->scratch);
	struct weave w = {.v = v, .tb = TABLE_ACCOUNTS};
	enum rc rc;

	changes_init(&w.list, v->scratch);
	rc = say_accounts(&w, say, ctx, e);
	arena_rewind(v->scratch, mark);
	return rc;
}

/* Slots. ------------------------------------------------------------- */

static enum rc
list_slots(struct weave *w, const struct addr *addr, struct err *e)
{
	for (size_t i = 0; i < view_layer_cnt(w->v); i++) {
		const struct state_diff *d = &view_layer(w->v, i)->block->diff;

		for (size_t j = 0; j < d->slot_cnt; j++) {
			const struct state_slot_change *c = &d->slots[j];
			uint8_t p[VALUE_SLOT_MAX];
			struct key k;
			struct bytes key;

			if (!addr_eq(&c->addr, addr))
				continue;
			k = key_slot(addr, &c->key);
			key = arena_copy(w->list.a, key_bytes(&k));
			if (key.ptr == NULL)
				return FAIL(e, RC_NO_MEMORY, "walking slots");
			TRY(add_value(
			    &w->list, key, p, value_put_u256(p, &c->after), e));
		}
	}
	return changes_sort(&w->list, e);
}

static enum rc
say_slots(struct weave *w, const struct addr *addr,
    bool (*say)(void *ctx, const struct hash *key, const struct u256 *value),
    void *ctx, struct err *e)
{
	struct key key = {.len = 0};
	struct bytes value;
	struct hash slot;
	struct u256 number;

	TRY(list_slots(w, addr, e));
	for (;;) {
		TRY(weave_next(w, &key, &value, e));
		if (value.ptr == NULL)
			return RC_OK;
		if (key.len != sizeof(addr->b) + sizeof(slot.b))
			return FAIL(
			    e, RC_CORRUPT, "slot key of %d bytes", key.len);
		memcpy(slot.b, key.b + sizeof(addr->b), sizeof(slot.b));
		TRY(value_u256(&number, value, e));
		if (!say(ctx, &slot, &number))
			return RC_OK;
	}
}

enum rc
store_each_slot(const struct store_view *v, const struct addr *addr,
    bool (*say)(void *ctx, const struct hash *key, const struct u256 *value),
    void *ctx, struct err *e)
{
	struct arena_mark mark = arena_save(v->scratch);
	struct weave w = {.v = v, .tb = TABLE_SLOTS, .start = addr_bytes(addr)};
	enum rc rc;

	changes_init(&w.list, v->scratch);
	rc = say_slots(&w, addr, say, ctx, e);
	arena_rewind(v->scratch, mark);
	return rc;
}
