/* SPDX-License-Identifier: Apache-2.0
 *
 * Log blooms, Yellow Paper 4.4.1 equation M3:2048.
 */
#ifndef ETH_BLOOM_H
#define ETH_BLOOM_H

#include "eth/receipt.h"

/* bloom_add adds an address or topic. */
void bloom_add(struct bloom *b, struct bytes item);

/* bloom_add_log adds a log's address and topics. */
void bloom_add_log(struct bloom *b, const struct log_entry *l);

/* bloom_or adds all of other. */
void bloom_or(struct bloom *b, const struct bloom *other);

/* bloom_may_have tells whether item may have been added. */
bool bloom_may_have(const struct bloom *b, struct bytes item);

/* struct bloom_key is the three bits of an item: for whoever asks many blooms
 * for the same item, its hash is computed once. */
struct bloom_key {
	uint16_t bit[3];
};
struct bloom_key bloom_key_of(struct bytes item);
bool bloom_has_key(const struct bloom *b, const struct bloom_key *key);

#endif
