/* SPDX-License-Identifier: Apache-2.0
 *
 * The write-behind: merges the layers of a set into the tables in one synced
 * transaction. Per table all records are gathered, sorted and put in order;
 * a key that several layers changed is put once, with a note in history for
 * each. When the set branches off below what the tables hold, the blocks
 * above the branch are undone first, in the same transaction.
 *
 * Nothing in memory changes before the commit, so an attempt that finds the
 * map full is thrown away and made again in a larger one.
 */
#include "base/check.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/dbs_priv.h"
#include "store/value_priv.h"

/* Bounds the lists of one flush: some 60 bytes for each change of the
 * largest group, thrice. */
#define FLUSH_ARENA_MAX ((size_t)16 << 30)

static const struct bytes nothing = {(const uint8_t *)"", 0};

struct flush {
	struct store *s;
	const struct layer_set *set;
	struct table_txn t;
	struct arena a;
	struct base base; /* as it will be */
	uint64_t batch;   /* number of the first layer */
	uint8_t *old;     /* copy of the value under change */
	size_t old_cap;
};

static const struct store_block *
block_at(const struct flush *f, size_t i)
{
	return f->set->layers[i]->block;
}

/* State. ------------------------------------------------------------- */

/* keep_old copies a stored value out of the way of the next write. */
static enum rc
keep_old(struct flush *f, struct bytes *value, struct err *e)
{
	if (value->len > f->old_cap) {
		f->old = arena_alloc(&f->a, 2 * value->len);
		if (f->old == NULL)
			return FAIL(e, RC_NO_MEMORY, "flush");
		f->old_cap = 2 * value->len;
	}
	if (value->len > 0)
		memcpy(f->old, value->ptr, value->len);
	*value = value->len > 0 ? bytes_of(f->old, value->len) : nothing;
	return RC_OK;
}

static enum rc
fail_before(struct err *e, enum kind kind, const struct change *c)
{
	char text[2 * KEY_MAX + 3];

	return FAIL(e, RC_CORRUPT,
	    "block %llu started from another value of %s %s than the tables "
	    "hold",
	    (unsigned long long)c->number,
	    kind == KIND_ACCOUNT ? "account" : "slot", hex_put0x(text, c->key));
}

/* apply_key applies the changes of one key, oldest first. */
static enum rc
apply_key(struct flush *f, enum kind kind, const struct change *c, size_t cnt,
    struct err *e)
{
	enum table tb = table_of_kind(kind);
	struct bytes old, value;

	TRY(table_find(&f->t, &old, tb, c->key, e));
	TRY(keep_old(f, &old, e));
	value = old;
	for (size_t i = 0; i < cnt; i++) {
		if (c[i].before.ptr != NULL && !bytes_eq(c[i].before, value))
			return fail_before(e, kind, &c[i]);
		if (bytes_eq(c[i].value, value))
			continue;
		if (c[i].number > f->base.oldest)
			TRY(past_add(&f->t, &f->base, f->batch, kind, c->key,
			    c[i].number, value, e));
		value = c[i].value;
	}
	if (bytes_eq(value, old))
		return RC_OK;
	return value.len > 0 ? table_set(&f->t, tb, c->key, value, e)
			     : table_del(&f->t, tb, c->key, e);
}

static enum rc
apply(struct flush *f, enum kind kind, struct changes *list, struct err *e)
{
	TRY(changes_sort(list, e));
	for (size_t i = 0, j; i < list->cnt; i = j) {
		for (j = i + 1; j < list->cnt; j++)
			if (!bytes_eq(list->v[j].key, list->v[i].key))
				break;
		TRY(apply_key(f, kind, &list->v[i], j - i, e));
	}
	return RC_OK;
}

static enum rc
pack_account(struct flush *f, struct bytes *out, bool is_there,
    const struct account *acc, struct err *e)
{
	uint8_t p[VALUE_ACCOUNT_MAX];
	size_t len = is_there ? value_put_account(p, acc) : 0;

	*out = arena_copy(&f->a, bytes_of(p, len));
	return out->ptr != NULL ? RC_OK : FAIL(e, RC_NO_MEMORY, "flush");
}

