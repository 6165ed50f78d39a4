/* SPDX-License-Identifier: Apache-2.0
 *
 * The chain: which blocks there are, which one is head, how one becomes the
 * next. Owned by core; readers use store views.
 *
 * After an error that is RC_IO or RC_CORRUPT the caller stops the process
 * and acknowledges nothing more; after any other the chain is unchanged.
 */
#ifndef CHAIN_CHAIN_H
#define CHAIN_CHAIN_H

#include "consensus/engine.h"
#include "eth/genesis.h"
#include "exec/exec.h"
#include "store/store.h"

struct chain;

/*
 * CHAIN_BLOCK_BYTES_MAX bounds the memory of one block with all it did: a
 * full block of 128 MiB and the state it touches.
 * CHAIN_REORG_MAX bounds the blocks one import may undo or re-execute; state
 * history bounds it too.
 * CHAIN_BAD_MAX is how many refused side blocks are remembered.
 * CHAIN_SAMPLE_ONE_IN: a check costs less than building the block did, so
 * that one in so many adds about a hundredth.
 */
enum {
	CHAIN_BLOCK_BYTES_MAX = 2047 * 1024 * 1024,
	CHAIN_REORG_MAX = 1024,
	CHAIN_BAD_MAX = 64,
	CHAIN_SUBSCRIBER_MAX = 8,
	CHAIN_SAMPLE_ONE_IN = 64
};

/*
 * chain_genesis_root computes the state root of an allocation.
 *
 * a  scratch; rewound before return
 */
enum rc chain_genesis_root(
    struct arena *a, struct hash *root, const struct genesis *g, struct err *e);

/* chain_genesis_header completes the genesis header (state root and all);
 * extra stays g's. a as above. */
enum rc chain_genesis_header(struct arena *a, struct header *out,
    struct hash *hash, const struct genesis *g, struct err *e);

/* chain_genesis_block makes the whole genesis block for store_append. */
enum rc chain_genesis_block(
    struct store_block **out, const struct genesis *g, struct err *e);

/*
 * chain_open opens the chain over an open store: writes the genesis block
 * into an empty one, refuses a store of another genesis, replays the log.
 *
 * g, s  outlive the chain. The engine is set later (it reads headers here).
 *       With a g whose header.state_root is set, a store that has a genesis
 *       is compared by the header's hash alone: a start with millions of
 *       genesis accounts need neither parse nor hash them again. An empty
 *       store always needs the accounts, and then their root must be it.
 * Errors  RC_CONF  another genesis; the text names both hashes
 *         RC_CORRUPT  a replayed block gives another state root
 */
enum rc chain_open(struct chain **out, struct store *s, const struct genesis *g,
    struct err *e);
void chain_close(struct chain *c);

/* chain_engine sets the engine; chain_engine_link is what the engine needs. */
void chain_set_engine(struct chain *c, struct engine *g);
struct engine_chain chain_engine_link(struct chain *c);

/*
 * chain_recover_fn recovers the senders of cnt transactions, out[i] of
 * txs[i]: a place to use threads, or the pool's knowledge.
 */
typedef enum rc chain_recover_fn(void *ctx, struct addr *out,
    const struct tx *txs, size_t cnt, struct err *e);

/* chain_set_recover replaces the default, which is tx_sender in a loop. */
void chain_set_recover(struct chain *c, chain_recover_fn *fn, void *ctx);

/*
 * chain_set_block_bytes bounds the memory of a block under construction or
 * import instead of CHAIN_BLOCK_BYTES_MAX, once for what stays of it and once
 * for what goes. A block that needs more is refused with RC_NO_MEMORY or
 * RC_TOO_LARGE and nothing changes.
 */
void chain_set_block_bytes(struct chain *c, size_t max);

/*
 * chain_set_sample checks one head in so many against invariant.def and its
 * state root, after it is durable and before anybody is told; 1: each, 0:
 * none. CHAIN_SAMPLE_ONE_IN without it. A head that fails makes the step
 * that brought it fail with RC_CORRUPT.
 */
void chain_set_sample(struct chain *c, uint64_t one_in);

/* chain_head describes the head; valid until the next change. */
const struct store_head *chain_head(const struct chain *c);

/* chain_view is a view of the head; valid until the next change. */
const struct store_view *chain_view(const struct chain *c);

/* struct chain_undone is what the store forgets of an undone block. Its
 * receipts (receipts_pack form) are there when it had logs, and empty where
 * there was no room for them. */
struct chain_undone {
	const struct header *header;
	const struct hash *tx_hashes;
	size_t tx_cnt;
	struct bytes receipts;
};

/* struct chain_change tells what a step did to the canonical chain. */
struct chain_change {
	struct store_block *const *added; /* ascending; live until next step */
	size_t added_cnt;
	uint64_t rewind_to;         /* parent of the first added */
	const struct hash *removed; /* undone blocks, highest first; their
				     * bodies stay readable by hash */
	const struct addr *const *removed_senders; /* of each removed one, a
						    * sender per transaction */
	const struct chain_undone *undone;         /* of each removed one */
	size_t removed_cnt;
	const struct addr *touched; /* senders in both, each once: for pools */
	size_t touched_cnt;
};

/* Called after each change of the head, on core's thread. */
typedef void chain_change_fn(void *ctx, const struct chain_change *change);

