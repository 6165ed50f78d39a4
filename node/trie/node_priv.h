/* SPDX-License-Identifier: Apache-2.0
 *
 * The stored form of a node, Yellow Paper appendix D: a list of 17 (branch)
 * or of 2 (leaf, extension). A reference to a child is an RLP item: the
 * 33 bytes of a hash, or a node of less than 32 bytes itself. References are
 * kept as pointers to such items, wherever they lie, and copied as they are.
 */
#ifndef TRIE_NODE_PRIV_H
#define TRIE_NODE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum node_kind { NODE_LEAF, NODE_EXT, NODE_BRANCH };

enum {
	NODE_WIDTH = 16,     /* children of a branch */
	NODE_HASH_ITEM = 33, /* bytes of a reference by hash */
	NODE_HASH_HEAD = 0xa0,
	NODE_HASHED_MIN = 32 /* nodes from this length on are hashed */
};

/* struct node_view is a decoded node; everything points into its RLP. */
struct node_view {
	enum node_kind kind;
	struct bytes compact;            /* leaf, extension */
	struct bytes value;              /* leaf, branch (may be empty) */
	const uint8_t *item[NODE_WIDTH]; /* extension: item[0] */
	uint16_t has;                    /* bit i: item[i] is there */
	uint16_t hashes;                 /* bit i: item[i] is a hash */
};

/* item_is_hash tells the two kinds of references apart. */
static inline bool
item_is_hash(const uint8_t *item)
{
	return item[0] == NODE_HASH_HEAD;
}

/* item_len returns the length of a reference. */
static inline size_t
item_len(const uint8_t *item)
{
	return item_is_hash(item) ? NODE_HASH_ITEM : item[0] - 0xc0U + 1;
}

/*
 * node_decode reads stored bytes, which may be damaged in any way. It checks
 * the node alone: whether its path fits where it stands is for the caller.
 *
 * Returns  NULL, or static text that says what is wrong
 */
const char *node_decode(struct node_view *out, struct bytes rlp);

/*
 * Encoders append one node to b, which has room for node_size_... bytes.
 * [from, to) are the nibbles of key on the edge.
 */
size_t node_size_leaf(size_t from, size_t to, struct bytes value);
void node_put_leaf(struct buf *b, const uint8_t *key, size_t from, size_t to,
    struct bytes value);

size_t node_size_ext(size_t from, size_t to, const uint8_t *item);
void node_put_ext(struct buf *b, const uint8_t *key, size_t from, size_t to,
    const uint8_t *item);

/* item[i] is NULL where there is no child. */
size_t node_size_branch(
    const uint8_t *const item[NODE_WIDTH], struct bytes value);
void node_put_branch(
    struct buf *b, const uint8_t *const item[NODE_WIDTH], struct bytes value);

#endif