static enum rc
add_accounts(struct flush *f, struct changes *list, const struct store_block *b,
    struct err *e)
{
	TRY(changes_reserve(list, b->diff.account_cnt, e));
	for (size_t i = 0; i < b->diff.account_cnt; i++) {
		const struct state_account_change *c = &b->diff.accounts[i];
		struct change one = {
		    .key = addr_bytes(&c->addr), .number = b->header.number};

		TRY(pack_account(f, &one.value, c->has_after, &c->after, e));
		TRY(pack_account(f, &one.before, c->had_before, &c->before, e));
		TRY(changes_add(list, &one, e));
	}
	return RC_OK;
}

static enum rc
pack_u256(
    struct flush *f, struct bytes *out, const struct u256 *v, struct err *e)
{
	uint8_t p[VALUE_SLOT_MAX];

	*out = arena_copy(&f->a, bytes_of(p, value_put_u256(p, v)));
	return out->ptr != NULL ? RC_OK : FAIL(e, RC_NO_MEMORY, "flush");
}

static enum rc
add_slots(struct flush *f, struct changes *list, const struct store_block *b,
    struct err *e)
{
	TRY(changes_reserve(list, b->diff.slot_cnt, e));
	for (size_t i = 0; i < b->diff.slot_cnt; i++) {
		const struct state_slot_change *c = &b->diff.slots[i];
		struct key k = key_slot(&c->addr, &c->key);
		struct change one = {.key = arena_copy(&f->a, key_bytes(&k)),
		    .number = b->header.number};

		if (one.key.ptr == NULL)
			return FAIL(e, RC_NO_MEMORY, "flush");
		TRY(pack_u256(f, &one.value, &c->after, e));
		TRY(pack_u256(f, &one.before, &c->before, e));
		TRY(changes_add(list, &one, e));
	}
	return RC_OK;
}

static enum rc
add_trie(struct flush *f, struct changes *list,
    const struct state_trie_nodes *t, uint64_t number, struct err *e)
{
	const struct hash *account = t->is_storage ? &t->addr_hash : NULL;

	TRY(changes_reserve(list, t->batch.cnt, e));
	for (size_t i = 0; i < t->batch.cnt; i++) {
		struct key k = key_node(account, &t->batch.nodes[i].path);
		struct change one = {.key = arena_copy(&f->a, key_bytes(&k)),
		    .value = t->batch.nodes[i].rlp,
		    .number = number};

		if (one.key.ptr == NULL)
			return FAIL(e, RC_NO_MEMORY, "flush");
		TRY(changes_add(list, &one, e));
	}
	return RC_OK;
}

static enum rc
add_nodes(struct flush *f, struct changes *list, const struct store_block *b,
    struct err *e)
{
	for (size_t i = 0; i < b->nodes.cnt; i++)
		TRY(add_trie(f, list, &b->nodes.tries[i], b->header.number, e));
	return RC_OK;
}

typedef enum rc add_fn(struct flush *f, struct changes *list,
    const struct store_block *b, struct err *e);

static enum rc
put_kind(struct flush *f, enum kind kind, add_fn *add, struct err *e)
{
	struct changes list;

	changes_init(&list, &f->a);
	for (size_t i = 0; i < f->set->cnt; i++)
		TRY(add(f, &list, block_at(f, i), e));
	return apply(f, kind, &list, e);
}

/* put_missing adds records of content-addressed tables that are not there
 * yet. */
static enum rc
put_missing(struct flush *f, enum table tb, struct changes *list, struct err *e)
{
	struct bytes old;

	TRY(changes_sort(list, e));
	for (size_t i = 0; i < list->cnt; i++) {
		const struct change *c = &list->v[i];

		TRY(table_find(&f->t, &old, tb, c->key, e));
		if (old.ptr == NULL)
			TRY(table_set(&f->t, tb, c->key, c->value, e));
	}
	return RC_OK;
}

static enum rc
add_codes(struct changes *list, const struct state_diff *d, struct err *e)
{
	for (size_t i = 0; i < d->code_cnt; i++) {
		struct change one = {.key = hash_bytes(&d->codes[i].hash),
		    .value = d->codes[i].code};

		TRY(changes_add(list, &one, e));
	}
	return RC_OK;
}

