/* SPDX-License-Identifier: Apache-2.0
 *
 * Published vectors: FIPS 180-4 examples, RIPEMD-160's home page, RFC 4231.
 */
#include "crypto/hash.h"

#include "base/check.h"
#include "test.h"

TEST(test_sha256_known_messages_known_hashes)
{
	uint8_t out[32];

	sha256(out, bytes_of(NULL, 0));
	EXPECT_BYTES(bytes_of(out, 32),
	    test_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b"
		     "7852b855"));
	sha256(out, bytes_of_str("abc"));
	EXPECT_BYTES(bytes_of(out, 32),
	    test_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61"
		     "f20015ad"));
}

TEST(test_ripemd160_known_messages_known_hashes)
{
	uint8_t out[20];

	ripemd160(out, bytes_of(NULL, 0));
	EXPECT_BYTES(bytes_of(out, 20),
	    test_hex("9c1185a5c5e9fc54612808977ee8f548b2258d31"));
	ripemd160(out, bytes_of_str("abc"));
	EXPECT_BYTES(bytes_of(out, 20),
	    test_hex("8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"));
}

TEST(test_hmac_sha256_rfc4231_cases)
{
	static const struct {
		const char *name, *key, *data, *want;
	} rows[] = {
	    {"case 1", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
		"4869205468657265",
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32"
		"cff7"},
	    {"case 2", "4a656665",
		"7768617420646f2079612077616e7420666f72206e6f7468696e673f",
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec"
		"3843"},
	    {"no key, no data", "", "",
		"b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292"
		"c5ad"},
	};
	uint8_t out[32];
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].name);
		hmac_sha256(out, test_hex(rows[i].key), test_hex(rows[i].data));
		EXPECT_BYTES(bytes_of(out, 32), test_hex(rows[i].want));
	}
	test_row(NULL);
	hmac_sha256(out, bytes_of(NULL, 0), bytes_of(NULL, 0));
	EXPECT_BYTES(bytes_of(out, 32), test_hex(rows[2].want));
}

TEST(test_secret_eq_finds_any_difference)
{
	uint8_t a[32] = {0}, b[32] = {0};
	size_t i;

	EXPECT(secret_eq(a, b, sizeof(a)));
	for (i = 0; i < sizeof(a); i++) {
		b[i] = 1;
		EXPECT(!secret_eq(a, b, sizeof(a)));
		EXPECT(secret_eq(a, b, i));
		b[i] = 0;
	}
	EXPECT(secret_eq(a, b, 0));
}
