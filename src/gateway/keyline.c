/* SPDX-License-Identifier: Apache-2.0
 *
 * Carries requests for signatures between Kore's two halves, domain.c in the
 * worker and keymgr.c in the key manager, in place of kore_msg_send and what
 * waits for its answer (kore_shim.h). What is in them is Kore's.
 */
#include "gateway/keyline.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/check.h"
#include "crypto/rng.h"
#include "gateway/keyline_priv.h"
#include "gateway/kore_priv.h"
#include "gateway/parent.h"

enum {
	PACKET_MAX = 2048, /* Kore's own buffer for a request */
	/* Kore looks at its clock in between and gives up after a second. */
	WAIT_MS = 100,
};

struct packet {
	uint64_t no; /* and aligns what follows */
	uint8_t data[PACKET_MAX];
};

/* struct key_end is the key manager's end of a line. */
struct key_end {
	struct kore_event evt; /* first: Kore hands back this address */
	int fd;
	uint16_t worker;
};

/* One worker to a process, one key manager to a gateway. */
static int line = -1; /* the worker's */
static uint64_t asked_no;
static shim_msg_fn *take_answer;

static struct key_end ends[SHM_WORKER_MAX];
static struct key_end *served; /* whose request is being answered */
static uint64_t served_no;
static shim_msg_fn *take_request;

enum rc
keyline_open(struct gw_process *p, struct err *e)
{
	const struct timeval wait = {.tv_usec = WAIT_MS * 1000L};
	unsigned w;

	for (w = 0; w < p->worker_cnt; w++)
		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
			p->keyline[w]) != 0 ||
		    setsockopt(p->keyline[w][0], SOL_SOCKET, SO_RCVTIMEO, &wait,
			sizeof(wait)) != 0)
			return FAIL(
			    e, RC_CONF, "socketpair: %s", strerror(errno));
	return RC_OK;
}

static bool
put(int fd, uint64_t no, const void *data, size_t len)
{
	struct packet p = {.no = no};

	CHECK(len <= sizeof(p.data));
	memcpy(p.data, data, len);
	return send(fd, &p, sizeof(no) + len, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0;
}

/* --- the worker --- */

int
shim_hear_answer(u_int8_t id, shim_msg_fn *take)
{
	(void)id; /* there is one */
	take_answer = take;
	return KORE_RESULT_OK;
}

/* A request that can not be sent is one that has no answer. */
void
shim_ask(u_int16_t dst, u_int8_t id, const void *data, size_t len)
{
	(void)dst;
	(void)id;
	if (asked_no == 0)
		rng_fill(&asked_no, sizeof(asked_no));
	(void)put(line, ++asked_no, data, len);
}

int
shim_await(struct pollfd *fds, nfds_t cnt, int ms)
{
	struct packet p;
	struct kore_msg msg = {.id = KORE_MSG_KEYMGR_RESP};
	ssize_t n = recv(line, &p, sizeof(p), 0);

	(void)cnt;
	(void)ms; /* the socket's own */
	if (n < 0 && errno != EINTR && errno != EAGAIN) {
		fds->revents = POLLERR;
		return 1;
	}
	if (n < (ssize_t)sizeof(p.no) || p.no != asked_no)
		return 0;
	msg.length = (size_t)n - sizeof(p.no);
	take_answer(&msg, p.data);
	fds->revents = POLLIN;
	return 1;
}

/* Kore's own channel has no part in it. */
int
shim_no_flush(struct connection *c)
{
	(void)c;
	return KORE_RESULT_OK;
}

void
shim_no_pause(int fd)
{
	(void)fd;
}

void
shim_no_resume(int fd, void *c)
{
	(void)fd;
	(void)c;
}

/* --- the key manager --- */

int
shim_hear_request(u_int8_t id, shim_msg_fn *take)
{
	if (id != KORE_MSG_KEYMGR_REQ)
		return kore_msg_register(id, take);
	take_request = take;
	return KORE_RESULT_OK;
}

void
shim_answer(u_int16_t dst, u_int8_t id, const void *data, size_t len)
{
	if (id == KORE_MSG_KEYMGR_RESP && served != NULL)
		(void)put(served->fd, served_no, data, len);
	else
		kore_msg_send(dst, id, data, len);
}

static void
on_request(void *arg, int error)
{
	struct key_end *end = arg;
	struct kore_msg msg = {.id = KORE_MSG_KEYMGR_REQ, .src = end->worker};
	struct packet p;
	ssize_t n = recv(end->fd, &p, sizeof(p), MSG_DONTWAIT);

	(void)error;
	if (n < (ssize_t)sizeof(p.no))
		return;
	msg.length = (size_t)n - sizeof(p.no);
	served = end;
	served_no = p.no;
	take_request(&msg, p.data);
	served = NULL;
}

static void
listen_to(unsigned w, int fd)
{
	ends[w].evt.type = KORE_TYPE_CONNECTION;
	ends[w].evt.handle = on_request;
	ends[w].fd = fd;
	ends[w].worker = (uint16_t)(w + 1);
	kore_platform_event_schedule(fd, EPOLLIN, 0, &ends[w]);
}

void
keyline_keep(const struct gw_process *p, unsigned self)
{
	unsigned w;

	for (w = 0; w < p->worker_cnt; w++) {
		if (w == self)
			line = p->keyline[w][0];
		else
			(void)close(p->keyline[w][0]);
		if (self == UINT_MAX)
			listen_to(w, p->keyline[w][1]);
		else
			(void)close(p->keyline[w][1]);
	}
}
