/* SPDX-License-Identifier: Apache-2.0
 *
 * Keeps feeds and who shares them. Which words may be asked for is the
 * node's to say; a feed lives as long as somebody has a share in it.
 */
#include "gateway/feeds.h"

#include "base/check.h"
#include "base/hex.h"
#include "base/map.h"
#include "crypto/hash.h"
#include "crypto/rng.h"
#include "gateway/drive_node_priv.h"
#include "gateway/ws.h"

enum {
	FEED_MAX = 16384, /* of one worker */
	KEY_LEN = 32,     /* SHA-256 of a text */
	/* A feed without a node looks for one; one that the node refused waits
	 * twice as long each time. */
	LOOK_MS = 500,
	LOOK_MAX_MS = 32 * LOOK_MS,
	ID_MAX = 68, /* a node's id: 0x, at most 32 bytes, quotes */
};

TAILQ_HEAD(feed_txns, txn);

struct feed {
	TAILQ_ENTRY(feed) all;
	uint8_t key[KEY_LEN]; /* of the parameters */
	uint8_t *params;      /* JSON */
	size_t params_len;
	struct node_conn *conn; /* asked, or live; NULL: down */
	bool is_asked;          /* the node has not answered yet */
	bool is_live;
	uint64_t pause_ms, ask_ms; /* refused: for how long, and until when */
	char id[ID_MAX];           /* the node's, in its quotes */
	size_t id_len;
	struct feed_txns waiting;
	struct sub_list subs;
};

TAILQ_HEAD(feed_list, feed);

struct feeds {
	struct feed_list all;
	struct map by_params, by_id;
	struct timer timer; /* set while there are feeds */
};

static void look(void *arg);

static void
look_later(struct feeds *f)
{
	timer_set(
	    &gw_worker->timers, &f->timer, worker_now_ms() + LOOK_MS, look, f);
}

struct feeds *
feeds_open(void)
{
	struct feeds *f = mem_new(sizeof(*f));

	CHECK(f != NULL);
	TAILQ_INIT(&f->all);
	map_init(&f->by_params, KEY_LEN, FEED_MAX);
	map_init(&f->by_id, KEY_LEN, FEED_MAX);
	return f;
}

/* --- feeds --- */

static void
free_feed(struct feeds *f, struct feed *d)
{
	(void)map_del(&f->by_params, d->key);
	TAILQ_REMOVE(&f->all, d, all);
	mem_free(d->params);
	mem_free(d);
}

static struct feed *
new_feed(struct feeds *f, const uint8_t *key, struct bytes params)
{
	struct feed *d = mem_new(sizeof(*d));

	if (d == NULL)
		return NULL;
	memcpy(d->key, key, KEY_LEN);
	TAILQ_INIT(&d->waiting);
	TAILQ_INIT(&d->subs);
	d->params = mem_new(params.len + 1);
	if (d->params == NULL || !map_put(&f->by_params, key, d)) {
		mem_free(d->params);
		mem_free(d);
		return NULL;
	}
	if (params.len > 0)
		memcpy(d->params, params.ptr, params.len);
	d->params_len = params.len;
	TAILQ_INSERT_TAIL(&f->all, d, all);
	if (f->timer.place == 0)
		look_later(f);
	return d;
}

static struct bytes
id_of(const struct feed *d)
{
	return bytes_of(d->id, d->id_len);
}

/* set_down forgets what the node called it. */
static void
set_down(struct feeds *f, struct feed *d)
{
	uint8_t key[KEY_LEN];

	if (d->is_live) {
		sha256(key, id_of(d));
		(void)map_del(&f->by_id, key);
	}
	d->is_live = false;
	d->conn = NULL;
	d->id_len = 0;
}

/* tell_end ends a feed at the node; what it says to that is no matter. */
static void
tell_end(struct node_conn *c, struct bytes id)
{
	char params[ID_MAX + 4];
	struct buf out = buf_of(params, sizeof(params));
	struct gw_node_call call = {.method = bytes_of_str("eth_unsubscribe")};

	CHECK(buf_put_u8(&out, '[') && buf_put(&out, id.ptr, id.len) &&
	      buf_put_u8(&out, ']'));
	call.params = bytes_of_buf(&out);
	(void)node_call_feed(c, &call, NULL);
}

