/* SPDX-License-Identifier: Apache-2.0
 *
 * Stored trie nodes of arbitrary bytes, under updates, lookups, proofs and
 * walks. Input: the number of changes, three bytes for each (first and last
 * key byte, value); then nodes, each behind a 16-bit length. In a node the 33
 * bytes a0 i 00..00 become the hash of node i when i is a later one, so that
 * trees with right hashes come from simple mutations. Node 0 is the root, and
 * a path selects one of the others.
 *
 * fuzz: cover=node/trie/node.c
 */
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "trie/iter.h"
#include "trie/node_priv.h"
#include "trie/path_priv.h"
#include "trie/proof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	NODE_MAX = 16,
	NODE_LEN_MAX = 600,
	CHANGE_MAX = 8,
	VISIT_MAX = 500,
	ARENA_BYTES = 1 << 22
};

struct input {
	struct trie_change change[CHANGE_MAX];
	size_t change_cnt;
	uint8_t value[CHANGE_MAX][64];
	uint8_t node[NODE_MAX][NODE_LEN_MAX];
	size_t len[NODE_MAX], node_cnt;
	struct trie_batch after; /* laid over the nodes */
	size_t visits;
};

static uint8_t
take(struct bytes *in)
{
	if (in->len == 0)
		return 0;
	in->len--;
	return *in->ptr++;
}

static int
compare(const void *a, const void *b)
{
	const struct trie_change *x = a, *y = b;

	return memcmp(x->key.b, y->key.b, sizeof(x->key.b));
}

static void
take_changes(struct input *x, struct bytes *in)
{
	size_t i, kept = 0, cnt = take(in) % (CHANGE_MAX + 1);
	struct trie_change *c = x->change;

	for (i = 0; i < cnt; i++) {
		memset(c[i].key.b, 0x11, sizeof(c[i].key.b));
		c[i].key.b[0] = take(in);
		c[i].key.b[31] = take(in);
		x->value[i][0] = take(in);
		c[i].value = bytes_of(x->value[i], x->value[i][0] % 64);
	}
	qsort(c, cnt, sizeof(*c), compare);
	for (i = 0; i < cnt; i++)
		if (kept == 0 || !hash_eq(&c[kept - 1].key, &c[i].key))
			c[kept++] = c[i];
	x->change_cnt = kept;
}

static void
take_nodes(struct input *x, struct bytes *in)
{
	size_t i, len;

	while (in->len > 0 && x->node_cnt < NODE_MAX) {
		len = (size_t)take(in) << 8;
		len = (len | take(in)) % (NODE_LEN_MAX + 1);
		for (i = 0; i < len; i++)
			x->node[x->node_cnt][i] = take(in);
		x->len[x->node_cnt++] = len;
	}
}

/* set_hashes names later nodes by their hashes. */
static void
set_hashes(struct input *x)
{
	static const uint8_t zero[31];
	size_t i, at;

	for (i = x->node_cnt; i-- > 0;) {
		for (at = 0; at + NODE_HASH_ITEM <= x->len[i]; at++) {
			uint8_t *p = &x->node[i][at];
			struct hash h;

			if (p[0] != NODE_HASH_HEAD || p[1] <= i ||
			    p[1] >= x->node_cnt || memcmp(p + 2, zero, 31) != 0)
				continue;
			h = hash_keccak(bytes_of(x->node[p[1]], x->len[p[1]]));
			memcpy(p + 1, h.b, sizeof(h.b));
		}
	}
}

static enum rc
get_node(
    void *ctx, struct bytes *out, const struct trie_path *path, struct err *e)
{
	const struct input *x = ctx;
	size_t i, sum = 0;

	(void)e;
	for (i = 0; i < x->after.cnt; i++) {
		const struct trie_node *n = &x->after.nodes[i];

		*out = n->rlp;
		if (n->path.len == path->len &&
		    !memcmp(n->path.nib, path->nib, path->len))
			return RC_OK;
	}
	for (i = 0; i < path->len; i++)
		sum += path->nib[i];
	if (path->len > 0)
		sum = x->node_cnt > 1 ? 1 + sum % (x->node_cnt - 1) : 0;
	*out = bytes_of(x->node[sum], x->node_cnt == 0 ? 0 : x->len[sum]);
	return RC_OK;
}

