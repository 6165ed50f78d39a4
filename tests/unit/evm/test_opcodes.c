/* SPDX-License-Identifier: Apache-2.0
 *
 * Instructions one by one: the word each leaves, what it costs under which
 * fork, how it ends a frame. Numbers are from the Yellow Paper and the EIPs
 * named.
 */
#include "asm.h"

#include "crypto/keccak.h"

#define MAX      "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define MIN      "0x8000000000000000000000000000000000000000000000000000000000000000"
#define HALF     "0x0100000000000000000000000000000000"
#define TOP_BACK " 0x00 MSTORE 0x20 0x00 RETURN"

/* The top of the stack afterwards; operands stand last first. */
static const struct {
	const char *name, *program, *want;
	enum fork fork;
} words[] = {
    {"ADD wraps", MAX " 0x02 ADD", "1", FORK_FRONTIER},
    {"ADD carries through", MAX " 0x01 ADD", "0", FORK_FRONTIER},
    {"SUB borrows through", "0x01 0x00 SUB", MAX, FORK_FRONTIER},
    {"SUB order", "0x03 0x05 SUB", "2", FORK_FRONTIER},
    {"MUL wraps", HALF " " HALF " MUL", "0", FORK_FRONTIER},
    {"MUL of -1 by -1", MAX " " MAX " MUL", "1", FORK_FRONTIER},
    {"DIV", "0x03 0x0a DIV", "3", FORK_FRONTIER},
    {"DIV by zero", "0x00 0x0a DIV", "0", FORK_FRONTIER},
    {"DIV wide", HALF " " MAX " DIV", "0xffffffffffffffffffffffffffffffff",
	FORK_FRONTIER},
    {"SDIV", "0x02 0x04 0x00 SUB SDIV",
	"0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe",
	FORK_FRONTIER},
    {"SDIV of min by -1", MAX " " MIN " SDIV", MIN, FORK_FRONTIER},
    {"SDIV rounds to zero", "0x02 0x03 0x00 SUB SDIV", MAX, FORK_FRONTIER},
    {"SDIV by zero", "0x00 " MIN " SDIV", "0", FORK_FRONTIER},
    {"MOD", "0x03 0x0a MOD", "1", FORK_FRONTIER},
    {"MOD by zero", "0x00 0x0a MOD", "0", FORK_FRONTIER},
    {"SMOD has the dividend's sign", "0x03 0x0a 0x00 SUB SMOD", MAX,
	FORK_FRONTIER},
    {"SMOD by zero", "0x00 " MIN " SMOD", "0", FORK_FRONTIER},
    {"SMOD of min by -1", MAX " " MIN " SMOD", "0", FORK_FRONTIER},
    {"ADDMOD beyond 2^256", "0x07 " MAX " " MAX " ADDMOD", "2", FORK_FRONTIER},
    {"ADDMOD by zero", "0x00 0x01 0x01 ADDMOD", "0", FORK_FRONTIER},
    {"ADDMOD by max", MAX " " MAX " 0x01 ADDMOD", "1", FORK_FRONTIER},
    {"MULMOD beyond 2^256", "0x0c " MAX " " MAX " MULMOD", "9", FORK_FRONTIER},
    {"MULMOD by zero", "0x00 " MAX " " MAX " MULMOD", "0", FORK_FRONTIER},
    {"EXP", "0x0a 0x03 EXP", "0xe6a9", FORK_FRONTIER},
    {"EXP of zero to zero", "0x00 0x00 EXP", "1", FORK_FRONTIER},
    {"EXP wraps", "0x0100 0x02 EXP", "0", FORK_FRONTIER},
    {"SIGNEXTEND of a negative byte", "0xff 0x00 SIGNEXTEND", MAX,
	FORK_FRONTIER},
    {"SIGNEXTEND cuts", "0x0a7f 0x00 SIGNEXTEND", "0x7f", FORK_FRONTIER},
    {"SIGNEXTEND of byte 8", "0xff800000000000000000 0x08 SIGNEXTEND",
	"0xffffffffffffffffffffffffffffffffffffffffffffff800000000000000000",
	FORK_FRONTIER},
    {"SIGNEXTEND of byte 23",
	"0x01800000000000000000000000000000000000000000000000 0x17 SIGNEXTEND",
	"0xffffffffffffffff800000000000000000000000000000000000000000000000",
	FORK_FRONTIER},
    {"SIGNEXTEND of byte 30", MAX " 0x01 SHR 0x1e SIGNEXTEND", MAX,
	FORK_CONSTANTINOPLE},
    {"SIGNEXTEND of byte 31", "0xff 0x1f SIGNEXTEND", "0xff", FORK_FRONTIER},
    {"SIGNEXTEND of a far byte", "0xff " HALF " SIGNEXTEND", "0xff",
	FORK_FRONTIER},
    {"LT", "0x02 0x01 LT", "1", FORK_FRONTIER},
    {"LT of equals", MAX " " MAX " LT", "0", FORK_FRONTIER},
    {"LT looks at high words", HALF " 0x01 LT", "1", FORK_FRONTIER},
    {"GT", "0x02 0x01 GT", "0", FORK_FRONTIER},
    {"SLT", "0x01 " MIN " SLT", "1", FORK_FRONTIER},
    {"SLT of equals", MIN " " MIN " SLT", "0", FORK_FRONTIER},
    {"SGT", MIN " 0x01 SGT", "1", FORK_FRONTIER},
    {"SGT of two negatives", MIN " " MAX " SGT", "1", FORK_FRONTIER},
    {"EQ", HALF " " HALF " EQ", "1", FORK_FRONTIER},
    {"EQ differs above", HALF " 0x00 EQ", "0", FORK_FRONTIER},
    {"ISZERO of a high word", HALF " ISZERO", "0", FORK_FRONTIER},
    {"ISZERO", "0x00 ISZERO", "1", FORK_FRONTIER},
    {"AND", "0x0c 0x0a AND", "8", FORK_FRONTIER},
    {"OR", "0x0c 0x0a OR", "0xe", FORK_FRONTIER},
    {"XOR", "0x0c 0x0a XOR", "6", FORK_FRONTIER},
    {"NOT", "0x00 NOT", MAX, FORK_FRONTIER},
    {"BYTE 31", "0x0102 0x1f BYTE", "2", FORK_FRONTIER},
    {"BYTE 30", "0x0102 0x1e BYTE", "1", FORK_FRONTIER},
    {"BYTE 0", MIN " 0x00 BYTE", "0x80", FORK_FRONTIER},
    {"BYTE 32", MAX " 0x20 BYTE", "0", FORK_FRONTIER},
    {"BYTE far", MAX " " HALF " BYTE", "0", FORK_FRONTIER},
    {"SHL, EIP-145", "0x01 0xff SHL", MIN, FORK_CONSTANTINOPLE},
    {"SHL across words", "0xff 0x7c SHL",
	"0x0ff0000000000000000000000000000000", FORK_CONSTANTINOPLE},
    {"SHL by 256", MAX " 0x0100 SHL", "0", FORK_CONSTANTINOPLE},
    {"SHL far", MAX " " HALF " SHL", "0", FORK_CONSTANTINOPLE},
    {"SHR", MIN " 0xff SHR", "1", FORK_CONSTANTINOPLE},
    {"SHR by 64", MAX " 0xc0 SHR", "0xffffffffffffffff", FORK_CONSTANTINOPLE},
    {"SHR by 256", MAX " 0x0100 SHR", "0", FORK_CONSTANTINOPLE},
    {"SAR of a negative", MIN " 0xfe SAR",
	"0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe",
	FORK_CONSTANTINOPLE},
    {"SAR of a positive", "0x04 0x01 SAR", "2", FORK_CONSTANTINOPLE},
    {"SAR by 256", MIN " 0x0100 SAR", MAX, FORK_CONSTANTINOPLE},
    {"SAR by 256 of a positive", "0x7f 0x0100 SAR", "0", FORK_CONSTANTINOPLE},
    {"CLZ of zero, EIP-7939", "0x00 CLZ", "0x100", FORK_OSAKA},
    {"CLZ of one", "0x01 CLZ", "0xff", FORK_OSAKA},
    {"CLZ of the highest bit", MIN " CLZ", "0", FORK_OSAKA},
    {"CLZ in a middle word", HALF " CLZ", "0x7f", FORK_OSAKA},
    {"KECCAK256 of nothing", "0x00 0x00 KECCAK256",
	"0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
	FORK_FRONTIER},
    {"ADDRESS", "ADDRESS", "0xcc", FORK_FRONTIER},
    {"CALLER", "CALLER", "0xca", FORK_FRONTIER},
    {"BALANCE", "0xcc BALANCE", "0x3e8", FORK_FRONTIER},
    {"SELFBALANCE, EIP-1884", "SELFBALANCE", "0x3e8", FORK_ISTANBUL},
    {"EXTCODESIZE of nobody", "0x99 EXTCODESIZE", "0", FORK_FRONTIER},
    {"EXTCODEHASH of nobody, EIP-1052", "0x99 EXTCODEHASH", "0",
	FORK_CONSTANTINOPLE},
    {"EXTCODEHASH of a caller without code", "CALLER EXTCODEHASH",
	"0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
	FORK_CONSTANTINOPLE},
    {"NUMBER", "NUMBER", "0x12c", FORK_FRONTIER},
    {"CHAINID, EIP-1344", "CHAINID", "0x539", FORK_ISTANBUL},
    {"BASEFEE, EIP-3198", "BASEFEE", "7", FORK_LONDON},
    {"BLOBBASEFEE, EIP-7516", "BLOBBASEFEE", "9", FORK_CANCUN},
    {"BLOBHASH, EIP-4844", "0x00 BLOBHASH", "0x01", FORK_CANCUN},
    {"BLOBHASH behind the last", "0x01 BLOBHASH", "0", FORK_CANCUN},
    {"BLOBHASH far", HALF " BLOBHASH", "0", FORK_CANCUN},
    {"DIFFICULTY before Paris", "PREVRANDAO", "5", FORK_LONDON},
    {"PREVRANDAO, EIP-4399", "PREVRANDAO", "6", FORK_PARIS},
    {"BLOCKHASH far", HALF " BLOCKHASH", "0", FORK_FRONTIER},
    {"MSIZE after a word at 1", "0x01 MLOAD POP MSIZE", "0x40", FORK_FRONTIER},
    {"MSTORE8 takes the low byte", "0x1234 0x1f MSTORE8 0x00 MLOAD", "0x34",
	FORK_FRONTIER},
    {"PC", "PC POP PC", "2", FORK_FRONTIER},
    {"PUSH0, EIP-3855", "PUSH0", "0", FORK_SHANGHAI},
    {"DUP16",
	"0x09 0x01 0x01 0x01 0x01 0x01 0x01 0x01 0x01 0x01 0x01 0x01 0x01 "
	"0x01 0x01 0x01 DUP16",
	"9", FORK_FRONTIER},
    {"SWAP16",
	"0x09 0x01 0x01 0x01 0x01 0x01 0x01 0x01 0x01 0x01 0x01 0x01 0x01 "
	"0x01 0x01 0x01 0x02 SWAP16",
	"9", FORK_FRONTIER},
    {"JUMP over", "0x05 JUMP #5b #00 JUMPDEST 0x07", "7", FORK_FRONTIER},
    {"JUMPI not taken", "0x00 0xff JUMPI 0x07", "7", FORK_FRONTIER},
    {"CALLDATALOAD across the end", "0x1e CALLDATALOAD",
	"0xbbcc000000000000000000000000000000000000000000000000000000000000",
	FORK_FRONTIER},
    {"CALLDATALOAD behind the end", "0x20 CALLDATALOAD", "0", FORK_FRONTIER},
    {"CALLDATALOAD far", MAX " CALLDATALOAD", "0", FORK_FRONTIER},
    {"CALLDATACOPY fills with zeros",
	MAX " 0x00 MSTORE 0x20 0x1e 0x00 CALLDATACOPY 0x00 MLOAD",
	"0xbbcc000000000000000000000000000000000000000000000000000000000000",
	FORK_FRONTIER},
    {"CODECOPY far", MAX " 0x00 MSTORE 0x20 " MAX " 0x00 CODECOPY 0x00 MLOAD",
	"0", FORK_FRONTIER},
    {"MCOPY overlapping, EIP-5656",
	"0x0102030405 0x00 MSTORE 0x20 0x01 0x02 MCOPY 0x02 MLOAD",
	"0x010203040500", FORK_CANCUN},
    {"SSTORE then SLOAD", "0x07 0x01 SSTORE 0x01 SLOAD", "7", FORK_FRONTIER},
    {"TSTORE then TLOAD, EIP-1153", "0x07 0x01 TSTORE 0x01 TLOAD", "7",
	FORK_CANCUN},
    {"RETURNDATASIZE, EIP-211", "RETURNDATASIZE", "0", FORK_BYZANTIUM},
};

