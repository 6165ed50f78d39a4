/* SPDX-License-Identifier: Apache-2.0
 *
 * Address text with the EIP-55 checksum, and contract addresses derived from
 * their creator. Key to address is crypto/ec.c.
 */
#include "eth/addr.h"

#include "base/check.h"
#include "base/hex.h"
#include "crypto/keccak.h"
#include "eth/rlp.h"

enum { DIGIT_CNT = 40 };

/* A letter is upper case where the hash of the lower-case text has a nibble
 * of 8 or more. */
char *
addr_text(char out[ADDR_TEXT_MAX], const struct addr *a)
{
	char *digits = out + 2;
	struct hash h;
	unsigned nibble;
	size_t i;

	hex_put0x(out, addr_bytes(a));
	h = hash_keccak(bytes_of(digits, DIGIT_CNT));
	for (i = 0; i < DIGIT_CNT; i++) {
		nibble = i % 2 == 0 ? h.b[i / 2] >> 4 : h.b[i / 2] & 0x0f;
		if (nibble >= 8 && digits[i] >= 'a')
			digits[i] = (char)(digits[i] - 'a' + 'A');
	}
	return out;
}

static bool
is_one_case(struct bytes digits)
{
	bool has_upper = false, has_lower = false;
	size_t i;

	for (i = 0; i < digits.len; i++) {
		has_upper |= digits.ptr[i] >= 'A' && digits.ptr[i] <= 'F';
		has_lower |= digits.ptr[i] >= 'a';
	}
	return !has_upper || !has_lower;
}

enum rc
addr_read(struct addr *out, struct bytes text, bool lax, struct err *e)
{
	char right[ADDR_TEXT_MAX];
	struct bytes digits;
	struct addr a;

	TRY(hex_read_fixed(a.b, sizeof(a.b), text, lax, e));
	digits = bytes_of(text.ptr + text.len - DIGIT_CNT, DIGIT_CNT);
	addr_text(right, &a);
	if (!is_one_case(digits) &&
	    !bytes_eq(digits, bytes_of(right + 2, DIGIT_CNT)))
		return FAIL(e, RC_BAD_INPUT,
		    "address with a wrong checksum, right is %s", right);
	*out = a;
	return RC_OK;
}

static struct addr
low_20(const struct hash *h)
{
	struct addr a;

	memcpy(a.b, h->b + sizeof(h->b) - sizeof(a.b), sizeof(a.b));
	return a;
}

struct addr
addr_create(const struct addr *sender, uint64_t nonce)
{
	uint8_t room[1 + 21 + 9];
	struct buf b = buf_of(room, sizeof(room));
	struct hash h;

	CHECK(rlp_put_list_head(&b, 21 + rlp_size_u64(nonce)));
	CHECK(rlp_put_str(&b, addr_bytes(sender)));
	CHECK(rlp_put_u64(&b, nonce));
	h = hash_keccak(bytes_of_buf(&b));
	return low_20(&h);
}

struct addr
addr_create2(const struct addr *sender, const struct hash *salt,
    const struct hash *init_code_hash)
{
	uint8_t pre[1 + 20 + 32 + 32];
	struct hash h;

	pre[0] = 0xff;
	memcpy(pre + 1, sender->b, 20);
	memcpy(pre + 21, salt->b, 32);
	memcpy(pre + 53, init_code_hash->b, 32);
	h = hash_keccak(bytes_of(pre, sizeof(pre)));
	return low_20(&h);
}
