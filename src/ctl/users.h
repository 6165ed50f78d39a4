/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing files of HTTP Basic users (http/users.h): a line per user. The
 * gateway reads them at start and at SIGHUP.
 */
#ifndef CTL_USERS_H
#define CTL_USERS_H

#include "base/arena.h"
#include "ctl/home.h"

enum users_verb { USERS_ADD, USERS_PASSWD, USERS_SET };

/*
 * users_put writes one user's password hash; comments and other users stay
 * as they are, and the file appears whole or not at all. A file that is
 * there keeps owner and mode. Two at once wait for each other (a lock on the
 * folder).
 *
 * path    absolute; made if missing
 * verb    USERS_ADD refuses a name that is there, USERS_PASSWD one that is
 *         not, USERS_SET takes both
 * Errors  RC_BAD_INPUT  a name or password that the rules forbid; RC_CONF
 *         the file is broken; RC_IO
 */
enum rc users_put(const struct home *h, const char *path, enum users_verb verb,
    const char *user, struct bytes password, struct err *e);

/* users_check finds what users_put would say of the name, before anybody is
 * asked for a password. */
enum rc users_check(
    const char *path, enum users_verb verb, const char *user, struct err *e);

/* users_list calls say with each name, in the file's order. */
enum rc users_list(
    const char *path, void (*say)(const char *name), struct err *e);

#endif
