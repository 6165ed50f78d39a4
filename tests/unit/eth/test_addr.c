/* SPDX-License-Identifier: Apache-2.0
 *
 * EIP-55 text, CREATE and CREATE2 addresses.
 */
#include "eth/addr.h"

#include <ctype.h>

#include "vec.h"

TEST(test_addr_read_bad_text_is_refused)
{
	static const struct {
		const char *name, *text;
		bool lax;
	} rows[] = {
	    {"empty", "", true},
	    {"no 0x", "52908400098527886e0f7030069857d2e4169ee7", false},
	    {"39 digits", "0x2908400098527886e0f7030069857d2e4169ee7", false},
	    {"41 digits", "0x052908400098527886e0f7030069857d2e4169ee7", true},
	    {"not hex", "0x5290840009852788ge0f7030069857d2e4169ee7", false},
	    {"wrong case", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed", false},
	    {"wrong case, lax", "5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed",
		true},
	};
	struct addr a;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].name);
		EXPECT_RC(addr_read(&a, bytes_of_str(rows[i].text), rows[i].lax,
			      NULL),
		    RC_BAD_INPUT);
	}
}

static void
expect_eip55(const char *text)
{
	char out[ADDR_TEXT_MAX], upper[ADDR_TEXT_MAX], lower[ADDR_TEXT_MAX];
	struct addr a, b;
	size_t i;

	test_row(text);
	EXPECT_RC(addr_read(&a, bytes_of_str(text), false, NULL), RC_OK);
	EXPECT_RC(addr_read(&b, bytes_of_str(text + 2), true, NULL), RC_OK);
	EXPECT(addr_eq(&a, &b));
	EXPECT_STR(addr_text(out, &a), text);
	for (i = 0; i < ADDR_TEXT_MAX; i++) {
		upper[i] = (char)(i < 2 ? text[i] : toupper(text[i]));
		lower[i] = (char)tolower(text[i]);
	}
	EXPECT_RC(addr_read(&b, bytes_of_str(upper), false, NULL), RC_OK);
	EXPECT(addr_eq(&a, &b));
	EXPECT_RC(addr_read(&b, bytes_of_str(lower), false, NULL), RC_OK);
	EXPECT(addr_eq(&a, &b));
}

TEST(test_addr_text_eip55_published)
{
	static const char *const rows[] = {
	    "0x52908400098527886E0F7030069857D2E4169EE7",
	    "0xde709f2102306220921060314715629080e2fb77",
	    "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
	    "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_eip55(rows[i]);
}

TEST(test_addr_text_eip55_vectors)
{
	json_t *root = vec_public("ethereum/tx-and-sign-vectors.json"), *row;
	size_t i;

	if (root == NULL)
		return;
	EXPECT(json_array_size(json_object_get(root, "eip55")) > 0);
	json_array_foreach(json_object_get(root, "eip55"), i, row)
	{
		expect_eip55(json_string_value(row));
		test_count(1);
	}
	json_decref(root);
}

/* Sender and nonces of the well-known development account, whose first
 * contracts every tool prints. */
TEST(test_addr_create_from_sender_and_nonce)
{
	static const struct {
		const char *sender, *want;
		uint64_t nonce;
	} rows[] = {
	    {"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",
		"0x5FbDB2315678afecb367f032d93F642f64180aa3", 0},
	    {"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",
		"0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512", 1},
	    {"0x7435ed30a8b4aeb0877cef0c6e8cffe834eb865f",
		"0x9344b07175800259691961298Ca11C824E65032d", 0},
	};
	char out[ADDR_TEXT_MAX];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct addr s = vec_addr(rows[i].sender), got, want;

		got = addr_create(&s, rows[i].nonce);
		want = vec_addr(rows[i].want);
		EXPECT_BYTES(addr_bytes(&got), addr_bytes(&want));
		addr_text(out, &got);
	}
}

/* The examples of EIP-1014. */
TEST(test_addr_create2_eip1014_examples)
{
	static const struct {
		const char *sender, *salt, *init_code, *want;
	} rows[] = {
	    {"0x0000000000000000000000000000000000000000",
		"0x00000000000000000000000000000000000000000000000000000000000"
		"00000",
		"0x00", "0x4D1A2e2bB4F88F0250f26Ffff098B0b30B26BF38"},
	    {"0xdeadbeef00000000000000000000000000000000",
		"0x00000000000000000000000000000000000000000000000000000000000"
		"00000",
		"0x00", "0xB928f69Bb1D91Cd65274e3c79d8986362984fDA3"},
	    {"0x00000000000000000000000000000000deadbeef",
		"0x000000000000000000000000000000000000000000000000000000"
		"00cafebabe",
		"0xdeadbeef", "0x60f3f640a8508fC6a86d45DF051962668E1e8AC7"},
	    {"0x0000000000000000000000000000000000000000",
		"0x00000000000000000000000000000000000000000000000000000000000"
		"00000",
		"0x", "0xE33C0C7F7df4809055C3ebA6c09CFe4BaF1BD9e0"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct addr s = vec_addr(rows[i].sender), got, want;
		struct hash salt = vec_hash(rows[i].salt);
		struct hash code = hash_keccak(test_hex(rows[i].init_code));

		got = addr_create2(&s, &salt, &code);
		want = vec_addr(rows[i].want);
		EXPECT_BYTES(addr_bytes(&got), addr_bytes(&want));
	}
}
