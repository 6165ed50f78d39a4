/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a question, opens a request as the gateway does, runs it as a trial
 * and writes down what the filters said. It judges nothing itself.
 */
#include "http/explain.h"

#include <stdio.h>

#include "base/check.h"
#include "base/jsonw.h"
#include "http/filter.h"
#include "http/forwarded.h"
#include "http/req.h"
#include "http/route.h"
#include "http/uri.h"
#include "http/users.h"
#include "http/world.h"

enum { ANSWER_MAX = 64 * 1024, HEAD_ROOM = 1024 };

struct question {
	struct bytes method, url, surface, from, user, cert, data;
	size_t header_cnt;
	struct bytes headers[GW_EXPLAIN_HEADER_MAX];
	struct gw_addr peer;           /* from */
	enum gw_cert_state cert_state; /* cert */
	/* of url */
	struct gw_target target;
	bool has_scheme, is_tls;
};

/* struct trial is the request and what belongs to it. */
struct trial {
	struct arena *arena;
	const struct gw_world *world;
	struct gw_conf *conf;
	const struct question *q;
	const struct gw_mount *mount;
	struct gw_field store[GW_FIELD_CNT_MAX];
	struct gw_memo memo;
	struct gw_cert cert;
	struct gw_req req;
	const char *fault; /* what is wrong with the question */
};

/* --- the question --- */

/* take_pair stores one name and value; returns what is wrong with it. */
static const char *
take_pair(struct question *q, struct bytes name, struct bytes value)
{
	const struct {
		const char *name;
		struct bytes *out;
	} rows[] = {{"method", &q->method}, {"url", &q->url},
	    {"surface", &q->surface}, {"from", &q->from}, {"user", &q->user},
	    {"cert", &q->cert}, {"data", &q->data}};
	size_t i;

	if (bytes_eq(name, bytes_of_str("header"))) {
		if (q->header_cnt == GW_EXPLAIN_HEADER_MAX)
			return "too many headers";
		q->headers[q->header_cnt++] = value;
		return NULL;
	}
	for (i = 0; i < ARRAY_CNT(rows); i++) {
		if (!bytes_eq(name, bytes_of_str(rows[i].name)))
			continue;
		if (rows[i].out->ptr != NULL)
			return "a parameter stands twice";
		*rows[i].out = value;
		return NULL;
	}
	return "an unknown parameter";
}

static bool
begins_with(struct bytes b, const char *text)
{
	size_t len = strlen(text);

	return b.len >= len && gw_eq_nocase(bytes_of(b.ptr, len), text);
}

static const char *
read_url(struct question *q)
{
	q->is_tls = begins_with(q->url, "https://");
	q->has_scheme = q->is_tls || begins_with(q->url, "http://");
	q->target = gw_target_read(q->url);
	if (q->method.len == 0 || q->url.len == 0)
		return "method and url are needed";
	/* What a request line could not hold is a question of framing. */
	if (q->has_scheme && q->target.kind == GW_TARGET_BAD)
		return "url is none";
	return NULL;
}

static const char *
read_question(struct arena *a, struct question *q, struct bytes form)
{
	struct bytes name, value, rest = form;
	const char *fault = NULL;
	struct buf room;

	memset(q, 0, sizeof(*q));
	if (form.len > GW_EXPLAIN_FORM_MAX)
		return "the question is too long";
	room = buf_of(arena_alloc(a, form.len), form.len);
	if (room.ptr == NULL)
		return "no memory";
	while (fault == NULL && gw_pair_next(&name, &value, &rest)) {
		if (!gw_form_decode(&room, &name, name) ||
		    !gw_form_decode(&room, &value, value))
			return "a parameter that can not be decoded";
		fault = take_pair(q, name, value);
	}
	if (q->from.len == 0)
		q->from = bytes_of_str("127.0.0.1");
	if (fault == NULL && !gw_addr_read(&q->peer, q->from))
		fault = "from is no address";
	if (fault == NULL && q->cert.len > 0 &&
	    !gw_cert_find(&q->cert_state, q->cert))
		fault = "cert is no word of cert.def";
	return fault != NULL ? fault : read_url(q);
}

/* --- the request --- */

static bool
put_text(struct buf *b, const char *text)
{
	return buf_put(b, text, strlen(text));
}

