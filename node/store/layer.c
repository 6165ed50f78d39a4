/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers and layer sets: building, looking up, counting references. Who may
 * still be reading them is view.c's knowledge.
 */
#include "store/layer_priv.h"

#include "base/check.h"
#include "store/key_priv.h"

/* Bounds the indexes of one layer: 64 bytes for each of some 50 million
 * changes, more than STORE_GROUP_MAX bytes of record can hold. */
#define LAYER_ARENA_MAX ((size_t)4 << 30)

/* Bounds a set: pointers and one header. */
#define SET_ARENA_MAX ((size_t)64 << 20)

static bool
index_accounts(struct layer *l, const struct index_seed *seed)
{
	const struct state_diff *d = &l->block->diff;

	if (!index_init(&l->accounts, &l->arena, d->account_cnt))
		return false;
	for (size_t i = 0; i < d->account_cnt; i++)
		index_add(&l->accounts,
		    index_hash(seed, addr_bytes(&d->accounts[i].addr)),
		    (uint32_t)i);
	return true;
}

static bool
index_slots(struct layer *l, const struct index_seed *seed)
{
	const struct state_diff *d = &l->block->diff;

	if (!index_init(&l->slots, &l->arena, d->slot_cnt))
		return false;
	for (size_t i = 0; i < d->slot_cnt; i++) {
		struct key k = key_slot(&d->slots[i].addr, &d->slots[i].key);

		index_add(
		    &l->slots, index_hash(seed, key_bytes(&k)), (uint32_t)i);
	}
	return true;
}

static size_t
node_cnt(const struct state_nodes *nodes)
{
	size_t cnt = 0;

	for (size_t i = 0; i < nodes->cnt; i++)
		cnt += nodes->tries[i].batch.cnt;
	return cnt;
}

static bool
index_nodes(struct layer *l, const struct index_seed *seed)
{
	const struct state_nodes *nodes = &l->block->nodes;
	size_t cnt = node_cnt(nodes);
	uint32_t place = 0;

	l->node_at = arena_array(&l->arena, cnt, sizeof(*l->node_at));
	if (l->node_at == NULL || !index_init(&l->nodes, &l->arena, cnt))
		return false;
	for (size_t i = 0; i < nodes->cnt; i++) {
		const struct state_trie_nodes *t = &nodes->tries[i];

		for (size_t j = 0; j < t->batch.cnt; j++) {
			const struct trie_node *n = &t->batch.nodes[j];
			struct key k = key_node(
			    t->is_storage ? &t->addr_hash : NULL, &n->path);

			l->node_at[place] = (struct layer_node){t, n};
			index_add(&l->nodes, index_hash(seed, key_bytes(&k)),
			    place++);
		}
	}
	return true;
}

static bool
index_txs(struct layer *l, const struct index_seed *seed)
{
	const struct store_block *b = l->block;

	if (!index_init(&l->txs, &l->arena, b->tx_cnt))
		return false;
	for (size_t i = 0; i < b->tx_cnt; i++)
		index_add(&l->txs,
		    index_hash(seed, hash_bytes(&b->tx_hashes[i])),
		    (uint32_t)i);
	return true;
}

struct layer *
layer_new(struct store_block *b, uint64_t seq, const struct index_seed *seed)
{
	struct layer *l = mem_new(sizeof(*l));

	if (l == NULL)
		return NULL;
	l->block = b;
	l->seq = seq;
	l->refs = 1;
	arena_init(&l->arena, LAYER_ARENA_MAX);
	if (index_accounts(l, seed) && index_slots(l, seed) &&
	    index_nodes(l, seed) && index_txs(l, seed))
		return l;
	layer_leave(l);
	return NULL;
}

void
layer_leave(struct layer *l)
{
	arena_drop(&l->arena);
	mem_free(l);
}

