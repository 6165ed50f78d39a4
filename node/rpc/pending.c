/* SPDX-License-Identifier: Apache-2.0
 *
 * The pending block. This node puts a block together in its turn and not
 * before, so nobody can say yet which transactions will be in it and what
 * they do. What is shown is the next block with nothing in it: Clique pays
 * no reward, so it leaves the state as it is, and every root is exact. What
 * waits is the pool's to tell: pending nonces, txpool_status.
 */
#include "consensus/clique.h"
#include "eth/basefee.h"
#include "rpc/rpc_priv.h"

/* put_extra leaves vanity and seal empty, and a checkpoint's signers out:
 * they are core's to know. */
static void
put_extra(struct header *h)
{
	static const uint8_t blank[CLIQUE_VANITY + CLIQUE_SEAL];

	h->extra = bytes_of(blank, sizeof(blank));
}

/* put_gas takes the parent's limit; its sealer may move it by less than a
 * 1024th. The first London block doubles it (EIP-1559). */
static void
put_gas(struct header *h, const struct fork_plan *forks,
    const struct header *parent)
{
	h->gas_limit = parent->gas_limit;
	h->field_cnt = HEADER_FIELDS_FRONTIER;
	if (!fork_is_active(forks, FORK_LONDON, h->number, h->time))
		return;
	h->field_cnt = HEADER_FIELDS_LONDON;
	basefee_next(&h->base_fee, forks, parent);
	if (parent->field_cnt < HEADER_FIELDS_LONDON)
		h->gas_limit *= BASEFEE_ELASTICITY;
}

/* put_time is when the signer in turn may seal at the earliest. */
static void
put_time(
    struct header *h, const struct rpc_node *n, const struct header *parent)
{
	uint64_t now_s = n->clock->wall_ms(n->clock->ctx) / 1000;

	h->time = parent->time + n->genesis->clique_period_s;
	if (h->time < now_s)
		h->time = now_s;
}

enum rc
rpc_pending_header(struct rpc_call *c, struct header *out, struct err *e)
{
	const struct genesis *g = c->node->genesis;
	const struct store_view *v;
	struct store_head head;

	if (g->engine != GENESIS_CLIQUE)
		return FAIL(e, RC_NOT_FOUND, "pending block is not available");
	TRY(rpc_doc_view(c->doc, &v, e));
	store_view_head(v, &head);
	if (head.header == NULL)
		return FAIL(e, RC_UNAVAILABLE, "no block yet");
	*out = (struct header){
	    .parent = head.hash,
	    .ommers_hash = HASH_EMPTY_LIST,
	    .coinbase = c->node->sealer,
	    .state_root = head.header->state_root,
	    .tx_root = HASH_EMPTY_TRIE,
	    .receipts_root = HASH_EMPTY_TRIE,
	    .difficulty = u256_from_u64(CLIQUE_DIFF_IN_TURN),
	    .number = head.number + 1,
	};
	put_time(out, c->node, head.header);
	put_gas(out, &g->forks, head.header);
	put_extra(out);
	return RC_OK;
}
