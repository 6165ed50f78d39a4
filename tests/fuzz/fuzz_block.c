/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks: what decodes must encode to the same bytes, strict and by Frontier
 * rules; with too little memory it must only fail.
 *
 * fuzz: cover=node/eth/block.c
 */
#include "eth/block.h"

#include <stdlib.h>

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size), rest = in, out;
	uint8_t room[WITHDRAWAL_RLP_MAX];
	struct arena a, small;
	struct hash ommers;
	struct block b;
	struct err e;
	size_t i;

	arena_init(&a, 128 * size + 8192);
	arena_init(&small, size == 0 ? 0 : 8 * (size_t)data[size - 1]);
	if (block_take_frontier(&a, &b, &rest, &e) == RC_OK) {
		CHECK(block_encode(&a, &out, &b, &e) == RC_OK);
		CHECK(bytes_eq(out, b.raw) && block_size(&b) == out.len);
		CHECK(out.len + rest.len == in.len);
		CHECK(block_ommers_hash(&a, &ommers, &b, &e) == RC_OK);
		for (i = 0; i < b.withdrawal_cnt; i++)
			CHECK(withdrawal_encode(room, &b.withdrawals[i]) <=
			      sizeof(room));
		(void)block_encode(&small, &out, &b, &e);
		(void)block_ommers_hash(&small, &ommers, &b, &e);
	} else {
		CHECK(rest.ptr == in.ptr && rest.len == in.len);
	}
	(void)block_decode(&a, &b, in, &e);
	(void)block_decode(&small, &b, in, &e);
	arena_drop(&a);
	arena_drop(&small);
	return 0;
}
