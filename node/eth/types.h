/* SPDX-License-Identifier: Apache-2.0
 *
 * The fixed-size values of the protocol, one struct each so that the
 * compiler keeps them apart.
 */
#ifndef ETH_TYPES_H
#define ETH_TYPES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "base/u256.h"

struct addr {
	uint8_t b[20];
};

struct hash {
	uint8_t b[32];
};

struct bloom {
	uint8_t b[256];
};

/* Keccak-256 of nothing: the code hash of an account without code. */
extern const struct hash HASH_EMPTY_CODE;
/* Keccak-256 of the RLP of the empty string: the root of an empty trie. */
extern const struct hash HASH_EMPTY_TRIE;
/* Keccak-256 of the RLP of the empty list: the ommers hash without ommers. */
extern const struct hash HASH_EMPTY_LIST;
/* SHA-256 of nothing: the requests hash of a block without requests
 * (EIP-7685). */
extern const struct hash HASH_EMPTY_REQUESTS;

/* addr_eq compares two addresses. */
static inline bool
addr_eq(const struct addr *a, const struct addr *b)
{
	return !memcmp(a->b, b->b, sizeof(a->b));
}

/* addr_is_zero tells whether a is the zero address. */
static inline bool
addr_is_zero(const struct addr *a)
{
	static const struct addr zero;

	return addr_eq(a, &zero);
}

/* hash_eq compares two hashes; not for secrets. */
static inline bool
hash_eq(const struct hash *a, const struct hash *b)
{
	return !memcmp(a->b, b->b, sizeof(a->b));
}

/* hash_is_zero tells whether a is all zero. */
static inline bool
hash_is_zero(const struct hash *a)
{
	static const struct hash zero;

	return hash_eq(a, &zero);
}

/* addr_bytes views an address. */
static inline struct bytes
addr_bytes(const struct addr *a)
{
	return bytes_of(a->b, sizeof(a->b));
}

/* hash_bytes views a hash. */
static inline struct bytes
hash_bytes(const struct hash *h)
{
	return bytes_of(h->b, sizeof(h->b));
}

/* hash_keccak hashes in with Keccak-256. */
struct hash hash_keccak(struct bytes in);

/* hash_keccak_many hashes cnt messages, several at a time where the processor
 * can: best with messages of about one length. */
void hash_keccak_many(struct hash *out, const struct bytes *in, size_t cnt);

#endif
