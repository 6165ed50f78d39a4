/* SPDX-License-Identifier: Apache-2.0
 *
 * Overrides: accounts, and fields of a block, that a simulated call finds
 * other than the chain has them.
 */
#include "base/hex.h"
#include "eth/addr.h"
#include "rpc/simulate_priv.h"

/* Accounts. ------------------------------------------------------------ */

/* read_slots reads an object from key to value. */
static enum rc
read_slots(struct rpc_call *c, struct rpc_override *out, size_t *slots_left,
    const struct rpc_json *obj, struct err *e)
{
	const struct rpc_json *v;
	struct hash value;

	if (obj->kind != RPC_JSON_OBJECT)
		return FAIL(e, RC_BAD_INPUT, "state: not an object");
	if (obj->cnt > *slots_left)
		return FAIL(e, RC_TOO_LARGE,
		    "limit exceeded: overrides set more than %d slots",
		    (int)RPC_OVERRIDE_SLOT_MAX);
	*slots_left -= obj->cnt;
	out->slots = arena_array(c->a, obj->cnt + 1, sizeof(*out->slots));
	if (out->slots == NULL)
		return FAIL(e, RC_NO_MEMORY, "slots of an override");
	for (v = obj->first; v != NULL; v = v->next) {
		struct rpc_slot *slot = &out->slots[out->slot_cnt++];

		TRY(hex_read_fixed(
		    slot->key.b, sizeof(slot->key.b), v->key, false, e));
		TRY(rpc_read_hash(&value, v, e));
		u256_from_be(&slot->value, hash_bytes(&value));
	}
	return RC_OK;
}

static enum rc
read_storage(struct rpc_call *c, struct rpc_override *out, size_t *slots_left,
    const struct rpc_json *v, struct err *e)
{
	const struct rpc_json *state = rpc_member(v, "state");
	const struct rpc_json *diff = rpc_member(v, "stateDiff");
	char text[ADDR_TEXT_MAX];

	if (state != NULL && diff != NULL)
		return FAIL(e, RC_UNSUPPORTED,
		    "account %s has both 'state' and 'stateDiff'",
		    addr_text(text, &out->addr));
	out->replaces = state != NULL;
	if (state == NULL && diff == NULL)
		return RC_OK;
	return read_slots(c, out, slots_left, state != NULL ? state : diff, e);
}

/* read_one reads the override of one account. */
static enum rc
read_one(struct rpc_call *c, struct rpc_override *out, size_t *slots_left,
    const struct rpc_json *v, struct err *e)
{
	if (v->kind != RPC_JSON_OBJECT)
		return FAIL(e, RC_BAD_INPUT, "an override: not an object");
	TRY(hex_read_fixed(out->addr.b, sizeof(out->addr.b), v->key, false, e));
	TRY(rpc_get_u64(&out->nonce, &out->has_nonce, v, "nonce", e));
	TRY(rpc_get_u256(&out->balance, &out->has_balance, v, "balance", e));
	TRY(rpc_get_data(c->a, &out->code, &out->has_code, v, "code", e));
	TRY(rpc_get_addr(
	    &out->move_to, &out->has_move, v, "movePrecompileToAddress", e));
	return read_storage(c, out, slots_left, v, e);
}

enum rc
rpc_overrides_read(struct rpc_call *c, struct rpc_overrides *out,
    size_t *slots_left, const struct rpc_json *obj, struct err *e)
{
	const struct rpc_json *v;

	*out = (struct rpc_overrides){.cnt = 0};
	if (obj == NULL)
		return RC_OK;
	if (obj->kind != RPC_JSON_OBJECT)
		return FAIL(e, RC_BAD_INPUT, "state overrides: not an object");
	out->v = arena_array(c->a, obj->cnt + 1, sizeof(*out->v));
	if (out->v == NULL)
		return FAIL(e, RC_NO_MEMORY, "overrides");
	for (v = obj->first; v != NULL; v = v->next) {
		struct rpc_override *o = &out->v[out->cnt++];

		*o = (struct rpc_override){.nonce = 0};
		TRY(read_one(c, o, slots_left, v, e));
	}
	return RC_OK;
}

