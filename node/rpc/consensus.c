/* SPDX-License-Identifier: Apache-2.0
 *
 * clique_ methods. The engine belongs to core, so most of them only say here
 * what core is to be asked (work.c does it); what headers alone can tell is
 * answered from the view.
 */
#include "consensus/clique.h"
#include "rpc/rpc_priv.h"

/* need_clique refuses where another engine runs. */
static enum rc
need_clique(const struct rpc_call *c, struct err *e)
{
	if (c->node->genesis->engine != GENESIS_CLIQUE)
		return FAIL(e, RC_UNSUPPORTED, "this chain is not Clique");
	return RC_OK;
}

/* ask_at leaves work about the block of argument 0, the head without it. */
static enum rc
ask_at(struct rpc_call *c, enum rpc_core_work work, struct err *e)
{
	struct rpc_block b;
	struct rpc_at at;

	TRY(need_clique(c, e));
	TRY(rpc_arg_tag(&at, c, 0, e));
	TRY(rpc_need_block(c, &b, &at, e));
	c->item->hash = b.hash;
	c->item->core_work = work;
	return RC_OK;
}

static enum rc
ask_at_hash(struct rpc_call *c, enum rpc_core_work work, struct err *e)
{
	struct rpc_at at = {.kind = RPC_AT_HASH};
	struct rpc_block b;

	TRY(need_clique(c, e));
	TRY(rpc_arg_hash(&at.hash, c, 0, e));
	TRY(rpc_need_block(c, &b, &at, e));
	c->item->hash = b.hash;
	c->item->core_work = work;
	return RC_OK;
}

enum rc
rpc_do_signers(struct rpc_call *c, struct err *e)
{
	return ask_at(c, RPC_CORE_SIGNERS, e);
}

enum rc
rpc_do_signers_at_hash(struct rpc_call *c, struct err *e)
{
	return ask_at_hash(c, RPC_CORE_SIGNERS, e);
}

enum rc
rpc_do_snapshot(struct rpc_call *c, struct err *e)
{
	return ask_at(c, RPC_CORE_SNAPSHOT, e);
}

enum rc
rpc_do_snapshot_at_hash(struct rpc_call *c, struct err *e)
{
	return ask_at_hash(c, RPC_CORE_SNAPSHOT, e);
}

/* The signer of one block, named by tag, number or hash. */
enum rc
rpc_do_signer_of(struct rpc_call *c, struct err *e)
{
	const struct store_view *v;
	struct rpc_block b;
	struct header h;
	struct rpc_at at;
	struct addr who;

	TRY(need_clique(c, e));
	TRY(rpc_arg_at(&at, c, 0, e));
	TRY(rpc_need_block(c, &b, &at, e));
	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(store_header(v, &h, &b.hash, e));
	TRY(clique_signer(&who, &h, e));
	jsonw_data(c->w, addr_bytes(&who));
	return RC_OK;
}

/* count adds one block to what its signer sealed. */
static void
count(struct rpc_activity *act, const struct addr *who, bool is_in_turn)
{
	size_t i = 0;

	while (i < act->signer_cnt && !addr_eq(&act->signer[i], who))
		i++;
	if (i == act->signer_cnt) {
		act->signer[i] = *who;
		act->sealed[i] = 0;
		act->signer_cnt++;
	}
	act->sealed[i]++;
	act->block_cnt++;
	act->in_turn_cnt += is_in_turn;
}

/* count_back walks back from the head. */
static enum rc
count_back(struct rpc_call *c, struct rpc_activity *act,
    const struct rpc_block *head, struct err *e)
{
	const struct store_view *v;
	struct hash at = head->hash;
	struct header h;
	struct addr who;

	TRY(rpc_doc_view(c->doc, &v, e));
	while (act->block_cnt < RPC_ACTIVITY_BLOCKS) {
		TRY(store_header(v, &h, &at, e));
		if (h.number == 0)
			break;
		TRY(clique_signer(&who, &h, e));
		count(act, &who, h.difficulty.w[0] == CLIQUE_DIFF_IN_TURN);
		at = h.parent;
	}
	return RC_OK;
}

/* Who sealed the last blocks, and how many of them in turn. */
enum rc
rpc_do_clique_status(struct rpc_call *c, struct err *e)
{
	struct rpc_at at = {.kind = RPC_AT_LATEST};
	struct rpc_activity *act;
	struct rpc_block b;

	TRY(need_clique(c, e));
	TRY(rpc_need_block(c, &b, &at, e));
	act = arena_alloc(&c->doc->keep, sizeof(*act));
	if (act == NULL)
		return FAIL(e, RC_NO_MEMORY, "a count of signers");
	TRY(count_back(c, act, &b, e));
	c->item->hash = b.hash;
	c->item->activity = act;
	c->item->core_work = RPC_CORE_STATUS;
	return RC_OK;
}

enum rc
rpc_do_proposals(struct rpc_call *c, struct err *e)
{
	TRY(need_clique(c, e));
	c->item->core_work = RPC_CORE_PROPOSALS;
	return RC_OK;
}

enum rc
rpc_do_propose(struct rpc_call *c, struct err *e)
{
	TRY(need_clique(c, e));
	TRY(rpc_arg_addr(&c->item->addr, c, 0, e));
	TRY(rpc_arg_bool(&c->item->is_add, c, 1, e));
	c->item->core_work = RPC_CORE_PROPOSE;
	return RC_OK;
}

enum rc
rpc_do_discard(struct rpc_call *c, struct err *e)
{
	TRY(need_clique(c, e));
	TRY(rpc_arg_addr(&c->item->addr, c, 0, e));
	c->item->core_work = RPC_CORE_DISCARD;
	return RC_OK;
}
