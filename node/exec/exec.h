/* SPDX-License-Identifier: Apache-2.0
 *
 * The state transition, Yellow Paper 6: one transaction to a receipt, one
 * block to receipts, bloom and gas. The state root belongs to chain, which
 * knows where trie nodes come from.
 */
#ifndef EXEC_EXEC_H
#define EXEC_EXEC_H

#include "eth/block.h"
#include "eth/fork.h"
#include "eth/receipt.h"
#include "evm/evm.h"
#include "state/state.h"

/* Prices and bounds that callers outside need. Yellow Paper appendix G,
 * EIP-3860, EIP-7825, EIP-7594. */
enum {
	EXEC_GAS_TX = 21000,
	EXEC_INIT_CODE_MAX = 49152,
	EXEC_TX_GAS_MAX_OSAKA = 1 << 24,
	EXEC_TX_BLOB_MAX_OSAKA = 6
};

/* struct exec_env is what a block shows to its transactions. */
struct exec_env {
	const struct fork_plan *forks;
	struct evm *vm;         /* the machine of this thread */
	struct evm_block block; /* its fork is that of opcodes and gas */
	/* BLOCKHASH; RC_NOT_FOUND gives zero. NULL: always zero. */
	enum rc (*block_hash)(void *ctx, struct hash *out, uint64_t number);
	/*
	 * The state root between two transactions, which receipts carry
	 * before Byzantium. NULL: such blocks are RC_UNSUPPORTED.
	 */
	enum rc (*mid_root)(
	    void *ctx, struct hash *out, struct state *st, struct err *e);
	void *ctx;
	/* What a call's state is before it (overrides); NULL: as the source
	 * has it. For exec_estimate, which makes states itself. */
	void (*prepare)(void *ctx, struct state *st);
	/* Every move of coins is a log of EXEC_TRANSFER_LOGGER as well, in
	 * the place where it happens. For simulations. */
	bool logs_transfers;
};

/* Where the logs of moved coins come from: an address that nobody has, the
 * event is ERC-20's Transfer. */
extern const struct addr EXEC_TRANSFER_LOGGER;

/* exec_env_of fills an environment from a header; author gets the fees. */
void exec_env_of(struct exec_env *out, const struct fork_plan *forks,
    const struct header *h, const struct addr *author);

/*
 * exec_intrinsic_gas computes the gas a transaction costs before any code
 * runs; floor (may be NULL) is EIP-7623's, 0 before Prague.
 *
 * f       from fork_evm_at
 * Errors  RC_GAS_UINT64
 * Spec    Yellow Paper 6.2, EIP-2, EIP-2028, EIP-2930, EIP-3860, EIP-7623,
 *         EIP-7702
 */
enum rc exec_intrinsic_gas(uint64_t *out, uint64_t *floor, const struct tx *tx,
    enum fork f, struct err *e);

/*
 * exec_check_stateless checks what needs no account: type, signature form
 * and chain id for the fork, blobs and authorizations, nonce bound, fee
 * order, init code size, intrinsic and floor gas. It does not recover the
 * sender.
 *
 * Errors  RC_TX_TYPE, RC_TX_BLOBS, RC_TX_AUTHS, RC_BAD_SIGNATURE,
 *         RC_TX_CHAIN_ID, RC_TX_NONCE_MAX, RC_TX_TIP_ABOVE_FEE,
 *         RC_TX_INIT_CODE, RC_TX_INTRINSIC, RC_TX_FLOOR_GAS,
 *         RC_TX_GAS_LIMIT (Osaka's cap), RC_TX_FUNDS (gas above 2^256 wei),
 *         RC_GAS_UINT64
 */
enum rc exec_check_stateless(const struct tx *tx, const struct fork_plan *p,
    uint64_t number, uint64_t time, struct err *e);

/*
 * exec_msg runs one message of depth 0 against a state. What a transaction
 * is beside its message (fees, nonce, warm sets) is the caller's.
 *
 * out  as evm_run; state errors are sticky in st
 */
