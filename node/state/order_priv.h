/* SPDX-License-Identifier: Apache-2.0
 *
 * Hashing many keys and putting what they belong to into the order of the
 * hashes, which is the order of tries and tables.
 */
#ifndef STATE_ORDER_PRIV_H
#define STATE_ORDER_PRIV_H

#include "base/arena.h"
#include "eth/types.h"

/* struct ranked is something known by the hash of its key. */
struct ranked {
	uint64_t rank; /* first bytes of hash, for state_order */
	const struct hash *hash;
	void *item;
};

/*
 * state_order_hash sets hash of each item to the Keccak-256 of keys[i].
 *
 * a        the hashes live in it
 * Returns  false when memory is short
 */
bool state_order_hash(struct arena *a, struct ranked *items,
    const struct bytes *keys, size_t cnt);

/* state_order sorts items by hash; room holds as many. */
void state_order(struct ranked *items, struct ranked *room, size_t cnt);

#endif
