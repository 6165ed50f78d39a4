/* SPDX-License-Identifier: Apache-2.0
 *
 * Time behind an interface, so that tests and the consensus simulation turn
 * the hands themselves. Only edges read the real clock.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

struct clock {
	uint64_t (*wall_ms)(void *ctx); /* since 1970-01-01 UTC */
	uint64_t (*mono_ms)(void *ctx); /* never falls */
	void *ctx;
};

/* clock_real returns the machine's clock, static storage. */
const struct clock *clock_real(void);

/* struct clock_fake moves only when told to. */
struct clock_fake {
	uint64_t wall_ms, mono_ms;
};

/* clock_of_fake returns a clock that reads f; f must outlive it. */
struct clock clock_of_fake(struct clock_fake *f);

/* clock_fake_add moves both hands forward. */
void clock_fake_add(struct clock_fake *f, uint64_t ms);

#endif
