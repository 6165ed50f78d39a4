/* SPDX-License-Identifier: Apache-2.0
 *
 * P-256 signatures: the public vectors of EIP-7951, ranges, points that are
 * none, and signatures that OpenSSL makes.
 */
#include "crypto/p256.h"

#include <jansson.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <stdio.h>

#include "base/check.h"
#include "crypto/rng.h"
#include "test.h"

/* SEC 2, section 2.4.2: the prime and the order. */
#define P "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define N "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"

static bool
verify_hex(const char *hex)
{
	struct bytes in = test_hex(hex);

	CHECK(in.len == P256_IN);
	return p256_verify(in.ptr);
}

TEST(test_p256_verify_eip7951_vectors)
{
	const char *dir = test_unpack("ethereum/unit.tar.zst");
	char path[512];
	json_t *doc, *row;
	size_t i;

	if (dir == NULL) {
		test_skip("no ethereum/unit.tar.zst");
		return;
	}
	(void)snprintf(
	    path, sizeof(path), "%s/assets/eip-7951/test-vectors.json", dir);
	doc = json_load_file(path, 0, NULL);
	EXPECT(json_array_size(doc) > 300);
	json_array_foreach(doc, i, row)
	{
		const char *want =
		    json_string_value(json_object_get(row, "Expected"));

		test_row(json_string_value(json_object_get(row, "Name")));
		EXPECT(verify_hex(json_string_value(
			   json_object_get(row, "Input"))) == (*want != '\0'));
	}
	test_count(json_array_size(doc));
	json_decref(doc);
}

/* A signature whose parts the rows below replace; that of the EIP's text. */
#define DIGEST                                                                 \
	"bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"
#define R    "2ba3a8be6b94d5ec80a6d9d1190a436effe50d85a1eee859b8cc6af9bd5c2e18"
#define S    "4cd60b855d442f5b3c7b11eb6c4e0ae7525fe710fab9aa7c77a67f79e6fadd76"
#define X    "2927b10512bae3eddcfe467828128bad2903269919f7086069c8c4df6c732838"
#define Y    "c7787964eaac00e5921fb1498a60f4606766b3d9685001558d1a974e7341513e"
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define FULL "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

TEST(test_p256_verify_out_of_range_refused)
{
	static const struct {
		const char *name, *in;
		bool want;
	} rows[] = {
	    {"the signature", DIGEST R S X Y, true},
	    {"r is 0", DIGEST ZERO S X Y, false},
	    {"s is 0", DIGEST R ZERO X Y, false},
	    {"r is n", DIGEST N S X Y, false},
	    {"s is n", DIGEST R N X Y, false},
	    {"r is all ones", DIGEST FULL S X Y, false},
	    {"s is all ones", DIGEST R FULL X Y, false},
	    {"the point at infinity", DIGEST R S ZERO ZERO, false},
	    {"x is p", DIGEST R S P Y, false},
	    {"y is p", DIGEST R S X P, false},
	    {"x and y are p", DIGEST R S P P, false},
	    {"x is all ones", DIGEST R S FULL Y, false},
	    {"off the curve", DIGEST R S Y X, false},
	    {"another digest", X R S X Y, false},
	    {"digest 0", ZERO R S X Y, false},
	    {"s negated",
		DIGEST R "b329f479a2bbd0a5c384ee1493b1f5186a87139cac5df4087c134"
			 "b49156847db" X Y,
		true},
	    {"all 0", ZERO ZERO ZERO ZERO ZERO, false},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++) {
		test_row(rows[i].name);
		EXPECT(verify_hex(rows[i].in) == rows[i].want);
	}
}

struct signer {
	BN_CTX *ctx;
	EC_GROUP *group;
	EC_POINT *point;
	BIGNUM *key, *k, *v, *w;
	struct rng_test rng;
};

