/* SPDX-License-Identifier: Apache-2.0
 *
 * What a tracer is told: each step before it happens, its cost behind it,
 * messages in the order they begin and end; and the lines of EIP-3155.
 */
#include <stdarg.h>

#include "asm.h"

struct told {
	char text[1024];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void
tell(struct told *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	t->len += (size_t)vsnprintf(
	    t->text + t->len, sizeof(t->text) - t->len, fmt, args);
	va_end(args);
	CHECK(t->len < sizeof(t->text));
}

static void
told_step(void *ctx, const struct evm_step *s)
{
	tell(ctx, "%u:%s/%zu", s->depth, evm_op_name(s->op), s->stack_cnt);
}

static void
told_after(void *ctx, uint64_t cost, enum rc rc)
{
	tell(ctx, "=%llu%s ", (unsigned long long)cost,
	    rc == RC_OK ? "" : err_name(rc));
}

static void
told_enter(void *ctx, const struct evm_msg *msg)
{
	tell(ctx, "<%02x ", msg->to.b[19]);
}

static void
told_leave(void *ctx, const struct evm_result *r)
{
	tell(ctx, "%s> ", err_name(r->rc));
}

static const struct {
	const char *name, *self, *other, *want;
} runs[] = {
    {"steps and costs", "0x05 POP", "",
	"<cc 1:PUSH1/0=3 1:POP/1=2 1:STOP/0=0 OK> "},
    {"a call: its cost is what it gives away, and the frame comes behind",
	"0x00 0x00 0x00 0x00 0x00 0xee 0x64 CALL", "POP",
	"<cc 1:PUSH1/0=3 1:PUSH1/1=3 1:PUSH1/2=3 1:PUSH1/3=3 1:PUSH1/4=3 "
	"1:PUSH1/5=3 1:PUSH1/6=3 1:CALL/7=800 <ee 2:POP/0=2EVM_UNDERFLOW "
	"EVM_UNDERFLOW> 1:STOP/1=0 OK> "},
    {"a precompile has no steps", "0x00 0x00 0x00 0x00 0x00 0x04 0x64 CALL", "",
	"<cc 1:PUSH1/0=3 1:PUSH1/1=3 1:PUSH1/2=3 1:PUSH1/3=3 1:PUSH1/4=3 "
	"1:PUSH1/5=3 1:PUSH1/6=3 1:CALL/7=800 <04 OK> 1:STOP/1=0 OK> "},
    {"a creation without the money is told as well", "0x00 0x00 0x0fff CREATE",
	"",
	"<cc 1:PUSH1/0=3 1:PUSH1/1=3 1:PUSH2/2=3 1:CREATE/3=984867 <00 "
	"EVM_FUNDS> 1:STOP/1=0 OK> "},
    {"a jump shows its destination", "0x04 JUMP #fe JUMPDEST", "",
	"<cc 1:PUSH1/0=3 1:JUMP/1=8 1:JUMPDEST/0=1 1:STOP/0=0 OK> "},
    {"a revert", "0x00 0x00 REVERT", "",
	"<cc 1:PUSH1/0=3 1:PUSH1/1=3 1:REVERT/2=0REVERT REVERT> "},
};

TEST(test_trace_tells_in_order)
{
	static struct told told;
	static struct asm_run r;
	const struct evm_tracer tracer = {.step = told_step,
	    .after = told_after,
	    .enter = told_enter,
	    .leave = told_leave,
	    .ctx = &told};
	size_t i;

	for (i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		test_row(runs[i].name);
		told = (struct told){.len = 0};
		asm_open(&r, FORK_BYZANTIUM, runs[i].self);
		if (runs[i].other[0] != '\0')
			asm_put(&r, ASM_OTHER, runs[i].other);
		evm_trace(r.vm, &tracer);
		asm_go(&r);
		EXPECT_STR(told.text, runs[i].want);
		asm_close(&r);
	}
	test_row(NULL);
	test_count(i);
}

/* The cost of an instruction that ends its frame, as geth's loggers tell it:
 * without the right number of words what its table has as a constant, without
 * the gas what it would have taken. */
static const struct {
	const char *name;
	enum fork fork;
	const char *self;
	uint64_t gas;
	enum rc rc;
	uint64_t cost;
} ends[] = {
    {"words: ADD", FORK_OSAKA, "ADD", 1000000, RC_EVM_UNDERFLOW, 3},
    {"words: KECCAK256", FORK_OSAKA, "KECCAK256", 1000000, RC_EVM_UNDERFLOW,
	30},
    {"words: BALANCE, Frontier", FORK_FRONTIER, "BALANCE", 1000000,
	RC_EVM_UNDERFLOW, 20},
    {"words: BALANCE, Istanbul", FORK_ISTANBUL, "BALANCE", 1000000,
	RC_EVM_UNDERFLOW, 700},
    {"words: BALANCE, Berlin", FORK_BERLIN, "BALANCE", 1000000,
	RC_EVM_UNDERFLOW, 100},
    {"words: EXTCODESIZE", FORK_TANGERINE, "EXTCODESIZE", 1000000,
	RC_EVM_UNDERFLOW, 700},
    {"words: EXTCODECOPY", FORK_HOMESTEAD, "EXTCODECOPY", 1000000,
	RC_EVM_UNDERFLOW, 20},
    {"words: EXTCODEHASH", FORK_CONSTANTINOPLE, "EXTCODEHASH", 1000000,
	RC_EVM_UNDERFLOW, 400},
    {"words: SLOAD, Istanbul", FORK_ISTANBUL, "SLOAD", 1000000,
	RC_EVM_UNDERFLOW, 800},
    {"words: SLOAD, Berlin", FORK_BERLIN, "SLOAD", 1000000, RC_EVM_UNDERFLOW,
	0},
    {"words: SSTORE", FORK_OSAKA, "SSTORE", 1000000, RC_EVM_UNDERFLOW, 0},
    {"words: EXP", FORK_OSAKA, "EXP", 1000000, RC_EVM_UNDERFLOW, 0},
    {"words: LOG2", FORK_OSAKA, "LOG2", 1000000, RC_EVM_UNDERFLOW, 0},
    {"words: CALL, Frontier", FORK_FRONTIER, "CALL", 1000000, RC_EVM_UNDERFLOW,
	40},
    {"words: CALLCODE", FORK_TANGERINE, "CALLCODE", 1000000, RC_EVM_UNDERFLOW,
	700},
    {"words: DELEGATECALL", FORK_BERLIN, "DELEGATECALL", 1000000,
	RC_EVM_UNDERFLOW, 100},
    {"words: LOG0", FORK_OSAKA, "LOG0", 1000000, RC_EVM_UNDERFLOW, 0},
    {"words: LOG1", FORK_OSAKA, "LOG1", 1000000, RC_EVM_UNDERFLOW, 0},
    {"words: LOG3", FORK_OSAKA, "LOG3", 1000000, RC_EVM_UNDERFLOW, 0},
    {"words: LOG4", FORK_OSAKA, "LOG4", 1000000, RC_EVM_UNDERFLOW, 0},
    {"words: STATICCALL", FORK_OSAKA, "STATICCALL", 1000000, RC_EVM_UNDERFLOW,
	100},
    {"words: CREATE", FORK_OSAKA, "CREATE", 1000000, RC_EVM_UNDERFLOW, 32000},
    {"words: SELFDESTRUCT, Frontier", FORK_FRONTIER, "SELFDESTRUCT", 1000000,
	RC_EVM_UNDERFLOW, 0},
    {"words: SELFDESTRUCT", FORK_OSAKA, "SELFDESTRUCT", 1000000,
	RC_EVM_UNDERFLOW, 5000},
    {"a full stack", FORK_OSAKA, "JUMPDEST 0x00 0x00 JUMP", 1000000,
	RC_EVM_OVERFLOW, 3},
    {"gas: ADD", FORK_OSAKA, "0x01 0x02 ADD", 8, RC_EVM_GAS, 3},
    {"gas: CREATE", FORK_OSAKA, "0x00 0x00 0x00 CREATE", 109, RC_EVM_GAS,
	32000},
    {"gas: LOG1", FORK_OSAKA, "0x00 0x00 0x00 LOG1", 109, RC_EVM_GAS, 750},
    {"gas: memory", FORK_OSAKA, "0x01 0x2000 MSTORE", 106, RC_EVM_GAS, 903},
    {"gas: memory beyond all numbers", FORK_OSAKA, "0x010000000000000000 MLOAD",
	1000000, RC_EVM_GAS, 3},
    {"gas: hashed words", FORK_OSAKA, "0x40 0x00 KECCAK256", 46, RC_EVM_GAS,
	48},
    {"gas: EXP", FORK_OSAKA, "0x0fff 0x03 EXP", 56, RC_EVM_GAS, 110},
    {"gas: SLOAD, cold", FORK_BERLIN, "0x00 SLOAD", 2102, RC_EVM_GAS, 2100},
    {"gas: SSTORE below EIP-2200's least", FORK_BERLIN, "0x01 0x00 SSTORE",
	2306, RC_EVM_GAS, 0},
    {"gas: SSTORE of a new slot", FORK_BERLIN, "0x01 0x00 SSTORE", 5006,
	RC_EVM_GAS, 22100},
    {"gas: BALANCE, cold", FORK_BERLIN, "0x77 BALANCE", 1003, RC_EVM_GAS, 2600},
    {"gas: SELFDESTRUCT for a new account", FORK_BERLIN, "0x77 SELFDESTRUCT",
	5003, RC_EVM_GAS, 32600},
    {"gas: a call that makes an account", FORK_BERLIN,
	"0x00 0x00 0x00 0x00 0x01 0x77 0x00 CALL", 20021, RC_EVM_GAS, 36600},
    {"INVALID", FORK_OSAKA, "#fe", 1000, RC_EVM_INVALID, 0},
    {"no instruction", FORK_OSAKA, "#0c", 1000, RC_EVM_OPCODE, 0},
    {"no destination", FORK_OSAKA, "0x09 JUMP", 1000, RC_EVM_JUMP, 8},
};

struct last_told {
	uint64_t cost;
	enum rc rc;
};

static void
last_after(void *ctx, uint64_t cost, enum rc rc)
{
	*(struct last_told *)ctx = (struct last_told){cost, rc};
}

TEST(test_trace_cost_of_what_fails)
{
	static struct asm_run r;
	struct last_told last;
	const struct evm_tracer tracer = {.after = last_after, .ctx = &last};
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		test_row(ends[i].name);
		last = (struct last_told){.cost = UINT64_MAX};
		asm_open(&r, ends[i].fork, ends[i].self);
		r.msg.gas = ends[i].gas;
		evm_trace(r.vm, &tracer);
		asm_go(&r);
		EXPECT_RC(last.rc, ends[i].rc);
		EXPECT_U64(last.cost, ends[i].cost);
		asm_close(&r);
	}
	test_row(NULL);
	test_count(i);
}

