/* SPDX-License-Identifier: Apache-2.0
 *
 * A pool over the yard's chain, for the threads' tests.
 */
#ifndef TEST_NODED_POOLED_H
#define TEST_NODED_POOLED_H

#include "../chain/yard.h"
#include "noded/pooler.h"

/* pooled_open opens p->pool in its folder, new or as it was left, with p->gas
 * as its bounds. p has its clock and store; no view is open afterwards, as
 * between two turns: the chain's steps want none on their thread. */
void pooled_open(struct pooler *p);

#endif
