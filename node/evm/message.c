/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages: how a call or creation begins, which frame runs it, and what its
 * end gives to the frame that sent it (Yellow Paper 7 and 8). The
 * instructions that send them, with their prices, are in op_call.c.
 */
#include "base/check.h"
#include "evm/evm_priv.h"

/* A program to run: ready in the cache, or raw. */
struct program {
	const struct code *ready;
	struct bytes raw;
};

static bool
is_create(const struct evm_msg *msg)
{
	return msg->kind == EVM_CREATE || msg->kind == EVM_CREATE2;
}

static void
find_program(struct evm *vm, struct program *out, const struct addr *addr)
{
	const struct evm_host *h = vm->host;
	struct hash hash;

	*out = (struct program){.ready = NULL};
	h->code_hash(h->ctx, &hash, addr);
	if (hash_eq(&hash, &HASH_EMPTY_CODE) || hash_is_zero(&hash))
		return;
	out->ready = evm_code_find(&vm->codes, &hash);
	if (out->ready != NULL)
		return;
	out->raw = h->code(h->ctx, addr);
	out->ready = evm_code_put(&vm->codes, &hash, out->raw);
}

static bool
delegates(const struct evm *vm, const struct program *p, struct addr *to)
{
	if (vm->fork < FORK_PRAGUE)
		return false;
	if (p->ready == NULL)
		return evm_delegation(to, p->raw);
	*to = p->ready->delegate;
	return p->ready->is_delegation;
}

bool
evm_delegate_of(struct evm *vm, struct addr *out, const struct addr *addr)
{
	const struct evm_host *h = vm->host;
	struct program p;

	if (vm->fork < FORK_PRAGUE)
		return false;
	/* A host that runs code elsewhere may make up its code hashes. */
	if (h->send != NULL)
		return h->code_size(h->ctx, addr) == EVM_DELEGATION_LEN &&
		       evm_delegation(out, h->code(h->ctx, addr));
	find_program(vm, &p, addr);
	return delegates(vm, &p, out);
}

/* deliver gives a message's outcome to the frame that sent it, or to the
 * caller of evm_run. */
static void
deliver(struct evm *vm, struct frame *to, const struct evm_result *r,
    bool was_create)
{
	bool has_data = r->rc == RC_REVERT || (r->rc == RC_OK && !was_create);
	uint64_t len = r->output.len;

	if (vm->tracer != NULL && vm->tracer->leave != NULL)
		vm->tracer->leave(vm->tracer->ctx, r);
	vm->f = to;
	if (to == NULL) {
		evm_return_set(vm, r->output);
		*vm->result = *r;
		vm->result->output = vm->return_data;
		return;
	}
	evm_return_set(vm, has_data ? r->output : bytes_of(NULL, 0));
	to->gas += r->gas_left;
	if (has_data && !was_create && to->out.len > 0 && len > 0)
		memcpy(to->mem + to->out.at, r->output.ptr,
		    len < to->out.len ? len : to->out.len);
	*++to->sp = r->rc != RC_OK ? U256_ZERO
		    : was_create   ? addr_to_word(&r->created)
				   : U256_ONE;
}

/* fail_early ends a message that has no frame. */
static void
fail_early(struct evm *vm, const struct evm_msg *msg, enum rc rc, bool keeps)
{
	struct evm_result r = {.rc = rc, .gas_left = keeps ? msg->gas : 0};

	if (is_create(msg))
		r.created = msg->to;
	deliver(vm, vm->f, &r, is_create(msg));
}

/* lay gives a frame its program, a raw one made ready where its memory begins,
 * which then begins behind it. */
static bool
lay(struct frame *f, struct evm *vm, const struct program *p)
{
	uint64_t len = (evm_code_room(p->raw.len) + 31) / 32 * 32;
	uint64_t at = (uint64_t)(f->mem - vm->memory.base);

	if (p->ready != NULL) {
		f->code = *p->ready;
		return true;
	}
	if (!evm_region_need(vm, &vm->memory, at + len))
		return false;
	evm_code_lay(&f->code, f->mem, p->raw);
	f->mem += len;
	return true;
}