/* What stops a run after so many steps. */
struct brake {
	size_t left;
	bool is_pulled;
};

static void
brake_step(void *ctx, const struct evm_step *s)
{
	struct brake *b = ctx;

	(void)s;
	b->is_pulled = b->left == 0;
	b->left -= b->left > 0;
}

TEST(test_trace_stop_ends_every_frame)
{
	/* Both would run for longer than anybody waits. */
	static const char *const loops[][2] = {
	    {"JUMPDEST 0x00 JUMP", ""},
	    {"JUMPDEST 0x00 0x00 0x00 0x00 0x00 0xee GAS CALL 0x00 JUMP",
		"JUMPDEST 0x00 0x00 0x00 0x00 0x00 0xcc GAS CALL 0x00 JUMP"},
	};
	static struct asm_run r;
	size_t i;

	for (i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
		struct brake brake = {.left = 5000};
		const struct evm_tracer tracer = {.step = brake_step,
		    .stop = &brake.is_pulled,
		    .ctx = &brake};

		asm_open(&r, FORK_BYZANTIUM, loops[i][0]);
		asm_put(&r, ASM_OTHER, loops[i][1]);
		r.msg.gas = UINT64_C(1) << 60;
		evm_trace(r.vm, &tracer);
		asm_go(&r);
		EXPECT_RC(r.out.rc, RC_EVM_GAS);
		EXPECT_U64(r.out.gas_left, 0);
		EXPECT_U64(brake.left, 0);
		asm_close(&r);
	}
}

