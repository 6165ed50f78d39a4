/* SPDX-License-Identifier: Apache-2.0
 *
 * `sekisho up`: makes the state on first start, starts the parts in order,
 * waits until each is ready, watches them, stops them in reverse.
 */
#ifndef CTL_UP_H
#define CTL_UP_H

#include "ctl/home.h"

/*
 * up_run runs the stack until SIGINT or SIGTERM.
 *
 * has_contracts  the platform's contracts are put on a development chain that
 *                has none
 * Errors         what kept it from starting; everything started is stopped
 *                again
 */
enum rc up_run(struct home *h, bool has_contracts, struct err *e);

#endif
