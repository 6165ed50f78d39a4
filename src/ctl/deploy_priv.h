/* SPDX-License-Identifier: Apache-2.0
 *
 * What deploying and verifying share.
 */
#ifndef CTL_DEPLOY_PRIV_H
#define CTL_DEPLOY_PRIV_H

#include "ctl/asknode.h"
#include "ctl/deploy.h"
#include "ctl/platform.h"

/* Room for all transactions of a profile, their code and its texts. */
enum { DEPLOY_ARENA_MAX = 16 * 1024 * 1024, DEPLOY_LINE_MAX = 512 };

/* struct deploy is one run. */
struct deploy {
	const struct home *home;
	struct platform platform;
	struct arena arena;
	PGconn *pg;
	struct noderpc *node; /* NULL where none is needed */
	void (*say)(const char *line);
};

/* deploy_open opens database and, when asked, node, and reads the platform;
 * deploy_close is due in any case. */
enum rc deploy_open(struct deploy *d, const struct home *h,
    enum contract_profile profile, bool wants_node,
    void (*say)(const char *line), struct err *e);
void deploy_close(struct deploy *d);

/* deploy_say formats a line. */
void deploy_say(const struct deploy *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* deploy_has_code tells whether a contract's code lies at its address. */
enum rc deploy_has_code(
    struct deploy *d, bool *out, const struct platform_row *row, struct err *e);

#endif
