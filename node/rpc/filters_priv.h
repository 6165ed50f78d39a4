/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of filters as the methods use it.
 */
#ifndef RPC_FILTERS_PRIV_H
#define RPC_FILTERS_PRIV_H

#include "rpc/filters.h"
#include "rpc/rpc_priv.h"

enum { RPC_FILTER_ID_LEN = 16 };

enum rpc_filter_kind { RPC_FILTER_LOGS, RPC_FILTER_BLOCKS, RPC_FILTER_TXS };

/* struct rpc_filter_id is a filter's name. */
struct rpc_filter_id {
	uint8_t b[RPC_FILTER_ID_LEN];
};

/* struct rpc_filter_seen is how far a filter has been told: the newest block,
 * or the count of transactions. */
struct rpc_filter_seen {
	uint64_t number, txs;
	struct hash hash;
};

/*
 * rpc_filters_add takes a place.
 *
 * text    of a log filter's object, copied
 * Errors  RC_NO_SPACE  every place is in use; RC_TOO_LARGE; RC_NO_MEMORY
 */
enum rc rpc_filters_add(struct rpc_filters *f, struct rpc_filter_id *id,
    enum rpc_filter_kind kind, struct bytes text,
    const struct rpc_filter_seen *seen, uint64_t now_ms, struct err *e);

/*
 * rpc_filters_look tells what a filter is and has seen, and notes that it was
 * asked for.
 *
 * text    in the arena
 * Errors  RC_NOT_FOUND "filter not found"
 */
enum rc rpc_filters_look(struct arena *a, struct rpc_filters *f,
    const struct rpc_filter_id *id, enum rpc_filter_kind *kind,
    struct bytes *text, struct rpc_filter_seen *seen, uint64_t now_ms,
    struct err *e);

/* rpc_filters_note sets what a filter has seen; one that is gone is fine. */
void rpc_filters_note(struct rpc_filters *f, const struct rpc_filter_id *id,
    const struct rpc_filter_seen *seen);

/* rpc_filters_drop gives a place back; false when there is no such filter. */
bool rpc_filters_drop(struct rpc_filters *f, const struct rpc_filter_id *id);

/* rpc_filters_tx remembers a transaction. Thread: pool */
void rpc_filters_tx(struct rpc_filters *f, const struct hash *hash);

/* rpc_filters_txs counts the transactions that were remembered so far. */
uint64_t rpc_filters_txs(const struct rpc_filters *f);

/* rpc_filters_tx_at gets one of them by its place, from 0; false when so many
 * have come since that it is forgotten. */
bool rpc_filters_tx_at(
    const struct rpc_filters *f, struct hash *out, uint64_t at);

#endif
