/* SPDX-License-Identifier: Apache-2.0
 *
 * jobsd: one loop that follows the chain into PostgreSQL. Node and database
 * may come and go; it connects again with growing delay. It listens to
 * nobody.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/daemonargs.h"
#include "base/harden.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/prio.h"
#include "base/ready.h"
#include "db/connect.h"
#include "jobs/conf.h"
#include "jobs/index/feed.h"
#include "jobs/pg.h"
#include "jobs/sandbox.h"

/* CONF_ARENA_MAX: what is read of the configuration, and its file of
 * INI_FILE_MAX. */
enum {
	DELAY_MIN_MS = 100,
	DELAY_MAX_MS = 5000,
	CONF_ARENA_MAX = 2 << 20,
	PAGE_MAX = 65536,
	JOBSD_NICE = 10 /* it may follow a little later */
};

static volatile sig_atomic_t is_stopping, wants_state;

static void
on_stop(int sig)
{
	(void)sig;
	is_stopping = 1;
}

static void
on_state(int sig)
{
	(void)sig;
	wants_state = 1;
}

static void
pause_ms(uint64_t ms)
{
	struct timespec t = {.tv_sec = (time_t)(ms / 1000),
	    .tv_nsec = (long)(ms % 1000) * 1000000};

	if (is_stopping == 0)
		(void)nanosleep(&t, NULL);
}

static enum rc
connect_both(struct feed *f, const struct jobs_conf *c, struct err *e)
{
	if (f->pg != NULL && f->node != NULL)
		return RC_OK;
	if (f->pg == NULL)
		TRY(pg_open(&f->pg, c->database, e));
	if (f->node == NULL)
		TRY(noderpc_open(&f->node, c->node, e));
	log_info("jobs", "connected to database and node");
	return RC_OK;
}

static void
disconnect(struct feed *f)
{
	PQfinish(f->pg);
	noderpc_close(f->node);
	f->pg = NULL;
	f->node = NULL;
	feed_reset(f);
}

static enum rc
turn(struct feed *f, const struct jobs_conf *c, size_t *cnt, struct err *e)
{
	TRY(connect_both(f, c, e));
	return feed_step(f, cnt, e);
}

static void
print_state(const struct feed *f)
{
	static uint8_t page[PAGE_MAX];
	struct buf out = buf_of(page, sizeof(page));

	log_info("jobs", "state page node=%d database=%d next=%llu",
	    f->node != NULL, f->pg != NULL, (unsigned long long)f->next);
	if (metric_expose(&out) && write(STDERR_FILENO, out.ptr, out.len) < 0)
		log_warn("jobs", "state page not written");
}

static void
follow(struct feed *f, const struct jobs_conf *c)
{
	uint64_t delay_ms = 0;
	struct err e = {0};
	size_t cnt = 0;
	enum rc rc;

	while (is_stopping == 0) {
		if (wants_state != 0) {
			wants_state = 0;
			print_state(f);
		}
		rc = turn(f, c, &cnt, &e);
		if (rc == RC_OK) {
			ready_tell();
			delay_ms = 0;
			if (cnt < c->batch && !f->index.is_behind)
				pause_ms(c->poll_ms);
			continue;
		}
		delay_ms = delay_ms == 0 ? DELAY_MIN_MS : delay_ms * 2;
		if (delay_ms > DELAY_MAX_MS)
			delay_ms = DELAY_MAX_MS;
		log_warn("jobs", "%s; trying again retry_ms=%llu",
		    err_message(&e, rc), (unsigned long long)delay_ms);
		disconnect(f);
		pause_ms(delay_ms);
	}
}

static void
more_help(void)
{
	printf("\nSettings:\n\n");
	jobs_conf_help();
}

static const struct daemon_about about = {"jobsd",
    "jobsd follows the chain of a node into PostgreSQL, block by block.\n",
    more_help};

int
main(int argc, char **argv)
{
	struct sigaction sa = {.sa_handler = on_stop};
	struct sigaction state = {
	    .sa_handler = on_state, .sa_flags = SA_RESTART};
	struct feed f = {.pg = NULL};
	struct arena a;
	struct jobs_conf c;
	struct err e = {0};
	struct daemon_args args;
	int status;
	enum rc rc;

	harden_daemon();
	prio_behind(JOBSD_NICE);
	if (!daemon_args_read(&args, &status, argc, argv, &about))
		return status;
	log_open("jobsd", LOG_LV_INFO);
	arena_init(&a, CONF_ARENA_MAX);
	rc = jobs_conf_read(&a, &c, args.file, &e);
	if (rc != RC_OK) {
		fprintf(stderr, "jobsd: %s\n", err_message(&e, rc));
		return 1;
	}
	if (args.only_check)
		return 0;
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sigaction(SIGUSR1, &state, NULL);
	signal(SIGPIPE, SIG_IGN);
	rc = jobs_sandbox_enter(db_is_network(c.database), &e);
	if (rc != RC_OK) {
		log_error("jobs", "%s", err_message(&e, rc));
		return 1;
	}
	f.batch = c.batch;
	log_info("jobs", "following node=%s", c.node);
	follow(&f, &c);
	disconnect(&f);
	feed_close(&f);
	arena_drop(&a);
	log_info("jobs", "stopped");
	return 0;
}
