/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of a stored block as execution and tries want to read it: one
 * line per callback over a store view, but for the list of an account's
 * slots. Flat tables list them for the newest block only; the storage trie
 * has them for every block whose state is readable, by the hashes of their
 * keys, and the store keeps the keys.
 */
#include "chain/chain_priv.h"
#include "trie/iter.h"

static enum rc
link_account(void *ctx, struct account *out, bool *found,
    const struct addr *addr, struct err *e)
{
	const struct chain_link *l = ctx;

	return store_account(l->view, l->number, out, found, addr, e);
}

static enum rc
link_slot(void *ctx, struct u256 *out, const struct addr *addr,
    const struct hash *key, struct err *e)
{
	const struct chain_link *l = ctx;

	return store_slot(l->view, l->number, out, addr, key, e);
}

static enum rc
link_code(void *ctx, struct bytes *out, const struct hash *hash, struct err *e)
{
	const struct chain_link *l = ctx;

	return store_code(l->view, out, hash, e);
}

static enum rc
link_node(void *ctx, struct bytes *out, const struct hash *account,
    const struct trie_path *path, struct err *e)
{
	const struct chain_link *l = ctx;

	return store_node(l->view, l->number, out, account, path, e);
}

static enum rc
trie_node(
    void *ctx, struct bytes *out, const struct trie_path *path, struct err *e)
{
	const struct chain_trie *t = ctx;

	return store_node(t->link.view, t->link.number, out,
	    t->is_storage ? &t->addr_hash : NULL, path, e);
}

struct trie_source
chain_trie_source(struct chain_trie *t)
{
	return (struct trie_source){.get = trie_node, .ctx = t};
}

/* Who wants to hear of the keys of an account's storage. */
struct slot_walk {
	const struct chain_link *link;
	struct addr addr;
	bool (*say)(void *arg, const struct addr *addr, const struct hash *key);
	void *arg;
	struct err *e;
	enum rc rc;
};

static bool
say_key(void *ctx, const struct hash *key_hash, struct bytes value)
{
	struct slot_walk *w = ctx;
	struct bytes text;
	struct hash key;

	(void)value;
	w->rc = store_preimage(w->link->view, &text, key_hash, w->e);
	if (w->rc != RC_OK)
		return false;
	if (text.len != sizeof(key.b)) {
		w->rc = FAIL(
		    w->e, RC_CORRUPT, "a slot's key of %zu bytes", text.len);
		return false;
	}
	memcpy(key.b, text.ptr, sizeof(key.b));
	return w->say(w->arg, &w->addr, &key);
}

static enum rc
link_each_slot(void *ctx, const struct addr *addr,
    bool (*say)(void *arg, const struct addr *addr, const struct hash *key),
    void *arg, struct err *e)
{
	const struct chain_link *l = ctx;
	struct slot_walk w = {.link = l, .addr = *addr, .say = say, .arg = arg};
	struct chain_trie t = {.link = *l,
	    .is_storage = true,
	    .addr_hash = hash_keccak(addr_bytes(addr))};
	struct trie_source src = chain_trie_source(&t);
	struct trie_visitor visit = {.leaf = say_key, .ctx = &w};
	struct account acc;
	bool found;

	TRY(store_account(l->view, l->number, &acc, &found, addr, e));
	if (!found || hash_eq(&acc.storage_root, &HASH_EMPTY_TRIE))
		return RC_OK;
	w.e = e;
	TRY(trie_each(&src, &acc.storage_root, &visit, e));
	return w.rc;
}

struct state_source
chain_state_source(struct chain_link *link)
{
	return (struct state_source){.account = link_account,
	    .slot = link_slot,
	    .code = link_code,
	    .each_slot = link_each_slot,
	    .ctx = link};
}

struct state_tries
chain_tries(struct chain_link *link)
{
	return (struct state_tries){.node = link_node, .ctx = link};
}

struct chain_base
chain_base_of(struct chain_link *link, const struct hash *root)
{
	return (struct chain_base){
	    .src = chain_state_source(link),
	    .tries = chain_tries(link),
	    .root = *root,
	    .view = link->view,
	};
}
