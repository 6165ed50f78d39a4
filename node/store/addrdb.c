/* SPDX-License-Identifier: Apache-2.0
 *
 * Which transactions an address sent, received or was created by. Calls
 * inside contracts are not here.
 */
#include "store/body_priv.h"
#include "store/dbs_priv.h"

static const struct bytes nothing = {(const uint8_t *)"", 0};

/* The place behind the address: block (8), tx (4). */
enum { AT_LEN = 12 };

static enum rc
collect_one(struct changes *out, const struct addr *addr, uint64_t number,
    size_t index, struct err *e)
{
	struct key k;

	k.len = 0;
	key_put(&k, addr->b, sizeof(addr->b));
	key_put_u64(&k, number);
	key_put_u32(&k, (uint32_t)index);
	return changes_add_key(out, &k, nothing, e);
}

/* other_of finds whom a transaction is to: its recipient, or the contract
 * that it created. */
static enum rc
other_of(struct addr *out, bool *is_there, struct bytes tx,
    const struct receipt *r, struct err *e)
{
	TRY(body_to(out, is_there, tx, e));
	if (!*is_there && r->has_contract) {
		*is_there = true;
		*out = r->contract;
	}
	return RC_OK;
}

enum rc
addrdb_collect(struct changes *out, const struct store_block *b,
    const struct receipt *r, size_t cnt, struct err *e)
{
	struct bytes items, tx;

	if (cnt != b->tx_cnt)
		return FAIL(e, RC_CORRUPT,
		    "block %llu: %zu receipts for %zu txs",
		    (unsigned long long)b->header.number, cnt, b->tx_cnt);
	TRY(body_txs(&items, b->raw, e));
	for (size_t i = 0; i < cnt; i++) {
		bool is_there = false;
		struct addr to;

		TRY(body_next(&tx, &items, e));
		TRY(other_of(&to, &is_there, tx, &r[i], e));
		TRY(collect_one(out, &b->senders[i], b->header.number, i, e));
		if (is_there && !addr_eq(&to, &b->senders[i]))
			TRY(collect_one(out, &to, b->header.number, i, e));
	}
	return RC_OK;
}

/* Walking. ----------------------------------------------------------- */

struct walk {
	const struct store_view *v;
	const struct addr *addr;
	uint64_t first, last;
	bool (*say)(void *ctx, uint64_t number, uint32_t index);
	void *ctx;
	bool is_over;
};

static enum rc
walk_tables(struct walk *w, struct err *e)
{
	struct key k;
	struct table_at at;

	k.len = 0;
	key_put(&k, w->addr->b, sizeof(w->addr->b));
	key_put_u64(&k, w->first);
	TRY(table_seek(w->v->txn, &at, TABLE_ADDR_TXS, key_bytes(&k), e));
	while (!w->is_over && at.key.ptr != NULL &&
	       at.key.len == sizeof(w->addr->b) + AT_LEN &&
	       bytes_start(at.key, addr_bytes(w->addr))) {
		const uint8_t *p = at.key.ptr + sizeof(w->addr->b);

		if (be64(p) > w->last)
			break;
		w->is_over = !w->say(w->ctx, be64(p), be32(p + 8));
		TRY(seek_behind(w->v->txn, &at, TABLE_ADDR_TXS, at.key, e));
	}
	return RC_OK;
}

static enum rc
walk_block(struct walk *w, const struct store_block *b, const struct receipt *r,
    size_t cnt, struct err *e)
{
	struct bytes items, tx;

	TRY(body_txs(&items, b->raw, e));
	for (size_t i = 0; i < cnt && i < b->tx_cnt && !w->is_over; i++) {
		bool is_there = false;
		struct addr to;

		TRY(body_next(&tx, &items, e));
		TRY(other_of(&to, &is_there, tx, &r[i], e));
		if (addr_eq(&b->senders[i], w->addr) ||
		    (is_there && addr_eq(&to, w->addr)))
			w->is_over =
			    !w->say(w->ctx, b->header.number, (uint32_t)i);
	}
	return RC_OK;
}

static enum rc
walk_layer(struct walk *w, const struct layer *l, struct err *e)
{
	struct arena_mark mark = arena_save(w->v->scratch);
	struct receipt *r = NULL;
	size_t cnt = 0;
	enum rc rc;

	rc = receipts_unpack(w->v->scratch, &r, &cnt, l->block->receipts, e);
	if (rc == RC_OK)
		rc = walk_block(w, l->block, r, cnt, e);
	arena_rewind(w->v->scratch, mark);
	return rc;
}

enum rc
store_each_tx_of(const struct store_view *v, const struct addr *addr,
    uint64_t first, uint64_t last,
    bool (*say)(void *ctx, uint64_t number, uint32_t index), void *ctx,
    struct err *e)
{
	struct walk w = {v, addr, first, last, say, ctx, false};

	TRY(walk_tables(&w, e));
	for (size_t i = 0; i < view_layer_cnt(v) && !w.is_over; i++) {
		uint64_t number = layer_number(view_layer(v, i));

		if (number >= first && number <= last)
			TRY(walk_layer(&w, view_layer(v, i), e));
	}
	return RC_OK;
}
