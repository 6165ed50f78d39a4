/* SPDX-License-Identifier: Apache-2.0
 *
 * Transactions that wait. Per-account nonce order, replacement by price,
 * bounds on everything, and a durable log: what pool_sync has synced
 * survives kill -9 and power loss. Owned by one thread (pool); chain reaches
 * it by message only.
 */
#ifndef POOL_POOL_H
#define POOL_POOL_H

#include "base/arena.h"
#include "eth/tx.h"

struct pool;

/* struct pool_tx is one pooled transaction, shared read-only between threads
 * and freed by the last pool_tx_put. */
struct pool_tx {
	struct tx tx; /* views into this object */
	struct addr sender;
	uint64_t added_ms;
	_Atomic(uint32_t) refs;
};

/* pool_tx_new decodes raw, recovers the sender and returns an object with
 * one reference. Thread: any; this is where recovery's 30 us are spent.
 * Errors as tx_decode and tx_sender. */
enum rc pool_tx_new(struct pool_tx **out, struct bytes raw, struct err *e);
struct pool_tx *pool_tx_get(struct pool_tx *t);
void pool_tx_put(struct pool_tx *t);

/* struct pool_view is how the pool reads accounts at the current head. */
struct pool_view {
	enum rc (*account)(void *ctx, uint64_t *nonce, struct u256 *balance,
	    const struct addr *addr, struct err *e);
	void *ctx;
};

struct pool_conf {
	const char *log_dir;   /* NULL: keep nothing on disk (tests) */
	uint64_t chain_id;
	bool allow_unprotected; /* legacy without chain id */
	struct u256 price_floor; /* lowest max_tip accepted */
	uint64_t block_gas_max;
	uint64_t age_max_s;    /* queued longer than this is dropped */
	size_t tx_max, bytes_max, per_account_max, account_max;
};

/* pool_conf_default fills the bounds of limits.def. */
struct pool_conf pool_conf_default(uint64_t chain_id);

/* pool_open replays the log, revalidating each transaction against view.
 * Errors RC_IO, RC_CORRUPT (damage before the end; a torn end is cut) */
enum rc pool_open(struct pool **out, const struct pool_conf *conf,
    const struct pool_view *view, uint64_t now_ms, struct err *e);
void pool_close(struct pool *p);

/*
 * pool_insert offers a transaction. On RC_OK it is in the pool and in the
 * log's buffer, not yet synced: acknowledge only after pool_sync.
 *
 * t         taken over (one reference) on RC_OK
 * base_fee  of the next block
 * Errors    RC_TX_... with the text that clients of go-ethereum know
 */
enum rc pool_insert(struct pool *p, struct pool_tx *t,
    const struct u256 *base_fee, uint64_t now_ms, struct err *e);

/* pool_sync writes and syncs everything inserted since the last call.
 * Errors RC_IO: stop the process, acknowledge nothing */
enum rc pool_sync(struct pool *p, struct err *e);

/*
 * pool_head tells that the head moved: drops what is mined or has become
 * invalid, promotes what may be mined now, ages the queue, compacts the log.
 *
 * touched  senders whose account changed (of the new and of undone blocks)
 */
enum rc pool_head(struct pool *p, const struct pool_view *view,
    const struct addr *touched, size_t cnt, const struct u256 *base_fee,
    uint64_t now_ms, struct err *e);

/*
 * pool_pick lists transactions to mine: nonce order per sender, higher tip
 * first, then older first; stops when their gas limits exceed gas_max.
 *
 * out     references the caller must put; array in the arena
 */
enum rc pool_pick(struct pool *p, struct arena *a, struct pool_tx ***out,
    size_t *cnt, uint64_t gas_max, const struct u256 *base_fee,
    struct err *e);

/* pool_find returns a reference (the caller puts it), or NULL. */
struct pool_tx *pool_find(struct pool *p, const struct hash *hash);

/* pool_nonce returns the next nonce for addr: account_nonce, or one after
 * the last pooled transaction that follows it without gap. */
uint64_t pool_nonce(struct pool *p, const struct addr *addr,
    uint64_t account_nonce);

struct pool_stats {
	size_t pending, queued, bytes, accounts;
};
void pool_stats(const struct pool *p, struct pool_stats *out);

/* pool_drop removes a transaction that the chain could not execute. */
void pool_drop(struct pool *p, const struct hash *hash, const char *why);

#endif
