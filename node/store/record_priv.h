/* SPDX-License-Identifier: Apache-2.0
 *
 * A group of blocks as the payload of one log record. What can be computed
 * from the rest is left out: headers, hashes, before values, trie nodes.
 *
 * rewind_to (8), blocks (4), then for each block: total difficulty (32); raw,
 * receipts, senders (each 4 of length and bytes); accounts (4), each address,
 * flags (1), and with HAS_AFTER a length (1) and the account of value.c;
 * slots (4), each place of its account (4), key, length (1), value; codes
 * (4), each 4 of length and bytes.
 */
#ifndef STORE_RECORD_PRIV_H
#define STORE_RECORD_PRIV_H

#include "store/store.h"

/* Blocks of one group: a chain that undoes more is another chain. */
enum { RECORD_BLOCK_MAX = 1 << 16 };

/*
 * record_encode writes a group.
 *
 * Errors    RC_TOO_LARGE  above STORE_GROUP_MAX or RECORD_BLOCK_MAX
 *           RC_BAD_INPUT  a slot without its account
 *           RC_NO_MEMORY
 * Lifetime  out: the arena
 */
enum rc record_encode(struct arena *a, struct bytes *out,
    struct store_block *const *blocks, size_t cnt, uint64_t rewind_to,
    struct err *e);

/*
 * record_decode reads a group: blocks as store_recover hands them out, each
 * with its own copy of everything.
 *
 * blocks  a new array, freed by record_free or mem_free
 * Errors  RC_CORRUPT  not a group
 *         RC_NO_MEMORY
 */
enum rc record_decode(struct store_block ***blocks, size_t *cnt,
    uint64_t *rewind_to, struct bytes in, struct err *e);

/* record_free frees the array and its blocks. */
void record_free(struct store_block **blocks, size_t cnt);

#endif
