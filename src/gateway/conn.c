/* SPDX-License-Identifier: Apache-2.0
 *
 * Moves bytes between clients and their requests, plain and over TLS, on
 * Kore's event loop. Kore's own connections are not used: they hang up on a
 * client that has only closed its sending side, keep a handshake open as
 * long as bytes drip in, and hand every byte to the HTTP engine.
 *
 * Events are edge-triggered: the flags in evt say what may be possible, a
 * call that finds otherwise clears them.
 */
#include "gateway/conn.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/check.h"
#include "gateway/clientcert.h"
#include "gateway/entry.h"
#include "gateway/worker.h"
#include "gateway/ws.h"

enum io { IO_OK, IO_WAIT, IO_GONE };

/* --- bytes --- */

static enum io
tls_verdict(struct conn *c, int result)
{
	switch (SSL_get_error(c->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		c->evt.flags &= ~KORE_EVENT_READ;
		return IO_WAIT;
	case SSL_ERROR_WANT_WRITE:
		c->evt.flags &= ~KORE_EVENT_WRITE;
		return IO_WAIT;
	default:
		return IO_GONE;
	}
}

/* OpenSSL tells failures apart by its queue of errors: nothing old may be in
 * it. Looking is cheaper than emptying. */
static void
forget_errors(void)
{
	if (ERR_peek_error() != 0)
		ERR_clear_error();
}

static enum io
read_some(struct conn *c, uint8_t *p, size_t cap, size_t *len)
{
	ssize_t n;

	if (c->ssl != NULL) {
		forget_errors();
		if (SSL_read_ex(c->ssl, p, cap, len) != 1)
			return tls_verdict(c, 0);
		if (c->is_drained && !c->has_eof && !SSL_has_pending(c->ssl))
			c->evt.flags &= ~KORE_EVENT_READ;
		return IO_OK;
	}
	n = recv(c->fd, p, cap, 0);
	if (n > 0) {
		*len = (size_t)n;
		/* Less than asked for: the next one would block, unless it
		 * finds the end, of which no further event will tell. */
		if ((size_t)n < cap && !c->has_eof)
			c->evt.flags &= ~KORE_EVENT_READ;
		return IO_OK;
	}
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		c->evt.flags &= ~KORE_EVENT_READ;
		return IO_WAIT;
	}
	return IO_GONE;
}

static enum io
write_some(struct conn *c, struct bytes data, size_t *len)
{
	ssize_t n;

	if (c->ssl != NULL) {
		forget_errors();
		if (SSL_write_ex(c->ssl, data.ptr, data.len, len) == 1)
			return IO_OK;
		return tls_verdict(c, 0);
	}
	n = send(c->fd, data.ptr, data.len, MSG_NOSIGNAL);
	if (n >= 0) {
		*len = (size_t)n;
		return IO_OK;
	}
	if (errno == EAGAIN || errno == EINTR) {
		c->evt.flags &= ~KORE_EVENT_WRITE;
		return IO_WAIT;
	}
	return IO_GONE;
}

/* --- input --- */

static bool
grow_input(struct conn *c)
{
	size_t cap = c->in_cap == 0 ? CONN_IN_MIN : c->in_cap * 2;
	uint8_t *p;

	if (cap > CONN_IN_MAX)
		return false;
	p = mem_resize(c->in, c->in_cap, cap);
	if (p == NULL)
		return false;
	c->in = p;
	c->in_cap = cap;
	return true;
}

void
conn_take(struct conn *c, size_t n)
{
	CHECK(n <= c->in_len);
	c->in_len -= n;
	if (c->in_len > 0)
		memmove(c->in, c->in + n, c->in_len);
}

static void
note_progress(struct conn *c, size_t n)
{
	c->moved_ms = worker_now_ms();
	c->moved += n;
}

/* fill reads what has come; false when nothing more can be done now. */
static bool
fill(struct conn *c)
{
	size_t n = 0;

	if ((c->evt.flags & KORE_EVENT_READ) == 0)
		return false;
	if (c->in_len == c->in_cap && !grow_input(c)) {
		conn_close(c);
		return false;
	}
	switch (read_some(c, c->in + c->in_len, c->in_cap - c->in_len, &n)) {
	case IO_WAIT:
		return false;
	case IO_GONE:
		conn_close(c);
		return false;
	case IO_OK:
		break;
	}
	/* The clock of a head starts with its first byte. */
	if (c->state == CONN_HEAD && c->in_len == 0)
		c->since_ms = worker_now_ms();
	c->in_len += n;
	note_progress(c, n);
	worker_stat(STAT_BYTES_IN, n);
	return true;
}

