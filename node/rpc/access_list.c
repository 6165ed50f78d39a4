/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_createAccessList: a call runs, and what it touched becomes an access
 * list (EIP-2930); with the list gas changes and with gas what is touched may
 * change, so it runs again until nothing is new.
 */
#include "base/map.h"
#include "eth/addr.h"
#include "evm/trace.h"
#include "rpc/simulate_priv.h"

/*
 * Entries of one list: a call of RPC_CALL_GAS_MAX cannot pay for more. Runs
 * until the list must have settled: each adds something, and no client waits
 * for more.
 */
enum { ENTRY_MAX = RPC_CALL_GAS_MAX / 1900, RUN_MAX = 16 };

enum {
	OP_BALANCE = 0x31,
	OP_EXTCODESIZE = 0x3b,
	OP_EXTCODECOPY = 0x3c,
	OP_EXTCODEHASH = 0x3f,
	OP_SLOAD = 0x54,
	OP_SSTORE = 0x55,
	OP_CALL = 0xf1,
	OP_CALLCODE = 0xf2,
	OP_DELEGATECALL = 0xf4,
	OP_STATICCALL = 0xfa,
	OP_SELFDESTRUCT = 0xff
};

/* struct touched is an account of the list. */
struct touched {
	struct addr addr;
	struct hash *keys;
	size_t key_cnt, key_cap;
};

/* A slot as a key of the set of those that are known. */
struct place {
	struct addr addr;
	struct hash key;
};

struct listing {
	struct arena *a;
	struct map by_addr, by_place; /* to struct touched, to anything */
	struct touched **v;           /* in the order in which they came */
	size_t cnt, cap;
	struct addr from, to;
	enum fork fork;
	bool is_full; /* a bound or the memory is reached */
};

static bool
grow(struct listing *l)
{
	size_t cap = l->cap == 0 ? 16 : 2 * l->cap;
	struct touched **v = arena_array(l->a, cap, sizeof(struct touched *));

	if (v == NULL)
		return false;
	if (l->cnt > 0)
		memcpy(v, l->v, l->cnt * sizeof(struct touched *));
	l->v = v;
	l->cap = cap;
	return true;
}

/* account returns the place of an account in the list, NULL when it is
 * full. */
static struct touched *
account(struct listing *l, const struct addr *addr)
{
	struct touched *t = map_get(&l->by_addr, addr->b);

	if (t != NULL)
		return t;
	t = arena_alloc(l->a, sizeof(*t));
	if (t == NULL || (l->cnt == l->cap && !grow(l)) ||
	    !map_put(&l->by_addr, addr->b, t)) {
		l->is_full = true;
		return NULL;
	}
	*t = (struct touched){.addr = *addr};
	l->v[l->cnt++] = t;
	return t;
}

static bool
grow_keys(struct listing *l, struct touched *t)
{
	size_t cap = t->key_cap == 0 ? 8 : 2 * t->key_cap;
	struct hash *keys = arena_array(l->a, cap, sizeof(*keys));

	if (keys == NULL)
		return false;
	if (t->key_cnt > 0)
		memcpy(keys, t->keys, t->key_cnt * sizeof(*keys));
	t->keys = keys;
	t->key_cap = cap;
	return true;
}

static void
add_slot(struct listing *l, const struct addr *addr, const struct hash *key)
{
	struct place place = {.addr = *addr, .key = *key};
	struct touched *t;

	if (map_get(&l->by_place, &place) != NULL)
		return;
	t = account(l, addr);
	if (t == NULL)
		return;
	if ((t->key_cnt == t->key_cap && !grow_keys(l, t)) ||
	    !map_put(&l->by_place, &place, t)) {
		l->is_full = true;
		return;
	}
	t->keys[t->key_cnt++] = *key;
}

/* add_account adds an account, unless it is warm anyway. */
static void
add_account(struct listing *l, const struct u256 *word)
{
	uint8_t be[32];
	struct addr addr;

	u256_to_be(be, word);
	memcpy(addr.b, be + sizeof(be) - sizeof(addr.b), sizeof(addr.b));
	if (!addr_eq(&addr, &l->from) && !addr_eq(&addr, &l->to) &&
	    !evm_is_precompile(&addr, l->fork))
		(void)account(l, &addr);
}

static void
on_step(void *ctx, const struct evm_step *s)
{
	const struct u256 *top = s->stack + s->stack_cnt - 1;
	struct listing *l = ctx;
	struct hash key;

	switch (s->op) {
	case OP_SLOAD:
	case OP_SSTORE:
		if (s->stack_cnt < 1)
			return;
		u256_to_be(key.b, top);
		add_slot(l, &s->msg->to, &key);
		return;
	case OP_BALANCE:
	case OP_EXTCODESIZE:
	case OP_EXTCODECOPY:
	case OP_EXTCODEHASH:
	case OP_SELFDESTRUCT:
		if (s->stack_cnt >= 1)
			add_account(l, top);
		return;
	case OP_CALL:
	case OP_CALLCODE:
	case OP_DELEGATECALL:
	case OP_STATICCALL:
		if (s->stack_cnt >= 2)
			add_account(l, top - 1);
		return;
	default:
		return;
	}
}