static struct u256
word_of(const char *hex)
{
	char full[70];
	struct u256 v;

	(void)snprintf(full, sizeof(full), "%s%s",
	    hex[0] == '0' && hex[1] == 'x' ? "" : "0x", hex);
	CHECK(u256_from_hex(&v, bytes_of_str(full), NULL) == RC_OK);
	return v;
}

static void
open_with(struct asm_run *r, enum fork fork, const char *program)
{
	static const struct hash blob = {.b = {[31] = 1}};

	asm_open(r, fork, program);
	r->block.chain_id = 1337;
	r->block.base_fee = u256_from_u64(7);
	r->block.blob_base_fee = u256_from_u64(9);
	r->block.difficulty = u256_from_u64(5);
	r->block.prev_randao = (struct hash){.b = {[31] = 6}};
	r->block.has_randao = fork >= FORK_PARIS;
	r->tx.blob_hashes = &blob;
	r->tx.blob_cnt = 1;
	r->msg.input = test_hex("0xaa0000000000000000000000000000000000000000"
				"000000000000000000bbcc");
}

static void
expect_word(size_t row, bool is_traced)
{
	static const struct evm_tracer nobody;
	static struct asm_run r;
	static char program[4096];
	struct u256 got, want = word_of(words[row].want);

	(void)snprintf(
	    program, sizeof(program), "%s" TOP_BACK, words[row].program);
	test_row(words[row].name);
	open_with(&r, words[row].fork, program);
	if (is_traced)
		evm_trace(r.vm, &nobody);
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	EXPECT_U64(r.out.output.len, 32);
	u256_from_be(&got, r.out.output);
	EXPECT(u256_eq(&got, &want));
	asm_close(&r);
	test_row(NULL);
}

