/* SPDX-License-Identifier: Apache-2.0
 *
 * The process that everything starts in. It opens listeners and the access
 * log, forks workers and key manager through Kore, and then only watches:
 * signals, log rotation, ticket keys. It never reads a byte from a client.
 */
#ifndef GATEWAY_PARENT_H
#define GATEWAY_PARENT_H

#include <sys/types.h>

#include "gateway/control.h"
#include "gateway/country.h"
#include "gateway/listen.h"
#include "gateway/pair.h"
#include "gateway/shm.h"
#include "http/conf.h"

/* How far the parent is with putting a pair in force. */
enum pair_step {
	PAIR_IDLE,
	PAIR_HOLD, /* workers come to the end of their handshakes */
	PAIR_SWAP, /* they wait for the certificate */
};

/*
 * struct gw_process is what main sets up before the first fork; workers
 * inherit it and do not change it.
 */
struct gw_process {
	const char *conf_file;
	struct gw_conf *conf; /* as of start */
	struct shm *shm;
	struct listeners listeners;
	unsigned worker_cnt;
	pid_t parent_pid; /* of the process that forks workers */
	bool is_chrooted; /* started as root */
	const char *root; /* absolute path of the workers' root */
	int log_fd;       /* access log, -1: none */
	struct country_file countries;
	uint64_t ticket_ms;     /* when the last ticket key was drawn */
	struct pair pair;       /* to be put in force as soon as may be */
	uint8_t pair_print[32]; /* of the one read last, see pair.h */
	enum pair_step pair_step;
	uint64_t pair_until_ms; /* when the step is over at the latest */
	int control[SHM_WORKER_MAX][2]; /* parent's end, worker's end */
	/* who could not be given the newest of a kind, and gets it later */
	bool is_owed[SHM_WORKER_MAX][CONTROL_CNT];
	int keyline[SHM_WORKER_MAX][2]; /* worker's end, key manager's end */
	int keymgr[2];                  /* same, with the key manager */
	struct gw_nodes nodes;          /* the parent's alone */
	uint64_t nodes_file_ms;         /* when nodes.json was written */
	bool is_nodes_file_bad;         /* that failed */
	enum gw_node_state node_states[GW_NODE_MAX]; /* as written there */
};

/* gw_process is the one of this program; set by main. */
extern struct gw_process *gw_process;

/* parent_hand gives all workers the newest of its kind: log_fd, or
 * countries.fd. One that takes nothing now is tried again in later turns. */
void parent_hand(struct gw_process *p, enum control_kind kind);

struct blob;

/* parent_warn tells the log which surfaces are open while their passwords are
 * tried, and which authorities and revocations of clients do not hold. */
void parent_warn(const struct gw_conf *c, const struct blob *blob);

/* parent_open_log opens the access log for appending. Errors RC_CONF. */
enum rc parent_open_log(int *fd, const struct gw_conf *c, struct err *e);

#endif
