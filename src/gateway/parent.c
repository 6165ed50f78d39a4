/* SPDX-License-Identifier: Apache-2.0
 *
 * The parent's housekeeping, hung into Kore's loop by kore_shim.h: it rotates
 * the access log and hands the new file to the workers, which have no file
 * system; draws ticket keys; reads configuration and certificates again when
 * told to, and keeps what runs when the new ones are wrong.
 */
#include "gateway/parent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "gateway/files.h"
#include "gateway/kore_priv.h"
#include "gateway/nodes.h"
#include "gateway/signals.h"

enum {
	TURN_MS = 500,
	/* With a choice of nodes. */
	NODES_TURN_MS = 100,
	/* How long workers may take to stop shaking hands. */
	PAIR_HOLD_MS = 1000,
	PAIR_TURN_MS = 5,
};

enum rc
parent_open_log(int *fd, const struct gw_conf *c, struct err *e)
{
	*fd = -1;
	if (c->access_log[0] == '\0')
		return RC_OK;
	*fd = open(
	    c->access_log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (*fd < 0)
		return FAIL(e, RC_CONF, "access_log: %s: %s", c->access_log,
		    strerror(errno));
	return RC_OK;
}

/* hand sends one worker what it is owed of a kind. */
static bool
hand(struct gw_process *p, unsigned w, enum control_kind kind)
{
	int fd = kind == CONTROL_LOG ? p->log_fd : p->countries.fd;

	p->is_owed[w][kind] =
	    fd >= 0 && !control_send(p->control[w][0], kind, fd);
	return !p->is_owed[w][kind];
}

void
parent_hand(struct gw_process *p, enum control_kind kind)
{
	unsigned w;

	for (w = 0; w < p->worker_cnt; w++)
		if (!p->is_owed[w][kind] && !hand(p, w, kind))
			log_warn("gateway",
			    "not handed over, tried again worker=%u what=%s "
			    "error=\"%s\"",
			    w, kind == CONTROL_LOG ? "log" : "countries",
			    strerror(errno));
}

/* hand_owed: a worker that stood still has read what lay in its socket. */
static void
hand_owed(struct gw_process *p)
{
	enum control_kind kind;
	unsigned w;

	for (w = 0; w < p->worker_cnt; w++)
		for (kind = 0; kind < CONTROL_CNT; kind++)
			if (p->is_owed[w][kind] && hand(p, w, kind))
				log_info("gateway",
				    "handed over worker=%u what=%s", w,
				    kind == CONTROL_LOG ? "log" : "countries");
}

/* swap_log opens the log file anew and gives it to everybody. */
static void
swap_log(struct gw_process *p)
{
	struct err e = {0};
	int fd;

	if (parent_open_log(&fd, p->conf, &e) != RC_OK) {
		log_error("gateway", "%s", e.text);
		return;
	}
	if (fd < 0)
		return;
	(void)close(p->log_fd);
	p->log_fd = fd;
	parent_hand(p, CONTROL_LOG);
}

/* rotate moves log.N to log.N+1, log to log.1. */
static void
rotate(struct gw_process *p)
{
	const struct gw_conf *c = p->conf;
	char from[4096], to[4096];
	uint64_t i;

	for (i = c->access_log_keep; i > 0; i--) {
		(void)snprintf(to, sizeof(to), "%s.%llu", c->access_log,
		    (unsigned long long)i);
		if (i > 1)
			(void)snprintf(from, sizeof(from), "%s.%llu",
			    c->access_log, (unsigned long long)(i - 1));
		else
			(void)snprintf(from, sizeof(from), "%s", c->access_log);
		if (rename(from, to) != 0 && errno != ENOENT)
			log_error("gateway", "rotation file=%s error=\"%s\"",
			    from, strerror(errno));
	}
	swap_log(p);
}

static void
look_at_log(struct gw_process *p)
{
	struct stat st;

	if (p->log_fd >= 0 && fstat(p->log_fd, &st) == 0 &&
	    (uint64_t)st.st_size > p->conf->access_log_size)
		rotate(p);
}

static void
look_at_tickets(struct gw_process *p, uint64_t now_ms)
{
	if (p->ticket_ms == 0)
		p->ticket_ms = now_ms;
	if (now_ms - p->ticket_ms < p->conf->ticket_rotate_ms)
		return;
	p->ticket_ms = now_ms;
	shm_new_ticket(p->shm);
}

/* wake_workers has them look at what is shared. Not the key manager, whose
 * SIGUSR1 it would displace. */
static void
wake_workers(void)
{
	uint8_t i;

	for (i = KORE_WORKER_BASE; i < worker_count; i++) {
		pid_t pid = kore_worker_data(i)->pid;

		if (pid > 0)
			(void)kill(pid, SIGHUP);
	}
}

/* begin_pair asks the workers to finish no handshake for a moment: a
 * signature of the new key below the old certificate would fail it. */
static void
begin_pair(struct gw_process *p, uint64_t now_ms)
{
	atomic_store(&p->shm->pair_gen, atomic_load(&p->shm->pair_gen) + 1);
	p->pair_step = PAIR_HOLD;
	p->pair_until_ms = now_ms + PAIR_HOLD_MS;
	wake_workers();
}

/* swap_pair tells the key manager. Certificates that it sends let the workers
 * go on. */
static void
swap_pair(struct gw_process *p, uint64_t now_ms)
{
	if (!pair_give(p->keymgr[0], &p->pair))
		return; /* again in the next turn */
	p->pair_step = PAIR_SWAP;
	p->pair_until_ms = now_ms + SHM_PAIR_WAIT_MS;
	log_info("gateway", "certificate reloaded");
	kore_worker_dispatch_signal(SIGUSR1);
}

/* is_step_done: all workers have got as far, or it has taken too long. */
static bool
is_step_done(const struct gw_process *p, uint64_t now_ms)
{
	uint64_t gen = atomic_load(&p->shm->pair_gen);
	unsigned w;

	for (w = 0; w < p->worker_cnt && now_ms < p->pair_until_ms; w++) {
		const struct shm_worker *s = &p->shm->workers[w];

		if (atomic_load(p->pair_step == PAIR_HOLD
				    ? &s->pair_held
				    : &s->pair_taken) != gen)
			return false;
	}
	return true;
}

/* look_at_pair puts one pair in force after the other: a certificate that is
 * late would let workers go on in the middle of the next one. */
static void
look_at_pair(struct gw_process *p, uint64_t now_ms)
{
	if (p->pair_step != PAIR_IDLE && !is_step_done(p, now_ms))
		return;
	switch (p->pair_step) {
	case PAIR_HOLD:
		swap_pair(p, now_ms);
		return;
	case PAIR_SWAP:
		p->pair_step = PAIR_IDLE;
		break;
	case PAIR_IDLE:
		break;
	}
	if (p->pair.cert >= 0)
		begin_pair(p, now_ms);
}

/* reload_pair reads certificate and key again; what is in force stays when
 * they are no pair. SIGHUP means many things: where it does not mean these
 * files nobody is made to wait. */
static void
reload_pair(struct gw_process *p, bool is_wanted)
{
	uint8_t print[32];
	struct pair fresh;
	struct err e = {0};

	if (!gw_conf_has_tls(p->conf))
		return;
	if (pair_read(&fresh, p->conf, &e) != RC_OK) {
		log_error("gateway",
		    "certificate refused, running on as before: %s", e.text);
		return;
	}
	pair_print(print, &fresh);
	if (!is_wanted && !memcmp(print, p->pair_print, sizeof(print))) {
		pair_close(&fresh);
		return;
	}
	pair_close(&p->pair);
	p->pair = fresh;
	memcpy(p->pair_print, print, sizeof(print));
	look_at_pair(p, clock_real()->mono_ms(NULL));
}

void
gw_parent_turn(u_int64_t timeout_ms)
{
	uint64_t most = gw_process->nodes.cnt > 1 ? NODES_TURN_MS : TURN_MS;
	uint64_t now_ms;

	if (gw_process->pair_step != PAIR_IDLE)
		most = PAIR_TURN_MS;
	signals_wait(timeout_ms < most ? timeout_ms : most);
	now_ms = clock_real()->mono_ms(NULL);
	/* At once, not when its signal has its turn. */
	kore_worker_reap();
	look_at_log(gw_process);
	look_at_tickets(gw_process, now_ms);
	look_at_pair(gw_process, now_ms);
	hand_owed(gw_process);
	country_look(gw_process);
	nodes_turn(gw_process, now_ms);
}

static void
say_warning(void *ctx, const char *file, unsigned line, const char *text)
{
	(void)ctx;
	log_warn("gateway", "%s:%u: %s", file, line, text);
}

void
parent_warn(const struct gw_conf *c, const struct blob *blob)
{
	const struct gw_conf_say to_log = {say_warning, NULL};
	struct err e = {0};

	gw_conf_warn(c, &to_log);
	if (files_stale(blob, &e) != RC_OK)
		log_warn("gateway", "[tls] %s", e.text);
}

static void
say(void *ctx, const char *file, unsigned line, const char *text)
{
	(void)ctx;
	log_error("gateway", "%s:%u: %s", file, line, text);
}

/* reload publishes a new configuration, or says why not and does nothing. */
static void
reload(struct gw_process *p)
{
	const struct gw_conf_say to_log = {say, NULL};
	struct gw_conf *fresh;
	struct blob blob;
	struct err e = {0};
	const char *fixed;

	if (files_load(&fresh, &blob, p->conf_file, &to_log, &e) != RC_OK) {
		log_error("gateway", "reload refused, running on as before");
		return;
	}
	fixed = gw_conf_fixed_change(p->conf, fresh);
	if (fixed != NULL) {
		log_error("gateway",
		    "reload refused: a restart is needed for setting=%s",
		    fixed);
		gw_conf_drop(fresh);
	} else if (shm_publish(p->shm, fresh, bytes_of_buf(&blob.buf))) {
		gw_conf_drop(p->conf);
		p->conf = fresh;
		parent_warn(fresh, &blob);
		log_info(
		    "gateway", "configuration reloaded file=%s", p->conf_file);
	} else {
		gw_conf_drop(fresh);
	}
	files_free(&blob);
}

void
gw_parent_signal(int sig)
{
	struct gw_process *p = gw_process;

	if (sig == SIGHUP) {
		reload(p);
		nodes_choose(p);
		swap_log(p);
	}
	if (sig == SIGHUP)
		wake_workers();
	if (sig == SIGHUP || sig == SIGUSR1)
		reload_pair(p, sig == SIGUSR1);
	else
		kore_worker_dispatch_signal(sig);
}
