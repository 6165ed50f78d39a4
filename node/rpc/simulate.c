/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_call and eth_estimateGas: a call object becomes a struct exec_call and
 * runs on a state that is thrown away. The block is the one named; its
 * header's fields are what code would see.
 */
#include "base/check.h"
#include "chain/chain.h"
#include "exec/call.h"
#include "rpc/rpc_priv.h"

/* struct simulation is one call with all that it runs on. */
struct simulation {
	const struct store_view *view;
	struct chain_link link;
	struct state_source source;
	struct header header;
	struct exec_env env;
	struct exec_call call;
};

/* field_fail puts the member's name before what is wrong with it. */
static enum rc
field_fail(const char *name, enum rc rc, const struct err *why, struct err *e)
{
	if (rc == RC_OK || rc == RC_NO_MEMORY)
		return rc;
	return FAIL(e, rc, "%s: %s", name, err_message(why, rc));
}

/* member returns a member that is there and not null. */
static const struct rpc_json *
member(const struct rpc_json *obj, const char *name)
{
	const struct rpc_json *v = rpc_json_get(obj, name);

	return v == NULL || v->kind == RPC_JSON_NULL ? NULL : v;
}

static enum rc
get_addr(struct addr *out, const struct rpc_json *obj, const char *name,
    struct err *e)
{
	const struct rpc_json *v = member(obj, name);
	struct err why = {.rc = RC_OK};

	if (v == NULL)
		return RC_OK;
	return field_fail(name, rpc_read_addr(out, v, &why), &why, e);
}

static enum rc
get_u256(struct u256 *out, const struct rpc_json *obj, const char *name,
    struct err *e)
{
	const struct rpc_json *v = member(obj, name);
	struct err why = {.rc = RC_OK};

	if (v == NULL)
		return RC_OK;
	return field_fail(name, rpc_read_u256(out, v, &why), &why, e);
}

/* get_gas reads the gas limit; more than the node's own bound is the bound. */
static enum rc
get_gas(uint64_t *out, const struct rpc_json *obj, struct err *e)
{
	const struct rpc_json *v = member(obj, "gas");
	struct err why = {.rc = RC_OK};

	if (v == NULL)
		return RC_OK;
	TRY(field_fail("gas", rpc_read_u64(out, v, &why), &why, e));
	if (*out > RPC_CALL_GAS_MAX)
		*out = RPC_CALL_GAS_MAX;
	return RC_OK;
}

/* get_data reads input, or its older name data. */
static enum rc
get_data(struct rpc_call *c, struct bytes *out, const struct rpc_json *obj,
    struct err *e)
{
	const struct rpc_json *input = member(obj, "input");
	const struct rpc_json *data = member(obj, "data");
	struct err why = {.rc = RC_OK};
	struct bytes other;

	if (input == NULL && data == NULL)
		return RC_OK;
	TRY(field_fail("input",
	    rpc_read_data(c->a, out, input != NULL ? input : data, &why), &why,
	    e));
	if (input == NULL || data == NULL)
		return RC_OK;
	TRY(field_fail(
	    "data", rpc_read_data(c->a, &other, data, &why), &why, e));
	if (!bytes_eq(*out, other))
		return FAIL(e, RC_BAD_INPUT,
		    "both \"data\" and \"input\" are set and not equal. Please "
		    "use \"input\" to pass transaction call data");
	return RC_OK;
}

/* get_price reads what is paid per gas: gasPrice, or the two of EIP-1559, of
 * which the fee is the bound. */
static enum rc
get_price(struct exec_call *out, const struct rpc_json *obj, struct err *e)
{
	bool has_old = member(obj, "gasPrice") != NULL;
	bool has_fee = member(obj, "maxFeePerGas") != NULL;
	bool has_tip = member(obj, "maxPriorityFeePerGas") != NULL;
	struct u256 tip = U256_ZERO;

	if (has_old && (has_fee || has_tip))
		return FAIL(e, RC_BAD_INPUT,
		    "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) "
		    "specified");
	out->has_gas_price = has_old || has_fee;
	TRY(get_u256(
	    &out->gas_price, obj, has_old ? "gasPrice" : "maxFeePerGas", e));
	TRY(get_u256(&tip, obj, "maxPriorityFeePerGas", e));
	if (has_fee && u256_lt(&out->gas_price, &tip))
		return FAIL(e, RC_BAD_INPUT,
		    "maxFeePerGas less than maxPriorityFeePerGas");
	/* A price of zero is no price: nothing is charged or checked. */
	if (u256_is_zero(&out->gas_price))
		out->has_gas_price = false;
	return RC_OK;
}

