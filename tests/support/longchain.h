/* SPDX-License-Identifier: Apache-2.0
 *
 * A long chain of which few logs are wanted: what bench_longchain writes and
 * bench_logs asks for. Each block has a transfer of one of TOKENS tokens to a
 * holder of its own, RARE_LOGS of them one of the rare token besides.
 */
#ifndef SUPPORT_LONGCHAIN_H
#define SUPPORT_LONGCHAIN_H

#include "eth/types.h"

enum { TOKENS = 1000, RARE_LOGS = 50 };

/* The topic of each log. */
#define LONG_TRANSFER "Transfer(address,address,uint256)"

/* Tokens and topics of their holders, by number, TOKENS being the rare one:
 * both ascend. */
static inline struct addr
long_token(uint32_t i)
{
	struct addr a = {.b = {0xe2}};

	be32_put(a.b + 16, i);
	return a;
}

static inline struct hash
long_holder(uint32_t i)
{
	struct hash h = {.b = {0}};

	be32_put(h.b + 28, i);
	return h;
}

static inline struct hash
long_transfer(void)
{
	return hash_keccak(bytes_of_str(LONG_TRANSFER));
}

#endif