/* --- output --- */

static void
free_output(struct conn *c)
{
	gw_worker->buffered -= c->out_len + c->tail_len;
	mem_free(c->out);
	c->out = NULL;
	c->out_at = c->out_len = c->tail_len = 0;
	c->tail = bytes_of(NULL, 0);
}

/* push sends as much as the client takes. */
static enum io
push(struct conn *c, struct bytes *data)
{
	size_t n = 0;
	enum io io;

	while (data->len > 0) {
		if ((c->evt.flags & KORE_EVENT_WRITE) == 0)
			return IO_WAIT;
		io = write_some(c, *data, &n);
		if (io != IO_OK)
			return io;
		data->ptr += n;
		data->len -= n;
		note_progress(c, n);
		worker_stat(STAT_BYTES_OUT, n);
	}
	return IO_OK;
}

/* has_room tells whether n bytes more may wait for clients. */
static bool
has_room(size_t n)
{
	return gw_worker->buffered + n <= gw_worker->conf->body_memory;
}

/* keep_rest puts what was not sent behind what waits already. */
static void
keep_rest(struct conn *c, struct bytes rest)
{
	size_t waiting = c->out_len - c->out_at;
	uint8_t *p;

	if (!has_room(rest.len)) {
		conn_close(c);
		return;
	}
	p = mem_new(waiting + rest.len);
	if (p == NULL) {
		conn_close(c);
		return;
	}
	if (waiting > 0)
		memcpy(p, c->out + c->out_at, waiting);
	memcpy(p + waiting, rest.ptr, rest.len);
	free_output(c);
	c->out = p;
	c->out_len = waiting + rest.len;
	gw_worker->buffered += c->out_len;
}

void
conn_send(struct conn *c, struct bytes data)
{
	enum io io = c->out_len > 0 ? IO_WAIT : push(c, &data);

	CHECK(c->tail_len == 0);
	if (io == IO_GONE)
		conn_close(c);
	else if (data.len > 0)
		keep_rest(c, data);
}

void
conn_send_last(struct conn *c, struct bytes data)
{
	enum io io = c->out_len > 0 ? IO_WAIT : push(c, &data);

	if (io == IO_GONE || (data.len > 0 && !has_room(data.len))) {
		conn_close(c);
		return;
	}
	c->tail = data;
	c->tail_len = data.len;
	gw_worker->buffered += data.len;
}

void
conn_send_pieces(struct conn *c, struct buf *head, struct bytes body)
{
	if (buf_put(head, body.ptr, body.len)) {
		conn_send(c, bytes_of_buf(head));
		return;
	}
	conn_send(c, bytes_of_buf(head));
	if (c->state != CONN_CLOSED)
		conn_send_last(c, body);
}

/* flush sends what was kept; false while some of it is left. */
static bool
flush(struct conn *c)
{
	struct bytes rest = {NULL, 0};
	enum io io;

	if (c->out_len > 0)
		rest = bytes_of(c->out + c->out_at, c->out_len - c->out_at);
	io = push(c, &rest);
	c->out_at = c->out_len - rest.len;
	if (io == IO_OK)
		io = push(c, &c->tail);
	if (io == IO_GONE)
		conn_close(c);
	else if (io == IO_OK)
		free_output(c);
	return io == IO_OK;
}

/* --- states --- */

void
conn_enter(struct conn *c, enum conn_state state)
{
	c->state = state;
	c->since_ms = c->moved_ms = worker_now_ms();
	c->moved = 0;
}

bool
conn_is_silent(const struct conn *c)
{
	return (c->state == CONN_SHAKE || c->state == CONN_HEAD) &&
	       c->req_cnt == 0 &&
	       worker_now_ms() - c->since_ms >= CONN_FRESH_MS;
}

