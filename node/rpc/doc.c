/* SPDX-License-Identifier: Apache-2.0
 *
 * One document from text to answer: JSON-RPC 2.0's rules for requests,
 * batches, ids and notifications. What a method does is not known here.
 *
 * An id goes back as the bytes that came. What is no request gets an answer
 * with its id where it has a proper one, and null otherwise, as go-ethereum
 * does it.
 */
#include <stdatomic.h>

#include "base/check.h"
#include "base/log.h"
#include "base/metrics.h"
#include "evm/evm.h"
#include "rpc/keys_priv.h"
#include "rpc/subs_priv.h"

/* Smallest buffer of a result, so that an error always fits. */
enum { BODY_MIN = 1024 };

#define ID_NULL "null"

size_t
rpc_room(const struct rpc_doc *d)
{
	size_t max =
	    d->source == RPC_GATEWAY ? RPC_ANSWER_GATEWAY_MAX : RPC_ANSWER_MAX;

	return d->bytes < max ? max - d->bytes : 0;
}

enum rc
rpc_doc_view(struct rpc_doc *d, const struct store_view **out, struct err *e)
{
	if (d->view == NULL)
		TRY(store_view_open(&d->view, d->node->store, e));
	*out = d->view;
	return RC_OK;
}

static uint64_t
now_ms(const struct rpc_doc *d)
{
	return d->node->clock->mono_ms(d->node->clock->ctx);
}

static bool
is_unwanted(const struct rpc_doc *d)
{
	return d->unwanted != NULL &&
	       atomic_load_explicit(d->unwanted, memory_order_relaxed);
}

/* is_over also tells the machine. */
static bool
is_over(void *doc)
{
	const struct rpc_doc *d = doc;

	return is_unwanted(d) || now_ms(d) >= d->until_ms;
}

/* is_run_over is is_over for the machine, which may have a limit. */
static bool
is_run_over(void *doc)
{
	struct rpc_doc *d = doc;

	if (d->looks_left > 0 && --d->looks_left == 0)
		d->is_cut = true;
	return d->is_cut || is_over(d);
}

void
rpc_limit(struct rpc_doc *d, unsigned looks)
{
	d->looks_left = looks;
}

bool
rpc_is_cut(const struct rpc_doc *d)
{
	return d->is_cut;
}

void
rpc_doc_begin_call(struct rpc_doc *d, uint64_t ms)
{
	d->until_ms = now_ms(d) + ms;
}

enum rc
rpc_doc_check(struct rpc_doc *d, struct err *e)
{
	if (is_over(d))
		return FAIL(e, RC_TIMEOUT, "execution timeout");
	return RC_OK;
}

/* close_view ends the reader's turn on the database. */
static void
close_view(struct rpc_doc *d)
{
	if (d->view != NULL)
		store_view_close(d->view);
	d->view = NULL;
}

/* keep_body keeps what w has: the result of an only call where it stands,
 * all else as a copy. */
static bool
keep_body(struct rpc_doc *d, struct rpc_item *it, const struct jsonw *w)
{
	struct bytes body = jsonw_bytes(w);

	if (!jsonw_done(w))
		return false;
	if (w == &d->w && !d->is_batch)
		d->keeps_w = true;
	else
		body = arena_copy(&d->keep, body);
	if (body.ptr == NULL)
		return false;
	it->body = body;
	d->bytes += body.len;
	return true;
}

/* is_private tells errors whose text is for the log, not for a client. */
static bool
is_private(enum rc rc)
{
	return err_rpc_code(rc) == -32603;
}

int
rpc_log_len(const struct rpc_item *it)
{
	return it->id.len < RPC_LOG_ID_MAX ? (int)it->id.len : RPC_LOG_ID_MAX;
}

void
rpc_item_fail(struct rpc_doc *d, struct rpc_item *it, enum rc rc,
    const struct err *why, struct bytes data)
{
	const char *text = err_message(why, rc);
	struct jsonw w;

	if (is_private(rc)) {
		log_error("rpc", "call failed req=%.*s error=\"%s\"",
		    rpc_log_len(it), (const char *)it->id.ptr, text);
		text = err_text(rc);
	} else {
		log_debug("rpc", "call refused req=%.*s error=\"%s\"",
		    rpc_log_len(it), (const char *)it->id.ptr, text);
	}
	jsonw_init(&w, BODY_MIN + 2 * data.len);
	jsonw_obj(&w);
	jsonw_key(&w, "code");
	jsonw_i64(&w, err_rpc_code(rc));
	jsonw_key(&w, "message");
	jsonw_str(&w, text);
	if (data.len > 0) {
		jsonw_key(&w, "data");
		jsonw_data(&w, data);
	}
	jsonw_obj_end(&w);
	it->is_error = true;
	if (!keep_body(d, it, &w))
		it->body = bytes_of_str(
		    "{\"code\":-32603,\"message\":\"out of memory\"}");
	jsonw_free(&w);
}

