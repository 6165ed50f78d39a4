/* SPDX-License-Identifier: Apache-2.0
 *
 * Which addresses are precompiles under which fork.
 */
#include "evm/evm.h"
#include "test.h"

static struct addr
addr_of(uint16_t number)
{
	struct addr a = {{0}};

	be16_put(a.b + 18, number);
	return a;
}

static const struct {
	const char *name;
	uint16_t number;
	enum fork before, since; /* before == since: there at once */
} rows[] = {
    {"ecrecover", 1, FORK_FRONTIER, FORK_FRONTIER},
    {"identity", 4, FORK_FRONTIER, FORK_FRONTIER},
    {"modexp, EIP-198", 5, FORK_SPURIOUS, FORK_BYZANTIUM},
    {"bn254 pairing, EIP-197", 8, FORK_SPURIOUS, FORK_BYZANTIUM},
    {"blake2f, EIP-152", 9, FORK_PETERSBURG, FORK_ISTANBUL},
    {"point evaluation, EIP-4844", 0x0a, FORK_SHANGHAI, FORK_CANCUN},
    {"BLS12-381 first, EIP-2537", 0x0b, FORK_CANCUN, FORK_PRAGUE},
    {"BLS12-381 last, EIP-2537", 0x11, FORK_CANCUN, FORK_PRAGUE},
    {"P-256, EIP-7951", 0x100, FORK_PRAGUE, FORK_OSAKA},
};

TEST(test_evm_precompile_by_fork_starts_at_its_row)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct addr a = addr_of(rows[i].number);

		test_row(rows[i].name);
		if (rows[i].before != rows[i].since)
			EXPECT(!evm_is_precompile(&a, rows[i].before));
		EXPECT(evm_is_precompile(&a, rows[i].since));
		EXPECT(evm_is_precompile(&a, FORK_OSAKA));
	}
}

TEST(test_evm_precompile_other_addresses_are_none)
{
	static const uint16_t none[] = {0, 0x12, 0xff, 0x101, 0x200, 0xffff};
	struct addr a;
	size_t i;

	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		a = addr_of(none[i]);
		EXPECT(!evm_is_precompile(&a, FORK_OSAKA));
	}
	for (i = 0; i < 18; i++) {
		a = addr_of(1);
		a.b[i] = 1;
		EXPECT(!evm_is_precompile(&a, FORK_OSAKA));
	}
}

TEST(test_evm_new_without_memory_is_none)
{
	struct evm *vm;
	size_t n;

	for (n = 1;; n++) {
		test_alloc_fail(n);
		vm = evm_new();
		if (!test_alloc_did_fail())
			break;
		EXPECT(vm == NULL);
	}
	EXPECT(vm != NULL);
	EXPECT(n > 3);
	evm_free(vm);
	evm_free(NULL);
}