/* settle ends a feed that nobody shares or waits for. */
static void
settle(struct feeds *f, struct feed *d)
{
	if (d->is_asked || !TAILQ_EMPTY(&d->subs) || !TAILQ_EMPTY(&d->waiting))
		return;
	if (d->is_live) {
		tell_end(d->conn, id_of(d));
		set_down(f, d);
	}
	free_feed(f, d);
}

/* --- asking the node --- */

static bool
ask(struct feed *d)
{
	const struct gw_node_call call = {
	    .method = bytes_of_str("eth_subscribe"),
	    .params = bytes_of(d->params, d->params_len)};

	d->conn = node_pick(gw_worker->node);
	d->is_asked = d->conn != NULL && node_call_feed(d->conn, &call, d);
	if (!d->is_asked)
		d->conn = NULL;
	return d->is_asked;
}

/* put_off lets a refused feed wait before it asks by itself. */
static void
put_off(struct feed *d)
{
	d->pause_ms = d->pause_ms == 0 ? LOOK_MS : 2 * d->pause_ms;
	if (d->pause_ms > LOOK_MAX_MS)
		d->pause_ms = LOOK_MAX_MS;
	d->ask_ms = worker_now_ms() + d->pause_ms;
}

/* go_on lets it ask again: what refused it is gone, or no longer does. */
static void
go_on(struct feed *d)
{
	d->pause_ms = 0;
	d->ask_ms = 0;
}

/* look asks again for what is down, and moves what another node has. */
static void
look(void *arg)
{
	struct feeds *f = arg;
	uint64_t now_ms = worker_now_ms();
	struct feed *d;

	TAILQ_FOREACH(d, &f->all, all)
	{
		if (d->is_live && !node_is_used(d->conn)) {
			tell_end(d->conn, id_of(d));
			set_down(f, d);
		}
		if (!d->is_live && !d->is_asked && now_ms >= d->ask_ms)
			(void)ask(d);
	}
	if (!TAILQ_EMPTY(&f->all))
		look_later(f);
}

void
feeds_lost(struct feeds *f, const struct node_conn *c)
{
	struct feed *d;

	TAILQ_FOREACH(d, &f->all, all)
	{
		if (d->is_live && d->conn == c)
			set_down(f, d);
		go_on(d);
	}
}

enum rc
feed_answer(struct feed *d, const struct gw_wire_answer *a)
{
	struct txn *t;

	if (d == NULL)
		return RC_OK; /* of an end */
	if (!a->is_error && a->value.len <= sizeof(d->id) && a->value.len > 2) {
		memcpy(d->id, a->value.ptr, a->value.len);
		d->id_len = a->value.len;
		return RC_OK;
	}
	TAILQ_FOREACH(t, &d->waiting, feed_next)
	{
		struct gw_node_call *call = t->req.effect.u.feed;

		call->is_error = true;
		call->answer = arena_copy(&t->req.arena, a->value);
	}
	return a->is_error ? RC_OK : RC_UNAVAILABLE;
}

/* share gives a client its share, and its id as the answer. */
static enum rc
share(struct feed *d, struct txn *t)
{
	struct gw_node_call *call = t->req.effect.u.feed;
	struct ws *w = t->conn->ws;
	struct sub *s = mem_new(sizeof(*s));
	const char *text;
	uint8_t id[16];

	if (s == NULL)
		return RC_NO_MEMORY;
	rng_fill(id, sizeof(id));
	(void)hex_put0x(s->id, bytes_of(id, sizeof(id)));
	text = arena_str(&t->req.arena, "\"%s\"", s->id);
	if (text == NULL) {
		mem_free(s);
		return RC_NO_MEMORY;
	}
	call->answer = bytes_of_str(text);
	s->feed = d;
	s->conn = t->conn;
	TAILQ_INSERT_TAIL(&d->subs, s, of_feed);
	TAILQ_INSERT_TAIL(&w->subs, s, of_ws);
	w->sub_cnt++;
	w->is_holding = true;
	worker_stat(STAT_SUBS, 1);
	return RC_OK;
}

static void
end_waiting(struct feed *d, enum rc rc)
{
	struct txn *t;

	while ((t = TAILQ_FIRST(&d->waiting)) != NULL) {
		enum rc one = rc;

		feed_cancel(t);
		if (rc == RC_OK && !t->req.effect.u.feed->is_error)
			one = share(d, t);
		drive_done(t, one);
	}
}

