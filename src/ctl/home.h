/* SPDX-License-Identifier: Apache-2.0
 *
 * The state directory: where it is, what lies where, which system users own
 * which part. One layout for root (/var/lib/sekisho, a user per process) and
 * for an ordinary user (./var, everything theirs).
 *
 *   version            "sekisho-state 1"
 *   conf/              genesis.json node.conf jobs.conf gateway.conf
 *   node/              chain database, pool log, key store (node's user)
 *   pg/                PostgreSQL cluster (pg's user)
 *   run/               node.ipc, pid files; run/gw: chroot of the workers
 *   geo/               country database (ours)
 *   tls/               certificate and key (keymgr's user)
 *   log/               one file per process
 *   secrets/           dev-credentials.json, users of the surfaces (ours)
 */
#ifndef CTL_HOME_H
#define CTL_HOME_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum home_user {
	HOME_SELF,
	HOME_NODE,
	HOME_JOBS,
	HOME_GW,
	HOME_KEYS,
	HOME_PG,
	HOME_USER_CNT
};

struct home {
	char dir[PATH_MAX];
	char bin[PATH_MAX]; /* where our programs are */
	uint16_t port, rpc_port;
	uint64_t log_bytes; /* a log file is rotated above it */
	bool is_root;
	struct {
		char name[32];
		uid_t uid;
		gid_t gid;
	} user[HOME_USER_CNT];
	gid_t run_gid; /* group "sekisho": may make sockets in run/ */
};

/* The stamp of this layout. */
#define HOME_STAMP "sekisho-state 1"

/*
 * home_open finds the state directory (SEKISHO_HOME), ports (SEKISHO_PORT,
 * SEKISHO_RPC_PORT), our programs and the system users; as root with
 * make_users it creates users that are missing.
 *
 * Errors  RC_CONF  a port that is none or twice the same, a path that is too
 *                  long or has quotes, blanks or the like
 *         RC_NOT_FOUND  system users missing and make_users is false
 */
enum rc home_open(struct home *h, bool make_users, struct err *e);

/*
 * home_exists tells whether the directory holds a state of this layout. It
 * changes nothing.
 *
 * Errors  RC_WRONG_SCHEMA  another version, or foreign files
 *         RC_CONF          somebody else's, or a mount, where no state can
 *                          be made; RC_IO
 */
enum rc home_exists(const struct home *h, bool *out, struct err *e);

/* home_need is for commands that want a state: RC_NOT_FOUND when there is
 * none, else the errors of home_exists. */
enum rc home_need(const struct home *h, struct err *e);

/* home_path writes dir/NAME to out (PATH_MAX) and returns out. */
char *home_path(const struct home *h, char *out, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* home_dir makes dir/NAME with an owner and a mode. RC_IO */
enum rc home_mkdir(const struct home *h, const char *name, enum home_user u,
    mode_t mode, struct err *e);

/*
 * home_write makes dir/NAME with whole contents, owner and mode; synced, and
 * in place only when complete. A failure leaves what was there. RC_IO
 */
enum rc home_write(const struct home *h, const char *name, enum home_user u,
    mode_t mode, const void *data, size_t len, struct err *e);

/* home_set_dir points h at another directory (while it is being made). */
void home_set_dir(struct home *h, const char *dir);

/* home_remove deletes dir and everything in it; for what was half made. */
void home_remove(const char *dir);

#endif
