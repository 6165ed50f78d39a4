/* SPDX-License-Identifier: Apache-2.0
 *
 * The heap. Kore has timers too, in a list that is searched from the front
 * for each insertion; a thousand sleeping requests would walk it a thousand
 * times.
 */
#include "gateway/timer.h"

#include "base/arena.h"
#include "base/check.h"

bool
timers_init(struct timers *t, size_t cap)
{
	t->heap = mem_array(cap + 1, sizeof(struct timer *));
	t->cnt = 0;
	t->cap = cap;
	return t->heap != NULL;
}

static void
put(struct timers *t, size_t place, struct timer *timer)
{
	t->heap[place] = timer;
	timer->place = place;
}

static void
rise(struct timers *t, struct timer *timer, size_t place)
{
	while (place > 1 && t->heap[place / 2]->at_ms > timer->at_ms) {
		put(t, place, t->heap[place / 2]);
		place /= 2;
	}
	put(t, place, timer);
}

static void
sink(struct timers *t, struct timer *timer, size_t place)
{
	size_t child;

	while ((child = place * 2) <= t->cnt) {
		if (child < t->cnt &&
		    t->heap[child + 1]->at_ms < t->heap[child]->at_ms)
			child++;
		if (t->heap[child]->at_ms >= timer->at_ms)
			break;
		put(t, place, t->heap[child]);
		place = child;
	}
	put(t, place, timer);
}

void
timer_clear(struct timers *t, struct timer *timer)
{
	size_t place = timer->place;
	struct timer *last;

	if (place == 0)
		return;
	timer->place = 0;
	last = t->heap[t->cnt--];
	if (last == timer)
		return;
	if (place > 1 && t->heap[place / 2]->at_ms > last->at_ms)
		rise(t, last, place);
	else
		sink(t, last, place);
}

void
timer_set(struct timers *t, struct timer *timer, uint64_t at_ms,
    void (*fire)(void *arg), void *arg)
{
	timer_clear(t, timer);
	CHECK(t->cnt < t->cap);
	timer->at_ms = at_ms;
	timer->fire = fire;
	timer->arg = arg;
	rise(t, timer, ++t->cnt);
}

uint64_t
timers_wait(const struct timers *t, uint64_t now_ms)
{
	if (t->cnt == 0)
		return UINT64_MAX;
	return t->heap[1]->at_ms > now_ms ? t->heap[1]->at_ms - now_ms : 0;
}

void
timers_fire(struct timers *t, uint64_t now_ms)
{
	/* What a timer sets for now waits for the next turn. */
	size_t most = t->cnt;

	while (most-- > 0 && t->cnt > 0 && t->heap[1]->at_ms <= now_ms) {
		struct timer *timer = t->heap[1];

		timer_clear(t, timer);
		timer->fire(timer->arg);
	}
}
