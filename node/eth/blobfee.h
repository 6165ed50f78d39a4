/* SPDX-License-Identifier: Apache-2.0
 *
 * Blob gas: its price and how a block's excess follows from its parent's.
 * It stands here because headers are checked with it and transactions priced.
 */
#ifndef ETH_BLOBFEE_H
#define ETH_BLOBFEE_H

#include "eth/fork.h"
#include "eth/header.h"

/* EIP-4844: least price in wei. EIP-7918: execution gas that a blob is worth
 * at least. */
enum { BLOBFEE_MIN_WEI = 1, BLOBFEE_BASE_COST = 1 << 13 };

/*
 * blobfee_price computes the price of one unit of blob gas.
 *
 * fraction  how slowly the price moves, of the schedule in force; not 0
 * Spec      EIP-4844 get_base_fee_per_blob_gas; a result above 2^256-1 is
 *           cut to it
 */
void blobfee_price(struct u256 *out, uint64_t excess, uint64_t fraction);

/* blobfee_of computes the blob gas price of a block: 0 before Cancun. */
void blobfee_of(
    struct u256 *out, const struct fork_plan *forks, const struct header *h);

/*
 * blobfee_next_excess computes the excess blob gas of parent's child, a
 * Cancun block at (number, time).
 *
 * Spec  EIP-4844, EIP-7691, EIP-7918 from Osaka on
 */
uint64_t blobfee_next_excess(const struct fork_plan *forks,
    const struct header *parent, uint64_t number, uint64_t time);

#endif
