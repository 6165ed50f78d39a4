/* SPDX-License-Identifier: Apache-2.0 */
#include "trie/iter.h"

#include "ref.h"
#include "test.h"

enum { BATCH_MAX = 40 };

/* What the walk should say next. */
struct expect {
	const struct ref_nodes *nodes;
	const struct ref_map *map;
	size_t node, leaf, stop_node, stop_leaf;
	bool is_wrong;
};

static bool
on_node(void *ctx, const struct trie_path *path, struct bytes rlp)
{
	struct expect *x = ctx;
	const struct ref_node *n;

	if (x->node == x->nodes->cnt) {
		x->is_wrong = true;
		return false;
	}
	n = &x->nodes->node[x->node++];
	x->is_wrong |= ref_path_cmp(&n->path, path) != 0 ||
		       !bytes_eq(rlp, bytes_of(n->rlp, n->len));
	return x->node != x->stop_node;
}

static bool
on_leaf(void *ctx, const struct hash *key, struct bytes value)
{
	struct expect *x = ctx;
	const struct ref_pair *p;

	if (x->leaf == x->map->cnt) {
		x->is_wrong = true;
		return false;
	}
	p = &x->map->pair[x->leaf++];
	x->is_wrong |= !hash_eq(&p->key, key) ||
		       !bytes_eq(value, bytes_of(p->value, p->len));
	return x->leaf != x->stop_leaf;
}

struct world {
	struct ref_nodes nodes;
	struct ref_map map;
	struct hash root;
	struct trie_source src;
	struct expect expect;
	struct trie_visitor visitor;
};

static void
open_world(struct world *w, uint64_t seed)
{
	struct rng_test r = {.state = seed};
	struct trie_change changes[BATCH_MAX];
	uint8_t room[BATCH_MAX * REF_VALUE_MAX];

	memset(w, 0, sizeof(*w));
	ref_draw_batch(changes, room, BATCH_MAX, &w->map, &r,
	    (enum ref_space)(seed % REF_SPACE_CNT), 0);
	ref_build(&w->root, &w->nodes, &w->map);
	w->src = ref_source(&w->nodes);
	w->expect = (struct expect){.nodes = &w->nodes, .map = &w->map};
	w->visitor = (struct trie_visitor){
	    .node = on_node, .leaf = on_leaf, .ctx = &w->expect};
}

static void
close_world(struct world *w)
{
	ref_nodes_free(&w->nodes);
	ref_map_free(&w->map);
}

TEST(test_each_shows_every_node_and_leaf_in_order)
{
	struct world w;
	uint64_t seed;

	for (seed = 0; seed < 40; seed++) {
		open_world(&w, seed);
		EXPECT_RC(trie_each(&w.src, &w.root, &w.visitor, NULL), RC_OK);
		EXPECT(!w.expect.is_wrong);
		EXPECT_U64(w.expect.node, w.nodes.cnt);
		EXPECT_U64(w.expect.leaf, w.map.cnt);
		w.visitor.node = NULL;
		w.visitor.leaf = NULL;
		EXPECT_RC(trie_each(&w.src, &w.root, &w.visitor, NULL), RC_OK);
		close_world(&w);
	}
}

TEST(test_each_stops_when_told)
{
	struct world w;

	open_world(&w, 1);
	w.expect.stop_leaf = 3;
	EXPECT_RC(trie_each(&w.src, &w.root, &w.visitor, NULL), RC_OK);
	EXPECT_U64(w.expect.leaf, 3);
	close_world(&w);
	open_world(&w, 1);
	w.expect.stop_node = 2;
	EXPECT_RC(trie_each(&w.src, &w.root, &w.visitor, NULL), RC_OK);
	EXPECT_U64(w.expect.node, 2);
	close_world(&w);
}

TEST(test_each_of_empty_trie_says_nothing)
{
	struct trie_source src = trie_source_empty();
	struct trie_visitor v = {.node = NULL};

	EXPECT_RC(trie_each(&src, &HASH_EMPTY_TRIE, &v, NULL), RC_OK);
	EXPECT_RC(trie_each(&src, &HASH_EMPTY_CODE, &v, NULL), RC_CORRUPT);
}

TEST(test_each_damaged_node_is_refused)
{
	struct world w;
	size_t i, len;

	open_world(&w, 2);
	w.visitor = (struct trie_visitor){.node = NULL};
	for (i = 0; i < w.nodes.cnt; i++) {
		w.nodes.node[i].rlp[i % w.nodes.node[i].len] ^= 8;
		EXPECT_RC(
		    trie_each(&w.src, &w.root, &w.visitor, NULL), RC_CORRUPT);
		w.nodes.node[i].rlp[i % w.nodes.node[i].len] ^= 8;
		len = w.nodes.node[i].len;
		w.nodes.node[i].len = 0;
		EXPECT_RC(
		    trie_each(&w.src, &w.root, &w.visitor, NULL), RC_CORRUPT);
		w.nodes.node[i].len = len;
	}
	close_world(&w);
}
