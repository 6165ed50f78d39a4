/* SPDX-License-Identifier: Apache-2.0
 *
 * Key files: damaged ones first, then the public vectors and our own files
 * read back. Files made here use a cheap scrypt.
 */
#include "crypto/keystore.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "crypto/ec.h"
#include "test.h"

/* A scrypt file of n = 2 in the form that has every member we read. */
#define FILE_WITH(addr, cipher, iv, text, kdf, params, mac, version)           \
	"{" addr "\"crypto\":{\"cipher\":\"" cipher "\",\"cipherparams\":{"    \
	"\"iv\":\"" iv "\"},\"ciphertext\":\"" text "\",\"kdf\":\"" kdf "\","  \
	"\"kdfparams\":{" params "},\"mac\":\"" mac "\"},\"version\":" version \
	"}"

/* go-ethereum's "31_byte_key": a key whose leading zero was left out. */
#define IV31   "e0c41130a323adc1446fc82f724bca2f"
#define TEXT31 "9517cd5bdbe69076f9bf5057248c6c050141e970efa36ce53692d5d59a3984"
#define SALT31                                                                 \
	"711f816911c92d649fb4c84b047915679933555030b3552c1212609b38208c63"
#define MAC31 "d5e116151c6aa71470e67a7d42c9620c75c4d23229847dcc127794f0732b0db5"
#define KEY31 "00fa7b3db73dc7dfdf8c5fbdb796d741e4488628c41fc4febd9160a866ba0f35"
#define KDF31 "\"dklen\":32,\"n\":2,\"p\":1,\"r\":8,\"salt\":\"" SALT31 "\""
#define CTR   "aes-128-ctr"

/* 32 zero bytes encrypted under "foo" with the KDF of the test that uses it. */
#define ZERO_TEXT                                                              \
	"c77d21b000923e5ec6b029812130a47e9e4510ffedb594ab4271704b1c1ded76"
#define ZERO_MAC                                                               \
	"10d20cb03bc91aa14dd59f85929c7583dce6090dc6795150d98a1f9f0d608f1d"

#define WITH_KDF(kdf, params)                                                  \
	FILE_WITH("", CTR, IV31, TEXT31, kdf, params, MAC31, "3")

static enum rc
open_with(
    uint8_t key[32], const char *json, const char *password, struct err *e)
{
	return keystore_open(
	    key, bytes_of_str(json), bytes_of_str(password), e);
}

