/* SPDX-License-Identifier: Apache-2.0
 *
 * Pooled transactions: refused bytes, references, recovery.
 */
#include "base/arena.h"
#include "fake.h"
#include "test.h"

TEST(test_pool_tx_bad_bytes_refused)
{
	static uint8_t large[TX_RAW_MAX + 1];
	struct pool_tx *t = NULL;
	struct err e;

	EXPECT_RC(pool_tx_decode(&t, bytes_of(NULL, 0), &e), RC_TRUNCATED);
	EXPECT_RC(pool_tx_decode(&t, test_hex("c0"), &e), RC_BAD_INPUT);
	EXPECT_RC(pool_tx_decode(&t, test_hex("7f"), &e), RC_TX_TYPE);
	EXPECT_RC(pool_tx_new(&t, test_hex("80"), &e), RC_TX_TYPE);
	EXPECT_RC(pool_tx_decode(&t, bytes_of(large, sizeof(large)), &e),
	    RC_TX_OVERSIZED);
	EXPECT_STR(
	    e.text, "oversized data: transaction size 131073, limit 131072");
	EXPECT(t == NULL);
}

TEST(test_pool_tx_input_freed_afterwards_still_there)
{
	struct fake_tx f = {.from = 3, .nonce = 7, .data_len = 100};
	struct pool_tx *t = fake_make(&f);

	/* fake_make dropped the bytes that it decoded from. */
	EXPECT_U64(t->tx.nonce, 7);
	EXPECT_U64(t->tx.data.len, 100);
	EXPECT(t->memory_bytes > sizeof(*t) + t->tx.raw.len);
	EXPECT(t->tx.raw.ptr > (const uint8_t *)t);
	EXPECT(pool_tx_get(t) == t);
	pool_tx_put(t);
	EXPECT_U64(t->tx.nonce, 7);
	pool_tx_put(t);
	EXPECT(pool_tx_get(NULL) == NULL);
	pool_tx_put(NULL);
}

TEST(test_pool_tx_access_list_counted_as_memory)
{
	/* One entry with two keys, of type 1 on chain 1. */
	static const struct hash keys[2];
	struct tx_access entry = {.keys = keys, .key_cnt = 2};
	struct tx tx = {.type = TX_ACCESS_LIST,
	    .has_chain_id = true,
	    .chain_id = 1,
	    .gas = 30000,
	    .access = &entry,
	    .access_cnt = 1};
	static const uint8_t key[32] = {[31] = 1};
	struct pool_tx *t = NULL;
	struct arena a;

	arena_init(&a, 1 << 16);
	EXPECT_RC(tx_sign(&a, &tx, key, NULL), RC_OK);
	EXPECT_RC(pool_tx_new(&t, tx.raw, NULL), RC_OK);
	if (t != NULL) {
		EXPECT_U64(t->tx.access_cnt, 1);
		EXPECT(t->memory_bytes >=
		       sizeof(*t) + tx.raw.len + sizeof(entry) + sizeof(keys));
		EXPECT_BYTES(addr_bytes(&t->sender),
		    test_hex("7e5f4552091a69125d5dfcb7b8c2659029395bdf"));
	}
	pool_tx_put(t);
	arena_drop(&a);
}

TEST(test_pool_tx_signature_of_nobody_refused)
{
	/* An r that is not the x coordinate of a point. */
	struct fake_tx f = {.tag = 4};
	struct pool_tx *t = fake_make(&f), *again = NULL;
	struct bytes raw = t->tx.raw;

	EXPECT_RC(pool_tx_recover(t, NULL), RC_TX_SENDER);
	EXPECT_RC(pool_tx_new(&again, raw, NULL), RC_TX_SENDER);
	EXPECT(again == NULL);
	pool_tx_put(t);
}
