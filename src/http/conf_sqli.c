/* SPDX-License-Identifier: Apache-2.0
 *
 * Settings of filter sqli: mode, score, exempt fields, and what differs for
 * single routes.
 */
#include <stdio.h>

#include "base/check.h"
#include "http/conf_priv.h"
#include "http/route.h"

static const char *const mode_words[] = {
    [GW_SQL_OFF] = "off",
    [GW_SQL_DETECT] = "detect",
    [GW_SQL_BLOCK] = "block",
};

/* A field of text is what is screened, so no exemption is called so. */
static const char *const shape_words[] = {"hex", "base64", "signed"};
static const enum gw_sql_shape shapes[] = {
    GW_SQL_HEX, GW_SQL_BASE64, GW_SQL_SIGNED};

static enum rc
read_mode(enum gw_sql_mode *out, struct bytes word, struct err *e)
{
	size_t i;

	TRY(gw_conf_word(&i, mode_words, ARRAY_CNT(mode_words), word, e));
	*out = (enum gw_sql_mode)i;
	return RC_OK;
}

enum rc
gw_value_SQLI(struct gw_conf_reader *r, void *field, const struct gw_setting *s,
    struct bytes value, struct err *e)
{
	enum gw_sql_mode *out = field;

	(void)s;
	r->surface->sqli_is_set = value.len > 0;
	*out = GW_SQL_BLOCK;
	return value.len > 0 ? read_mode(out, value, e) : RC_OK;
}

/* read_field reads NAME:SHAPE. */
static enum rc
read_field(struct gw_sql_field *out, struct bytes word, struct err *e)
{
	const uint8_t *colon = memchr(word.ptr, ':', word.len);
	struct bytes shape;
	size_t i;

	if (colon == NULL || colon == word.ptr)
		return FAIL(e, RC_CONF, "\"%.*s\" is not NAME:SHAPE",
		    (int)word.len, (const char *)word.ptr);
	out->name = bytes_of(word.ptr, (size_t)(colon - word.ptr));
	shape = bytes_of(colon + 1, word.len - out->name.len - 1);
	TRY(gw_conf_word(&i, shape_words, ARRAY_CNT(shape_words), shape, e));
	out->shape = shapes[i];
	return RC_OK;
}

/* open_fields gives conf an empty list with room for GW_SQL_FIELD_MAX. */
static enum rc
open_fields(struct gw_conf_reader *r, struct gw_sql_field **out,
    struct gw_sql_conf *conf, struct err *e)
{
	*out = arena_array(&r->conf->arena, GW_SQL_FIELD_MAX, sizeof(**out));
	conf->fields = *out;
	conf->field_cnt = 0;
	return *out != NULL ? RC_OK
			    : FAIL(e, RC_NO_MEMORY, "configuration too large");
}

static enum rc
add_field(struct gw_sql_field *list, struct gw_sql_conf *conf,
    struct bytes word, struct err *e)
{
	if (conf->field_cnt == GW_SQL_FIELD_MAX)
		return FAIL(
		    e, RC_CONF, "more than %d fields", GW_SQL_FIELD_MAX);
	return read_field(&list[conf->field_cnt++], word, e);
}

enum rc
gw_value_SQLI_FIELDS(struct gw_conf_reader *r, void *field,
    const struct gw_setting *s, struct bytes value, struct err *e)
{
	struct bytes copy = arena_copy(&r->conf->arena, value), word;
	struct gw_sql_conf *conf = field;
	struct gw_sql_field *list;

	(void)s;
	TRY(open_fields(r, &list, conf, e));
	if (copy.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "configuration too large");
	while (gw_conf_next_word(&word, &copy))
		TRY(add_field(list, conf, word, e));
	return RC_OK;
}

/* read_word reads one word behind the path: a mode, a score or a field. */
static enum rc
read_word(struct gw_sql_route *row, struct gw_sql_field *list,
    struct bytes word, struct err *e)
{
	if (memchr(word.ptr, ':', word.len) != NULL)
		return add_field(list, &row->conf, word, e);
	if (bytes_dec(&row->conf.block_at, word, GW_SQL_SCORE_MAX))
		return row->conf.block_at > 0
			   ? RC_OK
			   : FAIL(e, RC_CONF, "a score of 0");
	row->has_mode = true;
	return read_mode(&row->conf.mode, word, e);
}

