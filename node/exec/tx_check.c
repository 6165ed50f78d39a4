/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a transaction may run: first what it says by itself, then what its
 * sender's account and the block say. Nothing is changed here. Where wallets
 * read the text of a refusal it is go-ethereum's.
 */
#include "base/check.h"
#include "eth/addr.h"
#include "exec/exec.h"
#include "exec/exec_priv.h"

struct position {
	const struct fork_plan *p;
	uint64_t number, time;
};

static bool
is_active(const struct position *at, enum fork f)
{
	return fork_is_active(at->p, f, at->number, at->time);
}

static enum rc
check_type(const struct tx *tx, const struct position *at, struct err *e)
{
	bool ok = false;

	switch (tx->type) {
	case TX_LEGACY:
		ok = true;
		break;
	case TX_ACCESS_LIST:
		ok = is_active(at, FORK_BERLIN);
		break;
	case TX_DYNAMIC_FEE:
		ok = is_active(at, FORK_LONDON);
		break;
	case TX_BLOB:
		ok = is_active(at, FORK_CANCUN);
		break;
	case TX_SET_CODE:
		ok = is_active(at, FORK_PRAGUE);
		break;
	}
	if (!ok)
		return FAIL(e, RC_TX_TYPE, "%s: type %u", err_text(RC_TX_TYPE),
		    (unsigned)tx->type);
	return RC_OK;
}

/* The most blobs of one transaction: a block's, from Osaka on EIP-7594's. */
static uint64_t
blob_max(const struct position *at)
{
	const struct fork_blob *b = fork_blob_at(at->p, at->number, at->time);
	uint64_t max = b == NULL ? 0 : b->max;

	if (is_active(at, FORK_OSAKA) && max > EXEC_TX_BLOB_MAX_OSAKA)
		max = EXEC_TX_BLOB_MAX_OSAKA;
	return max;
}

/* EIP-4844. */
static enum rc
check_blobs(const struct tx *tx, const struct position *at, struct err *e)
{
	size_t i;

	if (tx->type != TX_BLOB)
		return RC_OK;
	if (tx->is_create)
		return FAIL(e, RC_TX_BLOBS, "blob transaction of type create");
	if (tx->blob_cnt == 0 || tx->blob_cnt > blob_max(at))
		return FAIL(e, RC_TX_BLOBS, "%zu blobs, want 1 to %llu",
		    tx->blob_cnt, (unsigned long long)blob_max(at));
	for (i = 0; i < tx->blob_cnt; i++)
		if (tx->blob_hashes[i].b[0] != BLOB_VERSION_KZG)
			return FAIL(e, RC_TX_BLOBS,
			    "blob %zu has invalid hash version %u", i,
			    (unsigned)tx->blob_hashes[i].b[0]);
	return RC_OK;
}

/* EIP-7702. What is wrong with one authorization alone makes that one
 * count for nothing. */
static enum rc
check_auths(const struct tx *tx, struct err *e)
{
	if (tx->type != TX_SET_CODE || (tx->auth_cnt > 0 && !tx->is_create))
		return RC_OK;
	return FAIL(e, RC_TX_AUTHS, "%s",
	    tx->is_create ? "EIP-7702 transaction cannot be used to create "
			    "contract"
			  : err_text(RC_TX_AUTHS));
}

static enum rc
check_signature(const struct tx *tx, const struct position *at, struct err *e)
{
	/* Before EIP-155 its v is just a wrong v. */
	if (tx->type == TX_LEGACY && tx->has_chain_id &&
	    !is_active(at, FORK_EIP155))
		return FAIL(
		    e, RC_BAD_SIGNATURE, "invalid transaction v, r, s values");
	if (tx->has_chain_id && tx->chain_id != at->p->chain_id)
		return FAIL(e, RC_TX_CHAIN_ID, "%s: have %llu want %llu",
		    err_text(RC_TX_CHAIN_ID), (unsigned long long)tx->chain_id,
		    (unsigned long long)at->p->chain_id);
	if (is_active(at, FORK_HOMESTEAD) && tx_has_high_s(tx)) /* EIP-2 */
		return FAIL(
		    e, RC_BAD_SIGNATURE, "invalid transaction v, r, s values");
	return RC_OK;
}

static enum rc
cost_of(struct u256 *out, const struct tx *tx, struct err *e)
{
	if (tx_cost_max(out, tx))
		return RC_OK;
	return FAIL(e, RC_TX_FUNDS, "%s: tx cost is above 2^256",
	    err_text(RC_TX_FUNDS));
}

