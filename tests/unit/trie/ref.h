/* SPDX-License-Identifier: Apache-2.0
 *
 * What the trie is compared with: a second implementation that builds a trie
 * from nothing by plain recursion (Yellow Paper appendix D as written), and a
 * store of nodes by path that batches are applied to. Both are slow and
 * small on purpose.
 */
#ifndef TESTS_TRIE_REF_H
#define TESTS_TRIE_REF_H

#include "crypto/rng.h"
#include "trie/iter.h"
#include "trie/trie.h"

/* struct ref_nodes keeps nodes ascending by path. */
struct ref_node {
	struct trie_path path;
	uint8_t *rlp;
	size_t len;
};
struct ref_nodes {
	struct ref_node *node;
	size_t cnt, cap;
	size_t reads; /* through the source */
};

/* struct ref_map keeps key and value pairs ascending by key. */
struct ref_pair {
	struct hash key;
	uint8_t value[128];
	size_t len;
};
struct ref_map {
	struct ref_pair *pair;
	size_t cnt, cap;
};

struct ref_node *ref_find(
    const struct ref_nodes *n, const struct trie_path *path);
void ref_put(
    struct ref_nodes *n, const struct trie_path *path, struct bytes rlp);
void ref_nodes_free(struct ref_nodes *n);
bool ref_nodes_same(const struct ref_nodes *a, const struct ref_nodes *b);
struct trie_source ref_source(struct ref_nodes *n);

/* ref_apply checks a batch against the store before it applies it: ascending
 * paths, removals of what is there, no change without a difference. */
bool ref_apply(struct ref_nodes *n, const struct trie_batch *b);

struct ref_pair *ref_get(const struct ref_map *m, const struct hash *key);
void ref_set(struct ref_map *m, const struct hash *key, struct bytes value);
void ref_map_free(struct ref_map *m);

/* ref_root computes root and nodes (may be NULL) of pairs with keys of any
 * length, ascending, each once. */
struct ref_item {
	struct bytes key, value;
};
void ref_root(struct hash *root, struct ref_nodes *nodes,
    const struct ref_item *items, size_t cnt);

/* ref_build computes root and nodes (may be NULL) of a map. */
void ref_build(
    struct hash *root, struct ref_nodes *nodes, const struct ref_map *m);

/* ref_path_cmp orders paths, a prefix first. */
int ref_path_cmp(const struct trie_path *a, const struct trie_path *b);

/* enum ref_space: how keys are drawn, so that few nibbles decide and batches
 * meet: at the top, at the very end (embedded nodes), along long edges. */
enum ref_space { REF_TOP, REF_BOTTOM, REF_EDGES, REF_WIDE, REF_SPACE_CNT };
void ref_draw_key(struct hash *out, struct rng_test *r, enum ref_space space);

/*
 * ref_draw_batch draws a batch of at most max changes and applies it to m.
 *
 * deletes  how many of ten changes remove a key
 * Returns  their number; values lie in room, REF_VALUE_MAX bytes per change
 */
enum { REF_VALUE_MAX = 40 };
size_t ref_draw_batch(struct trie_change *out, uint8_t *room, size_t max,
    struct ref_map *m, struct rng_test *r, enum ref_space space,
    unsigned deletes);

#endif
