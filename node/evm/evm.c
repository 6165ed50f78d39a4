/* SPDX-License-Identifier: Apache-2.0
 *
 * A machine from evm_new to evm_free, and one run of it. The loop is in
 * run_priv.h, messages in message.c.
 */
#include "base/check.h"
#include "evm/evm_priv.h"

/* Words of all stacks: a frame's own and the one below that the interpreter
 * wants, and the top that is shown in memory. */
enum { WORDS = EVM_DEPTH_MAX * (STACK_MAX + 1) + 2 };

/* What a precompile may take while it runs: its operands, which gas bounds. */
#define SCRATCH_MAX ((size_t)1 << 32)

static const struct {
	const char *name;
	enum fork since;
} ops[256] = {
#define OP(code, name, pop, push, gas, since) [code] = {#name, FORK_##since},
#include "evm/opcodes.def"
#undef OP
};

const char *
evm_op_name(uint8_t op)
{
	return ops[op].name;
}

struct evm *
evm_new(void)
{
	struct evm *vm = mem_new(sizeof(*vm));

	if (vm == NULL)
		return NULL;
	evm_codes_open(&vm->codes);
	arena_init(&vm->scratch, SCRATCH_MAX);
	vm->frames = mem_array(EVM_DEPTH_MAX, sizeof(*vm->frames));
	if (vm->frames != NULL &&
	    evm_region_open(&vm->stacks, WORDS * sizeof(struct u256)) &&
	    evm_region_open(&vm->memory, REGION_SPAN) &&
	    evm_region_open(&vm->returned, REGION_SPAN))
		return vm;
	evm_free(vm);
	return NULL;
}

void
evm_free(struct evm *vm)
{
	if (vm == NULL)
		return;
	evm_region_drop(&vm->stacks);
	evm_region_drop(&vm->memory);
	evm_region_drop(&vm->returned);
	evm_codes_drop(&vm->codes);
	arena_drop(&vm->scratch);
	mem_free(vm->frames);
	mem_free(vm);
}

void
evm_trace(struct evm *vm, const struct evm_tracer *tracer)
{
	vm->tracer = tracer;
}

static void
hide(const void **labels, enum fork f)
{
	size_t i;

	for (i = 0; i < ARRAY_CNT(ops); i++)
		if (ops[i].name == NULL || ops[i].since > f)
			labels[i] = labels[OP_NONE];
}

/* set_fork makes the rules of f those of the machine. */
static void
set_fork(struct evm *vm, enum fork f)
{
	if (vm->has_fork && vm->fork == f)
		return;
	vm->fork = f;
	vm->has_fork = true;
	evm_interpret(NULL, vm->labels);
	evm_interpret_traced(NULL, vm->traced);
	hide(vm->labels, f);
	hide(vm->traced, f);
	evm_prices_at(&vm->price, f);
}

static void
forget_codes(struct evm *vm)
{
	if (!vm->codes.is_full)
		return;
	evm_codes_drop(&vm->codes);
	evm_codes_open(&vm->codes);
}

void
evm_run(struct evm *vm, struct evm_result *out, const struct evm_host *host,
    const struct evm_block *block, const struct evm_tx *tx,
    const struct evm_msg *msg)
{
	CHECK(msg->depth == 0);
	set_fork(vm, block->fork);
	forget_codes(vm);
	evm_region_trim(&vm->returned);
	vm->host = host;
	vm->block = block;
	vm->tx = tx;
	vm->difficulty = block->has_randao ? load_word(block->prev_randao.b)
					   : block->difficulty;
	vm->table = vm->tracer == NULL ? vm->labels : vm->traced;
	vm->result = out;
	vm->return_data = bytes_of(vm->returned.base, 0);
	vm->f = NULL;
	evm_begin(vm, msg);
	if (vm->tracer == NULL)
		evm_interpret(vm, NULL);
	else
		evm_interpret_traced(vm, NULL);
	evm_region_trim(&vm->memory);
	evm_region_trim(&vm->stacks);
}
