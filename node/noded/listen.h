/* SPDX-License-Identifier: Apache-2.0
 *
 * The Unix sockets that noded serves.
 */
#ifndef NODED_LISTEN_H
#define NODED_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * listen_unix binds a socket at path, replacing one that nobody listens on.
 *
 * mode   0600 or 0660
 * group  name, or NULL to leave it
 * Errors RC_UNAVAILABLE  somebody listens there; RC_IO
 */
enum rc listen_unix(
    int *fd, const char *path, mode_t mode, const char *group, struct err *e);

#endif
