/* SPDX-License-Identifier: Apache-2.0
 *
 * What the traced interpreter tells, and the writer of EIP-3155 lines. The
 * cost of an instruction is known when the next begins, so that a line is
 * written in two parts.
 */
#include "evm/trace.h"

#include <inttypes.h>

#include "evm/evm_priv.h"

static const uint16_t table[256] = {
#define OP(code, name, pop, push, gas, since) [code] = (gas),
#include "evm/opcodes.def"
#undef OP
};

/* least_of is what an instruction costs whatever its operands are, which is
 * what geth charges before it looks at the stack's height. */
static uint64_t
least_of(const struct evm *vm, uint8_t op)
{
	const struct prices *p = &vm->price;

	switch (op) {
	case OP_BALANCE:
		return p->balance;
	case OP_EXTCODESIZE:
	case OP_EXTCODECOPY:
		return p->extcode;
	case OP_EXTCODEHASH:
		return p->extcodehash;
	case OP_SLOAD:
		return vm->fork < FORK_BERLIN ? p->sload : 0;
	case OP_CALL:
	case OP_CALLCODE:
	case OP_DELEGATECALL:
	case OP_STATICCALL:
		return p->call;
	case OP_SELFDESTRUCT:
		return p->destroy;
	case OP_EXP:
	case OP_LOG0:
	case OP_LOG1:
	case OP_LOG2:
	case OP_LOG3:
	case OP_LOG4:
		return 0;
	default:
		return table[op];
	}
}

/*
 * cost_of is what an instruction took, or would have taken: of one that the
 * gas did not reach for, the parts of its price up to that which was too
 * much.
 */
static uint64_t
cost_of(const struct frame *f, enum rc rc)
{
	uint64_t before = f->traced_gas;

	if (rc == RC_EVM_UNDERFLOW || rc == RC_EVM_OVERFLOW)
		return least_of(f->vm, f->traced_op);
	if (rc == RC_EVM_GAS && before < table[f->traced_op])
		return table[f->traced_op];
	return before - f->gas + (rc == RC_EVM_GAS ? f->vm->unpaid : 0);
}

void
evm_tell_after(struct frame *f, enum rc rc)
{
	const struct evm_tracer *t = f->vm->tracer;
	uint64_t cost;

	if (t == NULL || f->traced_gas == UINT64_MAX)
		return;
	cost = cost_of(f, rc);
	f->traced_gas = UINT64_MAX;
	if (t->after != NULL)
		t->after(t->ctx, cost, rc);
}

void
evm_tell_step(struct frame *f)
{
	struct evm *vm = f->vm;
	const struct evm_tracer *t = vm->tracer;
	struct evm_step step = {
	    .pc = (uint64_t)(f->pc - f->code.bytes),
	    .gas = f->gas,
	    .op = *f->pc,
	    .depth = f->msg.depth + 1,
	    .stack = f->stack + 2,
	    .stack_cnt = (size_t)(f->sp - f->stack) - 1,
	    .memory = bytes_of(f->mem, f->mem_len),
	    .return_data = vm->return_data,
	    .msg = &f->msg,
	};

	evm_tell_after(f, RC_OK);
	if (t->stop != NULL && *t->stop)
		f->gas = 0;
	f->traced_gas = f->gas;
	f->traced_op = *f->pc;
	vm->unpaid = 0;
	if (t->step == NULL)
		return;
	step.refund = vm->host->refund(vm->host->ctx);
	t->step(t->ctx, &step);
}

static void
put_hex(FILE *out, const char *name, struct bytes in)
{
	size_t i;

	(void)fprintf(out, ",\"%s\":\"0x", name);
	for (i = 0; i < in.len; i++)
		(void)fprintf(out, "%02x", in.ptr[i]);
	(void)fputc('"', out);
}

static void
put_stack(FILE *out, const struct evm_step *s)
{
	char hex[U256_HEX_MAX];
	size_t i;

	(void)fputs(",\"stack\":[", out);
	for (i = 0; i < s->stack_cnt; i++) {
		u256_hex(hex, &s->stack[i]);
		(void)fprintf(out, "%s\"%s\"", i == 0 ? "" : ",", hex);
	}
	(void)fputc(']', out);
}

static void
json_step(void *ctx, const struct evm_step *s)
{
	const struct evm_json *j = ctx;
	const char *name = evm_op_name(s->op);

	(void)fprintf(j->out,
	    "{\"pc\":%" PRIu64
	    ",\"op\":%u,\"opName\":\"%s\",\"gas\":\"0x%" PRIx64
	    "\",\"memSize\":%zu,\"depth\":%u,\"refund\":%" PRIu64,
	    s->pc, (unsigned)s->op, name == NULL ? "INVALID" : name, s->gas,
	    s->memory.len, s->depth, s->refund);
	put_stack(j->out, s);
	if (s->return_data.len > 0)
		put_hex(j->out, "returnData", s->return_data);
	if (j->has_memory && s->memory.len > 0)
		put_hex(j->out, "memory", s->memory);
}

static void
json_after(void *ctx, uint64_t cost, enum rc rc)
{
	const struct evm_json *j = ctx;

	(void)fprintf(j->out, ",\"gasCost\":\"0x%" PRIx64 "\"", cost);
	if (rc != RC_OK)
		(void)fprintf(j->out, ",\"error\":\"%s\"", err_text(rc));
	(void)fputs("}\n", j->out);
}

struct evm_tracer
evm_json_tracer(struct evm_json *j)
{
	return (struct evm_tracer){
	    .step = json_step, .after = json_after, .ctx = j};
}

void
evm_json_end(struct evm_json *j, const struct evm_result *r, uint64_t gas_used)
{
	(void)fprintf(j->out, "{\"pass\":%s,\"gasUsed\":\"0x%" PRIx64 "\"",
	    r->rc == RC_OK ? "true" : "false", gas_used);
	put_hex(j->out, "output", r->output);
	if (r->rc != RC_OK)
		(void)fprintf(j->out, ",\"error\":\"%s\"", err_text(r->rc));
	(void)fputs("}\n", j->out);
}
