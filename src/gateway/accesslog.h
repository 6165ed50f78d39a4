/* SPDX-License-Identifier: Apache-2.0
 *
 * The access log: one JSON object on a line for each request, gathered in
 * memory and written by the worker every quarter of a second or when the
 * memory is full. Never waits; what can not be written is counted.
 */
#ifndef GATEWAY_ACCESSLOG_H
#define GATEWAY_ACCESSLOG_H

#include "gateway/timer.h"

#include <stdint.h>

struct txn;

enum { ACCESSLOG_BUF = 64 * 1024, ACCESSLOG_LINE_MAX = 4096 };

struct accesslog {
	int fd; /* opened by the parent; -1: no log */
	size_t len;
	uint64_t lost; /* lines since the last one that was written */
	uint64_t sec;  /* second that stamp is for */
	char stamp[32];
	struct timer timer;
	char buf[ACCESSLOG_BUF];
};

/* accesslog_open starts an empty log that is written to fd. */
void accesslog_open(struct accesslog *l, int fd);

/* accesslog_put adds the line of a request that has ended, at end_us of the
 * monotonic clock. */
void accesslog_put(
    struct accesslog *l, const struct txn *t, uint64_t end_us, bool is_aborted);

/* accesslog_flush writes what has gathered. */
void accesslog_flush(struct accesslog *l);

/* accesslog_swap writes to another file from now on and closes the old. */
void accesslog_swap(struct accesslog *l, int fd);

#endif