/* Precompiles. ----------------------------------------------------------- */

static bool
is_overridden(const struct rpc_overrides *o, const struct addr *addr)
{
	size_t i;

	for (i = 0; i < o->cnt; i++)
		if (addr_eq(&o->v[i].addr, addr))
			return true;
	return false;
}

static bool
is_target(const struct evm_move *moves, size_t cnt, const struct addr *addr)
{
	size_t i;

	for (i = 0; i < cnt; i++)
		if (addr_eq(&moves[i].at, addr))
			return true;
	return false;
}

/* check_move refuses what cannot be moved there. */
static enum rc
check_move(const struct rpc_overrides *o, const struct rpc_override *one,
    const struct evm_move *moves, size_t cnt, bool is_precompile, struct err *e)
{
	char text[ADDR_TEXT_MAX];

	if (!is_precompile)
		return FAIL(e, RC_UNSUPPORTED, "account %s is not a precompile",
		    addr_text(text, &one->addr));
	if (is_overridden(o, &one->move_to))
		return FAIL(e, RC_UNSUPPORTED,
		    "account %s is already overridden",
		    addr_text(text, &one->move_to));
	if (is_target(moves, cnt, &one->move_to))
		return FAIL(e, RC_SIM_MOVED_TWICE,
		    "two precompiles are moved to %s",
		    addr_text(text, &one->move_to));
	return RC_OK;
}

enum rc
rpc_overrides_moves(struct arena *a, struct evm_block *b,
    const struct rpc_overrides *o, struct err *e)
{
	struct evm_move *moves = arena_array(a, 2 * o->cnt + 1, sizeof(*moves));
	size_t i, cnt = 0;

	if (moves == NULL)
		return FAIL(e, RC_NO_MEMORY, "moves of precompiles");
	for (i = 0; i < o->cnt; i++) {
		const struct rpc_override *one = &o->v[i];
		bool is_precompile = evm_is_precompile(&one->addr, b->fork);

		if (one->has_move) {
			TRY(check_move(o, one, moves, cnt, is_precompile, e));
			moves[cnt++] = (struct evm_move){
			    .at = one->move_to, .as = one->addr};
		}
		if (is_precompile)
			moves[cnt++] =
			    (struct evm_move){.at = one->addr, .is_code = true};
	}
	b->moves = moves;
	b->move_cnt = cnt;
	return RC_OK;
}

/* The state. ----------------------------------------------------------- */

/* wipe takes an account's storage away and leaves the rest. */
static void
wipe(struct state *st, const struct addr *addr)
{
	uint64_t nonce = state_nonce(st, addr);
	struct bytes code = state_code(st, addr);

	state_create(st, addr);
	state_set_nonce(st, addr, nonce);
	state_set_code(st, addr, code);
}

static void
apply_one(struct state *st, const struct rpc_override *o)
{
	size_t i;

	if (o->has_nonce)
		state_set_nonce(st, &o->addr, o->nonce);
	if (o->has_code)
		state_set_code(st, &o->addr, o->code);
	if (o->has_balance)
		state_set_balance(st, &o->addr, &o->balance);
	if (o->replaces)
		wipe(st, &o->addr);
	for (i = 0; i < o->slot_cnt; i++)
		state_set_slot(
		    st, &o->addr, &o->slots[i].key, &o->slots[i].value);
}

void
rpc_overrides_apply(struct state *st, const struct rpc_overrides *o)
{
	size_t i;

	for (i = 0; i < o->cnt; i++)
		apply_one(st, &o->v[i]);
	if (o->cnt > 0)
		state_end_tx(st, false);
}

/* Blocks. ---------------------------------------------------------------- */

static enum rc
read_withdrawal(struct withdrawal *out, const struct rpc_json *v, struct err *e)
{
	*out = (struct withdrawal){.index = 0};
	if (v->kind != RPC_JSON_OBJECT)
		return FAIL(e, RC_BAD_INPUT, "withdrawals: not an object");
	TRY(rpc_get_u64(&out->index, NULL, v, "index", e));
	TRY(rpc_get_u64(&out->validator, NULL, v, "validatorIndex", e));
	TRY(rpc_get_addr(&out->addr, NULL, v, "address", e));
	return rpc_get_u64(&out->amount_gwei, NULL, v, "amount", e);
}

