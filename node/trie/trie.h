/* SPDX-License-Identifier: Apache-2.0
 *
 * The Merkle-Patricia trie, Yellow Paper appendix D, stored by path: a node
 * is found by the nibbles that lead to it, so that a changed node replaces
 * its older self. Nodes shorter than 32 bytes live inside their parent and
 * have no record. A batch of changes is applied in one pass and the touched
 * nodes are hashed level by level, many at once.
 */
#ifndef TRIE_TRIE_H
#define TRIE_TRIE_H

#include "base/arena.h"
#include "eth/statediff.h"

/*
 * struct trie_source reads stored nodes. get sets out to the node's RLP, or
 * to an empty view when there is none at that path; the view stays valid
 * until the batch is done.
 */
struct trie_source {
	enum rc (*get)(void *ctx, struct bytes *out,
	    const struct trie_path *path, struct err *e);
	void *ctx;
};

/* One change: a 32-byte (hashed) key and its new value; empty deletes. */
struct trie_change {
	struct hash key;
	struct bytes value;
};

/*
 * trie_update applies changes to the trie of root and tells which stored
 * nodes change.
 *
 * changes   ascending by key, each key once
 * Errors    RC_CORRUPT  a stored node is missing or does not have the hash
 *                       that its parent names
 *           RC_NO_MEMORY, and what the source returns
 * Lifetime  out and all it points to live in the arena; what only the work
 *           needs does not, and is bounded by a->max_bytes once more
 */
enum rc trie_update(struct arena *a, struct hash *root_out,
    struct trie_batch *out, const struct trie_source *src,
    const struct hash *root, const struct trie_change *changes, size_t cnt,
    struct err *e);

/*
 * trie_get reads one value by walking from the root; an empty view when key
 * is absent. Execution reads flat tables instead; this serves proofs and
 * audits.
 */
enum rc trie_get(struct arena *a, struct bytes *out,
    const struct trie_source *src, const struct hash *root,
    const struct hash *key, struct err *e);

/* One trie of several that are updated together; see trie_update for the
 * meaning of each member. */
struct trie_job {
	struct trie_source src;
	struct hash root;
	const struct trie_change *changes;
	size_t cnt;
	struct hash root_out;
	struct trie_batch batch;
};

/*
 * trie_update_many is trie_update for tries that do not depend on each other
 * (the storage of many contracts): the nodes of all share the hash lanes.
 * Sets root_out and batch of each job.
 */
enum rc trie_update_many(
    struct arena *a, struct trie_job *jobs, size_t cnt, struct err *e);

/* trie_source_empty returns a source without nodes (a new trie). */
struct trie_source trie_source_empty(void);

#endif
