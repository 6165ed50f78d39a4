/* SPDX-License-Identifier: Apache-2.0
 *
 * SipHash-1-3 against OpenSSL's, for the key 00 01 .. 0f and the texts "",
 * 00, 00 01 and so on: openssl mac -macopt size:8 -macopt c-rounds:1
 * -macopt d-rounds:3 -macopt hexkey:... SIPHASH, its bytes from the last.
 */
#include "base/siphash.h"

#include "base/bytes.h"
#include "test.h"

TEST(test_siphash_known_texts_have_known_hashes)
{
	static const struct {
		size_t len;
		uint64_t hash;
	} row[] = {{0, 0xabac0158050fc4dc}, {1, 0xc9f49bf37d57ca93},
	    {2, 0x82cb9b024dc7d44d}, {15, 0xd320d86d2a519956}};
	uint8_t text[64];
	uint64_t key[2];
	size_t i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)i;
	memcpy(key, text, sizeof(key));
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		EXPECT_U64(siphash13(key, text, row[i].len), row[i].hash);
}

TEST(test_siphash_every_bit_of_text_and_key_counts)
{
	uint64_t key[2] = {1, 2}, seen;
	uint8_t text[33] = {0};
	size_t i;

	seen = siphash13(key, text, sizeof(text));
	EXPECT(siphash13(key, text, sizeof(text) - 1) != seen);
	for (i = 0; i < 8 * sizeof(text); i++) {
		text[i / 8] ^= (uint8_t)(1 << i % 8);
		EXPECT(siphash13(key, text, sizeof(text)) != seen);
		text[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (i = 0; i < 128; i++) {
		key[i / 64] ^= (uint64_t)1 << i % 64;
		EXPECT(siphash13(key, text, sizeof(text)) != seen);
		key[i / 64] ^= (uint64_t)1 << i % 64;
	}
}