static enum rc
read_withdrawals(struct rpc_call *c, struct rpc_block_override *out,
    const struct rpc_json *obj, struct err *e)
{
	const struct rpc_json *list = rpc_member(obj, "withdrawals"), *v;

	if (list == NULL)
		return RC_OK;
	if (list->kind != RPC_JSON_ARRAY)
		return FAIL(e, RC_BAD_INPUT, "withdrawals: not an array");
	out->has_withdrawals = true;
	out->withdrawals =
	    arena_array(c->a, list->cnt + 1, sizeof(*out->withdrawals));
	if (out->withdrawals == NULL)
		return FAIL(e, RC_NO_MEMORY, "withdrawals");
	for (v = list->first; v != NULL; v = v->next)
		TRY(read_withdrawal(
		    &out->withdrawals[out->withdrawal_cnt++], v, e));
	return RC_OK;
}

/* read_fees reads the prices of a block; baseFee is an older name. */
static enum rc
read_fees(
    struct rpc_block_override *out, const struct rpc_json *obj, struct err *e)
{
	TRY(rpc_get_u256(
	    &out->base_fee, &out->has_base_fee, obj, "baseFee", e));
	TRY(rpc_get_u256(
	    &out->base_fee, &out->has_base_fee, obj, "baseFeePerGas", e));
	return rpc_get_u256(
	    &out->blob_fee, &out->has_blob_fee, obj, "blobBaseFee", e);
}

/* read_author reads who gets the fees and the block's randomness, by their
 * older names as well. */
static enum rc
read_author(
    struct rpc_block_override *out, const struct rpc_json *obj, struct err *e)
{
	TRY(rpc_get_addr(
	    &out->coinbase, &out->has_coinbase, obj, "coinbase", e));
	TRY(rpc_get_addr(
	    &out->coinbase, &out->has_coinbase, obj, "feeRecipient", e));
	TRY(rpc_get_hash(&out->mix, &out->has_mix, obj, "random", e));
	TRY(rpc_get_hash(&out->mix, &out->has_mix, obj, "prevRandao", e));
	return rpc_get_hash(
	    &out->beacon_root, &out->has_beacon_root, obj, "beaconRoot", e);
}

enum rc
rpc_block_override_read(struct rpc_call *c, struct rpc_block_override *out,
    const struct rpc_json *obj, struct err *e)
{
	*out = (struct rpc_block_override){.number = 0};
	if (obj == NULL)
		return RC_OK;
	if (obj->kind != RPC_JSON_OBJECT)
		return FAIL(e, RC_BAD_INPUT, "block overrides: not an object");
	TRY(rpc_get_u64(&out->number, &out->has_number, obj, "number", e));
	TRY(rpc_get_u64(&out->time, &out->has_time, obj, "time", e));
	TRY(rpc_get_u64(
	    &out->gas_limit, &out->has_gas_limit, obj, "gasLimit", e));
	TRY(rpc_get_u256(
	    &out->difficulty, &out->has_difficulty, obj, "difficulty", e));
	TRY(read_author(out, obj, e));
	TRY(read_fees(out, obj, e));
	return read_withdrawals(c, out, obj, e);
}

void
rpc_block_override_apply(struct header *h, const struct rpc_block_override *o)
{
	if (o->has_number)
		h->number = o->number;
	if (o->has_time)
		h->time = o->time;
	if (o->has_gas_limit)
		h->gas_limit = o->gas_limit;
	if (o->has_difficulty)
		h->difficulty = o->difficulty;
	if (o->has_coinbase)
		h->coinbase = o->coinbase;
	if (o->has_mix)
		h->mix = o->mix;
	if (o->has_base_fee)
		h->base_fee = o->base_fee;
	if (o->has_beacon_root)
		h->beacon_root = o->beacon_root;
}