static bool
put_line(struct buf *b, const char *name, struct bytes value)
{
	return put_text(b, name) && buf_put(b, value.ptr, value.len) &&
	       put_text(b, "\r\n");
}

static bool
has_header(const struct question *q, const char *name)
{
	size_t i, len = strlen(name);

	for (i = 0; i < q->header_cnt; i++)
		if (begins_with(q->headers[i], name) &&
		    q->headers[i].len > len && q->headers[i].ptr[len] == ':')
			return true;
	return false;
}

/* host_of: what the client asked for, else a name that the surface has. */
static struct bytes
host_of(const struct trial *t)
{
	const struct gw_surface *s = t->mount->surface;

	if (t->q->target.authority.len > 0)
		return t->q->target.authority;
	return s->hosts.cnt > 0 && !s->any_host ? s->hosts.words[0]
						: bytes_of_str("localhost");
}

static bool
put_host(struct buf *b, const struct trial *t)
{
	struct bytes host = host_of(t);

	if (has_header(t->q, "host"))
		return true;
	/* The configuration has IPv6 hosts without their brackets. */
	if (host.ptr != t->q->target.authority.ptr &&
	    memchr(host.ptr, ':', host.len) != NULL)
		return put_text(b, "Host: [") &&
		       buf_put(b, host.ptr, host.len) && put_text(b, "]\r\n");
	return put_line(b, "Host: ", host);
}

/* The field that the memo of a user stands for. */
static const char memo_field[] = "Basic Og==";

static bool
put_target(struct buf *b, const struct question *q)
{
	const struct gw_target *t = &q->target;

	if (!q->has_scheme)
		return buf_put(b, q->url.ptr, q->url.len);
	return buf_put(b, t->path.ptr, t->path.len) &&
	       (t->query.len == 0 ||
		   (put_text(b, "?") &&
		       buf_put(b, t->query.ptr, t->query.len)));
}

static bool
put_fields(struct buf *b, const struct trial *t)
{
	const struct question *q = t->q;
	char len[32];
	size_t i;

	(void)snprintf(len, sizeof(len), "%zu", q->data.len);
	for (i = 0; i < q->header_cnt; i++)
		if (!put_line(b, "", q->headers[i]))
			return false;
	return put_host(b, t) &&
	       (q->user.len == 0 ||
		   put_line(b, "Authorization: ", bytes_of_str(memo_field))) &&
	       (q->data.ptr == NULL ||
		   put_line(b, "Content-Length: ", bytes_of_str(len))) &&
	       put_text(b, "\r\n");
}

/* write_head writes the request as a client would. */
static bool
write_head(struct trial *t, struct bytes *out)
{
	const struct question *q = t->q;
	size_t cap = HEAD_ROOM + q->method.len + q->url.len, i;
	struct buf b;

	for (i = 0; i < q->header_cnt; i++)
		cap += q->headers[i].len + 2;
	b = buf_of(arena_alloc(t->arena, cap), cap);
	if (b.ptr == NULL || !buf_put(&b, q->method.ptr, q->method.len) ||
	    !put_text(&b, " ") || !put_target(&b, q) ||
	    !put_text(&b, " HTTP/1.1\r\n") || !put_fields(&b, t))
		return false;
	*out = bytes_of_buf(&b);
	return true;
}

/* open_req frames and reads the head and routes it; false with the answer
 * written when it got no further. */
static bool
open_req(struct trial *t)
{
	struct gw_req *r = &t->req;
	struct gw_frame f;
	enum gw_more more;
	struct bytes text, head;
	unsigned status;

	arena_drop(&r->arena);
	memset(r, 0, sizeof(*r));
	arena_init(&r->arena, GW_REQ_MEMORY_MAX);
	r->world = t->world;
	r->conf = t->conf;
	r->is_trial = true;
	r->clock_ns = t->world->clock_ns;
	r->memo = &t->memo;
	t->cert.state = t->q->cert_state;
	r->cert = &t->cert;
	r->peer = (struct gw_peer){
	    .addr = t->q->peer, .is_tls = t->mount->listener->is_tls};
	if (!write_head(t, &text)) {
		t->fault = "the question is too long";
		return false;
	}
	gw_frame_init(&f);
	more = gw_frame_head(&f, &head, text);
	status = more == GW_WHOLE ? gw_head_read(&r->head, t->store, head)
		 : more == GW_BAD ? f.status
				  : 400;
	r->client = gw_forwarded_client(
	    t->conf, t->mount->listener->name, &r->peer.addr, &r->head);
	if (status != 0) {
		(void)gw_refuse(r, gw_refusal_of_status(status), NULL);
		return false;
	}
	gw_req_set_id(r, "explain");
	return gw_req_route(r, t->mount->listener);
}

