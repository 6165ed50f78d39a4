/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash map from fixed-size keys (20 to 52 bytes) to pointers, open
 * addressing, seeded so that strangers cannot choose collisions. It doubles
 * up to a bound that its owner names.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map {
	uint8_t *slots;
	size_t cnt, cap, max;
	size_t key_len, slot_len;
	uint64_t seed[2];
};

/*
 * map_init opens an empty map.
 *
 * key_len  bytes of a key, 1 to 64
 * max      most entries it will hold; full is an error, not growth
 */
void map_init(struct map *m, size_t key_len, size_t max);

/* map_free drops the table; the values stay their owner's. */
void map_free(struct map *m);

/* map_get returns the value, NULL when key is not in the map. */
void *map_get(const struct map *m, const void *key);

/*
 * map_put sets key to value (not NULL), replacing an older one.
 *
 * Returns false, with the map unchanged, when it is full or memory is short
 */
bool map_put(struct map *m, const void *key, void *value);

/* map_del removes key and returns its value, NULL when it was not there. */
void *map_del(struct map *m, const void *key);

/*
 * map_next walks all entries in no order: start with *at = 0, stop at false.
 * The map must not change in between (map_del of the current key is fine
 * only through map_clear).
 */
bool map_next(const struct map *m, size_t *at, const void **key, void **value);

/* map_clear empties the map and keeps its table. */
void map_clear(struct map *m);

#endif
