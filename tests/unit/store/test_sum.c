/* SPDX-License-Identifier: Apache-2.0
 *
 * XXH64 against numbers of the reference library (libxxhash 0.8.1) and those
 * that its documents print.
 */
#include "store/sum_priv.h"
#include "test.h"

struct row {
	size_t len;
	uint64_t seed, want;
};

/* Input byte i is 7 * i + 3. Lengths on both sides of each branch. */
static const struct row rows[] = {
    {0, 0, 0xef46db3751d8e999},
    {0, 0x123456789abcdef0, 0x7fef5b0c316777ed},
    {1, 0, 0x1f25c8d0bc1f4bb6},
    {1, 0x123456789abcdef0, 0x1e2ea53a3040e362},
    {3, 0, 0x31d2363f52e564c9},
    {4, 0, 0x9bb64b7d66ee9fda},
    {4, 0x123456789abcdef0, 0x6f43828b2dc8c736},
    {7, 0, 0x9a7b149959ce60d8},
    {8, 0, 0xdab99d95c6f90092},
    {12, 0x123456789abcdef0, 0xe9e507001465eec1},
    {31, 0, 0xa2aa5f33cc4a6119},
    {32, 0, 0x23c3c17ef790fd97},
    {32, 0x123456789abcdef0, 0xd1dc5d84aebdafb4},
    {33, 0, 0x50a7cfc7ba588784},
    {63, 0x123456789abcdef0, 0xa89a91242f37eb2d},
    {64, 0, 0x0eb64b3ef6eeb01f},
    {100, 0, 0xa61f8d4c170fe531},
    {255, 0x123456789abcdef0, 0xbf67312379ca05d8},
    {300, 0, 0x240004dbee0ba6dc},
    {300, 0x123456789abcdef0, 0x759f30907981b27e},
};

TEST(test_sum64_vectors_match)
{
	uint8_t data[300];

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(7 * i + 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		EXPECT_U64(sum64(rows[i].seed, bytes_of(data, rows[i].len)),
		    rows[i].want);
		test_count(1);
	}
}

TEST(test_sum64_documented_texts_match)
{
	EXPECT_U64(sum64(0, bytes_of_str("a")), 0xd24ec4f1a98c6e5b);
	EXPECT_U64(sum64(0, bytes_of_str("abc")), 0x44bc2cf5ad770999);
}

TEST(test_sum64_each_bit_matters)
{
	uint8_t data[96] = {0};
	uint64_t plain = sum64(1, bytes_of(data, sizeof(data)));

	for (size_t i = 0; i < 8 * sizeof(data); i++) {
		data[i / 8] ^= (uint8_t)(1u << i % 8);
		EXPECT(sum64(1, bytes_of(data, sizeof(data))) != plain);
		data[i / 8] ^= (uint8_t)(1u << i % 8);
	}
}
