/* SPDX-License-Identifier: Apache-2.0
 *
 * Blocks by hash and by number, receipts, senders, transactions by hash: in
 * the layers of a view, then in the tables. A stored block is its total
 * difficulty and its RLP; header and hash are read out of that.
 */
#include "base/hex.h"
#include "store/body_priv.h"
#include "store/dbs_priv.h"

enum { TD_LEN = 32, HASH_TEXT_MAX = 2 * 32 + 3 };

/* Block number (8) and index (4), the value of txs. */
enum { TX_AT_LEN = 12 };

static enum rc
fail_hash(struct err *e, const char *what, const struct hash *hash)
{
	char text[HASH_TEXT_MAX];

	if (e == NULL)
		return RC_NOT_FOUND;
	return FAIL(e, RC_NOT_FOUND, "no %s %s", what,
	    hex_put0x(text, hash_bytes(hash)));
}

static enum rc
fail_number(struct err *e, uint64_t number)
{
	return FAIL(
	    e, RC_NOT_FOUND, "no block %llu", (unsigned long long)number);
}

/* Writing. ----------------------------------------------------------- */

/* put_two stores a value made of two parts. */
static enum rc
put_raw(struct table_txn *t, const struct key *k, const struct u256 *td,
    struct bytes raw, struct err *e)
{
	struct arena a;
	uint8_t *p;
	enum rc rc;

	arena_init(&a, TD_LEN + raw.len);
	p = arena_alloc(&a, TD_LEN + raw.len);
	if (p == NULL)
		return FAIL(e, RC_NO_MEMORY, "a block of %zu bytes", raw.len);
	u256_to_be(p, td);
	memcpy(p + TD_LEN, raw.ptr, raw.len);
	rc = table_put(
	    t, TABLE_BLOCKS, key_bytes(k), bytes_of(p, TD_LEN + raw.len), e);
	arena_drop(&a);
	return rc;
}

enum rc
blockdb_put(struct table_txn *t, const struct hash *hash, uint64_t number,
    const struct u256 *total_difficulty, struct bytes raw, struct err *e)
{
	struct key k = key_block(number, hash), n = key_number(number);

	TRY(table_put(t, TABLE_NUMBERS, hash_bytes(hash), key_bytes(&n), e));
	return put_raw(t, &k, total_difficulty, raw, e);
}

enum rc
blockdb_put_canon(
    struct table_txn *t, const struct store_block *b, struct err *e)
{
	struct key k = key_number(b->header.number);
	struct bytes n = key_bytes(&k);
	size_t senders = b->tx_cnt * sizeof(struct addr);

	TRY(table_put(t, TABLE_CANON, n, hash_bytes(&b->hash), e));
	TRY(table_put(t, TABLE_RECEIPTS, n, b->receipts, e));
	return table_put(t, TABLE_SENDERS, n, bytes_of(b->senders, senders), e);
}

enum rc
blockdb_del_canon(struct table_txn *t, uint64_t number, struct err *e)
{
	struct key k = key_number(number);

	TRY(table_del(t, TABLE_CANON, key_bytes(&k), e));
	TRY(table_del(t, TABLE_RECEIPTS, key_bytes(&k), e));
	return table_del(t, TABLE_SENDERS, key_bytes(&k), e);
}

enum rc
blockdb_collect_txs(
    struct changes *out, const struct store_block *b, struct err *e)
{
	uint8_t *p = arena_array(out->a, b->tx_cnt, TX_AT_LEN);

	if (p == NULL)
		return FAIL(e, RC_NO_MEMORY, "places of %zu txs", b->tx_cnt);
	for (size_t i = 0; i < b->tx_cnt; i++, p += TX_AT_LEN) {
		struct change one = {.key = hash_bytes(&b->tx_hashes[i]),
		    .value = bytes_of(p, TX_AT_LEN)};

		be64_put(p, b->header.number);
		be32_put(p + 8, (uint32_t)i);
		TRY(changes_add(out, &one, e));
	}
	return RC_OK;
}

/* Tables. ------------------------------------------------------------ */

