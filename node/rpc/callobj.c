/* SPDX-License-Identifier: Apache-2.0
 *
 * Call objects: the transaction-like argument of eth_call, eth_estimateGas,
 * eth_createAccessList and eth_simulateV1.
 */
#include "rpc/simulate_priv.h"

/* field_fail puts the member's name before what is wrong with it. */
static enum rc
field_fail(const char *name, enum rc rc, const struct err *why, struct err *e)
{
	if (rc == RC_OK || rc == RC_NO_MEMORY)
		return rc;
	return FAIL(e, rc, "%s: %s", name, err_message(why, rc));
}

const struct rpc_json *
rpc_member(const struct rpc_json *obj, const char *name)
{
	const struct rpc_json *v = rpc_json_get(obj, name);

	return v == NULL || v->kind == RPC_JSON_NULL ? NULL : v;
}

/* find gets a member and notes that it is there. */
static const struct rpc_json *
find(bool *has, const struct rpc_json *obj, const char *name)
{
	const struct rpc_json *v = rpc_member(obj, name);

	if (has != NULL && v != NULL)
		*has = true;
	return v;
}

enum rc
rpc_get_addr(struct addr *out, bool *has, const struct rpc_json *obj,
    const char *name, struct err *e)
{
	const struct rpc_json *v = find(has, obj, name);
	struct err why = {.rc = RC_OK};

	if (v == NULL)
		return RC_OK;
	return field_fail(name, rpc_read_addr(out, v, &why), &why, e);
}

enum rc
rpc_get_hash(struct hash *out, bool *has, const struct rpc_json *obj,
    const char *name, struct err *e)
{
	const struct rpc_json *v = find(has, obj, name);
	struct err why = {.rc = RC_OK};

	if (v == NULL)
		return RC_OK;
	return field_fail(name, rpc_read_hash(out, v, &why), &why, e);
}

enum rc
rpc_get_u64(uint64_t *out, bool *has, const struct rpc_json *obj,
    const char *name, struct err *e)
{
	const struct rpc_json *v = find(has, obj, name);
	struct err why = {.rc = RC_OK};

	if (v == NULL)
		return RC_OK;
	return field_fail(name, rpc_read_u64(out, v, &why), &why, e);
}

enum rc
rpc_get_u256(struct u256 *out, bool *has, const struct rpc_json *obj,
    const char *name, struct err *e)
{
	const struct rpc_json *v = find(has, obj, name);
	struct err why = {.rc = RC_OK};

	if (v == NULL)
		return RC_OK;
	return field_fail(name, rpc_read_u256(out, v, &why), &why, e);
}

enum rc
rpc_get_data(struct arena *a, struct bytes *out, bool *has,
    const struct rpc_json *obj, const char *name, struct err *e)
{
	const struct rpc_json *v = find(has, obj, name);
	struct err why = {.rc = RC_OK};

	if (v == NULL)
		return RC_OK;
	return field_fail(name, rpc_read_data(a, out, v, &why), &why, e);
}

enum rc
rpc_get_bool(
    bool *out, const struct rpc_json *obj, const char *name, struct err *e)
{
	const struct rpc_json *v = rpc_member(obj, name);

	if (v == NULL)
		return RC_OK;
	if (v->kind != RPC_JSON_BOOL)
		return FAIL(e, RC_BAD_INPUT, "%s: not a boolean", name);
	*out = v->is_true;
	return RC_OK;
}

/* get_data reads input, or its older name data. */
static enum rc
get_data(struct rpc_call *c, struct bytes *out, const struct rpc_json *obj,
    struct err *e)
{
	bool has_input = false, has_data = false;
	struct bytes other = {NULL, 0};

	TRY(rpc_get_data(c->a, out, &has_input, obj, "input", e));
	TRY(rpc_get_data(c->a, &other, &has_data, obj, "data", e));
	if (has_data && !has_input)
		*out = other;
	if (has_data && has_input && !bytes_eq(*out, other))
		return FAIL(e, RC_BAD_INPUT,
		    "both \"data\" and \"input\" are set and not equal. Please "
		    "use \"input\" to pass transaction call data");
	return RC_OK;
}

