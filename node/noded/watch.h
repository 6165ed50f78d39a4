/* SPDX-License-Identifier: Apache-2.0
 *
 * What the main thread does while the others serve: takes signals, sees the
 * signer end, looks at the clock.
 */
#ifndef NODED_WATCH_H
#define NODED_WATCH_H

#include <signal.h>

#include "signer/signer.h"

/* How often the clock is looked at. */
enum { WATCH_TURN_MS = 5000 };

/* watch_block blocks the signals that watch_run takes, for the calling thread
 * and those it will start. Before the signer is forked: none may be lost. */
void watch_block(sigset_t *signals);

/*
 * watch_run waits for a reason to stop.
 *
 * signer   the sealer's; NULL: none
 * accounts  that of accounts, whose end is only told; NULL: none
 * Returns  true for SIGTERM, SIGINT and SIGHUP, false when the signer ended
 */
bool watch_run(const sigset_t *signals, const struct signer *signer,
    const struct signer *accounts);

#endif
