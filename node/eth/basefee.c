/* SPDX-License-Identifier: Apache-2.0
 *
 * EIP-1559's base fee as integer arithmetic that is exact for every 256-bit
 * fee. Whether a block must carry a base fee at all is for the caller.
 */
#include "eth/basefee.h"

/* fee * part / whole / 8, exact: the product of the remainder fits 128 bits
 * and that of the quotient is cut only where the result is. */
static bool
fee_step(
    struct u256 *out, const struct u256 *fee, uint64_t part, uint64_t whole)
{
	struct u256 divisor = u256_from_u64(whole), quot, rem, low;
	bool is_cut;

	u256_divmod(&quot, &rem, fee, &divisor);
	u256_mul_u64(&low, &rem, part);
	u256_divmod(&low, NULL, &low, &divisor);
	is_cut = u256_mul_u64(&quot, &quot, part);
	is_cut = u256_add(out, &quot, &low) || is_cut;
	divisor = u256_from_u64(BASEFEE_CHANGE_DENOMINATOR);
	u256_divmod(out, NULL, out, &divisor);
	return is_cut;
}

static void
fee_up(struct u256 *out, const struct u256 *fee, uint64_t over, uint64_t target)
{
	struct u256 step;
	bool is_cut = fee_step(&step, fee, over, target);

	if (u256_is_zero(&step))
		step = U256_ONE;
	is_cut = u256_add(out, fee, &step) || is_cut;
	if (is_cut)
		memset(out, 0xff, sizeof(*out));
}

static void
fee_down(
    struct u256 *out, const struct u256 *fee, uint64_t under, uint64_t target)
{
	struct u256 step;

	/* under <= target, so that the step is at most fee / 8. */
	fee_step(&step, fee, under, target);
	u256_sub(out, fee, &step);
}

void
basefee_next(struct u256 *out, const struct fork_plan *forks,
    const struct header *parent)
{
	uint64_t target = parent->gas_limit / BASEFEE_ELASTICITY;

	if (forks->has_fixed_base_fee) {
		*out = forks->fixed_base_fee;
		return;
	}
	if (!fork_is_active(forks, FORK_LONDON, parent->number, parent->time)) {
		*out = u256_from_u64(BASEFEE_INITIAL_WEI);
		return;
	}
	if (target == 0 || parent->gas_used == target)
		*out = parent->base_fee;
	else if (parent->gas_used > target)
		fee_up(
		    out, &parent->base_fee, parent->gas_used - target, target);
	else
		fee_down(
		    out, &parent->base_fee, target - parent->gas_used, target);
}

enum rc
basefee_check(const struct header *h, const struct fork_plan *forks,
    const struct header *parent, struct err *e)
{
	char got[U256_DEC_MAX], want[U256_DEC_MAX];
	struct u256 fee;

	basefee_next(&fee, forks, parent);
	if (u256_eq(&fee, &h->base_fee))
		return RC_OK;
	u256_dec(got, &h->base_fee);
	u256_dec(want, &fee);
	return FAIL(e, RC_BLK_BASE_FEE, "base fee %s, want %s", got, want);
}
