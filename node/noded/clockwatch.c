/* SPDX-License-Identifier: Apache-2.0
 *
 * Compares two hands of a clock and a block's time. It reads no clock itself.
 */
#include "noded/clockwatch.h"

/* A time service may slew this much; what is faster adds up to a jump. */
enum { SLEW_PER_MILLION = 500 };

/* Follows what a slewing time service does meanwhile. */
static void
follow(struct clockwatch *w, int64_t off, uint64_t mono_ms)
{
	int64_t most =
	    (int64_t)((mono_ms - w->seen_ms) * SLEW_PER_MILLION / 1000000) + 1;

	if (off > most)
		off = most;
	if (off < -most)
		off = -most;
	w->base_ms += off;
	w->seen_ms = mono_ms;
}

static bool
has_jumped(
    struct clockwatch *w, int64_t *off_ms, uint64_t wall_ms, uint64_t mono_ms)
{
	int64_t now = (int64_t)wall_ms - (int64_t)mono_ms;
	int64_t off = now - w->base_ms;

	if (w->is_set && off <= CLOCKWATCH_OFF_MS &&
	    off >= -CLOCKWATCH_OFF_MS) {
		follow(w, off, mono_ms);
		return false;
	}
	*off_ms = w->is_set ? off : 0;
	w->base_ms = now;
	w->seen_ms = mono_ms;
	w->is_set = true;
	return *off_ms != 0;
}

enum clock_finding
clockwatch_look(struct clockwatch *w, int64_t *off_ms, uint64_t wall_ms,
    uint64_t mono_ms, uint64_t head_s)
{
	int64_t ahead = (int64_t)(head_s * 1000) - (int64_t)wall_ms;
	bool is_behind = ahead > CLOCKWATCH_OFF_MS;

	if (has_jumped(w, off_ms, wall_ms, mono_ms))
		return CLOCK_JUMPED;
	*off_ms = ahead;
	if (is_behind == w->is_behind)
		return CLOCK_GOOD;
	w->is_behind = is_behind;
	return is_behind ? CLOCK_BEHIND : CLOCK_CAUGHT_UP;
}
