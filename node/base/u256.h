/* SPDX-License-Identifier: Apache-2.0
 *
 * 256-bit unsigned integers, the number of the chain. Arithmetic wraps at
 * 2^256 as the EVM's does; add, sub and mul return whether the result was
 * cut, and money outside the EVM never ignores that. Outputs may alias
 * operands everywhere.
 */
#ifndef BASE_U256_H
#define BASE_U256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

__extension__ typedef unsigned __int128 u128;

struct u256 {
	uint64_t w[4]; /* w[0] least significant */
};

/* Decimal text of 2^256-1 has 78 digits; one more for the NUL. */
enum { U256_DEC_MAX = 79, U256_HEX_MAX = 67 };

#define U256_ZERO ((struct u256){{0, 0, 0, 0}})
#define U256_ONE  ((struct u256){{1, 0, 0, 0}})

/* u256_from_u64 widens v. */
static inline struct u256
u256_from_u64(uint64_t v)
{
	return (struct u256){{v, 0, 0, 0}};
}

/* u256_is_zero tells whether a is 0. */
static inline bool
u256_is_zero(const struct u256 *a)
{
	return (a->w[0] | a->w[1] | a->w[2] | a->w[3]) == 0;
}

/* u256_eq tells whether a and b are the same number. */
static inline bool
u256_eq(const struct u256 *a, const struct u256 *b)
{
	return ((a->w[0] ^ b->w[0]) | (a->w[1] ^ b->w[1]) |
		   (a->w[2] ^ b->w[2]) | (a->w[3] ^ b->w[3])) == 0;
}

/* u256_is_u64 tells whether a fits 64 bits. */
static inline bool
u256_is_u64(const struct u256 *a)
{
	return (a->w[1] | a->w[2] | a->w[3]) == 0;
}

/* u256_cmp returns -1, 0 or 1 for a below, equal to, above b (unsigned). */
static inline int
u256_cmp(const struct u256 *a, const struct u256 *b)
{
	int i = 3;

	while (i > 0 && a->w[i] == b->w[i])
		i--;
	return (a->w[i] > b->w[i]) - (a->w[i] < b->w[i]);
}

/* u256_scmp is u256_cmp for two's complement values. */
int u256_scmp(const struct u256 *a, const struct u256 *b);

/*
 * u256_sub subtracts modulo 2^256; out may alias an operand. Returns the
 * borrow: true when a < b.
 *
 * Compilers make four times as many instructions of a chain of carries as
 * the processor needs, so that x86-64 has it in assembly.
 */
static inline bool
u256_sub(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
#ifdef __x86_64__
	uint64_t w0 = a->w[0], w1 = a->w[1], w2 = a->w[2], w3 = a->w[3];
	bool borrow;

	__asm__(
	    "subq %[b0], %[w0]\n\tsbbq %[b1], %[w1]\n\t"
	    "sbbq %[b2], %[w2]\n\tsbbq %[b3], %[w3]"
	    : [w0] "+&r"(w0), [w1] "+&r"(w1), [w2] "+&r"(w2), [w3] "+&r"(w3),
	    "=@ccc"(borrow)
	    : [b0] "rm"(b->w[0]), [b1] "rm"(b->w[1]), [b2] "rm"(b->w[2]),
	    [b3] "rm"(b->w[3]));
	*out = (struct u256){{w0, w1, w2, w3}};
	return borrow;
#else
	u128 t = (u128)a->w[0] - b->w[0];

	out->w[0] = (uint64_t)t;
	t = (u128)a->w[1] - b->w[1] - (uint64_t)(t >> 127);
	out->w[1] = (uint64_t)t;
	t = (u128)a->w[2] - b->w[2] - (uint64_t)(t >> 127);
	out->w[2] = (uint64_t)t;
	t = (u128)a->w[3] - b->w[3] - (uint64_t)(t >> 127);
	out->w[3] = (uint64_t)t;
	return t >> 127;
#endif
}

/* u256_add adds modulo 2^256; out may alias an operand. Returns the carry:
 * true when the sum was cut. */
