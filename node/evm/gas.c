/* SPDX-License-Identifier: Apache-2.0
 *
 * gas.def as one set of prices per fork. What an instruction makes of them
 * is its own matter.
 */
#include <stddef.h>

#include "base/check.h"
#include "evm/evm_priv.h"

static const struct {
	size_t at; /* in struct prices */
	enum fork from;
	uint32_t gas;
} rows[] = {
#define GAS(name, from, gas) {offsetof(struct prices, name), FORK_##from, gas},
#include "evm/gas.def"
#undef GAS
};

void
evm_prices_at(struct prices *out, enum fork f)
{
	size_t i;

	*out = (struct prices){0};
	for (i = 0; i < ARRAY_CNT(rows); i++)
		if (rows[i].from <= f)
			memcpy((uint8_t *)out + rows[i].at, &rows[i].gas,
			    sizeof(rows[i].gas));
}
