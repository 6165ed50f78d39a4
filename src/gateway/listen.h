/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening sockets. Each worker has one of its own for each listener, all
 * bound to the same address with SO_REUSEPORT: the kernel spreads
 * connections evenly, and a worker that is started again finds the clients
 * that came in between.
 */
#ifndef GATEWAY_LISTEN_H
#define GATEWAY_LISTEN_H

#include "gateway/shm.h"
#include "http/conf.h"

struct listeners {
	int fds[GW_LISTENER_MAX][SHM_WORKER_MAX];
	size_t cnt;
	unsigned worker_cnt;
};

/*
 * listen_open binds all sockets; in the parent, before privileges go.
 *
 * Errors  RC_CONF  naming the listener and the reason
 */
enum rc listen_open(struct listeners *l, const struct gw_conf *c,
    unsigned worker_cnt, struct err *e);

/* listen_keep closes the sockets of all other workers; UINT_MAX: all. */
void listen_keep(struct listeners *l, unsigned worker);

#endif
