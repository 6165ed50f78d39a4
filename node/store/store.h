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
 *
 * store_append, store_adopt and store_flush may have to move the map to a
 * larger place, so the writer's thread has no view of its own open while it
 * takes one of these steps: that is checked. Views of other threads are
 * waited for.
 *
 * A failed write or sync is for ever: every later write answers RC_IO, the
 * caller stops the process, and the next start finds all that was
 * acknowledged. What can be tried again (memory, a bound, a busy map) has
 * another code and changes nothing.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "eth/block.h"
#include "eth/receipt.h"
#include "eth/statediff.h"

struct store;
struct store_view;

/* Largest record of the log: a group of blocks with all they did. Far above
 * a block of BLOCK_RAW_MAX; bounds what a start reads into memory. */
#define STORE_GROUP_MAX ((size_t)1 << 30)

/* Views open at once; LMDB's reader table has the same size. */
enum { STORE_VIEW_MAX = 256 };

/* STORE_CUT_TEXT is for the handler of a SIGBUS with BUS_ADRERR: LMDB maps its
 * file, and a page that the file should have and has not comes as that
 * signal. Nothing can go on then. */
#define STORE_CUT_TEXT                                                         \
	"the node's database (data_dir/db/data.mdb) is shorter than its "      \
	"tables, or the disk does not give it: restore a copy\n"

struct store_conf {
	const char *dir;        /* exists, belongs to this process */
	size_t map_bytes;       /* first size of the map; it grows by itself */
	uint64_t history;       /* blocks whose state stays readable; 0: all */
	size_t layer_max;       /* layers kept before a flush is due */
	size_t layer_bytes_max; /* bytes of layers before a flush is due */
	size_t resident_bytes;  /* of files in our address space; 0: any */
};

/*
 * store_conf_default fills everything but dir: 16 GiB, 256, 32, 16 MiB, 64
 * MiB. The map is address space, not memory; where the machine grants less
 * (ulimit -v) store_open takes what it gets. LMDB holds a copy of each page
 * that a flush changes until it commits: on a large state some ten times the
 * bytes of the layers.
 *
 * Above resident_bytes the mapped pages of the tables are given back, at once
 * within a few MiB. They stay in the system's cache, and each that is read
 * again costs microseconds: that is noticed where a state that is much larger
 * is read all over. Programs and their libraries count as files too.
 */
struct store_conf store_conf_default(const char *dir);

/* Layers and their bytes may exceed the bounds of conf by this factor before
 * store_append refuses: the writer has forgotten to flush. */
enum { STORE_LAYER_SLACK = 8 };

/*
 * struct store_block is one block with everything that it did. Built in its
 * own arena by chain; the store takes the arena over when it appends.
 */
