/* SPDX-License-Identifier: Apache-2.0
 *
 * The ordered walk: every stored node and every value, depth first, with a
 * stack of its own and without allocating. It verifies what it reads.
 */
#include "trie/iter.h"

#include "base/check.h"
#include "trie/walk_priv.h"

/* A node on the way and the next of its ways. */
struct level {
	struct node_view view;
	size_t depth;
	unsigned next;
	bool is_edge; /* the way here is the start's */
};

struct iter {
	const struct trie_source *src;
	const struct trie_visitor *visitor;
	struct hash start;                   /* keys below it are not shown */
	struct level stack[KEY_NIBBLES + 1]; /* each node is deeper */
	size_t top;
	uint8_t key[KEY_NIBBLES / 2]; /* the nibbles of where we are */
	bool is_stopped;
	struct err *e;
};

static enum rc
corrupt(struct iter *it, size_t depth, const char *why)
{
	char text[PATH_TEXT_MAX];

	return FAIL(it->e, RC_CORRUPT, "trie node at path \"%s\": %s",
	    path_text(text, it->key, depth), why);
}

/* read_item gets the bytes of a node and shows a stored one. */
static enum rc
read_item(struct iter *it, struct bytes *out, const uint8_t *item, size_t depth)
{
	struct trie_path path;

	if (!item_is_hash(item)) {
		*out = bytes_of(item, item_len(item));
		return RC_OK;
	}
	TRY(walk_read(out, it->src, item + 1, it->key, depth, it->e));
	if (it->visitor->node == NULL)
		return RC_OK;
	path_of(&path, it->key, depth);
	it->is_stopped = !it->visitor->node(it->visitor->ctx, &path, *out);
	return RC_OK;
}

static void
show_leaf(struct iter *it, struct bytes value)
{
	struct hash key;

	if (it->visitor->leaf == NULL)
		return;
	memcpy(key.b, it->key, sizeof(key.b));
	it->is_stopped = !it->visitor->leaf(it->visitor->ctx, &key, value);
}

/* is_before tells whether the nibbles from from on of the path to l, which
 * was the start's up to there, are below the start's. */
static bool
is_before(const struct iter *it, struct level *l, size_t from)
{
	size_t at = nib_same(it->key, it->start.b, from, l->depth);

	if (!l->is_edge || at == l->depth)
		return false;
	l->is_edge = false;
	return nib_at(it->key, at) < nib_at(it->start.b, at);
}

/* enter_path goes along a leaf's or an extension's path. */
static enum rc
enter_path(struct iter *it, struct level *l, size_t depth)
{
	bool is_leaf;

	if (!compact_take(it->key, &l->depth, &is_leaf, depth, KEY_NIBBLES,
		l->view.compact) ||
	    (is_leaf ? l->depth != KEY_NIBBLES
		     : l->depth == depth || l->depth == KEY_NIBBLES))
		return corrupt(it, depth, "the path does not fit");
	if (is_before(it, l, depth))
		it->top--;
	else if (is_leaf)
		show_leaf(it, l->view.value);
	return RC_OK;
}

/* enter reads the node that item refers to at depth nibbles of it->key. */
static enum rc
enter(struct iter *it, const uint8_t *item, size_t depth, bool is_edge)
{
	struct level *l;
	const char *fault;
	struct bytes rlp;

	if (it->top > KEY_NIBBLES)
		return corrupt(it, depth, "below a key");
	l = &it->stack[it->top++];
	*l = (struct level){.depth = depth, .is_edge = is_edge};
	TRY(read_item(it, &rlp, item, depth));
	if (it->is_stopped)
		return RC_OK;
	fault = node_decode(&l->view, rlp);
	if (fault != NULL)
		return corrupt(it, depth, fault);
	if (l->view.kind != NODE_BRANCH)
		return enter_path(it, l, depth);
	if (depth == KEY_NIBBLES || l->view.value.len > 0)
		return corrupt(it, depth, "a branch does not fit");
	l->next = is_edge ? nib_at(it->start.b, depth) : 0;
	return RC_OK;
}

/* step enters the next child of the innermost node, or leaves the node. */
static enum rc
step(struct iter *it)
{
	struct level *l = &it->stack[it->top - 1];
	unsigned way;

	if (l->view.kind == NODE_EXT && l->next++ == 0)
		return enter(it, l->view.item[0], l->depth, l->is_edge);
	while (l->view.kind == NODE_BRANCH && l->next < NODE_WIDTH) {
		way = l->next++;
		if (l->view.item[way] == NULL)
			continue;
		nib_set(it->key, l->depth, way);
		return enter(it, l->view.item[way], l->depth + 1,
		    l->is_edge && way == nib_at(it->start.b, l->depth));
	}
	it->top--;
	return RC_OK;
}

enum rc
trie_each(const struct trie_source *src, const struct hash *root,
    const struct trie_visitor *v, struct err *e)
{
	return trie_each_from(src, root, &(struct hash){{0}}, v, e);
}

enum rc
trie_each_from(const struct trie_source *src, const struct hash *root,
    const struct hash *start, const struct trie_visitor *v, struct err *e)
{
	struct iter it = {.src = src, .visitor = v, .start = *start, .e = e};
	uint8_t item[NODE_HASH_ITEM];

	if (hash_eq(root, &HASH_EMPTY_TRIE))
		return RC_OK;
	item[0] = NODE_HASH_HEAD;
	memcpy(item + 1, root->b, sizeof(root->b));
	TRY(enter(&it, item, 0, true));
	while (it.top > 0 && !it.is_stopped)
		TRY(step(&it));
	return RC_OK;
}