void
layer_drop(struct layer *l)
{
	CHECK(l->refs > 0);
	if (--l->refs > 0)
		return;
	store_block_free(l->block);
	layer_leave(l);
}

size_t
layer_bytes(const struct layer *l)
{
	return l->block->arena.used_bytes + l->arena.used_bytes;
}

/* Lookups. ----------------------------------------------------------- */

const struct state_account_change *
layer_account(const struct layer *l, uint32_t hash, const struct addr *addr)
{
	struct index_probe p = index_probe(&l->accounts, hash);
	uint32_t i;

	if (!index_may_have(&l->accounts, hash))
		return NULL;
	while (index_next(&p, &i))
		if (addr_eq(&l->block->diff.accounts[i].addr, addr))
			return &l->block->diff.accounts[i];
	return NULL;
}

const struct state_slot_change *
layer_slot(const struct layer *l, uint32_t hash, const struct addr *addr,
    const struct hash *key)
{
	struct index_probe p = index_probe(&l->slots, hash);
	uint32_t i;

	if (!index_may_have(&l->slots, hash))
		return NULL;
	while (index_next(&p, &i)) {
		const struct state_slot_change *c = &l->block->diff.slots[i];

		if (hash_eq(&c->key, key) && addr_eq(&c->addr, addr))
			return c;
	}
	return NULL;
}

static bool
is_node(const struct layer_node *n, const struct hash *account,
    const struct trie_path *path)
{
	if (n->trie->is_storage != (account != NULL))
		return false;
	if (account != NULL && !hash_eq(&n->trie->addr_hash, account))
		return false;
	return n->node->path.len == path->len &&
	       !memcmp(n->node->path.nib, path->nib, path->len);
}

const struct trie_node *
layer_node(const struct layer *l, uint32_t hash, const struct hash *account,
    const struct trie_path *path)
{
	struct index_probe p = index_probe(&l->nodes, hash);
	uint32_t i;

	if (!index_may_have(&l->nodes, hash))
		return NULL;
	while (index_next(&p, &i))
		if (is_node(&l->node_at[i], account, path))
			return l->node_at[i].node;
	return NULL;
}

bool
layer_tx(
    const struct layer *l, uint32_t hash, const struct hash *tx, size_t *index)
{
	struct index_probe p = index_probe(&l->txs, hash);
	uint32_t i;

	if (!index_may_have(&l->txs, hash))
		return false;
	while (index_next(&p, &i)) {
		if (!hash_eq(&l->block->tx_hashes[i], tx))
			continue;
		*index = i;
		return true;
	}
	return false;
}

/* Sets. -------------------------------------------------------------- */

/* set_leave frees a set without its layers. */
static void
set_leave(struct layer_set *set)
{
	arena_drop(&set->arena);
	mem_free(set);
}

struct layer_set *
layer_set_new(size_t max)
{
	struct layer_set *set = mem_new(sizeof(*set));

	if (set == NULL)
		return NULL;
	arena_init(&set->arena, SET_ARENA_MAX);
	set->layers = arena_array(&set->arena, max, sizeof(struct layer *));
	if (set->layers == NULL) {
		set_leave(set);
		return NULL;
	}
	return set;
}

bool
layer_set_head(struct layer_set *set, const struct store_head *head)
{
	set->head = *head;
	if (head->header == NULL)
		return true;
	set->head.header = header_copy(&set->arena, head->header);
	return set->head.header != NULL;
}

void
layer_set_add(struct layer_set *set, struct layer *l, bool is_side)
{
	CHECK(is_side || set->side_cnt == 0);
	set->layers[set->cnt + set->side_cnt] = l;
	if (is_side)
		set->side_cnt++;
	else
		set->cnt++;
	set->bytes += layer_bytes(l);
	l->refs++;
}

void
layer_set_free(struct layer_set *set)
{
	for (size_t i = 0; i < set->cnt + set->side_cnt; i++)
		layer_drop(set->layers[i]);
	set_leave(set);
}
