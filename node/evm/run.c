/* SPDX-License-Identifier: Apache-2.0
 *
 * The interpreter, once as it runs and once with a tracer. What instructions
 * do with words in registers is here and inlined into the loop of run_priv.h.
 */
#include "evm/evm_priv.h"

/* Labels as values are what makes one jump per instruction. */
#ifdef __clang__
#pragma clang diagnostic ignored "-Wgnu-label-as-value"
#pragma clang diagnostic ignored "-Wgnu-statement-expression"
#else
#pragma GCC diagnostic ignored "-Wpedantic"
#endif

enum {
#define OP(code, name, pop, push, gas, since)                                  \
	POP_##name = (pop), PUSH_##name = (push), COST_##name = (gas),
#include "evm/opcodes.def"
#undef OP
};

/* NEED is how many words a pair wants on the stack, ROOM how many more there
 * may be for it. */
#define MORE(a, b) (size_t)((a) > (b) ? (a) : (b))
#define NEED(a, b) MORE(POP_##a, POP_##a - PUSH_##a + POP_##b)
#define RISE(a, b) MORE(0, PUSH_##a - POP_##a)
#define ROOM(a, b)                                                             \
	(STACK_MAX - NEED(a, b) -                                              \
	    MORE((int)RISE(a, b), PUSH_##a - POP_##a + PUSH_##b - POP_##b))

#define INLINE static inline __attribute__((always_inline))

/* is_below also takes a constant 0 without a word from compilers. */
INLINE bool
is_below(uint64_t a, uint64_t b)
{
	return a < b;
}

/* push_digit reads digit i of a number of n bytes, push_word all four; what
 * follows them may be read too. */
INLINE uint64_t
push_digit(const uint8_t *p, size_t n, size_t i)
{
	if (n >= 8 * i + 8)
		return be64(p + n - 8 * i - 8);
	return n > 8 * i ? be64(p) >> (64 - 8 * (n - 8 * i)) : 0;
}

INLINE struct u256
push_word(const uint8_t *p, size_t n)
{
	return (struct u256){{push_digit(p, n, 0), push_digit(p, n, 1),
	    push_digit(p, n, 2), push_digit(p, n, 3)}};
}

INLINE struct u256
sum_of(const struct u256 *a, const struct u256 *b)
{
	struct u256 out;

	(void)u256_add(&out, a, b);
	return out;
}

INLINE struct u256
difference_of(const struct u256 *a, const struct u256 *b)
{
	struct u256 out;

	(void)u256_sub(&out, a, b);
	return out;
}

INLINE struct u256
product_of(const struct u256 *a, const struct u256 *b)
{
	struct u256 out;

	u256_mul_low(&out, a, b);
	return out;
}

INLINE bool
is_target(const struct frame *f, const struct u256 *to)
{
	return u256_is_u64(to) && to->w[0] < f->code.len &&
	       (f->code.jumps[to->w[0] / 64] >> to->w[0] % 64 & 1) != 0;
}

INLINE unsigned
byte_of(const struct u256 *index, const struct u256 *of)
{
	if (!u256_is_u64(index) || index->w[0] > 31)
		return 0;
	return of->w[3 - index->w[0] / 8] >> (56 - 8 * (index->w[0] % 8)) &
	       0xff;
}

INLINE struct u256
shift_left(const struct u256 *by, const struct u256 *of)
{
	struct u256 out = {{0, 0, 0, 0}};

	if (u256_is_u64(by) && by->w[0] < 256)
		u256_shl_below(&out, of, (unsigned)by->w[0]);
	return out;
}

INLINE struct u256
shift_right(const struct u256 *by, const struct u256 *of, uint64_t fill)
{
	struct u256 out = {{fill, fill, fill, fill}};

	if (u256_is_u64(by) && by->w[0] < 256)
		u256_shr_below(&out, of, (unsigned)by->w[0], fill);
	return out;
}

INLINE struct u256
extend_sign(const struct u256 *byte, const struct u256 *of)
{
	struct u256 out = *of;
	unsigned at, up;
	uint64_t word, fill;

	if (!u256_is_u64(byte) || byte->w[0] > 30)
		return out;
	at = (unsigned)byte->w[0] / 8;
	up = 56 - 8 * ((unsigned)byte->w[0] % 8);
	word = (uint64_t)((int64_t)(of->w[at] << up) >> up);
	fill = -(word >> 63);
	out.w[0] = at == 0 ? word : out.w[0];
	out.w[1] = at == 1 ? word : at > 1 ? out.w[1] : fill;
	out.w[2] = at == 2 ? word : at > 2 ? out.w[2] : fill;
	out.w[3] = at == 3 ? word : fill;
	return out;
}

INLINE unsigned
leading_zeros(const struct u256 *a)
{
	unsigned i;

	for (i = 4; i-- > 0;)
		if (a->w[i] != 0)
			return (3 - i) * 64 +
			       (unsigned)__builtin_clzll(a->w[i]);
	return 256;
}

/* load_tail reads a word at an offset, zeros behind the end. */
static __attribute__((noinline)) void
load_tail(struct u256 *word, struct bytes in)
{
	uint8_t full[32] = {0};
	size_t len;

	if (u256_is_u64(word) && word->w[0] < in.len) {
		len = in.len - word->w[0];
		memcpy(full, in.ptr + word->w[0], len < 32 ? len : 32);
	}
	*word = load_word(full);
}

#define INTERPRET evm_interpret
#define IS_TRACED 0
#include "evm/run_priv.h"
#undef INTERPRET
#undef IS_TRACED

#define INTERPRET evm_interpret_traced
#define IS_TRACED 1
#include "evm/run_priv.h"
