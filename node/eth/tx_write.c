/* SPDX-License-Identifier: Apache-2.0
 *
 * The transaction writer: sizes first, then bytes, into a buffer or straight
 * into a hash. The fields are those of tx_field.def.
 */
#include "eth/tx_priv.h"

static const uint64_t *
u64_in(const struct tx *tx, const struct tx_field *f)
{
	return (const uint64_t *)(const void *)((const uint8_t *)tx + f->at);
}

static const struct u256 *
u256_in(const struct tx *tx, const struct tx_field *f)
{
	return (const struct u256 *)(const void *)((const uint8_t *)tx + f->at);
}

static size_t
size_hashes(size_t cnt)
{
	return cnt * 33;
}

static size_t
size_access_entry(const struct tx_access *entry)
{
	return 21 + rlp_size_list(size_hashes(entry->key_cnt));
}

static size_t
size_access(const struct tx *tx)
{
	size_t i, sum = 0;

	for (i = 0; i < tx->access_cnt; i++)
		sum += rlp_size_list(size_access_entry(&tx->access[i]));
	return sum;
}

static size_t
size_auth(const struct tx_auth *au)
{
	return rlp_size_u256(&au->chain_id) + 21 + rlp_size_u64(au->nonce) +
	       rlp_size_u64(au->y_parity) + rlp_size_u256(&au->r) +
	       rlp_size_u256(&au->s);
}

static size_t
size_auths(const struct tx *tx)
{
	size_t i, sum = 0;

	for (i = 0; i < tx->auth_cnt; i++)
		sum += rlp_size_list(size_auth(&tx->auths[i]));
	return sum;
}

static size_t
size_field(const struct tx *tx, const struct tx_field *f)
{
	switch (f->kind) {
	case TX_KIND_CHAIN_ID:
		return rlp_size_u64(tx->chain_id);
	case TX_KIND_U64:
		return rlp_size_u64(*u64_in(tx, f));
	case TX_KIND_U256:
		return rlp_size_u256(u256_in(tx, f));
	case TX_KIND_TO:
		return tx->is_create ? 1 : 21;
	case TX_KIND_RECIPIENT:
		return 21;
	case TX_KIND_DATA:
		return rlp_size_str(tx->data);
	case TX_KIND_ACCESS:
		return rlp_size_list(size_access(tx));
	case TX_KIND_HASHES:
		return rlp_size_list(size_hashes(tx->blob_cnt));
	case TX_KIND_AUTHS:
		return rlp_size_list(size_auths(tx));
	}
	return 0;
}

/* The preimage of a legacy transaction with a chain id ends in (id, 0, 0). */
static bool
is_eip155(const struct tx *tx)
{
	return tx->type == TX_LEGACY && tx->has_chain_id;
}

static size_t
size_tail(const struct tx *tx, bool has_sig)
{
	struct u256 v;

	if (has_sig) {
		v = tx_v(tx);
		return rlp_size_u256(&v) + rlp_size_u256(&tx->r) +
		       rlp_size_u256(&tx->s);
	}
	return is_eip155(tx) ? rlp_size_u64(tx->chain_id) + 2 : 0;
}

static size_t
size_payload(const struct tx *tx, bool has_sig)
{
	const struct tx_field *f;
	size_t sum = size_tail(tx, has_sig);

	for (f = tx_field_next(tx_fields, tx->type); f->name != NULL;
	     f = tx_field_next(f + 1, tx->type))
		sum += size_field(tx, f);
	return sum;
}

static void
put_hashes(struct sink *s, const struct hash *hashes, size_t cnt)
{
	size_t i;

	sink_list(s, size_hashes(cnt));
	for (i = 0; i < cnt; i++)
		sink_str(s, hash_bytes(&hashes[i]));
}

