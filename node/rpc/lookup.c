/* SPDX-License-Identifier: Apache-2.0
 *
 * From what a caller names to what the store has: blocks by tag, number or
 * hash, and the parts of a stored block. A block is cut along its RLP and
 * only what is asked for is decoded: one transaction of five thousand costs
 * a walk over headers, not five thousand decodings.
 */
#include <stdatomic.h>

#include "consensus/clique.h"
#include "eth/rlp.h"
#include "rpc/authors.h"
#include "rpc/rpc_priv.h"

/* final_number finds the newest block that no reorganisation reaches. */
static enum rc
final_number(const struct rpc_call *c, uint64_t head, enum rpc_at_kind kind,
    uint64_t *out, struct err *e)
{
	uint64_t depth;

	if (c->node->final_depth == NULL)
		return FAIL(e, RC_NOT_FOUND, "%s block not found",
		    kind == RPC_AT_SAFE ? "safe" : "finalized");
	depth =
	    atomic_load_explicit(c->node->final_depth, memory_order_relaxed);
	*out = head > depth ? head - depth : 0;
	return RC_OK;
}

/* number_of turns everything but a hash into a number. */
static enum rc
number_of(const struct rpc_call *c, const struct store_head *head,
    const struct rpc_at *at, uint64_t *out, struct err *e)
{
	switch (at->kind) {
	case RPC_AT_LATEST:
	case RPC_AT_PENDING:
		*out = head->number;
		break;
	case RPC_AT_EARLIEST:
		*out = 0;
		break;
	case RPC_AT_SAFE:
	case RPC_AT_FINALIZED:
		return final_number(c, head->number, at->kind, out, e);
	case RPC_AT_NUMBER:
	case RPC_AT_HASH:
		*out = at->number;
		break;
	}
	return RC_OK;
}

/* absent turns RC_NOT_FOUND into "no" and keeps other failures. */
static enum rc
absent(enum rc rc, bool *found, const struct err *why, struct err *e)
{
	*found = rc == RC_OK;
	if (rc == RC_OK || rc == RC_NOT_FOUND)
		return RC_OK;
	return FAIL(e, rc, "%s", err_message(why, rc));
}

static enum rc
find_by_hash(const struct store_view *v, struct rpc_block *out, bool *found,
    const struct rpc_at *at, struct err *e)
{
	struct err why = {.rc = RC_OK};

	out->hash = at->hash;
	TRY(absent(
	    store_number_of(v, &out->number, &at->hash, &why), found, &why, e));
	if (!*found)
		return RC_OK;
	out->is_canonical = store_is_canonical(v, &at->hash);
	if (at->needs_canonical && !out->is_canonical)
		return FAIL(e, RC_NOT_FOUND, "hash is not currently canonical");
	return RC_OK;
}

enum rc
rpc_find_block(struct rpc_call *c, struct rpc_block *out, bool *found,
    const struct rpc_at *at, struct err *e)
{
	struct err why = {.rc = RC_OK};
	const struct store_view *v;
	struct store_head head;

	*found = false;
	out->is_pending = at->kind == RPC_AT_PENDING;
	TRY(rpc_doc_view(c->doc, &v, e));
	if (at->kind == RPC_AT_HASH)
		return find_by_hash(v, out, found, at, e);
	store_view_head(v, &head);
	if (head.header == NULL)
		return FAIL(e, RC_UNAVAILABLE, "no block yet");
	TRY(number_of(c, &head, at, &out->number, e));
	out->is_canonical = true;
	if (out->number > head.number)
		return RC_OK;
	return absent(
	    store_hash_of(v, &out->hash, out->number, &why), found, &why, e);
}

enum rc
rpc_need_block(struct rpc_call *c, struct rpc_block *out,
    const struct rpc_at *at, struct err *e)
{
	bool found;

	TRY(rpc_find_block(c, out, &found, at, e));
	if (!found)
		return FAIL(e, RC_NOT_FOUND, "header not found");
	return RC_OK;
}

enum rc
rpc_need_state(struct rpc_call *c, uint64_t *number, unsigned i, struct err *e)
{
	struct rpc_at at;

	TRY(rpc_arg_at(&at, c, i, e));
	return rpc_need_state_at(c, number, &at, e);
}

enum rc
rpc_need_state_at(struct rpc_call *c, uint64_t *number, const struct rpc_at *at,
    struct err *e)
{
	struct rpc_block b;

	TRY(rpc_need_block(c, &b, at, e));
	/* State is kept by path, of the chain's own blocks. */
	if (!b.is_canonical)
		return FAIL(e, RC_NOT_FOUND,
		    "state of a block off the chain is not kept");
	*number = b.number;
	return RC_OK;
}

enum rc
rpc_state_root(
    struct rpc_call *c, struct hash *out, uint64_t number, struct err *e)
{
	const struct store_view *v;
	struct header header;
	struct hash hash;

	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(store_hash_of(v, &hash, number, e));
	TRY(store_header(v, &header, &hash, e));
	*out = header.state_root;
	return RC_OK;
}

