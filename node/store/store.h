/* SPDX-License-Identifier: Apache-2.0
 *
 * The chain's database. A block becomes durable as one fsynced record of the
 * state log (block, receipts, state changes); readers see it at once as a
 * layer in memory over the tables; the tables (LMDB) follow in sorted
 * batches and are brought up to date from the log after a crash.
 *
 * Threads: one writer (core) owns struct store; any number of readers open a
 * struct store_view each, which shows one head and never changes. A view
 * lives for one request: an old view keeps LMDB pages and layers alive.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "eth/block.h"
#include "eth/receipt.h"
#include "eth/statediff.h"

struct store;
struct store_view;

/* Views open at once; LMDB's reader table has the same size. */
enum { STORE_VIEW_MAX = 256 };

struct store_conf {
	const char *dir;        /* exists, belongs to this process */
	size_t map_bytes;       /* first size of the map; it grows by itself */
	uint64_t history;       /* blocks whose state stays readable; 0: all */
	size_t layer_max;       /* layers kept before a flush is due */
	size_t layer_bytes_max; /* bytes of layers before a flush is due */
};

/* store_conf_default fills everything but dir: 1 GiB, 256, 32, 32 MiB. */
struct store_conf store_conf_default(const char *dir);

/*
 * struct store_block is one block with everything that it did. Built in its
 * own arena by chain; the store takes the arena over when it appends.
 */
struct store_block {
	struct arena arena; /* owns all that is below */
	struct hash hash;
	struct header header;
	struct u256 total_difficulty; /* this block included */
	struct bytes raw;             /* block RLP */
	struct bytes receipts;        /* receipts_pack form */
	const struct hash *tx_hashes;
	const struct addr *senders;
	size_t tx_cnt;
	struct state_diff diff;
	struct state_nodes nodes;
};

/* store_block_new opens an empty block; NULL when memory is short. */
struct store_block *store_block_new(size_t arena_max_bytes);

/* store_block_free drops a block that was not appended. */
void store_block_free(struct store_block *b);

/*
 * store_open opens or creates the database in conf->dir and takes its lock.
 *
 * Errors  RC_WRONG_SCHEMA  of another version, says which
 *         RC_UNAVAILABLE   another process has it open
 *         RC_CORRUPT, RC_IO
 */
enum rc store_open(struct store **out, const struct store_conf *conf,
    struct err *e);

/* store_close flushes nothing (the log has it) and frees everything. All
 * views must be closed. */
void store_close(struct store *s);

/* store_is_empty: not even a genesis block yet. */
bool store_is_empty(const struct store *s);

/*
 * store_recover hands out the oldest group of blocks that is in the log but
 * not in the tables, as a crash or plain stop left it. diff has no before
 * values and nodes is empty: the caller computes both on a view of the
 * parent and gives the group to store_adopt. A torn record at the log's end
 * was never acknowledged and is cut.
 *
 * cnt        0 when there is nothing more
 * rewind_to  as in store_append
 */
enum rc store_recover(struct store *s, struct store_block ***blocks,
    size_t *cnt, uint64_t *rewind_to, struct err *e);

/* store_adopt publishes a recovered group without writing the log again. */
enum rc store_adopt(struct store *s, struct store_block **blocks, size_t cnt,
    uint64_t rewind_to, struct err *e);

/*
 * store_append makes a group of consecutive blocks the head of the chain:
 * one record, one sync, then readers see it. All or nothing, also over a
 * crash.
 *
 * blocks     ascending; taken over on success
 * rewind_to  number of the first block's parent; canonical blocks above it
 *            are undone (their bodies stay readable by hash)
 * Errors     RC_IO  the record may or may not be durable: the caller must
 *                   stop the process and acknowledge nothing more
 */
enum rc store_append(struct store *s, struct store_block **blocks, size_t cnt,
    uint64_t rewind_to, struct err *e);

/* store_flush_due tells whether the bounds of conf are reached. */
bool store_flush_due(const struct store *s);

/* store_flush moves layers into the tables in one synced batch and drops log
 * segments that are no longer needed. Grows the map when it is full. */
