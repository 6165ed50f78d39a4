/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages: calls and creations within a run, what they cost and hand over,
 * what of them is undone, and the rules that forks gave them.
 */
#include "asm.h"

#include "eth/addr.h"

#define BACK      " 0x00 MSTORE 0x20 0x00 RETURN"
#define CALL_ALL  "0x20 0x00 0x00 0x00 0x00 0xee 0xffff CALL"
#define ZERO_ARGS "0x00 0x00 0x00 0x00 "

static const struct {
	const char *name, *self, *other;
	enum fork fork;
	uint64_t want; /* the word returned */
	uint64_t used; /* 0: not looked at */
} calls[] = {
    {"a call returns a word", CALL_ALL " POP 0x00 MLOAD" BACK, "0x2a" BACK,
	FORK_FRONTIER, 0x2a, 0},
    {"a call to nobody succeeds", ZERO_ARGS "0x00 0x99 0x00 CALL" BACK, "",
	FORK_FRONTIER, 1, 0},
    {"a failing call gives 0", CALL_ALL BACK, "#fe", FORK_FRONTIER, 0, 0},
    {"output is cut to what is asked for",
	"0x1f 0x00 0x00 0x00 0x00 0xee 0xffff CALL POP 0x00 MLOAD" BACK,
	"0x2a77" BACK, FORK_TANGERINE, 0x2a00, 0},
    {"CALLER of a call is the contract", CALL_ALL " POP 0x00 MLOAD" BACK,
	"CALLER" BACK, FORK_FRONTIER, ASM_SELF, 0},
    {"CALLER of a DELEGATECALL is the caller's, EIP-7",
	"0x20 0x00 0x00 0x00 0xee 0xffff DELEGATECALL POP 0x00 MLOAD" BACK,
	"CALLER" BACK, FORK_HOMESTEAD, ASM_CALLER, 0},
    {"ADDRESS in a DELEGATECALL is one's own",
	"0x20 0x00 0x00 0x00 0xee 0xffff DELEGATECALL POP 0x00 MLOAD" BACK,
	"ADDRESS" BACK, FORK_HOMESTEAD, ASM_SELF, 0},
    {"CALLVALUE in a DELEGATECALL is one's own",
	"0x20 0x00 0x00 0x00 0xee 0xffff DELEGATECALL POP 0x00 MLOAD" BACK,
	"CALLVALUE" BACK, FORK_HOMESTEAD, 5, 0},
    {"CALLER of a CALLCODE is the contract",
	"0x20 0x00 0x00 0x00 0x00 0xee 0xffff CALLCODE POP 0x00 MLOAD" BACK,
	"CALLER" BACK, FORK_FRONTIER, ASM_SELF, 0},
    {"CALLCODE moves no value",
	"0x00 0x00 0x00 0x00 0x07 0xee 0xffff CALLCODE POP 0xee BALANCE" BACK,
	"", FORK_FRONTIER, 0, 0},
    {"CALL moves value",
	"0x00 0x00 0x00 0x00 0x07 0xee 0xffff CALL POP 0xee BALANCE" BACK, "",
	FORK_FRONTIER, 7, 0},
    {"a failed call gives its value back",
	"0x00 0x00 0x00 0x00 0x07 0xee 0xffff CALL POP 0xee BALANCE" BACK,
	"#fe", FORK_FRONTIER, 0, 0},
    {"more value than there is",
	"0x00 0x00 0x00 0x00 0x0fff 0xee 0xffff CALL" BACK, "", FORK_FRONTIER,
	0, 0},
    {"CALLCODE of more value than there is",
	"0x00 0x00 0x00 0x00 0x0fff 0xee 0xffff CALLCODE" BACK, "",
	FORK_FRONTIER, 0, 0},
    {"the stipend, above the gas asked for",
	"0x20 0x00 0x00 0x00 0x01 0xee 0x00 CALL POP 0x00 MLOAD" BACK,
	"GAS" BACK, FORK_TANGERINE, 2300 - 2, 0},
    {"no stipend without value", "0x20 0x00 0x00 0x00 0x00 0xee 0x00 CALL" BACK,
	"GAS" BACK, FORK_TANGERINE, 0, 0},
    {"all but a 64th, EIP-150",
	"0x20 0x00 0x00 0x00 0x00 0xee 0xffffff CALL POP 0x00 MLOAD" BACK,
	"GAS" BACK, FORK_TANGERINE,
	/* 21 for pushes, 3 for memory, 700 for the call; GAS takes 2 */
	(1000000 - 724) - (1000000 - 724) / 64 - 2, 0},
    {"a static frame may not write, EIP-214",
	"0x00 0x00 0x00 0x00 0xee 0xffff STATICCALL" BACK, "0x01 0x00 SSTORE",
	FORK_BYZANTIUM, 0, 0},
    {"static is inherited", "0x00 0x00 0x00 0x00 0xee 0xffff STATICCALL" BACK,
	ZERO_ARGS "0x00 0xcc 0xff CALL 0x03 JUMPI #fe", FORK_BYZANTIUM, 0, 0},
    {"a static frame may read",
	"0x20 0x00 0x00 0x00 0xee 0xffff STATICCALL POP 0x00 MLOAD" BACK,
	"0x00 SLOAD 0x09 ADD" BACK, FORK_BYZANTIUM, 9, 0},
    {"RETURNDATASIZE after a call, EIP-211",
	ZERO_ARGS "0x00 0xee 0xffff CALL POP RETURNDATASIZE" BACK,
	"0x21 0x00 RETURN", FORK_BYZANTIUM, 0x21, 0},
    {"RETURNDATASIZE after a revert, EIP-140",
	ZERO_ARGS "0x00 0xee 0xffff CALL POP RETURNDATASIZE" BACK,
	"0x22 0x00 REVERT", FORK_BYZANTIUM, 0x22, 0},
    {"RETURNDATASIZE after a failure",
	ZERO_ARGS "0x00 0xee 0xffff CALL POP RETURNDATASIZE" BACK, "#fe",
	FORK_BYZANTIUM, 0, 0},
    {"RETURNDATACOPY",
	ZERO_ARGS "0x00 0xee 0xffff CALL POP 0x20 0x00 0x40 RETURNDATACOPY "
		  "0x40 MLOAD" BACK,
	"0x77" BACK, FORK_BYZANTIUM, 0x77, 0},
    {"return data stays while memory grows over it",
	ZERO_ARGS "0x00 0xee 0xffff CALL POP 0x01 0x0400 MSTORE8 0x20 0x00 "
		  "0x00 RETURNDATACOPY 0x00 MLOAD" BACK,
	"0x77" BACK, FORK_BYZANTIUM, 0x77, 0},
    {"memory of a frame begins with zeros",
	"0xff 0x40 MSTORE " CALL_ALL " POP 0x00 MLOAD" BACK, "0x40 MLOAD" BACK,
	FORK_BYZANTIUM, 0, 0},
    {"memory behind a callee's is zero again",
	ZERO_ARGS "0x00 0xee 0xffff CALL POP 0x60 MLOAD" BACK,
	"0xff 0x60 MSTORE", FORK_BYZANTIUM, 0, 0},
    {"a transient slot is seen across frames, EIP-1153",
	"0x05 0x00 TSTORE " ZERO_ARGS "0xee 0xffff DELEGATECALL POP 0x01 "
	"TLOAD" BACK,
	"0x00 TLOAD 0x01 TSTORE", FORK_CANCUN, 5, 0},
    {"identity",
	"0x2a 0x00 MSTORE 0x20 0x20 0x20 0x00 0x00 0x04 0xffff CALL "
	"POP 0x20 MLOAD" BACK,
	"", FORK_FRONTIER, 0x2a, 0},
    {"identity without gas", "0x20 0x20 0x20 0x00 0x00 0x04 0x10 CALL" BACK, "",
	FORK_FRONTIER, 0, 0},
    {"price of a call to nobody, Frontier", ZERO_ARGS "0x00 0x99 0x00 CALL", "",
	FORK_FRONTIER, 0, 21 + 40 + 25000},
    {"price of a call to nobody, EIP-161", ZERO_ARGS "0x00 0x99 0x00 CALL", "",
	FORK_SPURIOUS, 0, 21 + 700},
    {"price of value to nobody, EIP-161", ZERO_ARGS "0x01 0x99 0x00 CALL", "",
	FORK_SPURIOUS, 0, 21 + 700 + 9000 + 25000 - 2300},
    {"price of value to somebody", ZERO_ARGS "0x01 0xee 0x00 CALL", "#00",
	FORK_SPURIOUS, 0, 21 + 700 + 9000 - 2300},
    {"price of a cold call, EIP-2929", ZERO_ARGS "0x00 0xee 0x00 CALL", "#00",
	FORK_BERLIN, 0, 21 + 2600},
    {"price of a warm call", ZERO_ARGS "0x00 0xcc 0x00 CALL", "#00",
	FORK_BERLIN, 0, 21 + 100},
    {"price of a call to a precompile", ZERO_ARGS "0x00 0x04 0xff CALL", "",
	FORK_BERLIN, 0, 21 + 100 + 15},
    {"SELFDESTRUCT, Frontier", "0x99 SELFDESTRUCT", "", FORK_FRONTIER, 0, 3},
    {"SELFDESTRUCT to nobody, EIP-150", "0x99 SELFDESTRUCT", "", FORK_TANGERINE,
	0, 3 + 5000 + 25000},
    {"SELFDESTRUCT to somebody", "0xee SELFDESTRUCT", "#00", FORK_TANGERINE, 0,
	3 + 5000},
    {"SELFDESTRUCT to a cold account, EIP-2929", "0xee SELFDESTRUCT", "#00",
	FORK_BERLIN, 0, 3 + 5000 + 2600},
    {"SELFDESTRUCT to a warm account", "CALLER SELFDESTRUCT", "", FORK_BERLIN,
	0, 2 + 5000},
    {"CREATE of nothing", "0x00 0x00 0x00 CREATE POP", "", FORK_FRONTIER, 0,
	9 + 32000 + 2},
    {"CREATE of 33 bytes, EIP-3860", "0x21 0x00 0x00 CREATE POP", "",
	FORK_SHANGHAI, 0, 9 + 32000 + 2 + 6 + 4},
    {"CREATE2 of 33 bytes, EIP-1014", "0x00 0x21 0x00 0x00 CREATE2 POP", "",
	FORK_CONSTANTINOPLE, 0, 12 + 32000 + 2 + 6 + 12},
    {"deployed bytes cost 200 each",
	/* init code: return 2 bytes of zero */
	"0x60026000f3 0x00 MSTORE 0x05 0x1b 0x00 CREATE POP", "",
	FORK_HOMESTEAD, 0, 3 + 3 + 6 + 9 + 32000 + 2 + 9 + 400},
    {"creation lacking the value", "0x00 0x00 0x0fff CREATE" BACK, "",
	FORK_FRONTIER, 0, 0},
    {"delegated code, EIP-7702", CALL_ALL " POP 0x00 MLOAD" BACK,
	"#ef010000000000000000000000000000000000000000ab", FORK_PRAGUE, 0x63,
	0},
    {"price of delegated code: both cold",
	ZERO_ARGS "0x00 0xee 0x00 CALL", /* no gas: the callee fails */
	"#ef010000000000000000000000000000000000000000ab", FORK_PRAGUE, 0,
	21 + 2600 + 2600},
    {"delegation to oneself does not run", ZERO_ARGS "0x00 0xee 0xff CALL" BACK,
	"#ef010000000000000000000000000000000000000000ee", FORK_PRAGUE, 0, 0},
    {"delegation to a precompile runs nothing",
	"0x20 0x00 0x20 0x00 0x00 0xee 0xffff CALL POP RETURNDATASIZE" BACK,
	"#ef01000000000000000000000000000000000000000004", FORK_PRAGUE, 0, 0},
    {"EXTCODESIZE of a delegation is its own", "0xee EXTCODESIZE" BACK,
	"#ef010000000000000000000000000000000000000000ab", FORK_PRAGUE, 23, 0},
    {"a designator before Prague is no code to run",
	ZERO_ARGS "0x00 0xee 0xff CALL" BACK,
	"#ef010000000000000000000000000000000000000000ab", FORK_CANCUN, 0, 0},
};

