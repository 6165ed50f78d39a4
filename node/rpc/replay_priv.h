/* SPDX-License-Identifier: Apache-2.0
 *
 * A stored block executed anew, for those who want to look at it.
 */
#ifndef RPC_REPLAY_PRIV_H
#define RPC_REPLAY_PRIV_H

#include "chain/chain.h"
#include "exec/exec.h"
#include "rpc/rpc_priv.h"
#include "tracer/tracer.h"

/* struct rpc_replay is a block between two of its transactions. It lives as
 * long as the call, and stays where it was opened. */
struct rpc_replay {
	struct arena *arena; /* the call's */
	struct rpc_doc *doc;
	struct rpc_block block;
	struct rpc_body body;
	struct chain_link link; /* the parent's state */
	struct state_source source;
	struct state *st;
	struct exec_env env;
	struct bytes rest; /* transactions not yet decoded */
	size_t index;      /* of the next to run */
	uint64_t gas_left, gas_used;
	struct tx tx; /* after rpc_replay_next */
	struct addr sender;
};

/*
 * rpc_replay_open gets ready for the block's first transaction.
 *
 * Errors  RC_NOT_FOUND  "genesis is not traceable"; the parent is off the
 *                       chain, or its state no longer kept: the text names
 *                       the oldest block whose state is
 *         those of the store and of execution
 */
enum rc rpc_replay_open(struct rpc_call *c, struct rpc_replay *r,
    const struct rpc_block *b, struct err *e);

/*
 * rpc_replay_to runs the transactions before index.
 *
 * Errors  RC_NOT_FOUND  the block has not so many
 *         those of rpc_doc_check and rpc_replay_run
 */
enum rc rpc_replay_to(struct rpc_replay *r, uint64_t index, struct err *e);

/* rpc_replay_next decodes the next transaction; there is one. */
enum rc rpc_replay_next(struct rpc_replay *r, struct err *e);

/* rpc_replay_run executes it; with a tracer, which may be NULL, what it does
 * goes to w. Errors as rpc_replay_open, and tracer_run_tx's. */
enum rc rpc_replay_run(
    struct rpc_replay *r, struct tracer *t, struct jsonw *w, struct err *e);

#endif
