/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON forms of protocol objects as go-ethereum's JSON-RPC answers them:
 * which members are there depends on transaction type and fork. Written
 * through base/jsonw.h, whose overflow is sticky: check jsonw_done at the
 * end.
 *
 * Spec  execution-apis, schemas; go-ethereum where those leave a choice
 */
#ifndef ETH_ETHJSON_H
#define ETH_ETHJSON_H

#include "base/jsonw.h"
#include "eth/block.h"
#include "eth/receipt.h"

/*
 * struct ethjson_at is where a transaction stands: the index in a block. A
 * transaction that waits in the pool has none (NULL in the calls below).
 */
struct ethjson_at {
	const struct header *header;
	struct hash block_hash;
	uint64_t index;
};

/*
 * ethjson_header writes a header object (newHeads, eth_getHeaderBy...).
 *
 * hash  NULL: a pending block, which nobody has sealed: hash, nonce, miner
 *       and total difficulty are null, as go-ethereum writes them
 * td    total difficulty, or NULL to leave it out as go-ethereum does since
 *       1.14
 */
void ethjson_header(struct jsonw *w, const struct header *h,
    const struct hash *hash, const struct u256 *td);

/*
 * ethjson_block writes a block object with its transactions as objects.
 *
 * hash, td  as above; a pending block is written without transactions
 * senders   one per transaction
 */
void ethjson_block(struct jsonw *w, const struct block *b,
    const struct hash *hash, const struct addr *senders, const struct u256 *td);

/*
 * ethjson_block_members writes the members of a block object into one that
 * the caller has begun and ends.
 *
 * senders  one per transaction; NULL: their hashes instead of objects
 */
void ethjson_block_members(struct jsonw *w, const struct block *b,
    const struct hash *hash, const struct addr *senders);

/* ethjson_block_hashes writes a block object with the hashes of its
 * transactions, given by txs; those of b are not looked at. */
void ethjson_block_hashes(struct jsonw *w, const struct block *b,
    const struct hash *hash, const struct hash *txs, size_t tx_cnt,
    const struct u256 *td);

/* struct ethjson_page is a piece of a block: transactions from first up to
 * end, and the senders of all of them. */
struct ethjson_page {
	const struct addr *senders;
	size_t first, end;
};

/*
 * ethjson_block_brief writes a block object as Otterscan wants it: its bloom
 * null, transactionCount (a number), and of its transactions one page.
 *
 * tx_cnt  of the whole block
 * page    NULL: without the member transactions; those of b are not looked
 *         at then
 */
void ethjson_block_brief(struct jsonw *w, const struct block *b,
    const struct hash *hash, const struct u256 *td, size_t tx_cnt,
    const struct ethjson_page *page);

/* ethjson_tx writes a transaction object; at NULL: pending, its place null.
 * gasPrice is what was paid once mined, and the highest one before. */
void ethjson_tx(struct jsonw *w, const struct tx *tx, const struct addr *sender,
    const struct ethjson_at *at);

/* ethjson_log writes a log object; log_index counts within the block. */
void ethjson_log(struct jsonw *w, const struct log_entry *l,
    const struct ethjson_at *at, const struct hash *tx_hash, uint64_t log_index,
    bool is_removed);

/*
 * ethjson_receipt writes a receipt object.
 *
 * log_index   of its first log within the block
 * blob_price  of the block, for blob transactions; else may be NULL
 */
void ethjson_receipt(struct jsonw *w, const struct receipt *r,
    const struct tx *tx, const struct addr *sender, const struct ethjson_at *at,
    uint64_t log_index, const struct u256 *blob_price);

/*
 * ethjson_receipt_members writes the members of a receipt object into one
 * that the caller has begun and ends.
 *
 * has_logs  false: logs and logsBloom are null
 */
void ethjson_receipt_members(struct jsonw *w, const struct receipt *r,
    const struct tx *tx, const struct addr *sender, const struct ethjson_at *at,
    uint64_t log_index, const struct u256 *blob_price, bool has_logs);

#endif
