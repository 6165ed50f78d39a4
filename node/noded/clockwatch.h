/* SPDX-License-Identifier: Apache-2.0
 *
 * Is the wall clock to be trusted? A block's time is compared with it, so a
 * clock that is set, stands still or runs behind the chain stops a sealer or
 * has its blocks refused. Two things can be seen without asking anybody:
 * that the wall clock moved otherwise than the monotonic one, and that it is
 * behind the head's own time.
 */
#ifndef NODED_CLOCKWATCH_H
#define NODED_CLOCKWATCH_H

#include <stdbool.h>
#include <stdint.h>

/* Off by more than this is worth a warning. */
enum { CLOCKWATCH_OFF_MS = 15000 };

enum clock_finding {
	CLOCK_GOOD,   /* nothing new */
	CLOCK_JUMPED, /* set, or the machine slept: off_ms is how far */
	CLOCK_BEHIND, /* the head is off_ms ahead of the clock */
	CLOCK_CAUGHT_UP
};

/* struct clockwatch is all zero at first. */
struct clockwatch {
	int64_t base_ms; /* wall minus monotonic, as it should be */
	uint64_t seen_ms;
	bool is_set, is_behind;
};

/*
 * clockwatch_look compares the hands with those of the look before.
 *
 * head_s   time of the head block, Unix seconds
 * off_ms   signed; forward is positive
 * Returns  each jump once, each change between behind and not once
 */
enum clock_finding clockwatch_look(struct clockwatch *w, int64_t *off_ms,
    uint64_t wall_ms, uint64_t mono_ms, uint64_t head_s);

#endif
