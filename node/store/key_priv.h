/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys of the tables, such that their byte order is the order we walk them
 * in. A trie path takes one byte per nibble (nibble + 1) and a zero at its
 * end: a node then stands before those below it, neighbours in the trie are
 * neighbours in the table, and no key is the start of another.
 */
#ifndef STORE_KEY_PRIV_H
#define STORE_KEY_PRIV_H

#include "eth/statediff.h"
#include "eth/types.h"

/* What a reverse diff describes; the numbers are on disk. */
enum kind { KIND_ACCOUNT = 1, KIND_SLOT = 2, KIND_NODE = 3 };

/* Longest: batch, kind, node of a storage trie, block number. */
enum { KEY_MAX = 8 + 1 + 1 + 32 + 64 + 1 + 8 };

struct key {
	uint8_t b[KEY_MAX + 1]; /* one to step behind the longest */
	uint8_t len;
};

static inline struct bytes
key_bytes(const struct key *k)
{
	return bytes_of(k->b, k->len);
}

/* key_put appends n bytes, key_put_u64 and key_put_u32 a number. */
void key_put(struct key *k, const void *p, size_t n);
void key_put_u64(struct key *k, uint64_t v);
void key_put_u32(struct key *k, uint32_t v);

struct key key_number(uint64_t number);
struct key key_block(uint64_t number, const struct hash *hash);
struct key key_slot(const struct addr *addr, const struct hash *slot);

/* key_node: account NULL for the account trie. Storage tries come first. */
struct key key_node(const struct hash *account, const struct trie_path *path);

/* key_past is batch, kind, key; the caller may append a number. */
struct key key_past(uint64_t batch, enum kind kind, struct bytes key);

/* key_tail reads the number at the end of a key of past or past_at. */
uint64_t key_tail(struct bytes key);

#endif
