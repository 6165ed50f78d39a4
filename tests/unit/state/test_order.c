/* SPDX-License-Identifier: Apache-2.0 */
#include "state/order_priv.h"

#include "crypto/rng.h"
#include "test.h"

enum { MAX = 5000 };

/* Sorts cnt hashes whose first `same` bytes are alike. */
static void
expect_sorted(size_t cnt, size_t same)
{
	static struct hash hashes[MAX];
	static struct ranked items[MAX], room[MAX];
	struct rng_test r = {.state = cnt};
	static bool seen[MAX];
	size_t i, at;

	for (i = 0; i < cnt; i++) {
		rng_test_fill(&r, hashes[i].b, sizeof(hashes[i].b));
		memset(hashes[i].b, 7, same);
		items[i] =
		    (struct ranked){.hash = &hashes[i], .item = &hashes[i]};
	}
	memset(seen, 0, sizeof(seen));
	state_order(items, room, cnt);
	for (i = 0; i < cnt; i++) {
		at = (size_t)(items[i].hash - hashes);
		EXPECT(!seen[at]);
		seen[at] = true;
		EXPECT(items[i].item == items[i].hash);
		EXPECT(i == 0 ||
		       memcmp(items[i - 1].hash->b, items[i].hash->b, 32) < 0);
	}
}

TEST(test_order_sorts_any_number)
{
	static const size_t counts[] = {0, 1, 2, 3, 127, 128, 129, 5000};
	size_t i;

	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		expect_sorted(counts[i], 0);
		expect_sorted(counts[i], 1);
		expect_sorted(counts[i], 7);
	}
}

/* Hashes that agree in all that the radix sees are compared whole. */
TEST(test_order_settles_ties)
{
	expect_sorted(2, 8);
	expect_sorted(200, 8);
	expect_sorted(200, 30);
}

TEST(test_order_hash_gives_keccak_of_each_key)
{
	struct bytes keys[3] = {bytes_of_str("a"), bytes_of_str(""),
	    bytes_of_str("some longer key")};
	struct ranked items[3];
	struct arena a;
	size_t i;

	arena_init(&a, 1 << 12);
	EXPECT(state_order_hash(&a, items, keys, 3));
	for (i = 0; i < 3; i++) {
		struct hash want = hash_keccak(keys[i]);

		EXPECT(hash_eq(items[i].hash, &want));
	}
	arena_drop(&a);
	arena_init(&a, 95);
	EXPECT(!state_order_hash(&a, items, keys, 3));
	arena_drop(&a);
}
