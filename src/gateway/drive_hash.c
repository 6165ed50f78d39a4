/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks passwords on one thread of low priority, so that hashing
 * uses what time the event loop leaves (reliability A6). Two bounded queues
 * carry the jobs there and back; the thread touches nothing but the job.
 *
 * What waits is in the event loop's hands until just before its turn. When
 * it is full, a try takes the place of one that is worth less: of an address
 * that has shown wrong passwords lately, or that has several waiting. So the
 * right password gets its check as long as fewer addresses than the queue
 * has places guess at the same time, and always where its user is known.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/check.h"
#include "base/prio.h"
#include "base/queue.h"
#include "crypto/hash.h"
#include "gateway/drive.h"
#include "gateway/worker.h"
#include "http/filter.h"
#include "http/password.h"

/*
 * Below the event loop, which sleeps most of the time and is let in at once
 * when it wakes; but on a busy machine one check still ends within seconds. At
 * 10 a thread beside two busy ones has a twentieth of its processor, and a
 * queue of eight took longer than a request may; at 5 it has a seventh.
 */
enum { HASH_NICE = 5 };

/* With the thread: one in work, one so that it need not wait for us. */
enum { GIVEN_MAX = 2 };

TAILQ_HEAD(txn_list, txn);

/*
 * struct hash_job has copies: requests may be gone before it is done. The
 * thread reads record and password and writes fits; all else is the event
 * loop's.
 */
struct hash_job {
	TAILQ_ENTRY(hash_job) next; /* among those not done */
	struct txn_list waiters;
	uint64_t pair, address; /* who asked first */
	struct gw_throttle_rule pair_rule, address_rule;
	enum gw_rank rank;
	bool is_given; /* to the thread */
	uint8_t key[32];
	struct gw_password record;
	bool fits;
	size_t len;
	uint8_t password[];
};

struct hasher {
	struct kore_event evt; /* first: Kore hands back this address */
	struct queue *todo, *done;
	size_t waiting, given, most;
	TAILQ_HEAD(, hash_job) jobs;
	pthread_t thread;
};

static void *
hash_all(void *arg)
{
	struct hasher *h = arg;
	struct hash_job *j;

	prio_behind(HASH_NICE);
	while (queue_wait(h->todo, -1))
		while ((j = queue_pop(h->todo)) != NULL) {
			j->fits = gw_password_fits(
			    &j->record, bytes_of(j->password, j->len));
			CHECK(queue_push(h->done, j));
		}
	return NULL;
}

static void
free_job(struct hash_job *j)
{
	explicit_bzero(j->password, j->len);
	mem_free(j);
}

static struct gw_throttle *
throttle(void)
{
	return gw_worker->world.throttle;
}

/* judge counts the outcome: a try was charged when it began. */
static void
judge(const struct hash_job *j)
{
	uint64_t now = worker_now_ms();

	if (!j->fits) {
		gw_throttle_confirm(throttle(), j->pair, &j->pair_rule, now);
		gw_throttle_confirm(
		    throttle(), j->address, &j->address_rule, now);
		return;
	}
	gw_throttle_forgive(throttle(), j->pair, now);
	gw_throttle_refund(throttle(), j->address, &j->address_rule, now);
}

/* give hands the next ones to the thread. */
static void
give(struct hasher *h)
{
	struct hash_job *j;

	TAILQ_FOREACH(j, &h->jobs, next)
	{
		if (h->given == GIVEN_MAX)
			return;
		if (j->is_given)
			continue;
		j->is_given = true;
		h->given++;
		CHECK(queue_push(h->todo, j));
	}
}

/* leave takes a job out and tells everybody who waits for it. */
static void
leave(struct hasher *h, struct hash_job *j, enum rc rc)
{
	struct txn *t;

	h->waiting--;
	worker_stat(STAT_PASSWORD_WAIT, (uint64_t)-1);
	TAILQ_REMOVE(&h->jobs, j, next);
	while ((t = TAILQ_FIRST(&j->waiters)) != NULL) {
		hash_cancel(t);
		t->req.effect.u.password.fits = rc == RC_OK && j->fits;
		drive_done(t, rc);
	}
	free_job(j);
}

static void
finish(struct hasher *h, struct hash_job *j)
{
	h->given--;
	worker_stat(STAT_PASSWORD_CHECKS, 1);
	judge(j);
	leave(h, j, RC_OK);
	give(h);
}

static void
on_done(void *arg, int error)
{
	struct hasher *h = arg;
	struct hash_job *j;

	(void)error;
	worker_tick();
	queue_drain_fd(h->done);
	while ((j = queue_pop(h->done)) != NULL)
		finish(h, j);
}