/* check_codec: what the decoder accepts, the encoder gives back. */
static void
check_codec(struct bytes rlp)
{
	uint8_t room[NODE_LEN_MAX], key[NODE_LEN_MAX] = {0};
	struct buf b = buf_of(room, sizeof(room));
	struct node_view v;
	bool is_leaf;
	size_t to;

	if (node_decode(&v, rlp) != NULL)
		return;
	if (v.kind == NODE_BRANCH) {
		node_put_branch(&b, v.item, v.value);
	} else if (!compact_take(
		       key, &to, &is_leaf, 0, sizeof(key), v.compact)) {
		return;
	} else if (is_leaf) {
		CHECK(v.kind == NODE_LEAF);
		node_put_leaf(&b, key, 0, to, v.value);
	} else {
		CHECK(v.kind == NODE_EXT);
		node_put_ext(&b, key, 0, to, v.item[0]);
	}
	CHECK(bytes_eq(bytes_of_buf(&b), rlp));
}

static bool
is_expected(enum rc rc)
{
	return rc == RC_OK || rc == RC_CORRUPT;
}

/* check_proof: a proof that is made also holds, for the value that is read. */
static void
check_proof(struct arena *a, const struct trie_source *src,
    const struct hash *root, const struct hash *key)
{
	struct bytes value, proven;
	struct trie_proof proof;
	enum rc rc;

	rc = trie_prove(a, &proof, src, root, key, NULL);
	CHECK(is_expected(rc));
	CHECK(trie_get(a, &value, src, root, key, NULL) == rc);
	if (rc != RC_OK)
		return;
	CHECK(trie_verify(&proven, &proof, root, key, NULL) == RC_OK);
	CHECK(bytes_eq(proven, value));
}

/* check_raw_proof: all nodes in a row are a proof, or are none. */
static void
check_raw_proof(const struct input *x, const struct hash *root)
{
	struct trie_proof proof = {.cnt = x->node_cnt};
	struct bytes value;
	size_t i;

	for (i = 0; i < x->node_cnt; i++)
		proof.node[i] = bytes_of(x->node[i], x->len[i]);
	for (i = 0; i < x->change_cnt; i++)
		CHECK(is_expected(trie_verify(
		    &value, &proof, root, &x->change[i].key, NULL)));
}

/* check_update: after an update that worked, every change can be read. */
static void
check_update(struct arena *a, struct input *x, const struct trie_source *src,
    const struct hash *root)
{
	struct trie_batch batch;
	struct bytes value;
	struct hash after;
	enum rc rc;
	size_t i;

	rc = trie_update(
	    a, &after, &batch, src, root, x->change, x->change_cnt, NULL);
	CHECK(is_expected(rc));
	if (rc != RC_OK)
		return;
	x->after = batch;
	for (i = 0; i < x->change_cnt; i++) {
		CHECK(trie_get(a, &value, src, &after, &x->change[i].key,
			  NULL) == RC_OK);
		CHECK(bytes_eq(value, x->change[i].value));
	}
}

static bool
on_node(void *ctx, const struct trie_path *path, struct bytes rlp)
{
	struct input *x = ctx;

	(void)path;
	(void)rlp;
	return ++x->visits < VISIT_MAX;
}

static bool
on_leaf(void *ctx, const struct hash *key, struct bytes value)
{
	struct input *x = ctx;

	(void)key;
	CHECK(value.len > 0);
	return ++x->visits < VISIT_MAX;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct input x;
	struct trie_source src = {get_node, &x};
	struct trie_visitor visitor = {on_node, on_leaf, &x};
	struct bytes in = bytes_of(data, size);
	struct hash root;
	struct arena a;
	size_t i;

	memset(&x, 0, sizeof(x));
	take_changes(&x, &in);
	take_nodes(&x, &in);
	set_hashes(&x);
	root = hash_keccak(bytes_of(x.node[0], x.len[0]));
	arena_init(&a, ARENA_BYTES);
	for (i = 0; i < x.node_cnt; i++)
		check_codec(bytes_of(x.node[i], x.len[i]));
	for (i = 0; i < x.change_cnt; i++)
		check_proof(&a, &src, &root, &x.change[i].key);
	check_raw_proof(&x, &root);
	CHECK(is_expected(trie_each(&src, &root, &visitor, NULL)));
	check_update(&a, &x, &src, &root);
	arena_drop(&a);
	return 0;
}
