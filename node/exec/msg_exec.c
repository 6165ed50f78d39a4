/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages: what a transaction, a call of a wallet or the protocol itself
 * sends, handed to the machine with the state as its world.
 */
#include "exec/exec_priv.h"

void
exec_msg(struct evm_result *out, struct state *st, const struct exec_env *env,
    const struct evm_tx *tx, const struct evm_msg *msg)
{
	struct exec_host ctx = {.st = st, .env = env};
	const struct evm_host host = exec_host_of(&ctx);

	evm_run(env->vm, out, &host, &env->block, tx, msg);
	if (out->rc == RC_NO_MEMORY)
		state_no_memory(st);
	if (out->rc == RC_TIMEOUT)
		state_stop(st);
}
