/* SPDX-License-Identifier: Apache-2.0
 *
 * The chain: which blocks there are, which one is head, how one becomes the
 * next. Owned by core; readers use store views.
 */
#ifndef CHAIN_CHAIN_H
#define CHAIN_CHAIN_H

#include "consensus/engine.h"
#include "eth/genesis.h"
#include "exec/exec.h"
#include "store/store.h"

struct chain;

/*
 * chain_genesis_root computes the state root of an allocation and, when out
 * is not NULL, a whole genesis block ready for store_append.
 */
enum rc chain_genesis_root(struct arena *a, struct hash *root,
    const struct genesis *g, struct err *e);

/* chain_genesis_header completes the genesis header (state root and all). */
enum rc chain_genesis_header(struct arena *a, struct header *out,
    struct hash *hash, const struct genesis *g, struct err *e);

/*
 * chain_open opens the chain over an open store: writes the genesis block
 * into an empty one, refuses a store of another genesis, replays the log.
 *
 * g, s  outlive the chain; the engine is set later (it reads headers here)
 */
enum rc chain_open(struct chain **out, struct store *s,
    const struct genesis *g, struct err *e);
void chain_close(struct chain *c);

/* chain_engine sets the engine; chain_engine_link is what the engine needs. */
void chain_set_engine(struct chain *c, struct engine *g);
struct engine_chain chain_engine_link(struct chain *c);

/* chain_head describes the head; valid until the next change. */
const struct store_head *chain_head(const struct chain *c);

/* struct chain_change tells what a step did to the canonical chain. */
struct chain_change {
	struct store_block *const *added; /* ascending; live until the next step */
	size_t added_cnt;
	uint64_t rewind_to;               /* parent of the first added */
	const struct addr *touched;       /* senders, for the pool */
	size_t touched_cnt;
};

/*
 * chain_import checks and executes a foreign block and makes it the head
 * when the engine prefers it, undoing blocks of the losing branch.
 *
 * out     added_cnt is 0 when the block was kept as a side block
 * Errors  RC_BLK_... (the chain is unchanged), RC_IO (stop)
 */
enum rc chain_import(struct chain *c, struct chain_change *out,
    struct bytes raw, uint64_t now_s, struct err *e);

/* One candidate of a block under construction. */
struct chain_candidate {
	const struct tx *tx;
	struct addr sender;
};

/* Says that a candidate cannot be in this block and why. */
typedef void chain_refuse_fn(void *ctx, const struct tx *tx, enum rc rc,
    const char *why);

/*
 * chain_build executes candidates on the head under an engine's template and
 * completes the header but for the seal.
 *
 * deadline  returns true when no more transactions should be started
 * header    complete; its extra still lacks the seal
 */
enum rc chain_build(struct chain *c, struct header *header,
    const struct header *tmpl, const struct chain_candidate *txs, size_t cnt,
    bool (*deadline)(void *ctx), chain_refuse_fn *refuse, void *ctx,
    struct err *e);

/* chain_commit makes the block last built, now sealed, the head. */
enum rc chain_commit(struct chain *c, struct chain_change *out,
    const struct header *sealed, struct err *e);

/* chain_flush moves layers to the tables when due (or always with force). */
enum rc chain_flush(struct chain *c, bool force, struct err *e);

/*
 * chain_audit recomputes everything from genesis over a store: links,
 * numbers, seals, roots, receipts, balances; say gets a line per finding.
 *
 * Returns RC_OK when nothing was found
 */
enum rc chain_audit(struct store *s, const struct genesis *g,
    struct engine *engine, void (*say)(void *ctx, const char *line),
    void *ctx, struct err *e);

/* chain_export writes the canonical blocks first..last as RLP, one behind
 * the other, to fd. */
enum rc chain_export(struct store *s, int fd, uint64_t first, uint64_t last,
    struct err *e);

/* chain_state_source and chain_tries read the state after block number on a
 * view; both live as long as it. store them in *link. */
struct chain_link {
	const struct store_view *view;
	uint64_t number;
};
struct state_source chain_state_source(struct chain_link *link);
struct state_tries chain_tries(struct chain_link *link);

#endif
