/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole blocks: header, transactions, ommers, withdrawals (EIP-4895).
 */
#ifndef ETH_BLOCK_H
#define ETH_BLOCK_H

#include "eth/header.h"
#include "eth/tx.h"

struct withdrawal {
	uint64_t index, validator, amount_gwei;
	struct addr addr;
};

struct block {
	struct header header;
	struct tx *txs;
	size_t tx_cnt;
	struct header *ommers;
	size_t ommer_cnt;
	struct withdrawal *withdrawals;
	size_t withdrawal_cnt;
	bool has_withdrawals;
	struct bytes raw; /* the RLP it was decoded from, or empty */
};

/* Largest block accepted from files and peers. */
enum { BLOCK_RAW_MAX = 128 * 1024 * 1024 };

/*
 * block_take reads one block from the front of in.
 *
 * Errors    RLP errors and those of header_take and tx_take
 * Lifetime  views into in and the arena
 */
enum rc block_take(struct arena *a, struct block *out, struct bytes *in,
    struct err *e);

/* block_decode is block_take of a whole document; RC_TRAILING. */
enum rc block_decode(struct arena *a, struct block *out, struct bytes in,
    struct err *e);

/* block_encode writes the block's RLP into the arena. */
enum rc block_encode(struct arena *a, struct bytes *out,
    const struct block *b, struct err *e);

/* block_ommers_hash computes the hash of the ommer list. */
enum rc block_ommers_hash(struct arena *a, struct hash *out,
    const struct block *b, struct err *e);

#endif
