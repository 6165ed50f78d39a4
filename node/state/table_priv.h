/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table in an arena: entries begin with their key, open addressing,
 * nothing is ever removed. Strangers choose keys (addresses, slots), so the
 * hash is keyed with secrets of the table's owner: who does not know them
 * cannot choose collisions. No result depends on them.
 */
#ifndef STATE_TABLE_PRIV_H
#define STATE_TABLE_PRIV_H

#include "base/arena.h"

/* Keys are 20 bytes (an address) or 40 (an account in memory, a slot). */
enum { TABLE_KEY_MAX = 40, TABLE_SECRETS = 6 };

struct table_cell {
	uint64_t hash;
	void *entry; /* NULL: free */
};

struct table {
	struct arena *arena;
	const uint64_t *secret; /* TABLE_SECRETS of them */
	struct table_cell *cells;
	size_t cnt, cap, key_len;
};

/* state_table_open opens an empty table; secret outlives it. */
void state_table_open(
    struct table *t, struct arena *a, const uint64_t *secret, size_t key_len);

/* state_table_find returns the entry that begins with key, NULL when there is
 * none, and sets hash for state_table_put. */
void *state_table_find(const struct table *t, uint64_t *hash, const void *key);

/*
 * state_table_put adds an entry whose key state_table_find did not find.
 *
 * Returns  false when memory is short
 */
bool state_table_put(struct table *t, uint64_t hash, void *entry);

#endif
