/* SPDX-License-Identifier: Apache-2.0
 *
 * One block's execution from a base state to everything the store keeps:
 * state changes, trie nodes, receipts, and the header fields that follow
 * from them. It neither judges the header nor stores anything.
 */
#include "base/check.h"
#include "chain/chain_priv.h"
#include "trie/listroot.h"

bool
chain_is_fatal(enum rc rc)
{
	return rc == RC_IO || rc == RC_CORRUPT || rc == RC_NO_MEMORY ||
	       rc == RC_NO_SPACE || rc == RC_UNAVAILABLE || rc == RC_INTERNAL;
}

bool
chain_is_for_good(enum rc rc)
{
	return rc != RC_OK && !chain_is_fatal(rc) && rc != RC_UNSUPPORTED &&
	       rc != RC_TOO_LARGE && rc != RC_NOT_FOUND;
}

/* BLOCKHASH walks from the parent to the chain of the view, then asks it. */
static enum rc
block_hash(void *ctx, struct hash *out, uint64_t number)
{
	const struct chain_run *r = ctx;
	const struct store_view *view = r->base->view;
	uint64_t at = r->env.block.number - 1;
	struct header h;

	*out = r->parent;
	if (view == NULL || number > at)
		return RC_NOT_FOUND;
	for (; at > number; at--) {
		if (store_is_canonical(view, out))
			return store_hash_of(view, out, number, NULL);
		TRY(store_header(view, &h, out, NULL));
		*out = h.parent;
	}
	return RC_OK;
}

/* Receipts before Byzantium carry the root after each transaction. All that
 * changed since the block began is hashed anew each time: old forks only. */
static enum rc
mid_root(void *ctx, struct hash *out, struct state *st, struct err *e)
{
	const struct chain_run *r = ctx;
	struct state_nodes nodes;
	struct state_diff diff;
	struct arena a;
	enum rc rc;

	TRY(state_diff_take(st, &diff, e));
	arena_init(&a, r->scratch.max_bytes);
	rc = state_root(
	    &a, out, &nodes, &diff, &r->base->root, &r->base->tries, e);
	arena_drop(&a);
	return rc;
}

enum rc
chain_run_open(const struct chain *c, struct chain_run *r,
    const struct chain_base *base, const struct header *h,
    const struct addr *author, struct err *e)
{
	*r = (struct chain_run){.base = base, .parent = h->parent};
	arena_init(&r->scratch, c->block_bytes_max);
	r->st = state_new(&r->scratch, &base->src);
	if (r->st == NULL)
		return FAIL(e, RC_NO_MEMORY, "no memory for a block's state");
	exec_env_of(&r->env, &c->genesis->forks, h, author);
	r->env.vm = c->vm;
	r->env.block_hash = block_hash;
	r->env.mid_root = mid_root;
	r->env.ctx = r;
	return RC_OK;
}

void
chain_run_close(struct chain_run *r)
{
	arena_drop(&r->scratch);
}

enum rc
chain_run_block(struct chain_run *r, const struct block *b,
    const struct addr *senders, bool pay_rewards, struct err *e)
{
	struct exec_result got;

	TRY(exec_block(
	    &r->scratch, &got, r->st, &r->env, b, senders, pay_rewards, e));
	r->receipts = got.receipts;
	r->tx_cnt = b->tx_cnt;
	r->gas_used = got.gas_used;
	r->bloom = got.bloom;
	r->requests_hash = got.requests_hash;
	return RC_OK;
}

static enum rc
no_memory(const char *what, struct err *e)
{
	return FAIL(e, RC_NO_MEMORY, "no memory for %s", what);
}

/* copy_array copies cnt items into the arena; NULL also for none. */
static void *
copy_array(struct arena *a, const void *from, size_t cnt, size_t size)
{
	void *to = cnt == 0 ? NULL : arena_array(a, cnt, size);

	if (to != NULL)
		memcpy(to, from, cnt * size);
	return to;
}

/* The state's own arena is several times larger than its changes, which
 * stay in memory until the tables have them: they move out of it. */
static enum rc
copy_diff(struct arena *a, struct state_diff *out, const struct state_diff *in,
    struct err *e)
{
	size_t i;

	*out = *in;
	out->accounts =
	    copy_array(a, in->accounts, in->account_cnt, sizeof(*in->accounts));
	out->slots = copy_array(a, in->slots, in->slot_cnt, sizeof(*in->slots));
	out->codes = copy_array(a, in->codes, in->code_cnt, sizeof(*in->codes));
	if ((out->accounts == NULL && out->account_cnt > 0) ||
	    (out->slots == NULL && out->slot_cnt > 0) ||
	    (out->codes == NULL && out->code_cnt > 0))
		return no_memory("a block's changes", e);
	for (i = 0; i < out->code_cnt; i++) {
		out->codes[i].code = arena_copy(a, in->codes[i].code);
		if (out->codes[i].code.ptr == NULL)
			return no_memory("code", e);
	}
	return RC_OK;
}

enum rc
chain_receipts_root(struct arena *a, struct hash *out,
    const struct receipt *receipts, size_t cnt, struct err *e)
{
	struct arena_mark mark = arena_save(a);
	struct bytes *items = arena_array(a, cnt, sizeof(*items));
	enum rc rc = RC_OK;
	size_t i;

	if (items == NULL && cnt > 0)
		return no_memory("receipts", e);
	for (i = 0; i < cnt && rc == RC_OK; i++)
		rc = receipt_encode(a, &items[i], &receipts[i], e);
	if (rc == RC_OK)
		rc = trie_list_root(a, out, items, cnt, e);
	arena_rewind(a, mark);
	return rc;
}

enum rc
chain_tx_root(struct arena *a, struct hash *out, const struct tx *txs,
    size_t cnt, struct err *e)
{
	struct arena_mark mark = arena_save(a);
	struct bytes *items = arena_array(a, cnt, sizeof(*items));
	enum rc rc;
	size_t i;

	if (items == NULL && cnt > 0)
		return no_memory("transactions", e);
	for (i = 0; i < cnt; i++)
		items[i] = txs[i].raw;
	rc = trie_list_root(a, out, items, cnt, e);
	arena_rewind(a, mark);
	return rc;
}

enum rc
chain_run_finish(struct chain_run *r, struct header *h, struct store_block *out,
    struct err *e)
{
	struct state_diff diff;

	TRY(state_diff_take(r->st, &diff, e));
	TRY(copy_diff(&out->arena, &out->diff, &diff, e));
	TRY(state_root(&out->arena, &h->state_root, &out->nodes, &out->diff,
	    &r->base->root, &r->base->tries, e));
	TRY(chain_receipts_root(
	    &r->scratch, &h->receipts_root, r->receipts, r->tx_cnt, e));
	h->gas_used = r->gas_used;
	h->bloom = r->bloom;
	state_burnt(r->st, &out->burnt);
	h->requests_hash = r->requests_hash;
	return receipts_pack(
	    &out->arena, &out->receipts, r->receipts, r->tx_cnt, e);
}
