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

/* CODE is what the loop runs: pairs.def says what else it has than bytes. */
#if IS_TRACED
#define CODE f->code.bytes
#else
#define CODE f->code.ops
#endif

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

/* LOOK is for jumps and for instructions whose price has no bound: without
 * them no frame runs for long. */
#define LOOK                                                                   \
	if (__builtin_expect(gas < vm->look_gas, 0))                           \
	goto look

/* ASK is an instruction that is a function. */
#define ASK(name, call)                                                        \
	ENTER(name)                                                            \
	{                                                                      \
		SPILL;                                                         \
		rc = (call);                                                   \
		if (rc != RC_OK)                                               \
			goto fault;                                            \
		RELOAD;                                                        \
		LOOK;                                                          \
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
#define SHOW(value)                                                            \
	do {                                                                   \
		PUSH_TOP;                                                      \
		SET(value);                                                    \
	} while (0)
#define SHOW_U64(value)                                                        \
	do {                                                                   \
		PUSH_TOP;                                                      \
		SET_U64(value);                                                \
	} while (0)

/* BOTH is an instruction on the top word and the one below it. */
#define BOTH(value)                                                            \
	do {                                                                   \
		struct u256 top = TOP;                                         \
		SET(value);                                                    \
		sp--;                                                          \
	} while (0)
#define BOTH_U64(value)                                                        \
	do {                                                                   \
		struct u256 top = TOP;                                         \
		SET_U64(value);                                                \
		sp--;                                                          \
	} while (0)

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
#define LOGIC(op)                                                              \
	do {                                                                   \
		t0 op sp->w[0];                                                \
		t1 op sp->w[1];                                                \
		t2 op sp->w[2];                                                \
		t3 op sp->w[3];                                                \
		sp--;                                                          \
	} while (0)

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
	do {                                                                   \
		PUSH_TOP;                                                      \
		SET(push_word(pc, n));                                         \
		pc += (n);                                                     \
	} while (0)
#define DUP(n)                                                                 \
	do {                                                                   \
		PUSH_TOP;                                                      \
		if ((n) > 1)                                                   \
			TAKE(sp + 1 - (n));                                    \
	} while (0)
#define SWAP(n)                                                                \
	do {                                                                   \
		struct u256 top = TOP;                                         \
		TAKE(sp + 1 - (n));                                            \
		sp[1 - (n)].w[0] = top.w[0];                                   \
		sp[1 - (n)].w[1] = top.w[1];                                   \
		sp[1 - (n)].w[2] = top.w[2];                                   \
		sp[1 - (n)].w[3] = top.w[3];                                   \
	} while (0)

/* A jump that is taken does its JUMPDEST at once. */
#if IS_TRACED
#define LAND (void)0
#else
#define LAND                                                                   \
	do {                                                                   \
		if (gas < COST_JUMPDEST)                                       \
			goto no_gas;                                           \
		gas -= COST_JUMPDEST;                                          \
		pc++;                                                          \
	} while (0)
#endif

/* What the instructions do that are in line, between stack check and jump. */
#define DO_ADD            BOTH(sum_of(&top, sp))
#define DO_SUB            BOTH(difference_of(&top, sp))
#define DO_MUL            BOTH(product_of(&top, sp))
#define DO_SIGNEXTEND     BOTH(extend_sign(&top, sp))
#define DO_LT             BOTH_U64(u256_lt(&top, sp))
#define DO_GT             BOTH_U64(u256_lt(sp, &top))
#define DO_SLT            BOTH_U64(u256_slt(&top, sp))
#define DO_SGT            BOTH_U64(u256_slt(sp, &top))
#define DO_EQ             BOTH_U64(u256_eq(&top, sp))
#define DO_ISZERO         SET_U64((t0 | t1 | t2 | t3) == 0)
#define DO_AND            LOGIC(&=)
#define DO_OR             LOGIC(|=)
#define DO_XOR            LOGIC(^=)
#define DO_BYTE           BOTH_U64(byte_of(&top, sp))
#define DO_SHL            BOTH(shift_left(&top, sp))
#define DO_SHR            BOTH(shift_right(&top, sp, 0))
#define DO_SAR            BOTH(shift_right(&top, sp, -(sp->w[3] >> 63)))
#define DO_ADDRESS        SHOW(addr_to_word(&f->msg.to))
#define DO_ORIGIN         SHOW(addr_to_word(&vm->tx->origin))
#define DO_CALLER         SHOW(addr_to_word(&f->msg.caller))
#define DO_CALLVALUE      SHOW(f->msg.value)
#define DO_CALLDATASIZE   SHOW_U64(f->msg.input.len)
#define DO_CODESIZE       SHOW_U64(f->code.len)
#define DO_GASPRICE       SHOW(vm->tx->gas_price)
#define DO_RETURNDATASIZE SHOW_U64(vm->return_data.len)
#define DO_COINBASE       SHOW(addr_to_word(&vm->block->coinbase))
#define DO_TIMESTAMP      SHOW_U64(vm->block->time)
#define DO_NUMBER         SHOW_U64(vm->block->number)
#define DO_PREVRANDAO     SHOW(vm->difficulty)
#define DO_GASLIMIT       SHOW_U64(vm->block->gas_limit)
#define DO_CHAINID        SHOW_U64(vm->block->chain_id)
#define DO_BASEFEE        SHOW(vm->block->base_fee)
#define DO_BLOBBASEFEE    SHOW(vm->block->blob_base_fee)
#define DO_MSIZE          SHOW_U64(f->mem_len)
#define DO_PC             SHOW_U64((uint64_t)(pc - CODE) - 1)
#define DO_GAS            SHOW_U64(gas)
#define DO_PUSH0          SHOW_U64(0)
#define DO_PUSH1          PUSH(1)
#define DO_PUSH2          PUSH(2)
#define DO_PUSH4          PUSH(4)
#define DO_PUSH20         PUSH(20)
#define DO_PUSH32         PUSH(32)
#define DO_DUP1           DUP(1)
#define DO_DUP2           DUP(2)
#define DO_DUP3           DUP(3)
#define DO_DUP4           DUP(4)
#define DO_DUP5           DUP(5)
#define DO_DUP6           DUP(6)
#define DO_DUP7           DUP(7)
#define DO_DUP8           DUP(8)
#define DO_DUP9           DUP(9)
#define DO_DUP10          DUP(10)
#define DO_DUP11          DUP(11)
#define DO_DUP12          DUP(12)
#define DO_DUP13          DUP(13)
#define DO_DUP14          DUP(14)
#define DO_DUP15          DUP(15)
#define DO_DUP16          DUP(16)
#define DO_SWAP1          SWAP(1)
#define DO_SWAP2          SWAP(2)
#define DO_SWAP3          SWAP(3)
#define DO_SWAP4          SWAP(4)
#define DO_SWAP5          SWAP(5)
#define DO_SWAP6          SWAP(6)
#define DO_POP            POP_TOP
#define DO_MLOAD                                                               \
	do {                                                                   \
		REACH(32)                                                      \
		SET(load_word(f->mem + t0));                                   \
	} while (0)
#define DO_MSTORE                                                              \
	do {                                                                   \
		REACH(32)                                                      \
		store_word(f->mem + t0, sp);                                   \
		TAKE(sp - 1);                                                  \
		sp -= 2;                                                       \
	} while (0)
#define DO_JUMP                                                                \
	do {                                                                   \
		if (!is_target(f, &TOP))                                       \
			goto no_target;                                        \
		pc = CODE + t0;                                                \
		POP_TOP;                                                       \
		LAND;                                                          \
		LOOK;                                                          \
	} while (0)
#define DO_JUMPI                                                               \
	do {                                                                   \
		bool is_taken = !u256_is_zero(sp);                             \
		if (is_taken) {                                                \
			if (!is_target(f, &TOP))                               \
				goto no_target;                                \
			pc = CODE + t0;                                        \
		}                                                              \
		TAKE(sp - 1);                                                  \
		sp -= 2;                                                       \
		if (is_taken)                                                  \
			LAND;                                                  \
		LOOK;                                                          \
	} while (0)

/* RUN is an instruction of these alone. */
#define RUN(name)                                                              \
	ENTER(name)                                                            \
	DO_##name;                                                             \
	NEXT;
#define RUN_PUSH(n)                                                            \
	ENTER(PUSH##n)                                                         \
	PUSH(n);                                                               \
	NEXT;
#define RUN_DUP(n)                                                             \
	ENTER(DUP##n)                                                          \
	DUP(n);                                                                \
	NEXT;
#define RUN_SWAP(n)                                                            \
	ENTER(SWAP##n)                                                         \
	SWAP(n);                                                               \
	NEXT;

/*
 * RUN_PAIR is two instructions with one look at stack and gas, and no word on
 * its way through memory between them. Where either could fail they are tried
 * one by one, so that a pair never shows.
 */
#define MAY_FAIL(a, b)                                                         \
	(DEPTH - NEED(a, b) * sizeof(*sp) > ROOM(a, b) * sizeof(*sp) ||        \
	    gas < COST_##a + COST_##b)
#define RUN_PAIR(a, b)                                                         \
	op_##a##_##b : if (__builtin_expect(MAY_FAIL(a, b), 0)) goto op_##a;   \
	gas -= COST_##a + COST_##b;                                            \
	DO_##a;                                                                \
	pc++;                                                                  \
	DO_##b;                                                                \
	NEXT;

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
#if !IS_TRACED
#define PAIR(a, b) [OP_##a##_##b] = &&op_##a##_##b,
#include "evm/pairs.def"
#undef PAIR
#endif
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
	if (vm->is_over != NULL)
		evm_look_resume(f);
	RELOAD;
	NEXT;

look:
	f->gas = gas;
	evm_look(f);
	gas = f->gas;
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
	RUN(ADD);
	RUN(SUB);
	RUN(MUL);
	FAR(DIV, 2, u256_divmod(sp, NULL, sp + 1, sp));
	FAR(SDIV, 2, u256_sdiv(sp, sp + 1, sp));
	FAR(MOD, 2, u256_divmod(NULL, sp, sp + 1, sp));
	FAR(SMOD, 2, u256_smod(sp, sp + 1, sp));
	FAR(ADDMOD, 3, u256_addmod(sp - 1, sp + 1, sp, sp - 1));
	FAR(MULMOD, 3, u256_mulmod(sp - 1, sp + 1, sp, sp - 1));
	ASK(EXP, evm_op_exp(f));
	RUN(SIGNEXTEND);

	/* Comparison and bits. */
	RUN(LT);
	RUN(GT);
	RUN(SLT);
	RUN(SGT);
	RUN(EQ);
	RUN(ISZERO);
	RUN(AND);
	RUN(OR);
	RUN(XOR);
	ENTER(NOT)
	{
		t0 = ~t0;
		t1 = ~t1;
		t2 = ~t2;
		t3 = ~t3;
		NEXT;
	}
	RUN(BYTE);
	RUN(SHL);
	RUN(SHR);
	RUN(SAR);
	ENTER(CLZ)
	{
		struct u256 top = TOP;

		SET_U64(leading_zeros(&top));
		NEXT;
	}

	/* The message, the transaction, the block. */
	ASK(KECCAK256, evm_op_keccak(f));
	RUN(ADDRESS);
	ASK(BALANCE, evm_op_balance(f));
	RUN(ORIGIN);
	RUN(CALLER);
	RUN(CALLVALUE);
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
	RUN(CALLDATASIZE);
	ASK(CALLDATACOPY, evm_op_calldatacopy(f));
	RUN(CODESIZE);
	ASK(CODECOPY, evm_op_codecopy(f));
	RUN(GASPRICE);
	ASK(EXTCODESIZE, evm_op_extcodesize(f));
	ASK(EXTCODECOPY, evm_op_extcodecopy(f));
	RUN(RETURNDATASIZE);
	ASK(RETURNDATACOPY, evm_op_returndatacopy(f));
	ASK(EXTCODEHASH, evm_op_extcodehash(f));
	ASK(BLOCKHASH, evm_op_blockhash(f));
	RUN(COINBASE);
	RUN(TIMESTAMP);
	RUN(NUMBER);
	RUN(PREVRANDAO);
	RUN(GASLIMIT);
	RUN(CHAINID);
	ENTER(SELFBALANCE)
	{
		PUSH_TOP;
		vm->host->balance(vm->host->ctx, sp + 1, &f->msg.to);
		TAKE(sp + 1);
		NEXT;
	}
	RUN(BASEFEE);
	ASK(BLOBHASH, evm_op_blobhash(f));
	RUN(BLOBBASEFEE);

	/* Stack, memory, storage. */
	RUN(POP);
	RUN(MLOAD);
	RUN(MSTORE);
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
	RUN(MSIZE);
	ASK(TLOAD, evm_op_tload(f));
	ASK(TSTORE, evm_op_tstore(f));
	ASK(MCOPY, evm_op_mcopy(f));

	/* Flow. */
	RUN(JUMPI);
	RUN(JUMP);
	RUN(PC);
	RUN(GAS);
	ENTER(JUMPDEST)
	{
		NEXT;
	}
	RUN(PUSH0);
	EACH_16(RUN_PUSH);
	EACH_32(RUN_PUSH);
	EACH_16(RUN_DUP);
	EACH_16(RUN_SWAP);
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

#if !IS_TRACED
#define PAIR RUN_PAIR
#include "evm/pairs.def"
#undef PAIR
#endif
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

#undef CODE
#undef NEXT
#undef LAND
