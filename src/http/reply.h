/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers: status, headers, body; and refusals, whose look depends on what
 * the surface serves. errors.def holds every refusal of the HTTP layer.
 */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "http/page.h"
#include "http/stage.h"

struct gw_req;
struct jsonw;

enum gw_refusal {
	GW_R_NONE,
#define REFUSAL(name, http, code, message, rpc, text, ja) GW_R_##name,
#include "http/errors.def"
#undef REFUSAL
	GW_REFUSAL_CNT,
};

/* Headers that a stage or filter adds, besides those of every answer. */
enum { GW_REPLY_FIELD_MAX = 12 };

struct gw_reply_field {
	const char *name;
	struct bytes value; /* no control bytes */
};

struct gw_reply {
	unsigned status;  /* 0: none yet */
	const char *type; /* Content-Type with charset */
	struct bytes body;
	size_t field_cnt;
	struct gw_reply_field fields[GW_REPLY_FIELD_MAX];
	bool may_cache;  /* else Cache-Control: no-store */
	bool has_assets; /* a page that may use what its origin serves */
	bool must_close; /* the connection is not fit for another request */
	bool upgrades;   /* 101: it becomes a WebSocket */
	enum gw_refusal cause; /* why it was refused, for log and metrics */
	const char *rule; /* which rule of a filter, NULL: none was named */
};

/* gw_reply_set completes an answer. Returns GW_DONE, for `return`. type is
 * one of the GW_TYPE_ texts. */
enum gw_step gw_reply_set(
    struct gw_req *r, unsigned status, const char *type, struct bytes body);

/*
 * gw_reply_page completes an answer with a page that may load style sheets,
 * scripts and images of its own origin, ask it, and send forms to it; nothing
 * else. page is what a template has made: empty, it is an internal error.
 */
enum gw_step gw_reply_page(
    struct gw_req *r, unsigned status, struct bytes page);

#define GW_TYPE_JSON   "application/json; charset=utf-8"
#define GW_TYPE_TEXT   "text/plain; charset=utf-8"
#define GW_TYPE_HTML   "text/html; charset=utf-8"
#define GW_TYPE_EVENTS "text/event-stream; charset=utf-8"

/* gw_reply_json copies what w holds into the arena as the body and frees w.
 * When w has overflowed the answer is an internal error. */
enum gw_step gw_reply_json(struct gw_req *r, unsigned status, struct jsonw *w);

/* gw_reply_field adds a header; value must outlive the request. CHECKs that
 * there is room. */
void gw_reply_field(struct gw_req *r, const char *name, struct bytes value);

/*
 * gw_refuse completes an answer from errors.def, in the surface's look.
 *
 * detail  text for the client beside the row's own, or NULL; in the wallet
 *         API's envelope it is `description`; one that begins with { is
 *         JSON already, field by field
 */
enum gw_step gw_refuse(
    struct gw_req *r, enum gw_refusal why, const char *detail);

/*
 * gw_refuse_by is gw_refuse for a filter with several rules.
 *
 * rule  which of them, for log and metrics, never for the client: static
 *       text of a few characters [a-z0-9_]
 */
enum gw_step gw_refuse_by(
    struct gw_req *r, enum gw_refusal why, const char *rule);

/* Longest word of a refusal, NUL included. */
enum { GW_REFUSAL_WORD_MAX = 20 };

/* gw_refusal_word writes the row's name in lower case, as logs and metrics
 * have it. Returns out. */
const char *gw_refusal_word(char out[GW_REFUSAL_WORD_MAX], enum gw_refusal why);

/* gw_refusal_find looks a word up; false when there is no such refusal. */
bool gw_refusal_find(enum gw_refusal *out, struct bytes word);

/* gw_refusal_text returns what a refusal says to people. */
const char *gw_refusal_text(enum gw_refusal why, enum gw_lang lang);

/* gw_refusal_of_rc returns the refusal for a failed effect or library. */
enum gw_refusal gw_refusal_of_rc(enum rc rc);

/* gw_refusal_of_status returns the refusal for a framing error's status. */
enum gw_refusal gw_refusal_of_status(unsigned status);

/* gw_status_text returns the reason phrase of a status. */
const char *gw_status_text(unsigned status);

/* What gw_reply_head has to know of the connection. */
struct gw_reply_how {
	const char *date;    /* HTTP date, no line end */
	const char *id;      /* request id, NULL for none */
	bool is_tls;         /* adds Strict-Transport-Security */
	bool has_cors;       /* the surface has filter cors: adds Vary */
	struct bytes origin; /* of a page that may read it, empty for none */
	bool keep_alive;     /* the connection stays open */
	bool is_head;        /* HEAD: no body follows */
	unsigned minor;      /* of the request */
};

/* Longest head that gw_reply_head writes, fields included. */
enum { GW_REPLY_HEAD_MAX = 8192 };

/*
 * gw_reply_head writes status line and headers, with the empty line.
 *
 * Returns  false when they do not fit
 */
bool gw_reply_head(struct buf *out, const struct gw_reply *reply,
    const struct gw_reply_how *how);

#endif