static void
expect_call(size_t row, bool is_traced)
{
	static const struct evm_tracer nobody;
	static struct asm_run r;
	struct u256 got;

	test_row(calls[row].name);
	asm_open(&r, calls[row].fork, calls[row].self);
	r.msg.value = u256_from_u64(5);
	if (calls[row].other[0] != '\0')
		asm_put(&r, ASM_OTHER, calls[row].other);
	asm_put(&r, 0xab, "0x63" BACK);
	if (is_traced)
		evm_trace(r.vm, &nobody);
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	if (calls[row].used > 0) {
		EXPECT_U64(asm_used(&r), calls[row].used);
	} else {
		EXPECT_U64(r.out.output.len, 32);
		u256_from_be(&got, r.out.output);
		EXPECT(u256_is_u64(&got));
		EXPECT_U64(got.w[0], calls[row].want);
	}
	asm_close(&r);
	test_row(NULL);
}

TEST(test_messages_calls_hand_over_and_cost)
{
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		expect_call(i, false);
		expect_call(i, true);
	}
	test_count(i);
}

/* A contract that calls itself with all its gas and returns how deep it came:
 * the last call fails, and counts as nothing. */
#define DESCEND                                                                \
	"0x20 0x00 0x00 0x00 0x00 ADDRESS 0x64 GAS SUB CALL POP 0x00 MLOAD "   \
	"0x01 ADD" BACK

