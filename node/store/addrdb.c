/* SPDX-License-Identifier: Apache-2.0
 *
 * Which transactions an address sent, received or was created by; which one
 * it sent with a nonce; who created it. Calls inside contracts are not here,
 * creations there are.
 */
#include "store/body_priv.h"
#include "store/dbs_priv.h"

static const struct bytes nothing = {(const uint8_t *)"", 0};

/* The place behind the address: block (8), tx (4). */
enum { AT_LEN = 12 };

static struct key
addr_key(const struct addr *addr)
{
	struct key k;

	k.len = 0;
	key_put(&k, addr->b, sizeof(addr->b));
	return k;
}

static struct key
place_key(const struct addr *addr, uint64_t number, uint32_t index)
{
	struct key k = addr_key(addr);

	key_put_u64(&k, number);
	key_put_u32(&k, index);
	return k;
}

static struct key
sent_key(const struct addr *sender, uint64_t nonce)
{
	struct key k = addr_key(sender);

	key_put_u64(&k, nonce);
	return k;
}

/* struct one is one transaction of a block, with its place. */
struct one {
	uint64_t number;
	uint32_t index;
	const struct addr *sender;
	struct addr to; /* recipient, or contract of the transaction itself */
	bool has_to;
	struct bytes tx;
	const struct receipt *receipt;
};

/* take_one takes the next transaction of a block off items. */
static enum rc
take_one(struct one *out, struct bytes *items, const struct store_block *b,
    const struct receipt *r, size_t i, struct err *e)
{
	*out = (struct one){.number = b->header.number,
	    .index = (uint32_t)i,
	    .sender = &b->senders[i],
	    .receipt = &r[i]};
	TRY(body_next(&out->tx, items, e));
	TRY(body_to(&out->to, &out->has_to, out->tx, e));
	if (!out->has_to && r[i].has_contract) {
		out->has_to = true;
		out->to = r[i].contract;
	}
	return RC_OK;
}

/* is_party tells whether addr sent the transaction or received it. */
static bool
is_party(const struct one *t, const struct addr *addr)
{
	return addr_eq(addr, t->sender) || (t->has_to && addr_eq(addr, &t->to));
}

static bool
has_made(const struct receipt *r, const struct addr *addr)
{
	for (size_t i = 0; i < r->creation_cnt; i++)
		if (addr_eq(addr, &r->creations[i].made))
			return true;
	return false;
}

static enum rc
collect_addr(struct changes *out, const struct one *t, const struct addr *addr,
    struct err *e)
{
	struct key k = place_key(addr, t->number, t->index);

	return changes_add_key(out, &k, nothing, e);
}

/* collect_addrs lists those that a transaction is of, each once: nothing is
 * made twice in one transaction (EIP-684). */
static enum rc
collect_addrs(struct changes *out, const struct one *t, struct err *e)
{
	const struct receipt *r = t->receipt;

	TRY(collect_addr(out, t, t->sender, e));
	if (t->has_to && !addr_eq(&t->to, t->sender))
		TRY(collect_addr(out, t, &t->to, e));
	for (size_t i = 0; i < r->creation_cnt; i++)
		if (!is_party(t, &r->creations[i].made))
			TRY(collect_addr(out, t, &r->creations[i].made, e));
	return RC_OK;
}

static enum rc
collect_sent(struct changes *out, const struct one *t, struct err *e)
{
	uint8_t *at = arena_alloc(out->a, AT_LEN);
	uint64_t nonce;
	struct key k;

	if (at == NULL)
		return FAIL(e, RC_NO_MEMORY, "place of a transaction");
	TRY(body_nonce(&nonce, t->tx, e));
	be64_put(at, t->number);
	be32_put(at + 8, t->index);
	k = sent_key(t->sender, nonce);
	return changes_add_key(out, &k, bytes_of(at, AT_LEN), e);
}

