/* SPDX-License-Identifier: Apache-2.0
 *
 * Transactions: sent, looked up, and their receipts.
 *
 * eth_sendRawTransaction is the hot path. Here, on a reader's thread, is
 * everything that needs no account: decoding, the protocol's rules, whether
 * this build can execute it at all, and last, because it costs most, who
 * sent it. The pool's turn is in work.c.
 */
#include <stdatomic.h>

#include "base/hex.h"
#include "eth/blobfee.h"
#include "eth/ethjson.h"
#include "eth/rlp.h"
#include "exec/exec.h"
#include "rpc/rpc_priv.h"

/* gas_max is what the pool will say too, perhaps of a newer head. */
static uint64_t
gas_max(const struct rpc_node *n, const struct header *head)
{
	return n->gas_max == NULL ? head->gas_limit : atomic_load(n->gas_max);
}

/* The chain id comes first: it is what a wallet on another network gets
 * wrong, and go-ethereum's text helps it. */
enum rc
rpc_tx_seal(struct arena *a, struct tx *tx, struct err *e)
{
	size_t cap = tx_encoded_size(tx);
	struct buf b = buf_of(arena_alloc(a, cap), cap);

	if (b.ptr == NULL)
		return FAIL(e, RC_NO_MEMORY, "a transaction");
	TRY(tx_encode(&b, tx, true, e));
	tx->raw = bytes_of_buf(&b);
	tx->hash = hash_keccak(tx->raw);
	return RC_OK;
}

enum rc
rpc_tx_check(struct rpc_call *c, const struct tx *tx, struct err *e)
{
	const struct rpc_node *n = c->node;
	uint64_t now_s = n->clock->wall_ms(n->clock->ctx) / 1000;
	const struct store_view *v;
	struct store_head head;

	if (!tx->has_chain_id && !n->allow_unprotected)
		return FAIL(
		    e, RC_TX_UNPROTECTED, "%s", err_text(RC_TX_UNPROTECTED));
	if (tx->has_chain_id && tx->chain_id != n->genesis->forks.chain_id)
		return FAIL(e, RC_TX_CHAIN_ID,
		    "invalid chain id for signer: have %llu want %llu",
		    (unsigned long long)tx->chain_id,
		    (unsigned long long)n->genesis->forks.chain_id);
	TRY(rpc_doc_view(c->doc, &v, e));
	store_view_head(v, &head);
	if (head.header == NULL)
		return FAIL(e, RC_UNAVAILABLE, "no block yet");
	if (tx->gas > gas_max(n, head.header))
		return FAIL(
		    e, RC_TX_GAS_LIMIT, "%s", err_text(RC_TX_GAS_LIMIT));
	return exec_check_stateless(
	    tx, &n->genesis->forks, head.number + 1, now_s, e);
}

/* is_typed tells an envelope of EIP-2718 from a list. */
static bool
is_typed(struct bytes raw)
{
	return raw.len > 0 && raw.ptr[0] < 0x80;
}

/* is_cut tells whether the bytes end before the list that they announce. */
static bool
is_cut(struct bytes raw)
{
	size_t head = is_typed(raw) ? 1 : 0;
	struct bytes rest = bytes_of(raw.ptr + head, raw.len - head), items;

	return rlp_take_list(&items, &rest, NULL) == RC_TRUNCATED;
}

/* refuse puts go-ethereum's words for a signature that gives no sender on
 * this chain before the reason. */
static enum rc
refuse(enum rc rc, const struct err *why, struct err *e)
{
	const char *text = err_message(why, rc);

	if (rc == RC_TX_CHAIN_ID || rc == RC_BAD_SIGNATURE)
		return FAIL(
		    e, RC_TX_SENDER, "%s: %s", err_text(RC_TX_SENDER), text);
	return FAIL(e, rc, "%s", text);
}

/*
 * undecodable turns a failure of the decoder into what go-ethereum says of
 * such bytes: a refusal (-32000), not a wrong parameter, in its words where
 * it has one word for the case. Others keep ours behind its "rlp: ".
 */
