/* SPDX-License-Identifier: Apache-2.0
 *
 * Hashing of many nodes at once. A node can be hashed when its children are;
 * so nodes are taken by height, and within a height they are independent and
 * go through the lanes of keccak256_many together. Loaded nodes are verified
 * through the same lanes.
 */
#include "base/check.h"
#include "crypto/keccak.h"
#include "trie/tree_priv.h"

typedef void lane_fn(struct lanes *l, struct place *p, const uint8_t *hash);

static void
lanes_run(struct lanes *l, lane_fn *done)
{
	size_t i;

	keccak256_many(l->hash, l->in, l->cnt);
	for (i = 0; i < l->cnt; i++)
		done(l, l->place[i], l->hash[i]);
	l->cnt = 0;
}

static void
lanes_push(struct lanes *l, struct place *p, lane_fn *done)
{
	l->place[l->cnt] = p;
	l->in[l->cnt++] = p->rlp;
	if (l->cnt == LANES_CNT)
		lanes_run(l, done);
}

static void
check_hash(struct lanes *l, struct place *p, const uint8_t *hash)
{
	if (l->wrong == NULL && memcmp(p->item + 1, hash, 32) != 0)
		l->wrong = p;
}

void
lanes_verify(struct lanes *l, struct place *p)
{
	DCHECK(item_is_hash(p->item));
	lanes_push(l, p, check_hash);
}

enum rc
lanes_verified(struct lanes *l, struct err *e)
{
	char text[PATH_TEXT_MAX];

	lanes_run(l, check_hash);
	if (l->wrong == NULL)
		return RC_OK;
	return FAIL(e, RC_CORRUPT,
	    "trie node at path \"%s\" does not have the hash %02x%02x%02x%02x "
	    "that its parent names",
	    path_text(text, l->wrong->key, l->wrong->depth), l->wrong->item[1],
	    l->wrong->item[2], l->wrong->item[3], l->wrong->item[4]);
}

static void
set_hash(struct lanes *l, struct place *p, const uint8_t *hash)
{
	(void)l;
	p->ref[0] = NODE_HASH_HEAD;
	memcpy(p->ref + 1, hash, 32);
	p->item = p->ref;
}

/* children gathers the references of a branch. */
static void
children(const uint8_t *item[NODE_WIDTH], const struct fork *f)
{
	unsigned i, bit;

	for (i = 0; i < NODE_WIDTH; i++) {
		bit = 1U << i;
		if ((f->has & bit) == 0)
			item[i] = NULL;
		else if ((f->loaded & bit) != 0)
			item[i] = f->slot[i].place->item;
		else
			item[i] = f->slot[i].item;
	}
}

/* patch copies a stored branch and writes its children's new hashes into it.
 * Returns false when its shape changed or a child is not hashed any more. */
static bool
patch(struct arena *a, struct buf *b, const struct place *p)
{
	const struct fork *f = p->fork;
	unsigned left, way, before;
	size_t head;

	if (f->stored == 0 || f->stored != f->has)
		return false;
	for (left = f->loaded; left != 0; left &= left - 1)
		if (!item_is_hash(f->slot[__builtin_ctz(left)].place->item))
			return false;
	b->ptr = arena_alloc(a, p->rlp.len);
	if (b->ptr == NULL)
		return false;
	b->len = b->cap = p->rlp.len;
	memcpy(b->ptr, p->rlp.ptr, b->len);
	head = b->len - NODE_WIDTH - 1 -
	       (NODE_HASH_ITEM - 1) * (size_t)__builtin_popcount(f->has);
	for (left = f->loaded; left != 0; left &= left - 1) {
		way = (unsigned)__builtin_ctz(left);
		before =
		    (unsigned)__builtin_popcount(f->has & ((1U << way) - 1));
		memcpy(
		    b->ptr + head + way + (size_t)before * (NODE_HASH_ITEM - 1),
		    f->slot[way].place->item, NODE_HASH_ITEM);
	}
	return true;
}

static bool
encode_branch(struct arena *a, struct buf *b, const struct place *p)
{
	const uint8_t *item[NODE_WIDTH];

	if (patch(a, b, p))
		return true;
	children(item, p->fork);
	b->cap = node_size_branch(item, p->value);
	b->ptr = arena_alloc(a, b->cap);
	if (b->ptr == NULL)
		return false;
	node_put_branch(b, item, p->value);
	return true;
}

static bool
encode(struct arena *a, struct place *p)
{
	struct buf b = {NULL, 0, 0};
	const uint8_t *item;

	switch ((enum node_kind)p->kind) {
	case NODE_LEAF:
		b.cap = node_size_leaf(p->depth, p->end, p->value);
		b.ptr = arena_alloc(a, b.cap);
		if (b.ptr == NULL)
			return false;
		node_put_leaf(&b, p->key, p->depth, p->end, p->value);
		break;
	case NODE_EXT:
		item = p->is_loaded_link ? p->link.place->item : p->link.item;
		b.cap = node_size_ext(p->depth, p->end, item);
		b.ptr = arena_alloc(a, b.cap);
		if (b.ptr == NULL)
			return false;
		node_put_ext(&b, p->key, p->depth, p->end, item);
		break;
	case NODE_BRANCH:
		if (!encode_branch(a, &b, p))
			return false;
		break;
	}
	p->rlp = bytes_of_buf(&b);
	return true;
}

void
levels_put(struct levels *v, struct place *p)
{
	CHECK(p->height < v->max);
	p->queue = v->head[p->height];
	v->head[p->height] = p;
	v->cnt++;
	v->total++;
}

static enum rc
hash_level(struct arena *out, struct lanes *l, struct place *p, struct err *e)
{
	for (; p != NULL; p = p->queue) {
		if (!encode(out, p))
			return FAIL(e, RC_NO_MEMORY, "no room for trie nodes");
		if (p->rlp.len >= NODE_HASHED_MIN || p->depth == 0)
			lanes_push(l, p, set_hash);
		else
			p->item = p->rlp.ptr;
	}
	lanes_run(l, set_hash);
	return RC_OK;
}

enum rc
levels_hash(struct arena *out, struct lanes *l, struct levels *v, struct err *e)
{
	size_t h;

	for (h = 0; h < v->max && v->cnt > 0; h++) {
		TRY(hash_level(out, l, v->head[h], e));
		v->head[h] = NULL;
	}
	v->cnt = 0;
	return RC_OK;
}
