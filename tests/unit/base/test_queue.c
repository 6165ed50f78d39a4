/* SPDX-License-Identifier: Apache-2.0
 *
 * The message queue: its bound, its order, its bell, and what many threads
 * do to it. Run under ThreadSanitizer as well.
 */
#include "base/queue.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>

#include "base/check.h"
#include "test.h"

static bool
is_readable(const struct queue *q)
{
	struct pollfd p = {.fd = queue_fd(q), .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

TEST(test_queue_full_refuses)
{
	struct queue *q = queue_new(5); /* rounded up to 8 */
	int msg[9];
	size_t i;

	for (i = 0; i < 8; i++)
		EXPECT(queue_push(q, &msg[i]));
	EXPECT(!queue_push(q, &msg[8]));
	EXPECT_U64(queue_len(q), 8);
	EXPECT(queue_pop(q) == &msg[0]);
	EXPECT(queue_push(q, &msg[8]));
	EXPECT(!queue_push(q, &msg[0]));
	for (i = 1; i < 9; i++)
		EXPECT(queue_pop(q) == &msg[i]);
	EXPECT(queue_pop(q) == NULL);
	EXPECT_U64(queue_len(q), 0);
	queue_free(q);
}

TEST(test_queue_of_one_wraps_around)
{
	struct queue *q = queue_new(1);
	int msg[2];
	size_t i;

	for (i = 0; i < 1000; i++) {
		EXPECT(queue_push(q, &msg[0]));
		EXPECT(queue_push(q, &msg[1]));
		EXPECT(!queue_push(q, &msg[0]));
		EXPECT(queue_pop(q) == &msg[0]);
		EXPECT(queue_pop(q) == &msg[1]);
		EXPECT(queue_pop(q) == NULL);
	}
	queue_free(q);
}

TEST(test_queue_bell_rings_once_until_the_reader_is_idle)
{
	struct queue *q = queue_new(8);
	int msg;

	EXPECT(!is_readable(q));
	EXPECT(queue_push(q, &msg));
	EXPECT(is_readable(q));
	queue_drain_fd(q);
	EXPECT(!is_readable(q));
	EXPECT(queue_push(q, &msg)); /* the reader has not popped yet */
	EXPECT(!is_readable(q));
	EXPECT(queue_pop(q) == &msg && queue_pop(q) == &msg);
	EXPECT(queue_push(q, &msg)); /* nor seen the end */
	EXPECT(!is_readable(q));
	EXPECT(queue_pop(q) == &msg && queue_pop(q) == NULL);
	EXPECT(queue_push(q, &msg)); /* now it may sleep */
	EXPECT(is_readable(q));
	queue_free(q);
}

TEST(test_queue_wait_times_out_and_sees_messages)
{
	struct queue *q = queue_new(8);
	struct timespec a, b;
	int msg;

	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	EXPECT(!queue_wait(q, 20));
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	EXPECT(
	    (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 >=
	    19);
	EXPECT(!queue_wait(q, 0));
	EXPECT(queue_push(q, &msg));
	EXPECT(queue_wait(q, 0));
	EXPECT(queue_wait(q, -1));
	EXPECT(queue_pop(q) == &msg);
	EXPECT(!queue_wait(q, 0));
	queue_free(q);
}

TEST(test_queue_closed_refuses_and_keeps_what_it_took)
{
	struct queue *q = queue_new(8);
	int msg;

	EXPECT(queue_push(q, &msg));
	queue_close(q);
	EXPECT(!queue_push(q, &msg));
	EXPECT(is_readable(q));
	EXPECT(queue_wait(q, -1)); /* the one message */
	EXPECT(queue_pop(q) == &msg);
	EXPECT(!queue_wait(q, -1)); /* returns: closed */
	EXPECT(queue_pop(q) == NULL);
	queue_close(q);
	queue_free(q);
}

enum { SENDERS = 4, EACH = 20000 };

static _Atomic bool is_closed;

struct sender {
	struct queue *q;
	uint32_t msgs[EACH]; /* sender number << 24 | sequence */
	uint32_t no, sent;
};

/* send_all pushes until all went or the queue was closed on us. */
static void *
send_all(void *arg)
{
	struct sender *s = arg;

	while (s->sent < EACH) {
		s->msgs[s->sent] = s->no << 24 | s->sent;
		if (queue_push(s->q, &s->msgs[s->sent]))
			s->sent++;
		else if (atomic_load(&is_closed))
			break;
		else
			(void)sched_yield();
	}
	return NULL;
}

static struct sender senders[SENDERS];
static pthread_t threads[SENDERS];

static void
start(struct queue *q)
{
	uint32_t i;

	atomic_store(&is_closed, false);
	for (i = 0; i < SENDERS; i++) {
		senders[i].q = q;
		senders[i].no = i;
		senders[i].sent = 0;
		CHECK(pthread_create(
			  &threads[i], NULL, send_all, &senders[i]) == 0);
	}
}

/* take_one checks that messages of one sender come in their order. */
static bool
take_one(struct queue *q, uint32_t next[SENDERS])
{
	const uint32_t *msg = queue_pop(q);

	if (msg == NULL)
		return false;
	EXPECT_U64(*msg & 0xffffff, next[*msg >> 24]);
	next[*msg >> 24]++;
	return true;
}

static void
check_many_senders(bool through_fd)
{
	struct queue *q = queue_new(64);
	struct pollfd p = {.fd = queue_fd(q), .events = POLLIN};
	uint32_t next[SENDERS] = {0};
	size_t total = 0, i;

	start(q);
	while (total < (size_t)SENDERS * EACH) {
		if (through_fd) {
			int n = poll(&p, 1, 20000);

			EXPECT(n == 1); /* a lost wake-up ends here */
			if (n != 1)
				break;
			queue_drain_fd(q);
			while (take_one(q, next))
				total++;
		} else {
			bool has = queue_wait(q, 20000);

			EXPECT(has);
			if (!has)
				break;
			total += take_one(q, next);
		}
	}
	for (i = 0; i < SENDERS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	EXPECT(queue_pop(q) == NULL);
	queue_free(q);
}

TEST(test_queue_many_senders_through_fd_lose_nothing)
{
	check_many_senders(true);
}

TEST(test_queue_many_senders_through_wait_lose_nothing)
{
	check_many_senders(false);
}

static _Atomic uint32_t answered;

/* send_one_by_one pushes the next message as soon as the last was taken. */
static void *
send_one_by_one(void *arg)
{
	struct sender *s = arg;
	unsigned spins;

	for (s->sent = 0; s->sent < EACH; s->sent++) {
		for (spins = 0; atomic_load(&answered) != s->sent &&
				!atomic_load(&is_closed);
		     spins++) {
			if (spins > 10000)
				(void)sched_yield();
		}
		(void)queue_push(s->q, &s->msgs[s->sent]);
	}
	return NULL;
}

/* linger lets a varying time pass, so that pushes meet every instruction. */
static void
linger(uint32_t n)
{
	volatile uint32_t i;

	for (i = 0; i < n % 256; i++)
		continue;
}

/* Each push meets the reader on its way to sleep: a bell that is not rung
 * ends the test by its time-out. */
TEST(test_queue_push_while_the_reader_falls_asleep_wakes_it)
{
	struct queue *q = queue_new(4);
	struct pollfd p = {.fd = queue_fd(q), .events = POLLIN};
	uint32_t got = 0;

	senders[0].q = q;
	atomic_store(&answered, 0);
	atomic_store(&is_closed, false);
	CHECK(pthread_create(&threads[0], NULL, send_one_by_one, &senders[0]) ==
	      0);
	while (got < EACH && poll(&p, 1, 5000) == 1) {
		queue_drain_fd(q);
		while (queue_pop(q) != NULL) {
			atomic_store(&answered, ++got);
			linger(got);
		}
	}
	EXPECT_U64(got, EACH);
	queue_close(q);
	atomic_store(&is_closed, true);
	CHECK(pthread_join(threads[0], NULL) == 0);
	queue_free(q);
}

TEST(test_queue_close_under_load_loses_nothing_accepted)
{
	struct queue *q = queue_new(64);
	uint32_t next[SENDERS] = {0};
	size_t total = 0, sent = 0, i;

	start(q);
	while (total < EACH) {
		if (!queue_wait(q, 20000))
			break;
		total += take_one(q, next);
	}
	queue_close(q);
	atomic_store(&is_closed, true);
	while (take_one(q, next))
		total++;
	EXPECT(!queue_wait(q, -1));
	for (i = 0; i < SENDERS; i++) {
		CHECK(pthread_join(threads[i], NULL) == 0);
		sent += senders[i].sent;
		EXPECT_U64(next[i], senders[i].sent);
	}
	EXPECT_U64(total, sent);
	EXPECT(total >= EACH);
	queue_free(q);
}

TEST(test_queue_without_memory_or_descriptors_is_null)
{
	struct rlimit was, none;
	size_t n;

	for (n = 1; n <= 2; n++) {
		test_alloc_fail(n);
		EXPECT(queue_new(4) == NULL);
		EXPECT(test_alloc_did_fail());
	}
	CHECK(getrlimit(RLIMIT_NOFILE, &was) == 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = was.rlim_max};
	CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
	EXPECT(queue_new(4) == NULL);
	CHECK(setrlimit(RLIMIT_NOFILE, &was) == 0);
	queue_free(NULL);
}

static void
do_nothing(int signal)
{
	(void)signal;
}

static pthread_t waiter;

static void *
disturb(void *arg)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	int i;

	for (i = 0; i < 10; i++) {
		(void)nanosleep(&pause, NULL);
		(void)pthread_kill(waiter, SIGUSR2);
	}
	return arg;
}

TEST(test_queue_wait_goes_on_after_a_signal)
{
	const struct sigaction act = {.sa_handler = do_nothing};
	struct queue *q = queue_new(4);
	struct timespec a, b;

	CHECK(sigaction(SIGUSR2, &act, NULL) == 0);
	waiter = pthread_self();
	CHECK(pthread_create(&threads[0], NULL, disturb, NULL) == 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	EXPECT(!queue_wait(q, 30));
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	EXPECT(
	    (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000 >=
	    29);
	CHECK(pthread_join(threads[0], NULL) == 0);
	queue_free(q);
}
