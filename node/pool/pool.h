/* SPDX-License-Identifier: Apache-2.0
 *
 * Transactions that wait. Per-account nonce order, replacement by price,
 * bounds on everything, and a durable log: what pool_sync has synced
 * survives kill -9 and power loss. Owned by one thread (pool); chain reaches
 * it by message only.
 *
 * A pooled transaction is executable when it follows its sender's account
 * without a nonce gap and the balance covers it together with all before it;
 * otherwise it is queued. What the pool promises about an acknowledged one:
 *
 * - An executable one leaves when it is mined, when its sender replaces it,
 *   when the chain refuses it (pool_drop), or when the pool is full and a
 *   better paying one takes its place. The last two are logged with the hash
 *   and the reason, never silent. Without prices nothing outbids anything:
 *   a full pool then refuses newcomers and keeps what it has.
 * - A queued one gives way to any executable newcomer when the pool is full,
 *   and leaves when it has waited age_max_s. Both are logged.
 *
 * Executable also means that the next block is large enough for it. Blocks
 * can become too small for an acknowledged one (a restart with a lower gas
 * limit): it is logged and queued, since the limit may come back.
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
	uint64_t added_ms;   /* when the pool took it, Unix time */
	size_t memory_bytes; /* of this object */
	_Atomic(uint32_t) refs;
};

/*
 * pool_tx_decode decodes raw into an object with one reference, its sender
 * still zero: what can be refused without it should be refused before
 * pool_tx_recover. raw is copied.
 *
 * Errors  RC_TX_OVERSIZED, those of tx_decode
 * Thread  any
 */
enum rc pool_tx_decode(struct pool_tx **out, struct bytes raw, struct err *e);

/*
 * pool_tx_recover fills the sender in: this is where recovery's 30 us are
 * spent. Only before the object is shared.
 *
 * Errors  those of tx_sender
 * Thread  any
 */
enum rc pool_tx_recover(struct pool_tx *t, struct err *e);

/* pool_tx_new is both in one. */
enum rc pool_tx_new(struct pool_tx **out, struct bytes raw, struct err *e);

/* pool_tx_get adds a reference, pool_tx_put gives one back; NULL is fine.
 * Thread  any */
struct pool_tx *pool_tx_get(struct pool_tx *t);
void pool_tx_put(struct pool_tx *t);

/*
 * struct pool_view is how the pool reads accounts at the current head. The
 * pool keeps a copy; ctx must live until the next pool_head or pool_close.
 * account is called on the pool's thread; an account that was never touched
 * has nonce and balance zero.
 */
struct pool_view {
	enum rc (*account)(void *ctx, uint64_t *nonce, struct u256 *balance,
	    const struct addr *addr, struct err *e);
	void *ctx;
};

/*
 * struct pool_gas bounds the gas limit of one transaction.
 *
 * accept  a newcomer is refused above it. It should be so low that what was
 *         acknowledged fits into every block to come, however the limit of
 *         blocks moves
 * block   gas limit of the next block: a pooled one above it is not
 *         executable and waits
 */
struct pool_gas {
	uint64_t accept, block;
};

struct pool_conf {
	const char *log_dir; /* made if missing; NULL: nothing on disk */
	uint64_t chain_id;
	bool allow_unprotected;  /* legacy without chain id */
	struct u256 price_floor; /* lowest max_tip accepted */
	struct pool_gas gas;     /* until the first pool_set_gas */
	uint64_t age_max_s;      /* queued longer than this is dropped */
	size_t tx_max, bytes_max, per_account_max, account_max;
};

/* pool_conf_open makes a configuration without bounds of its own: whoever
 * runs a pool sets them. Nothing on disk. */
struct pool_conf pool_conf_open(uint64_t chain_id);

/*
 * pool_open replays the log, revalidating each transaction against view.
 * What was acknowledged once is not judged by price and bounds again, even
 * when the configuration is stricter now.
 *
 * Errors RC_IO, RC_CORRUPT (damage before the end; a torn end was never
 *        acknowledged and is cut), RC_NO_MEMORY
 */
enum rc pool_open(struct pool **out, const struct pool_conf *conf,
    const struct pool_view *view, uint64_t now_ms, struct err *e);

/* pool_close frees everything. What was not synced was not acknowledged and
 * is lost. */
void pool_close(struct pool *p);

/*
 * pool_listen has fn called for each transaction that becomes executable, once
 * in its stay: when it comes in, or later when what it waited for is there.
 * It may not be synced yet: tell nobody before pool_sync.
 *
 * t       shared; whoever keeps it takes a reference
 * Thread  the pool's, within the call that changed the pool
 */
typedef void pool_ready_fn(void *ctx, struct pool_tx *t);
void pool_listen(struct pool *p, pool_ready_fn *fn, void *ctx);

/*
 * pool_insert offers a transaction. On RC_OK it is in the pool and in the
 * log's buffer, not yet synced: acknowledge only after pool_sync. The caller
 * has checked what needs no account (exec_check_stateless, intrinsic gas).
 *
 * t       taken over (one reference) on RC_OK
 * Errors  RC_TX_... with the text that clients of go-ethereum know;
 *         RC_TX_POOL_FULL; RC_IO: stop, as pool_sync
 */
enum rc pool_insert(
    struct pool *p, struct pool_tx *t, uint64_t now_ms, struct err *e);

