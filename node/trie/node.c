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

/* take_item cuts one child reference; an absent one is NULL. */
static bool
take_item(const uint8_t **out, struct bytes *in)
{
	size_t len;

	*out = NULL;
	if (in->len == 0)
		return false;
	if (in->ptr[0] == 0x80) {
		len = 1;
	} else if (in->ptr[0] == NODE_HASH_HEAD ||
		   (in->ptr[0] >= 0xc0 &&
		       in->ptr[0] < 0xc0 + NODE_HASHED_MIN - 1)) {
		*out = in->ptr;
		len = item_len(in->ptr);
	} else {
		return false;
	}
	if (in->len < len)
		return false;
	in->ptr += len;
	in->len -= len;
	return true;
}

static const char *
decode_branch(struct node_view *out, struct bytes items)
{
	unsigned i;

	out->kind = NODE_BRANCH;
	for (i = 0; i < NODE_WIDTH; i++) {
		if (!take_item(&out->item[i], &items))
			return "a child reference is malformed";
		if (out->item[i] != NULL)
			out->has |= (uint16_t)(1U << i);
	}
	if (rlp_take_str(&out->value, &items, NULL) != RC_OK || items.len > 0)
		return "not 2 and not 17 items";
	if (__builtin_popcount(out->has) + (out->value.len > 0) < 2)
		return "a branch with less than two ways";
	return NULL;
}

static const char *
decode_short(struct node_view *out, struct bytes items)
{
	if (rlp_take_str(&out->compact, &items, NULL) != RC_OK ||
	    out->compact.len == 0)
		return "the path is malformed";
	if ((out->compact.ptr[0] & 0x20) != 0) {
		out->kind = NODE_LEAF;
		out->item[0] = NULL;
		if (rlp_take_str(&out->value, &items, NULL) != RC_OK ||
		    out->value.len == 0)
			return "the value is malformed";
		return NULL;
	}
	out->kind = NODE_EXT;
	if (!take_item(&out->item[0], &items) || out->item[0] == NULL)
		return "the child reference is malformed";
	out->has = 1;
	return NULL;
}

const char *
node_decode(struct node_view *out, struct bytes rlp)
{
	struct bytes items, rest, raw;

	out->has = 0;
	out->value = out->compact = bytes_of(NULL, 0);
	if (rlp_take_list(&items, &rlp, NULL) != RC_OK || rlp.len > 0)
		return "not one RLP list";
	rest = items;
	if (rlp_take_raw(&raw, &rest, NULL) != RC_OK ||
	    rlp_take_raw(&raw, &rest, NULL) != RC_OK)
		return "less than two items";
	return rest.len == 0 ? decode_short(out, items)
			     : decode_branch(out, items);
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
			*p++ = 0x80;
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
