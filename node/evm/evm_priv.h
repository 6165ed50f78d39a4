/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the machine, shared by its files.
 *
 * Stack. All frames use one region of words; a frame's stack begins where its
 * caller's ends. The interpreter keeps the top word in registers and the rest
 * in memory: with d words on the stack, frame.stack[2] to frame.stack[d] hold
 * all but the top, and frame.stack[1] what was in the registers before the
 * first push. Whoever needs the whole in memory stores the top at
 * frame.stack[d + 1] first: struct frame below always shows it so, with sp at
 * the top word.
 *
 * Memory. One region of address space for all frames, a frame's part behind
 * its caller's, so that views into it stay valid while callees run. Bytes
 * above frame.mem_len may hold anything; they are cleared when a frame grows
 * over them.
 */
#ifndef EVM_EVM_PRIV_H
#define EVM_EVM_PRIV_H

#include "base/arena.h"
#include "base/map.h"
#include "evm/evm.h"
#include "evm/trace.h"

enum { STACK_MAX = 1024 };

/* What all memories together may have, and return data; in the address space
 * behind it init code that is copied out of them has room as well. */
#define REGION_MAX  ((uint64_t)1 << 32)
#define REGION_SPAN (4 * REGION_MAX)

/* What of it is memory between runs, and from the start: all that 30 million
 * gas can buy in one frame. */
enum { REGION_KEEP = 4 << 20 };

/* Behind code stand zero bytes, so that no PUSH reads past it and every
 * program ends with STOP. */
enum { CODE_PAD = 40 };

enum { GAS_CREATE_BYTE = 200, GAS_COPY_WORD = 3, GAS_LOG_BYTE = 8 };
enum { GAS_KECCAK_WORD = 6, GAS_INIT_HASH_WORD = 6 };
enum { GAS_VALUE = 9000, GAS_STIPEND = 2300, GAS_NEW_ACCOUNT = 25000 };

enum op {
#define OP(code, name, pop, push, gas, since) OP_##name = (code),
#include "evm/opcodes.def"
#undef OP
	OP_NONE = 0x0c, /* a byte that no fork has given a meaning */
	PAIR_FIRST = 0xa4,
#define PAIR(a, b) OP_##a##_##b,
#include "evm/pairs.def"
#undef PAIR
	PAIR_END
};

/* struct prices is gas.def at one fork. */
struct prices {
	uint32_t sload, balance, extcode, extcodehash, call;
	uint32_t cold_addr, cold_slot, exp_byte, init_word;
	uint32_t destroy, destroy_new, destroy_cold, destroy_refund;
	uint32_t set, reset, clear_refund, store_again;
};

/* evm_prices_at fills the prices of a fork. */
void evm_prices_at(struct prices *out, enum fork f);

/* struct code is a program made ready: padded, its jump destinations known.
 * jumps has a bit for each byte of bytes; ops are the bytes with pairs. */
struct code {
	const uint8_t *bytes, *ops;
	const uint64_t *jumps;
	size_t len;
	bool is_delegation; /* EIP-7702 */
	struct addr delegate;
};

/* struct code_cache keeps programs by code hash, or by a sample of them. What
 * is used by a running frame must not go, so a full cache takes no more and is
 * emptied between runs. */
struct code_cache {
	struct map map;
	struct hash last_hash; /* what was found last, and its program */
	const struct code *last;
	size_t used_bytes;
	bool is_full;
};

void evm_codes_open(struct code_cache *c);
void evm_codes_drop(struct code_cache *c);

/* evm_code_find returns the program with this hash, NULL when it is not in
 * the cache; evm_code_put adds one, NULL when there is no room. */
const struct code *evm_code_find(struct code_cache *c, const struct hash *hash);
const struct code *evm_code_put(
    struct code_cache *c, const struct hash *hash, struct bytes code);

/* evm_code_keep is both for a program whose hash nobody knows, in a cache by
 * sample: what is found is compared with all of it. NULL also when another
 * program with this sample is there. */
const struct code *evm_code_keep(struct code_cache *c, struct bytes code);

/* evm_code_room is how many bytes evm_code_lay takes. */
size_t evm_code_room(size_t code_len);

/* evm_code_lay makes a program ready in evm_code_room bytes at room, which is
 * aligned to 8. */
void evm_code_lay(struct code *out, uint8_t *room, struct bytes code);

/* struct span is a part of a frame's memory; at is 0 where len is. */
struct span {
	uint64_t at, len;
};

struct frame {
	/* What the interpreter has in registers while the frame runs. */
	const uint8_t *pc;
	struct u256 *sp;
	uint64_t gas;

	struct u256 *stack;
	uint8_t *mem;
	uint64_t mem_len;  /* bytes, a multiple of 32 */
	uint64_t mem_safe; /* offsets below are inside with 32 bytes */
	struct code code;
	struct evm *vm;
	struct evm_msg msg;
	size_t snapshot;
	struct bytes output; /* of RETURN and REVERT */
	struct span out;     /* where it wants what its message returns */
	uint64_t traced_gas; /* at the last step; UINT64_MAX: none is open */
	uint8_t traced_op;
};

