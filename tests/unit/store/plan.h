/* SPDX-License-Identifier: Apache-2.0
 *
 * A long story for crash tests: which groups are appended, what they undo,
 * when there is a flush. It follows from a seed, so that a child process can
 * act it out and the test can tell at each moment what must be on the disk.
 */
#ifndef UNIT_STORE_PLAN_H
#define UNIT_STORE_PLAN_H

#include "model.h"

enum { PLAN_STEPS = 400, PLAN_HISTORY = 12 };

struct plan {
	struct model m;
	struct model_block *heads[PLAN_STEPS]; /* after each step */
	uint64_t rewind_to[PLAN_STEPS];
	bool has_flush[PLAN_STEPS]; /* after the step */
	int steps;
};

/* plan_init makes the first steps, at most PLAN_STEPS; more of the same seed
 * begin alike. */
void plan_init(struct plan *p, uint64_t seed, int steps);

/* plan_conf is a store in dir with a small map and PLAN_HISTORY. */
struct store_conf plan_conf(const char *dir);

/* plan_step tells which step a head belongs to; -1 for none. */
int plan_step(const struct plan *p, const struct hash *head);

/* plan_where opens a view and tells the step that the store is at; -1 when it
 * is empty. Reports through test_fail when the head is no step's. */
int plan_where(const struct plan *p, struct store *s);

/* plan_play does one step: append, flush, small writes. */
enum rc plan_play(
    const struct plan *p, struct store *s, int step, struct err *e);

/* plan_check compares a store that is at a step with the world. */
void plan_check(const struct plan *p, struct store *s, int step);

/*
 * plan_reopen opens the store in dir as after a crash, replays its log and
 * checks that it is at step acked or the one after, and all of it is right.
 * Returns the step, -2 when it could not be opened.
 */
int plan_reopen(const struct plan *p, const char *dir, int acked);

#endif
