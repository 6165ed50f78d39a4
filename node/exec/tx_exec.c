/* SPDX-License-Identifier: Apache-2.0
 *
 * One transaction: checks, buying gas, the message, refunds, the author's
 * fee, the receipt. Yellow Paper 6 and its EIPs; the block around it is in
 * block_exec.c, what it may do to others in msg_exec.c.
 */
#include "base/check.h"
#include "eth/addr.h"
#include "eth/bloom.h"
#include "exec/call.h"
#include "exec/exec.h"
#include "exec/exec_priv.h"

/* One transaction on its way through the steps below. */
struct tx_run {
	struct state *st;
	const struct exec_env *env;
	const struct tx *tx;
	const struct addr *sender;
	struct exec_price price;
	struct u256 blob_price;
	uint64_t nonce; /* of the sender before it */
	uint64_t intrinsic, floor, gas_used;
	struct evm_result result;
};

/* Where a message begins: what the machine must know of its transaction. */
static struct evm_tx
shown_of(const struct tx_run *r)
{
	return (struct evm_tx){
	    .origin = *r->sender,
	    .gas_price = r->price.paid,
	    .blob_hashes = r->tx->blob_hashes,
	    .blob_cnt = r->tx->blob_cnt,
	};
}

static struct evm_msg
message_of(const struct tx_run *r)
{
	const struct tx *tx = r->tx;
	struct addr to =
	    tx->is_create ? addr_create(r->sender, r->nonce) : tx->to;

	return (struct evm_msg){
	    .kind = tx->is_create ? EVM_CREATE : EVM_CALL,
	    .gas = tx->gas - r->intrinsic,
	    .caller = *r->sender,
	    .to = to,
	    .code_addr = to,
	    .value = tx->value,
	    .input = tx->data,
	};
}

/* check leaves the state as it is, whatever it finds. */
static enum rc
check(struct tx_run *r, uint64_t gas_left, struct err *e)
{
	const struct evm_block *b = &r->env->block;
	bool has_status =
	    fork_is_active(r->env->forks, FORK_BYZANTIUM, b->number, b->time);

	TRY(exec_check_stateless(r->tx, r->env->forks, b->number, b->time, e));
	TRY(exec_intrinsic_gas(&r->intrinsic, &r->floor, r->tx, b->fork, e));
	TRY(exec_check_stateful(
	    &r->price, r->st, r->env, r->tx, r->sender, gas_left, e));
	if (!has_status && r->env->mid_root == NULL)
		return FAIL(e, RC_UNSUPPORTED,
		    "receipts before Byzantium need a state root");
	return RC_OK;
}

/* amount_of multiplies gas by a price that check_funds has bounded. */
static struct u256
amount_of(uint64_t gas, const struct u256 *price)
{
	struct u256 out;

	CHECK(!u256_mul_u64(&out, price, gas));
	return out;
}

static void
buy_gas(struct tx_run *r)
{
	struct u256 cost = amount_of(r->tx->gas, &r->price.paid), blobs;

	/* Blob gas is burnt (EIP-4844). */
	blobs = amount_of(r->tx->blob_cnt * TX_BLOB_GAS, &r->blob_price);
	u256_add(&cost, &cost, &blobs); /* check_funds */
	CHECK(state_sub_balance(r->st, r->sender, &cost));
	state_set_nonce(r->st, r->sender, r->nonce + 1);
}

/* run is the message, with what it may rely on before it begins. */
static void
run(struct tx_run *r)
{
	struct evm_tx shown = shown_of(r);
	struct evm_msg msg = message_of(r);

	if (r->env->block.fork >= FORK_BERLIN)
		exec_warm(r->st, r->env, r->sender, &msg, r->tx->access,
		    r->tx->access_cnt);
	exec_apply_auths(r->st, r->env, r->tx);
	exec_msg(&r->result, r->st, r->env, &shown, &msg);
}

/* settle gives back gas that was not used and pays the author. */
static void
settle(struct tx_run *r)
{
	struct u256 back, fee;

	r->gas_used = exec_gas_used(r->tx->gas - r->result.gas_left,
	    state_refund(r->st), r->floor, r->env->block.fork);
	back = amount_of(r->tx->gas - r->gas_used, &r->price.paid);
	fee = amount_of(r->gas_used, &r->price.tip);
	state_add_balance(r->st, r->sender, &back);
	/* Even a fee of zero touches the author. */
	state_add_balance(r->st, &r->env->block.coinbase, &fee);
}

static enum rc
copy_logs(struct arena *a, struct receipt *out, struct state *st, struct err *e)
{
	size_t cnt, i;
	const struct log_entry *logs = state_logs(st, &cnt);
	struct log_entry *copy;

	if (cnt == 0)
		return RC_OK;
	copy = arena_array(a, cnt, sizeof(*copy));
	if (copy == NULL)
		return FAIL(e, RC_NO_MEMORY, "no memory for %zu logs", cnt);
	for (i = 0; i < cnt; i++) {
		copy[i] = logs[i];
		copy[i].data = arena_copy(a, logs[i].data);
		if (copy[i].data.ptr == NULL && copy[i].data.len > 0)
			return FAIL(e, RC_NO_MEMORY, "no memory for a log");
		bloom_add_log(&out->bloom, &copy[i]);
	}
	out->logs = copy;
	out->log_cnt = cnt;
	return RC_OK;
}

