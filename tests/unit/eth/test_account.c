/* SPDX-License-Identifier: Apache-2.0
 *
 * Account values and their RLP.
 */
#include "eth/account.h"

#include "test.h"

#define ROOT "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
#define CODE "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"

TEST(test_account_decode_bad_input_is_refused)
{
	static const struct {
		const char *name, *hex;
		enum rc want;
	} rows[] = {
	    {"nothing", "", RC_TRUNCATED},
	    {"a string", "80", RC_BAD_INPUT},
	    {"no fields", "c0", RC_TRUNCATED},
	    {"nonce with leading zero", "f844008080", RC_TRUNCATED},
	    {"nonce zero as a byte", "f8440080a0" ROOT "a0" CODE,
		RC_NONCANONICAL},
	    {"short root", "f84480809f" ROOT "a0" CODE, RC_BAD_INPUT},
	    {"five fields", "f8458080a0" ROOT "a0" CODE "80", RC_BAD_INPUT},
	    {"bytes behind", "f8448080a0" ROOT "a0" CODE "80", RC_TRAILING},
	};
	struct account acc;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		EXPECT_RC(account_decode(&acc, test_hex(rows[i].hex), NULL),
		    rows[i].want);
	}
}

TEST(test_account_encode_and_decode_round_trip)
{
	struct account acc = account_empty(), back;
	uint8_t room[ACCOUNT_RLP_MAX];
	size_t len;

	len = account_encode(room, &acc);
	EXPECT_BYTES(
	    bytes_of(room, len), test_hex("f8448080a0" ROOT "a0" CODE));
	EXPECT_RC(account_decode(&back, bytes_of(room, len), NULL), RC_OK);
	EXPECT(account_eq(&acc, &back));

	acc.nonce = UINT64_MAX;
	memset(&acc.balance, 0xff, sizeof(acc.balance));
	len = account_encode(room, &acc);
	EXPECT_U64(len, 2 + 9 + 33 + 33 + 33);
	EXPECT_RC(account_decode(&back, bytes_of(room, len), NULL), RC_OK);
	EXPECT(account_eq(&acc, &back));
}

TEST(test_account_eq_sees_each_field)
{
	struct account a = account_empty(), b = a;

	EXPECT(account_eq(&a, &b));
	b.nonce = 1;
	EXPECT(!account_eq(&a, &b));
	b = a;
	b.balance.w[3] = 1;
	EXPECT(!account_eq(&a, &b));
	b = a;
	b.storage_root.b[31] ^= 1;
	EXPECT(!account_eq(&a, &b));
	b = a;
	b.code_hash.b[0] ^= 1;
	EXPECT(!account_eq(&a, &b));
}

/* EIP-161: storage does not count. */
TEST(test_account_is_empty_eip161)
{
	struct account a = account_empty();

	EXPECT(account_is_empty(&a));
	a.storage_root.b[0] ^= 1;
	EXPECT(account_is_empty(&a));
	a.nonce = 1;
	EXPECT(!account_is_empty(&a));
	a = account_empty();
	a.balance.w[0] = 1;
	EXPECT(!account_is_empty(&a));
	a = account_empty();
	a.code_hash.b[0] ^= 1;
	EXPECT(!account_is_empty(&a));
}
