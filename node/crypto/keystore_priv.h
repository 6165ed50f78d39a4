/* SPDX-License-Identifier: Apache-2.0
 *
 * A key file's "crypto" object as values: what keystore_box.c reads, and
 * keystore.c locks and unlocks.
 */
#ifndef CRYPTO_KEYSTORE_PRIV_H
#define CRYPTO_KEYSTORE_PRIV_H

#include <jansson.h>

#include "base/bytes.h"
#include "base/err.h"

enum {
	KEYSTORE_IV_LEN = 16,
	KEYSTORE_MAC_LEN = 32,
	KEYSTORE_SALT_MAX = 256,
	KEYSTORE_DK_LEN = 32, /* 16 bytes for AES, 16 for the MAC */
	/* Rounds of PBKDF2 accepted: 64 times what files have, 5 s of work. */
	KEYSTORE_ROUNDS_MAX = 1 << 24,
	/* scrypt goes p times over its memory: at most as many bytes in all
	 * as this many times the largest memory. */
	KEYSTORE_PASSES_MAX = 4,
};

enum keystore_kdf { KEYSTORE_SCRYPT, KEYSTORE_PBKDF2 };

struct keystore_box {
	enum keystore_kdf kdf;
	uint64_t n, r, p; /* scrypt; 128 * n * r <= KEYSTORE_WORK_MAX */
	uint64_t rounds;  /* PBKDF2 */
	uint8_t salt[KEYSTORE_SALT_MAX], iv[KEYSTORE_IV_LEN];
	uint8_t mac[KEYSTORE_MAC_LEN], text[32];
	size_t salt_len, text_len;
	uint8_t addr[20];
	bool has_addr;
};

/* keystore_box_read reads a key file; errors as keystore_open. */
enum rc keystore_box_read(
    struct keystore_box *b, struct bytes json, struct err *e);

#endif
