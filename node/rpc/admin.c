/* SPDX-License-Identifier: Apache-2.0
 *
 * Methods for operators and monitoring: the pool's size, the node's health,
 * what this node is. The first two are answered by the threads that own what
 * they tell of (work.c).
 */
#include <stdatomic.h>

#include "rpc/rpc_priv.h"

enum rc
rpc_do_pool_status(struct rpc_call *c, struct err *e)
{
	(void)e;
	c->item->pool_work = RPC_POOL_STATUS;
	return RC_OK;
}

enum rc
rpc_do_health(struct rpc_call *c, struct err *e)
{
	(void)e;
	c->item->pool_work = RPC_POOL_HEALTH;
	c->item->core_work = RPC_CORE_HEALTH;
	return RC_OK;
}

/* write_protocol writes where this node stands on its chain. */
static enum rc
write_protocol(struct rpc_call *c, struct err *e)
{
	const struct store_view *v;
	struct store_head head;
	struct hash genesis;

	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(store_hash_of(v, &genesis, 0, e));
	store_view_head(v, &head);
	jsonw_key(c->w, "network");
	jsonw_u64(c->w, c->node->genesis->forks.chain_id);
	jsonw_key(c->w, "difficulty");
	jsonw_dec(c->w, &head.total_difficulty);
	jsonw_key(c->w, "genesis");
	jsonw_data(c->w, hash_bytes(&genesis));
	jsonw_key(c->w, "head");
	jsonw_data(c->w, hash_bytes(&head.hash));
	return RC_OK;
}

/* A node without peers has no key and no port for them: those members of
 * go-ethereum's answer that name it on the network are left out. */
enum rc
rpc_do_node_info(struct rpc_call *c, struct err *e)
{
	jsonw_obj(c->w);
	jsonw_key(c->w, "name");
	jsonw_str(c->w, c->node->client_version);
	jsonw_key(c->w, "protocols");
	jsonw_obj(c->w);
	jsonw_key(c->w, "eth");
	jsonw_obj(c->w);
	TRY(write_protocol(c, e));
	jsonw_obj_end(c->w);
	jsonw_obj_end(c->w);
	jsonw_obj_end(c->w);
	return RC_OK;
}

enum rc
rpc_do_peers(struct rpc_call *c, struct err *e)
{
	if (c->node->peer_cnt != NULL && atomic_load(c->node->peer_cnt) > 0)
		return FAIL(e, RC_UNSUPPORTED, "peers are not listed yet");
	jsonw_arr(c->w);
	jsonw_arr_end(c->w);
	return RC_OK;
}
