/* SPDX-License-Identifier: Apache-2.0
 *
 * What noded may ask the kernel for once it serves: no new program, no new
 * rights, no socket but Unix ones. Anything else ends the process.
 */
#ifndef NODED_SANDBOX_H
#define NODED_SANDBOX_H

#include "base/err.h"

/* noded_sandbox_enter installs the system-call filter for all threads to come.
 * RC_IO */
enum rc noded_sandbox_enter(struct err *e);

#endif
