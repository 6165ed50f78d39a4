/* SPDX-License-Identifier: Apache-2.0
 *
 * Web3 secret storage, version 3: encrypted private keys as JSON, scrypt or
 * PBKDF2-HMAC-SHA-256, AES-128-CTR, MAC by Keccak-256 of the last 16 key
 * bytes and the ciphertext.
 */
#ifndef CRYPTO_KEYSTORE_H
#define CRYPTO_KEYSTORE_H

#include "base/arena.h"
#include "base/err.h"

/* Largest key file read, and the costliest scrypt accepted (bytes of work
 * memory: 128 * n * r). */
enum { KEYSTORE_FILE_MAX = 64 * 1024, KEYSTORE_WORK_MAX = 1 << 30 };

/* Cost of files that we write: scrypt n = 2^17 (reliability M7), r 8, p 1. */
enum { KEYSTORE_SCRYPT_LOG_N = 17 };

/*
 * keystore_open decrypts a key file.
 *
 * Errors  RC_BAD_JSON, RC_BAD_INPUT naming the field, RC_UNSUPPORTED,
 *         RC_BAD_PASSWORD
 */
enum rc keystore_open(
    uint8_t key[32], struct bytes json, struct bytes password, struct err *e);

/* keystore_seal encrypts a key with scrypt of 2^log_n rounds; the JSON text
 * lives in the arena. */
enum rc keystore_seal(struct arena *a, struct bytes *json,
    const uint8_t key[32], struct bytes password, unsigned log_n,
    struct err *e);

#endif
