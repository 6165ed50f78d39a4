/* SPDX-License-Identifier: Apache-2.0
 *
 * secp256k1 through libsecp256k1. Recovery and parsing use the library's
 * constant context; whatever multiplies a secret uses one context that is
 * made once and blinded with kernel randomness (side channels), and that is
 * only read afterwards, so that any thread may use it.
 */
#include "crypto/ec.h"

#include <pthread.h>
#include <secp256k1.h>
#include <secp256k1_ecdh.h>
#include <secp256k1_recovery.h>
#include <string.h>

#include "base/check.h"
#include "crypto/keccak.h"
#include "crypto/rng.h"

static pthread_once_t made = PTHREAD_ONCE_INIT;
static secp256k1_context *secret_ctx; /* written once, under made */

static void
make(void)
{
	uint8_t blind[32];

	secret_ctx = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
	CHECK(secret_ctx != NULL);
	rng_fill(blind, sizeof(blind));
	CHECK(secp256k1_context_randomize(secret_ctx, blind) == 1);
	explicit_bzero(blind, sizeof(blind));
}

static const secp256k1_context *
ctx_for_secrets(void)
{
	CHECK(pthread_once(&made, make) == 0);
	return secret_ctx;
}

enum rc
ec_sign(struct ec_sig *out, const uint8_t key[32], const uint8_t digest[32],
    struct err *e)
{
	secp256k1_ecdsa_recoverable_signature sig;
	const secp256k1_context *ctx = ctx_for_secrets();
	uint8_t compact[64];
	int id = -1;

	if (secp256k1_ecdsa_sign_recoverable(
		ctx, &sig, digest, key, NULL, NULL) != 1)
		return FAIL(e, RC_BAD_INPUT, "not a private key");
	CHECK(secp256k1_ecdsa_recoverable_signature_serialize_compact(
		  ctx, compact, &id, &sig) == 1);
	/* 2 and 3 stand for an r above the group order: one in 2^127. */
	CHECK(id == 0 || id == 1);
	memcpy(out->r, compact, 32);
	memcpy(out->s, compact + 32, 32);
	out->y_parity = (uint8_t)id;
	return RC_OK;
}

/* put_public writes a public key without the 0x04 in front. */
static void
put_public(uint8_t pub[64], const secp256k1_pubkey *key)
{
	uint8_t full[65];
	size_t len = sizeof(full);

	CHECK(secp256k1_ec_pubkey_serialize(secp256k1_context_static, full,
		  &len, key, SECP256K1_EC_UNCOMPRESSED) == 1);
	memcpy(pub, full + 1, 64);
}

enum rc
ec_recover(uint8_t pub[64], const struct ec_sig *sig, const uint8_t digest[32],
    struct err *e)
{
	const secp256k1_context *ctx = secp256k1_context_static;
	secp256k1_ecdsa_recoverable_signature parsed;
	secp256k1_pubkey key;
	uint8_t compact[64];

	if (sig->y_parity > 1)
		return FAIL(e, RC_BAD_SIGNATURE, "y parity %u", sig->y_parity);
	memcpy(compact, sig->r, 32);
	memcpy(compact + 32, sig->s, 32);
	if (secp256k1_ecdsa_recoverable_signature_parse_compact(
		ctx, &parsed, compact, sig->y_parity) != 1)
		return FAIL(
		    e, RC_BAD_SIGNATURE, "r or s is not below the group order");
	if (secp256k1_ecdsa_recover(ctx, &key, &parsed, digest) != 1)
		return FAIL(e, RC_BAD_SIGNATURE, "no key has this signature");
	put_public(pub, &key);
	return RC_OK;
}

enum rc
ec_recover_addr(uint8_t addr[20], const struct ec_sig *sig,
    const uint8_t digest[32], struct err *e)
{
	uint8_t pub[64];

	TRY(ec_recover(pub, sig, digest, e));
	ec_addr(addr, pub);
	return RC_OK;
}

enum rc
ec_public(uint8_t pub[64], const uint8_t key[32], struct err *e)
{
	secp256k1_pubkey point;

	if (secp256k1_ec_pubkey_create(ctx_for_secrets(), &point, key) != 1)
		return FAIL(e, RC_BAD_INPUT, "not a private key");
	put_public(pub, &point);
	return RC_OK;
}

void
ec_addr(uint8_t addr[20], const uint8_t pub[64])
{
	uint8_t hash[32];

	keccak256(hash, bytes_of(pub, 64));
	memcpy(addr, hash + 12, 20);
}

void
ec_key_new(uint8_t key[32])
{
	do {
		rng_fill(key, 32);
	} while (!ec_is_scalar(key));
}

bool
ec_is_high_s(const uint8_t s[32])
{
	/* (order - 1) / 2, SEC 2 section 2.4.1; EIP-2 */
	static const uint8_t half[32] = {0x7f, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x5d,
	    0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46,
	    0x68, 0x1b, 0x20, 0xa0};

	return memcmp(s, half, sizeof(half)) > 0;
}

bool
ec_is_scalar(const uint8_t v[32])
{
	return secp256k1_ec_seckey_verify(secp256k1_context_static, v) == 1;
}

/* take_x is the "hash" that libsecp256k1 applies to a shared point. */
static int
take_x(unsigned char *out, const unsigned char *x, const unsigned char *y,
    void *ctx)
{
	(void)y;
	(void)ctx;
	memcpy(out, x, 32);
	return 1;
}

enum rc
ec_shared(
    uint8_t x[32], const uint8_t key[32], const uint8_t pub[64], struct err *e)
{
	const secp256k1_context *ctx = ctx_for_secrets();
	secp256k1_pubkey point;
	uint8_t full[65];

	full[0] = 0x04;
	memcpy(full + 1, pub, 64);
	if (secp256k1_ec_pubkey_parse(ctx, &point, full, sizeof(full)) != 1)
		return FAIL(e, RC_BAD_INPUT, "not a point of the curve");
	if (secp256k1_ecdh(ctx, x, &point, key, take_x, NULL) != 1)
		return FAIL(e, RC_BAD_INPUT, "not a private key");
	return RC_OK;
}
