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

/* Largest block accepted from files and peers; block_take refuses a larger
 * one with RC_TOO_LARGE. A decoded block takes up to 45 times its bytes in
 * the arena (transactions of ten bytes), whose bound is the one that counts. */
enum { BLOCK_RAW_MAX = 128 * 1024 * 1024 };

/*
 * block_take reads one block from the front of in.
 *
 * Errors    RLP errors and those of header_take and tx_take
 * Lifetime  views into in and the arena
 */
enum rc block_take(
    struct arena *a, struct block *out, struct bytes *in, struct err *e);

/* block_take_frontier is block_take with tx_take_frontier. */
enum rc block_take_frontier(
    struct arena *a, struct block *out, struct bytes *in, struct err *e);

/* block_decode is block_take of a whole document; RC_TRAILING. */
enum rc block_decode(
    struct arena *a, struct block *out, struct bytes in, struct err *e);

/*
 * block_encode writes the block's RLP into the arena. Each transaction's raw
 * bytes must be there, as tx_decode and tx_sign leave them.
 *
 * Errors  RC_NO_MEMORY
 */
enum rc block_encode(
    struct arena *a, struct bytes *out, const struct block *b, struct err *e);

/* block_size is the length of the block's RLP. */
size_t block_size(const struct block *b);

/* withdrawal_encode writes what the withdrawals trie holds; returns its
 * length. */
enum { WITHDRAWAL_RLP_MAX = 1 + 3 * 9 + 21 };
size_t withdrawal_encode(
    uint8_t out[WITHDRAWAL_RLP_MAX], const struct withdrawal *w);

/* block_ommers_hash computes the hash of the ommer list. */
enum rc block_ommers_hash(
    struct arena *a, struct hash *out, const struct block *b, struct err *e);

#endif
