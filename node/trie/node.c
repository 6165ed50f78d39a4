/* SPDX-License-Identifier: Apache-2.0
 *
 * Codec of single trie nodes. Decoding trusts nothing: what it accepts has
 * the shape that our encoder gives, so that a node read and written again is
 * the same bytes. It neither hashes nor follows references.
 */
#include "trie/node_priv.h"

#include "base/check.h"
#include "eth/rlp.h"
#include "trie/path_priv.h"

/* First bytes of references: none, a list, the longest embedded node. */
enum {
	NO_CHILD = 0x80,
	LIST_HEAD = 0xc0,
	EMBEDDED_HEAD_MAX = LIST_HEAD + NODE_HASHED_MIN - 2
};

/* read_item tells the length of the child reference at p: 1 when absent, 0
 * when malformed or beyond end. */
static inline size_t
read_item(const uint8_t *p, const uint8_t *end)
{
	size_t len;

	if (p == end)
		return 0;
	if (*p == NO_CHILD)
		return 1;
	if (!item_is_hash(p) && (*p <= LIST_HEAD || *p > EMBEDDED_HEAD_MAX))
		return 0;
	len = item_len(p);
	return (size_t)(end - p) < len ? 0 : len;
}

/* decode_branch returns false when items are not those of a branch. */
static bool
decode_branch(struct node_view *out, struct bytes items)
{
	const uint8_t *p = items.ptr, *end = items.ptr + items.len;
	size_t len;
	unsigned i;

	for (i = 0; i < NODE_WIDTH; i++, p += len) {
		len = read_item(p, end);
		if (len == 0)
			return false;
		out->item[i] = len > 1 ? p : NULL;
		out->has |= (uint16_t)((unsigned)(len > 1) << i);
		out->hashes |=
		    (uint16_t)((unsigned)(len == NODE_HASH_ITEM) << i);
	}
	items = bytes_of(p, (size_t)(end - p));
	out->kind = NODE_BRANCH;
	return rlp_take_str(&out->value, &items, NULL) == RC_OK &&
	       items.len == 0;
}

static const char *
decode_leaf(struct node_view *out, struct bytes items)
{
	out->kind = NODE_LEAF;
	out->item[0] = NULL;
	if (rlp_take_str(&out->value, &items, NULL) != RC_OK ||
	    out->value.len == 0)
		return "the value is malformed";
	return items.len > 0 ? "not 2 and not 17 items" : NULL;
}

static const char *
decode_ext(struct node_view *out, struct bytes items)
{
	size_t len = read_item(items.ptr, items.ptr + items.len);

	if (len < 2)
		return "the child reference is malformed";
	out->kind = NODE_EXT;
	out->item[0] = items.ptr;
	out->has = 1;
	return items.len > len ? "not 2 and not 17 items" : NULL;
}

static const char *
decode_short(struct node_view *out, struct bytes items)
{
	if (rlp_take_str(&out->compact, &items, NULL) != RC_OK ||
	    out->compact.len == 0)
		return "not 17 items, and the path is malformed";
	return (out->compact.ptr[0] & COMPACT_LEAF) != 0
		   ? decode_leaf(out, items)
		   : decode_ext(out, items);
}

const char *
node_decode(struct node_view *out, struct bytes rlp)
{
	struct bytes items;

	out->has = out->hashes = 0;
	out->value = out->compact = bytes_of(NULL, 0);
	if (rlp_take_list(&items, &rlp, NULL) != RC_OK || rlp.len > 0)
		return "not one RLP list";
	if (decode_branch(out, items)) {
		if (__builtin_popcount(out->has) + (out->value.len > 0) < 2)
			return "a branch with less than two ways";
		return NULL;
	}
	out->has = out->hashes = 0;
	out->value = bytes_of(NULL, 0);
	return decode_short(out, items);
}

static size_t
size_compact(size_t from, size_t to)
{
	size_t len = compact_len(from, to);

	/* A single byte of flags is below 0x80 and is its own RLP. */
	return len == 1 ? 1 : rlp_size_list(len);
}

static void
put_compact(
    struct buf *b, const uint8_t *key, size_t from, size_t to, bool is_leaf)
{
	size_t len = compact_len(from, to);

	if (len > 1)
		CHECK(rlp_put_str_head(b, len));
	CHECK(b->cap - b->len >= len);
	compact_put(b->ptr + b->len, key, from, to, is_leaf);
	b->len += len;
}

size_t
node_size_leaf(size_t from, size_t to, struct bytes value)
{
	return rlp_size_list(size_compact(from, to) + rlp_size_str(value));
}

void
node_put_leaf(struct buf *b, const uint8_t *key, size_t from, size_t to,
    struct bytes value)
{
	CHECK(
	    rlp_put_list_head(b, size_compact(from, to) + rlp_size_str(value)));
	put_compact(b, key, from, to, true);
	CHECK(rlp_put_str(b, value));
}

size_t
node_size_ext(size_t from, size_t to, const uint8_t *item)
{
	return rlp_size_list(size_compact(from, to) + item_len(item));
}

void
node_put_ext(struct buf *b, const uint8_t *key, size_t from, size_t to,
    const uint8_t *item)
{
	CHECK(rlp_put_list_head(b, size_compact(from, to) + item_len(item)));
	put_compact(b, key, from, to, false);
	CHECK(buf_put(b, item, item_len(item)));
}

static size_t
branch_payload(const uint8_t *const item[NODE_WIDTH], struct bytes value)
{
	size_t len = rlp_size_str(value);
	unsigned i;

	for (i = 0; i < NODE_WIDTH; i++)
		len += item[i] == NULL ? 1 : item_len(item[i]);
	return len;
}

size_t
node_size_branch(const uint8_t *const item[NODE_WIDTH], struct bytes value)
{
	return rlp_size_list(branch_payload(item, value));
}

void
node_put_branch(
    struct buf *b, const uint8_t *const item[NODE_WIDTH], struct bytes value)
{
	uint8_t *p;
	unsigned i;

	CHECK(b->cap - b->len >= node_size_branch(item, value));
	CHECK(rlp_put_list_head(b, branch_payload(item, value)));
	p = b->ptr + b->len;
	for (i = 0; i < NODE_WIDTH; i++) {
		if (item[i] == NULL) {
			*p++ = NO_CHILD;
		} else if (item_is_hash(item[i])) {
			memcpy(p, item[i], NODE_HASH_ITEM);
			p += NODE_HASH_ITEM;
		} else {
			memcpy(p, item[i], item_len(item[i]));
			p += item_len(item[i]);
		}
	}
	b->len = (size_t)(p - b->ptr);
	CHECK(rlp_put_str(b, value));
}
