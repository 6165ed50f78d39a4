/* SPDX-License-Identifier: Apache-2.0
 *
 * Gathers the values of a request. How each kind of text is decoded stands in
 * uri.c, multipart.c and json.c.
 */
#include "http/values.h"

#include "base/check.h"
#include "http/multipart.h"
#include "http/req.h"
#include "http/route.h"
#include "http/uri.h"

/* struct gather is a list being made. */
struct gather {
	struct gw_value *list;
	size_t cnt, cap;
	struct buf room; /* for what is decoded */
	uint32_t torn_bits;
	bool is_whole; /* too many to be taken apart: a place is one value */
	struct gw_value_fault *fault;
};

/* A form is one place, whatever its fields are. */
static uint32_t
place_bits(enum gw_where where)
{
	return where != GW_IN_FORM ? 1u << where
				   : 1u << GW_IN_FORM | 1u << GW_IN_FILE |
					 1u << GW_IN_FILE_NAME;
}

/* tear keeps the first fault. */
static void
tear(struct gather *g, enum gw_where where, struct bytes name, const char *text)
{
	if (g->torn_bits == 0)
		*g->fault = (struct gw_value_fault){
		    .where = where, .name = name, .text = text};
	g->torn_bits |= place_bits(where);
}

static void
put(struct gather *g, struct gw_value value)
{
	CHECK(g->list != NULL && g->cnt < g->cap);
	g->list[g->cnt++] = value;
}

static void
add(struct gather *g, enum gw_where where, struct bytes name,
    struct bytes value)
{
	put(g, (struct gw_value){.where = where, .name = name, .value = value});
}

/* add_whole adds what stands in a place as one value, as it was sent. */
static void
add_whole(struct gather *g, enum gw_where where, struct bytes text)
{
	if (text.len > 0)
		add(g, where, bytes_of(NULL, 0), text);
}

/* --- path */

/* add_params takes the names from the route's pattern. */
static void
add_params(struct gather *g, const struct gw_req *r)
{
	const char *p = r->route->path, *end;
	size_t i;

	for (i = 0; (p = strchr(p, '{')) != NULL; i++) {
		end = strchr(p, '}');
		add(g, GW_IN_PATH, bytes_of(p + 1, (size_t)(end - p) - 1),
		    r->params[i]);
		p = end;
	}
}

/* --- query and form */

static void
add_pairs(struct gather *g, enum gw_where where, struct bytes text)
{
	static const char bad[] = "bad escape, NUL, or not UTF-8";
	struct bytes raw_name, raw, name, value;

	if (g->is_whole) {
		add_whole(g, where, text);
		return;
	}
	while (gw_pair_next(&raw_name, &raw, &text)) {
		if (!gw_form_decode(&g->room, &name, raw_name))
			tear(g, where, bytes_of(NULL, 0), bad);
		if (!gw_form_decode(&g->room, &value, raw))
			tear(g, where, name, bad);
		add(g, where, name, value);
	}
}

/* --- cookies */

/* cut takes what stands before c off the front of rest; false at its end. */
static bool
cut(struct bytes *out, struct bytes *rest, uint8_t c)
{
	const uint8_t *at;
	size_t len = rest->len;

	if (len == 0)
		return false;
	at = memchr(rest->ptr, c, len);
	if (at != NULL)
		len = (size_t)(at - rest->ptr);
	*out = bytes_of(rest->ptr, len);
	*rest = bytes_of(
	    rest->ptr + len + (at != NULL), rest->len - len - (at != NULL));
	return true;
}

static struct bytes
without_quotes(struct bytes b)
{
	if (b.len >= 2 && b.ptr[0] == '"' && b.ptr[b.len - 1] == '"')
		return bytes_of(b.ptr + 1, b.len - 2);
	return b;
}

static void
add_cookies(struct gather *g, struct bytes field)
{
	struct bytes pair, name, value;

	if (g->is_whole) {
		add_whole(g, GW_IN_COOKIE, field);
		return;
	}
	while (cut(&pair, &field, ';')) {
		pair = gw_trim(pair);
		if (pair.len == 0)
			continue;
		value = pair;
		(void)cut(&name, &value, '=');
		if (name.len == pair.len) {
			value = pair;
			name.len = 0;
		}
		name = gw_trim(name);
		if (!gw_utf8_ok(name))
			tear(g, GW_IN_COOKIE, bytes_of(NULL, 0), "not UTF-8");
		if (!gw_utf8_ok(value))
			tear(g, GW_IN_COOKIE, name, "not UTF-8");
		add(g, GW_IN_COOKIE, name, without_quotes(gw_trim(value)));
	}
}

/* --- multipart form */

/* is_typed tells whether a file holds what somebody may have typed: UTF-8
 * whose only control characters are tabs and line breaks. */
