/* SPDX-License-Identifier: Apache-2.0
 *
 * What a request says: the first byte picks the kind of body, then stand
 * query, cookies, the Content-Type where the kind has none, and the body, a
 * line each but the last. A request that can not be decoded has a fault with a
 * text and a place that is torn, of which no value is found by its name; the
 * others show only UTF-8, within the bounds. The parts of a multipart body lie
 * in it, in their order. JSON is compared with jansson,
 * value by value: names, strings, order and number of what is in an object or
 * array. From 128 on the first byte also says how little memory there is.
 *
 * fuzz: cover=src/http/values.c,src/http/multipart.c,src/http/json.c lib=http
 */
#include <jansson.h>
#include <string.h>

#include "base/check.h"
#include "http/multipart.h"
#include "http/req.h"
#include "http/route.h"
#include "http/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The longest name looked up, and what one step of little memory is. */
enum { NAME_MAX_HERE = 63, ROOM_STEP = 64 };

static const struct gw_route route = {
    GW_POST, "/x/{a}", GW_WALLET, GW_CLOSED, NULL, 0};

/* struct walk goes over jansson's values in the order of the text, which is
 * that of its members. */
struct walk {
	json_t *open[GW_JSON_DEPTH_MAX];
	void *member[GW_JSON_DEPTH_MAX]; /* the next one of an object */
	size_t at[GW_JSON_DEPTH_MAX];    /* the next one of an array */
	size_t depth;
	const char *key; /* of the value found last, NULL: none */
};

static void
enter(struct walk *w, json_t *v)
{
	if (!json_is_object(v) && !json_is_array(v))
		return;
	CHECK(w->depth < GW_JSON_DEPTH_MAX);
	w->open[w->depth] = v;
	w->at[w->depth] = 0;
	w->member[w->depth++] = json_object_iter(v);
}

/* take_in returns the next value of the innermost, NULL at its end. */
static json_t *
take_in(struct walk *w)
{
	size_t top = w->depth - 1;
	void *m = w->member[top];

	w->key = NULL;
	if (json_is_array(w->open[top]))
		return json_array_get(w->open[top], w->at[top]++);
	if (m == NULL)
		return NULL;
	w->key = json_object_iter_key(m);
	w->member[top] = json_object_iter_next(w->open[top], m);
	return json_object_iter_value(m);
}

static json_t *
next(struct walk *w)
{
	json_t *v = NULL;

	while (w->depth > 0 && v == NULL) {
		v = take_in(w);
		w->depth -= v == NULL;
	}
	return v;
}

static void
compare_one(const struct gw_json *ours, const json_t *v, const char *key)
{
	CHECK(ours->is_member == (key != NULL));
	CHECK(key == NULL || bytes_eq(ours->key, bytes_of_str(key)));
	CHECK(json_is_object(v) == (ours->kind == GW_JSON_OBJECT));
	CHECK(json_is_array(v) == (ours->kind == GW_JSON_ARRAY));
	CHECK(json_is_number(v) == (ours->kind == GW_JSON_NUMBER));
	CHECK(json_is_string(v) == (ours->kind == GW_JSON_STRING));
	CHECK(ours->cnt == json_object_size(v) + json_array_size(v));
	if (json_is_string(v))
		CHECK(bytes_eq(ours->text,
		    bytes_of(json_string_value(v), json_string_length(v))));
}

static void
compare(const struct gw_json_doc *doc, json_t *v)
{
	struct walk w = {.depth = 0};
	size_t i;

	for (i = 0; i < doc->cnt; i++) {
		CHECK(v != NULL);
		compare_one(&doc->root[i], v, w.key);
		enter(&w, v);
		v = next(&w);
	}
	CHECK(v == NULL);
}

static void
look_at_json(const struct gw_json_doc *doc, struct bytes body)
{
	json_error_t why;
	json_t *j;

	CHECK((doc->root == NULL) == (doc->fault != NULL));
	CHECK(doc->root == NULL || doc->root->size == doc->cnt);
	j = json_loadb((const char *)body.ptr, body.len,
	    JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &why);
	if (doc->root != NULL && j != NULL) {
		CHECK(doc->doubt == NULL);
		compare(doc, j);
	}
	/* What jansson refuses we take only for numbers that are too large for
	 * it, and for what we tell to be in doubt. */
	if (doc->root != NULL && j == NULL)
		CHECK(doc->doubt != NULL ||
		      json_error_code(&why) == json_error_numeric_overflow);
	json_decref(j);
}

/* name_of makes a string of a name; false when it is too long. */
static bool
name_of(char out[NAME_MAX_HERE + 1], struct bytes name)
{
	if (name.len > NAME_MAX_HERE)
		return false;
	if (name.len > 0)
		memcpy(out, name.ptr, name.len);
	out[name.len] = '\0';
	return true;
}

/* Every member of an object that is in no doubt is found by its key. */
static void
look_up(const struct gw_json *v)
{
	const struct gw_json *m;
	char key[NAME_MAX_HERE + 1];
	size_t cnt = 0;

	for (m = gw_json_in(v); m != NULL; m = gw_json_behind(v, m)) {
		CHECK(m->is_member == (v->kind == GW_JSON_OBJECT));
		if (m->is_member && name_of(key, m->key))
			CHECK(gw_json_get(v, key) == m);
		cnt++;
	}
	CHECK(cnt == v->cnt);
	if (v->kind != GW_JSON_OBJECT)
		CHECK(gw_json_get(v, "") == NULL);
}

