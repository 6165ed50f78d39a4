/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table in an arena: fixed-size keys to pointers, open addressing,
 * nothing is ever removed. Seeded by its own place in memory.
 */
#ifndef STATE_TABLE_PRIV_H
#define STATE_TABLE_PRIV_H

#include "base/arena.h"

struct table_slot {
	const uint8_t *key; /* inside the arena; NULL: free */
	void *value;
	uint64_t hash;
};

struct table {
	struct arena *arena;
	struct table_slot *slots;
	size_t cnt, cap, key_len;
};

/* state_table_init opens an empty table. */
void state_table_init(struct table *t, struct arena *a, size_t key_len);

/* state_table_get returns the value of key, NULL when it is not there. */
void *state_table_get(const struct table *t, const uint8_t *key);

/*
 * state_table_add adds a key that is not there.
 *
 * key      lives as long as the table
 * Returns  false when memory is short
 */
bool state_table_add(struct table *t, const uint8_t *key, void *value);

#endif
