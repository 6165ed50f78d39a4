/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of this library share: key files and messages to sign.
 */
#ifndef UNIT_SIGNER_KEYS_H
#define UNIT_SIGNER_KEYS_H

#include "base/arena.h"
#include "eth/types.h"
#include "signer/signer.h"
#include "test.h"

/* A key that the tests know. */
struct test_key {
	uint8_t key[32];
	struct addr addr;
};

/* keys_make derives key i. */
void keys_make(struct test_key *out, unsigned i);

/* keys_write writes a key file with cheap scrypt into dir; mode 0600. */
void keys_write(const char *dir, const char *name, const struct test_key *k,
    const char *password);

/* keys_write_cost is keys_write with 2^log_n rounds. */
void keys_write_cost(const char *dir, const char *name,
    const struct test_key *k, const char *password, unsigned log_n);

/* keys_put writes any file. */
void keys_put(const char *dir, const char *name, struct bytes text, int mode);

/* keys_path joins into static storage, four results alive at once. */
const char *keys_path(const char *dir, const char *name);

/* keys_seal is the message of a seal: an unsealed header of that number;
 * salt makes it another block. In the arena. */
struct bytes keys_seal(struct arena *a, uint64_t number, uint64_t salt);

/* keys_expect_sig fails the test unless sig is k's over message. */
void keys_expect_sig(
    const uint8_t sig[65], const struct test_key *k, struct bytes message);

#endif