struct hasher *
hash_open(void)
{
	struct hasher *h = mem_new(sizeof(*h));
	sigset_t all, before;

	CHECK(h != NULL);
	TAILQ_INIT(&h->jobs);
	h->most = gw_worker->process->conf->password_queue;
	h->todo = queue_new(h->most + 1);
	h->done = queue_new(h->most + 1);
	CHECK(h->todo != NULL && h->done != NULL);
	/* Signals are Kore's and go to the event loop. */
	(void)sigfillset(&all);
	CHECK(pthread_sigmask(SIG_SETMASK, &all, &before) == 0);
	CHECK(pthread_create(&h->thread, NULL, hash_all, h) == 0);
	CHECK(pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	h->evt.type = KORE_TYPE_CONNECTION;
	h->evt.handle = on_done;
	kore_platform_event_schedule(queue_fd(h->done), EPOLLIN, 0, h);
	return h;
}

/* find_job: a client that opens many connections shows the same password on
 * each before the first was checked. */
static struct hash_job *
find_job(struct hasher *h, const struct gw_password_effect *p)
{
	struct hash_job *j;

	TAILQ_FOREACH(j, &h->jobs, next)
	{
		if (secret_eq(j->key, p->key, sizeof(j->key)))
			return j;
	}
	return NULL;
}

static size_t
jobs_of(const struct hasher *h, uint64_t address)
{
	const struct hash_job *j;
	size_t cnt = 0;

	TAILQ_FOREACH(j, &h->jobs, next)
	{
		cnt += j->address == address;
	}
	return cnt;
}

/* worth orders jobs: by rank, then by how many their address has. */
static long
worth(const struct hasher *h, enum gw_rank rank, uint64_t address, size_t more)
{
	return (long)rank * (long)(h->most + 2) -
	       (long)(jobs_of(h, address) + more);
}

/* make_room sends a job away that is worth less than the one that comes. */
static bool
make_room(struct hasher *h, const struct gw_password_effect *p)
{
	long most = worth(h, p->rank, p->address, 1) - 1, now;
	struct hash_job *j, *worst = NULL;

	TAILQ_FOREACH(j, &h->jobs, next)
	{
		now = worth(h, j->rank, j->address, 0);
		if (j->is_given || now > most)
			continue;
		worst = j; /* the latest of equals */
		most = now;
	}
	if (worst == NULL)
		return false;
	gw_throttle_refund(
	    throttle(), worst->pair, &worst->pair_rule, worker_now_ms());
	gw_throttle_refund(
	    throttle(), worst->address, &worst->address_rule, worker_now_ms());
	worker_stat(STAT_PASSWORD_REFUSED, 1);
	leave(h, worst, RC_UNAVAILABLE);
	return true;
}

/* charge counts the try as a wrong one until it is known to be right. */
static void
charge(struct hash_job *j, const struct gw_conf *conf)
{
	uint64_t now = worker_now_ms();

	j->pair_rule = gw_rule_of_pair(conf);
	j->address_rule = gw_rule_of_address(conf);
	gw_throttle_charge(throttle(), j->pair, &j->pair_rule, now);
	gw_throttle_charge(throttle(), j->address, &j->address_rule, now);
}

static struct hash_job *
new_job(struct hasher *h, const struct gw_password_effect *p)
{
	struct hash_job *j = NULL;

	/* One address may fill half of the queue. */
	if (jobs_of(h, p->address) >= (h->most + 1) / 2) {
		worker_stat(STAT_PASSWORD_SHARE, 1);
		return NULL;
	}
	if (h->waiting < h->most || make_room(h, p))
		j = mem_new(sizeof(*j) + p->password.len);
	if (j == NULL) {
		worker_stat(STAT_PASSWORD_REFUSED, 1);
		return NULL;
	}
	worker_stat(STAT_PASSWORD_WAIT, 1);
	TAILQ_INIT(&j->waiters);
	j->pair = p->pair;
	j->address = p->address;
	j->rank = p->rank;
	memcpy(j->key, p->key, sizeof(j->key));
	j->record = *p->record;
	j->len = p->password.len;
	memcpy(j->password, p->password.ptr, p->password.len);
	TAILQ_INSERT_TAIL(&h->jobs, j, next);
	h->waiting++;
	return j;
}

bool
hash_start(struct hasher *h, struct txn *t)
{
	const struct gw_password_effect *p = &t->req.effect.u.password;
	struct hash_job *j = find_job(h, p);

	if (j == NULL) {
		j = new_job(h, p);
		if (j == NULL)
			return drive_end(t, RC_UNAVAILABLE);
		charge(j, t->req.conf);
	}
	t->hash = j;
	TAILQ_INSERT_TAIL(&j->waiters, t, hash_next);
	give(h);
	return false;
}

void
hash_cancel(struct txn *t)
{
	if (t->hash != NULL)
		TAILQ_REMOVE(&t->hash->waiters, t, hash_next);
	t->hash = NULL;
}
