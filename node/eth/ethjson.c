/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects of the protocol as JSON. Only form: nothing is looked up, hashed
 * or recovered here but what the arguments bring.
 */
#include "eth/ethjson.h"

#include "eth/header_priv.h"

static void
key_hash(struct jsonw *w, const char *key, const struct hash *v)
{
	jsonw_key(w, key);
	jsonw_data(w, hash_bytes(v));
}

static void
key_addr(struct jsonw *w, const char *key, const struct addr *v)
{
	jsonw_key(w, key);
	jsonw_data(w, addr_bytes(v));
}

static void
key_data(struct jsonw *w, const char *key, struct bytes v)
{
	jsonw_key(w, key);
	jsonw_data(w, v);
}

static void
key_q64(struct jsonw *w, const char *key, uint64_t v)
{
	jsonw_key(w, key);
	jsonw_q64(w, v);
}

static void
key_q256(struct jsonw *w, const char *key, const struct u256 *v)
{
	jsonw_key(w, key);
	jsonw_q256(w, v);
}

static void
key_null(struct jsonw *w, const char *key)
{
	jsonw_key(w, key);
	jsonw_null(w);
}

/* ---- headers and blocks ---- */

static void
write_field(
    struct jsonw *w, const struct header *h, const struct header_field *f)
{
	struct u256 wide;

	switch (f->kind) {
	case HEADER_KIND_FIXED:
		key_data(w, f->name, header_fixed(h, f));
		return;
	case HEADER_KIND_U64:
		key_q64(w, f->name, header_u64(h, f));
		return;
	case HEADER_KIND_U256:
		wide = header_u256(h, f);
		key_q256(w, f->name, &wide);
		return;
	case HEADER_KIND_EXTRA:
		key_data(w, f->name, h->extra);
		return;
	}
}

/* is_sealers tells fields whose value the sealer of a block decides. */
static bool
is_sealers(const struct header_field *f)
{
	return f->at == offsetof(struct header, coinbase) ||
	       f->at == offsetof(struct header, nonce);
}

/* is_hidden tells fields that are null: before a block is sealed what its
 * sealer decides, and the bloom where nobody looks at it. */
static bool
is_hidden(const struct header_field *f, bool is_sealed, bool is_brief)
{
	return (!is_sealed && is_sealers(f)) ||
	       (is_brief && f->at == offsetof(struct header, bloom));
}

static void
write_members(struct jsonw *w, const struct header *h, const struct hash *hash,
    const struct u256 *td, bool is_brief)
{
	size_t i;

	if (hash == NULL)
		key_null(w, "hash");
	else
		key_hash(w, "hash", hash);
	for (i = 0; i < h->field_cnt; i++) {
		if (is_hidden(&header_fields[i], hash != NULL, is_brief))
			key_null(w, header_fields[i].name);
		else
			write_field(w, h, &header_fields[i]);
	}
	if (td != NULL && hash == NULL)
		key_null(w, "totalDifficulty");
	else if (td != NULL)
		key_q256(w, "totalDifficulty", td);
}

static void
write_header(struct jsonw *w, const struct header *h, const struct hash *hash,
    const struct u256 *td)
{
	write_members(w, h, hash, td, false);
}

void
ethjson_header(struct jsonw *w, const struct header *h, const struct hash *hash,
    const struct u256 *td)
{
	jsonw_obj(w);
	write_header(w, h, hash, td);
	jsonw_obj_end(w);
}

static void
write_hashes(struct jsonw *w, const char *key, const struct hash *v, size_t cnt)
{
	size_t i;

	jsonw_key(w, key);
	jsonw_arr(w);
	for (i = 0; i < cnt; i++)
		jsonw_data(w, hash_bytes(&v[i]));
	jsonw_arr_end(w);
}

static void
write_txs(struct jsonw *w, const struct block *b, const struct hash *hash,
    const struct addr *senders)
{
	struct ethjson_at at = {.header = &b->header};
	size_t i;

	jsonw_key(w, "transactions");
	jsonw_arr(w);
	for (i = 0; i < b->tx_cnt && hash != NULL; i++) {
		at.block_hash = *hash;
		at.index = i;
		ethjson_tx(w, &b->txs[i], &senders[i], &at);
	}
	jsonw_arr_end(w);
}

static void
write_uncles(struct jsonw *w, const struct block *b)
{
	struct hash h;
	size_t i;

	jsonw_key(w, "uncles");
	jsonw_arr(w);
	for (i = 0; i < b->ommer_cnt; i++) {
		h = header_hash(&b->ommers[i]);
		jsonw_data(w, hash_bytes(&h));
	}
	jsonw_arr_end(w);
}

