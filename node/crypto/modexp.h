/* SPDX-License-Identifier: Apache-2.0
 *
 * Modular exponentiation of numbers of any size, through GMP.
 */
#ifndef CRYPTO_MODEXP_H
#define CRYPTO_MODEXP_H

#include "base/arena.h"
#include "base/err.h"

/*
 * modexp computes base^exp mod mod of big-endian numbers, as EIP-198 has it:
 * an empty operand is 0, x^0 is 1 (0^0 too), and any number modulo 0 is 0.
 *
 * a        scratch, given back before it returns
 * out      mod.len bytes, big-endian; may not overlap an operand
 * base, exp, mod
 *          of any length and parity; the caller bounds the work by its price
 *          (EIP-2565, EIP-7883) and from EIP-7823 on the lengths by 1024.
 *          GMP's own scratch is some ten times the modulus; it ends the
 *          process when the machine has no memory.
 * Errors   RC_NO_MEMORY  the arena cannot hold the operands
 * Spec     EIP-198
 */
enum rc modexp(struct arena *a, uint8_t *out, struct bytes base,
    struct bytes exp, struct bytes mod);

#endif
