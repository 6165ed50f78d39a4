/* SPDX-License-Identifier: Apache-2.0
 *
 * The hash index of a layer: what was added is found, what was not is not,
 * also when many keys share one hash.
 */
#include "store/index_priv.h"
#include "test.h"

enum { KEYS = 5000 };

static bool
has(const struct index *x, uint32_t hash, uint32_t place)
{
	struct index_probe p = index_probe(x, hash);
	uint32_t at;

	if (!index_may_have(x, hash))
		return false;
	while (index_next(&p, &at))
		if (at == place)
			return true;
	return false;
}

TEST(test_index_empty_finds_nothing)
{
	struct index x;
	struct arena a;

	arena_init(&a, 1 << 20);
	EXPECT(index_init(&x, &a, 0));
	EXPECT(!index_may_have(&x, 0));
	EXPECT(!index_may_have(&x, 12345));
	EXPECT_U64(a.used_bytes, 0);
}

TEST(test_index_without_memory_says_so)
{
	struct index x;
	struct arena a;

	arena_init(&a, 1024);
	EXPECT(!index_init(&x, &a, KEYS));
	EXPECT(!index_init(&x, &a, SIZE_MAX / 32));
	arena_drop(&a);
}

TEST(test_index_finds_all_that_was_added)
{
	struct index_seed seed;
	struct index x;
	struct arena a;
	size_t wrong = 0;

	arena_init(&a, 1 << 24);
	EXPECT(index_seed_draw(&seed));
	EXPECT(index_init(&x, &a, KEYS));
	for (uint32_t i = 0; i < KEYS; i++)
		index_add(&x, index_hash(&seed, bytes_of(&i, 4)), i);
	for (uint32_t i = 0; i < KEYS; i++)
		EXPECT(has(&x, index_hash(&seed, bytes_of(&i, 4)), i));
	for (uint32_t i = KEYS; i < 21 * KEYS; i++)
		wrong += index_may_have(&x, index_hash(&seed, bytes_of(&i, 4)));
	/* One bit in sixteen is set: 6 % pass the filter. */
	EXPECT(wrong < 20 * KEYS / 10);
	arena_drop(&a);
}

TEST(test_index_equal_hashes_are_all_found)
{
	struct index x;
	struct arena a;

	arena_init(&a, 1 << 20);
	EXPECT(index_init(&x, &a, 100));
	for (uint32_t i = 0; i < 100; i++)
		index_add(&x, 0xfffffff0, i);
	for (uint32_t i = 0; i < 100; i++)
		EXPECT(has(&x, 0xfffffff0, i));
	EXPECT(!has(&x, 0xfffffff1, 0));
	arena_drop(&a);
}

TEST(test_index_hash_depends_on_every_byte_and_on_length)
{
	struct index_seed seed;
	uint8_t key[4 * INDEX_WORD_MAX] = {0};

	EXPECT(index_seed_draw(&seed));
	for (size_t len = 1; len <= sizeof(key); len++) {
		uint32_t h = index_hash(&seed, bytes_of(key, len));

		EXPECT(h != index_hash(&seed, bytes_of(key, len - 1)));
		key[len - 1] = 1;
		EXPECT(h != index_hash(&seed, bytes_of(key, len)));
		key[len - 1] = 0;
	}
}
