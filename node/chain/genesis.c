/* SPDX-License-Identifier: Apache-2.0
 *
 * From a genesis document's allocation to its state root, header, hash and
 * the block that the store begins with.
 */
#include <stdlib.h>

#include "base/check.h"
#include "chain/chain_priv.h"

static enum rc
no_memory(struct err *e)
{
	return FAIL(e, RC_NO_MEMORY, "no memory for the genesis state");
}

static int
by_account_hash(const void *a, const void *b)
{
	const struct state_account_change *x = a, *y = b;

	return memcmp(x->addr_hash.b, y->addr_hash.b, sizeof(x->addr_hash.b));
}

static int
by_slot_hash(const void *a, const void *b)
{
	const struct state_slot_change *x = a, *y = b;
	int order =
	    memcmp(x->addr_hash.b, y->addr_hash.b, sizeof(x->addr_hash.b));

	if (order != 0)
		return order;
	return memcmp(x->key_hash.b, y->key_hash.b, sizeof(x->key_hash.b));
}

static void
fill_account(struct state_account_change *out, const struct genesis_account *g)
{
	*out = (struct state_account_change){
	    .addr = g->addr,
	    .addr_hash = hash_keccak(addr_bytes(&g->addr)),
	    .has_after = true,
	    .before = account_empty(),
	    .after = account_empty(),
	};
	out->after.nonce = g->nonce;
	out->after.balance = g->balance;
	if (g->code.len > 0)
		out->after.code_hash = hash_keccak(g->code);
}

/* fill_slots writes an account's slots; a value of zero is no slot. */
static size_t
fill_slots(struct state_slot_change *out, const struct genesis_account *g,
    const struct hash *addr_hash)
{
	size_t i, cnt = 0;

	for (i = 0; i < g->slot_cnt; i++) {
		if (u256_is_zero(&g->slots[i].value))
			continue;
		out[cnt++] = (struct state_slot_change){
		    .addr = g->addr,
		    .addr_hash = *addr_hash,
		    .key = g->slots[i].key,
		    .key_hash = hash_keccak(hash_bytes(&g->slots[i].key)),
		    .after = g->slots[i].value,
		};
	}
	return cnt;
}

static bool
make_room(struct arena *a, struct state_diff *d, const struct genesis *g)
{
	size_t i, slots = 0, codes = 0;

	for (i = 0; i < g->account_cnt; i++) {
		slots += g->accounts[i].slot_cnt;
		codes += g->accounts[i].code.len > 0;
	}
	d->accounts = arena_array(a, g->account_cnt, sizeof(*d->accounts));
	d->slots = arena_array(a, slots, sizeof(*d->slots));
	d->codes = arena_array(a, codes, sizeof(*d->codes));
	return (d->accounts != NULL || g->account_cnt == 0) &&
	       (d->slots != NULL || slots == 0) &&
	       (d->codes != NULL || codes == 0);
}

static enum rc
fill_diff(struct arena *a, struct state_diff *d, const struct genesis *g,
    struct err *e)
{
	size_t i;

	*d = (struct state_diff){0};
	if (!make_room(a, d, g))
		return no_memory(e);
	for (i = 0; i < g->account_cnt; i++) {
		const struct genesis_account *acc = &g->accounts[i];
		struct state_account_change *c = &d->accounts[i];

		fill_account(c, acc);
		d->slot_cnt +=
		    fill_slots(&d->slots[d->slot_cnt], acc, &c->addr_hash);
		if (acc->code.len == 0)
			continue;
		d->codes[d->code_cnt].hash = c->after.code_hash;
		d->codes[d->code_cnt].code = arena_copy(a, acc->code);
		if (d->codes[d->code_cnt++].code.ptr == NULL)
			return no_memory(e);
	}
	d->account_cnt = g->account_cnt;
	if (d->account_cnt > 0)
		qsort(d->accounts, d->account_cnt, sizeof(*d->accounts),
		    by_account_hash);
	if (d->slot_cnt > 0)
		qsort(d->slots, d->slot_cnt, sizeof(*d->slots), by_slot_hash);
	return RC_OK;
}

static enum rc
fill_state(struct arena *a, struct hash *root, struct state_diff *diff,
    struct state_nodes *nodes, const struct genesis *g, struct err *e)
{
	struct chain_base none = chain_base_empty();

	TRY(fill_diff(a, diff, g, e));
	return state_root(a, root, nodes, diff, &none.root, &none.tries, e);
}

enum rc
chain_genesis_root(
    struct arena *a, struct hash *root, const struct genesis *g, struct err *e)
{
	struct arena_mark mark = arena_save(a);
	struct state_nodes nodes;
	struct state_diff diff;
	enum rc rc = fill_state(a, root, &diff, &nodes, g, e);

	arena_rewind(a, mark);
	return rc;
}

enum rc
chain_genesis_header(struct arena *a, struct header *out, struct hash *hash,
    const struct genesis *g, struct err *e)
{
	*out = g->header;
	TRY(chain_genesis_root(a, &out->state_root, g, e));
	*hash = header_hash(out);
	return RC_OK;
}

static enum rc
fill_block(struct store_block *b, const struct genesis *g, struct err *e)
{
	struct block block = {.header = g->header,
	    .has_withdrawals = g->header.field_cnt >= HEADER_FIELDS_SHANGHAI};

	b->header = g->header;
	b->header.extra = arena_copy(&b->arena, g->header.extra);
	if (b->header.extra.ptr == NULL && b->header.extra.len > 0)
		return no_memory(e);
	TRY(fill_state(
	    &b->arena, &b->header.state_root, &b->diff, &b->nodes, g, e));
	block.header = b->header;
	b->hash = header_hash(&b->header);
	b->total_difficulty = b->header.difficulty;
	TRY(block_encode(&b->arena, &b->raw, &block, e));
	return receipts_pack(&b->arena, &b->receipts, NULL, 0, e);
}

enum rc
chain_genesis_block(
    struct store_block **out, const struct genesis *g, struct err *e)
{
	struct store_block *b = store_block_new(CHAIN_GENESIS_BYTES_MAX);
	enum rc rc;

	if (b == NULL)
		return no_memory(e);
	rc = fill_block(b, g, e);
	if (rc == RC_OK)
		*out = b;
	else
		store_block_free(b);
	return rc;
}