enum rc store_flush(struct store *s, struct err *e);

/* store_side_put keeps a valid block that is not canonical (Clique forks):
 * raw block and total difficulty. */
enum rc store_side_put(struct store *s, const struct hash *hash,
    const struct u256 *total_difficulty, struct bytes raw, struct err *e);

/*
 * store_aux_put keeps a small value by name (consensus snapshots, votes);
 * synced before it returns. Empty value deletes. Names at most 64 bytes.
 */
enum rc store_aux_put(struct store *s, const char *name, struct bytes value,
    struct err *e);

/* Reading. ---------------------------------------------------------- */

/*
 * store_view_open opens a view of the newest head.
 *
 * Errors  RC_NO_SPACE when STORE_VIEW_MAX are open, RC_IO
 * Thread  any; a view stays on the thread that opened it
 */
enum rc store_view_open(struct store_view **out, struct store *s,
    struct err *e);
void store_view_close(struct store_view *v);

/* struct store_head names the head of a view. */
struct store_head {
	struct hash hash;
	uint64_t number;
	struct u256 total_difficulty;
	const struct header *header; /* lives as long as the view */
};
void store_view_head(const struct store_view *v, struct store_head *out);

/* store_view_oldest returns the oldest block whose state is readable. */
uint64_t store_view_oldest(const struct store_view *v);

/*
 * Lookups. Views returned live as long as the view v. RC_NOT_FOUND where
 * there is nothing. By hash includes side blocks.
 */
enum rc store_hash_of(const struct store_view *v, struct hash *out,
    uint64_t number, struct err *e);
enum rc store_number_of(const struct store_view *v, uint64_t *number,
    const struct hash *hash, struct err *e);
/* store_is_canonical tells whether hash is on the view's chain. */
bool store_is_canonical(const struct store_view *v, const struct hash *hash);
enum rc store_header(const struct store_view *v, struct header *out,
    const struct hash *hash, struct err *e);
enum rc store_total_difficulty(const struct store_view *v, struct u256 *out,
    const struct hash *hash, struct err *e);
enum rc store_raw(const struct store_view *v, struct bytes *out,
    const struct hash *hash, struct err *e);
/* Canonical blocks only. senders is cnt times 20 bytes. */
enum rc store_receipts(const struct store_view *v, struct bytes *out,
    const struct hash *hash, struct err *e);
enum rc store_senders(const struct store_view *v, struct bytes *out,
    const struct hash *hash, struct err *e);
enum rc store_tx_at(const struct store_view *v, uint64_t *number,
    uint64_t *index, const struct hash *tx_hash, struct err *e);
enum rc store_aux_get(const struct store_view *v, struct bytes *out,
    const char *name, struct err *e);

/*
 * State after block number. RC_NOT_FOUND with a text that names the oldest
 * readable block when history does not reach back that far.
 */
enum rc store_account(const struct store_view *v, uint64_t number,
    struct account *out, bool *found, const struct addr *addr,
    struct err *e);
enum rc store_slot(const struct store_view *v, uint64_t number,
    struct u256 *out, const struct addr *addr, const struct hash *key,
    struct err *e);
enum rc store_code(const struct store_view *v, struct bytes *out,
    const struct hash *hash, struct err *e);
/* store_node: account NULL reads the account trie; empty when absent. */
enum rc store_node(const struct store_view *v, uint64_t number,
    struct bytes *out, const struct hash *account,
    const struct trie_path *path, struct err *e);

/*
 * store_each_account walks all accounts after the view's head, in address
 * order; for audits and dumps. say returns false to stop.
 */
enum rc store_each_account(const struct store_view *v,
    bool (*say)(void *ctx, const struct addr *addr,
	const struct account *acc),
    void *ctx, struct err *e);

/* store_each_slot walks one account's slots after the view's head. */
enum rc store_each_slot(const struct store_view *v, const struct addr *addr,
    bool (*say)(void *ctx, const struct hash *key, const struct u256 *value),
    void *ctx, struct err *e);

#endif
