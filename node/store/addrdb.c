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

static enum rc
check_cnt(const struct store_block *b, size_t cnt, struct err *e)
{
	if (cnt == b->tx_cnt)
		return RC_OK;
	return FAIL(e, RC_CORRUPT, "block %llu: %zu receipts for %zu txs",
	    (unsigned long long)b->header.number, cnt, b->tx_cnt);
}

enum rc
addrdb_collect(struct changes *out, const struct store_block *b,
    const struct receipt *r, size_t cnt, struct err *e)
{
	struct bytes items, tx;

	TRY(check_cnt(b, cnt, e));
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
	bool is_back;
	bool (*say)(void *ctx, uint64_t number, uint32_t index);
	void *ctx;
	bool is_over;
};

/* is_ours tells whether a record is of the address and in the range. */
static bool
is_ours(const struct walk *w, const struct table_at *at)
{
	const uint8_t *p = at->key.ptr;

	if (p == NULL || at->key.len != sizeof(w->addr->b) + AT_LEN ||
	    !bytes_start(at->key, addr_bytes(w->addr)))
		return false;
	p += sizeof(w->addr->b);
	return be64(p) >= w->first && be64(p) <= w->last;
}

/* start_of is where a walk of the table begins: at the first record of its
 * range, or above the last. */
static struct key
start_of(const struct walk *w)
{
	struct key k;

	k.len = 0;
	key_put(&k, w->addr->b, sizeof(w->addr->b));
	key_put_u64(&k, w->is_back ? w->last : w->first);
	/* No block has so many transactions. */
	if (w->is_back)
		key_put_u32(&k, UINT32_MAX);
	return k;
}

static enum rc
walk_tables(struct walk *w, struct err *e)
{
	struct table_txn *t = w->v->txn;
	struct key k = start_of(w);
	struct table_at at;

	if (w->is_back)
		TRY(table_before(t, &at, TABLE_ADDR_TXS, key_bytes(&k), e));
	else
		TRY(table_seek(t, &at, TABLE_ADDR_TXS, key_bytes(&k), e));
	while (!w->is_over && is_ours(w, &at)) {
		const uint8_t *p = at.key.ptr + sizeof(w->addr->b);

		w->is_over = !w->say(w->ctx, be64(p), be32(p + 8));
		if (w->is_over)
			break;
		if (w->is_back)
			TRY(table_before(t, &at, TABLE_ADDR_TXS, at.key, e));
		else
			TRY(seek_behind(t, &at, TABLE_ADDR_TXS, at.key, e));
	}
	return RC_OK;
}

/* find_in lists the places of the address in a block, ascending. */
static enum rc
find_in(uint32_t *out, size_t *cnt, const struct walk *w,
    const struct store_block *b, const struct receipt *r, struct err *e)
{
	struct bytes items, tx;

	*cnt = 0;
	TRY(body_txs(&items, b->raw, e));
	for (size_t i = 0; i < b->tx_cnt; i++) {
		bool is_there = false;
		struct addr to;

		TRY(body_next(&tx, &items, e));
		TRY(other_of(&to, &is_there, tx, &r[i], e));
		if (addr_eq(&b->senders[i], w->addr) ||
		    (is_there && addr_eq(&to, w->addr)))
			out[(*cnt)++] = (uint32_t)i;
	}
	return RC_OK;
}

static enum rc
walk_block(
    struct walk *w, const struct store_block *b, struct arena *a, struct err *e)
{
	struct receipt *r = NULL;
	size_t cnt = 0, found;
	uint32_t *at;

	TRY(receipts_unpack(a, &r, &cnt, b->receipts, e));
	TRY(check_cnt(b, cnt, e));
	at = arena_array(a, cnt + 1, sizeof(*at));
	if (at == NULL)
		return FAIL(e, RC_NO_MEMORY, "places in a block");
	TRY(find_in(at, &found, w, b, r, e));
	for (size_t i = 0; i < found && !w->is_over; i++)
		w->is_over = !w->say(w->ctx, b->header.number,
		    at[w->is_back ? found - 1 - i : i]);
	return RC_OK;
}

static enum rc
walk_layers(struct walk *w, struct err *e)
{
	size_t cnt = view_layer_cnt(w->v);
	enum rc rc = RC_OK;

	for (size_t i = 0; i < cnt && !w->is_over && rc == RC_OK; i++) {
		const struct layer *l =
		    view_layer(w->v, w->is_back ? cnt - 1 - i : i);
		struct arena_mark mark = arena_save(w->v->scratch);

		if (layer_number(l) < w->first || layer_number(l) > w->last)
			continue;
		rc = walk_block(w, l->block, w->v->scratch, e);
		arena_rewind(w->v->scratch, mark);
	}
	return rc;
}

enum rc
store_each_tx_of(const struct store_view *v, const struct addr *addr,
    uint64_t first, uint64_t last,
    bool (*say)(void *ctx, uint64_t number, uint32_t index), void *ctx,
    struct err *e)
{
	struct walk w = {v, addr, first, last, false, say, ctx, false};

	TRY(walk_tables(&w, e));
	return walk_layers(&w, e);
}

enum rc
store_each_tx_back(const struct store_view *v, const struct addr *addr,
    uint64_t first, uint64_t last,
    bool (*say)(void *ctx, uint64_t number, uint32_t index), void *ctx,
    struct err *e)
{
	struct walk w = {v, addr, first, last, true, say, ctx, false};

	TRY(walk_layers(&w, e));
	return walk_tables(&w, e);
}
