/* SPDX-License-Identifier: Apache-2.0
 *
 * The price of blob gas as exact integer arithmetic. Whether a block may
 * carry blobs at all, and how many, is for the caller.
 */
#include "eth/blobfee.h"

#include "base/check.h"
#include "eth/tx.h"

static void
saturate(struct u256 *out)
{
	memset(out, 0xff, sizeof(*out));
}

/* The Taylor series of e^(excess / fraction), EIP-4844's fake_exponential. A
 * term that does not fit ends it: the sum would not fit either. */
void
blobfee_price(struct u256 *out, uint64_t excess, uint64_t fraction)
{
	struct u256 sum = U256_ZERO, term, by = u256_from_u64(fraction);
	uint64_t i;

	CHECK(fraction != 0);
	u256_mul_u64(&term, &by, BLOBFEE_MIN_WEI);
	for (i = 1; !u256_is_zero(&term); i++) {
		struct u256 divisor;

		if (u256_add(&sum, &sum, &term) ||
		    u256_mul_u64(&term, &term, excess)) {
			saturate(out);
			return;
		}
		u256_mul_u64(&divisor, &by, i);
		u256_divmod(&term, NULL, &term, &divisor);
	}
	u256_divmod(out, NULL, &sum, &by);
}

void
blobfee_of(
    struct u256 *out, const struct fork_plan *forks, const struct header *h)
{
	const struct fork_blob *b = fork_blob_at(forks, h->number, h->time);

	*out = U256_ZERO;
	if (b != NULL && h->field_cnt >= HEADER_FIELDS_CANCUN)
		blobfee_price(out, h->excess_blob_gas, b->fraction);
}

/* EIP-7918: blobs cost less than the execution gas they are worth. */
static bool
is_below_reserve(const struct header *parent, uint64_t fraction)
{
	struct u256 reserve, price;

	blobfee_price(&price, parent->excess_blob_gas, fraction);
	if (u256_mul_u64(&price, &price, TX_BLOB_GAS))
		return false;
	return u256_mul_u64(&reserve, &parent->base_fee, BLOBFEE_BASE_COST) ||
	       u256_lt(&price, &reserve);
}

uint64_t
blobfee_next_excess(const struct fork_plan *forks, const struct header *parent,
    uint64_t number, uint64_t time)
{
	const struct fork_blob *b = fork_blob_at(forks, number, time);
	uint64_t target, sum;

	CHECK(b != NULL);
	if (parent->field_cnt < HEADER_FIELDS_CANCUN)
		return 0;
	target = b->target * TX_BLOB_GAS;
	if (__builtin_add_overflow(
		parent->excess_blob_gas, parent->blob_gas_used, &sum))
		return UINT64_MAX;
	if (sum < target)
		return 0;
	if (b->max > 0 && fork_is_active(forks, FORK_OSAKA, number, time) &&
	    is_below_reserve(parent, b->fraction))
		return parent->excess_blob_gas +
		       parent->blob_gas_used * (b->max - b->target) / b->max;
	return sum - target;
}