static void
look_up_all(const struct gw_json_doc *doc)
{
	size_t i;

	for (i = 0; i < doc->cnt && doc->doubt == NULL; i++)
		look_up(&doc->root[i]);
}

static bool
is_torn(const struct gw_values *values, enum gw_where where)
{
	return (values->torn_bits >> where & 1) != 0;
}

/* A name is found at the first place where it stands. */
static void
find_all(const struct gw_values *values)
{
	const struct gw_value *v = values->list, *found;
	char name[NAME_MAX_HERE + 1];
	size_t i;

	for (i = 0; i < values->cnt; i++, v++) {
		CHECK(gw_where_word(v->where)[0] != '\0');
		CHECK(gw_name_shown(v->name).len <= GW_NAME_SHOWN_MAX);
		if (!name_of(name, v->name))
			continue;
		found = gw_value_find(values, v->where, name);
		CHECK((found == NULL) == is_torn(values, v->where));
		if (found == NULL)
			continue;
		CHECK(found <= v);
		CHECK(
		    found->where == v->where && bytes_eq(found->name, v->name));
	}
	CHECK(gw_value_find(values, GW_IN_HEADER, "a") == NULL);
}

/* Contents follow each other in the body, a boundary between them. */
static void
look_at_parts(const struct gw_req *r)
{
	const uint8_t *behind = r->body.ptr;
	size_t i;

	if (!gw_req_is_type(r, "multipart/form-data") ||
	    is_torn(&r->values, GW_IN_FILE))
		return;
	for (i = 0; i < r->values.cnt; i++) {
		const struct gw_value *v = &r->values.list[i];

		if (v->where != GW_IN_FORM && v->where != GW_IN_FILE)
			continue;
		CHECK(v->value.ptr >= behind + 4);
		behind = v->value.ptr + v->value.len;
		CHECK(behind + 4 <= r->body.ptr + r->body.len);
		CHECK(memcmp(behind, "\r\n--", 4) == 0);
	}
}

static void
look_at(const struct gw_req *r)
{
	struct gw_value_iter it = {.values = &r->values};
	struct gw_value v;
	size_t cnt = 0;

	while (gw_value_next(&it, &v)) {
		CHECK(v.where < GW_WHERE_CNT && !v.is_opaque);
		cnt++;
		if (is_torn(&r->values, v.where))
			continue;
		CHECK(gw_utf8_ok(v.name) && gw_utf8_ok(v.value));
		CHECK(v.where == GW_IN_JSON || v.value.len == 0 ||
		      memchr(v.value.ptr, '\0', v.value.len) == NULL);
	}
	CHECK(cnt <= 2 * (r->values.cnt + r->values.json.cnt));
	CHECK(
	    r->values.cnt <= GW_VALUE_MAX + GW_PARAM_MAX + 2 * GW_PART_MAX + 1);
	find_all(&r->values);
	look_at_parts(r);
	look_up_all(&r->values.json);
}

static struct bytes
take_line(struct bytes *in)
{
	const uint8_t *end =
	    in->len == 0 ? NULL : memchr(in->ptr, '\n', in->len);
	struct bytes line =
	    bytes_of(in->ptr, end == NULL ? in->len : (size_t)(end - in->ptr));

	*in = bytes_of(in->ptr + line.len + (end != NULL),
	    in->len - line.len - (end != NULL));
	return line;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const types[] = {
	    "application/json", "application/x-www-form-urlencoded", NULL};
	static const struct gw_surface surface = {.kind = GW_WALLET};
	struct bytes in, head;
	struct gw_value_fault fault;
	struct gw_field fields[2];
	struct gw_req r = {.route = &route, .surface = &surface};
	bool is_short, is_good;
	unsigned kind;

	if (size == 0)
		return 0;
	kind = data[0] % ARRAY_CNT(types);
	in = bytes_of(data + 1, size - 1);
	is_short = data[0] >= 128;
	r.query = take_line(&in);
	fields[1] = (struct gw_field){bytes_of_str("Cookie"), take_line(&in)};
	fields[0] = (struct gw_field){bytes_of_str("Content-Type"),
	    types[kind] != NULL ? bytes_of_str(types[kind]) : take_line(&in)};
	head = bytes_of(data + 1, (size_t)(in.ptr - data) - 1);
	/* Heads hold no NUL, and in JSON it is no news. */
	if (memchr(head.ptr, '\0', head.len) != NULL ||
	    (types[kind] != NULL && memchr(in.ptr, '\0', in.len) != NULL))
		return 0;
	arena_init(&r.arena,
	    is_short ? ROOM_STEP * (size_t)(data[0] - 128) : GW_REQ_MEMORY_MAX);
	r.head.fields = fields;
	r.head.field_cnt = ARRAY_CNT(fields);
	r.params[0] = bytes_of_str("p");
	r.body = in;
	is_good = gw_values_read(&r, &fault);
	CHECK(is_good == (!fault.is_memory && r.values.torn_bits == 0));
	CHECK(is_good || (fault.is_memory ? is_short : fault.text != NULL));
	if (!fault.is_memory)
		look_at(&r);
	if (r.values.json.cnt > 0 || r.values.json.fault != NULL)
		look_at_json(&r.values.json, in);
	arena_drop(&r.arena);
	return 0;
}
