/* SPDX-License-Identifier: Apache-2.0
 *
 * A batch of changes over a stored trie: walks down only where changes lead,
 * loading nodes as they are met, and on the way up restores the one canonical
 * shape (no branch with a single way, no extension before an extension).
 * All changes below a branch are applied before its shape is judged, so that
 * nothing is collapsed that a later change would open again. It encodes and
 * hashes nothing; level.c does.
 *
 * The walk keeps its own stack of branches. Each step either finishes a place
 * and leaves what it became in t->res, or pushes a branch to be worked on.
 */
#include "base/check.h"
#include "trie/tree_priv.h"

static enum rc
no_memory(struct tree *t)
{
	return FAIL(t->e, RC_NO_MEMORY, "no room for trie changes");
}

static enum rc
corrupt(struct tree *t, const uint8_t *key, size_t depth, const char *why)
{
	char text[PATH_TEXT_MAX];

	return FAIL(t->e, RC_CORRUPT, "trie node at path \"%s\": %s",
	    path_text(text, key, depth), why);
}

/* Places ------------------------------------------------------------- */

static struct place *
place_new(struct tree *t, const uint8_t *key, size_t depth)
{
	struct place *p = arena_alloc(t->scratch, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->key = key;
	p->depth = (uint32_t)depth;
	t->place_cnt++;
	return p;
}

/* place_drop says that no node stands at p any more. */
static void
place_drop(struct tree *t, struct place *p)
{
	if (!p->was_stored)
		return;
	p->parent = t->gone;
	t->gone = p;
	t->gone_cnt++;
}

static void
become_leaf(struct place *p, const uint8_t *key, struct bytes value)
{
	p->kind = NODE_LEAF;
	p->key = key;
	p->end = KEY_NIBBLES;
	p->value = value;
	p->is_dirty = true;
}

static void
become_ext(struct place *p, const uint8_t *key, size_t end, struct place *child)
{
	p->kind = NODE_EXT;
	p->key = key;
	p->end = (uint32_t)end;
	p->link.place = child;
	p->is_loaded_link = true;
	p->is_dirty = true;
}

/* become_child makes p the leaf or extension c with a longer edge. */
static void
become_child(struct tree *t, struct place *p, struct place *c)
{
	p->kind = c->kind;
	p->key = c->key;
	p->end = c->end;
	p->value = c->value;
	p->link = c->link;
	p->is_loaded_link = c->is_loaded_link;
	p->is_dirty = true;
	place_drop(t, c);
}

static bool
become_branch(struct tree *t, struct place *p)
{
	p->fork = arena_alloc(t->scratch, sizeof(*p->fork));
	p->kind = NODE_BRANCH;
	p->value = bytes_of(NULL, 0);
	p->is_dirty = true;
	return p->fork != NULL;
}

/* Loading ------------------------------------------------------------ */

/* fetch sets the bytes of the node that item refers to. */
static enum rc
fetch(struct tree *t, struct place *p, const uint8_t *item)
{
	struct trie_path path;

	p->item = item;
	if (!item_is_hash(item)) {
		p->rlp = bytes_of(item, item_len(item));
		return RC_OK;
	}
	path_of(&path, p->key, p->depth);
	TRY(t->src->get(t->src->ctx, &p->rlp, &path, t->e));
	if (p->rlp.len == 0)
		return corrupt(t, p->key, p->depth, "missing");
	p->was_stored = true;
	lanes_verify(&t->lanes, p);
	return RC_OK;
}

/* place_edge completes a leaf or extension: its own key, its edge. */
static enum rc
place_edge(struct tree *t, struct place *p, const struct node_view *v)
{
	uint8_t *key = arena_alloc(t->scratch, KEY_NIBBLES / 2);
	size_t end;
	bool is_leaf;

	if (key == NULL)
		return no_memory(t);
	memcpy(key, p->key, (p->depth + 1) / 2);
	if (!compact_take(
		key, &end, &is_leaf, p->depth, KEY_NIBBLES, v->compact))
		return corrupt(t, p->key, p->depth, "the path is malformed");
	if (is_leaf ? end != KEY_NIBBLES
		    : end == p->depth || end == KEY_NIBBLES)
		return corrupt(t, p->key, p->depth, "the path does not fit");
	p->key = key;
	p->end = (uint32_t)end;
	p->value = v->value;
	p->link.item = v->item[0];
	return RC_OK;
}

static enum rc
place_ways(struct tree *t, struct place *p, const struct node_view *v)
{
	unsigned i;

	if (p->depth == KEY_NIBBLES)
		return corrupt(t, p->key, p->depth, "a branch below a key");
	if (v->value.len > 0)
		return corrupt(t, p->key, p->depth, "a branch has a value");
	p->fork = arena_alloc(t->scratch, sizeof(*p->fork));
	if (p->fork == NULL)
		return no_memory(t);
	for (i = 0; i < NODE_WIDTH; i++)
		p->fork->slot[i].item = v->item[i];
	p->fork->has = v->has;
	return RC_OK;
}

enum rc
tree_load(struct tree *t, struct place **out, const uint8_t *item,
    const uint8_t *key, size_t depth)
{
	struct place *p = place_new(t, key, depth);
	struct node_view v;
	const char *fault;

	if (p == NULL)
		return no_memory(t);
	TRY(fetch(t, p, item));
	fault = node_decode(&v, p->rlp);
	if (fault != NULL)
		return corrupt(t, key, depth, fault);
	p->kind = (uint8_t)v.kind;
	if (v.kind == NODE_BRANCH)
		TRY(place_ways(t, p, &v));
	else
		TRY(place_edge(t, p, &v));
	*out = p;
	return RC_OK;
}

/* load_slot makes sure that way nib of a branch is in memory. key leads
 * there. */
static enum rc
load_slot(struct tree *t, struct fork *f, unsigned nib, const uint8_t *key,
    size_t depth)
{
	uint16_t bit = (uint16_t)(1U << nib);

	if ((f->has & bit) == 0 || (f->loaded & bit) != 0)
		return RC_OK;
	TRY(tree_load(t, &f->slot[nib].place, f->slot[nib].item, key, depth));
	f->loaded |= bit;
	return RC_OK;
}

/* load_link does the same for an extension, whose child is a branch. */
static enum rc
load_link(struct tree *t, struct place *p)
{
	if (!p->is_loaded_link)
		TRY(tree_load(t, &p->link.place, p->link.item, p->key, p->end));
	p->is_loaded_link = true;
	if (p->link.place->kind != NODE_BRANCH)
		return corrupt(t, p->key, p->end, "no branch below an edge");
	return RC_OK;
}

/* Spans -------------------------------------------------------------- */

static bool
is_empty(struct span s)
{
	return s.at == s.end;
}

static bool
is_delete(const struct trie_change *c)
{
	return c->value.len == 0;
}

/* only_inserts drops deletes at both ends: where nothing is, nothing is to
 * be deleted, and the keys in between share what the ends share. */
static struct span
only_inserts(struct span s)
{
	while (!is_empty(s) && is_delete(s.at))
		s.at++;
	while (!is_empty(s) && is_delete(s.end - 1))
		s.end--;
	return s;
}

/* within drops changes at both ends that leave key before nibble to. */
static struct span
within(struct span s, const uint8_t *key, size_t from, size_t to)
{
	while (!is_empty(s) && nib_same(key, s.at->key.b, from, to) < to)
		s.at++;
	while (!is_empty(s) && nib_same(key, s.end[-1].key.b, from, to) < to)
		s.end--;
	return s;
}

/* leaves_at returns where the first change leaves the edge [from, to). */
static size_t
leaves_at(struct span s, const uint8_t *key, size_t from, size_t to)
{
	if (is_empty(s))
		return to;
	to = nib_same(key, s.at->key.b, from, to);
	return nib_same(key, s.end[-1].key.b, from, to);
}

static const struct trie_change *
find(struct span s, const uint8_t *key)
{
	const struct trie_change *mid;
	int cmp;

	while (!is_empty(s)) {
		mid = s.at + (s.end - s.at) / 2;
		cmp = memcmp(mid->key.b, key, sizeof(mid->key.b));
		if (cmp == 0)
			return mid;
		if (cmp < 0)
			s.at = mid + 1;
		else
			s.end = mid;
	}
	return NULL;
}

/* Down --------------------------------------------------------------- */

static enum rc
finish(struct tree *t, struct place *p)
{
	t->res = p;
	return RC_OK;
}

static enum rc
push(struct tree *t, struct place *top, struct place *fork, struct span s)
{
	DCHECK(fork->kind == NODE_BRANCH);
	CHECK(t->top < KEY_NIBBLES);
	t->stack[t->top++] =
	    (struct frame){.top = top, .fork = fork, .todo = s};
	return RC_OK;
}

/* raise_branch puts a new branch at nibble at below p: p becomes the branch,
 * or the extension to it. */
static struct place *
raise_branch(struct tree *t, struct place *p, const uint8_t *key, size_t at)
{
	struct place *fork = p;

	if (at > p->depth) {
		fork = place_new(t, key, at);
		if (fork == NULL)
			return NULL;
		become_ext(p, key, at, fork);
	}
	p->key = key;
	return become_branch(t, fork) ? fork : NULL;
}

static void
put_way(struct place *fork, const uint8_t *key, struct place *child)
{
	unsigned nib = nib_at(key, fork->depth);

	fork->fork->slot[nib].place = child;
	fork->fork->has |= (uint16_t)(1U << nib);
	fork->fork->loaded |= (uint16_t)(1U << nib);
}

/* grow applies s where nothing is. p: the place if it was used before. */
static enum rc
grow(struct tree *t, struct place *p, size_t depth, struct span s)
{
	struct place *fork;
	size_t at;

	s = only_inserts(s);
	if (is_empty(s)) {
		if (p != NULL)
			place_drop(t, p);
		return finish(t, NULL);
	}
	if (p == NULL)
		p = place_new(t, s.at->key.b, depth);
	if (p == NULL)
		return no_memory(t);
	if (s.end - s.at == 1) {
		become_leaf(p, s.at->key.b, s.at->value);
		return finish(t, p);
	}
	at = nib_same(s.at->key.b, s.end[-1].key.b, depth, KEY_NIBBLES);
	fork = raise_branch(t, p, s.at->key.b, at);
	return fork == NULL ? no_memory(t) : push(t, p, fork, s);
}

/* split_leaf moves leaf p down below a new branch at nibble at. */
static enum rc
split_leaf(struct tree *t, struct place *p, size_t at, struct span s)
{
	struct place *fork, *leaf = place_new(t, p->key, at + 1);

	if (leaf == NULL)
		return no_memory(t);
	become_leaf(leaf, p->key, p->value);
	fork = raise_branch(t, p, leaf->key, at);
	if (fork == NULL)
		return no_memory(t);
	put_way(fork, leaf->key, leaf);
	return push(t, p, fork, s);
}

static enum rc
enter_leaf(struct tree *t, struct place *p, struct span s)
{
	const struct trie_change *own = find(s, p->key);
	size_t at;

	if (own != NULL && is_delete(own))
		return grow(t, p, p->depth, s);
	if (own != NULL && !bytes_eq(own->value, p->value)) {
		p->value = own->value;
		p->is_dirty = true;
	}
	s = only_inserts(s);
	at = leaves_at(s, p->key, p->depth, KEY_NIBBLES);
	return at == KEY_NIBBLES ? finish(t, p) : split_leaf(t, p, at, s);
}

/* below_split returns what stands below extension p behind nibble at. */
static struct place *
below_split(struct tree *t, struct place *p, size_t at)
{
	struct place *rest = place_new(t, p->key, at + 1);

	if (rest == NULL)
		return NULL;
	rest->kind = NODE_EXT;
	rest->end = p->end;
	rest->link = p->link;
	rest->is_loaded_link = p->is_loaded_link;
	rest->is_dirty = true;
	return rest;
}

/* split_ext puts a branch into the edge of p at nibble at. */
static enum rc
split_ext(struct tree *t, struct place *p, size_t at, struct span s)
{
	const uint8_t *key = p->key;
	union link link = p->link;
	bool is_last = at + 1 == p->end, is_loaded = p->is_loaded_link;
	struct place *fork, *rest = NULL;
	unsigned nib = nib_at(key, at);

	if (!is_last) {
		rest = below_split(t, p, at);
		if (rest == NULL)
			return no_memory(t);
	}
	s = within(s, key, p->depth, at);
	fork = raise_branch(t, p, key, at);
	if (fork == NULL)
		return no_memory(t);
	if (!is_last) {
		put_way(fork, key, rest);
		return push(t, p, fork, s);
	}
	fork->fork->slot[nib] = link;
	fork->fork->has = (uint16_t)(1U << nib);
	fork->fork->loaded = is_loaded ? fork->fork->has : 0;
	return push(t, p, fork, s);
}

static enum rc
enter_ext(struct tree *t, struct place *p, struct span s)
{
	size_t at = leaves_at(only_inserts(s), p->key, p->depth, p->end);

	if (at < p->end)
		return split_ext(t, p, at, s);
	s = within(s, p->key, p->depth, p->end);
	if (is_empty(s))
		return finish(t, p);
	TRY(load_link(t, p));
	return push(t, p, p->link.place, s);
}

static enum rc
enter(struct tree *t, struct place *p, size_t depth, struct span s)
{
	if (p == NULL)
		return grow(t, NULL, depth, s);
	switch ((enum node_kind)p->kind) {
	case NODE_LEAF:
		return enter_leaf(t, p, s);
	case NODE_EXT:
		return enter_ext(t, p, s);
	case NODE_BRANCH:
		return push(t, p, p, s);
	}
	check_failed("kind", __FILE__, __LINE__);
}

/* Up ----------------------------------------------------------------- */

/* attach puts what became of a child into its slot. */
static void
attach(struct frame *f, struct place *child)
{
	struct fork *k = f->fork->fork;
	uint16_t bit = (uint16_t)(1U << f->nib);
	bool had = (k->has & bit) != 0;

	if (child == NULL) {
		k->has &= (uint16_t)~bit;
		k->loaded &= (uint16_t)~bit;
		f->fork->is_dirty |= had;
		return;
	}
	k->slot[f->nib].place = child;
	k->has |= bit;
	k->loaded |= bit;
	f->fork->is_dirty |= child->is_dirty;
}

/* only_way loads the last child of a branch, which no change led to. */
static enum rc
only_way(struct tree *t, struct place **out, const struct place *p)
{
	unsigned nib = (unsigned)__builtin_ctz(p->fork->has);
	uint8_t *key;

	if (p->fork->loaded == 0) {
		key = arena_alloc(t->scratch, KEY_NIBBLES / 2);
		if (key == NULL)
			return no_memory(t);
		memcpy(key, p->key, (p->depth + 1) / 2);
		nib_set(key, p->depth, nib);
		TRY(load_slot(t, p->fork, nib, key, p->depth + 1));
	}
	*out = p->fork->slot[nib].place;
	return RC_OK;
}

/* collapse turns a branch with a single way into an edge. */
static enum rc
collapse(struct tree *t, struct place *p)
{
	struct place *child;

	TRY(only_way(t, &child, p));
	if (child->kind == NODE_BRANCH)
		become_ext(p, child->key, child->depth, child);
	else
		become_child(t, p, child);
	return RC_OK;
}

/* settle restores the canonical shape of a branch that is done. */
static enum rc
settle(struct tree *t, const struct frame *f)
{
	struct place *p = f->fork, *top = f->top;

	if (!p->is_dirty)
		return finish(t, top);
	top->is_dirty = true;
	if (p->fork->has == 0) {
		place_drop(t, p);
		if (top != p)
			place_drop(t, top);
		return finish(t, NULL);
	}
	if ((p->fork->has & (p->fork->has - 1)) == 0) {
		TRY(collapse(t, p));
		if (top != p)
			become_child(t, top, p);
	}
	return finish(t, top);
}

/* next_span cuts the changes of one child from the front. */
static struct span
next_span(struct frame *f)
{
	struct span s = f->todo;

	f->nib = nib_at(s.at->key.b, f->fork->depth);
	while (!is_empty(f->todo) &&
	       nib_at(f->todo.at->key.b, f->fork->depth) == f->nib)
		f->todo.at++;
	s.end = f->todo.at;
	return s;
}

/* step goes on with the innermost branch. */
static enum rc
step(struct tree *t)
{
	struct frame *f = &t->stack[t->top - 1];
	struct fork *k = f->fork->fork;
	size_t depth = f->fork->depth + 1;
	struct place *child = NULL;
	struct span s;

	if (f->is_waiting)
		attach(f, t->res);
	if (is_empty(f->todo)) {
		t->top--;
		return settle(t, f);
	}
	s = next_span(f);
	f->is_waiting = true;
	TRY(load_slot(t, k, f->nib, s.at->key.b, depth));
	if ((k->has & 1U << f->nib) != 0)
		child = k->slot[f->nib].place;
	return enter(t, child, depth, s);
}

enum rc
tree_apply(struct tree *t, struct place *root, struct span changes)
{
	t->top = 0;
	t->res = root;
	if (is_empty(changes))
		return RC_OK;
	TRY(enter(t, root, 0, changes));
	while (t->top > 0)
		TRY(step(t));
	return RC_OK;
}
