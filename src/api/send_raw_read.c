/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads the list of a SendRawTransaction: each item decoded, what is wrong
 * with the document told field by field. What is wrong with an item is the
 * item's own affair.
 */
#include "api/send_raw_tx_priv.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/hex.h"
#include "http/filter.h"

enum {
	ITEM_MAX = 100, /* of one request; a body of 1 MiB holds few */
	KEY_MAX = 64    /* of an unknown field, to be named */
};

#define LIST_KEY "raw_tx_hex_list"

static const char *
said(struct gw_req *r, const struct err *e, enum rc rc)
{
	const char *text = arena_str(&r->arena, "%s", err_message(e, rc));

	return text == NULL ? err_text(rc) : text;
}

/* read_raw reads an item's bytes. Some libraries print them without 0x, and
 * the first version took them. */
static enum rc
read_raw(struct arena *a, struct bytes *out, struct bytes text, struct err *e)
{
	size_t len = text.len / 2;
	uint8_t *p;

	if (text.len < 2 || !memcmp(text.ptr, "0x", 2))
		return hex_read(a, out, text, e);
	p = arena_alloc(a, len);
	if (p == NULL)
		return FAIL(e, RC_NO_MEMORY, "no room for %zu bytes", len);
	*out = bytes_of(p, len);
	return hex_read_fixed(p, len, text, true, e);
}

/* What is wrong with an item is its own affair; a machine without memory is
 * not. */
static enum rc
read_item(struct gw_req *r, struct item *it, const struct gw_json *v)
{
	struct bytes raw;
	struct err e = {0};
	enum rc rc = read_raw(&r->arena, &raw, v->text, &e);

	if (rc == RC_OK)
		rc = tx_decode(&r->arena, &it->tx, raw, &e);
	if (rc == RC_NO_MEMORY)
		return rc;
	if (rc != RC_OK) {
		tx_item_refuse(it, CODE_DECODE, said(r, &e, rc));
		return RC_OK;
	}
	hex_put0x(it->hash, hash_bytes(&it->tx.hash));
	(void)snprintf(
	    it->hash_params, sizeof(it->hash_params), "[\"%s\"]", it->hash);
	addr_text(it->to, &it->tx.to);
	it->state = ITEM_READY;
	if (it->tx.is_create)
		tx_item_refuse(
		    it, CODE_TARGET, "contract creation is not allowed here");
	return RC_OK;
}

/* The texts are those that wallets know from the first version: an object
 * of field and text, list elements nested by their index. */
static enum gw_step
bad_fields(struct gw_req *r, json_t *fields)
{
	char *text = json_dumps(fields, JSON_COMPACT);
	const char *detail =
	    text == NULL ? NULL : arena_str(&r->arena, "%s", text);

	free(text);
	json_decref(fields);
	return gw_refuse(r, GW_R_BAD_PARAM, detail);
}

static const char *
list_fault(const struct gw_json *list)
{
	if (list == NULL)
		return "required field";
	if (list->kind == GW_JSON_WORD && list->text.ptr[0] == 'n')
		return "null value not allowed";
	if (list->kind != GW_JSON_ARRAY)
		return "must be of list type";
	if (list->cnt > ITEM_MAX)
		return "max length is 100";
	return NULL;
}

/* NULL when every element is a string. */
static json_t *
item_faults(const struct gw_json *list)
{
	const struct gw_json *v = gw_json_in(list);
	json_t *faults = NULL;
	char index[24];
	size_t i;

	for (i = 0; v != NULL; i++, v = gw_json_behind(list, v)) {
		if (v->kind == GW_JSON_STRING)
			continue;
		if (faults == NULL)
			faults = json_object();
		snprintf(index, sizeof(index), "%zu", i);
		json_object_set_new(
		    faults, index, json_string("must be of string type"));
	}
	return faults;
}

/* unknown_field returns the first member that is not the list. */
static const struct gw_json *
unknown_field(const struct gw_json *doc)
{
	const struct gw_json *v = gw_json_in(doc);

	while (v != NULL && bytes_eq(v->key, bytes_of_str(LIST_KEY)))
		v = gw_json_behind(doc, v);
	return v;
}

/* What is wrong with the document, by field; NULL: nothing. One unknown field
 * is told, the others are not worth an answer's bytes. */
static json_t *
find_faults(const struct gw_json *doc)
{
	const struct gw_json *list = gw_json_get(doc, LIST_KEY);
	const struct gw_json *unknown = unknown_field(doc);
	const char *text = list_fault(list);
	json_t *items = text == NULL ? item_faults(list) : json_string(text);
	json_t *faults =
	    items == NULL && unknown == NULL ? NULL : json_object();
	char key[KEY_MAX + 1] = "?";

	if (items != NULL)
		json_object_set_new(faults, LIST_KEY, items);
	if (unknown == NULL)
		return faults;
	if (unknown->key.len <= KEY_MAX)
		(void)snprintf(key, sizeof(key), "%.*s", (int)unknown->key.len,
		    (const char *)unknown->key.ptr);
	json_object_set_new(faults, key, json_string("unknown field"));
	return faults;
}

static enum gw_step
take_list(struct gw_req *r, const struct gw_json *doc)
{
	const struct gw_json *list = gw_json_get(doc, LIST_KEY), *v;
	json_t *faults = find_faults(doc);
	struct job *j;
	size_t i;

	if (faults != NULL)
		return bad_fields(r, faults);
	j = arena_alloc(&r->arena, sizeof(*j));
	if (j == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	j->cnt = list->cnt;
	j->items = arena_array(&r->arena, j->cnt + 1, sizeof(*j->items));
	j->calls = arena_array(&r->arena, j->cnt + 1, sizeof(*j->calls));
	j->asked = arena_array(&r->arena, j->cnt + 1, sizeof(*j->asked));
	if (j->items == NULL || j->calls == NULL || j->asked == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	v = gw_json_in(list);
	for (i = 0; v != NULL; i++, v = gw_json_behind(list, v))
		if (read_item(r, &j->items[i], v) != RC_OK)
			return gw_refuse(r, GW_R_INTERNAL, NULL);
	r->state = j;
	return gw_rate_charge(
	    r, j->cnt * gw_rpc_units(r->surface, GW_COST_DEAR));
}

enum gw_step
api_tx_read(struct gw_req *r)
{
	const char *why;
	const struct gw_json *doc = gw_req_json(r, &why);

	if (doc == NULL || doc->kind != GW_JSON_OBJECT)
		return gw_refuse(r, GW_R_BAD_PARAM, why);
	return take_list(r, doc);
}