static enum rc
undecodable(struct bytes raw, enum rc rc, const struct err *why, struct err *e)
{
	const char *text = err_message(why, rc);

	if (raw.len == 0 || (raw.len == 1 && is_typed(raw)))
		return FAIL(e, RC_TX_ENCODING, "typed transaction too short");
	if (rc == RC_TX_TYPE && !is_typed(raw))
		return FAIL(e, RC_TX_ENCODING, "rlp: expected input list");
	if (rc == RC_TRAILING)
		return FAIL(e, RC_TX_ENCODING,
		    "rlp: input contains more than one value");
	if (rc == RC_TRUNCATED)
		return FAIL(e, RC_TX_ENCODING, "rlp: %s",
		    is_cut(raw) ? "value size exceeds available input length"
				: "element is larger than containing list");
	if (rc == RC_NONCANONICAL || rc == RC_BAD_INPUT)
		return FAIL(e, RC_TX_ENCODING, "rlp: %s", text);
	return refuse(rc, why, e);
}

/* read_raw decodes the argument straight into a pooled transaction. */
static enum rc
read_raw(struct rpc_call *c, struct pool_tx **out, struct err *e)
{
	struct err why = {.rc = RC_OK};
	struct bytes text, raw;
	enum rc rc;

	TRY(rpc_arg_text(&text, c, 0, e));
	if (text.len > 2 + 2 * (size_t)TX_RAW_MAX)
		return FAIL(e, RC_TX_OVERSIZED,
		    "oversized data: transaction size %zu, limit %d",
		    text.len / 2 - 1, (int)TX_RAW_MAX);
	TRY(rpc_arg_data(&raw, c, 0, e));
	rc = pool_tx_decode(out, raw, &why);
	return rc == RC_OK ? RC_OK : undecodable(raw, rc, &why, e);
}

enum rc
rpc_do_send_raw_tx(struct rpc_call *c, struct err *e)
{
	struct err why = {.rc = RC_OK};
	struct pool_tx *t;
	enum rc rc;

	TRY(read_raw(c, &t, e));
	rc = rpc_tx_check(c, &t->tx, &why);
	if (rc == RC_OK)
		rc = pool_tx_recover(t, &why);
	if (rc != RC_OK) {
		pool_tx_put(t);
		return refuse(rc, &why, e);
	}
	c->item->tx = t;
	c->item->pool_work = RPC_POOL_SUBMIT;
	return RC_OK;
}

/* write_tx writes one transaction of a block, or its bytes. */
static enum rc
write_tx(struct rpc_call *c, const struct rpc_block *b, uint64_t index,
    bool want_raw, struct err *e)
{
	struct ethjson_at at = {.block_hash = b->hash, .index = index};
	const struct store_view *v;
	struct rpc_body body;
	struct addr sender;
	struct tx tx;

	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(rpc_body_get(c, &body, b, e));
	if (index >= body.tx_cnt) {
		jsonw_null(c->w);
		return RC_OK;
	}
	TRY(rpc_body_tx(c->a, &tx, &body, (size_t)index, e));
	if (want_raw) {
		jsonw_data(c->w, tx.raw);
		return RC_OK;
	}
	TRY(rpc_sender_of(&sender, v, b, &tx, (size_t)index, e));
	at.header = &body.header;
	ethjson_tx(c->w, &tx, &sender, &at);
	return RC_OK;
}

/* locate finds the block and index of a mined transaction. */
static enum rc
locate(struct rpc_call *c, struct rpc_block *b, uint64_t *index, bool *found,
    const struct hash *hash, struct err *e)
{
	struct err why = {.rc = RC_OK};
	const struct store_view *v;
	enum rc rc;

	TRY(rpc_doc_view(c->doc, &v, e));
	rc = store_tx_at(v, &b->number, index, hash, &why);
	*found = rc == RC_OK;
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc != RC_OK)
		return FAIL(e, rc, "%s", err_message(&why, rc));
	b->is_canonical = true;
	b->is_pending = false;
	return store_hash_of(v, &b->hash, b->number, e);
}

enum rc
rpc_tx_find(struct rpc_call *c, bool *found, const struct hash *hash,
    bool want_raw, struct err *e)
{
	struct rpc_block b;
	uint64_t index;

	TRY(locate(c, &b, &index, found, hash, e));
	return *found ? write_tx(c, &b, index, want_raw, e) : RC_OK;
}

