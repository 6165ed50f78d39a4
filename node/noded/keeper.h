/* SPDX-License-Identifier: Apache-2.0
 *
 * The keeper thread: the one that asks the signer of accounts. That signer is
 * a process apart from the sealer's, with a policy of its own: whatever it is
 * busy with, opening a key file for a second, neither seals nor readers wait.
 * Here, calls about accounts do, one behind the other.
 */
#ifndef NODED_KEEPER_H
#define NODED_KEEPER_H

#include "base/queue.h"
#include "rpc/rpc.h"
#include "signer/signer.h"

struct keeper {
	/* set by keeper_open; signer NULL: this node keeps no accounts */
	struct signer *signer;
	const char *dir; /* key files */
	/* set by main before keeper_run */
	struct queue *in, *pool;
	struct queue *back; /* answers of the pool */
};

/* How long an account takes no password after a first wrong one. */
enum { KEEPER_WAIT_MS = 1000 };

/*
 * keeper_open forks the signer of accounts, before any thread.
 *
 * dir     of key files; stays
 * sealer  the account that must stay out of its reach; or NULL
 * Errors  those of signer_spawn
 */
enum rc keeper_open(struct keeper *k, const char *dir,
    const struct addr *sealer, struct err *e);

/* keeper_keys tells how calls reach the keys. */
struct rpc_keys keeper_keys(struct keeper *k);

/* keeper_run serves until MAIL_STOP. Thread: becomes keeper */
void keeper_run(struct keeper *k);

/* keeper_close ends the signer and drops what was not served. */
void keeper_close(struct keeper *k);

#endif
