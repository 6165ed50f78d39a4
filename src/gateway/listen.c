/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens listening sockets. Accepting is conn.c's.
 */
#include "gateway/listen.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* Clients waiting to be accepted; the kernel cuts it to its own bound. */
enum { BACKLOG = 4096 };

/* What a client that reads nothing can make the kernel hold for it, and how
 * long; accepted connections inherit both. */
enum { UNSENT_MAX = 128 * 1024, UNACKED_MS = 30000 };

static socklen_t
fill(struct sockaddr_storage *ss, const struct gw_listen_addr *a)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	if (!a->is_v6) {
		in->sin_family = AF_INET;
		in->sin_port = htons(a->port);
		memcpy(&in->sin_addr, a->addr.b + 12, 4);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(a->port);
	memcpy(&in6->sin6_addr, a->addr.b, 16);
	return sizeof(*in6);
}

static int
open_one(const struct gw_listener *l)
{
	struct sockaddr_storage ss;
	socklen_t len = fill(&ss, &l->addr);
	int on = 1, unsent = UNSENT_MAX, unacked = UNACKED_MS, fd;

	fd =
	    socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* TCP_DEFER_ACCEPT is not set: it hides silent clients from the
	 * deadlines, and half of them sit in the kernel instead. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent,
		sizeof(unsent)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked,
		sizeof(unacked)) == 0 &&
	    (ss.ss_family != AF_INET6 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) ==
		    0) &&
	    bind(fd, (const struct sockaddr *)&ss, len) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

/*
 * SO_REUSEPORT lets any process of the same user bind too, so two gateways
 * would silently share a port. Bind once without it to find the other one.
 */
static bool
is_taken(const struct gw_listener *l)
{
	struct sockaddr_storage ss;
	socklen_t len = fill(&ss, &l->addr);
	int on = 1, fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool taken;

	if (fd < 0)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	taken = bind(fd, (const struct sockaddr *)&ss, len) != 0 &&
		errno == EADDRINUSE;
	(void)close(fd);
	return taken;
}

enum rc
listen_open(struct listeners *l, const struct gw_conf *c, unsigned worker_cnt,
    struct err *e)
{
	char text[GW_ADDR_TEXT_MAX];
	size_t i;
	unsigned w;

	l->cnt = c->listener_cnt;
	l->worker_cnt = worker_cnt;
	for (i = 0; i < l->cnt; i++) {
		const struct gw_listener *row = &c->listeners[i];
		bool taken = is_taken(row);

		(void)gw_addr_text(text, &row->addr.addr);
		for (w = 0; w < worker_cnt; w++) {
			l->fds[i][w] = taken ? -1 : open_one(row);
			if (l->fds[i][w] >= 0)
				continue;
			return FAIL(e, RC_CONF, "listener %s: %s port %u: %s",
			    row->name, text, row->addr.port,
			    strerror(taken ? EADDRINUSE : errno));
		}
	}
	return RC_OK;
}

void
listen_keep(struct listeners *l, unsigned worker)
{
	size_t i;
	unsigned w;

	for (i = 0; i < l->cnt; i++)
		for (w = 0; w < l->worker_cnt; w++) {
			if (w == worker || l->fds[i][w] < 0)
				continue;
			(void)close(l->fds[i][w]);
			l->fds[i][w] = -1;
		}
}
