/* SPDX-License-Identifier: Apache-2.0
 *
 * What can be told of random numbers: they fill what they should, differ,
 * and the seeded ones repeat.
 */
#include "crypto/rng.h"

#include "base/check.h"
#include "test.h"

TEST(test_rng_fill_fills_all_and_no_more)
{
	uint8_t a[1000] = {0}, b[1000] = {0};
	size_t i, zeros = 0;

	rng_fill(a, sizeof(a) - 8);
	rng_fill(b, sizeof(b) - 8);
	EXPECT(!bytes_eq(bytes_of(a, 32), bytes_of(b, 32)));
	for (i = 0; i < sizeof(a) - 8; i++)
		zeros += a[i] == 0;
	EXPECT(zeros < 40); /* four expected */
	for (; i < sizeof(a); i++)
		EXPECT(a[i] == 0);
	rng_fill(a, 0);
}

TEST(test_rng_test_same_seed_same_numbers)
{
	struct rng_test a = {.state = 42}, b = {.state = 42};
	uint8_t first[13], second[13];

	/* splitmix64 from seed 0 begins so */
	struct rng_test zero = {.state = 0};

	EXPECT_U64(rng_test_next(&zero), 0xe220a8397b1dcdaf);
	EXPECT_U64(rng_test_next(&zero), 0x6e789e6aa1b965f4);
	rng_test_fill(&a, first, sizeof(first));
	rng_test_fill(&b, second, sizeof(second));
	EXPECT_BYTES(bytes_of(first, 13), bytes_of(second, 13));
	EXPECT_U64(a.state, b.state);
}

TEST(test_rng_test_below_covers_the_range_evenly)
{
	struct rng_test r = {.state = 1};
	unsigned seen[6] = {0};
	size_t i;

	for (i = 0; i < 60000; i++) {
		uint64_t v = rng_test_below(&r, 6);

		EXPECT(v < 6);
		seen[v < 6 ? v : 0]++;
	}
	for (i = 0; i < 6; i++)
		EXPECT(seen[i] > 9500 && seen[i] < 10500);
	EXPECT_U64(rng_test_below(&r, 1), 0);
	EXPECT(rng_test_below(&r, UINT64_MAX) < UINT64_MAX);
}
