/* SPDX-License-Identifier: Apache-2.0
 *
 * The io thread: owns every JSON-RPC socket. It cuts documents out of what
 * arrives, hands them to readers, and writes the answers as they come back.
 * A few short ones of a turn it begins itself: with one sender at a time, a
 * hand-over costs as much as the work. It never blocks.
 *
 * Notifications are written behind what waits already. A session that leaves
 * more of them unread than note_max is closed; the others do not notice.
 */
#ifndef NODED_IO_H
#define NODED_IO_H

#include <sys/queue.h>

#include "noded/job.h"
#include "noded/notifier.h"

/* Sessions open at once; more are closed at accept. */
enum { IO_SESSION_MAX = 1024, IO_READER_MAX = 64 };

/* Short documents that io begins itself in one turn. */
enum { IO_HERE_MAX = 8 };

struct io_session;
TAILQ_HEAD(io_sessions, io_session);

struct io {
	/* set by main before io_run */
	const struct routes *routes;
	struct queue *in;
	struct queue *reader[IO_READER_MAX];
	size_t reader_cnt;
	int listen_fd[2];   /* by rpc_source; -1: none */
	struct queue *acks; /* of the notifier, for its messages; or NULL */
	size_t note_max;    /* bytes of notifications that wait for a session
			     * before it is closed */
	/* own */
	int epoll_fd;
	struct io_session *sessions;
	size_t next_reader, job_cnt, session_cnt;
	struct job *here[IO_HERE_MAX]; /* begun in this turn */
	size_t here_cnt;
	struct io_sessions answered; /* in this turn; not yet written */
	struct mail *noted[NOTIFIER_UNDER_WAY_MAX]; /* done in this turn */
	size_t noted_cnt;
	bool is_stopping;
};

/*
 * io_run serves until MAIL_STOP and then until what is under way is
 * answered, at most IO_DRAIN_MS.
 *
 * Thread  becomes io
 */
enum { IO_DRAIN_MS = 3000 };
enum rc io_run(struct io *io, struct err *e);

#endif
