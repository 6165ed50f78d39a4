/* SPDX-License-Identifier: Apache-2.0
 *
 * The fork id (EIP-2124, and EIP-6122 for forks by time): in four bytes which
 * genesis and which forks a chain has behind it, and which comes next.
 */
#ifndef ETH_FORKID_H
#define ETH_FORKID_H

#include "eth/fork.h"

enum { FORK_HASH_LEN = 4 };

struct fork_id {
	uint8_t hash[FORK_HASH_LEN]; /* CRC-32 */
	uint64_t next;               /* block or time; 0: none is known */
};

/*
 * fork_id_at tells the id of a chain whose head is the block at (number,
 * time). Extensions of ours do not count: other engines do not know them.
 *
 * genesis, genesis_time  the hash and the time of block 0: forks by time up to
 *                        it are no forks
 */
struct fork_id fork_id_at(const struct fork_plan *p, const struct hash *genesis,
    uint64_t genesis_time, uint64_t number, uint64_t time);

#endif
