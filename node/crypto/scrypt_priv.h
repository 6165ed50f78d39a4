/* SPDX-License-Identifier: Apache-2.0
 *
 * scrypt, RFC 7914. OpenSSL's refuses n of 2^16 and more with r = 1, a limit
 * of the RFC that the definition of key files breaks in its own example.
 */
#ifndef CRYPTO_SCRYPT_PRIV_H
#define CRYPTO_SCRYPT_PRIV_H

#include "base/bytes.h"
#include "base/err.h"

/*
 * scrypt derives len bytes.
 *
 * n       rounds, a power of two above 1
 * r, p    at least 1; 128 * r * (n + p) bytes of memory are used and wiped
 * Errors  RC_NO_MEMORY
 */
enum rc scrypt(uint8_t *out, size_t len, struct bytes password,
    struct bytes salt, uint64_t n, uint64_t r, uint64_t p, struct err *e);

#endif
