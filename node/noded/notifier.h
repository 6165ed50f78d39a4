/* SPDX-License-Identifier: Apache-2.0
 *
 * The notifier thread: owns the registry of subscriptions. It takes blocks
 * from core, executable transactions from pool and the turns of jobs that
 * subscribe; what each connection is to be told goes to io, a bounded number
 * of messages at a time, each of which io gives back when it is done with it.
 *
 * Nobody waits for it. Core and pool drop their news when NOTIFIER_NEWS_MAX
 * bytes wait already; then all connections with subscriptions are closed,
 * since a gap that is not told would be a lie: they come back and ask.
 */
#ifndef NODED_NOTIFIER_H
#define NODED_NOTIFIER_H

#include "base/queue.h"
#include "chain/chain.h"
#include "noded/mail.h"
#include "rpc/subs.h"

/*
 * Bytes of news that wait: sixty full blocks of logs. Bytes of notifications
 * in one message to io, which takes it as one piece of work, and how many
 * such are under way. Transactions of one turn of the pool.
 */
enum {
	NOTIFIER_NEWS_MAX = 256 * 1024 * 1024,
	NOTIFIER_NOTES_BYTES = 1024 * 1024,
	NOTIFIER_UNDER_WAY_MAX = 4,
	NOTIFIER_READY_MAX = 65536
};

struct notifier {
	/* set by notifier_open */
	struct queue *in, *io;
	struct queue *acks; /* messages that io is done with */
	struct rpc_subs *subs;
	/* of all threads */
	_Atomic(size_t) sub_cnt;    /* nobody listens: nothing is sent */
	_Atomic(size_t) news_bytes; /* that wait */
	_Atomic(bool) is_lost;      /* news was dropped */
	/* pool's */
	struct mail *ready; /* of this turn, NULL: nothing yet */
	/* own */
	struct mail *notes; /* being filled, NULL: nothing yet */
	size_t notes_bytes, under_way_cnt;
	bool is_stopping, is_io_gone;
};

/*
 * notifier_open makes registry and acks.
 *
 * in, io  its own queue and io's
 * Errors  RC_NO_MEMORY
 */
enum rc notifier_open(struct notifier *n, struct queue *in, struct queue *io,
    const struct rpc_subs_conf *conf, struct err *e);
void notifier_close(struct notifier *n);

/* notifier_on_change is a chain_change_fn: ctx is the notifier. Thread: core */
void notifier_on_change(void *ctx, const struct chain_change *change);

/* notifier_on_ready is a pool_ready_fn: ctx is the notifier.
 * notifier_send_ready sends what it was given since the last time, and is
 * called after pool_sync. Thread: pool */
void notifier_on_ready(void *ctx, struct pool_tx *t);
void notifier_send_ready(struct notifier *n);

/* notifier_io_gone tells that io has ended: nothing is given back any more. */
void notifier_io_gone(struct notifier *n);

/* notifier_run serves until MAIL_STOP. Thread: becomes notifier */
void notifier_run(struct notifier *n);

#endif
