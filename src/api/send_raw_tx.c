/* SPDX-License-Identifier: Apache-2.0
 *
 * POST /v1/Eth/SendRawTransaction: signed transactions of a wallet, in the
 * order of the list. Each is decoded, its target looked up among the
 * contracts that wallets may call, handed to the node, and watched until its
 * receipt is there or the time is up. In the legacy profile an item is
 * handed over when the one before it has its receipt; in the extended one
 * all go in one batch, which the node takes in order. Nobody asks the node
 * for receipts on a clock: a request sleeps until there is another block.
 *
 * What a wallet is told of an item is never a guess: status 1 only with a
 * successful receipt. What is not mined in time has a hash, a code of its
 * own and a text that says what is known of it; what was never handed over
 * says that too.
 */
#include <jansson.h>
#include <stdlib.h>

#include <libpq-fe.h>

#include "api/api.h"
#include "api/envelope_priv.h"
#include "base/hex.h"
#include "eth/addr.h"
#include "eth/tx.h"
#include "http/filter.h"
#include "http/world.h"

enum {
	ITEM_MAX = 100, /* of one request; a body of 1 MiB holds few */
	/* Receipts are asked for after so long even without a new block: two
	 * sealers may have replaced one by another of the same number. */
	NO_BLOCK_MS = 5000,
	/* A call that begins when the time is over may still take so long. */
	LAST_CALL_MS = 500,
	TEXT_MAX = 300,
	KEY_MAX = 64 /* of an unknown field, to be named */
};

#define LIST_KEY "raw_tx_hex_list"

/* Error codes of an item beside those of JSON-RPC: not mined in time, never
 * handed over, accepted behind a gap, and what the contract list refuses. */
enum {
	CODE_PENDING = 2,
	CODE_REVERTED = 3,
	CODE_NOT_SENT = 4,
	CODE_QUEUED = 5,
	CODE_TARGET = 40,
	CODE_DECODE = 88
};

/* What a wallet is told in the extended profile; the legacy one knows only
 * the first two. */
enum status {
	STATUS_FAILED,
	STATUS_SUCCESS,
	STATUS_PENDING,
	STATUS_NONCE_LOW,
	STATUS_KNOWN
};

enum item_state {
	ITEM_REFUSED,
	ITEM_UNLISTED, /* may be a plain transfer: has the target code? */
	ITEM_READY,
	ITEM_SENT,
	ITEM_QUEUED, /* by the node, behind a gap of nonces */
	ITEM_MINED
};

struct item {
	enum item_state state;
	enum status status; /* of one that is refused or mined */
	bool is_confirmed;  /* the node has said that it has it */
	bool is_again;      /* handed over twice, having gone unconfirmed */
	struct tx tx;
	char to[ADDR_TEXT_MAX];         /* EIP-55 text */
	char hash[67], hash_params[72]; /* the latter as JSON */
	long code;
	const char *text;
};

/* What the effect that has just ended was for. */
enum job_wait { WAIT_NONE, WAIT_SEND, WAIT_BLOCK, WAIT_RECEIPT, WAIT_NONCE };

struct job {
	struct item *items;
	size_t cnt;
	struct gw_node_call *calls; /* one per item asked about */
	size_t *asked;              /* which item a call is about */
	size_t asked_cnt;
	enum job_wait wait;
	uint64_t until_ms; /* 0: nothing has been handed over */
	uint64_t block_no; /* receipts of up to here have been asked for */
	bool is_node_mute; /* the last call for receipts failed */
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
		refuse_item(it, CODE_DECODE, said(r, &e, rc));
		return RC_OK;
	}
	hex_put0x(it->hash, hash_bytes(&it->tx.hash));
	(void)snprintf(
	    it->hash_params, sizeof(it->hash_params), "[\"%s\"]", it->hash);
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
	return gw_rate_charge(r, j->cnt * r->surface->rate_dear);
}

