/* SPDX-License-Identifier: Apache-2.0
 *
 * The Ethereum virtual machine: one message in, what became of it out, every
 * message that it sends on the way run inside, on frames of the machine's
 * own. It reaches the world only through struct evm_host, which execution
 * fills over the state, and knows no transaction beyond what code can ask.
 *
 * A machine is used for one transaction after the other and keeps its memory
 * and its analysis of code in between; a thread has one.
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

/* Largest code of a contract (EIP-170) and of a creation (EIP-3860). */
enum { EVM_CODE_MAX = 24576, EVM_INIT_CODE_MAX = 2 * EVM_CODE_MAX };

/* EIP-7702: an account whose code is 0xef0100 and an address runs the code
 * of that address. */
enum { EVM_DELEGATION_LEN = 23 };

/*
 * struct evm_msg is a call or a creation.
 *
 * to         account that runs: balance, storage, ADDRESS. At depth 0 a
 *            creation's is the address it makes; the caller of evm_run
 *            derives it (addr_create), as it counts the sender's nonce.
 * code_addr  where the code is from: to, but for CALLCODE and DELEGATECALL
 *            (EIP-7702 is resolved by the machine); unused by creations
 * value      moved from caller to `to`; by DELEGATECALL only shown
 * input      call data, or init code; a view that outlives the run
 * salt       of EVM_CREATE2
 */
struct evm_msg {
	enum evm_call_kind kind;
	bool is_static;
	unsigned depth;
	uint64_t gas;
	struct addr caller, to, code_addr;
	struct u256 value;
	struct bytes input;
	struct hash salt;
};

/*
 * struct evm_move puts something else at an address than the fork has there,
 * for simulations: the precompile of another address, or the account's code.
 */
struct evm_move {
	struct addr at, as;
	bool is_code; /* no precompile; as is not looked at */
};

/* What a block shows to code. */
struct evm_block {
	struct addr coinbase;
	uint64_t number, time, gas_limit, chain_id;
	struct u256 difficulty, base_fee, blob_base_fee;
	struct hash prev_randao;
	bool has_randao;
	enum fork fork;               /* of opcodes and gas */
	const struct evm_move *moves; /* none for blocks of a chain */
	size_t move_cnt;
};

/* What the transaction shows to code. */
struct evm_tx {
	struct addr origin;
	struct u256 gas_price; /* effective */
	const struct hash *blob_hashes;
	size_t blob_cnt;
};

/*
 * struct evm_result is what became of a message.
 *
 * rc        RC_OK; RC_REVERT: undone, the rest of the gas is left; RC_EVM_...:
 *           undone, no gas left, but RC_EVM_FUNDS, RC_EVM_DEPTH and
 *           RC_EVM_NONCE leave all of it; RC_NO_MEMORY: the machine it runs
 *           on had none, nothing is known and the host is to be thrown
 *           away; RC_TIMEOUT: likewise, evm_watch ended it
 * gas_left  of msg->gas
 * output    data returned, or the reason of a revert; of a creation that
 *           succeeded the deployed code. It lives in the machine until its
 *           next run, what a host's send gave until the host's next call.
 * created   address of a creation, also when it failed
 */
struct evm_result {
	enum rc rc;
	uint64_t gas_left;
	struct bytes output;
	struct addr created;
};

/* struct evm_store is a slot at the moment of an SSTORE. */
struct evm_store {
	struct u256 now, original; /* original: before this transaction */
	bool was_warm;
	void *at; /* for store; valid until the next call of the host */
};

/*
 * struct evm_host is all that code can see and do outside its own frame.
 * Reads that fail give zero; the failure is sticky in the state behind the
 * host and ends the block.
 */
struct evm_host {
	/* Accounts. */
	bool (*exists)(void *ctx, const struct addr *addr);
	bool (*is_empty)(void *ctx, const struct addr *addr); /* EIP-161 */
	void (*balance)(void *ctx, struct u256 *out, const struct addr *addr);
	uint64_t (*nonce)(void *ctx, const struct addr *addr);
	void (*set_nonce)(void *ctx, const struct addr *addr, uint64_t nonce);
	size_t (*code_size)(void *ctx, const struct addr *addr);
	struct bytes (*code)(void *ctx, const struct addr *addr);
	void (*set_code)(void *ctx, const struct addr *addr, struct bytes code);
	/* EXTCODEHASH: zero for an account that is not there (EIP-1052). */
	void (*code_hash)(void *ctx, struct hash *out, const struct addr *addr);
	/*
	 * Moves value and touches `to` even for nothing; false, with nothing
	 * changed, when `from` has less. Before EIP-161 what is touched comes
	 * into being.
	 */
	bool (*transfer)(void *ctx, const struct addr *from,
	    const struct addr *to, const struct u256 *value);
	/* A creation may not take this address: it has a nonce, code or
	 * storage (EIP-684, EIP-7610). */
	bool (*is_taken)(void *ctx, const struct addr *addr);
	/* Begins a contract that by makes: new, nonce 0, no code; its balance
	 * stays. */
	void (*create)(
	    void *ctx, const struct addr *addr, const struct addr *by);
	/* SELFDESTRUCT, the move of the balance included; from Cancun the
	 * account goes only when it was created in this transaction
	 * (EIP-6780). Tells whether it goes and was not to go before. */
	bool (*destroy)(
	    void *ctx, const struct addr *addr, const struct addr *heir);

