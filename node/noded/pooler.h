/* SPDX-License-Identifier: Apache-2.0
 *
 * The pool thread: owns the pool and its log. It takes what waits, inserts
 * it, syncs once, and only then lets the answers go: while one sync runs the
 * next batch gathers, so that many senders share each.
 */
#ifndef NODED_POOLER_H
#define NODED_POOLER_H

#include "base/clock.h"
#include "base/queue.h"
#include "noded/conf.h"
#include "noded/notifier.h"
#include "pool/pool.h"
#include "store/store.h"

struct pooler {
	/* set by main before pooler_run */
	const struct clock *clock;
	struct store *store;
	struct pool *pool;
	struct store_view *view; /* of this turn */
	struct queue *in, *core;
	struct notifier *notifier; /* that listens to pool; or NULL */
	struct u256 base_fee;      /* of the next block */
	struct pool_gas gas;       /* of blocks from now on */
	/* own */
	bool has_told_work; /* core knows, and nothing came of it yet */
	bool is_stuck;      /* core knows and could not mine any of it */
	uint64_t stuck_at;  /* what the pool had taken in by then */
	bool needs_sync;    /* of what is no job's */
	bool is_stopping;
};

/* pooler_view returns how the pool reads accounts: on p->view. */
struct pool_view pooler_view(struct pooler *p);

/*
 * pooler_run serves until MAIL_STOP.
 *
 * Returns  RC_OK, or why the node must stop at once and acknowledge nothing
 * Thread   becomes pool
 */
enum rc pooler_run(struct pooler *p, struct err *e);

#endif
