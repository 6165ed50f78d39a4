/* SPDX-License-Identifier: Apache-2.0
 *
 * The border of the Ethereum virtual machine. The machine reaches the world
 * only through struct evm_host, which execution fills over the state. No
 * machine is linked yet: see evm_available.
 */
#ifndef EVM_EVM_H
#define EVM_EVM_H

#include "base/arena.h"
#include "eth/fork.h"
#include "eth/receipt.h"
#include "eth/types.h"

enum evm_call_kind {
	EVM_CALL,
	EVM_CALLCODE,
	EVM_DELEGATECALL,
	EVM_STATICCALL,
	EVM_CREATE,
	EVM_CREATE2
};

/* Frames on the stack at once, the transaction's own included (Yellow Paper
 * 9.1: a call at depth 1024 fails). */
enum { EVM_DEPTH_MAX = 1025 };

struct evm_msg {
	enum evm_call_kind kind;
	bool is_static;
	unsigned depth;
	uint64_t gas;
	struct addr caller, to, code_addr;
	struct u256 value;
	struct bytes input;
	struct hash salt; /* EVM_CREATE2 */
};

/* What a block and transaction show to code. */
struct evm_block {
	struct addr coinbase;
	uint64_t number, time, gas_limit, chain_id;
	struct u256 difficulty, base_fee, blob_base_fee;
	struct hash prev_randao;
	bool has_randao;
	enum fork fork;
};

struct evm_result {
	enum rc rc; /* RC_OK, RC_REVERT, or another halt */
	uint64_t gas_left;
	struct bytes output; /* in the arena of the transaction */
	struct addr created;
};

/*
 * struct evm_host is all that code can see and do outside its own frame.
 * Reads that fail give zero; the failure is sticky in the state behind the
 * host and ends the block.
 */
struct evm_host {
	bool (*exists)(void *ctx, const struct addr *addr);
	bool (*is_empty)(void *ctx, const struct addr *addr); /* EIP-161 */
	void (*balance)(void *ctx, struct u256 *out, const struct addr *addr);
	struct bytes (*code)(void *ctx, const struct addr *addr);
	/* EXTCODEHASH: zero for an account that is not there (EIP-1052). */
	void (*code_hash)(void *ctx, struct hash *out, const struct addr *addr);
	void (*slot)(void *ctx, struct u256 *out, const struct addr *addr,
	    const struct hash *key);
	/* The slot before this transaction (EIP-2200). */
	void (*slot_original)(void *ctx, struct u256 *out,
	    const struct addr *addr, const struct hash *key);
	void (*set_slot)(void *ctx, const struct addr *addr,
	    const struct hash *key, const struct u256 *value);
	void (*transient)(void *ctx, struct u256 *out, const struct addr *addr,
	    const struct hash *key);
	void (*set_transient)(void *ctx, const struct addr *addr,
	    const struct hash *key, const struct u256 *value);
	/* Both tell whether it was warm before (EIP-2929). */
	bool (*warm_addr)(void *ctx, const struct addr *addr);
	bool (*warm_slot)(
	    void *ctx, const struct addr *addr, const struct hash *key);
	void (*refund_add)(void *ctx, uint64_t gas);
	void (*refund_sub)(void *ctx, uint64_t gas);
	void (*log)(void *ctx, const struct log_entry *log);
	/* SELFDESTRUCT, the move of the balance included; from Cancun the
	 * account goes only when it was created in this transaction
	 * (EIP-6780). */
	void (*destroy)(
	    void *ctx, const struct addr *addr, const struct addr *heir);
	/* BLOCKHASH: zero outside the last 256 blocks. */
	void (*block_hash)(void *ctx, struct hash *out, uint64_t number);
	void *ctx;
};

/* evm_available tells whether this build runs code. */
bool evm_available(void);

/* evm_is_precompile tells whether addr is a precompile under fork f. */
bool evm_is_precompile(const struct addr *addr, enum fork f);

#endif
