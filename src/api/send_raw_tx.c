/* SPDX-License-Identifier: Apache-2.0
 *
 * POST /v1/Eth/SendRawTransaction: signed transactions of a wallet, in the
 * order of the list. Each is decoded, its target looked up among the
 * contracts that wallets may call, handed to the node, and watched until its
 * receipt is there or the time is up. All that pass go to the node in one
 * batch, which it takes in order; nothing waits for the block in between.
 *
 * What a wallet is told of an item is never a guess: status 1 only with a
 * successful receipt; what is not mined in time is status 0 with a hash and
 * a code of its own, and may still be mined.
 */
#include <jansson.h>
#include <stdlib.h>

#include <libpq-fe.h>

#include "api/api.h"
#include "api/envelope_priv.h"
#include "base/hex.h"
#include "eth/addr.h"
#include "eth/tx.h"
#include "http/world.h"

enum {
	ITEM_MAX = 100,      /* of one request; a body of 1 MiB holds few */
	WATCH_MS = 30000,    /* from the first hand-over */
	POLL_FIRST_MS = 100, /* then half as much again each time ... */
	POLL_MAX_MS = 1000,  /* ... up to this */
	TEXT_MAX = 300,
	KEY_MAX = 64 /* of an unknown field, to be named */
};

#define LIST_KEY "raw_tx_hex_list"

/* Error codes of an item beside those of JSON-RPC: not mined in time, and
 * what the contract list refuses. */
enum {
	CODE_PENDING = 2,
	CODE_REVERTED = 3,
	CODE_TARGET = 40,
	CODE_DECODE = 88
};

enum item_state { ITEM_REFUSED, ITEM_READY, ITEM_SENT, ITEM_MINED };

struct item {
	enum item_state state;
	bool is_success;
	bool is_confirmed; /* the node said the hash */
	struct tx tx;
	char to[ADDR_TEXT_MAX]; /* EIP-55 text */
	char hash[67];
	long code;
	const char *text;
};

struct job {
	struct item *items;
	size_t cnt;
	struct gw_node_call *calls; /* one per item asked about */
	size_t *asked;              /* which item a call is about */
	size_t asked_cnt;
	uint64_t until_ms, poll_ms;
	bool is_polled;
};

static const struct gw_stmt find_targets = {"find_targets",
    "select contract_address from executable_contract "
    "where contract_address = any($1::text[])"};

static void
refuse_item(struct item *it, long code, const char *text)
{
	it->state = ITEM_REFUSED;
	it->code = code;
	it->text = text;
}

/* Stage 1: the list, each item decoded. ------------------------------- */

static const char *
said(struct gw_req *r, const struct err *e, enum rc rc)
{
	const char *text = arena_str(&r->arena, "%s", err_message(e, rc));

	return text == NULL ? err_text(rc) : text;
}

/* What is wrong with an item is its own affair; a machine without memory is
 * not. */
