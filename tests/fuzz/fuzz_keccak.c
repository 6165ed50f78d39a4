/* SPDX-License-Identifier: Apache-2.0
 *
 * Keccak-256 by every way that the processor has: at once, in scalar
 * registers, in pieces, and in lanes among copies and shorter neighbours. All
 * must agree. The first byte says how the pieces are cut.
 *
 * fuzz: cover=node/crypto/keccak.c,node/crypto/keccak_x1.c
 */
#include "crypto/keccak.h"

#include "base/check.h"
#include "crypto/keccak_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MANY = 11 };

static void
in_pieces(uint8_t out[32], struct bytes in, size_t piece)
{
	struct keccak k;

	keccak_init(&k);
	while (in.len > 0) {
		size_t n = in.len < piece ? in.len : piece;

		keccak_update(&k, bytes_of(in.ptr, n));
		in.ptr += n;
		in.len -= n;
		piece = piece * 3 % 301 + 1;
	}
	keccak_final(out, &k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t want[32], got[32], many[MANY][32];
	struct bytes in[MANY];
	size_t i;

	if (size == 0)
		return 0;
	for (i = 0; i < MANY; i++) /* each ends where the input does */
		in[i] = bytes_of(data + i % 4 % size, size - i % 4 % size);
	keccak256_many(many, in, MANY);
	for (i = 0; i < MANY; i++) {
		keccak256_scalar(want, in[i]);
		keccak256(got, in[i]);
		CHECK(memcmp(got, want, 32) == 0);
		CHECK(memcmp(many[i], want, 32) == 0);
		in_pieces(got, in[i], (size_t)data[0] + 1);
		CHECK(memcmp(got, want, 32) == 0);
	}
	return 0;
}
