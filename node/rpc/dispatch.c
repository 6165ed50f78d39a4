/* SPDX-License-Identifier: Apache-2.0
 *
 * From a request's method to its handler, by the table methods.def: name,
 * who may call, how many arguments, how costly.
 */
#include <string.h>

#include "base/check.h"
#include "rpc/keys_priv.h"

/* In the order of what they take: those up to LOOK are short. */
enum cost { FREE, SEND, LOOK, KEY, READ, RUN, SCAN };
enum who { ANY, LOCAL };

struct method {
	const char *name;
	size_t name_len;
	rpc_handler *run;
	unsigned least, most;
	enum cost cost;
	enum who who;
};

static const struct method methods[] = {
#define METHOD(text, handler, least_, most_, cost_, who_)                      \
	{.name = (text),                                                       \
	    .name_len = sizeof(text) - 1,                                      \
	    .run = rpc_do_##handler,                                           \
	    .least = (least_),                                                 \
	    .most = (most_),                                                   \
	    .cost = (cost_),                                                   \
	    .who = (who_)},
#include "rpc/methods.def"
#undef METHOD
};

#define METHOD(text, handler, least, most, cost, who)                          \
	_Static_assert((least) <= (most) && (most) <= RPC_ARG_MAX, text);
#include "rpc/methods.def"
#undef METHOD

/* find returns the method of that exact name, NULL when there is none for
 * this caller: which operators' methods exist is none of the others'
 * business. */
static const struct method *
find(struct bytes name, enum rpc_source source)
{
	size_t i;

	for (i = 0; i < ARRAY_CNT(methods); i++) {
		const struct method *m = &methods[i];

		if (m->name_len != name.len ||
		    memcmp(m->name, name.ptr, name.len) != 0)
			continue;
		return m->who == LOCAL && source != RPC_LOCAL ? NULL : m;
	}
	return NULL;
}

/* is_of tells whether a name begins so. */
static bool
is_of(struct bytes name, const char *space)
{
	size_t len = strlen(space);

	return name.len >= len && memcmp(name.ptr, space, len) == 0;
}

/* refuse tells why there is no such method. The names of another engine's
 * are known, and tools ask them to see what a chain is sealed by. */
static enum rc
refuse(const struct rpc_call *c, struct bytes name, struct err *e)
{
	bool is_bft = is_of(name, "istanbul_") || is_of(name, "qbft_");
	const char *why =
	    is_bft && c->node->genesis->engine != GENESIS_QBFT
		? "is not enabled: this chain is not sealed by QBFT"
		: "does not exist/is not available";

	return FAIL(e, RC_NO_METHOD, "the method %.*s %s",
	    name.len > 64 ? 64 : (int)name.len, (const char *)name.ptr, why);
}

bool
rpc_call_is_short(const struct rpc_json *request, enum rpc_source source)
{
	const struct rpc_json *name = rpc_json_get(request, "method");
	const struct method *m;

	if (name == NULL || name->kind != RPC_JSON_STRING)
		return true;
	m = find(name->str, source);
	return m == NULL || m->cost <= LOOK;
}

/* weight_of weighs one value of a document. */
static enum rpc_weight
weight_of(const struct rpc_json *request, enum rpc_source source)
{
	const struct rpc_json *name = request->kind == RPC_JSON_OBJECT
					  ? rpc_json_get(request, "method")
					  : NULL;
	const struct method *m = NULL;

	if (name != NULL && name->kind == RPC_JSON_STRING)
		m = find(name->str, source);
	if (m == NULL || m->cost < RUN)
		return RPC_LIGHT;
	return m->cost == RUN ? RPC_UNSURE : RPC_HEAVY;
}

enum rpc_weight
rpc_weigh(const struct rpc_doc *d)
{
	const struct rpc_json *v;

	if (d->root == NULL)
		return RPC_LIGHT;
	if (d->root->kind != RPC_JSON_ARRAY)
		return weight_of(d->root, d->source);
	/* What a batch has begun may not be begun twice. */
	for (v = d->root->first; v != NULL; v = v->next)
		if (weight_of(v, d->source) != RPC_LIGHT)
			return RPC_HEAVY;
	return RPC_LIGHT;
}