/* Preimages of what comes into being; the others are known. */
static enum rc
add_preimages(struct changes *list, const struct state_diff *d, struct err *e)
{
	for (size_t i = 0; i < d->account_cnt; i++) {
		const struct state_account_change *c = &d->accounts[i];
		struct change one = {.key = hash_bytes(&c->addr_hash),
		    .value = addr_bytes(&c->addr)};

		if (!c->had_before)
			TRY(changes_add(list, &one, e));
	}
	for (size_t i = 0; i < d->slot_cnt; i++) {
		const struct state_slot_change *c = &d->slots[i];
		struct change one = {.key = hash_bytes(&c->key_hash),
		    .value = hash_bytes(&c->key)};

		if (u256_is_zero(&c->before))
			TRY(changes_add(list, &one, e));
	}
	return RC_OK;
}

static enum rc
put_by_hash(struct flush *f, struct err *e)
{
	struct changes codes, preimages;

	changes_init(&codes, &f->a);
	changes_init(&preimages, &f->a);
	for (size_t i = 0; i < f->set->cnt; i++) {
		TRY(add_codes(&codes, &block_at(f, i)->diff, e));
		TRY(add_preimages(&preimages, &block_at(f, i)->diff, e));
	}
	TRY(put_missing(f, TABLE_CODES, &codes, e));
	return put_missing(f, TABLE_PREIMAGES, &preimages, e);
}

static enum rc
put_state(struct flush *f, struct err *e)
{
	bool is_wide =
	    f->s->conf.history == 0 || f->s->conf.history > STORE_SCAN_MAX;

	TRY(past_begin(&f->t, &f->base, f->batch, is_wide, e));
	TRY(put_kind(f, KIND_ACCOUNT, add_accounts, e));
	TRY(put_kind(f, KIND_SLOT, add_slots, e));
	TRY(put_kind(f, KIND_NODE, add_nodes, e));
	return put_by_hash(f, e);
}

/* Blocks and indexes. ------------------------------------------------ */

struct indexes {
	struct changes txs, log_addrs, log_topics;
	struct addr_lists addrs;
};

static void
indexes_init(struct indexes *x, struct arena *a)
{
	changes_init(&x->txs, a);
	changes_init(&x->log_addrs, a);
	changes_init(&x->log_topics, a);
	changes_init(&x->addrs.addr_txs, a);
	changes_init(&x->addrs.sent, a);
	changes_init(&x->addrs.made, a);
}

static enum rc
collect(struct flush *f, struct indexes *x, const struct store_block *b,
    struct err *e)
{
	struct receipt *r = NULL;
	size_t cnt = 0;

	TRY(receipts_unpack_logs(&f->a, &r, &cnt, b->receipts, e));
	TRY(blockdb_collect_txs(&x->txs, b, e));
	TRY(logdb_collect(
	    &x->log_addrs, &x->log_topics, b->header.number, r, cnt, e));
	return addrdb_collect(&x->addrs, b, r, cnt, e);
}

/* list_out puts or deletes a whole list in order. */
static enum rc
list_out(struct flush *f, enum table tb, struct changes *list, bool is_del,
    struct err *e)
{
	TRY(changes_sort(list, e));
	for (size_t i = 0; i < list->cnt; i++) {
		const struct change *c = &list->v[i];

		if (is_del)
			TRY(table_del(&f->t, tb, c->key, e));
		else
			TRY(table_put(&f->t, tb, c->key, c->value, e));
	}
	return RC_OK;
}

static enum rc
indexes_out(struct flush *f, struct indexes *x, bool is_del, struct err *e)
{
	TRY(list_out(f, TABLE_TXS, &x->txs, is_del, e));
	TRY(list_out(f, TABLE_LOG_ADDRS, &x->log_addrs, is_del, e));
	TRY(list_out(f, TABLE_LOG_TOPICS, &x->log_topics, is_del, e));
	TRY(list_out(f, TABLE_ADDR_TXS, &x->addrs.addr_txs, is_del, e));
	TRY(list_out(f, TABLE_SENT, &x->addrs.sent, is_del, e));
	return list_out(f, TABLE_MADE, &x->addrs.made, is_del, e);
}