static enum rc
check_fees(const struct tx *tx, struct err *e)
{
	char tip[U256_DEC_MAX], fee[U256_DEC_MAX];
	struct tx alone = *tx;
	struct u256 cost;

	if (u256_lt(&tx->max_fee, &tx->max_tip)) {
		u256_dec(tip, &tx->max_tip);
		u256_dec(fee, &tx->max_fee);
		return FAIL(e, RC_TX_TIP_ABOVE_FEE,
		    "%s: maxPriorityFeePerGas: %s, maxFeePerGas: %s",
		    err_text(RC_TX_TIP_ABOVE_FEE), tip, fee);
	}
	alone.value = U256_ZERO; /* of it the account decides */
	return cost_of(&cost, &alone, e);
}

enum rc
exec_check_init_code(const struct tx *tx, enum fork f, struct err *e)
{
	if (tx->is_create && f >= FORK_SHANGHAI &&
	    tx->data.len > EXEC_INIT_CODE_MAX) /* EIP-3860 */
		return FAIL(e, RC_TX_INIT_CODE, "%s: code size %zu, limit %d",
		    err_text(RC_TX_INIT_CODE), tx->data.len,
		    EXEC_INIT_CODE_MAX);
	return RC_OK;
}

static enum rc
gas_short(enum rc rc, uint64_t have, uint64_t need, struct err *e)
{
	return FAIL(e, rc, "%s: gas %llu, minimum needed %llu", err_text(rc),
	    (unsigned long long)have, (unsigned long long)need);
}

enum rc
exec_check_gas(uint64_t *intrinsic, uint64_t *floor, const struct tx *tx,
    enum fork f, struct err *e)
{
	TRY(exec_intrinsic_gas(intrinsic, floor, tx, f, e));
	if (tx->gas < *intrinsic)
		return gas_short(RC_TX_INTRINSIC, tx->gas, *intrinsic, e);
	if (tx->gas < *floor)
		return gas_short(RC_TX_FLOOR_GAS, tx->gas, *floor, e);
	return RC_OK;
}

enum rc
exec_check_stateless(const struct tx *tx, const struct fork_plan *p,
    uint64_t number, uint64_t time, struct err *e)
{
	struct position at = {.p = p, .number = number, .time = time};
	enum fork f = fork_evm_at(p, number, time);
	uint64_t intrinsic, floor;

	TRY(check_type(tx, &at, e));
	TRY(check_blobs(tx, &at, e));
	TRY(check_auths(tx, e));
	TRY(check_signature(tx, &at, e));
	if (tx->nonce == UINT64_MAX) /* EIP-2681 */
		return FAIL(e, RC_TX_NONCE_MAX, "nonce has max value: %llu",
		    (unsigned long long)tx->nonce);
	TRY(check_fees(tx, e));
	TRY(exec_check_init_code(tx, f, e));
	TRY(exec_check_gas(&intrinsic, &floor, tx, f, e));
	if (is_active(&at, FORK_OSAKA) && tx->gas > EXEC_TX_GAS_MAX_OSAKA)
		return FAIL(e, RC_TX_GAS_LIMIT, /* EIP-7825 */
		    "transaction gas limit too high (cap: %d, tx: %llu)",
		    EXEC_TX_GAS_MAX_OSAKA, (unsigned long long)tx->gas);
	return RC_OK;
}

static enum rc
check_nonce(struct state *st, const struct tx *tx, const struct addr *sender,
    struct err *e)
{
	uint64_t next = state_nonce(st, sender);
	enum rc rc = tx->nonce < next ? RC_TX_NONCE_LOW : RC_TX_NONCE_HIGH;

	if (tx->nonce == next)
		return RC_OK;
	return FAIL(e, rc, "%s: next nonce %llu, tx nonce %llu", err_text(rc),
	    (unsigned long long)next, (unsigned long long)tx->nonce);
}

/* EIP-3607: an account with code sends nothing; a delegating one may. */
static enum rc
check_sender_code(struct state *st, const struct exec_env *env,
    const struct addr *sender, struct err *e)
{
	char text[ADDR_TEXT_MAX];
	struct hash code_hash;
	struct addr to;

	state_code_hash(st, &code_hash, sender);
	if (hash_is_zero(&code_hash) || hash_eq(&code_hash, &HASH_EMPTY_CODE))
		return RC_OK;
	if (env->block.fork >= FORK_PRAGUE &&
	    evm_delegation(&to, state_code(st, sender)))
		return RC_OK;
	return FAIL(e, RC_TX_SENDER_CODE, "%s: address %s",
	    err_text(RC_TX_SENDER_CODE), addr_text(text, sender));
}

