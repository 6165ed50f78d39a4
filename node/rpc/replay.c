/* SPDX-License-Identifier: Apache-2.0
 *
 * A stored block executed anew, transaction by transaction, on the state that
 * its parent left: what the protocol does before the first one included. It
 * was judged when it was imported; nothing is compared here.
 */
#include "base/check.h"
#include "rpc/replay_priv.h"

static enum rc
block_hash(void *ctx, struct hash *out, uint64_t number)
{
	const struct rpc_replay *r = ctx;

	return store_hash_of(r->link.view, out, number, NULL);
}

/* no_root stands for the root that receipts carry before Byzantium: nobody
 * reads these receipts. */
static enum rc
no_root(void *ctx, struct hash *out, struct state *st, struct err *e)
{
	(void)ctx;
	(void)st;
	(void)e;
	*out = (struct hash){{0}};
	return RC_OK;
}

static void
make_env(struct rpc_replay *r, const struct rpc_call *c)
{
	const struct header *h = &r->body.header;
	struct addr author = rpc_author_of(c->node, h, &r->block.hash);

	exec_env_of(&r->env, &c->node->genesis->forks, h, &author);
	CHECK(c->doc->vm != NULL); /* no call of this cost is short */
	r->env.vm = c->doc->vm;
	r->env.block_hash = block_hash;
	r->env.mid_root = no_root;
	r->env.ctx = r;
}

/* need_parent finds the state that the block began with: it is kept by
 * number, of the chain's own blocks. */
static enum rc
need_parent(struct rpc_replay *r, struct err *e)
{
	const struct header *h = &r->body.header;

	if (h->number == 0)
		return FAIL(e, RC_NOT_FOUND, "genesis is not traceable");
	if (!store_is_canonical(r->link.view, &h->parent))
		return FAIL(e, RC_NOT_FOUND,
		    "state of a block off the chain is not kept");
	r->link.number = h->number - 1;
	return RC_OK;
}

enum rc
rpc_replay_open(struct rpc_call *c, struct rpc_replay *r,
    const struct rpc_block *b, struct err *e)
{
	*r = (struct rpc_replay){.arena = c->a, .doc = c->doc, .block = *b};
	TRY(rpc_doc_view(c->doc, &r->link.view, e));
	TRY(rpc_body_get(c, &r->body, b, e));
	TRY(need_parent(r, e));
	r->source = chain_state_source(&r->link);
	r->st = state_new(c->a, &r->source);
	if (r->st == NULL)
		return FAIL(e, RC_NO_MEMORY, "a state");
	make_env(r, c);
	r->rest = r->body.txs;
	r->gas_left = r->body.header.gas_limit;
	return exec_begin_block(r->st, &r->env, &r->body.header, e);
}

enum rc
rpc_replay_next(struct rpc_replay *r, struct err *e)
{
	CHECK(r->index < r->body.tx_cnt);
	TRY(tx_take_frontier(r->arena, &r->tx, &r->rest, e));
	return rpc_sender_of(
	    &r->sender, r->link.view, &r->block, &r->tx, r->index, e);
}

enum rc
rpc_replay_run(
    struct rpc_replay *r, struct tracer *t, struct jsonw *w, struct err *e)
{
	struct receipt receipt;

	if (t == NULL)
		TRY(exec_tx(r->arena, &receipt, r->st, &r->env, &r->tx,
		    &r->sender, &r->gas_left, &r->gas_used, e));
	else
		TRY(tracer_run_tx(t, w, r->arena, &receipt, r->st, &r->env,
		    &r->tx, &r->sender, &r->gas_left, &r->gas_used, e));
	r->index++;
	return RC_OK;
}

enum rc
rpc_replay_to(struct rpc_replay *r, uint64_t index, struct err *e)
{
	if (index > r->body.tx_cnt)
		return FAIL(e, RC_NOT_FOUND, "transaction index %llu of %zu",
		    (unsigned long long)index, r->body.tx_cnt);
	while (r->index < index) {
		TRY(rpc_doc_check(r->doc, e));
		TRY(rpc_replay_next(r, e));
		TRY(rpc_replay_run(r, NULL, NULL, e));
	}
	return RC_OK;
}
