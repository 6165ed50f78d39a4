/* SPDX-License-Identifier: Apache-2.0
 *
 * The 2,048-bit filter of a receipt or block: three bits per item, each from
 * two bytes of the item's hash.
 */
#include "eth/bloom.h"

#include "base/check.h"
#include "crypto/keccak.h"

/* M3:2048 takes the low 11 bits of byte pairs 0, 2 and 4; bit 0 is the lowest
 * bit of the last byte. */
static struct bloom_key
key_of_hash(const uint8_t hash[32])
{
	struct bloom_key key = {.bit = {0}};
	size_t i;

	for (i = 0; i < 3; i++)
		key.bit[i] = be16(hash + 2 * i) & 0x7ffU;
	return key;
}

struct bloom_key
bloom_key_of(struct bytes item)
{
	struct hash h = hash_keccak(item);

	return key_of_hash(h.b);
}

static size_t
byte_of(unsigned bit)
{
	return sizeof(struct bloom) - 1 - bit / 8;
}

static void
add_key(struct bloom *b, const struct bloom_key *key)
{
	size_t i;

	for (i = 0; i < 3; i++)
		b->b[byte_of(key->bit[i])] |= (uint8_t)(1U << key->bit[i] % 8);
}

void
bloom_add(struct bloom *b, struct bytes item)
{
	struct bloom_key key = bloom_key_of(item);

	add_key(b, &key);
}

/* The items of a log are hashed together: that takes as long as one. */
void
bloom_add_log(struct bloom *b, const struct log_entry *l)
{
	struct bytes items[1 + ARRAY_CNT(l->topics)];
	uint8_t hashes[ARRAY_CNT(items)][32];
	struct bloom_key key;
	size_t i;

	items[0] = addr_bytes(&l->addr);
	for (i = 0; i < l->topic_cnt; i++)
		items[1 + i] = hash_bytes(&l->topics[i]);
	keccak256_many(hashes, items, 1 + (size_t)l->topic_cnt);
	for (i = 0; i <= l->topic_cnt; i++) {
		key = key_of_hash(hashes[i]);
		add_key(b, &key);
	}
}

void
bloom_or(struct bloom *b, const struct bloom *other)
{
	size_t i;

	for (i = 0; i < sizeof(b->b); i++)
		b->b[i] |= other->b[i];
}

bool
bloom_has_key(const struct bloom *b, const struct bloom_key *key)
{
	size_t i;

	for (i = 0; i < 3; i++)
		if (!(b->b[byte_of(key->bit[i])] & 1U << key->bit[i] % 8))
			return false;
	return true;
}

bool
bloom_may_have(const struct bloom *b, struct bytes item)
{
	struct bloom_key key = bloom_key_of(item);

	return bloom_has_key(b, &key);
}
