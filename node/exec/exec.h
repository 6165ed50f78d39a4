/* SPDX-License-Identifier: Apache-2.0
 *
 * The state transition, Yellow Paper 6: one transaction to a receipt, one
 * block to root, receipts and gas.
 */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H

#include "eth/block.h"
#include "eth/fork.h"
#include "eth/receipt.h"
#include "evm/evm.h"
#include "state/state.h"

/* struct exec_env is what a block shows to its transactions. */
struct exec_env {
	const struct fork_plan *forks;
	struct evm_block block;
	/* BLOCKHASH; RC_NOT_FOUND gives zero. */
	enum rc (*block_hash)(void *ctx, struct hash *out, uint64_t number);
	void *ctx;
};

/* exec_env_of fills an environment from a header; author gets the fees. */
void exec_env_of(struct exec_env *out, const struct fork_plan *forks,
    const struct header *h, const struct addr *author);

/*
 * exec_intrinsic_gas computes the gas a transaction costs before any code
 * runs; floor (may be NULL) is EIP-7623's.
 * Errors RC_GAS_UINT64
 */
enum rc exec_intrinsic_gas(uint64_t *out, uint64_t *floor,
    const struct tx *tx, enum fork f, struct err *e);

/*
 * exec_check_stateless checks what needs no account: type and chain id for
 * the fork, gas limits, fee order, init code size.
 */
enum rc exec_check_stateless(const struct tx *tx, const struct fork_plan *p,
    uint64_t number, uint64_t time, struct err *e);

/*
 * exec_tx runs one transaction and appends what it did to st.
 *
 * gas_left  gas the block has left; reduced on success
 * cumulative  gas used by the block so far; raised on success
 * Errors  RC_TX_...  refused, state unchanged
 *         RC_EVM_NONE  it creates a contract or calls an account with code,
 *                      and this build has no machine
 */
enum rc exec_tx(struct arena *a, struct receipt *out, struct state *st,
    const struct exec_env *env, const struct tx *tx,
    const struct addr *sender, uint64_t *gas_left, uint64_t *cumulative,
    struct err *e);

/* exec_rewards pays what the protocol pays at the end of a block: ommer and
 * block rewards before Paris when pay_rewards (proof of work chains),
 * withdrawals after Shanghai. */
enum rc exec_finish_block(struct state *st, const struct fork_plan *p,
    const struct block *b, bool pay_rewards, struct err *e);

/* exec_base_fee computes the base fee of parent's child: EIP-1559, or the
 * fixed one of the genesis extension. */
void exec_base_fee(struct u256 *out, const struct fork_plan *p,
    const struct header *parent);

#endif