TEST(test_keystore_damaged_file_refused_with_the_field)
{
	static const struct {
		const char *name, *json, *word;
		enum rc rc;
	} rows[] = {
	    {"nothing", "", "JSON", RC_BAD_JSON},
	    {"no object", "[]", "JSON", RC_BAD_JSON},
	    {"cut", "{\"crypto\":", "JSON", RC_BAD_JSON},
	    {"twice the same member", "{\"version\":3,\"version\":3}", "JSON",
		RC_BAD_JSON},
	    {"empty object", "{}", "version", RC_UNSUPPORTED},
	    {"only a version", "{\"version\":3}", "cipher", RC_BAD_INPUT},
	    {"version 1",
		FILE_WITH("", CTR, IV31, TEXT31, "scrypt", KDF31, MAC31, "1"),
		"version", RC_UNSUPPORTED},
	    {"version as text",
		FILE_WITH(
		    "", CTR, IV31, TEXT31, "scrypt", KDF31, MAC31, "\"3\""),
		"version", RC_UNSUPPORTED},
	    {"other cipher",
		FILE_WITH("", "aes-128-cbc", IV31, TEXT31, "scrypt", KDF31,
		    MAC31, "3"),
		"cipher", RC_UNSUPPORTED},
	    {"short iv",
		FILE_WITH("", CTR, "e0c4", TEXT31, "scrypt", KDF31, MAC31, "3"),
		"iv", RC_BAD_INPUT},
	    {"iv no hex",
		FILE_WITH("", CTR, "zz", TEXT31, "scrypt", KDF31, MAC31, "3"),
		"iv", RC_BAD_INPUT},
	    {"no ciphertext",
		FILE_WITH("", CTR, IV31, "", "scrypt", KDF31, MAC31, "3"),
		"ciphertext", RC_BAD_INPUT},
	    {"long ciphertext",
		FILE_WITH(
		    "", CTR, IV31, TEXT31 "0000", "scrypt", KDF31, MAC31, "3"),
		"ciphertext", RC_BAD_INPUT},
	    {"short mac",
		FILE_WITH("", CTR, IV31, TEXT31, "scrypt", KDF31, "00", "3"),
		"mac", RC_BAD_INPUT},
	    {"unknown kdf", WITH_KDF("argon2", KDF31), "kdf", RC_UNSUPPORTED},
	    {"no kdf parameters", WITH_KDF("scrypt", ""), "dklen",
		RC_BAD_INPUT},
	    {"short dklen",
		WITH_KDF("scrypt",
		    "\"dklen\":16,\"n\":2,\"p\":1,\"r\":8,\"salt\":\"00\""),
		"dklen", RC_BAD_INPUT},
	    {"n no power of two",
		WITH_KDF("scrypt",
		    "\"dklen\":32,\"n\":3,\"p\":1,\"r\":8,\"salt\":\"00\""),
		"\"n\"", RC_BAD_INPUT},
	    {"n negative",
		WITH_KDF("scrypt",
		    "\"dklen\":32,\"n\":-2,\"p\":1,\"r\":8,\"salt\":\"00\""),
		"\"n\"", RC_BAD_INPUT},
	    {"n as a fraction",
		WITH_KDF("scrypt",
		    "\"dklen\":32,\"n\":2.0,\"p\":1,\"r\":8,\"salt\":\"00\""),
		"\"n\"", RC_BAD_INPUT},
	    {"r zero",
		WITH_KDF("scrypt",
		    "\"dklen\":32,\"n\":2,\"p\":1,\"r\":0,\"salt\":\"00\""),
		"\"r\"", RC_BAD_INPUT},
	    {"memory above the bound",
		WITH_KDF("scrypt", "\"dklen\":32,\"n\":2097152,\"p\":1,\"r\":8,"
				   "\"salt\":\"00\""),
		"bytes", RC_BAD_INPUT},
	    {"passes above the bound",
		WITH_KDF("scrypt", "\"dklen\":32,\"n\":1048576,\"p\":5,\"r\":8,"
				   "\"salt\":\"00\""),
		"passes", RC_BAD_INPUT},
	    {"other prf",
		WITH_KDF("pbkdf2",
		    "\"dklen\":32,\"c\":1,\"prf\":\"hmac-sha512\","
		    "\"salt\":\"00\""),
		"prf", RC_UNSUPPORTED},
	    {"no rounds",
		WITH_KDF("pbkdf2",
		    "\"dklen\":32,\"prf\":\"hmac-sha256\",\"salt\":\"00\""),
		"\"c\"", RC_BAD_INPUT},
	    {"rounds above the bound",
		WITH_KDF("pbkdf2",
		    "\"dklen\":32,\"c\":1000000000,\"prf\":\"hmac-sha256\","
		    "\"salt\":\"00\""),
		"\"c\"", RC_BAD_INPUT},
	    {"address no hex",
		FILE_WITH("\"address\":\"xyz\",", CTR, IV31, TEXT31, "scrypt",
		    KDF31, MAC31, "3"),
		"address", RC_BAD_INPUT},
	    {"address of another key",
		FILE_WITH(
		    "\"address\":\"0x7e5f4552091a69125d5dfcb7b8c2659029395"
		    "bdf\",",
		    CTR, IV31, TEXT31, "scrypt", KDF31, MAC31, "3"),
		"address", RC_BAD_INPUT},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		static const uint8_t zero[32];
		struct err e = {0};
		uint8_t key[32] = {0};

		test_row(rows[i].name);
		EXPECT_RC(open_with(key, rows[i].json, "foo", &e), rows[i].rc);
		EXPECT(strstr(e.text, rows[i].word) != NULL);
		EXPECT(!memcmp(key, zero, sizeof(key)));
	}
	test_row(NULL);
	test_count(i);
}

TEST(test_keystore_wrong_password_refused)
{
	static const char json[] = WITH_KDF("scrypt", KDF31);
	uint8_t key[32];

	EXPECT_RC(open_with(key, json, "bar", NULL), RC_BAD_PASSWORD);
	EXPECT_RC(open_with(key, json, "", NULL), RC_BAD_PASSWORD);
	EXPECT_RC(open_with(key, json, "foo", NULL), RC_OK);
}

/* flip_all changes one digit after the other of the text after name. */
static void
flip_all(char *json, const char *name, size_t digits)
{
	char *at = strstr(json, name) + strlen(name);
	uint8_t key[32];
	size_t i;

	for (i = 0; i < digits; i++) {
		char was = at[i];

		at[i] = was == '0' ? '1' : '0';
		EXPECT_RC(open_with(key, json, "foo", NULL), RC_BAD_PASSWORD);
		at[i] = was;
	}
}

