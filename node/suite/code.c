/* SPDX-License-Identifier: Apache-2.0
 *
 * A program by itself: an account with the code, a caller with all coins,
 * and block 1.
 */
#include "suite/suite_priv.h"

static const struct addr caller = {{[18] = 0xca, [19] = 0x11}};
static const struct addr program = {{[18] = 0xc0, [19] = 0xde}};

enum rc
suite_code(struct arena *a, struct evm_result *out, struct evm *vm,
    const struct suite_call *c, struct err *e)
{
	struct genesis_account accounts[] = {
	    {.addr = program, .nonce = 1, .code = c->code},
	    {.addr = caller, .balance = c->value},
	};
	const struct evm_msg msg = {
	    .kind = EVM_CALL,
	    .gas = c->gas,
	    .caller = caller,
	    .to = program,
	    .code_addr = program,
	    .value = c->value,
	    .input = c->input,
	};
	const struct evm_tx tx = {.origin = caller};
	struct fork_plan plan;
	struct exec_env env;
	struct state *st;
	struct u256 ttd;

	TRY(suite_plan(&plan, &ttd, c->fork, e));
	env = (struct exec_env){
	    .forks = &plan,
	    .vm = vm,
	    .block = {.number = 1,
		.time = 1,
		.gas_limit = c->gas,
		.chain_id = plan.chain_id,
		.has_randao = fork_at(&plan, 1, 1) >= FORK_PARIS,
		.fork = fork_at(&plan, 1, 1)},
	    .block_hash = suite_block_hash,
	};
	TRY(suite_world(a, &st, accounts, 2, e));
	state_warm_addr(st, &caller);
	state_warm_addr(st, &program);
	exec_msg(out, st, &env, &tx, &msg);
	return state_error(st, e);
}