/* read_access_entry reads one entry of an access list. */
static enum rc
read_access_entry(struct rpc_call *c, struct tx_access *out,
    const struct rpc_json *v, struct err *e)
{
	const struct rpc_json *keys, *k;
	struct hash *list;
	size_t i = 0;

	if (v->kind != RPC_JSON_OBJECT)
		return FAIL(e, RC_BAD_INPUT, "accessList: not an object");
	TRY(rpc_read_addr(&out->addr, rpc_json_get(v, "address"), e));
	keys = member(v, "storageKeys");
	if (keys == NULL)
		return RC_OK;
	if (keys->kind != RPC_JSON_ARRAY)
		return FAIL(e, RC_BAD_INPUT, "storageKeys: not an array");
	list = arena_array(c->a, keys->cnt + 1, sizeof(*list));
	if (list == NULL)
		return FAIL(e, RC_NO_MEMORY, "storage keys");
	for (k = keys->first; k != NULL; k = k->next)
		TRY(rpc_read_hash(&list[i++], k, e));
	out->keys = list;
	out->key_cnt = keys->cnt;
	return RC_OK;
}

static enum rc
get_access(struct rpc_call *c, struct exec_call *out,
    const struct rpc_json *obj, struct err *e)
{
	const struct rpc_json *list = member(obj, "accessList"), *v;
	struct tx_access *entries;
	size_t i = 0;

	if (list == NULL)
		return RC_OK;
	if (list->kind != RPC_JSON_ARRAY)
		return FAIL(e, RC_BAD_INPUT, "accessList: not an array");
	entries = arena_array(c->a, list->cnt + 1, sizeof(*entries));
	if (entries == NULL)
		return FAIL(e, RC_NO_MEMORY, "an access list");
	for (v = list->first; v != NULL; v = v->next)
		TRY(read_access_entry(c, &entries[i++], v, e));
	out->access = entries;
	out->access_cnt = list->cnt;
	return RC_OK;
}

/* check_chain compares a chain id that the caller gives. */
static enum rc
check_chain(const struct rpc_call *c, const struct rpc_json *obj, struct err *e)
{
	uint64_t want = c->node->genesis->forks.chain_id;
	struct u256 id = u256_from_u64(want);

	TRY(get_u256(&id, obj, "chainId", e));
	if (!u256_is_u64(&id) || id.w[0] != want)
		return FAIL(e, RC_BAD_INPUT,
		    "chainId does not match node's (have=%llu, want=%llu)",
		    (unsigned long long)id.w[0], (unsigned long long)want);
	return RC_OK;
}

static enum rc
read_call(struct rpc_call *c, struct exec_call *out, struct err *e)
{
	const struct rpc_json *obj = c->arg[0];

	*out = (struct exec_call){.gas = RPC_CALL_GAS_MAX};
	if (obj->kind != RPC_JSON_OBJECT)
		return FAIL(e, RC_BAD_INPUT, "not an object");
	TRY(get_addr(&out->from, obj, "from", e));
	TRY(get_addr(&out->to, obj, "to", e));
	out->is_create = member(obj, "to") == NULL;
	TRY(get_gas(&out->gas, obj, e));
	TRY(get_u256(&out->value, obj, "value", e));
	TRY(get_data(c, &out->data, obj, e));
	TRY(get_price(out, obj, e));
	TRY(check_chain(c, obj, e));
	/* Blobs and authorizations would change the result. */
	if (member(obj, "authorizationList") != NULL ||
	    member(obj, "blobVersionedHashes") != NULL ||
	    member(obj, "blobs") != NULL)
		return FAIL(e, RC_UNSUPPORTED,
		    "blobs and authorizations are not supported");
	return get_access(c, out, obj, e);
}

