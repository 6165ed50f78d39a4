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
	evm_codes_open(&vm->kept);
	vm->has_memo = true;
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
	evm_codes_drop(&vm->kept);
	arena_drop(&vm->scratch);
	mem_free(vm->frames);
	mem_free(vm);
}

void
evm_trace(struct evm *vm, const struct evm_tracer *tracer)
{
	vm->tracer = tracer;
}

void
evm_watch(struct evm *vm, evm_over_fn *is_over, void *ctx)
{
	vm->is_over = is_over;
	vm->over_ctx = ctx;
}

/* set_look has the frame look when it has used so much more gas. */
static void
set_look(struct frame *f)
{
	f->vm->look_gas = f->gas > EVM_LOOK_GAS ? f->gas - EVM_LOOK_GAS : 0;
}

void
evm_look(struct frame *f)
{
	struct evm *vm = f->vm;

	vm->messages = 0;
	vm->is_cut = vm->is_cut || vm->is_over(vm->over_ctx);
	if (vm->is_cut)
		f->gas = 0;
	set_look(f);
}

void
evm_look_resume(struct frame *f)
{
	struct evm *vm = f->vm;

	if (vm->is_cut || ++vm->messages >= EVM_LOOK_MESSAGES)
		evm_look(f);
	else
		set_look(f);
}

void
evm_use_memo(struct evm *vm, bool is_used)
{
	vm->has_memo = is_used;
}

static void
hide(const void **labels, enum fork f)
{
	size_t i;

	for (i = 0; i < ARRAY_CNT(ops); i++)
		if (labels[i] == NULL || ops[i].since > f)
			labels[i] = labels[OP_NONE];
}

/* part lets a pair that f does not have whole run as its first alone. */
static void
part(const void **labels, enum fork f)
{
	static const struct {
		uint8_t code, first, second;
	} pairs[] = {
#define PAIR(a, b) {OP_##a##_##b, OP_##a, OP_##b},
#include "evm/pairs.def"
#undef PAIR
	};
	size_t i;

	for (i = 0; i < ARRAY_CNT(pairs); i++)
		if (ops[pairs[i].first].since > f ||
		    ops[pairs[i].second].since > f)
			labels[pairs[i].code] = labels[pairs[i].first];
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
	part(vm->labels, f);
	hide(vm->traced, f);
	evm_prices_at(&vm->price, f);
}

static void
forget_codes(struct code_cache *c)
{
	if (!c->is_full)
		return;
	evm_codes_drop(c);
	evm_codes_open(c);
}

/* set_world tells the machine whom the next run is for. */
static void
set_world(struct evm *vm, const struct evm_host *host,
    const struct evm_block *block, const struct evm_tx *tx)
{
	set_fork(vm, block->fork);
	vm->host = host;
	vm->block = block;
	vm->tx = tx;
	vm->difficulty = block->has_randao ? load_word(block->prev_randao.b)
					   : block->difficulty;
	vm->table = vm->tracer == NULL ? vm->labels : vm->traced;
}

/* tidy is for between runs. */
static void
tidy(struct evm *vm)
{
	forget_codes(&vm->codes);
	forget_codes(&vm->kept);
	evm_region_trim(&vm->returned);
	vm->return_data = bytes_of(vm->returned.base, 0);
	vm->is_starved = false;
	vm->is_cut = false;
	vm->look_gas = 0;
}

/* go runs vm->f, which is there unless the message is over already. */
static void
go(struct evm *vm)
{
	if (vm->tracer == NULL)
		evm_interpret(vm, NULL);
	else
		evm_interpret_traced(vm, NULL);
	if (vm->is_starved)
		*vm->result = (struct evm_result){.rc = RC_NO_MEMORY};
	else if (vm->is_cut)
		*vm->result = (struct evm_result){.rc = RC_TIMEOUT};
}

static void
give_back(struct evm *vm)
{
	evm_region_trim(&vm->memory);
	evm_region_trim(&vm->stacks);
}

void
evm_run(struct evm *vm, struct evm_result *out, const struct evm_host *host,
    const struct evm_block *block, const struct evm_tx *tx,
    const struct evm_msg *msg)
{
	CHECK(msg->depth == 0 && vm->f == NULL);
	tidy(vm);
	set_world(vm, host, block, tx);
	vm->result = out;
	vm->first = vm->frames;
	evm_begin(vm, msg);
	go(vm);
	give_back(vm);
}

/* run_inner runs a frame above from, or the first one when that is NULL. */
static void
run_inner(struct evm *vm, struct evm_result *out, struct frame *from,
    const struct evm_msg *msg, struct bytes code)
{
	vm->result = out;
	vm->first = from == NULL ? vm->frames : from + 1;
	if (vm->first == vm->frames + EVM_DEPTH_MAX) {
		*out = (struct evm_result){.rc = RC_EVM_DEPTH};
		return;
	}
	evm_begin_code(vm, msg, code);
	go(vm);
}

void
evm_run_code(struct evm *vm, struct evm_result *out,
    const struct evm_host *host, const struct evm_block *block,
    const struct evm_tx *tx, const struct evm_msg *msg, struct bytes code)
{
	struct frame *from = vm->f, *first = vm->first;
	struct evm_result *result = vm->result;
	const struct evm_host *outer_host = vm->host;
	const struct evm_block *outer_block = vm->block;
	const struct evm_tx *outer_tx = vm->tx;

	CHECK(host->send != NULL);
	if (from == NULL)
		tidy(vm);
	set_world(vm, host, block, tx);
	run_inner(vm, out, from, msg, code);
	vm->f = from;
	if (from == NULL) {
		give_back(vm);
		return;
	}
	vm->first = first;
	vm->result = result;
	set_world(vm, outer_host, outer_block, outer_tx);
}