static inline bool
u256_add(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
#ifdef __x86_64__
	uint64_t w0 = a->w[0], w1 = a->w[1], w2 = a->w[2], w3 = a->w[3];
	bool carry;

	__asm__(
	    "addq %[b0], %[w0]\n\tadcq %[b1], %[w1]\n\t"
	    "adcq %[b2], %[w2]\n\tadcq %[b3], %[w3]"
	    : [w0] "+&r"(w0), [w1] "+&r"(w1), [w2] "+&r"(w2), [w3] "+&r"(w3),
	    "=@ccc"(carry)
	    : [b0] "rm"(b->w[0]), [b1] "rm"(b->w[1]), [b2] "rm"(b->w[2]),
	    [b3] "rm"(b->w[3]));
	*out = (struct u256){{w0, w1, w2, w3}};
	return carry;
#else
	u128 t = (u128)a->w[0] + b->w[0];

	out->w[0] = (uint64_t)t;
	t = (u128)a->w[1] + b->w[1] + (uint64_t)(t >> 64);
	out->w[1] = (uint64_t)t;
	t = (u128)a->w[2] + b->w[2] + (uint64_t)(t >> 64);
	out->w[2] = (uint64_t)t;
	t = (u128)a->w[3] + b->w[3] + (uint64_t)(t >> 64);
	out->w[3] = (uint64_t)t;
	return t >> 64;
#endif
}

/* u256_lt tells whether a < b (unsigned). */
static inline bool
u256_lt(const struct u256 *a, const struct u256 *b)
{
	struct u256 unused;

	return u256_sub(&unused, a, b);
}

/* u256_slt tells whether a < b (two's complement). */
static inline bool
u256_slt(const struct u256 *a, const struct u256 *b)
{
	const uint64_t top_bit = (uint64_t)1 << 63;
	struct u256 x = *a, y = *b;

	x.w[3] ^= top_bit;
	y.w[3] ^= top_bit;
	return u256_lt(&x, &y);
}

/* u256_mul multiplies modulo 2^256; out may alias an operand. Returns true
 * when the product was cut. */
bool u256_mul(struct u256 *out, const struct u256 *a, const struct u256 *b);

/* u256_mul_low is u256_mul for callers that want wrapping (the EVM's MUL): it
 * leaves the upper half uncomputed. */
static inline void
u256_mul_low(struct u256 *out, const struct u256 *a, const struct u256 *b)
{
	u128 p00 = (u128)a->w[0] * b->w[0], p01 = (u128)a->w[0] * b->w[1];
	u128 p10 = (u128)a->w[1] * b->w[0], p02 = (u128)a->w[0] * b->w[2];
	u128 p11 = (u128)a->w[1] * b->w[1], p20 = (u128)a->w[2] * b->w[0];
	u128 t1 = (u128)(uint64_t)p01 + (uint64_t)p10 + (uint64_t)(p00 >> 64);
	/* Digits 2 and 3, together modulo 2^128. */
	u128 t2 = p02 + p11 + p20 + (uint64_t)(p01 >> 64) +
		  (uint64_t)(p10 >> 64) + (uint64_t)(t1 >> 64);
	uint64_t top = a->w[0] * b->w[3] + a->w[1] * b->w[2] +
		       a->w[2] * b->w[1] + a->w[3] * b->w[0];

	*out = (struct u256){{(uint64_t)p00, (uint64_t)t1, (uint64_t)t2,
	    (uint64_t)(t2 >> 64) + top}};
}

/* u256_mul_u64 multiplies by a small number; true when the product was cut. */
bool u256_mul_u64(struct u256 *out, const struct u256 *a, uint64_t b);

/* u256_divmod divides; both outputs are zero for b = 0 as in the EVM.
 * quot or rem may be NULL. */
void u256_divmod(struct u256 *quot, struct u256 *rem, const struct u256 *a,
    const struct u256 *b);

/* u256_sdiv and u256_smod are SDIV and SMOD of the Yellow Paper. */
void u256_sdiv(struct u256 *out, const struct u256 *a, const struct u256 *b);
void u256_smod(struct u256 *out, const struct u256 *a, const struct u256 *b);

