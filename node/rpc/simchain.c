/* SPDX-License-Identifier: Apache-2.0
 *
 * eth_simulateV1: blocks that nobody seals, one behind the other on a block
 * of the chain, each with its own overrides and calls. What a call did, and
 * the whole header that the block would have, is the answer.
 *
 * One state goes through all blocks; the root of each is computed over what
 * has changed since the base, so the work of n blocks grows with n times the
 * slots that they change: gas, RPC_OVERRIDE_SLOT_MAX and BLOCK_MAX bound it.
 *
 * Spec  execution-apis, eth_simulateV1; go-ethereum where that leaves a
 *       choice
 */
#include "base/check.h"
#include "eth/basefee.h"
#include "eth/blobfee.h"
#include "eth/bloom.h"
#include "eth/ethjson.h"
#include "eth/rlp.h"
#include "rpc/simulate_priv.h"
#include "trie/listroot.h"

/*
 * Blocks of one simulation, those that fill gaps included; calls of a block;
 * seconds between blocks that are given no time (go-ethereum's numbers).
 */
enum { BLOCK_MAX = 256, CALL_MAX = 5000, TIME_STEP_S = 12 };

/* Codes of a call that failed, in its own result. */
enum { CODE_REVERT = 3, CODE_HALT = -32015 };

/* struct planned is a block before it runs; calls is NULL for none. */
struct planned {
	struct rpc_block_override block;
	struct rpc_overrides accounts;
	const struct rpc_json *calls;
};

/* struct done is what a call did. */
struct done {
	struct exec_simulated result;
	struct addr sender;
};

/* struct run is a whole simulation on its way. */
struct run {
	struct rpc_call *c;
	struct chain_link link;
	struct state_source source;
	struct state_tries tries;
	struct header base;
	struct hash base_hash;
	bool is_strict, is_full, logs_transfers;
	struct planned *plan;
	size_t cnt;
	struct header *headers; /* of the blocks so far */
	struct hash *hashes;
	size_t done_cnt;
	uint64_t gas_left; /* of all calls together */
	struct state *st;
	struct exec_env env;
};

/* Arguments. ------------------------------------------------------------- */

static enum rc
read_planned(struct run *r, struct planned *out, size_t *slots_left,
    const struct rpc_json *v, struct err *e)
{
	*out = (struct planned){.calls = NULL};
	if (v->kind != RPC_JSON_OBJECT)
		return FAIL(e, RC_BAD_INPUT, "blockStateCalls: not an object");
	TRY(rpc_block_override_read(
	    r->c, &out->block, rpc_member(v, "blockOverrides"), e));
	TRY(rpc_overrides_read(r->c, &out->accounts, slots_left,
	    rpc_member(v, "stateOverrides"), e));
	out->calls = rpc_member(v, "calls");
	if (out->calls == NULL)
		return RC_OK;
	if (out->calls->kind != RPC_JSON_ARRAY)
		return FAIL(e, RC_BAD_INPUT, "calls: not an array");
	if (out->calls->cnt > CALL_MAX)
		return FAIL(e, RC_SIM_TOO_MANY, "too many calls in block: %zu",
		    out->calls->cnt);
	return RC_OK;
}

/* add_planned appends a block to the plan, behind what fills its gap. */
static enum rc
add_planned(struct run *r, struct planned *p, struct err *e)
{
	uint64_t number = r->base.number, time = r->base.time;

	if (r->cnt > 0) {
		number = r->plan[r->cnt - 1].block.number;
		time = r->plan[r->cnt - 1].block.time;
	}
	if (!p->block.has_number)
		p->block.number = number + 1;
	if (p->block.number <= number)
		return FAIL(e, RC_SIM_NUMBER_ORDER,
		    "block numbers must be in order: %llu <= %llu",
		    (unsigned long long)p->block.number,
		    (unsigned long long)number);
	if (p->block.number - r->base.number > BLOCK_MAX)
		return FAIL(e, RC_SIM_TOO_MANY, "too many blocks");
	while (++number < p->block.number) {
		time += TIME_STEP_S;
		r->plan[r->cnt++] =
		    (struct planned){.block = {.number = number, .time = time}};
	}
	if (!p->block.has_time)
		p->block.time = time + TIME_STEP_S;
	if (p->block.time <= time)
		return FAIL(e, RC_SIM_TIME_ORDER,
		    "block timestamps must be in order: %llu <= %llu",
		    (unsigned long long)p->block.time,
		    (unsigned long long)time);
	r->plan[r->cnt++] = *p;
	return RC_OK;
}

