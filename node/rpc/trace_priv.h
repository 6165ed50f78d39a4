/* SPDX-License-Identifier: Apache-2.0
 *
 * The object that tells debug_trace methods what is traced, and for how long.
 */
#ifndef RPC_TRACE_PRIV_H
#define RPC_TRACE_PRIV_H

#include "rpc/rpc_priv.h"
#include "tracer/tracer.h"

/* How long a trace may take without a word about it, as go-ethereum; and at
 * most: a view of the store is held meanwhile. */
enum { RPC_TRACE_MS = 5000, RPC_TRACE_MS_MAX = 60000 };

/* struct rpc_trace_conf is the object's content. */
struct rpc_trace_conf {
	struct tracer_conf form;
	uint64_t timeout_ms;
	/* Of debug_traceCall: before which transaction, on what instead. */
	bool has_tx_index;
	uint64_t tx_index;
	const struct rpc_json *state_overrides, *block_overrides; /* or NULL */
};

/*
 * rpc_trace_read reads the object; NULL and null are all defaults. Members
 * that nobody knows are passed over, as go-ethereum does it.
 *
 * Errors  RC_BAD_INPUT    names the member
 *         RC_UNSUPPORTED  another tracer, other rules
 */
enum rc rpc_trace_read(
    struct rpc_trace_conf *out, const struct rpc_json *v, struct err *e);

/* rpc_trace_as traces the mined transaction that argument 0 names in a form
 * of which nothing can be chosen. Errors those of debug_traceTransaction. */
enum rc rpc_trace_as(struct rpc_call *c, enum tracer_form as, struct err *e);

#endif
