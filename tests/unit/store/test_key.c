/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys sort as the walks need them, and no node's key is the start of
 * another's.
 */
#include <string.h>

#include "store/key_priv.h"
#include "test.h"

static struct trie_path
path(const char *nibbles)
{
	struct trie_path p = {.len = (uint8_t)strlen(nibbles)};

	for (size_t i = 0; i < p.len; i++)
		p.nib[i] = (uint8_t)(nibbles[i] <= '9' ? nibbles[i] - '0'
						       : nibbles[i] - 'a' + 10);
	return p;
}

TEST(test_key_node_trie_order_is_key_order)
{
	static const char *const ascending[] = {
	    "", "0", "00", "000", "0f", "0ff", "1", "10", "7abc", "f", "ff"};
	struct key last = {.len = 0};

	for (size_t i = 0; i < sizeof(ascending) / sizeof(ascending[0]); i++) {
		struct trie_path p = path(ascending[i]);
		struct key k = key_node(NULL, &p);

		test_row(ascending[i]);
		if (i > 0)
			EXPECT(bytes_cmp(key_bytes(&last), key_bytes(&k)) < 0);
		last = k;
	}
}

TEST(test_key_node_none_starts_another)
{
	static const char *const some[] = {"", "0", "00", "000", "0f", "f"};
	struct hash account = {{1}};

	for (size_t i = 0; i < 12; i++)
		for (size_t j = 0; j < 12; j++) {
			struct trie_path p = path(some[i % 6]);
			struct trie_path q = path(some[j % 6]);
			struct key a = key_node(i < 6 ? NULL : &account, &p);
			struct key b = key_node(j < 6 ? NULL : &account, &q);

			if (i == j || a.len > b.len)
				continue;
			EXPECT(memcmp(a.b, b.b, a.len) != 0);
		}
}

TEST(test_key_node_storage_comes_before_accounts)
{
	struct trie_path root = path(""), deep = path("ffff");
	struct hash high;
	struct key a, b;

	memset(high.b, 0xff, sizeof(high.b));
	a = key_node(&high, &deep);
	b = key_node(NULL, &root);
	EXPECT(bytes_cmp(key_bytes(&a), key_bytes(&b)) < 0);
}

TEST(test_key_longest_fits)
{
	struct trie_path p = {.len = 64};
	struct hash account = {{0}};
	struct key n, k;

	memset(p.nib, 15, sizeof(p.nib));
	n = key_node(&account, &p);
	k = key_past(1, KIND_NODE, key_bytes(&n));
	key_put_u64(&k, 77);
	EXPECT_U64(k.len, KEY_MAX);
	EXPECT_U64(key_tail(key_bytes(&k)), 77);
}

TEST(test_key_numbers_sort_by_value)
{
	static const uint64_t ascending[] = {
	    0, 1, 255, 256, 65535, 65536, UINT32_MAX, UINT64_MAX};
	struct hash h = {{9}};

	for (size_t i = 1; i < sizeof(ascending) / sizeof(ascending[0]); i++) {
		struct key a = key_block(ascending[i - 1], &h);
		struct key b = key_block(ascending[i], &h);

		EXPECT(bytes_cmp(key_bytes(&a), key_bytes(&b)) < 0);
	}
}
