/* SPDX-License-Identifier: Apache-2.0 */
#include "state/table_priv.h"

#include "crypto/rng.h"
#include "test.h"

enum { CNT = 3000, ARENA = 1 << 22 };

/* An entry of either length; only key_len bytes of key count. */
struct entry {
	uint8_t key[TABLE_KEY_MAX];
	size_t no;
};

static void
run_table(size_t key_len)
{
	static struct entry entries[CNT];
	uint64_t secret[TABLE_SECRETS], hash;
	struct rng_test r = {.state = key_len};
	struct entry *got;
	struct table t;
	struct arena a;
	size_t i;

	arena_init(&a, ARENA);
	rng_test_fill(&r, secret, sizeof(secret));
	state_table_open(&t, &a, secret, key_len);
	for (i = 0; i < CNT; i++) {
		/* Keys that differ in one bit only, anywhere. */
		memset(&entries[i], 0, sizeof(entries[i]));
		entries[i].key[i % key_len] = (uint8_t)(i / key_len);
		entries[i].key[(i + 1) % key_len] |= 0x80;
		entries[i].no = i;
		got = state_table_find(&t, &hash, entries[i].key);
		if (got != NULL)
			EXPECT(!memcmp(got->key, entries[i].key, key_len));
		else
			EXPECT(state_table_put(&t, hash, &entries[i]));
	}
	EXPECT(t.cnt > CNT / 2);
	for (i = 0; i < CNT; i++) {
		got = state_table_find(&t, &hash, entries[i].key);
		EXPECT(got != NULL);
		if (got != NULL)
			EXPECT(!memcmp(got->key, entries[i].key, key_len));
	}
	entries[0].key[0] ^= 0x55;
	EXPECT(state_table_find(&t, &hash, entries[0].key) != &entries[1]);
	arena_drop(&a);
}

TEST(test_table_finds_what_was_put)
{
	run_table(20);
	run_table(TABLE_KEY_MAX);
}

/* Which slots collide depends on the secrets: keys that meet under one set
 * part under another, whatever their words are. */
TEST(test_table_secrets_decide_collisions)
{
	uint64_t secret[TABLE_SECRETS], hash, first;
	struct rng_test r = {.state = 3};
	uint8_t zero[TABLE_KEY_MAX] = {0};
	size_t i, k, same = 0;
	struct table t;
	struct arena a;

	arena_init(&a, ARENA);
	for (i = 0; i < 64; i++) {
		rng_test_fill(&r, secret, sizeof(secret));
		state_table_open(&t, &a, secret, TABLE_KEY_MAX);
		EXPECT(state_table_find(&t, &first, zero) == NULL);
		for (k = 0; k < TABLE_KEY_MAX; k++) {
			zero[k] = 1;
			EXPECT(state_table_find(&t, &hash, zero) == NULL);
			zero[k] = 0;
			same += (hash & 0xffff) == (first & 0xffff);
		}
	}
	EXPECT(same < 4);
	arena_drop(&a);
}

TEST(test_table_without_memory_is_refused)
{
	static const uint64_t secret[TABLE_SECRETS] = {1, 2, 3, 4, 5, 6};
	static struct entry entries[CNT];
	uint64_t hash;
	struct table t;
	struct arena a;
	size_t i;

	arena_init(&a, 4096);
	state_table_open(&t, &a, secret, 20);
	for (i = 0; i < CNT; i++) {
		memcpy(entries[i].key, &i, sizeof(i));
		EXPECT(state_table_find(&t, &hash, entries[i].key) == NULL);
		if (!state_table_put(&t, hash, &entries[i]))
			break;
	}
	EXPECT(i > 30 && i < CNT);
	EXPECT(state_table_find(&t, &hash, entries[0].key) == &entries[0]);
	arena_drop(&a);
}
