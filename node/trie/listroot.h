/* SPDX-License-Identifier: Apache-2.0
 *
 * The root of an ordered list (transactions, receipts, withdrawals): a trie
 * whose keys are the RLP of 0, 1, 2...
 */
#ifndef TRIE_LISTROOT_H
#define TRIE_LISTROOT_H

#include "base/arena.h"
#include "eth/types.h"

/*
 * trie_list_root computes the root over cnt items.
 *
 * a       scratch; rewound before return
 * Errors  RC_NO_MEMORY
 */
enum rc trie_list_root(struct arena *a, struct hash *out,
    const struct bytes *items, size_t cnt, struct err *e);

/*
 * trie_map_root computes the root over arbitrary keys of any length (the
 * plain tries of the public vectors); keys ascending, each once.
 */
enum rc trie_map_root(struct arena *a, struct hash *out,
    const struct bytes *keys, const struct bytes *values, size_t cnt,
    struct err *e);

#endif