TEST(test_messages_depth_ends_at_1024)
{
	static struct asm_run r;
	struct u256 got;

	asm_open(&r, FORK_FRONTIER, DESCEND);
	r.msg.gas = 10000000;
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	u256_from_be(&got, r.out.output);
	EXPECT_U64(got.w[0], EVM_DEPTH_MAX);
	/* EIP-150 ends it earlier. */
	r.block.fork = FORK_TANGERINE;
	asm_go(&r);
	u256_from_be(&got, r.out.output);
	EXPECT(got.w[0] > 100 && got.w[0] < 400);
	asm_close(&r);
}

/* Every frame fills its stack: the words of all have room. */
TEST(test_messages_deep_frames_have_their_own_stacks)
{
	static struct asm_run r;
	static char program[16384];
	struct u256 got;
	size_t i, at = 0;

	for (i = 0; i < 1000; i++)
		at +=
		    (size_t)snprintf(program + at, sizeof(program) - at, "PC ");
	(void)snprintf(program + at, sizeof(program) - at, "%s", DESCEND);
	asm_open(&r, FORK_FRONTIER, program);
	r.msg.gas = 100000000;
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	u256_from_be(&got, r.out.output);
	EXPECT_U64(got.w[0], EVM_DEPTH_MAX);
	asm_close(&r);
}

