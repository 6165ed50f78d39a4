/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds keys. What follows a key in its table is not known here.
 */
#include "store/key_priv.h"

#include "base/check.h"

void
key_put(struct key *k, const void *p, size_t n)
{
	CHECK(n <= sizeof(k->b) - k->len);
	memcpy(k->b + k->len, p, n);
	k->len = (uint8_t)(k->len + n);
}

void
key_put_u64(struct key *k, uint64_t v)
{
	uint8_t b[8];

	be64_put(b, v);
	key_put(k, b, sizeof(b));
}

void
key_put_u32(struct key *k, uint32_t v)
{
	uint8_t b[4];

	be32_put(b, v);
	key_put(k, b, sizeof(b));
}

struct key
key_number(uint64_t number)
{
	struct key k;

	k.len = 0;
	key_put_u64(&k, number);
	return k;
}

struct key
key_block(uint64_t number, const struct hash *hash)
{
	struct key k = key_number(number);

	key_put(&k, hash->b, sizeof(hash->b));
	return k;
}

struct key
key_slot(const struct addr *addr, const struct hash *slot)
{
	struct key k;

	k.len = 0;
	key_put(&k, addr->b, sizeof(addr->b));
	key_put(&k, slot->b, sizeof(slot->b));
	return k;
}

struct key
key_node(const struct hash *account, const struct trie_path *path)
{
	static const uint8_t storage = 1, accounts = 2, end = 0;
	struct key k;

	CHECK(path->len <= sizeof(path->nib));
	k.len = 0;
	if (account != NULL) {
		key_put(&k, &storage, 1);
		key_put(&k, account->b, sizeof(account->b));
	} else {
		key_put(&k, &accounts, 1);
	}
	for (size_t i = 0; i < path->len; i++)
		k.b[k.len++] = (uint8_t)(path->nib[i] + 1);
	key_put(&k, &end, 1);
	return k;
}

struct key
key_past(uint64_t batch, enum kind kind, struct bytes key)
{
	struct key k = key_number(batch);
	uint8_t b = (uint8_t)kind;

	key_put(&k, &b, 1);
	key_put(&k, key.ptr, key.len);
	return k;
}

uint64_t
key_tail(struct bytes key)
{
	CHECK(key.len >= 8);
	return be64(key.ptr + key.len - 8);
}
