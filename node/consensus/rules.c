/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of header validity that every engine shares: the link to the
 * parent, gas used, the step of the gas limit, the base fee. It knows
 * nothing of seals, signers and time.
 */
#include "consensus/rules_priv.h"

#include "eth/basefee.h"

enum rc
rules_link(const struct header *h, const struct header *parent, struct err *e)
{
	struct hash hash;

	if (parent == NULL)
		return FAIL(e, RC_BLK_PARENT, "parent of block %llu is unknown",
		    (unsigned long long)h->number);
	if (parent->number == UINT64_MAX || h->number != parent->number + 1)
		return FAIL(e, RC_BLK_PARENT, "number %llu after parent %llu",
		    (unsigned long long)h->number,
		    (unsigned long long)parent->number);
	hash = header_hash(parent);
	if (!hash_eq(&hash, &h->parent))
		return FAIL(e, RC_BLK_PARENT, "block %llu names another parent",
		    (unsigned long long)h->number);
	return RC_OK;
}

static bool
is_london(const struct header *h, const struct fork_plan *forks)
{
	if (forks == NULL)
		return h->field_cnt >= HEADER_FIELDS_LONDON;
	return fork_is_active(forks, FORK_LONDON, h->number, h->time);
}

/* EIP-1559 doubles the limit at the fork, so that the target stays. */
static uint64_t
parent_limit(const struct header *parent, bool is_first_london)
{
	if (!is_first_london)
		return parent->gas_limit;
	if (parent->gas_limit > UINT64_MAX / 2)
		return UINT64_MAX;
	return parent->gas_limit * 2;
}

static enum rc
check_gas_limit(const struct header *h, const struct header *parent,
    const struct fork_plan *forks, struct err *e)
{
	uint64_t old = parent_limit(
	    parent, is_london(h, forks) && !is_london(parent, forks));
	uint64_t step =
	    h->gas_limit > old ? h->gas_limit - old : old - h->gas_limit;

	if (step >= old / RULES_GAS_BOUND_DIVISOR)
		return FAIL(e, RC_BLK_GAS_LIMIT,
		    "gas limit %llu, parent %llu: a step of %llu or more",
		    (unsigned long long)h->gas_limit, (unsigned long long)old,
		    (unsigned long long)old / RULES_GAS_BOUND_DIVISOR);
	if (h->gas_limit < RULES_GAS_LIMIT_MIN)
		return FAIL(e, RC_BLK_GAS_LIMIT, "gas limit %llu is below %llu",
		    (unsigned long long)h->gas_limit,
		    (unsigned long long)RULES_GAS_LIMIT_MIN);
	return RC_OK;
}

static enum rc
check_base_fee(const struct header *h, const struct header *parent,
    const struct fork_plan *forks, struct err *e)
{
	bool has_fee = h->field_cnt >= HEADER_FIELDS_LONDON;

	if (forks == NULL)
		return RC_OK;
	if (has_fee != is_london(h, forks))
		return FAIL(e, RC_BLK_BASE_FEE, "base fee %s London",
		    has_fee ? "before" : "missing after");
	if (!has_fee)
		return RC_OK;
	return basefee_check(h, forks, parent, e);
}

enum rc
rules_gas(const struct header *h, const struct header *parent,
    const struct fork_plan *forks, struct err *e)
{
	if (h->gas_used > h->gas_limit)
		return FAIL(e, RC_BLK_GAS_USED, "gas used %llu, limit %llu",
		    (unsigned long long)h->gas_used,
		    (unsigned long long)h->gas_limit);
	/* The order is go-ethereum's: before London the fee comes first. */
	if (!is_london(h, forks)) {
		TRY(check_base_fee(h, parent, forks, e));
		return check_gas_limit(h, parent, forks, e);
	}
	TRY(check_gas_limit(h, parent, forks, e));
	return check_base_fee(h, parent, forks, e);
}

uint64_t
rules_gas_limit_aim(uint64_t target)
{
	if (target < RULES_GAS_LIMIT_MIN)
		return RULES_GAS_LIMIT_MIN;
	return target > RULES_GAS_LIMIT_MAX ? RULES_GAS_LIMIT_MAX : target;
}

uint64_t
rules_gas_limit_next(const struct header *parent, bool is_london_now,
    bool is_parent_london, uint64_t target)
{
	uint64_t limit =
	    parent_limit(parent, is_london_now && !is_parent_london);
	uint64_t step = limit / RULES_GAS_BOUND_DIVISOR;

	target = rules_gas_limit_aim(target);
	step = step > 0 ? step - 1 : 0;
	if (limit < target)
		return target - limit < step ? target : limit + step;
	return limit - target < step ? target : limit - step;
}