TEST(test_messages_undone_calls_leave_nothing)
{
	static struct asm_run r;
	struct addr other = asm_addr(ASM_OTHER);
	struct hash key = {.b = {[31] = 1}};

	asm_open(&r, FORK_BYZANTIUM,
	    ZERO_ARGS "0x05 0xee 0xffff CALL POP 0x00 0x00 LOG0");
	asm_put(
	    &r, ASM_OTHER, "0x01 0x01 SSTORE 0x00 0x00 LOG0 0x00 0x00 REVERT");
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	EXPECT_U64(r.w.log_cnt, 1);
	EXPECT(u256_is_zero(&mem_slot(&r.w, &other, &key)->now));
	EXPECT(u256_is_zero(&mem_account(&r.w, &other)->balance));
	asm_close(&r);
}

TEST(test_messages_depth_0_reverts_and_keeps_the_rest_of_the_gas)
{
	static struct asm_run r;
	struct addr self = asm_addr(ASM_SELF);
	struct hash key = {.b = {[31] = 1}};

	asm_open(&r, FORK_BYZANTIUM,
	    "0x01 0x01 SSTORE 0x2a 0x00 MSTORE 0x20 0x00 REVERT");
	r.msg.value = u256_from_u64(9);
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_REVERT);
	EXPECT_U64(r.out.output.len, 32);
	EXPECT_U64(asm_used(&r), 20000 + 4 * 3 + 2 * 3 + 3 + 3);
	EXPECT(u256_is_zero(&mem_slot(&r.w, &self, &key)->now));
	EXPECT_U64(mem_account(&r.w, &self)->balance.w[0], 1000);
	asm_close(&r);
}