static enum rc
read_plan(struct run *r, const struct rpc_json *list, struct err *e)
{
	size_t slots_left = RPC_OVERRIDE_SLOT_MAX;
	struct err why = {.rc = RC_OK};
	const struct rpc_json *v;
	struct planned p;

	if (list == NULL || list->kind != RPC_JSON_ARRAY || list->cnt == 0)
		return FAIL(e, RC_BAD_INPUT, "empty input");
	if (list->cnt > BLOCK_MAX)
		return FAIL(e, RC_SIM_TOO_MANY, "too many blocks");
	r->plan = arena_array(r->c->a, BLOCK_MAX, sizeof(*r->plan));
	r->headers = arena_array(r->c->a, BLOCK_MAX, sizeof(*r->headers));
	r->hashes = arena_array(r->c->a, BLOCK_MAX, sizeof(*r->hashes));
	if (r->plan == NULL || r->headers == NULL || r->hashes == NULL)
		return FAIL(e, RC_NO_MEMORY, "a simulation");
	for (v = list->first; v != NULL; v = v->next) {
		enum rc rc = read_planned(r, &p, &slots_left, v, &why);

		if (rc == RC_BAD_INPUT)
			return rpc_arg_fail(0, rc, &why, e);
		if (rc != RC_OK)
			return FAIL(e, rc, "%s", err_message(&why, rc));
		TRY(add_planned(r, &p, e));
	}
	return RC_OK;
}

static enum rc
read_base(struct run *r, struct err *e)
{
	TRY(rpc_need_state(r->c, &r->link.number, 1, e));
	TRY(rpc_doc_view(r->c->doc, &r->link.view, e));
	r->source = chain_state_source(&r->link);
	r->tries = chain_tries(&r->link);
	TRY(store_hash_of(r->link.view, &r->base_hash, r->link.number, e));
	return store_header(r->link.view, &r->base, &r->base_hash, e);
}

static enum rc
read_args(struct run *r, struct err *e)
{
	const struct rpc_json *opts = r->c->arg[0];

	if (opts->kind != RPC_JSON_OBJECT)
		return FAIL(
		    e, RC_BAD_INPUT, "invalid argument 0: not an object");
	TRY(rpc_get_bool(&r->logs_transfers, opts, "traceTransfers", e));
	TRY(rpc_get_bool(&r->is_strict, opts, "validation", e));
	TRY(rpc_get_bool(&r->is_full, opts, "returnFullTransactions", e));
	TRY(read_base(r, e));
	return read_plan(r, rpc_member(opts, "blockStateCalls"), e);
}

/* Headers. ----------------------------------------------------------------- */

static const struct header *
parent_of(const struct run *r)
{
	return r->done_cnt > 0 ? &r->headers[r->done_cnt - 1] : &r->base;
}

static bool
is_at(const struct run *r, enum fork f, const struct header *h)
{
	return fork_is_active(
	    &r->c->node->genesis->forks, f, h->number, h->time);
}

/* is_paris tells a block of Paris also where the plan has no number for it,
 * but the weight of the chain. */
static bool
is_paris(
    const struct run *r, const struct header *h, const struct header *parent)
{
	return is_at(r, FORK_PARIS, h) ||
	       (r->c->node->genesis->forks.has_ttd &&
		   u256_is_zero(&parent->difficulty) && parent->number > 0);
}

