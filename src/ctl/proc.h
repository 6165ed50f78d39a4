/* SPDX-License-Identifier: Apache-2.0
 *
 * Child processes: run to the end, or start, watch and stop.
 */
#ifndef CTL_PROC_H
#define CTL_PROC_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/bytes.h"
#include "base/err.h"
#include "ctl/home.h"

/* proc_run_quiet runs a program to its end; its output appears only in the
 * error. RC_IO with its last words. */
enum rc proc_run_quiet(const char *const *argv, struct err *e);

/* proc_read is proc_run_quiet, and said gets the last words, at most cap
 * bytes with the NUL, without line ends behind them. */
enum rc proc_read(
    const char *const *argv, char *said, size_t cap, struct err *e);

/* proc_feed is proc_read of a program that reads in from its standard
 * input. */
enum rc proc_feed(const char *const *argv, struct bytes in, char *said,
    size_t cap, struct err *e);

/* proc_run_as is proc_run_quiet as a user of the state directory; the program
 * is killed should we die. */
enum rc proc_run_as(const struct home *h, enum home_user u,
    const char *const *argv, struct err *e);

/*
 * proc_start starts a program in a process group of its own, standard output
 * and error to the end of the file log, standard input from nothing. It gets
 * SIGTERM should we die.
 *
 * said  NULL, or where proc_has_said will look for the line of base/ready.h;
 *       -1 when the program was not started
 */
enum rc proc_start(const struct home *h, enum home_user u, const char *log,
    const char *const *argv, pid_t *pid, int *said, struct err *e);

/* proc_has_said tells whether a program that was started so has said that it
 * works. It does not wait. Once it is true, said is closed and -1. */
bool proc_has_said(int *said);

/*
 * proc_stop sends sig and waits; after grace_ms it sends SIGKILL.
 *
 * Returns false when it had to kill
 */
bool proc_stop(pid_t pid, int sig, int grace_ms);

/* proc_is_alive reaps a child that has ended and writes why to text. */
bool proc_is_alive(pid_t pid, char *text, size_t cap);

/* Waiting before a program that died is started again. */
enum {
	PROC_DELAY_MIN_MS = 250,
	PROC_DELAY_MAX_MS = 15000,
	/* Whoever ran this long was well: its next death is the first. */
	PROC_QUIET_MS = 1000
};

/*
 * proc_delay_ms returns how long to wait: doubled from the least to the most
 * while a program dies soon after its start.
 *
 * last_ms  what it returned for the death before, 0 for none
 * ran_ms   how long the program ran since
 */
int proc_delay_ms(int last_ms, uint64_t ran_ms);

#endif
