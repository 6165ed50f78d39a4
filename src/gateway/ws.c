/* SPDX-License-Identifier: Apache-2.0
 *
 * Joins the frames of http/ws.c to a connection, and messages to requests.
 */
#include "gateway/ws.h"

#include "base/check.h"
#include "gateway/entry.h"
#include "gateway/worker.h"
#include "http/upgrade.h"

enum { BUFFER_MIN = 1024 };

/* --- memory --- */

/* grow makes room for more bytes behind len in a buffer that counts as
 * buffered; false when the worker has no more of them. */
static bool
grow(uint8_t **p, size_t *cap, size_t len, size_t more)
{
	size_t want = *cap == 0 ? BUFFER_MIN : *cap;
	uint8_t *q;

	while (want < len + more)
		want *= 2;
	if (want == *cap)
		return true;
	if (gw_worker->buffered - *cap + want > gw_worker->conf->body_memory)
		return false;
	q = mem_resize(*p, *cap, want);
	if (q == NULL)
		return false;
	gw_worker->buffered += want - *cap;
	*p = q;
	*cap = want;
	return true;
}

/* --- begin and end --- */

void
ws_begin(struct conn *c)
{
	uint8_t room[GW_UPGRADE_HEAD_MAX];
	struct buf head = buf_of(room, sizeof(room));
	const struct gw_req *r = &c->txn->req;
	struct ws *w = mem_new(sizeof(*w));

	CHECK(gw_upgrade_head(&head, r)); /* the handshake has tried it */
	c->ws = w;
	if (w != NULL)
		w->head = mem_new(head.len);
	if (w == NULL || w->head == NULL) {
		conn_close(c);
		return;
	}
	memcpy(w->head, head.ptr, head.len);
	explicit_bzero(room, sizeof(room));
	w->head_len = head.len;
	w->heard_ms = worker_now_ms();
	TAILQ_INIT(&w->subs);
	gw_ws_init(&w->in, r->surface->body_max);
	worker_stat(STAT_WS_OPEN, 1);
	worker_stat(STAT_WS_TOTAL, 1);
}

static void
free_queue(struct ws *w)
{
	gw_worker->buffered -= w->queue_cap;
	mem_free(w->queue);
	w->queue = NULL;
	w->queue_len = w->queue_cap = 0;
}

static void
free_message(struct ws *w)
{
	gw_worker->buffered -= w->cap;
	mem_free(w->message);
	w->message = NULL;
	w->len = w->cap = 0;
}

void
ws_free(struct conn *c)
{
	struct ws *w = c->ws;

	if (w == NULL)
		return;
	c->ws = NULL;
	if (w->head != NULL) {
		feeds_leave(gw_worker->feeds, w);
		explicit_bzero(w->head, w->head_len); /* has the password */
		worker_stat(STAT_WS_OPEN, (uint64_t)-1);
	}
	mem_free(w->head);
	free_message(w);
	free_queue(w);
	mem_free(w);
}

/* --- out --- */

static void
send_control(struct conn *c, enum gw_ws_op op, struct bytes payload)
{
	uint8_t room[GW_WS_HEAD_MAX + GW_WS_CONTROL_MAX];
	struct buf out = buf_of(room, sizeof(room));

	out.len = gw_ws_head(room, op, payload.len);
	CHECK(buf_put(&out, payload.ptr, payload.len));
	conn_send(c, bytes_of_buf(&out));
}

void
ws_shut(struct conn *c, enum gw_ws_code code)
{
	uint8_t text[2];

	c->ws->has_left = true;
	be16_put(text, (uint16_t)code);
	send_control(c, GW_WS_CLOSE,
	    bytes_of(text, code == GW_WS_NO_CODE ? 0 : sizeof(text)));
	if (c->state == CONN_CLOSED)
		return;
	c->keep_alive = false;
	conn_enter(c, CONN_SEND); /* and then it lingers */
}

/* is_final tells of answers behind which no other message would have a
 * better one: nobody asks here for a password again. */