static enum rc
collect_made(struct changes *out, const struct one *t, struct err *e)
{
	const struct receipt *r = t->receipt;

	for (size_t i = 0; i < r->creation_cnt; i++) {
		const struct creation *c = &r->creations[i];
		struct key k = place_key(&c->made, t->number, t->index);

		TRY(changes_add_key(out, &k, addr_bytes(&c->by), e));
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
addrdb_collect(struct addr_lists *out, const struct store_block *b,
    const struct receipt *r, size_t cnt, struct err *e)
{
	struct bytes items;
	struct one t;

	TRY(check_cnt(b, cnt, e));
	TRY(body_txs(&items, b->raw, e));
	for (size_t i = 0; i < cnt; i++) {
		TRY(take_one(&t, &items, b, r, i, e));
		TRY(collect_addrs(&out->addr_txs, &t, e));
		TRY(collect_sent(&out->sent, &t, e));
		TRY(collect_made(&out->made, &t, e));
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
	struct key k = addr_key(w->addr);

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
	struct bytes items;
	struct one t;

	*cnt = 0;
	TRY(body_txs(&items, b->raw, e));
	for (size_t i = 0; i < b->tx_cnt; i++) {
		TRY(take_one(&t, &items, b, r, i, e));
		if (is_party(&t, w->addr) || has_made(&r[i], w->addr))
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

	TRY(receipts_unpack_logs(a, &r, &cnt, b->receipts, e));
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

/* One transaction. ----------------------------------------------------- */

/* struct place is where a transaction is, and of a creation who made it. */
struct place {
	uint64_t number;
	uint32_t index;
	struct addr by;
	bool found;
};

/* sent_in looks for a nonce of a sender among the transactions of a layer. */
static enum rc
sent_in(struct place *out, const struct store_block *b,
    const struct addr *sender, uint64_t nonce, struct err *e)
{
	struct bytes items, tx;
	uint64_t here;

	TRY(body_txs(&items, b->raw, e));
	for (size_t i = 0; i < b->tx_cnt && !out->found; i++) {
		TRY(body_next(&tx, &items, e));
		if (!addr_eq(&b->senders[i], sender))
			continue;
		TRY(body_nonce(&here, tx, e));
		*out = (struct place){.number = b->header.number,
		    .index = (uint32_t)i,
		    .found = here == nonce};
	}
	return RC_OK;
}

static enum rc
sent_in_tables(struct place *out, const struct store_view *v,
    const struct addr *sender, uint64_t nonce, struct err *e)
{
	struct key k = sent_key(sender, nonce);
	struct bytes at;

	TRY(table_find(v->txn, &at, TABLE_SENT, key_bytes(&k), e));
	if (at.ptr == NULL)
		return RC_OK;
	if (at.len != AT_LEN)
		return FAIL(e, RC_CORRUPT, "place of %zu bytes", at.len);
	*out = (struct place){
	    .number = be64(at.ptr), .index = be32(at.ptr + 8), .found = true};
	return RC_OK;
}

enum rc
store_tx_sent(const struct store_view *v, uint64_t *number, uint32_t *index,
    const struct addr *sender, uint64_t nonce, struct err *e)
{
	struct place p = {.found = false};

	for (size_t i = view_layer_cnt(v); i-- > 0 && !p.found;)
		TRY(sent_in(&p, view_layer(v, i)->block, sender, nonce, e));
	if (!p.found)
		TRY(sent_in_tables(&p, v, sender, nonce, e));
	if (!p.found)
		return FAIL(e, RC_NOT_FOUND, "no transaction of that nonce");
	*number = p.number;
	*index = p.index;
	return RC_OK;
}

/* made_in looks for the last creation of a contract in a layer. */
static enum rc
made_in(struct place *out, const struct store_view *v,
    const struct store_block *b, const struct addr *addr, struct err *e)
{
	struct arena_mark mark = arena_save(v->scratch);
	struct receipt *r = NULL;
	size_t cnt = 0;
	enum rc rc = receipts_unpack_logs(v->scratch, &r, &cnt, b->receipts, e);

	for (size_t i = 0; rc == RC_OK && i < cnt; i++) {
		for (size_t j = 0; j < r[i].creation_cnt; j++) {
			const struct creation *c = &r[i].creations[j];

			if (addr_eq(&c->made, addr))
				*out =
				    (struct place){.number = b->header.number,
					.index = (uint32_t)i,
					.by = c->by,
					.found = true};
		}
	}
	arena_rewind(v->scratch, mark);
	return rc;
}

static enum rc
made_in_tables(struct place *out, const struct store_view *v,
    const struct addr *addr, struct err *e)
{
	struct key k = place_key(addr, UINT64_MAX, UINT32_MAX);
	struct table_at at;

	TRY(table_before(v->txn, &at, TABLE_MADE, key_bytes(&k), e));
	if (at.key.ptr == NULL || !bytes_start(at.key, addr_bytes(addr)))
		return RC_OK;
	if (at.key.len != k.len || at.value.len != sizeof(out->by.b))
		return FAIL(e, RC_CORRUPT, "a creation is cut");
	out->number = be64(at.key.ptr + sizeof(addr->b));
	out->index = be32(at.key.ptr + sizeof(addr->b) + 8);
	memcpy(out->by.b, at.value.ptr, sizeof(out->by.b));
	out->found = true;
	return RC_OK;
}

enum rc
store_creation(const struct store_view *v, uint64_t *number, uint32_t *index,
    struct addr *by, const struct addr *addr, struct err *e)
{
	struct place p = {.found = false};

	for (size_t i = view_layer_cnt(v); i-- > 0 && !p.found;)
		TRY(made_in(&p, v, view_layer(v, i)->block, addr, e));
	if (!p.found)
		TRY(made_in_tables(&p, v, addr, e));
	if (!p.found)
		return FAIL(e, RC_NOT_FOUND, "no creation is known");
	*number = p.number;
	*index = p.index;
	*by = p.by;
	return RC_OK;
}