static unsigned
fields_of(const struct run *r, const struct header *h)
{
	if (is_at(r, FORK_PRAGUE, h))
		return HEADER_FIELDS_PRAGUE;
	if (is_at(r, FORK_CANCUN, h))
		return HEADER_FIELDS_CANCUN;
	if (is_at(r, FORK_SHANGHAI, h))
		return HEADER_FIELDS_SHANGHAI;
	return is_at(r, FORK_LONDON, h) ? HEADER_FIELDS_LONDON
					: HEADER_FIELDS_FRONTIER;
}

/* make_header makes what is known of a block before its calls. A price of
 * gas that nobody asked for is zero, unless prices are checked. */
static void
make_header(const struct run *r, struct header *h, const struct planned *p)
{
	const struct fork_plan *forks = &r->c->node->genesis->forks;
	const struct header *parent = parent_of(r);

	*h = (struct header){
	    .parent =
		r->done_cnt > 0 ? r->hashes[r->done_cnt - 1] : r->base_hash,
	    .ommers_hash = HASH_EMPTY_LIST,
	    .tx_root = HASH_EMPTY_TRIE,
	    .receipts_root = HASH_EMPTY_TRIE,
	    .withdrawals_root = HASH_EMPTY_TRIE,
	    .coinbase = parent->coinbase,
	    .difficulty = parent->difficulty,
	    .gas_limit = parent->gas_limit,
	    .number = p->block.number,
	    .time = p->block.time,
	};
	h->field_cnt = fields_of(r, h);
	if (is_paris(r, h, parent))
		h->difficulty = U256_ZERO;
	if (h->field_cnt >= HEADER_FIELDS_LONDON && r->is_strict)
		exec_base_fee(&h->base_fee, forks, parent);
	if (h->field_cnt >= HEADER_FIELDS_CANCUN)
		h->excess_blob_gas =
		    blobfee_next_excess(forks, parent, h->number, h->time);
	rpc_block_override_apply(h, &p->block);
	h->number = p->block.number;
	h->time = p->block.time;
}

static enum rc
block_hash(void *ctx, struct hash *out, uint64_t number)
{
	const struct run *r = ctx;

	if (number <= r->base.number)
		return store_hash_of(r->link.view, out, number, NULL);
	if (number - r->base.number > r->done_cnt)
		return RC_NOT_FOUND;
	*out = r->hashes[number - r->base.number - 1];
	return RC_OK;
}

static enum rc
make_env(struct run *r, const struct header *h, const struct planned *p,
    struct err *e)
{
	exec_env_of(&r->env, &r->c->node->genesis->forks, h, &h->coinbase);
	if (p->block.has_blob_fee)
		r->env.block.blob_base_fee = p->block.blob_fee;
	r->env.vm = r->c->doc->vm;
	r->env.block_hash = block_hash;
	r->env.ctx = r;
	r->env.logs_transfers = r->logs_transfers;
	return rpc_overrides_moves(r->c->a, &r->env.block, &p->accounts, e);
}

/* Calls. ------------------------------------------------------------------- */

/* code_of tells which code of eth_simulateV1 a refusal has. */
static enum rc
code_of(enum rc rc)
{
	static const struct {
		enum rc rc, as;
	} map[] = {
	    {RC_TX_NONCE_LOW, RC_SIM_NONCE_LOW},
	    {RC_TX_NONCE_HIGH, RC_SIM_NONCE_HIGH},
	    {RC_TX_FEE_LOW, RC_SIM_FEE_LOW},
	    {RC_TX_INTRINSIC, RC_SIM_INTRINSIC},
	    {RC_TX_FLOOR_GAS, RC_SIM_INTRINSIC},
	    {RC_TX_FUNDS, RC_SIM_FUNDS},
	    {RC_TX_INIT_CODE, RC_SIM_INIT_CODE},
	    {RC_TX_TIP_ABOVE_FEE, RC_BAD_INPUT},
	    {RC_TX_NONCE_MAX, RC_INTERNAL},
	    {RC_TX_BLOB_FEE, RC_INTERNAL},
	};
	size_t i;

	for (i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].rc == rc)
			return map[i].as;
	return rc;
}

