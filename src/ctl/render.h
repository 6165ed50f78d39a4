/* SPDX-License-Identifier: Apache-2.0
 *
 * The texts of a development state: genesis.json, node.conf, jobs.conf and
 * gateway.conf.
 */
#ifndef CTL_RENDER_H
#define CTL_RENDER_H

#include "ctl/home.h"
#include "eth/types.h"

enum { RENDER_PASSWORD_MAX = 32, RENDER_ACCOUNTS = 10 };

struct render {
	char dir[PATH_MAX]; /* where the state will be when it is whole */
	struct addr sealer;
	struct addr account[RENDER_ACCOUNTS];
};

/* render_open starts with an empty set of values. */
void render_open(struct render *r, const char *dir);

/* render_all writes conf/ of h from r. */
enum rc render_all(const struct home *h, const struct render *r, struct err *e);

#endif
