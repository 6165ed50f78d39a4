/* SPDX-License-Identifier: Apache-2.0
 *
 * Our side of the differential test: a process that reads state tests and
 * answers each with everything that its execution did: the steps of a traced
 * run, and the end of a plain one, whose loop is another (evm/pairs.def). It
 * judges nothing; tests/diff/differ.mjs compares.
 *
 * Standard input is a sequence of documents, each a length (32 bits) and one
 * file of state tests with one case. Standard output is a length and records
 * for each, all numbers little-endian: a step, the begin or the end of a
 * message, and last the end of the case. A record that has text or output
 * says how long it is; the bytes follow, filled up to eight.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "evm/trace.h"
#include "suite/suite.h"

enum tag { TAG_STEP = 1, TAG_ENTER, TAG_LEAVE, TAG_END };

/* Output of a case: 64 bytes for each of a million steps; generated gas
 * limits stay far below. */
enum { TRACE_MAX = 64 << 20 };

/* One record, as it is written. What a field means depends on the tag. */
struct record {
	uint8_t tag;
	uint8_t kind;   /* opcode; message kind; refused */
	uint16_t code;  /* words on the stack; is static; halt */
	uint16_t depth; /* from 1 */
	uint16_t spare;
	uint32_t pc;   /* or length of the input */
	uint32_t size; /* of memory; of what follows */
	uint64_t gas;
	uint64_t refund;  /* or end of the address whose code runs */
	uint8_t body[32]; /* top of the stack; address; root */
};
_Static_assert(sizeof(struct record) == 64, "peers read fixed offsets");

/* What is written for the case that runs. */
struct trace {
	FILE *out;
	size_t len;
};

static void
put(struct trace *t, const struct record *r, struct bytes tail)
{
	static const uint8_t zero[8];
	size_t pad = -tail.len & (sizeof(zero) - 1);

	t->len += sizeof(*r) + tail.len + pad;
	if (t->len > TRACE_MAX && r->tag != TAG_END)
		return;
	(void)fwrite(r, sizeof(*r), 1, t->out);
	if (tail.len > 0)
		(void)fwrite(tail.ptr, tail.len, 1, t->out);
	if (pad > 0)
		(void)fwrite(zero, pad, 1, t->out);
}

static void
on_step(void *ctx, const struct evm_step *s)
{
	struct record r = {.tag = TAG_STEP,
	    .kind = s->op,
	    .code = (uint16_t)s->stack_cnt,
	    .depth = (uint16_t)s->depth,
	    .pc = (uint32_t)s->pc,
	    .size = (uint32_t)s->memory.len,
	    .gas = s->gas,
	    .refund = s->refund};

	if (s->stack_cnt > 0)
		memcpy(r.body, &s->stack[s->stack_cnt - 1], sizeof(r.body));
	put(ctx, &r, bytes_of(NULL, 0));
}

static void
on_enter(void *ctx, const struct evm_msg *m)
{
	struct record r = {.tag = TAG_ENTER,
	    .kind = (uint8_t)m->kind,
	    .code = m->is_static,
	    .depth = (uint16_t)(m->depth + 1),
	    .pc = (uint32_t)m->input.len,
	    .gas = m->gas};

	r.refund = be64(m->code_addr.b + sizeof(m->code_addr.b) - 8);
	memcpy(r.body, m->to.b, sizeof(m->to.b));
	put(ctx, &r, bytes_of(NULL, 0));
}

/* halt numbers how a message ended, for a peer that has no list of errors:
 * success, revert, and the faults in the order of err.def. */
static uint16_t
halt(enum rc rc)
{
	_Static_assert(RC_EVM_PRECOMPILE - RC_EVM_GAS == 15, "halts.mjs");
	if (rc == RC_OK || rc == RC_REVERT)
		return rc == RC_REVERT;
	CHECK(rc >= RC_EVM_GAS && rc <= RC_EVM_PRECOMPILE);
	return (uint16_t)(rc - RC_EVM_GAS + 2);
}

static void
on_leave(void *ctx, const struct evm_result *m)
{
	struct record r = {.tag = TAG_LEAVE,
	    .code = halt(m->rc),
	    .size = (uint32_t)m->output.len,
	    .gas = m->gas_left};

	put(ctx, &r, m->output);
}

static void
on_verdict(void *ctx, const struct suite_verdict *v)
{
	struct bytes why = bytes_of_str(v->why == NULL ? "" : v->why);
	struct record r = {.tag = TAG_END,
	    .kind = v->is_refused,
	    .size = (uint32_t)(sizeof(v->logs) + why.len),
	    .gas = v->gas_used};
	uint8_t tail[1024];

	if (why.len > sizeof(tail) - sizeof(v->logs)) {
		why.len = sizeof(tail) - sizeof(v->logs);
		r.size = sizeof(tail);
	}
	memcpy(r.body, v->root.b, sizeof(r.body));
	memcpy(tail, v->logs.b, sizeof(v->logs));
	memcpy(tail + sizeof(v->logs), why.ptr, why.len);
	put(ctx, &r, bytes_of(tail, r.size));
}

static void
ignore(void *ctx, const struct suite_verdict *v)
{
	(void)ctx, (void)v;
}

/* fault answers a document that is none. */
static void
fault(struct trace *t, const struct err *e, enum rc rc)
{
	struct suite_verdict v = {.why = err_message(e, rc)};

	on_verdict(t, &v);
}

static void
answer(const char *ptr, size_t len)
{
	uint32_t head = (uint32_t)len;

	CHECK(fwrite(&head, sizeof(head), 1, stdout) == 1 &&
	      fwrite(ptr, len, 1, stdout) == 1 && fflush(stdout) == 0);
}

static void
run_doc(struct evm *vm, struct bytes doc)
{
	char *ptr = NULL;
	size_t len = 0;
	struct trace t = {.out = open_memstream(&ptr, &len)};
	const struct evm_tracer tracer = {
	    .step = on_step, .enter = on_enter, .leave = on_leave, .ctx = &t};
	const struct suite traced = {.vm = vm, .say = ignore},
			   plain = {.vm = vm, .say = on_verdict, .ctx = &t};
	struct err e = {0};
	enum rc rc;

	CHECK(t.out != NULL);
	evm_trace(vm, &tracer);
	rc = suite_state(&traced, doc, &e);
	evm_trace(vm, NULL);
	if (rc == RC_OK)
		rc = suite_state(&plain, doc, &e);
	if (rc != RC_OK)
		fault(&t, &e, rc);
	CHECK(fclose(t.out) == 0);
	answer(ptr, len);
	free(ptr);
}

static void
serve(struct evm *vm, struct arena *a)
{
	uint32_t len;

	while (fread(&len, sizeof(len), 1, stdin) == 1) {
		struct arena_mark mark = arena_save(a);
		uint8_t *doc = arena_alloc(a, len);

		CHECK(doc != NULL && fread(doc, len, 1, stdin) == 1);
		run_doc(vm, bytes_of(doc, len));
		arena_rewind(a, mark);
	}
}

int
main(void)
{
	struct evm *vm = evm_new();
	struct arena a;

	CHECK(vm != NULL);
	arena_init(&a, SUITE_FILE_MAX);
	serve(vm, &a);
	arena_drop(&a);
	evm_free(vm);
	return 0;
}
