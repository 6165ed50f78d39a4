/* SPDX-License-Identifier: Apache-2.0
 *
 * Accounts whose keys this node keeps: personal_ methods, eth_accounts,
 * eth_sign and its kin. A reader reads and checks the arguments here; what
 * needs a key is left to the keeper's turn (keys.c), since it may take as
 * long as opening a key file. Operators' socket only (methods.def).
 */
#include <stdio.h>

#include "eth/eip712.h"
#include "eth/ethjson.h"
#include "rpc/keys_priv.h"
#include "rpc/simulate_priv.h"

/* go-ethereum's time when none is said; the longest. */
enum { UNLOCK_S = 300, UNLOCK_S_MAX = 366 * 86400 };

/* What EIP-191 puts before a text, the length in decimal behind it. */
#define TEXT_PREFIX                                                            \
	"\x19"                                                                 \
	"Ethereum Signed Message:\n"
enum { TEXT_PREFIX_MAX = sizeof(TEXT_PREFIX) + 20 };

/* EIP-191 signatures have 27 or 28 for v. */
enum { V_BASE = 27, SIGNATURE_BYTES = 65 };

/* leave leaves work for the keeper. */
static enum rc
leave(struct rpc_call *c, struct rpc_key_ask **out, enum rpc_key_work work,
    struct err *e)
{
	struct rpc_key_ask *ask;

	if (!c->node->has_accounts)
		return FAIL(e, RC_UNSUPPORTED,
		    "this node keeps no accounts: \"accounts\" is not set in "
		    "its configuration");
	ask = arena_alloc(&c->doc->keep, sizeof(*ask));
	if (ask == NULL)
		return FAIL(e, RC_NO_MEMORY, "an account's call");
	ask->work = work;
	c->item->key = ask;
	*out = ask;
	return RC_OK;
}

/* keep_password copies argument i to where the keeper finds it. */
static enum rc
keep_password(
    struct rpc_call *c, struct rpc_key_ask *ask, unsigned i, struct err *e)
{
	struct bytes text;

	TRY(rpc_arg_text(&text, c, i, e));
	ask->password = arena_copy(&c->doc->keep, text);
	ask->has_password = ask->password.ptr != NULL;
	return ask->has_password ? RC_OK : FAIL(e, RC_NO_MEMORY, "an argument");
}

static enum rc
list(struct rpc_call *c, enum rpc_key_work work, struct err *e)
{
	struct rpc_key_ask *ask;

	if (c->doc->source == RPC_LOCAL && c->node->has_accounts)
		return leave(c, &ask, work, e);
	jsonw_arr(c->w);
	jsonw_arr_end(c->w);
	return RC_OK;
}

/* The gateway sees none: it could use none. */
enum rc
rpc_do_accounts(struct rpc_call *c, struct err *e)
{
	return list(c, RPC_KEY_LIST, e);
}

enum rc
rpc_do_list_accounts(struct rpc_call *c, struct err *e)
{
	return list(c, RPC_KEY_LIST, e);
}

enum rc
rpc_do_pending_txs(struct rpc_call *c, struct err *e)
{
	return list(c, RPC_KEY_PENDING, e);
}

enum rc
rpc_do_new_account(struct rpc_call *c, struct err *e)
{
	struct rpc_key_ask *ask;

	TRY(leave(c, &ask, RPC_KEY_MAKE, e));
	return keep_password(c, ask, 0, e);
}

/* read_seconds reads how long to unlock; web3 sends a number, others hex. */
static enum rc
read_seconds(uint32_t *out, const struct rpc_call *c, struct err *e)
{
	uint64_t seconds = UNLOCK_S;

	if (rpc_arg_has(c, 2))
		TRY(rpc_arg_count(&seconds, c, 2, e));
	if (seconds > UNLOCK_S_MAX)
		return FAIL(e, RC_UNSUPPORTED, "unlock duration too large");
	*out = (uint32_t)seconds;
	return RC_OK;
}

enum rc
rpc_do_unlock_account(struct rpc_call *c, struct err *e)
{
	struct rpc_key_ask *ask;

	TRY(leave(c, &ask, RPC_KEY_UNLOCK, e));
	TRY(rpc_arg_addr(&ask->addr, c, 0, e));
	TRY(read_seconds(&ask->seconds, c, e));
	return keep_password(c, ask, 1, e);
}