/* get_price reads what is paid per gas: gasPrice, or the two of EIP-1559. */
static enum rc
get_price(struct rpc_callobj *out, const struct rpc_json *obj, struct err *e)
{
	struct u256 price = U256_ZERO;

	TRY(rpc_get_u256(&price, &out->has_gas_price, obj, "gasPrice", e));
	TRY(rpc_get_u256(
	    &out->tx.max_fee, &out->has_fee, obj, "maxFeePerGas", e));
	TRY(rpc_get_u256(
	    &out->tx.max_tip, &out->has_tip, obj, "maxPriorityFeePerGas", e));
	if (!out->has_gas_price)
		return RC_OK;
	if (out->has_fee || out->has_tip)
		return FAIL(e, RC_BAD_INPUT,
		    "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) "
		    "specified");
	out->tx.max_fee = out->tx.max_tip = price;
	return RC_OK;
}

/* get_array returns the items of a member that must be an array, NULL when
 * there are none; cnt counts them. */
static enum rc
get_array(const struct rpc_json **first, size_t *cnt,
    const struct rpc_json *obj, const char *name, struct err *e)
{
	const struct rpc_json *v = rpc_member(obj, name);

	*first = NULL;
	*cnt = 0;
	if (v == NULL)
		return RC_OK;
	if (v->kind != RPC_JSON_ARRAY)
		return FAIL(e, RC_BAD_INPUT, "%s: not an array", name);
	*first = v->first;
	*cnt = v->cnt;
	return RC_OK;
}

/* get_hashes reads an array of hashes. */
static enum rc
get_hashes(struct rpc_call *c, const struct hash **out, size_t *cnt,
    const struct rpc_json *obj, const char *name, struct err *e)
{
	const struct rpc_json *v;
	struct hash *list;
	size_t i = 0;

	TRY(get_array(&v, cnt, obj, name, e));
	list = arena_array(c->a, *cnt + 1, sizeof(*list));
	if (list == NULL)
		return FAIL(e, RC_NO_MEMORY, "%s", name);
	for (; v != NULL; v = v->next)
		TRY(rpc_read_hash(&list[i++], v, e));
	*out = list;
	return RC_OK;
}

static enum rc
get_access(struct rpc_call *c, struct tx *out, const struct rpc_json *obj,
    struct err *e)
{
	struct tx_access *list;
	const struct rpc_json *v;
	size_t i;

	TRY(get_array(&v, &out->access_cnt, obj, "accessList", e));
	list = arena_array(c->a, out->access_cnt + 1, sizeof(*list));
	if (list == NULL)
		return FAIL(e, RC_NO_MEMORY, "an access list");
	for (i = 0; v != NULL; v = v->next, i++) {
		if (v->kind != RPC_JSON_OBJECT)
			return FAIL(
			    e, RC_BAD_INPUT, "accessList: not an object");
		TRY(rpc_read_addr(
		    &list[i].addr, rpc_json_get(v, "address"), e));
		TRY(get_hashes(
		    c, &list[i].keys, &list[i].key_cnt, v, "storageKeys", e));
	}
	out->access = list;
	return RC_OK;
}

static enum rc
read_auth(struct tx_auth *out, const struct rpc_json *v, struct err *e)
{
	uint64_t parity = 0;

	if (v->kind != RPC_JSON_OBJECT)
		return FAIL(e, RC_BAD_INPUT, "not an object");
	TRY(rpc_get_u256(&out->chain_id, NULL, v, "chainId", e));
	TRY(rpc_read_addr(&out->addr, rpc_json_get(v, "address"), e));
	TRY(rpc_get_u64(&out->nonce, NULL, v, "nonce", e));
	TRY(rpc_get_u64(&parity, NULL, v, "yParity", e));
	TRY(rpc_get_u256(&out->r, NULL, v, "r", e));
	TRY(rpc_get_u256(&out->s, NULL, v, "s", e));
	if (parity > UINT8_MAX)
		return FAIL(e, RC_BAD_INPUT, "yParity: above 255");
	out->y_parity = (uint8_t)parity;
	return RC_OK;
}

static enum rc
get_auths(struct rpc_call *c, struct tx *out, const struct rpc_json *obj,
    struct err *e)
{
	static const char name[] = "authorizationList";
	struct err why = {.rc = RC_OK};
	struct tx_auth *list;
	const struct rpc_json *v;
	size_t i = 0;

	TRY(get_array(&v, &out->auth_cnt, obj, name, e));
	list = arena_array(c->a, out->auth_cnt + 1, sizeof(*list));
	if (list == NULL)
		return FAIL(e, RC_NO_MEMORY, name);
	for (; v != NULL; v = v->next) {
		list[i] = (struct tx_auth){.nonce = 0};
		TRY(field_fail(name, read_auth(&list[i++], v, &why), &why, e));
	}
	out->auths = list;
	return RC_OK;
}

