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
	    .max_tip = c->has_gas_price ? c->tip : U256_ZERO,
	    .value = c->value,
	    .to = c->to,
	    .data = c->data,
	    .access = c->access,
	    .access_cnt = c->access_cnt,
	    .auths = c->auths,
	    .auth_cnt = c->auth_cnt,
	};
}

static struct evm_msg
message_of(const struct exec_call *c, const struct addr *to, uint64_t gas)
{
	return (struct evm_msg){
	    .kind = c->is_create ? EVM_CREATE : EVM_CALL,
	    .gas = gas,
	    .caller = c->from,
	    .to = *to,
	    .code_addr = *to,
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

/* pay takes what the sender pays before code runs: gas at its price, and a
 * nonce. check_funds has seen to the balance. */
static void
pay(struct state *st, const struct exec_call *c, const struct u256 *price)
{
	uint64_t nonce = state_nonce(st, &c->from);
	struct u256 cost;

	u256_mul_u64(&cost, price, c->gas);
	CHECK(state_sub_balance(st, &c->from, &cost));
	if (nonce != UINT64_MAX)
		state_set_nonce(st, &c->from, nonce + 1);
}

static void
run(struct evm_result *out, struct state *st, const struct exec_env *env,
    const struct exec_call *c, uint64_t gas)
{
	struct evm_tx shown = {.origin = c->from,
	    .blob_hashes = c->blob_hashes,
	    .blob_cnt = c->blob_cnt};
	struct tx tx = tx_of(c);
	struct addr to = c->to;
	struct evm_msg msg;

	if (c->is_create)
		to = addr_create(&c->from, state_nonce(st, &c->from));
	if (c->has_gas_price) /* check_price has compared it */
		(void)tx_price(&shown.gas_price, &tx, &env->block.base_fee);
	msg = message_of(c, &to, gas);
	pay(st, c, &shown.gas_price);
	if (env->block.fork >= FORK_BERLIN)
		exec_warm(st, env, &c->from, &msg, c->access, c->access_cnt);
	exec_apply_auths(st, env, &tx);
	exec_msg(out, st, env, &shown, &msg);
}

/* settle gives back what was paid for gas that is left, and the author what
 * is the author's. */
static void
settle(struct state *st, const struct exec_env *env, const struct exec_call *c,
    const struct tx *tx, uint64_t gas_used)
{
	struct u256 price, tip, back, fee;

	if (!c->has_gas_price || u256_is_zero(&c->gas_price))
		return;
	(void)tx_price(&price, tx, &env->block.base_fee);
	(void)u256_sub(&tip, &price, &env->block.base_fee);
	u256_mul_u64(&back, &price, c->gas - gas_used);
	u256_mul_u64(&fee, &tip, gas_used);
	state_add_balance(st, &c->from, &back);
	state_add_balance(st, &env->block.coinbase, &fee);
}

enum rc
exec_call_run(struct arena *a, struct exec_outcome *out, struct state *st,
    const struct exec_env *env, const struct exec_call *c, struct err *e)
{
	enum fork f = env->block.fork;
	struct tx tx = tx_of(c);
	struct evm_result r;
	uint64_t intrinsic, floor;

	TRY(check_price(env, c, e));
	TRY(check_funds(st, &tx, &c->from, e));
	TRY(exec_check_init_code(&tx, f, e));
	TRY(exec_check_gas(&intrinsic, &floor, &tx, f, e));
	run(&r, st, env, c, c->gas - intrinsic);
	TRY(state_error(st, e));
	*out = (struct exec_outcome){
	    .rc = r.rc,
	    .gas_used =
		exec_gas_used(c->gas - r.gas_left, state_refund(st), floor, f),
	    .output = arena_copy(a, r.output),
	};
	if (out->output.ptr == NULL && out->output.len > 0)
		return FAIL(e, RC_NO_MEMORY, "no memory for a call's output");
	settle(st, env, c, &tx, out->gas_used);
	return RC_OK;
}

/* struct search is a search for the least gas. */
struct search {
	struct arena *a;
	const struct state_source *src;
	const struct exec_env *env;
	struct exec_call call;
	struct exec_outcome out; /* of the last try */
};

/* try_gas runs the call with this much gas on a state of its own, which goes
 * with the scratch arena; only the output stays. */
static enum rc
try_gas(struct search *s, uint64_t gas, struct err *e)
{
	struct arena scratch;
	struct state *st;
	enum rc rc;

	arena_init(&scratch, s->a->max_bytes);
	st = state_new(&scratch, s->src);
	if (st != NULL && s->env->prepare != NULL)
		s->env->prepare(s->env->ctx, st);
	s->call.gas = gas;
	rc = st == NULL ? FAIL(e, RC_NO_MEMORY, "no memory for a call")
			: exec_call_run(s->a, &s->out, st, s->env, &s->call, e);
	arena_drop(&scratch);
	return rc;
}

/* allowance lowers gas_max to what the sender's balance pays for. */
static enum rc
allowance(uint64_t *gas_max, struct search *s, struct err *e)
{
	const struct exec_call *c = &s->call;
	struct arena_mark mark = arena_save(s->a);
	struct state *st = state_new(s->a, s->src);
	struct u256 balance, rest, gas;
	enum rc rc;

	if (!c->has_gas_price || u256_is_zero(&c->gas_price))
		return RC_OK;
	if (st == NULL)
		return FAIL(e, RC_NO_MEMORY, "no memory for a call");
	if (s->env->prepare != NULL)
		s->env->prepare(s->env->ctx, st);
	state_balance(st, &balance, &c->from);
	rc = state_error(st, e);
	arena_rewind(s->a, mark);
	TRY(rc);
	if (u256_sub(&rest, &balance, &c->value))
		rest = U256_ZERO; /* exec_call_run says so in full */
	u256_divmod(&gas, NULL, &rest, &c->gas_price);
	if (u256_is_u64(&gas) && gas.w[0] < *gas_max)
		*gas_max = gas.w[0];
	return RC_OK;
}

/* bisect narrows down to the least gas above low with which the call
 * succeeds; with high it does. */
static enum rc
bisect(struct search *s, uint64_t low, uint64_t *high, struct err *e)
{
	while (*high - low > 1) {
		struct arena_mark mark = arena_save(s->a);
		uint64_t mid = low + (*high - low) / 2;
		enum rc rc = try_gas(s, mid, e);

		arena_rewind(s->a, mark);
		if (rc == RC_OK && s->out.rc == RC_OK)
			*high = mid;
		else if (rc == RC_OK || rc == RC_TX_INTRINSIC ||
			 rc == RC_TX_FLOOR_GAS)
			low = mid;
		else
			return rc;
	}
	return RC_OK;
}

/* exceeds says that all that may be spent is not enough. */
static enum rc
exceeds(uint64_t gas_max, struct err *e)
{
	return FAIL(e, RC_TX_GAS_LIMIT, "gas required exceeds allowance (%llu)",
	    (unsigned long long)gas_max);
}

enum rc
exec_estimate(struct arena *a, uint64_t *gas, struct bytes *output,
    const struct state_source *src, const struct exec_env *env,
    const struct exec_call *c, uint64_t gas_max, struct err *e)
{
	struct search s = {.a = a, .src = src, .env = env, .call = *c};
	struct tx tx = tx_of(c);
	uint64_t least, floor;

	*output = bytes_of(NULL, 0);
	TRY(exec_intrinsic_gas(&least, &floor, &tx, env->block.fork, e));
	if (least < floor)
		least = floor;
	TRY(try_gas(&s, least, e)); /* what is wrong with the call itself */
	if (s.out.rc == RC_OK) {
		TRY(allowance(&gas_max, &s, e));
		if (least > gas_max)
			return exceeds(gas_max, e);
		*gas = least;
		return RC_OK;
	}
	TRY(allowance(&gas_max, &s, e));
	if (gas_max <= least)
		return exceeds(gas_max, e);
	TRY(try_gas(&s, gas_max, e));
	*output = s.out.output;
	if (s.out.rc == RC_EVM_GAS)
		return exceeds(gas_max, e);
	if (s.out.rc != RC_OK)
		return FAIL(e, s.out.rc, "%s", err_text(s.out.rc));
	*gas = gas_max;
	return bisect(&s, least, gas, e);
}