enum rc
rpc_do_lock_account(struct rpc_call *c, struct err *e)
{
	struct rpc_key_ask *ask;

	TRY(leave(c, &ask, RPC_KEY_LOCK, e));
	return rpc_arg_addr(&ask->addr, c, 0, e);
}

/* Messages. ------------------------------------------------------------- */

/* text_message puts EIP-191's prefix before data, in the arena. */
static enum rc
text_message(
    struct arena *a, struct bytes *out, struct bytes data, struct err *e)
{
	char prefix[TEXT_PREFIX_MAX];
	int n = snprintf(prefix, sizeof(prefix), TEXT_PREFIX "%zu", data.len);
	struct buf b = buf_of(NULL, (size_t)n + data.len);

	b.ptr = arena_alloc(a, b.cap);
	if (b.ptr == NULL || !buf_put(&b, prefix, (size_t)n) ||
	    !buf_put(&b, data.ptr, data.len))
		return FAIL(e, RC_NO_MEMORY, "a message");
	*out = bytes_of_buf(&b);
	return RC_OK;
}

/* sign_text leaves the signature of a text: its arguments' places differ. */
static enum rc
sign_text(struct rpc_call *c, struct rpc_key_ask **ask, unsigned addr_at,
    unsigned data_at, struct err *e)
{
	struct bytes data;

	TRY(leave(c, ask, RPC_KEY_SIGN, e));
	TRY(rpc_arg_addr(&(*ask)->addr, c, addr_at, e));
	TRY(rpc_arg_data(&data, c, data_at, e));
	return text_message(&c->doc->keep, &(*ask)->message, data, e);
}

enum rc
rpc_do_sign(struct rpc_call *c, struct err *e)
{
	struct rpc_key_ask *ask;

	return sign_text(c, &ask, 0, 1, e);
}

/* Without a password, as wallets ask, the account must be unlocked. */
enum rc
rpc_do_personal_sign(struct rpc_call *c, struct err *e)
{
	struct rpc_key_ask *ask;

	TRY(sign_text(c, &ask, 1, 0, e));
	return rpc_arg_has(c, 2) ? keep_password(c, ask, 2, e) : RC_OK;
}

/* The document comes as an object, or as its text in a string. */
enum rc
rpc_do_sign_typed(struct rpc_call *c, struct err *e)
{
	struct err why = {.rc = RC_OK};
	struct rpc_key_ask *ask;
	struct eip712 doc;
	struct bytes json;
	enum rc rc;

	TRY(leave(c, &ask, RPC_KEY_SIGN, e));
	TRY(rpc_arg_addr(&ask->addr, c, 0, e));
	json = c->arg[1]->kind == RPC_JSON_STRING ? c->arg[1]->str
						  : c->arg[1]->raw;
	rc = eip712_read(c->a, &doc, json, &why);
	if (rc == RC_BAD_JSON)
		return FAIL(e, RC_BAD_INPUT, "invalid argument 1: %s",
		    err_message(&why, rc));
	if (rc != RC_OK)
		return rpc_arg_fail(1, rc, &why, e);
	ask->message =
	    arena_copy(&c->doc->keep, bytes_of(doc.preimage, doc.len));
	return ask->message.ptr == NULL ? FAIL(e, RC_NO_MEMORY, "a message")
					: RC_OK;
}

enum rc
rpc_do_ec_recover(struct rpc_call *c, struct err *e)
{
	struct bytes data, sig, message;
	struct hash digest;
	struct addr who;

	TRY(rpc_arg_data(&data, c, 0, e));
	TRY(rpc_arg_data(&sig, c, 1, e));
	if (sig.len != SIGNATURE_BYTES)
		return FAIL(e, RC_UNSUPPORTED,
		    "signature must be %d bytes long", SIGNATURE_BYTES);
	if (sig.ptr[64] != V_BASE && sig.ptr[64] != V_BASE + 1)
		return FAIL(e, RC_UNSUPPORTED,
		    "invalid Ethereum signature (V is not 27 or 28)");
	TRY(text_message(c->a, &message, data, e));
	digest = hash_keccak(message);
	TRY(tx_digest_signer(
	    &who, &digest, sig.ptr, (uint8_t)(sig.ptr[64] - V_BASE), e));
	jsonw_data(c->w, addr_bytes(&who));
	return RC_OK;
}