/* set_args checks the params member and lays the arguments out. */
static enum rc
set_args(struct rpc_call *c, const struct method *m,
    const struct rpc_json *params, struct err *e)
{
	const struct rpc_json *v = NULL;
	unsigned i;

	if (params != NULL && params->kind == RPC_JSON_ARRAY) {
		if (params->cnt > m->most)
			return FAIL(e, RC_BAD_INPUT,
			    "too many arguments, want at most %u", m->most);
		v = params->first;
	} else if (params != NULL && params->kind != RPC_JSON_NULL) {
		return FAIL(e, RC_BAD_INPUT, "non-array args");
	}
	for (i = 0; v != NULL; v = v->next)
		c->arg[i++] = v;
	for (i = 0; i < m->least; i++) {
		if (!rpc_arg_has(c, i))
			return FAIL(e, RC_BAD_INPUT,
			    "missing value for required argument %u", i);
	}
	return RC_OK;
}

static enum rc
check_cost(struct rpc_doc *d, const struct method *m, struct err *e)
{
	if (m->cost == KEY && d->key_cnt++ >= RPC_KEY_MAX)
		return FAIL(e, RC_TOO_LARGE,
		    "limit exceeded: more than %d calls with a password in a "
		    "batch",
		    (int)RPC_KEY_MAX);
	if (m->cost != SCAN || d->scans++ < RPC_SCAN_MAX)
		return RC_OK;
	return FAIL(e, RC_TOO_LARGE,
	    "limit exceeded: more than %d costly calls in a batch",
	    (int)RPC_SCAN_MAX);
}

/* check_wanted is for what only reads: the rest is done though nobody waits. */
static enum rc
check_wanted(struct rpc_doc *d, const struct method *m, struct err *e)
{
	if (m->cost < READ)
		return RC_OK;
	rpc_doc_begin_call(d, RPC_CALL_MS);
	return rpc_doc_check(d, e);
}

static enum rc
run(struct rpc_call *c, const struct rpc_json *request, struct err *e)
{
	struct bytes name = rpc_json_get(request, "method")->str;
	const struct method *m = find(name, c->doc->source);

	if (m == NULL)
		return refuse(c, name, e);
	c->doc->has_secret |= m->cost == KEY;
	TRY(set_args(c, m, rpc_json_get(request, "params"), e));
	TRY(check_cost(c->doc, m, e));
	TRY(check_wanted(c->doc, m, e));
	return m->run(c, e);
}

/* is_waiting tells whether the result is still to come. */
static bool
is_waiting(const struct rpc_item *it)
{
	return it->pool_work != RPC_POOL_NONE || it->key != NULL ||
	       it->core_work != RPC_CORE_NONE || it->sub_work != RPC_SUBS_NONE;
}

void
rpc_call_run(
    struct rpc_doc *d, struct rpc_item *it, const struct rpc_json *request)
{
	struct arena_mark mark = arena_save(&d->scratch);
	struct err e = {.rc = RC_OK};
	struct rpc_call c = {
	    .doc = d,
	    .node = d->node,
	    .item = it,
	    .a = &d->scratch,
	    .w = &d->w,
	};
	enum rc rc;

	jsonw_reset(&d->w);
	d->w.max = rpc_room(d);
	rc = run(&c, request, &e);
	if (rc != RC_OK) {
		rpc_key_wipe(it);
		it->key = NULL;
		rpc_item_fail(d, it, rc, &e, c.data);
	} else if (!is_waiting(it))
		rpc_item_result(d, it, &d->w);
	arena_rewind(&d->scratch, mark);
}

/* is_new tells whether no method before i has its name space. */
static bool
is_new(size_t i, size_t len, enum rpc_source source)
{
	size_t k;

	if (methods[i].who == LOCAL && source != RPC_LOCAL)
		return false;
	for (k = 0; k < i; k++) {
		if (strncmp(methods[k].name, methods[i].name, len + 1) == 0 &&
		    (methods[k].who == ANY || source == RPC_LOCAL))
			return false;
	}
	return true;
}

void
rpc_module_list(struct jsonw *w, enum rpc_source source)
{
	char name[32];
	size_t i, len;

	jsonw_obj(w);
	for (i = 0; i < ARRAY_CNT(methods); i++) {
		len = strcspn(methods[i].name, "_");
		if (!is_new(i, len, source) || len >= sizeof(name))
			continue;
		memcpy(name, methods[i].name, len);
		name[len] = '\0';
		jsonw_key(w, name);
		jsonw_str(w, "1.0");
	}
	jsonw_obj_end(w);
}
