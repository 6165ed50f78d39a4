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

/* is_on_way tells whether a node stands on the way to key. */
static bool
is_on_way(const struct trie_path *path, const struct hash *key)
{
	size_t i;

	for (i = 0; i < path->len; i++) {
		if (path->nib[i] !=
		    ((key->b[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15))
			return false;
	}
	return true;
}

/* step_key adds or takes one; false at the end of all keys. */
static bool
step_key(struct hash *key, bool is_up)
{
	uint8_t edge = is_up ? 0xff : 0;
	size_t i = sizeof(key->b);

	while (i > 0 && key->b[i - 1] == edge)
		key->b[--i] = (uint8_t)~edge;
	if (i == 0)
		return false;
	key->b[i - 1] =
	    (uint8_t)(is_up ? key->b[i - 1] + 1 : key->b[i - 1] - 1);
	return true;
}

/* expect_from walks from start and expects the leaves from first on. */
static void
expect_from(struct world *w, const struct hash *start, size_t first)
{
	w->expect.leaf = first;
	w->visitor.node = NULL;
	EXPECT_RC(
	    trie_each_from(&w->src, &w->root, start, &w->visitor, NULL), RC_OK);
	EXPECT(!w->expect.is_wrong);
	EXPECT_U64(w->expect.leaf, w->map.cnt);
}

TEST(test_each_from_a_key_begins_there)
{
	struct hash zero = {{0}}, last, key;
	struct world w;
	uint64_t seed;
	size_t i;

	memset(last.b, 0xff, sizeof(last.b));
	for (seed = 0; seed < 40; seed++) {
		open_world(&w, seed);
		expect_from(&w, &zero, 0);
		for (i = 0; i < w.map.cnt; i++) {
			key = w.map.pair[i].key;
			expect_from(&w, &key, i);
			if (step_key(&key, true))
				expect_from(&w, &key, i + 1);
			key = w.map.pair[i].key;
			if (step_key(&key, false))
				expect_from(&w, &key,
				    i > 0 && hash_eq(
						 &key, &w.map.pair[i - 1].key)
					? i - 1
					: i);
		}
		close_world(&w);
	}
}

TEST(test_each_from_a_key_reads_nothing_before_it)
{
	const struct hash *last;
	struct world w;
	uint64_t seed;
	size_t i;

	for (seed = 0; seed < REF_SPACE_CNT; seed++) {
		open_world(&w, seed);
		last = &w.map.pair[w.map.cnt - 1].key;
		for (i = 0; i < w.nodes.cnt; i++) {
			if (!is_on_way(&w.nodes.node[i].path, last))
				w.nodes.node[i].rlp[0] ^= 8;
		}
		expect_from(&w, last, w.map.cnt - 1);
		close_world(&w);
	}
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
