/* SPDX-License-Identifier: Apache-2.0
 *
 * Intrinsic gas: what a transaction costs before code runs, EIP-7623's floor
 * under what it costs afterwards, and what refunds take off.
 */
#include "exec/exec.h"
#include "exec/exec_priv.h"

/* add_times adds cnt * price to gas; false when it passes 64 bits. */
static bool
add_times(uint64_t *gas, uint64_t cnt, uint64_t price)
{
	uint64_t product;

	return !__builtin_mul_overflow(cnt, price, &product) &&
	       !__builtin_add_overflow(*gas, product, gas);
}

static uint64_t
count_zeros(struct bytes data)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < data.len; i++)
		n += data.ptr[i] == 0;
	return n;
}

static bool
add_access(uint64_t *gas, const struct tx *tx)
{
	size_t i;

	for (i = 0; i < tx->access_cnt; i++)
		if (!add_times(gas, tx->access[i].key_cnt, GAS_ACCESS_KEY))
			return false;
	return add_times(gas, tx->access_cnt, GAS_ACCESS_ADDR);
}

static bool
add_create(uint64_t *gas, const struct tx *tx, enum fork f)
{
	uint64_t words = ((uint64_t)tx->data.len + 31) / 32;

	if (f >= FORK_HOMESTEAD && !add_times(gas, 1, GAS_CREATE))
		return false;
	return f < FORK_SHANGHAI || add_times(gas, words, GAS_INIT_WORD);
}

/* EIP-7623: 10 gas a token, four tokens a byte that is not zero. */
static bool
floor_of(uint64_t *out, uint64_t zeros, uint64_t others, enum fork f)
{
	uint64_t tokens = zeros;

	*out = 0;
	if (f < FORK_PRAGUE)
		return true;
	*out = EXEC_GAS_TX;
	return add_times(&tokens, others, GAS_TOKENS_NONZERO) &&
	       add_times(out, tokens, GAS_FLOOR_TOKEN);
}

enum rc
exec_intrinsic_gas(uint64_t *out, uint64_t *floor, const struct tx *tx,
    enum fork f, struct err *e)
{
	uint64_t zeros = count_zeros(tx->data);
	uint64_t others = (uint64_t)tx->data.len - zeros;
	uint64_t price = f >= FORK_ISTANBUL ? GAS_DATA_2028 : GAS_DATA;
	uint64_t gas = EXEC_GAS_TX, least;

	if (!add_times(&gas, zeros, GAS_DATA_ZERO) ||
	    !add_times(&gas, others, price) || !add_access(&gas, tx) ||
	    !add_times(&gas, tx->auth_cnt, GAS_AUTH) ||
	    (tx->is_create && !add_create(&gas, tx, f)) ||
	    !floor_of(&least, zeros, others, f))
		return FAIL(e, RC_GAS_UINT64, "gas uint64 overflow");
	*out = gas;
	if (floor != NULL)
		*floor = least;
	return RC_OK;
}

uint64_t
exec_gas_used(uint64_t spent, uint64_t refund, uint64_t floor, enum fork f)
{
	uint64_t most =
	    spent / (f >= FORK_LONDON ? REFUND_QUOTIENT_3529 : REFUND_QUOTIENT);

	spent -= refund < most ? refund : most;
	return spent < floor ? floor : spent;
}
