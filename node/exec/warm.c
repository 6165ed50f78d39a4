/* SPDX-License-Identifier: Apache-2.0
 *
 * What is warm when a transaction begins. Precompiles are warm to the
 * machine by themselves, and what it creates becomes warm there.
 */
#include "exec/exec_priv.h"

void
exec_warm(struct state *st, const struct exec_env *env,
    const struct addr *sender, const struct evm_msg *msg,
    const struct tx_access *access, size_t access_cnt)
{
	size_t i, j;

	state_warm_addr(st, sender);
	if (msg->kind == EVM_CALL)
		state_warm_addr(st, &msg->to);
	if (env->block.fork >= FORK_SHANGHAI) /* EIP-3651 */
		state_warm_addr(st, &env->block.coinbase);
	for (i = 0; i < access_cnt; i++) {
		state_warm_addr(st, &access[i].addr);
		for (j = 0; j < access[i].key_cnt; j++)
			state_warm_slot(
			    st, &access[i].addr, &access[i].keys[j]);
	}
}
