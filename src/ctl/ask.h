/* SPDX-License-Identifier: Apache-2.0
 *
 * Questions to the gateway about a request (http/explain.h): to the one that
 * runs, through a listener on this machine, or to its program with the same
 * configuration when none runs.
 */
#ifndef CTL_ASK_H
#define CTL_ASK_H

#include "base/arena.h"
#include "ctl/home.h"
#include "http/conf.h"

/* Longest answer taken. */
enum { ASK_ANSWER_MAX = 128 * 1024 };

/*
 * ask_conf reads a configuration of the gateway, without the files that it
 * names.
 *
 * Errors  RC_IO, RC_NO_MEMORY; RC_CONF with the first fault, which
 *         `sekisho check` tells with all others
 */
enum rc ask_conf(struct gw_conf **out, const char *path, struct err *e);

/*
 * ask_running asks the gateway that runs.
 *
 * out     JSON, NUL-terminated, in the arena
 * Errors  RC_UNAVAILABLE  none answers, or no surface for operators is on a
 *                         listener of this machine; RC_IO
 */
enum rc ask_running(struct arena *a, const char **out, const struct gw_conf *c,
    struct bytes form, struct err *e);

/* ask_program has the gateway's program answer from the configuration at
 * path alone. RC_IO with what it said */
enum rc ask_program(struct arena *a, const char **out, const struct home *h,
    const char *path, struct bytes form, struct err *e);

#endif
