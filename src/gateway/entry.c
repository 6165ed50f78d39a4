/* SPDX-License-Identifier: Apache-2.0
 *
 * Opens, runs and ends requests. The only place that knows both a
 * connection and a gw_req.
 */
#include "gateway/entry.h"

#include "base/check.h"
#include "base/log.h"
#include "gateway/clientcert.h"
#include "gateway/worker.h"
#include "gateway/ws.h"
#include "http/filter.h"
#include "http/forwarded.h"
#include "http/route.h"

enum {
	/* A refused body up to this is read to its end, so that a client that
	 * first has to be asked for its password keeps its connection. */
	DISCARD_MAX = 64 * 1024,
	BODY_CAP_MIN = 16 * 1024,
};

/* --- birth and death --- */

/* take_arena opens the arena of a request: the one that the last request left
 * behind, when there is one. */
static struct arena
take_arena(struct gw_worker *w)
{
	struct arena a = w->spare;

	arena_init(&w->spare, GW_REQ_MEMORY_MAX);
	a.max_bytes = w->spare.max_bytes;
	return a;
}

static void
leave_arena(struct gw_worker *w, struct arena *a)
{
	if (w->spare.head != NULL) {
		arena_drop(a);
		return;
	}
	arena_reset(a);
	w->spare = *a;
}

