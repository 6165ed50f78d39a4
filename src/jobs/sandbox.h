/* SPDX-License-Identifier: Apache-2.0
 *
 * What jobsd may ask the kernel for: to read files, and sockets to the node
 * and the database. No new program, no new rights, no file written. Anything
 * else ends the process.
 */
#ifndef JOBS_SANDBOX_H
#define JOBS_SANDBOX_H

#include <stdbool.h>

#include "base/err.h"

/*
 * jobs_sandbox_enter installs the system-call filter, for good.
 *
 * has_network  the database is reached by address: internet sockets pass, too
 * Errors       RC_IO
 */
enum rc jobs_sandbox_enter(bool has_network, struct err *e);

#endif
