/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON-RPC 2.0: one document in, one document out. Pure: no thread, no
 * socket. A document (a call or a batch) travels through the threads of its
 * owner, and each does what only it may do:
 *
 *   reader  rpc_begin      parse, look up, answer all that a store view can
 *                          answer; decode transactions, recover senders
 *   keeper  rpc_run_keys   ask whoever has the accounts' keys
 *   pool    rpc_run_pool   insert transactions in order, look at the pool
 *   core    rpc_run_core   ask or tell the consensus engine
 *   any     rpc_finish     the answer's bytes
 *
 * Order: the calls of a batch are answered in their order. What a view can
 * answer is answered from one view, before the pool's turn; the pool's turn
 * does its calls in order. So a batch never sees its own transactions in
 * blocks, but finds them in the pool.
 */
#ifndef RPC_RPC_H
#define RPC_RPC_H

#include "base/clock.h"
#include "consensus/engine.h"
#include "eth/genesis.h"
#include "pool/pool.h"
#include "rpc/filters.h"
#include "store/store.h"

/* Where a document came from: column of methods.def. */
enum rpc_source {
	RPC_LOCAL,  /* node.ipc: operators, every method */
	RPC_GATEWAY /* rpc.sock: without operators' methods */
};

/*
 * Bounds of one document: its bytes, and its answer's by source (reliability
 * N3; 25 MB is go-ethereum's). A result that would exceed the answer's bound
 * becomes an error, the calls behind it in a batch too.
 */
enum {
	RPC_DOC_MAX = 5 * 1024 * 1024,
	RPC_ANSWER_MAX = 25 * 1024 * 1024,
	RPC_ANSWER_GATEWAY_MAX = 10 * 1024 * 1024
};

/* struct rpc_node is what every call may look at; shared, read-only. */
struct rpc_node {
	struct store *store;
	const struct genesis *genesis;
	const struct clock *clock;
	const char *client_version;
	bool is_sealer;
	bool has_accounts; /* there is a keeper of keys (rpc_run_keys) */
	struct addr sealer;
	bool allow_unprotected;  /* legacy transactions without chain id */
	struct u256 price_floor; /* lowest tip that the pool takes */
	size_t batch_max[2];     /* calls of one batch, by rpc_source */
	uint64_t history;        /* blocks whose state stays readable; 0: all */
	/*
	 * How far below the head a block is safe from reorganisations:
	 * Clique 2 * clique_limit(signers), BFT 0. Written by core, read by
	 * readers. NULL: the tags safe and finalized name no block.
	 */
	const _Atomic(uint64_t) *final_depth;
	const _Atomic(uint64_t) *peer_cnt; /* NULL: this node has no peers */
	struct rpc_filters *filters; /* NULL: none can be made (filters.h) */
	struct rpc_authors *authors; /* NULL: nobody remembers (authors.h) */
	/* Largest gas limit of a new transaction, written by core with each
	 * head. NULL: the head's. */
	const _Atomic(uint64_t) *gas_max;
};

struct rpc_doc;
struct evm;

/*
 * rpc_begin reads a document and answers what it can. Never fails: what is
 * wrong with the document is its answer.
 *
 * vm      what eth_call and eth_estimateGas run on (evm_new): a machine of
 *         this thread's own, kept from document to document, so that code
 *         stays analysed and memory mapped. It is free again on return.
 * text    copied where it is needed later
 * Returns NULL only when the machine has no memory
 * Thread  reader
 */
struct rpc_doc *rpc_begin(const struct rpc_node *n, struct evm *vm,
    enum rpc_source source, struct bytes text);

/*
 * rpc_begin in two steps, for a thread that does only what is short itself:
 * rpc_open reads the text, rpc_run answers what it can, once.
 *
 * text  stays until rpc_run
 * vm    as in rpc_begin; NULL: the document is short (rpc_is_short)
 * unwanted  becomes true when nobody waits for the answer any more, at any
 *           time and by any thread: what only reads then ends soon, with an
 *           error. It outlives rpc_run. NULL: somebody waits
 * rpc_open returns NULL and rpc_run false only when the machine has no
 * memory; the document is then only good for rpc_free
 */
struct rpc_doc *rpc_open(
    const struct rpc_node *n, enum rpc_source source, struct bytes text);
bool rpc_run(struct rpc_doc *d, struct evm *vm, const _Atomic(bool) *unwanted);

/* rpc_is_short tells of an opened document whether rpc_run takes no more than
 * a signature's recovery and one account, or one account, slot or code, and no
 * machine: handing it to another thread would cost as much, or ten times. */