/* no_overrides refuses what would silently be left out. */
static enum rc
no_overrides(const struct rpc_call *c, struct err *e)
{
	unsigned i;

	for (i = 2; i < RPC_ARG_MAX; i++) {
		if (rpc_arg_has(c, i) && c->arg[i]->cnt > 0)
			return FAIL(e, RC_UNSUPPORTED,
			    "state and block overrides are not supported");
	}
	return RC_OK;
}

/* take_header gets the header whose fields code would see. */
static enum rc
take_header(struct rpc_call *c, struct simulation *s, struct err *e)
{
	struct hash hash;
	struct rpc_at at;

	TRY(rpc_arg_at(&at, c, 1, e));
	if (at.kind == RPC_AT_PENDING)
		return rpc_pending_header(c, &s->header, e);
	TRY(store_hash_of(s->view, &hash, s->link.number, e));
	return store_header(s->view, &s->header, &hash, e);
}

static enum rc
block_hash(void *ctx, struct hash *out, uint64_t number)
{
	const struct simulation *s = ctx;

	return store_hash_of(s->view, out, number, NULL);
}

/* set_up reads the arguments and opens what the call runs on. */
static enum rc
set_up(struct rpc_call *c, struct simulation *s, struct err *e)
{
	struct err why = {.rc = RC_OK};
	struct addr author;
	enum rc rc = read_call(c, &s->call, &why);

	if (rc == RC_UNSUPPORTED)
		return FAIL(e, rc, "%s", err_message(&why, rc));
	TRY(rpc_arg_fail(0, rc, &why, e));
	TRY(no_overrides(c, e));
	TRY(rpc_need_state(c, &s->link.number, 1, e));
	TRY(rpc_doc_view(c->doc, &s->view, e));
	TRY(take_header(c, s, e));
	s->link.view = s->view;
	s->source = chain_state_source(&s->link);
	author = rpc_author_of(c->node, &s->header);
	exec_env_of(&s->env, &c->node->genesis->forks, &s->header, &author);
	s->env.block_hash = block_hash;
	s->env.ctx = s;
	return RC_OK;
}

/* fail answers a call that did not succeed: a revert with its data, other
 * halts with their names. */
static enum rc
fail(struct rpc_call *c, enum rc rc, struct bytes output, struct err *e)
{
	if (rc == RC_REVERT)
		c->data = output;
	return FAIL(e, rc, "%s", err_text(rc));
}

/* run runs the call on a fresh state; outputs that the caller keeps go to
 * its own arena. */
static enum rc
run(struct rpc_call *c, struct simulation *s, struct err *e)
{
	struct state *st = state_new(c->a, &s->source);
	struct exec_outcome out;

	if (st == NULL)
		return FAIL(e, RC_NO_MEMORY, "a state");
	TRY(exec_call_run(c->a, &out, st, &s->env, &s->call, e));
	if (out.rc != RC_OK)
		return fail(c, out.rc, out.output, e);
	jsonw_data(c->w, out.output);
	return RC_OK;
}

static enum rc
estimate(struct rpc_call *c, struct simulation *s, struct err *e)
{
	uint64_t gas, gas_max = s->header.gas_limit;
	struct bytes output;
	enum rc rc;

	if (gas_max > s->call.gas)
		gas_max = s->call.gas;
	rc = exec_estimate(
	    c->a, &gas, &output, &s->source, &s->env, &s->call, gas_max, e);
	if (rc == RC_REVERT)
		c->data = output;
	TRY(rc);
	jsonw_q64(c->w, gas);
	return RC_OK;
}

/* with_machine runs fn on the machine of the thread. */
static enum rc
with_machine(struct rpc_call *c,
    enum rc (*fn)(struct rpc_call *, struct simulation *, struct err *),
    struct err *e)
{
	struct simulation s;

	CHECK(c->doc->vm != NULL); /* no call of this cost is short */
	TRY(set_up(c, &s, e));
	s.env.vm = c->doc->vm;
	return fn(c, &s, e);
}

enum rc
rpc_do_call(struct rpc_call *c, struct err *e)
{
	return with_machine(c, run, e);
}

enum rc
rpc_do_estimate_gas(struct rpc_call *c, struct err *e)
{
	return with_machine(c, estimate, e);
}