/* chain_subscribe calls fn after each change, in order of subscription;
 * RC_NO_SPACE above CHAIN_SUBSCRIBER_MAX. */
enum rc chain_subscribe(
    struct chain *c, chain_change_fn *fn, void *ctx, struct err *e);

/*
 * chain_adopt makes a known side block the head although the engine would
 * not prefer it (EF_ADOPT).
 *
 * Errors  RC_NOT_FOUND  no such side block; else as chain_import
 */
enum rc chain_adopt(struct chain *c, struct chain_change *out,
    const struct hash *hash, struct err *e);

/*
 * chain_import checks and executes a foreign block and makes it the head
 * when the engine prefers it, undoing blocks of the losing branch.
 *
 * out     added_cnt is 0 when the block was kept as a side block
 * Errors  RC_BLK_... (the chain is unchanged), RC_BLK_KNOWN, RC_TX_... (of
 *         a transaction in it), RC_IO (stop)
 */
enum rc chain_import(struct chain *c, struct chain_change *out,
    struct bytes raw, uint64_t now_s, struct err *e);

/* One candidate of a block under construction. */
struct chain_candidate {
	const struct tx *tx;
	struct addr sender;
};

/*
 * Says that a candidate is not in this block and why. RC_TX_NONCE_HIGH,
 * RC_TX_FUNDS and RC_TX_FEE_LOW may pass in a later block; others do not.
 * Not called for those left out because the block is full, time is up, or an
 * earlier one of the same sender was refused.
 */
typedef void chain_refuse_fn(
    void *ctx, const struct tx *tx, enum rc rc, const char *why);

/*
 * chain_build executes candidates on the head under an engine's template and
 * completes the header but for the seal. Whoever engine_author names for the
 * template gets the fees. The block is kept until chain_commit, the next
 * build, or a change of the head.
 *
 * header    complete; its extra still lacks the seal and is a view that
 *           lives as long as the built block
 * tmpl      all but roots, bloom and gas used
 * txs       nonce order per sender
 * deadline  true when no more transactions should be started; may be NULL
 * refuse    may be NULL; ctx is of both
 * Errors    RC_NOT_FOUND  tmpl is not for the head
 */
enum rc chain_build(struct chain *c, struct header *header,
    const struct header *tmpl, const struct chain_candidate *txs, size_t cnt,
    bool (*deadline)(void *ctx), chain_refuse_fn *refuse, void *ctx,
    struct err *e);

/*
 * chain_commit makes the block last built, now sealed, the head. The sealed
 * header may differ from the built one in extra data only.
 *
 * Errors  RC_NOT_FOUND  nothing is built, or the head has moved since
 *         RC_BLK_...    the seal is not valid: nothing is stored
 *         RC_IO         stop
 */
enum rc chain_commit(struct chain *c, struct chain_change *out,
    const struct header *sealed, struct err *e);

/* chain_flush moves layers to the tables when due (or always with force). */
enum rc chain_flush(struct chain *c, bool force, struct err *e);

/*
 * chain_check_head runs every row of invariant.def over the head block.
 * Debug builds do it after each import and commit and end the process on a
 * violation.
 *
 * Errors  RC_CORRUPT  names the row and the numbers that disagree
 */
enum rc chain_check_head(struct chain *c, struct err *e);

/*
 * chain_audit recomputes everything from genesis over a store that chain_open
 * has brought up to date: links, numbers, times, seals, gas, roots, receipts,
 * indexes, balances; say gets a line per finding. All blocks are executed
 * again into a state in memory.
 *
 * Returns RC_OK when nothing was found, RC_CORRUPT otherwise
 */
enum rc chain_audit(struct store *s, const struct genesis *g,
    struct engine *engine, void (*say)(void *ctx, const char *line), void *ctx,
    struct err *e);

/* chain_export writes the canonical blocks first..last as RLP, one behind
 * the other, to fd. */
enum rc chain_export(
    struct store *s, int fd, uint64_t first, uint64_t last, struct err *e);

/* struct chain_load counts what chain_load_fd did. imported counts blocks
 * that became canonical, those of a branch that won late included. */
struct chain_load {
	uint64_t read; /* blocks of the file that were taken or passed over */
	uint64_t imported, side, known;
};

/*
 * chain_load_fd imports blocks as chain_export writes them, in order. Known
 * ones are passed over; it stops at the first that is refused.
 *
 * Errors  as chain_import; RC_TRUNCATED when the file ends inside a block
 */
enum rc chain_load_fd(struct chain *c, struct chain_load *out, int fd,
    uint64_t now_s, struct err *e);

/* chain_pays tells whether blocks of this chain bear rewards: chains whose
 * genesis names no engine are proof of work, as in go-ethereum. */
bool chain_pays(const struct genesis *g);

/* chain_state_source and chain_tries read the state after block number on a
 * view; both live as long as it and link do. */
struct chain_link {
	const struct store_view *view;
	uint64_t number;
};
struct state_source chain_state_source(struct chain_link *link);
struct state_tries chain_tries(struct chain_link *link);

/* struct chain_trie names one trie of that state: the account trie, or the
 * storage trie of an account. chain_trie_source reads its nodes, and lives as
 * long as it. */
struct chain_trie {
	struct chain_link link;
	bool is_storage;
	struct hash addr_hash; /* of the storage's account */
};
struct trie_source chain_trie_source(struct chain_trie *t);

#endif
