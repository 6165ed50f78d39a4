/* SPDX-License-Identifier: Apache-2.0
 *
 * Pairs of instructions must never show. Each row of pairs.def runs behind
 * stacks of all depths that matter, on operands of several kinds and with
 * every amount of gas that ends in or around it, beside the same program
 * traced, where instructions run one by one.
 */
#include "asm.h"

enum { STACK_MAX = 1024, SHOWN = 4, PROGRAM_MAX = 65536, OUT_MAX = 8192 };

enum {
#define OP(code, name, pop, push, gas, since)                                  \
	CODE_##name = (code), POP_##name = (pop), PUSH_##name = (push),
#include "evm/opcodes.def"
#undef OP
};

static const struct pair {
	const char *name;
	uint8_t first, second;
	unsigned need; /* words that are enough for both */
	int rise;
} pairs[] = {
#define PAIR(a, b)                                                             \
	{#a " " #b, CODE_##a, CODE_##b, POP_##a + POP_##b,                     \
	    PUSH_##a - POP_##a + PUSH_##b - POP_##b},
#include "evm/pairs.def"
#undef PAIR
};

/* What the words on the stack and behind PUSH are. */
enum kind { WIDE, SMALL, TARGET, ZERO, KIND_CNT };

static struct {
	uint8_t code[PROGRAM_MAX];
	size_t len;
} program;

static void
put(uint8_t byte)
{
	CHECK(program.len < sizeof(program.code));
	program.code[program.len++] = byte;
}

static void
put_word(unsigned len, enum kind kind, unsigned no, size_t target)
{
	unsigned i;

	for (i = 1; i <= len; i++) {
		unsigned up = 8 * (len - i);
		size_t word = kind == TARGET ? target : kind == SMALL ? no : 0;

		if (kind == WIDE)
			put((uint8_t)(17 * no + 29 * i + 0x80));
		else
			put(up < 16 ? (uint8_t)(word >> up) : 0);
	}
}

static unsigned
push_len(uint8_t op)
{
	return op > CODE_PUSH0 && op <= CODE_PUSH32 ? op - 0x5fu : 0;
}

static void
put_op(uint8_t op, enum kind kind, size_t target)
{
	put(op);
	put_word(push_len(op), kind, 7, target);
}

/* lay writes depth words, the pair, a JUMPDEST to jump to, and what shows
 * the uppermost words and all memory. */
static void
lay(const struct pair *p, unsigned depth, enum kind kind)
{
	unsigned len = kind == WIDE ? 32 : 2, i;
	size_t target =
	    depth * (len + 1) + 3 + push_len(p->first) + push_len(p->second);

	program.len = 0;
	for (i = 0; i < depth; i++) {
		put((uint8_t)(CODE_PUSH0 + len));
		put_word(len, kind, i, target);
	}
	put(CODE_JUMPDEST);
	put_op(p->first, kind, target);
	put_op(p->second, kind, target);
	put(CODE_JUMPDEST);
	for (i = 0; i < SHOWN && (int)i < (int)depth + p->rise; i++) {
		put(CODE_MSIZE);
		put(CODE_MSTORE);
	}
	put(CODE_MSIZE);
	put_op(CODE_PUSH1, ZERO, 0);
	put(CODE_RETURN);
}

static void
never(void *ctx, struct evm_result *out, const struct evm_msg *msg,
    const struct addr *delegate)
{
	(void)ctx, (void)out, (void)msg, (void)delegate;
	abort();
}

static void
run(struct asm_run *r, uint64_t gas, const struct evm_tracer *tracer)
{
	struct evm_host host = mem_host(&r->w);

	host.send = never;
	r->msg.gas = gas;
	evm_trace(r->vm, tracer);
	evm_run_code(r->vm, &r->out, &host, &r->block, &r->tx, &r->msg,
	    bytes_of(program.code, program.len));
}

/* expect_same runs the program both ways; it tells how it ended. */
static enum rc
expect_same(struct asm_run *r, uint64_t gas)
{
	static const struct evm_tracer nobody = {.ctx = NULL};
	static uint8_t output[OUT_MAX];
	struct evm_result plain;

	run(r, gas, NULL);
	plain = r->out;
	CHECK(plain.output.len <= sizeof(output));
	memcpy(output, plain.output.ptr, plain.output.len);
	plain.output.ptr = output;
	run(r, gas, &nobody);
	EXPECT_RC(plain.rc, r->out.rc);
	EXPECT_U64(plain.gas_left, r->out.gas_left);
	EXPECT(bytes_eq(plain.output, r->out.output));
	return plain.rc;
}

/* sweep runs a pair behind depth words; it counts the runs that go well. */
static size_t
sweep(struct asm_run *r, const struct pair *p, unsigned depth, enum kind kind)
{
	uint64_t setup, extra, step = depth < 100 ? 1 : 9;
	size_t well = 0;

	lay(p, depth, kind);
	setup = 3 * (uint64_t)depth + 1;
	for (extra = 0; extra < 40; extra += step)
		well += expect_same(r, setup + extra) == RC_OK;
	return well + (expect_same(r, setup + 100000) == RC_OK);
}

static size_t
sweep_depths(struct asm_run *r, const struct pair *p, enum kind kind)
{
	unsigned depth;
	size_t well = 0;

	for (depth = 0; depth <= p->need + 2; depth++)
		well += sweep(r, p, depth, kind);
	for (depth = STACK_MAX - 2; kind != WIDE && depth <= STACK_MAX; depth++)
		well += sweep(r, p, depth, kind);
	return well;
}

static void
sweep_pairs(enum fork fork)
{
	static struct asm_run r;
	size_t i, well;
	enum kind kind;

	asm_open(&r, fork, "");
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		test_row(pairs[i].name);
		well = 0;
		for (kind = 0; kind < KIND_CNT; kind++)
			well += sweep_depths(&r, &pairs[i], kind);
		EXPECT(well > 0 || fork == FORK_FRONTIER);
		mem_revert(&r.w, 0);
	}
	test_row(NULL);
	test_count(i);
	asm_close(&r);
}

TEST(test_pairs_are_what_their_parts_are)
{
	sweep_pairs(FORK_OSAKA);
}

/* SHL, SHR and PUSH0 are not there yet. */
TEST(test_pairs_before_their_parts_are_undefined)
{
	sweep_pairs(FORK_FRONTIER);
}

/* Bytes that stand for pairs mean nothing in a program. */
TEST(test_pairs_have_no_opcode)
{
	static struct asm_run r;
	unsigned op;

	asm_open(&r, FORK_OSAKA, "");
	for (op = 0; op < 256; op++) {
		if (evm_op_name((uint8_t)op) != NULL)
			continue;
		program.len = 0;
		put((uint8_t)op);
		EXPECT_RC(expect_same(&r, 100), RC_EVM_OPCODE);
	}
	asm_close(&r);
}

/* What a program sees of itself is its bytes. */
TEST(test_pairs_are_not_copied)
{
	static struct asm_run r;

	asm_open(&r, FORK_OSAKA,
	    "0x01 POP 0x02 POP 0x20 0x00 0x00 CODECOPY 0x20 0x00 RETURN");
	asm_go(&r);
	EXPECT_RC(r.out.rc, RC_OK);
	EXPECT(
	    bytes_eq(r.out.output, test_hex("600150600250602060006000396020"
					    "6000f3"
					    "0000000000000000000000000000")));
	asm_close(&r);
}
