/* SPDX-License-Identifier: Apache-2.0
 *
 * See ref.h. Nothing here uses the code under test; RLP and paths are spelt
 * out again.
 */
#include "ref.h"

#include <stdlib.h>

#include "crypto/keccak.h"

enum { TEXT_MAX = 4096 };

static void *
grow(void *p, size_t cnt, size_t *cap, size_t size)
{
	if (cnt < *cap)
		return p;
	*cap = *cap == 0 ? 16 : *cap * 2;
	p = realloc(p, *cap * size);
	if (p == NULL)
		abort();
	return p;
}

/* Nodes -------------------------------------------------------------- */

int
ref_path_cmp(const struct trie_path *a, const struct trie_path *b)
{
	size_t i;

	for (i = 0; i < a->len && i < b->len; i++)
		if (a->nib[i] != b->nib[i])
			return a->nib[i] < b->nib[i] ? -1 : 1;
	return (int)a->len - (int)b->len;
}

static size_t
lower_bound(const struct ref_nodes *n, const struct trie_path *path)
{
	size_t lo = 0, hi = n->cnt, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (ref_path_cmp(&n->node[mid].path, path) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct ref_node *
ref_find(const struct ref_nodes *n, const struct trie_path *path)
{
	size_t at = lower_bound(n, path);

	if (at < n->cnt && ref_path_cmp(&n->node[at].path, path) == 0)
		return &n->node[at];
	return NULL;
}

void
ref_put(struct ref_nodes *n, const struct trie_path *path, struct bytes rlp)
{
	size_t at = lower_bound(n, path);
	bool had = ref_find(n, path) != NULL;
	struct ref_node *p;

	if (had)
		free(n->node[at].rlp);
	if (rlp.len == 0) {
		if (had)
			memmove(n->node + at, n->node + at + 1,
			    (--n->cnt - at) * sizeof(*n->node));
		return;
	}
	if (!had) {
		n->node = grow(n->node, n->cnt, &n->cap, sizeof(*n->node));
		memmove(n->node + at + 1, n->node + at,
		    (n->cnt++ - at) * sizeof(*n->node));
	}
	p = &n->node[at];
	p->path.len = path->len;
	memcpy(p->path.nib, path->nib, path->len);
	p->len = rlp.len;
	p->rlp = malloc(rlp.len);
	if (p->rlp == NULL)
		abort();
	memcpy(p->rlp, rlp.ptr, rlp.len);
}

void
ref_nodes_free(struct ref_nodes *n)
{
	size_t i;

	for (i = 0; i < n->cnt; i++)
		free(n->node[i].rlp);
	free(n->node);
	*n = (struct ref_nodes){0};
}

bool
ref_nodes_same(const struct ref_nodes *a, const struct ref_nodes *b)
{
	size_t i;

	if (a->cnt != b->cnt)
		return false;
	for (i = 0; i < a->cnt; i++)
		if (ref_path_cmp(&a->node[i].path, &b->node[i].path) != 0 ||
		    !bytes_eq(bytes_of(a->node[i].rlp, a->node[i].len),
			bytes_of(b->node[i].rlp, b->node[i].len)))
			return false;
	return true;
}

static enum rc
source_get(
    void *ctx, struct bytes *out, const struct trie_path *path, struct err *e)
{
	struct ref_nodes *n = ctx;
	const struct ref_node *p = ref_find(n, path);

	(void)e;
	n->reads++;
	*out = p == NULL ? bytes_of(NULL, 0) : bytes_of(p->rlp, p->len);
	return RC_OK;
}

struct trie_source
ref_source(struct ref_nodes *n)
{
	return (struct trie_source){.get = source_get, .ctx = n};
}

bool
ref_apply(struct ref_nodes *n, const struct trie_batch *b)
{
	const struct ref_node *old;
	size_t i;

	for (i = 0; i < b->cnt; i++) {
		if (i > 0 &&
		    ref_path_cmp(&b->nodes[i - 1].path, &b->nodes[i].path) >= 0)
			return false;
		old = ref_find(n, &b->nodes[i].path);
		if (old == NULL ? b->nodes[i].rlp.len == 0
				: bytes_eq(b->nodes[i].rlp,
				      bytes_of(old->rlp, old->len)))
			return false;
	}
	for (i = 0; i < b->cnt; i++)
		ref_put(n, &b->nodes[i].path, b->nodes[i].rlp);
	return true;
}

/* Maps --------------------------------------------------------------- */

static size_t
pair_bound(const struct ref_map *m, const struct hash *key)
{
	size_t at = 0;

	while (at < m->cnt && memcmp(m->pair[at].key.b, key->b, 32) < 0)
		at++;
	return at;
}

struct ref_pair *
ref_get(const struct ref_map *m, const struct hash *key)
{
	size_t at = pair_bound(m, key);

	return at < m->cnt && hash_eq(&m->pair[at].key, key) ? &m->pair[at]
							     : NULL;
}

void
ref_set(struct ref_map *m, const struct hash *key, struct bytes value)
{
	size_t at = pair_bound(m, key);
	bool had = ref_get(m, key) != NULL;

	if (value.len == 0) {
		if (had)
			memmove(m->pair + at, m->pair + at + 1,
			    (--m->cnt - at) * sizeof(*m->pair));
		return;
	}
	if (!had) {
		m->pair = grow(m->pair, m->cnt, &m->cap, sizeof(*m->pair));
		memmove(m->pair + at + 1, m->pair + at,
		    (m->cnt++ - at) * sizeof(*m->pair));
	}
	m->pair[at].key = *key;
	m->pair[at].len = value.len;
	memcpy(m->pair[at].value, value.ptr, value.len);
}

void
ref_map_free(struct ref_map *m)
{
	free(m->pair);
	*m = (struct ref_map){0};
}

/* Building ----------------------------------------------------------- */

/* A growing text of bytes, and RLP as in appendix B. */
struct text {
	uint8_t b[TEXT_MAX];
	size_t len;
};

static void
put(struct text *t, const void *p, size_t len)
{
	if (t->len + len > TEXT_MAX)
		abort();
	if (len > 0)
		memcpy(t->b + t->len, p, len);
	t->len += len;
}

static void
put_head(struct text *t, unsigned base, size_t len)
{
	uint8_t head[3];

	if (len <= 55) {
		head[0] = (uint8_t)(base + len);
		put(t, head, 1);
	} else if (len < 256) {
		head[0] = (uint8_t)(base + 56);
		head[1] = (uint8_t)len;
		put(t, head, 2);
	} else {
		head[0] = (uint8_t)(base + 57);
		head[1] = (uint8_t)(len / 256);
		head[2] = (uint8_t)(len % 256);
		put(t, head, 3);
	}
}

static void
put_string(struct text *t, const uint8_t *p, size_t len)
{
	if (len != 1 || p[0] >= 0x80)
		put_head(t, 0x80, len);
	put(t, p, len);
}

static unsigned
nibble(struct bytes key, size_t at)
{
	return at % 2 == 0 ? key.ptr[at / 2] / 16U : key.ptr[at / 2] % 16U;
}

static void
put_path(struct text *t, struct bytes key, size_t from, size_t to, bool is_leaf)
{
	uint8_t out[256];
	size_t len = 0;
	unsigned first = is_leaf ? 2 : 0;

	if ((to - from) % 2 == 1) {
		out[len++] = (uint8_t)((first + 1) * 16 + nibble(key, from));
		from++;
	} else {
		out[len++] = (uint8_t)(first * 16);
	}
	for (; from < to; from += 2)
		out[len++] =
		    (uint8_t)(nibble(key, from) * 16 + nibble(key, from + 1));
	put_string(t, out, len);
}

static void build(struct text *out, struct ref_nodes *nodes,
    const struct ref_item *item, size_t cnt, size_t depth);

/* The three functions below call each other as the definition does; keys of
 * tests bound the depth. NOLINTBEGIN(misc-no-recursion) */

/* put_child appends n(I, i): the child itself when short, else its hash. */
static void
put_child(struct text *t, struct ref_nodes *nodes, const struct ref_item *item,
    size_t cnt, size_t depth)
{
	struct text child = {.len = 0};
	uint8_t hash[32];

	build(&child, nodes, item, cnt, depth);
	if (child.len < 32) {
		put(t, child.b, child.len);
		return;
	}
	keccak256(hash, bytes_of(child.b, child.len));
	put_string(t, hash, 32);
}

/* common returns how many nibbles all keys share. */
static size_t
common(const struct ref_item *item, size_t cnt)
{
	size_t at = 0;

	while (at < 2 * item[0].key.len && at < 2 * item[cnt - 1].key.len &&
	       nibble(item[0].key, at) == nibble(item[cnt - 1].key, at))
		at++;
	return at;
}

static void
build_items(struct text *t, struct ref_nodes *nodes,
    const struct ref_item *item, size_t cnt, size_t depth)
{
	struct bytes value = bytes_of(NULL, 0);
	size_t at, i = 0, end;
	unsigned nib;

	if (cnt == 1) {
		put_path(t, item->key, depth, 2 * item->key.len, true);
		put_string(t, item->value.ptr, item->value.len);
		return;
	}
	at = common(item, cnt);
	if (at > depth) {
		put_path(t, item->key, depth, at, false);
		put_child(t, nodes, item, cnt, at);
		return;
	}
	if (2 * item->key.len == depth)
		value = item[i++].value;
	for (nib = 0; nib < 16; nib++) {
		for (end = i; end < cnt && nibble(item[end].key, depth) == nib;)
			end++;
		if (end == i)
			put_string(t, NULL, 0);
		else
			put_child(t, nodes, item + i, end - i, depth + 1);
		i = end;
	}
	put_string(t, value.ptr, value.len);
}

/* build appends c(I, i) and keeps it when it is hashed. */
static void
build(struct text *out, struct ref_nodes *nodes, const struct ref_item *item,
    size_t cnt, size_t depth)
{
	struct text items = {.len = 0};
	struct trie_path path;
	size_t i;

	build_items(&items, nodes, item, cnt, depth);
	put_head(out, 0xc0, items.len);
	put(out, items.b, items.len);
	if (nodes == NULL || (out->len < 32 && depth > 0))
		return;
	for (i = 0; i < depth; i++)
		path.nib[i] = (uint8_t)nibble(item->key, i);
	path.len = (uint8_t)depth;
	ref_put(nodes, &path, bytes_of(out->b, out->len));
}

/* NOLINTEND(misc-no-recursion) */

void
ref_root(struct hash *root, struct ref_nodes *nodes,
    const struct ref_item *items, size_t cnt)
{
	struct text out = {.len = 0};

	if (cnt == 0)
		put_string(&out, NULL, 0);
	else
		build(&out, nodes, items, cnt, 0);
	keccak256(root->b, bytes_of(out.b, out.len));
}

void
ref_build(struct hash *root, struct ref_nodes *nodes, const struct ref_map *m)
{
	struct ref_item *items = calloc(m->cnt + 1, sizeof(*items));
	size_t i;

	if (items == NULL)
		abort();
	for (i = 0; i < m->cnt; i++) {
		items[i].key = hash_bytes(&m->pair[i].key);
		items[i].value = bytes_of(m->pair[i].value, m->pair[i].len);
	}
	ref_root(root, nodes, items, m->cnt);
	free(items);
}

/* Drawing ------------------------------------------------------------ */

static void
set_nibble(struct hash *key, size_t at, unsigned nib)
{
	unsigned b = key->b[at / 2];

	key->b[at / 2] =
	    (uint8_t)(at % 2 == 0 ? b % 16U + nib * 16U : b / 16U * 16U + nib);
}

void
ref_draw_key(struct hash *out, struct rng_test *r, enum ref_space space)
{
	static const uint8_t edges[] = {0, 1, 5, 6, 20, 33, 60, 61, 63};
	size_t i;

	memset(out->b, 0x11, sizeof(out->b));
	switch (space) {
	case REF_TOP:
		for (i = 0; i < 4; i++)
			set_nibble(out, i, (unsigned)rng_test_below(r, 3));
		break;
	case REF_BOTTOM:
		for (i = 60; i < 64; i++)
			set_nibble(out, i, (unsigned)rng_test_below(r, 3));
		break;
	case REF_EDGES:
		for (i = 0; i < sizeof(edges); i++)
			if (rng_test_below(r, 3) == 0)
				set_nibble(out, edges[i],
				    (unsigned)rng_test_below(r, 2));
		break;
	case REF_WIDE:
		rng_test_fill(r, out->b, sizeof(out->b));
		out->b[0] &= 0x13;
		memset(out->b + 2, 0, 28);
		break;
	case REF_SPACE_CNT:
		abort();
	}
}

static int
compare_changes(const void *a, const void *b)
{
	const struct trie_change *x = a, *y = b;

	return memcmp(x->key.b, y->key.b, sizeof(x->key.b));
}

static bool
has_key(const struct trie_change *c, size_t cnt, const struct hash *key)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		if (hash_eq(&c[i].key, key))
			return true;
	return false;
}

size_t
ref_draw_batch(struct trie_change *out, uint8_t *room, size_t max,
    struct ref_map *m, struct rng_test *r, enum ref_space space,
    unsigned deletes)
{
	size_t i, cnt = 0, want = 1 + rng_test_below(r, max);
	struct trie_change *c;

	for (i = 0; i < want; i++) {
		c = &out[cnt];
		ref_draw_key(&c->key, r, space);
		if (deletes > 0 && m->cnt > 0 && rng_test_below(r, 2) == 0)
			c->key = m->pair[rng_test_below(r, m->cnt)].key;
		if (has_key(out, cnt, &c->key))
			continue;
		c->value = bytes_of(room, 1 + rng_test_below(r, 3));
		if (rng_test_below(r, 4) == 0)
			c->value.len = REF_VALUE_MAX;
		rng_test_fill(r, room, c->value.len);
		room += REF_VALUE_MAX;
		if (rng_test_below(r, 10) < deletes)
			c->value.len = 0;
		cnt++;
	}
	qsort(out, cnt, sizeof(*out), compare_changes);
	for (i = 0; i < cnt; i++)
		ref_set(m, &out[i].key, out[i].value);
	return cnt;
}
