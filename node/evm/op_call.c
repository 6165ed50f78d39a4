/* SPDX-License-Identifier: Apache-2.0
 *
 * The instructions that send messages: their operands, what they cost, how
 * much gas they give away (EIP-150), and the address of a new contract.
 */
#include "eth/addr.h"
#include "evm/evm_priv.h"

/* EIP-150: all but one 64th of what is left can be given away. */
enum { GAS_KEPT = 64 };

/* What stands on the stack for a call. */
struct call_args {
	const struct u256 *gas, *value; /* value NULL: none */
	struct addr addr;
	struct span in;
};

static uint64_t
most_to_give(const struct frame *f)
{
	if (f->vm->fork < FORK_TANGERINE)
		return f->gas;
	return f->gas - f->gas / GAS_KEPT;
}

/* take_args pops the operands and grows memory over both spans. */
static bool
take_args(struct frame *f, struct call_args *out, bool has_value)
{
	const struct u256 *sp = f->sp;

	out->gas = sp--;
	out->addr = word_to_addr(sp--);
	out->value = has_value ? sp-- : NULL;
	f->sp -= has_value ? 7 : 6;
	return evm_reach(f, &out->in, sp, sp - 1) &&
	       evm_reach(f, &f->out, sp - 2, sp - 3);
}

/* A call that brings an account into being pays for it (EIP-161). */
static bool
is_birth(struct evm *vm, const struct addr *to, bool moves_value)
{
	const struct evm_host *h = vm->host;

	if (vm->fork < FORK_SPURIOUS)
		return !h->exists(h->ctx, to);
	return moves_value && h->is_empty(h->ctx, to);
}

/* take_price takes all that a call costs but the gas it gives away. */
static bool
take_price(
    struct frame *f, const struct call_args *args, enum evm_call_kind kind)
{
	struct evm *vm = f->vm;
	bool moves_value = args->value != NULL && !u256_is_zero(args->value);
	uint64_t gas = vm->price.call + evm_access(vm, &args->addr);
	struct addr delegate;

	if (moves_value)
		gas += GAS_VALUE;
	if (kind == EVM_CALL && is_birth(vm, &args->addr, moves_value))
		gas += GAS_NEW_ACCOUNT;
	if (!evm_take(f, gas))
		return false;
	/* EIP-7702: the account whose code runs is touched as well. */
	return !evm_delegate_of(vm, &delegate, &args->addr) ||
	       evm_take(f, vm->price.call + evm_access(vm, &delegate));
}

/* give_gas moves the gas that the message asks for out of the frame. */
static bool
give_gas(struct frame *f, uint64_t *out, const struct u256 *wish)
{
	uint64_t most = most_to_give(f);

	*out = most;
	if (u256_is_u64(wish) && wish->w[0] < most)
		*out = wish->w[0];
	else if (f->vm->fork < FORK_TANGERINE &&
		 (!u256_is_u64(wish) || wish->w[0] > most))
		return false;
	f->gas -= *out;
	return true;
}

/* address fills who calls whom. */
static void
address(
    struct evm_msg *msg, const struct frame *f, const struct call_args *args)
{
	const struct evm_msg *own = &f->msg;

	msg->code_addr = args->addr;
	msg->caller = own->to;
	msg->to = args->addr;
	if (args->value != NULL)
		msg->value = *args->value;
	if (msg->kind == EVM_CALLCODE || msg->kind == EVM_DELEGATECALL)
		msg->to = own->to;
	if (msg->kind == EVM_DELEGATECALL) {
		msg->caller = own->caller;
		msg->value = own->value;
	}
}

enum rc
evm_op_call(struct frame *f, enum evm_call_kind kind)
{
	bool has_value = kind == EVM_CALL || kind == EVM_CALLCODE;
	struct evm_msg msg = {.kind = kind, .depth = f->msg.depth + 1};
	struct call_args args;

	if (kind == EVM_CALL && f->msg.is_static && !u256_is_zero(f->sp - 2))
		return RC_EVM_STATIC;
	if (!take_args(f, &args, has_value) || !take_price(f, &args, kind) ||
	    !give_gas(f, &msg.gas, args.gas))
		return RC_EVM_GAS;
	msg.is_static = f->msg.is_static || kind == EVM_STATICCALL;
	msg.input = evm_view(f, args.in);
	address(&msg, f, &args);
	evm_tell_after(f, RC_OK);
	if (has_value && !u256_is_zero(args.value))
		msg.gas += GAS_STIPEND;
	evm_begin(f->vm, &msg);
	return RC_OK;
}

static struct addr
new_address(const struct frame *f, const struct evm_msg *msg, uint64_t nonce)
{
	struct hash hash;

	if (msg->kind == EVM_CREATE)
		return addr_create(&f->msg.to, nonce);
	hash = hash_keccak(msg->input);
	return addr_create2(&f->msg.to, &msg->salt, &hash);
}

/* take_create takes what a creation costs before its code runs: EIP-1014,
 * EIP-3860. */
static bool
take_create(struct frame *f, struct span *in, enum evm_call_kind kind)
{
	const struct prices *p = &f->vm->price;
	uint64_t word = p->init_word;

	if (kind == EVM_CREATE2)
		word += GAS_INIT_HASH_WORD;
	if (!evm_reach(f, in, f->sp - 1, f->sp - 2))
		return false;
	if (f->vm->fork >= FORK_SHANGHAI && in->len > EVM_INIT_CODE_MAX)
		return false;
	return evm_take(f, word * evm_words(in->len));
}

/* count_create raises the sender's nonce, which counts also when the creation
 * fails later, and derives the address; false: no nonce is left (EIP-2681). */
static bool
count_create(struct frame *f, struct evm_msg *msg)
{
	const struct evm_host *h = f->vm->host;
	uint64_t nonce = h->nonce(h->ctx, &f->msg.to);

	if (nonce == UINT64_MAX)
		return false;
	msg->to = new_address(f, msg, nonce);
	h->set_nonce(h->ctx, &f->msg.to, nonce + 1);
	return true;
}

static void
send_create(struct frame *f, struct evm_msg *msg)
{
	const struct evm_host *h = f->vm->host;
	struct u256 balance;

	h->balance(h->ctx, &balance, &f->msg.to);
	if (msg->depth >= EVM_DEPTH_MAX)
		evm_refuse(f->vm, msg, RC_EVM_DEPTH);
	else if (u256_lt(&balance, &msg->value))
		evm_refuse(f->vm, msg, RC_EVM_FUNDS);
	else if (h->send == NULL && !count_create(f, msg))
		evm_refuse(f->vm, msg, RC_EVM_NONCE);
	else
		evm_begin(f->vm, msg);
}

enum rc
evm_op_create(struct frame *f, enum evm_call_kind kind)
{
	const struct u256 *value = f->sp;
	struct evm_msg msg = {.kind = kind,
	    .depth = f->msg.depth + 1,
	    .caller = f->msg.to,
	    .value = *value};
	struct span in;

	if (f->msg.is_static)
		return RC_EVM_STATIC;
	if (!take_create(f, &in, kind))
		return RC_EVM_GAS;
	if (kind == EVM_CREATE2)
		msg.salt = word_to_hash(value - 3);
	f->sp -= kind == EVM_CREATE2 ? 4 : 3;
	msg.input = evm_view(f, in);
	msg.gas = most_to_give(f);
	f->gas -= msg.gas;
	evm_tell_after(f, RC_OK);
	send_create(f, &msg);
	return RC_OK;
}