static enum rc
read_item(struct gw_req *r, struct item *it, const json_t *v)
{
	struct bytes raw;
	struct err e = {0};
	enum rc rc = hex_read(&r->arena, &raw,
	    bytes_of(json_string_value(v), json_string_length(v)), &e);

	if (rc == RC_OK)
		rc = tx_decode(&r->arena, &it->tx, raw, &e);
	if (rc == RC_NO_MEMORY)
		return rc;
	if (rc != RC_OK) {
		refuse_item(it, CODE_DECODE, said(r, &e, rc));
		return RC_OK;
	}
	hex_put0x(it->hash, hash_bytes(&it->tx.hash));
	addr_text(it->to, &it->tx.to);
	it->state = ITEM_READY;
	if (it->tx.is_create)
		refuse_item(
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
list_fault(const json_t *list)
{
	if (list == NULL)
		return "required field";
	if (json_is_null(list))
		return "null value not allowed";
	if (!json_is_array(list))
		return "must be of list type";
	if (json_array_size(list) > ITEM_MAX)
		return "max length is 100";
	return NULL;
}

/* NULL when every element is a string. */
static json_t *
item_faults(const json_t *list)
{
	json_t *faults = NULL, *v;
	char index[24];
	size_t i;

	json_array_foreach(list, i, v)
	{
		if (json_is_string(v))
			continue;
		if (faults == NULL)
			faults = json_object();
		snprintf(index, sizeof(index), "%zu", i);
		json_object_set_new(
		    faults, index, json_string("must be of string type"));
	}
	return faults;
}

/* What is wrong with the document, by field; NULL: nothing. */
static json_t *
find_faults(const json_t *doc)
{
	const json_t *list = json_object_get(doc, LIST_KEY);
	const char *text = list_fault(list), *key;
	json_t *items = text == NULL ? item_faults(list) : json_string(text);
	json_t *faults = items == NULL ? NULL : json_object(), *v;

	if (items != NULL)
		json_object_set_new(faults, LIST_KEY, items);
	json_object_foreach((json_t *)(uintptr_t)doc, key, v)
	{
		if (!strcmp(key, LIST_KEY))
			continue;
		if (faults == NULL)
			faults = json_object();
		json_object_set_new(faults, strlen(key) > KEY_MAX ? "?" : key,
		    json_string("unknown field"));
		break; /* the others are not worth an answer's bytes */
	}
	return faults;
}

static enum gw_step
take_list(struct gw_req *r, const json_t *doc)
{
	const json_t *list = json_object_get(doc, LIST_KEY);
	json_t *faults = find_faults(doc), *v;
	struct job *j;
	size_t i;

	if (faults != NULL)
		return bad_fields(r, faults);
	j = arena_alloc(&r->arena, sizeof(*j));
	if (j == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	j->cnt = json_array_size(list);
	j->items = arena_array(&r->arena, j->cnt + 1, sizeof(*j->items));
	j->calls = arena_array(&r->arena, j->cnt + 1, sizeof(*j->calls));
	j->asked = arena_array(&r->arena, j->cnt + 1, sizeof(*j->asked));
	if (j->items == NULL || j->calls == NULL || j->asked == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	json_array_foreach(list, i, v)
	{
		if (read_item(r, &j->items[i], v) != RC_OK)
			return gw_refuse(r, GW_R_INTERNAL, NULL);
	}
	r->state = j;
	return GW_NEXT;
}

static enum gw_step
tx_decode_all(struct gw_req *r)
{
	json_error_t why;
	enum gw_step step;
	json_t *doc;

	if (!gw_req_is_json(r) || r->body.len == 0)
		return gw_refuse(r, GW_R_BAD_PARAM, NULL);
	doc = json_loadb((const char *)r->body.ptr, r->body.len,
	    JSON_REJECT_DUPLICATES, &why);
	if (doc == NULL)
		return gw_refuse(r, GW_R_BAD_PARAM, why.text);
	step = json_is_object(doc) ? take_list(r, doc)
				   : gw_refuse(r, GW_R_BAD_PARAM, NULL);
	json_decref(doc);
	return step;
}

/* Stage 2: which targets are on the list. ------------------------------ */

static size_t
count(const struct job *j, enum item_state state)
{
	size_t i, n = 0;

	for (i = 0; i < j->cnt; i++)
		n += j->items[i].state == state;
	return n;
}

/* An array of addresses needs no quoting: hex digits only. */
static char *
target_array(struct gw_req *r, const struct job *j)
{
	size_t cap = j->cnt * ADDR_TEXT_MAX + 3, i;
	char *text = arena_alloc(&r->arena, cap), *at = text;

	if (text == NULL)
		return NULL;
	*at++ = '{';
	for (i = 0; i < j->cnt; i++) {
		if (j->items[i].state != ITEM_READY)
			continue;
		if (at != text + 1)
			*at++ = ',';
		memcpy(at, j->items[i].to, ADDR_TEXT_MAX - 1);
		at += ADDR_TEXT_MAX - 1;
	}
	*at = '}';
	return text;
}

static enum gw_step
tx_find_targets(struct gw_req *r)
{
	const struct job *j = r->state;
	enum gw_step step;
	char *targets;

	r->effect.kind = GW_EFFECT_NONE;
	if (count(j, ITEM_READY) == 0)
		return GW_NEXT;
	targets = target_array(r, j);
	if (targets == NULL)
		return gw_refuse(r, GW_R_INTERNAL, NULL);
	step = gw_wait_query(r, &find_targets);
	gw_query_param(r, targets);
	return step;
}

static bool
is_listed(const PGresult *rows, const char *to)
{
	int i, n = PQntuples(rows);

	for (i = 0; i < n; i++)
		if (!strcmp(PQgetvalue(rows, i, 0), to))
			return true;
	return false;
}

static enum gw_step
tx_allow(struct gw_req *r)
{
	struct job *j = r->state;
	const PGresult *rows = (const PGresult *)r->effect.u.query.result;
	size_t i;

	if (r->effect.kind != GW_EFFECT_QUERY)
		return GW_NEXT;
	if (r->effect.rc != RC_OK)
		return gw_refuse(r, gw_refusal_of_rc(r->effect.rc), NULL);
	for (i = 0; i < j->cnt; i++) {
		struct item *it = &j->items[i];
		bool is_plain =
		    r->surface->plain_transfers && it->tx.data.len == 0;

		if (it->state == ITEM_READY && !is_plain &&
		    !is_listed(rows, it->to))
			refuse_item(it, CODE_TARGET,
			    "the target is not an executable contract");
	}
	return GW_NEXT;
}

/* Stage 3: hand over, in order. --------------------------------------- */

static bool
add_call(struct gw_req *r, struct job *j, size_t item, const char *method,
    struct bytes value)
{
	struct gw_node_call *c = &j->calls[j->asked_cnt];
	size_t len = 2 * value.len + 7;
	char *params = arena_alloc(&r->arena, len);

	if (params == NULL)
		return false;
	params[0] = '[';
	params[1] = '"';
	hex_put0x(params + 2, value);
	params[len - 3] = '"';
	params[len - 2] = ']';
	*c = (struct gw_node_call){.method = bytes_of_str(method),
	    .params = bytes_of(params, len - 1)};
	j->asked[j->asked_cnt++] = item;
	return true;
}

static enum gw_step
tx_submit(struct gw_req *r)
{
	struct job *j = r->state;
	size_t i;

	r->effect.kind = GW_EFFECT_NONE;
	j->asked_cnt = 0;
	for (i = 0; i < j->cnt; i++)
		if (j->items[i].state == ITEM_READY &&
		    !add_call(
			r, j, i, "eth_sendRawTransaction", j->items[i].tx.raw))
			return gw_refuse(r, GW_R_INTERNAL, NULL);
	if (j->asked_cnt == 0)
		return GW_NEXT;
	j->until_ms = r->world->mono_ms + WATCH_MS;
	j->poll_ms = POLL_FIRST_MS;
	return gw_wait_node(r, j->calls, j->asked_cnt);
}

static void
take_refusal(struct gw_req *r, struct item *it, struct bytes answer)
{
	json_t *doc = json_loadb((const char *)answer.ptr, answer.len, 0, NULL);
	const char *text = json_string_value(json_object_get(doc, "message"));
	long code = (long)json_integer_value(json_object_get(doc, "code"));
	const char *copy =
	    text == NULL ? NULL : arena_str(&r->arena, "%.*s", TEXT_MAX, text);

	refuse_item(it, code, copy == NULL ? "refused by the node" : copy);
	json_decref(doc);
}

/* The answer is the hash in quotes. One that is missing, or says something
 * else, is no promise; the transaction may be there all the same. */
static bool
is_hash(struct bytes answer, const char *hash)
{
	size_t len = strlen(hash);

	return answer.len == len + 2 && answer.ptr[0] == '"' &&
	       !memcmp(answer.ptr + 1, hash, len);
}

static enum gw_step
tx_submitted(struct gw_req *r)
{
	struct job *j = r->state;
	size_t i;

	if (r->effect.kind != GW_EFFECT_NODE)
		return GW_NEXT;
	/* With the answer outstanding the node may have them all the same: a
	 * wallet that sends the same bytes again is told "already known". */
	if (r->effect.rc != RC_OK)
		return api_refuse_node(r);
	for (i = 0; i < j->asked_cnt; i++) {
		struct item *it = &j->items[j->asked[i]];

		if (j->calls[i].is_error) {
			take_refusal(r, it, j->calls[i].answer);
			continue;
		}
		it->state = ITEM_SENT;
		it->is_confirmed = is_hash(j->calls[i].answer, it->hash);
	}
	return GW_NEXT;
}

/* Stage 4: watch for receipts. ---------------------------------------- */

static void
take_receipt(struct item *it, const struct gw_node_call *c)
{
	json_t *doc = c->is_error ? NULL
				  : json_loadb((const char *)c->answer.ptr,
					c->answer.len, JSON_DECODE_ANY, NULL);
	const char *status = json_string_value(json_object_get(doc, "status"));

	if (status != NULL) {
		it->state = ITEM_MINED;
		it->is_success = !strcmp(status, "0x1");
		it->code = it->is_success ? 0 : CODE_REVERTED;
		it->text = it->is_success ? NULL : "execution reverted";
	}
	json_decref(doc);
}

static void
take_receipts(struct gw_req *r, struct job *j)
{
	size_t i;

	/* A node that is gone may be back in time; only time ends the watch. */
	if (r->effect.kind != GW_EFFECT_NODE || r->effect.rc != RC_OK)
		return;
	for (i = 0; i < j->asked_cnt; i++)
		take_receipt(&j->items[j->asked[i]], &j->calls[i]);
}

static enum gw_step
ask_receipts(struct gw_req *r, struct job *j)
{
	size_t i;

	j->asked_cnt = 0;
	for (i = 0; i < j->cnt; i++)
		if (j->items[i].state == ITEM_SENT &&
		    !add_call(r, j, i, "eth_getTransactionReceipt",
			hash_bytes(&j->items[i].tx.hash)))
			return GW_NEXT;
	(void)gw_wait_node(r, j->calls, j->asked_cnt);
	return GW_AGAIN;
}

static enum gw_step
tx_watch(struct gw_req *r)
{
	struct job *j = r->state;

	if (j->is_polled)
		take_receipts(r, j);
	if (count(j, ITEM_SENT) == 0 || r->world->mono_ms >= j->until_ms)
		return GW_NEXT;
	j->is_polled = !j->is_polled;
	if (j->is_polled)
		return ask_receipts(r, j);
	(void)gw_wait_timer(r, j->poll_ms);
	j->poll_ms = j->poll_ms * 3 / 2;
	if (j->poll_ms > POLL_MAX_MS)
		j->poll_ms = POLL_MAX_MS;
	return GW_AGAIN;
}

/* Stage 5: tell. ------------------------------------------------------- */

static void
write_item(struct jsonw *w, const struct item *it, size_t id)
{
	jsonw_obj(w);
	jsonw_key(w, "id");
	jsonw_u64(w, id);
	jsonw_key(w, "status");
	jsonw_u64(w, it->state == ITEM_MINED && it->is_success);
	jsonw_key(w, "transaction_hash");
	if (it->hash[0] == '\0')
		jsonw_null(w);
	else
		jsonw_str(w, it->hash);
	jsonw_key(w, "error_code");
	if (it->code == 0)
		jsonw_null(w);
	else
		jsonw_i64(w, it->code);
	jsonw_key(w, "error_msg");
	if (it->text == NULL)
		jsonw_null(w);
	else
		jsonw_str(w, it->text);
	jsonw_obj_end(w);
}

static enum gw_step
tx_report(struct gw_req *r)
{
	struct job *j = r->state;
	struct jsonw w;
	size_t i;

	api_open(&w);
	jsonw_arr(&w);
	for (i = 0; i < j->cnt; i++) {
		struct item *it = &j->items[i];

		if (it->state == ITEM_SENT) {
			it->code = CODE_PENDING;
			it->text = it->is_confirmed
				       ? "pending: accepted, not mined in "
					 "time; it may still be mined"
				       : "unknown: the node did not confirm "
					 "it; it may still be mined";
		}
		write_item(&w, it, i + 1);
	}
	jsonw_arr_end(&w);
	return api_close(r, &w);
}

gw_stage_fn *const api_send_raw_tx[] = {
    tx_decode_all,   /* body -> items with target and hash */
    tx_find_targets, /* which of the targets are executable contracts */
    tx_allow,        /* the others are refused, each by itself */
    tx_submit,       /* all that pass, in order, as one batch */
    tx_submitted,    /* the node's answers: hash or reason */
    tx_watch,        /* until every receipt is there, or time is up */
    tx_report,       /* one line per item */
    NULL,
};
