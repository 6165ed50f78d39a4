/* SPDX-License-Identifier: Apache-2.0
 *
 * Hashes that OpenSSL has: SHA-256, RIPEMD-160, HMAC-SHA-256; and the
 * constant-time comparison.
 */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include "base/bytes.h"

/* sha256 is FIPS 180-4's SHA-256. */
void sha256(uint8_t out[32], struct bytes in);

/* ripemd160 is RIPEMD-160. */
void ripemd160(uint8_t out[20], struct bytes in);

/* hmac_sha256 is RFC 2104 with SHA-256. */
void hmac_sha256(uint8_t out[32], struct bytes key, struct bytes in);

/* secret_eq compares without telling by time where the difference is. */
bool secret_eq(const void *a, const void *b, size_t len);

#endif
