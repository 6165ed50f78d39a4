/* SPDX-License-Identifier: Apache-2.0
 *
 * The written-out constants against the hash functions.
 */
#include "eth/types.h"

#include "crypto/hash.h"
#include "test.h"

TEST(test_types_constants_are_the_hashes_they_claim)
{
	struct hash h = hash_keccak(bytes_of(NULL, 0));

	EXPECT(hash_eq(&h, &HASH_EMPTY_CODE));
	h = hash_keccak(test_hex("80"));
	EXPECT(hash_eq(&h, &HASH_EMPTY_TRIE));
	h = hash_keccak(test_hex("c0"));
	EXPECT(hash_eq(&h, &HASH_EMPTY_LIST));
	sha256(h.b, bytes_of(NULL, 0));
	EXPECT(hash_eq(&h, &HASH_EMPTY_REQUESTS));
}

TEST(test_types_zero_tests)
{
	struct addr a = {{0}};
	struct hash h = {{0}};

	EXPECT(addr_is_zero(&a) && hash_is_zero(&h));
	a.b[19] = h.b[31] = 1;
	EXPECT(!addr_is_zero(&a) && !hash_is_zero(&h));
	EXPECT_U64(addr_bytes(&a).len, 20);
	EXPECT_U64(hash_bytes(&h).len, 32);
}
