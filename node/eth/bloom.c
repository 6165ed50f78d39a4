/* SPDX-License-Identifier: Apache-2.0
 *
 * The 2,048-bit filter of a receipt or block: three bits per item, each from
 * two bytes of the item's hash.
 */
#include "eth/bloom.h"

/* M3:2048 takes the low 11 bits of byte pairs 0, 2 and 4; bit 0 is the lowest
 * bit of the last byte. */
struct bloom_key
bloom_key_of(struct bytes item)
{
	struct hash h = hash_keccak(item);
	struct bloom_key key = {.bit = {0}};
	size_t i;

	for (i = 0; i < 3; i++)
		key.bit[i] = be16(h.b + 2 * i) & 0x7ffU;
	return key;
}

static size_t
byte_of(unsigned bit)
{
	return sizeof(struct bloom) - 1 - bit / 8;
}

void
bloom_add(struct bloom *b, struct bytes item)
{
	struct bloom_key key = bloom_key_of(item);
	size_t i;

	for (i = 0; i < 3; i++)
		b->b[byte_of(key.bit[i])] |= (uint8_t)(1U << key.bit[i] % 8);
}

void
bloom_add_log(struct bloom *b, const struct log_entry *l)
{
	size_t i;

	bloom_add(b, addr_bytes(&l->addr));
	for (i = 0; i < l->topic_cnt; i++)
		bloom_add(b, hash_bytes(&l->topics[i]));
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
