/* SPDX-License-Identifier: Apache-2.0
 *
 * Signals that ask us to end, for commands that have to clean up first.
 */
#ifndef CTL_STOP_H
#define CTL_STOP_H

#include "base/err.h"

/* stop_catch lets SIGINT, SIGTERM and SIGHUP be noted instead of ending us,
 * and a reader of our output that leaves end nobody. */
void stop_catch(void);

/* stop_signal returns the last of them, 0 for none. */
int stop_signal(void);

/*
 * stop_check stands between two steps of something long.
 *
 * Errors  RC_UNAVAILABLE  asked to end; "stopped by signal 2 (Interrupt)"
 */
enum rc stop_check(struct err *e);

#endif