static void
put_access(struct sink *s, const struct tx *tx)
{
	const struct tx_access *entry;
	size_t i;

	sink_list(s, size_access(tx));
	for (i = 0; i < tx->access_cnt; i++) {
		entry = &tx->access[i];
		sink_list(s, size_access_entry(entry));
		sink_str(s, addr_bytes(&entry->addr));
		put_hashes(s, entry->keys, entry->key_cnt);
	}
}

static void
put_auths(struct sink *s, const struct tx *tx)
{
	const struct tx_auth *au;
	size_t i;

	sink_list(s, size_auths(tx));
	for (i = 0; i < tx->auth_cnt; i++) {
		au = &tx->auths[i];
		sink_list(s, size_auth(au));
		sink_u256(s, &au->chain_id);
		sink_str(s, addr_bytes(&au->addr));
		sink_u64(s, au->nonce);
		sink_u64(s, au->y_parity);
		sink_u256(s, &au->r);
		sink_u256(s, &au->s);
	}
}

static void
put_field(struct sink *s, const struct tx *tx, const struct tx_field *f)
{
	switch (f->kind) {
	case TX_KIND_CHAIN_ID:
		sink_u64(s, tx->chain_id);
		return;
	case TX_KIND_U64:
		sink_u64(s, *u64_in(tx, f));
		return;
	case TX_KIND_U256:
		sink_u256(s, u256_in(tx, f));
		return;
	case TX_KIND_TO:
	case TX_KIND_RECIPIENT:
		sink_str(
		    s, tx->is_create ? bytes_of(NULL, 0) : addr_bytes(&tx->to));
		return;
	case TX_KIND_DATA:
		sink_str(s, tx->data);
		return;
	case TX_KIND_ACCESS:
		put_access(s, tx);
		return;
	case TX_KIND_HASHES:
		put_hashes(s, tx->blob_hashes, tx->blob_cnt);
		return;
	case TX_KIND_AUTHS:
		put_auths(s, tx);
		return;
	}
}

static void
put_tail(struct sink *s, const struct tx *tx, bool has_sig)
{
	struct u256 v;

	if (has_sig) {
		v = tx_v(tx);
		sink_u256(s, &v);
		sink_u256(s, &tx->r);
		sink_u256(s, &tx->s);
	} else if (is_eip155(tx)) {
		sink_u64(s, tx->chain_id);
		sink_u64(s, 0);
		sink_u64(s, 0);
	}
}

void
tx_put(struct sink *s, const struct tx *tx, bool has_sig)
{
	const struct tx_field *f;

	if (tx->type != TX_LEGACY)
		sink_u8(s, (uint8_t)tx->type);
	sink_list(s, size_payload(tx, has_sig));
	for (f = tx_field_next(tx_fields, tx->type); f->name != NULL;
	     f = tx_field_next(f + 1, tx->type))
		put_field(s, tx, f);
	put_tail(s, tx, has_sig);
}

enum rc
tx_encode(struct buf *out, const struct tx *tx, bool has_sig, struct err *e)
{
	struct sink s = sink_of_buf(out);

	tx_put(&s, tx, has_sig);
	if (!sink_end_buf(&s, out))
		return FAIL(e, RC_NO_SPACE,
		    "transaction of %zu bytes, %zu free", tx_encoded_size(tx),
		    out->cap - out->len);
	return RC_OK;
}

size_t
tx_encoded_size(const struct tx *tx)
{
	return (tx->type != TX_LEGACY) + rlp_size_list(size_payload(tx, true));
}

struct u256
tx_v(const struct tx *tx)
{
	struct u256 v = u256_from_u64(tx->y_parity);
	struct u256 add = u256_from_u64(TX_V_PLAIN);

	if (tx->type != TX_LEGACY || tx->is_unsigned)
		return v;
	if (tx->has_chain_id) {
		add = (struct u256){{tx->chain_id << 1, tx->chain_id >> 63}};
		u256_add(&v, &v, &add);
		add = u256_from_u64(TX_V_EIP155);
	}
	u256_add(&v, &v, &add);
	return v;
}