static bool
is_final(const struct gw_reply *p)
{
	return p->must_close || p->status == 401 || p->status == 403 ||
	       p->status == 404 || p->status == 421;
}

void
ws_reply(struct txn *t)
{
	struct conn *c = t->conn;
	struct gw_reply *p = &t->req.reply;
	struct buf out = buf_of(gw_worker->out, sizeof(gw_worker->out));

	c->ws->is_over = is_final(p);
	conn_enter(c, CONN_SEND);
	if (p->body.len == 0)
		return; /* notifications have no answer */
	out.len = gw_ws_head(out.ptr, GW_WS_TEXT, p->body.len);
	t->bytes_out = out.len + p->body.len;
	conn_send_pieces(c, &out, p->body);
}

void
ws_sent(struct conn *c)
{
	struct ws *w = c->ws;

	w->is_holding = false;
	if (w->is_over)
		ws_shut(c, GW_WS_POLICY);
	else if (gw_worker->is_draining && c->in_len == 0)
		ws_shut(c, GW_WS_GOING_AWAY);
	else
		conn_enter(c, CONN_OPEN);
}

/* --- notifications --- */

/* waiting: bytes that the client could have read. */
static size_t
waiting(const struct conn *c)
{
	size_t out = c->state == CONN_OPEN ? c->out_len - c->out_at : 0;

	return out + c->ws->queue_len;
}

void
ws_notify(struct conn *c, struct bytes id, struct bytes result)
{
	static const char before[] =
	    "{\"jsonrpc\":\"2.0\",\"method\":\"eth_subscription\","
	    "\"params\":{\"subscription\":\"";
	static const char between[] = "\",\"result\":";
	static const char behind[] = "}}";
	struct ws *w = c->ws;
	size_t len = sizeof(before) + sizeof(between) + sizeof(behind) - 3 +
		     id.len + result.len;
	struct buf out;

	if (w->has_left || w->is_slow)
		return;
	conn_make_ready(c);
	w->is_slow =
	    waiting(c) + len > gw_worker->conf->ws_queue_max ||
	    !grow(&w->queue, &w->queue_cap, w->queue_len, GW_WS_HEAD_MAX + len);
	if (w->is_slow)
		return;
	worker_stat(STAT_NOTICES, 1);
	out = buf_of(w->queue, w->queue_cap);
	out.len = w->queue_len;
	out.len += gw_ws_head(out.ptr + out.len, GW_WS_TEXT, len);
	CHECK(buf_put(&out, before, sizeof(before) - 1) &&
	      buf_put(&out, id.ptr, id.len) &&
	      buf_put(&out, between, sizeof(between) - 1) &&
	      buf_put(&out, result.ptr, result.len) &&
	      buf_put(&out, behind, sizeof(behind) - 1));
	w->queue_len = out.len;
}

bool
ws_push(struct conn *c)
{
	struct ws *w = c->ws;

	if (w->queue_len == 0)
		return false;
	conn_send(c, bytes_of(w->queue, w->queue_len));
	if (c->state != CONN_CLOSED)
		free_queue(w);
	return true;
}

bool
ws_give_up(struct conn *c)
{
	if (!c->ws->is_slow)
		return false;
	worker_stat(STAT_WS_SLOW, 1);
	ws_shut(c, GW_WS_TRY_LATER);
	return true;
}

/* --- in --- */

static void
take_piece(struct conn *c, struct bytes piece)
{
	struct ws *w = c->ws;

	if (!grow(&w->message, &w->cap, w->len, piece.len)) {
		ws_shut(c, GW_WS_TRY_LATER);
		return;
	}
	memcpy(w->message + w->len, piece.ptr, piece.len);
	w->len += piece.len;
}

static void
take_control(struct conn *c)
{
	const struct gw_ws *in = &c->ws->in;

	if (in->op == GW_WS_PING)
		send_control(
		    c, GW_WS_PONG, bytes_of(in->control, in->control_len));
	else if (in->op == GW_WS_CLOSE)
		ws_shut(c, (enum gw_ws_code)in->code);
}

