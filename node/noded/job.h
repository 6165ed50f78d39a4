/* SPDX-License-Identifier: Apache-2.0
 *
 * One JSON-RPC document on its way through the threads: io reads it, a
 * reader begins it, keeper, pool, core and notifier take their turns, and io
 * sends the answer. Whoever holds a job owns it.
 */
#ifndef NODED_JOB_H
#define NODED_JOB_H

#include <sys/queue.h>

#include "noded/mail.h"
#include "rpc/rpc.h"

struct core;
struct evm;
struct pooler;

/* Readers of heavy documents at most, and how far another one goes with code
 * of which it does not know how long it runs: 400,000 gas, ten times what most
 * calls take, which is at most some milliseconds. */
enum { JOB_HEAVY_MAX = 16, JOB_TRY_LOOKS = 4 };

/* struct routes is where jobs go; shared, read-only. */
struct routes {
	const struct rpc_node *node;
	struct queue *pool, *core, *io;
	struct queue *keys; /* of the keeper; NULL: this node has no accounts */
	struct queue *subs; /* of the notifier; NULL: none may subscribe */
	/* Readers of what takes long, apart from those of everything else. */
	struct queue *heavy[JOB_HEAVY_MAX];
	size_t heavy_cnt; /* 0: there are none */
};

/* Jobs under way at once, all sessions together: io stops reading above it,
 * so that no queue between threads is ever full (MAIL_QUEUE_MAX). */
enum { JOB_MAX = 16384 };

TAILQ_HEAD(job_list, job);

struct job {
	struct mail mail;            /* first: a job is a message */
	TAILQ_ENTRY(job) of_session; /* io's */
	uint64_t no;                 /* io's: among the session's documents */
	/* Nobody waits for its answer: set by io alone, whoever has the job
	 * looks at it. */
	_Atomic(bool) is_unwanted;
	const struct routes *routes;
	enum rpc_source source;
	uint32_t session, generation; /* of io */
	struct rpc_doc *doc;
	struct bytes answer; /* when it comes back to io */
	bool is_heavy;       /* a heavy reader is to begin it */
	bool is_begun;       /* rpc_run is over */
	bool is_pool_done, is_core_done, is_finished;
	bool is_subs_done; /* it subscribed, or did the contrary */
};

/*
 * job_new makes a job for a document; text is copied.
 * Returns NULL when memory is short
 */
struct job *job_new(const struct routes *r, enum rpc_source source,
    uint32_t session, uint32_t generation, struct bytes text);
void job_free(struct job *j);

/* job_finish completes the answer, once. Thread: reader or io */
void job_finish(struct job *j);

/* job_is_short reads the question, which must be small: true when job_begin
 * takes no longer than a hand-over. Thread: io */
bool job_is_short(struct job *j);

/* job_begin does a reader's part on its machine (rpc_run). Thread: reader; io,
 * for a short one, with NULL */
void job_begin(struct job *j, struct evm *vm);

/* job_begin_light is job_begin unless the document takes long, or turns out
 * to: then job_next is a heavy reader. Thread: reader that is none */
void job_begin_light(struct job *j, struct evm *vm);

/* job_next is the queue of the thread that the job needs next; job_send_on
 * puts it there. */
struct queue *job_next(const struct job *j);
void job_send_on(struct job *j);

/*
 * job_run_pool does the pool's part.
 *
 * rc       RC_IO: the node must stop
 * Returns  true when the job waits for pool_sync: the caller keeps it and
 *          calls job_send_on after it; else it went on its way
 */
bool job_run_pool(struct job *j, struct pooler *p, uint64_t now_ms, enum rc *rc,
    struct err *e);

/*
 * job_run_core does core's part and sends the job on.
 *
 * has_vote  one was proposed
 * Errors    RC_IO, RC_CORRUPT: the node must stop
 */
enum rc job_run_core(struct job *j, struct core *c, uint64_t now_ms,
    bool *has_vote, struct err *e);

/* job_run_keys does the keeper's part and sends the job on. */
void job_run_keys(struct job *j, const struct rpc_keys *keys);

/* job_run_subs does the notifier's part. */
void job_run_subs(struct job *j, struct rpc_subs *subs);

#endif
