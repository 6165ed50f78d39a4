/* SPDX-License-Identifier: Apache-2.0
 *
 * Receipts: the consensus form must come back byte for byte, the stored form
 * must survive unpack and pack; with too little memory both must only fail.
 *
 * fuzz: cover=node/eth/receipt.c,node/eth/bloom.c
 */
#include "eth/receipt.h"

#include <stdlib.h>

#include "base/check.h"
#include "eth/bloom.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
blooms(const struct receipt *r)
{
	struct bloom sum = {{0}};
	size_t i;

	for (i = 0; i < r->log_cnt; i++) {
		struct bloom one = {{0}};

		bloom_add_log(&one, &r->logs[i]);
		bloom_or(&sum, &one);
		CHECK(bloom_may_have(&sum, addr_bytes(&r->logs[i].addr)));
	}
}

/* One at a time there must be as many. */
static void
walk(struct arena *a, struct bytes in, size_t cnt)
{
	struct bytes items;
	struct receipt r;

	CHECK(receipts_open(&items, in, NULL) == RC_OK);
	for (; cnt > 0; cnt--)
		CHECK(receipts_next(
			  cnt % 2 == 0 ? a : NULL, &r, &items, NULL) == RC_OK);
	CHECK(items.len == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size), out;
	struct receipt r, *list;
	struct arena a, small;
	size_t cnt, i;
	struct err e;

	arena_init(&a, 128 * size + 8192);
	arena_init(&small, size == 0 ? 0 : 2 * (size_t)data[size - 1]);
	if (receipt_decode(&a, &r, in, &e) == RC_OK) {
		CHECK(receipt_encode(&a, &out, &r, &e) == RC_OK);
		CHECK(bytes_eq(out, in));
		blooms(&r);
		(void)receipt_encode(&small, &out, &r, &e);
		CHECK(receipts_pack(&a, &out, &r, 1, &e) == RC_OK);
		CHECK(receipts_unpack(&a, &list, &cnt, out, &e) == RC_OK);
		(void)receipts_unpack(&small, &list, &cnt, out, &e);
		(void)receipts_pack(&small, &out, &r, 1, &e);
	}
	if (receipts_unpack(&a, &list, &cnt, in, &e) == RC_OK) {
		CHECK(receipts_pack(&a, &out, list, cnt, &e) == RC_OK);
		CHECK(bytes_eq(out, in));
		for (i = 0; i < cnt; i++)
			blooms(&list[i]);
		walk(&a, in, cnt);
	}
	(void)receipt_decode(&small, &r, in, &e);
	arena_drop(&a);
	arena_drop(&small);
	return 0;
}