/*
 * Hashes of 64 bytes, which are places of mapping entries: contracts compute
 * the same ones again and again, a token's transfer each of its two at least
 * twice. An entry holds what was hashed, so that it is never wrong.
 */
enum { MEMO_CNT = 512, MEMO_LEN = 64 };

struct memo {
	uint64_t in[MEMO_LEN / 8];
	struct u256 hash;
	bool is_used;
};

/* struct region is reserved address space of which a part can be used. */
struct region {
	uint8_t *base;
	size_t span;
	uint64_t ready; /* bytes at its beginning that may be written */
};

struct evm {
	const void *const *table; /* opcode to label, for the fork */
	struct frame *f;          /* the running frame */
	struct frame *first;      /* with which the run began */
	struct frame *frames;     /* EVM_DEPTH_MAX of them */
	struct region stacks;     /* theirs, of words */
	struct region memory, returned;
	struct bytes return_data; /* of the last message, in returned */
	struct prices price;
	struct evm_result *result; /* of depth 0 */

	const struct evm_host *host;
	const struct evm_block *block;
	const struct evm_tx *tx;
	const struct evm_tracer *tracer;
	evm_over_fn *is_over; /* NULL: nobody ends a run */
	void *over_ctx;
	uint64_t look_gas;      /* below it the running frame looks; 0: never */
	unsigned messages;      /* since it was asked */
	bool is_cut;            /* it has ended this run */
	struct u256 difficulty; /* or PREVRANDAO (EIP-4399) */
	enum fork fork;
	bool has_fork;
	uint64_t unpaid; /* what was asked for when gas ran out last */
	bool is_starved; /* the system had no memory for a message */
	bool has_memo;

	struct code_cache codes; /* by hash */
	struct code_cache kept;  /* by sample, of evm_run_code */
	struct memo memo[MEMO_CNT];
	struct arena scratch;                  /* of precompiles */
	const void *labels[256], *traced[256]; /* of the fork */
};

/* evm_reach_near is evm_reach for a fixed length above 0. */
bool evm_reach_near(struct frame *f, const struct u256 *at, uint64_t len);

/*
 * evm_reach reads a span off the stack, lets the frame's memory have it and
 * takes the price of more memory off f->gas; evm_reach_far is its long way.
 *
 * Returns false: out of gas
 */
bool evm_reach_far(struct frame *f, struct span *out, const struct u256 *at,
    const struct u256 *len);

static inline bool
evm_reach(struct frame *f, struct span *out, const struct u256 *at,
    const struct u256 *len)
{
	uint64_t to = at->w[0], cnt = len->w[0];
	struct span far; /* so that out may be in registers */

	if (u256_is_u64(at) && u256_is_u64(len) && cnt > 0 &&
	    cnt <= f->mem_len && to <= f->mem_len - cnt) {
		*out = (struct span){.at = to, .len = cnt};
		return true;
	}
	if (!evm_reach_far(f, &far, at, len))
		return false;
	*out = far;
	return true;
}

/* evm_region_open reserves span bytes of address space, false when the system
 * has none; evm_region_trim gives most memory back, evm_region_drop all. */
bool evm_region_open(struct region *r, size_t span);
void evm_region_trim(struct region *r);
void evm_region_drop(struct region *r);

/* evm_region_need lets the first end bytes of a region be written. False, and
 * the run is void: the system has no memory. */
bool evm_region_grow(struct evm *vm, struct region *r, uint64_t end);

static inline bool
evm_region_need(struct evm *vm, struct region *r, uint64_t end)
{
	return end <= r->ready || evm_region_grow(vm, r, end);
}

/* evm_return_set copies what a message returned, for RETURNDATACOPY. */
void evm_return_set(struct evm *vm, struct bytes data);

/* evm_view views a span of a frame's memory. */
static inline struct bytes
evm_view(const struct frame *f, struct span s)
{
	return bytes_of(f->mem + s.at, s.len);
}

/* evm_take takes gas off f->gas; false: out of gas, and vm->unpaid is what
 * was asked for. */
static inline bool
evm_take(struct frame *f, uint64_t gas)
{
	if (f->gas < gas) {
		f->vm->unpaid = gas;
		return false;
	}
	f->gas -= gas;
	return true;
}

/* evm_words is how many words hold len bytes. */
static inline uint64_t
evm_words(uint64_t len)
{
	return (len + 31) / 32;
}

/* word_to_addr and addr_to_word convert between stack and address. */
static inline struct addr
word_to_addr(const struct u256 *w)
{
	struct addr a;

	be32_put(a.b, (uint32_t)w->w[2]);
	be64_put(a.b + 4, w->w[1]);
	be64_put(a.b + 12, w->w[0]);
	return a;
}

