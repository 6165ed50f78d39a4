/* SPDX-License-Identifier: Apache-2.0
 *
 * Open addressing with linear probing, at most half full.
 */
#include "state/table_priv.h"

#include "base/u256.h"

enum { TABLE_CAP_MIN = 64 };

void
state_table_init(struct table *t, struct arena *a, size_t key_len)
{
	*t = (struct table){.arena = a, .key_len = key_len};
}

static uint64_t
load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t
mix(uint64_t a, uint64_t b)
{
	u128 m = (u128)(a ^ 0x9e3779b97f4a7c15) * (b ^ 0xbf58476d1ce4e5b9);

	return (uint64_t)m ^ (uint64_t)(m >> 64);
}

/* Keys are chosen by strangers: the place of the table in memory, which they
 * do not know, decides where they fall. Keys have at least eight bytes. */
static uint64_t
hash_of(const struct table *t, const uint8_t *key)
{
	uint64_t h = (uint64_t)(uintptr_t)t->arena ^ t->key_len;
	size_t i;

	for (i = 0; i + 8 <= t->key_len; i += 8)
		h = mix(h, load64(key + i));
	return mix(h, load64(key + t->key_len - 8));
}

static struct table_slot *
find(const struct table *t, const uint8_t *key, uint64_t h)
{
	size_t i = h & (t->cap - 1);

	while (t->slots[i].key != NULL &&
	       (t->slots[i].hash != h ||
		   memcmp(t->slots[i].key, key, t->key_len) != 0))
		i = (i + 1) & (t->cap - 1);
	return &t->slots[i];
}

void *
state_table_get(const struct table *t, const uint8_t *key)
{
	if (t->cap == 0)
		return NULL;
	return find(t, key, hash_of(t, key))->value;
}

static bool
grow(struct table *t)
{
	struct table old = *t;
	size_t i;

	t->cap = old.cap == 0 ? TABLE_CAP_MIN : old.cap * 2;
	t->slots = arena_array(t->arena, t->cap, sizeof(*t->slots));
	if (t->slots == NULL) {
		*t = old;
		return false;
	}
	for (i = 0; i < old.cap; i++)
		if (old.slots[i].key != NULL)
			*find(t, old.slots[i].key, old.slots[i].hash) =
			    old.slots[i];
	return true;
}

bool
state_table_add(struct table *t, const uint8_t *key, void *value)
{
	uint64_t h = hash_of(t, key);

	if (2 * (t->cnt + 1) > t->cap && !grow(t))
		return false;
	*find(t, key, h) =
	    (struct table_slot){.key = key, .value = value, .hash = h};
	t->cnt++;
	return true;
}