TEST(test_opcodes_leave_the_word)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		expect_word(i, false);
		expect_word(i, true);
	}
	test_count(sizeof(words) / sizeof(words[0]));
}

/* What a program costs in all. Pushes are 3 each. */
static const struct {
	const char *name, *program;
	enum fork fork;
	uint64_t gas, refund;
} prices[] = {
    {"EXP of two bytes, Frontier", "0x0100 0x02 EXP", FORK_FRONTIER,
	6 + 10 + 20, 0},
    {"EXP of two bytes, EIP-160", "0x0100 0x02 EXP", FORK_SPURIOUS,
	6 + 10 + 100, 0},
    {"EXP of zero", "0x00 0x02 EXP", FORK_SPURIOUS, 16, 0},
    {"KECCAK256 of 33 bytes", "0x21 0x00 KECCAK256", FORK_FRONTIER,
	6 + 30 + 12 + 6, 0},
    {"BALANCE, Frontier", "0x99 BALANCE", FORK_FRONTIER, 23, 0},
    {"BALANCE, EIP-150", "0x99 BALANCE", FORK_TANGERINE, 403, 0},
    {"BALANCE, EIP-1884", "0x99 BALANCE", FORK_ISTANBUL, 703, 0},
    {"BALANCE cold, EIP-2929", "0x99 BALANCE", FORK_BERLIN, 2603, 0},
    {"BALANCE cold then warm", "0x99 BALANCE 0x99 BALANCE", FORK_BERLIN,
	2603 + 103, 0},
    {"BALANCE of a precompile", "0x01 BALANCE", FORK_BERLIN, 103, 0},
    {"EXTCODESIZE, Frontier", "0x99 EXTCODESIZE", FORK_FRONTIER, 23, 0},
    {"EXTCODESIZE, EIP-150", "0x99 EXTCODESIZE", FORK_TANGERINE, 703, 0},
    {"EXTCODEHASH, EIP-1052", "0x99 EXTCODEHASH", FORK_CONSTANTINOPLE, 403, 0},
    {"EXTCODEHASH, EIP-1884", "0x99 EXTCODEHASH", FORK_ISTANBUL, 703, 0},
    {"EXTCODECOPY cold", "0x21 0x00 0x00 0x99 EXTCODECOPY", FORK_BERLIN,
	12 + 2600 + 6 + 6, 0},
    {"SLOAD, Frontier", "0x01 SLOAD", FORK_FRONTIER, 53, 0},
    {"SLOAD, EIP-150", "0x01 SLOAD", FORK_TANGERINE, 203, 0},
    {"SLOAD, EIP-1884", "0x01 SLOAD", FORK_ISTANBUL, 803, 0},
    {"SLOAD cold, EIP-2929", "0x01 SLOAD", FORK_BERLIN, 2103, 0},
    {"SLOAD warm", "0x01 SLOAD 0x01 SLOAD", FORK_BERLIN, 2103 + 103, 0},
    {"SSTORE of a new slot, Frontier", "0x07 0x01 SSTORE", FORK_FRONTIER, 20006,
	0},
    {"SSTORE clears, Frontier", "0x00 0x05 SSTORE", FORK_FRONTIER, 5006, 15000},
    {"SSTORE of the same, Frontier", "0x09 0x05 SSTORE", FORK_FRONTIER, 5006,
	0},
    {"SSTORE of the same, EIP-1283", "0x09 0x05 SSTORE", FORK_CONSTANTINOPLE,
	206, 0},
    {"SSTORE of the same, Petersburg", "0x09 0x05 SSTORE", FORK_PETERSBURG,
	5006, 0},
    {"SSTORE of the same, EIP-2200", "0x09 0x05 SSTORE", FORK_ISTANBUL, 806, 0},
    {"SSTORE of the same cold, EIP-2929", "0x09 0x05 SSTORE", FORK_BERLIN, 2206,
	0},
    {"SSTORE changes cold", "0x08 0x05 SSTORE", FORK_BERLIN, 5006, 0},
    {"SSTORE of a new slot cold", "0x07 0x01 SSTORE", FORK_BERLIN, 22106, 0},
    {"SSTORE clears, EIP-2200", "0x00 0x05 SSTORE", FORK_ISTANBUL, 5006, 15000},
    {"SSTORE clears, EIP-3529", "0x00 0x05 SSTORE", FORK_LONDON, 5006, 4800},
    {"SSTORE 0, 1, 0: EIP-2200", "0x01 0x01 SSTORE 0x00 0x01 SSTORE",
	FORK_ISTANBUL, 20000 + 800 + 12, 19200},
    {"SSTORE 9, 0, 9: EIP-2200", "0x00 0x05 SSTORE 0x09 0x05 SSTORE",
	FORK_ISTANBUL, 5000 + 800 + 12, 4200},
    {"SSTORE 9, 0, 9: EIP-1283", "0x00 0x05 SSTORE 0x09 0x05 SSTORE",
	FORK_CONSTANTINOPLE, 5000 + 200 + 12, 4800},
    {"SSTORE 9, 0, 9: EIP-2929", "0x00 0x05 SSTORE 0x09 0x05 SSTORE",
	FORK_LONDON, 5000 + 100 + 12, 2800},
    {"SSTORE 9, 0, 8", "0x00 0x05 SSTORE 0x08 0x05 SSTORE", FORK_LONDON,
	5000 + 100 + 12, 0},
    {"SSTORE 9, 8, 0", "0x08 0x05 SSTORE 0x00 0x05 SSTORE", FORK_LONDON,
	5000 + 100 + 12, 4800},
    {"TLOAD and TSTORE, EIP-1153", "0x07 0x01 TSTORE 0x01 TLOAD", FORK_CANCUN,
	100 + 100 + 9, 0},
    {"MLOAD of one word", "0x00 MLOAD", FORK_FRONTIER, 3 + 3 + 3, 0},
    {"MLOAD across words", "0x01 MLOAD", FORK_FRONTIER, 3 + 3 + 6, 0},
    {"MSTORE8", "0x01 0x1f MSTORE8", FORK_FRONTIER, 6 + 3 + 3, 0},
    {"memory is quadratic", "0x00 0x010000 MSTORE8", FORK_FRONTIER,
	6 + 3 + 3 * 2049 + 2049ULL * 2049 / 512, 0},
    {"CALLDATACOPY of 33 bytes", "0x21 0x00 0x00 CALLDATACOPY", FORK_FRONTIER,
	9 + 3 + 6 + 6, 0},
    {"copies of nothing far away are free",
	"0x00 0x00 " MAX " CALLDATACOPY 0x00 " MAX " KECCAK256 POP",
	FORK_FRONTIER, 9 + 3 + 6 + 30 + 2, 0},
    {"MCOPY counts the farther end, EIP-5656", "0x20 0x20 0x00 MCOPY",
	FORK_CANCUN, 9 + 3 + 3 + 6, 0},
    {"LOG2 of 5 bytes", "0x01 0x02 0x05 0x00 LOG2", FORK_FRONTIER,
	12 + 375 + 750 + 40 + 3, 0},
    {"PUSH across the end", "0x05 #62", FORK_FRONTIER, 6, 0},
    {"JUMPDEST", "JUMPDEST JUMPDEST", FORK_FRONTIER, 2, 0},
    {"JUMP with its destination", "0x03 JUMP JUMPDEST", FORK_FRONTIER,
	3 + 8 + 1, 0},
    {"JUMPI taken", "0x01 0x05 JUMPI JUMPDEST", FORK_FRONTIER, 6 + 10 + 1, 0},
    {"PUSH0, EIP-3855", "PUSH0", FORK_SHANGHAI, 2, 0},
    {"CLZ, EIP-7939", "0x00 CLZ", FORK_OSAKA, 3 + 5, 0},
    {"BLOCKHASH", "0x00 BLOCKHASH", FORK_FRONTIER, 23, 0},
    {"BLOBHASH", "0x00 BLOBHASH", FORK_CANCUN, 6, 0},
};

