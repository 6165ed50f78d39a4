/* SPDX-License-Identifier: Apache-2.0
 *
 * The keeper's turn: what calls about accounts ask of whoever has the keys.
 * Calls are done in their order. A transaction without a nonce gets the next
 * one here, and goes to the pool at once: the keeper is one thread, so no two
 * transactions get the same.
 */
#include "rpc/keys_priv.h"

#include "base/check.h"
#include "eth/ethjson.h"

/* Largest result: every account of a key store. */
enum { RESULT_MAX = 1 << 20, V_BASE = 27, SIGNATURE_BYTES = 65 };

void
rpc_key_wipe(struct rpc_item *it)
{
	struct rpc_key_ask *ask = it->key;

	if (ask == NULL || ask->password.len == 0)
		return;
	explicit_bzero((void *)(uintptr_t)ask->password.ptr, ask->password.len);
	ask->password.len = 0;
}

bool
rpc_needs_keys(const struct rpc_doc *d)
{
	size_t i;

	for (i = 0; i < d->cnt; i++) {
		if (d->items[i].key != NULL)
			return true;
	}
	return false;
}

static enum rc
write_list(
    const struct rpc_keys *k, struct arena *a, struct jsonw *w, struct err *e)
{
	struct addr *v;
	size_t i, cnt;

	TRY(k->list(k->ctx, a, &v, &cnt, e));
	jsonw_arr(w);
	for (i = 0; i < cnt; i++)
		jsonw_data(w, addr_bytes(&v[i]));
	jsonw_arr_end(w);
	return RC_OK;
}

static enum rc
make(const struct rpc_keys *k, const struct rpc_key_ask *ask, struct jsonw *w,
    struct err *e)
{
	struct addr addr;

	TRY(k->make(k->ctx, &addr, ask->password, e));
	jsonw_data(w, addr_bytes(&addr));
	return RC_OK;
}

static enum rc
unlock(const struct rpc_keys *k, const struct rpc_key_ask *ask, struct jsonw *w,
    struct err *e)
{
	TRY(k->unlock(k->ctx, &ask->addr, ask->password, ask->seconds, e));
	jsonw_bool(w, true);
	return RC_OK;
}

/* What is locked already is locked: true, as go-ethereum has it. */
static enum rc
lock(const struct rpc_keys *k, const struct rpc_key_ask *ask, struct jsonw *w,
    struct err *e)
{
	TRY(k->lock(k->ctx, &ask->addr, e));
	jsonw_bool(w, true);
	return RC_OK;
}

/* sign_bytes signs, with the password for this one signature if there is
 * one. */
static enum rc
sign_bytes(const struct rpc_keys *k, uint8_t sig[SIGNATURE_BYTES],
    const struct rpc_key_ask *ask, bool is_tx, struct bytes message,
    struct err *e)
{
	if (ask->has_password)
		TRY(k->unlock(
		    k->ctx, &ask->addr, ask->password, RPC_KEYS_ONCE, e));
	return k->sign(k->ctx, sig, &ask->addr, is_tx, message, e);
}

static enum rc
sign_message(const struct rpc_keys *k, const struct rpc_key_ask *ask,
    struct jsonw *w, struct err *e)
{
	uint8_t sig[SIGNATURE_BYTES];

	TRY(sign_bytes(k, sig, ask, false, ask->message, e));
	sig[SIGNATURE_BYTES - 1] = (uint8_t)(sig[SIGNATURE_BYTES - 1] + V_BASE);
	jsonw_data(w, bytes_of(sig, sizeof(sig)));
	return RC_OK;
}

/* Transactions. ---------------------------------------------------------- */

static enum rc
put_tx(struct arena *a, struct bytes *out, const struct tx *tx, bool has_sig,
    struct err *e)
{
	struct buf b = buf_of(NULL, tx_encoded_size(tx));

	b.ptr = arena_alloc(a, b.cap);
	if (b.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "a transaction");
	TRY(tx_encode(&b, tx, has_sig, e));
	*out = bytes_of_buf(&b);
	return RC_OK;
}

/* sign_tx makes the signed transaction, whose sender must be the account. */
static enum rc
sign_tx(struct rpc_doc *d, const struct rpc_keys *k, struct pool_tx **out,
    struct rpc_key_ask *ask, struct err *e)
{
	uint8_t sig[SIGNATURE_BYTES];
	struct bytes raw;
	enum rc rc;

