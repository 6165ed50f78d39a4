/* SPDX-License-Identifier: Apache-2.0
 *
 * A state in memory over another one. A reorganisation executes several
 * blocks before any of them is stored, so each reads what those before it
 * changed; an audit executes a whole chain over nothing. Values are copied,
 * one object each, and replaced in place, so that memory follows the size of
 * the state and not the number of blocks.
 */
#include "base/arena.h"
#include "base/check.h"
#include "chain/chain_priv.h"

/* Entries of one map; at about 100 bytes each this is beyond any machine
 * that an audit runs on, and only keeps a count from wrapping. */
#define OVERLAY_MAX ((size_t)1 << 32)

struct overlay_account {
	bool is_there;
	struct account acc;
};

struct overlay_blob {
	size_t len;
	uint8_t data[];
};

struct slot_key {
	struct addr addr;
	struct hash key;
};

static enum rc
no_memory(struct err *e)
{
	return FAIL(e, RC_NO_MEMORY, "no memory for the state of a chain");
}

/* put_value copies size bytes to the entry of key, making it when needed. */
static enum rc
put_value(struct map *m, const void *key, const void *value, size_t size,
    struct err *e)
{
	void *old = map_get(m, key), *fresh;

	if (old != NULL) {
		memcpy(old, value, size);
		return RC_OK;
	}
	fresh = mem_new(size);
	if (fresh == NULL)
		return no_memory(e);
	memcpy(fresh, value, size);
	if (map_put(m, key, fresh))
		return RC_OK;
	mem_free(fresh);
	return no_memory(e);
}

static enum rc
put_blob(struct map *m, const void *key, struct bytes value, struct err *e)
{
	struct overlay_blob *old = map_get(m, key);
	struct overlay_blob *fresh = mem_new(sizeof(*fresh) + value.len);

	if (fresh == NULL)
		return no_memory(e);
	fresh->len = value.len;
	if (value.len > 0)
		memcpy(fresh->data, value.ptr, value.len);
	if (!map_put(m, key, fresh)) {
		mem_free(fresh);
		return no_memory(e);
	}
	mem_free(old);
	return RC_OK;
}

/* node_key names a node by trie and path in 32 bytes. */
static struct hash
node_key(const struct hash *account, const struct trie_path *path)
{
	uint8_t text[1 + sizeof(account->b) + sizeof(path->nib)] = {0};
	size_t at = 1;

	if (account != NULL) {
		text[0] = 1;
		memcpy(text + at, account->b, sizeof(account->b));
	}
	at += sizeof(account->b);
	memcpy(text + at, path->nib, path->len);
	return hash_keccak(bytes_of(text, at + path->len));
}

static enum rc
read_account(void *ctx, struct account *out, bool *found,
    const struct addr *addr, struct err *e)
{
	const struct chain_overlay *o = ctx;
	const struct overlay_account *a = map_get(&o->accounts, addr->b);

	if (a == NULL)
		return o->src.account(o->src.ctx, out, found, addr, e);
	*found = a->is_there;
	*out = a->acc;
	return RC_OK;
}

static enum rc
read_slot(void *ctx, struct u256 *out, const struct addr *addr,
    const struct hash *key, struct err *e)
{
	const struct chain_overlay *o = ctx;
	struct slot_key k = {*addr, *key};
	const struct u256 *v = map_get(&o->slots, &k);

	if (v == NULL)
		return o->src.slot(o->src.ctx, out, addr, key, e);
	*out = *v;
	return RC_OK;
}

static enum rc
read_code(void *ctx, struct bytes *out, const struct hash *hash, struct err *e)
{
	const struct chain_overlay *o = ctx;
	const struct overlay_blob *b = map_get(&o->codes, hash->b);

	if (b == NULL)
		return o->src.code(o->src.ctx, out, hash, e);
	*out = bytes_of(b->data, b->len);
	return RC_OK;
}

static enum rc
read_node(void *ctx, struct bytes *out, const struct hash *account,
    const struct trie_path *path, struct err *e)
{
	const struct chain_overlay *o = ctx;
	struct hash key = node_key(account, path);
	const struct overlay_blob *b = map_get(&o->nodes, key.b);

	if (b == NULL)
		return o->tries.node(o->tries.ctx, out, account, path, e);
	*out = bytes_of(b->data, b->len);
	return RC_OK;
}

/* Passes on the keys from below that the overlay does not know better. */
struct slot_filter {
	const struct chain_overlay *o;
	bool (*say)(void *arg, const struct addr *addr, const struct hash *key);
	void *arg;
	bool has_stopped;
};

static bool
say_below(void *ctx, const struct addr *addr, const struct hash *key)
{
	struct slot_filter *f = ctx;
	struct slot_key k = {*addr, *key};

	if (map_get(&f->o->slots, &k) != NULL)
		return true;
	f->has_stopped = !f->say(f->arg, addr, key);
	return !f->has_stopped;
}

