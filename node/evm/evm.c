/* SPDX-License-Identifier: Apache-2.0
 *
 * What execution must know of the machine before there is one: that it is
 * not here, and which addresses are precompiles. It runs no code.
 */
#include "evm/evm.h"

#include "base/check.h"

struct precompile {
	uint16_t number;
	enum fork since;
};

static const struct precompile precompiles[] = {
#define PRECOMPILE(number, name, since, spec) {number, FORK_##since},
#include "evm/precompile.def"
#undef PRECOMPILE
};

_Static_assert(ARRAY_CNT(precompiles) == 18, "precompiles up to Osaka");

bool
evm_available(void)
{
	return false;
}

bool
evm_is_precompile(const struct addr *addr, enum fork f)
{
	static const uint8_t zeros[sizeof(addr->b) - 2];
	uint16_t number = be16(addr->b + sizeof(zeros));
	size_t i;

	if (memcmp(addr->b, zeros, sizeof(zeros)) != 0)
		return false;
	for (i = 0; i < ARRAY_CNT(precompiles); i++)
		if (precompiles[i].number == number)
			return precompiles[i].since <= f;
	return false;
}
