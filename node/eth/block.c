/* SPDX-License-Identifier: Apache-2.0
 *
 * The codec of whole blocks. Roots and rules of the body are for chain; here
 * only the lists are cut into their items.
 */
#include "eth/block.h"

#include "base/check.h"
#include "eth/rlp.h"
#include "eth/sink_priv.h"
#include "eth/where_priv.h"

typedef enum rc take_tx_fn(
    struct arena *a, struct tx *out, struct bytes *in, struct err *e);

static enum rc
take_counted(struct bytes *items, size_t *cnt, struct bytes *in, struct err *e)
{
	TRY(rlp_take_list(items, in, e));
	return rlp_count(cnt, *items, e);
}

static enum rc
no_room(size_t cnt, const char *what, struct err *e)
{
	return FAIL(e, RC_NO_MEMORY, "no room for %zu %s", cnt, what);
}

static enum rc
take_txs(struct arena *a, struct block *b, take_tx_fn *take_tx,
    struct bytes *in, struct err *e)
{
	struct bytes items;
	enum rc rc;
	size_t i;

	TRY(take_counted(&items, &b->tx_cnt, in, e));
	b->txs = arena_array(a, b->tx_cnt, sizeof(*b->txs));
	if (b->txs == NULL)
		return no_room(b->tx_cnt, "transactions", e);
	for (i = 0; i < b->tx_cnt; i++) {
		rc = take_tx(a, &b->txs[i], &items, e);
		if (rc != RC_OK)
			return where_fail(e, rc, "transaction %zu", i);
	}
	return RC_OK;
}

static enum rc
take_ommers(struct arena *a, struct block *b, struct bytes *in, struct err *e)
{
	struct bytes items;
	enum rc rc;
	size_t i;

	TRY(take_counted(&items, &b->ommer_cnt, in, e));
	b->ommers = arena_array(a, b->ommer_cnt, sizeof(*b->ommers));
	if (b->ommers == NULL)
		return no_room(b->ommer_cnt, "ommers", e);
	for (i = 0; i < b->ommer_cnt; i++) {
		rc = header_take(&b->ommers[i], &items, e);
		if (rc != RC_OK)
			return where_fail(e, rc, "ommer %zu", i);
	}
	return RC_OK;
}

static enum rc
take_withdrawal(struct withdrawal *w, struct bytes *in, struct err *e)
{
	struct bytes items;

	TRY(rlp_take_list(&items, in, e));
	TRY(rlp_take_u64(&w->index, &items, e));
	TRY(rlp_take_u64(&w->validator, &items, e));
	TRY(rlp_take_fixed(w->addr.b, sizeof(w->addr.b), &items, e));
	TRY(rlp_take_u64(&w->amount_gwei, &items, e));
	if (items.len > 0)
		return FAIL(e, RC_BAD_INPUT, "more than 4 fields");
	return RC_OK;
}

static enum rc
take_withdrawals(
    struct arena *a, struct block *b, struct bytes *in, struct err *e)
{
	struct bytes items;
	enum rc rc;
	size_t i;

	TRY(take_counted(&items, &b->withdrawal_cnt, in, e));
	b->withdrawals =
	    arena_array(a, b->withdrawal_cnt, sizeof(*b->withdrawals));
	if (b->withdrawals == NULL)
		return no_room(b->withdrawal_cnt, "withdrawals", e);
	for (i = 0; i < b->withdrawal_cnt; i++) {
		rc = take_withdrawal(&b->withdrawals[i], &items, e);
		if (rc != RC_OK)
			return where_fail(e, rc, "withdrawal %zu", i);
	}
	return RC_OK;
}

static enum rc
take_parts(struct arena *a, struct block *b, take_tx_fn *take_tx,
    struct bytes items, struct err *e)
{
	TRY(header_take(&b->header, &items, e));
	TRY(take_txs(a, b, take_tx, &items, e));
	TRY(take_ommers(a, b, &items, e));
	b->has_withdrawals = items.len > 0;
	if (b->has_withdrawals)
		TRY(take_withdrawals(a, b, &items, e));
	if (items.len > 0)
		return FAIL(e, RC_BAD_INPUT, "block of more than 4 parts");
	return RC_OK;
}

static enum rc
take(struct arena *a, struct block *out, take_tx_fn *take_tx, struct bytes *in,
    struct err *e)
{
	struct bytes rest = *in, whole = *in, items;

	memset(out, 0, sizeof(*out));
	TRY(rlp_take_raw(&out->raw, &rest, e));
	if (out->raw.len > BLOCK_RAW_MAX)
		return FAIL(e, RC_TOO_LARGE, "block of %zu bytes, at most %d",
		    out->raw.len, BLOCK_RAW_MAX);
	TRY(rlp_take_list(&items, &whole, e));
	TRY(take_parts(a, out, take_tx, items, e));
	*in = rest;
	return RC_OK;
}

enum rc
block_take(struct arena *a, struct block *out, struct bytes *in, struct err *e)
{
	return take(a, out, tx_take, in, e);
}

