/* SPDX-License-Identifier: Apache-2.0
 *
 * State after a block, as a view sees it: accounts, slots, trie nodes, codes,
 * preimages. The newest layer at or below the block that touched a key has
 * the answer; then, for a block that the tables have passed, its history;
 * then the current tables.
 */
#include "base/hex.h"
#include "store/dbs_priv.h"
#include "store/value_priv.h"

/* check_number: state after number can be read. An empty store has no
 * numbers and no state: it reads as empty. */
static enum rc
check_number(const struct store_view *v, uint64_t number, struct err *e)
{
	uint64_t head = v->set->head.number, oldest = store_view_oldest(v);

	if (v->set->head.header == NULL)
		return RC_OK;
	if (number > head)
		return FAIL(e, RC_NOT_FOUND,
		    "block %llu is above the head, which is %llu",
		    (unsigned long long)number, (unsigned long long)head);
	if (number < oldest)
		return FAIL(e, RC_NOT_FOUND,
		    "state after block %llu is not kept, the oldest readable "
		    "is that after block %llu",
		    (unsigned long long)number, (unsigned long long)oldest);
	return RC_OK;
}

/* in_tables reads a key below the layers; empty when absent. */
static enum rc
in_tables(const struct store_view *v, struct bytes *value, uint64_t number,
    enum kind kind, struct bytes key, struct err *e)
{
	bool found = false;

	if (v->base.has_head && number < v->base.number)
		TRY(past_find(
		    v->txn, &v->base, value, &found, kind, key, number, e));
	if (found)
		return RC_OK;
	return table_find(v->txn, value, table_of_kind(kind), key, e);
}

enum rc
store_account(const struct store_view *v, uint64_t number, struct account *out,
    bool *found, const struct addr *addr, struct err *e)
{
	uint32_t hash = index_hash(&v->store->seed, addr_bytes(addr));
	const struct state_account_change *c;
	struct bytes value;

	TRY(check_number(v, number, e));
	for (size_t i = view_layer_cnt(v); i-- > 0;) {
		if (layer_number(view_layer(v, i)) > number)
			continue;
		c = layer_account(view_layer(v, i), hash, addr);
		if (c == NULL)
			continue;
		*found = c->has_after;
		*out = c->has_after ? c->after : account_empty();
		return RC_OK;
	}
	TRY(in_tables(v, &value, number, KIND_ACCOUNT, addr_bytes(addr), e));
	*found = value.len > 0;
	if (*found)
		return value_account(out, value, e);
	*out = account_empty();
	return RC_OK;
}

enum rc
store_slot(const struct store_view *v, uint64_t number, struct u256 *out,
    const struct addr *addr, const struct hash *key, struct err *e)
{
	struct key k = key_slot(addr, key);
	uint32_t hash = index_hash(&v->store->seed, key_bytes(&k));
	const struct state_slot_change *c;
	struct bytes value;

	TRY(check_number(v, number, e));
	for (size_t i = view_layer_cnt(v); i-- > 0;) {
		if (layer_number(view_layer(v, i)) > number)
			continue;
		c = layer_slot(view_layer(v, i), hash, addr, key);
		if (c == NULL)
			continue;
		*out = c->after;
		return RC_OK;
	}
	TRY(in_tables(v, &value, number, KIND_SLOT, key_bytes(&k), e));
	return value_u256(out, value, e);
}

enum rc
store_node(const struct store_view *v, uint64_t number, struct bytes *out,
    const struct hash *account, const struct trie_path *path, struct err *e)
{
	struct key k = key_node(account, path);
	uint32_t hash = index_hash(&v->store->seed, key_bytes(&k));
	const struct trie_node *n;

	TRY(check_number(v, number, e));
	for (size_t i = view_layer_cnt(v); i-- > 0;) {
		if (layer_number(view_layer(v, i)) > number)
			continue;
		n = layer_node(view_layer(v, i), hash, account, path);
		if (n == NULL)
			continue;
		*out = n->rlp;
		return RC_OK;
	}
	return in_tables(v, out, number, KIND_NODE, key_bytes(&k), e);
}

static enum rc
fail_hash(struct err *e, const char *what, const struct hash *hash)
{
	char text[2 * sizeof(hash->b) + 3];

	return FAIL(e, RC_NOT_FOUND, "no %s %s", what,
	    hex_put0x(text, hash_bytes(hash)));
}

enum rc
store_code(const struct store_view *v, struct bytes *out,
    const struct hash *hash, struct err *e)
{
	*out = bytes_of("", 0);
	if (hash_eq(hash, &HASH_EMPTY_CODE))
		return RC_OK;
	for (size_t i = view_layer_cnt(v); i-- > 0;) {
		const struct state_diff *d = &view_layer(v, i)->block->diff;

		for (size_t j = 0; j < d->code_cnt; j++) {
			if (!hash_eq(&d->codes[j].hash, hash))
				continue;
			*out = d->codes[j].code;
			return RC_OK;
		}
	}
	TRY(table_find(v->txn, out, TABLE_CODES, hash_bytes(hash), e));
	return out->ptr != NULL ? RC_OK : fail_hash(e, "code", hash);
}

/* preimage_in looks through one layer; nothing depends on its speed. */
static bool
preimage_in(
    const struct state_diff *d, struct bytes *out, const struct hash *hash)
{
	for (size_t i = 0; i < d->account_cnt; i++) {
		if (!hash_eq(&d->accounts[i].addr_hash, hash))
			continue;
		*out = addr_bytes(&d->accounts[i].addr);
		return true;
	}
	for (size_t i = 0; i < d->slot_cnt; i++) {
		if (!hash_eq(&d->slots[i].key_hash, hash))
			continue;
		*out = hash_bytes(&d->slots[i].key);
		return true;
	}
	return false;
}

enum rc
store_preimage(const struct store_view *v, struct bytes *out,
    const struct hash *hash, struct err *e)
{
	for (size_t i = view_layer_cnt(v); i-- > 0;)
		if (preimage_in(&view_layer(v, i)->block->diff, out, hash))
			return RC_OK;
	TRY(table_find(v->txn, out, TABLE_PREIMAGES, hash_bytes(hash), e));
	return out->ptr != NULL ? RC_OK : fail_hash(e, "preimage of", hash);
}
