/* SPDX-License-Identifier: Apache-2.0
 *
 * Hashes through OpenSSL. The algorithms are fetched once: an implicit fetch
 * on each call would cost more than hashing a short message.
 */
#include "crypto/hash.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>

#include "base/check.h"

static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_MD *md_sha256, *md_ripemd160; /* written once, under fetched */

static void
fetch(void)
{
	md_sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	md_ripemd160 = EVP_MD_fetch(NULL, "RIPEMD160", NULL);
	CHECK(md_sha256 != NULL && md_ripemd160 != NULL);
}

void
sha256(uint8_t out[32], struct bytes in)
{
	CHECK(pthread_once(&fetched, fetch) == 0);
	CHECK(EVP_Digest(in.ptr, in.len, out, NULL, md_sha256, NULL) == 1);
}

void
ripemd160(uint8_t out[20], struct bytes in)
{
	CHECK(pthread_once(&fetched, fetch) == 0);
	CHECK(EVP_Digest(in.ptr, in.len, out, NULL, md_ripemd160, NULL) == 1);
}

void
hmac_sha256(uint8_t out[32], struct bytes key, struct bytes in)
{
	CHECK(pthread_once(&fetched, fetch) == 0);
	CHECK(key.len <= INT_MAX);
	CHECK(HMAC(md_sha256, key.len > 0 ? key.ptr : (const uint8_t *)"",
		  (int)key.len, in.ptr, in.len, out, NULL) != NULL);
}

bool
secret_eq(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}