void
rpc_item_result(struct rpc_doc *d, struct rpc_item *it, const struct jsonw *w)
{
	struct err e;

	/* Nobody waits for the result of a notification. */
	if (it->id.len == 0 || keep_body(d, it, w))
		return;
	(void)FAIL(
	    &e, RC_ANSWER_TOO_LARGE, "%s", err_text(RC_ANSWER_TOO_LARGE));
	rpc_item_fail(d, it, RC_ANSWER_TOO_LARGE, &e, bytes_of(NULL, 0));
}

/* fail_with is rpc_item_fail with a fixed text. */
static void
fail_with(struct rpc_doc *d, struct rpc_item *it, enum rc rc, const char *text)
{
	struct err e;

	(void)FAIL(&e, rc, "%s", text);
	rpc_item_fail(d, it, rc, &e, bytes_of(NULL, 0));
}

/* set_id copies the id out of the question. Without memory for it the answer
 * is an error with the id null. */
static void
set_id(struct rpc_doc *d, struct rpc_item *it, const struct rpc_json *id)
{
	it->id = bytes_of(NULL, 0);
	if (id == NULL)
		return;
	it->id = arena_copy(&d->keep, id->raw);
	if (it->id.ptr == NULL)
		it->id = bytes_of_str(ID_NULL);
}

static bool
is_proper_id(const struct rpc_json *id)
{
	return id != NULL && id->kind != RPC_JSON_ARRAY &&
	       id->kind != RPC_JSON_OBJECT;
}

static bool
is_str(const struct rpc_json *v, const char *want)
{
	return v != NULL && v->kind == RPC_JSON_STRING &&
	       (want == NULL || bytes_eq(v->str, bytes_of_str(want)));
}

/*
 * is_request judges the envelope: version, method, id. Whatever its id is,
 * *id becomes the one to answer with; NULL for a notification.
 */
static bool
is_request(const struct rpc_json *v, const struct rpc_json **id)
{
	bool is_sound, has_bad_id;

	*id = NULL;
	if (v->kind != RPC_JSON_OBJECT)
		return false;
	is_sound = is_str(rpc_json_get(v, "jsonrpc"), "2.0") &&
		   is_str(rpc_json_get(v, "method"), NULL);
	*id = rpc_json_get(v, "id");
	has_bad_id = *id != NULL && !is_proper_id(*id);
	if (has_bad_id)
		*id = NULL;
	return is_sound && !has_bad_id;
}

/* run_one answers one value of the document. */
static void
run_one(struct rpc_doc *d, struct rpc_item *it, const struct rpc_json *v)
{
	const struct rpc_json *id;
	bool is_sound = is_request(v, &id);

	set_id(d, it, id);
	if (is_sound) {
		rpc_call_run(d, it, v);
		return;
	}
	if (it->id.len == 0)
		it->id = bytes_of_str(ID_NULL);
	fail_with(d, it, RC_BAD_REQUEST, "invalid request");
}

/* new_items makes room for cnt calls. */
static bool
new_items(struct rpc_doc *d, size_t cnt)
{
	d->items = arena_array(&d->keep, cnt, sizeof(*d->items));
	d->cnt = d->items == NULL ? 0 : cnt;
	return d->items != NULL;
}

/* refuse makes the whole answer one error. */
static void
refuse(struct rpc_doc *d, enum rc rc, const struct err *why,
    const struct rpc_json *id)
{
	if (!new_items(d, 1))
		return;
	d->items->id = bytes_of_str(ID_NULL);
	if (is_proper_id(id))
		set_id(d, d->items, id);
	rpc_item_fail(d, d->items, rc, why, bytes_of(NULL, 0));
}

/* first_id returns the id of the first call of a batch: go-ethereum answers
 * with it when it refuses the whole. */
static const struct rpc_json *
first_id(const struct rpc_json *batch)
{
	const struct rpc_json *v, *id;

	for (v = batch->first; v != NULL; v = v->next) {
		if (is_request(v, &id) && id != NULL)
			return id;
	}
	return NULL;
}

static void
run_batch(struct rpc_doc *d, const struct rpc_json *batch)
{
	const struct rpc_json *v;
	struct err e;
	size_t i = 0;

	if (batch->cnt == 0) {
		(void)FAIL(&e, RC_BAD_REQUEST, "empty batch");
		refuse(d, RC_BAD_REQUEST, &e, NULL);
		return;
	}
	d->is_batch = true;
	if (batch->cnt > d->node->batch_max[d->source]) {
		(void)FAIL(&e, RC_BAD_REQUEST, "batch too large");
		refuse(d, RC_BAD_REQUEST, &e, first_id(batch));
		return;
	}
	if (!new_items(d, batch->cnt))
		return;
	for (v = batch->first; v != NULL; v = v->next)
		run_one(d, &d->items[i++], v);
}