/*
 * pool_return gives back a transaction of an undone block. Only its nonce is
 * judged: it was acknowledged before, so neither price nor a full pool
 * refuses it. Call pool_head for the new head first.
 *
 * t       one reference is taken over, in every case
 * Errors  RC_IO: stop, as pool_sync
 */
enum rc pool_return(
    struct pool *p, struct pool_tx *t, uint64_t now_ms, struct err *e);

/*
 * pool_sync writes and syncs everything inserted since the last call.
 *
 * Errors RC_IO: stop the process, acknowledge nothing. It is sticky: every
 *        later pool_insert and pool_sync fails as well
 */
enum rc pool_sync(struct pool *p, struct err *e);

/*
 * pool_tidy compacts the log a little when much was written since that was
 * done last, so that it is bounded without heads too. Often for nothing,
 * sometimes for a write of POOL_SEGMENT_MAX and its sync: call it when
 * nobody waits for pool_sync.
 *
 * Errors RC_IO: stop, as pool_sync
 */
enum rc pool_tidy(struct pool *p, struct err *e);

/*
 * pool_set_gas tells what blocks hold from now on. Call it before the
 * pool_head of the head that changed it, which promotes what fits again.
 *
 * Errors  RC_NO_MEMORY
 */
enum rc pool_set_gas(
    struct pool *p, const struct pool_gas *gas, uint64_t now_ms, struct err *e);

/*
 * pool_head tells that the head moved: drops what is mined or has aged,
 * promotes what may be mined now, compacts the log.
 *
 * touched  senders whose account changed (of the new and of undone blocks);
 *          other accounts are read again when they are needed
 * Errors   RC_IO: stop; what view->account returned
 */
enum rc pool_head(struct pool *p, const struct pool_view *view,
    const struct addr *touched, size_t cnt, uint64_t now_ms, struct err *e);

/*
 * pool_pick lists transactions to mine: nonce order per sender, higher tip
 * first, then older first. A transaction that does not fit into what is left
 * of gas_max ends its sender's turn.
 *
 * out     references the caller must put; array in the arena
 * Errors  RC_NO_MEMORY
 */
enum rc pool_pick(struct pool *p, struct arena *a, struct pool_tx ***out,
    size_t *cnt, uint64_t gas_max, const struct u256 *base_fee, struct err *e);

/* pool_has_work tells whether pool_pick would list anything. That nothing is
 * there is remembered: asked again, it looks at nothing but what changed. */
bool pool_has_work(
    struct pool *p, uint64_t gas_max, const struct u256 *base_fee);

/* pool_find returns a reference (the caller puts it), or NULL. */
struct pool_tx *pool_find(struct pool *p, const struct hash *hash);

/*
 * pool_nonce returns the next nonce for addr: that of the account, or one
 * after the last pooled transaction that follows it without gap.
 *
 * account_nonce  what the caller read; the pool's own knowledge may be newer
 */
uint64_t pool_nonce(
    struct pool *p, const struct addr *addr, uint64_t account_nonce);

/* struct pool_item is one that waits. */
struct pool_item {
	struct pool_tx *tx;
	bool is_ready; /* executable */
};

/*
 * pool_list lists what waits, ascending by sender and nonce.
 *
 * out     references the caller must put; array in the arena
 * addr    of this sender only; NULL: of all
 * Errors  RC_TOO_LARGE  more than max wait; RC_NO_MEMORY
 */
enum rc pool_list(const struct pool *p, struct arena *a, struct pool_item **out,
    size_t *cnt, const struct addr *addr, size_t max, struct err *e);

/* pending counts executable transactions, queued the others, added all that
 * were taken in since the start; log_bytes is the size of the log files. */
struct pool_stats {
	size_t pending, queued, bytes, accounts;
	uint64_t added, log_bytes;
};
void pool_stats(const struct pool *p, struct pool_stats *out);

/*
 * struct pool_auditor is who asks for an audit.
 *
 * is_mined  RC_OK: a canonical block has it, RC_NOT_FOUND: none has; anything
 *           else ends the audit
 * finding   gets a line about something that must not be
 * note      gets a line about something that is fine and why
 */
struct pool_auditor {
	enum rc (*is_mined)(
	    void *ctx, const struct hash *tx_hash, struct err *e);
	void (*finding)(void *ctx, const char *line);
	void (*note)(void *ctx, const char *line);
	void *ctx;
};

/* pending and queued as in struct pool_stats; past counts records of
 * transactions whose nonce the chain has used, mined those of them that a
 * block has, the others gave way to another of the same nonce. */
struct pool_audit {
	size_t pending, queued, past, mined, findings;
	uint64_t torn_bytes; /* of an end that was never acknowledged */
};

/*
 * pool_audit reads the log of a stopped node, with the reader that a start
 * uses, and judges all that is in it: sums and sequence of the files, that
 * every transaction decodes, is for this chain and is signed by the sender
 * that is recorded, that none is both waiting and mined, and that exactly
 * what may be mined now counts as executable; why the others wait is a note.
 * The folder is left as it is.
 *
 * conf    log_dir and chain_id are used
 * Errors  RC_NOT_FOUND  log_dir is not there
 *         RC_IO, RC_NO_MEMORY, what view->account and is_mined returned;
 *         findings are no error
 */
enum rc pool_audit(struct pool_audit *out, const struct pool_conf *conf,
    const struct pool_view *view, const struct pool_auditor *by, struct err *e);

/* pool_drop removes a transaction that the chain could not execute; why goes
 * into the log line. Unknown hashes are fine. */
void pool_drop(struct pool *p, const struct hash *hash, const char *why);

#endif