enum rc
block_take_frontier(
    struct arena *a, struct block *out, struct bytes *in, struct err *e)
{
	return take(a, out, tx_take_frontier, in, e);
}

enum rc
block_decode(struct arena *a, struct block *out, struct bytes in, struct err *e)
{
	TRY(block_take(a, out, &in, e));
	if (in.len > 0)
		return FAIL(e, RC_TRAILING, "%zu bytes behind a block", in.len);
	return RC_OK;
}

/* Sizes of a block's lists, items only. */
struct sizes {
	size_t txs, ommers, withdrawals, all;
};

static size_t
size_tx(const struct tx *tx)
{
	CHECK(tx->raw.len > 0);
	return tx->type == TX_LEGACY ? tx->raw.len : rlp_size_str(tx->raw);
}

static size_t
size_withdrawal(const struct withdrawal *w)
{
	return rlp_size_u64(w->index) + rlp_size_u64(w->validator) + 21 +
	       rlp_size_u64(w->amount_gwei);
}

static size_t
size_ommers(const struct block *b)
{
	size_t i, sum = 0;

	for (i = 0; i < b->ommer_cnt; i++)
		sum += header_size(&b->ommers[i]);
	return sum;
}

static struct sizes
sizes_of(const struct block *b)
{
	struct sizes s = {.ommers = size_ommers(b)};
	size_t i;

	for (i = 0; i < b->tx_cnt; i++)
		s.txs += size_tx(&b->txs[i]);
	for (i = 0; i < b->withdrawal_cnt; i++)
		s.withdrawals +=
		    rlp_size_list(size_withdrawal(&b->withdrawals[i]));
	s.all = header_size(&b->header) + rlp_size_list(s.txs) +
		rlp_size_list(s.ommers);
	if (b->has_withdrawals)
		s.all += rlp_size_list(s.withdrawals);
	return s;
}

size_t
block_size(const struct block *b)
{
	return rlp_size_list(sizes_of(b).all);
}

static bool
put_withdrawal(struct buf *b, const struct withdrawal *w)
{
	return rlp_put_list_head(b, size_withdrawal(w)) &&
	       rlp_put_u64(b, w->index) && rlp_put_u64(b, w->validator) &&
	       rlp_put_str(b, addr_bytes(&w->addr)) &&
	       rlp_put_u64(b, w->amount_gwei);
}

static bool
put_block(struct buf *b, const struct block *blk, const struct sizes *s)
{
	const struct tx *tx;
	bool is_ok;
	size_t i;

	is_ok = rlp_put_list_head(b, s->all) && header_put(b, &blk->header) &&
		rlp_put_list_head(b, s->txs);
	for (i = 0; i < blk->tx_cnt; i++) {
		tx = &blk->txs[i];
		is_ok = is_ok && (tx->type == TX_LEGACY
					 ? buf_put(b, tx->raw.ptr, tx->raw.len)
					 : rlp_put_str(b, tx->raw));
	}
	is_ok = is_ok && rlp_put_list_head(b, s->ommers);
	for (i = 0; i < blk->ommer_cnt; i++)
		is_ok = is_ok && header_put(b, &blk->ommers[i]);
	if (blk->has_withdrawals)
		is_ok = is_ok && rlp_put_list_head(b, s->withdrawals);
	for (i = 0; i < blk->withdrawal_cnt; i++)
		is_ok = is_ok && put_withdrawal(b, &blk->withdrawals[i]);
	return is_ok;
}

enum rc
block_encode(
    struct arena *a, struct bytes *out, const struct block *b, struct err *e)
{
	struct sizes s = sizes_of(b);
	struct buf room = {.cap = rlp_size_list(s.all)};

	room.ptr = arena_alloc(a, room.cap);
	if (room.ptr == NULL)
		return no_room(room.cap, "bytes of a block", e);
	CHECK(put_block(&room, b, &s));
	CHECK(room.len == room.cap);
	*out = bytes_of_buf(&room);
	return RC_OK;
}

size_t
withdrawal_encode(uint8_t out[WITHDRAWAL_RLP_MAX], const struct withdrawal *w)
{
	struct buf b = buf_of(out, WITHDRAWAL_RLP_MAX);

	CHECK(put_withdrawal(&b, w));
	return b.len;
}

enum rc
block_ommers_hash(
    struct arena *a, struct hash *out, const struct block *b, struct err *e)
{
	struct arena_mark mark = arena_save(a);
	size_t i, sum = size_ommers(b);
	struct buf room = {.cap = rlp_size_list(sum)};

	room.ptr = arena_alloc(a, room.cap);
	if (room.ptr == NULL)
		return no_room(room.cap, "bytes of ommers", e);
	CHECK(rlp_put_list_head(&room, sum));
	for (i = 0; i < b->ommer_cnt; i++)
		CHECK(header_put(&room, &b->ommers[i]));
	*out = hash_keccak(bytes_of_buf(&room));
	arena_rewind(a, mark);
	return RC_OK;
}