static void
read_text(struct rpc_doc *d, struct bytes text)
{
	struct err e = {.rc = RC_OK};
	enum rc rc = RC_OK;

	if (text.len > RPC_DOC_MAX)
		rc = FAIL(&e, RC_TOO_LARGE, "request too large");
	if (rc == RC_OK)
		rc = rpc_json_read(&d->scratch, &d->root, text, &e);
	if (rc == RC_OK)
		return;
	d->root = NULL;
	refuse(d, rc, &e, NULL);
}

struct rpc_doc *
rpc_open(const struct rpc_node *n, enum rpc_source source, struct bytes text)
{
	struct rpc_doc *d = mem_new(sizeof(*d));

	if (d == NULL)
		return NULL;
	d->node = n;
	d->source = source;
	arena_init(&d->keep, RPC_KEEP_MAX);
	arena_init(&d->scratch, RPC_SCRATCH_MAX);
	jsonw_init(&d->w, RPC_ANSWER_MAX);
	read_text(d, text);
	if (d->root != NULL || d->cnt > 0)
		return d;
	rpc_free(d);
	return NULL;
}

bool
rpc_is_short(const struct rpc_doc *d)
{
	return d->root == NULL || (d->root->kind != RPC_JSON_ARRAY &&
				      rpc_call_is_short(d->root, d->source));
}

bool
rpc_run(struct rpc_doc *d, struct evm *vm, const _Atomic(bool) *unwanted)
{
	const struct rpc_json *root = d->root;

	d->vm = vm;
	d->unwanted = unwanted;
	if (vm != NULL)
		evm_watch(vm, is_run_over, d);
	if (root != NULL && root->kind == RPC_JSON_ARRAY)
		run_batch(d, root);
	else if (root != NULL && new_items(d, 1))
		run_one(d, d->items, root);
	if (vm != NULL)
		evm_watch(vm, NULL, NULL);
	d->root = NULL;
	d->vm = NULL;
	d->unwanted = NULL;
	close_view(d);
	if (!d->keeps_w)
		jsonw_free(&d->w);
	if (d->has_secret)
		arena_wipe(&d->scratch);
	arena_drop(&d->scratch);
	return d->cnt > 0;
}

struct rpc_doc *
rpc_begin(const struct rpc_node *n, struct evm *vm, enum rpc_source source,
    struct bytes text)
{
	struct rpc_doc *d = rpc_open(n, source, text);

	if (d == NULL || rpc_run(d, vm, NULL))
		return d;
	rpc_free(d);
	return NULL;
}

/* Room that one call takes around its id and body. */
#define HEAD        "{\"jsonrpc\":\"2.0\",\"id\":"
#define HEAD_RESULT ",\"result\":"
#define HEAD_ERROR  ",\"error\":"

static size_t
answer_size(const struct rpc_doc *d)
{
	size_t i, sum = 3; /* brackets and line feed */

	for (i = 0; i < d->cnt; i++)
		sum += sizeof(HEAD HEAD_RESULT) + 2 + d->items[i].id.len +
		       d->items[i].body.len;
	return sum;
}

static void
put(struct buf *b, struct bytes in)
{
	CHECK(buf_put(b, in.ptr, in.len));
}

static void
put_answer(struct buf *b, const struct rpc_item *it)
{
	put(b, bytes_of_str(HEAD));
	put(b, it->id);
	put(b, bytes_of_str(it->is_error ? HEAD_ERROR : HEAD_RESULT));
	put(b, it->body);
	put(b, bytes_of_str("}"));
}

struct bytes
rpc_finish(struct rpc_doc *d)
{
	struct buf b;
	size_t i, owed = 0;

	for (i = 0; i < d->cnt; i++) {
		rpc_work_finish(d, &d->items[i]);
		metric_add(METRIC_RPC_REQUESTS, 1);
		if (d->items[i].is_error)
			metric_add(METRIC_RPC_ERRORS, 1);
	}
	close_view(d);
	b = buf_of(NULL, answer_size(d));
	b.ptr = arena_alloc(&d->keep, b.cap);
	if (b.ptr == NULL)
		return bytes_of_str(HEAD ID_NULL HEAD_ERROR
		    "{\"code\":-32603,\"message\":\"out of memory\"}}\n");
	for (i = 0; i < d->cnt; i++) {
		if (d->items[i].id.len == 0)
			continue;
		if (d->is_batch)
			put(&b, bytes_of_str(owed == 0 ? "[" : ","));
		put_answer(&b, &d->items[i]);
		owed++;
	}
	if (owed == 0)
		return bytes_of(NULL, 0);
	put(&b, bytes_of_str(d->is_batch ? "]\n" : "\n"));
	return bytes_of_buf(&b);
}

void
rpc_free(struct rpc_doc *d)
{
	size_t i;

	if (d == NULL)
		return;
	for (i = 0; i < d->cnt; i++) {
		rpc_key_wipe(&d->items[i]);
		pool_tx_put(d->items[i].tx);
		rpc_pool_list_drop(&d->items[i]);
		rpc_sub_free(d->items[i].sub);
	}
	close_view(d);
	jsonw_free(&d->w);
	arena_drop(&d->scratch);
	arena_drop(&d->keep);
	mem_free(d);
}
