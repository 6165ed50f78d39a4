/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes a state directory: chain, keys, passwords, certificate, database
 * cluster, configuration.
 */
#ifndef CTL_INIT_H
#define CTL_INIT_H

#include "ctl/home.h"

/* Accounts of the development chain that own coins. */
enum { INIT_ACCOUNTS = 10 };

/*
 * init_dev makes the development state in h->dir. Everything is made in
 * dir.new and renamed at the end, so that a failure leaves nothing behind.
 *
 * say     gets one line per step
 * Errors  RC_IO with what failed; RC_DENIED when the parts' users could not
 *         reach it; RC_NO_SPACE; RC_UNAVAILABLE when stop_catch has noted a
 *         signal; nothing is left half-made
 */
enum rc init_dev(
    const struct home *h, void (*say)(const char *line), struct err *e);

#endif