static inline struct u256
addr_to_word(const struct addr *a)
{
	return (struct u256){{be64(a->b + 12), be64(a->b + 4), be32(a->b), 0}};
}

static inline struct u256
load_word(const uint8_t *p)
{
	return (struct u256){
	    {be64(p + 24), be64(p + 16), be64(p + 8), be64(p)}};
}

static inline void
store_word(uint8_t *p, const struct u256 *w)
{
	be64_put(p, w->w[3]);
	be64_put(p + 8, w->w[2]);
	be64_put(p + 16, w->w[1]);
	be64_put(p + 24, w->w[0]);
}

static inline struct hash
word_to_hash(const struct u256 *w)
{
	struct hash h;

	store_word(h.b, w);
	return h;
}

/*
 * Instructions that ask the host or copy: the whole stack is in memory, the
 * fixed gas is taken, the depth checked. Each leaves its result on the stack
 * and returns RC_OK, or how the frame ends.
 */
enum rc evm_op_exp(struct frame *f);
enum rc evm_op_keccak(struct frame *f);
enum rc evm_op_balance(struct frame *f);
enum rc evm_op_selfbalance(struct frame *f);
enum rc evm_op_extcodesize(struct frame *f);
enum rc evm_op_extcodecopy(struct frame *f);
enum rc evm_op_extcodehash(struct frame *f);
enum rc evm_op_blockhash(struct frame *f);
enum rc evm_op_blobhash(struct frame *f);
enum rc evm_op_calldatacopy(struct frame *f);
enum rc evm_op_codecopy(struct frame *f);
enum rc evm_op_returndatacopy(struct frame *f);
enum rc evm_op_mcopy(struct frame *f);
enum rc evm_op_sload(struct frame *f);
enum rc evm_op_sstore(struct frame *f);
enum rc evm_op_tload(struct frame *f);
enum rc evm_op_tstore(struct frame *f);
enum rc evm_op_log(struct frame *f, unsigned topic_cnt);
enum rc evm_op_selfdestruct(struct frame *f);
enum rc evm_op_return(struct frame *f);

/* Messages: vm->f is the frame to go on with afterwards, the same or a new
 * one. */
enum rc evm_op_call(struct frame *f, enum evm_call_kind kind);
enum rc evm_op_create(struct frame *f, enum evm_call_kind kind);

/* evm_begin starts a message of the running frame, or of nobody when vm->f is
 * NULL. Afterwards vm->f is the message's own frame, or still the sender when
 * the message is over. */
void evm_begin(struct evm *vm, const struct evm_msg *msg);

/* evm_begin_code opens the frame of evm_run_code. */
void evm_begin_code(
    struct evm *vm, const struct evm_msg *msg, struct bytes code);

/* evm_refuse ends a message before it began; its gas goes back. */
void evm_refuse(struct evm *vm, const struct evm_msg *msg, enum rc rc);

/* evm_delegate_of tells whether an account delegates (EIP-7702), and to
 * whom. */
bool evm_delegate_of(struct evm *vm, struct addr *out, const struct addr *addr);

/* evm_end ends the running frame; vm->f is its caller or NULL. */
void evm_end(struct evm *vm, enum rc rc);

/*
 * evm_look asks whether the run has to end, and takes all gas of the running
 * frame if so: it ends by itself, and each that it returns to. evm_look_resume
 * is for a frame that begins or goes on, and asks now and then.
 */
void evm_look(struct frame *f);
void evm_look_resume(struct frame *f);

/* evm_tell_step tells the tracer of the instruction at f->pc, and how the one
 * before it ended; evm_tell_after the latter only. */
void evm_tell_step(struct frame *f);
void evm_tell_after(struct frame *f, enum rc rc);

/* evm_access is the price of touching an account beyond the warm price
 * (EIP-2929); it is warm afterwards. */
uint64_t evm_access(struct evm *vm, const struct addr *addr);

/*
 * evm_has_precompile tells whether a call to addr runs a precompile, moves of
 * the block included.
 */
bool evm_has_precompile(const struct evm *vm, const struct addr *addr);

/*
 * evm_precompile runs a precompile and takes its price off gas.
 *
 * output  in vm->returned
 * Returns RC_OK, RC_EVM_GAS, RC_EVM_PRECOMPILE or RC_NO_MEMORY
 */
enum rc evm_precompile(struct evm *vm, struct bytes *output, uint64_t *gas,
    const struct addr *addr, struct bytes input);

/* evm_interpret runs vm->f and all that it calls until vm->f is NULL;
 * evm_interpret_traced tells the tracer. With vm NULL they hand out their
 * labels by opcode instead, NULL where no fork has one but for OP_NONE. */
void evm_interpret(struct evm *vm, const void **labels);
void evm_interpret_traced(struct evm *vm, const void **labels);

#endif
