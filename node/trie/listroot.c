/* SPDX-License-Identifier: Apache-2.0
 *
 * Roots of whole tries that nobody stores: built in one pass over ascending
 * keys, hashed by height (level.c). Neighbouring keys tell the shape: the
 * branches that are open are those of the last key, and the next key closes
 * all that lie below the nibbles it shares.
 */
#include "trie/listroot.h"

#include "base/check.h"
#include "eth/rlp.h"
#include "trie/tree_priv.h"

/* Stands for "no neighbour": shares not even the empty prefix. */
#define NO_DEPTH SIZE_MAX

/* Longest RLP of an index. */
enum { INDEX_RLP_MAX = 9 };

struct builder {
	struct arena *a;
	struct place **open; /* branches that may get more, deeper later */
	size_t top;
	struct levels levels;
	struct place *root;
};

static struct place *
place_new(struct builder *b, const uint8_t *key, size_t depth)
{
	struct place *p = arena_alloc(b->a, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->key = key;
	p->depth = (uint32_t)depth;
	return p;
}

/* hang puts p below parent, or makes it the root. */
static void
hang(struct builder *b, struct place *parent, struct place *p)
{
	unsigned nib;

	levels_put(&b->levels, p);
	if (parent == NULL) {
		b->root = p;
		return;
	}
	if (parent->height <= p->height)
		parent->height = p->height + 1;
	if (parent->kind == NODE_EXT) {
		parent->link.place = p;
		parent->is_loaded_link = true;
		return;
	}
	nib = nib_at(p->key, parent->depth);
	parent->fork->slot[nib].place = p;
	parent->fork->has |= (uint16_t)(1U << nib);
	parent->fork->loaded |= (uint16_t)(1U << nib);
}

static struct place *
innermost(const struct builder *b)
{
	return b->top == 0 ? NULL : b->open[b->top - 1];
}

/* below is the depth of what hangs in p. */
static size_t
below(const struct place *p)
{
	return p == NULL ? 0 : (size_t)p->depth + 1;
}

static bool
open_branch(struct builder *b, const uint8_t *key, size_t depth)
{
	struct place *p = place_new(b, key, depth);

	if (p == NULL)
		return false;
	p->kind = NODE_BRANCH;
	p->fork = arena_alloc(b->a, sizeof(*p->fork));
	b->open[b->top++] = p;
	return p->fork != NULL;
}

/* close_branch hangs the finished branch p where it belongs. */
static bool
close_branch(struct builder *b, struct place *p)
{
	struct place *parent = innermost(b), *ext;

	if (p->depth > below(parent)) {
		ext = place_new(b, p->key, below(parent));
		if (ext == NULL)
			return false;
		ext->kind = NODE_EXT;
		ext->end = p->depth;
		hang(b, ext, p);
		p = ext;
	}
	hang(b, parent, p);
	return true;
}

static bool
add_value(struct builder *b, struct bytes key, struct bytes value)
{
	struct place *parent = innermost(b), *leaf;

	if (parent != NULL && parent->depth == 2 * key.len) {
		parent->value = value;
		return true;
	}
	leaf = place_new(b, key.ptr, below(parent));
	if (leaf == NULL)
		return false;
	leaf->kind = NODE_LEAF;
	leaf->end = (uint32_t)(2 * key.len);
	leaf->value = value;
	hang(b, parent, leaf);
	return true;
}

/* is_deeper tells whether depth lies below all open branches. */
static bool
is_deeper(const struct builder *b, size_t depth)
{
	return depth != NO_DEPTH &&
	       (b->top == 0 || innermost(b)->depth < depth);
}

/* add appends a pair; shared is how many nibbles the next key shares. */
static bool
add(struct builder *b, struct bytes key, struct bytes value, size_t shared)
{
	struct place *p;

	if (is_deeper(b, shared) && !open_branch(b, key.ptr, shared))
		return false;
	if (!add_value(b, key, value))
		return false;
	while (b->top > 0 &&
	       (shared == NO_DEPTH || innermost(b)->depth > shared)) {
		p = b->open[--b->top];
		if (is_deeper(b, shared) && !open_branch(b, key.ptr, shared))
			return false;
		if (!close_branch(b, p))
			return false;
	}
	return true;
}

static size_t
shared_nibbles(struct bytes a, struct bytes b)
{
	return nib_same(a.ptr, b.ptr, 0, 2 * (a.len < b.len ? a.len : b.len));
}

/* build makes all places. On the way to a key of n nibbles there are at most
 * n + 1 nodes, which have different depths. */
static bool
build(struct builder *b, const struct bytes *keys, const struct bytes *values,
    size_t cnt)
{
	size_t i, shared, longest = 0;

	for (i = 0; i < cnt; i++)
		if (keys[i].len > longest)
			longest = keys[i].len;
	b->levels.max = 2 * longest + 2;
	b->levels.head =
	    arena_array(b->a, b->levels.max, sizeof(struct place *));
	b->open = arena_array(b->a, b->levels.max, sizeof(struct place *));
	if (b->levels.head == NULL || b->open == NULL)
		return false;
	for (i = 0; i < cnt; i++) {
		shared = NO_DEPTH;
		if (i + 1 < cnt) {
			CHECK(bytes_cmp(keys[i], keys[i + 1]) < 0);
			shared = shared_nibbles(keys[i], keys[i + 1]);
		}
		if (!add(b, keys[i], values[i], shared))
			return false;
	}
	return true;
}

static enum rc
map_root(struct arena *a, struct hash *out, const struct bytes *keys,
    const struct bytes *values, size_t cnt, struct err *e)
{
	struct lanes *l = arena_alloc(a, sizeof(*l));
	struct builder b = {.a = a};

	if (l == NULL || !build(&b, keys, values, cnt))
		return FAIL(e, RC_NO_MEMORY, "no room for a trie");
	TRY(levels_hash(a, l, &b.levels, e));
	memcpy(out->b, b.root->item + 1, sizeof(out->b));
	return RC_OK;
}

enum rc
trie_map_root(struct arena *a, struct hash *out, const struct bytes *keys,
    const struct bytes *values, size_t cnt, struct err *e)
{
	struct arena_mark mark = arena_save(a);
	enum rc rc;

	if (cnt == 0) {
		*out = HASH_EMPTY_TRIE;
		return RC_OK;
	}
	rc = map_root(a, out, keys, values, cnt, e);
	arena_rewind(a, mark);
	return rc;
}

/* index_at returns the index whose RLP is number i in byte order: 0 is 0x80,
 * behind the single bytes of 1 to 127 and before the longer ones. */
static size_t
index_at(size_t i, size_t cnt)
{
	size_t single = cnt < 0x80 ? cnt - 1 : 0x7f;

	if (i < single)
		return i + 1;
	return i == single ? 0 : i;
}

enum rc
trie_list_root(struct arena *a, struct hash *out, const struct bytes *items,
    size_t cnt, struct err *e)
{
	struct arena_mark mark = arena_save(a);
	struct bytes *keys = arena_array(a, cnt, sizeof(*keys));
	struct bytes *values = arena_array(a, cnt, sizeof(*values));
	uint8_t *room = arena_array(a, cnt, INDEX_RLP_MAX);
	size_t i, index;
	struct buf key;
	enum rc rc = RC_NO_MEMORY;

	if (keys == NULL || values == NULL || room == NULL) {
		FAIL(e, rc, "no room for a list of %zu", cnt);
		goto out;
	}
	for (i = 0; i < cnt; i++) {
		index = index_at(i, cnt);
		key = buf_of(room + i * INDEX_RLP_MAX, INDEX_RLP_MAX);
		CHECK(rlp_put_u64(&key, index));
		keys[i] = bytes_of_buf(&key);
		values[i] = items[index];
	}
	rc = trie_map_root(a, out, keys, values, cnt, e);
out:
	arena_rewind(a, mark);
	return rc;
}