/* may_be tells whether the question leaves this place open. */
static bool
may_be(const struct question *q, const struct gw_mount *m)
{
	if (q->surface.len > 0 &&
	    !bytes_eq(q->surface, bytes_of_str(m->surface->name)))
		return false;
	return !q->has_scheme || q->is_tls == m->listener->is_tls;
}

/*
 * arrive opens the request at the first place whose surface it reaches from
 * there; when it reaches none, at the first that it may be. Returns as
 * open_req.
 */
static bool
arrive(struct trial *t)
{
	const struct gw_mount *first = NULL;
	size_t i;

	for (i = 0; i < t->conf->mount_cnt; i++) {
		t->mount = &t->conf->mounts[i];
		if (!may_be(t->q, t->mount))
			continue;
		if (first == NULL)
			first = t->mount;
		if (open_req(t) && t->req.surface == t->mount->surface)
			return true;
	}
	t->mount = first;
	if (first != NULL)
		return open_req(t);
	t->fault = t->q->surface.len > 0
		       ? "no surface of that name is there, for that scheme"
		       : "no surface is there for that scheme";
	return false;
}

/* set_user lets the connection remember the user, as if it had shown the
 * right password before. */
static void
set_user(struct trial *t)
{
	const struct gw_surface *s = t->req.surface;
	struct bytes user = t->q->user;

	if (user.len == 0)
		return;
	if (s->users == NULL || gw_users_find(s->users, user) == NULL) {
		t->fault = "the surface has no such user";
		return;
	}
	t->memo = (struct gw_memo){.until_ms = UINT64_MAX,
	    .conf_no = t->conf->no,
	    .surface = s,
	    .len = sizeof(memo_field) - 1,
	    .user_len = user.len};
	memcpy(t->memo.field, memo_field, t->memo.len);
	memcpy(t->memo.user, user.ptr, user.len);
}

/* run goes through the filters. One that waits for something to be done is
 * passed over: what would come of it is not known. */
static void
run(struct trial *t)
{
	struct gw_req *r = &t->req;

	for (;;) {
		switch (gw_run(r)) {
		case GW_RUN_REPLY:
			return;
		case GW_RUN_BODY:
			r->body = t->q->data;
			break;
		case GW_RUN_WAIT:
			r->effect.kind = GW_EFFECT_NONE;
			r->state = NULL;
			r->at++;
			break;
		}
	}
}

/* --- the answer --- */

/* Why a filter that asks was not answered. */
static const char not_checked[] = "not_checked";

/* has_asked: and something depends on it. */
static bool
has_asked(const struct gw_req *r)
{
	unsigned i;

	for (i = 0; i < GW_FILTER_CNT; i++)
		if (r->rulings[i].verdict == GW_VERDICT_ASKED &&
		    !gw_is_in_shadow(r->surface, i))
			return true;
	return false;
}

static const char *
outcome_word(const struct gw_req *r)
{
	if (r->reply.status == 0)
		return has_asked(r) ? "depends" : "served";
	return r->reply.cause == GW_R_NONE ? "answered" : "refused";
}

static const char *
verdict_word(const struct gw_req *r, size_t i)
{
	static const char *const words[GW_VERDICT_CNT] = {
	    [GW_VERDICT_ASKED] = "asks",
	    [GW_VERDICT_PASS] = "pass",
	    [GW_VERDICT_ANSWER] = "answer",
	    [GW_VERDICT_REFUSE] = "refuse",
	    [GW_VERDICT_SHADOW] = "shadow",
	};

	if (r->surface == NULL || !gw_has_filter(r->surface, (unsigned)i))
		return "off";
	if (r->rulings[i].verdict != GW_VERDICT_NONE)
		return words[r->rulings[i].verdict];
	return r->reply.status != 0 ? "not reached" : "skipped";
}

