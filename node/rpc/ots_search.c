/* SPDX-License-Identifier: Apache-2.0
 *
 * The transactions of an address as Otterscan pages through them: by block,
 * never a part of one, the newest first. The store's index says where they
 * are; a page costs its own blocks, wherever it begins. And the two that it
 * looks for by one record of the index: of a nonce, and of a creation.
 */
#include "base/check.h"
#include "eth/blobfee.h"
#include "eth/ethjson.h"
#include "eth/rlp.h"
#include "rpc/rpc_priv.h"

/* Most that a page asks for: its last block may add to it. */
enum { PAGE_MAX = 100, ROWS_FIRST = 64 };

/* struct row is a transaction's place, and then the transaction. */
struct row {
	uint64_t number;
	uint32_t index;
	const struct header *header;
	struct hash block_hash;
	struct tx tx;
	struct receipt receipt;
	struct addr sender;
	uint64_t log_index;
};

/* struct page is what was found of it, in the order of the walk. */
struct page {
	struct arena *a;
	struct row *rows;
	size_t cnt, cap, size;
	bool has_more, has_failed; /* failed: no memory */
};

/* grow doubles the room; the old rows stay in the arena. */
static bool
grow(struct page *p)
{
	size_t cap = p->cap == 0 ? ROWS_FIRST : 2 * p->cap;
	struct row *rows = arena_array(p->a, cap, sizeof(*rows));

	if (rows == NULL)
		return false;
	if (p->cnt > 0)
		memcpy(rows, p->rows, p->cnt * sizeof(*rows));
	p->rows = rows;
	p->cap = cap;
	return true;
}

static bool
see(void *ctx, uint64_t number, uint32_t index)
{
	struct page *p = ctx;

	if (p->cnt >= p->size && p->rows[p->cnt - 1].number != number) {
		p->has_more = true;
		return false;
	}
	if (p->cnt == p->cap && !grow(p)) {
		p->has_failed = true;
		return false;
	}
	p->rows[p->cnt++] = (struct row){.number = number, .index = index};
	return true;
}

/* turn makes the newest first of an ascending walk. */
static void
turn(struct page *p)
{
	size_t i;

	for (i = 0; i < p->cnt / 2; i++) {
		struct row one = p->rows[i];

		p->rows[i] = p->rows[p->cnt - 1 - i];
		p->rows[p->cnt - 1 - i] = one;
	}
}

/* struct block_walk steps through a block's transactions and receipts. */
struct block_walk {
	struct rpc_block block;
	struct rpc_body body;
	struct bytes receipts;
	struct header *header; /* in the arena of the call */
	uint64_t index, log_index;
};

static enum rc
open_block(
    struct rpc_call *c, struct block_walk *w, uint64_t number, struct err *e)
{
	const struct store_view *v;
	bool found;

	*w = (struct block_walk){
	    .block = {.number = number, .is_canonical = true}};
	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(store_hash_of(v, &w->block.hash, number, e));
	TRY(rpc_body_get(c, &w->body, &w->block, e));
	TRY(rpc_receipts_get(c, &w->receipts, &found, &w->block.hash, e));
	if (!found)
		return FAIL(
		    e, RC_CORRUPT, "a mined transaction has no receipt");
	w->header = arena_alloc(c->a, sizeof(*w->header));
	if (w->header == NULL)
		return FAIL(e, RC_NO_MEMORY, "a header");
	*w->header = w->body.header;
	return RC_OK;
}

/* take walks on to the row's transaction, which is not behind. */
static enum rc
take(struct rpc_call *c, struct block_walk *w, struct row *row, struct err *e)
{
	const struct store_view *v;
	struct receipt skipped;
	struct bytes item;

	CHECK(w->index <= row->index);
	for (; w->index < row->index; w->index++) {
		TRY(rlp_take_raw(&item, &w->body.txs, e));
		TRY(receipts_next(NULL, &skipped, &w->receipts, e));
		w->log_index += skipped.log_cnt;
	}
	TRY(tx_take_frontier(c->a, &row->tx, &w->body.txs, e));
	TRY(receipts_next(c->a, &row->receipt, &w->receipts, e));
	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(rpc_sender_of(&row->sender, v, &w->block, &row->tx, row->index, e));
	row->header = w->header;
	row->block_hash = w->block.hash;
	row->log_index = w->log_index;
	w->log_index += row->receipt.log_cnt;
	w->index++;
	return RC_OK;
}