static void
expect_price(size_t row, bool is_traced)
{
	static const struct evm_tracer nobody;
	static struct asm_run r;
	struct addr self = asm_addr(ASM_SELF);
	struct hash key = {.b = {[31] = 5}};

	test_row(prices[row].name);
	open_with(&r, prices[row].fork, prices[row].program);
	mem_slot(&r.w, &self, &key)->now = u256_from_u64(9);
	if (is_traced)
		evm_trace(r.vm, &nobody);
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	EXPECT_U64(asm_used(&r), prices[row].gas);
	EXPECT_U64(r.w.refund, prices[row].refund);
	/* One gas less is too little; EIP-2200 has a bound of its own. */
	if (strstr(prices[row].name, "SSTORE") == NULL) {
		r.msg.gas = prices[row].gas - 1;
		mem_revert(&r.w, 0);
		asm_go(&r);
		EXPECT_RC(r.out.rc, RC_EVM_GAS);
		EXPECT_U64(r.out.gas_left, 0);
	}
	asm_close(&r);
	test_row(NULL);
}

TEST(test_opcodes_cost_what_the_fork_says)
{
	size_t i;

	for (i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {
		expect_price(i, false);
		expect_price(i, true);
	}
	test_count(sizeof(prices) / sizeof(prices[0]));
}

/* With any less gas a program fails, wherever it runs out. */
TEST(test_opcodes_fail_with_any_less_gas)
{
	static struct asm_run r;
	struct addr self = asm_addr(ASM_SELF);
	struct hash key = {.b = {[31] = 5}};
	uint64_t gas, step;
	size_t i;

	for (i = 0; i < sizeof(prices) / sizeof(prices[0]); i++) {
		test_row(prices[i].name);
		open_with(&r, prices[i].fork, prices[i].program);
		mem_slot(&r.w, &self, &key)->now = u256_from_u64(9);
		for (gas = 0; gas < prices[i].gas; gas += step) {
			step = gas + 60 < prices[i].gas ? 1 + gas / 40 : 1;
			r.msg.gas = gas;
			asm_go(&r);
			EXPECT_RC(r.out.rc, RC_EVM_GAS);
			mem_revert(&r.w, 0);
		}
		asm_close(&r);
	}
	test_row(NULL);
	test_count(i);
}

static const struct {
	const char *name, *program;
	enum fork fork;
	enum rc rc;
	bool is_static;
} halts[] = {
    {"no code behind", "#0c", FORK_OSAKA, RC_EVM_OPCODE, false},
    {"INVALID, EIP-141", "#fe", FORK_OSAKA, RC_EVM_INVALID, false},
    {"CLZ before Osaka", "0x00 CLZ", FORK_PRAGUE, RC_EVM_OPCODE, false},
    {"PUSH0 before Shanghai", "PUSH0", FORK_PARIS, RC_EVM_OPCODE, false},
    {"SHL before EIP-145", "0x00 0x00 SHL", FORK_BYZANTIUM, RC_EVM_OPCODE,
	false},
    {"REVERT before EIP-140", "0x00 0x00 REVERT", FORK_SPURIOUS, RC_EVM_OPCODE,
	false},
    {"DELEGATECALL before EIP-7", "DELEGATECALL", FORK_FRONTIER, RC_EVM_OPCODE,
	false},
    {"TLOAD before EIP-1153", "0x00 TLOAD", FORK_SHANGHAI, RC_EVM_OPCODE,
	false},
    {"BASEFEE before EIP-3198", "BASEFEE", FORK_BERLIN, RC_EVM_OPCODE, false},
    {"CHAINID before EIP-1344", "CHAINID", FORK_PETERSBURG, RC_EVM_OPCODE,
	false},
    {"MCOPY before EIP-5656", "0x00 0x00 0x00 MCOPY", FORK_SHANGHAI,
	RC_EVM_OPCODE, false},
    {"REVERT, EIP-140", "0x00 0x00 REVERT", FORK_BYZANTIUM, RC_REVERT, false},
    {"ADD of one word", "0x01 ADD", FORK_FRONTIER, RC_EVM_UNDERFLOW, false},
    {"POP of nothing", "POP", FORK_FRONTIER, RC_EVM_UNDERFLOW, false},
    {"DUP2 of one", "0x01 DUP2", FORK_FRONTIER, RC_EVM_UNDERFLOW, false},
    {"SWAP1 of one", "0x01 SWAP1", FORK_FRONTIER, RC_EVM_UNDERFLOW, false},
    {"CALL of six", "0x00 0x00 0x00 0x00 0x00 0x00 CALL", FORK_FRONTIER,
	RC_EVM_UNDERFLOW, false},
    {"endless push", "JUMPDEST PC 0x00 JUMP", FORK_FRONTIER, RC_EVM_OVERFLOW,
	false},
    {"endless dup", "0x01 JUMPDEST DUP1 0x02 JUMP", FORK_FRONTIER,
	RC_EVM_OVERFLOW, false},
    {"jump to no JUMPDEST", "0x00 JUMP", FORK_FRONTIER, RC_EVM_JUMP, false},
    {"jump into push data", "0x04 JUMP 0x5b 0x5b", FORK_FRONTIER, RC_EVM_JUMP,
	false},
    {"jump behind the end", "0x40 JUMP JUMPDEST", FORK_FRONTIER, RC_EVM_JUMP,
	false},
    {"jump far", MAX " JUMP JUMPDEST", FORK_FRONTIER, RC_EVM_JUMP, false},
    {"jump to a high word", HALF " JUMP", FORK_FRONTIER, RC_EVM_JUMP, false},
    {"jumpi to no JUMPDEST", "0x01 0x00 JUMPI", FORK_FRONTIER, RC_EVM_JUMP,
	false},
    {"memory far", MAX " MLOAD", FORK_FRONTIER, RC_EVM_GAS, false},
    {"memory near 2^64", "0xffffffffffffffff MLOAD", FORK_FRONTIER, RC_EVM_GAS,
	false},
    {"memory beyond all", "0x01 0x0100000000 MSTORE8", FORK_FRONTIER,
	RC_EVM_GAS, false},
    {"length near 2^64", "0xffffffffffffffff 0x01 KECCAK256", FORK_FRONTIER,
	RC_EVM_GAS, false},
    {"length far", MAX " 0x00 RETURN", FORK_FRONTIER, RC_EVM_GAS, false},
    {"return data of nobody, EIP-211", "0x01 0x00 0x00 RETURNDATACOPY",
	FORK_BYZANTIUM, RC_EVM_RETURN_DATA, false},
    {"return data from behind the end", "0x00 0x01 0x00 RETURNDATACOPY",
	FORK_BYZANTIUM, RC_EVM_RETURN_DATA, false},
    {"return data far", "0x01 " MAX " 0x00 RETURNDATACOPY", FORK_BYZANTIUM,
	RC_EVM_RETURN_DATA, false},
    {"SSTORE in a static frame, EIP-214", "0x00 0x00 SSTORE", FORK_BYZANTIUM,
	RC_EVM_STATIC, true},
    {"TSTORE in a static frame", "0x00 0x00 TSTORE", FORK_CANCUN, RC_EVM_STATIC,
	true},
    {"LOG0 in a static frame", "0x00 0x00 LOG0", FORK_BYZANTIUM, RC_EVM_STATIC,
	true},
    {"CREATE in a static frame", "0x00 0x00 0x00 CREATE", FORK_BYZANTIUM,
	RC_EVM_STATIC, true},
    {"CREATE2 in a static frame", "0x00 0x00 0x00 0x00 CREATE2",
	FORK_CONSTANTINOPLE, RC_EVM_STATIC, true},
    {"SELFDESTRUCT (EIP-6) in a static frame", "0x00 SELFDESTRUCT",
	FORK_BYZANTIUM, RC_EVM_STATIC, true},
    {"CALL with value in a static frame",
	"0x00 0x00 0x00 0x00 0x01 0xee 0x00 CALL", FORK_BYZANTIUM,
	RC_EVM_STATIC, true},
    {"CALL without value in a static frame",
	"0x00 0x00 0x00 0x00 0x00 0xee 0x00 CALL", FORK_BYZANTIUM, RC_OK, true},
};

TEST(test_opcodes_end_the_frame)
{
	static struct asm_run r;
	size_t i;

	for (i = 0; i < sizeof(halts) / sizeof(halts[0]); i++) {
		test_row(halts[i].name);
		asm_open(&r, halts[i].fork, halts[i].program);
		r.msg.is_static = halts[i].is_static;
		asm_go(&r);
		EXPECT_RC(r.out.rc, halts[i].rc);
		if (halts[i].rc != RC_OK && halts[i].rc != RC_REVERT)
			EXPECT_U64(r.out.gas_left, 0);
		asm_close(&r);
	}
	test_row(NULL);
	test_count(i);
}

TEST(test_opcodes_sstore_needs_more_than_the_stipend)
{
	static struct asm_run r;

	asm_open(&r, FORK_ISTANBUL, "0x00 0x01 SSTORE"); /* EIP-2200 */
	r.msg.gas = 2306;
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_EVM_GAS);
	r.msg.gas = 2307;
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	asm_close(&r);
}

