/* SPDX-License-Identifier: Apache-2.0
 *
 * Connections to the node: a stream of documents in both directions on a Unix
 * socket, edge-triggered. What they mean is drive_node.c's.
 */
#include "gateway/drive_node_priv.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "gateway/feeds.h"

enum {
	RETRY_MIN_MS = 50,
	RETRY_MAX_MS = 1000,
	IN_MIN = 16 * 1024,
	/* Empty buffers above this are given back. */
	KEEP_MAX = 256 * 1024,
};

static void
retry_later(struct node_conn *c)
{
	c->pause_ms = c->pause_ms == 0 ? RETRY_MIN_MS : c->pause_ms * 2;
	if (c->pause_ms > RETRY_MAX_MS)
		c->pause_ms = RETRY_MAX_MS;
	timer_set(&gw_worker->timers, &c->retry, worker_now_ms() + c->pause_ms,
	    node_conn_open, c);
}

void
node_conn_drop(struct node_conn *c, const char *why)
{
	struct node_pool *p = c->pool;
	size_t i;

	if (c->fd < 0)
		return;
	(void)close(c->fd);
	c->fd = -1;
	c->in_len = c->out_len = 0;
	c->cut = (struct gw_wire_cut){0};
	c->timeouts = 0;
	c->node->checked = 0; /* it may come back as another */
	worker_stat(STAT_NODE_UP, (uint64_t)-1);
	log_warn("gateway", "node lost node=%s why=\"%s\" waiting=%zu",
	    c->node->name, why, c->in_flight);
	retry_later(c);
	feeds_lost(gw_worker->feeds, c);
	for (i = 0; i < p->slot_cnt && c->in_flight > 0; i++)
		if (p->slots[i].is_used && p->slots[i].conn == c)
			node_slot_end(p, &p->slots[i], RC_UNAVAILABLE);
}

/* shrink gives back a buffer that one long document has made long. */
static void
shrink(uint8_t **p, size_t *cap)
{
	if (*cap <= KEEP_MAX)
		return;
	mem_free(*p);
	*p = NULL;
	*cap = 0;
}

bool
node_grow(uint8_t **p, size_t *cap, size_t need, size_t max)
{
	size_t want = *cap == 0 ? IN_MIN : *cap;
	uint8_t *q;

	if (need > max)
		return false;
	while (want < need)
		want *= 2;
	q = mem_resize(*p, *cap, want);
	if (q == NULL)
		return false;
	*p = q;
	*cap = want;
	return true;
}

/* take_document gives one document of the node to whoever waits for it: all
 * its answers have one ticket. */
static void
take_document(struct node_conn *c, struct bytes doc)
{
	struct node_slot *s = NULL, *of;
	struct gw_wire_answers all;
	struct gw_wire_notice n;
	struct gw_wire_answer a;
	enum rc rc = RC_OK;

	c->timeouts = 0;
	c->node->answer_cnt++;
	c->has_spoken = c->has_heard = true;
	c->is_silent = false;
	gw_wire_open(&all, doc);
	while (rc == RC_OK && gw_wire_next(&all, &a)) {
		of = node_slot_of(c->pool, a.ticket);
		if (of == NULL || (s != NULL && of != s))
			continue;
		s = of;
		rc = node_take_answer(c->pool, s, &a);
	}
	if (s != NULL)
		node_slot_end(c->pool, s, rc);
	else if (gw_wire_notice(&n, doc))
		feeds_notice(gw_worker->feeds, c, &n);
}

/* take_documents cuts whole documents from the input. */
static void
take_documents(struct node_conn *c)
{
	struct bytes in = bytes_of(c->in, c->in_len), doc;

	while (c->fd >= 0 && gw_wire_cut(&c->cut, &doc, &in))
		take_document(c, doc);
	if (c->fd < 0)
		return;
	c->in_len = in.len;
	if (in.len == 0)
		shrink(&c->in, &c->in_cap);
	else if (in.ptr != c->in)
		memmove(c->in, in.ptr, in.len);
}

static void
receive(struct node_conn *c)
{
	size_t max = gw_worker->process->conf->node_answer_max;
	ssize_t n;

	while (c->fd >= 0 && (c->evt.flags & KORE_EVENT_READ) != 0) {
		if (c->in_len == c->in_cap &&
		    !node_grow(&c->in, &c->in_cap, c->in_cap + 1, max)) {
			node_conn_drop(c, "answer too long");
			return;
		}
		n = recv(c->fd, c->in + c->in_len, c->in_cap - c->in_len, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			c->evt.flags &= ~KORE_EVENT_READ;
			return;
		}
		if (n <= 0) {
			node_conn_drop(
			    c, n == 0 ? "closed by the node" : "read failed");
			return;
		}
		if ((size_t)n < c->in_cap - c->in_len)
			c->evt.flags &= ~KORE_EVENT_READ;
		c->in_len += (size_t)n;
		take_documents(c);
	}
}

/* watch tells the event loop what to wait for. Room to write is asked for
 * only while it is missing: the node makes room with each document it takes,
 * which would wake us each time for nothing. */
static void
watch(struct node_conn *c, unsigned events)
{
	kore_platform_event_schedule(c->fd, (int)(events | EPOLLET), 0, c);
}

static void
wait_for_room(struct node_conn *c)
{
	c->evt.flags &= ~KORE_EVENT_WRITE;
	c->is_full = true;
	watch(c, EPOLLIN | EPOLLOUT);
}

void
node_conn_flush(struct node_conn *c)
{
	ssize_t n;

	if (c->fd < 0 || c->out_len == 0 ||
	    (c->evt.flags & KORE_EVENT_WRITE) == 0)
		return;
	if (c->is_full)
		watch(c, EPOLLIN);
	c->is_full = false;
	n = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		wait_for_room(c);
		return;
	}
	if (n < 0) {
		node_conn_drop(c, "write failed");
		return;
	}
	c->out_len -= (size_t)n;
	if (c->out_len == 0) {
		shrink(&c->out, &c->out_cap);
	} else {
		/* A short write means that the socket is full. */
		memmove(c->out, c->out + n, c->out_len);
		wait_for_room(c);
	}
}

static void
on_event(void *arg, int error)
{
	struct node_conn *c = arg;

	worker_tick();
	if (c->fd < 0)
		return;
	if (error != 0)
		c->evt.flags |= KORE_EVENT_READ; /* up to the end */
	receive(c);
	if (error != 0)
		node_conn_drop(c, "closed by the node");
	else
		node_conn_flush(c);
}

static int
connect_node(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -1;
	memcpy(sun.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	/* On a Unix socket this succeeds or fails at once. */
	if (connect(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

void
node_conn_open(void *arg)
{
	struct node_conn *c = arg;

	c->fd = connect_node(c->node->socket);
	if (c->fd < 0) {
		if (!c->is_quiet && c->no == 0)
			log_warn("gateway",
			    "node not there node=%s socket=%s error=%d",
			    c->node->name, c->node->socket, errno);
		c->is_quiet = true;
		retry_later(c);
		return;
	}
	if (c->is_quiet && c->no == 0)
		log_info("gateway", "node is back node=%s", c->node->name);
	c->is_quiet = false;
	c->pause_ms = 0;
	c->doc_cnt = 0;
	worker_stat(STAT_NODE_UP, 1);
	c->evt.type = KORE_TYPE_CONNECTION;
	c->evt.flags = KORE_EVENT_WRITE;
	c->is_full = false;
	c->evt.handle = on_event;
	c->has_spoken = c->is_silent = false;
	watch(c, EPOLLIN);
	(void)node_probe_conn(c);
}