static enum rc
check_price(struct exec_price *out, const struct exec_env *env,
    const struct tx *tx, const struct addr *sender, struct err *e)
{
	char text[ADDR_TEXT_MAX], fee[U256_DEC_MAX], base[U256_DEC_MAX];

	if (tx_tip(&out->tip, tx, &env->block.base_fee) &&
	    tx_price(&out->paid, tx, &env->block.base_fee))
		return RC_OK;
	u256_dec(fee, &tx->max_fee);
	u256_dec(base, &env->block.base_fee);
	return FAIL(e, RC_TX_FEE_LOW,
	    "%s: address %s, maxFeePerGas: %s, baseFee: %s",
	    err_text(RC_TX_FEE_LOW), addr_text(text, sender), fee, base);
}

/* EIP-4844: blobs are paid at the block's price, whatever was offered. */
static enum rc
check_blob_price(const struct exec_env *env, const struct tx *tx, struct err *e)
{
	char offered[U256_DEC_MAX], price[U256_DEC_MAX];

	if (tx->blob_cnt == 0 ||
	    !u256_lt(&tx->max_blob_fee, &env->block.blob_base_fee))
		return RC_OK;
	u256_dec(offered, &tx->max_blob_fee);
	u256_dec(price, &env->block.blob_base_fee);
	return FAIL(e, RC_TX_BLOB_FEE,
	    "%s: maxFeePerBlobGas: %s, blobBaseFee: %s",
	    err_text(RC_TX_BLOB_FEE), offered, price);
}

static enum rc
check_funds(struct state *st, const struct tx *tx, const struct addr *sender,
    struct err *e)
{
	char have[U256_DEC_MAX], want[U256_DEC_MAX], over[U256_DEC_MAX];
	struct u256 balance, cost, rest;

	state_balance(st, &balance, sender);
	TRY(cost_of(&cost, tx, e));
	if (!u256_sub(&rest, &cost, &balance) && !u256_is_zero(&rest)) {
		u256_dec(have, &balance);
		u256_dec(want, &cost);
		u256_dec(over, &rest);
		return FAIL(e, RC_TX_FUNDS,
		    "%s: balance %s, tx cost %s, overshot %s",
		    err_text(RC_TX_FUNDS), have, want, over);
	}
	return RC_OK;
}

static enum rc
check_account(struct exec_price *out, struct state *st,
    const struct exec_env *env, const struct tx *tx, const struct addr *sender,
    struct err *e)
{
	TRY(check_nonce(st, tx, sender, e));
	TRY(check_sender_code(st, env, sender, e));
	TRY(check_price(out, env, tx, sender, e));
	TRY(check_blob_price(env, tx, e));
	return check_funds(st, tx, sender, e);
}

enum rc
exec_check_stateful(struct exec_price *out, struct state *st,
    const struct exec_env *env, const struct tx *tx, const struct addr *sender,
    uint64_t gas_left, struct err *e)
{
	enum rc rc = check_account(out, st, env, tx, sender, e);

	/* A failed read looks like an empty account to the checks: its own
	 * error counts, not what they made of it. */
	TRY(state_error(st, e));
	if (rc == RC_OK && tx->gas > gas_left)
		return FAIL(e, RC_TX_GAS_LIMIT,
		    "%s: gas %llu, the block has %llu left",
		    err_text(RC_TX_GAS_LIMIT), (unsigned long long)tx->gas,
		    (unsigned long long)gas_left);
	return rc;
}

static enum rc
check_offer(struct exec_price *out, struct u256 *blob_price,
    const struct exec_env *env, const struct tx *tx, const struct addr *sender,
    bool is_strict, struct err *e)
{
	bool is_free = !is_strict && u256_is_zero(&tx->max_fee);
	bool has_free_blobs = !is_strict && u256_is_zero(&tx->max_blob_fee);

	TRY(check_fees(tx, e));
	*out = (struct exec_price){.paid = U256_ZERO};
	if (!is_free)
		TRY(check_price(out, env, tx, sender, e));
	*blob_price = has_free_blobs ? U256_ZERO : env->block.blob_base_fee;
	return has_free_blobs ? RC_OK : check_blob_price(env, tx, e);
}

enum rc
exec_check_simulated(struct exec_price *out, struct u256 *blob_price,
    struct state *st, const struct exec_env *env, const struct tx *tx,
    const struct addr *sender, bool is_strict, struct err *e)
{
	enum rc rc = RC_OK;

	if (is_strict)
		rc = check_nonce(st, tx, sender, e);
	TRY(state_error(st, e));
	TRY(rc);
	if (state_nonce(st, sender) == UINT64_MAX)
		return FAIL(
		    e, RC_TX_NONCE_MAX, "%s", err_text(RC_TX_NONCE_MAX));
	TRY(check_offer(out, blob_price, env, tx, sender, is_strict, e));
	rc = check_funds(st, tx, sender, e);
	TRY(state_error(st, e));
	return rc;
}
