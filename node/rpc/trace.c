/* SPDX-License-Identifier: Apache-2.0
 *
 * debug_traceTransaction, debug_traceBlockByNumber, debug_traceBlockByHash:
 * a block executed anew with a tracer on the machine, for one of its
 * transactions or for each; and debug_traceCall.
 *
 * A trace can be far larger than what it is of. It ends with an error when
 * its answer is full or its time is up, and the run ends with it.
 */
#include <stdio.h>

#include "base/hex.h"
#include "rpc/replay_priv.h"
#include "rpc/simulate_priv.h"
#include "rpc/trace_priv.h"

/* struct trace is a tracer on the call's clock. It stays where it was
 * opened. */
struct trace {
	struct rpc_trace_conf conf;
	struct tracer *tracer;
	struct rpc_doc *doc;
};

static bool
is_over(void *ctx)
{
	const struct trace *t = ctx;

	return rpc_doc_check(t->doc, NULL) != RC_OK;
}

/* start makes the tracer that t->conf says and starts the clock. */
static enum rc
start(const struct rpc_call *c, struct trace *t, struct err *e)
{
	t->doc = c->doc;
	rpc_doc_begin_call(c->doc, t->conf.timeout_ms);
	t->tracer = tracer_new(&t->conf.form, is_over, t);
	if (t->tracer == NULL)
		return FAIL(e, RC_NO_MEMORY, "a tracer");
	return RC_OK;
}

/* open_trace starts the trace that argument i asks for. */
static enum rc
open_trace(struct rpc_call *c, struct trace *t, unsigned i, struct err *e)
{
	struct err why = {.rc = RC_OK};
	enum rc rc = rpc_trace_read(&t->conf, c->arg[i], &why);

	if (rc == RC_UNSUPPORTED)
		return FAIL(e, rc, "%s", err_message(&why, rc));
	TRY(rpc_arg_fail(i, rc, &why, e));
	return start(c, t, e);
}

static void
close_trace(struct trace *t)
{
	tracer_free(t->tracer);
}

/* trace_next runs the next transaction and writes what it did. */
static enum rc
trace_next(struct rpc_call *c, const struct trace *t, struct rpc_replay *r,
    struct err *e)
{
	TRY(rpc_doc_check(t->doc, e));
	TRY(rpc_replay_next(r, e));
	return rpc_replay_run(r, t->tracer, c->w, e);
}

static enum rc
trace_at(struct rpc_call *c, const struct trace *t, const struct rpc_block *b,
    uint64_t index, struct err *e)
{
	struct rpc_replay r;

	TRY(rpc_replay_open(c, &r, b, e));
	TRY(rpc_replay_to(&r, index, e));
	return trace_next(c, t, &r, e);
}

static enum rc
trace_all(struct rpc_call *c, const struct trace *t, const struct rpc_block *b,
    struct err *e)
{
	struct rpc_replay r;

	TRY(rpc_replay_open(c, &r, b, e));
	jsonw_arr(c->w);
	while (r.index < r.body.tx_cnt) {
		struct bytes rest = r.rest;
		struct hash hash;

		TRY(rpc_tx_hash_next(&hash, &rest, e));
		jsonw_obj(c->w);
		jsonw_key(c->w, "txHash");
		jsonw_data(c->w, hash_bytes(&hash));
		jsonw_key(c->w, "result");
		TRY(trace_next(c, t, &r, e));
		jsonw_obj_end(c->w);
	}
	jsonw_arr_end(c->w);
	return RC_OK;
}

/* open_mined is open_trace for what was mined: it runs as it ran. */
static enum rc
open_mined(struct rpc_call *c, struct trace *t, struct err *e)
{
	TRY(open_trace(c, t, 1, e));
	if (t->conf.state_overrides == NULL && t->conf.block_overrides == NULL)
		return RC_OK;
	close_trace(t);
	return FAIL(e, RC_UNSUPPORTED,
	    "state and block overrides are for debug_traceCall");
}

/* find_tx finds a mined transaction. */
static enum rc
find_tx(struct rpc_call *c, struct rpc_block *b, uint64_t *index,
    const struct hash *hash, struct err *e)
{
	const struct store_view *v;
	struct err why = {.rc = RC_OK};
	enum rc rc;

	TRY(rpc_doc_view(c->doc, &v, e));
	*b = (struct rpc_block){.is_canonical = true};
	rc = store_tx_at(v, &b->number, index, hash, &why);
	if (rc == RC_NOT_FOUND)
		return FAIL(e, rc, "transaction not found");
	if (rc != RC_OK)
		return FAIL(e, rc, "%s", err_message(&why, rc));
	return store_hash_of(v, &b->hash, b->number, e);
}