TEST(test_messages_depth_0_without_funds_keeps_the_gas)
{
	static struct asm_run r;

	asm_open(&r, FORK_BYZANTIUM, "0x01");
	r.msg.value = u256_from_u64(1000001);
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_EVM_FUNDS);
	EXPECT_U64(asm_used(&r), 0);
	asm_close(&r);
}

TEST(test_messages_depth_0_runs_precompiles_and_delegates)
{
	static struct asm_run r;

	asm_open(
	    &r, FORK_PRAGUE, "#ef010000000000000000000000000000000000000000ee");
	asm_put(&r, ASM_OTHER, "ADDRESS" BACK);
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	EXPECT_U64(r.out.output.ptr[31], ASM_SELF);
	EXPECT_U64(asm_used(&r), 2 + 3 + 3 + 3 + 6);
	r.msg.to = r.msg.code_addr = asm_addr(4);
	r.msg.input = test_hex("0xabcdef");
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	EXPECT_BYTES(r.out.output, test_hex("0xabcdef"));
	EXPECT_U64(asm_used(&r), 15 + 3);
	asm_close(&r);
}

/* Creations ----------------------------------------------------------- */

TEST(test_messages_create_address_follows_the_nonce)
{
	static struct asm_run r;
	struct addr self = asm_addr(ASM_SELF), want = addr_create(&self, 7);

	asm_open(&r, FORK_SPURIOUS, "0x00 0x00 0x03 CREATE" BACK);
	mem_account(&r.w, &self)->nonce = 7;
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	EXPECT_BYTES(bytes_of(r.out.output.ptr + 12, 20), addr_bytes(&want));
	EXPECT_U64(mem_account(&r.w, &self)->nonce, 8);
	EXPECT_U64(mem_account(&r.w, &want)->nonce, 1); /* EIP-161 */
	EXPECT_U64(mem_account(&r.w, &want)->balance.w[0], 3);
	asm_close(&r);
}

/* EIP-1014's examples that take their init code from one byte. */
TEST(test_messages_create2_address_is_that_of_the_examples)
{
	static struct asm_run r;
	struct addr deployer = {{0xde, 0xad, 0xbe, 0xef}};

	asm_open(&r, FORK_CONSTANTINOPLE, "0x00 0x01 0x00 0x00 CREATE2" BACK);
	r.msg.kind = EVM_DELEGATECALL; /* as the deployer */
	r.msg.to = deployer;
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	EXPECT_BYTES(bytes_of(r.out.output.ptr + 12, 20),
	    test_hex("0xb928f69bb1d91cd65274e3c79d8986362984fda3"));
	asm_close(&r);
}