static enum rc
each_slot(void *ctx, const struct addr *addr,
    bool (*say)(void *arg, const struct addr *addr, const struct hash *key),
    void *arg, struct err *e)
{
	const struct chain_overlay *o = ctx;
	struct slot_filter f = {.o = o, .say = say, .arg = arg};
	const void *key;
	void *value;
	size_t at = 0;

	TRY(o->src.each_slot(o->src.ctx, addr, say_below, &f, e));
	while (!f.has_stopped && map_next(&o->slots, &at, &key, &value)) {
		struct slot_key k;

		memcpy(&k, key, sizeof(k));
		if (addr_eq(&k.addr, addr) && !u256_is_zero(value))
			f.has_stopped = !say(arg, addr, &k.key);
	}
	return RC_OK;
}

struct chain_base
chain_base_empty(void)
{
	return (struct chain_base){
	    .src = STATE_SOURCE_EMPTY,
	    .tries = STATE_TRIES_EMPTY,
	    .root = HASH_EMPTY_TRIE,
	};
}

void
chain_overlay_open(struct chain_overlay *o, const struct chain_base *below)
{
	*o = (struct chain_overlay){
	    .src = below->src, .tries = below->tries, .root = below->root};
	map_init(&o->accounts, sizeof(struct addr), OVERLAY_MAX);
	map_init(&o->slots, sizeof(struct slot_key), OVERLAY_MAX);
	map_init(&o->codes, sizeof(struct hash), OVERLAY_MAX);
	map_init(&o->nodes, sizeof(struct hash), OVERLAY_MAX);
}

static void
free_map(struct map *m)
{
	const void *key;
	void *value;
	size_t at = 0;

	while (map_next(m, &at, &key, &value))
		mem_free(value);
	map_free(m);
}

void
chain_overlay_close(struct chain_overlay *o)
{
	free_map(&o->accounts);
	free_map(&o->slots);
	free_map(&o->codes);
	free_map(&o->nodes);
}

static enum rc
add_state(struct chain_overlay *o, const struct state_diff *diff, struct err *e)
{
	size_t i;

	for (i = 0; i < diff->account_cnt; i++) {
		const struct state_account_change *c = &diff->accounts[i];
		struct overlay_account a = {.is_there = c->has_after,
		    .acc = c->has_after ? c->after : account_empty()};

		TRY(put_value(&o->accounts, c->addr.b, &a, sizeof(a), e));
	}
	/* A wiped account's slots are all listed, as zero. */
	for (i = 0; i < diff->slot_cnt; i++) {
		const struct state_slot_change *c = &diff->slots[i];
		struct slot_key k = {c->addr, c->key};

		TRY(put_value(&o->slots, &k, &c->after, sizeof(c->after), e));
	}
	for (i = 0; i < diff->code_cnt; i++)
		TRY(put_blob(
		    &o->codes, diff->codes[i].hash.b, diff->codes[i].code, e));
	return RC_OK;
}

static enum rc
add_nodes(
    struct chain_overlay *o, const struct state_trie_nodes *t, struct err *e)
{
	size_t i;

	for (i = 0; i < t->batch.cnt; i++) {
		const struct trie_node *n = &t->batch.nodes[i];
		struct hash key =
		    node_key(t->is_storage ? &t->addr_hash : NULL, &n->path);

		TRY(put_blob(&o->nodes, key.b, n->rlp, e));
	}
	return RC_OK;
}

enum rc
chain_overlay_add(struct chain_overlay *o, const struct hash *root,
    const struct state_diff *diff, const struct state_nodes *nodes,
    struct err *e)
{
	size_t i;

	TRY(add_state(o, diff, e));
	for (i = 0; i < nodes->cnt; i++)
		TRY(add_nodes(o, &nodes->tries[i], e));
	o->root = *root;
	return RC_OK;
}

struct chain_base
chain_overlay_base(struct chain_overlay *o, const struct store_view *view)
{
	return (struct chain_base){
	    .src = {.account = read_account,
		.slot = read_slot,
		.code = read_code,
		.each_slot = each_slot,
		.ctx = o},
	    .tries = {.node = read_node, .ctx = o},
	    .root = o->root,
	    .view = view,
	};
}

const struct map *
chain_overlay_accounts(const struct chain_overlay *o)
{
	return &o->accounts;
}

void
chain_overlay_count(
    const struct chain_overlay *o, size_t *accounts, size_t *slots)
{
	const void *key;
	void *value;
	size_t at;

	*accounts = *slots = 0;
	for (at = 0; map_next(&o->accounts, &at, &key, &value);)
		*accounts += ((const struct overlay_account *)value)->is_there;
	for (at = 0; map_next(&o->slots, &at, &key, &value);)
		*slots += !u256_is_zero(value);
}