/* fill_call gives a call what it left out. */
static enum rc
fill_call(struct run *r, struct rpc_callobj *o, const struct header *h,
    uint64_t gas_used, struct err *e)
{
	uint64_t left = h->gas_limit - gas_used;

	if (!o->has_nonce)
		o->tx.nonce = state_nonce(r->st, &o->from);
	if (!o->has_gas)
		o->tx.gas = left;
	if (o->tx.gas > left)
		return FAIL(e, RC_SIM_BLOCK_GAS,
		    "block gas limit reached: remaining: %llu, required: %llu",
		    (unsigned long long)left, (unsigned long long)o->tx.gas);
	if (o->tx.gas > r->gas_left)
		o->tx.gas = r->gas_left;
	if (h->field_cnt < HEADER_FIELDS_LONDON &&
	    o->tx.type == TX_DYNAMIC_FEE) {
		o->tx.type = TX_LEGACY;
		o->tx.has_chain_id = false;
	}
	return state_error(r->st, e);
}

static enum rc
run_call(struct run *r, struct tx *tx, struct done *out,
    const struct rpc_json *v, const struct header *h, uint64_t *gas_used,
    struct err *e)
{
	uint64_t before = *gas_used;
	struct err why = {.rc = RC_OK};
	struct rpc_callobj o;
	enum rc rc = rpc_callobj_read(r->c, &o, v, &why);

	if (rc == RC_BAD_INPUT)
		return rpc_arg_fail(0, rc, &why, e);
	if (rc != RC_OK)
		return FAIL(e, rc, "%s", err_message(&why, rc));
	TRY(fill_call(r, &o, h, *gas_used, e));
	TRY(rpc_tx_seal(r->c->a, &o.tx, e));
	rc = exec_tx_simulate(r->c->a, &out->result, r->st, &r->env, &o.tx,
	    &o.from, r->is_strict, gas_used, &why);
	if (rc != RC_OK)
		return FAIL(e, code_of(rc), "err: %s (supplied gas %llu)",
		    err_message(&why, rc), (unsigned long long)o.tx.gas);
	r->gas_left -= *gas_used - before;
	out->sender = o.from;
	*tx = o.tx;
	return RC_OK;
}

/* Roots. --------------------------------------------------------------------
 */

/* set_lists sets the roots of transactions and receipts, and the bloom. */
static enum rc
set_lists(
    struct run *r, struct block *b, const struct done *done, struct err *e)
{
	struct bytes *items =
	    arena_array(r->c->a, b->tx_cnt + 1, sizeof(*items));
	size_t i;

	if (items == NULL)
		return FAIL(e, RC_NO_MEMORY, "lists of a block");
	for (i = 0; i < b->tx_cnt; i++)
		items[i] = b->txs[i].raw;
	TRY(trie_list_root(r->c->a, &b->header.tx_root, items, b->tx_cnt, e));
	for (i = 0; i < b->tx_cnt; i++) {
		bloom_or(&b->header.bloom, &done[i].result.receipt.bloom);
		TRY(receipt_encode(
		    r->c->a, &items[i], &done[i].result.receipt, e));
	}
	return trie_list_root(
	    r->c->a, &b->header.receipts_root, items, b->tx_cnt, e);
}