/* u256_addmod and u256_mulmod work on the full sum or product; 0 for m = 0. */
void u256_addmod(struct u256 *out, const struct u256 *a, const struct u256 *b,
    const struct u256 *m);
void u256_mulmod(struct u256 *out, const struct u256 *a, const struct u256 *b,
    const struct u256 *m);

/* u256_exp raises a to the power e modulo 2^256. */
void u256_exp(struct u256 *out, const struct u256 *a, const struct u256 *e);

/* u256_shl_below and u256_shr_below shift by n < 256 bits; fill, 0 or all
 * ones, comes in from above. */
static inline void
u256_shl_below(struct u256 *out, const struct u256 *a, unsigned n)
{
	struct u256 r = *a;
	unsigned bits = n % 64, rest = 63 - bits;

	if (n & 128)
		r = (struct u256){{0, 0, r.w[0], r.w[1]}};
	if (n & 64)
		r = (struct u256){{0, r.w[0], r.w[1], r.w[2]}};
	out->w[3] = r.w[3] << bits | r.w[2] >> 1 >> rest;
	out->w[2] = r.w[2] << bits | r.w[1] >> 1 >> rest;
	out->w[1] = r.w[1] << bits | r.w[0] >> 1 >> rest;
	out->w[0] = r.w[0] << bits;
}

static inline void
u256_shr_below(
    struct u256 *out, const struct u256 *a, unsigned n, uint64_t fill)
{
	struct u256 r = *a;
	unsigned bits = n % 64, rest = 63 - bits;

	if (n & 128)
		r = (struct u256){{r.w[2], r.w[3], fill, fill}};
	if (n & 64)
		r = (struct u256){{r.w[1], r.w[2], r.w[3], fill}};
	out->w[0] = r.w[0] >> bits | r.w[1] << 1 << rest;
	out->w[1] = r.w[1] >> bits | r.w[2] << 1 << rest;
	out->w[2] = r.w[2] >> bits | r.w[3] << 1 << rest;
	out->w[3] = r.w[3] >> bits | fill << 1 << rest;
}

/* Shifts by n bits; n >= 256 gives 0 (or the sign for sar). */
void u256_shl(struct u256 *out, const struct u256 *a, unsigned n);
void u256_shr(struct u256 *out, const struct u256 *a, unsigned n);
void u256_sar(struct u256 *out, const struct u256 *a, unsigned n);

/* u256_signextend is SIGNEXTEND: the sign bit is that of byte `byte`,
 * counted from the least significant. */
void u256_signextend(struct u256 *out, uint64_t byte, const struct u256 *a);

/* u256_bits returns the number of significant bits, 0 for zero. */
unsigned u256_bits(const struct u256 *a);

/* u256_from_be reads at most 32 big-endian bytes, left-padded. */
void u256_from_be(struct u256 *out, struct bytes in);

/* u256_to_be writes exactly 32 big-endian bytes. */
void u256_to_be(uint8_t out[32], const struct u256 *a);

/* u256_dec writes decimal text with NUL. Returns its length. */
size_t u256_dec(char out[U256_DEC_MAX], const struct u256 *a);

/* u256_hex writes a JSON-RPC quantity (0x0, 0x41). Returns its length. */
size_t u256_hex(char out[U256_HEX_MAX], const struct u256 *a);

/*
 * u256_from_dec reads decimal digits only.
 *
 * Errors  RC_BAD_INPUT  empty, another character, or above 2^256-1
 */
enum rc u256_from_dec(struct u256 *out, struct bytes text, struct err *e);

/*
 * u256_from_hex reads 0x-prefixed hex of 1 to 64 significant digits; leading
 * zeros are accepted (genesis files have them), JSON-RPC quantities go
 * through hex_quantity.
 *
 * Errors  RC_BAD_INPUT  no 0x, no digit, another character, above 2^256-1
 */
enum rc u256_from_hex(struct u256 *out, struct bytes text, struct err *e);

#endif
