/* SPDX-License-Identifier: Apache-2.0
 *
 * Headers: what decodes must encode to the same bytes, hash to them, and
 * survive a copy.
 *
 * fuzz: cover=node/eth/header.c
 */
#include "eth/header.h"

#include <stdlib.h>

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size), rest = in;
	struct header h, *copy;
	struct hash got, want;
	struct arena a;
	struct buf b;
	struct err e;

	if (header_take(&h, &rest, &e) != RC_OK) {
		CHECK(rest.ptr == in.ptr && rest.len == in.len);
		return 0;
	}
	in.len -= rest.len;
	CHECK((header_decode(&h, bytes_of(data, size), &e) == RC_OK) ==
	      (rest.len == 0));
	arena_init(&a, 2 * size + 4096);
	b = buf_of(arena_alloc(&a, size), size);
	CHECK(b.ptr != NULL && header_put(&b, &h));
	CHECK(bytes_eq(bytes_of_buf(&b), in) && header_size(&h) == in.len);
	got = header_hash(&h);
	want = hash_keccak(in);
	CHECK(hash_eq(&got, &want));
	copy = header_copy(&a, &h);
	CHECK(copy != NULL);
	got = header_hash(copy);
	CHECK(hash_eq(&got, &want));
	b = buf_of(b.ptr, in.len - 1);
	CHECK(!header_put(&b, &h) && b.len == 0);
	arena_drop(&a);
	arena_init(&a, h.extra.len + sizeof(h) - 1);
	CHECK(header_copy(&a, &h) == NULL);
	arena_drop(&a);
	return 0;
}
