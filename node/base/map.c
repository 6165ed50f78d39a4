/* SPDX-License-Identifier: Apache-2.0
 *
 * Open addressing with linear probing; deletion shifts the followers back, so
 * there are no tombstones and no slow decay. Keys are hashed with SipHash-1-3
 * under a seed from the kernel, drawn per map: a stranger who chooses keys
 * (addresses, transaction hashes) cannot choose collisions.
 */
#include "base/map.h"

#include <string.h>
#include <sys/random.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/siphash.h"

enum { CAP_MIN = 16, KEY_MAX = 64 };

/* A slot: this head, then the key. value NULL: free. */
struct slot {
	void *value;
	uint64_t hash;
	uint8_t key[];
};

static uint64_t
hash_key(const struct map *m, const void *key)
{
	return siphash13(m->seed, key, m->key_len);
}

static struct slot *
slot_at(const struct map *m, size_t i)
{
	return (struct slot *)(void *)(m->slots + i * m->slot_len);
}

void
map_init(struct map *m, size_t key_len, size_t max)
{
	CHECK(key_len > 0 && key_len <= KEY_MAX);
	*m = (struct map){.key_len = key_len, .max = max};
	m->slot_len = (sizeof(struct slot) + key_len + 7) & ~(size_t)7;
	CHECK(getrandom(m->seed, sizeof(m->seed), 0) == sizeof(m->seed));
}

void
map_free(struct map *m)
{
	mem_free(m->slots);
	m->slots = NULL;
	m->cnt = m->cap = 0;
}

/* find returns the slot of key, or the free one where it would go. */
static size_t
find(const struct map *m, const void *key, uint64_t hash)
{
	size_t i = hash & (m->cap - 1);

	for (;;) {
		const struct slot *s = slot_at(m, i);

		if (s->value == NULL)
			return i;
		if (s->hash == hash && !memcmp(s->key, key, m->key_len))
			return i;
		i = (i + 1) & (m->cap - 1);
	}
}

void *
map_get(const struct map *m, const void *key)
{
	if (m->cnt == 0)
		return NULL;
	return slot_at(m, find(m, key, hash_key(m, key)))->value;
}

/* grow doubles the table. */
static bool
grow(struct map *m)
{
	size_t i, old_cap = m->cap;
	struct map bigger = *m;

	bigger.cap = old_cap == 0 ? CAP_MIN : old_cap * 2;
	bigger.slots = mem_array(bigger.cap, m->slot_len);
	if (bigger.slots == NULL)
		return false;
	for (i = 0; i < old_cap; i++) {
		const struct slot *s = slot_at(m, i);

		if (s->value != NULL)
			memcpy(slot_at(&bigger, find(&bigger, s->key, s->hash)),
			    s, m->slot_len);
	}
	mem_free(m->slots);
	*m = bigger;
	return true;
}

bool
map_put(struct map *m, const void *key, void *value)
{
	uint64_t hash = hash_key(m, key);
	struct slot *s;

	CHECK(value != NULL);
	if (m->cap > 0) {
		s = slot_at(m, find(m, key, hash));
		if (s->value != NULL) {
			s->value = value;
			return true;
		}
	}
	if (m->cnt >= m->max)
		return false;
	if (m->cnt + 1 > m->cap - m->cap / 4 && !grow(m))
		return false;
	s = slot_at(m, find(m, key, hash));
	s->value = value;
	s->hash = hash;
	memcpy(s->key, key, m->key_len);
	m->cnt++;
	return true;
}

/* close_gap moves followers into the free slot at gap where they belong. */
static void
close_gap(struct map *m, size_t gap)
{
	size_t mask = m->cap - 1, i = gap;

	for (;;) {
		struct slot *s;

		i = (i + 1) & mask;
		s = slot_at(m, i);
		if (s->value == NULL)
			return;
		/* It may move if gap lies between its home and its place. */
		if (((i - s->hash) & mask) < ((i - gap) & mask))
			continue;
		memcpy(slot_at(m, gap), s, m->slot_len);
		s->value = NULL;
		gap = i;
	}
}

void *
map_del(struct map *m, const void *key)
{
	struct slot *s;
	void *value;
	size_t i;

	if (m->cnt == 0)
		return NULL;
	i = find(m, key, hash_key(m, key));
	s = slot_at(m, i);
	value = s->value;
	if (value == NULL)
		return NULL;
	s->value = NULL;
	m->cnt--;
	close_gap(m, i);
	return value;
}

bool
map_next(const struct map *m, size_t *at, const void **key, void **value)
{
	while (*at < m->cap) {
		const struct slot *s = slot_at(m, (*at)++);

		if (s->value == NULL)
			continue;
		*key = s->key;
		*value = s->value;
		return true;
	}
	return false;
}

void
map_clear(struct map *m)
{
	if (m->cap > 0)
		memset(m->slots, 0, m->cap * m->slot_len);
	m->cnt = 0;
}
