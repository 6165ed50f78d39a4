/* SPDX-License-Identifier: Apache-2.0
 *
 * Calls that no transaction stands behind: eth_call and eth_estimateGas. The
 * sender signs nothing and its nonce is not looked at.
 */
#include "exec/call.h"

#include "base/check.h"
#include "eth/addr.h"
#include "exec/exec_priv.h"

/* tx_of writes the call as a transaction for the gas rules. */
static struct tx
tx_of(const struct exec_call *c)
{
	return (struct tx){
	    .type = TX_DYNAMIC_FEE,
	    .is_create = c->is_create,
	    .gas = c->gas,
	    .max_fee = c->has_gas_price ? c->gas_price : U256_ZERO,
	    .max_tip = c->has_gas_price ? c->gas_price : U256_ZERO,
	    .value = c->value,
	    .to = c->to,
	    .data = c->data,
	    .access = c->access,
	    .access_cnt = c->access_cnt,
	};
}

static struct evm_msg
message_of(const struct exec_call *c, uint64_t gas)
{
	return (struct evm_msg){
	    .kind = c->is_create ? EVM_CREATE : EVM_CALL,
	    .gas = gas,
	    .caller = c->from,
	    .to = c->to,
	    .code_addr = c->to,
	    .value = c->value,
	    .input = c->data,
	};
}

static enum rc
check_price(
    const struct exec_env *env, const struct exec_call *c, struct err *e)
{
	char fee[U256_DEC_MAX], base[U256_DEC_MAX], text[ADDR_TEXT_MAX];

	if (!c->has_gas_price || u256_is_zero(&c->gas_price) ||
	    !u256_lt(&c->gas_price, &env->block.base_fee))
		return RC_OK;
	u256_dec(fee, &c->gas_price);
	u256_dec(base, &env->block.base_fee);
	return FAIL(e, RC_TX_FEE_LOW,
	    "%s: address %s, maxFeePerGas: %s, baseFee: %s",
	    err_text(RC_TX_FEE_LOW), addr_text(text, &c->from), fee, base);
}

static enum rc
check_funds(struct state *st, const struct tx *tx, const struct addr *from,
    struct err *e)
{
	char have[U256_DEC_MAX], want[U256_DEC_MAX], text[ADDR_TEXT_MAX];
	struct u256 balance, cost;

	state_balance(st, &balance, from);
	TRY(state_error(st, e));
	if (!tx_cost_max(&cost, tx))
		return FAIL(e, RC_TX_FUNDS, "%s: the cost is above 2^256",
		    err_text(RC_TX_FUNDS));
	if (!u256_lt(&balance, &cost))
		return RC_OK;
	u256_dec(have, &balance);
	u256_dec(want, &cost);
	return FAIL(e, RC_TX_FUNDS, "%s: address %s have %s want %s",
	    err_text(RC_TX_FUNDS), addr_text(text, from), have, want);
}

enum rc
exec_call_run(struct arena *a, struct exec_outcome *out, struct state *st,
    const struct exec_env *env, const struct exec_call *c, struct err *e)
{
	struct tx tx = tx_of(c);
	struct evm_result r;
	struct evm_msg msg;
	uint64_t intrinsic, floor, used;

	(void)a; /* output will live there */
	TRY(check_price(env, c, e));
	TRY(check_funds(st, &tx, &c->from, e));
	TRY(exec_check_init_code(&tx, env->block.fork, e));
	TRY(exec_check_gas(&intrinsic, &floor, &tx, env->block.fork, e));
	msg = message_of(c, c->gas - intrinsic);
	TRY(exec_msg_refuse(st, env, &msg, e));
	exec_msg(&r, st, env, &msg);
	used = c->gas - r.gas_left;
	*out = (struct exec_outcome){
	    .is_success = r.rc == RC_OK,
	    .gas_used = used < floor ? floor : used,
	    .output = r.output,
	};
	return state_error(st, e);
}

/* allowance lowers gas_max to what the sender's balance pays for. */
static enum rc
allowance(uint64_t *gas_max, struct state *st, const struct exec_call *c,
    struct err *e)
{
	struct u256 balance, rest, gas;

	if (!c->has_gas_price || u256_is_zero(&c->gas_price))
		return RC_OK;
	state_balance(st, &balance, &c->from);
	TRY(state_error(st, e));
	if (u256_sub(&rest, &balance, &c->value))
		rest = U256_ZERO; /* exec_call_run says so in full */
	u256_divmod(&gas, NULL, &rest, &c->gas_price);
	if (u256_is_u64(&gas) && gas.w[0] < *gas_max)
		*gas_max = gas.w[0];
	return RC_OK;
}

enum rc
exec_estimate(struct arena *a, uint64_t *gas, struct state_source *src,
    const struct exec_env *env, const struct exec_call *c, uint64_t gas_max,
    struct err *e)
{
	struct arena_mark mark = arena_save(a);
	struct exec_call try = *c;
	struct exec_outcome out;
	struct tx tx = tx_of(c);
	struct state *st;
	uint64_t floor;
	enum rc rc;

	TRY(exec_intrinsic_gas(&try.gas, &floor, &tx, env->block.fork, e));
	if (try.gas < floor)
		try.gas = floor;
	st = state_new(a, src);
	if (st == NULL)
		return FAIL(e, RC_NO_MEMORY, "no memory for a call");
	/* Without code to run, the intrinsic gas is what a call takes and
	 * anything below it fails: there is nothing to search for. */
	rc = allowance(&gas_max, st, c, e);
	if (rc == RC_OK)
		rc = exec_call_run(a, &out, st, env, &try, e);
	arena_rewind(a, mark);
	TRY(rc);
	if (try.gas > gas_max)
		return FAIL(e, RC_TX_GAS_LIMIT,
		    "gas required exceeds allowance (%llu)",
		    (unsigned long long)gas_max);
	*gas = try.gas;
	return RC_OK;
}
