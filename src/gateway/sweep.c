/* SPDX-License-Identifier: Apache-2.0
 *
 * Deadlines and least rates of all connections, both directions (reliability
 * H11, H12), and memory behind a crowd. One walk over all of them every tenth
 * of a second costs less than a timer for each.
 */
#include <linux/tcp.h>
#include <malloc.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "gateway/entry.h"
#include "gateway/worker.h"
#include "gateway/ws.h"

enum {
	SWEEP_MS = 100,
	/* A rate is not judged before this, relative to the whole time. */
	GRACE_DIVISOR = 3,
	/* Connections that are worth tidying up behind. */
	CROWD_MIN = 128,
};

void
sweep_cut(struct conn *c, enum gw_stat why)
{
	worker_stat(why, 1);
	conn_close(c);
}

/* too_slow: after a third of the time allowed, the average counts. */
static bool
too_slow(const struct conn *c, uint64_t age_ms, uint64_t whole_ms)
{
	if (age_ms < whole_ms / GRACE_DIVISOR)
		return false;
	return c->moved * 1000 < gw_worker->conf->min_rate * age_ms;
}

static void
sweep_head(struct conn *c, uint64_t age_ms)
{
	const struct gw_conf *f = gw_worker->conf;

	if (c->in_len > 0) {
		if (age_ms < f->head_ms)
			return;
		worker_stat(STAT_CUT_HEAD, 1);
		entry_malformed(c, 408);
		conn_run(c);
	} else if (age_ms >= (c->req_cnt == 0 ? f->head_ms : f->idle_ms)) {
		sweep_cut(c, STAT_CUT_IDLE);
	} else if (age_ms >= CONN_RELEASE_MS && c->in != NULL) {
		conn_release(c);
	}
}

static void
sweep_body(struct conn *c, uint64_t age_ms, uint64_t still_ms)
{
	const struct gw_conf *f = gw_worker->conf;

	if (age_ms < f->body_ms && still_ms < f->body_stall_ms &&
	    !too_slow(c, age_ms, f->body_ms))
		return;
	worker_stat(STAT_CUT_BODY, 1);
	entry_body_bad(c, 408);
	conn_run(c);
}

/* read_tcp asks how many bytes the client's kernel has confirmed; what we
 * have written may still lie in ours. */
static struct tcp_info
read_tcp(const struct conn *c)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	(void)getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return info;
}

/*
 * forgive ends the watch on a client that has taken everything. It does not
 * end with an answer: who asks for many short ones and reads none has each
 * of them wait only for a moment, and would hold the connection for ever.
 */
static void
forgive(struct conn *c)
{
	struct tcp_info info;

	if (c->judged_ms == 0)
		return;
	info = read_tcp(c);
	if (info.tcpi_notsent_bytes == 0 && info.tcpi_unacked == 0)
		c->judged_ms = 0;
}

/* reads_slowly judges the rate of each third of the time allowed. */
static bool
reads_slowly(struct conn *c, uint64_t now_ms)
{
	const struct gw_conf *f = gw_worker->conf;
	uint64_t since_ms = now_ms - c->judged_ms, arrived, before;

	if (c->judged_ms != 0 && since_ms < f->send_ms / GRACE_DIVISOR)
		return false;
	arrived = read_tcp(c).tcpi_bytes_acked;
	before = c->judged_acked;
	c->judged_acked = arrived;
	if (c->judged_ms == 0) {
		c->judged_ms = now_ms;
		return false;
	}
	c->judged_ms = now_ms;
	return (arrived - before) * 1000 < f->min_rate * since_ms;
}

static void
sweep_send(struct conn *c, uint64_t now_ms, uint64_t age_ms, uint64_t still_ms)
{
	const struct gw_conf *f = gw_worker->conf;
	const struct linger reset = {.l_onoff = 1, .l_linger = 0};
	uint64_t len = c->out_len + c->tail_len;
	uint64_t whole_ms = f->send_ms + len * 1000 / (f->min_rate * 32);

	if (age_ms < whole_ms && still_ms < f->send_stall_ms &&
	    !reads_slowly(c, now_ms))
		return;
	/* What the client does not read must not stay in the kernel. */
	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	sweep_cut(c, STAT_CUT_SEND);
}

static void
sweep_one(struct conn *c, uint64_t now_ms)
{
	const struct gw_conf *f = gw_worker->conf;
	uint64_t age_ms = now_ms > c->since_ms ? now_ms - c->since_ms : 0;
	uint64_t still_ms = now_ms > c->moved_ms ? now_ms - c->moved_ms : 0;

	if (c->state != CONN_SEND)
		forgive(c);
	switch (c->state) {
	case CONN_SHAKE:
		if (age_ms >= f->handshake_ms)
			sweep_cut(c, STAT_CUT_HANDSHAKE);
		break;
	case CONN_HEAD:
		sweep_head(c, age_ms);
		break;
	case CONN_BODY:
		sweep_body(c, age_ms, still_ms);
		break;
	case CONN_OPEN:
		ws_sweep(c, now_ms);
		break;
	case CONN_WORK:
		if (age_ms < f->work_ms)
			break;
		worker_stat(STAT_CUT_WORK, 1);
		entry_expire(c->txn);
		break;
	case CONN_SEND:
		sweep_send(c, now_ms, age_ms, still_ms);
		break;
	case CONN_LINGER:
		if (age_ms >= CONN_LINGER_MS ||
		    still_ms >= CONN_LINGER_STILL_MS)
			conn_close(c);
		break;
	case CONN_CLOSED:
		break;
	}
}

/* give_back returns memory behind a crowd that has gone: the library keeps
 * what lies below anything that is still in use. */
static void
give_back(struct gw_worker *w)
{
	if (w->conn_cnt > w->conn_peak)
		w->conn_peak = w->conn_cnt;
	if (w->conn_peak < CROWD_MIN || w->conn_cnt > w->conn_peak / 4)
		return;
	w->conn_peak = w->conn_cnt;
	(void)malloc_trim(0);
}

static void
sweep(void *arg)
{
	struct gw_worker *w = gw_worker;
	uint64_t now_ms = worker_now_ms();
	struct conn *c, *next;

	(void)arg;
	/* A connection that becomes idle moves to the end of the list and may
	 * be seen twice; a closed one moves to another list, so what comes
	 * next is taken down first and everything closed stays allocated. */
	for (c = TAILQ_FIRST(&w->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, list);
		sweep_one(c, now_ms);
	}
	give_back(w);
	timer_set(&w->timers, &w->sweep, now_ms + SWEEP_MS, sweep, NULL);
}

void
sweep_start(void)
{
	sweep(NULL);
}
