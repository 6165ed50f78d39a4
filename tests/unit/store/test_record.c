/* SPDX-License-Identifier: Apache-2.0
 *
 * A group of blocks as bytes: there and back, and every cut or changed byte
 * is refused or gives a group, never more than that.
 */
#include <string.h>

#include "model.h"
#include "store/record_priv.h"
#include "test.h"

static struct model m;

/* encode makes the record of a few blocks of the world. */
static struct bytes
encode(struct arena *a, size_t cnt)
{
	struct store_block *blocks[8];
	struct model_block *b = NULL;
	struct bytes out = {NULL, 0};

	for (size_t i = 0; i < cnt; i++) {
		b = model_grow(&m, b);
		blocks[i] = model_block(b);
	}
	EXPECT_RC(record_encode(a, &out, blocks, cnt, 41, NULL), RC_OK);
	for (size_t i = 0; i < cnt; i++)
		store_block_free(blocks[i]);
	return out;
}

TEST(test_record_group_comes_back)
{
	struct store_block **blocks;
	struct bytes in;
	struct arena a;
	size_t cnt = 0;
	uint64_t rewind_to = 0;

	arena_init(&a, (size_t)1 << 26);
	model_init(&m, 11);
	in = encode(&a, 8);
	EXPECT_RC(record_decode(&blocks, &cnt, &rewind_to, in, NULL), RC_OK);
	EXPECT_U64(cnt, 8);
	EXPECT_U64(rewind_to, 41);
	for (size_t i = 0; i < cnt; i++)
		EXPECT(model_complete(&m, blocks[i]));
	record_free(blocks, cnt);
	model_free(&m);
	arena_drop(&a);
}

TEST(test_record_cut_anywhere_is_corrupt)
{
	struct store_block **blocks;
	struct bytes in;
	struct arena a;
	size_t cnt;
	uint64_t rewind_to;

	arena_init(&a, (size_t)1 << 26);
	model_init(&m, 12);
	in = encode(&a, 3);
	for (size_t len = 0; len < in.len; len++)
		EXPECT_RC(record_decode(&blocks, &cnt, &rewind_to,
			      bytes_of(in.ptr, len), NULL),
		    RC_CORRUPT);
	model_free(&m);
	arena_drop(&a);
}

TEST(test_record_trailing_byte_is_corrupt)
{
	struct store_block **blocks;
	struct bytes in, longer;
	struct arena a;
	size_t cnt;
	uint64_t rewind_to;
	uint8_t *p;

	arena_init(&a, (size_t)1 << 26);
	model_init(&m, 13);
	in = encode(&a, 1);
	p = arena_alloc(&a, in.len + 1);
	memcpy(p, in.ptr, in.len);
	longer = bytes_of(p, in.len + 1);
	EXPECT_RC(
	    record_decode(&blocks, &cnt, &rewind_to, longer, NULL), RC_CORRUPT);
	model_free(&m);
	arena_drop(&a);
}

TEST(test_record_changed_byte_never_crashes)
{
	struct store_block **blocks;
	struct bytes in;
	struct arena a;
	size_t cnt, taken = 0;
	uint64_t rewind_to;
	uint8_t *p;

	arena_init(&a, (size_t)1 << 26);
	model_init(&m, 14);
	in = encode(&a, 2);
	p = arena_alloc(&a, in.len);
	memcpy(p, in.ptr, in.len);
	for (size_t i = 0; i < in.len; i++) {
		p[i] ^= (uint8_t)(1 + i % 255);
		if (record_decode(&blocks, &cnt, &rewind_to,
			bytes_of(p, in.len), NULL) == RC_OK) {
			record_free(blocks, cnt);
			taken++;
		}
		p[i] = in.ptr[i];
	}
	EXPECT(taken < in.len); /* values may change, structure may not */
	model_free(&m);
	arena_drop(&a);
}

TEST(test_record_slot_without_account_is_refused)
{
	struct store_block *b;
	struct model_block *w = NULL;
	struct bytes out;
	struct arena a;

	arena_init(&a, (size_t)1 << 26);
	model_init(&m, 15);
	do {
		w = model_grow(&m, w);
	} while (w->diff.slot_cnt == 0);
	b = model_block(w);
	b->diff.slots[0].addr.b[0] ^= 1;
	EXPECT_RC(record_encode(&a, &out, &b, 1, 0, NULL), RC_BAD_INPUT);
	store_block_free(b);
	model_free(&m);
	arena_drop(&a);
}

TEST(test_record_of_too_much_is_refused)
{
	static struct store_block *many[RECORD_BLOCK_MAX + 1];
	struct store_block *b;
	struct bytes out;
	struct arena a;

	arena_init(&a, (size_t)1 << 26);
	model_init(&m, 16);
	b = model_block(model_grow(&m, NULL));
	for (size_t i = 0; i <= RECORD_BLOCK_MAX; i++)
		many[i] = b;
	EXPECT_RC(record_encode(&a, &out, many, RECORD_BLOCK_MAX + 1, 0, NULL),
	    RC_TOO_LARGE);
	b->receipts.len = STORE_GROUP_MAX; /* nobody reads them */
	EXPECT_RC(record_encode(&a, &out, &b, 1, 0, NULL), RC_TOO_LARGE);
	b->receipts.len = 1 << 26; /* more than the arena has */
	EXPECT_RC(record_encode(&a, &out, &b, 1, 0, NULL), RC_NO_MEMORY);
	store_block_free(b);
	model_free(&m);
	arena_drop(&a);
}