TEST(test_opcodes_stack_holds_1024_words)
{
	static struct asm_run r;
	static char program[8 * 1026];
	size_t i;

	for (i = 0; i < 1024; i++)
		memcpy(program + 3 * i, "PC ", 4);
	asm_open(&r, FORK_FRONTIER, program);
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	asm_close(&r);
	memcpy(program + 3 * i, "PC ", 4);
	asm_open(&r, FORK_FRONTIER, program);
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_EVM_OVERFLOW);
	asm_close(&r);
}

TEST(test_opcodes_block_hash_is_asked_of_the_host)
{
	static struct asm_run r;
	struct hash want;

	asm_open(&r, FORK_FRONTIER, "0x0123 BLOCKHASH" TOP_BACK);
	asm_go(&r);
	mem_block_hash(NULL, &want, 0x123);
	EXPECT_BYTES(r.out.output, hash_bytes(&want));
	asm_close(&r);
}

/* Places of mapping entries are remembered: whatever was asked before, the
 * hash is that of the 64 bytes. */
TEST(test_opcodes_hash_of_64_bytes_is_never_another_ones)
{
	static struct asm_run r;
	uint8_t in[64] = {0}, want[32];
	unsigned i;

	asm_open(&r, FORK_LONDON,
	    "0x40 0x00 0x00 CALLDATACOPY 0x40 0x00 KECCAK256" TOP_BACK);
	r.msg.input = bytes_of(in, sizeof(in));
	for (i = 0; i < 4000; i++) {
		in[i % 64] = (uint8_t)(in[i % 64] + 1);
		asm_go(&r);
		keccak256(want, r.msg.input);
		EXPECT_BYTES(r.out.output, bytes_of(want, sizeof(want)));
		asm_go(&r);
		EXPECT_BYTES(r.out.output, bytes_of(want, sizeof(want)));
	}
	asm_close(&r);
}

/* 5 MiB of memory, which the machine gives back: the next run finds zeros. */
TEST(test_opcodes_memory_of_a_large_run_is_zero_in_the_next)
{
	static struct asm_run r;
	struct u256 got;

	asm_open(&r, FORK_LONDON,
	    "0x500000 MLOAD 0x480000 MLOAD OR 0xff 0x480000 MSTORE 0xff "
	    "0x500000 MSTORE" TOP_BACK);
	r.msg.gas = 100000000;
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	u256_from_be(&got, r.out.output);
	EXPECT(u256_is_zero(&got));
	asm_close(&r);
}