static const struct {
	const char *name, *init;
	enum fork fork;
	uint64_t gas;
	enum rc rc;
	size_t deployed;
	uint64_t left;
} creations[] = {
    {"code is what init code returns", "0x02 0x00 RETURN", FORK_HOMESTEAD,
	100000, RC_OK, 2, 100000 - 9 - 400},
    {"no gas for the code, Homestead", "0x02 0x00 RETURN", FORK_HOMESTEAD, 408,
	RC_EVM_CODE_GAS, 0, 0},
    {"no gas for the code, Frontier", "0x02 0x00 RETURN", FORK_FRONTIER, 408,
	RC_OK, 0, 399},
    {"24,576 bytes, EIP-170", "0x6000 0x00 RETURN", FORK_SPURIOUS, 6000000,
	RC_OK, 24576, 6000000 - 6 - 3 * 768 - 768 * 768 / 512 - 200 * 24576},
    {"24,577 bytes, EIP-170", "0x6001 0x00 RETURN", FORK_SPURIOUS, 6000000,
	RC_EVM_CODE_SIZE, 0, 0},
    {"24,577 bytes before it", "0x6001 0x00 RETURN", FORK_HOMESTEAD, 6000000,
	RC_OK, 24577, 6000000 - 6 - 3 * 769 - 769 * 769 / 512 - 200 * 24577},
    {"code begins with 0xef, EIP-3541", "0xef 0x00 MSTORE8 0x01 0x00 RETURN",
	FORK_LONDON, 100000, RC_EVM_CODE_FORM, 0, 0},
    {"code begins with 0xef before it", "0xef 0x00 MSTORE8 0x01 0x00 RETURN",
	FORK_BERLIN, 100000, RC_OK, 1, 100000 - 12 - 6 - 200},
    {"init code reverts", "0x04 0x00 REVERT", FORK_BYZANTIUM, 100000, RC_REVERT,
	0, 100000 - 9},
    {"init code fails", "#fe", FORK_BYZANTIUM, 100000, RC_EVM_INVALID, 0, 0},
    {"init code has no call data", "CALLDATASIZE 0x00 RETURN", FORK_BYZANTIUM,
	100000, RC_OK, 0, 100000 - 5},
};

TEST(test_messages_creation_at_depth_0_deploys_or_says_why)
{
	static struct asm_run r;
	struct addr made = asm_addr(0x77);
	size_t i;

	for (i = 0; i < sizeof(creations) / sizeof(creations[0]); i++) {
		test_row(creations[i].name);
		asm_open(&r, creations[i].fork, "");
		r.msg.kind = EVM_CREATE;
		r.msg.to = made;
		r.msg.input = asm_of(creations[i].init);
		r.msg.gas = creations[i].gas;
		r.msg.value = u256_from_u64(4);
		asm_go(&r);
		EXPECT_RC(r.out.rc, creations[i].rc);
		EXPECT_U64(r.out.gas_left, creations[i].left);
		EXPECT(addr_eq(&r.out.created, &made));
		EXPECT_U64(
		    mem_account(&r.w, &made)->code.len, creations[i].deployed);
		EXPECT_U64(mem_account(&r.w, &made)->balance.w[0],
		    creations[i].rc == RC_OK ? 4 : 0);
		asm_close(&r);
	}
	test_row(NULL);
	test_count(i);
}

/* EIP-684, EIP-7610: nonce, code or storage; a balance is no matter. */
TEST(test_messages_creation_onto_a_taken_address_takes_all_gas)
{
	static struct asm_run r;
	struct addr self = asm_addr(ASM_SELF), made = addr_create(&self, 0);
	struct hash key = {.b = {[31] = 1}};
	unsigned i;

	for (i = 0; i < 4; i++) {
		asm_open(&r, FORK_BERLIN, "0x00 0x00 0x00 CREATE" BACK);
		if (i == 0)
			mem_account(&r.w, &made)->balance = U256_ONE;
		if (i == 1)
			mem_account(&r.w, &made)->nonce = 1;
		if (i == 2)
			mem_set_code(&r.w, &made, asm_of("STOP"));
		if (i == 3)
			mem_slot(&r.w, &made, &key)->now = U256_ONE;
		asm_go(&r);
		EXPECT_RC(r.out.rc, RC_OK);
		EXPECT((r.out.output.ptr[31] != 0) == (i == 0));
		EXPECT((asm_used(&r) > 900000) == (i > 0));
		EXPECT_U64(mem_account(&r.w, &self)->nonce, 1);
		EXPECT(mem_account(&r.w, &made)->is_warm);
		asm_close(&r);
	}
}