static void
write_withdrawals(struct jsonw *w, const struct block *b)
{
	const struct withdrawal *wd;
	size_t i;

	jsonw_key(w, "withdrawals");
	jsonw_arr(w);
	for (i = 0; i < b->withdrawal_cnt; i++) {
		wd = &b->withdrawals[i];
		jsonw_obj(w);
		key_q64(w, "index", wd->index);
		key_q64(w, "validatorIndex", wd->validator);
		key_addr(w, "address", &wd->addr);
		key_q64(w, "amount", wd->amount_gwei);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void
begin_block(struct jsonw *w, const struct block *b, const struct hash *hash,
    const struct u256 *td)
{
	write_header(w, &b->header, hash, td);
	key_q64(w, "size", b->raw.len > 0 ? b->raw.len : block_size(b));
}

static void
end_block(struct jsonw *w, const struct block *b)
{
	write_uncles(w, b);
	if (b->has_withdrawals)
		write_withdrawals(w, b);
}

void
ethjson_block(struct jsonw *w, const struct block *b, const struct hash *hash,
    const struct addr *senders, const struct u256 *td)
{
	jsonw_obj(w);
	begin_block(w, b, hash, td);
	write_txs(w, b, hash, senders);
	end_block(w, b);
	jsonw_obj_end(w);
}

void
ethjson_block_members(struct jsonw *w, const struct block *b,
    const struct hash *hash, const struct addr *senders)
{
	size_t i;

	begin_block(w, b, hash, NULL);
	if (senders != NULL) {
		write_txs(w, b, hash, senders);
	} else {
		jsonw_key(w, "transactions");
		jsonw_arr(w);
		for (i = 0; i < b->tx_cnt; i++)
			jsonw_data(w, hash_bytes(&b->txs[i].hash));
		jsonw_arr_end(w);
	}
	end_block(w, b);
}

void
ethjson_block_hashes(struct jsonw *w, const struct block *b,
    const struct hash *hash, const struct hash *txs, size_t tx_cnt,
    const struct u256 *td)
{
	jsonw_obj(w);
	begin_block(w, b, hash, td);
	write_hashes(w, "transactions", txs, tx_cnt);
	end_block(w, b);
	jsonw_obj_end(w);
}

void
ethjson_block_brief(struct jsonw *w, const struct block *b,
    const struct hash *hash, const struct u256 *td, size_t tx_cnt,
    const struct ethjson_page *page)
{
	struct ethjson_at at = {.header = &b->header};
	size_t i;

	jsonw_obj(w);
	write_members(w, &b->header, hash, td, true);
	key_q64(w, "size", b->raw.len > 0 ? b->raw.len : block_size(b));
	jsonw_key(w, "transactionCount");
	jsonw_u64(w, tx_cnt);
	if (page != NULL) {
		jsonw_key(w, "transactions");
		jsonw_arr(w);
		for (i = page->first; i < page->end && hash != NULL; i++) {
			at.block_hash = *hash;
			at.index = i;
			ethjson_tx(w, &b->txs[i], &page->senders[i], &at);
		}
		jsonw_arr_end(w);
	}
	end_block(w, b);
	jsonw_obj_end(w);
}

/* ---- transactions ---- */

static void
write_place(struct jsonw *w, const struct ethjson_at *at)
{
	if (at == NULL) {
		key_null(w, "blockHash");
		key_null(w, "blockNumber");
		key_null(w, "blockTimestamp");
		key_null(w, "transactionIndex");
		return;
	}
	key_hash(w, "blockHash", &at->block_hash);
	key_q64(w, "blockNumber", at->header->number);
	key_q64(w, "blockTimestamp", at->header->time);
	key_q64(w, "transactionIndex", at->index);
}

static void
write_to(struct jsonw *w, const struct tx *tx)
{
	if (tx->is_create)
		key_null(w, "to");
	else
		key_addr(w, "to", &tx->to);
}

/* A mined transaction cannot have a price below the base fee; where a caller
 * brings a header it does not belong to, the highest price is shown. */
static void
write_prices(struct jsonw *w, const struct tx *tx, const struct ethjson_at *at)
{
	struct u256 price = tx->max_fee;

	if (at != NULL && at->header->field_cnt >= HEADER_FIELDS_LONDON &&
	    !tx_price(&price, tx, &at->header->base_fee))
		price = tx->max_fee;
	key_q256(w, "gasPrice", &price);
	if (tx->type < TX_DYNAMIC_FEE)
		return;
	key_q256(w, "maxFeePerGas", &tx->max_fee);
	key_q256(w, "maxPriorityFeePerGas", &tx->max_tip);
}

static void
write_access(struct jsonw *w, const struct tx *tx)
{
	size_t i;

	jsonw_key(w, "accessList");
	jsonw_arr(w);
	for (i = 0; i < tx->access_cnt; i++) {
		jsonw_obj(w);
		key_addr(w, "address", &tx->access[i].addr);
		write_hashes(w, "storageKeys", tx->access[i].keys,
		    tx->access[i].key_cnt);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void
write_auths(struct jsonw *w, const struct tx *tx)
{
	const struct tx_auth *au;
	size_t i;

	jsonw_key(w, "authorizationList");
	jsonw_arr(w);
	for (i = 0; i < tx->auth_cnt; i++) {
		au = &tx->auths[i];
		jsonw_obj(w);
		key_q256(w, "chainId", &au->chain_id);
		key_addr(w, "address", &au->addr);
		key_q64(w, "nonce", au->nonce);
		key_q64(w, "yParity", au->y_parity);
		key_q256(w, "r", &au->r);
		key_q256(w, "s", &au->s);
		jsonw_obj_end(w);
	}
	jsonw_arr_end(w);
}

static void
write_typed(struct jsonw *w, const struct tx *tx)
{
	if (tx->type == TX_LEGACY) {
		if (tx->has_chain_id)
			key_q64(w, "chainId", tx->chain_id);
		return;
	}
	key_q64(w, "chainId", tx->chain_id);
	write_access(w, tx);
	key_q64(w, "yParity", tx->y_parity);
	if (tx->type == TX_BLOB) {
		key_q256(w, "maxFeePerBlobGas", &tx->max_blob_fee);
		write_hashes(
		    w, "blobVersionedHashes", tx->blob_hashes, tx->blob_cnt);
	}
	if (tx->type == TX_SET_CODE)
		write_auths(w, tx);
}

void
ethjson_tx(struct jsonw *w, const struct tx *tx, const struct addr *sender,
    const struct ethjson_at *at)
{
	struct u256 v = tx_v(tx);

	jsonw_obj(w);
	write_place(w, at);
	key_addr(w, "from", sender);
	key_q64(w, "gas", tx->gas);
	write_prices(w, tx, at);
	key_hash(w, "hash", &tx->hash);
	key_data(w, "input", tx->data);
	key_q64(w, "nonce", tx->nonce);
	write_to(w, tx);
	key_q256(w, "value", &tx->value);
	key_q64(w, "type", tx->type);
	write_typed(w, tx);
	key_q256(w, "v", &v);
	key_q256(w, "r", &tx->r);
	key_q256(w, "s", &tx->s);
	jsonw_obj_end(w);
}

/* ---- receipts and logs ---- */

void
ethjson_log(struct jsonw *w, const struct log_entry *l,
    const struct ethjson_at *at, const struct hash *tx_hash, uint64_t log_index,
    bool is_removed)
{
	jsonw_obj(w);
	key_addr(w, "address", &l->addr);
	write_hashes(w, "topics", l->topics, l->topic_cnt);
	key_data(w, "data", l->data);
	write_place(w, at);
	key_hash(w, "transactionHash", tx_hash);
	key_q64(w, "logIndex", log_index);
	jsonw_key(w, "removed");
	jsonw_bool(w, is_removed);
	jsonw_obj_end(w);
}

static void
write_logs(struct jsonw *w, const struct receipt *r, const struct tx *tx,
    const struct ethjson_at *at, uint64_t log_index)
{
	size_t i;

	jsonw_key(w, "logs");
	jsonw_arr(w);
	for (i = 0; i < r->log_cnt; i++)
		ethjson_log(
		    w, &r->logs[i], at, &tx->hash, log_index + i, false);
	jsonw_arr_end(w);
}

static void
write_outcome(struct jsonw *w, const struct receipt *r)
{
	if (r->has_root)
		key_hash(w, "root", &r->root);
	else
		key_q64(w, "status", r->is_success);
	if (r->has_contract)
		key_addr(w, "contractAddress", &r->contract);
	else
		key_null(w, "contractAddress");
}

static void
write_bloom(struct jsonw *w, const struct receipt *r)
{
	key_data(w, "logsBloom", bytes_of(r->bloom.b, sizeof(r->bloom.b)));
}

/* write_blobs writes what a transaction paid for its blobs (EIP-4844). */
static void
write_blobs(struct jsonw *w, const struct tx *tx, const struct u256 *blob_price)
{
	if (tx->type != TX_BLOB || blob_price == NULL)
		return;
	key_q64(w, "blobGasUsed", tx->blob_cnt * TX_BLOB_GAS);
	key_q256(w, "blobGasPrice", blob_price);
}

void
ethjson_receipt_members(struct jsonw *w, const struct receipt *r,
    const struct tx *tx, const struct addr *sender, const struct ethjson_at *at,
    uint64_t log_index, const struct u256 *blob_price, bool has_logs)
{
	key_hash(w, "blockHash", &at->block_hash);
	key_q64(w, "blockNumber", at->header->number);
	key_hash(w, "transactionHash", &tx->hash);
	key_q64(w, "transactionIndex", at->index);
	key_addr(w, "from", sender);
	write_to(w, tx);
	key_q64(w, "gasUsed", r->gas_used);
	key_q64(w, "cumulativeGasUsed", r->cumulative_gas);
	key_q256(w, "effectiveGasPrice", &r->effective_price);
	write_outcome(w, r);
	if (has_logs) {
		write_logs(w, r, tx, at, log_index);
		write_bloom(w, r);
	} else {
		key_null(w, "logs");
		key_null(w, "logsBloom");
	}
	key_q64(w, "type", r->type);
	write_blobs(w, tx, blob_price);
}

void
ethjson_receipt(struct jsonw *w, const struct receipt *r, const struct tx *tx,
    const struct addr *sender, const struct ethjson_at *at, uint64_t log_index,
    const struct u256 *blob_price)
{
	jsonw_obj(w);
	ethjson_receipt_members(
	    w, r, tx, sender, at, log_index, blob_price, true);
	jsonw_obj_end(w);
}
