/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's memory on a system that counts what it promises, as Linux
 * does under vm.overcommit_memory 2: a limit on writable memory stands for
 * it here.
 */
#include <sys/resource.h>

#include "asm.h"

/* What a machine may take at most, beside what the program has already. */
#define ROOM ((rlim_t)160 << 20)

static rlim_t
data_bytes(void)
{
	FILE *in = fopen("/proc/self/status", "r");
	unsigned long long kib = 0;
	char line[256];

	CHECK(in != NULL);
	while (fgets(line, sizeof(line), in) != NULL)
		if (sscanf(line, "VmData: %llu kB", &kib) == 1)
			break;
	(void)fclose(in);
	return (rlim_t)kib << 10;
}

/* limit lets the program have so much more; back undoes it. */
static void
limit(struct rlimit *back, rlim_t more)
{
	struct rlimit now;

	CHECK(getrlimit(RLIMIT_DATA, back) == 0);
	now = *back;
	now.rlim_cur = data_bytes() + more;
	CHECK(setrlimit(RLIMIT_DATA, &now) == 0);
}

static const char grow_64_mib[] = "0x01 0x03ffffe0 MSTORE MSIZE 0x00 MSTORE "
				  "0x20 0x00 RETURN";

TEST(test_evm_counted_memory_is_taken_as_it_is_needed)
{
	struct rlimit back;
	struct asm_run r;
	rlim_t before;

	limit(&back, ROOM);
	asm_open(&r, FORK_OSAKA, grow_64_mib);
	r.msg.gas = (uint64_t)1 << 40;
	before = data_bytes();
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	EXPECT_U64(be64(r.out.output.ptr + 24), (uint64_t)64 << 20);
	/* It is given back, and there again. */
	EXPECT(data_bytes() - before < (rlim_t)16 << 20);
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	asm_close(&r);
	CHECK(setrlimit(RLIMIT_DATA, &back) == 0);
}

TEST(test_evm_run_without_memory_is_void)
{
	struct rlimit back;
	struct asm_run r;

	/* Its caller goes on, and yet the run counts for nothing. */
	asm_open(&r, FORK_OSAKA,
	    "0x00 0x00 0x00 0x00 0x00 0xee GAS CALL 0x20 0x00 RETURN");
	asm_put(&r, ASM_OTHER, grow_64_mib);
	r.msg.gas = (uint64_t)1 << 40;
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	limit(&back, (rlim_t)16 << 20);
	asm_go(&r);
	CHECK(setrlimit(RLIMIT_DATA, &back) == 0);
	EXPECT_RC(r.out.rc, RC_NO_MEMORY);
	EXPECT_U64(r.out.gas_left, 0);
	EXPECT_U64(r.out.output.len, 0);
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	asm_close(&r);
}
