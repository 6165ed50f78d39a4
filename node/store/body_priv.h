/* SPDX-License-Identifier: Apache-2.0
 *
 * A light walk over the transactions of a stored block, for indexes that
 * need their hashes and recipients and nothing else. The blocks were fully
 * decoded and checked before they were stored.
 */
#ifndef STORE_BODY_PRIV_H
#define STORE_BODY_PRIV_H

#include "base/arena.h"
#include "eth/header.h"

/* body_header reads the header of a block; extra is a view into raw. */
enum rc body_header(struct header *out, struct bytes raw, struct err *e);

/* body_hash computes the hash of a block. */
enum rc body_hash(struct hash *out, struct bytes raw, struct err *e);

/* body_txs finds the transactions of a block: RLP items, one after the
 * other, for body_next. */
enum rc body_txs(struct bytes *items, struct bytes raw, struct err *e);

/* body_next takes one transaction off items: its canonical bytes, whose
 * Keccak hash is its hash. */
enum rc body_next(struct bytes *tx, struct bytes *items, struct err *e);

/* body_to reads the recipient; has_to is false for a creation. */
enum rc body_to(struct addr *to, bool *has_to, struct bytes tx, struct err *e);

/* body_nonce reads the sender's nonce. */
enum rc body_nonce(uint64_t *nonce, struct bytes tx, struct err *e);

/* body_tx_hashes hashes all transactions of a block into the arena. */
enum rc body_tx_hashes(struct arena *a, struct hash **out, size_t *cnt,
    struct bytes raw, struct err *e);

#endif
