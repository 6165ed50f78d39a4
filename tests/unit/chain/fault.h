/* SPDX-License-Identifier: Apache-2.0
 *
 * An allocation that fails on demand, whoever asks: ours, LMDB, libc.
 */
#ifndef UNIT_CHAIN_FAULT_H
#define UNIT_CHAIN_FAULT_H

#include <stdbool.h>
#include <stddef.h>

/* fault_can tells whether this build lets allocations fail: not under a
 * sanitizer that has its own. */
bool fault_can(void);

/* fault_set makes the n-th allocation from now fail, once; 0: none. */
void fault_set(size_t n);

/* fault_has_hit tells whether it has failed, and ends it. */
bool fault_has_hit(void);

/* fault_left is what fault_set was given, when nothing was allocated since. */
size_t fault_left(void);

/* fault_pretend makes fault_has_hit say true once more. */
void fault_pretend(void);

#endif
