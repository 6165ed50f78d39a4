/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of exec share.
 */
#ifndef EXEC_EXEC_PRIV_H
#define EXEC_EXEC_PRIV_H

#include "exec/exec.h"

/* Gas and size constants, Yellow Paper appendix G and the EIPs named. */
enum {
	GAS_CREATE = 32000, /* EIP-2 */
	GAS_DATA_ZERO = 4,
	GAS_DATA = 68,          /* before EIP-2028 */
	GAS_DATA_2028 = 16,     /* EIP-2028 */
	GAS_INIT_WORD = 2,      /* EIP-3860 */
	GAS_ACCESS_ADDR = 2400, /* EIP-2930 */
	GAS_ACCESS_KEY = 1900,  /* EIP-2930 */
	GAS_AUTH = 25000,       /* EIP-7702, PER_EMPTY_ACCOUNT_COST */
	GAS_FLOOR_TOKEN = 10,   /* EIP-7623 */
	GAS_TOKENS_NONZERO = 4, /* EIP-7623 */
	REFUND_QUOTIENT = 2,
	REFUND_QUOTIENT_3529 = 5 /* EIP-3529 */
};

/* struct exec_price is what a transaction pays per gas in a block. */
struct exec_price {
	struct u256 paid; /* by the sender, effective gas price */
	struct u256 tip;  /* to the author; the rest is burnt (EIP-1559) */
};

/* exec_check_gas refuses gas below the intrinsic and floor costs; both are
 * set on success. Errors RC_TX_INTRINSIC, RC_TX_FLOOR_GAS, RC_GAS_UINT64 */
enum rc exec_check_gas(uint64_t *intrinsic, uint64_t *floor,
    const struct tx *tx, enum fork f, struct err *e);

/* exec_check_init_code refuses init code above EIP-3860's bound. */
enum rc exec_check_init_code(const struct tx *tx, enum fork f, struct err *e);

/*
 * exec_check_stateful checks a transaction against its sender's account and
 * the block: nonce, sender without code (EIP-3607), fee, funds, gas left.
 *
 * Errors  RC_TX_NONCE_LOW, RC_TX_NONCE_HIGH, RC_TX_SENDER_CODE,
 *         RC_TX_FEE_LOW, RC_TX_FUNDS, RC_TX_GAS_LIMIT, state errors
 */
enum rc exec_check_stateful(struct exec_price *out, struct state *st,
    const struct exec_env *env, const struct tx *tx, const struct addr *sender,
    uint64_t gas_left, struct err *e);

/*
 * exec_msg_refuse tells before anything is changed whether a message needs
 * the machine: RC_EVM_NONE, or a state error.
 */
enum rc exec_msg_refuse(struct state *st, const struct exec_env *env,
    const struct evm_msg *msg, struct err *e);

/*
 * exec_msg runs a message of depth 0 that exec_msg_refuse let pass: moves
 * the value and touches the recipient. The caller has checked the funds.
 */
void exec_msg(struct evm_result *out, struct state *st,
    const struct exec_env *env, const struct evm_msg *msg);

/* struct exec_host is the context of a machine's view of the state. */
struct exec_host {
	struct state *st;
	const struct exec_env *env;
};

/* exec_host_of makes the host that code runs against; h outlives it. */
struct evm_host exec_host_of(struct exec_host *h);

/* exec_clears tells whether empty accounts that were touched go at the end
 * of a transaction (EIP-161). */
static inline bool
exec_clears(const struct exec_env *env)
{
	return env->block.fork >= FORK_SPURIOUS;
}

#endif
