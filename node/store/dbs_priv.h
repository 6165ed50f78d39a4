/* SPDX-License-Identifier: Apache-2.0
 *
 * What each group of tables offers to flush.c (write side) and to the lookups
 * (read side). All write functions work inside the flush's transaction.
 */
#ifndef STORE_DBS_PRIV_H
#define STORE_DBS_PRIV_H

#include "eth/receipt.h"
#include "store/base_priv.h"
#include "store/change_priv.h"
#include "store/store_priv.h"

/* blockdb.c: blocks, numbers, canon, receipts, senders, txs ---------- */

/* blockdb_put keeps a block by hash. */
enum rc blockdb_put(struct table_txn *t, const struct hash *hash,
    uint64_t number, const struct u256 *total_difficulty, struct bytes raw,
    struct err *e);

/* blockdb_put_canon keeps what a canonical block has besides. */
enum rc blockdb_put_canon(
    struct table_txn *t, const struct store_block *b, struct err *e);

/* blockdb_del_canon takes that away from block number. */
enum rc blockdb_del_canon(struct table_txn *t, uint64_t number, struct err *e);

/* blockdb_load reads a canonical block of the tables as far as indexes need
 * it: number in header, raw, receipts, senders, tx_hashes (new, in a). The
 * views live until the next write. */
enum rc blockdb_load(struct table_txn *t, struct arena *a,
    struct store_block *out, uint64_t number, struct err *e);

/* The index lists of a block: keys for txs, log_addrs and log_topics, and
 * those of addrdb.c. Keys and values live in the arena of the list, what
 * addrdb_collect lists of creations as long as r. */
enum rc blockdb_collect_txs(
    struct changes *out, const struct store_block *b, struct err *e);
enum rc logdb_collect(struct changes *addrs, struct changes *topics,
    uint64_t number, const struct receipt *r, size_t cnt, struct err *e);
struct addr_lists {
	struct changes addr_txs, sent, made;
};
enum rc addrdb_collect(struct addr_lists *out, const struct store_block *b,
    const struct receipt *r, size_t cnt, struct err *e);

/* diffdb.c: batches, past, past_at ----------------------------------- */

/* table_of_kind names the table that holds current values. */
enum table table_of_kind(enum kind kind);

/* past_begin opens batch first, of the blocks from first on; wide keeps the
 * index. Then past_add, ascending by kind, key and number, notes what key
 * was before block number (empty: absent). */
enum rc past_begin(struct table_txn *t, struct base *base, uint64_t first,
    bool is_wide, struct err *e);
enum rc past_add(struct table_txn *t, const struct base *base, uint64_t batch,
    enum kind kind, struct bytes key, uint64_t number, struct bytes before,
    struct err *e);

/*
 * past_find tells what key was after block number, if any later block of the
 * tables changed it.
 */
enum rc past_find(struct table_txn *t, const struct base *base,
    struct bytes *value, bool *found, enum kind kind, struct bytes key,
    uint64_t number, struct err *e);

/* past_undo puts the state of the tables back to what it was after block
 * number and forgets later history. a is scratch. */
enum rc past_undo(
    struct table_txn *t, struct arena *a, uint64_t number, struct err *e);

/* past_prune forgets batches that no state in the window of `history` blocks
 * below head needs, a bounded number at a time, and moves base->oldest. */
enum rc past_prune(struct table_txn *t, struct base *base, uint64_t head,
    uint64_t history, struct err *e);

/* Reading ------------------------------------------------------------ */

/* view_layer_of finds the layer, canonical or undone, of a block. */
const struct layer *view_layer_of(
    const struct store_view *v, const struct hash *hash);

/* seek_behind finds the first record above key. */
enum rc seek_behind(struct table_txn *t, struct table_at *at, enum table tb,
    struct bytes key, struct err *e);

/* bytes_start tells whether b begins with start. */
static inline bool
bytes_start(struct bytes b, struct bytes start)
{
	return start.len == 0 ||
	       (b.len >= start.len && !memcmp(b.ptr, start.ptr, start.len));
}

#endif