TEST(test_messages_creation_fails_at_the_last_nonce)
{
	static struct asm_run r;
	struct addr self = asm_addr(ASM_SELF);

	asm_open(&r, FORK_LONDON, "0x00 0x00 0x00 CREATE" BACK);
	mem_account(&r.w, &self)->nonce = UINT64_MAX; /* EIP-2681 */
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	EXPECT_U64(r.out.output.ptr[31], 0);
	EXPECT(asm_used(&r) < 33000);
	EXPECT(mem_account(&r.w, &self)->nonce == UINT64_MAX);
	asm_close(&r);
}

TEST(test_messages_init_code_has_a_bound_from_shanghai)
{
	static struct asm_run r;

	asm_open(&r, FORK_SHANGHAI, "0xc000 0x00 0x00 CREATE"); /* EIP-3860 */
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	asm_close(&r);
	asm_open(&r, FORK_SHANGHAI, "0xc001 0x00 0x00 CREATE");
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_EVM_GAS);
	asm_close(&r);
	asm_open(&r, FORK_PARIS, "0xc001 0x00 0x00 CREATE");
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	asm_close(&r);
}

TEST(test_messages_selfdestruct_is_refunded_once_until_london)
{
	static struct asm_run r;

	asm_open(&r, FORK_BERLIN,
	    ZERO_ARGS "0x00 0xee 0xffff CALL " ZERO_ARGS
		      "0x00 0xee 0xffff CALL");
	asm_put(&r, ASM_OTHER, "CALLER SELFDESTRUCT");
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	EXPECT_U64(r.w.refund, 24000);
	mem_revert(&r.w, 0);
	r.block.fork = FORK_LONDON; /* EIP-3529 */
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	EXPECT_U64(r.w.refund, 0);
	asm_close(&r);
}

/* More programs than the cache holds run as well, and the next run begins
 * with an empty one. */
TEST(test_messages_more_code_than_the_cache_runs)
{
	static struct asm_run r;
	static char program[64 + 2 * 24000];
	struct u256 got;
	unsigned i;

	asm_open(&r, FORK_FRONTIER, CALL_ALL " POP 0x00 MLOAD" BACK);
	for (i = 0; i < 700; i++) {
		(void)snprintf(program, sizeof(program),
		    "0x%04x 0x00 MSTORE 0x20 0x00 RETURN #%047960d", i, 0);
		asm_put(&r, ASM_OTHER, program);
		asm_go(&r);
		u256_from_be(&got, r.out.output);
		EXPECT_U64(got.w[0], i);
	}
	asm_close(&r);
}

/* Init code that creates itself: the last creation finds no depth left. */
TEST(test_messages_creations_end_at_depth_1024_too)
{
	static struct asm_run r;

	asm_open(&r, FORK_FRONTIER, "");
	r.msg.kind = EVM_CREATE;
	r.msg.to = asm_addr(0x77);
	r.msg.gas = 40000000;
	r.msg.input =
	    asm_of("CODESIZE 0x00 0x00 CODECOPY CODESIZE 0x00 0x00 CREATE");
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	EXPECT_U64(r.w.account_cnt, 2 + EVM_DEPTH_MAX);
	asm_close(&r);
}

/* With any less gas every message above still ends in good order. */
TEST(test_messages_end_in_order_with_any_less_gas)
{
	static struct asm_run r;
	uint64_t gas;
	size_t i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		test_row(calls[i].name);
		asm_open(&r, calls[i].fork, calls[i].self);
		if (calls[i].other[0] != '\0')
			asm_put(&r, ASM_OTHER, calls[i].other);
		for (gas = 0; gas < 70000; gas += 1 + gas / 20) {
			r.msg.gas = gas;
			asm_go(&r);
			EXPECT(r.out.gas_left <= gas);
			EXPECT(r.out.rc == RC_OK || r.w.log_cnt == 0);
			mem_revert(&r.w, 0);
		}
		asm_close(&r);
	}
	test_row(NULL);
}