static bool
has_row(const struct gw_surface *s, struct bytes path)
{
	size_t i;

	for (i = 0; i < s->sqli_route_cnt; i++)
		if (bytes_eq(s->sqli_routes[i].path, path))
			return true;
	return false;
}

enum rc
gw_value_MORE_SQLI(struct gw_conf_reader *r, void *field,
    const struct gw_setting *s, struct bytes value, struct err *e)
{
	struct bytes copy = arena_copy(&r->conf->arena, value), word;
	struct gw_sql_route row = {.line = r->line};
	struct gw_surface *surface = r->surface;
	struct gw_sql_field *list;

	(void)field;
	(void)s;
	TRY(open_fields(r, &list, &row.conf, e));
	if (copy.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "configuration too large");
	if (!gw_conf_next_word(&row.path, &copy) || row.path.ptr[0] != '/')
		return FAIL(e, RC_CONF,
		    "expected /ROUTE and then a mode, a score, NAME:SHAPE");
	if (has_row(surface, row.path))
		return FAIL(e, RC_CONF, "this route stands twice");
	if (surface->sqli_route_cnt == GW_SQL_ROUTE_MAX)
		return FAIL(
		    e, RC_CONF, "more than %d routes", GW_SQL_ROUTE_MAX);
	while (gw_conf_next_word(&word, &copy))
		TRY(read_word(&row, list, word, e));
	surface->sqli_routes[surface->sqli_route_cnt++] = row;
	return RC_OK;
}

/* fill_in gives a route what its surface has and it does not say itself. */
static enum rc
fill_in(struct gw_conf_reader *r, struct gw_sql_route *row,
    const struct gw_sql_conf *surface)
{
	size_t cnt = row->conf.field_cnt + surface->field_cnt;
	struct gw_sql_field *all =
	    arena_array(&r->conf->arena, cnt + 1, sizeof(*all));

	if (all == NULL)
		return RC_NO_MEMORY;
	memcpy(all, row->conf.fields, row->conf.field_cnt * sizeof(*all));
	memcpy(all + row->conf.field_cnt, surface->fields,
	    surface->field_cnt * sizeof(*all));
	row->conf.fields = all;
	row->conf.field_cnt = cnt;
	if (!row->has_mode)
		row->conf.mode = surface->mode;
	if (row->conf.block_at == 0)
		row->conf.block_at = surface->block_at;
	return RC_OK;
}

void
gw_conf_check_sqli(struct gw_conf_reader *r, struct gw_surface *s)
{
	size_t i;

	if (!gw_has_filter(s, GW_FILTER_SQLI) &&
	    (s->sqli_is_set || s->sqli_route_cnt > 0))
		gw_conf_fault(r, s->line,
		    "surface %s: sqli is set but filter sqli is not on",
		    s->name);
	for (i = 0; i < s->sqli_route_cnt; i++)
		if (fill_in(r, &s->sqli_routes[i], &s->sqli) != RC_OK)
			r->is_out_of_memory = true;
}

static bool
is_route(const struct gw_surface *s, struct bytes path,
    const struct gw_route *routes, size_t cnt)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		if (routes[i].kind == s->kind &&
		    bytes_eq(path, bytes_of_str(routes[i].path)))
			return true;
	return false;
}

/* check_rows tells of every route of s that nobody serves. */
static size_t
check_rows(const struct gw_conf *c, const struct gw_surface *s,
    const struct gw_route *routes, size_t cnt, const struct gw_conf_say *say)
{
	size_t i, faults = 0;
	char text[256];

	for (i = 0; i < s->sqli_route_cnt; i++) {
		const struct gw_sql_route *row = &s->sqli_routes[i];

		if (is_route(s, row->path, routes, cnt))
			continue;
		(void)snprintf(text, sizeof(text),
		    "sqli_route: surface %s has no route %.*s", s->name,
		    (int)row->path.len, (const char *)row->path.ptr);
		say->say(say->ctx, c->file, row->line, text);
		faults++;
	}
	return faults;
}

enum rc
gw_conf_check_routes(const struct gw_conf *c, const struct gw_route *routes,
    size_t cnt, const struct gw_conf_say *say, struct err *e)
{
	size_t i, faults = 0;

	for (i = 0; i < c->surface_cnt; i++)
		faults += check_rows(c, &c->surfaces[i], routes, cnt, say);
	return faults == 0 ? RC_OK
			   : FAIL(e, RC_CONF, "routes that do not exist");
}
