/* SPDX-License-Identifier: Apache-2.0
 *
 * Methods that need neither block nor state: who this node is, which chain
 * it is on, what it can do.
 */
#include <inttypes.h>
#include <stdatomic.h>

#include "rpc/rpc_priv.h"

enum rc
rpc_do_client_version(struct rpc_call *c, struct err *e)
{
	(void)e;
	jsonw_str(c->w, c->node->client_version);
	return RC_OK;
}

enum rc
rpc_do_sha3(struct rpc_call *c, struct err *e)
{
	struct bytes data;
	struct hash out;

	TRY(rpc_arg_data(&data, c, 0, e));
	out = hash_keccak(data);
	jsonw_data(c->w, hash_bytes(&out));
	return RC_OK;
}

/* The network's number is the chain's, in decimal. */
enum rc
rpc_do_net_version(struct rpc_call *c, struct err *e)
{
	(void)e;
	jsonw_fmt(c->w, "%" PRIu64, c->node->genesis->forks.chain_id);
	return RC_OK;
}

static uint64_t
peer_cnt(const struct rpc_node *n)
{
	return n->peer_cnt == NULL
		   ? 0
		   : atomic_load_explicit(n->peer_cnt, memory_order_relaxed);
}

enum rc
rpc_do_net_listening(struct rpc_call *c, struct err *e)
{
	(void)e;
	jsonw_bool(c->w, c->node->peer_cnt != NULL);
	return RC_OK;
}

enum rc
rpc_do_net_peer_count(struct rpc_call *c, struct err *e)
{
	(void)e;
	jsonw_q64(c->w, peer_cnt(c->node));
	return RC_OK;
}

enum rc
rpc_do_modules(struct rpc_call *c, struct err *e)
{
	(void)e;
	rpc_module_list(c->w, c->doc->source);
	return RC_OK;
}

enum rc
rpc_do_chain_id(struct rpc_call *c, struct err *e)
{
	(void)e;
	jsonw_q64(c->w, c->node->genesis->forks.chain_id);
	return RC_OK;
}

enum rc
rpc_do_coinbase(struct rpc_call *c, struct err *e)
{
	if (!c->node->is_sealer)
		return FAIL(e, RC_UNSUPPORTED,
		    "etherbase must be explicitly specified");
	jsonw_data(c->w, addr_bytes(&c->node->sealer));
	return RC_OK;
}

enum rc
rpc_do_mining(struct rpc_call *c, struct err *e)
{
	(void)e;
	jsonw_bool(c->w, c->node->is_sealer);
	return RC_OK;
}

/* Proof of authority hashes nothing. */
enum rc
rpc_do_hashrate(struct rpc_call *c, struct err *e)
{
	(void)e;
	jsonw_q64(c->w, 0);
	return RC_OK;
}