/* take_message makes a request of what has come; the buffer goes with it. */
static void
take_message(struct conn *c)
{
	struct ws *w = c->ws;
	uint8_t *message = w->message;
	size_t len = w->len, cap = w->cap;

	w->message = NULL;
	w->len = w->cap = 0;
	worker_stat(STAT_WS_MESSAGES, 1);
	entry_message(c, bytes_of(w->head, w->head_len), message, len, cap);
}

/* take acts on what the reader has found; true when the connection is no
 * longer between messages. */
static bool
take(struct conn *c, enum gw_ws_more more, struct bytes piece)
{
	switch (more) {
	case GW_WS_PIECE:
		take_piece(c, piece);
		break;
	case GW_WS_CONTROL:
		take_control(c);
		break;
	case GW_WS_BAD:
		worker_stat(STAT_REQ_BAD, 1);
		ws_shut(c, (enum gw_ws_code)c->ws->in.code);
		break;
	case GW_WS_WHOLE:
	case GW_WS_MORE:
		break;
	}
	return c->state != CONN_OPEN;
}

static void
note_heard(struct ws *w, bool was_between)
{
	w->heard_ms = worker_now_ms();
	w->is_pinged = false;
	if (was_between)
		w->began_ms = w->heard_ms;
}

bool
ws_feed(struct conn *c)
{
	struct ws *w = c->ws;
	enum gw_ws_more more = GW_WS_PIECE;
	struct bytes piece = {NULL, 0};
	size_t at = 0, used;

	if (c->in_len == 0)
		return false;
	note_heard(w, gw_ws_is_between(&w->in));
	/* Who does not read its pongs gets no more of them. */
	while (more != GW_WS_MORE && more != GW_WS_WHOLE && c->out_len == 0) {
		more = gw_ws_next(
		    &w->in, &piece, c->in + at, c->in_len - at, &used);
		at += used;
		if (take(c, more, piece))
			break;
	}
	if (c->state == CONN_CLOSED)
		return false;
	conn_take(c, at);
	if (more == GW_WS_WHOLE)
		take_message(c);
	return more != GW_WS_MORE && c->state != CONN_CLOSED;
}

/* --- time --- */

bool
ws_is_idle(const struct conn *c)
{
	return c->state == CONN_OPEN && c->in_len == 0 && c->out_len == 0 &&
	       c->ws->queue_len == 0 && gw_ws_is_between(&c->ws->in);
}

/* is_too_long: a message has come for too long, or stands still. */
static bool
is_too_long(const struct ws *w, uint64_t now_ms)
{
	const struct gw_conf *f = gw_worker->conf;

	return now_ms - w->began_ms >= f->body_ms ||
	       now_ms - w->heard_ms >= f->body_stall_ms;
}

void
ws_sweep(struct conn *c, uint64_t now_ms)
{
	const struct gw_conf *f = gw_worker->conf;
	struct ws *w = c->ws;
	uint64_t silent_ms = now_ms - w->heard_ms;

	if (c->out_len > 0) {
		if (now_ms - c->moved_ms >= f->send_stall_ms)
			sweep_cut(c, STAT_CUT_SEND);
	} else if (!gw_ws_is_between(&w->in)) {
		if (!is_too_long(w, now_ms))
			return;
		worker_stat(STAT_CUT_BODY, 1);
		ws_shut(c, GW_WS_POLICY);
		conn_run(c);
	} else if (silent_ms >= 2 * f->ws_ping_ms) {
		sweep_cut(c, STAT_CUT_IDLE);
	} else if (silent_ms >= f->ws_ping_ms && !w->is_pinged) {
		w->is_pinged = true;
		send_control(c, GW_WS_PING, bytes_of(NULL, 0));
	} else if (silent_ms >= CONN_RELEASE_MS && c->in != NULL) {
		conn_release(c);
	}
}