/* get_blobs reads the hashes of blobs; the blobs themselves would have to be
 * proven, and change nothing that code can see. */
static enum rc
get_blobs(struct rpc_call *c, struct tx *out, const struct rpc_json *obj,
    struct err *e)
{
	if (rpc_member(obj, "blobs") != NULL)
		return FAIL(e, RC_UNSUPPORTED,
		    "blobs are not supported; give blobVersionedHashes");
	TRY(rpc_get_u256(&out->max_blob_fee, NULL, obj, "maxFeePerBlobGas", e));
	return get_hashes(c, &out->blob_hashes, &out->blob_cnt, obj,
	    "blobVersionedHashes", e);
}

/* check_chain compares a chain id that the caller gives. */
static enum rc
check_chain(const struct rpc_call *c, const struct rpc_json *obj, struct err *e)
{
	uint64_t want = c->node->genesis->forks.chain_id;
	struct u256 id = u256_from_u64(want);

	TRY(rpc_get_u256(&id, NULL, obj, "chainId", e));
	if (!u256_is_u64(&id) || id.w[0] != want)
		return FAIL(e, RC_BAD_INPUT,
		    "chainId does not match node's (have=%llu, want=%llu)",
		    (unsigned long long)id.w[0], (unsigned long long)want);
	return RC_OK;
}

/* type_of is the kind of transaction that has these members. */
static enum tx_type
type_of(const struct rpc_callobj *o, const struct rpc_json *obj)
{
	if (o->has_gas_price)
		return TX_LEGACY;
	if (rpc_member(obj, "authorizationList") != NULL)
		return TX_SET_CODE;
	if (rpc_member(obj, "blobVersionedHashes") != NULL)
		return TX_BLOB;
	return TX_DYNAMIC_FEE;
}

enum rc
rpc_callobj_read(struct rpc_call *c, struct rpc_callobj *out,
    const struct rpc_json *obj, struct err *e)
{
	struct tx *tx = &out->tx;

	*out = (struct rpc_callobj){.has_gas = false};
	if (obj->kind != RPC_JSON_OBJECT)
		return FAIL(e, RC_BAD_INPUT, "not an object");
	TRY(rpc_get_addr(&out->from, NULL, obj, "from", e));
	TRY(rpc_get_addr(&tx->to, NULL, obj, "to", e));
	tx->is_create = rpc_member(obj, "to") == NULL;
	TRY(rpc_get_u64(&tx->gas, &out->has_gas, obj, "gas", e));
	TRY(rpc_get_u64(&tx->nonce, &out->has_nonce, obj, "nonce", e));
	TRY(rpc_get_u256(&tx->value, NULL, obj, "value", e));
	TRY(get_data(c, &tx->data, obj, e));
	TRY(get_price(out, obj, e));
	TRY(check_chain(c, obj, e));
	TRY(get_blobs(c, tx, obj, e));
	TRY(get_auths(c, tx, obj, e));
	TRY(get_access(c, tx, obj, e));
	tx->type = type_of(out, obj);
	tx->chain_id = c->node->genesis->forks.chain_id;
	tx->has_chain_id = tx->type != TX_LEGACY;
	tx->is_unsigned = true;
	return RC_OK;
}

enum rc
rpc_callobj_call(
    struct exec_call *out, const struct rpc_callobj *o, struct err *e)
{
	const struct tx *tx = &o->tx;

	if (u256_lt(&tx->max_fee, &tx->max_tip) && o->has_fee)
		return FAIL(e, RC_BAD_INPUT,
		    "maxFeePerGas less than maxPriorityFeePerGas");
	*out = (struct exec_call){
	    .from = o->from,
	    .to = tx->to,
	    .is_create = tx->is_create,
	    .gas = tx->gas,
	    /* A price of zero is no price: nothing is charged or checked. */
	    .has_gas_price = !u256_is_zero(&tx->max_fee),
	    .gas_price = tx->max_fee,
	    .tip = tx->max_tip,
	    .value = tx->value,
	    .data = tx->data,
	    .access = tx->access,
	    .access_cnt = tx->access_cnt,
	    .auths = tx->auths,
	    .auth_cnt = tx->auth_cnt,
	    .blob_hashes = tx->blob_hashes,
	    .blob_cnt = tx->blob_cnt,
	};
	if (!o->has_gas || out->gas > RPC_CALL_GAS_MAX)
		out->gas = RPC_CALL_GAS_MAX;
	return RC_OK;
}