/* load reads the rows, which descend, block by block. */
static enum rc
load(struct rpc_call *c, struct page *p, struct err *e)
{
	struct block_walk w = {.index = 0};
	size_t i;

	for (i = p->cnt; i-- > 0;) {
		struct row *row = &p->rows[i];

		if (i + 1 == p->cnt || row->number != row[1].number)
			TRY(open_block(c, &w, row->number, e));
		TRY(take(c, &w, row, e));
	}
	return RC_OK;
}

static struct ethjson_at
at_of(const struct row *row)
{
	return (struct ethjson_at){.header = row->header,
	    .block_hash = row->block_hash,
	    .index = row->index};
}

static void
write_receipt(struct rpc_call *c, const struct row *row)
{
	struct ethjson_at at = at_of(row);
	struct u256 blob_price;

	blobfee_of(&blob_price, &c->node->genesis->forks, row->header);
	jsonw_obj(c->w);
	ethjson_receipt_members(c->w, &row->receipt, &row->tx, &row->sender,
	    &at, row->log_index, &blob_price, true);
	jsonw_key(c->w, "timestamp");
	jsonw_u64(c->w, row->header->time);
	jsonw_obj_end(c->w);
}

static void
write(struct rpc_call *c, const struct page *p, bool is_first, bool is_last)
{
	size_t i;

	jsonw_obj(c->w);
	jsonw_key(c->w, "txs");
	jsonw_arr(c->w);
	for (i = 0; i < p->cnt && !c->w->has_failed; i++) {
		struct ethjson_at at = at_of(&p->rows[i]);

		ethjson_tx(c->w, &p->rows[i].tx, &p->rows[i].sender, &at);
	}
	jsonw_arr_end(c->w);
	jsonw_key(c->w, "receipts");
	jsonw_arr(c->w);
	for (i = 0; i < p->cnt && !c->w->has_failed; i++)
		write_receipt(c, &p->rows[i]);
	jsonw_arr_end(c->w);
	jsonw_key(c->w, "firstPage");
	jsonw_bool(c->w, is_first);
	jsonw_key(c->w, "lastPage");
	jsonw_bool(c->w, is_last);
	jsonw_obj_end(c->w);
}

/* struct question is what is asked: the arguments of both methods. */
struct question {
	struct addr addr;
	uint64_t number; /* 0: from the end that the method begins at */
	uint64_t size;
};

static enum rc
read_question(struct question *q, const struct rpc_call *c, struct err *e)
{
	TRY(rpc_arg_addr(&q->addr, c, 0, e));
	TRY(rpc_arg_count(&q->number, c, 1, e));
	TRY(rpc_arg_count(&q->size, c, 2, e));
	if (q->size == 0 || q->size > PAGE_MAX)
		return FAIL(e, RC_BAD_INPUT,
		    "invalid argument 2: %s page size: %d",
		    q->size == 0 ? "min allowed" : "max allowed",
		    q->size == 0 ? 1 : (int)PAGE_MAX);
	return RC_OK;
}

/* find walks the index from where the question begins. */
static enum rc
find(struct rpc_call *c, struct page *p, const struct question *q, bool is_back,
    struct err *e)
{
	const struct store_view *v;
	uint64_t first = 0, last = UINT64_MAX;

	*p = (struct page){.a = c->a, .size = (size_t)q->size};
	TRY(rpc_doc_view(c->doc, &v, e));
	if (q->number > 0 && is_back)
		last = q->number - 1;
	if (q->number == UINT64_MAX && !is_back)
		return RC_OK;
	if (q->number > 0 && !is_back)
		first = q->number + 1;
	if (is_back)
		TRY(store_each_tx_back(v, &q->addr, first, last, see, p, e));
	else
		TRY(store_each_tx_of(v, &q->addr, first, last, see, p, e));
	if (p->has_failed)
		return FAIL(e, RC_NO_MEMORY, "a page of transactions");
	if (!is_back)
		turn(p);
	return RC_OK;
}