/* has_stack tells whether a full stack fits there. */
static bool
has_stack(struct evm *vm, const struct u256 *stack)
{
	const uint8_t *end = (const uint8_t *)(stack + STACK_MAX + 2);

	return evm_region_need(
	    vm, &vm->stacks, (uint64_t)(end - vm->stacks.base));
}

/* open_frame makes a frame for msg the running one. */
static void
open_frame(struct evm *vm, const struct evm_msg *msg, const struct program *p,
    size_t snapshot)
{
	struct frame *from = vm->f;
	struct frame *f = from == NULL ? vm->frames : from + 1;

	f->stack = from == NULL ? (void *)vm->stacks.base : from->sp;
	f->mem = from == NULL ? vm->memory.base : from->mem + from->mem_len;
	if (!has_stack(vm, f->stack) || !lay(f, vm, p)) {
		fail_early(vm, msg, RC_NO_MEMORY, false);
		return;
	}
	f->vm = vm;
	f->msg = *msg;
	f->pc = vm->tracer == NULL ? f->code.ops : f->code.bytes;
	f->gas = msg->gas;
	f->sp = f->stack + 1;
	f->mem_len = 0;
	f->mem_safe = 0;
	f->snapshot = snapshot;
	f->output = bytes_of(NULL, 0);
	f->traced_gas = UINT64_MAX;
	vm->return_data = bytes_of(vm->returned.base, 0);
	vm->f = f;
}

/* is_poor tells whether the sender of a message lacks the value it shows. */
static bool
is_poor(const struct evm *vm, const struct evm_msg *msg)
{
	const struct evm_host *h = vm->host;
	struct u256 balance;

	if (msg->kind == EVM_DELEGATECALL || u256_is_zero(&msg->value))
		return false;
	h->balance(h->ctx, &balance, &msg->caller);
	return u256_lt(&balance, &msg->value);
}

static void
run_precompile(struct evm *vm, const struct evm_msg *msg, size_t snapshot)
{
	const struct evm_host *h = vm->host;
	struct evm_result r = {.gas_left = msg->gas};

	r.rc = evm_precompile(
	    vm, &r.output, &r.gas_left, &msg->code_addr, msg->input);
	if (msg->gas - r.gas_left > EVM_LOOK_GAS)
		vm->messages = EVM_LOOK_MESSAGES;
	if (r.rc != RC_OK) {
		h->revert(h->ctx, snapshot);
		r.gas_left = 0;
		r.output = bytes_of(NULL, 0);
	}
	deliver(vm, vm->f, &r, false);
}

static void
begin_call(struct evm *vm, const struct evm_msg *msg)
{
	const struct evm_host *h = vm->host;
	size_t snapshot = h->snapshot(h->ctx);
	struct evm_result r = {.rc = RC_OK, .gas_left = msg->gas};
	struct addr delegate;
	struct program p;

	if (msg->kind == EVM_CALL || msg->kind == EVM_STATICCALL)
		CHECK(h->transfer(h->ctx, &msg->caller, &msg->to, &msg->value));
	if (evm_has_precompile(vm, &msg->code_addr)) {
		run_precompile(vm, msg, snapshot);
		return;
	}
	find_program(vm, &p, &msg->code_addr);
	if (delegates(vm, &p, &delegate)) {
		/* Paid for already; free at depth 0 (EIP-7702). */
		(void)evm_access(vm, &delegate);
		p = (struct program){.ready = NULL};
		if (!evm_has_precompile(vm, &delegate))
			find_program(vm, &p, &delegate);
	}
	if (p.ready == NULL && p.raw.len == 0)
		deliver(vm, vm->f, &r, false);
	else
		open_frame(vm, msg, &p, snapshot);
}