bool
conn_is_idle(const struct conn *c)
{
	return (ws_is_idle(c) && c->ws->sub_cnt == 0) ||
	       (c->state == CONN_HEAD && c->in_len == 0 && c->req_cnt > 0);
}

static bool
shake(struct conn *c)
{
	int r;

	if (gw_worker->is_pair_changing)
		return false;
	forget_errors();
	r = SSL_accept(c->ssl);
	if (r != 1) {
		if (tls_verdict(c, r) == IO_GONE) {
			worker_stat(STAT_TLS_FAILED, 1);
			conn_close(c);
		}
		return false;
	}
	worker_stat(
	    SSL_session_reused(c->ssl) ? STAT_TLS_RESUMED : STAT_TLS_DONE, 1);
	/* The end of the handshake may have been read together with a request,
	 * before the event of either: that is never reported then. */
	if (SSL_has_pending(c->ssl))
		c->evt.flags |= KORE_EVENT_READ;
	conn_enter(c, CONN_HEAD);
	return true;
}

/* Half a close: the client learns that no more comes and can still read
 * what was sent; closing at once would throw it away (RFC 9112 9.6). */
static void
start_linger(struct conn *c)
{
	if (c->ssl != NULL)
		(void)SSL_shutdown(c->ssl);
	(void)shutdown(c->fd, SHUT_WR);
	c->in_len = 0;
	conn_enter(c, CONN_LINGER);
}

static bool
linger(struct conn *c)
{
	c->in_len = 0;
	if (c->moved > CONN_LINGER_MAX) {
		conn_close(c);
		return false;
	}
	return fill(c);
}

/* go_idle: the list is in the order in which they became so. */
static void
go_idle(struct conn *c)
{
	TAILQ_REMOVE(&gw_worker->conns, c, list);
	TAILQ_INSERT_TAIL(&gw_worker->conns, c, list);
}

/* keep_buffers spares OpenSSL giving back two buffers of 16 KiB and asking for
 * them again with each request of a busy client, until conn_release. */
static void
keep_buffers(struct conn *c)
{
	if (c->ssl == NULL || c->keeps_buffers)
		return;
	(void)SSL_clear_mode(c->ssl, SSL_MODE_RELEASE_BUFFERS);
	c->keeps_buffers = true;
}

/* after_send decides what comes when an answer has left. */
static void
after_send(struct conn *c)
{
	bool refused = c->txn != NULL && c->txn->req.reply.must_close;

	if (c->txn != NULL && c->txn->req.reply.upgrades)
		ws_begin(c);
	entry_sent(c);
	if (c->state == CONN_CLOSED)
		return;
	if (c->ws != NULL && !c->ws->has_left) {
		ws_sent(c);
		go_idle(c);
	} else if (c->keep_alive &&
		   !(gw_worker->is_draining && c->in_len == 0)) {
		gw_frame_init(&c->frame);
		conn_enter(c, CONN_HEAD);
		keep_buffers(c);
		go_idle(c);
	} else if (refused || c->ws != NULL || c->in_len > 0 ||
		   (c->evt.flags & KORE_EVENT_READ) != 0) {
		start_linger(c);
	} else {
		conn_close(c);
	}
}

/* is_at_end: the client has closed its side, and nothing is unread. */
static bool
is_at_end(struct conn *c)
{
	uint8_t byte;
	size_t len;

	if (!c->has_eof || c->in_len > 0)
		return false;
	if (c->ssl == NULL)
		return recv(c->fd, &byte, 1, MSG_PEEK) <= 0;
	forget_errors();
	return SSL_peek_ex(c->ssl, &byte, 1, &len) != 1 &&
	       tls_verdict(c, 0) == IO_GONE;
}

/* has_left: the request is one to be given up with its client (stage.h). What
 * a WebSocket still says does not matter: it would say no more. */
static bool
has_left(struct conn *c)
{
	return c->txn != NULL && entry_must_stay(c->txn) &&
	       ((c->ws != NULL && c->has_eof) || is_at_end(c));
}

