/* SPDX-License-Identifier: Apache-2.0
 *
 * New keys, made inside the child, and keys that are unlocked for a time:
 * what the caller gets, and that nobody else can use it.
 */
#include <stdio.h>
#include <time.h>

#include "crypto/ec.h"
#include "crypto/keystore.h"
#include "keys.h"
#include "signer/signer.h"

static struct signer *
spawn(bool may_make_keys)
{
	const struct signer_conf conf = {.keystore_dir = test_tmpdir(),
	    .watermark_path = keys_path(test_tmpdir(), ".mark"),
	    .may_seal = true,
	    .may_make_keys = may_make_keys};
	struct signer *s = NULL;
	struct err e = {.rc = RC_OK};

	if (signer_spawn(&s, &conf, &e) != RC_OK)
		test_fail(__FILE__, __LINE__, "spawn: %s", e.text);
	return s;
}

static enum rc
seal(struct signer *s, struct arena *a, const struct test_key *k,
    uint64_t height)
{
	struct bytes message = keys_seal(a, height, 0);
	uint8_t sig[65];
	enum rc rc;

	rc = signer_sign(
	    s, sig, &k->addr, SIGNER_SEAL, height, 0, message, NULL);
	if (rc == RC_OK)
		keys_expect_sig(sig, k, message);
	return rc;
}

TEST(test_make_needs_leave)
{
	struct signer *s = spawn(false);
	struct bytes file = {NULL, 0};
	struct arena a;
	struct addr addr;

	arena_init(&a, 1 << 16);
	EXPECT_RC(
	    signer_make_key(s, &a, &addr, &file, bytes_of_str("right"), NULL),
	    RC_DENIED);
	EXPECT(file.ptr == NULL);
	arena_drop(&a);
	signer_stop(s);
}

/* The child has forgotten the key: only the file, once it is in the folder,
 * and its password bring it back. */
TEST(test_make_gives_a_file_that_only_its_password_opens)
{
	struct bytes right = bytes_of_str("right");
	struct signer *s = spawn(true);
	struct bytes file, other;
	struct test_key k, second;
	uint8_t pub[64], key[32];
	struct addr owner;
	struct arena a;

	arena_init(&a, 1 << 20);
	EXPECT_RC(signer_make_key(s, &a, &k.addr, &file, right, NULL), RC_OK);
	EXPECT_RC(
	    signer_make_key(s, &a, &second.addr, &other, right, NULL), RC_OK);
	EXPECT(!addr_eq(&k.addr, &second.addr));
	EXPECT_RC(keystore_open(key, file, bytes_of_str("wrong"), NULL),
	    RC_BAD_PASSWORD);
	EXPECT_RC(keystore_open(key, file, right, NULL), RC_OK);
	EXPECT_RC(ec_public(pub, key, NULL), RC_OK);
	ec_addr(owner.b, pub);
	EXPECT(addr_eq(&owner, &k.addr));
	EXPECT_RC(seal(s, &a, &k, 1), RC_NOT_FOUND);
	EXPECT_RC(signer_unlock(s, &k.addr, right, SIGNER_UNLOCK_ALWAYS, NULL),
	    RC_NOT_FOUND);
	keys_put(test_tmpdir(), "made.json", file, 0600);
	EXPECT_RC(signer_unlock(s, &k.addr, right, SIGNER_UNLOCK_ALWAYS, NULL),
	    RC_OK);
	EXPECT_RC(seal(s, &a, &k, 1), RC_OK);
	arena_drop(&a);
	signer_stop(s);
}

TEST(test_make_without_memory_for_the_file_is_an_error_of_one_call)
{
	struct signer *s = spawn(true);
	struct bytes file;
	struct addr addr;
	struct arena small, a;

	arena_init(&small, 64);
	arena_init(&a, 1 << 16);
	EXPECT_RC(signer_make_key(
		      s, &small, &addr, &file, bytes_of_str("right"), NULL),
	    RC_NO_MEMORY);
	EXPECT_RC(
	    signer_make_key(s, &a, &addr, &file, bytes_of_str("right"), NULL),
	    RC_OK);
	arena_drop(&a);
	arena_drop(&small);
	signer_stop(s);
}

/* A file whose address is another account's must not unlock that one. */
TEST(test_make_file_that_names_another_account_unlocks_nothing)
{
	struct test_key k, named;
	struct signer *s;
	char text[4096], hex[41];
	struct arena a;
	struct bytes json;
	char *at;
	size_t i;

	keys_make(&k, 1);
	keys_make(&named, 2);
	arena_init(&a, 1 << 20);
	EXPECT_RC(
	    keystore_seal(&a, &json, k.key, bytes_of_str("right"), 2, NULL),
	    RC_OK);
	snprintf(text, sizeof(text), "%.*s", (int)json.len, json.ptr);
	for (i = 0; i < sizeof(k.addr.b); i++)
		snprintf(hex + 2 * i, 3, "%02x", k.addr.b[i]);
	at = strstr(text, hex);
	EXPECT(at != NULL);
	for (i = 0; at != NULL && i < sizeof(named.addr.b); i++) {
		snprintf(hex, 3, "%02x", named.addr.b[i]);
		memcpy(at + 2 * i, hex, 2);
	}
	keys_put(test_tmpdir(), "lie.json", bytes_of_str(text), 0600);
	s = spawn(false);
	EXPECT_RC(signer_unlock(s, &named.addr, bytes_of_str("right"),
		      SIGNER_UNLOCK_ALWAYS, NULL),
	    RC_BAD_INPUT);
	EXPECT_RC(seal(s, &a, &named, 1), RC_NOT_FOUND);
	EXPECT_RC(seal(s, &a, &k, 1), RC_NOT_FOUND);
	arena_drop(&a);
	signer_stop(s);
}

/* The child takes the key away by itself; nothing wakes it but its clock.
 * Ten seconds are a bound against hangs. */
TEST(test_make_key_for_a_second_is_gone_behind_it)
{
	const struct timespec pause = {.tv_nsec = 50000000};
	struct test_key k;
	struct signer *s;
	struct arena a;
	uint64_t height = 1;
	enum rc rc = RC_OK;

	keys_make(&k, 1);
	keys_write(test_tmpdir(), "key.json", &k, "right");
	arena_init(&a, 1 << 20);
	s = spawn(false);
	EXPECT_RC(
	    signer_unlock(s, &k.addr, bytes_of_str("right"), 1, NULL), RC_OK);
	for (; rc == RC_OK && height < 200; height++) {
		rc = seal(s, &a, &k, height);
		(void)nanosleep(&pause, NULL);
	}
	EXPECT_RC(rc, RC_NOT_FOUND);
	arena_drop(&a);
	signer_stop(s);
}
