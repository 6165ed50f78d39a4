/* SPDX-License-Identifier: Apache-2.0
 *
 * A machine's beginning, its memory between runs, and which addresses are
 * precompiles under which fork.
 */
#include <unistd.h>

#include "asm.h"

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
	EXPECT(n > 2);
	evm_free(vm);
	evm_free(NULL);
}

static long
resident_bytes(void)
{
	long total, pages = 0;
	FILE *in = fopen("/proc/self/statm", "r");

	CHECK(in != NULL && fscanf(in, "%ld %ld", &total, &pages) == 2);
	(void)fclose(in);
	return pages * sysconf(_SC_PAGESIZE);
}

/* A frame that fills its stack and calls itself, a thousand deep, touches
 * 32 MiB of stacks; readers of the node keep their machines for life. */
TEST(test_evm_run_deep_keeps_little_memory)
{
	static char program[4096];
	struct asm_run r;
	size_t i, len = 1;
	long before;

	program[0] = '#';
	for (i = 0; i < 1000; i++, len += 2)
		memcpy(program + len, "58", 2); /* PC */
	(void)snprintf(program + len, sizeof(program) - len, "%s",
	    " 0x00 0x00 0x00 0x00 0x00 ADDRESS GAS CALL");
	asm_open(&r, FORK_CANCUN, program);
	r.msg.gas = (uint64_t)1 << 40;
	before = resident_bytes();
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	EXPECT(asm_used(&r) > 1000 * 1000 * 2);
	EXPECT(resident_bytes() - before < 16 << 20);
	asm_close(&r);
}