static void
begin_create(struct evm *vm, const struct evm_msg *msg)
{
	const struct evm_host *h = vm->host;
	struct program p = {.raw = msg->input};
	struct evm_msg inner = *msg;
	size_t snapshot;

	/* It stays warm when the creation fails (EIP-2929). */
	(void)evm_access(vm, &msg->to);
	if (h->is_taken(h->ctx, &msg->to)) {
		fail_early(vm, msg, RC_EVM_COLLISION, false);
		return;
	}
	snapshot = h->snapshot(h->ctx);
	h->create(h->ctx, &msg->to, &msg->caller);
	if (vm->fork >= FORK_SPURIOUS)
		h->set_nonce(h->ctx, &msg->to, 1); /* EIP-161 */
	CHECK(h->transfer(h->ctx, &msg->caller, &msg->to, &msg->value));
	inner.input = bytes_of(NULL, 0);
	open_frame(vm, &inner, &p, snapshot);
}

/* send_out has the host run a message. */
static void
send_out(struct evm *vm, const struct evm_msg *msg)
{
	const struct evm_host *h = vm->host;
	bool was_create = is_create(msg);
	struct evm_result r = {.rc = RC_OK};
	struct addr delegate;
	bool is_delegated =
	    !was_create && evm_delegate_of(vm, &delegate, &msg->code_addr);

	h->send(h->ctx, &r, msg, is_delegated ? &delegate : NULL);
	deliver(vm, vm->f, &r, was_create);
}

void
evm_begin(struct evm *vm, const struct evm_msg *msg)
{
	if (vm->tracer != NULL && vm->tracer->enter != NULL)
		vm->tracer->enter(vm->tracer->ctx, msg);
	if (msg->depth >= EVM_DEPTH_MAX)
		fail_early(vm, msg, RC_EVM_DEPTH, true);
	else if (is_poor(vm, msg))
		fail_early(vm, msg, RC_EVM_FUNDS, true);
	else if (vm->host->send != NULL)
		send_out(vm, msg);
	else if (is_create(msg))
		begin_create(vm, msg);
	else
		begin_call(vm, msg);
}

void
evm_begin_code(struct evm *vm, const struct evm_msg *msg, struct bytes code)
{
	struct program p = {.raw = code};

	/* Init code is seldom seen again. */
	if (!is_create(msg))
		p.ready = evm_code_keep(&vm->kept, code);
	open_frame(vm, msg, &p, 0);
}

void
evm_refuse(struct evm *vm, const struct evm_msg *msg, enum rc rc)
{
	if (vm->tracer != NULL && vm->tracer->enter != NULL)
		vm->tracer->enter(vm->tracer->ctx, msg);
	fail_early(vm, msg, rc, true);
}

/* deploy stores what init code returned, or tells why not. */
static enum rc
deploy(struct evm *vm, struct frame *f)
{
	const struct evm_host *h = vm->host;

	if (vm->fork >= FORK_SPURIOUS && f->output.len > EVM_CODE_MAX)
		return RC_EVM_CODE_SIZE; /* EIP-170 */
	if (vm->fork >= FORK_LONDON && f->output.len > 0 &&
	    f->output.ptr[0] == 0xef)
		return RC_EVM_CODE_FORM; /* EIP-3541 */
	if (!evm_take(f, GAS_CREATE_BYTE * f->output.len)) {
		if (vm->fork >= FORK_HOMESTEAD)
			return RC_EVM_CODE_GAS; /* EIP-2 */
		f->output = bytes_of(NULL, 0);
	}
	if (f->output.len > 0)
		h->set_code(h->ctx, &f->msg.to, f->output);
	return RC_OK;
}

void
evm_end(struct evm *vm, enum rc rc)
{
	struct frame *f = vm->f;
	bool was_create = is_create(&f->msg);
	struct evm_result r = {.rc = rc};

	evm_tell_after(f, rc);
	if (rc == RC_OK && was_create && vm->host->send == NULL)
		r.rc = deploy(vm, f);
	if (r.rc != RC_OK && vm->host->send == NULL)
		vm->host->revert(vm->host->ctx, f->snapshot);
	if (r.rc == RC_OK || r.rc == RC_REVERT) {
		r.gas_left = f->gas;
		r.output = f->output;
	}
	if (was_create)
		r.created = f->msg.to;
	deliver(vm, f == vm->first ? NULL : f - 1, &r, was_create);
}
