/* SPDX-License-Identifier: Apache-2.0
 *
 * The interpreter loop: one pass over raw code, a jump from each instruction
 * to the next. The including file defines INTERPRET, the function's name,
 * and IS_TRACED, and gets that function; instructions that ask the host are
 * elsewhere (evm_priv.h).
 *
 * Program counter, stack pointer, gas and the top word of the stack live in
 * registers. Whoever calls a function stores the top first and loads it
 * behind the call, so that no word lives across one: five values then fit
 * the registers that calls preserve. Storing the top word by word, as
 * instructions read it, also keeps the processor's forwarding from stores to
 * loads, whose failure costs more than most instructions do.
 *
 * With d words on the stack sp is f->stack + d, the second word is sp[0].
 */

#define DEPTH ((size_t)((const uint8_t *)sp - (const uint8_t *)f->stack))

/* ENTER opens an instruction: stack bounds and fixed gas by opcodes.def. */
#define ENTER(name)                                                            \
	op_##name : if (is_below(DEPTH, POP_##name * sizeof(*sp)))             \
	{                                                                      \
		goto underflow;                                                \
	}                                                                      \
	if (PUSH_##name > POP_##name &&                                        \
	    !is_below(DEPTH, STACK_MAX * sizeof(*sp)))                         \
		goto overflow;                                                 \
	if (is_below(gas, COST_##name))                                        \
		goto no_gas;                                                   \
	gas -= COST_##name;

#if IS_TRACED
#define NEXT                                                                   \
	do {                                                                   \
		goto step;                                                     \
	} while (0)
#else
#define NEXT                                                                   \
	do {                                                                   \
		goto *tab[*pc++];                                              \
	} while (0)
#endif

/* The top word is four variables, because compilers do not keep a structure
 * of that size in registers. TOP is its value, SET changes it, KEEP and TAKE
 * store and load it. */
#define TOP ((struct u256){{t0, t1, t2, t3}})
#define SET(value)                                                             \
	do {                                                                   \
		struct u256 word = (value);                                    \
		t0 = word.w[0];                                                \
		t1 = word.w[1];                                                \
		t2 = word.w[2];                                                \
		t3 = word.w[3];                                                \
	} while (0)
#define SET_U64(value)                                                         \
	do {                                                                   \
		t0 = (value);                                                  \
		t1 = t2 = t3 = 0;                                              \
	} while (0)
#define KEEP(to)                                                               \
	do {                                                                   \
		struct u256 *keep = (to);                                      \
		keep->w[0] = t0;                                               \
		keep->w[1] = t1;                                               \
		keep->w[2] = t2;                                               \
		keep->w[3] = t3;                                               \
	} while (0)
#define TAKE(from)                                                             \
	do {                                                                   \
		const struct u256 *take = (from);                              \
		t0 = take->w[0];                                               \
		t1 = take->w[1];                                               \
		t2 = take->w[2];                                               \
		t3 = take->w[3];                                               \
	} while (0)
#define PUSH_TOP                                                               \
	do {                                                                   \
		sp++;                                                          \
		KEEP(sp);                                                      \
	} while (0)
#define POP_TOP                                                                \
	do {                                                                   \
		TAKE(sp);                                                      \
		sp--;                                                          \
	} while (0)

/* SPILL shows the whole stack in memory, RELOAD takes it back. */
#define SPILL                                                                  \
	do {                                                                   \
		KEEP(sp + 1);                                                  \
		f->sp = sp + 1;                                                \
		f->gas = gas;                                                  \
	} while (0)
#define RELOAD                                                                 \
	do {                                                                   \
		sp = f->sp;                                                    \
		TAKE(sp);                                                      \
		sp--;                                                          \
		gas = f->gas;                                                  \
	} while (0)

/* ASK is an instruction that is a function. */
#define ASK(name, call)                                                        \
	ENTER(name)                                                            \
	{                                                                      \
		SPILL;                                                         \
		rc = (call);                                                   \
		if (rc != RC_OK)                                               \
			goto fault;                                            \
		RELOAD;                                                        \
		NEXT;                                                          \
	}

/* SEND is one that may open a frame. */
#define SEND(name, call)                                                       \
	ENTER(name)                                                            \
	{                                                                      \
		SPILL;                                                         \
		f->pc = pc;                                                    \
		rc = (call);                                                   \
		if (rc != RC_OK)                                               \
			goto fault;                                            \
		goto resume;                                                   \
	}

/* SHOW pushes a word, SHOW_U64 a number. */
#define SHOW(name, value)                                                      \
	ENTER(name)                                                            \
	{                                                                      \
		PUSH_TOP;                                                      \
		SET(value);                                                    \
		NEXT;                                                          \
	}
#define SHOW_U64(name, value)                                                  \
	ENTER(name)                                                            \
	{                                                                      \
		PUSH_TOP;                                                      \
		SET_U64(value);                                                \
		NEXT;                                                          \
	}

/* BOTH is an instruction on the top word and the one below it. */
#define BOTH(name, value)                                                      \
	ENTER(name)                                                            \
	{                                                                      \
		struct u256 top = TOP;                                         \
		SET(value);                                                    \
		sp--;                                                          \
		NEXT;                                                          \
	}
#define BOTH_U64(name, value)                                                  \
	ENTER(name)                                                            \
	{                                                                      \
		struct u256 top = TOP;                                         \
		SET_U64(value);                                                \
		sp--;                                                          \
		NEXT;                                                          \
	}

/* FAR is a function of base/u256.h that is not worth having in the loop: it
 * takes cnt words and leaves its result in the last of them. */
#define FAR(name, cnt, call)                                                   \
	ENTER(name)                                                            \
	{                                                                      \
		KEEP(sp + 1);                                                  \
		(call);                                                        \
		sp -= (cnt)-1;                                                 \
		TAKE(sp + 1);                                                  \
		NEXT;                                                          \
	}

/* LOGIC is one that works word by word. */
#define LOGIC(name, op)                                                        \
	ENTER(name)                                                            \
	{                                                                      \
		t0 op sp->w[0];                                                \
		t1 op sp->w[1];                                                \
		t2 op sp->w[2];                                                \
		t3 op sp->w[3];                                                \
		sp--;                                                          \
		NEXT;                                                          \
	}

/* REACH lets memory have len bytes at the top word. */
#define REACH(len)                                                             \
	if (__builtin_expect(t0 >= f->mem_safe || (t1 | t2 | t3) != 0, 0)) {   \
		KEEP(sp + 1);                                                  \
		f->gas = gas;                                                  \
		if (!evm_reach_near(f, sp + 1, (len)))                         \
			goto no_gas;                                           \
		gas = f->gas;                                                  \
		TAKE(sp + 1);                                                  \
	}

#define PUSH(n)                                                                \
	ENTER(PUSH##n)                                                         \
	{                                                                      \
		PUSH_TOP;                                                      \
		SET(push_word(pc, n));                                         \
		pc += (n);                                                     \
		NEXT;                                                          \
	}

#define DUP(n)                                                                 \
	ENTER(DUP##n)                                                          \
	{                                                                      \
		PUSH_TOP;                                                      \
		if ((n) > 1)                                                   \
			TAKE(sp + 1 - (n));                                    \
		NEXT;                                                          \
	}

#define SWAP(n)                                                                \
	ENTER(SWAP##n)                                                         \
	{                                                                      \
		struct u256 top = TOP;                                         \
		TAKE(sp + 1 - (n));                                            \
		sp[1 - (n)].w[0] = top.w[0];                                   \
		sp[1 - (n)].w[1] = top.w[1];                                   \
		sp[1 - (n)].w[2] = top.w[2];                                   \
		sp[1 - (n)].w[3] = top.w[3];                                   \
		NEXT;                                                          \
	}

/* EACH_16 is the first 16 of a family, EACH_32 the next. */
#define EACH_16(M)                                                             \
	M(1)                                                                   \
	M(2)                                                                   \
	M(3)                                                                   \
	M(4)                                                                   \
	M(5)                                                                   \
	M(6)                                                                   \
	M(7)                                                                   \
	M(8)                                                                   \
	M(9)                                                                   \
	M(10)                                                                  \
	M(11)                                                                  \
	M(12)                                                                  \
	M(13)                                                                  \
	M(14)                                                                  \
	M(15)                                                                  \
	M(16)
#define EACH_32(M)                                                             \
	M(17)                                                                  \
	M(18)                                                                  \
	M(19)                                                                  \
	M(20)                                                                  \
	M(21)                                                                  \
	M(22)                                                                  \
	M(23)                                                                  \
	M(24)                                                                  \
	M(25)                                                                  \
	M(26)                                                                  \
	M(27)                                                                  \
	M(28)                                                                  \
	M(29)                                                                  \
	M(30)                                                                  \
	M(31)                                                                  \
	M(32)

void
INTERPRET(struct evm *vm, const void **labels)
{
	static const void *const known[256] = {
	    [OP_NONE] = &&op_UNDEFINED,
#define OP(code, name, pop, push, gas, since) [code] = &&op_##name,
#include "evm/opcodes.def"
#undef OP
	};
	const void *const *tab;
	struct frame *f;
	const uint8_t *pc;
	struct u256 *sp;
	uint64_t t0, t1, t2, t3, gas;
	enum rc rc;

	if (vm == NULL) {
		memcpy(labels, known, sizeof(known));
		return;
	}
resume:
	f = vm->f;
	if (f == NULL)
		return;
	tab = vm->table;
	pc = f->pc;
	RELOAD;
	NEXT;

#if IS_TRACED
step:
	SPILL;
	f->pc = pc;
	evm_tell_step(f);
	RELOAD;
	goto *tab[*pc++];
#endif

	/* Arithmetic. */
	BOTH(ADD, sum_of(&top, sp));
	BOTH(SUB, difference_of(&top, sp));
	BOTH(MUL, product_of(&top, sp));
	FAR(DIV, 2, u256_divmod(sp, NULL, sp + 1, sp));
	FAR(SDIV, 2, u256_sdiv(sp, sp + 1, sp));
	FAR(MOD, 2, u256_divmod(NULL, sp, sp + 1, sp));
	FAR(SMOD, 2, u256_smod(sp, sp + 1, sp));
	FAR(ADDMOD, 3, u256_addmod(sp - 1, sp + 1, sp, sp - 1));
	FAR(MULMOD, 3, u256_mulmod(sp - 1, sp + 1, sp, sp - 1));
	ASK(EXP, evm_op_exp(f));
	BOTH(SIGNEXTEND, extend_sign(&top, sp));

	/* Comparison and bits. */
	BOTH_U64(LT, u256_lt(&top, sp));
	BOTH_U64(GT, u256_lt(sp, &top));
	BOTH_U64(SLT, u256_slt(&top, sp));
	BOTH_U64(SGT, u256_slt(sp, &top));
	BOTH_U64(EQ, u256_eq(&top, sp));
	ENTER(ISZERO)
	{
		SET_U64((t0 | t1 | t2 | t3) == 0);
		NEXT;
	}
	LOGIC(AND, &=);
	LOGIC(OR, |=);
	LOGIC(XOR, ^=);
	ENTER(NOT)
	{
		t0 = ~t0;
		t1 = ~t1;
		t2 = ~t2;
		t3 = ~t3;
		NEXT;
	}
	BOTH_U64(BYTE, byte_of(&top, sp));
	BOTH(SHL, shift_left(&top, sp));
	BOTH(SHR, shift_right(&top, sp, 0));
	BOTH(SAR, shift_right(&top, sp, -(sp->w[3] >> 63)));
	ENTER(CLZ)
	{
		struct u256 top = TOP;

		SET_U64(leading_zeros(&top));
		NEXT;
	}

	/* The message, the transaction, the block. */
	ASK(KECCAK256, evm_op_keccak(f));
	SHOW(ADDRESS, addr_to_word(&f->msg.to));
	ASK(BALANCE, evm_op_balance(f));
	SHOW(ORIGIN, addr_to_word(&vm->tx->origin));
	SHOW(CALLER, addr_to_word(&f->msg.caller));
	SHOW(CALLVALUE, f->msg.value);
	ENTER(CALLDATALOAD)
	{
		if ((t1 | t2 | t3) == 0 && f->msg.input.len >= 32 &&
		    t0 <= f->msg.input.len - 32) {
			SET(load_word(f->msg.input.ptr + t0));
		} else {
			KEEP(sp + 1);
			load_tail(sp + 1, f->msg.input);
			TAKE(sp + 1);
		}
		NEXT;
	}
	SHOW_U64(CALLDATASIZE, f->msg.input.len);
	ASK(CALLDATACOPY, evm_op_calldatacopy(f));
	SHOW_U64(CODESIZE, f->code.len);
	ASK(CODECOPY, evm_op_codecopy(f));
	SHOW(GASPRICE, vm->tx->gas_price);
	ASK(EXTCODESIZE, evm_op_extcodesize(f));
	ASK(EXTCODECOPY, evm_op_extcodecopy(f));
	SHOW_U64(RETURNDATASIZE, vm->return_data.len);
	ASK(RETURNDATACOPY, evm_op_returndatacopy(f));
	ASK(EXTCODEHASH, evm_op_extcodehash(f));
	ASK(BLOCKHASH, evm_op_blockhash(f));
	SHOW(COINBASE, addr_to_word(&vm->block->coinbase));
	SHOW_U64(TIMESTAMP, vm->block->time);
	SHOW_U64(NUMBER, vm->block->number);
	SHOW(PREVRANDAO, vm->difficulty);
	SHOW_U64(GASLIMIT, vm->block->gas_limit);
	SHOW_U64(CHAINID, vm->block->chain_id);
	ENTER(SELFBALANCE)
	{
		PUSH_TOP;
		vm->host->balance(vm->host->ctx, sp + 1, &f->msg.to);
		TAKE(sp + 1);
		NEXT;
	}
	SHOW(BASEFEE, vm->block->base_fee);
	ASK(BLOBHASH, evm_op_blobhash(f));
	SHOW(BLOBBASEFEE, vm->block->blob_base_fee);

	/* Stack, memory, storage. */
	ENTER(POP)
	{
		POP_TOP;
		NEXT;
	}
	ENTER(MLOAD)
	{
		REACH(32)
		SET(load_word(f->mem + t0));
		NEXT;
	}
	ENTER(MSTORE)
	{
		REACH(32)
		store_word(f->mem + t0, sp);
		TAKE(sp - 1);
		sp -= 2;
		NEXT;
	}
	ENTER(MSTORE8)
	{
		REACH(1)
		f->mem[t0] = (uint8_t)sp->w[0];
		TAKE(sp - 1);
		sp -= 2;
		NEXT;
	}
	ASK(SLOAD, evm_op_sload(f));
	ASK(SSTORE, evm_op_sstore(f));
	SHOW_U64(MSIZE, f->mem_len);
	ASK(TLOAD, evm_op_tload(f));
	ASK(TSTORE, evm_op_tstore(f));
	ASK(MCOPY, evm_op_mcopy(f));

	/* Flow. A jump that is taken does its JUMPDEST at once. */
	ENTER(JUMPI)
	{
		bool is_taken = !u256_is_zero(sp);

		if (is_taken) {
			if (!is_target(f, &TOP))
				goto no_target;
			pc = f->code.bytes + t0;
		}
		TAKE(sp - 1);
		sp -= 2;
#if !IS_TRACED
		if (is_taken) {
			if (gas < COST_JUMPDEST)
				goto no_gas;
			gas -= COST_JUMPDEST;
			pc++;
		}
#endif
		NEXT;
	}
	ENTER(JUMP)
	{
		if (!is_target(f, &TOP))
			goto no_target;
		pc = f->code.bytes + t0;
		POP_TOP;
#if !IS_TRACED
		if (gas < COST_JUMPDEST)
			goto no_gas;
		gas -= COST_JUMPDEST;
		pc++;
#endif
		NEXT;
	}
	SHOW_U64(PC, (uint64_t)(pc - f->code.bytes) - 1);
	SHOW_U64(GAS, gas);
	ENTER(JUMPDEST)
	{
		NEXT;
	}
	SHOW_U64(PUSH0, 0);
	EACH_16(PUSH);
	EACH_32(PUSH);
	EACH_16(DUP);
	EACH_16(SWAP);
	ASK(LOG0, evm_op_log(f, 0));
	ASK(LOG1, evm_op_log(f, 1));
	ASK(LOG2, evm_op_log(f, 2));
	ASK(LOG3, evm_op_log(f, 3));

	ASK(LOG4, evm_op_log(f, 4));

	/* Messages, and the end of one. */

	SEND(CREATE, evm_op_create(f, EVM_CREATE));
	SEND(CALL, evm_op_call(f, EVM_CALL));

	SEND(CALLCODE, evm_op_call(f, EVM_CALLCODE));
	SEND(DELEGATECALL, evm_op_call(f, EVM_DELEGATECALL));

	SEND(CREATE2, evm_op_create(f, EVM_CREATE2));
	SEND(STATICCALL, evm_op_call(f, EVM_STATICCALL));
	ENTER(STOP)
	{
		f->gas = gas;
		evm_end(vm, RC_OK);
		goto resume;
	}
	ENTER(RETURN)
	{
		SPILL;
		rc = evm_op_return(f);
		goto fault;
	}
	ENTER(REVERT)
	{
		SPILL;
		rc = evm_op_return(f);
		if (rc == RC_OK)
			rc = RC_REVERT;
		goto fault;
	}
	ENTER(SELFDESTRUCT)
	{
		SPILL;
		rc = evm_op_selfdestruct(f);
		goto fault;
	}

	ENTER(INVALID)
	{
		rc = RC_EVM_INVALID;
		goto halt;
	}
op_UNDEFINED:
	rc = RC_EVM_OPCODE;
	goto halt;
underflow:
	rc = RC_EVM_UNDERFLOW;
	goto halt;
overflow:
	rc = RC_EVM_OVERFLOW;
	goto halt;
no_target:
	rc = RC_EVM_JUMP;
	goto halt;
no_gas:
	rc = RC_EVM_GAS;
halt:
	f->gas = gas;
fault:
	evm_end(vm, rc);
	goto resume;
}

#undef DEPTH
#undef ENTER
#undef NEXT
#undef SPILL
#undef RELOAD
#undef ASK
#undef SEND
#undef TOP
#undef SET
#undef SET_U64
#undef KEEP
#undef TAKE
#undef PUSH_TOP
#undef POP_TOP
#undef SHOW
#undef SHOW_U64
#undef BOTH
#undef BOTH_U64
#undef FAR
#undef LOGIC
#undef REACH
#undef PUSH
#undef DUP
#undef SWAP
#undef EACH_16
#undef EACH_32