/* Transactions. ---------------------------------------------------------- */

static enum rc
check_members(const struct rpc_json *obj, bool is_signed, struct err *e)
{
	if (rpc_member(obj, "blobs") != NULL ||
	    rpc_member(obj, "blobVersionedHashes") != NULL ||
	    rpc_member(obj, "maxFeePerBlobGas") != NULL)
		return FAIL(e, RC_UNSUPPORTED,
		    "blob transactions (EIP-4844) are not signed by this node");
	if (is_signed && rpc_member(obj, "from") == NULL)
		return FAIL(e, RC_KEY_UNKNOWN, "%s", err_text(RC_KEY_UNKNOWN));
	return RC_OK;
}

/* check_whole wants what eth_signTransaction does not fill in. */
static enum rc
check_whole(const struct rpc_callobj *o, struct err *e)
{
	if (!o->has_gas)
		return FAIL(e, RC_UNSUPPORTED, "gas not specified");
	if (!o->has_gas_price && !(o->has_fee && o->has_tip))
		return FAIL(e, RC_UNSUPPORTED,
		    "missing gasPrice or maxFeePerGas/maxPriorityFeePerGas");
	if (!o->has_nonce)
		return FAIL(e, RC_UNSUPPORTED, "nonce not specified");
	return RC_OK;
}

/* set_type decides the envelope as go-ethereum does: by the members. */
static void
set_type(struct rpc_callobj *o, const struct rpc_json *obj)
{
	if (o->has_gas_price && rpc_member(obj, "accessList") != NULL)
		o->tx.type = TX_ACCESS_LIST;
	o->tx.has_chain_id = true;
	o->tx.is_unsigned = false;
}

/* fill_price fills in what is paid per gas: the suggested tip, and twice the
 * base fee, so that six full blocks do not outrun it. */
static enum rc
fill_price(struct rpc_call *c, struct rpc_callobj *o, struct err *e)
{
	struct u256 tip, base;
	struct tx *tx = &o->tx;
	bool has_base;

	if (o->has_gas_price)
		return RC_OK;
	TRY(rpc_fee_suggest(c, &tip, &base, &has_base, e));
	if (!has_base && (o->has_fee || o->has_tip))
		return FAIL(e, RC_UNSUPPORTED,
		    "maxFeePerGas and maxPriorityFeePerGas are not valid "
		    "before London is active");
	if (!o->has_tip)
		tx->max_tip = tip;
	if (!o->has_fee &&
	    (u256_add(&tx->max_fee, &base, &base) ||
		u256_add(&tx->max_fee, &tx->max_fee, &tx->max_tip)))
		return FAIL(e, RC_BAD_INPUT, "maxPriorityFeePerGas: too large");
	if (!has_base)
		tx->type = TX_LEGACY;
	return RC_OK;
}

/* fill_gas estimates; the other arguments are none of a call's. */
static enum rc
fill_gas(struct rpc_call *c, struct rpc_callobj *o, struct err *e)
{
	const struct rpc_json *second = c->arg[1];
	enum rc rc;

	if (o->has_gas)
		return RC_OK;
	c->arg[1] = NULL;
	rc = rpc_gas_estimate(c, &o->tx.gas, e);
	c->arg[1] = second;
	return rc;
}

/* read_tx reads argument 0 into the document's memory: other turns go on with
 * it. is_signed: by an account of this node. */
static enum rc
read_tx(
    struct rpc_call *c, struct rpc_callobj *o, bool is_signed, struct err *e)
{
	struct err why = {.rc = RC_OK};
	struct arena *a = c->a;
	enum rc rc;

	if (c->arg[0]->kind != RPC_JSON_OBJECT)
		return FAIL(
		    e, RC_BAD_INPUT, "invalid argument 0: not an object");
	TRY(check_members(c->arg[0], is_signed, e));
	c->a = &c->doc->keep;
	rc = rpc_callobj_read(c, o, c->arg[0], &why);
	c->a = a;
	if (rc != RC_OK)
		return rpc_arg_fail(0, rc, &why, e);
	if (o->tx.is_create && o->tx.data.len == 0)
		return FAIL(e, RC_UNSUPPORTED,
		    "contract creation without any data provided");
	set_type(o, c->arg[0]);
	return RC_OK;
}