	TRY(put_tx(&d->keep, &raw, &ask->tx, false, e));
	TRY(sign_bytes(k, sig, ask, true, raw, e));
	u256_from_be(&ask->tx.r, bytes_of(sig, 32));
	u256_from_be(&ask->tx.s, bytes_of(sig + 32, 32));
	ask->tx.y_parity = sig[64];
	TRY(put_tx(&d->keep, &raw, &ask->tx, true, e));
	TRY(pool_tx_decode(out, raw, e));
	rc = pool_tx_recover(*out, e);
	if (rc == RC_OK && !addr_eq(&(*out)->sender, &ask->addr))
		rc = FAIL(e, RC_INTERNAL, "signed by another key");
	if (rc != RC_OK)
		pool_tx_put(*out);
	return rc;
}

static enum rc
write_tx(struct rpc_doc *d, const struct rpc_keys *k, struct rpc_key_ask *ask,
    struct jsonw *w, struct err *e)
{
	struct pool_tx *t;

	TRY(sign_tx(d, k, &t, ask, e));
	jsonw_obj(w);
	jsonw_key(w, "raw");
	jsonw_data(w, t->tx.raw);
	jsonw_key(w, "tx");
	ethjson_tx(w, &t->tx, &t->sender, NULL);
	jsonw_obj_end(w);
	pool_tx_put(t);
	return RC_OK;
}

/* next_nonce is the pool's, and behind what this document is about to give
 * to the pool. */
static enum rc
next_nonce(const struct rpc_doc *d, const struct rpc_keys *k,
    struct rpc_item *it, struct err *e)
{
	struct rpc_key_ask *ask = it->key;
	const struct rpc_item *other;

	TRY(k->nonce(k->ctx, &ask->tx.nonce, &ask->addr, e));
	for (other = d->items; other < it; other++) {
		if (other->pool_work != RPC_POOL_SUBMIT ||
		    !addr_eq(&other->tx->sender, &ask->addr) ||
		    other->tx->tx.nonce < ask->tx.nonce)
			continue;
		ask->tx.nonce = other->tx->tx.nonce + 1;
		it->behind = other;
	}
	return RC_OK;
}

static enum rc
send(struct rpc_doc *d, const struct rpc_keys *k, struct rpc_item *it,
    struct err *e)
{
	struct pool_tx *t;

	if (!it->key->has_nonce)
		TRY(next_nonce(d, k, it, e));
	TRY(sign_tx(d, k, &t, it->key, e));
	it->tx = t;
	it->pool_work = RPC_POOL_SUBMIT;
	return RC_OK;
}

/* list_pending leaves what waits of the accounts to the pool. */
static enum rc
list_pending(struct rpc_doc *d, const struct rpc_keys *k, struct rpc_item *it,
    struct err *e)
{
	TRY(k->list(k->ctx, &d->keep, &it->own, &it->own_cnt, e));
	it->list_form = RPC_LIST_OWN;
	it->pool_work = RPC_POOL_LIST;
	return RC_OK;
}

static enum rc
run(struct rpc_doc *d, const struct rpc_keys *k, struct rpc_item *it,
    struct jsonw *w, struct err *e)
{
	struct rpc_key_ask *ask = it->key;

	switch (ask->work) {
	case RPC_KEY_LIST:
		return write_list(k, &d->keep, w, e);
	case RPC_KEY_PENDING:
		return list_pending(d, k, it, e);
	case RPC_KEY_MAKE:
		return make(k, ask, w, e);
	case RPC_KEY_UNLOCK:
		return unlock(k, ask, w, e);
	case RPC_KEY_LOCK:
		return lock(k, ask, w, e);
	case RPC_KEY_SIGN:
		return sign_message(k, ask, w, e);
	case RPC_KEY_SIGN_TX:
		return write_tx(d, k, ask, w, e);
	case RPC_KEY_SEND:
		return send(d, k, it, e);
	}
	return FAIL(e, RC_INTERNAL, "no work for the keeper");
}

void
rpc_run_keys(struct rpc_doc *d, const struct rpc_keys *k)
{
	size_t i;

	for (i = 0; i < d->cnt; i++) {
		struct rpc_item *it = &d->items[i];
		struct err why = {.rc = RC_OK};
		struct jsonw w;
		enum rc rc;

		if (it->key == NULL)
			continue;
		jsonw_init(&w, RESULT_MAX);
		rc = run(d, k, it, &w, &why);
		rpc_key_wipe(it);
		it->key = NULL;
		if (it->pool_work == RPC_POOL_NONE)
			rpc_item_end(d, it, &w, rc, &why);
		else
			jsonw_free(&w);
	}
}