static const char *
json_of(const char *program, bool has_memory)
{
	static char text[4096];
	static struct asm_run r;
	struct evm_json json = {.has_memory = has_memory};
	struct evm_tracer tracer = evm_json_tracer(&json);

	memset(text, 0, sizeof(text));
	json.out = fmemopen(text, sizeof(text) - 1, "w");
	CHECK(json.out != NULL);
	asm_open(&r, FORK_OSAKA, program);
	evm_trace(r.vm, &tracer);
	asm_go(&r);
	evm_json_end(&json, &r.out, asm_used(&r));
	(void)fclose(json.out);
	asm_close(&r);
	return text;
}

TEST(test_trace_json_lines_are_those_of_eip_3155)
{
	EXPECT_STR(json_of("0x05 0x00 MSTORE", false),
	    "{\"pc\":0,\"op\":96,\"opName\":\"PUSH1\",\"gas\":\"0xf4240\","
	    "\"memSize\":0,\"depth\":1,\"refund\":0,\"stack\":[],"
	    "\"gasCost\":\"0x3\"}\n"
	    "{\"pc\":2,\"op\":96,\"opName\":\"PUSH1\",\"gas\":\"0xf423d\","
	    "\"memSize\":0,\"depth\":1,\"refund\":0,\"stack\":[\"0x5\"],"
	    "\"gasCost\":\"0x3\"}\n"
	    "{\"pc\":4,\"op\":82,\"opName\":\"MSTORE\",\"gas\":\"0xf423a\","
	    "\"memSize\":0,\"depth\":1,\"refund\":0,"
	    "\"stack\":[\"0x5\",\"0x0\"],\"gasCost\":\"0x6\"}\n"
	    "{\"pc\":5,\"op\":0,\"opName\":\"STOP\",\"gas\":\"0xf4234\","
	    "\"memSize\":32,\"depth\":1,\"refund\":0,\"stack\":[],"
	    "\"gasCost\":\"0x0\"}\n"
	    "{\"pass\":true,\"gasUsed\":\"0xc\",\"output\":\"0x\"}\n");
}

