/* SPDX-License-Identifier: Apache-2.0
 *
 * Randomness: the kernel's for everything real, a seeded generator for tests
 * and simulations.
 */
#ifndef CRYPTO_RNG_H
#define CRYPTO_RNG_H

#include "base/bytes.h"

/* rng_fill fills out from getrandom; ends the process when it fails. */
void rng_fill(void *out, size_t len);

/* struct rng_test is a small seeded generator (splitmix64). Never for keys
 * that hold value. */
struct rng_test {
	uint64_t state;
};

/* rng_test_next draws 64 bits. */
uint64_t rng_test_next(struct rng_test *r);

/* rng_test_below draws from 0..bound-1; bound > 0. */
uint64_t rng_test_below(struct rng_test *r, uint64_t bound);

/* rng_test_fill fills out with len drawn bytes. */
void rng_test_fill(struct rng_test *r, void *out, size_t len);

#endif
