/* SPDX-License-Identifier: Apache-2.0
 *
 * What a supervisor that was killed has left running.
 */
#ifndef CTL_LEFTOVER_H
#define CTL_LEFTOVER_H

#include "ctl/home.h"

/*
 * leftover_end ends the parts of this state that still run, found by their
 * command lines, and waits until they are gone. Each was told to stop when its
 * supervisor died; but a database waits for its clients, a gateway drains, and
 * both hold what the next ones need.
 *
 * Call only with the state's lock held: nobody else can have started them.
 *
 * Errors  RC_UNAVAILABLE  one does not end, not even by SIGKILL
 *         RC_IO           /proc cannot be read
 */
enum rc leftover_end(const struct home *h, struct err *e);

#endif