static enum rc
set_withdrawals(struct run *r, struct block *b, struct err *e)
{
	size_t i, cnt = b->withdrawal_cnt;
	struct bytes *items = arena_array(r->c->a, cnt + 1, sizeof(*items));
	uint8_t(*raw)[WITHDRAWAL_RLP_MAX] =
	    arena_array(r->c->a, cnt + 1, sizeof(*raw));

	if (items == NULL || raw == NULL)
		return FAIL(e, RC_NO_MEMORY, "withdrawals");
	for (i = 0; i < cnt; i++)
		items[i] = bytes_of(
		    raw[i], withdrawal_encode(raw[i], &b->withdrawals[i]));
	return trie_list_root(
	    r->c->a, &b->header.withdrawals_root, items, cnt, e);
}

/* The nodes of a block's tries are of no use to the next: they go at once. */
static enum rc
set_state_root(struct run *r, struct header *h, struct err *e)
{
	struct state_nodes nodes;
	struct state_diff diff;
	struct arena a;
	enum rc rc;

	TRY(state_diff_take(r->st, &diff, e));
	arena_init(&a, RPC_SCRATCH_MAX);
	rc = state_root(&a, &h->state_root, &nodes, &diff, &r->base.state_root,
	    &r->tries, e);
	arena_drop(&a);
	return rc;
}

/* finish does what the protocol does behind the calls, and completes the
 * header. */
static enum rc
finish(struct run *r, struct block *b, const struct done *done,
    uint64_t gas_used, struct err *e)
{
	struct exec_result x = {.gas_used = gas_used, .receipt_cnt = b->tx_cnt};
	size_t i;

	x.receipts = arena_array(r->c->a, b->tx_cnt + 1, sizeof(*x.receipts));
	if (x.receipts == NULL)
		return FAIL(e, RC_NO_MEMORY, "receipts of a block");
	for (i = 0; i < b->tx_cnt; i++) {
		x.receipts[i] = done[i].result.receipt;
		b->header.blob_gas_used += b->txs[i].blob_cnt * TX_BLOB_GAS;
	}
	TRY(exec_finish_block(r->c->a, &x, r->st, &r->env, b,
	    r->c->node->genesis->engine == GENESIS_NO_ENGINE, e));
	b->header.gas_used = gas_used;
	b->header.requests_hash = x.requests_hash;
	TRY(set_lists(r, b, done, e));
	TRY(set_withdrawals(r, b, e));
	return set_state_root(r, &b->header, e);
}

/* The answer. -----------------------------------------------------------------
 */

static void
write_error(struct jsonw *w, const struct exec_outcome *out)
{
	bool is_revert = out->rc == RC_REVERT;
	struct err why = {.rc = RC_OK};

	(void)rpc_halt_fail(out->rc, out->output, &why);
	jsonw_key(w, "error");
	jsonw_obj(w);
	jsonw_key(w, "message");
	jsonw_str(w, err_message(&why, out->rc));
	jsonw_key(w, "code");
	jsonw_i64(w, is_revert ? CODE_REVERT : CODE_HALT);
	if (is_revert) {
		jsonw_key(w, "data");
		jsonw_data(w, out->output);
	}
	jsonw_obj_end(w);
}

static void
write_logs(struct jsonw *w, const struct block *b, const struct hash *hash,
    const struct done *d, size_t at, uint64_t *log_index)
{
	const struct ethjson_at where = {
	    .header = &b->header, .block_hash = *hash, .index = at};
	size_t i;

	jsonw_key(w, "logs");
	jsonw_arr(w);
	for (i = 0; i < d->result.log_cnt; i++)
		ethjson_log(w, &d->result.logs[i], &where, &b->txs[at].hash,
		    (*log_index)++, false);
	jsonw_arr_end(w);
}

