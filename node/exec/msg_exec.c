/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages: what a transaction does beside paying for itself. Without the
 * machine there is one kind, the call of an account without code, and it
 * moves value; every other kind is refused before anything has changed.
 * Frames of calls within calls come with the machine, as a stack of records
 * and not of C functions.
 */
#include "base/check.h"
#include "eth/addr.h"
#include "exec/exec_priv.h"

static bool
has_code(struct state *st, const struct addr *addr)
{
	struct hash h;

	state_code_hash(st, &h, addr);
	return !hash_is_zero(&h) && !hash_eq(&h, &HASH_EMPTY_CODE);
}

enum rc
exec_msg_refuse(struct state *st, const struct exec_env *env,
    const struct evm_msg *msg, struct err *e)
{
	char text[ADDR_TEXT_MAX];
	const char *why = NULL;

	if (msg->kind != EVM_CALL)
		why = "contract creation";
	else if (evm_is_precompile(&msg->to, env->block.fork))
		why = "call of a precompile at";
	else if (has_code(st, &msg->to))
		why = "call of code at";
	TRY(state_error(st, e));
	if (why == NULL)
		return RC_OK;
	return FAIL(e, RC_EVM_NONE, "%s: %s%s%s", err_text(RC_EVM_NONE), why,
	    msg->kind == EVM_CALL ? " " : "",
	    msg->kind == EVM_CALL ? addr_text(text, &msg->to) : "");
}

void
exec_msg(struct evm_result *out, struct state *st, const struct exec_env *env,
    const struct evm_msg *msg)
{
	/* Before EIP-161 a call brings its target into being, even for
	 * nothing; since then state_end_tx removes what stayed empty. */
	if (!exec_clears(env) && !state_exists(st, &msg->to))
		state_create(st, &msg->to);
	CHECK(state_sub_balance(st, &msg->caller, &msg->value));
	state_add_balance(st, &msg->to, &msg->value);
	*out = (struct evm_result){.rc = RC_OK, .gas_left = msg->gas};
}