static bool
is_typed(struct bytes text)
{
	size_t i;

	if (text.len > GW_FILE_TEXT_MAX)
		return false;
	for (i = 0; i < text.len; i++)
		if (text.ptr[i] < 0x20 && text.ptr[i] != '\t' &&
		    text.ptr[i] != '\n' && text.ptr[i] != '\r')
			return false;
	return gw_utf8_ok(text);
}

static void
add_part(struct gather *g, const struct gw_part *part)
{
	struct bytes text = part->content;

	if (part->is_file) {
		put(g, (struct gw_value){.where = GW_IN_FILE_NAME,
			   .name = part->name,
			   .value = part->file_name});
		put(g, (struct gw_value){.where = GW_IN_FILE,
			   .name = part->name,
			   .value = text,
			   .type = part->type,
			   .is_opaque = !is_typed(text)});
		return;
	}
	if (!gw_utf8_ok(text) || memchr(text.ptr, '\0', text.len) != NULL)
		tear(g, GW_IN_FORM, part->name, "NUL, or not UTF-8");
	add(g, GW_IN_FORM, part->name, text);
}

/* add_torn adds a body that can not be taken apart as if it were one file:
 * what readers would make of it is not known. */
static void
add_torn(struct gather *g, struct bytes body, const char *fault)
{
	if (body.len > GW_FILE_TEXT_MAX)
		body.len = GW_FILE_TEXT_MAX;
	tear(g, GW_IN_FORM, bytes_of(NULL, 0), fault);
	add(g, GW_IN_FILE, bytes_of(NULL, 0), body);
}

static void
add_parts(struct gather *g, struct arena *a, struct gw_parts *parts,
    struct bytes body)
{
	struct gw_part part;

	while (parts->fault == NULL && gw_parts_next(parts, a, &part))
		add_part(g, &part);
	g->fault->is_memory = parts->is_memory;
	if (parts->fault != NULL)
		add_torn(g, body, parts->fault);
}

/* --- all */

/* parts counts how many parts c cuts text into. */
static size_t
parts(struct bytes text, uint8_t c)
{
	size_t i, cnt = text.len > 0;

	for (i = 0; i < text.len; i++)
		cnt += text.ptr[i] == c;
	return cnt;
}

static bool
is_cookie(const struct gw_field *f)
{
	return f->name.len == 6 && gw_eq_nocase(f->name, "cookie");
}

static size_t
count_cookies(const struct gw_head *h)
{
	size_t i, cnt = 0;

	for (i = 0; i < h->field_cnt; i++)
		if (is_cookie(&h->fields[i]))
			cnt += parts(h->fields[i].value, ';');
	return cnt;
}

/* struct body is a form of either media type, opened. */
struct body {
	struct bytes pairs;
	bool is_multipart;
	struct gw_parts parts;
};

static void
open_body(struct body *b, const struct gw_req *r)
{
	struct bytes type = {NULL, 0};

	*b = (struct body){0};
	/* JSON-RPC has no forms: its route refuses any other type than JSON,
	 * whatever is in it. */
	if (r->surface->kind == GW_RPC)
		return;
	if (gw_req_is_type(r, "application/x-www-form-urlencoded"))
		b->pairs = r->body;
	b->is_multipart =
	    r->body.len > 0 && gw_req_is_type(r, "multipart/form-data");
	if (!b->is_multipart)
		return;
	(void)gw_head_field(&type, &r->head, "content-type");
	(void)gw_parts_open(&b->parts, type, r->body);
}

/* part_values_max is how many values a multipart body can make: each part is
 * a boundary at least, and two values at most; a torn body is one more. */
static size_t
part_values_max(struct bytes body, const struct gw_parts *parts)
{
	size_t cnt = parts->fault != NULL ? 0 : body.len / parts->dash_len;

	return 1 + 2 * (cnt < GW_PART_MAX ? cnt : GW_PART_MAX);
}

/* make_room makes a list for cnt values, and those that only the route and
 * the kind of body bound, and room for as much text as can be decoded. */
static bool
make_room(struct gather *g, struct gw_req *r, const struct body *b, size_t cnt)
{
	size_t cap = r->query.len + b->pairs.len;

	cnt += strchr(r->route->path, '{') != NULL ? GW_PARAM_MAX : 0;
	cnt += b->is_multipart ? part_values_max(r->body, &b->parts) : 0;
	if (cnt > 0)
		g->list = arena_array(&r->arena, cnt, sizeof(*g->list));
	g->cap = cnt;
	if (cap > 0)
		g->room = buf_of(arena_alloc(&r->arena, cap), cap);
	g->fault->is_memory =
	    (cnt > 0 && g->list == NULL) || (cap > 0 && g->room.ptr == NULL);
	return !g->fault->is_memory;
}

/* struct counts is how many values there would be. */
struct counts {
	size_t query, cookies, fields;
};

static struct counts
count(const struct gw_req *r, const struct body *b)
{
	return (struct counts){.query = parts(r->query, '&'),
	    .cookies = count_cookies(&r->head),
	    .fields = parts(b->pairs, '&')};
}

