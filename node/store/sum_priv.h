/* SPDX-License-Identifier: Apache-2.0
 *
 * The checksum of everything that the store writes: XXH64, which finds torn
 * and flipped bytes at memory speed. Not for anything an enemy chooses.
 */
#ifndef STORE_SUM_PRIV_H
#define STORE_SUM_PRIV_H

#include <stdint.h>

#include "base/bytes.h"

/*
 * sum64 computes the XXH64 of in under seed.
 *
 * Spec  xxHash fast digest algorithm, version 0.1.1, "XXH64"
 */
uint64_t sum64(uint64_t seed, struct bytes in);

#endif
