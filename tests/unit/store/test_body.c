/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk over the RLP of a stored block: recipients by transaction type,
 * and every form that no block has.
 */
#include "base/check.h"
#include "store/body_priv.h"
#include "test.h"

#define TO "1111111111111111111111111111111111111111"

static const struct {
	const char *name, *tx;
	enum rc rc;
	bool has_to;
} txs[] = {
    {"nothing", "", RC_TRUNCATED, false},
    {"type above all", "05c0", RC_TX_TYPE, false},
    {"type far above all", "7fc0", RC_TX_TYPE, false},
    {"type alone", "02", RC_TRUNCATED, false},
    {"string for a list", "83010203", RC_BAD_INPUT, false},
    {"list cut short", "d8010203", RC_TRUNCATED, false},
    {"no recipient", "c3010203", RC_TRUNCATED, false},
    {"fields end before it", "c20102", RC_TRUNCATED, false},
    {"recipient is a list", "c4010203c0", RC_BAD_INPUT, false},
    {"recipient of 2 bytes", "c601020382aabb", RC_BAD_INPUT, false},
    {"recipient of 21 bytes", "d901020395" TO "11", RC_BAD_INPUT, false},
    {"field not canonical", "c48101020380", RC_NONCANONICAL, false},
    {"legacy", "d801020394" TO, RC_OK, true},
    {"legacy creation", "c401020380", RC_OK, false},
    {"legacy and more behind", "da01020394" TO "8005", RC_OK, true},
    {"access list", "01d90102030494" TO, RC_OK, true},
    {"access list creation", "01c50102030480", RC_OK, false},
    {"dynamic fee", "02da010203040594" TO, RC_OK, true},
    {"blob", "03da010203040594" TO, RC_OK, true},
    {"set code", "04da010203040594" TO, RC_OK, true},
};

TEST(test_body_to_of_each_type_and_of_none)
{
	for (size_t i = 0; i < ARRAY_CNT(txs); i++) {
		bool has_to = false;
		struct addr to;
		enum rc rc;

		test_row(txs[i].name);
		rc = body_to(&to, &has_to, test_hex(txs[i].tx), NULL);
		EXPECT_RC(rc, txs[i].rc);
		EXPECT(has_to == txs[i].has_to);
		if (rc == RC_OK && has_to)
			EXPECT_BYTES(addr_bytes(&to), test_hex(TO));
		test_count(1);
	}
	test_row(NULL);
}

/* A block is a list of header, transactions, uncles. */
static const struct {
	const char *name, *raw;
	enum rc header, hash, hashes;
} blocks[] = {
    {"nothing", "", RC_TRUNCATED, RC_TRUNCATED, RC_TRUNCATED},
    {"string", "8100", RC_NONCANONICAL, RC_NONCANONICAL, RC_NONCANONICAL},
    {"text", "83010203", RC_BAD_INPUT, RC_BAD_INPUT, RC_BAD_INPUT},
    {"empty", "c0", RC_TRUNCATED, RC_TRUNCATED, RC_TRUNCATED},
    {"header alone", "c1c0", RC_BAD_INPUT, RC_OK, RC_TRUNCATED},
    {"header cut", "c1c1", RC_TRUNCATED, RC_TRUNCATED, RC_TRUNCATED},
    {"txs a string", "c2c005", RC_BAD_INPUT, RC_OK, RC_BAD_INPUT},
    {"txs cut", "c3c0c2c1", RC_BAD_INPUT, RC_OK, RC_TRUNCATED},
    {"tx cut", "c3c0c1c1", RC_BAD_INPUT, RC_OK, RC_TRUNCATED},
    {"tx not canonical", "c4c0c28101", RC_BAD_INPUT, RC_OK, RC_NONCANONICAL},
    {"no txs", "c2c0c0", RC_BAD_INPUT, RC_OK, RC_OK},
};

TEST(test_body_of_no_block_is_refused)
{
	struct header header;
	struct hash hash, *hashes;
	struct arena a;
	size_t cnt;

	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < ARRAY_CNT(blocks); i++) {
		struct bytes raw = test_hex(blocks[i].raw);

		test_row(blocks[i].name);
		EXPECT_RC(body_header(&header, raw, NULL), blocks[i].header);
		EXPECT_RC(body_hash(&hash, raw, NULL), blocks[i].hash);
		EXPECT_RC(body_tx_hashes(&a, &hashes, &cnt, raw, NULL),
		    blocks[i].hashes);
		test_count(1);
	}
	test_row(NULL);
	arena_drop(&a);
}

/* Two transactions: a list, and a string that holds a typed one. */
TEST(test_body_hashes_cover_what_is_signed)
{
	struct bytes raw = test_hex("c7c0c5c1058202c0");
	struct hash *hashes, want[2];
	struct arena a;
	size_t cnt = 0;

	want[0] = hash_keccak(test_hex("c105"));
	want[1] = hash_keccak(test_hex("02c0"));
	arena_init(&a, 1 << 20);
	EXPECT_RC(body_tx_hashes(&a, &hashes, &cnt, raw, NULL), RC_OK);
	EXPECT_U64(cnt, 2);
	EXPECT(hash_eq(&hashes[0], &want[0]) && hash_eq(&hashes[1], &want[1]));
	arena_drop(&a);
	arena_init(&a, 16);
	EXPECT_RC(body_tx_hashes(&a, &hashes, &cnt, raw, NULL), RC_NO_MEMORY);
	arena_drop(&a);
}
