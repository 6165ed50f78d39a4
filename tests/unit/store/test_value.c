/* SPDX-License-Identifier: Apache-2.0
 *
 * Stored accounts and numbers: there and back, one form each, and nothing
 * else accepted.
 */
#include <string.h>

#include "store/value_priv.h"
#include "test.h"

static struct account
account(uint64_t nonce, uint64_t hi, uint64_t lo, bool has_root, bool has_code)
{
	struct account a = account_empty();

	a.nonce = nonce;
	a.balance = (struct u256){{lo, 0, 0, hi}};
	if (has_root)
		memset(a.storage_root.b, 0xaa, 32);
	if (has_code)
		memset(a.code_hash.b, 0xbb, 32);
	return a;
}

TEST(test_value_account_bad_bytes_are_corrupt)
{
	static const struct {
		const char *name, *hex;
	} rows[] = {
	    {"nothing", ""},
	    {"one byte", "00"},
	    {"nonce with a leading zero", "020000ff"},
	    {"nonce of nine bytes", "0900010203040506070809"},
	    {"balance of 33 bytes",
		"0021ff0000000000000000000000000000000000000000000000000000"
		"0000000000000000"},
	    {"balance with a leading zero", "000200ff"},
	    {"missing root", "1000"},
	    {"short code hash", "2000aabb"},
	    {"unknown flag", "4000"},
	    {"unknown flag too", "8000"},
	    {"a byte behind", "000000"},
	};
	struct account a;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		EXPECT_RC(
		    value_account(&a, test_hex(rows[i].hex), NULL), RC_CORRUPT);
	}
}

TEST(test_value_account_every_shape_comes_back)
{
	static const uint64_t nonces[] = {0, 1, 0xff, 0x100, UINT64_MAX};
	uint8_t p[VALUE_ACCOUNT_MAX];

	for (size_t i = 0; i < 5 * 4 * 4; i++) {
		struct account a =
		    account(nonces[i % 5], i / 5 % 2 ? UINT64_MAX : 0,
			i / 10 % 2 ? 77 : 0, i / 20 % 2, i / 40 % 2);
		struct account b;
		size_t len = value_put_account(p, &a);

		EXPECT_RC(value_account(&b, bytes_of(p, len), NULL), RC_OK);
		EXPECT(account_eq(&a, &b));
		for (size_t cut = 0; cut < len; cut++)
			EXPECT_RC(value_account(&b, bytes_of(p, cut), NULL),
			    RC_CORRUPT);
	}
}

TEST(test_value_plain_account_is_small)
{
	struct account a = account(300, 0, 1000000, false, false);
	uint8_t p[VALUE_ACCOUNT_MAX];

	EXPECT_U64(value_put_account(p, &a), 2 + 2 + 3);
}

TEST(test_value_u256_bad_bytes_are_corrupt)
{
	struct u256 v;

	EXPECT_RC(value_u256(&v, test_hex("00"), NULL), RC_CORRUPT);
	EXPECT_RC(value_u256(&v, test_hex("0001"), NULL), RC_CORRUPT);
	EXPECT_RC(value_u256(&v,
		      test_hex("01000000000000000000000000000000"
			       "00000000000000000000000000000000"
			       "00"),
		      NULL),
	    RC_CORRUPT);
}

TEST(test_value_u256_comes_back)
{
	uint8_t p[VALUE_SLOT_MAX];

	for (unsigned bit = 0; bit <= 256; bit++) {
		struct u256 v = U256_ONE, got;

		u256_shl(&v, &v, bit);
		EXPECT_RC(
		    value_u256(&got, bytes_of(p, value_put_u256(p, &v)), NULL),
		    RC_OK);
		EXPECT(u256_eq(&v, &got));
		EXPECT_U64(value_put_u256(p, &v), bit == 256 ? 0 : bit / 8 + 1);
	}
}
