/* SPDX-License-Identifier: Apache-2.0
 *
 * Methods for operators and monitoring: the pool's size, the node's health.
 * Both are answered by the threads that own what they tell of (work.c).
 */
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