TEST(test_keystore_any_changed_digit_refused)
{
	char json[] = WITH_KDF("scrypt", KDF31);
	uint8_t key[32];

	flip_all(json, "\"mac\":\"", 64);
	flip_all(json, "\"ciphertext\":\"", 62);
	flip_all(json, "\"salt\":\"", 64);
	EXPECT_RC(open_with(key, json, "foo", NULL), RC_OK);
}

TEST(test_keystore_short_ciphertext_gives_padded_key)
{
	static const char json[] = WITH_KDF("scrypt", KDF31);
	uint8_t key[32];

	EXPECT_RC(open_with(key, json, "foo", NULL), RC_OK);
	EXPECT_BYTES(bytes_of(key, 32), test_hex(KEY31));
}

/* The two examples of the "Web3 Secret Storage Definition". */
TEST(test_keystore_definition_examples_open)
{
	static const char want[] =
	    "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";
	static const char scrypt[] = FILE_WITH("", CTR,
	    "83dbcc02d8ccb40e466191a123791e0e",
	    "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
	    "scrypt",
	    "\"dklen\":32,\"n\":262144,\"r\":1,\"p\":8,\"salt\":\""
	    "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"
	    "\"",
	    "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097",
	    "3");
	static const char pbkdf2[] = FILE_WITH("", CTR,
	    "6087dab2f9fdbbfaddc31a909735c1e6",
	    "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
	    "pbkdf2",
	    "\"dklen\":32,\"c\":262144,\"prf\":\"hmac-sha256\",\"salt\":\""
	    "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"
	    "\"",
	    "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2",
	    "3");
	uint8_t key[32];

	EXPECT_RC(open_with(key, scrypt, "testpassword", NULL), RC_OK);
	EXPECT_BYTES(bytes_of(key, 32), test_hex(want));
	memset(key, 0, sizeof(key));
	EXPECT_RC(open_with(key, pbkdf2, "testpassword", NULL), RC_OK);
	EXPECT_BYTES(bytes_of(key, 32), test_hex(want));
}

/* run_case opens one entry of ethereum/tests' KeyStoreTests. */
static void
run_case(const char *name, const json_t *entry)
{
	const char *priv = json_string_value(json_object_get(entry, "priv"));
	const char *password =
	    json_string_value(json_object_get(entry, "password"));
	char *text = json_dumps(json_object_get(entry, "json"), 0);
	uint8_t key[32];

	test_row(name);
	EXPECT(priv != NULL && password != NULL && text != NULL);
	if (priv != NULL && password != NULL && text != NULL) {
		EXPECT_RC(open_with(key, text, password, NULL), RC_OK);
		EXPECT_BYTES(bytes_of(key, 32), test_hex(priv));
	}
	free(text);
	test_row(NULL);
}

TEST(test_keystore_public_vectors_open)
{
	const char *dir = test_unpack("ethereum/unit.tar.zst"), *name;
	char path[256];
	json_t *doc, *entry;
	size_t cnt = 0;

	if (dir == NULL) {
		test_skip("ethereum/unit.tar.zst is not there");
		return;
	}
	(void)snprintf(
	    path, sizeof(path), "%s/KeyStoreTests/basic_tests.json", dir);
	doc = json_load_file(path, 0, NULL);
	EXPECT(doc != NULL);
	json_object_foreach(doc, name, entry)
	{
		run_case(name, entry);
		cnt++;
	}
	EXPECT(cnt > 0);
	test_count(cnt);
	json_decref(doc);
}

/* Longer than a block of HMAC-SHA-256. */
#define LONG_PASSWORD                                                          \
	"01234567890123456789012345678901234567890123456789012345678901234567" \
	"89"

TEST(test_keystore_sealed_key_opens_again)
{
	static const char *const passwords[] = {
	    "", "secret", "\xe5\xaf\x86 is a long one", LONG_PASSWORD};
	struct arena a;
	size_t i;

	arena_init(&a, 1 << 20);
	for (i = 0; i < ARRAY_CNT(passwords); i++) {
		struct bytes pass = bytes_of_str(passwords[i]), json;
		uint8_t key[32], got[32];

		test_row(passwords[i]);
		ec_key_new(key);
		EXPECT_RC(keystore_seal(&a, &json, key, pass, 4, NULL), RC_OK);
		EXPECT_RC(keystore_open(got, json, pass, NULL), RC_OK);
		EXPECT(!memcmp(got, key, sizeof(key)));
		EXPECT_RC(
		    keystore_open(got, json, bytes_of_str("Secret"), NULL),
		    RC_BAD_PASSWORD);
	}
	test_row(NULL);
	arena_drop(&a);
}

