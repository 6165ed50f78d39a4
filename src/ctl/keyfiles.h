/* SPDX-License-Identifier: Apache-2.0
 *
 * The key files of a key store (Web3 secret storage), by their addresses.
 */
#ifndef CTL_KEYFILES_H
#define CTL_KEYFILES_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"
#include "eth/types.h"

/* Room for the path of a key file. */
enum { KEYFILES_PATH_MAX = PATH_MAX + 300 };

/*
 * keyfiles_each calls say with each key file of a folder, in the order of
 * their names, until it returns false.
 *
 * Errors  RC_IO
 */
enum rc keyfiles_each(const char *dir,
    bool (*say)(void *ctx, const struct addr *addr, const char *path),
    void *ctx, struct err *e);

/* keyfiles_find finds an account's; path is empty when there is none. RC_IO */
enum rc keyfiles_find(char path[KEYFILES_PATH_MAX], const char *dir,
    const struct addr *addr, struct err *e);

#endif
