/* SPDX-License-Identifier: Apache-2.0
 *
 * One request as everything above Kore sees it: what the client sent, where
 * it is going, how far it has come, and the answer being made. It is opened
 * by the gateway when a head is complete and dropped when the answer is
 * sent or the client is gone. Everything it points to lives in its arena or
 * in its configuration, which it holds.
 */
#ifndef HTTP_REQ_H
#define HTTP_REQ_H

#include "base/arena.h"
#include "http/cert.h"
#include "http/conf.h"
#include "http/geo.h"
#include "http/head.h"
#include "http/reply.h"
#include "http/stage.h"
#include "http/users.h"
#include "http/values.h"

enum {
	/* Path parameters of one route. */
	GW_PARAM_MAX = 4,
	/* Longest request id, ours or a client's. */
	GW_REQ_ID_MAX = 64,
	/* What one request may allocate besides its body and its answer. */
	GW_REQ_MEMORY_MAX = 64 * 1024 * 1024,
};

struct gw_route;
struct gw_world;

struct gw_peer {
	struct gw_addr addr;
	uint16_t port;
	bool is_tls;
};

/* Longest Authorization field that a connection remembers. */
enum { GW_MEMO_MAX = 192 };

/*
 * struct gw_memo is what a connection remembers of its last admitted
 * request: a client that sends the same field again has the same answer
 * without any arithmetic.
 */
struct gw_memo {
	uint64_t until_ms, conf_no;
	const struct gw_surface *surface;
	size_t len, user_len;
	uint8_t field[GW_MEMO_MAX];
	uint8_t user[GW_USER_NAME_MAX];
};

/* What became of a request at one filter. */
enum gw_verdict {
	GW_VERDICT_NONE,   /* it was not asked */
	GW_VERDICT_ASKED,  /* it has not decided yet */
	GW_VERDICT_PASS,   /* it let the request through */
	GW_VERDICT_ANSWER, /* it answered itself, which is no refusal */
	GW_VERDICT_REFUSE,
	GW_VERDICT_SHADOW, /* it would have refused, but is in shadow */
	GW_VERDICT_CNT,
};

struct gw_ruling {
	enum gw_verdict verdict;
	enum gw_refusal cause; /* of REFUSE and SHADOW */
	const char *rule;      /* same: which of its rules, NULL: none named */
	size_t field_cnt;      /* headers of the answer before it was asked */
	uint64_t ns;           /* what it took, when clock_ns is set */
};

/* struct gw_sql_note is what filter sqli has seen, for log and metrics. */
struct gw_sql_note {
	enum gw_where where; /* of the value with the highest score */
	struct bytes name;   /* of its field, fit to be shown */
	struct gw_sql_verdict verdict;
	uint64_t fired; /* rules, of all values that were told */
};

struct gw_req {
	struct arena arena;
	const struct gw_world *world;
	struct gw_conf *conf;

	/* what came */
	struct gw_peer peer;
	struct gw_addr client; /* peer.addr, or whom a trusted proxy named */
	struct gw_place place; /* of client, once filter geo has asked */
	struct gw_head head;
	struct bytes host;       /* name asked for, without port or brackets */
	struct bytes path;       /* decoded, see gw_path_read */
	struct bytes query;      /* as sent */
	struct bytes body;       /* whole, decoded from chunks */
	struct gw_values values; /* filled in by filter decode */
	char id[GW_REQ_ID_MAX + 1];

	/* where it goes */
	const struct gw_surface *surface; /* NULL: none was found */
	const struct gw_route *route;     /* NULL: none was found */
	struct bytes rest;                /* path below the surface's prefix */
	struct bytes params[GW_PARAM_MAX];
	uint32_t allowed;    /* methods of the path: bit 1 << gw_method */
	struct bytes origin; /* of a page that may read the answer, listed by
			      * the surface; else empty */

	/* who */
	const struct gw_cert *cert; /* NULL: none shown, or not asked for */
	struct bytes user;          /* empty: nobody has shown a password */
	struct gw_memo *memo;       /* of the connection, NULL: none */

	/* how far */
	enum gw_phase phase;
	unsigned at; /* filter or stage */
	struct gw_effect effect;
	struct gw_reply reply;
	void *state; /* of the stages between them */
	struct gw_ruling rulings[GW_FILTER_CNT];
	struct gw_sql_note *sqli;   /* NULL: nothing to tell */
	uint64_t (*clock_ns)(void); /* NULL: nobody asks what filters cost */
	/* Only asked what the filters say: they change nothing that other
	 * requests see, and no stage runs. */
	bool is_trial;
	bool is_message; /* of a WebSocket: it may subscribe */
};

/*
 * gw_req_route decides where a request goes: surface by listener, path and
 * host, route by path and method. Fills host, path, query, surface, origin,
 * route, rest, params, allowed. When the request can not be served it writes
 * the refusal and returns false; r->surface may be NULL then.
 *
 * Spec  RFC 9112 3.2; reliability H7, H9, H18, N5
 */
bool gw_req_route(struct gw_req *r, const struct gw_listener *listener);

/*
 * gw_req_mount finds where r->path leads at a listener: the mount with the
 * longest prefix whose surface has r->host; when no surface has the host,
 * the longest prefix, with *host_ok unset; NULL when there is none.
 */
const struct gw_mount *gw_req_mount(
    const struct gw_req *r, const struct gw_listener *listener, bool *host_ok);

/* gw_req_base returns the prefix of the surface, which every link of its
 * pages begins with: empty for the root, and before gw_req_route. */
struct gw_path gw_req_base(const struct gw_req *r);

/* gw_req_id_ok tells whether id may be a request's: 1 to 64 of
 * [A-Za-z0-9._-]. */
bool gw_req_id_ok(struct bytes id);

/* gw_req_set_id takes the client's X-Request-Id when it may be one, else the
 * one that is given. */
void gw_req_set_id(struct gw_req *r, const char *fallback);

/* gw_req_place tells where the client is: r->place, or found now. */
struct gw_place gw_req_place(const struct gw_req *r);

/* gw_req_is_type tells whether the body is announced as that media type,
 * which is in lower case; parameters behind ; are not looked at. */
bool gw_req_is_type(const struct gw_req *r, const char *type);

/* gw_req_is_json tells whether the body is announced as application/json. */
bool gw_req_is_json(const struct gw_req *r);

/* gw_req_query finds the first value of a query parameter, decoded. Returns
 * false when it is absent. For filters behind decode, and for stages. */
bool gw_req_query(
    const struct gw_req *r, struct bytes *value, const char *name);

/*
 * gw_req_json returns the JSON body, for filters behind decode and stages.
 *
 * why      text for the client when there is none; NULL when the body is
 *          empty or announced as something else
 * Returns  NULL when there is none, when it is not well-formed, a key stands
 *          twice in one object, or a NUL is in it
 */
const struct gw_json *gw_req_json(struct gw_req *r, const char **why);

#endif