void exec_msg(struct evm_result *out, struct state *st,
    const struct exec_env *env, const struct evm_tx *tx,
    const struct evm_msg *msg);

/*
 * exec_systems tells the contracts that the protocol knows under fork f, by
 * the names that EIP-7910 has for them, ascending. A chain that says nothing
 * of deposits has them at address zero.
 *
 * Returns  how many
 */
enum { EXEC_SYSTEM_MAX = 5 };
struct exec_system {
	const char *name;
	struct addr addr;
};
size_t exec_systems(struct exec_system out[EXEC_SYSTEM_MAX],
    const struct fork_plan *p, enum fork f);

/*
 * exec_begin_block does what the protocol does before the first transaction:
 * the DAO fork's move of balances, and the calls that keep the beacon root
 * and the parent's hash.
 *
 * Spec  EIP-779, EIP-4788, EIP-2935
 */
enum rc exec_begin_block(struct state *st, const struct exec_env *env,
    const struct header *h, struct err *e);

/*
 * exec_tx runs one transaction and appends what it did to st.
 *
 * a           logs of the receipt
 * gas_left    gas the block has left; reduced on success
 * cumulative  gas used by the block so far; raised on success
 * Errors      RC_TX_...  refused, state unchanged
 *             RC_UNSUPPORTED  before Byzantium without env->mid_root
 *             those of the state's source: the state is spoilt
 */
enum rc exec_tx(struct arena *a, struct receipt *out, struct state *st,
    const struct exec_env *env, const struct tx *tx, const struct addr *sender,
    uint64_t *gas_left, uint64_t *cumulative, struct err *e);

/* struct exec_result is what a block's execution gave, to be compared with
 * its header. */
struct exec_result {
	struct receipt *receipts; /* one per transaction */
	size_t receipt_cnt;
	uint64_t gas_used;
	struct bloom bloom;
	struct hash requests_hash; /* EIP-7685; zero before Prague */
};

/*
 * exec_finish_block does what the protocol does behind the last transaction:
 * block and ommer rewards before Paris when pay_rewards (proof of work
 * chains), withdrawals from Shanghai, requests from Prague, which it reads
 * from the receipts and system contracts.
 *
 * io      requests_hash is set, the rest read
 * Errors  RC_BLK_REQUESTS  a deposit's log is malformed, or a system contract
 *                          is missing or failed; no memory, state errors
 * Spec    Yellow Paper 11.3, EIP-4895, EIP-6110, EIP-7002, EIP-7251, EIP-7685
 */
enum rc exec_finish_block(struct arena *a, struct exec_result *io,
    struct state *st, const struct exec_env *env, const struct block *b,
    bool pay_rewards, struct err *e);

/*
 * exec_block runs a whole block, from exec_begin_block to exec_finish_block.
 *
 * senders   one per transaction
 * Errors    those of the parts; the text names the transaction
 * Lifetime  receipts live in the arena
 */
enum rc exec_block(struct arena *a, struct exec_result *out, struct state *st,
    const struct exec_env *env, const struct block *b,
    const struct addr *senders, bool pay_rewards, struct err *e);

/*
 * exec_base_fee computes the base fee of parent's child: EIP-1559, or the
 * fixed one of the genesis extension; zero before London.
 */
void exec_base_fee(
    struct u256 *out, const struct fork_plan *p, const struct header *parent);

/* exec_reward sets the block reward of proof of work under f: 5, 3, 2 coins,
 * none from Paris. Yellow Paper 11.3, EIP-649, EIP-1234, EIP-3675. */
void exec_reward(struct u256 *out, enum fork f);

/* exec_minted sets all that a proof of work block mints: for its author the
 * reward and what ommers bring him, for the authors of ommers together. */
void exec_minted(struct u256 *author, struct u256 *ommers,
    const struct fork_plan *forks, const struct block *b);

#endif