static enum gw_step
tx_decode_all(struct gw_req *r)
{
	const char *why;
	const struct gw_json *doc = gw_req_json(r, &why);

	if (doc == NULL || doc->kind != GW_JSON_OBJECT)
		return gw_refuse(r, GW_R_BAD_PARAM, why);
	return take_list(r, doc);
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

static bool
add_call(struct gw_req *r, struct job *j, size_t item, const char *method,
    struct bytes value, struct bytes more)
{
	struct gw_node_call *c = &j->calls[j->asked_cnt];
	size_t len = 2 * value.len + 2;
	char *params = arena_alloc(&r->arena, len + more.len + 6);

	if (params == NULL)
		return false;
	params[0] = '[';
	params[1] = '"';
	hex_put0x(params + 2, value);
	params[len + 2] = '"';
	memcpy(params + len + 3, more.ptr, more.len);
	params[len + 3 + more.len] = ']';
	*c = (struct gw_node_call){.method = bytes_of_str(method),
	    .params = bytes_of(params, len + 4 + more.len)};
	j->asked[j->asked_cnt++] = item;
	return true;
}

/* call_for finds the call that asks for a target's code; asked_cnt: none. */
static size_t
call_for(const struct job *j, const char *to)
{
	size_t i;

	for (i = 0; i < j->asked_cnt; i++)
		if (!strcmp(j->items[j->asked[i]].to, to))
			break;
	return i;
}

/* Asks for the code of every target that is not on the list and might be
 * sent plain value, all in one batch. */
static enum gw_step
ask_code(struct gw_req *r, struct job *j)
{
	size_t i;

	r->effect.kind = GW_EFFECT_NONE;
	j->asked_cnt = 0;
	for (i = 0; i < j->cnt; i++) {
		const struct item *it = &j->items[i];

		if (it->state == ITEM_UNLISTED &&
		    call_for(j, it->to) == j->asked_cnt &&
		    !add_call(r, j, i, "eth_getCode", addr_bytes(&it->tx.to),
			bytes_of_str(",\"latest\"")))
			return gw_refuse(r, GW_R_INTERNAL, NULL);
	}
	return j->asked_cnt == 0 ? GW_NEXT
				 : gw_wait_node(r, j->calls, j->asked_cnt);
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

		if (it->state != ITEM_READY || is_listed(rows, it->to))
			continue;
		if (r->surface->plain_transfers && it->tx.data.len == 0)
			it->state = ITEM_UNLISTED;
		else
			refuse_item(it, CODE_TARGET,
			    "the target is not an executable contract");
	}
	return ask_code(r, j);
}

/* Stage 3: which of the others have no code. --------------------------- */

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

/* A call without data runs what code there is: value that goes to code is a
 * call of a contract, and those are on the list or refused. */
static void
take_code(struct gw_req *r, struct item *it, const struct gw_node_call *c)
{
	if (c->is_error || c->answer.len == 0)
		take_refusal(r, it, c->answer);
	else if (bytes_eq(c->answer, bytes_of_str("\"0x\"")))
		it->state = ITEM_READY;
	else
		refuse_item(it, CODE_TARGET,
		    "the target is a contract and not an executable one");
}

static enum gw_step
tx_plain(struct gw_req *r)
{
	struct job *j = r->state;
	size_t i;

	if (r->effect.kind != GW_EFFECT_NODE)
		return GW_NEXT;
	if (r->effect.rc != RC_OK)
		return api_refuse_node(r);
	for (i = 0; i < j->cnt; i++) {
		struct item *it = &j->items[i];

		if (it->state == ITEM_UNLISTED)
			take_code(r, it, &j->calls[call_for(j, it->to)]);
	}
	return GW_NEXT;
}

/* Stage 4: hand over and watch. ----------------------------------------- */

static uint64_t
watch_ms(const struct gw_req *r)
{
	static const uint64_t ms[GW_PROFILE_CNT] = {
#define PROFILE(name, word, watch_ms) [GW_PROFILE_##name] = (watch_ms),
#include "http/profile.def"
#undef PROFILE
	};
	uint64_t most = r->conf->work_ms - r->conf->work_ms / 8;

	/* An answer has to be ready before the request's own time is over. */
	return ms[r->surface->profile] < most ? ms[r->surface->profile] : most;
}

/* left_ms: until the answer has to be made; a worker that is about to end
 * has less time than the profile allows. */
static uint64_t
left_ms(const struct gw_req *r, const struct job *j)
{
	const struct gw_world *w = r->world;
	uint64_t until_ms =
	    j->until_ms == 0 ? w->mono_ms + watch_ms(r) : j->until_ms;

	if (w->is_draining && w->end_ms < until_ms)
		until_ms = w->end_ms;
	return until_ms > w->mono_ms ? until_ms - w->mono_ms : 0;
}

static enum gw_step
call_node(struct gw_req *r, struct job *j, enum job_wait wait)
{
	uint64_t ms = left_ms(r, j);

	if (ms < LAST_CALL_MS)
		ms = LAST_CALL_MS;
	j->wait = wait;
	(void)gw_wait_node(r, j->calls, j->asked_cnt);
	if (ms < r->conf->node_ms)
		r->effect.u.node.timeout_ms = ms;
	return GW_AGAIN;
}