TEST(test_keystore_sealed_file_has_the_members_others_read)
{
	const uint8_t *key = test_hex(KEY31).ptr;
	struct bytes json, again;
	struct arena a;
	json_t *doc;

	arena_init(&a, 1 << 20);
	EXPECT_RC(
	    keystore_seal(&a, &json, key, bytes_of_str("x"), 2, NULL), RC_OK);
	EXPECT_RC(
	    keystore_seal(&a, &again, key, bytes_of_str("x"), 2, NULL), RC_OK);
	EXPECT(!bytes_eq(json, again)); /* salt, iv and id are drawn anew */
	doc = json_loadb((const char *)json.ptr, json.len, 0, NULL);
	EXPECT(json_object_size(doc) == 4);
	EXPECT(strlen(json_string_value(json_object_get(doc, "id"))) == 36);
	EXPECT(json_string_value(json_object_get(doc, "id"))[14] == '4');
	EXPECT(json_string_length(json_object_get(doc, "address")) == 40);
	EXPECT(json_object_size(json_object_get(doc, "crypto")) == 6);
	json_decref(doc);
	arena_drop(&a);
}

TEST(test_keystore_seal_bad_arguments_refused)
{
	static const uint8_t zero[32];
	const uint8_t *key = test_hex(KEY31).ptr;
	struct bytes json, pass = bytes_of_str("x");
	struct arena a;

	arena_init(&a, 1 << 20);
	EXPECT_RC(keystore_seal(&a, &json, zero, pass, 4, NULL), RC_BAD_INPUT);
	EXPECT_RC(keystore_seal(&a, &json, key, pass, 0, NULL), RC_BAD_INPUT);
	EXPECT_RC(keystore_seal(&a, &json, key, pass, 21, NULL), RC_BAD_INPUT);
	arena_drop(&a);
	arena_init(&a, 16);
	EXPECT_RC(keystore_seal(&a, &json, key, pass, 1, NULL), RC_NO_MEMORY);
	arena_drop(&a);
}

TEST(test_keystore_without_memory_fails_cleanly)
{
	const uint8_t *key = test_hex(KEY31).ptr;
	struct bytes json, pass = bytes_of_str("x");
	uint8_t got[32];
	struct arena a;
	enum rc rc;
	size_t n;

	arena_init(&a, 1 << 20);
	for (n = 1;; n++) {
		test_alloc_fail(n);
		rc = keystore_seal(&a, &json, key, pass, 2, NULL);
		if (!test_alloc_did_fail())
			break;
		EXPECT_RC(rc, RC_NO_MEMORY);
	}
	EXPECT(n > 3);
	EXPECT_RC(rc, RC_OK);
	for (n = 1;; n++) {
		test_alloc_fail(n);
		rc = keystore_open(got, json, pass, NULL);
		if (!test_alloc_did_fail())
			break;
		EXPECT_RC(rc, RC_NO_MEMORY);
		EXPECT(memcmp(got, key, sizeof(got)) != 0);
	}
	EXPECT(n > 2);
	EXPECT_RC(rc, RC_OK);
	EXPECT(!memcmp(got, key, sizeof(got)));
	arena_drop(&a);
}

TEST(test_keystore_oversized_arguments_refused)
{
	static uint8_t large[KEYSTORE_FILE_MAX + 1];
	const uint8_t *key = test_hex(KEY31).ptr;
	struct bytes json, big = bytes_of(large, sizeof(large));
	uint8_t got[32];
	struct arena a;

	arena_init(&a, 1 << 20);
	EXPECT_RC(
	    keystore_open(got, big, bytes_of_str("x"), NULL), RC_BAD_INPUT);
	EXPECT_RC(
	    keystore_open(got, bytes_of_str("{}"), big, NULL), RC_BAD_INPUT);
	EXPECT_RC(keystore_seal(&a, &json, key, big, 2, NULL), RC_BAD_INPUT);
	arena_drop(&a);
}

/* The password is right, but what it opens is no key: zeros, re-encrypted. */
TEST(test_keystore_box_without_a_key_refused)
{
	static const char zeros[] = FILE_WITH("", CTR,
	    "00000000000000000000000000000000", ZERO_TEXT, "pbkdf2",
	    "\"dklen\":32,\"c\":1,\"prf\":\"hmac-sha256\",\"salt\":\"00\"",
	    ZERO_MAC, "3");
	struct err e = {0};
	uint8_t key[32];

	EXPECT_RC(open_with(key, zeros, "foo", &e), RC_BAD_INPUT);
	EXPECT(strstr(e.text, "no private key") != NULL);
}
