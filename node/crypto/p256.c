/* SPDX-License-Identifier: Apache-2.0
 *
 * P-256 signatures on OpenSSL's curve arithmetic. The equation of ECDSA is
 * written out here: a key object of the EVP interface would be built, checked
 * and looked up among providers for each call, and the rules of the contract
 * on ranges are not its own. The group is made once and only read afterwards.
 * All data is public.
 */
#include "crypto/p256.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <pthread.h>

#include "base/check.h"

static pthread_once_t made = PTHREAD_ONCE_INIT;
static EC_GROUP *group; /* written once, under made, as the two numbers */
static BIGNUM *prime;
static const BIGNUM *order;

/* What one verification works with; the numbers live in ctx. */
struct work {
	BN_CTX *ctx;
	BIGNUM *digest, *r, *s, *x, *y;
	EC_POINT *key, *sum;
};

static void
make(void)
{
	group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	prime = BN_new();
	CHECK(group != NULL && prime != NULL);
	CHECK(EC_GROUP_get_curve(group, prime, NULL, NULL, NULL) == 1);
	order = EC_GROUP_get0_order(group);
	CHECK(order != NULL);
}

static void
work_open(struct work *w, const uint8_t in[P256_IN])
{
	BIGNUM **const numbers[] = {&w->digest, &w->r, &w->s, &w->x, &w->y};
	size_t i;

	w->ctx = BN_CTX_new();
	CHECK(w->ctx != NULL);
	BN_CTX_start(w->ctx);
	for (i = 0; i < ARRAY_CNT(numbers); i++) {
		*numbers[i] = BN_CTX_get(w->ctx);
		CHECK(BN_bin2bn(in + 32 * i, 32, *numbers[i]) != NULL);
	}
	w->key = EC_POINT_new(group);
	w->sum = EC_POINT_new(group);
	CHECK(w->key != NULL && w->sum != NULL);
}

static void
work_close(struct work *w)
{
	EC_POINT_free(w->key);
	EC_POINT_free(w->sum);
	BN_CTX_end(w->ctx);
	BN_CTX_free(w->ctx);
}

/* is_scalar tells whether v is in 1..n-1. */
static bool
is_scalar(const BIGNUM *v)
{
	return !BN_is_zero(v) && BN_ucmp(v, order) < 0;
}

/* take_key sets the key's point; false when it is none. */
static bool
take_key(struct work *w)
{
	bool is_point;

	if (BN_ucmp(w->x, prime) >= 0 || BN_ucmp(w->y, prime) >= 0)
		return false;
	(void)ERR_set_mark(); /* a point off the curve is no error of ours */
	is_point = EC_POINT_set_affine_coordinates(
		       group, w->key, w->x, w->y, w->ctx) == 1;
	(void)ERR_pop_to_mark();
	return is_point;
}

/* FIPS 186-4, section 6.4.2: x of (digest / s) G + (r / s) key is r mod n. */
static bool
equation_holds(struct work *w)
{
	BIGNUM *inv = w->s, *u = w->digest, *v = w->y;

	CHECK(BN_mod_inverse(inv, w->s, order, w->ctx) != NULL);
	CHECK(BN_mod_mul(u, w->digest, inv, order, w->ctx) == 1);
	CHECK(BN_mod_mul(v, w->r, inv, order, w->ctx) == 1);
	CHECK(EC_POINT_mul(group, w->sum, u, w->key, v, w->ctx) == 1);
	if (EC_POINT_is_at_infinity(group, w->sum))
		return false;
	CHECK(EC_POINT_get_affine_coordinates(
		  group, w->sum, w->x, NULL, w->ctx) == 1);
	CHECK(BN_nnmod(w->x, w->x, order, w->ctx) == 1);
	return BN_cmp(w->x, w->r) == 0;
}

bool
p256_verify(const uint8_t in[P256_IN])
{
	struct work w;
	bool is_valid;

	CHECK(pthread_once(&made, make) == 0);
	work_open(&w, in);
	is_valid = is_scalar(w.r) && is_scalar(w.s) && take_key(&w) &&
		   equation_holds(&w);
	work_close(&w);
	return is_valid;
}
