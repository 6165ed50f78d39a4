/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash index from keys to places in an array, built once and then only
 * read, by any number of threads. Views probe the layers from the newest to
 * the oldest and most keys are in none of them, so a small filter (one bit
 * per key in a field sixteen times as large) answers most probes from cache.
 */
#ifndef STORE_INDEX_PRIV_H
#define STORE_INDEX_PRIV_H

#include "base/arena.h"

/* Words of 32 bits that a key can have, and a pair for its length. */
enum { INDEX_WORD_MAX = 32 };

/* struct index_seed is drawn once per store. */
struct index_seed {
	uint64_t k[INDEX_WORD_MAX + 2];
};

/* index_seed_draw takes a seed from the kernel; false when it has none. */
bool index_seed_draw(struct index_seed *out);

/*
 * index_hash hashes a key of at most 4 * INDEX_WORD_MAX bytes.
 *
 * Pair-multiply-shift: sum of (k[2i] + w[2i]) * (k[2i+1] + w[2i+1]), upper
 * half, then scattered. Who does not know the seed cannot find keys that
 * collide more often than by chance (M. Dietzfelbinger, STACS 1996); strangers
 * choose addresses.
 */
uint32_t index_hash(const struct index_seed *s, struct bytes key);

struct index {
	uint64_t *slots; /* hash << 32 | place + 1; 0 is free */
	uint64_t *filter;
	uint32_t mask, filter_mask;
};

/* index_init makes room for cnt keys; false when memory is short. */
bool index_init(struct index *x, struct arena *a, size_t cnt);

/* index_add adds a key's hash and its place; at most cnt times. */
void index_add(struct index *x, uint32_t hash, uint32_t place);

/* struct index_probe walks the places whose keys have a hash. */
struct index_probe {
	const struct index *x;
	uint32_t hash, at;
};

/* index_may_have is false when no key of that hash was added. */
static inline bool
index_may_have(const struct index *x, uint32_t hash)
{
	uint32_t bit = hash * UINT32_C(0x9e3779b1) & x->filter_mask;

	return x->slots != NULL && (x->filter[bit / 64] >> bit % 64 & 1) != 0;
}

static inline struct index_probe
index_probe(const struct index *x, uint32_t hash)
{
	return (struct index_probe){.x = x, .hash = hash, .at = hash & x->mask};
}

/* index_next gives the next place to compare keys at; false at the end. */
static inline bool
index_next(struct index_probe *p, uint32_t *place)
{
	for (;;) {
		uint64_t slot = p->x->slots[p->at];

		if (slot == 0)
			return false;
		p->at = (p->at + 1) & p->x->mask;
		if (slot >> 32 == p->hash) {
			*place = (uint32_t)slot - 1;
			return true;
		}
	}
}

#endif