static enum rc
put_blocks(struct flush *f, struct err *e)
{
	struct indexes x;

	indexes_init(&x, &f->a);
	for (size_t i = 0; i < f->set->cnt; i++) {
		TRY(blockdb_put_canon(&f->t, block_at(f, i), e));
		TRY(collect(f, &x, block_at(f, i), e));
	}
	TRY(indexes_out(f, &x, false, e));
	for (size_t i = 0; i < f->set->cnt + f->set->side_cnt; i++) {
		const struct store_block *b = block_at(f, i);

		TRY(blockdb_put(&f->t, &b->hash, b->header.number,
		    &b->total_difficulty, b->raw, e));
	}
	return RC_OK;
}

/* Undoing. ----------------------------------------------------------- */

/* undo takes the canonical blocks above number out of the tables; they stay
 * there by hash. */
static enum rc
undo(struct flush *f, uint64_t number, struct err *e)
{
	struct indexes x;

	indexes_init(&x, &f->a);
	for (uint64_t n = number + 1; n <= f->base.number; n++) {
		struct store_block b = {0};

		TRY(blockdb_load(&f->t, &f->a, &b, n, e));
		TRY(collect(f, &x, &b, e));
	}
	TRY(indexes_out(f, &x, true, e));
	for (uint64_t n = number + 1; n <= f->base.number; n++)
		TRY(blockdb_del_canon(&f->t, n, e));
	log_info("store", "undoing blocks first=%llu last=%llu",
	    (unsigned long long)number + 1, (unsigned long long)f->base.number);
	return past_undo(&f->t, &f->a, number, e);
}

/* The whole. --------------------------------------------------------- */

static enum rc
put_layers(struct flush *f, struct err *e)
{
	const struct store_conf *conf = &f->s->conf;

	if (f->set->cnt > 0) {
		f->batch = block_at(f, 0)->header.number;
		if (f->base.has_head && f->batch <= f->base.number)
			TRY(undo(f, f->batch - 1, e));
		if (!f->base.has_head)
			f->base.oldest = f->batch;
		TRY(put_state(f, e));
	}
	TRY(put_blocks(f, e));
	f->base.seq = f->set->head_seq;
	f->base.has_head = f->set->head.header != NULL;
	f->base.number = f->set->head.number;
	f->base.hash = f->set->head.hash;
	f->base.total_difficulty = f->set->head.total_difficulty;
	if (conf->history > 0)
		TRY(past_prune(
		    &f->t, &f->base, f->base.number, conf->history, e));
	return base_save(&f->t, &f->base, e);
}

static enum rc
attempt(struct flush *f, struct err *e)
{
	enum rc rc;

	TRY(table_write_begin(&f->t, &f->s->te, e));
	arena_init(&f->a, FLUSH_ARENA_MAX);
	f->base = f->s->base;
	f->old_cap = 0;
	rc = put_layers(f, e);
	if (rc == RC_OK)
		rc = table_commit(&f->t, e);
	else
		table_abort(&f->t);
	arena_drop(&f->a);
	return rc;
}

/* make_room doubles the map early, when it costs nobody a wait. */
static void
make_room(struct store *s)
{
	size_t map, used;

	table_env_room(&s->te, &map, &used);
	if (used < map / 2 && !s->wants_room)
		return;
	if (view_move_map(s, false, NULL) == RC_OK)
		s->wants_room = false;
}

enum rc
flush_set(struct store *s, const struct layer_set *set, struct err *e)
{
	struct flush f = {.s = s, .set = set};
	enum rc rc;

	make_room(s);
	rc = attempt(&f, e);
	while (rc == RC_NO_SPACE) {
		rc = view_move_map(s, true, e);
		if (rc == RC_OK)
			rc = attempt(&f, e);
	}
	if (rc == RC_UNAVAILABLE || rc == RC_NO_MEMORY)
		return rc;
	if (rc != RC_OK)
		return store_fail(s, rc, e);
	s->base = f.base;
	statelog_drop(&s->log, s->base.seq);
	metric_add(METRIC_STORE_FLUSHES, 1);
	return RC_OK;
}
