/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_call and eth_estimateGas on a state that is thrown away afterwards.
 */
#ifndef EXEC_CALL_H
#define EXEC_CALL_H

#include "exec/exec.h"

struct exec_call {
	struct addr from, to;
	bool is_create, has_gas_price;
	uint64_t gas;
	struct u256 gas_price, value;
	struct bytes data;
};

struct exec_outcome {
	bool is_success;
	uint64_t gas_used;
	struct bytes output;
};

/* exec_call_run runs a call. Errors RC_TX_FUNDS, RC_EVM_NONE, ... */
enum rc exec_call_run(struct arena *a, struct exec_outcome *out,
    struct state *st, const struct exec_env *env, const struct exec_call *c,
    struct err *e);

/* exec_estimate finds the least gas with which a call succeeds. */
enum rc exec_estimate(struct arena *a, uint64_t *gas, struct state_source *src,
    const struct exec_env *env, const struct exec_call *c, uint64_t gas_max,
    struct err *e);

#endif
