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
	GAS_AUTH_BASE = 12500,  /* EIP-7702, PER_AUTH_BASE_COST */
	GAS_FLOOR_TOKEN = 10,   /* EIP-7623 */
	GAS_TOKENS_NONZERO = 4, /* EIP-7623 */
	REFUND_QUOTIENT = 2,
	REFUND_QUOTIENT_3529 = 5 /* EIP-3529 */
};

/* First byte of a blob's versioned hash (EIP-4844). */
enum { BLOB_VERSION_KZG = 1 };

/* struct exec_price is what a transaction pays per gas in a block. */
struct exec_price {
	struct u256 paid; /* by the sender, effective gas price */
	struct u256 tip;  /* to the author; the rest is burnt (EIP-1559) */
};

/* exec_check_gas refuses gas below the intrinsic and floor costs; both are
 * set on success. Errors RC_TX_INTRINSIC, RC_TX_FLOOR_GAS, RC_GAS_UINT64 */
enum rc exec_check_gas(uint64_t *intrinsic, uint64_t *floor,
    const struct tx *tx, enum fork f, struct err *e);

/* exec_gas_used is what a transaction is charged that spent this much: less
 * the refund within its bound (EIP-3529), and at least floor (EIP-7623). */
uint64_t exec_gas_used(
    uint64_t spent, uint64_t refund, uint64_t floor, enum fork f);

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
 * exec_check_simulated is exec_check_stateful for a transaction that nobody
 * signed: its sender may have code and be short of nothing but funds. Without
 * is_strict its nonce is not looked at, and one that offers no price pays
 * none, for gas and for blobs each.
 *
 * Errors  RC_TX_NONCE_LOW, RC_TX_NONCE_HIGH, RC_TX_NONCE_MAX,
 *         RC_TX_TIP_ABOVE_FEE, RC_TX_FEE_LOW, RC_TX_BLOB_FEE, RC_TX_FUNDS,
 *         state errors
 */
enum rc exec_check_simulated(struct exec_price *out, struct u256 *blob_price,
    struct state *st, const struct exec_env *env, const struct tx *tx,
    const struct addr *sender, bool is_strict, struct err *e);

/* exec_warm warms what a Berlin transaction finds warm: EIP-2929, EIP-2930,
 * EIP-3651. */
void exec_warm(struct state *st, const struct exec_env *env,
    const struct addr *sender, const struct evm_msg *msg,
    const struct tx_access *access, size_t access_cnt);

/* struct exec_host is the context of a machine's view of the state. */
struct exec_host {
	struct state *st;
	const struct exec_env *env;
};

/* exec_host_of makes the host that code runs against; h outlives it. */
struct evm_host exec_host_of(struct exec_host *h);

/* exec_apply_auths sets the delegations that a transaction carries
 * (EIP-7702). */
void exec_apply_auths(
    struct state *st, const struct exec_env *env, const struct tx *tx);

/* exec_dao_fork makes the DAO fork's change of state (EIP-779). */
void exec_dao_fork(struct state *st);

/* exec_system_begin makes the calls before a block's first transaction:
 * EIP-4788, EIP-2935. */
void exec_system_begin(
    struct state *st, const struct exec_env *env, const struct header *h);

/* Contracts of EIP-7002 and EIP-7251. */
extern const struct addr EXEC_WITHDRAWAL_REQUESTS, EXEC_CONSOLIDATION_REQUESTS;

/*
 * exec_system_read calls a system contract behind the last transaction.
 *
 * out     what it returned, in the arena
 * Errors  RC_BLK_REQUESTS  nothing is there, or the call failed
 */
enum rc exec_system_read(struct arena *a, struct bytes *out, struct state *st,
    const struct exec_env *env, const struct addr *from, struct err *e);

/* exec_requests sets io->requests_hash from receipts and contracts. */
enum rc exec_requests(struct arena *a, struct exec_result *io, struct state *st,
    const struct exec_env *env, struct err *e);

/* exec_clears tells whether empty accounts that were touched go at the end
 * of a transaction (EIP-161). */
static inline bool
exec_clears(const struct exec_env *env)
{
	return env->block.fork >= FORK_SPURIOUS;
}

#endif
