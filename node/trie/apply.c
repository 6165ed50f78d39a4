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

/* Changes that are followed ahead together, and complete places that are
 * hashed together: some megabyte of nodes, which stays in the processor's
 * cache from the first look to the last. Measured: four times fewer or more
 * is slower. */
enum { AHEAD_MAX = 1024, EARLY_CNT = 1024 };

/* Places ------------------------------------------------------------- */

/* place_drop says that no node stands at p any more. */
static void
place_drop(struct tree *t, struct place *p)
{
	if (!p->was_stored)
		return;
	p->next = t->gone;
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

/* become_child makes p the leaf or extension c with a longer edge; what lies
 * below c lies below p. */
static void
become_child(struct tree *t, struct place *p, struct place *c)
{
	p->kind = c->kind;
	p->key = c->key;
	p->end = c->end;
	p->value = c->value;
	p->link = c->link;
	p->is_loaded_link = c->is_loaded_link;
	p->next = c->next;
	p->last = c->last == c ? p : c->last;
	p->height = c->height;
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
		return tree_corrupt(
		    t, p->key, p->end, "no branch below an edge");
	return RC_OK;
}

/* Spans -------------------------------------------------------------- */

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
	while (!span_is_empty(s) && is_delete(s.at))
		s.at++;
	while (!span_is_empty(s) && is_delete(s.end - 1))
		s.end--;
	return s;
}

struct span
span_within(struct span s, const uint8_t *key, size_t from, size_t to)
{
	while (!span_is_empty(s) && nib_same(key, s.at->key.b, from, to) < to)
		s.at++;
	while (
	    !span_is_empty(s) && nib_same(key, s.end[-1].key.b, from, to) < to)
		s.end--;
	return s;
}

struct span
span_cut(struct span *s, size_t depth)
{
	struct span front = *s;
	unsigned nib = nib_at(s->at->key.b, depth);

	while (!span_is_empty(*s) && nib_at(s->at->key.b, depth) == nib)
		s->at++;
	front.end = s->at;
	return front;
}

/* leaves_at returns where the first change leaves the edge [from, to). */
static size_t
leaves_at(struct span s, const uint8_t *key, size_t from, size_t to)
{
	if (span_is_empty(s))
		return to;
	to = nib_same(key, s.at->key.b, from, to);
	return nib_same(key, s.end[-1].key.b, from, to);
}

