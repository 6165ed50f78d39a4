/* SPDX-License-Identifier: Apache-2.0
 *
 * Account: a byte of nonce length, HAS_STORAGE and HAS_CODE; a byte of
 * balance length; nonce; balance; storage root and code hash where they are
 * not those of an empty account. Lengths count bytes without leading zeros.
 */
#include "store/value_priv.h"

#include <string.h>

enum { NONCE_LEN = 0x0f, HAS_STORAGE = 0x10, HAS_CODE = 0x20, NO_FLAG = 0xc0 };

size_t
value_put_u256(uint8_t out[VALUE_SLOT_MAX], const struct u256 *v)
{
	size_t len = (u256_bits(v) + 7) / 8;
	uint8_t be[32];

	u256_to_be(be, v);
	memcpy(out, be + 32 - len, len);
	return len;
}

enum rc
value_u256(struct u256 *out, struct bytes in, struct err *e)
{
	if (in.len > VALUE_SLOT_MAX || (in.len > 0 && in.ptr[0] == 0))
		return FAIL(
		    e, RC_CORRUPT, "a stored number of %zu bytes", in.len);
	u256_from_be(out, in);
	return RC_OK;
}

static size_t
put_hash(uint8_t *out, const struct hash *h, const struct hash *usual)
{
	if (hash_eq(h, usual))
		return 0;
	memcpy(out, h->b, sizeof(h->b));
	return sizeof(h->b);
}

size_t
value_put_account(uint8_t out[VALUE_ACCOUNT_MAX], const struct account *acc)
{
	struct u256 nonce = u256_from_u64(acc->nonce);
	size_t len = 2, n;

	n = value_put_u256(out + len, &nonce);
	out[0] = (uint8_t)n;
	len += n;
	n = value_put_u256(out + len, &acc->balance);
	out[1] = (uint8_t)n;
	len += n;
	n = put_hash(out + len, &acc->storage_root, &HASH_EMPTY_TRIE);
	out[0] |= n > 0 ? HAS_STORAGE : 0;
	len += n;
	n = put_hash(out + len, &acc->code_hash, &HASH_EMPTY_CODE);
	out[0] |= n > 0 ? HAS_CODE : 0;
	return len + n;
}

static bool
take_u256(struct u256 *out, struct bytes *in, size_t len)
{
	struct bytes b;

	return bytes_take(&b, in, len) && value_u256(out, b, NULL) == RC_OK;
}

static bool
take_hash(
    struct hash *out, struct bytes *in, bool is_there, const struct hash *usual)
{
	struct bytes b;

	*out = *usual;
	if (!is_there)
		return true;
	if (!bytes_take(&b, in, sizeof(out->b)))
		return false;
	memcpy(out->b, b.ptr, sizeof(out->b));
	return true;
}

enum rc
value_account(struct account *out, struct bytes in, struct err *e)
{
	size_t total = in.len;
	struct u256 nonce;
	struct bytes head;
	bool is_good;

	is_good = bytes_take(&head, &in, 2) && (head.ptr[0] & NO_FLAG) == 0 &&
		  take_u256(&nonce, &in, head.ptr[0] & NONCE_LEN) &&
		  u256_is_u64(&nonce) &&
		  take_u256(&out->balance, &in, head.ptr[1]) &&
		  take_hash(&out->storage_root, &in, head.ptr[0] & HAS_STORAGE,
		      &HASH_EMPTY_TRIE) &&
		  take_hash(&out->code_hash, &in, head.ptr[0] & HAS_CODE,
		      &HASH_EMPTY_CODE) &&
		  in.len == 0;
	if (!is_good)
		return FAIL(
		    e, RC_CORRUPT, "a stored account of %zu bytes", total);
	out->nonce = nonce.w[0];
	return RC_OK;
}
