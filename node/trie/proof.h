/* SPDX-License-Identifier: Apache-2.0
 *
 * Merkle proofs: the nodes from the root to a key, and their verification
 * (EIP-1186).
 */
#ifndef TRIE_PROOF_H
#define TRIE_PROOF_H

#include "trie/trie.h"

enum { TRIE_PROOF_MAX = 65 };

struct trie_proof {
	struct bytes node[TRIE_PROOF_MAX];
	size_t cnt;
};

/* trie_prove collects the nodes on the way to key; a proof of absence when
 * the key is not there. */
enum rc trie_prove(struct arena *a, struct trie_proof *out,
    const struct trie_source *src, const struct hash *root,
    const struct hash *key, struct err *e);

/* trie_verify checks a proof and sets value (empty: proven absent).
 * Errors  RC_CORRUPT  the proof does not prove anything about key */
enum rc trie_verify(struct bytes *value, const struct trie_proof *p,
    const struct hash *root, const struct hash *key, struct err *e);

#endif
