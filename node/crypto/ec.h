/* SPDX-License-Identifier: Apache-2.0
 *
 * secp256k1 through libsecp256k1: signatures with recovery, low s, nonces by
 * RFC 6979; public keys; shared secrets.
 */
#ifndef CRYPTO_EC_H
#define CRYPTO_EC_H

#include "base/bytes.h"
#include "base/err.h"

struct ec_sig {
	uint8_t r[32], s[32];
	uint8_t y_parity; /* recovery id 0 or 1 */
};

/*
 * ec_sign signs a 32-byte digest.
 *
 * Errors  RC_BAD_INPUT  key is zero or not below the group order
 */
enum rc ec_sign(struct ec_sig *out, const uint8_t key[32],
    const uint8_t digest[32], struct err *e);

/*
 * ec_recover computes the public key (64 bytes, no prefix) of a signature.
 * High s is accepted here: the callers that must refuse it do (EIP-2).
 *
 * Errors  RC_BAD_SIGNATURE
 */
enum rc ec_recover(uint8_t pub[64], const struct ec_sig *sig,
    const uint8_t digest[32], struct err *e);

/* ec_recover_addr is ec_recover followed by ec_addr. */
enum rc ec_recover_addr(uint8_t addr[20], const struct ec_sig *sig,
    const uint8_t digest[32], struct err *e);

/* ec_public computes the public key of a private key; RC_BAD_INPUT. */
enum rc ec_public(uint8_t pub[64], const uint8_t key[32], struct err *e);

/* ec_addr computes the address of a public key. */
void ec_addr(uint8_t addr[20], const uint8_t pub[64]);

/* ec_key_new draws a private key from the kernel; ends the process when the
 * kernel has no randomness. */
void ec_key_new(uint8_t key[32]);

/* ec_is_high_s tells whether s is above half the group order. */
bool ec_is_high_s(const uint8_t s[32]);

/* ec_is_scalar tells whether v is in 1..order-1. */
bool ec_is_scalar(const uint8_t v[32]);

/* ec_shared computes the x coordinate of key times pub; RC_BAD_INPUT. */
enum rc ec_shared(
    uint8_t x[32], const uint8_t key[32], const uint8_t pub[64], struct err *e);

#endif
