/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole files into memory.
 */
#ifndef CTL_TEXTFILE_H
#define CTL_TEXTFILE_H

#include "base/arena.h"
#include "base/err.h"

/* textfile_read reads a file of at most max bytes into the arena.
 * RC_IO, RC_TOO_LARGE */
enum rc textfile_read(struct arena *a, struct bytes *out, const char *path,
    size_t max, struct err *e);

#endif