/* Hands over the next item, or all of them. */
static enum gw_step
hand_over(struct gw_req *r, struct job *j, bool is_one)
{
	size_t i;

	j->asked_cnt = 0;
	for (i = 0; i < j->cnt && (!is_one || j->asked_cnt == 0); i++)
		if (j->items[i].state == ITEM_READY &&
		    !add_call(r, j, i, "eth_sendRawTransaction",
			j->items[i].tx.raw, bytes_of_str("")))
			return j->until_ms == 0
				   ? gw_refuse(r, GW_R_INTERNAL, NULL)
				   : GW_NEXT;
	if (j->asked_cnt == 0)
		return GW_NEXT;
	j->block_no = r->world->block_no;
	return call_node(r, j, WAIT_SEND);
}

static bool
begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* The texts are what every node of this kind says; their code is one and
 * the same. */
static enum status
status_of_refusal(const char *text)
{
	if (begins(text, "nonce too low"))
		return STATUS_NONCE_LOW;
	if (begins(text, "already known") || begins(text, "known transaction"))
		return STATUS_KNOWN;
	return STATUS_FAILED;
}

/* What a refusal means for an item that the node may have had before: known
 * is what we hoped for; anything else may be because it has been mined. */
static void
take_refusal_again(struct item *it)
{
	it->state = ITEM_SENT;
	it->is_confirmed = it->status == STATUS_KNOWN;
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

static void
take_answer(
    struct gw_req *r, struct item *it, const struct gw_node_call *c, enum rc rc)
{
	if (rc == RC_OK && c->is_error) {
		take_refusal(r, it, c->answer);
		it->status = status_of_refusal(it->text);
		if (it->is_again)
			take_refusal_again(it);
		return;
	}
	it->state = ITEM_SENT;
	it->is_confirmed = rc == RC_OK && is_hash(c->answer, it->hash);
}

static enum gw_step
take_answers(struct gw_req *r, struct job *j)
{
	size_t i;

	/* With the answer outstanding the node may have them all the same: a
	 * wallet that sends the same bytes again is told "already known".
	 * What was handed over earlier has to be told of, though. */
	if (r->effect.rc != RC_OK && j->until_ms == 0)
		return api_refuse_node(r);
	if (j->until_ms == 0)
		j->until_ms = r->world->mono_ms + watch_ms(r);
	for (i = 0; i < j->asked_cnt; i++)
		take_answer(
		    r, &j->items[j->asked[i]], &j->calls[i], r->effect.rc);
	return GW_NEXT;
}

/* take_receipt: an item that the node neither confirmed nor has mined is
 * handed over once more, which can do no harm; what it says then stands. */
static void
take_receipt(struct item *it, const struct gw_node_call *c)
{
	json_t *doc = c->is_error ? NULL
				  : json_loadb((const char *)c->answer.ptr,
					c->answer.len, JSON_DECODE_ANY, NULL);
	const char *status = json_string_value(json_object_get(doc, "status"));

	if (status != NULL) {
		it->state = ITEM_MINED;
		it->status =
		    strcmp(status, "0x1") ? STATUS_FAILED : STATUS_SUCCESS;
		it->code = it->status == STATUS_FAILED ? CODE_REVERTED : 0;
		it->text = it->code == 0 ? NULL : "execution reverted";
	} else if (json_is_null(doc) && !it->is_confirmed) {
		it->state = it->text == NULL ? ITEM_READY : ITEM_REFUSED;
		it->is_again = true;
	}
	json_decref(doc);
}

static void
take_receipts(struct gw_req *r, struct job *j)
{
	size_t i;

	/* A node that is gone may be back in time; only time ends the watch. */
	j->is_node_mute = r->effect.rc != RC_OK;
	for (i = 0; i < j->asked_cnt && !j->is_node_mute; i++)
		take_receipt(&j->items[j->asked[i]], &j->calls[i]);
}

static enum gw_step
ask_receipts(struct gw_req *r, struct job *j)
{
	size_t i;

	j->asked_cnt = 0;
	for (i = 0; i < j->cnt; i++) {
		struct item *it = &j->items[i];

		if (it->state != ITEM_SENT)
			continue;
		j->calls[j->asked_cnt] = (struct gw_node_call){
		    .method = bytes_of_str("eth_getTransactionReceipt"),
		    .params = bytes_of_str(it->hash_params)};
		j->asked[j->asked_cnt++] = i;
	}
	return call_node(r, j, WAIT_RECEIPT);
}

static enum gw_step
wait_block(struct gw_req *r, struct job *j)
{
	uint64_t ms = left_ms(r, j);

	j->wait = WAIT_BLOCK;
	(void)gw_wait_block(
	    r, j->block_no, ms < NO_BLOCK_MS ? ms : NO_BLOCK_MS);
	return GW_AGAIN;
}

/* The last question, when the time is over: which nonces may be mined next
 * for those who sent what the node has accepted and not mined. A worker that
 * is about to end asks nothing more. */
static enum gw_step
ask_nonces(struct gw_req *r, struct job *j)
{
	struct addr from;
	size_t i;

	j->asked_cnt = 0;
	for (i = 0; i < j->cnt && !j->is_node_mute && !r->world->is_draining;
	     i++) {
		const struct item *it = &j->items[i];

		if (it->state == ITEM_SENT && it->is_confirmed &&
		    tx_sender(&from, &it->tx, NULL) == RC_OK &&
		    !add_call(r, j, i, "eth_getTransactionCount",
			addr_bytes(&from), bytes_of_str(",\"pending\"")))
			return GW_NEXT;
	}
	return j->asked_cnt == 0 ? GW_NEXT : call_node(r, j, WAIT_NONCE);
}

static enum gw_step
take_nonces(struct gw_req *r, struct job *j)
{
	struct u256 next;
	size_t i;

	for (i = 0; i < j->asked_cnt && r->effect.rc == RC_OK; i++) {
		struct item *it = &j->items[j->asked[i]];

		if (api_result(&next, &j->calls[i]) && u256_is_u64(&next) &&
		    it->tx.nonce > next.w[0])
			it->state = ITEM_QUEUED;
	}
	return GW_NEXT;
}

/* Called again whenever something has come of what it waits for. Receipts
 * are asked for a last time when the time is over. */
static enum gw_step
tx_follow(struct gw_req *r)
{
	bool is_one = r->surface->profile == GW_PROFILE_LEGACY;
	struct job *j = r->state;
	enum job_wait was = j->wait;

	j->wait = WAIT_NONE;
	if (was == WAIT_SEND && take_answers(r, j) == GW_DONE)
		return GW_DONE;
	if (was == WAIT_RECEIPT)
		take_receipts(r, j);
	if (was == WAIT_NONCE)
		return take_nonces(r, j);
	if (was == WAIT_BLOCK) {
		j->block_no = r->effect.u.block.seen;
		return ask_receipts(r, j);
	}
	if (left_ms(r, j) == 0)
		return ask_nonces(r, j);
	if (count(j, ITEM_SENT) == 0 || (!is_one && count(j, ITEM_READY) > 0))
		return hand_over(r, j, is_one);
	return wait_block(r, j);
}

/* Stage 5: tell. ------------------------------------------------------- */

static enum status
status_for(enum gw_profile p, const struct item *it)
{
	if (p == GW_PROFILE_LEGACY && it->status != STATUS_SUCCESS)
		return STATUS_FAILED;
	return it->status;
}

static void
write_item(struct jsonw *w, enum gw_profile p, const struct item *it, size_t id)
{
	jsonw_obj(w);
	jsonw_key(w, "id");
	jsonw_u64(w, id);
	jsonw_key(w, "status");
	jsonw_u64(w, (uint64_t)status_for(p, it));
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

/* say_open: what is known of an item whose end is not. */
static void
say_open(const struct job *j, struct item *it)
{
	if (it->state == ITEM_READY && !it->is_again) {
		it->code = CODE_NOT_SENT;
		it->text = "not sent: the request ended before its turn";
		return;
	}
	if (it->state == ITEM_QUEUED) {
		it->status = STATUS_FAILED;
		it->code = CODE_QUEUED;
		it->text = "queued: accepted, but its nonce is too high; it "
			   "may be mined after those that are missing";
		return;
	}
	if (it->state != ITEM_READY && it->state != ITEM_SENT)
		return;
	it->status = STATUS_PENDING;
	it->code = CODE_PENDING;
	if (!it->is_confirmed)
		it->text = "unknown: the node did not confirm it; it may still "
			   "be mined";
	else if (j->is_node_mute)
		it->text = "pending: accepted by the node, which is silent "
			   "now; it may be mined already";
	else
		it->text = "pending: accepted, not mined in time; it may still "
			   "be mined";
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

		say_open(j, it);
		write_item(&w, r->surface->profile, it, i + 1);
	}
	jsonw_arr_end(&w);
	return api_close(r, &w);
}

gw_stage_fn *const api_send_raw_tx[] = {
    tx_decode_all,   /* body -> items with target and hash */
    tx_find_targets, /* which of the targets are executable contracts */
    tx_allow,        /* others only for plain transfers: have they code? */
    tx_plain,        /* those with code are refused, each by itself */
    tx_follow,       /* handed over in order, until the last receipt */
    tx_report,       /* one line per item */
    NULL,
};