bool rpc_is_short(const struct rpc_doc *d);

/*
 * struct rpc_keys is how the keeper reaches the keys of accounts. Passwords go
 * in and signatures come out; a key never does. Each may block.
 *
 * make    a new account, on disk before it is told
 * unlock  seconds: 0, until the end; RPC_KEYS_ONCE, for the next signature
 * lock    also of what is locked already
 * sign    r, s, y_parity of the message's Keccak-256
 * nonce   the next one of an account, with what waits in the pool
 * Errors  RC_KEY_UNKNOWN, RC_KEY_LOCKED, RC_BAD_PASSWORD; RC_UNAVAILABLE with
 *         a text that says why; RC_DENIED
 */
#define RPC_KEYS_ONCE UINT32_MAX
struct rpc_keys {
	enum rc (*list)(void *ctx, struct arena *a, struct addr **out,
	    size_t *cnt, struct err *e);
	enum rc (*make)(
	    void *ctx, struct addr *out, struct bytes password, struct err *e);
	enum rc (*unlock)(void *ctx, const struct addr *addr,
	    struct bytes password, uint32_t seconds, struct err *e);
	enum rc (*lock)(void *ctx, const struct addr *addr, struct err *e);
	enum rc (*sign)(void *ctx, uint8_t sig[65], const struct addr *addr,
	    bool is_tx, struct bytes message, struct err *e);
	enum rc (*nonce)(
	    void *ctx, uint64_t *out, const struct addr *addr, struct err *e);
	void *ctx;
};

/* rpc_needs_keys tells whether the document needs the keeper, before pool and
 * core; rpc_run_keys is its turn. Thread: keeper */
bool rpc_needs_keys(const struct rpc_doc *d);
void rpc_run_keys(struct rpc_doc *d, const struct rpc_keys *k);

/* What an opened document takes: little, perhaps much, much. */
enum rpc_weight { RPC_LIGHT, RPC_UNSURE, RPC_HEAVY };
enum rpc_weight rpc_weigh(const struct rpc_doc *d);

/*
 * rpc_limit has rpc_run of an UNSURE document end when the machine has asked
 * so many times whether to go on (evm_watch). It is work that counts, not time:
 * a thread that the system keeps waiting does none. rpc_is_cut tells that it
 * did: nothing has happened, and the document is only good for rpc_free; open
 * the text anew.
 */
void rpc_limit(struct rpc_doc *d, unsigned looks);
bool rpc_is_cut(const struct rpc_doc *d);

/* Whether the document needs a turn of the pool, of core; pool goes first. */
bool rpc_needs_pool(const struct rpc_doc *d);
bool rpc_needs_core(const struct rpc_doc *d);

/*
 * rpc_run_pool does the document's pool work, in the order of its calls.
 *
 * needs_sync  the answer tells of something that may not be synced yet: hold
 *             it until pool_sync
 * Errors      RC_IO of the pool: stop the process
 * Thread      pool
 */
enum rc rpc_run_pool(struct rpc_doc *d, struct pool *p, uint64_t now_ms,
    bool *needs_sync, struct err *e);

/* struct rpc_imported is what an import did to the chain: blocks that became
 * canonical (none: the block was kept aside), blocks undone. */
struct rpc_imported {
	size_t added, undone;
};

/*
 * struct rpc_core is what the document's owner lends it on core's thread.
 *
 * head    follows the chain
 * import  chain_import, and what else a new head means. Errors as there;
 *         RC_IO and RC_CORRUPT: stop the process
 */
struct rpc_core {
	struct engine *engine;
	const struct store_head *head;
	enum rc (*import)(void *ctx, struct rpc_imported *out, struct bytes raw,
	    struct err *e);
	void *ctx;
};

/*
 * rpc_run_core does the document's consensus work.
 *
 * has_vote  a vote was proposed: feed the engine EV_WORK
 * Errors    RC_IO, RC_CORRUPT of an import: stop the process
 * Thread    core
 */
enum rc rpc_run_core(struct rpc_doc *d, const struct rpc_core *core,
    uint64_t now_ms, bool *has_vote, struct err *e);

/*
 * rpc_finish completes the answer; empty when none is owed (notifications).
 * A line feed ends it. A transaction that neither the first view nor the
 * pool had is looked up once more here: it may have been mined in between.
 *
 * Lifetime  until rpc_free
 * Thread    any without a view of its own open
 */
struct bytes rpc_finish(struct rpc_doc *d);

/* rpc_free drops a document at any stage. */
void rpc_free(struct rpc_doc *d);

#endif
