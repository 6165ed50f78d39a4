/* SPDX-License-Identifier: Apache-2.0
 *
 * EIP-7702: what the authorizations of a set-code transaction do to the
 * accounts that signed them. One that does not hold is passed over; none
 * makes the transaction fail, and none is undone when it reverts.
 */
#include "exec/exec_priv.h"

#include "eth/addr.h"

/* Which chains an authorization is for: this one, or with 0 all. */
static bool
is_for_chain(const struct tx_auth *auth, const struct exec_env *env)
{
	struct u256 id = u256_from_u64(env->block.chain_id);

	return u256_is_zero(&auth->chain_id) || u256_eq(&auth->chain_id, &id);
}

static void
delegate(struct state *st, const struct addr *authority, const struct addr *to)
{
	uint8_t code[EVM_DELEGATION_LEN] = {0xef, 0x01, 0x00};

	memcpy(code + 3, to->b, sizeof(to->b));
	state_set_code(
	    st, authority, bytes_of(code, addr_is_zero(to) ? 0 : sizeof(code)));
}

static void
apply(struct state *st, const struct exec_env *env, const struct tx_auth *auth)
{
	struct addr authority, to;
	struct bytes code;

	if (!is_for_chain(auth, env) || auth->nonce == UINT64_MAX ||
	    tx_auth_signer(&authority, auth, NULL) != RC_OK)
		return;
	state_warm_addr(st, &authority);
	code = state_code(st, &authority);
	if ((code.len > 0 && !evm_delegation(&to, code)) ||
	    state_nonce(st, &authority) != auth->nonce)
		return;
	if (state_exists(st, &authority))
		state_add_refund(st, GAS_AUTH - GAS_AUTH_BASE);
	delegate(st, &authority, &auth->addr);
	state_set_nonce(st, &authority, auth->nonce + 1);
}

void
exec_apply_auths(
    struct state *st, const struct exec_env *env, const struct tx *tx)
{
	size_t i;

	for (i = 0; i < tx->auth_cnt; i++)
		apply(st, env, &tx->auths[i]);
}
