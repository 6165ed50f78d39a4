/* SPDX-License-Identifier: Apache-2.0
 *
 * The base fee of the next block. It stands here because consensus checks
 * headers with it and exec prices transactions with it.
 */
#ifndef ETH_BASEFEE_H
#define ETH_BASEFEE_H

#include "eth/fork.h"
#include "eth/header.h"

/* EIP-1559: the gas target is the limit divided by the first number, a fee
 * moves by at most one part in the second, and starts at the third. */
enum {
	BASEFEE_ELASTICITY = 2,
	BASEFEE_CHANGE_DENOMINATOR = 8,
	BASEFEE_INITIAL_WEI = 1000000000
};

/*
 * basefee_next computes the base fee of parent's child, which is a London
 * block: EIP-1559's formula, or the fixed fee of the genesis extension.
 *
 * forks  decides whether the parent was a London block
 * Spec   EIP-1559; a result above 2^256-1 is cut to it
 */
void basefee_next(struct u256 *out, const struct fork_plan *forks,
    const struct header *parent);

/*
 * basefee_check tells whether a London block has the base fee that its parent
 * asks for.
 *
 * Errors  RC_BLK_BASE_FEE  with both fees
 * Spec    EIP-1559
 */
enum rc basefee_check(const struct header *h, const struct fork_plan *forks,
    const struct header *parent, struct err *e);

#endif
