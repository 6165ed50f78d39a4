/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's clock and one for tests. No timer lives here.
 */
#include "base/clock.h"

#include <time.h>

#include "base/check.h"

static uint64_t
read_ms(clockid_t id)
{
	struct timespec t;

	CHECK(clock_gettime(id, &t) == 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static uint64_t
real_wall_ms(void *ctx)
{
	(void)ctx;
	return read_ms(CLOCK_REALTIME);
}

static uint64_t
real_mono_ms(void *ctx)
{
	(void)ctx;
	return read_ms(CLOCK_MONOTONIC);
}

const struct clock *
clock_real(void)
{
	static const struct clock real = {
	    .wall_ms = real_wall_ms,
	    .mono_ms = real_mono_ms,
	};

	return &real;
}

static uint64_t
fake_wall_ms(void *ctx)
{
	const struct clock_fake *f = ctx;

	return f->wall_ms;
}

static uint64_t
fake_mono_ms(void *ctx)
{
	const struct clock_fake *f = ctx;

	return f->mono_ms;
}

struct clock
clock_of_fake(struct clock_fake *f)
{
	return (struct clock){
	    .wall_ms = fake_wall_ms,
	    .mono_ms = fake_mono_ms,
	    .ctx = f,
	};
}

void
clock_fake_add(struct clock_fake *f, uint64_t ms)
{
	f->wall_ms += ms;
	f->mono_ms += ms;
}