static enum rc
need_hash(struct table_txn *t, struct hash *out, uint64_t number, struct err *e)
{
	struct key k = key_number(number);
	struct bytes b;

	TRY(table_find(t, &b, TABLE_CANON, key_bytes(&k), e));
	if (b.ptr == NULL)
		return fail_number(e, number);
	if (b.len != sizeof(out->b))
		return FAIL(
		    e, RC_CORRUPT, "canonical hash of %zu bytes", b.len);
	memcpy(out->b, b.ptr, sizeof(out->b));
	return RC_OK;
}

/* need_raw splits a stored block. */
static enum rc
need_raw(struct table_txn *t, struct u256 *td, struct bytes *raw,
    uint64_t number, const struct hash *hash, struct err *e)
{
	struct key k = key_block(number, hash);
	struct bytes b;

	TRY(table_need(t, &b, TABLE_BLOCKS, key_bytes(&k), e));
	if (b.len < TD_LEN)
		return FAIL(e, RC_CORRUPT, "stored block of %zu bytes", b.len);
	u256_from_be(td, bytes_of(b.ptr, TD_LEN));
	*raw = bytes_of(b.ptr + TD_LEN, b.len - TD_LEN);
	return RC_OK;
}

enum rc
blockdb_load(struct table_txn *t, struct arena *a, struct store_block *out,
    uint64_t number, struct err *e)
{
	struct key k = key_number(number);
	struct hash *hashes = NULL;
	struct bytes senders;

	TRY(need_hash(t, &out->hash, number, e));
	TRY(need_raw(
	    t, &out->total_difficulty, &out->raw, number, &out->hash, e));
	TRY(table_need(t, &out->receipts, TABLE_RECEIPTS, key_bytes(&k), e));
	TRY(table_need(t, &senders, TABLE_SENDERS, key_bytes(&k), e));
	TRY(body_tx_hashes(a, &hashes, &out->tx_cnt, out->raw, e));
	if (senders.len != out->tx_cnt * sizeof(struct addr))
		return FAIL(e, RC_CORRUPT, "block %llu: %zu bytes of senders",
		    (unsigned long long)number, senders.len);
	out->header.number = number;
	out->tx_hashes = hashes;
	out->senders = (const struct addr *)(const void *)senders.ptr;
	return RC_OK;
}

/* Views. ------------------------------------------------------------- */

const struct layer *
view_layer_of(const struct store_view *v, const struct hash *hash)
{
	size_t cnt = v->set->cnt + v->set->side_cnt;

	for (size_t i = v->first; i < cnt; i++)
		if (hash_eq(&v->set->layers[i]->block->hash, hash))
			return v->set->layers[i];
	return NULL;
}

/* layer_at is the canonical layer of a number; NULL when it is in the
 * tables. */
static const struct layer *
layer_at(const struct store_view *v, uint64_t number)
{
	size_t cnt = view_layer_cnt(v);
	uint64_t first;

	if (cnt == 0)
		return NULL;
	first = layer_number(view_layer(v, 0));
	return number >= first && number - first < cnt
		   ? view_layer(v, (size_t)(number - first))
		   : NULL;
}

enum rc
store_hash_of(const struct store_view *v, struct hash *out, uint64_t number,
    struct err *e)
{
	const struct layer *l = layer_at(v, number);

	if (v->set->head.header == NULL || number > v->set->head.number)
		return fail_number(e, number);
	if (l == NULL)
		return need_hash(v->txn, out, number, e);
	*out = l->block->hash;
	return RC_OK;
}

enum rc
store_number_of(const struct store_view *v, uint64_t *number,
    const struct hash *hash, struct err *e)
{
	const struct layer *l = view_layer_of(v, hash);
	struct bytes b;

	if (l != NULL) {
		*number = layer_number(l);
		return RC_OK;
	}
	TRY(table_find(v->txn, &b, TABLE_NUMBERS, hash_bytes(hash), e));
	if (b.ptr == NULL)
		return fail_hash(e, "block", hash);
	if (b.len != 8)
		return FAIL(e, RC_CORRUPT, "block number of %zu bytes", b.len);
	*number = be64(b.ptr);
	return RC_OK;
}

bool
store_is_canonical(const struct store_view *v, const struct hash *hash)
{
	struct hash canon;
	uint64_t number;

	return store_number_of(v, &number, hash, NULL) == RC_OK &&
	       store_hash_of(v, &canon, number, NULL) == RC_OK &&
	       hash_eq(&canon, hash);
}