/* open_txn makes a txn, which lives in the arena of its request. */
static struct txn *
open_txn(struct conn *c)
{
	struct gw_worker *w = gw_worker;
	struct arena a = take_arena(w);
	struct txn *t = arena_alloc(&a, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->conn = c;
	t->start_us = w->tick_us;
	t->req.arena = a;
	t->req.world = &w->world;
	t->req.conf = gw_conf_hold(w->conf);
	t->req.peer = c->peer;
	t->req.client = c->peer.addr;
	w->req_cnt++;
	worker_stat(STAT_REQ_OPEN, 1);
	c->txn = t;
	return t;
}

static void
free_body(struct txn *t)
{
	gw_worker->buffered -= t->body_cap;
	mem_free(t->body);
	t->body = NULL;
	t->body_len = t->body_cap = 0;
}

/* count_sqli counts what the SQL screen saw, by its rules. */
static void
count_sqli(const struct gw_req *r)
{
	bool is_refused =
	    r->rulings[GW_FILTER_SQLI].verdict == GW_VERDICT_REFUSE;
	uint64_t left;

	if (r->sqli == NULL)
		return;
	worker_stat(is_refused ? STAT_SQLI_REFUSED : STAT_SQLI_TOLD, 1);
	if (r->sqli->verdict.fingerprint[0] != '\0')
		worker_stat(STAT_SQLI_LIBINJECTION, 1);
	for (left = r->sqli->fired; left != 0; left &= left - 1)
		worker_stat((enum gw_stat)(STAT_SQLI_LIBINJECTION + 1 +
					   __builtin_ctzll(left)),
		    1);
}

static void
close_txn(struct txn *t, bool is_aborted)
{
	unsigned status = t->req.reply.status;
	uint64_t end_us = worker_read_us();
	struct arena a;

	drive_cancel(t);
	accesslog_put(&gw_worker->log, t, end_us, is_aborted);
	if (is_aborted)
		worker_stat(STAT_REQ_ABORTED, 1);
	else
		worker_stat(status >= 500   ? STAT_REQ_5XX
			    : status >= 400 ? STAT_REQ_4XX
			    : status >= 300 ? STAT_REQ_3XX
					    : STAT_REQ_2XX,
		    1);
	if (status == 429 &&
	    t->req.rulings[GW_FILTER_BASIC].verdict == GW_VERDICT_REFUSE)
		worker_stat(STAT_PASSWORD_SLOWED, 1);
	gw_tally_add(
	    &gw_worker->shm->tally, &t->req, end_us - t->start_us, is_aborted);
	count_sqli(&t->req);
	worker_stat(STAT_REQ_OPEN, (uint64_t)-1);
	gw_worker->req_cnt--;
	free_body(t);
	gw_conf_drop(t->req.conf);
	a = t->req.arena; /* t lies in it */
	leave_arena(gw_worker, &a);
}

void
entry_sent(struct conn *c)
{
	struct txn *t = c->txn;

	c->txn = NULL;
	if (t != NULL)
		close_txn(t, false);
}

void
entry_abort(struct conn *c)
{
	struct txn *t = c->txn;

	c->txn = NULL;
	if (t != NULL)
		close_txn(t, true);
}

/* --- answer --- */

static bool
has_no_body(const struct txn *t)
{
	const struct gw_reply *p = &t->req.reply;

	return t->req.head.method == GW_HEAD || p->status == 204 ||
	       p->status == 304;
}

/* send_reply turns the answer into bytes. */
static void
send_reply(struct txn *t)
{
	struct conn *c = t->conn;
	struct gw_reply *p = &t->req.reply;
	struct buf out = buf_of(gw_worker->out, sizeof(gw_worker->out));
	struct gw_reply_how how = {.date = worker_date(),
	    .id = t->req.id[0] != '\0' ? t->req.id : NULL,
	    .is_tls = c->peer.is_tls,
	    .has_cors = t->req.surface != NULL &&
			gw_has_filter(t->req.surface, GW_FILTER_CORS),
	    .origin = t->req.origin,
	    .is_head = t->req.head.method == GW_HEAD,
	    .minor = t->req.head.minor};

	if (c->ws != NULL) {
		ws_reply(t);
		return;
	}
	/* Requests that were here when the end began are answered. */
	how.keep_alive = t->req.head.keep_alive && !p->must_close &&
			 !(gw_worker->is_draining && c->in_len == 0);
	c->keep_alive = how.keep_alive;
	/* A header that a filter made does not fit: our own mistake. */
	if (!gw_reply_head(&out, p, &how)) {
		log_error("gateway", "answer head too long req=%s", t->req.id);
		conn_close(c);
		return;
	}
	t->bytes_out = out.len + (has_no_body(t) ? 0 : p->body.len);
	conn_enter(c, CONN_SEND);
	conn_send_pieces(c, &out, has_no_body(t) ? bytes_of(NULL, 0) : p->body);
}

/* body_is_unread: the end of the request is still to come. */
static bool
body_is_unread(const struct txn *t)
{
	return t->req.head.body != GW_BODY_NONE && t->req.body.ptr == NULL &&
	       !t->is_discarding;
}

static void
begin_body(struct txn *t, uint64_t max)
{
	struct gw_head *h = &t->req.head;

	gw_frame_body(&t->conn->frame, h->body, h->body_len, max);
	conn_enter(t->conn, CONN_BODY);
}

/* reply sends the answer, when need be behind the rest of the request. */
static void
reply(struct txn *t)
{
	const struct gw_head *h = &t->req.head;

	if (body_is_unread(t) && !t->req.reply.must_close) {
		if (h->body == GW_BODY_COUNTED && h->body_len <= DISCARD_MAX &&
		    !h->wants_continue && h->keep_alive) {
			t->is_discarding = true;
			begin_body(t, DISCARD_MAX);
			return;
		}
		t->req.reply.must_close = true;
	}
	send_reply(t);
}

/* --- run --- */

static void
want_body(struct txn *t)
{
	static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct conn *c = t->conn;

	begin_body(t, gw_route_body_bound(&t->req));
	/* Who sends the body anyway is not waiting, RFC 9110 10.1.1. */
	if (t->req.head.wants_continue && c->in_len == 0)
		conn_send(c, bytes_of_str(interim));
}

static void
run(struct txn *t)
{
	for (;;) {
		switch (gw_run(&t->req)) {
		case GW_RUN_WAIT:
			if (drive_start(t))
				break;
			return;
		case GW_RUN_BODY:
			if (t->req.body.ptr != NULL)
				break; /* a message is here whole */
			want_body(t);
			return;
		case GW_RUN_REPLY:
			reply(t);
			return;
		}
	}
}

/* give_memo lets the connection remember its password. */
static void
give_memo(struct txn *t)
{
	struct conn *c = t->conn;
	struct bytes v;

	if (c->memo == NULL && gw_head_field(&v, &t->req.head, "authorization"))
		c->memo = mem_new(sizeof(*c->memo));
	t->req.memo = c->memo;
}

/* read_head fills in the head; false with the refusal written. */
static bool
read_head(struct txn *t, struct bytes text)
{
	struct gw_field store[GW_FIELD_CNT_MAX], *fields;
	struct gw_req *r = &t->req;
	unsigned status;

	text = arena_copy(&r->arena, text);
	if (text.ptr == NULL)
		return false;
	status = gw_head_read(&r->head, store, text);
	fields = arena_array(&r->arena, r->head.field_cnt, sizeof(*fields));
	if (fields == NULL)
		return false;
	memcpy(fields, store, r->head.field_cnt * sizeof(*fields));
	r->head.fields = fields;
	r->client = gw_forwarded_client(
	    r->conf, t->conn->listener->name, &r->peer.addr, &r->head);
	give_memo(t);
	gw_req_set_id(r, worker_next_id());
	if (status == 0)
		return true;
	worker_stat(STAT_REQ_BAD, 1);
	r->head.keep_alive = false;
	r->reply.must_close = true;
	(void)gw_refuse(r, gw_refusal_of_status(status), NULL);
	return true;
}

static void
look_at_cert(struct txn *t)
{
	if (gw_has_filter(t->req.surface, GW_FILTER_CERT))
		t->req.cert = client_cert_of(t->conn);
}

/* begin runs a request whose head was read. */
static void
begin(struct txn *t)
{
	struct conn *c = t->conn;

	conn_enter(c, CONN_WORK);
	if (t->req.reply.status == 0 && gw_req_route(&t->req, c->listener)) {
		look_at_cert(t);
		run(t);
	} else {
		reply(t);
	}
}

void
entry_begin(struct conn *c, struct bytes head)
{
	struct txn *t = open_txn(c);
	size_t used = c->frame.pos;

	if (t == NULL || !read_head(t, head)) {
		conn_close(c);
		return;
	}
	conn_take(c, used);
	t->bytes_in = used;
	begin(t);
}

void
entry_message(
    struct conn *c, struct bytes head, uint8_t *message, size_t len, size_t cap)
{
	struct txn *t = open_txn(c);

	if (t == NULL) {
		gw_worker->buffered -= cap;
		mem_free(message);
		conn_close(c);
		return;
	}
	t->body = message;
	t->body_len = len;
	t->body_cap = cap;
	t->bytes_in = len;
	if (!read_head(t, head)) {
		conn_close(c);
		return;
	}
	t->req.is_message = true;
	t->req.head.body = GW_BODY_COUNTED;
	t->req.head.body_len = len;
	t->req.body = bytes_of(len > 0 ? message : (const uint8_t *)"", len);
	begin(t);
}

/* The surface is not known yet; the listener's first one sets the tone. */
static void
guess_surface(struct txn *t)
{
	const struct gw_conf *conf = t->req.conf;
	size_t i;

	for (i = 0; i < conf->mount_cnt && t->req.surface == NULL; i++)
		if (!strcmp(conf->mounts[i].listener->name,
			t->conn->listener->name) &&
		    conf->mounts[i].prefix.len == 0)
			t->req.surface = conf->mounts[i].surface;
}

void
entry_malformed(struct conn *c, unsigned status)
{
	struct txn *t = open_txn(c);

	if (t == NULL) {
		conn_close(c);
		return;
	}
	t->req.head.method = GW_METHOD_OTHER;
	t->req.head.minor = 1;
	guess_surface(t);
	memcpy(t->req.id, worker_next_id(), strlen(gw_worker->id) + 1);
	(void)gw_refuse(&t->req, gw_refusal_of_status(status), NULL);
	t->req.reply.must_close = true;
	send_reply(t);
}

/* --- body --- */

static void
refuse_now(struct txn *t, enum gw_refusal why)
{
	t->req.reply = (struct gw_reply){.must_close = true};
	(void)gw_refuse(&t->req, why, NULL);
	send_reply(t);
}

/* grow makes room for more body. */
static bool
grow(struct txn *t, size_t more)
{
	struct gw_worker *w = gw_worker;
	uint64_t want = t->body_cap == 0 ? BODY_CAP_MIN : t->body_cap * 2;
	uint8_t *p;

	while (want < t->body_len + more)
		want *= 2;
	if (t->req.head.body == GW_BODY_COUNTED && want > t->req.head.body_len)
		want = t->req.head.body_len;
	if (w->buffered - t->body_cap + want > w->conf->body_memory)
		return false;
	p = mem_resize(t->body, t->body_cap, want);
	if (p == NULL)
		return false;
	w->buffered += want - t->body_cap;
	t->body = p;
	t->body_cap = want;
	return true;
}

void
entry_body(struct conn *c, struct bytes piece)
{
	struct txn *t = c->txn;

	t->bytes_in += piece.len;
	if (t->is_discarding)
		return;
	/* The usual case: all of it at once. */
	if (t->body_len == 0 && t->req.head.body == GW_BODY_COUNTED &&
	    piece.len == t->req.head.body_len) {
		t->req.body = arena_copy(&t->req.arena, piece);
		if (t->req.body.ptr == NULL)
			refuse_now(t, GW_R_BUSY);
		return;
	}
	if (t->body_cap - t->body_len < piece.len && !grow(t, piece.len)) {
		refuse_now(t, GW_R_BUSY);
		return;
	}
	memcpy(t->body + t->body_len, piece.ptr, piece.len);
	t->body_len += piece.len;
}

void
entry_body_end(struct conn *c)
{
	struct txn *t = c->txn;

	conn_enter(c, CONN_WORK);
	if (t->is_discarding) {
		send_reply(t);
		return;
	}
	/* Not NULL even when it is empty: it has been read. */
	if (t->req.body.ptr == NULL)
		t->req.body =
		    bytes_of(t->body_len > 0 ? t->body : (const uint8_t *)"",
			t->body_len);
	run(t);
}

void
entry_body_bad(struct conn *c, unsigned status)
{
	struct txn *t = c->txn;
	enum gw_refusal cause = gw_refusal_of_status(status);

	if (cause == GW_R_TOO_LARGE)
		(void)gw_filter_late(&t->req, GW_FILTER_SIZE, cause, NULL);
	refuse_now(t, cause);
}

/* --- effects --- */

void
entry_resume(struct txn *t)
{
	struct conn *c = t->conn;

	run(t);
	conn_run(c);
}

bool
entry_must_stay(const struct txn *t)
{
	return t->is_driven && t->req.effect.kind == GW_EFFECT_NODE &&
	       t->req.effect.u.node.must_stay;
}

void
entry_expire(struct txn *t)
{
	struct conn *c = t->conn;

	drive_cancel(t);
	refuse_now(t, GW_R_UNAVAILABLE);
	conn_run(c);
}