static void
signer_open(struct signer *s)
{
	s->rng = (struct rng_test){.state = 7951};
	s->ctx = BN_CTX_new();
	s->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	CHECK(s->ctx != NULL && s->group != NULL);
	s->point = EC_POINT_new(s->group);
	s->key = BN_new();
	s->k = BN_new();
	s->v = BN_new();
	s->w = BN_new();
	CHECK(s->point && s->key && s->k && s->v && s->w);
}

static void
signer_close(struct signer *s)
{
	BN_free(s->key);
	BN_free(s->k);
	BN_free(s->v);
	BN_free(s->w);
	EC_POINT_free(s->point);
	EC_GROUP_free(s->group);
	BN_CTX_free(s->ctx);
}

/* draw makes a random number below n. */
static void
draw(struct signer *s, BIGNUM *out)
{
	uint8_t b[32];

	rng_test_fill(&s->rng, b, sizeof(b));
	CHECK(BN_bin2bn(b, 32, out) != NULL);
	CHECK(BN_nnmod(out, out, EC_GROUP_get0_order(s->group), s->ctx) == 1);
}

static void
put(uint8_t *out, const BIGNUM *v)
{
	CHECK(BN_bn2binpad(v, out, 32) == 32);
}

/* sign makes a whole input with a random digest, key and nonce. */
static void
sign(struct signer *s, uint8_t in[P256_IN])
{
	const BIGNUM *n = EC_GROUP_get0_order(s->group);

	rng_test_fill(&s->rng, in, 32);
	draw(s, s->key);
	draw(s, s->k);
	CHECK(EC_POINT_mul(s->group, s->point, s->k, NULL, NULL, s->ctx) == 1);
	CHECK(EC_POINT_get_affine_coordinates(
		  s->group, s->point, s->v, NULL, s->ctx) == 1);
	CHECK(BN_nnmod(s->v, s->v, n, s->ctx) == 1);
	put(in + 32, s->v);
	CHECK(BN_mod_mul(s->v, s->v, s->key, n, s->ctx) == 1);
	CHECK(BN_bin2bn(in, 32, s->w) != NULL);
	CHECK(BN_mod_add(s->v, s->v, s->w, n, s->ctx) == 1);
	CHECK(BN_mod_inverse(s->k, s->k, n, s->ctx) != NULL);
	CHECK(BN_mod_mul(s->v, s->v, s->k, n, s->ctx) == 1);
	put(in + 64, s->v);
	CHECK(
	    EC_POINT_mul(s->group, s->point, s->key, NULL, NULL, s->ctx) == 1);
	CHECK(EC_POINT_get_affine_coordinates(
		  s->group, s->point, s->v, s->w, s->ctx) == 1);
	put(in + 96, s->v);
	put(in + 128, s->w);
}

TEST(test_p256_verify_any_bit_flipped_refused)
{
	struct signer s;
	uint8_t in[P256_IN];
	size_t i, at;

	signer_open(&s);
	for (i = 0; i < 20; i++) {
		sign(&s, in);
		EXPECT(p256_verify(in));
		for (at = i; at < P256_IN; at += 7) {
			in[at] ^= (uint8_t)(1 << i % 8);
			EXPECT(!p256_verify(in));
			in[at] ^= (uint8_t)(1 << i % 8);
		}
	}
	signer_close(&s);
}

/* With key = G, r = x(k G) and digest = -r the sum is (r - r) / s G. */
TEST(test_p256_verify_sum_at_infinity_refused)
{
	struct signer s;
	uint8_t in[P256_IN];

	signer_open(&s);
	draw(&s, s.k);
	put(in + 32, s.k);
	put(in + 64, s.k);
	CHECK(BN_sub(s.v, EC_GROUP_get0_order(s.group), s.k) == 1);
	put(in, s.v);
	CHECK(EC_POINT_get_affine_coordinates(s.group,
		  EC_GROUP_get0_generator(s.group), s.v, s.w, s.ctx) == 1);
	put(in + 96, s.v);
	put(in + 128, s.w);
	EXPECT(!p256_verify(in));
	signer_close(&s);
}
