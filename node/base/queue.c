/* SPDX-License-Identifier: Apache-2.0
 *
 * A ring of cells with a turn number each, after Dmitry Vyukov's bounded
 * queue: a sender claims a place by advancing tail, fills the cell and
 * publishes it by setting its turn; the reader takes a cell whose turn shows
 * that it is filled. No lock, no allocation after queue_new.
 *
 * The descriptor is written only when the reader may sleep: the reader sets
 * is_idle after it found the ring empty and then looks once more; a sender
 * that sees is_idle after it published clears it and writes. Both sides use
 * sequentially consistent operations, so one of the two sees the other.
 *
 * Closing sets the top bit of tail, after which no place can be claimed. A
 * sender that had claimed one just before is waited for by the reader, so no
 * message that queue_push accepted is ever lost.
 */
#include "base/queue.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/check.h"

/* More cells than this are a mistake of the caller. */
enum { CAP_MAX = 1 << 24, LINE_BYTES = 64 };

static const size_t closed_bit = (size_t)1 << (8 * sizeof(size_t) - 1);

struct cell {
	_Atomic size_t turn; /* place: free for it; place + 1: filled */
	void *msg;
};

/* Senders and the reader write to cache lines of their own. */
struct queue {
	struct cell *cells;
	size_t mask;
	int fd;
	uint8_t pad0[LINE_BYTES];
	_Atomic size_t tail; /* next place to claim */
	uint8_t pad1[LINE_BYTES];
	_Atomic bool is_idle;
	uint8_t pad2[LINE_BYTES];
	_Atomic size_t head; /* written by the reader */
};

struct queue *
queue_new(size_t cap)
{
	size_t i, size = 2;
	struct queue *q;

	CHECK(cap > 0 && cap <= CAP_MAX);
	while (size < cap)
		size *= 2;
	q = mem_new(sizeof(*q));
	if (q == NULL)
		return NULL;
	q->cells = mem_array(size, sizeof(q->cells[0]));
	q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->cells == NULL || q->fd < 0) {
		queue_free(q);
		return NULL;
	}
	q->mask = size - 1;
	for (i = 0; i < size; i++)
		atomic_init(&q->cells[i].turn, i);
	atomic_init(&q->is_idle, true);
	return q;
}

void
queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	if (q->fd >= 0)
		(void)close(q->fd);
	mem_free(q->cells);
	mem_free(q);
}

/* ring_bell makes the descriptor readable. It cannot fail for want of room:
 * the counter would have to reach 2^64 - 1. */
static void
ring_bell(struct queue *q)
{
	uint64_t one = 1;

	while (write(q->fd, &one, sizeof(one)) < 0)
		CHECK(errno == EINTR);
}

static void
wake(struct queue *q)
{
	if (atomic_load(&q->is_idle) && atomic_exchange(&q->is_idle, false))
		ring_bell(q);
}

bool
queue_push(struct queue *q, void *msg)
{
	size_t place = atomic_load_explicit(&q->tail, memory_order_relaxed);
	struct cell *c;

	CHECK(msg != NULL);
	for (;;) {
		size_t turn;

		if (place & closed_bit)
			return false;
		c = &q->cells[place & q->mask];
		turn = atomic_load_explicit(&c->turn, memory_order_acquire);
		if (turn == place) {
			if (atomic_compare_exchange_weak(
				&q->tail, &place, place + 1))
				break;
		} else if (turn + q->mask == place) {
			return false; /* still filled from a round ago */
		} else {
			place = atomic_load(&q->tail);
		}
	}
	c->msg = msg;
	atomic_store(&c->turn, place + 1);
	wake(q);
	return true;
}

/* take pops one message without changing is_idle. */
static void *
take(struct queue *q)
{
	size_t place = atomic_load_explicit(&q->head, memory_order_relaxed);
	struct cell *c = &q->cells[place & q->mask];
	void *msg;

	if (atomic_load(&c->turn) != place + 1)
		return NULL;
	msg = c->msg;
	atomic_store_explicit(
	    &c->turn, place + q->mask + 1, memory_order_release);
	atomic_store_explicit(&q->head, place + 1, memory_order_relaxed);
	return msg;
}

/* take_late waits for senders that claimed a place before queue_close. */
static void *
take_late(struct queue *q)
{
	size_t tail = atomic_load(&q->tail);

	if (!(tail & closed_bit))
		return NULL;
	while (atomic_load_explicit(&q->head, memory_order_relaxed) !=
	       (tail & ~closed_bit)) {
		void *msg = take(q);

		if (msg != NULL)
			return msg;
		(void)sched_yield();
	}
	return NULL;
}

void *
queue_pop(struct queue *q)
{
	void *msg = take(q);

	if (msg != NULL)
		return msg;
	atomic_store(&q->is_idle, true);
	msg = take(q);
	if (msg == NULL)
		msg = take_late(q);
	if (msg != NULL)
		atomic_store(&q->is_idle, false);
	return msg;
}

static bool
has_message(struct queue *q)
{
	size_t place = atomic_load_explicit(&q->head, memory_order_relaxed);

	return atomic_load(&q->cells[place & q->mask].turn) == place + 1;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* left_ms is what remains until end, -1 for ever. */
static int
left_ms(int64_t end)
{
	int64_t left;

	if (end < 0)
		return -1;
	left = end - now_ms();
	return left < 0 ? 0 : (int)left;
}

bool
queue_wait(struct queue *q, int timeout_ms)
{
	int64_t end = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
	struct pollfd p = {.fd = q->fd, .events = POLLIN};

	for (;;) {
		int n;

		if (has_message(q))
			return true;
		atomic_store(&q->is_idle, true);
		if (has_message(q))
			return true;
		if (atomic_load(&q->tail) & closed_bit)
			return has_message(q);
		n = poll(&p, 1, left_ms(end));
		CHECK(n >= 0 || errno == EINTR);
		if (n > 0)
			queue_drain_fd(q);
		if (n == 0)
			return has_message(q);
	}
}

int
queue_fd(const struct queue *q)
{
	return q->fd;
}

void
queue_drain_fd(struct queue *q)
{
	uint64_t cnt;

	while (read(q->fd, &cnt, sizeof(cnt)) < 0 && errno == EINTR)
		continue;
}

void
queue_close(struct queue *q)
{
	(void)atomic_fetch_or(&q->tail, closed_bit);
	atomic_store(&q->is_idle, false);
	ring_bell(q);
}

size_t
queue_len(const struct queue *q)
{
	size_t tail = atomic_load(&q->tail) & ~closed_bit;
	size_t head = atomic_load(&q->head);

	return tail > head ? tail - head : 0;
}
