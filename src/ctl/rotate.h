/* SPDX-License-Identifier: Apache-2.0
 *
 * Log files that others hold open: a part of the stack writes to the end of a
 * descriptor that it was started with, and cannot open another one.
 */
#ifndef CTL_ROTATE_H
#define CTL_ROTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* Old files of each log: path.1 is the newest. */
enum { ROTATE_KEEP = 4 };

/*
 * rotate_log empties a log of more than max bytes: its lines move to path.1,
 * those of path.1 to path.2, and so on; what was path.ROTATE_KEEP goes. The
 * writers, who append, go on at the beginning. A file of twice max that could
 * not be copied is emptied without, so that the disk stays bounded.
 *
 * did     whether there was something to do
 * Errors  RC_IO  names the file; nothing was lost unless the text says so
 */
enum rc rotate_log(bool *did, const char *path, uint64_t max, struct err *e);

#endif
