/* SPDX-License-Identifier: Apache-2.0
 *
 * Takes connections from the listening sockets: within the bounds of the
 * worker, of the address and of the descriptors that are left.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/conn.h"
#include "gateway/tls.h"
#include "gateway/tlsbio.h"
#include "gateway/worker.h"
#include "http/forwarded.h"

enum {
	/* Connections taken from one listener in one turn. */
	ACCEPT_MAX = 64,
	/* How long no connection is accepted when descriptors are used up. */
	PAUSE_MS = 100,
};

static bool
close_oldest(bool (*fits)(const struct conn *))
{
	struct conn *c;

	TAILQ_FOREACH(c, &gw_worker->conns, list)
	{
		if (!fits(c))
			continue;
		conn_close(c);
		return true;
	}
	return false;
}

/* Nobody has been kept waiting by us. */
static bool
owes_bytes(const struct conn *c)
{
	return c->state == CONN_SHAKE || c->state == CONN_HEAD ||
	       c->state == CONN_OPEN || c->state == CONN_LINGER;
}

/* make_room closes the oldest of those who hold a connection and ask for
 * nothing; when there is none, of those who were served and are idle, and
 * then of those whose request has not come whole. */
static bool
make_room(void)
{
	return close_oldest(conn_is_silent) || close_oldest(conn_is_idle) ||
	       close_oldest(owes_bytes);
}

static void
set_peer(struct conn *c, const struct sockaddr_storage *ss)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (ss->ss_family == AF_INET) {
		memcpy(&in, ss, sizeof(in));
		c->peer.addr = gw_addr_of_v4((const uint8_t *)&in.sin_addr);
		c->peer.port = ntohs(in.sin_port);
	} else {
		memcpy(&in6, ss, sizeof(in6));
		memcpy(c->peer.addr.b, &in6.sin6_addr, 16);
		c->peer.port = ntohs(in6.sin6_port);
	}
	c->peer.is_tls = c->listener->is_tls;
}

static bool
start_tls(struct conn *c)
{
	BIO *bio;

	c->ssl = SSL_new(gw_worker->tls);
	bio = tlsbio_new(c);
	if (c->ssl == NULL || bio == NULL) {
		BIO_free(bio);
		return false;
	}
	SSL_set_bio(c->ssl, bio, bio);
	/* A record by one read instead of its head and its rest by two. */
	SSL_set_read_ahead(c->ssl, 1);
	SSL_set_accept_state(c->ssl);
	tls_watch(c);
	return true;
}

/* count_conn bounds the connections of an address; a trusted proxy has those
 * of many clients. */
static bool
count_conn(struct conn *c)
{
	const struct gw_conf *conf = gw_worker->conf;

	if (gw_forwarded_is_proxy(conf, c->listener->name, &c->peer.addr))
		return true;
	c->is_counted = addrs_enter(&c->peer.addr, conf->conn_addr_max);
	if (!c->is_counted)
		worker_stat(STAT_CONN_REFUSED, 1);
	return c->is_counted;
}

/* open_conn makes a connection of an accepted socket. */
static void
open_conn(
    int fd, const struct gw_listener *l, const struct sockaddr_storage *ss)
{
	struct gw_worker *w = gw_worker;
	struct conn *c = mem_new(sizeof(*c));

	if (c == NULL) {
		(void)close(fd);
		return;
	}
	c->fd = fd;
	c->listener = l;
	c->evt.type = KORE_TYPE_CONNECTION;
	c->evt.handle = conn_event;
	gw_frame_init(&c->frame);
	set_peer(c, ss);
	TAILQ_INSERT_TAIL(&w->conns, c, list);
	w->conn_cnt++;
	worker_stat(STAT_CONN_ACCEPTED, 1);
	worker_stat(STAT_CONN_OPEN, 1);
	if (!count_conn(c) || (l->is_tls && !start_tls(c))) {
		conn_close(c);
		return;
	}
	conn_enter(c, l->is_tls ? CONN_SHAKE : CONN_HEAD);
	kore_platform_event_all(fd, c);
}

static void
accept_again(void *arg)
{
	(void)arg;
	worker_listen();
}

/* No descriptor is left: the socket would stay readable and the loop spin. */
static void
pause_accept(void)
{
	worker_deafen();
	timer_set(&gw_worker->timers, &gw_worker->accept_again,
	    worker_now_ms() + PAUSE_MS, accept_again, NULL);
}

void
conn_accept(void *listen_event, int error)
{
	struct listen_event *l = listen_event;
	struct sockaddr_storage ss = {0};
	socklen_t len;
	unsigned i;
	int fd;

	(void)error;
	worker_tick();
	for (i = 0; i < ACCEPT_MAX; i++) {
		bool is_full = gw_worker->conn_cnt >= gw_worker->conf->conn_max;

		/* Only of the first it is known that there is one: room for
		 * nobody would be made at the cost of who has just come. */
		if (is_full && i > 0)
			return;
		if (is_full && !make_room()) {
			worker_stat(STAT_CONN_FULL, 1);
			pause_accept();
			return;
		}
		len = sizeof(ss);
		fd = accept4(l->fd, (struct sockaddr *)&ss, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			open_conn(fd, l->listener, &ss);
			continue;
		}
		if (errno == EMFILE && make_room())
			continue;
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			pause_accept();
		if (errno != ECONNABORTED && errno != EINTR)
			return;
	}
}
