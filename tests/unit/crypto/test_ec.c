/* SPDX-License-Identifier: Apache-2.0
 *
 * secp256k1: bad keys and signatures first, then known answers (RFC 6979
 * nonces make signatures repeatable) and round trips.
 */
#include "crypto/ec.h"

#include <string.h>

#include "base/check.h"
#include "crypto/keccak.h"
#include "crypto/rng.h"
#include "test.h"

#define ORDER "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"
#define ABOVE_ORDER                                                            \
	"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364142"
#define ORDER_LESS_1                                                           \
	"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140"
#define HALF_ORDER                                                             \
	"7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0"
#define ABOVE_HALF                                                             \
	"7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE  "0000000000000000000000000000000000000000000000000000000000000001"
#define ONES "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static const char *const bad_keys[] = {ZERO, ORDER, ABOVE_ORDER, ONES};

TEST(test_ec_key_out_of_range_refused)
{
	static const uint8_t digest[32] = {1};
	uint8_t pub[64], x[32], good[64];
	struct ec_sig sig;
	size_t i;

	EXPECT_RC(ec_public(good, test_hex(ONE).ptr, NULL), RC_OK);
	for (i = 0; i < ARRAY_CNT(bad_keys); i++) {
		const uint8_t *key = test_hex(bad_keys[i]).ptr;

		test_row(bad_keys[i]);
		EXPECT(!ec_is_scalar(key));
		EXPECT_RC(ec_sign(&sig, key, digest, NULL), RC_BAD_INPUT);
		EXPECT_RC(ec_public(pub, key, NULL), RC_BAD_INPUT);
		EXPECT_RC(ec_shared(x, key, good, NULL), RC_BAD_INPUT);
	}
	test_row(NULL);
	EXPECT(ec_is_scalar(test_hex(ONE).ptr));
	EXPECT(ec_is_scalar(test_hex(ORDER_LESS_1).ptr));
}

TEST(test_ec_recover_broken_signature_refused)
{
	static const struct {
		const char *name, *r, *s;
		uint8_t y_parity;
	} rows[] = {
	    {"r zero", ZERO, ONE, 0},
	    {"s zero", ONE, ZERO, 0},
	    {"r is the order", ORDER, ONE, 0},
	    {"s is the order", ONE, ORDER, 0},
	    {"r above the order", ONES, ONE, 1},
	    {"y parity 2", ONE, ONE, 2},
	    {"y parity 27", ONE, ONE, 27},
	    {"r is no x coordinate",
		"0000000000000000000000000000000000000000000000000000000000000"
		"005",
		ONE, 0},
	};
	static const uint8_t digest[32] = {1};
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		struct ec_sig sig = {.y_parity = rows[i].y_parity};
		uint8_t pub[64], addr[20];

		memcpy(sig.r, test_hex(rows[i].r).ptr, 32);
		memcpy(sig.s, test_hex(rows[i].s).ptr, 32);
		test_row(rows[i].name);
		EXPECT_RC(
		    ec_recover(pub, &sig, digest, NULL), RC_BAD_SIGNATURE);
		EXPECT_RC(ec_recover_addr(addr, &sig, digest, NULL),
		    RC_BAD_SIGNATURE);
	}
	test_row(NULL);
}

TEST(test_ec_shared_bad_point_refused)
{
	uint8_t x[32], pub[64] = {0};
	const uint8_t *key = test_hex(ONE).ptr;

	EXPECT_RC(ec_shared(x, key, pub, NULL), RC_BAD_INPUT);
	EXPECT_RC(ec_public(pub, key, NULL), RC_OK);
	pub[63] ^= 1;
	EXPECT_RC(ec_shared(x, key, pub, NULL), RC_BAD_INPUT);
}

TEST(test_ec_public_known_keys_known_addresses)
{
	static const struct {
		const char *key, *addr;
	} rows[] = {
	    {ONE, "7e5f4552091a69125d5dfcb7b8c2659029395bdf"},
	    /* the first two accounts of the test mnemonic of Hardhat */
	    {"ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
		"f39fd6e51aad88f6f4ce6ab8827279cfffb92266"},
	    {"59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
		"70997970c51812dc3a010c7d01b50e0d17dc79c8"},
	};
	uint8_t pub[64], addr[20];
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].key);
		EXPECT_RC(
		    ec_public(pub, test_hex(rows[i].key).ptr, NULL), RC_OK);
		ec_addr(addr, pub);
		EXPECT_BYTES(bytes_of(addr, 20), test_hex(rows[i].addr));
	}
	test_row(NULL);
}

