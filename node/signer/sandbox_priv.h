/* SPDX-License-Identifier: Apache-2.0
 *
 * Locking the child down: nothing of its parent's but three descriptors, no
 * dumps, no new rights, no way to the file system but the key folder, no
 * system call that is not in sandbox.def.
 */
#ifndef SIGNER_SANDBOX_PRIV_H
#define SIGNER_SANDBOX_PRIV_H

#include <sys/types.h>

#include "base/err.h"

/* The child's descriptors after sandbox_descriptors. SANDBOX_MARK is a copy of
 * the socket when there is no watermark. */
enum { SANDBOX_SOCK = 3, SANDBOX_DIR = 4, SANDBOX_MARK = 5 };

/*
 * sandbox_prepare is for right after the fork: dies with parent, ignores the
 * terminal's signals, leaves no dump. RC_IO.
 */
enum rc sandbox_prepare(pid_t parent, struct err *e);

/* sandbox_descriptors moves three descriptors to their places and closes all
 * others but standard error. mark -1: none. RC_IO. */
enum rc sandbox_descriptors(int sock, int dir, int mark, struct err *e);

/*
 * sandbox_enter closes the door. Afterwards a system call outside sandbox.def
 * ends the process with SIGSYS.
 *
 * Errors  RC_IO  the kernel has no seccomp filter. Landlock may be missing:
 *                the filter alone then leaves reading files open
 */
enum rc sandbox_enter(struct err *e);

#endif
