/* SPDX-License-Identifier: Apache-2.0
 *
 * The account value, Yellow Paper 4.1: nonce, balance, storage root, code
 * hash; its RLP is what the state trie holds.
 */
#ifndef ETH_ACCOUNT_H
#define ETH_ACCOUNT_H

#include "base/arena.h"
#include "eth/types.h"

struct account {
	uint64_t nonce;
	struct u256 balance;
	struct hash storage_root;
	struct hash code_hash;
};

/* Longest RLP of an account. */
enum { ACCOUNT_RLP_MAX = 112 };

/* account_empty returns the value of an account that was never touched. */
struct account account_empty(void);

/* account_is_empty: nonce 0, balance 0, no code (EIP-161). */
bool account_is_empty(const struct account *acc);

/* account_eq compares all four fields. */
bool account_eq(const struct account *a, const struct account *b);

/* account_encode writes the RLP; returns its length. */
size_t account_encode(uint8_t out[ACCOUNT_RLP_MAX], const struct account *acc);

/* account_decode reads the RLP. Errors as in rlp.h, RC_TRAILING. */
enum rc account_decode(struct account *out, struct bytes in, struct err *e);

#endif
