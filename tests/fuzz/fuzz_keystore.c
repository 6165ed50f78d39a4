/* SPDX-License-Identifier: Apache-2.0
 *
 * Key files as they come from disk, up to where the password would be tried:
 * whatever is accepted keeps the bounds that make trying it affordable.
 *
 * fuzz: cover=node/crypto/keystore_box.c
 */
#include "base/check.h"
#include "crypto/keystore.h"
#include "crypto/keystore_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keystore_box b;
	struct err e;

	if (keystore_box_read(&b, bytes_of(data, size), &e) != RC_OK)
		return 0;
	CHECK(b.salt_len <= sizeof(b.salt));
	CHECK(b.text_len > 0 && b.text_len <= sizeof(b.text));
	if (b.kdf == KEYSTORE_SCRYPT) {
		CHECK(b.n > 1 && (b.n & (b.n - 1)) == 0);
		CHECK(b.r > 0 && b.p > 0);
		CHECK(b.n * b.r <= KEYSTORE_WORK_MAX / 128);
		CHECK(b.n * b.r * b.p <=
		      KEYSTORE_PASSES_MAX * (uint64_t)KEYSTORE_WORK_MAX / 128);
	} else {
		CHECK(b.rounds > 0 && b.rounds <= KEYSTORE_ROUNDS_MAX);
	}
	return 0;
}
