/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a worker: what Kore calls when one has started, in each turn
 * of its event loop, and when it has to stop.
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"
#include "base/prio.h"
#include "crypto/rng.h"
#include "gateway/clientcert.h"
#include "gateway/control.h"
#include "gateway/drive.h"
#include "gateway/feeds.h"
#include "gateway/files.h"
#include "gateway/routes.h"
#include "gateway/signals.h"
#include "gateway/stats.h"
#include "gateway/tls.h"
#include "gateway/worker.h"
#include "gateway/ws.h"
#include "http/creds.h"

enum {
	/* A worker that dies at once is not started again at once. */
	RESTART_PAUSE_MS = 500,
	/* Timers beside one for each request and two for each connection to
	 * a node. */
	TIMERS_MORE = 256,
	MALLOC_MAP_MIN = 256 * 1024,
	SQL_RULES_MAX = 1024 * 1024,
	MALLOC_KEEP_MAX = 1024 * 1024,
};

struct gw_worker *gw_worker;

static uint64_t
read_us(clockid_t id)
{
	struct timespec t;

	CHECK(clock_gettime(id, &t) == 0);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t
worker_read_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

void
worker_tick(void)
{
	gw_worker->tick_us = worker_read_us();
	gw_worker->world.mono_ms = gw_worker->tick_us / 1000;
}

const char *
worker_date(void)
{
	struct gw_worker *w = gw_worker;
	uint64_t now_us = worker_wall_us(w->tick_us);
	time_t now;
	struct tm tm;

	if (now_us / 1000000 == w->date_unix)
		return w->date;
	w->date_unix = now_us / 1000000;
	now = (time_t)w->date_unix;
	(void)gmtime_r(&now, &tm);
	(void)strftime(
	    w->date, sizeof(w->date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	return w->date;
}

const char *
worker_next_id(void)
{
	static const char hex[] = "0123456789abcdef";
	struct gw_worker *w = gw_worker;
	uint64_t v = w->id_next++;
	unsigned i;

	for (i = 16; i-- > 0; v >>= 4)
		w->id[i] = hex[v & 15];
	w->id[16] = '\0';
	return w->id;
}

/* --- listening --- */

void
worker_listen(void)
{
	struct gw_worker *w = gw_worker;
	size_t i;

	for (i = 0; i < w->listener_cnt && !w->is_draining; i++) {
		struct listen_event *l = &w->listeners[i];

		if (l->is_on || (l->listener->is_tls && w->tls == NULL))
			continue;
		l->is_on = true;
		kore_platform_event_schedule(l->fd, EPOLLIN, 0, l);
	}
}

void
worker_deafen(void)
{
	struct gw_worker *w = gw_worker;
	size_t i;

	for (i = 0; i < w->listener_cnt; i++) {
		if (!w->listeners[i].is_on)
			continue;
		w->listeners[i].is_on = false;
		kore_platform_disable_read(w->listeners[i].fd);
	}
}

static void
set_listeners(struct gw_worker *w)
{
	struct gw_process *p = w->process;
	size_t i;

	w->listener_cnt = p->listeners.cnt;
	for (i = 0; i < w->listener_cnt; i++) {
		struct listen_event *l = &w->listeners[i];

		l->evt.type = KORE_TYPE_LISTENER;
		l->evt.handle = conn_accept;
		l->fd = p->listeners.fds[i][w->index];
		l->listener = &p->conf->listeners[i];
	}
}

/* --- configuration --- */

static void
say(void *ctx, const char *file, unsigned line, const char *text)
{
	(void)ctx;
	log_error("gateway", "%s:%u: %s", file, line, text);
}

/* take_conf swaps in the configuration that the parent has published. */
static bool
take_conf(struct gw_worker *w)
{
	const struct gw_conf_say to_log = {say, NULL};
	uint64_t version = w->conf_version;
	struct gw_conf *fresh;
	struct client_trust *trust = NULL;
	struct unpacked more;
	struct err e = {0};
	struct bytes blob;
	enum rc rc;

	if (!shm_fetch(w->process->shm, &version, &blob))
		return false;
	rc = files_unpack(
	    &fresh, &more, w->process->conf_file, blob, &to_log, &e);
	if (rc == RC_OK && more.client_ca.ptr != NULL)
		rc = client_trust_read(
		    &trust, more.client_ca, more.client_crl, &e);
	if (rc != RC_OK)
		gw_conf_drop(fresh);
	explicit_bzero((void *)(uintptr_t)blob.ptr, blob.len);
	mem_free((void *)(uintptr_t)blob.ptr);
	w->conf_version = version;
	if (rc != RC_OK) {
		log_error("gateway", "configuration not taken: %s",
		    err_message(&e, rc));
		return false;
	}
	gw_conf_drop(w->conf);
	w->conf = fresh;
	fresh->no = version;
	gw_tally_assign(fresh, &w->process->shm->tally_names);
	w->db_password = more.db_password;
	tls_set_trust(trust);
	return true;
}

/* --- the parent's end --- */

/* take_countries swaps the table between two turns: nobody keeps a row. */
static void
take_countries(struct gw_worker *w, int fd)
{
	w->world.geo = country_take(&w->countries, fd);
	worker_stat(STAT_COUNTRIES, 1);
}

static void
on_control(void *arg, int error)
{
	struct gw_worker *w = gw_worker;
	enum control_kind kind;
	int fd;

	(void)arg;
	(void)error;
	worker_tick();
	while (
	    (fd = control_take(w->process->control[w->index][1], &kind)) >= 0) {
		if (kind == CONTROL_COUNTRIES)
			take_countries(w, fd);
		else
			accesslog_swap(&w->log, fd);
	}
}

/* --- start --- */

static bool
expose(struct arena *a, struct bytes *out)
{
	struct gw_process *p = gw_worker->process;

	return stats_expose(a, out, p->shm, p->worker_cnt, p->conf);
}

static void
set_world(struct gw_worker *w)
{
	static struct arena rules; /* as long as the worker */

	w->world.routes = gw_routes(&w->world.route_cnt);
	w->world.creds = gw_creds_new();
	shm_lend(&w->world, w->process->shm);
	w->world.wants_db = w->db != NULL;
	w->world.metrics = expose;
	arena_init(&rules, SQL_RULES_MAX);
	w->world.sql_rules = gw_sql_rules_make(&rules);
	CHECK(w->world.creds != NULL && w->world.sql_rules != NULL);
}

/* What the worker before this one left behind in the shared memory. */
static void
clear_shm(struct gw_worker *w)
{
	static const enum gw_stat gauges[] = {STAT_CONN_OPEN, STAT_REQ_OPEN,
	    STAT_NODE_UP, STAT_DB_UP, STAT_PASSWORD_WAIT};
	struct timespec pause = {.tv_nsec = RESTART_PAUSE_MS * 1000000L};
	uint64_t now = worker_now_ms();
	size_t i;

	if (w->shm->start_ms != 0 && now - w->shm->start_ms < RESTART_PAUSE_MS)
		(void)nanosleep(&pause, NULL);
	w->shm->start_ms = now;
	w->shm->turn_ms = w->shm->shown = 0;
	for (i = 0; i < ARRAY_CNT(gauges); i++)
		w->shm->stats[gauges[i]] = 0;
	for (i = 0; i < SHM_ADDR_MAX; i++)
		if (w->shm->addrs[i].digest != 0) {
			w->shm->addrs[i].digest = 0;
			w->shm->addrs[i].conn_cnt = 0;
		}
	worker_stat(STAT_STARTS, 1);
}

static void
seed_ids(struct gw_worker *w)
{
	uint32_t high;

	rng_fill(&high, sizeof(high));
	w->id_next = (uint64_t)high << 32;
}

void
kore_worker_configure(void)
{
	struct gw_worker *w = mem_new(sizeof(*w));

	CHECK(w != NULL);
	prio_prompt();
	/* Fixed, where the library would raise it with each long buffer that
	 * is freed and then keep those for itself. */
	(void)mallopt(M_MMAP_THRESHOLD, MALLOC_MAP_MIN);
	(void)mallopt(M_TRIM_THRESHOLD, MALLOC_KEEP_MAX);
	gw_worker = w;
	worker_tick();
	w->process = gw_process;
	w->index = worker->id - 1u;
	w->shm = &w->process->shm->workers[w->index];
	TAILQ_INIT(&w->conns);
	TAILQ_INIT(&w->ready);
	TAILQ_INIT(&w->dead);
	clear_shm(w);
	CHECK(take_conf(w));
	CHECK(timers_init(
	    &w->timers, w->conf->conn_max + TIMERS_MORE +
			    2 * w->conf->node_cnt * w->conf->node_conn_cnt));
	seed_ids(w);
	accesslog_open(&w->log, w->process->log_fd);
	w->block = block_open();
	w->feeds = feeds_open();
	w->node = node_open();
	w->db = db_open();
	w->hasher = hash_open();
	set_world(w);
	if (w->process->countries.fd >= 0)
		take_countries(w, w->process->countries.fd);
	set_listeners(w);
	w->control.type = KORE_TYPE_CONNECTION;
	w->control.handle = on_control;
	kore_platform_event_schedule(
	    w->process->control[w->index][1], EPOLLIN, 0, &w->control);
	sweep_start();
	tls_start();
	worker_listen();
	log_info("gateway", "worker up no=%u pid=%d", w->index, (int)getpid());
}

/* --- turns --- */

static void
refresh_world(struct gw_worker *w)
{
	worker_tick();
	w->wall_ahead_us = read_us(CLOCK_REALTIME) - w->tick_us;
	node_turn(w->node);
	w->world.has_node = node_is_up(w->node);
	w->world.is_node_stale =
	    node_is_stale(w->node, worker_wall_us(w->tick_us) / 1000000);
	w->world.has_db = db_is_up(w->db);
	w->world.is_draining = w->is_draining;
}

/* turn is all that is done between two waits. */
static uint64_t
turn(struct gw_worker *w)
{
	bool more;

	if (atomic_load(&w->process->shm->blob_version) != w->conf_version &&
	    take_conf(w))
		worker_stat(STAT_RELOADS, 1);
	tls_look();
	refresh_world(w);
	timers_fire(&w->timers, w->world.mono_ms);
	more = conn_run_ready();
	node_flush(w->node);
	db_flush(w->db);
	conn_bury();
	worker_tick();
	return more ? 0 : timers_wait(&w->timers, worker_now_ms());
}

void
gw_worker_turn(u_int64_t timeout_ms)
{
	uint64_t wait_ms = turn(gw_worker);

	signals_wait(wait_ms < timeout_ms ? wait_ms : timeout_ms);
}

/* --- end --- */

/* close_idle closes connections on which nothing is under way. Who was served
 * a moment ago may be about to ask again, and is told with that answer. */
static void
close_idle(struct gw_worker *w)
{
	struct conn *c, *next;

	for (c = TAILQ_FIRST(&w->conns); c != NULL; c = next) {
		next = TAILQ_NEXT(c, list);
		if (ws_is_idle(c)) {
			ws_shut(c, GW_WS_GOING_AWAY);
			conn_run(c);
		} else if ((c->state == CONN_SHAKE || c->state == CONN_HEAD) &&
			   c->in_len == 0 &&
			   worker_now_ms() - c->since_ms >= CONN_FRESH_MS)
			conn_close(c);
	}
}

/* stop_listening takes those who have connected already; whoever comes later
 * is refused. Closed as well: a successor may bind the address meanwhile. */
static void
stop_listening(struct gw_worker *w)
{
	size_t i;

	for (i = 0; i < w->listener_cnt; i++)
		if (w->listeners[i].is_on)
			conn_accept(&w->listeners[i], 0);
	worker_deafen();
	w->is_draining = true;
	for (i = 0; i < w->listener_cnt; i++) {
		(void)shutdown(w->listeners[i].fd, SHUT_RDWR);
		(void)close(w->listeners[i].fd);
	}
}

/* Kore calls this when the worker was told to stop: requests that are under
 * way, or here, may end; new ones do not begin. */
void
kore_worker_teardown(void)
{
	struct gw_worker *w = gw_worker;
	uint64_t until_ms;

	worker_tick();
	until_ms = worker_now_ms() + w->conf->drain_ms;
	stop_listening(w);
	/* Who waits for a block is answered in time for that to be sent. */
	w->world.end_ms = until_ms - w->conf->drain_ms / 4;
	gw_worker_turn(0); /* what came before this is no idleness */
	for (;;) {
		close_idle(w);
		if (w->conn_cnt == 0 || worker_now_ms() >= until_ms)
			break;
		gw_worker_turn(100);
	}
	accesslog_flush(&w->log);
	log_info("gateway", "worker down no=%u cut=%zu", w->index, w->req_cnt);
}
