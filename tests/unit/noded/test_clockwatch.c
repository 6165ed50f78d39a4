/* SPDX-License-Identifier: Apache-2.0
 *
 * What the clock's two hands and the head's time say.
 */
#include "noded/clockwatch.h"

#include "base/check.h"
#include "test.h"

/* One look: when on the monotonic clock, by how much the wall clock is off
 * the start, by how much the head is ahead of the start. */
struct look {
	const char *name;
	uint64_t mono_ms;
	int64_t wall_off_ms;
	int64_t head_s;
	enum clock_finding want;
	int64_t want_off_ms;
};

#define START_MS 1800000000000

static void
run(const struct look *v, size_t cnt)
{
	struct clockwatch w = {.is_set = false};
	size_t i;

	for (i = 0; i < cnt; i++) {
		uint64_t wall = (uint64_t)(START_MS + (int64_t)v[i].mono_ms +
					   v[i].wall_off_ms);
		uint64_t head = (uint64_t)(START_MS / 1000 + v[i].head_s);
		int64_t off = 0;

		test_row(v[i].name);
		EXPECT_U64(clockwatch_look(&w, &off, wall, v[i].mono_ms, head),
		    v[i].want);
		if (v[i].want != CLOCK_GOOD)
			EXPECT(off == v[i].want_off_ms);
	}
}

TEST(test_clockwatch_jump_is_told_once)
{
	static const struct look v[] = {
	    {"first", 1000, 0, 0, CLOCK_GOOD, 0},
	    {"in step", 6000, 0, 0, CLOCK_GOOD, 0},
	    {"set forward", 11000, 15100, 0, CLOCK_JUMPED, 15100},
	    {"stays so", 16000, 15100, 0, CLOCK_GOOD, 0},
	    {"set back", 21000, -60000, -100, CLOCK_JUMPED, -75100},
	    {"stays so", 26000, -60000, -100, CLOCK_GOOD, 0},
	};

	run(v, ARRAY_CNT(v));
}

TEST(test_clockwatch_first_look_is_no_jump)
{
	static const struct look v[] = {
	    {"long after boot", 900000000, 0, 0, CLOCK_GOOD, 0}};

	run(v, ARRAY_CNT(v));
}

TEST(test_clockwatch_small_steps_add_up)
{
	struct clockwatch w = {.is_set = false};
	enum clock_finding got = CLOCK_GOOD;
	uint64_t step;
	int64_t off = 0;

	for (step = 0; step < 4; step++) {
		EXPECT_U64(got, CLOCK_GOOD);
		got = clockwatch_look(&w, &off, START_MS + step * 7000,
		    step * 1000, START_MS / 1000);
	}
	EXPECT_U64(got, CLOCK_JUMPED);
	EXPECT(off > CLOCKWATCH_OFF_MS && off <= 18000);
}

/* A time service that slews for a week is no jump. */
TEST(test_clockwatch_slewing_is_followed)
{
	struct clockwatch w = {.is_set = false};
	uint64_t mono_ms;
	int64_t off;

	for (mono_ms = 0; mono_ms < 604800000; mono_ms += 5000)
		EXPECT_U64(clockwatch_look(&w, &off,
			       START_MS + mono_ms + mono_ms / 4000, mono_ms,
			       START_MS / 1000),
		    CLOCK_GOOD);
}

TEST(test_clockwatch_frozen_clock_is_told)
{
	struct clockwatch w = {.is_set = false};
	uint64_t mono_ms, told = 0;
	int64_t off;

	for (mono_ms = 0; mono_ms < 60000; mono_ms += 5000)
		if (clockwatch_look(&w, &off, START_MS, mono_ms,
			START_MS / 1000) == CLOCK_JUMPED) {
			EXPECT(off < -CLOCKWATCH_OFF_MS);
			told++;
		}
	EXPECT_U64(told, 2);
}

TEST(test_clockwatch_clock_behind_the_head_is_told_once)
{
	static const struct look v[] = {
	    {"ahead within bounds", 0, 0, 15, CLOCK_GOOD, 0},
	    {"too far", 0, 0, 16, CLOCK_BEHIND, 16000},
	    {"still", 1000, 0, 17, CLOCK_GOOD, 0},
	    {"caught up", 5000, 0, 17, CLOCK_CAUGHT_UP, 12000},
	    {"and again", 6000, 0, 60, CLOCK_BEHIND, 54000},
	};

	run(v, ARRAY_CNT(v));
}
