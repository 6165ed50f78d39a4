/* SPDX-License-Identifier: Apache-2.0
 *
 * The hash map against a plain table of what should be in it.
 */
#include "base/map.h"

#include <string.h>

#include "base/arena.h"
#include "base/check.h"
#include "test.h"

enum { KEYS = 3000 };

static uint64_t
mix(uint64_t z)
{
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* key_of makes the key number i: equal but for its first bytes. */
static void
key_of(uint8_t *key, size_t len, size_t i)
{
	memset(key, 0x55, len);
	key[0] = (uint8_t)i;
	if (len > 1)
		key[1] = (uint8_t)(i >> 8);
}

TEST(test_map_full_refuses_new_keys_and_takes_old_ones)
{
	uint8_t key[20];
	struct map m;
	int value, other;
	size_t i;

	map_init(&m, sizeof(key), 100);
	for (i = 0; i < 100; i++) {
		key_of(key, sizeof(key), i);
		EXPECT(map_put(&m, key, &value));
	}
	key_of(key, sizeof(key), 100);
	EXPECT(!map_put(&m, key, &value));
	EXPECT(map_get(&m, key) == NULL);
	EXPECT_U64(m.cnt, 100);
	key_of(key, sizeof(key), 50);
	EXPECT(map_put(&m, key, &other));
	EXPECT(map_get(&m, key) == &other);
	EXPECT(map_del(&m, key) == &other);
	EXPECT(map_put(&m, key, &value));
	map_free(&m);
	map_init(&m, sizeof(key), 0);
	EXPECT(!map_put(&m, key, &value));
	map_free(&m);
}

TEST(test_map_empty_has_nothing)
{
	const void *key;
	void *value;
	struct map m;
	size_t at = 0;

	map_init(&m, 20, 10);
	EXPECT(map_get(&m, "01234567890123456789") == NULL);
	EXPECT(map_del(&m, "01234567890123456789") == NULL);
	EXPECT(!map_next(&m, &at, &key, &value));
	map_clear(&m);
	map_free(&m);
}

/* walk counts the entries and checks each against the table. */
static size_t
walk(const struct map *m, uint8_t *const *values)
{
	const void *key;
	size_t at = 0, cnt = 0;
	void *value;

	while (map_next(m, &at, &key, &value)) {
		const uint8_t *k = key;

		EXPECT(value == values[k[0] + 256 * (size_t)k[1]]);
		cnt++;
	}
	return cnt;
}

static void
check_random_ops(size_t key_len)
{
	static uint8_t *values[65536], pool[65536];
	uint8_t key[64];
	struct map m;
	uint64_t seed = key_len;
	size_t cnt = 0, i;

	memset(values, 0, sizeof(values));
	map_init(&m, key_len, KEYS);
	for (i = 0; i < 60000; i++) {
		size_t no = mix(++seed) % KEYS;
		uint64_t what = mix(++seed) % 8;

		key_of(key, key_len, no);
		EXPECT(map_get(&m, key) == values[no]);
		if (what < (i < 30000 ? 5 : 3)) {
			cnt += values[no] == NULL;
			values[no] = &pool[mix(++seed) % sizeof(pool)];
			EXPECT(map_put(&m, key, values[no]));
		} else {
			EXPECT(map_del(&m, key) == values[no]);
			cnt -= values[no] != NULL;
			values[no] = NULL;
		}
		EXPECT(m.cnt == cnt);
	}
	EXPECT_U64(walk(&m, values), cnt);
	for (i = 0; i < KEYS; i++) {
		key_of(key, key_len, i);
		EXPECT(map_del(&m, key) == values[i]);
		EXPECT(map_get(&m, key) == NULL);
	}
	EXPECT_U64(m.cnt, 0);
	map_free(&m);
}

TEST(test_map_random_puts_and_dels_match_a_table)
{
	static const size_t key_lens[] = {2, 7, 8, 20, 32, 52, 64};
	size_t i;

	for (i = 0; i < ARRAY_CNT(key_lens); i++)
		check_random_ops(key_lens[i]);
}

TEST(test_map_clear_keeps_the_table)
{
	uint8_t key[32];
	struct map m;
	int value;
	size_t i, cap;

	map_init(&m, sizeof(key), 1000);
	for (i = 0; i < 500; i++) {
		key_of(key, sizeof(key), i);
		EXPECT(map_put(&m, key, &value));
	}
	cap = m.cap;
	map_clear(&m);
	EXPECT(m.cnt == 0 && m.cap == cap);
	for (i = 0; i < 500; i++) {
		key_of(key, sizeof(key), i);
		EXPECT(map_get(&m, key) == NULL);
	}
	EXPECT(map_put(&m, key, &value));
	EXPECT(map_get(&m, key) == &value);
	map_free(&m);
}

/* Two maps must not share an order that a stranger could learn from one. */
TEST(test_map_seeds_differ)
{
	struct map a, b;

	map_init(&a, 20, 10);
	map_init(&b, 20, 10);
	EXPECT(a.seed[0] != b.seed[0] || a.seed[1] != b.seed[1]);
	map_free(&a);
	map_free(&b);
}

TEST(test_map_without_memory_refuses_and_keeps_its_entries)
{
	uint8_t key[20];
	struct map m;
	int value;
	size_t i, refused = 0;

	map_init(&m, sizeof(key), 1000);
	for (i = 0; i < 200; i++) {
		key_of(key, sizeof(key), i);
		test_alloc_fail(1);
		if (!map_put(&m, key, &value)) {
			EXPECT(test_alloc_did_fail());
			EXPECT(map_get(&m, key) == NULL);
			EXPECT(map_put(&m, key, &value));
			refused++;
		}
		(void)test_alloc_did_fail();
	}
	EXPECT(refused > 2);
	for (i = 0; i < 200; i++) {
		key_of(key, sizeof(key), i);
		EXPECT(map_get(&m, key) == &value);
	}
	map_free(&m);
}