/* give_list makes the list that of the next run. */
static enum rc
give_list(const struct listing *l, struct exec_call *call, struct err *e)
{
	struct tx_access *list = arena_array(l->a, l->cnt + 1, sizeof(*list));
	size_t i;

	if (list == NULL || l->is_full)
		return FAIL(e, RC_NO_MEMORY, "an access list");
	for (i = 0; i < l->cnt; i++)
		list[i] = (struct tx_access){.addr = l->v[i]->addr,
		    .keys = l->v[i]->keys,
		    .key_cnt = l->v[i]->key_cnt};
	call->access = list;
	call->access_cnt = l->cnt;
	return RC_OK;
}

/* take_list begins with the list that the caller gave. */
static void
take_list(struct listing *l, const struct exec_call *call)
{
	size_t i, j;

	for (i = 0; i < call->access_cnt; i++) {
		(void)account(l, &call->access[i].addr);
		for (j = 0; j < call->access[i].key_cnt; j++)
			add_slot(
			    l, &call->access[i].addr, &call->access[i].keys[j]);
	}
}

/* run runs the call once and adds what it touches. */
static enum rc
run(struct rpc_call *c, struct rpc_simulation *s, struct listing *l,
    struct exec_outcome *out, struct err *e)
{
	const struct evm_tracer tracer = {.step = on_step, .ctx = l};
	struct state *st = rpc_simulation_state(c, s);
	enum rc rc;

	if (st == NULL)
		return FAIL(e, RC_NO_MEMORY, "a state");
	evm_trace(s->env.vm, &tracer);
	rc = exec_call_run(c->a, out, st, &s->env, &s->call, e);
	evm_trace(s->env.vm, NULL);
	return rc;
}

/* settle runs until the list stays as it is. */
static enum rc
settle(struct rpc_call *c, struct rpc_simulation *s, struct listing *l,
    struct exec_outcome *out, struct err *e)
{
	size_t accounts, slots, runs;

	for (runs = 0; runs < RUN_MAX; runs++) {
		accounts = l->by_addr.cnt;
		slots = l->by_place.cnt;
		TRY(run(c, s, l, out, e));
		if (l->by_addr.cnt == accounts && l->by_place.cnt == slots &&
		    runs > 0)
			return RC_OK;
		TRY(give_list(l, &s->call, e));
	}
	return FAIL(e, RC_TOO_LARGE,
	    "the access list does not settle in %d runs", (int)RUN_MAX);
}

static void
write_list(struct jsonw *w, const struct listing *l)
{
	size_t i, j;

	jsonw_key(w, "accessList");
	jsonw_arr(w);
	for (i = 0; i < l->cnt; i++) {
		jsonw_obj(w);
		jsonw_key(w, "address");
		jsonw_data(w, addr_bytes(&l->v[i]->addr));
		jsonw_key(w, "storageKeys");
		jsonw_arr(w);
		for (j = 0; j < l->v[i]->key_cnt; j++)
			jsonw_data(w, hash_bytes(&l->v[i]->keys[j]));
		jsonw_arr_end(w);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

/* set_out names what is warm without a list: sender, and who is called or
 * created. */
static enum rc
set_out(struct rpc_simulation *s, struct listing *l, struct err *e)
{
	struct account acc;
	bool found;

	l->from = s->call.from;
	l->to = s->call.to;
	l->fork = s->env.block.fork;
	if (!s->call.is_create)
		return RC_OK;
	TRY(store_account(
	    s->view, s->link.number, &acc, &found, &s->call.from, e));
	l->to = addr_create(&s->call.from, found ? acc.nonce : 0);
	return RC_OK;
}

static enum rc
answer(struct rpc_call *c, struct rpc_simulation *s, struct listing *l,
    struct err *e)
{
	struct exec_outcome out;

	TRY(set_out(s, l, e));
	take_list(l, &s->call);
	TRY(settle(c, s, l, &out, e));
	jsonw_obj(c->w);
	write_list(c->w, l);
	if (out.rc != RC_OK) {
		jsonw_key(c->w, "error");
		jsonw_str(c->w, err_text(out.rc));
	}
	jsonw_key(c->w, "gasUsed");
	jsonw_q64(c->w, out.gas_used);
	jsonw_obj_end(c->w);
	return RC_OK;
}

enum rc
rpc_do_create_access_list(struct rpc_call *c, struct err *e)
{
	struct listing l = {.a = c->a};
	struct rpc_simulation s;
	enum rc rc;

	TRY(rpc_simulation_open(c, &s, e));
	map_init(&l.by_addr, sizeof(struct addr), ENTRY_MAX);
	map_init(&l.by_place, sizeof(struct place), ENTRY_MAX);
	rc = answer(c, &s, &l, e);
	map_free(&l.by_addr);
	map_free(&l.by_place);
	return rc;
}
