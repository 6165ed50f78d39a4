/* SPDX-License-Identifier: Apache-2.0
 *
 * Transactions: what decodes must encode to the same bytes, hash the same,
 * and stand in a block body; with too little memory it must only fail.
 *
 * fuzz: cover=node/eth/tx.c,node/eth/tx_write.c,node/eth/tx_sign.c
 */
#include "eth/tx.h"

#include <stdlib.h>

#include "base/check.h"
#include "eth/rlp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
encode_again(struct arena *a, const struct tx *tx)
{
	struct buf b = {.cap = tx_encoded_size(tx)};
	struct hash signing, want;

	b.ptr = arena_alloc(a, b.cap);
	CHECK(b.ptr != NULL);
	CHECK(tx_encode(&b, tx, true, NULL) == RC_OK);
	CHECK(bytes_eq(bytes_of_buf(&b), tx->raw));
	b.len = 0;
	CHECK(tx_encode(&b, tx, false, NULL) == RC_OK);
	CHECK(tx_signing_hash(&signing, tx, NULL) == RC_OK);
	want = hash_keccak(bytes_of_buf(&b));
	CHECK(hash_eq(&signing, &want));
	b = buf_of(b.ptr, tx->raw.len - 1);
	CHECK(tx_encode(&b, tx, true, NULL) == RC_NO_SPACE && b.len == 0);
}

/* As a body item the same transaction must come back. */
static void
take_again(struct arena *a, const struct tx *tx)
{
	struct buf b = {.cap = rlp_size_str(tx->raw)};
	struct bytes in;
	struct tx again;

	b.ptr = arena_alloc(a, b.cap);
	CHECK(b.ptr != NULL);
	if (tx->type == TX_LEGACY)
		CHECK(buf_put(&b, tx->raw.ptr, tx->raw.len));
	else
		CHECK(rlp_put_str(&b, tx->raw));
	in = bytes_of_buf(&b);
	CHECK(tx_take_frontier(a, &again, &in, NULL) == RC_OK);
	CHECK(in.len == 0 && hash_eq(&again.hash, &tx->hash));
	in = bytes_of_buf(&b);
	CHECK((tx_take(a, &again, &in, NULL) == RC_OK) == !tx_has_high_s(tx));
}

static void
use(struct arena *a, struct tx *tx)
{
	static const uint8_t key[32] = {[31] = 7};
	struct u256 base = u256_from_u64(7), out;
	struct addr who;
	size_t i;

	encode_again(a, tx);
	take_again(a, tx);
	(void)tx_cost_max(&out, tx);
	if (tx_price(&out, tx, &base))
		CHECK(u256_cmp(&out, &tx->max_fee) <= 0);
	(void)tx_sender(&who, tx, NULL);
	for (i = 0; i < tx->auth_cnt && i < 2; i++)
		(void)tx_auth_signer(&who, &tx->auths[i], NULL);
	if (tx_sign(a, tx, key, NULL) == RC_OK)
		CHECK(tx->raw.len == tx_encoded_size(tx));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size), rest = in;
	struct arena a, small;
	struct tx tx;
	struct err e;
	enum rc strict;

	arena_init(&a, 64 * size + 8192);
	arena_init(&small, size == 0 ? 0 : data[size - 1]);
	strict = tx_decode(&a, &tx, in, &e);
	if (tx_decode_frontier(&a, &tx, in, NULL) == RC_OK) {
		CHECK((strict == RC_OK) == !tx_has_high_s(&tx));
		use(&a, &tx);
	}
	(void)tx_decode(&small, &tx, in, NULL);
	if (tx_take(&small, &tx, &rest, NULL) != RC_OK)
		CHECK(rest.ptr == in.ptr && rest.len == in.len);
	arena_drop(&a);
	arena_drop(&small);
	return 0;
}