/* The example of EIP-155: r and s of a repeatable signature. */
TEST(test_ec_sign_eip155_example_known_signature)
{
	const uint8_t *key = test_hex("46464646464646464646464646464646464646"
				      "46464646464646464646464646")
				 .ptr;
	const uint8_t *digest = test_hex("daf5a779ae972f972197303d7b574746c7ef"
					 "83eadac0f2791ad23db92e4c8e53")
				    .ptr;
	struct ec_sig sig;
	uint8_t addr[20];

	EXPECT_RC(ec_sign(&sig, key, digest, NULL), RC_OK);
	EXPECT_BYTES(bytes_of(sig.r, 32),
	    test_hex("28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620"
		     "aa636276"));
	EXPECT_BYTES(bytes_of(sig.s, 32),
	    test_hex("67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb196"
		     "6a3b6d83"));
	EXPECT_U64(sig.y_parity, 0);
	EXPECT_RC(ec_recover_addr(addr, &sig, digest, NULL), RC_OK);
	EXPECT_BYTES(bytes_of(addr, 20),
	    test_hex("9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f"));
}

TEST(test_ec_sign_random_keys_recover_and_are_low)
{
	struct rng_test rng = {.state = 5};
	unsigned i, odd = 0;

	for (i = 0; i < 200; i++) {
		uint8_t key[32], digest[32], pub[64], got[64];
		struct ec_sig sig;

		ec_key_new(key);
		rng_test_fill(&rng, digest, sizeof(digest));
		EXPECT_RC(ec_sign(&sig, key, digest, NULL), RC_OK);
		EXPECT(!ec_is_high_s(sig.s));
		odd += sig.y_parity;
		EXPECT_RC(ec_public(pub, key, NULL), RC_OK);
		EXPECT_RC(ec_recover(got, &sig, digest, NULL), RC_OK);
		EXPECT(!memcmp(got, pub, sizeof(pub)));
		digest[7] ^= 0x10; /* another message, another key */
		if (ec_recover(got, &sig, digest, NULL) == RC_OK)
			EXPECT(memcmp(got, pub, sizeof(pub)) != 0);
	}
	EXPECT(odd > 50 && odd < 150);
}

/* order - s with the other parity is the same signature: recovery takes it. */
TEST(test_ec_recover_high_s_accepted)
{
	static const uint8_t digest[32] = {7};
	const uint8_t *order = test_hex(ORDER).ptr;
	uint8_t key[32], pub[64], got[64];
	struct ec_sig sig;
	int i, borrow = 0;

	ec_key_new(key);
	EXPECT_RC(ec_sign(&sig, key, digest, NULL), RC_OK);
	for (i = 31; i >= 0; i--) {
		int d = order[i] - sig.s[i] - borrow;

		borrow = d < 0;
		sig.s[i] = (uint8_t)(d + 256 * borrow);
	}
	sig.y_parity ^= 1;
	EXPECT(ec_is_high_s(sig.s));
	EXPECT_RC(ec_public(pub, key, NULL), RC_OK);
	EXPECT_RC(ec_recover(got, &sig, digest, NULL), RC_OK);
	EXPECT(!memcmp(got, pub, sizeof(pub)));
}

TEST(test_ec_is_high_s_boundary)
{
	EXPECT(!ec_is_high_s(test_hex(HALF_ORDER).ptr));
	EXPECT(ec_is_high_s(test_hex(ABOVE_HALF).ptr));
	EXPECT(!ec_is_high_s(test_hex(ONE).ptr));
	EXPECT(ec_is_high_s(test_hex(ORDER_LESS_1).ptr));
}

TEST(test_ec_shared_both_sides_agree)
{
	uint8_t a[32], b[32], pub_a[64], pub_b[64], x[32], y[32];
	const uint8_t *one = test_hex(ONE).ptr;

	ec_key_new(a);
	ec_key_new(b);
	EXPECT_RC(ec_public(pub_a, a, NULL), RC_OK);
	EXPECT_RC(ec_public(pub_b, b, NULL), RC_OK);
	EXPECT_RC(ec_shared(x, a, pub_b, NULL), RC_OK);
	EXPECT_RC(ec_shared(y, b, pub_a, NULL), RC_OK);
	EXPECT(!memcmp(x, y, sizeof(x)));
	EXPECT_RC(ec_shared(x, one, pub_a, NULL), RC_OK);
	EXPECT(!memcmp(x, pub_a, sizeof(x))); /* the plain x coordinate */
}
