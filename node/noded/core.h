/* SPDX-License-Identifier: Apache-2.0
 *
 * The core thread: owns chain, engine and the signer's socket, and decides.
 * It takes one message or timer at a time and never waits for anybody but
 * the disk and the signer.
 */
#ifndef NODED_CORE_H
#define NODED_CORE_H

#include "base/clock.h"
#include "base/queue.h"
#include "chain/chain.h"
#include "noded/conf.h"
#include "noded/mail.h"
#include "rpc/rpc.h"
#include "signer/signer.h"

/* Events in line: an effect causes at most one, an event eight effects. */
enum { CORE_EVENT_MAX = 16 };

struct core {
	/* set by main before core_run */
	const struct conf *conf;
	const struct clock *clock;
	const struct genesis *genesis;
	struct store *store;
	struct chain *chain;
	struct engine *engine;
	struct signer *signer; /* NULL: this node only follows */
	struct queue *in, *pool;
	/* own */
	uint64_t timer_at_ms; /* wall clock; UINT64_MAX: none */
	uint64_t ticket;      /* of the template that pool lists for */
	struct arena tmpl_arena;
	const struct header *tmpl; /* NULL: nothing under construction */
	struct header built; /* the block under construction, extra: chain's */
	struct engine_event events[CORE_EVENT_MAX];
	size_t event_cnt;
	uint64_t build_until_ms;
	bool has_begun;     /* the first transaction was tried */
	struct mail *drops; /* of this build, NULL: none yet */
	uint64_t idle_since_ms;
	bool has_work, is_stopping;
	/* How far below the head a block is safe, and the largest gas limit of
	 * a new transaction; readers look at them. */
	_Atomic(uint64_t) final_depth, gas_accept;
};

/* core_gas computes what the pool and readers must know of gas, from the
 * head. Thread: core, or before it starts */
struct pool_gas core_gas(struct core *c);

/*
 * core_import takes a foreign block (chain_import) and tells everybody when
 * the head has moved.
 *
 * Errors  as chain_import; RC_IO, RC_CORRUPT: the node must stop
 * Thread  core, between two messages
 */
enum rc core_import(
    struct core *c, struct rpc_imported *out, struct bytes raw, struct err *e);

/*
 * core_run seals and imports until MAIL_STOP, then flushes.
 *
 * Returns  RC_OK, or why the node must stop at once
 * Thread   becomes core
 */
enum rc core_run(struct core *c, struct err *e);

#endif
