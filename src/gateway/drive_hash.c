/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks passwords on one thread of the lowest priority, so that hashing
 * uses what time the event loop leaves (reliability A6). Two bounded queues
 * carry the jobs there and back; the thread touches nothing but the job.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/check.h"
#include "base/queue.h"
#include "gateway/drive.h"
#include "gateway/worker.h"
#include "http/password.h"

/* struct hash_job has copies: the request may be gone before it is done. */
struct hash_job {
	struct txn *txn; /* event loop only; NULL when cancelled */
	struct gw_password record;
	bool fits;
	size_t len;
	uint8_t password[];
};

struct hasher {
	struct kore_event evt; /* first: Kore hands back this address */
	struct queue *todo, *done;
	size_t waiting, most;
	pthread_t thread;
};

static void *
hash_all(void *arg)
{
	struct hasher *h = arg;
	struct hash_job *j;

	/* On Linux this is the priority of the calling thread. */
	(void)setpriority(PRIO_PROCESS, 0, 19);
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

static void
on_done(void *arg, int error)
{
	struct hasher *h = arg;
	struct hash_job *j;
	struct txn *t;

	(void)error;
	queue_drain_fd(h->done);
	while ((j = queue_pop(h->done)) != NULL) {
		t = j->txn;
		h->waiting--;
		if (t != NULL) {
			t->hash = NULL;
			t->req.effect.u.password.fits = j->fits;
		}
		free_job(j);
		if (t != NULL)
			drive_done(t, RC_OK);
	}
}

struct hasher *
hash_open(void)
{
	struct hasher *h = mem_new(sizeof(*h));
	sigset_t all, before;

	CHECK(h != NULL);
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

bool
hash_start(struct hasher *h, struct txn *t)
{
	const struct gw_password_effect *p = &t->req.effect.u.password;
	struct hash_job *j;

	j = h->waiting < h->most ? mem_new(sizeof(*j) + p->password.len) : NULL;
	if (j == NULL) {
		worker_stat(STAT_PASSWORD_REFUSED, 1);
		return drive_end(t, RC_UNAVAILABLE);
	}
	worker_stat(STAT_PASSWORD_CHECKS, 1);
	j->txn = t;
	j->record = *p->record;
	j->len = p->password.len;
	memcpy(j->password, p->password.ptr, p->password.len);
	t->hash = j;
	h->waiting++;
	CHECK(queue_push(h->todo, j));
	return false;
}

void
hash_cancel(struct txn *t)
{
	if (t->hash != NULL)
		t->hash->txn = NULL;
	t->hash = NULL;
}