/* trace_tx traces a mined transaction, and ends the trace. */
static enum rc
trace_tx(
    struct rpc_call *c, struct trace *t, const struct hash *hash, struct err *e)
{
	struct rpc_block b;
	uint64_t index;
	enum rc rc = find_tx(c, &b, &index, hash, e);

	if (rc == RC_OK)
		rc = trace_at(c, t, &b, index, e);
	close_trace(t);
	return rc;
}

enum rc
rpc_do_trace_tx(struct rpc_call *c, struct err *e)
{
	struct trace t;
	struct hash hash;

	TRY(rpc_arg_hash(&hash, c, 0, e));
	TRY(open_mined(c, &t, e));
	return trace_tx(c, &t, &hash, e);
}

enum rc
rpc_trace_as(struct rpc_call *c, enum tracer_form as, struct err *e)
{
	struct trace t = {.conf.timeout_ms = RPC_TRACE_MS};
	struct hash hash;

	t.conf.form.form = as;
	TRY(rpc_arg_hash(&hash, c, 0, e));
	TRY(start(c, &t, e));
	return trace_tx(c, &t, &hash, e);
}

/* trace_block traces the block that at names; name is how an error calls
 * it. */
static enum rc
trace_block(struct rpc_call *c, const struct rpc_at *at, const char *name,
    struct err *e)
{
	struct rpc_block b;
	struct trace t;
	bool found;
	enum rc rc;

	TRY(open_mined(c, &t, e));
	rc = rpc_find_block(c, &b, &found, at, e);
	if (rc == RC_OK && (!found || b.is_pending))
		rc = FAIL(e, RC_NOT_FOUND, "block %s not found", name);
	if (rc == RC_OK)
		rc = trace_all(c, &t, &b, e);
	close_trace(&t);
	return rc;
}

enum rc
rpc_do_trace_block_by_number(struct rpc_call *c, struct err *e)
{
	struct rpc_at at;
	char name[32];

	TRY(rpc_arg_tag(&at, c, 0, e));
	(void)snprintf(
	    name, sizeof(name), "#%llu", (unsigned long long)at.number);
	return trace_block(
	    c, &at, at.kind == RPC_AT_PENDING ? "pending" : name, e);
}

enum rc
rpc_do_trace_block_by_hash(struct rpc_call *c, struct err *e)
{
	struct rpc_at at = {.kind = RPC_AT_HASH};
	char name[2 * sizeof(at.hash.b) + 3];

	TRY(rpc_arg_hash(&at.hash, c, 0, e));
	return trace_block(c, &at, hex_put0x(name, hash_bytes(&at.hash)), e);
}

/* trace_call runs a call on its state, or on the state between two
 * transactions of its block. */
static enum rc
trace_call(struct rpc_call *c, const struct trace *t, struct rpc_simulation *s,
    struct err *e)
{
	struct state *st = rpc_simulation_state(c, s);

	if (st == NULL)
		return FAIL(e, RC_NO_MEMORY, "a state");
	return tracer_run_call(t->tracer, c->w, c->a, st, &s->env, &s->call, e);
}

static enum rc
trace_call_inside(struct rpc_call *c, const struct trace *t,
    struct rpc_simulation *s, struct err *e)
{
	struct rpc_replay r;
	struct rpc_block b;
	struct rpc_at at;

	TRY(rpc_arg_at(&at, c, 1, e));
	TRY(rpc_need_block(c, &b, &at, e));
	if (b.is_pending)
		return FAIL(
		    e, RC_NOT_FOUND, "no transactions are pending by index");
	TRY(rpc_replay_open(c, &r, &b, e));
	TRY(rpc_replay_to(&r, t->conf.tx_index, e));
	rpc_overrides_apply(r.st, &s->overrides);
	return tracer_run_call(
	    t->tracer, c->w, c->a, r.st, &s->env, &s->call, e);
}

enum rc
rpc_do_trace_call(struct rpc_call *c, struct err *e)
{
	struct rpc_simulation s;
	struct trace t;
	enum rc rc;

	TRY(open_trace(c, &t, 2, e));
	/* From here on the arguments are those of eth_call. */
	c->arg[2] = t.conf.state_overrides;
	c->arg[3] = t.conf.block_overrides;
	rc = rpc_simulation_open(c, &s, e);
	if (rc == RC_OK && t.conf.has_tx_index)
		rc = trace_call_inside(c, &t, &s, e);
	else if (rc == RC_OK)
		rc = trace_call(c, &t, &s, e);
	close_trace(&t);
	return rc;
}
