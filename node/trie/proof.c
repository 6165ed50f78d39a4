/* SPDX-License-Identifier: Apache-2.0
 *
 * Merkle proofs in the form of EIP-1186: the nodes from the root to a key,
 * those embedded in their parents left out. Building a proof verifies every
 * node; checking one trusts nothing but the root.
 */
#include "trie/proof.h"

#include "crypto/keccak.h"
#include "trie/walk_priv.h"

enum rc
trie_prove(struct arena *a, struct trie_proof *out,
    const struct trie_source *src, const struct hash *root,
    const struct hash *key, struct err *e)
{
	struct walker w = {.key = key->b, .hash = root->b};
	struct bytes rlp;
	size_t depth;

	out->cnt = 0;
	if (hash_eq(root, &HASH_EMPTY_TRIE))
		return RC_OK;
	while (w.hash != NULL) {
		if (out->cnt == TRIE_PROOF_MAX)
			return FAIL(e, RC_CORRUPT, "trie deeper than a key");
		depth = w.depth;
		TRY(walk_read(&rlp, src, w.hash, key->b, depth, e));
		rlp = arena_copy(a, rlp);
		if (rlp.ptr == NULL)
			return FAIL(e, RC_NO_MEMORY, "no room for a proof");
		out->node[out->cnt++] = rlp;
		TRY(walker_step(&w, rlp, e));
	}
	return RC_OK;
}

enum rc
trie_verify(struct bytes *value, const struct trie_proof *p,
    const struct hash *root, const struct hash *key, struct err *e)
{
	struct walker w = {.key = key->b, .hash = root->b};
	uint8_t hash[32];
	size_t i;

	*value = bytes_of(NULL, 0);
	if (p->cnt == 0 && hash_eq(root, &HASH_EMPTY_TRIE))
		return RC_OK;
	for (i = 0; i < p->cnt; i++) {
		if (w.hash == NULL)
			return FAIL(e, RC_CORRUPT,
			    "proof ends at node %zu of %zu", i, p->cnt);
		keccak256(hash, p->node[i]);
		if (memcmp(hash, w.hash, sizeof(hash)) != 0)
			return FAIL(e, RC_CORRUPT,
			    "proof node %zu is not the one its parent names",
			    i);
		TRY(walker_step(&w, p->node[i], e));
	}
	if (w.hash != NULL)
		return FAIL(e, RC_CORRUPT,
		    "proof of %zu nodes ends before the key", p->cnt);
	*value = w.value;
	return RC_OK;
}
