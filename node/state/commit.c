/* SPDX-License-Identifier: Apache-2.0
 *
 * From changes to the new root: the storage trie of each account with
 * changed slots, then the account trie. Slots of a wiped account are all in
 * the diff, so that its old nodes go one by one like any others.
 */
#include "base/check.h"
#include "eth/rlp.h"
#include "state/state_priv.h"

/* Longest RLP of a slot's value: 32 bytes behind one byte of header. */
enum { SLOT_RLP_MAX = 33 };

struct commit {
	struct arena *arena;
	const struct state_tries *tries;
	const struct hash *account; /* whose trie is read; NULL: the account
				     * trie */
	struct state_nodes *out;
};

static enum rc
read_node(
    void *ctx, struct bytes *out, const struct trie_path *path, struct err *e)
{
	const struct commit *c = ctx;

	return c->tries->node(c->tries->ctx, out, c->account, path, e);
}

static enum rc
no_memory(struct err *e)
{
	return FAIL(e, RC_NO_MEMORY, "state root");
}

/* Runs one trie's batch and keeps its nodes. */
static enum rc
run(struct commit *c, struct hash *root, const struct hash *old,
    const struct trie_change *changes, size_t cnt, struct err *e)
{
	struct trie_source src = {.get = read_node, .ctx = c};
	struct state_trie_nodes *t = &c->out->tries[c->out->cnt];

	TRY(trie_update(c->arena, root, &t->batch, &src, old, changes, cnt, e));
	t->is_storage = c->account != NULL;
	if (t->is_storage)
		t->addr_hash = *c->account;
	c->out->cnt++;
	return RC_OK;
}

static bool
slot_value(struct arena *a, struct bytes *out, const struct u256 *value)
{
	uint8_t *p;
	struct buf b;

	*out = bytes_of(NULL, 0);
	if (u256_is_zero(value))
		return true;
	p = arena_alloc(a, SLOT_RLP_MAX);
	if (p == NULL)
		return false;
	b = buf_of(p, SLOT_RLP_MAX);
	CHECK(rlp_put_u256(&b, value));
	*out = bytes_of_buf(&b);
	return true;
}

static enum rc
storage_trie(struct commit *c, struct state_account_change *acc,
    const struct state_slot_change *slots, size_t cnt, struct err *e)
{
	struct trie_change *ch = arena_array(c->arena, cnt, sizeof(*ch));
	size_t i;

	if (ch == NULL)
		return no_memory(e);
	for (i = 0; i < cnt; i++) {
		ch[i].key = slots[i].key_hash;
		if (!slot_value(c->arena, &ch[i].value, &slots[i].after))
			return no_memory(e);
	}
	c->account = &acc->addr_hash;
	return run(
	    c, &acc->after.storage_root, &acc->before.storage_root, ch, cnt, e);
}

/* Both lists ascend by addr_hash, so one walk pairs them. */
static enum rc
storage_tries(struct commit *c, struct state_diff *d, struct err *e)
{
	size_t i, from = 0, to;

	for (i = 0; i < d->account_cnt; i++) {
		struct state_account_change *acc = &d->accounts[i];

		for (to = from;
		     to < d->slot_cnt &&
		     hash_eq(&d->slots[to].addr_hash, &acc->addr_hash);)
			to++;
		if (to > from)
			TRY(storage_trie(
			    c, acc, d->slots + from, to - from, e));
		from = to;
	}
	CHECK(from == d->slot_cnt);
	return RC_OK;
}

static enum rc
account_value(struct arena *a, struct bytes *out,
    const struct state_account_change *acc, struct err *e)
{
	uint8_t *p;

	*out = bytes_of(NULL, 0);
	if (!acc->has_after)
		return RC_OK;
	p = arena_alloc(a, ACCOUNT_RLP_MAX);
	if (p == NULL)
		return no_memory(e);
	*out = bytes_of(p, account_encode(p, &acc->after));
	return RC_OK;
}

static enum rc
account_trie(struct commit *c, struct hash *root, const struct hash *old,
    const struct state_diff *d, struct err *e)
{
	struct trie_change *ch =
	    arena_array(c->arena, d->account_cnt, sizeof(*ch));
	size_t i;

	if (ch == NULL && d->account_cnt > 0)
		return no_memory(e);
	for (i = 0; i < d->account_cnt; i++) {
		ch[i].key = d->accounts[i].addr_hash;
		TRY(account_value(c->arena, &ch[i].value, &d->accounts[i], e));
	}
	c->account = NULL;
	return run(c, root, old, ch, d->account_cnt, e);
}

enum rc
state_root(struct arena *a, struct hash *root, struct state_nodes *out,
    struct state_diff *diff, const struct hash *parent_root,
    const struct state_tries *tries, struct err *e)
{
	struct commit c = {.arena = a, .tries = tries, .out = out};

	out->cnt = 0;
	out->tries = arena_array(a, diff->account_cnt + 1, sizeof(*out->tries));
	if (out->tries == NULL)
		return no_memory(e);
	TRY(storage_tries(&c, diff, e));
	return account_trie(&c, root, parent_root, diff, e);
}
