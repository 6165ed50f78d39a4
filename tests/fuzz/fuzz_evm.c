/* SPDX-License-Identifier: Apache-2.0
 *
 * Programs of arbitrary bytes under any fork. Input: the fork; flags (bit 0
 * static, bit 1 creation, bit 2 value); gas in steps of 160; two programs,
 * each behind a 16-bit length; call data. The first program runs as 0xcc,
 * the second stands at 0xee, whom calls reach with one byte. Every program
 * runs plain and traced, with the same outcome; what fails leaves nothing.
 *
 * fuzz: cover=node/evm/op_host.c,node/evm/op_call.c,node/evm/message.c
 */
#define MEM_ACCOUNTS 2048
#define MEM_SLOTS    1024

#include "evm/trace.h"
#include "memworld.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD = 3, GAS_STEP = 160 };

struct input {
	enum fork fork;
	uint8_t flags;
	uint64_t gas;
	struct bytes code, other, data;
};

struct outcome {
	struct evm_result r;
	uint8_t output[256];
	uint64_t refund;
	size_t logs, changes;
	struct u256 slots; /* the sum of all */
};

static struct bytes
take_program(struct bytes *in)
{
	struct bytes head, out;

	if (!bytes_take(&head, in, 2))
		return bytes_of(NULL, 0);
	if (!bytes_take(&out, in, be16(head.ptr) % 1024)) {
		out = *in;
		*in = bytes_of(NULL, 0);
	}
	return out;
}

static void
put(struct mem_world *w, uint8_t no, struct bytes code, uint64_t balance)
{
	struct addr a = {.b = {[19] = no}};

	mem_set_code(w, &a, code);
	mem_account(w, &a)->balance = u256_from_u64(balance);
}

static struct evm_msg
message_of(const struct input *x)
{
	struct evm_msg msg = {.kind = EVM_CALL,
	    .is_static = x->flags & 1,
	    .gas = x->gas,
	    .caller = {.b = {[19] = 0xca}},
	    .to = {.b = {[19] = 0xcc}},
	    .input = x->data};

	msg.code_addr = msg.to;
	if (x->flags & 2) {
		msg.kind = EVM_CREATE;
		msg.to.b[0] = 1;
		msg.input = x->code;
	}
	if (x->flags & 4)
		msg.value = u256_from_u64(3);
	return msg;
}

static void
look(struct outcome *out, const struct mem_world *w)
{
	size_t i, len = out->r.output.len;

	memset(out->output, 0, sizeof(out->output));
	if (len > sizeof(out->output))
		len = sizeof(out->output);
	if (len > 0)
		memcpy(out->output, out->r.output.ptr, len);
	out->refund = w->refund;
	out->logs = w->log_cnt;
	out->changes = 0;
	out->slots = U256_ZERO;
	for (i = 0; i < MEM_SLOTS; i++) {
		const struct mem_slot *s = &w->slots[i];

		(void)u256_add(&out->slots, &out->slots, &s->now);
		out->changes += !u256_eq(&s->now, &s->original);
	}
}

static void
run(struct outcome *out, struct evm *vm, const struct input *x,
    const struct evm_tracer *tracer)
{
	static struct mem_world w;
	static const struct hash blob = {{1, 2, 3}};
	struct evm_host host;
	struct evm_block block = {.fork = x->fork,
	    .number = 1000,
	    .chain_id = 1,
	    .has_randao = x->fork >= FORK_PARIS};
	struct evm_tx tx = {.blob_hashes = &blob, .blob_cnt = 1};
	struct evm_msg msg = message_of(x);

	mem_open(&w, x->fork);
	put(&w, 0xca, bytes_of(NULL, 0), 1000);
	put(&w, 0xcc, x->code, 100);
	put(&w, 0xee, x->other, 100);
	mem_begin_tx(&w);
	host = mem_host(&w);
	evm_trace(vm, tracer);
	evm_run(vm, &out->r, &host, &block, &tx, &msg);
	look(out, &w);
	mem_close(&w);
}

/* A tracer that looks at all it is shown. */
struct watch {
	uint64_t sum;
	unsigned depth;
};

static void
watch_step(void *ctx, const struct evm_step *s)
{
	struct watch *w = ctx;

	CHECK(s->stack_cnt <= 1024 && s->depth >= 1 &&
	      s->depth <= EVM_DEPTH_MAX && s->memory.len % 32 == 0);
	if (s->stack_cnt > 0)
		w->sum += s->stack[s->stack_cnt - 1].w[0] + s->stack[0].w[0];
	if (s->memory.len > 0)
		w->sum += s->memory.ptr[s->memory.len - 1];
	if (s->return_data.len > 0)
		w->sum += s->return_data.ptr[s->return_data.len - 1];
}

static void
watch_after(void *ctx, uint64_t cost, enum rc rc)
{
	struct watch *w = ctx;

	w->sum += cost + (uint64_t)rc;
}

static void
watch_enter(void *ctx, const struct evm_msg *msg)
{
	struct watch *w = ctx;

	CHECK(msg->depth == w->depth);
	w->depth++;
}

static void
watch_leave(void *ctx, const struct evm_result *r)
{
	struct watch *w = ctx;

	CHECK(w->depth > 0);
	w->depth--;
	w->sum += r->gas_left;
}

static void
judge(const struct input *x, const struct outcome *a, const struct outcome *b)
{
	CHECK(a->r.rc == b->r.rc && a->r.gas_left == b->r.gas_left);
	CHECK(a->r.output.len == b->r.output.len);
	CHECK(!memcmp(a->output, b->output, sizeof(a->output)));
	CHECK(a->refund == b->refund && a->logs == b->logs);
	CHECK(u256_eq(&a->slots, &b->slots));
	CHECK(a->r.gas_left <= x->gas);
	if (a->r.rc == RC_OK)
		return;
	CHECK(a->changes == 0 && a->logs == 0 && a->refund == 0);
	CHECK(a->r.rc == RC_REVERT || a->r.gas_left == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct evm *vm;
	struct watch watch = {.depth = 0};
	struct evm_tracer tracer = {.step = watch_step,
	    .after = watch_after,
	    .enter = watch_enter,
	    .leave = watch_leave,
	    .ctx = &watch};
	struct bytes in = bytes_of(data, size);
	struct outcome plain, traced;
	struct input x;

	if (vm == NULL)
		vm = evm_new();
	CHECK(vm != NULL);
	if (size < HEAD)
		return 0;
	x.fork = (enum fork)(data[0] % FORK_CNT);
	x.flags = data[1];
	x.gas = (uint64_t)data[2] * GAS_STEP;
	in.ptr += HEAD;
	in.len -= HEAD;
	x.code = take_program(&in);
	x.other = take_program(&in);
	x.data = in;
	run(&plain, vm, &x, NULL);
	run(&traced, vm, &x, &tracer);
	CHECK(watch.depth == 0);
	judge(&x, &plain, &traced);
	return 0;
}
