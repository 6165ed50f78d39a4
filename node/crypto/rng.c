/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel's randomness, and a generator whose whole state is a seed, for
 * tests and simulations (splitmix64; S. Vigna, public domain algorithm).
 */
#include "crypto/rng.h"

#include <string.h>
#include <sys/random.h>

#include "base/check.h"

/* What getrandom gives whole, never interrupted (getrandom(2)). */
enum { ASK_MAX = 256 };

void
rng_fill(void *out, size_t len)
{
	uint8_t *p = out;

	while (len > 0) {
		size_t n = len < ASK_MAX ? len : ASK_MAX;

		CHECK(getrandom(p, n, 0) == (ssize_t)n);
		p += n;
		len -= n;
	}
}

uint64_t
rng_test_next(struct rng_test *r)
{
	uint64_t z = (r->state += 0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t
rng_test_below(struct rng_test *r, uint64_t bound)
{
	uint64_t v, fair;

	CHECK(bound > 0);
	fair = UINT64_MAX - UINT64_MAX % bound; /* a multiple of bound */
	do {
		v = rng_test_next(r);
	} while (v >= fair);
	return v % bound;
}

void
rng_test_fill(struct rng_test *r, void *out, size_t len)
{
	uint8_t *p = out;

	while (len > 0) {
		uint64_t v = rng_test_next(r);
		size_t n = len < sizeof(v) ? len : sizeof(v);

		memcpy(p, &v, n);
		p += n;
		len -= n;
	}
}