void
rpc_tx_pending(struct jsonw *w, const struct pool_tx *t, bool want_raw)
{
	if (want_raw)
		jsonw_data(w, t->tx.raw);
	else
		ethjson_tx(w, &t->tx, &t->sender, NULL);
}

/* find_or_ask answers from the view, or leaves it to the pool. */
static enum rc
find_or_ask(struct rpc_call *c, bool want_raw, struct err *e)
{
	bool found;

	TRY(rpc_arg_hash(&c->item->hash, c, 0, e));
	TRY(rpc_tx_find(c, &found, &c->item->hash, want_raw, e));
	if (found)
		return RC_OK;
	c->item->want_raw = want_raw;
	c->item->pool_work = RPC_POOL_FIND;
	return RC_OK;
}

enum rc
rpc_do_get_tx(struct rpc_call *c, struct err *e)
{
	return find_or_ask(c, false, e);
}

enum rc
rpc_do_get_raw_tx(struct rpc_call *c, struct err *e)
{
	return find_or_ask(c, true, e);
}

/* tx_in_block answers with the transaction at argument 1 of a block. */
static enum rc
tx_in_block(struct rpc_call *c, const struct rpc_at *at, struct err *e)
{
	struct rpc_block b;
	uint64_t index;
	bool found;

	TRY(rpc_arg_u64(&index, c, 1, e));
	TRY(rpc_find_block(c, &b, &found, at, e));
	if (found)
		return write_tx(c, &b, index, false, e);
	jsonw_null(c->w);
	return RC_OK;
}

enum rc
rpc_do_get_tx_by_number(struct rpc_call *c, struct err *e)
{
	struct rpc_at at;

	TRY(rpc_arg_tag(&at, c, 0, e));
	return tx_in_block(c, &at, e);
}

enum rc
rpc_do_get_tx_by_block_hash(struct rpc_call *c, struct err *e)
{
	struct rpc_at at = {.kind = RPC_AT_HASH};

	TRY(rpc_arg_hash(&at.hash, c, 0, e));
	return tx_in_block(c, &at, e);
}

/* take_receipt steps to the receipt at index and counts the logs before. */
static enum rc
take_receipt(struct rpc_call *c, struct receipt *out, uint64_t *log_index,
    struct bytes items, uint64_t index, struct err *e)
{
	struct receipt skipped;
	uint64_t i;

	*log_index = 0;
	for (i = 0; i < index; i++) {
		TRY(receipts_next(NULL, &skipped, &items, e));
		*log_index += skipped.log_cnt;
	}
	return receipts_next(c->a, out, &items, e);
}

static enum rc
write_receipt(struct rpc_call *c, const struct rpc_block *b, uint64_t index,
    struct err *e)
{
	struct ethjson_at at = {.block_hash = b->hash, .index = index};
	const struct store_view *v;
	struct rpc_body body;
	struct bytes receipts;
	struct u256 blob_price;
	struct addr sender;
	uint64_t log_index;
	struct receipt r;
	struct tx tx;
	bool found;

	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(rpc_body_get(c, &body, b, e));
	TRY(rpc_receipts_get(c, &receipts, &found, &b->hash, e));
	if (!found || index >= body.tx_cnt)
		return FAIL(
		    e, RC_CORRUPT, "a mined transaction has no receipt");
	TRY(rpc_body_tx(c->a, &tx, &body, (size_t)index, e));
	TRY(take_receipt(c, &r, &log_index, receipts, index, e));
	TRY(rpc_sender_of(&sender, v, b, &tx, (size_t)index, e));
	at.header = &body.header;
	blobfee_of(&blob_price, &c->node->genesis->forks, at.header);
	ethjson_receipt(c->w, &r, &tx, &sender, &at, log_index, &blob_price);
	return RC_OK;
}

enum rc
rpc_do_get_receipt(struct rpc_call *c, struct err *e)
{
	struct hash hash;
	struct rpc_block b;
	uint64_t index;
	bool found;

	TRY(rpc_arg_hash(&hash, c, 0, e));
	TRY(locate(c, &b, &index, &found, &hash, e));
	if (found)
		return write_receipt(c, &b, index, e);
	jsonw_null(c->w);
	return RC_OK;
}
