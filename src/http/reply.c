/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds answers in memory: bodies of refusals in the look of the surface,
 * and the text of response heads. Sends nothing.
 */
#include "http/reply.h"

#include <stdio.h>

#include "base/check.h"
#include "base/jsonw.h"
#include "http/pages_priv.h"
#include "http/req.h"

enum look { ENVELOPE, RPC, PAGE, TEXT };

struct refusal {
	unsigned http;
	int code;
	const char *message;
	int rpc;
	const char *text[GW_LANG_CNT];
	const char *name;
};

static const struct refusal refusals[GW_REFUSAL_CNT] = {
    [GW_R_NONE] = {.message = "", .text = {"", ""}, .name = "NONE"},
#define REFUSAL(name, http, code, message, rpc, text, ja)                      \
	[GW_R_##name] = {http, code, message, rpc, {text, ja}, #name},
#include "http/errors.def"
#undef REFUSAL
};

static const enum look looks[GW_SURFACE_KIND_CNT] = {
#define KIND(name, word, errors) [GW_##name] = (errors),
#include "http/surface.def"
#undef KIND
};

enum { REFUSAL_BODY_MAX = 16 * 1024 };

enum gw_step
gw_reply_set(
    struct gw_req *r, unsigned status, const char *type, struct bytes body)
{
	r->reply.status = status;
	r->reply.type = type;
	r->reply.body = body;
	return GW_DONE;
}

enum gw_step
gw_reply_json(struct gw_req *r, unsigned status, struct jsonw *w)
{
	struct bytes body = {NULL, 0};

	if (jsonw_done(w))
		body = arena_copy(&r->arena, jsonw_bytes(w));
	jsonw_free(w);
	if (body.ptr == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	return gw_reply_set(r, status, GW_TYPE_JSON, body);
}

void
gw_reply_field(struct gw_req *r, const char *name, struct bytes value)
{
	struct gw_reply *p = &r->reply;

	CHECK(p->field_cnt < GW_REPLY_FIELD_MAX);
	p->fields[p->field_cnt++] =
	    (struct gw_reply_field){.name = name, .value = value};
}

enum gw_step
gw_reply_page(struct gw_req *r, unsigned status, struct bytes page)
{
	if (page.ptr == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	r->reply.has_assets = true;
	return gw_reply_set(r, status, GW_TYPE_HTML, page);
}

/* --- refusals --- */

/* has_assets: the surface is one of pages. */
static bool
has_assets(const struct gw_req *r)
{
	return r->surface != NULL && looks[r->surface->kind] == PAGE;
}

static void
write_envelope(struct jsonw *w, const struct refusal *row, const char *detail)
{
	jsonw_obj(w);
	jsonw_key(w, "meta");
	jsonw_obj(w);
	jsonw_key(w, "code");
	jsonw_i64(w, row->code);
	jsonw_key(w, "message");
	jsonw_str(w, row->message);
	if (detail != NULL) {
		jsonw_key(w, "description");
		if (detail[0] == '{')
			jsonw_raw(w, bytes_of_str(detail));
		else
			jsonw_str(w, detail);
	}
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

static void
write_rpc(struct jsonw *w, const struct refusal *row, const char *detail)
{
	jsonw_obj(w);
	jsonw_key(w, "jsonrpc");
	jsonw_str(w, "2.0");
	jsonw_key(w, "id");
	jsonw_null(w);
	jsonw_key(w, "error");
	jsonw_obj(w);
	jsonw_key(w, "code");
	jsonw_i64(w, row->rpc);
	jsonw_key(w, "message");
	jsonw_str(w, detail != NULL ? detail : row->text[GW_LANG_EN]);
	jsonw_obj_end(w);
	jsonw_obj_end(w);
}

static void
refuse_json(struct gw_req *r, const struct refusal *row, enum look look,
    const char *detail)
{
	struct jsonw w;
	struct bytes body = {NULL, 0};

	jsonw_init(&w, REFUSAL_BODY_MAX);
	if (look == RPC)
		write_rpc(&w, row, detail);
	else
		write_envelope(&w, row, detail);
	if (jsonw_done(&w))
		body = arena_copy(&r->arena, jsonw_bytes(&w));
	jsonw_free(&w);
	if (body.ptr == NULL) /* no memory for words */
		body = bytes_of_str("{}");
	(void)gw_reply_set(r, row->http, GW_TYPE_JSON, body);
}

static void
refuse_page(struct gw_req *r, const struct refusal *row)
{
	enum gw_lang lang = gw_req_lang(r);
	const char *status = arena_str(&r->arena, "%u", row->http);
	const struct gw_error_view v = {
	    .lang = gw_lang_tag(lang),
	    .is_styled = has_assets(r),
	    .base = gw_req_base(r),
	    .status = status != NULL ? status : "",
	    .title = gw_status_text(row->http),
	    .text = row->text[lang],
	    .id = r->id,
	};

	r->reply.has_assets = v.is_styled;
	(void)gw_reply_set(
	    r, row->http, GW_TYPE_HTML, gw_page_error(&r->arena, lang, &v));
}

static void
refuse_text(struct gw_req *r, const struct refusal *row)
{
	const char *line = arena_str(&r->arena, "%s\n", row->text[GW_LANG_EN]);

	(void)gw_reply_set(
	    r, row->http, GW_TYPE_TEXT, bytes_of_str(line != NULL ? line : ""));
}

static bool
has_field(const struct gw_reply *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->field_cnt; i++)
		if (!strcmp(p->fields[i].name, name))
			return true;
	return false;
}

/* RFC 9110 15.5.6: a 405 names what is allowed. */
static void
add_allow(struct gw_req *r)
{
	struct bytes all;
	char list[64];
	size_t len = 0;
	unsigned m;

	for (m = 0; m < GW_METHOD_OTHER; m++)
		if (r->allowed >> m & 1)
			len += (size_t)snprintf(list + len, sizeof(list) - len,
			    "%s%s", len > 0 ? ", " : "",
			    gw_method_name((enum gw_method)m));
	all = arena_copy(&r->arena, bytes_of(list, len));
	if (all.ptr != NULL)
		gw_reply_field(r, "Allow", all);
}

/* Who says that it is a browser gets a page where no program expects a
 * format of its own. */
static enum look
look_for(const struct gw_req *r)
{
	enum look look = r->surface == NULL ? TEXT : looks[r->surface->kind];

	if (look != TEXT && look != PAGE)
		return look;
	return gw_wants_page(&r->head) ? PAGE : TEXT;
}

enum gw_step
gw_refuse(struct gw_req *r, enum gw_refusal why, const char *detail)
{
	const struct refusal *row = &refusals[why];
	enum look look = look_for(r);

	switch (look) {
	case ENVELOPE:
	case RPC:
		refuse_json(r, row, look, detail);
		break;
	case PAGE:
		refuse_page(r, row);
		break;
	case TEXT:
		refuse_text(r, row);
		break;
	}
	if (row->http == 405)
		add_allow(r);
	if ((row->http == 503 || row->http == 429) &&
	    !has_field(&r->reply, "Retry-After"))
		gw_reply_field(r, "Retry-After", bytes_of_str("1"));
	r->reply.cause = why;
	return GW_DONE;
}

enum gw_step
gw_refuse_by(struct gw_req *r, enum gw_refusal why, const char *rule)
{
	r->reply.rule = rule;
	return gw_refuse(r, why, NULL);
}

const char *
gw_refusal_word(char out[GW_REFUSAL_WORD_MAX], enum gw_refusal why)
{
	const char *name = refusals[why].name;
	size_t i;

	for (i = 0; i + 1 < GW_REFUSAL_WORD_MAX && name[i] != '\0'; i++)
		out[i] =
		    (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20
							    : name[i]);
	out[i] = '\0';
	return out;
}

bool
gw_refusal_find(enum gw_refusal *out, struct bytes word)
{
	char text[GW_REFUSAL_WORD_MAX];
	unsigned i;

	for (i = GW_R_NONE + 1; i < GW_REFUSAL_CNT; i++) {
		(void)gw_refusal_word(text, (enum gw_refusal)i);
		if (!bytes_eq(word, bytes_of_str(text)))
			continue;
		*out = (enum gw_refusal)i;
		return true;
	}
	return false;
}

const char *
gw_refusal_text(enum gw_refusal why, enum gw_lang lang)
{
	return refusals[why].text[lang];
}

enum gw_refusal
gw_refusal_of_rc(enum rc rc)
{
	switch (err_http_status(rc)) {
	case 400:
		return rc == RC_BAD_JSON ? GW_R_BAD_JSON : GW_R_BAD_PARAM;
	case 403:
		return GW_R_FORBIDDEN;
	case 404:
		return GW_R_NO_DATA;
	case 413:
		return GW_R_TOO_LARGE;
	case 503:
	case 504:
		return GW_R_UNAVAILABLE;
	default:
		return GW_R_INTERNAL;
	}
}

enum gw_refusal
gw_refusal_of_status(unsigned status)
{
	unsigned i;

	for (i = GW_R_NONE + 1; i < GW_REFUSAL_CNT; i++)
		if (refusals[i].http == status)
			return (enum gw_refusal)i;
	return GW_R_BAD_REQUEST;
}

/* --- heads --- */

const char *
gw_status_text(unsigned status)
{
	static const struct {
		unsigned status;
		const char *text;
	} rows[] = {
	    {101, "Switching Protocols"},
	    {200, "OK"},
	    {202, "Accepted"},
	    {204, "No Content"},
	    {303, "See Other"},
	    {304, "Not Modified"},
	    {308, "Permanent Redirect"},
	    {400, "Bad Request"},
	    {401, "Unauthorized"},
	    {403, "Forbidden"},
	    {404, "Not Found"},
	    {405, "Method Not Allowed"},
	    {408, "Request Timeout"},
	    {409, "Conflict"},
	    {413, "Content Too Large"},
	    {414, "URI Too Long"},
	    {415, "Unsupported Media Type"},
	    {417, "Expectation Failed"},
	    {421, "Misdirected Request"},
	    {426, "Upgrade Required"},
	    {429, "Too Many Requests"},
	    {431, "Request Header Fields Too Large"},
	    {500, "Internal Server Error"},
	    {501, "Not Implemented"},
	    {503, "Service Unavailable"},
	    {504, "Gateway Timeout"},
	    {505, "HTTP Version Not Supported"},
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(rows); i++)
		if (rows[i].status == status)
			return rows[i].text;
	return "Status";
}

/* What every answer carries (reliability H15 to H17). */
static const char standing[] =
    "Server: sekisho\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Content-Security-Policy: default-src 'none'; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'; ";
static const char no_assets[] = "form-action 'none'\r\n";
static const char own_assets[] =
    "form-action 'self'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'\r\n";

static const char hsts[] = "Strict-Transport-Security: max-age=31536000\r\n";

#define PUT(out, literal) buf_put(out, literal, sizeof(literal) - 1)

static bool
put_str(struct buf *out, const char *s)
{
	return buf_put(out, s, strlen(s));
}

static bool
put_field(struct buf *out, const char *name, struct bytes value)
{
	return put_str(out, name) && PUT(out, ": ") &&
	       buf_put(out, value.ptr, value.len) && PUT(out, "\r\n");
}

static bool
put_status_line(struct buf *out, unsigned status)
{
	return PUT(out, "HTTP/1.1 ") && buf_put_dec(out, status, 0) &&
	       PUT(out, " ") && put_str(out, gw_status_text(status)) &&
	       PUT(out, "\r\n");
}

static bool
put_connection(
    struct buf *out, const struct gw_reply *p, const struct gw_reply_how *how)
{
	if (p->upgrades)
		return PUT(
		    out, "Connection: Upgrade\r\nUpgrade: websocket\r\n");
	if (!how->keep_alive)
		return PUT(out, "Connection: close\r\n");
	return how->minor > 0 || PUT(out, "Connection: keep-alive\r\n");
}

/* A 101, 204 or 304 has no length (RFC 9110 8.6). A page shares its window with
 * no other origin (reliability H15). */
static bool
put_body_fields(struct buf *out, const struct gw_reply *p)
{
	if (p->type != NULL &&
	    !put_field(out, "Content-Type", bytes_of_str(p->type)))
		return false;
	if (p->type != NULL && !strcmp(p->type, GW_TYPE_HTML) &&
	    !PUT(out, "Cross-Origin-Opener-Policy: same-origin\r\n"))
		return false;
	if (p->status == 101 || p->status == 204 || p->status == 304)
		return true;
	return PUT(out, "Content-Length: ") &&
	       buf_put_dec(out, p->body.len, 0) && PUT(out, "\r\n");
}

/* What a page of another origin may read: the answer, and these fields. */
static bool
put_cors(struct buf *out, const struct gw_reply_how *how)
{
	if (how->has_cors && !PUT(out, "Vary: Origin\r\n"))
		return false;
	if (how->origin.len == 0)
		return true;
	return put_field(out, "Access-Control-Allow-Origin", how->origin) &&
	       PUT(out,
		   "Access-Control-Expose-Headers: Retry-After, RateLimit, "
		   "RateLimit-Policy, X-Request-Id\r\n");
}

bool
gw_reply_head(
    struct buf *out, const struct gw_reply *p, const struct gw_reply_how *how)
{
	size_t i;

	if (!put_status_line(out, p->status) || !PUT(out, "Date: ") ||
	    !put_str(out, how->date) || !PUT(out, "\r\n") ||
	    !PUT(out, standing) ||
	    !put_str(out, p->has_assets ? own_assets : no_assets) ||
	    !put_body_fields(out, p) || !put_connection(out, p, how))
		return false;
	if ((how->is_tls && !PUT(out, hsts)) || !put_cors(out, how))
		return false;
	if (!p->may_cache && !PUT(out, "Cache-Control: no-store\r\n"))
		return false;
	if (how->id != NULL &&
	    !put_field(out, "X-Request-Id", bytes_of_str(how->id)))
		return false;
	for (i = 0; i < p->field_cnt; i++)
		if (!put_field(out, p->fields[i].name, p->fields[i].value))
			return false;
	return PUT(out, "\r\n");
}
