/* SPDX-License-Identifier: Apache-2.0
 *
 * What a transaction pays per gas and at most. Whether the sender can is for
 * exec and pool.
 */
#include "eth/tx.h"

bool
tx_cost_max(struct u256 *out, const struct tx *tx)
{
	struct u256 blob = u256_from_u64((uint64_t)tx->blob_cnt * TX_BLOB_GAS);
	bool is_cut;

	is_cut = u256_mul_u64(out, &tx->max_fee, tx->gas);
	is_cut |= u256_mul(&blob, &blob, &tx->max_blob_fee);
	is_cut |= u256_add(out, out, &blob);
	is_cut |= u256_add(out, out, &tx->value);
	return !is_cut;
}

bool
tx_tip(struct u256 *out, const struct tx *tx, const struct u256 *base_fee)
{
	struct u256 rest;

	if (u256_sub(&rest, &tx->max_fee, base_fee))
		return false;
	*out = u256_lt(&rest, &tx->max_tip) ? rest : tx->max_tip;
	return true;
}

/* The sum is at most max_fee and cannot overflow. */
bool
tx_price(struct u256 *out, const struct tx *tx, const struct u256 *base_fee)
{
	struct u256 tip;

	if (!tx_tip(&tip, tx, base_fee))
		return false;
	u256_add(out, &tip, base_fee);
	return true;
}