struct store_block {
	struct arena arena; /* owns all that is below */
	struct hash hash;
	struct header header;
	struct u256 total_difficulty; /* this block included */
	struct u256 burnt; /* wei gone with destroyed accounts; not stored */
	struct bytes raw;  /* block RLP */
	struct bytes receipts; /* receipts_pack form */
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
 * conf    copied, dir included
 * Errors  RC_WRONG_SCHEMA  of another version, says which
 *         RC_UNAVAILABLE   another process has it open
 *         RC_CORRUPT       what was acknowledged is damaged or missing
 *         RC_IO            names the path
 *         RC_NO_MEMORY     not even a small map could be had
 */
enum rc store_open(
    struct store **out, const struct store_conf *conf, struct err *e);

/* store_close flushes nothing (the log has it) and frees everything. All
 * views must be closed, that is checked. */
void store_close(struct store *s);

/* store_is_empty: not even a genesis block yet, also not in the log. */
bool store_is_empty(const struct store *s);

/*
 * store_recover hands out the oldest group of blocks that is in the log but
 * not in the tables, as a crash or plain stop left it. diff has no before
 * values and nodes is empty: the caller computes both on a view of the
 * parent (state after rewind_to) and gives the group to store_adopt. A torn
 * record at the log's end was never acknowledged and is cut by store_open.
 *
 * blocks     an array that lives until store_adopt or store_close; its
 *            members are the caller's until store_adopt succeeds
 * cnt        0 when there is nothing more; only then may the writer append
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
 * crash. Undoing blocks that are in the tables already includes a flush.
 *
 * blocks     ascending; taken over on success, and then alive at least
 *            until the writer's next step. Their diff has before values,
 *            which the flush compares with what the tables hold.
 * rewind_to  number of the first block's parent; canonical blocks above it
 *            are undone (their bodies stay readable by hash). 0 for the
 *            first block of an empty store, which has no parent here.
 * Errors     RC_BAD_INPUT  the blocks do not link to each other or to
 *                          rewind_to
 *            RC_NOT_FOUND  rewind_to is older than the state history
 *            RC_TOO_LARGE  the group exceeds STORE_GROUP_MAX bytes
 *            RC_NO_SPACE   too many layers: flush first
 *            RC_NO_MEMORY  (up to here nothing was written)
 *            RC_IO, RC_CORRUPT
 *                          the record may or may not be durable: the caller
 *                          must stop the process and acknowledge nothing
 *                          more
 */
enum rc store_append(struct store *s, struct store_block **blocks, size_t cnt,
    uint64_t rewind_to, struct err *e);

/* store_flush_due tells whether the bounds of conf are reached. */
bool store_flush_due(const struct store *s);

/*
 * store_flush moves layers into the tables in one synced batch and drops log
 * segments that are no longer needed. Grows the map when it is full.
 *
 * Errors  RC_UNAVAILABLE  the map must grow and views of other threads stayed
 *                         open: nothing changed, flush again later
 *         RC_NO_MEMORY    likewise
 *         RC_CORRUPT      a before value differs from the tables: stop
 *         RC_IO           stop
 */
enum rc store_flush(struct store *s, struct err *e);

/*
 * store_side_put keeps a valid block that is not canonical (Clique forks):
 * raw block and total difficulty; synced before it returns.
 *
 * Errors  RC_IO  stop
 *         RC_UNAVAILABLE  no room in the map until the next store_flush,
 *                         which store_flush_due then asks for
 */
enum rc store_side_put(struct store *s, const struct hash *hash,
    const struct u256 *total_difficulty, struct bytes raw, struct err *e);

/*
 * store_aux_put keeps a small value by name (consensus snapshots, votes);
 * synced before it returns. Empty value deletes.
 *
 * name    1 to STORE_AUX_NAME_MAX bytes
 * Errors  as store_side_put
 */
enum { STORE_AUX_NAME_MAX = 64 };
enum rc store_aux_put(
    struct store *s, const char *name, struct bytes value, struct err *e);

/* Reading. ---------------------------------------------------------- */

/*
 * store_view_open opens a view of the newest head.
 *
 * Errors  RC_NO_SPACE when STORE_VIEW_MAX are open; RC_UNAVAILABLE when the
 *         map was being moved for too long; RC_IO, RC_CORRUPT
 * Thread  any; a view stays on the thread that opened it
 */
enum rc store_view_open(
    struct store_view **out, struct store *s, struct err *e);
void store_view_close(struct store_view *v);

/* struct store_head names the head of a view. */
struct store_head {
	struct hash hash;
	uint64_t number;
	struct u256 total_difficulty;
	const struct header *header; /* lives as long as the view; NULL when
				      * the store is empty, all else zero */
};
void store_view_head(const struct store_view *v, struct store_head *out);

/* store_view_oldest returns the oldest block whose state is readable. */
uint64_t store_view_oldest(const struct store_view *v);

/*
 * Lookups. Views returned live as long as the view v. RC_NOT_FOUND where
 * there is nothing. RC_CORRUPT when a stored value does not have its
 * checksum; absence is checked too, by the neighbours of the missing key.
 * By hash includes side blocks and undone ones.
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
/* store_raw_td is both: a stored block is read, and its sum checked, as one. */
enum rc store_raw_td(const struct store_view *v, struct bytes *out,
    struct u256 *td, const struct hash *hash, struct err *e);
/* store_tx_hashes has the hashes of a block's transactions as long as the block
 * is in memory; NULL when it is not. */
const struct hash *store_tx_hashes(
    const struct store_view *v, const struct hash *hash);
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
 * readable block when history does not reach back that far, or the head when
 * number is above it.
 */
enum rc store_account(const struct store_view *v, uint64_t number,
    struct account *out, bool *found, const struct addr *addr, struct err *e);
enum rc store_slot(const struct store_view *v, uint64_t number,
    struct u256 *out, const struct addr *addr, const struct hash *key,
    struct err *e);
enum rc store_code(const struct store_view *v, struct bytes *out,
    const struct hash *hash, struct err *e);
/* store_node: account NULL reads the account trie; empty when absent. */
enum rc store_node(const struct store_view *v, uint64_t number,
    struct bytes *out, const struct hash *account, const struct trie_path *path,
    struct err *e);
/* store_preimage finds the address or slot key whose Keccak hash is hash, of
 * all that ever had state on the chain. */
enum rc store_preimage(const struct store_view *v, struct bytes *out,
    const struct hash *hash, struct err *e);

/*
 * store_each_account walks all accounts after the view's head, in address
 * order; for audits and dumps. say returns false to stop.
 */
enum rc store_each_account(const struct store_view *v,
    bool (*say)(void *ctx, const struct addr *addr, const struct account *acc),
    void *ctx, struct err *e);

/* store_each_slot walks one account's slots after the view's head. */
enum rc store_each_slot(const struct store_view *v, const struct addr *addr,
    bool (*say)(void *ctx, const struct hash *key, const struct u256 *value),
    void *ctx, struct err *e);

/* struct store_log_query says which entries of the log index to walk. */
struct store_log_query {
	const struct addr *addr;  /* logs of this address, or NULL: then */
	const struct hash *topic; /* logs with this topic, */
	unsigned topic_at;        /* at this place, 0 to 3 */
	uint64_t first, last;     /* blocks */
};

/* struct store_log_at is where a log is: log_index counts within the block,
 * as in JSON-RPC. */
struct store_log_at {
	uint64_t number;
	uint32_t tx_index, log_index;
};

/*
 * store_each_log walks canonical logs of an address or with a topic,
 * ascending; say returns false to stop. What else a filter asks the caller
 * reads from the receipts.
 */
enum rc store_each_log(const struct store_view *v,
    const struct store_log_query *q,
    bool (*say)(void *ctx, const struct store_log_at *at), void *ctx,
    struct err *e);

/* store_view_settled counts the blocks that the tables hold, with their
 * indexes: those from this number on, up to the head, are few and in
 * memory. */
uint64_t store_view_settled(const struct store_view *v);

/*
 * store_log_seek finds the first entry of the log index, of blocks below
 * store_view_settled, that is not before from and in a block of the query.
 *
 * from   its log_index and tx_index count as well
 * Errors RC_BAD_INPUT  no such place of a topic; those of the store
 */
enum rc store_log_seek(const struct store_view *v,
    const struct store_log_query *q, const struct store_log_at *from,
    struct store_log_at *out, bool *found, struct err *e);

/* store_each_tx_of walks the canonical transactions of blocks first to last
 * that addr sent, received or was created by, inside too, ascending;
 * store_each_tx_back the same, descending. A page costs its own records,
 * wherever it begins. */
enum rc store_each_tx_of(const struct store_view *v, const struct addr *addr,
    uint64_t first, uint64_t last,
    bool (*say)(void *ctx, uint64_t number, uint32_t index), void *ctx,
    struct err *e);
enum rc store_each_tx_back(const struct store_view *v, const struct addr *addr,
    uint64_t first, uint64_t last,
    bool (*say)(void *ctx, uint64_t number, uint32_t index), void *ctx,
    struct err *e);

/* store_tx_sent finds the canonical transaction of that nonce. RC_NOT_FOUND
 * when there is none. */
enum rc store_tx_sent(const struct store_view *v, uint64_t *number,
    uint32_t *index, const struct addr *sender, uint64_t nonce, struct err *e);

/* store_creation finds the canonical transaction that made a contract at
 * addr, the last one of several, and whose contract that is. RC_NOT_FOUND
 * when there is none: no contract, or one of the genesis. */
enum rc store_creation(const struct store_view *v, uint64_t *number,
    uint32_t *index, struct addr *by, const struct addr *addr, struct err *e);

#endif