/* check_tx refuses what no block takes. */
static enum rc
check_tx(struct rpc_call *c, const struct rpc_callobj *o, struct err *e)
{
	if (u256_lt(&o->tx.max_fee, &o->tx.max_tip))
		return FAIL(e, RC_TX_TIP_ABOVE_FEE, "%s",
		    err_text(RC_TX_TIP_ABOVE_FEE));
	return rpc_tx_check(c, &o->tx, e);
}

/* read_whole reads argument 0 and fills in all but the nonce. */
static enum rc
read_whole(
    struct rpc_call *c, struct rpc_callobj *o, bool is_signed, struct err *e)
{
	TRY(read_tx(c, o, is_signed, e));
	TRY(fill_price(c, o, e));
	TRY(fill_gas(c, o, e));
	return check_tx(c, o, e);
}

/* leave_tx leaves a transaction that lacks at most its nonce. */
static void
leave_tx(struct rpc_key_ask *ask, const struct rpc_callobj *o)
{
	ask->addr = o->from;
	ask->tx = o->tx;
	ask->has_nonce = o->has_nonce;
}

static enum rc
send(struct rpc_call *c, struct rpc_key_ask **ask, struct err *e)
{
	struct rpc_callobj o;

	TRY(leave(c, ask, RPC_KEY_SEND, e));
	TRY(read_whole(c, &o, true, e));
	leave_tx(*ask, &o);
	return RC_OK;
}

enum rc
rpc_do_send_tx(struct rpc_call *c, struct err *e)
{
	struct rpc_key_ask *ask;

	return send(c, &ask, e);
}

enum rc
rpc_do_personal_send(struct rpc_call *c, struct err *e)
{
	struct rpc_key_ask *ask;

	TRY(send(c, &ask, e));
	return keep_password(c, ask, 1, e);
}

enum rc
rpc_do_sign_tx(struct rpc_call *c, struct err *e)
{
	struct rpc_key_ask *ask;
	struct rpc_callobj o;

	TRY(leave(c, &ask, RPC_KEY_SIGN_TX, e));
	TRY(read_tx(c, &o, true, e));
	TRY(check_whole(&o, e));
	TRY(check_tx(c, &o, e));
	leave_tx(ask, &o);
	return RC_OK;
}

/* Filling. ---------------------------------------------------------------- */

enum rc
rpc_fill_write(
    struct arena *a, struct jsonw *w, const struct rpc_item *it, struct err *e)
{
	struct tx *tx = it->fill;

	TRY(rpc_tx_seal(a, tx, e));
	jsonw_obj(w);
	jsonw_key(w, "raw");
	jsonw_data(w, tx->raw);
	jsonw_key(w, "tx");
	ethjson_tx(w, tx, &it->addr, NULL);
	jsonw_obj_end(w);
	return RC_OK;
}

/* leave_nonce leaves the nonce to the pool, which knows what waits. */
static enum rc
leave_nonce(struct rpc_call *c, struct err *e)
{
	const struct store_view *v;
	struct store_head head;
	struct account acc;
	bool found;

	TRY(rpc_doc_view(c->doc, &v, e));
	store_view_head(v, &head);
	TRY(store_account(v, head.number, &acc, &found, &c->item->addr, e));
	c->item->nonce = found ? acc.nonce : 0;
	c->item->pool_work = RPC_POOL_FILL;
	return RC_OK;
}

/* Whoever asks signs it: no account of this node has to do with it. */
enum rc
rpc_do_fill_tx(struct rpc_call *c, struct err *e)
{
	struct rpc_callobj o;
	struct tx *tx = arena_alloc(&c->doc->keep, sizeof(*tx));

	if (tx == NULL)
		return FAIL(e, RC_NO_MEMORY, "a transaction");
	TRY(read_whole(c, &o, false, e));
	*tx = o.tx;
	tx->is_unsigned = true;
	c->item->fill = tx;
	c->item->addr = o.from;
	return o.has_nonce ? rpc_fill_write(c->a, c->w, c->item, e)
			   : leave_nonce(c, e);
}