/* cut takes a stored block apart. */
static enum rc
cut(struct rpc_body *out, struct bytes raw, struct err *e)
{
	struct bytes items, header;

	out->raw = raw;
	TRY(rlp_take_list(&items, &raw, e));
	TRY(rlp_take_raw(&header, &items, e));
	TRY(header_decode(&out->header, header, e));
	TRY(rlp_take_list(&out->txs, &items, e));
	TRY(rlp_take_list(&out->ommers, &items, e));
	TRY(rlp_count(&out->tx_cnt, out->txs, e));
	return rlp_count(&out->ommer_cnt, out->ommers, e);
}

enum rc
rpc_body_get(struct rpc_call *c, struct rpc_body *out,
    const struct rpc_block *b, struct err *e)
{
	const struct store_view *v;
	struct bytes raw;

	*out = (struct rpc_body){.tx_cnt = 0};
	if (b->is_pending)
		return rpc_pending_header(c, &out->header, e);
	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(store_raw_td(v, &raw, &out->td, &b->hash, e));
	if (cut(out, raw, NULL) != RC_OK)
		return FAIL(e, RC_CORRUPT, "a stored block is no block");
	return RC_OK;
}

/*
 * Total difficulty decides which branch is the chain under Clique, and
 * go-ethereum up to 1.13 tells it there: older clients read it. Other engines
 * have no such sum.
 */
const struct u256 *
rpc_body_td(const struct rpc_node *n, const struct rpc_body *body)
{
	return n->genesis->engine == GENESIS_CLIQUE ? &body->td : NULL;
}

enum rc
rpc_body_tx(struct arena *a, struct tx *out, const struct rpc_body *body,
    size_t index, struct err *e)
{
	struct bytes rest = body->txs, item;
	size_t i;

	for (i = 0; i < index; i++)
		TRY(rlp_take_raw(&item, &rest, e));
	return tx_take_frontier(a, out, &rest, e);
}

/* take_tx takes what is hashed of the transaction at the front of txs: a
 * legacy one is the item, a typed one is inside it. */
static enum rc
take_tx(struct bytes *out, struct bytes *txs, struct err *e)
{
	struct bytes item = *txs, payload;
	bool is_list;

	TRY(rlp_take(&payload, &is_list, txs, e));
	item.len -= txs->len;
	*out = is_list ? item : payload;
	return RC_OK;
}

/* hash_all hashes the transactions of a body. */
static enum rc
hash_all(struct arena *a, const struct hash **out, const struct rpc_body *body,
    struct err *e)
{
	struct hash *hashes = arena_array(a, body->tx_cnt + 1, sizeof(*hashes));
	struct bytes *in = arena_array(a, body->tx_cnt + 1, sizeof(*in));
	struct bytes rest = body->txs;
	size_t i;

	if (hashes == NULL || in == NULL)
		return FAIL(e, RC_NO_MEMORY, "hashes of a block");
	for (i = 0; i < body->tx_cnt; i++)
		TRY(take_tx(&in[i], &rest, e));
	hash_keccak_many(hashes, in, body->tx_cnt);
	*out = hashes;
	return RC_OK;
}

enum rc
rpc_body_hashes(struct rpc_call *c, const struct hash **out,
    const struct rpc_block *b, const struct rpc_body *body, struct err *e)
{
	const struct store_view *v;

	TRY(rpc_doc_view(c->doc, &v, e));
	*out = store_tx_hashes(v, &b->hash);
	return *out != NULL ? RC_OK : hash_all(c->a, out, body, e);
}

enum rc
rpc_tx_hash_next(struct hash *out, struct bytes *txs, struct err *e)
{
	struct bytes tx;

	TRY(take_tx(&tx, txs, e));
	*out = hash_keccak(tx);
	return RC_OK;
}

enum rc
rpc_receipts_get(struct rpc_call *c, struct bytes *items, bool *found,
    const struct hash *hash, struct err *e)
{
	struct err why = {.rc = RC_OK};
	const struct store_view *v;
	struct bytes packed;

	*items = bytes_of(NULL, 0);
	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(absent(store_receipts(v, &packed, hash, &why), found, &why, e));
	return *found ? receipts_open(items, packed, e) : RC_OK;
}

enum rc
rpc_sender_of(struct addr *out, const struct store_view *v,
    const struct rpc_block *b, const struct tx *tx, size_t index, struct err *e)
{
	struct bytes senders;

	/* Of blocks off the chain senders are not kept. */
	if (!b->is_canonical ||
	    store_senders(v, &senders, &b->hash, NULL) != RC_OK)
		return tx_sender(out, tx, e);
	if (senders.len < (index + 1) * sizeof(out->b))
		return FAIL(e, RC_CORRUPT, "stored senders are too few");
	memcpy(out->b, senders.ptr + index * sizeof(out->b), sizeof(out->b));
	return RC_OK;
}

struct addr
rpc_author_of(
    const struct rpc_node *n, const struct header *h, const struct hash *hash)
{
	bool is_known = n->authors != NULL && hash != NULL;
	struct addr out;

	if (n->genesis->engine != GENESIS_CLIQUE || h->number == 0)
		return h->coinbase;
	if (is_known && rpc_authors_find(n->authors, &out, hash))
		return out;
	if (clique_signer(&out, h, NULL) != RC_OK)
		return h->coinbase;
	if (is_known)
		rpc_authors_put(n->authors, hash, &out);
	return out;
}