	/* Storage. load and store_at warm the slot (EIP-2929); load tells
	 * whether it was warm before. store_at learns what is to be stored;
	 * store follows when that is paid for and differs. */
	bool (*load)(void *ctx, struct u256 *out, const struct addr *addr,
	    const struct hash *key);
	void (*store_at)(void *ctx, struct evm_store *out,
	    const struct addr *addr, const struct hash *key,
	    const struct u256 *value);
	void (*store)(void *ctx, void *at, const struct u256 *value);
	void (*transient)(void *ctx, struct u256 *out, const struct addr *addr,
	    const struct hash *key);
	void (*set_transient)(void *ctx, const struct addr *addr,
	    const struct hash *key, const struct u256 *value);

	/* The transaction. warm_addr tells whether it was warm before
	 * (EIP-2929); it is not asked about precompiles. */
	bool (*warm_addr)(void *ctx, const struct addr *addr);
	void (*refund_add)(void *ctx, uint64_t gas);
	void (*refund_sub)(void *ctx, uint64_t gas);
	uint64_t (*refund)(void *ctx); /* for traces */
	void (*log)(void *ctx, const struct log_entry *log);
	size_t (*snapshot)(void *ctx);
	void (*revert)(void *ctx, size_t snapshot);

	/* BLOCKHASH: zero outside the last 256 blocks. */
	void (*block_hash)(void *ctx, struct hash *out, uint64_t number);

	/*
	 * Runs a message elsewhere; NULL but under evm_run_code. Its depth
	 * and its sender's balance are checked. delegate is the account whose
	 * code is meant (EIP-7702), or NULL; a creation's address is the
	 * host's to make.
	 */
	void (*send)(void *ctx, struct evm_result *out,
	    const struct evm_msg *msg, const struct addr *delegate);
	void *ctx;
};

/* A machine. Its address space is reserved at once, its memory taken as
 * programs need it. Not thread-safe. */
struct evm;

/* evm_new makes a machine; NULL when the system has no room for one. */
struct evm *evm_new(void);

/* evm_free ends a machine; NULL is fine. */
void evm_free(struct evm *vm);

/* Tells that a run has to end. */
typedef bool evm_over_fn(void *ctx);

/*
 * evm_watch sets who may end runs from the next one on, in the middle, with
 * RC_TIMEOUT; NULL: nobody, at no cost. It is asked after EVM_LOOK_GAS of gas
 * in one frame, at its next jump or dear instruction, and each time that so
 * many messages have begun or ended: milliseconds lie between, but for one
 * instruction or precompile that takes longer itself.
 */
enum { EVM_LOOK_GAS = 100000, EVM_LOOK_MESSAGES = 16 };
void evm_watch(struct evm *vm, evm_over_fn *is_over, void *ctx);

struct evm_tracer;

/* evm_trace sets who is told of every step from the next run on (trace.h);
 * NULL: nobody, at no cost. */
void evm_trace(struct evm *vm, const struct evm_tracer *tracer);

/*
 * evm_run runs one message of depth 0 and all that it sends.
 *
 * Before it the caller has, for a transaction: checked and charged all
 * intrinsic cost; raised the sender's nonce; applied authorizations
 * (EIP-7702); warmed sender, recipient, coinbase (EIP-3651) and the access
 * list. Precompiles are warm by themselves. Behind it the caller deals with
 * refunds, fees and the end of the transaction.
 *
 * evm_run does everything else of Yellow Paper 7 and 8, also at depth 0:
 * snapshot; the value's move (RC_EVM_FUNDS if the caller lacks it); the
 * collision check of a creation, its warming, nonce 1 (EIP-161), size and
 * 0xef rules, deposit cost, set_code; precompiles; the delegation of the
 * account called, which becomes warm and costs nothing at depth 0; revert on
 * failure. Logs and refunds go to the host as they happen.
 *
 * host, block, tx, msg  outlive the run
 * Errors                in out->rc. Memory beyond 4 GiB in all frames is out
 *                       of gas: its price is far above any block's.
 * Spec                  Yellow Paper 7, 8, 9, EIP-7702
 */
void evm_run(struct evm *vm, struct evm_result *out,
    const struct evm_host *host, const struct evm_block *block,
    const struct evm_tx *tx, const struct evm_msg *msg);

/*
 * evm_run_code runs one frame for somebody else, who deals in messages: the
 * code of a call, or the init code of a creation, at any depth. What it sends
 * goes to host->send, which may run code on this machine in turn. The caller
 * does everything around the frame: snapshots, values, nonces, collisions,
 * precompiles, delegations, the deposit of a creation.
 *
 * code    outlives the run; that of a call is kept ready for the next one
 * msg     of a creation neither input nor salt is read
 * host    nonce, set_nonce, set_code, transfer, is_taken, create, snapshot
 *         are not called; warm_addr is asked about precompiles too
 * Errors  in out->rc; RC_EVM_DEPTH also for runs nested deeper than messages
 *         can be
 */
void evm_run_code(struct evm *vm, struct evm_result *out,
    const struct evm_host *host, const struct evm_block *block,
    const struct evm_tx *tx, const struct evm_msg *msg, struct bytes code);

/* evm_use_memo tells the machine whether to remember hashes of 64 bytes (the
 * places of mapping entries); from the start it does. */
void evm_use_memo(struct evm *vm, bool is_used);

/* evm_is_precompile tells whether addr is a precompile under fork f. */
bool evm_is_precompile(const struct addr *addr, enum fork f);

/* evm_precompile_name tells of the precompile number i under fork f what it
 * is called (EIP-7910) and its address; NULL when there are no more. */
const char *evm_precompile_name(struct addr *out, size_t i, enum fork f);

/* evm_delegation tells whether code is a delegation designator (EIP-7702),
 * and to whom. */
bool evm_delegation(struct addr *to, struct bytes code);

#endif
