/* SPDX-License-Identifier: Apache-2.0 */
#include "trie/proof.h"

#include "ref.h"
#include "test.h"

enum { ARENA = 1 << 24, BATCH_MAX = 40 };

struct world {
	struct ref_nodes nodes;
	struct ref_map map;
	struct hash root;
	struct trie_source src;
	struct arena a;
};

static void
open_world(struct world *w, uint64_t seed, enum ref_space space)
{
	struct rng_test r = {.state = seed};
	struct trie_change changes[BATCH_MAX];
	uint8_t room[BATCH_MAX * REF_VALUE_MAX];

	memset(w, 0, sizeof(*w));
	ref_draw_batch(changes, room, BATCH_MAX, &w->map, &r, space, 0);
	ref_build(&w->root, &w->nodes, &w->map);
	w->src = ref_source(&w->nodes);
	arena_init(&w->a, ARENA);
}

static void
close_world(struct world *w)
{
	arena_drop(&w->a);
	ref_nodes_free(&w->nodes);
	ref_map_free(&w->map);
}

/* EIP-1186: presence and absence. */
TEST(test_prove_then_verify_gives_value_or_absence)
{
	struct rng_test r = {.state = 9};
	const struct ref_pair *pair;
	struct trie_proof proof;
	struct bytes value;
	enum ref_space space;
	struct hash key;
	struct world w;
	size_t i, n, present = 0;

	for (n = 0; n < 20; n++) {
		space = (enum ref_space)(n % REF_SPACE_CNT);
		open_world(&w, n, space);
		for (i = 0; i < 60; i++) {
			ref_draw_key(&key, &r, i % 5 == 0 ? REF_WIDE : space);
			pair = ref_get(&w.map, &key);
			EXPECT_RC(trie_prove(&w.a, &proof, &w.src, &w.root,
				      &key, NULL),
			    RC_OK);
			EXPECT_RC(
			    trie_verify(&value, &proof, &w.root, &key, NULL),
			    RC_OK);
			present += pair != NULL;
			if (pair == NULL)
				EXPECT_U64(value.len, 0);
			else
				EXPECT_BYTES(
				    value, bytes_of(pair->value, pair->len));
		}
		close_world(&w);
	}
	EXPECT(present > 100);
}

TEST(test_prove_in_empty_trie_is_no_nodes)
{
	struct trie_source src = trie_source_empty();
	struct trie_proof proof;
	struct hash key = {{7}};
	struct bytes value;
	struct arena a;

	arena_init(&a, ARENA);
	EXPECT_RC(
	    trie_prove(&a, &proof, &src, &HASH_EMPTY_TRIE, &key, NULL), RC_OK);
	EXPECT_U64(proof.cnt, 0);
	EXPECT_RC(
	    trie_verify(&value, &proof, &HASH_EMPTY_TRIE, &key, NULL), RC_OK);
	EXPECT_U64(value.len, 0);
	EXPECT_RC(trie_verify(&value, &proof, &key, &key, NULL), RC_CORRUPT);
	arena_drop(&a);
}

static void
expect_refused(
    const struct world *w, const struct trie_proof *p, const struct hash *key)
{
	struct bytes value;

	EXPECT_RC(trie_verify(&value, p, &w->root, key, NULL), RC_CORRUPT);
}

/* expect_node_matters changes node i of a proof, cuts the proof before it and
 * repeats it at the end. */
static size_t
expect_node_matters(const struct world *w, const struct trie_proof *good,
    size_t i, const struct hash *key)
{
	struct trie_proof p;
	uint8_t copy[1024];
	size_t at, refused = 0;

	for (at = 0; at < good->node[i].len; at += 5, refused++) {
		p = *good;
		memcpy(copy, p.node[i].ptr, p.node[i].len);
		copy[at] ^= 4;
		p.node[i].ptr = copy;
		expect_refused(w, &p, key);
	}
	p = *good;
	p.cnt = i;
	expect_refused(w, &p, key);
	p = *good;
	p.node[p.cnt++] = good->node[i];
	expect_refused(w, &p, key);
	return refused;
}

/* A proof that lacks, repeats, adds or changes anything proves nothing. */
TEST(test_verify_damaged_proof_is_refused)
{
	struct trie_proof good;
	struct bytes value;
	struct world w;
	struct hash key;
	size_t i, n, refused = 0;

	for (n = 0; n < 12; n++) {
		open_world(&w, n, (enum ref_space)(n % REF_SPACE_CNT));
		key = w.map.pair[w.map.cnt / 2].key;
		EXPECT_RC(trie_prove(&w.a, &good, &w.src, &w.root, &key, NULL),
		    RC_OK);
		for (i = 0; i < good.cnt; i++)
			refused += expect_node_matters(&w, &good, i, &key);
		key.b[31] ^= 0x80;
		key.b[0] ^= 0x80;
		if (trie_verify(&value, &good, &w.root, &key, NULL) == RC_OK)
			EXPECT_U64(value.len, 0);
		close_world(&w);
	}
	EXPECT(refused > 200);
}

TEST(test_prove_missing_node_is_refused)
{
	struct trie_proof proof;
	struct world w;
	struct err e;

	open_world(&w, 3, REF_BOTTOM);
	w.nodes.node[0].len = 0;
	EXPECT_RC(trie_prove(&w.a, &proof, &w.src, &w.root,
		      &w.map.pair[w.map.cnt - 1].key, &e),
	    RC_CORRUPT);
	EXPECT(strstr(e.text, "missing") != NULL);
	close_world(&w);
}

TEST(test_prove_without_memory_is_refused)
{
	struct trie_proof proof;
	struct world w;
	struct arena a;

	open_world(&w, 3, REF_TOP);
	arena_init(&a, 8);
	EXPECT_RC(
	    trie_prove(&a, &proof, &w.src, &w.root, &w.map.pair[0].key, NULL),
	    RC_NO_MEMORY);
	arena_drop(&a);
	close_world(&w);
}
