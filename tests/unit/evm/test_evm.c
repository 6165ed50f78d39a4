/* SPDX-License-Identifier: Apache-2.0
 *
 * A machine's beginning, its memory between runs, and which addresses are
 * precompiles under which fork.
 */
#include <stdio.h>
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

/* struct watch says no so often. */
struct watch {
	uint64_t left, asked;
};

static bool
watch_over(void *ctx)
{
	struct watch *w = ctx;

	w->asked++;
	return w->left == 0 || --w->left == 0;
}

/* Each would run for longer than anybody waits: by jumps, by calls that
 * return, by calls that do not, by precompiles. */
static const char *const endless[][2] = {
    {"JUMPDEST 0x00 JUMP", ""},
    {"JUMPDEST 0x01 0x00 JUMPI", ""},
    {"JUMPDEST 0x00 0x00 0x00 0x00 0x00 0xee GAS CALL 0x00 JUMP",
	"JUMPDEST 0x00 0x00 0x00 0x00 0x00 0xcc GAS CALL 0x00 JUMP"},
    {"JUMPDEST 0x00 0x00 0x00 0x00 0x00 0xee GAS CALL POP 0x00 JUMP", "STOP"},
    {"JUMPDEST 0x00 0x00 0x00 0x00 0x00 0x04 GAS CALL POP 0x00 JUMP", ""},
};

/* Neither jumps nor calls: each hash takes 196,000 gas. */
TEST(test_evm_watch_ends_straight_code)
{
	static const char hash[] = "0x100000 0x00 KECCAK256 POP ";
	enum { LEN = sizeof(hash) - 1 };
	static char code[100 * LEN + 1];
	static struct asm_run r;
	struct watch w = {.left = 20};
	size_t i;

	for (i = 0; i < 100; i++)
		(void)snprintf(code + i * LEN, LEN + 1, "%s", hash);
	asm_open(&r, FORK_BYZANTIUM, code);
	r.msg.gas = UINT64_C(1) << 60;
	evm_watch(r.vm, watch_over, &w);
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_TIMEOUT);
	EXPECT_U64(w.asked, 20);
	asm_close(&r);
}

TEST(test_evm_watch_ends_every_frame)
{
	static struct asm_run r;
	size_t i;

	for (i = 0; i < sizeof(endless) / sizeof(endless[0]); i++) {
		struct watch w = {.left = 20};

		test_row(endless[i][0]);
		asm_open(&r, FORK_BYZANTIUM, endless[i][0]);
		asm_put(&r, ASM_OTHER, endless[i][1]);
		r.msg.gas = UINT64_C(1) << 60;
		evm_watch(r.vm, watch_over, &w);
		asm_go(&r);
		EXPECT_RC(r.out.rc, RC_TIMEOUT);
		EXPECT_U64(w.asked, 20);
		/* the next run is another one */
		w = (struct watch){.left = UINT64_MAX};
		r.msg.gas = 1000000;
		asm_go(&r);
		EXPECT(r.out.rc != RC_TIMEOUT);
		EXPECT(w.asked > 0);
		evm_watch(r.vm, NULL, NULL);
		w.asked = 0;
		asm_go(&r);
		EXPECT(r.out.rc != RC_TIMEOUT);
		EXPECT_U64(w.asked, 0);
		asm_close(&r);
	}
	test_row(NULL);
}

/* Being watched changes nothing: same end, same gas, whatever there is. */
TEST(test_evm_watch_that_says_no_changes_nothing)
{
	static struct asm_run r;
	size_t i;

	for (i = 0; i < sizeof(endless) / sizeof(endless[0]); i++) {
		struct watch w = {.left = UINT64_MAX};
		struct evm_result alone;

		test_row(endless[i][0]);
		asm_open(&r, FORK_BYZANTIUM, endless[i][0]);
		asm_put(&r, ASM_OTHER, endless[i][1]);
		r.msg.gas = 1000000;
		asm_go(&r);
		alone = r.out;
		mem_revert(&r.w, 0);
		evm_watch(r.vm, watch_over, &w);
		asm_go(&r);
		EXPECT_RC(r.out.rc, alone.rc);
		EXPECT_U64(r.out.gas_left, alone.gas_left);
		/* at most so often: a look costs */
		EXPECT(w.asked <= 1000000 / EVM_LOOK_GAS +
				      1000000 / (20 * EVM_LOOK_MESSAGES) + 2);
		asm_close(&r);
	}
	test_row(NULL);
}