void
feed_asked(struct feed *d, enum rc rc)
{
	struct feeds *f = gw_worker->feeds;
	uint8_t key[KEY_LEN];

	if (d == NULL)
		return;
	if (rc == RC_OK && d->id_len > 0) {
		sha256(key, id_of(d));
		d->is_live = map_put(&f->by_id, key, d);
		rc = d->is_live ? RC_OK : RC_NO_MEMORY;
	}
	if (d->is_live) {
		go_on(d);
	} else {
		set_down(f, d);
		put_off(d);
	}
	end_waiting(d, rc); /* who leaves meanwhile does not free it */
	d->is_asked = false;
	settle(f, d);
}

/* --- what comes --- */

void
feeds_notice(
    struct feeds *f, struct node_conn *c, const struct gw_wire_notice *n)
{
	uint8_t key[KEY_LEN];
	const struct feed *d;
	const struct sub *s;

	sha256(key, n->id);
	d = map_get(&f->by_id, key);
	if (d == NULL && n->id.len <= ID_MAX)
		tell_end(c, n->id); /* there was no room to say so before */
	if (d == NULL)
		return;
	TAILQ_FOREACH(s, &d->subs, of_feed)
	{
		ws_notify(s->conn, bytes_of_str(s->id), n->result);
	}
}

/* --- what clients ask --- */

static void
leave(struct feeds *f, struct ws *w, struct sub *s)
{
	struct feed *d = s->feed;

	TAILQ_REMOVE(&d->subs, s, of_feed);
	TAILQ_REMOVE(&w->subs, s, of_ws);
	w->sub_cnt--;
	worker_stat(STAT_SUBS, (uint64_t)-1);
	mem_free(s);
	settle(f, d);
}

void
feeds_leave(struct feeds *f, struct ws *w)
{
	struct sub *s;

	while ((s = TAILQ_FIRST(&w->subs)) != NULL)
		leave(f, w, s);
}

/* sub_of finds the subscription that ["0x..."] names. */
static struct sub *
sub_of(struct ws *w, struct bytes params)
{
	struct gw_json_iter it;
	struct bytes id, more;
	struct sub *s;

	if (!gw_json_open(&it, params) || !gw_json_item(&it, &id) ||
	    gw_json_item(&it, &more) || id.len < 2)
		return NULL;
	id = bytes_of(id.ptr + 1, id.len - 2);
	TAILQ_FOREACH(s, &w->subs, of_ws)
	{
		if (bytes_eq(id, bytes_of_str(s->id)))
			return s;
	}
	return NULL;
}

static bool
end_sub(struct feeds *f, struct txn *t)
{
	struct gw_node_call *call = t->req.effect.u.feed;
	struct sub *s = sub_of(t->conn->ws, call->params);

	call->is_error = s == NULL;
	call->answer = bytes_of_str(s != NULL ? "true"
					      : "{\"code\":-32000,\"message\":"
						"\"subscription not found\"}");
	if (s != NULL)
		leave(f, t->conn->ws, s);
	return drive_end(t, RC_OK);
}

static bool
begin_sub(struct feeds *f, struct txn *t)
{
	struct gw_node_call *call = t->req.effect.u.feed;
	uint8_t key[KEY_LEN];
	struct feed *d;

	if (t->conn->ws->sub_cnt >= gw_worker->conf->ws_subs_max)
		return drive_end(t, RC_NO_SPACE);
	sha256(key, call->params);
	d = map_get(&f->by_params, key);
	if (d == NULL)
		d = new_feed(f, key, call->params);
	if (d == NULL)
		return drive_end(t, RC_NO_SPACE);
	if (d->is_live)
		return drive_end(t, share(d, t));
	if (!d->is_asked && !ask(d)) {
		settle(f, d);
		return drive_end(t, RC_UNAVAILABLE);
	}
	t->feed = d;
	TAILQ_INSERT_TAIL(&d->waiting, t, feed_next);
	return false;
}

bool
feed_start(struct feeds *f, struct txn *t)
{
	const struct gw_node_call *call = t->req.effect.u.feed;

	CHECK(t->conn->ws != NULL);
	if (bytes_eq(call->method, bytes_of_str("eth_unsubscribe")))
		return end_sub(f, t);
	return begin_sub(f, t);
}

void
feed_cancel(struct txn *t)
{
	if (t->feed != NULL)
		TAILQ_REMOVE(&t->feed->waiting, t, feed_next);
	t->feed = NULL;
}
