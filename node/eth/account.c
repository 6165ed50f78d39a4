/* SPDX-License-Identifier: Apache-2.0
 *
 * The account value and its RLP. Where accounts are kept is for state, trie
 * and store.
 */
#include "eth/account.h"

#include "base/check.h"
#include "eth/rlp.h"

struct account
account_empty(void)
{
	return (struct account){
	    .storage_root = HASH_EMPTY_TRIE, .code_hash = HASH_EMPTY_CODE};
}

bool
account_is_empty(const struct account *acc)
{
	return acc->nonce == 0 && u256_is_zero(&acc->balance) &&
	       hash_eq(&acc->code_hash, &HASH_EMPTY_CODE);
}

bool
account_eq(const struct account *a, const struct account *b)
{
	return a->nonce == b->nonce && u256_eq(&a->balance, &b->balance) &&
	       hash_eq(&a->storage_root, &b->storage_root) &&
	       hash_eq(&a->code_hash, &b->code_hash);
}

size_t
account_encode(uint8_t out[ACCOUNT_RLP_MAX], const struct account *acc)
{
	struct buf b = buf_of(out, ACCOUNT_RLP_MAX);

	CHECK(rlp_put_list_head(&b,
	    rlp_size_u64(acc->nonce) + rlp_size_u256(&acc->balance) + 33 + 33));
	CHECK(rlp_put_u64(&b, acc->nonce));
	CHECK(rlp_put_u256(&b, &acc->balance));
	CHECK(rlp_put_str(&b, hash_bytes(&acc->storage_root)));
	CHECK(rlp_put_str(&b, hash_bytes(&acc->code_hash)));
	return b.len;
}

enum rc
account_decode(struct account *out, struct bytes in, struct err *e)
{
	struct bytes items;

	TRY(rlp_take_list(&items, &in, e));
	if (in.len > 0)
		return FAIL(
		    e, RC_TRAILING, "%zu bytes behind an account", in.len);
	TRY(rlp_take_u64(&out->nonce, &items, e));
	TRY(rlp_take_u256(&out->balance, &items, e));
	TRY(rlp_take_fixed(out->storage_root.b, 32, &items, e));
	TRY(rlp_take_fixed(out->code_hash.b, 32, &items, e));
	if (items.len > 0)
		return FAIL(e, RC_BAD_INPUT, "account of more than 4 fields");
	return RC_OK;
}