/* tear_all: too many to be taken apart. Names what there is most of. */
static void
tear_all(struct gather *g, const struct counts *n)
{
	enum gw_where most = GW_IN_FORM;

	if (n->query > n->cookies && n->query > n->fields)
		most = GW_IN_QUERY;
	else if (n->cookies > n->fields)
		most = GW_IN_COOKIE;
	g->is_whole = true;
	tear(g, most, bytes_of(NULL, 0), "too many values");
	g->torn_bits |= place_bits(GW_IN_QUERY) | place_bits(GW_IN_COOKIE) |
			place_bits(GW_IN_FORM);
}

static void
gather(struct gather *g, struct gw_req *r)
{
	struct body b;
	struct counts n;
	size_t cnt, i;

	open_body(&b, r);
	n = count(r, &b);
	cnt = n.query + n.cookies + n.fields;
	if (cnt > GW_VALUE_MAX)
		tear_all(g, &n);
	if (!make_room(g, r, &b, g->is_whole ? 2 + r->head.field_cnt : cnt))
		return;
	add_params(g, r);
	add_pairs(g, GW_IN_QUERY, r->query);
	for (i = 0; i < r->head.field_cnt; i++)
		if (is_cookie(&r->head.fields[i]))
			add_cookies(g, r->head.fields[i].value);
	add_pairs(g, GW_IN_FORM, b.pairs);
	if (b.is_multipart)
		add_parts(g, &r->arena, &b.parts, r->body);
}

bool
gw_values_read(struct gw_req *r, struct gw_value_fault *fault)
{
	struct gather g = {.fault = fault};

	*fault = (struct gw_value_fault){0};
	r->values = (struct gw_values){0};
	gather(&g, r);
	if (fault->is_memory)
		return false;
	r->values.list = g.list;
	r->values.cnt = g.cnt;
	r->values.torn_bits = g.torn_bits;
	if (r->body.len > 0 && gw_req_is_json(r))
		(void)gw_json_read(&r->arena, &r->values.json, r->body);
	fault->is_memory = r->values.json.is_memory;
	return !fault->is_memory && g.torn_bits == 0;
}

const struct gw_value *
gw_value_find(const struct gw_values *v, enum gw_where where, const char *name)
{
	size_t i;

	if ((v->torn_bits >> where & 1) != 0)
		return NULL;
	for (i = 0; i < v->cnt; i++)
		if (v->list[i].where == where &&
		    bytes_eq(v->list[i].name, bytes_of_str(name)))
			return &v->list[i];
	return NULL;
}

/* --- walk */

/* next_listed returns the name at it->at, then its value. The names of path
 * parameters are ours, that of a file stands before its file name. */
static void
next_listed(struct gw_value_iter *it, struct gw_value *out)
{
	*out = it->values->list[it->at];
	if (it->is_name_done || out->where == GW_IN_PATH ||
	    out->where == GW_IN_FILE || out->name.len == 0) {
		it->is_name_done = false;
		it->at++;
		return;
	}
	out->value = out->name;
	out->name = bytes_of(NULL, 0);
	out->is_name = true;
	it->is_name_done = true;
}

/* next_json does the same for a value of the JSON row; false when there is
 * nothing in it that a client has written. */
static bool
next_json(
    struct gw_value_iter *it, const struct gw_json *v, struct gw_value *out)
{
	bool is_key = v->is_member && !it->is_name_done;

	if (!is_key) {
		it->is_name_done = false;
		it->at++;
		if (v->kind != GW_JSON_STRING)
			return false;
		*out = (struct gw_value){
		    .where = GW_IN_JSON, .name = v->key, .value = v->text};
		return true;
	}
	it->is_name_done = true;
	*out = (struct gw_value){
	    .where = GW_IN_JSON, .value = v->key, .is_name = true};
	return true;
}

bool
gw_value_next(struct gw_value_iter *it, struct gw_value *out)
{
	const struct gw_values *v = it->values;

	while (it->at < v->cnt) {
		next_listed(it, out);
		if (!out->is_opaque)
			return true;
	}
	while (it->at - v->cnt < v->json.cnt)
		if (next_json(it, &v->json.root[it->at - v->cnt], out))
			return true;
	return false;
}

const char *
gw_where_word(enum gw_where where)
{
	static const char *const words[GW_WHERE_CNT] = {
	    [GW_IN_PATH] = "path",
	    [GW_IN_QUERY] = "query",
	    [GW_IN_COOKIE] = "cookie",
	    [GW_IN_FORM] = "form",
	    [GW_IN_FILE] = "file",
	    [GW_IN_FILE_NAME] = "file_name",
	    [GW_IN_JSON] = "json",
	    [GW_IN_HEADER] = "header",
	};

	return words[where];
}

struct bytes
gw_name_shown(struct bytes name)
{
	return name.len <= GW_NAME_SHOWN_MAX ? name : bytes_of_str("...");
}
