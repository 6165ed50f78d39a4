/* SPDX-License-Identifier: Apache-2.0
 *
 * Header rules that do not depend on who seals: gas and base fee.
 */
#ifndef CONSENSUS_RULES_PRIV_H
#define CONSENSUS_RULES_PRIV_H

#include "eth/fork.h"
#include "eth/header.h"

/* Bounds of a gas limit: go-ethereum's params.MinGasLimit and MaxGasLimit. */
#define RULES_GAS_LIMIT_MIN UINT64_C(5000)
#define RULES_GAS_LIMIT_MAX (UINT64_MAX >> 1)

/* A gas limit moves by less than its parent's part in this (YP 4.4.4). */
enum { RULES_GAS_BOUND_DIVISOR = 1024 };

/* rules_link checks that parent is h's parent: RC_BLK_PARENT. parent may be
 * NULL. */
enum rc rules_link(
    const struct header *h, const struct header *parent, struct err *e);

/*
 * rules_gas checks gas used, the gas limit's step and the base fee.
 *
 * forks   NULL: whether h is a London block is taken from its fields, and
 *         its base fee is not checked
 * Errors  RC_BLK_GAS_USED, RC_BLK_GAS_LIMIT, RC_BLK_BASE_FEE
 */
enum rc rules_gas(const struct header *h, const struct header *parent,
    const struct fork_plan *forks, struct err *e);

/* rules_gas_limit_aim is where blocks with this target end up. */
uint64_t rules_gas_limit_aim(uint64_t target);

/* rules_gas_limit_next moves the parent's limit towards target as far as
 * rules_gas allows. */
uint64_t rules_gas_limit_next(const struct header *parent, bool is_london,
    bool is_parent_london, uint64_t target);

#endif
