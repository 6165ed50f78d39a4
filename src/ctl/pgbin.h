/* SPDX-License-Identifier: Apache-2.0
 *
 * Which PostgreSQL to use. A cluster can only be served by the major version
 * that made it, and a machine may have several.
 */
#ifndef CTL_PGBIN_H
#define CTL_PGBIN_H

#include <limits.h>

#include "base/err.h"

/* Where Debian puts them: PGBIN_LIB/15/bin/postgres. */
#define PGBIN_LIB "/usr/lib/postgresql"

/* The oldest major version that serves us. */
enum { PGBIN_MAJOR_MIN = 15 };

/*
 * pgbin_find finds the folder of `postgres` and `initdb`.
 *
 * lib     folder with a folder for each major version
 * path    folders with colons between, asked for their `postgres --version`
 *         when lib has none that fits; may be NULL
 * major   the version that it must be; 0: the newest one
 * Errors  RC_NOT_FOUND  naming what was found instead and the package to
 *                       install
 */
enum rc pgbin_find(char out[PATH_MAX], const char *lib, const char *path,
    unsigned major, struct err *e);

#endif
