/* SPDX-License-Identifier: Apache-2.0
 *
 * Single nodes on the way down: read by path and verified, and the step from
 * a node towards a key. Shared by lookups, proofs and the ordered walk.
 */
#ifndef TRIE_WALK_PRIV_H
#define TRIE_WALK_PRIV_H

#include "trie/node_priv.h"
#include "trie/path_priv.h"
#include "trie/trie.h"

/*
 * walk_read reads the record at the first depth nibbles of key.
 *
 * hash    32 bytes
 * Errors  RC_CORRUPT  missing, or not of that hash; those of the source
 */
enum rc walk_read(struct bytes *out, const struct trie_source *src,
    const uint8_t *hash, const uint8_t *key, size_t depth, struct err *e);

/* struct walker is on the way from the root to key. */
struct walker {
	const uint8_t *key;
	size_t depth;        /* nibbles behind it */
	const uint8_t *hash; /* of the next record; NULL at the end */
	struct bytes value;  /* at the end: what is there, empty when absent */
};

/*
 * walker_step goes through the node in rlp and the nodes embedded in it.
 *
 * Errors  RC_CORRUPT  it is no node, or does not fit at this depth
 */
enum rc walker_step(struct walker *w, struct bytes rlp, struct err *e);

#endif