static void
write_call(struct jsonw *w, const struct block *b, const struct hash *hash,
    const struct done *d, size_t at, uint64_t *log_index)
{
	const struct exec_outcome *out = &d->result.outcome;

	jsonw_obj(w);
	jsonw_key(w, "returnData");
	jsonw_data(w, out->output);
	write_logs(w, b, hash, d, at, log_index);
	jsonw_key(w, "gasUsed");
	jsonw_q64(w, out->gas_used);
	jsonw_key(w, "maxUsedGas");
	jsonw_q64(w, d->result.gas_peak);
	jsonw_key(w, "status");
	jsonw_q64(w, out->rc == RC_OK);
	if (out->rc != RC_OK)
		write_error(w, out);
	jsonw_obj_end(w);
}

static enum rc
write_block(struct run *r, const struct block *b, const struct hash *hash,
    const struct done *done, struct err *e)
{
	struct addr *senders = NULL;
	struct jsonw *w = r->c->w;
	uint64_t log_index = 0;
	size_t i;

	if (r->is_full) {
		senders = arena_array(r->c->a, b->tx_cnt + 1, sizeof(*senders));
		if (senders == NULL)
			return FAIL(e, RC_NO_MEMORY, "senders of a block");
		for (i = 0; i < b->tx_cnt; i++)
			senders[i] = done[i].sender;
	}
	jsonw_obj(w);
	ethjson_block_members(w, b, hash, senders);
	jsonw_key(w, "calls");
	jsonw_arr(w);
	for (i = 0; i < b->tx_cnt; i++)
		write_call(w, b, hash, &done[i], i, &log_index);
	jsonw_arr_end(w);
	jsonw_obj_end(w);
	return RC_OK;
}

/* Blocks. -------------------------------------------------------------------
 */

static enum rc
run_calls(struct run *r, struct block *b, struct done *done,
    const struct rpc_json *calls, struct err *e)
{
	const struct rpc_json *v = calls == NULL ? NULL : calls->first;
	uint64_t gas_used = 0;

	for (; v != NULL; v = v->next) {
		TRY(run_call(r, &b->txs[b->tx_cnt], &done[b->tx_cnt], v,
		    &b->header, &gas_used, e));
		b->tx_cnt++;
	}
	return finish(r, b, done, gas_used, e);
}

static enum rc
run_block(struct run *r, const struct planned *p, struct err *e)
{
	size_t cnt = p->calls == NULL ? 0 : p->calls->cnt;
	struct done *done = arena_array(r->c->a, cnt + 1, sizeof(*done));
	struct block b = {.withdrawals = p->block.withdrawals,
	    .withdrawal_cnt = p->block.withdrawal_cnt};
	struct hash hash;

	b.txs = arena_array(r->c->a, cnt + 1, sizeof(*b.txs));
	if (done == NULL || b.txs == NULL)
		return FAIL(e, RC_NO_MEMORY, "calls of a block");
	make_header(r, &b.header, p);
	b.has_withdrawals = b.header.field_cnt >= HEADER_FIELDS_SHANGHAI;
	TRY(make_env(r, &b.header, p, e));
	rpc_overrides_apply(r->st, &p->accounts);
	TRY(exec_begin_block(r->st, &r->env, &b.header, e));
	TRY(run_calls(r, &b, done, p->calls, e));
	hash = header_hash(&b.header);
	TRY(write_block(r, &b, &hash, done, e));
	r->headers[r->done_cnt] = b.header;
	r->hashes[r->done_cnt++] = hash;
	return RC_OK;
}

enum rc
rpc_do_simulate(struct rpc_call *c, struct err *e)
{
	struct run r = {.c = c, .gas_left = RPC_CALL_GAS_MAX};
	size_t i;

	CHECK(c->doc->vm != NULL); /* no call of this cost is short */
	TRY(read_args(&r, e));
	r.st = state_new(c->a, &r.source);
	if (r.st == NULL)
		return FAIL(e, RC_NO_MEMORY, "a state");
	jsonw_arr(c->w);
	for (i = 0; i < r.cnt && !c->w->has_failed; i++)
		TRY(run_block(&r, &r.plan[i], e));
	jsonw_arr_end(c->w);
	return RC_OK;
}