/* step does one thing; false when the connection has to wait. */
static bool
step(struct conn *c)
{
	switch (c->state) {
	case CONN_SHAKE:
		return shake(c);
	case CONN_HEAD:
	case CONN_BODY:
		/* An interim answer may still be on its way. */
		if (!flush(c) && c->state == CONN_CLOSED)
			return false;
		return front_feed(c) || fill(c);
	case CONN_SEND:
		if (!flush(c))
			return false;
		after_send(c);
		return true;
	case CONN_LINGER:
		return linger(c);
	case CONN_OPEN:
		return ws_give_up(c) ||
		       (flush(c) && (ws_push(c) || ws_feed(c) || fill(c)));
	case CONN_WORK:
		if (has_left(c)) {
			conn_close(c);
			return false;
		}
		if (c->ws != NULL && !c->ws->is_holding && flush(c))
			(void)ws_push(c);
		return false;
	case CONN_CLOSED:
		return false;
	}
	return false;
}

void
conn_make_ready(struct conn *c)
{
	if (c->is_ready)
		return;
	c->is_ready = true;
	TAILQ_INSERT_TAIL(&gw_worker->ready, c, ready);
}

void
conn_run(struct conn *c)
{
	unsigned steps = 0;

	while (step(c)) {
		if (++steps < CONN_TURN_MAX)
			continue;
		if (c->state != CONN_CLOSED)
			conn_make_ready(c);
		return;
	}
}

bool
conn_run_ready(void)
{
	struct conn *c, *last = TAILQ_LAST(&gw_worker->ready, conn_list);

	/* Those that come back in this call wait for the next turn. */
	while (last != NULL && (c = TAILQ_FIRST(&gw_worker->ready)) != NULL) {
		if (c == last)
			last = NULL;
		TAILQ_REMOVE(&gw_worker->ready, c, ready);
		c->is_ready = false;
		conn_run(c);
	}
	return !TAILQ_EMPTY(&gw_worker->ready);
}

/* is_dead tells a connection that is gone from one whose client has only
 * closed its own side; Kore reports both in one word. */
static bool
is_dead(const struct conn *c)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};

	return poll(&p, 1, 0) < 0 || (p.revents & (POLLERR | POLLHUP)) != 0;
}

void
conn_event(void *conn, int error)
{
	struct conn *c = conn;

	worker_tick();
	if (c->state == CONN_CLOSED)
		return;
	if (error != 0 && is_dead(c)) {
		conn_close(c);
		return;
	}
	c->has_eof = c->has_eof || error != 0;
	/* There is more now, while OpenSSL may hold records of before. */
	c->is_drained = false;
	conn_run(c);
}

void
conn_release(struct conn *c)
{
	if (c->in_len > 0)
		return;
	mem_free(c->in);
	c->in = NULL;
	c->in_cap = 0;
	if (!c->keeps_buffers)
		return;
	c->keeps_buffers = false;
	(void)SSL_set_mode(c->ssl, SSL_MODE_RELEASE_BUFFERS);
	/* Half a record may lie in one. */
	if (!SSL_has_pending(c->ssl))
		(void)SSL_free_buffers(c->ssl);
}

/* --- death --- */

void
conn_close(struct conn *c)
{
	struct gw_worker *w = gw_worker;

	if (c->state == CONN_CLOSED)
		return;
	c->state = CONN_CLOSED;
	entry_abort(c);
	if (c->is_ready)
		TAILQ_REMOVE(&w->ready, c, ready);
	if (c->is_counted)
		addrs_leave(&c->peer.addr);
	if (c->ssl != NULL) {
		(void)SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
	}
	(void)close(c->fd);
	free_output(c);
	mem_free(c->in);
	c->in = NULL;
	if (c->memo != NULL)
		explicit_bzero(c->memo, sizeof(*c->memo));
	mem_free(c->memo);
	c->memo = NULL;
	ws_free(c);
	client_cert_free(c->cert);
	c->cert = NULL;
	TAILQ_REMOVE(&w->conns, c, list);
	TAILQ_INSERT_TAIL(&w->dead, c, list);
	w->conn_cnt--;
	worker_stat(STAT_CONN_OPEN, (uint64_t)-1);
}

void
conn_bury(void)
{
	struct conn *c;

	while ((c = TAILQ_FIRST(&gw_worker->dead)) != NULL) {
		TAILQ_REMOVE(&gw_worker->dead, c, list);
		mem_free(c);
	}
}