static void
put_filter(struct jsonw *w, const struct gw_req *r, size_t i)
{
	const struct gw_ruling *ruling = &r->rulings[i];
	char word[GW_REFUSAL_WORD_MAX];

	jsonw_obj(w);
	jsonw_key(w, "filter");
	jsonw_str(w, gw_filter_word((enum gw_filter)i));
	jsonw_key(w, "verdict");
	jsonw_str(w, verdict_word(r, i));
	if (ruling->verdict == GW_VERDICT_ASKED) {
		jsonw_key(w, "reason");
		jsonw_str(w, not_checked);
	} else if (ruling->rule != NULL || ruling->cause != GW_R_NONE) {
		jsonw_key(w, "reason");
		jsonw_str(w, ruling->rule != NULL
				 ? ruling->rule
				 : gw_refusal_word(word, ruling->cause));
	}
	if (ruling->verdict != GW_VERDICT_NONE) {
		jsonw_key(w, "ns");
		jsonw_u64(w, ruling->ns);
	}
	jsonw_obj_end(w);
}

static void
put_outcome(struct jsonw *w, const struct gw_req *r)
{
	char word[GW_REFUSAL_WORD_MAX];

	jsonw_key(w, "outcome");
	jsonw_str(w, outcome_word(r));
	if (r->reply.status != 0) {
		jsonw_key(w, "status");
		jsonw_u64(w, r->reply.status);
	}
	if (r->reply.cause != GW_R_NONE) {
		jsonw_key(w, "cause");
		jsonw_str(w, gw_refusal_word(word, r->reply.cause));
	}
}

static void
put_trial(struct jsonw *w, const struct trial *t)
{
	const struct gw_req *r = &t->req;
	char addr[GW_ADDR_TEXT_MAX], country[GW_PLACE_TEXT_MAX];
	struct gw_place place = gw_req_place(r);
	size_t i;

	jsonw_key(w, "listener");
	jsonw_str(w, t->mount->listener->name);
	jsonw_key(w, "surface");
	jsonw_str(w, r->surface != NULL ? r->surface->name : "-");
	jsonw_key(w, "route");
	jsonw_str(w, r->route != NULL ? r->route->path : "-");
	jsonw_key(w, "client");
	jsonw_str(w, gw_addr_text(addr, &r->client));
	jsonw_key(w, "country");
	jsonw_str(w, gw_place_text(country, &place));
	jsonw_key(w, "filters");
	jsonw_arr(w);
	for (i = 0; i < GW_FILTER_CNT; i++)
		put_filter(w, r, i);
	jsonw_arr_end(w);
	put_outcome(w, r);
}

static bool
answer(struct trial *t, struct bytes *out)
{
	struct jsonw w;

	*out = bytes_of(NULL, 0);
	jsonw_init(&w, ANSWER_MAX);
	jsonw_obj(&w);
	if (t->fault != NULL) {
		jsonw_key(&w, "error");
		jsonw_str(&w, t->fault);
	} else {
		put_trial(&w, t);
	}
	jsonw_obj_end(&w);
	if (jsonw_done(&w))
		*out = arena_copy(t->arena, jsonw_bytes(&w));
	jsonw_free(&w);
	return t->fault == NULL && out->ptr != NULL;
}

static void
play(struct trial *t)
{
	bool is_open = arrive(t);

	if (t->fault == NULL && is_open)
		set_user(t);
	if (t->fault == NULL && is_open)
		run(t);
}

bool
gw_explain(struct arena *a, struct bytes *out, const struct gw_world *world,
    struct gw_conf *conf, struct bytes form)
{
	struct question *q = arena_alloc(a, sizeof(*q));
	struct trial *t = arena_alloc(a, sizeof(*t));
	bool is_good;

	*out = bytes_of(NULL, 0);
	if (q == NULL || t == NULL)
		return false;
	t->arena = a;
	t->world = world;
	t->conf = conf;
	t->q = q;
	t->fault = read_question(a, q, form);
	if (t->fault == NULL)
		play(t);
	is_good = answer(t, out);
	arena_drop(&t->req.arena);
	return is_good;
}
