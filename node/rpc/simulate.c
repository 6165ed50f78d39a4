/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_call and eth_estimateGas: a call object becomes a struct exec_call and
 * runs on a state that is thrown away. The block is the one named; its
 * header's fields are what code would see, unless they are overridden.
 */
#include "base/check.h"
#include "eth/reason.h"
#include "rpc/simulate_priv.h"

/* take_header gets the header whose fields code would see, and its author. */
static enum rc
take_header(struct rpc_call *c, struct rpc_simulation *s, struct err *e)
{
	struct hash hash;
	struct rpc_at at;

	TRY(rpc_arg_at(&at, c, 1, e));
	if (at.kind == RPC_AT_PENDING) {
		TRY(rpc_pending_header(c, &s->header, e));
		s->author = rpc_author_of(c->node, &s->header, NULL);
		return RC_OK;
	}
	TRY(store_hash_of(s->view, &hash, s->link.number, e));
	TRY(store_header(s->view, &s->header, &hash, e));
	s->author = rpc_author_of(c->node, &s->header, &hash);
	return RC_OK;
}

/* block_hash knows the ancestors of the block that the state is of, however
 * the number of the block is overridden. */
static enum rc
block_hash(void *ctx, struct hash *out, uint64_t number)
{
	const struct rpc_simulation *s = ctx;

	if (number > s->link.number)
		return RC_NOT_FOUND;
	return store_hash_of(s->view, out, number, NULL);
}

static void
prepare(void *ctx, struct state *st)
{
	const struct rpc_simulation *s = ctx;

	rpc_overrides_apply(st, &s->overrides);
}

/* read_call reads argument 0. */
static enum rc
read_call(struct rpc_call *c, struct exec_call *out, struct err *e)
{
	struct err why = {.rc = RC_OK};
	struct rpc_callobj obj;
	enum rc rc = rpc_callobj_read(c, &obj, c->arg[0], &why);

	if (rc == RC_OK)
		rc = rpc_callobj_call(out, &obj, &why);
	if (rc == RC_UNSUPPORTED)
		return FAIL(e, rc, "%s", err_message(&why, rc));
	return rpc_arg_fail(0, rc, &why, e);
}

/* make_env makes what the block shows to code. */
static enum rc
make_env(struct rpc_call *c, struct rpc_simulation *s, struct err *e)
{
	const struct fork_plan *forks = &c->node->genesis->forks;
	struct rpc_block_override o;

	TRY(rpc_block_override_read(
	    c, &o, rpc_arg_has(c, 3) ? c->arg[3] : NULL, e));
	if (o.has_beacon_root || o.has_withdrawals)
		return FAIL(e, RC_UNSUPPORTED,
		    "beaconRoot and withdrawals change nothing in a call");
	rpc_block_override_apply(&s->header, &o);
	if (o.has_coinbase)
		s->author = o.coinbase;
	exec_env_of(&s->env, forks, &s->header, &s->author);
	if (o.has_blob_fee)
		s->env.block.blob_base_fee = o.blob_fee;
	/* Who pays nothing is not asked for a fee, and sees none. */
	if (!s->call.has_gas_price)
		s->env.block.base_fee = U256_ZERO;
	return RC_OK;
}

static enum rc
read_overrides(struct rpc_call *c, struct rpc_simulation *s, struct err *e)
{
	size_t slots_left = RPC_OVERRIDE_SLOT_MAX;

	TRY(rpc_overrides_read(c, &s->overrides, &slots_left,
	    rpc_arg_has(c, 2) ? c->arg[2] : NULL, e));
	return rpc_overrides_moves(c->a, &s->env.block, &s->overrides, e);
}

enum rc
rpc_simulation_open(struct rpc_call *c, struct rpc_simulation *s, struct err *e)
{
	CHECK(c->doc->vm != NULL); /* no call of this cost is short */
	TRY(read_call(c, &s->call, e));
	TRY(rpc_need_state(c, &s->link.number, 1, e));
	TRY(rpc_doc_view(c->doc, &s->view, e));
	TRY(take_header(c, s, e));
	s->link.view = s->view;
	s->source = chain_state_source(&s->link);
	TRY(make_env(c, s, e));
	TRY(read_overrides(c, s, e));
	s->env.vm = c->doc->vm;
	s->env.block_hash = block_hash;
	s->env.prepare = prepare;
	s->env.ctx = s;
	return RC_OK;
}

struct state *
rpc_simulation_state(struct rpc_call *c, const struct rpc_simulation *s)
{
	struct state *st = state_new(c->a, &s->source);

	if (st != NULL)
		rpc_overrides_apply(st, &s->overrides);
	return st;
}

enum rc
rpc_halt_fail(enum rc rc, struct bytes output, struct err *e)
{
	char room[REASON_PANIC_MAX];
	struct bytes reason;

	if (rc != RC_REVERT || !reason_read(&reason, room, output))
		return FAIL(e, rc, "%s", err_text(rc));
	return FAIL(e, rc, "%s: %.*s", err_text(rc),
	    reason.len < ERR_TEXT_MAX ? (int)reason.len : ERR_TEXT_MAX,
	    (const char *)reason.ptr);
}

/* fail answers a call that did not succeed; a revert brings its data. */
static enum rc
fail(struct rpc_call *c, enum rc rc, struct bytes output, struct err *e)
{
	if (rc == RC_REVERT)
		c->data = output;
	return rpc_halt_fail(rc, output, e);
}

enum rc
rpc_do_call(struct rpc_call *c, struct err *e)
{
	struct rpc_simulation s;
	struct exec_outcome out;
	struct state *st;

	TRY(rpc_simulation_open(c, &s, e));
	st = rpc_simulation_state(c, &s);
	if (st == NULL)
		return FAIL(e, RC_NO_MEMORY, "a state");
	TRY(exec_call_run(c->a, &out, st, &s.env, &s.call, e));
	if (out.rc != RC_OK)
		return fail(c, out.rc, out.output, e);
	jsonw_data(c->w, out.output);
	return RC_OK;
}

enum rc
rpc_gas_estimate(struct rpc_call *c, uint64_t *gas, struct err *e)
{
	struct rpc_simulation s;
	struct bytes output;
	uint64_t gas_max;
	enum rc rc;

	TRY(rpc_simulation_open(c, &s, e));
	gas_max = s.header.gas_limit;
	if (gas_max > s.call.gas)
		gas_max = s.call.gas;
	rc = exec_estimate(
	    c->a, gas, &output, &s.source, &s.env, &s.call, gas_max, e);
	if (rc == RC_REVERT)
		return fail(c, rc, output, e);
	return rc;
}

enum rc
rpc_do_estimate_gas(struct rpc_call *c, struct err *e)
{
	uint64_t gas;

	TRY(rpc_gas_estimate(c, &gas, e));
	jsonw_q64(c->w, gas);
	return RC_OK;
}
