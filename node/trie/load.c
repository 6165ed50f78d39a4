/* SPDX-License-Identifier: Apache-2.0
 *
 * From stored nodes to places. Nodes are loaded where changes lead; a run of
 * changes is followed level by level ahead of the work on it, so that reads
 * of one level do not wait for each other. What is loaded is queued for
 * verification and used before that: nothing here or in apply.c trusts it,
 * and no result leaves unless all hashes were right.
 */
#include "base/check.h"
#include "trie/tree_priv.h"

/* Bytes that the processor fetches at once. */
enum { CACHE_LINE = 64 };

enum rc
tree_no_memory(struct tree *t)
{
	return FAIL(t->e, RC_NO_MEMORY, "no room for trie changes");
}

enum rc
tree_corrupt(struct tree *t, const uint8_t *key, size_t depth, const char *why)
{
	char text[PATH_TEXT_MAX];

	return FAIL(t->e, RC_CORRUPT, "trie node at path \"%s\": %s",
	    path_text(text, key, depth), why);
}

struct place *
tree_place(struct tree *t, const uint8_t *key, size_t depth)
{
	struct place *p = arena_alloc(t->scratch, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->key = key;
	p->depth = (uint32_t)depth;
	p->last = p;
	return p;
}

/* fetch makes a place with the bytes of the node that item refers to. */
static enum rc
fetch(struct tree *t, struct place **out, const uint8_t *item,
    const uint8_t *key, size_t depth)
{
	struct place *p = tree_place(t, key, depth);
	struct trie_path path;

	if (p == NULL)
		return tree_no_memory(t);
	*out = p;
	p->item = item;
	if (!item_is_hash(item)) {
		p->rlp = bytes_of(item, item_len(item));
		return RC_OK;
	}
	path_of(&path, key, depth);
	TRY(t->src->get(t->src->ctx, &p->rlp, &path, t->e));
	if (p->rlp.len == 0)
		return tree_corrupt(t, key, depth, "missing");
	p->was_stored = true;
	return RC_OK;
}

/* take_edge completes a leaf or extension: its own key, its edge. */
static enum rc
take_edge(struct tree *t, struct place *p, const struct node_view *v)
{
	uint8_t *key = arena_alloc(t->scratch, KEY_NIBBLES / 2);
	size_t end;
	bool is_leaf;

	if (key == NULL)
		return tree_no_memory(t);
	memcpy(key, p->key, (p->depth + 1) / 2);
	if (!compact_take(
		key, &end, &is_leaf, p->depth, KEY_NIBBLES, v->compact))
		return tree_corrupt(
		    t, p->key, p->depth, "the path is malformed");
	if (is_leaf ? end != KEY_NIBBLES
		    : end == p->depth || end == KEY_NIBBLES)
		return tree_corrupt(
		    t, p->key, p->depth, "the path does not fit");
	p->key = key;
	p->end = (uint32_t)end;
	p->value = v->value;
	p->link.item = v->item[0];
	return RC_OK;
}

static enum rc
take_ways(struct tree *t, struct place *p, const struct node_view *v)
{
	unsigned i;

	if (p->depth == KEY_NIBBLES)
		return tree_corrupt(
		    t, p->key, p->depth, "a branch below a key");
	if (v->value.len > 0)
		return tree_corrupt(
		    t, p->key, p->depth, "a branch has a value");
	p->fork = arena_alloc(t->scratch, sizeof(*p->fork));
	if (p->fork == NULL)
		return tree_no_memory(t);
	for (i = 0; i < NODE_WIDTH; i++)
		p->fork->slot[i].item = v->item[i];
	p->fork->has = v->has;
	p->fork->stored = v->has == v->hashes ? v->has : 0;
	return RC_OK;
}

/* decode completes a place that was fetched. */
static enum rc
decode(struct tree *t, struct place *p)
{
	struct node_view v;
	const char *fault;

	if (p->was_stored)
		lanes_verify(&t->lanes, p);
	fault = node_decode(&v, p->rlp);
	if (fault != NULL)
		return tree_corrupt(t, p->key, p->depth, fault);
	p->kind = (uint8_t)v.kind;
	return v.kind == NODE_BRANCH ? take_ways(t, p, &v)
				     : take_edge(t, p, &v);
}

enum rc
tree_load(struct tree *t, struct place **out, const uint8_t *item,
    const uint8_t *key, size_t depth)
{
	TRY(fetch(t, out, item, key, depth));
	return decode(t, *out);
}

/* A node to be loaded: the child of parent that the changes in s lead to. */
struct want {
	struct place *parent, *child;
	struct span s;
	unsigned nib; /* of a branch */
};

static size_t
want_ways(struct want *out, struct place *p, struct span s)
{
	unsigned missing = p->fork->has & ~(unsigned)p->fork->loaded, nib;
	struct span of_way;
	size_t cnt = 0;

	while (!span_is_empty(s)) {
		nib = nib_at(s.at->key.b, p->depth);
		of_way = span_cut(&s, p->depth);
		if ((missing & 1U << nib) != 0)
			out[cnt++] =
			    (struct want){.parent = p, .s = of_way, .nib = nib};
	}
	return cnt;
}

/* wants lists the children of p that s leads to and that are not loaded; at
 * most one for each change. */
static size_t
wants(struct want *out, struct place *p, struct span s)
{
	switch ((enum node_kind)p->kind) {
	case NODE_LEAF:
		return 0;
	case NODE_EXT:
		s = span_within(s, p->key, p->depth, p->end);
		if (span_is_empty(s) || p->is_loaded_link)
			return 0;
		*out = (struct want){.parent = p, .s = s};
		return 1;
	case NODE_BRANCH:
		return want_ways(out, p, s);
	}
	check_failed("kind", __FILE__, __LINE__);
}

static enum rc
fetch_want(struct tree *t, struct want *w)
{
	const struct place *p = w->parent;
	size_t i;

	if (p->kind == NODE_EXT)
		TRY(fetch(t, &w->child, p->link.item, p->key, p->end));
	else
		TRY(fetch(t, &w->child, p->fork->slot[w->nib].item,
		    w->s.at->key.b, (size_t)p->depth + 1));
	for (i = 0; i < w->child->rlp.len; i += CACHE_LINE)
		__builtin_prefetch(w->child->rlp.ptr + i);
	return RC_OK;
}

static enum rc
decode_want(struct tree *t, const struct want *w)
{
	struct place *p = w->parent;

	TRY(decode(t, w->child));
	if (p->kind == NODE_EXT) {
		p->link.place = w->child;
		p->is_loaded_link = true;
		return RC_OK;
	}
	p->fork->slot[w->nib].place = w->child;
	p->fork->loaded |= (uint16_t)(1U << w->nib);
	return RC_OK;
}

enum rc
tree_load_ahead(struct tree *t, struct place *p, struct span s)
{
	size_t i, next, cnt, max = (size_t)(s.end - s.at);
	struct want *now, *then, *swap;

	now = arena_array(t->scratch, max, sizeof(*now));
	then = arena_array(t->scratch, max, sizeof(*then));
	if (now == NULL || then == NULL)
		return tree_no_memory(t);
	for (cnt = wants(now, p, s); cnt > 0; cnt = next) {
		for (i = 0; i < cnt; i++)
			TRY(fetch_want(t, &now[i]));
		for (i = 0; i < cnt; i++)
			TRY(decode_want(t, &now[i]));
		for (i = 0, next = 0; i < cnt; i++)
			next += wants(then + next, now[i].child, now[i].s);
		swap = now;
		now = then;
		then = swap;
	}
	return RC_OK;
}