/* find_raw reads a block wherever it is. */
static enum rc
find_raw(const struct store_view *v, struct u256 *td, struct bytes *raw,
    const struct hash *hash, struct err *e)
{
	const struct layer *l = view_layer_of(v, hash);
	uint64_t number;

	if (l != NULL) {
		*td = l->block->total_difficulty;
		*raw = l->block->raw;
		return RC_OK;
	}
	TRY(store_number_of(v, &number, hash, e));
	return need_raw(v->txn, td, raw, number, hash, e);
}

enum rc
store_header(const struct store_view *v, struct header *out,
    const struct hash *hash, struct err *e)
{
	struct bytes raw;
	struct u256 td;

	TRY(find_raw(v, &td, &raw, hash, e));
	return body_header(out, raw, e);
}

enum rc
store_total_difficulty(const struct store_view *v, struct u256 *out,
    const struct hash *hash, struct err *e)
{
	struct bytes raw;

	return find_raw(v, out, &raw, hash, e);
}

enum rc
store_raw(const struct store_view *v, struct bytes *out,
    const struct hash *hash, struct err *e)
{
	struct u256 td;

	return find_raw(v, &td, out, hash, e);
}

enum rc
store_raw_td(const struct store_view *v, struct bytes *out, struct u256 *td,
    const struct hash *hash, struct err *e)
{
	return find_raw(v, td, out, hash, e);
}

const struct hash *
store_tx_hashes(const struct store_view *v, const struct hash *hash)
{
	const struct layer *l = view_layer_of(v, hash);

	return l == NULL ? NULL : l->block->tx_hashes;
}

/* find_canon gives the number of a block that must be canonical. */
static enum rc
find_canon(const struct store_view *v, uint64_t *number,
    const struct hash *hash, struct err *e)
{
	struct hash canon;

	TRY(store_number_of(v, number, hash, e));
	TRY(store_hash_of(v, &canon, *number, e));
	if (!hash_eq(&canon, hash))
		return fail_hash(e, "canonical block", hash);
	return RC_OK;
}

enum rc
store_receipts(const struct store_view *v, struct bytes *out,
    const struct hash *hash, struct err *e)
{
	const struct layer *l;
	uint64_t number;
	struct key k;

	TRY(find_canon(v, &number, hash, e));
	l = layer_at(v, number);
	if (l != NULL) {
		*out = l->block->receipts;
		return RC_OK;
	}
	k = key_number(number);
	return table_need(v->txn, out, TABLE_RECEIPTS, key_bytes(&k), e);
}

enum rc
store_senders(const struct store_view *v, struct bytes *out,
    const struct hash *hash, struct err *e)
{
	const struct layer *l;
	uint64_t number;
	struct key k;

	TRY(find_canon(v, &number, hash, e));
	l = layer_at(v, number);
	if (l != NULL) {
		*out = bytes_of(
		    l->block->senders, l->block->tx_cnt * sizeof(struct addr));
		return RC_OK;
	}
	k = key_number(number);
	return table_need(v->txn, out, TABLE_SENDERS, key_bytes(&k), e);
}

enum rc
store_tx_at(const struct store_view *v, uint64_t *number, uint64_t *index,
    const struct hash *tx_hash, struct err *e)
{
	uint32_t hash = index_hash(&v->store->seed, hash_bytes(tx_hash));
	struct bytes b;
	size_t place;

	for (size_t i = view_layer_cnt(v); i-- > 0;) {
		if (!layer_tx(view_layer(v, i), hash, tx_hash, &place))
			continue;
		*number = layer_number(view_layer(v, i));
		*index = place;
		return RC_OK;
	}
	TRY(table_find(v->txn, &b, TABLE_TXS, hash_bytes(tx_hash), e));
	if (b.ptr == NULL)
		return fail_hash(e, "transaction", tx_hash);
	if (b.len != TX_AT_LEN)
		return FAIL(e, RC_CORRUPT, "place of a tx of %zu bytes", b.len);
	*number = be64(b.ptr);
	*index = be32(b.ptr + 8);
	return RC_OK;
}
