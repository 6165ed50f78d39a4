/* SPDX-License-Identifier: Apache-2.0
 *
 * How a thread stands with the scheduler: as one that somebody waits for, or
 * as one that stands back. Neither needs rights, and neither is an error where
 * it cannot be had: it only changes how long an answer takes on CPUs that have
 * more to do than they can.
 */
#ifndef BASE_PRIO_H
#define BASE_PRIO_H

/*
 * prio_prompt is for threads that wake up often, work for a few microseconds
 * and then have an answer to somebody: they ask for short slices, and the
 * scheduler in return lets them in soon after they wake, where a thread with a
 * long slice first waits for others' to end, 3 ms and more.
 *
 * Linux 6.12 and later; earlier ones let whoever slept in soon by themselves.
 * Threads started by the caller have it too.
 */
void prio_prompt(void);

/*
 * prio_behind is for threads whose work may take a little longer for the sake
 * of all others; by is 1 to 19, as of nice(1). It cannot be undone.
 */
void prio_behind(int by);

#endif
