/* SPDX-License-Identifier: Apache-2.0
 *
 * The ordered walk over a trie, whole or from a key on, for audits and dumps.
 */
#ifndef TRIE_ITER_H
#define TRIE_ITER_H

#include "trie/trie.h"

/* struct trie_visitor is told what the walk meets; false stops it. Either
 * function may be NULL. */
struct trie_visitor {
	/* a stored node, before everything below it */
	bool (*node)(void *ctx, const struct trie_path *path, struct bytes rlp);
	/* a value; keys ascend */
	bool (*leaf)(void *ctx, const struct hash *key, struct bytes value);
	void *ctx;
};

/*
 * trie_each walks the trie of root in path order and verifies every node.
 *
 * Errors  RC_CORRUPT  a node is missing, malformed or not of its hash; what
 *                     the source returns
 */
enum rc trie_each(const struct trie_source *src, const struct hash *root,
    const struct trie_visitor *v, struct err *e);

/* trie_each_from is trie_each that begins at the first key not below start;
 * what is before it is not read. */
enum rc trie_each_from(const struct trie_source *src, const struct hash *root,
    const struct hash *start, const struct trie_visitor *v, struct err *e);

#endif