static const struct trie_change *
find(struct span s, const uint8_t *key)
{
	const struct trie_change *mid;
	int cmp;

	while (!span_is_empty(s)) {
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
	t->stack[t->top++] = (struct frame){
	    .top = top, .fork = fork, .todo = s, .is_ahead = t->is_ahead};
	return RC_OK;
}

/* raise_branch puts a new branch at nibble at below p: p becomes the branch,
 * or the extension to it. */
static struct place *
raise_branch(struct tree *t, struct place *p, const uint8_t *key, size_t at)
{
	struct place *fork = p;

	if (at > p->depth) {
		fork = tree_place(t, key, at);
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
	if (span_is_empty(s)) {
		if (p != NULL)
			place_drop(t, p);
		return finish(t, NULL);
	}
	if (p == NULL)
		p = tree_place(t, s.at->key.b, depth);
	if (p == NULL)
		return tree_no_memory(t);
	if (s.end - s.at == 1) {
		become_leaf(p, s.at->key.b, s.at->value);
		return finish(t, p);
	}
	at = nib_same(s.at->key.b, s.end[-1].key.b, depth, KEY_NIBBLES);
	fork = raise_branch(t, p, s.at->key.b, at);
	return fork == NULL ? tree_no_memory(t) : push(t, p, fork, s);
}

/* split_leaf moves leaf p down below a new branch at nibble at. */
static enum rc
split_leaf(struct tree *t, struct place *p, size_t at, struct span s)
{
	struct place *fork, *leaf = tree_place(t, p->key, at + 1);

	if (leaf == NULL)
		return tree_no_memory(t);
	become_leaf(leaf, p->key, p->value);
	fork = raise_branch(t, p, leaf->key, at);
	if (fork == NULL)
		return tree_no_memory(t);
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
	struct place *rest = tree_place(t, p->key, at + 1);

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
			return tree_no_memory(t);
	}
	s = span_within(s, key, p->depth, at);
	fork = raise_branch(t, p, key, at);
	if (fork == NULL)
		return tree_no_memory(t);
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
	s = span_within(s, p->key, p->depth, p->end);
	if (span_is_empty(s))
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

/* only_way returns the last child of a branch; if no change led to it, it is
 * loaded now. */
static enum rc
only_way(struct tree *t, struct place **out, const struct place *p)
{
	unsigned nib = (unsigned)__builtin_ctz(p->fork->has);
	uint8_t *key;

	if (p->fork->loaded != 0) {
		*out = p->fork->slot[nib].place;
		return RC_OK;
	}
	key = arena_alloc(t->scratch, KEY_NIBBLES / 2);
	if (key == NULL)
		return tree_no_memory(t);
	memcpy(key, p->key, (p->depth + 1) / 2);
	nib_set(key, p->depth, nib);
	return tree_load(
	    t, out, p->fork->slot[nib].item, key, (size_t)p->depth + 1);
}

/* link_below puts child, which is final now, behind what p leads to. */
static void
link_below(struct tree *t, struct place *p, struct place *child)
{
	p->last->next = child;
	p->last = child->last;
	if (p->height <= child->height)
		p->height = child->height + 1;
	levels_put(&t->levels, child);
}

/* link_ways does so for the dirty children of a branch. */
static void
link_ways(struct tree *t, struct place *p)
{
	unsigned left = p->fork->loaded;
	struct place *child;

	for (; left != 0; left &= left - 1) {
		child = p->fork->slot[__builtin_ctz(left)].place;
		if (child->is_dirty)
			link_below(t, p, child);
	}
}

/* collapse turns a branch with a single way into an edge. */
static enum rc
collapse(struct tree *t, struct place *p)
{
	struct place *child = NULL;

	TRY(only_way(t, &child, p));
	CHECK(child != NULL);
	if (child->kind != NODE_BRANCH) {
		become_child(t, p, child);
		return RC_OK;
	}
	become_ext(p, child->key, child->depth, child);
	if (child->is_dirty)
		link_below(t, p, child);
	return RC_OK;
}

/* settle restores the canonical shape of a branch that is done. */
static enum rc
settle(struct tree *t, const struct frame *f)
{
	struct place *p = f->fork, *top = f->top;
	unsigned has = p->fork->has;

	if (!p->is_dirty)
		return finish(t, top);
	top->is_dirty = true;
	if (has == 0) {
		place_drop(t, p);
		if (top != p)
			place_drop(t, top);
		return finish(t, NULL);
	}
	if ((has & (has - 1)) == 0) {
		TRY(collapse(t, p));
		if (top != p)
			become_child(t, top, p);
		return finish(t, top);
	}
	link_ways(t, p);
	if (top != p)
		link_below(t, top, p);
	return finish(t, top);
}

/* hash_early hashes what is complete when much is waiting, while it is still
 * in the processor's cache. */
static enum rc
hash_early(struct tree *t)
{
	if (t->levels.cnt < EARLY_CNT)
		return RC_OK;
	TRY(lanes_verified(&t->lanes, t->e));
	return levels_hash(t->out, &t->lanes, &t->levels, t->e);
}

/* load_child gets the child that the changes in s lead to, NULL when there is
 * none, and loads ahead below it once s is short enough. */
static enum rc
load_child(
    struct tree *t, struct place **out, const struct frame *f, struct span s)
{
	struct fork *k = f->fork->fork;
	size_t cnt = (size_t)(s.end - s.at);

	*out = NULL;
	t->is_ahead = f->is_ahead;
	if ((k->has & 1U << f->nib) == 0)
		return RC_OK;
	TRY(load_slot(t, k, f->nib, s.at->key.b, (size_t)f->fork->depth + 1));
	*out = k->slot[f->nib].place;
	if (f->is_ahead || cnt < 2 || cnt > AHEAD_MAX)
		return RC_OK;
	t->is_ahead = true;
	return tree_load_ahead(t, *out, s);
}

/* step goes on with the innermost branch. */
static enum rc
step(struct tree *t)
{
	struct frame *f = &t->stack[t->top - 1];
	struct place *child;
	struct span s;

	if (f->is_waiting)
		attach(f, t->res);
	if (span_is_empty(f->todo)) {
		t->top--;
		TRY(settle(t, f));
		return hash_early(t);
	}
	f->is_waiting = true;
	f->nib = nib_at(f->todo.at->key.b, f->fork->depth);
	s = span_cut(&f->todo, f->fork->depth);
	TRY(load_child(t, &child, f, s));
	return enter(t, child, (size_t)f->fork->depth + 1, s);
}

enum rc
tree_apply(struct tree *t, struct place *root, struct span changes)
{
	size_t cnt = (size_t)(changes.end - changes.at);

	t->top = 0;
	t->res = root;
	if (cnt == 0)
		return RC_OK;
	t->is_ahead = cnt > 1 && cnt <= AHEAD_MAX;
	if (root != NULL && t->is_ahead)
		TRY(tree_load_ahead(t, root, changes));
	TRY(enter(t, root, 0, changes));
	while (t->top > 0)
		TRY(step(t));
	if (t->res != NULL && t->res->is_dirty)
		levels_put(&t->levels, t->res);
	return RC_OK;
}
