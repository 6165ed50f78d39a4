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

/* Blobs per block and the price's update fraction (EIP-4844, EIP-7840). */
struct fork_blob {
	uint64_t target, max, fraction;
};

/* struct fork_plan is the "config" object of a genesis file. */
struct fork_plan {
	uint64_t chain_id;
	uint64_t at[FORK_CNT]; /* block number or time; FORK_NEVER */
	bool has_ttd;          /* EIP-3675: no difficulty means Paris */
	struct fork_blob blob[FORK_CNT]; /* rows before CANCUN are zero */
	bool has_deposit_contract;       /* EIP-6110 */
	struct addr deposit_contract;
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

/* fork_plan_none returns a plan in which only Frontier ever activates, with
 * the public blob schedule and no extension. */
struct fork_plan fork_plan_none(void);

/*
 * fork_is_active tells whether f's header and transaction rules hold in the
 * block at (number, time). TIME forks need London as well, as in go-ethereum.
 */
bool fork_is_active(
    const struct fork_plan *p, enum fork f, uint64_t number, uint64_t time);

/* fork_at returns the newest fork whose rules hold, by position in fork.def. */
enum fork fork_at(const struct fork_plan *p, uint64_t number, uint64_t time);

/* fork_evm_at is fork_at for opcodes and gas: evm_fork where that is newer. */
enum fork fork_evm_at(
    const struct fork_plan *p, uint64_t number, uint64_t time);

/* fork_blob_at returns the blob schedule in force, NULL before Cancun. */
const struct fork_blob *fork_blob_at(
    const struct fork_plan *p, uint64_t number, uint64_t time);

/* fork_find looks a fork up by its name in any case ("prague"). */
bool fork_find(enum fork *out, struct bytes name);

/* fork_name and fork_key return the row's texts, static storage. */
const char *fork_name(enum fork f);
const char *fork_key(enum fork f);

/* fork_is_time tells whether f is activated by timestamp. */
bool fork_is_time(enum fork f);

#endif
