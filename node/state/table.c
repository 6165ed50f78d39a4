/* SPDX-License-Identifier: Apache-2.0
 *
 * Open addressing with linear probing, at most half full, over a keyed hash
 * of two multiplications. It owns no entry and knows nothing of accounts.
 */
#include "state/table_priv.h"

#include "base/u256.h"

enum { CAP_MIN = 64 };

void
state_table_open(
    struct table *t, struct arena *a, const uint64_t *secret, size_t key_len)
{
	*t = (struct table){.arena = a, .secret = secret, .key_len = key_len};
}

static inline uint64_t
load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* fold multiplies and keeps both halves. Both factors are masked by secrets,
 * so that nobody can make one of them zero. */
static inline uint64_t
fold(uint64_t a, uint64_t b)
{
	u128 m = (u128)a * b;

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

static uint64_t
hash_of(const struct table *t, const uint8_t *key)
{
	const uint64_t *k = t->secret;
	uint64_t h = fold(load64(key) ^ k[0], load64(key + 8) ^ k[1]);

	if (t->key_len == TABLE_KEY_MAX)
		h ^= fold(load64(key + 16) ^ k[2], load64(key + 24) ^ k[3]);
	return fold(h ^ load64(key + t->key_len - 8) ^ k[4], k[5] | 1);
}

static struct table_cell *
find(const struct table *t, uint64_t hash, const void *key)
{
	size_t i = hash & (t->cap - 1);

	while (t->cells[i].entry != NULL &&
	       (t->cells[i].hash != hash ||
		   memcmp(t->cells[i].entry, key, t->key_len) != 0))
		i = (i + 1) & (t->cap - 1);
	return &t->cells[i];
}

void *
state_table_find(const struct table *t, uint64_t *hash, const void *key)
{
	*hash = hash_of(t, key);
	return t->cap == 0 ? NULL : find(t, *hash, key)->entry;
}

static bool
grow(struct table *t)
{
	struct table_cell *old = t->cells;
	size_t i, at, cnt = t->cap, cap = cnt == 0 ? CAP_MIN : cnt * 2;
	struct table_cell *cells = arena_array(t->arena, cap, sizeof(*cells));

	if (cells == NULL)
		return false;
	for (i = 0; i < cnt; i++) {
		if (old[i].entry == NULL)
			continue;
		at = old[i].hash & (cap - 1);
		while (cells[at].entry != NULL)
			at = (at + 1) & (cap - 1);
		cells[at] = old[i];
	}
	t->cells = cells;
	t->cap = cap;
	return true;
}

bool
state_table_put(struct table *t, uint64_t hash, void *entry)
{
	size_t at;

	if (2 * (t->cnt + 1) > t->cap && !grow(t))
		return false;
	at = hash & (t->cap - 1);
	while (t->cells[at].entry != NULL)
		at = (at + 1) & (t->cap - 1);
	t->cells[at] = (struct table_cell){.hash = hash, .entry = entry};
	t->cnt++;
	return true;
}