static enum rc
copy_creations(
    struct arena *a, struct receipt *out, const struct state *st, struct err *e)
{
	const struct state_creation *one, *last = state_creations(st);
	struct creation *v;
	size_t cnt = 0;

	for (one = last; one != NULL; one = one->before)
		cnt++;
	if (cnt == 0)
		return RC_OK;
	v = arena_array(a, cnt, sizeof(*v));
	if (v == NULL)
		return FAIL(
		    e, RC_NO_MEMORY, "no memory for %zu creations", cnt);
	out->creations = v;
	out->creation_cnt = cnt;
	for (one = last; one != NULL; one = one->before)
		v[--cnt] = one->c;
	return RC_OK;
}

static enum rc
write_receipt(struct arena *a, struct receipt *out, struct tx_run *r,
    uint64_t cumulative, struct err *e)
{
	const struct evm_block *b = &r->env->block;

	*out = (struct receipt){
	    .type = r->tx->type,
	    .is_success = r->result.rc == RC_OK,
	    .cumulative_gas = cumulative + r->gas_used,
	    .gas_used = r->gas_used,
	    .effective_price = r->price.paid,
	    .has_root = !fork_is_active(
		r->env->forks, FORK_BYZANTIUM, b->number, b->time),
	};
	if (r->tx->is_create) {
		out->has_contract = true;
		out->contract = addr_create(r->sender, r->nonce);
	}
	TRY(copy_logs(a, out, r->st, e));
	TRY(copy_creations(a, out, r->st, e));
	state_end_tx(r->st, exec_clears(r->env));
	TRY(state_error(r->st, e));
	if (out->has_root)
		return r->env->mid_root(r->env->ctx, &out->root, r->st, e);
	return RC_OK;
}

enum rc
exec_tx(struct arena *a, struct receipt *out, struct state *st,
    const struct exec_env *env, const struct tx *tx, const struct addr *sender,
    uint64_t *gas_left, uint64_t *cumulative, struct err *e)
{
	struct tx_run r = {.st = st,
	    .env = env,
	    .tx = tx,
	    .sender = sender,
	    .blob_price = env->block.blob_base_fee,
	    .nonce = tx->nonce};

	TRY(check(&r, *gas_left, e));
	buy_gas(&r);
	run(&r);
	TRY(state_error(st, e));
	settle(&r);
	TRY(write_receipt(a, out, &r, *cumulative, e));
	*gas_left -= r.gas_used;
	*cumulative += r.gas_used;
	return RC_OK;
}

/* Simulation. --------------------------------------------------------- */

/* check_simulated is check for exec_tx_simulate. */
static enum rc
check_simulated(struct tx_run *r, bool is_strict, struct err *e)
{
	enum fork f = r->env->block.fork;

	TRY(exec_check_simulated(&r->price, &r->blob_price, r->st, r->env,
	    r->tx, r->sender, is_strict, e));
	r->nonce = state_nonce(r->st, r->sender);
	TRY(exec_check_gas(&r->intrinsic, &r->floor, r->tx, f, e));
	return exec_check_init_code(r->tx, f, e);
}

/* split keeps the logs of moved coins out of the receipt: they are part of no
 * chain. */
static enum rc
split(struct arena *a, struct exec_simulated *out, struct err *e)
{
	struct receipt *r = &out->receipt;
	struct log_entry *own = arena_array(a, r->log_cnt + 1, sizeof(*own));
	size_t i;

	if (own == NULL)
		return FAIL(
		    e, RC_NO_MEMORY, "no memory for %zu logs", r->log_cnt);
	out->logs = r->logs;
	out->log_cnt = r->log_cnt;
	r->logs = own;
	r->log_cnt = 0;
	r->bloom = (struct bloom){{0}};
	for (i = 0; i < out->log_cnt; i++) {
		if (addr_eq(&out->logs[i].addr, &EXEC_TRANSFER_LOGGER))
			continue;
		own[r->log_cnt++] = out->logs[i];
		bloom_add_log(&r->bloom, &out->logs[i]);
	}
	return RC_OK;
}

enum rc
exec_tx_simulate(struct arena *a, struct exec_simulated *out, struct state *st,
    const struct exec_env *env, const struct tx *tx, const struct addr *sender,
    bool is_strict, uint64_t *cumulative, struct err *e)
{
	struct tx_run r = {.st = st, .env = env, .tx = tx, .sender = sender};
	uint64_t spent;

	TRY(check_simulated(&r, is_strict, e));
	buy_gas(&r);
	run(&r);
	TRY(state_error(st, e));
	spent = tx->gas - r.result.gas_left;
	settle(&r);
	out->outcome = (struct exec_outcome){.rc = r.result.rc,
	    .gas_used = r.gas_used,
	    .output = arena_copy(a, r.result.output)};
	if (out->outcome.output.ptr == NULL && r.result.output.len > 0)
		return FAIL(e, RC_NO_MEMORY, "no memory for a call's output");
	out->gas_peak = spent > r.floor ? spent : r.floor;
	TRY(write_receipt(a, &out->receipt, &r, *cumulative, e));
	*cumulative += r.gas_used;
	return split(a, out, e);
}
