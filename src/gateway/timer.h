/* SPDX-License-Identifier: Apache-2.0
 *
 * One-shot timers of a worker: a binary heap of structs that belong to
 * whoever waits.
 */
#ifndef GATEWAY_TIMER_H
#define GATEWAY_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
	uint64_t at_ms;
	size_t place; /* in the heap, from 1; 0: not set */
	void (*fire)(void *arg);
	void *arg;
};

struct timers {
	struct timer **heap; /* [0] is not used */
	size_t cnt, cap;
};

/* timers_init makes room for cap timers; false without memory. */
bool timers_init(struct timers *t, size_t cap);

/* timer_set sets or moves a timer; CHECKs that there is room. */
void timer_set(struct timers *t, struct timer *timer, uint64_t at_ms,
    void (*fire)(void *arg), void *arg);

/* timer_clear takes a timer out; one that is not set stays so. */
void timer_clear(struct timers *t, struct timer *timer);

/* timers_wait returns how long nothing is due, UINT64_MAX without timers. */
uint64_t timers_wait(const struct timers *t, uint64_t now_ms);

/* timers_fire calls everything that is due; a timer is not set any more
 * when it fires, and may be set again by what it calls. */
void timers_fire(struct timers *t, uint64_t now_ms);

#endif
