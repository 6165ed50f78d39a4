/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds transactions in a block and the recipient in a transaction by
 * counting RLP items. It checks form only as far as it walks.
 */
#include "store/body_priv.h"

#include "base/check.h"
#include "eth/rlp.h"
#include "eth/tx.h"

/* Fields before the recipient, by transaction type. */
static const unsigned to_at[] = {
    [TX_LEGACY] = 3,      /* nonce, gas price, gas */
    [TX_ACCESS_LIST] = 4, /* chain id, then as legacy */
    [TX_DYNAMIC_FEE] = 5, /* chain id, nonce, tip, fee, gas */
    [TX_BLOB] = 5,
    [TX_SET_CODE] = 5,
};

enum rc
body_header(struct header *out, struct bytes raw, struct err *e)
{
	struct bytes items;

	TRY(rlp_take_list(&items, &raw, e));
	return header_take(out, &items, e);
}

enum rc
body_hash(struct hash *out, struct bytes raw, struct err *e)
{
	struct bytes items, header;

	TRY(rlp_take_list(&items, &raw, e));
	TRY(rlp_take_raw(&header, &items, e));
	*out = hash_keccak(header);
	return RC_OK;
}

enum rc
body_txs(struct bytes *items, struct bytes raw, struct err *e)
{
	struct bytes all, header;

	TRY(rlp_take_list(&all, &raw, e));
	TRY(rlp_take_raw(&header, &all, e));
	return rlp_take_list(items, &all, e);
}

enum rc
body_next(struct bytes *tx, struct bytes *items, struct err *e)
{
	struct bytes rest = *items, payload;
	bool is_list;

	TRY(rlp_take(&payload, &is_list, items, e));
	*tx = is_list ? bytes_of(rest.ptr, rest.len - items->len) : payload;
	return RC_OK;
}

/* open_tx finds the type and the fields of a transaction. */
static enum rc
open_tx(unsigned *type, struct bytes *fields, struct bytes tx, struct err *e)
{
	*type = TX_LEGACY;
	if (tx.len > 0 && tx.ptr[0] < 0x80) {
		*type = tx.ptr[0];
		tx = bytes_of(tx.ptr + 1, tx.len - 1);
	}
	if (*type >= ARRAY_CNT(to_at))
		return FAIL(e, RC_TX_TYPE, "transaction type %u", *type);
	return rlp_take_list(fields, &tx, e);
}

enum rc
body_nonce(uint64_t *nonce, struct bytes tx, struct err *e)
{
	struct bytes fields, chain_id;
	unsigned type;

	TRY(open_tx(&type, &fields, tx, e));
	if (type != TX_LEGACY)
		TRY(rlp_take_raw(&chain_id, &fields, e));
	return rlp_take_u64(nonce, &fields, e);
}

enum rc
body_to(struct addr *to, bool *has_to, struct bytes tx, struct err *e)
{
	struct bytes fields, field;
	unsigned type;

	TRY(open_tx(&type, &fields, tx, e));
	for (unsigned i = 0; i < to_at[type]; i++)
		TRY(rlp_take_raw(&field, &fields, e));
	TRY(rlp_take_str(&field, &fields, e));
	*has_to = field.len == sizeof(to->b);
	if (*has_to)
		memcpy(to->b, field.ptr, sizeof(to->b));
	else if (field.len != 0)
		return FAIL(
		    e, RC_BAD_INPUT, "recipient of %zu bytes", field.len);
	return RC_OK;
}

enum rc
body_tx_hashes(struct arena *a, struct hash **out, size_t *cnt,
    struct bytes raw, struct err *e)
{
	struct bytes items, tx;

	TRY(body_txs(&items, raw, e));
	TRY(rlp_count(cnt, items, e));
	*out = arena_array(a, *cnt, sizeof(**out));
	if (*out == NULL)
		return FAIL(
		    e, RC_NO_MEMORY, "hashes of %zu transactions", *cnt);
	for (size_t i = 0; i < *cnt; i++) {
		TRY(body_next(&tx, &items, e));
		(*out)[i] = hash_keccak(tx);
	}
	return RC_OK;
}
