/* SPDX-License-Identifier: Apache-2.0
 *
 * Which rules hold at which block: one row per fork in fork.def.
 */
#ifndef ETH_FORK_H
#define ETH_FORK_H

#include <stdbool.h>
#include <stdint.h>

#include "eth/types.h"

enum fork {
#define FORK(name, kind, key, spec) FORK_##name,
#include "eth/fork.def"
#undef FORK
	FORK_CNT
};

/* A fork that never activates. */
#define FORK_NEVER UINT64_MAX

/* struct fork_plan is the "config" object of a genesis file. */
struct fork_plan {
	uint64_t chain_id;
	uint64_t at[FORK_CNT]; /* block number or time; FORK_NEVER */
	/*
	 * Extensions of ours under the key "sekisho". evm_fork: opcodes and
	 * gas run at least these rules from block 0 while header and
	 * transaction rules follow at[] (FORK_FRONTIER: no extension).
	 * fixed_base_fee: the base fee of every London block instead of
	 * EIP-1559's formula.
	 */
	enum fork evm_fork;
	bool has_fixed_base_fee;
	struct u256 fixed_base_fee;
};

/* fork_is_active tells whether f's rules hold in the block at (number, time). */
bool fork_is_active(const struct fork_plan *p, enum fork f, uint64_t number,
    uint64_t time);

/* fork_at returns the newest fork whose rules hold, by position in fork.def. */
enum fork fork_at(const struct fork_plan *p, uint64_t number, uint64_t time);

/* fork_name and fork_key return the row's texts, static storage. */
const char *fork_name(enum fork f);
const char *fork_key(enum fork f);

/* fork_is_time tells whether f is activated by timestamp. */
bool fork_is_time(enum fork f);

#endif