TEST(test_trace_json_shows_return_data)
{
	const char *text = json_of(
	    "0x07 0x00 MSTORE8 0x00 0x00 0x01 0x00 0x00 0x04 0xff CALL", false);

	EXPECT(strstr(text, "\"stack\":[\"0x1\"],\"returnData\":\"0x07\","
			    "\"gasCost\":\"0x0\"}") != NULL);
}

TEST(test_trace_json_shows_memory_when_asked_and_errors)
{
	EXPECT_STR(json_of("PUSH0 MLOAD #0c", true),
	    "{\"pc\":0,\"op\":95,\"opName\":\"PUSH0\",\"gas\":\"0xf4240\","
	    "\"memSize\":0,\"depth\":1,\"refund\":0,\"stack\":[],"
	    "\"gasCost\":\"0x2\"}\n"
	    "{\"pc\":1,\"op\":81,\"opName\":\"MLOAD\",\"gas\":\"0xf423e\","
	    "\"memSize\":0,\"depth\":1,\"refund\":0,\"stack\":[\"0x0\"],"
	    "\"gasCost\":\"0x6\"}\n"
	    "{\"pc\":2,\"op\":12,\"opName\":\"INVALID\",\"gas\":\"0xf4238\","
	    "\"memSize\":32,\"depth\":1,\"refund\":0,\"stack\":[\"0x0\"],"
	    "\"memory\":\"0x0000000000000000000000000000000000000000000000000"
	    "000000000000000\","
	    "\"gasCost\":\"0x0\",\"error\":\"invalid opcode\"}\n"
	    "{\"pass\":false,\"gasUsed\":\"0xf4240\",\"output\":\"0x\","
	    "\"error\":\"invalid opcode\"}\n");
}
