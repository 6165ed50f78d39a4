/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_call and eth_estimateGas on a state that is thrown away afterwards.
 * The sender needs no signature, nonce or funds for gas at price zero.
 */
#ifndef EXEC_CALL_H
#define EXEC_CALL_H

#include "exec/exec.h"

struct exec_call {
	struct addr from, to;
	bool is_create, has_gas_price;
	uint64_t gas;
	struct u256 gas_price, tip; /* most paid per gas, most of it a tip */
	struct u256 value;
	struct bytes data;
	const struct tx_access *access; /* EIP-2930 */
	size_t access_cnt;
	const struct tx_auth *auths; /* EIP-7702 */
	size_t auth_cnt;
	const struct hash *blob_hashes; /* EIP-4844; shown, never charged */
	size_t blob_cnt;
};

/* rc: RC_OK, RC_REVERT, or how the machine halted (RC_EVM_...). output: what
 * was returned, or a revert's reason; in the arena. */
struct exec_outcome {
	enum rc rc;
	uint64_t gas_used;
	struct bytes output;
};

/*
 * struct exec_simulated is what became of a simulated transaction. Everything
 * lives in the arena.
 *
 * receipt   as a block would have it
 * logs      those of the receipt, and of moved coins with logs_transfers
 * gas_peak  gas spent before refunds
 */
struct exec_simulated {
	struct exec_outcome outcome;
	struct receipt receipt;
	const struct log_entry *logs;
	size_t log_cnt;
	uint64_t gas_peak;
};

/*
 * exec_tx_simulate runs a transaction that nobody signed on st, which may go
 * on to the next: eth_simulateV1.
 *
 * is_strict   nonce and prices must be right; else the sender's next nonce is
 *             used, and one that offers no price pays none
 * cumulative  raised by what it used
 * Errors      RC_TX_NONCE_..., RC_TX_TIP_ABOVE_FEE, RC_TX_FEE_LOW,
 *             RC_TX_BLOB_FEE, RC_TX_FUNDS, RC_TX_INTRINSIC, RC_TX_FLOOR_GAS,
 *             RC_TX_INIT_CODE, RC_GAS_UINT64; those of the state's source
 */
enum rc exec_tx_simulate(struct arena *a, struct exec_simulated *out,
    struct state *st, const struct exec_env *env, const struct tx *tx,
    const struct addr *sender, bool is_strict, uint64_t *cumulative,
    struct err *e);

/*
 * exec_call_run runs a call.
 *
 * st      changed by the call as by a transaction that is not over yet
 *         (state_end_tx)
 * Errors  RC_TX_FUNDS      value and gas at gas_price exceed the balance
 *         RC_TX_FEE_LOW    gas_price is given and below the base fee
 *         RC_TX_INTRINSIC, RC_TX_FLOOR_GAS, RC_TX_INIT_CODE, RC_GAS_UINT64
 *         those of the state's source
 */
enum rc exec_call_run(struct arena *a, struct exec_outcome *out,
    struct state *st, const struct exec_env *env, const struct exec_call *c,
    struct err *e);

/*
 * exec_estimate finds the least gas with which a call succeeds, to the unit.
 * c->gas is not looked at.
 *
 * output   what the call gave when it fails with all gas, in the arena
 * gas_max  most to try: the block's gas limit or the node's own bound
 * Errors   those of exec_call_run; RC_TX_GAS_LIMIT "gas required exceeds
 *          allowance (N)", N being gas_max or what the balance pays for;
 *          RC_REVERT and RC_EVM_... when gas would not help
 */
enum rc exec_estimate(struct arena *a, uint64_t *gas, struct bytes *output,
    const struct state_source *src, const struct exec_env *env,
    const struct exec_call *c, uint64_t gas_max, struct err *e);

#endif
