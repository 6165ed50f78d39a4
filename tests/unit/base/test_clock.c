/* SPDX-License-Identifier: Apache-2.0
 *
 * The two clocks.
 */
#include "base/clock.h"

#include "test.h"

TEST(test_clock_real_moves_forward)
{
	const struct clock *c = clock_real();
	uint64_t mono = c->mono_ms(c->ctx), wall = c->wall_ms(c->ctx);

	EXPECT(wall > 1700000000000);
	EXPECT(wall < 4000000000000);
	EXPECT(c->mono_ms(c->ctx) >= mono);
	EXPECT(c == clock_real());
}

TEST(test_clock_fake_moves_only_when_told)
{
	struct clock_fake f = {.wall_ms = 1000, .mono_ms = 5};
	struct clock c = clock_of_fake(&f);

	EXPECT_U64(c.wall_ms(c.ctx), 1000);
	EXPECT_U64(c.mono_ms(c.ctx), 5);
	clock_fake_add(&f, 250);
	EXPECT_U64(c.wall_ms(c.ctx), 1250);
	EXPECT_U64(c.mono_ms(c.ctx), 255);
	f.wall_ms = 10; /* somebody set the wall clock back */
	EXPECT_U64(c.wall_ms(c.ctx), 10);
	EXPECT_U64(c.mono_ms(c.ctx), 255);
}