static enum rc
search(struct rpc_call *c, bool is_back, struct err *e)
{
	struct question q;
	struct page p;
	bool is_end;

	TRY(read_question(&q, c, e));
	TRY(find(c, &p, &q, is_back, e));
	TRY(load(c, &p, e));
	/* The newest page is the first: forward it is at the walk's end. */
	is_end = q.number == 0;
	if (is_back)
		write(c, &p, is_end, !p.has_more);
	else
		write(c, &p, !p.has_more, is_end);
	return RC_OK;
}

enum rc
rpc_do_ots_search_before(struct rpc_call *c, struct err *e)
{
	return search(c, true, e);
}

enum rc
rpc_do_ots_search_after(struct rpc_call *c, struct err *e)
{
	return search(c, false, e);
}

/* One transaction. -------------------------------------------------------- */

/* hash_at hashes the transaction at a place of the chain. */
static enum rc
hash_at(struct rpc_call *c, struct hash *out, uint64_t number, uint32_t index,
    struct err *e)
{
	struct rpc_block b = {.number = number, .is_canonical = true};
	const struct store_view *v;
	struct rpc_body body;
	struct bytes item;

	TRY(rpc_doc_view(c->doc, &v, e));
	TRY(store_hash_of(v, &b.hash, number, e));
	TRY(rpc_body_get(c, &body, &b, e));
	for (; index > 0; index--)
		TRY(rlp_take_raw(&item, &body.txs, e));
	return rpc_tx_hash_next(out, &body.txs, e);
}

/* none writes null when nothing was found, and keeps other failures. */
static enum rc
none(struct rpc_call *c, enum rc rc, const struct err *why, struct err *e)
{
	if (rc != RC_NOT_FOUND)
		return FAIL(e, rc, "%s", err_message(why, rc));
	jsonw_null(c->w);
	return RC_OK;
}

enum rc
rpc_do_ots_tx_by_nonce(struct rpc_call *c, struct err *e)
{
	struct err why = {.rc = RC_OK};
	const struct store_view *v;
	uint64_t nonce, number = 0;
	struct addr sender;
	struct hash hash;
	uint32_t index = 0;
	enum rc rc;

	TRY(rpc_arg_addr(&sender, c, 0, e));
	TRY(rpc_arg_count(&nonce, c, 1, e));
	TRY(rpc_doc_view(c->doc, &v, e));
	rc = store_tx_sent(v, &number, &index, &sender, nonce, &why);
	if (rc != RC_OK)
		return none(c, rc, &why, e);
	TRY(hash_at(c, &hash, number, index, e));
	jsonw_data(c->w, hash_bytes(&hash));
	return RC_OK;
}

/* is_contract tells whether there is code of its own at the head: an
 * account's delegation (EIP-7702) leads to no creation. */
static enum rc
is_contract(
    struct rpc_call *c, bool *out, const struct addr *addr, struct err *e)
{
	struct account acc, empty = account_empty();
	const struct store_view *v;
	struct store_head head;

	TRY(rpc_doc_view(c->doc, &v, e));
	store_view_head(v, &head);
	TRY(store_account(v, head.number, &acc, out, addr, e));
	*out = *out && !hash_eq(&acc.code_hash, &empty.code_hash);
	return RC_OK;
}

enum rc
rpc_do_ots_creator(struct rpc_call *c, struct err *e)
{
	struct err why = {.rc = RC_OK};
	const struct store_view *v;
	struct addr addr, by;
	uint64_t number = 0;
	struct hash hash;
	uint32_t index = 0;
	bool is_there;
	enum rc rc;

	TRY(rpc_arg_addr(&addr, c, 0, e));
	TRY(is_contract(c, &is_there, &addr, e));
	TRY(rpc_doc_view(c->doc, &v, e));
	rc = is_there ? store_creation(v, &number, &index, &by, &addr, &why)
		      : RC_NOT_FOUND;
	if (rc != RC_OK)
		return none(c, rc, &why, e);
	TRY(hash_at(c, &hash, number, index, e));
	jsonw_obj(c->w);
	jsonw_key(c->w, "hash");
	jsonw_data(c->w, hash_bytes(&hash));
	jsonw_key(c->w, "creator");
	jsonw_data(c->w, addr_bytes(&by));
	jsonw_obj_end(c->w);
	return RC_OK;
}
