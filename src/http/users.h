/* SPDX-License-Identifier: Apache-2.0
 *
 * The users of a surface: a text file, one user on a line,
 *
 *     NAME:scrypt$N$r$p$SALT$HASH
 *
 * Blank lines and lines that begin with # are skipped. `sekisho user` writes
 * it; the gateway reads it at start and at SIGHUP.
 */
#ifndef HTTP_USERS_H
#define HTTP_USERS_H

#include "base/arena.h"
#include "http/password.h"

enum { GW_USER_NAME_MAX = 64, GW_USER_CNT_MAX = 10000 };

struct gw_users;

/* gw_user_name_ok: 1 to 64 bytes of UTF-8 without colon, blanks around it
 * or control characters. */
bool gw_user_name_ok(struct bytes name);

/*
 * gw_users_read reads a whole file.
 *
 * out     in the arena
 * line    on failure: the line that is wrong
 * Errors  RC_CONF       broken line, name twice, no user at all (a surface
 *                       that nobody may enter is a mistake)
 *         RC_NO_MEMORY
 */
enum rc gw_users_read(struct arena *a, struct gw_users **out, unsigned *line,
    struct bytes text, struct err *e);

/*
 * gw_users_find looks a user up by the exact bytes of the name.
 *
 * Returns  NULL when there is none
 */
const struct gw_password *gw_users_find(
    const struct gw_users *u, struct bytes name);

/* gw_users_decoy returns a record that nothing fits and that costs as much
 * as this file's first user. */
const struct gw_password *gw_users_decoy(const struct gw_users *u);

/* gw_users_cnt tells how many users the file has. */
size_t gw_users_cnt(const struct gw_users *u);

#endif
